"""Who gets into the review application, seen by those who should not."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from threading import Event
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from sqlalchemy import select
from support.entrance import CHEAP, PATH, RIGHT, WRONG, add_person, hidden, sign_in
from support.played_site import OpenSite, Site

from bot.review.accounts import Accounts
from bot.review.journal import ACCOUNT, REFUSED, SIGNED_IN
from bot.review.model import Role
from bot.storage import journal, sign_ins
from bot.web.review import password_desk
from bot.web.review.access import safe_target
from bot.web.review.sessions import COOKIE, IDLE, LONGEST, RENEWAL

pytestmark = pytest.mark.anyio

ACCOUNT_PAGE, OUT = "/revue/compte", "/revue/deconnexion"
SECURE = {"X-Forwarded-Proto": "https"}


@pytest.fixture
def people(site: Site) -> Accounts:
    add_person(site.database, site.clock)
    return Accounts(site.database, site.clock, CHEAP)


@pytest.fixture
async def other(site: Site) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody else's browser, at another address."""
    transport = httpx.ASGITransport(site.client._transport.app, client=("198.51.100.9", 40000))  # type: ignore[attr-defined]
    async with httpx.AsyncClient(transport=transport, base_url="http://assistant.example") as client:
        yield client


def plant(client: httpx.AsyncClient, cookie: str) -> None:
    """Give a browser the cookie of a session."""
    client.cookies.set(COOKIE, cookie, domain="assistant.example", path="/revue")


async def is_in(client: httpx.AsyncClient) -> bool:
    response = await client.get(ACCOUNT_PAGE)
    assert response.status_code in {200, 303}
    return response.status_code == 200


async def token_of(client: httpx.AsyncClient) -> str:
    return hidden((await client.get(ACCOUNT_PAGE)).text, "jeton")


def deeds(site: Site) -> list[tuple[str, str]]:
    with site.database.read() as connection:
        return [(row.who, row.what) for row in connection.execute(select(journal).order_by(journal.c.id))]


# --- Signing in and out ---


async def test_a_name_and_its_password_open_the_page_that_was_asked_for(site: Site, people: Accounts) -> None:
    asked = await site.client.get("/revue/compte?x=1&y=a%20b")
    assert (asked.status_code, asked.headers["location"]) == (303, f"{PATH}?suite=/revue/compte%3Fx%3D1%26y%3Da%2520b")
    page = await site.client.get(asked.headers["location"])
    answer = await sign_in(site.client, "Ines", RIGHT, suite=hidden(page.text, "suite"))
    assert (answer.status_code, answer.headers["location"]) == (303, "/revue/compte?x=1&y=a%20b")
    assert await is_in(site.client)
    assert deeds(site) == [("ines", SIGNED_IN)]


async def test_who_is_signed_in_is_not_asked_again(site: Site, people: Accounts) -> None:
    await sign_in(site.client, "ines", RIGHT)
    again = await site.client.get(PATH, params={"suite": ACCOUNT_PAGE})
    assert (again.status_code, again.headers["location"]) == (303, ACCOUNT_PAGE)


async def test_the_form_tells_password_managers_what_it_wants(site: Site) -> None:
    html = (await site.client.get(PATH)).text
    assert re.search(r'<label for="nom">.*\n.*id="nom".*autocomplete="username"', html)
    assert re.search(r'<label for="mot-de-passe">.*\n.*id="mot-de-passe".*type="password".*autocomplete="current-password"', html)


async def test_a_wrong_password_and_an_unknown_name_are_told_alike(site: Site, people: Accounts) -> None:
    Accounts(site.database, site.clock).add("omar@association.example", Role.LECTEUR, None)
    answers = [await sign_in(site.client, name, WRONG) for name in ("ines", "personne", "omar@association.example")]
    assert [answer.status_code for answer in answers] == [403] * 3
    told = {re.sub(r'value="[^"]*"', "", answer.text) for answer in answers}
    assert len(told) == 1
    assert "n’est pas le bon" in told.pop()
    assert not await is_in(site.client)


