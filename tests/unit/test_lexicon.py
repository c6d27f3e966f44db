"""The words that are ours: typing errors are put right towards them only, and words about something else are seen."""

from __future__ import annotations

import pickle
from collections import Counter

import pytest

from bot.understanding.lexicon import OFTEN, Lexicon

EXAMPLES = [
    "quel est le budget du programme pour les communes bruxelloises",
    "le budget des partenariats et des communes du programme",
    "décentralisation et partenariats au Bénin",
    "la décentralisation au Bénin pour les communes",
    "quels partenariats pour la population bruxelloises",
    "un mot seul : échevinat",
]


class Light(Lexicon):
    """A lexicon that does without spaCy, which takes seconds to import."""

    @property
    def empty(self) -> frozenset[str]:
        return frozenset({"donc", "dans", "pour"})


LEXICON = Light.learn(EXAMPLES)


@pytest.mark.parametrize(
    ("text", "corrected"),
    [
        ("le bugdet", "le budget"),
        ("le budjet", "le budget"),
        ("le budgett du progamme", "le budget du programme"),
        ("la decentralisatoin", "la decentralisation"),
        ("la décentrlisaton", "la decentralisation"),
        ("LE BUGDET", "LE budget"),
        ("budget", "budget"),
        ("Bénin", "Bénin"),
        ("le budgte, svp !", "le budget, svp !"),
        ("une maison bleue", "une maison bleue"),
        ("le bgdt", "le bgdt"),
        ("xqzwv", "xqzwv"),
        ("bdg", "bdg"),
        ("budgets", "budgets"),
        ("échevinnat", "échevinnat"),
        ("2016 👍", "2016 👍"),
        ("", ""),
    ],
    ids=lambda value: value or "nothing",
)
def test_a_misspelt_word_is_put_right_towards_ours_only(text: str, corrected: str) -> None:
    assert LEXICON.correct(text) == corrected


def light(**counts: int) -> Light:
    """A lexicon of words with their counts."""
    return Light(Counter(counts))


BY_EAR = light(foncier=9, reseau=9, pays=9, actes=9, population=9, rapport=9, niveaux=9, communes=9, commune=7, uvcw=9)


@pytest.mark.parametrize(
    ("text", "corrected"),
    [
        ("le fonsié", "le foncier"),
        ("le rézo", "le reseau"),
        ("REZO", "reseau"),
        ("la populassion", "la population"),
        ("les nivos", "les niveaux"),
        ("raport", "rapport"),
        ("le peyi, ici", "le peyi, ici"),
        ("pei", "pei"),
        ("uvcv", "uvcv"),
    ],
    ids=lambda value: value,
)
def test_a_word_written_by_ear_is_put_right_however_many_letters_differ(text: str, corrected: str) -> None:
    assert BY_EAR.correct(text) == corrected


@pytest.mark.parametrize(("text", "corrected"), [("pzays", "pays"), ("pyas", "pyas"), ("pazs", "pazs")], ids=["five", "four", "four too"])
def test_a_word_of_four_letters_is_a_target_and_is_put_right_by_ear_only(text: str, corrected: str) -> None:
    assert BY_EAR.correct(text) == corrected


def test_of_words_that_sound_alike_the_most_frequent_is_meant() -> None:
    assert BY_EAR.correct("komune") == "communes"
    assert light(communes=7, commune=9).correct("komune") == "commune"


def test_a_word_by_ear_goes_before_one_that_is_a_slip_away() -> None:
    assert light(foncier=9, fossiles=9).correct("fonsier") == "foncier"


@pytest.mark.parametrize(
    ("ours", "misspelt", "corrected"),
    [
        (OFTEN + 1, 1, "reseau"),
        (OFTEN, 1, "rezo"),
        (2 * OFTEN + 1, 2, "reseau"),
        (2 * OFTEN, 2, "rezo"),
        (2, 0, "reseau"),
        (1, 0, "rezo"),
    ],
    ids=["often enough", "not often enough", "twice as often", "not twice as often", "never misspelt", "seen once only"],
)
def test_a_misspelling_among_the_examples_is_put_right_when_the_french_word_is_much_more_frequent(
    ours: int, misspelt: int, corrected: str
) -> None:
    assert light(reseau=ours, rezo=misspelt).correct("rezo") == corrected


def test_a_word_that_is_ours_without_being_french_is_not_put_right_by_a_slip() -> None:
    assert light(budget=3, budgit=2).correct("budgit") == "budgit"
    assert light(budget=3, budgit=1).correct("budgit") == "budget"


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("le budget des communes", 0.0),
        ("les symptômes de la grippe", 1.0),
        ("le budget des symptômes", 0.5),
        ("un partenariat décentralisé", 0.0),
        ("xqzwv", 0.0),
        ("et pour qui donc", 0.0),
        ("un thé", 0.0),
        ("", 0.0),
    ],
    ids=lambda value: value if isinstance(value, str) and value else None,
)
def test_the_share_of_words_about_something_else(text: str, share: float) -> None:
    assert LEXICON.foreign_share(text) == pytest.approx(share)


def test_a_word_seen_once_may_be_an_error_and_is_not_ours() -> None:
    assert "echevinat" not in LEXICON.known
    assert {"budget", "communes", "decentralisation"} <= LEXICON.known


def test_a_lexicon_is_stored_with_our_words_only() -> None:
    LEXICON.correct("le bugdet")
    stored = pickle.dumps(LEXICON)
    again = pickle.loads(stored)
    assert len(stored) < 5_000
    assert (again.ours, again.correct("le bugdet")) == (LEXICON.ours, "le budget")


def test_a_lexicon_of_nothing_corrects_nothing() -> None:
    empty = Lexicon.learn([])
    assert (empty.correct("le bugdet"), empty.known) == ("le bugdet", frozenset())
