"""Whatever an update looks like, no handler stumbles over it, and nobody in a group hears the bot unasked."""

from __future__ import annotations

import asyncio
import copy
import json
import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from bot.assistant import Assistant
from bot.storage.tables import inbox
from bot.telegram.service import Service
from tests.telegram.botapi import BOT
from tests.telegram.harness import settings_for
from tests.telegram.people import Chat, Json, member_as_json

PERSON, GROUP, CHANNEL, QUIET_GROUP = 4001, -1_002_000_000_001, -1_002_000_000_002, -1_002_000_000_003
NOW = int(time.time())
COMMANDS = ["start", "help", "ask", "topics", "who", "what", "sources", "language", "settings", "privacy"]
COMMANDS += ["forgetme", "cancel", "nothing"]
pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")
POLL = {
    "id": "1",
    "question": "?",
    "options": [{"text": "a", "voter_count": 0, "persistent_id": "0"}],
    "total_voter_count": 0,
    "is_closed": False,
    "is_anonymous": True,
    "type": "regular",
    "allows_multiple_answers": False,
    "allows_revoting": False,
    "members_only": False,
}


class Telegram(httpx.AsyncBaseTransport):
    """Says yes to everything and remembers what was said where; no network."""

    def __init__(self) -> None:
        self.said: list[tuple[str, int]] = []
        self._number = 1_000_000

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        method = request.url.path.rsplit("/", 1)[-1]
        values = json.loads(request.content or b"{}") or {}
        return httpx.Response(200, json={"ok": True, "result": self._answer(method, values)})

    def _answer(self, method: str, values: dict[str, str]) -> Any:
        chat = int(values.get("chat_id", PERSON))
        if method == "getMe":
            return BOT.as_json()
        if method == "getChat":
            return {"id": chat, "type": "supergroup", "accent_color_id": 0, "max_reaction_count": 1}
        if method == "getChatMember":
            return {"user": BOT.as_json(), "status": "member"}
        if method.startswith("get"):
            return []
        if method in ("sendMessage", "editMessageText", "editMessageReplyMarkup"):
            self.said.append((method, chat))
            self._number += 1
            kind = "private" if chat > 0 else "supergroup"
            return {"message_id": self._number, "date": NOW, "chat": {"id": chat, "type": kind}, "text": "x"}
        return True


class Running:
    """A bot in an event loop of its own, fed by hand."""

    def __init__(self, assistant: Assistant, folder: Path) -> None:
        self.telegram = Telegram()
        self._loop = asyncio.new_event_loop()
        self._number = 0
        given = settings_for("http://telegram.invalid", folder, quiet_seconds=1)
        self.service = self._loop.run_until_complete(self._start(given, assistant))

    async def _start(self, given: Any, assistant: Assistant) -> Service:
        service = Service(given, assistant, transport=self.telegram)
        await service.start()
        return service

    def feed(self, updates: list[Json]) -> list[tuple[str, int]]:
        """Have updates handled; what was said meanwhile."""
        self.telegram.said.clear()
        self._loop.run_until_complete(asyncio.wait_for(self._feed(updates), 60))
        return list(self.telegram.said)

    async def _feed(self, updates: list[Json]) -> None:
        for update in updates:
            self._number += 1
            update["update_id"] = self._number
        await self.service.inbox.store(updates)
        self.service.feeder.wake()
        while (counts := await self.service.inbox.counts()).get("waiting") or counts.get("leased"):
            await asyncio.sleep(0)
            await self.service.database.flush()

    def aside(self) -> dict[str, str]:
        """What was set aside, and why."""
        rows = self._loop.run_until_complete(
            self.service.database.read(select(inbox.c.payload, inbox.c.reason).where(inbox.c.state == "aside"))
        )
        return {row.payload: row.reason for row in rows}

    def close(self) -> None:
        self._loop.run_until_complete(self.service.stop())
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()


