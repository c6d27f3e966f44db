"""What the channels are called where people read of them, and which are on."""

from __future__ import annotations

from bot.channel_settings import ChannelSettings
from bot.channels.model import MAIL, MESSENGER, SLACK, SMS, TEAMS, TELEGRAM, WHATSAPP, WHATSAPP_TWILIO

TITLES = {
    TELEGRAM: "Telegram",
    WHATSAPP: "WhatsApp (Meta)",
    WHATSAPP_TWILIO: "WhatsApp (Meta, par Twilio)",
    MESSENGER: "Messenger (Meta)",
    SLACK: "Slack",
    TEAMS: "Microsoft Teams",
    SMS: "SMS (par Twilio)",
    MAIL: "courriel",
}
"""Every channel by its name, with the company whose service it is."""


def channels_on(settings: ChannelSettings) -> list[str]:
    """The names of the channels that are on, in the order of TITLES."""
    on = {
        TELEGRAM: settings.telegram,
        WHATSAPP: settings.whatsapp,
        WHATSAPP_TWILIO: settings.whatsapp_twilio,
        MESSENGER: settings.messenger,
        SLACK: settings.slack,
        TEAMS: settings.teams,
        SMS: settings.sms,
        MAIL: settings.mailbox,
    }
    return [name for name in TITLES if on[name]]
