"""The loader: a good file becomes typed values, and each fault is told with file, line and what to do."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from sample_assistant import the_base

from bot.errors import KnowledgeError
from bot.knowledge import Value, load_base
from bot.text import NBSP, NNBSP

GOOD = """\
edition: {id: "2020-2021", debut: 2020, fin: 2021, page: "La page : essai", mise_a_jour: 2020-01-02}
sections: {quoi: "C'est quoi ?"}
objets:
  programme: {nom: le Programme, aussi: [Programme, CIC]}
  maroc: {nom: le Maroc, au: au Maroc, genre: pays, rang: 2, aussi: [Maroc, Marrakech]}
phrases:
  - id: quoi.pays
    section: quoi
    texte: Le Programme travaille dans {nombre} pays depuis {debut}.
    bref: Il y a {nombre} pays.
    faits:
      - id: quoi.nombre
        titre: Combien de pays ?
        objet: programme
        attribut: nombre
        suite: membre
        valeurs: {nombre: {nombre: 5, unite: pays}, debut: {annee: 2000}}
  - id: quoi.but
    section: quoi
    texte: Le Programme aide les communes.
    faits:
      - id: quoi.but
        titre: Quel est le but ?
        objet: maroc
        attribut: but
passages:
  - {id: quoi, phrases: [quoi.pays, quoi.but]}
apercus:
  - id: apercu.quoi
    titre: Le Programme
    phrases: [quoi.pays]
    suite: [quoi.but]
refus:
  pays: quoi.pays
