"""A stand-in for Telegram's Bot API, over real HTTP: `with BotApi() as api: …`, and the bot's base URL is `api.url`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from functools import partial
from itertools import count
from typing import Any, Self, TypeVar

from tests.telegram.account import Account, Query
from tests.telegram.acting import Acting
from tests.telegram.faults import Drop, Fault
from tests.telegram.history import Message, World
from tests.telegram.people import Chat, Json, User
from tests.telegram.server import Handler, Server
from tests.telegram.wire import Request
from tests.telegram.writing import Writing

BOT = User(123456789, "Revolution", username="revolution_test_bot", language_code=None, is_bot=True)
TOKEN = f"{BOT.id}:AAtestTESTtestTESTtestTESTtestTEST"

T = TypeVar("T")

_SENDING = frozenset({"sendMessage", "sendPoll"})
_LOOK_AGAIN = 0.005


class BotApi(Acting):
    """Telegram as the bot sees it and as the people see it.

    Acting (`say`, `press`, `edit`, `join` …) is inherited. All calls may come from any thread; waiting is `await`ed.
    """

    def __init__(self) -> None:
        world = World(BOT)
        account = Account(world)
        self._writing = Writing(world)
        self._server = Server(TOKEN, world, _handlers(account, self._writing))
        self._server.add_handlers(_webhook_handlers(self._server))
        super().__init__(world, self._server.updates, account)
        self.token = TOKEN
        self.bot = BOT
        self.url = f"http://127.0.0.1:{self._server.port}"
        self.webhook = self._server.webhook
        """Where deliveries go (`webhook.route = "http://127.0.0.1:8080"`), and how each ended."""
        self.check_requests = True
        """Whether the fixture holds the requests against the public description when the test ends."""

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()

    @property
    def requests(self) -> list[Request]:
        """Every request so far with the right token, in the order in which they came."""
        with self.world.lock:
            return list(self._server.requests)

    def calls(self, method: str, chat: Chat | None = None) -> list[Request]:
        """The requests of one method, perhaps to one chat."""
        return [r for r in self.requests if r.method == method and (chat is None or r.chat_id == chat.id)]

    def messages(self, chat: Chat) -> list[Message]:
        """The messages in a chat as a person sees them now."""
        with self.world.lock:
            return self.world.messages(chat.id)

    def said(self, chat: Chat) -> list[Message]:
        """The bot's messages in a chat as a person sees them now."""
        return [m for m in self.messages(chat) if m.by_bot]

    def answers(self, to: Message) -> list[Message]:
        """What the bot said to a message: its replies, and in private also what came afterwards without a reply."""
        return [
            m
            for m in self.said(to.chat)
            if m.reply_to == to.id or (to.chat.is_private and m.reply_to is None and m.id > to.id)
        ]

    def pending(self) -> list[Any]:
        """The updates that the bot has not confirmed."""
        with self.world.lock:
            return [update for _, update in self.updates.pending]

    def post_update(self, update: Json, *, numbered: bool = True) -> int:
        """Queue any update, also a broken one; without a number of its own it gets one, unless `numbered` is False."""
        number = update.get("update_id")
        if not isinstance(number, int):
            number = self.updates.reserve()
        self.updates.put_as_is(number, {"update_id": number, **update} if numbered else update)
        return number

    def fail(
        self,
        method: str = "*",
        *,
        times: int | None = 1,
        status: int | None = None,
        description: str | None = None,
        retry_after: int | None = None,
        migrate_to: Chat | None = None,
        drop: Drop | None = None,
        delay: float = 0,
        chat: Chat | None = None,
        probability: float = 1,
        seed: int = 0,
        body: str | None = None,
    ) -> Fault:
        """From now on have requests fail; see `Fault`. Rules are tried in the order in which they were made."""
        moved = migrate_to.id if migrate_to else None
        where = chat.id if chat else None
        rule = Fault(
            method, times, status, description, retry_after, moved, drop, delay, where, probability, seed, body
        )
        with self.world.lock:
            self._server.faults.append(rule)
        return rule

    def recover(self) -> None:
        """All rules end."""
        with self.world.lock:
            self._server.faults.clear()

    def busiest(self, seconds: float, chat: Chat | None = None) -> int:
        """The most messages that were sent within so many seconds, to one chat or to all together."""
        sent = [r for r in self.requests if r.method in _SENDING and r.handled]
        times = [r.time for r in sent if chat is None or r.chat_id == chat.id]
        most = first = 0
        for last, moment in enumerate(times):
            while times[first] <= moment - seconds:
                first += 1
            most = max(most, last - first + 1)
        return most

    async def wait_for(self, wanted: Callable[[], T], timeout: float = 20) -> T:  # noqa: ASYNC109
        """Wait until `wanted` gives something true, and give that.

        Raises:
            TimeoutError: it did not; the message tells what the bot asked for last.
        """
        deadline = time.monotonic() + timeout
        seen = -1
        for turn in count():
            with self.world.lock:
                version = self.world.version
                # now and then also without a change: what is wanted may hang on more than this stand-in
                found = wanted() if version != seen or turn % 20 == 0 else None
            if found:
                return found
            seen = version
            if time.monotonic() > deadline:
                last = [f"{r.method} {r.status}" for r in self.requests[-8:]]
                raise TimeoutError(f"waited {timeout} s in vain; {len(self.pending())} updates wait; last: {last}")
            await asyncio.sleep(_LOOK_AGAIN)
        raise AssertionError("unreachable")

    async def answer(self, to: Message, timeout: float = 20) -> Message:  # noqa: ASYNC109
        """The bot's first answer to a message."""
        return (await self.wait_for(lambda: self.answers(to), timeout))[0]

    async def answered(self, query: Query, timeout: float = 20) -> Json:  # noqa: ASYNC109
        """What the bot answered to a press or an inline query: the parameters of its request."""
        return (await self.wait_for(lambda: query.answers, timeout))[0]

    async def quiet(self, timeout: float = 20) -> None:  # noqa: ASYNC109
        """Wait until every update is confirmed: the bot has taken them all in, which is not yet to have answered."""
        await self.wait_for(lambda: not self.pending(), timeout)


