"""`python -m bot ask`, as people and programs call it: the real program in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

KEYS = ["id", "status", "fact", "language", "confidence", "text", "citations", "suggestions", "microseconds"]


def run(*arguments: str, feed: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, "-m", "bot", *arguments], input=feed, capture_output=True, check=False)


def batch(*lines: bytes) -> list[dict[str, Any]]:
    done = run("ask", "--batch", "-", feed=b"\n".join(lines) + b"\n")
    assert done.returncode == 0, done.stderr.decode()
    return [json.loads(line) for line in done.stdout.splitlines()]


def line(**request: object) -> bytes:
    return json.dumps(request).encode()


def test_an_answer_for_people_ends_with_its_source() -> None:
    done = run("ask", "rus ki kranti kab hui thi")
    out = done.stdout.decode()
    assert done.returncode == 0
    assert "1917" in out
    assert out.strip().splitlines()[-1].startswith("स्रोत: ")


def test_json_is_one_object_with_the_promised_keys() -> None:
    reply = json.loads(run("ask", "--json", "who was Kishkin").stdout)
    assert list(reply) == KEYS
    assert (reply["id"], reply["status"], reply["fact"], reply["language"]) == (
        None,
        "answered",
        "who-was-kishkin",
        "en",
    )
    assert {"source": "001_0995638448a87c42", "paragraph": 7} in reply["citations"]
    assert isinstance(reply["microseconds"], int)


def test_a_batch_answers_every_line_in_order_and_never_stops_at_a_bad_one() -> None:
    replies = batch(
        line(id=1, question="who was Kishkin"),
        b"{not json",
        b'["a", "list"]',
        b'{"id": "no question"}',
        b'{"id": 5, "question": 5}',
        b'{"id": 6, "question": "who was Kishkin", "language": 7}',
        b"\xff\xfe",
        b"[" * 100_000,
        line(id={"any": "id"}, question="was war Smolny", language="id"),
        line(id="last", question=""),
    )
    assert [r["status"] for r in replies] == ["answered", *["error"] * 7, replies[8]["status"], "declined"]
    assert [r["id"] for r in replies] == [1, None, None, "no question", 5, 6, None, None, {"any": "id"}, "last"]
    assert all(r["text"] and list(r) == KEYS for r in replies)


def test_a_batch_takes_language_app_code_and_context() -> None:
    chosen, by_app, followed = batch(
        line(id=1, question="who was Kishkin", language="ml"),
        line(id=2, question="Kishkin", language_code="hi-IN"),
        line(id=3, question="did it succeed?", context="kornilov-revolt"),
    )
    assert chosen["language"] == "ml"
    assert by_app["language"] == "hi"
    assert followed["status"] == "answered"


def test_a_lone_surrogate_and_a_huge_question_are_only_questions() -> None:
    replies = batch(b'{"id": "\\ud800", "question": "\\ud800"}', line(id=2, question="lenin " * 20_000))
    assert [r["status"] in ("answered", "suggested", "declined") for r in replies] == [True, True]


def test_a_line_beyond_the_limit_is_an_error_and_the_next_one_is_answered() -> None:
    huge, next_one = batch(line(id=1, question="x" * 2_000_000), line(id=2, question="who was Kishkin"))
    assert huge["status"] == "error"
    assert next_one["fact"] == "who-was-kishkin"


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["ask"], "Give either a question or --batch"),
        (["ask", "hi", "--language", "xx"], "there is no language 'xx'"),
        (["ask", "hi", "--context", "xx"], "there is no fact 'xx'"),
    ],
)
def test_a_wrong_call_says_what_to_do(arguments: list[str], hint: str) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert hint in done.stderr.decode()
