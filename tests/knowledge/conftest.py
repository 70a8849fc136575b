"""A small but complete knowledge base about a lighthouse, in two languages, with its one document."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from bot.knowledge import KnowledgeBase, KnowledgeError, load

DOCUMENT = """\
About the lighthouse
The lamp was lit on 5 March 1891 by Ada Finch. It burnt for 1,200 nights.
"""


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


SOURCES = f"""\
tower_1891:
  title: The Tower
  language: en
  sha256: {sha256(DOCUMENT)}
  paragraphs:
    - sha256: {sha256(DOCUMENT.splitlines()[0])}
      topic: about
      heading: true
    - sha256: {sha256(DOCUMENT.splitlines()[1])}
      topic: the-lamp
"""

NAMES = """\
ada-finch:
  kind: person
  spellings:
    en: [Ada Finch]
    hi: [एडा फिंच, ada finch]
lamp:
  kind: term
  spellings:
    en: [lamp, light]
    hi: [दीया, diya]
"""

FACTS = """\
lamp-lit:
  kind: event
  cites:
    - source: tower_1891
      paragraph: 2
      terms: ["March", "1891"]
  figures: ["5", "1891"]
  names: [lamp]
  date: "1891-03-05"
  related: [lamp-nights]
lamp-nights:
  kind: outcome
  cites:
    - source: tower_1891
      paragraph: 2
      terms: ["1,200"]
  figures: ["1200"]
  names: [lamp]
who-was-ada:
  kind: person
  cites:
    - source: tower_1891
      paragraph: 2
      terms: ["Ada Finch"]
  names: [ada-finch]
  related: [lamp-lit, lamp-nights]
"""

ENGLISH = """\
lamp-lit:
  title: The first light
  questions:
    - when was the lamp lit
    - first light
    - what happened on 5 march
    - since when does the tower shine
    - on which day did it all begin
    - did the tower shine in 1891
    - the year the lamp began to burn
    - date of the lighting
    - how old is the light
    - who remembers the first evening
  answer: The lamp was lit on 5 March 1891.
lamp-nights:
  title: How long it burnt
  questions:
    - how many nights did the lamp burn
    - number of nights
    - how long did it last
    - was it 1,200 nights
    - count of the nights
    - for what time was there light
    - when did it go dark
    - how long could ships see it
    - duration of the light
    - nights with a lamp
  answer: >-
    It burnt
    for 1.200 nights.
  note: The document counts no pauses.
who-was-ada:
  title: Ada Finch
  questions:
    - who was ada finch
    - ada
    - who lit the lamp
    - finch the keeper
    - the keeper's name
    - name the woman with the match
    - by whom was it lit
    - whose hand was it
    - what did ada do
    - person who started the light
  answer: Ada Finch lit the lamp.
"""

HINDI = """\
lamp-lit:
  title: पहली रोशनी
  questions:
    - दीया कब जला
    - पहली रोशनी
    - ५ मार्च को क्या हुआ
    - मीनार कब से चमकी
    - किस दिन शुरू हुआ
    - क्या 1891 में जला
    - दीया जलने का साल
    - diya kab jala
    - pehli roshni
    - kis din shuru hua
  answer: दीया ५ मार्च १८९१ को जला।
lamp-nights:
  title: कितनी रातें
  questions:
    - दीया कितनी रात जला
    - रातों की गिनती
    - कब तक जला
    - क्या 1200 रातें थीं
    - कुल रातें
    - कितने समय तक
    - जहाज़ कब तक देख पाए
    - kitni raat jala
    - kab tak chala
    - raaton ki ginti
  answer: दीया 1,200 रात जला।
who-was-ada:
  title: एडा फिंच
  questions:
    - एडा फिंच कौन थीं
    - एडा
    - दीया किसने जलाया
    - रखवाली कौन करता था
    - उस महिला का नाम
    - किसके हाथ से जला
    - एडा ने क्या किया
    - ada kaun thi
    - diya kisne jalaya
    - us mahila ka naam
  answer: एडा फिंच ने दीया जलाया।
"""

LEXICON = """\
question_words:
  who: [who, by whom]
function_words: [the, of]
concepts:
  burn: [burn*, shine]
"""

DECOYS = """\
names: [Bert Crane]
questions:
  other-towers:
    - who built the water tower
"""

SMALLTALK = """\
greeting:
  questions: [hello]
  answer: Good evening!
thanks:
  questions: [thank you]
  answer: You are welcome.
goodbye:
  questions: [goodbye]
  answer: Good night.
who-are-you:
  questions: [who are you]
  answer: A companion.
what-can-you-do:
  questions: [what can you do]
  answer: I tell what my documents tell.
how-are-you:
  questions: [how are you]
  answer: Well.
praise:
  questions: [well done]
  answer: I am glad.
insult:
  questions: [you are stupid]
  answer: I shall try to do better.
"""

LABELS = """\
sources:
  tower_1891:
    title: The Tower
    covers: a lamp and its keeper
topics:
  lighthouse: The lighthouse
kinds:
  event: Events
  person: People
  place: Places
  body: Bodies
  idea: Ideas
  cause: Causes
  outcome: Outcomes
  overview: Overviews
  disagreement: Disagreements
"""


class Base:
    """A knowledge base in a folder, to be changed file by file."""

    def __init__(self, root: Path, documents: Path) -> None:
        self.root = root
        self.documents = documents
        self.write("sources.yaml", SOURCES)
        self.write("names.yaml", NAMES)
        self.write("facts/lighthouse.yaml", FACTS)
        for code, texts in (("en", ENGLISH), ("hi", HINDI)):
            self.write(f"{code}/lighthouse.yaml", texts)
            self.write(f"{code}/lexicon.yaml", LEXICON)
            self.write(f"{code}/decoys.yaml", DECOYS)
            self.write(f"{code}/smalltalk.yaml", SMALLTALK)
            self.write(f"{code}/labels.yaml", LABELS)
        documents.mkdir()
        (documents / "tower_1891.txt").write_text(DOCUMENT, encoding="utf-8")

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def change(self, name: str, old: str, new: str) -> None:
        """Replace the first occurrence, which must be there."""
        text = (self.root / name).read_text(encoding="utf-8")
        assert old in text
        self.write(name, text.replace(old, new, 1))

    def load(self) -> KnowledgeBase:
        return load(self.root)

    def faults(self) -> list[str]:
        """What loading finds wrong, with paths below the root; empty where all is well."""
        try:
            load(self.root)
        except KnowledgeError as error:
            return [str(fault).removeprefix(f"{self.root}/") for fault in error.faults]
        return []


@pytest.fixture
def base(tmp_path: Path) -> Base:
    return Base(tmp_path / "knowledge", tmp_path / "documents")
