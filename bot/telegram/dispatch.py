"""From the inbox to the handlers: in order within a chat, chats side by side, and each update until it is done."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy.exc import DBAPIError
from telegram import Update
from telegram.ext import Application, BaseUpdateProcessor

from bot.storage import Inbox, Leased
from bot.storage.inbox import MAX_ATTEMPTS
from bot.storage.ready import LONGEST_REST
from bot.telegram.attempts import Attempts, Later, attempts
from bot.telegram.backlog import worth
from bot.telegram.reading import Unreadable, read
from bot.telegram.speech import acknowledge

log = logging.getLogger(__name__)

IN_HAND: Final = 256
"""Updates handled at once at most; the others wait in the inbox, not in memory."""
PER_CHAT: Final = 4
"""Of them, of one chat: they are handled one after the other, so more would only wait."""
_RETRY_SECONDS: Final = (2, 20)
"""Before the second and the third attempt."""
_OUTAGE_SECONDS: Final = 10
"""Before another attempt when the network or the database failed, which counts as none; doubled each time that others
were answered in between."""
MAX_FAILURES: Final = 20
"""Of the network with one update while others were answered, some hours in all, after which it is set aside."""
_ALONE_SECONDS: Final = 10.0
"""So long others wait for an update that may have killed the program."""
_REMEMBERED: Final = 1_000
_IDLE_SECONDS: Final = 15.0


@dataclass
class Work:
    """What the handlers are told about the update in hand, and what they tell back."""

    leased: Leased
    failure: BaseException | None = None
    """Set by the error handler: the attempt failed."""
    transient: bool = False
    """Set by the error handler: the failure is the network's or the database's, not the update's."""
    since: float = field(default_factory=time.monotonic)

    @property
    def last(self) -> bool:
        """Whether this attempt is the last one, so that a failure has to be told to the person."""
        return self.leased.attempts + 1 >= MAX_ATTEMPTS


in_hand: ContextVar[Work | None] = ContextVar("in_hand", default=None)
"""The update that the current task handles."""


class InOrder(BaseUpdateProcessor):
    """Lets updates of one chat wait for each other and all others go ahead."""

    def __init__(self, inbox: Inbox, finished: Callable[[], None]) -> None:
        """`finished` is called after every update."""
        super().__init__(IN_HAND)
        self._inbox = inbox
        self._finished = finished
        self._locks: dict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._waiting: Counter[int] = Counter()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._done = asyncio.Event()
        self._resting: dict[int, tuple[float, int]] = {}
        self._attempts: OrderedDict[int, Attempts] = OrderedDict()
        self._answered = 0
        self.work: dict[int, Work] = {}
        """By the number of the update: everything in hand."""

    async def initialize(self) -> None:
        """Nothing to prepare."""

    async def shutdown(self) -> None:
        """Nothing to clear."""

    def chats(self) -> dict[int, int]:
        """How many updates of each chat are in hand."""
        return dict(Counter(work.leased.chat_id for work in self.work.values()))

    async def do_process_update(self, update: object, coroutine: Awaitable[Any]) -> None:
        """Handle one update when those of its chat before it are done, and settle it in the inbox."""
        work = self.work.get(update.update_id) if isinstance(update, Update) else None
        if work is None:
            await coroutine
            return
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  a coroutine runs in one
        self._tasks.add(task)
        chat = work.leased.chat_id
        self._waiting[chat] += 1
        try:
            async with self._locks[chat]:
                until = work.leased.behind or self._until(chat)
                if until is not None:
                    # one before it was postponed, and order is kept; whoever pressed a button is not kept waiting
                    if isinstance(update, Update) and update.callback_query is not None:
                        await acknowledge(update.callback_query)
                    _close(coroutine)
                    self._inbox.put_back(work.leased, until)
                else:
                    await self._handle(work, coroutine)
        except asyncio.CancelledError:
            _close(coroutine)
            self._inbox.release([work.leased])
            raise
        finally:
            self._tasks.discard(task)
            self.work.pop(work.leased.update_id, None)
            self._waiting[chat] -= 1
            if not self._waiting[chat]:
                del self._waiting[chat]
                self._locks.pop(chat, None)
            self._done.set()
            self._finished()

    async def _handle(self, work: Work, coroutine: Awaitable[Any]) -> None:
        number = work.leased.update_id
        tried = self._attempts.pop(number, None) or Attempts()
        tried.begin()
        in_hand.set(work)
        attempts.set(tried)
        try:
            await coroutine
        except Exception as error:
            work.failure = error
            log.exception("an update could not be handled")
        if self._settle(work, tried):
            self._answered += tried.said
        else:
            self._attempts[number] = tried
            if len(self._attempts) > _REMEMBERED:
                self._attempts.popitem(last=False)

    def _settle(self, work: Work, tried: Attempts) -> bool:
        """Tell the inbox how an attempt ended; whether it was the last."""
        if work.failure is None:
            self._inbox.finish(work.leased.update_id)
            return True
        reason = type(work.failure).__name__
        if isinstance(work.failure, Later):
            self._rest(work, work.failure.seconds)
            return False
        if work.transient:
            if not isinstance(work.failure, DBAPIError) and self._answered > tried.answered_before:
                tried.failures += 1  # it is not the network of all
            tried.answered_before = self._answered
            if tried.failures < MAX_FAILURES:
                self._rest(work, _OUTAGE_SECONDS * 2.0 ** max(0, tried.failures - 1))
                return False
        pause = _RETRY_SECONDS[min(work.leased.attempts, len(_RETRY_SECONDS) - 1)]
        if self._inbox.fail(work.leased, reason, pause=pause, fatal=work.transient):
            log.error("update set aside after %d attempts: %s", work.leased.attempts + 1, reason)
            return True
        return False

    def _rest(self, work: Work, seconds: float) -> None:
        """Nothing was wrong with the update: it comes again, and nothing of its chat before it."""
        now, rest = time.monotonic(), min(seconds, LONGEST_REST)
        self._resting = {chat: until for chat, until in self._resting.items() if until[0] > now}
        self._resting[work.leased.chat_id] = now + rest, self._inbox.postpone(work.leased, pause=rest)

    def _until(self, chat: int) -> int | None:
        """The time, in the inbox's terms, before which nothing of a chat is handled; None when anything may be."""
        ends, until = self._resting.get(chat, (0.0, 0))
        return until if ends > time.monotonic() else None

    async def idle(self) -> None:
        """Wait until nothing is in hand."""
        while self.work:
            self._done.clear()
            await self._done.wait()

    def drop(self) -> None:
        """Stop everything in hand; it goes back to the inbox."""
        for task in list(self._tasks):
            task.cancel()


