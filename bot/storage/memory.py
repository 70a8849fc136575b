"""What is remembered about people, chats and conversations: little, and only what an answer needs."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Hashable
from dataclasses import dataclass, replace
from typing import Any, Final, Generic, TypeAlias, TypeVar

from sqlalchemy import ColumnElement, Integer, Table, bindparam, cast, delete, func, select, tuple_
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.database import Database
from bot.storage.tables import chats, conversations, metadata, people, replies, votes
from bot.storage.together import Together

CONVERSATION_SECONDS: Final = 6 * 3600
"""How long a follow-up may refer to the answer before it."""
REPLY_SECONDS: Final = 48 * 3600
"""How long an edited question edits its answer; Telegram lets bots edit for 48 hours."""
_REMEMBERED: Final = 5_000  # of each kind, in memory; the rest is read when it is needed
_ALL: Final = "all"  # answers: their votes are counted together
_Tallies: TypeAlias = dict[tuple[str, str], tuple[int, int]]

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass(frozen=True)
class Person:
    """Somebody who writes to the bot."""

    user_id: int
    language: str | None = None
    """The language they chose; None follows each message."""
    hinted: bool = False
    """Whether they were told that the bot reads words only."""
    blocked: bool = False
    """Whether they have blocked the bot."""


@dataclass(frozen=True)
class Chat:
    """A group or channel."""

    chat_id: int
    kind: str
    """"group", "supergroup" or "channel"."""
    language: str | None = None
    """The language set for it; None follows each speaker."""
    listening: bool = False
    """Whether the bot answers what it was not asked, when it is sure."""
    muted: bool = False
    """Whether the bot may not write there."""
    linked: int | None = None
    """Of a channel: its discussion group."""


@dataclass(frozen=True)
class Conversation:
    """What was said last between one person and the bot in one chat."""

    fact: str | None = None
    language: str | None = None
    at: int = 0


@dataclass(frozen=True)
class Told:
    """One of the bot's messages: what it answers, and what can be asked on about it."""

    reply_id: int
    """The message."""
    fact: str | None = None
    """What a follow-up to it is about."""
    language: str | None = None
    context: str | None = None
    """The fact that the question was read with: what a follow-up followed."""


