"""How the plain form asks for each field of a request: the kind of input, and what a browser may fill in by itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Field:
    """The input for the next message. `kind` is a type of HTML input, or empty for a text of several lines."""

    label: str
    kind: str = ""
    autocomplete: str = "off"


FREE = Field("Votre message")
FIELDS = {
    "profil": Field("À quel titre vous écrivez", "text"),
    "fonction": Field("Votre fonction", "text", "organization-title"),
    "commune": Field("Votre commune", "text", "address-level2"),
    "pays": Field("Votre pays", "text", "country-name"),
    "partenaire_de": Field("La commune dont vous êtes partenaire", "text"),
    "nom": Field("Votre nom", "text", "name"),
    "email": Field("Votre adresse e-mail", "email", "email"),
    "telephone": Field("Votre numéro de téléphone", "tel", "tel"),
    "objet": Field("L’objet de votre demande"),
    "confirmation": Field("Votre réponse", "text"),
    "consentement": Field("Votre réponse", "text"),
}
"""By the `asks` of the chat API."""


def field_for(asks: str | None) -> Field:
    """Return the input for what is waited for; a free text when it is nothing that we know."""
    return FIELDS.get(asks or "", FREE)
