"""The README and the contributor's guide keep up with the code."""

from __future__ import annotations

import re
from pathlib import Path

import click

from bot.cli import main
from bot.settings import Settings

PROJECT = Path(__file__).parent.parent
README = (PROJECT / "README.md").read_text(encoding="utf-8")
GUIDE = (PROJECT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_every_setting_is_in_the_readmes_table_with_its_default() -> None:
    told = dict(re.findall(r"^\| `([A-Z_]+)` \|.*\| ([^|]*) \|$", README, re.MULTILINE))
    assert set(told) == {name.upper() for name in Settings.model_fields}
    for name, field in Settings.model_fields.items():
        plain = re.fullmatch(r"`(.*)`", told[name.upper()])
        if plain:
            assert str(field.default).removesuffix(".0") == plain[1], name
        else:
            assert field.is_required() or field.default in (None, frozenset()), name


def test_every_command_is_mentioned() -> None:
    def names(group: click.Group) -> set[str]:
        found = set()
        for name, command in group.commands.items():
            found |= names(command) if isinstance(command, click.Group) else {name}
        return found

    assert {name for name in names(main) if name not in README} == set()


def test_the_make_targets_that_are_told_of_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    told = set(re.findall(r"make ([a-z]+)\b(?! and| uses)", README + GUIDE)) & {"chat", "test", "fit", "bench", "check"}
    assert told <= targets


def test_the_files_that_the_guide_points_at_exist() -> None:
    table = "\n".join(line for line in GUIDE.splitlines() if line.startswith("|"))
    for path in re.findall(r"`((?:bot|knowledge|locales|tests)/[\w./-]+)`", table):
        assert (PROJECT / path).exists(), path
