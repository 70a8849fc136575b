"""The tables. A change here needs a migration beside it, in `migrations/versions`; a test compares the two.

Times are whole seconds since 1970, UTC. Every table that holds something about a person has the column `user_id`, so
that forgetting somebody is the same for all of them.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, MetaData, String, Table, Text

metadata = MetaData()

inbox = Table(
    "inbox",
    metadata,
    # what Telegram sent, until it is answered; afterwards only the number stays, to know a repetition by
    Column("update_id", BigInteger, primary_key=True, autoincrement=False),
    Column("chat_id", BigInteger),  # what keeps order: the chat, or the person where there is none
    Column("user_id", BigInteger),
    Column("payload", Text),  # JSON; NULL when done
    Column("sent", Integer),  # when the person sent it; NULL for what is no message, which is never late
    Column("state", String(10), nullable=False),  # waiting, leased, done, aside
    Column("due", Integer, nullable=False, default=0),  # not handled again before
    Column("attempts", Integer, nullable=False, default=0),  # that ended with an error
    Column("crashes", Integer, nullable=False, default=0),  # of the whole program while it was in hand
    Column("finished", Integer),  # when it was done or set aside
    Column("reason", Text),  # why it was set aside
    Index("inbox_state", "state", "chat_id", "update_id"),
    Index("inbox_user", "user_id"),
)

people = Table(
    "people",
    metadata,
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("language", String(16)),  # chosen; NULL follows each message
    Column("hinted", Boolean, nullable=False, default=False),  # was told once that only words are read
    Column("blocked", Boolean, nullable=False, default=False),  # has blocked the bot
)

chats = Table(
    "chats",
    metadata,
    # groups and channels; private chats are people
    Column("chat_id", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", String(12), nullable=False),  # group, supergroup, channel
    Column("language", String(16)),  # NULL follows each speaker
    Column("listening", Boolean, nullable=False, default=False),
    Column("muted", Boolean, nullable=False, default=False),  # may not write there
    Column("linked", BigInteger),  # of a channel: its discussion group
)

conversations = Table(
    "conversations",
    metadata,
    # what was answered last, for follow-ups: one per person and chat
    Column("chat_id", BigInteger, primary_key=True, autoincrement=False),
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("fact", String(80)),
    Column("language", String(16)),
    Column("at", Integer, nullable=False),
)

replies = Table(
    "replies",
    metadata,
    # which message answers which, so that an edited question edits its answer; and what it tells, for replies to it
    Column("chat_id", BigInteger, primary_key=True, autoincrement=False),
    Column("question_id", BigInteger, primary_key=True, autoincrement=False),  # of a button: the answer itself
    Column("reply_id", BigInteger, nullable=False),
    Column("user_id", BigInteger, nullable=False),
    Column("fact", String(80)),  # that a follow-up to it is about
    Column("language", String(16)),
    Column("context", String(80)),  # the fact that the question itself was read with
    Column("at", Integer, nullable=False),
    Index("replies_reply", "chat_id", "reply_id"),
)

votes = Table(
    "votes",
    metadata,
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("fact", String(80), primary_key=True),
    Column("language", String(16), primary_key=True),
    Column("up", Boolean, nullable=False),
    Index("votes_fact", "fact", "language"),
)
