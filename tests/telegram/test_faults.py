"""What goes wrong between the bot and Telegram, or on the bot's own disk, while questions arrive: nothing is lost."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from telegram.error import InvalidToken

from bot.assistant import Assistant
from bot.storage import database
from bot.telegram import connection
from bot.telegram.service import Service
from tests.telegram.botapi import BotApi
from tests.telegram.faults import Fault
from tests.telegram.harness import running, settings_for
from tests.telegram.load import Load
from tests.telegram.settled import settled


async def struck(api: BotApi, fault: Fault, times: int = 1) -> None:
    """Wait until a fault has struck so often."""
    await api.wait_for(lambda: fault.hits >= times)


async def logged(api: BotApi, caplog: pytest.LogCaptureFixture, words: str, times: int = 1) -> None:
    """Wait until something stands in the log."""
    await api.wait_for(lambda: caplog.text.count(words) >= times)


# -- sending


async def test_a_chat_that_has_to_wait_holds_up_no_other(api: BotApi, assistant: Assistant, tmp_path: Path) -> None:
    load = Load(api, assistant, people=6)
    slow, _ = load.chats[0]
    refused = api.fail("sendMessage", retry_after=2, chat=slow)
    async with running(api.url, assistant, tmp_path):
        load.ask(30)
        await load.answered()
    assert refused.hits == 1
    first = next(r for r in api.calls("sendMessage", slow) if r.handled)
    others = [r for r in api.calls("sendMessage") if r.chat_id != slow.id]
    assert all(r.time < first.time for r in others)
    assert load.duplicates() == load.strays() == 0


@pytest.mark.parametrize("kind", [{"status": 502}, {"status": 500}, {"drop": "before"}])
async def test_what_does_not_reach_telegram_is_sent_again(
    api: BotApi, assistant: Assistant, tmp_path: Path, kind: dict[str, Any]
) -> None:
    load = Load(api, assistant, people=10)
    fault = api.fail("sendMessage", times=12, probability=0.3, seed=3, **kind)
    async with running(api.url, assistant, tmp_path):
        load.ask(40)
        await load.answered()
    assert fault.hits > 0
    assert load.duplicates() == load.strays() == 0


async def test_a_connection_that_breaks_afterwards_shows_an_answer_twice_at_worst(
    api: BotApi, assistant: Assistant, tmp_path: Path
) -> None:
    load = Load(api, assistant, people=10)
    fault = api.fail("sendMessage", times=4, drop="after")
    async with running(api.url, assistant, tmp_path) as service:
        load.ask(40)
        await load.answered()
        await settled(api, service)
    assert fault.hits == 4
    assert load.duplicates() <= 4
    assert load.strays() == 0


async def test_a_message_that_telegram_is_slow_to_confirm_is_not_sent_again(
    api: BotApi,
    assistant: Assistant,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    request = connection.Request
    monkeypatch.setattr(connection, "Request", lambda **options: request(**{**options, "read_timeout": 0.5}))
    load = Load(api, assistant, people=5)
    slow, _ = load.chats[0]
    api.fail("sendMessage", chat=slow, delay=2)
    async with running(api.url, assistant, tmp_path) as service:
        load.ask(10)
        await logged(api, caplog, "did not confirm a message in time")
        await load.answered()
        await settled(api, service)
        assert (await service.inbox.counts()) == {"done": 10}
    assert load.duplicates() == load.strays() == 0


async def test_who_blocked_the_bot_is_remembered_and_not_tried_again(
    api: BotApi, assistant: Assistant, tmp_path: Path
) -> None:
    load = Load(api, assistant, people=3)
    _, person = load.chats[0]
    api.fail("sendMessage", times=None, status=403, chat=load.chats[0][0])
    async with running(api.url, assistant, tmp_path) as service:
        load.ask(3)
        await api.wait_for(lambda: len(load.unanswered()) == 1)
        await settled(api, service)
        assert (await service.memory.person(person.id)).blocked
        assert (await service.inbox.counts()) == {"done": 3}
    assert len(api.calls("sendMessage", load.chats[0][0])) == 1


# -- storing


@asynccontextmanager
async def locked(path: Path) -> AsyncIterator[None]:
    """Another program holds the database."""
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=20)
    await asyncio.to_thread(other.execute, "BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


async def test_a_locked_database_delays_and_loses_nothing(
    api: BotApi,
    assistant: Assistant,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(database, "_BUSY_SECONDS", 0.2)
    load = Load(api, assistant, people=10)
    async with running(api.url, assistant, tmp_path) as service:
        load.ask(40)
        await api.wait_for(lambda: len(load.unanswered()) < 40)
        async with locked(tmp_path / "bot.db"):
            load.ask(40)
            await logged(api, caplog, "(OperationalError)", times=5)
        load.ask(20)
        await load.answered()
        await settled(api, service)
        assert (await service.inbox.counts()) == {"done": 100}
    assert load.duplicates() == load.strays() == 0


# -- polling


GARBAGE = [
    "",
    "<html>busy</html>",
    "[]",
    "null",
    '{"ok": true}',
    '{"ok": false}',
    '{"ok": true, "result": {}}',
    '{"ok": true, "result": "nothing"}',
]


@pytest.mark.parametrize(
    "kind",
    [{"status": 409}, {"status": 404}, {"status": 401}, {"status": 502}, {"status": 500}, {"drop": "after"}],
)
async def test_polling_goes_on_after_a_refusal(
    api: BotApi, assistant: Assistant, tmp_path: Path, kind: dict[str, Any]
) -> None:
    load = Load(api, assistant, people=5)
    fault = api.fail("getUpdates", times=2, **kind)
    async with running(api.url, assistant, tmp_path):
        load.ask(20)
        await struck(api, fault, 2)
        await load.answered()
    assert load.duplicates() == load.strays() == 0


async def test_polling_goes_on_after_garbage(api: BotApi, assistant: Assistant, tmp_path: Path) -> None:
    load = Load(api, assistant, people=5)
    load.ask(10)
    async with running(api.url, assistant, tmp_path):
        await load.answered()
        for body in GARBAGE:
            fault = api.fail("getUpdates", body=body)
            load.ask(1)
            await struck(api, fault)
            await load.answered()
    assert load.duplicates() == load.strays() == 0


@pytest.mark.parametrize("body", ["", '{"ok": true}', '{"ok": true, "result": {}}'])
async def test_garbage_without_end_does_not_make_it_spin(
    api: BotApi, assistant: Assistant, tmp_path: Path, body: str
) -> None:
    fault = api.fail("getUpdates", times=None, body=body)
    async with running(api.url, assistant, tmp_path):
        await struck(api, fault, 3)
    times = [r.time for r in api.calls("getUpdates")][:3]
    assert times[2] - times[0] > 0.5


async def test_updates_that_cannot_be_read_are_set_aside_and_do_not_make_it_spin(
    api: BotApi, assistant: Assistant, tmp_path: Path
) -> None:
    load = Load(api, assistant, people=5)
    broken: list[dict[str, Any]] = [
        {"message": {}},
        {"message": "text"},
        {"message": {"message_id": "x", "date": "yesterday", "chat": [], "text": {"a": 1}}},
        {"message": {"message_id": 1, "date": 1, "chat": {"id": 5}}},
        {"callback_query": {"id": 5}},
        {"inline_query": []},
        {"my_chat_member": {"chat": None}},
        {"something_new": {"a": {"b": []}}},
        {},
    ]
    async with running(api.url, assistant, tmp_path) as service:
        load.ask(5)
        for update in broken:
            api.post_update(update)
        api.post_update({"message": {"text": "no number"}}, numbered=False)
        load.ask(5)
        await load.answered()
        await settled(api, service)
        counts = await service.inbox.counts()
    assert set(counts) <= {"done", "aside"}
    assert counts["aside"] >= 5
    assert len(api.calls("getUpdates")) < 40
    assert load.strays() == 0


async def test_only_an_update_without_a_number_waits_and_does_not_make_it_spin(
    api: BotApi, assistant: Assistant, tmp_path: Path
) -> None:
    api.post_update({"message": {"text": "no number"}}, numbered=False)
    async with running(api.url, assistant, tmp_path):
        await api.wait_for(lambda: len(api.calls("getUpdates")) >= 2)
        load = Load(api, assistant, people=1)
        load.ask()
        await load.answered()
        await api.quiet()
    first, second = [r.time for r in api.calls("getUpdates")][:2]
    assert second - first > 0.5


async def test_an_update_that_comes_twice_is_answered_once(api: BotApi, assistant: Assistant, tmp_path: Path) -> None:
    load = Load(api, assistant, people=2)
    async with running(api.url, assistant, tmp_path) as service:
        load.ask(2)
        again = [update for update in api.pending() if isinstance(update, dict)]
        await load.answered()
        for update in again:
            api.updates.put_as_is(update["update_id"], update)
        await api.quiet()
        load.ask(2)
        await load.answered()
        await settled(api, service)
    assert again
    assert load.duplicates() == load.strays() == 0


async def test_a_stalled_poll_is_noticed(
    api: BotApi, assistant: Assistant, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = settings_for(api.url, tmp_path).model_copy(update={"stalled_seconds": 2})
    load = Load(api, assistant, people=1)
    load.ask()
    api.fail("getUpdates", delay=300)
    service = Service(settings, assistant)
    await service.start()
    await service.poll()
    work = asyncio.create_task(service.run())
    try:
        await load.answered()
        assert not work.done()
    finally:
        service.stopping.set()
        await asyncio.gather(work)
        await service.stop()
    assert "polling has stalled" in caplog.text


async def test_a_token_that_is_refused_for_long_ends_the_program(
    api: BotApi, assistant: Assistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.telegram.intake.REFUSED_SECONDS", 0)
    service = Service(settings_for(api.url, tmp_path), assistant)
    await service.start()
    await service.poll()
    api.fail("getUpdates", times=None, status=401)
    try:
        with pytest.raises(InvalidToken):
            await service.run()
    finally:
        await service.stop()
