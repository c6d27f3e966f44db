"""The sound of a word: what people write by ear is the same as what they mean, and other words sound otherwise."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.understanding.phonetics import sound

ALIKE = """
    foncier fonsie, foncier foncie, rapporter raporter, budget budjet, budget budje, pourquoi pourkoi, bureau buro, niveaux nivo,
    reseau rezo, reseau reso, partenariat partenaria, communes comunes, commune komune, action aksion, action acsion, gestion jestion,
    association asociation, population populassion, decentralisation desantralisasion, photo foto, chef shef, pays pais, secteur sekteur,
    naissance nessance, naissance naissence, maroc marok, benin benain, quand kan, quel kel, quoi koi, qui ki, travail travaille,
    citoyen citoien, moyen moien, enfant anfan, temps tan, important inportant, impot inpo, main min, echevin echevain, bourgmestre
    bourgmaistre, habiter abiter, hotel otel, theme teme, rythme ritme, ecole ekol, fonction fonksion, parler parlez, scene sene
"""
OTHERWISE = """
    pays pois, budget boucher, loi lait, quand quoi, foncier financier, pont pain, vin vent, lent long, gare jarre, rue roue, ou au,
    pilier papier, total local, action section, benin maroc, un une, main mine, bon bonne, plan plane, brun brune, italien italienne,
    chef sel, commune comment, chaque sac
"""


def pairs(words: str) -> list[list[str]]:
    return [pair.split() for pair in words.split(",")]


@pytest.mark.parametrize(("word", "by_ear"), pairs(ALIKE), ids=lambda value: value)
def test_what_is_written_by_ear_sounds_the_same(word: str, by_ear: str) -> None:
    assert sound(word) == sound(by_ear)


@pytest.mark.parametrize(("word", "other"), pairs(OTHERWISE), ids=lambda value: value)
def test_other_words_sound_otherwise(word: str, other: str) -> None:
    assert sound(word) != sound(other)


@pytest.mark.parametrize(
    "forms", ["budget budgets", "secteur secteurs", "partenaire partenaires", "elu elus", "local locale", "annee annees"]
)
def test_forms_that_are_not_heard_are_one(forms: str) -> None:
    one, other = forms.split()
    assert sound(one) == sound(other)


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=15))
def test_a_sound_is_short_and_no_letter_stands_twice_in_a_row(word: str) -> None:
    assert len(sound(word)) <= len(word)
    assert re.search(r"(.)\1", sound(word)) is None
