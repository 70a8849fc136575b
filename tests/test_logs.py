"""Whatever is logged, and however: the token and the webhook's secret never show."""

from __future__ import annotations

import asyncio
import gc
import io
import logging
import sys
import threading
import traceback
import warnings
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from telegram import Bot
from telegram.error import InvalidToken, NetworkError

from bot.logs import MASK, RedactingFormatter, Redactor, configure_logging, log_lost_errors
from bot.settings import Settings
from bot.telegram.connection import connect

TOKEN = "123456789:AAsecret_SECRET-secretSECRETsecretSECRE"  # noqa: S105
HALF = TOKEN.partition(":")[2]
SECRET = "hook-SECRET_value"  # noqa: S105
OTHER = "987654321:BBother_OTHER-otherOTHERotherOTHERoth"
"""A token that nobody told the log about."""


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What the program writes to standard error, logging everything; all hooks are put back afterwards."""
    root, stderr = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers[:], root.level
    talkative = {n: logging.getLogger(n).level for n in ("httpx", "httpcore", "telegram", "asyncio", "uvicorn")}
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    monkeypatch.setattr(sys, "stderr", stderr)
    root.handlers = []
    with warnings.catch_warnings():
        configure_logging("DEBUG", (TOKEN, SECRET))
        yield stderr
    logging.captureWarnings(False)
    root.handlers, root.level = handlers, level
    for name, before in talkative.items():
        logging.getLogger(name).setLevel(before)


def assert_clean(text: str) -> None:
    for secret in (TOKEN, HALF, quote(TOKEN, safe=""), quote(TOKEN, safe="").lower(), SECRET, OTHER, quote(OTHER)):
        assert secret not in text
    assert MASK in text


def fail_deeply() -> None:
    """Raise with the token in the message, in its cause, in its context, in a note and in a group."""
    token = TOKEN  # a local, too
    try:
        try:
            raise NetworkError(f"https://api.telegram.org/bot{token}/getMe")
        except NetworkError:
            raise InvalidToken(f"The token `{token}` was rejected by the server.") from ValueError(SECRET)
    except InvalidToken as error:
        error.add_note(f"while asking with {quote(token, safe='')}")
        raise ExceptionGroup(f"several, with {OTHER}", [error, RuntimeError(HALF)]) from error


@pytest.mark.parametrize(
    "line",
    [
        TOKEN,
        HALF,
        SECRET,
        OTHER,
        f"POST https://api.telegram.org/bot{TOKEN}/sendMessage",
        f"POST https://api.telegram.org/bot{OTHER}/sendMessage",
        f"GET /file/bot{quote(TOKEN, safe='')}/x",
        f"GET /file/bot{quote(OTHER, safe='')}/x".replace("%3A", "%3a"),
        repr({"token": TOKEN, "secret_token": SECRET}),
    ],
)
@pytest.mark.parametrize("way", ["message", "argument", "mapping", "stack"])
def test_a_line_shows_no_secret(written: io.StringIO, line: str, way: str) -> None:
    log = logging.getLogger("somewhere")
    if way == "message":
        log.info(line)
    elif way == "argument":
        log.info("%s and %r", line, [line])
    elif way == "mapping":
        log.info("%(line)s", {"line": line})
    else:
        log.info("here: %s", line, stack_info=True)
    assert_clean(written.getvalue())


def test_what_is_no_secret_stays(written: io.StringIO) -> None:
    logging.getLogger("somewhere").info("12:30 chat 123456789: 5 updates, at 2026-11-22 10:00:00")
    assert written.getvalue().endswith("somewhere: 12:30 chat 123456789: 5 updates, at 2026-11-22 10:00:00\n")


def test_an_exception_with_its_whole_chain_shows_no_secret(written: io.StringIO) -> None:
    try:
        fail_deeply()
    except ExceptionGroup:
        logging.getLogger("somewhere").exception("failed")
    assert "rejected by the server" in written.getvalue()
    assert_clean(written.getvalue())


def test_a_traceback_with_locals_shows_no_secret(written: io.StringIO) -> None:
    try:
        fail_deeply()
    except ExceptionGroup as error:
        told = traceback.TracebackException.from_exception(error, capture_locals=True)
        logging.getLogger("somewhere").error("%s", "".join(told.format()))
    assert "token =" in written.getvalue()
    assert_clean(written.getvalue())


def test_a_line_that_cannot_be_formatted_shows_no_secret(written: io.StringIO) -> None:
    class Broken:
        def __str__(self) -> str:
            raise ValueError(TOKEN)

    ours = [h for h in logging.getLogger().handlers if isinstance(h.formatter, RedactingFormatter)]
    logging.getLogger().handlers = ours  # pytest's own would raise
    line = TOKEN + " %d"
    logging.getLogger("somewhere").info(line, "no number")
    logging.getLogger("somewhere").info("%s", Broken())
    assert written.getvalue().count("a line that cannot be written") == 2
    assert_clean(written.getvalue())


def test_the_library_for_requests_does_not_tell_addresses(written: io.StringIO) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"ok": True})

    with httpx.Client(transport=httpx.MockTransport(answer)) as client:
        client.post(f"https://api.telegram.org/bot{TOKEN}/getMe")
    assert written.getvalue() == ""  # not even masked: it would be a line for every request
    logging.getLogger("httpx").setLevel(logging.DEBUG)
    with httpx.Client(transport=httpx.MockTransport(answer)) as client:
        client.post(f"https://api.telegram.org/bot{TOKEN}/getMe")
    assert "api.telegram.org" in written.getvalue()
    assert_clean(written.getvalue())


async def test_a_bot_and_what_it_runs_into_show_no_secret(written: io.StringIO) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        return httpx.Response(401, json={"ok": False, "error_code": 401, "description": "Unauthorized"})

    logging.getLogger("telegram").setLevel(logging.DEBUG)
    logging.getLogger("httpx").setLevel(logging.DEBUG)
    log = logging.getLogger("somewhere")
    settings = Settings.model_validate({"telegram_token": TOKEN, "webhook_secret": SECRET})
    connection = connect(settings, transport=httpx.MockTransport(refuse))
    log.info("%r %s %r %r", connection, connection, Bot(TOKEN), settings)
    with pytest.raises(InvalidToken) as refused:
        await connection.initialize()
    log.error("refused", exc_info=refused.value)
    assert refused.value.__cause__ is refused.value.__context__ is None
    assert TOKEN not in str(refused.value)
    await connection.disconnect()
    assert TOKEN not in repr(connection)
    assert "refused" in written.getvalue()
    assert_clean(written.getvalue())


async def test_a_task_that_fails_unseen_shows_no_secret(written: io.StringIO) -> None:
    async def fail() -> None:
        fail_deeply()

    log_lost_errors(asyncio.get_running_loop())
    task: Any = asyncio.create_task(fail())
    await asyncio.sleep(0)
    del task
    gc.collect()
    assert "in the background" in written.getvalue()
    assert_clean(written.getvalue())


def caught() -> BaseException:
    try:
        fail_deeply()
    except ExceptionGroup as error:
        return error
    raise AssertionError


def test_an_error_that_ends_the_program_shows_no_secret(written: io.StringIO) -> None:
    error = caught()
    sys.excepthook(type(error), error, error.__traceback__)
    assert "stopped by an unexpected error" in written.getvalue()
    assert_clean(written.getvalue())


def test_an_interruption_shows_nothing_of_what_went_on(written: io.StringIO) -> None:
    try:
        raise KeyboardInterrupt from caught()
    except KeyboardInterrupt as error:
        sys.excepthook(KeyboardInterrupt, error, error.__traceback__)
    assert written.getvalue().endswith("interrupted\n")


def test_a_thread_that_fails_shows_no_secret(written: io.StringIO) -> None:
    thread = threading.Thread(target=fail_deeply)
    thread.start()
    thread.join()
    assert "a thread ended" in written.getvalue()
    assert_clean(written.getvalue())


def test_an_error_that_nobody_can_catch_shows_no_secret(written: io.StringIO) -> None:
    class Careless:
        def __repr__(self) -> str:
            return TOKEN

        def __del__(self) -> None:
            fail_deeply()

    Careless()
    gc.collect()
    assert "nobody could catch" in written.getvalue()
    assert_clean(written.getvalue())


def test_a_warning_shows_no_secret(written: io.StringIO) -> None:
    warnings.simplefilter("always")
    warnings.warn(f"odd: {TOKEN}", stacklevel=1)
    assert_clean(written.getvalue())


async def test_the_web_server_shows_no_secret(written: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("uvicorn.access", "uvicorn.error"):  # whatever servers before this one have made of them
        for attribute, value in {"level": logging.DEBUG, "propagate": True, "disabled": False, "_cache": {}}.items():
            monkeypatch.setattr(logging.getLogger(name), attribute, value)

    async def fail(_request: Request) -> Response:
        raise RuntimeError(f"{SECRET} {TOKEN}")

    config = uvicorn.Config(
        Starlette(routes=[Route("/{path:path}", fail)]), port=0, log_config=None, lifespan="off", ws="none"
    )
    logging.getLogger("uvicorn").setLevel(logging.DEBUG)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server._serve())
    while not server.started:  # noqa: ASYNC110  it tells nobody
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    async with httpx.AsyncClient(trust_env=False) as client:
        for path in (TOKEN, quote(TOKEN, safe=""), f"{OTHER}?secret={SECRET}"):
            await client.get(f"http://127.0.0.1:{port}/bot{path}")
    server.should_exit = True
    await serving
    assert "500" in written.getvalue()  # the access log, which the bot itself turns off
    assert "Exception in ASGI application" in written.getvalue()
    assert_clean(written.getvalue())


def test_a_short_secret_that_is_part_of_another_does_not_uncover_it() -> None:
    redact = Redactor(["abc", "xx-abc-yy", ""])
    assert redact("xx-abc-yy abc") == f"{MASK} {MASK}"


def test_other_handlers_do_not_undo_it(written: io.StringIO) -> None:
    """An error's text is kept in the record once it is formatted, by whoever comes first."""
    record = logging.LogRecord("x", logging.ERROR, __file__, 1, "failed", None, None)
    record.exc_info = (RuntimeError, RuntimeError(TOKEN), None)
    logging.Formatter().format(record)
    assert TOKEN not in RedactingFormatter(Redactor([TOKEN])).format(record)
