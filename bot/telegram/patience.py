"""How much of one person is answered: enough for anyone who reads the answers."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable
from enum import Enum, auto
from typing import Final

_PEOPLE: Final = 10_000
_MINUTE: Final = 60.0
_LONG_AGO: Final = float("-inf")


class Mood(Enum):
    """What to do with one more message."""

    ANSWER = auto()
    ASK_TO_WAIT = auto()
    """Too many: say so, once."""
    SILENT = auto()
    """Was told, and goes on."""


class Patience:
    """Counts what each person asks for over the last minute. `clock` gives seconds on a steady scale.

    Each update is named by its number, and counts once: one that was let through is let through again when it has to
    be handled again, whatever came in between.
    """

    def __init__(self, per_minute: int, quiet_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        """`per_minute` messages are answered; after one more it is quiet for `quiet_seconds`."""
        self._per_minute = per_minute
        self._quiet_seconds = quiet_seconds
        self._clock = clock
        self._recent: OrderedDict[int, deque[tuple[float, int]]] = OrderedDict()
        self._quiet_until: dict[int, float] = {}

    def hear(self, user_id: int, update_id: int) -> Mood:
        """Count what will be answered, or told to wait."""
        if self._is_known(user_id, update_id):
            return Mood.ANSWER
        if self._is_quiet(user_id):
            return Mood.SILENT
        if self.allows(user_id, update_id):
            return Mood.ANSWER
        self._quiet_until = {u: t for u, t in self._quiet_until.items() if t > self._clock()}
        self._quiet_until[user_id] = self._clock() + self._quiet_seconds
        # afterwards it begins anew; the numbers stay, for what has yet to be handled again
        recent = self._recent[user_id]
        self._recent[user_id] = deque(((_LONG_AGO, number) for _, number in recent), recent.maxlen)
        return Mood.ASK_TO_WAIT

    def allows(self, user_id: int, update_id: int) -> bool:
        """Count what can be left undone without a word, as long as there is room for it."""
        if self._is_known(user_id, update_id):
            return True
        if self._is_quiet(user_id):
            return False
        now = self._clock()
        recent = self._recent.setdefault(user_id, deque(maxlen=self._per_minute))
        self._recent.move_to_end(user_id)
        if len(recent) == self._per_minute and recent[0][0] > now - _MINUTE:
            return False
        recent.append((now, update_id))
        if len(self._recent) > _PEOPLE:
            self._recent.popitem(last=False)
        return True

    def _is_known(self, user_id: int, update_id: int) -> bool:
        return any(number == update_id for _, number in self._recent.get(user_id, ()))

    def _is_quiet(self, user_id: int) -> bool:
        until = self._quiet_until.get(user_id)
        return until is not None and self._clock() < until
