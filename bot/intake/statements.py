"""What a correction states of one field after the other, and the dossier after it. Pure: a text and a dossier in, no Turn."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.intake import corrections
from bot.intake.addresses import find_email, without_emails
from bot.intake.fields import read, read_name
from bot.intake.gathering import beside, only_details
from bot.intake.model import CONTACT, WHO_AND_WHERE, Dossier
from bot.intake.screening import Screening
from bot.intake.telephones import find_phone, wants_call


@dataclass(frozen=True)
class Statements:
    """Reads what is said of fields, and puts it into dossiers."""

    screening: Screening

    def of(self, text: str, dossier: Dossier) -> tuple[corrections.Statement, ...]:
        """What a message says of fields, in its order."""
        return corrections.statements(text, lambda field, words: self.may_be(field, words, dossier))

    def may_be(self, field: str, words: str, dossier: Dossier) -> bool:
        """Whether words behind the mere name of a field are a value for it: « tel 0471… », « la fonction bourgmestre »."""
        if field == "fonction":
            return self.screening.names_function(f"je suis {words}")
        if field in {"email", "telephone"}:
            return (find_email(words) if field == "email" else find_phone(words, dossier.profile.pays)) is not None
        named = words[:1].isupper() and field in {"nom", "commune", "pays"}
        return named and (field == "nom" or self.screening.answer(dossier.profile, field, words) is not None)

    def field_of(self, text: str, dossier: Dossier) -> str | None:
        """The field that a correction is about: the one of which it says something, or the one that it names."""
        if wants_call(text):
            return "telephone"
        stated = [said for said in self.of(text, dossier) if not said.fine]
        return stated[0].field if len(stated) == 1 else corrections.field_named(text)

    def labels_other(self, text: str, dossier: Dossier) -> bool:
        """Whether an address is named where a number is waited for, or the like: « mon e-mail : … »."""
        return dossier.asks == "telephone" and find_email(text) is not None

    def speaks_of_other(self, text: str, dossier: Dossier) -> bool:
        """Whether a field that is known is put right, or called wrong, where another is waited for: « et mon mail est … »."""
        if dossier.asks not in {"nom", "email", "telephone"}:
            return False
        stated = self.of(text, dossier)
        others = [said for said in stated if said.field != dossier.asks and not said.fine]
        return any(dossier.value_of(said.field) is not None for said in others)

    def with_details(self, text: str, dossier: Dossier) -> Dossier:
        """The dossier with the name, the address and the number that a correction gives, wherever they stand in it."""
        named = corrections.named_name(text)
        name = corrections.renamed(dossier.nom, named, f"mon nom est {named}") if named and read_name(named).value else None
        given = {
            "nom": name.value if name and not name.doubt else None,
            "email": find_email(text),
            "telephone": find_phone(without_emails(text), dossier.profile.pays),
        }
        for field, value in given.items():
            dossier = dossier.with_field(field, value) if value else dossier
        return dossier

    def with_statement(self, statement: corrections.Statement, dossier: Dossier) -> Dossier | None:
        """The dossier after one part of a correction; None when it gives no value that can be used."""
        field, value = statement.field, statement.value
        if not value:
            return None
        if field not in CONTACT:
            told = self.screening.correct(dossier.profile, statement.said)
            placed = told if field == "commune" and told and told.commune != dossier.profile.commune else None
            profile = placed or self.screening.answer(dossier.profile, field, value)
            return replace(dossier, profile=profile) if profile else None
        if field == "nom":
            value = re.split(r"\s*[,;(]", value)[0]
        if field == "objet":
            value = beside(value, dossier.profile.pays) if only_details(value, None) else value
        reading = read(field, value, dossier.profile.pays)
        if field == "nom" and reading.value:
            reading = corrections.renamed(dossier.nom, reading.value, statement.said)
        return dossier.with_field(field, reading.value) if reading.value and not reading.doubt else None


def without_answers(text: str, stated: Sequence[corrections.Statement]) -> str:
    """A correction without the parts that are read by themselves, so that a municipality in a subject is no new municipality."""
    for statement in stated:
        if statement.field in WHO_AND_WHERE or statement.field == "objet":
            text = text.replace(statement.said, " ")
    return text
