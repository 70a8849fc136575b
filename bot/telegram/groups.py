"""Groups: silence unless asked. A mention, a reply to the bot, `/ask`, or, where admins want it, a clear question."""

from __future__ import annotations

from typing import Final

from telegram import Message, Update
from telegram.constants import ChatType
from telegram.ext import ExtBot

from bot.assistant import Assistant
from bot.telegram.blocks import Block
from bot.telegram.channels import was_answered_in_channel
from bot.telegram.hearing import Heard, has_words, hear, is_from, without_addresses, without_mention, words_of
from bot.telegram.questions import respond, tell
from bot.telegram.services import Context
from bot.telegram.speech import Saying
from bot.telegram.welcome import hear_command

_TALK: Final = 600
"""Letters from which something overheard is no question any more."""


async def on_group_message(update: Update, context: Context) -> None:
    """Answer what is asked of the bot, and leave everything else alone."""
    message = update.effective_message
    if message is None or (heard := hear(message, context.bot)) is None:
        return
    if message.is_automatic_forward and await was_answered_in_channel(message, context):
        return
    if heard.to_us:
        await _answer(update, context, message, heard)
        return
    chat = await context.bot_data.memory.chat(message.chat.id)
    if chat is None or not chat.listening:
        return
    if len(heard.text) > _TALK:
        return
    text = without_addresses(heard.text)
    if is_question(text, context.bot_data.assistant):
        await respond(update, context, message, text, only_if_sure=True)


async def on_ask(update: Update, context: Context) -> None:
    """`/ask` in private: the same as the question without it."""
    message = update.effective_message
    if message is not None and (heard := hear(message, context.bot)) is not None:
        await _answer(update, context, message, heard)


def is_question(text: str, assistant: Assistant) -> bool:
    """Whether a text asks anything: talk about the revolution is no question, however well a fact would fit it."""
    if not has_words(text):
        return False
    return any(mark in text for mark in "?？؟") or bool(assistant.matcher.match(text).analysis.question_words)


def may_ask(message: Message, bot: ExtBot[None]) -> bool:
    """Whether a person (or a channel, or an admin who stays anonymous) speaks here in words of their own.

    What Telegram forwards from the linked channel counts when it calls the bot.
    """
    if message.is_automatic_forward:
        heard = hear(message, bot)
        return heard is not None and heard.by_name
    if message.via_bot is not None or message.forward_origin is not None:
        return False
    return message.sender_chat is not None or (message.from_user is not None and not message.from_user.is_bot)


async def _answer(update: Update, context: Context, message: Message, heard: Heard) -> None:
    """Answer what was said to the bot; called without a question, answer the message replied to, or tell how to ask."""
    if has_words(heard.text):
        await respond(update, context, message, heard.text)
        return
    quoted = message.reply_to_message
    if heard.by_name and quoted is not None and not is_from(quoted, context.bot.bot) and has_words(words_of(quoted)):
        await respond(update, context, quoted, without_mention(words_of(quoted), context.bot.username))
    elif heard.by_name and (command := await hear_command(update, context, once="ask")):
        speaker = command[1].speaker
        if message.chat.type == ChatType.PRIVATE:
            text = speaker._("Write your question after the command, like this: /ask what is the Smolny?")
        else:
            text = speaker._(
                "Write your question along with my name, like this: @%(username)s what is the Smolny?",
                username=context.bot.username,
            )
        await tell(update, context, *command, Saying([Block(text)]))
