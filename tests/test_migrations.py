"""Migrations give exactly the tables that the code uses, from nothing and from every earlier revision."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, create_engine

from bot.storage import Database, Memory, Person
from bot.storage.tables import metadata

MIGRATIONS = Path(__file__).parent.parent / "bot" / "storage" / "migrations"


def configuration(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def revisions() -> list[str]:
    """All of them, the oldest first."""
    return [script.revision for script in ScriptDirectory.from_config(configuration()).walk_revisions()][::-1]


def differences(path: Path) -> list[object]:
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        found: list[object] = list(compare_metadata(context, metadata))
    engine.dispose()
    return found


async def started(path: Path) -> Database:
    database = Database(f"sqlite+aiosqlite:///{path}")
    await database.start()
    return database


async def test_a_new_database_has_exactly_the_tables_of_the_code(tmp_path: Path) -> None:
    database = await started(tmp_path / "new" / "folder" / "bot.db")
    await database.close()
    assert differences(tmp_path / "new" / "folder" / "bot.db") == []


@pytest.mark.parametrize("revision", revisions())
async def test_a_database_of_an_earlier_revision_is_brought_up_to_date(tmp_path: Path, revision: str) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/bot.db")
    with engine.begin() as connection:
        command.upgrade(configuration(connection), revision)
        connection.exec_driver_sql("INSERT INTO people (user_id, language, hinted, blocked) VALUES (5, 'hi', 0, 0)")
    engine.dispose()
    database = await started(tmp_path / "bot.db")
    assert await Memory(database).person(5) == Person(5, "hi")
    await database.close()
    assert differences(tmp_path / "bot.db") == []


async def test_a_second_start_changes_nothing(tmp_path: Path) -> None:
    await (await started(tmp_path / "bot.db")).close()
    await (await started(tmp_path / "bot.db")).close()
    assert differences(tmp_path / "bot.db") == []


async def test_a_migration_that_breaks_off_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(connection: Connection) -> None:
        connection.exec_driver_sql("CREATE TABLE people (half)")
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr("bot.storage.database._migrate", broken)
        database = Database(f"sqlite+aiosqlite:///{tmp_path}/bot.db")
        with pytest.raises(RuntimeError):
            await database.start()
        await database.close()
    await (await started(tmp_path / "bot.db")).close()
    assert differences(tmp_path / "bot.db") == []


async def test_a_database_of_a_newer_program_is_left_alone(tmp_path: Path) -> None:
    await (await started(tmp_path / "bot.db")).close()
    with closing(sqlite3.connect(tmp_path / "bot.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    database = Database(f"sqlite+aiosqlite:///{tmp_path}/bot.db")
    with pytest.raises(CommandError):
        await database.start()
    await database.close()
    assert differences(tmp_path / "bot.db") == []


def test_every_migration_can_be_undone() -> None:
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        command.upgrade(configuration(connection), "head")
        command.downgrade(configuration(connection), "base")
        names = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE name != 'alembic_version'").all()
    engine.dispose()
    assert [name for (name,) in names if "autoindex" not in name] == []
