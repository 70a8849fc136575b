"""What every handler works with."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final, TypeAlias

from telegram.ext import Application, CallbackContext

from bot.assistant import Assistant
from bot.i18n import Speaker
from bot.reply import Reply
from bot.settings import Settings
from bot.storage import Memory
from bot.telegram.connection import Connection
from bot.telegram.patience import Patience

_REMEMBERED: Final = 2_000  # replies; a few kilobytes each
_Key: TypeAlias = tuple[bytes, *tuple[str | None, ...]]


class Replies:
    """What the assistant says, with the latest replies at hand.

    They are found by a keyed hash of the question: what people write is kept no longer than it takes to answer it.
    """

    def __init__(self, reply: Callable[..., Reply], size: int) -> None:
        self._reply = reply
        self._size = size
        self._key = secrets.token_bytes(16)
        self._known: dict[_Key, Reply] = {}

    def __call__(
        self,
        question: str,
        *,
        language: str | None,
        conversation_language: str | None,
        language_code: str | None,
        context: str | None,
    ) -> Reply:
        """As `Assistant.reply`."""
        hashed = blake2b(question.encode(errors="surrogatepass"), key=self._key, digest_size=16).digest()
        everywhere: _Key = (hashed, language)
        here: _Key = (hashed, language, conversation_language, language_code, context)
        for key in (everywhere, here):
            if (known := self._known.pop(key, None)) is not None:
                self._known[key] = known  # as the latest
                return known
        reply = self._reply(
            question,
            language=language,
            conversation_language=conversation_language,
            language_code=language_code,
            context=context,
        )
        self._known[everywhere if reply.settled else here] = reply
        if len(self._known) > self._size:
            self._known.pop(next(iter(self._known)), None)
        return reply


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
        self.reply = Replies(self.assistant.reply, _REMEMBERED)

    @property
    def sources(self) -> Path | None:
        """The folder with the documents, where the operator mounted one."""
        return self.settings.revolution_bot_sources

    def speaker(self, language: str) -> Speaker:
        """The interface in one language."""
        return self.assistant.catalogues.for_language(language)


Context: TypeAlias = CallbackContext[Connection, dict[Any, Any], dict[Any, Any], Services]
App: TypeAlias = Application[Connection, Context, dict[Any, Any], dict[Any, Any], Services, None]
