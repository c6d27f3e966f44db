"""Tells which field a correction is about: « non, Ixelles », « mon nom s'écrit Dumont », « changez le téléphone ». Pure functions."""

from __future__ import annotations

import re

from bot.text import fold

_FIELDS = (
    ("email", re.compile(r"\b((e-?)?mails?|mels?|courriels?|adresse (mail|e-?mail|electronique))\b|@")),
    ("telephone", re.compile(r"\b(tel|telephone|gsm|portable|mobile|numero)\b|^\W*\d[\d ./()-]{7,}$")),
    ("fonction", re.compile(r"\b(fonctions?|titre|poste|mandat)\b")),
    ("commune", re.compile(r"\b(communes?|ville|municipalite)\b")),
    ("pays", re.compile(r"\bpays\b")),
    ("objet", re.compile(r"\b(objet|sujet|motif|but de ma demande)\b")),
    ("nom", re.compile(r"\b(nom|prenom|m'appelle|appelle)\b")),
)
_CHANGE = re.compile(
    r"\b(non|en fait|plutot|pardon|oups|desole\w*|erreur|tromp\w+|corrig\w+|chang\w+|modifi\w+|rectif\w+|remplac\w+"
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


def prefers_mail(text: str) -> bool:
    """Whether the message chooses mail rather than the telephone: « plutôt par e-mail » corrects no address."""
    return _BY_MAIL.search(fold(text)) is not None and "@" not in text


def new_value(text: str, field: str | None = None) -> str:
    """What stands behind the words that announce a correction; the text itself when nothing does. A subject is a whole sentence."""
    subject = _SUBJECT.search(text) if field == "objet" else None
    parts = [subject.group(1)] if subject else _ANNOUNCES.split(text)
    values = [value for part in parts if (value := part.strip(" .,:;!"))]
    return values[-1] if values and not _WRONG.fullmatch(fold(values[-1])) else text
