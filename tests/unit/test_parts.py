"""A message is cut into the questions it asks, by its signs and joints, without spaCy."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.understanding.parts import MOST, SHORTEST, bare, questions


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Bonjour, quel est le budget ?", "quel est le budget ?"),
        ("bonjour madame, merci d'avance, le budget", "le budget"),
        ("svp le budget", "le budget"),
        ("Le budget", "Le budget"),
        ("Bonjour", "Bonjour"),
        ("merci", "merci"),
        ("l’objectif", "l'objectif"),
        ("s’il vous plaît, les pays", "les pays"),
        ("", ""),
    ],
    ids=lambda value: value or "nothing",
)
def test_courtesies_that_open_a_message_are_taken_off(text: str, left: str) -> None:
    assert bare(text) == left


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Quel secteur au Bénin ? C'est quoi le budget ?", ("Quel secteur au Bénin ?", "C'est quoi le budget ?")),
        (
            "quel secteur au Bénin et c'est quoi le budget",
            ("quel secteur au Bénin", "c'est quoi le budget"),
        ),
        ("quel est le budget ?", ()),
        ("Bonjour, quel est le budget ?", ("quel est le budget ?",)),
        ("Combien de pays, et lesquels svp ?", ("Combien de pays",)),
        ("Combien de pays ? Lesquels ?", ("Combien de pays ?",)),
        ("Je suis échevine à Huy. Quel est le budget ?", ("Je suis échevine à Huy", "Quel est le budget ?")),
        ("le budget\nles pays partenaires", ("le budget", "les pays partenaires")),
        ("budget", ()),
        ("?!", ()),
        ("", ()),
    ],
    ids=lambda value: value if isinstance(value, str) and value else None,
)
def test_a_message_is_cut_into_its_questions(text: str, parts: tuple[str, ...]) -> None:
    assert questions(text) == parts


def test_of_a_long_letter_the_last_parts_are_looked_at() -> None:
    letter = " ".join(f"Voici la phrase {name}." for name in ("un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit"))
    parts = questions(f"{letter} Quel est le budget ?")
    assert len(parts) == MOST
    assert parts[-1] == "Quel est le budget ?"


@given(st.text(alphabet=st.sampled_from("ab et?!;.,\n puis le la"), max_size=120))
def test_parts_are_few_short_of_nothing_and_never_the_message_itself(text: str) -> None:
    parts = questions(text)
    assert len(parts) <= MOST
    assert len(set(parts)) == len(parts)
    assert all(len(part.split()) >= SHORTEST and part != text.strip() for part in parts)


LONG = {"joints": "et " * 700, "greetings": "bonjour " * 250, "signs": "? " * 1000, "thanks": "merci, " * 280, "articles": "la le " * 330}


@pytest.mark.parametrize("text", LONG.values(), ids=LONG)
def test_two_thousand_characters_of_anything_are_cut_at_once(text: str) -> None:
    """The expressions must not blow up on repetition."""
    start = time.process_time()
    assert len(questions(text[:2000])) <= MOST
    assert time.process_time() - start < 2


def test_cutting_needs_no_language_model() -> None:
    code = "import sys; from bot.understanding.parts import questions; questions('quel pays ?'); sys.exit('spacy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
