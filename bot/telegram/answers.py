"""A reply of the assistant as a message: blocks and buttons."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import quote, urlencode

from telegram import InlineKeyboardButton as Button
from telegram import InlineKeyboardMarkup as Keyboard

from bot.i18n import Speaker
from bot.reply import Reply, Status, Suggestion
from bot.telegram.blocks import Block, Style
from bot.telegram.callbacks import Action, pack
from bot.telegram.services import Services
from bot.telegram.speech import Saying

MAX_RELATED = 3


def answer(services: Services, reply: Reply, *, username: str, tally: tuple[int, int] = (0, 0)) -> Saying:
    """What to say for a reply. `username` is the bot's, for links; `tally` the votes so far."""
    return _compose(reply, services.speaker(reply.language), username, tally, services.sources is not None)


# replies to many different questions are equal; there are fewer answers in all languages than are kept
@lru_cache(maxsize=2_000)
def _compose(reply: Reply, speaker: Speaker, username: str, tally: tuple[int, int], passages: bool) -> Saying:
    return Saying(blocks(reply), keyboard(reply, speaker, username=username, tally=tally, passages=passages))


def blocks(reply: Reply) -> list[Block]:
    """The reply's text: short first, the citation folded, the editor's note apart."""
    found = [
        Block(reply.preface or "", Style.ASIDE),
        Block(reply.title or "", Style.TITLE),
        Block(reply.body),
        Block("\n".join(reply.citation_lines), Style.DETAILS),
        Block(reply.note or "", Style.ASIDE),
    ]
    return [block for block in found if block.text]


def keyboard(
    reply: Reply, speaker: Speaker, *, username: str, tally: tuple[int, int], passages: bool
) -> Keyboard | None:
    """The reply's buttons: three rows under an answer, one for each suggestion else."""
    if reply.status is Status.ANSWERED and reply.fact is not None:
        return answer_keyboard(reply, speaker, username=username, tally=tally, passages=passages)
    if not reply.suggestions:
        return None
    rows = [[fact_button(s, reply.language)] for s in reply.suggestions]
    if reply.status is Status.SUGGESTED:
        rows.append([Button(speaker._("None of these"), callback_data=pack(Action.NONE))])
    return Keyboard(rows)


def fact_button(suggestion: Suggestion, language: str) -> Button:
    """A button that tells a fact."""
    return Button(suggestion.title, callback_data=pack(Action.ANSWER, suggestion.fact, language))


def answer_keyboard(
    reply: Reply, speaker: Speaker, *, username: str, tally: tuple[int, int], passages: bool
) -> Keyboard:
    """Related questions, the passage where there are documents, other languages, votes, sharing."""
    fact, language = reply.fact or "", reply.language
    cells = [fact_button(s, language) for s in reply.related[:MAX_RELATED]]
    if passages:
        cells.append(Button("📖 " + speaker._("Read the passage"), callback_data=pack(Action.PASSAGE, fact, language)))
    rows = [cells[i : i + 2] for i in range(0, len(cells), 2)]
    up, down = (f"{sign} {n}" if n else sign for sign, n in zip("👍👎", tally, strict=True))
    last = [
        Button("🌐", callback_data=pack(Action.LANGUAGES, fact, language)),
        Button(up, callback_data=pack(Action.VOTE, fact, language, "1")),
        Button(down, callback_data=pack(Action.VOTE, fact, language, "0")),
        Button("↗", url=share_link(username, fact, reply.title or "")),
    ]
    return Keyboard([*rows, last])


def language_keyboard(services: Services, fact: str, language: str) -> Keyboard:
    """The languages that an answer can be told in, each by its own name."""
    others = [code for code in services.assistant.knowledge.languages if code != language]
    row = [
        Button(services.speaker(code).language_name(code), callback_data=pack(Action.TRANSLATE, fact, code))
        for code in others
    ]
    return Keyboard([row, [Button("‹", callback_data=pack(Action.BACK, fact, language))]])


def deep_link(username: str, fact: str) -> str:
    """A link that opens the bot and tells a fact."""
    return f"https://t.me/{username}?start={quote(fact)}"


def share_link(username: str, fact: str, title: str) -> str:
    """A link that lets somebody pass the deep link on."""
    return "https://t.me/share/url?" + urlencode({"url": deep_link(username, fact), "text": title})
