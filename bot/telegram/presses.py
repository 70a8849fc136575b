"""Pressed buttons: each is acknowledged, none is done twice, and they count like questions for who floods."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeAlias

from telegram import CallbackQuery, Update
from telegram.ext import CallbackQueryHandler

from bot.telegram.audience import audience_of
from bot.telegram.callbacks import Action, pattern
from bot.telegram.patience import Mood
from bot.telegram.questions import please_wait
from bot.telegram.services import Context
from bot.telegram.speech import acknowledge

DOUBLE_TAP_SECONDS: Final = 10.0
"""A button that says something says it once within this time, whoever presses it."""
_SAYING: Final = (Action.ANSWER, Action.PASSAGE)
"""What is answered with a new message; other buttons change the message that they belong to."""
_TAPPED: Final = "tapped"
"""In `context.chat_data`: message and data of each button that was pressed lately, with the press and when."""

Handle: TypeAlias = Callable[[Update, Context], Awaitable[None]]


def press_handler(action: str, handle: Handle) -> CallbackQueryHandler[Context, Any]:
    """The route of one kind of button."""

    async def on_press(update: Update, context: Context) -> None:
        query = update.callback_query
        if query is not None and await _is_heeded(update, context, query, says=action in _SAYING):
            await handle(update, context)

    return CallbackQueryHandler(on_press, pattern(action))


async def on_old_button(update: Update, context: Context) -> None:
    """A button of another version of the program."""
    if (query := update.callback_query) is not None:
        await reject(update, context, query)


async def reject(update: Update, context: Context, query: CallbackQuery) -> None:
    """Say that a button means nothing any more."""
    speaker = (await audience_of(update, context)).speaker
    await acknowledge(query, speaker._("This button is too old. Please ask again."))


async def _is_heeded(update: Update, context: Context, query: CallbackQuery, *, says: bool) -> bool:
    """Whether a press is to be followed; else it is acknowledged."""
    patience, user = context.bot_data.patience, query.from_user.id
    if not says:
        # in private, who turns pages too fast holds up nobody else
        if query.message is None or query.message.chat.id > 0 or patience.allows(user, update.update_id):
            return True
        await acknowledge(query)
        return False
    if not _is_first_tap(context, query):
        await acknowledge(query)
        return False
    mood = patience.hear(user, update.update_id)
    if mood is not Mood.ANSWER:
        wait = please_wait(await audience_of(update, context)) if mood is Mood.ASK_TO_WAIT else None
        await acknowledge(query, wait)
    return mood is Mood.ANSWER


def _is_first_tap(context: Context, query: CallbackQuery) -> bool:
    """Whether the same button was not pressed a moment ago; a press that is handled again is as new as it was."""
    if context.chat_data is None or query.message is None:
        return True
    now = context.bot_data.clock()
    tapped: dict[tuple[int, str | None], tuple[str, float]] = context.chat_data.get(_TAPPED, {})
    tapped = {button: press for button, press in tapped.items() if press[1] > now - DOUBLE_TAP_SECONDS}
    context.chat_data[_TAPPED] = tapped
    return tapped.setdefault((query.message.message_id, query.data), (query.id, now))[0] == query.id
