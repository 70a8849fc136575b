"""The methods that write: sending, editing, deleting, polls, reactions."""

from __future__ import annotations

import re
from typing import Any

from tests.telegram.history import Message, World
from tests.telegram.keyboard import check_markup
from tests.telegram.markup import LONGEST_MESSAGE, Entity, MarkupError, length, parse_html
from tests.telegram.people import Json, Room
from tests.telegram.wire import bad_request

REACTIONS = (
    "❤ 👍 👎 🔥 🥰 👏 😁 🤔 🤯 😱 🤬 😢 🎉 🤩 🤮 💩 🙏 👌 🕊 🤡 🥱 🥴 😍 🐳 ❤\u200d🔥 🌚 🌭 💯 🤣 ⚡ 🍌 🏆 💔 🤨 😐 "
    "🍓 🍾 💋 🖕 😈 😴 😭 🤓 👻 👨\u200d💻 👀 🎃 🙈 😇 😨 🤝 ✍ 🤗 🫡 🎅 🎄 ☃ 💅 🤪 🗿 🆒 💘 🙉 🦄 😘 💊 "
    "🙊 😎 👾 🤷\u200d♂ 🤷 🤷\u200d♀ 😡"
)
"""The emoji that bots may react with."""
_NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current "
    "content and reply markup of the message"
)


def formatted(params: Json, name: str = "text") -> tuple[str, list[Entity]]:
    """A text parameter and its entities, read by its parse mode.

    Raises:
        ApiError: the markup is faulty.
    """
    source = str(params.get(name, ""))
    mode = str(params.get(f"{name}_parse_mode") or params.get("parse_mode") or "").lower()
    if not mode:
        return source.strip(), list(params.get(f"{name}_entities") or params.get("entities") or [])
    if mode != "html":
        raise bad_request("unsupported parse_mode")
    try:
        return parse_html(source)
    except MarkupError as error:
        raise bad_request(f"can't parse entities: {error}") from None


def message_text(params: Json, name: str = "text") -> tuple[str, list[Entity]]:
    """The text of a message, which is neither empty nor too long."""
    text, entities = formatted(params, name)
    if not text:
        raise bad_request("message text is empty")
    if length(text) > LONGEST_MESSAGE:
        raise bad_request("message is too long")
    return text, entities


