"""What people send, made fit to read: one Unicode form, no invisible characters, a sane length."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

MAX_CHARACTERS = 600
"""Characters of a message that are read; nobody's question is longer, and cost must not grow with a paste."""

LONGEST_WORD = 48
"""Characters of a word that are read. What is longer is none, and what is remembered of words must not grow with it."""

_GROUP = re.compile(r"[.,]\d{3}(?!\d)|,\d\d(?=,)")  # the rest of 1,000, of 1.000, of the Indian 1,00,000
_ZWNJ, _ZWJ, _VIRAMA = "\u200c", "\u200d", "\u0d4d"

# Before Unicode 5.1 Malayalam's vowel-less letters were typed as consonant + virama + ZWJ; NFKC keeps the two
# spellings apart, so the old one is rewritten here.
_CHILLUS = {
    "ണ": "ൺ",
    "ന": "ൻ",
    "ര": "ർ",
    "റ": "ർ",
    "ല": "ൽ",
    "ള": "ൾ",
    "ക": "ൿ",
}


def clean(text: str, limit: int = MAX_CHARACTERS) -> str:
    """`text` in NFKC with invisible characters gone and white space folded, cut to `limit` characters.

    Lone surrogates, controls, bidi marks and zero-width characters disappear; joiners that only shape Indic
    letters do too, after the old Malayalam chillus have been made atomic. Never raises.
    """
    # Normalising can shrink or stretch a text; what lies far beyond the limit is never looked at.
    text = text[: limit * 2]
    if text.isascii():
        kept = text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)
    else:
        # composing must see letters and their marks side by side, so what is invisible between them goes first
        kept = _all_visible(unicodedata.normalize("NFKC", _all_visible(_atomic_chillus(text))))
    return " ".join(kept.split())[:limit].rstrip()


def _atomic_chillus(text: str) -> str:
    if _ZWJ not in text:
        return text
    for letter, chillu in _CHILLUS.items():
        text = text.replace(letter + _VIRAMA + _ZWJ, chillu)
    return text


def _all_visible(text: str) -> str:
    # "printable" is the very opposite of what `_visible` takes out, and known of a whole text at once
    return text if text.isprintable() else "".join(map(_visible, text))


def _visible(character: str) -> str:
    category = unicodedata.category(character)
    if character in (_ZWNJ, _ZWJ) or category in ("Cf", "Cs", "Co", "Cn"):
        return ""
    return " " if category[0] in "ZC" else character


def words(text: str) -> list[str]:
    """The words of a cleaned, case-folded text: runs of letters, marks and digits, digits as ASCII.

    `\\w` would drop the vowel signs of Indic scripts (category Mc), so characters are judged by category. An
    apostrophe inside a word does not split it: "kerensky's" → "kerenskys"; a comma inside a figure goes; "buku2",
    Indonesian for "buku-buku", is one word.
    """
    found: list[str] = []
    for chunk in text.casefold().split(" "):
        if chunk.isalpha():
            found.append(chunk[:LONGEST_WORD])
        elif len(chunk) <= LONGEST_WORD:
            found.extend(_words_within(chunk))
        else:
            found.extend(word[:LONGEST_WORD] for word in _words_within.__wrapped__(chunk))
    return found


@lru_cache(maxsize=10_000)
def _words_within(text: str) -> tuple[str, ...]:
    """The words of a text without spaces: no rule looks across one, so each stretch can be remembered by itself."""
    found: list[str] = []
    current: list[str] = []
    previous = ""
    for position, character in enumerate(text):
        category = unicodedata.category(character)
        if category[0] in "LM":
            # a digit run and a letter run are two words: "7noon", "1917ലെ"
            if previous == "N":
                found.append("".join(current))
                current = []
            current.append(character)
            previous = "L"
        elif category == "Nd":
            if previous == "L":
                found.append("".join(current))
                current = []
                if character == "2" and len(found[-1]) > 3 and not text[position + 1 : position + 2].isalnum():
                    previous = ""
                    continue
            current.append(str(unicodedata.decimal(character)))
            previous = "N"
        elif character in ("'’`" if previous == "L" else ",." if previous == "N" else "") and (
            previous == "L" or _GROUP.match(text, position)
        ):
            continue
        elif current:
            found.append("".join(current))
            current = []
            previous = ""
        else:
            previous = ""
    if current:
        found.append("".join(current))
    return tuple(found)
