"""Coming, going, and being silenced: what the bot knows of the groups it is in, and of who has blocked it."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import Final

from telegram import Chat as TelegramChat
from telegram import ChatMember, ChatMemberRestricted, Message, Update
from telegram.constants import ChatMemberStatus, ChatType
from telegram.error import BadRequest, ChatMigrated, Forbidden
from telegram.ext import ApplicationHandlerStop

from bot.storage import Chat
from bot.telegram.audience import audience_of
from bot.telegram.groups import may_ask
from bot.telegram.services import Context
from bot.telegram.speech import Place, say
from bot.telegram.welcome import introduction

RECHECK_SECONDS: Final = 600.0
"""Between two looks at whether the bot may write again where it was silenced: Telegram does not tell when a group's
rights for everybody change."""
MOVE_SECONDS: Final = 1.0
"""How long after the bot came into a supergroup Telegram may yet say that it is a group that has moved."""
_LOOK_SECONDS: Final = 0.05
_CHECKED: Final = "checked"
"""In `context.chat_data`: when the bot last looked."""


async def on_membership(update: Update, context: Context) -> None:
    """The bot was added, promoted, restricted or removed; in private, it was blocked or allowed again."""
    change = update.my_chat_member
    if change is None or change.chat.type == ChatType.CHANNEL:
        return
    memory, chat = context.bot_data.memory, change.chat
    if chat.type == ChatType.PRIVATE:
        person = await memory.person(chat.id)
        blocked = change.new_chat_member.status == ChatMemberStatus.BANNED
        if person.blocked is not blocked:
            memory.keep_person(replace(person, blocked=blocked))
    elif not is_in(change.new_chat_member):
        await _leave(context, chat.id)
    else:
        known = await memory.chat(chat.id)
        muted = not may_write(change.new_chat_member)
        if known is None and not is_in(change.old_chat_member) and not muted:
            if chat.type == ChatType.SUPERGROUP and await _moves_here(context, chat.id):
                return
            await _enter(update, context, chat)
        else:
            memory.keep_chat(replace(known or Chat(chat.id, chat.type), muted=muted))


async def before_group_message(update: Update, context: Context) -> None:
    """Goes before all other handlers of group messages: knows the group, and stops what must not be answered.

    Raises:
        ApplicationHandlerStop: nobody else gets this message.
    """
    message = update.effective_message
    try:
        listen = message is not None and await _listen(update, context, message)
    except Exception as error:  # left to the library, the other handlers would go on without knowing the group
        await context.application.process_error(update, error)
        raise ApplicationHandlerStop from None
    if not listen:
        raise ApplicationHandlerStop


def is_in(member: ChatMember) -> bool:
    """Whether somebody is in a chat at all."""
    if isinstance(member, ChatMemberRestricted):
        return member.is_member
    return member.status not in (ChatMemberStatus.LEFT, ChatMemberStatus.BANNED)


def may_write(member: ChatMember) -> bool:
    """Whether somebody who is in a group may write there, as far as their own rights go."""
    return member.can_send_messages if isinstance(member, ChatMemberRestricted) else is_in(member)


async def _listen(update: Update, context: Context, message: Message) -> bool:
    """Whether a message may be answered; takes note of what it tells about the group."""
    memory, chat = context.bot_data.memory, message.chat
    if message.migrate_to_chat_id is not None:
        await _move(context, chat.id, message.migrate_to_chat_id)
        return False
    if message.migrate_from_chat_id is not None:
        await _move(context, message.migrate_from_chat_id, chat.id)
        return False
    if message.left_chat_member is not None and message.left_chat_member.id == context.bot.id:
        return False
    known = await memory.chat(chat.id)
    if known is None and _brings_the_bot(message, context.bot.id):
        await _enter(update, context, chat)
        return False
    if known is None:
        # it was added while the program was down, or before there was this memory
        memory.keep_chat(Chat(chat.id, chat.type))
    elif known.muted and not await _may_write_again(context, known):
        return False
    return may_ask(message, context.bot)


def _brings_the_bot(message: Message, bot_id: int) -> bool:
    created = message.group_chat_created or message.supergroup_chat_created
    return bool(created) or any(user.id == bot_id for user in message.new_chat_members)


async def _enter(update: Update, context: Context, chat: TelegramChat) -> None:
    """Introduce the bot to a group. Whichever of Telegram's messages about it comes first leads here."""
    audience = await audience_of(update, context)
    sent = await say(context, Place(chat.id), introduction(audience.speaker, context.bot.username))
    # afterwards, so that a failure on the way does not leave the group without the introduction
    context.bot_data.memory.keep_chat(Chat(chat.id, chat.type, muted=sent is None))


async def _moves_here(context: Context, chat_id: int) -> bool:
    """Whether the supergroup that the bot has just come into is a group that it was in.

    Telegram tells of the coming first, and a moment later, in the old group too, that the group has moved.
    """
    until = time.monotonic() + MOVE_SECONDS
    while await context.bot_data.memory.chat(chat_id) is None:
        if time.monotonic() > until:
            return False
        await asyncio.sleep(_LOOK_SECONDS)
    return True


async def _leave(context: Context, chat_id: int) -> None:
    await context.bot_data.memory.forget_chat(chat_id)
    context.application.drop_chat_data(chat_id)


async def _move(context: Context, old: int, new: int) -> None:
    """A group became a supergroup. Both chats are told, in either order; the old one's settings are what counts."""
    memory = context.bot_data.memory
    before, after = await memory.chat(old), await memory.chat(new)
    if before is not None and after is not None and after == Chat(new, after.kind, muted=after.muted):
        # something from the new chat came first, so that it was taken for an unknown one
        memory.keep_chat(replace(before, chat_id=new, kind=after.kind, muted=after.muted))
    await memory.move_chat(old, new)
    context.application.drop_chat_data(old)


async def _may_write_again(context: Context, chat: Chat) -> bool:
    """Look now and then whether the bot's rights, and everybody's, let it write again; remember if they do."""
    data, now = context.chat_data, context.bot_data.clock()
    if data is None or now - data.get(_CHECKED, 0.0) < RECHECK_SECONDS:
        return False
    data[_CHECKED] = now
    try:
        member = await context.bot.get_chat_member(chat.chat_id, context.bot.id)
        allowed = may_write(member)
        if member.status == ChatMemberStatus.MEMBER:
            rights = (await context.bot.get_chat(chat.chat_id)).permissions
            allowed = rights is None or rights.can_send_messages is not False
    except (BadRequest, Forbidden, ChatMigrated):
        return False
    if allowed:
        context.bot_data.memory.keep_chat(replace(chat, muted=False))
    return allowed
