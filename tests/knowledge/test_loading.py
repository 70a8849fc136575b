from __future__ import annotations

import datetime
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.knowledge import Fault, KnowledgeBase, KnowledgeError, default_root, load
from bot.knowledge.model import Citation

TOPIC = "lighthouse.yaml"


def test_a_sound_base_loads_into_typed_facts(base: Any) -> None:
    kb = base.load()

    fact = kb.facts["lamp-lit"]
    assert fact.topic == "lighthouse"
    assert fact.kind == "event"
    assert fact.cites == (Citation(source="tower_1891", paragraph=2, terms=("March", "1891")),)
    assert fact.date == datetime.date(1891, 3, 5)
    assert fact.related == ("lamp-nights",)
    assert kb.names["ada-finch"].spellings["hi"] == ("एडा फिंच", "ada finch")
    assert kb.topics == {"lighthouse": ("lamp-lit", "lamp-nights", "who-was-ada")}
    assert kb.paragraph(fact.cites[0]).topic == "the-lamp"


def test_languages_are_the_folders_with_a_lexicon(base: Any) -> None:
    kb = base.load()

    assert list(kb.languages) == ["en", "hi"]
    english = kb.languages["en"]
    assert english.texts["lamp-nights"].answer == "It burnt for 1.200 nights."
    assert english.texts["lamp-nights"].note == "The document counts no pauses."
    assert english.texts["lamp-lit"].note is None
    assert english.lexicon.concepts == {"burn": ("burn*", "shine")}
    assert english.decoys.names == ("Bert Crane",)
    assert english.smalltalk["thanks"].answer == "You are welcome."
    assert english.labels.sources["tower_1891"].covers == "a lamp and its keeper"


def test_texts_stand_in_the_order_of_the_facts(base: Any) -> None:
    text = (base.root / "en" / TOPIC).read_text(encoding="utf-8")
    first, rest = text.split("lamp-nights:")
    base.write(f"en/{TOPIC}", "lamp-nights:" + rest + first)

    assert list(base.load().languages["en"].texts) == ["lamp-lit", "lamp-nights", "who-was-ada"]


def test_the_base_survives_a_round_trip_through_json(base: Any) -> None:
    kb = base.load()

    assert KnowledgeBase.model_validate_json(kb.model_dump_json()) == kb


def test_the_digest_changes_with_any_byte_and_any_name(base: Any) -> None:
    digests = {base.load().digest}
    base.change("en/labels.yaml", "The Tower", "A Tower")
    digests.add(base.load().digest)
    base.change("en/labels.yaml", "A Tower", "A Tower  # so be it")
    digests.add(base.load().digest)
    assert len(digests) == 3


def test_a_language_may_bring_its_own_spellings(base: Any) -> None:
    base.change("names.yaml", "    hi: [दीया, diya]\n", "")
    base.change("names.yaml", "    hi: [एडा फिंच, ada finch]\n", "    hi: [एडा फिंच]\n")
    base.write("hi/names.yaml", "lamp: [दीया]\nada-finch: [एडा]\n")

    names = base.load().names

    assert names["lamp"].spellings["hi"] == ("दीया",)
    assert names["ada-finch"].spellings["hi"] == ("एडा फिंच", "एडा")


def test_zero_width_joiners_are_spelling_not_dirt(base: Any) -> None:
    base.change("names.yaml", "diya]", "diya, ന്\u200d]")

    assert base.faults() == []


def test_the_normaliser_decides_which_phrasings_of_different_facts_are_the_same(base: Any) -> None:
    with pytest.raises(
        KnowledgeError, match='phrasing "when did it go dark" says the same as the one of fact lamp-lit'
    ):
        load(base.root, normalise=lambda text: "when" if text.startswith("when") else text)


def test_one_fact_may_have_a_phrasing_in_two_scripts(base: Any) -> None:
    load(base.root, normalise=lambda text: "diya kab jala" if text == "दीया कब जला" else text)


