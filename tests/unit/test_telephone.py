"""Telephone numbers as people type them, in the countries of the programme; and the many ways to give none."""

from __future__ import annotations

import pytest

from bot.intake.reading import Reading
from bot.intake.telephones import find_phone, read_phone

PHONES = [
    ("+32 2 213 88 57", "Belgique", "+3222138857"),
    ("0032 2 213 88 57", "Belgique", "+3222138857"),
    ("0477 12 34 56", "Belgique", "+32477123456"),
    ("0477/12.34.56", None, "+32477123456"),
    ("0477123456", "Belgique", "+32477123456"),
    ("081/62.63.40", "Belgique", "+3281626340"),
    ("mon gsm : 0477 12 34 56, le soir", "Belgique", "+32477123456"),
    ("c'est le +32 (0)477 12 34 56", "Belgique", "+32477123456"),
    ("+229 01 97 12 34 56", "Bénin", "+2290197123456"),
    ("+226 70 12 34 56", "Burkina Faso", "+22670123456"),
    ("70 12 34 56", "Burkina Faso", "+22670123456"),
    ("+212 612-345678", "Maroc", "+212612345678"),
    ("0612-345678", "Maroc", "+212612345678"),
    ("+221 77 123 45 67", "Sénégal", "+221771234567"),
    ("77 123 45 67", "Sénégal", "+221771234567"),
    ("+221 77 123 45 67", "Belgique", "+221771234567"),
    ("+243 810 123 456", "République démocratique du Congo", "+243810123456"),
    ("0810 123 456", "République démocratique du Congo", "+243810123456"),
    ("+33 6 12 34 56 78", None, "+33612345678"),
    ("(243) 99-702-11-38", "République démocratique du Congo", "+243997021138"),
    ("pas le fixe 085/23.45.67, prenez plutôt mon GSM 0497/81.72.63", "Belgique", "+32497817263"),
    ("0497/81.72.63 ou 085/23.45.67", "Belgique", "+32497817263"),
]
NO_PHONES = [
    "non",
    "Non merci",
    "aucun",
    "pas de téléphone",
    "Pas de téléphone",
    "je préfère être contacté par e-mail",
    "je prefere le mail",
    "par mail",
    "uniquement par écrit",
    "je n'ai pas de GSM",
    "inutile",
    "par courriel svp",
    "mieux vaut me contacter par email",
    "je préfère ne pas le donner",
    "je préfère ne pas le communiquer, les gens en abusent",
    "j'en ai pas",
    "nn pas besoin",
    "/",
    "-",
    "néant",
    "le mail suffit",
]
NOT_PHONES = ["merci", "bonjour", "je ne sais pas", "12", "l'an 2016", "oui", "👍", "", "1" * 50, "x" * 5000]


@pytest.mark.parametrize(("text", "country", "number"), PHONES, ids=[f"{text} in {country}" for text, country, _ in PHONES])
def test_a_telephone_number_is_read_and_written_internationally(text: str, country: str | None, number: str) -> None:
    reading = read_phone(text, country)
    assert reading.value is not None
    assert ("".join(char for char in reading.value if char not in " -"), reading.doubt) == (number, False)


def test_a_telephone_number_is_written_in_groups() -> None:
    assert read_phone("0477123456", "Belgique").value == "+32 477 12 34 56"


@pytest.mark.parametrize("text", NO_PHONES)
def test_who_prefers_no_telephone_gives_none(text: str) -> None:
    assert read_phone(text, "Belgique") == Reading("")


@pytest.mark.parametrize("text", NOT_PHONES, ids=[repr(text[:40]) for text in NOT_PHONES])
def test_what_is_no_telephone_number_is_refused(text: str) -> None:
    assert read_phone(text, "Belgique") == Reading(fault="telephone")


def test_a_number_of_benin_with_eight_digits_as_before_is_in_doubt() -> None:
    assert read_phone("+229 97 12 34 56", "Bénin") == Reading("+229 97 12 34 56", doubt=True)


def test_a_number_of_no_known_country_is_in_doubt() -> None:
    assert read_phone("+999 12 34 56 78", "Belgique") == Reading("+999 12 34 56 78", doubt=True)


@pytest.mark.parametrize(
    ("text", "country", "number"),
    [
        ("Claire Dumont, 0477 12 34 56, échevine", "Belgique", "+32 477 12 34 56"),
        ("je réponds au 00229 01 97 00 11 22", None, "+229 01 97 00 11 22"),
        ("note n° 014/2025 du 12.03.2025", "Belgique", None),
        ("de 2014 à 2016, 8 100 000 €", None, None),
        ("rue de la Loi 16, 1000 Bruxelles", None, None),
        ("BE12 3456 7890 1234", None, None),
    ],
)
def test_a_number_beside_other_things_counts_only_when_it_is_surely_one(text: str, country: str | None, number: str | None) -> None:
    assert find_phone(text, country) == number


@pytest.mark.parametrize("text", ["12.05.2016", "depuis le 3/12/2018", "né le 01-02-1990"])
def test_a_day_with_its_year_is_no_number(text: str) -> None:
    assert read_phone(text, "Belgique").fault == "telephone"


def test_a_number_beside_a_day_counts() -> None:
    assert read_phone("dès le 3/12/2026 au 0470 11 22 33", "Belgique").value == "+32 470 11 22 33"
