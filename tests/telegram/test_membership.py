"""Coming, going, being silenced and blocked."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from bot.assistant import Assistant
from bot.storage import Chat as KnownChat
from tests.telegram.botapi import BOT, BotApi
from tests.telegram.harness import running
from tests.telegram.people import ANONYMOUS_ADMIN, private_chat
from tests.telegram.settled import rows_about, settled

NAME = f"@{BOT.username}"
QUESTION = f"{NAME} what is the Smolny?"


async def test_added_it_introduces_itself_in_one_message(api: BotApi, assistant: Assistant, tmp_path: Path) -> None:
    group = api.group()
    async with running(api.url, assistant, tmp_path) as service:
        api.join(group, api.user("Sari", "id"))  # Telegram tells of it twice
        await settled(api, service)
        [hello] = api.said(group)
        assert f"@{BOT.username}" in hello.text
        assert "/settings" in hello.text
        assert await service.memory.chat(group.id) == KnownChat(group.id, "group")
        api.set_bot(group, "administrator")
        await settled(api, service)
    assert len(api.said(group)) == 1


async def test_created_with_the_bot_in_it_a_group_is_greeted(api: BotApi, assistant: Assistant, tmp_path: Path) -> None:
    group = api.group()
    async with running(api.url, assistant, tmp_path) as service:
        api.say(None, chat=group, group_chat_created=True)
        await settled(api, service)
        assert await service.memory.chat(group.id) == KnownChat(group.id, "group")
    assert len(api.said(group)) == 1


async def test_added_without_the_right_to_write_it_says_nothing(
    api: BotApi, assistant: Assistant, tmp_path: Path
) -> None:
    group = api.supergroup()
    async with running(api.url, assistant, tmp_path) as service:
        api.join(group, status="restricted")
        api.say(QUESTION, chat=group)
        await settled(api, service)
        assert await service.memory.chat(group.id) == KnownChat(group.id, "supergroup", muted=True)
    assert not api.calls("sendMessage")


async def test_silenced_it_sends_nothing_until_it_may_again(api: BotApi, assistant: Assistant, tmp_path: Path) -> None:
    group = api.supergroup()
    async with running(api.url, assistant, tmp_path) as service:
        await api.answer(api.say(QUESTION, chat=group))
        api.set_bot(group, "restricted")
        for text in (f"{NAME} who was Kishkin?", f"/topics{NAME}", f"/settings{NAME}", f"/help{NAME}"):
            api.say(text, chat=group)
        await settled(api, service)
        assert len(api.calls("sendMessage", group)) == 1
        api.set_bot(group, "member")
        await api.answer(api.say(f"{NAME} who was Kishkin?", chat=group))
        assert len(api.calls("sendMessage", group)) == 2


async def test_telegrams_refusal_counts_as_being_silenced_until_a_look_finds_otherwise(
    api: BotApi, assistant: Assistant, tmp_path: Path
) -> None:
    group = api.supergroup()
    async with running(api.url, assistant, tmp_path) as service:
        with api.world.lock:
            api.world.rooms[group.id].bot = "restricted"  # nobody tells the bot
        for name in ("Kishkin", "Lenin", "Kerensky"):
            api.say(f"{NAME} who was {name}?", chat=group)
        await settled(api, service)
        assert len(api.calls("sendMessage", group)) == 1
        assert len(api.calls("getChatMember", group)) == 1
        with api.world.lock:
            api.world.rooms[group.id].bot = "member"
        service.app.bot_data.clock = lambda: time.time() + 601
        await api.answer(api.say(QUESTION, chat=group))


@pytest.mark.parametrize("status", ["left", "kicked"])
async def test_removed_it_keeps_nothing_of_the_group(
    api: BotApi, assistant: Assistant, tmp_path: Path, status: str
) -> None:
    group = api.supergroup()
    async with running(api.url, assistant, tmp_path) as service:
        await api.answer(api.say(QUESTION, chat=group))
        await settled(api, service)
        assert (await rows_about(service, group.id))["chats"]
        api.set_bot(group, status)
        gone = {"message_id": 9, "date": int(time.time()), "chat": group.as_json(), "from": api.person.as_json()}
        api.post_update({"message": {**gone, "left_chat_member": BOT.as_json()}})
        await settled(api, service)
        assert not any((await rows_about(service, group.id)).values())
        assert await service.memory.chat(group.id) is None
        assert group.id not in service.app.chat_data


async def test_a_group_of_before_is_known_on_first_sight(api: BotApi, assistant: Assistant, tmp_path: Path) -> None:
    group = api.supergroup()
    async with running(api.url, assistant, tmp_path) as service:
        api.say("see you tomorrow at five", chat=group)
        await settled(api, service)
        assert await service.memory.chat(group.id) == KnownChat(group.id, "supergroup")
    assert not api.said(group)


@pytest.mark.parametrize("order", ["as Telegram does", "the other way round", "twice", "membership first"])
async def test_settings_move_with_the_group(api: BotApi, assistant: Assistant, tmp_path: Path, order: str) -> None:
    group, new = api.group(), api.supergroup()
    async with running(api.url, assistant, tmp_path) as service:
        service.memory.keep_chat(KnownChat(group.id, "group", language="hi", listening=True))

        async def old_is_told() -> None:
            api.say(None, chat=group, migrate_to_chat_id=new.id)
            await settled(api, service)

        async def new_is_told() -> None:
            api.say(None, chat=new, user=ANONYMOUS_ADMIN, migrate_from_chat_id=group.id)
            await settled(api, service)

        steps = [old_is_told, new_is_told]
        if order == "membership first":
            api.set_bot(new, "administrator")
        for step in {"the other way round": steps[::-1], "twice": steps * 2}.get(order, steps):
            await step()
        assert await service.memory.chat(new.id) == KnownChat(new.id, "supergroup", language="hi", listening=True)
        assert not any((await rows_about(service, group.id)).values())
        api.set_bot(new, "administrator")
        await settled(api, service)
    assert not api.calls("sendMessage")


async def test_a_real_migration_keeps_the_settings(api: BotApi, assistant: Assistant, tmp_path: Path) -> None:
    group = api.group()
    async with running(api.url, assistant, tmp_path) as service:
        service.memory.keep_chat(KnownChat(group.id, "group", language="ml"))
        new = api.migrate(group)
        await settled(api, service)
        assert await service.memory.chat(new.id) == KnownChat(new.id, "supergroup", language="ml")
        assert await service.memory.chat(group.id) is None
    assert not api.said(new)  # they know it already


async def test_blocking_and_allowing_again_is_remembered(api: BotApi, assistant: Assistant, tmp_path: Path) -> None:
    person = api.person
    async with running(api.url, assistant, tmp_path) as service:
        await api.answer(api.say("/start"))
        api.set_bot(private_chat(person), "kicked")
        await settled(api, service)
        assert (await service.memory.person(person.id)).blocked
        api.set_bot(private_chat(person), "member")
        await settled(api, service)
        assert not (await service.memory.person(person.id)).blocked
    assert len(api.calls("sendMessage")) == 1


@pytest.mark.parametrize("muted", [False, True])
async def test_a_failure_while_getting_to_know_a_group_is_made_good_and_says_nothing_too_much(
    api: BotApi, assistant: Assistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, muted: bool
) -> None:
    group = api.supergroup()
    async with running(api.url, assistant, tmp_path) as service:
        if muted:
            api.set_bot(group, "restricted")
            await settled(api, service)
        known, failures = service.memory.chat, [ValueError("once")]

        async def fails_once(chat_id: int) -> KnownChat | None:
            if failures:
                raise failures.pop()
            return await known(chat_id)

        monkeypatch.setattr(service.memory, "chat", fails_once)
        question = api.say(QUESTION, chat=group)
        await settled(api, service)
    assert [m.reply_to for m in api.said(group)] == ([] if muted else [question.id])
    assert len(api.calls("sendMessage")) == (0 if muted else 1)
