"""What people do in Telegram, each of which may tell the bot something."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from tests.telegram.account import Account, Query
from tests.telegram.history import Message, World
from tests.telegram.markup import detect
from tests.telegram.people import ANONYMOUS_ADMIN, TELEGRAM, Chat, Json, Room, User, member_as_json, private_chat
from tests.telegram.updates import Updates


class Acting:
    """Makes people and chats, and has people act. Everything that acts queues an update if Telegram would."""

    def __init__(self, world: World, updates: Updates, account: Account) -> None:
        self.world = world
        self.updates = updates
        self.account = account
        self._made = 0
        self.person = self.user("Asha")
        """Who acts when a test does not say who."""

    def user(self, first_name: str, language_code: str | None = "en", **fields: Any) -> User:
        """Somebody new."""
        return User(400_000_000 + self._number(), first_name, language_code=language_code, **fields)

    def group(self, title: str = "Study group") -> Chat:
        """A new basic group with the bot in it."""
        return self._open(Chat(-4_000_000_000 - self._number(), "group", title))

    def supergroup(self, title: str = "Study group", *, is_forum: bool = False, **fields: Any) -> Chat:
        """A new supergroup with the bot in it; `topic` adds topics to a forum."""
        return self._open(Chat(self._long_id(), "supergroup", title, is_forum=is_forum, **fields))

    def channel(self, title: str = "Channel", **fields: Any) -> tuple[Chat, Chat]:
        """A new channel, of which the bot is an administrator, and its discussion group."""
        channel, group = self._long_id(), self._long_id()
        discussion = self._open(Chat(group, "supergroup", f"{title} chat", linked=channel))
        return self._open(Chat(channel, "channel", title, linked=group, **fields), "administrator"), discussion

    def topic(self, chat: Chat, name: str = "Topic") -> int:
        """A new topic in a forum; its thread id."""
        with self.world.lock:
            room = self.world.open(chat)
            number = room.last_id + 1
            room.topics[number] = name
        created = {"name": name, "icon_color": 7322096}
        self.say(None, chat=chat, topic=number, forum_topic_created=created)
        return number

    def _number(self) -> int:
        self._made += 1
        return self._made

    def _long_id(self) -> int:
        return -1_002_000_000_000 - self._number()

    def _open(self, chat: Chat, bot: str = "member") -> Chat:
        with self.world.lock:
            self.world.open(chat, bot=bot)
        return chat

    def say(
        self,
        text: str | None,
        *,
        chat: Chat | None = None,
        user: User | None = None,
        topic: int | None = None,
        reply_to: Message | None = None,
        **extra: Any,
    ) -> Message:
        """Somebody sends a message, in private unless `chat` says otherwise.

        `extra` are further fields of the message as the Bot API names them (`photo=[…]`, `date=…`); `user` may be
        `ANONYMOUS_ADMIN`. In a channel nobody is the sender. The bot hears of it unless it is not there.
        """
        user = user or self.person
        chat = chat or private_chat(user)
        with self.world.lock:
            room = self.world.open(chat)
            if user is ANONYMOUS_ADMIN or chat.type == "channel":
                extra.setdefault("sender_chat", chat.as_json())
            message = self.world.add(
                room,
                None if chat.type == "channel" else user,
                text=text or "",
                entities=extra.pop("entities", detect(text or "")),
                reply_to=reply_to.id if reply_to else None,
                thread_id=topic if topic is not None else self.world.thread_of_reply(room, reply_to),
                in_topic=topic is not None or bool(reply_to and reply_to.in_topic),
                date=extra.pop("date", int(time.time())),
                extra=extra,
            )
            kind = "channel_post" if chat.type == "channel" else "message"
            message.update_id = self._tell(room, {kind: self.world.as_json(message)})
            return replace(message)

    def post(self, channel: Chat, text: str) -> tuple[Message, Message]:
        """A post in a channel, and what Telegram forwards of it to the discussion group."""
        post = self.say(text, chat=channel)
        origin = {"type": "channel", "date": post.date, "chat": channel.as_json(), "message_id": post.id}
        group = self.world.rooms[channel.linked or 0].chat
        forward: Json = {"sender_chat": channel.as_json(), "forward_origin": origin, "is_automatic_forward": True}
        return post, self.say(text, chat=group, user=TELEGRAM, **forward)

    def edit(self, message: Message, text: str, **extra: Any) -> Message:
        """The sender changes a message."""
        with self.world.lock:
            room = self.world.rooms[message.chat.id]
            mine = self.world.find(room, message.id)
            if mine is None:
                raise LookupError("the message is gone")
            mine.text, mine.entities, mine.edited = text, detect(text), True
            mine.extra |= extra
            kind = "edited_channel_post" if room.chat.type == "channel" else "edited_message"
            mine.update_id = self._tell(room, {kind: self.world.as_json(mine)})
            self.world.changed()
            return replace(mine)

    def delete(self, message: Message) -> None:
        """A person deletes a message; Telegram does not tell bots of it."""
        with self.world.lock:
            mine = self.world.find(self.world.rooms[message.chat.id], message.id)
            if mine is not None:
                self.world.remove(mine)

    def press(self, button: str | Json, on: Message, user: User | None = None) -> Query:
        """Press a button: the first whose text or data is (or contains) `button`, or a dict for one that is gone.

        Raises:
            LookupError: no such button stands below the message now.
        """
        with self.world.lock:
            room = self.world.rooms[on.chat.id]
            message = self.world.find(room, on.id)
            pressed = button if isinstance(button, dict) else (message or on).button(button)
            if "callback_data" not in pressed:
                raise LookupError(f"Telegram tells no bot about a press on {pressed}")
            user = user or (room.people.get(room.chat.id) if room.chat.is_private else None) or self.person
            gone = {"chat": on.chat.as_json(), "message_id": on.id, "date": 0}
            shown = self.world.as_json(message) if message else gone
            event = {"message": shown, "chat_instance": str(on.chat.id * 31), "data": pressed["callback_data"]}
            return self._ask("callback", "callback_query", user, event)

    def inline(self, query: str, user: User | None = None, *, offset: str = "", **extra: Any) -> Query:
        """Type the bot's name and a query into the message field of any chat."""
        with self.world.lock:
            return self._ask("inline", "inline_query", user or self.person, {"query": query, "offset": offset, **extra})

    def _ask(self, kind: str, name: str, user: User, event: Json) -> Query:
        number = str(7_000_000_000_000 + self._number())
        query = self.account.queries[number] = Query(number, None, kind)
        query.update_id = self.updates.put({name: {"id": number, "from": user.as_json(), **event}})
        return query

    def vote(self, message: Message, *options: int, user: User | None = None) -> None:
        """Answer one of the bot's polls."""
        user = user or self.person
        with self.world.lock:
            mine = self.world.find(self.world.rooms[message.chat.id], message.id)
            if mine is None or mine.poll is None or mine.poll["is_closed"]:
                raise LookupError("no open poll there")
            poll = mine.poll
            poll["total_voter_count"] += 1
            for option in options:
                poll["options"][option]["voter_count"] += 1
            self.updates.put({"poll": dict(poll)})
            if not poll["is_anonymous"]:
                chosen = {"option_ids": list(options), "option_persistent_ids": [str(o) for o in options]}
                self.updates.put({"poll_answer": {"poll_id": poll["id"], "user": user.as_json(), **chosen}})

    def join(self, chat: Chat, user: User | None = None, *, status: str = "member") -> None:
        """Somebody adds the bot to a group (or makes it a channel's administrator)."""
        with self.world.lock:
            self.world.open(chat, bot="left").bot = "left"
            self.set_bot(chat, status, user)
            if chat.type != "channel":
                self.say(None, chat=chat, user=user, new_chat_members=[self.world.bot.as_json()])

    def set_bot(self, chat: Chat, status: str, user: User | None = None) -> None:
        """Somebody changes what the bot is in a chat: member, administrator, restricted, left or kicked.

        In a private chat `kicked` means that the person blocks the bot, `member` that it is allowed again.
        """
        with self.world.lock:
            room = self.world.open(chat)
            user = user or (room.people.get(chat.id) if chat.is_private else None) or self.person
            old, room.bot = member_as_json(self.world.bot, room.bot, chat), status
            new = member_as_json(self.world.bot, status, chat)
            event = {"chat": chat.as_json(), "from": user.as_json(), "date": int(time.time())}
            self.updates.put({"my_chat_member": {**event, "old_chat_member": old, "new_chat_member": new}})
            self.world.changed()

    def set_member(self, chat: Chat, user: User, status: str) -> None:
        """Make somebody creator, administrator, member or the like; the bot learns it when it asks."""
        with self.world.lock:
            room = self.world.open(chat)
            room.meet(user)
            room.statuses[user.id] = status

    def migrate(self, chat: Chat) -> Chat:
        """A group becomes a supergroup with another id, which the bot is told in both."""
        new = replace(chat, id=self._long_id(), type="supergroup")
        with self.world.lock:
            old_room = self.world.open(chat)
            room = self.world.open(new, bot="left")
            room.people, room.statuses = dict(old_room.people), dict(old_room.statuses)
            self.set_bot(new, old_room.bot)  # Telegram tells of it as if the bot were new there
            self.say(None, chat=chat, migrate_to_chat_id=new.id)
            self.say(None, chat=new, user=ANONYMOUS_ADMIN, migrate_from_chat_id=chat.id)
            old_room.migrated_to = new.id
        return new

    def _tell(self, room: Room, update: Json) -> int | None:
        return self.updates.put(update) if room.bot not in ("left", "kicked") else None
