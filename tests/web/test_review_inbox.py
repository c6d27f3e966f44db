"""The inbox: its tabs, filters, search and pages, what is done to several conversations, and the filters that people keep."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from reading import Element, read, unlabelled
from sqlalchemy import select
from support.played_site import Site
from support.reviewer import NOW, Reviewer, add_account, reviewer, sign_in, store_conversation

from bot.review.exporting import MOST_ROWS
from bot.review.journal import EXPORTED
from bot.review.model import DISLIKED, FAILED_DELIVERY, UNKNOWN, Role
from bot.storage import REVIEWED, SET_ASIDE, TO_DO, UNREAD, conversations, journal, saved_filters, tags

pytestmark = pytest.mark.anyio

HOSTILE = """'"><script>alert(1)</script>' OR 1=1; DROP TABLE conversations; --"""


async def page(who: Reviewer, path: str) -> Element:
    response = await who.get(path)
    assert response.status_code == 200, response.text
    return read(response.text)


async def after(who: Reviewer, response: httpx.Response) -> Element:
    """The page to which a form leads."""
    assert response.status_code == 303, response.text
    return await page(who, response.headers["location"])


def listed(tree: Element) -> list[str]:
    """The conversations of a list, in its order."""
    links = [item.all("a")[0].attributes["href"] for item in tree.all("li") if "data-item" in item.attributes]
    return [link.removeprefix("/revue/conversations/").split("?")[0].split("#")[0] for link in links]


def counts(tree: Element) -> dict[str, int]:
    texts = [link.text.split() for link in tree.one("nav", class_="tabs").all("a")]
    return {" ".join(words[:-1]): int(words[-1]) for words in texts}


def notice(tree: Element) -> str:
    return " ".join(tree.one("div", class_="notice").one("p").text.replace("\xa0", " ").replace("\u202f", " ").split())


def statuses(site: Site) -> dict[str, str]:
    with site.database.read() as connection:
        return {row.conversation: row.status for row in connection.execute(select(conversations))}


def hidden(tree: Element, action: str, name: str) -> str:
    """A hidden field of the form that leads to `action`."""
    return tree.one("form", action=action).one("input", name=name).attributes["value"]


# --- The list ---


async def test_what_needs_a_human_comes_first(site: Site) -> None:
    store_conversation(site.database, "old", [{}], NOW - timedelta(days=3))
    store_conversation(site.database, "new", [{}], NOW)
    store_conversation(site.database, "disliked", [{}], NOW - timedelta(days=9), priority=DISLIKED)
    store_conversation(site.database, "failed", [{}], NOW - timedelta(days=20), priority=FAILED_DELIVERY)
    me = reviewer(site, name="ines")
    assert listed(await page(me, "/revue")) == ["failed", "disliked", "new", "old"]
    assert listed(await page(me, "/revue?tri=date")) == ["new", "old", "disliked", "failed"]


async def test_a_session_in_which_nobody_wrote_is_not_listed(site: Site) -> None:
    store_conversation(site.database, "empty")
    assert "Tout est lu" in (await page(reviewer(site, name="ines"), "/revue")).text


async def test_each_tab_tells_how_many_there_are_with_the_other_filters(site: Site) -> None:
    for number, status in enumerate((UNREAD, UNREAD, TO_DO, REVIEWED, SET_ASIDE)):
        store_conversation(site.database, f"c{number}", [{}], status=status, channel="whatsapp" if number % 2 else "site")
    me = reviewer(site, name="ines")
    tree = await page(me, "/revue")
    assert counts(tree) == {"Non lues": 2, "À faire": 1, "Revues": 1, "Écartées": 1, "Toutes": 5}
    assert [link.text.split()[0] for link in tree.one("nav", class_="tabs").all("a", **{"aria-current": "page"})] == ["Non"]
    tree = await page(me, "/revue?canal=whatsapp&etat=revu")
    assert counts(tree) == {"Non lues": 1, "À faire": 0, "Revues": 1, "Écartées": 0, "Toutes": 2}
    assert listed(tree) == ["c3"]


async def test_the_list_shows_the_first_question_and_not_the_greeting(site: Site) -> None:
    said = [{"said": "Bonjour", "outcome": "bavardage"}, {"said": "Et au Maroc ?"}]
    store_conversation(site.database, "c1", said, priority=DISLIKED, thumbs_down=1, flagged=True, assignee="awa", unknown=1)
    text = (await page(reviewer(site, name="ines"), "/revue")).one("li", **{"data-item": ""}).text
    assert "Et au Maroc ?" in text
    assert "Bonjour" not in text
    for told in ("Avis\u00a0: inutile", "Répondu", "2 échanges", "1 inutile", "Signalée", "confiée à awa", "Site"):
        assert told in text


async def test_the_list_goes_on_in_pages(site: Site) -> None:
    for number in range(53):
        store_conversation(site.database, f"c{number:02}", [{}], NOW - timedelta(minutes=number))
    me = reviewer(site, name="ines")
    first = await page(me, "/revue?canal=site")
    assert listed(first) == [f"c{number:02}" for number in range(50)]
    following = first.one("a", rel="next").attributes["href"]
    assert following == "/revue?canal=site&page=2"
    assert listed(await page(me, following)) == ["c50", "c51", "c52"]
    assert listed(await page(me, "/revue?page=99")) == ["c50", "c51", "c52"], "a page that is not there is the last one"
    assert len(listed(await page(me, "/revue?page=x"))) == 50


async def test_an_empty_inbox_says_so_and_leads_on(site: Site) -> None:
    store_conversation(site.database, "c1", [{}], status=TO_DO)
    tree = await page(reviewer(site, name="ines"), "/revue")
    empty = tree.one("div", class_="empty")
    assert "Tout est lu" in empty.text
    assert {link.attributes["href"] for link in empty.all("a")} >= {"/revue?etat=a_faire", "/revue/lacunes", "/revue/tableau-de-bord"}
    tree = await page(sign_in(site, "ines"), "/revue?canal=sms")
    assert "Aucune conversation ne correspond" in tree.one("div", class_="empty").text


# --- Filters and search ---


async def test_used_filters_are_shown_and_can_be_taken_away_one_by_one(site: Site) -> None:
    store_conversation(site.database, "c1", [{}], exchanges=4)
    tree = await page(reviewer(site, name="ines"), "/revue?canal=site&min=2&entree=combien.total&confiance=95")
    chips = tree.one("ul", class_="chips").all("a", class_="chip")
    texts = [" ".join(chip.text.split()).removeprefix("Retirer le filtre ").removesuffix(" ×") for chip in chips]
    assert texts[:2] == ["Canal : Site", "Au moins 2 échanges"]
    assert texts[2] == "Confiance de 95 % au plus"
    assert texts[3].startswith("Compris comme : ")
    assert "combien.total" not in texts[3], "an entry is told by its title"
    assert chips[1].attributes["href"] == "/revue?canal=site&confiance=95&entree=combien.total"
    assert listed(tree) == ["c1"]


async def test_what_a_form_left_empty_is_taken_out_of_the_address(site: Site) -> None:
    response = await reviewer(site, name="ines").get("/revue?etat=nouveau&q=&du=&canal=sms&tri=priorite")
    assert (response.status_code, response.headers["location"]) == (303, "/revue?canal=sms")


async def test_a_filter_that_is_not_understood_is_named_and_left_out(site: Site) -> None:
    store_conversation(site.database, "c1", [{}])
    tree = await page(reviewer(site, name="ines"), "/revue?canal=pigeon&etat=nouveau")
    assert "Ce filtre n’est pas compris" in tree.text
    assert "canal=pigeon" in tree.text
    assert listed(tree) == ["c1"]


async def test_what_is_searched_is_marked_in_the_message_where_it_was_found(site: Site) -> None:
    store_conversation(site.database, "c1", [{"said": "Bonjour"}, {"said": "Je suis échevine à Namur"}])
    store_conversation(site.database, "c2", [{"said": "Autre chose", "reply": "Les échevins peuvent écrire."}])
    store_conversation(site.database, "c3", [{"said": "Rien de cela"}])
    me = reviewer(site, name="ines")
    tree = await page(me, "/revue?q=echevin")
    assert sorted(listed(tree)) == ["c1", "c2"]
    assert {mark.text for mark in tree.all("mark")} == {"échevine", "échevins"}
    links = {link.attributes["href"] for link in tree.one("ol", class_="inbox").all("a")}
    assert "/revue/conversations/c1?q=echevin#m-2" in links


async def test_a_conversation_is_found_by_who_sees_to_it(site: Site) -> None:
    me = reviewer(site, name="ines")
    store_conversation(site.database, "mine", [{}], assignee="ines")
    store_conversation(site.database, "hers", [{}], assignee="awa")
    store_conversation(site.database, "nobodys", [{}])
    found = {who: listed(await page(me, f"/revue?assigne={who}")) for who in ("moi", "awa", "personne")}
    assert found == {"moi": ["mine"], "awa": ["hers"], "personne": ["nobodys"]}


# --- Several at once ---


async def test_several_are_marked_at_once_and_it_can_be_undone(site: Site) -> None:
    for name, status in (("a", UNREAD), ("b", TO_DO), ("c", UNREAD)):
        store_conversation(site.database, name, [{}], status=status)
    me = reviewer(site, name="ines")
    fields = {"action": "statut:ecarte", "conversation": ["a", "b"], "filtres": "etat=tout"}
    tree = await after(me, await me.post("/revue/lot", fields))
    assert statuses(site) == {"a": SET_ASIDE, "b": SET_ASIDE, "c": UNREAD}
    assert notice(tree) == "2 conversations marquées comme écartées."
    undo = {name: hidden(tree, "/revue/annulation", name) for name in ("annuler", "filtres")}
    tree = await after(me, await me.post("/revue/annulation", undo))
    assert statuses(site) == {"a": UNREAD, "b": TO_DO, "c": UNREAD}
    assert notice(tree) == "C’est annulé."
    assert tree.one("nav", class_="tabs").one("a", **{"aria-current": "page"}).text.startswith("Toutes"), "one is where one was"


async def test_who_reviewed_is_kept_and_comes_back_with_an_undo(site: Site) -> None:
    store_conversation(site.database, "a", [{}], status=REVIEWED, reviewed_by="awa", reviewed_at=NOW)
    me = reviewer(site, name="ines")
    tree = await after(me, await me.post("/revue/lot", {"action": "statut:a_faire", "conversation": "a"}))
    with site.database.read() as connection:
        assert connection.execute(select(conversations.c.reviewed_by)).scalar_one() is None
    await me.post("/revue/annulation", {"annuler": hidden(tree, "/revue/annulation", "annuler")})
    with site.database.read() as connection:
        row = connection.execute(select(conversations)).one()
    assert (row.status, row.reviewed_by, row.reviewed_at) == (REVIEWED, "awa", NOW)


async def test_an_undo_leaves_what_a_colleague_decided_since(site: Site) -> None:
    store_conversation(site.database, "a", [{}])
    store_conversation(site.database, "b", [{}])
    me = reviewer(site, name="ines")
    tree = await after(me, await me.post("/revue/lot", {"action": "statut:revu", "conversation": ["a", "b"]}))
    token = hidden(tree, "/revue/annulation", "annuler")
    await me.post("/revue/lot", {"action": "statut:a_faire", "conversation": "b"})
    await me.post("/revue/annulation", {"annuler": token})
    assert statuses(site) == {"a": UNREAD, "b": TO_DO}


async def test_an_undo_is_good_for_who_decided_only_and_not_for_ever(site: Site) -> None:
    store_conversation(site.database, "a", [{}])
    me = reviewer(site, name="ines")
    tree = await after(me, await me.post("/revue/lot", {"action": "statut:revu", "conversation": "a"}))
    token = hidden(tree, "/revue/annulation", "annuler")
    add_account(site.database, "awa", Role.ANNOTATEUR, site.clock())
    assert (await sign_in(site, "awa").post("/revue/annulation", {"annuler": token})).status_code == 410
    me = sign_in(site, "ines")
    assert (await me.post("/revue/annulation", {"annuler": token[:-3] + "abc"})).status_code == 410
    site.clock.advance(minutes=31)
    assert (await me.post("/revue/annulation", {"annuler": token})).status_code == 410
    assert statuses(site) == {"a": REVIEWED}


async def test_several_are_tagged_and_an_undo_takes_only_the_new_tags(site: Site) -> None:
    for name in ("a", "b"):
        store_conversation(site.database, name, [{}])
    me = reviewer(site, name="ines")
    await me.post("/revue/lot", {"action": "etiqueter", "etiquette": "À revoir", "conversation": "a"})
    tree = await after(me, await me.post("/revue/lot", {"action": "etiqueter", "etiquette": " à  REVOIR ", "conversation": ["a", "b"]}))
    assert notice(tree) == "Étiquette « à revoir » : 1 conversation."
    assert sorted(listed(await page(me, "/revue?etiquette=%C3%80+revoir"))) == ["a", "b"]
    await me.post("/revue/annulation", {"annuler": hidden(tree, "/revue/annulation", "annuler")})
    with site.database.read() as connection:
        assert [(row.conversation, row.tag) for row in connection.execute(select(tags))] == [("a", "à revoir")]


async def test_several_are_given_to_a_colleague_and_back(site: Site) -> None:
    store_conversation(site.database, "a", [{}], assignee="awa")
    me = reviewer(site, name="ines")
    tree = await after(me, await me.post("/revue/lot", {"action": "confier", "assigne": "ines", "conversation": "a"}))
    assert notice(tree) == "1 conversation confiée à ines."
    assert listed(await page(me, "/revue?assigne=moi")) == ["a"]
    await me.post("/revue/annulation", {"annuler": hidden(tree, "/revue/annulation", "annuler")})
    assert listed(await page(me, "/revue?assigne=awa")) == ["a"]
    assert (await me.post("/revue/lot", {"action": "confier", "assigne": "nobody here", "conversation": "a"})).status_code == 422


async def test_a_whole_page_is_marked_and_a_single_one(site: Site) -> None:
    for name in ("a", "b", "c"):
        store_conversation(site.database, name, [{}])
    me = reviewer(site, name="ines")
    response = await me.post("/revue/lot", {"une": "a", "montree": ["a", "b", "c"]})
    assert response.headers["location"].endswith("#c-b"), "the one that came behind it has its place now"
    assert statuses(site) == {"a": REVIEWED, "b": UNREAD, "c": UNREAD}
    await me.post("/revue/lot", {"action": "statut:a_faire", "page_entiere": "1", "montree": ["b", "c"]})
    assert statuses(site) == {"a": REVIEWED, "b": TO_DO, "c": TO_DO}


async def test_what_is_unticked_after_the_whole_page_was_ticked_is_left_alone(site: Site) -> None:
    for name in ("a", "b", "c"):
        store_conversation(site.database, name, [{}])
    fields = {"action": "statut:revu", "page_entiere": "1", "montree": ["a", "b", "c"], "conversation": ["a", "c"]}
    await reviewer(site, name="ines").post("/revue/lot", fields)
    assert statuses(site) == {"a": REVIEWED, "b": UNREAD, "c": REVIEWED}


async def test_enter_in_a_box_does_nothing_and_in_the_field_of_the_tag_it_tags(site: Site) -> None:
    store_conversation(site.database, "a", [{}])
    me = reviewer(site, name="ines")
    first = (await page(me, "/revue")).one("form", action="/revue/lot").all("button")[0]
    pressed = {first.attributes["name"]: first.attributes["value"], "conversation": "a", "filtres": "canal=site", "etiquette": ""}
    response = await me.post("/revue/lot", pressed)
    assert response.headers["location"] == "/revue?canal=site&fait=sans_action"
    assert notice(await after(me, response)) == "Rien n’a changé : choisissez une des actions, ou écrivez une étiquette."
    tree = await after(me, await me.post("/revue/lot", pressed | {"etiquette": "budget"}))
    assert notice(tree) == "Étiquette « budget » : 1 conversation."


@pytest.mark.parametrize(
    ("changed", "told", "left"),
    [
        ([], "C’est annulé.", {"a": UNREAD, "b": UNREAD, "c": UNREAD}),
        (["b"], "Annulé en partie : 1 conversation a changé depuis et reste comme elle est.", {"a": UNREAD, "b": TO_DO, "c": UNREAD}),
        (
            ["b", "c"],
            "Annulé en partie : 2 conversations ont changé depuis et restent comme elles sont.",
            {"a": UNREAD, "b": TO_DO, "c": TO_DO},
        ),
        (["a", "b", "c"], "Rien n’a été annulé : cela a été changé depuis.", {"a": TO_DO, "b": TO_DO, "c": TO_DO}),
    ],
)
async def test_an_undo_says_what_it_could_not_undo(site: Site, changed: list[str], told: str, left: dict[str, str]) -> None:
    for name in ("a", "b", "c"):
        store_conversation(site.database, name, [{}])
    me = reviewer(site, name="ines")
    tree = await after(me, await me.post("/revue/lot", {"action": "statut:revu", "conversation": ["a", "b", "c"]}))
    token = hidden(tree, "/revue/annulation", "annuler")
    if changed:
        await me.post("/revue/lot", {"action": "statut:a_faire", "conversation": changed})
    tree = await after(me, await me.post("/revue/annulation", {"annuler": token}))
    assert (notice(tree), statuses(site)) == (told, left)


async def test_one_comes_back_to_the_page_and_the_place_of_a_list(site: Site) -> None:
    names = [f"c{number:02}" for number in range(54)]
    for number, name in enumerate(names):
        store_conversation(site.database, name, [{}], NOW - timedelta(minutes=number))
    me = reviewer(site, name="ines")
    tree = await page(me, "/revue?canal=site&page=2")
    links = [item.all("a")[0].attributes["href"] for item in tree.all("li") if "data-item" in item.attributes]
    assert links[1] == "/revue/conversations/c51?canal=site&liste=2"
    assert [item.attributes["id"] for item in tree.all("li") if "data-item" in item.attributes] == [f"c-{name}" for name in names[50:]]
    conversation = await page(me, links[1])
    way = conversation.one("nav", class_="way")
    assert way.one("a", **{"data-back": ""}).attributes["href"] == "/revue?canal=site&page=2#c-c51"
    assert way.one("a", rel="next").attributes["href"] == "/revue/conversations/c52?canal=site&liste=2"
    form = next(form for form in conversation.all("form") if any("data-done" in button.attributes for button in form.all("button")))
    fields = {each.attributes["name"]: each.attributes["value"] for each in form.all("input") if each.attributes["name"] != "jeton"}
    response = await me.post(form.attributes["action"], fields)
    assert response.headers["location"].startswith("/revue/conversations/c52?canal=site&liste=2&annuler=")
    following = await after(me, response)
    assert following.one("nav", class_="way").one("a", **{"data-back": ""}).attributes["href"] == "/revue?canal=site&page=2#c-c52"
    undo = following.one("form", action="/revue/annulation")
    fields = {each.attributes["name"]: each.attributes["value"] for each in undo.all("input") if each.attributes["name"] != "jeton"}
    response = await me.post("/revue/annulation", fields)
    assert response.headers["location"] == "/revue/conversations/c52?canal=site&liste=2&fait=annule"


async def test_what_is_done_to_several_comes_back_to_where_they_stood(site: Site) -> None:
    names = [f"c{number:02}" for number in range(54)]
    for number, name in enumerate(names):
        store_conversation(site.database, name, [{}], NOW - timedelta(minutes=number))
    me = reviewer(site, name="ines")
    shown = {"page": "2", "montree": names[50:], "conversation": ["c50", "c52"]}
    response = await me.post("/revue/lot", shown | {"action": "etiqueter", "etiquette": "budget"})
    assert response.headers["location"].startswith("/revue?page=2&annuler=")
    assert response.headers["location"].endswith("#c-c50"), "it is still there"
    response = await me.post("/revue/lot", shown | {"action": "statut:revu"})
    assert response.headers["location"].endswith("#c-c51"), "it has left"
    undo = {name: hidden(await after(me, response), "/revue/annulation", name) for name in ("annuler", "filtres", "liste")}
    response = await me.post("/revue/annulation", undo)
    assert response.headers["location"] == "/revue?page=2&fait=annule#c-c50"


async def test_who_saw_to_conversations_is_told_in_french_when_nobody_does(site: Site) -> None:
    for name in ("a", "b"):
        store_conversation(site.database, name, [{}], assignee="awa")
    me = reviewer(site, name="ines")
    tree = await after(me, await me.post("/revue/lot", {"action": "confier", "assigne": "", "conversation": "a"}))
    assert notice(tree) == "1 conversation n’est plus confiée à personne."
    await me.post("/revue/annulation", {"annuler": hidden(tree, "/revue/annulation", "annuler")})
    tree = await after(me, await me.post("/revue/lot", {"action": "confier", "assigne": "", "conversation": ["a", "b"]}))
    assert notice(tree) == "2 conversations ne sont plus confiées à personne."


async def test_nothing_ticked_is_told_and_changes_nothing(site: Site) -> None:
    store_conversation(site.database, "a", [{}])
    me = reviewer(site, name="ines")
    tree = await after(me, await me.post("/revue/lot", {"action": "statut:revu", "montree": "a"}))
    assert notice(tree) == "Cochez d’abord au moins une conversation."
    assert statuses(site) == {"a": UNREAD}


@pytest.mark.parametrize("action", ["statut:effacee", "statut:", "supprimer", "", HOSTILE])
async def test_an_action_that_does_not_exist_is_refused(site: Site, action: str) -> None:
    store_conversation(site.database, "a", [{}])
    response = await reviewer(site, name="ines").post("/revue/lot", {"action": action, "conversation": "a"})
    assert response.status_code == 422
    assert statuses(site) == {"a": UNREAD}


async def test_what_is_gone_meanwhile_is_passed_over(site: Site) -> None:
    store_conversation(site.database, "a", [{}])
    me = reviewer(site, name="ines")
    tree = await after(me, await me.post("/revue/lot", {"action": "etiqueter", "etiquette": "x", "conversation": ["a", "erased"]}))
    assert notice(tree) == "Étiquette « x » : 1 conversation."
    with site.database.read() as connection:
        assert connection.execute(select(tags.c.conversation)).scalars().all() == ["a"]


async def test_a_reader_sees_no_box_to_tick_and_may_not_decide(site: Site) -> None:
    store_conversation(site.database, "a", [{}])
    me = reviewer(site, Role.LECTEUR, "ines")
    tree = await page(me, "/revue")
    assert listed(tree) == ["a"]
    assert not tree.all("input", type="checkbox", name="conversation")
    assert "/revue/export" not in str([form.attributes for form in tree.all("form")])
    assert (await me.post("/revue/lot", {"action": "statut:revu", "conversation": "a"})).status_code == 403
    assert statuses(site) == {"a": UNREAD}


async def test_fifty_can_be_undone_within_an_address(site: Site) -> None:
    names = [f"{number:032x}" for number in range(1, 51)]
    for name in names:
        store_conversation(site.database, name, [{}], status=REVIEWED, reviewed_by="awa", reviewed_at=NOW)
    me = reviewer(site, name="ines")
    response = await me.post("/revue/lot", {"action": "statut:nouveau", "conversation": names})
    assert len(response.headers["location"]) < 6000
    await me.post("/revue/annulation", {"annuler": hidden(await after(me, response), "/revue/annulation", "annuler")})
    assert set(statuses(site).values()) == {REVIEWED}


# --- Kept filters ---


async def test_a_filter_is_kept_under_a_name_opened_and_deleted(site: Site) -> None:
    me = reviewer(site, Role.LECTEUR, "ines")
    tree = await after(me, await me.post("/revue/filtres", {"nom": "Sans réponse", "filtres": "echange=inconnu&canal=sms"}))
    link = tree.one("ul", class_="saved").one("a")
    assert (link.text, link.attributes["href"]) == ("Sans réponse", "/revue?canal=sms&echange=inconnu")
    await me.post("/revue/filtres", {"nom": "Sans réponse", "filtres": "canal=site"})
    tree = await page(me, "/revue")
    assert tree.one("ul", class_="saved").one("a").attributes["href"] == "/revue?canal=site", "the same name is replaced"
    action = tree.one("ul", class_="saved").one("form").attributes["action"]
    assert not (await after(me, await me.post(action))).all("ul", class_="saved")


async def test_everybody_has_filters_of_their_own(site: Site) -> None:
    me = reviewer(site, name="ines")
    await me.post("/revue/filtres", {"nom": "le mien", "filtres": "canal=sms"})
    with site.database.read() as connection:
        ident = connection.execute(select(saved_filters.c.id)).scalar_one()
    add_account(site.database, "awa", Role.ADMINISTRATEUR, site.clock())
    awa = sign_in(site, "awa")
    assert not (await page(awa, "/revue")).all("ul", class_="saved")
    await awa.post(f"/revue/filtres/{ident}/supprimer")
    assert (await page(sign_in(site, "ines"), "/revue")).one("ul", class_="saved").one("a").text == "le mien"


async def test_a_filter_needs_a_name_and_there_are_not_too_many(site: Site) -> None:
    me = reviewer(site, name="ines")
    assert (await me.post("/revue/filtres", {"nom": " ", "filtres": ""})).status_code == 422
    for number in range(30):
        assert (await me.post("/revue/filtres", {"nom": f"n{number}", "filtres": "canal=sms"})).status_code == 303
    assert (await me.post("/revue/filtres", {"nom": "one more", "filtres": "canal=sms"})).status_code == 422
    assert (await me.post("/revue/filtres", {"nom": "n3", "filtres": "canal=site"})).status_code == 303


# --- Hostile texts ---


async def test_code_in_texts_names_and_filters_stays_text(site: Site) -> None:
    store_conversation(site.database, "a", [{"said": HOSTILE, "outcome": UNKNOWN}])
    store_conversation(site.database, "b", [{}])
    me = reviewer(site, name="ines")
    await me.post("/revue/lot", {"action": "etiqueter", "etiquette": HOSTILE, "conversation": "a"})
    await me.post("/revue/filtres", {"nom": HOSTILE, "filtres": "canal=sms"})
    tree = await page(me, "/revue")
    assert HOSTILE in tree.one("ol", class_="inbox").text
    assert HOSTILE.lower()[:30] in tree.one("ol", class_="inbox").text
    assert HOSTILE[:60].rstrip() in tree.one("ul", class_="saved").text
    for name in (
        "q",
        "etiquette",
        "assigne",
        "entree",
        "intention",
        "du",
        "canal",
        "etat",
        "page",
        "tri",
        "min",
        "signale",
        "annuler",
        "x",
    ):
        response = await me.client.get("/revue", params={name: HOSTILE})
        assert response.status_code == 200
        tree = read(response.text)
        assert all(script.attributes["src"].startswith("/static/") for script in tree.all("script"))
        assert len(listed(tree)) <= 2
    assert statuses(site) == {"a": UNREAD, "b": UNREAD}


async def test_every_field_of_the_inbox_has_a_label(site: Site) -> None:
    store_conversation(site.database, "a", [{}])
    tree = (await page(reviewer(site, name="ines"), "/revue")).one("main")
    assert [each for each in unlabelled(tree) if "aria-labelledby" not in each.attributes] == []


# --- Export ---


@pytest.mark.parametrize(("kind", "start"), [("csv", b"\xef\xbb\xbf"), ("xlsx", b"PK"), ("json", b"[")])
@pytest.mark.parametrize("lines", ["conversations", "tours"])
async def test_what_is_filtered_is_exported_and_noted_without_content(site: Site, kind: str, start: bytes, lines: str) -> None:
    store_conversation(site.database, "a", [{"said": "=1+1"}, {}], channel="sms")
    store_conversation(site.database, "b", [{}])
    me = reviewer(site, name="ines")
    response = await me.post("/revue/export?canal=sms", {"format": kind, "lignes": lines})
    assert response.status_code == 200
    assert response.content.startswith(start)
    assert response.headers["Content-Disposition"] == f'attachment; filename="{lines}.{kind}"'
    with site.database.read() as connection:
        (row,) = connection.execute(select(journal).where(journal.c.what == EXPORTED))
    assert (row.who, row.target, row.count, row.reason) == ("ines", lines, 2 if lines == "tours" else 1, "")


@pytest.mark.parametrize(("kind", "lines"), [("", ""), ("csv", ""), ("pdf", "tours"), ("csv", "x"), ("CSV", "tours")])
async def test_an_export_of_nothing_that_exists_is_refused(site: Site, kind: str, lines: str) -> None:
    assert (await reviewer(site, name="ines").post("/revue/export", {"format": kind, "lignes": lines})).status_code == 422


async def test_an_export_is_never_begun_by_a_link(site: Site) -> None:
    me = reviewer(site, name="ines")
    assert (await me.get("/revue/export?format=csv&lignes=tours")).status_code == 405
    with site.database.read() as connection:
        assert connection.execute(select(journal).where(journal.c.what == EXPORTED)).first() is None


async def test_an_export_that_is_too_long_is_refused_in_a_sentence(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MOST_ROWS, "xlsx", 1)
    store_conversation(site.database, "a", [{}, {}])
    me = reviewer(site, name="ines")
    response = await me.post("/revue/export", {"format": "xlsx", "lignes": "tours"})
    assert response.status_code == 413
    assert "filtrez davantage" in response.json()["error"]
    assert (await me.post("/revue/export", {"format": "csv", "lignes": "tours"})).status_code == 200


async def test_a_reader_may_not_export(site: Site) -> None:
    assert (await reviewer(site, Role.LECTEUR, "ines").post("/revue/export", {"format": "csv", "lignes": "tours"})).status_code == 403
