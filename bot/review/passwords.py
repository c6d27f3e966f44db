"""Passwords: which ones are taken, and their argon2 hashes. Nothing here tells a password, or whether a name exists."""

from __future__ import annotations

import base64
import secrets
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from bot.errors import RequestError

SHORTEST, LONGEST = 12, 200
"""In characters."""
FEWEST_SIGNS = 5
"""Different characters in a password."""


def check_password(password: str, name: str) -> None:
    """Raise RequestError, with the reason, when a password will not do for the account of a name."""
    password = normalised(password)
    if len(password) < SHORTEST:
        raise RequestError(f"Ce mot de passe est trop court : il faut au moins {SHORTEST} caractères.")
    if len(password) > LONGEST:
        raise RequestError(f"Ce mot de passe est trop long : il en faut au plus {LONGEST} caractères.")
    if password.casefold() in {name.casefold(), name.casefold().partition("@")[0]}:
        raise RequestError("Le mot de passe ne peut pas être le nom du compte.")
    if len(set(password)) < FEWEST_SIGNS:
        raise RequestError(f"Ce mot de passe se devine trop facilement : il faut au moins {FEWEST_SIGNS} caractères différents.")


def normalised(password: str) -> str:
    """The same password however a keyboard composes its accents. Raises RequestError for halves of characters."""
    try:
        return unicodedata.normalize("NFC", password).encode().decode()
    except UnicodeEncodeError as error:
        raise RequestError("Ce mot de passe contient un caractère qui ne peut pas être lu.") from error


class Passwords:
    """Makes and verifies hashes. The parameters are those of argon2-cffi (RFC 9106, 64 MiB) unless a hasher is given."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._decoy = _decoy(self._hasher)

    def make(self, password: str) -> str:
        """The hash of a password."""
        return self._hasher.hash(normalised(password))

    def fits(self, stored: str | None, password: str) -> bool:
        """Whether a password is the one of a hash; without a hash it is not, and that takes as long."""
        try:
            return self._hasher.verify(stored or self._decoy, normalised(password)) and stored is not None
        except (VerificationError, InvalidHashError, RequestError):
            return False

    def is_outdated(self, stored: str) -> bool:
        """Whether a hash was made with other parameters than ours."""
        return self._hasher.check_needs_rehash(stored)


def _decoy(hasher: PasswordHasher) -> str:
    """A hash of the same cost that no password has: its digest is drawn, not computed."""
    salt, digest = (base64.b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (hasher.salt_len, hasher.hash_len))
    costs = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2{hasher.type.name.lower()}$v=19${costs}${salt}${digest}"
