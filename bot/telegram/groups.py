"""Groups: silence unless asked. A mention, a reply to the bot, `/ask`, or, where admins want it, a clear question."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from telegram import Message, MessageEntity, Update, User
from telegram.constants import ChatType
from telegram.ext import ExtBot

from bot.assistant import Assistant
from bot.language import normalise
from bot.telegram.blocks import Block
from bot.telegram.channels import was_answered_in_channel
from bot.telegram.questions import respond
from bot.telegram.services import Context
from bot.telegram.speech import Saying, place_of, say
from bot.telegram.welcome import hear_command

SAME_QUESTION_SECONDS: Final = 60.0
"""A question that comes again in a chat within this time, from whomever, has its answer right above."""
_COMMAND: Final = re.compile(r"/([a-z0-9_]+)(?:@(\w+))?(.*)", re.IGNORECASE | re.DOTALL | re.ASCII)
_ADDRESS: Final = re.compile(r"\S*@\w+\S*|https?://\S+")
"""Names and addresses, which are no words of a question that was only overheard."""
_ASKED: Final = "asked"
"""In `context.chat_data`: each recent question with the message that asked it and when."""


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


async def on_group_message(update: Update, context: Context) -> None:
    """Answer what is asked of the bot, and leave everything else alone."""
    message = update.effective_message
    if message is None or (heard := hear(message, context.bot)) is None:
        return
    if message.is_automatic_forward and await was_answered_in_channel(message, context):
        return
    if heard.to_us:
        await _answer(update, context, message, heard)
        return
    chat = await context.bot_data.memory.chat(message.chat.id)
    if chat is None or not chat.listening:
        return
    text = _ADDRESS.sub(" ", heard.text)
    if is_question(text, context.bot_data.assistant):
        await _answer_once(update, context, message, text, only_if_sure=True)


async def on_ask(update: Update, context: Context) -> None:
    """`/ask` in private: the same as the question without it."""
    message = update.effective_message
    if message is not None and (heard := hear(message, context.bot)) is not None:
        await _answer(update, context, message, heard)


def hear(message: Message, bot: ExtBot[None]) -> Heard | None:
    """What a message may ask; None for one without words and for commands of others."""
    text = words_of(message)
    if (command := _COMMAND.match(text)) is not None:
        name, addressee, rest = command.groups()
        ours = name.lower() == "ask" and (addressee or bot.username).lower() == bot.username.lower()
        return Heard(without_mention(rest.strip(), bot.username), by_name=True) if ours else None
    if not text:
        return None
    plain = without_mention(_without_names(message, text, bot.id), bot.username)
    original = message.reply_to_message
    replying = original is not None and is_from(original, bot.bot) and original.forum_topic_created is None
    return Heard(plain.strip(), by_name=plain != text, replying=replying)


def words_of(message: Message) -> str:
    """A message's text, or its caption."""
    return message.text or message.caption or ""


def has_words(text: str) -> bool:
    """Whether there is anything to read."""
    return any(character.isalnum() for character in text)


def is_question(text: str, assistant: Assistant) -> bool:
    """Whether a text asks anything: talk about the revolution is no question, however well a fact would fit it."""
    if not has_words(text):
        return False
    return any(mark in text for mark in "?？؟") or bool(assistant.matcher.match(text).analysis.question_words)


def without_mention(text: str, username: str) -> str:
    """`text` without `@username`, wherever and however it is written."""
    return re.sub(rf"(?<![\w@]){re.escape(f'@{username}')}(?!\w)", " ", text, flags=re.IGNORECASE | re.ASCII)


def is_from(message: Message, user: User) -> bool:
    """Whether somebody in particular sent a message."""
    return message.from_user is not None and message.from_user.id == user.id


def may_ask(message: Message, bot: ExtBot[None]) -> bool:
    """Whether a person (or a channel, or an admin who stays anonymous) speaks here in words of their own.

    What Telegram forwards from the linked channel counts when it calls the bot.
    """
    if message.is_automatic_forward:
        heard = hear(message, bot)
        return heard is not None and heard.by_name
    if message.via_bot is not None or message.forward_origin is not None:
        return False
    return message.sender_chat is not None or (message.from_user is not None and not message.from_user.is_bot)


def _without_names(message: Message, text: str, bot_id: int) -> str:
    """`text` without mentions by name: those that Telegram links to the bot without an @."""
    units = text.encode("utf-16-le", "surrogatepass")  # entities count in these
    for entity in reversed(message.entities or message.caption_entities):
        if entity.type == MessageEntity.TEXT_MENTION and entity.user is not None and entity.user.id == bot_id:
            first, last = max(entity.offset, 0) * 2, max(entity.offset + entity.length, 0) * 2
            units = units[:first] + " ".encode("utf-16-le") + units[last:]
    return units.decode("utf-16-le", "surrogatepass")


async def _answer(update: Update, context: Context, message: Message, heard: Heard) -> None:
    """Answer what was said to the bot; called without a question, answer the message replied to, or tell how to ask."""
    if has_words(heard.text):
        await _answer_once(update, context, message, heard.text)
        return
    quoted = message.reply_to_message
    if heard.by_name and quoted is not None and not is_from(quoted, context.bot.bot) and has_words(words_of(quoted)):
        await _answer_once(update, context, quoted, without_mention(words_of(quoted), context.bot.username))
    elif heard.by_name and update.edited_message is None and (command := await hear_command(update, context)):
        speaker = command[1].speaker
        if message.chat.type == ChatType.PRIVATE:
            text = speaker._("Write your question after the command, like this: /ask what is the Smolny?")
        else:
            text = speaker._(
                "Write your question along with my name, like this: @%(username)s what is the Smolny?",
                username=context.bot.username,
            )
        await say(context, place_of(message), Saying([Block(text)]))


async def _answer_once(
    update: Update, context: Context, about: Message, question: str, *, only_if_sure: bool = False
) -> None:
    """Answer the message `about`, unless it has its answer already or the same was asked here a moment ago."""
    message = update.effective_message
    if message is None:
        return
    if message.chat.type == ChatType.PRIVATE:
        await respond(update, context, about, question)
        return
    memory = context.bot_data.memory
    answered = await memory.reply_to(about.chat.id, about.message_id) is not None
    if update.edited_message is not None:
        # an edit corrects an answer; what was only overheard gets none because it was edited
        if answered or not only_if_sure:
            await respond(update, context, about, question, only_if_sure=only_if_sure)
        return
    if answered and about is message:
        return  # handled before, up to the answer
    recent, key = _recent(context), normalise(question)
    if recent.get(key, (message.message_id, 0.0))[0] != message.message_id:
        return
    recent[key] = message.message_id, context.bot_data.clock()
    await respond(update, context, about, question, only_if_sure=only_if_sure)
    if await memory.reply_to(about.chat.id, about.message_id) is None:
        recent.pop(key, None)  # not answered after all, so the next one who asks may be


def _recent(context: Context) -> dict[str, tuple[int, float]]:
    """The questions of the last minute in this chat: for each, the message that asked it, and when."""
    data: dict[Any, Any] = context.chat_data if context.chat_data is not None else {}
    since = context.bot_data.clock() - SAME_QUESTION_SECONDS
    data[_ASKED] = {key: asked for key, asked in data.get(_ASKED, {}).items() if asked[1] > since}
    recent: dict[str, tuple[int, float]] = data[_ASKED]
    return recent
