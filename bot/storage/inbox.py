"""The inbox: every update that Telegram handed over, kept until it is answered.

An update is stored before Telegram is told that it arrived. It is leased while somebody works on it, and done when
the answer was sent. A program that dies in between finds it here when it starts again: answered at least once.
"""

from __future__ import annotations

import json
import logging
import math
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import bindparam, delete, func, or_, select, true, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.database import Database
from bot.storage.ready import LONGEST_REST, NEXT_DUE, READY, SUSPECT
from bot.storage.tables import inbox

log = logging.getLogger(__name__)

MAX_ATTEMPTS: Final = 3
"""Attempts that may end with an error before an update is set aside."""
MAX_CRASHES: Final = 6
"""Crashes after which it is set aside."""
_INLINE: Final = 1 << 61
"""Added to a person's number for inline queries: they wait for each other, but not for the private chat."""
_MESSAGES: Final = ("message", "edited_message", "channel_post", "edited_channel_post")
KEPT_SECONDS: Final = 3 * 86_400
"""How long numbers of done updates and whole updates that were set aside are kept; Telegram repeats for one day."""
MAX_REASON: Final = 300
_PAGE: Final = 200

_STORE = (
    insert(inbox)
    .values(
        {c: bindparam(c) for c in ("update_id", "chat_id", "user_id", "payload", "sent", "due")} | {"state": "waiting"}
    )
    .on_conflict_do_nothing()
)
_TAKE = update(inbox).where(inbox.c.update_id == bindparam("id")).values(state="leased")
_DONE = (
    update(inbox)
    .where(inbox.c.update_id == bindparam("id"))
    .values(state="done", payload=None, chat_id=None, user_id=None, reason=None, finished=bindparam("now"))
)
_ASIDE = (
    update(inbox)
    .where(inbox.c.update_id == bindparam("id"))
    .values(state="aside", reason=bindparam("why"), finished=bindparam("now"))
)
_AGAIN = (
    update(inbox)
    .where(inbox.c.update_id == bindparam("id"), inbox.c.state == "leased")
    .values(state="waiting", due=bindparam("at"), attempts=bindparam("tried"), reason=bindparam("why"))
)


@dataclass(frozen=True)
class Leased:
    """An update in hand."""

    update_id: int
    chat_id: int
    """What keeps order: the chat, or the person where there is none (for inline queries a number of its own)."""
    payload: dict[str, Any]
    attempts: int
    """How many attempts ended with an error before this one."""
    late: bool
    """True when it was sent long before, while nobody was there to answer."""
    alone: bool = False
    """True when nothing else may be taken in hand beside it."""
    behind: int | None = None
    """The time until which one of its chat is postponed, so that it can only be told about; None for all others."""


@dataclass(frozen=True)
class Envelope:
    """What the inbox has to know of an update; of a broken one, whatever can be read."""

    update_id: int
    chat_id: int
    user_id: int | None
    sent: int | None
    """When the person sent a message; None for what is no message."""


def open_envelope(raw: object) -> Envelope | None:
    """The envelope of an update as Telegram sent it, or None for something without a number."""
    if not isinstance(raw, Mapping) or not _is_number(raw.get("update_id")):
        return None
    body = next((v for k, v in raw.items() if k != "update_id" and isinstance(v, Mapping)), {})
    inner = body.get("message")
    message = inner if isinstance(inner, Mapping) else body
    chat, user = _id(message.get("chat")), _id(body.get("from")) or _id(body.get("user"))
    # a pressed button or a change of membership is never late: it must be seen, and in order
    sent = body.get("edit_date") or body.get("date") if any(kind in raw for kind in _MESSAGES) else None
    where = chat if chat is not None else user
    if "inline_query" in raw and user is not None:
        where = _INLINE + user
    return Envelope(raw["update_id"], where if where is not None else 0, user, sent if _is_number(sent) else None)


def _payload(raw: object, number: int) -> str:
    try:
        return json.dumps(raw)
    except (RecursionError, ValueError, TypeError):  # nobody's message; but it must not keep the others out
        log.exception("an update cannot be stored as it came; only its number is kept")
        return json.dumps({"update_id": number})


def _id(value: object) -> int | None:
    number = value.get("id") if isinstance(value, Mapping) else None
    return number if _is_number(number) else None


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 62


