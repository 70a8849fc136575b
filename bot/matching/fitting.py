"""Fit the weights and thresholds of `model.json` on the development questions: `make fit`.

Three steps, each cross-validated by topic (questions about one topic are never judged by numbers fitted on that topic):

1. ranking: logistic regression on pairs (right entry − wrong entry) of features,
2. confidence: logistic regression on the cues of the best fact, right or not,
3. thresholds: the lowest confidence at which wrong answers and leaks stay within their limits.

The questions are our own, so the figures printed here flatter; they compare versions, they do not promise.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import yaml
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold

from bot.knowledge import default_root, load
from bot.knowledge.model import KnowledgeBase
from bot.language import Guess, normalise
from bot.matching.followup import Closeness
from bot.matching.index import DECOY, SMALL_TALK, Index, build_index
from bot.matching.matcher import Band, Matcher
from bot.matching.model import CUES, Model, load_model
from bot.matching.postings import Scores
from bot.matching.scoring import Scored, score
from bot.matching.terms import Analysis, analyse

FOLDS: Final = 5
WRONG_LIMIT: Final = 0.015
"""Share of answerable questions that may be answered wrongly."""
LEAK_LIMIT: Final = 0.065
"""Share of questions to be declined that may be answered."""
_NOTHING: Final = "nothing"


@dataclass(frozen=True)
class Question:
    """One development question and what would be right."""

    text: str
    language: str
    kind: str
    """answerable, declined or smalltalk."""
    facts: frozenset[str]
    """Facts that answer it."""
    style: str
    group: str
    """What it is about, for cross-validation."""


@dataclass(frozen=True)
class Read:
    """A question that has been analysed once."""

    question: Question
    analysis: Analysis
    guess: Guess


def read_questions(folder: Path, knowledge: KnowledgeBase) -> list[Question]:
    """All questions in `folder/<language>.yaml`. Raises KeyError when one names an unknown fact."""
    questions: list[Question] = []
    for path in sorted(folder.glob("*.yaml")):
        data: dict[str, list[dict[str, Any]]] = yaml.safe_load(path.read_text(encoding="utf-8"))
        for entry in data["answerable"]:
            accepted = frozenset(entry["facts"])
            topic = knowledge.facts[entry["facts"][0]].topic
            questions.append(Question(entry["q"], path.stem, "answerable", accepted, entry["style"], topic))
        for kind in ("declined", "smalltalk"):
            for number, entry in enumerate(data[kind]):
                style = entry.get("about") or entry["kind"]
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


def fit_ranking(reads: Sequence[Read], index: Index, knowledge: KnowledgeBase, weights: Scores) -> Scores:
    """Weights that put right entries first, starting from candidates chosen with `weights`."""
    pairs: list[Scores] = []
    for read in reads:
        scored = score(read.analysis, index, weights, language=read.guess.language)
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


def fit_confidence(cues: Scores, right: Sequence[bool]) -> tuple[Scores, float]:
    """Weights of the cues and the intercept."""
    found = LogisticRegression(C=1.0, max_iter=5000).fit(cues, right)
    return np.round(found.coef_[0], 4), round(float(found.intercept_[0]), 4)


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
        scored = score(read.analysis, index, weights, language=read.guess.language)
        facts = [i for i, e in enumerate(scored.entries) if index.entries[e] in knowledge.facts]
        lead = _small_talk_lead(scored, index)
        if not facts:
            judged.append(Judged(read.question, _NOTHING, False, np.zeros(len(CUES)), lead))
            continue
        best = index.entries[scored.entries[facts[0]]]
        right = read.question.kind == "answerable" and is_right(best, read.question, knowledge)
        judged.append(Judged(read.question, best, right, matcher.cues(scored, facts, read.analysis), lead))
    return judged


def _small_talk_lead(scored: Scored, index: Index) -> float:
    if len(scored.entries) and index.entries[scored.entries[0]].startswith(SMALL_TALK):
        return Matcher.small_talk_strength(scored)
    return -1.0


def choose_thresholds(judged: Sequence[Judged], confidences: Scores) -> tuple[float, float]:
    """(answer, suggest): as low as the limits on wrong answers and leaks allow."""
    answerable = np.array([j.question.kind == "answerable" for j in judged])
    right = np.array([j.right for j in judged])
    declined = np.array([j.question.kind == "declined" for j in judged])
    answer = 0.99
    for threshold in np.arange(0.20, 0.99, 0.005):
        taken = confidences >= threshold
        wrong = (taken & answerable & ~right).sum() / max(1, answerable.sum())
        leaked = (taken & declined).sum() / max(1, declined.sum())
        if wrong <= WRONG_LIMIT and leaked <= LEAK_LIMIT:
            answer = float(threshold)
            break
    suggest = answer
    for threshold in np.arange(answer, 0.02, -0.005):
        # a suggestion that helps is better than a refusal; one in four may be offered in vain
        if ((confidences >= threshold) & declined).sum() / max(1, declined.sum()) > 0.25:
            break
        suggest = float(threshold)
    return round(answer, 3), round(suggest, 3)


def choose_small_talk(judged: Sequence[Judged]) -> float:
    """The score that parts small talk from questions that only begin politely, with the fewest mistakes."""
    leads = [(j.small_talk_lead, j.question.kind == "smalltalk") for j in judged if j.small_talk_lead > 0]
    options = sorted({round(lead, 2) for lead, _ in leads}) or [1.0]
    return min(options, key=lambda t: sum((lead >= t) != talk for lead, talk in leads))


def fit(reads: Sequence[Read], index: Index, knowledge: KnowledgeBase, start: Model) -> Model:
    """All numbers from all of `reads`; confidence and thresholds from out-of-fold scores."""
    weights = np.array(start.weights)
    for _ in range(2):
        weights = fit_ranking(reads, index, knowledge, weights)
    model = replace(start, weights=tuple(map(float, weights)))
    judged = judge(reads, index, knowledge, model)
    relevant = [j for j in judged if j.question.kind != "smalltalk" and j.best != _NOTHING]
    cues = np.array([j.cues for j in relevant])
    right = [j.right for j in relevant]
    groups = [j.question.group for j in relevant]
    outside = np.zeros(len(relevant))
    for train, test in GroupKFold(FOLDS).split(cues, right, groups):
        fold_weights, fold_intercept = fit_confidence(cues[train], [right[i] for i in train])
        outside[test] = 1 / (1 + np.exp(-(cues[test] @ fold_weights + fold_intercept)))
    answer, suggest = choose_thresholds(relevant, outside)
    cue_weights, intercept = fit_confidence(cues, right)
    return replace(
        model,
        cue_weights=tuple(map(float, cue_weights)),
        intercept=intercept,
        answer=answer,
        suggest=suggest,
        small_talk=choose_small_talk(judged),
    )


_STEPS: Final[dict[str, tuple[float, ...]]] = {
    "echo": (0.0, 0.1, 0.2, 0.35, 0.5, 0.7),
    "same_paragraph": (0.2, 0.45, 0.7, 1.0, 1.4),
    "related": (0.0, 0.3, 0.6, 0.9),
    "shared_name": (0.0, 0.2, 0.4, 0.6),
    "same_topic": (0.0, 0.15, 0.3, 0.5),
    "kind_fits": (0.0, 0.25, 0.5, 0.8),
    "again": (-1.2, -0.8, -0.5, -0.35, -0.2, 0.0),
    "least": (0.4, 0.8, 1.2),
    "alone": (0.7, 0.8, 0.9, 0.95, 0.99),
    "alone_longer": (0.65, 0.7, 0.75, 0.8, 0.9),
    "small_talk": (0.7, 0.8, 0.9, 1.0),
}


@dataclass(frozen=True)
class FollowUp:
    """A question asked right after a fact was shown."""

    question: Question
    context: str
    fresh: bool
    """Complete in itself: the fact shown before must not matter."""


def read_follow_ups(folder: Path, knowledge: KnowledgeBase) -> list[FollowUp]:
    """All follow-ups in `folder/<language>.yaml`."""
    found = []
    for path in sorted(folder.glob("*.yaml")):
        for entry in yaml.safe_load(path.read_text(encoding="utf-8"))["followups"]:
            topic = knowledge.facts[entry["context"]].topic
            question = Question(entry["q"], path.stem, "answerable", frozenset(entry["facts"]), "followup", topic)
            found.append(FollowUp(question, entry["context"], entry.get("fresh", False)))
    return found


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


def fit_closeness(model: Model, index: Index, knowledge: KnowledgeBase, follow_ups: Sequence[FollowUp]) -> Model:
    """One number after the other, twice, each set to the step that answers most follow-ups."""

    def quality(candidate: Closeness) -> float:
        return follow_up_score(Matcher(knowledge, index, replace(model, closeness=candidate)), follow_ups)

    best = model.closeness
    reached = quality(best)
    for _ in range(2):
        for name, steps in _STEPS.items():
            for step in steps:
                candidate = replace(best, **{name: step})
                if (value := quality(candidate)) > reached:
                    best, reached = candidate, value
    return replace(model, closeness=best)


def evaluate(reads: Iterable[Read], matcher: Matcher) -> list[tuple[Question, Band, bool, float]]:
    """(question, band, whether the best fact is right, confidence) of each question."""
    rows = []
    for read in reads:
        match = matcher.match(read.question.text)
        right = bool(match.facts) and is_right(match.facts[0].fact, read.question, matcher.knowledge)
        rows.append((read.question, match.band, right and read.question.kind == "answerable", match.confidence))
    return rows


def report(rows: Sequence[tuple[Question, Band, bool, float]]) -> str:
    """A table by language: right and wrong of the answerable; answered of the rest; small talk taken as such."""
    lines = ["            n  right  wrong  first | declined: leaked | small talk"]
    for language in [*sorted({q.language for q, *_ in rows}), "all"]:
        mine = [r for r in rows if language in (r[0].language, "all")]
        asked = [r for r in mine if r[0].kind == "answerable"]
        refused = [r for r in mine if r[0].kind == "declined"]
        talk = [r for r in mine if r[0].kind == "smalltalk"]
        lines.append(
            f"{language:6}{len(asked):7}"
            + _share([r for r in asked if r[1] is Band.ANSWER and r[2]], asked)
            + _share([r for r in asked if r[1] is Band.ANSWER and not r[2]], asked)
            + _share([r for r in asked if r[2]], asked)
            + "  |"
            + _share([r for r in refused if r[1] is Band.ANSWER], refused)
            + "  |"
            + _share([r for r in talk if r[1] is Band.SMALL_TALK], talk)
        )
    scored = [(r[3], r[2]) for r in rows if r[0].kind != "smalltalk"]
    if len({right for _, right in scored}) == 2:
        lines.append(f"AUROC of confidence {roc_auc_score([r for _, r in scored], [c for c, _ in scored]):.3f}")
    return "\n".join(lines)


def _share(some: Sequence[object], all_: Sequence[object]) -> str:
    return f"{100 * len(some) / max(1, len(all_)):6.1f}"


def main(folder: Path) -> None:
    """Fit, print cross-validated figures, and write `model.json`."""
    knowledge = load(default_root(), normalise=normalise)
    index = build_index(knowledge)
    reads = []
    for question in read_questions(folder, knowledge):
        guess = index.identifier.identify(question.text)
        reads.append(Read(question, analyse(question.text, guess.language, index.lexis), guess))
    groups = [r.question.group for r in reads]
    rows: list[tuple[Question, Band, bool, float]] = []
    for train, test in GroupKFold(FOLDS).split(reads, groups=groups):
        model = fit([reads[i] for i in train], index, knowledge, load_model())
        rows += evaluate([reads[i] for i in test], Matcher(knowledge, index, model))
    sys.stdout.write(
        f"cross-validated by topic, {FOLDS} folds (own questions: these figures flatter)\n{report(rows)}\n\n"
    )
    follow_ups = read_follow_ups(folder, knowledge)
    model = fit(reads, index, knowledge, load_model())
    topics = [f.question.group for f in follow_ups]
    scores = []
    for train, test in GroupKFold(3).split(follow_ups, groups=topics):
        fitted = fit_closeness(model, index, knowledge, [follow_ups[i] for i in train])
        scores.append(follow_up_score(Matcher(knowledge, index, fitted), [follow_ups[i] for i in test]))
    sys.stdout.write(f"follow-ups, cross-validated by topic: {100 * float(np.mean(scores)):.1f} %\n")
    model = fit_closeness(model, index, knowledge, follow_ups)
    Path(__file__).with_name("model.json").write_text(model.dump(), encoding="utf-8")
    sys.stdout.write(f"fitted on all of them\n{report(evaluate(reads, Matcher(knowledge, index, model)))}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
