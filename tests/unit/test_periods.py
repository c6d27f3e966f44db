"""The years that a message names, and facts that have years of their own."""

from __future__ import annotations

import pytest
from sample_assistant import the_base

from bot.answers import periods
from bot.answers.periods import Period
from bot.text import NBSP, NNBSP

BASE = the_base()


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("l'édition 2014-2016", Period(2014, 2016)),
        ("2014 - 2016", Period(2014, 2016)),
        ("2014–2016", Period(2014, 2016)),
        ("2014/2016", Period(2014, 2016)),
        ("de 2008 à 2013", Period(2008, 2013)),
        ("DE 2008 À 2013", Period(2008, 2013)),
        ("de 2008 a 2013", Period(2008, 2013)),
        ("de 2017 au 2021", Period(2017, 2021)),
        ("entre 2014 et 2016", Period(2014, 2016)),
        ("de 2014 jusqu'en 2016", Period(2014, 2016)),
        ("de 2014 jusqu’à 2016", Period(2014, 2016)),
        ("2016-2014", Period(2014, 2016)),
        ("1999-2001", Period(1999, 2001)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_range_of_years_is_one_period(text: str, period: Period) -> None:
    assert periods.named(text) == (period,)


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("le budget de 2030 ?", 2030),
        ("en 2016.", 2016),
        ("en 2016, donc", 2016),
        ("(2016)", 2016),
        ("depuis 2000", 2000),
        ("les actes de 1947", 1947),
        ("le 15 mars 2016", 2016),
        ("15/03/2016", 2016),
        ("à partir de 2017", 2017),
        ("1900", 1900),
        ("2099", 2099),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_single_year_is_a_period_of_itself(text: str, year: int) -> None:
    assert periods.named(text) == (Period(year, year),)


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("après 2016", 2017),
        ("apres 2016", 2017),
        ("Après 2016 ?", 2017),
        ("au-delà de 2016", 2017),
        ("au-delà de l'année 2016", 2017),
        ("après l'année 2016", 2017),
        ("après fin 2016", 2017),
        ("post 2016", 2017),
        ("après 2014-2016", 2017),
        ("après 2014 à 2016", 2017),
        ("après l'édition 2014-2016", 2017),
        ("au-delà de la phase 2014-2016", 2017),
        ("avant 2014", 2013),
        ("AVANT 2014", 2013),
        ("avant l'année 2014", 2013),
        ("avant 2014-2016", 2013),
        ("avant la phase 2014-2016", 2013),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_after_a_year_begins_the_next_and_before_it_ends_the_last(text: str, year: int) -> None:
    assert periods.named(text) == (Period(year, year),)


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("et après, en 2015 ?", 2015),
        ("le budget d'avant, en 2015", 2015),
        ("avant toute chose, quel est le budget total de 2015 ?", 2015),
        ("le budget des communes devenues partenaires après leur demande de 2015", 2015),
    ],
    ids=["behind a comma", "a phase before", "first of all", "too far away"],
)
def test_after_and_before_count_beside_the_year_only(text: str, year: int) -> None:
    assert periods.named(text) == (Period(year, year),)


@pytest.mark.parametrize(
    "text",
    [
        "2 000 €",
        f"2{NNBSP}000{NNBSP}€",
        f"2{NBSP}000 €",
        "2000 €",
        "2000€",
        f"2000{NNBSP}€",
        "2.000",
        "3500000",
        "2000000",
        "200000",
        "8100000",
        "8.100.000",
        "12016",
        "500000 actes",
        "1,2016",
        "2014,55",
        "20000 euros",
        "2000 euros",
        "2000 EUR",
        f"2000{NBSP}euros",
        "2 000 euros",
        "20001 habitants",
        "2000 habitants",
        "2015 communes",
        "2000 personnes",
        "2000 actes",
        "2000 millions",
        "2014 fois",
        "1899",
        "2100",
        "40 partenariats",
        "cinq pays",
        "",
    ],
    ids=repr,
)
def test_an_amount_is_no_year(text: str) -> None:
    assert periods.named(text) == ()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2018-2020 ou 2014-2016 ?", (Period(2018, 2020), Period(2014, 2016))),
        ("2030, puis 2014-2016", (Period(2030, 2030), Period(2014, 2016))),
        ("2014-2016, puis 2030", (Period(2014, 2016), Period(2030, 2030))),
        ("2014, 2015, 2016", (Period(2014, 2014), Period(2015, 2015), Period(2016, 2016))),
        ("après 2016 ou avant 2014", (Period(2017, 2017), Period(2013, 2013))),
        ("3500000 € en 2015", (Period(2015, 2015),)),
        ("2000 euros en 2015", (Period(2015, 2015),)),
        ("2017 et 2008-2013", (Period(2017, 2017), Period(2008, 2013))),
        ("2008-2013 et 2017", (Period(2008, 2013), Period(2017, 2017))),
        ("2016 ou 2016", (Period(2016, 2016), Period(2016, 2016))),
    ],
    ids=[
        "two ranges",
        "a year, a range",
        "a range, a year",
        "three years",
        "after and before",
        "an amount and a year",
        "euros and a year",
        "a year and a range",
        "a range and a year",
        "twice",
    ],
)
def test_periods_are_named_in_the_order_of_the_text(text: str, found: tuple[Period, ...]) -> None:
    assert periods.named(text) == found


@pytest.mark.parametrize(
    ("period", "other", "within"),
    [
        (Period(2014, 2016), Period(2014, 2016), True),
        (Period(2015, 2015), Period(2014, 2016), True),
        (Period(2014, 2017), Period(2014, 2016), False),
        (Period(2013, 2016), Period(2014, 2016), False),
        (Period(2013, 2017), Period(2014, 2016), False),
        (Period(2018, 2020), Period(2014, 2016), False),
    ],
    ids=["the same", "a year of it", "ends later", "begins earlier", "around it", "another"],
)
def test_a_period_lies_within_another_with_all_its_years(period: Period, other: Period, within: bool) -> None:
    assert period.within(other) is within


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("et en 2014-2016 ?", "et en ?"),
        ("De 2014 à 2016 ?", "de ?"),
        ("entre 2014 et 2016", ""),
        ("2015, 2030", ","),
        ("Et 2000 euros ?", "et 2000 euros ?"),
        ("Où ça ?", "ou ca ?"),
        ("", ""),
    ],
    ids=["a range", "from to", "between", "two years", "an amount", "no years", "nothing"],
)
def test_a_text_without_its_periods_is_what_is_left(text: str, rest: str) -> None:
    assert periods.without(text).split() == rest.split()


def test_an_edition_has_its_years() -> None:
    assert periods.period_of(BASE) == Period(BASE.edition.start, BASE.edition.end)


@pytest.mark.parametrize(
    ("entry", "tells"),
    [
        ("quand.lancement", True),
        ("quand.pilote", True),
        ("quand.phase-precedente", True),
        ("changer.actes", True),
        ("changer.benin", True),
        ("quoi.loi", True),
        ("page.date", True),
        ("apercu.phases", True),
        ("apercu.resultats", True),
        ("combien.total", False),
        ("combien.duree", False),
        ("ou.nombre", False),
        ("quoi.sigle", False),
        ("apercu.budget", False),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_fact_tells_years_when_its_phrase_has_a_year_or_a_date(entry: str, tells: bool) -> None:
    assert periods.tells_years(BASE, entry) is tells
