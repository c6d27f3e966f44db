"""The pages of privacy: what goes and when, what is kept on, erasing, and the journal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from urllib.parse import quote, urlencode

from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from bot.privacy import FORWARDED, NOTICES
from bot.privacy.telling import say_counts, say_forwarded
from bot.review.files import CSV, MEDIA, as_file
from bot.review.journal import DEEDS, EXPORTED, Journal
from bot.review.keeping import KINDS, Keeping
from bot.review.model import Role
from bot.web.bodies import RefusedError
from bot.web.conversations import MailWorker
from bot.web.review.access import Guard, Visit, safe_target
from bot.web.review.addresses import whole_number
from bot.web.review.rendering import Pages
from bot.web.review.service import asked_reason, doing, download
from bot.web.review.threads import run_sync

HOME = "/revue/vie-privee"
JOURNAL = f"{HOME}/journal"
ROWS = 100
"""Lines of the journal on a page."""
_EXPORTED_ROWS = 50_000
_COLUMNS = {"Date": "at", "Personne": "who", "Acte": "what", "Objet": "target", "Nombre": "count", "Raison": "reason"}
_LONGEST_KEY = 254
"""Characters of an address."""


class PrivacyPages:
    """Serves /revue/vie-privee, and keeps conversations."""

    def __init__(self, pages: Pages, guard: Guard, keeping: Keeping, journal: Journal, mail_worker: MailWorker) -> None:
        self._pages = pages
        self._guard = guard
        self._keeping = keeping
        self._journal = journal
        self._mail_worker = mail_worker

    def routes(self) -> list[BaseRoute]:
        """The routes of privacy, all of them for administrators."""
        one = "/revue/conversations/{conversation}"
        paths = [
            (HOME, self.home, "GET"),
            (f"{HOME}/effacer", self.rehearse, "POST"),
            (f"{HOME}/effacer/confirmer", self.erase, "POST"),
            (JOURNAL, self.journal, "GET"),
            (f"{JOURNAL}/export", self.export, "POST"),
            (f"{one}/conserver", self.keep, "POST"),
            (f"{one}/liberer", self.release, "POST"),
        ]
        return [self._guard.route(path, endpoint, Role.ADMINISTRATEUR, [method]) for path, endpoint, method in paths]

    async def home(self, visit: Visit) -> Response:
        """What goes next, what is kept on, and the form to erase."""
        outlook = await run_sync(self._keeping.outlook)
        return self._pages.page(visit, "vie_privee.html", outlook=outlook, kinds=KINDS, say_counts=say_counts)

    async def rehearse(self, visit: Visit) -> Response:
        """What erasing would delete, before anything is."""
        key = visit.form.get("cle", _LONGEST_KEY)
        counts = await doing(self._keeping.would_erase, key)
        left = say_forwarded(counts[FORWARDED], counts[NOTICES])
        return self._pages.page(visit, "effacer.html", key=key, counts=say_counts(counts), left=left, done=False)

    async def erase(self, visit: Visit) -> Response:
        """Erase what was shown."""
        key = visit.form.get("cle", _LONGEST_KEY)
        counts = await doing(self._keeping.erase, key, visit.account.name)
        if counts[NOTICES]:
            self._mail_worker.notify()
        left = say_forwarded(counts[FORWARDED], counts[NOTICES])
        return self._pages.page(visit, "effacer.html", key=key, counts=say_counts(counts), left=left, done=True)

    async def keep(self, visit: Visit) -> Response:
        """Keep a conversation beyond its time, or for longer than so far."""
        await doing(self._keeping.keep, _conversation(visit), visit.account.name, asked_reason(visit), _asked_day(visit))
        return _back(visit)

    async def release(self, visit: Visit) -> Response:
        """Let a conversation go when its time has come."""
        await doing(self._keeping.release, _conversation(visit), visit.account.name)
        return _back(visit)

    async def journal(self, visit: Visit) -> Response:
        """The journal, the newest first."""
        fields = visit.request.query_params
        what, who = _chosen(fields)
        before = whole_number(fields.get("avant", "")) or None
        rows = await run_sync(self._journal.latest, ROWS + 1, before, what, who)
        return self._pages.page(
            visit,
            "journal.html",
            rows=rows[:ROWS],
            people=await run_sync(self._journal.people),
            deeds=DEEDS,
            what=what,
            who=who,
            newest=_journal_of(what, who) if before else "",
            older=_journal_of(what, who, str(rows[ROWS - 1]["id"])) if len(rows) > ROWS else "",
        )

    async def export(self, visit: Visit) -> Response:
        """The journal as a CSV file."""
        what, who = _chosen(dict(visit.form.pairs))
        rows = await run_sync(self._journal.latest, _EXPORTED_ROWS, None, what, who)
        told = [{title: row[name] for title, name in _COLUMNS.items()} | {"Acte": DEEDS.get(row["what"], row["what"])} for row in rows]
        await run_sync(self._journal.note, visit.account.name, EXPORTED, "journal", "", len(rows))
        return download("journal.csv", as_file(CSV, list(_COLUMNS), told), MEDIA[CSV])


def _asked_day(visit: Visit) -> date | None:
    """Until when to keep a conversation; None when nothing is said."""
    asked = visit.form.get("jusqu_au", _LONGEST_KEY)
    try:
        return date.fromisoformat(asked) if asked else None
    except ValueError as error:
        raise RefusedError(422, "Indiquez le jour comme dans 2027-05-31, ou aucun.") from error


def _conversation(visit: Visit) -> str:
    return str(visit.request.path_params["conversation"])


def _back(visit: Visit) -> Response:
    """The page that the form stood on, else the conversation."""
    asked = visit.form.get("suite")
    return RedirectResponse(safe_target(asked) if asked else f"/revue/conversations/{quote(_conversation(visit), safe='')}", 303)


def _chosen(fields: Mapping[str, str]) -> tuple[str, str]:
    """Which deed and which person of the journal are wanted; a deed that there is not is left out."""
    what = fields.get("acte", "")
    return what if what in DEEDS else "", fields.get("qui", "")[:_LONGEST_KEY]


def _journal_of(what: str, who: str, before: str = "") -> str:
    fields = {name: value for name, value in (("acte", what), ("qui", who), ("avant", before)) if value}
    return f"{JOURNAL}?{urlencode(fields)}" if fields else JOURNAL
