"""From the files to a KnowledgeBase: strictly, and with every fault at once.

What no language changes stands in sources.yaml, names.yaml and facts/<topic>.yaml; the words stand in
<language>/<topic>.yaml, lexicon.yaml, decoys.yaml … there. A folder with a lexicon.yaml is a language.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from bot.knowledge.faults import KnowledgeError
from bot.knowledge.files import Files, digest, read_files
from bot.knowledge.model import FactText, KnowledgeBase, Language, Name, Source
from bot.knowledge.neutral import FactReader, read_names, read_sources
from bot.knowledge.reader import Reader, did_you_mean, is_language_code, is_slug
from bot.knowledge.text import plain_key
from bot.knowledge.words import WordsReader
from bot.knowledge.yaml_nodes import MappingNode, Place, parse_mapping

FACTS: Final = "facts"
ROOT_FILES: Final = ("sources.yaml", "names.yaml")
LANGUAGE_FILES: Final = ("lexicon.yaml", "decoys.yaml", "smalltalk.yaml", "labels.yaml")
NAMES_FILE: Final = "names.yaml"
"""Of a language: optional, with spellings that the common names.yaml lacks."""


def load(root: Path, *, normalise: Callable[[str], str] = plain_key) -> KnowledgeBase:
    """The knowledge base in that folder.

    `normalise` gives the key under which phrasings of different facts count as the same. Raises KnowledgeError with
    all faults.
    """
    return compile_files(root, read_files(root), normalise)


def compile_files(root: Path, files: Files, normalise: Callable[[str], str]) -> KnowledgeBase:
    """As `load`, from files that have been read already; `root` only shows in the faults."""
    return _Loader(root, files, normalise).load()


class _Loader:
    """One run over the files. Faults collect in the reader; nothing read is used where there are any."""

    def __init__(self, root: Path, files: Files, normalise: Callable[[str], str]) -> None:
        self._root = root
        self._files = files
        self._normalise = normalise
        self._reader = Reader()
        folders = {name.split("/")[0] for name in files if "/" in name} - {FACTS}
        self._codes = sorted(folder for folder in folders if f"{folder}/lexicon.yaml" in files)
        self._no_languages = sorted(folders - set(self._codes))
        self._topics = [
            name.removeprefix(f"{FACTS}/").removesuffix(".yaml")
            for name in files
            if name.startswith(f"{FACTS}/") and name.count("/") == 1 and name.endswith(".yaml")
        ]

    def load(self) -> KnowledgeBase:
        self._check_layout()
        root = self._parse("sources.yaml")
        sources = None if root is None else read_sources(self._reader, root)
        root = self._parse("names.yaml")
        names, name_places = (None, {}) if root is None else read_names(self._reader, root, self._codes)

        facts = FactReader(self._reader, sources, names)
        topics = {topic: self._parse(f"{FACTS}/{topic}.yaml") for topic in self._topics}
        for topic, root in topics.items():
            if root is not None:
                facts.read(topic, root)
        facts.finish()

        languages = {}
        for code in self._codes:
            words = WordsReader(self._reader, facts.facts, self._normalise)
            readable = [topic for topic, root in topics.items() if root is not None]
            languages[code] = self._language(code, words, readable, sources)
            if f"{code}/{NAMES_FILE}" in self._files and (root := self._parse(f"{code}/{NAMES_FILE}")) is not None:
                spellings = words.names(root, names)
                names = names and _with_spellings(names, code, spellings)
        for name in (names or {}).values():
            for code in self._codes:
                if code not in name.spellings:
                    message = f'"{name.id}" has no spelling for {code}; add it here or to {code}/{NAMES_FILE}'
                    self._reader.fault(name_places[name.id], message)

        if self._reader.faults:
            raise KnowledgeError(self._reader.faults)
        return KnowledgeBase(
            sources=sources or {},
            facts=facts.facts,
            names=names or {},
            languages=languages,
            digest=digest(self._files),
        )

    def _language(
        self, code: str, words: WordsReader, topics: list[str], sources: Mapping[str, Source] | None
    ) -> Language:
        texts: dict[str, FactText] = {}
        for topic in self._topics:
            root = self._parse(f"{code}/{topic}.yaml")
            if root is not None and topic in topics:
                texts |= words.topic(topic, root)
        lexicon, decoys, smalltalk, labels = (self._parse(f"{code}/{name}") for name in LANGUAGE_FILES)
        return Language(
            code=code,
            texts={fact: texts[fact] for fact in words.facts if fact in texts},
            lexicon=words.lexicon(lexicon),
            decoys=words.decoys(decoys),
            smalltalk=words.smalltalk(smalltalk),
            labels=words.labels(labels, sources, self._topics),
        )

    def _parse(self, name: str) -> MappingNode | None:
        path = str(self._root / name)
        if name not in self._files:
            self._reader.fault(Place(path, 1, 1), "the file is missing; add it")
            return None
        return parse_mapping(self._files[name], path, self._reader.faults)

    def _check_layout(self) -> None:
        """Nothing that stands in the folder may go unread."""
        for topic in self._topics:
            if not is_slug(topic) or f"{topic}.yaml" in (*LANGUAGE_FILES, NAMES_FILE):
                self._file_fault(f"{FACTS}/{topic}.yaml", "a topic must be a slug such as winter-palace")
        if not self._topics:
            self._file_fault(FACTS, "no facts; add a file such as winter-palace.yaml")
        if not self._codes:
            self._file_fault("", "no language; a folder with a lexicon.yaml is one")
        for folder in self._no_languages:
            self._file_fault(f"{folder}/lexicon.yaml", "the file is missing; a language has one")
        for code in self._codes:
            if not is_language_code(code):
                self._file_fault(code, f'a language folder must be named by a code such as ml or pt-BR, not "{code}"')
        topic_files = [f"{topic}.yaml" for topic in self._topics]
        expected = {f"{FACTS}/{name}" for name in topic_files} | set(ROOT_FILES)
        for code in self._codes:
            expected |= {f"{code}/{name}" for name in (*topic_files, *LANGUAGE_FILES, NAMES_FILE)}
        for name in self._files:
            if name not in expected and name.split("/")[0] not in self._no_languages:
                self._file_fault(name, f"no file of this name is expected{did_you_mean(name, expected)}")

    def _file_fault(self, name: str, message: str) -> None:
        self._reader.fault(Place(str(self._root / name), 1, 1), message)


def _with_spellings(names: Mapping[str, Name], code: str, spellings: Mapping[str, tuple[str, ...]]) -> dict[str, Name]:
    """The names with a language's own spellings after those that stand in the common file."""
    merged = dict(names)
    for id, added in spellings.items():
        if (name := names.get(id)) is not None:
            together = tuple(dict.fromkeys((*name.spellings.get(code, ()), *added)))
            merged[id] = name.model_copy(update={"spellings": {**name.spellings, code: together}})
    return merged
