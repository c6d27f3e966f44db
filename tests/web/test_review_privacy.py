"""The pages of privacy: who may open them, keeping with a reason, erasing in two steps, and the journal."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from reading import read
from sqlalchemy import insert, select
from support.leads import ADDRESS, store_lead, store_mail
from support.played_site import Site
from support.reviewer import reviewer, store_conversation

from bot.channels.arrivals import Arrivals
from bot.channels.model import MAIL, Incoming
from bot.channels.seal import Seal
from bot.review.model import Role
from bot.storage import MAIL_SENT, NOTICE, Database, channel_people, conversations, journal, leads, outbox
from bot.web.review.privacy import ROWS

pytestmark = pytest.mark.anyio
HOME, JOURNAL = "/revue/vie-privee", "/revue/vie-privee/journal"
KEEP, RELEASE = "/revue/conversations/hers/conserver", "/revue/conversations/hers/liberer"
HOSTILE = "<script>alert(1)</script>"


def written(database: Database) -> list[tuple[Any, ...]]:
    with database.read() as connection:
        return [tuple(row) for row in connection.execute(select(journal.c.what, journal.c.target, journal.c.reason).order_by(journal.c.id))]


def kept(database: Database) -> str | None:
    with database.read() as connection:
        return connection.execute(select(conversations.c.kept_reason)).scalar()  # type: ignore[no-any-return]


@pytest.mark.parametrize("role", [Role.LECTEUR, Role.ANNOTATEUR])
async def test_privacy_is_for_administrators(site: Site, role: Role) -> None:
    store_conversation(site.database, "hers")
    store_lead(site.database, conversation="hers")
    ines = reviewer(site, role)
    for path in (HOME, JOURNAL):
        assert (await ines.get(path)).status_code == 403
    fields = {"cle": "CIC-2026-AAAAAA", "raison": "Une plainte est en cours."}
    for path in (f"{HOME}/effacer", f"{HOME}/effacer/confirmer", f"{JOURNAL}/export", KEEP, RELEASE):
        assert (await ines.post(path, fields)).status_code == 403
    assert (kept(site.database), written(site.database)) == (None, [])
    with site.database.read() as connection:
        assert len(connection.execute(select(leads)).all()) == 1


async def test_nothing_is_kept_or_erased_without_our_form(site: Site) -> None:
    store_conversation(site.database, "hers")
    store_lead(site.database, conversation="hers")
    ines = reviewer(site, Role.ADMINISTRATEUR)
    for path in (f"{HOME}/effacer", f"{HOME}/effacer/confirmer", f"{JOURNAL}/export", KEEP, RELEASE):
        forged = await ines.client.post(path, data={"cle": "CIC-2026-AAAAAA", "raison": "Une plainte"})
        assert forged.status_code == 403
    assert (kept(site.database), written(site.database)) == (None, [])
    with site.database.read() as connection:
        assert len(connection.execute(select(leads)).all()) == 1


# --- keeping ---


async def test_a_conversation_is_kept_with_a_reason_listed_and_released(site: Site) -> None:
    store_conversation(site.database, "hers")
    ines = reviewer(site, Role.ADMINISTRATEUR)
    answer = await ines.post(KEEP, {"raison": "Une plainte est en cours."})
    assert (answer.status_code, answer.headers["location"]) == (303, "/revue/conversations/hers")
    page = (await ines.get(HOME)).text
    assert "Une plainte est en cours." in page
    assert "bientôt" not in page
    answer = await ines.post(RELEASE, {"suite": HOME})
    assert (answer.status_code, answer.headers["location"]) == (303, HOME)
    assert "Une plainte est en cours." not in (await ines.get(HOME)).text
    assert written(site.database) == [("conservation", "hers", "Une plainte est en cours."), ("liberation", "hers", "")]


@pytest.mark.parametrize("reason", ["", "    ", "abc", "\u200b" * 9])
async def test_nothing_is_kept_without_a_reason(site: Site, reason: str) -> None:
    store_conversation(site.database, "hers")
    assert (await reviewer(site, Role.ADMINISTRATEUR).post(KEEP, {"raison": reason})).status_code == 422
    assert (kept(site.database), written(site.database)) == (None, [])


async def test_until_when_is_said_on_both_pages_and_can_be_put_off(site: Site) -> None:
    store_conversation(site.database, "hers")
    ines, today = reviewer(site, Role.ADMINISTRATEUR), site.clock().date()
    soon, later = today + timedelta(days=9), today + timedelta(days=300)
    await ines.post(KEEP, {"raison": "Une plainte est en cours.", "jusqu_au": soon.isoformat()})
    pages = [read((await ines.get(path)).text).text for path in (HOME, "/revue/conversations/hers")]
    assert all(f"{soon:%d/%m/%Y} 23:59" in page for page in pages)
    assert "bientôt" in pages[0]
    assert "se termine dans les trente jours : 1." in pages[0].replace("\u00a0", " ")
    await ines.post(KEEP, {"raison": "La plainte dure.", "jusqu_au": later.isoformat()})
    page = read((await ines.get(HOME)).text).text
    assert f"{later:%d/%m/%Y} 23:59" in page
    assert "bientôt" not in page
    assert [what for what, _, _ in written(site.database) if what != "consultation"] == ["conservation", "conservation"]


@pytest.mark.parametrize("day", ["demain", "2026-13-01", "1999-01-01", "9999-12-31", "20270101", "2027-01-01T00:00", HOSTILE])
async def test_a_day_that_is_none_or_will_not_do_keeps_nothing(site: Site, day: str) -> None:
    store_conversation(site.database, "hers")
    answer = await reviewer(site, Role.ADMINISTRATEUR).post(KEEP, {"raison": "Une plainte est en cours.", "jusqu_au": day})
    assert answer.status_code == 422
    assert (kept(site.database), written(site.database)) == (None, [])


async def test_a_conversation_that_there_is_not_cannot_be_kept(site: Site) -> None:
    assert (await reviewer(site, Role.ADMINISTRATEUR).post(KEEP, {"raison": "Une plainte"})).status_code == 404
    assert written(site.database) == []


@pytest.mark.parametrize("target", ["https://ailleurs.example/", "//ailleurs.example", "/revue/../api", "javascript:alert(1)"])
async def test_a_form_leads_to_our_own_pages_only(site: Site, target: str) -> None:
    store_conversation(site.database, "hers")
    answer = await reviewer(site, Role.ADMINISTRATEUR).post(KEEP, {"raison": "Une plainte", "suite": target})
    assert answer.headers["location"] == "/revue"


# --- erasing ---


async def test_erasing_takes_two_steps_and_the_first_changes_nothing(site: Site) -> None:
    store_mail(site.database, store_lead(site.database, conversation="hers"))
    store_conversation(site.database, "hers", [{}])
    ines = reviewer(site, Role.ADMINISTRATEUR)
    shown = await ines.post(f"{HOME}/effacer", {"cle": ADDRESS})
    page = " ".join(read(shown.text).text.split())
    assert "demandes : 1" in page
    assert "courriels : 1" in page
    assert "conversations de la revue : 1" in page
    assert "Kwizera" not in shown.text
    with site.database.read() as connection:
        assert len(connection.execute(select(leads)).all()) == 1
    done = await ines.post(f"{HOME}/effacer/confirmer", {"cle": ADDRESS})
    assert "C’est effacé" in done.text
    with site.database.read() as connection:
        assert connection.execute(select(leads)).all() == connection.execute(select(conversations)).all() == []
    assert [(what, target[:8]) for what, target, _ in written(site.database)] == [("effacement", "adresse ")]
    assert site.mail_worker.notified == 0


async def test_what_the_mail_channel_holds_of_an_address_is_shown_and_erased(site: Site) -> None:
    arrivals = Arrivals(site.database, Seal(site.settings.secret()), site.clock, 30)
    arrivals.accept(MAIL, [Incoming("1", ADDRESS, {"email": ADDRESS}, text="bonjour")])
    ines = reviewer(site, Role.ADMINISTRATEUR)
    shown = await ines.post(f"{HOME}/effacer", {"cle": ADDRESS})
    page = " ".join(read(shown.text).text.split())
    assert "adresses de messagerie : 1" in page
    assert "messages de messagerie : 1" in page
    await ines.post(f"{HOME}/effacer/confirmer", {"cle": ADDRESS})
    with site.database.read() as connection:
        assert connection.execute(select(channel_people)).all() == []


async def test_the_contact_person_is_asked_to_delete_what_had_left(site: Site, open_site: Any) -> None:
    async with open_site(contact_email="contact@association.example", mail_from="a@association.example") as named:
        store_mail(named.database, store_lead(named.database), status=MAIL_SENT, sent_at=named.clock())
        ines = reviewer(named, Role.ADMINISTRATEUR)
        first = await ines.post(f"{HOME}/effacer", {"cle": "cic-2026-aaaaaa"})
        assert "un courriel prie la personne de contact" in first.text
        await ines.post(f"{HOME}/effacer/confirmer", {"cle": "cic-2026-aaaaaa"})
        with named.database.read() as connection:
            assert connection.execute(select(outbox.c.kind)).scalars().all() == [NOTICE]
        assert named.mail_worker.notified == 1
        assert written(named.database) == [("effacement", "CIC-2026-AAAAAA", "")]


async def test_where_nobody_is_named_staff_are_told_to_ask(site: Site) -> None:
    store_mail(site.database, store_lead(site.database), status=MAIL_SENT, sent_at=site.clock())
    done = await reviewer(site, Role.ADMINISTRATEUR).post(f"{HOME}/effacer/confirmer", {"cle": "CIC-2026-AAAAAA"})
    assert "demandez vous-même à la personne de contact" in done.text


@pytest.mark.parametrize("step", ["effacer", "effacer/confirmer"])
async def test_what_is_neither_reference_nor_address_erases_nothing(site: Site, step: str) -> None:
    store_lead(site.database)
    ines = reviewer(site, Role.ADMINISTRATEUR)
    for key in ("", "awa", "@commune.example", "%", "' OR 1=1 --", HOSTILE):
        refused = await ines.post(f"{HOME}/{step}", {"cle": key})
        assert refused.status_code == 422
        assert HOSTILE not in refused.text
    nothing = await ines.post(f"{HOME}/{step}", {"cle": "personne@nulle-part.example"})
    assert "Rien n’est enregistré" in nothing.text
    assert written(site.database) == []


# --- the journal ---


def add_lines(database: Database, count: int, **values: Any) -> None:
    with database.begin() as connection:
        row = {"who": "Ines", "what": "consultation", "target": "c", "reason": "", "count": 1} | values
        connection.execute(insert(journal), [row | {"target": f"{row['target']}{number}"} for number in range(count)])


async def test_the_journal_is_read_by_pages_newest_first(site: Site) -> None:
    add_lines(site.database, ROWS + 5, at=site.clock())
    ines = reviewer(site, Role.ADMINISTRATEUR)
    first = read((await ines.get(JOURNAL)).text)
    targets = [cell.text for cell in first.all("td", class_="target")]
    assert (targets[0], targets[-1], len(targets)) == (f"c{ROWS + 4}", "c5", ROWS)
    second = read((await ines.get(first.one("a", rel="next").attributes["href"])).text)
    assert [cell.text for cell in second.all("td", class_="target")] == ["c4", "c3", "c2", "c1", "c0"]
    assert second.all("a", rel="next") == []


async def test_the_journal_is_filtered_by_deed_and_person(site: Site) -> None:
    for who in ("Ines", "Omar"):
        for what in ("consultation", "export"):
            add_lines(site.database, 1, at=site.clock(), who=who, what=what, target=f"{who}-{what}-")
    ines = reviewer(site, Role.ADMINISTRATEUR)
    for query, expected in (
        ("acte=export", {"Ines-export-0", "Omar-export-0"}),
        ("qui=Omar", {"Omar-export-0", "Omar-consultation-0"}),
        ("acte=export&qui=Ines", {"Ines-export-0"}),
        ("qui=' OR 1=1 --", set()),
        ("acte=rien&avant=x", {"Ines-export-0", "Omar-export-0", "Omar-consultation-0", "Ines-consultation-0"}),
    ):
        page = read((await ines.get(f"{JOURNAL}?{query}")).text)
        assert {cell.text for cell in page.all("td", class_="target")} == expected


async def test_the_journal_is_exported_without_formulas_and_that_is_written_down(site: Site) -> None:
    add_lines(site.database, 1, at=site.clock(), what="demasquage", reason="=1+1")
    add_lines(site.database, 2, at=site.clock(), who="Omar")
    ines = reviewer(site, Role.ADMINISTRATEUR)
    file = await ines.post(f"{JOURNAL}/export", {"acte": "demasquage"})
    (row,) = csv.DictReader(io.StringIO(file.content.decode("utf-8-sig")), delimiter=";")
    assert (row["Personne"], row["Acte"], row["Raison"]) == ("Ines", "Données démasquées", "'=1+1")
    assert written(site.database)[-1] == ("export", "journal", "")


async def test_what_was_typed_is_never_code(site: Site) -> None:
    store_conversation(site.database, "hers")
    ines = reviewer(site, Role.ADMINISTRATEUR)
    await ines.post(KEEP, {"raison": HOSTILE})
    for path in (HOME, JOURNAL, f"{JOURNAL}?qui={HOSTILE}&acte={HOSTILE}&avant={HOSTILE}"):
        page = await ines.get(path)
        assert page.status_code == 200
        assert HOSTILE not in page.text
