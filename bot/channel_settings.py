"""The settings of the messaging channels: a channel is on when its credentials are set, all of them, and else it is not there.

`bot/config.py` reads the environment and hands the values over.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from bot.errors import SettingError
from bot.setting_values import credential, email, https, is_near, port, text, tls

T = TypeVar("T")
Get = Callable[[str, Any, Callable[[str, str], Any]], Any]
"""The value of a setting, read by a function of its name and its text; the second argument when it is not set."""

TELEGRAM_API = "https://api.telegram.org"
GRAPH_API = "https://graph.facebook.com/v24.0"
TWILIO_API = "https://api.twilio.com"
SLACK_API = "https://slack.com/api"
TEAMS_LOGIN = "https://login.microsoftonline.com"
TEAMS_OPENID = "https://login.botframework.com/v1/.well-known/openidconfiguration"
MAIL_SCOPE = "https://outlook.office365.com/.default"
"""What a token for mail at Microsoft 365 is asked for: all that an administrator granted to the app."""
NAMELESS = "sans-nom"
"""In the place of a mail server's name: it judges senders without saying who it is, as Exchange Online does."""


@dataclass(frozen=True)
class Telegram:
    """A bot of Telegram. `secret` is what Telegram shows with each update."""

    token: str = field(repr=False)
    secret: str = field(repr=False)
    api: str = TELEGRAM_API


@dataclass(frozen=True)
class Messenger:
    """A page of Facebook and the app that speaks for it."""

    page_id: str
    token: str = field(repr=False)
    app_secret: str = field(repr=False)
    verify_token: str = field(repr=False)
    api: str = GRAPH_API


@dataclass(frozen=True)
class WhatsApp:
    """A number of WhatsApp at Meta's own Cloud API."""

    phone_id: str
    token: str = field(repr=False)
    app_secret: str = field(repr=False)
    verify_token: str = field(repr=False)
    api: str = GRAPH_API


@dataclass(frozen=True)
class Twilio:
    """A number at Twilio, for SMS or for WhatsApp. `site` is our public address, which Twilio's signatures are made over."""

    account: str
    token: str = field(repr=False)
    sender: str
    site: str
    api: str = TWILIO_API


@dataclass(frozen=True)
class Slack:
    """An app of Slack in one workspace."""

    token: str = field(repr=False)
    signing_secret: str = field(repr=False)
    api: str = SLACK_API


@dataclass(frozen=True)
class Teams:
    """A bot of Microsoft's Bot Framework, for Teams. `login` gives its tokens, `openid` the keys of those that come with activities."""

    app_id: str
    password: str = field(repr=False)
    tenant: str
    login: str = TEAMS_LOGIN
    openid: str = TEAMS_OPENID


@dataclass(frozen=True)
class MailAccess:
    """Our access to mail servers that take no password (OAuth 2.0, RFC 6749, 4.4): `url` gives a token to the app `client_id`."""

    url: str
    client_id: str
    secret: str = field(repr=False)
    scope: str = MAIL_SCOPE


@dataclass(frozen=True)
class Mailbox:
    """A mailbox that people write to; answers leave by the mail server of the other settings, from `address`.

    It is read with `password`, or else by `access`. `authserv` is the name under which the mailbox's server says whether a sender is
    who they claim to be (RFC 8601), or NAMELESS; without it the sender is believed.
    """

    address: str
    host: str
    user: str
    password: str | None = field(default=None, repr=False)
    access: MailAccess | None = None
    port: int = 993
    tls: str = "tls"
    folder: str = "INBOX"
    authserv: str | None = None


@dataclass(frozen=True)
class ChannelSettings:
    """The channels that are on."""

    telegram: Telegram | None = None
    messenger: Messenger | None = None
    whatsapp: WhatsApp | None = None
    whatsapp_twilio: Twilio | None = None
    sms: Twilio | None = None
    slack: Slack | None = None
    teams: Teams | None = None
    mailbox: Mailbox | None = None


NO_CHANNEL = ChannelSettings()


