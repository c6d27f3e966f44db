"""The words that are ours: typing errors are put right towards them only, and words about something else are seen."""

from __future__ import annotations

import pickle

import pytest

from bot.understanding.lexicon import Lexicon

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