FAULTS = [
    # (file, what stands there, what is put in its place, the fault)
    (
        "sources.yaml",
        "language: en",
        "language: English",
        ':3:13: a language must be a code such as ml or pt-BR, not "',
    ),
    ("sources.yaml", "heading: true", 'heading: "true"', ":8:16: heading must be true or false, without quotes"),
    ("sources.yaml", "topic: about", "topic: About it", ":7:14: a topic must be a slug such as winter-palace, not"),
    ("sources.yaml", "  sha256: ", "  sha256: x", ":4:11: sha256 must be 64 lower-case hexadecimal digits"),
    ("names.yaml", "kind: term", "kind: thing", ':7:9: kind must be one of person, place, body, term, not "thing"'),
    ("names.yaml", "    en: [Ada", "    eng: [Ada", ':4:5: unknown language "eng"; did you mean "en"?'),
    (
        "names.yaml",
        "    hi: [दीया, diya]\n",
        "",
        ':6:1: "lamp" has no spelling for hi; add it here or to hi/names.yaml',
    ),
    (
        f"facts/{TOPIC}",
        "kind: event",
        "kind: evnt",
        ":2:9: kind must be one of event, person, place, body, idea, cause",
    ),
    (f"facts/{TOPIC}", "  kind: event\n", "", ':2:3: a fact needs the key "kind"'),
    (f"facts/{TOPIC}", "figures:", "figurs:", ':7:3: unknown key "figurs"; did you mean "figures"?'),
    (f"facts/{TOPIC}", "figures:", "weather:", ':7:3: unknown key "weather"; a fact has kind, cites, figures, names'),
    (f"facts/{TOPIC}", "tower_1891", "tower_1819", ':4:15: unknown source "tower_1819"; did you mean "tower_1891"?'),
    (f"facts/{TOPIC}", "paragraph: 2", "paragraph: 3", ":5:18: tower_1891 has no paragraph 3; its last is 2"),
    (f"facts/{TOPIC}", "paragraph: 2", 'paragraph: "2"', ":5:18: paragraph must be a whole number from 1, without"),
    (f"facts/{TOPIC}", "paragraph: 2", "paragraph: 02", ":5:18: paragraph must be a whole number from 1, without"),
    (f"facts/{TOPIC}", '["March", "1891"]', "[]", ":6:14: the list of terms must hold at least 1, not 0"),
    (f"facts/{TOPIC}", '["March", "1891"]', "March", ":6:14: the list of terms must be a list"),
    (f"facts/{TOPIC}", '["5", "1891"]', '["5", "about 90"]', ":7:18: a figure must be one whole number such as"),
    (f"facts/{TOPIC}", "names: [lamp]", "names: [lmp]", ':8:11: unknown name "lmp"; did you mean "lamp"?'),
    (f"facts/{TOPIC}", '"1891-03-05"', '"5 March 1891"', ':9:9: a date must be a day written "YYYY-MM-DD", not "5'),
    (f"facts/{TOPIC}", '"1891-03-05"', '"1891-02-30"', ':9:9: a date must be a day written "YYYY-MM-DD", not "1'),
    (f"facts/{TOPIC}", "[lamp-nights]", "[lamp-night]", ':10:13: unknown related fact "lamp-night"; did you mean "l'),
    (f"facts/{TOPIC}", "[lamp-nights]", "[lamp-lit]", ':10:13: "lamp-lit" is related to itself; name another fact'),
    (f"en/{TOPIC}", "The first light", '" The first light"', ":2:10: a title has stray white space; leave single"),
    (f"en/{TOPIC}", "The first light", "The  first light", ":2:10: a title has stray white space; leave single"),
    (f"en/{TOPIC}", "The first light", '"The\\tfirst light"', ":2:10: a title has stray white space; leave single"),
    (f"en/{TOPIC}", "The first light", '"The first\\nlight"', ":2:10: a title runs over several lines; write it on"),
    (f"en/{TOPIC}", "The first light", '"The \\u202efirst"', ":2:10: a title holds U+202E RIGHT-TO-LEFT OVERRIDE"),
    (f"en/{TOPIC}", "The first light", '"The \\x07"', ":2:10: a title holds U+0007, which has no place in a text"),
    (f"en/{TOPIC}", "The first light", "x" * 71, ":2:10: a title has 71 characters; shorten it to 70"),
    (f"en/{TOPIC}", "The first light", '""', ":2:10: a title is empty; write the text"),
    (f"en/{TOPIC}", "The first light", "", ":2:9: a title is empty; write the text"),
    (f"en/{TOPIC}", "The first light", "[light]", ":2:10: a title must be a single text"),
    (f"en/{TOPIC}", "    - first light\n", "", ":4:5: the list of phrasings must hold at least 10, not 9"),
    (f"en/{TOPIC}", "first light", "x" * 141, ":2:10: a title has"),
    (f"en/{TOPIC}", "- first light", '- "?!"', ':5:7: phrasing "?!" has no letter or digit to go by'),
    (f"en/{TOPIC}", "- first light", "- First light!\n    - first light", ":6:7: phrasing"),
    (f"en/{TOPIC}", "- first light", "- Who was Ada Finch?", ':35:7: phrasing "who was ada finch" says the same as'),
    (f"en/{TOPIC}", "5 March 1891", "5 March 18910", ":14:11: the answer to lamp-lit must hold the figure 1891"),
    (f"en/{TOPIC}", "lamp-nights:", "lamp-night:", ':15:1: unknown fact "lamp-night"; did you mean "lamp-nights"?'),
    ("hi/decoys.yaml", "who built the water tower", "एडा", ':4:7: phrasing "एडा" says the same as the one of fact who'),
    ("en/lexicon.yaml", "burn*", "b*rn", ':5:10: "b*rn": a * may stand only at the end of a word'),
    ("en/lexicon.yaml", "function_words: [the, of]\n", "", ':1:1: the lexicon needs the key "function_words"'),
    ("en/smalltalk.yaml", "praise:", "prays:", ':19:1: unknown key "prays"; did you mean "praise"?'),
    ("en/labels.yaml", "  lighthouse: ", "  lighthous: ", ':6:3: unknown key "lighthous"; did you mean "lighthouse"?'),
    ("en/labels.yaml", "  event: Events\n", "", ':8:3: kinds needs the key "event"'),
]


