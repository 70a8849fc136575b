"""The methods about the bot itself and about chats, and the answers to presses and inline queries."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

from tests.telegram.history import World
from tests.telegram.people import Json, Room, full_info, member_as_json
from tests.telegram.wire import ApiError, bad_request
from tests.telegram.writing import check_inline_answer

_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
_LANGUAGE = re.compile(r"([a-z]{2,3})?")
_TEXTS = {"name": 64, "short_description": 120, "description": 512}
_SCOPES = frozenset(
    [
        "default",
        "all_private_chats",
        "all_group_chats",
        "all_chat_administrators",
        "chat",
        "chat_administrators",
        "chat_member",
    ]
)
_ACTIONS = frozenset(
    [
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
    ]
)
_TOO_OLD = "query is too old and response timeout expired or query ID is invalid"


@dataclass
class Query:
    """A pressed button or an inline query, and what the bot answered."""

    id: str
    update_id: int | None
    kind: str
    """callback or inline."""
    answers: list[Json] = field(default_factory=list)
    """The parameters of each answer, JSON read."""
    expired: bool = False


class Account:
    """What belongs to the bot: its profile, its commands, its chats."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.commands: dict[tuple[str, str], list[Json]] = {}
        """Commands by scope (as JSON with sorted keys) and language."""
        self.texts: dict[str, dict[str, str]] = {name: {} for name in _TEXTS}
        """Name, short description and description by language."""
        self.queries: dict[str, Query] = {}
        self.actions: list[tuple[int, str]] = []
        """Chat and action of each `sendChatAction`."""

    def get_me(self, _params: Json) -> Json:
        abilities = {"can_join_groups": True, "can_read_all_group_messages": True, "supports_inline_queries": True}
        missing = ("can_connect_to_business", "has_main_web_app", "has_topics_enabled", "can_manage_bots")
        more = ("allows_users_to_create_topics", "supports_guest_queries")
        return self._world.bot.as_json() | abilities | dict.fromkeys((*missing, *more), False)

    def set_commands(self, params: Json) -> bool:
        commands = params.get("commands")
        if not isinstance(commands, list) or len(commands) > 100:
            raise bad_request("BOT_COMMANDS_TOO_MUCH" if commands else "can't parse commands JSON object")
        for command in commands:
            if not _COMMAND.fullmatch(str(command.get("command", "")).removeprefix("/")):
                raise bad_request("BOT_COMMAND_INVALID")
            if not 1 <= len(str(command.get("description", ""))) <= 256:
                raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
        self.commands[self._scope(params)] = commands
        return True

    def get_commands(self, params: Json) -> list[Json]:
        return self.commands.get(self._scope(params), [])

    def delete_commands(self, params: Json) -> bool:
        self.commands.pop(self._scope(params), None)
        return True

    def _scope(self, params: Json) -> tuple[str, str]:
        scope = params.get("scope") or {"type": "default"}
        if scope.get("type") not in _SCOPES:
            raise bad_request("can't parse BotCommandScope: unsupported type specified")
        if "chat_id" in scope:
            self._world.room(scope["chat_id"])
        return json.dumps(scope, sort_keys=True), _language(params)

    def set_text(self, kind: str, params: Json) -> bool:
        text = str(params.get(kind, ""))
        if len(text) > _TEXTS[kind]:
            raise bad_request(f"{kind.replace('_', ' ')} is too long")
        self.texts[kind][_language(params)] = text
        return True

    def get_text(self, kind: str, params: Json) -> Json:
        default = self._world.bot.first_name if kind == "name" else ""
        texts = self.texts[kind]
        return {kind: texts.get(_language(params)) or texts.get("") or default}

    def answer_press(self, params: Json) -> bool:
        query = self._query(str(params.get("callback_query_id", "")), "callback")
        if len(str(params.get("text", ""))) > 200:
            raise bad_request("MESSAGE_TOO_LONG")
        query.answers.append(params)
        self._world.changed()
        return True

    def answer_inline(self, params: Json) -> bool:
        query = self._query(str(params.get("inline_query_id", "")), "inline")
        check_inline_answer(params)
        query.answers.append(params)
        self._world.changed()
        return True

    def _query(self, number: str, kind: str) -> Query:
        query = self.queries.get(number)
        if query is None or query.kind != kind or query.expired:
            raise bad_request(_TOO_OLD)
        return query

    def get_chat(self, params: Json) -> Json:
        return full_info(self._world.present(params.get("chat_id")))

    def get_member(self, params: Json) -> Json:
        room = self._world.present(params.get("chat_id"))
        user_id = params.get("user_id")
        if user_id == self._world.bot.id:
            return member_as_json(self._world.bot, room.bot, room.chat)
        if not isinstance(user_id, int) or user_id not in room.people:
            raise bad_request("invalid user_id specified" if not isinstance(user_id, int) else "PARTICIPANT_ID_INVALID")
        return member_as_json(room.people[user_id], room.statuses[user_id], room.chat)

    def get_administrators(self, params: Json) -> list[Json]:
        room = self._world.present(params.get("chat_id"))
        if room.chat.is_private:
            raise bad_request("there are no administrators in the private chat")
        people = [(room.people[number], status) for number, status in room.statuses.items() if number in room.people]
        if room.bot == "administrator":
            people.append((self._world.bot, room.bot))
        return [
            member_as_json(user, status, room.chat) for user, status in people if status in ("creator", "administrator")
        ]

    def chat_action(self, params: Json) -> bool:
        room: Room = self._world.writable(params.get("chat_id"))
        if params.get("action") not in _ACTIONS:
            raise bad_request("wrong parameter action in request")
        if params.get("message_thread_id") not in (None, *room.topics):
            raise bad_request("message thread not found")
        self.actions.append((room.chat.id, str(params["action"])))
        return True

    def leave(self, params: Json) -> bool:
        room = self._world.present(params.get("chat_id"))
        if room.chat.is_private:
            raise ApiError(400, "Bad Request: chat member status can't be changed in private chats")
        room.bot = "left"
        self._world.changed()
        return True


def _language(params: Json) -> str:
    language = str(params.get("language_code", ""))
    if not _LANGUAGE.fullmatch(language):
        raise bad_request("invalid language code specified")
    return language
