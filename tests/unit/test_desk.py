"""The desk: records what was decided, registers once what was consented to, and tells the truth about it. And what a slot keeps."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import pytest
from sample_assistant import heard, the_intake, the_texts
from sample_dialogue import CONTACTS, OFFICER, Dialogue, at
from sample_request import NOW, sample_settings

from bot.answers.model import Context
from bot.errors import StorageError
from bot.intake.desk import Desk
from bot.intake.model import CONSENT, QUALIFIED, Dossier
from bot.records import Records
from bot.routing import Receipt, Request, Routing, admit
from bot.storage import LEAD_KEPT, LEAD_WAITING

TEXTS = the_texts()
REFERENCE = "CIC-2026-ABCDEF"


@dataclass
class FakeRouting:
    """Remembers what it was given; registers a request key once, and fails when told to."""

    status: str = LEAD_WAITING
    delayed: bool = False
    broken: bool = False
    requests: list[Request] = field(default_factory=list)
    decisions: list[dict[str, Any]] = field(default_factory=list)

    def submit(self, request: Request) -> Receipt:
        if self.broken:
            raise StorageError("La base de données ne répond pas.")
        created = request.request_key not in {known.request_key for known in self.requests}
        self.requests.append(admit(request))
        return Receipt(REFERENCE, created, self.status)

    def record_decision(self, **row: Any) -> None:
        self.decisions.append(row)

    def is_mail_delayed(self) -> bool:
        return self.delayed


@dataclass
class FakeRecords:
    """Remembers what was promised of each conversation."""

    promised: list[str] = field(default_factory=list)
    channels: list[str | None] = field(default_factory=list)
    """Where it was written what is waited for longer."""

    def keep_silent_later(self, conversation: str, channel: str | None = None) -> None:
        self.promised.append("later")
        self.channels.append(channel)

    def mask(self, conversation: str) -> None:
        self.promised.append("mask")

    def consented(self, conversation: str) -> None:
        self.promised.append("consented")


def clock() -> datetime:
    return NOW


def desk(routing: FakeRouting, records: FakeRecords | None = None, **settings: Any) -> Desk:
    kept = cast(Records, records or FakeRecords())
    return Desk(the_intake(), cast(Routing, routing), kept, TEXTS, sample_settings(Path("/nowhere"), **settings), clock)


def kept(dossier: Dossier) -> Dossier:
    """The dossier as Rasa gives it back: through the JSON of a slot."""
    return Dossier.from_json(json.loads(json.dumps(dossier.as_json())))


def take_all(taken: Desk, *texts: str) -> Dossier:
    dossier = Dossier()
    for text in texts:
        dossier = kept(taken.take("-c", heard(text), dossier, Context()).dossier)
    return dossier


def test_the_consent_registers_the_request_with_all_that_was_said() -> None:
    routing = FakeRouting()
    dossier = take_all(desk(routing), OFFICER, *CONTACTS, "oui", "oui")
    (request,) = routing.requests
    assert (request.nom, request.fonction, request.commune, request.pays) == ("Claire Dumont", "échevine", "Lasne", "Belgique")
    assert (request.email, request.telephone, request.objet) == ("claire@lasne.example", None, "Je veux participer au Programme")
    assert (request.decision, request.conversation, request.request_key, request.consent_at) == ("admissible", "-c", "-c:1", NOW)
    assert dossier == Dossier(number=1, ended=QUALIFIED, reference=REFERENCE)


def test_nothing_is_registered_before_the_consent() -> None:
    routing = FakeRouting()
    take_all(desk(routing), OFFICER, *CONTACTS, "oui", "non")
    assert routing.requests == []


def test_each_decision_is_recorded_once_with_its_profile() -> None:
    routing = FakeRouting()
    take_all(desk(routing), OFFICER, *CONTACTS, "oui", "oui")
    (decision,) = routing.decisions
    assert (decision["conversation"], decision["request_key"], decision["verdict"], decision["rule"]) == (
        "-c",
        "-c:1",
        "admissible",
        "mandataire",
    )
    assert decision["profile"]["function"] == "échevine"
    assert json.dumps(decision["profile"])


def test_a_refusal_is_recorded_too() -> None:
    routing = FakeRouting()
    take_all(desk(routing), "Je suis étudiante et je voudrais participer")
    assert [(row["verdict"], row["rule"]) for row in routing.decisions] == [("non_admissible", "etudes")]


def test_a_second_request_of_the_conversation_has_its_own_key() -> None:
    routing = FakeRouting()
    take_all(desk(routing), OFFICER, *CONTACTS, "oui", "oui", OFFICER, *CONTACTS, "oui", "oui")
    assert [request.request_key for request in routing.requests] == ["-c:1", "-c:2"]


def test_the_same_consent_twice_is_told_as_the_one_it_is() -> None:
    routing = FakeRouting()
    taken = desk(routing)
    before = at("consentement").dossier
    first, again = (taken.take("-c", heard("oui"), before, Context()) for _ in range(2))
    assert first.messages[0].text == TEXTS("demande.enregistree", reference=REFERENCE)
    assert again.messages[0].text == TEXTS("demande.deja_enregistree", reference=REFERENCE)


@pytest.mark.parametrize(
    ("routing", "key"),
    [
        (FakeRouting(), "demande.enregistree"),
        (FakeRouting(delayed=True), "demande.enregistree_retard"),
        (FakeRouting(status=LEAD_KEPT), "demande.enregistree_sans_contact"),
        (FakeRouting(status=LEAD_KEPT, delayed=True), "demande.enregistree_sans_contact"),
    ],
    ids=["on its way", "mail delayed", "nobody named", "nobody named and mail delayed"],
)
def test_the_person_is_told_the_truth(routing: FakeRouting, key: str) -> None:
    turn = desk(routing).take("-c", heard("oui"), at("consentement").dossier, Context())
    assert (turn.messages[0].text, turn.outcome) == (TEXTS(key, reference=REFERENCE), QUALIFIED)


def test_a_database_that_fails_leaves_the_consent_to_be_given_again() -> None:
    routing = FakeRouting(broken=True)
    before = at("consentement").dossier
    with pytest.raises(StorageError):
        desk(routing).take("-c", heard("oui"), before, Context())
    told = desk(routing).breakdown(before)
    assert (told.text, [button.title for button in told.buttons]) == (TEXTS("demande.panne"), ["Oui"])
    routing.broken = False
    assert desk(routing).take("-c", heard("oui"), kept(before), Context()).outcome == QUALIFIED
    assert len(routing.requests) == 1


def test_a_breakdown_before_the_consent_offers_no_yes() -> None:
    told = desk(FakeRouting()).breakdown(at("nom").dossier)
    assert (told.text, told.buttons) == (TEXTS("demande.panne_avant"), ())


def test_the_decision_is_taken_once_more_at_the_end() -> None:
    officer, student = at("consentement").dossier, Dialogue("Je suis étudiante").dossier.profile
    planted = Dossier(**{**officer.__dict__, "profile": student})
    request = desk(FakeRouting()).request("-c", planted)
    assert request.decision == "non_admissible"


REQUESTS = {
    "an officer": (OFFICER, *CONTACTS),
    "a partner": ("une ONG voudrait participer", "de la commune de Nouna", "directrice de l'ONG Eau vive", *CONTACTS),
    "a sector": ("je suis chef de secteur en RDC et je veux participer", "Kimvula", *CONTACTS),
    "an association of municipalities": (
        "association de communes, nous voulons participer",
        "de plusieurs communes",
        "de la commune de Huy",
        *CONTACTS,
    ),
    "an unknown municipality": ("je suis maire et je veux participer", "Xyzville", "oui", "Bénin", *CONTACTS),
}


@pytest.mark.parametrize("texts", REQUESTS.values(), ids=REQUESTS)
def test_each_way_to_the_consent_ends_in_a_request_that_may_be_routed(texts: tuple[str, ...]) -> None:
    routing = FakeRouting()
    assert take_all(desk(routing), *texts, "oui", "oui").ended == QUALIFIED
    (request,) = routing.requests
    assert all((request.nom, request.fonction, request.commune, request.pays, request.email, request.objet))


@pytest.mark.parametrize("field_", ["profil", "fonction", "commune", "nom", "email", "telephone", "objet", "confirmation", CONSENT])
def test_a_dossier_comes_back_from_a_slot_as_it_went(field_: str) -> None:
    dossier = at(field_).dossier
    assert kept(dossier) == dossier


@pytest.mark.parametrize(
    "texts", [("je suis bourgmestre de Lens et je veux participer",), ("une ONG", "Xyzville"), ("étudiante", "échevine à Huy")]
)
def test_a_doubtful_or_changed_profile_comes_back_from_a_slot_as_it_went(texts: tuple[str, ...]) -> None:
    dossier = Dialogue(*texts).dossier
    assert kept(dossier) == dossier


def test_nothing_in_a_slot_is_a_fresh_dossier() -> None:
    assert Dossier.from_json(None) == Dossier.from_json({}) == Dossier()


def test_only_contact_fields_are_set_by_name() -> None:
    with pytest.raises(ValueError, match="commune"):
        Dossier().with_field("commune", "Huy")


@pytest.mark.parametrize("raw", [None, {}, {"entry": "combien.total", "attribute": "montant", "misses": 2}])
def test_what_is_remembered_comes_back_from_a_slot(raw: dict[str, Any] | None) -> None:
    context = Context.from_dict(raw)
    assert Context.from_dict(json.loads(json.dumps(context.as_dict()))) == context
    assert raw is None or all(context.as_dict()[key] == value for key, value in raw.items())


@pytest.mark.parametrize(
    ("texts", "promised"),
    [
        (("je souhaite transmettre une demande", "je suis élue", "échevine"), []),
        ((OFFICER,), ["later"]),
        ((OFFICER, *CONTACTS), ["later"] * 4),
        ((OFFICER, *CONTACTS, "oui", "oui"), ["later"] * 5 + ["consented"]),
        ((OFFICER, CONTACTS[0], "annuler"), ["later"] * 2 + ["mask"]),
        ((OFFICER, *CONTACTS, "oui", "non"), ["later"] * 5 + ["mask"]),
        ((OFFICER, CONTACTS[0], "je passe le clavier à ma collègue"), ["later"] * 2 + ["mask"]),
        (("je suis étudiante et je veux participer, claire@poste.example",), ["mask"]),
    ],
    ids=["nothing yet", "a name is asked", "all but consent", "consent", "given up", "no consent", "somebody else", "refused"],
)
def test_it_is_promised_what_becomes_of_contact_details(texts: tuple[str, ...], promised: list[str]) -> None:
    records = FakeRecords()
    take_all(desk(FakeRouting(), records), *texts)
    assert records.promised == promised


@pytest.mark.parametrize("channel", [None, "courriel"])
def test_how_long_a_silence_may_last_depends_on_where_it_was_written(channel: str | None) -> None:
    records = FakeRecords()
    desk(FakeRouting(), records).take("-c", replace(heard(OFFICER), channel=channel), Dossier(), Context())
    assert records.channels == [channel]


def test_an_answer_is_promised_by_a_day_when_the_settings_say_so() -> None:
    taken, dossier = desk(FakeRouting(), reply_days=3), Dossier()
    for text in (OFFICER, *CONTACTS, "oui", "oui"):
        turn = taken.take("-c", heard(text), dossier, Context())
        dossier = kept(turn.dossier)
    assert "au plus tard le mardi 10 mars 2026" in turn.messages[0].text


@pytest.mark.parametrize(("address", "free"), [("claire@gmail.example", True), ("claire@lasne.example", False)])
def test_the_provider_of_an_address_is_noted_and_refuses_nobody(address: str, free: bool) -> None:
    routing = FakeRouting()
    take_all(desk(routing), OFFICER, CONTACTS[0], address, "non", "oui", "oui")
    assert ("fournisseur ouvert à tous" in " ".join(routing.requests[0].remarks)) is free
