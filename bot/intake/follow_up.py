"""What somebody asks about a request that they have already made here: is it gone, what was the reference, change it. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.answers.model import Button, Context, Heard, Message
from bot.intake.assent import bare
from bot.intake.corrections import field_named
from bot.intake.model import OFFER_CORRECTION, Dossier, Turn
from bot.mails import say_date
from bot.records import KeptLead
from bot.texts import Texts

_GONE = r"(?:envoy|transmi|recu|relay|enregistr|expedi)\w*"
_REPLY = r"(?:reponse|nouvelles?|copie|courriel|e-?mail|mail|confirmation|message|accuse|retour|appel|coup de fil)"
_ADVERBS = r"(?:bien |deja |vraiment |enfin |finalement )*"
_FATE = re.compile(
    rf"\b(?:c'?est|est[- ]ce(?: que c'est)?|elle est|est[- ]elle|c) {_ADVERBS}(?:parti\w*|passee?|{_GONE})\b"
    r"|\b(?:ma|notre|mes|mon) (?:demandes?|reference|requetes?|dossiers?)\b|\bla (?:demande|requete)\b(?! (?:de|des|du)\b)"
    r"|\bnumero de (?:reference|dossier|demande|suivi)\b|\bma ref\b"
    r"|\b(?:la|une?) ref(?:erence)?(?= (?:deja|svp|stp|s'il|encore|a nouveau|de (?:ma|mon))\b|$)"
    r"|\bou en (?:etes[- ]vous|es[- ]tu|est[- ]on|suis[- ]je|sommes[- ]nous)\b(?! (?:avec|dans|au|pour) (?!ma\b|mon\b|notre\b))"
    r"|\bou en (?:est|sont) (?:la demande|le dossier|l'envoi|le traitement)\b|\ben (?:est|etes|es|sommes|suis)(?:[- ]\w+)? ou$"
    rf"|\b(?:(?:avez|as|a)[- ](?:t[- ])?(?:vous|tu|on)|(?:vous|tu|on) (?:me |nous )?(?:l'|les? |la )?(?:avez|as|a)) {_ADVERBS}{_GONE}"
    r"(?=$| (?:ma|mon|notre|mes|ca|cela|la demande|le (?:mail|courriel|dossier|message))\b)"
    r"|\bquand (?:vais[- ]je|est[- ]ce qu[' \w]{0,4}|aurai[- ]je|serai[- ]je|va[- ]t[- ]on|on me|recevr\w+|me)\b.{0,30}\b(?:repon|contact"
    r"|rappel|nouvelle|reponse)"
    r"|\b(?:me|nous) (?:repon|contact|recontact|rappel)\w+ quand\b|\bdelai de reponse\b"
    rf"|\b(?:toujours|encore) (?:pas|rien|aucune?|sans)(?: eu| recu)?(?: de| d')? ?(?:{_REPLY}\b|$)"
    rf"|\bai (?:toujours |encore )?(?:pas|rien|jamais)(?: encore| toujours)? (?:recu|eu)"
    rf"(?:$| (?:(?:de|la|le|ma|mon|votre|une?) |d')?{_REPLY}\b)"
    rf"|\bai (?:toujours |encore )?(?:recu|eu) aucune? {_REPLY}\b"
    r"|\b(?:ne m'a|m'a (?:toujours )?(?:pas|jamais))(?: \w+){0,2} (?:repondu|contacte|recontacte|rappele)\b"
    r"|\breference (?:deja|svp|encore)\b|\b(?:redonn|rappel|repet|redi)\w*[- ]moi.{0,25}\breference\b"
)
_DONE = re.compile(rf"\b(?:c'?est|est[- ]ce(?: que c'est)?|c) {_ADVERBS}(?:bon|fait|en ordre)$")
"""Asks for the state only with a question mark: without it, all is well."""
_WHEN = re.compile(r"\b(?:quand|delai|combien de temps)\b")
_GIVEN = r"(?:numero|telephone|tel|gsm|portable|adresse|e-?mail|mail|courriel|nom|prenom|fonction|commune|objet|demande)"
_CHANGE = re.compile(
    r"\b(?:modifi|chang|corrig|complet|ajout|rectif|mettre a jour|actualis)\w*\b.{0,25}\b(?:ma|la|cette|a ma|notre) demande\b"
    r"|\b(?:une|d'une) erreur (?:dans|sur) (?:mon|ma|la|le)\b"
    rf"|\bje me suis trompee?s?(?:$|[,.;!]| (?:de|d'|dans|sur|pour) ?(?:mon |ma |le |la |l')?{_GIVEN}\b)"
    rf"|\b(?:modifi|chang|corrig|rectif|actualis|remplac|mettre a jour|mettez a jour)\w*[- ](?:mon|ma) {_GIVEN}\b"
    rf"|\b(?:mon|ma) {_GIVEN} (?:a change|n'est (?:plus|pas)|est (?:faux|fausse|incorrecte?))\b"
)
_QUESTION_ON_PROGRAMME = re.compile(
    r"\b(?:introduire|faire|deposer|soumettre|transmettre|envoyer) (?:une|ma|notre"
    r"|la) (?:nouvelle |autre |seconde |deuxieme )?demande\b"
)


def asks_about_request(text: str) -> bool:
    """Whether a message may be about a request already made; to be asked only of who has made one."""
    said = bare(text)
    fate = _FATE.search(said) or (_DONE.search(said) if text.rstrip().endswith("?") else None)
    return (fate or _CHANGE.search(said)) is not None and _QUESTION_ON_PROGRAMME.search(said) is None


@dataclass(frozen=True)
class FollowUp:
    """Tells what became of the requests of a conversation."""

    texts: Texts

    def take(self, heard: Heard, leads: Sequence[KeptLead], dossier: Dossier, context: Context, reply_by: str) -> Turn:
        """The state of each request, or how to change one. `reply_by` says until when an answer is promised, if it is."""
        if _CHANGE.search(bare(heard.text)):
            button = Button.saying(self.texts("demande.bouton"))
            message = Message(self.texts("demande.plus_modifiable", reference=leads[-1].reference), (button,))
            field = field_named(heard.text)
            offered = f"{OFFER_CORRECTION}:{field}" if field else OFFER_CORRECTION
            return Turn((message,), replace(dossier, offered=offered), context)
        lines = [self.state(lead) for lead in leads]
        if _WHEN.search(bare(heard.text)):
            reply_by = reply_by or self.texts("demande.deroulement.delai")
        return Turn((Message("\n".join([*lines, reply_by] if reply_by else lines)),), dossier, context)

    def state(self, lead: KeptLead) -> str:
        """One request with its state, in the truth."""
        date = say_date(lead.mailed_at) if lead.mailed_at else ""
        return self.texts(f"demande.etats.{lead.status}", reference=lead.reference, date=date)
