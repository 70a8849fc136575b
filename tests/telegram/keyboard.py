"""Inline keyboards, checked as Telegram checks them."""

from __future__ import annotations

from typing import Any

from tests.telegram.people import Json
from tests.telegram.wire import bad_request

ACTIONS = frozenset(
    [
        "url",
        "callback_data",
        "web_app",
        "login_url",
        "switch_inline_query",
        "switch_inline_query_current_chat",
        "switch_inline_query_chosen_chat",
        "copy_text",
        "callback_game",
        "pay",
    ]
)
_MOST_BUTTONS = 100


def check_markup(markup: Any) -> Json | None:
    """The inline keyboard in `reply_markup` for showing; None when there is none (or another kind of keyboard).

    Raises:
        ApiError: Telegram would refuse it.
    """
    if markup is None:
        return None
    if not isinstance(markup, dict):
        raise bad_request("object expected as reply markup")
    if "inline_keyboard" not in markup:
        if not {"keyboard", "remove_keyboard", "force_reply"} & markup.keys():
            raise bad_request("can't parse reply keyboard markup JSON object")
        return None
    rows = markup["inline_keyboard"]
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad_request('field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays')
    buttons = [button for row in rows for button in row]
    for button in buttons:
        _check_button(button)
    if len(buttons) > _MOST_BUTTONS:
        raise bad_request("reply markup is too long")
    return {"inline_keyboard": [row for row in rows if row]} if buttons else None


def _check_button(button: Any) -> None:
    fault = "can't parse inline keyboard button: "
    if not isinstance(button, dict):
        raise bad_request(f"{fault}expected an Object")
    if not isinstance(button.get("text"), str) or not button["text"].strip():
        raise bad_request(f'{fault}field "text" must be a non-empty String')
    actions = ACTIONS & button.keys()
    if not actions:
        raise bad_request(f"{fault}Text buttons are unallowed in the inline keyboard")
    if len(actions) > 1:
        raise bad_request(f"{fault}exactly one action expected, got {', '.join(sorted(actions))}")
    data = button.get("callback_data")
    if data is not None and (not isinstance(data, str) or not 1 <= len(data.encode()) <= 64):
        raise bad_request("BUTTON_DATA_INVALID")
    address = button.get("url")
    if address is not None and not str(address).startswith(("http://", "https://", "tg://", "ton://")):
        raise bad_request("BUTTON_URL_INVALID")
    copied = button.get("copy_text")
    if copied is not None and not 1 <= len(str(copied.get("text", ""))) <= 256:
        raise bad_request("BUTTON_COPY_TEXT_INVALID")
