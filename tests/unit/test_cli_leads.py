"""The commands on leads, mails and data: what they print, and how they fail."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from sample_request import CONTACT_EMAIL, Clock, sample_request, sample_settings
from typer.testing import CliRunner, Result

from bot.cli import app
from bot.errors import PermanentDeliveryError
from bot.outbox import Outbox
from bot.routing import Routing
from bot.storage import Database, utc_now

KEYS = (
    "id, reference, created_at, status, nom, fonction, commune, pays, email, telephone, objet, partenaire_de, decision, "
    "remarques, consent_at, conversation"
).split(", ")
Cic = Callable[..., Result]


@pytest.fixture
def cic(tmp_path: Path) -> Cic:
    """The command, on a database of this test's own."""
    environ = {"CIC_DATA_DIR": str(tmp_path), "CIC_DATABASE_URL": "", "CIC_CONTACT_EMAIL": CONTACT_EMAIL, "COLUMNS": "200"}
    return lambda *arguments: CliRunner().invoke(app, list(arguments), env=environ)


@pytest.fixture
def database(tmp_path: Path) -> Database:
    database = Database(sample_settings(tmp_path).database_url)
    database.create_all()
    return database


@pytest.fixture
def routing(database: Database, tmp_path: Path) -> Routing:
    return Routing(database, sample_settings(tmp_path), utc_now)


def refuse_mails(database: Database) -> None:
    async def refuse(recipient: str, body: bytes) -> None:
        raise PermanentDeliveryError("550 boîte inconnue")

    asyncio.run(Outbox(database, refuse, utc_now, Random(1)).deliver_due())


def test_leads_as_json_are_one_object_a_line_with_the_promised_keys(cic: Cic, routing: Routing) -> None:
    routing.submit(sample_request(objet="Un « expert »"))
    routing.submit(sample_request(request_key="2"))
    lines = cic("leads", "--json").stdout.splitlines()
    assert [list(json.loads(line)) for line in lines] == [KEYS, KEYS]
    assert "« expert »" in lines[0]


def test_leads_are_a_table_that_shows_what_was_typed_as_typed(cic: Cic, routing: Routing) -> None:
    reference = routing.submit(sample_request(nom="Awa [red]Exemple[/red] :warning:")).reference
    shown = cic("leads").stdout
    for said in (reference, "en attente d'envoi", "[red]Exemple[/red] :warning:", "Ixelles", "À vérifier"):
        assert said in shown


@pytest.mark.parametrize(
    ("command", "said"),
    [("leads", "Aucune demande"), ("outbox", "Tous les courriels sont partis"), ("purge", "rien n'est effacé")],
)
def test_on_a_fresh_machine_there_is_nothing_and_it_is_said(cic: Cic, command: str, said: str) -> None:
    result = cic(command)
    assert (result.exit_code, said in result.stdout) == (0, True)


def test_leads_as_json_of_a_fresh_machine_are_no_line(cic: Cic) -> None:
    assert cic("leads", "--json").stdout == ""


def test_the_outbox_shows_why_a_mail_waits_and_sends_it_again(cic: Cic, routing: Routing, database: Database) -> None:
    reference = routing.submit(sample_request()).reference
    refuse_mails(database)
    shown = cic("outbox").stdout
    for said in (reference, "à la personne de contact", "échec", "550 boîte inconnue", "aucun"):
        assert said in shown
    assert "remis en route" in cic("outbox", "--retry", "1").stdout
    assert routing.status_of(reference) == "en_attente"


def test_purge_deletes_what_is_too_old(cic: Cic, database: Database, tmp_path: Path) -> None:
    old = Clock(utc_now() - timedelta(days=400))
    Routing(database, sample_settings(tmp_path), old).submit(sample_request())
    assert cic("purge").stdout == "Effacé : demandes (1), courriels (2).\n"


@pytest.mark.parametrize("by", ["reference", "email"])
def test_erase_says_what_it_deleted(cic: Cic, routing: Routing, by: str) -> None:
    reference = routing.submit(sample_request()).reference
    said = cic("erase", reference if by == "reference" else "awa@commune.example").stdout
    assert "demandes (1), courriels (2)" in said
    assert routing.leads() == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("outbox", "--retry", "7"), "Aucun courriel"),
        (("erase", "awa"), "Donnez une référence"),
        (("erase", "CIC-2026-AAAAAA"), "Rien n'est enregistré"),
    ],
    ids=" ".join,
)
def test_an_error_is_one_sentence_on_stderr_and_exit_code_1(cic: Cic, arguments: tuple[str, ...], said: str) -> None:
    result = cic(*arguments)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(said)
    assert result.stderr.count("\n") == 1


def test_a_wrong_setting_is_one_sentence_too(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["leads"], env={"CIC_DATA_DIR": str(tmp_path), "CIC_PORT": "x"})
    assert (result.exit_code, "CIC_PORT" in result.stderr) == (1, True)


@pytest.mark.parametrize("command", [(), ("leads",), ("outbox",), ("purge",), ("erase",)], ids=lambda c: " ".join(c) or "cic")
def test_every_command_answers_help(cic: Cic, command: tuple[str, ...]) -> None:
    result = cic(*command, "--help")
    assert (result.exit_code, "Usage" in result.stdout) == (0, True)
