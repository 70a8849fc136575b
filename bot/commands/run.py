"""`run`: the bot in Telegram; `health`: whether it is alive.

Every command loads this module, so what serving needs is loaded when it is asked for.
"""

from __future__ import annotations

import signal
import sys

import click


@click.command()
@click.option("--webhook", is_flag=True, help="Let Telegram deliver updates to WEBHOOK_URL instead of polling.")
def run(webhook: bool) -> None:
    """Serve Telegram. Settings come from the environment; the README lists them."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # until the loop listens to it
    from bot.commands.serve import serve

    serve(webhook)


@click.command()
def health() -> None:
    """Exit with status 0 when the bot that runs on this machine is alive."""
    from bot.health import Heartbeat

    if not Heartbeat().is_alive():
        click.echo("no bot is running here, or it hangs", err=True)
        raise SystemExit(1)
