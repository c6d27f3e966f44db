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
    if channels.messenger:
        from bot.channels.messenger import MessengerConnector

        built.append(MessengerConnector(channels.messenger))
    if channels.whatsapp:
        from bot.channels.whatsapp import WhatsAppConnector

        built.append(WhatsAppConnector(channels.whatsapp))
    if channels.whatsapp_twilio:
        from bot.channels.twilio import WhatsAppTwilioConnector

        built.append(WhatsAppTwilioConnector(channels.whatsapp_twilio))
    if channels.sms:
        from bot.channels.twilio import SmsConnector

        built.append(SmsConnector(channels.sms))
    if channels.slack:
        from bot.channels.slack import SlackConnector

        built.append(SlackConnector(channels.slack))
    if channels.teams:
        from bot.channels.teams import TeamsConnector

        built.append(TeamsConnector(channels.teams))
    if channels.mailbox:
        from bot.channels.mail import MailConnector

        built.append(MailConnector(channels.mailbox, settings))
    return {connector.name: connector for connector in built}
