"""What takes long to work out is kept on disk, and used again only while it is certain to be the same.

A cache file is one header line (the format, the key it was made for, the SHA-256 of the rest), then the bytes. What is
stale, cut short or damaged is made anew; where nothing can be kept, everything still works, only slower.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import re
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from pydantic import ValidationError

from bot.knowledge.faults import Fault, KnowledgeError
from bot.knowledge.files import digest, read_files
from bot.knowledge.loader import compile_files
from bot.knowledge.model import KnowledgeBase
from bot.knowledge.text import plain_key

FORMAT: Final = 1
"""Raise it when the compiled form changes its meaning and the code does not show it."""

_LONGEST_HEADER: Final = 1024
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_log = logging.getLogger(__name__)


class CompiledCache:
    """Bytes by name, each with the key that it was made for. Safe for several processes at once: the last one wins."""

    def __init__(self, directory: Path | None) -> None:
        """`directory` is made when first needed; with None nothing is kept."""
        self.directory = directory

    def fetch(self, name: str, key: str, build: Callable[[], bytes]) -> bytes:
        """What `build` returned for this key: from disk where it is there unharmed, else built now and kept.

        `name` (a slug) tells kinds of things apart, one file each; `key` must change with everything that goes into
        the bytes. Raises ValueError for a name that is no slug, and whatever `build` raises; never OSError of its own.
        """
        if not _NAME.fullmatch(name):
            raise ValueError(f"a cache name must be a slug, not {name!r}")
        kept = self._read(name, key)
        if kept is not None:
            return kept
        payload = build()
        self._write(name, key, payload)
        return payload

    def discard(self, name: str) -> None:
        """Forget what is kept under the name."""
        if self.directory is not None:
            with contextlib.suppress(OSError):
                self._path(self.directory, name).unlink()

    @staticmethod
    def _path(directory: Path, name: str) -> Path:
        return directory / f"{name}.cache"

    @staticmethod
    def _header(key: str, payload: bytes) -> bytes:
        # The key goes in as a digest, since it may hold anything, line feeds too.
        key_digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
        return f"compiled {FORMAT} {key_digest} {hashlib.sha256(payload).hexdigest()}\n".encode("ascii")

    def _read(self, name: str, key: str) -> bytes | None:
        if self.directory is None:
            return None
        try:
            with self._path(self.directory, name).open("rb") as file:
                header, payload = file.readline(_LONGEST_HEADER), file.read()
        except OSError:
            return None
        return payload if header == self._header(key, payload) else None

    def _write(self, name: str, key: str, payload: bytes) -> None:
        if self.directory is None:
            return
        temporary: str | None = None
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            descriptor, temporary = tempfile.mkstemp(dir=self.directory, prefix=f".{name}-")
            with os.fdopen(descriptor, "wb") as file:
                file.write(self._header(key, payload))
                file.write(payload)
            Path(temporary).replace(self._path(self.directory, name))
        except OSError as error:
            _log.info("not kept in the cache: %s (%s)", name, error.strerror)
            if temporary is not None:
                with contextlib.suppress(OSError):
                    Path(temporary).unlink()


class Cached(NamedTuple):
    """A knowledge base that has been checked."""

    told: KnowledgeBase
    """`KnowledgeBase.told`: all that answers are made of."""
    whole: Callable[[], KnowledgeBase]
    """All of it, read strictly once more where the cache held the rest."""


def load_cached(root: Path, cache_dir: Path | None, normalise: Callable[[str], str] = plain_key) -> Cached:
    """As `load`, but what is told of a knowledge base that has been checked before comes from the cache.

    It is found by the content of its files and of this package's code, not by their dates. `normalise` matters only
    when the checks run. Raises KnowledgeError with all faults; a faulty knowledge base is never kept.
    """
    state = digest(read_files(root))
    key = f"{state} {_code_digest()}"
    store = CompiledCache(cache_dir)

    @cache
    def whole() -> KnowledgeBase:
        files = read_files(root)  # once more: held until they may be wanted, they would be in memory for nothing
        if digest(files) != state:
            raise KnowledgeError([Fault(str(root), 1, 1, "the files changed while they were read; start again")])
        return compile_files(root, files, normalise)

    def build() -> bytes:
        return whole().told().model_dump_json().encode("utf-8")

    try:
        return Cached(KnowledgeBase.model_validate_json(store.fetch("knowledge", key, build)), whole)
    except ValidationError:  # unharmed, yet not ours: another version of a library wrote it
        store.discard("knowledge")
        return Cached(KnowledgeBase.model_validate_json(store.fetch("knowledge", key, build)), whole)


@cache
def _code_digest() -> str:
    """Stands for the version of the code that reads and checks the files."""
    modules = sorted(Path(__file__).parent.glob("*.py"))
    return digest({module.name: module.read_bytes() for module in modules})
