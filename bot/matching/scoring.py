"""From an analysed question to scored entries: the likely ones, then the phrasings of those.

Every piece of a score is a named feature between about 0 and 1 and the score is their weighted sum, so that
`explain` can show why an entry won.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from bot.matching.arrays import Floats, Places, Scores
from bot.matching.index import LITTLE, MENTION, Index, asked, is_primary
from bot.matching.terms import Analysis, Token

ENTRIES: Final = 12
"""Entries whose phrasings are looked at."""
ROWS: Final = 24
"""Phrasings of these that are compared word by word, beside the best one of each entry."""
_MUCH: Final = 20.0  # about five telling words
_DEGREES: Final = np.array((0.0, MENTION, 1.0))

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

    `language`: of the question; where it is known, the phrasings in it are enough, for every entry has some in each.
    `near` has one number for each entry: as many candidates again are chosen as if these were added to what the
    question says. The features themselves know nothing of it.
    """
    told = _tell(analysis, index)
    learnt = index.classifier.scores(told.features, told.worth)
    words = _Words.of(analysis.tokens, index)
    likely = learnt + words.mentioned
    chosen = np.sort(_highest(likely, ENTRIES))
    if near is not None:
        chosen = np.union1d(chosen, _highest(likely + near, ENTRIES))
    looked_at = index.stretches(chosen, language)
    rows = looked_at.rows
    held, grams = index.row_terms.take(looked_at), index.row_grams.take(looked_at)
    values, shared, primary = index.row_terms.values_of(held), told.terms.take(held.keys), told.primary.take(held.keys)
    like = held.sums(shared * values) / index.row_norm.take(rows)
    gram_like = grams.sums(told.grams.take(grams.keys)) / index.row_gram_norm.take(rows)
    few = _with_best(like + gram_like, looked_at.lengths.tolist(), ROWS)
    covered, covering = held.sums(primary)[few], held.sums(values * (primary > 0))[few]
    rows, places = rows[few], looked_at.number[few]
    entries = chosen[places]

    asks, row_asks = asked(analysis, index.kinds), index.row_asks[rows]
    phrasings = [index.row_folded[r] for r in rows.tolist()]
    alike = process.cdist([analysis.folded], phrasings, scorer=fuzz.token_sort_ratio)[0]
    columns = (
        learnt[entries],
        like[few],
        gram_like[few],
        covered / told.total,
        covering / index.row_total[rows],
        alike / 100,
        words.mentioned[entries],
        np.minimum(1.0, words.weight[entries] / _MUCH),
        (row_asks & asks) != 0,
        ((row_asks & asks) == 0) & (row_asks != 0) & (asks != 0),
        (_missing("n", analysis, index, chosen) + _missing("o", analysis, index, chosen))[places],
        _missing("d", analysis, index, chosen)[places],
    )
    matrix = np.empty((len(rows), len(FEATURES)))
    for place, column in enumerate(columns):  # numpy takes longer to find out what it could make of all of them
        matrix[:, place] = column
    return Compared(rows, entries, matrix, words.uncovered(chosen)[places])


@dataclass(frozen=True)
class _Told:
    """What a question says, in the numbers of an index."""

    features: Places
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
    keys: list[int] = []
    weighed: list[float] = []
    counted: list[float] = []
    squares = total = 0.0
    for term, weight in analysis.terms.items():
        key = index.terms.get(term)
        # what nothing holds still lengthens the question
        worth = weight * (index.unknown_idf if key is None else index.idf_of[key])
        counts = worth if is_primary(term) else 0.0
        squares += worth * worth
        total += counts
        if key is not None:
            keys.append(key)
            weighed.append(worth)
            counted.append(counts)
    terms = np.zeros(len(index.terms), dtype=np.float32)
    terms[keys] = np.array(weighed) / (math.sqrt(squares) or 1.0)
    primary = np.zeros(len(index.terms), dtype=np.float32)
    primary[keys] = counted

    said = np.array(list(dict.fromkeys(analysis.grams)), dtype=np.int64)
    telling = index.gram_idf[said].astype(np.float64)
    strange = (len(said) - np.count_nonzero(telling)) * index.unknown_idf**2
    gram_worth = telling / (math.sqrt(float(telling @ telling) + strange) or 1.0)
    grams = np.zeros(len(index.gram_idf), dtype=np.float32)
    grams[said] = gram_worth * telling
    features = np.concatenate((np.array(keys, dtype=np.int64), said + len(index.terms)))
    worth_of = np.concatenate((np.array(weighed) / math.hypot(math.sqrt(squares), LITTLE), gram_worth))
    return _Told(features, worth_of, terms, primary, total or 1.0, grams)


@dataclass(frozen=True)
class _Words:
    """What the entries hold of a question's content words."""

    worth: Scores
    """Word × entry: how much of the word the entry holds, 0…1."""
    weights: Scores
    """How telling each word is, where it stands."""
    unknown: float
    """The most telling that a word can be."""

    @classmethod
    def of(cls, tokens: Iterable[Token], index: Index) -> _Words:
        content = [token for token in tokens if not token.bare]
        known = [index.holders(token.terms) for token in content]
        holders = np.array([held for _, held in known], dtype=np.uint8).reshape(len(content), len(index.entries))
        likeness = np.array([token.similarity for token in content], dtype=np.float64)
        worth = _DEGREES.take(holders, mode="clip") * likeness[:, None]
        weights = [token.emphasis * telling for token, (telling, _) in zip(content, known, strict=True)]
        return cls(worth, np.array(weights), index.unknown_idf)

    @cached_property
    def weight(self) -> Scores:
        """Per entry: the weight of the words that it holds."""
        return self.weights @ self.worth

    @cached_property
    def mentioned(self) -> Scores:
        """Per entry: the part of all weight that it holds."""
        return self.weight / (float(self.weights.sum()) or 1.0)

    def uncovered(self, entries: Places) -> Scores:
        """Of some entries: the most telling word that each does not hold, 0…1."""
        lacking = self.weights[:, None] * (1 - self.worth[:, entries])
        return np.asarray(lacking.max(axis=0, initial=0.0) / self.unknown)


def _missing(mark: str, analysis: Analysis, index: Index, entries: Places) -> Scores:
    """Per entry: the part of the question's terms of one kind that it does not mention."""
    missing = np.zeros(len(entries))
    wanted = [term for term in analysis.terms if term[0] == mark]
    for term in wanted:
        key = index.terms.get(term)
        if key is None:
            missing += 1.0
        else:
            # what half of the entries speak of is easily left unsaid
            missing += index.idf_of[key] / index.unknown_idf * (index.holders((term,))[1].take(entries) == 0)
    return missing / (len(wanted) or 1)


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
