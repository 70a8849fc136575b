"""Typed reading of YAML nodes: each method gives a value of the right type and notes what was wrong with it.

A value that is wrong is replaced by a harmless stand-in so that reading goes on and finds the other faults too; a
caller must therefore use nothing of what it read as soon as there is any fault.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Collection, Iterator, Sequence
from typing import TypeVar

from rapidfuzz import fuzz, process

from bot.knowledge.faults import Fault
from bot.knowledge.model import MAX_SPELLING
from bot.knowledge.text import plain_figure, wrong_with
from bot.knowledge.yaml_nodes import ListNode, MappingNode, Node, Place, ScalarNode

Choice = TypeVar("Choice", bound=str)

_SLUG = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_COUNT = re.compile(r"[1-9][0-9]{0,5}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-[A-Z]{2})?")
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def is_slug(text: str) -> bool:
    """Whether it can be an id: lower-case letters, digits and single hyphens or underscores."""
    return _SLUG.fullmatch(text) is not None


def is_language_code(text: str) -> bool:
    """Whether it looks like a language code: `ml`, `pt-BR`, `zh-Hant`."""
    return _LANGUAGE.fullmatch(text) is not None


def did_you_mean(text: str, known: Collection[str]) -> str:
    """`; did you mean "…"?` where something known looks much like the text, else nothing."""
    close = process.extractOne(text, list(known), scorer=fuzz.ratio, score_cutoff=70)
    return f'; did you mean "{close[0]}"?' if close else ""


class Reader:
    """Reads nodes of any file; all that is wrong with them collects in `faults`."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def fault(self, place: Place, message: str) -> None:
        """Note that something is wrong there."""
        self.faults.append(place.fault(message))

    def fields(
        self, node: Node | None, what: str, required: Sequence[str], optional: Sequence[str] = ()
    ) -> MappingNode:
        """A mapping with exactly these keys. `what` names it in messages ("a citation")."""
        mapping = self.mapping(node, what)
        known = (*required, *optional)
        for key, _ in mapping.entries:
            if key.text not in known:
                hint = did_you_mean(key.text, known) or f"; {what} has {', '.join(known)}"
                self.fault(key.place, f'unknown key "{key.text}"{hint}')
        if node is not None and isinstance(node, MappingNode):
            for name in required:
                if mapping.get(name) is None:
                    self.fault(mapping.place, f'{what} needs the key "{name}"')
        return mapping

    def mapping(self, node: Node | None, what: str) -> MappingNode:
        """A mapping with any keys; an empty one for None, which stands for a missing key already noted."""
        if isinstance(node, MappingNode):
            return node
        if node is not None:
            self.fault(node.place, f"{what} must be a mapping (`key: value`)")
        return MappingNode(node.place if node else Place("", 1, 1), ())

    def entries(self, node: Node | None, what: str) -> Iterator[tuple[ScalarNode, Node]]:
        """Keys and values of a mapping whose keys are ids."""
        for key, value in self.mapping(node, what).entries:
            if not is_slug(key.text):
                self.fault(key.place, f'"{key.text}" must be a slug such as winter-palace')
            yield key, value

    def items(self, node: Node | None, what: str, *, least: int = 1) -> tuple[Node, ...]:
        """A list of at least so many items; an empty one for None."""
        if isinstance(node, ListNode):
            if len(node.items) < least:
                self.fault(node.place, f"{what} must hold at least {least}, not {len(node.items)}")
            return node.items
        if node is not None:
            self.fault(node.place, f"{what} must be a list")
        return ()

    def text(self, node: Node | None, what: str, limit: int, *, lines: bool = False) -> str:
        """A text of up to `limit` characters; over several lines only with `lines`. Empty for None."""
        text = self._scalar(node, what)
        if node is None or text is None:
            return ""
        wrong = wrong_with(text, lines=lines)
        if wrong is None and len(text) > limit:
            wrong = f"has {len(text)} characters; shorten it to {limit}"
        if wrong is not None:
            self.fault(node.place, f"{what} {wrong}")
            return ""
        return text

    def texts(self, node: Node | None, what: str, limit: int, *, least: int = 1) -> tuple[str, ...]:
        """A list of at least so many one-line texts. `what` names a single one ("a phrasing")."""
        items = self.items(node, f"the list of {what.split(' ', 1)[-1]}s", least=least)
        return tuple(self.text(item, what, limit) for item in items)

    def slug(self, node: Node | None, what: str) -> str:
        """An id. Empty for None."""
        text = self._scalar(node, what)
        if node is not None and text is not None and not is_slug(text):
            self.fault(node.place, f'{what} must be a slug such as winter-palace, not "{text}"')
        return text or ""

    def language(self, node: Node | None) -> str:
        """A language code. Empty for None."""
        text = self._scalar(node, "a language")
        if node is not None and text is not None and not is_language_code(text):
            self.fault(node.place, f'a language must be a code such as ml or pt-BR, not "{text}"')
        return text or ""

    def known(self, node: Node | None, what: str, known: Collection[str]) -> str:
        """One of the known ids. Whatever stands there if it is not, noted; empty for None."""
        text = self._scalar(node, what)
        if node is not None and text is not None and text not in known:
            self.unknown(node.place, what, text, known)
        return text or ""

    def unknown(self, place: Place, what: str, text: str, known: Collection[str]) -> None:
        """Note an id that nothing has."""
        self.fault(place, f'unknown {what.split(" ", 1)[-1]} "{text}"{did_you_mean(text, known)}')

    def choice(self, node: Node | None, what: str, choices: Sequence[Choice]) -> Choice:
        """One of a few words; the first of them where it is none."""
        text = self._scalar(node, what)
        for choice in choices:
            if choice == text:
                return choice
        if node is not None and text is not None:
            self.fault(node.place, f'{what} must be one of {", ".join(choices)}, not "{text}"')
        return choices[0]

    def count(self, node: Node | None, what: str) -> int:
        """A number from 1, written without quotes; 1 where it is none."""
        if isinstance(node, ScalarNode) and node.plain and _COUNT.fullmatch(node.text):
            return int(node.text)
        if node is not None:
            self.fault(node.place, f"{what} must be a whole number from 1, without quotes")
        return 1

    def flag(self, node: Node | None, what: str) -> bool:
        """`true` or `false`; false for None."""
        if isinstance(node, ScalarNode) and node.plain and node.text in ("true", "false"):
            return node.text == "true"
        if node is not None:
            self.fault(node.place, f"{what} must be true or false, without quotes")
        return False

    def sha256(self, node: Node | None) -> str:
        """A SHA-256 in hexadecimal digits."""
        text = self._scalar(node, "sha256")
        if node is not None and text is not None and not _SHA256.fullmatch(text):
            self.fault(node.place, "sha256 must be 64 lower-case hexadecimal digits")
        return text or ""

    def date(self, node: Node | None) -> datetime.date | None:
        """A day written `"YYYY-MM-DD"`; None for None."""
        text = self._scalar(node, "a date")
        if node is None or text is None:
            return None
        try:
            if _DATE.fullmatch(text):
                return datetime.date.fromisoformat(text)
        except ValueError:
            pass
        self.fault(node.place, f'a date must be a day written "YYYY-MM-DD", not "{text}"')
        return None

    def figures(self, node: Node | None) -> tuple[str, ...]:
        """A list, perhaps empty, of whole numbers."""
        figures: list[str] = []
        for item in self.items(node, "the list of figures", least=0):
            figure = self.text(item, "a figure", MAX_SPELLING)
            if figure and plain_figure(figure) is None:
                self.fault(item.place, f'a figure must be one whole number such as "1917" or "1,000", not "{figure}"')
            elif figure:
                figures.append(figure)
        return tuple(figures)

    def _scalar(self, node: Node | None, what: str) -> str | None:
        """The text of a value that YAML takes for a text too."""
        if node is None:
            return None
        if not isinstance(node, ScalarNode):
            self.fault(node.place, f"{what} must be a single text")
            return None
        if node.plain and not node.text:
            self.fault(node.place, f"{what} is empty; write the text")
            return None
        if mistaken := node.mistaken_for:
            self.fault(node.place, f'YAML takes {node.text} for {mistaken}; write "{node.text}" in quotes')
            return None
        return node.text
