"""Many questions from many chats, and which of them were answered."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import Any

from bot.assistant import Assistant
from bot.reply import Status
from tests.telegram.botapi import BotApi
from tests.telegram.history import Message
from tests.telegram.people import Chat, User, private_chat

KINDS = 40
"""Different questions, about."""

_KNOWN: dict[str, Any] = {}
"""The questions found last, since finding them takes a while."""


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


class Load:
    """Questions that the chats ask in turn, none of them the same twice."""

    def __init__(self, api: BotApi, assistant: Assistant, *, people: int, groups: int = 0) -> None:
        self._api = api
        self.known = known_questions(assistant)
        users = [api.user(f"P{n}") for n in range(people)]
        self.chats: list[tuple[Chat, User]] = [(private_chat(user), user) for user in users]
        self.chats += [(api.group(f"G{n}"), users[n]) for n in range(groups)]
        self.asked: list[Asked] = []
        self._open: list[Asked] = []
        self._numbers = count()

    def ask(self, number: int = 1, **extra: Any) -> list[Asked]:
        """The next questions; `extra` as in `say`."""
        asked = [self._ask(next(self._numbers), extra) for _ in range(number)]
        self.asked += asked
        self._open += asked
        return asked

    def _ask(self, n: int, extra: dict[str, Any]) -> Asked:
        turn, place = divmod(n, len(self.chats))
        assert turn < len(self.known), "so many different questions there are not"
        chat, user = self.chats[place]
        known = self.known[(turn + place) % len(self.known)]
        text = known.text if chat.is_private else f"/ask {known.text}"
        return Asked(self._api.say(text, chat=chat, user=user, **extra), known)

    def unanswered(self) -> list[Asked]:
        """The questions that have no answer yet."""
        said = {chat.id: self._api.said(chat) for chat in {one.message.chat for one in self._open}}
        self._open = [one for one in self._open if not one.answers(said[one.message.chat.id])]
        return list(self._open)

    def duplicates(self) -> int:
        """How many answers there are to questions that had one already."""
        said = self._said()
        return sum(max(0, len(one.answers(said[one.message.chat.id])) - 1) for one in self.asked)

    def strays(self) -> int:
        """How many messages of the bot answer nothing."""
        answers = len(self.asked) - len(self.unanswered()) + self.duplicates()
        return sum(map(len, self._said().values())) - answers

    async def answered(self, timeout: float = 30) -> None:  # noqa: ASYNC109
        """Wait until every question has an answer.

        Raises:
            TimeoutError: some have none.
        """
        await self._api.wait_for(lambda: not self.unanswered(), timeout)

    def _said(self) -> dict[int, list[Message]]:
        return {chat.id: self._api.said(chat) for chat, _ in self.chats}


def known_questions(assistant: Assistant) -> list[Known]:
    """What the assistant answers with one certain fact, whatever was said before: the titles of some of its facts."""
    if _KNOWN.get("of") is not assistant:
        _KNOWN.update(of=assistant, questions=_find_questions(assistant))
    return list(_KNOWN["questions"])


def _find_questions(assistant: Assistant) -> list[Known]:
    facts = [fact for fact in assistant.knowledge.facts if _is_sure(assistant, fact, None)]
    chosen = facts[:: max(1, len(facts) // KINDS)]
    sure = [fact for fact in chosen if all(_is_sure(assistant, fact, before) for before in chosen)]
    replies = [assistant.answer(fact, "en") for fact in sure]
    return [Known(reply.title or "", reply.body) for reply in replies]


def _is_sure(assistant: Assistant, fact: str, before: str | None) -> bool:
    title = assistant.answer(fact, "en").title or ""
    reply = assistant.reply(title, language_code="en", context=before, conversation_language="en" if before else None)
    told = (reply.status, reply.fact, reply.language)
    return told == (Status.ANSWERED, fact, "en") and not reply.follow_up
