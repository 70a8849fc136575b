"""The buttons under the answers: related questions, passages, other languages, votes."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from telegram import CallbackQuery, Message, Update
from telegram.constants import ChatType

from bot.passages import passage_of
from bot.storage import Told
from bot.telegram.answers import answer, language_keyboard
from bot.telegram.audience import audience_of
from bot.telegram.blocks import Block, Style
from bot.telegram.callbacks import unpack
from bot.telegram.presses import reject
from bot.telegram.questions import tally
from bot.telegram.services import Context
from bot.telegram.speech import Place, Saying, acknowledge, change_buttons, edit, place_of, say

REDRAW_SECONDS: Final = 10.0
"""Between two counts of votes shown in a group: it takes few messages a minute, and answers come first."""
_REDRAWN: Final = "redrawn"
"""In `context.chat_data`: when a count was last shown."""


async def on_answer_button(update: Update, context: Context) -> None:
    """A suggestion or a related question was tapped: tell that fact in a new message."""
    query = update.callback_query
    if query is None or (fact := await _pressed(update, context, query)) is None:
        return
    audience = await audience_of(update, context)
    await acknowledge(query)
    if (place := place_of_button(query)) is None:
        return
    sent = await say(context, place, await _answer(context, fact))
    if sent is not None:
        memory, told = context.bot_data.memory, Told(sent.message_id, *fact)
        memory.keep_reply(sent.chat_id, sent.message_id, audience.asker, told)
        memory.keep_conversation(sent.chat_id, audience.asker, *fact)


async def on_translate_button(update: Update, context: Context) -> None:
    """Tell the same fact in this message in another language."""
    query = update.callback_query
    if query is None or (fact := await _pressed(update, context, query)) is None:
        return
    await acknowledge(query)
    await put_in_place(context, query, await _answer(context, fact))


async def on_languages_button(update: Update, context: Context) -> None:
    """Show the other languages in place of the usual buttons."""
    query = update.callback_query
    if query is None or (fact := await _pressed(update, context, query)) is None:
        return
    await acknowledge(query)
    keyboard = language_keyboard(context.bot_data, *fact)
    if query.message is None or await change_buttons(
        context, query.message.chat.id, query.message.message_id, keyboard
    ):
        return
    if (place := place_of_button(query)) is not None:  # the answer is gone: told anew, with the languages
        await say(context, place, replace(await _answer(context, fact), keyboard=keyboard))


async def on_back_button(update: Update, context: Context) -> None:
    """Show the usual buttons again."""
    query = update.callback_query
    if query is None or (fact := await _pressed(update, context, query)) is None:
        return
    await acknowledge(query)
    await _restore_buttons(context, query, fact)


async def on_vote_button(update: Update, context: Context) -> None:
    """Count a vote, one a person, and show the count."""
    query = update.callback_query
    if query is None or (fact := await _pressed(update, context, query)) is None:
        return
    parts = unpack(query.data)[1]
    changed = await context.bot_data.memory.vote(query.from_user.id, *fact, up=parts[-1] == "1")
    speaker = context.bot_data.speaker(fact[1])
    await acknowledge(query, speaker._("Thank you, your vote is counted."))
    if changed and _may_redraw(context, query):
        await _restore_buttons(context, query, fact)


async def on_passage_button(update: Update, context: Context) -> None:
    """Show the cited passages in the original, as a reply to the answer."""
    query = update.callback_query
    if query is None or (fact := await _pressed(update, context, query)) is None:
        return
    await acknowledge(query)
    services, place = context.bot_data, place_of_button(query)
    if place is None or services.sources is None or query.message is None:
        return
    reply = services.assistant.answer(*fact)
    found: list[Block] = []
    for cited in dict.fromkeys(reply.citations):
        passage = passage_of(services.assistant, services.sources, cited, reply.language)
        found.append(Block(passage.heading, Style.TITLE))
        found.append(Block(passage.original, Style.QUOTE) if passage.original else Block(passage.problem or ""))
    await say(context, replace(place, reply_to=query.message.message_id), Saying(found))


async def on_none_button(update: Update, context: Context) -> None:
    """None of the suggestions was meant: say what helps."""
    query = update.callback_query
    if query is None:
        return
    audience = await audience_of(update, context)
    await acknowledge(query)
    text = audience.speaker._("Then try other words: a name, a place or a date helps. /topics shows what I know.")
    await put_in_place(context, query, Saying([Block(text)]))


async def put_in_place(context: Context, query: CallbackQuery, saying: Saying) -> None:
    """Put it in place of the message that a button belongs to."""
    message, place = query.message, place_of_button(query)
    if message is None or place is None or await edit(context, message.chat.id, message.message_id, saying):
        return
    # the message is gone or out of reach: a new one is better than a button that does nothing
    await say(context, place, saying)


def place_of_button(query: CallbackQuery) -> Place | None:
    """Where to say what a button asks for."""
    message = query.message
    if message is None:
        return None
    if isinstance(message, Message):
        place = place_of(message)
        return replace(place, reply_to=None if message.chat.type == ChatType.PRIVATE else message.message_id)
    return Place(message.chat.id)


async def _pressed(update: Update, context: Context, query: CallbackQuery) -> tuple[str, str] | None:
    """Fact and language that a button stands for; None, and told so, where they are not known any more."""
    knowledge = context.bot_data.assistant.knowledge
    parts = unpack(query.data)[1]
    if len(parts) >= 2 and parts[0] in knowledge.facts and parts[1] in knowledge.languages:
        return parts[0], parts[1]
    await reject(update, context, query)
    return None


async def _answer(context: Context, fact: tuple[str, str]) -> Saying:
    reply = context.bot_data.assistant.answer(*fact)
    return answer(context.bot_data, reply, username=context.bot.username, tally=await tally(context, reply))


def _may_redraw(context: Context, query: CallbackQuery) -> bool:
    """Whether a vote's count is shown at once; in a group the next vote may show it."""
    if query.message is None or query.message.chat.id > 0 or context.chat_data is None:
        return True
    now = context.bot_data.clock()
    if now - context.chat_data.get(_REDRAWN, 0.0) < REDRAW_SECONDS:
        return False
    context.chat_data[_REDRAWN] = now
    return True


async def _restore_buttons(context: Context, query: CallbackQuery, fact: tuple[str, str]) -> None:
    usual = await _answer(context, fact)
    if usual.keyboard is not None and query.message is not None:
        await change_buttons(context, query.message.chat.id, query.message.message_id, usual.keyboard)
