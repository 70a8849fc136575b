"""Lists to browse: what there is to know, by topic and by kind, a page of buttons at a time in one message.

A button says `language : topics or kinds : which one, or nothing for the list of them : page`, so that a list stays in
the language in which it was opened, whoever turns its pages.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from telegram import InlineKeyboardButton as Button
from telegram import InlineKeyboardMarkup as Keyboard
from telegram import Update

from bot.i18n import Speaker
from bot.telegram.answers import fact_button
from bot.telegram.audience import Audience
from bot.telegram.blocks import Block, Style
from bot.telegram.buttons import put_in_place
from bot.telegram.callbacks import Action, pack, unpack
from bot.telegram.hearing import words_of
from bot.telegram.presses import reject
from bot.telegram.questions import tell
from bot.telegram.services import Context, Services
from bot.telegram.speech import Saying, acknowledge
from bot.telegram.welcome import hear_command

PER_PAGE: Final = 8
"""Entries of a list on one page; the buttons to turn it and to go back make ten rows at most."""
BY_TOPIC: Final = "t"
BY_KIND: Final = "k"

View: TypeAlias = Callable[[Services, Sequence[str]], Saying | None]
"""What the parts of a button's data ask for; None where they name something that is not known any more."""


async def on_topics(update: Update, context: Context) -> None:
    """`/topics`: what there is to know."""
    await open_list(update, context, lambda services, audience: topics(services, audience.language))


async def on_topics_button(update: Update, context: Context) -> None:
    """Another page of topics, kinds or facts."""
    await turn_list(update, context, view)


def view(services: Services, parts: Sequence[str]) -> Saying | None:
    """The page that a button of ours stands for."""
    if len(parts) != 4 or parts[0] not in services.assistant.knowledge.languages:
        return None
    language, shelf, name, number = parts
    if (page := page_number(number)) is None:
        return None
    if not name:
        whole_list = {BY_TOPIC: topics, BY_KIND: kinds}.get(shelf)
        return whole_list(services, language, page) if whole_list else None
    if name in titles(services, language, shelf):
        return facts(services, language, shelf, name, page)
    return None


def topics(services: Services, language: str, page: int = 0) -> Saying:
    """All topics."""
    speaker = services.speaker(language)
    return listing(
        speaker,
        title=speaker._("Topics"),
        text=speaker._("Pick a topic, and I show what my documents tell about it."),
        entries=shelves(services, language, BY_TOPIC),
        page=page,
        data=lambda n: pack(Action.TOPICS, language, BY_TOPIC, "", str(n)),
        below=Button("🗂 " + speaker._("Browse by kind"), callback_data=pack(Action.TOPICS, language, BY_KIND, "", "0")),
    )


def kinds(services: Services, language: str, page: int = 0) -> Saying:
    """All kinds of facts."""
    speaker = services.speaker(language)
    return listing(
        speaker,
        # Translators: heading above a list such as "Events", "People", "Causes"
        title=speaker._("What are you looking for?"),
        text=speaker._("People, places, causes: pick one, and I show what my documents tell."),
        entries=shelves(services, language, BY_KIND),
        page=page,
        data=lambda n: pack(Action.TOPICS, language, BY_KIND, "", str(n)),
        below=Button(
            "🗂 " + speaker._("Browse by topic"), callback_data=pack(Action.TOPICS, language, BY_TOPIC, "", "0")
        ),
    )


def facts(services: Services, language: str, shelf: str, name: str, page: int = 0) -> Saying:
    """What there is of one topic or one kind; the way back leads to the page of the list that names it."""
    speaker, all_titles = services.speaker(language), titles(services, language, shelf)
    came_from = page_with(list(all_titles).index(name), len(all_titles))
    back = speaker._("All topics") if shelf == BY_TOPIC else speaker._("All kinds")
    return listing(
        speaker,
        title=all_titles[name],
        text=speaker._("Tap what you would like to read."),
        entries=fact_buttons(services, language, facts_on(services, shelf, name)),
        page=page,
        data=lambda n: pack(Action.TOPICS, language, shelf, name, str(n)),
        below=Button(f"↩ {back}", callback_data=pack(Action.TOPICS, language, shelf, "", str(came_from))),
    )


