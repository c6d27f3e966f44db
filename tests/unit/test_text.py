"""Text as it comes in and goes out: cleaned, defused, folded, typeset."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.text import NBSP, NNBSP, clean, defuse, fold, typeset

ODD = st.text(alphabet=st.sampled_from("=+-@＝ \t№™ᴬ\u0301\u200b\x00\u2028e1"), max_size=20)
SENTENCES = st.text(alphabet=st.sampled_from("aé1 0'’?!;:«»€%.,\n\t" + NBSP + NNBSP), max_size=60)


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ("  deux   mots ", "deux mots"),
        ("une\nligne\r\nou\tdeux", "une ligne ou deux"),
        ("a\x00b\x1b[31mc", "a b [31mc"),
        ("caché\u200b\u200f\u202e\ufeff", "caché"),
        ("tiret\u00adcaché", "tiretcaché"),
        ("e\u0301cole", "école"),
        ("séparateur\u2028et\u2029fin", "séparateur et fin"),
        ("seul\ud800", "seul"),
        ("e\ud800\u0301cole", "école"),
        ("\u00a0insécable\u202f?", "insécable ?"),
        ("👍🏽", "👍🏽"),
        ("\x00\x01", ""),
        ("", ""),
    ],
    ids=[
        "spaces",
        "lines",
        "control characters",
        "invisible characters",
        "soft hyphen",
        "composed",
        "separators",
        "half a surrogate",
        "composed behind half a surrogate",
        "no-break spaces",
        "emoji",
        "nothing left",
        "nothing",
    ],
)
def test_outside_text_is_cleaned(raw: str, kept: str) -> None:
    assert clean(raw) == kept


def test_long_text_is_cut_without_a_space_at_its_end() -> None:
    assert clean("dix mots " * 1000, 9) == "dix mots"
    assert len(clean("a" * 5000, 120)) == 120


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ("=1+1", "1+1"),
        ("+cmd|' /C calc'!A0", "cmd|' /C calc'!A0"),
        ("-2+3", "2+3"),
        ("@SUM(A1)", "SUM(A1)"),
        ("==+-@ x", "x"),
        ("= =1+1", "1+1"),
        ("＝1+1", "1+1"),
        ("+32 2 000 00 00", "+32 2 000 00 00"),
        ("+32 (0)2/000.00-00", "+32 (0)2/000.00-00"),
        ("+32+A1", "32+A1"),
        ("l'égalité = un droit", "l'égalité = un droit"),
        ("", ""),
        ("=", ""),
    ],
)
def test_what_a_spreadsheet_would_run_is_defused(raw: str, kept: str) -> None:
    assert defuse(raw) == kept


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ("ÉCHEVINE", "echevine"),
        ("l’Œuvre", "l'oeuvre"),
        ("ex æquo", "ex aequo"),
        ("Où ?", "ou ?"),
        ("C’EST", "c'est"),
        ("8\u202f100", "8 100"),
        ("№ 5", "no 5"),
        ("plain", "plain"),
        ("", ""),
    ],
)
def test_text_is_folded_for_comparison(raw: str, kept: str) -> None:
    assert fold(raw) == kept


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("C'est quoi ?", f"C’est quoi{NNBSP}?"),
        ("Non !", f"Non{NNBSP}!"),
        ("ici ; là", f"ici{NNBSP}; là"),
        ("Nom : Awa", f"Nom{NBSP}: Awa"),
        ("« oui »", f"«{NBSP}oui{NBSP}»"),
        ("«oui»", f"«{NBSP}oui{NBSP}»"),
        ("8 100 000 €", f"8{NNBSP}100{NNBSP}000{NNBSP}€"),
        ("500 %", f"500{NNBSP}%"),
        ("à 8:30", "à 8:30"),
        ("https://association.example", "https://association.example"),
        ("en 2014 et 2016", "en 2014 et 2016"),
        ("", ""),
    ],
)
def test_french_is_typeset(raw: str, shown: str) -> None:
    assert typeset(raw) == shown


@given(SENTENCES | st.text())
def test_typesetting_twice_changes_nothing_more(text: str) -> None:
    assert typeset(typeset(text)) == typeset(text)


@given(st.text() | ODD, st.none() | st.integers(1, 50))
def test_cleaned_text_holds_no_control_character_and_is_on_one_line(text: str, limit: int | None) -> None:
    cleaned = clean(text, limit)
    assert not any(unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} for char in cleaned)
    assert len(cleaned.splitlines()) <= 1
    assert cleaned == cleaned.strip()
    assert limit is None or len(cleaned) <= limit


@given(st.text() | ODD)
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@given(st.text() | ODD)
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text() | ODD)
def test_defused_text_is_no_formula(text: str) -> None:
    safe = defuse(clean(text))
    assert not safe.startswith(("=", "-", "@", "\t", "\r"))
    assert not safe.startswith("+") or safe[1:2].isdigit()
