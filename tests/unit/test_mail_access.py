"""Tokens for mail servers that take no password: what is asked of the service, how long a token serves, and what its refusals mean."""

from __future__ import annotations

import asyncio
import socket
import time
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from support.certificates import contexts
from support.forward_proxy import ForwardProxy
from support.token_service import CLIENT_ID, SECRET, Reply, TokenService
from support.waiting import wait_for

from bot.alerts import cause_of
from bot.channel_settings import MAIL_SCOPE, MailAccess
from bot.mail_access import EARLY_SECONDS, LIFE_SECONDS, PAUSE_SECONDS, REFUSED_PAUSE_SECONDS, MailAccessError, MailTokens

PERSON = "awa.ndiaye@commune.example"
PASSWORD = "mot-du-mandataire"


@pytest.fixture
def service() -> Iterator[TokenService]:
    started = TokenService()
    yield started
    started.close()


@dataclass
class Clock:
    """Seconds that only go forward."""

    passed: float = 1000.0

    def __call__(self) -> float:
        return self.passed


def declined(error: Any, description: str = "", status: int = 400) -> Reply:
    return Reply(status, {"error": error, "error_description": description})


def failure_of(service: TokenService, reply: Reply) -> MailAccessError:
    service.reply = reply
    with pytest.raises(MailAccessError) as caught:
        MailTokens(service.access).token_now()
    return caught.value


# --- what is asked ---


def test_an_app_asks_in_its_own_name_with_its_secret_in_the_body(service: TokenService) -> None:
    assert MailTokens(service.access).token_now() == "token-1"
    asked = {"grant_type": "client_credentials", "scope": MAIL_SCOPE, "client_id": CLIENT_ID, "client_secret": SECRET}
    assert service.posted == [asked]
    assert "authorization" not in service.headers[0]


def test_the_scope_may_be_another_and_a_slash_at_the_end_stays(service: TokenService) -> None:
    MailTokens(replace(service.access, url=f"{service.url}/", scope="mail")).token_now()
    assert (service.posted[0]["scope"], service.paths) == ("mail", ["/token/"])


