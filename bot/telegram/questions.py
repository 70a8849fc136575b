"""Questions: answered in private whatever they are, edited when they are edited, and the buttons under the answers."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Final

from telegram import CallbackQuery, InlineKeyboardMarkup, Message, Update
from telegram.constants import ChatType
from telegram.error import BadRequest

from bot.language import clean
from bot.passages import passage_of
from bot.reply import Reply, Status
from bot.telegram.answers import answer, language_keyboard
from bot.telegram.audience import Audience, audience_of
from bot.telegram.blocks import Block, Style
from bot.telegram.callbacks import unpack
from bot.telegram.dispatch import in_hand
from bot.telegram.patience import Mood
from bot.telegram.services import Context
from bot.telegram.speech import Place, Saying, edit, place_of, say

log = logging.getLogger(__name__)

SURE: Final = 0.9
"""Confidence from which something not addressed to the bot is answered where listening is on."""
APOLOGY_SECONDS: Final = 3600.0


async def on_private_text(update: Update, context: Context) -> None:
    """Any text in a private chat is a question."""
    message = update.effective_message
    if message is not None:
        await respond(update, context, message, message.text or message.caption or "")


async def respond(update: Update, context: Context, message: Message, text: str, *, only_if_sure: bool = False) -> None:
    """Answer a question in its chat, or edit the answer when the question was edited."""
    audience = await audience_of(update, context)
    if update.edited_message is None and not only_if_sure and not await has_patience(context, message, audience):
        return
    reply = ask(context, audience, text)
    if only_if_sure and not (reply.status is Status.ANSWERED and reply.confidence >= SURE and not reply.follow_up):
        return
    await deliver(update, context, message, audience, reply)


def ask(context: Context, audience: Audience, text: str) -> Reply:
    """What the assistant says to a text, with the conversation so far."""
    return context.bot_data.reply(
        clean(text),
        language=audience.chosen,
        conversation_language=audience.conversation.language,
        language_code=audience.language_code,
        context=audience.conversation.fact,
    )


async def deliver(update: Update, context: Context, message: Message, audience: Audience, reply: Reply) -> None:
    """Say a reply below a message, or in place of the reply that it had before it was edited."""
    services = context.bot_data
    saying = answer(
        services, apologetic(context, audience, reply), username=context.bot.username, tally=await tally(context, reply)
    )
    remember(context, audience, reply)
    if update.edited_message is not None:
        earlier = await services.memory.reply_to(message.chat.id, message.message_id)
        if earlier is not None and await edit(context, message.chat.id, earlier, saying):
            return
    sent = await say(context, place_of(message), saying)
    if sent is not None:
        services.memory.keep_reply(message.chat.id, message.message_id, sent.message_id, audience.asker)


def remember(context: Context, audience: Audience, reply: Reply) -> None:
    """Keep what was said last, for follow-ups."""
    fact = reply.fact or audience.conversation.fact
    context.bot_data.memory.keep_conversation(audience.chat_id, audience.asker, fact, reply.language)


def apologetic(context: Context, audience: Audience, reply: Reply) -> Reply:
    """The reply, after an outage with one apology in front."""
    work, services = in_hand.get(), context.bot_data
    if work is None or not work.leased.late:
        return reply
    now = services.clock()
    if now - services.apologised.get(audience.chat_id, 0.0) < APOLOGY_SECONDS:
        return reply
    services.apologised = {c: t for c, t in services.apologised.items() if now - t < APOLOGY_SECONDS}
    services.apologised[audience.chat_id] = now
    sorry = services.speaker(reply.language)._("Sorry for the late answer, I was away for a while.")
    return replace(reply, preface=f"{sorry} {reply.preface or ''}".strip())


async def has_patience(context: Context, message: Message, audience: Audience) -> bool:
    """Whether this message is answered; who sends too many is told so once."""
    mood = context.bot_data.patience.hear(audience.asker)
    if mood is Mood.ASK_TO_WAIT:
        text = audience.speaker._("One moment, please: that was a lot at once. Ask me again in a minute.")
        await say(context, place_of(message), Saying([Block(text)]))
    return mood is Mood.ANSWER


async def tally(context: Context, reply: Reply) -> tuple[int, int]:
    """The votes so far on an answer."""
    if reply.fact is None:
        return 0, 0
    return await context.bot_data.memory.tally(reply.fact, reply.language)


# -- buttons


async def on_answer_button(update: Update, context: Context) -> None:
    """A suggestion or a related question was tapped: tell that fact in a new message."""
    query = update.callback_query
    if query is None or (fact := await _pressed(context, query)) is None:
        return
    audience = await audience_of(update, context)
    reply = context.bot_data.assistant.answer(*fact)
    remember(context, audience, reply)
    await acknowledge(query)
    place = _place_of_button(query)
    if place is not None:
        saying = answer(context.bot_data, reply, username=context.bot.username, tally=await tally(context, reply))
        await say(context, place, saying)


async def on_translate_button(update: Update, context: Context) -> None:
    """Tell the same fact in this message in another language."""
    query = update.callback_query
    if query is None or (fact := await _pressed(context, query)) is None:
        return
    reply = context.bot_data.assistant.answer(*fact)
    await acknowledge(query)
    if query.message is not None:
        saying = answer(context.bot_data, reply, username=context.bot.username, tally=await tally(context, reply))
        await edit(context, query.message.chat.id, query.message.message_id, saying)


async def on_languages_button(update: Update, context: Context) -> None:
    """Show the other languages in place of the usual buttons."""
    query = update.callback_query
    if query is None or (fact := await _pressed(context, query)) is None:
        return
    await acknowledge(query)
    await _change_buttons(query, language_keyboard(context.bot_data, *fact))


async def on_back_button(update: Update, context: Context) -> None:
    """Show the usual buttons again."""
    query = update.callback_query
    if query is None or (fact := await _pressed(context, query)) is None:
        return
    await acknowledge(query)
    await _restore_buttons(context, query, fact)


async def on_vote_button(update: Update, context: Context) -> None:
    """Count a vote, one a person, and show the count."""
    query = update.callback_query
    if query is None or (fact := await _pressed(context, query)) is None:
        return
    parts = unpack(query.data)[1]
    changed = await context.bot_data.memory.vote(query.from_user.id, *fact, up=parts[-1] == "1")
    speaker = context.bot_data.speaker(fact[1])
    await acknowledge(query, speaker._("Thank you, your vote is counted."))
    if changed:
        await _restore_buttons(context, query, fact)


async def on_passage_button(update: Update, context: Context) -> None:
    """Show the cited passages in the original, as a reply to the answer."""
    query = update.callback_query
    if query is None or (fact := await _pressed(context, query)) is None:
        return
    await acknowledge(query)
    services, place = context.bot_data, _place_of_button(query)
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
    if query.message is not None:
        text = audience.speaker._("Then try other words: a name, a place or a date helps. /topics shows what I know.")
        await edit(context, query.message.chat.id, query.message.message_id, Saying([Block(text)]))


async def _pressed(context: Context, query: CallbackQuery) -> tuple[str, str] | None:
    """Fact and language that a button stands for; None, and told so, where they are not known any more."""
    knowledge = context.bot_data.assistant.knowledge
    parts = unpack(query.data)[1]
    if len(parts) >= 2 and parts[0] in knowledge.facts and parts[1] in knowledge.languages:
        return parts[0], parts[1]
    code = context.bot_data.assistant.known_language(query.from_user.language_code)
    speaker = context.bot_data.speaker(code or context.bot_data.assistant.default_language)
    await acknowledge(query, speaker._("This button is too old. Please ask again."))
    return None


async def acknowledge(query: CallbackQuery, text: str | None = None) -> None:
    """Stop the button's waiting sign; too late is no error."""
    try:
        await query.answer(text)
    except BadRequest:
        log.debug("a button was answered too late")


def _place_of_button(query: CallbackQuery) -> Place | None:
    message = query.message
    if message is None:
        return None
    if isinstance(message, Message):
        place = place_of(message)
        return replace(place, reply_to=None if message.chat.type == ChatType.PRIVATE else message.message_id)
    return Place(message.chat.id)


async def _restore_buttons(context: Context, query: CallbackQuery, fact: tuple[str, str]) -> None:
    reply = context.bot_data.assistant.answer(*fact)
    usual = answer(context.bot_data, reply, username=context.bot.username, tally=await tally(context, reply))
    if usual.keyboard is not None:
        await _change_buttons(query, usual.keyboard)


async def _change_buttons(query: CallbackQuery, keyboard: InlineKeyboardMarkup) -> None:
    try:
        await query.edit_message_reply_markup(keyboard)
    except BadRequest as error:
        if "not modified" not in error.message:
            log.debug("the buttons of a message cannot be changed any more")
