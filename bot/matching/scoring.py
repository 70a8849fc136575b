"""From an analysed question to scored entries: the likely ones, then the phrasings of those.

Every piece of a score is a named feature between about 0 and 1 and the score is their weighted sum, so that
`explain` can show why an entry won.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain
from typing import Final

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from bot.matching.arrays import Floats, Places, Scores
from bot.matching.index import LITTLE, MENTION, Index, asked, is_primary
from bot.matching.terms import Analysis, Token

ENTRIES: Final = 12
"""Entries whose phrasings are looked at."""
ROUGHLY: Final = 48
"""Phrasings of these that are compared by their n-grams, beside all in the question's own language, and of those"""
ROWS: Final = 24
"""the ones that are compared in full, beside the best one of each entry."""
_MUCH: Final = 20.0  # about five telling words

FEATURES: Final = (
    "learnt",  # what terms and n-grams say for the entry, after what was learnt from all phrasings
    "terms",  # cosine of the terms with the phrasing's
    "grams",  # cosine of the character n-grams with the phrasing's
    "question covered",  # part of the question's weight that the phrasing holds
    "phrasing covered",  # part of the phrasing's weight that the question holds
    "words alike",  # rapidfuzz's token_sort_ratio of the folded words
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

    entries: Places
    features: Scores
    """Entry × feature, of the entry's best phrasing."""
    scores: Scores
    rows: Places
    """The best phrasing of each entry."""
    uncovered: Scores
    """Per entry: the most telling word of the question that the entry holds nothing of, 0…1."""


@dataclass(frozen=True)
class Compared:
    """A question beside the phrasings that it was compared with."""

    rows: Places
    entries: Places
    """Per phrasing, what it asks for."""
    features: Scores
    """Phrasing × feature."""
    uncovered: Scores
    """As in `Scored`, per phrasing."""

    def score(self, weights: Scores) -> Scored:
        """The entries by their best phrasings, with a weight for each of `FEATURES`."""
        totals = self.features @ weights
        order = np.argsort(-totals, kind="stable")
        first: dict[int, int] = {}
        for place, entry in zip(order.tolist(), self.entries[order].tolist(), strict=True):
            first.setdefault(entry, place)
        best = np.array(list(first.values()))
        return Scored(self.entries[best], self.features[best], totals[best], self.rows[best], self.uncovered[best])


def compare(analysis: Analysis, index: Index, *, language: str | None = None, near: Scores | None = None) -> Compared:
    """The question beside the phrasings of the entries that it may ask for.

    `near` has one number for each entry: as many candidates again are chosen as if these were added to what the
    question says. The features themselves know nothing of it.
    """
    told = _tell(analysis, index)
    learnt = index.classifier.scores(told.features, told.worth)
    weight, mentioned, uncovered = _mentioned(analysis.tokens, index)
    likely = learnt + mentioned
    chosen = np.sort(_highest(likely, ENTRIES))
    if near is not None:
        chosen = np.union1d(chosen, _highest(likely + near, ENTRIES))
    home = index.languages.index(language) if language in index.languages else -1
    rows, likeness = _candidates(chosen, told, index, home)
    entries = index.row_entry[rows].astype(np.int64)

    held = index.row_terms.take(rows)
    values, shared = index.row_terms.values_of(held), told.terms[held.keys]
    primary = told.primary[held.keys]
    asks = asked(analysis, index.kinds)
    row_asks = index.row_asks[rows]
    phrasings = [index.row_folded[r] for r in rows.tolist()]
    alike = process.cdist([analysis.folded], phrasings, scorer=fuzz.token_sort_ratio)[0]
    columns = (
        learnt[entries],
        held.sums(shared * values) / index.row_norm[rows],
        likeness,
        held.sums(primary) / told.total,
        held.sums(values * (primary > 0)) / index.row_total[rows],
        alike / 100,
        mentioned[entries],
        np.minimum(1.0, weight[entries] / _MUCH),
        (row_asks & asks) != 0,
        ((row_asks & asks) == 0) & (row_asks != 0) & (asks != 0),
        _missing("n", analysis, index, entries) + _missing("o", analysis, index, entries),
        _missing("d", analysis, index, entries),
        index.row_language[rows] == home,
    )
    matrix = np.empty((len(rows), len(FEATURES)))
    for place, column in enumerate(columns):  # numpy takes longer to find out what it could make of all of them
        matrix[:, place] = column
    return Compared(rows, entries, matrix, uncovered[entries])


@dataclass(frozen=True)
class _Told:
    """What a question says, in the numbers of an index."""

    features: list[int]
    worth: Scores
    """Terms and n-grams for the classifier, and how much each counts."""
    terms: Floats
    """Per term of the index, its weight in a question of length 1."""
    primary: Floats
    """The same before the length was made 1, and only for what counts in coverage."""
    total: float
    """The sum of these, words that the index does not hold included."""
    grams: Floats
    """Per n-gram, its weight in a question of length 1 times its weight in a phrasing."""


def _tell(analysis: Analysis, index: Index) -> _Told:
    known = [(t, index.terms[t], w) for t, w in analysis.terms.items() if t in index.terms]
    keys = [key for _, key, _ in known]
    weighed = index.idf[keys].astype(np.float64) * [w for _, _, w in known]
    unknown = [(w * index.unknown_idf, t) for t, w in analysis.terms.items() if t not in index.terms]
    counted = weighed * [is_primary(t) for t, _, _ in known]
    # what nothing holds still lengthens the question
    length = math.sqrt(float(weighed @ weighed) + sum(w * w for w, _ in unknown)) or 1.0
    terms = np.zeros(len(index.terms), dtype=np.float32)
    terms[keys] = weighed / length
    primary = np.zeros(len(index.terms), dtype=np.float32)
    primary[keys] = counted
    total = float(counted.sum()) + sum(w for w, t in unknown if is_primary(t)) or 1.0

    said = list(dict.fromkeys(analysis.grams))
    telling = index.gram_idf[said].astype(np.float64)
    strange = (len(said) - np.count_nonzero(telling)) * index.unknown_idf**2
    gram_worth = telling / (math.sqrt(float(telling @ telling) + strange) or 1.0)
    grams = np.zeros(len(index.gram_idf), dtype=np.float32)
    grams[said] = gram_worth * telling
    features = [*keys, *(len(index.terms) + gram for gram in said)]
    worth = np.concatenate((weighed / math.hypot(length, LITTLE), gram_worth))
    return _Told(features, worth, terms, primary, total, grams)


def _mentioned(tokens: Iterable[Token], index: Index) -> tuple[Scores, Scores, Scores]:
    """Per entry: weight and part of the question's words that it holds, and the most telling one that it does not."""
    size = len(index.entries)
    content = [token for token in tokens if not token.bare]
    if not content:
        return np.zeros(size), np.zeros(size), np.zeros(size)
    keys = [[index.terms[t] for t in token.terms if t in index.terms] for token in content]
    telling = [max((index.idf_of[k] for k in own), default=index.unknown_idf) for own in keys]
    weights = np.array([t.emphasis * worth for t, worth in zip(content, telling, strict=True)])
    worth = np.zeros((len(content), size))
    some = [number for number, own in enumerate(keys) if own]
    if some:
        flat = list(chain.from_iterable(keys))
        # a word is worth what its best term is
        firsts = [0, *accumulate(len(keys[number]) for number in some[:-1])]
        degrees = index.mentions.rows(flat) + index.often.rows(flat)
        best = np.maximum.reduceat(degrees, firsts)
        worth[some] = np.array((0.0, MENTION, 1.0))[best] * [[content[number].similarity] for number in some]
    held = weights @ worth
    worst = (weights[:, None] * (1 - worth)).max(axis=0)
    return held, held / (float(weights.sum()) or 1.0), worst / index.unknown_idf


def _missing(mark: str, analysis: Analysis, index: Index, entries: Places) -> Scores:
    """Per candidate: the part of the question's terms of one kind that its entry does not mention."""
    wanted = [t for t in analysis.terms if t[0] == mark]
    missing = np.zeros(len(entries))
    for term in wanted:
        key = index.terms.get(term)
        if key is None:
            missing += 1.0
        else:
            # what half of the entries speak of is easily left unsaid
            missing += index.idf_of[key] / index.unknown_idf * (1.0 - index.mentions.rows([key])[0][entries])
    return missing / (len(wanted) or 1)


def _candidates(entries: Places, told: _Told, index: Index, home: int) -> tuple[Places, Floats]:
    """The phrasings of some entries that are worth comparing, and how their n-grams are like the question's.

    They are the roughly best of all, and the roughly best one of each entry. `home` is the question's language: a
    greeting has no terms to be found by.
    """
    starts, ends = index.entry_starts[entries].tolist(), index.entry_starts[entries + 1].tolist()
    held = index.row_terms.take_stretches(starts, ends)
    worth = told.terms[held.keys]
    worth *= index.row_terms.values_of(held)
    rows = np.concatenate(list(map(np.arange, starts, ends)))
    rough = held.sums(worth) / index.row_norm[rows]
    looked_at = _with_best(rough, [b - a for a, b in zip(starts, ends, strict=True)], ROUGHLY)
    looked_at |= index.row_language[rows] == home
    rows = rows[looked_at]
    grams = index.row_grams.take(rows)
    likeness = grams.sums(told.grams[grams.keys]) / index.row_gram_norm[rows]
    _, counts = np.unique(index.row_entry[rows], return_counts=True)
    few = _with_best(rough[looked_at] + likeness, counts.tolist(), ROWS)
    return rows[few], likeness[few]


def _with_best(scores: Scores, lengths: Sequence[int], count: int) -> NDArray[np.bool_]:
    """Which scores are among the highest, or the highest in their stretch of the given lengths."""
    chosen = np.zeros(len(scores), dtype=np.bool_)
    chosen[_highest(scores, count)] = True
    position = 0
    for length in lengths:
        chosen[position + int(scores[position : position + length].argmax())] = True
        position += length
    return chosen


def _highest(scores: Scores | Floats, count: int) -> Places:
    """The places of the `count` highest scores, or of all where there are fewer, in no particular order."""
    few = min(count, len(scores))
    return (-scores).argpartition(few - 1)[:few]
