"""The inbox of the review: its list, what is done to several conversations at once, and the filters that people keep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from anyio.to_thread import run_sync
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from bot.errors import RequestError
from bot.review.filters import ALL, FEEDBACK, ME, NOBODY, ORDERS, Filters, read_filters
from bot.review.inbox import Inbox
from bot.review.model import CHANNELS, EXCHANGE_OUTCOMES, OUTCOMES, PRIORITIES, STATUSES, Role
from bot.review.saved import NAME_CHARACTERS, SavedFilters
from bot.review.triage import Triage, Undo
from bot.storage import REVIEWED
from bot.text import NNBSP, typeset
from bot.web.bodies import RefusedError
from bot.web.review.access import Guard, Visit
from bot.web.review.addresses import HOME, QUERY_CHARACTERS, address_of, page_number, transcript_address
from bot.web.review.rendering import Pages
from bot.web.review.service import doing
from bot.web.review.undoing import NOTHING, STATUS_WORDS, UNDO, UNDONE, Undoing
from bot.web.showing import Showing

TOKEN_CHARACTERS = 20_000
_EVERY_PRIORITY = {str(number): label or "Sans urgence" for number, label in PRIORITIES.items()}


@dataclass(frozen=True)
class Chip:
    """One filter that is used: what it says, and the address of the list without it."""

    text: str
    without: str


@dataclass(frozen=True)
class InboxPages:
    """Serves /revue."""

    pages: Pages
    guard: Guard
    inbox: Inbox
    triage: Triage
    saved: SavedFilters
    undoing: Undoing
    showing: Showing

    def routes(self) -> list[BaseRoute]:
        """The routes of the inbox."""
        route = self.guard.route
        return [
            route(HOME, self.show, Role.LECTEUR),
            route(f"{HOME}/lot", self.decide, Role.ANNOTATEUR, ["POST"]),
            route(f"{HOME}/annulation", self.undo, Role.ANNOTATEUR, ["POST"]),
            route(f"{HOME}/filtres", self.save, Role.LECTEUR, ["POST"]),
            route(f"{HOME}/filtres/{{ident:int}}/supprimer", self.delete, Role.LECTEUR, ["POST"]),
        ]

    async def show(self, visit: Visit) -> Response:
        """The list that the address asks for; what a form left empty is taken out of the address."""
        fields, read = visit.request.query_params, read_filters(visit.request.url.query)
        if not read.strange and "" in fields.values():
            return RedirectResponse(address_of(read.filters), 303)
        name, filters = visit.account.name, read.filters
        listing = await run_sync(self.inbox.page, filters, name, page_number(fields.get("page", "")))
        return self.pages.page(
            visit,
            "inbox.html",
            listing=listing,
            filters=filters,
            strange=read.strange,
            tabs=[(label, etat, filters.but(etat=etat)) for etat, label in [*STATUSES.items(), (ALL, "Toutes")]],
            chips=list(self._chips(filters)),
            choices=_WORDS | {"tri": ORDERS},
            notice=self.undoing.notice(name, dict(fields)),
            saved=await run_sync(self.saved.of, name),
            known_tags=await run_sync(self.inbox.tags),
            colleagues=await run_sync(self.triage.colleagues),
            entries=self.showing.content.base.entries,
            status_words={status: one for status, (one, _) in STATUS_WORDS.items()},
            address_of=address_of,
            transcript_address=transcript_address,
        )

    async def decide(self, visit: Visit) -> Response:
        """Do something to the conversations that are ticked, to all of the page, or to a single one."""
        form = visit.form
        filters, page = read_filters(form.get("filtres", QUERY_CHARACTERS)).filters, page_number(form.get("page"))
        single = form.get("une", 255)
        names = [single] if single else form.all("montree" if form.get("page_entiere") else "conversation", 255)
        if not names:
            return RedirectResponse(address_of(filters, page=page, fait=NOTHING), 303)
        undo = await doing(self._decide, visit, names, f"statut:{REVIEWED}" if single else form.get("action"))
        back = address_of(filters, page=page, annuler=self.undoing.sign(visit.account.name, undo))
        return RedirectResponse(back + (_place(form.all("montree", 255), single) if single else ""), 303)

    def _decide(self, visit: Visit, names: Sequence[str], action: str) -> Undo:
        kind, _, value = action.partition(":")
        if kind == "statut":
            return self.triage.set_status(names, value, visit.account.name)
        if kind == "etiqueter":
            return self.triage.tag(names, visit.form.get("etiquette"))
        if kind == "confier":
            return self.triage.assign(names, visit.form.get("assigne") or None)
        raise RequestError("Cette action n'existe pas.")

    async def undo(self, visit: Visit) -> Response:
        """Take a decision back, and return to where one was."""
        undo = self.undoing.read(visit.account.name, visit.form.get(UNDO, TOKEN_CHARACTERS))
        if undo is None:
            raise RefusedError(410, "Il est trop tard pour annuler cette action.")
        await run_sync(self.triage.undo, undo)
        filters = read_filters(visit.form.get("filtres", QUERY_CHARACTERS)).filters
        conversation = visit.form.get("conversation", 255)
        back = transcript_address(conversation, filters, fait=UNDONE) if conversation else address_of(filters, fait=UNDONE)
        return RedirectResponse(back, 303)

    async def save(self, visit: Visit) -> Response:
        """Keep a filter under a name."""
        filters = read_filters(visit.form.get("filtres", QUERY_CHARACTERS)).filters
        await doing(self.saved.save, visit.account.name, visit.form.get("nom", NAME_CHARACTERS), filters)
        return RedirectResponse(address_of(filters, fait="filtre"), 303)

    async def delete(self, visit: Visit) -> Response:
        """Delete a filter of one's own."""
        await run_sync(self.saved.delete, visit.account.name, visit.request.path_params["ident"])
        filters = read_filters(visit.form.get("filtres", QUERY_CHARACTERS)).filters
        return RedirectResponse(address_of(filters, fait="filtre_supprime"), 303)

    def _chips(self, filters: Filters) -> list[Chip]:
        return [Chip(self._say(filters, name), address_of(filters.without(name))) for name in filters.narrowing]

    def _say(self, filters: Filters, name: str) -> str:
        value = getattr(filters, name)
        if name == "entree":
            labels = self.showing.content.labels
            return typeset(f"Compris comme : {labels.title(value if value in labels else f'info/{value}')}")
        return typeset(_SENTENCES[name]).format(_WORDS.get(name, {}).get(str(value), value))


def _place(shown: Sequence[str], name: str) -> str:
    """Where the list goes on after one of it has left."""
    return f"#l-{min(shown.index(name) + 1, len(shown) - 1)}" if name in shown and len(shown) > 1 else ""


_WORDS: dict[str, dict[str, str]] = {
    "canal": CHANNELS,
    "issue": OUTCOMES,
    "echange": EXCHANGE_OUTCOMES,
    "avis": FEEDBACK,
    "priorite": _EVERY_PRIORITY,
    "assigne": {ME: "moi", NOBODY: "personne"},
}
_SENTENCES = {
    "du": "Depuis le {0:%d/%m/%Y}",
    "au": "Jusqu'au {0:%d/%m/%Y}",
    "canal": "Canal : {0}",
    "min": "Au moins {0} échanges",
    "max": "Au plus {0} échanges",
    "confiance": f"Confiance de {{0}}{NNBSP}% au plus",
    "intention": "Intention : {0}",
    "issue": "Issue : {0}",
    "echange": "Échange : {0}",
    "etiquette": "Étiquette : {0}",
    "avis": "Avis : {0}",
    "assigne": "Confiée à : {0}",
    "signale": "Signalée",
    "priorite": "{0}",
    "q": "Contient : {0}",
}
