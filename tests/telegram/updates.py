"""The queue of updates: long polling with confirmation by offset, one poller at a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from tests.telegram.history import World
from tests.telegram.people import Json
from tests.telegram.wire import ApiError

_NOT_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
_LONGEST_HOLD = 50
_CONFLICT = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
_WEBHOOK_ACTIVE = (
    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
)


class Updates:
    """What waits for the bot. An update stays until it is confirmed, by an offset above it or a webhook's 2xx."""

    def __init__(self, world: World, wake: Callable[[], None]) -> None:
        """`wake` tells the server's loop that something is new; any thread may call it."""
        self._world = world
        self._wake = wake
        self._next = 100_000_001
        self._allowed: list[str] | None = None
        self.pending: list[tuple[int, Any]] = []
        self.webhook_url = ""
        self.closing = False
        self._poller = 0
        self._news = asyncio.Event()

    def put(self, update: Json) -> int | None:
        """Queue an update under the next number; None when the bot has not asked for its kind."""
        with self._world.lock:
            kinds = set(update) - {"update_id"}
            if not self._wanted(kinds):
                return None
            number = self._next
            self._next += 1
            self.put_as_is(number, {"update_id": number, **update})
            return number

    def put_as_is(self, number: int, update: Any) -> None:
        """Queue anything at all; `number` is what an offset confirms it by."""
        with self._world.lock:
            self.pending.append((number, update))
            self._next = max(self._next, number + 1)
            self._world.changed()
        self._wake()

    def reserve(self) -> int:
        """A number for an update that tells its own, or none."""
        with self._world.lock:
            self._next += 1
            return self._next - 1

    def _wanted(self, kinds: set[str]) -> bool:
        if self._allowed:
            return bool(kinds & set(self._allowed)) or not kinds
        return not kinds or not kinds <= _NOT_BY_DEFAULT

    def allow(self, kinds: object) -> None:
        """What the bot wants from now on; not given means as before."""
        if isinstance(kinds, list):
            self._allowed = [str(kind) for kind in kinds]

    @property
    def allowed(self) -> list[str] | None:
        return self._allowed

    def confirm(self, offset: int) -> None:
        """Forget for good everything below the offset; a negative one keeps so many of the newest."""
        with self._world.lock:
            if offset < 0:
                self.pending = self.pending[offset:]
            else:
                self.pending = [(number, update) for number, update in self.pending if number >= offset]
            self._world.changed()

    def drop(self, number: int, update: Any) -> None:
        """Forget one that was delivered."""
        with self._world.lock:
            self.pending = [(n, u) for n, u in self.pending if n != number or u is not update]
            self._world.changed()

    def rouse(self) -> None:
        """Let whoever polls look again; only from the server's loop."""
        self._news.set()

    async def poll(self, params: Json) -> list[Any]:
        """What `getUpdates` answers.

        Raises:
            ApiError: 409, when a webhook is set, or as soon as somebody else polls.
        """
        limit = min(max(int(params.get("limit", 100)), 1), 100)
        deadline = time.monotonic() + min(max(int(params.get("timeout", 0)), 0), _LONGEST_HOLD)
        with self._world.lock:
            self._refuse_beside_webhook()
            self._poller += 1
            mine = self._poller
            self.allow(params.get("allowed_updates"))
            if "offset" in params:
                self.confirm(int(params["offset"]))
        # whoever polled before learns that it is one too many, then this one waits for its own news
        self._news.set()
        self._news = news = asyncio.Event()
        while True:
            news.clear()
            with self._world.lock:
                if mine != self._poller:
                    raise ApiError(409, _CONFLICT)
                self._refuse_beside_webhook()
                batch = [update for _, update in self.pending[:limit]]
            left = deadline - time.monotonic()
            if batch or left <= 0 or self.closing:
                return batch
            try:
                await asyncio.wait_for(news.wait(), left)
            except TimeoutError:
                continue

    def _refuse_beside_webhook(self) -> None:
        if self.webhook_url:
            raise ApiError(409, _WEBHOOK_ACTIVE)
