"""The pages of requests: the list, one request, its export, and what staff do with it."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from bot.review.files import MEDIA, as_file
from bot.review.journal import EXPORTED, RESENT, UNMASKED, VIEWED, Journal
from bot.review.model import UNMASKING, Role
from bot.review.request_filters import DECISIONS, STATES, RequestFilter
from bot.review.request_words import MAIL_KINDS, MAIL_STATES, said_of_profile
from bot.review.requests import PAGE, Request, Requests, titles
from bot.web.bodies import RefusedError
from bot.web.conversations import MailWorker
from bot.web.review.access import Guard, Visit
from bot.web.review.addresses import page_number, whole_number
from bot.web.review.rendering import Pages
from bot.web.review.service import asked_reason, doing, download
from bot.web.review.threads import run_sync

LIST = "/revue/demandes"
ONE_VIEW = timedelta(hours=1)
"""Looking at the same request again within this time is no deed of its own."""
_LONGEST_NOTE = 2000
_UNKNOWN = "Cette demande n'existe pas, ou plus."


class RequestPages:
    """Serves /revue/demandes."""

    def __init__(self, pages: Pages, guard: Guard, requests: Requests, journal: Journal, mail_worker: MailWorker) -> None:
        self._pages = pages
        self._guard = guard
        self._requests = requests
        self._journal = journal
        self._mail_worker = mail_worker

    def routes(self) -> list[BaseRoute]:
        """The routes of requests."""
        route, one = self._guard.route, LIST + "/{reference}"
        return [
            route(LIST, self.list, Role.LECTEUR),
            route(f"{LIST}/export", self.export, Role.LECTEUR, ["POST"]),
            route(one, self.show, Role.LECTEUR),
            route(f"{one}/demasquer", self.unmask, UNMASKING, ["POST"]),
            route(f"{one}/note", self.note, Role.ANNOTATEUR, ["POST"]),
            route(f"{one}/fermer", self.close, Role.ANNOTATEUR, ["POST"]),
            route(f"{one}/rouvrir", self.reopen, Role.ANNOTATEUR, ["POST"]),
            route(f"{one}/renvoyer", self.send_again, Role.ANNOTATEUR, ["POST"]),
        ]

    async def list(self, visit: Visit) -> Response:
        """The list that the address asks for."""
        fields = visit.request.query_params
        wanted, number = RequestFilter.read(fields), page_number(fields.get("page", ""))
        found = await run_sync(self._requests.page, wanted, number)
        counts, countries = await run_sync(self._requests.counts), await run_sync(self._requests.countries)
        pages = -(-found.total // PAGE)
        return self._pages.page(
            visit,
            "demandes.html",
            found=found,
            wanted=wanted,
            counts=counts,
            countries=[(name, name) for name in countries],
            formats=list(MEDIA),
            number=number,
            pages=pages,
            link=partial(_address, wanted),
            states=STATES,
            decisions=DECISIONS,
            may_unmask=visit.may(UNMASKING),
        )

    async def show(self, visit: Visit) -> Response:
        """One request, its contact details hidden."""
        found = await self._found(visit)
        await run_sync(self._journal.note_once, visit.account.name, VIEWED, _reference(visit), ONE_VIEW)
        return self._page(visit, found)

    async def unmask(self, visit: Visit) -> Response:
        """The same page with contact details, in this one response, once it is written down who wanted them and why."""
        reason = asked_reason(visit)
        await self._found(visit)
        await self._journalled(visit, UNMASKED, reason)
        return self._page(visit, await self._found(visit, unmasked=True))

    async def note(self, visit: Visit) -> Response:
        """Add a note."""
        text = visit.form.lines("note", _LONGEST_NOTE)
        if not text:
            raise RefusedError(422, "Écrivez la note avant de l'ajouter.")
        await doing(self._requests.note, _reference(visit), visit.account.name, text)
        return _back(visit)

    async def close(self, visit: Visit) -> Response:
        """Close a request."""
        await doing(self._requests.close, _reference(visit), visit.account.name)
        return _back(visit)

    async def reopen(self, visit: Visit) -> Response:
        """Open a request again."""
        await doing(self._requests.close, _reference(visit), None)
        return _back(visit)

    async def send_again(self, visit: Visit) -> Response:
        """Have a mail that has not left leave now."""
        number = whole_number(visit.form.get("courriel"))
        if not number:
            raise RefusedError(422, "Il manque le numéro du courriel à renvoyer.")
        await doing(self._requests.send_again, _reference(visit), number)
        self._mail_worker.notify()
        await self._journalled(visit, RESENT)
        return _back(visit)

    async def export(self, visit: Visit) -> Response:
        """What is filtered, as a file; with contact details only for who may see them and says why."""
        kind = visit.form.get("format", 8)
        if kind not in MEDIA:
            raise RefusedError(422, "Choisissez un format : CSV, XLSX ou JSON.")
        wanted, unmasked = RequestFilter.read(dict(visit.form.pairs)), bool(visit.form.get("coordonnees"))
        reason = self._reason_to_export(visit) if unmasked else ""
        found = await run_sync(self._requests.references, wanted)
        if unmasked:
            await run_sync(self._journal.note_each, visit.account.name, UNMASKED, found, reason)
        await run_sync(self._journal.note, visit.account.name, EXPORTED, "demandes", reason, len(found))
        return download(f"demandes.{kind}", as_file(kind, titles(unmasked), self._requests.rows(wanted, unmasked)), MEDIA[kind])

    def _reason_to_export(self, visit: Visit) -> str:
        if not visit.may(UNMASKING):
            raise RefusedError(403, "Votre compte ne permet pas de voir les coordonnées.")
        return asked_reason(visit)

    async def _found(self, visit: Visit, unmasked: bool = False) -> Request:
        found = await run_sync(self._requests.one, _reference(visit), unmasked)
        if found is None:
            raise RefusedError(404, _UNKNOWN)
        return found

    async def _journalled(self, visit: Visit, what: str, reason: str = "") -> None:
        await run_sync(self._journal.note, visit.account.name, what, _reference(visit), reason)

    def _page(self, visit: Visit, found: Request) -> Response:
        return self._pages.page(
            visit,
            "demande.html",
            found=found,
            lead=found.row,
            profile=said_of_profile(found.decisions[-1]["profile"]) if found.decisions else (),
            states=STATES,
            decisions=DECISIONS,
            kinds=MAIL_KINDS,
            mail_states=MAIL_STATES,
            may_unmask=visit.may(UNMASKING),
        )


def _reference(visit: Visit) -> str:
    return str(visit.request.path_params["reference"]).upper()[:40]


def _back(visit: Visit) -> Response:
    return RedirectResponse(f"{LIST}/{_reference(visit)}", 303)


def _address(wanted: RequestFilter, **changes: str) -> str:
    """The address of the list with other fields; an empty one is left out."""
    fields = {name: value for name, value in (wanted.fields | changes).items() if value}
    return f"{LIST}?{urlencode(fields)}" if fields else LIST
