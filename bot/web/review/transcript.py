"""One conversation: its page, what staff decide and say about it, its technical events, and what is kept unmasked for who says why."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from bot.review.filters import ALL, TAG_CHARACTERS, Filters, read_filters
from bot.review.inbox import Inbox
from bot.review.journal import UNMASKED, VIEWED, Journal
from bot.review.judging import Judging
from bot.review.model import UNMASKING, Role
from bot.review.search import Search
from bot.review.transcripts import Transcript, Transcripts
from bot.review.triage import COMMENT_CHARACTERS, Triage, Undo
from bot.storage import REVIEWED
from bot.text import NBSP
from bot.web.bodies import RefusedError
from bot.web.review.access import HOME, Guard, Visit
from bot.web.review.addresses import PLACE, QUERY_CHARACTERS, address_of, page_number, transcript_address, whole_number
from bot.web.review.rendering import Pages
from bot.web.review.service import asked_reason, doing
from bot.web.review.threads import run_sync
from bot.web.review.undoing import STATUS_WORDS, Undoing
from bot.web.showing import Showing
from bot.web.templating import say_date

ONE = HOME + "/conversations/{conversation}"
_VIEW = timedelta(hours=1)
"""A conversation that is looked at again within it is noted once."""
_GONE = "Cette conversation n'existe pas, ou plus."
NAME_CHARACTERS = 255


@dataclass(frozen=True)
class TranscriptPages:
    """Serves /revue/conversations."""

    pages: Pages
    guard: Guard
    transcripts: Transcripts
    inbox: Inbox
    triage: Triage
    judging: Judging
    journal: Journal
    undoing: Undoing
    showing: Showing

    def routes(self) -> list[BaseRoute]:
        """The routes of conversations."""
        route, annotator = self.guard.route, Role.ANNOTATEUR
        return [
            route(ONE, self.show, Role.LECTEUR),
            route(f"{ONE}/evenements", self.events, annotator),
            route(f"{ONE}/demasquer", self.unmask, UNMASKING, ["POST"]),
            route(f"{ONE}/statut", self.set_status, annotator, ["POST"]),
            route(f"{ONE}/signaler", self.flag, annotator, ["POST"]),
            route(f"{ONE}/confier", self.assign, annotator, ["POST"]),
            route(f"{ONE}/etiquettes", self.tag, annotator, ["POST"]),
            route(f"{ONE}/commentaires", self.comment, annotator, ["POST"]),
            route(f"{ONE}/commentaires/{{ident:int}}/supprimer", self.remove_comment, annotator, ["POST"]),
        ]

    async def show(self, visit: Visit) -> Response:
        """The conversation, masked. Looking at it is noted."""
        transcript = await self._found(visit)
        await run_sync(self.journal.note_once, visit.account.name, VIEWED, _name(visit), _VIEW)
        return await self._page(visit, transcript, read_filters(visit.request.url.query).filters)

    async def unmask(self, visit: Visit) -> Response:
        """The same with what is kept unmasked, in this one response, once it is written down who wanted it and why."""
        reason = asked_reason(visit)
        await self._found(visit)
        await run_sync(self.journal.note, visit.account.name, UNMASKED, _name(visit), reason)
        return await self._page(visit, await self._found(visit, unmasked=True), _filters(visit))

    async def events(self, visit: Visit) -> Response:
        """What Rasa stored of one exchange, masked."""
        number = whole_number(visit.request.query_params.get("echange", ""))
        told = await run_sync(self.transcripts.events, _name(visit), number)
        if told is None:
            raise RefusedError(404, "Cet échange n'existe pas, ou plus.")
        await run_sync(self.journal.note_once, visit.account.name, VIEWED, _name(visit), _VIEW)
        template = "_evenements.html" if visit.is_partial else "evenements.html"
        filters = read_filters(visit.request.url.query).filters
        back = transcript_address(_name(visit), filters, number, **_place(visit))
        return self.pages.page(visit, template, told=[(_title(event), _json(event)) for event in told], number=number, back=back)

    async def set_status(self, visit: Visit) -> Response:
        """Change the status; with `suite`, go on to the next conversation of the list."""
        name, filters, status = _name(visit), _filters(visit), visit.form.get("statut")
        goes_on = visit.form.get("suite") != ""
        following = (await run_sync(self.inbox.around, filters, visit.account.name, name))[1] if goes_on else name
        undo = await doing(self.triage.set_status, [name], status, visit.account.name)
        token = self.undoing.sign(visit.account.name, undo)
        if following:
            return RedirectResponse(transcript_address(following, filters, **_place(visit), annuler=token), 303)
        return RedirectResponse(address_of(filters, name, page=_place(visit)[PLACE], annuler=token), 303)

    async def flag(self, visit: Visit) -> Response:
        """Flag it, or no longer."""
        return await self._decided(visit, self.triage.flag, [_name(visit)], visit.form.get("signale") == "1")

    async def assign(self, visit: Visit) -> Response:
        """Say who sees to it."""
        return await self._decided(visit, self.triage.assign, [_name(visit)], visit.form.get("assigne") or None)

    async def tag(self, visit: Visit) -> Response:
        """Add a tag, or take one away."""
        if gone := visit.form.get("retirer"):
            return await self._decided(visit, self.triage.untag, _name(visit), gone)
        return await self._decided(visit, self.triage.tag, [_name(visit)], visit.form.get("etiquette"))

    async def comment(self, visit: Visit) -> Response:
        """Add a comment."""
        text = visit.form.lines("commentaire", COMMENT_CHARACTERS)
        await doing(self.triage.comment, _name(visit), visit.account.name, text)
        return RedirectResponse(transcript_address(_name(visit), _filters(visit), **_place(visit), fait="commentaire"), 303)

    async def remove_comment(self, visit: Visit) -> Response:
        """Delete a comment of one's own."""
        await run_sync(self.triage.remove_comment, _name(visit), visit.request.path_params["ident"], visit.account.name)
        return RedirectResponse(transcript_address(_name(visit), _filters(visit), **_place(visit), fait="commentaire_supprime"), 303)

    async def _decided(self, visit: Visit, decide: Callable[..., Undo], *arguments: object) -> Response:
        undo = await doing(decide, *arguments)
        token = self.undoing.sign(visit.account.name, undo)
        return RedirectResponse(transcript_address(_name(visit), _filters(visit), **_place(visit), annuler=token), 303)

    async def _found(self, visit: Visit, unmasked: bool = False) -> Transcript:
        asked = visit.form.get("page") or visit.request.query_params.get("page", "")
        found = await run_sync(self.transcripts.page, _name(visit), page_number(asked), unmasked)
        if found is None:
            raise RefusedError(404, _GONE)
        return found

    async def _page(self, visit: Visit, transcript: Transcript, filters: Filters) -> Response:
        name, viewer, place = _name(visit), visit.account.name, _place(visit)
        before, behind = await run_sync(self.inbox.around, filters, viewer, name)
        here = name if filters.etat in (ALL, transcript.row["status"]) else behind or before or name
        return self.pages.page(
            visit,
            "transcript.html",
            transcript=transcript,
            row=transcript.row,
            filters=filters,
            search=Search.parse(filters.q),
            before=before,
            behind=behind,
            judgements=await run_sync(self.judging.active, name),
            known_tags=await run_sync(self.inbox.tags),
            colleagues=await run_sync(self.triage.colleagues),
            facts=self.showing.content.base.facts,
            notice=self.undoing.notice(viewer, dict(visit.request.query_params)),
            prints=visit.request.query_params.get("impression") == "1",
            retour=transcript_address(name, filters, page=transcript.page, **place),
            may_unmask=visit.may(UNMASKING),
            tag_characters=TAG_CHARACTERS,
            comment_characters=COMMENT_CHARACTERS,
            reviewed=REVIEWED,
            status_words={status: one for status, (one, _) in STATUS_WORDS.items()},
            say_source=say_source,
            **place,
            back=address_of(filters, here, page=place[PLACE]),
            transcript_address=partial(_within, filters, place),
        )


