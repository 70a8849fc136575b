"""`chat`: a conversation in the terminal; on a pipe, one question a line."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click
from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.text import Text

from bot.assistant import Assistant
from bot.commands.start import sources_option, start_assistant
from bot.i18n import Speaker
from bot.passages import passage_of
from bot.reply import Reply, Status, Suggestion

MAX_LINE: Final = 1 << 17
"""Bytes of a line on a pipe that are read; the rest of the line is dropped."""
_TOPICS_SHOWN: Final = 12


@click.command()
@click.option("--language", help="The language to answer in, whatever the question's.")
@sources_option
def chat(language: str | None, sources: Path | None) -> None:
    """Talk to the bot; /help tells what else it understands."""
    assistant = start_assistant()
    known = assistant.known_language(language)
    if language is not None and known is None:
        codes = ", ".join(assistant.knowledge.languages)
        raise click.BadParameter(f"there is no language {language!r}; there are {codes}.", param_hint="--language")
    console = Console(highlight=False)
    piped = not sys.stdout.isatty()  # then a line is as long as it is
    conversation = Conversation(assistant, sources, known)
    console.print(conversation.welcome(), soft_wrap=piped)
    for line in _lines(console):
        answer = conversation.say(line)
        if answer is None:
            break
        console.print(answer, soft_wrap=piped)
        console.print()
    console.print(conversation.speaker._("Goodbye!"), soft_wrap=piped)


def _lines(console: Console) -> Iterator[str]:
    """What the person types, until the end of input or Ctrl-C."""
    if sys.stdin.isatty():
        while True:
            try:
                yield console.input("\n[bold cyan]▸[/] ")
            except (EOFError, KeyboardInterrupt):
                console.print()
                return
    else:
        while raw := sys.stdin.buffer.readline(MAX_LINE):
            text = raw.decode("utf-8", errors="replace")
            if not text.endswith("\n") and len(raw) == MAX_LINE:
                while (rest := sys.stdin.buffer.readline(MAX_LINE)) and not rest.endswith(b"\n"):
                    pass
            if text.strip():
                yield text


def _number(text: str) -> int | None:
    """A choice from a list, counting from 1; None for anything else, years and endless digits included."""
    return int(text) if text.isdecimal() and len(text) <= 3 and int(text) else None


class Conversation:
    """One person's conversation: what was answered last, what is on offer, which language is spoken."""

    def __init__(self, assistant: Assistant, sources: Path | None, language: str | None) -> None:
        self.assistant = assistant
        self.sources = sources
        self.chosen = language
        self.last_language: str | None = None
        self.context: str | None = None
        self.offered: tuple[Suggestion, ...] = ()

    @property
    def language(self) -> str:
        return self.chosen or self.last_language or self.assistant.default_language

    @property
    def speaker(self) -> Speaker:
        return self.assistant.catalogues.for_language(self.language)

    def welcome(self) -> RenderableType:
        """The first lines of a conversation."""
        speaker = self.speaker
        spoken = speaker.join([speaker.language_name(code) for code in self.assistant.knowledge.languages])
        return Group(
            Text(speaker._("Ask me about the Russian Revolution of 1917."), style="bold"),
            Text(speaker._("I read and answer in %(languages)s.", languages=spoken)),
            Text(self._help(), style="dim"),
        )

    def say(self, line: str) -> RenderableType | None:
        """The answer to one line, or None when the person wants to leave."""
        text = line.strip()
        command, _, rest = text.partition(" ")
        if command in ("/quit", "/exit"):
            return None
        if command == "/help":
            return Text(self._help())
        if command == "/sources":
            return self._documents()
        if command == "/topics":
            return self._topics(rest.strip())
        if command == "/language":
            return self._set_language(rest.strip())
        if (number := _number(text)) is not None and number <= len(self.offered):
            return self._show(self.assistant.answer(self.offered[number - 1].fact, self.language))
        if command.startswith("/"):
            return Text(self.speaker._("There is no command %(command)s.", command=command) + "\n" + self._help())
        return self._show(
            self.assistant.reply(
                text, language=self.chosen, conversation_language=self.last_language, context=self.context
            )
        )

    def _show(self, reply: Reply) -> RenderableType:
        self.last_language = reply.language
        if reply.fact is not None:
            self.context = reply.fact
        if reply.status is not Status.SMALL_TALK:
            self.offered = reply.suggestions or reply.related
        parts: list[RenderableType] = []
        if reply.preface:
            parts.append(Text(reply.preface, style="dim"))
        if reply.title:
            parts.append(Text(reply.title, style="bold"))
        parts.append(Text(reply.body))
        if reply.note:
            parts.append(Text(reply.note, style="italic"))
        parts += [Text(f"❝ {line} ❞", style="green") for line in reply.citation_lines]
        if reply.fact is not None and self.sources is not None:
            for place in reply.citations:
                passage = passage_of(self.assistant, self.sources, place, reply.language)
                parts.append(Text(passage.text, style="dim"))
        if reply.status is not Status.SMALL_TALK:
            parts.append(self._numbered(reply.suggestions or reply.related))
        return Group(*parts)

    @staticmethod
    def _numbered(suggestions: tuple[Suggestion, ...]) -> Text:
        lines = (f"[cyan]{n}[/] {escape(s.title)}" for n, s in enumerate(suggestions, 1))
        return Text.from_markup("\n".join(lines))

    def _documents(self) -> RenderableType:
        labels = self.assistant.knowledge.languages[self.language].labels.sources
        parts: list[RenderableType] = []
        for source in self.assistant.knowledge.sources.values():
            name = self.speaker.language_name(source.language)
            parts.append(Text(f"{labels[source.id].title} ({name})", style="bold"))
            parts.append(Text(labels[source.id].covers))
        return Group(*parts)

    def _topics(self, wanted: str) -> RenderableType:
        knowledge = self.assistant.knowledge
        titles = knowledge.languages[self.language].labels.topics
        topics = list(knowledge.topics)
        number = _number(wanted)
        if number is not None and number <= len(topics):
            topic = topics[number - 1]
            facts = knowledge.topics[topic][:_TOPICS_SHOWN]
            self.offered = tuple(self.assistant.suggestion(f, self.language) for f in facts)
            return Group(Text(titles[topic], style="bold"), self._numbered(self.offered))
        listed = "\n".join(f"/topics {n}  {titles[topic]}" for n, topic in enumerate(topics, 1))
        return Text(listed)

    def _set_language(self, wanted: str) -> RenderableType:
        speaker = self.speaker
        known = self.assistant.known_language(wanted)
        if known is None:
            choices = ", ".join(
                f"/language {code} ({speaker.language_name(code)})" for code in self.assistant.knowledge.languages
            )
            return Text(speaker._("Choose a language: %(choices)s", choices=choices))
        self.chosen = known
        return Text(self.speaker._("From now on I answer in %(language)s.", language=self.speaker.language_name(known)))

    def _help(self) -> str:
        return self.speaker._(
            "A number picks a suggestion. /topics what I know, /sources my documents, /language choose a language,"
            " /quit leave."
        )
