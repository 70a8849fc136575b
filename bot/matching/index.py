"""The knowledge base turned into arrays: every phrasing, fact, decoy and small talk, ready to be scored."""

from __future__ import annotations

import hashlib
import io
import json
import math
import os
import unicodedata
from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.resources import files
from itertools import chain
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bot.knowledge import CompiledCache
from bot.knowledge.model import MAX_ANSWER, KnowledgeBase
from bot.language import Identifier, clean, sentences
from bot.matching.arrays import Bits, Floats, Ints, Places, Rows, RowsBuilder, Scores, Stretch
from bot.matching.learning import EPOCHS, Classifier, train
from bot.matching.terms import (
    GRAM_BUCKETS,
    REMEMBERED,
    SHORT_GRAMS,
    Analysis,
    Lexis,
    analyse,
    build_lexis,
)

DECOY: Final = "decoy:"
SMALL_TALK: Final = "smalltalk:"
FIFTHS: Final = 4, 5
"""Fifths of a word's worth that an entry holds where it mentions the word, and where it does so often."""

LITTLE: Final = 4.0
"""What is added to the length of a question's terms before the classifier sees them: one that says little, a bare
"who", should not seem to say it with all its might. About the worth of one telling term."""


@dataclass(frozen=True)
class Index:
    """Rows are phrasings; entries are what they ask for: a fact, a group of decoys or a kind of small talk."""

    entries: tuple[str, ...]
    """Fact id, `decoy:group` or `smalltalk:kind`."""
    row_entry: Ints
    """Row → entry; the rows of an entry stand together, and among them those in one language."""
    languages: tuple[str, ...]
    row_language: NDArray[np.int8]
    """Row → its language, as its place in `languages`."""
    row_folded: tuple[str, ...]
    """Row → its folded words."""
    row_gram_norm: Floats
    """Row → the length of its n-grams' weights."""
    row_asks: Ints
    """Row → the kinds of question it asks, as bits in the order of `kinds`."""
    kinds: tuple[str, ...]
    """The kinds of question that the lexicons know ("when", "who")."""
    terms: dict[str, int]
    idf: Floats
    """Term → how telling it is, from the number of entries that hold it."""
    gram_idf: Floats
    row_terms: Rows
    """The terms that count in coverage."""
    row_grams: Rows
    """The 4-grams; each is worth the same (its idf) in every row. Those of three letters tell little more."""
    mentions: Bits
    """Term × entry: whether the entry holds the term anywhere, answer and title included."""
    often: Bits
    """The same: whether it is one of the entry's names or stands in more than one of its phrasings."""
    classifier: Classifier
    """What of terms, n-grams (numbered after the terms) and `pairs` (after these) speaks for which entry."""
    lexis: Lexis
    identifier: Identifier

    @cached_property
    def unknown_idf(self) -> float:
        """The weight of a word that nothing in the base holds: as telling as the rarest there is."""
        return float(np.log(1 + len(self.entries)))

    @cached_property
    def marks(self) -> list[str]:
        """What each entry is: `DECOY`, `SMALL_TALK`, or "" for a fact."""
        return [next((mark for mark in (DECOY, SMALL_TALK) if e.startswith(mark)), "") for e in self.entries]

    @cached_property
    def is_fact(self) -> NDArray[np.bool_]:
        """Per entry, whether it is a fact."""
        return np.array([not mark for mark in self.marks])

    @cached_property
    def facts(self) -> Places:
        """The entries that are facts."""
        return np.flatnonzero(self.is_fact)

    @cached_property
    def idf_of(self) -> array[float]:
        """`idf` as plain numbers, which are faster to look at one by one."""
        return array("d", self.idf)

    @cached_property
    def gram_squares(self) -> Floats:
        """`gram_idf` squared, of all n-grams and of the 4-grams alone; one that nothing in the base holds counts as
        much as a word would."""
        squares = np.where(self.gram_idf > 0, self.gram_idf, np.float32(self.unknown_idf)) ** 2
        return np.stack((squares, np.where(np.arange(GRAM_BUCKETS) < SHORT_GRAMS, np.float32(0), squares)))

    @cached_property
    def gram_worth(self) -> Floats:
        """What a 4-gram is worth that both a question and a phrasing hold: its idf in the one times the other's."""
        return np.where(np.arange(GRAM_BUCKETS) < SHORT_GRAMS, np.float32(0), self.gram_idf**2)

    @cached_property
    def kind_terms(self) -> range:
        """The terms that are kinds of question."""
        return _kind_terms(self.terms, self.kinds)

    @cached_property
    def kind_shares(self) -> Scores:
        """Entry × kind of question: the part of the entry's rows that ask it."""
        starts = self.entry_starts
        shares = np.empty((len(self.entries), len(self.kinds)))
        for kind in range(len(self.kinds)):
            shares[:, kind] = np.add.reduceat((self.row_asks >> kind) & 1, starts[:-1]) / np.diff(starts)
        return shares

    @cached_property
    def holders(self) -> Callable[[tuple[str, ...]], tuple[float, NDArray[np.uint8]]]:
        """How telling a word with some terms is, and per entry how many fifths of it the entry holds.

        A word is what its best term is. Remembered, for few words make up most of what is asked.
        """
        return lru_cache(maxsize=REMEMBERED)(self._holders)

    @cached_property
    def _nowhere(self) -> NDArray[np.uint8]:
        return np.zeros(len(self.entries), dtype=np.uint8)

    def _holders(self, terms: tuple[str, ...]) -> tuple[float, NDArray[np.uint8]]:
        keys = [self.terms[term] for term in terms if term in self.terms]
        if not keys:
            return self.unknown_idf, self._nowhere
        fifths = self.mentions.rows(keys) * FIFTHS[0] + self.often.rows(keys) * (FIFTHS[1] - FIFTHS[0])
        return max(self.idf_of[key] for key in keys), fifths.max(axis=0)

    @cached_property
    def phrasings(self) -> Callable[[int, str | None], Stretch]:
        """The phrasings of an entry: those in one language, or all of an entry that has none in it."""
        return lru_cache(maxsize=None)(self._phrasings)  # there are but so many

    def _phrasings(self, entry: int, language: str | None) -> Stretch:
        begin, end = int(self.entry_starts[entry]), int(self.entry_starts[entry + 1])
        if language in self.languages:
            # those in one language stand together
            spoken = np.flatnonzero(self.row_language[begin:end] == self.languages.index(language))
            if len(spoken):
                begin, end = begin + int(spoken[0]), begin + int(spoken[-1]) + 1
        terms, term_counts = self.row_terms.span(begin, end)
        grams, gram_counts = self.row_grams.span(begin, end)
        return Stretch(
            self.row_terms.keys[terms],
            self.row_grams.keys[grams],
            np.column_stack((np.arange(begin, end), term_counts, gram_counts)).astype(np.int32),
            self.row_gram_norm[begin:end],
        )

    @cached_property
    def entry_starts(self) -> Places:
        """Where each entry's rows begin, and after the last one where they all end."""
        return np.searchsorted(self.row_entry, np.arange(len(self.entries) + 1)).astype(np.int64)


