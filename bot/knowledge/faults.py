"""What is wrong in a file, and exactly where."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, order=True, slots=True)
class Fault:
    """One thing to mend. Faults sort by file and place."""

    path: str
    """The file, as a path that an editor can open."""

    line: int
    """Counts from 1; 1 as well where the whole file is meant."""

    column: int
    """Counts characters from 1."""

    message: str
    """What is wrong and what would be right, in one sentence."""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}: {self.message}"


class KnowledgeError(Exception):
    """The knowledge base cannot be used as it is; carries everything that is wrong with it, not just the first find."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults: tuple[Fault, ...] = tuple(sorted(set(faults)))
        """All faults, sorted, none twice."""
        super().__init__("\n".join(map(str, self.faults)))
