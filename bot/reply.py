"""What the assistant says back: the parts of a message, and the same as plain text."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Status(StrEnum):
    """How a question ended."""

    ANSWERED = "answered"
    SUGGESTED = "suggested"
    DECLINED = "declined"
    SMALL_TALK = "smalltalk"


@dataclass(frozen=True)
class Place:
    """A paragraph that an answer stands on."""

    source: str
    """Id of the document."""
    paragraph: int
    """Counts from 1."""

    def as_dict(self) -> dict[str, Any]:
        return {"source": self.source, "paragraph": self.paragraph}


@dataclass(frozen=True)
class Suggestion:
    """A fact offered in place of an answer, or beside one."""

    fact: str
    title: str
    confidence: float = field(compare=False)
    """Probability (0…1) that this is what was meant; 0 where it is only a near topic."""
    citations: tuple[Place, ...]

    def as_dict(self) -> dict[str, Any]:
        return {
            "fact": self.fact,
            "title": self.title,
            "confidence": round(self.confidence, 4),
            "citations": [c.as_dict() for c in self.citations],
        }


@dataclass(frozen=True)
class Reply:
    """One reply, in one language. Every text is plain: markup belongs to whoever shows it.

    Replies are equal when they say the same, however sure of it the bot is.
    """

    status: Status
    language: str
    """Language code of every text in it."""
    confidence: float = field(default=0.0, compare=False)
    fact: str | None = None
    """Id of the fact answered with."""
    title: str | None = None
    body: str = ""
    """The answer, the small talk, or the sentence that says why there is no answer."""
    note: str | None = None
    """The editor's, apart from what the documents say."""
    preface: str | None = None
    """A sentence before the answer, such as which languages the bot speaks."""
    citations: tuple[Place, ...] = ()
    citation_lines: tuple[str, ...] = ()
    """The citations for people: title of the document, its language, paragraph."""
    suggestions: tuple[Suggestion, ...] = ()
    """Did-you-means, or near topics of a refusal."""
    related: tuple[Suggestion, ...] = ()
    """What a reader may ask next after an answer."""
    follow_up: bool = field(default=False, compare=False)
    """True when the question was read with the fact answered before it."""
    settled: bool = field(default=False, compare=False)
    """True when the question alone, and the language chosen, made it what it is: anybody gets the same, anywhere."""

    def __hash__(self) -> int:
        # texts and suggestions follow from these as good as always
        return hash((self.status, self.language, self.fact, self.body))

    @property
    def text(self) -> str:
        """The whole message as plain text."""
        parts = [self.preface, self.title, self.body, self.note]
        parts.append("\n".join(self.citation_lines))
        parts.append("\n".join(f"• {s.title}" for s in self.suggestions))
        return "\n\n".join(part for part in parts if part)

    def as_dict(self) -> dict[str, Any]:
        """The reply as `ask --json` prints it, but for the id and the time taken."""
        return {
            "status": str(self.status),
            "fact": self.fact,
            "language": self.language,
            "confidence": round(self.confidence, 4),
            "text": self.text,
            "citations": [c.as_dict() for c in self.citations],
            "suggestions": [s.as_dict() for s in self.suggestions],
        }
