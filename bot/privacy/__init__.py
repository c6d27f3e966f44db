"""Forgets: what was promised to be forgotten, what a person asks to have erased, and what is too old.

Covers the tables of bot.storage, and the events that Rasa's tracker store keeps in the same database under the same
conversation ids. Keeps a proof without any content. What has left by mail cannot be called back.

`masking` and `traces` are pure and know the texts; the other modules know the rows. Other modules use what is named here.
"""

from __future__ import annotations

from bot.privacy.channels import blank_messages, drop_bodies, lock_people
from bot.privacy.erasing import erase, rehearse, what_is_meant
from bot.privacy.leftovers import sweep_changes
from bot.privacy.mails import FORWARDED, NOTICES, Notice, may_have_left
from bot.privacy.masking import Event, mask_events
from bot.privacy.promises import TURN_PATIENCE, Kept, keep_promises, promise, withdraw
from bot.privacy.quotes import still_said
from bot.privacy.retention import PROMISES, PURGE, is_kept, purge
from bot.privacy.rows import blot_out
from bot.privacy.traces import Traces
from bot.privacy.values import MASKED, values_of

__all__ = [
    "FORWARDED",
    "MASKED",
    "NOTICES",
    "PROMISES",
    "PURGE",
    "TURN_PATIENCE",
    "Event",
    "Kept",
    "Notice",
    "Traces",
    "blank_messages",
    "blot_out",
    "drop_bodies",
    "erase",
    "is_kept",
    "keep_promises",
    "lock_people",
    "mask_events",
    "may_have_left",
    "promise",
    "purge",
    "rehearse",
    "still_said",
    "sweep_changes",
    "values_of",
    "what_is_meant",
    "withdraw",
]