async def test_a_name_that_nobody_bears_is_written_down_nowhere_for_it_may_be_a_password(site: Site, people: Accounts) -> None:
    await sign_in(site.client, "mon-mot-de-passe", WRONG)
    await sign_in(site.client, "ines", WRONG)
    assert deeds(site) == [("inconnu", REFUSED), ("ines", REFUSED)]
    with site.database.read() as connection:
        stored = str([connection.execute(select(table)).all() for table in (journal, sign_ins)])
    assert "mon-mot-de-passe" not in stored
    assert WRONG not in stored


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "' OR 1=1 --", "{{ 7*7 }}", "i\x00nes", "é" * 500]
)
async def test_hostile_names_are_only_text(site: Site, people: Accounts, name: str) -> None:
    answer = await sign_in(site.client, name, "' OR 1=1 --")
    assert answer.status_code == 403
    assert "<script>alert" not in answer.text
    assert "<img src=x" not in answer.text
    assert "49" not in answer.text.split("</form>")[0].split('name="nom"')[1]


async def test_signing_out_ends_every_session_of_the_account_also_a_copied_cookie(
    site: Site, people: Accounts, other: httpx.AsyncClient
) -> None:
    await sign_in(site.client, "ines", RIGHT)
    plant(other, site.client.cookies[COOKIE])
    assert await is_in(other)
    out = await site.client.post(OUT, data={"jeton": await token_of(site.client)})
    assert (out.status_code, out.headers["location"]) == (303, PATH)
    assert COOKIE not in site.client.cookies
    assert not await is_in(other)
    await sign_in(site.client, "ines", RIGHT)
    assert await is_in(site.client)
    assert not await is_in(other)


async def test_a_copied_cookie_stays_dead_when_the_clock_is_set_back(site: Site, people: Accounts, other: httpx.AsyncClient) -> None:
    await sign_in(site.client, "ines", RIGHT)
    plant(other, site.client.cookies[COOKIE])
    site.clock.advance(minutes=-30)
    await site.client.post(OUT, data={"jeton": await token_of(site.client)})
    assert not await is_in(other)
    await sign_in(site.client, "ines", RIGHT)
    assert await is_in(site.client)


async def test_signing_out_needs_the_token_and_a_post(site: Site, people: Accounts) -> None:
    await sign_in(site.client, "ines", RIGHT)
    assert (await site.client.get(OUT)).status_code == 405
    assert (await site.client.post(OUT, data={"jeton": ""})).status_code == 403
    assert await is_in(site.client)


# --- Sessions ---


async def test_a_session_has_a_name_of_its_own_each_time_so_that_none_can_be_planted(site: Site, people: Accounts) -> None:
    planted = []
    for _ in range(2):
        await sign_in(site.client, "ines", RIGHT)
        planted.append((site.client.cookies[COOKIE], await token_of(site.client)))
        site.client.cookies.delete(COOKIE)
    plant(site.client, planted[0][0])
    site.clock.advance(minutes=1)
    await site.client.post(OUT, data={"jeton": planted[0][1]})
    await sign_in(site.client, "ines", RIGHT)
    assert len({*planted, (site.client.cookies[COOKIE], await token_of(site.client))}) == 3


FORGED = {
    "nothing": "",
    "rubbish": "x",
    "not ASCII": "é",
    "no signature": "WzEsImluZXMiXQ",
    "signed with another key": "WzEsImluZXMiLCJ4IiwiMjAyNiIsMV0.AAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "very long": "A" * 7000,
}


@pytest.mark.parametrize("cookie", FORGED.values(), ids=FORGED)
async def test_a_forged_cookie_is_no_session(site: Site, people: Accounts, cookie: str) -> None:
    answer = await site.client.get(ACCOUNT_PAGE, headers={b"cookie": f"{COOKIE}={cookie}".encode()})  # type: ignore[dict-item]
    assert answer.status_code == 303


async def test_a_cookie_that_we_signed_for_something_else_is_no_session(site: Site, people: Accounts) -> None:
    await sign_in(site.client, "ines", WRONG)
    await site.client.get(PATH)
    for cookie in [value for name, value in site.client.cookies.items() if name != COOKIE]:
        assert (await site.client.get(ACCOUNT_PAGE, headers={"cookie": f"{COOKIE}={cookie}"})).status_code == 303
    assert site.client.cookies


