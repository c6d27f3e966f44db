"""The pages on which messages are judged: who may, what is refused, what is shown, and where one is led afterwards."""

from __future__ import annotations

from typing import Any

import pytest
from reading import Element, read, unlabelled
from sqlalchemy import select
from support.played_site import Site
from support.reviewer import Reviewer, reviewer, store_conversation

from bot.review.judging import Judging
from bot.review.model import FORM, UNKNOWN, Role
from bot.review.worklist import PAGE
from bot.storage import Database, exchanges
from bot.web.review.messages import place_of, said_place

pytestmark = pytest.mark.anyio

HTMX = {"HX-Request": "true"}
HOSTILE = "<script>alert(1)</script> \"' {{ 7 * 7 }} <img src=x onerror=alert(1)>"
POSTS = ["/revue/messages/1/jugement", "/revue/jugements", "/revue/annuler"]
OTHER = {"verdict": "autre", "label": "info/combien.bruxelles"}


def stored(site: Site, *said: dict[str, Any], name: str = "c1") -> list[int]:
    store_conversation(site.database, name, said, site.clock())
    with site.database.read() as connection:
        return list(connection.execute(select(exchanges.c.id).where(exchanges.c.conversation == name).order_by(exchanges.c.id)).scalars())


def verdicts(database: Database, name: str = "c1") -> dict[str, tuple[str, str | None, str]]:
    found = Judging(database, lambda: None, lambda: None).active(name)  # type: ignore[arg-type, return-value]
    return {message: (row["verdict"], row["label"], row["said"]) for message, row in found.items()}


async def page(person: Reviewer, path: str, **headers: str) -> Element:
    response = await person.get(path, **headers)
    assert response.status_code == 200, response.text
    return read(response.text)


def plain(element: Element) -> str:
    return " ".join(element.text.split())


# --- who may ---


@pytest.mark.parametrize("path", ["/revue/messages", "/revue/entrees"])
async def test_a_reader_does_not_judge_and_a_stranger_signs_in(site: Site, path: str) -> None:
    stranger = await site.client.get(path)
    assert (stranger.status_code, stranger.headers["location"].startswith("/revue/connexion")) == (303, True)
    assert (await reviewer(site, Role.LECTEUR).get(path)).status_code == 403


@pytest.mark.parametrize("path", POSTS)
async def test_neither_judges_by_a_form(site: Site, path: str) -> None:
    (one,) = stored(site, {})
    fields = {"verdict": "juste", "exchange": f"{one}:c1-1", "lot": "x"}
    assert (await site.client.post(path, data=fields)).status_code == 303
    assert (await reviewer(site, Role.LECTEUR).post(path, fields)).status_code == 403
    assert verdicts(site.database) == {}


@pytest.mark.parametrize("path", POSTS)
async def test_a_form_without_the_token_of_the_session_judges_nothing(site: Site, path: str) -> None:
    (one,) = stored(site, {})
    person = reviewer(site)
    for token in ("", person.token[:-1] + "0" if person.token[-1] != "0" else person.token[:-1] + "1"):
        sent = await person.post(path, {"jeton": token, "verdict": "juste", "exchange": f"{one}:c1-1"})
        assert sent.status_code == 403
    assert verdicts(site.database) == {}


# --- one message ---


async def test_a_message_is_judged_and_one_is_led_back_to_it_with_the_filters(site: Site) -> None:
    _, two = stored(site, {}, {"said": "Et à Bruxelles ?"})
    back = "/revue/conversations/c1?statut=nouveau"
    sent = await reviewer(site).post(f"/revue/messages/{two}/jugement", OTHER | {"retour": back})
    assert (sent.status_code, sent.headers["location"]) == (303, f"{back}#m-2")
    assert verdicts(site.database) == {"c1-2": ("autre", "info/combien.bruxelles", "Et à Bruxelles ?")}


async def test_a_message_of_a_long_conversation_has_the_address_of_its_page(site: Site) -> None:
    ids = stored(site, *[{"outcome": UNKNOWN, "confidence": 0.9} for _ in range(204)], {"outcome": UNKNOWN, "confidence": 0.01})
    me = reviewer(site)
    shown = read((await me.get("/revue/messages?jours=0")).text)
    item = next(each for each in shown.all("li") if "data-item" in each.attributes)
    assert item.attributes["data-open"] == "/revue/conversations/c1?page=2#m-205"
    for back in ("/revue/conversations/c1", "/revue/conversations/c1?page=2", "/revue/conversations/c1?page=2#m-3"):
        sent = await me.post(f"/revue/messages/{ids[-1]}/jugement", OTHER | {"retour": back})
        assert sent.headers["location"] == "/revue/conversations/c1?page=2#m-205"
    sent = await me.post(f"/revue/messages/{ids[0]}/jugement", OTHER | {"retour": "/revue/conversations/c1?page=2"})
    assert sent.headers["location"] == "/revue/conversations/c1#m-1"


