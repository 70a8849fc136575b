"""Which handler an update goes to: the first that fits, in this order."""

from __future__ import annotations

from typing import Any

from telegram.ext import (
    BaseHandler,
    CallbackQueryHandler,
    ChatMemberHandler,
    CommandHandler,
    InlineQueryHandler,
    MessageHandler,
    filters,
)

from bot.telegram import (
    browse,
    buttons,
    channels,
    glossary,
    groups,
    inline,
    membership,
    preferences,
    privacy,
    questions,
    welcome,
)
from bot.telegram.callbacks import Action
from bot.telegram.errors import on_error
from bot.telegram.presses import on_old_button, press_handler
from bot.telegram.services import App, Context

Handler = BaseHandler[Any, Context, Any]

PRIVATE = filters.ChatType.PRIVATE & (filters.UpdateType.MESSAGE | filters.UpdateType.EDITED_MESSAGE)
GROUPS = filters.ChatType.GROUPS & (filters.UpdateType.MESSAGE | filters.UpdateType.EDITED_MESSAGE)


def add_routes(app: App) -> None:
    """Give the application all its handlers."""
    app.add_handlers([*_inline_and_channels(), *_buttons(), *_commands(), *_messages()])
    # before all others: what a group message tells about the group, and whether anything may be said there
    app.add_handler(MessageHandler(GROUPS, membership.before_group_message), group=-2)
    app.add_error_handler(on_error)


def _inline_and_channels() -> list[Handler]:
    return [
        InlineQueryHandler(inline.on_inline_query),
        MessageHandler(filters.UpdateType.CHANNEL_POST, channels.on_channel_post),
        channels.ChannelMembership(channels.on_channel_membership),
        ChatMemberHandler(membership.on_membership, ChatMemberHandler.MY_CHAT_MEMBER),
    ]


def _buttons() -> list[Handler]:
    by_action = {
        Action.ANSWER: buttons.on_answer_button,
        Action.TRANSLATE: buttons.on_translate_button,
        Action.LANGUAGES: buttons.on_languages_button,
        Action.BACK: buttons.on_back_button,
        Action.VOTE: buttons.on_vote_button,
        Action.PASSAGE: buttons.on_passage_button,
        Action.NONE: buttons.on_none_button,
        Action.TOPICS: browse.on_topics_button,
        Action.GLOSSARY: glossary.on_glossary_button,
        Action.SOURCES: glossary.on_sources_button,
        Action.SETTINGS: preferences.on_settings_button,
        Action.FORGET: privacy.on_forget_button,
    }
    known = [press_handler(action, handle) for action, handle in by_action.items()]
    return [*known, CallbackQueryHandler(on_old_button)]


def _commands() -> list[Handler]:
    by_name = {
        "topics": browse.on_topics,
        "who": glossary.on_who,
        "what": glossary.on_what,
        "sources": glossary.on_sources,
        "start": welcome.on_start,
        "help": welcome.on_help,
        "language": preferences.on_language,
        "settings": preferences.on_settings,
        "privacy": privacy.on_privacy,
        "forgetme": privacy.on_forgetme,
    }
    only_in_private = {"ask": groups.on_ask, "cancel": privacy.on_cancel}
    return [
        *(CommandHandler(name, handle) for name, handle in by_name.items()),
        *(CommandHandler(name, handle, PRIVATE) for name, handle in only_in_private.items()),
        # whatever was none of these
        MessageHandler(PRIVATE & filters.COMMAND, welcome.on_unknown_command),
    ]


def _messages() -> list[Handler]:
    words = filters.TEXT | filters.CAPTION
    return [
        MessageHandler(PRIVATE & words, questions.on_private_text),
        MessageHandler(PRIVATE & filters.UpdateType.MESSAGE & ~filters.StatusUpdate.ALL, welcome.on_media),
        MessageHandler(GROUPS & words, groups.on_group_message),
    ]
