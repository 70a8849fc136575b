"""What a question says: names, concepts, kinds of question and numbers, whatever the script and spelling."""

from __future__ import annotations

import pytest

from bot.assistant import Assistant
from bot.language import clean
from bot.matching.terms import Analysis, Lexis, analyse


@pytest.fixture(scope="module")
def lexis(assistant: Assistant) -> Lexis:
    return assistant.matcher.index.lexis


def read(text: str, language: str, lexis: Lexis) -> Analysis:
    return analyse(clean(text), language, lexis)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("who was Kerensky", "en"),
        ("siapa karensky", "id"),
        ("केरेन्स्की कौन था", "hi"),
        ("കെറൻസ്കി ആരായിരുന്നു", "ml"),
        ("kerenski aarayirunnu", "ml"),
    ],
)
def test_one_person_in_every_spelling(text: str, language: str, lexis: Lexis) -> None:
    analysis = read(text, language, lexis)
    assert analysis.names == {"kerensky"}
    assert "who" in analysis.question_words


@pytest.mark.parametrize(
    ("text", "language"),
    [("peasants", "en"), ("petani", "id"), ("किसानों", "hi"), ("കർഷകരുടെ", "ml"), ("karshakar", "ml")],
)
def test_one_idea_in_every_language(text: str, language: str, lexis: Lexis) -> None:
    assert "c:peasant" in read(text, language, lexis).terms


def test_a_name_of_several_words_is_one_term(lexis: Lexis) -> None:
    analysis = read("what is the winter palace", "en", lexis)
    assert analysis.names == {"winter-palace"}


def test_a_misspelt_word_counts_less_than_the_right_one(lexis: Lexis) -> None:
    terms = read("bolshevicks", "en", lexis).terms
    assert 0.7 < terms["n:bolsheviks"] <= 1


def test_a_word_that_nothing_knows_is_kept_as_unknown(lexis: Lexis) -> None:
    (token,) = read("flurbington", "en", lexis).content
    assert not token.known
    assert token.senses == ()


def test_numbers_are_terms_of_their_own(lexis: Lexis) -> None:
    assert {"d:1917", "d:700"} <= set(read("१९१७ 700", "hi", lexis).terms)


def test_a_malayalam_this_is_no_number(lexis: Lexis) -> None:
    assert not any(t.startswith("d:") for t in read("ഈ കെറൻസ്കി ആരാണ്", "ml", lexis).terms)


def test_an_outsider_is_known_as_one(lexis: Lexis) -> None:
    assert any(t.startswith("o:") for t in read("napoleon", "en", lexis).terms)
