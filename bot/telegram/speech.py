"""Saying something in a chat: in the right topic, in parts if long, whatever Telegram objects to."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

from telegram import (
    CallbackQuery,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    Message,
    ReplyParameters,
    TelegramObject,
)
from telegram.constants import ChatType, ParseMode
from telegram.error import BadRequest, ChatMigrated, Forbidden, TelegramError

from bot.telegram.blocks import Block, pages, to_html, to_plain
from bot.telegram.connection import Sent
from bot.telegram.services import Context

log = logging.getLogger(__name__)

_CONFIRM_SECONDS: Final = 10.0
"""For the waiting sign to stop; afterwards Telegram's apps stop it soon by themselves."""
_NO_PREVIEW: Final = LinkPreviewOptions(is_disabled=True)
_ALWAYS: Final = {"link_preview_options": _NO_PREVIEW.to_json()}


@dataclass(frozen=True)
class Place:
    """Where to say something."""

    chat_id: int
    thread_id: int | None = None
    """The topic; None in chats without topics and in the General topic."""
    reply_to: int | None = None
    """The message that is answered, shown above the answer."""

    @property
    def private(self) -> bool:
        """Private chats have positive numbers."""
        return self.chat_id > 0


@dataclass(frozen=True)
class Saying:
    """Something to say: blocks, and the buttons under the last part."""

    blocks: Sequence[Block]
    keyboard: InlineKeyboardMarkup | None = None

    @cached_property
    def parts(self) -> list[tuple[str, str]]:
        """The messages that it takes, each as HTML and as plain text."""
        return [(to_html(part), to_plain(part)) for part in pages(self.blocks)]

    @cached_property
    def markup(self) -> dict[str, str]:
        """The keyboard as Telegram's parameter: written once for an answer that is given again and again."""
        return {} if self.keyboard is None else {"reply_markup": json.dumps(self.keyboard, default=_fields)}


def _fields(part: TelegramObject) -> dict[str, Any]:
    """What a keyboard or a button is sent as: the same as `to_dict`, which asks every class about everything."""
    return {name: value for name in part.__slots__ if (value := getattr(part, name)) is not None}


def place_of(message: Message, *, as_reply: bool | None = None) -> Place:
    """The place of the answer to a message: its chat, its topic, and as a reply to it unless the chat is private."""
    private = message.chat.type == ChatType.PRIVATE
    reply = (not private) if as_reply is None else as_reply
    thread = message.message_thread_id if message.is_topic_message else None
    return Place(message.chat.id, thread, message.message_id if reply else None)


async def say(context: Context, place: Place, saying: Saying) -> Sent | None:
    """Send it; returns the last message, or None when nobody can be reached there.

    Raises:
        TelegramError: the network or Telegram failed; the update in hand is tried again.
    """
    sent: Sent | None = None
    for number, part in enumerate(saying.parts, 1):
        markup = saying.markup if number == len(saying.parts) else {}
        sent = await _send(context, place if number == 1 else replace(place, reply_to=None), part, markup)
        if sent is None:
            return None
        if sent.chat_id != place.chat_id:
            place = replace(place, chat_id=sent.chat_id)  # the group has moved
    return sent


async def edit(context: Context, chat_id: int, message_id: int, saying: Saying) -> bool:
    """Put it in place of an earlier message of ours; False when that message cannot be changed any more.

    What is longer than one message is cut to the first part.
    """
    part = saying.parts[0] if saying.parts else ("", "")
    for html in (True, False):
        try:
            await context.bot.edit_message_text(
                text=part[0] if html else part[1],
                chat_id=chat_id,
                message_id=message_id,
                parse_mode=ParseMode.HTML if html else None,
                link_preview_options=_NO_PREVIEW,
                api_kwargs=saying.markup,
            )
            return True
        except BadRequest as error:
            if "not modified" in error.message:
                return True
            if not (html and _is_markup_fault(error)):
                return False
            log.error("Telegram rejects the markup of an answer; sent as plain text")
        except Forbidden:
            await _lost(context, chat_id)
            return False
        except ChatMigrated as error:  # message numbers are others there
            await context.bot_data.memory.move_chat(chat_id, error.new_chat_id)
            return False
    return False


