"""Another language is told from French by its words or its script; in doubt it is French."""

from __future__ import annotations

import pytest
from sample_assistant import the_base, the_texts

from bot.answers.language import language_of

OTHERS = [
    ("Wat is het budget van de gemeente?", "nl"),
    ("Goedendag, ik heb een vraag", "nl"),
    ("What is the budget?", "en"),
    ("hello, can you help me please", "en"),
    ("Was ist das Programm und wie kann ich mitmachen?", "de"),
    ("¿Cómo puedo participar en el programa?", "es"),
    ("¿Hay una oficina en el centro, en Namur?", "es"),
    ("Buongiorno, come posso partecipare al programma?", "it"),
    ("Olá, bom dia, como posso participar do programa?", "pt"),
    ("Habari, ninataka kujua jambo", "sw"),
    ("Mbote, nazali na ndako", "ln"),
    ("Nanga def, maa ngi fi", "wo"),
    ("ما هي الميزانية", "ar"),
    ("какой бюджет", "autre"),
    ("预算是多少", "autre"),
    ("ποιος είναι ο προϋπολογισμός", "autre"),
    ("מה התקציב", "autre"),
]
FRENCH = [
    "c'est quoi le budget pour Bruxelles ?",
    "budget bruxelles",
    "kel budjet pr bxl",
    "le learning by doing c'est quoi",
    "Je suis échevine à Sint-Joost-ten-Node",
    "et en Wallonie ?",
    "combien en Wallonie en 2015 ?",
    "en 2015, on y va en mission ?",
    "où ça ?",
    "date de lancement du programme",
    "ok merci",
    "CIC",
    "de",
    "",
    "👍",
    "1234",
]


@pytest.mark.parametrize(("text", "code"), OTHERS, ids=[text for text, _ in OTHERS])
def test_another_language_is_recognised(text: str, code: str) -> None:
    assert language_of(text) == code


@pytest.mark.parametrize("text", FRENCH, ids=[text or "nothing" for text in FRENCH])
def test_french_in_any_dress_stays_french(text: str) -> None:
    assert language_of(text) is None


def test_each_language_has_its_sentence() -> None:
    assert all(f"langues.{code}" in the_texts() for _, code in OTHERS)


def test_no_title_of_a_button_is_taken_for_another_language() -> None:
    assert [entry.title for entry in the_base().entries.values() if language_of(entry.title)] == []
