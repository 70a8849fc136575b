"""How often a method is right, wrong, and silent where it must be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.metrics import roc_auc_score, roc_curve

from bot.knowledge.model import KnowledgeBase
from bot.language import script_of
from bot.matching.fitting.questions import Question, is_right
from tests.bench.methods import Method


@dataclass(frozen=True)
class Quality:
    """Shares are percentages."""

    accuracy: dict[str, float]
    """By language and script: the best fact is right, whatever its score."""
    right: float
    """Answerable questions answered, and rightly, at the threshold."""
    wrong: float
    """Answerable questions answered wrongly at the threshold."""
    declined: float
    """Questions to be declined that were, at the threshold."""
    auroc: float
    """Scores of right answers above those of wrong ones and of questions to be declined."""
    fpr95: float
    """False positives where 95 % of the right answers are kept."""


def group(question: Question) -> str:
    """Language and script, such as "hi-Latin"."""
    return f"{question.language}-{script_of(question.text).capitalize()[:5]}"


def measure(method: Method, questions: Sequence[Question], knowledge: KnowledgeBase) -> Quality:
    """Quality over questions that must be answered or declined. A method without a threshold gets the kindest one:
    that which keeps 95 % of its right answers."""
    asked = [q for q in questions if q.kind in ("answerable", "declined")]
    answers = [method.answer(q.text) for q in asked]
    right = np.array(
        [
            q.kind == "answerable" and f is not None and is_right(f, q, knowledge)
            for q, (f, _) in zip(asked, answers, strict=True)
        ]
    )
    scores = np.array([score for _, score in answers])
    answerable = np.array([q.kind == "answerable" for q in asked])
    by_group: dict[str, float] = {}
    groups = np.array([group(q) for q in asked])
    for name in sorted(set(groups)):
        mine = answerable & (groups == name)
        if mine.sum() >= 10:
            by_group[name] = _percent(right[mine])
    rates, kept, _ = roc_curve(right, scores)
    threshold = method.threshold if method.threshold is not None else float(np.quantile(scores[right], 0.05))
    taken = scores >= threshold
    return Quality(
        by_group,
        _percent((taken & right)[answerable]),
        _percent((taken & ~right)[answerable]),
        _percent(~taken[~answerable]),
        float(roc_auc_score(right, scores)),
        _percent(np.array([rates[np.searchsorted(kept, 0.95)]])),
    )


def _percent(values: Any) -> float:
    return round(100 * float(np.mean(values)), 1) if len(values) else float("nan")
