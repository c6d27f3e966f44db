"""A backup taken while somebody writes is whole; a restore is whole or nothing, and refuses what would lose or mix data."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import sqlite3
import stat
import subprocess
import sys
import tarfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from sample_channels import lease_one, ledger_of, next_message, written
from sample_request import NOW, Clock, sample_settings
from sqlalchemy import func, insert, inspect, select
from support.assistant import CIC, environment
from support.waiting import wait_for

from bot.backup import make_backup, restore
from bot.backup.archive import MANIFEST
from bot.backup.swapping import swapped
from bot.benchmarks.ports import free_ports
from bot.benchmarks.postgresql import Server, new_database
from bot.channels.model import TELEGRAM
from bot.channels.seal import Seal
from bot.config import PROJECT, Settings
from bot.errors import BackupError, StorageError
from bot.storage import Database, erasures, turns, utc_now
from bot.storage.migrations import HEAD

MakeSettings = Callable[[str], Settings]


@pytest.fixture
def server(postgresql: Server) -> Server:
    return postgresql


@pytest.fixture(params=["sqlite", "postgresql"])
def make_settings(request: pytest.FixtureRequest, tmp_path: Path) -> MakeSettings:
    """Settings of an assistant with a folder, ports and a database of its own, of either kind."""

    def made(name: str) -> Settings:
        web, rasa, actions = free_ports(3)
        settings = sample_settings(tmp_path / name, port=web, rasa_port=rasa, actions_port=actions)
        if request.param == "sqlite":
            return settings
        return replace(settings, database_url=new_database(request.getfixturevalue("server")))

    return made


@pytest.fixture
def sqlite_settings(tmp_path: Path) -> Settings:
    web, rasa, actions = free_ports(3)
    return sample_settings(tmp_path / "old", port=web, rasa_port=rasa, actions_port=actions)


@contextmanager
def opened(settings: Settings) -> Iterator[Database]:
    database = Database(settings.database_url)
    database.create_all()
    try:
        yield database
    finally:
        database.close()


def write(database: Database, *numbers: int) -> None:
    for number in numbers:
        row = {"conversation": "c", "number": number, "user_text": "é" * 200, "answer": {}, "created_at": NOW}
        with database.begin() as connection:
            connection.execute(insert(turns).values(**row))


def numbers(settings: Settings) -> list[int]:
    with opened(settings) as database, database.read() as connection:
        return list(connection.execute(select(turns.c.number).order_by(turns.c.number)).scalars())


def fill(settings: Settings, *rows: int) -> None:
    """A database with rows, a key and a release."""
    with opened(settings) as database:
        write(database, *(rows or (1, 2, 3)))
    (settings.data_dir / "releases" / "r1").mkdir(parents=True, exist_ok=True)
    (settings.data_dir / "secret.key").write_text("the old key, long enough", "utf-8")
    (settings.data_dir / "releases" / "r1" / "model.bin").write_bytes(b"\0\xff")


def everything(settings: Settings) -> tuple[list[int], dict[str, bytes]]:
    """What the data folder and the database hold, without the database's own files."""
    files = {p.relative_to(settings.data_dir).as_posix(): p for p in settings.data_dir.rglob("*") if p.is_file()}
    return numbers(settings), {name: path.read_bytes() for name, path in sorted(files.items()) if not name.startswith("cic.sqlite")}


def backup_of(settings: Settings) -> Path:
    return make_backup(settings, settings.data_dir.parent / "backups", NOW)


def test_what_is_backed_up_comes_back_in_an_empty_place(make_settings: MakeSettings) -> None:
    old, fresh = make_settings("old"), make_settings("new")
    fill(old)
    before = everything(old)
    done = restore(fresh, backup_of(old), NOW)
    assert everything(fresh) == before == everything(old)
    assert (done.made_at, done.erased_since, done.aside) == (NOW, (), ())


def test_what_waited_on_a_channel_can_still_be_answered_after_a_restore(make_settings: MakeSettings) -> None:
    old, fresh = make_settings("old"), make_settings("new")
    clock = Clock()
    with opened(old) as database:
        ledger_of(database, clock, seal=Seal(old.secret())).accept(TELEGRAM, [written("1", "bonjour", context={"thread": "a"})])
    restore(fresh, backup_of(old), NOW)
    with opened(fresh) as database:
        ledger = ledger_of(database, clock, seal=Seal(fresh.secret()))
        assert ledger.accept(TELEGRAM, [written("1")]).known == 1
        person = lease_one(ledger)
        assert person.address == {"chat": "adresse de awa"}
        assert next_message(ledger, person).context == {"thread": "a", "group": False}


