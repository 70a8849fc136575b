"""Channels: silent unless a post asks with `/ask`; posts and comments are answered in the discussion group."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.assistant import Assistant
from bot.storage import Chat as Known
from bot.telegram.service import Service
from tests.telegram.botapi import BotApi
from tests.telegram.harness import running
from tests.telegram.history import Message
from tests.telegram.people import Chat

QUESTION = "when did lenin come out of hiding"


async def settled(api: BotApi, service: Service) -> None:
    """Wait until everything that the bot was told is handled."""
    await api.quiet()
    await service.processor.idle()
    await api.answer(api.say("who was kerensky"))  # what was told before this one is in hand or done by now
    await service.processor.idle()


async def known(api: BotApi, service: Service, chat: Chat) -> Known | None:
    await settled(api, service)
    return await service.memory.chat(chat.id)


def body(assistant: Assistant) -> str:
    return assistant.answer("lenin-out-of-hiding", "en").body


@pytest.mark.parametrize("command", ["/ask", "/ask@revolution_test_bot", "/ASK"])
async def test_ask_in_a_post_is_answered_below_it(
    api: BotApi, assistant: Assistant, tmp_path: Path, command: str
) -> None:
    channel, _ = api.channel()
    async with running(api.url, assistant, tmp_path):
        post = api.say(f"{command} {QUESTION}", chat=channel)
        answer = await api.answer(post)
    assert answer.reply_to == post.id
    assert body(assistant) in answer.text


async def test_ask_below_a_photo_is_answered_too(api: BotApi, assistant: Assistant, tmp_path: Path) -> None:
    channel, _ = api.channel()
    photo = [{"file_id": "p", "file_unique_id": "p", "width": 1, "height": 1}]
    async with running(api.url, assistant, tmp_path):
        post = api.say(None, chat=channel, photo=photo, caption=f"/ask {QUESTION}")
        assert body(assistant) in (await api.answer(post)).text


async def test_buttons_in_a_channel_lead_to_the_private_chat_and_make_it_say_nothing(
    api: BotApi, assistant: Assistant, tmp_path: Path
) -> None:
    channel, _ = api.channel()
    async with running(api.url, assistant, tmp_path):
        answers = [
            await api.answer(api.say(f"/ask {question}", chat=channel))
            for question in (QUESTION, "who defended", "when was lenin born")
        ]
    for answer in answers:
        buttons = [button for row in (answer.markup or {})["inline_keyboard"] for button in row]
        assert buttons
        assert all(button["url"].startswith("https://t.me/") for button in buttons)
    assert f"https://t.me/{api.bot.username}?start=" in answers[0].button(answers[0].buttons[0][0])["url"]


@pytest.mark.parametrize(
    "text",
    [
        "Good morning, everybody!",
        QUESTION,
        f"@revolution_test_bot {QUESTION}",
        f"/ask@another_bot {QUESTION}",
        f"/asks {QUESTION}",
        f"Try /ask {QUESTION}",
        "/ask",
        "/topics",
        "/help@revolution_test_bot",
        "/start",
    ],
)
async def test_any_other_post_is_left_alone(api: BotApi, assistant: Assistant, tmp_path: Path, text: str) -> None:
    channel, _ = api.channel()
    async with running(api.url, assistant, tmp_path) as service:
        api.say(text, chat=channel)
        await settled(api, service)
    assert api.said(channel) == []


async def test_a_flood_of_posts_is_not_answered_with_complaints(
    api: BotApi, assistant: Assistant, tmp_path: Path
) -> None:
    channel, _ = api.channel()
    async with running(api.url, assistant, tmp_path, questions_per_minute=2) as service:
        posts = [api.say(f"/ask {QUESTION}", chat=channel) for _ in range(5)]
        await api.answer(posts[1])
        await settled(api, service)
    assert [bool(api.answers(post)) for post in posts] == [True, True, False, False, False]
    assert all(body(assistant) in message.text for message in api.said(channel))


async def test_a_post_that_comes_again_after_a_crash_has_its_answer(
    api: BotApi, assistant: Assistant, tmp_path: Path
) -> None:
    channel, _ = api.channel()
    async with running(api.url, assistant, tmp_path) as service:
        post = api.say(f"/ask {QUESTION}", chat=channel)
        await api.answer(post)
        api.post_update({"channel_post": post.as_json()})
        await settled(api, service)
    assert len(api.said(channel)) == 1


# -- the discussion group


async def test_a_post_that_mentions_the_bot_is_answered_once_in_the_discussion_group(
    api: BotApi, assistant: Assistant, tmp_path: Path
) -> None:
    channel, group = api.channel()
    async with running(api.url, assistant, tmp_path) as service:
        api.join(channel, status="administrator")
        _, forward = api.post(channel, f"@revolution_test_bot {QUESTION}?")
        answer = await api.answer(forward)
        await settled(api, service)
    assert body(assistant) in answer.text
    assert answers_in(api, group) == [answer.id]
    assert api.said(channel) == []


async def test_a_post_that_asks_nothing_is_left_alone_in_the_discussion_group(
    api: BotApi, assistant: Assistant, tmp_path: Path
) -> None:
    channel, group = api.channel()
    async with running(api.url, assistant, tmp_path) as service:
        api.post(channel, f"A question for you all: {QUESTION}?")
        await settled(api, service)
    assert answers_in(api, group) == []
    assert api.said(channel) == []


@pytest.mark.parametrize("told", [True, False], ids=["bot saw itself added", "bot was there before"])
async def test_ask_that_is_answered_in_the_channel_is_not_answered_again_in_the_discussion_group(
    api: BotApi, assistant: Assistant, tmp_path: Path, told: bool
) -> None:
    channel, group = api.channel()
    async with running(api.url, assistant, tmp_path) as service:
        if told:
            api.join(channel, status="administrator")
        post, forward = api.post(channel, f"/ask {QUESTION}")
        assert body(assistant) in (await api.answer(post)).text
        await settled(api, service)
    assert len(api.said(channel)) == 1
    assert api.answers(forward) == []
    assert answers_in(api, group) == []


async def test_ask_is_answered_in_the_discussion_group_where_the_bot_is_not_in_the_channel(
    api: BotApi, assistant: Assistant, tmp_path: Path
) -> None:
    channel, group = api.channel()
    api.set_bot(channel, "left")
    async with running(api.url, assistant, tmp_path) as service:
        post, forward = api.post(channel, f"/ask {QUESTION}")
        assert body(assistant) in (await api.answer(forward)).text
        await settled(api, service)
    assert len(answers_in(api, group)) == 1
    assert api.answers(post) == []


async def test_a_comment_that_mentions_the_bot_is_answered_below_the_comment(
    api: BotApi, assistant: Assistant, tmp_path: Path
) -> None:
    channel, group = api.channel()
    async with running(api.url, assistant, tmp_path) as service:
        _, forward = api.post(channel, "Today: October 1917")
        comment = api.say(f"@revolution_test_bot {QUESTION}?", chat=group, reply_to=forward)
        answer = await api.answer(comment)
        await settled(api, service)
    assert body(assistant) in answer.text
    assert answers_in(api, group) == [answer.id]


def answers_in(api: BotApi, group: Chat) -> list[int]:
    """The bot's replies in a group; an introduction is none."""
    return [message.id for message in api.said(group) if message.reply_to is not None]


