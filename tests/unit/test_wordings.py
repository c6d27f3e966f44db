"""The words of follow-ups: read from a file whose faults are told in French, compiled so that case and accents do not count."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from sample_assistant import the_wordings
from sample_yaml import each_replaced

from bot.answers.wordings import Wordings
from bot.errors import KnowledgeError
from bot.text import fold
from bot.wiring import WORDINGS

GOOD = """\
aspects:
  but: [Pour quoi faire, à quoi]
  pourquoi: [pour, Pourquoi, d'où ça vient]
  qui: [qui, avec qui]
  ou: [Où]
  detail: [c'est-à-dire, plus]
vides: "et mais Très donc le c'est"
noms: "montant raison"
rangs:
  1: [premier, 1er]
  -1: [dernier]
avec_un_rang: "pilier pays"
autres: [les autres]
precedent: [celui d'avant]
suivant: [celui d'après]
tout: [c'est tout, rien d'autre]
sur: [vous êtes sûr]
renvoi: [là-bas]
"""
LISTS = list(yaml.safe_load(GOOD))
THE_WORDINGS, REAL = the_wordings(), yaml.safe_load(WORDINGS.read_text("utf-8"))


def written(folder: Path, text: str) -> Path:
    path = folder / "mots.yml"
    path.write_text(text, "utf-8")
    return path


@pytest.fixture
def words(tmp_path: Path) -> Wordings:
    return Wordings.load(written(tmp_path, GOOD))


def told(path: Path) -> str:
    """What is said of a file that does not load."""
    with pytest.raises(KnowledgeError) as raised:
        Wordings.load(path)
    return str(raised.value)


# --- faults ------------------------------------------------------------------------------------------


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    path = tmp_path / "rien.yml"
    assert told(path).startswith(f"{path}:1 : le fichier ne peut pas être lu (")


@pytest.mark.parametrize(
    ("change", "line"),
    [(("aspects:", "aspects: ["), 3), (("autres: [les autres]", "autres: [les autres"), 14), (("renvoi:", "\trenvoi:"), 18)],
    ids=["at the beginning", "in the middle", "a tab"],
)
def test_a_file_that_is_no_yaml_is_told_with_the_line(tmp_path: Path, change: tuple[str, str], line: int) -> None:
    path = written(tmp_path, GOOD.replace(*change, 1))
    assert told(path).startswith(f"{path}:{line} : le YAML ne se lit pas (")


@pytest.mark.parametrize("name", LISTS)
def test_a_list_that_is_missing_is_told_by_its_name(tmp_path: Path, name: str) -> None:
    path = written(tmp_path, GOOD.replace(f"{name}:", f"{name}-ancien:", 1))
    fault = told(path)
    assert fault.startswith(f"{path}:1 : il manque une liste")
    assert f"'{name}'" in fault


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (("  but: [Pour quoi faire, à quoi]", "  motif: [Pour quoi faire]"), "« motif » n'est pas une relance connue"),
        (("  ou: [Où]", "  ou: []"), "une liste est vide"),
        (("autres: [les autres]", "autres: []"), "une liste est vide"),
        (("  1: [premier, 1er]", "  1: []"), "une liste est vide"),
        (('"et mais Très donc le c\'est"', '""'), "une liste est vide"),
        (('"montant raison"', '""'), "une liste est vide"),
        (("autres: [les autres]", "autres: les autres"), "« les autres » doit être une liste"),
        (("  ou: [Où]", "  ou: Où"), "« Où » doit être une liste"),
        (("  -1: [dernier]", "  -1: dernier"), "« dernier » doit être une liste"),
        (("renvoi: [là-bas]", "renvoi: {pays: là-bas}"), "doit être une liste"),
        (("  1: [premier, 1er]", "  un: [premier, 1er]"), "elle n'est pas écrite comme les autres"),
        (("autres: [les autres]", "autres:"), "elle n'est pas écrite comme les autres"),
        (('"pilier pays"', "[pilier, pays]"), "elle n'est pas écrite comme les autres"),
        (('"montant raison"', "[montant, raison]"), "elle n'est pas écrite comme les autres"),
        ((GOOD, ""), "il manque une liste"),
        ((GOOD, "- pourquoi\n"), "il manque une liste"),
    ],
    ids=[
        "an unknown aspect",
        "an aspect without words",
        "an empty list",
        "a rank without words",
        "no empty words",
        "no nouns",
        "a plain text for a list",
        "a plain text for an aspect",
        "a plain text for a rank",
        "names for a list",
        "a rank that is no number",
        "nothing behind a name",
        "a list for words in a row",
        "a list for nouns in a row",
        "nothing",
        "nothing but a list",
    ],
)
def test_a_fault_is_told_in_french_with_the_file(tmp_path: Path, change: tuple[str, str], what: str) -> None:
    assert change[0] in GOOD
    path = written(tmp_path, GOOD.replace(*change, 1))
    fault = told(path)
    assert fault.startswith(f"{path}:1 : ")
    assert what in fault


@pytest.mark.parametrize(
    "value", [None, 5, "texte", [], [5], {}, {"un": ["deux"]}], ids=["nothing", "number", "text", "no list", "list", "no names", "names"]
)
def test_whatever_stands_in_the_place_of_a_value_is_a_fault_or_can_be_used(tmp_path: Path, value: Any) -> None:
    told = 0
    for text in each_replaced(GOOD, value):
        try:
            Wordings.load(written(tmp_path, text))
        except KnowledgeError as fault:
            told += str(fault).startswith(f"{tmp_path}")
    assert told


# --- words -------------------------------------------------------------------------------------------


def test_the_longest_wording_is_taken_first(words: Wordings) -> None:
    found = dict(words.aspects)["qui"].search("avec qui")
    assert found is not None
    assert found[0] == "avec qui"


def test_a_longer_wording_leaves_nothing_behind(words: Wordings) -> None:
    assert words.only_aspect("pour quoi faire ?") == "but"
    assert words.only_aspect("avec qui ?") == "qui"


@pytest.mark.parametrize("text", ["où ?", "OÙ ?", "ou ?", "Où", "oÙ donc ?"])
def test_case_and_accents_do_not_count(words: Wordings, text: str) -> None:
    assert words.only_aspect(fold(text)) == "ou"


@pytest.mark.parametrize("apostrophe", ["'", "’", "‘"], ids=["straight", "typographic", "turned"])
def test_any_apostrophe_will_do(words: Wordings, apostrophe: str) -> None:
    assert words.only_aspect(fold(f"d{apostrophe}où ça vient ?")) == "pourquoi"


@pytest.mark.parametrize(
    ("text", "aspect"),
    [
        ("pourquoi le budget ?", "pourquoi"),
        ("le quiproquo", ""),
        ("les poux", ""),
        ("peut-on-qui", ""),
        ("celui-qui", ""),
        ("c'est-à-dire", "detail"),
        ("", ""),
    ],
    ids=["beside other words", "in a word", "at a word's end", "behind a hyphen", "in a compound", "a compound", "nothing"],
)
def test_an_aspect_stands_as_a_word_of_its_own(words: Wordings, text: str, aspect: str) -> None:
    assert words.aspect(fold(text)) == aspect


@pytest.mark.parametrize(
    ("text", "aspect"),
    [
        ("qui et où", "qui"),
        ("où et qui", "qui"),
        ("où, avec qui et pourquoi", "pourquoi"),
        ("à quoi, et plus", "but"),
        ("pour plus", "pourquoi"),
        ("plus pour", "pourquoi"),
    ],
    ids=["two", "the other way", "three", "the first is longer", "as long: the first of the file", "as long, the other way"],
)
def test_of_several_aspects_the_longest_wording_wins(words: Wordings, text: str, aspect: str) -> None:
    assert words.aspect(fold(text)) == aspect


@pytest.mark.parametrize(
    ("text", "aspect"),
    [
        ("et pourquoi donc ?", "pourquoi"),
        ("Très bien, pourquoi ?", ""),
        ("pourquoi et où ?", "pourquoi"),
        ("pourquoi le Bénin ?", ""),
        ("pourquoi 3 ?", ""),
        ("et donc ?", ""),
        ("?", ""),
    ],
    ids=["words that ask nothing", "a word that is not in the list", "two aspects", "a name", "a figure", "nothing asked", "a sign"],
)
def test_an_aspect_alone_has_no_words_of_its_own(words: Wordings, text: str, aspect: str) -> None:
    assert words.only_aspect(fold(text)) == aspect


@pytest.mark.parametrize(
    ("text", "alone"),
    [
        ("c'est tout", True),
        ("Mais c'est tout ?", True),
        ("c'est tout, rien d'autre ?", True),
        ("c'est tout pour le Bénin ?", False),
        ("et donc ?", False),
        ("", False),
    ],
    ids=["as written", "with signs and words that ask nothing", "twice", "with words of its own", "without it", "nothing"],
)
def test_a_message_says_only_one_thing(words: Wordings, text: str, alone: bool) -> None:
    assert words.says_only(fold(text), words.all) is alone


def test_what_may_stand_beside_is_allowed_and_is_not_enough(words: Wordings) -> None:
    assert not words.says_only("les autres pays ?", words.others)
    assert words.says_only("les autres pays ?", words.others, words.beside_rank)
    assert not words.says_only("pays ?", words.others, words.beside_rank)


def test_ranks_keep_their_numbers(words: Wordings) -> None:
    assert [(rank, bool(pattern.search("le 1er"))) for pattern, rank in words.ranks] == [(1, True), (-1, False)]


@pytest.mark.parametrize(
    ("text", "found"),
    [("quel montant ?", True), ("la RAISON", True), ("les montants", False), ("combien ?", False)],
    ids=["in a question", "in capitals", "another form", "none"],
)
def test_nouns_are_read_as_words_of_their_own(words: Wordings, text: str, found: bool) -> None:
    assert bool(words.nouns.search(fold(text))) is found


# --- the real file -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("aspect", "wording"),
    [(aspect, str(wording)) for aspect, wordings in REAL["aspects"].items() for wording in wordings],
    ids=lambda value: value,
)
def test_every_wording_of_an_aspect_means_that_aspect(aspect: str, wording: str) -> None:
    assert THE_WORDINGS.only_aspect(fold(wording)) == aspect


def test_every_noun_stands_in_a_wording_of_an_aspect() -> None:
    said = {word for wordings in REAL["aspects"].values() for wording in wordings for word in fold(str(wording)).split()}
    assert {fold(noun) for noun in REAL["noms"].split()} <= said


@pytest.mark.parametrize(
    ("name", "words_of"),
    [("autres", "others"), ("precedent", "before"), ("suivant", "after"), ("tout", "all"), ("sur", "sure")],
    ids=lambda value: value,
)
def test_every_wording_of_the_real_file_is_recognised_alone(name: str, words_of: str) -> None:
    for wording in REAL[name]:
        assert THE_WORDINGS.says_only(fold(wording), getattr(THE_WORDINGS, words_of)), wording
