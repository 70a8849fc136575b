"""The knowledge base turned into arrays: every phrasing, fact, decoy and small talk, ready to be scored."""

from __future__ import annotations

import hashlib
import io
import json
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np

from bot.knowledge import CompiledCache
from bot.knowledge.model import KnowledgeBase
from bot.language import Identifier
from bot.matching.postings import Floats, Holders, Ints, Postings, PostingsBuilder, Scores
from bot.matching.terms import GRAM_BUCKETS, Analysis, Lexis, analyse, build_lexis

DECOY: Final = "decoy:"
SMALL_TALK: Final = "smalltalk:"
_MENTION: Final = 0.8  # worth of a term that stands once in an entry, or only in its answer


@dataclass(frozen=True)
class Index:
    """Rows are phrasings; entries are what they ask for: a fact, a group of decoys or a kind of small talk."""

    entries: tuple[str, ...]
    """Fact id, `decoy:group` or `smalltalk:kind`."""
    row_entry: Ints
    """Row → entry; the rows of an entry stand together."""
    row_language: tuple[str, ...]
    row_folded: tuple[str, ...]
    """Row → its folded words."""
    row_norm: Floats
    row_total: Floats
    """Row → length and sum of its primary term weights."""
    row_gram_norm: Floats
    row_asks: Ints
    """Row → the kinds of question it asks, as bits in the order of `kinds`."""
    kinds: tuple[str, ...]
    """The kinds of question that the lexicons know ("when", "who")."""
    terms: dict[str, int]
    idf: Floats
    """Term → how telling it is, from the number of entries that hold it."""
    gram_idf: Floats
    row_terms: Postings
    row_grams: Holders
    """An n-gram is worth the same (its idf) in every row that holds it."""
    entry_terms: Postings
    """Term → entries with the unit-length centroid of their phrasings."""
    entry_grams: Postings
    entry_mentions: Postings
    """Term → entries that hold it anywhere, answer and title included, with its worth there (0…1)."""
    lexis: Lexis
    identifier: Identifier

    @cached_property
    def unknown_idf(self) -> float:
        """The weight of a word that nothing in the base holds: as telling as the rarest there is."""
        return float(np.log(1 + len(self.entries)))

    @cached_property
    def row_scale(self) -> Scores:
        """1 / `row_norm`; in double precision, as the scores are that are multiplied with it."""
        return 1 / self.row_norm.astype(np.float64)

    @cached_property
    def row_gram_scale(self) -> Scores:
        """The same of `row_gram_norm`."""
        return 1 / self.row_gram_norm.astype(np.float64)

    def rows_of(self, entry: int) -> range:
        """The rows of an entry."""
        return range(self._entry_starts[entry], self._entry_starts[entry + 1])

    @cached_property
    def _entry_starts(self) -> list[int]:
        starts: list[int] = np.searchsorted(self.row_entry, np.arange(len(self.entries) + 1)).tolist()
        return starts


def is_primary(term: str) -> bool:
    """Whether a term counts in coverage (a bare stem beside a sense does not)."""
    return not term.startswith("s:")


def build_index(knowledge: KnowledgeBase) -> Index:
    """Index everything that can be asked or said in any language."""
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
            rows.append((number, language, analyse(phrasing, language, lexis, fuzzy=False)))
    mentions = _mentions(knowledge, entries, rows, lexis)
    return _assemble(entries, rows, mentions, lexis, Identifier.train(samples, functions))


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


def _mentions(
    knowledge: KnowledgeBase, entries: tuple[str, ...], rows: list[tuple[int, str, Analysis]], lexis: Lexis
) -> list[dict[str, float]]:
    """Per entry, every term that stands in it and its worth there."""
    counted: list[Counter[str]] = [Counter() for _ in entries]
    for number, _, analysis in rows:
        counted[number].update(analysis.terms.keys())
    worth = [{term: 1.0 if n > 1 else _MENTION for term, n in counter.items()} for counter in counted]
    for number, entry in enumerate(entries):
        fact = knowledge.facts.get(entry)
        if fact is None:
            continue
        for name in fact.names:
            worth[number][f"n:{name}"] = 1.0
        for code, language in knowledge.languages.items():
            text = language.texts.get(entry)
            for term in analyse(text.answer, code, lexis, fuzzy=False).terms if text else ():
                worth[number].setdefault(term, _MENTION)
    return worth


