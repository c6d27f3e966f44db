"""Makes the pages of the review application out of templates/revue/."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from babel.dates import format_datetime
from starlette.responses import HTMLResponse

from bot.config import Settings
from bot.hours import ZONE
from bot.review.model import CHANNELS, EXCHANGE_OUTCOMES, FIELDS, OUTCOMES, PRIORITIES, STATUSES, VERDICTS, Role
from bot.text import NNBSP
from bot.web.review.access import Visit
from bot.web.review.page import Page
from bot.web.review.service import LONGEST_REASON, SHORTEST_REASON
from bot.web.showing import Showing
from bot.web.templating import Templates


def say_moment(moment: datetime | None) -> str:
    """A moment as lists show it, in the time of Brussels: « 26/11/2026 10:42 »; a dash for none."""
    return format_datetime(moment, "dd/MM/y HH:mm", tzinfo=ZONE, locale="fr") if moment else "–"


def say_percent(share: float | None) -> str:
    """A share of 0 to 1: « 87 % »; a dash for none."""
    return "–" if share is None else f"{100 * share:.0f}{NNBSP}%"


def say_number(number: int) -> str:
    """A whole number as French writes it: « 20 000 »."""
    return f"{number:,}".replace(",", NNBSP)


class Pages:
    """Renders templates/revue/. Every template knows `user`, `jeton`, `here` (the path) and `address` (with its query), the labels of
    bot.review.model, Role, and the lengths of a `reason`.

    The filters `label_title` and `holder` speak of labels of the training data: what one means, and which holds a text as an example.
    """

    def __init__(self, settings: Settings, showing: Showing) -> None:
        labels = {"channels": CHANNELS, "outcomes": OUTCOMES, "exchange_outcomes": EXCHANGE_OUTCOMES, "priorities": PRIORITIES}
        labels |= {"statuses": STATUSES, "verdicts": VERDICTS, "fields": FIELDS}
        reason = {"shortest": SHORTEST_REASON, "longest": LONGEST_REASON}
        self._templates = Templates({"settings": settings, "Role": Role, "reason": reason, **labels})
        self._templates.add_filters(moment=say_moment, percent=say_percent, number=say_number)
        self._templates.add_filters(
            label_title=lambda label: showing.content.labels.title(label),
            holder=lambda text: showing.content.labels.holder(text) or "",
        )

    def page(self, visit: Visit, template: str, status: int = 200, **values: object) -> Page:
        """A page, or a part of one, of templates/revue/, for who visits; the guard has it made."""
        url = visit.request.url
        address = url.path + (f"?{url.query}" if url.query else "")
        shared = {"user": visit.account, "jeton": visit.token, "here": url.path, "address": address}
        return Page(partial(self._templates.render, f"revue/{template}", **shared, **values), status)

    def open_page(self, template: str, status: int = 200, **values: object) -> HTMLResponse:
        """A page for somebody who is not signed in."""
        return HTMLResponse(self._templates.render(f"revue/{template}", user=None, jeton="", here="", **values), status)
