"""Routing: what is kept of a request, what is refused, and what its two mails say."""

from __future__ import annotations

import email
import email.policy
import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from sample_request import CONTACT_EMAIL, NOW, Clock, sample_request, sample_settings
from sqlalchemy import func, insert, select, update
from sqlalchemy.engine import Connection

from bot.errors import RequestError, StorageError
from bot.mails import is_email
from bot.routing import Receipt, Request, Routing
from bot.storage import Database, decisions, leads, outbox


@pytest.fixture
def routing(database: Database, tmp_path: Path) -> Routing:
    return Routing(database, sample_settings(tmp_path), Clock())


@pytest.fixture
def without_contact(database: Database, tmp_path: Path) -> Routing:
    return Routing(database, sample_settings(tmp_path, contact_email=None), Clock())


def count(database: Database, table: Any) -> int:
    with database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar())


def mails(database: Database) -> dict[str, EmailMessage]:
    with database.read() as connection:
        rows = connection.execute(select(outbox.c.kind, outbox.c.body)).all()
    return {row.kind: email.message_from_bytes(row.body, policy=email.policy.default) for row in rows}


def text_of(mail: EmailMessage, kind: str = "plain") -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def test_a_request_becomes_a_lead_and_two_mails(routing: Routing, database: Database) -> None:
    receipt = routing.submit(sample_request())
    assert re.fullmatch(r"CIC-2026-[2-9A-HJKMNP-TV-Z]{6}", receipt.reference)
    assert (receipt.created, receipt.status) == (True, "en_attente")
    assert set(mails(database)) == {"contact", "confirmation"}


def test_the_same_request_again_gives_its_receipt_and_writes_nothing(routing: Routing, database: Database) -> None:
    first = routing.submit(sample_request())
    again = routing.submit(sample_request(consent_at=NOW))
    assert again == Receipt(first.reference, created=False, status="en_attente")
    assert (count(database, leads), count(database, outbox)) == (1, 2)


def test_the_same_message_again_gets_the_same_receipt(routing: Routing, database: Database) -> None:
    first, again = (routing.submit(sample_request(message_id="m1", consent_at=at)) for at in (NOW, NOW + timedelta(seconds=5)))
    assert again == first == Receipt(first.reference, created=True, status="en_attente")
    assert (count(database, leads), count(database, outbox)) == (1, 2)


@pytest.mark.parametrize("message_id", ["m2", None])
def test_the_same_request_by_another_message_was_registered_before(routing: Routing, message_id: str | None) -> None:
    first = routing.submit(sample_request(message_id="m1"))
    assert routing.submit(sample_request(message_id=message_id)) == Receipt(first.reference, created=False, status="en_attente")


@pytest.mark.parametrize("message_id", ["m1", "m2", None])
@pytest.mark.parametrize(
    "changes", [{"email": "awa@autre.example"}, {"nom": "Awa Autre"}, {"telephone": None}, {"objet": "Autre"}], ids=str
)
def test_another_request_under_a_key_is_told_apart_and_not_written(
    routing: Routing, database: Database, changes: dict[str, Any], message_id: str | None
) -> None:
    first = routing.submit(sample_request(message_id="m1"))
    other = routing.submit(sample_request(message_id=message_id, **changes))
    assert other == Receipt(first.reference, created=False, status="en_attente", differs=True)
    assert (count(database, leads), count(database, outbox)) == (1, 2)


def test_another_request_of_the_conversation_is_another_lead(routing: Routing) -> None:
    first, second = routing.submit(sample_request()), routing.submit(sample_request(request_key="conversation-1/2"))
    assert second.created
    assert second.reference != first.reference


def test_a_request_sent_many_times_at_once_is_registered_once(routing: Routing, database: Database) -> None:
    with ThreadPoolExecutor(6) as pool:
        receipts = list(pool.map(routing.submit, [sample_request()] * 6))
    assert sum(receipt.created for receipt in receipts) == 1
    assert len({receipt.reference for receipt in receipts}) == 1
    assert count(database, outbox) == 2