async def test_a_session_ends_when_it_is_not_used(site: Site, people: Accounts) -> None:
    await sign_in(site.client, "ines", RIGHT)
    site.clock.now += IDLE - timedelta(seconds=1)
    assert await is_in(site.client)
    site.clock.now += IDLE - timedelta(seconds=1)
    assert await is_in(site.client)
    site.clock.now += IDLE
    assert not await is_in(site.client)


async def test_a_session_ends_after_a_working_day_however_it_is_used(site: Site, people: Accounts) -> None:
    await sign_in(site.client, "ines", RIGHT)
    ends = site.clock.now + LONGEST
    while site.clock.now < ends - RENEWAL:
        assert await is_in(site.client)
        site.clock.now += timedelta(minutes=50)
    site.clock.now = ends
    assert not await is_in(site.client)


async def test_a_cookie_is_written_anew_only_now_and_then_and_an_old_copy_ends_by_itself(
    site: Site, people: Accounts, other: httpx.AsyncClient
) -> None:
    await sign_in(site.client, "ines", RIGHT)
    plant(other, site.client.cookies[COOKIE])
    assert "set-cookie" not in (await site.client.get(ACCOUNT_PAGE)).headers
    site.clock.now += RENEWAL
    assert "set-cookie" in (await site.client.get(ACCOUNT_PAGE)).headers
    site.clock.now += IDLE - RENEWAL
    assert await is_in(site.client)
    assert not await is_in(other)


async def test_a_session_from_the_future_does_not_live_until_then(site: Site, people: Accounts) -> None:
    await sign_in(site.client, "ines", RIGHT)
    kept = site.client.cookies[COOKIE]
    site.clock.advance(minutes=-10)
    assert await is_in(site.client)
    for hours in (-5, -24 * 100):
        plant(site.client, kept)
        site.clock.advance(hours=hours)
        assert not await is_in(site.client)


@pytest.mark.parametrize("change", ["removed", "made anew", "demoted", "promoted", "password"])
async def test_the_session_of_an_account_that_is_changed_ends_at_once(site: Site, people: Accounts, change: str) -> None:
    people.add("chef", Role.ADMINISTRATEUR, RIGHT)
    await sign_in(site.client, "ines", RIGHT)
    token = await token_of(site.client)
    site.clock.advance(seconds=1)
    if change in {"removed", "made anew"}:
        people.remove("ines")
    if change == "made anew":
        people.add("ines", Role.ADMINISTRATEUR, RIGHT)
    if change in {"demoted", "promoted"}:
        people.set_role("ines", Role.LECTEUR if change == "demoted" else Role.ADMINISTRATEUR)
    if change == "password":
        people.set_password("ines", WRONG)
    assert not await is_in(site.client)
    sent = await site.client.post(ACCOUNT_PAGE, data={"jeton": token, "actuel": RIGHT, "nouveau": WRONG, "confirmation": WRONG})
    assert (sent.status_code, sent.headers["location"]) == (303, f"{PATH}?suite=/revue")


async def test_the_cookie_cannot_be_read_by_scripts_and_stays_at_home(site: Site, people: Accounts) -> None:
    cookie = next(
        line for line in (await sign_in(site.client, "ines", RIGHT)).headers.get_list("set-cookie") if line.startswith(COOKIE + "=")
    )
    flags = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert flags == {"httponly", "path=/revue", "samesite=lax"}


