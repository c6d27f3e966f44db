"""Platforms behind a forward proxy (CIC_PROXY): what is said to it, when a call went nowhere, and who uses it."""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
import traceback
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import aiohttp
import pytest
from support.certificates import contexts
from support.forward_proxy import ForwardProxy
from support.platforms.every import PLATFORMS
from support.platforms.platform import SITE, merged
from support.token_service import TokenService

from bot.benchmarks.ports import free_ports
from bot.channels.building import build_connectors
from bot.channels.model import Delivery, UnreadableError
from bot.channels.wire import Answer, Wire
from bot.config import load_settings
from bot.errors import TemporaryDeliveryError, UncertainDeliveryError

PLATFORM = "https://plateforme.example/token"
PASSWORD = "mot-du-mandataire"
BAD_GATEWAY = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    return contexts(tmp_path_factory.mktemp("tls"), "plateforme.example")


@pytest.fixture
def platform(tls: tuple[ssl.SSLContext, ssl.SSLContext]) -> Iterator[TokenService]:
    """A server by https under a name that the proxy alone can reach."""
    started = TokenService(tls=tls[0])
    yield started
    started.close()


def call(url: str, proxy: str, times: int = 1, **options: Any) -> Answer:
    async def run() -> Answer:
        wire = Wire(proxy=proxy)
        try:
            for _ in range(times):
                answer = await wire.call("POST", url, data={"text": "Bonjour"}, **options)
            return answer
        finally:
            await wire.close()

    return asyncio.run(run())


def with_password(proxy: ForwardProxy, credentials: str = f"cic:{PASSWORD}") -> str:
    return f"http://{credentials}@{proxy.host}"


@pytest.mark.parametrize("credentials", ["", "cic:mot d'été à 5 €@"], ids=["open", "with a password"])
def test_a_platform_is_called_through_the_proxy(
    platform: TokenService, tls: tuple[ssl.SSLContext, ssl.SSLContext], credentials: str
) -> None:
    proxy = ForwardProxy(platform.port, credentials)
    url = with_password(proxy, "cic:mot%20d'%C3%A9t%C3%A9%20%C3%A0%205%20%E2%82%AC%40") if credentials else proxy.url
    answer = call(PLATFORM, url, times=2, ssl=tls[1])
    proxy.close()
    assert (answer.status, answer.json()) == (401, {"error": "invalid_client"})
    assert platform.posted == [{"text": "Bonjour"}] * 2
    assert set(proxy.asked) == {"plateforme.example:443"}
    assert not any("proxy" in name for name in platform.headers[0])


def failure(platform: TokenService, proxy: ForwardProxy, **options: Any) -> TemporaryDeliveryError:
    """Why nothing was sent."""
    with pytest.raises(TemporaryDeliveryError) as caught:
        call(PLATFORM, with_password(proxy), **options)
    assert type(caught.value) is TemporaryDeliveryError
    assert platform.posted == []
    assert PASSWORD not in "".join(traceback.format_exception(caught.value))
    return caught.value


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (None, "407"),
        (BAD_GATEWAY, "502"),
        (BAD_GATEWAY.replace(b"502 Bad Gateway", b"403 Forbidden"), "403"),
        (b"", "ServerDisconnectedError"),
        (b"nothing like HTTP\r\n\r\n", "ClientResponseError"),
    ],
    ids=["407", "502", "403", "hangs up", "no HTTP"],
)
def test_a_proxy_that_does_not_let_us_through_has_passed_nothing_on(platform: TokenService, answer: bytes | None, told: str) -> None:
    proxy = ForwardProxy(platform.port, "cic:un autre")
    proxy.answer = answer
    error = failure(platform, proxy)
    proxy.close()
    assert str(error) == f"Le serveur mandataire de CIC_PROXY ne mène pas à la plateforme ({told})."


def test_a_proxy_that_is_away_is_named(platform: TokenService) -> None:
    proxy = ForwardProxy(platform.port)
    proxy.close()
    assert "CIC_PROXY ne mène pas à la plateforme (ClientProxyConnectionError)" in str(failure(platform, proxy))