def read_channels(get: Get, site: str | None, access: MailAccess | None) -> ChannelSettings:
    """Read the channels. `site` is our public address, `access` that to mail servers without a password.

    Raises SettingError for a wrong value, or when half of a channel is set.
    """
    account, token = get("CIC_TWILIO_ACCOUNT_SID", None, _account), get("CIC_TWILIO_AUTH_TOKEN", None, credential)
    sms, whatsapp = get("CIC_SMS_FROM", None, _sender), get("CIC_WHATSAPP_TWILIO_FROM", None, _number)
    twilio = {"CIC_TWILIO_ACCOUNT_SID": account, "CIC_TWILIO_AUTH_TOKEN": token, "CIC_PUBLIC_URL": site}
    twilio_api = get("CIC_TWILIO_API", TWILIO_API, https)
    if (account or token) and not (sms or whatsapp):
        raise SettingError(
            "CIC_TWILIO_ACCOUNT_SID ou CIC_TWILIO_AUTH_TOKEN est réglé : il manque CIC_SMS_FROM ou CIC_WHATSAPP_TWILIO_FROM."
        )
    return ChannelSettings(
        telegram=_whole(
            Telegram,
            {
                "CIC_TELEGRAM_TOKEN": get("CIC_TELEGRAM_TOKEN", None, _telegram_token),
                "CIC_TELEGRAM_SECRET": get("CIC_TELEGRAM_SECRET", None, _telegram_secret),
            },
            api=get("CIC_TELEGRAM_API", TELEGRAM_API, https),
        ),
        messenger=_whole(
            Messenger,
            {
                "CIC_MESSENGER_PAGE_ID": get("CIC_MESSENGER_PAGE_ID", None, _digits),
                "CIC_MESSENGER_TOKEN": get("CIC_MESSENGER_TOKEN", None, credential),
                "CIC_MESSENGER_APP_SECRET": get("CIC_MESSENGER_APP_SECRET", None, credential),
                "CIC_MESSENGER_VERIFY_TOKEN": get("CIC_MESSENGER_VERIFY_TOKEN", None, credential),
            },
            api=get("CIC_MESSENGER_API", GRAPH_API, https),
        ),
        whatsapp=_whole(
            WhatsApp,
            {
                "CIC_WHATSAPP_PHONE_ID": get("CIC_WHATSAPP_PHONE_ID", None, _digits),
                "CIC_WHATSAPP_TOKEN": get("CIC_WHATSAPP_TOKEN", None, credential),
                "CIC_WHATSAPP_APP_SECRET": get("CIC_WHATSAPP_APP_SECRET", None, credential),
                "CIC_WHATSAPP_VERIFY_TOKEN": get("CIC_WHATSAPP_VERIFY_TOKEN", None, credential),
            },
            api=get("CIC_WHATSAPP_API", GRAPH_API, https),
        ),
        whatsapp_twilio=_twilio("CIC_WHATSAPP_TWILIO_FROM", whatsapp, twilio, twilio_api),
        sms=_twilio("CIC_SMS_FROM", sms, twilio, twilio_api),
        slack=_whole(
            Slack,
            {
                "CIC_SLACK_TOKEN": get("CIC_SLACK_TOKEN", None, credential),
                "CIC_SLACK_SIGNING_SECRET": get("CIC_SLACK_SIGNING_SECRET", None, credential),
            },
            api=get("CIC_SLACK_API", SLACK_API, https),
        ),
        teams=_whole(
            Teams,
            {
                "CIC_TEAMS_APP_ID": get("CIC_TEAMS_APP_ID", None, credential),
                "CIC_TEAMS_PASSWORD": get("CIC_TEAMS_PASSWORD", None, credential),
                "CIC_TEAMS_TENANT": get("CIC_TEAMS_TENANT", None, _tenant),
            },
            login=get("CIC_TEAMS_LOGIN", TEAMS_LOGIN, https),
            openid=get("CIC_TEAMS_OPENID", TEAMS_OPENID, https),
        ),
        mailbox=_mailbox(get, access),
    )


def read_mail_access(get: Get) -> MailAccess | None:
    """Read the access to mail servers without a password. Raises SettingError for a wrong value, or when half of it is set."""
    return _whole(
        MailAccess,
        {
            # As it is: to some services a `/` at the end is another address
            "CIC_MAIL_OAUTH_URL": get("CIC_MAIL_OAUTH_URL", None, lambda name, raw: https(name, raw) and raw),
            "CIC_MAIL_OAUTH_CLIENT_ID": get("CIC_MAIL_OAUTH_CLIENT_ID", None, credential),
            "CIC_MAIL_OAUTH_SECRET": get("CIC_MAIL_OAUTH_SECRET", None, credential),
        },
        scope=get("CIC_MAIL_OAUTH_SCOPE", MAIL_SCOPE, text),
    )


