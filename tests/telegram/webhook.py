"""Deliveries to a webhook: one connection per update, in order per chat, again and again until a 2xx."""

from __future__ import annotations

import asyncio
import json
import re
import time
from typing import Any
from urllib.parse import urlsplit

from tests.telegram.history import World
from tests.telegram.people import Json
from tests.telegram.updates import Updates
from tests.telegram.wire import bad_request

_PORTS = (80, 88, 443, 8443)
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
_LONGEST_WAIT = 60


class Webhook:
    """The webhook that the bot set, and the deliveries to it.

    Telegram accepts https addresses only, and a bot often stands behind a proxy that ends TLS. Nothing here leaves the
    machine: `route` is where the deliveries for any address really go, such as `http://127.0.0.1:8080`.
    """

    def __init__(self, world: World, updates: Updates) -> None:
        self._world = world
        self._updates = updates
        self._news = asyncio.Event()
        self._busy: set[object] = set()
        self._failures: dict[int, tuple[int, float]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.route: str | None = None
        self.retry_seconds = 0.2
        """Pause before the first repetition; each further one takes twice as long, up to 5 seconds."""
        self.secret = ""
        self.most = 40
        self.deliveries: list[tuple[int, int]] = []
        """Update number and HTTP status of each delivery; status 0: no answer."""
        self.last_error: Json = {}

    def set(self, params: Json) -> bool:
        """`setWebhook`."""
        url = str(params.get("url", ""))
        parts = urlsplit(url)
        if url and (parts.scheme != "https" or not parts.hostname):
            raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
        if url and (parts.port or 443) not in _PORTS:
            raise bad_request("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
        secret = str(params.get("secret_token", ""))
        if secret and not _SECRET.fullmatch(secret):
            raise bad_request("secret token contains unallowed characters")
        self._updates.webhook_url, self.secret = url, secret
        self.most = int(params.get("max_connections", 40))
        self._updates.allow(params.get("allowed_updates"))
        self._forget_pending(params)
        self._failures.clear()
        return True

    def delete(self, params: Json) -> bool:
        """`deleteWebhook`."""
        self._updates.webhook_url = self.secret = ""
        self._forget_pending(params)
        return True

    def info(self) -> Json:
        """`getWebhookInfo`."""
        info: Json = {
            "url": self._updates.webhook_url,
            "has_custom_certificate": False,
            "pending_update_count": len(self._updates.pending),
            "max_connections": self.most,
        }
        if self._updates.allowed:
            info["allowed_updates"] = self._updates.allowed
        return info | self.last_error

    def _forget_pending(self, params: Json) -> None:
        if params.get("drop_pending_updates") is True:
            self._updates.pending = []
        self._world.changed()
        self._updates.rouse()
        self.rouse()

    def rouse(self) -> None:
        """Look for something to deliver; only from the server's loop."""
        self._news.set()

    async def run(self) -> None:
        """Deliver for as long as the server runs."""
        try:
            while True:
                self._news.clear()
                soonest = self._start_deliveries()
                try:
                    await asyncio.wait_for(self._news.wait(), soonest)
                except TimeoutError:
                    continue
        finally:
            for task in self._tasks:
                task.cancel()

    def _start_deliveries(self) -> float | None:
        """Start what can start now; how long until something else may."""
        if not self._updates.webhook_url:
            return None
        soonest, now, seen = None, time.monotonic(), set(self._busy)
        with self._world.lock:
            waiting = list(self._updates.pending)
        for number, update in waiting:
            lane = _lane(number, update)
            if lane in seen:
                continue
            seen.add(lane)
            wait = self._failures.get(number, (0, now))[1] - now
            if wait > 0:
                soonest = wait if soonest is None else min(soonest, wait)
            elif len(self._busy) < self.most:
                self._busy.add(lane)
                task = asyncio.ensure_future(self._deliver(lane, number, update))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
        return soonest

    async def _deliver(self, lane: object, number: int, update: Any) -> None:
        status = 0
        try:
            async with asyncio.timeout(_LONGEST_WAIT):
                status = await self._post(update)
            fault = f"Wrong response from the webhook: {status}"
        except (OSError, ValueError, TimeoutError) as error:
            fault = str(error) or type(error).__name__
        self._busy.discard(lane)
        with self._world.lock:
            self.deliveries.append((number, status))
        if 200 <= status < 300:
            self._updates.drop(number, update)
        else:
            count = self._failures.get(number, (0, 0.0))[0] + 1
            pause = min(self.retry_seconds * 2 ** (count - 1), 5)
            self._failures[number] = (count, time.monotonic() + pause)
            self.last_error = {"last_error_date": int(time.time()), "last_error_message": fault}
        self.rouse()

    async def _post(self, update: Any) -> int:
        if self.route is None:
            raise OSError("Failed to resolve host: the test gave no route to the webhook")
        there, url = urlsplit(self.route), urlsplit(self._updates.webhook_url)
        body = json.dumps(update).encode()
        head = [f"POST {url.path or '/'}{'?' + url.query if url.query else ''} HTTP/1.1", f"Host: {url.netloc}"]
        head += ["Content-Type: application/json", f"Content-Length: {len(body)}", "Connection: close"]
        head += [f"X-Telegram-Bot-Api-Secret-Token: {self.secret}"] if self.secret else []
        reader, writer = await asyncio.open_connection(there.hostname, there.port)
        try:
            writer.write("\r\n".join([*head, "", ""]).encode() + body)
            await writer.drain()
            answer = (await reader.readline()).split()
            await reader.read()
            return int(answer[1]) if len(answer) > 1 else 0
        finally:
            writer.close()


def _lane(number: int, update: Any) -> object:
    """What Telegram keeps in order: the updates of one chat, or of one person where there is no chat."""
    if isinstance(update, dict):
        for event in update.values():
            if isinstance(event, dict):
                place = event.get("chat") or event.get("message", {}).get("chat") or event.get("from") or {}
                if "id" in place:
                    return place["id"]
    return ("alone", number)
