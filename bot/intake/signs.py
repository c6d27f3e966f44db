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
_NO = re.compile(
    r"^(non|nan|no|nope|niet|pas du tout|surtout pas|jamais|je refuse|je n'accepte pas|je ne suis pas d'accord|pas d'accord"
    r"|ce n'est pas|c'est pas"
    r"|je ne (veux|souhaite) pas|faux|incorrect|inexact)\b"
)
_STOP = re.compile(
    r"\b(annul(e|er|ez|ons)|laisse[zr]? (tomber|cela|ca)|j'abandonne|abandonne[rz]?|stop|arretez?( tout)?$|je renonce|oublie[zr]?( ca"
    r"| tout)?$|plus la peine|"
    r"je ne veux plus|j'arrete|on arrete|finalement non|je change d'avis)\b"
)
_WHY = re.compile(
    r"\b(pourquoi (vous |tu |me |cette |ce |voulez|demand|faut)|a quoi (ca |cela )?(sert|servira)|c'est obligatoire"
    r"|est-ce obligatoire|dans quel but)"
)
_THANKS = re.compile(r"^(un grand |grand )?(merci|mrc|thanks|thx)\b")
_HELLO = re.compile(r"^(au fait,? )?(bonjour|bonsoir|bjr|salut|slt|hello|coucou|ca va|comment (ca va|allez))\b")
_WAIT = re.compile(
    r"^(je (ne )?sais pas|j'sais pas|aucune idee|euh+|hm+|bof|attend|un (instant|moment)|une (minute|seconde)|deux minutes|peut-etre"
    r"|je dois (verifier|demander))"
)
_SILENT = re.compile(
    r"(je prefere (ne pas|pas)|je ne (veux|souhaite|dirai|peux) (pas|rien)|(ca|cela) ne vous regarde pas|pas (a"
    r"|besoin de) (vous )?(le )?dire|confidentiel|"
    r"c'est prive|je refuse de|pas envie de|secret|vous n'avez pas a)"
)


def bare(text: str) -> str:
    """`text` folded, without signs at its ends."""
    return fold(text).strip(" .,!?;:…")


def says_yes(heard: Heard) -> bool:
    """A plain yes, with nothing behind it that would change something."""
    text = bare(heard.text)
    return (
        _YES.match(text) is not None
        and len(text.split()) <= 7
        and re.search(r"\b(mais|sauf|par contre|changez?|corrig|erreur)\b", text) is None
    )


def says_no(heard: Heard) -> bool:
    """A no, perhaps with more behind it."""
    return _NO.match(bare(heard.text)) is not None


def says_only_no(heard: Heard) -> bool:
    """A no and nothing that could be a correction."""
    return says_no(heard) and len(bare(heard.text).split()) <= 3


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
    return _SILENT.search(bare(heard.text)) is not None or (heard.intent == "formulaire/refus" and heard.whole.score > SURE)


def small_talk(heard: Heard) -> str:
    """The kind of a courtesy that answers nothing: merci, bonjour, attente; empty when it is none."""
    text = bare(heard.text)
    if not any(c.isalnum() for c in text):
        return "attente"
    for kind, pattern in (("merci", _THANKS), ("bonjour", _HELLO), ("attente", _WAIT)):
        if pattern.match(text) and len(text.split()) <= 8:
            return kind
    labels = {"bavardage/remercier": "merci", "bavardage/saluer": "bonjour", "hesiter": "attente"}
    return labels.get(heard.intent, "") if heard.whole.score > SURE + 0.2 else ""


def asks_something(heard: Heard) -> bool:
    """The message has the form of a question."""
    text = fold(heard.text).strip()
    return (
        text.endswith("?")
        or re.match(r"^(c'est quoi|qu'est|quel|quelle|combien|comment|pourquoi|ou |quand|qui |est-ce|y a-t-il|au fait)", text) is not None
    )
