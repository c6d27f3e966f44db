"""Judging a message or several, undoing it, and choosing the entry that it should have been."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from bot.errors import RequestError
from bot.review.judging import Judging, Opinion, example_fault
from bot.review.model import ANSWERED, OTHER, VERDICTS, Role
from bot.review.nlu_files import LONGEST
from bot.review.worklist import PAGE
from bot.text import clean
from bot.web.bodies import RefusedError
from bot.web.review.access import Form, Guard, Visit, safe_target
from bot.web.review.addresses import page_of, whole_number
from bot.web.review.rendering import Pages
from bot.web.review.service import doing, status_of
from bot.web.review.threads import run_sync
from bot.web.showing import Showing

ADDRESS_CHARACTERS = 2000
_FIRST_KEY = 6
"""The keys 1 to 5 are the verdicts; those behind choose among the first candidates."""
Row = Mapping[str, Any]


@dataclass(frozen=True)
class JudgingPages:
    """What the block beneath a message and the boxes of the list send; `showing` gives the labels."""

    pages: Pages
    guard: Guard
    judging: Judging
    showing: Showing

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        route, role = self.guard.route, Role.ANNOTATEUR
        return [
            route("/revue/messages/{exchange_id:int}/jugement", self.judge_one, role, methods=["POST"]),
            route("/revue/jugements", self.judge_many, role, methods=["POST"]),
            route("/revue/annuler", self.undo, role, methods=["POST"]),
            route("/revue/entrees", self.entries, role),
        ]

    async def judge_one(self, visit: Visit) -> Response:
        """Judge a message: answer with its block, or go back to where it was judged."""
        exchange_id, form = visit.request.path_params["exchange_id"], visit.form
        opinion = Opinion(form.get("verdict"), form.get("label"), form.get("exemple", LONGEST + 1))
        if opinion.verdict == OTHER and not opinion.label and not visit.is_partial:
            return RedirectResponse(_entries_of([exchange_id], _back(form)), 303)
        seen = {exchange_id: form.get("message")} if form.get("message") else {}
        try:
            judged = await run_sync(self.judging.judge, [exchange_id], opinion, visit.account.name, seen)
        except RequestError as error:
            return await self._refuse(visit, exchange_id, error)
        return await self._answer(visit, exchange_id, f"Message jugé : {VERDICTS[opinion.verdict]}.", judged.warning, moves_on=True)

    async def judge_many(self, visit: Visit) -> Response:
        """Judge the messages that were ticked, and go back to the list."""
        form, seen = visit.form, _seen(visit.form.all("exchange"))
        if not seen:
            raise RefusedError(422, "Aucun message n'est coché.")
        opinion = Opinion(form.get("verdict"), form.get("label"))
        if not opinion.verdict:  # Enter in one of the boxes
            return _go(visit, _back(form))
        if opinion.verdict == OTHER and not opinion.label:
            return RedirectResponse(_entries_of(list(seen), _back(form)), 303)
        judged = await doing(self.judging.judge, list(seen), opinion, visit.account.name, seen)
        return _go(visit, with_values(_back(form), lot=judged.batch, reste=str(judged.left or "")))

    async def undo(self, visit: Visit) -> Response:
        """Take back a gesture of one's own."""
        count = await doing(self.judging.undo, visit.form.get("lot", 32), visit.account.name)
        exchange = whole_number(visit.form.get("exchange"))
        if count == 1 and exchange:
            return await self._answer(visit, exchange, "Jugement annulé.")
        return _go(visit, with_values(_back(visit.form), lot="", reste=""))

    async def entries(self, visit: Visit) -> Response:
        """Choose the entry of one or several messages: a page, or the part of it that htmx asks for."""
        query = visit.request.query_params
        ids = [number for value in query.getlist("exchange") if (number := whole_number(value))][:PAGE]
        values = await self._choice(ids, safe_target(query.get("retour", "")), clean(query.get("q", ""), 100))
        if visit.request.headers.get("hx-target", "").startswith("trouve-"):
            return self.pages.page(visit, "_trouvees.html", announces=True, **values)
        return self.pages.page(visit, "_entrees.html" if visit.is_partial else "entrees.html", fault="", **values)

    async def _choice(self, ids: Sequence[int], back: str, text: str) -> dict[str, Any]:
        """What the choice of an entry shows: the messages, the results of a search, and of a single message what it might have been."""
        labels, found = self.showing.content.labels, await run_sync(self.judging.find, ids)
        only = found[0] if len(found) == 1 else None
        return {
            "exchanges": found,
            "exchange": only,
            "key": only["id"] if only else "lot",
            "retour": back,
            "text": text,
            "found": await run_sync(labels.search, text),
            "strays": labels.strays(),
            "candidates": _candidates(only) if only else [],
            "warning": (example_fault(only) or await run_sync(self.judging.warning, only)) if only else "",
            "example": only["said"] if only else "",
        }

    async def _refuse(self, visit: Visit, exchange_id: int, error: RequestError) -> Response:
        """Say why a message cannot be judged so; without htmx beside what was typed."""
        if visit.is_partial:
            raise RefusedError(status_of(error), str(error)) from error
        values = await self._choice([exchange_id], _back(visit.form), "")
        typed = visit.form.get("exemple", LONGEST + 1)
        return self.pages.page(visit, "entrees.html", 422, **values | {"fault": str(error), "example": typed or values["example"]})

    async def _answer(self, visit: Visit, exchange_id: int, said: str, warning: str = "", moves_on: bool = False) -> Response:
        """Show the block anew, or the page on which the message stands. `moves_on`: to the next message."""
        back = _back(visit.form)
        exchange = next(iter(await run_sync(self.judging.find, [exchange_id])), None)
        if exchange is None or not visit.is_partial:
            return _go(visit, _to_message(back, exchange))
        judgement = await run_sync(self.judging.active_of, exchange)
        shown: dict[str, Any] = {"exchange": exchange, "judgement": judgement, "retour": back, "said": said, "warning": warning}
        return self.pages.page(visit, "_juge.html", moves_on=moves_on, **shown)


