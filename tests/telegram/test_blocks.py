"""Messages as blocks: escaped at one boundary, in parts that Telegram takes, with nothing lost."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.telegram.blocks import LIMIT, Block, Style, length, pages, pieces, to_html, to_plain, visible
from tests.telegram.markup import parse_html

anything = st.text(st.characters() | st.sampled_from("<>&\"'; .!?।\n\t\x00\ud800😀ക്ഷിा\u200d"), max_size=400)
long = st.builds(lambda text, times: text * times, anything, st.integers(1, 60))
blocks = st.lists(st.builds(Block, anything | long, st.sampled_from(Style)), max_size=5)


def letters(text: str) -> str:
    """What must not be lost: all but white space."""
    return re.sub(r"\s", "", visible(text))


@given(blocks)
def test_telegram_reads_the_markup_as_the_text_that_was_meant(found: list[Block]) -> None:
    for page in pages(found):
        text, _entities = parse_html(to_html(page))
        assert letters(text) == letters("".join(block.text for block in page))


@given(blocks)
def test_every_page_fits_and_says_something(found: list[Block]) -> None:
    for page in pages(found):
        assert 0 < length(parse_html(to_html(page))[0]) <= LIMIT
        assert 0 < length(to_plain(page).strip()) <= length(to_plain(page)) <= LIMIT


@given(blocks)
def test_nothing_is_lost_and_styles_stay(found: list[Block]) -> None:
    told = [block for page in pages(found) for block in page]
    for style in Style:
        before = "".join(letters(block.text) for block in found if block.style is style)
        assert "".join(letters(block.text) for block in told if block.style is style) == before


@given(anything | long, st.integers(16, 300))
def test_pieces_fit_any_limit(text: str, limit: int) -> None:
    found = pieces(visible(text), limit)
    assert all(length(piece) <= limit for piece in found)
    assert "".join(map(letters, found)) == letters(text)


def test_what_looks_like_markup_is_text() -> None:
    assert Block("<b>&amp;</b> 1 < 2", Style.TITLE).html == "<b>&lt;b&gt;&amp;amp;&lt;/b&gt; 1 &lt; 2</b>"


@pytest.mark.parametrize(
    ("style", "html"),
    [
        (Style.PLAIN, "x"),
        (Style.TITLE, "<b>x</b>"),
        (Style.ASIDE, "<i>x</i>"),
        (Style.QUOTE, "<blockquote>x</blockquote>"),
        (Style.DETAILS, "<blockquote expandable>x</blockquote>"),
    ],
)
def test_styles(style: Style, html: str) -> None:
    assert to_html([Block("x", style)]) == html


@pytest.mark.parametrize("empty", ["", " \n ", "\x00\x01", "\ud800"])
def test_a_block_without_anything_to_see_leaves_no_trace(empty: str) -> None:
    assert to_html([Block("a"), Block(empty, Style.TITLE), Block("b")]) == "a\n\nb"
    assert to_plain([Block("a"), Block(empty), Block("b")]) == "a\n\nb"
    assert pages([Block(empty)]) == []


def test_a_message_that_just_fits_is_one() -> None:
    assert len(pages([Block("x" * LIMIT)])) == 1
    assert len(pages([Block("x" * 2000), Block("y" * (LIMIT - 2002))])) == 1
    assert len(pages([Block("x" * 2000), Block("y" * (LIMIT - 2001))])) == 2


def test_a_short_block_is_not_parted() -> None:
    first, second = Block("x" * 3000), Block("One sentence. Another one.")
    assert pages([first, Block("y" * 1090), second]) == [[first, Block("y" * 1090)], [second]]


def test_a_long_block_is_parted_at_the_ends_of_sentences_and_keeps_its_lines() -> None:
    assert pieces("One two. Three\nfour five. Six", 16) == ["One two. Three", "four five. Six"]
    assert pieces("वह आया। वह गया। वह सोया।", 10) == ["वह आया।", "वह गया।", "वह सोया।"]
    assert pieces("One.\nTwo. Three four five", 12) == ["One.\nTwo.", "Three four", "five"]


def test_a_letter_is_not_parted_from_its_vowel_signs() -> None:
    assert all(piece.startswith("ക") for piece in pieces("കി" * 50, 15))


def test_characters_outside_the_first_plane_count_twice_and_are_not_cut() -> None:
    assert length("😀") == 2
    assert pieces("😀" * 5, 5) == ["😀😀", "😀😀", "😀"]


def test_tabs_and_other_line_ends_do_not_join_words() -> None:
    assert visible("a\tb\r\nc\rd\u2028e\x07") == "a b\nc\nd\ne"
