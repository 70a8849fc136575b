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
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold

from bot.knowledge import default_root, load
from bot.knowledge.model import KnowledgeBase
from bot.language import Guess, normalise
from bot.matching.followup import Closeness
from bot.matching.index import DECOY, SMALL_TALK, Index, build_index
from bot.matching.matcher import Band, Matcher
from bot.matching.model import CUES, FOLLOW_UP_CUES, Model, load_model
from bot.matching.postings import Scores
from bot.matching.scoring import FEATURES, Scored, score
from bot.matching.terms import Analysis, analyse

FOLDS: Final = 5
_COUNTING_AGAINST: Final = {"asks otherwise", "name missing", "number missing"}
WRONG_LIMIT: Final = 0.011
"""Share of answerable questions that may be answered wrongly."""
LEAK_LIMIT: Final = 0.05
"""Share of questions to be declined that may be answered."""
VAIN_LIMIT: Final = 0.2
"""Share of questions to be declined that may be met with suggestions or worse."""
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


_FALLING: Final = {
    "uncovered word",
    "name missing",
    "number missing",
    "asks otherwise",
    "outsider",
    "unknown words",
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
        (None, None) if n in _FREE else (None, 0.0) if n in _FALLING or n == "decoy leads" else (0.0, None)
        for n in names
    ]

    def loss(point: Scores) -> tuple[float, Scores]:
        margin = goal * (cues @ point[:-1] + point[-1])
        pull = -goal / (1 + np.exp(np.clip(margin, -40, 40)))
        value = float(np.logaddexp(0, -margin).sum() + _RIDGE * (point[:-1] ** 2).sum())
        return value, np.append(cues.T @ pull + 2 * _RIDGE * point[:-1], pull.sum())

    found = minimize(loss, np.zeros(len(names) + 1), jac=True, bounds=[*bounds, (None, None)], method="L-BFGS-B").x
    return np.round(found[:-1], 4), round(float(found[-1]), 4)


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
        weights = _rank([reads[i] for i in train], index, knowledge)
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
        weights=tuple(map(float, _rank(reads, index, knowledge))),
        cue_weights=tuple(map(float, cue_weights)),
        intercept=intercept,
        answer=answer,
        suggest=suggest,
        small_talk=choose_small_talk(outside),
    )


def _rank(reads: Sequence[Read], index: Index, knowledge: KnowledgeBase) -> Scores:
    weights = np.array([-0.3 if name in _COUNTING_AGAINST else 0.5 for name in FEATURES])
    for _ in range(3):
        weights = fit_ranking(reads, index, knowledge, weights)
    return weights


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
    "small_talk": (0.7, 0.8, 0.9, 1.0),
}
_SHORT: Final = 6  # words of a message that may lean on the one before


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


def strange_follow_ups(folder: Path, knowledge: KnowledgeBase) -> list[FollowUp]:
    """Short questions that must be declined, asked after facts about the same names and after others."""
    facts = list(knowledge.facts.values())
    found = []
    for number, question in enumerate(q for q in read_questions(folder, knowledge) if q.kind == "declined"):
        if len(question.text.split()) <= _SHORT:
            for step in (7 * number, 7 * number + 131):
                fact = facts[step % len(facts)]
                found.append(FollowUp(replace(question, group=fact.topic), fact.id, False))
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

    def first_is_right(candidate: Closeness) -> float:
        matcher = Matcher(knowledge, index, replace(model, closeness=candidate))
        return sum(_rank_follow_up(matcher, f)[1] for f in asked)

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
    judged = [_rank_follow_up(matcher, f) for f in (*asked, *strange)]
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


def _rank_follow_up(matcher: Matcher, follow_up: FollowUp) -> tuple[Scores, float]:
    """The cues, and 1 or ½ or 0 for the best of the facts near the one before."""
    alone = matcher.match(follow_up.question.text)
    ranked, cues = matcher.follow_up(alone, matcher.knowledge.facts[follow_up.context])
    if not ranked or follow_up.question.kind != "answerable":
        return cues, 0.0
    right = is_right(ranked[0].fact, follow_up.question, matcher.knowledge)
    return cues, 0.5 * right + 0.5 * (ranked[0].fact in follow_up.question.facts)


def choose_clause(reads: Sequence[Read], index: Index, knowledge: KnowledgeBase, model: Model) -> float:
    """How much surer a clause of a long message must be: right answers won against wrong ones, which count thrice."""

    def gain(extra: float) -> float:
        rows = evaluate(
            [r for r in reads if len(r.analysis.tokens) > _SHORT],
            Matcher(knowledge, index, replace(model, clause=extra)),
        )
        answered = [(q, right) for q, band, right, _ in rows if band is Band.ANSWER]
        return sum(1.0 if right else -3.0 for _, right in answered)

    return max((0.3, 0.25, 0.2, 0.15, 0.1, 0.05), key=gain)


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
    model = fit(reads, index, knowledge, load_model())
    model = replace(model, clause=choose_clause(reads, index, knowledge, model))
    follow_ups, strange = read_follow_ups(folder, knowledge), strange_follow_ups(folder, knowledge)
    scores, leaked = [], []
    topics = sorted({f.question.group for f in follow_ups})
    for held_out in (topics[::3], topics[1::3], topics[2::3]):
        inside = [[f for f in some if f.question.group not in held_out] for some in (follow_ups, strange)]
        matcher = Matcher(knowledge, index, fit_conversation(model, index, knowledge, *inside))
        scores.append(follow_up_score(matcher, [f for f in follow_ups if f.question.group in held_out]))
        leaked.append(leaks(matcher, [f for f in strange if f.question.group in held_out]))
    sys.stdout.write(
        f"follow-ups, cross-validated by topic: {100 * float(np.mean(scores)):.1f} % right,"
        f" {100 * float(np.mean(leaked)):.1f} % of those to be declined answered\n"
    )
    model = fit_conversation(model, index, knowledge, follow_ups, strange)
    Path(__file__).with_name("model.json").write_text(model.dump(), encoding="utf-8")
    sys.stdout.write(f"fitted on all of them\n{report(evaluate(reads, Matcher(knowledge, index, model)))}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