def test_a_proxy_that_says_nothing_is_left_in_time(platform: TokenService) -> None:
    async def run() -> None:
        heard: list[asyncio.StreamWriter] = []
        server = await asyncio.start_server(lambda _, writer: heard.append(writer), "127.0.0.1", 0)
        wire = Wire(aiohttp.ClientTimeout(total=20, connect=0.2), f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        try:
            await wire.call("POST", PLATFORM)
        finally:
            await wire.close()
            for writer in heard:
                writer.close()
            server.close()
            await server.wait_closed()

    with pytest.raises(TemporaryDeliveryError, match="CIC_PROXY") as caught:
        asyncio.run(run())
    assert type(caught.value) is TemporaryDeliveryError


def test_a_certificate_that_is_not_the_platforms_is_none_of_the_proxys_faults(platform: TokenService) -> None:
    proxy = ForwardProxy(platform.port)
    with pytest.raises(TemporaryDeliveryError) as caught:
        call(PLATFORM, proxy.url)
    proxy.close()
    assert str(caught.value) == "La plateforme ne peut pas être jointe (ClientConnectorCertificateError)."
    assert platform.posted == []


def test_what_was_handed_to_the_proxy_itself_may_have_arrived() -> None:
    proxy = ForwardProxy()
    proxy.answer = b""
    with pytest.raises(UncertainDeliveryError):
        call("http://plateforme.example/token", proxy.url)
    proxy.close()
    assert proxy.asked == ["http://plateforme.example/token"]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_what_is_on_this_machine_is_not_called_through_the_proxy(host: str) -> None:
    near, proxy = TokenService(), ForwardProxy()
    assert call(f"http://{host}:{near.port}/token", proxy.url).status == 401
    proxy.close()
    near.close()
    assert proxy.asked == []


def test_the_proxies_of_the_environment_are_not_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = ForwardProxy()
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, proxy.url)
    with pytest.raises(TemporaryDeliveryError):
        call(f"https://127.0.0.1:{free_ports(1)[0]}/", "http://127.0.0.1:9")
    proxy.close()
    assert proxy.asked == []


# --- the connectors ---

PLACES = {
    "telegram": "api.telegram.org:443",
    "messenger": "graph.facebook.com:443",
    "whatsapp": "graph.facebook.com:443",
    "whatsapp-twilio": "api.twilio.com:443",
    "sms": "api.twilio.com:443",
    "slack": "slack.com:443",
    "teams": "login.microsoftonline.com:443",
}


@pytest.fixture(scope="module")
def environ() -> dict[str, str]:
    """What opens every channel, with the platforms where they are for everybody."""
    given = merged([make() for make in PLATFORMS.values()], CIC_PUBLIC_URL=SITE)
    return {name: value for name, value in given.items() if not name.endswith(("_API", "_LOGIN", "_OPENID"))}


@pytest.mark.parametrize("name", sorted(PLATFORMS.keys() - {"courriel"}))
def test_every_connector_goes_through_the_proxy(environ: dict[str, str], name: str) -> None:
    proxy = ForwardProxy()
    proxy.answer = BAD_GATEWAY
    connector = build_connectors(load_settings(environ | {"CIC_PROXY": proxy.url}, None))[name]

    async def run() -> None:
        health = await connector.check()
        assert health.valid is None
        assert "CIC_PROXY" in health.detail or name in {"sms", "whatsapp-twilio"}
        await connector.close()

    asyncio.run(run())
    proxy.close()
    assert set(proxy.asked) == {PLACES[name]}


def test_the_keys_of_teams_are_fetched_through_the_proxy_too(environ: dict[str, str]) -> None:
    proxy = ForwardProxy()
    proxy.answer = BAD_GATEWAY
    connector = build_connectors(load_settings(environ | {"CIC_PROXY": proxy.url}, None))["teams"]
    head, claims = ({"alg": "RS256", "kid": "x"}, {"iss": "https://api.botframework.com"})
    token = ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in (head, claims))

    async def run() -> None:
        with suppress(UnreadableError):
            await connector.admit(Delivery("POST", "/webhooks/teams", "", {"authorization": f"Bearer {token}.AAAA"}, b""))
        await connector.close()

    asyncio.run(run())
    proxy.close()
    assert proxy.asked == ["login.botframework.com:443"]
