"""One's own account: who one is here, and another password."""

from __future__ import annotations

from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from bot.errors import RequestError
from bot.review.accounts import Accounts
from bot.review.model import Role
from bot.review.passwords import LONGEST, SHORTEST
from bot.text import typeset
from bot.web.bodies import RefusedError
from bot.web.review.access import Guard, Visit
from bot.web.review.password_desk import PasswordDesk
from bot.web.review.rendering import Pages
from bot.web.review.threads import run_sync

PATH = "/revue/compte"


class OwnAccount:
    """The page. The present password is asked for, so that a session left open is not enough."""

    def __init__(self, pages: Pages, guard: Guard, desk: PasswordDesk, accounts: Accounts) -> None:
        self._pages = pages
        self._guard = guard
        self._desk = desk
        self._accounts = accounts

    def routes(self) -> list[BaseRoute]:
        """The routes."""
        return [
            self._guard.route(PATH, self.show, Role.LECTEUR),
            self._guard.route(PATH, self.change, Role.LECTEUR, methods=["POST"]),
        ]

    async def show(self, visit: Visit) -> Response:
        """The account and the form."""
        return await self._page(visit)

    async def change(self, visit: Visit) -> Response:
        """Set another password: all other sessions are over, this browser begins a new one."""
        self._desk.count(visit.request)
        new = visit.form.raw("nouveau")
        try:
            if new != visit.form.raw("confirmation"):
                raise RequestError("Les deux nouveaux mots de passe ne sont pas les mêmes.")
            account = await self._desk.change(visit.request, visit.account.name, visit.form.raw("actuel"), new)
        except RequestError as error:
            return await self._page(visit, RefusedError(422, str(error)))
        except RefusedError as refusal:
            return await self._page(visit, refusal)
        response = RedirectResponse(f"{PATH}?change=oui", 303)
        self._guard.begin(visit.request, response, account)
        return response

    async def _page(self, visit: Visit, refusal: RefusedError | None = None) -> Response:
        shown = {
            "has_password": await run_sync(self._accounts.has_password, visit.account.name),
            "changed": visit.request.query_params.get("change") == "oui",
            "sentence": typeset(str(refusal)) if refusal else "",
            "shortest": SHORTEST,
            "longest": LONGEST,
        }
        response = self._pages.page(visit, "compte.html", refusal.status if refusal else 200, **shown)
        response.headers.update(refusal.headers if refusal else {})
        return response
