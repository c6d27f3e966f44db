"""Figures in Prometheus format. Counts and times only: no text, name or address ever becomes a label."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from importlib.metadata import version

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select

from bot.channels.overview import Standing, standing
from bot.errors import StorageError
from bot.outbox import has_failed, is_late, is_waiting
from bot.storage import LEAD_FAILED, LEAD_FORWARDED, LEAD_KEPT, LEAD_WAITING, MAIL_SENT, Database, leads, outbox, utc_now
from bot.storage.migrations import HEAD

SECONDS = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 51.2)
LEAD_STATUSES = (LEAD_KEPT, LEAD_WAITING, LEAD_FORWARDED, LEAD_FAILED)
KINDS = ("not_handled", "not_ready", "storage", "internal", "limited", "bad_input", "forgetting")
"""What may go wrong; docs/operations.md explains each."""
CHANNEL_EVENTS = ("received", "known", "forged", "unreadable", "answered", "sent", "retried", "uncertain", "failed")
"""What is counted of each messaging channel; docs/operations.md explains each."""
_OUTBOX = {
    "cic_outbox_waiting": "Mails that have not left yet",
    "cic_outbox_late": "Mails that have waited for too long",
    "cic_outbox_failed": "Mails that were given up",
    "cic_outbox_oldest_seconds": "How long the mail that has waited longest has been due",
}
_CHANNEL = {
    "cic_channel_waiting": "Messages to be answered and replies to be sent",
    "cic_channel_failed": "Messages that were never answered and replies that were given up, within the retention",
    "cic_channel_uncertain": "Replies of which nobody knows whether they have arrived, within the retention",
    "cic_channel_oldest_seconds": "How long the message or reply that has waited longest has waited",
}


class Metrics:
    """The figures of one web process, in a registry of their own. `clock` tells which mails are late.

    Memory, open files and start of the process come under the names that every Prometheus client gives them (Linux).
    """

    def __init__(self, database: Database, clock: Callable[[], datetime] = utc_now) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter("cic_requests", "HTTP requests answered", ["route", "status"], registry=self.registry)
        self.message_seconds = Histogram("cic_message_seconds", "Time to answer a message", buckets=SECONDS, registry=self.registry)
        self.errors = Counter("cic_errors", "What went wrong, by kind", ["kind"], registry=self.registry)
        for kind in KINDS:  # from the start: Prometheus sees no increase in a figure that begins with one
            self.errors.labels(kind)
        self.channels = Counter("cic_channel", "What happened on the messaging channels", ["channel", "what"], registry=self.registry)
        self.in_flight = Gauge("cic_messages_in_flight", "Messages taken and not answered yet", registry=self.registry)
        build = Gauge("cic_build_info", "Always 1; the labels say what runs", ["version", "tables"], registry=self.registry)
        build.labels(version("cic"), HEAD).set(1)
        ProcessCollector(registry=self.registry)
        self._figures = _DatabaseFigures(database, clock)
        self.registry.register(self._figures)

    def count_channel(self, channel: str, what: str, number: int = 1) -> None:
        """Count what happened on a channel: one of CHANNEL_EVENTS."""
        self.channels.labels(channel, what).inc(number)

    def watch_channels(self, channels: Iterable[str]) -> None:
        """Show every figure of these channels from the start."""
        for channel in channels:
            self._figures.channels.add(channel)
            for what in CHANNEL_EVENTS:
                self.channels.labels(channel, what)


class _DatabaseFigures(Collector):
    """What is counted in the database at each reading, so that every web process says the same.

    `channels` are those that have figures even when they have no rows: those that are on.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        self.channels: set[str] = set()

    def describe(self) -> list[Metric]:
        """Name nothing in advance: registering must not need the database."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Give the figures, or none while the database is away: /readyz says so."""
        try:
            mails, by_status, channels = self._read()
        except StorageError:
            return
        for (name, meaning), value in zip(_OUTBOX.items(), mails, strict=True):
            yield GaugeMetricFamily(name, meaning, value=value)
        family = GaugeMetricFamily("cic_leads", "Requests for contact, by status", labels=["status"])
        for status in LEAD_STATUSES:
            family.add_metric([status], by_status.get(status, 0))
        yield family
        yield from self._of_channels(channels)

    def _of_channels(self, stands: Mapping[str, Standing]) -> Iterator[Metric]:
        names = sorted(self.channels | stands.keys())
        figures = [(name, self._channel(stands.get(name, Standing()))) for name in names]
        for place, (figure, meaning) in enumerate(_CHANNEL.items()):
            family = GaugeMetricFamily(figure, meaning, labels=["channel"])
            for name, values in figures:
                family.add_metric([name], values[place])
            yield family

    def _channel(self, stands: Standing) -> tuple[float, ...]:
        """The values of _CHANNEL."""
        waited = (self._clock() - stands.oldest).total_seconds() if stands.oldest else 0.0
        return stands.waiting, stands.failed, stands.uncertain, max(waited, 0.0)

    def _read(self) -> tuple[tuple[float, ...], dict[str, int], dict[str, Standing]]:
        now = self._clock()
        counts = [func.count().filter(condition(now)) for condition in (is_waiting, is_late, has_failed)]
        oldest = func.min(outbox.c.due_since).filter(is_waiting(now))
        with self._database.read() as connection:
            *numbers, since = connection.execute(select(*counts, oldest).where(outbox.c.status != MAIL_SENT)).one()
            rows = connection.execute(select(leads.c.status, func.count()).group_by(leads.c.status)).all()
            channels = standing(connection)
        waited = (now - since).total_seconds() if since else 0.0
        return (*numbers, max(waited, 0.0)), dict(rows), channels  # below zero: the clock was set back
