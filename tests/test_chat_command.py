"""`python -m bot chat` on a pipe: one question a line."""

from __future__ import annotations

import subprocess
import sys


def talk(*lines: str | bytes, arguments: tuple[str, ...] = ()) -> str:
    feed = b"\n".join(line.encode() if isinstance(line, str) else line for line in lines) + b"\n"
    done = subprocess.run(
        [sys.executable, "-m", "bot", "chat", *arguments], input=feed, capture_output=True, check=True
    )
    return done.stdout.decode()


def test_a_conversation_with_a_follow_up_and_a_suggestion_by_number() -> None:
    out = talk("what was the kornilov revolt", "did it succeed?", "1", "/quit", "who was lenin")
    assert "Kornilov" in out
    assert out.count("Source: ") >= 3
    assert out.rstrip().endswith("Goodbye!")


def test_the_language_is_the_speakers_until_one_is_chosen() -> None:
    out = talk("किश्किन कौन था", "/language id", "who was Kishkin")
    assert "स्रोत: " in out
    assert "Sumber: " in out


def test_topics_and_documents_can_be_browsed() -> None:
    out = talk("/topics", "/topics 1", "1", "/sources")
    assert "/topics 25" in out
    assert "October Revolution (Malayalam)" in out
    assert "Source: " in out


def test_an_unknown_command_is_named() -> None:
    assert "There is no command /dance." in talk("/dance")


def test_bytes_that_are_no_text_and_endless_lines_do_not_stop_it() -> None:
    out = talk(b"\xff\xfe\xff", "x" * 400_000, "who was Kishkin")
    assert "Kishkin" in out


def test_it_ends_with_its_input() -> None:
    assert talk("").rstrip().endswith("Goodbye!")