class Inbox:
    """The inbox over one database. `clock` gives seconds since 1970."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    async def store(self, updates: Iterable[object]) -> int:
        """Keep updates as they came; returns how many were new.

        Something without a number cannot be told from its repetition and is left out.
        """
        rows = []
        for raw in updates:
            envelope = open_envelope(raw)
            if envelope is not None:
                rows.append(
                    {
                        "update_id": envelope.update_id,
                        "chat_id": envelope.chat_id,
                        "user_id": envelope.user_id,
                        "payload": _payload(raw, envelope.update_id),
                        "sent": envelope.sent,
                        "due": 0,
                    }
                )
        return await self._database.now(_STORE, rows)

    async def recover(self) -> int:
        """After a start: take back what a program that died had in hand; returns how much that was."""
        now = int(self._clock())

        async def take_back(connection: AsyncConnection) -> int:
            crashed = inbox.c.crashes + 1
            held = inbox.c.state == "leased"
            await connection.execute(
                update(inbox)
                .where(held, crashed >= MAX_CRASHES)
                .values(state="aside", reason="the program died every time while it was in hand", finished=now)
            )
            return (
                await connection.execute(update(inbox).where(held).values(state="waiting", crashes=crashed))
            ).rowcount

        return await self._database.transaction(take_back)

    async def skip_backlog(
        self, older_than: float, per_chat: int, worth: Callable[[dict[str, Any]], bool | None] = lambda _payload: True
    ) -> int:
        """Of the messages sent before `older_than`, leave only the newest of each chat; returns how many were let go.

        Only messages and edits count: everything else is still handled.

        Args:
            older_than: in seconds since 1970.
            per_chat: how many of each chat are left.
            worth: tells from an update whether it asks the bot something. What does not is let go first; None says that
                it must be handled whatever its age.
        """
        rows = select(inbox.c.update_id, inbox.c.chat_id, inbox.c.payload).where(
            inbox.c.state == "waiting", inbox.c.sent < int(older_than), inbox.c.attempts == 0
        )
        asking: dict[int, list[int]] = defaultdict(list)
        others: dict[int, list[int]] = defaultdict(list)
        below: int | None = None
        # page by page, newest first: there may be a day's messages
        while page := await self._database.read(
            rows.where(inbox.c.update_id < below if below is not None else true())
            .order_by(inbox.c.update_id.desc())
            .limit(_PAGE)
        ):
            for row in page:
                asks = worth(json.loads(row.payload))
                if asks is not None:
                    (asking if asks else others)[row.chat_id].append(row.update_id)
            below = page[-1].update_id
        surplus = [
            {"id": number, "now": int(self._clock())}
            for chat in asking.keys() | others.keys()
            for number in [*asking[chat], *others[chat]][per_chat:]
        ]
        await self._database.now(_DONE, surplus)
        return len(surplus)

    async def lease(
        self, limit: int, *, per_chat: int, in_hand: Mapping[int, int], late_before: float, take_late: bool = True
    ) -> list[Leased]:
        """Up to `limit` waiting updates, in order within each chat, and from now on in hand.

        Args:
            per_chat: so many of one chat may be in hand at once.
            in_hand: how many of each chat are already.
            late_before: what was sent before counts as late. The late ones of a chat come first, newest first.
            take_late: False leaves the late ones for later.

        Nothing is taken of a chat in which an update is postponed, since that one comes first. Only what is no message
        is, marked `behind`: whoever pressed a button has to be told something soon.
        """
        values = {
            "now": int(self._clock()),
            "late_before": int(late_before),
            "take_late": take_late,
            "take_suspects": not in_hand,
            # or the waiting ones of busy chats would take the places of others
            "busy": [chat for chat, held in in_hand.items() if held >= per_chat],
            "per_chat": per_chat,
            "limit": limit,
        }

        async def take(connection: AsyncConnection) -> list[Leased]:
            rows = (await connection.execute(READY, values)).all()
            alone = bool(rows) and rows[0].crashes >= SUSPECT  # so that it can harm no other
            rows = rows[:1] if alone else [r for r in rows if r.crashes < SUSPECT]
            held = dict(in_hand)
            leased = []
            for row in rows:
                if held.get(row.chat_id, 0) < per_chat:
                    held[row.chat_id] = held.get(row.chat_id, 0) + 1
                    payload = json.loads(row.payload)
                    late = bool(row.late)
                    leased.append(Leased(row.update_id, row.chat_id, payload, row.attempts, late, alone, row.behind))
            if leased:
                await connection.execute(_TAKE, [{"id": one.update_id} for one in leased])
            return leased

        return await self._database.transaction(take)

    def finish(self, update_id: int) -> None:
        """It is answered: what was in it is erased, its number stays to know a repetition by."""
        self._database.later(_DONE, {"id": update_id, "now": int(self._clock())})

    def fail(self, one: Leased, reason: str, *, pause: float, fatal: bool = False) -> bool:
        """An attempt ended with an error; returns True when it was the last and the update is set aside.

        `pause` seconds go by before the next attempt; `fatal` says that there is no use in one.
        """
        tried = one.attempts + 1
        now, why = int(self._clock()), reason[:MAX_REASON]
        if fatal or tried >= MAX_ATTEMPTS:
            self._database.later(_ASIDE, {"id": one.update_id, "why": why, "now": now})
            return True
        self._database.later(_AGAIN, {"id": one.update_id, "at": now + int(pause), "tried": tried, "why": why})
        return False

    def postpone(self, one: Leased, *, pause: float) -> int:
        """Try again in `pause` seconds without counting this attempt: nothing was wrong with the update.

        Until the time returned its chat waits too.
        """
        until = math.ceil(self._clock() + min(pause, LONGEST_REST))
        self.put_back(one, until)
        return until

    def put_back(self, one: Leased, until: int) -> None:
        """It was not its turn yet: it comes again at a certain time."""
        self._database.later(_AGAIN, {"id": one.update_id, "at": until, "tried": one.attempts, "why": None})

    def release(self, ones: Sequence[Leased]) -> None:
        """Put back what was in hand and not done, as if it had not been taken."""
        for one in ones:
            self.put_back(one, 0)

    async def next_due(self) -> int | None:
        """When the next waiting update may be handled, in seconds since 1970; None when none waits."""
        rows = await self._database.read(NEXT_DUE, {"now": int(self._clock())})
        return rows[0][0] if rows else None

    async def counts(self) -> dict[str, int]:
        """How many updates are in each state."""
        rows = await self._database.read(select(inbox.c.state, func.count().label("number")).group_by(inbox.c.state))
        return {str(row[0]): int(row.number) for row in rows}

    async def prune(self) -> int:
        """Drop what was finished long ago; returns how many."""
        old = int(self._clock()) - KEPT_SECONDS
        finished = or_(inbox.c.state == "done", inbox.c.state == "aside")
        return await self._database.now(delete(inbox).where(finished, inbox.c.finished < old), {})
