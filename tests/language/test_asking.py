"""Which part of a message asks."""

from __future__ import annotations

import pytest

from bot.language import asking

QUESTION_WORDS = {"who", "what", "how", "when", "कब", "कैसे"}


@pytest.mark.parametrize(
    ("text", "sentence", "clause"),
    [
        ("when did it begin", "when did it begin", "when did it begin"),
        (
            "I teach in Kochi. The papers were stopped. Who printed them again?",
            "who printed them again",
            "who printed them again",
        ),
        ("Who printed the papers? Thanks, you are great.", "who printed the papers", "who printed the papers"),
        ("मैं पटना से हूँ। क्रांति कब हुई थी?", "क्रांति कब हुई थी", "क्रांति कब हुई थी"),
        ("I teach history. tell me about kornilov", "tell me about kornilov", "tell me about kornilov"),
        ("The papers were stopped. Why?", "the papers were stopped why", "the papers were stopped why"),
        ("what happened in St. Petersburg", "what happened in st petersburg", "what happened in st petersburg"),
        ("tell me about kornilov. thanks!", "tell me about kornilov", "tell me about kornilov"),
        ("the tsar was gone, so who ruled then?", "the tsar was gone so who ruled then", "so who ruled then"),
        ("when the tsar was gone, who ruled then?", "when the tsar was gone who ruled then", None),
        ("what did lenin, trotsky and stalin do", "what did lenin trotsky and stalin do", None),
        ("ज़ार हट गया; फिर यह कैसे हुआ?", "ज़ार हट गया फिर यह कैसे हुआ", "फिर यह कैसे हुआ"),
        ("", "", ""),
    ],
)
def test_the_question_is_found_among_what_is_told(text: str, sentence: str, clause: str | None) -> None:
    found = asking(text, QUESTION_WORDS.__contains__)
    assert " ".join(found.words[found.sentence : found.end]) == sentence
    assert " ".join(found.words[found.clause : found.end]) == (sentence if clause is None else clause)
