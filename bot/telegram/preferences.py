"""What people set: the language of answers; in groups also whether the bot listens, which is for admins to say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from rapidfuzz import fuzz, process
from telegram import InlineKeyboardButton as Button
from telegram import InlineKeyboardMarkup as Keyboard
from telegram import Message, Update
from telegram.constants import ChatMemberStatus, ChatType
from telegram.error import BadRequest, ChatMigrated, Forbidden

from bot.assistant import Assistant
from bot.language import clean, normalise
from bot.storage import Chat, Person
from bot.telegram.audience import Audience, audience_of
from bot.telegram.blocks import Block, Style
from bot.telegram.buttons import put_in_place
from bot.telegram.callbacks import Action, pack, unpack
from bot.telegram.presses import reject
from bot.telegram.privacy import let_go, pose
from bot.telegram.questions import tell
from bot.telegram.services import Context, Services
from bot.telegram.speech import Saying, acknowledge
from bot.telegram.welcome import hear_command, spoken

# what a settings button says: one of these, and the value
LANGUAGE: Final = "l"
LISTENING: Final = "h"
FOLLOW: Final = "-"
"""In place of a language: none is set."""
_LIKE_ENOUGH: Final = 80.0
"""Of 100: how near a typed name must be to a language's name."""


async def on_language(update: Update, context: Context) -> None:
    """`/language` offers the languages, `/language hindi` sets one; in a group for the group, by its admins."""
    if (heard := await hear_command(update, context)) is None:
        return
    message, audience = heard
    services = context.bot_data
    wanted = " ".join(context.args or ())
    if message.chat.type != ChatType.PRIVATE and not await _is_sent_by_admin(context, message):
        text = audience.speaker._("Only admins of this group can change that.")
        await tell(update, context, message, audience, Saying([Block(text)]))
    elif not wanted:
        await pose(update, context, message, audience, language_question(services, audience))
    elif (code := language_named(services.assistant, wanted)) is not None:
        set_language(context, message.chat.type, audience, code)
        await tell(update, context, message, audience, language_is_set(await audience_of(update, context), code))
    else:
        await pose(update, context, message, audience, language_question(services, audience, unknown=True))


async def on_settings(update: Update, context: Context) -> None:
    """`/settings`: how things are, with buttons to change them."""
    if (heard := await hear_command(update, context)) is not None:
        message, audience = heard
        saying = settings(audience, reads_all=bool(context.bot.can_read_all_group_messages))
        await pose(update, context, message, audience, saying)


async def on_settings_button(update: Update, context: Context) -> None:
    """A setting is looked at or changed."""
    query = update.callback_query
    if query is None or (message := query.message) is None:
        return
    audience = await audience_of(update, context)
    try:
        allowed = message.chat.type == ChatType.PRIVATE or await is_admin(context, message.chat.id, query.from_user.id)
    except ChatMigrated as error:  # what is set there now would be set for nobody
        await context.bot_data.memory.move_chat(message.chat.id, error.new_chat_id)
        await reject(update, context, query)
        return
    if not allowed:
        await acknowledge(query, audience.speaker._("Only admins of this group can change that."), alert=True)
        return
    saying = await _changed(update, context, message.chat.type, audience, unpack(query.data)[1])
    if saying is None:
        await reject(update, context, query)
        return
    await acknowledge(query)
    if saying.keyboard is None:
        let_go(context, message.chat.id)
    await put_in_place(context, query, saying)


async def _changed(
    update: Update, context: Context, kind: str, audience: Audience, parts: Sequence[str]
) -> Saying | None:
    """Do what a button says; what its message says afterwards, or None for a button of another time."""
    match list(parts):
        case ["l"]:
            return language_question(context.bot_data, audience)
        case ["l", code] if code == FOLLOW or code in context.bot_data.assistant.knowledge.languages:
            chosen = None if code == FOLLOW else code
            set_language(context, kind, audience, chosen)
            return language_is_set(await audience_of(update, context), chosen)
        case ["h", "0" | "1" as switch] if kind != ChatType.PRIVATE:
            chat = audience.chat or Chat(audience.chat_id, kind)
            context.bot_data.memory.keep_chat(replace(chat, listening=switch == "1"))
            reads_all = bool(context.bot.can_read_all_group_messages)
            return settings(await audience_of(update, context), reads_all=reads_all)
    return None


def set_language(context: Context, kind: str, audience: Audience, code: str | None) -> None:
    """Remember the language chosen for a person or a group; None follows each message or speaker."""
    memory = context.bot_data.memory
    if kind == ChatType.PRIVATE:
        memory.keep_person(replace(audience.person or Person(audience.asker), language=code))
    else:
        memory.keep_chat(replace(audience.chat or Chat(audience.chat_id, kind), language=code))


