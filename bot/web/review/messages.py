"""The list of messages that are still to be judged, one by one or many at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.responses import Response
from starlette.routing import BaseRoute

from bot.review.filters import Filters
from bot.review.judging import Judging
from bot.review.labels import Labels
from bot.review.model import Role
from bot.review.worklist import JUDGED_OUTCOMES, Place, Wanted, Worklist
from bot.text import clean
from bot.web.review.access import Guard, Visit
from bot.web.review.addresses import transcript_address, whole_number
from bot.web.review.rendering import Pages
from bot.web.review.threads import run_sync
from bot.web.showing import Showing

DAYS = {1: "dernières 24 heures", 7: "7 derniers jours", 30: "30 derniers jours", 90: "90 derniers jours", 0: "depuis toujours"}
USUAL_DAYS = 30
_FILTERS = ("entree", "issue", "jours", "mal")
_PLACE = re.compile(r"(-?\d{1,3}(?:\.\d{1,20})?(?:e-\d{1,3})?):(\d{1,18})")


@dataclass(frozen=True)
class MessagesPage:
    """The list; its address holds the filters, and the last gesture that it tells of."""

    pages: Pages
    guard: Guard
    judging: Judging
    worklist: Worklist
    showing: Showing

    def routes(self) -> list[BaseRoute]:
        """Return the route."""
        return [self.guard.route("/revue/messages", self.messages, Role.ANNOTATEUR)]

    async def messages(self, visit: Visit) -> Response:
        """Show a page of the list; what the address says and nobody knows is ignored."""
        query, labels = visit.request.query_params, self.showing.content.labels
        wanted = wanted_of(query, labels)
        page = await run_sync(self.worklist.page, wanted, place_of(query.get("apres", "")))
        batch = clean(query.get("lot", ""), 32)
        kept = [(name, query[name]) for name in _FILTERS if query.get(name)]
        return self.pages.page(
            visit,
            "messages.html",
            messages=page.messages,
            wanted=wanted,
            days=DAYS,
            outcomes_of_messages=JUDGED_OUTCOMES,
            labels=labels.choices(),
            batch=batch,
            judged=await run_sync(self.judging.size, batch, visit.account.name) if batch else 0,
            left=whole_number(query.get("reste", "")),
            permalink=lambda exchange: transcript_address(exchange["conversation"], Filters(), exchange["number"]),
            begins="apres" not in query,
            first=f"/revue/messages?{urlencode(kept)}" if kept else "/revue/messages",
            following=f"/revue/messages?{urlencode([*kept, ('apres', said_place(page.end))])}" if page.end else "",
        )


def wanted_of(query: Mapping[str, str], labels: Labels) -> Wanted:
    """The filters of an address."""
    label, outcome, days = query.get("entree", ""), query.get("issue", ""), query.get("jours", "")
    return Wanted(
        label if label in labels else "",
        outcome if outcome in JUDGED_OUTCOMES else "",
        int(days) if days in map(str, DAYS) else USUAL_DAYS,
        query.get("mal") == "1",
    )


def said_place(place: Place) -> str:
    """A place as an address says it, exactly."""
    return f"{place[0]!r}:{place[1]}"


def place_of(text: str) -> Place | None:
    """The place that an address says; None when it says none."""
    match = _PLACE.fullmatch(text)
    return (float(match[1]), int(match[2])) if match else None
