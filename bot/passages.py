"""The cited passage in the original, where the operator has the documents."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bot.assistant import Assistant
from bot.knowledge import PassageAltered, PassageMissing, read_paragraph
from bot.knowledge.model import Citation
from bot.reply import Place


@dataclass(frozen=True)
class Passage:
    """A paragraph of a document, or why it cannot be shown."""

    heading: str
    """Which document and paragraph, in the reader's language."""
    original: str | None
    """The paragraph word for word; None when it is missing or not the one that was cited."""
    problem: str | None
    """A sentence for the reader, when there is no original."""

    @property
    def text(self) -> str:
        return f"{self.heading}\n{self.original or self.problem}"


def passage_of(assistant: Assistant, sources: Path, place: Place, language: str) -> Passage:
    """The paragraph at `place` from the folder `sources`, after its hash was checked; never raises for bad files."""
    speaker = assistant.catalogues.for_language(language)
    label = assistant.knowledge.languages[language].labels.sources[place.source]
    heading = speaker._("“%(title)s”, paragraph %(number)s", title=label.title, number=place.paragraph)
    cited = Citation(source=place.source, paragraph=place.paragraph, terms=())
    try:
        return Passage(heading, read_paragraph(assistant.knowledge, sources, cited), None)
    except PassageMissing:
        problem = speaker._("The original document is not available here.")
    except PassageAltered:
        problem = speaker._("The document here is not the one that was cited, so the passage is not shown.")
    return Passage(heading, None, problem)
