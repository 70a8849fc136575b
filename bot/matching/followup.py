"""Questions that lean on the answer before them: "and when?", "who was he?", "kab?", "എന്തിന്?"."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np

from bot.knowledge.model import Fact, KnowledgeBase
from bot.matching.index import Index
from bot.matching.postings import Scores
from bot.matching.terms import Analysis, weigh

_CONTENT_WORDS: Final = 4  # a question with more of its own words stands alone


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
    """Whether a question may lean on `before`: few words of its own, and no name that `before` is not about."""
    if len(analysis.content) > _CONTENT_WORDS or not analysis.tokens:
        return False
    strange = analysis.names - set(before.names)
    return not strange and not any(t.startswith("o:") for t in analysis.terms)


def in_context(analysis: Analysis, before: Fact, title: Analysis, echo: float) -> Analysis:
    """The question with an echo of what was answered before: its names and the words of its title."""
    terms = weigh(analysis.tokens)
    echoes = [*(f"n:{name}" for name in before.names), *(t for t in title.terms if t[0] in "cnw")]
    for term in echoes:
        terms.setdefault(term, echo)
    return replace(analysis, terms=terms)


def shift(before: Fact, analysis: Analysis, knowledge: KnowledgeBase, index: Index, draw: Closeness) -> Scores:
    """Per entry, what closeness to `before` adds to its score; 0 for what lies far off."""
    shifts = np.zeros(len(index.entries))
    topic = knowledge.topics[before.topic]
    later = frozenset(topic[topic.index(before.id) + 1 :])
    goes_on = not analysis.content and not analysis.question_words
    onward = dict(pairwise(topic)).get(before.id) if goes_on else None
    tells_itself = bool(analysis.question_words & {"when", "how-many", "how-long"}) and bool(before.figures)
    wanted = {_KINDS_ASKED[q] for q in analysis.question_words if q in _KINDS_ASKED}
    for number, entry in enumerate(index.entries):
        fact = knowledge.facts.get(entry)
        if fact is None:
            continue
        closeness = 0.0
        if share_paragraph(before, fact):
            closeness = draw.same_paragraph if len(fact.cites) == 1 else draw.same_paragraph / 2
        elif fact.id in before.related or before.id in fact.related:
            closeness = draw.related
        elif set(fact.names) & set(before.names):
            closeness = draw.shared_name
        elif fact.topic == before.topic:
            closeness = draw.same_topic
        if closeness and (fact.kind in wanted or ("when" in analysis.question_words and fact.date is not None)):
            closeness += draw.kind_fits
        if closeness and fact.id in later:
            closeness += draw.later
        if fact.id == before.id and not tells_itself:
            closeness += draw.again
        if fact.id == onward:
            closeness += draw.onward
        shifts[number] = closeness
    return shifts


def share_paragraph(one: Fact, other: Fact) -> bool:
    """Whether two facts stand on a common paragraph."""
    return bool({(c.source, c.paragraph) for c in one.cites} & {(c.source, c.paragraph) for c in other.cites})
