"""What a question costs: time in one run for all methods, memory and start-up of the whole program."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from bot.knowledge.model import KnowledgeBase, Language
from tests.bench.methods import Method


def timings(methods: Sequence[Method], questions: Sequence[str], rounds: int = 3) -> dict[str, list[float]]:
    """Milliseconds of every question by method, in one run; the methods take turns, each with all the questions."""
    taken: dict[str, list[float]] = {m.name: [] for m in methods}
    for _ in range(rounds):
        for method in methods:
            for question in questions:
                taken[method.name].append(milliseconds(partial(method.answer, question)))
    return taken


def milliseconds(action: Callable[[], object]) -> float:
    """How long one call takes."""
    begin = time.perf_counter()
    action()
    return (time.perf_counter() - begin) * 1000


def median_and_p95(values: Sequence[float]) -> tuple[float, float]:
    """The two figures that budgets are given in."""
    return float(np.median(values)), float(np.quantile(values, 0.95))


def program() -> tuple[float, float]:
    """(seconds, MiB at the peak) of `python -m bot ask`, with its compiled forms kept from a run before."""
    code = (
        "import resource, subprocess, sys;"
        "subprocess.run([sys.executable, '-m', 'bot', 'ask', 'who was Kishkin'], stdout=-3, check=True);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-m", "bot", "ask", "who was Kishkin"], check=True, stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - begin
    peak = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    return seconds, float(peak)


def enlarged(knowledge: KnowledgeBase, times: int) -> KnowledgeBase:
    """The knowledge base `times` over: every copy's facts under ids of their own, with a word of their own each."""
    facts = dict(knowledge.facts)
    languages: dict[str, Language] = {}
    for copy in range(1, times):
        facts |= {f"{i}-{copy}": fact.model_copy(update={"id": f"{i}-{copy}"}) for i, fact in knowledge.facts.items()}
    for code, language in knowledge.languages.items():
        texts = dict(language.texts)
        for copy in range(1, times):
            for fact, text in language.texts.items():
                questions = tuple(f"{q} {_word(copy)}" for q in text.questions)
                texts[f"{fact}-{copy}"] = text.model_copy(update={"questions": questions})
        languages[code] = language.model_copy(update={"texts": texts})
    return knowledge.model_copy(update={"facts": facts, "languages": languages})


def _word(number: int) -> str:
    return "zu" + "".join("bdgklmnprt"[int(digit)] + "o" for digit in str(number))


__all__ = ["enlarged", "median_and_p95", "milliseconds", "program", "timings"]
