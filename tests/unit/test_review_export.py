"""Exports: what is filtered, as a file that a spreadsheet opens rightly and calculates nothing of."""

from __future__ import annotations

import csv
import io
import json
import tracemalloc
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from openpyxl import load_workbook  # type: ignore[import-untyped]
from sqlalchemy import insert
from support.databases import KINDS, new_one
from support.reviewer import NOW, store_conversation

from bot.review.exporting import CONVERSATIONS, TITLES, TURNS, Exporting
from bot.review.files import CSV, JSON, XLSX, as_file, harmless
from bot.review.filters import read_filters
from bot.storage import Database, tags

FORMULAS = ["=1+1", "+32 2 123", "-2", "@SUM(A1)", "\tx", "\rx", "\nx", "  =1", "＝1", '=HYPERLINK("http://evil.example","x")']
TEXTS = [*FORMULAS, "a;b", 'un "mot"', "deux\nlignes", "c'est", "été €", "<b>gras</b>", "'; DROP TABLE x; --", "x\x00\x07y", "1=2"]


def as_table(kind: str, content: bytes) -> list[list[object]]:
    """The rows of a file as a program reads them, the titles first."""
    if kind == CSV:
        return [list(row) for row in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";")]
    if kind == XLSX:
        return [[cell.value for cell in row] for row in load_workbook(io.BytesIO(content), read_only=True).active.iter_rows()]
    told = json.loads(content)
    return [list(told[0]), *(list(row.values()) for row in told)] if told else []


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    with new_one(request, request.param, tmp_path) as database:
        yield database


def exported(database: Database, lines: str, query: str = "etat=tout") -> list[dict[str, object]]:
    filters, exporting = read_filters(query).filters, Exporting(database, lambda label: f"titre de {label}")
    rows = list(exporting.records(lines, filters, "ines"))
    assert exporting.count(lines, filters, "ines") == len(rows)
    assert all(tuple(row) == TITLES[lines] for row in rows)
    return rows


# --- The rows ---


def test_a_row_a_conversation_the_oldest_first(database: Database) -> None:
    store_conversation(database, "new", [{"said": "Bonjour"}, {"useful": False}], thumbs_down=1, unknown=1, outcome="inconnu", priority=2)
    store_conversation(database, "old", [{}], NOW - timedelta(days=1), status="revu", reviewed_at=NOW, reviewed_by="awa", flagged=True)
    with database.begin() as connection:
        connection.execute(insert(tags), [{"conversation": "old", "tag": tag} for tag in ("b", "a")])
    old, new = exported(database, CONVERSATIONS)
    assert (old["conversation"], old["étiquettes"], old["état"], old["revue par"], old["signalée"]) == (
        "old",
        "a, b",
        "Revues",
        "awa",
        "oui",
    )
    assert (new["premier message"], new["échanges"], new["avis inutiles"], new["issue"]) == ("Bonjour", 2, 1, "Sans réponse")
    assert new["pourquoi la lire"] == "Avis\u00a0: inutile"
    assert new["confiance (%)"] == 90


def test_a_row_an_exchange_in_the_order_in_which_they_were_said(database: Database) -> None:
    store_conversation(database, "b", [{"said": "un"}, {"said": "deux", "confidence": None, "source": None, "useful": True}])
    store_conversation(database, "c", [{"said": "zéro"}], NOW - timedelta(days=1))
    rows = exported(database, TURNS)
    assert [(row["conversation"], row["échange"], row["message"]) for row in rows] == [("c", 1, "zéro"), ("b", 1, "un"), ("b", 2, "deux")]
    assert (rows[1]["compris comme"], rows[1]["entrée"]) == ("titre de info/combien.total", "info/combien.total")
    assert (rows[2]["confiance (%)"], rows[2]["source"], rows[2]["avis"]) == (None, None, "utile")


