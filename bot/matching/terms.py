"""What a question says, as terms that mean the same in every language.

A term is a name (`n:lenin`), a concept (`c:overthrow`), a kind of question (`q:when`), a number (`d:1917`) or, where
the lexicons know nothing better, the first letters of a folded word (`w:kazan`; `s:` where a sense stands beside it).
An outsider that only the decoys name is `o:napoleon`. Names and concepts are shared by all
languages, which is how a question in one meets phrasings in another.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from itertools import chain
from typing import Final

from rapidfuzz.distance import DamerauLevenshtein

from bot.knowledge.model import KnowledgeBase
from bot.language import asking, clean, fold, skeleton, words

STEM: Final = 5
"""Letters of a folded word that count: Malayalam glues case endings on; the first five letters gained most."""
SHORT_GRAMS: Final = 1 << 12
"""Buckets of 3-grams; from here on those of 4-grams, which are more."""
GRAM_BUCKETS: Final = 3 * SHORT_GRAMS
REMEMBERED: Final = 10_000
"""Words whose reading is kept, for few make up most of what is asked; none is long (`clean.LONGEST_WORD`)."""
_BESIDE_A_SENSE: Final = 0.4  # weight of the bare word where a sense stands for it too
_ASIDE: Final = 0.3  # weight of what is said before or after the sentence that asks
_PREMISE: Final = 0.4  # the same for the clauses before the one that asks
_LONGEST_ENTRY: Final = 5  # words of the longest lexicon entry that is looked up as one
_OUTSIDER_NEAR_ENOUGH: Final = 0.85  # the same for names of other stories, which are many
_LONGEST_WORD: Final = 24  # letters beyond which a word is no misspelling of anything
_MOST_TOKENS: Final = 70  # words of a message that are read
_LONG_WORD: Final = 7  # letters from which even the first one may be wrong
_SHORTEST_STEM: Final = 4
_NEAR_ENOUGH: Final = 0.72  # similarity of two folded words below which one is no misspelling of the other


@dataclass(frozen=True)
class Token:
    """One word of a question and what the lexicons make of it."""

    text: str
    """The word as it was cleaned and case-folded."""
    folded: str
    senses: tuple[str, ...]
    """Names, concepts and question words, as terms; empty when none is known."""
    function: bool
    """True for a word that carries no content of its own ("the", "है", "yang")."""
    similarity: float = 1.0
    """Below 1 when the senses are those of a similarly spelt word."""
    known: bool = True
    """False when no phrasing, answer, lexicon or name holds the word or anything spelt like it."""
    emphasis: float = 1.0
    """Below 1 for a word outside the sentence that asks."""

    @cached_property
    def bare(self) -> bool:
        """True for a word that does not say what a question is about: a function word or a question word."""
        return self.function or bool(self.senses and all(s.startswith("q:") for s in self.senses))

    @cached_property
    def terms(self) -> tuple[str, ...]:
        """Every term by which an entry may hold the word."""
        stems = sorted({word[:STEM] for word in self.folded.split()})
        return (*self.senses, *(mark + stem for stem in stems for mark in ("w:", "s:")))

    @cached_property
    def weighed(self) -> tuple[tuple[str, float], ...]:
        """What it says, as terms with weights: its senses in full, the bare word less where a sense stands for it."""
        if self.function:
            return ()
        worth = self.similarity * self.emphasis
        said = [(sense, worth) for sense in self.senses]
        if not any(sense[0] in "dq" for sense in self.senses):
            mark, weight = ("s:", _BESIDE_A_SENSE) if self.senses else ("w:", 1.0)
            said += [(mark + word[:STEM], worth * weight) for word in self.folded.split()]
        return tuple(said)


@dataclass(frozen=True)
class Analysis:
    """A question ready for scoring."""

    tokens: tuple[Token, ...]
    terms: Mapping[str, float]
    """Term → weight 0…1."""
    grams: tuple[int, ...]
    """Hashed character 3–4-grams of the folded words that ask, each once."""
    folded: str
    """The folded words of the sentence that asks, joined by spaces."""

    @cached_property
    def names(self) -> frozenset[str]:
        """The ids of the people, places, bodies and terms named."""
        return frozenset(t[2:] for t in self.terms if t.startswith("n:"))

    @cached_property
    def question_words(self) -> frozenset[str]:
        """The kinds of question asked ("when", "who")."""
        return frozenset(t[2:] for t in self.terms if t.startswith("q:"))

    @cached_property
    def content(self) -> tuple[Token, ...]:
        """The words that say what the question is about: neither function words nor question words."""
        return tuple(t for t in self.tokens if not t.bare)


@dataclass
class Lexis:
    """Every lexicon, name and vocabulary word of a knowledge base, looked up by folded spelling.

    An entry belongs to one or more languages; where a spelling means different things in different languages, the
    question's own language wins and all the others count only if it knows nothing.
    """

    exact: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=dict)
    """Folded spelling (words joined by spaces) → language → terms."""
    prefixes: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=dict)
    """The same for spellings that stand for every longer form."""
    functions: dict[str, frozenset[str]] = field(default_factory=dict)
    """Language → folded function words."""
    vocabulary: frozenset[str] = frozenset()
    """Folded words of all phrasings, titles, answers and small talk."""

    def __post_init__(self) -> None:
        # the first word of entries of several words → all that begin with it; most phrases begin with none
        several: dict[str, list[str]] = {}
        for key in (*self.exact, *self.prefixes):
            first, space, _ = key.partition(" ")
            if space:
                several.setdefault(first, []).append(key)
        self._several = {first: tuple(keys) for first, keys in several.items()}
        # skeleton → the words that have it, with spaces between them: lists of one word would take up far more
        self._by_skeleton: dict[str, str] = {}
        entries = {k for k in (*self.exact, *self.prefixes) if " " not in k}
        for word in sorted(self.vocabulary | entries):
            if len(word) > 3 and not word.isdigit():
                for key in _deletions(skeleton(word)):
                    others = self._by_skeleton.get(key)
                    self._by_skeleton[key] = word if others is None else f"{others} {word}"
        self._near: dict[str, tuple[str, float] | None] = {}
        self.token = lru_cache(maxsize=REMEMBERED)(self._token)
        self.senses = lru_cache(maxsize=REMEMBERED)(self._senses)

    def begins(self, folded: Sequence[str], at: int) -> int:
        """The most words that an entry can take up which begins at a position of some folded words; 0 where none of
        several does."""
        entries = self._several.get(folded[at])
        if entries is None:
            return 0
        ahead = folded[at : at + _LONGEST_ENTRY]
        return len(ahead) if " ".join(ahead).startswith(entries) else 0

    def _token(self, text: str, folded: str, language: str | None, fuzzy: bool, emphasis: float) -> Token:
        """A word by itself; as `token` it is remembered, for few words make up most of what is asked."""
        return replace(self._known(text, folded, language, fuzzy), emphasis=emphasis)

    def _known(self, text: str, folded: str, language: str | None, fuzzy: bool) -> Token:
        if folded.isdigit():
            return Token(text, folded, (f"d:{folded.lstrip('0') or '0'}",), False)
        senses = self.senses(folded, language)
        if self.is_function(folded, language):
            asks = tuple(s for s in senses if s.startswith("q:"))
            return Token(text, folded, asks, not asks)
        if senses or folded in self.vocabulary:
            return Token(text, folded, senses, False)
        near = self.nearest(folded) if fuzzy else None
        if near is None:
            return Token(text, folded, (), False, 1.0, False)
        word, likeness = near
        senses = self.senses(word, language)
        if likeness < _OUTSIDER_NEAR_ENOUGH and any(s.startswith("o:") for s in senses):
            return Token(text, folded, (), False, 1.0, False)
        if self.is_function(word, language):
            return Token(text, word, (), True, likeness)
        return Token(text, word, senses, False, likeness)

    def _senses(self, folded: str, language: str | None) -> tuple[str, ...]:
        """The terms of one folded spelling, in `language` if it has any there, else in all that do. Remembered as
        `senses`."""
        exact, *starts = self.exact.get(folded), *self._starts(folded)
        # a word of one's own language is no stranger's, however well it would fit
        for found in (exact, *starts):
            if found is not None and language in found:
                return found[language]
        # and almost any word begins with some short stem of another language
        for found in (exact, *starts[: max(0, len(folded) - STEM + 1)]):
            if found is not None:
                return tuple(dict.fromkeys(term for terms in found.values() for term in terms))
        return ()

    def _starts(self, folded: str) -> Iterator[dict[str, tuple[str, ...]] | None]:
        """What the beginnings of a spelling stand for, the longest first; of several words, of the last one."""
        shortest = 3 if " " not in folded else folded.rindex(" ") + 3
        for end in range(len(folded), shortest - 1, -1):
            yield self.prefixes.get(folded[:end])

    def asks(self, folded: str, language: str | None) -> bool:
        """Whether a word asks ("when", "कब")."""
        return any(sense.startswith("q:") for sense in self.senses(folded, language))

    def is_function(self, folded: str, language: str | None) -> bool:
        """Whether a word carries no content: in its own language, or in any other while it means nothing."""
        own = self.functions.get(language or "")
        if own is not None and folded in own:
            return True
        if self.senses(folded, language):
            return False
        return any(folded in words_ for words_ in self.functions.values())

    def nearest(self, folded: str) -> tuple[str, float] | None:
        """The known word spelt most like `folded` and how like it is (0…1), or None."""
        if len(folded) < 4 or folded.isdigit():
            return None
        if len(folded) > _LONGEST_WORD:
            return None
        try:
            return self._near[folded]
        except KeyError:
            found = self._search(folded)
        if len(self._near) > 5_000:  # a bound, not a tuning knob: questions repeat their typos
            self._near.clear()
        self._near[folded] = found
        return found

    def _search(self, folded: str) -> tuple[str, float] | None:
        candidates = {word for key in _deletions(skeleton(folded)) for word in self._by_skeleton.get(key, "").split()}
        best: tuple[str, float] | None = None
        for word in candidates:
            if abs(len(word) - len(folded)) > 3 or (word[0] != folded[0] and len(folded) < _LONG_WORD):
                continue
            likeness = DamerauLevenshtein.normalized_similarity(folded, word, score_cutoff=_NEAR_ENOUGH)
            if likeness and (best is None or (likeness, word) > (best[1], best[0])):
                best = (word, likeness)
        return best


def _deletions(key: str) -> set[str]:
    """`key` and, if it is long enough to stay telling, every form of it with one letter less."""
    forms = {key}
    if len(key) > 3:
        forms.update(key[:i] + key[i + 1 :] for i in range(1, len(key)))
    return forms


def build_lexis(knowledge: KnowledgeBase) -> Lexis:
    """The `Lexis` of a knowledge base."""
    exact: dict[str, dict[str, dict[str, None]]] = {}
    prefixes: dict[str, dict[str, dict[str, None]]] = {}

    def add(spelling: str, language: str, term: str) -> None:
        starred = spelling.endswith("*")
        key = " ".join(fold(w) for w in words(clean(spelling.rstrip("*"))))
        if starred and len(key) > _SHORTEST_STEM:
            key = key.removesuffix("a")  # a stem's inherent vowel: "പാലസ*" stands for പാലസിൽ too
        if key:
            table = prefixes if starred else exact
            table.setdefault(key, {}).setdefault(language, {})[term] = None

    functions: dict[str, frozenset[str]] = {}
    vocabulary: set[str] = set()
    for code, language in knowledge.languages.items():
        functions[code] = frozenset(
            fold(w) for entry in language.lexicon.function_words for w in words(clean(entry)) if " " not in entry
        )
        for kind, spellings in language.lexicon.question_words.items():
            for spelling in spellings:
                add(spelling, code, f"q:{kind}")
        for concept, spellings in language.lexicon.concepts.items():
            for spelling in spellings:
                add(spelling, code, f"c:{concept}")
        for outsider in language.decoys.names:
            key = " ".join(fold(w) for w in words(clean(outsider.rstrip("*"))))
            add(outsider, code, f"o:{key.replace(' ', '-')}")
        passages = chain(
            chain.from_iterable((text.title, text.answer, *text.questions) for text in language.texts.values()),
            chain.from_iterable(talk.questions for talk in language.smalltalk.values()),
        )
        for passage in passages:
            vocabulary.update(fold(w) for w in words(clean(passage, 2000)))
    for name in knowledge.names.values():
        for code, spellings in name.spellings.items():
            for spelling in spellings:
                add(spelling, code, f"n:{name.id}")
    for key in exact.keys() & prefixes.keys():
        # two words that fold alike ("मिनट", "मिन्नत*"): neither may hide what the other means
        for code in exact[key].keys() & prefixes[key].keys():
            exact[key][code] |= prefixes[key][code]
    return Lexis(
        {k: {lang: tuple(t) for lang, t in v.items()} for k, v in exact.items()},
        {k: {lang: tuple(t) for lang, t in v.items()} for k, v in prefixes.items()},
        functions,
        frozenset(vocabulary),
    )


def analyse(text: str, language: str | None, lexis: Lexis, *, fuzzy: bool = True) -> Analysis:
    """What a cleaned text says. `language` helps where a spelling means different things; `fuzzy` forgives typos."""
    parts = asking(text, lambda word: lexis.asks(fold(word), language))
    surface = parts.words[:_MOST_TOKENS]
    folded = [fold(w) for w in surface]
    tokens: list[Token] = []
    position = 0
    while position < len(folded):
        if not parts.sentence <= position < parts.end:
            emphasis = _ASIDE
        else:
            emphasis = _PREMISE if position < parts.clause else 1.0
        token, length = _read(surface, folded, position, language, lexis, fuzzy, emphasis)
        tokens.append(token)
        position += length
    asked = folded[parts.sentence : parts.end]
    grams = tuple(dict.fromkeys(chain.from_iterable(map(_grams, asked))))
    return Analysis(tuple(tokens), weigh(tokens), grams, " ".join(asked))


def _read(
    surface: Sequence[str],
    folded: Sequence[str],
    at: int,
    language: str | None,
    lexis: Lexis,
    fuzzy: bool,
    emphasis: float,
) -> tuple[Token, int]:
    """The token that begins at a position, and how many words it takes up."""
    word = folded[at]
    for length in range(lexis.begins(folded, at), 1, -1):
        phrase = " ".join(folded[at : at + length])
        senses = lexis.senses(phrase, language)
        if senses and all(s.startswith("c:") for s in senses):
            # an idea in several words ("prime minister") leaves each word its own meaning
            own = lexis.senses(word, language)
            return _token(surface[at], word, (*senses, *own), emphasis), 1
        if senses:
            return _token(" ".join(surface[at : at + length]), phrase, senses, emphasis), length
    return lexis.token(surface[at], word, language, fuzzy, emphasis), 1


@lru_cache(maxsize=REMEMBERED)
def _token(text: str, folded: str, senses: tuple[str, ...], emphasis: float) -> Token:
    return Token(text, folded, tuple(dict.fromkeys(senses)), False, emphasis=emphasis)


def weigh(tokens: Iterable[Token]) -> dict[str, float]:
    """Terms of tokens, each with its highest weight."""
    terms: dict[str, float] = {}
    for token in tokens:
        for term, weight in token.weighed:
            if weight > terms.get(term, 0.0):
                terms[term] = weight
    return terms


@lru_cache(maxsize=REMEMBERED)
def _grams(word: str) -> tuple[int, ...]:
    padded = f"<{word}>"
    return tuple(
        first + zlib.crc32(padded[i : i + size].encode()) % buckets
        for size, first, buckets in ((3, 0, SHORT_GRAMS), (4, SHORT_GRAMS, GRAM_BUCKETS - SHORT_GRAMS))
        for i in range(max(1, len(padded) - size + 1))
    )
