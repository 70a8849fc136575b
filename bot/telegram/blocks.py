"""Messages as blocks of plain text with a style, and the one place where they become Telegram's HTML.

Whatever a text says, it is escaped here and nowhere else.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

LIMIT: Final = 4096
"""Length of a message in UTF-16 code units, counted without markup."""
_SENTENCE_END: Final = re.compile(r"((?<=[.!?।॥…])\s+|\n+)")
_UNPRINTABLE: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_WHITE: Final = re.compile("\r\n|[\r\u2028\u2029\x85]")


class Style(Enum):
    """How a block is shown: the tags around it."""

    PLAIN = ("", "")
    TITLE = ("<b>", "</b>")
    ASIDE = ("<i>", "</i>")
    QUOTE = ("<blockquote>", "</blockquote>")
    DETAILS = ("<blockquote expandable>", "</blockquote>")
    """A quotation folded to three lines until it is tapped."""


@dataclass(frozen=True)
class Block:
    """A paragraph of a message."""

    text: str
    style: Style = Style.PLAIN

    @property
    def html(self) -> str:
        """The block as Telegram's HTML."""
        before, after = self.style.value
        return f"{before}{html.escape(visible(self.text), quote=False)}{after}"


def visible(text: str) -> str:
    """`text` without what Telegram refuses: lone surrogates and control characters but for line feeds."""
    return _UNPRINTABLE.sub("", _WHITE.sub("\n", text).replace("\t", " "))


def to_html(blocks: Sequence[Block]) -> str:
    """The blocks as one message."""
    return "\n\n".join(block.html for block in blocks if visible(block.text).strip())


def to_plain(blocks: Sequence[Block]) -> str:
    """The same without markup, for when Telegram rejects it."""
    return "\n\n".join(text for block in blocks if (text := visible(block.text)).strip())


def length(text: str) -> int:
    """Length as Telegram counts it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def pages(blocks: Sequence[Block], limit: int = LIMIT) -> list[list[Block]]:
    """The blocks in as many messages as they need: parted between blocks, long blocks at the ends of sentences."""
    parts: list[list[Block]] = []
    used = 0
    for block in blocks:
        for piece in pieces(visible(block.text), limit):
            size = length(piece)
            between = 2 if parts and parts[-1] else 0  # the empty line
            if not parts or used + between + size > limit:
                parts.append([])
                used, between = 0, 0
            parts[-1].append(Block(piece, block.style))
            used += between + size
    return parts


def pieces(text: str, limit: int) -> list[str]:
    """`text` in parts of at most `limit` units, parted at sentence ends, else at spaces, else anywhere."""
    if length(text) <= limit:
        return [text] if text.strip() else []
    found: list[str] = []
    gap = ""
    for number, sentence in enumerate(_SENTENCE_END.split(text)):
        if number % 2:  # what stands between two sentences
            gap = sentence
            continue
        for chunk in _chunks(sentence, limit):
            if found and length(found[-1]) + length(gap) + length(chunk) <= limit:
                found[-1] += gap + chunk
            else:
                found.append(chunk)
            gap = " "
    return [piece for piece in found if piece.strip()]


def _chunks(text: str, room: int) -> list[str]:
    chunks = []
    while length(text) > room:
        # UTF-16 has two bytes a unit, and an astral character is not cut in two
        cut = len(text.encode("utf-16-le")[: room * 2].decode("utf-16-le", "ignore"))
        space = text.rfind(" ", cut // 2, cut + 1)
        cut = space if space > 0 else _before_marks(text, cut)
        chunks.append(text[:cut])
        text = text[cut:].lstrip()
    return [*chunks, text] if text else chunks


def _before_marks(text: str, cut: int) -> int:
    """The last place up to `cut` that does not part a letter from its vowel signs."""
    for place in range(cut, max(cut - 16, 0), -1):
        if unicodedata.category(text[place])[0] != "M" and "\u200d" not in text[place - 1 : place + 1]:
            return place
    return cut
