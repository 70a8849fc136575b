"""`ask`: one question or a batch of JSON lines in, replies out."""

from __future__ import annotations

import json
import logging
import math
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final

import click

from bot.assistant import Assistant
from bot.commands.start import sources_option, start_assistant
from bot.passages import passage_of
from bot.reply import Reply, Status

_log = logging.getLogger(__name__)

MAX_LINE: Final = 1 << 20
"""Bytes of a batch line that are read; a longer one is answered with an error."""


@click.command()
@click.argument("question", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option(
    "--batch",
    type=click.File("rb"),
    metavar="FILE",
    help="Read questions as JSON lines from FILE (- for standard input) and print a JSON line for each.",
)
@click.option("--language", help="The language to answer in, whatever the question's.")
@click.option("--context", help="Id of the fact answered last, for follow-ups.")
@sources_option
def ask(
    question: str | None,
    as_json: bool,
    batch: BinaryIO | None,
    language: str | None,
    context: str | None,
    sources: Path | None,
) -> None:
    """Answer QUESTION, in the language it is asked in."""
    if (question is None) == (batch is None):
        raise click.UsageError("Give either a question or --batch FILE.")
    assistant = start_assistant()
    if language is not None and assistant.known_language(language) is None:
        known = ", ".join(assistant.knowledge.languages)
        raise click.BadParameter(f"there is no language {language!r}; there are {known}.", param_hint="--language")
    if context is not None and context not in assistant.knowledge.facts:
        raise click.BadParameter(f"there is no fact {context!r}.", param_hint="--context")
    if batch is not None:
        if context is not None or sources is not None:
            raise click.UsageError("--context and --sources go with a single question.")
        for line in answer_lines(assistant, batch, language):
            click.echo(line)
            sys.stdout.flush()
        return
    assert question is not None  # noqa: S101 - the usage check above
    if as_json:
        click.echo(_dump(_ask(assistant, {"question": question, "language": language, "context": context})))
        return
    reply = assistant.reply(question, language=language, context=context)
    click.echo(reply.text)
    if sources is not None and reply.status is Status.ANSWERED:
        for place in reply.citations:
            click.echo()
            click.echo(passage_of(assistant, sources, place, reply.language).text)


def answer_lines(assistant: Assistant, lines: BinaryIO, language: str | None = None) -> Iterator[str]:
    """One JSON line for each line of `lines` that is not blank; a bad one is answered with status "error".

    `language` answers the questions that choose none themselves.
    """
    while line := lines.readline(MAX_LINE + 1):
        if len(line) > MAX_LINE and not line.endswith(b"\n"):
            while (rest := lines.readline(MAX_LINE)) and not rest.endswith(b"\n"):
                pass
            yield _dump(_error(None, f"the line is longer than {MAX_LINE} bytes"))
        elif line.strip():
            yield _dump(_answer_line(assistant, line, language))


def _answer_line(assistant: Assistant, line: bytes, language: str | None) -> dict[str, Any]:
    try:
        request = json.loads(line.decode("utf-8-sig"), parse_constant=_refuse, parse_float=_finite)
    except UnicodeDecodeError as error:
        return _error(None, f"the line is not UTF-8 (byte {error.start + 1})")
    except json.JSONDecodeError as error:
        return _error(None, f"the line is not JSON: {error.msg} at character {error.pos + 1}")
    except (RecursionError, ValueError):
        return _error(None, "the line is not JSON that can be read")
    if not isinstance(request, dict):
        return _error(None, 'the line is not a JSON object such as {"id": 1, "question": "…"}')
    identity = request.get("id")
    if not isinstance(request.get("question"), str):
        return _error(identity, 'the object has no text under "question"')
    for key in ("language", "language_code", "context"):
        if not isinstance(request.get(key), str | None):
            return _error(identity, f'"{key}" is not a text')
    try:
        return _ask(assistant, {"language": language} | request)
    except Exception:  # one question must never cost the others their answers
        _log.exception("a question could not be answered")
        return _error(identity, "something went wrong with this question")


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _finite(number: str) -> float:
    if not math.isfinite(value := float(number)):
        raise ValueError(f"{number} is out of range")
    return value


def _ask(assistant: Assistant, request: dict[str, Any]) -> dict[str, Any]:
    begin = time.perf_counter_ns()
    reply: Reply = assistant.reply(
        request["question"],
        language=request.get("language"),
        language_code=request.get("language_code"),
        context=request.get("context"),
    )
    taken = (time.perf_counter_ns() - begin) / 1000
    return {"id": request.get("id")} | reply.as_dict() | {"microseconds": round(taken)}


def _error(identity: Any, reason: str) -> dict[str, Any]:
    return {
        "id": identity,
        "status": "error",
        "fact": None,
        "language": None,
        "confidence": 0.0,
        "text": reason,
        "citations": [],
        "suggestions": [],
        "microseconds": 0,
    }


def _dump(value: dict[str, Any]) -> str:
    # a lone surrogate in an id cannot be written as UTF-8: then everything is escaped
    text = json.dumps(value, ensure_ascii=False)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(value)
    return text
