"""Inline: `@bot question` in any chat offers answers that the person can send there."""

from __future__ import annotations

import logging
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Final

from telegram import InlineKeyboardButton as Button
from telegram import InlineKeyboardMarkup as Keyboard
from telegram import InlineQueryResultArticle as Article
from telegram import (
    InlineQueryResultsButton,
    InputTextMessageContent,
    LinkPreviewOptions,
    Update,
)
from telegram.constants import ParseMode
from telegram.error import BadRequest

from bot.assistant import Assistant
from bot.i18n import Speaker
from bot.language import clean
from bot.reply import Reply, Status
from bot.telegram.answers import blocks, deep_link
from bot.telegram.audience import audience_of
from bot.telegram.blocks import LIMIT, Block, length, pages, pieces, to_html, to_plain
from bot.telegram.services import Context

log = logging.getLogger(__name__)

MAX_RESULTS: Final = 10
CACHE_SECONDS: Final = 60
"""How long Telegram may show a person the same results: while they type, not after they chose another language."""
START_PARAMETER: Final = "inline"
"""What `/start` is given by the button that opens the private chat."""
_DESCRIPTION: Final = 120
"""Characters of a result's description; apps show about two lines."""
_TOO_OLD: Final = ("query is too old", "query id is invalid")


class Role(Enum):
    """What a result is to the query."""

    ANSWER = auto()
    MAYBE = auto()
    """A suggestion: perhaps this was meant."""
    NEAR = auto()
    """The documents do not say what was asked; near it they say this."""
    RELATED = auto()
    """What a reader may ask next."""
    TOPIC = auto()
    """Offered without a question."""


@dataclass(frozen=True)
class Offer:
    """A fact, and why it is offered."""

    fact: str
    role: Role


async def on_inline_query(update: Update, context: Context) -> None:
    """Offer what fits the query; without one, popular topics."""
    query = update.inline_query
    if query is None:
        return
    services = context.bot_data
    audience = await audience_of(update, context)
    reply, offers = offered(services.assistant, query.query, language=audience.chosen, code=audience.language_code)
    speaker = services.speaker(reply.language)
    button = InlineQueryResultsButton(speaker._("Ask me in private"), start_parameter=START_PARAMETER)
    found = [(replied(services.assistant, reply, offer), offer.role) for offer in offers]
    for html in (True, False):
        try:
            await context.bot.answer_inline_query(
                query.id,
                [article(speaker, told, role, username=context.bot.username, html=html) for told, role in found],
                cache_time=CACHE_SECONDS,
                is_personal=True,
                button=button,
            )
            return
        except BadRequest as error:
            if any(sign in error.message.lower() for sign in _TOO_OLD):
                log.debug("an inline query was answered too late")
                return
            if not html:
                raise
            log.error("Telegram rejects inline results; sent as plain text")


def offered(assistant: Assistant, text: str, *, language: str | None, code: str | None) -> tuple[Reply, list[Offer]]:
    """The assistant's reply to a query, and the facts to offer for it, best first.

    `language` is the person's choice; `code` their app's.
    """
    reply = assistant.reply(text, language=language, language_code=code)
    unasked = reply.status is Status.SMALL_TALK or not any(c.isalnum() for c in clean(text))
    wanted = popular(assistant) if unasked else _fitting(assistant, text, reply)
    once: dict[str, Offer] = {}
    for offer in wanted:
        once.setdefault(offer.fact, offer)  # of two with the same fact the first counts
    return reply, list(once.values())[:MAX_RESULTS]


def popular(assistant: Assistant) -> Iterator[Offer]:
    """Where a newcomer may begin: the overviews."""
    return (Offer(fact.id, Role.TOPIC) for fact in assistant.knowledge.facts.values() if fact.kind == "overview")


def _fitting(assistant: Assistant, text: str, reply: Reply) -> Iterator[Offer]:
    if reply.status is Status.ANSWERED and reply.fact is not None:
        yield Offer(reply.fact, Role.ANSWER)
    role = Role.MAYBE if reply.status is Status.SUGGESTED else Role.NEAR
    yield from (Offer(suggestion.fact, role) for suggestion in reply.suggestions)
    if reply.status in (Status.ANSWERED, Status.SUGGESTED):
        yield from (Offer(fact, Role.MAYBE) for fact in _likely(assistant, text))
    yield from (Offer(suggestion.fact, Role.RELATED) for suggestion in reply.related)


def _likely(assistant: Assistant, text: str) -> Iterable[str]:
    """Other facts that are as likely as what the assistant would suggest."""
    match = assistant.matcher.match(text)
    if match.guess.foreign or not match.facts:  # of a language that is not spoken, only names were read
        return ()
    best = match.facts[0].score
    enough = assistant.matcher.model.suggest
    return [r.fact for r in match.facts if match.confidence * max(0.0, 1 - (best - r.score)) >= enough]


def replied(assistant: Assistant, reply: Reply, offer: Offer) -> Reply:
    """The reply that tells an offered fact, in the language of the reply to the query."""
    if offer.role is Role.ANSWER:
        return replace(reply, preface=None)  # who gets the message has not asked
    return assistant.answer(offer.fact, reply.language)


def article(speaker: Speaker, reply: Reply, role: Role, *, username: str, html: bool = True) -> Article:
    """A result that sends the answer, with a button that opens it in the private chat."""
    fact, told = reply.fact or "", fitted(reply)
    # Translators: a button under an answer that somebody sent to a chat; it opens the chat with the bot
    more = Button(speaker._("Ask more about it"), url=deep_link(username, fact))
    return Article(
        id=fact,
        title=reply.title or fact,
        description=textwrap.shorten(_description(speaker, reply.body, role), _DESCRIPTION, placeholder="…"),
        input_message_content=InputTextMessageContent(
            to_html(told) if html else to_plain(told),
            parse_mode=ParseMode.HTML if html else None,
            link_preview_options=LinkPreviewOptions(is_disabled=True),
        ),
        reply_markup=Keyboard([[more]]),
    )


def _description(speaker: Speaker, answer: str, role: Role) -> str:
    match role:
        case Role.MAYBE:
            # Translators: %(answer)s is the beginning of an answer, in small print under its title
            return speaker._("Perhaps you mean this: %(answer)s", answer=answer)
        case Role.NEAR:
            # Translators: %(answer)s is the beginning of an answer to another question, under its title
            return speaker._("My documents don't say that, but they do tell: %(answer)s", answer=answer)
        case Role.RELATED:
            # Translators: %(answer)s is the beginning of an answer on a related topic, under its title
            return speaker._("Related: %(answer)s", answer=answer)
        case _:
            return answer


def fitted(reply: Reply) -> list[Block]:
    """The blocks of an answer, short enough for one message: the note goes first, never the citation."""
    for shorter in (reply, replace(reply, note=None)):
        if len(pages(blocks(shorter))) <= 1:
            return blocks(shorter)
    rest = replace(reply, note=None, body="")
    room = LIMIT - length(to_plain(blocks(rest))) - len("…") - 4  # and the empty lines around the answer
    kept = pieces(reply.body, max(room, 16))[0]
    return pages(blocks(replace(rest, body=f"{kept}…")))[0]
