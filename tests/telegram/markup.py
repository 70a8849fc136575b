"""HTML as Telegram reads it: its tags only, its faults, lengths counted in UTF-16 units.

The rules are those of TDLib's `parse_html`: an ampersand that starts no known entity is an ampersand, `</>` closes
the last tag, byte offsets in faults count UTF-8.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

Entity = dict[str, Any]

LONGEST_MESSAGE = 4096

_TYPES = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "a": "text_link",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "tg-emoji": "custom_emoji",
}
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_REFERENCE = re.compile(r"&(?:#x([0-9a-fA-F]+)|#([0-9]+)|([a-zA-Z]+));?")
_ATTRIBUTE = re.compile(
    r"""\s*([^\s=>]+)\s*(?:(=)\s*(?:"([^"]*)"|'([^']*)'|([A-Za-z0-9.-]+)(?=[\s>])))?""",
)
_TAG_NAME = re.compile(r"[^\s>]*")
_LINK = re.compile(r"(?:[a-z][a-z0-9+.-]*://)?[^\s/?#]+\S*", re.IGNORECASE)


class MarkupError(ValueError):
    """The text cannot be parsed; `str()` is what Telegram says about it."""


@dataclass
class _Open:
    tag: str
    at: int
    start: int
    attributes: dict[str, str] = field(default_factory=dict)


