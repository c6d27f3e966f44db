"""Picks contact details out of any message, whatever was asked: what is given in a free order is not asked again. Pure functions."""

from __future__ import annotations

import re
from dataclasses import replace

from bot.intake.addresses import find_email, looks_wrong, without_email, without_emails
from bot.intake.fields import read_subject
from bot.intake.model import Dossier
from bot.intake.subjects import without_introduction
from bot.intake.telephones import find_phone, without_phones
from bot.text import fold

_NUMBER = r"(?:tel|telephone|gsm|portable|fixe|numero)"
_REMOVES = re.compile(
    rf"\b(?:retir\w*|enlev\w*|supprim\w*|effac\w*|otez?|virez?|annul\w*)\b(?:(?!\b(?:mais|par|met\w*|ajout\w*|gard\w*|ancien\w*)\b)"
    rf"[^.;!?@\d]){{0,25}}\b{_NUMBER}\b"
    r"|\b(?:sans|(?<!\best )(?:pas|plus)(?! par\b)|pas par|pas(?= (?:besoin|necessaire|utile|obligatoire))|ni(?: par)?"
    r"|(?:on |^)oublie|oubliez|laisse\w* tomber|tant pis pour)"
    r"(?: (?:de|du|le|la|mon|ma|mes|votre|ce|cette|que|au|sur|et|aussi|tout|egalement|besoin|envie|necessaire|utile|obligatoire|donner"
    r"|communiquer|transmettre|laisser|noter|garder|indiquer|mettre|prendre|utiliser|envoyer|etre|qu'on|on|m'\w+|soit|appelee?|rappelee?"
    r"|contactee?|jointe?)){0,8}(?: | l'| d'un | d')"
    rf"{_NUMBER}\b"
)
"""What leaves the number out; « pas par mail, par téléphone » and « ce n'est pas le bon numéro » do not."""
_GIVES_NUMBER = re.compile(r"\d(?:[ ./()-]*\d){7}")
_HEADER = re.compile(r"\b(?:bcc|cc|subject|from|to|reply-to|content-type|x-\w+)\s*:")
"""What looks like the header of a mail: such a message gives no address, whatever stands in it."""
_SUBJECT = re.compile(
    r"\b(?:l['’])?(?:objet|sujet)(?: de ma demande)?\s*(?::|c['’]est"
    r"|est)\s*(?!@)([^@]{4,400}?)(?:[.;]\s+[A-ZÀ-Ý].*)?$",
    re.IGNORECASE,
)
"""« …, objet : participation au programme »."""
_LABELS = re.compile(
    r"[\s,;:()-]*(?:\bet\s+)?\b(?:le |la |l['’]|mon |ma |voici |mon )?(?:gsm|t[ée]l[ée]?(?:phone)?|num[ée]ro|portable|courriel"
    r"|e-?mail|mail|adresse|objet|sujet)\b.*$",
    re.IGNORECASE,
)
"""What announces an address or a number that was taken out: « …, le courriel de la mairie : »."""
_LEFT_OVER = re.compile(
    r"^(?:[\W_]|\b(?:mon|ma|le|la|et|ou|voici|c'est|est|tel|telephone|gsm|portable|numero|e-?mail|mail|adresse|courriel|svp|merci"
    r"|voila|bonjour"
    r"|d'abord|comme ca|fait|pour|repondre|me|moi|a|au|aux|sur|par)\b)*$"
)


def gathered(dossier: Dossier, text: str) -> Dossier:
    """The dossier with the address and the number that a message gives, where none is known yet."""
    if _HEADER.search(fold(text)):
        return dossier
    email = None if dossier.email else find_email(text)
    phone = None if dossier.telephone else find_phone(without_emails(text), dossier.profile.pays)
    known = replace(dossier, email=dossier.email or (email if email and not looks_wrong(email) else None))
    known = replace(known, telephone=phone) if phone else known
    named = _SUBJECT.search(text) if dossier.objet is None and dossier.asks else None
    return replace(known, objet=read_subject(named[1]).value) if named else known


def beside(text: str, country: str | None) -> str:
    """What a message says apart from an address and a number: a name, most often; empty when nothing is left."""
    email = find_email(text)
    rest = without_phones(without_email(text, email) if email else text, country)
    rest = _LABELS.sub("", rest)
    return "" if _LEFT_OVER.match(fold(rest)) else rest.strip(" ,;:-)(")


def only_details(text: str, country: str | None) -> bool:
    """Whether a message is an address or a number and nothing else, so that it answers no question about the person."""
    if not any(character.isalpha() for character in text):
        return any(character.isdigit() for character in text)
    given = find_email(text) or find_phone(text, country)
    return given is not None and not beside(text, country)


def keeps_no_phone(text: str) -> bool:
    """Whether the telephone number is to be left out: « oui mais pas mon téléphone »."""
    return _REMOVES.search(fold(text)) is not None and not _GIVES_NUMBER.search(text)


def without_phone(text: str) -> str:
    """`text` without « sans le téléphone », which asks for what is already so when no number is kept."""
    return _REMOVES.sub(" ", fold(text))


def subject_of(text: str, dossier: Dossier) -> str | None:
    """An opening as a subject, without the name, the address and the number that stand in fields of their own."""
    if dossier.email:
        text = without_email(text, dossier.email)
    text = without_phones(text, dossier.profile.pays)
    if dossier.nom:
        text = re.sub(
            rf"(?:,\s*)?(?:je (?:m['’]appelle|suis)"
            rf"|moi c['’]est)?\s*{re.escape(dossier.nom)}\s*,?",
            " ",
            text,
            flags=re.IGNORECASE,
        )
    return read_subject(without_introduction(text)).value
