"""What a message names: objects of the knowledge, ranks, and countries that are none of ours."""

from __future__ import annotations

import pytest
from sample_assistant import part, the_base

from bot.answers import things
from bot.knowledge import OVERVIEW

BASE = the_base()
COUNTRIES = ("benin", "burkina", "maroc", "rdc", "senegal")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("le secteur au Maroc ?", ("maroc",)),
        ("LE SECTEUR AU MAROC ?", ("maroc",)),
        ("et les communes marocaines", ("maroc",)),
        ("à Ouagadougou", ("burkina",)),
        ("au Bénin et au Sénégal", ("benin", "senegal")),
        ("au Sénégal et au Bénin", ("benin", "senegal")),
        ("au Congo", ("rdc",)),
        ("au Congo-Kinshasa", ("rdc",)),
        ("au Congo-Brazzaville", ()),
        ("au congo brazzaville", ()),
        ("la République démocratique du Congo", ("rdc",)),
        ("les 19 communes", ("bruxelles",)),
        ("le 3e pilier", ("pilier-3",)),
        ("le Programme", ()),
        ("marocainerie, béninoiserie", ()),
        ("", ()),
    ],
    ids=lambda value: value if isinstance(value, str) and value else None,
)
def test_the_objects_that_a_message_names(text: str, named: tuple[str, ...]) -> None:
    assert things.named(BASE, text) == named


@pytest.mark.parametrize(
    ("text", "rank"),
    [
        ("le troisième ?", 3),
        ("et le 2e", 2),
        ("la seconde", 2),
        ("le premier", 1),
        ("le 1er", 1),
        ("le quatrième", 4),
        ("le dernier", -1),
        ("le sixième", None),
        ("", None),
    ],
)
def test_the_rank_that_a_message_names(text: str, rank: int | None) -> None:
    assert things.rank_named(text) == rank


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("Le Mali en fait partie ?", "le Mali"),
        ("et l'algerie ?", "l’Algérie"),
        ("la cote d'ivoire", "la Côte d’Ivoire"),
        ("la Côte d’Ivoire", "la Côte d’Ivoire"),
        ("le Congo-Brazzaville", "le Congo-Brazzaville"),
        ("le congo brazzaville", "ce pays"),
        ("la Guinée", "la Guinée"),
        ("la Guinée-Bissau", "la Guinée-Bissau"),
        ("la Guinée équatoriale", "la Guinée équatoriale"),
        ("le Soudan", "le Soudan"),
        ("le Soudan du Sud", "le Soudan du Sud"),
        ("le Niger", "le Niger"),
        ("le Nigeria", "le Nigeria"),
        ("la Corée du Sud", "la Corée du Sud"),
        ("les États-Unis", "les États-Unis"),
        ("les emirats arabes unis", "les Émirats arabes unis"),
        ("les Pays-Bas", "les Pays-Bas"),
        ("Haïti", "Haïti"),
        ("Madagascar", "Madagascar"),
        ("le Royaume-Uni", "le Royaume-Uni"),
        ("à Kigali", "ce pays"),
        ("en Flandre", "ce pays"),
        ("au Bénin", None),
        ("en RDC", None),
        ("au Congo-Kinshasa", None),
        ("en Belgique", None),
        ("partout dans le monde", None),
        ("un malien", None),
        ("l'Union européenne", None),
        ("", None),
    ],
    ids=lambda value: value if isinstance(value, str) and value else None,
)
def test_a_country_outside_the_programme_is_named_with_its_article(text: str, country: str | None) -> None:
    assert things.foreign_country(BASE, text) == country


@pytest.mark.parametrize("thing", COUNTRIES)
def test_each_alias_of_a_partner_names_it_and_no_other_country(thing: str) -> None:
    for alias in BASE.things[thing].aliases:
        assert things.named(BASE, f"et {alias} ?") == (thing,)
        assert things.foreign_country(BASE, f"et {alias} ?") is None


@pytest.mark.parametrize(
    ("text", "label", "meant"),
    [
        ("le secteur au Sénégal ?", "info/secteurs.maroc", "info/secteurs.senegal"),
        ("le secteur au Maroc ?", "info/secteurs.maroc", "info/secteurs.maroc"),
        ("le secteur au Maroc et au Bénin ?", "info/secteurs.rdc", "info/secteurs.rdc"),
        ("le secteur ?", "info/secteurs.maroc", "info/secteurs.maroc"),
        ("la fiche de la RDC", "info/fiche.benin", "info/fiche.rdc"),
        ("le premier volet", "info/apercu.volet2", "info/apercu.volet1"),
        ("le budget à Bruxelles", "info/secteurs.maroc", "info/secteurs.maroc"),
        ("au Maroc", "info/combien.total", "info/combien.total"),
        ("au Maroc", "hors_sujet/service", "hors_sujet/service"),
        ("au Maroc", "info/un.fait.inconnu", "info/un.fait.inconnu"),
    ],
    ids=[
        "another country",
        "the same",
        "two countries",
        "none",
        "a sheet",
        "an overview",
        "another kind of object",
        "no such object",
        "no fact",
        "an unknown fact",
    ],
)
def test_a_label_is_moved_to_the_object_that_the_message_names(text: str, label: str, meant: str) -> None:
    assert things.realign(BASE, part(text, (label, 0.5))) == meant


@pytest.mark.parametrize(
    ("text", "label", "missing"),
    [
        ("la part wallonne ?", "info/combien.bruxelles", True),
        ("la part bruxelloise ?", "info/combien.bruxelles", False),
        ("le secteur au Maroc", "info/secteurs.benin", False),
        ("au Maroc", "info/combien.bruxelles", False),
    ],
    ids=["not given", "given", "on the grid", "another kind of object"],
)
def test_what_the_page_gives_for_one_object_only_is_missing_for_another(text: str, label: str, missing: bool) -> None:
    assert things.lacks(BASE, part(text, (label, 0.5))) is missing


@pytest.mark.parametrize(
    ("entry", "attribute"),
    [
        ("secteurs.maroc", "secteur"),
        ("combien.total", "montant"),
        ("ou.nombre", "membre"),
        ("apercu.pays", "membre"),
        ("apercu.quoi", ""),
        ("quoi.sigle", ""),
        ("un.fait.inconnu", ""),
        ("", ""),
    ],
)
def test_the_attribute_that_a_follow_up_keeps(entry: str, attribute: str) -> None:
    assert things.attribute_of(BASE, entry) == attribute


@pytest.mark.parametrize("attribute", ["membre", "secteur", "fiche"])
def test_the_grid_is_full_for_the_five_countries(attribute: str) -> None:
    assert all((thing, attribute) in BASE.grid for thing in COUNTRIES)


def test_the_overview_of_an_object_stands_in_the_grid() -> None:
    assert BASE.grid[("volet-1", OVERVIEW)] == "apercu.volet1"
    assert all(entry in BASE.entries for entry in BASE.grid.values())
