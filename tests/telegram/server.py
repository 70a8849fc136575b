"""The HTTP side: a real server on the loopback, in a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request as HttpRequest
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol

from tests.telegram.faults import GATEWAY_PAGE, Fault
from tests.telegram.history import World
from tests.telegram.updates import Updates
from tests.telegram.webhook import Webhook
from tests.telegram.wire import ApiError, Request, read_params

Handler = Callable[[dict[str, Any]], Any]


class _DroppableProtocol(H11Protocol):
    """Lets the application get at the connection, to cut it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


class Server:
    """Serves `/bot<token>/<method>`: records each request, lets faults strike, and has the handlers do the rest."""

    def __init__(self, token: str, world: World, handlers: dict[str, Handler]) -> None:
        self._token = token
        self._world = world
        self._handlers: dict[str, tuple[str, Handler | None]] = {}
        self.add_handlers(handlers)
        self.updates = Updates(world, self.wake)
        self.webhook = Webhook(world, self.updates)
        self.requests: list[Request] = []
        self.faults: list[Fault] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        # named as TCP, so that asyncio sends small answers at once instead of waiting for acknowledgements
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.bind(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        path = "/bot{token}/{method}"
        app = Starlette(routes=[Route(path, self._serve, methods=["GET", "POST"])])
        self._uvicorn = uvicorn.Server(
            uvicorn.Config(
                app,
                http=_DroppableProtocol,
                ws="none",
                lifespan="off",
                loop="asyncio",
                log_config=None,
                log_level="critical",
                access_log=False,
                timeout_keep_alive=75,
                timeout_graceful_shutdown=1,
            )
        )
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="Bot API stand-in", daemon=True)

    def add_handlers(self, handlers: dict[str, Handler]) -> None:
        """Serve further methods; their names are not case-sensitive, as Telegram's are not."""
        self._handlers |= {name.lower(): (name, handler) for name, handler in handlers.items()}

    def start(self) -> None:
        """Serve; returns when requests are taken."""
        self._thread.start()
        while not self._uvicorn.started:
            if not self._thread.is_alive():
                raise RuntimeError("the Bot API stand-in did not start")
            time.sleep(0.005)

    def stop(self) -> None:
        """End every poll and close every connection."""
        self.updates.closing = True
        self._uvicorn.should_exit = True
        self.wake()
        self._thread.join()

    def wake(self) -> None:
        """Have pollers and deliveries look again; any thread may call it."""
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has just closed
                self._loop.call_soon_threadsafe(self._rouse)

    def _rouse(self) -> None:
        self.updates.rouse()
        self.webhook.rouse()

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        deliveries = asyncio.create_task(self.webhook.run())
        try:
            await self._uvicorn.serve(sockets=[self._socket])
        finally:
            deliveries.cancel()
            await asyncio.gather(deliveries, return_exceptions=True)

    async def _serve(self, http: HttpRequest) -> Response:
        body = await http.body()
        if http.path_params["token"] != self._token:
            return _refusal(ApiError(401, "Unauthorized"))
        name, handler = self._handlers.get(http.path_params["method"].lower(), (http.path_params["method"], None))
        request = Request(name, {}, time.monotonic())
        fault = None
        try:
            with self._world.lock:
                self.requests.append(request)
                request.params = read_params(http.headers.get("content-type", ""), http.scope["query_string"], body)
                fault = next((rule for rule in self.faults if rule.strikes(request)), None)
                self._world.changed()
            if handler is None:
                raise ApiError(404, "Not Found")
            if fault is None or fault.has_effect:
                request.result = await self._handle(name, handler, request)
            response = await self._spoil(http, request, fault) if fault else None
            response = response or JSONResponse({"ok": True, "result": request.result})
        except ApiError as error:
            response = _refusal(error)
        if request.status is None:
            self._finish(request, response.status_code)
        return response

    def _finish(self, request: Request, status: int) -> None:
        with self._world.lock:
            request.status = status
            self._world.changed()

    async def _handle(self, name: str, handler: Handler, request: Request) -> Any:
        if name == "getUpdates":
            result = await self.updates.poll(request.params)
        else:
            with self._world.lock:
                result = handler(request.params)
        request.handled = True
        return result

    async def _spoil(self, http: HttpRequest, request: Request, fault: Fault) -> Response | None:
        if fault.delay:
            await asyncio.sleep(fault.delay)
        if fault.drop is not None:
            self._finish(request, 0)
            http.scope["state"]["transport"].abort()
            await asyncio.sleep(0.001)  # the server learns of it, and drops what is answered below
        elif fault.body is not None:
            return Response(fault.body, media_type="application/json")
        elif fault.status is not None and fault.status > 500:
            return HTMLResponse(GATEWAY_PAGE.format(status=fault.status), fault.status)
        elif fault.status is not None:
            raise fault.error()
        return None


def _refusal(error: ApiError) -> Response:
    return JSONResponse(error.as_json(), error.status)
