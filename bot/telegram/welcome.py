"""First words: `/start`, `/help`, the introduction in a group, and what is said to what the bot cannot read."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import Final

from telegram import InlineKeyboardMarkup as Keyboard
from telegram import Message, Update
from telegram.constants import ChatType

from bot.i18n import Speaker
from bot.telegram.answers import fact_button
from bot.telegram.audience import Audience, audience_of
from bot.telegram.blocks import Block, Style
from bot.telegram.questions import deliver, has_patience, tell
from bot.telegram.repeats import is_first
from bot.telegram.services import Context, Services
from bot.telegram.speech import Saying, place_of, say

EXAMPLES: Final = 3


async def hear_command(update: Update, context: Context, *, once: str | None = None) -> tuple[Message, Audience] | None:
    """The message with a command and who wrote it; None when it is not to be answered.

    `once` names what is the same for everybody, and need not be said twice in a group within a moment.
    """
    message = update.effective_message
    if message is None:
        return None
    audience = await audience_of(update, context)
    if update.edited_message is not None:
        earlier = await context.bot_data.memory.reply_to(message.chat.id, message.message_id)
        if earlier is not None:
            heeded = context.bot_data.patience.allows(audience.asker, update.update_id)
            return (message, audience) if heeded else None
    if not await has_patience(update, context, message, audience):
        return None
    if once is not None and not is_first(context, message, once, audience.language):
        return None
    return message, audience


async def on_start(update: Update, context: Context) -> None:
    """`/start` greets, `/start FACT_ID`, as deep links send it, tells that fact; in a group it introduces the bot."""
    if (heard := await hear_command(update, context, once="introduction")) is None:
        return
    message, audience = heard
    services = context.bot_data
    fact = context.args[0] if context.args else ""
    if message.chat.type != ChatType.PRIVATE:
        await tell(update, context, message, audience, introduction(audience.speaker, context.bot.username))
    elif fact in services.assistant.knowledge.facts:
        await deliver(update, context, message, audience, services.assistant.answer(fact, audience.language))
    else:
        await tell(update, context, message, audience, greeting(services, audience.language))


async def on_help(update: Update, context: Context) -> None:
    """`/help`: how to ask, the commands, groups, inline; in a group only how to ask there."""
    if (heard := await hear_command(update, context, once="introduction")) is None:
        return
    message, audience = heard
    in_private = message.chat.type == ChatType.PRIVATE
    saying = (guide if in_private else introduction)(audience.speaker, context.bot.username)
    await tell(update, context, message, audience, saying)


async def on_unknown_command(update: Update, context: Context) -> None:
    """A command in private that means nothing here."""
    if (heard := await hear_command(update, context)) is not None:
        message, audience = heard
        text = audience.speaker._("I don't know that command. /help shows what I can do.")
        await tell(update, context, message, audience, Saying([Block(text)]))


async def on_media(update: Update, context: Context) -> None:
    """A voice, a photo, a sticker … without words: say once what helps, and nothing the next times."""
    message = update.effective_message
    if message is None:
        return
    audience = await audience_of(update, context)
    if audience.person is None or audience.person.hinted:
        return
    text = audience.speaker._(
        "I can only read words. Ask me something about the Russian Revolution of 1917, for example:"
    )
    saying = Saying([Block(text)], examples(context.bot_data, audience.language))
    if await say(context, place_of(message), saying) is not None:
        context.bot_data.memory.keep_person(replace(audience.person, hinted=True))


# -- what is said


def greeting(services: Services, language: str) -> Saying:
    """Hello to somebody in private."""
    speaker = services.speaker(language)
    blocks = [
        Block(
            speaker._("Hello! Ask me anything about the Russian Revolution of 1917, in your own words."), Style.TITLE
        ),
        Block(speaker._("Every answer shows which paragraph of which of my documents it stands on.")),
        Block(
            speaker._(
                "I speak %(languages)s, and follow the language of your messages. /language sets one for good.",
                languages=spoken(services, speaker),
            )
        ),
        Block(speaker._("To begin with, for example:")),
    ]
    return Saying(blocks, examples(services, language))


def introduction(speaker: Speaker, username: str) -> Saying:
    """Hello to a group: what the bot is for, and when it speaks."""
    blocks = [
        Block(
            speaker._(
                "Hello! I answer questions about the Russian Revolution of 1917, "
                "each answer with the paragraph it stands on."
            )
        ),
        # Translators: /ask stays as it is; the group is told how to ask
        Block(
            speaker._(
                "Mention me (@%(username)s), reply to one of my messages, or write /ask and your question. "
                "Otherwise I keep quiet.",
                username=username,
            )
        ),
        Block(speaker._("Admins set my language here, and whether I listen for questions: /settings"), Style.ASIDE),
    ]
    return Saying(blocks)


def guide(speaker: Speaker, username: str) -> Saying:
    """What the bot can do, in a few lines."""
    # Translators: words that begin with / or @ are commands and names, and stay as they are
    lines = {
        "💬": speaker._("Just write your question; names, places and dates help. You can ask on about an answer."),
        "📚": speaker._("/topics to browse, /who and /what to look things up, /sources for my documents."),
        "⚙": speaker._("/language and /settings for how I answer, /privacy and /forgetme for what I remember."),
        "👥": speaker._(
            "In a group: mention @%(username)s, reply to me, or write /ask and a question.", username=username
        ),
        # Translators: about inline mode: the answer is put into any chat
        "✏": speaker._("In any other chat: type @%(username)s and a question, and send the answer.", username=username),
    }
    title = Block(speaker._("How to ask me"), Style.TITLE)
    return Saying([title, *(Block(f"{sign} {line}") for sign, line in lines.items())])


def examples(services: Services, language: str) -> Keyboard:
    """Questions to begin with: a button for each of the first overviews."""
    assistant = services.assistant
    overviews = (fact.id for fact in assistant.knowledge.facts.values() if fact.kind == "overview")
    suggestions = (assistant.suggestion(fact, language) for fact in islice(overviews, EXAMPLES))
    return Keyboard([[fact_button(suggestion, language)] for suggestion in suggestions])


def spoken(services: Services, speaker: Speaker) -> str:
    """The languages that the bot speaks, as a list in one of them."""
    return speaker.join([speaker.language_name(code) for code in services.assistant.knowledge.languages])
