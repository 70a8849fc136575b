"""Buttons: pressed twice, too often, too late, or below a message that is gone or a chat that has moved."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from bot.assistant import Assistant
from tests.telegram.botapi import BOT, BotApi
from tests.telegram.harness import running
from tests.telegram.settled import rows_about, settled

NAME = f"@{BOT.username}"
QUESTION = "what is the Smolny?"


def button(data: str) -> dict[str, Any]:
    return {"text": "", "callback_data": data}


async def test_a_button_tapped_again_and_again_answers_once(api: BotApi, assistant: Assistant, tmp_path: Path) -> None:
    async with running(api.url, assistant, tmp_path) as service:
        answer = await api.answer(api.say(QUESTION))
        taps = [api.press("a:", answer) for _ in range(5)]
        await settled(api, service)
        assert len(api.said(answer.chat)) == 2
        service.app.bot_data.clock = lambda: time.time() + 11
        taps.append(api.press("a:", answer))
        await settled(api, service)
        assert len(api.said(answer.chat)) == 3
    assert all(tap.answers for tap in taps)


async def test_presses_count_like_questions(api: BotApi, assistant: Assistant, tmp_path: Path) -> None:
    facts = list(assistant.knowledge.facts)[:8]
    async with running(api.url, assistant, tmp_path, questions_per_minute=5) as service:
        answer = await api.answer(api.say(QUESTION))
        taps = [api.press(button(f"a:{fact}:en"), answer) for fact in facts]
        await settled(api, service)
        assert len(api.said(answer.chat)) == 5
    assert ["One moment" in str(tap.answers) for tap in taps] == [*[False] * 4, True, *[False] * 3]
    assert all(tap.answers for tap in taps)


async def test_votes_leave_room_for_answers_in_a_group(api: BotApi, assistant: Assistant, tmp_path: Path) -> None:
    group = api.supergroup()
    async with running(api.url, assistant, tmp_path) as service:
        answer = await api.answer(api.say(f"{NAME} {QUESTION}", chat=group))
        smolny = answer.button("v:")["callback_data"].rpartition(":")[0]
        for up in (1, 0, 1, 0):
            api.press(button(f"{smolny}:{up}"), answer)
        await settled(api, service)
        assert len(api.calls("editMessageReplyMarkup")) == 1
        assert [row["up"] for row in (await rows_about(service, api.person.id))["votes"]] == [False]
        service.app.bot_data.clock = lambda: time.time() + 11
        api.press(button(f"{smolny}:1"), answer, api.user("Vera"))
        await settled(api, service)
    assert any("👍 1" in row and "👎 1" in row for row in api.said(group)[0].buttons)


@pytest.mark.parametrize("data", ["z:old", "quiz:1", "a", "a:gone:en", "t:gone", "s:gone"])
async def test_a_button_of_another_version_says_so(
    api: BotApi, assistant: Assistant, tmp_path: Path, data: str
) -> None:
    async with running(api.url, assistant, tmp_path):
        answer = await api.answer(api.say(QUESTION))
        told = await api.answered(api.press(button(data), answer))
    assert told["text"] == "This button is too old. Please ask again."


@pytest.mark.parametrize("action", ["g:", "l:"])
async def test_below_a_message_that_is_gone_a_button_says_it_anew(
    api: BotApi, assistant: Assistant, tmp_path: Path, action: str
) -> None:
    async with running(api.url, assistant, tmp_path) as service:
        answer = await api.answer(api.say(QUESTION))
        api.delete(answer)
        api.press(button(answer.button("g:")["callback_data"].replace("g:", action)), answer)
        await settled(api, service)
        [anew] = api.said(answer.chat)
    assert anew.text.startswith("The Smolny")


@pytest.mark.parametrize("action", ["a:", "v:", "g:"])
async def test_where_it_was_removed_a_press_does_nothing_and_leaves_nothing(
    api: BotApi, assistant: Assistant, tmp_path: Path, action: str
) -> None:
    group = api.supergroup()
    async with running(api.url, assistant, tmp_path) as service:
        answer = await api.answer(api.say(f"{NAME} {QUESTION}", chat=group))
        api.set_bot(group, "kicked")
        await settled(api, service)
        api.press(action, answer)
        await settled(api, service)
        assert (await service.inbox.counts()).keys() == {"done"}
        assert not any((await rows_about(service, group.id)).values())


@pytest.mark.parametrize("action", ["a:", "v:", "g:", "s:l:hi"])
async def test_where_the_group_has_moved_a_press_does_no_harm(
    api: BotApi, assistant: Assistant, tmp_path: Path, action: str, caplog: pytest.LogCaptureFixture
) -> None:
    group = api.group()
    api.set_member(group, api.person, "creator")
    async with running(api.url, assistant, tmp_path) as service:
        answer = await api.answer(api.say(f"{NAME} {QUESTION}", chat=group))
        new = api.migrate(group)
        await settled(api, service)
        api.press(button(action) if action[0] == "s" else action, answer)
        await settled(api, service)
        assert (await service.inbox.counts()).keys() == {"done"}
        left = await rows_about(service, group.id)
        assert not any(left[table] for table in ("chats", "conversations", "replies"))
    assert not any("went wrong" in m.text for m in api.said(new))
    assert str(new.id) not in caplog.text


async def test_a_press_that_cannot_be_confirmed_is_answered(api: BotApi, assistant: Assistant, tmp_path: Path) -> None:
    async with running(api.url, assistant, tmp_path) as service:
        answer = await api.answer(api.say(QUESTION))
        api.fail("answerCallbackQuery", status=403, description="Forbidden: not now", times=9)
        api.press("a:", answer)
        await settled(api, service)
        assert len(api.said(answer.chat)) == 2
