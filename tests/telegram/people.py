"""Who and where: users and chats as Telegram describes them, with realistic fields."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class User:
    """Somebody, or a bot. `language_code` is what the person's app is set to."""

    id: int
    first_name: str
    last_name: str | None = None
    username: str | None = None
    language_code: str | None = "en"
    is_bot: bool = False

    def as_json(self) -> Json:
        return _present(
            id=self.id,
            is_bot=self.is_bot,
            first_name=self.first_name,
            last_name=self.last_name,
            username=self.username,
            language_code=self.language_code,
        )


@dataclass(frozen=True)
class Chat:
    """A place for messages. Ids are as Telegram's: of people above 0, of groups below, of the others below -10¹²."""

    id: int
    type: str
    """private, group, supergroup or channel."""
    title: str | None = None
    username: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    is_forum: bool = False
    linked: int | None = None
    """Of a channel its discussion group, of a discussion group its channel."""

    def as_json(self) -> Json:
        return _present(
            id=self.id,
            type=self.type,
            title=self.title,
            username=self.username,
            first_name=self.first_name,
            last_name=self.last_name,
            is_forum=self.is_forum or None,
        )

    @property
    def is_private(self) -> bool:
        return self.type == "private"


@dataclass
class Room:
    """What changes about a chat while a test runs: who is in it, what the bot may do there, its topics."""

    chat: Chat
    bot: str = "member"
    """The bot's status there: member, administrator, restricted, left or kicked (in private: blocked)."""
    statuses: dict[int, str] = field(default_factory=dict)
    """Status of each person seen there."""
    people: dict[int, User] = field(default_factory=dict)
    topics: dict[int, str] = field(default_factory=dict)
    """Names of a forum's topics by thread id; General is none of them."""
    migrated_to: int | None = None
    last_id: int = 0
    """Id of the newest message; ids grow by one per chat."""

    def meet(self, user: User) -> None:
        """Remember that somebody is here."""
        self.people.setdefault(user.id, user)
        self.statuses.setdefault(user.id, "member")


def private_chat(user: User) -> Chat:
    """The chat of one person with the bot; it has the person's id."""
    return Chat(user.id, "private", username=user.username, first_name=user.first_name, last_name=user.last_name)


ANONYMOUS_ADMIN = User(1087968824, "Group", username="GroupAnonymousBot", language_code=None, is_bot=True)
"""Who Telegram names as the sender of an administrator who stays anonymous."""
TELEGRAM = User(777000, "Telegram", language_code=None)
"""Who forwards a channel's posts to its discussion group."""

_EVERYTHING = {
    "can_manage_chat": True,
    "can_change_info": True,
    "can_delete_messages": True,
    "can_invite_users": True,
    "can_restrict_members": True,
    "can_promote_members": False,
    "can_manage_video_chats": True,
    "can_post_stories": False,
    "can_edit_stories": False,
    "can_delete_stories": False,
    "is_anonymous": False,
}
_MAY_NOTHING = {
    f"can_{what}": False
    for what in [
        "send_messages",
        "send_audios",
        "send_documents",
        "send_photos",
        "send_videos",
        "send_video_notes",
        "send_voice_notes",
        "send_polls",
        "send_other_messages",
        "add_web_page_previews",
        "react_to_messages",
        "edit_tag",
        "change_info",
        "invite_users",
        "pin_messages",
        "manage_topics",
    ]
}


def member_as_json(user: User, status: str, chat: Chat) -> Json:
    """A `ChatMember` with the fields that its status requires."""
    member: Json = {"user": user.as_json(), "status": status}
    if status == "administrator":
        channel = {"can_post_messages": True, "can_edit_messages": True} if chat.type == "channel" else {}
        member |= {"can_be_edited": False, **_EVERYTHING, **channel}
    elif status == "creator":
        member |= {"is_anonymous": False}
    elif status == "restricted":
        member |= {"is_member": True, "until_date": 0, **_MAY_NOTHING}
    elif status == "kicked":
        member |= {"until_date": 0}
    return member


def full_info(room: Room) -> Json:
    """A `ChatFullInfo`, as `getChat` answers."""
    gifts = dict.fromkeys(
        ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels"), False
    )
    info = room.chat.as_json() | {"accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": gifts}
    if room.chat.linked is not None:
        info["linked_chat_id"] = room.chat.linked
    if room.chat.type in ("group", "supergroup"):
        info["permissions"] = dict.fromkeys(_MAY_NOTHING, True)
    return info


def _present(**fields: object) -> Json:
    return {name: value for name, value in fields.items() if value is not None}
