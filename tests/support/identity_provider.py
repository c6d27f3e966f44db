"""A small identity service on a port of loopback: OpenID Connect as real ones speak it, and lies when it is told to."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT_ID, CLIENT_SECRET = "revue", "a secret of the review"


def encoded(value: object) -> str:
    """A part of a token."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@cache
def drawn_key(kid: str, number: int = 0) -> RSAKey:
    """A key of that name; another one for another number. They take long to draw, so that tests share them."""
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig", "alg": "RS256"})


@dataclass
class IdentityProvider:
    """Says that whoever comes is `person`. What a test changes: claims of the token, how it is signed, what the service calls itself.

    A code is good once, for the client that knows the secret, the same way back and the verifier of the challenge.
    """

    clock: Callable[[], datetime]
    back: str = "http://assistant.example/revue/oidc/retour"
    person: dict[str, Any] = field(default_factory=lambda: {"sub": "omar-1", "email": "omar@association.example", "email_verified": True})
    claims: dict[str, Any] = field(default_factory=dict)
    """Claims of the token that differ; None leaves one out."""
    signing: str = "RS256"
    """Or: `none`, `stranger` (a key that is not published), `HS256` (with the public key), `HS256-secret` (with the client's secret)."""
    description: dict[str, Any] = field(default_factory=dict)
    """What differs in what the service says of itself."""
    email_in_token: bool = True
    told: dict[str, Any] | None = None
    """What /userinfo says, if not the truth."""
    asked: list[str] = field(default_factory=list)
    """Paths that were asked for."""

    def __post_init__(self) -> None:
        self.key = drawn_key("first")
        self._codes: dict[str, dict[str, str]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def change_key(self) -> None:
        """Sign with another key from now on, which is published."""
        self.key = drawn_key("second")

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def get(self, path: str, query: dict[str, str], headers: Any) -> tuple[int, Any]:
        """Status, and what is answered: an address for 302, else an object."""
        if path == "/.well-known/openid-configuration":
            addresses = {
                "authorization_endpoint": "/authorize",
                "token_endpoint": "/token",
                "jwks_uri": "/jwks",
                "userinfo_endpoint": "/me",
            }
            return 200, {"issuer": self.issuer, **{name: self.issuer + path for name, path in addresses.items()}, **self.description}
        if path == "/jwks":
            return 200, {"keys": [self.key.as_dict(private=False)]}
        if path == "/me" and headers["authorization"] == "Bearer an access token":
            return 200, self.told or self.person
        if path == "/authorize":
            return 302, self._authorize(query)
        return 404, {}

    def token(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """What a code is exchanged for."""
        known = self._codes.pop(form.get("code", ""), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest()).decode().rstrip("=")
        by_header = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        in_form = (form.get("client_id"), form.get("client_secret")) == (CLIENT_ID, CLIENT_SECRET)
        by_post = self.description.get("token_endpoint_auth_methods_supported") == ["client_secret_post"]
        if not (in_form if by_post else authorization == f"Basic {by_header}"):
            return 401, {"error": "invalid_client"}
        if not known or known["code_challenge"] != challenge or known["redirect_uri"] != form.get("redirect_uri"):
            return 400, {"error": "invalid_grant"}
        return 200, {"token_type": "Bearer", "access_token": "an access token", "id_token": self._signed(known["nonce"])}

    def _authorize(self, query: dict[str, str]) -> str:
        expected = {"client_id": CLIENT_ID, "redirect_uri": self.back, "response_type": "code", "code_challenge_method": "S256"}
        wrong = {name: query.get(name) for name, value in expected.items() if query.get(name) != value}
        assert not wrong, wrong
        assert "openid" in query["scope"].split()
        code = secrets.token_urlsafe()
        self._codes[code] = query
        return f"{self.back}?{urlencode({'code': code, 'state': query['state']})}"

    def _signed(self, nonce: str) -> str:
        now = int(self.clock().timestamp())
        person = self.person if self.email_in_token else {"sub": self.person["sub"]}
        claims = {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": nonce, **person, **self.claims}
        claims = {name: value for name, value in claims.items() if value is not None}
        if self.signing == "none":
            return f"{encoded({'alg': 'none', 'typ': 'JWT'})}.{encoded(claims)}."
        header = {"alg": self.signing.partition("-")[0], "kid": self.key.kid}
        if self.signing.startswith("HS256"):
            secret = CLIENT_SECRET.encode() if self.signing.endswith("secret") else self.key.as_pem(private=False)
            unsigned = f"{encoded(header)}.{encoded(claims)}"
            digest = hmac.digest(secret, unsigned.encode(), "sha256")
            return f"{unsigned}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"
        key = drawn_key(str(self.key.kid), 1) if self.signing == "stranger" else self.key
        return jwt.encode(header | {"alg": "RS256"}, claims, key)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                provider.asked.append(parts.path)
                self._answer(*provider.get(parts.path, dict(parse_qsl(parts.query)), self.headers))

            def do_POST(self) -> None:
                provider.asked.append(self.path)
                form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
                self._answer(*provider.token({name: values[0] for name, values in form.items()}, self.headers.get("authorization", "")))

            def _answer(self, status: int, what: Any) -> None:
                body = b"" if status == 302 else json.dumps(what).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                if status == 302:
                    self.send_header("Location", what)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        return Handler
