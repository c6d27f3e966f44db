"""Databases of older versions become those of this one and lose nothing; Alembic is loaded for that alone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sample_request import NOW
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    delete,
    func,
    insert,
    inspect,
    select,
)
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from bot.benchmarks.postgresql import new_database
from bot.errors import StorageError
from bot.storage import WORDS, Database, codes, decisions, leads, metadata, outbox, trackers
from bot.storage.migrations import HEAD, revision_of
from bot.storage.migrations.upgrading import COMPARISON, FIRST, config_on

old = MetaData()
"""The tables of the last version without scripts, as its `tables.py` had them. Never to be changed."""


def words(*names: str, nullable: bool = False) -> Iterator[Column]:
    return (Column(name, String, nullable=nullable) for name in names)


def text(*names: str, nullable: bool = False) -> Iterator[Column]:
    return (Column(name, Text, nullable=nullable) for name in names)


def old_table(name: str, *items: Any) -> Table:
    return Table(name, old, Column("id", Integer, primary_key=True), *items)


def time(name: str, **options: Any) -> Column:
    return Column(name, DateTime(timezone=True), **({"nullable": False} | options))


def conversation() -> Column:
    return Column("conversation", String, nullable=False, index=True)


old_table(
    "turns",
    conversation(),
    Column("number", Integer, nullable=False),
    *words("client_id", nullable=True),
    *text("user_text"),
    Column("answer", JSON, nullable=False),
    time("created_at", index=True),
    UniqueConstraint("conversation", "client_id", name="turns_once_per_client_id"),
)
old_table(
    "feedback",
    conversation(),
    *words("message_id"),
    Column("useful", Boolean, nullable=False),
    *text("comment", nullable=True),
    time("created_at", index=True),
)
old_table(
    "decisions",
    conversation(),
    *words("request_key", "verdict"),
    *text("rule"),
    *words("rule_version"),
    *text("reason"),
    Column("profile", JSON, nullable=False),
    time("created_at", index=True),
)
old_table(
    "leads",
    Column("reference", String, nullable=False, unique=True),
    Column("request_key", String, nullable=False, unique=True),
    time("created_at", index=True),
    *words("status"),
    *text("nom", "fonction", "commune", "pays", "email"),
    *text("telephone", nullable=True),
    *text("objet"),
    *text("partenaire_de", nullable=True),
    *words("decision"),
    *text("reason", "rule"),
    Column("remarques", JSON, nullable=False),
    time("consent_at"),
    conversation(),
)
old_outbox = old_table(
    "outbox",
    Column("lead_id", Integer, ForeignKey("leads.id", ondelete="CASCADE"), nullable=False, index=True),
    *words("kind"),
    *text("recipient", "message_id"),
    Column("body", LargeBinary, nullable=False),
    *words("status"),
    Column("attempts", Integer, nullable=False, default=0),
    time("due_since"),
    time("next_attempt_at"),
    time("lease_until", nullable=True),
    *words("lease_owner", nullable=True),
    *text("last_error", nullable=True),
    time("sent_at", nullable=True),
    UniqueConstraint("lead_id", "kind", name="outbox_one_mail_of_a_kind"),
    Index("outbox_due", "status", "next_attempt_at"),
)
old_table("erasures", time("created_at"), *words("kind"), Column("counts", JSON, nullable=False))


with_rasas = MetaData()
"""The same, with the table that Rasa made and kept beside ours."""
for table in old.tables.values():
    table.to_metadata(with_rasas)
rasas = Table(
    "events",
    with_rasas,
    Column("id", Integer, primary_key=True),
    Column("sender_id", String(255), nullable=False, index=True),
    Column("type_name", String(255), nullable=False),
    Column("timestamp", Float),
    Column("intent_name", String(255)),
    Column("action_name", String(255)),
    Column("data", Text),
)
EVENTS = [
    (7, "c", "action", 1.0, None, "action_session_start", "{}"),
    (8, "c", "session_started", 1.5, None, None, "{}"),
    (9, "c", "user", 2.0, "info", None, "{}"),
    (10, "d", "user", 2.5, "info", None, "{}"),
    (11, "c", "session_started", 3.0, None, None, "{}"),
    (12, "c", "user", 3.5, "info", None, "{}"),
]


VALUES: dict[type, Any] = {Integer: 1, Boolean: True, JSON: {"é": [1]}, LargeBinary: b"\0\xff", DateTime: NOW}


def row_of(table: Table) -> dict[str, Any]:
    """A value in every column, also where none is needed."""
    return {column.name: VALUES.get(type(column.type), f"« {column.name} » d'avant") for column in table.columns}


def rows(connection: Connection) -> dict[str, Any]:
    """All that the old version kept, as it would read it."""
    return {name: connection.execute(select(table)).all() for name, table in old.tables.items()}


def differences(connection: Connection, wanted: MetaData = metadata) -> Any:
    def compared(_: object, name: str | None, *__: object) -> bool:
        return not str(name).startswith((WORDS, "sqlite_"))  # tables of SQLite's own, and an index of an expression: Alembic knows neither

    return compare_metadata(MigrationContext.configure(connection, opts={**COMPARISON, "include_object": compared}), wanted)


def plain(index: dict[str, Any]) -> dict[str, Any]:
    """An index with its condition, if it has one, as text."""
    return {**index, "dialect_options": {name: str(value) for name, value in index.get("dialect_options", {}).items()}}


def shape(connection: Connection) -> dict[str, Any]:
    """Everything about the tables that counts, names of constraints included; columns in any order."""
    inspector = inspect(connection)
    return {
        name: (
            sorted((c["name"], repr(c["type"]), c["nullable"], c["default"]) for c in inspector.get_columns(name)),
            inspector.get_pk_constraint(name),
            inspector.get_foreign_keys(name),
            *(sorted(map(str, found)) for found in (inspector.get_unique_constraints(name), map(plain, inspector.get_indexes(name)))),
        )
        for name in sorted(inspector.get_table_names())
    }


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'cic.sqlite'}"
    return new_database(request.getfixturevalue("postgresql"))


@pytest.fixture
def open_database(url: str) -> Iterator[Callable[[], Database]]:
    opened = []

    def open_one() -> Database:
        opened.append(Database(url))
        return opened[-1]

    yield open_one
    for database in opened:
        database.close()


@pytest.fixture
def database(open_database: Callable[[], Database]) -> Database:
    return open_database()


@pytest.fixture
def before(database: Database) -> dict[str, Any]:
    """Make `database` one of the old version, with a row in each table and a table of Rasa's; return the rows."""
    with database.begin() as connection:
        old.create_all(connection)
        for table in old.sorted_tables:
            connection.execute(insert(table).values(**row_of(table)))
        make_events(connection)
        return rows(connection)


