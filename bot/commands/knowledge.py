"""`knowledge`: check the knowledge base, hold it against the documents, count it, add a language to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

import click
from rich import box
from rich.console import Console
from rich.table import Table

from bot.assistant import build_assistant
from bot.knowledge import Fault, KnowledgeBase, KnowledgeError, default_root, load
from bot.knowledge.coverage import MIN_FACTS, Stats, coverage_faults
from bot.knowledge.coverage import stats as count
from bot.knowledge.skeleton import REFERENCE, LanguageError
from bot.knowledge.skeleton import add_language as make_folder
from bot.knowledge.verify import verify as compare
from bot.language import normalise

_FOLDER: Final = click.Path(file_okay=False, path_type=Path)


def _root_option(command: Callable[..., None]) -> Callable[..., None]:
    return click.option(
        "--root",
        type=_FOLDER,
        default=default_root,
        help="The knowledge base; by default the one that comes with the bot.",
    )(command)


@click.group()
def knowledge() -> None:
    """Look after the knowledge base."""


@knowledge.command()
@_root_option
def check(root: Path) -> None:
    """Read every file strictly and print every fault; exit 1 if there is any."""
    kb = _load(root)
    _stop_at(coverage_faults(kb, root))
    languages = ", ".join(kb.languages)
    click.echo(f"No faults: {len(kb.facts)} facts from {len(kb.sources)} documents in {languages}.")


@knowledge.command()
@click.option("--sources", "sources_dir", type=_FOLDER, required=True, help="The folder with the documents.")
@_root_option
def verify(root: Path, sources_dir: Path) -> None:
    """Hold checksums, evidence terms and figures against the documents; exit 1 if they disagree."""
    kb = _load(root)
    _stop_at(compare(kb, sources_dir))
    terms = sum(len(citation.terms) for fact in kb.facts.values() for citation in fact.cites)
    click.echo(f"No faults: {len(kb.sources)} documents are unaltered and hold all {terms} evidence terms.")


@knowledge.command()
@_root_option
def stats(root: Path) -> None:
    """Count facts by paragraph, topic and kind, and phrasings by language."""
    numbers = count(_load(root))
    console = Console()
    for table in _tables(numbers):
        console.print(table)
    console.print(f"{numbers.facts} facts, {numbers.names} names")


@knowledge.command()
@click.argument("question")
@click.option("--context", help="Id of the fact answered last, for follow-ups.")
@_root_option
def explain(question: str, context: str | None, root: Path) -> None:
    """Show how QUESTION was read and why the best five facts won: the pieces of their scores."""
    try:
        matcher = build_assistant(root).matcher
    except KnowledgeError as error:
        _stop_at(error.faults)
    match = matcher.match(question, context=context)
    console = Console(highlight=False)
    words = ", ".join(
        f"{t.folded} → {' '.join(t.senses) or ('–' if t.function else '?')}" for t in match.analysis.tokens
    )
    console.print(f"{match.guess}\n{words}\n", markup=False)
    console.print(
        f"{match.band}, confidence {match.confidence:.3f}, decoy {match.decoy}, small talk {match.small_talk}"
    )
    best = match.facts[:5]
    table = Table("", *(ranked.fact for ranked in best), box=box.SIMPLE)
    table.add_row("phrasing", *(matcher.index.row_folded[ranked.row] for ranked in best))
    for piece in best[0].pieces if best else ():
        table.add_row(piece, *(f"{ranked.pieces[piece]:.3f}" for ranked in best))
    table.add_row("score", *(f"{ranked.score:.3f}" for ranked in best))
    console.print(table)


@knowledge.command("add-language")
@click.argument("code")
@click.option("--reference", default=REFERENCE, show_default=True, help="The language of the comments.")
@_root_option
def add_language(root: Path, code: str, reference: str) -> None:
    """Make a folder for the language CODE (ta, pt-BR), with every text still to be filled in."""
    try:
        files = make_folder(root, code, reference=reference)
    except KnowledgeError as error:
        _stop_at(error.faults)
    except (LanguageError, OSError) as error:
        raise click.ClickException(str(error)) from error
    else:
        click.echo(
            f"{len(files)} files written to {root / code}. Fill them in; `knowledge check` names what is missing."
        )


def _load(root: Path) -> KnowledgeBase:
    """The knowledge base; ends the command with its faults where there are any."""
    try:
        return load(root, normalise=normalise)
    except KnowledgeError as error:
        _stop_at(error.faults)
        raise


def _stop_at(faults: Iterable[Fault]) -> None:
    """Print the faults, a line each as editors read them, and end the command with 1; go on where there are none."""
    listed = list(faults)
    for fault in listed:
        click.echo(str(fault))
    if listed:
        click.echo(f"{len(listed)} fault{'s' if len(listed) > 1 else ''}", err=True)
        raise click.exceptions.Exit(1)


def _tables(numbers: Stats) -> Iterable[Table]:
    languages = Table("language", title="Languages", box=box.SIMPLE)
    columns = ("facts", "phrasings", "fewest", "notes", "concepts", "decoys", "spellings")
    for column in columns:
        languages.add_column(column, justify="right")
    for code, each in numbers.languages.items():
        row = (
            each.facts,
            each.phrasings,
            each.fewest_phrasings,
            each.notes,
            each.concepts,
            each.decoys,
            each.spellings,
        )
        languages.add_row(code, *map(str, row))
    yield languages

    paragraphs = Table("document", "paragraph", title="Paragraphs", box=box.SIMPLE)
    paragraphs.add_column("topic", overflow="fold")
    paragraphs.add_column("facts")
    for each_paragraph in numbers.paragraphs:
        remark = "heading" if each_paragraph.heading else f"fewer than {MIN_FACTS}" if each_paragraph.thin else ""
        facts = f"{each_paragraph.facts} {remark}".rstrip()
        paragraphs.add_row(each_paragraph.source, str(each_paragraph.paragraph), each_paragraph.topic, facts)
    yield paragraphs

    for title, counted in (("Topics", numbers.topics), ("Kinds", numbers.kinds)):
        table = Table(title.lower().removesuffix("s"), title=title, box=box.SIMPLE)
        table.add_column("facts", justify="right")
        for name, facts_count in counted.items():
            table.add_row(name, str(facts_count))
        yield table
