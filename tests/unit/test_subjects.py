"""What a request is about: without greeting and introduction, with what is added at the end, and what replaces it."""

from __future__ import annotations

import pytest
from sample_assistant import the_texts
from sample_dialogue import CONTACTS, OFFICER, Dialogue, at

from bot.intake import subjects
from bot.intake.fields import SUBJECT_LONGEST
from bot.intake.model import OFFER_REQUEST, QUALIFIED

TEXTS = the_texts()
OPENINGS = [
    (
        "Bonjour, je suis échevine à Woluwe-Saint-Pierre et je voudrais introduire une demande pour participer",
        "Je voudrais introduire une demande pour participer",
    ),
    ("Bonjour, nous voulons participer", "Nous voulons participer"),
    (
        "Je m'appelle Claire Dumont, je suis échevine à Huy, nous souhaitons rejoindre le Programme",
        "Nous souhaitons rejoindre le Programme",
    ),
    ("En tant que bourgmestre de Huy, j’aimerais proposer un expert", "J’aimerais proposer un expert"),
    ("Bonjour Madame, échevine à Huy, je voudrais participer", "Je voudrais participer"),
    ("Je suis échevine à Huy. Concernant la formation en état civil", "Concernant la formation en état civil"),
]
WHOLE = [
    "participer au Programme",
    "une formation",
    "Notre commune est jumelée avec Za-Kpota et je voudrais participer",
    "Bonjour, je suis échevine, notre projet avance mais nous voulons un expert",
    "Je suis échevine à Huy",
    "",
]


@pytest.mark.parametrize(("text", "subject"), OPENINGS, ids=[text[:40] for text, _ in OPENINGS])
def test_greeting_and_introduction_are_no_part_of_the_subject(text: str, subject: str) -> None:
    assert subjects.without_introduction(text) == subject


@pytest.mark.parametrize("text", WHOLE, ids=[text[:40] or "nothing" for text in WHOLE])
def test_what_tells_of_the_matter_stays(text: str) -> None:
    assert subjects.without_introduction(text) == text


ADDITIONS = [
    ("ajoutez que c'est pour 2027", "C'est pour 2027."),
    ("oui mais ajoutez que c’est pour 2027", "C’est pour 2027."),
    ("précisez que notre partenaire est Za-Kpota", "Notre partenaire est Za-Kpota."),
    ("ajouter aussi que nous avons déjà un projet d'état civil", "Nous avons déjà un projet d'état civil."),
    ("pouvez-vous ajouter que c'est urgent", "C'est urgent."),
    ("je voudrais préciser que c'est pour notre service population", "C'est pour notre service population."),
    ("notez qu'il s'agit d'une première demande", "Il s'agit d'une première demande."),
    ("ajoutez : pour 2027", "Pour 2027."),
]


@pytest.mark.parametrize("field", ["confirmation", "consentement"])
@pytest.mark.parametrize(("text", "added"), ADDITIONS, ids=[text for text, _ in ADDITIONS])
def test_what_is_added_at_the_end_is_read_back_with_the_subject(text: str, added: str, field: str) -> None:
    dialogue = at(field)
    before = dialogue.dossier.profile
    dialogue.say(text)
    assert (dialogue.dossier.objet, dialogue.asks) == (f"participer au Programme. {added}", "confirmation")
    assert dialogue.dossier.profile == before
    assert dialogue.text.startswith(TEXTS("demande.corrige"))
    assert dialogue.all("oui", "oui").outcome == QUALIFIED


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("ajoutez mon gsm 0470 12 34 56", "telephone", "+32 470 12 34 56"),
        ("ajoutez que je suis première échevine", "fonction", "première échevine"),
        ("ajoutez que mon mail est c@lasne.example", "email", "c@lasne.example"),
    ],
)
def test_what_is_added_to_another_field_is_no_subject(text: str, field: str, value: str) -> None:
    dialogue = at("confirmation")
    dialogue.say(text)
    assert (dialogue.dossier.value_of(field), dialogue.dossier.objet) == (value, "participer au Programme")


