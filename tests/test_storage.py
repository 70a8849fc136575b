"""What the bot keeps: the inbox, in which nothing is lost, and what it remembers about people and chats."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from bot.storage import Chat, Conversation, Database, Inbox, Leased, Memory, Person, Told
from bot.storage.inbox import KEPT_SECONDS, MAX_CRASHES, open_envelope
from bot.storage.memory import CONVERSATION_SECONDS, REPLY_SECONDS
from bot.storage.ready import SUSPECT
from bot.storage.tables import conversations, inbox, metadata, people, replies


class Clock:
    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(f"sqlite+aiosqlite:///{tmp_path}/bot.db")
    await database.start()
    yield database
    await database.close()


@pytest.fixture
def box(database: Database, clock: Clock) -> Inbox:
    return Inbox(database, clock)


@pytest.fixture
def memory(database: Database, clock: Clock) -> Memory:
    return Memory(database, clock)


def message(number: int, chat: int = 1, *, age: float = 0, user: int = 9) -> dict[str, Any]:
    sent = int(Clock.now - age)
    return {"update_id": number, "message": {"chat": {"id": chat}, "from": {"id": user}, "date": sent, "text": "?"}}


async def lease(box: Inbox, limit: int = 100, **changes: Any) -> list[Leased]:
    return await box.lease(limit, **{"per_chat": 4, "in_hand": {}, "late_before": Clock.now - 3600, **changes})


def numbers(leased: list[Leased]) -> list[int]:
    return [one.update_id for one in leased]


# -- taking in


async def test_what_comes_twice_is_kept_once(box: Inbox) -> None:
    assert await box.store([message(1), message(2)]) == 2
    assert await box.store([message(2), message(3)]) == 1
    assert await box.store([]) == 0
    assert numbers(await lease(box)) == [1, 2, 3]


async def test_what_was_done_is_known_again(box: Inbox, database: Database) -> None:
    await box.store([message(1)])
    await lease(box)
    box.finish(1)
    await database.flush()
    assert await box.store([message(1)]) == 0
    assert await lease(box) == []


async def test_nothing_of_a_done_update_stays_but_its_number(box: Inbox, database: Database) -> None:
    await box.store([message(1)])
    (one,) = await lease(box)
    box.fail(one, "broke", pause=0)
    (one,) = await lease(box)
    box.finish(1)
    await database.flush()
    (row,) = await database.read(select(inbox.c.payload, inbox.c.chat_id, inbox.c.user_id, inbox.c.reason))
    assert tuple(row) == (None, None, None, None)


async def test_the_update_comes_out_as_it_went_in(box: Inbox) -> None:
    odd = {"update_id": 5, "message": {"text": "\ud83d ക്ഷ 😀 \x00", "n": 1 << 80, "f": 1.5, "x": [None, {"": {}}]}}
    await box.store([odd])
    (one,) = await lease(box)
    assert one.payload == odd


@pytest.mark.parametrize(
    "raw", [None, 3, "x", [], {}, {"update_id": None}, {"update_id": True}, {"update_id": 1 << 70}]
)
async def test_what_has_no_number_is_left_out(box: Inbox, raw: object) -> None:
    assert await box.store([raw, message(1)]) == 1


async def test_an_update_too_deep_to_be_written_does_not_keep_others_out(box: Inbox) -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    assert await box.store([{"update_id": 1, "message": deep}, message(2)]) == 2


@pytest.mark.parametrize(
    ("raw", "chat", "user", "sent"),
    [
        (message(1, chat=-5, user=7), -5, 7, int(Clock.now)),
        ({"edited_message": {"chat": {"id": 3}, "date": 5, "edit_date": 8}}, 3, None, 8),
        ({"callback_query": {"from": {"id": 4}, "message": {"chat": {"id": -6}, "date": 2}}}, -6, 4, None),
        ({"inline_query": {"from": {"id": 4}, "query": "x"}}, 4 + (1 << 61), 4, None),
        ({"my_chat_member": {"chat": {"id": -8}, "from": {"id": 4}, "date": 9}}, -8, 4, None),
        ({"poll_answer": {"user": {"id": 4}}}, 4, 4, None),
        ({"message": {"chat": "?", "from": [], "date": "soon"}}, 0, None, None),
        ({"message": None}, 0, None, None),
    ],
)
def test_what_the_inbox_reads_on_an_update(raw: dict[str, Any], chat: int, user: int | None, sent: int | None) -> None:
    envelope = open_envelope({"update_id": 1, **raw})
    assert envelope is not None
    assert (envelope.chat_id, envelope.user_id, envelope.sent) == (chat, user, sent)


# -- giving out


async def test_updates_of_a_chat_come_out_in_order_and_only_some_at_once(box: Inbox) -> None:
    await box.store([message(n, chat=n % 2) for n in (6, 3, 1, 5, 4, 2)])
    assert numbers(await lease(box, per_chat=2)) == [1, 2, 3, 4]
    assert await lease(box, per_chat=2, in_hand={0: 2, 1: 2}) == []
    assert numbers(await lease(box, per_chat=2, in_hand={0: 2, 1: 1})) == [5]


async def test_busy_chats_do_not_take_the_places_of_others(box: Inbox) -> None:
    await box.store([message(n, chat=n % 10) for n in range(100)] + [message(1000, chat=77)])
    busy = dict.fromkeys(range(10), 4)
    assert numbers(await lease(box, limit=5, in_hand=busy)) == [1000]


async def test_what_is_leased_is_not_given_out_again(box: Inbox) -> None:
    await box.store([message(1)])
    assert numbers(await lease(box)) == [1]
    assert await lease(box) == []


async def test_what_is_put_back_comes_again_and_counts_as_no_attempt(box: Inbox) -> None:
    await box.store([message(1)])
    box.release(await lease(box))
    assert [one.attempts for one in await lease(box)] == [0]


async def test_what_is_postponed_waits_and_counts_as_no_attempt(box: Inbox, clock: Clock) -> None:
    await box.store([message(1)])
    for _ in range(10):
        (one,) = await lease(box)
        assert one.attempts == 0
        box.postpone(one, pause=10)
        assert await lease(box) == []
        assert await box.next_due() == clock.now + 10
        clock.now += 10


async def test_what_is_postponed_keeps_its_place_in_its_chat(box: Inbox, clock: Clock) -> None:
    await box.store([message(1), message(2), message(5, chat=2)])
    first, other = await lease(box, per_chat=1)
    until = box.postpone(first, pause=10)
    box.release([other])
    await box.store([message(3), {"update_id": 4, "callback_query": {"message": {"chat": {"id": 1}}}}])
    pressed, other = await lease(box)
    assert (pressed.update_id, pressed.behind) == (4, until)  # to be told, no more
    assert (other.update_id, other.behind) == (5, None)
    box.put_back(pressed, until)
    assert await lease(box) == []
    assert await box.next_due() == until == clock.now + 10
    clock.now += 10
    assert numbers(await lease(box)) == [1, 2, 3, 4]


async def test_a_clock_that_is_put_back_holds_up_nothing(box: Inbox, clock: Clock) -> None:
    await box.store([message(1), message(2)])
    first, second = await lease(box)
    box.postpone(first, pause=10)
    box.release([second])
    clock.now -= 86_400
    assert numbers(await lease(box)) == [1, 2]


async def test_an_update_that_fails_is_tried_three_times_then_set_aside_with_the_reason(
    box: Inbox, database: Database, clock: Clock
) -> None:
    await box.store([message(1), message(2)])
    for last in (False, False, True):
        one, *others = await lease(box)
        assert one.update_id == 1
        assert box.fail(one, "it broke", pause=5) is last
        box.release(others)
        assert numbers(await lease(box)) == [2]  # it does not hold up the rest
        box.release([replace(one, update_id=2, attempts=0)])
        clock.now += 5
    assert numbers(await lease(box)) == [2]
    rows = await database.read(select(inbox.c.reason, inbox.c.payload).where(inbox.c.state == "aside"))
    assert [row.reason for row in rows] == ["it broke"]
    assert rows[0].payload  # for the operator to look at


async def test_what_is_hopeless_is_set_aside_at_once(box: Inbox) -> None:
    await box.store([message(1)])
    (one,) = await lease(box)
    assert box.fail(one, "unreadable " * 100, pause=0, fatal=True)
    assert await lease(box) == []
    assert await box.counts() == {"aside": 1}


# -- when the program died


async def test_what_was_in_hand_is_taken_back_after_a_start(box: Inbox) -> None:
    await box.store([message(1), message(2, chat=2)])
    await lease(box, limit=1)
    assert await box.recover() == 1
    assert numbers(await lease(box)) == [1, 2]


async def test_what_may_have_killed_the_program_is_handled_alone_and_then_set_aside(box: Inbox) -> None:
    await box.store([message(1), message(2, chat=2)])
    for _ in range(SUSPECT):
        await lease(box, limit=1)
        await box.recover()
    assert numbers(await lease(box)) == [2]  # what is above suspicion goes first
    assert await lease(box, in_hand={2: 1}) == []
    box.finish(2)
    for _ in range(MAX_CRASHES - SUSPECT):
        (suspect,) = await lease(box)
        assert (suspect.update_id, suspect.alone) == (1, True)
        await box.recover()
    assert await lease(box) == []
    assert await box.counts() == {"aside": 1, "done": 1}


# -- after an outage


async def test_left_over_messages_come_newest_first_before_what_is_new(box: Inbox) -> None:
    await box.store([message(n, age=7200) for n in (1, 2, 3)] + [message(4)])
    found = await lease(box)
    assert [(one.update_id, one.late) for one in found] == [(3, True), (2, True), (1, True), (4, False)]


async def test_left_over_messages_wait_until_all_of_them_are_there(box: Inbox) -> None:
    await box.store([message(1, age=7200), message(2)])
    assert numbers(await lease(box, take_late=False)) == [2]


async def test_of_many_left_over_messages_the_newest_of_each_chat_stay(box: Inbox) -> None:
    await box.store([message(n, chat=n % 2, age=7200) for n in range(20)] + [message(30), message(31)])
    assert await box.skip_backlog(Clock.now - 3600, per_chat=3) == 14
    assert numbers(await lease(box, per_chat=9)) == [19, 18, 17, 16, 15, 14, 30, 31]


async def test_what_asks_nothing_is_let_go_first_and_news_never(box: Inbox) -> None:
    await box.store([message(n, age=7200) for n in range(1000)])
    worth = {3: True, 4: None, 5: True}
    assert await box.skip_backlog(Clock.now - 3600, 3, lambda update: worth.get(update["update_id"], False)) == 996
    assert numbers(await lease(box)) == [999, 5, 4, 3]


async def test_changes_of_membership_and_buttons_are_never_left_over(box: Inbox) -> None:
    members = [{"update_id": n, "my_chat_member": {"chat": {"id": -1}, "date": 5}} for n in (1, 2)]
    await box.store([*members, {"update_id": 3, "callback_query": {"message": {"chat": {"id": -1}, "date": 5}}}])
    assert await box.skip_backlog(Clock.now - 3600, per_chat=1) == 0
    assert [(one.update_id, one.late) for one in await lease(box)] == [(1, False), (2, False), (3, False)]


async def test_what_was_finished_long_ago_is_dropped(box: Inbox, clock: Clock) -> None:
    await box.store([message(1), message(2), message(3)])
    first, second, _third = await lease(box)
    box.finish(1)
    box.fail(second, "x", pause=0, fatal=True)
    assert await box.prune() == 0
    clock.now += KEPT_SECONDS + 1
    assert await box.prune() == 2
    assert await box.counts() == {"leased": 1}
    assert first.update_id == 1


# -- people, chats, conversations


async def test_what_is_remembered_survives_a_start(memory: Memory, database: Database, clock: Clock) -> None:
    memory.keep_person(Person(1, "hi", hinted=True))
    memory.keep_chat(Chat(-1, "group", "ml", listening=True))
    memory.keep_conversation(-1, 1, "lenin", "ml")
    memory.keep_reply(-1, 10, 1, Told(11, "smolny", "en"))
    await database.flush()
    again = Memory(database, clock)
    assert await again.person(1) == Person(1, "hi", hinted=True)
    assert await again.chat(-1) == Chat(-1, "group", "ml", listening=True)
    assert await again.conversation(-1, 1) == Conversation("lenin", "ml", int(clock.now))
    assert await again.reply_to(-1, 10) == await again.told(-1, 11) == Told(11, "smolny", "en")


async def test_strangers_are_nobody_special(memory: Memory) -> None:
    assert await memory.person(5) == Person(5)
    assert await memory.chat(-5) is None
    assert await memory.conversation(5, 5) == Conversation()
    assert await memory.reply_to(5, 5) is None
    assert await memory.tally("lenin", "en") == (0, 0)


async def test_the_votes_are_read_once_for_many_who_ask_at_the_same_moment(
    memory: Memory, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await memory.vote(1, "lenin", "en", True)
    reads: list[object] = []
    read = database.read

    async def counted(*asked: Any) -> Any:
        reads.append(asked)
        return await read(*asked)

    monkeypatch.setattr(database, "read", counted)
    assert await asyncio.gather(*(memory.tally("lenin", "en") for _ in range(50))) == [(1, 0)] * 50
    assert len(reads) == 1
    await memory.vote(2, "lenin", "en", False)
    assert await memory.tally("lenin", "en") == (1, 1)


async def test_what_was_kept_last_counts_at_once(memory: Memory) -> None:
    memory.keep_person(Person(1, "hi"))
    memory.keep_person(Person(1, "ml"))
    assert (await memory.person(1)).language == "ml"


async def test_what_is_kept_while_it_is_being_read_wins(memory: Memory) -> None:
    reading = asyncio.create_task(memory.person(1))
    await asyncio.sleep(0)
    memory.keep_person(Person(1, "hi"))
    await reading
    assert (await memory.person(1)).language == "hi"


async def test_a_conversation_ends_after_a_while(memory: Memory, clock: Clock) -> None:
    memory.keep_conversation(1, 1, "lenin", "en")
    clock.now += CONVERSATION_SECONDS - 1
    assert (await memory.conversation(1, 1)).fact == "lenin"
    clock.now += 2
    assert await memory.conversation(1, 1) == Conversation()


async def test_what_is_too_old_is_dropped(memory: Memory, database: Database, clock: Clock) -> None:
    memory.keep_conversation(1, 1, "lenin", "en")
    memory.keep_reply(1, 10, 1, Told(11))
    clock.now += max(CONVERSATION_SECONDS, REPLY_SECONDS) + 1
    memory.keep_conversation(2, 2, "lenin", "en")
    await memory.prune()
    assert [row.chat_id for row in await database.read(select(conversations))] == [2]
    assert await database.read(select(replies)) == []


async def test_one_vote_a_person(memory: Memory) -> None:
    assert await memory.vote(1, "lenin", "en", up=True)
    assert not await memory.vote(1, "lenin", "en", up=True)
    assert await memory.vote(2, "lenin", "en", up=True)
    assert await memory.tally("lenin", "en") == (2, 0)
    assert await memory.vote(1, "lenin", "en", up=False)
    assert await memory.tally("lenin", "en") == (1, 1)
    assert await memory.tally("lenin", "hi") == (0, 0)


async def test_who_is_forgotten_is_in_no_table(box: Inbox, memory: Memory, database: Database) -> None:
    for user in (1, 2):
        await box.store([message(user, chat=user, user=user)])
        memory.keep_person(Person(user, "hi"))
        memory.keep_conversation(user, user, "lenin", "hi")
        memory.keep_reply(user, 10, user, Told(11))
        await memory.vote(user, "lenin", "hi", up=True)
    await memory.forget(1)
    for table in metadata.tables.values():
        if "user_id" in table.columns:
            assert {row.user_id for row in await database.read(select(table))} == {2}, table.name
    assert await memory.person(1) == Person(1)
    assert await memory.conversation(1, 1) == Conversation()
    assert await memory.reply_to(1, 10) is None
    assert await memory.tally("lenin", "hi") == (1, 0)
    assert (await memory.person(2)).language == "hi"


async def test_a_chat_that_is_left_leaves_no_state(memory: Memory, database: Database) -> None:
    memory.keep_chat(Chat(-1, "group"))
    memory.keep_conversation(-1, 1, "lenin", "hi")
    memory.keep_reply(-1, 10, 1, Told(11, "smolny", "en"))
    await memory.forget_chat(-1)
    assert await memory.chat(-1) is None
    for table in metadata.tables.values():
        if "chat_id" in table.columns:
            assert await database.read(select(table).where(table.c.chat_id == -1)) == [], table.name


async def test_settings_move_along_with_a_group(memory: Memory) -> None:
    memory.keep_chat(Chat(-1, "group", "ml", listening=True))
    await memory.move_chat(-1, -100)
    await memory.move_chat(-1, -100)
    assert await memory.chat(-1) is None
    assert await memory.chat(-100) == Chat(-100, "supergroup", "ml", listening=True)


async def test_settings_of_the_new_group_are_kept(memory: Memory) -> None:
    memory.keep_chat(Chat(-1, "group", "ml"))
    memory.keep_chat(Chat(-100, "supergroup", "hi"))
    await memory.move_chat(-1, -100)
    assert (await memory.chat(-100)) == Chat(-100, "supergroup", "hi")


# -- the database


async def test_writes_wait_for_a_locked_database(memory: Memory, database: Database, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "bot.db", isolation_level=None, check_same_thread=False)) as other:
        await asyncio.to_thread(other.execute, "BEGIN IMMEDIATE")
        memory.keep_person(Person(1, "hi"))
        with pytest.raises(DBAPIError):
            await database.flush()
        assert await database.is_readable(5)
        other.execute("ROLLBACK")
    await database.flush()
    assert len(await database.read(select(people))) == 1


async def test_a_write_that_is_impossible_does_not_hold_up_the_others(memory: Memory, database: Database) -> None:
    for number in (1, 1 << 70, 2):
        memory.keep_person(Person(number))
    await database.flush()
    assert [row.user_id for row in await database.read(select(people))] == [1, 2]


async def test_what_is_queued_is_stored_at_the_end(tmp_path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path}/end.db")
    await database.start()
    Memory(database).keep_person(Person(1))
    await database.close()
    with closing(sqlite3.connect(tmp_path / "end.db")) as connection:
        assert connection.execute("SELECT user_id FROM people").fetchall() == [(1,)]


async def test_errors_do_not_tell_what_people_wrote(
    box: Inbox, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    thought = message(424242)
    thought["message"]["text"] = "a private thought"
    async with database.engine.begin() as connection:
        await connection.exec_driver_sql("DROP TABLE inbox")
    with pytest.raises(DBAPIError) as caught:
        await box.store([thought])
    logging.getLogger().error("failed", exc_info=caught.value)
    assert "private thought" not in caplog.text
    assert "424242" not in caplog.text