def _assemble(
    entries: tuple[str, ...],
    rows: list[tuple[int, str, Analysis]],
    mentions: list[dict[str, float]],
    lexis: Lexis,
    identifier: Identifier,
) -> Index:
    holders: Counter[str] = Counter(term for worth in mentions for term in worth)
    terms = {term: number for number, term in enumerate(sorted(holders))}
    idf = np.array([np.log(1 + len(entries) / (0.5 + holders[t])) for t in terms], dtype=np.float32)

    gram_holders: Counter[int] = Counter()
    entry_grams: list[Counter[int]] = [Counter() for _ in entries]
    entry_terms: list[Counter[str]] = [Counter() for _ in entries]
    for number, _, analysis in rows:
        entry_grams[number].update(set(analysis.grams))
        for term, weight in analysis.terms.items():
            entry_terms[number][term] += weight  # type: ignore[assignment]
    for gram_counter in entry_grams:
        gram_holders.update(gram_counter.keys())
    gram_idf = np.zeros(GRAM_BUCKETS, dtype=np.float32)
    for gram, held in gram_holders.items():
        gram_idf[gram] = np.log(1 + len(entries) / held)

    row_terms, row_grams, entry_mentions = PostingsBuilder(), PostingsBuilder(), PostingsBuilder()
    norms, totals, gram_norms = [], [], []
    kinds = tuple(sorted({t[2:] for t in terms if t.startswith("q:")}))
    for row, (_, _, analysis) in enumerate(rows):
        weights = {terms[t]: w * float(idf[terms[t]]) for t, w in analysis.terms.items()}
        row_terms.add(row, weights)
        norms.append(float(np.sqrt(sum(v * v for v in weights.values()))) or 1.0)
        totals.append(sum(weights[terms[t]] for t in analysis.terms if is_primary(t)) or 1.0)
        grams = {g: float(gram_idf[g]) for g in set(analysis.grams)}
        row_grams.add(row, grams)
        gram_norms.append(float(np.sqrt(sum(v * v for v in grams.values()))) or 1.0)

    for entry, worth in enumerate(mentions):
        entry_mentions.add(entry, {terms[t]: w for t, w in worth.items()})

    return Index(
        entries=entries,
        row_entry=np.array([r[0] for r in rows], dtype=np.int32),
        row_language=tuple(r[1] for r in rows),
        row_folded=tuple(r[2].folded for r in rows),
        row_norm=np.array(norms, dtype=np.float32),
        row_total=np.array(totals, dtype=np.float32),
        row_gram_norm=np.array(gram_norms, dtype=np.float32),
        row_asks=np.array([asked(r[2], kinds) for r in rows], dtype=np.int32),
        kinds=kinds,
        terms=terms,
        idf=idf,
        gram_idf=gram_idf,
        row_terms=row_terms.build(len(terms), len(rows)),
        row_grams=row_grams.build(GRAM_BUCKETS, len(rows)),
        entry_terms=_centroids([{terms[t]: n for t, n in c.items()} for c in entry_terms], idf, len(terms)),
        entry_grams=_centroids(entry_grams, gram_idf, GRAM_BUCKETS),
        entry_mentions=entry_mentions.build(len(terms), len(entries)),
        lexis=lexis,
        identifier=identifier,
    )


def asked(analysis: Analysis, kinds: tuple[str, ...]) -> int:
    """The kinds of question that an analysis asks, as bits in the order of `kinds`."""
    words = analysis.question_words
    return sum(1 << kinds.index(word) for word in words if word in kinds) if words else 0


def _centroids(counters: list[Any], idf: Floats, keys: int) -> Postings:
    builder = PostingsBuilder()
    for entry, counter in enumerate(counters):
        vector = {key: float(np.log1p(count) * idf[key]) for key, count in counter.items()}
        norm = float(np.sqrt(sum(v * v for v in vector.values()))) or 1.0
        builder.add(entry, {key: value / norm for key, value in vector.items()})
    return builder.build(keys, len(counters))


