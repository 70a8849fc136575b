from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.knowledge.faults import Fault
from bot.knowledge.yaml_nodes import ListNode, MappingNode, ScalarNode, parse_mapping


def parse(text: str | bytes) -> tuple[MappingNode | None, list[str]]:
    faults: list[Fault] = []
    root = parse_mapping(text.encode() if isinstance(text, str) else text, "a.yaml", faults)
    return root, [str(fault) for fault in faults]


def test_texts_lists_and_mappings_come_with_their_places() -> None:
    root, faults = parse("വിപ്ലവം: one\nlist:\n  - 'two'\n  - {key: three}\n")

    assert faults == []
    assert root is not None
    one, listed = root.get("വിപ്ലവം"), root.get("list")
    assert isinstance(one, ScalarNode)
    assert (one.text, one.plain, one.place.line, one.place.column) == ("one", True, 1, 10)
    assert isinstance(listed, ListNode)
    two, inner = listed.items
    assert isinstance(two, ScalarNode)
    assert (two.text, two.plain, two.place.line, two.place.column) == ("two", False, 3, 5)
    assert isinstance(inner, MappingNode)
    assert root.get("missing") is None


@pytest.mark.parametrize(
    ("text", "type_"),
    [
        ("1917-11-07", "a date"),
        ("yes", "true or false"),
        ("Off", "true or false"),
        ("21:40", "a number"),
        ("012", "a number"),
        ("1_000", "a number"),
        ("1.5", "a number"),
        (".inf", "a number"),
        ("~", "nothing at all"),
        ("null", "nothing at all"),
        ("=", "a default value"),
    ],
)
def test_an_unquoted_text_that_yaml_would_change_is_seen_through(text: str, type_: str) -> None:
    root, _ = parse(f"plain: {text}\nquoted: '{text}'\n")
    assert root is not None
    plain, quoted = root.get("plain"), root.get("quoted")

    assert isinstance(plain, ScalarNode)
    assert isinstance(quoted, ScalarNode)
    assert (plain.text, plain.mistaken_for) == (text, type_)
    assert (quoted.text, quoted.mistaken_for) == (text, None)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a: 1\nb: 2\na: 3\n", '3:1: "a" stands twice, first on line 1; keep one'),
        ("no: 1\n", '1:1: YAML takes no for true or false; write "no" in quotes'),
        ("? [a, b]\n: c\n", "1:3: a key must be a single word"),
        ("a: &x b\n", "1:4: anchor &x is not allowed; write the value out where it is needed"),
        ("a: [&x b, *x]\n", "1:11: alias *x is not allowed; write the value out (or quote a text)"),
        ("a: !!str 3\n", "1:4: tag tag:yaml.org,2002:str is not allowed; quote the value if it is a text"),
        ("a: !own {b: c}\n", "1:4: tag !own is not allowed; quote the value if it is a text"),
        ("a:\n  <<: {b: c}\n", "2:3: merge keys (<<) are not allowed; write the keys out"),
        ("a: b: c\n", "1:5: broken YAML: mapping values are not allowed"),
        ("a: [b\n", "2:1: broken YAML: while parsing a flow sequence"),
        ("a: 1\n---\nb: 2\n", "2:1: a second document begins here; one file holds one document"),
        ("", "1:1: the file is empty; it must hold a mapping (`key: value`)"),
        ("# nothing but a comment\n", "1:1: the file is empty; it must hold a mapping (`key: value`)"),
        ("---\n", "1:1: the file is empty; it must hold a mapping (`key: value`)"),
        ("- a\n- b\n", "1:1: must hold a mapping (`key: value`)"),
        ("just a text\n", "1:1: must hold a mapping (`key: value`)"),
        ("a: b\nc: d\x00\n", "2:5: U+0000 has no place in a text; delete it"),
        ("a: രണ്ട് \u202e\n", "1:10: U+202E RIGHT-TO-LEFT OVERRIDE has no place in a text; delete it"),
        ("\ufeffa: b\n", "1:1: U+FEFF ZERO WIDTH NO-BREAK SPACE has no place in a text; delete it"),
        ("a: " + "[" * 25 + "]" * 25, "1:23: nested more than 20 levels deep"),
        ("a:\n  ക: ".encode() + b"\xff\n", "2:6: byte 0xFF is not UTF-8; save the file as UTF-8"),
        ("a: b\n".encode("utf-16"), "1:1: byte 0xFF is not UTF-8; save the file as UTF-8"),
    ],
)
def test_what_is_refused_is_named_with_its_place(text: str | bytes, fault: str) -> None:
    _, faults = parse(text)

    assert any(found.startswith(f"a.yaml:{fault}") for found in faults), faults


def test_nesting_of_any_depth_is_no_danger() -> None:
    assert parse("a: " + "[" * 200_000)[0] is None


def test_a_file_full_of_rubbish_is_reported_in_a_few_lines() -> None:
    _, faults = parse(b"\x00" * 10_000)

    assert len(faults) == 20


@given(st.one_of(st.binary(), st.text(alphabet="ab:-,[]{}\"'&*!|>#?~ \n\t\\").map(str.encode)))
def test_parsing_never_raises_and_never_fails_in_silence(data: bytes) -> None:
    faults: list[Fault] = []

    assert parse_mapping(data, "a.yaml", faults) is not None or faults