async def test_enter_in_a_box_of_the_list_judges_nothing(site: Site) -> None:
    (one,) = stored(site, {"outcome": UNKNOWN})
    me = reviewer(site)
    shown = read((await me.get("/revue/messages?jours=0")).text)
    first = shown.one("form", id="lot").all("button")[0].attributes
    fields = {"exchange": f"{one}:c1-1", "retour": "/revue/messages?jours=0", first["name"]: first["value"]}
    sent = await me.post("/revue/jugements", fields)
    assert (sent.status_code, sent.headers["location"]) == (303, "/revue/messages?jours=0")
    assert verdicts(site.database) == {}


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "/revue//evil.example", "javascript:alert(1)", "/", ""]
)
async def test_nobody_is_led_elsewhere(site: Site, target: str) -> None:
    (one,) = stored(site, {})
    person = reviewer(site)
    for path, fields in [(f"/revue/messages/{one}/jugement", {}), ("/revue/jugements", {"exchange": f"{one}:c1-1"})]:
        sent = await person.post(path, {"verdict": "juste", "retour": target} | fields)
        assert sent.headers["location"].partition("?")[0] == "/revue"
    shown = await page(person, f"/revue/entrees?exchange={one}&retour={target}")
    assert shown.one("a", **{"data-close": ""}).attributes["href"] == "/revue"


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"verdict": "parfait"}, "n’existe pas"),
        ({}, "n’existe pas"),
        ({"verdict": "autre", "label": "info/nulle.part"}, "n’existe pas"),
        ({"verdict": "autre", "label": "' OR 1=1; --"}, "n’existe pas"),
        ({"verdict": "hors_sujet", "label": "info/combien.total"}, "genre"),
        (OTHER | {"exemple": "x" * 301}, "300"),
        (OTHER | {"exemple": "chez [effacé]"}, "effacé"),
        ({"verdict": "juste", "message": "another"}, "n’est plus là"),
    ],
    ids=str,
)
async def test_what_cannot_be_said_is_refused_in_a_sentence(site: Site, fields: dict[str, str], told: str) -> None:
    (one,) = stored(site, {})
    person = reviewer(site)
    by_htmx = await person.post(f"/revue/messages/{one}/jugement", fields, **HTMX)
    assert (by_htmx.status_code, told in by_htmx.json()["error"]) == (422, True)
    by_hand = await person.post(f"/revue/messages/{one}/jugement", fields)
    assert (by_hand.status_code, told in read(by_hand.text).one("p", role="alert").text.replace("'", "’")) == (422, True)
    assert verdicts(site.database) == {}


async def test_what_was_typed_survives_a_refusal(site: Site) -> None:
    (one,) = stored(site, {"said": "chez [effacé]"})
    sent = await reviewer(site).post(f"/revue/messages/{one}/jugement", OTHER | {"exemple": "toujours [effacé]"})
    assert read(sent.text).one("textarea").text == "toujours [effacé]"


async def test_a_message_that_is_gone_is_told(site: Site) -> None:
    sent = await reviewer(site).post("/revue/messages/4711/jugement", {"verdict": "juste"})
    assert sent.status_code == 422
    assert "ne sont plus là" in sent.text


async def test_htmx_gets_the_block_what_to_say_and_that_one_moves_on(site: Site) -> None:
    (one,) = stored(site, {"said": "Et à Bruxelles ?"})
    sent = await reviewer(site).post(f"/revue/messages/{one}/jugement", OTHER | {"exemple": "et bxl\nalors"}, **HTMX)
    tree = read(sent.text)
    block = tree.one("div", class_="judging")
    assert "data-next" in block.attributes
    assert "Autre entrée" in plain(tree.one("div", id="annonce"))
    judged = plain(block.one("div", class_="judged"))
    assert judged.startswith("Autre entrée : Le budget des communes bruxelloises – exemple « et bxl alors » – Ines, ")


