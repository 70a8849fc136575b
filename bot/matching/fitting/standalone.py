"""Fitting how single questions are answered: ranking, confidence, thresholds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from sklearn.model_selection import GroupKFold

from bot.knowledge.model import KnowledgeBase
from bot.matching.arrays import Scores
from bot.matching.fitting.questions import FOLDS, Question, Read, is_right
from bot.matching.fitting.regression import fit_confidence, rank
from bot.matching.index import SMALL_TALK, Index
from bot.matching.matcher import Matcher
from bot.matching.model import CUES, Model
from bot.matching.scoring import Scored
from bot.matching.terms import Analysis

WRONG_LIMIT: Final = 0.02
"""Share of answerable questions that may be answered wrongly."""
LEAK_LIMIT: Final = 0.05
"""Share of questions to be declined that may be answered."""
NEAR_LIMIT: Final = 0.2
"""The same of those that were written to be hard."""
VAIN_LIMIT: Final = 0.2
"""Share of questions to be declined that may be met with suggestions or worse."""
_NOTHING: Final = "nothing"


@dataclass(frozen=True)
class Judged:
    """What became of one question."""

    question: Question
    best: str
    """The best fact, or the kind of entry that beat all facts."""
    right: bool
    cues: Scores
    small_talk_lead: float
    """Likeness to the best small talk if nothing beats it, else −1."""


def judge(reads: Iterable[Read], index: Index, knowledge: KnowledgeBase, model: Model) -> list[Judged]:
    """Rank the questions with the weights of `model`."""
    matcher = Matcher(knowledge, index, model)
    weights = np.array(model.weights)
    judged = []
    for read in reads:
        scored = read.compared.score(weights)
        facts = matcher.facts_among(scored)
        lead = _small_talk_lead(scored, read.analysis, matcher)
        if not facts:
            judged.append(Judged(read.question, _NOTHING, False, np.zeros(len(CUES)), lead))
            continue
        best = index.entries[scored.entries[facts[0]]]
        right = read.question.kind == "answerable" and is_right(best, read.question, knowledge)
        judged.append(Judged(read.question, best, right, matcher.cues(scored, facts, read.analysis), lead))
    return judged


def _small_talk_lead(scored: Scored, analysis: Analysis, matcher: Matcher) -> float:
    if matcher.index.marks[scored.entries[0]] == SMALL_TALK:
        return matcher.small_talk_strength(scored, analysis)
    return -1.0


def choose_thresholds(judged: Sequence[Judged], confidences: Scores) -> tuple[float, float]:
    """(answer, suggest): as low as the limits on wrong answers and leaks allow."""
    answerable = np.array([j.question.kind == "answerable" for j in judged])
    right = np.array([j.right for j in judged])
    declined, near = (np.array([j.question.kind == kind for j in judged]) for kind in ("declined", "near"))
    answer = 0.99
    for threshold in np.arange(0.20, 0.99, 0.005):
        taken = confidences >= threshold
        wrong = (taken & answerable & ~right).sum() / max(1, answerable.sum())
        leaked, misled = ((taken & some).sum() / max(1, some.sum()) for some in (declined, near))
        if wrong <= WRONG_LIMIT and leaked <= LEAK_LIMIT and misled <= NEAR_LIMIT:
            answer = float(threshold)
            break
    suggest = answer
    for threshold in np.arange(answer, 0.02, -0.005):
        # a suggestion that helps is better than a refusal; so many may be offered in vain
        if ((confidences >= threshold) & declined).sum() / max(1, declined.sum()) > VAIN_LIMIT:
            break
        suggest = float(threshold)
    return round(answer, 3), round(suggest, 3)


def choose_small_talk(judged: Sequence[Judged]) -> float:
    """The score that parts small talk from questions that only begin politely, with the fewest mistakes."""
    leads = [(j.small_talk_lead, j.question.kind == "smalltalk") for j in judged if j.small_talk_lead > 0]
    options = sorted({round(lead, 2) for lead, _ in leads}) or [1.0]
    mistakes = [sum((lead >= t) != talk for lead, talk in leads) for t in options]
    equally_good = [t for t, wrong in zip(options, mistakes, strict=True) if wrong <= min(mistakes) + 1]
    return equally_good[len(equally_good) // 2]


def fit(reads: Sequence[Read], index: Index, knowledge: KnowledgeBase, start: Model) -> Model:
    """All numbers but those of conversations. Confidence and thresholds come from questions left out of the ranking."""
    outside: list[Judged] = []
    groups = [r.question.group for r in reads]
    for train, test in GroupKFold(FOLDS).split(reads, groups=groups):
        weights = rank([reads[i] for i in train], index, knowledge)
        ranked = replace(start, weights=tuple(map(float, weights)))
        outside += judge([reads[i] for i in test], index, knowledge, ranked)
    relevant = [j for j in outside if j.question.kind != "smalltalk" and j.best != _NOTHING]
    cues = np.array([j.cues for j in relevant])
    right = [j.right for j in relevant]
    confidences = np.zeros(len(relevant))
    for train, test in GroupKFold(FOLDS).split(cues, right, [j.question.group for j in relevant]):
        fold_weights, fold_intercept = fit_confidence(cues[train], [right[i] for i in train])
        confidences[test] = 1 / (1 + np.exp(-(cues[test] @ fold_weights + fold_intercept)))
    answer, suggest = choose_thresholds(relevant, confidences)
    cue_weights, intercept = fit_confidence(cues, right)
    return replace(
        start,
        weights=tuple(map(float, rank(reads, index, knowledge))),
        cue_weights=tuple(map(float, cue_weights)),
        intercept=intercept,
        answer=answer,
        suggest=suggest,
        small_talk=choose_small_talk(outside),
    )