async def change_buttons(
    context: Context, chat_id: int, message_id: int, keyboard: InlineKeyboardMarkup | None
) -> bool:
    """Change the buttons of a message of ours; False when it cannot be changed any more."""
    try:
        await context.bot.edit_message_reply_markup(chat_id, message_id, reply_markup=keyboard)
    except BadRequest as error:
        if "not modified" in error.message:
            return keyboard is not None  # there are none to take away
        log.debug("the buttons of a message cannot be changed any more")
        return False
    except Forbidden:
        await _lost(context, chat_id)
        return False
    except ChatMigrated as error:
        await context.bot_data.memory.move_chat(chat_id, error.new_chat_id)
        return False
    return True


async def _send(
    context: Context, place: Place, part: tuple[str, str], markup: dict[str, str], *, html: bool = True
) -> Sent | None:
    reply = ReplyParameters(place.reply_to, allow_sending_without_reply=True) if place.reply_to else None
    parameters = {
        "chat_id": place.chat_id,
        "text": part[0] if html else part[1],
        "parse_mode": ParseMode.HTML if html else None,
        "message_thread_id": place.thread_id,
        "reply_parameters": reply,
        **_ALWAYS,
        **markup,
    }
    try:
        return await context.bot.send(parameters)
    except ChatMigrated as error:
        await context.bot_data.memory.move_chat(place.chat_id, error.new_chat_id)
        moved = Place(error.new_chat_id)  # message numbers are others there
        return await _send(context, moved, part, markup, html=html)
    except BadRequest as error:
        if html and _is_markup_fault(error):
            log.error("Telegram rejects the markup of an answer; sent as plain text")
            return await _send(context, place, part, markup, html=False)
        if markup and any(sign in error.message.lower() for sign in _BUTTON_FAULTS):
            log.error("Telegram rejects the buttons of an answer; sent without them")
            return await _send(context, place, part, {}, html=html)
        if place.thread_id is not None and "thread not found" in error.message.lower():
            return await _send(context, replace(place, thread_id=None), part, markup, html=html)
        if any(sign in error.message.lower() for sign in _NO_TOPIC):
            return None  # which says nothing about the rest of the forum
        if _is_unreachable(error):
            await _lost(context, place.chat_id)
            return None
        raise
    except Forbidden:
        await _lost(context, place.chat_id)
        return None


def _is_markup_fault(error: BadRequest) -> bool:
    return any(sign in error.message.lower() for sign in _MARKUP_FAULTS)


_MARKUP_FAULTS = ("parse entities", "unsupported start tag", "entity_", "entities_")
_BUTTON_FAULTS = ("button_", "keyboard", "reply markup", "reply_markup")
_NO_TOPIC = ("topic_closed", "topic_deleted")
_UNREACHABLE = (
    "chat not found",
    "not enough rights",
    "have no rights",
    "need administrator rights",
    "chat_write_forbidden",
    "chat_restricted",
    "chat_send_plain_forbidden",
    "user is deactivated",
    "group chat was deactivated",
    "peer_id_invalid",
)


def _is_unreachable(error: BadRequest) -> bool:
    return any(sign in error.message.lower() for sign in _UNREACHABLE)


async def _lost(context: Context, chat_id: int) -> None:
    """Remember that nothing can be said there, until something from there says otherwise."""
    memory = context.bot_data.memory
    if chat_id > 0:
        memory.keep_person(replace(await memory.person(chat_id), blocked=True))
    elif (chat := await memory.chat(chat_id)) is not None:
        memory.keep_chat(replace(chat, muted=True))


async def acknowledge(query: CallbackQuery, text: str | None = None, *, alert: bool = False) -> None:
    """Stop the button's waiting sign. That it cannot be is no reason to leave undone what the button is for."""
    try:
        async with asyncio.timeout(_CONFIRM_SECONDS):
            await query.answer(text, show_alert=alert)
    except (TelegramError, TimeoutError) as error:
        log.debug("a button was not acknowledged: %s", type(error).__name__)
