"""What an update costs from the poll to the answer, beside the library's own echo handler, and a burst of a thousand.

Both bots run on the same transport without a network: it hands out updates and takes what is sent.
"""

from __future__ import annotations

import asyncio
import re
import resource
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from telegram import Update
from telegram.ext import Application, CallbackContext, MessageHandler, filters
from telegram.request import HTTPXRequest

from bot.assistant import Assistant
from bot.settings import Settings
from bot.telegram.service import Service

BURST = 1000
"""Updates of one run."""
CHATS = 200
REPEATED = 100
"""Different questions where many people ask the same: a class, a quiz group."""
_TOKEN = "123456789:AAbenchBENCHbenchBENCHbenchBENCHbe"  # noqa: S105  no server knows it
_PROFILE = {
    "getMyCommands": [],
    "getMyName": {"name": ""},
    "getMyDescription": {"description": ""},
    "getMyShortDescription": {"short_description": ""},
}
_NUMBER = re.compile(rb'\b(offset|chat_id)(?:=|":\s*"?)(\d+)')


@dataclass
class NoNetwork(httpx.AsyncBaseTransport):
    """Answers like a Bot API server that has `texts` waiting, from `CHATS` private chats in turn."""

    texts: Sequence[str]
    sent: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    """Chat → what its answers reply to, in the order they were sent."""
    number: int = 0
    first: float = 0.0
    last: float = 0.0
    _all_answered: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        method = request.url.path.rsplit("/", 1)[-1]
        # hardly more than nothing is read, so that the bots are measured and not this
        found = _NUMBER.search(request.content)
        return httpx.Response(
            200, json={"ok": True, "result": await self._answer(method, int(found[2]) if found else 0)}
        )

    async def _answer(self, method: str, number: int) -> Any:
        if method == "getMe":
            return {"id": 123456789, "is_bot": True, "first_name": "Bench", "username": "bench_bot"}
        if method == "getUpdates":
            offset = max(1, number)
            if offset > len(self.texts):
                await asyncio.sleep(0.2)
                return []
            self.first = self.first or time.perf_counter()
            return [self._update(n) for n in range(offset, min(offset + 100, len(self.texts) + 1))]
        if method == "sendMessage":
            self.number += 1
            self.last = time.perf_counter()
            self.sent[number].append(self.number)
            if self.number == len(self.texts):
                self._all_answered.set()
            return {
                "message_id": self.number + 10_000,
                "date": int(time.time()),
                "chat": {"id": number, "type": "private", "first_name": "A"},
                "text": "…",
            }
        return _PROFILE.get(method, True)

    def _update(self, number: int) -> dict[str, Any]:
        person = 1000 + number % CHATS
        return {
            "update_id": number,
            "message": {
                "message_id": number,
                "date": int(time.time()),
                "chat": {"id": person, "type": "private", "first_name": "A"},
                "from": {"id": person, "is_bot": False, "first_name": "A", "language_code": "en"},
                "text": self.texts[number - 1],
            },
        }

    async def drained(self) -> float:
        """Wait until every text is answered; microseconds for one."""
        await self._all_answered.wait()
        return (self.last - self.first) / len(self.texts) * 1e6


async def echo(texts: Sequence[str]) -> float:
    """Microseconds an update with the library's own echo handler, as its examples have it."""
    network = NoNetwork(texts)

    async def answer(update: Update, _context: CallbackContext[Any, Any, Any, Any]) -> None:
        if update.message is not None and update.message.text is not None:
            await update.message.reply_text(update.message.text)

    requests = [HTTPXRequest(httpx_kwargs={"transport": network}) for _ in range(2)]
    app = Application.builder().token(_TOKEN).request(requests[0]).get_updates_request(requests[1]).build()
    app.add_handler(MessageHandler(filters.TEXT & ~filters.COMMAND, answer))
    async with app:
        await app.start()
        assert app.updater is not None
        await app.updater.start_polling()
        spent = await network.drained()
        await app.updater.stop()
        await app.stop()
    return spent


async def ours(assistant: Assistant, texts: Sequence[str]) -> tuple[float, NoNetwork]:
    """Microseconds an update with the whole bot: poll, inbox, match, render, send, done."""
    network = NoNetwork(texts)
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.model_validate(
            {
                "telegram_token": _TOKEN,
                "database_url": f"sqlite:///{Path(folder)}/bot.db",
                "messages_per_second": 1000,
                "private_messages_per_second": 1000,
                "questions_per_minute": 100_000,
            }
        )
        service = Service(settings, assistant, transport=network)
        await service.start()
        await service.poll()
        spent = await network.drained()
        await service.stop()
    return spent, network


def report(assistant: Assistant, questions: Sequence[str], rounds: int = 3) -> str:
    """What the bench prints: cost beside echo for new and for repeated questions, and a burst from many chats.

    `questions` are at least `BURST` different ones; of all languages, since they are taken at even distances.
    """
    different = list(dict.fromkeys(questions))
    new = different[:: len(different) // BURST][:BURST]
    repeated = [new[n % REPEATED] for n in range(BURST)]
    library, first, again = [], [], []
    for _ in range(rounds):
        library.append(asyncio.run(echo(new)))
        first.append(asyncio.run(ours(assistant, new))[0])
        again.append(asyncio.run(ours(assistant, repeated))[0])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    spent, network = asyncio.run(ours(assistant, new))
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    base = min(library)
    return (
        f"an update from poll to answer, beside the library's echo ({base:.0f} µs):"
        f" {BURST} different questions {min(first):.0f} µs each, {min(first) / base:.2f} times;"
        f" {REPEATED} questions asked by many {min(again):.0f} µs, {min(again) / base:.2f} times\n"
        f"{BURST} updates from {CHATS} chats at once: {network.number} answered in"
        f" {spent * BURST / 1e6:.2f} s, peak memory {grown:+.1f} MiB"
    )
