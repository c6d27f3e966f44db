"""The pages of gaps: what was asked in vain, put together by what resembles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from starlette.responses import Response
from starlette.routing import BaseRoute

from bot.errors import UnavailableError
from bot.hours import ZONE
from bot.review.charts import Bar, sparkline
from bot.review.filters import ALL, Filters
from bot.review.gaps import MOST, Gap, GapFinder, Gaps
from bot.review.model import Role
from bot.review.periods import Period, today_in_brussels
from bot.web.bodies import RefusedError
from bot.web.review.access import Guard, Visit
from bot.web.review.addresses import page_number, transcript_address, whole_number
from bot.web.review.choosing import Choice, address
from bot.web.review.pictures import say_day
from bot.web.review.rendering import Pages
from bot.web.review.threads import run_heavy

GAPS = "/revue/lacunes"
DRAFTS = f"{GAPS}/brouillons"
GROUPS, MESSAGES = 20, 50
"""Gaps, and messages of one, on a page."""
OFF_TOPIC = "hors"
T = TypeVar("T")


@dataclass(frozen=True)
class Shown:
    """A gap as the list shows it: how it went, and whether it is asked more often of late."""

    gap: Gap
    course: Sequence[Bar]
    trend: str


class GapPages:
    """Serves /revue/lacunes. `clock` gives the time with its zone."""

    def __init__(self, pages: Pages, guard: Guard, finder: GapFinder, clock: Callable[[], datetime]) -> None:
        self._pages = pages
        self._guard = guard
        self._finder = finder
        self._clock = clock

    def routes(self) -> list[BaseRoute]:
        """The routes of gaps; those of drafts are others."""
        route = self._guard.route
        return [
            route(GAPS, self.list, Role.LECTEUR),
            route(f"{GAPS}/groupe", self.group, Role.LECTEUR),
            route(f"{GAPS}/isolees", self.alone, Role.LECTEUR),
        ]

    async def list(self, visit: Visit) -> Response:
        """The gaps of a period, the biggest first."""
        choice = self.choice(visit, GAPS)
        gaps, page = await self.find(choice), _page(visit)
        shown = [_shown(gap, choice.period) for gap in _cut(gaps.groups, page, GROUPS)]
        return self._page(visit, "lacunes.html", choice, len(gaps.groups), GROUPS, gaps=gaps, shown=shown, most=MOST)

    async def group(self, visit: Visit) -> Response:
        """All messages of one gap."""
        choice = self.choice(visit, f"{GAPS}/groupe")
        gap = await self.gap(visit, choice)
        kept = Choice(choice.path, choice.period, choice.today, {**choice.kept, "message": str(gap.id)})
        messages = sorted(gap.messages, key=lambda message: (message.at, message.id), reverse=True)
        shown = _cut(messages, _page(visit), MESSAGES)
        return self._page(visit, "lacune.html", kept, len(messages), MESSAGES, gap=gap, title=gap.title, messages=shown)

    async def alone(self, visit: Visit) -> Response:
        """The messages that resemble no other."""
        choice = self.choice(visit, f"{GAPS}/isolees")
        messages = [gap.messages[0] for gap in (await self.find(choice)).alone]
        shown = _cut(messages, _page(visit), MESSAGES)
        return self._page(visit, "lacune.html", choice, len(messages), MESSAGES, gap=None, title="Questions isolées", messages=shown)

    def choice(self, visit: Visit, path: str) -> Choice:
        """The period that an address asks for, and whether it wants what is off topic too."""
        fields, today = visit.request.query_params, today_in_brussels(self._clock())
        return Choice(path, Period.read(fields, today), today, {OFF_TOPIC: "1"} if fields.get(OFF_TOPIC) == "1" else {})

    async def find(self, choice: Choice) -> Gaps:
        """The gaps of what an address asks for."""
        try:
            return await run_heavy(self._finder.find, choice.period, OFF_TOPIC in choice.kept)
        except UnavailableError as error:
            raise RefusedError(503, str(error)) from error

    async def gap(self, visit: Visit, choice: Choice) -> Gap:
        """The gap with the message that an address names. Raises RefusedError when there is none."""
        message = whole_number(visit.request.query_params.get("message", ""))
        found = (await self.find(choice)).with_message(message) if message else None
        if found is None:
            raise RefusedError(404, "Cette lacune n'existe pas ou n'existe plus : revenez à la liste.")
        return found

    def _page(self, visit: Visit, template: str, choice: Choice, total: int, each: int, **values: Any) -> Response:
        listed = Filters(etat=ALL, du=choice.period.first, au=choice.period.last)
        return self._pages.page(
            visit,
            template,
            choice=choice,
            total=total,
            page=_page(visit),
            pages=max(-(-total // each), 1),
            off_topic=OFF_TOPIC in choice.kept,
            say_day=partial(_say_day, choice.period.last.year),
            group_address=lambda gap: _of_gap(f"{GAPS}/groupe", choice, gap),
            draft_address=lambda gap: _of_gap(f"{DRAFTS}/nouveau", choice, gap),
            back=address(GAPS, choice.period, **{OFF_TOPIC: choice.kept.get(OFF_TOPIC)}),
            alone=address(f"{GAPS}/isolees", choice.period, **choice.kept),
            transcript=lambda message: transcript_address(message.conversation, listed, message.number),
            **values,
        )


def _of_gap(path: str, choice: Choice, gap: Gap) -> str:
    return address(path, choice.period, **{**choice.kept, "message": gap.id})


def _shown(gap: Gap, period: Period) -> Shown:
    course = gap.course(period)
    return Shown(gap, sparkline(course), trend_of(course))


def _say_day(year: int, moment: datetime) -> str:
    """The day in Brussels, with its year unless that is the one of the period."""
    day = moment.astimezone(ZONE).date()
    return say_day(day, "MMM" if day.year == year else "MMM y")


def trend_of(course: Sequence[int]) -> str:
    """What a course shows: the second half against the first, when there is enough to tell."""
    half = len(course) // 2
    before, since = sum(course[:half]), sum(course[-half:]) if half else 0
    if before + since < 4 or max(before, since) < 1.5 * min(before, since):
        return "stable"
    return "en hausse" if since > before else "en baisse"


def _cut(items: Sequence[T], page: int, each: int) -> Sequence[T]:
    return items[each * (page - 1) : each * page]


def _page(visit: Visit) -> int:
    return page_number(visit.request.query_params.get("page", ""))