def test_only_their_owner_may_read_a_backup_and_what_is_restored(sqlite_settings: Settings, tmp_path: Path) -> None:
    fill(sqlite_settings)
    file = backup_of(sqlite_settings)
    fresh = replace(sqlite_settings, data_dir=tmp_path / "new", database_url=f"sqlite:///{tmp_path}/new/cic.sqlite")
    restore(fresh, file, NOW)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (file, *fresh.data_dir.rglob("*")) if path.is_file()}
    assert modes == dict.fromkeys([file.name, "cic.sqlite", "secret.key", "model.bin"], 0o600)
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_a_backup_while_somebody_writes_is_whole(make_settings: MakeSettings) -> None:
    old, fresh = make_settings("old"), make_settings("new")
    fill(old, *range(1000))
    stop, written = threading.Event(), [999]

    def go_on() -> None:
        with opened(old) as database:
            while not stop.is_set():
                write(database, written[-1] + 1)
                written.append(written[-1] + 1)

    writer = threading.Thread(target=go_on)
    writer.start()
    try:
        wait_for("something is written", lambda: len(written) > 20, 30)
        before = written[-1]
        file = backup_of(old)
        during = written[-1]
    finally:
        stop.set()
        writer.join()
    assert during > before, "nothing was written during the backup: the test shows nothing"
    restore(fresh, file, NOW)
    found = numbers(fresh)
    assert found == list(range(len(found))), "a row is missing before one that is there"
    assert before < len(found) <= written[-1] + 1


def test_a_restored_file_of_sqlite_is_sound(sqlite_settings: Settings) -> None:
    fill(sqlite_settings)
    restore(sqlite_settings, backup_of(sqlite_settings), NOW, replace=True)
    with closing(sqlite3.connect(sqlite_settings.data_dir / "cic.sqlite")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_data_are_replaced_only_when_that_is_said(make_settings: MakeSettings) -> None:
    old, present = make_settings("old"), make_settings("new")
    fill(old)
    file = backup_of(old)
    fill(present, 7)
    (present.data_dir / "secret.key").write_text("another key", "utf-8")
    before = everything(present)
    with pytest.raises(BackupError, match="--replace"):
        restore(present, file, NOW)
    assert everything(present) == before
    done = restore(present, file, NOW, replace=True)
    assert numbers(present) == [1, 2, 3]
    assert (present.data_dir / "secret.key").read_text("utf-8") == "the old key, long enough"
    assert {path.name.split(".avant-")[0] for path in done.aside} >= {"secret.key", "releases"}
    assert all(path.exists() for path in done.aside)


def test_a_key_alone_is_something_to_lose(sqlite_settings: Settings, tmp_path: Path) -> None:
    fill(sqlite_settings)
    fresh = replace(sqlite_settings, data_dir=tmp_path / "new", database_url=f"sqlite:///{tmp_path}/new/cic.sqlite")
    fresh.secret()
    with pytest.raises(BackupError, match="--replace"):
        restore(fresh, backup_of(sqlite_settings), NOW)


def test_what_a_newer_version_made_is_gone_after_a_restore(make_settings: MakeSettings) -> None:
    """Else its script would find its table made already."""
    settings = make_settings("old")
    fill(settings)
    file = backup_of(settings)
    with opened(settings) as database, database.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE later (id INTEGER PRIMARY KEY)")
    restore(settings, file, NOW, replace=True)
    with opened(settings) as database, database.read() as connection:
        assert not inspect(connection).has_table("later")


def test_an_assistant_that_works_on_the_database_forbids_a_restore(make_settings: MakeSettings) -> None:
    settings = make_settings("old")
    fill(settings)
    file = backup_of(settings)
    with opened(settings) as database:
        with database.read() as connection:
            assert connection.execute(select(func.count()).select_from(turns)).scalar() == 3
        before = (settings.data_dir / "secret.key").read_bytes()
        with pytest.raises(BackupError, match="encore utilisée"):  # its connection is idle: nothing is under way
            restore(settings, file, NOW, replace=True)
    assert (settings.data_dir / "secret.key").read_bytes() == before
    restore(settings, file, NOW, replace=True)


def test_a_program_on_one_of_the_ports_forbids_a_restore(sqlite_settings: Settings) -> None:
    fill(sqlite_settings)
    file = backup_of(sqlite_settings)
    with socket.create_server(("127.0.0.1", sqlite_settings.port)), pytest.raises(BackupError, match=f"port {sqlite_settings.port}"):
        restore(sqlite_settings, file, NOW, replace=True)


def rewritten(file: Path, change: Callable[[dict[str, bytes]], dict[str, bytes]]) -> Path:
    """The same backup with other members."""
    with tarfile.open(file) as archive:
        parts = {member.name: archive.extractfile(member).read() for member in archive}  # type: ignore[union-attr]
    other = file.with_name("other.tar.gz")
    with tarfile.open(other, "w:gz") as archive:
        for name, content in change(parts).items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, BytesIO(content))
    return other


