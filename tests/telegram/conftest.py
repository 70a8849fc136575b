"""Fixtures for tests against the Bot API stand-in."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from tests.telegram.botapi import BotApi
from tests.telegram.program import REPOSITORY, BotProcess

_DESCRIPTION = REPOSITORY.parent / "shared" / "botapi"

Check = Callable[[str, dict[str, Any]], list[str]]


class StartsBots(Protocol):
    """Makes a `BotProcess` in a folder of its own; start it with `with` or `start()`. It is killed after the test."""

    def __call__(self, api: BotApi, *, webhook: bool = False, **environment: str) -> BotProcess: ...


@pytest.fixture(scope="session")
def checked() -> Check | None:
    """Holds one request against the public description of the Bot API; None where that is missing.

    `test_botapi_stand_in.py` has a test that is skipped then, so that the gap shows.
    """
    module = _DESCRIPTION / "check_requests.py"
    description = _DESCRIPTION / "api-10.0.json"
    if not module.exists() or not description.exists():
        return None
    found = importlib.util.spec_from_file_location("check_requests", module)
    assert found is not None
    assert found.loader is not None
    loaded = importlib.util.module_from_spec(found)
    found.loader.exec_module(loaded)
    check: Check = loaded.Spec(description).check
    return check


@pytest.fixture
def api(checked: Check | None) -> Iterator[BotApi]:
    """A Bot API of the test's own. At the end every request that reached it must have been a right one."""
    with BotApi() as api:
        yield api
    if checked is not None and api.check_requests:
        faults = [f"{n}: {fault}" for n, r in enumerate(api.requests) for fault in checked(r.method, r.params)]
        assert not faults, "requests against the public description of the Bot API:\n" + "\n".join(faults[:20])


@pytest.fixture(scope="session")
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the compiled knowledge base lies: once for all workers, so that starts are fast."""
    base = tmp_path_factory.getbasetemp()
    cache = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "bot-cache"
    cache.mkdir(exist_ok=True)
    return cache


@pytest.fixture
def bot_process(tmp_path: Path, shared_cache: Path) -> Iterator[StartsBots]:
    made: list[BotProcess] = []

    def make(api: BotApi, *, webhook: bool = False, **environment: str) -> BotProcess:
        process = BotProcess(api, tmp_path / f"bot{len(made)}", shared_cache, webhook=webhook, **environment)
        made.append(process)
        return process

    yield make
    for process in made:
        process.kill()
