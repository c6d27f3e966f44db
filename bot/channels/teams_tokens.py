"""The tokens of the Bot Framework: those that prove that an activity is Microsoft's, and our own.

https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-authentication
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from joserfc.jws import JWSRegistry, extract_compact

from bot.channel_settings import Teams
from bot.channels.model import AccessError, BusyError, ForgedError, UnreadableError
from bot.channels.reading import at, list_at, text_at
from bot.channels.wire import Wire, refuse
from bot.errors import DeliveryError, TemporaryDeliveryError, UncertainDeliveryError
from bot.setting_values import is_confidential

ISSUER = "https://api.botframework.com"
SCOPE = f"{ISSUER}/.default"
ALGORITHMS = ("RS256",)
LEEWAY_SECONDS = 300
"""By how much Microsoft's clock may differ from ours."""
FRESH_SECONDS = 24 * 3600.0
"""How long the keys are kept before they are fetched again."""
KEPT_SECONDS = 5 * 24 * 3600.0
"""How long they are believed when that fails; Microsoft's own libraries keep them as long."""
UNKNOWN_SECONDS = 300.0
"""An unknown key may be a new one, for which they are fetched again, but not more often: whoever forges tokens names any key."""
AWAY_SECONDS = 5.0
"""How long nothing is fetched after that failed."""
FETCH_TIMEOUT = aiohttp.ClientTimeout(total=6.0, connect=3.0)
"""Two of these have to fit in the 15 seconds that Microsoft waits for us."""
EARLY_SECONDS = 60.0
"""By how much our own token is renewed before it ends."""
_AWAY = "Les clés de Microsoft ne peuvent pas être lues : livrez plus tard."
_REGISTRY = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
_CODE = re.compile(r"AADSTS\d+")
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SigningKey:
    """A key of Microsoft's. `endorsements` are the channels that it may sign for, None when that is not said."""

    key: RSAKey
    endorsements: frozenset[str] | None = None


@dataclass(frozen=True)
class Proof:
    """What a token proves that is Microsoft's and for us: where we may answer, and for which channels."""

    service: str
    endorsements: frozenset[str] | None


class Keyring:
    """Microsoft's keys, fetched when they are needed. `clock` gives seconds since 1970."""

    def __init__(self, openid: str, wire: Wire, clock: Callable[[], float] = time.time) -> None:
        self._openid = openid
        self._wire = wire
        self._clock = clock
        self._keys: Mapping[str, SigningKey] = {}
        self._fetched_at = self._failed_at = float("-inf")
        self._fetching = asyncio.Lock()

    async def find(self, kid: str) -> SigningKey | None:
        """Return the key of that name; None when Microsoft, asked just now, has none. Raises UnreadableError (503) when nobody can say.

        That is so, too, while Microsoft is not asked again: the key may be new, and its first messages must not be lost.
        """
        asked = False
        if self._is_due(kid):
            async with self._fetching:
                if self._is_due(kid) and self._since(self._failed_at) >= AWAY_SECONDS:
                    asked = await self._fetch()
        found = self._keys.get(kid) if self._since(self._fetched_at) < KEPT_SECONDS else None
        if found is None and not asked:
            raise UnreadableError(_AWAY, 503)
        return found

    def _is_due(self, kid: str) -> bool:
        return self._since(self._fetched_at) >= (FRESH_SECONDS if kid in self._keys else UNKNOWN_SECONDS)

    def _since(self, moment: float) -> float:
        return abs(self._clock() - moment)

    async def _fetch(self) -> bool:
        """Fetch the keys; return whether that succeeded."""
        try:
            described = await self._get(self._openid)
            self._keys = _read_keys(await self._get(text_at(described, "jwks_uri")))
            self._fetched_at = self._clock()
        except (DeliveryError, ValueError) as error:
            self._failed_at = self._clock()
            log.warning("the keys of the Bot Framework cannot be fetched: %s", error)
            return False
        return True

    async def _get(self, url: str) -> dict[str, Any]:
        if not is_confidential(url):
            raise ValueError("an address that others could read")
        answer = await self._wire.call("GET", url)
        refuse(answer)
        return answer.json()


