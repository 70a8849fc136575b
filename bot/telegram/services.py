"""What every handler works with."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, TypeAlias

from telegram.ext import Application, CallbackContext, ExtBot

from bot.assistant import Assistant
from bot.i18n import Speaker
from bot.settings import Settings
from bot.storage import Memory
from bot.telegram.patience import Patience

_REMEMBERED: Final = 2_000  # replies; a few kilobytes each


@dataclass
class Services:
    """Built once at start; the same for all handlers, as `context.bot_data`."""

    settings: Settings
    assistant: Assistant
    memory: Memory
    patience: Patience
    clock: Callable[[], float] = time.time
    apologised: dict[int, float] = field(default_factory=dict)
    """Chat → when it was last told that the bot had been away."""

    def __post_init__(self) -> None:
        # A class asks the same things, and the assistant remembers nobody: what it said once it would say again.
        self.reply = lru_cache(maxsize=_REMEMBERED)(self.assistant.reply)

    @property
    def sources(self) -> Path | None:
        """The folder with the documents, where the operator mounted one."""
        return self.settings.revolution_bot_sources

    def speaker(self, language: str) -> Speaker:
        """The interface in one language."""
        return self.assistant.catalogues.for_language(language)


Context: TypeAlias = CallbackContext[ExtBot[None], dict[Any, Any], dict[Any, Any], Services]
App: TypeAlias = Application[ExtBot[None], Context, dict[Any, Any], dict[Any, Any], Services, None]
