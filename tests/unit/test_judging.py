"""What is said of a value, told from a value."""

from __future__ import annotations

import pytest

from bot.intake import judging
from bot.intake.fields import read_name

WRONG = [
    *("incorrect", "mal écrit", "mal orthographié", "est fausse", "n'est pas la bonne", "a été mal écrit", "comporte une erreur"),
    *("est écrit avec une faute", "n'est pas bien orthographié", "à revoir svp", "pas celui que je vous ai donné", "erronée"),
    *("vraiment pas le mien", "toujours mal écrit", "pas ça", "trop long", "incomplet", "manque une lettre", "a été écorché", "de travers"),
]
RIGHT = ["bien écrit", "correct", "tout à fait exact", "bien orthographié", "en ordre", "bon"]
VALUES = [
    *("Claire Dumont", "Juste Lebon", "Bonne", "Mauroy", "une formation", "participer au Programme", "Ixelles", "conseillère communale"),
    *("claire@lasne.example", "0470 12 34 56", "un projet mal connu des communes", "", "Faustin Bonnefaux"),
]


@pytest.mark.parametrize("text", WRONG)
def test_what_calls_a_value_wrong_is_no_value(text: str) -> None:
    assert judging.calls_wrong(text)
    assert not judging.calls_right(text)


@pytest.mark.parametrize("text", RIGHT)
def test_what_calls_a_value_right_is_no_value_either(text: str) -> None:
    assert judging.calls_right(text)
    assert not judging.calls_wrong(text)


@pytest.mark.parametrize("text", VALUES, ids=[text or "nothing" for text in VALUES])
def test_a_value_is_no_judgement(text: str) -> None:
    assert not judging.calls_wrong(text)
    assert not judging.judges(text)


@pytest.mark.parametrize("text", ["mal écrit", "Mal Écrit", "incorrect", "mon nom est mal orthographié", "bien écrit", "avec une faute"])
def test_no_name_is_read_out_of_a_judgement(text: str) -> None:
    assert read_name(text).value is None


SPELT = [
    ("Nathaly avec un y", "Nathaly"),
    ("Nathaly avec y", "Nathaly"),
    ("Nathaly avec deux l", "Nathaly"),
    ("Nathaly (avec un y)", "Nathaly"),
    ("Nathaly avec un y à la fin", "Nathaly"),
    ("Nathaly, N-A-T-H-A-L-Y", "Nathaly"),
    ("Van den Broeck en trois mots", "Van den Broeck"),
    ("Vandenbroeck en un seul mot", "Vandenbroeck"),
    ("Hélène sans accent", "Hélène"),
    ("Jean-Marc avec un trait d'union", "Jean-Marc"),
    ("Peeters, ça s'écrit avec deux e", "Peeters"),
    ("Dumont deux t", "Dumont"),
    ("Lefèvre en majuscules", "Lefèvre"),
    ("Élise comme la lettre", "Élise"),
    ("Dumont avec un t, Claire", "Dumont, Claire"),
    ("avec un y", ""),
]
NOT_SPELT = ["Claire Dumont", "J. P. Dumont", "Dumont J.", "De Smet", "Marie-Ange d'Avec", "Jean de la Fontaine", "Y Nguyen"]


@pytest.mark.parametrize(("text", "name"), SPELT, ids=[text for text, _ in SPELT])
def test_how_a_name_is_spelt_is_no_part_of_it(text: str, name: str) -> None:
    assert judging.without_spelling(text) == name


@pytest.mark.parametrize("text", NOT_SPELT)
def test_a_name_without_spelling_stays_whole(text: str) -> None:
    assert judging.without_spelling(text) == text