def with_manifest(**changes: object) -> Callable[[dict[str, bytes]], dict[str, bytes]]:
    return lambda parts: parts | {MANIFEST: json.dumps(json.loads(parts[MANIFEST]) | changes).encode()}


DAMAGED: dict[str, tuple[Callable[[dict[str, bytes]], dict[str, bytes]], str]] = {
    "another byte": (lambda parts: parts | {"secret.key": b"The old key, long enough"}, "abîmée"),
    "a part is missing": (lambda parts: {name: content for name, content in parts.items() if name != "secret.key"}, "abîmée"),
    "a part too many": (lambda parts: parts | {"more": b"x"}, "abîmée"),
    "a part outside": (lambda parts: parts | {"../outside": b"x"}, "n'est pas une sauvegarde"),
    "no manifest": (lambda parts: {name: content for name, content in parts.items() if name != MANIFEST}, "n'est pas une sauvegarde"),
    "a manifest of nothing": (lambda parts: parts | {MANIFEST: b"{}"}, "n'est pas une sauvegarde"),
    "a newer format": (with_manifest(format=2), "version plus récente"),
    "newer tables": (with_manifest(revision="9999"), "révision 9999"),
}


@pytest.mark.parametrize(("change", "said"), DAMAGED.values(), ids=DAMAGED)
def test_a_backup_that_is_not_as_it_was_made_changes_nothing(
    sqlite_settings: Settings, change: Callable[[dict[str, bytes]], dict[str, bytes]], said: str
) -> None:
    fill(sqlite_settings)
    file = rewritten(backup_of(sqlite_settings), change)
    before = everything(sqlite_settings)
    with pytest.raises(BackupError, match=said):
        restore(sqlite_settings, file, NOW, replace=True)
    assert everything(sqlite_settings) == before
    assert not (sqlite_settings.data_dir.parent / "outside").exists()


@pytest.mark.parametrize("kept", [0, 100, -20], ids=["empty", "its beginning", "all but its end"])
def test_a_file_that_was_cut_is_refused(sqlite_settings: Settings, kept: int) -> None:
    fill(sqlite_settings)
    file = backup_of(sqlite_settings)
    file.write_bytes(file.read_bytes()[:kept])
    before = everything(sqlite_settings)
    with pytest.raises(BackupError):
        restore(sqlite_settings, file, NOW, replace=True)
    assert everything(sqlite_settings) == before


def test_a_backup_of_the_other_kind_of_database_is_refused(sqlite_settings: Settings, server: Server) -> None:
    fill(sqlite_settings)
    other = replace(sqlite_settings, data_dir=sqlite_settings.data_dir.parent / "other", database_url=new_database(server))
    with pytest.raises(BackupError, match="l'autre sorte"):
        restore(other, backup_of(sqlite_settings), NOW)


def test_a_backup_of_older_tables_is_restored_and_brought_up_to_date(sqlite_settings: Settings) -> None:
    fill(sqlite_settings)
    file = rewritten(backup_of(sqlite_settings), with_manifest(revision="0001"))
    restore(sqlite_settings, file, NOW, replace=True)
    assert numbers(sqlite_settings) == [1, 2, 3]


def test_erasures_that_the_backup_does_not_know_are_told(make_settings: MakeSettings) -> None:
    settings = make_settings("old")
    fill(settings)
    file = backup_of(settings)
    later = NOW + timedelta(days=1)
    with opened(settings) as database, database.begin() as connection:
        for at in (NOW - timedelta(days=1), later):
            connection.execute(insert(erasures).values(created_at=at, kind="erase", counts={}))
    assert restore(settings, file, NOW, replace=True).erased_since == (later,)


def test_a_restore_that_fails_at_the_last_step_leaves_everything(tmp_path: Path) -> None:
    first, second, fresh = tmp_path / "first", tmp_path / "second", tmp_path / "fresh"
    first.write_text("old", "utf-8")
    second.mkdir()
    fresh.write_text("new", "utf-8")

    def go_wrong() -> None:
        with swapped({first: fresh, second: None}, "x") as aside:
            assert (first.read_text("utf-8"), second.exists(), len(aside)) == ("new", False, 2)
            raise StorageError("the server went away")

    with pytest.raises(StorageError):
        go_wrong()
    assert (first.read_text("utf-8"), second.is_dir(), sorted(path.name for path in tmp_path.iterdir())) == (
        "old",
        True,
        ["first", "second"],
    )


