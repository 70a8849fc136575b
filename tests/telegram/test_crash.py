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
    tally = await Campaign(api, bot, assistant, seed=7, seconds=1.0).run(questions=300, kills=8)
    print(tally)
    assert (tally.unanswered, tally.strays) == ([], 0)
    assert tally.interrupted > 0
    # many questions in a short time: what is on its way to Telegram at a kill may come twice, and no more
    assert tally.duplicates <= 10 * tally.kills, tally
