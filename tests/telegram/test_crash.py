"""A bot that is killed again and again still answers every question. The long run is `make soak`."""

from __future__ import annotations

from bot.assistant import Assistant
from tests.telegram.botapi import BotApi
from tests.telegram.conftest import StartsBots
from tests.telegram.soak import PATIENT, Campaign


async def test_every_question_is_answered_although_the_bot_is_killed_again_and_again(
    api: BotApi, assistant: Assistant, bot_process: StartsBots
) -> None:
    bot = bot_process(api, **PATIENT)
    tally = await Campaign(api, bot, assistant, seed=7, seconds=2.5).run(questions=300, kills=8)
    print(tally)
    assert (tally.unanswered, tally.strays) == ([], 0)
    assert tally.duplicates < 0.15 * tally.questions, tally
