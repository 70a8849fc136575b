"""`health`: whether the running bot is alive, told by a file that its heart touches."""

from __future__ import annotations

import asyncio
import contextlib
import os
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli import main
from bot.health import ALIVE_SECONDS, CHECK_EVERY, MAX_MISSED, Heartbeat


async def beats(path: Path, readable: Iterable[bool]) -> list[bool]:
    """For each beat whether the file was touched, with a database that answers as told, look by look."""
    looks = iter(readable)
    touched: list[bool] = []

    async def look() -> bool:
        try:
            return next(looks)
        except StopIteration:
            raise asyncio.CancelledError from None

    def note() -> None:
        touched.append(path.exists())
        path.unlink(missing_ok=True)

    async def sleep(_seconds: float) -> None:
        note()

    with contextlib.suppress(asyncio.CancelledError):
        await Heartbeat(look, path, sleep).beat()
    return touched


async def test_the_heart_beats_while_the_database_can_be_read(tmp_path: Path) -> None:
    assert await beats(tmp_path / "alive", [True] * 5) == [True] * 5 * CHECK_EVERY


async def test_a_short_fault_of_the_database_does_not_stop_it(tmp_path: Path) -> None:
    looks = [True, *[False] * (MAX_MISSED - 1), True, *[False] * (MAX_MISSED - 1), True]
    assert all(await beats(tmp_path / "alive", looks))


async def test_a_long_one_stops_it_until_the_database_is_back(tmp_path: Path) -> None:
    found = await beats(tmp_path / "alive", [*[False] * (MAX_MISSED + 2), True])
    alive, dead = [True] * CHECK_EVERY * (MAX_MISSED - 1), [False] * CHECK_EVERY * 3
    assert found == [*alive, *dead, *[True] * CHECK_EVERY]


async def test_who_stops_in_good_order_is_not_alive_any_more(tmp_path: Path) -> None:
    heart = Heartbeat(path=tmp_path / "alive")
    beating = asyncio.create_task(heart.beat())
    while not heart.is_alive():  # noqa: ASYNC110  a file tells nobody
        await asyncio.sleep(0.01)
    assert heart.beating
    beating.cancel()
    await asyncio.gather(beating, return_exceptions=True)
    assert not heart.is_alive()


async def test_a_folder_that_cannot_be_written_does_not_stop_the_bot(tmp_path: Path) -> None:
    heart = Heartbeat(path=tmp_path / "missing" / "alive")
    beating = asyncio.create_task(heart.beat())
    while not heart.beating:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    assert not heart.is_alive()
    assert not beating.done()
    beating.cancel()


def test_the_command_tells_by_its_status(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert CliRunner().invoke(main, ["health"]).exit_code == 1
    path = Heartbeat().path
    path.touch()
    assert CliRunner().invoke(main, ["health"]).exit_code == 0
    old = time.time() - ALIVE_SECONDS - 1
    os.utime(path, (old, old))
    assert CliRunner().invoke(main, ["health"]).exit_code == 1
