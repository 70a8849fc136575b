"""Killing the bot again and again while questions arrive: `make soak`, and in short among the tests."""

from __future__ import annotations

import argparse
import asyncio
import random
import re
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.assistant import Assistant, build_assistant
from tests.telegram.botapi import BotApi
from tests.telegram.load import Load
from tests.telegram.program import BotProcess

PEOPLE = 40
GROUPS = 10
ROUND_TRIP = 0.03
"""Seconds from a message to its confirmation, as over a good line; whoever dies in between cannot know."""
PATIENT: dict[str, Any] = {
    "PRIVATE_MESSAGES_PER_SECOND": "1000",
    "GROUP_MESSAGES_PER_MINUTE": "60000",
    "QUESTIONS_PER_MINUTE": "1000",
}
"""Limits for each chat so wide that nothing waits for them; the one for all together is as shipped."""
_IN_HAND = re.compile(r"(\d+) updates were in hand")


@dataclass
class Tally:
    """How a campaign ended."""

    questions: int
    kills: int
    interrupted: int = 0
    """Questions that were in hand at a kill."""
    answered: int = 0
    duplicates: int = 0
    """Answers to questions that had one already."""
    strays: int = 0
    """Messages of the bot that answer nothing."""
    unanswered: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        share = self.duplicates / max(1, self.questions)
        return (
            f"questions {self.questions}, answered {self.answered}, kills {self.kills} "
            f"with {self.interrupted} in hand, "
            f"duplicates {self.duplicates} ({share:.1%})"
        )


class Campaign:
    """So many questions from many chats, and so many kills at moments that the seed decides."""

    def __init__(self, api: BotApi, bot: BotProcess, assistant: Assistant, *, seed: int, seconds: float) -> None:
        """`seconds`: how long it lives at most from its first poll on."""
        self._api = api
        self._bot = bot
        self._random = random.Random(seed)
        self._life = seconds
        self._load = Load(api, assistant, people=PEOPLE, groups=GROUPS)

    async def run(self, questions: int, kills: int) -> Tally:
        """Ask and kill, then let the bot finish."""
        self._bot.start()  # the first start is a slow one: it compiles the knowledge base
        self._bot.terminate()
        self._api.fail("sendMessage", times=None, delay=ROUND_TRIP)
        for n in range(kills):
            share = questions * (n + 1) // kills - questions * n // kills
            await self._ask_and_kill(share)
        self._bot.start(ready=False)
        with suppress(TimeoutError):
            await self._load.answered(timeout=120)
        ended = self._bot.terminate()
        assert ended.code == 0, self._bot.output()[-3000:]
        missing = [one.known.text for one in self._load.unanswered()]
        return Tally(
            questions,
            kills,
            interrupted=sum(map(int, _IN_HAND.findall(self._bot.output()))),
            answered=questions - len(missing),
            duplicates=self._load.duplicates(),
            strays=self._load.strays(),
            unanswered=missing,
        )

    async def _ask_and_kill(self, number: int) -> None:
        """Questions at random moments of the bot's life, and its end at another; those after it wait for the next."""
        polls = len(self._api.calls("getUpdates"))
        self._bot.start(ready=False)
        if self._random.random() < 0.8:  # the other lives may end before the first poll
            await self._api.wait_for(lambda: len(self._api.calls("getUpdates")) > polls, timeout=60)
        moments = sorted((self._random.uniform(0, self._life), n > 0) for n in range(number + 1))
        now = 0.0
        for moment, is_question in moments:
            await asyncio.sleep(moment - now)
            now = moment
            if is_question:
                self._load.ask()
            else:
                self._bot.kill()


def main() -> None:
    """Run a campaign and print how it ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=2.0, help="how long the bot lives at most")
    parser.add_argument("--seed", type=int, default=1917)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, BotApi() as api:
        cache = Path(folder, "cache")
        cache.mkdir()
        bot = BotProcess(api, Path(folder, "bot"), cache, **PATIENT)
        try:
            campaign = Campaign(api, bot, build_assistant(), seed=given.seed, seconds=given.seconds)
            tally = asyncio.run(campaign.run(given.questions, given.kills))
        finally:
            bot.kill()
    print(tally)
    if tally.unanswered or tally.strays:
        raise SystemExit(f"{tally.strays} stray messages; without an answer: {', '.join(tally.unanswered) or 'none'}")


if __name__ == "__main__":
    main()
