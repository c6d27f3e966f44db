"""Addresses of the list and of conversations. The filters of the list go along, so that one may go on and come back."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, urlencode

from bot.review.filters import Filters
from bot.review.transcripts import PAGE

HOME = "/revue"
QUERY_CHARACTERS = 2000
"""Of a query that a form carries."""
_DIGITS = 7


def address_of(filters: Filters, **more: object) -> str:
    """The address of the list that filters ask for; `more` are fields beside them, such as `page`."""
    return _joined(HOME, filters, more)


def transcript_address(conversation: str, filters: Filters, number: int | None = None, **more: object) -> str:
    """The address of a conversation within a list, at an exchange."""
    page = (number - 1) // PAGE + 1 if number else 1
    address = _joined(f"{HOME}/conversations/{quote(conversation, safe='')}", filters, {"page": page, **more})
    return f"{address}#m-{number}" if number else address


def page_number(typed: str) -> int:
    """The number of a page out of an address; the first when it is none."""
    return max(whole_number(typed), 1)


def whole_number(typed: str) -> int:
    """A number out of an address, such as that of an exchange; 0 when it is none."""
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= _DIGITS else 0


def _joined(path: str, filters: Filters, more: Mapping[str, object]) -> str:
    fields = {name: value for name, value in more.items() if value and (name, value) != ("page", 1)}
    query = "&".join(filter(None, (filters.query, urlencode(fields))))
    return f"{path}?{query}" if query else path
