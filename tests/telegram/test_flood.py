"""Telegram's limits on sending, with a clock that only moves when everybody waits."""

from __future__ import annotations

import asyncio
import heapq
from collections import Counter, defaultdict
from collections.abc import Awaitable
from typing import Any

import httpx
import pytest
from telegram.error import BadRequest, Forbidden, NetworkError, RetryAfter, TelegramError, TimedOut

from bot.telegram.flood import LONGEST_PAUSE, MAX_TRIES, FloodControl, backoff


class Time:
    """A clock and a sleep that belong together: time passes at once when nobody has anything else to do."""

    def __init__(self) -> None:
        self.now = 1000.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.now + seconds, len(self.slept), woken))
        await woken

    async def run(self, *work: Awaitable[Any]) -> list[Any]:
        """Do all of it side by side; exceptions are results."""
        doing = asyncio.gather(*work, return_exceptions=True)
        while not doing.done():
            for _ in range(20):
                await asyncio.sleep(0)
            if self._sleepers and not doing.done():
                moment, _, woken = heapq.heappop(self._sleepers)
                if not woken.done():
                    self.now = max(self.now, moment)
                    woken.set_result(None)
        return await doing


class Telegram:
    """Takes requests and notes when they came; refuses those that `faults` says, in turn."""

    def __init__(self, time: Time, **limits: int) -> None:
        self.time = time
        self.flood = FloodControl(
            **{"overall": 30, "private": 1, "group": 20, **limits}, clock=time.clock, sleep=time.sleep
        )
        self.came: dict[str, list[float]] = defaultdict(list)
        self.faults: dict[str, list[Exception]] = defaultdict(list)
        self.heard: list[str] = []

    def send(self, chat: int | None, text: str = "", endpoint: str = "sendMessage") -> Awaitable[Any]:
        key = str(chat) if chat is not None else endpoint

        async def request() -> str:
            self.came[key].append(self.time.now)
            if self.faults[key]:
                raise self.faults[key].pop(0)
            self.heard.append(text)
            return text

        data = {} if chat is None else {"chat_id": chat}
        return self.flood.process_request(request, (), {}, endpoint, data, None)

    @property
    def all(self) -> list[float]:
        return sorted(moment for moments in self.came.values() for moment in moments)


def most_within(moments: list[float], seconds: float) -> int:
    """The most events in any stretch of so many seconds."""
    return max(sum(first <= m < first + seconds for m in moments) for first in moments)


def caused(error: NetworkError, cause: Exception) -> NetworkError:
    error.__cause__ = cause
    return error


async def test_no_limit_is_ever_exceeded_and_nothing_is_lost() -> None:
    telegram = Telegram(Time())
    work = [telegram.send(chat, f"{chat}/{n}") for n in range(5) for chat in range(1, 61)]
    work += [telegram.send(-chat, f"{-chat}/{n}") for n in range(45) for chat in range(1, 3)]
    await telegram.time.run(*work)
    assert len(telegram.heard) == len(work)
    assert most_within(telegram.all, 1) <= 30
    for chat, moments in telegram.came.items():
        assert most_within(moments, 1 if int(chat) > 0 else 60) <= (1 if int(chat) > 0 else 20), chat


async def test_messages_of_one_chat_keep_their_order() -> None:
    telegram = Telegram(Time())
    await telegram.time.run(*(telegram.send(7, str(n)) for n in range(9)))
    assert telegram.heard == [str(n) for n in range(9)]


async def test_limits_are_as_wide_as_they_may_be() -> None:
    telegram = Telegram(Time())
    began = telegram.time.now
    await telegram.time.run(*(telegram.send(chat) for chat in range(1, 301)))
    assert telegram.time.now - began < 300 / 30 * 1.1


async def test_a_refusal_pauses_its_chat_only_and_keeps_the_message() -> None:
    telegram = Telegram(Time())
    telegram.faults["1"] = [RetryAfter(30)]
    began = telegram.time.now
    await telegram.time.run(*(telegram.send(1, f"one {n}") for n in range(3)), telegram.send(2, "two"))
    assert sorted(telegram.heard) == ["one 0", "one 1", "one 2", "two"]
    assert telegram.came["2"] == [began]
    first, *others = telegram.came["1"]
    assert first == began
    assert min(others) >= began + 30
    assert most_within(telegram.came["1"], 1) == 1


