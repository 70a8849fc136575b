"""`/language`, `/settings`, `/privacy`, `/forgetme`, `/cancel`."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import insert

from bot.assistant import Assistant
from bot.storage import Chat as KnownChat
from bot.storage import Conversation
from bot.storage.tables import metadata
from bot.telegram.audience import Audience
from bot.telegram.preferences import language_named, settings
from bot.telegram.service import Service
from tests.telegram.botapi import BOT, BotApi
from tests.telegram.harness import running
from tests.telegram.history import Message
from tests.telegram.people import ANONYMOUS_ADMIN, Chat, Json, User
from tests.telegram.settled import rows_about, settled

QUESTION = "what is the Smolny?"


def title(assistant: Assistant, language: str) -> str:
    """Of the answer to `QUESTION`."""
    return assistant.knowledge.languages[language].texts["what-is-smolny"].title


def now(api: BotApi, message: Message) -> Message:
    return next(m for m in api.messages(message.chat) if m.id == message.id)


async def shows(api: BotApi, message: Message, wanted: Callable[[Message], bool]) -> Message:
    """The message as soon as it looks as wanted."""
    await api.wait_for(lambda: wanted(now(api, message)))
    return now(api, message)


def study_group(api: BotApi) -> tuple[Chat, User, User]:
    """A group with its admin and a member."""
    group, admin, member = api.supergroup(), api.user("Olga"), api.user("Ravi")
    api.set_member(group, admin, "creator")
    api.set_member(group, member, "member")
    return group, admin, member


# -- language


@pytest.mark.parametrize("named", ["hindi", "hi", "हिंदी", "Hindhi"])
async def test_a_language_is_set_by_name_or_code(api: BotApi, assistant: Assistant, tmp_path: Path, named: str) -> None:
    async with running(api.url, assistant, tmp_path):
        told = await api.answer(api.say(f"/language {named}"))
        answer = await api.answer(api.say(QUESTION))
    assert "हिन्दी" in told.text
    assert answer.text.startswith(title(assistant, "hi"))


async def test_languages_are_offered_by_their_own_names(api: BotApi, assistant: Assistant, tmp_path: Path) -> None:
    async with running(api.url, assistant, tmp_path) as service:
        offer = await api.answer(api.say("/language"))
        names = [text for row in offer.buttons for text in row]
        assert set(names) == {"English", "Indonesia", "हिन्दी", "മലയാളം", "Follow my messages"}
        assert len(offer.buttons) == 3
        await api.answered(api.press("മലയാളം", offer))
        chosen = await shows(api, offer, lambda m: m.edited)
        assert "മലയാളം" in chosen.text
        assert not chosen.buttons
        assert (await service.memory.person(api.person.id)).language == "ml"
        again = await api.answer(api.say("/language"))
        await api.answered(api.press("s:l:-", again))
        await settled(api, service)
        assert (await service.memory.person(api.person.id)).language is None
        assert now(api, again).text == "From now on I answer in the language of each message."


async def test_a_language_that_is_not_spoken_is_answered_with_those_that_are(
    api: BotApi, assistant: Assistant, tmp_path: Path
) -> None:
    async with running(api.url, assistant, tmp_path):
        told = await api.answer(api.say("/language klingon"))
    assert told.text.startswith("That is none of my languages. I speak ")
    assert len(told.buttons) == 3


def test_names_of_languages_in_any_language(assistant: Assistant) -> None:
    named = {"Bahasa Indonesia": "id", "मलयालम": "ml", "English please": "en", "EN-gb": "en", "tamil": None, "": None}
    assert {text: language_named(assistant, text) for text in named} == named


# -- groups


async def test_only_admins_set_a_groups_language(api: BotApi, assistant: Assistant, tmp_path: Path) -> None:
    group, admin, member = study_group(api)
    async with running(api.url, assistant, tmp_path):
        refused = await api.answer(api.say("/language hi", chat=group, user=member))
        told = await api.answer(api.say("/language hi", chat=group, user=admin))
        answer = await api.answer(api.say(f"/ask {QUESTION}", chat=group, user=member))
    assert refused.text == "Only admins of this group can change that."
    assert "हिन्दी" in told.text
    assert answer.text.startswith(title(assistant, "hi"))


async def test_an_anonymous_admin_counts_as_one_and_another_channel_does_not(
    api: BotApi, assistant: Assistant, tmp_path: Path
) -> None:
    group, _admin, _member = study_group(api)
    channel, _ = api.channel()
    async with running(api.url, assistant, tmp_path) as service:
        masked = api.say("/language ml", chat=group, sender_chat=channel.as_json())
        assert (await api.answer(masked)).text == "Only admins of this group can change that."
        await api.answer(api.say("/language ml", chat=group, user=ANONYMOUS_ADMIN))
        known = await service.memory.chat(group.id)
    assert known is not None
    assert known.language == "ml"


async def test_a_persons_choice_wins_over_the_groups(api: BotApi, assistant: Assistant, tmp_path: Path) -> None:
    group, admin, member = study_group(api)
    async with running(api.url, assistant, tmp_path):
        await api.answer(api.say("/language id", user=member))
        await api.answer(api.say("/language hi", chat=group, user=admin))
        answer = await api.answer(api.say(f"/ask {QUESTION}", chat=group, user=member))
    assert answer.text.startswith(title(assistant, "id"))


async def test_only_admins_change_the_settings_of_a_group(api: BotApi, assistant: Assistant, tmp_path: Path) -> None:
    group, admin, member = study_group(api)
    async with running(api.url, assistant, tmp_path) as service:
        shown = await api.answer(api.say(f"/settings@{BOT.username}", chat=group, user=member))
        assert "I follow each speaker" in shown.text
        assert "Listening: off" in shown.text
        refusal = await api.answered(api.press("Turn listening on", shown, user=member))
        assert refusal["show_alert"] is True
        assert refusal["text"] == "Only admins of this group can change that."
        assert not now(api, shown).edited
        await api.answered(api.press("Turn listening on", shown, user=admin))
        on = await shows(api, shown, lambda m: "Listening: on" in m.text)
        known = await service.memory.chat(group.id)
        assert known is not None
        assert known.listening
        await api.answered(api.press("Turn listening off", on, user=admin))
        await shows(api, shown, lambda m: "Listening: off" in m.text)
        await api.answered(api.press("Change the language", shown, user=admin))
        asked = await shows(api, shown, lambda m: len(m.buttons) == 3)
        assert asked.buttons[-1] == ["Follow each speaker"]
        await api.answered(api.press("Indonesia", asked, user=admin))
        await settled(api, service)
        assert await service.memory.chat(group.id) == KnownChat(group.id, "supergroup", language="id")


def test_listening_without_the_right_to_hear_says_what_is_missing(assistant: Assistant) -> None:
    group = KnownChat(-1, "group", listening=True)
    speaker = assistant.catalogues.for_language("en")
    audience = Audience(-1, 1, None, group, Conversation(), None, "en", speaker)
    assert "admin" in settings(audience, reads_all=False).blocks[-1].text
    assert "admin" not in settings(audience, reads_all=True).blocks[-1].text


async def test_settings_in_private_show_the_language(api: BotApi, assistant: Assistant, tmp_path: Path) -> None:
    async with running(api.url, assistant, tmp_path):
        before = await api.answer(api.say("/settings"))
        await api.answer(api.say("/language hi"))
        await api.answer(api.say("/language en"))
        after = await api.answer(api.say("/settings"))
    assert "Language: I follow your messages." in before.text
    assert before.buttons == [["🌐 Change the language"]]
    assert "Language: English" in after.text


@pytest.mark.parametrize("data", ["s", "s:l:xx", "s:h:1", "s:h", "s:zzz", "s:l:hi:9", "f", "f:9"])
async def test_buttons_of_another_time_change_nothing(
    api: BotApi, assistant: Assistant, tmp_path: Path, data: str
) -> None:
    async with running(api.url, assistant, tmp_path) as service:
        shown = await api.answer(api.say("/settings"))
        gone: Json = {"text": "?", "callback_data": data}
        await api.answered(api.press(gone, shown))
        await settled(api, service)
        assert (await service.memory.person(api.person.id)).language is None
    assert not api.calls("sendMessage")[1:]


# -- privacy


async def test_privacy_says_what_is_kept_how_long_and_how_to_delete_it(
    api: BotApi, assistant: Assistant, tmp_path: Path
) -> None:
    async with running(api.url, assistant, tmp_path):
        told = await api.answer(api.say("/privacy"))
    for part in ("3 days", "6 hours", "48 hours", "votes", "language", "Nothing is passed on", "/forgetme"):
        assert part in told.text


async def fill_every_table(service: Service, person: int) -> None:
    """A row about somebody in each table that can hold one."""
    values = {
        "update_id": person, "chat_id": person, "user_id": person, "payload": f'{{"from": {{"id": {person}}}}}',
        "sent": int(time.time()), "state": "aside", "due": 0, "attempts": 0, "crashes": 0, "finished": 1,
        "reason": "why", "language": "en", "hinted": True, "blocked": True, "fact": "what-is-smolny",
        "at": int(time.time()), "question_id": 999_999, "reply_id": 1, "up": True, "kind": "group",
        "listening": True, "muted": False, "linked": None, "context": "what-is-smolny",
    }  # fmt: skip
    for table in metadata.tables.values():
        if "user_id" in table.columns:
            # a table with a new column makes this fail, so that somebody thinks about it
            await service.database.now(insert(table), {column.name: values[column.name] for column in table.columns})


async def test_forgetting_deletes_everything_about_one_person_and_nothing_else(
    api: BotApi, assistant: Assistant, tmp_path: Path
) -> None:
    asha, vera = api.person, api.user("Vera")
    async with running(api.url, assistant, tmp_path) as service:
        await fill_every_table(service, asha.id)
        await fill_every_table(service, vera.id)
        question = await api.answer(api.say("/forgetme"))
        await settled(api, service)
        veras = await rows_about(service, vera.id)
        assert {name for name, rows in (await rows_about(service, asha.id)).items() if rows} >= {"people", "votes"}
        await api.answered(api.press("Yes, forget everything", question))
        await settled(api, service)
        assert not any((await rows_about(service, asha.id)).values())
        assert await rows_about(service, vera.id) == veras
        with_people = {name for name, table in metadata.tables.items() if "user_id" in table.columns}
        assert {name for name, rows in veras.items() if rows} == with_people
        assert not (await service.memory.person(asha.id)).hinted
        assert now(api, question).text == "Done. I have forgotten everything about you."
        assert not now(api, question).buttons


def test_no_table_keeps_people_under_another_name() -> None:
    # forgetting goes by the column `user_id`; the others are about groups and channels
    assert {name for name, table in metadata.tables.items() if "user_id" not in table.columns} == {"chats"}


async def test_nothing_is_forgotten_on_second_thoughts(api: BotApi, assistant: Assistant, tmp_path: Path) -> None:
    async with running(api.url, assistant, tmp_path) as service:
        await api.answer(api.say("/language en"))
        question = await api.answer(api.say("/forgetme"))
        await api.answered(api.press("No, keep it", question))
        await settled(api, service)
        assert (await service.memory.person(api.person.id)).language == "en"
    assert now(api, question).text == "All right, nothing is deleted."


async def test_forgetme_in_a_group_leads_to_the_private_chat(api: BotApi, assistant: Assistant, tmp_path: Path) -> None:
    group, _, member = study_group(api)
    async with running(api.url, assistant, tmp_path):
        told = await api.answer(api.say("/forgetme", chat=group, user=member))
    assert told.button("Open the private chat")["url"] == f"https://t.me/{BOT.username}"


# -- cancel


async def test_cancel_without_anything_waiting_is_friendly(api: BotApi, assistant: Assistant, tmp_path: Path) -> None:
    async with running(api.url, assistant, tmp_path):
        told = await api.answer(api.say("/cancel"))
    assert told.text == "There is nothing to cancel. Just ask me something!"


@pytest.mark.parametrize("command", ["/forgetme", "/language", "/settings"])
async def test_cancel_takes_the_buttons_of_a_waiting_question_away(
    api: BotApi, assistant: Assistant, tmp_path: Path, command: str
) -> None:
    async with running(api.url, assistant, tmp_path):
        question = await api.answer(api.say(command))
        assert question.buttons
        told = await api.answer(api.say("/cancel"))
        assert told.text == "All right, never mind that."
        assert not now(api, question).buttons
        assert (await api.answer(api.say("/cancel"))).text.startswith("There is nothing to cancel.")


async def test_cancel_as_a_reply_names_the_question(api: BotApi, assistant: Assistant, tmp_path: Path) -> None:
    async with running(api.url, assistant, tmp_path):
        question = await api.answer(api.say("/forgetme"))
    async with running(api.url, assistant, tmp_path):  # a restart later
        cancel = api.say("/cancel", reply_to=question)
        await api.wait_for(lambda: [m for m in api.said(cancel.chat) if m.id > cancel.id])
    assert not now(api, question).buttons