def test_a_request_that_another_process_registers_in_between_gets_that_receipt(database: Database, tmp_path: Path) -> None:
    class LooksTooEarly(Routing):
        looks = 0

        def _known(self, connection: Connection, request: Request) -> Receipt | None:
            self.looks += 1
            return None if self.looks == 1 else super()._known(connection, request)

    settings = sample_settings(tmp_path)
    first = Routing(database, settings, Clock()).submit(sample_request())
    assert LooksTooEarly(database, settings, Clock()).submit(sample_request()) == Receipt(first.reference, False, "en_attente")


@pytest.mark.parametrize("kind", ["contact", "confirmation"])
def test_a_mail_that_cannot_be_written_leaves_no_lead(routing: Routing, database: Database, kind: str) -> None:
    with database.begin() as connection:
        connection.exec_driver_sql(
            f"CREATE TRIGGER broken BEFORE INSERT ON outbox WHEN NEW.kind = '{kind}' BEGIN SELECT RAISE(ABORT, 'broken'); END"
        )
    with pytest.raises(StorageError):
        routing.submit(sample_request())
    assert (count(database, leads), count(database, outbox)) == (0, 0)


@pytest.mark.parametrize(
    "changes",
    [
        {"decision": "refusee"},
        {"decision": ""},
        {"consent_at": None},
        {"consent_at": NOW.replace(tzinfo=None)},
        {"commune": "  "},
        {"commune": "\u200b"},
        {"email": ""},
        {"email": "awa"},
        {"email": "awa@commune.example\r\nBcc: x@y.example"},
        {"email": "awa@commune.example, x@y.example"},
        {"email": "=cmd@commune.example"},
        {"email": f"{'a' * 250}@commune.example"},
        {"request_key": ""},
        {"conversation": ""},
    ],
    ids=str,
)
def test_a_request_that_may_not_pass_is_refused(routing: Routing, database: Database, changes: dict[str, Any]) -> None:
    with pytest.raises(RequestError):
        routing.submit(sample_request(**changes))
    assert (count(database, leads), count(database, outbox)) == (0, 0)


@pytest.mark.parametrize(
    ("address", "valid"),
    [
        ("awa@commune.example", True),
        ("awa.o'exemple+cic@services.commune.example", True),
        ("awa@commune", False),
        ("awa@commune.1a", False),
        ("awa@@commune.example", False),
        (".awa@commune.example", False),
        ("a..b@commune.example", False),
        ("awa@-commune.example", False),
        ("awa @commune.example", False),
        ("<awa@commune.example>", False),
        (f"{'a' * 65}@commune.example", False),
    ],
)
def test_only_one_plain_address_is_an_address(address: str, valid: bool) -> None:
    assert is_email(address) is valid


@pytest.mark.parametrize(
    ("field", "typed", "kept"),
    [
        ("nom", '=HYPERLINK("http://x.example")', 'HYPERLINK("http://x.example")'),
        ("nom", "Awa\r\nBcc: tous@commune.example", "Awa Bcc: tous@commune.example"),
        ("nom", "A" * 500, "A" * 120),
        ("fonction", "  bourg\u200bmestre\x00 ", "bourgmestre"),
        ("commune", "@Ixelles", "Ixelles"),
        ("objet", "ligne 1\nligne 2", "ligne 1 ligne 2"),
        ("objet", "o" * 1500, "o" * 1000),
        ("telephone", "+32 470 00 00 00", "+32 470 00 00 00"),
        ("telephone", "", None),
        ("partenaire_de", "-Za-Kpota", "Za-Kpota"),
        ("conversation", "-abc_=", "-abc_="),
    ],
)
def test_fields_are_kept_clean_and_harmless(routing: Routing, field: str, typed: str, kept: str | None) -> None:
    routing.submit(sample_request(**{field: typed}))
    assert routing.leads()[0][field] == kept