@pytest.mark.parametrize(
    ("changes", "headers", "secure"),
    [
        ({"public_url": "https://assistant.example"}, {}, True),
        ({"trusted_proxies": ("203.0.113.0/24",)}, SECURE, True),
        ({"trusted_proxies": ("10.0.0.0/8",)}, SECURE, False),
        ({}, SECURE, False),
        ({"public_url": "http://assistant.example"}, {}, False),
    ],
    ids=["public https", "https to a trusted proxy", "somebody else says https", "nobody is trusted", "public http"],
)
async def test_by_https_cookies_are_for_this_host_and_https_only(
    open_site: OpenSite, changes: dict[str, object], headers: dict[str, str], secure: bool
) -> None:
    async with open_site(**changes) as site:
        add_person(site.database, site.clock)
        page = await site.client.get(PATH, headers=headers)
        entry = page.headers["set-cookie"]
        kept = entry.partition(";")[0]
        fields = {"nom": "ines", "mot_de_passe": RIGHT, "jeton": hidden(page.text, "jeton")}
        answer = await site.client.post(PATH, data=fields, headers={**headers, "cookie": kept})
        cookies = [entry, *answer.headers.get_list("set-cookie")]
        session = next(line for line in cookies if COOKIE + "=" in line).partition(";")[0]
        assert answer.status_code == 303
        assert len(cookies) == 4
        for line in cookies:
            assert line.startswith("__Host-") is secure
            assert ("; secure" in line.lower()) is secure
            assert ("; path=/;" in line.lower()) is secure
            assert "domain" not in line.lower()
        inside = await site.client.get(ACCOUNT_PAGE, headers={**headers, "cookie": session})
        assert inside.status_code == 200
        plain = session.replace("__Host-", "")
        if secure:  # a sibling site may plant a cookie without the prefix
            assert (await site.client.get(ACCOUNT_PAGE, headers={**headers, "cookie": plain})).status_code == 303


async def test_nothing_is_kept_in_a_cache(site: Site, people: Accounts) -> None:
    await sign_in(site.client, "ines", RIGHT)
    for path in (PATH, ACCOUNT_PAGE, "/revue"):
        assert (await site.client.get(path)).headers["cache-control"] == "no-store"


# --- Forms ---


async def test_a_form_of_another_session_or_account_is_refused(site: Site, people: Accounts, other: httpx.AsyncClient) -> None:
    people.add("omar", Role.ADMINISTRATEUR, RIGHT)
    await sign_in(site.client, "ines", RIGHT)
    await sign_in(other, "omar", RIGHT)
    tokens = [await token_of(other)]
    kept = dict(site.client.cookies)
    tokens.append(await token_of(site.client))
    site.client.cookies.delete(COOKIE)
    await sign_in(site.client, "ines", RIGHT)
    assert dict(site.client.cookies) != kept
    for token in tokens:
        assert (await site.client.post(OUT, data={"jeton": token})).status_code == 403
    assert await is_in(site.client)


@pytest.mark.parametrize("token", ["", "x", "é", "\ud800"[:0] + "ÿ" * 64, "0" * 64, "a" * 50_000], ids=lambda token: token[:5] or "none")
@pytest.mark.parametrize("where", ["field", "header"])
async def test_a_token_that_is_not_ours_is_refused(site: Site, people: Accounts, token: str, where: str) -> None:
    await sign_in(site.client, "ines", RIGHT)
    if where == "field":
        answer = await site.client.post(OUT, data={"jeton": token})
    else:
        answer = await site.client.post(OUT, data={"x": "y"}, headers={b"x-jeton": token.encode("latin-1")[:8000]})  # type: ignore[dict-item]
    assert answer.status_code == 403
    assert await is_in(site.client)


async def test_the_token_in_the_header_does_for_a_form_without_one(site: Site, people: Accounts) -> None:
    await sign_in(site.client, "ines", RIGHT)
    answer = await site.client.post(OUT, data={"x": "y"}, headers={"X-Jeton": await token_of(site.client)})
    assert answer.status_code == 303


FOREIGN = {
    "another site": {"Sec-Fetch-Site": "cross-site"},
    "another site of the domain": {"Sec-Fetch-Site": "same-site"},
    "another site says": {"Origin": "https://evil.example"},
    "a host that begins like ours": {"Origin": "http://assistant.example.evil.example"},
    "another port": {"Origin": "http://assistant.example:8443"},
}


@pytest.mark.parametrize("headers", FOREIGN.values(), ids=FOREIGN)
@pytest.mark.parametrize("path", [OUT, PATH])
async def test_a_form_from_another_site_is_refused_even_with_its_token(
    site: Site, people: Accounts, other: httpx.AsyncClient, headers: dict[str, str], path: str
) -> None:
    if path == OUT:
        await sign_in(site.client, "ines", RIGHT)
        fields = {"jeton": await token_of(site.client)}
    else:
        fields = {"nom": "ines", "mot_de_passe": RIGHT, "jeton": hidden((await site.client.get(PATH)).text, "jeton")}
    assert (await site.client.post(path, data=fields, headers=headers)).status_code == 403
    assert await is_in(site.client) is (path == OUT)


