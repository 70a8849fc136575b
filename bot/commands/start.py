"""What the commands have in common: the assistant, and the folder with the documents."""

from __future__ import annotations

import sys
from pathlib import Path

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
    for stream in (sys.stdout, sys.stderr):
        # whatever the locale says, the answers are UTF-8, and a broken question must not break the reply
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        return build_assistant()
    except KnowledgeError as error:
        for fault in error.faults:
            click.echo(str(fault), err=True)
        raise SystemExit(1) from None
