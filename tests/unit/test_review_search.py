"""Full-text search: the same on SQLite and PostgreSQL, whatever is typed, and what is marked in a text."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update
from support.databases import KINDS, new_one
from support.reviewer import store_conversation

from bot.review import search
from bot.review.search import MOST_WORDS, Piece, Search
from bot.storage import Database, exchanges
from bot.words import words

SAID = {
    "budget": "Quel est le budget total du Programme ?",
    "echevine": "Je suis échevine à Za-Kpota (Bénin), peut-être l'état civil.",
    "oeuvre": "L’œuvre de 2014-2016 : 8 100 000 €, soit 1.5 million",
    "syntax": """a OR b AND NOT c NEAR(d, 2) "quoted" col:value -minus star* {x} ^y""",
    "address": "voir www.example.org/page?x=1 et info@commune.example",
    "accents": "ÉTÉ à NÎMES, Straße, ça où",
    "arabic": "كم عدد البلديات",
    "empty": "",
}
CASES = {
    "budget": "budget",
    "BUDGET total": "budget",
    "total budget": "budget",
    "budg": "budget",
    "udget": "",
    "bu": "",
    "du budget": "budget",
    "budget Namur": "",
    '"budget total"': "budget",
    '"total budget"': "",
    "« budget total »": "budget",
    "“budget total”": "budget",
    '"budget tot"': "",
    '"budget total" prog': "budget",
    '"budget': "budget",
    '""': None,
    '" "': None,
    "echevin": "echevine",
    "ÉCHEVINE": "echevine",
    "za kpota": "echevine",
    "Za-Kpota": "echevine",
    '"peut etre"': "echevine",
    "peut-être": "echevine",
    "l'etat": "echevine",
    "l’état": "echevine",
    '"etat civil"': "echevine",
    "oeuvre": "oeuvre",
    "œuvre": "oeuvre",
    "2016": "oeuvre",
    "2014-2016": "oeuvre",
    "-2016": "oeuvre",
    '"8 100 000"': "oeuvre",
    "8100000": "",
    "1.5": "oeuvre",
    "5": "oeuvre",
    "a OR b": "syntax",
    "budget OR echevine": "",
    "budget | echevine": "",
    "NEAR(d": "syntax",
    "near(budget total, 5)": "",
    "-minus": "syntax",
    "-budget": "budget",
    "!budget": "budget",
    "NOT budget": "",
    "star*": "syntax",
    "bud*": "budget",
    "*": None,
    "col:value": "syntax",
    "words:budget": "",
    "^y": "syntax",
    "budget:*": "budget",
    "budget & total": "budget",
    "budget <-> total": "budget",
    "'budget'": "budget",
    "budget\\": "budget",
    "example": "address",
    "commune": "address",
    "info@commune.example": "address",
    "www.example.org/page": "address",
    "ete nimes": "accents",
    "strasse": "",
    "straße": "accents",
    "ou ca": "accents",
    "البلديات": "arabic",
    "(": None,
    ";--": None,
    "'; DROP TABLE exchanges; --": "",
    "zzz": "",
}


@pytest.fixture(scope="module", params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    with new_one(request, request.param, tmp_path_factory.mktemp("search")) as database:
        for name, said in SAID.items():
            store_conversation(database, name, [{"said": said, "reply": ""}])
        yield database


def found(database: Database, search: Search) -> list[str]:
    with database.read() as connection:
        query = select(exchanges.c.conversation).where(search.condition(connection.dialect.name)).order_by(exchanges.c.conversation)
        return list(connection.execute(query).scalars())


@pytest.mark.parametrize("typed", CASES, ids=repr)
def test_a_search_finds_the_same_on_both_databases(database: Database, typed: str) -> None:
    search, wanted = Search.parse(typed), CASES[typed]
    assert bool(search) == (wanted is not None)
    if search:
        assert found(database, search) == ([wanted] if wanted else [])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.text(max_size=40) | st.lists(st.sampled_from(['"', "*", "NEAR(", " OR ", "budget", "-", ":", "'", "a", " ", "&", "\\"])).map("".join)
)
def test_whatever_is_typed_is_no_error_and_is_found_by_the_words_alone(database: Database, typed: str) -> None:
    search = Search.parse(typed)
    if search:
        by_words = sorted(name for name, said in SAID.items() if search.matches(" ".join(words(said))))
        assert found(database, search) == by_words


def test_only_so_many_words_count() -> None:
    search = Search.parse('"' + "a " * 9 + '" ' + "b " * 9)
    assert sum(map(len, search.phrases)) + len(search.beginnings) == MOST_WORDS


def test_what_is_changed_or_deleted_is_found_no_more(database: Database) -> None:
    store_conversation(database, "passing", [{"said": "passager"}])
    of_it = exchanges.c.conversation == "passing"
    assert found(database, Search.parse("passager")) == ["passing"]
    with database.begin() as connection:
        connection.execute(update(exchanges).where(of_it).values(words="autrement"))
    assert (found(database, Search.parse("passager")), found(database, Search.parse("autrement"))) == ([], ["passing"])
    with database.begin() as connection:
        connection.execute(delete(exchanges).where(of_it))
    assert found(database, Search.parse("autrement")) == []


# --- What is marked ---


@pytest.mark.parametrize(
    ("typed", "text", "marked"),
    [
        ("echevin", "Les Échevins et l'échevine", ["Échevins", "échevine"]),
        ("oeuv", "l’œuvre", ["œuvre"]),
        ("etat", "état", ["état"]),
        ('"etat civil"', "L'état civil, l'état", ["état civil"]),
        ('"8 100 000"', "8\u202f100\u202f000 €", ["8\u202f100\u202f000"]),
        ("les", "élesse les", ["les"]),
        ("<b>", "<b>gras</b> bof", ["b", "b"]),
        ("zzz", "rien", []),
        ("ete", "e\u0301te\u0301s", ["e\u0301te\u0301s"]),
        ("le", "le les", ["le"]),
        ("", "rien", []),
    ],
    ids=repr,
)
def test_what_was_searched_is_marked(typed: str, text: str, marked: list[str]) -> None:
    pieces = Search.parse(typed).pieces(text)
    assert [piece.text for piece in pieces if piece.found] == marked
    assert "".join(piece.text for piece in pieces) == text


@given(st.text(max_size=80), st.text(max_size=20))
def test_the_pieces_are_the_text(text: str, typed: str) -> None:
    assert "".join(piece.text for piece in Search.parse(typed).pieces(text)) == text


def test_without_a_search_no_text_is_cut_into_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "_words_of", lambda text: pytest.fail(f"« {text} » was cut"))
    nothing, text = Search.parse(" "), "Quel est le budget ? " * 20
    assert nothing.pieces(text) == [Piece(text, False)]
    assert nothing.excerpt(text)[0].text.endswith(" …")


def test_an_excerpt_holds_what_was_found_and_says_what_is_left_out() -> None:
    long = "mot " * 200 + "Gembloux " + "fin " * 200
    pieces = Search.parse("gembloux").excerpt(long)
    told = "".join(piece.text for piece in pieces)
    assert [piece.text for piece in pieces if piece.found] == ["Gembloux"]
    assert told.startswith("… ")
    assert told.endswith(" …")
    assert len(told) < 190
    assert "".join(piece.text for piece in Search.parse("court").excerpt("un texte court")) == "un texte court"
