"""Waiting until nothing is in hand any more, for tests of what is stored and of silence."""

from __future__ import annotations

import asyncio
from typing import Any

from sqlalchemy import select

from bot.storage.tables import metadata
from bot.telegram.service import Service
from tests.telegram.botapi import BotApi


async def settled(api: BotApi, service: Service) -> None:
    """Wait until every update so far is handled and everything is written."""
    await api.quiet()
    async with asyncio.timeout(20):
        while (counts := await service.inbox.counts()).get("waiting") or counts.get("leased"):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        await service.database.flush()


async def rows_about(service: Service, number: int) -> dict[str, list[dict[str, Any]]]:
    """The rows of each table that name a person or chat, be it inside a text."""
    found = {}
    for name, table in metadata.tables.items():
        rows = [dict(row._mapping) for row in await service.database.read(select(table))]
        found[name] = [row for row in rows if any(str(number) in str(value) for value in row.values())]
    return found