def _mailbox(get: Get, access: MailAccess | None) -> Mailbox | None:
    password = get("CIC_IMAP_PASSWORD", None, lambda _, raw: raw)
    values = {
        "CIC_MAILBOX": get("CIC_MAILBOX", None, email),
        "CIC_IMAP_HOST": get("CIC_IMAP_HOST", None, text),
        "CIC_IMAP_USER": get("CIC_IMAP_USER", None, text),
    }
    if password or not access:
        values["CIC_IMAP_PASSWORD"] = password
    found: Mailbox | None = _whole(
        Mailbox,
        values,
        access=None if password else access,
        port=get("CIC_IMAP_PORT", Mailbox.port, port),
        tls=get("CIC_IMAP_TLS", Mailbox.tls, tls),
        folder=get("CIC_IMAP_FOLDER", Mailbox.folder, text),
        authserv=get("CIC_IMAP_AUTHSERV", None, text),
    )
    if found and found.tls == "none" and not is_near(found.host):
        raise SettingError(
            "CIC_IMAP_TLS ne peut être « none » que pour un serveur de cette machine : ce qui ouvre la boîte serait lisible en chemin."
        )
    return found


def _twilio(name: str, sender: str | None, shared: dict[str, str | None], api: str) -> Twilio | None:
    if sender is None:
        return None
    values = {**shared, name: sender}
    _refuse_half(values)
    return Twilio(str(values["CIC_TWILIO_ACCOUNT_SID"]), str(values["CIC_TWILIO_AUTH_TOKEN"]), sender, str(values["CIC_PUBLIC_URL"]), api)


def _whole(kind: Callable[..., T], values: dict[str, str | None], **more: object) -> T | None:
    """The channel, when all of its settings are there; None when none is."""
    if not any(values.values()):
        return None
    _refuse_half(values)
    return kind(*values.values(), **more)


def _refuse_half(values: dict[str, str | None]) -> None:
    missing = [name for name, value in values.items() if not value]
    if missing:
        there = next(name for name, value in values.items() if value)
        raise SettingError(f"{there} est réglé, mais non {' et '.join(missing)} : il faut tous ces réglages, ou aucun.")


def _telegram_token(name: str, raw: str) -> str:
    if not re.fullmatch(r"\d+:[A-Za-z0-9_-]+", raw):
        raise SettingError(f"{name} n'est pas un jeton de Telegram (123456:ABC-DEF…).")
    return raw


def _telegram_secret(name: str, raw: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]{16,256}", raw):
        raise SettingError(f"{name} doit avoir de 16 à 256 lettres sans accent, chiffres, « _ » ou « - ».")
    return raw


def _digits(name: str, raw: str) -> str:
    if not re.fullmatch(r"[0-9]{1,32}", raw):
        raise SettingError(f"{name} doit être un numéro, en chiffres seulement (reçu : {raw!r}).")
    return raw


def _account(name: str, raw: str) -> str:
    if not re.fullmatch(r"AC[0-9A-Za-z]{8,64}", raw):
        raise SettingError(f"{name} n'est pas un compte de Twilio (AC…).")
    return raw


def _number(name: str, raw: str) -> str:
    if not re.fullmatch(r"\+[1-9][0-9]{5,14}", raw):
        raise SettingError(f"{name} doit être un numéro international, comme +3225550100 (reçu : {raw!r}).")
    return raw


def _sender(name: str, raw: str) -> str:
    return raw if re.fullmatch(r"MG[0-9A-Za-z]{8,64}", raw) else _number(name, raw)


def _tenant(name: str, raw: str) -> str:
    """Of a domain nobody could tell whether what is delivered comes from it."""
    if not re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", raw):
        raise SettingError(f"{name} doit être l'identifiant d'un locataire de Microsoft, 00000000-0000-0000-0000-000000000000.")
    return raw
