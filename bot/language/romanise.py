"""Devanagari and Malayalam in Latin letters, the way people type them in chats.

The aim is not a scholarly transliteration but the spelling that someone without an Indic keyboard would use, so that
सरकार and "sarkar", എവിടെ and "evide" come out alike; `fold` then evens out what is left. Every other script goes
through anyascii.
"""

from __future__ import annotations

from anyascii import anyascii

_DEVANAGARI_CONSONANTS = dict(
    zip(
        "कखगघङचछजझञटठडढणतथदधनपफबभमयरलवशषसहळ",
        [
            "k",
            "kh",
            "g",
            "gh",
            "n",
            "ch",
            "chh",
            "j",
            "jh",
            "n",
            "t",
            "th",
            "d",
            "dh",
            "n",
            "t",
            "th",
            "d",
            "dh",
            "n",
            "p",
            "ph",
            "b",
            "bh",
            "m",
            "y",
            "r",
            "l",
            "v",
            "sh",
            "sh",
            "s",
            "h",
            "l",
        ],
        strict=True,
    )
)
_DEVANAGARI_VOWELS = dict(
    zip("अआइईउऊऋएऐओऔऑऍ", ["a", "aa", "i", "ii", "u", "uu", "ri", "e", "ai", "o", "au", "o", "e"], strict=True)
)
_DEVANAGARI_SIGNS = dict(zip("ािीुूृेैोौॉॅ", ["aa", "i", "ii", "u", "uu", "ri", "e", "ai", "o", "au", "o", "e"], strict=True))

_MALAYALAM_CONSONANTS = dict(
    zip(
        "കഖഗഘങചഛജഝഞടഠഡഢണതഥദധനപഫബഭമയരറലളഴവശഷസഹ",
        [
            "k",
            "kh",
            "g",
            "gh",
            "ng",
            "ch",
            "ch",
            "j",
            "jh",
            "nj",
            "t",
            "th",
            "d",
            "dh",
            "n",
            "th",
            "th",
            "d",
            "dh",
            "n",
            "p",
            "ph",
            "b",
            "bh",
            "m",
            "y",
            "r",
            "r",
            "l",
            "l",
            "zh",
            "v",
            "sh",
            "sh",
            "s",
            "h",
        ],
        strict=True,
    )
)
_MALAYALAM_VOWELS = dict(
    zip("അആഇഈഉഊഋഎഏഐഒഓഔ", ["a", "aa", "i", "ii", "u", "uu", "ri", "e", "e", "ai", "o", "o", "au"], strict=True)
)
_MALAYALAM_SIGNS = dict(
    zip("ാിീുൂൃെേൈൊോൌൗ", ["aa", "i", "ii", "u", "uu", "ri", "e", "e", "ai", "o", "o", "au", "au"], strict=True)
)
_CHILLUS = dict(zip("ൺൻർൽൾൿ", ["n", "n", "r", "l", "l", "k"], strict=True))

# Clusters whose sound is not the sum of their letters.
_MALAYALAM_CLUSTERS = (
    ("ന്റ", "nt"),
    ("ൻറ", "nt"),
    ("റ്റ", "tt"),
    ("ണ്ട", "nd"),
    ("ങ്ങ", "ng"),
    ("ഞ്ഞ", "nj"),
    ("ങ്ക", "nk"),
    ("ഞ്ച", "nch"),
)

_NUKTA, _DEVANAGARI_VIRAMA, _MALAYALAM_VIRAMA = "़", "्", "്"


def romanise(word: str) -> str:
    """`word` (one word, any script) in lower-case ASCII letters; long vowels doubled ("aa", "ii", "uu")."""
    if word.isascii():
        return word
    if "\u0900" <= word[0] <= "\u097f":
        return _devanagari(word)
    if "\u0d00" <= word[0] <= "\u0d7f":
        return _malayalam(word)
    return "".join(c for c in anyascii(word).lower() if c.isalnum())


def _devanagari(word: str) -> str:
    units: list[list[str]] = []  # [consonant, vowel]; the inherent vowel is written "ə" until it is settled
    for character in word.replace("ज़", "ज").replace("फ़", "फ").replace(_NUKTA, ""):
        if character in _DEVANAGARI_CONSONANTS:
            units.append([_DEVANAGARI_CONSONANTS[character], "ə"])
        elif character in _DEVANAGARI_SIGNS and units:
            units[-1][1] = _DEVANAGARI_SIGNS[character]
        elif character == _DEVANAGARI_VIRAMA and units:
            units[-1][1] = ""
        elif character in _DEVANAGARI_VOWELS:
            units.append(["", _DEVANAGARI_VOWELS[character]])
        elif character in "ंँ":
            units.append(["n", ""])
        elif character != "ः":
            units.append([anyascii(character).lower(), ""])
    _drop_schwas(units)
    return "".join(c + v for c, v in units).replace("ə", "a")


def _drop_schwas(units: list[list[str]]) -> None:
    """Hindi does not say every inherent vowel: not the last (Lenin-a), nor one in vowel-consonant-_-consonant-vowel.

    The right-to-left rule of Narasimhan, Sproat and Kiraz, "Schwa-deletion in Hindi text-to-speech synthesis"
    (International Journal of Speech Technology 7, 2004), in its simplest form.
    """
    if len(units) > 1 and units[-1][1] == "ə":
        units[-1][1] = ""
    for i in range(len(units) - 2, 0, -1):
        if units[i][1] == "ə" and units[i - 1][1] and units[i + 1][1] and units[i + 1][0] and units[i][0]:
            units[i][1] = ""


def _malayalam(word: str) -> str:
    for cluster, latin in _MALAYALAM_CLUSTERS:
        word = word.replace(cluster, latin + "\0")  # NUL: a vowel may follow, the inherent one else
    out: list[str] = []
    pending = False  # a consonant waits for its vowel
    for position, character in enumerate(word):
        if character == "\0":
            pending = True
        elif character in _MALAYALAM_CONSONANTS:
            if pending:
                out.append("a")
            latin = _MALAYALAM_CONSONANTS[character]
            # a single ട between vowels sounds, and is typed, as d: എവിടെ "evide", നടന്നു "nadannu"
            if character == "ട" and pending and word[position + 1 : position + 2] != _MALAYALAM_VIRAMA:
                latin = "d"
            elif character == "ട" and out and out[-1][-1] in "aeiou" and not pending:
                latin = "d" if word[position + 1 : position + 2] != _MALAYALAM_VIRAMA else "t"
            out.append(latin)
            pending = True
        elif character in _MALAYALAM_SIGNS:
            out.append(_MALAYALAM_SIGNS[character])
            pending = False
        elif character == _MALAYALAM_VIRAMA:
            pending = False
        else:
            if pending:
                out.append("a")
                pending = False
            if character in _MALAYALAM_VOWELS:
                out.append(_MALAYALAM_VOWELS[character])
            elif character in _CHILLUS:
                out.append(_CHILLUS[character])
            elif character == "ം":
                out.append("m")
            elif character.isascii():
                out.append(character)
            elif character != "ഃ" and (latin := anyascii(character).lower()):
                out.append(latin)
    if pending:
        out.append("a")
    return "".join(out)
