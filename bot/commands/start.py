"""What the commands have in common: the assistant, and the folder with the documents."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NoReturn

import click

from bot.assistant import Assistant, build_assistant
from bot.knowledge import KnowledgeError

sources_option = click.option(
    "--sources",
    envvar="REVOLUTION_BOT_SOURCES",
    type=click.Path(path_type=Path),
    help="Folder with the source documents: show the cited passage in the original.",
)


def start_assistant() -> Assistant:
    """The assistant, or an exit with status 1 and every fault of the knowledge base."""
    try:
        return build_assistant(on_build=_ask_for_patience)
    except KnowledgeError as error:
        exit_with_faults(error)


def _ask_for_patience() -> None:
    if sys.stderr.isatty():
        click.echo("Learning what people ask… only the first start takes so long.", err=True)


def exit_with_faults(error: KnowledgeError) -> NoReturn:
    """Print every fault of the knowledge base and exit with status 1."""
    for fault in error.faults:
        click.echo(str(fault), err=True)
    raise SystemExit(1) from None
