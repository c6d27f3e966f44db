"""Builds the connectors of the channels that are on. Each is imported only then: who uses none does not wait for any."""

from __future__ import annotations

from bot.channels.model import Connector
from bot.config import Settings


def build_connectors(settings: Settings) -> dict[str, Connector]:
    """Return the connectors by the names of their channels."""
    channels = settings.channels
    built: list[Connector] = []
    if channels.telegram:
        from bot.channels.telegram import TelegramConnector

        built.append(TelegramConnector(channels.telegram))
    return {connector.name: connector for connector in built}
