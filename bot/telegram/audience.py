"""Who is spoken to, and in which language."""

from __future__ import annotations

from dataclasses import dataclass

from telegram import Chat as TelegramChat
from telegram import Message, Update, User

from bot.i18n import Speaker
from bot.storage import Chat, Conversation, Person
from bot.telegram.services import Context


@dataclass(frozen=True)
class Audience:
    """The person and the chat that an update comes from."""

    chat_id: int
    asker: int
    """The person, or the channel or group that somebody writes for."""
    person: Person | None
    """None for a channel, an anonymous admin or another bot."""
    chat: Chat | None
    """The group or channel; None in private."""
    conversation: Conversation
    language_code: str | None
    """Of the person's app."""
    language: str
    """Of the interface here."""
    speaker: Speaker

    @property
    def chosen(self) -> str | None:
        """The language that replies must have: the person's choice, else the one set for the group."""
        return (self.person.language if self.person else None) or (self.chat.language if self.chat else None)


def asker_of(message: Message) -> int:
    """Who asks: the person, or the channel or group in whose name they do."""
    if message.sender_chat is not None:
        return message.sender_chat.id
    return message.from_user.id if message.from_user is not None else message.chat.id


async def audience_of(update: Update, context: Context) -> Audience:
    """The audience of any update."""
    message = update.effective_message
    pressed_or_inline = update.callback_query or update.inline_query
    user = update.effective_user
    chat = update.effective_chat
    as_chat = message is not None and message.sender_chat is not None and pressed_or_inline is None
    if as_chat or (user is not None and user.is_bot):
        asker = asker_of(message) if message is not None else 0
        return await _audience(context, chat, asker, None)
    asker = user.id if user is not None else (chat.id if chat is not None else 0)
    return await _audience(context, chat, asker, user)


async def _audience(context: Context, where: TelegramChat | None, asker: int, user: User | None) -> Audience:
    memory, assistant = context.bot_data.memory, context.bot_data.assistant
    person = await memory.person(user.id) if user is not None else None
    chat_id = where.id if where is not None else asker
    chat = await memory.chat(chat_id) if chat_id < 0 else None
    conversation = await memory.conversation(chat_id, asker)
    code = user.language_code if user is not None else None
    candidates = (
        person.language if person else None,
        chat.language if chat else None,
        conversation.language,
        code,
    )
    known = (assistant.known_language(c) for c in candidates if c)
    language = next((k for k in known if k is not None), assistant.default_language)
    return Audience(chat_id, asker, person, chat, conversation, code, language, context.bot_data.speaker(language))
