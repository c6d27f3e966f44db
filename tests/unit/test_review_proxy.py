"""The identity service of the review is reached by the proxies of the environment, not by CIC_PROXY: docs/deployment.md says so."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from support.forward_proxy import ForwardProxy

from bot.benchmarks.ports import free_ports
from bot.storage import utc_now
from bot.web.bodies import RefusedError
from bot.web.review.identity import Beginning, IdentityService


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[ForwardProxy]:
    started = ForwardProxy()
    started.answer = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"
    monkeypatch.setenv("HTTPS_PROXY", started.url)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    yield started
    started.close()


@pytest.mark.parametrize(
    ("host", "asked"), [("identite.example", ["identite.example:443"]), ("127.0.0.1", [])], ids=["by the proxy", "named in NO_PROXY"]
)
def test_the_identity_service_is_reached_as_the_environment_says(proxy: ForwardProxy, host: str, asked: list[str]) -> None:
    issuer = f"https://{host}" if asked else f"https://{host}:{free_ports(1)[0]}"
    service = IdentityService(issuer, "revue", "secret", utc_now)
    with pytest.raises(RefusedError):
        asyncio.run(service.address(Beginning.fresh(), "https://assistant.example/revue/oidc/retour"))
    assert proxy.asked == asked
