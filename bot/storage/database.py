"""The connection to the database: migrations at start, reads at once, writes gathered into few transactions."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Executable, Row, event, make_url, select
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.storage.tables import people

log = logging.getLogger(__name__)

_BUSY_SECONDS: Final = 0.5  # a stop must not take long because another program holds the database
_LONGEST_PAUSE: Final = 5.0  # seconds between two attempts on a locked database

Values = Mapping[str, Any]
T = TypeVar("T")


class Database:
    """One database file, used by one process.

    Writes that nobody waits for are queued with `later` and committed together, in the order of each statement: under
    load a hundred answers cost one transaction. `now` commits the queue and waits. A locked or failing database keeps
    the queue; nothing is dropped.
    """

    def __init__(self, url: str) -> None:
        """`url`: an SQLAlchemy address with an async driver, such as `sqlite+aiosqlite:///bot.db`."""
        self.url = url
        # a statement's values are what people wrote: no error message may hold them
        self.engine: AsyncEngine = create_async_engine(url, pool_size=4, max_overflow=0, hide_parameters=True)
        self._writing = self.engine.execution_options(writing=True)
        self._queue: dict[Executable, list[Values]] = {}
        self._wake = asyncio.Event()
        self._turn = asyncio.Lock()  # before the commit, so that the last one need not wait for all others
        self._commit = asyncio.Lock()
        self._closing = False
        self._held: set[asyncio.Task[Any]] = set()
        self._writer: asyncio.Task[None] | None = None
        self._probe: asyncio.Task[bool] | None = None

        @event.listens_for(self.engine.sync_engine, "connect")
        def _prepare(connection: Any, _record: Any) -> None:
            # the driver would begin transactions by itself, but none around changes of tables
            connection.isolation_level = None
            cursor = connection.cursor()
            # readers do not wait for the writer, and what is committed survives a power cut
            for pragma in (
                f"busy_timeout={int(_BUSY_SECONDS * 1000)}",
                "journal_mode=WAL",
                "synchronous=FULL",
                "secure_delete=ON",
            ):
                cursor.execute(f"PRAGMA {pragma}")
            cursor.close()

        @event.listens_for(self.engine.sync_engine, "begin")
        def _begin(connection: Connection) -> None:
            # a single read needs no transaction; a writer takes its place at once, so that it can wait for others
            if connection.get_execution_options().get("writing"):
                connection.exec_driver_sql("BEGIN IMMEDIATE")

    async def start(self) -> None:
        """Bring the tables up to date and begin to write. Creates the file's folder where it is missing."""
        path = make_url(self.url).database
        if path and path != ":memory:":
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        async with self._begun() as connection:
            await connection.run_sync(_migrate)
        self._writer = asyncio.create_task(self._write(), name="database writer")

    async def close(self) -> None:
        """Commit what is queued, with one attempt, and close. What others wait for to be written is not any more."""
        self._closing = True
        if self._writer is not None:
            self._writer.cancel()
            await asyncio.gather(self._writer, return_exceptions=True)
        if self._probe is not None:
            await self._probe
        try:
            if self._queue or self._commit.locked():
                await self._transact(_nothing)
        except DBAPIError:
            log.exception("the last writes could not be stored")
        await self.engine.dispose()

    async def read(self, statement: Executable, values: Values | None = None) -> Sequence[Row[Any]]:
        """All rows of a query.

        Raises:
            DBAPIError: the database refuses.
        """
        try:
            async with self.engine.connect() as connection:
                return (await connection.execute(statement, values or {})).all()
        except PoolTimeout as error:
            raise _no_connection(error) from error

    async def is_readable(self, within: float) -> bool:
        """Whether a read comes back in so many seconds. One that hangs is left alone, and no second one started."""
        if self._probe is None or self._probe.done():
            self._probe = asyncio.create_task(self._try_to_read(), name="database probe")
        done, _pending = await asyncio.wait({self._probe}, timeout=within)
        return bool(done) and self._probe.result()

    def later(self, statement: Executable, values: Values) -> None:
        """Queue a write; it is committed within moments. Writes of one statement keep their order."""
        self._queue.setdefault(statement, []).append(values)
        self._wake.set()

    async def now(self, statement: Executable, values: Values | Sequence[Values]) -> int:
        """Commit the queue and this write; the number of rows it changed.

        Raises:
            DBAPIError: the database refuses; the queue is kept, this write is not.
        """

        async def write(connection: AsyncConnection) -> int:
            # no rows to write is no write; no values are what a statement without placeholders needs
            return (await connection.execute(statement, values)).rowcount if values != [] else 0

        return await self.transaction(write)

    async def transaction(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        """Commit the queue and then `work`, in one transaction.

        Raises:
            DBAPIError: the database refuses; nothing of it is stored, and the queue is kept.
        """
        # who is cancelled leaves none half done: the driver's thread would hold on to the file to the end
        writing = asyncio.create_task(self._in_turn(work))
        self._held.add(writing)  # the loop alone would not keep it
        writing.add_done_callback(self._held.discard)
        return await asyncio.shield(writing)

    async def _in_turn(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        async with self._turn:
            if self._closing:
                raise asyncio.CancelledError
            return await self._transact(work)

    async def _transact(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        async with self._commit:
            queued, self._queue = self._queue, {}
            try:
                async with self._begun() as connection:
                    for statement, values in queued.items():
                        await _write_all(connection, statement, values)
                    return await work(connection)
            except BaseException:
                for statement, values in self._queue.items():
                    queued.setdefault(statement, []).extend(values)
                self._queue = queued
                raise

    async def flush(self) -> None:
        """Commit the queue."""
        if self._queue or self._commit.locked():
            await self.transaction(_nothing)

    @asynccontextmanager
    async def _begun(self) -> AsyncIterator[AsyncConnection]:
        try:
            async with self._writing.begin() as connection:
                yield connection
        except PoolTimeout as error:
            raise _no_connection(error) from error

    async def _try_to_read(self) -> bool:
        try:
            await self.read(select(people.c.user_id).limit(1))
        except DBAPIError:
            return False
        return True

    async def _write(self) -> None:
        pause = 0.0
        while True:
            await self._wake.wait()
            self._wake.clear()
            await asyncio.sleep(pause)
            try:
                await self.flush()
                pause = 0.0
            except DBAPIError as error:
                pause = min(_LONGEST_PAUSE, (pause or 0.05) * 2) * random.uniform(0.5, 1.0)
                log.warning("the database is not writable (%s); trying again", type(error.orig).__name__)
                self._wake.set()


async def _write_all(connection: AsyncConnection, statement: Executable, values: list[Values]) -> None:
    """Execute a queued write; what the database can never take is left out, or it would hold up all others."""
    try:
        await connection.execute(statement, values)
        return
    except OperationalError:
        raise  # locked or out of room: it will pass
    except Exception:
        if len(values) == 1:
            log.exception("a write is impossible and left out")
            return
    for one in values:
        await _write_all(connection, statement, [one])


def _no_connection(error: PoolTimeout) -> OperationalError:
    """All connections are busy for long: the same to callers as a locked database."""
    return OperationalError(None, None, error)


async def _nothing(_connection: AsyncConnection) -> None:
    return None


def _migrate(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
