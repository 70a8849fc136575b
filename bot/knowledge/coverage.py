"""How well the knowledge covers the documents, and how rich each language is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from bot.knowledge.faults import Fault
from bot.knowledge.model import Frozen, KnowledgeBase, Language
from bot.knowledge.yaml_nodes import ListNode, MappingNode, Place, parse_mapping

MIN_FACTS: Final = 3
"""So many facts should stand on every paragraph that tells anything."""


class ParagraphCoverage(Frozen):
    """What stands on one paragraph."""

    source: str
    """Id of the document."""

    paragraph: int
    """Counts from 1."""

    topic: str
    """What the paragraph is about."""

    heading: bool
    """Nothing need stand on it."""

    facts: int
    """Facts that cite it."""

    @property
    def thin(self) -> bool:
        """Whether too few facts stand on it."""
        return not self.heading and self.facts < MIN_FACTS


class LanguageStats(Frozen):
    """How much there is in one language."""

    facts: int
    """Facts in words."""

    phrasings: int
    """Phrasings of all facts."""

    fewest_phrasings: int
    """Phrasings of the fact that has the fewest; 0 without facts."""

    notes: int
    """Facts with an editor's note."""

    concepts: int
    """Ideas in the lexicon."""

    decoys: int
    """Phrasings to decline."""

    spellings: int
    """Spellings of names."""


class Stats(Frozen):
    """The knowledge base in numbers."""

    facts: int
    """All facts."""

    names: int
    """All names."""

    kinds: Mapping[str, int]
    """Facts by kind."""

    topics: Mapping[str, int]
    """Facts by topic."""

    paragraphs: tuple[ParagraphCoverage, ...]
    """Every paragraph of every document, in order."""

    languages: Mapping[str, LanguageStats]
    """By code."""


def paragraph_coverage(kb: KnowledgeBase) -> tuple[ParagraphCoverage, ...]:
    """Every paragraph of every document with the number of facts that cite it."""
    cited = Counter(place for fact in kb.facts.values() for place in {citation.place for citation in fact.cites})
    return tuple(
        ParagraphCoverage(
            source=source.id,
            paragraph=number,
            topic=paragraph.topic,
            heading=paragraph.heading,
            facts=cited[source.id, number],
        )
        for source in kb.sources.values()
        for number, paragraph in enumerate(source.paragraphs, 1)
    )


def coverage_faults(kb: KnowledgeBase, root: Path) -> tuple[Fault, ...]:
    """The paragraphs on which too few facts stand, each at its place in `sources.yaml` under the root."""
    path = root / "sources.yaml"
    try:
        listed = parse_mapping(path.read_bytes(), str(path), [])
    except OSError:
        listed = None
    return tuple(
        _place(listed, str(path), gap).fault(
            f"{_count(gap.facts)} paragraph {gap.paragraph} of {gap.source} ({gap.topic}); "
            f"{MIN_FACTS} should, or mark it `heading: true`"
        )
        for gap in paragraph_coverage(kb)
        if gap.thin
    )


def stats(kb: KnowledgeBase) -> Stats:
    """The knowledge base in numbers."""
    return Stats(
        facts=len(kb.facts),
        names=len(kb.names),
        kinds=Counter(fact.kind for fact in kb.facts.values()),
        topics=Counter(fact.topic for fact in kb.facts.values()),
        paragraphs=paragraph_coverage(kb),
        languages={code: _language_stats(kb, language) for code, language in kb.languages.items()},
    )


def _language_stats(kb: KnowledgeBase, language: Language) -> LanguageStats:
    phrasings = [len(text.questions) for text in language.texts.values()]
    return LanguageStats(
        facts=len(language.texts),
        phrasings=sum(phrasings),
        fewest_phrasings=min(phrasings, default=0),
        notes=sum(text.note is not None for text in language.texts.values()),
        concepts=len(language.lexicon.concepts),
        decoys=sum(map(len, language.decoys.questions.values())),
        spellings=sum(len(name.spellings.get(language.code, ())) for name in kb.names.values()),
    )


def _count(facts: int) -> str:
    return "no fact stands on" if facts == 0 else "1 fact stands on" if facts == 1 else f"{facts} facts stand on"


def _place(listed: MappingNode | None, path: str, gap: ParagraphCoverage) -> Place:
    document = listed.get(gap.source) if listed else None
    paragraphs = document.get("paragraphs") if isinstance(document, MappingNode) else None
    if isinstance(paragraphs, ListNode) and gap.paragraph <= len(paragraphs.items):
        return paragraphs.items[gap.paragraph - 1].place
    return Place(path, 1, 1)
