"""The identity service (OpenID Connect): who somebody is, as a service says that we trust.

Authorization code with PKCE. What it answers is believed only when it is signed by one of its keys, for us, now, and for this very
attempt. It says who somebody is, never what they may do here.
"""

from __future__ import annotations

import hmac
import json
import logging
import re
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx2
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from bot.setting_values import is_confidential
from bot.web.bodies import RefusedError

SCOPE = "openid email"
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384")
"""Signatures that only the owner of a private key can make."""
SECONDS = 10.0
"""How long the service may take for one answer."""
FRESH = timedelta(hours=1)
"""How long its addresses and keys are kept."""
LEEWAY_SECONDS = 60
"""By how much its clock may differ from ours."""
_SUBJECT = re.compile(r"[ -~]{1,255}")
_AWAY = "Le service d'identité ne répond pas comme prévu. Pouvez-vous réessayer dans un moment ?"
_NOT_BELIEVED = "La réponse du service d'identité n'a pas pu être vérifiée. Recommencez depuis la page de connexion."
_DECLINED = "Le service d'identité n'a pas confirmé votre identité. Vous pouvez recommencer."
_LOST = "Cette connexion a pris trop de temps, ou a commencé dans un autre navigateur. Recommencez depuis la page de connexion."

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Beginning:
    """What has to be remembered of an attempt, by the browser that began it alone."""

    state: str
    nonce: str
    verifier: str

    @classmethod
    def fresh(cls) -> Beginning:
        """An attempt that nobody can guess."""
        return cls(secrets.token_urlsafe(24), secrets.token_urlsafe(24), secrets.token_urlsafe(48))


@dataclass(frozen=True)
class Person:
    """Who somebody is. `subject` is theirs for ever; `email` is None unless the service has verified it."""

    subject: str
    email: str | None


@dataclass(frozen=True)
class _Described:
    """What the service says of itself."""

    addresses: Mapping[str, Any]
    keys: KeySet
    at: datetime


