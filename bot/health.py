"""A heartbeat in a file: whether the running bot's event loop turns and reads its database, for `health` to see."""

from __future__ import annotations

import asyncio
import logging
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

log = logging.getLogger(__name__)

BEAT_SECONDS: Final = 5.0
ALIVE_SECONDS: Final = 30.0
"""Age from which the last beat no longer counts."""
CHECK_EVERY: Final = 3
"""Beats between two looks at the database."""
MAX_MISSED: Final = 4
"""So many looks in a row may fail, about a minute, before the heart stops; it beats again with the next good one."""


async def _always() -> bool:
    return True


class Heartbeat:
    """The file lies in the folder for temporary files, which every container has.

    What cannot be mended by a restart, such as Telegram being out of reach, does not stop it.
    """

    def __init__(
        self,
        readable: Callable[[], Awaitable[bool]] = _always,
        path: Path | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`readable` says whether the database answers; it has to return within a beat or so."""
        self.path = path or Path(tempfile.gettempdir()) / "revolution-bot.alive"
        self._readable = readable
        self._sleep = sleep
        self._last_beat = float("-inf")

    @property
    def beating(self) -> bool:
        """Whether this heart beats, as the program itself knows it."""
        return time.monotonic() - self._last_beat < ALIVE_SECONDS

    async def beat(self) -> None:
        """Touch the file until cancelled; then it is removed, since nobody is alive any more."""
        beats = missed = 0
        try:
            while True:
                if beats % CHECK_EVERY == 0:
                    missed = 0 if await self._readable() else missed + 1
                beats += 1
                if missed < MAX_MISSED:
                    self._last_beat = time.monotonic()
                    self._touch()
                await self._sleep(BEAT_SECONDS)
        finally:
            self.path.unlink(missing_ok=True)

    def is_alive(self) -> bool:
        """Whether the last beat of any program that uses this file is recent."""
        try:
            return abs(time.time() - self.path.stat().st_mtime) < ALIVE_SECONDS
        except OSError:
            return False

    def _touch(self) -> None:
        try:
            self.path.touch()
        except OSError as error:  # a full disk is no reason to stop answering
            log.warning("the heartbeat cannot be written: %s", error.strerror)
