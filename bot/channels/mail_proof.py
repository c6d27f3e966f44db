"""Whether a mail is from whom it says, by what the mailbox's own server found out (Authentication-Results, RFC 8601). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from authres import AuthenticationResultsHeader

_PASS = "pass"  # noqa: S105 - what the server says


def is_proven(fields: Sequence[str], authserv: str, domain: str) -> bool:
    """Whether the server `authserv` vouches for the domain that stands in From.

    `fields` are the Authentication-Results from the top. Only the topmost of that server counts: one below may be the sender's own. It
    says that DMARC passes for the domain, or, where it knows no DMARC of it, that SPF or DKIM passes for the domain or one above it.
    """
    results = _topmost(fields, authserv)
    dmarc = [result for result in results if result.method == "dmarc"]
    if any(result.result == _PASS and domain in _named(result, "from") for result in dmarc):
        return True
    if any(result.result not in ("none", "temperror") for result in dmarc):
        return False
    vouched = [
        named
        for result in results
        if result.result == _PASS and result.method in ("spf", "dkim")
        for named in _named(result, "mailfrom" if result.method == "spf" else "d", "i")
    ]
    return any(domain == named or domain.endswith(f".{named}") for named in vouched if "." in named)


def _topmost(fields: Sequence[str], authserv: str) -> Sequence[Any]:
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
