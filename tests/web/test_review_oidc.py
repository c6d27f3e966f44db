"""Signing in to the review application by an identity service, which may lie, and by people who may."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from support.entrance import CHEAP, PATH, RIGHT, hidden
from support.identity_provider import CLIENT_ID, CLIENT_SECRET, IdentityProvider
from support.played_site import Clock, OpenSite, Site

from bot.review.accounts import Accounts
from bot.review.journal import REFUSED, SIGNED_IN, Journal
from bot.review.model import Role
from bot.web.review.oidc import AWAY, BACK, PATIENCE
from bot.web.review.sessions import COOKIE

pytestmark = pytest.mark.anyio

OMAR = "omar@association.example"
ACCOUNT_PAGE = "/revue/compte"
HOUR = 3600


@pytest.fixture
def provider() -> Any:
    running = IdentityProvider(Clock())
    yield running
    running.close()


@pytest.fixture
async def site(open_site: OpenSite, provider: IdentityProvider) -> AsyncIterator[Site]:
    settings = {"oidc_issuer": provider.issuer, "oidc_client_id": CLIENT_ID, "oidc_client_secret": CLIENT_SECRET}
    async with open_site(**settings) as opened:
        provider.clock = opened.clock
        yield opened


@pytest.fixture
def people(site: Site) -> Accounts:
    people = Accounts(site.database, site.clock, CHEAP)
    people.add(OMAR, Role.ANNOTATEUR, None)
    return people


async def come_back(client: httpx.AsyncClient, suite: str = ACCOUNT_PAGE) -> str:
    """Go away to the service; give the address by which it sends back."""
    away = await client.get(AWAY, params={"suite": suite})
    assert away.status_code == 303, away.text
    async with httpx.AsyncClient(verify=False) as browser:  # loopback, and quicker to make
        answer = await browser.get(away.headers["location"])
    assert answer.status_code == 302
    parts = urlsplit(answer.headers["location"])
    return f"{parts.path}?{parts.query}"


async def sign_in(site: Site) -> httpx.Response:
    return await site.client.get(await come_back(site.client))


async def is_in(client: httpx.AsyncClient) -> bool:
    return (await client.get(ACCOUNT_PAGE)).status_code == 200


def deeds(site: Site) -> list[tuple[str, str]]:
    return [(deed["who"], deed["what"]) for deed in Journal(site.database, site.clock).latest(10)]


@asynccontextmanager
async def another_browser(site: Site) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=site.client._transport, base_url="http://assistant.example") as client:
        yield client


async def test_who_has_an_account_gets_in_and_goes_on_where_they_wanted(site: Site, people: Accounts) -> None:
    page = await site.client.get(PATH, params={"suite": ACCOUNT_PAGE})
    assert f'href="{AWAY}?suite={ACCOUNT_PAGE}"' in page.text
    assert "127.0.0.1" in page.text
    answer = await sign_in(site)
    assert (answer.status_code, answer.headers["location"]) == (303, ACCOUNT_PAGE)
    inside = await site.client.get(ACCOUNT_PAGE)
    assert OMAR in inside.text
    assert deeds(site) == [(OMAR, SIGNED_IN)]


async def test_the_way_there_carries_state_nonce_and_a_challenge_new_each_time(site: Site, provider: IdentityProvider) -> None:
    asked = [parse_qs(urlsplit((await site.client.get(AWAY)).headers["location"]).query) for _ in range(2)]
    for query in asked:
        assert query["scope"] == ["openid email"]
        assert query["response_type"] == ["code"]
        assert query["redirect_uri"] == [provider.back]
        assert query["code_challenge_method"] == ["S256"]
        assert CLIENT_SECRET not in str(query)
    for name in ("state", "nonce", "code_challenge"):
        assert len(asked[0][name][0]) >= 32
        assert asked[0][name] != asked[1][name]


async def test_the_first_time_binds_the_account_to_the_person_and_not_to_the_address(
    site: Site, people: Accounts, provider: IdentityProvider
) -> None:
    await sign_in(site)
    provider.person["email"] = "omar.new@association.example"
    site.client.cookies.clear()
    assert (await sign_in(site)).status_code == 303
    provider.person |= {"sub": "somebody-else", "email": OMAR}
    site.client.cookies.clear()
    assert (await sign_in(site)).status_code == 403
    assert not await is_in(site.client)


@pytest.mark.parametrize("spelt", ["OMAR@Association.Example", OMAR])
async def test_the_address_is_compared_without_regard_to_capitals(
    site: Site, people: Accounts, provider: IdentityProvider, spelt: str
) -> None:
    provider.person["email"] = spelt
    assert (await sign_in(site)).status_code == 303


async def test_the_address_may_stand_on_a_page_of_its_own(site: Site, people: Accounts, provider: IdentityProvider) -> None:
    provider.email_in_token = False
    assert (await sign_in(site)).status_code == 303
    assert "/me" in provider.asked


async def test_that_page_may_not_speak_of_somebody_else(site: Site, people: Accounts, provider: IdentityProvider) -> None:
    provider.email_in_token = False
    provider.person = {"sub": "mallory"}
    provider.told = {"sub": "omar-1", "email": OMAR, "email_verified": True}
    assert (await sign_in(site)).status_code == 403
    assert not await is_in(site.client)


async def test_a_service_that_wants_our_secret_in_the_form_gets_it_there(site: Site, people: Accounts, provider: IdentityProvider) -> None:
    provider.description["token_endpoint_auth_methods_supported"] = ["client_secret_post"]
    assert (await sign_in(site)).status_code == 303


async def test_a_new_key_of_the_service_is_fetched(site: Site, people: Accounts, provider: IdentityProvider) -> None:
    await sign_in(site)
    provider.change_key()
    site.client.cookies.clear()
    assert (await sign_in(site)).status_code == 303
    assert provider.asked.count("/jwks") == 2


UNKNOWN: dict[str, dict[str, Any]] = {
    "somebody without an account": {"sub": "lea-1", "email": "lea@association.example", "email_verified": True},
    "an address that is not verified": {"email_verified": False},
    "an address of which nobody says that it is verified": {"email_verified": None},
    "verified in a word that is none": {"email_verified": "no"},
    "no address": {"email": None},
    "addresses": {"email": [OMAR]},
    "an address with a tail": {"email": f"{OMAR}\x00"},
    "an address with spaces": {"email": f" {OMAR}"},
}


@pytest.mark.parametrize("person", UNKNOWN.values(), ids=UNKNOWN)
async def test_who_has_no_account_gets_none(site: Site, people: Accounts, provider: IdentityProvider, person: dict[str, Any]) -> None:
    provider.person |= person
    answer = await sign_in(site)
    assert (answer.status_code, "aucun compte" in answer.text) == (403, True)
    assert not await is_in(site.client)
    assert [entry.name for entry in people.entries()] == [OMAR]
    assert not people.entries()[0].bound
    assert deeds(site) == [("inconnu", REFUSED)]


async def test_an_account_with_a_password_is_not_taken_over_by_its_address(site: Site, provider: IdentityProvider) -> None:
    Accounts(site.database, site.clock, CHEAP).add(OMAR, Role.ADMINISTRATEUR, RIGHT)
    assert (await sign_in(site)).status_code == 403


async def test_the_same_name_at_another_service_is_somebody_else(site: Site, people: Accounts) -> None:
    people.recognise("https://other.example|omar-1", OMAR)
    assert (await sign_in(site)).status_code == 403


LIES: dict[str, dict[str, Any]] = {
    "another nonce": {"nonce": "of another attempt"},
    "no nonce": {"nonce": None},
    "for another application": {"aud": "another"},
    "for another application, asked for by us": {"aud": "another", "azp": CLIENT_ID},
    "for none": {"aud": None},
    "for others too, without saying for whom": {"aud": [CLIENT_ID, "another"]},
    "for us too, but made for another": {"aud": [CLIENT_ID, "another"], "azp": "another"},
    "from another service": {"iss": "https://evil.example"},
    "from nobody": {"iss": None},
    "without an end": {"exp": None},
    "with an end that is no number": {"exp": "tomorrow"},
    "without a beginning": {"iat": None},
    "about nobody": {"sub": None},
    "about nobody that can be named": {"sub": ""},
    "about a number": {"sub": 1},
    "about somebody with a line break": {"sub": "omar-1\n"},
    "about somebody very long": {"sub": "o" * 300},
}


@pytest.mark.parametrize("claims", LIES.values(), ids=LIES)
async def test_a_token_that_is_not_for_this_attempt_is_refused(
    site: Site, people: Accounts, provider: IdentityProvider, claims: dict[str, Any]
) -> None:
    provider.claims = claims
    answer = await sign_in(site)
    assert (answer.status_code, "vérifiée" in answer.text) == (403, True)
    assert not await is_in(site.client)


@pytest.mark.parametrize("times", [{"exp": -HOUR}, {"exp": -120}, {"iat": HOUR}, {"nbf": HOUR}], ids=str)
async def test_a_token_of_another_time_is_refused(site: Site, people: Accounts, provider: IdentityProvider, times: dict[str, int]) -> None:
    provider.claims = {name: int(site.clock().timestamp()) + offset for name, offset in times.items()}
    assert (await sign_in(site)).status_code == 403
    assert not await is_in(site.client)


async def test_clocks_may_differ_a_little(site: Site, people: Accounts, provider: IdentityProvider) -> None:
    now = int(site.clock().timestamp())
    provider.claims = {"exp": now - 30, "iat": now + 30}
    assert (await sign_in(site)).status_code == 303


@pytest.mark.parametrize("signing", ["none", "stranger", "HS256", "HS256-secret"])
async def test_a_token_that_its_keys_did_not_sign_is_refused(
    site: Site, people: Accounts, provider: IdentityProvider, signing: str
) -> None:
    provider.signing = signing
    assert (await sign_in(site)).status_code == 403
    assert not await is_in(site.client)


async def test_another_state_is_refused_and_the_attempt_is_over(site: Site, people: Accounts, provider: IdentityProvider) -> None:
    right = await come_back(site.client)
    query = {name: values[0] for name, values in parse_qs(urlsplit(right).query).items()}
    for state in ("", "x", "é", query["state"][:-1]):
        wrong = await site.client.get(BACK, params=query | {"state": state})
        assert wrong.status_code == 403
    assert "/token" not in provider.asked
    assert (await site.client.get(right)).status_code == 403
    assert not await is_in(site.client)


async def test_an_answer_is_good_in_the_browser_that_began_and_once(site: Site, people: Accounts, provider: IdentityProvider) -> None:
    """Else an attacker could sign a visitor in under the attacker's own account, by a link."""
    right = await come_back(site.client)
    async with another_browser(site) as other:
        assert (await other.get(right)).status_code == 403
        await other.get(AWAY)
        assert (await other.get(right)).status_code == 403
        assert not await is_in(other)
    assert provider.asked.count("/token") == 0
    assert (await site.client.get(right)).status_code == 303
    site.client.cookies.delete(COOKIE)
    assert (await site.client.get(right)).status_code == 403
    assert not await is_in(site.client)


