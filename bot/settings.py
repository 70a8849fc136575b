"""Settings from the environment. Each is documented in the README's table, which a test keeps complete."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import SplitResult, urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

_TOKEN = re.compile(r"\d{1,20}:[A-Za-z0-9_-]{20,}")
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
_PATH = re.compile(r"[A-Za-z0-9._~:@!$&'()*+,;=/-]*")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}([_-][A-Za-z0-9]{2,8})*")
_PORTS = (443, 80, 88, 8443)
_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


class SettingsError(Exception):
    """One or more settings are missing or wrong; `str()` is a line for each, which says what to set."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class Settings(BaseSettings):
    """What an operator can set. Secrets mask themselves when printed."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="ignore",
        case_sensitive=False,
        env_ignore_empty=True,
        hide_input_in_errors=True,  # a token may stand where it does not belong
    )

    telegram_token: SecretStr
    """The token that BotFather gave."""

    telegram_base_url: str = "https://api.telegram.org"
    """Address of the Bot API server, without the token."""

    database_url: str = "sqlite:///revolution-bot.db"
    """Where the state lives, as an SQLAlchemy address."""

    webhook_url: str | None = None
    """The public https address at which Telegram delivers updates (with `--webhook`)."""

    webhook_secret: SecretStr | None = None
    """What Telegram must send along with every delivery: 1–256 letters, digits, `_` and `-`."""

    webhook_listen: str = "0.0.0.0:8080"
    """Host and port on which `--webhook` listens."""

    revolution_bot_sources: Path | None = None
    """Folder with the source documents, to show cited passages in the original."""

    revolution_bot_cache: Path | None = None
    """Folder for compiled forms of the knowledge base."""

    default_language: str = "en"
    """Language of a reply when nothing else decides."""

    admin_ids: Annotated[frozenset[int], NoDecode] = frozenset()
    """Telegram ids of the operators, separated by commas; they get the reference numbers of errors."""

    log_level: str = "INFO"
    """DEBUG, INFO, WARNING or ERROR."""

    messages_per_second: int = Field(default=30, ge=1, le=1000)
    """Messages sent to all chats together."""

    private_messages_per_second: int = Field(default=1, ge=1, le=1000)
    """Messages sent to one private chat."""

    group_messages_per_minute: int = Field(default=20, ge=1, le=60_000)
    """Messages sent to one group or channel."""

    questions_per_minute: int = Field(default=20, ge=1, le=100_000)
    """Messages of one person that are answered; one more is answered with a request to slow down."""

    quiet_seconds: int = Field(default=60, ge=1, le=86_400)
    """How long somebody who goes on all the same is not answered."""

    backlog_minutes: int = Field(default=60, ge=1, le=1440)
    """Age from which a waiting message counts as left over from an outage."""

    backlog_per_chat: int = Field(default=3, ge=1, le=100)
    """So many left-over messages of one chat are answered, the newest ones."""

    stop_seconds: float = Field(default=6.0, ge=0.1, le=60)
    """How long a stop waits for answers in hand."""

    stalled_seconds: int = Field(default=120, ge=60, le=3600)  # a quiet poll takes forty
    """Without a completed poll for so long, polling counts as stalled and is started anew."""

    @field_validator("telegram_token")
    @classmethod
    def _is_a_token(cls, value: SecretStr) -> SecretStr:
        if not _TOKEN.fullmatch(value.get_secret_value()):
            raise ValueError("this is no bot token; BotFather's look like 123456789:AA… (digits, a colon, letters)")
        return value

    @field_validator("telegram_base_url")
    @classmethod
    def _is_a_server(cls, value: str) -> str:
        parts = _split(value)
        if parts is None or parts.scheme not in ("http", "https") or parts.query or parts.fragment:
            raise ValueError("give the address of a Bot API server, such as https://api.telegram.org")
        if _TOKEN.search(value):
            raise ValueError("leave the token out of it; an address such as https://api.telegram.org is enough")
        return value.rstrip("/")

    @field_validator("database_url")
    @classmethod
    def _is_a_database(cls, value: str) -> str:
        scheme, separator, rest = value.partition("://")
        if (
            not separator
            or scheme not in ("sqlite", "sqlite+aiosqlite")
            or not rest.startswith("/")
            or rest in ("/", "/:memory:")
        ):
            raise ValueError("give an address such as sqlite:///revolution-bot.db or sqlite:////data/bot.db")
        return f"sqlite+aiosqlite://{rest}"

    @field_validator("webhook_url")
    @classmethod
    def _is_public(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = _split(value)
        if parts is None or parts.scheme != "https" or parts.query or parts.fragment:
            raise ValueError("Telegram delivers to https addresses only; give one such as https://example.org/telegram")
        if (parts.port or 443) not in _PORTS:
            raise ValueError("Telegram delivers to the ports 443, 80, 88 and 8443 only; give one of them, or none")
        if _TOKEN.search(value):
            raise ValueError("leave the token out of it; a path of your own, such as /telegram, is enough")
        if not _PATH.fullmatch(parts.path) or parts.path == "/healthz":
            raise ValueError("give a plain path of letters, digits and -, such as /telegram; /healthz is taken")
        return value

    @field_validator("webhook_secret")
    @classmethod
    def _is_a_secret(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not _SECRET.fullmatch(value.get_secret_value()):
            raise ValueError("use 1 to 256 letters A-Z and a-z, digits, _ and -")
        return value

    @field_validator("webhook_listen")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        host, separator, port = value.rpartition(":")
        if not separator or not host.strip("[]") or not (port.isascii() and port.isdecimal() and len(port) < 6):
            raise ValueError("give a host and a port, such as 0.0.0.0:8080")
        if not int(port) < 65536:
            raise ValueError("give a host and a port, such as 0.0.0.0:8080")
        return value

    @field_validator("admin_ids", mode="before")
    @classmethod
    def _are_numbers(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        parts = [part.strip() for part in value.split(",") if part.strip()]
        if not all(part.isascii() and part.isdigit() and len(part) < 20 for part in parts):
            raise ValueError("give the numbers of Telegram accounts, separated by commas, such as 12345,67890")
        return frozenset(int(part) for part in parts)

    @field_validator("default_language")
    @classmethod
    def _is_a_language(cls, value: str) -> str:
        if not _LANGUAGE.fullmatch(value):
            raise ValueError("give the code of a language that the bot speaks, such as en")
        return value

    @field_validator("log_level")
    @classmethod
    def _is_a_level(cls, value: str) -> str:
        if value.upper() not in _LEVELS:
            raise ValueError(f"give one of {', '.join(_LEVELS)}")
        return value.upper()

    @model_validator(mode="after")
    def _webhook_has_a_secret(self) -> Self:
        if self.webhook_url is not None and self.webhook_secret is None:
            raise ValueError("WEBHOOK_URL needs WEBHOOK_SECRET too: without it anybody could send the bot messages")
        return self

    @property
    def token(self) -> str:
        """The token itself; never print it."""
        return self.telegram_token.get_secret_value()

    @property
    def secrets(self) -> tuple[str, ...]:
        """Everything that must never show."""
        webhook = (self.webhook_secret.get_secret_value(),) if self.webhook_secret else ()
        return (self.token, *webhook)

    @property
    def listen(self) -> tuple[str, int]:
        """Host and port of `webhook_listen`."""
        host, _, port = self.webhook_listen.rpartition(":")
        return host.strip("[]"), int(port)

    @property
    def webhook_path(self) -> str:
        """Path at which updates are delivered."""
        return urlsplit(self.webhook_url or "").path or "/"


def read_settings() -> Settings:
    """The settings in the environment.

    Raises:
        SettingsError: something is missing or wrong; it names every fault at once, without the values given.
    """
    try:
        return Settings()  # type: ignore[call-arg]  # the environment gives them
    except ValidationError as error:
        faults = [_sentence(dict(e)) for e in error.errors(include_url=False)]
    # out here, so that the error with the values in it is not in the chain of this one
    raise SettingsError(faults)


def _split(address: str) -> SplitResult | None:
    """The parts of an address, or None for what is none; the library's own errors would repeat it."""
    try:
        parts = urlsplit(address)
        return parts if parts.hostname and parts.port != 0 else None
    except ValueError:
        return None


def _sentence(error: dict[str, Any]) -> str:
    name = "_".join(str(part) for part in error["loc"]).upper()
    if error["type"] == "missing":
        return f"{name} is not set: give the token that @BotFather gave for your bot."
    field = Settings.model_fields.get(name.lower())
    if field is not None and field.annotation in (int, float):
        bounds = {
            kind: getattr(limit, kind) for limit in field.metadata for kind in ("ge", "le") if hasattr(limit, kind)
        }
        kind = "whole number" if field.annotation is int else "number"
        return f"{name}: give a {kind} from {bounds['ge']} to {bounds['le']}."
    reason = str(error["msg"]).removeprefix("Value error, ")
    return f"{name}: {reason}." if name else f"{reason}."
