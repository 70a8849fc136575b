"""When a handler fails: the person is told, the operator gets a reference number, the log has the rest."""

from __future__ import annotations

import logging
import secrets
import time
from typing import Final

from sqlalchemy.exc import DBAPIError
from telegram import Update
from telegram.error import BadRequest, NetworkError, TelegramError, TimedOut

from bot.telegram.audience import audience_of
from bot.telegram.blocks import Block
from bot.telegram.dispatch import in_hand
from bot.telegram.flood import is_safe_to_repeat
from bot.telegram.services import Context
from bot.telegram.speech import Place, Saying, place_of, say

log = logging.getLogger(__name__)

_REPORT_SECONDS: Final = 60.0  # between two reports to the operators
_last_report = float("-inf")


async def on_error(update: object, context: Context) -> None:
    """The application's error handler."""
    error, work = context.error, in_hand.get()
    if error is None:
        return
    if isinstance(error, TimedOut) and not is_safe_to_repeat("sendMessage", error):
        # sending it again might show it twice
        log.warning("Telegram did not confirm a message in time; it is not sent again")
        return
    transient = isinstance(error, DBAPIError) or (isinstance(error, NetworkError) and not isinstance(error, BadRequest))
    if work is not None:
        work.failure, work.transient = error, transient
    if transient:
        log.warning("%s while handling an update; trying again", type(error).__name__)
        return
    reference = secrets.token_hex(4)
    log.error("reference %s: a handler failed", reference, exc_info=error)
    if work is None or work.last:
        await _tell(update, context, reference)
        await _report(context, reference, error)


async def _tell(update: object, context: Context, reference: str) -> None:
    """Say in the person's language that it went wrong; in a group only below a message that was for the bot."""
    if not isinstance(update, Update) or update.inline_query is not None:
        return
    message = update.effective_message
    if message is None or (message.chat.id < 0 and not _was_meant(update, context)):
        return
    try:
        audience = await audience_of(update, context)
        text = audience.speaker._(
            "Something went wrong on my side, and it has been noted (number %(reference)s). Please try again later.",
            reference=reference,
        )
        await say(context, place_of(message), Saying([Block(text)]))
    except (TelegramError, DBAPIError):
        log.warning("reference %s: the person could not be told", reference)


def _was_meant(update: Update, context: Context) -> bool:
    if update.callback_query is not None:
        return True
    text = (update.effective_message and update.effective_message.text) or ""
    return f"@{context.bot.username}".lower() in text.lower() or text.startswith("/")


async def _report(context: Context, reference: str, error: BaseException) -> None:
    """Give the operators the number, not more than once a minute."""
    global _last_report
    if time.monotonic() - _last_report < _REPORT_SECONDS:
        return
    _last_report = time.monotonic()
    speaker = context.bot_data.speaker(context.bot_data.assistant.default_language)
    text = speaker._(
        "Error %(reference)s: %(kind)s. The log has the details.", reference=reference, kind=type(error).__name__
    )
    for admin in sorted(context.bot_data.settings.admin_ids):
        try:
            await say(context, Place(admin), Saying([Block(text)]))
        except (TelegramError, DBAPIError):
            log.warning("reference %s: an operator could not be told", reference)
