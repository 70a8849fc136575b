"""The command line: `python -m bot`, installed as `revolution-bot`."""

from __future__ import annotations

import io
import sys

import click

import bot
from bot.commands.ask import ask
from bot.commands.chat import chat
from bot.commands.knowledge import knowledge
from bot.commands.run import health, run


def _show_version(context: click.Context, _option: click.Parameter, wanted: bool) -> None:
    if wanted and not context.resilient_parsing:
        click.echo(f"revolution-bot, version {bot.__version__}")
        context.exit()


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help="Show the version and exit.",
)
def main() -> None:
    """Ask about the Russian Revolution of 1917, in English, Indonesian, Hindi or Malayalam."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        # whatever the locale says, the answers are UTF-8, and a broken question must not break the reply
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")


main.add_command(ask)
main.add_command(chat)
main.add_command(knowledge)
main.add_command(run)
main.add_command(health)
