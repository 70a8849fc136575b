"""From an analysed question to scored entries: candidates from the inverted index, about forty of them rescored.

Every piece of a score is a named feature between about 0 and 1 and the score is their weighted sum, so that
`explain` can show why an entry won.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Final

import numpy as np
from rapidfuzz import fuzz, process

from bot.matching.index import Index, asked, is_primary
from bot.matching.postings import Ints, Scores
from bot.matching.terms import Analysis, Token

ROWS: Final = 40
"""Phrasings that are rescored."""
_MUCH: Final = 20.0  # about five telling words
ENTRIES: Final = 12
"""Entries that are looked at for their phrasings as a whole, whichever single phrasing is near."""

FEATURES: Final = (
    "terms",  # cosine of the terms with the phrasing's
    "grams",  # cosine of the character n-grams with the phrasing's
    "question covered",  # part of the question's weight that the phrasing holds
    "phrasing covered",  # part of the phrasing's weight that the question holds
    "words alike",  # rapidfuzz's token_sort_ratio of the folded words
    "all phrasings: terms",  # cosine with the centroid of the entry's phrasings, in every language
    "all phrasings: grams",
    "mentioned",  # part of the question's weight that the entry holds anywhere, answers included
    "weight mentioned",  # the same in absolute terms: a long story holds much that no entry does
    "asks the same",  # question and phrasing share a question word
    "asks otherwise",  # both have question words, and share none
    "name missing",  # part of the names in the question that the entry knows nothing of
    "number missing",  # the same for numbers
    "same language",
)


@dataclass(frozen=True)
class Scored:
    """The candidate entries of one question, best first."""

    entries: np.ndarray[tuple[int], np.dtype[np.int64]]
    features: Scores
    """Entry × feature, of the entry's best phrasing."""
    scores: Scores
    rows: np.ndarray[tuple[int], np.dtype[np.int64]]
    """The best phrasing of each entry."""
    uncovered: Scores
    """Per entry: the most telling word of the question that the entry holds nothing of, 0…1."""


def score(
    analysis: Analysis,
    index: Index,
    weights: Scores,
    *,
    language: str | None = None,
    without_rows: Sequence[int] = (),
    also: Iterable[int] = (),
) -> Scored:
    """The entries that the question may ask for, scored with `weights` (one for each of `FEATURES`).

    `without_rows` leaves phrasings out: fitting asks for them as if they were not known. The entries in `also` are
    candidates whatever the question says.
    """
    known = [(t, index.terms[t], w) for t, w in analysis.terms.items() if t in index.terms]
    keys = [key for _, key, _ in known]
    weighed = index.idf[keys] * np.array([w for _, _, w in known])
    primary = np.array([is_primary(t) for t, _, _ in known], dtype=np.float64)
    unknown = [(w * index.unknown_idf, t) for t, w in analysis.terms.items() if t not in index.terms]
    total = float(weighed @ primary) + sum(w for w, t in unknown if is_primary(t)) or 1.0
    norm = math.sqrt(float(weighed @ weighed) + sum(w * w for w, _ in unknown)) or 1.0

    hits = index.row_terms.lookup(keys)
    terms = hits.dot(weighed / norm)
    terms *= index.row_scale
    grams, gram_weights = _gram_weights(analysis, index)
    # in half precision, as the worth of everything else is kept
    gram_scores = index.row_grams.count(grams, gram_weights * index.gram_idf[grams].astype(np.float16))
    gram_scores *= index.row_gram_scale
    entry_terms = index.entry_terms.dot(keys, weighed / norm)
    entry_grams = index.entry_grams.dot(grams, gram_weights)
    weight, mentioned, uncovered = _mentioned(analysis.tokens, index)

    rough = terms + gram_scores
    if len(without_rows):
        rough[list(without_rows)] = -1.0
    rows = _candidates(rough, 0.5 * entry_terms + 0.5 * entry_grams + mentioned, index, also)
    if not len(rows):
        empty = np.empty(0, dtype=np.int64)
        return Scored(empty, np.empty((0, len(FEATURES))), np.empty(0), empty, np.empty(0))
    entries = index.row_entry[rows]

    near = hits.within(rows)
    phrasings = [index.row_folded[r] for r in rows.tolist()]
    asks = asked(analysis, index.kinds)
    row_asks = index.row_asks[rows]
    names = _missing("n:", analysis, index, entries) + _missing("o:", analysis, index, entries)
    alike = process.cdist([analysis.folded], phrasings, scorer=fuzz.token_sort_ratio)[0]
    columns = (
        terms[rows],
        gram_scores[rows],
        near.count(weighed * primary) / total,
        near.dot(primary) / index.row_total[rows],
        alike / 100,
        entry_terms[entries],
        entry_grams[entries],
        mentioned[entries],
        np.minimum(1.0, weight[entries] / _MUCH),
        (row_asks & asks) != 0,
        ((row_asks & asks) == 0) & (row_asks != 0) & (asks != 0),
        names,
        _missing("d:", analysis, index, entries),
        [index.row_language[r] == language for r in rows.tolist()],
    )
    matrix = np.empty((len(rows), len(FEATURES)))
    for place, column in enumerate(columns):  # numpy takes longer to find out what it could make of all of them
        matrix[:, place] = column
    totals = matrix @ weights
    order = np.argsort(-totals, kind="stable")
    first: dict[int, int] = {}
    for place, entry in zip(order.tolist(), entries[order].tolist(), strict=True):
        first.setdefault(entry, place)
    best = np.array(list(first.values()))
    return Scored(entries[best].astype(np.int64), matrix[best], totals[best], rows[best], uncovered[entries[best]])


