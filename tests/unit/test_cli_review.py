"""`cic reindex`: what it says."""

from __future__ import annotations

from pathlib import Path

from click.testing import Result
from sqlalchemy import func, select, update
from support.told import Log, bubble
from typer.testing import CliRunner

from bot.cli import app
from bot.storage import Database, conversations, events

ANSWER = bubble("L'enveloppe est de 8 100 000 €.", facts=["combien.total"])


def reindex(tmp_path: Path) -> Result:
    environment = {"CIC_DATA_DIR": str(tmp_path), "CIC_DATABASE_URL": f"sqlite:///{tmp_path / 'cic.sqlite'}"}
    return CliRunner().invoke(app, ["reindex"], env=environment)


def count(database: Database) -> int:
    with database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(conversations)).scalar_one())


def test_it_says_how_many_conversations_were_read_and_may_be_done_again(database: Database, tmp_path: Path) -> None:
    for number in range(3):
        Log(f"conversation-{number}").session().say("Quel est le budget ?", ANSWER).store(database)
    for _ in range(2):
        done = reindex(tmp_path)
        assert (done.exit_code, done.output) == (0, "3 conversations relues.\n")
        assert count(database) == 3


def test_it_says_when_there_is_nothing_to_read(database: Database, tmp_path: Path) -> None:
    assert reindex(tmp_path).output == "Aucune conversation n’est enregistrée.\n"


def test_one_that_cannot_be_read_is_counted_and_keeps_no_other_from_being_read(database: Database, tmp_path: Path) -> None:
    for name in ("broken", "conversation-1"):
        Log(name).say("Quel est le budget ?", ANSWER).store(database)
    with database.begin() as connection:
        connection.execute(update(events).where(events.c.sender_id == "broken").values(data="{"))
    done = reindex(tmp_path)
    assert done.exit_code == 1
    assert "Conversations illisibles : 1. Le journal les nomme." in done.output.replace("\u00a0", " ").replace("’", "'")
    assert count(database) == 1