def test_more_than_a_subject_may_hold_is_not_added() -> None:
    dialogue = at("confirmation")
    dialogue.say("ajoutez que " + "nous voulons participer " * (SUBJECT_LONGEST // 20))
    assert dialogue.dossier.objet == "participer au Programme"


WISHES = [
    "on veut rejoindre le Programme avec notre partenaire au Bénin",
    "nous voudrions un partenariat avec la commune de Za-Kpota",
    "en fait nous souhaitons une formation en état civil",
]


@pytest.mark.parametrize("field", ["confirmation", "consentement"])
@pytest.mark.parametrize(("answer", "kept"), [("oui", True), ("non", False)])
@pytest.mark.parametrize("text", WISHES)
def test_a_wish_at_the_end_is_asked_back_as_the_subject(text: str, answer: str, kept: bool, field: str) -> None:
    dialogue = at(field)
    dialogue.say(text)
    assert (dialogue.asks, dialogue.dossier.value_of("commune")) == ("objet", "Lasne")
    assert dialogue.buttons == ["Oui", "Non"]
    subject = dialogue.dossier.doubt
    dialogue.say(answer)
    assert (dialogue.asks, dialogue.dossier.objet) == ("confirmation", subject if kept else "participer au Programme")


@pytest.mark.parametrize("text", ["je veux changer le nom", "je ne veux pas participer", "on veut que ce soit exact", "je veux annuler"])
def test_another_wish_is_no_subject(text: str) -> None:
    dialogue = at("confirmation")
    dialogue.say(text)
    assert not dialogue.dossier.doubt


# --- a person is wanted, or somebody is angry ------------------------------------------------------------

HUMANS = [
    *("passez-moi un humain", "je veux parler à quelqu'un", "je voudrais parler à une vraie personne svp, pas à un robot"),
    *("donnez-moi un responsable", "je préfère discuter avec un humain", "je ne veux pas parler à un robot"),
]
ANGER = ["je suis très en colère contre votre programme", "c'est scandaleux", "je suis furieuse !", "j'en ai marre de vos réponses"]


@pytest.mark.parametrize("text", HUMANS)
def test_who_wants_a_person_is_told_that_nobody_answers_here_and_may_go_on(text: str) -> None:
    dialogue = Dialogue(text)
    assert dialogue.text.startswith(TEXTS("demande.humain"))
    assert dialogue.say("je suis échevine à Lasne").dossier.asks == "nom"


@pytest.mark.parametrize("text", ANGER)
def test_anger_opens_no_request_and_is_offered_one(text: str) -> None:
    dialogue = Dialogue(text)
    assert (dialogue.text, dialogue.asks, dialogue.dossier.offered) == (TEXTS("demande.colere"), None, OFFER_REQUEST)


@pytest.mark.parametrize("field", ["profil", "fonction", "commune", "nom", "email", "telephone", "confirmation", "consentement"])
@pytest.mark.parametrize("text", [HUMANS[0], HUMANS[1], ANGER[0]])
def test_in_the_middle_it_is_said_and_the_question_comes_again(text: str, field: str) -> None:
    dialogue = at(field)
    before = dialogue.dossier
    dialogue.say(text)
    assert dialogue.text.startswith(TEXTS("demande.colere" if text in ANGER else "demande.humain"))
    assert (dialogue.asks, dialogue.dossier.profile, dialogue.dossier.nom) == (field, before.profile, before.nom)


@pytest.mark.parametrize(
    "text",
    [
        "je suis échevine à Huy, je veux participer et je suis en colère",
        "je veux parler à la personne de contact",
        "nous voulons participer, c'est inadmissible d'attendre",
    ],
)
def test_a_request_told_in_anger_is_a_request(text: str) -> None:
    dialogue = Dialogue(text)
    assert dialogue.asks is not None


def test_a_complaint_may_be_the_subject() -> None:
    dialogue = at("objet")
    dialogue.say("dire que je suis en colère contre votre programme")
    assert dialogue.asks == "confirmation"


def test_the_subject_of_an_opening_is_shown_without_the_introduction() -> None:
    assert Dialogue(OFFICER, *CONTACTS).dossier.objet == "Je veux participer au Programme"


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("Un échange d'expériences avec une commune du Bénin", "Un échange d'expériences avec une commune du Bénin"),
        ("un partenariat avec Cotonou sur l'état civil", "un partenariat avec Cotonou sur l'état civil"),
        ("plutôt une rencontre avec la commune de Banfora", "une rencontre avec la commune de Banfora"),
        ("non, parler des déchets avec Ouagadougou", "parler des déchets avec Ouagadougou"),
    ],
)
def test_another_subject_at_the_recap_is_offered_and_no_municipality_in_it_replaces_ours(text: str, subject: str) -> None:
    dialogue = at("confirmation")
    commune = dialogue.dossier.profile.commune
    dialogue.say(text)
    assert (dialogue.asks, dialogue.dossier.doubt) == ("objet", subject)
    dialogue.say("oui")
    assert (dialogue.asks, dialogue.dossier.objet, dialogue.dossier.profile.commune) == ("confirmation", subject, commune)


@pytest.mark.parametrize("text", ["la participation est pour Gembloux", "c'est pour Gembloux en fait"])
def test_a_municipality_is_still_put_right_at_the_recap(text: str) -> None:
    dialogue = at("confirmation")
    dialogue.say(text)
    assert (dialogue.asks, dialogue.dossier.profile.commune) == ("confirmation", "Gembloux")
