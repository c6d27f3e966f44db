"""Every address of the application, walked: under /revue each names a role and holds to it, but for the few that are open to all."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import delete
from starlette.convertors import Convertor, FloatConvertor, IntegerConvertor, PathConvertor, StringConvertor, UUIDConvertor
from starlette.routing import BaseRoute, Mount, Route
from support.played_site import CONTENT, Clock, FakeMailWorker, FakeRasa, OpenSite, Site
from support.reviewer import add_account, reviewer, sign_in

from bot.config import Settings
from bot.review.model import Role
from bot.storage import Database, accounts
from bot.web.app import create_app
from bot.web.review.access import SIGN_IN
from bot.web.showing import Showing

pytestmark = pytest.mark.anyio

OPEN = {("GET", SIGN_IN), ("POST", SIGN_IN), ("GET", "/revue/oidc"), ("GET", "/revue/oidc/retour")}
"""What has no role: whoever comes there is not signed in yet."""
PUBLIC_MOUNTS = {"/static"}
SERVICE = {"oidc_issuer": "https://identite.example", "oidc_client_id": "revue", "oidc_client_secret": "a secret"}
PLAUSIBLE: dict[type[Convertor], str] = {
    IntegerConvertor: "1",
    StringConvertor: "c1",
    PathConvertor: "a/b",
    FloatConvertor: "1.5",
    UUIDConvertor: "00000000-0000-4000-8000-000000000000",
}


def routes(folder: Path) -> list[BaseRoute]:
    """All that the application serves, the identity service included."""
    url = f"sqlite:///{folder / 'routes.sqlite'}"
    database = Database(url)
    database.create_all()
    settings = Settings(folder, url, secret_key="a key for tests only", **SERVICE)
    app = create_app(settings, database, FakeRasa(), FakeMailWorker(), Clock(), Showing(CONTENT))
    database.close()
    return list(app.routes)


def under_review(found: list[BaseRoute]) -> Iterator[tuple[str, Route]]:
    """Method and route of each address under /revue."""
    for route in found:
        if isinstance(route, Route) and (route.path + "/").startswith("/revue/"):
            yield from ((method, route) for method in sorted((route.methods or {"ANY"}) - {"HEAD"}))


def address(route: Route) -> str:
    """The path with something plausible for each of its parameters."""
    return route.url_path_for(route.name, **{name: _value(kind) for name, kind in route.param_convertors.items()})


def _value(kind: Convertor) -> object:
    return kind.convert(PLAUSIBLE[type(kind)])


@pytest.fixture
def walked(tmp_path: Path) -> list[tuple[str, Route]]:
    found = list(under_review(routes(tmp_path)))
    assert len(found) > 20
    return found


@pytest.fixture
async def site(open_site: OpenSite) -> AsyncIterator[Site]:
    async with open_site(**SERVICE) as opened:
        yield opened


def role_of(route: Route) -> Role | None:
    return getattr(route.endpoint, "role", None)


def test_there_are_no_routes_of_a_kind_that_is_not_walked(tmp_path: Path) -> None:
    others = [route for route in routes(tmp_path) if not isinstance(route, Route)]
    assert {route.path if isinstance(route, Mount) else repr(route) for route in others} == PUBLIC_MOUNTS


def test_every_route_names_its_role_or_is_one_of_the_few_that_are_open(walked: list[tuple[str, Route]]) -> None:
    without = {(method, route.path) for method, route in walked if not isinstance(role_of(route), Role)}
    assert without == OPEN


def test_every_route_is_for_reading_or_for_a_form(walked: list[tuple[str, Route]]) -> None:
    assert {method for method, _ in walked} == {"GET", "POST"}


def guarded(walked: list[tuple[str, Route]]) -> Iterator[tuple[str, str, Role]]:
    """Method, address and role of each route that has one."""
    for method, route in walked:
        if role := role_of(route):
            yield method, address(route), role


def leads_to_sign_in(answer: httpx.Response) -> bool:
    return answer.status_code == 303 and answer.headers["location"].startswith(SIGN_IN)


async def test_nobody_gets_anything_but_the_way_to_sign_in(site: Site, walked: list[tuple[str, Route]]) -> None:
    let_in = []
    for method, path, _ in guarded(walked):
        asked = await site.client.request(method, path)
        in_part = await site.client.request(method, path, headers={"HX-Request": "true"})
        if not (leads_to_sign_in(asked) and in_part.status_code == 401 and not in_part.content):
            let_in.append((method, path, asked.status_code, in_part.status_code))
    assert let_in == []


@pytest.mark.parametrize("own", list(Role), ids=lambda role: role.title)
async def test_each_role_may_do_what_is_its_own_or_below_and_nothing_else(site: Site, walked: list[tuple[str, Route]], own: Role) -> None:
    add_account(site.database, own.title, own)
    wrong = []
    for method, path, role in guarded(walked):
        me = sign_in(site, own.title)  # anew each time: one of the routes signs out
        answer = await (me.get(path) if method == "GET" else me.post(path))
        fits = answer.status_code == 403 if own < role else answer.status_code not in {401, 403} and answer.status_code < 500
        at_the_door = leads_to_sign_in(answer) and path != "/revue/deconnexion"
        if not fits or at_the_door:
            wrong.append((method, path, role.title, answer.status_code))
    assert wrong == []


async def test_no_form_is_taken_without_the_token_of_its_session(site: Site, walked: list[tuple[str, Route]]) -> None:
    me = reviewer(site, Role.ADMINISTRATEUR, "chef")
    sent = [(path, (await me.client.post(path, data={"x": "y"})).status_code) for method, path, _ in guarded(walked) if method == "POST"]
    assert sent
    assert [one for one in sent if one[1] != 403] == []


async def test_no_form_is_taken_from_another_site(site: Site, walked: list[tuple[str, Route]]) -> None:
    me = reviewer(site, Role.ADMINISTRATEUR, "chef")
    foreign = {"Sec-Fetch-Site": "cross-site"}
    taken = [path for method, path, _ in guarded(walked) if method == "POST" and (await me.post(path, **foreign)).status_code != 403]
    assert taken == []


async def test_an_account_that_is_gone_gets_nowhere(site: Site, walked: list[tuple[str, Route]]) -> None:
    me = reviewer(site, Role.ADMINISTRATEUR, "chef")
    with site.database.begin() as connection:
        connection.execute(delete(accounts))
    let_in = []
    for method, path, _ in guarded(walked):
        answer = await (me.get(path) if method == "GET" else me.post(path))
        if not leads_to_sign_in(answer):
            let_in.append((method, path, answer.status_code))
    assert let_in == []


@pytest.mark.parametrize("number", [str(2**31), "9" * 25, "9" * 5000], ids=len)
async def test_a_number_that_no_row_can_have_is_not_found(site: Site, walked: list[tuple[str, Route]], number: str) -> None:
    me = reviewer(site, Role.ADMINISTRATEUR, "chef")
    found = []
    for method, path in {(method, route.path) for method, route in walked if ":int}" in route.path}:
        asked = re.sub(r"\{\w+\}", "c1", re.sub(r"\{\w+:int\}", number, path))
        found.append((await (me.get(asked) if method == "GET" else me.post(asked))).status_code)
    assert len(found) > 10
    assert set(found) == {404}


async def test_no_page_is_kept_in_a_cache(site: Site, walked: list[tuple[str, Route]]) -> None:
    me = reviewer(site, Role.ADMINISTRATEUR, "chef")
    kept = {path: (await me.get(path)).headers["cache-control"] for method, path, _ in guarded(walked) if method == "GET"}
    assert set(kept.values()) == {"no-store"}, kept
