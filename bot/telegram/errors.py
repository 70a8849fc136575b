"""When a handler fails: the person is told, the operator gets a reference number, the log has the rest."""

from __future__ import annotations

import logging
import secrets
import time
from typing import Final

import httpx
from sqlalchemy.exc import DBAPIError
from telegram import Update
from telegram.error import BadRequest, InvalidToken, NetworkError, TelegramError

from bot.telegram.attempts import Later, Unconfirmed
from bot.telegram.audience import audience_of
from bot.telegram.blocks import Block
from bot.telegram.dispatch import in_hand
from bot.telegram.hearing import commands, hear
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
    if isinstance(error, Unconfirmed):
        log.warning("Telegram did not confirm a message in time; it is not sent again")
        return
    transient = isinstance(error, DBAPIError | InvalidToken) or _is_of_the_network(error)
    if work is not None:
        work.failure, work.transient = error, transient
    if isinstance(error, Later):
        return
    if transient:
        log.warning("%s while handling an update; trying again", type(error).__name__)
        return
    reference = secrets.token_hex(4)
    log.error("reference %s: a handler failed", reference, exc_info=error)
    if work is None or work.last:
        try:
            await _tell(update, context, reference)
        except Later as wait:
            if work is not None:  # tried once more, to tell it then
                work.failure = wait
        await _report(context, reference, error)


def _is_of_the_network(error: BaseException) -> bool:
    """Whether it may pass; what goes wrong before a request is on its way, called the same, will not."""
    cause = error.__cause__
    on_its_way = cause is None or isinstance(cause, httpx.TransportError | TelegramError)  # or a page of a gateway
    fault = isinstance(error, BadRequest) or not on_its_way
    return isinstance(error, NetworkError) and not fault


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
    except Later:
        raise
    except (TelegramError, DBAPIError):
        log.warning("reference %s: the person could not be told", reference)


def _was_meant(update: Update, context: Context) -> bool:
    if update.callback_query is not None:
        return True
    message = update.effective_message
    if message is None:
        return False
    heard = hear(message, context.bot)
    return heard.to_us if heard is not None else commands(message, context.bot.username)


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