def test_what_is_filtered_is_exported_and_of_exchanges_only_those_that_were_asked_for(database: Database) -> None:
    store_conversation(database, "a", [{"said": "budget"}, {"said": "autre", "outcome": "inconnu"}])
    store_conversation(database, "b", [{"said": "autre"}], status="revu")
    store_conversation(database, "c", [])
    assert [row["conversation"] for row in exported(database, CONVERSATIONS, "")] == ["a"]
    assert [row["message"] for row in exported(database, TURNS, "")] == ["budget", "autre"]
    assert [row["message"] for row in exported(database, TURNS, "echange=inconnu")] == ["autre"]
    assert [row["message"] for row in exported(database, TURNS, "q=autre&etat=tout")] == ["autre", "autre"]


def test_a_long_list_is_whole_and_nothing_comes_twice(database: Database) -> None:
    for number in range(405):
        store_conversation(database, f"c{number:03}", [{}, {}], NOW + timedelta(minutes=number // 7))
    assert [row["conversation"] for row in exported(database, CONVERSATIONS)] == [f"c{number:03}" for number in range(405)]
    assert [(row["conversation"], row["échange"]) for row in exported(database, TURNS)] == [
        (f"c{number:03}", which) for number in range(405) for which in (1, 2)
    ]


# --- The files ---


@pytest.mark.parametrize("kind", [CSV, XLSX])
def test_no_text_is_a_formula(kind: str) -> None:
    content = b"".join(as_file(kind, ["texte"], ({"texte": text} for text in TEXTS)))
    for given, (told,) in zip(TEXTS, as_table(kind, content)[1:], strict=True):
        assert isinstance(told, str)
        assert not told.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"))
        assert told.removeprefix("'").replace("\r", "\n").strip() in given.replace("\x00\x07", "").replace("\r", "\n") or given.startswith(
            "'"
        )


def test_a_sheet_holds_texts_and_numbers_and_no_formula() -> None:
    rows = [{"texte": text, "nombre": number} for number, text in enumerate(FORMULAS)]
    sheet = load_workbook(io.BytesIO(b"".join(as_file(XLSX, ["texte", "nombre"], rows)))).active
    kinds = [(text.data_type, number.data_type) for text, number in sheet.iter_rows(min_row=2)]
    assert kinds == [("s", "n")] * len(FORMULAS)


@pytest.mark.parametrize("text", FORMULAS, ids=repr)
def test_what_would_be_calculated_is_marked_and_can_still_be_read(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["Quel est le budget ?", "1=2", "", "« =1 »", "d'été"], ids=repr)
def test_what_is_no_formula_stays_as_it_is(text: str) -> None:
    assert harmless(text) == text


def test_a_french_spreadsheet_opens_the_file_as_it_is() -> None:
    content = b"".join(as_file(CSV, ["né", "b"], [{"né": 'été; "x"', "b": NOW}]))
    assert content == '\ufeff"né";"b"\r\n"été; ""x""";"2026-11-26 10:30:00"\r\n'.encode()


def test_json_tells_texts_as_they_are() -> None:
    rows = [{"t": text, "n": 1, "z": None} for text in TEXTS]
    assert json.loads(b"".join(as_file(JSON, ["t", "n", "z"], rows))) == rows
    assert json.loads(b"".join(as_file(JSON, ["t"], []))) == []


@pytest.mark.parametrize("kind", [CSV, XLSX, JSON])
def test_a_file_without_rows_and_one_with_endless_texts_can_be_read(kind: str) -> None:
    assert b"".join(as_file(kind, ["a"], []))
    assert len(str(as_table(kind, b"".join(as_file(kind, ["a"], [{"a": "x" * 50_000}])))[-1][0])) >= 32_767


@pytest.mark.parametrize("kind", [CSV, XLSX, JSON])
def test_a_long_file_does_not_fill_the_memory(kind: str) -> None:
    rows = ({"a": f"texte {number} " * 20, "b": number} for number in range(4000))
    b"".join(as_file(kind, ["a", "b"], [{"a": "", "b": 0}]))  # what is loaded once
    tracemalloc.start()
    size = sum(map(len, as_file(kind, ["a", "b"], rows)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size > (50_000 if kind == XLSX else 900_000)
    assert peak < 600_000
