"""Addresses of the list and of conversations. The filters of the list go along, so that one may go on and come back."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, urlencode

from bot.review.filters import Filters
from bot.review.transcripts import PAGE
from bot.web.review.access import HOME

QUERY_CHARACTERS = 2000
"""Of a query that a form carries."""
PLACE = "liste"
"""Field of an address or a form: the page of the list that somebody came from."""
_DIGITS = 9
"""Fewer than an id can have."""
_FIRST = (("page", 1), (PLACE, 1))


def address_of(filters: Filters, at: str = "", **more: object) -> str:
    """The address of the list that filters ask for, `at` a conversation of it; `more` are fields beside them, such as `page`."""
    address = _joined(HOME, filters, more)
    return f"{address}#{anchor_of(at)}" if at else address


def anchor_of(conversation: str) -> str:
    """Where a conversation stands in the list, as an address names it."""
    return f"c-{quote(conversation, safe='')}"


def transcript_address(conversation: str, filters: Filters, number: int | None = None, **more: object) -> str:
    """The address of a conversation within a list, at an exchange."""
    page = page_of(number) if number else 1
    address = _joined(f"{HOME}/conversations/{quote(conversation, safe='')}", filters, {"page": page, **more})
    return f"{address}#m-{number}" if number else address


def page_of(number: int) -> int:
    """The page of a conversation on which an exchange stands."""
    return (number - 1) // PAGE + 1


def page_number(typed: str) -> int:
    """The number of a page out of an address; the first when it is none."""
    return max(whole_number(typed), 1)


def whole_number(typed: str) -> int:
    """A number out of an address, such as that of an exchange; 0 when it is none."""
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= _DIGITS else 0


def _joined(path: str, filters: Filters, more: Mapping[str, object]) -> str:
    fields = {name: value for name, value in more.items() if value and (name, value) not in _FIRST}
    query = "&".join(filter(None, (filters.query, urlencode(fields))))
    return f"{path}?{query}" if query else path