def test_a_name_cannot_add_a_header(routing: Routing, database: Database) -> None:
    name = 'Awa"\r\nBcc: tous@commune.example\r\n\r\n<x@y.example>, '
    routing.submit(sample_request(nom=name, commune="Ixelles\nBcc: tous@commune.example"))
    for mail in mails(database).values():
        assert mail["Bcc"] is None
        assert len(mail["To"].addresses) == 1
    contact = mails(database)["contact"]
    assert [address.addr_spec for address in contact["Reply-To"].addresses] == ["awa@commune.example"]


def test_the_contact_person_gets_everything_and_answers_the_enquirer(routing: Routing, database: Database) -> None:
    receipt = routing.submit(sample_request(partenaire_de="Za-Kpota"))
    mail = mails(database)["contact"]
    assert mail["Subject"] == f"[CIC] Demande de Ixelles ({receipt.reference})"
    assert mail["To"].addresses[0].addr_spec == CONTACT_EMAIL
    assert mail["Reply-To"] == "Awa Exemple <awa@commune.example>"
    assert mail["Date"].datetime == NOW
    assert (mail["Auto-Submitted"], mail["Content-Language"]) == ("auto-generated", "fr")
    request = sample_request()
    for said in (request.nom, request.fonction, request.commune, request.pays, request.email, request.telephone, request.objet):
        assert said in text_of(mail)
    for said in (
        "Za-Kpota",
        "admissible",
        "mandataire d’une commune belge",
        "autorités locales",
        "Commune non reconnue",
        receipt.reference,
    ):
        assert said in text_of(mail)
        assert said in text_of(mail, "html")
    assert "5 mars 2026 à 9 h 07" in text_of(mail)


def test_the_enquirer_gets_reference_copy_and_rule_but_no_address_of_the_contact(routing: Routing, database: Database) -> None:
    receipt = routing.submit(sample_request())
    mail = mails(database)["confirmation"]
    assert mail["To"] == "Awa Exemple <awa@commune.example>"
    assert receipt.reference in mail["Subject"]
    for said in (receipt.reference, "état civil", "autorités locales", "Camille Contact"):
        assert said in text_of(mail)
        assert said in text_of(mail, "html")
    assert CONTACT_EMAIL not in mail.as_string() + text_of(mail) + text_of(mail, "html")


def test_what_was_typed_is_not_html_and_not_typeset(routing: Routing, database: Database) -> None:
    routing.submit(sample_request(objet="<script>alert('x')</script> {{ 7*7 }}", email="awa.o'exemple@commune.example"))
    for mail in mails(database).values():
        assert "<script>" not in text_of(mail, "html")
        assert "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; {{ 7*7 }}" in text_of(mail, "html")
        assert "awa.o'exemple@commune.example" in text_of(mail)


def test_mails_are_seven_bit_and_have_a_fixed_message_id(routing: Routing, database: Database) -> None:
    receipt = routing.submit(sample_request(nom="Zoé Éxemple"))
    with database.read() as connection:
        rows = connection.execute(select(outbox)).all()
    for row in rows:
        assert row.body.isascii()
        assert max(map(len, row.body.splitlines())) <= 998
        assert row.message_id == f"<{receipt.reference.lower()}.{row.kind}@association.example>"
        assert row.message_id.encode() in row.body


def test_without_contact_the_lead_is_kept_and_the_person_is_told(without_contact: Routing, database: Database) -> None:
    assert without_contact.submit(sample_request()).status == "conservee"
    assert set(mails(database)) == {"confirmation"}
    assert "Elle sera transmise" in text_of(mails(database)["confirmation"])


def test_kept_leads_go_out_once_when_a_contact_is_named(without_contact: Routing, routing: Routing, database: Database) -> None:
    reference = without_contact.submit(sample_request()).reference
    assert without_contact.forward_kept() == 0
    assert (routing.forward_kept(), routing.forward_kept()) == (1, 0)
    assert routing.status_of(reference) == "en_attente"
    assert "Commune non reconnue" in text_of(mails(database)["contact"])


