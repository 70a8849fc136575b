"""The front of the matching room: a question in, ranked facts with a calibrated confidence out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np

from bot.knowledge.model import Fact, KnowledgeBase
from bot.language import Guess
from bot.matching.followup import in_context, is_elliptical, share_paragraph, shift
from bot.matching.index import DECOY, SMALL_TALK, Index
from bot.matching.model import CUES, Model
from bot.matching.postings import Scores
from bot.matching.scoring import FEATURES, Scored, score
from bot.matching.terms import Analysis, analyse, weigh

_LONGER = 3  # words of its own from which a question is likely complete
_EXACT = 0.93  # likeness of folded words from which a question is a phrasing with a slip


class Band(StrEnum):
    """What a match is good for."""

    ANSWER = "answer"
    SUGGEST = "suggest"
    DECLINE = "decline"
    SMALL_TALK = "small talk"


@dataclass(frozen=True)
class Ranked:
    """A fact and how well it fits."""

    fact: str
    score: float
    pieces: dict[str, float]
    """Feature → its part of the score."""
    phrasing: str
    """The folded phrasing that fits best."""


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
        guess = self.index.identifier.identify(question)
        analysis = analyse(question, guess.language, self.index.lexis)
        scored = score(analysis, self.index, self._weights, language=guess.language)
        alone = self.judge(scored, analysis, guess)
        before = self.knowledge.facts.get(context or "")
        if before is None or not is_elliptical(analysis, before):
            return alone
        draw = self.model.closeness
        if alone.band is Band.SMALL_TALK and self.small_talk_strength(scored) >= draw.small_talk:
            return alone
        enough = draw.alone if len(analysis.content) < _LONGER else draw.alone_longer
        if alone.band is Band.ANSWER and len(analysis.content) > 1 and alone.confidence >= enough:
            return alone
        return self._follow_up(alone, before, analysis, guess)

    def match_names(self, question: str) -> Match:
        """As `match`, but of a question in a language that is not spoken only the names and numbers are read."""
        guess = self.index.identifier.identify(question)
        tokens = tuple(
            t for t in analyse(question, None, self.index.lexis).tokens if any(s[0] in "nd" for s in t.senses)
        )
        analysis = Analysis(tokens, weigh(tokens), (), " ".join(t.folded for t in tokens))
        return self.judge(score(analysis, self.index, self._weights), analysis, guess)

    def _follow_up(self, alone: Match, before: Fact, analysis: Analysis, guess: Guess) -> Match:
        """The better of two readings: as a question of its own, and with what was answered before."""
        language = guess.language or next(iter(self.knowledge.languages))
        title = self.knowledge.languages[language].texts[before.id].title
        draw = self.model.closeness
        shifts = shift(before, analysis, self.knowledge, self.index, draw)
        wider = in_context(analysis, before, analyse(title, language, self.index.lexis), draw.echo)
        near = np.flatnonzero(shifts > 0)
        scored = score(wider, self.index, self._weights, language=language, also=near)
        if not len(scored.entries):
            return alone
        totals = scored.scores + shifts[scored.entries]
        order = [i for i in np.argsort(-totals) if self.index.entries[scored.entries[i]] in self.knowledge.facts]
        best = order[0]
        if totals[best] < draw.least or shifts[scored.entries[best]] <= 0:
            return alone
        ranked = tuple(self._ranked(scored, int(i)) for i in order[:8])
        return Match(Band.ANSWER, ranked, max(alone.confidence, self.model.answer), guess, analysis, follow_up=True)

    @cached_property
    def _weights(self) -> Scores:
        return np.array(self.model.weights)

    def judge(self, scored: Scored, analysis: Analysis, guess: Guess) -> Match:
        """The band and confidence of scored entries."""
        facts = [i for i, e in enumerate(scored.entries) if self.index.entries[e] in self.knowledge.facts]
        best_decoy = self._best(scored, DECOY)
        best_talk = self._best(scored, SMALL_TALK)
        ranked = tuple(self._ranked(scored, i) for i in facts[:8])
        fact_score = ranked[0].score if ranked else -np.inf
        if best_talk == 0 and self.small_talk_strength(scored) >= self.model.small_talk:
            kind = self.index.entries[scored.entries[best_talk]].removeprefix(SMALL_TALK)
            return Match(Band.SMALL_TALK, ranked, 1.0, guess, analysis, small_talk=kind)
        if not ranked:
            return Match(Band.DECLINE, (), 0.0, guess, analysis)
        confidence = self.model.confidence(self.cues(scored, facts, analysis))
        decoy = None
        if best_decoy is not None and scored.scores[best_decoy] > fact_score:
            decoy = self.index.entries[scored.entries[best_decoy]].removeprefix(DECOY)
        if confidence >= self.model.answer:
            band = Band.ANSWER
        elif confidence >= self.model.suggest and decoy is None:
            band = Band.SUGGEST
        else:
            band = Band.DECLINE
        return Match(band, ranked, confidence, guess, analysis, decoy=decoy)

    def cues(self, scored: Scored, facts: list[int], analysis: Analysis) -> Scores:
        """The values of `CUES` for the best of the scored facts."""
        best = facts[0]
        pieces = dict(zip(FEATURES, scored.features[best], strict=True))
        top = float(scored.scores[best])
        rival = next((i for i in facts[1:] if not self._same_paragraph(scored, best, i)), None)
        decoys = [i for i, e in enumerate(scored.entries) if i not in facts and self.index.entries[e].startswith(DECOY)]
        content = analysis.content
        values = {
            "score": top,
            "margin": min(1.0, top - float(scored.scores[rival])) if rival is not None else 1.0,
            "decoy margin": min(1.0, top - float(scored.scores[decoys[0]])) if decoys else 1.0,
            "uncovered word": float(scored.uncovered[best]),
            "outsider": float(any(t.startswith("o:") for t in analysis.terms)),
            "unknown words": sum(not t.known for t in content) / max(1, len(content)),
            "exact": float(pieces["words alike"] > _EXACT),
            "few words": 1 / max(1, len(content)),
        }
        return np.array([values[cue] if cue in values else pieces[cue] for cue in CUES])

    @staticmethod
    def small_talk_strength(scored: Scored) -> float:
        """How much the question is like the phrasing of the best entry, letter by letter: 0…1."""
        return (
            float(scored.features[0, FEATURES.index("grams")] + scored.features[0, FEATURES.index("words alike")]) / 2
        )

    def _best(self, scored: Scored, prefix: str) -> int | None:
        return next((i for i, e in enumerate(scored.entries) if self.index.entries[e].startswith(prefix)), None)

    def _ranked(self, scored: Scored, position: int) -> Ranked:
        parts = scored.features[position] * self._weights
        return Ranked(
            self.index.entries[scored.entries[position]],
            float(scored.scores[position]),
            {name: float(part) for name, part in zip(FEATURES, parts, strict=True)},
            self.index.row_folded[scored.rows[position]],
        )

    def _same_paragraph(self, scored: Scored, one: int, other: int) -> bool:
        first, second = (self.knowledge.facts[self.index.entries[scored.entries[i]]] for i in (one, other))
        return share_paragraph(first, second)
