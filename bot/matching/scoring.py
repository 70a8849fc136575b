"""From an analysed question to scored entries: the likely ones, then the phrasings of those.

Every piece of a score is a named feature between about 0 and 1 and the score is their weighted sum, so that
`explain` can show why an entry won.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from bot.matching.arrays import Floats, Phrasings, Places, Scores, highest
from bot.matching.index import LITTLE, MENTION, Index, asked, is_primary, pairs
from bot.matching.terms import GRAM_BUCKETS, Analysis, Token

ENTRIES: Final = 8
"""Entries whose phrasings are looked at, and"""
FACTS: Final = 4
"""so many facts, if there are less of them among these: as many as may be suggested."""
ROWS: Final = 24
"""Phrasings of these that are compared word by word, beside the best one of each entry."""
_MUCH: Final = 20.0  # about five telling words
_DEGREES: Final = np.array((0.0, MENTION, 1.0), dtype=np.float32)

FEATURES: Final = (
    "learnt",  # what terms and n-grams say for the entry, after what was learnt from all phrasings
    "terms",  # cosine of the terms with the phrasing's
    "grams",  # cosine of the character n-grams with the phrasing's
    "question covered",  # part of the question's weight that the phrasing holds
    "phrasing covered",  # part of the phrasing's weight that the question holds
    "words alike",  # rapidfuzz's ratio of the folded words, in their order
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

    `language`: of the question; where it is known, the phrasings in it are enough, but of an entry without any all are
    looked at.
    `near` has one number for each entry: as many candidates again are chosen as if these were added to what the
    question says. The features themselves know nothing of it.
    """
    told = _tell(analysis, index)
    learnt = index.classifier.scores(told.features, told.worth)
    words = _Words.of(analysis.tokens, index)
    likely = learnt + words.mentioned
    chosen = _likeliest([likely] if near is None else [likely, likely + near], index)
    some = Phrasings.of([index.phrasings(entry, language) for entry in chosen.tolist()])
    norms, gram_norms, totals = some.lengths
    slots = told.slots.take(some.terms)
    shared, primary = told.terms.take(slots), told.primary.take(slots)
    like = some.sums(shared * some.weights) / norms
    gram_like = some.gram_sums(told.grams.take(some.grams)) / gram_norms
    few = some.highest(like + gram_like, ROWS)
    rows, part = some.rows.take(few), some.part.take(few)
    entries = chosen.take(part)

    asks, row_asks = asked(analysis, index.kinds), index.row_asks.take(rows)
    same = (row_asks & asks) != 0
    phrasings = [index.row_folded[row] for row in rows.tolist()]
    columns = (
        learnt.take(entries),
        like.take(few),
        gram_like.take(few),
        some.sums(primary).take(few) / told.total,
        (some.sums(some.weights * (primary > 0)) / totals).take(few),
        process.cdist([analysis.folded], phrasings, scorer=fuzz.ratio)[0] / 100,
        words.mentioned.take(entries),
        np.minimum(1.0, words.weight.take(entries) / _MUCH),
        same,
        (row_asks != 0) & ~same if asks else 0.0,
        _missing("no", analysis, index, chosen).take(part),
        _missing("d", analysis, index, chosen).take(part),
    )
    matrix = np.empty((len(rows), len(FEATURES)))
    for place, column in enumerate(columns):  # numpy takes longer to find out what it could make of all of them
        matrix[:, place] = column
    return Compared(rows, entries, matrix, words.uncovered(chosen).take(part))


def _likeliest(scales: Iterable[Scores], index: Index) -> Places:
    """The entries that are high on one of some scales, in the order of the index."""
    chosen = np.zeros(len(index.entries), dtype=np.bool_)
    for scale in scales:
        best = highest(scale, ENTRIES)
        chosen[best] = True
        if np.count_nonzero(index.is_fact.take(best)) < FACTS:
            chosen[index.facts.take(highest(scale.take(index.facts), FACTS))] = True
    return np.flatnonzero(chosen)


