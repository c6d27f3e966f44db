"""The messaging channels as parts of the web application: what they deliver to, and the workers that serve them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from random import SystemRandom

from bot.channels.arrivals import Arrivals
from bot.channels.courier import Courier
from bot.channels.ledger import Ledger
from bot.channels.model import Connector, Fetcher
from bot.channels.replying import Opening
from bot.channels.seal import Seal
from bot.channels.sentences import welcome, welcome_in_group
from bot.config import Settings
from bot.storage import Database
from bot.web.conversations import Conversations
from bot.web.metrics import Metrics
from bot.web.showing import Showing
from bot.web.webhooks import Fetching, Webhooks
from bot.web.working import Worker


class Channels:
    """Builds them for the connectors that are on."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        clock: Callable[[], datetime],
        conversations: Conversations,
        metrics: Metrics,
        showing: Showing,
        connectors: Mapping[str, Connector],
    ) -> None:
        self._connectors = connectors
        seal = Seal(settings.secret())

        def opening() -> Opening:
            days = settings.retention_days
            return Opening(welcome(days, settings.public_url), welcome_in_group(days), showing.content.suggestions)

        metrics.watch_channels(connectors)
        self._courier = Courier(Ledger(database, seal, clock), connectors, conversations, opening, metrics, clock, SystemRandom())
        self.webhooks = Webhooks(connectors, Arrivals(database, seal, clock, settings.rate_limit), metrics, self._courier.notify)

    def workers(self) -> list[Worker]:
        """What runs for them; nothing when no channel is on."""
        if not self._connectors:
            return []
        fetched = [(name, connector) for name, connector in self._connectors.items() if isinstance(connector, Fetcher)]
        return [self._courier, self.webhooks.failures, *(Fetching(name, fetcher, self.webhooks) for name, fetcher in fetched)]
