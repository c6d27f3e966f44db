"""Which field a correction is about, and what it puts there."""

from __future__ import annotations

import pytest

from bot.intake import corrections

CHANGES = [
    ("non, Ixelles", True),
    ("en fait je suis conseillère", True),
    ("pardon, c'est Huy", True),
    ("oups, mon mail c'est plutôt c.dumont@commune.example", True),
    ("mon nom s'écrit Dumonceau", True),
    ("changez le téléphone", True),
    ("je me suis trompée de commune", True),
    ("le numéro est faux", True),
    ("ce n'est pas Huy", True),
    ("pas Huy mais Ixelles", True),
    ("Claire Dumont", False),
    ("échevine", False),
    ("nonante", False),
    ("oui", False),
    ("", False),
]
FIELDS = [
    ("mon nom est Dumont", "nom"),
    ("le prénom est faux", "nom"),
    ("je m'appelle Claire", "nom"),
    ("changez l'adresse e-mail", "email"),
    ("mon mail", "email"),
    ("mon courriel", "email"),
    ("changez l'email", "email"),
    ("email", "email"),
    ("c.dumont@commune.example", "email"),
    ("le téléphone", "telephone"),
    ("mon GSM", "telephone"),
    ("0470/12.34.56", "telephone"),
    ("0470 12 34 56", "telephone"),
    ("+32 470 12 34 56", "telephone"),
    ("ma fonction est conseillère", "fonction"),
    ("la commune est Ixelles", "commune"),
    ("notre ville", "commune"),
    ("le pays", "pays"),
    ("l'objet est une formation", "objet"),
    ("le sujet", "objet"),
    ("non, Ixelles", None),
    ("Noms", None),
    ("paysage", None),
    ("", None),
]
VALUES = [
    ("non, Ixelles", "Ixelles"),
    ("mon nom est Claire Dumonceau", "Claire Dumonceau"),
    ("mon nom s'écrit Dumonceau", "Dumonceau"),
    ("pardon, c'est Huy.", "Huy"),
    ("pas Huy mais Ixelles", "Ixelles"),
    ("l'objet : une formation", "une formation"),
    ("remplacez par Awa Exemple !", "Awa Exemple"),
    ("plutôt Ixelles", "Ixelles"),
    ("Ixelles", "Ixelles"),
    ("non", "non"),
    ("le nom est faux", "le nom est faux"),
    ("mon nom est mal écrit", "mon nom est mal écrit"),
    ("le nom n'est pas le bon", "le nom n'est pas le bon"),
    ("", ""),
]


@pytest.mark.parametrize(("text", "changes"), CHANGES, ids=[text or "nothing" for text, _ in CHANGES])
def test_a_correction_announces_itself(text: str, changes: bool) -> None:
    assert corrections.wants_change(text) is changes


@pytest.mark.parametrize(("text", "field"), FIELDS, ids=[text or "nothing" for text, _ in FIELDS])
def test_the_field_that_is_meant_is_named(text: str, field: str | None) -> None:
    assert corrections.field_named(text) == field


SUBJECTS = [
    ("l'objet est une formation en état civil", "une formation en état civil"),
    ("L'objet c'est plutôt un projet porté par la commune.", "un projet porté par la commune"),
    ("l'objet : un rendez-vous à 10:30", "un rendez-vous à 10:30"),
    ("remplacez l'objet par un appui en RDC, mais plus tard", "un appui en RDC, mais plus tard"),
    ("l'objet n'est pas une formation mais un jumelage", "un jumelage"),
    ("changez l'objet", "changez l'objet"),
    ("l'objet est à corriger", "l'objet est à corriger"),
    ("non, un jumelage", "un jumelage"),
]


@pytest.mark.parametrize(("text", "value"), VALUES, ids=[text or "nothing" for text, _ in VALUES])
def test_the_new_value_stands_behind_the_announcement(text: str, value: str) -> None:
    assert corrections.new_value(text) == value


@pytest.mark.parametrize(("text", "subject"), SUBJECTS, ids=[text for text, _ in SUBJECTS])
def test_a_new_subject_is_kept_whole(text: str, subject: str) -> None:
    assert corrections.new_value(text, "objet") == subject


@pytest.mark.parametrize(
    ("text", "prefers"),
    [
        ("plutôt par e-mail", True),
        ("non, par mail", True),
        ("je préfère être contactée par courriel", True),
        ("le mail suffit", True),
        ("non, mon mail est faux", False),
        ("mon mail c'est plutôt c.dumont@commune.example", False),
        ("remplacez mon mail par c.dumont@commune.example", False),
        ("0470 12 34 56", False),
    ],
)
def test_who_prefers_mail_to_the_telephone_corrects_no_address(text: str, prefers: bool) -> None:
    assert corrections.prefers_mail(text) is prefers
