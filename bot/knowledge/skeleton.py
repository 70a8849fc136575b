"""A new language's folder, ready to be filled in: every text empty, with the reference language's as a comment."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from babel import Locale, UnknownLocaleError

from bot.knowledge.faults import Fault, KnowledgeError
from bot.knowledge.loader import NAMES_FILE
from bot.knowledge.reader import is_language_code
from bot.knowledge.yaml_nodes import ListNode, MappingNode, Node, Place, ScalarNode, parse_mapping

REFERENCE: Final = "en"
"""The language that the comments are in, unless another is asked for."""

_WIDTH: Final = 116


class LanguageError(Exception):
    """The language cannot be added: its code is none, it is there already, or the reference is not."""


def add_language(root: Path, code: str, *, reference: str = REFERENCE) -> tuple[Path, ...]:
    """Make the folder for a new language in the knowledge base, and return its files.

    They hold every key of the reference language's files, each with an empty text; `load` names what is still empty.
    Raises LanguageError for a code that Babel does not know, a folder that is there already, or a reference that is
    not; KnowledgeError where the reference's files cannot be read; OSError where the new ones cannot be written.
    """
    title = _language_name(code)
    folder, model = root / code, root / reference
    if folder.exists():
        raise LanguageError(f"{folder} is there already; nothing was changed")
    if not (model / "lexicon.yaml").is_file():
        raise LanguageError(f"{model} is no language folder to take the comments from")
    # All files are made up before the first is written, so that a fault leaves nothing half done.
    texts = {path.name: _skeleton(_parse(path), title) for path in sorted(model.glob("*.yaml"))}
    texts[NAMES_FILE] = _names(_parse(root / NAMES_FILE), reference, title)
    folder.mkdir()
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    return tuple(folder / name for name in sorted(texts))


def _language_name(code: str) -> str:
    """The English name of the language. Raises LanguageError for a code that is none."""
    try:
        if is_language_code(code):
            return Locale.parse(code, sep="-").get_display_name("en") or code
    except (UnknownLocaleError, ValueError):
        pass
    raise LanguageError(f'"{code}" is no language code that Babel knows; write it as in ta, pt-BR or zh-Hant')


def _parse(path: Path) -> MappingNode:
    faults: list[Fault] = []
    try:
        root = parse_mapping(path.read_bytes(), str(path), faults)
    except OSError as error:
        raise KnowledgeError([Fault(str(path), 1, 1, f"cannot be read: {error.strerror}")]) from error
    if root is None or faults:
        raise KnowledgeError(faults)
    return root


def _skeleton(root: MappingNode, title: str) -> str:
    lines = [f'# {title}. Write between the quotation marks, and into the brackets: ["one", "another"].', ""]
    for key, node in root.entries:
        lines += _entry(key.text, node, "")
        if isinstance(node, MappingNode):
            lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _entry(key: str, node: Node, indent: str, *, phrasings: bool = False) -> Iterator[str]:
    """A key with its value emptied. `phrasings`: the lists in it are written one for one."""
    phrasings = phrasings or key == "questions"
    if isinstance(node, MappingNode):
        yield f"{indent}{_quoted(key)}:"
        for inner, value in node.entries:
            yield from _entry(inner.text, value, indent + "  ", phrasings=phrasings)
    elif isinstance(node, ScalarNode):
        yield from _empty(f"{indent}{_quoted(key)}:", '""', node.text, indent)
    elif phrasings:
        yield f"{indent}{_quoted(key)}:"
        for item in node.items:
            yield from _empty(f"{indent}  -", '""', _text(item), f"{indent}  ")
    else:
        yield from _empty(f"{indent}{_quoted(key)}:", "[]", ", ".join(map(_text, node.items)), indent)


def _empty(start: str, nothing: str, comment: str, indent: str) -> Iterator[str]:
    """An empty value with a comment: beside it where that is short enough, else above it."""
    line = f"{start} {nothing}  # {comment}"
    if not comment:
        yield f"{start} {nothing}"
    elif len(line) <= _WIDTH and "\n" not in comment:
        yield line
    else:
        width = _WIDTH - len(indent)
        for row in textwrap.wrap(comment, width, break_long_words=False, break_on_hyphens=False):
            yield f"{indent}# {row}"
        yield f"{start} {nothing}"


def _text(node: Node) -> str:
    return node.text if isinstance(node, ScalarNode) else ""


def _names(root: MappingNode, reference: str, title: str) -> str:
    lines = [f"# {title}: the spellings of each name, the usual one first, in every script that people type it in.", ""]
    for key, node in root.entries:
        spellings = node.get("spellings") if isinstance(node, MappingNode) else None
        listed = spellings.get(reference) if isinstance(spellings, MappingNode) else None
        lines += _entry(key.text, listed or ListNode(key.place, ()), "")
    return "\n".join(lines) + "\n"


def _quoted(key: str) -> str:
    """The key as YAML; in quotes where it would otherwise be taken for something else, or is no plain word."""
    plain = key.replace("-", "").replace("_", "").isalnum() and not key.startswith("-")
    mistaken = ScalarNode(Place("", 1, 1), key, True).mistaken_for
    return key if plain and mistaken is None else json.dumps(key, ensure_ascii=False)
