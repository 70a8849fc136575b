"""The two regressions: what ranks entries, and what makes sure of a fact."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from bot.knowledge.model import KnowledgeBase
from bot.matching.arrays import Scores
from bot.matching.fitting.questions import Question, Read, is_right
from bot.matching.index import DECOY, SMALL_TALK, Index
from bot.matching.model import CUES
from bot.matching.scoring import FEATURES

_COUNTING_AGAINST: Final = {"name missing", "number missing"}


def rank(reads: Sequence[Read], index: Index, knowledge: KnowledgeBase) -> Scores:
    """Weights of the features, from nothing: which phrasing of an entry is best depends on them, so three rounds."""
    weights = np.array([-0.3 if name in _COUNTING_AGAINST else 0.5 for name in FEATURES])
    for _ in range(3):
        weights = fit_ranking(reads, index, knowledge, weights)
    return weights


def fit_ranking(reads: Sequence[Read], index: Index, knowledge: KnowledgeBase, weights: Scores) -> Scores:
    """Weights that put right entries first, starting from phrasings chosen with `weights`."""
    pairs: list[Scores] = []
    for read in reads:
        scored = read.compared.score(weights)
        right = [i for i, e in enumerate(scored.entries) if _fits(index.entries[e], read.question, knowledge)]
        exact = [i for i in right if index.entries[scored.entries[i]] in read.question.facts] or right
        wrong = [i for i in range(len(scored.entries)) if i not in right][:6]
        pairs += [(scored.features[r] - scored.features[w]) / len(exact[:2]) for r in exact[:2] for w in wrong]
    if not pairs:
        return weights
    differences = np.array(pairs)
    samples = np.vstack((differences, -differences))
    labels = np.concatenate((np.ones(len(pairs)), np.zeros(len(pairs))))
    found = LogisticRegression(C=0.3, fit_intercept=False, max_iter=2000).fit(samples, labels).coef_[0]
    # scores are only compared, so their scale is free: keep a perfect match near 5
    positive = found[found > 0].sum()
    return np.asarray(np.round(found * 5 / positive, 4))


def _fits(entry: str, question: Question, knowledge: KnowledgeBase) -> bool:
    if question.kind == "answerable":
        return entry in knowledge.facts and is_right(entry, question, knowledge)
    if question.kind == "smalltalk":
        return entry == SMALL_TALK + question.style
    return entry.startswith(DECOY)


_FALLING: Final = {
    "uncovered word",
    "uncovered of few",
    "name missing",
    "number missing",
    "outsider",
    "no figure",
    "decoy leads",
}
"""Cues that may only lower confidence; all others may only raise it, but for those in `_FREE`."""
_FREE: Final = {"few words", "bare"}
_RIDGE: Final = 0.5


def fit_confidence(cues: Scores, right: Sequence[bool], names: Sequence[str] = CUES) -> tuple[Scores, float]:
    """Weights of the cues and the intercept: ridge logistic regression with the sign of each weight given.

    Cues go hand in hand, and without signs the regression would trade one against another: a question would seem the
    surer the less of it is told.
    """
    goal = np.where(np.asarray(right), 1.0, -1.0)
    bounds: list[tuple[float | None, float | None]] = [
        (None, None) if n in _FREE else (None, 0.0) if n in _FALLING else (0.0, None) for n in names
    ]

    def loss(point: Scores) -> tuple[float, Scores]:
        margin = goal * (cues @ point[:-1] + point[-1])
        pull = -goal / (1 + np.exp(np.clip(margin, -40, 40)))
        value = float(np.logaddexp(0, -margin).sum() + _RIDGE * (point[:-1] ** 2).sum())
        return value, np.append(cues.T @ pull + 2 * _RIDGE * point[:-1], pull.sum())

    found = minimize(loss, np.zeros(len(names) + 1), jac=True, bounds=[*bounds, (None, None)], method="L-BFGS-B").x
    return np.round(found[:-1], 4), round(float(found[-1]), 4)
