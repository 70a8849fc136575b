"""The same thing twice within a moment: in a group it has its answer right above."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, Final

from telegram import Message
from telegram.constants import ChatType

from bot.language import normalise
from bot.telegram.services import Context

SAME_QUESTION_SECONDS: Final = 60.0
"""What comes again in a topic within this time, from whomever, is not answered again."""
_ASKED: Final = "asked"
"""In `context.chat_data`: what was asked lately, with the message that asked it and when."""


def is_first(context: Context, message: Message, words: str, *meaning: Hashable) -> bool:
    """Whether a message is the first to ask this, in its topic of a group; in private everything is.

    `words` are compared as they sound, `meaning` is what they were taken for. A message that is handled again is as
    new as it was.
    """
    if message.chat.type == ChatType.PRIVATE:
        return True
    recent, key = _recent(context), _key(message, words, meaning)
    first, _ = recent.setdefault(key, (message.message_id, context.bot_data.clock()))
    return first == message.message_id


def take_back(context: Context, message: Message, words: str, *meaning: Hashable) -> None:
    """It was not answered after all, so the next one who asks may be."""
    _recent(context).pop(_key(message, words, meaning), None)


def _key(message: Message, words: str, meaning: tuple[Hashable, ...]) -> int:
    # the hash only: what people write is not kept any longer than it takes to answer it
    return hash((message.message_thread_id if message.is_topic_message else None, normalise(words), meaning))


def _recent(context: Context) -> dict[int, tuple[int, float]]:
    data: dict[Any, Any] = context.chat_data if context.chat_data is not None else {}
    since = context.bot_data.clock() - SAME_QUESTION_SECONDS
    data[_ASKED] = {key: asked for key, asked in data.get(_ASKED, {}).items() if asked[1] > since}
    recent: dict[int, tuple[int, float]] = data[_ASKED]
    return recent
