"""Whatever people read goes through the catalogues: no handler says a literal text.

The rule, for every string in `bot/telegram` and `bot/assistant.py` that has two letters next to each other:

1. In what is *shown*, there is none at all. Shown is every argument of a call that makes or sends a message (`SHOWN`),
   the values filled into a translated message, and what the same function assigned to a name that stands in such an
   argument. Arguments that nobody sees (`UNSEEN`) and what makes ids and links (`NOT_WORDS`) do not count.
2. Elsewhere there is none that reads as words: two words with a space between, a capitalised word by itself, letters
   beyond ASCII, or in an f-string a word that stands beside a space.
3. What is translated is one literal, neither put together nor an f-string, so that extraction finds it.

Docstrings, log messages, exceptions, regular expressions, comparisons and dictionary keys are not for people; single
lower-case words are ids and commands. `ALLOWED` names the rest.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

BOT = Path(__file__).parent.parent / "bot"
MODULES = [*sorted((BOT / "telegram").glob("*.py")), BOT / "assistant.py"]

TRANSLATED = {"_": 1, "ngettext": 2}
"""How many arguments of each are messages."""
MAKING = frozenset(
    ["Block", "Button", "InlineKeyboardButton", "Saying", "listing", "Reply", "Suggestion", "replace", "BotCommand"]
)
OFFERING = frozenset(
    ["Article", "InlineQueryResultArticle", "InputTextMessageContent", "InlineQueryResultsButton", "send_poll"]
)
SENDING = frozenset(["say", "edit", "pose", "acknowledge", "_object", "answer", "send_message", "edit_message_text"])
SHOWN = MAKING | OFFERING | SENDING
UNSEEN = frozenset(
    ["callback_data", "url", "id", "parse_mode", "start_parameter", "as_reply", "api_kwargs", "language", "kind"]
)
FIRST_UNSEEN = frozenset(["BotCommand", "replace"])
"""What these are given first is a command, or what is to be changed."""
NOT_WORDS = frozenset(["pack", "deep_link", "share_link"])
SILENT = frozenset(["log", "re"])
"""`log.info(…)`, `re.compile(…)`."""

TELEGRAMS = "what Telegram says about a fault"
OPERATORS = "for the operator, in the log and on the terminal"
ALLOWED = {
    ("inline.py", "_TOO_OLD"): TELEGRAMS,
    ("speech.py", "_UNREACHABLE"): TELEGRAMS,
    ("speech.py", "_MARKUP_FAULTS"): TELEGRAMS,
    ("speech.py", "_BUTTON_FAULTS"): TELEGRAMS,
    ("service.py", "_why_not_opened"): OPERATORS,
    ("dispatch.py", "_give"): "why an update was set aside, in the inbox",
}
"""Exceptions by module and the function or constant that they stand in."""

_LETTERS = re.compile(r"[^\W\d_]{2}")
_TAG = re.compile(r"</?[a-z][^>]*>")
_TWO_WORDS = re.compile(r"[^\W\d_]{2,}[,;:.!?…]*\s+[^\W\d_]{2,}")
_ALONE = re.compile(r"\W*[A-Z][a-z]+\W*")
_BESIDE_A_SPACE = re.compile(r"[^\W\d_]{2,}\W*\s|\s\W*[^\W\d_]{2,}")


class Reader:
    """Reads a module and tells the literal texts that people would see."""

    def __init__(self, source: str) -> None:
        self.tree = ast.parse(source)
        self.parents = {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}
        self.shown = self._shown()

    def faults(self) -> Iterator[tuple[int, str, str]]:
        """Line, the name of the function or constant around it, and the text."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and self._is_fault(node, node.value):
                yield node.lineno, self._around(node), node.value
            elif isinstance(node, ast.Call) and (messages := TRANSLATED.get(_name(node))):
                for message in node.args[:messages]:
                    if not isinstance(message, ast.Constant):
                        yield message.lineno, self._around(message), ast.unparse(message)

    def _is_fault(self, node: ast.Constant, text: str) -> bool:
        if not _LETTERS.search(_TAG.sub("", text)) or self._is_for_nobody(node):
            return False
        return node in self.shown or self._reads_as_words(node, _TAG.sub("", text))

    def _reads_as_words(self, node: ast.Constant, text: str) -> bool:
        in_f_string = isinstance(self.parents[node], ast.JoinedStr)
        return bool(
            _TWO_WORDS.search(text)
            or _ALONE.fullmatch(text)
            or any(character.isalpha() and not character.isascii() for character in text)
            or (in_f_string and _BESIDE_A_SPACE.search(text))
        )

    def _is_for_nobody(self, node: ast.AST) -> bool:
        """Whether a string is a docstring, logged, raised, compared … or the message of a translation."""
        while (parent := self.parents.get(node)) is not None:
            match parent:
                case ast.Expr() if isinstance(node, ast.Constant):
                    return True  # a docstring
                case ast.Raise() | ast.Compare() | ast.MatchValue() | ast.Subscript(slice=ast.Constant()):
                    return True
                case ast.Dict() if node in parent.keys:
                    return True
                case ast.Call():
                    if _owner(parent) in SILENT or _name(parent) in NOT_WORDS:
                        return True
                    if node in parent.args[: TRANSLATED.get(_name(parent), 0)]:
                        return True
                case ast.keyword() if parent.arg in UNSEEN:
                    return True
                case ast.AnnAssign() | ast.arg() if node is parent.annotation:
                    return True
            node = parent
        return False

    def _shown(self) -> set[ast.AST]:
        """Every node within something shown, also by way of a name."""
        found: set[ast.AST] = set()
        for call in ast.walk(self.tree):
            if not isinstance(call, ast.Call):
                continue
            if _name(call) in TRANSLATED:
                arguments: list[ast.AST] = list(call.keywords)
            elif _name(call) in SHOWN:
                arguments = [*call.args[_name(call) in FIRST_UNSEEN :], *call.keywords]
            else:
                continue
            for node in (inner for argument in arguments for inner in ast.walk(argument)):
                found.add(node)
                if isinstance(node, ast.Name) and not self._is_for_nobody(node):
                    for value in self._assigned(node):
                        found |= set(ast.walk(value))
        return found

    def _assigned(self, name: ast.Name) -> Iterator[ast.expr]:
        """What the function around a name assigns to it."""
        around: ast.AST = name
        while not isinstance(around, ast.FunctionDef | ast.AsyncFunctionDef | ast.Module):
            around = self.parents[around]
        for node in ast.walk(around):
            match node:
                case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name.id:
                    yield value
                case ast.AnnAssign(target=ast.Name(id=target), value=ast.expr() as value) if target == name.id:
                    yield value
                case ast.AugAssign(target=ast.Name(id=target), value=value) if target == name.id:
                    yield value
                case ast.NamedExpr(target=ast.Name(id=target), value=value) if target == name.id:
                    yield value

    def _around(self, node: ast.AST) -> str:
        """The name of the function, or of the module's constant, that a node stands in."""
        name = ""
        while (parent := self.parents.get(node)) is not None:
            match parent:
                case ast.FunctionDef() | ast.AsyncFunctionDef():
                    return parent.name
                case ast.Assign(targets=[ast.Name(id=target)]) | ast.AnnAssign(target=ast.Name(id=target)):
                    name = target
            node = parent
        return name


