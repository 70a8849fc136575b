"""Which language a message is in: one of the bot's, in its own script or in Latin letters, or none of them.

Script decides where it can. Within a script, naive Bayes over the character 2–4-grams of words, trained on the
knowledge base's own phrasings, decides between the languages and a background class; function words weigh in, those
of the neighbours that the bot does not speak (Marathi, Nepali, Spanish …) too. Packaged identifiers know neither
Hindi nor Malayalam in Latin letters.
"""

from __future__ import annotations

import math
import unicodedata
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from bot.language.clean import clean, words
from bot.language.fold import fold
from bot.language.neighbours import NEIGHBOURS

BUCKETS = 1 << 15
_FUNCTION_WORD_BONUS = 5.0  # nats
_TEMPER = 0.25  # neighbouring n-grams are far from independent, as naive Bayes takes them to be
_FLOOR = -2.6  # mean log-odds an n-gram against chance below which a text is in no language that was trained on


@dataclass(frozen=True)
class Guess:
    """What a message seems to be written in."""

    language: str | None
    """A code such as "hi"; None when it is none of the languages that the bot speaks, or there is nothing to go by."""
    confidence: float
    """0…1: how sure, relative to the other candidates."""
    script: str
    """The script of most letters as its Unicode name's first word: "LATIN", "DEVANAGARI", "MALAYALAM", … or ""."""
    foreign: bool
    """True when the message is clearly in a language that the bot does not speak."""


def script_of(text: str) -> str:
    """The Unicode script name that most letters of `text` belong to, or "" without letters."""
    if text.isascii():
        return "LATIN" if any(c.isalpha() for c in text) else ""
    counts = Counter(map(_letter_script, text))
    del counts[""]
    return counts.most_common(1)[0][0] if counts else ""


@lru_cache(maxsize=2_000)
def _letter_script(character: str) -> str:
    """The script of a letter or mark, "" for any other character."""
    if unicodedata.category(character)[0] not in "LM":
        return ""
    return unicodedata.name(character, "?").split()[0]


def _grams(token: str) -> tuple[int, ...]:
    """The hashed 2–4-grams of one word."""
    padded = f"<{token}>"
    return tuple(
        zlib.crc32(padded[i : i + size].encode()) % BUCKETS for size in (2, 3, 4) for i in range(len(padded) - size + 1)
    )


_NEIGHBOURS = [(script, marks) for script, languages in NEIGHBOURS.items() for marks in languages.values()]
_NEIGHBOURS_IN = {script: [i for i, (s, _) in enumerate(_NEIGHBOURS) if s == script] for script in NEIGHBOURS}


@dataclass(frozen=True)
class _Word:
    """What one word tells."""

    letters: tuple[tuple[str, int], ...]
    """Scripts, and how many of its letters are in each."""
    told: NDArray[np.float64]
    """How many n-grams it has; for each row of the identifier, the sum of their log-odds, what that says in nats with
    what being a function word adds, and whether it is a function word; and for each neighbour whether it is one there
    and nobody's else."""