@dataclass(frozen=True)
class _Told:
    """What a question says, in the numbers of an index."""

    features: Places
    worth: Scores
    """Terms, n-grams and pairs for the classifier, and how much each counts."""
    slots: NDArray[np.uint16]
    """Per term of the index, its place in the two that follow; 0, where there is nothing, for all that is not said."""
    terms: Floats
    """The weights of what is said, in a question of length 1."""
    primary: Floats
    """The same before the length was made 1, and only for what counts in coverage."""
    total: float
    """The sum of these, words that the index does not hold included."""
    grams: Floats
    """Per n-gram, its weight in a question of length 1 times its weight in a phrasing."""


def _tell(analysis: Analysis, index: Index) -> _Told:
    keys: list[int] = []
    weighed: list[float] = []
    counted: list[float] = [0.0]
    squares = total = 0.0
    idf, unknown_idf = index.idf_of, index.unknown_idf
    for term, weight in analysis.terms.items():
        key = index.terms.get(term)
        # what nothing holds still lengthens the question
        worth_of = weight * (unknown_idf if key is None else idf[key])
        counts = worth_of if is_primary(term) else 0.0
        squares += worth_of * worth_of
        total += counts
        if key is not None:
            keys.append(key)
            weighed.append(worth_of)
            counted.append(counts)
    length = math.sqrt(squares) or 1.0
    said = np.array(keys, dtype=np.int64)
    slots = np.zeros(len(index.terms), dtype=np.uint16)
    slots[said] = np.arange(1, len(keys) + 1)
    worths = np.array([0.0, *weighed])

    said_grams = np.array(analysis.grams, dtype=np.int64)
    telling = index.gram_idf.take(said_grams)
    gram_worth = telling / (math.sqrt(float(index.gram_squares.take(said_grams).sum())) or 1.0)
    grams = np.zeros(len(index.gram_idf), dtype=np.float32)
    grams[said_grams] = gram_worth * telling
    shown = worths / math.hypot(length, LITTLE)
    beside = pairs(keys, index.kind_terms)
    paired = np.array([pair for pair, _ in beside], dtype=np.int64)
    senses = slots.take([sense for _, sense in beside])
    features = np.concatenate((said, said_grams + len(index.terms), paired + (len(index.terms) + GRAM_BUCKETS)))
    worth = np.concatenate((shown[1:], gram_worth, shown.take(senses)))
    terms, primary = (worths / length).astype(np.float32), np.array(counted, dtype=np.float32)
    return _Told(features, worth, slots, terms, primary, total or 1.0, grams)


@dataclass(frozen=True)
class _Words:
    """What the entries hold of a question's content words."""

    worth: Floats
    """Word × entry: how much of the word the entry holds, 0…1."""
    weights: Floats
    """How telling each word is, where it stands."""
    weight: Floats
    """Per entry: the weight of the words that it holds."""
    mentioned: NDArray[np.floating[Any]]
    """Per entry: the part of all weight that it holds."""
    unknown: float
    """The most telling that a word can be."""

    @classmethod
    def of(cls, tokens: Iterable[Token], index: Index) -> _Words:
        content = [token for token in tokens if not token.bare]
        known = [index.holders(token.terms) for token in content]
        holders = np.array([held for _, held in known], dtype=np.uint8).reshape(len(content), len(index.entries))
        likeness = np.array([token.similarity for token in content], dtype=np.float32)
        worth = _DEGREES.take(holders, mode="clip") * likeness[:, None]
        telling = [token.emphasis * telling for token, (telling, _) in zip(content, known, strict=True)]
        weights = np.array(telling, dtype=np.float32)
        weight = weights @ worth
        return cls(worth, weights, weight, weight / (float(weights.sum()) or 1.0), index.unknown_idf)

    def uncovered(self, entries: Places) -> Scores:
        """Of some entries: the most telling word that each does not hold, 0…1."""
        lacking = self.weights[:, None] * (1 - self.worth.take(entries, axis=1))
        return np.asarray(lacking.max(axis=0, initial=0.0) / self.unknown)


def _missing(marks: str, analysis: Analysis, index: Index, entries: Places) -> Scores:
    """Per entry: the part of the question's terms of some kinds that it does not mention."""
    missing = np.zeros(len(entries))
    wanted = [term for term in analysis.terms if term[0] in marks]
    for term in wanted:
        key = index.terms.get(term)
        if key is None:
            missing += 1.0
        else:
            # what half of the entries speak of is easily left unsaid
            missing += index.idf_of[key] / index.unknown_idf * (index.holders((term,))[1].take(entries) == 0)
    return missing / (len(wanted) or 1)