def language_named(assistant: Assistant, text: str) -> str | None:
    """The language that a code or a name means: its own name, or the one in any language spoken, also misspelt."""
    if (code := assistant.known_language(clean(text))) is not None:
        return code
    codes = list(assistant.knowledge.languages)
    names = {
        normalise(assistant.catalogues.for_language(speaking).language_name(code)): code
        for code in codes
        for speaking in codes
    }
    # "bahasa Indonesia", "in Hindi": the name may be one word of several
    best = [
        found
        for attempt in dict.fromkeys([clean(text), *clean(text).split()])
        if (found := process.extractOne(normalise(attempt), list(names), scorer=fuzz.ratio, score_cutoff=_LIKE_ENOUGH))
    ]
    return names[max(best, key=lambda found: found[1])[0]] if best else None


# -- what is said


def settings(audience: Audience, *, reads_all: bool) -> Saying:
    """All settings of a person or a group. `reads_all`: Telegram shows the bot all messages of groups."""
    speaker = audience.speaker
    in_group = audience.chat_id < 0
    language = (
        (audience.chat and audience.chat.language) if in_group else (audience.person and audience.person.language)
    )
    if language:
        line = speaker._("Language: %(language)s", language=speaker.language_name(language))
    elif in_group:
        line = speaker._("Language: I follow each speaker.")
    else:
        line = speaker._("Language: I follow your messages.")
    blocks = [Block(speaker._("Settings"), Style.TITLE), Block(f"🌐 {line}")]
    rows = [[Button("🌐 " + speaker._("Change the language"), callback_data=pack(Action.SETTINGS, LANGUAGE))]]
    if in_group:
        listening = audience.chat is not None and audience.chat.listening
        if listening:
            line = speaker._("Listening: on. I also answer questions that I overhear, when I am sure of the answer.")
            switch = speaker._("Turn listening off")
        else:
            line = speaker._("Listening: off. I speak only when I am asked.")
            switch = speaker._("Turn listening on")
        blocks.append(Block(f"👂 {line}"))
        if listening and not reads_all:
            hint = speaker._("Make me an admin here for that: Telegram does not show me all messages otherwise.")
            blocks.append(Block(hint, Style.ASIDE))
        rows.append([Button(f"👂 {switch}", callback_data=pack(Action.SETTINGS, LISTENING, "0" if listening else "1"))])
    return Saying(blocks, Keyboard(rows))


def language_question(services: Services, audience: Audience, *, unknown: bool = False) -> Saying:
    """Which language? `unknown`: one was named that the bot does not speak."""
    speaker, in_group = audience.speaker, audience.chat_id < 0
    if unknown:
        text = speaker._("That is none of my languages. I speak %(languages)s.", languages=spoken(services, speaker))
    elif in_group:
        text = speaker._("In which language shall I answer in this group?")
    else:
        text = speaker._("In which language shall I answer you?")
    own_names = [
        Button(services.speaker(code).language_name(code), callback_data=pack(Action.SETTINGS, LANGUAGE, code))
        for code in services.assistant.knowledge.languages
    ]
    follow = speaker._("Follow each speaker") if in_group else speaker._("Follow my messages")
    across = 2 if len(own_names) <= 4 else 3
    rows = [own_names[i : i + across] for i in range(0, len(own_names), across)]
    return Saying(
        [Block(text)], Keyboard([*rows, [Button(follow, callback_data=pack(Action.SETTINGS, LANGUAGE, FOLLOW))]])
    )


def language_is_set(audience: Audience, code: str | None) -> Saying:
    """So be it, in the language that was chosen."""
    in_group = audience.chat_id < 0
    speaker = audience.speaker
    if code is None and in_group:
        text = speaker._("From now on I answer everybody in this group in their own language.")
    elif code is None:
        text = speaker._("From now on I answer in the language of each message.")
    elif in_group:
        text = speaker._(
            "From now on I answer in %(language)s in this group, except those who have chosen another language.",
            language=speaker.language_name(code),
        )
    else:
        text = speaker._("From now on I answer you in %(language)s.", language=speaker.language_name(code))
    return Saying([Block(text)])


# -- who may


async def is_admin(context: Context, chat_id: int, user_id: int) -> bool:
    """Whether somebody is the creator or an administrator of a group."""
    try:
        member = await context.bot.get_chat_member(chat_id, user_id)
    except (BadRequest, Forbidden):  # not there any more
        return False
    return member.status in (ChatMemberStatus.OWNER, ChatMemberStatus.ADMINISTRATOR)


async def _is_sent_by_admin(context: Context, message: Message) -> bool:
    """Whether an admin sent a message; who writes in the group's own name is one, and stays anonymous."""
    if message.sender_chat is not None:
        return message.sender_chat.id == message.chat.id
    return message.from_user is not None and await is_admin(context, message.chat.id, message.from_user.id)
