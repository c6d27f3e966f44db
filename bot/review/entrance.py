"""Signing in by name and password: counted, verified, written down."""

from __future__ import annotations

from dataclasses import dataclass

from bot.errors import RequestError
from bot.review.accounts import Accounts
from bot.review.journal import ACCOUNT, REFUSED, SIGNED_IN, Journal
from bot.review.lockout import Attempt, Lockout
from bot.review.model import Account

TARGET = "revue"
"""What the journal says they wanted to enter."""
NOBODY = "inconnu"
"""Who the journal says it was, when no account bears the name: people type their password there by mistake."""
BY_PASSWORD, BY_SERVICE = "mot de passe", "service d'identité"


@dataclass(frozen=True)
class Entrance:
    """Lets people in. Every attempt knocks first; only who need not wait may try a password."""

    accounts: Accounts
    lockout: Lockout
    journal: Journal

    def knock(self, attempt: Attempt) -> int:
        """Count an attempt and return 0, or return the seconds that it has to wait."""
        return self.lockout.enter(attempt)

    def enter(self, attempt: Attempt, password: str) -> Account | None:
        """The account that the attempt opens, else None. Slow on purpose."""
        account = self.accounts.verify(attempt.name, password)
        if account is None:
            known = self.accounts.find(attempt.name.strip().lower())
            self.journal.note_hourly(known.name if known else NOBODY, REFUSED, TARGET, BY_PASSWORD)
            return None
        self.lockout.succeed(attempt)
        self.journal.note(account.name, SIGNED_IN, TARGET, BY_PASSWORD)
        return account

    def enter_as(self, subject: str, email: str | None) -> Account | None:
        """The account of somebody whom the identity service names, else None."""
        account = self.accounts.recognise(subject, email)
        if account is None:
            self.journal.note_hourly(NOBODY, REFUSED, TARGET, BY_SERVICE)
            return None
        self.journal.note(account.name, SIGNED_IN, TARGET, BY_SERVICE)
        return account

    def change_password(self, attempt: Attempt, current: str, new: str) -> Account:
        """Change one's own password, which ends all sessions. Raises RequestError when one of the two will not do. Slow on purpose."""
        if self.accounts.verify(attempt.name, current) is None:
            raise RequestError("Le mot de passe actuel n'est pas le bon.")
        self.lockout.succeed(attempt)
        account = self.accounts.set_password(attempt.name, new)
        self.journal.note(account.name, ACCOUNT, account.name, "mot de passe changé")
        return account

    def leave(self, name: str) -> None:
        """Sign an account out, everywhere."""
        self.accounts.end_sessions(name)