def say_source(source: Mapping[str, Any]) -> str:
    """Where a fact stands: « C'est combien ? », Le Programme (15 mars 2016)."""
    section, page, updated = (str(source.get(key) or "") for key in ("section", "page", "updated"))
    with suppress(ValueError):
        updated = say_date(updated)
    told = ", ".join(filter(None, (section and f"«{NBSP}{section}{NBSP}»", page)))
    return f"{told} ({updated})" if updated else told


def _name(visit: Visit) -> str:
    return str(visit.request.path_params["conversation"])[:NAME_CHARACTERS]


def _filters(visit: Visit) -> Filters:
    """The filters of the list that somebody came from, as a form carries them."""
    return read_filters(visit.form.get("filtres", QUERY_CHARACTERS)).filters


def _place(visit: Visit) -> dict[str, int]:
    """The page of the list that somebody came from, as an address or a form carries it."""
    return {PLACE: page_number(visit.form.get(PLACE) or visit.request.query_params.get(PLACE, ""))}


def _within(filters: Filters, place: Mapping[str, int], conversation: str, **more: Any) -> str:
    """The address of a conversation within the same list."""
    return transcript_address(conversation, filters, **place, **more)


def _title(event: dict[str, object]) -> str:
    """What an event is, in a line: « slot requested_slot »."""
    return " ".join(str(event[key]) for key in ("event", "name") if event.get(key))


def _json(event: dict[str, object]) -> str:
    return json.dumps(event, ensure_ascii=False, indent=2, sort_keys=True)
