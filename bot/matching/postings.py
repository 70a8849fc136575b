"""An inverted index in three arrays: which rows hold a key, and how strongly."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Floats = NDArray[np.float32]
Scores = NDArray[np.float64]

BUDGET = 24_000
"""Postings read for one question at most; the rarest keys come first, so that a larger base costs little more."""


@dataclass(frozen=True)
class Hits:
    """The postings of some keys side by side."""

    rows: Ints
    values: Floats
    weights: Scores
    """The weight in the question of the key that each posting belongs to."""


@dataclass(frozen=True)
class Postings:
    """Compressed sparse rows, by key: rows and values of key k stand at starts[k]:starts[k + 1]."""

    starts: NDArray[np.int64]
    rows: Ints
    values: Floats
    size: int
    """How many rows there are."""

    @classmethod
    def build(
        cls, keys: Sequence[int], rows: Sequence[int], values: Sequence[float], key_count: int, size: int
    ) -> Postings:
        """From parallel sequences of key, row and value."""
        key_array = np.asarray(keys, dtype=np.int64)
        order = np.argsort(key_array, kind="stable")
        counts = np.bincount(key_array, minlength=key_count)
        starts = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
        return cls(starts, np.asarray(rows, dtype=np.int32)[order], np.asarray(values, dtype=np.float32)[order], size)

    def lookup(self, keys: Iterable[int], weights: Iterable[float], budget: int = BUDGET) -> Hits:
        """The postings of `keys`, rarest first, until `budget` postings are read."""
        spans = sorted(
            (int(self.starts[key + 1] - self.starts[key]), int(self.starts[key]), weight)
            for key, weight in zip(keys, weights, strict=True)
        )
        chosen: list[tuple[int, int, float]] = []
        for length, start, weight in spans:
            if chosen and length > budget:
                break
            if length:
                chosen.append((start, length, weight))
                budget -= length
        if not chosen:
            return Hits(np.empty(0, np.int32), np.empty(0, np.float32), np.empty(0))
        return Hits(
            np.concatenate([self.rows[s : s + n] for s, n, _ in chosen]),
            np.concatenate([self.values[s : s + n] for s, n, _ in chosen]),
            np.repeat([w for _, _, w in chosen], [n for _, n, _ in chosen]),
        )

    def dot(self, hits: Hits) -> Scores:
        """Per row, the sum of weight × value."""
        return np.bincount(hits.rows, hits.weights * hits.values, minlength=self.size).astype(np.float64, copy=False)

    def weight_covered(self, hits: Hits) -> Scores:
        """Per row, the question's weight that it holds."""
        return np.bincount(hits.rows, hits.weights, minlength=self.size).astype(np.float64, copy=False)

    def value_covered(self, hits: Hits) -> Scores:
        """Per row, how much of its own value the question holds."""
        return np.bincount(hits.rows, hits.values, minlength=self.size).astype(np.float64, copy=False)
