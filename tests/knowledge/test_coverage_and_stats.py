from __future__ import annotations

from typing import Any

from bot.knowledge.coverage import coverage_faults, paragraph_coverage, stats


def test_facts_are_counted_by_paragraph(base: Any) -> None:
    heading, lamp = paragraph_coverage(base.load())

    assert (heading.facts, heading.heading, heading.thin) == (0, True, False)
    assert (lamp.facts, lamp.topic, lamp.thin) == (3, "the-lamp", False)


def test_a_fact_that_cites_a_paragraph_twice_counts_once(base: Any) -> None:
    again = "    - source: tower_1891\n      paragraph: 2\n      terms: [lamp]\n"
    base.change("facts/lighthouse.yaml", "  cites:\n", "  cites:\n" + again)

    assert [each.facts for each in paragraph_coverage(base.load())] == [0, 3]


def test_a_paragraph_with_too_few_facts_is_named_at_its_place(base: Any) -> None:
    base.change("sources.yaml", "      heading: true\n", "")
    assert coverage_faults(base.load(), base.root)[0].message == (
        "no fact stands on paragraph 1 of tower_1891 (about); 3 should, or mark it `heading: true`"
    )

    base.change("facts/lighthouse.yaml", "paragraph: 2", "paragraph: 1")
    found = coverage_faults(base.load(), base.root)
    assert [(fault.line, fault.column) for fault in found] == [(6, 7), (8, 7)]
    assert found[0].message.startswith("1 fact stands on paragraph 1")
    assert found[1].message.startswith("2 facts stand on paragraph 2")


def test_stats_count_what_each_language_has(base: Any) -> None:
    numbers = stats(base.load())

    assert (numbers.facts, numbers.names) == (3, 2)
    assert numbers.kinds == {"event": 1, "outcome": 1, "person": 1}
    assert numbers.topics == {"lighthouse": 3}
    english = numbers.languages["en"]
    assert (english.facts, english.phrasings, english.fewest_phrasings, english.notes) == (3, 30, 10, 1)
    assert (english.concepts, english.decoys, english.spellings) == (1, 1, 3)