class IdentityService:
    """Speaks with the service. Every failure is a RefusedError: 403 for what is not to be believed, 502 when it does not answer."""

    def __init__(self, issuer: str, client_id: str, client_secret: str, clock: Callable[[], datetime]) -> None:
        self._issuer = issuer
        self._client_id = client_id
        self._client_secret = client_secret
        self._clock = clock
        self._described: _Described | None = None

    async def address(self, begun: Beginning, back: str) -> str:
        """Where to send a browser to prove who is before it; it comes back to `back`."""
        async with self._client() as client:
            known = await self._description(client)
            url, _ = client.create_authorization_url(
                known.addresses["authorization_endpoint"],
                state=begun.state,
                nonce=begun.nonce,
                code_verifier=begun.verifier,
                redirect_uri=back,
            )
        return str(url)

    async def person(self, begun: Beginning | None, answer: Mapping[str, str], back: str) -> Person:
        """Who has come back with an answer to what they began here."""
        if begun is None or not hmac.compare_digest(answer.get("state", "").encode(), begun.state.encode()):
            raise RefusedError(403, _LOST)
        if answer.get("iss", self._issuer) != self._issuer:
            raise RefusedError(403, _NOT_BELIEVED)
        if "error" in answer or not answer.get("code"):
            raise RefusedError(403, _DECLINED)
        async with self._client() as client:
            known = await self._description(client)
            client.token_endpoint_auth_method = _way_to_sign(known.addresses)
            token = await client.fetch_token(
                known.addresses["token_endpoint"],
                grant_type="authorization_code",
                code=answer["code"],
                code_verifier=begun.verifier,
                redirect_uri=back,
            )
            claims = await self._claims(client, token, begun.nonce)
            return _person(claims, await self._told(client, claims))

    @asynccontextmanager
    async def _client(self) -> AsyncIterator[AsyncOAuth2Client]:
        """A client for one attempt; what goes wrong with it is told in our words."""
        ours = {"scope": SCOPE, "code_challenge_method": "S256", "timeout": SECONDS}
        try:
            async with AsyncOAuth2Client(self._client_id, self._client_secret, **ours) as client:
                yield client
        except OAuthError as error:
            log.warning("the identity service declines: %s", error.error)
            raise RefusedError(403, _DECLINED) from error
        except JoseError as error:
            log.warning("the identity service is not believed: %s", error)
            raise RefusedError(403, _NOT_BELIEVED) from error
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError, KeyError, TypeError) as error:
            log.warning("the identity service does not answer as it should: %s: %s", type(error).__name__, error)
            raise RefusedError(502, _AWAY) from error

    async def _description(self, client: AsyncOAuth2Client, anew: bool = False) -> _Described:
        known, now = self._described, self._clock()
        if known is None or anew or abs(now - known.at) >= FRESH:
            addresses = await _fetch(client, f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
            if addresses["issuer"] != self._issuer:
                raise ValueError("the service calls itself by another name")
            for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                _check(addresses[name])
            keys = KeySet.import_key_set(await _fetch(client, addresses["jwks_uri"]))
            known = self._described = _Described(addresses, keys, now)
        return known

    async def _claims(self, client: AsyncOAuth2Client, token: Mapping[str, Any], nonce: str) -> Mapping[str, Any]:
        """What the id_token says, once it is verified; a key that we do not know may be a new one."""
        signed = token["id_token"]
        try:
            read = _read(signed, (await self._description(client)).keys)
        except InvalidKeyIdError:
            read = _read(signed, (await self._description(client, anew=True)).keys)
        expected = {"iss": {"essential": True, "value": self._issuer}, "aud": {"essential": True, "value": self._client_id}}
        params = {"nonce": nonce, "client_id": self._client_id, "access_token": token.get("access_token")}
        claims = CodeIDToken(read.claims, read.header, expected, params)
        claims.validate(now=int(self._clock().timestamp()), leeway=LEEWAY_SECONDS)
        return dict(claims)

    async def _told(self, client: AsyncOAuth2Client, claims: Mapping[str, Any]) -> Mapping[str, Any]:
        """Where the e-mail address stands: services give it in the token, or on a page of its own."""
        described = await self._description(client)
        page = described.addresses.get("userinfo_endpoint")
        if "email" in claims or not page:
            return claims
        response = await client.get(_check(page))
        told = _object(response)
        if told["sub"] != claims["sub"]:
            raise RefusedError(403, _NOT_BELIEVED)
        return told


def _way_to_sign(addresses: Mapping[str, Any]) -> str:
    """How the service wants to hear our password; what it does not say is in the header (OpenID Connect Discovery, 3)."""
    usual = "client_secret_basic"
    return usual if usual in addresses.get("token_endpoint_auth_methods_supported", [usual]) else "client_secret_post"


def _read(signed: str, keys: KeySet) -> jwt.Token:
    return jwt.decode(signed, keys, algorithms=ALGORITHMS, registry=JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False))


def _person(claims: Mapping[str, Any], told: Mapping[str, Any]) -> Person:
    subject = claims["sub"]
    if not isinstance(subject, str) or not _SUBJECT.fullmatch(subject):
        raise RefusedError(403, _NOT_BELIEVED)
    email = told.get("email")
    verified = told.get("email_verified") in (True, "true")
    return Person(f"{claims['iss']}|{subject}", email if verified and isinstance(email, str) else None)


async def _fetch(client: AsyncOAuth2Client, url: str) -> Any:
    return _object(await client.request("GET", _check(url), withhold_token=True))


def _object(response: Any) -> Mapping[str, Any]:
    response.raise_for_status()
    read = json.loads(response.content)
    if not isinstance(read, dict):
        raise ValueError("not an object")
    return read


def _check(url: Any) -> str:
    if not isinstance(url, str) or not is_confidential(url):
        raise ValueError("an address that others could read")
    return url
