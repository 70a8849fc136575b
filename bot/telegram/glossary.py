"""The glossary, `/who` and `/what`, and the documents, `/sources`.

Buttons say `language : which glossary : page`, and `language : document : page` or only the language for all documents.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from telegram import InlineKeyboardButton as Button
from telegram import InlineKeyboardMarkup as Keyboard
from telegram import Update

from bot.i18n import Speaker
from bot.telegram.blocks import Block, Style
from bot.telegram.browse import fact_buttons, listing, open_list, page_number, turn_list
from bot.telegram.callbacks import Action, pack
from bot.telegram.questions import respond
from bot.telegram.services import Context, Services
from bot.telegram.speech import Saying

WHO: Final = "who"
WHAT: Final = "what"
GLOSSARY: Final = {WHO: ("people",), WHAT: ("places", "bodies", "terms")}
"""The topics whose facts each say who or what one name is."""


async def on_who(update: Update, context: Context) -> None:
    """`/who`: the people; `/who kishkin`: that one."""
    await _on_command(update, context, WHO)


async def on_what(update: Update, context: Context) -> None:
    """`/what`: places, parties and terms; `/what smolny`: that one."""
    await _on_command(update, context, WHAT)


async def _on_command(update: Update, context: Context, which: str) -> None:
    message = update.effective_message
    if message is not None and context.args:
        await respond(update, context, message, " ".join(context.args), complete=True)
    else:
        await open_list(update, context, lambda services, audience: glossary(services, audience.language, which))


async def on_glossary_button(update: Update, context: Context) -> None:
    """Another page of the glossary."""
    await turn_list(update, context, glossary_view)


async def on_sources(update: Update, context: Context) -> None:
    """`/sources`: the documents."""
    await open_list(update, context, lambda services, audience: documents(services, audience.language))


async def on_sources_button(update: Update, context: Context) -> None:
    """What one document tells, or all documents again."""
    await turn_list(update, context, sources_view)


# -- names


def glossary_view(services: Services, parts: Sequence[str]) -> Saying | None:
    """The page of the glossary that a button stands for."""
    if len(parts) != 3 or parts[0] not in services.assistant.knowledge.languages or parts[1] not in GLOSSARY:
        return None
    page = page_number(parts[2])
    return glossary(services, parts[0], parts[1], page) if page is not None else None


def glossary(services: Services, language: str, which: str, page: int = 0) -> Saying:
    """A page of the people, or of the places, bodies and terms."""
    speaker, ids = services.speaker(language), entries(services, which)
    example = _name_of(services, ids[0], language) if ids else ""
    return listing(
        speaker,
        title=_heading(speaker, which),
        # Translators: command is /who or /what and stays as it is; name is somebody or something from the list below
        text=speaker._("Tap a name, or ask for it: %(command)s %(name)s", command=f"/{which}", name=example),
        entries=fact_buttons(services, language, ids),
        page=page,
        data=lambda n: pack(Action.GLOSSARY, language, which, str(n)),
    )


def entries(services: Services, which: str) -> list[str]:
    """Ids of the facts that the glossary lists, each about one name."""
    topics = services.assistant.knowledge.topics
    return [fact for topic in GLOSSARY[which] for fact in topics.get(topic, ())]


def _name_of(services: Services, fact: str, language: str) -> str:
    """The name that an entry is about, as it is usually spelt; entries' titles may be whole questions."""
    knowledge = services.assistant.knowledge
    names = knowledge.facts[fact].names
    return (
        knowledge.names[names[0]].spellings[language][0] if names else knowledge.languages[language].texts[fact].title
    )


def _heading(speaker: Speaker, which: str) -> str:
    return speaker._("Who was who") if which == WHO else speaker._("What was what")


# -- documents


def sources_view(services: Services, parts: Sequence[str]) -> Saying | None:
    """The documents, or the page of one, that a button stands for."""
    knowledge = services.assistant.knowledge
    if not parts or parts[0] not in knowledge.languages:
        return None
    if len(parts) == 1:
        return documents(services, parts[0])
    if len(parts) != 3 or parts[1] not in knowledge.sources or (page := page_number(parts[2])) is None:
        return None
    return document(services, parts[0], parts[1], page)


def documents(services: Services, language: str) -> Saying:
    """All documents: what each is called, its language and length, and what it covers."""
    knowledge, speaker = services.assistant.knowledge, services.speaker(language)
    labels = knowledge.languages[language].labels.sources
    found = [
        Block(
            speaker.ngettext(
                "All I know stands in this document.",
                "All I know stands in these %(n)s documents.",
                len(knowledge.sources),
            )
        )
    ]
    for source in knowledge.sources.values():
        extent = speaker.ngettext(
            # Translators: about a document; language is the name of its language
            "%(n)s paragraph, in %(language)s",
            "%(n)s paragraphs, in %(language)s",
            len(source.paragraphs),
            language=speaker.language_name(source.language),
        )
        found += [Block(labels[source.id].title, Style.TITLE), Block(f"{extent}\n{labels[source.id].covers}")]
    if services.sources is not None:
        hint = speaker._(
            "Below an answer, “%(button)s” shows the cited paragraph in the original.",
            button=speaker._("Read the passage"),
        )
        found.append(Block(hint, Style.ASIDE))
    rows = [
        [Button(_title_of(services, source, language), callback_data=pack(Action.SOURCES, language, source, "0"))]
        for source in knowledge.sources
    ]
    return Saying(found, Keyboard(rows))


def document(services: Services, language: str, source: str, page: int = 0) -> Saying:
    """What one document tells, in the order in which it tells it."""
    speaker = services.speaker(language)
    return listing(
        speaker,
        title=_title_of(services, source, language),
        text=speaker._("Tap what you would like to read."),
        entries=fact_buttons(services, language, told_by(services, source)),
        page=page,
        data=lambda n: pack(Action.SOURCES, language, source, str(n)),
        below=Button("↩ " + speaker._("All documents"), callback_data=pack(Action.SOURCES, language)),
    )


def told_by(services: Services, source: str) -> list[str]:
    """Ids of the facts that stand in a document, by the first paragraph that tells each."""
    first = {
        fact.id: min(cite.paragraph for cite in fact.cites if cite.source == source)
        for fact in services.assistant.knowledge.facts.values()
        if any(cite.source == source for cite in fact.cites)
    }
    return sorted(first, key=lambda fact: first[fact])


def _title_of(services: Services, source: str, language: str) -> str:
    """A document's title with its language, since two documents may bear the same title."""
    knowledge, speaker = services.assistant.knowledge, services.speaker(language)
    title = knowledge.languages[language].labels.sources[source].title
    return speaker._(
        # Translators: a document and the language that it is written in
        "%(title)s (%(language)s)",
        title=title,
        language=speaker.language_name(knowledge.sources[source].language),
    )
