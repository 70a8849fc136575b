"""What sets entries apart, learnt from their phrasings: a linear classifier, trained anew whenever an index is built.

Online passive-aggressive learning for several classes (Crammer et al., "Online Passive-Aggressive Algorithms", JMLR
2006, PA-I), with the weights averaged over all steps (Freund and Schapire, "Large Margin Classification Using the
Perceptron Algorithm", 1999). It takes a few seconds in numpy and orders facts about as well as a linear support vector
machine does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bot.matching.arrays import Floats, Ints, Places, Scores

_EPOCHS: Final = 8
_AGGRESSIVENESS: Final = 0.3
_MARGIN: Final = 1.0
_FEWEST: Final = 3  # phrasings that must hold a feature: what one or two hold tells that they hold it, no more
_SEED: Final = 1917

Sample = tuple[Sequence[int], Sequence[float]]
"""Features and their weights."""


@dataclass(frozen=True)
class Classifier:
    """How much each feature speaks for each entry."""

    slots: Ints
    """Feature → row of `weights`; 0, a row of noughts, for a feature that tells nothing."""
    weights: NDArray[np.int8]
    """Row × entry, in units of `unit`."""
    unit: float

    def scores(self, features: Sequence[int] | Places, worth: Scores) -> Scores:
        """Per entry: about 1 where it is certainly meant, below 0 where it is certainly not."""
        told = self.weights[self.slots[features]].astype(np.float32)
        return np.asarray((worth * self.unit).astype(np.float32) @ told, dtype=np.float64)


def train(samples: Sequence[Sample], entries: Sequence[int], features: int, entry_count: int) -> Classifier:
    """From phrasings and the entries that they ask for; features are numbered 0…`features` - 1."""
    held = np.bincount(np.concatenate([np.asarray(f, dtype=np.int64) for f, _ in samples]), minlength=features)
    slots = np.zeros(features, dtype=np.int32)
    telling = np.flatnonzero(held >= min(_FEWEST, len(samples)))
    slots[telling] = np.arange(1, len(telling) + 1)
    vectors = [_vector(slots, *sample) for sample in samples]
    weights = _averaged(vectors, entries, len(telling) + 1, entry_count)
    weights[0] = 0.0
    unit = float(np.abs(weights).max()) / np.iinfo(np.int8).max or 1.0
    return Classifier(slots, np.round(weights / unit).astype(np.int8), unit)


def _vector(slots: Ints, features: Sequence[int], worth: Sequence[float]) -> tuple[Ints, Floats]:
    chosen = slots[np.asarray(features, dtype=np.int64)]
    told = chosen > 0
    return chosen[told], np.asarray(worth, dtype=np.float32)[told]


def _averaged(
    vectors: Sequence[tuple[Ints, Floats]], entries: Sequence[int], rows: int, entry_count: int
) -> NDArray[np.float32]:
    weights = np.zeros((rows, entry_count), dtype=np.float32)
    # the weights at step t added up over all t are T · w − Σ t · change; so only changes need be written down
    by_step = np.zeros_like(weights)
    random = np.random.default_rng(_SEED)
    step = 1
    for _ in range(_EPOCHS):
        for number in random.permutation(len(vectors)).tolist():
            features, worth = vectors[number]
            scores = worth @ weights[features]
            own = entries[number]
            reached = float(scores[own])
            scores[own] = -np.inf
            rival = int(scores.argmax())
            short = _MARGIN - reached + float(scores[rival])
            if short > 0 and len(features):
                change = min(_AGGRESSIVENESS, short / (2 * float(worth @ worth))) * worth
                weights[features, own] += change
                by_step[features, own] += step * change
                weights[features, rival] -= change
                by_step[features, rival] -= step * change
            step += 1
    by_step /= step
    weights -= by_step
    return weights
