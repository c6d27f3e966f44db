"""What a person may ask about their own data: what is kept, and to have it erased. For this conversation at once, for a reference by code.

The effects come in through `records`. What belongs to another conversation is never quoted in this one, where erasing it
would leave a copy: it goes by mail to the address that it was given with. Nothing is erased there without the code that was
mailed to that address, and nobody learns from an answer whether a reference exists.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from bot.answers.model import Button, Context, Heard, Message
from bot.intake import signs
from bot.intake.model import CANCELLED, OFFER_ERASURE, Dossier, Turn
from bot.mails import say_date
from bot.records import TO_ERASE, TO_KNOW, KeptLead, Records
from bot.text import NBSP, NNBSP, clean, fold
from bot.texts import Texts

AWAITS_CODE = "code"
"""What is offered in an open request where a code was asked for, whether or not the reference exists."""
_VERB = r"(?:eff?ac|supp?rim|detrui|enlev|retir)\w*"
_DATA = r"(?:donnees?|infos?|informations?|coordonnees?|messages?|reponses?|demandes?\b(?! d[eu'])|conversations?|echanges?|traces?)"
_OWN = (
    rf"(?:(?:toutes |tous |l'ensemble de |l'integralite de )?(?:mes|nos) (?:propres )?{_DATA}(?: personnelles)?"
    r"(?: de (?:vos|votre) (?:bases?|fichiers?|systemes?))?"
    r"|(?:toutes )?les (?:donnees|informations|infos) (?:me concernant|sur moi)"
    r"|(?:ma|notre|cette|la) (?:conversation|discussion|fiche|(?:demande|requete)(?! d[eu'])(?: de contact)?)"
    r"|mon (?:historique|dossier|compte|profil)|l'historique|(?:tout )?ce que (?:vous|tu) \w+ (?:de|sur) moi)"
)
"""What is plainly one's own."""
_ANY = (
    r"(?:tout(?: ca| cela)?$|(?:toutes )?(?:les |ces )?(?:donnees|messages|informations)\b"
    r"(?! (?:de|du|des|sur) (?!cic\b|moi\b|ma\b|cette\b)))"
)
"""What is one's own when somebody tells the assistant to erase it, and not when something is told of others."""
_SOFTLY = r"(?:[- ](?:moi|nous|bien|donc|svp|s'il vous plait|tout de suite|maintenant|immediatement))*[- ]"
_POLITE = (
    r"(?:(?:oui|ok|stop|annulez?(?: tout)?|bonjour|bonsoir|madame|monsieur|alors|donc|et|svp|stp"
    r"|s'il (?:vous|te) plait|merci|d'avance|maintenant"
    r"|tout de suite|immediatement|definitivement)\b[\s,.!;:]*)*"
)
_WISH = (
    r"(?:(?:je |j'|nous )(?:(?:veux|voudrais|souhaite|souhaiterais|aimerais|demande|exige|vous prie|vous demande"
    r"|voulons|souhaitons)"
    r"(?: que (?:vous|tu)| d[e'])? ?)|(?:veuillez|merci d[e']|il faut|pri?ere d[e'])(?: bien)? ?"
    r"|(?:est[- ]ce que )?(?:pouvez|pourriez|peux|pourrais|voulez)[- ](?:vous|tu) (?:bien )?|(?:vous pouvez|tu peux|vous pourriez) )?"
)
_PLAIN = re.compile(
    rf"{_POLITE}(?:{_WISH}{_VERB}{_SOFTLY}{_OWN}|{_WISH}(?:l'effacement|(?:la )?suppression) de {_OWN}"
    r"|je (?:retire|reprends|revoque) (?:mon (?:consentement|accord|autorisation)|ma demande)"
    rf"|oubliez?[- ]moi|droit a l'(?:oubli|effacement))\W*{_POLITE}"
)
"""A sentence that is nothing but such a wish."""
_ALL = re.compile(r",? \b(?:toutes|en totalite|completement|entierement|definitivement|et tout le reste)\b,?")
_ERASES = re.compile(
    rf"\b{_VERB}{_SOFTLY}{_OWN}|\b{_VERB}{_SOFTLY}(?:tout )?ce que (?:vous|tu|j'ai|je vous ai)\b"
    rf"|^{_POLITE}{_WISH}{_VERB}{_SOFTLY}{_ANY}|^{_POLITE}{_WISH}tout (?:effacer|supprimer)\b"
    r"|\b(?:effacement|suppression|destruction) (?:de |d')?(?:toutes )?(?:mes|ces)\b|\bdroit a l'(?:oubli|effacement)\b"
    rf"|\boubliez?[- ]moi\b|\b{_VERB}[- ]moi (?:de|du|des)\b|^{_POLITE}(?:effac|supprim)\w+(?:[- ](?:tout|les|le|moi|moi ca|ca))?$"
    r"|\b(?:retire|reprends|revoque) (?:mon|notre) (?:consentement|accord|autorisation)\b"
    rf"|\bmes {_DATA} (?:\w+ )?(?:soient|doivent etre) (?:\w+ )?(?:effac|supprim|detrui)\w+"
    rf"|\b(?:veux|souhaite|voudrais) (?:pas|plus) que (?:vous|tu|on) (?:gard|conserv|stock|enregistr)\w+ (?:mes {_DATA}|tout|rien)\b"
    rf"|\bne (?:gard|conserv|stock)\w+ (?:pas|plus|rien)\b.{{0,12}}\b(?:mes {_DATA}|de moi|sur moi)\b"
)
_ERASES_FIELD = re.compile(rf"{_POLITE}{_WISH}{_VERB}{_SOFTLY}mon (?:adresse(?: e-?mail| mail)?|e-?mail|mail|nom)\W*{_POLITE}")
"""A wish outside a request; inside one, that one answer is to be changed."""
_NOT_ERASES = re.compile(
    r"\b(?:n'|ne )(?:eff?ac|supp?rim|enlev|retir)\w+ (?:pas|rien)\b"
    r"|\b(?:pas|jamais|sans|avant d[e']) ?(?:\w+ ){0,2}(?:\w')?(?:eff?ac|supp?rim|enlev|retir)\w+"
    r"|\bsi (?:vous |je |j'|on |tu )(?:eff?ac|supp?rim)\w+"
    r"|\b(?:quand|combien|delai|pourquoi|au bout de|duree|automatiquement)\b"
    r"|\b(?:a|as|avez|ont|est|es|sont|sera|seront|etait)(?:[- ](?:elles?|ils?|vous|tu|t-il))?(?: \w+)? (?:eff?ace|supp?rime)e?s?\b"
    r"|\b(?:donnees|fichiers?|photos?) (?:de|du|sur) (?:mon|ma|le|la|l')\b(?! ?(?:demande|conversation|dossier))"
)
_TELLS_OF_ERASING = re.compile(
    r"\b(?:vous|tu|on) (?:(?:les?|la|me) )?(?:eff?ace[sz]?|supp?rime[sz]?|detrui(?:sez|[st]))\b"
    r"|\b(?:eff?ace|supp?rime)[sz]?[- ](?:vous|tu)\b"
)
"""« Vous effacez mes données ? » asks; « pouvez-vous … ? » and « que vous effaciez » wish."""
_ABOUT_ERASING = re.compile(rf"\b{_VERB}{_SOFTLY}{_OWN}|\b(?:mes|nos) {_DATA}\b.{{0,25}}\b(?:eff?ac|supp?rim)\w+")
_ME = r"(?:(?:de|sur) (?:moi|mon compte|ma personne)|a mon sujet|me concernant)"
_HOLDS = r"(?:savez|sais|connais\w*|gardez|gardes|avez|as|conserv\w+|detenez|stock\w+)"
_KNOWS = re.compile(
    rf"\b(?:que|qu'est[- ]ce que|quoi|qu')\b.{{0,20}}\b{_HOLDS}\b.{{0,25}}\b{_ME}\b|\b{_HOLDS} quoi\b.{{0,20}}\b{_ME}\b"
    rf"|\b(?:qu|k)el(?:le)?s? (?:sont les )?(?:donnees?|informations?|infos?)\b.{{0,40}}\b{_ME}\b"
    r"|\bquelles? (?:donnees|informations|infos) (?:personnelles )?(?:avez|gardez|conservez|detenez|possedez)[- ]vous\b"
    r"|\b(?:copie|extrait) (?:de|d') ?(?:toutes )?(?:mes|les) donnees\b|\b(?:montre[rz]?|voir|consulter|donnez"
    r"|envoyez)[- ](?:moi )?(?:toutes )?mes donnees\b|\bacces a (?:toutes )?mes (?:donnees|informations|infos)\b"
    r"|\b(?:c'est|est[- ]ce(?: que c'est)?|tout est) (?:bien |deja |vraiment )?(?:efface|supprime)\b"
    r"|\bmes donnees sont(?:[- ]elles)? (?:bien |deja |toutes )*(?:effac|supprim)\w+"
    r"|\bdroit d'acces\b|\bmes donnees personnelles \?|\bce que vous (?:savez|gardez|avez) (?:de|sur) moi\b"
)
_REFERENCE = re.compile(r"\bcic[- ]?(\d{4})[- ]?([2-9a-hjkmnp-tv-z]{6})\b")
"""Of the letters that bot.routing makes references of."""
_CODE = re.compile(r"^(?:(?:c'est |(?:le |mon |voici (?:le |mon )?)?code(?: est| c'est|:)?)\s*:?\s*)?(\d{3} ?\d{3})\W*$")


