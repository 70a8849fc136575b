"""An inverted index in three arrays: which rows hold a key, and how strongly."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Floats = NDArray[np.float32]
RowNumbers = NDArray[np.integer[Any]]
Places = NDArray[np.int64]
Scores = NDArray[np.float64]

BUDGET = 24_000
"""Postings read for one question at most; the rarest keys come first, so that a larger base costs little more."""


@dataclass(frozen=True)
class Hits:
    """The postings of some keys side by side."""

    rows: RowNumbers
    values: Floats
    keys: Places
    """Which of the keys asked for each posting belongs to, as its place among them."""
    size: int
    """How many rows there are."""

    def dot(self, weights: Scores) -> Scores:
        """Per row, the sum of weight × value, where `weights` has one for each of the keys asked for."""
        return _sums(self.rows, weights[self.keys] * self.values, self.size)

    def count(self, weights: Scores) -> Scores:
        """Per row, the sum of the weights of the keys that it holds."""
        return _sums(self.rows, weights[self.keys], self.size)

    def within(self, rows: Places) -> Hits:
        """The postings of a few rows only, which are numbered anew: 0 for the first of `rows`, which ascend."""
        chosen = np.zeros(self.size, dtype=np.bool_)
        chosen[rows] = True
        kept = np.flatnonzero(chosen[self.rows])
        return Hits(np.searchsorted(rows, self.rows[kept]), self.values[kept], self.keys[kept], len(rows))


@dataclass(frozen=True)
class Holders:
    """Compressed sparse rows, by key: the rows that hold key k stand at starts[k]:starts[k + 1]."""

    starts: Places
    rows: RowNumbers
    """In as few bytes as their number allows."""
    size: int
    """How many rows there are."""

    def count(self, keys: Sequence[int], weights: Scores, budget: float = BUDGET) -> Scores:
        """Per row, the sum of the weights of those keys that it holds and `lookup` would read."""
        taken, spans, lengths = self._spans(keys, budget)
        return _sums(_joined(self.rows, spans), np.repeat(weights[taken], lengths), self.size)

    def _spans(self, keys: Sequence[int], budget: float) -> tuple[Places, list[slice], Places]:
        """The rarest of `keys` until `budget` postings are read: their places among the keys, spans and lengths."""
        wanted = np.array(keys, dtype=np.int64)
        starts = self.starts[wanted]
        lengths = self.starts[wanted + 1] - starts
        order = lengths.argsort(kind="stable")
        taken = order[lengths[order].cumsum() <= budget]
        if not len(taken):
            taken = order[:1]  # even the rarest is frequent: better that than nothing
        starts, lengths = starts[taken], lengths[taken]
        return taken, list(map(slice, starts.tolist(), (starts + lengths).tolist())), lengths


@dataclass(frozen=True)
class Postings(Holders):
    """Rows by key, with how strongly each holds it."""

    values: Floats
    """Beside `rows`. Three digits are more than a score needs, so they are stored in half precision, but numpy
    reckons several times faster with these."""

    def dot(self, keys: Sequence[int], weights: Scores, budget: float = BUDGET) -> Scores:
        """Per row, the sum of weight × value over what `lookup` would read."""
        taken, spans, lengths = self._spans(keys, budget)
        worth = np.repeat(weights[taken], lengths)
        worth *= _joined(self.values, spans)
        return _sums(_joined(self.rows, spans), worth, self.size)

    def lookup(self, keys: Sequence[int], budget: float = BUDGET) -> Hits:
        """The postings of `keys`, rarest first, until `budget` postings are read."""
        taken, spans, lengths = self._spans(keys, budget)
        return Hits(_joined(self.rows, spans), _joined(self.values, spans), np.repeat(taken, lengths), self.size)


def _joined(array: NDArray[Any], spans: Iterable[slice]) -> NDArray[Any]:
    # whole spans are copied many times faster than their postings would be gathered one by one
    return np.concatenate([array[:0], *map(array.__getitem__, spans)])


def _sums(rows: RowNumbers, weights: Scores, size: int) -> Scores:
    return np.bincount(rows, weights, minlength=size).astype(np.float64, copy=False)


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
        return Postings(starts, rows, size, np.array(self._values, dtype=np.float32)[order])
