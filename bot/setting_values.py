"""Values of settings, read from their text. Each raises SettingError with one clear French sentence that names the setting."""

from __future__ import annotations

import re

from bot.errors import SettingError


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
