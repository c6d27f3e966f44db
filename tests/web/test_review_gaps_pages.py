"""The pages of gaps and of drafts: who may read and who may write, and that a gap leads to its messages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import yaml
from reading import Element, read, unlabelled
from support.played_site import Site
from support.reviewer import Reviewer, add_account, reviewer, sign_in, store_conversation

from bot.errors import UnavailableError
from bot.privacy import MASKED
from bot.review import gaps as finding
from bot.review.clustering import Groups
from bot.review.model import NEAR, OFF_TOPIC, UNKNOWN, Role
from bot.storage import exchanges
from bot.web.review.gaps import trend_of

pytestmark = pytest.mark.anyio

GAPS = "/revue/lacunes"
DRAFTS = f"{GAPS}/brouillons"
NOW = datetime(2026, 3, 2, 8, tzinfo=timezone.utc)
HOSTILE = '<img src=x onerror="alert(1)"> {{ 7 * 7 }}'
FILLED = {
    "titre": "La Flandre",
    "texte": "Non.\nPas encore.",
    "questions": "Et la Flandre ?\n\nFlandre ?\net la flandre",
    "responsable": "Ines",
}


def by_first_word(texts: Sequence[str]) -> Groups:
    first = [text.split()[0].lower() for text in texts]
    return [[place for place, word in enumerate(first) if word == wanted] for wanted in sorted(set(first))]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Group by the first word; tests/unit/test_review_gaps.py starts the process that groups by likeness."""
    monkeypatch.setattr(finding.GapFinder.__init__, "__defaults__", (by_first_word,))


def fill(site: Site) -> None:
    unknown: dict[str, Any] = {"outcome": UNKNOWN}
    store_conversation(site.database, "a", [{"said": "Flandre ?", **unknown}, {"said": "flandre et communes", **unknown}], NOW)
    store_conversation(
        site.database, "b", [{"said": "FLANDRE", "outcome": NEAR}, {"said": "Poubelles", **unknown}], NOW - timedelta(days=9)
    )
    store_conversation(site.database, "c", [{"said": "Météo", "outcome": OFF_TOPIC}, {"said": "Quel budget ?"}], NOW)
    store_conversation(site.database, "d", [{"said": "Prix un", **unknown}, {"said": "Prix deux", **unknown}], NOW - timedelta(days=60))


async def page(person: Reviewer, path: str) -> Element:
    response = await person.get(path)
    assert response.status_code == 200, response.text
    return read(response.text)


async def after(person: Reviewer, response: httpx.Response) -> Element:
    """The page to which a form leads."""
    assert response.status_code == 303, response.text
    return await page(person, response.headers["location"])


def items(tree: Element) -> list[Element]:
    return [element for element in tree.all("li", "tr") if "data-item" in element.attributes]


def titles(tree: Element) -> list[str]:
    return [item.all("a")[0].text for item in items(tree)]


# --- gaps ---


async def test_gaps_of_the_last_month_are_listed_the_biggest_first(site: Site) -> None:
    fill(site)
    tree = await page(reviewer(site, Role.LECTEUR), GAPS)
    assert titles(tree) == ["Flandre ?"]
    assert titles(await page(sign_in(site, "Ines"), f"{GAPS}?du=2025-12-01")) == ["Flandre ?", "Prix deux"]


async def test_a_gap_leads_to_as_many_messages_as_it_says_and_each_to_its_place(site: Site) -> None:
    fill(site)
    person = reviewer(site)
    (gap,) = items(await page(person, GAPS))
    link = gap.one("a", class_="figure")
    assert link.text.split() == ["3", "messages"]
    assert "2 conversations" in gap.text
    rows = items(await page(person, link.attributes["href"]))
    links = [row.all("a")[0].attributes["href"] for row in rows]
    assert [row.all("a")[0].text for row in rows] == ["flandre et communes", "Flandre ?", "FLANDRE"]
    assert [(urlsplit(each).path, urlsplit(each).fragment) for each in links] == [
        ("/revue/conversations/a", "m-2"),
        ("/revue/conversations/a", "m-1"),
        ("/revue/conversations/b", "m-1"),
    ]
    for each in links:
        assert (await person.get(each)).status_code == 200


async def test_questions_that_stand_alone_are_apart(site: Site) -> None:
    fill(site)
    person = reviewer(site)
    tree = await page(person, GAPS)
    (alone,) = [link for link in tree.all("a") if "isolee" in link.attributes["href"]]
    assert alone.text == "1 question isolée"
    assert titles(await page(person, alone.attributes["href"])) == ["Poubelles"]


async def test_what_is_off_topic_is_shown_on_demand_and_stays_chosen(site: Site) -> None:
    fill(site)
    person = reviewer(site)
    tree = await page(person, f"{GAPS}?hors=1")
    assert "checked" in tree.one("input", name="hors").attributes
    links = [link.attributes["href"] for link in tree.all("a") if "isolees" in link.attributes["href"] or "jours" in link.text]
    assert len(links) == 4
    assert all("hors=1" in link for link in links)
    assert sorted(titles(await page(person, links[-1]))) == ["Météo", "Poubelles"]


