"""What became of the questions, as a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from sklearn.metrics import roc_auc_score

from bot.matching.fitting.questions import Question, Read, is_right
from bot.matching.matcher import Band, Matcher


def evaluate(reads: Iterable[Read], matcher: Matcher) -> list[tuple[Question, Band, bool, float]]:
    """(question, band, whether the best fact is right, confidence) of each question."""
    rows = []
    for read in reads:
        match = matcher.judge(read.compared.score(np.array(matcher.model.weights)), read.analysis, read.guess)
        right = bool(match.facts) and is_right(match.facts[0].fact, read.question, matcher.knowledge)
        rows.append((read.question, match.band, right and read.question.kind == "answerable", match.confidence))
    return rows


def report(rows: Sequence[tuple[Question, Band, bool, float]]) -> str:
    """A table by language: right and wrong of the answerable; answered of what must be declined; small talk found."""
    lines = ["            n  right  wrong  first | leaked   near | small talk"]
    for language in [*sorted({q.language for q, *_ in rows}), "all"]:
        mine = [r for r in rows if language in (r[0].language, "all")]
        asked = [r for r in mine if r[0].kind == "answerable"]
        refused, near = ([r for r in mine if r[0].kind == kind] for kind in ("declined", "near"))
        talk = [r for r in mine if r[0].kind == "smalltalk"]
        lines.append(
            f"{language:6}{len(asked):7}"
            + _share([r for r in asked if r[1] is Band.ANSWER and r[2]], asked)
            + _share([r for r in asked if r[1] is Band.ANSWER and not r[2]], asked)
            + _share([r for r in asked if r[2]], asked)
            + "  |"
            + _share([r for r in refused if r[1] is Band.ANSWER], refused)
            + _share([r for r in near if r[1] is Band.ANSWER], near)
            + "  |"
            + _share([r for r in talk if r[1] is Band.SMALL_TALK], talk)
        )
    scored = [(r[3], r[2]) for r in rows if r[0].kind != "smalltalk"]
    if len({right for _, right in scored}) == 2:
        lines.append(f"AUROC of confidence {roc_auc_score([r for _, r in scored], [c for c, _ in scored]):.3f}")
    return "\n".join(lines)


def _share(some: Sequence[object], all_: Sequence[object]) -> str:
    return f"{100 * len(some) / max(1, len(all_)):6.1f}"
