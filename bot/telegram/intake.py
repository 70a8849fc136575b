"""Taking updates from Telegram: long polling into the inbox, confirmed only when they are stored."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Final

from sqlalchemy.exc import DBAPIError
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from bot.storage import Inbox
from bot.telegram.connection import BATCH, Connection
from bot.telegram.flood import backoff

log = logging.getLogger(__name__)

UPDATES: Final = [
    "message",
    "edited_message",
    "channel_post",
    "callback_query",
    "inline_query",
    "my_chat_member",
]
"""The kinds of update that the bot asks for."""
REFUSED_SECONDS: Final = 300.0
"""So long a token that was good must be refused before it counts as bad: a server that restarts says the same."""


class Polling:
    """Fetches updates for as long as it runs. One bot can have one poller only: Telegram tells the second one so."""

    def __init__(self, connection: Connection, inbox: Inbox, arrived: Callable[[], None]) -> None:
        """`arrived` is called whenever something new lies in the inbox."""
        self._connection = connection
        self._inbox = inbox
        self._arrived = arrived
        self._offset = 0
        self._webhook_deleted = False
        self.last_return = time.monotonic()
        """When a poll last came back, with updates or an error, on the steady clock."""
        self.caught_up = False
        """Whether everything that waited at Telegram has been fetched at least once."""

    async def run(self) -> None:
        """Poll until cancelled.

        Raises:
            InvalidToken: Telegram does not know the token any more, and has said so for a while.
        """
        failures = 0
        refused_since: float | None = None
        while True:
            self.last_return = time.monotonic()
            try:
                await self._poll()
                failures, refused_since = 0, None
            except RetryAfter as error:
                after = error.retry_after
                await self._rest(after if isinstance(after, int | float) else after.total_seconds())
            except (TelegramError, DBAPIError) as error:
                failures += 1
                if isinstance(error, InvalidToken):
                    refused_since = time.monotonic() if refused_since is None else refused_since
                    if time.monotonic() - refused_since > REFUSED_SECONDS:
                        raise
                else:
                    refused_since = None
                if isinstance(error, Conflict):
                    log.warning("another program polls with the same token, or a webhook is set; stop the other one")
                else:
                    log.warning("polling failed (%s), trying again", type(error).__name__)
                await self._rest(backoff(failures))

    async def _rest(self, seconds: float) -> None:
        self.last_return = time.monotonic() + seconds  # a rest is no stall
        await asyncio.sleep(seconds)

    async def _poll(self) -> None:
        if not self._webhook_deleted:
            # Telegram refuses polls while one is set; what waits for delivery stays
            await self._connection.delete_webhook(drop_pending_updates=False)
            self._webhook_deleted = True
        updates = await self._connection.fetch(self._offset, UPDATES)
        if updates:
            # stored first: the next poll, with a higher offset, is what tells Telegram that they arrived
            await self._inbox.store(updates)
            numbers = [n for u in updates if isinstance(u, dict) and isinstance(n := u.get("update_id"), int)]
            # something without a number cannot be confirmed on its own; it goes with the next that has one
            self._offset = max([self._offset, *(n + 1 for n in numbers)])
            if not numbers:
                log.error("%d updates without a number; waiting for others", len(updates))
                await asyncio.sleep(1)
        self.caught_up = self.caught_up or len(updates) < BATCH
        self._arrived()


async def poll_watched(polling: Polling, limit: float) -> None:
    """Poll until cancelled, and anew whenever no poll has come back for `limit` seconds.

    Raises:
        InvalidToken: as `Polling.run` does.
    """
    while True:
        polling.last_return = time.monotonic()
        poll = asyncio.create_task(polling.run(), name="poll")
        try:
            while not poll.done() and time.monotonic() - polling.last_return <= limit:
                await asyncio.wait({poll}, timeout=limit / 10)
            if poll.done():
                await poll
        finally:
            poll.cancel()
            await asyncio.gather(poll, return_exceptions=True)
        log.error("polling has stalled: nothing came back for %d seconds; starting it anew", limit)
