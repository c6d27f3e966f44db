"""How long each page of the review application takes on a full database, as a reviewer's browser gets it from the web process."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import select
from starlette.responses import Response

from bot.benchmarks.cluster import Cluster, web_alone
from bot.benchmarks.figures import Spread, number
from bot.benchmarks.reviewed import fill
from bot.benchmarks.reviewers import PEOPLE, TAGS
from bot.errors import UnavailableError
from bot.processes import WEB
from bot.review.accounts import Accounts
from bot.review.figures import STARTED
from bot.storage import Database, conversations, leads, utc_now
from bot.web.review.sessions import COOKIE, Sessions

GOAL_MS = 300.0
"""The most that a page may take, at the median."""
PAGES: Mapping[str, str] = {
    "à lire": "/revue",
    "à lire, page 2": "/revue?page=2",
    "toutes": "/revue?etat=tout",
    "toutes, par date": "/revue?etat=tout&tri=date",
    "toutes, page 100": "/revue?etat=tout&page=100",
    "revues": "/revue?etat=revu",
    "un mois": "/revue?etat=tout&du={month}",
    "un jour": "/revue?etat=tout&du={day}&au={day}",
    "un canal": "/revue?etat=tout&canal=whatsapp",
    "longueur": "/revue?etat=tout&min=20&max=60",
    "confiance": "/revue?etat=tout&confiance=40",
    "une intention": "/revue?etat=tout&intention=voisin",
    "une entrée": "/revue?etat=tout&entree=info/combien.total",
    "une issue": "/revue?etat=tout&issue=inconnu",
    "issue d'un échange": "/revue?etat=tout&echange=choix",
    "étiquette": "/revue?etat=tout&etiquette={tag}",
    "avis": "/revue?etat=tout&avis=down",
    "confiée": "/revue?etat=tout&assigne=Noah",
    "signalées": "/revue?etat=tout&signale=1",
    "priorité": "/revue?etat=tout&priorite=2",
    "plusieurs filtres": "/revue?etat=tout&du={month}&canal=site&issue=repondu&intention=info&confiance=60",
    "mot fréquent": "/revue?etat=tout&q=programme",
    "mot rare": "/revue?etat=tout&q=v%C3%A9randa",
    "deux mots": "/revue?etat=tout&q=budget%20bruxelles",
    "mot et filtres": "/revue?etat=tout&q=commune&du={month}&canal=site",
    "mot absent": "/revue?etat=tout&q=xylophage",
    "transcription": "/revue/conversations/{conversation}",
    "la plus longue": "/revue/conversations/{longest}",
    "messages à juger": "/revue/messages",
    "messages d'une entrée": "/revue/messages?entree=info/combien.total",
    "recherche d'entrée": "/revue/entrees?q=budget",
    "demandes": "/revue/demandes",
    "demandes en échec": "/revue/demandes?etat=echec",
    "demandes, un mot": "/revue/demandes?q=Dori",
    "une demande": "/revue/demandes/{reference}",
    "corrections": "/revue/corrections",
    "tableau de bord": "/revue/tableau-de-bord",
    "tableau de bord, un an": "/revue/tableau-de-bord?du={year}",
    "derrière un délai": "/revue/tableau-de-bord/reponses?de=0&a=100&du={year}",
    "derrière une étape": "/revue/tableau-de-bord/demandes?chiffre={step}&du={year}",
    "lacunes": "/revue/lacunes",
    "lacunes, un an": "/revue/lacunes?du={year}",
    "brouillons": "/revue/lacunes/brouillons",
    "vie privée": "/revue/vie-privee",
    "journal": "/revue/vie-privee/journal",
    "compte": "/revue/compte",
}
"""Lists, filters, searches and pages, by what they are; each is to keep to the goal."""
EXPORTS: Mapping[str, tuple[str, str, str]] = {
    "export CSV, un mois": ("/revue/export?etat=tout&du={month}", "csv", "conversations"),
    "export CSV, toutes": ("/revue/export?etat=tout", "csv", "conversations"),
    "export CSV, tous les échanges": ("/revue/export?etat=tout", "csv", "tours"),
    "export JSON, tous les échanges": ("/revue/export?etat=tout", "json", "tours"),
    "export XLSX, toutes": ("/revue/export?etat=tout", "xlsx", "conversations"),
}
"""Files with all of it, each by its address, its format and its rows: asked for once, and only told."""
_REVIEWER = next(iter(PEOPLE))
_ORDINARY = 10
"""Exchanges of a conversation that is neither short nor long."""
_IDLE_SHARE = 0.05
"""Of a processor: a process that uses less does nothing."""


@dataclass(frozen=True)
class Page:
    """One address, asked for again and again: times of whole answers in milliseconds, and the bytes of one as they are sent."""

    name: str
    address: str
    times: Spread
    size: int

    @property
    def is_slow(self) -> bool:
        """Whether it misses the goal."""
        return self.times.p50 > GOAL_MS


@dataclass(frozen=True)
class Found:
    """What was measured on one database. Megabytes of the web process before the first page, after all pages, and after the exports."""

    database: str
    fill_seconds: float
    pages: Sequence[Page]
    exports: Sequence[Page]
    megabytes: Sequence[float]

    def as_dict(self) -> dict[str, Any]:
        """All figures."""
        return asdict(self)


def measure(url: str, folder: Path, count: int, said: int, times: int, tell: Callable[[str], None] = lambda _: None) -> Found:
    """Fill an empty database and ask the web process for each page so many times. Raises UnavailableError when one is not served."""
    database = Database(url)
    try:
        database.create_all()
        tell("La base de données se remplit…")
        begun = time.perf_counter()
        fill(database, utc_now(), count, said)
        seconds = time.perf_counter() - begun
        values = values_in(database, utc_now())
        tell("Le serveur web démarre…")
        with web_alone(folder, url) as cluster, _signed_in(cluster, database) as http:
            _wait_until_idle(cluster)
            megabytes = [_megabytes(cluster)]
            tell("Chaque page…")
            pages = [_ask(http, name, address.format_map(values), times) for name, address in PAGES.items()]
            megabytes.append(_megabytes(cluster))
            tell("Les exports…")
            token = token_of(http.get("/revue").text)
            exports = [
                _ask(http, name, address.format_map(values), 1, {"jeton": token, "format": kind, "lignes": rows})
                for name, (address, kind, rows) in EXPORTS.items()
            ]
            megabytes.append(_megabytes(cluster))
    finally:
        database.close()
    return Found("postgresql" if url.startswith("postgresql") else "sqlite", seconds, pages, exports, megabytes)


def lines(found: Found, goal: float = GOAL_MS) -> list[str]:
    """The figures, as sentences."""
    told = [f"{found.database} : remplie en {found.fill_seconds:.0f} s."]
    told += [_line(page) + (f" : plus de {goal:.0f} ms" if page.is_slow else "") for page in found.pages]
    told += [_line(page) for page in found.exports]
    slow = [page.name for page in found.pages if page.is_slow]
    slowest = max(page.times.p50 for page in found.pages)
    told.append(f"{len(found.pages)} pages, {len(slow)} au-dessus de {goal:.0f} ms ; la plus lente : {number(slowest)} ms (médiane).")
    before, after, exported = (f"{each:.0f}" for each in found.megabytes)
    return [*told, f"Mémoire du serveur web : {before} Mo au début, {after} Mo après les pages, {exported} Mo après les exports."]


def _line(page: Page) -> str:
    longest = f", {number(page.times.longest)} ms (maximum)" if page.times.count > 1 else ""
    return f"{page.name} : {number(page.times.p50)} ms{longest}, {number(page.size / 1000)} ko"


def values_in(database: Database, now: datetime) -> Mapping[str, str]:
    """What stands in the addresses of PAGES and EXPORTS, out of a database that was filled."""
    days = {name: f"{now - timedelta(days=back):%Y-%m-%d}" for name, back in (("day", 3), ("month", 30), ("year", 364))}
    by_length = select(conversations.c.conversation).order_by(conversations.c.exchanges.desc(), conversations.c.conversation)
    with database.read() as connection:
        longest = connection.execute(by_length.limit(1)).scalar_one()
        some = connection.execute(by_length.where(conversations.c.exchanges <= _ORDINARY).limit(1)).scalar_one()
        reference = connection.execute(select(leads.c.reference).order_by(leads.c.id.desc()).limit(1)).scalar_one()
    return {"conversation": some, "longest": longest, "reference": reference, "tag": TAGS[0], "step": STARTED, **days}


def _signed_in(cluster: Cluster, database: Database) -> httpx.Client:
    """A browser of somebody who may do everything."""
    settings, response = cluster.settings, Response()
    account = Accounts(database, utc_now).find(_REVIEWER)
    if account is None:
        raise UnavailableError("Le compte qui relit n'a pas été trouvé.")
    Sessions(settings.secret(), utc_now).open(response, account, secure=False)
    cookie = response.headers["set-cookie"].split(";")[0].partition("=")[2]
    return httpx.Client(
        base_url=cluster.address, cookies={COOKIE: cookie}, trust_env=False, timeout=300, headers={"accept-encoding": "gzip"}
    )


def token_of(page: str) -> str:
    """The token that the forms of a page carry."""
    return page.partition('name="jeton" value="')[2].partition('"')[0]


def _ask(http: httpx.Client, name: str, address: str, times: int, form: Mapping[str, str] | None = None) -> Page:
    """Ask so many times, by a form if one is given, and once before when it is more than once: a page never looked at is another matter."""
    taken = []
    for attempt in range(times + (times > 1)):
        begun = time.perf_counter()
        with http.stream("POST" if form else "GET", address, data=form) as answer:
            if answer.status_code != httpx.codes.OK:
                raise UnavailableError(f"{address} : le serveur web répond {answer.status_code}.")
            size = sum(map(len, answer.iter_raw()))
        if attempt or times == 1:
            taken.append(time.perf_counter() - begun)
    return Page(name, address, Spread.of(taken), size)


def _wait_until_idle(cluster: Cluster, seconds: float = 180.0) -> None:
    """Wait until the housekeeper is through with what it does at every start: it rewrites the file."""
    process, deadline = cluster.process(WEB), time.monotonic() + seconds
    while process.cpu_percent(interval=1.0) > 100 * _IDLE_SHARE and time.monotonic() < deadline:
        pass


def _megabytes(cluster: Cluster) -> float:
    return float(cluster.process(WEB).memory_info().rss / 1e6)
