"""The cited passage in the original, when the operator has the documents."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from bot.assistant import Assistant
from bot.passages import passage_of
from bot.reply import Place

PLACE = Place("001_0995638448a87c42", 8)


def test_without_documents_it_says_so(assistant: Assistant, tmp_path: Path) -> None:
    passage = passage_of(assistant, tmp_path, PLACE, "en")
    assert passage.original is None
    assert passage.text == "“October Revolution”, paragraph 8\nThe original document is not available here."


@pytest.mark.parametrize("text", ["one line", "\n".join("a changed line" for _ in range(13)), "\ufffd\n" * 20])
def test_an_altered_document_is_not_shown(assistant: Assistant, tmp_path: Path, text: str) -> None:
    (tmp_path / f"{PLACE.source}.txt").write_text(text, encoding="utf-8")
    passage = passage_of(assistant, tmp_path, PLACE, "hi")
    assert passage.original is None
    assert passage.problem == "यहाँ मौजूद दस्तावेज़ वह नहीं है जिसका हवाला दिया गया था, इसलिए अंश नहीं दिखाया जा रहा।"


def test_an_unharmed_paragraph_is_shown_word_for_word(assistant: Assistant, tmp_path: Path) -> None:
    lines = [f"line {n}" for n in range(1, 14)]
    (tmp_path / f"{PLACE.source}.txt").write_text("\n".join(lines), encoding="utf-8")
    source = assistant.knowledge.sources[PLACE.source]
    paragraphs = list(source.paragraphs)
    paragraphs[7] = paragraphs[7].model_copy(update={"sha256": hashlib.sha256(b"line 8").hexdigest()})
    known = assistant.knowledge.model_copy(
        update={"sources": {PLACE.source: source.model_copy(update={"paragraphs": tuple(paragraphs)})}}
    )
    matcher = type(assistant.matcher)(known, assistant.matcher.index, assistant.matcher.model)
    passage = passage_of(Assistant(matcher, assistant.catalogues), tmp_path, PLACE, "en")
    assert passage.original == "line 8"
