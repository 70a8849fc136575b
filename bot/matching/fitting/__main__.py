"""`python -m bot.matching.fitting FOLDER`: fit, print cross-validated figures, write `model.json`."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from sklearn.model_selection import GroupKFold

from bot.knowledge import default_root, load
from bot.language import normalise
from bot.matching.fitting.conversation import fit_conversation, follow_up_score, leaks
from bot.matching.fitting.questions import FOLDS, Question, read, read_follow_ups, read_questions, strange_follow_ups
from bot.matching.fitting.report import evaluate, report
from bot.matching.fitting.standalone import fit
from bot.matching.index import build_index
from bot.matching.matcher import Band, Matcher
from bot.matching.model import load_model


def main(folder: Path) -> None:
    """Fit, print cross-validated figures, and write `model.json`."""
    knowledge = load(default_root(), normalise=normalise)
    index = build_index(knowledge)
    reads = [read(question, index) for question in read_questions(folder, knowledge)]
    groups = [r.question.group for r in reads]
    rows: list[tuple[Question, Band, bool, float]] = []
    for train, test in GroupKFold(FOLDS).split(reads, groups=groups):
        model = fit([reads[i] for i in train], index, knowledge, load_model())
        rows += evaluate([reads[i] for i in test], Matcher(knowledge, index, model))
    sys.stdout.write(
        f"cross-validated by topic, {FOLDS} folds (own questions: these figures flatter)\n{report(rows)}\n\n"
    )
    model = fit(reads, index, knowledge, load_model())
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
    (Path(__file__).parent.parent / "model.json").write_text(model.dump(), encoding="utf-8")
    sys.stdout.write(f"fitted on all of them\n{report(evaluate(reads, Matcher(knowledge, index, model)))}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