async def test_long_lists_are_paged(site: Site) -> None:
    words = [f"mot{number:02d} {which}" for number in range(25) for which in ("un", "deux")]
    store_conversation(site.database, "a", [{"said": word, "outcome": UNKNOWN} for word in words], NOW)
    person = reviewer(site)
    first, second = await page(person, GAPS), await page(person, f"{GAPS}?page=2")
    assert (len(items(first)), len(items(second))) == (20, 5)
    assert not set(titles(first)) & set(titles(second))


async def test_an_empty_period_says_so(site: Site) -> None:
    tree = await page(reviewer(site), GAPS)
    assert "Aucune question ne revient sans réponse" in tree.text


@pytest.mark.parametrize("path", [f"{GAPS}/groupe", f"{DRAFTS}/nouveau"])
@pytest.mark.parametrize("message", ["0", "-1", "x", "9999999999999999999999", "1' OR 1=1"])
async def test_a_gap_that_does_not_exist_is_not_found(site: Site, path: str, message: str) -> None:
    fill(site)
    response = await reviewer(site).client.get(path, params={"message": message})
    assert response.status_code == 404


@pytest.mark.parametrize("query", ["du=x&au=<b>", "du=9999-12-31", "page=0", "page=abc", "page=99999", "hors=<script>", "du=%00"])
async def test_nonsense_in_an_address_is_left_out(site: Site, query: str) -> None:
    fill(site)
    response = await reviewer(site).get(f"{GAPS}?{query}")
    assert response.status_code == 200
    assert "<script>" not in response.text


async def test_html_in_messages_is_text(site: Site) -> None:
    said = [{"said": HOSTILE, "outcome": UNKNOWN}, {"said": f"{HOSTILE} deux", "outcome": UNKNOWN}]
    store_conversation(site.database, "a", said, NOW)
    person = reviewer(site)
    tree = await page(person, GAPS)
    assert titles(tree) == [f"{HOSTILE} deux"]
    for link in items(tree)[0].all("a"):
        text = (await person.get(link.attributes["href"])).text
        assert "<img" not in text
        assert "&lt;img" in text


