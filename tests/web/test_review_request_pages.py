"""The pages of requests: what is shown to whom, what is written down, and that nothing typed becomes code."""

from __future__ import annotations

import json
from typing import Any

import pytest
from reading import read
from sqlalchemy import select
from support.leads import ADDRESS, NAME, TELEPHONE, store_lead, store_mail
from support.played_site import Site
from support.reviewer import Reviewer, reviewer

from bot.review.model import Role
from bot.storage import LEAD_FAILED, LEAD_KEPT, MAIL_FAILED, MAIL_SENT, Database, journal, lead_notes, leads, outbox

pytestmark = pytest.mark.anyio
ONE = "/revue/demandes/CIC-2026-AAAAAA"
HOSTILE = "<script>alert(1)</script>'\"; DROP TABLE leads; --"


def written(database: Database) -> list[tuple[Any, ...]]:
    with database.read() as connection:
        columns = (journal.c.who, journal.c.what, journal.c.target, journal.c.reason, journal.c.count)
        return [tuple(row) for row in connection.execute(select(*columns).order_by(journal.c.id))]


def hides(text: str) -> bool:
    return not any(part in text for part in ("Kwizera", ADDRESS, "00 11 22"))


async def show(who: Reviewer, path: str) -> str:
    response = await who.get(path)
    assert response.status_code == 200, response.text
    return response.text


async def test_neither_list_nor_page_shows_who_made_a_request(site: Site) -> None:
    store_lead(site.database, objet=f"Rappelez {NAME} au {TELEPHONE}")
    ines = reviewer(site, Role.ADMINISTRATEUR)
    assert hides(await show(ines, "/revue/demandes"))
    page = await show(ines, ONE)
    assert hides(page)
    assert "[masqué]" in page


async def test_looking_at_a_request_is_written_down_once_an_hour(site: Site) -> None:
    store_lead(site.database)
    ines = reviewer(site, Role.LECTEUR)
    for _ in range(2):
        await show(ines, ONE)
    assert written(site.database) == [("Ines", "consultation", "CIC-2026-AAAAAA", "", 1)]
    site.clock.advance(minutes=59, seconds=59)
    await show(ines, ONE)
    site.clock.advance(seconds=2)
    await show(ines, ONE)
    assert len(written(site.database)) == 2


async def test_contact_details_are_shown_in_one_response_after_the_reason_was_written_down(site: Site) -> None:
    store_lead(site.database)
    ines = reviewer(site, Role.ANNOTATEUR)
    shown = await ines.post(f"{ONE}/demasquer", {"raison": "La personne a téléphoné."})
    assert shown.status_code == 200
    assert all(part in shown.text for part in (NAME, ADDRESS, TELEPHONE))
    assert shown.headers["cache-control"] == "no-store"
    assert written(site.database) == [("Ines", "demasquage", "CIC-2026-AAAAAA", "La personne a téléphoné.", 1)]
    assert hides(await show(ines, ONE))


@pytest.mark.parametrize("reason", ["", "    ", "abc", "\u200b" * 9])
async def test_without_a_reason_nothing_is_shown(site: Site, reason: str) -> None:
    store_lead(site.database)
    refused = await reviewer(site).post(f"{ONE}/demasquer", {"raison": reason})
    assert refused.status_code == 422
    assert hides(refused.text)
    assert written(site.database) == []


async def test_when_it_cannot_be_written_down_nothing_is_shown(site: Site) -> None:
    store_lead(site.database)
    ines = reviewer(site)
    with site.database.begin() as connection:
        connection.exec_driver_sql("CREATE TRIGGER full BEFORE INSERT ON journal BEGIN SELECT RAISE(ABORT, 'full'); END")
    refused = await ines.post(f"{ONE}/demasquer", {"raison": "La personne a téléphoné."})
    assert refused.status_code >= 500
    assert hides(refused.text)


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("demasquer", {"raison": "Pour voir."}),
        ("note", {"note": "x"}),
        ("fermer", {}),
        ("rouvrir", {}),
        ("renvoyer", {"courriel": "1"}),
    ],
)
async def test_a_reader_reads(site: Site, path: str, fields: dict[str, str]) -> None:
    store_mail(site.database, store_lead(site.database, status=LEAD_FAILED), status=MAIL_FAILED)
    ines = reviewer(site, Role.LECTEUR)
    page = await show(ines, ONE)
    assert f"/{path}" not in page
    refused = await ines.post(f"{ONE}/{path}", fields)
    assert refused.status_code == 403
    assert hides(refused.text)
    with site.database.read() as connection:
        assert connection.execute(select(leads.c.closed_at)).scalar() is None
        assert connection.execute(select(lead_notes)).all() == []
        assert connection.execute(select(outbox.c.status)).scalar() == MAIL_FAILED