def titles(services: Services, language: str, shelf: str) -> dict[str, str]:
    """Topics or kinds with their titles, in the order of the language's own list; empty ones are left out."""
    labels = services.assistant.knowledge.languages[language].labels
    every = {BY_TOPIC: labels.topics, BY_KIND: labels.kinds}.get(shelf, {})
    return {name: title for name, title in every.items() if facts_on(services, shelf, name)}


def facts_on(services: Services, shelf: str, name: str) -> Sequence[str]:
    """Ids of the facts of one topic or one kind."""
    knowledge = services.assistant.knowledge
    if shelf == BY_TOPIC:
        return knowledge.topics.get(name, ())
    return [fact.id for fact in knowledge.facts.values() if fact.kind == name]


def shelves(services: Services, language: str, shelf: str) -> list[Button]:
    """A button for each topic or kind."""
    return [
        Button(title, callback_data=pack(Action.TOPICS, language, shelf, name, "0"))
        for name, title in titles(services, language, shelf).items()
    ]


def fact_buttons(services: Services, language: str, ids: Sequence[str]) -> list[Button]:
    """A button for each fact; tapped, it is told in a new message and the list stays."""
    return [fact_button(services.assistant.suggestion(fact, language), language) for fact in ids]


# -- any list


def listing(
    speaker: Speaker,
    *,
    title: str,
    text: str,
    entries: Sequence[Button],
    page: int,
    data: Callable[[int], str],
    below: Button | None = None,
) -> Saying:
    """One page of a list of buttons. `data` is what the button for a page says; `below` the last button of all."""
    pages = pages_for(len(entries))
    page = min(max(page, 0), pages - 1)
    shown = entries[len(entries) * page // pages : len(entries) * (page + 1) // pages]
    turns = [Button("‹", callback_data=data(page - 1))] if page > 0 else []
    turns += [Button("›", callback_data=data(page + 1))] if page < pages - 1 else []
    rows = [*([entry] for entry in shown), turns, [below] if below else []]
    where = speaker._("Page %(page)s of %(pages)s", page=page + 1, pages=pages) if pages > 1 else ""
    blocks = [Block(title, Style.TITLE), Block(text), Block(where, Style.ASIDE)]
    return Saying([block for block in blocks if block.text], Keyboard([row for row in rows if row]))


def pages_for(entries: int) -> int:
    """Pages of a list; all of them about equally long."""
    if entries <= PER_PAGE + 1:  # a list of one page needs no row to turn it
        return 1
    return -(-entries // PER_PAGE)


def page_with(index: int, entries: int) -> int:
    """The page that shows the entry at `index`."""
    return ((index + 1) * pages_for(entries) - 1) // entries


def page_number(text: str) -> int | None:
    """The page that a button names; None for no number. Lists take any number and show the nearest page."""
    try:
        return int(text)
    except ValueError:
        return None


async def open_list(update: Update, context: Context, first: Callable[[Services, Audience], Saying]) -> None:
    """Say a list below the command that asks for it, or in place of what was said before the command was edited."""
    command = words_of(update.effective_message).split()[0] if update.effective_message is not None else ""
    heard = await hear_command(update, context, once=command.partition("@")[0].lower())
    if heard is not None:
        message, audience = heard
        await tell(update, context, message, audience, first(context.bot_data, audience))


async def turn_list(update: Update, context: Context, shown: View) -> None:
    """Put what a button asks for in place of the list that it belongs to."""
    query = update.callback_query
    if query is None:
        return
    saying = shown(context.bot_data, unpack(query.data)[1])
    if saying is None:
        await reject(update, context, query)
        return
    await acknowledge(query)
    await put_in_place(context, query, saying)
