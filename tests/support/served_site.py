"""The web application on a port of loopback, with Rasa played: for a browser, and for states that a whole assistant is seldom in."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import uvicorn

from bot.benchmarks.ports import free_ports
from bot.channels.building import build_connectors
from bot.config import Settings
from bot.rasa_client import NotReadyError, Reply
from bot.storage import Database, utc_now
from bot.web.app import create_app
from bot.web.showing import Showing
from support.databases import with_tables
from support.played_site import CONTENT, SOURCE, FakeMailWorker, say
from support.waiting import wait_for

OUI_NON = [{"title": "Oui", "value": "oui"}, {"title": "Non", "value": "non"}]
BUDGET = "L’enveloppe totale du Programme est de 8\u202f100\u202f000\u202f€ pour l’espace Wallonie-Bruxelles."
CHOICES = [{"title": "Les secteurs par pays", "value": "Les secteurs par pays"}, {"title": "Les résultats", "value": "Les résultats"}]
RECAP = (
    "Voici votre demande.\nNom : Awa Ndiaye\nFonction : échevine\nCommune : Gembloux (Belgique)\n"
    "E-mail : awa.ndiaye@commune.example\nTéléphone : aucun\nObjet : participer au Programme"
)


@dataclass
class PlayedRasa:
    """Answers after `delay` seconds, a few words in ways of their own, the rest by repeating them; names itself `away` when told to."""

    delay: float = 0.0
    away: tuple[str, ...] = ()
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Text and id of each message that came."""

    def rest(self) -> None:
        """As at the beginning."""
        self.delay, self.away = 0.0, ()
        self.asked.clear()

    async def ask(self, _: str, message: str, message_id: str, channel: str | None = None) -> Reply:
        if self.away:
            raise NotReadyError(self.away)
        self.asked.append((message, message_id))
        await asyncio.sleep(self.delay)
        return self._reply(message)

    async def missing(self) -> tuple[str, ...]:
        return self.away

    async def close(self) -> None:
        """There is nothing to give back."""

    def _reply(self, message: str) -> Reply:
        if "budget" in message:
            return say(BUDGET, source=SOURCE | {"url": "https://www.association.example/cic"}, buttons=CHOICES)
        if "participer" in message:
            return say("À quelle adresse e-mail peut-on vous répondre ?", asks="email")
        if "téléphone" in message:
            return say("Un numéro de téléphone ?", asks="telephone")
        if "@" in message:
            return say(RECAP, "Acceptez-vous que ces informations soient transmises ?", asks="consentement", buttons=OUI_NON)
        if "particulier" in message:
            return say("Seules les demandes des autorités locales sont prises en considération.", outcome="declined")
        if "what" in message:
            return Reply(({"text": "I only answer in French.", "buttons": [], "source": None, "lang": "en"},))
        return say(f"Vous dites : {message}")


class ServedSite:
    """The application behind uvicorn in a thread. It may be stopped and started again, on the same port with the same data."""

    def __init__(self, folder: Path, **changes: Any) -> None:
        self.port = free_ports(1)[0]
        self.rasa = PlayedRasa()
        url = f"sqlite:///{with_tables(folder / 'cic.sqlite')}"
        self.settings = replace(Settings(folder, url, secret_key="a key for tests only"), **changes)
        self.database = Database(self.settings.database_url)
        self.database.create_all()
        self._thread: threading.Thread | None = None
        self.ahead = timedelta()
        """By how much its clock is ahead."""
        self.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Serve, unless it does; return when it does."""
        if self._thread and self._thread.is_alive():
            return
        app = create_app(
            self.settings,
            self.database,
            self.rasa,
            FakeMailWorker(),
            lambda: utc_now() + self.ahead,
            Showing(CONTENT),
            connectors=build_connectors(self.settings),
        )
        config = uvicorn.Config(app, port=self.port, log_config=None, ws="none", timeout_graceful_shutdown=1)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        wait_for("the site is served", lambda: self._server.started, 20)

    def stop(self) -> None:
        """Stop serving; connections are refused from then on."""
        assert self._thread
        self._server.should_exit = True
        self._thread.join(15)
        assert not self._thread.is_alive()

    def close(self) -> None:
        self.stop()
        self.database.close()


@dataclass
class MunicipalSite:
    """The site of a municipality: pages of other people on another origin, each with a policy of its own; policy reports are kept."""

    pages: dict[str, tuple[str, str]] = field(default_factory=dict)
    """By path: HTML, and Content-Security-Policy."""
    reports: list[bytes] = field(default_factory=list)
    port: int = 0

    def __post_init__(self) -> None:
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                html, policy = site.pages.get(self.path, ("", "default-src 'none'"))
                self._answer(200 if html else 404, html.encode(), policy)

            def do_POST(self) -> None:
                site.reports.append(self.rfile.read(int(self.headers["Content-Length"])))
                self._answer(204, b"", "default-src 'none'")

            def _answer(self, status: int, body: bytes, policy: str) -> None:
                self.send_response(status)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Content-Security-Policy", f"{policy}; report-uri /reports")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Sequence[object]) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
