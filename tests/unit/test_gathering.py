"""Contact details in any message: an address and a number are picked up wherever they stand, once, and nothing is asked twice."""

from __future__ import annotations

from itertools import permutations

import pytest
from sample_dialogue import EMAIL, NAME, OFFICER, Dialogue, at

from bot.intake.gathering import beside, gathered, keeps_no_phone, subject_of, without_phone
from bot.intake.model import QUALIFIED, Dossier
from bot.screening import Profile

PHONE, PHONE_SAID = "+32 470 12 34 56", "0470 12 34 56"

NUMBERS = [
    ("mon gsm 0470 12 34 56", PHONE),
    ("tel: 0470/12.34.56", PHONE),
    ("0470123456", PHONE),
    ("+32470123456", PHONE),
    ("0032 470 12 34 56", PHONE),
    ("appelez-moi au 081 24 68 10 le matin", "+32 81 24 68 10"),
    ("+229 01 97 12 34 56", "+229 01 97 12 34 56"),
    ("00229 01 97 12 34 56", "+229 01 97 12 34 56"),
    ("+226 70 12 34 56", "+226 70 12 34 56"),
    ("+212 6 12 34 56 78", "+212 6 12 34 56 78"),
    ("+221 77 123 45 67", "+221 77 123 45 67"),
    ("(243) 99 123 45 67", "+243 991 234 567"),
    ("0470 12 34 56 ou 0471 22 33 44", PHONE),
    ("pas au 0470 12 34 56 mais au 0471 22 33 44", "+32 471 22 33 44"),
    ("1380 Lasne", None),
    ("un budget de 1 234 567 euros", None),
    ("entre 2014 et 2016", None),
    ("numéro national 85.07.30-033.28", None),
    ("BE71 0961 2345 6769", None),
    ("le 12.05.2016 à 14 h 30", None),
    ("a0470123456@commune.example", None),
    ("123456", None),
    ("", None),
]
AT_HOME = [
    ("Bénin", "01 97 12 34 56", "+229 01 97 12 34 56"),
    ("Burkina Faso", "70 12 34 56", "+226 70 12 34 56"),
    ("Maroc", "0612 34 56 78", "+212 6 12 34 56 78"),
    ("RDC", "0991 234 567", "+243 991 234 567"),
    ("Sénégal", "77 123 45 67", "+221 77 123 45 67"),
    ("France", "06 12 34 56 78", "+33 6 12 34 56 78"),
    ("Belgique", PHONE_SAID, PHONE),
]
ADDRESSES = [
    (EMAIL, EMAIL),
    (f"mon mail est {EMAIL}, merci", EMAIL),
    (f"<{EMAIL}>", EMAIL),
    (f"mailto:{EMAIL}", EMAIL),
    (f"écrivez à {EMAIL}.", EMAIL),
    ("pas le gmail a@gmail.com, plutôt b@lasne.example", "b@lasne.example"),
    ("c.dumont@gmial.com", None),
    ("claire@hotmail.con", None),
    ("claire@", None),
    ("claire point dumont arobase lasne point example", None),
    ("", None),
]
WITHOUT_PHONE = [
    *("sans le téléphone", "sans mon numéro", "sans tél", "sans GSM svp", "pas de téléphone", "pas mon gsm", "plus de téléphone"),
    *("oui mais pas mon téléphone", "retirez le gsm", "enlevez mon numéro", "supprimez le portable", "effacez mon numéro", "ôtez le tel"),
    *(
        "virez le gsm",
        "ni téléphone ni fax",
        "ne donnez pas mon numéro",
        "je ne veux pas que mon numéro soit transmis",
        "pas besoin du téléphone",
    ),
]
WITH_PHONE = [
    *("gardez le téléphone", "appelez-moi plutôt par téléphone", "je préfère le téléphone", "mon gsm est le 0470 12 34 56"),
    *("mon téléphone est faux", "le numéro n'est plus le même", "pas Huy, Ixelles", "sans réponse par mail", ""),
    *("plus rapide par téléphone", "pas par mail, par téléphone", "pas de mail mais un téléphone"),
    *("ce n'est pas mon numéro", "pas le bon numéro", "ce n'est pas le bon téléphone", "pas Huy, et mon téléphone est le 0471 22 33 44"),
]
LEFT_OVER = [
    (f"{NAME} {EMAIL}", NAME),
    (f"{NAME}, {PHONE_SAID}", NAME),
    (f"{NAME} ({EMAIL})", NAME),
    (f"{NAME}\n{EMAIL}\n{PHONE_SAID}", NAME),
    (f"moi c'est {NAME} et mon mail {EMAIL}", f"moi c'est {NAME}"),
    (EMAIL, ""),
    (f"mon mail c'est {EMAIL}", ""),
    (f"mon mail c'est {EMAIL} et mon gsm {PHONE_SAID}", ""),
    (f"voici : {PHONE_SAID}, merci", ""),
    (NAME, NAME),
]


