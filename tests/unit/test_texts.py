"""The sentences that are no facts: read once, typeset, each value put in its place."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest
from sample_assistant import the_base, the_texts

from bot.errors import KnowledgeError
from bot.text import NNBSP, typeset
from bot.texts import Texts

TEXTS = the_texts()
VALUES = {
    *("pays", "edition", "date", "jours", "nom", "fonction", "commune", "email", "telephone", "objet", "partenaire_de", "reference"),
    *("raison", "valeur", "limite", "envoye", "references", "nombre", "valeurs", "etat", "echeance"),
}


def sentences() -> dict[str, str]:
    return {key: TEXTS(key) for key in TEXTS if isinstance(TEXTS(key), str)}


def test_a_sentence_is_found_by_its_key_and_typeset() -> None:
    assert TEXTS("reponse.demander").endswith(f"ces questions{NNBSP}?")
    assert "demande.questions.nom" in TEXTS
    assert "demande.questions.age" not in TEXTS


def test_a_value_is_put_into_its_place() -> None:
    assert TEXTS("voisin.pays_nomme", pays="le Mali") == "Non, le Mali ne fait pas partie du Programme."


def test_what_a_person_typed_is_not_read_as_a_place_for_a_value() -> None:
    assert "{nom}" in TEXTS("demande.doute.nom", valeur="{nom}")
    assert "{0.__class__}" in TEXTS("demande.doute.nom", valeur="{0.__class__}")


def test_an_unknown_key_is_a_fault_of_the_program() -> None:
    with pytest.raises(KeyError):
        TEXTS("demande.questions.age")


def test_a_forgotten_value_is_a_fault_of_the_program() -> None:
    with pytest.raises(KeyError):
        TEXTS("demande.doute.nom", autre="x")


@pytest.mark.parametrize("key", sentences())
def test_each_sentence_is_french_typeset_and_calls_known_values_only(key: str) -> None:
    text = TEXTS(key)
    assert {name for _, name, _, _ in string.Formatter().parse(text) if name is not None} <= VALUES
    assert typeset(text) == text
    assert re.search(r"[ \w][?!;](?!\S)", text) is None or key.startswith("langues.")


def test_the_menu_leads_to_entries_of_the_knowledge() -> None:
    assert set(TEXTS.items("menu.entrees")) <= set(the_base().entries)


@pytest.mark.parametrize("content", [None, "bavardage: [", "\tx: 1"], ids=["missing", "unreadable", "a tab"])
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "assistant.yml"
    if content is not None:
        path.write_text(content, "utf-8")
    with pytest.raises(KnowledgeError, match="ne se lit pas"):
        Texts.load(path)
