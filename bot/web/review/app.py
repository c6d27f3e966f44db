"""The review application, composed of its parts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from starlette.routing import BaseRoute

from bot.channels.people import known_as
from bot.channels.seal import Seal
from bot.config import Settings
from bot.review.accounts import Accounts
from bot.review.changes import Changes
from bot.review.drafts import Drafts
from bot.review.exporting import Exporting
from bot.review.gaps import GapFinder
from bot.review.inbox import Inbox
from bot.review.journal import Journal
from bot.review.judging import Judging
from bot.review.keeping import Keeping
from bot.review.launching import Launcher
from bot.review.passwords import Passwords
from bot.review.recorded import Recordings
from bot.review.requests import Requests
from bot.review.saved import SavedFilters
from bot.review.transcripts import Transcripts
from bot.review.triage import Triage
from bot.review.worklist import Worklist
from bot.storage import Database
from bot.web.conversations import MailWorker
from bot.web.limits import RateLimit
from bot.web.review.access import Guard
from bot.web.review.arrival import Arrival
from bot.web.review.changes import ChangePages
from bot.web.review.dashboard import DashboardPages
from bot.web.review.drafts import DraftPages
from bot.web.review.export import ExportPages
from bot.web.review.gaps import GapPages
from bot.web.review.inbox import InboxPages
from bot.web.review.judging import JudgingPages
from bot.web.review.messages import MessagesPage
from bot.web.review.people import people_routes
from bot.web.review.privacy import PrivacyPages
from bot.web.review.rendering import Pages
from bot.web.review.requests import RequestPages
from bot.web.review.sessions import Sessions
from bot.web.review.transcript import TranscriptPages
from bot.web.review.undoing import Undoing
from bot.web.showing import Showing
from bot.web.turnstile import Turnstile
from bot.wiring import build_releases

FORMS_A_MINUTE = 600
"""Of one account: more than the quickest keyboard sends."""


def review_routes(
    settings: Settings,
    database: Database,
    clock: Callable[[], datetime],
    showing: Showing,
    mail_worker: MailWorker,
    passwords: Passwords | None = None,
) -> list[BaseRoute]:
    """The routes under /revue. `clock` gives the time with its zone, `showing` the knowledge, `mail_worker` hears of mails that wait."""
    pages = Pages(settings, showing)
    accounts, arrival = Accounts(database, clock, passwords), Arrival(settings.public_url, settings.trusted_proxies)
    posts = Turnstile(RateLimit(FORMS_A_MINUTE, clock), settings.trusted_proxies, "formulaires")
    guard = Guard(accounts, Sessions(settings.secret(), clock), arrival, posts)
    judging = Judging(database, clock, lambda: showing.content.labels)
    journal = Journal(database, clock)
    changes = Changes(database, build_releases(settings, database), journal, Launcher(settings, database, clock), clock)
    gaps = GapPages(pages, guard, GapFinder(database), clock)
    inbox, triage, undoing = Inbox(database), Triage(database, clock), Undoing(settings.secret(), clock)
    keeping = Keeping(database, settings, journal, clock, partial(known_as, database, Seal(settings.secret())))
    exporting = Exporting(database, lambda label: showing.content.labels.title(label))
    return [
        *InboxPages(pages, guard, inbox, triage, SavedFilters(database), undoing, showing).routes(),
        *TranscriptPages(pages, guard, Transcripts(database), inbox, triage, judging, journal, undoing, showing).routes(),
        *ExportPages(guard, exporting, journal).routes(),
        *people_routes(settings, database, clock, pages, guard, accounts),
        *MessagesPage(pages, guard, judging, Worklist(database, clock), showing).routes(),
        *JudgingPages(pages, guard, judging, showing).routes(),
        *RequestPages(pages, guard, Requests(database, clock), journal, mail_worker).routes(),
        *ChangePages(pages, guard, changes, Recordings(database, clock), journal).routes(),
        *DashboardPages(pages, guard, database, clock, showing).routes(),
        *gaps.routes(),
        *DraftPages(pages, guard, Drafts(database, clock), gaps, journal).routes(),
        *PrivacyPages(pages, guard, keeping, journal, mail_worker).routes(),
    ]