@pytest.mark.parametrize(("text", "number"), NUMBERS, ids=[text or "nothing" for text, _ in NUMBERS])
def test_a_number_is_found_in_any_message_and_nothing_else_is_one(text: str, number: str | None) -> None:
    assert gathered(Dossier(), text).telephone == number


@pytest.mark.parametrize(("country", "text", "number"), AT_HOME, ids=[country for country, _, _ in AT_HOME])
def test_a_number_without_prefix_belongs_to_the_country_of_the_municipality(country: str, text: str, number: str) -> None:
    assert gathered(Dossier(profile=Profile(country=country)), text).telephone == number


@pytest.mark.parametrize(("text", "address"), ADDRESSES, ids=[text or "nothing" for text, _ in ADDRESSES])
def test_an_address_is_found_in_any_message_unless_it_is_in_doubt(text: str, address: str | None) -> None:
    assert gathered(Dossier(), text).email == address


def test_what_is_known_is_never_overwritten() -> None:
    known = Dossier(email="first@lasne.example", telephone="+32 471 00 00 00")
    assert gathered(known, f"{EMAIL} {PHONE_SAID}") == known


def test_a_number_that_was_declined_may_still_be_given() -> None:
    assert gathered(Dossier(telephone=""), PHONE_SAID).telephone == PHONE


def test_a_message_without_details_leaves_the_dossier_as_it_is() -> None:
    dossier = Dossier(number=3, nom=NAME, telephone="")
    assert gathered(dossier, "une formation à l'état civil") == dossier


@pytest.mark.parametrize("text", WITHOUT_PHONE)
def test_a_number_may_be_left_out_in_many_words(text: str) -> None:
    assert keeps_no_phone(text)
    assert not keeps_no_phone(without_phone(text))


@pytest.mark.parametrize("text", WITH_PHONE, ids=[text or "nothing" for text in WITH_PHONE])
def test_who_speaks_of_a_number_otherwise_does_not_leave_it_out(text: str) -> None:
    assert not keeps_no_phone(text)


@pytest.mark.parametrize(("text", "rest"), LEFT_OVER, ids=[text.replace("\n", " / ") for text, _ in LEFT_OVER])
def test_what_stands_beside_the_details_is_left(text: str, rest: str) -> None:
    assert beside(text, None) == rest


def test_the_details_of_an_opening_are_no_part_of_its_subject() -> None:
    dossier = Dossier(nom=NAME, email=EMAIL)
    subject = subject_of(f"Je m'appelle {NAME}, mon mail est {EMAIL}, gsm {PHONE_SAID}, et nous voulons une formation", dossier)
    assert subject is not None
    assert "une formation" in subject
    assert not any(detail in subject for detail in (NAME, EMAIL, PHONE_SAID))


# --- in a request --------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", list(permutations((NAME, EMAIL, PHONE_SAID))), ids=lambda order: " / ".join(order))
def test_name_address_and_number_are_taken_in_any_order(order: tuple[str, ...]) -> None:
    dialogue = Dialogue(OFFICER, *order)
    assert (dialogue.dossier.nom, dialogue.dossier.email, dialogue.dossier.telephone, dialogue.asks) == (NAME, EMAIL, PHONE, "confirmation")


@pytest.mark.parametrize("order", list(permutations((NAME, EMAIL, PHONE_SAID))), ids=lambda order: " / ".join(order))
def test_all_three_may_come_in_one_answer(order: tuple[str, ...]) -> None:
    dialogue = Dialogue(OFFICER, ", ".join(order))
    assert (dialogue.dossier.nom, dialogue.dossier.email, dialogue.dossier.telephone, dialogue.asks) == (NAME, EMAIL, PHONE, "confirmation")


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("profil", f"Mandataire, vous pouvez m'écrire à {EMAIL}"),
        ("fonction", f"échevine, mon mail est {EMAIL}"),
        ("commune", f"Lasne ({EMAIL})"),
        ("nom", f"{NAME} {EMAIL}"),
    ],
)
def test_an_address_given_early_is_not_asked_again(field: str, text: str) -> None:
    dialogue = at(field)
    dialogue.say(text)
    assert dialogue.dossier.email == EMAIL
    asked = []
    for answer in ("échevine", "Lasne", NAME, "non", "une formation"):
        asked.append(dialogue.asks)
        dialogue.say({"fonction": "échevine", "commune": "Lasne", "nom": NAME, "telephone": "non"}.get(str(dialogue.asks), answer))
    assert "email" not in asked