async def test_a_grouping_that_fails_is_told(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise UnavailableError("Les questions n'ont pas pu être regroupées : réessayez dans un instant.")

    monkeypatch.setattr(finding.GapFinder, "find", fail)
    response = await reviewer(site).get(GAPS)
    assert response.status_code == 503
    assert "réessayez" in response.text


@pytest.mark.parametrize(
    ("course", "trend"),
    [
        ([1, 0, 2, 3], "en hausse"),
        ([3, 3, 1, 0], "en baisse"),
        ([2, 2, 2, 2], "stable"),
        ([0, 0, 1, 2], "stable"),
        ([9], "stable"),
        ([], "stable"),
    ],
)
def test_a_trend_is_told_when_there_is_enough_to_tell(course: list[int], trend: str) -> None:
    assert trend_of(course) == trend


# --- drafts ---


async def test_a_gap_becomes_a_draft_with_its_questions(site: Site) -> None:
    fill(site)
    person = reviewer(site)
    (gap,) = items(await page(person, GAPS))
    (link,) = [link for link in gap.all("a") if "brouillon" in link.attributes["href"]]
    form = await page(person, link.attributes["href"])
    assert unlabelled(form.one("form", class_="draft")) == []
    assert form.one("input", name="titre").attributes["value"] == "Flandre ?"
    assert form.one("textarea", name="questions").text.splitlines() == ["flandre et communes", "Flandre ?"]
    assert [option.text for option in form.one("select", name="responsable").all("option") if "selected" in option.attributes] == ["Ines"]
    tree = await after(person, await person.post(DRAFTS, FILLED))
    assert titles(tree) == ["La Flandre"]
    assert "À écrire" in items(tree)[0].text


async def test_what_is_masked_becomes_no_example(site: Site) -> None:
    said = [{"said": f"Flandre pour {MASKED}", "outcome": UNKNOWN}, {"said": "Flandre quand ?", "outcome": UNKNOWN}]
    store_conversation(site.database, "a", said, NOW)
    with site.database.read() as connection:
        number = connection.execute(exchanges.select()).first().id
    form = await page(reviewer(site), f"{DRAFTS}/nouveau?message={number}")
    assert form.one("textarea", name="questions").text.splitlines() == ["Flandre quand ?"]


async def test_a_draft_is_changed_settled_reopened_and_deleted(site: Site) -> None:
    person = reviewer(site)
    add_account(site.database, "Ahmed", Role.LECTEUR)
    one = titles_and_links(await after(person, await person.post(DRAFTS, FILLED)))["La Flandre"]
    form = await page(person, one)
    assert form.one("textarea", name="texte").text == "Non.\nPas encore."
    assert form.one("textarea", name="questions").text.splitlines() == ["Et la Flandre ?", "Flandre ?"]
    tree = await after(person, await person.post(one, FILLED | {"titre": "Autre", "responsable": "Ahmed"}))
    assert titles(tree) == ["Autre"]
    assert "Ahmed" in items(tree)[0].text
    assert "Fait le" in (await after(person, await person.post(f"{one}/etat", {"fait": "1"}))).text
    assert "À écrire" in (await after(person, await person.post(f"{one}/etat", {"fait": "0"}))).text
    assert items(await after(person, await person.post(f"{one}/supprimer"))) == []
    for path in (one, f"{one}/yaml"):
        assert (await person.get(path)).status_code == 404


def titles_and_links(tree: Element) -> dict[str, str]:
    return {item.all("a")[0].text: item.all("a")[0].attributes["href"] for item in items(tree)}


@pytest.mark.parametrize(("field", "value"), [("titre", ""), ("questions", " \n "), ("responsable", "Personne")])
async def test_a_draft_that_lacks_something_comes_back_with_what_was_typed(site: Site, field: str, value: str) -> None:
    person = reviewer(site)
    await person.post(DRAFTS, FILLED)
    for path in (DRAFTS, f"{DRAFTS}/1"):
        response = await person.post(path, FILLED | {field: value, "texte": "Ce que j'ai écrit."})
        assert response.status_code == 422
        form = read(response.text)
        assert form.one("p", role="alert").text
        assert form.one("textarea", name="texte").text == "Ce que j'ai écrit."
    assert titles(await page(person, DRAFTS)) == ["La Flandre"]


async def test_the_file_of_a_draft_is_yaml_to_be_completed(site: Site) -> None:
    person = reviewer(site)
    await person.post(DRAFTS, FILLED | {"titre": HOSTILE})
    response = await person.get(f"{DRAFTS}/1/yaml")
    assert response.headers["content-disposition"] == 'attachment; filename="brouillon-1.yml"'
    assert response.headers["content-type"].startswith("application/yaml")
    assert "à compléter" in response.text
    knowledge, nlu = yaml.safe_load_all(response.text)
    assert knowledge["phrases"][0]["faits"][0]["titre"] == HOSTILE
    assert nlu["nlu"][0]["examples"] == "- Et la Flandre ?\n- Flandre ?\n"


async def test_html_in_a_draft_is_text(site: Site) -> None:
    person = reviewer(site)
    await person.post(DRAFTS, FILLED | {"titre": HOSTILE, "texte": f"</textarea>{HOSTILE}", "questions": f"</textarea>{HOSTILE}"})
    for path in (DRAFTS, f"{DRAFTS}/1"):
        text = (await person.get(path)).text
        assert "<img" not in text
        assert HOSTILE.replace("<", "&lt;").replace(">", "&gt;").replace('"', "&#34;") in text


@pytest.mark.parametrize("number", ["0", "7", "99999999999999999999"])
async def test_a_draft_that_does_not_exist_is_not_found(site: Site, number: str) -> None:
    person = reviewer(site)
    assert (await person.get(f"{DRAFTS}/{number}")).status_code == 404
    assert (await person.post(f"{DRAFTS}/{number}", FILLED)).status_code == 404
    assert (await person.post(f"{DRAFTS}/{number}/etat", {"fait": "1"})).status_code == 404


# --- who may what ---


async def test_a_reader_reads_gaps_and_drafts_and_writes_none(site: Site) -> None:
    fill(site)
    await reviewer(site).post(DRAFTS, FILLED)
    add_account(site.database, "Lea", Role.LECTEUR)
    reader = sign_in(site, "Lea")
    for path in (GAPS, DRAFTS, f"{DRAFTS}/1"):
        tree = await page(reader, path)
        assert "nouveau" not in "".join(link.attributes["href"] for link in tree.all("a"))
        assert [form.attributes["action"] for form in tree.all("form", method="post")] == ["/revue/deconnexion"]
    assert "Pas encore." in (await page(reader, f"{DRAFTS}/1")).text
    assert (await reader.get(f"{DRAFTS}/1/yaml")).status_code == 200
    assert (await reader.get(f"{DRAFTS}/nouveau")).status_code == 403
    for path in (DRAFTS, f"{DRAFTS}/1", f"{DRAFTS}/1/etat", f"{DRAFTS}/1/supprimer"):
        assert (await reader.post(path, FILLED | {"fait": "1"})).status_code == 403
    assert "À écrire" in (await page(reader, DRAFTS)).text


@pytest.mark.parametrize("path", [GAPS, f"{GAPS}/groupe?message=1", f"{GAPS}/isolees", DRAFTS, f"{DRAFTS}/nouveau", f"{DRAFTS}/1/yaml"])
async def test_who_is_not_signed_in_is_asked_to(site: Site, path: str) -> None:
    response = await site.client.get(path)
    assert response.status_code == 303
    assert response.headers["location"].startswith("/revue/connexion")


async def test_a_form_without_the_token_of_the_session_changes_nothing(site: Site) -> None:
    person = reviewer(site)
    await person.post(DRAFTS, FILLED)
    for path in (DRAFTS, f"{DRAFTS}/1", f"{DRAFTS}/1/etat", f"{DRAFTS}/1/supprimer"):
        response = await person.post(path, FILLED | {"jeton": "0" * 64, "titre": "Faux"})
        assert response.status_code == 403
    assert titles(await page(person, DRAFTS)) == ["La Flandre"]
