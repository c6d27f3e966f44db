"""Stories that change: corrections in the middle and at the recap, refusals, and who comes back with another story."""

from __future__ import annotations

import pytest
from sample_assistant import heard, the_screening, the_texts
from sample_dialogue import CONTACTS, EMAIL, NAME, OFFICER, Dialogue, at

from bot.intake.model import CANCELLED, DECLINED, QUALIFIED, Dossier
from bot.intake.reception import Reception
from bot.screening import ADMISSIBLE, NOT_ADMISSIBLE, Profile

TEXTS = the_texts()
CORRECTED = TEXTS("demande.corrige")
RECEPTION = Reception(the_screening(), TEXTS)


MIDDLE = [
    ("the municipality", "email", "non, Ixelles", "commune", "Ixelles"),
    ("both municipalities", "email", "pas Lasne mais Ixelles", "commune", "Ixelles"),
    ("the function", "email", "en fait je suis conseillère communale", "fonction", "conseillère communale"),
    ("the name", "email", "pardon, mon nom est Claire Dumonceau", "nom", "Claire Dumonceau"),
    ("the address", "telephone", "oups, mon mail c'est plutôt c.dumont@lasne.example", "email", "c.dumont@lasne.example"),
    ("the telephone", "objet", "pardon, mon gsm est le 0470 12 34 56", "telephone", "+32 470 12 34 56"),
]


@pytest.mark.parametrize(("field", "text", "changed", "value"), [case[1:] for case in MIDDLE], ids=[case[0] for case in MIDDLE])
def test_a_field_is_corrected_while_another_is_asked_for(field: str, text: str, changed: str, value: str) -> None:
    dialogue = at(field)
    dialogue.say(text)
    assert (dialogue.dossier.value_of(changed), dialogue.asks) == (value, field)
    assert dialogue.text.startswith(CORRECTED)


AT_THE_RECAP = [
    ("mon nom est Claire Dumonceau", "nom", "Claire Dumonceau"),
    ("le nom s'écrit Dumonceau", "nom", "Claire Dumonceau"),
    ("l'adresse c'est c.dumont@lasne.example", "email", "c.dumont@lasne.example"),
    ("c.dumont@lasne.example", "email", "c.dumont@lasne.example"),
    ("oui mais mon mail est c.dumont@lasne.example", "email", "c.dumont@lasne.example"),
    ("le téléphone est 0470 12 34 56", "telephone", "+32 470 12 34 56"),
    ("0470/12.34.56", "telephone", "+32 470 12 34 56"),
    ("la commune est Ixelles", "commune", "Ixelles"),
    ("non, Ixelles", "commune", "Ixelles"),
    ("ma fonction est conseillère communale", "fonction", "conseillère communale"),
    ("l'objet est une formation en état civil", "objet", "une formation en état civil"),
]


@pytest.mark.parametrize("field", ["confirmation", "consentement"])
@pytest.mark.parametrize(("text", "changed", "value"), AT_THE_RECAP, ids=[text for text, _, _ in AT_THE_RECAP])
def test_a_correction_at_the_end_shows_a_new_recap(text: str, changed: str, value: str, field: str) -> None:
    dialogue = at(field)
    dialogue.say(text)
    assert (dialogue.dossier.value_of(changed), dialogue.asks) == (value, "confirmation")
    assert dialogue.text.startswith(CORRECTED)
    assert value in dialogue.text


def test_two_corrections_at_the_recap_both_count() -> None:
    dialogue = at("confirmation")
    dialogue.all("non, Ixelles", "mon nom est Claire Dumonceau", "non, plutôt Etterbeek")
    assert (dialogue.dossier.value_of("commune"), dialogue.dossier.nom, dialogue.asks) == ("Etterbeek", "Claire Dumonceau", "confirmation")
    assert dialogue.all("oui", "oui").outcome == QUALIFIED


@pytest.mark.parametrize(
    ("text", "asked", "answer"),
    [
        ("changez l'adresse e-mail", "email", "c.dumont@lasne.example"),
        ("changez mon mail", "email", "c.dumont@lasne.example"),
        ("le nom est faux", "nom", "Claire Dumonceau"),
        ("l'objet est faux", "objet", "un jumelage"),
        ("le téléphone est faux", "telephone", "0470 12 34 56"),
        ("changez l'objet", "objet", "un jumelage"),
        ("ma commune est fausse", "commune", "Ixelles"),
        ("ma fonction n'est pas la bonne", "fonction", "conseillère communale"),
    ],
)
def test_a_field_that_is_only_named_at_the_recap_is_asked_again(text: str, asked: str, answer: str) -> None:
    dialogue = at("confirmation")
    assert dialogue.say(text).dossier.asks == asked
    assert dialogue.say(answer).dossier.asks == "confirmation"


def test_a_corrected_municipality_in_another_country_takes_its_country_with_it() -> None:
    dialogue = at("confirmation")
    dialogue.say("la commune est Za-Kpota")
    assert (dialogue.dossier.value_of("commune"), dialogue.dossier.value_of("pays")) == ("Za-Kpota", "Bénin")


DECLINED_OPENINGS = [
    ("un étudiant", "Je suis étudiante et je voudrais participer au Programme", "études"),
    ("une ONG", "Nous sommes une ONG sans commune partenaire et voulons participer", "sans commune"),
    ("un comité", "président du comité de quartier des Tilleuls, je voudrais participer", "comité de quartier"),
    ("un ancien", "ancien échevin de Huy, je souhaite participer", "ancien"),
    ("une épouse", "je suis l'épouse du bourgmestre de Huy et je veux participer", "proche"),
    ("un particulier", "je suis un simple citoyen de Huy et je veux participer", "particulier"),
    ("une province", "je suis députée provinciale de la Province de Namur, je veux participer", "province"),
    ("à titre privé", "je suis échevine à Huy mais j'écris à titre privé pour participer", "titre privé"),
]


