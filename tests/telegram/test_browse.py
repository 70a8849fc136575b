"""Browsing: `/topics`, `/who`, `/what` and `/sources`, a page at a time in one message."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from telegram import InlineKeyboardMarkup

from bot.assistant import Assistant
from bot.settings import Settings
from bot.storage import Database, Memory
from bot.telegram import browse, glossary
from bot.telegram.callbacks import MAX_BYTES, unpack
from bot.telegram.patience import Patience
from bot.telegram.services import Services
from bot.telegram.speech import Saying
from tests.telegram.botapi import BotApi
from tests.telegram.harness import running, settings_for
from tests.telegram.history import Message
from tests.telegram.people import Json

LANGUAGES = ("en", "hi", "id", "ml")
MOST_ROWS = 10


async def pressed(api: BotApi, button: str, on: Message) -> Message:
    """The message after a button below it was pressed."""
    before = api.messages(on.chat)
    query = api.press(button, on)
    await api.answered(query)
    await api.wait_for(lambda: api.messages(on.chat) != before)
    return next(m for m in api.messages(on.chat) if m.id == on.id)


def old(data: str) -> Json:
    """A button of some earlier version of the bot."""
    return {"text": "?", "callback_data": data}


def label(assistant: Assistant, topic: str, language: str = "en") -> str:
    return assistant.knowledge.languages[language].labels.topics[topic]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_fact_is_found_by_topic_and_told_below_while_the_list_stays(
    api: BotApi, assistant: Assistant, tmp_path: Path, language: str
) -> None:
    asha = api.user("Asha", language)
    title = assistant.knowledge.languages[language].texts["who-was-lenin"].title
    async with running(api.url, assistant, tmp_path):
        topics = await api.answer(api.say("/topics", user=asha))
        while label(assistant, "people", language) not in str(topics.buttons):
            topics = await pressed(api, "›", topics)
        people = await pressed(api, label(assistant, "people", language), topics)
        assert people.text.startswith(label(assistant, "people", language))
        api.press(title, people)
        told = await api.wait_for(lambda: api.said(people.chat)[1:])
    assert told[0].text.startswith(title)
    assert api.said(people.chat)[0].buttons == people.buttons


async def test_the_way_back_from_a_topic_leads_to_the_page_that_names_it(
    api: BotApi, assistant: Assistant, tmp_path: Path
) -> None:
    async with running(api.url, assistant, tmp_path):
        first = await api.answer(api.say("/topics"))
        second = await pressed(api, "›", first)
        assert "Page 2 of" in second.text
        topic = await pressed(api, second.buttons[2][0], second)
        again = await pressed(api, "↩", topic)
        assert (again.text, again.buttons) == (second.text, second.buttons)
        assert (await pressed(api, "‹", again)).buttons == first.buttons
    assert len(api.said(first.chat)) == 1


async def test_facts_are_found_by_their_kind(api: BotApi, assistant: Assistant, tmp_path: Path) -> None:
    async with running(api.url, assistant, tmp_path):
        topics = await api.answer(api.say("/topics"))
        kinds = await pressed(api, "Browse by kind", topics)
        causes = await pressed(api, "Causes", kinds)
        assert causes.text.startswith("Causes")
        kinds = await pressed(api, "All kinds", causes)
        assert (await pressed(api, "Browse by topic", kinds)).buttons == topics.buttons


async def test_a_list_stays_in_the_language_in_which_it_was_opened(
    api: BotApi, assistant: Assistant, tmp_path: Path
) -> None:
    group = api.supergroup()
    ravi = api.user("Ravi", "hi")
    async with running(api.url, assistant, tmp_path):
        topics = await api.answer(api.say("/topics", chat=group, user=api.user("Ann", "en")))
        await api.answered(api.press("›", topics, user=ravi))
        turned = await api.wait_for(lambda: [m for m in api.said(group) if m.edited])
    assert "Page 2 of" in turned[0].text
    assert label(assistant, "winter-palace") in str([*topics.buttons, *turned[0].buttons])


async def test_lists_open_in_the_topic_of_a_forum_as_a_reply(api: BotApi, assistant: Assistant, tmp_path: Path) -> None:
    forum = api.supergroup(is_forum=True)
    topic = api.topic(forum, "October")
    async with running(api.url, assistant, tmp_path):
        for command in ("/topics", "/who", "/what", "/sources"):
            asked = api.say(f"{command}@{api.bot.username}", chat=forum, topic=topic)
            answer = await api.answer(asked)
            assert (answer.thread_id, answer.reply_to) == (topic, asked.id)
            assert answer.buttons


@pytest.mark.parametrize("language", LANGUAGES)
async def test_who_and_what_list_names(api: BotApi, assistant: Assistant, tmp_path: Path, language: str) -> None:
    asha, texts = api.user("Asha", language), assistant.knowledge.languages[language].texts
    async with running(api.url, assistant, tmp_path):
        who = await api.answer(api.say("/who", user=asha))
        assert [texts["who-was-lenin"].title] in who.buttons
        what = await api.answer(api.say("/what", user=asha))
        assert [texts["what-is-petrograd"].title] in what.buttons
        second = await pressed(api, "›", what)
        assert [texts["what-are-mensheviks"].title] in second.buttons


@pytest.mark.parametrize(
    ("command", "title"), [("/who kishkin", "Kishkin"), ("/what smolny", "The Smolny"), ("/who was lenin?", "Lenin")]
)
async def test_a_name_after_the_command_is_answered_at_once(
    api: BotApi, assistant: Assistant, tmp_path: Path, command: str, title: str
) -> None:
    async with running(api.url, assistant, tmp_path):
        answer = await api.answer(api.say(command))
    assert title in answer.text.splitlines()[0]
    assert "Source: “" in answer.text


async def test_an_edited_command_edits_its_list(api: BotApi, assistant: Assistant, tmp_path: Path) -> None:
    async with running(api.url, assistant, tmp_path):
        asked = api.say("/who")
        people = await api.answer(asked)
        api.edit(asked, "/what")
        edited = await api.wait_for(lambda: [m for m in api.said(people.chat) if m.edited])
        assert ["The Smolny"] in edited[0].buttons
        api.edit(asked, "/what smolny")
        await api.wait_for(lambda: api.said(people.chat)[0].text.startswith("The Smolny"))
    assert len(api.said(people.chat)) == 1


@pytest.mark.parametrize("language", LANGUAGES)
async def test_sources_tell_what_each_document_covers(
    api: BotApi, assistant: Assistant, tmp_path: Path, language: str
) -> None:
    knowledge = assistant.knowledge
    async with running(api.url, assistant, tmp_path):
        answer = await api.answer(api.say("/sources", user=api.user("Asha", language)))
    speaker = assistant.catalogues.for_language(language)
    for source, shown in knowledge.languages[language].labels.sources.items():
        assert f"{shown.title}\n" in answer.text
        assert shown.covers in answer.text
        assert speaker.language_name(knowledge.sources[source].language) in answer.text
        assert str(len(knowledge.sources[source].paragraphs)) in answer.text


async def test_a_document_lists_what_it_tells_and_leads_back(api: BotApi, assistant: Assistant, tmp_path: Path) -> None:
    async with running(api.url, assistant, tmp_path):
        sources = await api.answer(api.say("/sources"))
        document = await pressed(api, "(Malayalam)", sources)
        assert document.text.startswith("October Revolution (Malayalam)")
        assert (await pressed(api, "All documents", document)).text == sources.text


async def test_sources_promise_the_original_only_where_there_is_one(
    api: BotApi, assistant: Assistant, tmp_path: Path
) -> None:
    asha = api.user("Asha")
    async with running(api.url, assistant, tmp_path):
        assert "Read the passage" not in (await api.answer(api.say("/sources", user=asha))).text
    documents = tmp_path / "documents"
    documents.mkdir()
    async with running(api.url, assistant, tmp_path, revolution_bot_sources=documents):
        assert "Read the passage" in (await api.answer(api.say("/sources", user=api.user("Ravi")))).text


@pytest.mark.parametrize(
    "data",
    [
        "t",
        "t:",
        "t:xx:t::0",
        "t:en:t:no-such-topic:0",
        "t:en:k:no-such-kind:0",
        "t:en:z::0",
        "t:en:t::many",
        "w:en:where:0",
        "w:en:who",
        "d:xx",
        "d:en:no-such-document:0",
        "d:en:000_ba54e125b3ea4451:x",
    ],
)
async def test_an_old_button_is_answered_politely(api: BotApi, assistant: Assistant, tmp_path: Path, data: str) -> None:
    async with running(api.url, assistant, tmp_path):
        topics = await api.answer(api.say("/topics"))
        answer = await api.answered(api.press(old(data), topics))
    assert "too old" in answer["text"]
    assert api.said(topics.chat) == [topics]


async def test_a_page_that_is_no_more_shows_the_nearest(api: BotApi, assistant: Assistant, tmp_path: Path) -> None:
    async with running(api.url, assistant, tmp_path):
        topics = await api.answer(api.say("/topics"))
        query = api.press(old("t:en:t::99"), topics)
        await api.answered(query)
        turned = await api.wait_for(lambda: [m for m in api.said(topics.chat) if m.edited])
        assert "›" not in str(turned[0].buttons)
        assert [list(assistant.knowledge.languages["en"].labels.topics.values())[-1]] in turned[0].buttons


async def test_a_button_below_a_message_that_is_gone_opens_a_new_list(
    api: BotApi, assistant: Assistant, tmp_path: Path
) -> None:
    async with running(api.url, assistant, tmp_path):
        topics = await api.answer(api.say("/topics"))
        api.delete(topics)
        api.press(old("w:en:who:0"), topics)
        listed = await api.wait_for(lambda: api.said(topics.chat))
    assert ["Vladimir Lenin"] in listed[0].buttons


async def test_who_asks_for_lists_too_often_is_told_once(api: BotApi, assistant: Assistant, tmp_path: Path) -> None:
    async with running(api.url, assistant, tmp_path, questions_per_minute=2):
        asked = [api.say(command) for command in ("/topics", "/who", "/what", "/sources")]
        wait = await api.wait_for(lambda: [m for m in api.answers(asked[0]) if "One moment" in m.text])
        # buttons go on working, and a chat keeps its order: once this one is answered the last command has been met too
        await api.answered(api.press("›", api.said(asked[0].chat)[0]))
    assert len(wait) == 1
    assert len(api.said(asked[0].chat)) == 3


# -- every list, page by page, as its buttons lead


@pytest.fixture
def services(assistant: Assistant, tmp_path: Path) -> Services:
    settings: Settings = settings_for("http://127.0.0.1", tmp_path)
    return Services(settings, assistant, Memory(Database(settings.database_url)), Patience(20, 60.0))


def data_of(saying: Saying) -> list[str]:
    """What the buttons say, row by row."""
    keyboard = saying.keyboard
    assert isinstance(keyboard, InlineKeyboardMarkup)
    assert len(keyboard.inline_keyboard) <= MOST_ROWS
    return [str(button.callback_data) for row in keyboard.inline_keyboard for button in row]


def reached(services: Services, start: Saying, view: browse.View, action: str) -> Iterator[list[str]]:
    """The data of every page that can be reached from a list by its buttons, each page once."""
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        data = data_of(waiting.pop())
        yield data
        for button in data:
            if button.startswith(f"{action}:") and button not in seen:
                seen.add(button)
                page = view(services, unpack(button)[1])
                assert page is not None
                waiting.append(page)


def told(pages: list[list[str]]) -> list[str]:
    return [unpack(data)[1][0] for page in pages for data in page if data.startswith("a:")]


def turned(services: Services, view: browse.View, *parts: str) -> list[list[str]]:
    """The data of all pages of one list, turned from the first to the last."""
    pages = [data_of(view(services, [*parts, "0"]) or Saying([]))]
    while any(unpack(data)[1] == [*parts, str(len(pages))] for data in pages[-1]):
        pages.append(data_of(view(services, [*parts, str(len(pages))]) or Saying([])))
    return pages


@pytest.mark.parametrize("language", LANGUAGES)
def test_turning_pages_reaches_every_fact_exactly_once(services: Services, language: str) -> None:
    knowledge = services.assistant.knowledge
    for shelf in (browse.BY_TOPIC, browse.BY_KIND):
        names = browse.titles(services, language, shelf)
        every = [fact for name in names for fact in told(turned(services, browse.view, language, shelf, name))]
        assert sorted(every) == sorted(knowledge.facts)
    for source in knowledge.sources:
        listed = told(turned(services, glossary.sources_view, language, source))
        assert len(set(listed)) == len(listed)
        assert set(listed) == {f.id for f in knowledge.facts.values() if any(c.source == source for c in f.cites)}
    for which in (glossary.WHO, glossary.WHAT):
        assert told(turned(services, glossary.glossary_view, language, which)) == glossary.entries(services, which)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_button_leads_somewhere_and_fits(services: Services, language: str) -> None:
    knowledge = services.assistant.knowledge
    pages = [
        *reached(services, browse.topics(services, language), browse.view, "t"),
        *reached(services, glossary.glossary(services, language, glossary.WHO), glossary.glossary_view, "w"),
        *reached(services, glossary.glossary(services, language, glossary.WHAT), glossary.glossary_view, "w"),
        *reached(services, glossary.documents(services, language), glossary.sources_view, "d"),
    ]
    assert set(told(pages)) == set(knowledge.facts)
    assert all(len(data.encode()) <= MAX_BYTES for page in pages for data in page)


def test_the_glossary_has_an_entry_for_every_person(services: Services) -> None:
    knowledge = services.assistant.knowledge
    people = {name for fact in glossary.entries(services, glossary.WHO) for name in knowledge.facts[fact].names}
    assert people >= {name.id for name in knowledge.names.values() if name.kind == "person"}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("which", [glossary.WHO, glossary.WHAT])
def test_the_example_below_the_heading_is_answered(services: Services, which: str, language: str) -> None:
    first = glossary.entries(services, which)[0]
    text = glossary.glossary(services, language, which).blocks[1].text
    example = text.split(f"/{which} ")[1]
    assert services.assistant.reply(example, language=language).fact == first
