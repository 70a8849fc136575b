"""Plays a conversation from a script: `golden/<language>.yaml` says what people do, and the phone shows what they see.

A script names the `people` with the language of their apps, the first of whom acts where no other is named, and the
`scenes`. A scene has a `title`, is in `private`, a `group` or a `forum`, may have `admins`, and `steps`, each of which
is one of:

    say: text            with `reply: true` as a reply to the bot's last message, with `topic: name` in a topic
    send: sticker        (or photo, voice)
    edit: text           the person's last message becomes this
    tap: text            the newest button of the bot's whose text is or holds this
    follow: fact         a link that opens the bot with a fact
    inline: text         the bot's name and a question typed in any chat
    add: bot             the person adds the bot to the group
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from bot.telegram.service import Service
from tests.telegram.account import Query
from tests.telegram.botapi import BOT, BotApi
from tests.telegram.history import Message
from tests.telegram.people import Chat, User, private_chat
from tests.telegram.phone import Phone
from tests.telegram.settled import settled

_FILE = {"file_id": "f", "file_unique_id": "f"}
_STICKER = _FILE | {"type": "regular", "width": 512, "height": 512, "is_animated": False, "is_video": False}
_MEDIA: dict[str, Any] = {
    "sticker": {"sticker": _STICKER},
    "photo": {"photo": [_FILE | {"width": 9, "height": 9}]},
    "voice": {"voice": _FILE | {"duration": 3}},
}
_GIVEN_NAME = "@bot"
"""How scripts write the bot's user name."""


@dataclass
class Play:
    """A script being played against a running bot."""

    api: BotApi
    service: Service
    phone: Phone
    people: dict[str, User] = field(default_factory=dict)
    chat: Chat | None = None
    _last: dict[tuple[int, int], Message] = field(default_factory=dict)
    """The last message of each person in each chat."""
    _topics: dict[str, int] = field(default_factory=dict)

    async def all(self, script: dict[str, Any]) -> str:
        """Play every scene; what was seen."""
        self.people = {name: self.api.user(name, language) for name, language in script["people"].items()}
        await self._opening(next(iter(self.people.values())).language_code or "")
        for scene in script["scenes"]:
            self.phone.heading(scene["title"])
            self._enter(scene)
            for step in scene["steps"]:
                await self.step(dict(step))
        return self.phone.transcript

    async def _opening(self, language: str) -> None:
        # names come last of all that is published, and English ones are those for everybody
        published = self.api.account.texts["name"]
        wanted = {"", *self.service.app.bot_data.assistant.knowledge.languages} - {"en"}
        await self.api.wait_for(lambda: wanted <= published.keys())
        self.phone.heading("Before the first word")
        self.phone.profile(language)

    def _enter(self, scene: dict[str, Any]) -> None:
        place = scene.get("in", "private")
        self._topics = {}
        self.chat = None if place == "private" else self.api.supergroup(is_forum=place == "forum")
        for name in scene.get("admins", ()):
            self.api.set_member(self._place(self.people[name]), self.people[name], "administrator")

    async def step(self, step: dict[str, Any]) -> None:
        """One thing that somebody does, and what comes of it."""
        name = step.pop("by", next(iter(self.people)))
        person = self.people[name]
        verb, what = next(iter(step.items()))
        what = str(what).replace(_GIVEN_NAME, f"@{BOT.username}")
        query = getattr(self, f"_{verb}")(name, person, what, step)
        await settled(self.api, self.service)
        await self.service.processor.idle()  # whoever has all forgotten leaves nothing in the inbox to wait for
        if verb == "inline":
            self.phone.look_at_results(query)
        else:
            self.phone.look(self._place(person), query)

    def _place(self, person: User) -> Chat:
        return self.chat or private_chat(person)

    def _say(self, name: str, person: User, text: str, step: dict[str, Any]) -> None:
        self._utter(person, text, step)
        where = f" in “{step['topic']}”" if "topic" in step else ""
        self.phone.act(f"{name}{' ↩ Bot' if step.get('reply') else ''}{where}", text)

    def _utter(self, person: User, text: str | None, step: dict[str, Any], **extra: Any) -> None:
        chat, topic = self._place(person), step.get("topic")
        if topic is not None and topic not in self._topics:
            self._topics[topic] = self.api.topic(chat, topic)
        reply_to = self.api.said(chat)[-1] if step.get("reply") else None
        thread = self._topics[topic] if topic is not None else None
        message = self.api.say(text, chat=chat, user=person, topic=thread, reply_to=reply_to, **extra)
        self._last[chat.id, person.id] = message

    def _send(self, name: str, person: User, kind: str, step: dict[str, Any]) -> None:
        self._utter(person, None, step, **_MEDIA[kind])
        self.phone.act(name, f"({kind})")

    def _edit(self, name: str, person: User, text: str, _step: dict[str, Any]) -> None:
        self.api.edit(self._last[self._place(person).id, person.id], text)
        self.phone.act(f"{name} changes that to", text)

    def _tap(self, name: str, person: User, text: str, _step: dict[str, Any]) -> Query:
        for message in reversed(self.api.said(self._place(person))):
            try:
                query = self.api.press(text, message, person)
            except LookupError:
                continue
            self.phone.act(f"{name} taps", f"[{message.button(text)['text']}]")
            return query
        raise LookupError(f"no button {text!r} in:\n{self.phone.transcript[-800:]}")

    def _follow(self, name: str, person: User, fact: str, _step: dict[str, Any]) -> None:
        self._utter(person, f"/start {fact}", {})
        self.phone.act(f"{name} follows the link", f"t.me/{BOT.username}?start={fact}")

    def _inline(self, name: str, person: User, text: str, _step: dict[str, Any]) -> Query:
        self.phone.act(f"{name} types in any chat", f"@{BOT.username} {text}")
        return self.api.inline(text, person)

    def _add(self, name: str, person: User, _what: str, _step: dict[str, Any]) -> None:
        self.phone.act(name, "(adds the bot)")
        self.api.join(self._place(person), person)


def read_script(path: Path) -> dict[str, Any]:
    """A script."""
    script: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return script
