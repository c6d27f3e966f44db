"""Values of settings, read from their text. Each raises SettingError with one clear French sentence that names the setting."""

from __future__ import annotations

import ipaddress
import re
from contextlib import suppress
from urllib.parse import urlsplit

from bot.errors import SettingError

_PROXY = re.compile(
    r"http://(?:(?:[\w.~!$&'()*+,;=-]|%(?!3[Aa]))+(?::[\w.~!$&'()*+,;=%-]*)?@)?(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):\d{1,5}", re.ASCII
)
_HOST = re.compile(r"(?:\[([^\[\]]+)\]|([\w-]+(?:\.[\w-]+)*\.?))(?::\d+)?", re.ASCII)
"""An address between brackets or a name, and perhaps a port."""


def text(name: str, raw: str) -> str:
    """Anything without control characters."""
    if re.search(r"[\x00-\x1f]", raw):
        raise SettingError(f"{name} contient un caractère de contrôle.")
    return raw


def credential(name: str, raw: str) -> str:
    """A password, a token or a name of a machine: printable ASCII without spaces."""
    if not re.fullmatch(r"[!-~]+", raw):
        raise SettingError(f"{name} contient une espace ou un signe qui n'est pas ASCII.")
    return raw


def email(name: str, raw: str) -> str:
    """One plain address."""
    if not re.fullmatch(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+", raw):
        raise SettingError(f"{name} doit être une adresse e-mail (reçu : {raw!r}).")
    return raw


def whole(name: str, raw: str) -> int:
    """A whole number."""
    if not re.fullmatch(r"\d{1,9}", raw):
        raise SettingError(f"{name} doit être un nombre entier (reçu : {raw!r}).")
    return int(raw)


def port(name: str, raw: str) -> int:
    """A TCP port."""
    port = whole(name, raw)
    if not 1 <= port <= 65535:
        raise SettingError(f"{name} doit être un port entre 1 et 65535 (reçu : {raw!r}).")
    return port


def tls(name: str, raw: str) -> str:
    """How a connection to a mail server is encrypted."""
    if raw not in {"none", "starttls", "tls"}:
        raise SettingError(f"{name} doit être « none », « starttls » ou « tls » (reçu : {raw!r}).")
    return raw


def https(name: str, raw: str) -> str:
    """The address of a service that is given our credentials: by https, or on this machine. Without a `/` at its end."""
    url = raw.rstrip("/")
    if not is_confidential(url) or re.search(r"[^!-~]|[?#@\\]", url):
        raise SettingError(f"{name} : {raw!r} n'est pas une adresse https.")
    return url


def proxy(name: str, raw: str) -> str:
    """The address of an HTTP proxy, perhaps with a name and a password, which no error shows."""
    url = raw.rstrip("/")
    if not _PROXY.fullmatch(url) or not host_of(url):
        raise SettingError(
            f"{name} n'est pas l'adresse d'un serveur mandataire (http://mandataire.exemple.be:3128). "
            "Dans le nom et le mot de passe, écrivez « @ » %40, « % » %25 et « / » %2F."
        )
    return url


def is_confidential(url: str) -> bool:
    """Whether nobody reads on the way what is sent to an address: by https, or within this machine."""
    host = host_of(url)
    if not host:
        return False
    scheme = urlsplit(url).scheme
    return scheme == "https" or (scheme == "http" and is_near(host))


def host_of(url: str) -> str:
    """The host of an address. Empty where none is named, or one that cannot be, or a port that cannot be."""
    with suppress(ValueError):
        parts = urlsplit(url)
        found = _HOST.fullmatch(parts.netloc.rpartition("@")[2])
        if found and parts.port != 0:
            address, name = found.groups()
            if address:
                ipaddress.IPv6Address(address)
            elif re.fullmatch(r"[\d.]+", name):
                ipaddress.IPv4Address(name)
            return parts.hostname or ""
    return ""


def is_near(host: str) -> bool:
    """Whether a name or an address is that of this machine."""
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"
