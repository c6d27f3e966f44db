"""Filters of conversations: out of an address and back to one, and what they choose."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from datetime import date, datetime, timedelta, timezone
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert
from support.databases import KINDS, new_one
from support.reviewer import NOW, store_conversation

from bot.review.filters import ALL, BY_DATE, Filters, normal_tag, read_filters
from bot.review.inbox import Inbox
from bot.review.model import CHANNELS, EXCHANGE_OUTCOMES, OUTCOMES, STATUSES
from bot.storage import TO_DO, Database, tags
from bot.text import clean
from bot.words import words

FULL = Filters(
    etat=TO_DO,
    du=date(2026, 3, 1),
    au=date(2026, 3, 31),
    canal="whatsapp",
    min=2,
    max=40,
    confiance=50,
    intention="voisin",
    entree="info/combien.total",
    issue="inconnu",
    echange="choix",
    etiquette="à revoir",
    avis="down",
    assigne="moi",
    signale=True,
    priorite=0,
    q='budget "pays partenaires"',
    tri=BY_DATE,
)


def one_of(values: object) -> st.SearchStrategy[str]:
    return st.sampled_from(["", *values])  # type: ignore[misc]


TEXTS = st.text(min_size=0, max_size=60).map(lambda text: clean(text, 60))
FILTERS = st.builds(
    Filters,
    etat=st.sampled_from([*STATUSES, ALL]),
    du=st.none() | st.dates(date(2000, 1, 1), date(2100, 12, 31)),
    au=st.none() | st.dates(date(2000, 1, 1), date(2100, 12, 31)),
    canal=one_of(CHANNELS),
    min=st.none() | st.integers(1, 1000),
    max=st.none() | st.integers(1, 1000),
    confiance=st.none() | st.integers(0, 100),
    intention=one_of(["demande", "hors_sujet"]),
    entree=one_of(["combien.total", "info/combien.total", "voisin/pays"]),
    issue=one_of(OUTCOMES),
    echange=one_of(EXCHANGE_OUTCOMES),
    etiquette=TEXTS.map(normal_tag).filter(lambda tag: normal_tag(tag) == tag),
    avis=one_of(["up", "down"]),
    assigne=TEXTS,
    signale=st.booleans(),
    priorite=st.none() | st.integers(0, 4),
    q=TEXTS.filter(lambda text: not text or bool(words(text))),
    tri=st.sampled_from(["priorite", "date"]),
)


def test_an_empty_filter_is_an_empty_query_and_the_inbox() -> None:
    assert Filters().query == ""
    assert read_filters("").filters == Filters()
    assert Filters().etat == "nouveau"


def test_every_field_goes_into_an_address_and_comes_back() -> None:
    assert {name for name, _ in FULL} == {each.name for each in fields(Filters)}, "the example differs in every field"
    reading = read_filters(FULL.query)
    assert (reading.filters, reading.strange) == (FULL, ())


@given(FILTERS)
def test_any_filter_comes_back_as_it_went(filters: Filters) -> None:
    assert read_filters(filters.query) == read_filters(read_filters(filters.query).filters.query)
    assert (read_filters(filters.query).filters, read_filters(filters.query).strange) == (filters, ())


def test_the_order_of_an_address_does_not_matter_but_what_is_written_is_always_the_same() -> None:
    assert read_filters("q=budget&canal=sms").filters.query == read_filters("canal=sms&q=budget").filters.query == "canal=sms&q=budget"


@pytest.mark.parametrize(
    "wrong",
    [
        "etat=lu",
        "du=2026-02-30",
        "du=hier",
        "du=0001-01-01",
        "canal=pigeon",
        "min=0",
        "min=-1",
        "min=1e3",
        "min=²",
        "max=99999999999999999999",
        "confiance=101",
        "confiance=0.5",
        "intention=a b",
        "intention=Info'",
        "entree=a/b/c",
        "entree=info/x';--",
        "issue=choix",
        "echange=abandonnee",
        "etiquette=,",
        "avis=oui",
        "signale=non",
        "priorite=5",
        "q=?!…",
        "tri=alea",
        "inconnu=1",
        "__class__=1",
        "query=x",
    ],
)
def test_what_is_wrong_is_left_out_and_named(wrong: str) -> None:
    reading = read_filters(f"canal=sms&{wrong}" if not wrong.startswith("canal") else f"{wrong}&issue=inconnu")
    assert reading.filters in {Filters(canal="sms"), Filters(issue="inconnu")}
    assert reading.strange == (wrong,)


def test_other_fields_of_the_same_addresses_are_no_filters() -> None:
    assert read_filters("page=2&format=csv&lignes=tours&impression=1&annuler=x&fait=rien").strange == ()


def test_an_address_of_too_many_fields_is_not_read() -> None:
    reading = read_filters(urlencode([("canal", "sms")] * 100))
    assert (reading.filters, len(reading.strange)) == (Filters(), 1)


def test_of_a_name_given_twice_the_last_counts() -> None:
    assert read_filters("canal=sms&canal=site").filters == Filters(canal="site")


def test_what_is_named_is_short_and_on_one_line() -> None:
    (named,) = read_filters(urlencode({"canal": "x\n" * 5000})).strange
    assert len(named) <= 60
    assert "\n" not in named


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("À Revoir ", "à revoir"), ("#urgent", "urgent"), ("a,b", "a b"), ("  ", ""), (",#", ""), ("x" * 99, "x" * 40), ("a\x00\nb", "a b")],
    ids=repr,
)
def test_tags_are_kept_in_one_form(typed: str, kept: str) -> None:
    assert normal_tag(typed) == kept
    assert normal_tag(kept) == kept


# --- What they choose ---


@pytest.fixture(scope="module", params=KINDS)
def inbox(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inbox]:
    with new_one(request, request.param, tmp_path_factory.mktemp("filters")) as database:
        _fill(database)
        yield Inbox(database)


def _fill(database: Database) -> None:
    """Five conversations of which each filter finds some; the third goes on over midnight in Brussels."""
    store_conversation(database, "a", [{}, {"label": "voisin/pays", "outcome": "voisin", "confidence": 0.4}], channel="sms", thumbs_up=1)
    store_conversation(
        database, "b", [{"outcome": "inconnu", "confidence": 0.2, "useful": False}], thumbs_down=1, outcome="inconnu", priority=2
    )
    late = datetime(2026, 11, 27, 22, 58, tzinfo=timezone.utc)
    store_conversation(database, "c", [{"confidence": 0.7}] * 3, late, flagged=True, assignee="ines")
    store_conversation(
        database, "d", [{"label": "demande", "outcome": "formulaire"}], NOW - timedelta(days=30), status="revu", assignee="awa"
    )
    store_conversation(database, "e", [{"confidence": None}], NOW - timedelta(days=60), priority=0)
    with database.begin() as connection:
        connection.execute(insert(tags), [{"conversation": name, "tag": "à revoir"} for name in ("a", "d")])


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", "eabc"[:0] + "ebca"),
        ("etat=tout", "ebcad"),
        ("etat=revu", "d"),
        ("canal=sms", "a"),
        ("min=2", "ca"),
        ("max=1", "eb"),
        ("min=2&max=2", "a"),
        ("confiance=70", "bca"),
        ("confiance=20", "b"),
        ("etat=tout&intention=demande", "d"),
        ("entree=combien.total", "ebca"),
        ("entree=info/combien.total&max=1", "eb"),
        ("entree=voisin/pays", "a"),
        ("issue=inconnu", "b"),
        ("echange=voisin", "a"),
        ("etat=tout&etiquette=à+revoir", "ad"),
        ("avis=down", "b"),
        ("avis=up", "a"),
        ("assigne=moi", "c"),
        ("etat=tout&assigne=awa", "d"),
        ("assigne=personne", "eba"),
        ("signale=1", "c"),
        ("priorite=0", "e"),
        ("tri=date", "cabe"),
        ("du=2026-11-27", "c"),
        ("du=2026-11-28", "c"),
        ("au=2026-11-26", "eba"),
        ("au=2026-09-26", ""),
        ("etat=tout&du=2026-10-01&au=2026-10-31", "d"),
        ("echange=repondu&confiance=40", ""),
        ("echange=voisin&confiance=40", "a"),
        ("echange=repondu&du=2026-11-28", "c"),
        ("echange=repondu&du=2026-11-29", ""),
        ("echange=repondu&avis=up", ""),
        ("q=budget&signale=1", "c"),
    ],
)
def test_filters_choose_together(inbox: Inbox, query: str, found: str) -> None:
    reading = read_filters(query)
    assert reading.strange == ()
    listing = inbox.page(reading.filters, "ines")
    assert "".join(line.row["conversation"] for line in listing.lines) == found
    assert listing.counts[reading.filters.etat] == len(found)


def test_one_goes_through_a_list_in_its_order(inbox: Inbox) -> None:
    filters = read_filters("etat=tout").filters
    assert [inbox.around(filters, "ines", name) for name in "ebcad"] == [
        (None, "b"),
        ("e", "c"),
        ("b", "a"),
        ("c", "d"),
        ("a", None),
    ]
    by_date = filters.but(tri=BY_DATE)
    assert [inbox.around(by_date, "ines", name) for name in "cabde"] == [(None, "a"), ("c", "b"), ("a", "d"), ("b", "e"), ("d", None)]


def test_one_that_has_left_the_list_still_has_neighbours(inbox: Inbox) -> None:
    assert inbox.around(read_filters("etat=nouveau").filters, "ines", "d") == ("a", None)
    assert inbox.around(Filters(), "ines", "unknown") == (None, None)