# -- membership


async def test_a_channel_is_remembered_with_its_discussion_group_while_the_bot_is_its_administrator(
    api: BotApi, assistant: Assistant, tmp_path: Path
) -> None:
    channel, group = api.channel()
    async with running(api.url, assistant, tmp_path) as service:
        api.join(channel, status="administrator")
        assert await known(api, service, channel) == Known(channel.id, "channel", linked=group.id)
        api.set_bot(channel, "left")
        assert await known(api, service, channel) is None
    assert api.said(channel) == []  # it does not introduce itself there


async def test_a_removal_from_a_channel_leaves_nothing_stored(
    api: BotApi, assistant: Assistant, tmp_path: Path
) -> None:
    channel, _ = api.channel()
    async with running(api.url, assistant, tmp_path) as service:
        post: Message = api.say(f"/ask {QUESTION}", chat=channel)
        await api.answer(post)
        assert await known(api, service, channel) is not None
        api.set_bot(channel, "kicked")
        assert await known(api, service, channel) is None
        assert await service.memory.reply_to(channel.id, post.id) is None


async def test_a_channel_where_the_bot_may_not_post_is_known_as_such(
    api: BotApi, assistant: Assistant, tmp_path: Path
) -> None:
    channel, group = api.channel()
    async with running(api.url, assistant, tmp_path) as service:
        api.join(channel, status="member")
        assert await known(api, service, channel) == Known(channel.id, "channel", muted=True, linked=group.id)


async def test_a_channel_keeps_its_settings_when_the_bots_rights_change(
    api: BotApi, assistant: Assistant, tmp_path: Path
) -> None:
    channel, group = api.channel()
    async with running(api.url, assistant, tmp_path) as service:
        service.memory.keep_chat(Known(channel.id, "channel", language="ml", muted=True))
        api.set_bot(channel, "administrator")
        assert await known(api, service, channel) == Known(channel.id, "channel", language="ml", linked=group.id)
