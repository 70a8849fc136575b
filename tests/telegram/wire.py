"""Requests as they come over the wire: form-encoded, JSON or multipart, in one shape."""

from __future__ import annotations

import email
import email.policy
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from tests.telegram.people import Json

UPLOAD = "\0upload"
"""Stands where a multipart body carried a file; `check_requests.py` knows it."""

_STRUCTURES = frozenset(
    [
        "reply_markup",
        "reply_parameters",
        "entities",
        "link_preview_options",
        "commands",
        "scope",
        "allowed_updates",
        "results",
        "options",
        "correct_option_ids",
        "reaction",
        "button",
        "question_entities",
        "explanation_entities",
        "message_ids",
    ]
)
_NUMBERS = frozenset(
    [
        "chat_id",
        "message_id",
        "message_thread_id",
        "offset",
        "limit",
        "timeout",
        "user_id",
        "cache_time",
        "open_period",
        "close_date",
        "max_connections",
        "correct_option_id",
    ]
)
_SWITCHES = frozenset(
    [
        "show_alert",
        "is_personal",
        "is_anonymous",
        "allows_multiple_answers",
        "disable_notification",
        "protect_content",
        "is_closed",
        "drop_pending_updates",
        "is_big",
    ]
)


class ApiError(Exception):
    """A refusal: what the Bot API answers with `"ok": false`."""

    def __init__(self, status: int, description: str, parameters: Json | None = None) -> None:
        super().__init__(f"{status}: {description}")
        self.status = status
        self.description = description
        self.parameters = parameters

    def as_json(self) -> Json:
        answer: Json = {"ok": False, "error_code": self.status, "description": self.description}
        return answer | ({"parameters": self.parameters} if self.parameters else {})


def bad_request(description: str) -> ApiError:
    """A 400 as Telegram words it."""
    return ApiError(400, f"Bad Request: {description}")


@dataclass
class Request:
    """One request of the bot, and how it ended."""

    method: str
    params: Json
    time: float
    """When it came, on `time.monotonic`."""
    status: int | None = None
    """What was answered; None while in hand, 0 when the connection was dropped instead."""
    handled: bool = False
    """Whether it took effect, whatever was answered."""
    result: Any = None

    @property
    def chat_id(self) -> int | None:
        found = self.params.get("chat_id")
        return found if isinstance(found, int) else None


def read_params(content_type: str, query: bytes, body: bytes) -> Json:
    """The parameters of a request, from its address and its body.

    Raises:
        ApiError: a parameter that must be JSON, a number or a yes or no is something else.
    """
    given: Json = dict(parse_qsl(query.decode(), keep_blank_values=True))
    if content_type.startswith("application/json"):
        try:
            given |= json.loads(body or b"{}")
        except (ValueError, TypeError):
            raise bad_request("can't parse request JSON object") from None
    elif content_type.startswith("multipart/form-data"):
        given |= _multipart(content_type, body)
    else:
        given |= dict(parse_qsl(body.decode(), keep_blank_values=True))
    return {name: _typed(name, value) for name, value in given.items()}


def _typed(name: str, value: Any) -> Any:
    if not isinstance(value, str) or value == UPLOAD:
        return value
    if name in _STRUCTURES:
        try:
            return json.loads(value)
        except ValueError:
            raise bad_request(f"can't parse {name.replace('_', ' ')} JSON object") from None
    if name in _NUMBERS and value.lstrip("-").isdecimal():
        return int(value)
    if name in _SWITCHES and value.lower() in ("true", "false"):
        return value.lower() == "true"
    return value


def _multipart(content_type: str, body: bytes) -> Json:
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    whole = email.message_from_bytes(head + body, policy=email.policy.HTTP)
    found: Json = {}
    for part in whole.iter_parts():
        name = part.get_param("name", header="content-disposition")
        payload = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(payload, bytes):
            found[name] = UPLOAD if part.get_filename() else payload.decode()
    return found
