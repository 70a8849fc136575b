"""What leaves for Telegram, and what is read of its response; the network is made up."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest
from telegram import InlineKeyboardButton as Button
from telegram import InlineKeyboardMarkup as Keyboard
from telegram import ReplyParameters
from telegram.error import BadRequest, TelegramError

from bot.settings import Settings
from bot.telegram.connection import Connection, Sent, connect
from bot.telegram.speech import Saying
from tests.telegram.botapi import TOKEN

SERVER = "http://telegram.invalid"
SENT = {"message_id": 7, "date": 0, "chat": {"id": 5, "type": "private"}, "text": "x"}


def bot(network: Any = None) -> Connection:
    return connect(Settings.model_validate({"telegram_token": TOKEN, "telegram_base_url": SERVER}), transport=network)


class Network(httpx.MockTransport):
    """Answers every request with the same, and keeps it."""

    def __init__(self, result: object = SENT, **more: Any) -> None:
        self.requests: list[httpx.Request] = []

        def answer(request: httpx.Request) -> httpx.Response:
            self.requests.append(request)
            return httpx.Response(200, json={"ok": True, "result": result}, **more)

        super().__init__(answer)


async def test_parameters_are_sent_as_json() -> None:
    network = Network()
    text = "കെറൻസ്കി ആരായിരുന്നു"
    reply = ReplyParameters(3, allow_sending_without_reply=True)
    assert await bot(network).send(
        {"chat_id": 5, "text": text, "message_thread_id": None, "reply_parameters": reply}
    ) == Sent(5, 7)
    (request,) = network.requests
    assert (request.method, str(request.url)) == ("POST", f"{SERVER}/bot{TOKEN}/sendMessage")
    assert text.encode() in request.content
    sent = json.loads(request.content)
    assert json.loads(sent.pop("reply_parameters")) == {"message_id": 3, "allow_sending_without_reply": True}
    assert sent == {"chat_id": "5", "text": text}
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["Content-Length"] == str(len(request.content))
    assert request.headers["Host"] == "telegram.invalid"
    assert request.headers["User-Agent"].startswith("python-telegram-bot")
    assert "gzip" in request.headers["Accept-Encoding"]
    assert request.extensions["timeout"] == {"connect": 10, "read": 20, "write": 5, "pool": 30}


async def test_a_poll_waits_longer_than_telegram_does() -> None:
    network = Network([])
    assert await bot(network).fetch(1, ["message"], hold=30) == []
    assert network.requests[0].extensions["timeout"]["read"] == 40


async def test_each_request_has_its_own_text() -> None:
    network = Network()
    connection = bot(network)
    await asyncio.gather(*(connection.send({"chat_id": n, "text": "x" * n}) for n in range(1, 6)))
    assert [json.loads(r.content)["text"] for r in network.requests] == ["x" * n for n in range(1, 6)]
    assert [int(r.headers["Content-Length"]) for r in network.requests] == [len(r.content) for r in network.requests]


async def test_a_file_is_sent_as_a_form() -> None:
    network = Network()
    await bot(network).send_document(5, b"what it says", filename="a.txt")
    assert network.requests[0].headers["Content-Type"].startswith("multipart/form-data")
    assert b"what it says" in network.requests[0].content


async def test_no_cookie_comes_back() -> None:
    network = Network(headers={"Set-Cookie": "session=1"})
    connection = bot(network)
    for _ in range(2):
        await connection.send({"chat_id": 5, "text": "x"})
    assert "Cookie" not in network.requests[1].headers


@pytest.mark.parametrize("result", [True, {}, {"message_id": 7}, {"message_id": 7, "chat": 5}, ["x"], None])
async def test_a_response_without_a_message_is_an_error_that_shows_nothing_of_it(result: object) -> None:
    with pytest.raises(TelegramError, match="holds no message") as caught:
        await bot(Network(result)).send({"chat_id": 5, "text": "x"})
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("body", ["[" * 200_000, "{", "[]", ""])
async def test_a_response_that_cannot_be_read_is_an_error_like_any_other(body: str) -> None:
    network = httpx.MockTransport(lambda _request: httpx.Response(200, text=body))
    with pytest.raises(TelegramError):
        await bot(network).fetch(1, ["message"])


async def test_a_response_without_a_result_is_an_error_like_any_other() -> None:
    network = httpx.MockTransport(lambda _request: httpx.Response(200, json={"ok": True}))
    with pytest.raises(TelegramError, match="holds no message"):
        await bot(network).send({"chat_id": 5, "text": "x"})


async def test_what_telegram_refuses_is_an_error() -> None:
    refusal = {"ok": False, "error_code": 400, "description": "Bad Request: chat not found"}
    network = httpx.MockTransport(lambda _request: httpx.Response(400, json=refusal))
    with pytest.raises(BadRequest, match="Chat not found"):
        await bot(network).send({"chat_id": 5, "text": "x"})


async def test_a_proxy_from_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bytes] = []

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n"))
        body = json.dumps({"ok": True, "result": SENT}).encode()
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(proxy, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{port}")
        monkeypatch.delenv("NO_PROXY", raising=False)
        connection = bot()
        assert await connection.send({"chat_id": 5, "text": "x"}) == Sent(5, 7)
        await connection.disconnect()
    assert asked == [f"POST {SERVER}/bot{TOKEN}/sendMessage HTTP/1.1\r\n".encode()]


def test_a_keyboard_is_written_as_the_library_does() -> None:
    keyboard = Keyboard(
        [[Button("👍 1", callback_data="v"), Button("↗", url="https://t.me/x")], [Button("a", pay=True)]]
    )
    assert json.loads(Saying([], keyboard).markup["reply_markup"]) == keyboard.to_dict()
