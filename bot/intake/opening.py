"""Reads the subject and the name out of the message that opens a request, so that they are not asked again. Pure."""

from __future__ import annotations

import re

from bot.answers.model import Heard
from bot.intake.fields import read_name
from bot.text import clean, defuse, fold

_LONGEST = 400
"""Characters of an opening that are kept as subject; what is longer is asked for in a sentence."""
_SUBJECTS = re.compile(
    r"\b(particip\w*|rejoindre|adher\w*|expert\w*|partenariat\w*|jumel\w*|projet\w*|formation\w*|mission\w*|etat civil"
    r"|action sociale|financ\w*|economi\w*|numeris\w*|foncier\w*|informatis\w*|rendez-vous|rdv|audience|la suite"
    r"|candidatur\w*|mise a disposition|appui\w*|plateforme\w*)\b"
)
"""Words that say what a request is about; « je voudrais un contact » does not."""


_INTRODUCES = re.compile(r"(je m['’]appelle|mon nom est|je me nomme|je suis|moi,?|ici)\s+(m\.?|mme|madame|monsieur)?\s*$", re.IGNORECASE)
"""What stands before the name of somebody who introduces themselves."""


def introduced(heard: Heard) -> str | None:
    """The name of the author: a person that spaCy found right behind « je m'appelle », of two words or more."""
    for person in heard.persons:
        before = heard.text.partition(person)[0]
        words = person.split()
        if len(words) >= 2 and words[0][0].isupper() and words[-1][0].isupper() and _INTRODUCES.search(before):
            return read_name(person).value
    return None


def purpose(text: str) -> str | None:
    """The opening as the subject, when it says what it is about."""
    subject = defuse(clean(text))
    return subject if len(subject) <= _LONGEST and _SUBJECTS.search(fold(subject)) else None