async def test_one_takes_back_what_one_said_and_not_what_others_said(site: Site) -> None:
    (one,) = stored(site, {})
    person = reviewer(site)
    await person.post(f"/revue/messages/{one}/jugement", {"verdict": "juste"})
    batch = Judging(site.database, site.clock, lambda: site.showing.content.labels).active("c1")["c1-1"]["batch"]
    other = reviewer(site, Role.ADMINISTRATEUR, "Ahmed")
    refused = await other.post("/revue/annuler", {"lot": batch}, **HTMX)
    assert (refused.status_code, refused.json()["error"]) == (422, "Seule la personne qui a jugé peut annuler son jugement.")
    block = read((await other.post(f"/revue/messages/{one}/jugement", {"verdict": "ignorer"}, **HTMX)).text)
    mine = block.one("input", name="lot").attributes["value"]
    undone = read((await other.post("/revue/annuler", {"lot": mine, "exchange": str(one)}, **HTMX)).text)
    assert "data-next" not in undone.one("div", class_="judging").attributes
    assert undone.all("button", **{"data-undo": ""}) == []  # what Ines said counts again, and is not Ahmed's to take back
    assert verdicts(site.database)["c1-1"][0] == "juste"


# --- the choice of an entry ---


async def test_the_candidates_are_proposed_without_the_one_that_was_answered(site: Site) -> None:
    answered, unknown = stored(site, {}, {"outcome": UNKNOWN})
    person = reviewer(site)
    first = await page(person, f"/revue/entrees?exchange={answered}")
    keys = {each.attributes["value"]: each.attributes.get("data-key") for each in first.one("main").all("button", name="label")}
    assert [keys.get(label, "-") for label in ("info/combien.total", "info/combien.bruxelles", "voisin/chiffre")] == ["-", "6", "7"]
    second = await page(person, f"/revue/entrees?exchange={unknown}")
    assert second.all("button", name="label", value="info/combien.total")[0].attributes["data-key"] == "6"


async def test_entries_are_searched_as_a_page_and_as_a_part_of_one(site: Site) -> None:
    (one,) = stored(site, {})
    person = reviewer(site)
    whole = await page(person, f"/revue/entrees?exchange={one}&q=BUDGET+bruxellois")
    results = whole.one("ul", **{"aria-label": "Entrées trouvées"}).all("button")
    assert results[0].attributes["value"].startswith("info/")
    assert {button.attributes["form"] for button in results} == {f"choix-{one}"}
    part = await person.get(f"/revue/entrees?exchange={one}&q=budget", **HTMX, **{"HX-Target": f"trouve-{one}"})
    assert (part.text.count("<li>"), "<html" in part.text, "entrées trouvées" in part.text) == (12, False, True)
    panel = await person.get(f"/revue/entrees?exchange={one}", **HTMX, **{"HX-Target": f"choisir-{one}"})
    assert ("<html" in panel.text, read(panel.text).one("textarea").text) == (False, "Quel est le budget ?")


@pytest.mark.parametrize("query", ["", "exchange=x&exchange=-1&exchange=99999999999999999999", "exchange=4711", "q=%00&retour=%00"])
async def test_a_wrong_address_is_no_error(site: Site, query: str) -> None:
    assert (await reviewer(site).get(f"/revue/entrees?{query}")).status_code == 200


async def test_what_must_be_rewritten_and_what_is_known_is_told_beforehand(site: Site) -> None:
    known = site.showing.content.labels.search("budget total")[0].example
    masked, _, answer, there = stored(site, {"said": "chez [effacé]"}, {"asks": "nom"}, {"said": "Awa", "outcome": FORM}, {"said": known})
    person = reviewer(site)
    for exchange_id, told in [(masked, "effacé"), (answer, "question de la demande"), (there, "déjà dans les données")]:
        assert told in (await page(person, f"/revue/entrees?exchange={exchange_id}")).one("p", class_="remark").text


# --- the list and many messages at once ---


async def test_the_list_shows_what_is_to_be_judged_and_every_field_has_a_label(site: Site) -> None:
    stored(site, {"said": "peu sûr", "confidence": 0.1}, {"said": "sûr"}, {"outcome": FORM})
    tree = await page(reviewer(site), "/revue/messages")
    assert [plain(each) for each in tree.all("p", class_="asked")] == ["peu sûr", "sûr"]
    named = [each for each in unlabelled(tree) if "aria-label" not in each.attributes and each.attributes.get("id") != "raccourcis"]
    assert named == []
    assert tree.one("nav", **{"aria-label": "Parties de la revue"}).one("a", **{"aria-current": "page"}).text == "Messages"