async def test_a_failed_mail_is_sent_again_the_worker_hears_of_it_and_it_is_written_down(site: Site) -> None:
    mail_id = store_mail(site.database, store_lead(site.database, status=LEAD_FAILED), status=MAIL_FAILED)
    ines = reviewer(site)
    sent = await ines.post(f"{ONE}/renvoyer", {"courriel": str(mail_id)})
    assert (sent.status_code, sent.headers["location"]) == (303, ONE)
    assert site.mail_worker.notified == 1
    assert [row[1] for row in written(site.database)] == ["renvoi"]


async def test_what_has_left_is_neither_offered_nor_sent_again(site: Site) -> None:
    mail_id = store_mail(site.database, store_lead(site.database), status=MAIL_SENT, sent_at=site.clock())
    ines = reviewer(site)
    assert "Renvoyer" not in await show(ines, ONE)
    refused = await ines.post(f"{ONE}/renvoyer", {"courriel": str(mail_id)})
    assert refused.status_code == 409
    assert (site.mail_worker.notified, written(site.database)[1:]) == (0, [])


@pytest.mark.parametrize("number", ["", "x", "-1", "9" * 12, "1; DROP TABLE outbox", "²"])
async def test_a_mail_that_there_is_not_is_refused(site: Site, number: str) -> None:
    store_lead(site.database)
    assert (await reviewer(site).post(f"{ONE}/renvoyer", {"courriel": number})).status_code == 422


async def test_a_request_is_closed_and_opened_again(site: Site) -> None:
    store_lead(site.database)
    ines = reviewer(site)
    assert "Clore la demande" in await show(ines, ONE)
    assert (await ines.post(f"{ONE}/fermer")).status_code == 303
    assert "par Ines" in await show(ines, ONE)
    assert "CIC-2026-AAAAAA" not in await show(ines, "/revue/demandes?suite=ouvertes")
    assert (await ines.post(f"{ONE}/rouvrir")).status_code == 303
    assert "CIC-2026-AAAAAA" in await show(ines, "/revue/demandes?suite=ouvertes")


@pytest.mark.parametrize("page", ["9" * 5000, "9" * 25, "²", "-1", "0"])
async def test_a_page_that_is_no_number_is_the_first(site: Site, page: str) -> None:
    store_lead(site.database)
    answer = await reviewer(site).get(f"/revue/demandes?page={page}")
    assert answer.status_code == 200


async def test_what_is_done_with_a_request_that_there_is_not_is_not_found(site: Site) -> None:
    ines = reviewer(site)
    for deed, fields in (("note", {"note": "x"}), ("fermer", {}), ("renvoyer", {"courriel": "1"})):
        assert (await ines.post(f"{ONE}/{deed}", fields)).status_code == 404


async def test_notes_have_their_author_and_day_and_hide_who_made_the_request(site: Site) -> None:
    store_lead(site.database)
    ines = reviewer(site)
    assert (await ines.post(f"{ONE}/note", {"note": f"Première ligne\nrappeler {NAME}"})).status_code == 303
    page = await show(ines, ONE)
    assert "Ines, le 02/03/2026 10:00" in page
    assert "Première ligne\nrappeler [masqué]" in page
    assert hides(page)
    assert (await ines.post(f"{ONE}/note", {"note": " \n "})).status_code == 422


async def test_a_kept_request_says_what_to_do(site: Site) -> None:
    store_lead(site.database, status=LEAD_KEPT)
    assert "CIC_CONTACT_EMAIL" in await show(reviewer(site), ONE)


async def test_what_was_typed_is_never_code(site: Site) -> None:
    texts = dict.fromkeys(("nom", "fonction", "commune", "pays", "objet", "partenaire_de", "reason", "rule"), HOSTILE)
    mail = {"status": MAIL_FAILED, "last_error": HOSTILE}
    store_mail(site.database, store_lead(site.database, remarques=[HOSTILE], closed_at=site.clock(), closed_by=HOSTILE, **texts), **mail)
    ines = reviewer(site)
    await ines.post(f"{ONE}/note", {"note": HOSTILE})
    fields = dict.fromkeys(("q", "pays", "etat", "page", "du"), HOSTILE)
    filtered = await ines.client.get("/revue/demandes", params=fields)
    pages = [await show(ines, ONE), await show(ines, "/revue/demandes"), filtered.text]
    pages.append((await ines.post(f"{ONE}/demasquer", {"raison": HOSTILE})).text)
    assert filtered.status_code == 200
    for page in pages:
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page
    with site.database.read() as connection:
        assert connection.execute(select(leads.c.id)).all()