@pytest.mark.parametrize(
    "headers", [{}, {"Sec-Fetch-Site": "same-origin"}, {"Origin": "null"}, {"Origin": "http://assistant.example"}], ids=str
)
async def test_our_own_forms_come_as_browsers_send_them(site: Site, people: Accounts, headers: dict[str, str]) -> None:
    assert (await sign_in(site.client, "ines", RIGHT, **headers)).status_code == 303


@pytest.mark.parametrize("body", ["json", "multipart", "plain"])
async def test_other_kinds_of_bodies_are_refused(site: Site, people: Accounts, body: str) -> None:
    await sign_in(site.client, "ines", RIGHT)
    token = {"X-Jeton": await token_of(site.client)}
    sent = {
        "json": {"json": {}},
        "multipart": {"files": {"x": b"y"}},
        "plain": {"content": b"x", "headers": {"content-type": "text/plain"}},
    }
    request = sent[body] | {"headers": {**token, **sent[body].get("headers", {})}}  # type: ignore[dict-item]
    assert (await site.client.post(OUT, **request)).status_code == 415  # type: ignore[arg-type]


async def test_nobody_is_signed_in_by_a_form_that_was_shown_to_somebody_else(
    site: Site, people: Accounts, other: httpx.AsyncClient
) -> None:
    """Login CSRF: a visitor must not end up in the account of an attacker."""
    theirs = hidden((await other.get(PATH)).text, "jeton")
    fields = {"nom": "ines", "mot_de_passe": RIGHT, "jeton": theirs}
    without_page = await site.client.post(PATH, data=fields)
    await site.client.get(PATH)
    with_page = await site.client.post(PATH, data=fields)
    for answer in (without_page, with_page):
        assert answer.status_code == 403
        assert "recommencez" in answer.text
    assert not await is_in(site.client)
    assert deeds(site) == []


async def test_a_page_to_sign_in_that_stood_open_too_long_is_shown_again_with_the_name(site: Site, people: Accounts) -> None:
    token = hidden((await site.client.get(PATH)).text, "jeton")
    site.clock.advance(hours=2)
    answer = await site.client.post(PATH, data={"nom": "ines", "mot_de_passe": RIGHT, "jeton": token, "suite": ACCOUNT_PAGE})
    assert (answer.status_code, 'value="ines"' in answer.text, hidden(answer.text, "suite")) == (403, True, ACCOUNT_PAGE)
    fields = {"nom": "ines", "mot_de_passe": RIGHT, "jeton": hidden(answer.text, "jeton")}
    assert (await site.client.post(PATH, data=fields)).status_code == 303


async def test_the_forms_of_one_account_are_limited(site: Site, people: Accounts) -> None:
    await sign_in(site.client, "ines", RIGHT)
    statuses = [(await site.client.post(OUT, data={"jeton": "x"})).status_code for _ in range(601)]
    assert statuses == [403] * 600 + [429]
    site.clock.advance(minutes=1)
    assert (await site.client.post(OUT, data={"jeton": "x"})).status_code == 403


# --- Methods and addresses ---


async def test_other_methods_are_refused_and_head_says_no_more_than_get(site: Site, people: Accounts) -> None:
    assert (await site.client.head(ACCOUNT_PAGE)).status_code == 303
    for method in ("PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"):
        assert (await site.client.request(method, ACCOUNT_PAGE)).status_code == 405
    await sign_in(site.client, "ines", RIGHT)
    head = await site.client.head(ACCOUNT_PAGE)
    assert (head.status_code, head.content) == (200, b"")
    override = {"X-HTTP-Method-Override": "POST", "X-Method": "POST"}
    assert (await site.client.get(OUT, headers=override)).status_code == 405


async def test_a_part_of_a_page_that_nobody_may_see_leads_to_the_sign_in_of_the_whole_page(site: Site, people: Accounts) -> None:
    asked = {"HX-Request": "true", "HX-Current-URL": "http://assistant.example/revue/compte?x=1"}
    answer = await site.client.get(ACCOUNT_PAGE, headers=asked)
    assert (answer.status_code, answer.headers["hx-redirect"]) == (401, f"{PATH}?suite=/revue/compte%3Fx%3D1")
    elsewhere = {"HX-Request": "true", "HX-Current-URL": "http://assistant.example//evil.example/revue"}
    assert (await site.client.get(ACCOUNT_PAGE, headers=elsewhere)).headers["hx-redirect"] == f"{PATH}?suite=/revue"