def test_the_proxies_of_the_environment_are_not_ours(service: TokenService, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert MailTokens(service.access).token_now() == "token-1"


# --- how long a token serves ---


def test_a_token_serves_until_some_minutes_before_its_end(service: TokenService) -> None:
    clock = Clock()
    tokens = MailTokens(service.access, clock=clock)
    seen = []
    for passed in (0.0, 3599 - EARLY_SECONDS - 1, 3599 - EARLY_SECONDS):
        clock.passed = 1000.0 + passed
        seen.append(tokens.token_now())
    assert seen == ["token-1", "token-1", "token-2"]


@pytest.mark.parametrize(
    ("more", "life"),
    [
        ({}, LIFE_SECONDS),
        ({"expires_in": None}, LIFE_SECONDS),
        ({"expires_in": "1200"}, 1200.0),
        ({"expires_in": 1200.9}, 1200.0),
        ({"expires_in": 10**30}, LIFE_SECONDS),
        ({"expires_in": 0}, 0.0),
        ({"expires_in": -5}, 0.0),
    ],
    ids=repr,
)
def test_a_life_that_is_not_told_or_endless_is_an_hour(service: TokenService, more: dict[str, Any], life: float) -> None:
    service.more = more
    clock = Clock()
    tokens = MailTokens(service.access, clock=clock)
    assert tokens.token_now() == "token-1"
    clock.passed += max(life - EARLY_SECONDS - 1, 0)
    assert tokens.token_now() == ("token-1" if life else "token-2")
    clock.passed += 1
    assert tokens.token_now() == ("token-2" if life else "token-3")


def test_a_life_is_counted_from_when_the_token_was_asked_for(service: TokenService) -> None:
    clock = Clock()
    tokens = MailTokens(service.access, clock=clock)
    service.open.clear()
    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(tokens.token_now)
        wait_for("the service is asked", lambda: service.posted, every=0.01)
        clock.passed += 3599 - EARLY_SECONDS
        service.open.set()
        assert asking.result(10) == "token-1"
    assert tokens.token_now() == "token-2"


def test_a_token_that_was_refused_is_replaced_unless_another_one_was_given_since(service: TokenService) -> None:
    tokens = MailTokens(service.access)
    tokens.forget("")
    first = tokens.token_now()
    tokens.forget(first)
    second = tokens.token_now()
    tokens.forget(first)
    assert [first, second, tokens.token_now()] == ["token-1", "token-2", "token-2"]


def test_all_who_wait_are_given_one_token_and_hold_up_nobody_else(service: TokenService) -> None:
    tokens = MailTokens(service.access)
    service.open.clear()

    async def wait() -> list[str]:
        asking = [asyncio.ensure_future(tokens.token()) for _ in range(20)]
        while not service.posted:
            await asyncio.wait_for(asyncio.to_thread(int), 5)  # the threads of the pool are free
            await asyncio.sleep(0.01)
        asking.pop().cancel()  # who gives up takes the answer from nobody
        await asyncio.sleep(0)
        service.open.set()
        return await asyncio.gather(*asking)

    assert asyncio.run(wait()) == ["token-1"] * 19
    assert len(service.posted) == 1


# --- what goes wrong ---


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (declined("invalid_client", f"AADSTS7000222: The secret of {PERSON} is expired. Trace ID: 0a1b", 401), "AADSTS7000222"),
        (declined("unauthorized_client", f"AADSTS700016: {PERSON} was not found"), "AADSTS700016"),
        (declined("invalid_client", f"no such client for {PERSON}", 401), "invalid_client"),
        (declined(f"of {PERSON}"), "erreur"),
        (declined({"message": PERSON}), "erreur"),
        (declined("invalid_scope", "", 200), "invalid_scope"),
    ],
    ids=["expired secret", "unknown app", "another service", "a sentence", "an object", "with 200"],
)
def test_settings_that_are_refused_are_told_by_a_code_alone(
    service: TokenService, caplog: pytest.LogCaptureFixture, reply: Reply, told: str
) -> None:
    error = failure_of(service, reply)
    assert error.refused
    assert str(error) == f"Le service de CIC_MAIL_OAUTH_URL refuse nos réglages CIC_MAIL_OAUTH_… : {told}."
    assert told in caplog.text
    assert cause_of(str(error)) == ("unknown" if told == "erreur" else told)
    assert not any(word in str(error) + caplog.text for word in ("ndiaye", "Trace", SECRET))


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (declined("temporarily_unavailable"), "temporarily_unavailable"),
        (declined("server_error", "AADSTS90033: later"), "AADSTS90033"),
        (declined("temporarily_unavailable", status=503), "HTTPStatusError"),
        (Reply(500, b"<html>"), "HTTPStatusError"),
        (Reply(403, b"<html>blocked</html>"), "HTTPStatusError"),
        (Reply(200, b"<html>"), "ValueError"),
        (Reply(200, b"[1]"), "ValueError"),
        (Reply(200, b'"token"'), "ValueError"),
        (Reply(200, {}), "ValueError"),
        (Reply(200, {"access_token": ""}), "ValueError"),
        (Reply(200, {"access_token": "a token\r\nof two"}), "ValueError"),
        (Reply(200, {"access_token": 7}), "ValueError"),
        (Reply(200, {"access_token": "t", "expires_in": "soon"}), "ValueError"),
        (Reply(200, {"access_token": "t", "expires_in": [1]}), "TypeError"),
        (Reply(200, b'{"access_token": "t", "expires_in": Infinity}'), "OverflowError"),
    ],
)
def test_a_service_that_is_out_of_order_is_asked_again_later(
    service: TokenService, caplog: pytest.LogCaptureFixture, reply: Reply, told: str
) -> None:
    error = failure_of(service, reply)
    assert not error.refused
    assert f"({told})." in str(error)
    assert cause_of(str(error)) == told
    assert caplog.text == ""


