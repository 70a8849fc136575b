"""One spelling for all scripts: केरेन्स्की, കെറൻസ്കി, Kerensky, Kerenskij and karensky should meet.

Two degrees. `fold` keeps the vowels and is good enough to score with; `skeleton` keeps only a rough row of
consonants, which merges too much to score with but finds candidates through any misspelling of vowels.
"""

from __future__ import annotations

import re
from functools import lru_cache

from bot.language.clean import clean, words
from bot.language.romanise import romanise

# In order: each rule sees what the ones before it left.
_RULES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"tch|cch|chh?", "C"),
        (r"sch|sh", "s"),
        (r"zh", "z"),
        (r"c(?=[eiy])", "s"),
        (r"ck|q|c", "k"),
        (r"x", "ks"),
        (r"ph", "f"),
        (r"([kgtdbjlr])h", r"\1"),
        (r"w", "v"),
        (r"z", "j"),
        (r"aa+", "a"),
        (r"ee+|ii+", "i"),
        (r"oo+|uu+|ou", "u"),
        (r"ai|ay(?![aeiou])|ei|ey(?![aeiou])", "e"),
        (r"au|av(?=[^aeiou])", "o"),
        (r"(?:iy|ij|yi|y)$", "i"),
        (r"y(?=[^aeiou])", "i"),
        (r"m(?=[bpv])", "n"),
        (r"(.)\1+", r"\1"),
        (r"C", "c"),
        (r"(?<=...)[eu]$", ""),
    )
)


@lru_cache(maxsize=30_000)
def fold(word: str) -> str:
    """The folded form of one lower-case word of any script; digits stay as they are. Never empty for a word."""
    latin = _plain(romanise(word))
    if latin.isdigit():
        return latin
    if word in _NUMERALS:
        return _NUMERALS[word]
    folded = latin
    for pattern, replacement in _RULES:
        folded = pattern.sub(replacement, folded)
    return folded or latin or word


# Doubled letters are folded into one, which must not make a second world war of the first.
_NUMERALS = {"ii": "2", "iii": "3"}


def _plain(latin: str) -> str:
    return latin if latin.isascii() else "".join(c for c in latin if c.isascii())


@lru_cache(maxsize=30_000)
def skeleton(folded: str) -> str:
    """The consonants of a folded word, those merged that people (and scripts) mix up; "" for a word of vowels."""
    bare = folded[0] + re.sub(r"[aeiouyh]", "", folded[1:]) if folded else ""
    return re.sub(r"(.)\1+", r"\1", bare.translate(_MERGED))


_MERGED = str.maketrans("gdbvfzjcm", "ktppfsssn")


def folded_words(text: str) -> list[str]:
    """The folded words of a text of any script, in order."""
    return [fold(word) for word in words(clean(text))]


def normalise(text: str) -> str:
    """The key under which two phrasings count as the same: the folded words, joined by single spaces."""
    return " ".join(folded_words(text))
