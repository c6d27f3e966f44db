"""The pages of drafts: facts that people asked for, who writes them, and the file for whoever keeps the knowledge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from bot.errors import RequestError
from bot.review.drafts import MOST_QUESTIONS, TEXT_CHARACTERS, TITLE_CHARACTERS, Draft, Drafts, as_yaml, distinct
from bot.review.journal import EXPORTED, Journal
from bot.review.model import Role
from bot.review.nlu_files import LONGEST, as_example
from bot.web.review.access import Guard, Visit
from bot.web.review.addresses import page_number
from bot.web.review.gaps import DRAFTS, GapPages
from bot.web.review.rendering import Pages
from bot.web.review.service import doing, download
from bot.web.review.threads import run_sync

_QUESTIONS_CHARACTERS = MOST_QUESTIONS * (LONGEST + 1)


@dataclass(frozen=True)
class Typed:
    """The fields of the form."""

    title: str
    text: str
    questions: Sequence[str]
    owner: str


class DraftPages:
    """Serves /revue/lacunes/brouillons; `gaps` finds the gap that a draft begins with."""

    def __init__(self, pages: Pages, guard: Guard, drafts: Drafts, gaps: GapPages, journal: Journal) -> None:
        self._pages = pages
        self._guard = guard
        self._drafts = drafts
        self._gaps = gaps
        self._journal = journal

    def routes(self) -> list[BaseRoute]:
        """The routes of drafts."""
        route, one = self._guard.route, f"{DRAFTS}/{{number:int}}"
        return [
            route(DRAFTS, self.list, Role.LECTEUR),
            route(DRAFTS, self.add, Role.ANNOTATEUR, ["POST"]),
            route(f"{DRAFTS}/nouveau", self.begin, Role.ANNOTATEUR),
            route(one, self.show, Role.LECTEUR),
            route(one, self.change, Role.ANNOTATEUR, ["POST"]),
            route(f"{one}/etat", self.settle, Role.ANNOTATEUR, ["POST"]),
            route(f"{one}/supprimer", self.remove, Role.ANNOTATEUR, ["POST"]),
            route(f"{one}/yaml", self.download, Role.LECTEUR),
        ]

    async def list(self, visit: Visit) -> Response:
        """The drafts, what is to be written first."""
        page = page_number(visit.request.query_params.get("page", ""))
        found, more = await run_sync(self._drafts.page, page)
        return self._pages.page(visit, "brouillons.html", drafts=found, page=page, more=more)

    async def begin(self, visit: Visit) -> Response:
        """The form, filled in with what a gap holds."""
        title = ""
        questions: list[str] = []
        if "message" in visit.request.query_params:
            gap = await self._gaps.gap(visit, self._gaps.choice(visit, DRAFTS))
            questions = distinct(as_example(message.said) for message in gap.questions)[:MOST_QUESTIONS]
            title = as_example(gap.title)[:TITLE_CHARACTERS]
        return await self._form(visit, None, Typed(title, "", questions, visit.account.name))

    async def add(self, visit: Visit) -> Response:
        """Keep a new draft."""
        typed = _typed(visit)
        try:
            await run_sync(partial(self._drafts.add, visit.account.name, typed.title, typed.text, typed.questions, typed.owner))
        except RequestError as error:
            return await self._form(visit, None, typed, str(error))
        return RedirectResponse(DRAFTS, 303)

    async def show(self, visit: Visit) -> Response:
        """One draft, and its form for who may write."""
        draft = await self._found(visit)
        return await self._form(visit, draft, Typed(draft.title, draft.text, draft.questions, draft.owner))

    async def change(self, visit: Visit) -> Response:
        """Keep what was changed."""
        draft, typed = await self._found(visit), _typed(visit)
        try:
            await run_sync(partial(self._drafts.change, draft.id, typed.title, typed.text, typed.questions, typed.owner))
        except RequestError as error:
            return await self._form(visit, draft, typed, str(error))
        return RedirectResponse(DRAFTS, 303)

    async def settle(self, visit: Visit) -> Response:
        """Say that a draft is done, or that it is not after all."""
        draft = await self._found(visit)
        await run_sync(self._drafts.settle, draft.id, visit.form.get("fait", 1) == "1")
        return RedirectResponse(DRAFTS, 303)

    async def remove(self, visit: Visit) -> Response:
        """Delete a draft."""
        await run_sync(self._drafts.remove, _number(visit))
        return RedirectResponse(DRAFTS, 303)

    async def download(self, visit: Visit) -> Response:
        """A draft as a file in the shape of the knowledge."""
        draft = await self._found(visit)
        await run_sync(self._journal.note, visit.account.name, EXPORTED, f"brouillon {draft.id}")
        return download(f"brouillon-{draft.id}.yml", as_yaml(draft), "application/yaml; charset=utf-8")

    async def _found(self, visit: Visit) -> Draft:
        return await doing(self._drafts.find, _number(visit))

    async def _form(self, visit: Visit, draft: Draft | None, typed: Typed, fault: str = "") -> Response:
        return self._pages.page(
            visit,
            "brouillon.html",
            status=422 if fault else 200,
            draft=draft,
            typed=typed,
            fault=fault,
            owners=await run_sync(self._drafts.owners),
            longest={"title": TITLE_CHARACTERS, "text": TEXT_CHARACTERS, "questions": _QUESTIONS_CHARACTERS},
        )


def _typed(visit: Visit) -> Typed:
    form = visit.form
    questions = form.lines("questions", _QUESTIONS_CHARACTERS).splitlines()
    return Typed(form.get("titre", TITLE_CHARACTERS), form.lines("texte", TEXT_CHARACTERS), questions, form.get("responsable", 200))


def _number(visit: Visit) -> int:
    return int(visit.request.path_params["number"])
