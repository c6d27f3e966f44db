"""Health for those who run the assistant: it lives, it can answer, and its figures."""

from __future__ import annotations

from dataclasses import dataclass

from anyio.to_thread import run_sync
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.errors import StorageError
from bot.rasa_client import DATABASE
from bot.storage import Database
from bot.web.conversations import Rasa
from bot.web.metrics import Metrics


@dataclass(frozen=True)
class Health:
    """The three routes."""

    database: Database
    rasa: Rasa
    metrics: Metrics

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [Route("/healthz", self.lives), Route("/readyz", self.is_ready), Route("/metrics", self.figures)]

    async def lives(self, _: Request) -> Response:
        """200 while the process lives."""
        return JSONResponse({"status": "ok"})

    async def is_ready(self, _: Request) -> Response:
        """200 when a message can be answered now, else 503 with what is missing."""
        missing = [*await self.rasa.missing(), *await run_sync(self._missing_database)]
        if missing:
            return JSONResponse({"status": "unavailable", "missing": missing}, 503)
        return JSONResponse({"status": "ready", "missing": []})

    async def figures(self, _: Request) -> Response:
        """The figures of this process and of the database."""
        return Response(await run_sync(generate_latest, self.metrics.registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    def _missing_database(self) -> list[str]:
        try:
            self.database.ping()
        except StorageError:
            return [DATABASE]
        return []
