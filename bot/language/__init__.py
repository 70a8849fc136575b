"""Reading a message: which language it is in, and one spelling for every script."""

from bot.language.asking import Asking, asking, sentences
from bot.language.clean import MAX_CHARACTERS, clean, words
from bot.language.fold import fold, folded_words, normalise, skeleton
from bot.language.identify import Guess, Identifier, script_of
from bot.language.romanise import romanise

__all__ = [
    "MAX_CHARACTERS",
    "Asking",
    "Guess",
    "Identifier",
    "asking",
    "clean",
    "fold",
    "folded_words",
    "normalise",
    "romanise",
    "script_of",
    "sentences",
    "skeleton",
    "words",
]
