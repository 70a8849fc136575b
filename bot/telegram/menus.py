"""What Telegram shows of the bot before anybody speaks to it: commands, name and descriptions, in every language."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from typing import Final

from telegram import (
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
)
from telegram.ext import ExtBot

from bot.i18n import Speaker
from bot.telegram.flood import Sleep
from bot.telegram.services import Services

log = logging.getLogger(__name__)

REFRESH_SECONDS: Final = 86_400.0
"""Between two looks at whether all is as it should be."""
FIRST_PAUSE: Final = 60.0
"""After a failure; it doubles with each further one, up to `REFRESH_SECONDS`."""

GROUP: Final = ("ask", "topics", "who", "what", "sources", "help")
ADMINISTRATORS: Final = (*GROUP, "language", "settings")
PRIVATE: Final = (
    *("start", "ask", "topics", "who", "what", "sources"),
    *("language", "settings", "privacy", "forgetme", "cancel", "help"),
)

Bot = ExtBot[None]
Step = Callable[[], Awaitable[bool]]
"""Sends one thing where it has changed; False where it had not."""


async def publish(bot: Bot, services: Services, *, sleep: Sleep = asyncio.sleep) -> None:
    """Keep at Telegram what the catalogues say, until cancelled: failures are logged and tried again later."""
    failures = 0
    while True:
        if await publish_once(bot, services):
            failures, pause = 0, REFRESH_SECONDS
        else:
            failures, pause = failures + 1, min(REFRESH_SECONDS, FIRST_PAUSE * 2**failures)
        await sleep(pause)


async def publish_once(bot: Bot, services: Services) -> bool:
    """Send everything that has changed; False when some of it failed."""
    sent = failed = 0
    for step in _steps(bot, services):
        try:
            sent += await step()
        except Exception as error:  # nobody waits for this: whatever it stumbles over must not end the program
            failed += 1
            log.warning("a menu or description could not be published: %s", type(error).__name__)
    if sent:
        log.info("%d menus and descriptions were published", sent)
    return not failed


def _steps(bot: Bot, services: Services) -> Iterator[Step]:
    """Commands first; names last, since Telegram lets those be changed only a few times a day."""
    spoken = list(languages(services).items())
    scopes: list[tuple[BotCommandScope, tuple[str, ...]]] = [
        (BotCommandScopeAllPrivateChats(), PRIVATE),
        (BotCommandScopeAllGroupChats(), GROUP),
        (BotCommandScopeAllChatAdministrators(), ADMINISTRATORS),
    ]
    for code, speaker in spoken:
        for scope, names in scopes:
            yield _commands_step(bot, scope, code, [c for c in commands(speaker) if c.command in names])
    texts = {"short_description": short_description, "description": description, "name": name}
    for field, text in texts.items():
        for code, speaker in spoken:
            yield _profile_step(bot, code, field, text(speaker))


def languages(services: Services) -> dict[str | None, Speaker]:
    """Who speaks for each two-letter code that Telegram knows; None, first, is for everybody else."""
    default = services.assistant.default_language
    found: dict[str | None, Speaker] = {None: services.speaker(default)}
    for language in (default, *services.assistant.knowledge.languages):
        code = language.split("-")[0].lower()
        if len(code) == 2:
            found.setdefault(code, services.speaker(language))
    return found


def _commands_step(bot: Bot, scope: BotCommandScope, code: str | None, wanted: list[BotCommand]) -> Step:
    async def step() -> bool:
        if list(await bot.get_my_commands(scope, code)) == wanted:
            return False
        return await bot.set_my_commands(wanted, scope, code)

    return step


def _profile_step(bot: Bot, code: str | None, field: str, wanted: str) -> Step:
    """One of the bot's texts: the library names its getter, its setter and what the getter gives after it."""

    async def step() -> bool:
        known = getattr(await getattr(bot, f"get_my_{field}")(code), field)
        return bool(known != wanted and await getattr(bot, f"set_my_{field}")(wanted, code))

    return step


def name(speaker: Speaker) -> str:
    """The bot's name: at most 64 characters."""
    # Translators: the bot's name in Telegram, at most 64 characters
    return speaker._("Russian Revolution 1917")


def short_description(speaker: Speaker) -> str:
    """What is shown on the bot's profile and sent along with its link: at most 120 characters."""
    # Translators: on the bot's profile in Telegram, at most 120 characters
    return speaker._("Ask about the Russian Revolution of 1917: short answers, each with the paragraph it stands on.")


def description(speaker: Speaker) -> str:
    """What is shown in an empty chat with the bot: at most 512 characters."""
    # Translators: shown in an empty chat with the bot, at most 512 characters
    return speaker._(
        "Ask me anything about the Russian Revolution of 1917, in your own words and your own language. "
        "I answer from a few documents and show which paragraph each answer stands on. "
        "What my documents don't say, I don't make up."
    )


def commands(speaker: Speaker) -> list[BotCommand]:
    """Every command with its line in the menu, at most 100 characters, in the menu's order."""
    # Translators: lines of the menu of commands, at most 100 characters each
    return [
        BotCommand("start", speaker._("Begin here")),
        BotCommand("ask", speaker._("Ask a question")),
        BotCommand("topics", speaker._("Browse what my documents tell")),
        BotCommand("who", speaker._("Look up a person")),
        BotCommand("what", speaker._("Look up a place, a body or a term")),
        BotCommand("sources", speaker._("See the documents I answer from")),
        BotCommand("language", speaker._("Choose the language of my answers")),
        BotCommand("settings", speaker._("See and change settings")),
        BotCommand("privacy", speaker._("Read what I remember about you")),
        BotCommand("forgetme", speaker._("Have me forget everything about you")),
        BotCommand("cancel", speaker._("Stop what we are doing")),
        BotCommand("help", speaker._("See what I can do")),
    ]
