"""Answers as messages of a platform: cut at sentences, with their source, and with choices as it can show them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.model import Abilities, Bubble, Choice, Style
from bot.channels.rendering import chosen, cut, render
from bot.channels.sentences import CHOOSE, source_line

SOURCE = {"section": "Budget", "page": "Programme CIC", "updated": "2026-03-04", "url": "https://www.association.example/cic"}
LINE = source_line("Budget", "2026-03-04")
OTHER = SOURCE | {"section": "Calendrier"}
WORDS = st.text(alphabet="abé .?!…\n", max_size=400)


def message(text: str, *titles: str, source: dict[str, str] | None = None) -> dict[str, Any]:
    return {"text": text, "buttons": [{"title": title, "value": title.lower()} for title in titles], "source": source}


def styles(abilities: Abilities, *titles: str) -> list[Style]:
    return [bubble.style for bubble in render([message("Lequel ?", *titles)], abilities).bubbles]


# --- texts ---


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("Une phrase. Une autre.", ["Une phrase.", "Une autre."]),
        ("Vraiment ?\nOui, vraiment.", ["Vraiment ?", "Oui, vraiment."]),
        ("une très longue phrase", ["une très", "longue phrase"]),
        ("anticonstitutionnellement", ["anticonstituti", "onnellement"]),
        ("Assez court.", ["Assez court."]),
        ("Un.\n\nDeux et demi.", ["Un.", "Deux et demi."]),
    ],
)
def test_a_text_is_cut_between_sentences_else_between_words_else_anywhere(text: str, pieces: list[str]) -> None:
    assert cut(text, 14) == pieces


def test_no_number_is_cut_off_its_choice() -> None:
    assert cut("Laquelle ?\n1. La première\n2. La seconde", 28) == ["Laquelle ?\n1. La première", "2. La seconde"]


@given(WORDS, st.integers(1, 60), st.integers(1, 60))
def test_nothing_but_blanks_is_lost_and_no_piece_is_too_long(text: str, limit: int, last: int) -> None:
    pieces = cut(text, max(limit, last), last)
    assert "".join("".join(pieces).split()) == "".join(text.split())
    assert all(len(piece) <= max(limit, last) for piece in pieces)
    assert len(pieces[-1]) <= last


@given(WORDS, st.integers(1, 60))
def test_no_piece_is_empty(text: str, limit: int) -> None:
    assert all(cut(f"Bref{text}".strip(), limit))


def test_source_and_choices_stand_with_the_end_of_a_long_text() -> None:
    limit = len(LINE) + 25
    text = " ".join(f"Phrase {number} ici." for number in range(10))
    *before, last = render([message(text, "Oui", source=SOURCE)], Abilities(limit, buttons=3, button_title=20)).bubbles
    assert len(before) > 1
    assert all(bubble == Bubble(bubble.text) for bubble in before)
    assert (last.source, last.source_url, last.style) == (LINE, SOURCE["url"], Style.BUTTONS)
    assert len(last.text) + 1 + len(LINE) <= limit
    assert " ".join(bubble.text for bubble in [*before, last]) == text


def test_an_answer_without_anything_is_no_message() -> None:
    assert render([], Abilities(100)).bubbles == render([], Abilities(100, joined=True)).bubbles == ()


# --- joined ---


def test_a_joined_answer_is_one_message_with_each_source_once() -> None:
    said = [message("Un.", source=SOURCE), message("Deux.", source=SOURCE), message("Trois.", source=OTHER), message("Bref.")]
    (bubble,) = render(said, Abilities(2000, joined=True)).bubbles
    assert bubble.text == f"Un.\n\nDeux.\n{LINE}\n\nTrois.\n{source_line('Calendrier', '2026-03-04')}\n\nBref."
    assert bubble.source is None


def test_the_choices_of_a_joined_answer_are_numbered_at_its_end() -> None:
    rendered = render([message("Un.", "Oui", "Non"), message("Deux.", "Plus tard")], Abilities(2000, joined=True))
    assert [bubble.text for bubble in rendered.bubbles] == [f"Un.\n\nDeux.\n\n{CHOOSE}\n1. Oui\n2. Non\n3. Plus tard"]
    assert rendered.offered == ("oui", "non", "plus tard")


# --- choices ---

WHATSAPP = Abilities(1000, buttons=3, button_title=20, rows=10, row_title=24, row_detail=72)


@pytest.mark.parametrize(
    ("titles", "style"),
    [
        ((), Style.NONE),
        (("Oui", "Non"), Style.BUTTONS),
        (("Oui", "Non", "x" * 20), Style.BUTTONS),
        (("Oui", "Non", "x" * 21), Style.LIST),
        (("1", "2", "3", "4"), Style.LIST),
        (("Oui", "x" * 72), Style.LIST),
        (("Oui", "x" * 73), Style.NUMBERS),
        (tuple("abcdefghij"), Style.LIST),
        (tuple("abcdefghijk"), Style.NUMBERS),
    ],
    ids=lambda value: value.value if isinstance(value, Style) else str(len(value)),
)
def test_choices_are_shown_as_the_platform_can_show_them(titles: tuple[str, ...], style: Style) -> None:
    assert styles(WHATSAPP, *titles) == [style]


def test_a_list_without_details_shows_whole_titles_only() -> None:
    assert styles(Abilities(100, rows=5, row_title=24), "x" * 24) == [Style.LIST]
    assert styles(Abilities(100, rows=5, row_title=24), "x" * 25) == [Style.NUMBERS]


@pytest.mark.parametrize("abilities", [Abilities(500, buttons=3, button_title=20, value=9), Abilities(500, rows=3, row_title=20, value=9)])
def test_what_no_button_can_carry_is_chosen_by_its_number(abilities: Abilities) -> None:
    assert styles(abilities, "neuf mots") != [Style.NUMBERS]
    assert styles(abilities, "Oui", "de dix mot") == [Style.NUMBERS]


def test_numbers_go_on_through_an_answer_and_the_source_stands_above_them() -> None:
    rendered = render([message("Un.", "Oui", "Non", source=SOURCE), message("Deux."), message("Trois.", "Peut-être")], Abilities(500))
    first, plain, last = rendered.bubbles
    assert first.text == f"Un.\n{LINE}\n\n{CHOOSE}\n1. Oui\n2. Non"
    assert (plain.style, last.text) == (Style.NONE, f"Trois.\n\n{CHOOSE}\n3. Peut-être")
    assert (first.first, last.first, last.choices) == (1, 3, (Choice("Peut-être", "peut-être"),))
    assert rendered.offered == ("oui", "non", "peut-être")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1", "oui"),
        (" 2. ", "non"),
        ("2)", "non"),
        ("n° 1", "oui"),
        ("No 2", "non"),
        ("02", "non"),
        ("3", "3"),
        ("0", "0"),
        ("2026", "2026"),
        ("1 ou 2", "1 ou 2"),
        ("le 2", "le 2"),
        ("", ""),
    ],
)
def test_a_number_that_was_offered_is_what_it_stands_for(text: str, said: str) -> None:
    assert chosen(text, ("oui", "non")) == said


def test_a_number_is_a_number_where_nothing_was_offered() -> None:
    assert chosen("1", ()) == "1"


@given(st.lists(st.text(alphabet="abc xyz", min_size=1, max_size=90), max_size=14), st.booleans())
def test_every_choice_can_be_made(titles: list[str], joined: bool) -> None:
    said = [message("Lequel ?", *titles), message("Et sinon ?", *titles[:2])]
    rendered = render(said, Abilities(3000, buttons=3, button_title=20, rows=10, row_title=24, row_detail=72, value=60, joined=joined))
    made = [choice.value for bubble in rendered.bubbles for choice in bubble.choices if bubble.style in (Style.BUTTONS, Style.LIST)]
    made += [chosen(str(number), rendered.offered) for number in range(1, len(rendered.offered) + 1)]
    assert sorted(made) == sorted(title.lower() for title in [*titles, *titles[:2]])