HOSTILE_TARGETS = [
    "https://evil.example",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/revue//evil.example",
    "/revue/..//evil.example",
    "/revue/../../evil",
    "/revue@evil.example",
    "/revue.evil.example",
    "/revuex",
    "/revue/%2F%2Fevil.example",
    "/revue/%5Cevil.example",
    "/revue?next=//evil.example",
    "/revue?x=\\evil",
    "/revue\r\nSet-Cookie: x=y",
    "/revue\t/evil",
    "/revue\x00",
    "/revue?x=\x01",
    " /revue",
    "/revue ",
    "/revue/é",
    "javascript:alert(1)",
    "data:text/html,x",
    "/",
    "/static/base.css",
    "/revue/" + "a" * 3000,
    "/revue/connexion?suite=/revue",
    "/revue/deconnexion",
    "/revue/oidc?suite=/revue",
    "/REVUE",
    "/revue/compte#//evil",
    "",
]


@pytest.mark.parametrize("target", HOSTILE_TARGETS, ids=repr)
def test_no_address_leads_elsewhere(target: str) -> None:
    assert safe_target(target) == "/revue"


@pytest.mark.parametrize("target", ["/revue", "/revue/", "/revue/conversations/a-1_b", "/revue?statut=a_faire&q=%C3%A9t%C3%A9&page=2"])
def test_our_own_pages_are_kept(target: str) -> None:
    assert safe_target(target) == target


@pytest.mark.parametrize("target", ["//evil.example", "/\\evil.example", "%2F%2Fevil.example", "https://evil.example", "/revue\r\nX: y"])
async def test_signing_in_leads_nowhere_else(site: Site, people: Accounts, target: str) -> None:
    page = (await site.client.get(f"{PATH}?suite={quote(target)}")).text
    assert hidden(page, "suite") == "/revue"
    fields = {"nom": "ines", "mot_de_passe": RIGHT, "jeton": hidden(page, "jeton"), "suite": target}
    assert (await site.client.post(PATH, data=fields)).headers["location"] == "/revue"
    assert (await site.client.get(PATH, params={"suite": target})).headers["location"] == "/revue"


# --- Guessing ---


async def attempt(client: httpx.AsyncClient, name: str, password: str, token: str) -> httpx.Response:
    return await client.post(PATH, data={"nom": name, "mot_de_passe": password, "jeton": token})


async def test_500_wrong_passwords_let_nobody_in_and_the_right_one_works_after_the_wait(site: Site, people: Accounts) -> None:
    token = hidden((await site.client.get(PATH)).text, "jeton")
    statuses = []
    for number in range(500):
        statuses.append((await attempt(site.client, "ines", f"{WRONG}-{number}", token)).status_code)
        site.clock.advance(seconds=2)
    assert {303, 200} & set(statuses) == set()
    assert statuses[:6] == [403] * 5 + [429]
    assert statuses.count(403) <= 13
    assert (await site.chat("bonjour")).status_code == 200
    waiting = await attempt(site.client, "ines", RIGHT, token)
    assert waiting.status_code == 429
    assert "Plusieurs essais" in waiting.text
    assert not await is_in(site.client)
    site.clock.advance(seconds=int(waiting.headers["retry-after"]))
    assert (await attempt(site.client, "ines", RIGHT, token)).status_code == 303
    assert sum(line.count for line in refusals(site)) == statuses.count(403)


def refusals(site: Site) -> list[Any]:
    with site.database.read() as connection:
        return connection.execute(select(journal).where(journal.c.what == REFUSED).order_by(journal.c.id)).all()  # type: ignore[no-any-return]


async def test_strangers_do_not_fill_the_journal(site: Site, people: Accounts) -> None:
    """One line for each account and hour, and one for all names that nobody bears."""
    token = hidden((await site.client.get(PATH)).text, "jeton")
    site.clock.now = site.clock.now.replace(minute=0)
    for hour in range(2):
        for name in ("ines", "nom1", "nom2", "ines", "nom3"):
            assert (await attempt(site.client, name, WRONG, token)).status_code == 403
            site.clock.advance(seconds=20)
        site.clock.advance(seconds=3600 if hour == 0 else 0)
        token = hidden((await site.client.get(PATH)).text, "jeton")
    assert [(line.who, line.count) for line in refusals(site)] == [("ines", 2), ("inconnu", 3)] * 2


