"""Looking at a text: characters that may not be in it, its figures, and the key under which spellings meet."""

from __future__ import annotations

import re
import unicodedata

UNWANTED = re.compile(
    "["
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # controls, except tab and line ends
    "\u00ad\u200b\u2060-\u206f\ufeff"  # invisible; U+200C and U+200D stay: Indic scripts spell with them
    "\u061c\u200e\u200f\u202a-\u202e"  # turn the direction of the text around
    "\u2028\u2029"  # line ends to some programs only
    "\ue000-\uf8ff\ufdd0-\ufdef\ufff0-\uffff\U000e0000-\U0010ffff"  # private, damaged, no characters at all
    "]"
)
"""A character that has no place in a text."""

_GROUPED = re.compile(
    r"\d{1,3}(?:[.,'\u2019\u066c\u00a0\u202f\u2009]\d{3})+(?!\d)"  # 1,000  1.000  1 000
    r"|\d{1,2}(?:,\d{2})+,\d{3}(?!\d)"  # 10,00,000
    r"|\d+"
)


class _Digits(dict[int, int]):
    """Translation of the digits of any script to 0-9."""

    def __missing__(self, code: int) -> int:
        digit = unicodedata.decimal(chr(code), None)
        self[code] = code if digit is None else ord("0") + digit
        return self[code]


class _KeyCharacters(dict[int, str]):
    """Translation that keeps letters, marks and digits; joiners vanish; all else parts words.

    Not `\\w`: that leaves out the vowel signs of Indic scripts.
    """

    def __missing__(self, code: int) -> str:
        category = unicodedata.category(chr(code))
        self[code] = chr(code) if category[0] in "LMN" else "" if category == "Cf" else " "
        return self[code]


_DIGITS = _Digits()
_KEY_CHARACTERS = _KeyCharacters()


def plain_key(text: str) -> str:
    """The text's letters, marks and digits in lower case, words parted by single spaces.

    Two texts with the same key differ in case, punctuation or spacing alone. Empty where there is no letter or digit.
    """
    return " ".join(unicodedata.normalize("NFKC", text).casefold().translate(_KEY_CHARACTERS).split())


def figures_in(text: str) -> frozenset[str]:
    """Every whole number in the text, in the digits 0-9 without thousands separators; "10" is not found in "100"."""
    return frozenset(re.sub(r"\D", "", found) for found in _GROUPED.findall(text.translate(_DIGITS)))


def plain_figure(figure: str) -> str | None:
    """The figure as `figures_in` gives it, or None if it is not exactly one whole number."""
    plain = figure.translate(_DIGITS)
    return re.sub(r"\D", "", plain) if _GROUPED.fullmatch(plain) else None


def describe_character(character: str) -> str:
    """Such as `U+202E RIGHT-TO-LEFT OVERRIDE`."""
    return f"U+{ord(character):04X} {unicodedata.name(character, '')}".rstrip()


def wrong_with(text: str, *, lines: bool = False) -> str | None:
    """What is wrong with a text of the knowledge base, or None. `lines`: it may run over several lines."""
    if not text.strip():
        return "is empty; write the text"
    if unwanted := UNWANTED.search(text):
        return f"holds {describe_character(unwanted[0])}, which has no place in a text; delete it"
    if not lines and "\n" in text:
        return "runs over several lines; write it on one"
    rows = text.split("\n")
    if text != text.strip() or any(row != row.strip() or re.search(r"  |[\t\r]", row) for row in rows):
        return "has stray white space; leave single spaces between words and none at the ends"
    return None
