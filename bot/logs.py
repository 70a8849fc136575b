"""Logging without secrets: whatever is logged, a bot token or a webhook secret never shows."""

from __future__ import annotations

import asyncio
import logging
import re
import sys
import threading
from collections.abc import Iterable
from types import TracebackType
from typing import Any
from urllib.parse import quote

log = logging.getLogger(__name__)

MASK = "***"
_TOKENS = re.compile(r"(?<!\d)\d{3,20}(?::|%3A)[A-Z0-9_-]{20,}", re.IGNORECASE)


class Redactor:
    """Removes known secrets, and everything that looks like a bot token, from text."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = {s for s in secrets if s}
        known |= {quote(s, safe="") for s in known} | {quote(s, safe="").lower() for s in known}
        # the second half of a token is what is secret about it
        known |= {s.partition(":")[2] for s in known} - {""}
        # the longest first: one secret may be a part of another
        self._secrets = sorted(known, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        return _TOKENS.sub(MASK, text)


class RedactingFormatter(logging.Formatter):
    """Formats a record whole, traceback included, and redacts the result."""

    def __init__(self, redact: Redactor, format_: str = "%(asctime)s %(levelname)s %(name)s: %(message)s") -> None:
        super().__init__(format_)
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        try:
            text = super().format(record)
        except Exception as error:
            # logging itself would print message and values as they are
            text = f"{record.levelname} {record.name}: a line that cannot be written ({error!r}): {record.msg!r}"
        return self._redact(text)


def configure_logging(level: str, secrets: Iterable[str] = ()) -> None:
    """Log to stderr, redacted; warnings and uncaught exceptions, of threads and of destructors too, go the same way.

    httpx logs every address at INFO, and a Bot API address holds the token: it is heard from WARNING on.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(RedactingFormatter(Redactor(secrets)))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for talkative in ("httpx", "httpcore", "telegram", "aiosqlite", "sqlalchemy", "alembic", "asyncio", "uvicorn"):
        logging.getLogger(talkative).setLevel(max(logging.WARNING, logging.getLevelName(level)))
    logging.captureWarnings(True)
    sys.excepthook = _log_uncaught
    sys.unraisablehook = _log_unraisable
    threading.excepthook = _log_thread


def _log_uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        log.critical("interrupted")
        return
    log.critical("stopped by an unexpected error", exc_info=(kind, error, trace))


def _log_unraisable(what: sys.UnraisableHookArgs) -> None:
    # the object itself is not named: its repr may hold anything
    log.error("an error that nobody could catch", exc_info=what.exc_value)


def _log_thread(what: threading.ExceptHookArgs) -> None:
    if what.exc_type is not SystemExit:
        log.error("a thread ended with an error", exc_info=what.exc_value)


def log_lost_errors(loop: asyncio.AbstractEventLoop) -> None:
    """Send what asyncio would print (tasks that failed unseen) through the redacting log."""

    def handle(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        log.error("in the background: %s", context.get("message", ""), exc_info=context.get("exception"))

    loop.set_exception_handler(handle)
