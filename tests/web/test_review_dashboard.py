"""The dashboard: every number leads to as many conversations as it says, whatever the address asks for."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import urlsplit

import pytest
from reading import Element, read
from support.leads import store_lead
from support.played_site import Site
from support.reviewer import Reviewer, reviewer, sign_in, store_conversation

from bot.review.filters import read_filters
from bot.review.inbox import Inbox
from bot.review.model import ABANDONED, DECLINED, FORM, ROUTED, UNKNOWN, Role
from bot.storage import LEAD_FAILED, LEAD_FORWARDED, REVIEWED, TO_DO

pytestmark = pytest.mark.anyio

BOARD = "/revue/tableau-de-bord"
NOW = datetime(2026, 3, 2, 8, tzinfo=timezone.utc)
TOTAL, PHASE, OFF = {"label": "info/combien.total"}, {"label": "info/combien.bruxelles"}, {"label": "hors_sujet/service"}


def fill(site: Site) -> None:
    """Conversations of two months, some of two days, in several channels and with every outcome."""
    store = site.database
    store_conversation(store, "a", [TOTAL | {"seconds": 0.3}, TOTAL, PHASE], NOW, status=REVIEWED, thumbs_up=2)
    store_conversation(store, "b", [{**OFF, "outcome": UNKNOWN}], NOW, channel="whatsapp", outcome=UNKNOWN, thumbs_down=1)
    store_conversation(store, "c", [TOTAL | {"seconds": 6.5}], NOW - timedelta(days=1), channel="whatsapp", status=TO_DO, thumbs_up=1)
    late = datetime(2026, 2, 28, 22, 58, 30, tzinfo=timezone.utc)
    store_conversation(store, "night", [PHASE, PHASE, TOTAL], late, channel="sms")
    request = [{"label": "demande", "outcome": FORM, "seconds": 1.2}]
    for name, outcome, status in (("sent", ROUTED, LEAD_FORWARDED), ("stuck", ROUTED, LEAD_FAILED)):
        store_conversation(store, name, request, NOW - timedelta(days=3), outcome=outcome)
        store_lead(store, f"CIC-2026-{name.upper()}", conversation=name, status=status)
    store_conversation(store, "left", request, NOW - timedelta(days=3), outcome=ABANDONED)
    store_conversation(store, "declined", request, NOW - timedelta(days=40), outcome=DECLINED)
    store_conversation(store, "empty", [], NOW)


async def page(person: Reviewer, path: str = BOARD) -> Element:
    response = await person.get(path)
    assert response.status_code == 200, response.text
    return read(response.text)


async def behind(site: Site, person: Reviewer, href: str) -> int:
    """How many conversations or answers a link leads to: those that its page lists."""
    parts = urlsplit(href)
    if parts.path == "/revue":
        found = read_filters(parts.query)
        assert found.strange == ()
        listing = Inbox(site.database).page(found.filters, "Ines")
        assert len(listing.lines) == listing.counts[found.filters.etat]
        return len(listing.lines)
    assert parts.path.startswith(f"{BOARD}/")
    tree = await page(person, href)
    rows = [row for row in tree.all("tr") if "data-item" in row.attributes]
    told = re.match(r"\s*(\d+) ", tree.all("p", class_="quiet-text")[0].text)
    assert told is not None
    assert int(told[1]) == len(rows)
    return len(rows)


def digits(text: str) -> int:
    found = re.search(r"\d+", text)
    assert found is not None, text
    return int(found[0])


# --- the numbers ---


@pytest.mark.parametrize("query", ["", "?du=2026-02-27&au=2026-03-02", "?du=2025-12-01", "?du=2025-03-03", "?du=2026-03-02&au=2026-03-02"])
async def test_every_bar_leads_to_as_many_conversations_as_it_says(site: Site, query: str) -> None:
    fill(site)
    person = reviewer(site, Role.LECTEUR)
    tree = await page(person, BOARD + query)
    bars = [link for link in tree.all("a") if link.all("rect")]
    assert bars
    for bar in bars:
        assert bar.attributes["aria-label"] == bar.one("title").text
        said = re.search(r": (\d+) conversation", bar.attributes["aria-label"].replace("\u00a0", " "))
        assert said is not None
        assert await behind(site, person, bar.attributes["href"]) == int(said[1])


@pytest.mark.parametrize("query", ["", "?du=2026-02-27&au=2026-03-02", "?du=2025-12-01"])
async def test_every_number_of_a_table_leads_to_as_many(site: Site, query: str) -> None:
    fill(site)
    person = reviewer(site)
    tree = await page(person, BOARD + query)
    cells = [link for table in tree.all("details") for link in table.all("td") for link in link.all("a")]
    lying = [row for table in tree.all("table", class_="lying") for row in table.all("tr") if row.all("a")]
    pairs = [(cell.attributes["href"], digits(cell.text)) for cell in cells]
    pairs += [(row.one("a").attributes["href"], digits(row.all("td")[0].text)) for row in lying]
    assert len(cells) > 10
    assert len(lying) > 8
    for href, count in pairs:
        assert await behind(site, person, href) == count, href


async def test_every_large_figure_leads_to_what_it_counts(site: Site) -> None:
    fill(site)
    person = reviewer(site)
    tree = await page(person)
    tiles = {item.all("span")[0].text: item for item in tree.one("ul", class_="tiles").all("li")}

    async def led(name: str) -> tuple[str, int]:
        link = tiles[name].all("a")[0]
        return link.one("strong").text.replace("\u202f", " "), await behind(site, person, link.attributes["href"])

    assert await led("Conversations") == ("7", 7)
    assert await led("Répondu") == ("43 %", 3)
    assert await led("Sans réponse") == ("14 %", 1)
    assert await led("Demandes enregistrées") == ("2", 2)
    assert await led("Avis\u00a0: utile") == ("2", 2)
    assert await led("Avis\u00a0: inutile") == ("1", 1)
    assert await led("Conversations revues") == ("14 %", 1)
    assert await led("Temps de réponse médian") == ("20 ms", 11)
    assert await behind(site, person, tiles["Demandes enregistrées"].all("a")[1].attributes["href"]) == 1
    assert await behind(site, person, tiles["Temps de réponse médian"].all("a")[1].attributes["href"]) == 1


async def test_a_conversation_around_midnight_in_brussels_is_on_both_days(site: Site) -> None:
    fill(site)
    tree = await page(reviewer(site), f"{BOARD}?du=2026-02-28&au=2026-03-01")
    labels = [link.attributes["aria-label"] for link in tree.all("a") if link.all("rect")]
    sms = [label for label in labels if "SMS" in label]
    assert sms == ["28 février 2026, SMS : 1 conversation", "1er mars 2026, SMS : 1 conversation"]


async def test_entries_are_told_by_their_titles_and_the_others_as_never_asked(site: Site) -> None:
    fill(site)
    tree = await page(reviewer(site))
    base = site.showing.content.base
    asked = [link.text for link in tree.all("a") if "entree=" in link.attributes.get("href", "")]
    assert asked == [base.entries[name].title for name in ("combien.total", "combien.bruxelles")]
    never = [item.text for item in tree.all("ul", class_="plain-list")[0].all("li")]
    assert sorted([*never, *asked]) == sorted(entry.title for entry in base.entries.values())


async def test_an_empty_period_has_a_page_too(site: Site) -> None:
    tree = await page(reviewer(site), f"{BOARD}?du=2020-01-01&au=2020-01-31")
    assert "Aucune question sur le programme" in tree.text
    assert [link for link in tree.all("a") if link.all("rect")] == []


# --- the address ---


@pytest.mark.parametrize(
    "query",
    [
        "du=2026-13-99&au=hier",
        "du=<script>&au=%00",
        "du=9999-12-31&au=9999-12-31",
        "du=0001-01-01",
        "du=2026-02-01&du=x",
        "au=" + "9" * 3000,
        "du=%27%20OR%201=1--",
    ],
)
async def test_nonsense_in_an_address_is_left_out(site: Site, query: str) -> None:
    fill(site)
    person = reviewer(site)
    for path in (BOARD, f"{BOARD}/reponses", f"{BOARD}/demandes?chiffre=admises"):
        response = await person.get(f"{path}{'&' if '?' in path else '?'}{query}")
        assert response.status_code == 200
        assert "<script>" not in response.text
        assert "OR 1=1" not in response.text


async def test_usual_periods_end_today_and_the_chosen_one_is_marked(site: Site) -> None:
    tree = await page(reviewer(site), f"{BOARD}?du=2026-02-24&au=2026-03-02")
    links = tree.one("form", class_="period").all("a")
    assert [(link.text, link.attributes.get("aria-current")) for link in links] == [
        ("7 jours", "true"),
        ("30 jours", None),
        ("90 jours", None),
        ("1 an", None),
    ]
    assert links[1].attributes["href"] == f"{BOARD}?du=2026-02-01&au=2026-03-02"


@pytest.mark.parametrize("name", ["", "x", "moins", "<b>"])
async def test_a_figure_that_does_not_exist_is_not_found(site: Site, name: str) -> None:
    assert (await reviewer(site).get(f"{BOARD}/demandes?chiffre={name}")).status_code == 404


@pytest.mark.parametrize("query", ["de=-1&a=x", "de=99999999999999", "a=0", "page=0", "page=-3", "page=99999999999999999999", "page=x"])
async def test_limits_and_pages_that_make_no_sense_are_no_error(site: Site, query: str) -> None:
    fill(site)
    assert (await reviewer(site).get(f"{BOARD}/reponses?{query}")).status_code == 200


async def test_long_lists_are_paged(site: Site) -> None:
    store_conversation(site.database, "long", [TOTAL] * 120, NOW - timedelta(hours=3))
    person = reviewer(site)
    first, last = await page(person, f"{BOARD}/reponses"), await page(person, f"{BOARD}/reponses?page=3")
    assert [len([row for row in tree.all("tr") if "data-item" in row.attributes]) for tree in (first, last)] == [50, 20]
    (following,) = first.one("nav", class_="paging").all("a")
    assert following.attributes["href"].endswith("&page=2")


# --- who and what ---


@pytest.mark.parametrize("path", [BOARD, f"{BOARD}/demandes?chiffre=admises", f"{BOARD}/reponses"])
async def test_who_is_not_signed_in_is_asked_to(site: Site, path: str) -> None:
    response = await site.client.get(path)
    assert response.status_code == 303
    assert response.headers["location"].startswith("/revue/connexion")


async def test_html_in_messages_is_text(site: Site) -> None:
    said: dict[str, Any] = {"said": '<img src=x onerror="alert(1)">', "label": "info/<b>x</b>"}
    store_conversation(site.database, "h", [said], NOW, channel="<i>x</i>")
    person = reviewer(site)
    for path in (BOARD, f"{BOARD}/reponses"):
        text = (await person.get(path)).text
        assert not re.search(r"<(img|b|i)\b", text)
    assert "&lt;img" in text


async def test_pictures_carry_no_style_and_no_script_of_their_own(site: Site) -> None:
    fill(site)
    tree = await page(reviewer(site))
    names = {name for element in tree.all() for name in element.attributes}
    assert [name for name in names if name == "style" or name.startswith("on")] == []
    assert tree.all("style") == []
    ids = [element.attributes["id"] for element in tree.all() if "id" in element.attributes]
    assert len(ids) == len(set(ids))
    used = set(re.findall(r"url\(#([\w-]+)\)", " ".join(element.attributes.get("fill", "") for element in tree.all())))
    assert used <= set(ids)


async def test_each_picture_has_its_numbers_in_a_table(site: Site) -> None:
    fill(site)
    tree = await page(reviewer(site), f"{BOARD}?du=2026-02-27&au=2026-03-02")
    for section in tree.all("section"):
        bars = [link for link in section.all("a") if link.all("rect")]
        cells = {link.attributes["href"] for details in section.all("details") for link in details.all("a")}
        assert {bar.attributes["href"] for bar in bars} <= cells
        assert all(bar.attributes["tabindex"] == "-1" for bar in bars)


async def test_a_session_of_a_removed_account_sees_nothing(site: Site) -> None:
    person = reviewer(site)
    with site.database.begin() as connection:
        connection.exec_driver_sql("DELETE FROM accounts")
    assert (await person.get(BOARD)).status_code == 303
    with pytest.raises(AssertionError):
        sign_in(site, "Ines")
