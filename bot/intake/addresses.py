"""Reads e-mail addresses out of what a person typed: inside a sentence, spelt out, or with a slip. Pure functions.

An address that had to be put together, or that looks like a slip (gmial.com), is in doubt: it is read back at once.
"""

from __future__ import annotations

import re
import unicodedata

from bot.intake.reading import Reading, chosen
from bot.mails import is_email
from bot.mails.providers import FREE
from bot.text import clean, fold

_SPELT = frozenset({"gmail", "hotmail", "outlook", "yahoo", "icloud", "protonmail", "skynet", "proximus", "telenet", "laposte", "orange"})
"""Those whose misspellings are recognised."""
_ALIKE = frozenset({"email", "courriel", "range", "grange", "oranger"})
"""Words that look like a misspelt provider and are fine."""
_ENDINGS = {"con": "com", "cmo": "com", "comm": "com", "vom": "com", "bee": "be", "ne": None}
"""Last labels that are slips, with what they stand for; None for « surely odd, but nobody knows »."""
_EMAIL = re.compile(r"(?<![\w.+'’-])[\w.+'’-]{1,64}@[\w-]+(?:\.[\w-]+)+")
_SPOKEN = (
    (re.compile(r"\s*(?:\(at\)|\[at\]|\barobase\b|\barobas\b|\barrobase\b|\ba commercial\b|\bat\b|\bchez\b)\s*"), "@"),
    (re.compile(r"\s*(?:\(dot\)|\bpoint\b|\bdot\b)\s*"), "."),
    (re.compile(r"\s*\b(?:tiret bas|underscore)\b\s*"), "_"),
    (re.compile(r"\s*\btiret\b\s*"), "-"),
)
_LABEL = re.compile(
    r"[\s,;:(-]*\b(?:(?:et |d'abord |voici |c['’]est )*(?:mon |ma |l['’])?(?:adresse(?: e-?mail| mail)?|e-?mail|mail|courriel)"
    r"(?:\s*:|\s+(?:est|c['’]?est))?|(?:(?:et|je (?:me )?réponds?) )?(?:à|sur|par|via))\s*$",
    re.IGNORECASE,
)
_FILLERS = frozenset("c'est est mon mail email adresse e-mail l'adresse voici alors a le la et".split())


def read_email(text: str) -> Reading:
    """An address inside a sentence; one that was spelt out or put right, or that looks like a slip, is in doubt."""
    text = clean(text)
    if found := find_email(text):
        return Reading(found, doubt=looks_wrong(found))
    put_right = _spelt_out(text) or _repaired(text)
    return Reading(put_right, doubt=True) if put_right else Reading(fault="email")


def find_email(text: str) -> str | None:
    """The well-formed address that a text gives, without the signs around it; of several, the one that is meant."""
    text = clean(text)
    found = []
    for match in _EMAIL.finditer(text) if "@" in text else ():
        address = match.group().strip(".'’-")
        if is_email(address) and "@" not in text[match.end() : match.end() + 1]:
            found.append((address, match.span()))
    return found[chosen(text, [span for _, span in found])][0] if found else None


def without_email(text: str, email: str) -> str:
    """`text` without an address and the words that announce it: what is left of « Claire Dumont, mon mail c'est … »."""
    before, _, after = text.partition(email)
    return " ".join(part for part in (_LABEL.sub("", before).strip(" ,;-<("), after.strip(" ,;->).")) if part)


def without_emails(text: str) -> str:
    """`text` without any address."""
    return clean(_EMAIL.sub(" ", text))


def looks_wrong(address: str) -> bool:
    """Whether the domain is a well-known provider's, misspelt, or ends in a slip: « gmial.com », « hotmail.con »."""
    labels = address.rpartition("@")[2].lower().split(".")
    return labels[-1] in _ENDINGS or _nearest_provider(labels[0]) is not None


def _nearest_provider(label: str) -> str | None:
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    if label in FREE or label in _ALIKE or len(label) < 4:
        return None
    near = process.extractOne(label, _SPELT, scorer=OSA.distance, score_cutoff=1 if len(label) < 7 else 2)
    return near[0] if near else None


def _spelt_out(text: str) -> str | None:
    spoken = fold(text)
    for pattern, sign in _SPOKEN:
        spoken = pattern.sub(sign, spoken)
    if spoken == fold(text):
        return None
    match = re.search(r"([\w.+-]+(?: [\w.+-]+)*)@([\w-]+(?:\.[\w-]+)+)", spoken)
    if match is None:
        return None
    words = [word for word in match.group(1).split() if word not in _FILLERS]
    address = f"{'.'.join(words[-3:])}@{match.group(2)}"
    return address if is_email(address) else None


def _repaired(text: str) -> str | None:
    """An address with one of the usual slips: a comma for a point, two @, spaces around the @, accents."""
    if "@" not in text:
        return None
    plain = unicodedata.normalize("NFKD", text)
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    plain = re.sub(r"\s*@+\s*", "@", plain)
    plain = re.sub(r"(?<=\w)\s*,\s*(?=(?:be|com|org|net|fr|bj|bf|ma|cd|sn|lu|eu|example)\b)", ".", plain)
    plain = re.sub(r"(?<=\w)\.{2,}(?=\w)", ".", plain)
    plain = re.sub(r"(?<=\w)\s+\.\s*(?=(?:be|com|org|net|fr|bj|bf|ma|cd|sn|lu|eu|example)\b)", ".", plain)
    return find_email(plain) if plain != text else None
