"""Follow-ups and lists in the knowledge: faults are told with file and line, and what the real file ties together is there."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sample_assistant import the_base
from sample_yaml import each_replaced

from bot.errors import KnowledgeError
from bot.knowledge import ASPECTS, REFUSAL, Listing, Overview, load_base

BASE = the_base()
GOOD = """\
edition: {id: "2020-2021", debut: 2020, fin: 2021, page: Essai, mise_a_jour: 2020-01-02}
sections: {quoi: "C'est quoi ?"}
objets:
  programme: {nom: le Programme}
phrases:
  - {id: phrase.un, section: quoi, texte: Un., faits: [{id: fait.un, titre: Un ?, objet: programme, attribut: un}]}
  - {id: phrase.deux, section: quoi, texte: Deux., faits: [{id: fait.deux, titre: Deux ?, objet: programme, attribut: deux}]}
  - {id: phrase.trois, section: quoi, texte: Trois., faits: [{id: fait.trois, titre: Trois ?, objet: programme, attribut: trois}]}
  - {id: phrase.seule, section: quoi, texte: Seule., faits: [{id: fait.seul, titre: Seul ?, objet: programme, attribut: seul}]}
passages:
  - {id: debut, phrases: [phrase.un, phrase.deux]}
  - {id: milieu, phrases: [phrase.deux, phrase.trois]}
apercus:
  - {id: apercu.debut, titre: Le début, phrases: [phrase.un, phrase.deux]}
  - {id: apercu.milieu, titre: Le milieu, phrases: [phrase.deux]}
  - {id: apercu.fin, titre: La fin, phrases: [phrase.trois, phrase.deux, phrase.un]}
  - {id: apercu.seul, titre: Seul, phrases: [phrase.seule]}
refus: {liste: phrase.un}
relances:
  debut: {pourquoi: fait.deux, quoi: apercu.debut}
  fait.un: {liste: refus.liste}
  apercu.debut: {combien: fait.deux}
listes:
  - {id: nombres, entrees: [fait.un, fait.deux], ensemble: apercu.debut}
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "essai.yml"
    path.write_text(text, "utf-8")
    return path