def length(text: str) -> int:
    """How long Telegram says that a text is: in UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def parse_html(source: str) -> tuple[str, list[Entity]]:
    """The text without its markup, and the entities that the markup stood for.

    Raises:
        MarkupError: a tag that Telegram does not know, or one that is not opened and closed properly.
    """
    return _Parser(source).parse()


class _Parser:
    def __init__(self, source: str) -> None:
        self._source = source
        self._at = 0
        self._text: list[str] = []
        self._length = 0
        self._open: list[_Open] = []
        self._entities: list[Entity] = []

    def parse(self) -> tuple[str, list[Entity]]:
        while self._at < len(self._source):
            character = self._source[self._at]
            if character == "<":
                if self._source.startswith("</", self._at):
                    self._close_tag()
                else:
                    self._open_tag()
            elif character == "&" and (found := _decode(self._source, self._at)):
                self._append(found[0])
                self._at = found[1]
            else:
                end = next((m.start() for m in re.compile("[<&]").finditer(self._source, self._at + 1)), None)
                self._append(self._source[self._at : end])
                self._at = len(self._source) if end is None else end
        if self._open:
            tag = self._open[-1]
            raise MarkupError(f'Can\'t find end tag corresponding to start tag "{tag.tag}"')
        text, entities = _trim("".join(self._text), self._entities)
        return text, _allowed(entities)

    def _append(self, text: str) -> None:
        self._text.append(text)
        self._length += length(text)

    def _bytes_before(self, position: int) -> int:
        return len(self._source[:position].encode("utf-8", "surrogatepass"))

    def _open_tag(self) -> None:
        begin = self._at
        offset = self._bytes_before(begin)
        name = _TAG_NAME.match(self._source, begin + 1)
        assert name is not None
        tag, at = name[0].lower(), name.end()
        if at >= len(self._source):
            raise MarkupError(f"Unclosed start tag at byte offset {offset}")
        if tag not in _TYPES:
            raise MarkupError(f'Unsupported start tag "{tag}" at byte offset {offset}')
        attributes: dict[str, str] = {}
        while not (rest := self._source[at:].lstrip()).startswith(">"):
            if not rest:
                raise MarkupError(f"Unclosed start tag at byte offset {offset}")
            found = _ATTRIBUTE.match(self._source, at)
            if found is None:
                raise MarkupError(f'Empty attribute name in the tag "{tag}" at byte offset {offset}')
            if self._source[found.end() :].lstrip().startswith("="):
                raise MarkupError(f'Unexpected end of name token in the tag "{tag}" at byte offset {offset}')
            if found[2] is None and found[1].lower() != "expandable":
                raise MarkupError(f'Expected equal sign in declaration of an attribute of the tag "{tag}"')
            value = next((v for v in found.groups()[2:] if v is not None), "")
            attributes[found[1].lower()] = _decode_all(value)
            at = found.end()
        if tag == "span" and attributes.get("class") != "tg-spoiler":
            raise MarkupError(f'Tag "span" must have class "tg-spoiler" at byte offset {offset}')
        self._at = self._source.index(">", at) + 1
        self._open.append(_Open(tag, len(self._text), self._length, attributes))

    def _close_tag(self) -> None:
        offset = self._bytes_before(self._at)
        if not self._open:
            raise MarkupError(f"Unexpected end tag at byte offset {offset}")
        name = _TAG_NAME.match(self._source, self._at + 2)
        assert name is not None
        closed = re.compile(r"\s*>").match(self._source, name.end())
        if closed is None:
            raise MarkupError(f"Unclosed end tag at byte offset {offset}")
        opened = self._open.pop()
        if name[0] and name[0].lower() != opened.tag:
            raise MarkupError(
                f'Unmatched end tag at byte offset {offset}, expected "</{opened.tag}>", found "</{name[0].lower()}>"'
            )
        self._at = closed.end()
        if self._length > opened.start and (entity := self._entity(opened)) is not None:
            self._entities.append(entity)

    def _entity(self, opened: _Open) -> Entity | None:
        entity: Entity = {"type": _TYPES[opened.tag], "offset": opened.start, "length": self._length - opened.start}
        if opened.tag == "a":
            address = opened.attributes.get("href") or "".join(self._text[opened.at :])
            if not _LINK.fullmatch(address):
                return None
            entity["url"] = address
        elif opened.tag == "blockquote" and "expandable" in opened.attributes:
            entity["type"] = "expandable_blockquote"
        elif opened.tag == "tg-emoji":
            number = opened.attributes.get("emoji-id", "")
            if not number.isdecimal():
                raise MarkupError("Invalid custom emoji identifier specified")
            entity["custom_emoji_id"] = number
        elif opened.tag == "code" and self._open and self._open[-1].tag == "pre":
            language = opened.attributes.get("class", "")
            self._open[-1].attributes["language"] = language.removeprefix("language-")
            return None
        elif opened.tag == "pre" and opened.attributes.get("language"):
            entity["language"] = opened.attributes["language"]
        return entity


def _decode(source: str, at: int) -> tuple[str, int] | None:
    """The character that a reference stands for and where it ends; nothing where Telegram sees an ampersand."""
    found = _REFERENCE.match(source, at)
    if found is None:
        return None
    hexadecimal, decimal, name = found.groups()
    if name is not None:
        return (_NAMED[name], found.end()) if name in _NAMED else None
    if len(found[0].rstrip(";")) >= 10:
        return None
    number = int(hexadecimal, 16) if hexadecimal else int(decimal)
    return (chr(number), found.end()) if 0 < number < 0x10FFFF else None


def _decode_all(value: str) -> str:
    parts, at = [], 0
    while at < len(value):
        found = _decode(value, at) if value[at] == "&" else None
        parts.append(found[0] if found else value[at])
        at = found[1] if found else at + 1
    return "".join(parts)


def _trim(text: str, entities: list[Entity]) -> tuple[str, list[Entity]]:
    """Telegram drops the white space around a message; entities move with the text."""
    cut = length(text) - length(text.lstrip())
    text = text.strip()
    whole = length(text)
    trimmed = []
    for entity in entities:
        start, end = max(0, entity["offset"] - cut), min(whole, entity["offset"] + entity["length"] - cut)
        if end > start:
            trimmed.append(entity | {"offset": start, "length": end - start})
    return text, sorted(trimmed, key=lambda e: (e["offset"], -e["length"]))


def _allowed(entities: list[Entity]) -> list[Entity]:
    """Nothing stands within code, no quote within a quote; more than a hundred entities are not kept."""
    kept: list[Entity] = []
    for entity in entities:
        around = [e for e in kept if e["offset"] + e["length"] > entity["offset"]]
        solid = any(e["type"] in ("code", "pre") for e in around)
        nested = "quote" in entity["type"] and any("quote" in e["type"] for e in around)
        if not solid and not nested:
            kept.append(entity)
    return kept[:100]


_DETECTED = re.compile(
    r"(?P<bot_command>(?<![\w/])/[A-Za-z0-9_]{1,64}(?:@\w{3,32})?(?![\w/]))|(?P<mention>(?<!\w)@\w{3,32})"
    r"|(?P<hashtag>(?<!\w)#\w+)|(?P<url>\bhttps?://\S+)"
)


def detect(text: str) -> list[Entity]:
    """The entities that Telegram itself finds in what people write: commands, mentions, hashtags, addresses."""
    return [
        {"type": str(found.lastgroup), "offset": length(text[: found.start()]), "length": length(found[0])}
        for found in _DETECTED.finditer(text)
    ]
