"""A fifth language is only files: written into a temporary folder, it is asked and it answers."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.assistant import Assistant, build_assistant
from bot.knowledge import default_root
from bot.knowledge.skeleton import add_language
from bot.reply import Status

ULTIMATUM = {
    "title": "El ultimátum",
    "answer": "El gobierno tuvo 20 minutos para rendirse.",
    "questions": [
        "cuánto tiempo tuvo el gobierno para rendirse",
        "plazo para la rendición del palacio",
        "cuántos minutos les dieron",
        "ultimátum del palacio de invierno",
        "qué plazo pusieron los revolucionarios",
        "hasta cuándo podían rendirse los ministros",
        "fueron veinte los minutos del ultimátum",
        "el plazo del gobierno antes del asedio",
        "minutos para entregar el palacio",
        "con cuánto tiempo contaban los sitiados",
    ],
}


LEXICON = {
    "question_words": {"how-long": ["cuánto tiempo"], "who": ["quién"], "how-many": ["cuántos"]},
    "function_words": "el la los para de del les tuvieron fue qué en con".split(),  # noqa: SIM905
    "concepts": {"surrender": ["rendir*", "rendición"], "palace": ["palacio*"], "minister": ["ministro*"]},
}


@pytest.fixture(scope="module")
def spanish(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    """The shipped knowledge with Spanish beside it: one fact in real words, the rest in made-up ones."""
    root = tmp_path_factory.mktemp("base") / "knowledge"
    shutil.copytree(default_root(), root)
    for path in add_language(root, "es"):
        if path.name == "names.yaml":
            names = read(root / "names.yaml")
            write(path, {identity: entry["spellings"]["en"][:1] for identity, entry in names.items()})
        elif path.name == "lexicon.yaml":
            write(path, LEXICON)
        elif path.name == "decoys.yaml":
            write(path, {"names": ["Cervantes"], "questions": {"other": ["quién escribió el quijote"]}})
        else:
            write(path, in_made_up_words(path.name, read(root / "en" / path.name)))
    return build_assistant(root)


def in_made_up_words(name: str, texts: dict[str, Any]) -> dict[str, Any]:
    if name == "labels.yaml":
        return texts
    for identity, text in texts.items():
        text["questions"] = [f"pregunta {identity.replace('-', ' ')} {letter * 3}" for letter in "abcdefghij"]
    return texts | ({"winter-palace-ultimatum": ULTIMATUM} if name == "winter-palace.yaml" else {})


def read(path: Path) -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return data


def write(path: Path, data: object) -> None:
    """As YAML in which every text is quoted, as the loader wants it."""
    path.write_text(
        yaml.safe_dump(data, allow_unicode=True, sort_keys=False, default_style='"', width=1000), encoding="utf-8"
    )


def test_it_is_answered_in_its_own_words(spanish: Assistant) -> None:
    reply = spanish.reply("cuánto tiempo tuvieron los ministros para rendirse en el palacio", language_code="es-MX")
    assert (reply.status, reply.fact, reply.language) == (Status.ANSWERED, "winter-palace-ultimatum", "es")
    assert "20 minutos" in reply.body


def test_the_other_languages_still_answer(spanish: Assistant) -> None:
    assert spanish.reply("किश्किन कौन था").fact == "who-was-kishkin"