@pytest.mark.parametrize(("opening", "reason"), [case[1:] for case in DECLINED_OPENINGS], ids=[case[0] for case in DECLINED_OPENINGS])
def test_who_is_no_local_authority_is_declined_with_the_reason_and_its_section(opening: str, reason: str) -> None:
    dialogue = Dialogue(opening)
    turn = dialogue.turn
    assert (turn.outcome, turn.dossier.asks, turn.submits) == (DECLINED, None, False)
    assert "La rubrique «\u00a0Attention\u00a0» réserve les demandes aux autorités locales" in dialogue.text
    assert reason in dialogue.text
    assert turn.decided is not None
    assert turn.decided.verdict == NOT_ADMISSIBLE


def test_an_organisation_without_a_municipality_is_declined_when_it_says_so() -> None:
    dialogue = Dialogue("Je représente une ONG et nous voulons participer", "d'aucune commune")
    assert dialogue.turn.outcome == DECLINED


def test_a_declined_person_was_asked_for_no_contact_and_leaves_none() -> None:
    dossier = Dialogue(f"Je suis étudiante, {NAME}, {EMAIL}, je voudrais participer").dossier
    assert (dossier.nom, dossier.email, dossier.objet, dossier.informed) == (None, None, None, False)


def test_the_same_story_again_gets_the_same_answer_shortly() -> None:
    dialogue = Dialogue("Je suis étudiante et je voudrais participer", "je souhaite transmettre une demande")
    assert (dialogue.text, dialogue.turn.outcome) == (TEXTS("demande.refusee_encore"), DECLINED)
    assert dialogue.turn.decided is None


def test_a_changed_story_is_screened_again_and_the_contact_person_is_told() -> None:
    dialogue = Dialogue("Je suis étudiante et je voudrais participer", "en fait je suis échevine à Huy")
    assert dialogue.asks == "nom"
    assert dialogue.turn.decided is not None
    assert dialogue.turn.decided.verdict == ADMISSIBLE
    assert any("étudiante" in remark for remark in dialogue.turn.decided.remarks)


def test_who_turns_out_to_be_no_authority_at_the_recap_is_declined() -> None:
    dialogue = at("confirmation")
    turn = dialogue.say("en fait je suis étudiante")
    assert (turn.outcome, turn.dossier.nom, turn.dossier.email) == (DECLINED, None, None)


@pytest.mark.parametrize("ending", ["annuler", "oui"], ids=["given up", "sent"])
def test_a_new_request_inherits_nothing(ending: str) -> None:
    dialogue = at("consentement")
    ended = dialogue.say(ending).dossier
    dialogue.dossier = Dossier(number=ended.number, ended=ended.ended)
    dialogue.say("je souhaite transmettre une demande")
    assert dialogue.asks == "profil"
    assert (dialogue.dossier.number, dialogue.dossier.profile, dialogue.dossier.informed) == (2, Profile(), False)


def test_a_profile_in_an_ended_request_is_not_believed() -> None:
    officer = Dialogue(OFFICER).dossier.profile
    dialogue = Dialogue()
    dialogue.dossier = Dossier(number=1, profile=officer, ended=CANCELLED)
    assert dialogue.say("je souhaite transmettre une demande").dossier.asks == "profil"


def test_an_admissible_profile_that_was_planted_is_still_declined_when_it_speaks() -> None:
    dialogue = at("email")
    assert dialogue.say("en fait je suis étudiante, pas échevine").outcome == DECLINED


# --- outside a request ---------------------------------------------------------------------------


def test_who_introduces_themselves_is_remembered_and_asked_what_they_want() -> None:
    turn = RECEPTION.introduce(heard("Je suis échevine à Lasne"), Dossier())
    assert turn is not None
    assert (turn.messages[0].text, turn.dossier.asks) == (TEXTS("demande.presentation"), None)
    dialogue = Dialogue()
    dialogue.dossier = turn.dossier
    assert dialogue.say(TEXTS("demande.bouton")).dossier.asks == "nom"


def test_a_message_that_does_not_say_who_is_no_introduction() -> None:
    assert RECEPTION.introduce(heard("quel est le budget ?"), Dossier()) is None


def test_an_introduction_after_a_cancelled_request_starts_from_nothing() -> None:
    turn = RECEPTION.introduce(heard("je suis étudiante"), Dossier(number=3, profile=Dialogue(OFFICER).dossier.profile, ended=CANCELLED))
    assert turn is not None
    assert (turn.dossier.number, turn.dossier.profile.commune) == (3, None)


@pytest.mark.parametrize(
    ("text", "reopens"),
    [
        ("en fait je suis échevine à Huy", True),
        ("je suis étudiante", False),
        ("quel est le budget ?", False),
        ("et si j'étais bourgmestre ?", False),
    ],
    ids=["another story", "the same story", "a question", "a supposition"],
)
def test_after_a_refusal_only_another_story_reopens_the_request(text: str, reopens: bool) -> None:
    declined = Dialogue("Je suis étudiante et je voudrais participer").dossier
    assert RECEPTION.reopens(heard(text), declined) is reopens
    assert not RECEPTION.reopens(heard(text), Dossier())


def test_contacts_are_not_asked_of_somebody_whose_story_is_open() -> None:
    dialogue = Dialogue("je souhaite transmettre une demande", *CONTACTS)
    assert dialogue.asks in {"profil", "fonction"}
    assert (dialogue.dossier.nom, dialogue.dossier.telephone) == (None, None)
