"""Groups: silence unless asked, and never more than one answer to the same question."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from bot.assistant import Assistant
from bot.storage import Chat as KnownChat
from bot.telegram import connection
from bot.telegram.hearing import without_mention
from bot.telegram.service import Service
from tests.telegram.botapi import BOT, BotApi
from tests.telegram.harness import running
from tests.telegram.history import Message
from tests.telegram.people import ANONYMOUS_ADMIN, Chat, User
from tests.telegram.settled import settled

NAME = f"@{BOT.username}"
QUESTION = "what is the Smolny?"
ANSWER = "The Smolny"
OTHER_BOT = User(777_777_777, "Other", username="other_bot", language_code=None, is_bot=True)
PHOTO: dict[str, Any] = {"photo": [{"file_id": "p", "file_unique_id": "p", "width": 9, "height": 9}]}


async def only_answers(api: BotApi, service: Service, chat: Chat) -> list[int | None]:
    """The messages that were replied to, when everything is handled."""
    await settled(api, service)
    return [m.reply_to for m in api.said(chat)]


def listen(service: Service, chat: Chat) -> None:
    service.memory.keep_chat(KnownChat(chat.id, chat.type, listening=True))


# -- when it speaks


@pytest.mark.parametrize(
    "text",
    [
        f"{NAME} {QUESTION}",
        f"{QUESTION} {NAME}",
        f"hello {NAME.upper()}, {QUESTION}",
        f"/ask {QUESTION}",
        f"/ask{NAME} {QUESTION}",
        f"/ASK\n{QUESTION}",
    ],
)
@pytest.mark.parametrize("kind", ["group", "supergroup"])
async def test_a_question_to_the_bot_is_answered_as_a_reply(
    api: BotApi, assistant: Assistant, tmp_path: Path, kind: str, text: str
) -> None:
    group = api.group() if kind == "group" else api.supergroup()
    async with running(api.url, assistant, tmp_path) as service:
        question = api.say(text, chat=group)
        answer = await api.answer(question)
        assert await only_answers(api, service, group) == [question.id]
    assert answer.text.startswith(ANSWER)


async def test_a_mention_by_name_counts_and_is_no_part_of_the_question(
    api: BotApi, assistant: Assistant, tmp_path: Path
) -> None:
    group = api.supergroup()
    linked = {"type": "text_mention", "offset": 3, "length": 10, "user": BOT.as_json()}
    async with running(api.url, assistant, tmp_path):
        answer = await api.answer(api.say(f"😀 Revolution {QUESTION}", chat=group, entities=[linked]))
    assert answer.text.startswith(ANSWER)


async def test_a_mention_in_a_caption_counts(api: BotApi, assistant: Assistant, tmp_path: Path) -> None:
    group = api.supergroup()
    async with running(api.url, assistant, tmp_path):
        answer = await api.answer(api.say(None, chat=group, caption=f"{NAME} {QUESTION}", **PHOTO))
    assert answer.text.startswith(ANSWER)


async def test_a_reply_to_the_bot_is_for_it(api: BotApi, assistant: Assistant, tmp_path: Path) -> None:
    group = api.supergroup()
    async with running(api.url, assistant, tmp_path) as service:
        first = await api.answer(api.say(f"{NAME} {QUESTION}", chat=group))
        picture = api.say(None, chat=group, reply_to=first, **PHOTO)
        thumb = api.say("👍", chat=group, reply_to=first)
        other = api.say("/ask@other_bot who was Kishkin?", chat=group, reply_to=first)
        answer = await api.answer(api.say("who was Kishkin?", chat=group, reply_to=first))
        silent = {picture.id, thumb.id, other.id}
        assert not silent & set(await only_answers(api, service, group))
    assert answer.text.startswith("Kishkin")


@pytest.mark.parametrize("call", ["/ask", f"/ask{NAME}", NAME])
async def test_called_below_somebodys_message_it_answers_that_message(
    api: BotApi, assistant: Assistant, tmp_path: Path, call: str
) -> None:
    group, vera = api.supergroup(), api.user("Vera")
    async with running(api.url, assistant, tmp_path):
        question = api.say(QUESTION, chat=group, user=vera)
        api.say(call, chat=group, reply_to=question)
        answer = await api.answer(question)
    assert answer.text.startswith(ANSWER)


@pytest.mark.parametrize("call", ["/ask", f"/ask{NAME}", NAME, f"{NAME} ?"])
async def test_called_without_a_question_it_tells_how_to_ask(
    api: BotApi, assistant: Assistant, tmp_path: Path, call: str
) -> None:
    group = api.supergroup()
    async with running(api.url, assistant, tmp_path):
        told = await api.answer(api.say(call, chat=group))
    assert told.text == f"Write your question along with my name, like this: {NAME} {QUESTION}"


async def test_ask_in_private_is_the_question(api: BotApi, assistant: Assistant, tmp_path: Path) -> None:
    async with running(api.url, assistant, tmp_path):
        assert (await api.answer(api.say(f"/ask {QUESTION}"))).text.startswith(ANSWER)
        assert "/ask what is the Smolny?" in (await api.answer(api.say("/ask"))).text


async def test_the_answer_goes_to_the_questions_topic(api: BotApi, assistant: Assistant, tmp_path: Path) -> None:
    forum = api.supergroup(is_forum=True)
    topic = api.topic(forum)
    async with running(api.url, assistant, tmp_path):
        there = await api.answer(api.say(f"{NAME} {QUESTION}", chat=forum, topic=topic))
        general = await api.answer(api.say(f"{NAME} who was Kishkin?", chat=forum))
    assert there.thread_id == topic
    assert general.thread_id is None


# -- when it does not


def noise(api: BotApi, group: Chat) -> list[Message]:
    """What is not for the bot, though it would know an answer to some of it."""
    origin = {"type": "user", "date": 1, "sender_user": api.user("Ivan").as_json()}
    return [
        api.say("see you tomorrow at five", chat=group),
        api.say(f"/ask@other_bot {QUESTION}", chat=group),
        api.say("/weather", chat=group),
        api.say("mail me: a@revolution_test_bot2 or @revolution_test_bot_too", chat=group),
        api.say("my dog is called Lenin", chat=group),
        api.say("The Russian Revolution changed everything!", chat=group),
        api.say("https://example.org/?q=october+revolution", chat=group),
        api.say(None, chat=group, **PHOTO),
        api.say(None, chat=group, new_chat_title="New title"),
        api.say(None, chat=group, new_chat_members=[api.user("Lev").as_json()]),
        api.say(f"{NAME} {QUESTION}", chat=group, user=OTHER_BOT),
        api.say(f"{NAME} {QUESTION}", chat=group, forward_origin=origin),
        api.say(f"/topics{NAME}", chat=group, forward_origin=origin),
        api.say(f"{QUESTION}\n{ANSWER} {NAME}", chat=group, via_bot=BOT.as_json()),
    ]


@pytest.mark.parametrize("listening", [False, True])
async def test_silence(api: BotApi, assistant: Assistant, tmp_path: Path, listening: bool) -> None:
    group = api.supergroup()
    async with running(api.url, assistant, tmp_path) as service:
        if listening:
            listen(service, group)
        noise(api, group)
        if not listening:
            api.say(QUESTION, chat=group)
        assert await only_answers(api, service, group) == []
    assert not api.calls("sendMessage")


async def test_a_topics_first_message_is_no_message_of_ours_to_reply_to(
    api: BotApi, assistant: Assistant, tmp_path: Path
) -> None:
    forum = api.supergroup(is_forum=True)
    topic = api.topic(forum)
    # in a topic that the bot opened, everything that replies to nothing is said to reply to its opening
    opening = {"message_id": topic, "date": 1, "chat": forum.as_json(), "from": BOT.as_json()}
    opening |= {"forum_topic_created": {"name": "Topic", "icon_color": 7322096}}
    async with running(api.url, assistant, tmp_path) as service:
        api.say(QUESTION, chat=forum, topic=topic, reply_to_message=opening)
        assert await only_answers(api, service, forum) == []


async def test_listening_it_answers_only_what_it_is_sure_of(api: BotApi, assistant: Assistant, tmp_path: Path) -> None:
    group = api.supergroup()
    async with running(api.url, assistant, tmp_path) as service:
        listen(service, group)
        api.say("lnin hidng?", chat=group)
        api.say("thanks!", chat=group)
        api.say("when was lenin born", chat=group)
        sure = api.say(QUESTION, chat=group)
        assert (await api.answer(sure)).text.startswith(ANSWER)
        assert await only_answers(api, service, group) == [sure.id]


async def test_what_was_only_overheard_may_be_asked_of_it_afterwards(
    api: BotApi, assistant: Assistant, tmp_path: Path
) -> None:
    group = api.supergroup()
    async with running(api.url, assistant, tmp_path) as service:
        listen(service, group)
        api.say("lnin hidng?", chat=group)
        await api.answer(api.say(f"{NAME} lnin hidng?", chat=group))


async def test_a_post_forwarded_from_the_channel_is_answered_when_it_calls_the_bot(
    api: BotApi, assistant: Assistant, tmp_path: Path
) -> None:
    channel, discussion = api.channel()
    async with running(api.url, assistant, tmp_path) as service:
        listen(service, discussion)
        api.post(channel, QUESTION)
        api.post(channel, f"/topics{NAME}")
        _, forward = api.post(channel, f"{QUESTION} {NAME}")
        await api.answer(forward)
        assert await only_answers(api, service, discussion) == [forward.id]


# -- once


async def test_a_flood_of_the_same_question_is_answered_once(api: BotApi, assistant: Assistant, tmp_path: Path) -> None:
    group, elsewhere = api.supergroup(), api.supergroup()
    async with running(api.url, assistant, tmp_path) as service:
        variants = [
            f"{NAME} {QUESTION}",
            f"/ask {QUESTION.upper()}",
            f"what is the SMOLNY {NAME}",
            f"{NAME} {QUESTION}",
        ]
        first, *_ = [api.say(text, chat=group, user=api.user(f"P{n}")) for n, text in enumerate(variants)]
        other = api.say(f"{NAME} who was Kishkin?", chat=group)
        assert await only_answers(api, service, group) == [first.id, other.id]
        await api.answer(api.say(f"{NAME} {QUESTION}", chat=elsewhere))
        service.app.bot_data.clock = lambda: time.time() + 61
        await api.answer(api.say(f"{NAME} {QUESTION}", chat=group))


async def test_a_question_handled_again_after_an_error_is_answered(
    api: BotApi, assistant: Assistant, tmp_path: Path
) -> None:
    group = api.supergroup()
    async with running(api.url, assistant, tmp_path) as service:
        api.fail("sendMessage", status=400, description="Bad Request: something odd")
        question = api.say(f"{NAME} {QUESTION}", chat=group)
        await api.answer(question)
        assert await only_answers(api, service, group) == [question.id]


async def test_an_edited_question_edits_its_answer(api: BotApi, assistant: Assistant, tmp_path: Path) -> None:
    group = api.supergroup()
    async with running(api.url, assistant, tmp_path) as service:
        question = api.say(f"{NAME} who was Kishkin?", chat=group)
        answer = await api.answer(question)
        api.edit(question, f"{NAME} {QUESTION}")
        await api.wait_for(lambda: api.answers(question)[0].text.startswith(ANSWER))
        api.edit(question, "never mind")  # not said to the bot any more
        forgotten = api.say("who was Kishkin?", chat=group)
        api.edit(forgotten, f"{NAME} who was Kishkin?")  # only now
        await api.answer(forgotten)
        assert await only_answers(api, service, group) == [question.id, forgotten.id]
    assert [m.id for m in api.answers(question)] == [answer.id]
    assert api.answers(question)[0].text.startswith(ANSWER)


async def test_an_edited_private_question_edits_its_answer(api: BotApi, assistant: Assistant, tmp_path: Path) -> None:
    async with running(api.url, assistant, tmp_path):
        question = api.say("/ask who was Kishkin?")
        await api.answer(question)
        api.edit(question, f"/ask {QUESTION}")
        await api.wait_for(lambda: api.answers(question)[0].text.startswith(ANSWER))
    assert len(api.answers(question)) == 1


async def test_an_edit_of_what_was_only_overheard_says_nothing_new(
    api: BotApi, assistant: Assistant, tmp_path: Path
) -> None:
    group = api.supergroup()
    async with running(api.url, assistant, tmp_path) as service:
        listen(service, group)
        message = api.say("see you tomorrow at five", chat=group)
        api.edit(message, QUESTION)
        assert await only_answers(api, service, group) == []


async def test_an_anonymous_admin_is_answered(api: BotApi, assistant: Assistant, tmp_path: Path) -> None:
    group = api.supergroup()
    async with running(api.url, assistant, tmp_path):
        await api.answer(api.say(f"{NAME} {QUESTION}", chat=group, user=ANONYMOUS_ADMIN))


async def test_each_topic_gets_its_own_answer_and_so_does_each_name(
    api: BotApi, assistant: Assistant, tmp_path: Path
) -> None:
    forum = api.supergroup(is_forum=True)
    topics = [api.topic(forum), api.topic(forum, "Other")]
    async with running(api.url, assistant, tmp_path) as service:
        asked = [
            api.say(f"{text}", chat=forum, topic=topic, user=api.user(f"P{n}"))
            for n in range(2)
            for topic in topics
            for text in (f"{NAME} {QUESTION}", "/who kishkin", "/who lenin", "/help", "/topics")
        ]
        assert await only_answers(api, service, forum) == [m.id for m in asked[:10]]


async def test_edits_and_what_was_overheard_count_as_questions_too(
    api: BotApi, assistant: Assistant, tmp_path: Path
) -> None:
    group = api.supergroup()
    questions = [text.title for text in list(assistant.knowledge.languages["en"].texts.values())[:12]]
    async with running(api.url, assistant, tmp_path, questions_per_minute=3) as service:
        listen(service, group)
        for text in questions:
            api.say(f"{text}?", chat=group)
        await settled(api, service)
        assert len(api.said(group)) == 3
        asked = [api.say(f"{QUESTION} {n}") for n in range(6)]
        await settled(api, service)
        before = len(api.said(asked[0].chat))
        for message in asked:
            api.edit(message, "who was Kishkin?")
        await settled(api, service)
        assert len(api.said(asked[0].chat)) == before == 1  # asked to wait, since the other three count


async def test_a_closed_topic_says_nothing_about_the_others(api: BotApi, assistant: Assistant, tmp_path: Path) -> None:
    forum = api.supergroup(is_forum=True)
    topic = api.topic(forum)
    async with running(api.url, assistant, tmp_path) as service:
        api.fail("sendMessage", status=400, description="Bad Request: TOPIC_CLOSED")
        api.say(f"{NAME} {QUESTION}", chat=forum, topic=topic)
        await settled(api, service)
        await api.answer(api.say(f"{NAME} {QUESTION}", chat=forum))


@pytest.mark.parametrize("call", ["a reply", "a name", "a command", "a command of others"])
async def test_who_asked_is_told_of_an_error(
    api: BotApi, assistant: Assistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    monkeypatch.setattr("bot.telegram.dispatch._RETRY_SECONDS", (0, 0))
    group = api.supergroup()
    async with running(api.url, assistant, tmp_path) as service:
        answer = await api.answer(api.say(f"{NAME} {QUESTION}", chat=group))

        def broken(*_: Any, **__: Any) -> Any:
            raise RuntimeError

        linked = {"type": "text_mention", "offset": 0, "length": 3, "user": BOT.as_json()}
        monkeypatch.setattr(service.app.bot_data, "reply", broken)
        if call == "a reply":
            message = api.say("who was Kishkin?", chat=group, reply_to=answer)
        elif call == "a name":
            message = api.say("Bot who was Kishkin?", chat=group, entities=[linked])
        elif call == "a command":
            message = api.say("/ask who was Kishkin?", chat=group)
        else:
            message = api.say("/ask@other_bot who was Kishkin?", chat=group)
        await settled(api, service)
    assert len(api.answers(message)) == (call != "a command of others")


async def test_in_private_its_name_is_no_part_of_the_question_and_its_own_words_are_none(
    api: BotApi, assistant: Assistant, tmp_path: Path
) -> None:
    async with running(api.url, assistant, tmp_path) as service:
        own = api.say("The Smolny\n\nThe Smolny was a school.", via_bot=BOT.as_json())
        await settled(api, service)
        assert not api.said(own.chat)
        assert (await api.answer(api.say(f"{NAME} {QUESTION}"))).text.startswith(ANSWER)


async def test_a_long_text_is_answered_and_long_talk_is_left_alone(
    api: BotApi, assistant: Assistant, tmp_path: Path
) -> None:
    group = api.supergroup()
    talk = f"{'well ' * 200} {QUESTION}"
    async with running(api.url, assistant, tmp_path) as service:
        listen(service, group)
        api.say(talk, chat=group)
        asked = api.say(f"{NAME} {talk}", chat=group)
        assert await only_answers(api, service, group) == [asked.id]


def test_only_the_bots_own_name_is_a_mention() -> None:
    name = "revolution_bot"
    assert without_mention("@Revolution_Bot what?", name).strip() == "what?"
    others = ["@revolution_bots what?", "a@revolution_bot", "@revolution_bot2", "revolution_bot"]
    others += ["https://example.org/@revolution_bot/x", "x.@revolution_bot", "привет@revolution_bot"]
    for other in others:
        assert without_mention(other, name) == other


async def test_a_question_whose_answer_may_not_have_arrived_can_be_asked_again(
    api: BotApi, assistant: Assistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = connection.Request
    monkeypatch.setattr(connection, "Request", lambda **options: request(**{**options, "read_timeout": 0.5}))
    chat = api.group()
    api.fail("sendMessage", delay=1, body="lost", chat=chat)
    async with running(api.url, assistant, tmp_path) as service:
        api.say(f"{NAME} {QUESTION}", chat=chat)
        assert await only_answers(api, service, chat) == []
        again = api.say(f"{NAME} {QUESTION}", chat=chat)
        assert await only_answers(api, service, chat) == [again.id]


@pytest.mark.parametrize("fault", ["ENTITY_BOUNDS_INVALID", "BUTTON_URL_INVALID", "inline keyboard expected"])
async def test_what_telegram_does_not_show_as_it_is_meant_is_said_plainly(
    api: BotApi, assistant: Assistant, tmp_path: Path, fault: str
) -> None:
    chat = api.group()
    api.fail("sendMessage", status=400, description=f"Bad Request: {fault}", chat=chat)
    async with running(api.url, assistant, tmp_path) as service:
        api.say(f"{NAME} {QUESTION}", chat=chat)
        await settled(api, service)
    assert ANSWER in api.said(chat)[-1].text
