"""What is kept and for how long: what goes next, what a reviewer keeps for a reason, and what is erased because somebody asked."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import case, func, select, true, update
from sqlalchemy.sql.expression import ColumnElement, FromClause

from bot.config import Settings
from bot.errors import RequestError, UnknownError
from bot.hours import ZONE
from bot.mails import is_email, notice_mail
from bot.privacy import PURGE, erase, is_kept, rehearse, what_is_meant
from bot.review.journal import ERASED, KEPT, RELEASED, Journal
from bot.storage import ERASE, MASK, Database, codes, conversations, erasures, forgetting, leads

WEEKS = 8
"""Weeks that are told one by one; what goes later is told together."""
LONGEST_KEPT = timedelta(days=365)
"""How far ahead the day lies at most until which a conversation is kept; it can be put off again."""
SOON = timedelta(days=30)
"""What is kept until then ends soon."""
_MOST_KEPT = 200
_PROOFS = 10
KINDS = {ERASE: "Effacement demandé", MASK: "Coordonnées masquées", PURGE: "Échéance de conservation"}
"""Why something was deleted, as `erasures` names it."""


@dataclass(frozen=True)
class Week:
    """What goes in a week from `first` to `last`, both included; both are None for all that goes later."""

    first: date | None
    last: date | None
    counts: Mapping[str, int]


@dataclass(frozen=True)
class Outlook:
    """What goes next, what is kept on, and what went last. Of `kept`, what ends first comes first; `ends_soon` of all that is kept are
    not kept after the moment `soon`. `purged_at` is None when nothing has had to go yet.
    """

    weeks: Sequence[Week]
    kept: Sequence[Mapping[str, Any]]
    kept_in_all: int
    ends_soon: int
    soon: datetime
    proofs: Sequence[Mapping[str, Any]]
    purged_at: datetime | None


class Keeping:
    """Keeps and erases. `clock` gives the time with its zone."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        journal: Journal,
        clock: Callable[[], datetime],
        known_as: Callable[[str], Collection[str]] = lambda _: (),
    ) -> None:
        """`known_as` gives the digests under which the e-mail channel knows an address (bot.channels.people)."""
        self._database = database
        self._settings = settings
        self._journal = journal
        self._clock = clock
        self._known_as = known_as

    def outlook(self) -> Outlook:
        """What the page of privacy tells."""
        with self._database.read() as connection:
            counted = {name: connection.execute(query).one() for name, query in self._queries().items()}
            on, soon = is_kept(self._clock()), self._clock() + SOON
            kept_first = select(conversations).where(on).order_by(conversations.c.kept_until, conversations.c.conversation)
            kept = connection.execute(kept_first.limit(_MOST_KEPT)).mappings().all()
            in_all = connection.execute(select(func.count()).select_from(conversations).where(on)).scalar_one()
            ending = select(func.count()).select_from(conversations).where(on, conversations.c.kept_until <= soon)
            ends_soon = connection.execute(ending).scalar_one()
            proofs = connection.execute(select(erasures).order_by(erasures.c.id.desc()).limit(_PROOFS)).mappings().all()
            purged_at = connection.execute(select(func.max(erasures.c.created_at)).where(erasures.c.kind == PURGE)).scalar()
        weeks = [self._week(place, {name: int(row[place] or 0) for name, row in counted.items()}) for place in range(WEEKS + 1)]
        return Outlook(weeks, kept, in_all, ends_soon, soon, proofs, purged_at)

    def keep(self, conversation: str, who: str, reason: str, until: date | None = None) -> None:
        """Keep a conversation and its requests beyond the retention, until the end of a day; for LONGEST_KEPT when none is given.

        What is kept already is kept until the new day. Raises RequestError when that has passed or is too far ahead, UnknownError when
        there is no such conversation.
        """
        today = self._clock().astimezone(ZONE).date()
        until = until or today + LONGEST_KEPT
        if until <= today:
            raise RequestError("Le jour jusqu'auquel la conserver doit être à venir.")
        if until > today + LONGEST_KEPT:
            raise RequestError("Une conversation se conserve un an au plus ; vous pourrez prolonger ensuite.")
        end = datetime.combine(until, time(23, 59), ZONE)
        self._set(conversation, {"kept_reason": reason, "kept_by": who, "kept_at": self._clock(), "kept_until": end})
        self._journal.note(who, KEPT, conversation, reason)

    def release(self, conversation: str, who: str) -> None:
        """Let a conversation go when its time has come. Raises UnknownError when there is no such conversation."""
        self._set(conversation, {"kept_reason": None, "kept_by": None, "kept_at": None, "kept_until": None})
        self._journal.note(who, RELEASED, conversation)

    def would_erase(self, reference_or_email: str) -> dict[str, int]:
        """What erasing would delete, as bot.privacy counts it. Raises RequestError for what is neither reference nor address."""
        return rehearse(self._database, reference_or_email, self._clock(), self._notice, self._known_as(reference_or_email))

    def erase(self, reference_or_email: str, who: str) -> dict[str, int]:
        """Delete a request and its conversation, or all that holds an address; return what was deleted."""
        counts = erase(self._database, reference_or_email, self._clock(), self._notice, self._known_as(reference_or_email))
        if any(counts.values()):
            self._journal.note(who, ERASED, self._target(reference_or_email))
        return counts

    def _notice(self, reference: str) -> Any:
        return notice_mail(reference, self._settings, self._clock())

    def _target(self, reference_or_email: str) -> str:
        """What the journal says was erased: of an address only a keyed digest, by which whoever has it can find the line again."""
        key = what_is_meant(reference_or_email)
        if not is_email(key):
            return key
        digest = hmac.new(self._settings.secret().encode(), f"erased:{key.lower()}".encode(), hashlib.sha256).hexdigest()
        return f"adresse {digest[:12]}"

    def _set(self, conversation: str, values: Mapping[str, Any]) -> None:
        with self._database.begin() as connection:
            of_it = conversations.c.conversation == conversation
            if not connection.execute(update(conversations).where(of_it).values(**values)).rowcount:
                raise UnknownError("Cette conversation n'existe pas, ou plus.")

    def _queries(self) -> dict[str, Any]:
        """What goes, by kind: one query each, with a figure for each week and one for what goes later."""
        life = timedelta(days=self._settings.retention_days)
        kept_on = select(conversations.c.conversation).where(is_kept(self._clock())).scalar_subquery()
        zero = timedelta(0)
        return {
            "conversations": self._by_week(conversations, conversations.c.last_at, life, conversations.c.conversation.not_in(kept_on)),
            "demandes": self._by_week(leads, leads.c.created_at, life, true()),
            "codes": self._by_week(codes, codes.c.expires_at, zero),
            "masquages": self._by_week(forgetting, forgetting.c.due_at, zero, forgetting.c.kind == MASK),
            "effacements": self._by_week(forgetting, forgetting.c.due_at, zero, forgetting.c.kind == ERASE),
        }

    def _by_week(self, target: FromClause, at: ColumnElement, life: timedelta, condition: ColumnElement | None = None) -> Any:
        """Counts of the rows that go in each week: what should have gone already is of the first one."""
        ends = [self._clock() - life + timedelta(weeks=number) for number in range(1, WEEKS + 1)]
        bounds = zip([None, *ends], [*ends, None], strict=True)
        within = [(at >= first if first else at.is_not(None)) & (at < last if last else at.is_not(None)) for first, last in bounds]
        query = select(*(func.sum(case((inside, 1), else_=0)) for inside in within)).select_from(target)
        return query if condition is None else query.where(condition)

    def _week(self, place: int, counts: Mapping[str, int]) -> Week:
        if place == WEEKS:
            return Week(None, None, counts)
        first = self._clock().astimezone(ZONE).date() + timedelta(weeks=place)
        return Week(first, first + timedelta(days=6), counts)
