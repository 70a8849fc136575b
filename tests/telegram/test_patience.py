"""How many messages of one person are answered."""

from __future__ import annotations

from itertools import count

from bot.telegram.patience import _PEOPLE, Mood, Patience

NUMBER = count(1)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def moods(patience: Patience, times: int, user: int = 1) -> list[Mood]:
    return [patience.hear(user, next(NUMBER)) for _ in range(times)]


def test_who_floods_is_told_once_and_then_ignored() -> None:
    patience = Patience(3, 60, Clock())
    assert moods(patience, 7) == [*[Mood.ANSWER] * 3, Mood.ASK_TO_WAIT, *[Mood.SILENT] * 3]


def test_others_are_answered_meanwhile() -> None:
    patience = Patience(3, 60, Clock())
    moods(patience, 10)
    assert moods(patience, 3, user=2) == [Mood.ANSWER] * 3


def test_after_the_quiet_time_all_is_well() -> None:
    clock = Clock()
    patience = Patience(3, 60, clock)
    moods(patience, 5)
    clock.now += 59.9
    assert patience.hear(1, next(NUMBER)) is Mood.SILENT
    clock.now += 0.1
    assert moods(patience, 4) == [*[Mood.ANSWER] * 3, Mood.ASK_TO_WAIT]


def test_a_steady_reader_is_never_told_to_wait() -> None:
    clock = Clock()
    patience = Patience(3, 60, clock)
    for _ in range(100):
        assert patience.hear(1, next(NUMBER)) is Mood.ANSWER
        clock.now += 20


def test_any_minute_counts_not_only_full_ones() -> None:
    clock = Clock()
    patience = Patience(3, 60, clock)
    assert patience.hear(1, next(NUMBER)) is Mood.ANSWER
    clock.now += 59
    assert moods(patience, 3) == [Mood.ANSWER, Mood.ANSWER, Mood.ASK_TO_WAIT]


def test_memory_is_bounded_however_many_write() -> None:
    patience = Patience(1, 60, Clock())
    for user in range(_PEOPLE + 50):
        patience.hear(user, next(NUMBER))
    assert len(patience._recent) == _PEOPLE


def test_what_was_let_through_is_let_through_again() -> None:
    patience = Patience(3, 60, Clock())
    assert [patience.hear(1, number) for number in (1, 2, 3, 3, 3)] == [Mood.ANSWER] * 5
    assert patience.hear(1, 4) is Mood.ASK_TO_WAIT
    assert [patience.hear(1, number) for number in (2, 3, 4)] == [Mood.ANSWER, Mood.ANSWER, Mood.SILENT]


def test_what_needs_no_word_gets_none() -> None:
    patience = Patience(2, 60, Clock())
    assert [patience.allows(1, number) for number in (1, 2, 3, 4)] == [True, True, False, False]
    assert patience.hear(1, 5) is Mood.ASK_TO_WAIT
    assert not patience.allows(1, 6)
