"""The pages of corrections: from judgements that wait to a new version of the assistant, and the recorded tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import quote

from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from bot.errors import AssistantError, RequestError, StorageError
from bot.review.change import ADOPTED, READY, STATES, TITLE_CHARACTERS, Change, Draft, Judged, Options, adoption_fault, unlike
from bot.review.changes import Changes
from bot.review.comparison import PARTS, differing, read_patch, verdict_of
from bot.review.journal import EXPORTED, Journal
from bot.review.model import Role
from bot.review.recorded import Recordings
from bot.web.bodies import RefusedError
from bot.web.review.access import LONGEST_TARGET, Guard, Visit, safe_target
from bot.web.review.rendering import Pages
from bot.web.review.service import download
from bot.web.review.threads import run_sync
from bot.web.review.undoing import DONE, RECORDED

LIST = "/revue/corrections"
QUICK = "rapide"
_REFRESH = {"HX-Refresh": "true"}
_CONVERSATION_CHARACTERS = 255
_UNKNOWN_STEP: Mapping[str, Any] = {"what": "", "since": None}
T = TypeVar("T")


class ChangePages:
    """Serves /revue/corrections."""

    def __init__(self, pages: Pages, guard: Guard, changes: Changes, recordings: Recordings, journal: Journal) -> None:
        self._pages = pages
        self._guard = guard
        self._changes = changes
        self._recordings = recordings
        self._journal = journal

    def routes(self) -> list[BaseRoute]:
        """The routes of corrections and recorded tests."""
        route, one, role, chief = self._guard.route, LIST + "/{change_id:int}", Role.ANNOTATEUR, Role.ADMINISTRATEUR
        return [
            route(LIST, self.list, role),
            route(LIST, self.prepare, role, ["POST"]),
            route(f"{LIST}/tests", self.record, role, ["POST"]),
            route(f"{LIST}/tests.jsonl", self.tests, role),
            route(f"{LIST}/tests/{{test_id:int}}/supprimer", self.remove_test, role, ["POST"]),
            route(one, self.show, role),
            route(f"{one}/etat", self.state, role),
            route(f"{one}/patch", self.patch, role),
            route(f"{one}/retirer", self.take_out, role, ["POST"]),
            route(f"{one}/lancer", self.start, role, ["POST"]),
            route(f"{one}/abandonner", self.abandon, role, ["POST"]),
            route(f"{one}/adopter", self.adopt, chief, ["POST"]),
            route(f"{one}/revenir", self.go_back, chief, ["POST"]),
        ]

    async def list(self, visit: Visit) -> Response:
        """What waits, the changes, the recorded tests."""
        pending, listed = await run_sync(self._changes.pending), await run_sync(self._changes.listed)
        recorded = await run_sync(self._recordings.listed)
        shown: dict[str, Any] = {"pending": pending, "listed": listed, "recorded": recorded, "states": STATES, "limit": TITLE_CHARACTERS}
        return self._pages.page(visit, "corrections.html", **shown)

    async def prepare(self, visit: Visit) -> Response:
        """Make a draft of what waits."""
        title = visit.form.get("titre", TITLE_CHARACTERS)
        made = await _doing(lambda: self._changes.prepare(title, visit.account.name))
        return RedirectResponse(f"{LIST}/{made}", 303)

    async def show(self, visit: Visit) -> Response:
        """One change: its examples, its diff, how far it is, what the comparison found."""
        change = await self._found(visit)
        draft = await run_sync(self._changes.draft, change) if change.report is None else None
        patch = change.report["patch"] if change.report else draft.patch if draft else ""
        shown: dict[str, Any] = {
            "change": change,
            "states": STATES,
            "parts": PARTS,
            "draft": draft,
            "files": read_patch(patch),
            "report": change.report,
        }
        examples = await run_sync(self._changes.examples, change.id)
        shown |= {"rows": _rows(examples, _steps(change, draft)), **_holding(change, examples)}
        if change.report is not None:
            shown |= _compared(change.report, only=visit.request.query_params.get("tout") != "1")
        return self._pages.page(visit, "correction.html", **shown, **await run_sync(self._standing, change))

    async def state(self, visit: Visit) -> Response:
        """How far a change is, for htmx; when its process has ended the whole page is fetched again."""
        change = await self._found(visit)
        if not change.works:
            return Response(headers=_REFRESH)
        return self._pages.page(visit, "_correction_etat.html", change=change, states=STATES)

    async def patch(self, visit: Visit) -> Response:
        """The diff as a file."""
        change = await self._found(visit)
        patch = change.report["patch"] if change.report else (await run_sync(self._changes.draft, change)).patch
        await run_sync(self._journal.note, visit.account.name, EXPORTED, f"correction {change.id}")
        return download(f"correction-{change.id}.patch", patch, "text/x-diff; charset=utf-8")

    async def take_out(self, visit: Visit) -> Response:
        """Give one example back to those that wait."""
        judgement = visit.form.get("exemple", 12)
        if not (judgement.isascii() and judgement.isdigit()):
            raise RefusedError(400, "Il manque l'exemple à retirer.")
        return await self._do(visit, lambda change_id: self._changes.take_out(change_id, int(judgement)))

    async def start(self, visit: Visit) -> Response:
        """Train and compare."""
        options = Options(quick=visit.form.get("evaluation") == QUICK)
        return await self._do(visit, lambda change_id: self._changes.start(change_id, options))

    async def abandon(self, visit: Visit) -> Response:
        """End it without effect."""
        return await self._do(visit, lambda change_id: self._changes.abandon(change_id, visit.account.name))

    async def adopt(self, visit: Visit) -> Response:
        """Make it what the assistant runs."""
        return await self._do(visit, lambda change_id: self._changes.adopt(change_id, visit.account.name))

    async def go_back(self, visit: Visit) -> Response:
        """Run again what ran before it; the change is ready again."""
        return await self._do(visit, lambda change_id: self._changes.go_back(change_id, visit.account.name))

    async def record(self, visit: Visit) -> Response:
        """Record a conversation as a test, and say so where it was asked for."""
        conversation = visit.form.get("conversation", _CONVERSATION_CHARACTERS)
        await _doing(lambda: self._recordings.record(conversation, visit.account.name))
        asked = visit.form.get("retour", LONGEST_TARGET)
        back = asked if asked and safe_target(asked) == asked else f"/revue/conversations/{quote(conversation, safe='')}"
        return RedirectResponse(f"{back}{'&' if '?' in back else '?'}{DONE}={RECORDED}", 303)

    async def remove_test(self, visit: Visit) -> Response:
        """Delete a recorded test."""
        await _doing(lambda: self._recordings.remove(visit.request.path_params["test_id"]))
        return RedirectResponse(f"{LIST}#tests", 303)

    async def tests(self, visit: Visit) -> Response:
        """The recorded tests as a file for tests/evaluation."""
        lines = await run_sync(self._recordings.as_lines)
        await run_sync(self._journal.note, visit.account.name, EXPORTED, "tests", "", lines.count("\n"))
        return download("followups-revue.jsonl", lines, "application/jsonl; charset=utf-8")

    def _standing(self, change: Change) -> dict[str, Any]:
        """Where the change stands beside what runs."""
        releases = self._changes.releases
        active = releases.active().id
        return {
            "active": active,
            "follows": releases.follows,
            "moved": active != change.base and (change.state == READY or (change.state == ADOPTED and active != change.release)),
            "running": releases.running() if change.state == ADOPTED else [],
        }

    async def _found(self, visit: Visit) -> Change:
        change = await run_sync(self._changes.find, visit.request.path_params["change_id"])
        if change is None:
            raise RefusedError(404, "Cette correction n'existe pas.")
        return change

    async def _do(self, visit: Visit, deed: Callable[[int], None]) -> Response:
        change = await self._found(visit)
        await _doing(lambda: deed(change.id))
        return RedirectResponse(f"{LIST}/{change.id}", 303)


def _holding(change: Change, examples: Sequence[Judged]) -> dict[str, Any]:
    """Why what was compared may not be adopted, and the examples for which it may not."""
    if change.state != READY:
        return {"fault": "", "unlike": []}
    return {"fault": adoption_fault(change.report, examples), "unlike": unlike(change.report, examples) if change.report else []}


def _compared(report: Mapping[str, Any], only: bool) -> dict[str, Any]:
    """What the comparison found; of the questions `only` those with another answer, if so wished."""
    return {"verdict": verdict_of(report), "only": only, "questions": differing(report["questions"], only)}


def _steps(change: Change, draft: Draft | None) -> Sequence[Mapping[str, Any]]:
    """What becomes of each example: by the last comparison, else by what the draft would do."""
    if change.report is not None:
        return list(change.report["steps"])
    return [vars(step) for step in draft.outcome.steps] if draft and draft.outcome else []


def _rows(examples: Sequence[Judged], steps: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The examples with what becomes of them; those of a change that was abandoned are known from its report only."""
    if not examples:
        return [{"judged": None, "step": step} for step in steps]
    known = {(step["text"], step["label"]): step for step in reversed(steps)}
    return [
        {"judged": each, "step": {**known.get((each.said, each.label), _UNKNOWN_STEP), "text": each.said, "label": each.label}}
        for each in examples
    ]


async def _doing(deed: Callable[[], T]) -> T:
    """Do it in a thread; what cannot be done is said."""
    try:
        return await run_sync(deed)
    except StorageError:
        raise
    except RequestError as error:
        raise RefusedError(409, str(error)) from error
    except AssistantError as error:
        raise RefusedError(503, str(error)) from error
