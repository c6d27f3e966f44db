"""What the message that opens a request already says: the name of its author, and what it is about."""

from __future__ import annotations

import pytest
from sample_assistant import heard, the_screening
from sample_dialogue import Dialogue

from bot.intake.opening import introduced, purpose


@pytest.mark.parametrize(
    ("text", "persons", "name"),
    [
        ("Bonjour, je m'appelle Claire Dumont et je voudrais participer", ["Claire Dumont"], "Claire Dumont"),
        ("Je m’appelle Claire Dumont", ["Claire Dumont"], "Claire Dumont"),
        ("Je suis Mme Claire Dumont", ["Claire Dumont"], "Claire Dumont"),
        ("Moi, Awa Exemple, bourgmestre", ["Awa Exemple"], "Awa Exemple"),
        ("mon nom est Awa Exemple", ["Awa Exemple"], "Awa Exemple"),
        ("Notre bourgmestre, Claire Dumont, voudrait participer", ["Claire Dumont"], None),
        ("Je voudrais parler à Claire Dumont", ["Claire Dumont"], None),
        ("Je m'appelle Claire", ["Claire"], None),
        ("Je suis Échevine des Finances", ["Échevine des Finances"], "Échevine des Finances"),
        ("je m'appelle claire dumont", ["claire dumont"], None),
        ("le bourgmestre Jean Exemple m'envoie, je suis Claire Dumont", ["Jean Exemple", "Claire Dumont"], "Claire Dumont"),
        ("je m'appelle claire", [], None),
        ("", [], None),
    ],
    ids=[
        "je m'appelle",
        "typographic apostrophe",
        "with a title",
        "moi",
        "mon nom est",
        "somebody else",
        "somebody asked for",
        "one word",
        "what spaCy takes for a person is checked by the flow",
        "no capitals",
        "the second person",
        "nobody found",
        "nothing",
    ],
)
def test_the_author_is_who_introduces_themselves(text: str, persons: list[str], name: str | None) -> None:
    assert introduced(heard(text, persons=persons)) == name


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("Je suis échevine et je veux participer au Programme", "Je suis échevine et je veux participer au Programme"),
        ("proposer un expert\nde l'état civil", "proposer un expert de l'état civil"),
        ("=participer", "participer"),
        ("je souhaite transmettre une demande", None),
        ("je voudrais un contact", None),
        ("participer " * 40, None),
        ("", None),
    ],
    ids=["says what", "on one line", "no formula", "says nothing", "a contact", "too long to be a subject", "nothing"],
)
def test_an_opening_that_says_what_it_is_about_is_the_subject(text: str, subject: str | None) -> None:
    assert purpose(text) == subject


SIGNED = [
    ("Claire Dumont, échevine à Huy, souhaite une formation", "Claire Dumont"),
    ("Bonjour, Claire Dumont, échevine à Huy. Nous voulons participer.", "Claire Dumont"),
    ("Claire Dumont (échevine à Huy), pour un partenariat", "Claire Dumont"),
    ("Nous voulons participer. Claire Dumont, bourgmestre de Huy", "Claire Dumont"),
    ("Claire Dumont suis échevine à Huy et veux participer", "Claire Dumont"),
    ("Notre échevine Claire Dumont, bourgmestre de Huy, voudrait participer", None),
    ("Claire Dumont, qui est échevine à Huy, m'a parlé du Programme", None),
    ("Claire Dumont, boulangère à Huy, souhaite participer", None),
    ("j'ai parlé à Claire Dumont, échevine à Huy", None),
]


@pytest.mark.parametrize(("text", "name"), SIGNED, ids=[text for text, _ in SIGNED])
def test_who_signs_with_a_function_of_their_own_is_the_author(text: str, name: str | None) -> None:
    assert introduced(heard(text, persons=["Claire Dumont"]), the_screening().names_function) == name


@pytest.mark.parametrize("greeting", ["Bonjour Jean-Michel Reniers", "Bonjour, Jean-Michel Reniers", "Jean-Michel Reniers, bonjour"])
def test_who_is_greeted_by_name_is_not_the_author(greeting: str) -> None:
    text = f"{greeting}, je suis échevine à Huy et je voudrais participer"
    assert introduced(heard(text, persons=["Jean-Michel Reniers"]), the_screening().names_function) is None


@pytest.mark.parametrize(
    ("text", "found", "name"),
    [
        ("Je m'appelle Claire Dumont, je suis échevine à Lasne et je veux participer", "Claire Dumont", "Claire Dumont"),
        ("Je suis Échevine des Finances à Lasne et je veux participer", "Échevine des Finances", None),
        ("Je suis Lasne Belgique, commune, je veux participer", "Lasne Belgique", None),
    ],
    ids=["a person", "a function", "a municipality"],
)
def test_what_is_taken_for_a_person_and_is_none_is_asked(text: str, found: str, name: str | None) -> None:
    dialogue = Dialogue()
    dialogue.say(text, persons=[found])
    assert dialogue.dossier.nom == name
