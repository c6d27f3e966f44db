"""The inbox of the review: its list, what is done to several conversations at once, and the filters that people keep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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
from bot.web.review.access import HOME, Form, Guard, Visit
from bot.web.review.addresses import PLACE, QUERY_CHARACTERS, address_of, page_number, transcript_address
from bot.web.review.rendering import Pages
from bot.web.review.service import doing
from bot.web.review.threads import run_sync
from bot.web.review.undoing import NO_ACTION, NOTHING, STATUS_WORDS, UNDO, Undoing, outcome_of
from bot.web.showing import Showing

TOKEN_CHARACTERS = 20_000
ENTER = "entree"
"""The action of the form of the list when Enter sends it, and none of its buttons."""
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
            liste=listing.page,
            enter=ENTER,
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
        names, action = _ticked(form), f"statut:{REVIEWED}" if form.get("une") else form.get("action")
        if not names or (action == ENTER and not form.get("etiquette")):
            return RedirectResponse(address_of(filters, page=page, fait=NO_ACTION if names else NOTHING), 303)
        undo = await doing(self._decide, visit, names, action)
        place = _place(form.all("montree", 255), names) if action.startswith("statut:") else names[0]
        return RedirectResponse(address_of(filters, place, page=page, annuler=self.undoing.sign(visit.account.name, undo)), 303)

    def _decide(self, visit: Visit, names: Sequence[str], action: str) -> Undo:
        kind, _, value = action.partition(":")
        if kind == "statut":
            return self.triage.set_status(names, value, visit.account.name)
        if kind in ("etiqueter", ENTER):
            return self.triage.tag(names, visit.form.get("etiquette"))
        if kind == "confier":
            return self.triage.assign(names, visit.form.get("assigne") or None)
        raise RequestError("Cette action n'existe pas.")

    async def undo(self, visit: Visit) -> Response:
        """Take a decision back, and return to where one was."""
        undo = self.undoing.read(visit.account.name, visit.form.get(UNDO, TOKEN_CHARACTERS))
        if undo is None:
            raise RefusedError(410, "Il est trop tard pour annuler cette action.")
        told = outcome_of(undo, await run_sync(self.triage.undo, undo))
        filters = read_filters(visit.form.get("filtres", QUERY_CHARACTERS)).filters
        conversation, page = visit.form.get("conversation", 255), page_number(visit.form.get(PLACE))
        if conversation:
            return RedirectResponse(transcript_address(conversation, filters, **{PLACE: page}, **told), 303)
        return RedirectResponse(address_of(filters, next((name for _, names in undo.former for name in names), ""), page=page, **told), 303)

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


def _ticked(form: Form) -> list[str]:
    """The conversations that are meant: a single one, else those that are ticked. Without JavaScript the box of the page ticks no other."""
    if single := form.get("une", 255):
        return [single]
    return form.all("conversation", 255) or (form.all("montree", 255) if form.get("page_entiere") else [])


def _place(shown: Sequence[str], gone: Sequence[str]) -> str:
    """The conversation at which a list goes on after some of it have left: the next behind the first of them, else the last one."""
    first = next((place for place, name in enumerate(shown) if name in gone), 0)
    left = [name for name in shown[first:] if name not in gone] or [name for name in reversed(shown[:first]) if name not in gone]
    return left[0] if left else ""


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