FAULTS = [
    ("an unknown aspect", ("{pourquoi: fait.deux", "{parce-que: fait.deux"), 20, "« parce-que » n'est pas une relance connue"),
    (
        "an unknown start",
        ("  fait.un: {liste", "  fait.parti: {liste"),
        21,
        "« fait.parti » n'est ni un passage ni un fait ; corrigez « relances: »",
    ),
    ("a phrase as start", ("  fait.un: {liste", "  phrase.un: {liste"), 21, "« phrase.un » n'est ni un passage ni un fait"),
    (
        "an unknown target",
        ("pourquoi: fait.deux", "pourquoi: fait.parti"),
        20,
        "« fait.parti » n'existe pas ; corrigez « pourquoi: » de « debut »",
    ),
    (
        "an unknown overview",
        ("quoi: apercu.debut}", "quoi: apercu.parti}"),
        20,
        "« apercu.parti » n'existe pas ; corrigez « quoi: » de « debut »",
    ),
    ("a passage as target", ("pourquoi: fait.deux", "pourquoi: milieu"), 20, "« milieu » n'existe pas ; corrigez « pourquoi: »"),
    ("an unknown refusal", ("refus.liste", "refus.chiffre"), 21, "« refus.chiffre » n'existe pas ; corrigez « liste: » de « fait.un »"),
    ("a refusal without refusals", ("refus: {liste: phrase.un}\n", ""), 20, "« refus.liste » n'existe pas"),
    ("no target", ("liste: refus.liste", "liste: null"), 21, "une relance mène à une seule entrée"),
    ("a list as target", ("liste: refus.liste", "liste: [fait.un, fait.deux]"), 21, "une relance mène à une seule entrée"),
    ("a number as target", ("liste: refus.liste", "liste: 2014"), 21, "une relance mène à une seule entrée"),
    ("names as target", ("liste: refus.liste", "liste: {id: fait.deux}"), 21, "une relance mène à une seule entrée"),
    (
        "a text for the follow-ups of a start",
        ("fait.un: {liste: refus.liste}", "fait.un: fait.deux"),
        1,
        "chaque élément de « relances » doit être écrit « nom: valeur »",
    ),
    ("nothing for a start", ("fait.un: {liste: refus.liste}", "fait.un:"), 1, "chaque élément de « relances » doit être écrit"),
    (
        "an aspect given twice",
        ("{pourquoi: fait.deux,", "{pourquoi: fait.deux, pourquoi: fait.un,"),
        20,
        "« pourquoi » est donné deux fois",
    ),
    (
        "follow-ups that are a list",
        ("relances:\n", "relances: []\nrelances-anciennes:\n"),
        1,
        "« relances » manque ou n'est pas du bon type",
    ),
    ("a list of an entry that is gone", ("[fait.un, fait.deux]", "[fait.un, fait.parti]"), 24, "corrigez « entrees: » de « nombres »"),
    ("a list of a phrase", ("[fait.un, fait.deux]", "[fait.un, phrase.deux]"), 24, "« phrase.deux » n'existe pas ; corrigez « entrees: »"),
    ("a list that is a text", ("[fait.un, fait.deux]", "fait.un"), 24, "« entrees » doit être une liste de textes"),
    ("a list of one", ("[fait.un, fait.deux]", "[fait.un]"), 24, "« nombres » a moins de deux « entrees: »"),
    ("a list of nothing", ("[fait.un, fait.deux]", "[]"), 24, "« nombres » a moins de deux « entrees: »"),
    ("a list without entries", ("entrees: [fait.un, fait.deux], ", ""), 24, "« nombres » a moins de deux « entrees: »"),
    (
        "nouns that are a text",
        ("ensemble: apercu.debut}", "ensemble: apercu.debut, noms: nombre}"),
        24,
        "« noms » doit être une liste de textes",
    ),
    (
        "a fact as whole",
        ("ensemble: apercu.debut", "ensemble: fait.un"),
        24,
        "« fait.un » n'est pas un aperçu ; corrigez « ensemble: » de « nombres »",
    ),
    ("a whole that is gone", ("ensemble: apercu.debut", "ensemble: apercu.parti"), 24, "« apercu.parti » n'est pas un aperçu"),
    (
        "a passage without phrases",
        ("id: milieu, phrases: [phrase.deux, phrase.trois]", "id: milieu"),
        12,
        "« milieu » n'a pas de « phrases: »",
    ),
    (
        "a passage of no phrases",
        ("id: milieu, phrases: [phrase.deux, phrase.trois]", "id: milieu, phrases: []"),
        12,
        "« milieu » n'a pas de",
    ),
    ("a list without its whole", (", ensemble: apercu.debut", ""), 24, "« ensemble » manque"),
    ("a list without id", ("{id: nombres, ", "{"), 24, "« id » manque"),
    (
        "a list written twice",
        ("listes:\n", "listes:\n  - {id: nombres, entrees: [fait.un, fait.deux], ensemble: apercu.debut}\n"),
        25,
        "l'identifiant « nombres » sert deux fois",
    ),
    ("lists that are none", ("listes:\n  - {id", "listes:\n    {id"), 1, "« listes » manque ou n'est pas du bon type"),
]


@pytest.mark.parametrize(("change", "line", "what"), [case[1:] for case in FAULTS], ids=[case[0] for case in FAULTS])
def test_a_fault_is_told_with_file_line_and_what_to_do(tmp_path: Path, change: tuple[str, str], line: int, what: str) -> None:
    assert change[0] in GOOD
    path = written(tmp_path, GOOD.replace(*change, 1))
    with pytest.raises(KnowledgeError) as raised:
        load_base(path)
    told = [fault for fault in str(raised.value).splitlines() if what in fault]
    assert told, str(raised.value)
    assert told[0].startswith(f"{path}:{line} : ")


def test_an_unknown_aspect_is_told_with_those_that_there_are(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError) as raised:
        load_base(written(tmp_path, GOOD.replace("{pourquoi:", "{parce-que:")))
    assert ", ".join(sorted(ASPECTS)) in str(raised.value)


def test_faults_of_follow_ups_and_lists_are_told_at_once(tmp_path: Path) -> None:
    broken = (
        GOOD.replace("pourquoi: fait.deux", "pourquoi: fait.parti")
        .replace("  fait.un: {", "  fait.perdu: {")
        .replace("[fait.un, ", "[rien, ")
    )
    with pytest.raises(KnowledgeError) as raised:
        load_base(written(tmp_path, broken))
    assert len(str(raised.value).splitlines()) == 3


