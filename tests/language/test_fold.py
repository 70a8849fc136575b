"""One spelling for all scripts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.language import fold, folded_words, normalise, romanise, skeleton


@pytest.mark.parametrize(
    "spellings",
    [
        ["Kerensky", "Kerenskij", "Kerenskiy", "kerenskii", "Kerenski", "केरेन्स्की"],
        ["Lenin", "लेनिन", "ലെനിൻ", "ലെനിന്\u200d"],
        ["Trotsky", "ट्रॉट्स्की", "ട്രോട്സ്കി"],
        ["Bolshevik", "बोल्शेविक", "ബോൾഷെവിക്", "ബോൾഷേവിക്"],
        ["kranti", "kraanti", "क्रांति", "क्रान्ति"],
        ["sarkar", "sarkaar", "सरकार", "സർക്കാർ", "sarkkar"],
        ["mazdoor", "majdur", "मज़दूर", "मजदूर"],
        ["samvidhan", "sanvidhaan", "संविधान"],
        ["evide", "എവിടെ"],
        ["enthinanu", "enthinaanu", "എന്തിനാണ്"],
        ["committee", "comittee", "commity"],
        ["२५", "൨൫", "25"],
    ],
)
def test_spellings_of_one_word_fold_alike(spellings: list[str]) -> None:
    assert len({normalise(s) for s in spellings}) == 1


def test_a_misspelt_vowel_still_finds_its_skeleton() -> None:
    assert skeleton(fold("karansky")) == skeleton(fold("kerensky")) == skeleton(fold("കെറൻസ്കി"))


@pytest.mark.parametrize(
    ("one", "other"), [("lenin", "stalin"), ("war", "peace"), ("october", "november"), ("क्यों", "कब")]
)
def test_different_words_stay_different(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@pytest.mark.parametrize(
    ("word", "typed"),
    [("सरकार", "sarkaar"), ("जनता", "jantaa"), ("എവിടെ", "evide"), ("നടന്നു", "nadannu"), ("എന്റെ", "ente")],
)
def test_words_are_romanised_as_people_type_them(word: str, typed: str) -> None:
    assert romanise(word) == typed


def test_other_scripts_are_romanised_too() -> None:
    assert folded_words("Керенский") == ["kerenski"]


@given(st.text(max_size=100))
def test_any_text_can_be_normalised(text: str) -> None:
    assert all(folded_words(text))