class Writing:
    """Sends and changes messages in the bot's name."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._polls = 0
        self.inline_edits: list[Json] = []
        """Edits of messages that were sent through the bot's inline results."""

    def send_message(self, params: Json) -> Json:
        room = self._world.writable(params.get("chat_id"))
        text, entities = message_text(params)
        message = self._add(room, params, text=text, entities=entities)
        return self._world.as_json(message)

    def edit_text(self, params: Json) -> Json | bool:
        text, entities = message_text(params)
        markup = check_markup(params.get("reply_markup"))
        if params.get("inline_message_id"):
            self.inline_edits.append(params | {"text": text})
            return True
        message = self._own(params)
        if message.poll is not None:
            raise bad_request("there is no text in the message to edit")
        if (message.text, message.entities, message.markup) == (text, entities, markup):
            raise bad_request(_NOT_MODIFIED)
        message.text, message.entities, message.markup, message.edited = text, entities, markup, True
        self._world.changed()
        return self._world.as_json(message)

    def edit_markup(self, params: Json) -> Json | bool:
        markup = check_markup(params.get("reply_markup"))
        if params.get("inline_message_id"):
            self.inline_edits.append(params)
            return True
        message = self._own(params)
        if message.markup == markup:
            raise bad_request(_NOT_MODIFIED)
        message.markup = markup  # Telegram does not show a message as edited for its buttons
        self._world.changed()
        return self._world.as_json(message)

    def delete(self, params: Json) -> bool:
        room = self._world.present(params.get("chat_id"))
        message = self._world.find(room, params.get("message_id"))
        if message is None:
            raise bad_request("message to delete not found")
        if message.sender != self._world.bot and not room.chat.is_private and room.bot != "administrator":
            raise bad_request("message can't be deleted")
        self._world.remove(message)
        return True

    def react(self, params: Json) -> bool:
        room = self._world.present(params.get("chat_id"))
        message = self._world.find(room, params.get("message_id"))
        if message is None:
            raise bad_request("message to react not found")
        reactions = params.get("reaction") or []
        if len(reactions) > 1 or any(
            r.get("emoji") not in REACTIONS.split() for r in reactions if r.get("type") == "emoji"
        ):
            raise bad_request("REACTION_INVALID")
        message.reactions = reactions
        self._world.changed()
        return True

    def send_poll(self, params: Json) -> Json:
        room = self._world.writable(params.get("chat_id"))
        question, _ = formatted(params, "question")
        options = params.get("options")
        if not 1 <= length(question) <= 300:
            raise bad_request(
                "poll question length must not exceed 300" if question else "poll question must be non-empty"
            )
        if not isinstance(options, list) or not 1 <= len(options) <= 12:
            raise bad_request("poll must have between 1 and 12 options")
        words = [formatted(option)[0] if isinstance(option, dict) else str(option) for option in options]
        if not all(1 <= length(word) <= 100 for word in words):
            raise bad_request("poll options length must not exceed 100")
        if room.chat.type == "channel" and params.get("is_anonymous") is False:
            raise bad_request("non-anonymous polls can't be sent to channel chats")
        quiz = params.get("type") == "quiz"
        right = params.get("correct_option_ids") or []
        if quiz and (not right or not all(isinstance(n, int) and 0 <= n < len(words) for n in right)):
            raise bad_request("wrong correct option ID specified")
        self._polls += 1
        poll: Json = {
            "id": str(5_000_000_000 + self._polls),
            "question": question,
            "options": [{"persistent_id": str(n), "text": word, "voter_count": 0} for n, word in enumerate(words)],
            "total_voter_count": 0,
            "is_closed": bool(params.get("is_closed", False)),
            "is_anonymous": params.get("is_anonymous") is not False,
            "type": "quiz" if quiz else "regular",
            "allows_multiple_answers": bool(params.get("allows_multiple_answers", False)),
            "allows_revoting": not quiz,
            "members_only": False,
        }
        if quiz:
            poll["correct_option_ids"] = right
        if params.get("explanation"):
            poll["explanation"], poll["explanation_entities"] = formatted(params, "explanation")
            if length(poll["explanation"]) > 200:
                raise bad_request("explanation length must not exceed 200")
        return self._world.as_json(self._add(room, params, poll=poll))

    def stop_poll(self, params: Json) -> Json:
        message = self._own(params)
        if message.poll is None or message.poll["is_closed"]:
            raise bad_request("poll has already been closed" if message.poll else "message with poll to stop not found")
        message.poll["is_closed"] = True
        self._world.changed()
        return message.poll

    def _add(self, room: Room, params: Json, **content: Any) -> Message:
        markup = check_markup(params.get("reply_markup"))
        reply = self._replied(room, params.get("reply_parameters"))
        thread = params.get("message_thread_id")
        if thread is not None and thread not in room.topics:
            # General has no thread id in the Bot API, and other chats have no topics
            raise bad_request("message thread not found")
        in_topic = thread is not None or (reply is not None and reply.in_topic)
        thread = thread if thread is not None else self._world.thread_of_reply(room, reply)
        channel = {"sender_chat": room.chat.as_json()} if room.chat.type == "channel" else {}
        return self._world.add(
            room,
            None if channel else self._world.bot,
            by_bot=True,
            markup=markup,
            reply_to=reply.id if reply else None,
            thread_id=thread,
            in_topic=in_topic,
            extra=channel,
            **content,
        )

    def _replied(self, room: Room, reply: Json | None) -> Message | None:
        if not reply:
            return None
        if reply.get("chat_id") not in (None, room.chat.id):
            room = self._world.room(reply["chat_id"])
        message = self._world.find(room, reply.get("message_id"))
        if message is None and reply.get("allow_sending_without_reply") is not True:
            raise bad_request("message to be replied not found")
        return message

    def _own(self, params: Json) -> Message:
        room = self._world.present(params.get("chat_id"))
        message = self._world.find(room, params.get("message_id"))
        if message is None:
            raise bad_request("message to edit not found")
        channel = room.chat.type == "channel" and room.bot == "administrator"
        if message.sender != self._world.bot and not channel:
            raise bad_request("message can't be edited")
        return message


_START = re.compile(r"[A-Za-z0-9_-]{1,64}")


def check_inline_answer(params: Json) -> None:
    """The results of `answerInlineQuery`, as Telegram checks them.

    Raises:
        ApiError: Telegram would refuse them.
    """
    results = params.get("results")
    if not isinstance(results, list):
        raise bad_request("can't parse inline query results JSON object")
    if len(results) > 50:
        raise bad_request("RESULTS_TOO_MUCH")
    ids = [str(result.get("id", "")) for result in results]
    if not all(1 <= len(number.encode()) <= 64 for number in ids):
        raise bad_request("RESULT_ID_INVALID")
    if len(set(ids)) != len(ids):
        raise bad_request("RESULT_ID_DUPLICATE")
    for result in results:
        check_markup(result.get("reply_markup"))
        content = result.get("input_message_content")
        if result.get("type") == "article" and (not result.get("title") or not isinstance(content, dict)):
            raise bad_request("can't parse inline query result: an article needs a title and a content")
        if content and "message_text" in content:
            message_text(content, "message_text")
    button = params.get("button")
    if button is not None:
        start = button.get("start_parameter")
        if not button.get("text") or (start is None) == (button.get("web_app") is None):
            raise bad_request("can't parse InlineQueryResultsButton")
        if start is not None and not _START.fullmatch(start):
            raise bad_request("START_PARAM_INVALID")
