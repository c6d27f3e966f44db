"""Every page of the review application, full and empty, in its looks: nothing for axe, nothing that stands out, a picture of each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert
from support.browser import NARROW, Visit
from support.reviewer import add_account, session_of
from support.served_site import ServedSite

from bot.benchmarks.review_pages import PAGES, values_in
from bot.benchmarks.reviewed import fill
from bot.review.accounts import Accounts
from bot.review.model import Role
from bot.storage import Database, changes, conversations, utc_now
from bot.web.review.sessions import COOKIE, Sessions

from .conftest import Begin

LOOKS: dict[str, dict[str, Any]] = {
    "desktop": {},
    "tablet-dark": {"viewport": {"width": 820, "height": 1180}, "color_scheme": "dark"},
}
SHOWN = (
    *("à lire", "plusieurs filtres", "deux mots", "mot absent", "la plus longue", "messages à juger", "recherche d'entrée", "demandes"),
    *("une demande", "corrections", "tableau de bord", "derrière une étape", "derrière un délai", "lacunes", "brouillons", "vie privée"),
    *("journal", "compte"),
)
"""One address of each page."""
OF_CHANGES = ("brouillon", "echec", "abandonnee")
CHIEF = "ines"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedSite]:
    """A site with a year of work, and an account that may do everything."""
    folder = tmp_path_factory.mktemp("desk")
    store = Database(f"sqlite:///{folder / 'cic.sqlite'}")
    store.create_all()
    fill(store, utc_now(), 300, 2400)
    add_account(store, CHIEF, Role.ADMINISTRATEUR, utc_now())
    with store.begin() as connection:
        row = {"title": "Une correction", "author": CHIEF, "created_at": utc_now(), "base": "0123456789ab", "progress": ""}
        connection.execute(insert(changes), [row | {"state": state} for state in OF_CHANGES])
    store.close()
    site = ServedSite(folder, rate_limit=100_000)
    site.start()
    yield site
    site.close()


def arrive(begin: Begin, desk: ServedSite, **options: Any) -> Visit:
    visit = begin(desk.address, **options)
    cookie = session_of(Sessions(desk.settings.secret(), utc_now), Accounts(desk.database, utc_now), CHIEF)
    visit.page.context.add_cookies([{"name": COOKIE, "value": cookie, "url": f"{desk.address}/revue"}])
    return visit


def unfold(visit: Visit) -> None:
    """What is folded is looked at too."""
    visit.page.evaluate("for (const folded of document.querySelectorAll('details')) folded.open = true")


@pytest.mark.parametrize("look", LOOKS)
def test_every_page_is_whole_and_axe_finds_nothing(begin: Begin, desk: ServedSite, look: str) -> None:
    visit = arrive(begin, desk, **LOOKS[look])
    values = values_in(desk.database, utc_now())
    for name in SHOWN:
        visit.go(PAGES[name].format(**values))
        visit.picture(f"revue-{name.replace(' ', '-')}-{look}")
        unfold(visit)
        visit.check(f"revue-{name.replace(' ', '-')}-{look}-ouvert")
    for number, state in enumerate(OF_CHANGES, 1):
        visit.go(f"/revue/corrections/{number}")
        visit.check(f"revue-correction-{state}-{look}")
    visit.expected.append("404")
    visit.go("/revue/conversations/inconnue")
    visit.check(f"revue-refus-{look}")


def test_nothing_stands_out_of_a_narrow_window(begin: Begin, desk: ServedSite) -> None:
    visit = arrive(begin, desk, **NARROW)
    values = values_in(desk.database, utc_now())
    for name in SHOWN:
        visit.go(PAGES[name].format(**values))
        unfold(visit)
        assert visit.overflow() <= 0, name
        visit.picture(f"revue-{name.replace(' ', '-')}-narrow")


def test_an_empty_desk_is_whole_too(begin: Begin, tmp_path: Path) -> None:
    site = ServedSite(tmp_path, rate_limit=100_000)
    site.start()
    try:
        add_account(site.database, CHIEF, Role.ADMINISTRATEUR, utc_now())
        with site.database.read() as connection:
            assert connection.execute(conversations.select()).first() is None
        visit = arrive(begin, site)
        for name in ("à lire", "messages à juger", "demandes", "corrections", "tableau de bord", "lacunes", "brouillons", "vie privée"):
            visit.go(PAGES[name])
            visit.check(f"revue-{name.replace(' ', '-')}-vide")
    finally:
        site.close()


def test_the_door_is_whole(begin: Begin, desk: ServedSite) -> None:
    for look, options in (LOOKS | {"narrow": NARROW}).items():
        visit = begin(desk.address, **options).go("/revue")
        visit.check(f"revue-connexion-{look}")
