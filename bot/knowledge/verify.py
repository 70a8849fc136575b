"""Holding the knowledge against the documents themselves, where an operator has them."""

from __future__ import annotations

import hashlib
from pathlib import Path

from bot.knowledge.faults import Fault
from bot.knowledge.model import Citation, Fact, KnowledgeBase, Source
from bot.knowledge.text import figures_in, plain_figure


class PassageError(Exception):
    """A cited passage cannot be shown."""


class PassageMissing(PassageError):
    """The document is not there, or nobody knows of such a paragraph."""


class PassageAltered(PassageError):
    """The paragraph is not the one that the knowledge base was written from."""


def read_paragraph(kb: KnowledgeBase, sources_dir: Path, citation: Citation) -> str:
    """The cited paragraph in the original, checked against its SHA-256.

    Raises PassageMissing or PassageAltered; the messages hold nothing of the text.
    """
    where = f"{citation.source}, paragraph {citation.paragraph}"
    try:
        wanted = kb.paragraph(citation)
    except LookupError:
        raise PassageMissing(f"{where}: the knowledge base has no such paragraph") from None
    try:
        lines = _lines(_document(sources_dir, citation.source).read_bytes())
    except OSError as error:
        raise PassageMissing(f"{where}: the document cannot be read: {error.strerror}") from error
    if citation.paragraph > len(lines):
        raise PassageAltered(f"{where}: the document has only {len(lines)} paragraphs")
    line = lines[citation.paragraph - 1]
    if hashlib.sha256(line).hexdigest() != wanted.sha256:
        raise PassageAltered(f"{where}: the document has changed")
    return line.decode("utf-8")


def verify(kb: KnowledgeBase, sources_dir: Path) -> tuple[Fault, ...]:
    """Everything in which the knowledge base and the documents disagree; empty where all is well.

    Checked are the SHA-256 of every file and paragraph, that every evidence term stands literally in its paragraph,
    and every figure in one of the paragraphs that its fact cites. A fault's line is the paragraph. Never raises.
    """
    faults: list[Fault] = []
    documents: dict[str, list[str]] = {}
    for source in kb.sources.values():
        path = _document(sources_dir, source.id)
        try:
            data = path.read_bytes()
        except OSError as error:
            faults.append(Fault(str(path), 1, 1, f"cannot be read: {error.strerror}"))
            continue
        faults += _altered(source, path, data)
        documents[source.id] = [line.decode("utf-8", "replace") for line in _lines(data)]
    for fact in kb.facts.values():
        faults += _unproved(fact, sources_dir, documents)
    return tuple(sorted(set(faults)))


def _altered(source: Source, path: Path, data: bytes) -> list[Fault]:
    lines = _lines(data)
    faults = []
    if len(lines) != len(source.paragraphs):
        message = f"the document has {len(lines)} paragraphs, but sources.yaml lists {len(source.paragraphs)}"
        faults.append(Fault(str(path), 1, 1, message))
    for number, (line, paragraph) in enumerate(zip(lines, source.paragraphs, strict=False), 1):
        if hashlib.sha256(line).hexdigest() != paragraph.sha256:
            message = f"paragraph {number} is not the one that sources.yaml knows: its SHA-256 differs"
            faults.append(Fault(str(path), number, 1, message))
    if hashlib.sha256(data).hexdigest() != source.sha256:
        faults.append(Fault(str(path), 1, 1, "the file is not the one that sources.yaml knows: its SHA-256 differs"))
    return faults


def _unproved(fact: Fact, sources_dir: Path, documents: dict[str, list[str]]) -> list[Fault]:
    faults = []
    figures: set[str] = set()
    for citation in fact.cites:
        if citation.source not in documents:
            return []  # reported already; without the document nothing can be said
        lines = documents[citation.source]
        text = lines[citation.paragraph - 1] if citation.paragraph <= len(lines) else ""
        figures |= figures_in(text)
        for term in citation.terms:
            if term not in text:
                message = f'"{term}", evidence for fact {fact.id}, does not stand in paragraph {citation.paragraph}'
                faults.append(Fault(str(_document(sources_dir, citation.source)), citation.paragraph, 1, message))
    first = fact.cites[0]
    for figure in fact.figures:
        if plain_figure(figure) not in figures:
            message = f"figure {figure} of fact {fact.id} stands in none of the paragraphs that it cites"
            faults.append(Fault(str(_document(sources_dir, first.source)), first.paragraph, 1, message))
    return faults


def _document(sources_dir: Path, source: str) -> Path:
    return sources_dir / f"{source}.txt"


def _lines(data: bytes) -> list[bytes]:
    """The paragraphs. Only a line feed ends one, and the last needs none."""
    lines = data.split(b"\n")
    return lines if lines[-1] else lines[:-1]
