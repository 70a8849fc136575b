"""The Bot API stand-in keeps Telegram's promises, so that tests which rest on it mean something."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

from tests.telegram.botapi import BotApi
from tests.telegram.conftest import Check

Json = dict[str, Any]


class Client:
    """A bot of few words: posts forms as python-telegram-bot does."""

    def __init__(self, api: BotApi, http: httpx.AsyncClient) -> None:
        self.base = f"{api.url}/bot{api.token}"
        self.http = http

    async def post(self, method: str, **params: Any) -> httpx.Response:
        return await self.http.post(f"{self.base}/{method}", json=params)

    async def ask(self, method: str, **params: Any) -> Any:
        answer: Json = (await self.post(method, **params)).json()
        assert answer["ok"], answer
        return answer["result"]

    async def refusal(self, method: str, **params: Any) -> tuple[int, str]:
        response = await self.post(method, **params)
        answer: Json = response.json()
        assert (answer["ok"], answer["error_code"]) == (False, response.status_code)
        return response.status_code, answer["description"]


@pytest.fixture
def api() -> Iterator[BotApi]:
    """Not held against the description: these tests make wrong requests too."""
    with BotApi() as api:
        yield api


@pytest.fixture
async def bot(api: BotApi) -> AsyncIterator[Client]:
    async with httpx.AsyncClient(timeout=30) as http:
        yield Client(api, http)


def test_requests_are_held_against_the_public_description(checked: Check | None) -> None:
    if checked is None:
        pytest.skip("the public description of the Bot API (../shared/botapi) is not here: requests go unchecked")
    assert checked("sendMessage", {"chat_id": 1, "text": "a"}) == []
    assert checked("sendMessage", {"chat_id": 1}) != []


async def test_updates_come_again_until_an_offset_confirms_them(api: BotApi, bot: Client) -> None:
    first, second = api.say("one"), api.say("two")
    for _ in range(2):
        got = await bot.ask("getUpdates")
        assert [u["update_id"] for u in got] == [first.update_id, second.update_id]
    assert [u["update_id"] for u in await bot.ask("getUpdates", offset=second.update_id)] == [second.update_id]
    assert [u["update_id"] for u in await bot.ask("getUpdates", offset=0)] == [second.update_id]
    assert (await bot.ask("getUpdates", offset=(second.update_id or 0) + 1), api.pending()) == ([], [])


async def test_a_long_poll_ends_with_the_first_news(api: BotApi, bot: Client) -> None:
    poll = asyncio.create_task(bot.ask("getUpdates", timeout=30, limit=1))
    await api.wait_for(lambda: api.calls("getUpdates"))
    api.say("hello")
    assert [u["message"]["text"] for u in await poll] == ["hello"]


async def test_the_first_poller_gives_way_to_the_second(api: BotApi, bot: Client) -> None:
    first = asyncio.create_task(bot.refusal("getUpdates", timeout=30))
    await api.wait_for(lambda: api.calls("getUpdates"))
    second = asyncio.create_task(bot.ask("getUpdates", timeout=30))
    status, why = await first
    assert (status, why.split(";")[0]) == (409, "Conflict: terminated by other getUpdates request")
    api.say("for the second")
    assert len(await second) == 1


async def test_only_the_kinds_asked_for_are_queued(api: BotApi, bot: Client) -> None:
    await bot.ask("getUpdates", allowed_updates=["message"])
    assert api.inline("who").update_id is None
    assert api.say("x").update_id is not None


async def test_anything_can_be_queued(api: BotApi, bot: Client) -> None:
    number = api.post_update({"message": {"chat": "broken"}})
    api.post_update({"nonsense": 1}, numbered=False)
    assert await bot.ask("getUpdates") == [{"update_id": number, "message": {"chat": "broken"}}, {"nonsense": 1}]


async def test_a_webhook_gets_each_update_with_the_secret_until_it_takes_it(api: BotApi, bot: Client) -> None:
    heads: list[str] = []

    async def receive(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
        status = "500 Oops" if len(heads) == 1 else "200 OK"
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(receive, "127.0.0.1", 0) as server:
        api.webhook.route = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        update = api.say("hello").update_id
        assert await bot.ask("setWebhook", url="https://bot.example.org/in", secret_token="s-1")  # noqa: S106
        await api.quiet()
        assert api.webhook.deliveries == [(update, 500), (update, 200)]
        assert all(h.startswith("POST /in ") and "X-Telegram-Bot-Api-Secret-Token: s-1\r\n" in h for h in heads)
        assert (await bot.refusal("getUpdates"))[0] == 409
        assert (await bot.ask("getWebhookInfo"))["last_error_message"] == "Wrong response from the webhook: 500"
        assert await bot.ask("deleteWebhook")
        assert await bot.ask("getUpdates") == []
    assert (await bot.refusal("setWebhook", url="http://bot.example.org"))[0] == 400


async def test_messages_are_kept_as_a_person_sees_them(api: BotApi, bot: Client) -> None:
    question = api.say("why?")
    keyboard = {"inline_keyboard": [[{"text": "More", "callback_data": "more:1"}]]}
    reply = {"message_id": question.id}
    sent = await bot.ask(
        "sendMessage",
        chat_id=question.chat.id,
        text="<b>So</b> &amp; so",
        parse_mode="HTML",
        reply_markup=keyboard,
        reply_parameters=reply,
    )
    assert (sent["message_id"], sent["text"], sent["reply_to_message"]["text"]) == (question.id + 1, "So & so", "why?")
    answer = await api.answer(to=question)
    assert (answer.text, answer.buttons, answer.edited) == ("So & so", [["More"]], False)
    where = {"chat_id": question.chat.id, "message_id": answer.id}
    same = await bot.refusal(
        "editMessageText", **where, text="<b>So</b> &amp; so", parse_mode="HTML", reply_markup=keyboard
    )
    assert same[1].startswith("Bad Request: message is not modified")
    assert (await bot.ask("editMessageText", **where, text="Now"))["message_id"] == answer.id
    assert [(m.text, m.buttons, m.edited) for m in api.said(question.chat)] == [("Now", [], True)]
    assert await bot.ask("deleteMessage", **where)
    gone = await bot.refusal("editMessageText", **where, text="Again")
    assert gone == (400, "Bad Request: message to edit not found")


@pytest.mark.parametrize(
    ("params", "why"),
    [
        ({"text": " \n"}, "message text is empty"),
        ({"text": "<b></b>", "parse_mode": "HTML"}, "message text is empty"),
        ({"text": "🏰" * 2049}, "message is too long"),
        (
            {"text": "<p>x</p>", "parse_mode": "HTML"},
            'can\'t parse entities: Unsupported start tag "p" at byte offset 0',
        ),
        ({"text": "x", "chat_id": 5}, "chat not found"),
        ({"text": "x", "message_thread_id": 1}, "message thread not found"),
        ({"text": "x", "reply_parameters": {"message_id": 99}}, "message to be replied not found"),
        (
            {"text": "x", "reply_markup": {"inline_keyboard": [[{"text": "a", "callback_data": "ക" * 22}]]}},
            "BUTTON_DATA_INVALID",
        ),
    ],
)
async def test_what_telegram_refuses_is_refused(api: BotApi, bot: Client, params: Json, why: str) -> None:
    chat = api.say("x").chat
    assert await bot.refusal("sendMessage", **{"chat_id": chat.id, **params}) == (400, f"Bad Request: {why}")


async def test_the_longest_message_is_counted_after_parsing(api: BotApi, bot: Client) -> None:
    chat = api.say("x").chat
    text = f"<b>{'&lt;' * 4096}</b>"
    assert len((await bot.ask("sendMessage", chat_id=chat.id, text=text, parse_mode="HTML"))["text"]) == 4096


async def test_replies_stand_in_their_topic_and_general_has_no_thread(api: BotApi, bot: Client) -> None:
    forum = api.supergroup(is_forum=True)
    topic = api.topic(forum, "October")
    inside, general = api.say("a", chat=forum, topic=topic), api.say("b", chat=forum)
    sent = await bot.ask("sendMessage", chat_id=forum.id, text="x", message_thread_id=topic)
    assert (sent["message_thread_id"], sent["is_topic_message"]) == (topic, True)
    for question, thread in ((inside, topic), (general, None)):
        reply = {"message_id": question.id}
        sent = await bot.ask("sendMessage", chat_id=forum.id, text="x", reply_parameters=reply)
        assert sent.get("message_thread_id") == thread


async def test_presses_and_inline_queries_are_answered_by_their_id(api: BotApi, bot: Client) -> None:
    chat = api.say("x").chat
    keyboard = {"inline_keyboard": [[{"text": "More", "callback_data": "more:1"}]]}
    await bot.ask("sendMessage", chat_id=chat.id, text="x", reply_markup=keyboard)
    press, typed = api.press("More", on=api.said(chat)[0]), api.inline("lenin")
    updates = await bot.ask("getUpdates")
    assert (updates[1]["callback_query"]["data"], updates[2]["inline_query"]["query"]) == ("more:1", "lenin")
    assert await bot.ask("answerCallbackQuery", callback_query_id=press.id, text="Yes")
    assert (await api.answered(press))["text"] == "Yes"
    assert await bot.ask("answerInlineQuery", inline_query_id=typed.id, results=[])
    assert "too old" in (await bot.refusal("answerCallbackQuery", callback_query_id="1"))[1]


async def test_a_blocked_kicked_or_migrated_bot_is_told_so(api: BotApi, bot: Client) -> None:
    private, group = api.say("x").chat, api.group()
    new = api.migrate(group)
    moved = (await bot.post("sendMessage", chat_id=group.id, text="x")).json()
    assert moved["parameters"] == {"migrate_to_chat_id": new.id}
    api.set_bot(new, "kicked")
    api.set_bot(private, "kicked")
    kicked = await bot.refusal("sendMessage", chat_id=new.id, text="x")
    assert kicked == (403, "Forbidden: bot was kicked from the supergroup chat")
    blocked = await bot.refusal("sendMessage", chat_id=private.id, text="x")
    assert blocked == (403, "Forbidden: bot was blocked by the user")


async def test_members_have_their_status(api: BotApi, bot: Client) -> None:
    group = api.supergroup()
    api.set_member(group, api.person, "administrator")
    assert (await bot.ask("getChatMember", chat_id=group.id, user_id=api.person.id))["status"] == "administrator"
    assert [m["user"]["id"] for m in await bot.ask("getChatAdministrators", chat_id=group.id)] == [api.person.id]


async def test_polls_are_voted_on(api: BotApi, bot: Client) -> None:
    chat = api.say("x").chat
    options = [{"text": "1905"}, {"text": "1917"}]
    quiz = {"type": "quiz", "correct_option_ids": [1], "is_anonymous": False}
    await bot.ask("sendPoll", chat_id=chat.id, question="When?", options=options, **quiz)
    api.vote(api.said(chat)[0], 1)
    assert (await bot.ask("getUpdates"))[-1]["poll_answer"]["option_ids"] == [1]


async def test_commands_are_kept_by_scope_and_language(api: BotApi, bot: Client) -> None:
    commands = [{"command": "ask", "description": "Tanya"}]
    scope = {"type": "all_group_chats"}
    assert await bot.ask("setMyCommands", commands=commands, scope=scope, language_code="id")
    assert await bot.ask("getMyCommands", scope=scope, language_code="id") == commands
    assert await bot.ask("getMyCommands") == []


async def test_forms_json_and_multipart_mean_the_same(api: BotApi, bot: Client) -> None:
    chat = api.say("x").chat
    form = {"chat_id": str(chat.id), "text": "x", "reply_parameters": '{"message_id": 1}'}
    url = f"{bot.base}/sendMessage"
    await bot.http.post(url, data=form)
    await bot.http.post(url, files={name: (None, value.encode()) for name, value in form.items()})
    await bot.post("sendMessage", chat_id=chat.id, text="x", reply_parameters={"message_id": 1})
    assert [r.params for r in api.calls("sendMessage")] == [
        {"chat_id": chat.id, "text": "x", "reply_parameters": {"message_id": 1}}
    ] * 3


async def test_a_wrong_token_and_an_unknown_method_are_refused(api: BotApi, bot: Client) -> None:
    assert (await bot.http.post(f"{api.url}/bot1:wrong/getMe")).json()["error_code"] == 401
    assert await bot.refusal("sendMesage") == (404, "Not Found")
