"""Which waiting updates may be taken in hand, and when the next one may: queries, written once.

To write one takes SQLAlchemy longer than SQLite to answer it.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Boolean, ColumnElement, Integer, Select, and_, bindparam, case, func, or_, select

from bot.storage.tables import inbox

LONGEST_REST: Final = 600
"""Seconds for which an update is postponed at most; what is due later still was postponed by a clock that was wrong."""
SUSPECT: Final = 3
"""Crashes of the program with an update in hand, from which it is handled only while no other is."""
_NOW: ColumnElement[int] = bindparam("now", type_=Integer)
_LATE = func.coalesce(inbox.c.sent, bindparam("late_before", type_=Integer)) < bindparam("late_before", type_=Integer)
_ORDER = case((_LATE, -inbox.c.update_id), else_=inbox.c.update_id)


def _postponed(table: Any = inbox) -> ColumnElement[bool]:
    """Whether an update is not due yet."""
    return and_(table.c.due > _NOW, table.c.due <= _NOW + LONGEST_REST)


def _resting(table: Any = inbox) -> ColumnElement[bool]:
    """Whether an update is postponed that was not at fault itself: its chat waits too."""
    return and_(table.c.state == "waiting", table.c.reason.is_(None), _postponed(table))


_RESTING_CHATS: Final = select(inbox.c.chat_id).where(_resting())


def _until_of_chat() -> ColumnElement[Any]:
    """Until when the chat of an update has to wait, or NULL."""
    first = inbox.alias()
    until = select(func.max(first.c.due)).where(first.c.chat_id == inbox.c.chat_id, _resting(first))
    return until.correlate(inbox).scalar_subquery()


def _ready() -> Select[Any]:
    waiting = (
        select(
            inbox.c.update_id,
            func.row_number().over(partition_by=inbox.c.chat_id, order_by=(_LATE.desc(), _ORDER)).label("place"),
        )
        .where(
            inbox.c.state == "waiting",
            ~_postponed(),
            or_(inbox.c.sent.is_(None), inbox.c.chat_id.not_in(_RESTING_CHATS)),
            or_(bindparam("take_suspects", type_=Boolean), inbox.c.crashes < SUSPECT),
            or_(bindparam("take_late", type_=Boolean), ~_LATE),
            inbox.c.chat_id.not_in(bindparam("busy", expanding=True)),
        )
        .subquery()
    )
    return (
        select(
            inbox.c.update_id,
            inbox.c.chat_id,
            inbox.c.payload,
            inbox.c.attempts,
            inbox.c.crashes,
            _LATE.label("late"),
            _until_of_chat().label("behind"),
        )
        .join(waiting, waiting.c.update_id == inbox.c.update_id)
        .where(waiting.c.place <= bindparam("per_chat", type_=Integer))
        .order_by(inbox.c.crashes >= SUSPECT, _LATE.desc(), _ORDER)
        .limit(bindparam("limit", type_=Integer))
    )


READY: Final = _ready()
"""What may be taken in hand now, first come first. Its parameters are set in `Inbox.lease`."""
NEXT_DUE: Final = select(func.min(inbox.c.due)).where(
    inbox.c.state == "waiting",
    # what waits behind a postponed one is not due before it, whatever its own time
    or_(_postponed(), inbox.c.chat_id.not_in(_RESTING_CHATS)),
)
