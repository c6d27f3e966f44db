"""What every response has in common: safety headers, CORS, errors as sentences; health and figures."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from support.played_site import CONTENT, Clock, FakeMailWorker, FakeRasa, OpenSite, Site, say

from bot.config import Settings
from bot.rasa_client import NotReadyError
from bot.storage import Database
from bot.web.app import create_app, keep_running
from bot.web.showing import Showing

pytestmark = pytest.mark.anyio

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SITE = "https://www.commune.example"


@pytest.mark.parametrize("path", ["/", "/api/chat", "/api/nothing", "/healthz", "/readyz", "/metrics", "/static/base.css"])
async def test_every_response_has_the_safety_headers(site: Site, path: str) -> None:
    headers = (await site.client.get(path)).headers
    assert headers["Content-Security-Policy"] == CSP
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "Set-Cookie" not in headers


async def test_an_unexpected_error_is_one_sentence_without_detail(site: Site) -> None:
    site.rasa.replies = [RuntimeError("internal detail")]
    response = await site.chat("bonjour")
    assert response.status_code == 500
    assert response.headers["Content-Security-Policy"] == CSP
    assert set(response.json()) == {"error"}
    assert "detail" not in response.text


async def test_a_named_site_may_call_the_api_from_a_browser(open_site: OpenSite) -> None:
    async with open_site(origins=(SITE,)) as site:
        asked = {"Origin": SITE, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
        preflight = await site.client.options("/api/chat", headers=asked)
        answer = await site.client.post("/api/chat", json={"message": ""}, headers={"Origin": SITE})
    assert preflight.status_code == 200
    assert preflight.headers["Access-Control-Allow-Origin"] == SITE
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (422, SITE)
    assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize("origins", [(), (SITE,)], ids=["no site named", "another site named"])
@pytest.mark.parametrize("origin", ["https://elsewhere.example", SITE + ".evil.example", "null"])
async def test_other_sites_may_not(open_site: OpenSite, origins: tuple[str, ...], origin: str) -> None:
    async with open_site(origins=origins) as site:
        response = await site.client.post("/api/chat", json={"message": "bonjour"}, headers={"Origin": origin})
        assert "Access-Control-Allow-Origin" not in response.headers


async def test_healthz_says_that_the_process_lives(site: Site) -> None:
    site.rasa.away = ("rasa", "actions")
    assert (await site.client.get("/healthz")).status_code == 200


@pytest.mark.parametrize("away", [(), ("rasa",), ("actions",), ("rasa", "actions")], ids=str)
async def test_readyz_names_what_is_missing(site: Site, away: tuple[str, ...]) -> None:
    site.rasa.away = away
    response = await site.client.get("/readyz")
    assert (response.status_code, response.json()["missing"]) == (503 if away else 200, list(away))


async def test_figures_are_in_prometheus_format(site: Site) -> None:
    site.rasa.replies = [say("Bonjour."), NotReadyError(("rasa",))]
    await site.chat("bonjour")
    await site.chat("bonjour")
    await site.chat("")
    await site.client.get("/a-secret-place/awa@commune.example")
    text = (await site.client.get("/metrics")).text
    for line in (
        'cic_requests_total{route="/api/chat",status="200"} 1.0',
        'cic_requests_total{route="/api/chat",status="503"} 1.0',
        'cic_requests_total{route="other",status="404"} 1.0',
        'cic_errors_total{kind="not_ready"} 1.0',
        'cic_errors_total{kind="bad_input"} 1.0',
        "cic_message_seconds_count 2.0",
        "cic_outbox_waiting 0.0",
        'cic_leads{status="conservee"} 0.0',
    ):
        assert line in text.splitlines()
    assert "secret" not in text


async def test_a_database_that_is_away_is_named_and_leaves_the_other_figures(open_site: OpenSite, tmp_path: Path) -> None:
    broken = Database(f"sqlite:///{tmp_path / 'folder'}")
    (tmp_path / "folder").mkdir()
    async with open_site(database=broken) as site:
        assert (await site.client.get("/readyz")).json()["missing"] == ["database"]
        text = (await site.client.get("/metrics")).text
    assert "cic_requests_total" in text
    assert "cic_leads" not in text


async def test_the_mail_worker_runs_as_long_as_the_application(tmp_path: Path) -> None:
    settings = Settings(tmp_path, f"sqlite:///{tmp_path / 'cic.sqlite'}", secret_key="a key for tests only")
    worker = FakeMailWorker()
    app = create_app(settings, Database(settings.database_url), FakeRasa(), worker, Clock(), Showing(CONTENT))
    async with app.router.lifespan_context(app):
        await asyncio.sleep(0.01)
        assert (worker.runs, worker.ended) == (1, 0)
    assert worker.ended == 1


async def test_the_mail_worker_comes_back_after_an_error() -> None:
    worker, stop = FakeMailWorker(failures=2), asyncio.Event()
    running = asyncio.create_task(keep_running(worker, stop, rest=0.01))
    while worker.runs < 3:
        await asyncio.sleep(0.01)
    stop.set()
    await asyncio.wait_for(running, 5)