def test_a_good_file_becomes_typed_values(tmp_path: Path) -> None:
    base = load_base(written(tmp_path, GOOD))
    assert base.asides == {
        "debut": {"pourquoi": "fait.deux", "quoi": "apercu.debut"},
        "fait.un": {"liste": "refus.liste"},
        "apercu.debut": {"combien": "fait.deux"},
    }
    assert base.listings == (Listing("nombres", ("fait.un", "fait.deux"), "apercu.debut"),)


def test_the_nouns_of_a_list_are_folded(tmp_path: Path) -> None:
    base = load_base(written(tmp_path, GOOD.replace("ensemble: apercu.debut}", "ensemble: apercu.debut, noms: [Tâche, ŒUVRE, 2016]}")))
    assert base.listings[0].nouns == ("tache", "oeuvre", "2016")


def test_a_file_without_follow_ups_and_lists_is_whole(tmp_path: Path) -> None:
    base = load_base(written(tmp_path, GOOD[: GOOD.index("relances:")]))
    assert (base.asides, base.listings) == ({}, ())


@pytest.mark.parametrize(
    ("entry", "passage"),
    [
        ("fait.un", "debut"),
        ("fait.deux", "debut"),
        ("fait.trois", "milieu"),
        ("fait.seul", ""),
        ("apercu.debut", "debut"),
        ("apercu.milieu", "milieu"),
        ("apercu.fin", "debut"),
        ("apercu.seul", ""),
        ("fait.parti", ""),
        ("phrase.un", ""),
        ("", ""),
    ],
    ids=[
        "of one passage",
        "the first of two",
        "of the second",
        "of none",
        "an overview that says it whole",
        "an overview that begins like one",
        "an overview that says as much of two",
        "an overview that says nothing of any",
        "an entry that is gone",
        "a phrase",
        "nothing",
    ],
)
def test_the_passage_in_which_an_entry_is_said(tmp_path: Path, entry: str, passage: str) -> None:
    assert load_base(written(tmp_path, GOOD)).passage_id(entry) == passage


def test_without_passages_an_overview_is_in_none(tmp_path: Path) -> None:
    text = GOOD.replace(GOOD[GOOD.index("passages:") : GOOD.index("apercus:")], "passages: []\n").replace("  debut: {", "  fait.deux: {")
    assert load_base(written(tmp_path, text)).passage_id("apercu.debut") == ""


@pytest.mark.parametrize(
    "value", [None, 5, 1.5, True, "texte", date(2020, 1, 2)], ids=["nothing", "number", "fraction", "yes", "text", "date"]
)
def test_whatever_stands_in_the_place_of_a_value_is_a_fault_or_can_be_used(tmp_path: Path, value: Any) -> None:
    told = 0
    for text in each_replaced(GOOD, value):
        try:
            load_base(written(tmp_path, text))
        except KnowledgeError as fault:
            told += str(fault).startswith(f"{tmp_path}")
    assert told


# --- the real file -----------------------------------------------------------------------------------


@pytest.mark.parametrize("start", sorted(BASE.asides))
def test_every_follow_up_leads_to_an_entry_or_a_refusal_that_exists(start: str) -> None:
    targets = set(BASE.asides[start].values())
    assert targets
    assert targets <= BASE.entries.keys() | {f"{REFUSAL}{kind}" for kind in BASE.nearest}


def test_every_follow_up_starts_from_a_passage_or_an_entry() -> None:
    assert BASE.asides.keys() <= {passage.id for passage in BASE.passages} | BASE.entries.keys()


def test_every_passage_has_follow_ups() -> None:
    assert {passage.id for passage in BASE.passages} <= BASE.asides.keys()


def test_every_aspect_is_asked_somewhere() -> None:
    assert {aspect for aside in BASE.asides.values() for aspect in aside} == ASPECTS


@pytest.mark.parametrize("listing", BASE.listings, ids=lambda listing: listing.id)
def test_every_list_has_two_entries_or_more_that_its_whole_says(listing: Listing) -> None:
    whole = BASE.entries[listing.whole]
    assert isinstance(whole, Overview)
    assert len(set(listing.entries)) == len(listing.entries) >= 2
    assert {BASE.facts[entry].phrase for entry in listing.entries} <= set(whole.phrases)


@pytest.mark.parametrize("entry", sorted(BASE.entries))
def test_every_entry_is_said_in_a_passage(entry: str) -> None:
    found, passages = BASE.entries[entry], {passage.id: passage.phrases for passage in BASE.passages}
    phrases = found.phrases if isinstance(found, Overview) else (found.phrase,)
    assert set(phrases) & set(passages[BASE.passage_id(entry)])
