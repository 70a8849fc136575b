"""Inline: what a person is offered who types the bot's name and a question in any chat."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.assistant import Assistant
from bot.reply import Status
from bot.storage import Person
from bot.telegram.blocks import LIMIT, length, to_plain
from bot.telegram.inline import MAX_RESULTS, fitted
from tests.telegram.botapi import BotApi
from tests.telegram.harness import running
from tests.telegram.markup import parse_html
from tests.telegram.people import Json

DECLINED = "when was lenin born"


def titles(answer: Json) -> list[str]:
    return [str(result["title"]) for result in answer["results"]]


def title(assistant: Assistant, fact: str, language: str = "en") -> str:
    return assistant.knowledge.languages[language].texts[fact].title


def message(result: Any) -> str:
    """What a result sends, as a person sees it."""
    content = result["input_message_content"]
    return parse_html(content["message_text"])[0] if content.get("parse_mode") else str(content["message_text"])


async def asked(api: BotApi, assistant: Assistant, folder: Path, query: str, language_code: str | None = "en") -> Json:
    """The bot's answer to one query."""
    async with running(api.url, assistant, folder):
        return await api.answered(api.inline(query, api.user("Asha", language_code)))


async def test_the_answer_comes_first_with_its_citation_and_a_link_to_the_private_chat(
    api: BotApi, assistant: Assistant, tmp_path: Path
) -> None:
    answer = await asked(api, assistant, tmp_path, "when did lenin come out of hiding")
    first, reply = answer["results"][0], assistant.answer("lenin-out-of-hiding", "en")
    assert first["title"] == reply.title
    assert first["description"].startswith(reply.body[:40])
    assert reply.body in message(first)
    assert all(line in message(first) for line in reply.citation_lines)
    assert "<blockquote expandable>" in first["input_message_content"]["message_text"]
    [[more]] = first["reply_markup"]["inline_keyboard"]
    assert more["url"] == f"https://t.me/{api.bot.username}?start=lenin-out-of-hiding"


async def test_results_are_the_persons_own_and_kept_for_a_moment_only(
    api: BotApi, assistant: Assistant, tmp_path: Path
) -> None:
    answer = await asked(api, assistant, tmp_path, "lenin")
    assert answer["is_personal"] is True
    assert 0 < answer["cache_time"] <= 300


def likely_and_not(assistant: Assistant, query: str) -> tuple[set[str], set[str]]:
    """The facts beside the best one that a query may mean, and those that it hardly does."""
    match = assistant.matcher.match(query)
    likely: set[str] = set()
    unlikely: set[str] = set()
    for ranked in match.facts[1:]:
        likelihood = match.confidence * max(0, 1 - match.facts[0].score + ranked.score)
        (likely if likelihood >= assistant.matcher.model.suggest else unlikely).add(ranked.fact)
    return likely, unlikely


async def test_likely_and_related_facts_follow_each_named_as_what_it_is(
    api: BotApi, assistant: Assistant, tmp_path: Path
) -> None:
    queries = ("what was the winter palace", "who supported the bolsheviks", "how did the war affect russia")
    query = next(q for q in queries if all(likely_and_not(assistant, q)))
    likely, _ = likely_and_not(assistant, query)
    best = assistant.matcher.match(query).facts[0].fact
    answer = await asked(api, assistant, tmp_path, query)
    first, *others = answer["results"]
    assert first["id"] == best
    assert {r["id"] for r in others if r["description"].startswith("Perhaps you mean this: ")} == likely
    related = {suggestion.fact for suggestion in assistant.answer(first["id"], "en").related} - likely
    assert related
    assert {r["id"] for r in others if r["description"].startswith("Related: ")} == related
    assert len(others) == len(likely | related)


async def test_what_is_not_sure_is_offered_as_perhaps_meant(api: BotApi, assistant: Assistant, tmp_path: Path) -> None:
    queries = ("who fled", "who won", "the sailors", "march crowd", "lnin hidng")
    query = next(q for q in queries if assistant.reply(q).status is Status.SUGGESTED)
    answer = await asked(api, assistant, tmp_path, query)
    suggested = [suggestion.title for suggestion in assistant.reply(query).suggestions]
    assert titles(answer)[: len(suggested)] == suggested
    assert all(r["description"].startswith("Perhaps you mean this: ") for r in answer["results"])


@pytest.mark.parametrize("query", [DECLINED, "pizza recipe"])
async def test_what_the_documents_do_not_say_gets_near_topics_named_as_such(
    api: BotApi, assistant: Assistant, tmp_path: Path, query: str
) -> None:
    answer = await asked(api, assistant, tmp_path, query)
    near = [suggestion.title for suggestion in assistant.reply(query).suggestions]
    assert titles(answer) == near
    assert all(r["description"].startswith("My documents don't say that") for r in answer["results"])


async def test_a_question_in_a_language_that_is_not_spoken_gets_no_guesses(
    api: BotApi, assistant: Assistant, tmp_path: Path
) -> None:
    answer = await asked(api, assistant, tmp_path, "ποιος έφαγε το ψωμί χθες το βράδυ")
    assert answer["results"] == []


