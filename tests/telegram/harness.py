"""The whole bot inside the test's own event loop, talking to the stand-in over real HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.assistant import Assistant
from bot.settings import Settings
from bot.telegram.service import Service

TOKEN = "123456789:AAtestTESTtestTESTtestTESTtestTEST"  # noqa: S105  known to the stand-in only


def settings_for(base_url: str, folder: Path, **changes: object) -> Settings:
    """Settings for a bot that talks to `base_url` and keeps its state in `folder`; limits wide enough not to wait."""
    values: dict[str, object] = {
        "telegram_token": TOKEN,
        "telegram_base_url": base_url,
        "database_url": f"sqlite:///{folder}/bot.db",
        "messages_per_second": 1000,
        "private_messages_per_second": 1000,
        "group_messages_per_minute": 60_000,
        "questions_per_minute": 1000,
        "stop_seconds": 2,
    }
    return Settings.model_validate({**values, **changes})


@asynccontextmanager
async def running(api_url: str, assistant: Assistant, folder: Path, **changes: object) -> AsyncIterator[Service]:
    """A bot that polls `api_url`, stopped in good order at the end."""
    service = Service(settings_for(api_url, folder, **changes), assistant)
    await service.start()
    await service.poll()
    work = asyncio.create_task(service.run())
    try:
        yield service
    finally:
        service.stopping.set()
        await asyncio.gather(work)
        await service.stop()
