"""What is said when the page has no answer: other countries, languages and subjects, distress, small talk, questions back, the menu."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sample_assistant import heard, part, ranked, the_wordings
from sample_reply import ANSWERER, BASE, INTENT, MENU, NOTHING, TEXTS, facts, only, reply, titles

from bot.answers.answerer import CHOICES, Answerer
from bot.answers.judgement import ANSWER, ASK, NEIGHBOUR
from bot.answers.model import Context, Heard, Message, Part

# --- neighbours, other countries, other languages ----------------------------------------------------


@pytest.mark.parametrize(
    ("text", "label", "beginning"),
    [
        ("Le Mali en fait partie ?", "voisin/pays", "Non, le Mali ne fait pas partie du Programme. "),
        ("et l'Algérie ?", "voisin/pays", "Non, l’Algérie ne fait pas partie du Programme. "),
        ("le Congo-Brazzaville en fait partie ?", "voisin/pays", "Non, le Congo-Brazzaville ne fait pas partie du Programme. "),
        ("Et la Guinée ?", "voisin/pays", "Non, la Guinée ne fait pas partie du Programme. "),
        ("et les Philippines ?", "voisin/pays", "Non, les Philippines ne font pas partie du Programme. "),
        ("le secteur au Rwanda ?", "info/secteurs.maroc", "Non, le Rwanda ne fait pas partie du Programme. "),
        ("un partenariat à Bamako", "voisin/pays", "Non, ce pays ne fait pas partie du Programme. "),
        ("ce pays-là aussi ?", "voisin/pays", "Non, ce pays ne fait pas partie du Programme. "),
    ],
    ids=["le", "l'", "the other Congo", "la", "les", "taken for a fact", "a town", "no name"],
)
def test_another_country_is_denied_by_its_name_and_the_five_are_given(text: str, label: str, beginning: str) -> None:
    message = only(heard(text, label, 0.3))
    assert message.text.startswith(beginning)
    assert "le Bénin, le Burkina Faso, le Maroc" in message.text
    assert facts(message)[0] == "ou.nombre"


def test_after_another_country_one_of_the_five_may_follow() -> None:
    said = reply(heard("et le Mali ?", "voisin/pays"))
    assert reply(heard("et le Sénégal ?"), said.context).context.entry == "ou.senegal"


@pytest.mark.parametrize("kind", ["periode", "programme", "liste", "chiffre", "procedure"])
def test_a_neighbouring_question_is_refused_with_the_nearest_fact(kind: str) -> None:
    message = only(heard("une question voisine du sujet", f"voisin/{kind}", NEIGHBOUR))
    expected = TEXTS(f"voisin.{kind}", edition="2014-2016", date="15 mars 2016")
    assert message.text == f"{expected} {BASE.phrases[BASE.nearest[kind]].text}"
    assert message.source is not None
    assert len(message.text) <= 500


def test_the_refusal_of_a_figure_gives_the_fact_nearest_to_the_question() -> None:
    message = only(ranked("combien d'experts sont partis en mission ?", ("voisin/chiffre", 0.2), ("info/experts.missions", -0.4)))
    assert facts(message)[0] == "experts.plateformes"
    assert message.text.startswith(TEXTS("voisin.chiffre"))


def test_a_neighbour_that_is_hardly_one_is_not_refused_as_such() -> None:
    assert only(heard("quelque chose d'autre encore", "voisin/procedure", NEIGHBOUR - 0.01)).source is None


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Wat is het budget van de gemeente?", "nl"),
        ("What is the budget of the programme?", "en"),
        ("Was ist das Budget und wie kann ich mitmachen?", "de"),
        ("¿Cuál es el presupuesto para los municipios?", "es"),
        ("ما هي ميزانية البرنامج؟", "ar"),
        ("какой бюджет у программы", "autre"),
    ],
    ids=["nl", "en", "de", "es", "ar", "ru"],
)
def test_another_language_gets_one_sentence_and_the_french_menu(text: str, language: str) -> None:
    *foreign, french = reply(heard(text, "info/combien.total", ANSWER)).messages
    assert [(message.text, message.language) for message in foreign] == (
        [] if language == "autre" else [(TEXTS(f"langues.{language}"), language)]
    )
    assert (french.text, french.language) == (TEXTS("langues.autre"), "")
    assert titles(french) == MENU
    assert {message.source for message in (*foreign, french)} == {None}


def test_a_language_that_only_the_classifier_recognises_is_answered_too() -> None:
    assert only(heard("zer da programa hau", "hors_sujet/langue")).text == TEXTS("langues.autre")


def test_a_french_question_with_english_words_is_still_answered() -> None:
    assert facts(only(heard("le learning by doing, what is it ?", "info/volet1.apprentissage", 0.5)))[0] == "volet1.apprentissage"


# --- everything else ---------------------------------------------------------------------------------


@pytest.mark.parametrize("label", ["hors_sujet/detresse", "hors_sujet/menace"])
def test_distress_and_threats_come_before_everything(label: str) -> None:
    parts = [part("quel budget ?", ("info/combien.total", 0.9))]
    message = only(heard("je veux mourir, le Mali, quel budget ? the what is", label, -0.5, parts), Context("secteurs.benin", "secteur"))
    assert message == Message(TEXTS(label.replace("/", ".")))


@pytest.mark.parametrize("text", ["?", "👍", "...", "a", "12", "!!! ???", "x 1 y", "½"])
def test_signs_and_lone_letters_are_not_understood(text: str) -> None:
    said = reply(heard(text, "info/combien.total", 0.9))
    assert said.messages[0].text == TEXTS("hors_sujet.charabia")
    assert titles(said.messages[0]) == MENU
    assert said.context.misses == 1


def test_gibberish_opens_the_menu_and_counts_as_a_miss() -> None:
    said = reply(heard("zblorg trimounet", "hors_sujet/charabia"), Context("secteurs.benin", "secteur"))
    assert said.messages[0].text == TEXTS("hors_sujet.charabia")
    assert titles(said.messages[0]) == MENU
    assert said.context == Context("secteurs.benin", "secteur", 1)


@pytest.mark.parametrize("label", ["service", "actualite", "manipulation", "avis"])
def test_another_subject_gets_no_fact_and_no_source(label: str) -> None:
    message = only(heard("un tout autre sujet que celui-ci", f"hors_sujet/{label}"))
    assert message == Message(TEXTS(f"hors_sujet.{label}"))


def test_personal_data_have_their_own_answer() -> None:
    assert only(heard("que faites-vous de mes données personnelles", "donnees")).text == TEXTS("donnees")


UNKNOWN = heard("quelque chose que personne ne comprend")


def test_what_is_not_understood_opens_the_menu() -> None:
    said = reply(UNKNOWN)
    assert said.messages[0].text == TEXTS("hors_sujet.inconnu")
    assert titles(said.messages[0]) == MENU
    assert said.context.misses == 1


@pytest.mark.parametrize(
    "asked", [UNKNOWN, heard("???"), heard("zblorg trimounet", "hors_sujet/charabia")], ids=["not understood", "signs", "gibberish"]
)
@pytest.mark.parametrize("misses", [1, 2, 7])
def test_a_second_miss_in_a_row_offers_the_way_to_a_request(asked: Heard, misses: int) -> None:
    said = reply(asked, Context(misses=misses))
    assert said.messages[0].text == TEXTS("hors_sujet.encore_inconnu")
    assert titles(said.messages[0]) == [*MENU, TEXTS("demande.bouton")]
    assert said.context.misses == misses + 1


@pytest.mark.parametrize("label", ["bavardage/remercier", "bavardage/au_revoir", "affirmer", "nier", "bavardage/saluer", "hesiter"])
def test_small_talk_ends_a_row_of_misses_and_keeps_the_last_answer(label: str) -> None:
    said = reply(heard("quelques mots de politesse entre nous, voyez-vous donc", label), Context("secteurs.benin", "secteur", 4))
    assert said.context == Context("secteurs.benin", "secteur", 0)
    assert said.messages[0].source is None


@pytest.mark.parametrize("label", ["bavardage/saluer", "bavardage/aide", "bavardage/recommencer", "bavardage/insulte", "hesiter"])
def test_a_greeting_or_a_cry_for_help_opens_the_menu(label: str) -> None:
    assert titles(only(heard("pourriez-vous m'aider un petit peu", label))) == MENU


def test_small_talk_that_is_hardly_recognised_is_not_answered_as_such() -> None:
    assert only(heard("des mots sans suite ni raison", "bavardage/remercier", ANSWER - 0.01)).text == TEXTS("hors_sujet.inconnu")


def unclear(count: int, score: float = ASK) -> Heard:
    labels = ["combien.total", "secteurs.benin", "quand.lancement", "ou.nombre", "apercu.documents"][:count]
    return ranked("une question dont on ne sait pas bien ce qu'elle veut", *((f"info/{label}", score) for label in labels))


@pytest.mark.parametrize(("near", "offered"), [(1, 1), (3, 3), (5, CHOICES)], ids=["one", "three", "five"])
def test_an_unclear_question_is_asked_back_with_three_choices_at_most_and_none(near: int, offered: int) -> None:
    said = reply(unclear(near), Context(misses=1))
    message = said.messages[0]
    assert message.text == TEXTS("reponse.demander")
    assert len(titles(message)) == offered + 1
    assert titles(message)[-1] == TEXTS("reponse.aucune")
    assert said.context.misses == 2
    assert message.source is None


def test_choices_are_plain_words_and_never_names_of_ours() -> None:
    message = only(unclear(5))
    for button in message.buttons:
        assert INTENT.search(button.title) is None
        assert INTENT.search(button.value) is None


def test_what_is_too_far_from_everything_is_not_asked_back() -> None:
    assert only(unclear(3, ASK - 0.01)).text == TEXTS("hors_sujet.inconnu")


def test_choices_are_not_offered_to_a_message_about_something_else() -> None:
    asked = ranked("parlons d'autre chose ensemble maintenant", ("demande", -0.5), ("info/combien.total", -0.6))
    assert only(asked).text == TEXTS("hors_sujet.inconnu")


def test_nothing_heard_is_still_answered() -> None:
    for text in ("", "blabla blabla", "0000"):
        assert reply(Heard(text, Part(text))).messages


def test_every_reply_without_a_fact_is_without_a_source_and_every_fact_has_one() -> None:
    labels = [*(f"info/{entry}" for entry in BASE.entries), "voisin/periode", "hors_sujet/service", "bavardage/aide", "donnees", "inconnu"]
    for label in labels:
        for message in reply(heard("une assez longue question qui ne dit rien d'autre", label)).messages:
            assert (message.source is not None) == label.startswith(("info/", "voisin/")), label


@pytest.mark.parametrize(
    ("asked", "known"),
    [
        (heard("le budget total ?", "info/combien.total"), True),
        (heard("Le budget total"), True),
        (heard("et le Mali ?", "voisin/pays"), True),
        (heard("bonjour à tous", "bavardage/saluer"), False),
        (heard("une question qu'on ne comprend guère", "info/combien.total", ASK), False),
        (heard("quel temps fait-il ?", "hors_sujet/actualite"), False),
    ],
    ids=["a fact", "a button", "another country", "a greeting", "an unclear question", "another subject"],
)
def test_what_would_be_answered_at_once_is_known(asked: Heard, known: bool) -> None:
    assert ANSWERER.knows(asked, NOTHING) is known


def test_a_base_without_refusals_says_that_it_does_not_know() -> None:
    answerer = Answerer(replace(BASE, nearest={}), TEXTS, the_wordings())
    assert answerer.reply(heard("et le Mali ?", "voisin/pays"), NOTHING).messages[0].text == TEXTS("hors_sujet.inconnu")
    assert answerer.reply(heard("et en 2025 ?", "voisin/periode"), NOTHING).messages[0].text == TEXTS("hors_sujet.inconnu")
