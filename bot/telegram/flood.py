"""Telegram's limits on sending, kept: overall, per private chat, per group; and what to do when it says no.

A 429 pauses only the chat that it was for. What the network lost is sent again when that is safe. Nobody holds a place
among the updates in hand to wait for long: `Later` puts them back into the inbox.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final

import httpx
from telegram.error import BadRequest as Refused
from telegram.error import NetworkError, RetryAfter, TimedOut
from telegram.ext import BaseRateLimiter

from bot.telegram.attempts import Later, Unconfirmed, attempts

MAX_TRIES: Final = 8
"""Of one request that fails on the way or with a 5xx."""
TRIES_IN_HAND: Final = 4
"""Of one for an update in hand, which has more attempts in the inbox."""
LONGEST_WAIT: Final = 2.0
"""Seconds that an update in hand waits for its chat; it comes back later when there are more."""
LONGEST_PAUSE: Final = 30.0
"""Seconds between two tries at most."""
MARGIN: Final = 0.05
"""Seconds added to every window: what leaves here in time may arrive closer together."""
_QUIET: Final = ("get", "set", "delete", "answer")
"""How methods begin that put nothing into a chat and are not counted."""
_SENDS: Final = ("send", "copy", "forward")

Sleep = Callable[[float], Awaitable[None]]


class Window:
    """At most so many events in any stretch of time."""

    def __init__(self, events: int, seconds: float) -> None:
        self._seconds = seconds + MARGIN
        self._events: deque[float] = deque(maxlen=events)

    def opens(self) -> float:
        """The moment from which one more event is allowed."""
        full = len(self._events) == self._events.maxlen
        return self._events[0] + self._seconds if full else float("-inf")

    def count(self, now: float) -> None:
        """An event happens."""
        self._events.append(now)

    def idle(self, now: float) -> bool:
        """Whether nothing of the past matters any more."""
        return not self._events or self._events[-1] + self._seconds <= now


class _Line:
    """The requests that wait for one window: first come, first served."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.lock = asyncio.Lock()


class FloodControl(BaseRateLimiter[None]):
    """Lets every request of the library through when Telegram's limits allow it.

    `clock` gives seconds on a steady scale; `sleep` waits.
    """

    def __init__(
        self,
        *,
        overall: int,
        private: int,
        group: int,
        clock: Callable[[], float] = time.monotonic,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        """Messages a second to all chats and to one private chat; messages a minute to one group."""
        self._overall = _Line(Window(overall, 1.0))
        self._private, self._group = private, group
        self._chats: dict[str, _Line] = {}
        self._paused: dict[str, float] = {}
        self._clock, self._sleep = clock, sleep

    async def initialize(self) -> None:
        """Nothing to prepare."""

    async def shutdown(self) -> None:
        """Nothing to clear."""

    async def process_request(
        self,
        callback: Callable[..., Coroutine[Any, Any, Any]],
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: None,
    ) -> Any:
        """Send a request when it may be sent, and again when it has to be.

        Raises:
            Later: the chat may not be written to for a while, and an update in hand should not wait for it.
            Unconfirmed: a new message may have arrived, or not.
            TelegramError: what cannot be mended by sending again, or could not by `MAX_TRIES`.
        """
        chat = str(data["chat_id"]) if data.get("chat_id") is not None else None
        # what goes to no chat is held up by its own kind only
        pause = chat or endpoint
        tries = 0
        attempt = attempts.get()
        sends = endpoint.startswith(_SENDS)
        message = (endpoint, chat, hash(str(data.get("text"))))
        if attempt is not None and sends and (result := attempt.recall(message)) is not None:
            return result
        most = MAX_TRIES if attempt is None else TRIES_IN_HAND
        while True:
            await self._turn(endpoint, chat, pause)
            try:
                result = await callback(*args, **kwargs)
                if attempt is not None and sends:
                    attempt.keep(message, result)
                return result
            except RetryAfter as error:
                until = self._clock() + _seconds(error) + MARGIN
                self._paused[pause] = max(until, self._paused.get(pause, 0.0))
            except NetworkError as error:
                tries += 1
                if isinstance(error, TimedOut) and not is_safe_to_repeat(endpoint, error):
                    raise Unconfirmed from error
                if isinstance(error, Refused) or tries >= most:
                    raise
                await self._sleep(backoff(tries))

    async def _turn(self, endpoint: str, chat: str | None, pause: str) -> None:
        """Wait until this request may be sent, and count it."""
        if chat is None or endpoint.startswith(_QUIET):
            await self._until(self._resumes(pause))
            return
        own = self._line(chat)
        async with own.lock:
            while True:
                # a pause may begin while this one waits; then it waits anew
                await self._until(max(self._resumes(pause), own.window.opens()))
                if await self._passes(pause):
                    break
            own.window.count(self._clock())

    async def _passes(self, pause: str) -> bool:
        """Wait for the limit of all chats together; False when the chat was paused meanwhile."""
        async with self._overall.lock:
            await self._until(self._overall.window.opens())
            if self._resumes(pause) > self._clock():
                return False
            self._overall.window.count(self._clock())
            return True

    def _line(self, chat: str) -> _Line:
        now = self._clock()
        if len(self._chats) > 10_000:
            kept = {c: line for c, line in self._chats.items() if line.lock.locked() or not line.window.idle(now)}
            self._chats = kept
            self._paused = {c: until for c, until in self._paused.items() if until > now}
        line = self._chats.get(chat)
        if line is None:
            # private chats have positive numbers; groups and channels negative ones or names
            window = Window(self._private, 1.0) if chat.isdigit() else Window(self._group, 60.0)
            line = self._chats[chat] = _Line(window)
        return line

    def _resumes(self, pause: str) -> float:
        return self._paused.get(pause, float("-inf"))

    async def _until(self, moment: float) -> None:
        while (wait := moment - self._clock()) > 0:
            if wait > LONGEST_WAIT and attempts.get() is not None:
                raise Later(wait)
            await self._sleep(wait)


def backoff(tries: int) -> float:
    """Seconds before the next try: doubling, with jitter, so that not all come back at once."""
    return float(min(LONGEST_PAUSE, 0.25 * 2 ** min(tries, 10)) * random.uniform(0.5, 1.0))


def is_safe_to_repeat(endpoint: str, error: NetworkError) -> bool:
    """Whether sending again cannot show something twice — or losing it would be worse.

    Edits and queries may be repeated. A new message may not after a timeout of the response: Telegram may have sent it
    and be slow to say so. After a broken connection or a 5xx it usually has not.
    """
    if not endpoint.startswith(_SENDS) or not isinstance(error, TimedOut):
        return True
    return isinstance(error.__cause__, httpx.ConnectTimeout | httpx.PoolTimeout)


def _seconds(error: RetryAfter) -> float:
    value = error.retry_after
    return float(value) if isinstance(value, int | float) else value.total_seconds()
