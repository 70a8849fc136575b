"""Serving Telegram: settings, log, the service, and how it ends. Loaded by `run` only, for it brings much along."""

from __future__ import annotations

import asyncio
import logging
import os
from typing import NoReturn

import click
from telegram.error import InvalidToken

from bot.assistant import build_assistant
from bot.commands.start import exit_with_faults
from bot.knowledge import KnowledgeError
from bot.logs import configure_logging, log_lost_errors
from bot.settings import Settings, SettingsError, read_settings
from bot.telegram.service import Service, stop_on_signals

log = logging.getLogger(__name__)


def serve(webhook: bool) -> None:
    """Serve until stopped; exits with status 2 and a sentence for each setting that is wrong."""
    try:
        settings = read_settings()
        if webhook and settings.webhook_url is None:
            raise SettingsError(["WEBHOOK_URL is not set: give the https address at which Telegram reaches the bot."])
    except SettingsError as error:
        _exit_with(error)
    configure_logging(settings.log_level, settings.secrets)
    if settings.revolution_bot_cache is not None:
        os.environ["REVOLUTION_BOT_CACHE"] = str(settings.revolution_bot_cache)
    asyncio.run(_serve(settings, webhook))


async def _serve(settings: Settings, webhook: bool) -> None:
    log_lost_errors(asyncio.get_running_loop())
    try:
        assistant = build_assistant(
            default_language=settings.default_language,
            on_build=lambda: log.info("compiling the knowledge base, which takes about half a minute"),
        )
    except KnowledgeError as error:
        exit_with_faults(error)
    except ValueError as error:
        click.echo(f"DEFAULT_LANGUAGE: {error}.", err=True)
        raise SystemExit(2) from None
    service = Service(settings, assistant)
    stop_on_signals(service.stopping)
    try:
        starting = asyncio.create_task(_start(service, webhook), name="start")
        stopping = asyncio.create_task(service.stopping.wait(), name="stopping")
        await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            starting.result()
            log.info("ready")
            await service.run()
        else:  # Telegram may be out of reach for long, and a stop is a stop
            starting.cancel()
            await asyncio.gather(starting, return_exceptions=True)
    except SettingsError as error:
        _exit_with(error)
    except InvalidToken:
        click.echo("TELEGRAM_TOKEN: Telegram does not know this token; get the right one from @BotFather.", err=True)
        raise SystemExit(2) from None
    finally:
        await service.stop()
    log.info("stopped")


async def _start(service: Service, webhook: bool) -> None:
    await service.start(webhook=webhook)
    await (service.serve_webhook() if webhook else service.poll())


def _exit_with(error: SettingsError) -> NoReturn:
    for fault in error.faults:
        click.echo(fault, err=True)
    raise SystemExit(2) from None