async def test_a_refusal_again_and_again_is_waited_out() -> None:
    telegram = Telegram(Time())
    telegram.faults["1"] = [RetryAfter(5) for _ in range(MAX_TRIES + 5)]
    assert await telegram.time.run(telegram.send(1, "kept")) == ["kept"]


async def test_a_refused_menu_does_not_hold_up_buttons() -> None:
    telegram = Telegram(Time())
    telegram.faults["setMyName"] = [RetryAfter(3600)]
    began = telegram.time.now
    await telegram.time.run(
        telegram.send(None, "name", "setMyName"), telegram.send(None, "pressed", "answerCallbackQuery")
    )
    assert telegram.came["answerCallbackQuery"] == [began]
    assert telegram.heard == ["pressed", "name"]


async def test_questions_about_a_chat_do_not_count_as_messages() -> None:
    telegram = Telegram(Time())
    began = telegram.time.now
    await telegram.time.run(*(telegram.send(-1, endpoint="getChatMember") for _ in range(50)))
    assert telegram.time.now == began


@pytest.mark.parametrize("error", [NetworkError("Bad Gateway"), caused(NetworkError("x"), httpx.ReadError("reset"))])
async def test_failures_on_the_way_are_tried_again_with_growing_pauses(error: NetworkError) -> None:
    telegram = Telegram(Time(), private=1000)
    telegram.faults["1"] = [error] * 4
    assert await telegram.time.run(telegram.send(1, "sent")) == ["sent"]
    pauses = telegram.time.slept
    assert len(pauses) == 4
    for tries, pause in enumerate(pauses, 1):
        assert 0.25 * 2**tries * 0.5 <= pause <= 0.25 * 2**tries


async def test_in_the_end_a_failure_is_told() -> None:
    telegram = Telegram(Time(), private=1000)
    telegram.faults["1"] = [NetworkError("Bad Gateway")] * 100
    (error,) = await telegram.time.run(telegram.send(1))
    assert isinstance(error, NetworkError)
    assert len(telegram.came["1"]) == MAX_TRIES


@pytest.mark.parametrize(
    ("endpoint", "error", "times"),
    [
        ("sendMessage", caused(TimedOut(), httpx.ReadTimeout("")), 1),
        ("sendMessage", caused(TimedOut(), httpx.WriteTimeout("")), 1),
        ("sendPoll", TimedOut(), 1),
        ("sendMessage", caused(TimedOut(), httpx.ConnectTimeout("")), 2),
        ("sendMessage", caused(TimedOut(), httpx.PoolTimeout("")), 2),
        ("editMessageText", caused(TimedOut(), httpx.ReadTimeout("")), 2),
        ("answerCallbackQuery", TimedOut(), 2),
        ("sendMessage", BadRequest("chat not found"), 1),
        ("sendMessage", Forbidden("bot was blocked by the user"), 1),
    ],
)
async def test_only_what_cannot_show_twice_is_sent_again(endpoint: str, error: TelegramError, times: int) -> None:
    telegram = Telegram(Time())
    telegram.faults["1"] = [error]
    await telegram.time.run(telegram.send(1, endpoint=endpoint))
    assert len(telegram.came["1"]) == times


async def test_a_cancelled_request_leaves_its_place_to_the_next() -> None:
    telegram = Telegram(Time())
    await telegram.time.run(telegram.send(1, "first"))
    waiting = asyncio.ensure_future(telegram.send(1, "given up"))
    for _ in range(5):
        await asyncio.sleep(0)
    waiting.cancel()
    began = telegram.time.now
    await telegram.time.run(waiting, telegram.send(1, "next"))
    assert telegram.heard == ["first", "next"]
    assert telegram.time.now - began <= 1.1


async def test_chats_that_are_quiet_take_no_memory() -> None:
    telegram = Telegram(Time(), overall=1_000_000)
    for chat in range(1, 10_102):
        await telegram.send(chat)
    telegram.time.now += 100
    await telegram.send(1)
    assert len(telegram.flood._chats) == 1


def test_pauses_grow_with_jitter_and_have_an_end() -> None:
    def found(tries: int) -> set[float]:
        return {backoff(tries) for _ in range(50)}

    assert len(found(3)) > 25
    for tries in (1, 8, 2000, 1_000_000):  # a night without a network, and it goes on
        assert all(0 < pause <= LONGEST_PAUSE for pause in found(tries))
    assert Counter(pause >= LONGEST_PAUSE / 2 for pause in found(2000)) == {True: 50}
