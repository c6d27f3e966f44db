"""The counter: in which order a message is tried, who speaks is heard in passing, and what comes after a refusal or a request given up.

With a real database; the classifier's labels are given, as Rasa would.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sample_assistant import RETENTION_DAYS, SURE, heard, the_base, the_screening, the_texts, the_wordings
from sample_dialogue import CONTACTS, EMAIL, NAME, OFFICER
from sample_request import Clock, sample_settings

from bot.answers.editions import Editions
from bot.answers.model import Context
from bot.intake.counter import Counter
from bot.intake.desk import Desk
from bot.intake.flow import Intake
from bot.intake.follow_up import FollowUp
from bot.intake.model import CANCELLED, DECLINED, OFFER_CORRECTION, OFFER_ERASURE, OFFER_REQUEST, QUALIFIED, Dossier, Turn
from bot.intake.reception import Reception
from bot.intake.rights import Rights
from bot.privacy import keep_promises
from bot.records import Records
from bot.routing import Routing
from bot.storage import Database, decisions, leads
from bot.understanding.requests import REQUESTS

TEXTS = the_texts()
EDITIONS = Editions([the_base()], TEXTS, the_wordings())
STUDENT = "je suis étudiante et je voudrais participer"
BUDGET = ("quel est le budget total du programme ?", "info/combien.total")
PHONE = "0470 12 34 56"


@pytest.fixture
def person(database: Database, tmp_path: Path) -> Person:
    return Person(database, tmp_path)


class Person:
    """Somebody in front of the counter. What is said as « demande » opens a request, as in data/stories/regles.yml."""

    def __init__(self, database: Database, folder: Path, conversation: str = "-c") -> None:
        clock, settings = Clock(), sample_settings(folder)
        screening, self.records = the_screening(), Records(database, settings, clock)
        self.routing = Routing(database, settings, clock)
        intake = Intake(screening, EDITIONS, TEXTS, RETENTION_DAYS)
        desk = Desk(intake, self.routing, self.records, TEXTS, settings, clock)
        rights = Rights(self.records, TEXTS, RETENTION_DAYS)
        self.counter = Counter(rights, desk, Reception(screening, TEXTS), FollowUp(TEXTS), EDITIONS)
        self.database, self.clock, self.conversation = database, clock, conversation
        self.dossier, self.context = Dossier(), Context()
        self.turn = Turn((), self.dossier, self.context)

    def say(self, text: str, label: str = "", score: float = SURE) -> Turn:
        message = heard(text, label, score)
        self.turn = self.counter.take(self.conversation, message, self.dossier, self.context, requests=label in REQUESTS)
        self.dossier, self.context = self.turn.dossier, self.turn.context
        keep_promises(self.database, self.clock(), self.conversation)
        return self.turn

    def ask(self, text: str) -> Turn:
        """A message that Rasa takes for a request."""
        return self.say(text, "demande")

    def all(self, *texts: str) -> Turn:
        for text in texts:
            self.say(text)
        return self.turn

    def qualify(self, phone: str = "non") -> str:
        """Make a whole request; return its reference."""
        self.ask(OFFICER)
        self.all(NAME, EMAIL, phone, "oui", "oui")
        return self.dossier.reference

    @property
    def text(self) -> str:
        return "\n\n".join(message.text for message in self.turn.messages)

    @property
    def sourced(self) -> bool:
        return any(message.source for message in self.turn.messages)

    def leads(self) -> list[dict[str, Any]]:
        return self.routing.leads()


def rows(database: Database, table: Any) -> int:
    with database.read() as connection:
        return len(connection.execute(table.select()).all())


# --- the order of things -----------------------------------------------------------------------------


@pytest.mark.parametrize("field", ["nom", "email", "objet", "confirmation", "consentement"])
def test_rights_come_before_the_open_request(person: Person, field: str) -> None:
    person.ask("je suis échevine à Lasne, je souhaite transmettre une demande")
    answers = {"nom": NAME, "email": EMAIL, "telephone": "non", "objet": "une formation", "confirmation": "oui"}
    while person.dossier.asks != field:
        person.say(answers[str(person.dossier.asks)])
    turn = person.say("effacez mes données")
    assert (turn.outcome, turn.dossier, person.leads()) == (CANCELLED, Dossier(), [])
    assert person.text == TEXTS("droits.efface")
    assert rows(person.database, decisions) == 0


def test_the_open_request_comes_before_answers(person: Person) -> None:
    person.ask(OFFICER)
    person.say(NAME, "info/combien.total")
    assert (person.dossier.nom, person.sourced) == (NAME, False)


def test_a_question_outside_a_request_is_answered(person: Person) -> None:
    person.say(*BUDGET)
    assert (person.sourced, person.dossier.asks, person.turn.outcome) == (True, None, None)


def test_what_rasa_takes_for_a_request_opens_one(person: Person) -> None:
    assert person.ask("je souhaite transmettre une demande").dossier.asks == "profil"


def test_what_nobody_understands_gets_a_reply_all_the_same(person: Person) -> None:
    person.say("zblorg trimounet")
    assert person.text
    assert person.dossier.asks is None


# --- after a request ---------------------------------------------------------------------------------


def test_the_state_of_a_request_is_told_to_who_made_it(person: Person) -> None:
    reference = person.qualify()
    person.say("c'est parti ?")
    assert person.text.startswith(TEXTS("demande.etats.en_attente", reference=reference, date=""))


def test_who_made_no_request_is_told_no_state(person: Person) -> None:
    person.say("c'est parti ?", "bavardage/aide")
    assert person.text == TEXTS("bavardage.aide")


def test_who_has_an_open_request_is_told_no_state_of_another(person: Person) -> None:
    person.qualify()
    person.ask("je souhaite transmettre une demande")
    person.say("c'est parti ?")
    assert person.text.startswith(TEXTS("demande.deroulement.parti"))


def test_a_reference_that_is_erased_by_now_tells_no_state(person: Person) -> None:
    person.qualify()
    before = person.dossier
    person.records.erase(person.conversation)
    keep_promises(person.database, person.clock())
    person.dossier = before
    person.say("c'est parti ?", "bavardage/aide")
    assert person.text == TEXTS("bavardage.aide")


CHANGES = [
    ("je me suis trompée de numéro", "telephone", "0470 12 34 56"),
    ("je voudrais corriger mon email", "email", "c.dumont@lasne.example"),
    ("je me suis trompée de nom", "nom", "Clara Dumont"),
    ("je voudrais changer ma fonction", "fonction", "conseillère communale"),
    ("changez ma commune", "commune", "Ixelles"),
]


@pytest.mark.parametrize("accepted", ["oui", "Je souhaite transmettre une demande"])
@pytest.mark.parametrize(("text", "field", "value"), CHANGES, ids=[text for text, _, _ in CHANGES])
def test_a_change_is_offered_as_a_new_request_that_asks_only_what_is_to_be_changed(
    person: Person, text: str, field: str, value: str, accepted: str
) -> None:
    person.qualify()
    person.say(text)
    assert person.dossier.offered == f"{OFFER_CORRECTION}:{field}"
    turn = person.say(accepted, "affirmer" if accepted == "oui" else "demande")
    assert (person.dossier.asks, person.dossier.number) == (field, 2)
    assert turn.decided is not None, "the decision is taken anew"
    assert TEXTS("demande.avis", jours=365) in person.text
    person.say(value)
    assert person.dossier.asks == "confirmation"
    person.all("oui", "oui")
    first, second = person.leads()
    changed = {name for name in ("nom", "email", "telephone", "fonction", "commune", "pays", "objet") if first[name] != second[name]}
    assert changed == {field}


def test_a_change_of_nothing_in_particular_reads_back_what_was_sent(person: Person) -> None:
    person.qualify()
    person.all("je veux modifier ma demande", "oui")
    assert (person.dossier.asks, person.dossier.nom, person.dossier.email) == ("confirmation", NAME, EMAIL)
    assert person.say("non").outcome is None
    assert len(person.leads()) == 1


def test_a_change_that_is_not_accepted_opens_nothing(person: Person) -> None:
    person.qualify()
    person.all("je veux modifier ma demande", "quel temps fait-il", "oui")
    assert (person.dossier.asks, person.dossier.nom) == (None, None)


def test_a_partner_corrects_without_saying_all_again(person: Person) -> None:
    person.ask("Je suis coordinatrice d'une ONG partenaire directe de la commune de Lasne et je veux participer au Programme")
    answers = {"fonction": "coordinatrice, ONG Exemple", "nom": NAME, "email": EMAIL, "telephone": "non", "objet": "une formation"}
    while person.dossier.asks:
        person.say(answers.get(str(person.dossier.asks), "oui"))
    person.all("je voudrais corriger mon email", "oui", "c.dumont@lasne.example", "oui", "oui")
    first, second = person.leads()
    assert [first[name] for name in ("partenaire_de", "fonction", "pays")] == [
        second[name] for name in ("partenaire_de", "fonction", "pays")
    ]
    assert (second["email"], second["decision"]) == ("c.dumont@lasne.example", first["decision"])


def test_what_was_erased_meanwhile_is_not_said_again(person: Person) -> None:
    person.qualify()
    person.say("je voudrais corriger mon email")
    before = person.dossier
    person.records.erase(person.conversation)
    keep_promises(person.database, person.clock())
    person.dossier = before
    person.say("oui")
    assert (person.dossier.asks, person.dossier.email, person.dossier.nom) == ("profil", None, None)


def test_the_corrected_request_of_another_conversation_is_not_read(person: Person) -> None:
    person.qualify()
    person.say("je voudrais corriger mon email")
    person.conversation = "-d"
    person.say("oui")
    assert (person.dossier.asks, person.dossier.nom) == ("profil", None)


def test_a_yes_after_a_request_sends_nothing_more(person: Person) -> None:
    person.qualify()
    person.all("oui", "oui", "j'accepte", "envoyez")
    assert len(person.leads()) == 1


def test_a_consent_that_comes_twice_makes_one_request(person: Person) -> None:
    person.ask(OFFICER)
    person.all(*CONTACTS, "oui")
    before = person.dossier
    person.say("oui")
    reference = person.dossier.reference
    person.dossier = before
    person.say("oui")
    assert person.text.startswith(TEXTS("demande.deja_enregistree", reference=reference))
    assert len(person.leads()) == 1


def test_the_offer_to_erase_does_not_outlive_another_question(person: Person) -> None:
    reference = person.qualify()
    person.all("effacez mes données", "où en est ma demande ?", "ok merci")
    assert [lead["reference"] for lead in person.leads()] == [reference]


@pytest.mark.parametrize("text", ["non", "merci", "quel est le budget ?", "zblorg"])
def test_the_offer_to_erase_falls_with_the_next_message(person: Person, text: str) -> None:
    person.qualify()
    person.say("effacez mes données")
    assert person.dossier.offered == OFFER_ERASURE
    person.say(text)
    assert person.dossier.offered == ""
    person.say("oui")
    assert len(person.leads()) == 1


def test_after_an_erasure_a_new_request_starts_from_nothing(person: Person) -> None:
    person.qualify()
    person.all("effacez mes données", "oui")
    assert (person.leads(), person.dossier) == ([], Dossier())
    assert person.ask("je souhaite transmettre une demande").dossier.asks == "profil"


@pytest.mark.parametrize("text", ["où en sont les projets au Bénin ?", "où en est le programme ?"])
def test_who_has_made_a_request_may_still_ask_about_the_programme(person: Person, text: str) -> None:
    person.qualify()
    person.say(text, "info/secteurs.benin")
    assert person.sourced


# --- what sends, and what does not -------------------------------------------------------------------


NO_CONSENT = [
    *(
        "n'envoyez aucune donnée",
        "ne transmettez surtout rien",
        "je ne suis plus d'accord",
        "je ne suis pas sûre",
        "oui mais",
        "oui demain",
    ),
    *("si mon chef est d'accord", "envoyez-moi d'abord une copie", "c'est juste un test", "j'accepte quoi", "ça va à qui"),
    *(
        "vous envoyez ça à qui",
        "cest quoi au juste votre truc de cooperation",
        "faites-moi un topo sur le Bénin",
        "le reste n'est pas exact",
    ),
    *("oui, mettez Claire Dumonceau", "oui sans téléphone", "oui, Ixelles", "rien est exact"),
]
NOT_RIGHT = [
    *(
        "rien est exact",
        "oui, mettez Claire Dumonceau",
        "oui sans téléphone",
        "oui, Ixelles",
        "le reste n'est pas exact",
        "oui, Dumont avec un t",
    ),
    *("oui mais le nom est faux", "tout est faux", "oui je suis bourgmestre", "n'envoyez aucune donnée", "oui sauf le mail"),
]


@pytest.mark.parametrize("text", NO_CONSENT)
def test_what_is_no_plain_yes_sends_nothing(person: Person, text: str) -> None:
    person.ask(OFFICER)
    person.all(NAME, EMAIL, PHONE, "oui")
    assert person.dossier.asks == "consentement"
    person.say(text)
    assert person.leads() == []


@pytest.mark.parametrize("text", NOT_RIGHT)
def test_who_finds_something_wrong_in_the_recap_is_not_asked_to_consent_to_it(person: Person, text: str) -> None:
    person.ask(OFFICER)
    person.all(NAME, EMAIL, PHONE)
    shown = person.dossier
    person.say(text)
    assert (person.dossier.asks, person.dossier.nom, person.dossier.email) != ("consentement", shown.nom, shown.email)


@pytest.mark.parametrize("text", ["je retire mon numéro", "n'envoyez pas mon numéro", "je laisse comme ça", "pas d'accord avec le nom"])
def test_what_is_put_right_at_the_consent_ends_no_request(person: Person, text: str) -> None:
    person.ask(OFFICER)
    person.all(NAME, EMAIL, PHONE, "oui")
    turn = person.say(text)
    assert (turn.outcome, person.dossier.email) in {(None, EMAIL), (QUALIFIED, None)}


# --- who speaks, in passing --------------------------------------------------------------------------


def test_who_says_who_they_are_in_a_question_is_not_asked_again(person: Person) -> None:
    person.say("je suis échevine à Lasne, quel est le budget total ?", "info/combien.total")
    assert person.sourced
    assert (person.dossier.profile.function, person.dossier.profile.commune) == ("échevine", "Lasne")
    assert person.ask("je souhaite transmettre une demande").dossier.asks == "nom"


def test_who_seems_private_in_passing_is_asked_and_the_contact_person_told(person: Person) -> None:
    person.say("je suis étudiante, quel est le budget total ?", "info/combien.total")
    assert person.ask("je souhaite transmettre une demande").dossier.asks == "profil"
    person.all("Mandataire (élu ou élue)", "échevine", "Lasne", NAME, EMAIL, "non", "une formation", "oui", "oui")
    (lead,) = person.leads()
    assert any("étudiante" in remark for remark in lead["remarques"])


def test_a_question_says_nothing_of_its_author(person: Person) -> None:
    person.say(*BUDGET)
    assert person.dossier.profile.kind is None


def test_who_introduces_themselves_is_asked_what_they_want(person: Person) -> None:
    person.say("je suis échevine à Lasne", "se_presenter")
    assert (person.text, person.dossier.offered) == (TEXTS("demande.presentation"), OFFER_REQUEST)
    assert person.say("oui").dossier.asks == "nom"


def test_who_introduces_themselves_as_somebody_else_is_welcome_to_ask(person: Person) -> None:
    person.say("je suis étudiante", "se_presenter")
    assert (person.text, person.dossier.offered) == (TEXTS("demande.presentation_autre"), "")


@pytest.mark.parametrize("who", ["je suis un particulier", "j'écris à titre privé", "je suis une simple particulière"])
def test_who_was_told_that_requests_are_not_for_them_is_not_asked_who_they_are_when_they_make_one(person: Person, who: str) -> None:
    person.say(who, "se_presenter")
    assert person.say("je veux transmettre une demande", "demande").outcome == DECLINED


@pytest.mark.parametrize(
    "who",
    [
        "je suis citoyen de Namur",
        "je suis enseignant",
        "je suis avocat",
        "je suis pensionnée",
        "je suis étudiante",
        "je suis une citoyenne retraitée",
        "je suis nouvelle ici, mon mari est enseignant",
    ],
)
def test_who_has_a_trade_or_a_town_may_still_be_a_mandatary(person: Person, who: str) -> None:
    person.say(who, "se_presenter")
    assert person.say("je veux transmettre une demande", "demande").dossier.asks == "profil"
    assert person.say("je suis conseiller communal à Namur").dossier.asks == "nom"


def test_a_changed_story_is_remarked_once(person: Person) -> None:
    person.say("je suis un particulier", "se_presenter")
    person.say("je veux transmettre une demande", "demande")
    person.say("je suis aussi conseiller communal à Namur")
    assert person.dossier.profile.contradictions == ("particulier",)


def test_who_asks_for_a_human_and_is_refused_is_told_that_none_answers_here(person: Person) -> None:
    person.say("je suis un particulier, passez-moi un humain", "demande")
    assert person.text.startswith(TEXTS("demande.humain"))
    assert person.text.count("particuliers ne peuvent pas être suivies") == 1


def test_a_local_authority_whose_message_was_not_understood_is_welcomed(person: Person) -> None:
    person.say("bonjour, je suis la bourgmestre de Huy et je viens vers vous, tralala")
    assert (person.text, person.dossier.offered) == (TEXTS("demande.presentation"), OFFER_REQUEST)
    assert person.dossier.profile.commune == "Huy"


def test_a_local_authority_that_asks_gets_its_answer_and_no_welcome(person: Person) -> None:
    person.say("je suis la bourgmestre de Huy, quel est le budget total ?", "info/combien.total")
    assert person.sourced
    assert TEXTS("demande.presentation") not in person.text


def test_somebody_private_who_is_not_understood_is_not_welcomed_as_an_authority(person: Person) -> None:
    person.say("je suis boulanger et tralala")
    assert TEXTS("demande.presentation") not in person.text


def test_an_offer_lapses_when_something_else_is_said(person: Person) -> None:
    person.say("je suis échevine à Lasne", "se_presenter")
    person.say(*BUDGET)
    person.say("oui", "affirmer")
    assert (person.dossier.asks, person.text) == (None, TEXTS("bavardage.affirmer"))


# --- after a refusal ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["mais j'insiste", "s'il vous plaît", "faites une exception", "je veux parler à un responsable", "c'est injuste", "aidez-moi"]
)
def test_a_refusal_is_repeated_to_who_pleads(person: Person, text: str) -> None:
    person.ask(STUDENT)
    turn = person.say(text)
    assert (person.text, turn.outcome, turn.dossier.ended) == (TEXTS("demande.refusee_encore"), None, DECLINED)


def test_who_was_refused_still_gets_answers(person: Person) -> None:
    person.ask(STUDENT)
    person.say("mais quel est le budget total ?", "info/combien.total")
    assert person.sourced


def test_who_was_not_refused_and_pleads_is_not_refused(person: Person) -> None:
    person.say("s'il vous plaît aidez-moi", "bavardage/aide")
    assert person.text == TEXTS("bavardage.aide")


def test_the_same_request_again_is_refused_again(person: Person) -> None:
    person.ask(STUDENT)
    turn = person.ask("je souhaite transmettre une demande")
    assert (person.text, turn.outcome) == (TEXTS("demande.refusee_encore"), DECLINED)


def test_another_story_reopens_and_is_remembered(person: Person) -> None:
    person.ask(STUDENT)
    person.say("en fait je suis échevine à Lasne")
    assert person.dossier.asks == "nom"
    person.all(NAME, EMAIL, "non", "une formation", "oui", "oui")
    (lead,) = person.leads()
    assert any("étudiante" in remark for remark in lead["remarques"])


def test_nothing_that_was_given_is_kept_after_a_refusal(person: Person) -> None:
    person.ask(f"{STUDENT}, {NAME}, {EMAIL}, {PHONE}")
    assert person.turn.outcome == DECLINED
    assert not any((person.dossier.nom, person.dossier.email, person.dossier.telephone, person.dossier.objet))


# --- somebody else, and requests taken up again ------------------------------------------------------

HAND_OVERS = ["je passe le clavier à ma collègue", "je vous passe mon collègue", "une autre personne a pris le clavier"]


@pytest.mark.parametrize("text", HAND_OVERS)
def test_somebody_else_starts_from_nothing(person: Person, text: str) -> None:
    person.ask(OFFICER)
    person.all(NAME, EMAIL)
    person.say(text)
    assert person.text.startswith(TEXTS("demande.autre_personne"))
    assert (person.dossier.number, person.dossier.asks) == (2, "profil")
    assert (person.dossier.nom, person.dossier.email, person.dossier.profile.commune) == (None, None, None)


@pytest.mark.parametrize("text", HAND_OVERS)
def test_who_comes_after_somebody_refused_is_heard_and_the_contact_person_told(person: Person, text: str) -> None:
    person.ask(STUDENT)
    person.ask(f"{text}, qui est échevine : je suis échevine à Lasne, nous voulons participer")
    assert person.turn.outcome is None
    while person.dossier.asks and person.dossier.asks != "consentement":
        answers = {"profil": "mandataire", "fonction": "échevine", "commune": "Lasne", "nom": NAME, "email": EMAIL, "telephone": "non"}
        person.say({**answers, "objet": "une formation", "confirmation": "oui"}[person.dossier.asks])
    person.say("oui")
    (lead,) = person.leads()
    assert any("autre personne" in remark and "étudiante" in remark for remark in lead["remarques"])


def test_a_refusal_is_not_forgotten_when_the_keyboard_changes_hands_between_two_requests(person: Person) -> None:
    person.ask(STUDENT)
    person.say("je passe le clavier à ma collègue")
    person.ask(OFFICER)
    person.all(NAME, EMAIL, "non", "oui", "oui")
    (lead,) = person.leads()
    assert any("étudiante" in remark for remark in lead["remarques"])


def test_who_is_heard_in_passing_is_not_who_takes_over(person: Person) -> None:
    person.say("je suis échevine à Lasne, quel est le budget total ?", "info/combien.total")
    person.say("je passe le clavier à ma collègue", "bavardage/saluer")
    assert person.ask("je souhaite transmettre une demande").dossier.asks == "profil"


@pytest.mark.parametrize(
    "text", ["finalement, je veux continuer ma demande", "finalement oui", "on reprend le formulaire", "je voudrais reprendre la demande"]
)
def test_a_request_that_was_given_up_is_taken_up_from_the_beginning(person: Person, text: str) -> None:
    person.ask(OFFICER)
    person.all(NAME, "annuler")
    person.say(text)
    assert (person.dossier.asks, person.dossier.number, person.dossier.nom) == ("profil", 2, None)


@pytest.mark.parametrize(
    "text", ["finalement non", "finalement je ne veux rien", "finalement je veux rien", "merci", "quel est le budget ?"]
)
def test_anything_else_leaves_it_given_up(person: Person, text: str) -> None:
    person.ask(OFFICER)
    person.all(NAME, "annuler", text)
    assert person.dossier.asks is None


def test_who_gave_nothing_up_resumes_nothing(person: Person) -> None:
    person.say("finalement oui", "affirmer")
    assert person.dossier.asks is None


def test_each_request_of_a_conversation_has_its_own_key(person: Person) -> None:
    first = person.qualify()
    second = person.qualify()
    assert first != second
    with person.database.read() as connection:
        keys = [row.request_key for row in connection.execute(leads.select().order_by(leads.c.id))]
    assert keys == ["-c:1", "-c:2"]


# --- names, admissions, silence ----------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Bourgmestre Jean-Marc", "Jean-Marc Bourgmestre"])
def test_a_family_name_that_is_a_function_is_asked_about_once(person: Person, name: str) -> None:
    person.ask("Je suis Bourgmestre à Lasne et je veux participer au Programme")
    person.say(name)
    assert person.text.startswith(TEXTS("demande.nom_ou_fonction"))
    assert (person.dossier.nom, person.dossier.profile.function) == (name, None)
    person.all("conseiller communal")
    assert (person.dossier.asks, person.dossier.profile.function) == ("email", "conseiller communal")


def test_a_name_that_holds_another_function_changes_nothing(person: Person) -> None:
    person.ask(OFFICER)
    person.say("Bourgmestre Jean-Marc")
    assert (person.dossier.nom, person.dossier.profile.function, person.dossier.asks) == ("Bourgmestre Jean-Marc", "échevine", "email")


@pytest.mark.parametrize("field", ["nom", "email", "telephone", "confirmation", "consentement"])
@pytest.mark.parametrize("text", ["je ne suis plus échevine", "soyons honnêtes, je ne suis plus échevine", "je suis plus échevine"])
def test_who_admits_to_hold_no_office_any_more_is_declined_whatever_was_asked(person: Person, field: str, text: str) -> None:
    person.ask(OFFICER)
    answers = {"nom": NAME, "email": EMAIL, "telephone": "non", "confirmation": "oui"}
    while person.dossier.asks != field:
        person.say(answers[str(person.dossier.asks)])
    turn = person.say(text)
    assert (turn.outcome, turn.decided and turn.decided.verdict) == (DECLINED, "non_admissible")
    assert (turn.dossier.nom, turn.dossier.email, person.leads()) == (None, None, [])


@pytest.mark.parametrize("text", ["je ne suis pas encore échevine des sports mais des finances", "je ne suis pas joignable le lundi"])
def test_who_denies_something_else_is_not_declined(person: Person, text: str) -> None:
    person.ask(OFFICER)
    person.all(NAME)
    assert person.say(text).outcome is None


@pytest.mark.parametrize("texts", [("je préfère ne pas le dire",) * 2, ("secret", "ça ne vous regarde pas")], ids=["politely", "curtly"])
def test_who_will_not_say_in_which_capacity_is_declined_by_its_rule(person: Person, texts: tuple[str, ...]) -> None:
    person.ask("je souhaite transmettre une demande")
    turn = person.all(*texts)
    assert (turn.outcome, turn.decided and turn.decided.rule) == (DECLINED, "sans_reponse")
    with person.database.read() as connection:
        assert [row.rule for row in connection.execute(decisions.select())] == ["sans_reponse"]


def test_who_kept_silent_may_still_say_it(person: Person) -> None:
    person.ask("je souhaite transmettre une demande")
    person.all("je préfère ne pas le dire", "je préfère ne pas le dire")
    person.say("je suis échevine à Lasne")
    assert person.dossier.asks == "nom"


def test_an_offer_is_remembered_over_a_slot(person: Person) -> None:
    person.say("je suis échevine à Lasne", "se_presenter")
    person.dossier = replace(Dossier.from_json(person.dossier.as_json()))
    assert person.dossier.offered == OFFER_REQUEST


# --- what is said of one's data in the middle of a request ------------------------------------------------

IN_DOUBT = "le chef veut effacer mes données"


def test_a_wish_in_doubt_is_asked_and_a_no_goes_back_to_the_question(person: Person) -> None:
    person.ask(OFFICER)
    person.all(NAME)
    person.say(IN_DOUBT)
    assert (person.dossier.asks, person.dossier.offered, person.text) == ("email", OFFER_ERASURE, TEXTS("droits.confirmer"))
    person.say("non")
    assert (person.dossier.asks, person.dossier.offered, person.dossier.nom) == ("email", "", NAME)
    assert person.text, "the question is asked again"


def test_a_wish_in_doubt_is_done_when_it_is_confirmed(person: Person) -> None:
    person.ask(OFFICER)
    person.all(NAME, IN_DOUBT)
    turn = person.say("oui")
    assert (turn.erases, turn.outcome, turn.dossier) == (True, CANCELLED, Dossier())


@pytest.mark.parametrize("field", ["email", "confirmation", "consentement"])
def test_a_question_about_erasing_is_answered_and_the_request_goes_on(person: Person, field: str) -> None:
    person.ask(OFFICER)
    person.say(NAME)
    answers = {"email": EMAIL, "telephone": "non", "objet": "une formation", "confirmation": "oui"}
    while person.dossier.asks != field:
        person.say(answers[str(person.dossier.asks)])
    before = person.dossier
    person.say("vous supprimez mes données après combien de temps ?")
    assert (person.dossier, person.turn.outcome) == (before, None)
    assert person.text.startswith(TEXTS("donnees"))


def test_after_what_is_kept_the_open_question_is_asked_again(person: Person) -> None:
    person.ask(OFFICER)
    person.all(NAME, EMAIL, "non")
    assert person.dossier.asks == "confirmation"
    person.say("que savez-vous de moi ?")
    assert person.dossier.asks == "confirmation"
    assert person.text.count(NAME) == 2, "in what is kept, and in the recap below it"


@pytest.mark.parametrize(
    "text", ["c'est quel numéro pour parler à quelqu'un maintenant ?", "il y a une ligne d'écoute ?", "qui appeler pour être écoutée ?"]
)
def test_who_was_refused_and_looks_for_somebody_to_listen_is_told_whom_to_call(person: Person, text: str) -> None:
    person.ask(STUDENT)
    person.say(text)
    assert person.text == TEXTS("hors_sujet.detresse")


def test_who_was_refused_and_asks_for_the_contact_person_is_told_no_number(person: Person) -> None:
    person.ask(STUDENT)
    person.say("donnez-moi quand même le numéro du responsable, je veux parler à quelqu'un")
    assert person.text == TEXTS("demande.refusee_encore")
