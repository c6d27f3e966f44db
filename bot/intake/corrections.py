"""Tells which field a correction is about: « non, Ixelles », « mon nom s'écrit Dumont », « changez le téléphone ». Pure functions."""

from __future__ import annotations

import re

from bot.text import fold

_FIELDS = (
    ("email", re.compile(r"\b((e-?)?mails?|mels?|courriels?|adresse (mail|e-?mail|electronique))\b|@")),
    (
        "telephone",
        re.compile(
            r"\b(tel|telephone|gsm|portable|mobile|numero)\b|(?:^|\b(?:c'est|plutot|pardon|non"
            r"|erreur)\W+)\+?\d[\d ./()-]{7,}\W*$"
        ),
    ),
    ("fonction", re.compile(r"\b(fonctions?|titre|poste|mandat)\b")),
    ("commune", re.compile(r"\b(communes?|ville|municipalite)\b")),
    ("pays", re.compile(r"\bpays\b")),
    ("objet", re.compile(r"\b(objet|sujet|motif|but de ma demande)\b")),
    ("nom", re.compile(r"\b(nom|prenom|m'appelle|appelle)\b")),
)
_CHANGE = re.compile(
    r"\b(non|en fait|plutot|pardon|excuse\w*|oups|desole\w*|erreurs?|tromp\w+|corrig\w+|chang\w+|modifi\w+|rectif\w+|remplac\w+"
    r"|mauvais\w*|faux|fausse|incorrect\w*|"
    r"pas .+ mais|au lieu|s'ecrit|je voulais dire|c'est pas|ce n'est pas)\b"
)
_ANNOUNCES = re.compile(
    r"(?:,\s*)?(?:\b(?:mais|plut[ôo]t|c['’]est|est|s['’][ée]crit|par|en|devient|non|pardon|en fait|oups)\b|:(?=\s))[\s,:]*", re.IGNORECASE
)
_SUBJECT = re.compile(
    r"\b(?:objet|sujet|motif|but de ma demande)\b.*?(?:\b(?:est|devient|par|en)\b|:(?=\s))\s*(?:plut[ôo]t\b\s*)?(?!pas\b)(\S.*)",
    re.IGNORECASE,
)
_ALIKE = 80
"""How alike two spellings of a name are, in per cent, for one to put the other right."""
_SPELLING = re.compile(r"\s+(?:avec|sans|en) (?:(?:une?|deux|le|la|l['’]|des)\b.*|\w{1,2})$", re.IGNORECASE)
"""« … avec un x »: how it is spelt, not part of it."""
_NOT_MEANT = re.compile(r"\s*(?:et )?(?:pas|non|au lieu)\b", re.IGNORECASE)
_NAME_INSIDE = re.compile(
    r"\b(?:mon nom(?: complet| de famille)?(?:\s*:| est| c['’]est| s['’][ée]crit)?"
    r"|je m['’]appelle)\s+([^\W\d_][\w'’-]+(?:\s+[^\W\d_][\w'’-]+){0,3}?)"
    r"(?=\s*(?:[,;.]|\bet\b|\bmail\b|$))",
    re.IGNORECASE,
)
_WRONG = re.compile(
    r"((tout a fait|completement|tres) )?(faux|fausse|incorrecte?|inexacte?|erronee?|mauvaise?|mal (ecrite?|orthographiee?)"
    r"|a (corriger|changer|modifier)|(pas |plus )?(la |le )?(bon|bonne|juste|correcte?))"
)
"""What says that a value is wrong, and gives no other."""
_BY_MAIL = re.compile(r"\b(par (l'|le )?((e-?)?mails?|mels?|courriels?|ecrit)|prefer\w*|suffi\w*|uniquement|seulement)\b")


def wants_change(text: str) -> bool:
    """Whether the message corrects something that was said before."""
    return _CHANGE.search(fold(text)) is not None


def field_named(text: str) -> str | None:
    """The field that the message names, if any."""
    folded = fold(text)
    return next((field for field, pattern in _FIELDS if pattern.search(folded)), None)


def respelt(known: str | None, value: str) -> str:
    """A name of which a part was spelt again: « de Coninckx » puts « Marie-Ange de Coninck » right, and keeps the first name."""
    from rapidfuzz import fuzz

    old, new = (known or "").split(), value.split()
    if not 0 < len(new) < len(old):
        return value
    if fuzz.ratio(fold(" ".join(old[-len(new) :])), fold(value)) >= _ALIKE:
        return " ".join([*old[: -len(new)], *new])
    return " ".join([*new, *old[len(new) :]]) if fuzz.ratio(fold(" ".join(old[: len(new)])), fold(value)) >= _ALIKE else value


def named_name(text: str) -> str | None:
    """The name that a correction of several things gives: « …, mon nom c'est Dethieux Martine, mail … »."""
    found = _NAME_INSIDE.search(text)
    return found[1].strip() if found else None


def respells(text: str, name: str | None) -> bool:
    """Whether a correction is about the name, because it says part of it: « Nignan prend un e à la fin : Nignane Bassirou »."""
    known = {word for word in fold(name or "").replace("-", " ").split() if len(word) > 3}
    return bool(known & set(re.findall(r"[\w']+", fold(text)))) and ("@" not in text)


def prefers_mail(text: str) -> bool:
    """Whether the message chooses mail rather than the telephone: « plutôt par e-mail » corrects no address."""
    return _BY_MAIL.search(fold(text)) is not None and "@" not in text


def new_value(text: str, field: str | None = None) -> str:
    """What stands behind the words that announce a correction; the text itself when nothing does. A subject is a whole sentence."""
    subject = _SUBJECT.search(text) if field == "objet" else None
    parts = [subject.group(1)] if subject else _ANNOUNCES.split(text)
    values = [value for part in parts if (value := part.strip(" .,:;!"))]
    if field == "nom" and values:
        said = [_SPELLING.sub("", part).strip() for part in values[-1].split(",") if not _NOT_MEANT.match(part)]
        values = [max(filter(None, said), key=lambda part: len(part.split()), default=values[-1])]
    return values[-1] if values and not _WRONG.fullmatch(fold(values[-1])) else text
