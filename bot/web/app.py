"""The web application, composed of its parts. Everything it needs is given to it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Route

from bot.channels.model import Connector
from bot.config import Settings
from bot.mails import notice_mail
from bot.review.passwords import Passwords
from bot.storage import Database
from bot.web.channels import Channels
from bot.web.chat import ChatApi
from bot.web.conversations import DATABASE_SECONDS, Conversations, MailWorker, Rasa
from bot.web.edge import Edge, error_handlers
from bot.web.health import Health
from bot.web.limits import RateLimit
from bot.web.metrics import Metrics
from bot.web.pages import Pages
from bot.web.plain import Plain
from bot.web.refusals import Refusals
from bot.web.review.app import review_routes
from bot.web.sessions import Sessions
from bot.web.showing import Showing
from bot.web.turns import Turns
from bot.web.turnstile import Turnstile
from bot.web.working import Worker

WORKER_REST_SECONDS = 5.0
WORTH_PACKING_BYTES = 1000
"""What is shorter fits into one packet as it is."""
log = logging.getLogger(__name__)


def create_app(
    settings: Settings,
    database: Database,
    rasa_client: Rasa,
    outbox: MailWorker,
    clock: Callable[[], datetime],
    showing: Showing,
    others: Sequence[Worker] = (),
    patience: float = DATABASE_SECONDS,
    passwords: Passwords | None = None,
    connectors: Mapping[str, Connector] | None = None,
) -> Starlette:
    """Return the application. `clock` gives the time with its zone; the mail worker and `others` run while the application does.

    A message waits `patience` seconds for the database; `passwords` are hashed with the usual cost unless another one is given.
    `connectors` are those of the messaging channels that are on.
    """
    metrics = Metrics(database, clock)
    turns = Turns(database, clock, lambda reference: notice_mail(reference, settings, clock()))
    sessions = Sessions(settings.secret(), clock)
    conversations = Conversations(turns, rasa_client, outbox, metrics, patience=patience)
    messages, rest = (Turnstile(RateLimit(settings.rate_limit, clock), settings.trusted_proxies) for _ in range(2))
    pages = Pages(settings, showing, sessions)
    refusals = Refusals(metrics, pages.refused)
    api = ChatApi(
        conversations=conversations,
        turns=turns,
        sessions=sessions,
        messages=messages,
        others=rest,
        opening=lambda: {"retention_days": settings.retention_days, "suggestions": showing.content.suggestions},
    )
    plain = Plain(conversations, turns, sessions, messages, rest, refusals, pages.templates, showing)
    review = review_routes(settings, database, clock, showing, outbox, passwords)
    channels = Channels(settings, database, clock, conversations, metrics, showing, connectors or {})
    health = Health(database, rasa_client, metrics)
    routes = [*api.routes(), *health.routes(), *plain.routes(), *channels.webhooks.routes(), *review, *pages.routes()]
    paths = frozenset(route.path for route in routes if isinstance(route, Route))

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        stop = asyncio.Event()
        running = [asyncio.create_task(keep_running(worker, stop)) for worker in (outbox, *others, *channels.workers())]
        yield
        stop.set()
        await asyncio.gather(*running)
        await rasa_client.close()

    return Starlette(
        routes=routes,
        middleware=[
            Middleware(Edge, metrics=metrics, refusals=refusals, paths=paths),
            Middleware(GZipMiddleware, minimum_size=WORTH_PACKING_BYTES),
            _cors(settings.origins),
        ],
        exception_handlers=error_handlers(refusals),
        lifespan=lifespan,
    )


def _cors(origins: tuple[str, ...]) -> Middleware:
    """Let the named sites call the API from a browser. There are no cookies, so no credentials either."""
    return Middleware(
        CORSMiddleware,
        allow_origins=list(origins),
        allow_methods=["GET", "POST"],
        allow_headers=["Authorization", "Content-Type"],
        expose_headers=["Retry-After"],
    )


async def keep_running(worker: Worker, stop: asyncio.Event, rest: float = WORKER_REST_SECONDS) -> None:
    """Run a worker until `stop`; an error of its own must not end it, or mails would wait for ever."""
    while not stop.is_set():
        try:
            await worker.run(stop)
        except Exception:
            log.exception("%s failed and starts again", type(worker).__name__)
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(stop.wait(), rest)
