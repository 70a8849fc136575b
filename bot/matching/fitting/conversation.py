"""Fitting how follow-ups are answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from bot.knowledge.model import KnowledgeBase
from bot.matching.arrays import Scores
from bot.matching.fitting.questions import FollowUp, is_right
from bot.matching.fitting.regression import fit_confidence
from bot.matching.followup import Closeness
from bot.matching.index import Index
from bot.matching.matcher import Band, Match, Matcher
from bot.matching.model import FOLLOW_UP_CUES, Model

_STEPS: Final[dict[str, tuple[float, ...]]] = {
    "echo": (0.0, 0.1, 0.2, 0.35, 0.5, 0.7),
    "same_paragraph": (0.2, 0.45, 0.7, 1.0, 1.4),
    "related": (0.0, 0.3, 0.6, 0.9),
    "shared_name": (0.0, 0.2, 0.4, 0.6),
    "same_topic": (0.0, 0.15, 0.3, 0.5),
    "kind_fits": (0.0, 0.25, 0.5, 0.8),
    "again": (-1.2, -0.8, -0.5, -0.35, -0.2, 0.0),
    "later": (0.0, 0.1, 0.2),
    "onward": (0.3, 0.6, 1.0),
}
_DOORS: Final[dict[str, tuple[float, ...]]] = {
    "alone": (0.7, 0.8, 0.9, 0.95, 0.99),
    "alone_longer": (0.65, 0.7, 0.75, 0.8, 0.9),
    "small_talk": (0.8, 0.9, 1.0, 1.1, 1.2),
}


def follow_up_score(matcher: Matcher, follow_ups: Sequence[FollowUp]) -> float:
    """Mean over follow-ups: 1 for an exact answer, ½ for another fact that answers, 0 else; fresh ones count thrice."""
    total = 0.0
    weights = 0.0
    for follow_up in follow_ups:
        weight = 3.0 if follow_up.fresh else 1.0
        weights += weight
        match = matcher.match(follow_up.question.text, context=follow_up.context)
        if match.band is Band.ANSWER:
            best = match.facts[0].fact
            total += weight * 0.5 * is_right(best, follow_up.question, matcher.knowledge)
            total += weight * 0.5 * (best in follow_up.question.facts)
    return total / max(1.0, weights)


def leaks(matcher: Matcher, strange: Sequence[FollowUp]) -> float:
    """Share of strange follow-ups that are answered."""
    answered = [matcher.match(f.question.text, context=f.context).band is Band.ANSWER for f in strange]
    return sum(answered) / max(1, len(answered))


def fit_conversation(
    model: Model, index: Index, knowledge: KnowledgeBase, follow_ups: Sequence[FollowUp], strange: Sequence[FollowUp]
) -> Model:
    """Closeness one number after the other, twice, each set to the step that ranks most follow-ups right; then
    confidence, on follow-ups and strange ones."""
    asked = [f for f in follow_ups if not f.fresh]
    reader = Matcher(knowledge, index, model)
    alone = {text: reader.match(text) for text in {f.question.text for f in (*asked, *strange)}}

    def first_is_right(candidate: Closeness) -> float:
        matcher = Matcher(knowledge, index, replace(model, closeness=candidate))
        return sum(_rank_follow_up(matcher, f, alone[f.question.text])[1] for f in asked)

    best = model.closeness
    reached = first_is_right(best)
    for _ in range(2):
        for name, steps in _STEPS.items():
            for step in steps:
                candidate = replace(best, **{name: step})
                if (value := first_is_right(candidate)) > reached:
                    best, reached = candidate, value
    model = replace(model, closeness=best)
    matcher = Matcher(knowledge, index, model)
    judged = [_rank_follow_up(matcher, f, alone[f.question.text]) for f in (*asked, *strange)]
    weights, intercept = fit_confidence(
        np.array([cues for cues, _ in judged]), [right >= 0.5 for _, right in judged], FOLLOW_UP_CUES
    )
    model = replace(model, follow_up_weights=tuple(map(float, weights)), follow_up_intercept=intercept)

    def quality(candidate: Closeness) -> float:
        tried = Matcher(knowledge, index, replace(model, closeness=candidate))
        return follow_up_score(tried, follow_ups) - leaks(tried, strange)

    for name, steps in _DOORS.items():
        best = max((replace(model.closeness, **{name: step}) for step in steps), key=quality)
        model = replace(model, closeness=best)
    return model


def _rank_follow_up(matcher: Matcher, follow_up: FollowUp, alone: Match) -> tuple[Scores, float]:
    """The cues, and 1 or ½ or 0 for the best of the facts near the one before."""
    ranked, cues = matcher.follow_up(alone, matcher.knowledge.facts[follow_up.context])
    if not ranked or follow_up.question.kind != "answerable":
        return cues, 0.0
    right = is_right(ranked[0].fact, follow_up.question, matcher.knowledge)
    return cues, 0.5 * right + 0.5 * (ranked[0].fact in follow_up.question.facts)