def _close(coroutine: Awaitable[Any]) -> None:
    # one that was never awaited would warn when it is collected
    close = getattr(coroutine, "close", None)
    if close is not None:
        close()


class Feeder:
    """Takes waiting updates from the inbox and gives them to the application, as many as can be in hand."""

    def __init__(
        self,
        inbox: Inbox,
        *,
        late_after: float,
        late_per_chat: int,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`late_after`: seconds from which a message counts as left over; `late_per_chat`: so many are answered."""
        self._inbox = inbox
        self._late_after = late_after
        self._late_per_chat = late_per_chat
        self._clock = clock
        self._wake = asyncio.Event()
        self.caught_up: Callable[[], bool] = lambda: True
        """Whether Telegram has told everything that waited: left-over messages are not touched before."""
        self._skipped = False

    def wake(self) -> None:
        """Something arrived or was finished."""
        self._wake.set()

    async def run(self, application: Application[Any, Any, Any, Any, Any, Any], processor: InOrder) -> None:
        """Feed `application` until cancelled."""
        pause = 0.1
        while True:
            self._wake.clear()
            try:
                fed = await self._feed(application, processor)
                pause = 0.1
            except DBAPIError as error:
                log.warning("the inbox cannot be read (%s); trying again", type(error).__name__)
                await asyncio.sleep(pause)
                pause = min(5.0, pause * 2)
                continue
            if not fed:
                await self._rest()

    async def _feed(self, application: Application[Any, Any, Any, Any, Any, Any], processor: InOrder) -> int:
        room = IN_HAND - len(processor.work)
        recent = time.monotonic() - _ALONE_SECONDS
        if room <= 0 or any(work.leased.alone and work.since > recent for work in processor.work.values()):
            return 0
        late_before = self._clock() - self._late_after
        caught_up = self.caught_up()
        if caught_up and not self._skipped:
            skipped = await self._inbox.skip_backlog(
                late_before, self._late_per_chat, lambda payload: worth(payload, application.bot)
            )
            self._skipped = True
            if skipped:
                log.warning("after an outage %d old messages are left unanswered", skipped)
        leased = await self._inbox.lease(
            room, per_chat=PER_CHAT, in_hand=processor.chats(), late_before=late_before, take_late=caught_up
        )
        for one in leased:
            await self._give(application, processor, one)
        return len(leased)

    async def _give(
        self, application: Application[Any, Any, Any, Any, Any, Any], processor: InOrder, one: Leased
    ) -> None:
        try:
            update = read(one.payload, application.bot)
        except Unreadable as error:
            log.error("an update that cannot be read is set aside: %s", error)
            self._inbox.fail(one, f"unreadable: {error}", pause=0, fatal=True)
            return
        processor.work[one.update_id] = Work(one)
        await application.update_queue.put(update)

    async def _rest(self) -> None:
        due = await self._inbox.next_due()
        wait = _IDLE_SECONDS if due is None else min(_IDLE_SECONDS, max(0.2, due - self._clock()))
        try:
            async with asyncio.timeout(wait):
                await self._wake.wait()
        except TimeoutError:
            pass
