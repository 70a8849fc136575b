"""`run --webhook`: Telegram delivers updates to a small web application, which also answers `/healthz`.

A delivery is answered with 200 only when it lies in the inbox: whatever else it hears, Telegram delivers again.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import logging
import socket
from collections.abc import Awaitable, Callable, Iterator
from typing import Final

import uvicorn
from sqlalchemy.exc import DBAPIError
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from telegram.error import BadRequest, InvalidToken, TelegramError

from bot.settings import Settings, SettingsError
from bot.storage import Inbox
from bot.storage.inbox import open_envelope
from bot.telegram.connection import Connection
from bot.telegram.flood import backoff
from bot.telegram.intake import UPDATES

log = logging.getLogger(__name__)

MAX_BODY: Final = 1 << 20
"""Bytes of a delivery; real ones have some thousand."""
CONNECTIONS: Final = 40
"""So many deliveries at once; Telegram's own default."""
STOP_SECONDS: Final = 2
"""How long a stop waits for deliveries in hand; what is cut off Telegram delivers again."""
_SECRET_HEADER: Final = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105  a name


class Deliveries:
    """Stores updates, those that arrive together in one transaction."""

    def __init__(self, inbox: Inbox, arrived: Callable[[], None]) -> None:
        """`arrived` is called whenever something new lies in the inbox."""
        self._inbox = inbox
        self._arrived = arrived
        self._waiting: list[tuple[object, asyncio.Future[None]]] = []
        self._turn = asyncio.Lock()

    async def keep(self, update: object) -> None:
        """Return when the update is stored.

        Raises:
            DBAPIError: it is not.
        """
        stored = asyncio.get_running_loop().create_future()
        self._waiting.append((update, stored))
        async with self._turn:
            if not stored.done():
                await self._store_all()
        await stored

    async def _store_all(self) -> None:
        batch, self._waiting = self._waiting, []
        try:
            await self._inbox.store([update for update, _ in batch])
        except BaseException as error:
            failure = error if isinstance(error, DBAPIError) else DBAPIError(None, None, error)
            for _, stored in batch:
                stored.set_exception(failure)
                stored.exception()  # who was cut off does not ask
            if not isinstance(error, DBAPIError):
                raise
            return
        for _, stored in batch:
            stored.set_result(None)
        self._arrived()


def build_app(
    path: str, secret: str, keep: Callable[[object], Awaitable[None]], is_healthy: Callable[[], Awaitable[bool]]
) -> Starlette:
    """The application: deliveries at `path` if they tell the `secret`, and `/healthz`."""
    expected = secret.encode()

    async def deliver(request: Request) -> Response:
        given = request.headers.get(_SECRET_HEADER, "").encode("latin-1")
        if not hmac.compare_digest(given, expected):
            return _refusal(403)  # before the body is read
        try:
            body = await _read(request)
        except ClientDisconnect:
            return _refusal(400)
        if body is None:
            log.error("a delivery of more than %d bytes is refused", MAX_BODY)
            return _refusal(413)
        update = _parse(body)
        if open_envelope(update) is None:
            # Nothing that Telegram sends, and nothing to tell it from others by. Any refusal would only bring it back,
            # again and again, and hold up what waits behind it. One that has a number is kept, however odd.
            log.error("a delivery is no update (%d bytes) and is dropped", len(body))
            return Response()
        try:
            await keep(update)
        except DBAPIError as error:
            log.warning("a delivery cannot be stored (%s); Telegram delivers it again", type(error).__name__)
            return Response(status_code=503)
        return Response()

    async def healthz(_request: Request) -> Response:
        healthy = await is_healthy()
        return JSONResponse({"status": "ok" if healthy else "failing"}, 200 if healthy else 503)

    async def not_found(_request: Request, _error: Exception) -> Response:
        return Response(status_code=404)

    app = Starlette(
        routes=[Route(path, deliver, methods=["POST"]), Route("/healthz", healthz)],
        exception_handlers={404: not_found, 405: not_found},
    )
    app.router.redirect_slashes = False
    return app


def _refusal(status: int) -> Response:
    # the rest of the body is not wanted either
    return Response(status_code=status, headers={"Connection": "close"})


async def _read(request: Request) -> bytes | None:
    """The body, or None when it is too long, whether it says so or not."""
    length = request.headers.get("Content-Length", "0")
    if not length.isdecimal() or int(length[:20]) > MAX_BODY:
        return None
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            return None
    return bytes(body)


def _parse(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the service's."""
        yield


class Webhook:
    """The application, served, and made known to Telegram."""

    def __init__(
        self,
        settings: Settings,
        connection: Connection,
        inbox: Inbox,
        arrived: Callable[[], None],
        is_healthy: Callable[[], Awaitable[bool]],
    ) -> None:
        """`arrived` is called whenever something new lies in the inbox.

        Raises:
            SettingsError: there is no address or no secret.
        """
        if settings.webhook_url is None or settings.webhook_secret is None:
            raise SettingsError(["WEBHOOK_URL is not set: give the https address at which Telegram reaches the bot."])
        self._url, self._secret = settings.webhook_url, settings.webhook_secret.get_secret_value()
        self._listen = settings.listen
        self._connection = connection
        deliveries = Deliveries(inbox, arrived)
        app = build_app(settings.webhook_path, self._secret, deliveries.keep, is_healthy)
        self._server = _Server(
            uvicorn.Config(
                app,
                lifespan="off",
                ws="none",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=STOP_SECONDS,
            )
        )
        self.port = 0
        """On which it listens."""
        self.task: asyncio.Task[None] | None = None
        """Runs while the application is served."""

    def start(self) -> None:
        """Begin to listen.

        Raises:
            SettingsError: the address cannot be listened on.
        """
        host, port = self._listen
        try:
            listening = socket.create_server(
                (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=256
            )
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise SettingsError([f"WEBHOOK_LISTEN: give a host and a port that are free here ({reason})."]) from None
        self.port = listening.getsockname()[1]
        self.task = asyncio.create_task(self._server.serve([listening]), name="webhook")

    async def announce(self) -> None:
        """Tell Telegram where to deliver, again until it can be reached.

        Raises:
            InvalidToken: Telegram does not know the token.
            SettingsError: Telegram does not take the address.
        """
        tries = 0
        while True:
            try:
                # what waits at Telegram is never dropped
                await self._connection.set_webhook(
                    self._url, secret_token=self._secret, allowed_updates=UPDATES, max_connections=CONNECTIONS
                )
                return
            except InvalidToken:
                raise
            except BadRequest as error:
                raise SettingsError([f"WEBHOOK_URL: Telegram does not take this address ({error.message})."]) from None
            except TelegramError as error:
                tries += 1
                log.warning("the webhook cannot be set (%s); trying again", type(error).__name__)
                await asyncio.sleep(backoff(tries))

    async def stop(self) -> None:
        """Take no more deliveries, answer those in hand, and close."""
        self._server.should_exit = True
        if self.task is not None:
            await asyncio.gather(self.task, return_exceptions=True)
