"""The program as a process: it starts, survives being killed without losing a question, and stops when asked."""

from __future__ import annotations

import pytest

from tests.telegram.botapi import BotApi
from tests.telegram.conftest import StartsBots


async def test_a_killed_bot_goes_on_where_it_was(api: BotApi, bot_process: StartsBots) -> None:
    bot = bot_process(api)
    with bot:
        await api.answer(to=api.say("who was Kishkin?"))
        bot.kill()
        question = api.say("when was the Winter Palace taken?")
        assert not bot.running
        bot.start()
        assert (await api.answer(to=question)).text
        assert bot.terminate().code == 0


def test_a_bot_that_cannot_start_says_why(api: BotApi, bot_process: StartsBots) -> None:
    with pytest.raises(RuntimeError, match="DEFAULT_LANGUAGE"):
        bot_process(api, DEFAULT_LANGUAGE="xx").start()
