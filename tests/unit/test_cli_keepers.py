"""The commands of those who keep the assistant: what they say and how they end."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sample_request import sample_settings
from sqlalchemy import insert
from typer.testing import CliRunner, Result

from bot.cli import app
from bot.config import PROJECT
from bot.outbox import EXPIRED, FAILED, LATE, LATE_AFTER, LEASE, SENDING, WAITING
from bot.review.request_words import MAIL_KINDS, MAIL_STATES
from bot.storage import CODE, CONFIRMATION, CONTACT, COPY, MAIL_FAILED, MAIL_SENT, NOTICE, Database, outbox, utc_now

NO_ASSISTANT = ("--chat", "http://127.0.0.1:9/api/chat")


@pytest.mark.parametrize("command", ["evaluate", "bench latency"])
def test_without_an_assistant_a_measurement_is_one_sentence(command: str, tmp_path: Path) -> None:
    environment = {"CIC_DATA_DIR": str(tmp_path)}
    found = CliRunner().invoke(app, [*command.split(), *NO_ASSISTANT], env=environment)
    assert found.exit_code == 1
    assert "Aucun assistant ne tourne" in found.output
    assert "Traceback" not in found.output


def test_an_unknown_part_is_told_with_those_that_exist() -> None:
    found = CliRunner().invoke(app, ["evaluate", "--only", "question"])
    assert found.exit_code == 2
    assert "questions, followups" in found.output


def test_make_help_has_a_line_for_each_command_of_the_contract() -> None:
    shown = subprocess.run(["make"], cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    lines = [line.split(maxsplit=2) for line in shown.splitlines()]
    assert {name for _, name, _ in lines} == {"run", "test", "train", "check", "evaluate", "bench", "help"}


@pytest.mark.parametrize(
    "module", ["bot.checking", "bot.training", "bot.evaluation", "bot.cli.check", "bot.cli.train", "bot.cli.evaluate", "bot.cli.bench"]
)
def test_what_needs_no_model_loads_no_heavy_library(module: str) -> None:
    code = f"import sys, {module}; print([n for n in ('rasa', 'tensorflow', 'sklearn', 'spacy', 'numpy') if n in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


OUTBOX_KEYS = "id, reference, kind, state, attempts, uncertain, due_since, next_attempt_at, expires_at, last_error".split(", ")
Cic = Callable[..., Result]


@pytest.fixture
def cic(tmp_path: Path) -> Cic:
    """The command, on a database of this test's own."""
    environ = {"CIC_DATA_DIR": str(tmp_path), "CIC_DATABASE_URL": "", "COLUMNS": "250"}
    return lambda *arguments: CliRunner().invoke(app, list(arguments), env=environ)


@pytest.fixture
def database(tmp_path: Path) -> Database:
    database = Database(sample_settings(tmp_path).database_url)
    database.create_all()
    return database


def post(database: Database, number: int, kind: str = NOTICE, **values: Any) -> None:
    """Put a mail into the outbox that was tried once, about the request CIC-2026-AAAAA<number>."""
    now = utc_now()
    row = {"id": number, "kind": kind, "message_id": f"<cic-2026-aaaaa{number}.{kind}@association.example>", "attempts": 1}
    row |= {"recipient": "awa@commune.example", "body": b"", "status": "en_attente", "due_since": now, "next_attempt_at": now}
    with database.begin() as connection:
        connection.execute(insert(outbox).values(**(row | values)))


def post_one_of_each(database: Database) -> None:
    """A mail of every kind and in every state, in the order of the states below."""
    now = utc_now()
    post(database, 1, CONTACT, due_since=datetime(2016, 3, 15, 8, 7, tzinfo=now.tzinfo), last_error="451 plus tard", uncertain=1)
    post(database, 2, CONFIRMATION, lease_until=now + LEASE, lease_owner="x")
    post(database, 3, CODE, status=MAIL_FAILED, last_error="550 inconnu")
    post(database, 4, CODE, expires_at=now)
    post(database, 5, NOTICE, due_since=now - LATE_AFTER + timedelta(minutes=5))


def rows(shown: str) -> list[str]:
    """The rows of a table that is printed, each as one line."""
    body = shown.split("┡", 1)[1].splitlines()[1:]
    found = [""]
    for line in body:
        if line.startswith("│"):
            found[-1] += line
        else:
            found.append("")
    return [row for row in found if row]


def test_the_outbox_shows_every_kind_of_mail_in_every_state(cic: Cic, database: Database) -> None:
    post_one_of_each(database)
    late, sending, failed, expired, waiting = rows(cic("outbox").stdout)
    for row, said in (
        (late, ("│ 1 ", "CIC-2026-AAAAA1", "à la personne de contact", "en retard", "15 mars 2016 à 9 h 07", "451 plus tard")),
        (sending, ("CIC-2026-AAAAA2", "confirmation au demandeur", "en cours d'envoi")),
        (failed, ("code à usage unique", "échec", "aucun", "550 inconnu")),
        (expired, ("code à usage unique", "expiré", "aucun")),
        (waiting, ("avis d'effacement", "en attente")),
    ):
        assert [part for part in said if part not in row] == []
    assert "reçu peut-être deux fois" in late
    assert "deux fois" not in sending + failed + expired + waiting
    assert "@" not in late


def test_every_kind_and_state_of_a_mail_has_its_french() -> None:
    assert set(MAIL_KINDS) == {CONTACT, CONFIRMATION, CODE, COPY, NOTICE}
    assert set(MAIL_STATES) == {WAITING, SENDING, LATE, FAILED, EXPIRED, MAIL_SENT}


def test_the_outbox_as_json_is_one_object_a_line_with_the_promised_keys(cic: Cic, database: Database) -> None:
    post_one_of_each(database)
    mails = [json.loads(line) for line in cic("outbox", "--json").stdout.splitlines()]
    assert [list(mail) for mail in mails] == [OUTBOX_KEYS] * 5
    assert [mail["state"] for mail in mails] == ["en_retard", "en_cours", "echec", "expire", "en_attente"]
    assert (mails[0]["due_since"], mails[0]["uncertain"], mails[0]["last_error"]) == ("2016-03-15T08:07:00+00:00", 1, "451 plus tard")
    assert mails[2]["next_attempt_at"] is None


def test_the_outbox_as_json_of_a_fresh_machine_is_no_line(cic: Cic) -> None:
    assert cic("outbox", "--json").stdout == ""


@pytest.mark.parametrize(("failed", "said"), [(0, "Aucun courriel"), (1, "Un courriel est remis"), (2, "2 courriels sont remis")])
def test_all_mails_are_sent_again_at_once_and_counted(cic: Cic, database: Database, failed: int, said: str) -> None:
    for number in range(failed):
        post(database, number + 1, status=MAIL_FAILED)
    post(database, 9, CODE, status=MAIL_FAILED, expires_at=utc_now())
    assert cic("outbox", "--retry-all").stdout.startswith(said)
    states = [json.loads(line)["state"] for line in cic("outbox", "--json").stdout.splitlines()]
    assert states == ["en_attente"] * failed + ["expire"]


@pytest.mark.parametrize("options", [("--retry", "1", "--retry-all"), ("--retry-all", "--json"), ("--retry", "1", "--json")], ids=" ".join)
def test_options_of_the_outbox_that_contradict_each_other_are_refused(cic: Cic, database: Database, options: tuple[str, ...]) -> None:
    post(database, 1, status=MAIL_FAILED)
    refused = cic("outbox", *options)
    assert (refused.exit_code, "une seule option" in refused.output) == (2, True)
    assert '"echec"' in cic("outbox", "--json").stdout
