"""First words: `/start`, `/help`, unknown commands, and what cannot be read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.assistant import Assistant
from tests.telegram.botapi import BOT, BotApi
from tests.telegram.harness import running
from tests.telegram.settled import settled


def titles(assistant: Assistant, language: str) -> dict[str, str]:
    """Titles of the overviews, by fact."""
    texts = assistant.knowledge.languages[language].texts
    return {f.id: texts[f.id].title for f in assistant.knowledge.facts.values() if f.kind == "overview"}


@pytest.mark.parametrize(
    ("code", "language"), [("en", "en"), ("hi", "hi"), ("in", "id"), ("ml-IN", "ml"), ("fr", "en")]
)
async def test_start_greets_with_three_examples_in_the_apps_language(
    api: BotApi, assistant: Assistant, tmp_path: Path, code: str, language: str
) -> None:
    async with running(api.url, assistant, tmp_path):
        hello = await api.answer(api.say("/start", user=api.user("Asha", code)))
    speaker = assistant.catalogues.for_language(language)
    assert speaker.language_name("ml") in hello.text
    assert [text for row in hello.buttons for text in row] == list(titles(assistant, language).values())[:3]


async def test_an_example_is_answered_when_it_is_tapped(api: BotApi, assistant: Assistant, tmp_path: Path) -> None:
    async with running(api.url, assistant, tmp_path):
        hello = await api.answer(api.say("/start"))
        example = hello.buttons[0][0]
        await api.answered(api.press(example, hello))
        told = await api.wait_for(lambda: api.said(hello.chat)[1:])
    assert told[0].text.startswith(example)


async def test_a_deep_link_tells_its_fact(api: BotApi, assistant: Assistant, tmp_path: Path) -> None:
    async with running(api.url, assistant, tmp_path):
        told = await api.answer(api.say("/start winter-palace-ultimatum"))
    assert told.text.startswith("The ultimatum to the Winter Palace")


@pytest.mark.parametrize("payload", ["no-such-fact", "inline", "winter-palace-ultimatum2 x", "😀"])
async def test_an_unknown_deep_link_greets(api: BotApi, assistant: Assistant, tmp_path: Path, payload: str) -> None:
    async with running(api.url, assistant, tmp_path):
        hello = await api.answer(api.say(f"/start {payload}"))
    assert hello.text.startswith("Hello!")
    assert len(hello.buttons) == 3


async def test_help_tells_how_to_ask_the_commands_groups_and_inline(
    api: BotApi, assistant: Assistant, tmp_path: Path
) -> None:
    async with running(api.url, assistant, tmp_path):
        told = await api.answer(api.say("/help"))
    for named in ("/topics", "/who", "/what", "/sources", "/language", "/settings", "/privacy", "/forgetme", "/ask"):
        assert named in told.text
    assert f"In a group: mention @{BOT.username}" in told.text
    assert f"In any other chat: type @{BOT.username}" in told.text


@pytest.mark.parametrize("command", ["/start", "/help"])
async def test_in_a_group_it_introduces_itself_briefly(
    api: BotApi, assistant: Assistant, tmp_path: Path, command: str
) -> None:
    group = api.supergroup()
    async with running(api.url, assistant, tmp_path):
        told = await api.answer(api.say(f"{command}@{BOT.username}", chat=group))
    assert f"Mention me (@{BOT.username})" in told.text
    assert "/settings" in told.text
    assert not told.buttons


async def test_an_unknown_command_leads_to_help(api: BotApi, assistant: Assistant, tmp_path: Path) -> None:
    async with running(api.url, assistant, tmp_path):
        told = await api.answer(api.say("/weather tomorrow"))
    assert told.text == "I don't know that command. /help shows what I can do."


async def test_what_cannot_be_read_gets_a_friendly_word_once(api: BotApi, assistant: Assistant, tmp_path: Path) -> None:
    media: list[dict[str, Any]] = [
        {"voice": {"file_id": "v", "file_unique_id": "v", "duration": 3}},
        {"photo": [{"file_id": "p", "file_unique_id": "p", "width": 9, "height": 9}]},
        {"sticker": {"file_id": "s", "file_unique_id": "s", "type": "regular", "width": 9, "height": 9}
         | {"is_animated": False, "is_video": False}},
        {"location": {"latitude": 59.9, "longitude": 30.3}},
        {"document": {"file_id": "d", "file_unique_id": "d"}},
    ]  # fmt: skip
    async with running(api.url, assistant, tmp_path) as service:
        first, *others = [api.say(None, **one) for one in media]
        told = await api.answer(first)
        await settled(api, service)
        assert [m.id for m in api.said(first.chat)] == [told.id]
        vera = api.user("Vera")
        await api.answer(api.say(None, user=vera, **media[0]))  # somebody else has not been told yet
    assert told.text.startswith("I can only read words.")
    assert told.buttons[0] == [next(iter(titles(assistant, "en").values()))]
    assert len(others) == 4


async def test_a_caption_is_a_question(api: BotApi, assistant: Assistant, tmp_path: Path) -> None:
    photo = [{"file_id": "p", "file_unique_id": "p", "width": 9, "height": 9}]
    async with running(api.url, assistant, tmp_path):
        told = await api.answer(api.say(None, photo=photo, caption="what is the Smolny?"))
    assert told.text.startswith("The Smolny")


async def test_service_messages_in_private_are_left_alone(api: BotApi, assistant: Assistant, tmp_path: Path) -> None:
    async with running(api.url, assistant, tmp_path):
        timer = api.say(None, message_auto_delete_timer_changed={"message_auto_delete_time": 86_400})
        question = api.say("what is the Smolny?")
        await api.answer(question)
    assert [m.id for m in api.said(timer.chat)] == [question.id + 1]
