"""One conversation: what its page shows, what staff decide and say, its technical events, and unmasking."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import httpx
import pytest
from reading import Element, read, unlabelled
from sqlalchemy import insert, select
from support.played_site import BASE, Site
from support.reviewer import NOW, Reviewer, add_account, reviewer, sign_in, store_conversation

from bot.review.journal import UNMASKED, VIEWED
from bot.review.model import DISLIKED, Role
from bot.storage import REVIEWED, SET_ASIDE, TO_DO, UNREAD, comments, conversations, events, journal, judgements, leads, tags
from bot.text import WORD_JOINER

pytestmark = pytest.mark.anyio

ONE = "/revue/conversations/c1"
HOSTILE = """'"><script>alert(1)</script>' OR 1=1; DROP TABLE tags; --"""


async def page(who: Reviewer, path: str = ONE, **headers: str) -> Element:
    response = await who.get(path, **headers)
    assert response.status_code == 200, response.text
    return read(response.text)


async def after(who: Reviewer, response: httpx.Response) -> Element:
    """The page to which a form leads."""
    assert response.status_code == 303, response.text
    return await page(who, response.headers["location"])


def plain(text: str) -> str:
    return " ".join(text.replace("\xa0", " ").replace("\u202f", " ").split())


def noted(site: Site, what: str) -> list[tuple[str, str, str]]:
    with site.database.read() as connection:
        return [(row.who, row.target, row.reason) for row in connection.execute(select(journal).where(journal.c.what == what))]


def row_of(site: Site, name: str = "c1") -> Any:
    with site.database.read() as connection:
        return connection.execute(select(conversations).where(conversations.c.conversation == name)).one()


def store_events(site: Site, told: Sequence[dict[str, Any]], name: str = "c1", first: int = 10) -> None:
    with site.database.begin() as connection:
        for number, event in enumerate(told):
            row = {
                "id": first + number,
                "sender_id": name,
                "type_name": event["event"],
                "timestamp": float(number),
                "data": json.dumps(event),
            }
            connection.execute(insert(events).values(**row))


ASKED = [
    {"event": "user", "text": "Je veux participer", "timestamp": 0.0, "message_id": "c1-1"},
    {"event": "slot", "name": "requested_slot", "value": "email", "timestamp": 1.0},
    {"event": "bot", "text": "Votre adresse ?", "timestamp": 2.0},
]
TOLD = [
    {"event": "user", "text": "awa.ndiaye@commune.example", "timestamp": 3.0, "message_id": "c1-2"},
    {"event": "slot", "name": "email", "value": "awa.ndiaye@commune.example", "timestamp": 4.0},
    {"event": "bot", "text": "Merci, awa.ndiaye@commune.example", "timestamp": 5.0},
    {"event": "bot", "text": "Votre numéro ?", "timestamp": 6.0},
]


def store_request(site: Site) -> None:
    """A conversation with an address in its events, which its exchanges do not hold."""
    said = [{"said": "Je veux participer", "reply": "Votre adresse ?"}, {"said": "[effacé]", "reply": "Merci, [effacé]\n\nVotre numéro ?"}]
    said[0] |= {"first_event": 10, "last_event": 12}  # type: ignore[dict-item]
    said[1] |= {"first_event": 13, "last_event": 16}  # type: ignore[dict-item]
    store_conversation(site.database, "c1", said)
    store_events(site, [*ASKED, *TOLD])


# --- What is shown ---


async def test_an_exchange_shows_what_was_said_understood_and_given(site: Site) -> None:
    entry = BASE.entries["combien.total"]
    details = {
        "entities": [{"entity": "pays", "value": "Maroc"}],
        "slots": {"fonction": "échevin", "dossier": {"lieu": "Namur"}, "pays": None},
    }
    store_conversation(site.database, "c1", [details | {"asks": "fonction", "useful": False}, {"said": "Merci"}], priority=DISLIKED)
    tree = await page(reviewer(site))
    first, second = (item for item in tree.all("li", class_="exchange"))
    told = plain(first.text)
    for expected in (
        "Quel est le budget ?",
        plain("L’enveloppe totale du Programme s’élève à 8 100 000 €."),
        f"Compris comme : {plain(entry.title)}",
        "info/combien.total",
        "confiance 90 %",
        f"Fait donné : {plain(BASE.facts['combien.total'].title)}",
        "Source : « C’est combien ? », Le Programme (15 mars 2016).",
        "30 %",
        "pays = Maroc",
        "action_repondre",
        "fonction = échevin",
        "lieu : Namur",
        "pays = vide",
        "Attendu ensuite",
        "contenu 0123456789ab, modèle cic",
        "0,02 s",
        "Avis : inutile",
        "Répondu",
    ):
        assert expected in told, expected
    assert first.one("a", href="/#combien.total").text == BASE.facts["combien.total"].title
    assert "Merci" in second.text
    assert "Avis : inutile" in plain(tree.one("div", class_="heading").text)


async def test_each_exchange_has_an_address_of_its_own(site: Site) -> None:
    store_conversation(site.database, "c1", [{}, {}])
    tree = await page(reviewer(site), f"{ONE}?canal=site")
    assert [item.attributes["id"] for item in tree.all("li", class_="exchange")] == ["m-1", "m-2"]
    assert [item.one("h3").one("a").attributes["href"] for item in tree.all("li", class_="exchange")] == [
        f"{ONE}?canal=site#m-1",
        f"{ONE}?canal=site#m-2",
    ]


async def test_a_long_conversation_goes_on_in_pages(site: Site) -> None:
    store_conversation(site.database, "c1", [{"said": f"message {number}"} for number in range(1, 206)])
    me = reviewer(site)
    tree = await page(me)
    assert len(tree.all("li", class_="exchange")) == 200
    tree = await page(me, tree.one("nav", class_="paging").one("a", rel="next").attributes["href"])
    assert [item.attributes["id"] for item in tree.all("li", class_="exchange")] == [f"m-{number}" for number in range(201, 206)]
    assert tree.all("li", class_="exchange")[0].one("h3").one("a").attributes["href"] == f"{ONE}?page=2#m-201"


async def test_an_answer_to_the_form_is_told_as_one(site: Site) -> None:
    said = [
        {"said": "Je veux participer", "asks": "nom"},
        {"said": "Jean Dupont", "label": "hors_sujet/meteo", "confidence": 0.66, "outcome": "formulaire", "asks": "email"},
        {"said": "C'est combien ?"},
        {"said": "Merci", "label": "bavardage/remercier"},
    ]
    store_conversation(site.database, "c1", said)
    items = (await page(reviewer(site))).all("li", class_="exchange")
    told = [plain(item.one("p", class_="understood").text) for item in items]
    assert told[1] == "Réponse à la demande (champ « nom »)"
    assert [text.startswith("Compris comme : ") for text in told] == [True, False, True, True], "a question within the form is one"
    assert "hors_sujet/meteo" in items[1].one("details").text, "what the model thought is kept"


async def test_an_answer_to_the_form_is_told_as_one_on_the_next_page_too(site: Site) -> None:
    said = [{"asks": "objet"} for _ in range(200)] + [{"said": "Un projet", "outcome": "formulaire"}]
    store_conversation(site.database, "c1", said)
    (item,) = (await page(reviewer(site), f"{ONE}?page=2")).all("li", class_="exchange")
    assert plain(item.one("p", class_="understood").text) == "Réponse à la demande (champ « objet »)"


async def test_what_is_judged_is_shown_and_what_was_replaced_is_not(site: Site) -> None:
    store_conversation(site.database, "c1", [{}])
    row = {"conversation": "c1", "message_id": "c1-1", "said": "x", "author": "awa", "at": NOW, "batch": "b1", "undone": False}
    with site.database.begin() as connection:
        connection.execute(insert(judgements).values(**row, verdict="ignorer", replaced_by="b2"))
        connection.execute(insert(judgements).values(**row | {"batch": "b2"}, verdict="juste"))
    judged = (await page(reviewer(site))).one("div", class_="judged")
    assert "Juste" in judged.text
    assert "Ignorer" not in judged.text


async def test_what_was_searched_in_the_list_is_marked(site: Site) -> None:
    store_conversation(site.database, "c1", [{"said": "Un échevin ?"}])
    tree = await page(reviewer(site), f"{ONE}?q=echevin")
    assert [mark.text for mark in tree.all("mark")] == ["échevin"]


async def test_the_requests_of_a_conversation_lead_to_their_pages(site: Site) -> None:
    store_conversation(site.database, "c1", [{}])
    row = dict.fromkeys(["nom", "fonction", "commune", "pays", "email", "objet", "decision", "reason", "rule"], "x")
    row |= {
        "reference": "CIC-2026-ABC123",
        "request_key": "k",
        "created_at": NOW,
        "status": "transmise",
        "remarques": [],
        "consent_at": NOW,
    }
    with site.database.begin() as connection:
        connection.execute(insert(leads).values(**row | {"conversation": "c1"}))
    tree = await page(reviewer(site))
    assert tree.one("a", href="/revue/demandes/CIC-2026-ABC123").text == "CIC-2026-ABC123"


async def test_the_print_view_has_no_forms_and_opens_what_is_folded(site: Site) -> None:
    store_conversation(site.database, "c1", [{}], kept_reason="plainte en cours", kept_by="awa", kept_at=NOW)
    tree = (await page(reviewer(site), f"{ONE}?impression=1")).one("main")
    assert not tree.all("form", "button", "input")
    assert all("open" in each.attributes for each in tree.all("details"))
    assert "plainte en cours" in tree.text


async def test_a_conversation_that_is_gone_is_not_found(site: Site) -> None:
    me = reviewer(site)
    for path in (ONE, f"{ONE}/evenements?echange=1", "/revue/conversations/' OR 1=1"):
        assert (await me.get(path)).status_code == 404
    for what, fields in (("demasquer", {"raison": "pour voir"}), ("statut", {"statut": "revu"}), ("etiquettes", {"etiquette": "x"})):
        await me.post(f"{ONE}/{what}", fields)
    await me.post(f"{ONE}/commentaires", {"commentaire": "x"})
    with site.database.read() as connection:
        assert not connection.execute(select(tags)).all()
        assert not connection.execute(select(comments)).all()
    assert noted(site, UNMASKED) == []


# --- The way through the list ---


async def test_one_goes_on_within_the_list_one_came_from(site: Site) -> None:
    for number, channel in enumerate(("site", "sms", "site", "site")):
        store_conversation(site.database, f"c{number}", [{}], NOW - timedelta(hours=number), channel=channel)
    tree = await page(reviewer(site), "/revue/conversations/c2?canal=site")
    way = tree.one("nav", class_="way")
    assert way.one("a", rel="prev").attributes["href"] == "/revue/conversations/c0?canal=site"
    assert way.one("a", rel="next").attributes["href"] == "/revue/conversations/c3?canal=site"
    assert way.one("a", **{"data-back": ""}).attributes["href"] == "/revue?canal=site#c-c2"


async def test_reviewed_and_the_next_until_the_list_is_empty(site: Site) -> None:
    for number in range(3):
        store_conversation(site.database, f"c{number}", [{}], NOW - timedelta(hours=number))
    me = reviewer(site, name="ines")
    seen, address = [], "/revue/conversations/c0"
    for _ in range(3):
        tree = await page(me, address)
        form = next(form for form in tree.all("form") if any("data-done" in button.attributes for button in form.all("button")))
        fields = {each.attributes["name"]: each.attributes["value"] for each in form.all("input") if each.attributes["name"] != "jeton"}
        response = await me.post(form.attributes["action"], fields)
        seen.append(form.attributes["action"].split("/")[3])
        address = response.headers["location"]
    assert seen == ["c0", "c1", "c2"]
    assert address.startswith("/revue?annuler=")
    assert "Tout est lu" in (await page(me, address)).text
    assert {(row_of(site, name).status, row_of(site, name).reviewed_by) for name in seen} == {(REVIEWED, "ines")}


async def test_a_decision_on_the_way_can_be_undone_on_the_next_page(site: Site) -> None:
    for number in range(2):
        store_conversation(site.database, f"c{number}", [{}], NOW - timedelta(hours=number))
    me = reviewer(site)
    fields = {"statut": "revu", "suite": "1", "filtres": "canal=site"}
    tree = await after(me, await me.post("/revue/conversations/c0/statut", fields))
    assert plain(tree.one("div", class_="notice").one("p").text) == "1 conversation marquée comme revue."
    undo = tree.one("form", action="/revue/annulation")
    fields = {each.attributes["name"]: each.attributes["value"] for each in undo.all("input") if each.attributes["name"] != "jeton"}
    response = await me.post("/revue/annulation", fields)
    assert response.headers["location"] == "/revue/conversations/c1?canal=site&fait=annule"
    assert row_of(site, "c0").status == UNREAD


# --- Decisions and comments ---


@pytest.mark.parametrize("status", [TO_DO, REVIEWED, SET_ASIDE])
async def test_the_status_is_changed_and_one_stays(site: Site, status: str) -> None:
    store_conversation(site.database, "c1", [{}])
    me = reviewer(site, name="ines")
    response = await me.post(f"{ONE}/statut", {"statut": status, "filtres": "canal=site"})
    assert response.headers["location"].startswith(f"{ONE}?canal=site&annuler=")
    row = row_of(site)
    assert (row.status, row.reviewed_by) == (status, "ines" if status == REVIEWED else None)


@pytest.mark.parametrize("status", ["effacee", "", HOSTILE])
async def test_a_status_that_does_not_exist_is_refused(site: Site, status: str) -> None:
    store_conversation(site.database, "c1", [{}])
    assert (await reviewer(site).post(f"{ONE}/statut", {"statut": status})).status_code == 422
    assert row_of(site).status == UNREAD


async def test_a_conversation_is_flagged_and_given_to_a_colleague(site: Site) -> None:
    store_conversation(site.database, "c1", [{}])
    me = reviewer(site, name="ines")
    tree = await after(me, await me.post(f"{ONE}/signaler", {"signale": "1"}))
    assert "Signalée" in tree.one("div", class_="heading").text
    tree = await after(me, await me.post(f"{ONE}/confier", {"assigne": "ines"}))
    assert "confiée à ines" in tree.one("div", class_="heading").text
    await me.post(f"{ONE}/signaler", {"signale": "0"})
    await me.post(f"{ONE}/confier", {"assigne": ""})
    assert (row_of(site).flagged, row_of(site).assignee) == (False, None)
    assert (await me.post(f"{ONE}/confier", {"assigne": "somebody else"})).status_code == 422


async def test_tags_are_added_in_one_form_and_removed(site: Site) -> None:
    store_conversation(site.database, "c1", [{}])
    me = reviewer(site)
    for tag in ("À revoir", "à revoir", "x" * 60):
        await me.post(f"{ONE}/etiquettes", {"etiquette": tag})
    tree = await page(me)
    assert [button.attributes["value"] for button in tree.all("button", name="retirer")] == ["x" * 40, "à revoir"]
    await me.post(f"{ONE}/etiquettes", {"retirer": "à revoir"})
    assert [button.attributes["value"] for button in (await page(me)).all("button", name="retirer")] == ["x" * 40]
    assert (await me.post(f"{ONE}/etiquettes", {"etiquette": " , "})).status_code == 422


async def test_there_are_not_too_many_tags(site: Site) -> None:
    store_conversation(site.database, "c1", [{}])
    me = reviewer(site)
    statuses = [(await me.post(f"{ONE}/etiquettes", {"etiquette": f"t{number}"})).status_code for number in range(21)]
    assert statuses == [303] * 20 + [422]


async def test_comments_are_dated_signed_and_only_ones_own_is_deleted(site: Site) -> None:
    store_conversation(site.database, "c1", [{}])
    me = reviewer(site, name="ines")
    tree = await after(me, await me.post(f"{ONE}/commentaires", {"commentaire": "À rappeler\n\nlundi"}))
    comment = tree.one("div", class_="comment")
    assert "ines, 02/03/2026 10:00" in plain(comment.text)
    assert "À rappeler\n\nlundi" in comment.text
    add_account(site.database, "awa", Role.ADMINISTRATEUR, site.clock())
    action = comment.one("form").attributes["action"]
    awa = sign_in(site, "awa")
    tree = await after(awa, await awa.post(action))
    assert not tree.one("div", class_="comment").all("form")
    me = sign_in(site, "ines")
    assert not (await after(me, await me.post(action))).all("div", class_="comment")
    assert (await me.post(f"{ONE}/commentaires", {"commentaire": " \n "})).status_code == 422


async def test_a_reader_reads_and_decides_nothing(site: Site) -> None:
    store_conversation(site.database, "c1", [{}])
    me = reviewer(site, Role.LECTEUR)
    tree = (await page(me)).one("main")
    assert not tree.all("form", "button")
    for what in ("statut", "signaler", "confier", "etiquettes", "commentaires", "commentaires/1/supprimer", "demasquer"):
        assert (await me.post(f"{ONE}/{what}", {"raison": "par curiosité", "statut": "revu", "signale": "1"})).status_code == 403, what
    assert (await me.get(f"{ONE}/evenements?echange=1")).status_code == 403
    assert (row_of(site).status, row_of(site).flagged) == (UNREAD, False)


# --- Events and unmasking ---


async def test_technical_events_are_those_of_the_exchange_and_masked(site: Site) -> None:
    store_request(site)
    me = reviewer(site)
    tree = await page(me, f"{ONE}/evenements?echange=2&canal=site")
    told = [json.loads(each.text) for each in tree.all("pre")]
    assert [event["event"] for event in told] == ["user", "slot", "bot", "bot"]
    assert "awa" not in tree.text
    assert told[0]["text"] == "[effacé]"
    assert tree.one("a", **{"data-back": ""}).attributes["href"] == f"{ONE}?canal=site#m-2"
    part = await me.get(f"{ONE}/evenements?echange=1", **{"HX-Request": "true"})
    assert "<html" not in part.text
    assert [event["event"] for event in (json.loads(each.text) for each in read(part.text).all("pre"))] == ["user", "slot", "bot"]


@pytest.mark.parametrize("number", ["3", "0", "-1", "x", "", "99999999999999", HOSTILE])
async def test_events_of_an_exchange_that_is_not_there_are_not_found(site: Site, number: str) -> None:
    store_conversation(site.database, "c1", [{}, {}])
    response = await reviewer(site).client.get(f"{ONE}/evenements", params={"echange": number})
    assert response.status_code == 404


async def test_personal_data_are_shown_once_to_who_says_why_and_it_is_noted(site: Site) -> None:
    store_request(site)
    me = reviewer(site, name="ines")
    assert "awa.ndiaye" not in (await me.get(ONE)).text
    response = await me.post(f"{ONE}/demasquer", {"raison": "La personne a appelé", "filtres": "canal=site"})
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    second = read(response.text).one("li", id="m-2")
    assert [text.text for text in second.all("p", class_="text")] == [
        "awa.ndiaye@commune.example",
        "Merci, awa.ndiaye@commune.example\n\nVotre numéro ?",
    ]
    assert noted(site, UNMASKED) == [("ines", "c1", "La personne a appelé")]
    assert "awa.ndiaye" not in (await me.get(ONE)).text, "not shown again"
    assert (await me.get(f"{ONE}/demasquer?raison=encore")).status_code == 405
    for link in read(response.text).one("main").all("a"):
        assert "demasquer" not in link.attributes["href"]
    for field in read(response.text).all("input", name="retour") + read(response.text).all("input", name="suite"):
        assert "demasquer" not in field.attributes["value"], "no form leads back to what cannot be opened"


@pytest.mark.parametrize("reason", ["", "voir", "    a    ", "\u200b\u200b\u200b\u200b\u200b\u200b"])
async def test_without_a_reason_nothing_is_shown(site: Site, reason: str) -> None:
    store_request(site)
    response = await reviewer(site).post(f"{ONE}/demasquer", {"raison": reason})
    assert response.status_code == 422
    assert "awa.ndiaye" not in response.text
    assert noted(site, UNMASKED) == []


async def test_when_it_cannot_be_noted_nothing_is_shown(site: Site) -> None:
    store_request(site)
    me = reviewer(site)
    with site.database.begin() as connection:
        connection.exec_driver_sql("CREATE TRIGGER no_journal BEFORE INSERT ON journal BEGIN SELECT RAISE(ABORT, 'full'); END")
    response = await me.post(f"{ONE}/demasquer", {"raison": "La personne a appelé"})
    assert response.status_code == 500
    assert "awa.ndiaye" not in response.text


async def test_what_was_masked_for_good_stays_so(site: Site) -> None:
    store_conversation(site.database, "c1", [{"said": "[effacé]", "first_event": 10, "last_event": 11}])
    slash = {"event": "user", "text": f"{WORD_JOINER}/restart [effacé]", "timestamp": 0.0}
    store_events(site, [slash, {"event": "bot", "text": "Noté, [effacé]", "timestamp": 1.0}])
    response = await reviewer(site).post(f"{ONE}/demasquer", {"raison": "La personne a appelé"})
    assert [text.text for text in read(response.text).all("p", class_="text")] == ["/restart [effacé]", "Noté, [effacé]"]


async def test_a_view_is_noted_once_an_hour_for_each_viewer(site: Site) -> None:
    store_conversation(site.database, "c1", [{}])
    store_conversation(site.database, "c2", [{}])
    me = reviewer(site, name="ines")
    for path in (ONE, ONE, "/revue/conversations/c2", f"{ONE}?impression=1"):
        await me.get(path)
    assert noted(site, VIEWED) == [("ines", "c1", ""), ("ines", "c2", "")]
    site.clock.advance(minutes=59)
    me = sign_in(site, "ines")
    await me.get(ONE)
    assert len(noted(site, VIEWED)) == 2
    site.clock.advance(minutes=1)
    await me.get(ONE)
    assert noted(site, VIEWED)[2:] == [("ines", "c1", "")]


# --- Hostile texts ---


async def test_code_in_any_text_stays_text(site: Site) -> None:
    said = {"said": HOSTILE, "reply": HOSTILE, "label": HOSTILE, "entities": [{"entity": HOSTILE, "value": HOSTILE}], "facts": [HOSTILE]}
    said |= {"slots": {HOSTILE: HOSTILE}, "actions": [HOSTILE], "source": {"section": HOSTILE}, "release": HOSTILE, "outcome": HOSTILE}
    store_conversation(site.database, "c1", [said], channel=HOSTILE, assignee=HOSTILE, kept_reason=HOSTILE, kept_by="x", kept_at=NOW)
    store_events(site, [{"event": "slot", "name": HOSTILE, "value": HOSTILE, "timestamp": 0.0}])
    me = reviewer(site)
    await me.post(f"{ONE}/etiquettes", {"etiquette": HOSTILE})
    await me.post(f"{ONE}/commentaires", {"commentaire": HOSTILE})
    for path in (ONE, f"{ONE}?impression=1", f"{ONE}/evenements?echange=1"):
        tree = await page(me, path)
        assert all(script.attributes["src"].startswith("/static/") for script in tree.all("script"))
        assert HOSTILE in tree.text or json.dumps(HOSTILE)[1:-1] in tree.text
    tag = (await page(me)).one("button", name="retirer").attributes["value"]
    await me.post(f"{ONE}/etiquettes", {"retirer": tag})
    assert not (await page(me)).all("button", name="retirer")


async def test_every_field_of_a_conversation_has_a_label(site: Site) -> None:
    store_conversation(site.database, "c1", [{}])
    tree = (await page(reviewer(site, Role.ADMINISTRATEUR))).one("main")
    assert unlabelled(tree) == []
