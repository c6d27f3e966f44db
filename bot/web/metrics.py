"""Figures in Prometheus format. Counts and times only: no text, name or address ever becomes a label."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select

from bot.errors import StorageError
from bot.storage import LEAD_FAILED, LEAD_FORWARDED, LEAD_KEPT, LEAD_WAITING, MAIL_WAITING, Database, leads, outbox

SECONDS = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 51.2)
LEAD_STATUSES = (LEAD_KEPT, LEAD_WAITING, LEAD_FORWARDED, LEAD_FAILED)


class Metrics:
    """The figures of one web process, in a registry of their own."""

    def __init__(self, database: Database) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter("cic_requests", "HTTP requests answered", ["route", "status"], registry=self.registry)
        self.message_seconds = Histogram("cic_message_seconds", "Time to answer a message", buckets=SECONDS, registry=self.registry)
        self.errors = Counter("cic_errors", "What went wrong, by kind", ["kind"], registry=self.registry)
        self.registry.register(_DatabaseFigures(database))


class _DatabaseFigures(Collector):
    """What is counted in the database at each reading, so that every web process says the same."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def describe(self) -> list[Metric]:
        """Name nothing in advance: registering must not need the database."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Give the figures, or none while the database is away: /readyz says so."""
        try:
            waiting, by_status = self._read()
        except StorageError:
            return
        yield GaugeMetricFamily("cic_outbox_waiting", "Mails that have not left yet", value=waiting)
        family = GaugeMetricFamily("cic_leads", "Requests for contact, by status", labels=["status"])
        for status in LEAD_STATUSES:
            family.add_metric([status], by_status.get(status, 0))
        yield family

    def _read(self) -> tuple[int, dict[str, int]]:
        with self._database.read() as connection:
            waiting = connection.execute(select(func.count()).select_from(outbox).where(outbox.c.status == MAIL_WAITING)).scalar_one()
            rows = connection.execute(select(leads.c.status, func.count()).group_by(leads.c.status)).all()
        return waiting, dict(rows)