def with_values(address: str, **values: str) -> str:
    """An address of ours with other values of these fields; empty ones go."""
    path, _, query = address.partition("?")
    kept = [part for part in query.split("&") if part and part.partition("=")[0] not in values]
    added = [urlencode({name: value}) for name, value in values.items() if value]
    return f"{path}?{'&'.join([*kept, *added])}" if kept or added else path


def _back(form: Form) -> str:
    return safe_target(form.get("retour", ADDRESS_CHARACTERS))


def _go(visit: Visit, target: str) -> Response:
    if visit.is_partial:
        return Response(status_code=204, headers={"HX-Redirect": target})
    return RedirectResponse(target, 303)


def _entries_of(ids: Sequence[int], back: str) -> str:
    return f"/revue/entrees?{urlencode({'exchange': ids, 'retour': back}, doseq=True)}"


def _seen(values: Sequence[str]) -> dict[int, str]:
    """The ids of exchanges and of their messages, as the boxes of the list hold them: « 12:abc »."""
    pairs = (value.partition(":") for value in values[:PAGE])
    return {number: message for typed, _, message in pairs if (number := whole_number(typed)) and message}


def _to_message(address: str, exchange: Row | None) -> str:
    """The place of a message on the page of its conversation."""
    if not exchange or not address.startswith("/revue/conversations/"):
        return address
    number, page = exchange["number"], page_of(exchange["number"])
    return f"{with_values(address.partition('#')[0], page=str(page) if page > 1 else '')}#m-{number}"


def _candidates(exchange: Row) -> list[dict[str, Any]]:
    """What the message might have been, with the key that chooses it; not what it was answered as, which « juste » confirms."""
    answered = exchange["label"] if exchange["outcome"] == ANSWERED else None
    others = [(label, score) for label, score in exchange["ranking"] if label != answered]
    return [{"label": label, "score": score, "key": key if key < 10 else ""} for key, (label, score) in enumerate(others, _FIRST_KEY)]
