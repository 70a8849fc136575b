"""The interface's own sentences in every language: gettext catalogues, read as they are, through Babel.

A catalogue is `locales/<language>/LC_MESSAGES/bot.po`; there is no compile step. English is in the code itself: a
message that a catalogue lacks is said in English.
"""

from __future__ import annotations

import gettext
import io
from collections.abc import Sequence
from functools import cached_property, lru_cache
from pathlib import Path

from babel import Locale
from babel.core import UnknownLocaleError
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

DOMAIN = "bot"


def default_locales() -> Path:
    """The catalogues that come with the code: inside an installed package, else beside it in a checkout."""
    package = Path(__file__).parent
    installed = package / "_data" / "locales"
    return installed if installed.is_dir() else package.parent / "locales"


class Catalogues:
    """All catalogues under one folder, each read when its language is first spoken."""

    def __init__(self, root: Path | None = None) -> None:
        self.root = root or default_locales()
        self.for_language = lru_cache(maxsize=None)(self._speaker)

    def _load(self, language: str) -> gettext.NullTranslations:
        path = self.root / language / "LC_MESSAGES" / f"{DOMAIN}.po"
        if not path.is_file():
            return gettext.NullTranslations()
        compiled = io.BytesIO()
        with path.open("rb") as file:
            write_mo(compiled, read_po(file, locale=language.replace("-", "_")))
        compiled.seek(0)
        return gettext.GNUTranslations(compiled)

    def _speaker(self, language: str) -> Speaker:
        """The interface in one language; as `for_language` it is remembered."""
        return Speaker(language, self._load(language))


class Speaker:
    """The interface in one language. `_` and `ngettext` are the names that extraction looks for."""

    def __init__(self, language: str, translations: gettext.NullTranslations) -> None:
        self.language = language
        self._translations = translations
        self.language_name = lru_cache(maxsize=100)(self._language_name)

    def _(self, message: str, **values: object) -> str:
        """`message` in this language with its named placeholders filled in."""
        text = self._translations.gettext(message)
        return text % values if values else text

    def ngettext(self, singular: str, plural: str, n: int, **values: object) -> str:
        """The plural form that `n` asks for; `%(n)s` is always there to be used."""
        return self._translations.ngettext(singular, plural, n) % {"n": n, **values}

    def _language_name(self, code: str) -> str:
        """The name of a language in this one; the code itself where Babel knows no name. Babel is slow to tell."""
        try:
            return Locale.parse(code, sep="-").get_display_name(self._locale) or code
        except (UnknownLocaleError, ValueError):
            return code

    def join(self, items: Sequence[str]) -> str:
        """A list as it is written in this language ("a, b and c")."""
        return format_list(list(items), locale=self._locale)

    @cached_property
    def _locale(self) -> Locale:
        try:
            return Locale.parse(self.language, sep="-")
        except (UnknownLocaleError, ValueError):
            return Locale("en")
