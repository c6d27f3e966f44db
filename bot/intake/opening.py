"""Reads the subject and the name out of the message that opens a request, so that they are not asked again. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable

from bot.answers.model import Heard
from bot.intake.fields import read_name
from bot.text import clean, defuse, fold

_LONGEST = 400
"""Characters of an opening that are kept as subject; what is longer is asked for in a sentence."""
_SUBJECTS = re.compile(
    r"\b(particip\w*|rejoindre|adher\w*|expert\w*|partenariat\w*|jumel\w*|projet\w*|formation\w*|mission\w*|etat civil"
    r"|au sujet|a propos|concernant|sujet|objet|theme|volet|action sociale|financ\w*|economi\w*|numeris\w*|foncier\w*"
    r"|informatis\w*|rendez-vous|rdv|audience|la suite"
    r"|candidatur\w*|mise a disposition|appui\w*|plateforme\w*)\b"
)
"""Words that say what a request is about; « je voudrais un contact » does not."""


_CALLED = re.compile(
    r"\b(?:[Jj]e m['’]appelle|[Oo]n m['’]appelle|[Jj]e me nomme|[Mm]on nom est)\s+((?:[^\W\d_a-zà-ÿ][\w'’-]+)(?:\s+(?:d[eu]|van"
    r"|der|den|el|ben|[^\W\d_a-zà-ÿ][\w'’-]+)){1,4})"
)
"""A name of two words or more, all capitalised, behind « je m'appelle »: what spaCy does not take for a person."""
_ALONE_BEFORE = re.compile(r"(?:^|[,.;:!?\n–-])\s*(?:(?:bonjour|bonsoir|bjr|salut|cordialement|merci)[\s,.!]*)*$", re.IGNORECASE)
_GREETING = r"(?:bonjour|bonsoir|bjr|salut|coucou|hello)"
_GREETED_BEFORE = re.compile(rf"\b{_GREETING}\s*$", re.IGNORECASE)
_GREETED = re.compile(rf"\b{_GREETING}\b[\s,.!]*$", re.IGNORECASE)
_SPEAKS = re.compile(r"\s*[,.!–-]?\s*(?:je|j['’]|nous)\b", re.IGNORECASE)
_GREETED_AFTER = re.compile(rf"\s*[,.!–-]?\s*{_GREETING}\b", re.IGNORECASE)
_CIVILITY = re.compile(
    r"^(?:guten|goede\w*|goeie\w*|hello|salam|azul|mbote|nanga|bonjour|bonsoir|excellence|honorable|ch[eè]re?s?)\b|"
    r"\b(?:madame|monsieur|mesdames|messieurs|maître|cher|chère|bonjour|excellence)\b.*\b(?:madame|monsieur"
    r"|mesdames|messieurs)\b",
    re.IGNORECASE,
)
_FUNCTION_AFTER = re.compile(r"\s*[,(–-]\s*(?:je\s+)?(?=\w)|\s+(?:je\s+)?(?=suis\b)", re.IGNORECASE)
_INTRODUCES = re.compile(
    r"(je m['’]appelle|on m['’]appelle|mon nom est|je me nomme|je suis|moi,?|moi c['’]est|ici)\s+(m\.?|mme"
    r"|madame|monsieur)?\s*$",
    re.IGNORECASE,
)
"""What stands before the name of somebody who introduces themselves."""


def introduced(heard: Heard, is_function: Callable[[str], bool] = lambda text: False) -> str | None:
    """The name of the author: a person that spaCy found behind « je m'appelle », or before a function of her own.

    `is_function` says whether a text begins with a function: « Claire Dumont, échevine à Huy, souhaite… ».
    """
    for person in heard.persons:
        before, _, after = heard.text.partition(person)
        words = person.split()
        if len(words) < 2 or not words[0][0].isupper() or not words[-1][0].isupper() or _CIVILITY.search(person):
            continue
        if _addressed(before, after):
            continue
        signed = _ALONE_BEFORE.search(before) and _FUNCTION_AFTER.match(after) and is_function(_FUNCTION_AFTER.sub("", after, count=1))
        if _INTRODUCES.search(before) or signed:
            return read_name(person).value
    called = _CALLED.search(heard.text)
    return read_name(called[1]).value if called else None


def _addressed(before: str, after: str) -> bool:
    """Whether a person is greeted rather than named as the author: « Bonjour Jean Exemple, je suis échevine »."""
    if _GREETED_BEFORE.search(before) or _GREETED_AFTER.match(after):
        return True
    return _GREETED.search(before) is not None and _SPEAKS.match(after) is not None


def purpose(text: str) -> str | None:
    """The opening as the subject, when it says what it is about."""
    subject = defuse(clean(text))
    return subject if len(subject) <= _LONGEST and _SUBJECTS.search(fold(subject)) else None