@dataclass(frozen=True)
class Identifier:
    """The trained identifier: plain arrays, so that it can be kept in a compiled index."""

    languages: tuple[str, ...]
    """The language of each row of `weights`."""
    scripts: tuple[str, ...]
    """The script of each row: a language typed in two scripts has two rows."""
    weights: NDArray[np.float32]
    """Row × bucket: log P(n-gram | row) − log P(n-gram)."""
    function_words: Mapping[str, frozenset[str]]
    """Case-folded function and question words of each language."""

    @cached_property
    def _folded_function_words(self) -> dict[str, frozenset[str]]:
        return {language: frozenset(map(fold, spellings)) for language, spellings in self.function_words.items()}

    @cached_property
    def _rows(self) -> dict[str, list[int]]:
        """The rows of each script."""
        rows: dict[str, list[int]] = {}
        for row, script in enumerate(self.scripts):
            rows.setdefault(script, []).append(row)
        return rows

    @cached_property
    def _anybodys(self) -> frozenset[str]:
        return frozenset[str]().union(*self.function_words.values())

    @classmethod
    def train(cls, samples: Mapping[str, Sequence[str]], function_words: Mapping[str, Iterable[str]]) -> Identifier:
        """From phrasings per language code; phrasings in another script than Latin train a row of their own."""
        rows: dict[tuple[str, str], Counter[int]] = {}
        for language, phrasings in samples.items():
            for phrasing in phrasings:
                key = (language, script_of(phrasing))
                rows.setdefault(key, Counter()).update(chain.from_iterable(map(_grams, words(clean(phrasing)))))
        total = sum((sum(c.values()) for c in rows.values()), 0)
        rows = {k: c for k, c in rows.items() if sum(c.values()) * 200 > total}  # not for a few stray loan words
        weights = np.zeros((len(rows), BUCKETS), dtype=np.float32)
        for i, counter in enumerate(rows.values()):
            size = sum(counter.values())
            unseen = math.log(0.3 / (size + 0.3 * BUCKETS))
            weights[i] = unseen
            for bucket, count in counter.items():
                weights[i, bucket] = math.log((count + 0.3) / (size + 0.3 * BUCKETS))
        weights += math.log(BUCKETS)  # against the chance of any bucket
        lexical = {lang: frozenset(w.casefold() for w in ws) for lang, ws in function_words.items()}
        return cls(tuple(k[0] for k in rows), tuple(k[1] for k in rows), weights, lexical)

    @cached_property
    def _tell(self) -> Callable[[str], _Word]:
        """A word as it is read; remembered, for few words make up most of what is asked."""
        return lru_cache(maxsize=10_000)(self._read)

    def _read(self, word: str) -> _Word:
        grams, folded = _grams(word), fold(word)
        likeness = self.weights[:, grams].sum(axis=1, dtype=np.float64)
        # words borrowed from another language are many, its function words are not: they tell a sentence's frame
        framing = [folded in self._folded_function_words.get(language, ()) for language in self.languages]
        ours = [word in self.function_words.get(language, ()) for language in self.languages]
        theirs = [word in marks and word not in self._anybodys for _, marks in _NEIGHBOURS]
        nats = likeness * _TEMPER + np.multiply(framing, _FUNCTION_WORD_BONUS)
        letters = Counter(map(_letter_script, word))
        del letters[""]
        return _Word(tuple(letters.items()), np.array([len(grams), *likeness, *nats, *ours, *theirs], dtype=np.float64))

    def identify(self, text: str) -> Guess:
        """The language of `text` (any text; nothing raises)."""
        spoken = [self._tell(word) for word in words(clean(text)) if not word.isdigit()]
        letters: dict[str, int] = {}
        for word in spoken:
            for script, count in word.letters:
                letters[script] = letters.get(script, 0) + count
        if not letters:
            return Guess(None, 0.0, "", False)
        script = max(letters, key=letters.__getitem__)
        rows = self._rows.get(script)
        if rows is None:
            return Guess(None, 1.0, script, True)
        # one long array is made of many short ones several times faster than a table is
        together = np.concatenate([word.told for word in spoken]).reshape(len(spoken), -1)
        grams, *told = together.sum(axis=0).tolist()
        likeness, nats, ours, theirs = (told[i * len(self.scripts) :] for i in range(4))
        best = max(rows, key=nats.__getitem__)
        neighbourly = max([theirs[i] for i in _NEIGHBOURS_IN.get(script, ())], default=0)
        strange = max(likeness[row] for row in rows) / grams < _FLOOR
        if neighbourly > max(1, ours[best]) or (strange and neighbourly >= ours[best] and len(spoken) > 1):
            return Guess(None, 0.9, script, True)
        confidence = 1 / sum(math.exp(max(-50.0, nats[row] - nats[best])) for row in rows)
        if len(rows) > 1:  # a single name or an unknown word says little about the language around it
            confidence *= 1 - math.exp(-grams / 12)
        return Guess(self.languages[best], round(confidence, 4), script, False)
