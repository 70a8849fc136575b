"""Which part of a message asks: people tell what they know first, or who they are, and then ask."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bot.language.clean import words

_BETWEEN_SENTENCES: Final = re.compile(r" (?<=[^ .]{3}[.?!।] )")  # but not after "St." or an initial
_BETWEEN_CLAUSES: Final = re.compile(r"[,;:]\s+|\s-\s|\s?[–—]\s?")
_MARKS: Final = (". ", "? ", "! ", "। ", ",", ";", ":", " - ", "–", "—")  # without one of which nothing is parted
_SHORTEST: Final = 3  # words that can stand alone: a bare "why?" needs those before it


@dataclass(frozen=True)
class Asking:
    """The words of a message, and which of them ask."""

    words: tuple[str, ...]
    sentence: int
    """Where the sentence that asks begins."""
    clause: int
    """Where, in it, the clause that asks begins."""
    end: int
    """Where both end."""


def sentences(text: str) -> list[str]:
    """The sentences of a cleaned text, in which spaces are single; "St. Petersburg" and "V. I. Lenin" stay whole."""
    return [part for part in _BETWEEN_SENTENCES.split(text) if part]


def asking(text: str, is_question_word: Callable[[str], bool]) -> Asking:
    """What asks in a cleaned text: the last sentence with a question mark, else the last one.

    Of that sentence it is the last clause, when no other has a question word. What would be very short does not count.
    """
    if not any(mark in text for mark in _MARKS):  # looked for one by one they are found much faster
        spoken = tuple(words(text))
        return Asking(spoken, 0, 0, len(spoken))
    parts = [found for part in sentences(text) if (found := (part, tuple(words(part))))[1]]
    everything = tuple(word for _, spoken in parts for word in spoken)
    full = [number for number, (_, spoken) in enumerate(parts) if len(spoken) >= _SHORTEST]
    marked = [number for number, (part, _) in enumerate(parts) if "?" in part[-2:]]
    chosen = marked[-1] if marked else full[-1] if full else -1
    if chosen not in full:
        asked = _asking_clause(text, len(everything), is_question_word)
        return Asking(everything, 0, len(everything) - asked, len(everything))
    end = sum(len(spoken) for _, spoken in parts[: chosen + 1])
    part, spoken = parts[chosen]
    asked = _asking_clause(part, len(spoken), is_question_word)
    return Asking(everything, end - len(spoken), end - asked, end)


def _asking_clause(sentence: str, length: int, is_question_word: Callable[[str], bool]) -> int:
    """How many words at the end of a sentence of that many words ask."""
    clauses = [spoken for part in _BETWEEN_CLAUSES.split(sentence) if (spoken := words(part))]
    if len(clauses) > 1 and len(clauses[-1]) >= _SHORTEST:
        has_question = [any(map(is_question_word, clause)) for clause in clauses]
        if has_question[-1] and not any(has_question[:-1]):
            return len(clauses[-1])
    return length
