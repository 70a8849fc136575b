"""Updates that have to wait: nobody else waits with them, their chat keeps its order, and nothing is said twice."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from pathlib import Path

import pytest
from telegram import Message, Update

from bot.assistant import Assistant
from bot.storage import Leased
from bot.telegram import dispatch, questions
from bot.telegram.blocks import Block
from bot.telegram.flood import TRIES_IN_HAND
from bot.telegram.services import Context
from bot.telegram.speech import Saying, place_of, say
from tests.telegram.botapi import BOT, BotApi
from tests.telegram.faults import Fault
from tests.telegram.harness import running
from tests.telegram.load import Load
from tests.telegram.people import private_chat
from tests.telegram.settled import settled

A_LONG_TIME = 3600


async def echo(_update: Update, context: Context, message: Message, text: str) -> None:
    """In place of an answer."""
    await say(context, place_of(message), Saying([Block(text)]))


async def struck_again(api: BotApi, fault: Fault, times: int) -> None:
    """Wait until a fault has struck so many times more."""
    before = fault.hits
    await api.wait_for(lambda: fault.hits >= before + times)


async def test_chats_that_must_wait_take_no_place_from_others(
    api: BotApi, assistant: Assistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "IN_HAND", 4)
    load = Load(api, assistant, people=8)
    for chat, _ in load.chats:
        api.fail("sendMessage", retry_after=A_LONG_TIME, chat=chat)
    async with running(api.url, assistant, tmp_path) as service:
        load.ask(32)
        await api.answer(api.say("what is the Smolny?", user=api.user("Stranger")))
        await api.wait_for(lambda: not service.processor.work)
        assert len(api.calls("sendMessage")) == 9


@pytest.mark.parametrize("kind", [{"retry_after": 3}, {"status": 502, "times": 5}, {"drop": "before", "times": 5}])
async def test_nothing_of_a_chat_passes_what_is_postponed(
    api: BotApi, assistant: Assistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: dict[str, int]
) -> None:
    monkeypatch.setattr(questions, "respond", echo)
    monkeypatch.setattr(dispatch, "_OUTAGE_SECONDS", 1)
    anna, wanted = api.user("Anna"), [f"message {n}" for n in range(10)]
    fault = api.fail("sendMessage", chat=private_chat(anna), **kind)  # type: ignore[arg-type]
    async with running(api.url, assistant, tmp_path):
        for text in wanted[:6]:  # some are in hand already, others in the inbox
            api.say(text, user=anna)
        await api.wait_for(lambda: fault.hits)
        for text in wanted[6:]:
            api.say(text, user=anna)
        await api.wait_for(lambda: len(api.said(private_chat(anna))) >= len(wanted))
    assert [message.text for message in api.said(private_chat(anna))] == wanted


async def test_nor_after_a_start(
    api: BotApi, assistant: Assistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(questions, "respond", echo)
    anna = api.user("Anna")
    fault = api.fail("sendMessage", chat=private_chat(anna), retry_after=4)
    async with running(api.url, assistant, tmp_path) as service:
        api.say("one", user=anna)
        await api.wait_for(lambda: fault.hits and not service.processor.work)
    api.say("two", user=anna)
    async with running(api.url, assistant, tmp_path):
        await api.wait_for(lambda: len(api.said(private_chat(anna))) >= 2)
    assert [message.text for message in api.said(private_chat(anna))] == ["one", "two"]


async def test_what_was_said_before_the_wait_is_not_said_again(
    api: BotApi, assistant: Assistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults = [{"retry_after": 3}]

    async def twice(update: Update, context: Context, message: Message, text: str) -> None:
        await echo(update, context, message, "first")
        if faults:
            api.fail("sendMessage", **faults.pop())  # type: ignore[arg-type]
        await echo(update, context, message, "second")

    monkeypatch.setattr(questions, "respond", twice)
    chat = private_chat(api.user("Anna"))
    async with running(api.url, assistant, tmp_path) as service:
        api.say("tell me", chat=chat)
        await settled(api, service)
    assert [message.text for message in api.said(chat)] == ["first", "second"]


async def test_what_asks_for_an_answer_at_once_does_not_wait_behind_a_message(
    api: BotApi, assistant: Assistant, tmp_path: Path
) -> None:
    anna = api.user("Anna")
    async with running(api.url, assistant, tmp_path) as service:
        answer = await api.answer(api.say("what is the Smolny?", user=anna))
        fault = api.fail("sendMessage", retry_after=A_LONG_TIME, chat=private_chat(anna))
        api.say("who was Kishkin?", user=anna)
        await api.wait_for(lambda: fault.hits and not service.processor.work)
        await api.answered(api.inline("smolny", anna))
        await api.answered(api.press("v:", answer, anna))


async def test_a_chat_that_fails_while_others_are_answered_is_given_up_in_the_end(
    api: BotApi, assistant: Assistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "_OUTAGE_SECONDS", 0)
    monkeypatch.setattr(dispatch, "MAX_FAILURES", 2)
    monkeypatch.setattr("bot.telegram.flood.backoff", lambda _tries: 0.001)
    load, lost = Load(api, assistant, people=1), api.user("Lost")
    fault = api.fail("sendMessage", times=None, status=502, chat=private_chat(lost))
    async with running(api.url, assistant, tmp_path) as service:
        api.say("what is the Smolny?", user=lost)
        for _ in range(2):
            await struck_again(api, fault, TRIES_IN_HAND + 1)
            load.ask()
            await load.answered()
        await settled(api, service)
        assert (await service.inbox.counts()) == {"done": 2, "aside": 1}


async def test_chatter_of_an_outage_does_not_push_out_what_was_asked_of_the_bot(
    api: BotApi, assistant: Assistant, tmp_path: Path
) -> None:
    group, long_ago = api.supergroup(), int(time.time()) - 7200
    asked = api.say(f"@{BOT.username} what is the Smolny?", chat=group, date=long_ago)
    for n in range(9):
        api.say(f"see you at {n}", chat=group, user=api.user(f"P{n}"), date=long_ago + 1 + n)
    async with running(api.url, assistant, tmp_path):
        assert "Sorry for the late answer" in (await api.answer(asked)).text


@pytest.mark.parametrize("kind", [{"status": 502}, {"drop": "before"}])
async def test_a_button_that_cannot_be_acknowledged_does_what_it_is_for(
    api: BotApi, assistant: Assistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: dict[str, int]
) -> None:
    monkeypatch.setattr("bot.telegram.flood.backoff", lambda _tries: 0.001)
    async with running(api.url, assistant, tmp_path):
        answer = await api.answer(api.say("what is the Smolny?"))
        api.fail("answerCallbackQuery", times=None, **kind)  # type: ignore[arg-type]
        api.press("a:", answer)
        await api.wait_for(lambda: len(api.said(answer.chat)) == 2)


async def test_only_a_new_message_that_was_not_confirmed_is_left_at_that(
    api: BotApi, assistant: Assistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def look_first(update: Update, context: Context, message: Message, text: str) -> None:
        await context.bot.get_chat(message.chat.id, read_timeout=0.3)
        await echo(update, context, message, text)

    monkeypatch.setattr(questions, "respond", look_first)
    monkeypatch.setattr(dispatch, "_OUTAGE_SECONDS", 0)
    monkeypatch.setattr("bot.telegram.flood.backoff", lambda _tries: 0.001)
    api.fail("getChat", times=5, delay=1)
    async with running(api.url, assistant, tmp_path):
        await api.answer(api.say("what is the Smolny?"))


async def test_who_may_have_killed_the_program_holds_up_others_for_a_moment_only(
    api: BotApi, assistant: Assistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "_ALONE_SECONDS", 0.1)
    respond, hanging = questions.respond, asyncio.Event()

    async def hang(update: Update, context: Context, message: Message, text: str) -> None:
        if text == "hang":
            await hanging.wait()
        await respond(update, context, message, text)

    monkeypatch.setattr(questions, "respond", hang)
    async with running(api.url, assistant, tmp_path) as service:
        lease = service.inbox.lease

        async def all_alone(*args: object, **options: object) -> list[Leased]:
            leased = await lease(*args, **options)  # type: ignore[arg-type]
            return [replace(one, alone=True) for one in leased]

        monkeypatch.setattr(service.inbox, "lease", all_alone)
        api.say("hang", user=api.user("Suspect"))
        await api.wait_for(lambda: service.processor.work)
        await api.answer(api.say("what is the Smolny?"))
        hanging.set()