def test_leads_have_the_keys_that_other_programs_rely_on(routing: Routing) -> None:
    receipt = routing.submit(sample_request())
    (lead,) = json.loads(json.dumps(routing.leads()))
    given = asdict(sample_request())
    same = ("nom", "fonction", "commune", "pays", "email", "telephone", "objet", "partenaire_de", "decision", "conversation")
    assert lead == {name: given[name] for name in same} | {
        "id": 1,
        "reference": receipt.reference,
        "created_at": "2026-03-05T08:07:00+00:00",
        "status": "en_attente",
        "remarques": ["Commune non reconnue\u00a0: à confirmer."],
        "consent_at": "2026-03-05T08:06:00+00:00",
    }


def test_the_status_is_found_by_reference_however_it_is_typed(routing: Routing) -> None:
    reference = routing.submit(sample_request()).reference
    assert routing.status_of(f" {reference.lower()}") == "en_attente"
    assert routing.status_of("CIC-2026-AAAAAA") is None


@pytest.mark.parametrize(
    ("kind", "changes", "delayed"),
    [
        ("contact", {}, False),
        ("contact", {"last_error": "421"}, True),
        ("contact", {"last_error": "421", "status": "envoye"}, False),
        ("confirmation", {"last_error": "421"}, False),
    ],
    ids=["not tried yet", "failed once", "left since", "only somebody's confirmation"],
)
def test_mail_is_delayed_when_it_failed_and_still_waits(
    routing: Routing, database: Database, kind: str, changes: dict[str, Any], delayed: bool
) -> None:
    routing.submit(sample_request())
    with database.begin() as connection:
        connection.execute(update(outbox).where(outbox.c.kind == kind).values(**(changes or {"attempts": 0})))
    assert routing.is_mail_delayed() is delayed


def test_decisions_are_kept_with_their_profile(routing: Routing, database: Database) -> None:
    routing.record_decision("c", "c/1", "refuse", "La règle.", "2016-03-15", "Un motif.", {"fonction": "étudiant"})
    with database.read() as connection:
        row = connection.execute(select(decisions)).one()
    assert (row.verdict, row.profile, row.created_at) == ("refuse", {"fonction": "étudiant"}, NOW)


def decide(routing: Routing, verdict: str, message_id: str | None, key: str = "c:1", conversation: str = "c") -> None:
    routing.record_decision(conversation, key, verdict, "La règle.", "2016-03-15", "Un motif.", {}, message_id)


def verdicts(database: Database) -> list[str]:
    with database.read() as connection:
        return list(connection.execute(select(decisions.c.verdict).order_by(decisions.c.id)).scalars())


def test_of_a_message_that_is_handled_again_the_last_decision_is_kept(routing: Routing, database: Database) -> None:
    for verdict in ("refuse", "refuse", "admissible"):
        decide(routing, verdict, "m1")
    assert verdicts(database) == ["admissible"]


def test_other_messages_requests_and_conversations_have_decisions_of_their_own(routing: Routing, database: Database) -> None:
    decide(routing, "1", "m1")
    decide(routing, "2", "m2")
    decide(routing, "3", "m1", key="c:2")
    decide(routing, "4", "m1", conversation="d")
    for verdict in ("5", "6"):
        decide(routing, verdict, None)
    assert verdicts(database) == ["1", "2", "3", "4", "5", "6"]


def test_a_reference_that_is_taken_writes_nothing(database: Database, tmp_path: Path) -> None:
    class Loaded:
        def choices(self, population: str, k: int) -> list[str]:
            return ["A"] * k

    routing = Routing(database, sample_settings(tmp_path), Clock(NOW + timedelta(days=1)), Loaded())  # type: ignore[arg-type]
    routing.submit(sample_request())
    with pytest.raises(StorageError):
        routing.submit(sample_request(request_key="conversation-1/2"))
    assert count(database, leads) == 1


def test_an_outgoing_mail_needs_its_lead(database: Database) -> None:
    row = {"lead_id": 7, "kind": "contact", "recipient": "x", "message_id": "y", "body": b"", "status": "en_attente"}
    with pytest.raises(Exception, match="FOREIGN KEY"), database.begin() as connection:
        connection.execute(insert(outbox).values(**row, due_since=NOW, next_attempt_at=NOW))
