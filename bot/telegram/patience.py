"""How many messages of one person are answered: enough for anyone who reads the answers."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable
from enum import Enum, auto
from typing import Final

_PEOPLE: Final = 10_000
_MINUTE: Final = 60.0


class Mood(Enum):
    """What to do with one more message."""

    ANSWER = auto()
    ASK_TO_WAIT = auto()
    """Too many: say so, once."""
    SILENT = auto()
    """Was told, and goes on."""


class Patience:
    """Counts the messages of each person over the last minute. `clock` gives seconds on a steady scale."""

    def __init__(self, per_minute: int, quiet_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        """`per_minute` messages are answered; after one more it is quiet for `quiet_seconds`."""
        self._per_minute = per_minute
        self._quiet_seconds = quiet_seconds
        self._clock = clock
        self._recent: OrderedDict[int, deque[float]] = OrderedDict()
        self._quiet_until: dict[int, float] = {}

    def hear(self, user_id: int) -> Mood:
        """Count a message."""
        now = self._clock()
        if (until := self._quiet_until.get(user_id)) is not None:
            if now < until:
                return Mood.SILENT
            del self._quiet_until[user_id]
        times = self._recent.setdefault(user_id, deque())
        self._recent.move_to_end(user_id)
        while times and times[0] <= now - _MINUTE:
            times.popleft()
        if len(times) >= self._per_minute:
            times.clear()
            self._quiet_until[user_id] = now + self._quiet_seconds
            self._quiet_until = {u: t for u, t in self._quiet_until.items() if t > now}
            return Mood.ASK_TO_WAIT
        times.append(now)
        if len(self._recent) > _PEOPLE:
            self._recent.popitem(last=False)
        return Mood.ANSWER
