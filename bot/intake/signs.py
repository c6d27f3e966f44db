"""Reads the small signs of a conversation: yes, no, stop, thanks, why, a question, a refusal to say. Pure functions.

Words decide first; the classifier's intent helps only where it is sure.
"""

from __future__ import annotations

import re

from bot.answers.model import Heard
from bot.text import fold

SURE = -0.1
"""Margin from which an intent of the classifier counts as a sign."""

_YES = re.compile(
    r"^(oui|ui|wi|oue|ouais|ouep|ok|okay|okey|d'?accord|dac|yes|exact\w*|correct|parfait|tout a fait"
    r"|c'?est (bien )?(ca|exact|correct|bon|juste|oui)"
    r"|c bon|c ca|bien sur|volontiers|je confirme|j'accepte|je suis d'accord|entendu|affirmatif|vas-y|allez-y|absolument"
    r"|certainement)\b"
)
_YES_BUT = re.compile(
    r"[\d@]|\b(mais|sauf|par contre|changez?|corrig\w*|erreur|non|plutot|pas(?! de (souci|probleme))"
    r"|(mon|ma|le|la|l')( ?)(nom|prenom|numero|tel|telephone|gsm|adresse|e?-?mail|commune|fonction|objet))\b"
)
_NO = (
    r"(non|nan|no|nope|niet|pas du tout|surtout pas|jamais|je refuse|je n'accepte pas|(je ne suis )?pas d'accord"
    r"|(ce n'est|c'est|c'etait) pas (ca|exact|correct|bon|juste|bien)|je ne (veux|souhaite) pas|pas (exact|correct|bon|encore|maintenant)"
    r"|(c'est )?(faux|incorrect|inexact))"
)
_NO_ONLY = re.compile(rf"((finalement|desolee?)[\s,]+)?{_NO}\b([\s,.!;]*({_NO}|merci|desolee?|finalement)\b)*")
_STOP = re.compile(
    r"\b(annul(e|er|ez|ons)|laisse[zr]? (tomber|cela|ca)|j'abandonne|abandonne[rz]?|stop|arretez?( tout)?$|je renonce|oublie[zr]?( ca"
    r"| tout)?$|plus la peine|"
    r"je ne veux plus|j'arrete|on arrete|finalement non|je change d'avis)\b"
)
_WHY = re.compile(
    r"\b(pourquoi (vous |tu |me |voulez|demand|faut|(cette|ce) (question|demande|information|precision|champ|numero|nom|renseignement)\b)"
    r"|a quoi (ca |cela )?(sert|servira)|c'est obligatoire"
    r"|est-ce obligatoire|dans quel but)|^(desolee?,? )?(je (ne )?comprends pas|(je n'|j')ai pas compris)"
)
_THANKS = r"(un |mille )?(grand |tres grand )?(merci|mercis|mrc|thanks|thx)"
_HELLO = r"(re-?)?(bonjour|bonsoir|bjr|salut|slt|hello|coucou)|ca va( bien)?|comment (ca va|allez[- ]vous|vas[- ]tu)|vous allez bien"
_POLITE = (
    r"au fait|et|tres|bien|beaucoup|bcp|infiniment|encore|deja|d'avance|(a |et )?vous|a tous|tout le monde|madame|monsieur"
    r"|(c'est |trop |bien )(gentil|aimable|sympa|note)"
    r"|(pour|de) (votre|vos|la|l'|les|le|cette|ces|tout|ta|ton)( ?)\w*|bonne (journee|soiree)|svp|s'il vous plait"
)
_STARTS_POLITELY = re.compile(rf"({_THANKS}|{_HELLO})\b")
_ONLY_POLITE = re.compile(rf"(({_THANKS}|{_HELLO}|{_POLITE})\b[\s,.!?;:]*)+")
_WAIT = re.compile(
    r"^(je (ne )?sais pas|j'sais pas|aucune idee|euh+|hm+|bof|attend|un (instant|moment)|une (minute|seconde)|deux minutes|peut-etre"
    r"|je dois (verifier|demander))"
)
_LONGEST_COURTESY, _LONGEST_WAIT, _LONGEST_SILENCE = 12, 8, 9
"""Words of a message that may be a courtesy, a hesitation, or a refusal to say; a longer one says something else as well."""
_SILENT = re.compile(
    r"(je prefere (ne pas|pas)|je ne (veux|souhaite|dirai|peux) (pas|rien)|(ca|cela) ne vous regarde pas|pas (a"
    r"|besoin de) (vous )?(le )?dire|confidentiel|"
    r"c'est prive|je refuse de|pas envie de|\bsecret\b|vous n'avez pas a)"
)


def bare(text: str) -> str:
    """`text` folded, without signs at its ends."""
    return fold(text).strip(" .,!?;:…")


def says_yes(heard: Heard) -> bool:
    """A plain yes, with nothing behind it that would change something."""
    text = bare(heard.text)
    return _YES.match(text) is not None and len(text.split()) <= 7 and _YES_BUT.search(text) is None


def says_only_no(heard: Heard) -> bool:
    """A no and nothing that could be a correction."""
    return _NO_ONLY.fullmatch(bare(heard.text)) is not None


def says_stop(heard: Heard) -> bool:
    """The person gives up the request."""
    text = bare(heard.text)
    if text.startswith(("n'annul", "ne pas annul", "pas annul")):
        return False
    return (_STOP.search(text) is not None and len(text.split()) <= 12) or (heard.intent == "annuler" and heard.whole.score > SURE)


def asks_why(heard: Heard) -> bool:
    """« Pourquoi vous me demandez ça ? »"""
    return _WHY.search(bare(heard.text)) is not None or (heard.intent == "formulaire/pourquoi" and heard.whole.score > SURE)


def will_not_say(heard: Heard) -> bool:
    """« Je préfère ne pas le dire. »"""
    text = bare(heard.text)
    said = _SILENT.search(text) is not None and len(text.split()) <= _LONGEST_SILENCE
    return said or (heard.intent == "formulaire/refus" and heard.whole.score > SURE)


def alarms(heard: Heard) -> bool:
    """Somebody is in distress, or threatens."""
    return heard.intent in {"hors_sujet/detresse", "hors_sujet/menace"} and heard.whole.score > SURE


def insults(heard: Heard) -> bool:
    """Plain abuse, which is nobody's name."""
    return heard.intent == "bavardage/insulte" and heard.whole.score > SURE


def small_talk(heard: Heard) -> str:
    """The kind of a courtesy that answers nothing: merci, bonjour, attente; empty when it is none."""
    text = bare(heard.text)
    if not any(c.isalnum() for c in text):
        return "attente"
    words = len(text.split())
    if words <= _LONGEST_COURTESY and _STARTS_POLITELY.search(text) and _ONLY_POLITE.fullmatch(text):
        return "merci" if re.search(rf"\b({_THANKS})\b", text) else "bonjour"
    if words <= _LONGEST_WAIT and _WAIT.match(text):
        return "attente"
    if _STARTS_POLITELY.match(text):
        return ""  # there is more in it than a courtesy
    labels = {"bavardage/remercier": "merci", "bavardage/saluer": "bonjour", "hesiter": "attente"}
    return labels.get(heard.intent, "") if heard.whole.score > SURE + 0.2 else ""


def asks_something(heard: Heard) -> bool:
    """The message has the form of a question."""
    text = fold(heard.text).strip()
    return (
        text.endswith("?")
        or re.match(r"^(c'est quoi|qu'est|quel|quelle|combien|comment|pourquoi|ou |quand|qui |est-ce|y a-t-il|au fait)", text) is not None
    )
