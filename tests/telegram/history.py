"""What stands in the chats: rooms and their messages, as Telegram keeps them."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field, replace
from typing import Any

from tests.telegram.markup import Entity
from tests.telegram.people import Chat, Json, Room, User
from tests.telegram.wire import ApiError, bad_request


@dataclass
class Message:
    """A message as a person sees it: words, not markup. Tests get copies; the stand-in keeps its own."""

    id: int
    chat: Chat
    sender: User | None
    by_bot: bool = False
    text: str = ""
    entities: list[Entity] = field(default_factory=list)
    markup: Json | None = None
    """The inline keyboard below it, as the Bot API has it."""
    reply_to: int | None = None
    thread_id: int | None = None
    in_topic: bool = False
    date: int = field(default_factory=lambda: int(time.time()))
    edited: bool = False
    poll: Json | None = None
    reactions: list[Json] = field(default_factory=list)
    """What the bot reacted with."""
    extra: Json = field(default_factory=dict)
    """Any other fields, such as `photo`."""
    update_id: int | None = None
    """The update that told the bot of it (of the last edit, if edited)."""
    sent_at: float = field(default_factory=time.monotonic)

    @property
    def buttons(self) -> list[list[str]]:
        """What stands on the buttons, row by row."""
        return [[button["text"] for button in row] for row in self._rows]

    def button(self, wanted: str) -> Json:
        """The first button whose text or data is or contains what is wanted."""
        every = [button for row in self._rows for button in row]
        for fits in (str.__eq__, str.__contains__):
            for button in every:
                if any(fits(str(button.get(key, "")), wanted) for key in ("text", "callback_data")):
                    return dict(button)
        raise LookupError(f"no button {wanted!r} among {self.buttons}")

    @property
    def _rows(self) -> list[list[Json]]:
        return list((self.markup or {}).get("inline_keyboard", []))

    def as_json(self, reply: Message | None = None) -> Json:
        """A `Message` of the Bot API; `reply` is the one that it replies to."""
        message: Json = {"message_id": self.id, "date": self.date, "chat": self.chat.as_json()}
        optional = {
            "from": self.sender.as_json() if self.sender else None,
            "message_thread_id": self.thread_id,
            "is_topic_message": self.in_topic or None,
            "edit_date": int(time.time()) if self.edited else None,
            "text": self.text or None,
            "entities": self.entities or None,
            "reply_markup": self.markup,
            "poll": self.poll,
            "reply_to_message": reply.as_json() if reply else None,
        }
        return message | {name: value for name, value in optional.items() if value is not None} | self.extra


class World:
    """All chats and messages. Tests and the server share it from two threads: hold `lock` while you look or change."""

    def __init__(self, bot: User) -> None:
        self.bot = bot
        self.lock = threading.RLock()
        self.version = 0
        """Grows with each change, so that waiting is cheap."""
        self.rooms: dict[int, Room] = {}
        self._messages: dict[int, dict[int, Message]] = {}

    def changed(self) -> None:
        self.version += 1

    def open(self, chat: Chat, **state: Any) -> Room:
        """The chat's room, made now if it is new."""
        room = self.rooms.get(chat.id)
        if room is None:
            room = self.rooms[chat.id] = Room(chat, **state)
            self._messages[chat.id] = {}
        return room

    def room(self, chat_id: object) -> Room:
        """The room with this id or @name.

        Raises:
            ApiError: there is none.
        """
        if chat_id is None or chat_id == "":
            raise bad_request("chat_id is empty")
        if isinstance(chat_id, str) and chat_id.startswith("@"):
            rooms = (r for r in self.rooms.values() if not r.chat.is_private and r.chat.username == chat_id[1:])
            room = next(rooms, None)
        else:
            room = self.rooms.get(chat_id) if isinstance(chat_id, int) else None
        if room is None:
            raise bad_request("chat not found")
        if room.migrated_to is not None:
            moved = {"migrate_to_chat_id": room.migrated_to}
            raise ApiError(400, "Bad Request: group chat was upgraded to a supergroup chat", moved)
        return room

    def present(self, chat_id: object) -> Room:
        """The room, if the bot is in it.

        Raises:
            ApiError: it is blocked, kicked or has left.
        """
        room = self.room(chat_id)
        kind = room.chat.type if room.chat.type == "group" else f"{room.chat.type} chat"
        if room.bot == "kicked":
            who = "blocked by the user" if room.chat.is_private else f"kicked from the {kind}"
            raise ApiError(403, f"Forbidden: bot was {who}")
        if room.bot == "left":
            raise ApiError(403, f"Forbidden: bot is not a member of the {kind}")
        return room

    def writable(self, chat_id: object) -> Room:
        """The room, if the bot may write there.

        Raises:
            ApiError: it may not.
        """
        room = self.present(chat_id)
        if room.bot == "restricted":
            raise bad_request("not enough rights to send text messages to the chat")
        if room.chat.type == "channel" and room.bot != "administrator":
            raise bad_request("need administrator rights in the channel chat")
        return room

    def add(self, room: Room, sender: User | None, **fields: Any) -> Message:
        """A new message with the chat's next id."""
        room.last_id += 1
        message = Message(room.last_id, room.chat, sender, **fields)
        self._messages[room.chat.id][message.id] = message
        if sender is not None:
            room.meet(sender)
        self.changed()
        return message

    def find(self, room: Room, message_id: object) -> Message | None:
        return self._messages[room.chat.id].get(message_id) if isinstance(message_id, int) else None

    def thread_of_reply(self, room: Room, reply: Message | None) -> int | None:
        """The thread that a reply falls into: the topic, or in other supergroups the thread of the first message."""
        if reply is None or reply.chat.id != room.chat.id or room.chat.type != "supergroup":
            return None
        return reply.thread_id if room.chat.is_forum else reply.thread_id or reply.id

    def remove(self, message: Message) -> None:
        del self._messages[message.chat.id][message.id]
        self.changed()

    def messages(self, chat_id: int) -> list[Message]:
        """Copies of the messages that stand in a chat now."""
        return [replace(message) for message in self._messages.get(chat_id, {}).values()]

    def as_json(self, message: Message) -> Json:
        """The message with the one that it replies to."""
        room = self.rooms[message.chat.id]
        return message.as_json(self.find(room, message.reply_to))