def is_primary(term: str) -> bool:
    """Whether a term counts in coverage (a bare stem beside a sense does not)."""
    return not term.startswith("s:")


def build_index(knowledge: KnowledgeBase, *, epochs: int = EPOCHS) -> Index:
    """Index everything that can be asked or said in any language.

    `epochs`: times that the classifier learns from each phrasing.
    """
    lexis = build_lexis(knowledge)
    samples: dict[str, list[str]] = defaultdict(list)
    functions: dict[str, list[str]] = {}
    grouped: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for entry, language, phrasing in _phrasings(knowledge):
        grouped[entry].append((language, phrasing))
        samples[language].append(phrasing)
    for code, spoken in knowledge.languages.items():
        lexicon = spoken.lexicon
        functions[code] = [
            w
            for spellings in (lexicon.function_words, *lexicon.question_words.values())
            for spelling in spellings
            for w in spelling.rstrip("*").casefold().split()
        ]
    entries = tuple(grouped)
    rows: list[tuple[int, str, Analysis]] = []
    for number, entry in enumerate(entries):
        for language, phrasing in grouped[entry]:
            rows.append((number, language, analyse(clean(phrasing), language, lexis, fuzzy=False)))
    told = list(_told(knowledge, entries, lexis))
    return _assemble(
        entries,
        rows,
        told,
        _mentions(knowledge, entries, rows, told),
        lexis,
        Identifier.train(samples, functions),
        epochs,
    )


