"""What a question refers to: the answer that it replies to, or the one before it, also when it is edited."""

from __future__ import annotations

import time
from pathlib import Path

from bot.assistant import Assistant
from tests.telegram.botapi import BOT, BotApi
from tests.telegram.harness import running
from tests.telegram.settled import settled

NAME = f"@{BOT.username}"


async def test_anybodys_reply_follows_the_answer_that_it_replies_to(
    api: BotApi, assistant: Assistant, tmp_path: Path
) -> None:
    group, vera, wes = api.supergroup(), api.user("Vera"), api.user("Wes")
    async with running(api.url, assistant, tmp_path) as service:
        question = api.say(f"{NAME} who was Kishkin?", chat=group, user=vera)
        kishkin = await api.answer(question)
        hers = await api.answer(api.say("where was he?", chat=group, user=vera, reply_to=kishkin))
        await api.answer(api.say(f"{NAME} what is the Smolny?", chat=group, user=wes))
        service.app.bot_data.clock = lambda: time.time() + 61  # or else it would be the same question again
        his = await api.answer(api.say("where was he?", chat=group, user=wes, reply_to=kishkin))
    assert his.text == hers.text


async def test_in_private_an_older_answer_can_be_replied_to(api: BotApi, assistant: Assistant, tmp_path: Path) -> None:
    async with running(api.url, assistant, tmp_path) as service:
        smolny = await api.answer(api.say("what is the Smolny?"))
        at_once = await api.answer(api.say("who met there?"))
        await api.answer(api.say("who was Kishkin?"))
        await service.database.flush()
        service.memory._told.clear()  # as after a start
        assert (await api.answer(api.say("who met there?", reply_to=smolny))).text == at_once.text


async def test_what_a_button_told_can_be_replied_to(api: BotApi, assistant: Assistant, tmp_path: Path) -> None:
    async with running(api.url, assistant, tmp_path) as service:
        first = await api.answer(api.say("what is the October Revolution?"))
        api.press({"text": "", "callback_data": "a:what-is-smolny:en"}, first)
        await settled(api, service)
        smolny = api.said(first.chat)[-1]
        at_once = await api.answer(api.say("who met there?"))
        await api.answer(api.say("who was Kishkin?"))
        assert smolny.text.startswith("The Smolny")
        assert (await api.answer(api.say("who met there?", reply_to=smolny))).text == at_once.text


async def test_an_edited_follow_up_still_follows_what_it_followed(
    api: BotApi, assistant: Assistant, tmp_path: Path
) -> None:
    async with running(api.url, assistant, tmp_path) as service:
        await api.answer(api.say("winter palace ultimatum how long"))
        question = api.say("and who defended it")
        answer = await api.answer(question)
        for text in ("and who defended it?", "and who defended it ?"):
            api.edit(question, text)
            await settled(api, service)
            assert [m.text for m in api.said(answer.chat) if m.id == answer.id] == [answer.text]
            await api.answer(api.say("what is the Smolny?"))


async def test_an_edit_of_something_older_is_not_what_was_said_last(
    api: BotApi, assistant: Assistant, tmp_path: Path
) -> None:
    async with running(api.url, assistant, tmp_path) as service:
        old = api.say("who was Lenin?")
        await api.answer(old)
        await api.answer(api.say("what is the Smolny?"))
        expected = await api.answer(api.say("who met there?"))
        await api.answer(api.say("what is the Smolny?"))
        api.edit(old, "who was Kishkin?")
        await settled(api, service)
        assert (await api.answer(api.say("who met there?"))).text == expected.text


async def test_a_name_looked_up_is_no_follow_up(api: BotApi, assistant: Assistant, tmp_path: Path) -> None:
    async with running(api.url, assistant, tmp_path):
        alone = await api.answer(api.say("/who lenin", user=api.user("Vera")))
        await api.answer(api.say("what did Trotsky do?"))
        assert (await api.answer(api.say("/who lenin"))).text == alone.text


async def test_the_same_words_below_other_answers_are_other_questions(
    api: BotApi, assistant: Assistant, tmp_path: Path
) -> None:
    group = api.supergroup()
    async with running(api.url, assistant, tmp_path):
        answers = [
            await api.answer(api.say(f"{NAME} {text}", chat=group))
            for text in ("who was Kishkin?", "where was he?", "who was Lenin?", "where was he?")
        ]
    assert answers[1].text != answers[3].text


async def test_a_question_edited_before_it_was_read_is_answered_once_and_as_edited(
    api: BotApi, assistant: Assistant, tmp_path: Path
) -> None:
    long_ago = int(time.time()) - 7200
    question = api.say("who was Kishkin", date=long_ago)
    api.edit(question, "what is the Smolny?", edit_date=long_ago + 60)
    async with running(api.url, assistant, tmp_path) as service:
        await settled(api, service)
    [answer] = api.said(question.chat)
    assert "The Smolny" in answer.text


async def test_an_edited_command_changes_what_was_said(api: BotApi, assistant: Assistant, tmp_path: Path) -> None:
    async with running(api.url, assistant, tmp_path) as service:
        command = api.say("/hlep")
        await api.answer(command)
        for text in ("/help", "/start", "/language", "/settings", "/privacy", "/forgetme"):
            before = api.said(command.chat)[0].text
            api.edit(command, text)
            await settled(api, service)
            [said] = api.said(command.chat)
            assert said.text != before