def test_an_address_of_the_opening_is_kept_until_the_recap() -> None:
    dialogue = Dialogue(f"Je suis échevine à Lasne, je veux participer au Programme, {EMAIL}, {PHONE_SAID}", NAME)
    assert dialogue.asks == "confirmation"
    assert all(value in dialogue.text for value in (NAME, EMAIL, PHONE))


@pytest.mark.parametrize("number", ["+243 812 345 678", "+229 97 12 34 56", "+32 470 12 34 56"])
def test_a_number_given_for_a_function_is_no_function(number: str) -> None:
    dialogue = at("fonction")
    dialogue.say(number)
    assert (dialogue.asks, dialogue.dossier.value_of("fonction")) == ("fonction", None)


@pytest.mark.parametrize("field", ["confirmation", "consentement"])
@pytest.mark.parametrize(
    "text", ["sans le téléphone", "oui mais pas mon téléphone", "retirez le gsm", "oui sans téléphone", "je retire mon numéro"]
)
def test_a_number_is_left_out_at_the_end_and_the_recap_says_so(field: str, text: str) -> None:
    dialogue = Dialogue(OFFICER, NAME, EMAIL, PHONE_SAID)
    while dialogue.asks != field:
        dialogue.say("oui")
    turn = dialogue.say(text)
    assert (turn.submits, turn.outcome, turn.dossier.telephone, turn.dossier.asks) == (False, None, "", "confirmation")
    assert PHONE not in dialogue.text
    assert dialogue.all("oui", "oui").outcome == QUALIFIED


def test_without_a_number_consent_may_say_so_once_more() -> None:
    turn = at("consentement").say("oui, sans le téléphone")
    assert (turn.submits, turn.dossier.telephone) == (True, "")


@pytest.mark.parametrize(
    "text",
    [
        "je laisse mon numéro : 0470 12 34 56",
        "je laisse aussi mon gsm 0470123456",
        "j'oublie toujours mon numéro : 0470 12 34 56",
    ],
)
def test_a_number_is_taken_whatever_words_it_comes_in(text: str) -> None:
    dialogue = at("telephone")
    assert dialogue.say(text).dossier.telephone == PHONE


@pytest.mark.parametrize(
    "text", ["tant pis, sans téléphone", "je ne veux plus de téléphone", "on oublie le téléphone", "sans téléphone alors"]
)
def test_who_gives_no_number_goes_on_without_one(text: str) -> None:
    dialogue = at("telephone")
    turn = dialogue.say(text)
    assert (turn.outcome, turn.dossier.telephone, turn.dossier.asks) == (None, "", "objet")


def test_a_number_that_is_corrected_beside_the_municipality_is_kept() -> None:
    dialogue = Dialogue(OFFICER, NAME, EMAIL, PHONE_SAID)
    dialogue.say("pas Lasne, Ixelles, et mon téléphone est le 0471 22 33 44")
    assert (dialogue.dossier.value_of("commune"), dialogue.dossier.telephone) == ("Ixelles", "+32 471 22 33 44")


@pytest.mark.parametrize("text", ["ce n'est pas le bon numéro", "ce n'est pas mon numéro"])
def test_a_number_that_is_wrong_is_asked_again_rather_than_dropped(text: str) -> None:
    dialogue = Dialogue(OFFICER, NAME, EMAIL, PHONE_SAID)
    dialogue.say(text)
    assert (dialogue.asks, dialogue.dossier.telephone) == ("telephone", None)


@pytest.mark.parametrize("text", ["mon dossier est DOS-2026-N3J2BK", "le 12.05 à 10 h 30", "-2026- 12 et 3"])
def test_what_is_read_back_as_a_number_has_the_figures_of_one(text: str) -> None:
    doubt = at("telephone").say(text).dossier.doubt
    assert doubt == "" or sum(character.isdigit() for character in doubt) >= 6
    assert not doubt.startswith("-")
