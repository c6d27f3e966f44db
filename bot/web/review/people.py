"""The part on people, composed: signing in and out, by password or by the identity service, and one's own account."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlsplit

from starlette.routing import BaseRoute

from bot.config import Settings
from bot.review.accounts import Accounts
from bot.review.entrance import Entrance
from bot.review.journal import Journal
from bot.review.lockout import Lockout
from bot.storage import Database
from bot.web.limits import RateLimit
from bot.web.review.access import Guard
from bot.web.review.own_account import OwnAccount
from bot.web.review.password_desk import PasswordDesk
from bot.web.review.rendering import Pages
from bot.web.review.sign_in import EntryForms, SignIn
from bot.web.turnstile import Turnstile

Clock = Callable[[], datetime]
SIGN_INS_A_MINUTE = 30
"""Of one client that is not known yet."""


def people_routes(settings: Settings, database: Database, clock: Clock, pages: Pages, guard: Guard, accounts: Accounts) -> list[BaseRoute]:
    """The routes of the part."""
    secret = settings.secret()
    entrance = Entrance(accounts, Lockout(database, secret, clock), Journal(database, clock))
    turnstile = Turnstile(RateLimit(SIGN_INS_A_MINUTE, clock), settings.trusted_proxies, "formulaires")
    desk = PasswordDesk(entrance, guard.arrival, turnstile, secret, clock)
    service = urlsplit(settings.oidc_issuer).hostname if settings.oidc_issuer else None
    sign_in = SignIn(pages, guard, desk, EntryForms(secret, clock), service)
    by_service = _service_routes(settings, clock, entrance, sign_in, guard, desk)
    return [*sign_in.routes(), *by_service, *OwnAccount(pages, guard, desk, accounts).routes()]


def _service_routes(
    settings: Settings, clock: Clock, entrance: Entrance, sign_in: SignIn, guard: Guard, desk: PasswordDesk
) -> list[BaseRoute]:
    """None without an identity service: what speaks with one is slow to import."""
    if not (settings.oidc_issuer and settings.oidc_client_id and settings.oidc_client_secret):
        return []
    from bot.web.review.identity import IdentityService
    from bot.web.review.oidc import ServiceSignIn

    service = IdentityService(settings.oidc_issuer, settings.oidc_client_id, settings.oidc_client_secret, clock)
    return ServiceSignIn(service, entrance, sign_in, guard, desk, settings.secret(), clock).routes()
