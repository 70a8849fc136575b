"""What sets entries apart, learnt from their phrasings: a linear classifier, trained anew whenever an index is built.

Online passive-aggressive learning for several classes (Crammer et al., "Online Passive-Aggressive Algorithms", JMLR
2006, PA-I), with the weights averaged over all steps (Freund and Schapire, "Large Margin Classification Using the
Perceptron Algorithm", 1999). It takes half a minute in numpy and orders facts about as well as a linear support vector
machine does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bot.matching.arrays import Floats, Ints, Places, Scores, WeighedRows

EPOCHS: Final = 24
"""Times that each phrasing is learnt from: with so much left out, more are more to learn from."""
_AGGRESSIVENESS: Final = 0.6
_MARGIN: Final = 1.0
_FEWEST: Final = 6  # phrasings that must hold a feature: what one or two hold tells that they hold it, no more
_LEFT_OUT: Final = 0.4  # part of a phrasing's features that a step does not see: no question says it all, either
_SEED: Final = 1917


@dataclass(frozen=True)
class Classifier:
    """How much each feature speaks for each entry."""

    slots: Ints
    """Feature → row of `weights`; 0, a row of noughts, for a feature that tells nothing."""
    weights: NDArray[np.int8]
    """Row × entry, in units of `unit`."""
    unit: float

    def scores(self, features: Places, worth: Scores) -> Scores:
        """Per entry: about 1 where it is certainly meant, below 0 where it is certainly not."""
        told = self.weights.take(self.slots.take(features), axis=0).astype(np.float32)
        return np.asarray((worth * self.unit).astype(np.float32) @ told, dtype=np.float64)


def train(
    samples: WeighedRows, entries: Sequence[int], feature_count: int, entry_count: int, epochs: int = EPOCHS
) -> Classifier:
    """From phrasings, as features with their weights, and the entries that they ask for."""
    held = np.bincount(samples.keys, minlength=feature_count)
    slots = np.zeros(feature_count, dtype=np.int32)
    telling = np.flatnonzero(held >= min(_FEWEST, len(entries)))
    slots[telling] = np.arange(1, len(telling) + 1)
    # all that tells nothing shares a row, which stays one of noughts
    features = slots[samples.keys]
    worth = samples.values * (features > 0)
    weights = _averaged(features, worth, samples.starts.tolist(), entries, (len(telling) + 1, entry_count), epochs)
    unit = float(np.abs(weights).max()) / np.iinfo(np.int8).max or 1.0
    weights /= unit
    return Classifier(slots, np.rint(weights, out=weights).astype(np.int8), unit)


def _averaged(
    features: Ints,
    worth: Floats,
    starts: Sequence[int],
    entries: Sequence[int],
    shape: tuple[int, int],
    epochs: int,
) -> NDArray[np.float32]:
    weights = np.zeros(shape, dtype=np.float32)
    # the weights at step t added up over all t are T · w − Σ t · change; so only changes need be written down
    by_step = np.zeros_like(weights)
    random = np.random.default_rng(_SEED)
    step = 1
    for _ in range(epochs):
        for number in random.permutation(len(entries)).tolist():
            held, told = (some[starts[number] : starts[number + 1]] for some in (features, worth))
            told = told * (random.random(len(told), dtype=np.float32) >= _LEFT_OUT)
            scores = told @ weights[held]
            own = entries[number]
            reached = float(scores[own])
            scores[own] = -np.inf
            rival = int(scores.argmax())
            short = _MARGIN - reached + float(scores[rival])
            length = float(told @ told)
            if short > 0 and length > 0:
                change = min(_AGGRESSIVENESS, short / (2 * length)) * told
                weights[held, own] += change
                by_step[held, own] += step * change
                weights[held, rival] -= change
                by_step[held, rival] -= step * change
            step += 1
    by_step /= step
    weights -= by_step
    return weights
