"""What Telegram shows of the bot before anybody speaks to it, in every language."""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from bot.assistant import Assistant
from bot.i18n import Speaker
from bot.settings import Settings
from bot.storage import Database, Memory
from bot.telegram import menus
from bot.telegram.connection import connect
from bot.telegram.patience import Patience
from bot.telegram.services import Services
from tests.telegram.botapi import BotApi
from tests.telegram.harness import running, settings_for
from tests.telegram.wire import Request

PRIVATE = ["start", "ask", "topics", "who", "what", "sources"]
PRIVATE += ["language", "settings", "privacy", "forgetme", "cancel", "help"]
GROUP = ["ask", "topics", "who", "what", "sources", "help"]
ADMINISTRATORS = ["ask", "topics", "who", "what", "sources", "language", "settings", "help"]
SCOPES = {
    "all_private_chats": PRIVATE,
    "all_group_chats": GROUP,
    "all_chat_administrators": ADMINISTRATORS,
}
CODES = ("", "en", "hi", "id", "ml")
LANGUAGES = ("en", "hi", "id", "ml")


class Pauses:
    """In place of `asyncio.sleep`: lets a number of pauses pass at once, and then ends the work."""

    def __init__(self, number: int) -> None:
        self.left = number
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        self.left -= 1
        if self.left <= 0:
            raise asyncio.CancelledError


def services_for(assistant: Assistant, settings: Settings) -> Services:
    return Services(settings, assistant, Memory(Database(settings.database_url)), Patience(20, 60))


async def publish(api: BotApi, assistant: Assistant, folder: Path, rounds: int = 1) -> list[float]:
    """Publish so many times; the pauses in between."""
    settings = settings_for(api.url, folder)
    services = services_for(assistant, settings)
    pauses = Pauses(rounds)
    async with connect(settings) as bot:
        with suppress(asyncio.CancelledError):
            await menus.publish(bot, services, sleep=pauses)
    return pauses.seconds


def changes(api: BotApi) -> list[Request]:
    """The requests that change something."""
    return [request for request in api.requests if request.method.startswith("setMy")]


def published(api: BotApi) -> bool:
    return len(api.account.commands) == len(SCOPES) * len(CODES) and bool(api.account.texts["name"])


def speaker(assistant: Assistant, code: str) -> Speaker:
    return assistant.catalogues.for_language(code or assistant.default_language)


@pytest.mark.parametrize("code", CODES)
async def test_a_started_bot_has_its_commands_in_every_language_and_kind_of_chat(
    api: BotApi, assistant: Assistant, tmp_path: Path, code: str
) -> None:
    async with running(api.url, assistant, tmp_path):
        await api.wait_for(lambda: published(api))
    for scope, names in SCOPES.items():
        commands = api.account.commands[json.dumps({"type": scope}), code]
        assert [command["command"] for command in commands] == names
        lines = {command.command: command.description for command in menus.commands(speaker(assistant, code))}
        assert [command["description"] for command in commands] == [lines[name] for name in names]


async def test_name_and_descriptions_are_published_in_every_language(
    api: BotApi, assistant: Assistant, tmp_path: Path
) -> None:
    await publish(api, assistant, tmp_path)
    expected = {"name": menus.name, "short_description": menus.short_description, "description": menus.description}
    for kind, text in expected.items():
        for code in CODES:
            shown = api.account.get_text(kind, {"language_code": code})[kind]
            assert shown == text(speaker(assistant, code))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_has_the_length_that_telegram_shows(assistant: Assistant, language: str) -> None:
    spoken = speaker(assistant, language)
    assert 1 <= len(menus.name(spoken)) <= 64
    assert 1 <= len(menus.short_description(spoken)) <= 120
    assert 1 <= len(menus.description(spoken)) <= 512
    assert all(1 <= len(command.description) <= 100 for command in menus.commands(spoken))


async def test_what_has_not_changed_is_not_sent_again(api: BotApi, assistant: Assistant, tmp_path: Path) -> None:
    await publish(api, assistant, tmp_path)
    before = len(changes(api))
    await publish(api, assistant, tmp_path)
    assert 0 < before == len(changes(api))
    api.account.texts["description"]["hi"] = "something older"
    await publish(api, assistant, tmp_path)
    assert [(r.method, r.params["language_code"]) for r in changes(api)[before:]] == [("setMyDescription", "hi")]


async def test_what_fails_is_tried_again_after_growing_pauses_and_the_rest_is_sent_meanwhile(
    api: BotApi, assistant: Assistant, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fault = api.fail("setMyCommands", times=2, status=400, description="Bad Request: BOT_COMMAND_INVALID")
    fault_again = api.fail("setMyName", times=2, status=403, description="Forbidden: not now")
    with caplog.at_level(logging.INFO):
        pauses = await publish(api, assistant, tmp_path, rounds=4)
    assert (fault.hits, fault_again.hits) == (2, 2)
    assert published(api)
    assert menus.REFRESH_SECONDS in pauses
    failed = pauses[: pauses.index(menus.REFRESH_SECONDS)]
    assert failed[0] == menus.FIRST_PAUSE
    assert failed == sorted(set(failed))
    assert "could not be published" in caplog.text
    sent = [(r.method, json.dumps(r.params, sort_keys=True)) for r in changes(api) if r.status == 200]
    assert len(sent) == len(set(sent))  # what succeeded was not sent twice


async def test_the_bot_answers_while_nothing_is_published(api: BotApi, assistant: Assistant, tmp_path: Path) -> None:
    for method in ("setMyCommands", "getMyName", "setMyShortDescription", "getMyDescription"):
        api.fail(method, times=None, status=400, description="Bad Request: no")
    async with running(api.url, assistant, tmp_path):
        assert (await api.answer(api.say("who was kerensky"))).text
        await api.wait_for(lambda: any(r.method == "setMyShortDescription" for r in api.requests))
        assert (await api.answer(api.say("who was trotsky"))).text


async def test_a_name_that_may_not_be_changed_for_a_day_holds_up_nothing_else(
    api: BotApi, assistant: Assistant, tmp_path: Path
) -> None:
    api.fail("setMyName", times=None, retry_after=86_400)
    async with running(api.url, assistant, tmp_path):
        await api.wait_for(lambda: api.calls("setMyName"))
        assert len(api.account.commands) == len(SCOPES) * len(CODES)
        answer = await api.answer(api.say("who was kerensky"))
        assert await api.answered(api.press(answer.buttons[0][0], answer))
        assert await api.answered(api.inline("kerensky"))


def test_telegram_is_told_two_letter_codes_only(assistant: Assistant, tmp_path: Path) -> None:
    services = services_for(assistant, settings_for("http://127.0.0.1", tmp_path))
    assert set(menus.languages(services)) == {None, *LANGUAGES}
    spoken = dict(assistant.knowledge.languages)
    spoken |= {"pt-BR": spoken["en"], "pt": spoken["en"], "mai": spoken["hi"]}
    knowledge = assistant.knowledge.model_copy(update={"languages": spoken})
    more = Assistant(replace(assistant.matcher, knowledge=knowledge), assistant.catalogues, "hi")
    codes = menus.languages(replace(services, assistant=more))
    assert set(codes) == {None, *LANGUAGES, "pt"}
    assert codes["pt"].language == "pt-BR"
    assert codes[None].language == "hi"
