"""`cic erase` and `cic purge`: what they say was done, and what is left to do."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import Result
from sample_request import sample_request, sample_settings
from sqlalchemy import insert, select, update
from support.reviewer import store_conversation
from typer.testing import CliRunner

from bot.cli import app
from bot.privacy import promise
from bot.routing import Routing
from bot.storage import ERASE, MAIL_SENT, NOTICE, Database, comments, outbox, utc_now

CONTACT = {"CIC_CONTACT_EMAIL": "contact@association.example", "CIC_MAIL_FROM": "assistant@association.example"}


@pytest.fixture
def reference(database: Database, tmp_path: Path) -> str:
    return Routing(database, sample_settings(tmp_path), utc_now).submit(sample_request()).reference


def cic(tmp_path: Path, *words: str, **settings: str) -> Result:
    environment = {"CIC_DATA_DIR": str(tmp_path), "CIC_DATABASE_URL": f"sqlite:///{tmp_path / 'cic.sqlite'}"} | settings
    return CliRunner().invoke(app, list(words), env=environment)


def mails_left(database: Database) -> None:
    with database.begin() as connection:
        connection.execute(update(outbox).values(status=MAIL_SENT, sent_at=utc_now()))


def test_a_request_that_had_not_left_leaves_nothing_to_do(tmp_path: Path, reference: str) -> None:
    said = cic(tmp_path, "erase", reference, **CONTACT)
    assert said.output.splitlines() == ["Effacé : demandes (1), courriels (2)."]


def test_what_reviewers_saw_and_said_is_named_too(database: Database, tmp_path: Path, reference: str) -> None:
    store_conversation(database, "-conversation-1", [{}, {}])
    with database.begin() as connection:
        connection.execute(insert(comments).values(conversation="-conversation-1", author="Ines", at=utc_now(), text="à revoir"))
    said = cic(tmp_path, "erase", reference, **CONTACT).output.strip()
    names = "conversations de la revue (1), échanges de la revue (2), commentaires (1)"
    assert said == f"Effacé : demandes (1), courriels (2), {names}."


def test_the_contact_person_is_asked_by_mail_to_delete_what_had_left(database: Database, tmp_path: Path, reference: str) -> None:
    mails_left(database)
    said = cic(tmp_path, "erase", reference, **CONTACT)
    assert "(1) : un courriel prie la personne de contact de les effacer aussi." in said.output
    with database.read() as connection:
        assert connection.execute(select(outbox.c.kind, outbox.c.recipient)).all() == [(NOTICE, CONTACT["CIC_CONTACT_EMAIL"])]


def test_where_nobody_is_named_any_more_staff_are_told_to_ask(database: Database, tmp_path: Path, reference: str) -> None:
    mails_left(database)
    said = cic(tmp_path, "erase", reference, CIC_CONTACT_EMAIL="")
    assert "(1) : demandez vous-même à la personne de contact de les effacer aussi." in said.output


@pytest.mark.parametrize("key", ["CIC-2026-222222", "personne@nulle-part.example"])
def test_nothing_to_erase_is_said_and_is_an_error(database: Database, tmp_path: Path, key: str) -> None:
    said = cic(tmp_path, "erase", key)
    assert said.exit_code == 1
    assert "Rien n'est enregistré sous cette référence ou cette adresse." in said.output


def test_a_purge_tells_of_promises_it_has_kept(database: Database, tmp_path: Path) -> None:
    said = cic(tmp_path, "purge")
    assert said.output.splitlines() == ["Rien n'a plus de 365 jours : rien n'est effacé."]
    promise(database, "c", ERASE, utc_now() - timedelta(minutes=3))
    assert "Conversations effacées ou masquées comme promis : 1." in cic(tmp_path, "purge").output