async def test_html_in_messages_examples_and_authors_is_text(site: Site) -> None:
    (one,) = stored(site, {"said": HOSTILE, "reply": HOSTILE, "label": HOSTILE, "ranking": [[HOSTILE, 0.4]], "outcome": UNKNOWN})
    person = reviewer(site, name="<b>Ines</b>")
    judged = await person.post(f"/revue/messages/{one}/jugement", OTHER | {"exemple": HOSTILE}, **HTMX)
    shown = [judged] + [await person.get(path) for path in ("/revue/messages?jours=0", f"/revue/entrees?exchange={one}&q={HOSTILE}")]
    await person.post("/revue/annuler", {"lot": read(judged.text).one("input", name="lot").attributes["value"]})
    shown.append(await person.get("/revue/messages?jours=0"))
    for response in shown:
        assert response.status_code == 200
        assert ("<script>alert" in response.text, "<img" in response.text, "<b>Ines" in response.text) == (False, False, False)
        read(response.text)
    assert HOSTILE in read(shown[-1].text).text


async def test_ticked_messages_are_judged_and_taken_back_as_one(site: Site) -> None:
    ids = stored(site, {}, {"said": "chez [effacé]"}, {})
    person = reviewer(site)
    boxes = [box.attributes["value"] for box in (await page(person, "/revue/messages")).all("input", **{"data-check": ""})]
    assert boxes == [f"{number}:c1-{place}" for place, number in enumerate(ids, 1)]
    sent = await person.post("/revue/jugements", {"exchange": boxes, "verdict": "hors_sujet", "retour": "/revue/messages?jours=7&apres=x"})
    assert sent.headers["location"].startswith("/revue/messages?jours=7&apres=x&lot=")
    tree = await page(person, sent.headers["location"])
    notice = tree.one("form", class_="notice")
    assert plain(notice).startswith("2 messages jugés. 1 reste à juger à part")
    assert [plain(each) for each in tree.all("p", class_="asked")] == ["chez [effacé]"]
    fields = {each.attributes["name"]: each.attributes["value"] for each in notice.all("input")}
    undone = await person.post("/revue/annuler", fields)
    assert undone.headers["location"] == "/revue/messages?jours=7&apres=x"
    assert verdicts(site.database) == {}


async def test_another_entry_for_many_is_chosen_on_a_page(site: Site) -> None:
    ids = stored(site, {}, {})
    person = reviewer(site)
    boxes = [f"{number}:c1-{place}" for place, number in enumerate(ids, 1)]
    sent = await person.post("/revue/jugements", {"exchange": boxes, "verdict": "autre", "retour": "/revue/messages"})
    choice = (await page(person, sent.headers["location"] + "&q=bruxelles")).one("form", id="choix-lot")
    assert (choice.attributes["action"], choice.all("textarea")) == ("/revue/jugements", [])
    assert [each.attributes["value"] for each in choice.all("input", name="exchange")] == boxes
    await person.post("/revue/jugements", {"exchange": boxes} | OTHER)
    assert {label for _, label, _ in verdicts(site.database).values()} == {"info/combien.bruxelles"}


@pytest.mark.parametrize("boxes", [[], ["x"], ["1"], [":c1-1"], ["1:another"], ["99999999999999999999:x"]], ids=str)
async def test_boxes_that_mean_no_message_judge_nothing(site: Site, boxes: list[str]) -> None:
    stored(site, {})
    sent = await reviewer(site).post("/revue/jugements", {"exchange": boxes, "verdict": "juste"})
    assert (sent.status_code, verdicts(site.database)) == (422, {})


async def test_filters_of_the_address_are_applied_kept_and_otherwise_ignored(site: Site) -> None:
    stored(site, *[{"label": "demande", "outcome": UNKNOWN, "useful": False} for _ in range(PAGE + 1)], {})
    person = reviewer(site)
    tree = await page(person, "/revue/messages?entree=demande&issue=inconnu&jours=7&mal=1&autre=1")
    assert len(tree.all("li", **{"data-item": ""})) == PAGE
    following = tree.one("a", rel="next").attributes["href"]
    assert following.startswith("/revue/messages?entree=demande&issue=inconnu&jours=7&mal=1&apres=")
    last = await page(person, following)
    assert (len(last.all("li", **{"data-item": ""})), last.all("a", rel="next")) == (1, [])
    strange = "/revue/messages?entree=%27--&issue=<x>&jours=abc&mal=2&apres=nan:1&lot='%20OR%201&reste=<b>"
    assert len((await page(person, strange)).all("li", **{"data-item": ""})) == PAGE


@pytest.mark.parametrize("place", [(0.1, 1), (1 / 3, 99), (1e-07, 3), (0.0, 2), (1.0, 4)], ids=str)
def test_a_place_in_the_address_is_exact(place: tuple[float, int]) -> None:
    assert place_of(said_place(place)) == place


async def test_an_empty_list_says_so(site: Site) -> None:
    assert "Aucun message à juger" in (await page(reviewer(site), "/revue/messages")).text
