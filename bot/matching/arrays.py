"""Sparse rows and rows of bits: what phrasings and entries hold, in a few plain arrays."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Floats = NDArray[np.float32]
Keys = NDArray[np.integer[Any]]
Places = NDArray[np.int64]
Scores = NDArray[np.float64]


@dataclass(frozen=True)
class Stretches:
    """Some stretches of neighbouring rows, one after the other."""

    begins: Places
    ends: Places
    """Row numbers; no stretch is empty."""

    @cached_property
    def lengths(self) -> Places:
        """Rows in each stretch."""
        return self.ends - self.begins

    @cached_property
    def number(self) -> Places:
        """Per row, the number of its stretch."""
        return np.repeat(np.arange(len(self.begins)), self.lengths)

    @cached_property
    def rows(self) -> Places:
        """The row numbers."""
        shifts = self.begins - self.lengths.cumsum() + self.lengths
        return np.asarray(np.arange(len(self.number)) + shifts.take(self.number))


@dataclass(frozen=True)
class Held:
    """What some rows hold, side by side."""

    keys: Keys
    spans: list[slice]
    """Where they stand in the arrays of the `Rows`."""
    firsts: Places
    """Where each row begins among them."""

    def sums(self, worth: NDArray[Any]) -> NDArray[Any]:
        """Per row, the sum of what each thing that it holds is worth."""
        return np.add.reduceat(worth, self.firsts)


@dataclass(frozen=True)
class Rows:
    """Compressed sparse rows: row r holds keys[starts[r]:starts[r + 1]], at least one."""

    starts: Places
    keys: Keys
    """In as few bytes as their number allows."""

    def take(self, stretches: Stretches) -> Held:
        """What the rows in some stretches hold."""
        # whole stretches are copied many times faster than what they hold would be gathered one by one
        froms, tos = self.starts.take(stretches.begins), self.starts.take(stretches.ends)
        spans = list(map(slice, froms.tolist(), tos.tolist()))
        lengths = tos - froms
        shifts = lengths.cumsum() - lengths - froms
        firsts = self.starts.take(stretches.rows) + shifts.take(stretches.number)
        return Held(np.concatenate([self.keys[span] for span in spans]), spans, firsts)


@dataclass(frozen=True)
class WeighedRows(Rows):
    """Rows that hold each key with a weight."""

    values: Floats
    """Beside `keys`. Three digits are more than a score needs, so they are stored in half precision, but numpy
    reckons several times faster with these."""

    def values_of(self, held: Held) -> Floats:
        """The weights of what some rows hold."""
        return np.concatenate([self.values[span] for span in held.spans])


class RowsBuilder:
    """Gathers rows in flat arrays: they hold more than a million keys, too many for tuples."""

    def __init__(self) -> None:
        self._starts, self._keys, self._values = array("q", [0]), array("i"), array("f")

    def add(self, values: Mapping[int, float]) -> None:
        """The next row: keys with their weights. An empty one is given key 0 with no weight."""
        held = values or {0: 0.0}
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