@pytest.mark.parametrize(("file", "old", "new", "fault"), FAULTS)
def test_each_fault_is_named_at_its_place(base: Any, file: str, old: str, new: str, fault: str) -> None:
    base.change(file, old, new)

    assert any(found.startswith(file + fault) for found in base.faults()), base.faults()


def test_all_faults_come_at_once_and_sorted(base: Any) -> None:
    base.change("en/lighthouse.yaml", "The first light", "")
    base.change("facts/lighthouse.yaml", "kind: person", "kind: human")
    base.change("hi/labels.yaml", "The lighthouse", '""')

    assert [fault.split(": ")[0] for fault in base.faults()] == [
        "en/lighthouse.yaml:2:9",
        "facts/lighthouse.yaml:20:9",
        "hi/labels.yaml:6:15",
    ]


def test_a_figure_may_be_written_in_any_script_and_grouping(base: Any) -> None:
    base.change("hi/lighthouse.yaml", "1,200 रात", "१,२०० रात")

    assert base.faults() == []


def test_a_fact_that_a_language_lacks_is_named(base: Any) -> None:
    text = (base.root / "hi" / TOPIC).read_text(encoding="utf-8")
    base.write(f"hi/{TOPIC}", text.split("who-was-ada:")[0])

    assert base.faults() == [f'hi/{TOPIC}:1:1: fact "who-was-ada" is missing; add it']


def test_a_fact_in_the_file_of_another_topic_is_sent_home(base: Any) -> None:
    base.write("facts/keepers.yaml", "ada-age:\n  kind: person\n  cites: []\n")
    base.change("en/lighthouse.yaml", "who-was-ada:", "ada-age:")

    assert 'en/lighthouse.yaml:32:1: fact "ada-age" belongs to keepers.yaml; move it there' in base.faults()


def test_a_fact_belongs_to_one_topic_only(base: Any) -> None:
    base.write("facts/beacon.yaml", "lamp-lit: {}\n")

    first = f"{base.root}/facts/beacon.yaml:1"
    assert f'facts/lighthouse.yaml:1:1: fact "lamp-lit" is there already at {first}; keep one' in base.faults()


