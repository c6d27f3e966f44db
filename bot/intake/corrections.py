"""Tells which field a correction is about: « non, Ixelles », « mon nom s'écrit Dumont », « changez le téléphone ». Pure functions."""

from __future__ import annotations

import re

from bot.text import fold

_FIELDS = (
    ("email", re.compile(r"\b(e-?mails?|mels?|courriels?|adresse (mail|e-?mail|electronique))\b|@")),
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


def wants_change(text: str) -> bool:
    """Whether the message corrects something that was said before."""
    return _CHANGE.search(fold(text)) is not None


def field_named(text: str) -> str | None:
    """The field that the message names, if any."""
    folded = fold(text)
    return next((field for field, pattern in _FIELDS if pattern.search(folded)), None)


def new_value(text: str) -> str:
    """What stands behind the words that announce a correction; the text itself when none announces it."""
    parts = re.split(
        r"(?:,\s*)?\b(?:mais|plut[ôo]t|c['’]est|est|s['’][ée]crit|par|en|devient|:|non|pardon|en fait|oups)\b[\s,:]*",
        text,
        flags=re.IGNORECASE,
    )
    parts = [part.strip(" .,:;!") for part in parts if part and part.strip(" .,:;!")]
    return parts[-1] if parts else text
