from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.knowledge import CompiledCache, KnowledgeError, load_cached
from bot.knowledge.loader import compile_files


class Build:
    """Builds a payload and counts how often it was asked to."""

    def __init__(self, payload: bytes = b"payload") -> None:
        self.payload = payload
        self.calls = 0

    def __call__(self) -> bytes:
        self.calls += 1
        return self.payload


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """The file of a thing that is in the cache."""
    CompiledCache(tmp_path / "cache").fetch("index", "key 1", Build())
    return tmp_path / "cache" / "index.cache"


def test_what_was_built_once_is_not_built_again(tmp_path: Path) -> None:
    build = Build(b"line\nline\x00")

    for _ in range(3):
        assert CompiledCache(tmp_path / "deep" / "cache").fetch("index", "key", build) == b"line\nline\x00"
    assert build.calls == 1


def test_names_are_kept_apart(tmp_path: Path) -> None:
    store = CompiledCache(tmp_path)

    assert store.fetch("one", "key", Build(b"1")) == b"1"
    assert store.fetch("two", "key", Build(b"2")) == b"2"
    assert store.fetch("one", "key", Build(b"3")) == b"1"


def test_a_stale_key_builds_anew(kept: Path) -> None:
    store = CompiledCache(kept.parent)

    assert store.fetch("index", "key 2", Build(b"new")) == b"new"
    assert store.fetch("index", "key 2", Build(b"newer")) == b"new"
    assert [path.name for path in kept.parent.iterdir()] == ["index.cache"]


@pytest.mark.parametrize("length", [0, 1, 20, -1])
def test_a_truncated_file_is_rebuilt(kept: Path, length: int) -> None:
    kept.write_bytes(kept.read_bytes()[:length])

    assert CompiledCache(kept.parent).fetch("index", "key 1", Build(b"again")) == b"again"
    assert CompiledCache(kept.parent).fetch("index", "key 1", Build(b"not needed")) == b"again"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_no_flipped_bit_goes_unnoticed(tmp_path: Path, data: st.DataObject) -> None:
    store = CompiledCache(tmp_path)
    store.fetch("index", "key", Build())
    path = tmp_path / "index.cache"
    damaged = bytearray(path.read_bytes())
    bit = data.draw(st.integers(0, len(damaged) * 8 - 1))
    damaged[bit // 8] ^= 1 << bit % 8
    path.write_bytes(damaged)
    build = Build()

    assert store.fetch("index", "key", build) == b"payload"
    assert build.calls == 1


@pytest.mark.parametrize("damage", ["a file in the way", "a folder in the way", "no room"])
def test_where_nothing_can_be_kept_everything_still_works(
    tmp_path: Path, damage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = tmp_path / "cache"
    if damage == "a file in the way":
        directory.write_text("in the way")
    elif damage == "a folder in the way":
        (directory / "index.cache").mkdir(parents=True)
    else:
        monkeypatch.setattr(os, "replace", _no_room)
    build = Build()

    for _ in range(2):
        assert CompiledCache(directory).fetch("index", "key", build) == b"payload"
    assert build.calls == 2
    if directory.is_dir():
        assert not [path for path in directory.iterdir() if path.name.startswith(".")]


def _no_room(*_: object) -> None:
    raise OSError(28, "No space left on device")


def test_without_a_directory_nothing_is_kept() -> None:
    build = Build()
    store = CompiledCache(None)

    store.fetch("index", "key", build)
    store.fetch("index", "key", build)
    store.discard("index")
    assert build.calls == 2


@pytest.mark.parametrize("name", ["../index", "", "a/b", "Index", "index.cache"])
def test_a_name_is_a_slug(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="a cache name must be a slug"):
        CompiledCache(tmp_path).fetch(name, "key", Build())


def test_what_the_builder_raises_passes_through_and_leaves_nothing(tmp_path: Path) -> None:
    def fail() -> bytes:
        raise LookupError("no")

    with pytest.raises(LookupError):
        CompiledCache(tmp_path).fetch("index", "key", fail)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def compilations(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Grows by the root each time a base is read strictly."""
    roots: list[Path] = []

    def count(root: Path, files: Any, normalise: Callable[[str], str]) -> Any:
        roots.append(root)
        return compile_files(root, files, normalise)

    monkeypatch.setattr("bot.knowledge.cache.compile_files", count)
    return roots


def test_a_base_is_read_strictly_once(base: Any, tmp_path: Path, compilations: list[Path]) -> None:
    first = load_cached(base.root, tmp_path / "cache")
    second = load_cached(base.root, tmp_path / "cache")

    assert first.told == second.told == base.load().told()
    assert len(compilations) == 1


def test_the_words_that_people_ask_in_are_read_only_where_they_are_wanted(
    base: Any, tmp_path: Path, compilations: list[Path]
) -> None:
    first = load_cached(base.root, tmp_path / "cache")
    assert first.whole() == base.load()
    assert len(compilations) == 1

    second = load_cached(base.root, tmp_path / "cache")
    assert second.told.languages["en"].texts["lamp-lit"].questions == ()
    assert second.whole() == second.whole() == base.load()
    assert len(compilations) == 2


def test_a_changed_base_is_read_again(base: Any, tmp_path: Path, compilations: list[Path]) -> None:
    load_cached(base.root, tmp_path / "cache")
    base.change("en/lighthouse.yaml", "The first light", "The very first light")

    assert (
        load_cached(base.root, tmp_path / "cache").told.languages["en"].texts["lamp-lit"].title
        == "The very first light"
    )
    assert len(compilations) == 2


def test_a_base_that_went_bad_is_not_hidden_by_the_cache(base: Any, tmp_path: Path) -> None:
    load_cached(base.root, tmp_path / "cache")
    base.change("en/lighthouse.yaml", "The first light", "")

    for _ in range(2):
        with pytest.raises(KnowledgeError, match="a title is empty"):
            load_cached(base.root, tmp_path / "cache")


def test_code_that_changed_does_not_read_what_older_code_kept(
    base: Any, tmp_path: Path, compilations: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    load_cached(base.root, tmp_path / "cache")
    monkeypatch.setattr("bot.knowledge.cache._code_digest", lambda: "other code")
    load_cached(base.root, tmp_path / "cache")

    assert len(compilations) == 2


def test_a_kept_form_that_no_longer_fits_the_model_is_rebuilt(
    base: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch = CompiledCache.fetch
    with monkeypatch.context() as patched:
        patched.setattr(CompiledCache, "fetch", lambda self, name, key, build: fetch(self, name, key, lambda: b"{}"))
        with pytest.raises(ValueError, match="validation error"):
            load_cached(base.root, tmp_path / "cache")

    assert load_cached(base.root, tmp_path / "cache").told == base.load().told()


def test_a_damaged_base_in_the_cache_is_rebuilt(base: Any, tmp_path: Path) -> None:
    load_cached(base.root, tmp_path / "cache")
    path = tmp_path / "cache" / "knowledge.cache"
    path.write_bytes(path.read_bytes().replace(b"The first light", b"The false light"))

    assert load_cached(base.root, tmp_path / "cache").told.languages["en"].texts["lamp-lit"].title == "The first light"
