"""Faults on demand: what goes wrong, for which requests, how often."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Literal

from tests.telegram.people import Json
from tests.telegram.wire import ApiError, Request

Drop = Literal["before", "after"]

_DESCRIPTIONS = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden: bot was blocked by the user",
    404: "Not Found",
    409: "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
}
GATEWAY_PAGE = (
    "<html>\r\n<head><title>{status} Bad Gateway</title></head>\r\n<body>\r\n"
    "<center><h1>{status} Bad Gateway</h1></center>\r\n<hr><center>nginx/1.18.0</center>\r\n</body>\r\n</html>\r\n"
)
"""What Telegram's front servers say with a 5xx: no JSON."""


@dataclass
class Fault:
    """A rule: requests that it applies to go wrong, `times` of them (None: all), each with the probability given.

    A request that fails with a status has no effect. `drop="before"` closes the connection before the request takes
    effect, `drop="after"` afterwards, so that the bot cannot know. `delay` lets it take effect at once and answers so
    many seconds later.
    """

    method: str
    """A method's name, or `*` for all."""
    times: int | None = 1
    status: int | None = None
    description: str | None = None
    retry_after: int | None = None
    migrate_to: int | None = None
    drop: Drop | None = None
    delay: float = 0
    chat_id: int | None = None
    probability: float = 1
    seed: int = 0
    body: str | None = None
    hits: int = 0
    """How often it struck."""
    _random: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        if self.status is None and self.drop is None and not self.delay and self.body is None:
            self.status = 429 if self.retry_after is not None else 400 if self.migrate_to is not None else 502

    def strikes(self, request: Request) -> bool:
        """Whether this request goes wrong; counts it if so."""
        if self.times is not None and self.hits >= self.times:
            return False
        if self.method not in ("*", request.method) or self.chat_id not in (None, request.chat_id):
            return False
        if self.probability < 1 and self._random.random() >= self.probability:
            return False
        self.hits += 1
        return True

    def stop(self) -> None:
        """From now on all is well again."""
        self.times = self.hits

    @property
    def has_effect(self) -> bool:
        """Whether a request that it strikes is carried out all the same."""
        return self.status is None and self.drop != "before" and self.body is None

    def error(self) -> ApiError:
        """What is answered, for faults with a status below 500."""
        assert self.status is not None
        parameters: Json = {}
        description = self.description or _DESCRIPTIONS.get(self.status, "Internal Server Error")
        if self.retry_after is not None or self.status == 429:
            parameters["retry_after"] = seconds = 1 if self.retry_after is None else self.retry_after
            description = self.description or f"Too Many Requests: retry after {seconds}"
        if self.migrate_to is not None:
            parameters["migrate_to_chat_id"] = self.migrate_to
            description = self.description or "Bad Request: group chat was upgraded to a supergroup chat"
        return ApiError(self.status, description, parameters)
