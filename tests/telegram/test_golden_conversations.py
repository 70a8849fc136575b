"""Recorded conversations, one a language: exactly what a person sees, from `/start` to an inline query.

The scripts are `golden/<language>.yaml`, what is seen is `golden/<language>.txt`. To write the latter anew:

    python -m tests.telegram.test_golden_conversations --write
"""

from __future__ import annotations

import asyncio
import difflib
import sys
import tempfile
from pathlib import Path

import pytest

from bot.assistant import Assistant, build_assistant
from bot.knowledge import read_paragraph
from tests.telegram.botapi import BotApi
from tests.telegram.harness import running
from tests.telegram.phone import Phone, marked
from tests.telegram.playing import Play, read_script
from tests.telegram.program import REPOSITORY

GOLDEN = Path(__file__).parent / "golden"
LANGUAGES = sorted(path.stem for path in GOLDEN.glob("*.yaml"))
SOURCES = REPOSITORY.parent / "shared" / "sources"
ACCEPT = "If that is what people should see: python -m tests.telegram.test_golden_conversations --write"


async def conversation(api: BotApi, assistant: Assistant, folder: Path, language: str) -> str:
    """Play a language's script; what was seen. Of the documents one is there, and is not the one that was cited."""
    documents = folder / "documents"
    documents.mkdir()
    first = next(iter(assistant.knowledge.sources))
    (documents / f"{first}.txt").write_text("One\nTwo\n", encoding="utf-8")
    async with running(api.url, assistant, folder, revolution_bot_sources=documents) as service:
        return await Play(api, service, Phone(api)).all(read_script(GOLDEN / f"{language}.yaml"))


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_conversation_goes_as_recorded(
    api: BotApi, assistant: Assistant, tmp_path: Path, language: str
) -> None:
    seen = await conversation(api, assistant, tmp_path, language)
    recorded = (GOLDEN / f"{language}.txt").read_text(encoding="utf-8")
    if seen != recorded:
        names = f"golden/{language}.txt", "now"
        changes = difflib.unified_diff(recorded.splitlines(), seen.splitlines(), *names, lineterm="")
        pytest.fail("\n".join([*changes, "", ACCEPT]), pytrace=False)


def test_every_language_has_a_conversation(assistant: Assistant) -> None:
    assert sorted(assistant.knowledge.languages) == LANGUAGES


@pytest.mark.skipif(not SOURCES.is_dir(), reason=f"the documents are not at {SOURCES}")
@pytest.mark.parametrize("language", LANGUAGES)
async def test_with_the_documents_the_passage_is_shown_word_for_word(
    api: BotApi, assistant: Assistant, tmp_path: Path, language: str
) -> None:
    fact = assistant.knowledge.facts["what-is-smolny"]
    async with running(api.url, assistant, tmp_path, revolution_bot_sources=SOURCES):
        answer = await api.answer(api.say(f"/start {fact.id}", user=api.user("Asha", language)))
        api.press("📖", answer)
        passage = await api.wait_for(lambda: [m for m in api.said(answer.chat) if m.id > answer.id])
    original = read_paragraph(assistant.knowledge, SOURCES, fact.cites[0])
    assert f"┃ {original}" in marked(passage[0].text, passage[0].entities)


def test_markup_is_shown_lightly() -> None:
    entities = [
        {"type": "bold", "offset": 3, "length": 5},
        {"type": "bot_command", "offset": 9, "length": 5},
        {"type": "expandable_blockquote", "offset": 15, "length": 7},
    ]
    assert marked("😀 Title /help\none\ntwo", entities) == "😀 **Title** /help\n┃ ⌄ one\n┃ two"


def write() -> None:
    """Record all conversations anew."""
    assistant = build_assistant()
    for language in LANGUAGES:
        with tempfile.TemporaryDirectory() as folder, BotApi() as api:
            seen = asyncio.run(conversation(api, assistant, Path(folder), language))
        (GOLDEN / f"{language}.txt").write_text(seen, encoding="utf-8")
        print(f"golden/{language}.txt: {len(seen.splitlines())} lines")


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit(ACCEPT)
    write()
