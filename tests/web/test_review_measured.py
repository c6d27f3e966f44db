"""`cic bench review` asks for every list and page that there is, and each is served."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from starlette.routing import Route
from support.played_site import CONTENT, Clock, FakeMailWorker, OpenSite
from support.reviewer import sign_in

from bot.benchmarks.review_pages import EXPORTS, PAGES, values_in
from bot.benchmarks.reviewed import fill
from bot.benchmarks.reviewers import PEOPLE
from bot.config import Settings
from bot.storage import Database
from bot.web.review.app import review_routes
from bot.web.showing import Showing

pytestmark = pytest.mark.anyio
NOT_MEASURED = {
    "/revue/connexion": "it is for who is not signed in",
    "/revue/connexion/oidc": "another server answers",
    "/revue/connexion/retour": "another server answers",
    "/revue/conversations/{conversation}/evenements": "the invented conversations have no events",
    "/revue/corrections/{change_id:int}": "there is no correction",
    "/revue/corrections/{change_id:int}/etat": "there is no correction",
    "/revue/corrections/{change_id:int}/patch": "there is no correction",
    "/revue/corrections/tests.jsonl": "there is no test",
    "/revue/lacunes/groupe": "a part of the page before it",
    "/revue/lacunes/isolees": "a part of the page before it",
    "/revue/lacunes/brouillons/nouveau": "an empty form",
    "/revue/lacunes/brouillons/{number:int}": "one row",
    "/revue/lacunes/brouillons/{number:int}/yaml": "one row",
}


async def test_each_address_is_served_and_understood(open_site: OpenSite, tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'measured.sqlite'}")
    database.create_all()
    fill(database, Clock().now, 150, 2000)
    values = values_in(database, Clock().now)
    async with open_site(database=database) as site:
        reviewer = sign_in(site, next(iter(PEOPLE)))
        answers = {address: await reviewer.get(address.format_map(values)) for address in PAGES.values()}
        for name, (address, kind, rows) in EXPORTS.items():
            answers[name] = await reviewer.post(address.format_map(values), {"format": kind, "lignes": rows})
    assert {address: answer.status_code for address, answer in answers.items() if answer.status_code != 200} == {}
    assert [address for address, answer in answers.items() if "n’est pas compris" in answer.text] == []


def test_every_page_is_among_them(tmp_path: Path) -> None:
    settings = Settings(tmp_path, f"sqlite:///{tmp_path / 'cic.sqlite'}", secret_key="a key for tests only")
    database = Database(settings.database_url)
    database.create_all()
    routes = review_routes(settings, database, Clock(), Showing(CONTENT), FakeMailWorker())
    pages = [route.path for route in routes if isinstance(route, Route) and "GET" in (route.methods or ())]
    asked = [re.escape(path).replace(r"\{", "{").replace(r"\}", "}") for path in pages]
    patterns = [re.compile(re.sub(r"\{[^}]*\}", r"[^/?]+", path)) for path in asked]
    measured = [address.partition("?")[0] for address in PAGES.values()]
    missing = {path for path, pattern in zip(pages, patterns, strict=True) if not any(pattern.fullmatch(address) for address in measured)}
    assert missing - set(NOT_MEASURED) == set()
    database.close()