async def test_500_wrong_passwords_for_as_many_names_slow_their_address_down_and_nobody_else(
    site: Site, people: Accounts, other: httpx.AsyncClient
) -> None:
    token = hidden((await other.get(PATH)).text, "jeton")
    statuses = []
    for number in range(500):
        statuses.append((await attempt(other, f"nom{number}", WRONG, token)).status_code)
        site.clock.advance(seconds=2)
    assert statuses[:21] == [403] * 20 + [429]
    assert statuses.count(403) <= 28
    assert (await sign_in(site.client, "ines", RIGHT)).status_code == 303


async def test_while_one_attacks_her_name_an_administrator_gets_in_from_a_browser_that_she_has_used(
    open_site: OpenSite, site: Site, people: Accounts, other: httpx.AsyncClient
) -> None:
    await sign_in(site.client, "ines", RIGHT)
    await site.client.post(OUT, data={"jeton": await token_of(site.client)})
    token = hidden((await other.get(PATH)).text, "jeton")
    for number in range(200):
        other._transport.client = (f"198.51.100.{number}", 40000)  # type: ignore[attr-defined]
        await attempt(other, "ines", WRONG, token)
        site.clock.advance(seconds=1)
    assert (await attempt(other, "ines", RIGHT, token)).status_code == 429
    assert (await sign_in(site.client, "ines", RIGHT)).status_code == 303


async def test_another_account_s_known_browser_is_counted_like_any_other(site: Site, people: Accounts) -> None:
    people.add("omar", Role.LECTEUR, RIGHT)
    await sign_in(site.client, "omar", RIGHT)
    await site.client.post(OUT, data={"jeton": await token_of(site.client)})
    token = hidden((await site.client.get(PATH)).text, "jeton")
    statuses = [(await attempt(site.client, "ines", WRONG, token)).status_code for _ in range(6)]
    assert statuses == [403] * 5 + [429]


async def test_a_client_that_sends_many_forms_is_told_to_wait_before_anything_is_looked_at(site: Site, people: Accounts) -> None:
    statuses = [(await site.client.post(PATH, data={"jeton": "x"})).status_code for _ in range(31)]
    assert statuses == [403] * 30 + [429]