def make_events(connection: Connection) -> None:
    rasas.create(connection)
    names = [column.name for column in rasas.columns]
    connection.execute(insert(rasas), [dict(zip(names, row, strict=True)) for row in EVENTS])


def kept_events(connection: Connection) -> Any:
    return [row[:] for row in connection.execute(select(rasas).order_by(rasas.c.id))]


def is_untouched(connection: Connection, before: dict[str, Any]) -> bool:
    return rows(connection) == before and not differences(connection, with_rasas) and kept_events(connection) == EVENTS


def test_the_database_of_the_old_version_keeps_its_rows(database: Database, before: dict[str, Any]) -> None:
    database.create_all()
    with database.read() as connection:
        assert rows(connection) == before
        assert connection.execute(select(outbox.c.uncertain, outbox.c.expires_at)).all() == [(0, None)]
        assert kept_events(connection) == EVENTS


def test_the_database_of_the_old_version_gets_the_tables_of_this_one(database: Database, before: dict[str, Any]) -> None:
    database.create_all()
    with database.read() as connection:
        assert revision_of(connection) == HEAD
        assert differences(connection) == []


def test_conversations_of_the_old_version_are_read_from_the_start_of_their_latest_session(
    database: Database, before: dict[str, Any]
) -> None:
    database.create_all()
    with database.read() as connection:
        found = connection.execute(select(trackers.c.conversation, trackers.c.tail, trackers.c.pointers).order_by("conversation")).all()
    assert found == [("c", 11, {}), ("d", 10, {})]


@pytest.mark.parametrize("of_rasa", [False, True], ids=["empty", "where only Rasa had begun"])
def test_a_new_database_has_the_tables_of_this_version(database: Database, of_rasa: bool) -> None:
    with database.begin() as connection:
        if of_rasa:
            make_events(connection)
    database.create_all()
    with database.read() as connection:
        assert revision_of(connection) == HEAD
        assert differences(connection) == []
        assert kept_events(connection) == (EVENTS if of_rasa else [])


def test_what_is_upgraded_and_what_is_new_are_alike_to_the_names_of_constraints(database: Database) -> None:
    database.create_all()
    with database.begin() as connection:
        new = shape(connection)
        metadata.drop_all(connection)
        connection.exec_driver_sql("DROP TABLE alembic_version")
        old.create_all(connection)
    database.create_all()
    with database.read() as connection:
        assert shape(connection) == new


def test_the_scripts_alone_make_every_version(database: Database) -> None:
    with database.begin() as connection:
        command.upgrade(config_on(connection), FIRST)
        assert differences(connection, old) == []
    database.create_all()
    with database.read() as connection:
        assert revision_of(connection) == HEAD
        assert differences(connection) == []


def test_the_comparison_does_find_what_differs(database: Database, before: dict[str, Any]) -> None:
    with database.read() as connection:
        found = [change if isinstance(change, tuple) else change[0] for change in differences(connection)]
    assert {change[0] for change in found} == {
        "add_table",
        "add_index",
        "remove_index",
        "add_column",
        "modify_nullable",
        "add_constraint",
        "remove_constraint",
    }


