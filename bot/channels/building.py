"""Builds the connectors of the channels that are on. Each is imported only then: who uses none does not wait for any."""

from __future__ import annotations

from bot.channels.model import Connector
from bot.channels.wire import Wire
from bot.config import Settings


def build_connectors(settings: Settings) -> dict[str, Connector]:
    """Return the connectors by the names of their channels."""
    channels, proxy = settings.channels, settings.proxy
    built: list[Connector] = []
    if channels.telegram:
        from bot.channels.telegram import TelegramConnector

        built.append(TelegramConnector(channels.telegram, Wire(proxy=proxy)))
    if channels.messenger:
        from bot.channels.messenger import MessengerConnector

        built.append(MessengerConnector(channels.messenger, Wire(proxy=proxy)))
    if channels.whatsapp:
        from bot.channels.whatsapp import WhatsAppConnector

        built.append(WhatsAppConnector(channels.whatsapp, Wire(proxy=proxy)))
    if channels.whatsapp_twilio:
        from bot.channels.twilio import WhatsAppTwilioConnector

        built.append(WhatsAppTwilioConnector(channels.whatsapp_twilio, Wire(proxy=proxy)))
    if channels.sms:
        from bot.channels.twilio import SmsConnector

        built.append(SmsConnector(channels.sms, Wire(proxy=proxy)))
    if channels.slack:
        from bot.channels.slack import SlackConnector

        built.append(SlackConnector(channels.slack, Wire(proxy=proxy)))
    if channels.teams:
        from bot.channels.teams import TeamsConnector
        from bot.channels.teams_tokens import FETCH_TIMEOUT

        built.append(TeamsConnector(channels.teams, Wire(proxy=proxy), Wire(FETCH_TIMEOUT, proxy)))
    if channels.mailbox:
        from bot.channels.mail import MailConnector

        built.append(MailConnector(channels.mailbox, settings))
    return {connector.name: connector for connector in built}
