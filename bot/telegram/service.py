"""The running bot: everything put together, started, watched, and stopped without losing anything."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Final, cast

from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError
from telegram.error import InvalidToken, TelegramError
from telegram.ext import Application, ContextTypes

from bot.assistant import Assistant
from bot.health import BEAT_SECONDS, Heartbeat
from bot.settings import Settings, SettingsError
from bot.storage import Database, Inbox, Memory
from bot.telegram.connection import Connection, connect
from bot.telegram.dispatch import Feeder, InOrder
from bot.telegram.flood import backoff
from bot.telegram.intake import Polling, poll_watched
from bot.telegram.menus import publish
from bot.telegram.patience import Patience
from bot.telegram.routes import add_routes
from bot.telegram.services import App, Services
from bot.telegram.webhook import Webhook

log = logging.getLogger(__name__)

PRUNE_SECONDS: Final = 6 * 3600.0
_LET_GO_SECONDS: Final = 1.0
"""For tasks to end once they are told to, before what they use is closed."""


class Service:
    """One bot over one database."""

    def __init__(self, settings: Settings, assistant: Assistant, *, transport: Any = None) -> None:
        """`transport` replaces the network in benchmarks."""
        self.settings = settings
        self.database = Database(settings.database_url)
        self.inbox = Inbox(self.database)
        self.memory = Memory(self.database)
        self.connection: Connection = connect(settings, transport=transport)
        self.feeder = Feeder(
            self.inbox, late_after=settings.backlog_minutes * 60, late_per_chat=settings.backlog_per_chat
        )
        self.processor = InOrder(self.inbox, self.feeder.wake)
        self.polling = Polling(self.connection, self.inbox, self.feeder.wake)
        services = Services(
            settings, assistant, self.memory, Patience(settings.questions_per_minute, settings.quiet_seconds)
        )
        built = (
            Application.builder()
            .bot(self.connection)
            .updater(None)
            .concurrent_updates(self.processor)
            .job_queue(None)
            # the library calls this once to make the handlers' common data; any callable will do
            .context_types(ContextTypes(bot_data=cast(type[Services], lambda: services)))
            .build()
        )
        self.app = cast(App, built)
        add_routes(self.app)
        self.stopping = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._heartbeat = Heartbeat(lambda: self.database.is_readable(BEAT_SECONDS))
        self.webhook: Webhook | None = None

    async def start(self, *, webhook: bool = False) -> None:
        """Open the database, take back what was in hand, greet Telegram and begin to handle what waits.

        With `webhook` deliveries are taken and `/healthz` is answered before Telegram is greeted: it may be out of
        reach.

        Raises:
            InvalidToken: Telegram does not know the token.
            SettingsError: the database cannot be opened, or the address not be listened on.
        """
        try:
            await self.database.start()
            recovered = await self.inbox.recover()
        except (DBAPIError, OSError, CommandError) as error:
            raise SettingsError([f"DATABASE_URL: {_why_not_opened(error)}"]) from None
        if recovered:
            log.info("%d updates were in hand when the program ended; they are handled now", recovered)
        self._spawn(self._heartbeat.beat(), "heartbeat")
        if webhook:
            self.webhook = Webhook(self.settings, self.connection, self.inbox, self.feeder.wake, self._is_healthy)
            self.webhook.start()
        await self._greet()
        if self.stopping.is_set():
            return
        await self.app.start()
        self._spawn(self.feeder.run(self.app, self.processor), "feeder")
        self._spawn(self._prune(), "pruning")
        self._spawn(publish(self.connection, self.app.bot_data), "menus")

    async def poll(self) -> None:
        """Begin to fetch updates from Telegram."""
        self.feeder.caught_up = lambda: self.polling.caught_up
        self._spawn(poll_watched(self.polling, self.settings.stalled_seconds), "polling")

    async def serve_webhook(self) -> None:
        """Ask Telegram to deliver updates; the bot must have been started with `webhook`.

        Raises:
            InvalidToken: Telegram does not know the token.
            SettingsError: Telegram does not take the address.
        """
        if self.webhook is None:
            raise RuntimeError("not started for a webhook")
        await self.webhook.announce()

    async def run(self) -> None:
        """Work until `stopping` is set.

        Raises:
            InvalidToken: Telegram stopped knowing the token.
        """
        stop = asyncio.create_task(self.stopping.wait(), name="stopping")
        while not stop.done():
            listening = self.webhook.task if self.webhook else None
            watched = {stop, *self._tasks, *([listening] if listening else [])}
            done, _pending = await asyncio.wait(watched, return_when=asyncio.FIRST_COMPLETED)
            for task in done - {stop}:
                task.result()
                raise RuntimeError(f"{task.get_name()} ended by itself")

    async def stop(self) -> None:
        """Take no more updates, finish those in hand or put them back, and close. Takes little over `stop_seconds`."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            # what is closed below, they may still be letting go of
            await asyncio.wait(self._tasks, timeout=_LET_GO_SECONDS)
        with suppress(TimeoutError):
            async with asyncio.timeout(self.settings.stop_seconds):
                await asyncio.gather(self.processor.idle(), *([self.webhook.stop()] if self.webhook else []))
        self.processor.drop()
        if self.app.running:
            await self.app.stop()
        with suppress(TelegramError):
            await self.app.shutdown()
        await self.connection.disconnect()
        await self.database.close()

    async def _greet(self) -> None:
        """Learn the bot's own name; Telegram may be out of reach for a while."""
        tries = 0
        while not self.stopping.is_set():
            try:
                await self._unless_stopping(self.app.initialize())
                return
            except InvalidToken:
                raise
            except TelegramError as error:
                tries += 1
                log.warning("Telegram cannot be reached (%s); trying again", type(error).__name__)
                with suppress(TimeoutError):
                    async with asyncio.timeout(backoff(tries)):
                        await self.stopping.wait()

    async def _unless_stopping(self, work: Coroutine[Any, Any, None]) -> None:
        """Do it, or give it up when the bot has to stop."""
        doing = asyncio.create_task(work)
        stopping = asyncio.create_task(self.stopping.wait())
        await asyncio.wait({doing, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if doing.done():
            doing.result()
        else:
            doing.cancel()

    async def _is_healthy(self) -> bool:
        return self._heartbeat.beating and await self.database.is_readable(2.0)

    async def _prune(self) -> None:
        while True:
            await asyncio.sleep(PRUNE_SECONDS)
            try:
                await self.inbox.prune()
                await self.memory.prune()
            except DBAPIError as error:
                log.warning("what is too old cannot be dropped now (%s)", type(error).__name__)

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        self._tasks.append(asyncio.create_task(work, name=name))


def _why_not_opened(error: Exception) -> str:
    if isinstance(error, CommandError):
        return "this database was made by a newer version of the bot; run that one, or give another database."
    reason = error.orig if isinstance(error, DBAPIError) else error.strerror if isinstance(error, OSError) else None
    return f"give a file that can be read and written here ({reason or type(error).__name__})."


def stop_on_signals(stopping: asyncio.Event) -> None:
    """Set the event on SIGTERM and SIGINT."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