def test_foreign_keys_are_watched_after_the_upgrade(database: Database, before: dict[str, Any]) -> None:
    database.create_all()
    mail = row_of(old_outbox) | {"id": 2, "message_id": "<m2>"}
    with pytest.raises(IntegrityError), database.begin() as connection:
        connection.execute(insert(outbox).values(**mail | {"lead_id": 99}))
    with database.begin() as connection:
        connection.execute(insert(outbox).values(**mail | {"lead_id": None}))
        connection.execute(insert(codes).values(lead_id=1, conversation="c", purpose="p", digest="d", created_at=NOW, expires_at=NOW))
        connection.execute(delete(leads))
        assert connection.execute(select(outbox.c.id)).scalars().all() == [2]
        assert connection.execute(select(func.count()).select_from(codes)).scalar() == 0


def test_a_message_id_is_kept_once_and_a_kind_of_mail_more_often(database: Database, before: dict[str, Any]) -> None:
    database.create_all()
    mail = row_of(old_outbox)
    with database.begin() as connection:
        connection.execute(insert(outbox).values(**mail | {"id": 2, "message_id": "<m2>"}))
    with pytest.raises(IntegrityError), database.begin() as connection:
        connection.execute(insert(outbox).values(**mail | {"id": 3, "message_id": "<m2>"}))


def test_a_message_decides_once_on_a_request(database: Database, before: dict[str, Any]) -> None:
    database.create_all()
    decided = row_of(old.tables["decisions"])
    with database.begin() as connection:
        for number, message_id in enumerate(("m1", "m2", None, None), start=2):
            connection.execute(insert(decisions).values(**decided | {"id": number, "message_id": message_id}))
    with pytest.raises(IntegrityError), database.begin() as connection:
        connection.execute(insert(decisions).values(**decided | {"id": 9, "message_id": "m1"}))


def test_rows_that_point_at_a_changed_table_survive(database: Database, before: dict[str, Any]) -> None:
    with database.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE notes (mail_id INTEGER NOT NULL REFERENCES outbox (id) ON DELETE CASCADE)")
        connection.exec_driver_sql("INSERT INTO notes VALUES (1)")
    database.create_all()
    with database.begin() as connection:
        assert connection.exec_driver_sql("SELECT * FROM notes").all() == [(1,)]
        connection.execute(delete(outbox))
        assert connection.exec_driver_sql("SELECT * FROM notes").all() == []


def test_an_upgrade_that_fails_changes_nothing(database: Database, before: dict[str, Any]) -> None:
    with database.begin() as connection:
        connection.execute(insert(old_outbox).values(**row_of(old_outbox) | {"id": 2, "kind": "autre"}))  # the same Message-ID
        both = rows(connection)
    with pytest.raises(IntegrityError):
        database.create_all()
    with database.read() as connection:
        assert revision_of(connection) is None
        assert is_untouched(connection, both)


def test_a_newer_database_is_refused_and_left_as_it_is(database: Database, before: dict[str, Any]) -> None:
    with database.begin() as connection:
        command.stamp(config_on(connection), FIRST)
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StorageError, match=r"version plus récente de l'assistant \(révision 9999\)"):
        database.create_all()
    with database.read() as connection:
        assert revision_of(connection) == "9999"
        assert is_untouched(connection, before)


@pytest.mark.parametrize("is_old", [True, False], ids=["old", "new"])
def test_threads_may_come_at_once(open_database: Callable[[], Database], is_old: bool, request: pytest.FixtureRequest) -> None:
    kept = request.getfixturevalue("before") if is_old else {}
    databases = [open_database() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(Database.create_all, databases))
    with databases[0].read() as connection:
        assert differences(connection) == []
        assert not is_old or rows(connection) == kept


START = """
import sys
from bot.storage import Database
print("ready", flush=True)
sys.stdin.readline()
Database(sys.argv[1]).create_all()
print("alembic" in sys.modules)
"""


def loaded_alembic(url: str, starts: int) -> list[str]:
    """Start so many processes on the database at once; return of each whether it loaded Alembic."""
    command = [sys.executable, "-c", START, url]
    processes = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(starts)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    return [process.communicate(timeout=60)[0].strip() for process in processes]


def test_processes_may_come_at_once_and_later_ones_do_without_alembic(url: str, database: Database, before: dict[str, Any]) -> None:
    assert loaded_alembic(url, 3) == ["True"] * 3
    with database.read() as connection:
        assert rows(connection) == before
        assert differences(connection) == []
    assert loaded_alembic(url, 1) == ["False"]


def test_the_constant_is_the_revision_of_the_last_script(database: Database) -> None:
    with database.read() as connection:
        assert ScriptDirectory.from_config(config_on(connection)).get_heads() == [HEAD]