"""

FAULTS = [
    ("an unreadable file", ("edition: {", "edition: ["), 1, "le YAML ne se lit pas"),
    (
        "a tab",
        ("    section: quoi\n    texte: Le Programme aide", "\tsection: quoi\n    texte: Le Programme aide"),
        19,
        "le YAML ne se lit pas",
    ),
    ("a key given twice", ("    bref:", "    texte:"), 10, "« texte » est donné deux fois"),
    ("no edition", ("edition:", "editions:"), 1, "« edition » manque"),
    ("a year that is no number", ("debut: 2020,", "debut: bientôt,"), 1, "« debut » manque ou n'est pas du bon type (int attendu)"),
    ("a date that is none", ("2020-01-02", "hier"), 1, "« mise_a_jour » manque ou n'est pas du bon type (date attendu)"),
    ("no sections", ("sections:", "section:"), 1, "« sections » manque"),
    (
        "an unknown section",
        ("    section: quoi\n    texte: Le Programme aide", "    section: qui\n    texte: Le Programme aide"),
        18,
        "la section « qui »",
    ),
    ("a phrase without text", ("    texte: Le Programme aide les communes.\n", ""), 18, "« texte » manque"),
    ("a phrase without facts", ("    faits:\n      - id: quoi.but", "    fait:\n      - id: quoi.but"), 18, "« faits » manque"),
    ("a fact without title", ("        titre: Quel est le but ?\n", ""), 22, "« titre » manque"),
    ("a fact written twice", ("      - id: quoi.but", "      - id: quoi.nombre"), 22, "le fait « quoi.nombre » est écrit deux fois"),
    ("a fact that is a text", ("      - id: quoi.but\n", "      - bonjour\n      - id: quoi.but\n"), 18, "chaque élément de « faits »"),
    (
        "a phrase that is a text",
        ("phrases:\n  - id: quoi.pays", "phrases:\n  - bonjour\n  - id: quoi.pays"),
        1,
        "chaque élément de « phrases »",
    ),
    (
        "a phrase written twice",
        ("  - id: quoi.but\n    section", "  - id: quoi.pays\n    section"),
        18,
        "l'identifiant « quoi.pays » sert deux fois",
    ),
    ("a digit in a text", ("aide les communes", "aide 5 communes"), 18, "le texte contient un chiffre"),
    (
        "a value that is not there",
        ("aide les communes", "aide {combien} communes"),
        18,
        "le texte appelle une valeur qui n'existe pas ('combien')",
    ),
    ("a brace left open", ("aide les communes", "aide { communes"), 18, "le texte appelle une valeur qui n'existe pas"),
    ("a value of two kinds", ("debut: {annee: 2000}", "debut: {annee: 2000, nombre: 3}"), 17, "une valeur a un « nombre: »"),
    ("a value of no kind", ("debut: {annee: 2000}", "debut: {unite: ans}"), 17, "une valeur a un « nombre: »"),
    ("a value that is bare", ("debut: {annee: 2000}", "debut: 2000"), 12, "chaque élément de « valeurs »"),
    ("an object without name", ("maroc: {nom: le Maroc, ", "maroc: {"), 5, "« nom » manque"),
    (
        "an object that is a text",
        ("programme: {nom: le Programme, aussi: [Programme, CIC]}", "programme: le Programme"),
        1,
        "chaque élément de « objets »",
    ),
    ("aliases that are no list", ("aussi: [Maroc, Marrakech]", "aussi: Maroc"), 5, "« aussi » doit être une liste de textes"),
    (
        "a passage of a phrase that is gone",
        ("[quoi.pays, quoi.but]", "[quoi.pays, quoi.parti]"),
        27,
        "« quoi.parti » n'existe pas ; corrigez « phrases: »",
    ),
    ("an overview of a phrase that is gone", ("    phrases: [quoi.pays]", "    phrases: [quoi.parti]"), 29, "« quoi.parti » n'existe pas"),
    (
        "an overview that leads nowhere",
        ("suite: [quoi.but]", "suite: [quoi.parti]"),
        29,
        "« quoi.parti » n'existe pas ; corrigez « suite: »",
    ),
    ("an overview without id", ("  - id: apercu.quoi\n    titre", "  - nom: apercu.quoi\n    titre"), 29, "« id » manque"),
    (
        "a refusal of a phrase that is gone",
        ("  pays: quoi.pays", "  pays: quoi.parti"),
        34,
        "« quoi.parti » n'existe pas ; corrigez « pays: »",
    ),
    ("nothing but a list", (GOOD, "- bonjour\n"), 1, "le fichier doit commencer par « edition: »"),
    ("nothing", (GOOD, ""), 1, "le fichier doit commencer par « edition: »"),
]


def written(folder: Path, text: str) -> Path:
    path = folder / "essai.yml"
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize(("change", "line", "what"), [case[1:] for case in FAULTS], ids=[case[0] for case in FAULTS])
def test_a_fault_is_told_with_file_line_and_what_to_do(tmp_path: Path, change: tuple[str, str], line: int, what: str) -> None:
    assert change[0] in GOOD
    path = written(tmp_path, GOOD.replace(*change, 1))
    with pytest.raises(KnowledgeError) as raised:
        load_base(path)
    told = [fault for fault in str(raised.value).splitlines() if what in fault]
    assert told, str(raised.value)
    assert told[0].startswith(f"{path}:{line} : ")


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    broken = (
        GOOD.replace("aide les communes", "aide 5 communes").replace("suite: [quoi.but]", "suite: [quoi.parti]").replace("debut: 2020,", "")
    )
    with pytest.raises(KnowledgeError) as raised:
        load_base(written(tmp_path, broken))
    assert len(str(raised.value).splitlines()) == 3


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError, match=r"rien\.yml ne peut pas être lu"):
        load_base(tmp_path / "rien.yml")


def test_a_good_file_becomes_typed_values(tmp_path: Path) -> None:
    base = load_base(written(tmp_path, GOOD))
    assert (base.edition.page, base.edition.updated, base.edition.url) == (f"La page{NBSP}: essai", datetime.date(2020, 1, 2), None)
    assert base.phrases["quoi.pays"].text == "Le Programme travaille dans cinq pays depuis 2000."
    assert base.phrases["quoi.pays"].short == "Il y a cinq pays."
    assert base.phrases["quoi.but"].short == base.phrases["quoi.but"].text
    assert (base.facts["quoi.nombre"].follow, base.facts["quoi.nombre"].title) == ("membre", f"Combien de pays{NNBSP}?")
    assert base.facts["quoi.nombre"].values["nombre"] == Value(number=5, unit="pays")
    assert (base.things["maroc"].rank, base.things["maroc"].aliases) == (2, ("marrakech", "maroc"))
    assert base.grid[("maroc", "but")] == "quoi.but"
    assert list(base.entries) == ["quoi.nombre", "quoi.but", "apercu.quoi"]
    assert (base.nearest, base.things_of("pays")) == ({"pays": "quoi.pays"}, (base.things["maroc"],))


def test_a_phrase_of_no_passage_stands_alone(tmp_path: Path) -> None:
    base = load_base(written(tmp_path, GOOD.replace("[quoi.pays, quoi.but]", "[quoi.pays]")))
    assert (base.passage_of("quoi.but"), base.passage_of("quoi.pays")) == (("quoi.but",), ("quoi.pays",))


def test_a_file_without_refusals_is_whole(tmp_path: Path) -> None:
    assert load_base(written(tmp_path, GOOD.replace("refus:\n  pays: quoi.pays\n", ""))).nearest == {}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (Value(number=8100000, unit="EUR"), "8\u202f100\u202f000\u202f€"),
        (Value(number=500, unit="pourcent"), "500\u202f%"),
        (Value(number=5, unit="pourcent"), "5\u202f%"),
        (Value(number=5, unit="pays"), "cinq"),
        (Value(number=1, unit="pays"), "1"),
        (Value(number=10), "10"),
        (Value(number=40, unit="partenariats"), "40"),
        (Value(number=0), "0"),
        (Value(year=2014), "2014"),
        (Value(date=datetime.date(2016, 3, 15)), "15 mars 2016"),
        (Value(date=datetime.date(2016, 8, 1)), "1er août 2016"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_value_is_said_as_french_writes_it(value: Value, said: str) -> None:
    assert value.say() == said


def test_the_real_base_holds_together() -> None:
    base = the_base()
    told = {fact.thing for fact in base.facts.values() if fact.attribute in {"membre", "secteur", "fiche"}}
    said = {phrase for passage in base.passages for phrase in passage.phrases} | {p for o in base.overviews.values() for p in o.phrases}
    assert said == set(base.phrases)
    assert told >= {thing.id for thing in base.things_of("pays")}
