"""The front of the matching room: a question in, ranked facts with a calibrated confidence out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

import numpy as np
from rapidfuzz import fuzz

from bot.knowledge.model import Fact, KnowledgeBase
from bot.language import Guess, clean
from bot.matching.arrays import Scores
from bot.matching.followup import (
    LEANING,
    Surroundings,
    in_context,
    is_elliptical,
    shift,
    surroundings,
)
from bot.matching.index import DECOY, SMALL_TALK, Index
from bot.matching.model import CUES, FOLLOW_UP_CUES, Model
from bot.matching.scoring import FEATURES, Scored, compare
from bot.matching.terms import Analysis, analyse, weigh

_CLEAR = 0.7  # lead in score that is as good as any larger one
_FAR = 1.0  # the same in what was learnt
_AHEAD = 0.35  # lead from which a bare subject stands for one fact
_MARGIN = CUES.index("margin")
_LEARNT, _ALIKE, _GRAMS = FEATURES.index("learnt"), FEATURES.index("words alike"), FEATURES.index("grams")
_WEIGHT_MENTIONED = FEATURES.index("weight mentioned")
_NAME_MISSING, _NUMBER_MISSING = FEATURES.index("name missing"), FEATURES.index("number missing")
_USUAL = 0.2  # part of a fact's phrasings that ask a kind of question, from which it is usual there
_SHARPNESS = 3.0  # how fast a candidate further down in score counts less
_LONGER = 3  # words of its own from which a question is likely complete
_ENTRIES = frozenset({"person", "place", "body"})
_WHO_OR_WHAT = frozenset({"who", "what", "which"})
_NAMED = 0.9  # confidence at least where a name is all that is asked: its entry cannot be wrong
_FIGURES_ASKED = frozenset({"how-many", "how-long", "when"})
_UNLIKE = 0.2  # what a lead of 1 in score over all that is no small talk adds to how much something is like some
_QUITE_UNLIKE = 1.5  # lead that is as good as any larger one
_HALF = 0.5  # weight of a question word that belongs to what is asked, not to what is told before
_EXACT = 0.93  # likeness of folded words from which a question is a phrasing with a slip


class Band(StrEnum):
    """What a match is good for."""

    ANSWER = "answer"
    SUGGEST = "suggest"
    DECLINE = "decline"
    SMALL_TALK = "small talk"


class Ranked(NamedTuple):
    """A fact and how well it fits."""

    fact: str
    score: float
    scored: Scored
    """All that was scored with it."""
    place: int
    """Where it stands among these."""

    @property
    def row(self) -> int:
        """The number of the phrasing that fits best."""
        return int(self.scored.rows[self.place])

    @property
    def pieces(self) -> dict[str, float]:
        """Feature → its part of the score."""
        parts = self.scored.features[self.place] * self.scored.weights
        return dict(zip(FEATURES, parts.tolist(), strict=True))


@dataclass(frozen=True)
class Match:
    """What the matcher makes of a question."""

    band: Band
    facts: tuple[Ranked, ...]
    """Best first; also when the band is DECLINE, as near topics."""
    confidence: float
    """Probability (0…1) that the first fact answers the question; of small talk, that it is that."""
    guess: Guess
    analysis: Analysis
    small_talk: str | None = None
    """The kind of small talk, when it is some."""
    follow_up: bool = False
    """True when the question was read with the fact answered before it."""
    decoy: str | None = None
    """The group of questions to be declined that fits better than any fact, if one does."""
    complete: bool = False
    """True when nothing that was answered before could change it."""


@dataclass(frozen=True)
class Matcher:
    """Built once, read by many; holds no state of a conversation."""

    knowledge: KnowledgeBase
    index: Index
    model: Model

    def match(self, question: str, *, context: str | None = None) -> Match:
        """The facts that `question` may ask for; any text is taken.

        `context` is the fact answered before: a question that is not complete in itself ("and when?") is read with it.
        An unknown id counts as none.
        """
        question = clean(question)
        guess = self.index.identifier.identify(question)
        analysis = analyse(question, guess.language, self.index.lexis)
        scored = compare(analysis, self.index, language=guess.language).score(self._weights)
        guess = unless_names_only(guess, analysis)
        alone = self.judge(scored, analysis, guess)
        if self._stands_alone(alone, scored):
            return replace(alone, complete=True)
        before = self.knowledge.facts.get(context or "")
        if before is not None and is_elliptical(analysis, before):
            return self._in_conversation(alone, before)
        return alone

    def match_names(self, question: str) -> Match:
        """As `match`, but of a question in a language that is not spoken only the names and numbers are read."""
        question = clean(question)
        guess = self.index.identifier.identify(question)
        tokens = tuple(
            t for t in analyse(question, None, self.index.lexis).tokens if any(s[0] in "nd" for s in t.senses)
        )
        analysis = Analysis(tokens, weigh(tokens), (), " ".join(t.folded for t in tokens))
        return self.judge(compare(analysis, self.index).score(self._weights), analysis, guess)

    def _stands_alone(self, alone: Match, scored: Scored) -> bool:
        """Whether a message means the same whatever it follows."""
        draw, words = self.model.closeness, len(alone.analysis.content)
        if words > LEANING or any(term.startswith("o:") for term in alone.analysis.terms):
            return True
        if alone.band is Band.SMALL_TALK:
            return self.small_talk_strength(scored, alone.analysis) >= draw.small_talk
        enough = draw.alone if words < _LONGER else draw.alone_longer
        return alone.band is Band.ANSWER and words > 1 and alone.confidence >= enough

    def _in_conversation(self, alone: Match, before: Fact) -> Match:
        """The better of two readings of a short message: by itself, and with what was answered before."""
        analysis = alone.analysis
        if alone.band is Band.ANSWER and alone.facts[0].fact == before.id and analysis.names:
            return alone  # asked by name once more
        ranked, cues = self.follow_up(alone, before)
        by_itself = alone
        if alone.band is Band.SMALL_TALK:  # not like enough to small talk to be some in the middle of a conversation
            by_itself = replace(alone, band=Band.DECLINE, small_talk=None, confidence=0.0)
        if not ranked or any(not t.known for t in analysis.content):
            return by_itself
        confidence = self.model.follow_up_confidence(cues)
        if confidence < self.model.answer or (alone.band is Band.ANSWER and alone.confidence > confidence):
            return by_itself
        return Match(Band.ANSWER, ranked, confidence, alone.guess, analysis, follow_up=True)

    def follow_up(self, alone: Match, before: Fact) -> tuple[tuple[Ranked, ...], Scores]:
        """The facts that a short message may ask for after `before`, best first, and the values of `FOLLOW_UP_CUES`."""
        draw, analysis = self.model.closeness, alone.analysis
        language = alone.guess.language or next(iter(self.knowledge.languages))
        title = self.knowledge.languages[language].texts[before.id].title
        shifts = shift(before, self._around(before), analysis, draw)
        wider = in_context(analysis, before, analyse(clean(title), language, self.index.lexis), draw.echo)
        scored = compare(wider, self.index, language=language, near=shifts).score(self._weights)
        totals = scored.scores + shifts[scored.entries]
        order = [
            int(i)
            for i in np.argsort(-totals, kind="stable")
            if not self.index.marks[scored.entries[i]] and shifts[scored.entries[i]] > 0
        ]
        if not order:
            return (), np.zeros(len(FOLLOW_UP_CUES))
        best = order[0]
        values = {
            "score": float(totals[best]),
            "held": float(scored.features[best, FEATURES.index("mentioned")]) if analysis.content else 1.0,
            "uncovered word": float(scored.uncovered[best]) if analysis.content else 0.0,
            "decoy leads": float(alone.decoy is not None and bool(analysis.content)),
            "alone": alone.confidence if alone.band is not Band.SMALL_TALK else 0.0,
            "bare": float(not analysis.content),
        }
        return self._ranked(scored, order[:8]), np.array([values[c] for c in FOLLOW_UP_CUES])

    def _around(self, fact: Fact) -> Surroundings:
        known = self._surroundings.get(fact.id)
        if known is None:
            known = self._surroundings[fact.id] = surroundings(fact, self.knowledge, self.index)
        return known

    @cached_property
    def _surroundings(self) -> dict[str, Surroundings]:
        return {}

    @cached_property
    def _weights(self) -> Scores:
        return np.array(self.model.weights)

    def judge(self, scored: Scored, analysis: Analysis, guess: Guess) -> Match:
        """The band and confidence of scored entries."""
        facts = self.facts_among(scored)
        ranked = self._ranked(scored, facts[:8])
        first = self.index.marks[scored.entries[0]]
        talks = first == SMALL_TALK and not any(term[0] in "no" for term in analysis.terms)
        if talks and self.small_talk_strength(scored, analysis) >= self.model.small_talk:
            kind = self.index.entries[scored.entries[0]].removeprefix(SMALL_TALK)
            return Match(Band.SMALL_TALK, ranked, 1.0, guess, analysis, small_talk=kind)
        if not ranked:
            return Match(Band.DECLINE, (), 0.0, guess, analysis)
        cues = self.cues(scored, facts, analysis)
        confidence = self.model.confidence(cues)
        # a single word is a subject and no question: unless one fact is ahead, several may be meant
        vague = len(analysis.content) == 1 and not analysis.question_words and cues[_MARGIN] < _AHEAD
        ahead = scored.entries[: facts[0]].tolist()
        decoy = next((self.index.entries[e].removeprefix(DECOY) for e in ahead if self.index.marks[e] == DECOY), None)
        if self._asks_for_entry(ranked[0].fact, analysis, guess.language):
            confidence, decoy, vague = max(confidence, _NAMED), None, False
        if confidence >= self.model.answer and not vague:
            band = Band.ANSWER
        elif confidence >= self.model.suggest and decoy is None:
            band = Band.SUGGEST
        else:
            band = Band.DECLINE
        return Match(band, ranked, confidence, guess, analysis, decoy=decoy)

    def facts_among(self, scored: Scored) -> list[int]:
        """The places of those scored entries that are facts, best first."""
        return [place for place, entry in enumerate(scored.entries.tolist()) if not self.index.marks[entry]]

    def cues(self, scored: Scored, facts: list[int], analysis: Analysis) -> Scores:
        """The values of `CUES` for the best of the scored facts."""
        best, entries = facts[0], scored.entries.tolist()
        features, learnt = scored.features[best].tolist(), scored.features[:, _LEARNT].tolist()
        scores: list[float] = scored.scores.tolist()
        places = self._places[entries[best]]
        rivals = [i for i in facts[1:] if places.isdisjoint(self._places[entries[i]])]
        decoys = [i for i, entry in enumerate(entries) if self.index.marks[entry]]
        few, asked = 1 / max(1, len(analysis.content)), _asked(analysis)
        fact = self.knowledge.facts[self.index.entries[entries[best]]]
        values = {
            "margin": _lead(scores, best, rivals, _CLEAR),
            "decoy margin": _lead(scores, best, decoys, _CLEAR),
            "learnt margin": _lead(learnt, best, rivals, _FAR),
            "learnt decoy margin": _lead(learnt, best, decoys, _FAR),
            "facts around": _share(scores, facts),
            "weight mentioned": features[_WEIGHT_MENTIONED],
            "uncovered of few": float(scored.uncovered[best]) * few,
            "kind asked": self._kind_asked(entries[best], asked),
            "name missing": features[_NAME_MISSING],
            "number missing": features[_NUMBER_MISSING],
            "outsider": any(term[0] == "o" for term in analysis.terms),
            "exact": features[_ALIKE] > _EXACT,
            "few words": few,
            "no figure": _lacks_figure(asked, fact),
        }
        return np.array([values[cue] for cue in CUES], dtype=np.float64)

    def _kind_asked(self, entry: int, asked: frozenset[str]) -> float:
        """How usual it is to ask such a question of an entry: 0 where no phrasing does, 1 where many do."""
        kinds = self.index.kinds
        shares = [self.index.kind_shares[entry, kinds.index(kind)] for kind in asked if kind in kinds]
        return min(1.0, float(max(shares)) / _USUAL) if shares else 1.0

    def _asks_for_entry(self, fact: str, analysis: Analysis, language: str | None) -> bool:
        """Whether a question names somebody or something, asks nothing more, and `fact` is the entry on just that."""
        about = self.knowledge.facts[fact]
        content = analysis.content
        if about.kind not in _ENTRIES or not about.names or not content:
            return False
        name = f"n:{about.names[0]}"
        # a filler of another language may mean something in this one ("tall", a rhythm in Hindi)
        fillers = self.index.lexis.functions.get(language or "", frozenset())
        return (
            analysis.question_words <= _WHO_OR_WHAT
            and all(name in token.senses for token in content)
            and all(token.folded in fillers for token in analysis.tokens if token.function)
        )

    def small_talk_strength(self, scored: Scored, analysis: Analysis) -> float:
        """How much the question is like the best entry's phrasing, letter by letter and in any order of words, and
        unlike all that is no small talk: 0…1.3."""
        in_any_order = fuzz.token_sort_ratio(analysis.folded, self.index.row_folded[scored.rows[0]]) / 100
        others = [place for place, entry in enumerate(scored.entries.tolist()) if self.index.marks[entry] != SMALL_TALK]
        lead = _lead(scored.scores.tolist(), 0, others, _QUITE_UNLIKE)
        return float(scored.features[0, _GRAMS] + in_any_order) / 2 + _UNLIKE * lead

    def _ranked(self, scored: Scored, positions: list[int]) -> tuple[Ranked, ...]:
        entries, scores = scored.entries.tolist(), scored.scores.tolist()
        return tuple([Ranked(self.index.entries[entries[i]], scores[i], scored, i) for i in positions])

    @cached_property
    def _places(self) -> list[frozenset[tuple[str, int]]]:
        """The paragraphs that each entry stands on; none for what is no fact."""
        facts = map(self.knowledge.facts.get, self.index.entries)
        return [frozenset(cite.place for cite in fact.cites) if fact else frozenset() for fact in facts]


def _lead(numbers: Sequence[float], best: int, others: Sequence[int], most: float) -> float:
    """How far one of `numbers` is ahead of the highest of some others; at most `most`, as where there are none."""
    return min(most, numbers[best] - max([numbers[i] for i in others], default=-math.inf))


def _share(scores: Sequence[float], some: Sequence[int]) -> float:
    """How much of the candidates is `some` of them, when each counts the less the lower its score is: 0…1."""
    worth = [math.exp(_SHARPNESS * (score - scores[0])) for score in scores]
    return sum(worth[i] for i in some) / sum(worth)


def _asked(analysis: Analysis) -> frozenset[str]:
    """The kinds of question that are asked, and not only told of before."""
    return frozenset([kind for kind in analysis.question_words if analysis.terms[f"q:{kind}"] > _HALF])


def _lacks_figure(asked: frozenset[str], fact: Fact) -> bool:
    """Whether a number or a time is asked for, and the fact gives none."""
    wanted = asked & _FIGURES_ASKED
    return bool(wanted) and not fact.figures and not (wanted == {"when"} and fact.date is not None)


def unless_names_only(guess: Guess, analysis: Analysis) -> Guess:
    """`guess`, but nothing where a message in Latin letters is only names and numbers: those belong to no language."""
    if guess.script != "LATIN" or guess.foreign:
        return guess
    if all(t.senses and all(s[0] in "ndo" for s in t.senses) for t in analysis.tokens):
        return replace(guess, language=None, confidence=0.0)
    return guess
