"""A figure that a question takes for granted is checked, and only then does the answer begin with yes or no."""

from __future__ import annotations

import pytest

from bot.answers.answerer import Answerer
from bot.answers.model import Context, Heard, Part
from bot.answers.premise import premise
from bot.answers.wordings import Wordings
from bot.knowledge import Base
from bot.texts import Texts
from bot.wiring import TEXTS, WORDINGS, build_base


@pytest.fixture(scope="module")
def base() -> Base:
    return build_base()


@pytest.mark.parametrize(
    ("entry", "text", "expected"),
    [
        pytest.param("ou.nombre", "c'est bien six pays ?", False, id="wrong-number-in-words"),
        pytest.param("ou.nombre", "Il y a bien 5 pays ?", True, id="right-number-in-digits"),
        pytest.param("quand.lancement", "Lancé en 2005, non ?", False, id="wrong-year"),
        pytest.param("quand.lancement", "donc lancé en 2000, c'est exact ?", True, id="right-year"),
        pytest.param("combien.total", "le total est de 10 millions, c'est exact ?", False, id="wrong-millions"),
        pytest.param("combien.total", "c'est bien 8,1 millions d'euros ?", True, id="millions-with-a-comma"),
        pytest.param("combien.total", "c'est bien 8.100.000 € ?", True, id="dotted-thousands"),
        pytest.param("combien.total", "c'est bien 8 100 000 € ?", True, id="spaced-thousands"),
        pytest.param("ou.nombre", "Combien de pays ? six ?", None, id="an-open-question-takes-nothing-for-granted"),
        pytest.param("ou.nombre", "les 5 pays", None, id="a-statement-is-not-a-question"),
        pytest.param("quoi.sigle", "c'est bien trois lettres ?", None, id="a-fact-without-values-is-not-judged"),
        pytest.param("combien.total", "c'est bien un budget ?", None, id="un-is-an-article"),
    ],
)
def test_a_figure_taken_for_granted_is_judged(base: Base, entry: str, text: str, expected: bool | None) -> None:
    assert premise(base, entry, text) is expected


def reply(base: Base, text: str, label: str, context: Context) -> str:
    answerer = Answerer(base, Texts.load(TEXTS), Wordings.load(WORDINGS))
    return answerer.reply(Heard(text, Part(text, ((label, 0.5),))), context).messages[0].text


def test_a_wrong_figure_is_denied_before_the_fact(base: Base) -> None:
    assert reply(base, "c'est bien six pays ?", "info/ou.nombre", Context()).startswith("Non. Le Programme travaille dans cinq pays")


def test_a_share_that_the_page_does_not_give_is_not_answered_with_another(base: Base) -> None:
    said = reply(base, "la part wallonne ?", "info/combien.bruxelles", Context())
    assert said.startswith("La page du Programme ne donne pas ce chiffre.")
    assert "3 500 000" not in said.replace("\u202f", " ")


def test_wallonia_after_a_budget_is_the_share_and_not_the_association(base: Base) -> None:
    said = reply(base, "et en Wallonie ?", "info/quoi.porteur-wallonie", Context("combien.bruxelles", "montant"))
    assert said.startswith("La page du Programme ne donne pas ce chiffre.")


def test_brussels_after_the_total_is_its_share(base: Base) -> None:
    said = reply(base, "et pour Bruxelles seulement ?", "info/qui.espace", Context("combien.total", "montant"))
    assert said.startswith("Les communes bruxelloises disposent")


def test_an_entry_that_the_knowledge_no_longer_holds_is_passed_over(base: Base) -> None:
    assert "Je n’ai pas trouvé" in reply(base, "un ancien fait", "info/un.fait.supprime", Context())