def reference_in(text: str) -> str | None:
    """The reference of a lead that a text names, as it is kept."""
    found = _REFERENCE.search(fold(text))
    return f"CIC-{found[1]}-{found[2].upper()}" if found else None


def asks_to_erase(text: str) -> bool:
    """« Effacez mes données », « je retire mon consentement ». A question about erasing is none."""
    said = _bare(text)
    if _NOT_ERASES.search(said) or ("?" in text and _TELLS_OF_ERASING.search(said)):
        return False
    return _ERASES.search(said) is not None or _ERASES_FIELD.fullmatch(said) is not None


def asks_about_erasing(text: str) -> bool:
    """« Vous supprimez mes données après combien de temps ? »"""
    return "?" in text and _ABOUT_ERASING.search(_bare(text)) is not None and not asks_to_erase(text)


def asks_to_know(text: str) -> bool:
    """« Que savez-vous de moi ? »"""
    return _KNOWS.search(fold(clean(text))) is not None


@dataclass(frozen=True)
class Rights:
    """Answers requests about a person's own data."""

    records: Records
    texts: Texts
    retention_days: int

    def take(self, conversation: str, heard: Heard, dossier: Dossier, context: Context) -> Turn | None:
        """What a message about the person's own data leads to; None when it is about something else."""
        if redeemed := self.redeemed(conversation, heard, dossier, context):
            return redeemed
        erases = asks_to_erase(heard.text) and not (dossier.asks and _ERASES_FIELD.fullmatch(_bare(heard.text)))
        if dossier.offered == OFFER_ERASURE and (erases or signs.says_yes(heard)):
            return self.erased(conversation, dossier, context)
        declines = dossier.offered == OFFER_ERASURE and dossier.asks is not None and signs.says_only_no(heard)
        dossier = replace(dossier, offered="")
        if declines:
            return Turn((), dossier, context)
        reference = reference_in(heard.text)
        if reference and reference not in {lead.reference for lead in self.records.leads_of(conversation)}:
            return self.elsewhere(conversation, heard, reference, dossier, context)
        if erases:
            return self.to_erase(conversation, heard, dossier, context)
        knows = asks_to_know(heard.text) or (reference is not None and _wants_to_see(heard.text))
        return self.told(conversation, dossier, context) if knows else None

    # --- this conversation -------------------------------------------------------------------------

    def to_erase(self, conversation: str, heard: Heard, dossier: Dossier, context: Context) -> Turn:
        """Erase at once where nothing but this conversation is lost; ask once more where a registered request is.

        In an open request, what is not plainly such a wish may be meant for the contact person: it is asked, and the request waits.
        """
        leads = self.records.leads_of(conversation)
        plain = not heard.text.rstrip().endswith("?") and (dossier.asks is None or _plain(heard.text))
        if plain and not leads:
            return self.erased(conversation, dossier, context)
        key = "droits.confirmer_demande" if leads else "droits.confirmer"
        message = Message(self.texts(key, references=_listed(leads)), (Button.saying(self.texts("droits.boutons.effacer_tout")),))
        ends = plain and dossier.asks is not None
        asked = replace(_closed(dossier) if ends else dossier, offered=OFFER_ERASURE)
        return Turn((message,), asked, context, CANCELLED if ends else None)

    def erased(self, conversation: str, dossier: Dossier, context: Context) -> Turn:
        """Promise the erasure, and tell what has already left."""
        leads = self.records.leads_of(conversation)
        self.records.erase(conversation)
        texts = [self.texts("droits.efface"), *(self.fate(lead) for lead in leads)]
        return Turn((Message("\n".join(texts)),), Dossier(), context, CANCELLED if dossier.asks else None, erases=True)

    def fate(self, lead: KeptLead) -> str:
        """What becomes of a request that is erased: it will not leave, or has left and is asked back."""
        if not lead.has_left:
            return self.texts("droits.pas_partie", reference=lead.reference)
        sent = _told(lead.fields)
        if lead.mailed_at is None:
            return self.texts("droits.peut_etre_partie", reference=lead.reference, envoye=sent)
        return self.texts("droits.partie", reference=lead.reference, date=say_date(lead.mailed_at), envoye=sent)

    def told(self, conversation: str, dossier: Dossier, context: Context) -> Turn:
        """All that is kept of this conversation."""
        kept = self.records.of(conversation)
        since = say_date(kept.since) if kept.since else ""
        key = "droits.garde" if kept.messages else "droits.garde_rien"
        lines = [self.texts(key, nombre=kept.messages, date=since, jours=self.retention_days)]
        lines += [self.texts("droits.garde_compte", jours=self.retention_days)] if kept.account else []
        lines += self.in_the_making(dossier)
        lines += [self.lead(lead) for lead in kept.leads]
        buttons = () if dossier.asks else (Button.saying(self.texts("droits.boutons.effacer_tout")),)
        message = Message("\n".join([*lines, self.texts("droits.comment_effacer")]), buttons)
        return Turn((message,), dossier, context)

    def in_the_making(self, dossier: Dossier) -> list[str]:
        """What an open request holds so far, and what was said of oneself before."""
        labels = {name: self.texts(f"droits.champs.{name}") for name in ("nom", "fonction", "commune", "email", "telephone", "objet")}
        held = [(label, value) for name, label in labels.items() if (value := dossier.value_of(name))]
        return [self.texts("droits.en_cours", valeurs=_told(held))] if held else []

    def lead(self, lead: KeptLead) -> str:
        """A registered request, with what was given and what became of it."""
        said = {"reference": lead.reference, "date": say_date(lead.created_at), "valeurs": _told(lead.fields)}
        return self.texts("droits.demande", **said, etat=self.texts(f"droits.etats.{lead.status}"))

    # --- another conversation ----------------------------------------------------------------------

    def elsewhere(self, conversation: str, heard: Heard, reference: str, dossier: Dossier, context: Context) -> Turn:
        """A reference of another conversation: what is wanted, then a code by mail. The same is said when there is no such lead."""
        purpose = TO_ERASE if asks_to_erase(heard.text) else TO_KNOW if asks_to_know(heard.text) or _wants_to_see(heard.text) else None
        if purpose is None:
            titles = [self.texts(f"droits.boutons.{name}", reference=reference) for name in (TO_KNOW, TO_ERASE)]
            message = Message(self.texts("droits.reference"), tuple(Button.saying(title) for title in titles))
            return Turn((message,), dossier, context)
        self.records.send_code(reference, conversation, purpose, heard.message_id)
        awaiting = replace(dossier, offered=AWAITS_CODE if dossier.asks else "")
        return Turn((Message(self.texts("droits.code_envoye", reference=reference)),), awaiting, context)

    def redeemed(self, conversation: str, heard: Heard, dossier: Dossier, context: Context) -> Turn | None:
        """A code that was typed. Where none was sent it is wrong like any other: an answer tells nobody that a reference exists.

        A number in an open request where no code was asked for is left to the request, unless it is a good code.
        """
        typed = _CODE.match(fold(clean(heard.text)))
        if typed is None or dossier.asks == "telephone":
            return None
        found = self.records.redeem(conversation, typed[1].replace(" ", ""), heard.message_id)
        awaited = dossier.offered == AWAITS_CODE
        if found is None:
            if dossier.asks and not awaited:
                return None
            return Turn((Message(self.texts("droits.code_faux")),), replace(dossier, offered=AWAITS_CODE if awaited else ""), context)
        dossier = replace(dossier, offered="")
        if found.purpose == TO_KNOW:
            self.records.send_copy(found.lead.reference, found.ident)
            return Turn((Message(self.texts("droits.copie", reference=found.lead.reference)),), dossier, context)
        self.records.erase(found.lead.conversation)
        reference = found.lead.reference
        fate = self.texts("droits.partie_ailleurs" if found.lead.has_left else "droits.pas_partie", reference=reference)
        message = Message(f"{self.texts('droits.efface_ailleurs', reference=reference)}\n{fate}")
        return Turn((message,), dossier, context, erases=found.lead.conversation == conversation)


def _plain(text: str) -> bool:
    """Whether one of the sentences is nothing but the wish: « Effacez mes données, toutes. Je ne veux plus continuer. »"""
    sentences = re.split(r"[.!;]+\s+", _ALL.sub("", _bare(text)))
    return any(_PLAIN.fullmatch(sentence.strip(" .,!?;:")) for sentence in sentences)


def _bare(text: str) -> str:
    return fold(clean(text)).strip(" .,!?;:")


def _told(fields: Iterable[tuple[str, str]]) -> str:
    """Labels and values as one sentence, which ends once whatever the last value ends with."""
    told = f"{NNBSP}; ".join(f"{label}{NBSP}: {value}" for label, value in fields)
    return told if told.endswith((".", "!", "?", "…")) else f"{told}."


def _wants_to_see(text: str) -> bool:
    return re.search(r"\b(?:consulter|voir|montre\w*|donnees de la demande)\b", fold(text)) is not None


def _closed(dossier: Dossier) -> Dossier:
    """The dossier without its open request."""
    return Dossier(number=dossier.number, ended=CANCELLED, reference=dossier.reference) if dossier.asks else dossier


def _listed(leads: tuple[KeptLead, ...]) -> str:
    return ", ".join(lead.reference for lead in leads)
