"""Cleaning a message: what stays of it, and that nothing can break it."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.language import MAX_CHARACTERS, clean, words


def test_vowel_signs_of_indic_scripts_stay() -> None:
    assert words("लेनिन कौन थे?") == ["लेनिन", "कौन", "थे"]
    assert words("കെറൻസ്കി ആരായിരുന്നു?") == ["കെറൻസ്കി", "ആരായിരുന്നു"]


def test_both_spellings_of_a_malayalam_chillu_become_one() -> None:
    assert clean("ലെനിന്\u200d") == clean("ലെനിൻ")


@pytest.mark.parametrize("invisible", ["\u200b", "\u202e", "\u2066", "\ufeff", "\u00ad", "\ud800", "\u0000"])
def test_invisible_characters_go(invisible: str) -> None:
    assert clean(f"len{invisible}in").replace(" ", "") == "lenin"


def test_white_space_is_folded() -> None:
    assert clean("  who \n\t was\u00a0Lenin  ") == "who was Lenin"


def test_digits_of_every_script_are_read() -> None:
    assert words("१९१७ ൧൯൧൭ 1917") == ["1917", "1917", "1917"]


def test_a_separator_inside_a_figure_goes() -> None:
    assert words("1,000 or 2.000 troops") == ["1000", "or", "2000", "troops"]


def test_letters_and_digits_that_touch_are_two_words() -> None:
    assert words("1917ലെ") == ["1917", "ലെ"]


def test_an_apostrophe_does_not_split_a_word() -> None:
    assert words("Kerensky's") == ["kerenskys"]


def test_a_paste_is_cut() -> None:
    assert len(clean("lenin " * 100_000)) <= MAX_CHARACTERS


@given(st.text(alphabet=st.characters(codec=None), max_size=300))
def test_any_text_can_be_cleaned(text: str) -> None:
    cleaned = clean(text)
    assert cleaned == cleaned.strip()
    assert not any(unicodedata.category(c) in ("Cs", "Cf", "Cc") for c in cleaned)
    assert all(words(cleaned))


@given(st.text(max_size=200))
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert clean(clean(text)) == clean(text)


def test_a_doubled_word_of_chats_is_one_word() -> None:
    assert words("menteri2 itu, ww2") == ["menteri", "itu", "ww", "2"]
