from __future__ import annotations

from typing import Any

import pytest

from bot.knowledge import PassageAltered, PassageError, PassageMissing, read_paragraph, verify
from bot.knowledge.model import Citation

LAMP = Citation(source="tower_1891", paragraph=2, terms=())


def document(base: Any) -> Any:
    return base.documents / "tower_1891.txt"


def faults(base: Any) -> list[str]:
    return [str(fault).removeprefix(f"{base.documents}/") for fault in verify(base.load(), base.documents)]


def test_a_base_that_agrees_with_its_documents_has_no_faults(base: Any) -> None:
    assert faults(base) == []


def test_an_altered_paragraph_is_named_with_its_line(base: Any) -> None:
    document(base).write_text(document(base).read_text().replace("Ada", "Ida"))

    assert faults(base) == [
        "tower_1891.txt:1:1: the file is not the one that sources.yaml knows: its SHA-256 differs",
        'tower_1891.txt:2:1: "Ada Finch", evidence for fact who-was-ada, does not stand in paragraph 2',
        "tower_1891.txt:2:1: paragraph 2 is not the one that sources.yaml knows: its SHA-256 differs",
    ]


def test_a_document_cut_short_is_named_and_its_lost_evidence_too(base: Any) -> None:
    document(base).write_text("About the lighthouse\n")

    found = faults(base)
    assert "tower_1891.txt:1:1: the document has 1 paragraphs, but sources.yaml lists 2" in found
    assert "tower_1891.txt:2:1: figure 1200 of fact lamp-nights stands in none of the paragraphs that it cites" in found


def test_a_missing_document_is_one_fault(base: Any) -> None:
    document(base).unlink()

    assert faults(base) == ["tower_1891.txt:1:1: cannot be read: No such file or directory"]


def test_a_term_must_stand_in_its_paragraph_to_the_letter(base: Any) -> None:
    base.change("facts/lighthouse.yaml", '"March"', '"march"')

    assert faults(base) == ['tower_1891.txt:2:1: "march", evidence for fact lamp-lit, does not stand in paragraph 2']


def test_a_figure_must_stand_in_a_cited_paragraph_and_not_inside_another_number(base: Any) -> None:
    base.change("facts/lighthouse.yaml", '["1200"]', '["1200", "200"]')
    base.change("en/lighthouse.yaml", "for 1.200 nights", "for 1.200 nights and 200 more")
    base.change("hi/lighthouse.yaml", "1,200 रात", "1,200 और 200 रात")

    assert faults(base) == [
        "tower_1891.txt:2:1: figure 200 of fact lamp-nights stands in none of the paragraphs that it cites"
    ]


def test_a_cited_paragraph_is_read_in_the_original(base: Any) -> None:
    passage = read_paragraph(base.load(), base.documents, LAMP)

    assert passage == "The lamp was lit on 5 March 1891 by Ada Finch. It burnt for 1,200 nights."


def test_a_paragraph_that_was_altered_is_not_shown(base: Any) -> None:
    document(base).write_text(document(base).read_text().replace("Ada", "Ida"))

    with pytest.raises(PassageAltered, match="tower_1891, paragraph 2: the document has changed"):
        read_paragraph(base.load(), base.documents, LAMP)


def test_a_passage_of_a_document_that_is_not_there_is_missing(base: Any) -> None:
    document(base).unlink()

    with pytest.raises(PassageMissing, match="the document cannot be read"):
        read_paragraph(base.load(), base.documents, LAMP)


def test_a_document_that_has_lost_the_paragraph_counts_as_altered(base: Any) -> None:
    document(base).write_text("About the lighthouse")

    with pytest.raises(PassageAltered, match="the document has only 1 paragraphs"):
        read_paragraph(base.load(), base.documents, LAMP)


@pytest.mark.parametrize(("source", "paragraph"), [("tower_1891", 0), ("tower_1891", 3), ("../secret", 1)])
def test_only_paragraphs_that_the_base_knows_are_read(base: Any, source: str, paragraph: int) -> None:
    with pytest.raises(PassageMissing, match="the knowledge base has no such paragraph"):
        read_paragraph(base.load(), base.documents, Citation(source=source, paragraph=paragraph, terms=()))


def test_both_errors_can_be_caught_as_one() -> None:
    assert issubclass(PassageMissing, PassageError)
    assert issubclass(PassageAltered, PassageError)
