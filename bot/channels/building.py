"""Builds the connectors of the channels that are on. Each is imported only then: who uses none does not wait for any."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.channels.model import Connector
from bot.config import Settings

if TYPE_CHECKING:
    from bot.channels.wire import Wire


def build_connectors(settings: Settings) -> dict[str, Connector]:
    """Return the connectors by the names of their channels."""
    channels, proxy = settings.channels, settings.proxy
    built: list[Connector] = []
    if channels.telegram:
        from bot.channels.telegram import TelegramConnector

        built.append(TelegramConnector(channels.telegram, _wire(proxy)))
    if channels.messenger:
        from bot.channels.messenger import MessengerConnector

        built.append(MessengerConnector(channels.messenger, _wire(proxy)))
    if channels.whatsapp:
        from bot.channels.whatsapp import WhatsAppConnector

        built.append(WhatsAppConnector(channels.whatsapp, _wire(proxy)))
    if channels.whatsapp_twilio:
        from bot.channels.twilio import WhatsAppTwilioConnector

        built.append(WhatsAppTwilioConnector(channels.whatsapp_twilio, _wire(proxy)))
    if channels.sms:
        from bot.channels.twilio import SmsConnector

        built.append(SmsConnector(channels.sms, _wire(proxy)))
    if channels.slack:
        from bot.channels.slack import SlackConnector

        built.append(SlackConnector(channels.slack, _wire(proxy)))
    if channels.teams:
        from bot.channels.teams import TeamsConnector
        from bot.channels.teams_tokens import FETCH_TIMEOUT
        from bot.channels.wire import Wire

        built.append(TeamsConnector(channels.teams, _wire(proxy), Wire(FETCH_TIMEOUT, proxy)))
    if channels.mailbox:
        from bot.channels.mail import MailConnector

        built.append(MailConnector(channels.mailbox, settings))
    return {connector.name: connector for connector in built}


def _wire(proxy: str | None) -> Wire:
    from bot.channels.wire import Wire

    return Wire(proxy=proxy)
