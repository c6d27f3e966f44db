"""The dashboard: pictures of what was asked and answered, and the lists behind the figures that the inbox cannot filter."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute

from bot.review.figures import PAGE, REQUESTS, answers_of, conversations_of, read_figures
from bot.review.filters import ALL, Filters
from bot.review.labels import ENTRY
from bot.review.model import Role
from bot.review.periods import Period, today_in_brussels
from bot.storage import Database
from bot.web.bodies import RefusedError
from bot.web.review import board
from bot.web.review.access import Guard, Visit
from bot.web.review.addresses import page_number, transcript_address, whole_number
from bot.web.review.board import DASHBOARD
from bot.web.review.choosing import Choice, address
from bot.web.review.pictures import say_milliseconds
from bot.web.review.rendering import Pages
from bot.web.review.threads import run_sync
from bot.web.showing import Showing


class DashboardPages:
    """Serves /revue/tableau-de-bord. `clock` gives the time with its zone."""

    def __init__(self, pages: Pages, guard: Guard, database: Database, clock: Callable[[], datetime], showing: Showing) -> None:
        self._pages = pages
        self._guard = guard
        self._database = database
        self._clock = clock
        self._showing = showing

    def routes(self) -> list[BaseRoute]:
        """The routes of the dashboard."""
        route = self._guard.route
        return [
            route(DASHBOARD, self.show, Role.LECTEUR),
            route(f"{DASHBOARD}/demandes", self.requests, Role.LECTEUR),
            route(f"{DASHBOARD}/reponses", self.answers, Role.LECTEUR),
        ]

    async def show(self, visit: Visit) -> Response:
        """The figures of a period."""
        choice, content = self._choice(visit, DASHBOARD), self._showing.content
        figures = await run_sync(read_figures, self._database, choice.period)
        return self._pages.page(
            visit,
            "tableau_de_bord.html",
            choice=choice,
            tiles=board.tiles(figures),
            by_channel=board.channels_picture(figures),
            by_outcome=board.outcomes_picture(figures),
            by_feedback=board.feedback_picture(figures),
            funnel=board.funnel(figures),
            deliveries=board.deliveries(figures),
            delays=board.delays(figures),
            asked=board.asked(figures, content.labels),
            never=board.never_asked(figures, content.labels, (ENTRY + entry for entry in content.base.entries)),
            entries=len(content.base.entries),
        )

    async def requests(self, visit: Visit) -> Response:
        """The conversations behind a step of a request."""
        name = visit.request.query_params.get("chiffre", "")
        if name not in REQUESTS:
            raise RefusedError(404, "Ce chiffre n'existe pas dans le tableau de bord.")
        choice, page = self._choice(visit, f"{DASHBOARD}/demandes", chiffre=name), _page(visit)
        rows, total = await run_sync(conversations_of, self._database, choice.period, name, page)
        return self._list(visit, choice, total, title=board.STEPS[name], conversations=rows, answers=[])

    async def answers(self, visit: Visit) -> Response:
        """The answers behind a response time."""
        limits = {name: whole_number(visit.request.query_params.get(name, "")) for name in ("de", "a")}
        kept = {name: str(limit) for name, limit in limits.items() if limit}
        choice, page = self._choice(visit, f"{DASHBOARD}/reponses", **kept), _page(visit)
        start, end = limits["de"], limits["a"] or None
        rows, total = await run_sync(answers_of, self._database, choice.period, start, end, page)
        return self._list(visit, choice, total, title=_between(start, end), conversations=[], answers=rows)

    def _choice(self, visit: Visit, path: str, **kept: str) -> Choice:
        today = today_in_brussels(self._clock())
        return Choice(path, Period.read(visit.request.query_params, today), today, kept)

    def _list(self, visit: Visit, choice: Choice, total: int, **values: Any) -> Response:
        pages = max(-(-total // PAGE), 1)
        listed = Filters(etat=ALL, du=choice.period.first, au=choice.period.last)
        shared: dict[str, Any] = {"choice": choice, "total": total, "page": _page(visit), "pages": pages, "say_delay": say_milliseconds}
        shared["transcript"] = lambda conversation, number=None: transcript_address(conversation, listed, number)
        return self._pages.page(visit, "derriere_un_chiffre.html", back=address(DASHBOARD, choice.period), **shared, **values)


def _page(visit: Visit) -> int:
    return page_number(visit.request.query_params.get("page", ""))


def _between(start: int, end: int | None) -> str:
    if end is None:
        return f"Réponses en {say_milliseconds(start)} ou plus" if start else "Réponses"
    return f"Réponses en {say_milliseconds(start)} à {say_milliseconds(end)}" if start else f"Réponses en moins de {say_milliseconds(end)}"