@pytest.fixture(scope="module")
def bot(assistant: Assistant, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = Running(assistant, tmp_path_factory.mktemp("random"))
    yield running
    running.close()


# -- what updates look like

texts = st.one_of(
    st.text(max_size=40),
    st.sampled_from(["who was Kishkin", "ലെനിൻ ആരാണ്", "लेनिन कौन थे", "siapa Lenin", "why?", "?", "👍", "\u202e", "a\0b"]),
    st.integers(1, 400).map(lambda n: "when was the palace taken " * n),
    st.integers(1, 4096).map(lambda n: "x" * n),
)
commands = st.builds(
    "/{}{} {}".format,
    st.sampled_from(COMMANDS),
    st.sampled_from(["", f"@{BOT.username}", "@other_bot"]),
    texts,
)
data = st.one_of(
    st.text(max_size=64),
    st.builds(
        "{}:{}".format,
        st.sampled_from("atlbvpnkgsxf"),
        st.sampled_from(["", "x", "who-was-kishkin:en", "who-was-kishkin:xx", "0:0", "1:1:1", "what:1:en", "yes"]),
    ),
)
ids = st.integers(1, 10**18).map(str)
statuses = st.sampled_from(["member", "administrator", "restricted", "left", "kicked", "something_new"])
numbers = st.one_of(st.integers(0, 10**6), st.sampled_from([-1, 2**31, 2**53]))
users = st.fixed_dictionaries(
    {"id": st.sampled_from([PERSON, PERSON + 1, 2**52]), "is_bot": st.just(False), "first_name": texts},
    optional={
        "username": st.just("somebody"),
        "language_code": st.sampled_from(["en", "hi", "ml", "id", "pt-br", "xx", "", "zh-hans"]),
        "is_premium": st.just(True),
        "last_name": texts,
    },
)
private = st.just({"id": PERSON, "type": "private", "first_name": "Asha"})
group = st.sampled_from(
    [
        {"id": GROUP, "type": "supergroup", "title": "Study", "is_forum": True},
        {"id": -4001, "type": "group", "title": "Small"},
    ]
)
other_group = st.just({"id": QUIET_GROUP, "type": "supergroup", "title": "Others", "is_forum": True})
channel = st.just({"id": CHANNEL, "type": "channel", "title": "News"})
entities = st.lists(
    st.fixed_dictionaries(
        {
            "type": st.sampled_from(["bot_command", "mention", "bold", "url", "text_mention", "something_new"]),
            "offset": st.integers(-3, 5000),
            "length": st.integers(-3, 5000),
        },
        optional={"user": users, "url": texts},
    ),
    max_size=3,
)
file = {"file_id": "f", "file_unique_id": "u", "width": 1, "height": 1, "duration": 1}
service = st.sampled_from(
    [
        {"new_chat_title": "New"},
        {"left_chat_member": {"id": 5, "is_bot": False, "first_name": "B"}},
        {"new_chat_members": [{"id": 5, "is_bot": False, "first_name": "B"}]},
        {"delete_chat_photo": True},
        {"group_chat_created": False},
        {"forum_topic_created": {"name": "T", "icon_color": 1}},
        {"forum_topic_closed": {}},
        {"general_forum_topic_hidden": {}},
        {"message_auto_delete_timer_changed": {"message_auto_delete_time": 5}},
        {"pinned_message": {"message_id": 1, "date": 0, "chat": {"id": GROUP, "type": "supergroup"}}},
        {"video_chat_started": {}},
        {"video_chat_ended": {"duration": 5}},
        {"write_access_allowed": {}},
        {"boost_added": {"boost_count": 1}},
        {"users_shared": {"request_id": 1, "users": []}},
        {"successful_payment": {"currency": "XTR", "total_amount": 1, "invoice_payload": "x"}},
        {"something_of_tomorrow": {"a": [1, {"b": None}]}},
    ]
)
media = st.sampled_from(
    [
        {"photo": [file]},
        {"voice": file},
        {"sticker": {**file, "type": "regular", "is_animated": False, "is_video": False}},
        {"video": file},
        {"document": file},
        {"location": {"latitude": 1.0, "longitude": 2.0}},
        {"contact": {"phone_number": "1", "first_name": "A"}},
        {"dice": {"emoji": "🎲", "value": 3}},
        {"poll": POLL},
    ]
)


def messages(chats: st.SearchStrategy[Json], words: st.SearchStrategy[str]) -> st.SearchStrategy[Json]:
    """Messages of all kinds in `chats`, by anybody but this bot."""
    head = st.fixed_dictionaries(
        {"message_id": numbers, "date": st.sampled_from([0, NOW, 2**31 - 1]), "chat": chats, "from": users},
        optional={
            "edit_date": st.just(NOW),
            "message_thread_id": numbers,
            "is_topic_message": st.booleans(),
            "entities": entities,
            "sender_chat": st.one_of(chats, channel),
            "via_bot": users,
            "media_group_id": texts,
            "is_automatic_forward": st.booleans(),
            "forward_origin": st.just(
                {"type": "channel", "date": 0, "chat": {"id": CHANNEL, "type": "channel"}, "message_id": 1}
            ),
            "reply_to_message": st.fixed_dictionaries(
                {"message_id": numbers, "date": st.just(0), "chat": chats}, optional={"from": users, "text": words}
            ),
            "quote": st.just({"text": "x", "position": 0}),
            "reply_markup": st.just({"inline_keyboard": [[{"text": "a", "callback_data": "b"}]]}),
        },
    )
    content = st.one_of(
        words.map(lambda text: {"text": text}),
        st.builds(lambda m, t: {**m, "caption": t}, media, words),
        media,
        service,
    )
    return st.builds(lambda a, b: {**a, **b}, head, content)


def bodies(words: st.SearchStrategy[str]) -> st.SearchStrategy[Json]:
    """Updates of every kind."""
    anywhere = st.one_of(private, group, channel)
    change = st.builds(
        lambda chat, sender, old, new: {
            "chat": chat,
            "from": sender,
            "date": NOW,
            "old_chat_member": member_as_json(BOT, old, Chat(chat["id"], chat["type"])),
            "new_chat_member": member_as_json(BOT, new, Chat(chat["id"], chat["type"])),
        },
        anywhere,
        users,
        statuses,
        statuses,
    )
    press = st.fixed_dictionaries(
        {"id": ids, "from": users, "chat_instance": st.just("1")},
        optional={
            "data": data,
            "message": messages(anywhere, words),
            "inline_message_id": st.just("i"),
            "game_short_name": texts,
        },
    )
    inline = st.fixed_dictionaries({"id": ids, "from": users, "query": texts, "offset": texts})
    return st.one_of(
        messages(st.one_of(private, group), words).map(lambda m: {"message": m}),
        messages(st.one_of(private, group), words).map(lambda m: {"edited_message": m}),
        messages(channel, words).map(lambda m: {"channel_post": m}),
        press.map(lambda q: {"callback_query": q}),
        inline.map(lambda q: {"inline_query": q}),
        change.map(lambda c: {"my_chat_member": c}),
        change.map(lambda c: {"chat_member": c}),
        st.sampled_from(
            [
                {},
                {"poll": POLL},
                {"poll_answer": {"poll_id": "1", "option_ids": [], "option_persistent_ids": []}},
                {"something_new": {"id": 1}},
            ]
        ),
    )


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every place in a JSON value: its container and its key there."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, inner in items for place in [(value, key), *_places(inner)]]


@st.composite
def spoilt(draw: st.DrawFn, updates: st.SearchStrategy[Json]) -> Json:
    """An update in which up to three values are missing or something else."""
    update = copy.deepcopy(draw(updates))
    for _ in range(draw(st.integers(0, 3))):
        places = _places(update)
        if not places:
            break
        container, key = places[draw(st.integers(0, len(places) - 1))]
        if draw(st.booleans()):
            del container[key]
        else:
            container[key] = draw(
                st.sampled_from([None, "", "x" * 9000, 0, -1, 2**70, 1.5, True, [], {}, [None], "é\ud800"])
            )
    return update


# -- what must hold

RANDOM = settings(
    max_examples=120,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
)


def check(bot: Running, caplog: pytest.LogCaptureFixture) -> None:
    """No handler failed, and nothing went wrong but that some updates could not be read."""
    wrong = [
        f"{record.getMessage()} {record.exc_info}"
        for record in caplog.records
        if record.levelno >= logging.ERROR and "cannot be read" not in record.getMessage()
    ]
    assert not wrong
    assert not {payload: why for payload, why in bot.aside().items() if not why.startswith("unreadable")}


@RANDOM
@given(st.lists(spoilt(bodies(st.one_of(texts, commands))), min_size=1, max_size=6))
def test_no_handler_stumbles_over_any_update(
    bot: Running, caplog: pytest.LogCaptureFixture, updates: list[Json]
) -> None:
    caplog.clear()
    bot.feed(updates)
    check(bot, caplog)


@RANDOM
@given(st.lists(bodies(st.one_of(texts, commands)), min_size=1, max_size=6))
def test_updates_as_telegram_sends_them_are_all_read(
    bot: Running, caplog: pytest.LogCaptureFixture, updates: list[Json]
) -> None:
    caplog.clear()
    before = bot.aside().keys()
    bot.feed(updates)
    check(bot, caplog)
    assert not bot.aside().keys() - before


@RANDOM
@given(
    st.lists(
        spoilt(
            st.one_of(
                messages(other_group, texts.filter(lambda text: "/" not in text and "@" not in text)).map(
                    lambda m: {"message": m}
                ),
                messages(other_group, texts.filter(lambda text: "/" not in text)).map(lambda m: {"edited_message": m}),
            )
        ),
        min_size=1,
        max_size=6,
    )
)
def test_nothing_is_said_in_a_group_unasked(
    bot: Running, caplog: pytest.LogCaptureFixture, updates: list[Json]
) -> None:
    caplog.clear()
    said = bot.feed(updates)
    assert not [one for one in said if one[1] < 0]
    check(bot, caplog)


def test_the_same_bot_answers_who_asks_it(bot: Running) -> None:
    asker: Json = {"id": 4444, "is_bot": False, "first_name": "Budi"}
    head = {"message_id": 1, "date": NOW, "from": asker}
    here = {"id": 4444, "type": "private", "first_name": "Budi"}
    there = {"id": QUIET_GROUP, "type": "supergroup", "title": "Others"}
    assert bot.feed([{"message": {**head, "chat": here, "text": "who was Kishkin"}}]) == [("sendMessage", 4444)]
    asked = f"@{BOT.username} who was Kishkin"
    assert bot.feed([{"message": {**head, "chat": there, "text": asked}}]) == [("sendMessage", QUIET_GROUP)]
