"""The knowledge base: its model, the strict loader, the checks, and verification against the documents.

This room imports none of the others.
"""

from __future__ import annotations

from pathlib import Path

from bot.knowledge.cache import CompiledCache, load_cached
from bot.knowledge.faults import Fault, KnowledgeError
from bot.knowledge.loader import load
from bot.knowledge.model import KnowledgeBase
from bot.knowledge.text import plain_key
from bot.knowledge.verify import PassageAltered, PassageError, PassageMissing, read_paragraph, verify

__all__ = [
    "CompiledCache",
    "Fault",
    "KnowledgeBase",
    "KnowledgeError",
    "PassageAltered",
    "PassageError",
    "PassageMissing",
    "default_root",
    "load",
    "load_cached",
    "plain_key",
    "read_paragraph",
    "verify",
]


def default_root() -> Path:
    """The knowledge base that comes with the code: inside an installed package, else beside it in a checkout.

    The folder need not exist; `load` says so then.
    """
    package = Path(__file__).parent.parent
    installed = package / "_data" / "knowledge"
    return installed if installed.is_dir() else package.parent / "knowledge"
