"""Requests as staff work on them: which come first, what is hidden, what is found, and what closing and sending again do."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest
from openpyxl import load_workbook  # type: ignore[import-untyped]
from sample_request import Clock
from sqlalchemy import insert, select
from support.leads import ADDRESS, NAME, TELEPHONE, store_lead, store_mail
from support.reviewer import NOW

from bot.errors import RequestError
from bot.outbox import LATE_AFTER, LEASE, PATIENCE
from bot.review.discretion import HIDDEN, Discretion
from bot.review.files import MEDIA, as_file
from bot.review.request_filters import RequestFilter
from bot.review.request_words import said_of_profile
from bot.review.requests import PAGE, Requests, titles
from bot.storage import (
    CONFIRMATION,
    CONTACT,
    LEAD_FAILED,
    LEAD_FORWARDED,
    LEAD_KEPT,
    MAIL_FAILED,
    MAIL_SENT,
    MAIL_WAITING,
    Database,
    leads,
    outbox,
    trackers,
)
from bot.text import fold
from bot.words import words

PARTS_OF_THE_PERSON = ("Kwizera", "kwizera", ADDRESS, "470 00 11 22", "0470001122")


@pytest.fixture
def requests(store: Database) -> Requests:
    return Requests(store, Clock(NOW))


def found(requests: Requests, page: int = 1, **fields: str) -> list[str]:
    return [listed.row["reference"][-1] for listed in requests.page(RequestFilter.read(fields), page).requests]


# --- the list ---


def test_what_needs_somebody_comes_first_then_the_newest(store: Database, requests: Requests) -> None:
    for age, letter in enumerate("ABCDEFG"):
        status = {"C": LEAD_FAILED, "E": LEAD_KEPT, "A": LEAD_FORWARDED}.get(letter, "en_attente")
        lead_id = store_lead(store, f"CIC-2026-XXXXX{letter}", created_at=NOW - timedelta(hours=age), status=status)
        if letter == "D":
            store_mail(store, lead_id, due_since=NOW - LATE_AFTER)
        if letter == "F":
            store_mail(store, lead_id, CONFIRMATION, status=MAIL_FAILED)
        if letter == "G":
            store_mail(store, lead_id)
    assert "".join(found(requests)) == "CDEF" + "ABG"
    requests.close("CIC-2026-XXXXXC", "Ines")
    assert "".join(found(requests)) == "DEF" + "ABCG"


def test_a_failure_that_would_only_confuse_by_now_needs_nobody(store: Database, requests: Requests) -> None:
    lead_id = store_lead(store, status=LEAD_FORWARDED)
    store_mail(store, lead_id, "code", status=MAIL_FAILED, expires_at=NOW)
    (listed,) = requests.page(RequestFilter(), 1).requests
    assert (listed.needed, listed.troubles) == (False, ())


def test_troubles_are_told_with_the_kind_of_mail(store: Database, requests: Requests) -> None:
    lead_id = store_lead(store)
    store_mail(store, lead_id, due_since=NOW - LATE_AFTER)
    store_mail(store, lead_id, CONFIRMATION, status=MAIL_FAILED)
    (listed,) = requests.page(RequestFilter(), 1).requests
    assert (listed.needed, listed.troubles) == (True, ((CONTACT, False), (CONFIRMATION, True)))


def test_pages_hold_fifty_and_together_all(store: Database, requests: Requests) -> None:
    for number in range(PAGE + 3):
        store_lead(store, f"CIC-2026-{number:06d}", created_at=NOW - timedelta(minutes=number))
    pages = [requests.page(RequestFilter(), number) for number in (1, 2, 3)]
    assert [(len(page.requests), page.total) for page in pages] == [(PAGE, PAGE + 3), (3, PAGE + 3), (0, PAGE + 3)]
    told = [listed.row["reference"] for page in pages for listed in page.requests]
    assert told == [f"CIC-2026-{number:06d}" for number in range(PAGE + 3)]


def test_requests_are_counted_by_state_and_by_what_is_left_to_do(store: Database, requests: Requests) -> None:
    assert requests.counts()["toutes"] == 0
    store_lead(store, "CIC-2026-AAAAA1", status=LEAD_FAILED)
    store_lead(store, "CIC-2026-AAAAA2", status=LEAD_FAILED, closed_at=NOW, closed_by="Ines")
    store_lead(store, "CIC-2026-AAAAA3", status=LEAD_FORWARDED)
    expected = {"en_attente": 0, "transmise": 1, "echec": 2, "conservee": 0, "toutes": 3, "a_traiter": 1, "ouvertes": 2, "closes": 1}
    assert requests.counts() == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, "ABCD"),
        ({"etat": LEAD_KEPT}, "B"),
        ({"suite": "closes"}, "C"),
        ({"suite": "ouvertes"}, "ABD"),
        ({"suite": "a_traiter"}, "B"),
        ({"pays": "Bénin"}, "D"),
        ({"decision": "humain"}, "D"),
        ({"du": "2026-11-25", "au": "2026-11-25"}, "C"),
        ({"du": "2026-11-26"}, "AB"),
        ({"au": "2026-11-24"}, "D"),
        ({"q": "za kpota"}, "D"),
        ({"q": "ECHEVINE"}, "AC"),
        ({"q": "évêché"}, "B"),
        ({"q": "EVECHE"}, "B"),
        ({"q": "oeuvres d'art"}, "B"),
        ({"q": "xxxxxc"}, "C"),
        ({"q": "echevine etat"}, "AC"),
        ({"q": "100%"}, "B"),
        ({"q": "Ixelles", "pays": "Bénin"}, ""),
        ({"etat": "x' OR 1=1 --"}, "ABCD"),
        ({"pays": "x' OR 1=1 --"}, ""),
        ({"du": "hier", "au": "9999-99-99"}, "ABCD"),
        ({"q": "' OR 1=1 --"}, ""),
        ({"q": '%" <script>'}, ""),
        ({"q": "\\"}, "ABCD"),
    ],
    ids=str,
)
def test_the_fields_of_an_address_choose(store: Database, requests: Requests, fields: dict[str, str], expected: str) -> None:
    store_lead(store, "CIC-2026-XXXXXA")
    work = {"objet": "Parler d’ŒUVRES d’art de l’ÉVÊCHÉ, à 100%", "fonction": "bourgmestre"}
    store_lead(store, "CIC-2026-XXXXXB", status=LEAD_KEPT, **work)
    store_lead(store, "CIC-2026-XXXXXC", created_at=NOW - timedelta(days=1), closed_at=NOW, closed_by="Ines")
    there = {"commune": "Za-Kpota", "pays": "Bénin", "decision": "humain", "fonction": "maire"}
    store_lead(store, "CIC-2026-XXXXXD", created_at=NOW - timedelta(days=2), **there)
    assert "".join(sorted(found(requests, **fields))) == expected


def test_a_day_begins_and_ends_at_midnight_in_brussels(store: Database, requests: Requests) -> None:
    midnight = NOW.replace(hour=23, minute=0)
    store_lead(store, "CIC-2026-XXXXXA", created_at=midnight)
    store_lead(store, "CIC-2026-XXXXXB", created_at=midnight - timedelta(seconds=1))
    assert found(requests, du="2026-11-27") == ["A"]
    assert found(requests, au="2026-11-26") == ["B"]


@pytest.mark.parametrize("typed", ["Kwizera", "awa", "awa.kwizera", "commune.example", "470", "Dupont", "kevin"])
def test_who_is_hidden_cannot_be_found_by_trying(store: Database, requests: Requests, typed: str) -> None:
    said = f"Voyez pour un expert avec Awa Kwizera-Exemple ({ADDRESS}, {TELEPHONE}) ou Mme Claire Dupont. je m'appelle kevin martin"
    store_lead(store, objet=said)
    assert found(requests, q="expert") == ["A"]
    assert found(requests, q=typed) == []


# --- what is hidden ---


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Je suis Awa Kwizera, échevine", f"Je suis {HIDDEN}, échevine"),
        ("KWIZERA et awa kwizera-exemple", f"{HIDDEN} et {HIDDEN}"),
        ("écrivez à x.y@ailleurs.example ou 0470/12.34.56", f"écrivez à {HIDDEN} ou {HIDDEN}"),
        ("voyez avec Mme Claire Dupont du service", f"voyez avec Mme {HIDDEN} du service"),
        ("Madame la Bourgmestre de Namur, pour 2014-2016 et 10 000 000 €", None),
        ("Un exemple [effacé] de projet", None),
        ("", None),
    ],
)
def test_names_addresses_and_numbers_are_hidden_and_what_they_ask_is_not(said: str, shown: str | None) -> None:
    assert Discretion(NAME, TELEPHONE).hide(said) == (said if shown is None else shown)


@pytest.mark.parametrize(
    "told",
    [
        "je m'appelle kevin martin",
        "mon nom est kevin martin",
        "kevin arobase martin point be",
        "kevin.martin@commune.example",
        "M. Kevin Martin vous écrira",
        "awa kwizera-exemple",
    ],
)
def test_a_word_that_is_hidden_is_never_taken_for_one_that_is_shown(told: str) -> None:
    discretion = Discretion(NAME, TELEPHONE)
    shown = fold(discretion.hide(told))
    hidden = [word for word in words(told) if word not in shown]
    assert hidden
    assert [word for word in hidden if not discretion.may_hide(told, word)] == []
    assert not discretion.may_hide("Proposer un expert de l’état civil", "etat")


def everything(requests: Requests, unmasked: bool = False) -> str:
    one = requests.one("CIC-2026-AAAAAA", unmasked)
    listed = [] if unmasked else [each.row for each in requests.page(RequestFilter(), 1).requests]
    assert one is not None
    told = [one.row, one.decisions, one.mails, one.notes, listed, list(requests.rows(RequestFilter(), unmasked))]
    return json.dumps(told, ensure_ascii=False, default=str)


def test_nothing_that_is_told_of_a_request_says_who_made_it(store: Database, requests: Requests) -> None:
    remark = f"Avant, {NAME} a dit autre chose."
    lead_id = store_lead(store, objet=f"Rappelez {NAME} au {TELEPHONE}", remarques=[remark], fonction=f"échevine {NAME}", reason=remark)
    store_mail(store, lead_id, CONFIRMATION, status=MAIL_FAILED, last_error=f"550 <{ADDRESS}> unknown")
    requests.note("CIC-2026-AAAAAA", "Ines", f"{NAME} rappelle demain au {TELEPHONE}, {ADDRESS}")
    hidden = everything(requests)
    assert [part for part in PARTS_OF_THE_PERSON if part in hidden] == []
    assert "550 <" in hidden
    assert ADDRESS in everything(requests, unmasked=True)


def test_a_profile_is_told_in_french_and_only_what_is_known() -> None:
    place = {"kind": "commune", "name": "Namur", "known": True, "said": "namur"}
    profile = {"kind": "mandataire", "place": place, "partner": False, "several": False, "silent": True, "contradictions": ["agent"]}
    assert said_of_profile(profile) == [
        ("Qualité", "mandataire"),
        ("Commune", "Namur"),
        ("Partenaire direct d'une commune", "non"),
        ("A dit autre chose avant", "« agent »"),
        ("N'a pas voulu dire à quel titre", "oui"),
    ]
    assert said_of_profile({"place": {"name": None, "said": "Xyzville", "known": False}}) == [
        ("Commune", "Xyzville (pas dans notre liste)")
    ]
    assert said_of_profile({}) == []


# --- what staff do ---


def state(store: Database, mail_id: int) -> Any:
    with store.read() as connection:
        return connection.execute(select(outbox).where(outbox.c.id == mail_id)).one()


@pytest.mark.parametrize(
    "mail",
    [
        {"status": MAIL_SENT, "sent_at": NOW},
        {"lease_until": NOW + LEASE, "lease_owner": "w"},
        {"status": MAIL_FAILED, "expires_at": NOW},
    ],
    ids=["left", "on its way", "expired"],
)
def test_what_has_left_is_on_its_way_or_too_late_is_not_sent_again(store: Database, requests: Requests, mail: dict[str, Any]) -> None:
    mail_id = store_mail(store, store_lead(store), **mail)
    before = state(store, mail_id)
    with pytest.raises(RequestError, match="ne peut pas être renvoyé"):
        requests.send_again("CIC-2026-AAAAAA", mail_id)
    assert state(store, mail_id) == before
    (told,) = requests.one("CIC-2026-AAAAAA").mails  # type: ignore[union-attr]
    assert not told["again"]


def test_a_mail_that_was_given_up_gets_new_patience_and_its_request_waits_again(store: Database, requests: Requests) -> None:
    lead_id = store_lead(store, status=LEAD_FAILED)
    mail_id = store_mail(store, lead_id, status=MAIL_FAILED, due_since=NOW - PATIENCE, attempts=40, last_error="550 non")
    requests.send_again("CIC-2026-AAAAAA", mail_id)
    mail = state(store, mail_id)
    assert (mail.status, mail.due_since, mail.next_attempt_at, mail.attempts) == (MAIL_WAITING, NOW, NOW, 0)
    with store.read() as connection:
        assert connection.execute(select(leads.c.status)).scalar_one() == "en_attente"


def test_a_mail_of_another_request_is_not_sent_from_this_one(store: Database, requests: Requests) -> None:
    other = store_mail(store, store_lead(store, "CIC-2026-BBBBBB"), status=MAIL_FAILED)
    store_lead(store)
    with pytest.raises(RequestError):
        requests.send_again("CIC-2026-AAAAAA", other)
    assert state(store, other).status == MAIL_FAILED


def test_closing_and_opening_again_have_the_conversation_read_anew(store: Database, requests: Requests) -> None:
    store_lead(store, conversation="hers")
    row = {"conversation": "hers", "born": "x", "tail": 1, "pointers": [], "updated_at": NOW, "to_index": False}
    with store.begin() as connection:
        connection.execute(insert(trackers).values(**row))
    requests.close("CIC-2026-AAAAAA", "Ines")
    closed = requests.one("CIC-2026-AAAAAA")
    assert closed is not None
    assert (closed.row["closed_by"], closed.row["closed_at"]) == ("Ines", NOW)
    with store.read() as connection:
        assert connection.execute(select(trackers.c.to_index)).scalar_one()
    requests.close("CIC-2026-AAAAAA", None)
    opened = requests.one("CIC-2026-AAAAAA")
    assert opened is not None
    assert (opened.row["closed_by"], opened.row["closed_at"]) == (None, None)


def test_what_is_gone_can_neither_be_noted_nor_closed_nor_shown(requests: Requests) -> None:
    assert requests.one("CIC-2026-AAAAAA") is None
    with pytest.raises(RequestError, match="n'existe pas"):
        requests.note("CIC-2026-AAAAAA", "Ines", "x")
    with pytest.raises(RequestError, match="n'existe pas"):
        requests.close("CIC-2026-AAAAAA", "Ines")


# --- export ---


@pytest.mark.parametrize("written", MEDIA)
@pytest.mark.parametrize("unmasked", [False, True], ids=["hidden", "with contact details"])
def test_no_field_of_a_request_is_a_formula_in_a_spreadsheet(store: Database, requests: Requests, written: str, unmasked: bool) -> None:
    bad = {
        name: f"=cmd|' /C calc'!A0 {name}" for name in ("nom", "fonction", "commune", "pays", "objet", "partenaire_de", "reason", "rule")
    }
    store_lead(store, "=CIC()", telephone="+1+1", email="@SUM(1)", closed_by="-2+3", closed_at=NOW, remarques=["\t=1"], **bad)
    raw = b"".join(as_file(written, titles(unmasked), requests.rows(RequestFilter(), unmasked)))
    cells = read_cells(written, raw)
    assert list(cells) == titles(unmasked)
    assert "calc" in str(cells["Objet"])
    if written == "csv":
        assert [value for value in cells.values() if value[:1] in tuple("=+-@\t＝")] == []
    if not unmasked:
        assert "SUM" not in str(cells)


def read_cells(kind: str, raw: bytes) -> dict[str, Any]:
    """The first row of an export; a formula in a workbook is a fault."""
    if kind == "json":
        (row,) = json.loads(raw)
        return dict(row)
    if kind == "csv":
        (row,) = csv.DictReader(io.StringIO(raw.decode("utf-8-sig")), delimiter=";")
        return dict(row)
    names, values = load_workbook(io.BytesIO(raw)).active.iter_rows()
    assert {cell.data_type for cell in values} <= {"inlineStr", "s", "n"}
    return {name.value: value.value for name, value in zip(names, values, strict=True)}


@pytest.mark.parametrize("written", MEDIA)
def test_an_export_of_nothing_is_a_file_with_its_titles(written: str) -> None:
    raw = b"".join(as_file(written, titles(False), []))
    assert json.loads(raw) == [] if written == "json" else len(raw) > len("Référence")
