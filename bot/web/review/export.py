"""The export of what a list shows, as a file."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response
from starlette.routing import BaseRoute

from bot.review.exporting import LINES, MOST_ROWS, TITLES, Exporting
from bot.review.files import CSV, MEDIA, XLSX, as_file
from bot.review.filters import read_filters
from bot.review.journal import EXPORTED, Journal
from bot.review.model import Role
from bot.web.bodies import RefusedError
from bot.web.review.access import Guard, Visit
from bot.web.review.rendering import say_number
from bot.web.review.service import download
from bot.web.review.threads import run_sync


@dataclass(frozen=True)
class ExportPages:
    """Serves /revue/export."""

    guard: Guard
    exporting: Exporting
    journal: Journal

    def routes(self) -> list[BaseRoute]:
        """The route."""
        return [self.guard.route("/revue/export", self.export, Role.ANNOTATEUR, ["POST"])]

    async def export(self, visit: Visit) -> Response:
        """The file of what the filters in the address choose. It is noted before the first byte leaves."""
        kind, lines, name = visit.form.get("format", 8), visit.form.get("lignes", 20), visit.account.name
        if kind not in MEDIA or lines not in LINES:
            raise RefusedError(422, "Choisissez un format (csv, xlsx ou json) et des lignes (conversations ou tours).")
        filters = read_filters(visit.request.url.query).filters
        rows = await run_sync(self.exporting.count, lines, filters, name)
        if rows > MOST_ROWS[kind]:
            raise RefusedError(413, _too_long(rows, kind))
        await run_sync(self.journal.note, name, EXPORTED, lines, "", rows)
        return download(f"{lines}.{kind}", as_file(kind, TITLES[lines], self.exporting.records(lines, filters, name)), MEDIA[kind])


def _too_long(rows: int, kind: str) -> str:
    other = ", ou choisissez le format CSV" if kind == XLSX and rows <= MOST_ROWS[CSV] else ""
    told = f"L'export aurait {say_number(rows)} lignes, et {say_number(MOST_ROWS[kind])} au plus tiennent dans ce format"
    return f"{told} : filtrez davantage{other}."
