"""Whether a mail is from whom it says, by what the mailbox's own server found out (Authentication-Results, RFC 8601). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from authres import AuthenticationResultsHeader

from bot.channel_settings import NAMELESS

_PASS = "pass"  # noqa: S105 - what the server says
_UNKNOWN = frozenset({"none", "temperror", "bestguesspass"})
"""What is said of DMARC where the domain has published none, the last by Exchange Online, or where nobody could ask."""
_METHOD = re.compile(r"\s*[a-z0-9-]+\s*=", re.IGNORECASE)
"""Begins a field in which no server is named."""


def is_proven(fields: Sequence[str], authserv: str, domain: str) -> bool:
    """Whether the server `authserv` vouches for the domain that stands in From.

    `fields` are the Authentication-Results from the top. Only the topmost of that server counts: one below may be the sender's own. It
    says that DMARC passes for the domain, or, where it knows no DMARC of it, that SPF or DKIM passes for the domain or one above it.
    Where `authserv` is NAMELESS only the topmost field of all counts, and only when it names no server.
    """
    results = _topmost(fields, authserv)
    dmarc = [result for result in results if result.method == "dmarc"]
    if any(result.result == _PASS and domain in _named(result, "from") for result in dmarc):
        return True
    if any(result.result not in _UNKNOWN for result in dmarc):
        return False
    vouched = [
        named
        for result in results
        if result.result == _PASS and result.method in ("spf", "dkim")
        for named in _named(result, "mailfrom" if result.method == "spf" else "d", "i")
    ]
    return any(domain == named or domain.endswith(f".{named}") for named in vouched if "." in named)


def _topmost(fields: Sequence[str], authserv: str) -> Sequence[Any]:
    if authserv.lower() == NAMELESS:
        # The library wants a name, and nothing behind the last semicolon
        fields = [f"{NAMELESS}; {field.rstrip(' ;')}" for field in fields[:1] if _METHOD.match(field)]
    for field in fields:
        try:
            header = AuthenticationResultsHeader.parse_value(field)
        except Exception:  # noqa: BLE001, S112 - the library raises what comes; a field that it cannot read vouches for nobody
            continue
        if str(header.authserv_id).lower() == authserv.lower():
            return list(header.results)
    return []


def _named(result: Any, *names: str) -> Iterator[str]:
    """The domains under these names of a result, in small letters."""
    for found in result.properties:
        if str(found.name).lower() in names:
            yield str(found.value).rpartition("@")[2].strip('"').rstrip(".").lower()