def _handlers(account: Account, writing: Writing) -> dict[str, Handler]:
    texts = {"Name": "name", "ShortDescription": "short_description", "Description": "description"}
    return {
        "getUpdates": lambda _params: None,  # the server asks the queue itself, because that takes its time
        "getMe": account.get_me,
        "sendMessage": writing.send_message,
        "editMessageText": writing.edit_text,
        "editMessageReplyMarkup": writing.edit_markup,
        "deleteMessage": writing.delete,
        "setMessageReaction": writing.react,
        "sendPoll": writing.send_poll,
        "stopPoll": writing.stop_poll,
        "answerCallbackQuery": account.answer_press,
        "answerInlineQuery": account.answer_inline,
        "setMyCommands": account.set_commands,
        "getMyCommands": account.get_commands,
        "deleteMyCommands": account.delete_commands,
        **{f"setMy{name}": partial(account.set_text, kind) for name, kind in texts.items()},
        **{f"getMy{name}": partial(account.get_text, kind) for name, kind in texts.items()},
        "getChat": account.get_chat,
        "getChatMember": account.get_member,
        "getChatAdministrators": account.get_administrators,
        "sendChatAction": account.chat_action,
        "leaveChat": account.leave,
        "logOut": lambda _params: True,
        "close": lambda _params: True,
    }


def _webhook_handlers(server: Server) -> dict[str, Handler]:
    return {
        "setWebhook": server.webhook.set,
        "deleteWebhook": server.webhook.delete,
        "getWebhookInfo": lambda _params: server.webhook.info(),
    }
