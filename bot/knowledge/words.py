"""Reading one language's folder: the facts in words, the lexicon, decoys, small talk and labels."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from bot.knowledge.model import (
    FACT_KINDS,
    MAX_ANSWER,
    MAX_COVERS,
    MAX_NOTE,
    MAX_PHRASING,
    MAX_SPELLING,
    MAX_TITLE,
    MIN_PHRASINGS,
    SMALLTALK_KINDS,
    Decoys,
    Fact,
    FactText,
    Labels,
    Lexicon,
    SmallTalk,
    SourceLabel,
)
from bot.knowledge.reader import Reader
from bot.knowledge.text import figures_in, plain_figure, plain_key
from bot.knowledge.yaml_nodes import MappingNode, Node, Place


class WordsReader:
    """Reads the files of one language, and sees to it that no phrasing stands for two different things.

    `facts` are all facts, in their order; `normalise` gives the key under which equal phrasings meet. None in place of
    a file stands for one that could not be read, which is noted already.
    """

    def __init__(self, reader: Reader, facts: Mapping[str, Fact], normalise: Callable[[str], str]) -> None:
        self.facts = facts
        self._reader = reader
        self._normalise = normalise
        self._phrasings: dict[str, tuple[str, Place]] = {}
        self._own_phrasings: dict[tuple[str, str], Place] = {}

    def topic(self, topic: str, root: MappingNode) -> dict[str, FactText]:
        """`<topic>.yaml`: the topic's facts in words, by id."""
        reader = self._reader
        texts: dict[str, FactText] = {}
        wanted = [fact.id for fact in self.facts.values() if fact.topic == topic]
        for key, node in reader.mapping(root, "a topic").entries:
            fact = self.facts.get(key.text)
            if fact is None:
                reader.unknown(key.place, "a fact", key.text, [id for id in wanted if root.get(id) is None])
                continue
            if fact.topic != topic:
                reader.fault(key.place, f'fact "{key.text}" belongs to {fact.topic}.yaml; move it there')
                continue
            entry = reader.fields(node, "a fact", ("title", "questions", "answer"), ("note",))
            note = entry.get("note")
            texts[key.text] = FactText(
                title=reader.text(entry.get("title"), "a title", MAX_TITLE),
                questions=self._questions(entry.get("questions"), f"fact {key.text}", MIN_PHRASINGS),
                answer=self._answer(entry.get("answer"), fact),
                note=None if note is None else reader.text(note, "a note", MAX_NOTE, lines=True),
            )
        for id in wanted:
            if root.get(id) is None:
                reader.fault(root.place, f'fact "{id}" is missing; add it')
        return texts

    def lexicon(self, root: MappingNode | None) -> Lexicon:
        """`lexicon.yaml`."""
        entry = self._reader.fields(root, "the lexicon", ("question_words", "function_words", "concepts"))
        return Lexicon(
            question_words=self._spellings(entry.get("question_words"), "question_words"),
            function_words=self._stems(entry.get("function_words")),
            concepts=self._spellings(entry.get("concepts"), "concepts"),
        )

    def decoys(self, root: MappingNode | None) -> Decoys:
        """`decoys.yaml`."""
        entry = self._reader.fields(root, "the decoys", ("names", "questions"))
        groups = self._reader.entries(entry.get("questions"), "questions")
        return Decoys(
            names=self._reader.texts(entry.get("names"), "a name", MAX_SPELLING),
            questions={key.text: self._questions(node, f"decoys {key.text}", 1) for key, node in groups},
        )

    def smalltalk(self, root: MappingNode | None) -> dict[str, SmallTalk]:
        """`smalltalk.yaml`, by kind."""
        reader = self._reader
        kinds: dict[str, SmallTalk] = {}
        for key, node in reader.fields(root, "small talk", SMALLTALK_KINDS).entries:
            entry = reader.fields(node, "small talk", ("questions", "answer"))
            kinds[key.text] = SmallTalk(
                questions=self._questions(entry.get("questions"), f"small talk {key.text}", 1),
                answer=reader.text(entry.get("answer"), "an answer", MAX_ANSWER, lines=True),
            )
        return kinds

    def labels(self, root: MappingNode | None, sources: Collection[str] | None, topics: Collection[str]) -> Labels:
        """`labels.yaml`. `sources`: all document ids, or None where they could not be read."""
        reader = self._reader
        entry = reader.fields(root, "the labels", ("sources", "topics", "kinds"))
        documents: dict[str, SourceLabel] = {}
        node = entry.get("sources")
        listed = reader.mapping(node, "sources") if sources is None else reader.fields(node, "sources", sorted(sources))
        for key, node in listed.entries:
            label = reader.fields(node, "a document's label", ("title", "covers"))
            documents[key.text] = SourceLabel(
                title=reader.text(label.get("title"), "a title", MAX_TITLE),
                covers=reader.text(label.get("covers"), "covers", MAX_COVERS),
            )
        return Labels(
            sources=documents,
            topics=self._titles(reader.fields(entry.get("topics"), "topics", sorted(topics))),
            kinds=self._titles(reader.fields(entry.get("kinds"), "kinds", FACT_KINDS)),
        )

    def names(self, root: MappingNode, known: Collection[str] | None) -> dict[str, tuple[str, ...]]:
        """`names.yaml`: this language's spellings by name. `known`: all names, or None where they could not be read."""
        spellings: dict[str, tuple[str, ...]] = {}
        for key, node in self._reader.mapping(root, "names.yaml").entries:
            if known is not None and key.text not in known:
                self._reader.unknown(key.place, "a name", key.text, known)
            spellings[key.text] = self._reader.texts(node, "a spelling", MAX_SPELLING)
        return spellings

    def _answer(self, node: Node | None, fact: Fact) -> str:
        answer = self._reader.text(node, "an answer", MAX_ANSWER, lines=True)
        if node is not None and answer:
            there = figures_in(answer)
            for figure in fact.figures:
                if plain_figure(figure) not in there:
                    self._reader.fault(node.place, f"the answer to {fact.id} must hold the figure {figure}")
        return answer

    def _questions(self, node: Node | None, owner: str, least: int) -> tuple[str, ...]:
        reader = self._reader
        questions = []
        for item in reader.items(node, "the list of phrasings", least=least):
            if question := reader.text(item, "a phrasing", MAX_PHRASING):
                questions.append(question)
                self._note_phrasing(question, owner, item.place)
        return tuple(questions)

    def _note_phrasing(self, question: str, owner: str, place: Place) -> None:
        """Hold the phrasing against all others: strictly within its owner, by `normalise` against the rest.

        A language typed in two scripts may have the same phrasing in both, as long as it means the same fact.
        """
        key = self._normalise(question)
        if not key.strip():
            self._reader.fault(place, f'phrasing "{question}" has no letter or digit to go by')
            return
        other, first = self._phrasings.setdefault(key, (owner, place))
        if other != owner:
            where = f"of {other} at {first.path}:{first.line}"
        else:
            first = self._own_phrasings.setdefault((owner, plain_key(question)), place)
            if first is place:
                return
            where = f"on line {first.line}"
        self._reader.fault(place, f'phrasing "{question}" says the same as the one {where}; keep one')

    def _spellings(self, node: Node | None, what: str) -> dict[str, tuple[str, ...]]:
        return {key.text: self._stems(listed) for key, listed in self._reader.entries(node, what)}

    def _stems(self, node: Node | None) -> tuple[str, ...]:
        """Spellings that may end in `*`."""
        spellings = []
        for item in self._reader.items(node, "the list of spellings"):
            spelling = self._reader.text(item, "a spelling", MAX_SPELLING)
            if "*" in spelling[:-1] or spelling == "*" or spelling.endswith(" *"):
                self._reader.fault(item.place, f'"{spelling}": a * may stand only at the end of a word')
            spellings.append(spelling)
        return tuple(spellings)

    def _titles(self, mapping: MappingNode) -> dict[str, str]:
        return {key.text: self._title(node) for key, node in mapping.entries}

    def _title(self, node: Node) -> str:
        return self._reader.text(node, "a title", MAX_TITLE)
