"""From a question to facts: an inverted index finds candidates, a fitted model scores them and says how sure it is."""

from bot.matching.index import Index, build_index, load_index
from bot.matching.matcher import Band, Match, Matcher, Ranked
from bot.matching.model import Model, load_model, parse_model

__all__ = [
    "Band",
    "Index",
    "Match",
    "Matcher",
    "Model",
    "Ranked",
    "build_index",
    "load_index",
    "load_model",
    "parse_model",
]
