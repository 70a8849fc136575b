"""The fitted numbers: feature weights, the confidence curve, the thresholds. They live in `model.json`, not in code."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from importlib.resources import files
from typing import Final

import numpy as np

from bot.matching.arrays import Scores
from bot.matching.followup import Closeness
from bot.matching.scoring import FEATURES

CUES: Final = (
    "margin",  # in score, over the best fact that stands on other paragraphs
    "decoy margin",  # over the best question that must be declined
    "learnt margin",  # as "margin", by this one feature: two ways of looking that agree
    "learnt decoy margin",
    "facts around",  # how much of what is near the question is facts, and not questions to be declined
    "weight mentioned",
    "uncovered of few",  # a telling word that the fact holds nothing of, in a question of few words
    "kind asked",  # such a question (when, why, …) is often asked of the fact
    "name missing",
    "number missing",
    "outsider",  # the question names something that only the decoys know
    "exact",  # the question is a phrasing, or all but one
    "few words",  # 1 for a single content word, falling with more
    "no figure",  # a number or a time is asked for, and the fact gives none
)
"""What confidence is judged by."""


FOLLOW_UP_CUES: Final = (
    "score",  # with what closeness adds
    "held",  # part of the message's own words that the fact holds; 1 without any
    "uncovered word",
    "decoy leads",  # by itself the message is like a question to be declined
    "alone",  # confidence of the message read by itself
    "bare",  # no words of its own
)
"""What the confidence in a follow-up's answer is judged by."""


@dataclass(frozen=True)
class Model:
    """Everything that `make fit` finds out."""

    weights: tuple[float, ...]
    """One for each of `scoring.FEATURES`."""
    cue_weights: tuple[float, ...]
    """One for each of `CUES`."""
    intercept: float
    answer: float
    """Confidence from which a fact is the answer."""
    suggest: float
    """Confidence from which facts are offered as suggestions."""
    small_talk: float
    """Likeness (`Matcher.small_talk_strength`) from which small talk is taken as such."""
    closeness: Closeness
    """How follow-ups are read."""
    follow_up_weights: tuple[float, ...]
    """One for each of `FOLLOW_UP_CUES`."""
    follow_up_intercept: float

    def confidence(self, cues: Scores) -> float:
        """Probability that the best fact answers the question."""
        return _logistic(float(np.dot(self.cue_weights, cues)) + self.intercept)

    def follow_up_confidence(self, cues: Scores) -> float:
        """Probability that the best fact near the one before answers a follow-up."""
        return _logistic(float(np.dot(self.follow_up_weights, cues)) + self.follow_up_intercept)

    def dump(self) -> str:
        """The text of `model.json`."""
        data = asdict(self)
        data["weights"] = dict(zip(FEATURES, self.weights, strict=True))
        data["cue_weights"] = dict(zip(CUES, self.cue_weights, strict=True))
        data["follow_up_weights"] = dict(zip(FOLLOW_UP_CUES, self.follow_up_weights, strict=True))
        return json.dumps(data, indent=2) + "\n"


def _logistic(logit: float) -> float:
    return 1 / (1 + math.exp(-max(-40.0, min(40.0, logit))))


def parse_model(text: str) -> Model:
    """The model in the text of a `model.json`.

    Raises:
        KeyError: a weight is missing; fit again after adding a feature.
    """
    data = json.loads(text)
    data["weights"] = tuple(data["weights"][name] for name in FEATURES)
    data["cue_weights"] = tuple(data["cue_weights"][name] for name in CUES)
    data["follow_up_weights"] = tuple(data["follow_up_weights"][name] for name in FOLLOW_UP_CUES)
    data["closeness"] = Closeness(**data["closeness"])
    return Model(**data)


def load_model() -> Model:
    """The model that ships with the package."""
    return parse_model(files("bot.matching").joinpath("model.json").read_text(encoding="utf-8"))