def _name(call: ast.Call) -> str:
    match call.func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""


def _owner(call: ast.Call) -> str:
    match call.func:
        case ast.Attribute(value=ast.Name(id=owner)):
            return owner
    return ""


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_all_text_goes_through_the_catalogues(path: Path) -> None:
    found = Reader(path.read_text(encoding="utf-8")).faults()
    faults = [f"{path.name}:{line}: {text!r}" for line, name, text in found if (path.name, name) not in ALLOWED]
    assert not faults, "say it with speaker._(…) or speaker.ngettext(…):\n" + "\n".join(faults)


def test_every_exception_is_needed() -> None:
    found = {(path.name, name) for path in MODULES for _, name, _ in Reader(path.read_text("utf-8")).faults()}
    assert set(ALLOWED) <= found


@pytest.mark.parametrize(
    "source",
    [
        'Block("Hello")',
        'Block("yes")',
        'Block(f"{n} votes")',
        'Block(f"{name}:" + " told")',
        'Button("Next", callback_data=pack("t", "2"))',
        'await say(context, place, Saying([Block("no")]))',
        'await query.answer("done")',
        'await acknowledge(query, "done")',
        'InlineQueryResultArticle(id=fact, title="topic")',
        'BotCommand("start", "begin")',
        'replace(reply, preface="sorry")',
        'Reply(status, language, 1.0, body="nothing found")',
        'speaker._("I speak %(what)s.", what="Hindi")',
        'speaker._("I " + "speak")',
        'speaker._(f"I speak {language}")',
        'speaker.ngettext("one", many, 2)',
        'def f():\n    text = "maybe"\n    return Block(text)',
        'def f():\n    text = speaker._("Yes")\n    if x:\n        text = "no"\n    return Block(f"🌐 {text}")',
        'def f():\n    if (text := "maybe"):\n        return Block(text)',
        'def f():\n    return "Nothing found"',
        'def f():\n    return "Nothing."',
        'def f():\n    return f"{page} of {pages}"',
        'GREETING = "नमस्ते"',
        'LINES = {"a": "Good morning to you"}',
    ],
)
def test_what_it_catches(source: str) -> None:
    assert list(Reader(source).faults())


@pytest.mark.parametrize(
    "source",
    [
        '"""A module."""\ndef f():\n    """Say hello."""\n    x = 1\n    """A field."""',
        'Block(speaker._("Hello"), Style.TITLE)',
        'Block(f"🌐 {line}")',
        'Block("• " + speaker._("one thing"))',
        'Block("\\n".join(f"• {line}" for line in lines))',
        'speaker.ngettext("%(n)s day", "%(n)s days", n, title=label.title)',
        'speaker._("Hello " "you")',
        'Button("🗂 " + speaker._("By kind"), callback_data=pack("topics", "kinds"))',
        'Button("↗", url=f"https://t.me/{username}")',
        'def f():\n    data = "ab"\n    return Button(title, callback_data=data)',
        'log.info("an update was handled, at last: %s", number)',
        'raise ValueError(f"button data of {n} bytes")',
        're.compile("some words here")',
        'x = "not modified" in error.message',
        'HEADERS = {"Connection": "close"}',
        'NAMES = ("ask", "topics")',
        'BotCommand("start", speaker._("Begin"))',
        'Saying([Block(text)], Keyboard([[Button(title, callback_data="a:b")]]))',
    ],
)
def test_what_it_lets_pass(source: str) -> None:
    assert not list(Reader(source).faults())
