from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.knowledge.text import figures_in, plain_figure, plain_key


@pytest.mark.parametrize(
    ("text", "figures"),
    [
        ("on 7 November 1917", {"7", "1917"}),
        ("1,000 to 2.000 men", {"1000", "2000"}),
        ("1\u202f000\u00a0000 roubles", {"1000000"}),
        ("10,00,000 रुपये", {"1000000"}),
        ("१९१७ में, ൧൯൧൭-ൽ", {"1917"}),
        ("7.11.1917", {"7", "11", "1917"}),
        ("in 1917, 25 October", {"1917", "25"}),
        ("5,6,7", {"5", "6", "7"}),
        ("no figure", set()),
    ],
)
def test_figures_are_found_in_any_script_and_grouping(text: str, figures: set[str]) -> None:
    assert figures_in(text) == figures


@pytest.mark.parametrize(
    ("figure", "plain"),
    [("1,000", "1000"), ("२०", "20"), ("1917", "1917"), ("about 90", None), ("7, 8", None), ("", None), ("-5", None)],
)
def test_a_figure_is_one_whole_number(figure: str, plain: str | None) -> None:
    assert plain_figure(figure) == plain


def test_a_figure_inside_a_longer_number_does_not_count() -> None:
    assert "20" not in figures_in("in 1920, or 200, or 20,000")


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("  Who was LENIN?! ", "who was lenin"),
        ("लेनिन कौन थे?", "लेनिन कौन थे"),
        ("ലെനിൻ ആരായിരുന്നു?", "ലെനിൻ ആരായിരുന്നു"),
        ("\uff2cenin", "lenin"),
        ("so\u200dviet", "soviet"),
        ("?!…", ""),
    ],
)
def test_phrasings_meet_under_their_letters_marks_and_digits(text: str, key: str) -> None:
    assert plain_key(text) == key


@given(st.text())
def test_case_and_punctuation_around_a_text_do_not_matter(text: str) -> None:
    assert plain_key(f"¿{text}?!") == plain_key(text)