@pytest.mark.parametrize("query", ["", "   ", "🙂", "hello"])
async def test_without_a_question_popular_topics_are_offered(
    api: BotApi, assistant: Assistant, tmp_path: Path, query: str
) -> None:
    answer = await asked(api, assistant, tmp_path, query)
    kinds = {assistant.knowledge.facts[result["id"]].kind for result in answer["results"]}
    assert kinds == {"overview"}
    assert len(answer["results"]) == MAX_RESULTS


async def test_a_button_above_the_results_opens_the_private_chat(
    api: BotApi, assistant: Assistant, tmp_path: Path
) -> None:
    for number, query in enumerate(("", "lenin", DECLINED, "ποιος έφαγε το ψωμί χθες το βράδυ")):
        answer = await asked(api, assistant, tmp_path / str(number), query)
        assert answer["button"] == {"text": "Ask me in private", "start_parameter": "inline"}


@pytest.mark.parametrize(
    ("query", "language_code", "told"),
    [
        ("rus ki kranti kab hui thi", "en", "hi"),  # the query's own language
        ("kerensky", "ml", "ml"),  # a name belongs to no language: the app's
        ("", "hi-IN", "hi"),
        ("", "in", "id"),  # as old apps call Indonesian
        ("", "fi", "en"),  # not spoken: the default
        ("", None, "en"),
    ],
)
async def test_results_are_in_the_language_of_the_query_else_of_the_app(
    api: BotApi, assistant: Assistant, tmp_path: Path, query: str, language_code: str | None, told: str
) -> None:
    answer = await asked(api, assistant, tmp_path, query, language_code)
    first = answer["results"][0]
    assert first["title"] == title(assistant, first["id"], told)


async def test_a_chosen_language_wins_over_the_querys(api: BotApi, assistant: Assistant, tmp_path: Path) -> None:
    asha = api.user("Asha", "hi")
    async with running(api.url, assistant, tmp_path) as service:
        service.memory.keep_person(Person(asha.id, language="ml"))
        for query in ("rus ki kranti kab hui thi", ""):
            first = (await api.answered(api.inline(query, asha)))["results"][0]
            assert first["title"] == title(assistant, first["id"], "ml")


async def test_what_was_said_in_the_private_chat_does_not_change_the_results(
    api: BotApi, assistant: Assistant, tmp_path: Path
) -> None:
    async with running(api.url, assistant, tmp_path):
        before = await api.answered(api.inline("and when?"))
        await api.answer(api.say("who was kerensky"))
        after = await api.answered(api.inline("and when?"))
    assert titles(after) == titles(before)


@pytest.mark.parametrize("language", ["en", "hi", "id", "ml"])
async def test_every_title_gives_at_most_ten_different_results_that_telegram_takes(
    api: BotApi, assistant: Assistant, tmp_path: Path, language: str
) -> None:
    texts = assistant.knowledge.languages[language].texts
    queries = [text.title for text in list(texts.values())[::6]]
    async with running(api.url, assistant, tmp_path):
        answers = [await api.answered(api.inline(query)) for query in queries]
    for answer in answers:
        ids = [result["id"] for result in answer["results"]]
        assert 1 <= len(ids) <= MAX_RESULTS
        assert len(set(ids)) == len(ids)
        assert all(len(number.encode()) <= 64 for number in ids)
        assert all(len(result["description"]) <= 120 for result in answer["results"])
    # the stand-in refuses double or overlong ids, faulty markup and overlong messages
    assert all(request.status == 200 for request in api.calls("answerInlineQuery"))


def test_an_answer_that_is_too_long_keeps_its_citation(assistant: Assistant) -> None:
    reply = assistant.answer("lenin-out-of-hiding", "en")
    long_note = replace(reply, note="n" * LIMIT)
    assert to_plain(fitted(long_note)) == to_plain(fitted(replace(reply, note=None)))
    for body in ("A sentence of some length. " * 400, "x" * 2 * LIMIT, "🙂" * LIMIT):
        told = to_plain(fitted(replace(reply, body=body)))
        assert LIMIT // 2 < length(told) <= LIMIT
        assert body[:1000] in told
        assert told.endswith("\n".join(reply.citation_lines))


async def test_a_query_that_is_too_old_is_no_error(
    api: BotApi, assistant: Assistant, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(api.url, assistant, tmp_path):
        late = api.inline("lenin")
        late.expired = True
        await api.wait_for(lambda: api.calls("answerInlineQuery"))
        assert await api.answered(api.inline("kerensky"))
    assert not late.answers
    assert len(api.calls("answerInlineQuery")) == 2  # it is not tried again
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def test_results_are_sent_as_plain_text_when_telegram_rejects_the_markup(
    api: BotApi, assistant: Assistant, tmp_path: Path
) -> None:
    api.fail("answerInlineQuery", status=400, description="Bad Request: can't parse entities: unsupported start tag")
    answer = await asked(api, assistant, tmp_path, "kerensky")
    content = answer["results"][0]["input_message_content"]
    assert "parse_mode" not in content
    assert content["message_text"].startswith(title(assistant, "who-was-kerensky"))
