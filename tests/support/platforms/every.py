"""Every platform that is played."""

from __future__ import annotations

from support.platforms.mail import PlayedMail
from support.platforms.messenger import PlayedMessenger
from support.platforms.platform import Make
from support.platforms.slack import PlayedSlack
from support.platforms.teams import PlayedTeams
from support.platforms.telegram import PlayedTelegram
from support.platforms.twilio import PlayedSms, PlayedWhatsAppTwilio
from support.platforms.whatsapp import PlayedWhatsApp

PLATFORMS: dict[str, Make] = {
    "telegram": PlayedTelegram,
    "messenger": PlayedMessenger,
    "whatsapp": PlayedWhatsApp,
    "teams": PlayedTeams,
    "whatsapp-twilio": PlayedWhatsAppTwilio,
    "sms": PlayedSms,
    "slack": PlayedSlack,
    "courriel": PlayedMail,
}
