"""What matters of the messages left over from an outage: questions to the bot, and what happened to a chat."""

from __future__ import annotations

from typing import Any

from telegram import Bot
from telegram.constants import ChatType
from telegram.ext import ExtBot

from bot.telegram.hearing import commands, hear, words_of
from bot.telegram.reading import Unreadable, read


def worth(payload: dict[str, Any], bot: ExtBot[None] | Bot) -> bool | None:
    """Whether a message asks the bot something; None for news of the chat itself, such as a move or new members."""
    try:
        message = read(payload, bot).effective_message
    except Unreadable:
        return False
    if message is None:
        return None
    if message.chat.type == ChatType.PRIVATE:
        return True
    if not words_of(message) and message.effective_attachment is None:
        return None
    heard = hear(message, bot)  # type: ignore[arg-type]
    return commands(message, bot.username) or (heard is not None and heard.to_us)
