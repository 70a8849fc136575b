"""The development questions, and what is a right answer to them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import yaml

from bot.knowledge.model import KnowledgeBase
from bot.language import Guess, clean
from bot.matching.index import Index
from bot.matching.scoring import Compared, compare
from bot.matching.terms import Analysis, analyse

FOLDS: Final = 5
"""Parts for cross-validation."""
SHORT: Final = 6
"""Words of a message that may lean on the one before."""


@dataclass(frozen=True)
class Question:
    """One development question and what would be right."""

    text: str
    language: str
    kind: str
    """answerable, declined, near (to be declined too, and written to be hard) or smalltalk."""
    facts: frozenset[str]
    """Facts that answer it."""
    style: str
    group: str
    """What it is about, for cross-validation."""


@dataclass(frozen=True)
class Read:
    """A question that has been read and compared once: no fitted number has a part in that."""

    question: Question
    analysis: Analysis
    guess: Guess
    compared: Compared


def read(question: Question, index: Index) -> Read:
    """The question beside what it may ask for."""
    text = clean(question.text)
    guess = index.identifier.identify(text)
    analysis = analyse(text, guess.language, index.lexis)
    return Read(question, analysis, guess, compare(analysis, index, language=guess.language))


@dataclass(frozen=True)
class FollowUp:
    """A question asked right after a fact was shown."""

    question: Question
    context: str
    fresh: bool
    """Complete in itself: the fact shown before must not matter."""


def read_questions(folder: Path, knowledge: KnowledgeBase) -> list[Question]:
    """All questions in `folder/<language>.yaml`. Raises KeyError when one names an unknown fact."""
    questions: list[Question] = []
    for path in sorted(folder.glob("*.yaml")):
        data: dict[str, list[dict[str, Any]]] = yaml.safe_load(path.read_text(encoding="utf-8"))
        for entry in data["answerable"]:
            accepted = frozenset(entry["facts"])
            topic = knowledge.facts[entry["facts"][0]].topic
            questions.append(Question(entry["q"], path.stem, "answerable", accepted, entry["style"], topic))
        for kind in ("declined", "near", "smalltalk"):
            for number, entry in enumerate(data[kind]):
                style = entry.get("about") or entry.get("kind", kind)
                group = f"{kind}-{number % FOLDS}"
                questions.append(Question(entry["q"], path.stem, kind, frozenset(), style, group))
    return questions


def is_right(fact: str, question: Question, knowledge: KnowledgeBase) -> bool:
    """Whether a fact answers a question: an accepted one, or one that stands on the same paragraphs and figures."""
    if fact in question.facts:
        return True
    told = knowledge.facts[fact]
    places = {c.place for c in told.cites}
    for accepted in question.facts:
        expected = knowledge.facts[accepted]
        if {c.place for c in expected.cites} & places and set(expected.figures) <= set(told.figures):
            return True
    return False


def read_follow_ups(folder: Path, knowledge: KnowledgeBase) -> list[FollowUp]:
    """All follow-ups in `folder/<language>.yaml`."""
    found = []
    for path in sorted(folder.glob("*.yaml")):
        for entry in yaml.safe_load(path.read_text(encoding="utf-8"))["followups"]:
            topic = knowledge.facts[entry["context"]].topic
            question = Question(entry["q"], path.stem, "answerable", frozenset(entry["facts"]), "followup", topic)
            found.append(FollowUp(question, entry["context"], entry.get("fresh", False)))
    return found


def strange_follow_ups(folder: Path, knowledge: KnowledgeBase) -> list[FollowUp]:
    """Short questions that must be declined, asked after facts about the same names and after others."""
    facts = list(knowledge.facts.values())
    found = []
    for number, question in enumerate(q for q in read_questions(folder, knowledge) if q.kind == "declined"):
        if len(question.text.split()) <= SHORT:
            for step in (7 * number, 7 * number + 131):
                fact = facts[step % len(facts)]
                found.append(FollowUp(replace(question, group=fact.topic), fact.id, False))
    return found