_POSTINGS: Final = ("row_terms", "entry_terms", "entry_grams", "entry_mentions")
_HOLDERS: Final = ("row_grams", *_POSTINGS)
_ARRAYS: Final = ("row_entry", "row_norm", "row_total", "row_gram_norm", "row_asks", "idf", "gram_idf")


def dump_index(index: Index) -> bytes:
    """The index as bytes that `parse_index` reads back; nothing in them can run code."""
    arrays: dict[str, Any] = {name: getattr(index, name) for name in _ARRAYS}
    sizes = {}
    for name in _HOLDERS:
        holders: Holders = getattr(index, name)
        arrays |= {f"{name}.starts": holders.starts, f"{name}.rows": holders.rows}
        sizes[name] = holders.size
    for name in _POSTINGS:
        postings: Postings = getattr(index, name)
        arrays[f"{name}.values"] = postings.values.astype(np.float16)
    lexis, identifier = index.lexis, index.identifier
    arrays["identifier.weights"] = identifier.weights
    meta = {
        "entries": index.entries,
        "row_language": index.row_language,
        "row_folded": "\n".join(index.row_folded),
        "terms": list(index.terms),
        "kinds": index.kinds,
        "sizes": sizes,
        "exact": lexis.exact,
        "prefixes": lexis.prefixes,
        "functions": {k: sorted(v) for k, v in lexis.functions.items()},
        "vocabulary": sorted(lexis.vocabulary),
        "languages": identifier.languages,
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
        sizes = meta["sizes"]
        holders = {name: (arrays[f"{name}.starts"], arrays[f"{name}.rows"], sizes[name]) for name in _HOLDERS}
        postings: dict[str, Any] = {
            name: Postings(*holders[name], arrays[f"{name}.values"].astype(np.float32)) for name in _POSTINGS
        }
        plain: dict[str, Any] = {name: arrays[name] for name in _ARRAYS}
        weights = arrays["identifier.weights"]
    return Index(
        entries=tuple(meta["entries"]),
        row_language=tuple(meta["row_language"]),
        row_folded=tuple(meta["row_folded"].split("\n")),
        terms={term: number for number, term in enumerate(meta["terms"])},
        kinds=tuple(meta["kinds"]),
        lexis=Lexis(
            _tuples(meta["exact"]),
            _tuples(meta["prefixes"]),
            {k: frozenset(v) for k, v in meta["functions"].items()},
            frozenset(meta["vocabulary"]),
        ),
        identifier=Identifier(
            tuple(meta["languages"]),
            tuple(meta["scripts"]),
            weights,
            {k: frozenset(v) for k, v in meta["function_words"].items()},
        ),
        row_grams=Holders(*holders["row_grams"]),
        **plain,
        **postings,
    )


def _tuples(table: dict[str, dict[str, list[str]]]) -> dict[str, dict[str, tuple[str, ...]]]:
    # Tens of thousands of spellings share a few hundred meanings: each is kept once.
    kept: dict[str, dict[str, tuple[str, ...]]] = {}
    return {
        key: kept.setdefault(repr(senses), {language: tuple(terms) for language, terms in senses.items()})
        for key, senses in table.items()
    }


def load_index(knowledge: KnowledgeBase, store: CompiledCache) -> Index:
    """The index of a knowledge base, from the cache where it was built for the same knowledge by the same code."""
    key = f"{knowledge.digest} {_code_digest()}"

    def build() -> bytes:
        return dump_index(build_index(knowledge))

    try:
        return parse_index(store.fetch("index", key, build))
    except (KeyError, ValueError):  # unharmed, yet not ours: another version of a library wrote it
        store.discard("index")
        return parse_index(store.fetch("index", key, build))


def _code_digest() -> str:
    """Stands for the version of the code and of the tables that an index depends on."""
    rooms = Path(__file__).parent.parent
    digest = hashlib.sha256(f"{unicodedata.unidata_version} {version('anyascii')}".encode())
    for module in sorted(
        path for room in ("knowledge", "language", "matching") for path in (rooms / room).glob("*.py")
    ):
        digest.update(module.read_bytes())
    return digest.hexdigest()
