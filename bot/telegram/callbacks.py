"""What a pressed button says: an action and ids, in Telegram's 64 bytes."""

from __future__ import annotations

from typing import Final

MAX_BYTES: Final = 64
_SEPARATOR: Final = ":"


class Action:
    """The first part of a button's data. One letter each, since ids need the room."""

    ANSWER: Final = "a"
    """fact, language: tell this fact in a new message."""
    TRANSLATE: Final = "l"
    """fact, language: tell it in this message in another language."""
    LANGUAGES: Final = "g"
    """fact, language: offer the other languages."""
    BACK: Final = "b"
    """fact, language: the usual buttons again."""
    PASSAGE: Final = "p"
    """fact, language: the cited passages in the original."""
    VOTE: Final = "v"
    """fact, language, "1" or "0"."""
    NONE: Final = "n"
    """None of the suggestions."""
    TOPICS: Final = "t"
    """Browsing: see `browse`."""
    GLOSSARY: Final = "w"
    SOURCES: Final = "d"
    SETTINGS: Final = "s"
    FORGET: Final = "f"


def pack(action: str, *parts: str) -> str:
    """The data of a button.

    Raises:
        ValueError: more than Telegram takes; ids are too long.
    """
    data = _SEPARATOR.join((action, *parts))
    if len(data.encode()) > MAX_BYTES:
        raise ValueError(f"button data of {len(data.encode())} bytes, {MAX_BYTES} are allowed: {data}")
    return data


def unpack(data: str | None) -> tuple[str, list[str]]:
    """Action and parts; an empty action for data that is none of ours."""
    action, *parts = (data or "").split(_SEPARATOR)
    return action, parts


def pattern(action: str) -> str:
    """A regular expression for the data of one action."""
    return rf"^{action}(:|$)"