def _phrasings(knowledge: KnowledgeBase) -> Iterator[tuple[str, str, str]]:
    for code, language in knowledge.languages.items():
        for fact, text in language.texts.items():
            for phrasing in (text.title, *text.questions):
                yield fact, code, phrasing
        for group, phrasings in language.decoys.questions.items():
            for phrasing in phrasings:
                yield DECOY + group, code, phrasing
        for kind, talk in language.smalltalk.items():
            for phrasing in talk.questions:
                yield SMALL_TALK + kind, code, phrasing


def _told(knowledge: KnowledgeBase, entries: tuple[str, ...], lexis: Lexis) -> Iterator[tuple[int, Analysis]]:
    """Every sentence of every answer, with the entry that it answers."""
    numbers = {entry: number for number, entry in enumerate(entries)}
    for code, language in knowledge.languages.items():
        for fact, text in language.texts.items():
            for sentence in sentences(clean(text.answer, MAX_ANSWER)):
                yield numbers[fact], analyse(sentence, code, lexis, fuzzy=False)


def _mentions(
    knowledge: KnowledgeBase,
    entries: tuple[str, ...],
    rows: list[tuple[int, str, Analysis]],
    told: list[tuple[int, Analysis]],
) -> list[dict[str, bool]]:
    """Per entry, every term that stands in it, and whether it does so often."""
    counted: list[Counter[str]] = [Counter() for _ in entries]
    for number, _, analysis in rows:
        counted[number].update(analysis.terms.keys())
    often = [{term: n > 1 for term, n in counter.items()} for counter in counted]
    for number, entry in enumerate(entries):
        for name in knowledge.facts[entry].names if entry in knowledge.facts else ():
            often[number][f"n:{name}"] = True
    for number, analysis in told:
        for term in analysis.terms:
            often[number].setdefault(term, False)
    return often


def _assemble(
    entries: tuple[str, ...],
    rows: list[tuple[int, str, Analysis]],
    told: list[tuple[int, Analysis]],
    mentions: list[dict[str, bool]],
    lexis: Lexis,
    identifier: Identifier,
    epochs: int,
) -> Index:
    holders: Counter[str] = Counter(term for held in mentions for term in held)
    terms = {term: number for number, term in enumerate(sorted(holders))}
    idf = np.array([np.log(1 + len(entries) / (0.5 + holders[t])) for t in terms], dtype=np.float32)

    entry_grams: list[set[int]] = [set() for _ in entries]
    for number, _, analysis in rows:
        entry_grams[number].update(analysis.grams)
    gram_idf = np.zeros(GRAM_BUCKETS, dtype=np.float32)
    for gram, held in Counter(chain.from_iterable(entry_grams)).items():
        gram_idf[gram] = np.log(1 + len(entries) / held)

    def weigh(analysis: Analysis) -> tuple[dict[int, float], dict[int, float]]:
        weights = {terms[t]: w * float(idf[terms[t]]) for t, w in analysis.terms.items()}
        return weights, {g: float(gram_idf[g]) for g in analysis.grams}

    row_terms, row_grams = RowsBuilder(nothing=len(terms)), RowsBuilder(nothing=GRAM_BUCKETS)
    gram_norms = []
    kinds = tuple(sorted({t[2:] for t in terms if t.startswith("q:")}))
    kind_terms = _kind_terms(terms, kinds)
    for _, _, analysis in rows:
        row_terms.add({terms[t]: weight for t, weight in analysis.terms.items() if is_primary(t)})
        grams = {gram: float(gram_idf[gram]) for gram in analysis.grams if gram >= SHORT_GRAMS}
        row_grams.add(grams)
        gram_norms.append(_length(grams.values()))
    terms_only, grams_only = row_terms.build(len(terms) + 1), row_grams.build(GRAM_BUCKETS + 1)
    # what is told is asked for in its own words, too
    examples = [*((number, analysis) for number, _, analysis in rows), *told]
    samples = RowsBuilder()
    for _, analysis in examples:
        samples.add(_sample(*weigh(analysis), len(terms), kind_terms))
    feature_count = len(terms) + GRAM_BUCKETS + (len(kind_terms) + 1) * kind_terms.start
    numbers = [number for number, _ in examples]
    learnt = train(samples.build(feature_count), numbers, feature_count, len(entries), epochs)
    languages = tuple(dict.fromkeys(r[1] for r in rows))
    return Index(
        entries=entries,
        row_entry=np.array([r[0] for r in rows], dtype=np.int32),
        languages=languages,
        row_language=np.array([languages.index(r[1]) for r in rows], dtype=np.int8),
        row_folded=tuple(r[2].folded for r in rows),
        row_gram_norm=np.array(gram_norms, dtype=np.float32),
        row_asks=np.array([asked(r[2], kinds) for r in rows], dtype=np.int32),
        kinds=kinds,
        terms=terms,
        idf=idf,
        gram_idf=gram_idf,
        row_terms=Rows(terms_only.starts, terms_only.keys),
        row_grams=Rows(grams_only.starts, grams_only.keys),
        mentions=Bits.of([[terms[t] for t in held] for held in mentions], len(terms)),
        often=Bits.of([[terms[t] for t, often in held.items() if often] for held in mentions], len(terms)),
        classifier=learnt,
        lexis=lexis,
        identifier=identifier,
    )


