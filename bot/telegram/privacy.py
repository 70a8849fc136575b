"""What is remembered about a person, and how it is forgotten; and questions of the bot's own that can be cancelled."""

from __future__ import annotations

from typing import Final

from telegram import InlineKeyboardButton as Button
from telegram import InlineKeyboardMarkup as Keyboard
from telegram import Message, Update
from telegram.constants import ChatType

from bot.i18n import Speaker
from bot.storage.inbox import KEPT_SECONDS
from bot.storage.memory import CONVERSATION_SECONDS, REPLY_SECONDS
from bot.telegram.audience import Audience, audience_of
from bot.telegram.blocks import Block, Style
from bot.telegram.callbacks import Action, pack, unpack
from bot.telegram.questions import tell
from bot.telegram.services import Context
from bot.telegram.speech import Place, Saying, acknowledge, change_buttons, edit, say
from bot.telegram.welcome import hear_command

YES: Final = "1"
NO: Final = "0"
_PENDING: Final = "pending"
"""In `context.chat_data` of a private chat: the message with a question of ours that waits for a tap."""


async def on_privacy(update: Update, context: Context) -> None:
    """`/privacy`: what is stored, for how long, and how to have it deleted."""
    if (heard := await hear_command(update, context)) is not None:
        message, audience = heard
        await tell(update, context, message, audience, statement(audience.speaker))


async def on_forgetme(update: Update, context: Context) -> None:
    """`/forgetme`: ask once more before everything is deleted. In a group it leads to the private chat."""
    if (heard := await hear_command(update, context)) is None:
        return
    message, audience = heard
    speaker = audience.speaker
    if message.chat.type != ChatType.PRIVATE:
        text = speaker._("That is between you and me: send me /forgetme in our private chat.")
        link = Button(speaker._("Open the private chat"), url=f"https://t.me/{context.bot.username}")
        await tell(update, context, message, audience, Saying([Block(text)], Keyboard([[link]])))
        return
    text = speaker._("Shall I forget everything about you: your language, your votes, what we last spoke of?")
    yes = Button(speaker._("Yes, forget everything"), callback_data=pack(Action.FORGET, YES))
    no = Button(speaker._("No, keep it"), callback_data=pack(Action.FORGET, NO))
    await pose(update, context, message, audience, Saying([Block(text)], Keyboard([[yes], [no]])))


async def on_forget_button(update: Update, context: Context) -> None:
    """Everything about the one who pressed is deleted, or nothing is."""
    query = update.callback_query
    if query is None:
        return
    speaker = (await audience_of(update, context)).speaker  # in the language that is about to be forgotten
    if unpack(query.data)[1] == [YES]:
        await context.bot_data.memory.forget(query.from_user.id)
        text = speaker._("Done. I have forgotten everything about you.")
    else:
        text = speaker._("All right, nothing is deleted.")
    await acknowledge(query)
    if (message := query.message) is not None:
        let_go(context, message.chat.id)
        if not await edit(context, message.chat.id, message.message_id, Saying([Block(text)])):
            await say(context, Place(message.chat.id), Saying([Block(text)]))


async def on_cancel(update: Update, context: Context) -> None:
    """`/cancel`: take back a question of the bot's own that waits for a tap."""
    if (heard := await hear_command(update, context)) is None:
        return
    message, audience = heard
    replied = message.reply_to_message  # a way to name an older question, also one from before a restart
    ours = replied is not None and replied.from_user is not None and replied.from_user.id == context.bot.id
    waiting = let_go(context, message.chat.id)
    target = replied.message_id if replied is not None and ours else waiting
    if target is not None and await change_buttons(context, message.chat.id, target, None):
        text = audience.speaker._("All right, never mind that.")
    else:
        text = audience.speaker._("There is nothing to cancel. Just ask me something!")
    await tell(update, context, message, audience, Saying([Block(text)]))


# -- questions of the bot's own


async def pose(update: Update, context: Context, message: Message, audience: Audience, question: Saying) -> None:
    """Say something with buttons that `/cancel` takes away again. An earlier question keeps its buttons."""
    posed = await tell(update, context, message, audience, question)
    if posed is not None and message.chat.id > 0 and context.chat_data is not None:
        context.chat_data[_PENDING] = posed


def let_go(context: Context, chat_id: int) -> int | None:
    """Nothing waits any more; returns the message that did."""
    if chat_id < 0 or context.chat_data is None:
        return None
    found: int | None = context.chat_data.pop(_PENDING, None)
    return found


# -- what is said


def statement(speaker: Speaker) -> Saying:
    """What is stored about a person."""
    kept = [
        speaker.ngettext(
            "What you write: until I have answered it. If something goes wrong on my side, up to %(n)s day longer.",
            "What you write: until I have answered it. If something goes wrong on my side, up to %(n)s days longer.",
            _ceil(KEPT_SECONDS, 86_400),
        ),
        speaker.ngettext(
            "Which answer you got last, so that you can ask on: about %(n)s hour.",
            "Which answer you got last, so that you can ask on: about %(n)s hours.",
            _ceil(CONVERSATION_SECONDS, 3600),
        ),
        speaker.ngettext(
            "Which message of mine answers which of yours, so that I can correct it when you edit: about %(n)s hour.",
            "Which message of mine answers which of yours, so that I can correct it when you edit: about %(n)s hours.",
            _ceil(REPLY_SECONDS, 3600),
        ),
        speaker._(
            "Your language, your votes, whether you have blocked me and whether I told you that I read only words: "
            "until you have me forget them."
        ),
    ]
    return Saying(
        [
            Block(speaker._("What I remember about you"), Style.TITLE),
            Block("\n".join(f"• {line}" for line in kept)),
            Block(speaker._("Nothing is passed on to anybody. /forgetme deletes all of it at once.")),
        ]
    )


def _ceil(seconds: int, unit: int) -> int:
    return -(-seconds // unit)
