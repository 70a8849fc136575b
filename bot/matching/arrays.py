"""Sparse rows and rows of bits: what phrasings and entries hold, in a few plain arrays."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Floats = NDArray[np.float32]
Keys = NDArray[np.integer[Any]]
Places = NDArray[np.int64]
Scores = NDArray[np.float64]


@dataclass(frozen=True)
class Rows:
    """Compressed sparse rows: row r holds keys[starts[r]:starts[r + 1]], at least one."""

    starts: Places
    keys: Keys
    """In as few bytes as their number allows."""

    def span(self, begin: int, end: int) -> tuple[slice, Places]:
        """Where the keys of the rows from one number to another stand, and how many each row holds."""
        starts = self.starts[begin : end + 1]
        return slice(starts[0], starts[-1]), np.diff(starts)


@dataclass(frozen=True)
class WeighedRows(Rows):
    """Rows that hold each key with a weight."""

    values: Floats
    """Beside `keys`."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """What some neighbouring phrasings hold."""

    terms: Keys
    grams: Keys
    numbers: Ints
    """For each phrasing: its row, how many terms it has, how many n-grams."""
    gram_lengths: Floats
    """The same: the length of its n-grams' weights."""


@dataclass(frozen=True)
class Phrasings:
    """Some stretches of phrasings, one after the other."""

    rows: Keys
    part: Places
    """Per phrasing, which stretch it is from."""
    firsts: Sequence[int]
    """Where each stretch begins."""
    terms: Keys
    grams: Keys
    gram_lengths: Floats
    """As in `Stretch`."""
    _begins: Places

    @classmethod
    def of(cls, parts: Sequence[Stretch]) -> Phrasings:
        """Whole stretches are copied many times faster than phrasings would be gathered one by one."""
        sizes = [len(part.numbers) for part in parts]
        numbers = np.concatenate([part.numbers for part in parts]).T
        return cls(
            numbers[0],
            np.arange(len(parts)).repeat(sizes),
            [0, *accumulate(sizes[:-1])],
            np.concatenate([part.terms for part in parts]),
            np.concatenate([part.grams for part in parts]),
            np.concatenate([part.gram_lengths for part in parts]),
            numbers.cumsum(axis=1, dtype=np.int64) - numbers,
        )

    def sums(self, worth: NDArray[Any]) -> NDArray[Any]:
        """Per phrasing, the sum of what its terms are worth."""
        return np.add.reduceat(worth, self._begins[1])

    def gram_sums(self, worth: NDArray[Any]) -> NDArray[Any]:
        """The same of its n-grams."""
        return np.add.reduceat(worth, self._begins[2])

    def highest(self, scores: NDArray[Any], count: int) -> Places:
        """The places of the phrasings with the `count` highest scores, and of the highest in each stretch."""
        few = min(count, len(scores))
        enough = np.partition(scores, -few)[-few]
        least: Scores = np.minimum(enough, np.maximum.reduceat(scores, self.firsts))
        return (scores >= least.take(self.part)).nonzero()[0]


def highest(scores: NDArray[Any], count: int) -> Places:
    """The places of the `count` highest scores, or of all where there are fewer, in no particular order."""
    few = min(count, len(scores))
    return (-scores).argpartition(few - 1)[:few]


class RowsBuilder:
    """Gathers rows in flat arrays: they hold more than a million keys, too many for tuples."""

    def __init__(self, nothing: int = 0) -> None:
        """`nothing`: the key that an empty row is given, with no weight."""
        self._starts, self._keys, self._values = array("q", [0]), array("i"), array("f")
        self._nothing = nothing

    def add(self, values: Mapping[int, float]) -> None:
        """The next row: keys with their weights."""
        held = values or {self._nothing: 0.0}
        self._keys.extend(held)
        self._values.extend(held.values())
        self._starts.append(len(self._keys))

    def build(self, key_count: int) -> WeighedRows:
        """All rows, over keys 0…`key_count` - 1."""
        narrow: Any = np.uint16 if key_count <= np.iinfo(np.uint16).max else np.int32
        return WeighedRows(
            np.array(self._starts, dtype=np.int64),
            np.array(self._keys, dtype=narrow),
            np.array(self._values, dtype=np.float32),
        )


@dataclass(frozen=True)
class Bits:
    """A yes or no for each key and column, eight to a byte."""

    packed: NDArray[np.uint8]
    width: int
    """How many columns there are."""

    @classmethod
    def of(cls, columns: Sequence[Iterable[int]], key_count: int) -> Bits:
        """From the keys that each column holds."""
        packed = np.zeros((key_count, -(-len(columns) // 8)), dtype=np.uint8)
        for column, keys in enumerate(columns):
            packed[np.fromiter(keys, np.int64), column // 8] |= 128 >> column % 8
        return cls(packed, len(columns))

    def rows(self, keys: Sequence[int]) -> NDArray[np.uint8]:
        """Key × column: 1 where the column holds the key, else 0."""
        return np.unpackbits(self.packed[keys], axis=1, count=self.width)
