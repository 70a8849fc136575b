"""From an analysed question to scored entries: the likely ones, then the phrasings of those.

Every piece of a score is a named feature between about 0 and 1 and the score is their weighted sum, so that
`explain` can show why an entry won.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from bot.matching.arrays import Floats, Keys, Phrasings, Places, Scores, highest
from bot.matching.index import FIFTHS, LITTLE, Index, asked, is_primary, pairs
from bot.matching.terms import GRAM_BUCKETS, Analysis, Token

ENTRIES: Final = 8
"""Entries whose phrasings are looked at, and"""
FACTS: Final = 4
"""so many facts, if there are less of them among these: as many as may be suggested."""
ROWS: Final = 24
"""Phrasings of these that are compared word by word, beside the best one of each entry."""
_MUCH: Final = 20.0  # about five telling words

FEATURES: Final = (
    # of the entry
    "learnt",  # what terms and n-grams say for it, after what was learnt from all phrasings
    "mentioned",  # part of the question's weight that it holds anywhere, answers included
    "weight mentioned",  # the same in absolute terms: a long story holds much that no entry does
    "name missing",  # part of the names in the question that it knows nothing of
    "number missing",  # the same for numbers
    # of its best phrasing
    "question covered",  # part of the question's weight that the phrasing holds
    "grams",  # cosine of the character 4-grams with the phrasing's
    "words alike",  # rapidfuzz's ratio of the folded words, in their order
    "asks the same",  # question and phrasing share a question word
)
OF_ENTRY: Final = 5
"""So many of them are the entry's, the same beside each of its phrasings."""


@dataclass(frozen=True, eq=False)
class Scored:
    """The candidate entries of one question, best first."""

    entries: Places
    features: Scores
    """Entry × feature, of the entry's best phrasing."""
    scores: Scores
    rows: Keys
    """The best phrasing of each entry."""
    uncovered: Scores
    """Per entry: the most telling word of the question that the entry holds nothing of, 0…1."""
    weights: Scores
    """Of the features."""

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Scored):
            return NotImplemented
        return all(np.array_equal(getattr(self, each.name), getattr(other, each.name)) for each in fields(self))

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True)
class Compared:
    """A question beside the phrasings that it was compared with."""

    rows: Keys
    entries: Places
    """Per phrasing, what it asks for."""
    features: Scores
    """Phrasing × feature."""
    uncovered: Scores
    """As in `Scored`, per phrasing."""

    def score(self, weights: Scores) -> Scored:
        """The entries by their best phrasings, with a weight for each of `FEATURES`."""
        totals = self.features @ weights
        order = (-totals).argsort(kind="stable")
        first: dict[int, int] = {}
        for place, entry in zip(order.tolist(), self.entries.take(order).tolist(), strict=True):
            first.setdefault(entry, place)
        best = np.array([*first.values()])
        return Scored(
            self.entries.take(best),
            self.features.take(best, axis=0),
            totals.take(best),
            self.rows.take(best),
            self.uncovered.take(best),
            weights,
        )


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
    covered = some.sums(told.terms.take(some.terms))
    gram_like = some.gram_sums(told.grams.take(some.grams)) / some.gram_lengths
    few = some.highest(covered + gram_like, ROWS)
    rows, part = some.rows.take(few), some.part.take(few)

    phrasings = [index.row_folded[row] for row in rows.tolist()]
    # numpy takes longer to find out what it could make of all the rows than to fill one after the other
    of_entries, features = np.empty((OF_ENTRY, len(chosen))), np.empty((len(FEATURES), len(rows)))
    for place, values in enumerate(
        (
            learnt.take(chosen),
            words.mentioned.take(chosen),
            np.minimum(1.0, words.weight.take(chosen) / _MUCH),
            _missing("no", analysis, index, chosen),
            _missing("d", analysis, index, chosen),
        )
    ):
        of_entries[place] = values
    features[:OF_ENTRY] = of_entries.take(part, axis=1)
    for place, values in enumerate(
        (
            covered.take(few),
            gram_like.take(few),
            process.cdist([analysis.folded], phrasings, scorer=fuzz.ratio)[0] / 100,
            index.row_asks.take(rows) & asked(analysis, index.kinds) != 0,
        ),
        OF_ENTRY,
    ):
        features[place] = values
    return Compared(rows, chosen.take(part), features.T, words.uncovered(chosen).take(part))


def _likeliest(scales: Iterable[Scores], index: Index) -> Places:
    """The entries that are high on one of some scales, in the order of the index."""
    chosen = np.zeros(len(index.entries), dtype=np.bool_)
    for scale in scales:
        best = highest(scale, ENTRIES)
        chosen[best] = True
        if np.count_nonzero(index.is_fact.take(best)) < FACTS:
            chosen[index.facts.take(highest(scale.take(index.facts), FACTS))] = True
    return chosen.nonzero()[0]


@dataclass(frozen=True)
class _Told:
    """What a question says, in the numbers of an index."""

    features: Places
    worth: Scores
    """Terms, n-grams and pairs for the classifier, and how much each counts."""
    terms: Floats
    """Per term of the index, its part of the weight of all that counts in coverage; 0 for what is not said."""
    grams: Floats
    """Per n-gram, its weight in a question of length 1 times its weight in a phrasing."""


def _tell(analysis: Analysis, index: Index) -> _Told:
    weighed: dict[int, float] = {}
    counting: dict[int, float] = {}
    squares = total = 0.0
    idf, unknown_idf = index.idf_of, index.unknown_idf
    for term, weight in analysis.terms.items():
        key = index.terms.get(term)
        # what nothing holds still lengthens the question
        worth_of = weight * (unknown_idf if key is None else idf[key])
        counts = is_primary(term)
        squares += worth_of * worth_of
        if counts:
            total += worth_of
        if key is not None:
            weighed[key] = worth_of
            if counts:
                counting[key] = worth_of
    length = math.sqrt(squares) or 1.0
    terms = np.zeros(len(index.terms) + 1, dtype=np.float32)
    for key, worth_of in counting.items():
        terms[key] = worth_of / (total or 1.0)

    said_grams = np.array(analysis.grams, dtype=np.int64)
    gram_length, long_length = index.gram_squares.take(said_grams, axis=1).sum(axis=1).tolist()
    grams = np.zeros(GRAM_BUCKETS + 1, dtype=np.float32)
    grams[said_grams] = index.gram_worth.take(said_grams) / (math.sqrt(long_length) or 1.0)

    # what the classifier is shown: terms and pairs first, then n-grams
    unit = 1 / math.hypot(length, LITTLE)
    beside = pairs(weighed, index.kind_terms)
    first_pair = len(index.terms) + GRAM_BUCKETS
    features = np.array([*weighed, *(first_pair + pair for pair, _ in beside)], dtype=np.int64)
    worth = np.array([*weighed.values(), *(weighed[sense] for _, sense in beside)]) * unit
    gram_worth = index.gram_idf.take(said_grams) / (math.sqrt(gram_length) or 1.0)
    return _Told(
        np.concatenate((features, said_grams + len(index.terms))),
        np.concatenate((worth, gram_worth)),
        terms,
        grams,
    )


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
        likeness = np.array([[token.similarity / FIFTHS[1]] for token in content], dtype=np.float32)
        held = np.concatenate([fifths for _, fifths in known]) if known else np.empty(0, dtype=np.uint8)
        worth = held.reshape(len(content), len(index.entries)) * likeness.reshape(-1, 1)
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