async def test_a_flood_of_passwords_does_not_keep_the_chat_waiting(site: Site, people: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    """While every place for a password is taken, others wait, more are turned away, and the chat answers."""
    gate = Event()
    monkeypatch.setattr(CHEAP.__class__, "fits", lambda *_: gate.wait(20) and False)
    transport = site.client._transport
    async with httpx.AsyncClient(transport=transport, base_url="http://assistant.example") as client:
        page = await client.get(PATH)
        token, cookies = hidden(page.text, "jeton"), dict(client.cookies)

        async def flood(number: int) -> int:
            source = httpx.ASGITransport(transport.app, client=(f"10.1.{number}.1", 40000))  # type: ignore[attr-defined]
            async with httpx.AsyncClient(transport=source, base_url="http://assistant.example", cookies=cookies) as one:
                return (await attempt(one, f"nom{number}", WRONG, token)).status_code

        count = password_desk.AT_ONCE + password_desk.WAITING + 10
        flooding = [asyncio.create_task(flood(number)) for number in range(count)]
        while sum(task.done() for task in flooding) < 10:
            await asyncio.sleep(0.01)
        assert (await site.chat("bonjour")).status_code == 200
        gate.set()
        statuses = sorted(await asyncio.gather(*flooding))
    assert statuses == [403] * (count - 10) + [503] * 10


async def test_strangers_who_take_every_place_do_not_keep_out_who_comes_from_a_known_browser(
    site: Site, people: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sign_in(site.client, "ines", RIGHT)
    await site.client.post(OUT, data={"jeton": await token_of(site.client)})
    gate, really_fits = Event(), CHEAP.__class__.fits
    monkeypatch.setattr(CHEAP.__class__, "fits", lambda *given: really_fits(*given) if given[2] == RIGHT else gate.wait(20) and False)
    transport = site.client._transport
    async with httpx.AsyncClient(transport=transport, base_url="http://assistant.example") as client:
        token, cookies = hidden((await client.get(PATH)).text, "jeton"), dict(client.cookies)

        async def flood(number: int) -> int:
            source = httpx.ASGITransport(transport.app, client=(f"2001:db8:{number:x}::1", 40000))  # type: ignore[attr-defined]
            async with httpx.AsyncClient(transport=source, base_url="http://assistant.example", cookies=cookies) as one:
                return (await attempt(one, f"nom{number}", WRONG, token)).status_code

        places = password_desk.AT_ONCE + password_desk.WAITING
        flooding = [asyncio.create_task(flood(number)) for number in range(30)]
        while sum(task.done() for task in flooding) < 30 - places:
            await asyncio.sleep(0.01)
        try:
            assert (await asyncio.wait_for(sign_in(site.client, "ines", RIGHT), 10)).status_code == 303
            assert sum(task.done() for task in flooding) == 30 - places
        finally:
            gate.set()
            statuses = sorted(await asyncio.gather(*flooding))
    assert statuses == [403] * places + [503] * (30 - places)


# --- One's own account ---


async def test_who_changes_the_password_stays_signed_in_here_and_nowhere_else(
    site: Site, people: Accounts, other: httpx.AsyncClient
) -> None:
    await sign_in(site.client, "ines", RIGHT)
    await sign_in(other, "ines", RIGHT)
    fields = {"jeton": await token_of(site.client), "actuel": RIGHT, "nouveau": WRONG, "confirmation": WRONG}
    site.clock.now += RENEWAL
    answer = await site.client.post(ACCOUNT_PAGE, data=fields)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{ACCOUNT_PAGE}?change=oui")
    assert "est changé" in (await site.client.get(answer.headers["location"])).text
    assert not await is_in(other)
    assert people.verify("ines", WRONG)
    assert ("ines", ACCOUNT) in deeds(site)


REFUSED_CHANGES = {
    "the present one is wrong": ({"actuel": WRONG}, "actuel n’est pas le bon"),
    "two different ones": ({"confirmation": RIGHT}, "ne sont pas les mêmes"),
    "too short": ({"nouveau": "court", "confirmation": "court"}, "trop court"),
    "nothing": ({"nouveau": "", "confirmation": ""}, "trop court"),
    "too long": ({"nouveau": "ab1-" * 60, "confirmation": "ab1-" * 60}, "trop long"),
}


@pytest.mark.parametrize(("fields", "said"), REFUSED_CHANGES.values(), ids=REFUSED_CHANGES)
async def test_a_change_that_is_refused_says_why_and_changes_nothing(
    site: Site, people: Accounts, fields: dict[str, str], said: str
) -> None:
    await sign_in(site.client, "ines", RIGHT)
    usual = {"jeton": await token_of(site.client), "actuel": RIGHT, "nouveau": WRONG, "confirmation": WRONG}
    answer = await site.client.post(ACCOUNT_PAGE, data=usual | fields)
    assert (answer.status_code, said in answer.text) == (422, True)
    assert people.verify("ines", RIGHT)
    assert await is_in(site.client)


async def test_a_session_that_was_left_open_does_not_let_its_finder_guess_the_password(site: Site, people: Accounts) -> None:
    await sign_in(site.client, "ines", RIGHT)
    fields = {"jeton": await token_of(site.client), "nouveau": WRONG, "confirmation": WRONG}
    statuses = [(await site.client.post(ACCOUNT_PAGE, data=fields | {"actuel": f"{WRONG}-{number}"})).status_code for number in range(7)]
    assert statuses == [422] * 5 + [429] * 2


async def test_an_account_of_the_identity_service_has_no_password_to_change(site: Site) -> None:
    from support.reviewer import reviewer

    me = reviewer(site, Role.LECTEUR)
    assert 'type="password"' not in (await me.get(ACCOUNT_PAGE)).text
    assert (await me.post(ACCOUNT_PAGE, {"actuel": "", "nouveau": WRONG, "confirmation": WRONG})).status_code == 422
