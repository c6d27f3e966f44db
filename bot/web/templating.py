"""The templates of the pages: French typography is set when they are read, everything from outside is escaped."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream

from bot.knowledge import Value
from bot.text import NBSP, typeset

_FOLDER = Path(__file__).resolve().parent / "templates"


class Typography(Extension):
    """Sets what a template itself says, and never what it is given: a visitor's text is shown as it was written."""

    def filter_stream(self, stream: TokenStream) -> Iterable[Token]:
        """Pass the tokens of a template on, its own text typeset."""
        return (Token(token.lineno, token.type, _typeset(token.value)) if token.type == "data" else token for token in stream)


def _typeset(html: str) -> str:
    """As `typeset`, which knows no tags: a colon may stand before one."""
    return re.sub(r"(?<=\S) :(?=<)", f"{NBSP}:", typeset(html))


def say_date(date: datetime.date | str) -> str:
    """Return a date, or its ISO form, as French writes it: « 15 mars 2016 »."""
    return Value(date=date if isinstance(date, datetime.date) else datetime.date.fromisoformat(date)).say()


class Templates:
    """Renders the templates; `shared` are the values that all of them may use."""

    def __init__(self, shared: Mapping[str, Any]) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(_FOLDER),
            extensions=[Typography],
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters["say_date"] = say_date
        self._environment.globals.update(shared)

    def add_filters(self, **filters: Callable[..., str]) -> None:
        """Let the templates use more filters."""
        self._environment.filters.update(filters)

    def render(self, name: str, **values: object) -> str:
        """Return the HTML of a template."""
        return self._environment.get_template(name).render(**values)