class _Recent(Generic[K, V]):
    """The entries used last, up to a number."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._cleared = 0
        self._entries: OrderedDict[K, V] = OrderedDict()

    def get(self, key: K) -> V | None:
        found = self._entries.get(key)
        if found is not None:
            self._entries.move_to_end(key)
        return found

    def put(self, key: K, value: V) -> None:
        self._entries[key] = value
        self._entries.move_to_end(key)
        if len(self._entries) > self._size:
            self._entries.popitem(last=False)

    def clear(self) -> None:
        self._entries.clear()
        self._cleared += 1

    async def get_or_read(self, key: K, read: Callable[[], Awaitable[V]]) -> V:
        """The entry, read where it is not here; what was put or cleared in the meantime wins over what was read."""
        if (known := self.get(key)) is not None:
            return known
        before = self._cleared
        value = await read()
        if (newer := self.get(key)) is not None:
            return newer
        if before == self._cleared:
            self.put(key, value)
        return value


def _upsert(table: Table) -> Any:
    statement = insert(table).values({c.name: bindparam(c.name) for c in table.columns})
    changed = {c.name: statement.excluded[c.name] for c in table.columns if not c.primary_key}
    return statement.on_conflict_do_update(index_elements=list(table.primary_key.columns), set_=changed)


_PERSON, _CHAT, _CONVERSATION, _REPLY, _VOTE = map(_upsert, (people, chats, conversations, replies, votes))


class Memory:
    """People, chats, conversations, answers and votes over one database. `clock` gives seconds since 1970."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock
        self._people: _Recent[int, Person] = _Recent(_REMEMBERED)
        self._tallies: _Recent[str, _Tallies] = _Recent(1)
        self._person_reads = Together(self._read_people)
        self._conversation_reads = Together(self._read_conversations)
        self._tally_reads = Together(self._read_tallies)
        self._chats: _Recent[int, Chat | str] = _Recent(_REMEMBERED)  # "" where there is none
        self._conversations: _Recent[tuple[int, int], Conversation] = _Recent(_REMEMBERED)
        self._replies: _Recent[tuple[int, int], Told] = _Recent(_REMEMBERED)  # by the question
        self._told: _Recent[tuple[int, int], Told] = _Recent(_REMEMBERED)  # the same by the bot's message

    # -- people

    async def person(self, user_id: int) -> Person:
        """What is known of somebody; a stranger is a `Person` with nothing in it."""

        async def read() -> Person:
            return await self._person_reads.get(user_id) or Person(user_id)

        return await self._people.get_or_read(user_id, read)

    async def _read_people(self, user_ids: Collection[int]) -> dict[int, Person]:
        rows = await self._database.read(select(people).where(people.c.user_id.in_(user_ids)))
        return {row.user_id: Person(**row._mapping) for row in rows}

    def keep_person(self, person: Person) -> None:
        """Remember somebody as they are now."""
        self._people.put(person.user_id, person)
        self._database.later(_PERSON, vars(person))

    async def forget(self, user_id: int) -> None:
        """Delete everything that is stored about a person, in every table."""

        async def erase(connection: AsyncConnection) -> None:
            for table in metadata.tables.values():
                if "user_id" in table.columns:
                    await connection.execute(delete(table).where(table.c.user_id == user_id))

        await self._database.transaction(erase)
        for kept in (self._people, self._conversations, self._replies, self._told):
            kept.clear()
        self._tallies.clear()

    # -- groups and channels

    async def chat(self, chat_id: int) -> Chat | None:
        """What is known of a group or channel; None for one that the bot is not in."""

        async def read() -> Chat | str:
            rows = await self._database.read(select(chats).where(chats.c.chat_id == chat_id))
            return Chat(**rows[0]._mapping) if rows else ""

        known = await self._chats.get_or_read(chat_id, read)
        return known if isinstance(known, Chat) else None

    def keep_chat(self, chat: Chat) -> None:
        """Remember a group or channel as it is now."""
        self._chats.put(chat.chat_id, chat)
        self._database.later(_CHAT, vars(chat))

    async def forget_chat(self, chat_id: int) -> None:
        """Delete everything that is stored about a chat."""

        async def erase(connection: AsyncConnection) -> None:
            for table in (chats, conversations, replies):
                await connection.execute(delete(table).where(table.c.chat_id == chat_id))

        await self._database.transaction(erase)
        for kept in (self._chats, self._conversations, self._replies, self._told):
            kept.clear()

    async def move_chat(self, old: int, new: int) -> None:
        """A group became a supergroup: its settings move along, unless the new one has its own."""
        known = await self.chat(old)
        if known is not None and await self.chat(new) is None:
            self.keep_chat(replace(known, chat_id=new, kind="supergroup"))
        await self.forget_chat(old)

    # -- conversations

    async def conversation(self, chat_id: int, user_id: int) -> Conversation:
        """What was said last, unless that was long ago."""
        key = (chat_id, user_id)

        async def read() -> Conversation:
            return await self._conversation_reads.get(key) or Conversation()

        known = await self._conversations.get_or_read(key, read)
        return known if known.at > self._clock() - CONVERSATION_SECONDS else Conversation()

    def keep_conversation(self, chat_id: int, user_id: int, fact: str | None, language: str | None) -> None:
        """Remember what was said last."""
        known = Conversation(fact, language, int(self._clock()))
        self._conversations.put((chat_id, user_id), known)
        self._database.later(_CONVERSATION, {"chat_id": chat_id, "user_id": user_id, **vars(known)})

    async def _read_conversations(self, keys: Collection[tuple[int, int]]) -> dict[tuple[int, int], Conversation]:
        table = conversations.c
        rows = await self._database.read(
            select(conversations).where(tuple_(table.chat_id, table.user_id).in_(list(keys)))
        )
        return {(row.chat_id, row.user_id): Conversation(row.fact, row.language, row.at) for row in rows}

    # -- answers

    async def reply_to(self, chat_id: int, question_id: int) -> Told | None:
        """The message that answers a question, if there is one."""
        known = self._replies.get((chat_id, question_id))
        return known or await self._read_told(chat_id, replies.c.question_id == question_id)

    async def told(self, chat_id: int, reply_id: int) -> Told | None:
        """What a message of the bot told, if that is known."""
        known = self._told.get((chat_id, reply_id))
        return known or await self._read_told(chat_id, replies.c.reply_id == reply_id)

    async def _read_told(self, chat_id: int, which: ColumnElement[bool]) -> Told | None:
        table = replies.c
        columns = (table.reply_id, table.fact, table.language, table.context)
        rows = await self._database.read(select(*columns).where(table.chat_id == chat_id, which))
        return Told(**rows[0]._mapping) if rows else None

    def keep_reply(self, chat_id: int, question_id: int, user_id: int, told: Told) -> None:
        """Remember which message answers which. An answer that a button asked for counts as its own question."""
        self._replies.put((chat_id, question_id), told)
        self._told.put((chat_id, told.reply_id), told)
        values = {"chat_id": chat_id, "question_id": question_id, "user_id": user_id, **vars(told)}
        self._database.later(_REPLY, {**values, "at": int(self._clock())})

    # -- votes

    async def vote(self, user_id: int, fact: str, language: str, up: bool) -> bool:
        """Count a person's vote on an answer in place of an earlier one; False when it was the same before."""
        same = select(votes.c.up).where(votes.c.user_id == user_id, votes.c.fact == fact, votes.c.language == language)
        before = await self._database.read(same)
        await self._database.now(_VOTE, {"user_id": user_id, "fact": fact, "language": language, "up": up})
        self._tallies.clear()
        return not before or bool(before[0][0]) is not up

    async def tally(self, fact: str, language: str) -> tuple[int, int]:
        """How many found an answer good, and how many bad."""

        async def read() -> _Tallies:
            return await self._tally_reads.get(_ALL) or {}

        # one query for all answers, until somebody votes again
        return (await self._tallies.get_or_read(_ALL, read)).get((fact, language), (0, 0))

    async def _read_tallies(self, _keys: Collection[str]) -> dict[str, _Tallies]:
        ups = func.sum(cast(votes.c.up, Integer))
        rows = await self._database.read(
            select(votes.c.fact, votes.c.language, ups.label("up"), (func.count() - ups).label("down")).group_by(
                votes.c.fact, votes.c.language
            )
        )
        return {_ALL: {(row.fact, row.language): (int(row.up), int(row.down)) for row in rows}}

    async def prune(self) -> None:
        """Drop what is too old to be used."""
        now = int(self._clock())
        await self._database.now(delete(conversations).where(conversations.c.at < now - CONVERSATION_SECONDS), {})
        await self._database.now(delete(replies).where(replies.c.at < now - REPLY_SECONDS), {})
