"""Faults on demand: what the stand-in does wrong when a test tells it to."""

from __future__ import annotations

import httpx
import pytest

from tests.telegram.botapi import BotApi


async def send(api: BotApi, chat_id: int, timeout: float = 30) -> httpx.Response:  # noqa: ASYNC109
    async with httpx.AsyncClient(timeout=timeout) as http:
        return await http.post(f"{api.url}/bot{api.token}/sendMessage", data={"chat_id": str(chat_id), "text": "x"})


async def test_too_many_requests_are_told_when_to_come_again(api: BotApi) -> None:
    here, there = api.say("x").chat, api.say("x", user=api.user("Budi")).chat
    rule = api.fail("sendMessage", retry_after=3, chat=here)
    assert (await send(api, there.id)).status_code == 200
    refused = await send(api, here.id)
    assert (refused.status_code, refused.json()) == (
        429,
        {
            "ok": False,
            "error_code": 429,
            "description": "Too Many Requests: retry after 3",
            "parameters": {"retry_after": 3},
        },
    )
    assert (await send(api, here.id)).status_code == 200
    assert (rule.hits, len(api.said(here))) == (1, 1)


async def test_a_gateway_answers_in_html(api: BotApi) -> None:
    chat = api.say("x").chat
    api.fail("sendMessage", status=502)
    answer = await send(api, chat.id)
    assert (answer.status_code, answer.text[:6], api.said(chat)) == (502, "<html>", [])


@pytest.mark.parametrize(("drop", "kept"), [("before", 0), ("after", 1)])
async def test_a_cut_connection_has_an_effect_or_none(api: BotApi, drop: str, kept: int) -> None:
    chat = api.say("x").chat
    api.fail("sendMessage", drop="after" if drop == "after" else "before")
    with pytest.raises((httpx.NetworkError, httpx.RemoteProtocolError)):
        await send(api, chat.id)
    assert len(api.said(chat)) == kept
    assert [(r.status, r.handled) for r in api.calls("sendMessage")] == [(0, bool(kept))]


async def test_a_slow_answer_comes_too_late_for_what_was_done(api: BotApi) -> None:
    chat = api.say("x").chat
    api.fail("sendMessage", delay=1)
    with pytest.raises(httpx.ReadTimeout):
        await send(api, chat.id, timeout=0.2)
    assert len(api.said(chat)) == 1


async def test_forbidden_unauthorised_and_migrated_can_be_said_of_any_request(api: BotApi) -> None:
    group = api.group()
    api.fail("*", status=403, description="Forbidden: bot was kicked from the group chat")
    assert (await send(api, group.id)).json()["description"] == "Forbidden: bot was kicked from the group chat"
    api.fail("*", status=401)
    assert (await send(api, group.id)).json()["error_code"] == 401
    api.fail("sendMessage", migrate_to=api.supergroup())
    assert "migrate_to_chat_id" in (await send(api, group.id)).json()["parameters"]


async def test_a_random_rule_strikes_the_same_way_for_the_same_seed(api: BotApi) -> None:
    chat = api.say("x").chat
    struck = []
    for _ in range(2):
        rule = api.fail("sendMessage", times=None, status=500, probability=0.5, seed=7)
        struck.append([(await send(api, chat.id)).status_code for _ in range(12)])
        rule.stop()
    assert struck[0] == struck[1]
    assert set(struck[0]) == {200, 500}
