"""What somebody sees on a phone, as text: messages with their markup shown lightly, buttons, changes, notices."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.telegram.account import Query
from tests.telegram.botapi import BotApi
from tests.telegram.history import Message
from tests.telegram.markup import Entity, parse_html
from tests.telegram.people import Chat

_MARKS = {"bold": "**", "italic": "_"}
_QUOTES = ("blockquote", "expandable_blockquote")
_INDENT = "    "


@dataclass(frozen=True)
class _Shown:
    """A message of the bot's as it stood when somebody looked last."""

    text: str
    rows: list[str]


@dataclass
class Phone:
    """One chat at a time, looked at again after each thing that somebody does. Nothing shown hangs on dates or ids."""

    api: BotApi
    lines: list[str] = field(default_factory=list)
    _shown: dict[tuple[int, int], _Shown] = field(default_factory=dict)

    @property
    def transcript(self) -> str:
        return "\n".join(line.rstrip() for line in self.lines).strip() + "\n"

    def heading(self, title: str) -> None:
        self.lines += ["", f"═══ {title} ═══"]

    def act(self, who: str, what: str) -> None:
        """Somebody does something."""
        self.lines += ["", *_under(f"{who}:", what)]

    def look(self, chat: Chat, query: Query | None = None) -> None:
        """Write down what is new in a chat, and what was answered to a press; silence too."""
        before = len(self.lines)
        self._notices(query)
        for message in self.api.said(chat):
            self._message(message)
        if len(self.lines) == before:
            self.lines.append(f"{_INDENT}(nothing)" if query else "(silence)")

    def look_at_results(self, query: Query) -> None:
        """Write down what an inline query offers, the first result as it looks when it is sent."""
        answer = query.answers[0]
        if button := answer.get("button"):
            self.lines.append(f"{_INDENT}[{button['text']}]")
        for number, result in enumerate(answer["results"], 1):
            self.lines += [f"{_INDENT}{number}. {result['title']}", f"{_INDENT}   {result['description']}"]
        for result in answer["results"][:1]:
            text, entities = parse_html(result["input_message_content"]["message_text"])
            self.lines += ["", *_under("The first one, sent:", marked(text, entities))]
            self.lines += [_INDENT + row for row in rows_of(result.get("reply_markup"))]

    def profile(self, language: str) -> None:
        """Write down what Telegram shows of the bot to people whose app has this language."""
        texts = self.api.account.texts
        for kind, by_language in texts.items():
            self.lines += _under(f"{kind.replace('_', ' ')}:", by_language.get(language, by_language[""]))
        for scope, name in {"all_private_chats": "menu", "all_chat_administrators": "menu of a group's admins"}.items():
            menu = next(m for (s, code), m in self.api.account.commands.items() if scope in s and code == language)
            self.lines += _under(f"{name}:", "\n".join(f"/{c['command']} – {c['description']}" for c in menu))

    def _notices(self, query: Query | None) -> None:
        for answer in query.answers if query else ():
            if text := answer.get("text"):
                self.lines.append(f"{_INDENT}({'alert' if answer.get('show_alert') else 'notice'}: {text})")

    def _message(self, message: Message) -> None:
        key, before = (message.chat.id, message.id), self._shown.get((message.chat.id, message.id))
        now = self._shown[key] = _Shown(marked(message.text, message.entities), rows_of(message.markup))
        if now == before:
            return
        if before is None:
            self.lines += _under(f"Bot{self._aside(message)}:", now.text)
        elif before.text != now.text:
            self.lines += _under("Bot changes its message:", now.text)
        else:
            self.lines.append("Bot changes the buttons:")
        self.lines += [_INDENT + row for row in now.rows] or ([f"{_INDENT}(no buttons)"] if before else [])

    def _aside(self, message: Message) -> str:
        """What a message answers, and its topic."""
        room = self.api.world.rooms[message.chat.id]
        replied = next((m for m in self.api.messages(message.chat) if m.id == message.reply_to), None)
        aside = ""
        if replied is not None:
            whom = "itself" if replied.by_bot else replied.sender.first_name if replied.sender else "a post"
            aside += f" ↩ {whom}"
        if message.thread_id in room.topics:
            aside += f" in “{room.topics[message.thread_id]}”"
        return aside


def marked(text: str, entities: list[Entity]) -> str:
    """`text` with its markup: **bold**, _italic_, and a bar before each line of a quotation (⌄ where it is folded)."""
    units, done, parts = text.encode("utf-16-le"), 0, []
    for entity in sorted(entities, key=lambda e: int(e["offset"])):
        if entity["type"] not in (*_MARKS, *_QUOTES):
            continue
        start, end = int(entity["offset"]) * 2, int(entity["offset"] + entity["length"]) * 2
        inner = units[start:end].decode("utf-16-le")
        parts += [units[done:start].decode("utf-16-le"), _styled(str(entity["type"]), inner)]
        done = end
    return "".join([*parts, units[done:].decode("utf-16-le")])


def _styled(kind: str, text: str) -> str:
    if kind in _MARKS:
        return f"{_MARKS[kind]}{text}{_MARKS[kind]}"
    first, *others = text.split("\n")
    fold = "⌄ " if kind == "expandable_blockquote" else ""
    return "\n".join([f"┃ {fold}{first}", *(f"┃ {line}" for line in others)])


def rows_of(markup: dict[str, Any] | None) -> list[str]:
    """The buttons, a line for each row; ↗ marks those that open a link."""
    rows = (markup or {}).get("inline_keyboard", [])
    return ["  ".join(f"[{b['text']}{' ↗' if 'url' in b and b['text'] != '↗' else ''}]" for b in row) for row in rows]


def _under(head: str, text: str) -> list[str]:
    """A short text beside its heading, a longer one below it."""
    if "\n" not in text and len(text) <= 60:
        return [f"{head} {text}"]
    return [head, *(_INDENT + line if line else "" for line in text.split("\n"))]
