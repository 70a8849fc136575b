"""From an update as Telegram sent it to the library's object, complete enough for every handler to rely on."""

from __future__ import annotations

import datetime
from typing import Any

from telegram import Bot, CallbackQuery, Chat, ChatMemberUpdated, InlineQuery, Message, Update, User
from telegram.ext import ExtBot


class Unreadable(ValueError):
    """An update that lacks what every update of its kind has, or has something of another type there."""


def read(payload: dict[str, Any], bot: Bot | ExtBot[Any]) -> Update:
    """The update in `payload`.

    Raises:
        Unreadable: it is not as the Bot API describes it.
    """
    try:
        update = Update.de_json(payload, bot)
        whole = _is_whole(update)  # the library takes most values as they come
    except Exception as error:  # whatever it stumbles over
        raise Unreadable(type(error).__name__) from error
    if not whole:
        raise Unreadable("incomplete")
    return update


def _is_whole(update: Update) -> bool:
    for message in (update.message, update.edited_message, update.channel_post, update.edited_channel_post):
        if message is not None and not _is_message(message):
            return False
    query, inline, change = update.callback_query, update.inline_query, update.my_chat_member
    return (
        (query is None or _is_press(query))
        and (inline is None or _is_inline(inline))
        and (change is None or _is_change(change))
    )


def _is_message(message: Message) -> bool:
    reply = message.reply_to_message
    return (
        _is_number(message.message_id)
        and isinstance(message.date, datetime.datetime)
        and _is_chat(message.chat)
        and (message.from_user is None or _is_user(message.from_user))
        and (message.sender_chat is None or _is_chat(message.sender_chat))
        and _is_text(message.text)
        and _is_text(message.caption)
        and (reply is None or _is_message(reply))
    )


def _is_press(query: CallbackQuery) -> bool:
    message = query.message
    if message is not None and not (_is_message(message) if isinstance(message, Message) else _is_chat(message.chat)):
        return False
    return _is_user(query.from_user) and _is_id(query.id) and _is_text(query.data)


def _is_inline(query: InlineQuery) -> bool:
    return _is_user(query.from_user) and _is_id(query.id) and isinstance(query.query, str) and _is_text(query.query)


def _is_change(change: ChatMemberUpdated) -> bool:
    members = (change.old_chat_member, change.new_chat_member)
    return _is_chat(change.chat) and _is_user(change.from_user) and all(isinstance(m.status, str) for m in members)


def _is_chat(chat: object) -> bool:
    return isinstance(chat, Chat) and _is_number(chat.id) and _is_id(chat.type)


def _is_user(user: object) -> bool:
    return isinstance(user, User) and _is_number(user.id) and _is_text(user.language_code)


def _is_id(value: object) -> bool:
    """Of what Telegram itself words: numbers of queries, kinds of chats."""
    return isinstance(value, str) and value.isascii()


def _is_text(value: object) -> bool:
    # half a character cannot be sent back, nor stored
    return value is None or (isinstance(value, str) and bool(value.isascii() or value.encode()))


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 62
