"""An inverted index in three arrays: which rows hold a key, and how strongly."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Floats = NDArray[np.float32]
RowNumbers = NDArray[np.integer[Any]]
Halves = NDArray[np.float16]
Scores = NDArray[np.float64]

BUDGET = 24_000
"""Postings read for one question at most; the rarest keys come first, so that a larger base costs little more."""


@dataclass(frozen=True)
class Hits:
    """The postings of some keys side by side."""

    rows: RowNumbers
    values: Halves
    weights: Scores
    """The weight in the question of the key that each posting belongs to."""


@dataclass(frozen=True)
class Postings:
    """Compressed sparse rows, by key: rows and values of key k stand at starts[k]:starts[k + 1]."""

    starts: NDArray[np.int64]
    rows: RowNumbers
    """In as few bytes as their number allows."""
    values: Halves
    """In half precision: three digits are more than a score needs, and there are millions."""
    size: int
    """How many rows there are."""

    def lookup(self, keys: Iterable[int], weights: Iterable[float], budget: int = BUDGET) -> Hits:
        """The postings of `keys`, rarest first, until `budget` postings are read."""
        wanted = np.fromiter(keys, dtype=np.int64)
        lengths = self.starts[wanted + 1] - self.starts[wanted]
        order = np.argsort(lengths, kind="stable")
        taken = order[np.cumsum(lengths[order]) <= budget]
        if not len(taken):
            taken = order[:1]  # even the rarest is frequent: better that than nothing
        lengths = lengths[taken]
        ends = np.cumsum(lengths)
        total = int(ends[-1]) if len(ends) else 0
        # position of every posting: its key's start, plus its place among the key's postings
        positions = np.arange(total) + np.repeat(self.starts[wanted[taken]] - ends + lengths, lengths)
        question = np.fromiter(weights, dtype=np.float64)[taken]
        return Hits(self.rows[positions], self.values[positions], np.repeat(question, lengths))

    def dot(self, hits: Hits) -> Scores:
        """Per row, the sum of weight × value."""
        return np.bincount(hits.rows, hits.weights * hits.values, minlength=self.size).astype(np.float64, copy=False)

    def weight_covered(self, hits: Hits) -> Scores:
        """Per row, the question's weight that it holds."""
        return np.bincount(hits.rows, hits.weights, minlength=self.size).astype(np.float64, copy=False)

    def value_covered(self, hits: Hits) -> Scores:
        """Per row, how much of its own value the question holds."""
        return np.bincount(hits.rows, hits.values, minlength=self.size).astype(np.float64, copy=False)


class PostingsBuilder:
    """Gathers postings row by row, in flat arrays: there are more than a million, too many for tuples."""

    def __init__(self) -> None:
        self._keys, self._rows, self._values = array("i"), array("i"), array("f")

    def add(self, row: int, values: Mapping[int, float]) -> None:
        """Everything that one row holds, by key."""
        self._keys.extend(values)
        self._rows.extend([row] * len(values))
        self._values.extend(values.values())

    def build(self, key_count: int, size: int) -> Postings:
        """The index over keys 0…`key_count` - 1 and rows 0…`size` - 1."""
        keys = np.frombuffer(self._keys, dtype=np.intc) if self._keys else np.empty(0, np.intc)
        order = np.argsort(keys, kind="stable")
        starts = np.concatenate(([0], np.cumsum(np.bincount(keys, minlength=key_count)))).astype(np.int64)
        narrow: Any = np.uint16 if size <= np.iinfo(np.uint16).max else np.int32
        rows = np.array(self._rows, dtype=narrow)[order]
        return Postings(starts, rows, np.array(self._values, dtype=np.float16)[order], size)
