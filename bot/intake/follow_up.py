"""What somebody asks about a request that they have already made here: is it gone, what was the reference, change it. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.answers.model import Button, Context, Heard, Message
from bot.intake.assent import bare
from bot.intake.model import OFFER_REQUEST, Dossier, Turn
from bot.mails import say_date
from bot.records import KeptLead
from bot.texts import Texts

_FATE = re.compile(
    r"\b(?:c'?est|est[- ]ce|elle est|est[- ]elle|c) (?:bien |deja |que c'est |que c'est bien |vraiment )*(?:parti\w*|envoy\w*"
    r"|transmis\w*|enregistr\w*|passee?|bon|fait|recu\w*)\b"
    r"|\b(?:ma|notre|la|mes) (?:demande|reference|requete|dossier)\b|\bnumero de (?:reference|dossier|demande|suivi)\b|\b(?:la|ma"
    r"|une?) ref\b"
    r"|\bou en (?:est|sont|suis)\b|\b(?:avez|as)[- ](?:vous|tu) (?:bien |deja )*(?:envoy|transmis|recu|relay|enregistr)\w*"
    r"|\bquand (?:vais[- ]je|est[- ]ce qu[' \w]{0,4}|aurai[- ]je|serai[- ]je|va[- ]t[- ]on|on me|recevr\w+|me)\b.{0,30}\b(?:repon|contact"
    r"|rappel|nouvelle|reponse)"
    r"|\bdelai de reponse\b|\breference (?:deja|svp|encore)\b|\b(?:redonn|rappel|repet|redi)\w*[- ]moi.{0,25}\breference\b"
)
_WHEN = re.compile(r"\b(?:quand|delai|combien de temps)\b")
_CHANGE = re.compile(
    r"\b(?:modifi|chang|corrig|complet|ajout|rectif|mettre a jour|actualis)\w*\b.{0,25}\b(?:ma|la|cette|a ma|notre) demande\b"
    r"|\b(?:une|d'une) erreur (?:dans|sur) (?:mon|ma|la|le)\b|\bje me suis trompe\w*\b"
)
_QUESTION_ON_PROGRAMME = re.compile(
    r"\b(?:introduire|faire|deposer|soumettre|transmettre|envoyer) (?:une|ma|notre"
    r"|la) (?:nouvelle |autre |seconde |deuxieme )?demande\b"
)


def asks_about_request(text: str) -> bool:
    """Whether a message may be about a request already made; to be asked only of who has made one."""
    said = bare(text)
    return (_FATE.search(said) or _CHANGE.search(said)) is not None and _QUESTION_ON_PROGRAMME.search(said) is None


@dataclass(frozen=True)
class FollowUp:
    """Tells what became of the requests of a conversation."""

    texts: Texts

    def take(self, heard: Heard, leads: Sequence[KeptLead], dossier: Dossier, context: Context, reply_by: str) -> Turn:
        """The state of each request, or how to change one. `reply_by` says until when an answer is promised, if it is."""
        if _CHANGE.search(bare(heard.text)):
            button = Button(self.texts("demande.bouton"), self.texts("demande.bouton"))
            message = Message(self.texts("demande.plus_modifiable", reference=leads[-1].reference), (button,))
            return Turn((message,), replace(dossier, offered=OFFER_REQUEST), context)
        lines = [self.state(lead) for lead in leads]
        if _WHEN.search(bare(heard.text)):
            reply_by = reply_by or self.texts("demande.deroulement.delai")
        return Turn((Message("\n".join([*lines, reply_by] if reply_by else lines)),), dossier, context)

    def state(self, lead: KeptLead) -> str:
        """One request with its state, in the truth."""
        date = say_date(lead.mailed_at) if lead.mailed_at else ""
        return self.texts(f"demande.etats.{lead.status}", reference=lead.reference, date=date)
