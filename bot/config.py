"""The settings: read once, checked at the start. The only module that reads the environment.

Every setting stands in `.env.example` with its default and in the README; a test holds the three together.
"""

from __future__ import annotations

import ipaddress
import os
import re
import secrets
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, time
from pathlib import Path
from typing import TypeVar

from dotenv import dotenv_values

from bot.channel_settings import NO_CHANNEL, ChannelSettings, MailAccess, read_channels, read_mail_access
from bot.errors import SettingError
from bot.setting_values import credential, email, host_of, is_confidential, is_near, port, proxy, text, tls, whole

PROJECT = Path(__file__).resolve().parent.parent
"""The folder that holds data/, domain.yml and config.yml."""

_SERVER = re.compile(r"[^/]+//([^@]*@)?(\[[^\]@]*\]|[^@:/\[\]]*)(:\d+)?([/?].*)?")
"""The address of a database server. SQLAlchemy shows half of the password when it cannot read one."""

T = TypeVar("T")


@dataclass(frozen=True)
class Settings:
    """All settings, checked. Ports are TCP ports, `retention_days` is in days, `rate_limit` in messages a minute.

    `reply_days` are working days; `office_hours` are opening and closing, in the time of Brussels; each of `closed_days` is
    a first and a last day, both closed. What holds a password or a key is not shown with the rest.
    """

    data_dir: Path
    database_url: str = field(repr=False)
    host: str = "127.0.0.1"
    port: int = 8000
    rasa_port: int = 5005
    actions_port: int = 5055
    internal_host: str = "127.0.0.1"
    rasa_url: str | None = None
    actions_url: str | None = None
    redis_url: str | None = field(default=None, repr=False)
    contact_email: str | None = None
    contact_name: str = "Jean-Michel Reniers"
    mail_from: str = "assistant-cic@localhost.localdomain"
    smtp_host: str = "127.0.0.1"
    smtp_port: int = 25
    smtp_user: str | None = None
    smtp_password: str | None = field(default=None, repr=False)
    smtp_tls: str = "none"
    mail_access: MailAccess | None = None
    proxy: str | None = field(default=None, repr=False)
    secret_key: str | None = field(default=None, repr=False)
    retention_days: int = 365
    rate_limit: int = 30
    reply_days: int | None = None
    office_hours: tuple[time, time] = (time(9), time(17))
    closed_days: tuple[tuple[date, date], ...] = ()
    origins: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    public_url: str | None = None
    publisher: str | None = None
    publisher_email: str | None = None
    oidc_issuer: str | None = None
    oidc_client_id: str | None = None
    oidc_client_secret: str | None = field(default=None, repr=False)
    follow_releases: bool = True
    log_format: str = "texte"
    channels: ChannelSettings = NO_CHANNEL

    @property
    def smtp_access(self) -> MailAccess | None:
        """How we log in to the mail server when it has a name for us and no password."""
        return self.mail_access if self.smtp_user and not self.smtp_password else None

    @property
    def rasa_address(self) -> str:
        """Where the web process finds Rasa: the setting, else the Rasa of this machine."""
        return self.rasa_url or address_of(self.internal_host, self.rasa_port)

    @property
    def actions_address(self) -> str:
        """Where Rasa and the web process find the action server: the setting, else that of this machine."""
        return self.actions_url or address_of(self.internal_host, self.actions_port)

    def secret(self) -> str:
        """The key that signs sessions: the setting, else one made once and kept in the data folder (mode 600)."""
        if self.secret_key:
            return self.secret_key
        path = self.data_dir / "secret.key"
        if not path.exists():
            self.data_dir.mkdir(parents=True, exist_ok=True)
            # A file of its own for each maker, threads included: mkstemp also gives it mode 600.
            handle, name = tempfile.mkstemp(prefix="secret.", dir=self.data_dir)
            fresh = Path(name)
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                stream.write(secrets.token_urlsafe(48))
            try:
                os.link(fresh, path)
            except FileExistsError:
                pass
            finally:
                fresh.unlink()
        return path.read_text("utf-8").strip()