async def test_an_answer_that_comes_too_late_is_refused(site: Site, people: Accounts) -> None:
    right = await come_back(site.client)
    site.clock.now += PATIENCE + timedelta(seconds=1)
    assert (await site.client.get(right)).status_code == 403


async def test_a_code_that_the_service_does_not_know_is_refused(site: Site, people: Accounts) -> None:
    state = parse_qs(urlsplit(await come_back(site.client)).query)["state"][0]
    assert (await site.client.get(BACK, params={"code": "x", "state": state})).status_code == 403


ANSWERS = {
    "declined": {"error": "access_denied", "error_description": "<script>alert(1)</script>"},
    "without a code": {},
    "from another service": {"code": "x", "iss": "https://evil.example"},
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
async def test_an_answer_that_is_none_leads_back_to_the_form(site: Site, people: Accounts, answer: dict[str, str]) -> None:
    state = parse_qs(urlsplit(await come_back(site.client)).query)["state"][0]
    page = await site.client.get(BACK, params=answer | {"state": state})
    assert (page.status_code, "<script>alert" in page.text) == (403, False)
    assert hidden(page.text, "suite") == ACCOUNT_PAGE


DESCRIPTIONS: dict[str, dict[str, Any]] = {
    "under another name": {"issuer": "https://evil.example"},
    "a page to sign in that others read": {"authorization_endpoint": "http://identite.example/authorize"},
    "a door that others read": {"token_endpoint": "http://identite.example/token"},
    "keys that others may change": {"jwks_uri": "http://identite.example/jwks"},
    "an address that is none": {"token_endpoint": "javascript:alert(1)"},
    "no address": {"authorization_endpoint": None},
}


@pytest.mark.parametrize("description", DESCRIPTIONS.values(), ids=DESCRIPTIONS)
async def test_a_service_that_is_not_the_one_or_not_safe_is_not_used(
    site: Site, people: Accounts, provider: IdentityProvider, description: dict[str, Any]
) -> None:
    provider.description = description
    answer = await site.client.get(AWAY)
    assert (answer.status_code, "ne répond pas comme prévu" in answer.text) == (502, True)


async def test_a_service_that_is_away_is_said_to_be_and_passwords_still_open(
    site: Site, people: Accounts, provider: IdentityProvider
) -> None:
    people.add("ines", Role.LECTEUR, RIGHT)
    provider.close()
    answer = await site.client.get(AWAY, params={"suite": ACCOUNT_PAGE})
    assert answer.status_code == 502
    fields = {"nom": "ines", "mot_de_passe": RIGHT, "jeton": hidden(answer.text, "jeton")}
    assert (await site.client.post(PATH, data=fields)).status_code == 303


async def test_the_way_back_is_the_public_address_and_follows_no_host_header(open_site: OpenSite, provider: IdentityProvider) -> None:
    settings = {"oidc_issuer": provider.issuer, "oidc_client_id": CLIENT_ID, "oidc_client_secret": CLIENT_SECRET}
    async with open_site(public_url="https://assistant.example", **settings) as site:
        away = await site.client.get(AWAY, headers={"Host": "evil.example"})
        assert parse_qs(urlsplit(away.headers["location"]).query)["redirect_uri"] == [f"https://assistant.example{BACK}"]
    async with open_site(**settings) as site:
        assert (await site.client.get(AWAY, headers={"Host": "evil.example/x?"})).status_code == 400


@pytest.mark.parametrize("suite", ["//evil.example", "https://evil.example", "/revue/oidc"])
async def test_the_way_leads_nowhere_else(site: Site, people: Accounts, suite: str) -> None:
    answer = await site.client.get(await come_back(site.client, suite))
    assert answer.headers["location"] == "/revue"


async def test_the_state_of_an_attempt_cannot_be_made_up(site: Site, people: Accounts) -> None:
    query = urlencode({"code": "x", "state": "x"})
    for cookie in ("", "x", "WzE3NzIsIi9yZXZ1ZSIsIngiLCJ4IiwieCJd.AAAA"):
        answer = await site.client.get(f"{BACK}?{query}", headers={"cookie": f"cic_revue_oidc={cookie}"})
        assert answer.status_code == 403


async def test_the_session_of_who_signed_in_this_way_ends_like_any_other(site: Site, people: Accounts) -> None:
    await sign_in(site)
    people.set_role(OMAR, Role.LECTEUR)
    assert not await is_in(site.client)


async def test_without_a_service_there_is_neither_button_nor_address(open_site: OpenSite) -> None:
    async with open_site() as site:
        assert "/revue/oidc" not in (await site.client.get(PATH)).text
        assert [(await site.client.get(path)).status_code for path in (AWAY, BACK)] == [404, 404]
