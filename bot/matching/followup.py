"""Questions that lean on the answer before them: "and when?", "who was he?", "kab?", "എന്തിന്?"."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bot.knowledge.model import Fact, KnowledgeBase
from bot.matching.arrays import Scores
from bot.matching.index import Index
from bot.matching.terms import Analysis, weigh

LEANING: Final = 4
"""Words of its own that a question may have and still lean on something said before."""


@dataclass(frozen=True)
class Closeness:
    """How a conversation draws facts near, on the scale of scores; fitted on follow-ups."""

    echo: float
    """Weight in the question of what the fact before it was about."""
    same_paragraph: float
    related: float
    shared_name: float
    same_topic: float
    kind_fits: float
    """The kind of fact goes with the question word (who: a person, why: a cause)."""
    again: float
    """The same fact once more: below 0, since that is seldom wanted."""
    later: float
    """A fact that is told after the one before, as its topic goes on."""
    onward: float
    """The next fact of the same topic, after a message that only says "and then?"."""
    alone: float
    """Confidence from which a question with two words of its own is read alone."""
    alone_longer: float
    """The same with three or more."""
    small_talk: float
    """Likeness to small talk from which a short message is that even in the middle of a conversation."""


_KINDS_ASKED: Final = {"who": "person", "where": "place", "why": "cause"}


def is_elliptical(analysis: Analysis, before: Fact) -> bool:
    """Whether a question of few words may lean on `before`: it has no name that `before` is not about."""
    return bool(analysis.tokens) and analysis.names <= set(before.names)


def in_context(analysis: Analysis, before: Fact, title: Analysis, echo: float) -> Analysis:
    """The question with an echo of what was answered before: its names and the words of its title."""
    terms = weigh(analysis.tokens)
    echoes = [*(f"n:{name}" for name in before.names), *(t for t in title.terms if t[0] in "cnw")]
    for term in echoes:
        terms.setdefault(term, echo)
    return replace(analysis, terms=terms)


class _Relation(IntEnum):
    """How a fact lies to the one before it; the closest that holds counts."""

    FAR = 0
    SAME_PARAGRAPH = 1
    ALSO_ELSEWHERE = 2
    """On the same paragraph, and on others."""
    RELATED = 3
    SHARED_NAME = 4
    SAME_TOPIC = 5


@dataclass(frozen=True)
class Surroundings:
    """How every entry lies to one fact, whatever is asked. Found out once a fact: a class asks on about the same."""

    relations: NDArray[np.int8]
    """Per entry, a `_Relation`."""
    later: NDArray[np.bool_]
    """Told after the fact, as its topic goes on."""
    itself: int
    onward: int | None
    """The fact's own entry, and that of the next fact of its topic."""
    kinds: NDArray[np.str_]
    """Per entry, the kind of fact; empty for what is none."""
    dated: NDArray[np.bool_]


def surroundings(before: Fact, knowledge: KnowledgeBase, index: Index) -> Surroundings:
    """The surroundings of a fact."""
    facts = [knowledge.facts.get(entry) for entry in index.entries]
    topic = knowledge.topics[before.topic]
    later = frozenset(topic[topic.index(before.id) + 1 :])
    onward = dict(pairwise(topic)).get(before.id)
    return Surroundings(
        np.array([_relation(before, fact) if fact else _Relation.FAR for fact in facts], dtype=np.int8),
        np.array([fact is not None and fact.id in later for fact in facts]),
        index.entries.index(before.id),
        None if onward is None else index.entries.index(onward),
        np.array([fact.kind if fact else "" for fact in facts]),
        np.array([fact is not None and fact.date is not None for fact in facts]),
    )


def _relation(before: Fact, fact: Fact) -> _Relation:
    if share_paragraph(before, fact):
        return _Relation.SAME_PARAGRAPH if len(fact.cites) == 1 else _Relation.ALSO_ELSEWHERE
    if fact.id in before.related or before.id in fact.related:
        return _Relation.RELATED
    if set(fact.names) & set(before.names):
        return _Relation.SHARED_NAME
    return _Relation.SAME_TOPIC if fact.topic == before.topic else _Relation.FAR


def shift(before: Fact, around: Surroundings, analysis: Analysis, draw: Closeness) -> Scores:
    """Per entry, what closeness to `before` adds to its score; 0 for what lies far off."""
    by_relation = (
        *(0.0, draw.same_paragraph, draw.same_paragraph / 2),
        *(draw.related, draw.shared_name, draw.same_topic),
    )
    shifts = np.array(by_relation)[around.relations]
    asked = analysis.question_words
    fits = np.isin(around.kinds, [_KINDS_ASKED[word] for word in asked if word in _KINDS_ASKED])
    if "when" in asked:
        fits |= around.dated
    shifts += draw.kind_fits * (fits & (shifts != 0))
    shifts += draw.later * (around.later & (shifts != 0))
    if not (asked & {"when", "how-many", "how-long"} and before.figures):  # else it tells that itself
        shifts[around.itself] += draw.again
    if around.onward is not None and not analysis.content and not asked:
        shifts[around.onward] += draw.onward
    return shifts


def share_paragraph(one: Fact, other: Fact) -> bool:
    """Whether two facts stand on a common paragraph."""
    return bool({(c.source, c.paragraph) for c in one.cites} & {(c.source, c.paragraph) for c in other.cites})