def load_settings(environ: Mapping[str, str] | None = None, dotenv: Path | None = PROJECT / ".env") -> Settings:
    """Read the settings from the environment, and from the `.env` file for what the environment leaves out.

    Raises SettingError with one clear French sentence for the first setting that is wrong.
    """
    values = {k: v for k, v in dotenv_values(dotenv).items() if v is not None} if dotenv and dotenv.exists() else {}
    values |= dict(os.environ if environ is None else environ)

    def get(name: str, default: T, parse: Callable[[str, str], T]) -> T:
        raw = values.get(name, "").strip()
        return parse(name, raw) if raw else default

    public_url = get("CIC_PUBLIC_URL", None, _origin)
    mail_access = read_mail_access(get)
    data_dir = get("CIC_DATA_DIR", PROJECT / "var", lambda _, raw: Path(raw).expanduser().resolve())
    settings = Settings(
        data_dir=data_dir,
        database_url=get("CIC_DATABASE_URL", f"sqlite:///{data_dir / 'cic.sqlite'}", _database_url),
        host=get("CIC_HOST", Settings.host, text),
        port=get("CIC_PORT", Settings.port, port),
        rasa_port=get("CIC_RASA_PORT", Settings.rasa_port, port),
        actions_port=get("CIC_ACTIONS_PORT", Settings.actions_port, port),
        internal_host=get("CIC_INTERNAL_HOST", Settings.internal_host, _internal_host),
        rasa_url=get("CIC_RASA_URL", None, _server_url),
        actions_url=get("CIC_ACTIONS_URL", None, _server_url),
        redis_url=get("CIC_REDIS_URL", None, _redis_url),
        contact_email=get("CIC_CONTACT_EMAIL", None, email),
        contact_name=get("CIC_CONTACT_NAME", Settings.contact_name, text),
        mail_from=get("CIC_MAIL_FROM", Settings.mail_from, email),
        smtp_host=get("CIC_SMTP_HOST", Settings.smtp_host, text),
        smtp_port=get("CIC_SMTP_PORT", Settings.smtp_port, port),
        smtp_user=get("CIC_SMTP_USER", None, text),
        smtp_password=get("CIC_SMTP_PASSWORD", None, lambda _, raw: raw),
        smtp_tls=get("CIC_SMTP_TLS", Settings.smtp_tls, tls),
        mail_access=mail_access,
        proxy=get("CIC_PROXY", None, proxy),
        secret_key=get("CIC_SECRET_KEY", None, _secret),
        retention_days=get("CIC_RETENTION_DAYS", Settings.retention_days, _positive),
        rate_limit=get("CIC_RATE_LIMIT", Settings.rate_limit, _positive),
        reply_days=get("CIC_REPLY_DAYS", None, _reply_days),
        office_hours=get("CIC_OFFICE_HOURS", Settings.office_hours, _office_hours),
        closed_days=get("CIC_CLOSED_DAYS", (), _closed_days),
        origins=get("CIC_ORIGINS", (), _origins),
        trusted_proxies=get("CIC_TRUSTED_PROXIES", (), _networks),
        public_url=public_url,
        publisher=get("CIC_PUBLISHER", None, text),
        publisher_email=get("CIC_PUBLISHER_EMAIL", None, email),
        oidc_issuer=get("CIC_OIDC_ISSUER", None, _issuer),
        oidc_client_id=get("CIC_OIDC_CLIENT_ID", None, credential),
        oidc_client_secret=get("CIC_OIDC_CLIENT_SECRET", None, credential),
        follow_releases=get("CIC_FOLLOW_RELEASES", Settings.follow_releases, _yes_or_no),
        log_format=get("CIC_LOG_FORMAT", Settings.log_format, _log_format),
        channels=read_channels(get, public_url, mail_access),
    )
    if len({settings.port, settings.rasa_port, settings.actions_port}) < 3:
        raise SettingError("CIC_PORT, CIC_RASA_PORT et CIC_ACTIONS_PORT doivent être trois ports différents.")
    if len({bool(value) for value in (settings.oidc_issuer, settings.oidc_client_id, settings.oidc_client_secret)}) > 1:
        raise SettingError("CIC_OIDC_ISSUER, CIC_OIDC_CLIENT_ID et CIC_OIDC_CLIENT_SECRET vont ensemble : réglez les trois, ou aucun.")
    _check_mail_access(settings)
    return settings


def user_password() -> str | None:
    """The password that `cic user` is given by CIC_USER_PASSWORD, for scripts: no setting of the assistant, and never in a file."""
    return os.environ.get("CIC_USER_PASSWORD") or None


def address_of(host: str, port: int) -> str:
    """Return the address at which this machine reaches a process that listens on `host`."""
    near = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{near}]:{port}" if ":" in near else f"http://{near}:{port}"


