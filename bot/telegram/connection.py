"""The bot's connection to the Bot API: nothing secret in a repr, nothing private in a log, updates as they came."""

from __future__ import annotations

import json
import logging
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import httpx
from telegram.error import InvalidToken, TelegramError
from telegram.ext import ExtBot
from telegram.request import HTTPXRequest

from bot.settings import Settings
from bot.telegram.flood import FloodControl

log = logging.getLogger(__name__)

POLL_SECONDS = 30
"""How long Telegram holds a poll open when there is nothing to tell."""
BATCH = 100
"""Updates of one poll; the most that Telegram gives."""
_as_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@lru_cache(maxsize=64)  # more than there are methods that the bot calls
def _parsed(url: str) -> httpx.URL:
    return httpx.URL(url)


class _NoCookies(httpx.Cookies):
    """The Bot API knows no sessions, and to look for cookies in a response takes longer than to parse it."""

    def extract_cookies(self, response: httpx.Response) -> None:
        pass


class _JsonClient(httpx.AsyncClient):
    """Sends parameters as JSON, which Telegram reads as well as a form.

    In a form every byte of a Devanagari or Malayalam letter becomes three, one by one; that takes twenty times longer.
    """

    cookies: Any = _NoCookies()

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._json_headers = httpx.Headers({**self.headers, "Content-Type": "application/json"})

    async def request(self, method: str, url: httpx.URL | str, **kwargs: Any) -> httpx.Response:
        data = kwargs.get("data")
        if data is None or kwargs.get("files"):
            return await super().request(method, url, **kwargs)
        # what is the same every time, the library's header too, is not parsed and merged anew for each request
        request = httpx.Request(
            method,
            _parsed(str(url)),
            headers=self._json_headers,
            content=_as_json(data).encode(errors="replace"),
            extensions={"timeout": kwargs["timeout"].as_dict()},
        )
        return await self.send(request)


class Request(HTTPXRequest):
    """As the library's, but a broken response is not copied into the log: it may hold what people wrote."""

    def _build_client(self) -> httpx.AsyncClient:
        return _JsonClient(**self._client_kwargs, headers={"User-Agent": self.USER_AGENT})

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        try:
            parsed = json.loads(payload.decode("utf-8", "replace"))
        except (ValueError, RecursionError):
            parsed = None
        if not isinstance(parsed, dict):
            raise TelegramError(f"the response is no JSON object ({len(payload)} bytes)")
        return parsed


@dataclass(frozen=True)
class Sent:
    """A message of ours that Telegram has taken."""

    chat_id: int
    message_id: int


class Connection(ExtBot[None]):
    """The bot as Telegram's servers know it."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}[{self.base_url_without_token}]"

    @property
    def base_url_without_token(self) -> str:
        """The server's address, for people to read."""
        return self.base_url.removesuffix(f"/bot{self.token}")

    async def initialize(self) -> None:
        """Learn the bot's own name.

        Raises:
            InvalidToken: Telegram does not know the token, which the library's own error would show.
        """
        with suppress(InvalidToken):
            await super().initialize()
            return
        raise InvalidToken("Telegram does not know the token")

    async def fetch(self, offset: int, allowed: list[str], *, hold: int = POLL_SECONDS) -> list[object]:
        """The updates from number `offset` on, as Telegram sent them; the earlier ones are confirmed.

        Telegram holds the request for up to `hold` seconds while there is nothing to tell. Unlike `get_updates` it
        parses nothing, so that one odd update cannot keep all others from arriving.

        Raises:
            TelegramError: as the library's requests do.
        """
        wanted = {"offset": offset, "limit": BATCH, "timeout": hold, "allowed_updates": allowed}
        try:
            result: Any = await self._post("getUpdates", wanted, read_timeout=hold + 10)
        except KeyError:  # the library takes it for granted that there is one
            result = None
        if not isinstance(result, list):
            raise TelegramError("the response to a poll holds no updates")
        return result

    async def send(self, parameters: dict[str, Any]) -> Sent:
        """Send a text message; `parameters` are those of Telegram's `sendMessage`.

        Unlike `send_message` it reads of Telegram's response only which message it was, and not its hundred fields.

        Raises:
            TelegramError: as the library's requests do.
        """
        try:
            result: Any = await self._post("sendMessage", parameters)
            return Sent(result["chat"]["id"], result["message_id"])
        except (KeyError, TypeError):
            raise TelegramError("the response to a message holds no message") from None

    async def disconnect(self) -> None:
        """Close all connections, also those of a start that was given up."""
        for request in self._request:
            await request.shutdown()


def connect(settings: Settings, *, transport: Any = None) -> Connection:
    """A connection with the settings' token, server and limits. `transport` replaces the network (an httpx one)."""
    kwargs: dict[str, Any] = {"transport": transport} if transport is not None else {}
    flood = FloodControl(
        overall=settings.messages_per_second,
        private=settings.private_messages_per_second,
        group=settings.group_messages_per_minute,
    )
    return Connection(
        token=settings.token,
        base_url=f"{settings.telegram_base_url}/bot",
        base_file_url=f"{settings.telegram_base_url}/file/bot",
        request=Request(
            connection_pool_size=64, pool_timeout=30, connect_timeout=10, read_timeout=20, httpx_kwargs=kwargs
        ),
        get_updates_request=Request(connection_pool_size=2, connect_timeout=10, httpx_kwargs=kwargs),
        rate_limiter=flood,
    )
