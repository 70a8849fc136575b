from __future__ import annotations

from typing import Any

import pytest
from click.testing import CliRunner, Result

from bot.commands.knowledge import knowledge


def run(*arguments: object) -> Result:
    return CliRunner().invoke(knowledge, [str(argument) for argument in arguments])


def test_check_is_content_with_a_sound_base(base: Any) -> None:
    result = run("check", "--root", base.root)

    assert result.output == "No faults: 3 facts from 1 documents in en, hi.\n"
    assert result.exit_code == 0


def test_check_prints_a_line_for_each_fault_and_exits_1(base: Any) -> None:
    base.change("en/lighthouse.yaml", "The first light", "")
    base.change("hi/labels.yaml", "The Tower", "yes")

    result = run("check", "--root", base.root)

    assert result.stdout.splitlines() == [
        f"{base.root}/en/lighthouse.yaml:2:9: a title is empty; write the text",
        f'{base.root}/hi/labels.yaml:3:12: YAML takes yes for true or false; write "yes" in quotes',
    ]
    assert result.stderr == "2 faults\n"
    assert result.exit_code == 1


def test_check_wants_every_paragraph_covered(base: Any) -> None:
    base.change("sources.yaml", "      heading: true\n", "")

    result = run("check", "--root", base.root)

    assert result.stdout.startswith(f"{base.root}/sources.yaml:6:7: no fact stands on paragraph 1 of tower_1891")
    assert result.stderr == "1 fault\n"
    assert result.exit_code == 1


def test_verify_holds_the_base_against_the_documents(base: Any) -> None:
    result = run("verify", "--root", base.root, "--sources", base.documents)
    assert result.output == "No faults: 1 documents are unaltered and hold all 4 evidence terms.\n"
    assert result.exit_code == 0

    (base.documents / "tower_1891.txt").unlink()
    result = run("verify", "--root", base.root, "--sources", base.documents)
    assert f"{base.documents}/tower_1891.txt:1:1: cannot be read" in result.stdout
    assert result.exit_code == 1


def test_stats_show_languages_paragraphs_topics_and_kinds(base: Any) -> None:
    result = run("stats", "--root", base.root)

    assert result.exit_code == 0
    for shown in ("phrasings", "hi", "the-lamp", "heading", "lighthouse", "outcome", "3 facts, 2 names"):
        assert shown in result.output


def test_add_language_writes_a_folder_and_says_what_to_do_next(base: Any) -> None:
    result = run("add-language", "ta", "--root", base.root)

    assert result.output == (
        f"6 files written to {base.root / 'ta'}. Fill them in; `knowledge check` names what is missing.\n"
    )
    assert run("check", "--root", base.root).exit_code == 1


@pytest.mark.parametrize(("code", "reason"), [("zz", "no language code"), ("hi", "there already")])
def test_add_language_refuses_with_the_reason(base: Any, code: str, reason: str) -> None:
    result = run("add-language", code, "--root", base.root)

    assert reason in result.output
    assert result.exit_code == 1


@pytest.mark.parametrize("command", [("check",), ("stats",), ("verify", "--sources", "x"), ("add-language", "ta")])
def test_every_command_ends_well_in_a_broken_base(base: Any, command: tuple[str, ...]) -> None:
    base.write("en/lexicon.yaml", "\t{")
    base.write("names.yaml", "- a\n")

    result = run(*command, "--root", base.root)

    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
