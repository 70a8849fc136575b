"""Fit the weights and thresholds of `model.json` on the development questions: `make fit`.

Three steps, each cross-validated by topic (questions about one topic are never judged by numbers fitted on that topic):

1. ranking: logistic regression on pairs (right entry − wrong entry) of features,
2. confidence: logistic regression on the cues of the best fact, right or not,
3. thresholds: the lowest confidence at which wrong answers and leaks stay within their limits.

The questions are our own, so the figures printed here flatter; they compare versions, they do not promise.
"""
