"""`make bench`: prints the tables. Figures, not verdicts: nothing here fails a build."""

from __future__ import annotations

from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from bot.assistant import build_assistant
from bot.knowledge import KnowledgeBase, default_root, load
from bot.language import normalise
from bot.matching import Matcher, build_index
from bot.matching.fitting.questions import read_questions
from tests.bench import delivery
from tests.bench.cost import enlarged, median_and_p95, milliseconds, program, timings
from tests.bench.methods import Method, our_matcher, shelf_methods
from tests.bench.quality import Quality, measure

QUESTIONS = Path(__file__).parent.parent / "questions"

SAMPLE = 900
"""Development questions at least that are asked: some methods take long for each."""


def main() -> None:
    """Print quality and cost of every method that is installed."""
    console = Console(width=200, highlight=False)
    seconds, mebibytes = program()
    assistant = build_assistant()
    matcher = assistant.matcher
    knowledge = load(default_root(), normalise=normalise)
    everything = read_questions(QUESTIONS, knowledge)
    questions = everything[:: max(1, len(everything) // SAMPLE)]
    phrasings = [
        (fact, phrasing)
        for language in knowledge.languages.values()
        for fact, text in language.texts.items()
        for phrasing in text.questions
    ]
    methods = [our_matcher(matcher), *shelf_methods(phrasings)]
    console.print(
        f"{len(questions)} of {len(everything)} development questions over {len(phrasings)} phrasings of"
        f" {len(knowledge.facts)} facts.\n"
        "The questions are our own, and weights and thresholds of revolution-bot were fitted on them: its figures here"
        " flatter. `make fit` prints them cross-validated by topic.\n"
    )
    console.print(_quality_table([(m, measure(m, questions, knowledge)) for m in methods]))
    sample = [q.text for q in questions][:: max(1, len(questions) // 150)]
    taken = timings(methods, sample)
    base = median_and_p95(taken["WRatio"])[0]
    table = Table("method", "median ms", "p95 ms", "of WRatio's median", box=box.SIMPLE, title="time a question")
    for method in methods:
        median, p95 = median_and_p95(taken[method.name])
        table.add_row(method.name, f"{median:.2f}", f"{p95:.2f}", f"1/{base / median:.0f}" if median else "–")
    console.print(table)
    console.print(_growth(matcher, knowledge, sample, taken["revolution-bot"]))
    console.print(delivery.report(assistant, [q.text for q in everything if q.kind == "answerable"]))
    console.print(f"`ask`, whole program: {seconds:.2f} s from start to answer, {mebibytes:.0f} MiB at the peak")


def _quality_table(rows: list[tuple[Method, Quality]]) -> Table:
    groups = sorted({g for _, quality in rows for g in quality.accuracy})
    table = Table("method", *groups, "right", "wrong", "declined", "AUROC", "FPR@95", box=box.SIMPLE)
    table.title = (
        "best fact right (%) by language and script; at the threshold: answered rightly, wrongly, declined (%)"
    )
    for method, quality in rows:
        table.add_row(
            method.name,
            *(f"{quality.accuracy.get(g, float('nan')):.1f}" for g in groups),
            *(f"{v:.1f}" for v in (quality.right, quality.wrong, quality.declined)),
            f"{quality.auroc:.3f}",
            f"{quality.fpr95:.1f}",
        )
    return table


def _growth(matcher: Matcher, knowledge: KnowledgeBase, sample: list[str], now: list[float]) -> str:
    long = "how long did the ministers get to give up the palace " * 80
    longest = median_and_p95([milliseconds(lambda: matcher.match(long[:4096])) for _ in range(30)])[0]
    larger = enlarged(knowledge, 10)
    # a question costs the same however well was learnt, and ten times the base takes forty times as long to learn from
    tenfold = Matcher(larger, build_index(larger, epochs=1), matcher.model)
    for question in sample:  # the other one has been asked before, too, and knows what their words say
        tenfold.match(question)
    grown = [milliseconds(lambda q=q: tenfold.match(q)) for q in sample]  # type: ignore[misc]
    ratio = median_and_p95(grown)[0] / median_and_p95(now)[0]
    return f"a 4,096-character message: {longest:.2f} ms; ten times the knowledge base: {ratio:.2f} times the median"


if __name__ == "__main__":
    main()
