"""Sparse rows, rows of bits, and the classifier that learns from them."""

from __future__ import annotations

import numpy as np

from bot.matching.arrays import Bits, Phrasings, RowsBuilder, Stretch, WeighedRows
from bot.matching.learning import train


def build(*rows: dict[int, float]) -> WeighedRows:
    builder = RowsBuilder(nothing=3)
    for row in rows:
        builder.add(row)
    return builder.build(key_count=10)


def stretch(rows: WeighedRows, begin: int, end: int) -> Stretch:
    span, counts = rows.span(begin, end)
    keys, numbers = rows.keys[span], np.arange(begin, end, dtype=np.int32)
    columns = np.column_stack((numbers, counts, counts)).astype(np.int32)
    return Stretch(keys, keys, columns, numbers.astype(np.float32))


def test_rows_hold_what_was_put_in() -> None:
    rows = build({1: 0.5}, {}, {0: 1.0, 2: 2.0}, {2: 4.0})
    assert rows.values.tolist() == [0.5, 0.0, 1.0, 2.0, 4.0]
    worth = np.array([1.0, 10.0, 100.0, 0.0])
    for stretches, sums in (
        ([(0, 4)], [10.0, 0.0, 101.0, 100.0]),
        ([(0, 1), (3, 4)], [10.0, 100.0]),
        ([(2, 4), (0, 2)], [101.0, 100.0, 10.0, 0.0]),
    ):
        some = Phrasings.of([stretch(rows, begin, end) for begin, end in stretches])
        assert some.gram_sums(worth[some.grams]).tolist() == sums
        assert some.sums(worth[some.terms]).tolist() == sums


def test_phrasings_know_where_they_are_from() -> None:
    rows = build(*({n: 1.0} for n in range(9)))
    some = Phrasings.of([stretch(rows, 7, 9), stretch(rows, 2, 3), stretch(rows, 4, 7)])
    assert some.rows.tolist() == some.gram_lengths.tolist() == some.terms.tolist() == [7, 8, 2, 4, 5, 6]
    assert some.part.tolist() == [0, 0, 1, 2, 2, 2]


def test_the_best_phrasing_of_each_stretch_is_among_the_highest() -> None:
    rows = build(*({n: 1.0} for n in range(6)))
    some = Phrasings.of([stretch(rows, 0, 2), stretch(rows, 2, 3), stretch(rows, 3, 6)])
    assert some.highest(np.array([7.0, 6.0, 1.0, 5.0, 2.0, 3.0]), 3).tolist() == [0, 1, 2, 3]
    assert some.highest(np.zeros(6), 9).tolist() == [0, 1, 2, 3, 4, 5]


def test_bits_say_which_columns_hold_a_key() -> None:
    columns = [{0}, set(), {0, 1}, *({1} for _ in range(7))]
    bits = Bits.of(columns, key_count=2)
    assert bits.rows([1, 0]).tolist() == [[int(key in held) for held in columns] for key in (1, 0)]


def test_a_classifier_learns_what_sets_entries_apart() -> None:
    # 0 is said of both entries, 1 only of the first, 2 only of the second, 3 nobody has heard of
    samples = build(*[{0: 0.7, 1: 0.7}, {0: 0.7, 2: 0.7}] * 20)
    classifier = train(samples, [0, 1] * 20, feature_count=4, entry_count=2)
    shared, first, second, unheard = (classifier.scores(np.array([key]), np.ones(1)) for key in range(4))
    assert first[0] > first[1]
    assert second[1] > second[0]
    assert abs(shared[0] - shared[1]) < min(first[0] - first[1], second[1] - second[0]) / 2
    assert unheard.tolist() == [0.0, 0.0]


def test_training_is_the_same_every_time() -> None:
    samples = build(*({n % 7: 0.5, 7 + n % 3: 1.0} for n in range(60)))
    entries = [n % 3 for n in range(60)]
    one, other = (train(samples, entries, feature_count=10, entry_count=3) for _ in range(2))
    assert one.unit == other.unit
    assert np.array_equal(one.weights, other.weights)


def test_a_single_entry_needs_no_telling_apart() -> None:
    classifier = train(build({0: 1.0}), [0], feature_count=1, entry_count=1)
    assert classifier.scores(np.array([0]), np.ones(1)).tolist() == [0.0]
