"""The files of a knowledge base: found, read once, and told apart by their content."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from bot.knowledge.faults import Fault, KnowledgeError

Files = Mapping[str, bytes]
"""Content by path below the root, with forward slashes, in alphabetical order."""


def read_files(root: Path) -> Files:
    """All YAML files under the root, hidden ones aside. Raises KnowledgeError where something cannot be read."""
    if not root.is_dir():
        raise KnowledgeError([Fault(str(root), 1, 1, "no such folder; a knowledge base is a folder with sources.yaml")])
    files: dict[str, bytes] = {}
    faults: list[Fault] = []
    for path in root.rglob("*"):
        name = path.relative_to(root).as_posix()
        if path.suffix.lower() not in (".yaml", ".yml") or any(part.startswith(".") for part in name.split("/")):
            continue
        try:
            files[name] = path.read_bytes()
        except OSError as error:
            faults.append(Fault(str(path), 1, 1, f"cannot be read: {error.strerror or error}"))
    if faults:
        raise KnowledgeError(faults)
    return dict(sorted(files.items()))


def digest(files: Files) -> str:
    """SHA-256 over the names and bytes of the files, in hexadecimal digits."""
    total = hashlib.sha256()
    for name, data in sorted(files.items()):
        # Each part goes in as a digest of fixed length, so that no two sets of files can run together into one.
        total.update(hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest())
        total.update(hashlib.sha256(data).digest())
    return total.hexdigest()
