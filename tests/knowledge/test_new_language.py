from __future__ import annotations

from typing import Any

import pytest
import yaml

from bot.knowledge import KnowledgeError
from bot.knowledge.skeleton import LanguageError, add_language


def test_the_new_folder_has_every_key_of_the_reference(base: Any) -> None:
    files = add_language(base.root, "ta")

    assert [path.relative_to(base.root).as_posix() for path in files] == [
        "ta/decoys.yaml",
        "ta/labels.yaml",
        "ta/lexicon.yaml",
        "ta/lighthouse.yaml",
        "ta/names.yaml",
        "ta/smalltalk.yaml",
    ]
    for path in files:
        if path.name != "names.yaml":
            english = yaml.safe_load((base.root / "en" / path.name).read_text(encoding="utf-8"))
            assert _shape(yaml.safe_load(path.read_text(encoding="utf-8"))) == _shape(english)


def _shape(value: Any) -> Any:
    return {key: _shape(inner) for key, inner in value.items()} if isinstance(value, dict) else type(value)


def test_texts_are_empty_and_the_english_stands_beside_them(base: Any) -> None:
    add_language(base.root, "ta")

    lines = (base.root / "ta" / "lighthouse.yaml").read_text(encoding="utf-8").splitlines()
    assert lines[:7] == [
        '# Tamil. Write between the quotation marks, and into the brackets: ["one", "another"].',
        "",
        "lamp-lit:",
        '  title: ""  # The first light',
        "  questions:",
        '    - ""  # when was the lamp lit',
        '    - ""  # first light',
    ]
    assert '  answer: ""  # It burnt for 1.200 nights.' in lines
    assert "lamp: []  # lamp, light" in (base.root / "ta" / "names.yaml").read_text(encoding="utf-8")


def test_a_long_text_stands_above_its_gap(base: Any) -> None:
    base.change("en/lighthouse.yaml", "Ada Finch lit the lamp.", "Ada Finch lit the lamp. " * 8 + "So be it.")
    add_language(base.root, "ta")

    lines = (base.root / "ta" / "lighthouse.yaml").read_text(encoding="utf-8").splitlines()
    assert lines[-3].startswith("  # Ada Finch lit the lamp. Ada")
    assert lines[-2].endswith("So be it.")
    assert lines[-1] == '  answer: ""'
    assert max(map(len, lines)) <= 120


def test_loading_names_everything_that_is_still_to_be_filled_in(base: Any) -> None:
    add_language(base.root, "ta")

    faults = base.faults()
    assert "ta/lighthouse.yaml:4:10: a title is empty; write the text" in faults
    assert "ta/names.yaml:4:7: the list of spellings must hold at least 1, not 0" in faults
    assert all(fault.startswith("ta/") for fault in faults)


def test_once_filled_in_it_is_a_language_without_touching_any_other_file(base: Any) -> None:
    for path in add_language(base.root, "ta"):
        if path.name != "names.yaml":
            path.write_bytes((base.root / "hi" / path.name).read_bytes())
    base.write("ta/names.yaml", "ada-finch: [அடா]\nlamp: [விளக்கு]\n")

    kb = base.load()
    assert list(kb.languages) == ["en", "hi", "ta"]
    assert kb.names["lamp"].spellings["ta"] == ("விளக்கு",)


def test_another_language_can_be_the_reference(base: Any) -> None:
    add_language(base.root, "mr", reference="hi")

    assert '  title: ""  # पहली रोशनी' in (base.root / "mr" / "lighthouse.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("code", ["tamil", "zz", "TA", "../ta", "", "facts", "pt_BR", "ta-"])
def test_a_code_that_babel_does_not_know_is_refused(base: Any, code: str) -> None:
    with pytest.raises(LanguageError, match="is no language code that Babel knows"):
        add_language(base.root, code)


@pytest.mark.parametrize("code", ["pt-BR", "zh-Hant", "fil"])
def test_codes_with_a_region_or_a_script_are_fine(base: Any, code: str) -> None:
    assert add_language(base.root, code)[0].parent.name == code


def test_a_folder_that_is_there_is_left_alone(base: Any) -> None:
    with pytest.raises(LanguageError, match="is there already; nothing was changed"):
        add_language(base.root, "hi")
    assert base.faults() == []


def test_a_reference_that_is_no_language_is_refused(base: Any) -> None:
    with pytest.raises(LanguageError, match="is no language folder"):
        add_language(base.root, "ta", reference="de")


def test_a_fault_in_the_reference_leaves_nothing_half_done(base: Any) -> None:
    base.write("en/smalltalk.yaml", "greeting: [")

    with pytest.raises(KnowledgeError, match="broken YAML"):
        add_language(base.root, "ta")
    assert not (base.root / "ta").exists()
