"""Questions: answered in private whatever they are, edited when they are edited, and read with what they follow."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from typing import Final

from telegram import Message, Update
from telegram.constants import ChatType

from bot.language import clean
from bot.reply import Reply, Status
from bot.storage import Conversation, Told
from bot.telegram.answers import answer
from bot.telegram.attempts import Unconfirmed
from bot.telegram.audience import Audience, audience_of
from bot.telegram.blocks import Block
from bot.telegram.dispatch import in_hand
from bot.telegram.hearing import answered_message, without_mention, words_of
from bot.telegram.patience import Mood
from bot.telegram.repeats import is_first, take_back
from bot.telegram.services import Context
from bot.telegram.speech import Saying, edit, place_of, say

SURE: Final = 0.9
"""Confidence from which something not addressed to the bot is answered where listening is on."""
APOLOGY_SECONDS: Final = 3600.0
_LONG: Final = 300
"""Letters from which reading a text may take so long that others should not wait for it."""


async def on_private_text(update: Update, context: Context) -> None:
    """Any text in a private chat is a question, but for what the bot itself wrote for somebody inline."""
    message = update.effective_message
    if message is not None and (message.via_bot is None or message.via_bot.id != context.bot.id):
        await respond(update, context, message, without_mention(words_of(message), context.bot.username).strip())


async def respond(
    update: Update,
    context: Context,
    message: Message,
    text: str,
    *,
    only_if_sure: bool = False,
    complete: bool = False,
) -> None:
    """Answer a question in its chat, or edit the answer when the question was edited.

    `only_if_sure`: it was overheard; `complete`: it follows nothing that was said before.
    """
    edited = update.edited_message is not None
    earlier = await _earlier(update, context, message)
    if earlier is not None and not edited and message is update.effective_message:
        return  # handled before, up to the answer; or its edit was, which came first
    if edited and earlier is None and only_if_sure:
        return  # an edit corrects an answer; what was only overheard gets none because it was edited
    audience = await audience_of(update, context)
    patience = context.bot_data.patience
    if edited and earlier is not None:
        if not patience.allows(audience.asker, update.update_id):
            return
    elif not only_if_sure and not await has_patience(update, context, message, audience):
        return
    after = await _follows(context, message, audience, earlier if edited else None)
    reply = await ask(context, audience, text, replace(after, fact=None) if complete else after)
    if edited:
        await deliver(update, context, message, audience, reply, after=after)
        return
    if only_if_sure and not (reply.status is Status.ANSWERED and reply.confidence >= SURE and not reply.follow_up):
        return
    # the same words may mean something else below another answer
    asked = (text, reply.status, reply.fact, reply.language)
    asker = update.effective_message or message
    if not is_first(context, asker, *asked):
        return
    if only_if_sure and not patience.allows(audience.asker, update.update_id):
        take_back(context, asker, *asked)
        return
    try:
        heard = await deliver(update, context, message, audience, reply, after=after)
    except Unconfirmed:  # it may not have arrived: whoever asks again is answered
        take_back(context, asker, *asked)
        raise
    if not heard:
        take_back(context, asker, *asked)


async def _earlier(update: Update, context: Context, message: Message) -> Told | None:
    """What was answered to a message before, where that can have happened."""
    work = in_hand.get()
    again = work is not None and (work.leased.late or work.leased.attempts > 0)
    if update.edited_message is None and not again and message.chat.type == ChatType.PRIVATE:
        return None  # spares a look into the database for each question
    return await context.bot_data.memory.reply_to(message.chat.id, message.message_id)


async def _follows(context: Context, message: Message, audience: Audience, earlier: Told | None) -> Conversation:
    """What a question may refer to: what it did before it was edited, the message replied to, or what came last."""
    if earlier is not None:
        return Conversation(earlier.context, earlier.language)
    original = answered_message(message, context.bot)
    told = await context.bot_data.memory.told(message.chat.id, original.message_id) if original is not None else None
    return audience.conversation if told is None else Conversation(told.fact, told.language)


async def ask(context: Context, audience: Audience, text: str, after: Conversation | None = None) -> Reply:
    """What the assistant says to a text. `after`: what it may refer to; else what was said last."""
    after = after or audience.conversation
    question = clean(text)
    read = partial(
        context.bot_data.reply,
        question,
        language=audience.chosen,
        conversation_language=after.language,
        language_code=audience.language_code,
        context=after.fact,
    )
    if len(question) > _LONG:
        return await asyncio.to_thread(read)
    # under load, all who wait are read one after the other and then answered one after the other: what reading needs
    # is still in the processor's cache for the next one
    await asyncio.sleep(0)
    reply = read()
    await asyncio.sleep(0)
    return reply


async def deliver(
    update: Update,
    context: Context,
    message: Message,
    audience: Audience,
    reply: Reply,
    *,
    after: Conversation | None = None,
) -> bool:
    """Say a reply below a message, or in place of the reply that it had before it was edited; False if nobody hears.

    `after` is what the question was read with.
    """
    saying = answer(
        context.bot_data,
        apologetic(context, audience, reply),
        username=context.bot.username,
        tally=await tally(context, reply),
    )
    before = after.fact if after is not None else None
    memory = context.bot_data.memory
    edited = update.edited_message is not None
    earlier = await memory.reply_to(message.chat.id, message.message_id) if edited else None
    told = Told(0, reply.fact or before, reply.language, before)
    if await tell(update, context, message, audience, saying, told) is None:
        return False
    # an edit of something older changes nothing about what was said last
    if earlier is None or earlier.fact == audience.conversation.fact:
        memory.keep_conversation(audience.chat_id, audience.asker, told.fact, told.language)
    return True


async def tell(
    update: Update,
    context: Context,
    message: Message,
    audience: Audience,
    saying: Saying,
    told: Told | None = None,
) -> int | None:
    """Say it below a message, or in place of what was said there before the message was edited.

    Returns the number of the bot's message, None if there is none here. `told` is what to remember of it.
    """
    memory, chat = context.bot_data.memory, message.chat.id
    earlier = await memory.reply_to(chat, message.message_id) if update.edited_message is not None else None
    if earlier is not None and await edit(context, chat, earlier.reply_id, saying):
        number = earlier.reply_id
    else:
        sent = await say(context, place_of(message), saying)
        if sent is None or sent.chat_id != chat:
            return None  # nobody is there, or the group has moved, and nothing is kept of where it was
        number = sent.message_id
    memory.keep_reply(chat, message.message_id, audience.asker, replace(told or Told(0), reply_id=number))
    return number


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


async def has_patience(update: Update, context: Context, message: Message, audience: Audience) -> bool:
    """Whether this message is answered; who sends too many is told so once."""
    mood = context.bot_data.patience.hear(audience.asker, update.update_id)
    if mood is Mood.ASK_TO_WAIT:
        await say(context, place_of(message), Saying([Block(please_wait(audience))]))
    return mood is Mood.ANSWER


def please_wait(audience: Audience) -> str:
    """What is said, once, to somebody who asks for too much at once."""
    return audience.speaker._("One moment, please: that was a lot at once. Ask me again in a minute.")


async def tally(context: Context, reply: Reply) -> tuple[int, int]:
    """The votes so far on an answer."""
    if reply.fact is None:
        return 0, 0
    return await context.bot_data.memory.tally(reply.fact, reply.language)