def _sample(weights: dict[int, float], grams: dict[int, float], term_count: int, kind_terms: range) -> dict[int, float]:
    """What the classifier is shown: terms and n-grams, each about as long as a whole question is, and pairs."""
    said, spelt = math.hypot(_length(weights.values()), LITTLE), _length(grams.values())
    shown = {term: weight / said for term, weight in weights.items()}
    beside = {term_count + GRAM_BUCKETS + pair: shown[sense] for pair, sense in pairs(list(shown), kind_terms)}
    return shown | {term_count + gram: weight / spelt for gram, weight in grams.items()} | beside


def pairs(terms: Collection[int], kind_terms: range) -> list[tuple[int, int]]:
    """Each kind of question asked with each sense beside it, as a feature (from 0), and the term of that sense.

    A sum of what "why" and "Kerensky" each say cannot tell why he fell from who he was. The feature weighs as much as
    its sense does. That nothing is asked counts as a kind, too: else a bare name would be left with half of its say.
    """
    # terms are sorted by their marks: senses and numbers (c, d, n, o) come before kinds of question (q), stems after
    firsts = [(term - kind_terms.start) * kind_terms.start for term in terms if term in kind_terms]
    firsts = firsts or [len(kind_terms) * kind_terms.start]
    return [(first + term, term) for first in firsts for term in terms if term < kind_terms.start]


def _kind_terms(terms: dict[str, int], kinds: tuple[str, ...]) -> range:
    first = terms[f"q:{kinds[0]}"] if kinds else 0
    return range(first, first + len(kinds))


def _length(weights: Collection[float]) -> float:
    return math.sqrt(sum(w * w for w in weights)) or 1.0


def asked(analysis: Analysis, kinds: tuple[str, ...]) -> int:
    """The kinds of question that an analysis asks, as bits in the order of `kinds`."""
    words = analysis.question_words
    return sum(1 << kinds.index(word) for word in words if word in kinds) if words else 0


_ARRAYS: Final = ("row_entry", "row_language", "row_gram_norm", "row_asks", "idf", "gram_idf")


