"""Channels: silent but for `/ask` in a post; questions under posts are the discussion group's."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from telegram import ChatMember, ChatMemberAdministrator, Message, MessageOriginChannel, Update
from telegram import InlineKeyboardButton as Button
from telegram import InlineKeyboardMarkup as Keyboard
from telegram.constants import ChatMemberStatus, ChatType
from telegram.error import BadRequest, Forbidden
from telegram.ext import ChatMemberHandler

from bot.reply import Reply
from bot.storage import Chat, Told
from bot.telegram.answers import MAX_RELATED, blocks, deep_link, share_link
from bot.telegram.audience import audience_of
from bot.telegram.questions import ask
from bot.telegram.services import Context
from bot.telegram.speech import Saying, place_of, say

_ASK: Final = re.compile(r"/ask(?:@(\w+))?(?:\s+(.*))?", re.IGNORECASE | re.DOTALL)


async def on_channel_post(update: Update, context: Context) -> None:
    """Answer a post that begins with `/ask`, as a reply to it; leave all others alone."""
    message = update.channel_post
    if message is None or not (question := question_of(message, context.bot.username)):
        return
    services = context.bot_data
    if await services.memory.chat(message.chat.id) is None:
        # posts are told to administrators only, so the bot is one, whether or not it saw how it became one
        services.memory.keep_chat(Chat(message.chat.id, "channel"))
    if await services.memory.reply_to(message.chat.id, message.message_id) is not None:
        return  # answered before the program ended
    audience = await audience_of(update, context)
    if not services.patience.allows(audience.asker, update.update_id):
        return
    reply = await ask(context, audience, question)
    saying = Saying(blocks(reply), link_keyboard(reply, context.bot.username))
    sent = await say(context, place_of(message), saying)
    if sent is not None:
        told = Told(sent.message_id, reply.fact or audience.conversation.fact, reply.language)
        services.memory.keep_reply(message.chat.id, message.message_id, audience.asker, told)
        services.memory.keep_conversation(message.chat.id, audience.asker, told.fact, told.language)


def question_of(message: Message, username: str) -> str | None:
    """What a post asks with `/ask` or `/ask@username`; None for one that asks nothing, or another bot."""
    found = _ASK.fullmatch((message.text or message.caption or "").strip())
    if found is None or (found[1] or username).lower() != username.lower():
        return None
    return (found[2] or "").strip() or None


def link_keyboard(reply: Reply, username: str) -> Keyboard | None:
    """What may be asked next, as links into the private chat: subscribers' taps must not make the channel talk."""
    if reply.fact is None:
        rows = [[Button(s.title, url=deep_link(username, s.fact))] for s in reply.suggestions]
        return Keyboard(rows) if rows else None
    cells = [Button(s.title, url=deep_link(username, s.fact)) for s in reply.related[:MAX_RELATED]]
    cells.append(Button("↗", url=share_link(username, reply.fact, reply.title or "")))
    return Keyboard([cells[i : i + 2] for i in range(0, len(cells), 2)])


async def was_answered_in_channel(message: Message, context: Context) -> bool:
    """Whether a message in a discussion group is a channel's post whose `/ask` is answered in the channel itself."""
    origin = message.forward_origin
    if not message.is_automatic_forward or not isinstance(origin, MessageOriginChannel):
        return False
    if question_of(message, context.bot.username) is None:
        return False
    # post and forward are handled side by side, so that the answer may not be there yet: what counts is who gives it
    channel = await context.bot_data.memory.chat(origin.chat.id)
    if channel is None:
        return await _is_administrator(context, origin.chat.id)
    if not channel.muted:
        return True
    return await context.bot_data.memory.reply_to(origin.chat.id, origin.message_id) is not None


class ChannelMembership(ChatMemberHandler[Context, None]):
    """Takes changes of the bot's membership in channels, and leaves those in other chats to the next handler."""

    def check_update(self, update: object) -> bool:
        """Whether it is such a change."""
        change = update.my_chat_member if isinstance(update, Update) else None
        return change is not None and change.chat.type == ChatType.CHANNEL and super().check_update(update)


async def on_channel_membership(update: Update, context: Context) -> None:
    """Remember a channel while the bot is its administrator, and nothing of it afterwards."""
    change = update.my_chat_member
    if change is None or change.chat.type != ChatType.CHANNEL:
        return
    memory, member = context.bot_data.memory, change.new_chat_member
    if member.status in (ChatMemberStatus.LEFT, ChatMemberStatus.BANNED):
        await memory.forget_chat(change.chat.id)
        return
    known = await memory.chat(change.chat.id) or Chat(change.chat.id, "channel")
    linked = await _discussion_group(context, change.chat.id)
    memory.keep_chat(replace(known, muted=not _may_post(member), linked=linked))


async def _is_administrator(context: Context, channel: int) -> bool:
    try:
        return _may_post(await context.bot.get_chat_member(channel, context.bot.id))
    except (BadRequest, Forbidden):  # not even there
        return False


def _may_post(member: ChatMember) -> bool:
    return isinstance(member, ChatMemberAdministrator) and bool(member.can_post_messages)


async def _discussion_group(context: Context, channel: int) -> int | None:
    try:
        return (await context.bot.get_chat(channel)).linked_chat_id
    except (BadRequest, Forbidden):  # removed again by now
        return None