@pytest.mark.parametrize("path", ["CIC-2026-BBBBBB", "x'%20OR%201=1", "%3Cscript%3E", "e" * 300])
async def test_a_request_that_there_is_not_is_a_404_and_no_line_of_the_journal(site: Site, path: str) -> None:
    store_lead(site.database)
    ines = reviewer(site)
    assert (await ines.get(f"/revue/demandes/{path}")).status_code == 404
    assert (await ines.post(f"/revue/demandes/{path}/demasquer", {"raison": "Pour voir."})).status_code == 404
    assert written(site.database) == []


async def test_a_form_of_nobody_is_refused(site: Site) -> None:
    store_lead(site.database)
    ines = reviewer(site)
    for path in ("demasquer", "note", "fermer", "rouvrir", "renvoyer"):
        forged = await ines.client.post(f"{ONE}/{path}", data={"jeton": "0" * 64, "raison": "Pour voir.", "note": "x"})
        assert forged.status_code == 403
    assert (await ines.client.post("/revue/demandes/export", data={"format": "csv"})).status_code == 403
    assert written(site.database) == []


async def test_the_filters_of_the_address_stand_in_the_form_and_in_the_links(site: Site) -> None:
    for number in range(51):
        store_lead(site.database, f"CIC-2026-{number:06d}")
    store_lead(site.database, "CIC-2026-AAAAAA", pays="Bénin")
    page = read(await show(reviewer(site), "/revue/demandes?pays=Belgique&q=ixelles&suite=ouvertes"))
    assert page.one("input", name="q", id="filtre-q").attributes["value"] == "ixelles"
    following = page.one("a", rel="next").attributes["href"]
    assert following == "/revue/demandes?suite=ouvertes&pays=Belgique&q=ixelles&page=2"
    assert "51 demandes, page 1 sur 2" in " ".join(page.text.split())


# --- export ---


async def test_an_export_is_masked_and_written_down(site: Site) -> None:
    store_lead(site.database, objet=f"Rappelez {NAME} au {TELEPHONE}")
    store_lead(site.database, "CIC-2026-BBBBBB", pays="Bénin")
    ines = reviewer(site, Role.LECTEUR)
    file = await ines.post("/revue/demandes/export", {"format": "json", "pays": "Belgique"})
    assert file.headers["content-disposition"] == 'attachment; filename="demandes.json"'
    (row,) = json.loads(file.text)
    assert (row["Référence"], row["Objet"]) == ("CIC-2026-AAAAAA", "Rappelez [masqué] au [masqué]")
    assert hides(file.text)
    assert written(site.database) == [("Ines", "export", "demandes", "", 1)]


async def test_an_export_with_contact_details_needs_a_reason_and_every_request_in_it_is_written_down(site: Site) -> None:
    for letter in "AB":
        store_lead(site.database, f"CIC-2026-{letter * 6}")
    ines = reviewer(site)
    asked = {"format": "csv", "coordonnees": "oui"}
    assert (await ines.post("/revue/demandes/export", asked)).status_code == 422
    assert written(site.database) == []
    file = await ines.post("/revue/demandes/export", asked | {"raison": "Rapport annuel"})
    assert file.text.count(ADDRESS) == 2
    shown = [("Ines", "demasquage", f"CIC-2026-{letter * 6}", "Rapport annuel", 1) for letter in "AB"]
    assert written(site.database) == [*shown, ("Ines", "export", "demandes", "Rapport annuel", 2)]


async def test_a_reader_exports_no_contact_details(site: Site) -> None:
    store_lead(site.database)
    ines = reviewer(site, Role.LECTEUR)
    assert "coordonnees" not in await show(ines, "/revue/demandes")
    refused = await ines.post("/revue/demandes/export", {"format": "csv", "coordonnees": "oui", "raison": "Rapport annuel"})
    assert refused.status_code == 403
    assert written(site.database) == []


@pytest.mark.parametrize("kind", ["", "exe", "../../etc/passwd"])
async def test_a_format_that_there_is_not_is_refused(site: Site, kind: str) -> None:
    assert (await reviewer(site).post("/revue/demandes/export", {"format": kind})).status_code == 422
