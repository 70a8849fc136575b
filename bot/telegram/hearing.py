"""What a message says, and whether it is said to the bot: called by name, replied to, or only overheard."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from telegram import Message, MessageEntity, User
from telegram.ext import ExtBot

_COMMAND: Final = re.compile(r"/([a-z0-9_]+)(?:@(\w+))?(.*)", re.IGNORECASE | re.DOTALL | re.ASCII)
_ADDRESS: Final = re.compile(r"@\w|https?://")


@dataclass(frozen=True)
class Heard:
    """What a group message may ask."""

    text: str
    """Without the command or the mention."""
    by_name: bool = False
    """The bot is called: mentioned, or `/ask`."""
    replying: bool = False
    """A reply to one of the bot's messages."""

    @property
    def to_us(self) -> bool:
        """Whether it is said to the bot at all, and not only overheard."""
        return self.by_name or self.replying


def hear(message: Message, bot: ExtBot[None]) -> Heard | None:
    """What a message may ask; None for one without words and for commands other than `/ask`."""
    text = words_of(message)
    if (command := _COMMAND.match(text)) is not None:
        name, addressee, rest = command.groups()
        ours = name.lower() == "ask" and (addressee or bot.username).lower() == bot.username.lower()
        return Heard(without_mention(rest.strip(), bot.username), by_name=True) if ours else None
    if not text:
        return None
    plain = without_mention(_without_names(message, text, bot.id), bot.username)
    return Heard(plain.strip(), by_name=plain != text, replying=answered_message(message, bot) is not None)


def commands(message: Message, username: str) -> bool:
    """Whether a message is a command that is not meant for another bot."""
    command = _COMMAND.match(words_of(message))
    return command is not None and (command[2] or username).lower() == username.lower()


def answered_message(message: Message, bot: ExtBot[None]) -> Message | None:
    """The message of the bot that a message replies to."""
    original = message.reply_to_message
    # in a topic that the bot opened, whatever replies to nothing is said to reply to the opening
    if original is None or not is_from(original, bot.bot) or original.forum_topic_created is not None:
        return None
    return original


def words_of(message: Message) -> str:
    """A message's text, or its caption."""
    return message.text or message.caption or ""


def has_words(text: str) -> bool:
    """Whether there is anything to read."""
    return any(character.isalnum() for character in text)


def without_mention(text: str, username: str) -> str:
    """`text` without `@username`, however it is written; inside an address it is no mention."""
    name = re.escape(f"@{username}")
    return re.sub(rf"(?<![\w@/.=-])(?ai:{name}(?!\w))", " ", text)


def without_addresses(text: str) -> str:
    """`text` without names and addresses, which are no words of a question that was only overheard."""
    # word by word: a pattern that looks for the @ from each letter on takes long for a text without spaces
    return " ".join(word for word in text.split() if _ADDRESS.search(word) is None)


def is_from(message: Message, user: User) -> bool:
    """Whether somebody in particular sent a message."""
    return message.from_user is not None and message.from_user.id == user.id


def _without_names(message: Message, text: str, bot_id: int) -> str:
    """`text` without mentions by name: those that Telegram links to the bot without an @."""
    units = text.encode("utf-16-le", "surrogatepass")  # entities count in these
    for entity in reversed(message.entities or message.caption_entities):
        if entity.type == MessageEntity.TEXT_MENTION and entity.user is not None and entity.user.id == bot_id:
            first, last = max(entity.offset, 0) * 2, max(entity.offset + entity.length, 0) * 2
            units = units[:first] + " ".encode("utf-16-le") + units[last:]
    return units.decode("utf-16-le", "surrogatepass")
