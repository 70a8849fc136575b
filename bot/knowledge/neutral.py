"""Reading what no language changes: the documents, the names and the facts."""

from __future__ import annotations

from collections.abc import Collection

from bot.knowledge.model import (
    FACT_KINDS,
    MAX_SPELLING,
    MAX_TITLE,
    NAME_KINDS,
    Citation,
    Fact,
    Name,
    Paragraph,
    Source,
)
from bot.knowledge.reader import Reader
from bot.knowledge.yaml_nodes import MappingNode, Node, Place


def read_sources(reader: Reader, root: MappingNode) -> dict[str, Source]:
    """`sources.yaml`: the documents by id."""
    sources: dict[str, Source] = {}
    for key, node in reader.entries(root, "sources.yaml"):
        document = reader.fields(node, "a document", ("title", "language", "sha256", "paragraphs"))
        paragraphs = []
        for item in reader.items(document.get("paragraphs"), "the list of paragraphs"):
            paragraph = reader.fields(item, "a paragraph", ("sha256", "topic"), ("heading",))
            paragraphs.append(
                Paragraph(
                    sha256=reader.sha256(paragraph.get("sha256")),
                    topic=reader.slug(paragraph.get("topic"), "a topic"),
                    heading=reader.flag(paragraph.get("heading"), "heading"),
                )
            )
        sources[key.text] = Source(
            id=key.text,
            title=reader.text(document.get("title"), "a title", MAX_TITLE),
            language=reader.language(document.get("language")),
            sha256=reader.sha256(document.get("sha256")),
            paragraphs=tuple(paragraphs),
        )
    return sources


def read_names(
    reader: Reader, root: MappingNode, languages: Collection[str]
) -> tuple[dict[str, Name], dict[str, Place]]:
    """`names.yaml`: the names by id with their spellings by language, and where each name stands."""
    names: dict[str, Name] = {}
    places: dict[str, Place] = {}
    for key, node in reader.entries(root, "names.yaml"):
        entry = reader.fields(node, "a name", ("kind", "spellings"))
        spellings = {}
        for language, listed in reader.mapping(entry.get("spellings"), "spellings").entries:
            if language.text not in languages:
                reader.unknown(language.place, "a language", language.text, languages)
            spellings[language.text] = reader.texts(listed, "a spelling", MAX_SPELLING)
        names[key.text] = Name(
            id=key.text, kind=reader.choice(entry.get("kind"), "kind", NAME_KINDS), spellings=spellings
        )
        places[key.text] = key.place
    return names, places


class FactReader:
    """Reads the files of `facts/` one after the other, then checks what they say of one another.

    `sources` and `names` are None where their own file could not be read: then nothing is held against them.
    """

    def __init__(self, reader: Reader, sources: dict[str, Source] | None, names: Collection[str] | None) -> None:
        self.facts: dict[str, Fact] = {}
        self._reader = reader
        self._sources = sources
        self._names = names
        self._places: dict[str, Place] = {}
        self._related: list[tuple[str, Node]] = []

    def read(self, topic: str, root: MappingNode) -> None:
        """The facts of one topic."""
        reader = self._reader
        for key, node in reader.entries(root, "a topic"):
            if key.text in self.facts:
                first = self._places[key.text]
                reader.fault(key.place, f'fact "{key.text}" is there already at {first.path}:{first.line}; keep one')
                continue
            entry = reader.fields(node, "a fact", ("kind", "cites"), ("figures", "names", "date", "related"))
            related = reader.items(entry.get("related"), "the list of related facts", least=0)
            self._related += ((key.text, item) for item in related)
            self._places[key.text] = key.place
            self.facts[key.text] = Fact(
                id=key.text,
                topic=topic,
                kind=reader.choice(entry.get("kind"), "kind", FACT_KINDS),
                cites=tuple(self._citation(item) for item in reader.items(entry.get("cites"), "cites")),
                figures=reader.figures(entry.get("figures")),
                names=self._name_ids(entry.get("names")),
                date=reader.date(entry.get("date")),
                related=tuple(reader.slug(item, "a related fact") for item in related),
            )

    def finish(self) -> None:
        """Check the related facts, once every topic has been read."""
        for fact, node in self._related:
            if self._reader.known(node, "a related fact", self.facts) == fact:
                self._reader.fault(node.place, f'"{fact}" is related to itself; name another fact or none')

    def _citation(self, node: Node) -> Citation:
        reader = self._reader
        entry = reader.fields(node, "a citation", ("source", "paragraph", "terms"))
        source_node, paragraph_node = entry.get("source"), entry.get("paragraph")
        source = reader.slug(source_node, "a source")
        paragraph = reader.count(paragraph_node, "paragraph")
        if self._sources is not None and source and source_node is not None:
            document = self._sources.get(source)
            if document is None:
                reader.unknown(source_node.place, "a source", source, self._sources)
            elif paragraph > len(document.paragraphs) and paragraph_node is not None:
                last = len(document.paragraphs)
                reader.fault(paragraph_node.place, f"{source} has no paragraph {paragraph}; its last is {last}")
        return Citation(
            source=source, paragraph=paragraph, terms=reader.texts(entry.get("terms"), "a term", MAX_SPELLING)
        )

    def _name_ids(self, node: Node | None) -> tuple[str, ...]:
        reader = self._reader
        items = reader.items(node, "the list of names", least=0)
        if self._names is None:
            return tuple(reader.slug(item, "a name") for item in items)
        return tuple(reader.known(item, "a name", self._names) for item in items)
