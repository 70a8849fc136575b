"""Which language a message is in."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.assistant import Assistant
from bot.language import Guess, script_of

Identify = Callable[[str], Guess]


@pytest.fixture(scope="module")
def identify(assistant: Assistant) -> Identify:
    return assistant.matcher.index.identifier.identify


@pytest.mark.parametrize(
    ("message", "language"),
    [
        ("why did the tsar have to go?", "en"),
        ("kenapa tsar harus turun takhta?", "id"),
        ("gimana sih ceritanya istana itu direbut", "id"),
        ("ज़ार को क्यों हटना पड़ा?", "hi"),
        ("tsar ko kyu hatna pada tha", "hi"),
        ("revolution ke reasons kya the bhai", "hi"),
        ("സാറിന് എന്തുകൊണ്ട് പോകേണ്ടി വന്നു?", "ml"),
        ("tsar enthinanu rajivechath ennu parayamo", "ml"),
        ("revolution nte karanam enthayirunnu", "ml"),
    ],
)
def test_the_four_languages_in_their_own_and_in_latin_letters(identify: Identify, message: str, language: str) -> None:
    guess = identify(message)
    assert (guess.language, guess.foreign) == (language, False)


@pytest.mark.parametrize(
    "message",
    [
        "Кто такой Ленин?",
        "லெனின் யார்?",
        "من هو لينين؟",
        "लेनिन कोण होते आणि त्यांनी काय केले",
        "¿quién era Lenin y cuándo fue la revolución?",
        "wer war Lenin und wann wurde er geboren",
        "列宁是谁",
    ],
)
def test_other_languages_are_known_to_be_none_of_these(identify: Identify, message: str) -> None:
    guess = identify(message)
    assert (guess.language, guess.foreign) == (None, True)


@pytest.mark.parametrize("message", ["", "1917", "?!", "😀"])
def test_without_letters_there_is_nothing_to_go_by(identify: Identify, message: str) -> None:
    assert identify(message) == Guess(None, 0.0, "", False)


def test_one_short_word_is_not_enough_to_be_sure(identify: Identify) -> None:
    assert identify("ok").confidence < 0.6


def test_a_name_alone_belongs_to_no_language(assistant: Assistant) -> None:
    assert assistant.matcher.match("Kerensky").guess.language is None


def test_the_script_is_that_of_most_letters() -> None:
    assert script_of("ഒരു revolution എന്താണ് എന്ന് പറയാമോ") == "MALAYALAM"
