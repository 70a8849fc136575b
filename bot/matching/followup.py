"""Questions that lean on the answer before them: "and when?", "who was he?", "kab?", "എന്തിന്?"."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from bot.knowledge.model import Fact, KnowledgeBase
from bot.matching.index import Index
from bot.matching.postings import Scores
from bot.matching.terms import Analysis, weigh

_CONTENT_WORDS: Final = 4  # a question with more of its own words stands alone
_ECHO: Final = 0.35  # weight in a follow-up of what the fact before it was about

# How much closer facts are in a conversation, on the scale of scores.
_SAME_PARAGRAPH: Final = 0.45
_RELATED: Final = 0.3
_SHARED_NAME: Final = 0.2
_SAME_TOPIC: Final = 0.15
_KIND_FITS: Final = 0.25
_AGAIN: Final = -0.35  # the same fact once more is seldom what people want

_KINDS_ASKED: Final = {"who": "person", "where": "place", "why": "cause"}


def is_elliptical(analysis: Analysis, before: Fact) -> bool:
    """Whether a question may lean on `before`: few words of its own, and no name that `before` is not about."""
    content = [t for t in analysis.tokens if not t.function and not any(s.startswith("q:") for s in t.senses)]
    if len(content) > _CONTENT_WORDS or not analysis.tokens:
        return False
    strange = analysis.names - set(before.names)
    return not strange and not any(t.startswith("o:") for t in analysis.terms)


def in_context(analysis: Analysis, before: Fact, title: Analysis) -> Analysis:
    """The question with an echo of what was answered before: its names and the words of its title."""
    terms = weigh(analysis.tokens)
    echoes = [*(f"n:{name}" for name in before.names), *(t for t in title.terms if t[0] in "cnw")]
    for term in echoes:
        terms.setdefault(term, _ECHO)
    return replace(analysis, terms=terms)


def shift(before: Fact, analysis: Analysis, knowledge: KnowledgeBase, index: Index) -> Scores:
    """Per entry, what closeness to `before` adds to its score; 0 for what lies far off."""
    shifts = np.zeros(len(index.entries))
    wanted = {_KINDS_ASKED[q] for q in analysis.question_words if q in _KINDS_ASKED}
    for number, entry in enumerate(index.entries):
        fact = knowledge.facts.get(entry)
        if fact is None:
            continue
        closeness = 0.0
        if share_paragraph(before, fact):
            closeness = _SAME_PARAGRAPH if len(fact.cites) == 1 else _SAME_PARAGRAPH / 2
        elif fact.id in before.related or before.id in fact.related:
            closeness = _RELATED
        elif set(fact.names) & set(before.names):
            closeness = _SHARED_NAME
        elif fact.topic == before.topic:
            closeness = _SAME_TOPIC
        if closeness and (fact.kind in wanted or ("when" in analysis.question_words and fact.date is not None)):
            closeness += _KIND_FITS
        if fact.id == before.id:
            closeness += _AGAIN
        shifts[number] = closeness
    return shifts


def share_paragraph(one: Fact, other: Fact) -> bool:
    """Whether two facts stand on a common paragraph."""
    return bool({(c.source, c.paragraph) for c in one.cites} & {(c.source, c.paragraph) for c in other.cites})
