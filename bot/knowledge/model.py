"""The knowledge base in memory: frozen, typed, and the same after a round trip through JSON.

The loader promises what the docstrings here say; the models themselves only hold the values.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from functools import cached_property
from typing import Final, Literal, get_args

from pydantic import BaseModel, ConfigDict

FactKind = Literal["event", "person", "place", "body", "idea", "cause", "outcome", "overview", "disagreement"]
NameKind = Literal["person", "place", "body", "term"]
SmallTalkKind = Literal[
    "greeting", "thanks", "goodbye", "who-are-you", "what-can-you-do", "how-are-you", "praise", "insult"
]

FACT_KINDS: Final[tuple[FactKind, ...]] = get_args(FactKind)
NAME_KINDS: Final[tuple[NameKind, ...]] = get_args(NameKind)
SMALLTALK_KINDS: Final[tuple[SmallTalkKind, ...]] = get_args(SmallTalkKind)

MIN_PHRASINGS: Final = 10
"""So many phrasings a fact needs in every language, lest the matcher know only one way to ask."""

MAX_TITLE: Final = 70
"""Characters of a fact's or topic's title: a button on a phone shows little more."""

MAX_PHRASING: Final = 140
MAX_ANSWER: Final = 700
MAX_NOTE: Final = 350
MAX_SPELLING: Final = 60
"""Characters of a name, a word of the lexicon, or an evidence term."""

MAX_COVERS: Final = 300
"""Characters of the line that says what a document is about."""


class Frozen(BaseModel):
    """Base of all models here: immutable, and no field that the model does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Paragraph(Frozen):
    """One line of a document."""

    sha256: str
    """Of the line's bytes without the line feed; 64 lower-case hexadecimal digits."""

    topic: str
    """What it is about: a slug in English words of our own."""

    heading: bool = False
    """Only announces what follows, so no fact need stand on it."""


class Source(Frozen):
    """A document that the knowledge stands on; its sentences are not kept here."""

    id: str
    """The document's file name without `.txt`."""

    title: str
    """In the document's own language."""

    language: str
    """Language code of the document."""

    sha256: str
    """Of the whole file; 64 lower-case hexadecimal digits."""

    paragraphs: tuple[Paragraph, ...]
    """In the document's order; paragraph 1 is the first."""


class Citation(Frozen):
    """Where a fact stands written."""

    source: str
    """Id of the document."""

    paragraph: int
    """Counts from 1; exists in the document."""

    terms: tuple[str, ...]
    """Names, dates or figures that stand literally in that paragraph; at least one."""

    @property
    def place(self) -> tuple[str, int]:
        """Document and paragraph: equal for two citations of the same passage."""
        return self.source, self.paragraph


class Fact(Frozen):
    """One thing the documents tell, apart from any language's words."""

    id: str
    """A slug, the same in every language."""

    topic: str
    """Name of its file, without `.yaml`."""

    kind: FactKind
    """What sort of thing it tells."""

    cites: tuple[Citation, ...]
    """At least one."""

    figures: tuple[str, ...] = ()
    """Numbers that stand in the answer in every language and in a cited paragraph."""

    names: tuple[str, ...] = ()
    """Ids of the people, places, bodies and terms it is about."""

    date: datetime.date | None = None
    """The day it happened, new style."""

    related: tuple[str, ...] = ()
    """Ids of facts that a reader may ask for next; never its own."""


class FactText(Frozen):
    """A fact in the words of one language."""

    title: str
    """One line of up to MAX_TITLE characters."""

    questions: tuple[str, ...]
    """Phrasings: at least MIN_PHRASINGS, one line each, none the same as another fact's once normalised. None in what
    is only `KnowledgeBase.told`."""

    answer: str
    """Up to MAX_ANSWER characters; says nothing that the cited paragraphs do not say."""

    note: str | None = None
    """The editor's remark, shown apart from what the document says; up to MAX_NOTE characters."""