def _gram_weights(analysis: Analysis, index: Index) -> tuple[list[int], Scores]:
    """The n-grams that something holds, and their weights in a question of length 1."""
    grams = np.array(list(dict.fromkeys(analysis.grams)), dtype=np.int64)
    weights = index.gram_idf[grams].astype(np.float64)
    held = weights > 0
    # an n-gram that nothing holds still lengthens the question
    strange = (len(grams) - np.count_nonzero(held)) * index.unknown_idf**2
    norm = math.sqrt(float(weights @ weights) + strange) or 1.0
    return grams[held].tolist(), weights[held] / norm


def _mentioned(tokens: Iterable[Token], index: Index) -> tuple[Scores, Scores, Scores]:
    """Per entry: weight and part of the question's words that it holds, and the most telling one that it does not."""
    size = len(index.entries)
    content = [token for token in tokens if not token.bare]
    if not content:
        return np.zeros(size), np.zeros(size), np.zeros(size)
    keys = [[index.terms[t] for t in token.terms if t in index.terms] for token in content]
    idf = iter(index.idf[list(chain.from_iterable(keys))].tolist())
    telling = (max(islice(idf, len(own)), default=index.unknown_idf) for own in keys)
    weights = np.array([t.emphasis * worth for t, worth in zip(content, telling, strict=True)])
    hits = index.entry_mentions.lookup(list(chain.from_iterable(keys)), budget=math.inf)
    # token × entry: the token's worth there, by whichever of its terms the entry holds it best
    best = np.zeros(len(content) * size, dtype=hits.values.dtype)  # numpy has no fast way for mixed types
    owners = np.repeat(np.arange(len(content)) * size, [len(own) for own in keys])
    np.maximum.at(best, owners[hits.keys] + hits.rows, hits.values)
    worth = best.reshape(-1, size) * np.array([[token.similarity] for token in content])
    held = weights @ worth
    worst = (weights[:, None] * (1 - worth)).max(axis=0)
    return held, held / (float(weights.sum()) or 1.0), worst / index.unknown_idf


def _missing(mark: str, analysis: Analysis, index: Index, entries: Ints) -> Scores:
    """Per candidate: the part of the question's terms of one kind that its entry does not mention."""
    wanted = [t for t in analysis.terms if t.startswith(mark)]
    if not wanted:
        return np.zeros(len(entries))
    missing = np.zeros(len(index.entries))
    for term in wanted:
        key = index.terms.get(term)
        # what half of the entries speak of is easily left unsaid
        absent = np.full(len(index.entries), 1.0 if key is None else float(index.idf[key]) / index.unknown_idf)
        if key is not None:
            span = slice(int(index.entry_mentions.starts[key]), int(index.entry_mentions.starts[key + 1]))
            absent[index.entry_mentions.rows[span]] = 0.0
        missing += absent
    return missing[entries] / len(wanted)


def _candidates(
    rough: Scores, entry_scores: Scores, index: Index, also: Iterable[int]
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """The rows worth rescoring: the roughly best, and the best one of each entry that looks good as a whole."""
    top = _highest(rough, ROWS)
    chosen = set(top[rough[top] > 0].tolist())
    for entry in {*_highest(entry_scores, ENTRIES).tolist(), *also}:
        span = index.rows_of(int(entry))
        if len(span):
            row = span.start + int(rough[span.start : span.stop].argmax())
            if rough[row] >= 0:
                chosen.add(row)
    return np.array(sorted(chosen), dtype=np.int64)


def _highest(scores: Scores, count: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """The places of the `count` highest scores, or of all where there are fewer, in no particular order."""
    few = min(count, len(scores))
    return (-scores).argpartition(few - 1)[:few]
