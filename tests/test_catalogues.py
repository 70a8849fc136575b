"""The interface's catalogues: complete, with sound placeholders, and up to date with the code."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from bot.i18n import Catalogues

PROJECT = Path(__file__).parent.parent
LANGUAGES = ("hi", "id", "ml")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")


def messages_in_code() -> set[str | tuple[str, ...]]:
    found = extract_from_dir(
        PROJECT / "bot", keywords={"_": None, "ngettext": (1, 2)}, method_map=[("**.py", "python")]
    )
    return {message if isinstance(message, str) else tuple(message) for _, _, message, _, _ in found}


def catalogue(language: str) -> Catalog:
    path = PROJECT / "locales" / language / "LC_MESSAGES" / "bot.po"
    return read_po(io.BytesIO(path.read_bytes()), locale=language)


def key(identity: str | list[str] | tuple[str, ...]) -> str | tuple[str, ...]:
    return identity if isinstance(identity, str) else tuple(identity)


def broken_placeholders(identity: str | list[str] | tuple[str, ...], form: str) -> set[str]:
    """What a translation lacks or makes up.

    Each form must have what stands in singular and plural both, and may have what stands in either.
    """
    originals = [set(PLACEHOLDER.findall(one)) for one in ([identity] if isinstance(identity, str) else identity)]
    used = set(PLACEHOLDER.findall(form))
    return (set.intersection(*originals) - used) | (used - set.union(*originals))


def forms(message: Message, translated: Catalog) -> list[str]:
    """The translation's plural forms, as many as the language has."""
    return [message.string] if isinstance(message.string, str) else list(message.string or ())[: translated.num_plurals]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_is_translated_and_none_is_left_over(language: str) -> None:
    translated = catalogue(language)
    entries = {key(m.id): m for m in translated if m.id}
    assert set(entries) == messages_in_code()
    for message in entries.values():
        assert all(forms(message, translated)), message.id
        assert not message.fuzzy, message.id


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_survive_translation(language: str) -> None:
    translated = catalogue(language)
    for message in translated:
        if message.id:
            for form in forms(message, translated):
                assert not broken_placeholders(message.id, form), (message.id, form)


@pytest.mark.parametrize(
    ("message", "form", "broken"),
    [
        ("Page %(page)s", "पेज %(page)s", set()),
        ("Page %(page)s", "पेज", {"%(page)s"}),
        ("Page %(page)s", "पेज %(pag)s", {"%(page)s", "%(pag)s"}),
        ("Page %(page)s", "पेज %(page)", {"%(page)s"}),
        # a number that only one form has may be told or not: one language counts where another does not
        (("This document", "These %(n)s documents"), "Dokumen ini", set()),
        (("This document", "These %(n)s documents"), "%(n)s dokumen ini", set()),
        (("This document", "These %(n)s documents"), "%(count)s dokumen ini", {"%(count)s"}),
        (("%(n)s in %(language)s", "%(n)s each in %(language)s"), "%(n)s", {"%(language)s"}),
        (("A %(kind)s", "%(n)s of %(kind)s"), "%(n)s", {"%(kind)s"}),
    ],
)
def test_what_counts_as_a_broken_placeholder(message: str | tuple[str, str], form: str, broken: set[str]) -> None:
    assert broken_placeholders(message, form) == broken


def test_the_template_is_up_to_date() -> None:
    template = read_po(io.BytesIO((PROJECT / "locales" / "bot.pot").read_bytes()))
    assert {key(m.id) for m in template if m.id} == messages_in_code()


def test_a_language_without_a_catalogue_speaks_english() -> None:
    assert Catalogues().for_language("ta")._("Goodbye!") == "Goodbye!"


def test_languages_and_lists_are_named_as_readers_write_them() -> None:
    hindi = Catalogues().for_language("hi")
    assert hindi.language_name("ml") == "मलयालम"
    assert hindi.join(["क", "ख"]) == "क और ख"
