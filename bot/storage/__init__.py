"""What the bot remembers between messages, in one database."""

from bot.storage.database import Database
from bot.storage.inbox import Inbox, Leased
from bot.storage.memory import Chat, Conversation, Memory, Person, Told

__all__ = ["Chat", "Conversation", "Database", "Inbox", "Leased", "Memory", "Person", "Told"]
