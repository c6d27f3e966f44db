"""The public pages, each made when it is asked for: what they say follows the release that is shown."""

from __future__ import annotations

import re
import uuid
from collections.abc import Awaitable, Callable

from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from bot.channels.naming import TITLES, channels_on
from bot.config import Settings
from bot.text import typeset
from bot.web.assets import Assets
from bot.web.fields import FREE
from bot.web.refusals import Refusal
from bot.web.review.access import is_desk, path_of, safe_target
from bot.web.sessions import Sessions
from bot.web.showing import Showing
from bot.web.templating import Templates

NOBODY = "https://adresse-de-l-assistant.example"
"""Shown as our address when none is set and the request names none that can be shown."""
_HOST = re.compile(r"[A-Za-z0-9.-]+(:\d+)?")

AWAY = typeset("La base de données ne répond pas pour l'instant. Réessayez dans un moment.")
BROKEN = typeset("Une erreur s'est produite, elle est notée dans le journal du serveur. Vérifiez si ce que vous faisiez a été enregistré.")
"""What reviewers read where visitors are asked to send their message again."""

Endpoint = Callable[[Request], Awaitable[Response]]


class Pages:
    """Everything that can be read without a conversation."""

    def __init__(self, settings: Settings, showing: Showing, sessions: Sessions) -> None:
        self.templates = Templates({"settings": settings, "new_id": lambda: uuid.uuid4().hex})
        self._public_url = settings.public_url
        self._messaging = [TITLES[name] for name in channels_on(settings.channels)]
        self._showing = showing
        self._sessions = sessions
        self._assets = Assets()

    def routes(self) -> list[BaseRoute]:
        """Return the routes of the pages and of their files."""
        fixed = {"/vie-privee": "privacy.html", "/accessibilite": "accessibility.html", "/demonstration": "demonstration.html"}
        return [
            Route("/", self.index),
            Route("/integrer", self.embedding),
            *(Route(path, self._fixed(template)) for path, template in fixed.items()),
            Mount("/static", self._assets),
        ]

    async def index(self, _: Request) -> Response:
        """The assistant, and all that it knows."""
        session = self._sessions.start().token
        content = self._showing.content
        shown = {"edition": content.base.edition, "sections": content.sections}
        return HTMLResponse(self.templates.render("index.html", session=session, field=FREE, typed="", **shown))

    async def embedding(self, request: Request) -> Response:
        """How another site shows the assistant."""
        address = self._public_url or address_of(request)
        return HTMLResponse(self._render("embedding.html", address=address, integrity=self._assets.integrity))

    def refused(self, refusal: Refusal, client: HTTPConnection) -> Response:
        """The page of an error, of the review application where it was asked for."""
        if is_desk(client.scope["path"]):
            return self._refused_at_desk(refusal, client)
        html = self._render("error.html", sentence=refusal.sentence)
        return HTMLResponse(html, refusal.status, refusal.headers)

    def _refused_at_desk(self, refusal: Refusal, client: HTTPConnection) -> Response:
        back = safe_target(path_of(client.headers.get("referer", "")))
        sentence = refusal.sentence if refusal.status < 500 else AWAY if refusal.status == 503 else BROKEN
        html = self.templates.render("revue/refus.html", user=None, jeton="", here="", sentence=sentence, back=back)
        return HTMLResponse(html, refusal.status, refusal.headers)

    def _fixed(self, template: str) -> Endpoint:
        async def page(_: Request) -> Response:
            return HTMLResponse(self._render(template), headers={"Cache-Control": "no-cache"})

        return page

    def _render(self, template: str, **values: object) -> str:
        return self.templates.render(template, edition=self._showing.content.base.edition, messaging=self._messaging, **values)


def address_of(request: Request) -> str:
    """Return the scheme and host by which we were asked; a host that is no plain name is not repeated."""
    host = request.headers.get("host", "")
    return f"{request.url.scheme}://{host}" if _HOST.fullmatch(host) else NOBODY
