"""The assistant: a question in, a reply out. A plain object, built once, that remembers nobody."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from bot.i18n import Catalogues, Speaker
from bot.knowledge import CompiledCache, default_root, load_cached
from bot.knowledge.model import Fact, KnowledgeBase
from bot.language import clean, normalise
from bot.language.identify import Guess
from bot.matching import Band, Match, Matcher, Ranked, load_index, load_model
from bot.reply import Place, Reply, Status, Suggestion

DEFAULT_LANGUAGE = "en"
MAX_SUGGESTIONS = 4
MAX_NEAR_TOPICS = 3
ENTRY_TOPICS = frozenset({"people", "places", "bodies"})
"""Where there is one fact on each name as such."""
LIKELY_LANGUAGE = 0.6
"""The same where neither the conversation, the chat nor the app says anything."""
SURE_OF_LANGUAGE = 0.8
"""Confidence from which the language of a message decides the language of the reply."""


class Assistant:
    """Answers from one knowledge base. Safe to share between threads: what they write twice is the same."""

    def __init__(self, matcher: Matcher, catalogues: Catalogues, default_language: str = DEFAULT_LANGUAGE) -> None:
        """`default_language` must be one of the knowledge base's; ValueError else."""
        if default_language not in matcher.knowledge.languages:
            raise ValueError(f"the knowledge base has no language {default_language!r}")
        self.matcher = matcher
        self.catalogues = catalogues
        self.default_language = default_language
        self._told: dict[tuple[str, str], Reply] = {}
        """What has been told before, by fact and language: written once."""

    @property
    def knowledge(self) -> KnowledgeBase:
        """What is told; the words that people ask in are only in the index."""
        return self.matcher.knowledge

    def reply(
        self,
        question: str,
        *,
        language: str | None = None,
        conversation_language: str | None = None,
        chat_language: str | None = None,
        language_code: str | None = None,
        context: str | None = None,
    ) -> Reply:
        """The reply to one message; no text makes it raise.

        Args:
            question: the message as it came, of any length.
            language: the reader's explicit choice, if there is one.
            conversation_language: of the last reply in this conversation.
            chat_language: the chat's own setting.
            language_code: the reader's app's, an IETF tag such as "pt-br".
            context: id of the fact answered last, for follow-ups.

        Languages that the knowledge base does not have, and unknown facts, count as not given.
        """
        text = clean(question)
        fallbacks = (conversation_language, chat_language, language_code)
        if not any(c.isalnum() for c in text):
            return self._unreadable(self._choose(language, None, fallbacks))
        match = self.matcher.match(text, context=context)
        if match.guess.foreign:
            return self._foreign(text, self._choose(language, None, (chat_language, language_code)))
        chosen = self._choose(language, match.guess, fallbacks)
        settled = match.complete and chosen in (self.known_language(language), self._certain(match.guess))
        return replace(self._reply(match, chosen), settled=settled)

    def answer(self, fact: str, language: str) -> Reply:
        """The reply that tells one fact, for buttons and links. Raises KeyError for an unknown fact or language."""
        return self._tell(self.knowledge.facts[fact], language, 1.0)

    def suggestion(self, fact: str, language: str, confidence: float = 0.0) -> Suggestion:
        """A fact as a suggestion in one language."""
        title = self.knowledge.languages[language].texts[fact].title
        return Suggestion(fact, title, confidence, _places(self.knowledge.facts[fact]))

    def known_language(self, code: str | None) -> str | None:
        """The knowledge base's language for an IETF tag ("hi-IN" → "hi"; Telegram's old "in" → "id"), or None."""
        if not code:
            return None
        tag = code.replace("_", "-").lower()
        by_tag = {known.lower(): known for known in self.knowledge.languages}
        primary = tag.split("-")[0]
        return by_tag.get(tag) or by_tag.get({"in": "id"}.get(primary, primary))

    def _choose(self, explicit: str | None, guess: Guess | None, fallbacks: Iterable[str | None]) -> str:
        if (known := self.known_language(explicit)) is not None:
            return known
        if (certain := self._certain(guess)) is not None:
            return certain
        for code in fallbacks:
            if (known := self.known_language(code)) is not None:
                return known
        # nothing else speaks for another language: a likely guess beats the default
        if guess is not None and guess.language is not None and guess.confidence >= LIKELY_LANGUAGE:
            return guess.language
        return self.default_language

    @staticmethod
    def _certain(guess: Guess | None) -> str | None:
        """The language that a message is in, if that is certain enough to decide."""
        return guess.language if guess is not None and guess.confidence >= SURE_OF_LANGUAGE else None

    def _reply(self, match: Match, language: str) -> Reply:
        if match.band is Band.SMALL_TALK and match.small_talk is not None:
            answer = self.knowledge.languages[language].smalltalk[match.small_talk].answer
            return Reply(Status.SMALL_TALK, language, match.confidence, body=answer)
        if match.band is Band.ANSWER:
            fact = self.knowledge.facts[match.facts[0].fact]
            return self._tell(fact, language, match.confidence, follow_up=match.follow_up)
        speaker = self.catalogues.for_language(language)
        if match.band is Band.SUGGEST:
            offered = self._offer(match.facts, language, match.confidence)
            return Reply(
                Status.SUGGESTED, language, match.confidence, body=speaker._("Did you mean…"), suggestions=offered
            )
        return self._decline(match, language, speaker)

    def _tell(
        self, fact: Fact, language: str, confidence: float, *, follow_up: bool = False, preface: str | None = None
    ) -> Reply:
        key = (fact.id, language)
        if key not in self._told:
            self._told[key] = self._write(fact, language)
        return replace(self._told[key], confidence=confidence, follow_up=follow_up, preface=preface)

    def _write(self, fact: Fact, language: str) -> Reply:
        """What every answer with a fact says, however it was asked for."""
        text = self.knowledge.languages[language].texts[fact.id]
        speaker = self.catalogues.for_language(language)
        return Reply(
            Status.ANSWERED,
            language,
            fact=fact.id,
            title=text.title,
            body=text.answer,
            note=speaker._("Editor's note: %(note)s", note=text.note) if text.note else None,
            citations=_places(fact),
            citation_lines=self._citation_lines(fact, language, speaker),
            related=tuple(self.suggestion(f, language) for f in fact.related),
        )

    def _citation_lines(self, fact: Fact, language: str, speaker: Speaker) -> tuple[str, ...]:
        paragraphs: dict[str, list[int]] = {}
        for cite in fact.cites:
            numbers = paragraphs.setdefault(cite.source, [])
            if cite.paragraph not in numbers:
                numbers.append(cite.paragraph)
        labels = self.knowledge.languages[language].labels.sources
        return tuple(
            speaker.ngettext(
                # Translators: a citation under an answer; numbers is one paragraph number or a list of them
                "Source: “%(title)s” (%(language)s), paragraph %(numbers)s",
                "Source: “%(title)s” (%(language)s), paragraphs %(numbers)s",
                len(numbers),
                title=labels[source].title,
                language=speaker.language_name(self.knowledge.sources[source].language),
                numbers=speaker.join([str(n) for n in sorted(numbers)]),
            )
            for source, numbers in paragraphs.items()
        )

    def _offer(self, ranked: Iterable[Ranked], language: str, confidence: float) -> tuple[Suggestion, ...]:
        """The likeliest facts, their confidence falling with their distance from the best."""
        best = list(ranked)[:MAX_SUGGESTIONS]
        return tuple(
            self.suggestion(r.fact, language, confidence * max(0.0, 1 - (best[0].score - r.score))) for r in best
        )

    def _decline(self, match: Match, language: str, speaker: Speaker) -> Reply:
        near = self._near_topics(match)
        about = match.analysis.names & set(self.knowledge.facts[near[0]].names) if near else frozenset[str]()
        if about:
            spelling = self.knowledge.names[min(about)].spellings.get(language, ("",))[0]
            body = speaker._("My documents don't say that. About “%(name)s” they tell:", name=spelling)
        elif near:
            body = speaker._("My documents don't say that. Near it, they tell:")
        else:
            body = speaker._(
                "My documents don't speak of that. They tell of the Russian Revolution of 1917, for example:"
            )
            near = self._favourites()
        return Reply(
            Status.DECLINED,
            language,
            match.confidence,
            body=body,
            suggestions=tuple(self.suggestion(f, language) for f in near),
        )

    def _near_topics(self, match: Match) -> list[str]:
        """Facts about the names in the question, the entry on the name itself first; else what scored well."""
        named = match.analysis.names
        about = [f for f in self.knowledge.facts.values() if named & set(f.names)]
        entries = {f.id for f in about if f.topic in ENTRY_TOPICS and f.names[0] in named}
        order = {r.fact: place for place, r in enumerate(match.facts)}
        about.sort(key=lambda f: (f.id not in entries, order.get(f.id, len(order)), f.id))
        if about:
            return [f.id for f in about[:MAX_NEAR_TOPICS]]
        if match.confidence >= self.matcher.model.suggest / 2:
            return [r.fact for r in match.facts[:MAX_NEAR_TOPICS]]
        return []

    def _favourites(self) -> list[str]:
        """Where a newcomer may begin: the first overviews."""
        return [f.id for f in self.knowledge.facts.values() if f.kind == "overview"][:MAX_NEAR_TOPICS]

    def _unreadable(self, language: str) -> Reply:
        speaker = self.catalogues.for_language(language)
        body = speaker._("I can only read words. Ask me something about the Russian Revolution of 1917, for example:")
        near = tuple(self.suggestion(f, language) for f in self._favourites())
        return Reply(Status.DECLINED, language, body=body, suggestions=near)

    def _foreign(self, text: str, language: str) -> Reply:
        """One sentence on the languages spoken, and the answer all the same where names and dates make it clear."""
        speaker = self.catalogues.for_language(language)
        spoken = speaker.join([speaker.language_name(code) for code in self.knowledge.languages])
        sentence = speaker._("I read and answer in %(languages)s.", languages=spoken)
        match = self.matcher.match_names(text)
        if match.band is Band.ANSWER and len(match.analysis.tokens) > 1:
            return self._tell(self.knowledge.facts[match.facts[0].fact], language, match.confidence, preface=sentence)
        if match.analysis.names and match.facts:
            return Reply(
                Status.SUGGESTED,
                language,
                match.confidence,
                preface=sentence,
                body=speaker._("Did you mean…"),
                suggestions=self._offer(match.facts, language, match.confidence),
            )
        return Reply(Status.DECLINED, language, body=sentence)