def test_a_server_that_refuses_a_row_keeps_its_old_rows(server: Server, tmp_path: Path) -> None:
    web, rasa, actions = free_ports(3)
    settings = sample_settings(tmp_path / "old", port=web, rasa_port=rasa, actions_port=actions, database_url=new_database(server))
    fill(settings)
    file = backup_of(settings)
    with tarfile.open(file) as archive:
        dump = archive.extractfile("database.dump").read()  # type: ignore[union-attr]
    with opened(settings) as database:
        write(database, 4)
    cut = dump[:-200]
    sums = {"database.dump": hashlib.sha256(cut).hexdigest()}
    damaged = rewritten(file, lambda parts: with_manifest(parts=sums)({MANIFEST: parts[MANIFEST], "database.dump": cut}))
    with pytest.raises(BackupError, match="a échoué"):
        restore(settings, damaged, NOW, replace=True)
    assert numbers(settings) == [1, 2, 3, 4]
    assert (settings.data_dir / "secret.key").exists()


def test_without_a_database_there_is_nothing_to_back_up(sqlite_settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="pas encore de base de données"):
        make_backup(sqlite_settings, tmp_path / "backups", NOW)
    assert list((tmp_path / "backups").iterdir()) == []


def test_a_damaged_database_is_no_backup_and_may_be_replaced(sqlite_settings: Settings, tmp_path: Path) -> None:
    fill(sqlite_settings)
    file, path = backup_of(sqlite_settings), sqlite_settings.data_dir / "cic.sqlite"
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\x55" * (len(content) - 4096))
    with pytest.raises(BackupError, match="abîmée"):
        make_backup(sqlite_settings, tmp_path / "backups", NOW + timedelta(hours=1))
    with pytest.raises(BackupError, match="--replace"):
        restore(sqlite_settings, file, NOW)
    restore(sqlite_settings, file, NOW, replace=True)
    assert numbers(sqlite_settings) == [1, 2, 3]


def test_the_password_of_the_server_stands_in_no_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that is called pg_dump tells what it was given."""
    told = tmp_path / "told"
    program = tmp_path / "bin" / "pg_dump"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$@" >{told}\necho "$PGPASSWORD" >{told}.password\nexit 3\n', "utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    settings = sample_settings(tmp_path / "data", database_url="postgresql://cic:mot%40passe@hote/cic?sslmode=require")
    with pytest.raises(BackupError, match="pg_dump a échoué : sans message"):
        make_backup(settings, tmp_path / "backups", NOW)
    assert told.read_text("utf-8").split()[-1] == "--dbname=postgresql://cic@hote/cic?sslmode=require"
    assert Path(f"{told}.password").read_text("utf-8") == "mot@passe\n"


def test_without_the_programs_of_postgresql_the_sentence_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BackupError, match="postgresql-client"):
        make_backup(sample_settings(tmp_path, database_url="postgresql://cic@hote/cic"), tmp_path / "backups", NOW)


def cic(variables: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([CIC, *arguments], cwd=PROJECT, env=variables, capture_output=True, text=True, timeout=60)


def test_the_commands_make_and_restore_a_backup_and_say_what_is_left_to_do(tmp_path: Path) -> None:
    variables = environment(tmp_path / "old", 25)
    settings = sample_settings(tmp_path / "old")
    with opened(settings) as database:
        write(database, 1)
        with database.begin() as connection:
            connection.execute(turns.update().values(created_at=utc_now() - timedelta(days=400)))
        write(database, 2)
        with database.begin() as connection:
            connection.execute(turns.update().where(turns.c.number == 2).values(created_at=utc_now()))
    made = cic(variables, "backup", str(tmp_path / "backups"))
    (file,) = (tmp_path / "backups").iterdir()
    assert (made.returncode, made.stderr) == (0, "")
    assert str(file) in made.stdout
    refused = cic(variables, "restore", str(file))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "--replace" in refused.stderr
    done = cic(variables, "restore", str(file), "--replace")
    assert (done.returncode, done.stderr) == (0, "")
    assert [words in done.stdout for words in ("est rétablie", "cic erase", "mis de côté", "tours de conversation (1)")] == [True] * 4
    assert numbers(settings) == [2]


def test_backups_load_nothing_heavy() -> None:
    code = "import sys, bot.backup; print([n for n in ('rasa', 'tensorflow', 'sklearn', 'spacy', 'numpy') if n in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


def test_a_backup_says_which_version_and_tables_it_has(sqlite_settings: Settings) -> None:
    fill(sqlite_settings)
    with tarfile.open(backup_of(sqlite_settings)) as archive:
        first = archive.next()
        assert first is not None
        manifest = json.loads(archive.extractfile(first).read())  # type: ignore[union-attr]
    assert (first.name, manifest["revision"], manifest["made_at"]) == (MANIFEST, HEAD, NOW.isoformat())
    assert set(manifest["parts"]) == {"database.sqlite", "secret.key", "releases/r1/model.bin"}