def child_environment(extra: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for a process that the supervisor starts: its own, with `extra` on top."""
    return dict(os.environ) | dict(extra)


def _check_mail_access(settings: Settings) -> None:
    """A token serves somewhere, and nobody can read it on the way. Raises SettingError."""
    mailbox = settings.channels.mailbox
    if settings.mail_access and not settings.smtp_access and not (mailbox and mailbox.access):
        raise SettingError(
            "CIC_MAIL_OAUTH_URL ne sert à rien : il faut CIC_SMTP_USER sans CIC_SMTP_PASSWORD, ou CIC_MAILBOX sans CIC_IMAP_PASSWORD."
        )
    if settings.smtp_access and settings.smtp_tls == "none" and not is_near(settings.smtp_host):
        raise SettingError("CIC_SMTP_TLS doit être « starttls » ou « tls » avec CIC_MAIL_OAUTH_URL : le jeton serait lisible en chemin.")


def _positive(name: str, raw: str) -> int:
    number = whole(name, raw)
    if number < 1:
        raise SettingError(f"{name} doit valoir au moins 1 (reçu : {raw!r}).")
    return number


def _reply_days(name: str, raw: str) -> int:
    days = whole(name, raw)
    if not 1 <= days <= 60:
        raise SettingError(f"{name} doit être un nombre de jours ouvrables entre 1 et 60 (reçu : {raw!r}).")
    return days


def _office_hours(name: str, raw: str) -> tuple[time, time]:
    clock = r"([01]?[0-9]|2[0-3])(?::([0-5][0-9]))?"
    found = re.fullmatch(rf"{clock}\s*-\s*{clock}", raw)
    if not found:
        raise SettingError(f"{name} doit être une heure d'ouverture et une heure de fermeture, comme 9-17 ou 08:30-16:45 (reçu : {raw!r}).")
    opening, closing = (time(int(found[hour]), int(found[hour + 1] or 0)) for hour in (1, 3))
    if opening >= closing:
        raise SettingError(f"{name} : l'ouverture doit venir avant la fermeture (reçu : {raw!r}).")
    return opening, closing


def _closed_days(name: str, raw: str) -> tuple[tuple[date, date], ...]:
    return tuple(_period(name, part) for part in re.split(r"[,\s]+", re.sub(r"\s*/\s*", "/", raw)) if part)


def _period(name: str, part: str) -> tuple[date, date]:
    first, slash, last = part.partition("/")
    try:
        start = date.fromisoformat(first)
        end = date.fromisoformat(last) if slash else start
    except ValueError as error:
        raise SettingError(f"{name} : {part!r} n'est ni une date (2026-12-24) ni une période (2026-12-28/2026-12-31).") from error
    if not 0 <= (end - start).days <= 366:
        raise SettingError(f"{name} : la période {part!r} doit finir après son début, au plus un an plus tard.")
    return start, end


def _yes_or_no(name: str, raw: str) -> bool:
    if raw not in {"oui", "non"}:
        raise SettingError(f"{name} doit être « oui » ou « non » (reçu : {raw!r}).")
    return raw == "oui"


def _log_format(name: str, raw: str) -> str:
    if raw not in {"texte", "json"}:
        raise SettingError(f"{name} doit être « texte » ou « json » (reçu : {raw!r}).")
    return raw


def _secret(name: str, raw: str) -> str:
    if len(raw) < 16:
        raise SettingError(f"{name} est trop court : au moins 16 caractères.")
    return raw


def _database_url(name: str, raw: str) -> str:
    if not re.match(r"(sqlite:///|postgresql(\+psycopg2?)?://).+", raw):
        raise SettingError(f"{name} doit commencer par sqlite:/// ou postgresql://.")
    if raw.startswith("postgresql") and not _SERVER.fullmatch(raw):
        raise SettingError(f"{name} ne se lit pas : dans le nom et le mot de passe, écrivez « @ » %40, « : » %3A et « / » %2F.")
    return raw


def _redis_url(name: str, raw: str) -> str:
    if not re.match(r"rediss?://.+", raw):
        raise SettingError(f"{name} doit commencer par redis://.")
    return raw


def _origins(name: str, raw: str) -> tuple[str, ...]:
    return tuple(_origin(name, part) for part in re.split(r"[,\s]+", raw) if part)


def _origin(name: str, raw: str) -> str:
    origin = raw.rstrip("/")
    if not re.fullmatch(r"https?://[A-Za-z0-9.-]+(:\d+)?", origin) or not host_of(origin):
        raise SettingError(f"{name} : {origin!r} n'est pas l'adresse d'un site (https://www.exemple.be).")
    return origin


def _server_url(name: str, raw: str) -> str:
    url = raw.rstrip("/")
    if not re.fullmatch(r"https?://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?", url) or not host_of(url):
        raise SettingError(f"{name} : {raw!r} n'est pas l'adresse d'un serveur (http://10.0.0.5:5005).")
    return url


def _issuer(name: str, raw: str) -> str:
    if not re.fullmatch(r"https?://[!-~]+", raw) or not is_confidential(raw) or re.search(r"[?#@\\]", raw):
        raise SettingError(f"{name} : {raw!r} n'est pas l'adresse https d'un service d'identité (https://identite.exemple.be).")
    return raw


def _internal_host(name: str, raw: str) -> str:
    host = text(name, raw)
    with suppress(ValueError):
        if ipaddress.ip_address(host).is_global:
            raise SettingError(f"{name} : {raw!r} est une adresse publique. Rasa et le serveur d'actions restent sur un réseau privé.")
    return host


def _networks(name: str, raw: str) -> tuple[str, ...]:
    networks = tuple(part for part in re.split(r"[,\s]+", raw) if part)
    for network in networks:
        try:
            ipaddress.ip_network(network, strict=False)
        except ValueError as error:
            raise SettingError(f"{name} : {network!r} n'est ni une adresse IP ni un réseau (10.0.0.0/8).") from error
    return networks