def test_a_service_that_is_away_is_asked_again_later() -> None:
    service = TokenService()
    service.close()
    with pytest.raises(MailAccessError, match=r"\(ConnectError\)") as caught:
        MailTokens(service.access).token_now()
    assert not caught.value.refused


@pytest.mark.parametrize(
    ("reply", "pause"),
    [(Reply(500, b""), PAUSE_SECONDS), (declined("invalid_client", "AADSTS7000222", 401), REFUSED_PAUSE_SECONDS)],
    ids=["out of order", "refuses us"],
)
def test_a_service_that_failed_is_left_alone_for_a_while(service: TokenService, reply: Reply, pause: float) -> None:
    clock = Clock()
    tokens = MailTokens(service.access, clock=clock)
    service.reply = reply
    told = []
    for passed in (0.0, pause - 1):
        clock.passed += passed
        with pytest.raises(MailAccessError) as caught:
            tokens.token_now()
        told.append((str(caught.value), caught.value.refused))
        service.reply = None
    assert told[0] == told[1]
    assert len(service.posted) == 1
    clock.passed += 2
    assert tokens.token_now() == "token-1"


def test_a_service_that_gives_its_answer_drop_by_drop_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.mail_access.SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as pool:

        def drip() -> None:
            connection, _ = server.accept()
            with connection, suppress(OSError):
                for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n" + b" " * 900:
                    connection.sendall(bytes([byte]))
                    time.sleep(0.02)

        pool.submit(drip)
        access = MailAccess(f"http://127.0.0.1:{server.getsockname()[1]}/token", "assistant", "secret")
        with pytest.raises(MailAccessError, match="TimeoutError"):
            MailTokens(access).token_now()


def test_our_secret_does_not_follow_a_redirect(service: TokenService) -> None:
    elsewhere = TokenService()
    error = failure_of(service, Reply(307, b"", {"Location": elsewhere.url}))
    elsewhere.close()
    assert (error.refused, elsewhere.posted) == (False, [])


# --- the proxy ---


@pytest.fixture
def far(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TokenService]:
    """A service by https that only a proxy knows: identite.example."""
    tls, _ = contexts(tmp_path, "identite.example")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
    started = TokenService(tls=tls)
    yield started
    started.close()


def by_proxy(service: TokenService, proxy: ForwardProxy, credentials: str = "") -> MailTokens:
    return MailTokens(replace(service.access, url="https://identite.example/token"), f"http://{credentials}{proxy.host}")


@pytest.mark.parametrize("credentials", ["", "cic:mot%20d%27%C3%A9t%C3%A9%40@"])
def test_a_token_is_asked_for_through_the_proxy(far: TokenService, credentials: str) -> None:
    proxy = ForwardProxy(far.port, "cic:mot d'été@" if credentials else "")
    assert by_proxy(far, proxy, credentials).token_now() == "token-1"
    proxy.close()
    assert proxy.asked == ["identite.example:443"]


@pytest.mark.parametrize("answer", [b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", b"", None], ids=["502", "hangs up", "407"])
def test_a_proxy_that_does_not_let_us_through_is_named_without_its_password(far: TokenService, answer: bytes | None) -> None:
    proxy = ForwardProxy(far.port, "cic:un autre")
    proxy.answer = answer
    with pytest.raises(MailAccessError, match="CIC_PROXY") as caught:
        by_proxy(far, proxy, f"cic:{PASSWORD}@").token_now()
    proxy.close()
    assert not caught.value.refused
    assert PASSWORD not in "".join(traceback.format_exception(caught.value))
    assert far.posted == []


def test_a_service_of_this_machine_is_not_asked_through_the_proxy(service: TokenService) -> None:
    proxy = ForwardProxy(service.port)
    assert MailTokens(service.access, proxy.url).token_now() == "token-1"
    proxy.close()
    assert proxy.asked == []
