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


@lru_cache(maxsize=20_000)
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


def _all_grams(tokens: Iterable[str]) -> list[int]:
    return list(chain.from_iterable(map(_grams, tokens)))


def _count(tokens: Iterable[str], among: frozenset[str]) -> int:
    return sum(map(among.__contains__, tokens))


def _most_of_a_neighbour(tokens: Iterable[str], script: str) -> int:
    """How many function words of one neighbour there are, of the one that has most."""
    suspects = [t for t in tokens if t in _NEIGHBOURLY.get(script, ())]
    if not suspects:
        return 0
    return max(_count(suspects, marks) for marks in NEIGHBOURS[script].values())


_NEIGHBOURLY = {script: frozenset[str]().union(*languages.values()) for script, languages in NEIGHBOURS.items()}


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
    def _anybodys(self) -> frozenset[str]:
        return frozenset[str]().union(*self.function_words.values())

    @classmethod
    def train(cls, samples: Mapping[str, Sequence[str]], function_words: Mapping[str, Iterable[str]]) -> Identifier:
        """From phrasings per language code; phrasings in another script than Latin train a row of their own."""
        rows: dict[tuple[str, str], Counter[int]] = {}
        for language, phrasings in samples.items():
            for phrasing in phrasings:
                key = (language, script_of(phrasing))
                rows.setdefault(key, Counter()).update(_all_grams(words(clean(phrasing))))
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
    def _tell(self) -> Callable[[str], tuple[float, ...]]:
        """What a word tells of the languages; remembered, for few words make up most of what is asked.

        It is how many n-grams the word has; for each row, the sum of their log-odds; and for each row what that says
        in nats, with what being a function word adds.
        """
        return lru_cache(maxsize=20_000)(self._read)

    def _read(self, word: str) -> tuple[float, ...]:
        grams, folded = _grams(word), fold(word)
        likeness: list[float] = self.weights[:, grams].sum(axis=1, dtype=np.float64).tolist()
        # words borrowed from another language are many, its function words are not: they tell a sentence's frame
        bonus = [
            _FUNCTION_WORD_BONUS * (folded in self._folded_function_words.get(language, ()))
            for language in self.languages
        ]
        return len(grams), *likeness, *(a * _TEMPER + b for a, b in zip(likeness, bonus, strict=True))

    def identify(self, text: str) -> Guess:
        """The language of `text` (any text; nothing raises)."""
        text = clean(text)
        script = script_of(text)
        rows = [i for i, s in enumerate(self.scripts) if s == script]
        tokens = words(text)
        if not script:
            return Guess(None, 0.0, script, False)
        if not rows:
            return Guess(None, 1.0, script, True)
        letters = [t for t in tokens if not t.isdigit()]
        # one sum for each column of what the words tell
        sums = [sum(column) for column in zip(*map(self._tell, letters), strict=True)]
        grams = sums[0] if sums else 0
        if not grams:
            return Guess(None, 0.0, script, False)
        mean = max(sums[1 + row] for row in rows) / grams
        scores = {row: sums[1 + len(self.scripts) + row] for row in rows}
        best = max(scores, key=lambda row: scores[row])
        language = self.languages[best]
        ours = _count(letters, self.function_words.get(language, frozenset()))
        theirs = _most_of_a_neighbour([t for t in letters if t not in self._anybodys], script)
        if (theirs > ours and theirs > 1) or (mean < _FLOOR and theirs >= ours and len(letters) > 1):
            return Guess(None, 0.9, script, True)
        confidence = 1 / sum(math.exp(max(-50.0, score - scores[best])) for score in scores.values())
        if len(rows) > 1:  # a single name or an unknown word says little about the language around it
            confidence *= 1 - math.exp(-grams / 12)
        return Guess(language, round(confidence, 4), script, False)
