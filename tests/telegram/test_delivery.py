"""Each update until it is done: in order within a chat, whatever fails, and across outages, stops and restarts."""

from __future__ import annotations

import asyncio
import random
import re
import signal
import sqlite3
import time
from collections import Counter
from pathlib import Path

import pytest
from telegram import Message, Update

from bot.assistant import Assistant
from bot.telegram import dispatch, questions
from bot.telegram.blocks import Block
from bot.telegram.services import Context
from bot.telegram.speech import Saying, place_of, say
from tests.telegram.botapi import BotApi
from tests.telegram.conftest import StartsBots
from tests.telegram.harness import running
from tests.telegram.load import Load
from tests.telegram.people import private_chat
from tests.telegram.settled import settled
from tests.telegram.soak import PATIENT

_REFERENCE = re.compile(r"number ([0-9a-f]{8})")


async def test_order_is_kept_within_each_of_many_chats(
    api: BotApi, assistant: Assistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(5)

    async def echo(_update: Update, context: Context, message: Message, text: str) -> None:
        for _ in range(chance.randrange(20)):
            await asyncio.sleep(0)
        await say(context, place_of(message), Saying([Block(text)]))

    monkeypatch.setattr(questions, "respond", echo)
    people = [api.user(f"P{n}") for n in range(20)]
    wanted = [f"message {n}" for n in range(50)]
    for text in wanted[:25]:
        for person in people:
            api.say(text, user=person)
    async with running(api.url, assistant, tmp_path):
        for text in wanted[25:]:
            for person in people:
                api.say(text, user=person)
        chats = [private_chat(person) for person in people]
        await api.wait_for(lambda: all(len(api.said(chat)) >= 50 for chat in chats), timeout=40)
    for chat in chats:
        assert [message.text for message in api.said(chat)] == wanted


async def test_an_update_that_always_fails_is_tried_three_times_and_its_sender_told(
    api: BotApi,
    assistant: Assistant,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    tried: Counter[str] = Counter()
    respond = questions.respond

    async def fail(update: Update, context: Context, message: Message, text: str) -> None:
        tried[text] += 1
        if text == "poison":
            raise ZeroDivisionError("the handler is broken")
        await respond(update, context, message, text)

    monkeypatch.setattr(questions, "respond", fail)
    monkeypatch.setattr(dispatch, "_RETRY_SECONDS", (0, 0))
    load = Load(api, assistant, people=2)
    chat, person = load.chats[0]
    async with running(api.url, assistant, tmp_path) as service:
        load.ask(4)
        api.say("poison", user=person)
        load.ask(4)
        await load.answered()
        told = await api.wait_for(lambda: [m for m in api.said(chat) if _REFERENCE.search(m.text)])
        await settled(api, service)
        assert (await service.inbox.counts()) == {"done": 8, "aside": 1}
    assert tried["poison"] == 3
    assert len(told) == 1
    found = _REFERENCE.search(told[0].text)
    assert found is not None
    assert any(f"reference {found[1]}" in r.getMessage() and r.exc_info for r in caplog.records)
    assert load.duplicates() == 0
    assert load.strays() == 1  # the apology


async def test_an_update_that_fails_once_is_answered_at_the_next_attempt(
    api: BotApi, assistant: Assistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    respond, failures = questions.respond, iter([True])

    async def fail_once(update: Update, context: Context, message: Message, text: str) -> None:
        if next(failures, False):
            raise LookupError("once")
        await respond(update, context, message, text)

    monkeypatch.setattr(questions, "respond", fail_once)
    monkeypatch.setattr(dispatch, "_RETRY_SECONDS", (0, 0))
    load = Load(api, assistant, people=1)
    async with running(api.url, assistant, tmp_path) as service:
        load.ask()
        await load.answered()
        await settled(api, service)
    assert load.strays() == load.duplicates() == 0


async def test_after_an_outage_the_newest_of_each_chat_are_answered_with_one_apology(
    api: BotApi, assistant: Assistant, tmp_path: Path
) -> None:
    load = Load(api, assistant, people=3)
    long_ago = int(time.time()) - 5 * 3600
    old = load.ask(3 * 10, date=long_ago)
    new = load.ask(3)
    async with running(api.url, assistant, tmp_path, backlog_per_chat=4) as service:
        await api.wait_for(lambda: not any(one in load.unanswered() for one in new))
        await settled(api, service)
        later = load.ask(3)
        await api.wait_for(lambda: not any(one in load.unanswered() for one in later))
    for chat, _ in load.chats:
        here = [one for one in old if one.message.chat.id == chat.id]
        now = [one for one in [*new, *later] if one.message.chat.id == chat.id]
        said = api.said(chat)
        expected = [*reversed(here[-4:]), *now]
        assert [one.known.body in message.text for one, message in zip(expected, said, strict=True)] == [True] * 6
        assert ["Sorry for the late answer" in message.text for message in said] == [True] + [False] * 5


# -- the program itself


async def test_a_stop_under_load_is_quick_and_loses_nothing(
    api: BotApi, assistant: Assistant, bot_process: StartsBots
) -> None:
    bot = bot_process(api, **PATIENT)
    load = Load(api, assistant, people=40, groups=10)
    api.fail("sendMessage", times=None, delay=0.05)
    bot.start()
    load.ask(150)
    await api.wait_for(lambda: len(load.unanswered()) < 140)
    ended = await asyncio.to_thread(bot.terminate)
    assert ended.code == 0, bot.output()
    assert ended.seconds < 8
    load.ask(50)
    bot.start()
    await load.answered()
    assert (await asyncio.to_thread(bot.terminate)).code == 0
    assert load.strays() == 0
    assert load.duplicates() <= 10  # cut off while they were being confirmed


async def test_a_stop_is_quick_and_in_good_order_while_another_program_holds_the_database(
    api: BotApi, bot_process: StartsBots
) -> None:
    bot = bot_process(api).start()
    await api.answer(api.say("what is the Smolny?"))
    other = sqlite3.connect(bot.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    asked = api.say("who was Kishkin?")
    ended = await asyncio.to_thread(bot.terminate)
    other.execute("ROLLBACK")
    other.close()
    assert (ended.code, ended.seconds < 8) == (0, True)
    bot.start()
    await api.answer(asked)


async def test_a_stop_while_the_program_is_being_loaded_is_a_stop_too(api: BotApi, bot_process: StartsBots) -> None:
    bot = bot_process(api).start(ready=False)
    await api.wait_for(lambda: _catches(bot.pid, signal.SIGTERM))
    assert (await asyncio.to_thread(bot.terminate)).code == 0
    assert not api.calls("getUpdates")


def _catches(pid: int, number: signal.Signals) -> bool:
    """Whether a program has a handler for a signal."""
    caught = re.search(r"SigCgt:\s*(\w+)", Path(f"/proc/{pid}/status").read_text())
    return caught is not None and bool(int(caught[1], 16) >> (number - 1) & 1)


async def test_a_bot_waits_for_telegram_to_come_within_reach(
    api: BotApi, assistant: Assistant, bot_process: StartsBots
) -> None:
    bot = bot_process(api)
    away = api.fail("*", times=None, drop="before")
    load = Load(api, assistant, people=2)
    load.ask(2)
    bot.start(ready=False)
    await api.wait_for(lambda: away.hits >= 2, timeout=40)
    stopped = await asyncio.to_thread(bot.terminate)
    assert (stopped.code, stopped.seconds < 8) == (0, True)
    seen = away.hits
    bot.start(ready=False)
    await api.wait_for(lambda: away.hits >= seen + 2, timeout=40)
    assert bot.running
    away.stop()
    await load.answered()
    assert load.duplicates() == load.strays() == 0
