"""Reads the subject of a request out of the message that opens it, so that it is not asked again. Pure."""

from __future__ import annotations

import re

from bot.text import clean, defuse, fold

_LONGEST = 400
"""Characters of an opening that are kept as subject; what is longer is asked for in a sentence."""
_SUBJECTS = re.compile(
    r"\b(particip\w*|rejoindre|adher\w*|expert\w*|partenariat\w*|jumel\w*|projet\w*|formation\w*|mission\w*|etat civil"
    r"|action sociale|financ\w*|economi\w*|numeris\w*|foncier\w*|informatis\w*|rendez-vous|rdv|audience|la suite"
    r"|candidatur\w*|mise a disposition|appui\w*|plateforme\w*)\b"
)
"""Words that say what a request is about; « je voudrais un contact » does not."""


def purpose(text: str) -> str | None:
    """The opening as the subject, when it says what it is about."""
    subject = defuse(clean(text))
    return subject if len(subject) <= _LONGEST and _SUBJECTS.search(fold(subject)) else None
