"""`--webhook`: deliveries over real HTTP, into the inbox before they are confirmed, and nothing for strangers."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.assistant import Assistant
from bot.settings import SettingsError
from bot.telegram.intake import UPDATES
from bot.telegram.service import Service
from bot.telegram.webhook import MAX_BODY
from tests.telegram.botapi import BotApi
from tests.telegram.conftest import StartsBots
from tests.telegram.harness import settings_for
from tests.telegram.people import User, private_chat
from tests.telegram.program import SECRET

ANNA = User(501, "Anna")
HEADER = "X-Telegram-Bot-Api-Secret-Token"


@asynccontextmanager
async def serving(
    api: BotApi, assistant: Assistant, folder: Path, *, announce: bool = True, **changes: object
) -> AsyncIterator[Service]:
    """A bot that takes deliveries from `api`, stopped in good order at the end."""
    given = {
        "webhook_url": "https://bot.example.org/telegram",
        "webhook_secret": SECRET,
        "webhook_listen": "127.0.0.1:0",
        **changes,
    }
    service = Service(settings_for(api.url, folder, **given), assistant)
    await service.start(webhook=True)
    try:
        assert service.webhook is not None
        api.webhook.route = address(service)
        if announce:
            await service.serve_webhook()
        work = asyncio.create_task(service.run())
        yield service
        service.stopping.set()
        await work
    finally:
        await service.stop()


def address(service: Service) -> str:
    assert service.webhook is not None
    return f"http://127.0.0.1:{service.webhook.port}"


def update(number: int, text: str = "who was Lenin") -> dict[str, Any]:
    chat = private_chat(ANNA).as_json()
    message = {"message_id": number, "date": 1_800_000_000, "chat": chat, "from": ANNA.as_json(), "text": text}
    return {"update_id": number, "message": message}


async def post(service: Service, body: Any, secret: str | None = SECRET, path: str = "/telegram") -> httpx.Response:
    content = body if isinstance(body, bytes) or hasattr(body, "__aiter__") else json.dumps(body).encode()
    headers = {HEADER: secret} if secret is not None else {}
    async with httpx.AsyncClient(trust_env=False) as client:
        return await client.post(f"{address(service)}{path}", content=content, headers=headers)


async def health(service: Service) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False) as client:
        return await client.get(f"{address(service)}/healthz")


async def is_healthy(service: Service) -> bool:
    return (await health(service)).status_code == 200


async def is_aside(service: Service) -> bool:
    return (await service.inbox.counts()).get("aside") == 1


async def is_done(service: Service) -> bool:
    return set(await service.inbox.counts()) == {"done"}


async def until(wanted: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(20):
        while not await wanted():  # noqa: ASYNC110
            await asyncio.sleep(0.01)  # the database tells nobody when it changes


async def test_a_delivered_question_is_answered(api: BotApi, assistant: Assistant, tmp_path: Path) -> None:
    async with serving(api, assistant, tmp_path):
        asked = api.say("who was Lenin", chat=private_chat(ANNA), user=ANNA)
        answer = await api.answer(to=asked)
    assert "Lenin" in answer.text
    assert api.webhook.deliveries[0][1] == 200


async def test_telegram_is_told_address_secret_and_kinds_and_keeps_what_waits(
    api: BotApi, assistant: Assistant, tmp_path: Path
) -> None:
    asked = api.say("who was Lenin", chat=private_chat(ANNA), user=ANNA)
    async with serving(api, assistant, tmp_path):
        await api.answer(to=asked)
    (request,) = api.calls("setWebhook")
    assert request.params["url"] == "https://bot.example.org/telegram"
    assert request.params["secret_token"] == SECRET
    assert request.params["allowed_updates"] == UPDATES
    assert request.params.get("drop_pending_updates") is not True


async def test_the_webhook_is_set_again_until_telegram_can_be_reached(
    api: BotApi, assistant: Assistant, tmp_path: Path
) -> None:
    api.fail("setWebhook", status=502, times=2)
    async with serving(api, assistant, tmp_path):
        assert api.updates.webhook_url


async def test_an_address_that_telegram_refuses_stops_the_start_with_a_sentence(
    api: BotApi, assistant: Assistant, tmp_path: Path
) -> None:
    api.fail("setWebhook", status=400, description="Bad Request: bad webhook: Failed to resolve host", times=None)
    with pytest.raises(SettingsError, match=r"WEBHOOK_URL: .*failed to resolve host"):
        async with serving(api, assistant, tmp_path):
            pass


async def test_an_address_that_is_taken_here_stops_the_start_with_a_sentence(
    api: BotApi, assistant: Assistant, tmp_path: Path
) -> None:
    async with serving(api, assistant, tmp_path) as first:
        taken = address(first).removeprefix("http://")
        second = Service(
            settings_for(
                api.url,
                tmp_path / "second",
                webhook_url="https://x.org/t",
                webhook_secret=SECRET,
                webhook_listen=taken,
            ),
            assistant,
        )
        with pytest.raises(SettingsError, match="WEBHOOK_LISTEN: give a host and a port that are free"):
            await second.start(webhook=True)
        await second.stop()


@pytest.mark.parametrize("secret", [None, "", "wrong", SECRET + "x", SECRET[:-1], "sécret"])
async def test_strangers_get_403_and_nothing_else(
    api: BotApi, assistant: Assistant, tmp_path: Path, secret: str | None
) -> None:
    async with serving(api, assistant, tmp_path) as service:
        headers = {} if secret is None else {HEADER.encode(): secret.encode()}
        async with httpx.AsyncClient(trust_env=False) as client:
            answer = await client.post(f"{address(service)}/telegram", json=update(1), headers=headers)
        assert (answer.status_code, answer.content) == (403, b"")
        assert await service.inbox.counts() == {}


async def test_a_stranger_is_refused_before_the_body_is_read(api: BotApi, assistant: Assistant, tmp_path: Path) -> None:
    async with serving(api, assistant, tmp_path) as service:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(address(service).rpartition(":")[2]))
        writer.write(b"POST /telegram HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n{")
        answer = await reader.read()  # the rest of the body never comes, and the connection is closed all the same
        writer.close()
        await writer.wait_closed()
    assert answer.startswith(b"HTTP/1.1 403")


async def test_a_body_that_is_too_long_gets_413(api: BotApi, assistant: Assistant, tmp_path: Path) -> None:
    async def in_chunks() -> AsyncIterator[bytes]:
        for _ in range(MAX_BODY // 65_536 + 1):
            yield b" " * 65_536

    async with serving(api, assistant, tmp_path) as service:
        told = await post(service, b" " * (MAX_BODY + 1))
        untold = await post(service, in_chunks())
        assert (told.status_code, untold.status_code) == (413, 413)
        assert (await post(service, update(1))).status_code == 200


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff\xfe", b"[]", b"null", b"{}", b'{"update_id": "1"}', b'{"update_id": true}', b"[" * 5000]
)
async def test_what_is_no_update_is_dropped_so_that_it_does_not_come_back(
    api: BotApi, assistant: Assistant, tmp_path: Path, body: bytes
) -> None:
    async with serving(api, assistant, tmp_path) as service:
        assert (await post(service, body)).status_code == 200
        assert await service.inbox.counts() == {}


async def test_an_update_that_cannot_be_read_is_kept_and_set_aside(
    api: BotApi, assistant: Assistant, tmp_path: Path
) -> None:
    api.check_requests = False
    async with serving(api, assistant, tmp_path) as service:
        assert (await post(service, {"update_id": 7, "message": {"chat": 5}})).status_code == 200

        await until(lambda: is_aside(service))
        asked = api.say("who was Lenin", chat=private_chat(ANNA), user=ANNA)
        await api.answer(to=asked)


async def test_a_repeated_update_is_answered_once(api: BotApi, assistant: Assistant, tmp_path: Path) -> None:
    async with serving(api, assistant, tmp_path) as service:
        await api.answer(to=api.say("hello", chat=private_chat(ANNA), user=ANNA))
        first = update(5)
        answers = await asyncio.gather(*(post(service, first) for _ in range(5)))
        assert {answer.status_code for answer in answers} == {200}
        await until(lambda: is_done(service))
        assert len([m for m in api.said(private_chat(ANNA)) if "Lenin" in m.text]) == 1


async def test_200_is_said_only_when_it_is_stored(
    api: BotApi, assistant: Assistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(api, assistant, tmp_path) as service:
        go = asyncio.Event()
        store = service.inbox.store

        async def slow_store(updates: Any) -> int:
            await go.wait()
            return await store(updates)

        monkeypatch.setattr(service.inbox, "store", slow_store)
        delivery = asyncio.create_task(post(service, update(5, text="hi")))
        assert (await health(service)).status_code == 200
        assert not delivery.done()
        go.set()
        assert (await delivery).status_code == 200
        assert sum((await service.inbox.counts()).values()) == 1


async def test_while_the_database_is_locked_telegram_keeps_the_update(
    api: BotApi, assistant: Assistant, tmp_path: Path
) -> None:
    api.webhook.retry_seconds = 0.05
    async with serving(api, assistant, tmp_path) as service:
        with closing(sqlite3.connect(tmp_path / "bot.db", isolation_level=None, check_same_thread=False)) as other:
            # the bot may be writing just now, and goes on only if it is not held up here
            await asyncio.to_thread(other.execute, "BEGIN IMMEDIATE")
            asked = api.say("who was Lenin", chat=private_chat(ANNA), user=ANNA)
            await api.wait_for(lambda: api.webhook.deliveries)
            assert {status for _, status in api.webhook.deliveries} == {503}
            assert (await health(service)).status_code == 200
            other.execute("ROLLBACK")
        await api.answer(to=asked)
    assert api.webhook.deliveries[-1][1] == 200


async def test_health_fails_when_the_database_cannot_be_read(
    api: BotApi, assistant: Assistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(api, assistant, tmp_path) as service, httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(f"{address(service)}/healthz")
        assert (answer.status_code, answer.json()["status"]) == (200, "ok")

        async def unreadable(within: float) -> bool:
            return False

        monkeypatch.setattr(service.database, "is_readable", unreadable)
        assert (await client.get(f"{address(service)}/healthz")).status_code == 503


async def test_health_is_answered_while_telegram_is_out_of_reach(
    api: BotApi, assistant: Assistant, tmp_path: Path
) -> None:
    api.fail(status=502, times=None)
    given = {"webhook_url": "https://x.org/t", "webhook_secret": SECRET, "webhook_listen": "127.0.0.1:0"}
    service = Service(settings_for(api.url, tmp_path, **given), assistant)
    starting = asyncio.create_task(service.start(webhook=True))
    await api.wait_for(lambda: service.webhook is not None and service.webhook.port)
    await until(lambda: is_healthy(service))
    # and what is delivered meanwhile is kept
    assert (await post(service, update(1), path="/t")).status_code == 200
    service.stopping.set()
    await starting
    await service.stop()


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/"), ("POST", "/telegram/"), ("GET", "/telegram"), ("GET", "/x")]
)
async def test_everything_else_is_not_found(
    api: BotApi, assistant: Assistant, tmp_path: Path, method: str, path: str
) -> None:
    async with serving(api, assistant, tmp_path) as service, httpx.AsyncClient(trust_env=False) as client:
        answer = await client.request(method, address(service) + path, headers={HEADER: SECRET})
    assert (answer.status_code, answer.content) == (404, b"")


async def test_the_program_serves_webhooks_and_goes_back_to_polling(api: BotApi, bot_process: StartsBots) -> None:
    bot = bot_process(api, webhook=True, LOG_LEVEL="DEBUG")
    bot.start()
    asked = api.say("who was Lenin", chat=private_chat(ANNA), user=ANNA)
    await api.answer(to=asked)
    assert bot.terminate().code == 0
    waiting = api.say("where is Smolny", chat=private_chat(ANNA), user=ANNA)
    bot.webhook = False
    bot.start()
    await api.answer(to=waiting)
    assert bot.terminate().code == 0
    for secret in (SECRET, api.token, "Smolny"):
        assert secret not in bot.output()


async def test_a_token_that_telegram_does_not_know_stops_the_program_and_shows_nowhere(
    api: BotApi, bot_process: StartsBots
) -> None:
    api.fail(status=401, times=None)
    bot = bot_process(api, webhook=True, LOG_LEVEL="DEBUG").start(ready=False)
    assert await asyncio.to_thread(bot.wait, 60) == 2
    assert "TELEGRAM_TOKEN: Telegram does not know this token" in bot.output()
    assert api.token not in bot.output()
    assert "Traceback" not in bot.output()


async def test_it_stops_at_once_while_telegram_is_out_of_reach(api: BotApi, bot_process: StartsBots) -> None:
    api.fail(status=502, times=None)
    bot = bot_process(api, webhook=True).start(ready=False)
    await api.wait_for(lambda: api.requests, timeout=60)
    stopped = await asyncio.to_thread(bot.terminate)
    assert stopped.code == 0, bot.output()
    assert "Traceback" not in bot.output()


async def test_a_database_that_cannot_be_opened_stops_the_program_with_a_sentence(
    api: BotApi, bot_process: StartsBots, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("not a database, but a text that is long enough to be taken for one " * 9)
    for wrong in (f"sqlite:///{tmp_path}", f"sqlite:///{tmp_path}/file", f"sqlite:///{tmp_path}/file/bot.db"):
        bot = bot_process(api, DATABASE_URL=wrong).start(ready=False)
        assert await asyncio.to_thread(bot.wait, 60) == 2
        assert bot.output().startswith("DATABASE_URL: give a file that can be read and written here (")
        assert len(bot.output().splitlines()) == 1
