"""Killing the bot again and again while questions arrive: `make soak`, and in short among the tests."""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path

from bot.assistant import Assistant, build_assistant
from bot.reply import Status
from tests.telegram.botapi import BotApi
from tests.telegram.history import Message
from tests.telegram.people import Chat, User, private_chat
from tests.telegram.program import BotProcess

CHATS = 50
GROUPS = 10
"""Of the chats."""
ROUND_TRIP = 0.03
"""Seconds from a message to its confirmation, as over a good line; whoever dies in between cannot know."""
WIDE = {
    "MESSAGES_PER_SECOND": "1000",
    "PRIVATE_MESSAGES_PER_SECOND": "1000",
    "GROUP_MESSAGES_PER_MINUTE": "60000",
    "QUESTIONS_PER_MINUTE": "1000",
}
"""Limits so wide that nothing waits for them."""
_ROUND_SECONDS = 30.0
_LOOK_AGAIN = 0.002


@dataclass(frozen=True)
class Known:
    """A question that the bot is sure to answer, and what must stand in the answer."""

    text: str
    body: str


@dataclass(frozen=True)
class Asked:
    """A question that was sent."""

    message: Message
    known: Known

    def answers(self, said: list[Message]) -> list[Message]:
        """Of the bot's messages in its chat those that answer it: no other question there has the same answer."""
        return [m for m in said if self.known.body in m.text and m.reply_to in (None, self.message.id)]


@dataclass
class Tally:
    """How a campaign ended."""

    questions: int
    kills: int
    answered: int = 0
    duplicates: int = 0
    """Answers to questions that had one already."""
    strays: int = 0
    """Messages of the bot that answer nothing."""
    unanswered: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        share = self.duplicates / max(1, self.questions)
        return (
            f"questions {self.questions}, answered {self.answered}, kills {self.kills}, "
            f"duplicates {self.duplicates} ({share:.1%})"
        )


class Campaign:
    """So many questions from many chats, and so many kills at moments that the seed decides."""

    def __init__(self, api: BotApi, bot: BotProcess, assistant: Assistant, seed: int) -> None:
        self._api = api
        self._bot = bot
        self._random = random.Random(seed)
        self._known = known_questions(assistant)
        people = [(private_chat(user), user) for user in (api.user(f"P{n}") for n in range(CHATS - GROUPS))]
        self._chats: list[tuple[Chat, User]] = people + [(api.group(f"G{n}"), people[n][1]) for n in range(GROUPS)]
        self.asked: list[Asked] = []

    async def run(self, questions: int, kills: int) -> Tally:
        """Ask and kill, then let the bot finish.

        Raises:
            TimeoutError: questions are left without an answer.
        """
        self._api.fail("sendMessage", times=None, delay=ROUND_TRIP)
        waiting = self._questions(questions)
        for n in range(kills):
            share = questions * (n + 1) // kills - questions * n // kills
            self._bot.start(ready=False)
            await self._ask_until_the_end_comes(islice(waiting, share), share)
            self._bot.kill()
        self._bot.start(ready=False)
        tally = Tally(questions, kills)
        try:
            await self._api.wait_for(lambda: not self._unanswered(), timeout=120)
        except TimeoutError:
            tally.unanswered = [one.known.text for one in self._unanswered()]
        ended = self._bot.terminate()
        assert ended.code == 0, self._bot.output()[-3000:]
        self._count(tally)
        return tally

    def _questions(self, number: int) -> Iterator[tuple[Chat, User, Known]]:
        """The chats take turns, and each asks everything once before anything comes again."""
        turns = list(self._known)
        for n, (chat, user) in zip(range(number), cycle(self._chats), strict=False):
            yield chat, user, turns[(n // len(self._chats) + n) % len(turns)]

    async def _ask_until_the_end_comes(self, questions: Iterator[tuple[Chat, User, Known]], number: int) -> None:
        """Ask at random moments; returns at a random one: of the start, of the polling, or among the answers."""
        sudden = self._random.random() < 0.2
        sign = "getUpdates" if self._random.random() < 0.2 else "sendMessage"
        end = time.monotonic() + (self._random.uniform(0, 1.5) if sudden else _ROUND_SECONDS)
        wanted = len(self._api.calls(sign)) + self._random.randint(1, 2 if sign == "getUpdates" else max(1, number))
        pace = self._random.choice([1.0, 0.2, 0.02])
        for chat, user, known in questions:
            self._ask(chat, user, known)
            while self._random.random() > pace:
                await asyncio.sleep(_LOOK_AGAIN)
        while time.monotonic() < end and len(self._api.calls(sign)) < wanted and self._unanswered():
            await asyncio.sleep(_LOOK_AGAIN)
        await asyncio.sleep(self._random.uniform(0, 2 * ROUND_TRIP))

    def _ask(self, chat: Chat, user: User, known: Known) -> None:
        text = known.text if chat.is_private else f"/ask {known.text}"
        self.asked.append(Asked(self._api.say(text, chat=chat, user=user), known))

    def _unanswered(self) -> list[Asked]:
        said = self._said()
        return [one for one in self.asked if not one.answers(said[one.message.chat.id])]

    def _said(self) -> dict[int, list[Message]]:
        return {chat.id: self._api.said(chat) for chat, _ in self._chats}

    def _count(self, tally: Tally) -> None:
        said = self._said()
        for one in self.asked:
            found = len(one.answers(said[one.message.chat.id]))
            tally.answered += found > 0
            tally.duplicates += max(0, found - 1)
        tally.strays = sum(map(len, said.values())) - tally.answered - tally.duplicates


def known_questions(assistant: Assistant) -> list[Known]:
    """What the assistant answers with one certain fact, whatever was said before: the titles of many of its facts."""
    found = []
    facts = list(assistant.knowledge.facts)
    for before, fact in zip([*facts[-1:], *facts], facts, strict=False):
        reply = assistant.answer(fact, "en")
        asked = assistant.reply(reply.title or "", language_code="en", context=before, conversation_language="en")
        if asked.status is Status.ANSWERED and asked.fact == fact and reply.body:
            found.append(Known(reply.title or "", reply.body))
    return found


def main() -> None:
    """Run a campaign and print how it ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1917)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, BotApi() as api:
        cache = Path(folder, "cache")
        cache.mkdir()
        bot = BotProcess(api, Path(folder, "bot"), cache, **WIDE)
        try:
            tally = asyncio.run(Campaign(api, bot, build_assistant(), given.seed).run(given.questions, given.kills))
        finally:
            bot.kill()
    print(tally)
    if tally.unanswered or tally.strays:
        raise SystemExit(f"{tally.strays} stray messages; without an answer: {', '.join(tally.unanswered) or 'none'}")


if __name__ == "__main__":
    main()