def dump_index(index: Index) -> bytes:
    """The index as bytes that `parse_index` reads back; nothing in them can run code."""
    lexis, identifier = index.lexis, index.identifier
    arrays: dict[str, Any] = {name: getattr(index, name) for name in _ARRAYS}
    arrays |= {
        "row_terms.starts": index.row_terms.starts,
        "row_terms.keys": index.row_terms.keys,
        "row_grams.starts": index.row_grams.starts,
        "row_grams.keys": index.row_grams.keys,
        "mentions": index.mentions.packed,
        "often": index.often.packed,
        "classifier.slots": index.classifier.slots,
        "classifier.weights": index.classifier.weights,
        "identifier.weights": identifier.weights,
    }
    meta = {
        "entries": index.entries,
        "languages": index.languages,
        "row_folded": "\n".join(index.row_folded),
        "terms": list(index.terms),
        "kinds": index.kinds,
        "classifier.unit": index.classifier.unit,
        "exact": lexis.exact,
        "prefixes": lexis.prefixes,
        "functions": {k: sorted(v) for k, v in lexis.functions.items()},
        "vocabulary": sorted(lexis.vocabulary),
        "identifier.languages": identifier.languages,
        "scripts": identifier.scripts,
        "function_words": {k: sorted(v) for k, v in identifier.function_words.items()},
    }
    arrays["meta"] = np.frombuffer(json.dumps(meta, ensure_ascii=False).encode(), dtype=np.uint8)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # smaller while it is read: the file and the arrays are in memory together
    return buffer.getvalue()


def parse_index(payload: bytes) -> Index:
    """The index that `dump_index` wrote."""
    with np.load(io.BytesIO(payload), allow_pickle=False) as arrays:
        meta = json.loads(arrays["meta"].tobytes())
        # what has been made into something else goes at once: this is where the program needs most memory
        take = meta.pop
        lexis = Lexis(
            _tuples(take("exact")),
            _tuples(take("prefixes")),
            {k: frozenset(v) for k, v in take("functions").items()},
            frozenset(take("vocabulary")),
        )
        row_folded = tuple(take("row_folded").split("\n"))
        terms = {term: number for number, term in enumerate(take("terms"))}
        identifier = Identifier(
            tuple(take("identifier.languages")),
            tuple(take("scripts")),
            arrays["identifier.weights"],
            {k: frozenset(v) for k, v in take("function_words").items()},
        )
        entries = tuple(take("entries"))
        plain: dict[str, Any] = {name: arrays[name] for name in _ARRAYS}
        return Index(
            entries=entries,
            languages=tuple(take("languages")),
            row_folded=row_folded,
            terms=terms,
            kinds=tuple(take("kinds")),
            row_terms=Rows(arrays["row_terms.starts"], arrays["row_terms.keys"]),
            row_grams=Rows(arrays["row_grams.starts"], arrays["row_grams.keys"]),
            mentions=Bits(arrays["mentions"], len(entries)),
            often=Bits(arrays["often"], len(entries)),
            classifier=Classifier(arrays["classifier.slots"], arrays["classifier.weights"], take("classifier.unit")),
            lexis=lexis,
            identifier=identifier,
            **plain,
        )


def _tuples(table: dict[str, dict[str, list[str]]]) -> dict[str, dict[str, tuple[str, ...]]]:
    # Tens of thousands of spellings share a few hundred meanings: each is kept once.
    kept: dict[str, dict[str, tuple[str, ...]]] = {}
    return {
        key: kept.setdefault(repr(senses), {language: tuple(terms) for language, terms in senses.items()})
        for key, senses in table.items()
    }


def load_index(
    digest: str, whole: Callable[[], KnowledgeBase], store: CompiledCache, on_build: Callable[[], None] | None = None
) -> Index:
    """The index of a knowledge base, from the cache where it was built for the same knowledge by the same code.

    `digest` is the knowledge base's; `whole` and `on_build` are called where the index has to be built first, which
    takes about half a minute.
    """
    key = f"{digest} {_code_digest()}"

    def build() -> bytes:
        if on_build is not None:
            on_build()
        return dump_index(build_index(whole()))

    try:
        return parse_index(store.fetch("index", key, build))
    except (KeyError, ValueError):  # unharmed, yet not ours: another version of a library wrote it
        store.discard("index")
        return parse_index(store.fetch("index", key, build))


def _code_digest() -> str:
    """Stands for the version of the code and of the tables that an index depends on."""
    rooms = Path(__file__).parent.parent
    digest = hashlib.sha256(unicodedata.unidata_version.encode())
    with os.scandir(files("anyascii") / "_data") as tables:  # type: ignore[call-overload]
        digest.update(repr(sorted((table.name, table.stat().st_size) for table in tables)).encode())
    for module in sorted(
        path for room in ("knowledge", "language", "matching") for path in (rooms / room).glob("*.py")
    ):
        digest.update(module.read_bytes())
    return digest.hexdigest()
