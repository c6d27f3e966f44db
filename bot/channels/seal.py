"""Keeps who writes to us: names as keyed digests, which nobody can try out without the key, and addresses sealed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bot.errors import StorageError

SHOWN = 12
"""Digits of a digest that stand in a log: enough to follow one person, and no name."""


class Seal:
    """Digests and seals with keys of their own, both made from the secret of the assistant."""

    def __init__(self, secret: str) -> None:
        self._digests = _key(secret, b"cic-channel-digests")
        self._seal = Fernet(base64.urlsafe_b64encode(_key(secret, b"cic-channel-addresses")))

    def digest(self, *parts: str) -> str:
        """A keyed digest of these texts (HMAC-SHA256, 64 digits); another order or division gives another digest."""
        told = b"".join(len(raw).to_bytes(4, "big") + raw for raw in (part.encode("utf-8", "surrogatepass") for part in parts))
        return hmac.new(self._digests, told, hashlib.sha256).hexdigest()

    def close(self, value: Mapping[str, Any]) -> bytes:
        """Seal a JSON object: encrypted and signed (Fernet: AES-128-CBC, HMAC-SHA256)."""
        return self._seal.encrypt(json.dumps(dict(value)).encode())

    def open(self, sealed: bytes) -> dict[str, Any]:
        """The object that was sealed. Raises StorageError when another key sealed it."""
        try:
            value: dict[str, Any] = json.loads(self._seal.decrypt(bytes(sealed)))
        except InvalidToken as error:
            raise StorageError("Une adresse de messagerie a été scellée avec une autre clé : CIC_SECRET_KEY a changé.") from error
        return value


def _key(secret: str, purpose: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=purpose).derive(secret.encode())
