"""The assistant over the knowledge base that ships, built once for all tests that ask it."""

from __future__ import annotations

import pytest

from bot.assistant import Assistant, build_assistant


@pytest.fixture(scope="session")
def assistant() -> Assistant:
    return build_assistant()