class Verifier:
    """Tells Microsoft's deliveries from others."""

    def __init__(self, app_id: str, keyring: Keyring, clock: Callable[[], float] = time.time) -> None:
        self._keyring = keyring
        self._claims = jwt.JWTClaimsRegistry(
            now=lambda: int(clock()),
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": ISSUER},
            aud={"essential": True, "value": app_id},
            exp={"essential": True},
        )

    async def verify(self, authorization: str) -> Proof:
        """Read the header `Authorization` of a delivery. Raises ForgedError, or UnreadableError (503) when it cannot be verified now."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise ForgedError("no token")
        key = await self._keyring.find(_kid(token))
        if key is None:
            raise ForgedError("a token by a key that is not Microsoft's")
        try:
            claims = jwt.decode(token, key.key, algorithms=ALGORITHMS, registry=_REGISTRY).claims
            self._claims.validate(claims)
        except (JoseError, ValueError, TypeError) as error:
            raise ForgedError(f"a token that is not valid: {type(error).__name__}") from error
        return Proof(text_at(claims, "serviceurl"), key.endorsements)


class AccessTokens:
    """Our own token, with which we write: fetched once for all, kept until shortly before it ends."""

    def __init__(self, settings: Teams, wire: Wire, clock: Callable[[], float] = time.time) -> None:
        self._settings = settings
        self._wire = wire
        self._clock = clock
        self._token = ""
        self._until = float("-inf")
        self._fetching = asyncio.Lock()

    async def get(self) -> str:
        """Return a token that is good. Raises a TemporaryDeliveryError, AccessError when Microsoft does not know our credentials."""
        async with self._fetching:
            if self._clock() >= self._until:
                await self._fetch()
            return self._token

    def forget(self, token: str) -> None:
        """A token was refused: another one is fetched next time, unless that was done already."""
        if token == self._token:
            self._until = float("-inf")

    async def _fetch(self) -> None:
        form = {
            "grant_type": "client_credentials",
            "client_id": self._settings.app_id,
            "client_secret": self._settings.password,
            "scope": SCOPE,
        }
        url = f"{self._settings.login}/{self._settings.tenant}/oauth2/v2.0/token"
        try:
            answer = await self._wire.call("POST", url, data=form)
        except UncertainDeliveryError as error:  # no message has left, so that nothing is uncertain
            raise TemporaryDeliveryError(str(error)) from error
        told = answer.json()
        if answer.status == 429 or answer.status >= 500:
            raise BusyError(f"Microsoft ne donne pas de jeton pour le moment : {answer.status}.", answer.retry_after, everybody=True)
        token = text_at(told, "access_token")
        if answer.status != 200 or not token:
            code = _CODE.search(text_at(told, "error_description"))
            raise AccessError(f"Microsoft refuse l'application, le secret ou le locataire de Teams : {code[0] if code else answer.status}.")
        seconds = at(told, "expires_in")
        self._token = token
        self._until = self._clock() + (float(seconds) if isinstance(seconds, int) else 0.0) - EARLY_SECONDS


def _kid(token: str) -> str:
    """The name of the key that a token says it is signed by. Raises ForgedError unless it is signed as Microsoft signs."""
    try:
        header = extract_compact(token.encode(), registry=_REGISTRY).headers()
    except (JoseError, ValueError, TypeError) as error:
        raise ForgedError("no token that can be read") from error
    kid = text_at(header, "kid")
    if header.get("alg") not in ALGORITHMS or not kid:
        raise ForgedError("a token that is not signed as Microsoft signs")
    return kid


def _read_keys(told: Mapping[str, Any]) -> dict[str, SigningKey]:
    """The keys by their names. One that cannot be read is left out. Raises ValueError when there is none."""
    keys = {}
    for item in list_at(told, "keys"):
        if text_at(item, "kty") != "RSA" or text_at(item, "use") not in ("", "sig"):
            continue
        try:
            key = RSAKey.import_key(item)
        except (JoseError, ValueError, TypeError, KeyError):
            continue
        named = list_at(item, "endorsements")
        keys[text_at(item, "kid")] = SigningKey(key, frozenset(map(str, named)) if named else None)
    if not keys:
        raise ValueError("no key")
    return keys
