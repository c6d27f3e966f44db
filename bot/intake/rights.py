"""What a person may ask about their own data: what is kept, and to have it erased. For this conversation at once, for a reference by code.

The effects come in through `records`. What belongs to another conversation is never quoted in this one, where erasing it
would leave a copy: it goes by mail to the address that it was given with. Nothing is erased there without the code that was
mailed to that address, and nobody learns from an answer whether a reference exists.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from bot.answers.model import Button, Context, Heard, Message
from bot.intake import signs
from bot.intake.model import CANCELLED, OFFER_ERASURE, Dossier, Turn
from bot.mails import say_date
from bot.records import TO_ERASE, TO_KNOW, KeptLead, Records
from bot.text import clean, fold
from bot.texts import Texts

_OBJECT = (
    r"(?:tou(?:t|te|tes|s)\b(?: (?:mes|les|ce|cela|ca))?|mes\b|mon (?:historique|dossier|adresse|e-?mail|mail|nom)|ma (?:demande"
    r"|conversation|fiche)"
    r"|cette (?:conversation|discussion|demande)|la (?:conversation|discussion|demande)|l'historique|ce (?:que|qu)|les (?:donnees"
    r"|messages|informations)"
    r"|donnees)"
)
_ERASES = re.compile(
    rf"\b(?:effac\w+|supprim\w+|detrui\w+|detruire)[- ](?:moi |bien |donc |svp |s'il vous plait |tout de suite |maintenant )*{_OBJECT}"
    r"|\b(?:effacement|suppression|destruction) (?:de |d')?(?:toutes )?(?:mes|ces|les)\b|\bdroit a l'(?:oubli|effacement)\b"
    r"|\boubliez?[- ]moi\b|^(?:oui\W+)?(?:effac|supprim)\w+(?:[- ](?:tout|les|le|moi ca|ca))?$"
    r"|\b(?:retire|reprends|revoque) (?:mon|notre) (?:consentement|accord|autorisation)\b|\bretir\w+ ma demande\b"
)
_NOT_ERASES = re.compile(
    r"\b(?:n'|ne )(?:effac|supprim)\w+ (?:pas|rien)|\b(?:donnees|fichiers?|photos?) (?:de|du|sur) (?:mon|ma"
    r"|le|la|l')\b"
)
_KNOWS = re.compile(
    r"\b(?:que|qu'est[- ]ce que|quoi|qu')\b.{0,20}\b(?:savez|sais|connais\w*|gardez|gardes|avez|as|conserv\w+|detenez|stock\w+)\b"
    r".{0,25}\b(?:de|sur) (?:moi|mon compte|ma personne)\b"
    r"|\b(?:sais|savez|connais\w*) quoi (?:de|sur) moi\b|\bquelles? (?:sont les )?(?:donnees|informations|infos)\b.{0,40}\b(?:sur"
    r"|de|a) (?:moi|mon sujet)\b"
    r"|\bquelles? (?:donnees|informations|infos) (?:personnelles )?(?:avez|gardez|conservez|detenez|possedez)[- ]vous\b"
    r"|\b(?:copie|extrait) (?:de|d') ?(?:toutes )?(?:mes|les) donnees\b|\b(?:montre[rz]?|voir|consulter|donnez"
    r"|envoyez)[- ](?:moi )?(?:toutes )?mes donnees\b"
    r"|\b(?:c'est|est[- ]ce(?: que c'est)?|tout est) (?:bien |deja |vraiment )?(?:efface|supprime)\b"
    r"|\bdroit d'acces\b|\bmes donnees personnelles \?|\bce que vous (?:savez|gardez|avez) (?:de|sur) moi\b"
)
_REFERENCE = re.compile(r"\bcic[- ]?(\d{4})[- ]?([a-z0-9]{6})\b")
_CODE = re.compile(r"^(?:(?:le |mon |voici (?:le |mon )?)?code(?: est| c'est|:)?\s*:?\s*)?(\d{3} ?\d{3})\W*$")


def reference_in(text: str) -> str | None:
    """The reference of a lead that a text names, as it is kept."""
    found = _REFERENCE.search(fold(text))
    return f"CIC-{found[1]}-{found[2].upper()}" if found else None


def asks_to_erase(text: str) -> bool:
    """« Effacez mes données », « je retire mon consentement »."""
    said = fold(clean(text)).strip(" .,!?;:")
    return _ERASES.search(said) is not None and _NOT_ERASES.search(said) is None


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
        erases = asks_to_erase(heard.text)
        if dossier.offered == OFFER_ERASURE and (erases or signs.says_yes(heard)):
            return self.erased(conversation, dossier, context)
        reference = reference_in(heard.text)
        if reference and reference not in {lead.reference for lead in self.records.leads_of(conversation)}:
            return self.elsewhere(conversation, heard, reference, dossier, context)
        if erases:
            return self.to_erase(conversation, heard, dossier, context)
        return self.told(conversation, dossier, context) if asks_to_know(heard.text) else None

    # --- this conversation -------------------------------------------------------------------------

    def to_erase(self, conversation: str, heard: Heard, dossier: Dossier, context: Context) -> Turn:
        """Erase at once where nothing but this conversation is lost; ask once more where a registered request is."""
        leads = self.records.leads_of(conversation)
        if not leads and not heard.text.rstrip().endswith("?"):
            return self.erased(conversation, dossier, context)
        key = "droits.confirmer_demande" if leads else "droits.confirmer"
        message = Message(self.texts(key, references=_listed(leads)), _buttons(self.texts, "effacer"))
        return Turn((message,), replace(_closed(dossier), offered=OFFER_ERASURE), context, CANCELLED if dossier.asks else None)

    def erased(self, conversation: str, dossier: Dossier, context: Context) -> Turn:
        """Promise the erasure, and tell what has already left."""
        leads = self.records.leads_of(conversation)
        self.records.erase(conversation)
        texts = [self.texts("droits.efface"), *(self.fate(lead) for lead in leads)]
        return Turn((Message("\n".join(texts)),), Dossier(), context, CANCELLED if dossier.asks else None)

    def fate(self, lead: KeptLead) -> str:
        """What becomes of a request that is erased: it will not leave, or has left and is asked back."""
        if not lead.has_left:
            return self.texts("droits.pas_partie", reference=lead.reference)
        sent = " ; ".join(f"{label} : {value}" for label, value in lead.fields)
        if lead.mailed_at is None:
            return self.texts("droits.peut_etre_partie", reference=lead.reference, envoye=sent)
        return self.texts("droits.partie", reference=lead.reference, date=say_date(lead.mailed_at), envoye=sent)

    def told(self, conversation: str, dossier: Dossier, context: Context) -> Turn:
        """All that is kept of this conversation."""
        kept = self.records.of(conversation)
        since = say_date(kept.since) if kept.since else ""
        key = "droits.garde" if kept.messages else "droits.garde_rien"
        lines = [self.texts(key, nombre=kept.messages, date=since, jours=self.retention_days)]
        lines += self.in_the_making(dossier)
        lines += [self.lead(lead) for lead in kept.leads]
        message = Message("\n".join([*lines, self.texts("droits.comment_effacer")]), _buttons(self.texts, "effacer"))
        return Turn((message,), dossier, context)

    def in_the_making(self, dossier: Dossier) -> list[str]:
        """What an open request holds so far, and what was said of oneself before."""
        labels = {name: self.texts(f"droits.champs.{name}") for name in ("nom", "fonction", "commune", "email", "telephone", "objet")}
        held = [f"{label} : {value}" for name, label in labels.items() if (value := dossier.value_of(name))]
        return [self.texts("droits.en_cours", valeurs=" ; ".join(held))] if held else []

    def lead(self, lead: KeptLead) -> str:
        """A registered request, with what was given and what became of it."""
        values = " ; ".join(f"{label} : {value}" for label, value in lead.fields)
        said = {"reference": lead.reference, "date": say_date(lead.created_at), "valeurs": values}
        return self.texts("droits.demande", **said, etat=self.texts(f"droits.etats.{lead.status}"))

    # --- another conversation ----------------------------------------------------------------------

    def elsewhere(self, conversation: str, heard: Heard, reference: str, dossier: Dossier, context: Context) -> Turn:
        """A reference of another conversation: what is wanted, then a code by mail. The same is said when there is no such lead."""
        purpose = TO_ERASE if asks_to_erase(heard.text) else TO_KNOW if asks_to_know(heard.text) or _wants_to_see(heard.text) else None
        if purpose is None:
            titles = [self.texts(f"droits.boutons.{name}", reference=reference) for name in (TO_KNOW, TO_ERASE)]
            message = Message(self.texts("droits.reference"), tuple(Button(title, title) for title in titles))
            return Turn((message,), replace(dossier, offered=""), context)
        self.records.send_code(reference, conversation, purpose)
        return Turn((Message(self.texts("droits.code_envoye", reference=reference)),), replace(dossier, offered=""), context)

    def redeemed(self, conversation: str, heard: Heard, dossier: Dossier, context: Context) -> Turn | None:
        """A code that was typed, in a conversation that asked for one."""
        typed = _CODE.match(fold(clean(heard.text)))
        if typed is None or dossier.asks == "telephone" or not self.records.awaits_code(conversation):
            return None
        found = self.records.redeem(conversation, typed[1].replace(" ", ""))
        if found is None:
            return Turn((Message(self.texts("droits.code_faux")),), dossier, context)
        if found.purpose == TO_KNOW:
            self.records.send_copy(found.lead.reference)
            return Turn((Message(self.texts("droits.copie", reference=found.lead.reference)),), dossier, context)
        self.records.erase(found.lead.conversation)
        reference = found.lead.reference
        fate = self.texts("droits.partie_ailleurs" if found.lead.has_left else "droits.pas_partie", reference=reference)
        return Turn((Message(f"{self.texts('droits.efface_ailleurs', reference=reference)}\n{fate}"),), dossier, context)


def _wants_to_see(text: str) -> bool:
    return re.search(r"\b(?:consulter|voir|montre\w*|donnees de la demande)\b", fold(text)) is not None


def _closed(dossier: Dossier) -> Dossier:
    """The dossier without its open request."""
    return Dossier(number=dossier.number, ended=CANCELLED, reference=dossier.reference) if dossier.asks else dossier


def _listed(leads: tuple[KeptLead, ...]) -> str:
    return ", ".join(lead.reference for lead in leads)


def _buttons(texts: Texts, *names: str) -> tuple[Button, ...]:
    titles = [texts(f"droits.boutons.{name}_tout") for name in names]
    return tuple(Button(title, title) for title in titles)
