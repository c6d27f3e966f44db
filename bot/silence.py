"""How long somebody may be silent before what they have not finished ends: Rasa's session, and what an open request holds of them."""

from __future__ import annotations

from datetime import timedelta

SILENCE = timedelta(hours=24)
"""The same as Rasa's own (domain.yml), and over the 20 hours that nobody has to hurry for (WCAG 2.2.1)."""
_LONGER = {"courriel": timedelta(days=5)}
"""By channel. Who gets a mail on Friday answers on Monday; it is waited for as long as an answer is tried there (bot/outbox.py)."""


def silence(channel: str | None) -> timedelta:
    """Return how long one is waited for who wrote on a channel; `channel` as reviewers see it, None for the site."""
    return _LONGER.get(channel or "", SILENCE)
