"""The assistant over the knowledge base that ships, built once for all tests that ask it."""

from __future__ import annotations

import pytest

from bot.assistant import Assistant, build_assistant
from bot.knowledge import KnowledgeBase, default_root, load
from bot.language import normalise


@pytest.fixture(scope="session")
def assistant() -> Assistant:
    return build_assistant()


@pytest.fixture(scope="session")
def knowledge() -> KnowledgeBase:
    """All of it; the assistant's own holds only what is told."""
    return load(default_root(), normalise=normalise)
