"""Attempts at one update: what the earlier ones said already is not said again, and none waits for long."""

from __future__ import annotations

from collections.abc import Hashable
from contextvars import ContextVar
from typing import Any

from telegram.error import TelegramError, TimedOut


class Later(TelegramError):
    """The chat may not be written to for a while; the update in hand is to be tried again then."""

    def __init__(self, seconds: float) -> None:
        """`seconds` from now on it may be."""
        super().__init__(type(self).__name__)
        self.seconds = seconds


class Unconfirmed(TimedOut):
    """Telegram did not say in time whether a new message arrived; sending it again might show it twice."""


class Attempts:
    """Of one update, as long as this program runs: what was sent for it, and how often its chat alone failed."""

    def __init__(self) -> None:
        self._sent: list[tuple[Hashable, Any]] = []
        self._again: list[tuple[Hashable, Any]] = []
        self.failures = 0
        """How often the network failed it while others were answered."""
        self.answered_before = 0
        """How many updates had been answered when the network failed it last."""

    @property
    def said(self) -> bool:
        """Whether anything was sent for it."""
        return bool(self._sent)

    def begin(self) -> None:
        """Another attempt begins."""
        self._again = list(self._sent)

    def keep(self, message: Hashable, result: Any) -> None:
        """A message was sent, with that result."""
        self._sent.append((message, result))

    def recall(self, message: Hashable) -> Any:
        """The result of the same message in an earlier attempt; None when it has to be sent."""
        for number, (known, result) in enumerate(self._again):
            if known == message:
                del self._again[number]
                return result
        return None


attempts: ContextVar[Attempts | None] = ContextVar("attempts", default=None)
"""Those of the update that the current task handles; None for work that may wait as long as it takes."""