@pytest.mark.parametrize("name", ["sources.yaml", "names.yaml", "en/lighthouse.yaml", "hi/smalltalk.yaml"])
def test_a_missing_file_is_named_and_nothing_is_blamed_on_it(base: Any, name: str) -> None:
    (base.root / name).unlink()

    assert base.faults() == [f"{name}:1:1: the file is missing; add it"]


def test_a_broken_file_of_facts_is_not_blamed_on_the_languages(base: Any) -> None:
    base.write(f"facts/{TOPIC}", "lamp-lit: [\n")

    assert [fault.split(": ")[0] for fault in base.faults()] == [f"facts/{TOPIC}:2:1"]


def test_a_folder_without_a_lexicon_is_no_language(base: Any) -> None:
    (base.root / "hi" / "lexicon.yaml").unlink()

    assert "hi/lexicon.yaml:1:1: the file is missing; a language has one" in base.faults()


def test_a_language_folder_is_named_by_a_code(base: Any) -> None:
    shutil.copytree(base.root / "en", base.root / "english")

    message = 'a language folder must be named by a code such as ml or pt-BR, not "english"'
    assert f"english:1:1: {message}" in base.faults()


def test_no_file_goes_unread(base: Any) -> None:
    base.write("en/lighthuose.yaml", "a: b\n")
    base.write("facts/more/deep.yaml", "a: b\n")

    assert base.faults() == [
        'en/lighthuose.yaml:1:1: no file of this name is expected; did you mean "en/lighthouse.yaml"?',
        "facts/more/deep.yaml:1:1: no file of this name is expected",
    ]


def test_a_topic_may_not_take_the_name_of_another_file(base: Any) -> None:
    base.write("facts/labels.yaml", "a: b\n")

    assert "facts/labels.yaml:1:1: a topic must be a slug such as winter-palace" in base.faults()


def test_hidden_and_other_files_are_let_be(base: Any) -> None:
    base.write("en/.lighthouse.yaml", "broken: [")
    base.write("README.md", "# The lighthouse")

    assert base.faults() == []


def test_an_empty_folder_lacks_everything(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError) as caught:
        load(tmp_path)

    assert [fault.message.split(";")[0] for fault in caught.value.faults] == [
        "no language",
        "no facts",
        "the file is missing",
        "the file is missing",
    ]


def test_a_missing_folder_is_a_fault_not_a_crash(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError, match=r"nowhere:1:1: no such folder"):
        load(tmp_path / "nowhere")


def test_the_default_root_is_the_checkout_s_own() -> None:
    assert (default_root() / "sources.yaml").is_file()


YAML_TEXT = st.one_of(
    st.text(),
    st.text(alphabet="ab1:-,[]{}\"'&*!|>#?~<= \n\t\\u"),
    st.recursive(
        st.sampled_from(
            ["lamp-lit", "kind", "cites", "questions", "yes", "1917-11-07", "~", '"', "*a", "&a b", "!!int 3"]
        ),
        lambda inner: st.one_of(
            st.lists(inner, max_size=4).map(lambda items: "[" + ", ".join(items) + "]"),
            st.dictionaries(inner, inner, max_size=4).map(
                lambda pairs: "{" + ", ".join(f"{key}: {value}" for key, value in pairs.items()) + "}"
            ),
        ),
        max_leaves=12,
    ),
)
FILES = [
    "sources.yaml", "names.yaml", f"facts/{TOPIC}", f"en/{TOPIC}", "en/lexicon.yaml", "en/decoys.yaml",
    "en/smalltalk.yaml", "en/labels.yaml", "hi/names.yaml",
]  # fmt: skip


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    file=st.sampled_from(FILES),
    data=st.one_of(YAML_TEXT.map(lambda text: text.encode("utf-8", "replace")), st.binary()),
)
def test_whatever_a_file_holds_loading_ends_in_a_base_or_in_its_faults(base: Any, file: str, data: bytes) -> None:
    path = base.root / file
    before = path.read_bytes() if path.exists() else None
    path.write_bytes(data)
    faults: tuple[Fault, ...] = ()
    try:
        assert isinstance(load(base.root), KnowledgeBase)
    except KnowledgeError as error:
        faults = error.faults
    finally:
        if before is None:
            path.unlink()
        else:
            path.write_bytes(before)
    assert all(fault.line >= 1 and fault.column >= 1 and fault.message for fault in faults)