class Name(Frozen):
    """A person, place, body or term."""

    id: str
    """A slug, the same in every language."""

    kind: NameKind
    """What bears the name."""

    spellings: Mapping[str, tuple[str, ...]]
    """By language code, at least one for each language, the usual one first."""


class Lexicon(Frozen):
    """Words by meaning. A spelling that ends in `*` stands for every longer form; it may hold several words."""

    question_words: Mapping[str, tuple[str, ...]]
    """By the kind of answer wanted (`who`, `when`)."""

    function_words: tuple[str, ...]
    """Words that carry grammar rather than meaning."""

    concepts: Mapping[str, tuple[str, ...]]
    """By idea (`abdicate`): every everyday word for it."""


class Decoys(Frozen):
    """What readers ask though the documents do not tell it."""

    names: tuple[str, ...]
    """People and places of other stories."""

    questions: Mapping[str, tuple[str, ...]]
    """Phrasings to decline, by group."""


class SmallTalk(Frozen):
    """A pleasantry."""

    questions: tuple[str, ...]
    """What people say; at least one, but none in what is only `KnowledgeBase.told`."""

    answer: str
    """Up to MAX_ANSWER characters."""


class SourceLabel(Frozen):
    """A document presented in the reader's language."""

    title: str
    """Its title, translated."""

    covers: str
    """What it is about, in up to MAX_COVERS characters."""


class Labels(Frozen):
    """Headings in one language."""

    sources: Mapping[str, SourceLabel]
    """By document id; every document."""

    topics: Mapping[str, str]
    """By topic; every topic."""

    kinds: Mapping[str, str]
    """By kind of fact; every kind."""


class Language(Frozen):
    """All words of one language."""

    code: str
    """Name of its folder: a language code such as `ml` or `pt-BR`."""

    texts: Mapping[str, FactText]
    """By fact id; every fact, in the order of the facts."""

    lexicon: Lexicon
    decoys: Decoys
    smalltalk: Mapping[str, SmallTalk]
    """By kind; every one of SMALLTALK_KINDS."""

    labels: Labels


class KnowledgeBase(Frozen):
    """Everything the bot knows."""

    sources: Mapping[str, Source]
    """By id."""

    facts: Mapping[str, Fact]
    """By id; topics in alphabetical order, a topic's facts as they stand in its file."""

    names: Mapping[str, Name]
    """By id, with the spellings of all languages."""

    languages: Mapping[str, Language]
    """By code, in alphabetical order."""

    digest: str
    """SHA-256 over names and bytes of all files: the same digest, the same knowledge."""

    @cached_property
    def topics(self) -> Mapping[str, tuple[str, ...]]:
        """Fact ids by topic, in the order of `facts`."""
        topics: dict[str, tuple[str, ...]] = {}
        for fact in self.facts.values():
            topics[fact.topic] = (*topics.get(fact.topic, ()), fact.id)
        return topics

    def told(self) -> KnowledgeBase:
        """The same without the words that people ask in, which only an index is built from; they are most of it."""
        return self.model_copy(
            update={"languages": {code: _told(language) for code, language in self.languages.items()}}
        )

    def paragraph(self, citation: Citation) -> Paragraph:
        """The paragraph a citation points at. Raises LookupError for a document or paragraph that is not known."""
        paragraphs = self.sources[citation.source].paragraphs
        if not 1 <= citation.paragraph <= len(paragraphs):
            raise IndexError(f"{citation.source} has no paragraph {citation.paragraph}")
        return paragraphs[citation.paragraph - 1]


def _told(language: Language) -> Language:
    unasked = {"questions": ()}
    return language.model_copy(
        update={
            "texts": {fact: text.model_copy(update=unasked) for fact, text in language.texts.items()},
            "lexicon": Lexicon(question_words={}, function_words=(), concepts={}),
            "decoys": Decoys(names=(), questions={}),
            "smalltalk": {kind: talk.model_copy(update=unasked) for kind, talk in language.smalltalk.items()},
        }
    )
