"""What the message that opens a request already says: the name of its author, and what it is about."""

from __future__ import annotations

import pytest
from sample_assistant import heard

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