def _places(fact: Fact) -> tuple[Place, ...]:
    return tuple(Place(c.source, c.paragraph) for c in fact.cites)


def default_cache() -> Path | None:
    """Where compiled forms are kept: `REVOLUTION_BOT_CACHE` (empty: nowhere), else the user's cache folder."""
    named = os.environ.get("REVOLUTION_BOT_CACHE")
    if named is not None:
        return Path(named) if named else None
    base = os.environ.get("XDG_CACHE_HOME")
    try:
        return (Path(base) if base else Path.home() / ".cache") / "revolution-bot"
    except RuntimeError:  # no home directory
        return None


def build_assistant(
    root: Path | None = None,
    *,
    locales: Path | None = None,
    default_language: str = DEFAULT_LANGUAGE,
    on_build: Callable[[], None] | None = None,
) -> Assistant:
    """The assistant over the knowledge base at `root` (default: the one that comes with the code).

    `on_build` is called where that has to be compiled first: once for each state of the knowledge and the code.
    Raises KnowledgeError with every fault of a faulty knowledge base.
    """
    cache = default_cache()
    knowledge, whole = load_cached(root or default_root(), cache, normalise)
    matcher = Matcher(knowledge, load_index(knowledge.digest, whole, CompiledCache(cache), on_build), load_model())
    gc.freeze()  # all this lives as long as the program: looking it over for garbage would cost milliseconds
    return Assistant(matcher, Catalogues(locales), default_language)
