"""Strict YAML: mappings, lists and texts with their places, and no text that silently becomes something else.

PyYAML's own loaders make a date of `1917-11-07`, True of `yes`, 1300 of `21:40`, and the last of two equal keys wins.
Here every scalar keeps its text, and whoever reads it decides what it may be.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

import yaml

from bot.knowledge.faults import Fault
from bot.knowledge.text import UNWANTED, describe_character

MAX_DEPTH: Final = 20
"""Levels of nesting; the files need six."""

MAX_REPORTED: Final = 20
"""Unwanted characters reported for one file: past that it is no text file at all."""

_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TYPES: Final = {
    "tag:yaml.org,2002:bool": "true or false",
    "tag:yaml.org,2002:float": "a number",
    "tag:yaml.org,2002:int": "a number",
    "tag:yaml.org,2002:merge": "a merge",
    "tag:yaml.org,2002:null": "nothing at all",
    "tag:yaml.org,2002:timestamp": "a date",
    "tag:yaml.org,2002:value": "a default value",
}


@dataclass(frozen=True, slots=True)
class Place:
    """A spot in a file."""

    path: str
    line: int
    column: int

    def fault(self, message: str) -> Fault:
        """A fault at this spot."""
        return Fault(self.path, self.line, self.column, message)


@dataclass(frozen=True, slots=True)
class ScalarNode:
    """A single value, always as its text."""

    place: Place
    text: str
    plain: bool
    """Written without quotes and not as a block."""

    @property
    def mistaken_for(self) -> str | None:
        """What YAML would take the unquoted text for ("a date"), or None where it stays a text."""
        if not self.plain:
            return None
        resolvers = yaml.SafeLoader.yaml_implicit_resolvers.get(self.text[:1], ())
        return next((_TYPES.get(tag, tag) for tag, pattern in resolvers if pattern.match(self.text)), None)


@dataclass(frozen=True, slots=True)
class ListNode:
    """A list."""

    place: Place
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class MappingNode:
    """A mapping. Keys are texts and none stands twice."""

    place: Place
    entries: tuple[tuple[ScalarNode, Node], ...]

    def get(self, key: str) -> Node | None:
        """The value under the key, if it is there."""
        return next((value for name, value in self.entries if name.text == key), None)


Node = ScalarNode | ListNode | MappingNode


@dataclass(slots=True)
class _Open:
    """A list or mapping that is still being read."""

    place: Place
    mapping: bool
    nodes: list[Node] = field(default_factory=list)
    """Items, or keys and values in turn."""


def parse_mapping(data: bytes, path: str, faults: list[Fault]) -> MappingNode | None:
    """The mapping that the file holds, or None where there is none to go on with; what is wrong goes to `faults`.

    Refused with their place: bytes that are not UTF-8, control and direction characters, broken YAML, an empty file,
    several documents, anchors, aliases, tags, merge keys, keys that are no plain text, keys that stand twice, and
    nesting deeper than MAX_DEPTH. Never raises.
    """
    text = _decode(data, path, faults)
    if text is None:
        return None
    try:
        root = _build(yaml.parse(text, Loader=_LOADER), path, faults)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = ", ".join(part for part in (error.context, error.problem) if part)
        place = Place(path, mark.line + 1, mark.column + 1) if mark else Place(path, 1, 1)
        faults.append(place.fault(f"broken YAML: {what}"))
        return None
    except (yaml.YAMLError, RecursionError) as error:
        faults.append(Fault(path, 1, 1, f"broken YAML: {error}"))
        return None
    if isinstance(root, MappingNode):
        return root
    if root is not None:
        faults.append(root.place.fault("must hold a mapping (`key: value`)"))
    return None


def _decode(data: bytes, path: str, faults: list[Fault]) -> str | None:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        start = data.rfind(b"\n", 0, error.start) + 1
        column = len(data[start : error.start].decode("utf-8", "replace")) + 1
        line = data.count(b"\n", 0, error.start) + 1
        faults.append(Fault(path, line, column, f"byte 0x{data[error.start]:02X} is not UTF-8; save the file as UTF-8"))
        return None
    unwanted = list(islice(UNWANTED.finditer(text), MAX_REPORTED))
    for found in unwanted:
        line = text.count("\n", 0, found.start()) + 1
        column = found.start() - text.rfind("\n", 0, found.start())
        faults.append(Fault(path, line, column, f"{describe_character(found[0])} has no place in a text; delete it"))
    return None if unwanted else text


def _build(events: Iterable[yaml.Event], path: str, faults: list[Fault]) -> Node | None:
    stack: list[_Open] = []
    root: Node | None = None
    documents = 0
    for event in events:
        mark = event.start_mark
        place = Place(path, mark.line + 1, mark.column + 1) if mark else Place(path, 1, 1)
        node: Node
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                faults.append(place.fault("a second document begins here; one file holds one document"))
                return None
            continue
        if isinstance(event, yaml.AliasEvent):
            faults.append(place.fault(f"alias *{event.anchor} is not allowed; write the value out (or quote a text)"))
            node = ScalarNode(place, str(event.anchor), False)
        elif isinstance(event, yaml.NodeEvent):
            _refuse_extras(event, place, faults)
            if not isinstance(event, yaml.ScalarEvent):
                if len(stack) == MAX_DEPTH:
                    faults.append(place.fault(f"nested more than {MAX_DEPTH} levels deep"))
                    return None
                stack.append(_Open(place, isinstance(event, yaml.MappingStartEvent)))
                continue
            node = ScalarNode(place, event.value, event.implicit[0] and event.tag is None)
        elif isinstance(event, yaml.CollectionEndEvent):
            node = _close(stack.pop(), faults)
        else:
            continue
        if stack:
            stack[-1].nodes.append(node)
        else:
            root = node
    if root is None or (isinstance(root, ScalarNode) and root.plain and not root.text):
        faults.append(Fault(path, 1, 1, "the file is empty; it must hold a mapping (`key: value`)"))
        return None
    return root


def _refuse_extras(event: yaml.NodeEvent, place: Place, faults: list[Fault]) -> None:
    if event.anchor is not None:
        faults.append(place.fault(f"anchor &{event.anchor} is not allowed; write the value out where it is needed"))
    tag = getattr(event, "tag", None)
    if tag is not None:
        faults.append(place.fault(f"tag {tag} is not allowed; quote the value if it is a text"))


def _close(opened: _Open, faults: list[Fault]) -> Node:
    if not opened.mapping:
        return ListNode(opened.place, tuple(opened.nodes))
    entries: dict[str, tuple[ScalarNode, Node]] = {}
    for key, value in zip(opened.nodes[::2], opened.nodes[1::2], strict=True):
        if not isinstance(key, ScalarNode):
            faults.append(key.place.fault("a key must be a single word"))
        elif key.plain and key.text == "<<":
            faults.append(key.place.fault("merge keys (<<) are not allowed; write the keys out"))
        elif key.text in entries:
            first = entries[key.text][0].place.line
            faults.append(key.place.fault(f'"{key.text}" stands twice, first on line {first}; keep one'))
        else:
            if mistaken := key.mistaken_for:
                faults.append(key.place.fault(f'YAML takes {key.text} for {mistaken}; write "{key.text}" in quotes'))
            entries[key.text] = key, value
    return MappingNode(opened.place, tuple(entries.values()))
