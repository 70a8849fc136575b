"""Reads that many ask for at the same moment, done with one query."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Together(Generic[K, V]):
    """Gathers the keys that are asked for in one turn of the event loop and reads them all at once."""

    def __init__(self, read: Callable[[Collection[K]], Awaitable[Mapping[K, V]]]) -> None:
        """`read` gives what there is for some keys."""
        self._read = read
        self._waiting: dict[K, asyncio.Future[V | None]] = {}
        self._reading: set[asyncio.Task[None]] = set()

    async def get(self, key: K) -> V | None:
        """What there is for a key, or None. Raises what `read` raises."""
        if not self._waiting:
            task = asyncio.create_task(self._gather())
            self._reading.add(task)
            task.add_done_callback(self._reading.discard)
        future = self._waiting.get(key)
        if future is None:
            future = self._waiting[key] = asyncio.get_running_loop().create_future()
        return await asyncio.shield(future)

    async def _gather(self) -> None:
        wanted, self._waiting = self._waiting, {}
        try:
            found = await self._read(wanted.keys())
        except Exception as error:
            for future in wanted.values():
                future.set_exception(error)
                future.exception()  # seen, even if nobody waits any more
            return
        for key, future in wanted.items():
            future.set_result(found.get(key))
