"""Buttons, facts and follow-ups: which entry is answered, with what before it, and what is remembered."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sample_assistant import heard, part, ranked
from sample_reply import ANSWERER, BASE, NOTHING, TEXTS, facts, only, reply, titles

from bot.answers.answerer import ROOM_EACH
from bot.answers.model import Context
from bot.text import NBSP, NNBSP

# --- buttons -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("entry", sorted(BASE.entries))
def test_the_title_of_a_button_typed_back_opens_its_entry(entry: str) -> None:
    title = BASE.entries[entry].title.replace(NNBSP, " ").replace(NBSP, " ").replace("’", "'")
    for text in (BASE.entries[entry].title, title, title.upper()):
        said = ANSWERER.chosen(heard(text), NOTHING)
        assert said is not None
        assert said.context.entry == entry


def test_a_button_counts_whatever_the_classifier_makes_of_it() -> None:
    assert reply(heard("Le budget total", "hors_sujet/service", 0.9)).context.entry == "combien.total"


def test_none_of_these_counts_as_a_question_that_was_not_understood() -> None:
    said = reply(heard("Aucune de celles-là"), Context(misses=1))
    assert said.messages[0].text == TEXTS("hors_sujet.encore_inconnu")
    assert said.context.misses == 2


# --- facts -------------------------------------------------------------------------------------------


def test_a_clear_question_gets_its_fact_and_is_remembered() -> None:
    said = reply(heard("c'est quoi le budget pour Bruxelles ?", "info/combien.bruxelles"))
    assert facts(said.messages[0])[0] == "combien.bruxelles"
    assert said.context == Context("combien.bruxelles", "montant", thing="bruxelles")


def test_an_answer_ends_a_row_of_misses() -> None:
    assert reply(heard("le budget ?", "info/combien.total"), Context(misses=3)).context.misses == 0


@pytest.mark.parametrize("entry", ["participer.commune", "attention.autorites", "contact.personne", "apercu.participer"])
def test_what_leads_to_a_request_offers_to_make_one(entry: str) -> None:
    assert titles(only(heard("une question sur la participation, s'il vous plaît", f"info/{entry}")))[-1] == TEXTS("demande.bouton")


def test_a_fact_about_the_budget_does_not_offer_a_request() -> None:
    assert TEXTS("demande.bouton") not in titles(only(heard("le budget total du programme", "info/combien.total")))


@pytest.mark.parametrize(
    ("text", "before"),
    [
        ("Le Maroc en fait partie ?", "Oui. "),
        ("est-ce que le Maroc participe", "Oui. "),
        ("le Maroc fait-il partie des pays", "Oui. "),
        ("Quel est le rôle du Maroc ?", ""),
        ("le Maroc", ""),
    ],
    ids=["ends with a question mark", "est-ce que", "fait-il", "an open question", "no question"],
)
def test_a_member_is_confirmed_when_it_was_asked_for(text: str, before: str) -> None:
    assert only(heard(text, "info/ou.maroc")).text.startswith(f"{before}Le Programme travaille dans cinq pays")


def test_two_questions_of_two_headings_get_two_short_answers() -> None:
    asked = heard(
        "Quel secteur au Bénin et c'est quoi le budget ?",
        "info/secteurs.benin",
        -0.5,
        [part("Quel secteur au Bénin", ("info/secteurs.benin", 0.4)), part("c'est quoi le budget ?", ("info/combien.total", 0.5))],
    )
    said = reply(asked)
    assert [facts(message)[0] for message in said.messages] == ["secteurs.benin", "combien.total"]
    assert all(len(message.text) <= ROOM_EACH and not message.buttons for message in said.messages)
    assert said.context.entry == "combien.total"


def test_two_overviews_in_one_message_are_both_kept_short() -> None:
    parts = [part("le premier volet", ("info/apercu.volet1", 0.4)), part("pourquoi ce programme ?", ("info/apercu.pourquoi", 0.5))]
    said = reply(heard("le premier volet et pourquoi ce programme ?", "info/apercu.volet1", 0.1, parts))
    assert len(said.messages) == 2
    assert sum(len(message.text) for message in said.messages) <= 2 * ROOM_EACH


def test_three_questions_get_two_answers_at_most() -> None:
    parts = [part(label, (f"info/{label}", 0.5)) for label in ("combien.total", "secteurs.benin", "quand.lancement")]
    assert len(reply(heard("trois questions à la fois", "info/combien.total", 0.1, parts)).messages) == 2


def test_a_question_inside_a_long_letter_is_answered() -> None:
    parts = [part("je me permets de vous écrire", ("hors_sujet/service", -0.2)), part("quel budget ?", ("info/combien.total", 0.4))]
    assert facts(only(heard("Madame, je me permets… quel budget ?", "hors_sujet/service", -0.6, parts)))[0] == "combien.total"


def test_a_question_beside_a_request_is_answered_only_when_it_is_a_question() -> None:
    beside = part("comment s'appelle la personne de contact ?", ("info/contact.personne", 0.5))
    said = ANSWERER.asked_beside(heard("un rendez-vous. comment s'appelle la personne de contact ?", "demande", 0.4, [beside]))
    assert said is not None
    assert facts(said.messages[0])[0] == "contact.personne"
    statement = replace(beside, text="la personne de contact")
    assert ANSWERER.asked_beside(heard("un rendez-vous avec la personne de contact", "demande", 0.4, [statement])) is None


# --- follow-ups --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "context", "entry"),
    [
        ("et au Maroc ?", Context("secteurs.benin", "secteur"), "secteurs.maroc"),
        ("et au Maroc ?", Context("ou.nombre", "membre"), "ou.maroc"),
        ("et au Maroc ?", Context("fiche.benin", "fiche"), "fiche.maroc"),
        ("et en RDC alors ?", Context("apercu.secteurs", "secteur"), "secteurs.rdc"),
        ("le troisième ?", Context("piliers.premier", "contenu"), "piliers.troisieme"),
        ("et le second", Context("volet1.capacites", "contenu"), "volet2.autonomie"),
        ("et pour Bruxelles ?", Context("combien.total", "montant"), "combien.bruxelles"),
    ],
    ids=["sector", "member", "sheet", "after an overview", "third pillar", "second part", "share of the total"],
)
def test_a_follow_up_moves_to_another_object_of_the_same_attribute(text: str, context: Context, entry: str) -> None:
    said = reply(heard(text), context)
    assert said.context.entry == entry


def test_a_follow_up_without_a_question_before_it_is_not_guessed_at() -> None:
    assert only(heard("le troisième ?")).source is None


def test_an_unclear_short_question_leans_on_the_last_answer() -> None:
    asked = ranked("et les actes, de quand datent-ils ?", ("info/changer.anciennete", -0.5), ("info/page.date", -0.55))
    assert reply(asked, Context("changer.actes")).context.entry == "changer.anciennete"
    assert reply(asked).messages[0].text == TEXTS("reponse.demander")


def test_an_unclear_short_question_that_opens_like_no_follow_up_is_rescued_by_the_last_answer() -> None:
    asked = ranked("kel petit projet ils soutenai", ("info/quand.microprojets", -0.64))
    assert reply(asked, Context("quand.lancement")).context.entry == "quand.microprojets"
    assert reply(asked).messages[0].text == TEXTS("reponse.demander")


def test_what_was_offered_first_is_kept_in_mind_until_something_is_answered() -> None:
    asked = ranked("et les actes, de quand datent-ils ?", ("info/changer.anciennete", -0.7), ("info/page.date", -0.75))
    assert reply(asked).context.entry == "changer.anciennete"
    assert reply(asked, Context("contact.personne")).context.entry == "contact.personne"


def test_the_country_that_a_message_names_is_kept_in_mind_though_it_is_not_understood() -> None:
    assert reply(heard("la Belgique aide-t-elle la RDC ?"), Context(thing="benin")).context.thing == "rdc"
    assert reply(heard("le Bénin et la RDC ?"), Context(thing="maroc")).context.thing == "maroc"


def test_a_few_clear_words_are_not_read_in_the_light_of_the_last_answer() -> None:
    ranking, sector = (("info/apercu.pays", 0.3), ("info/secteurs.maroc", 0.1)), Context("secteurs.maroc", "secteur")
    assert reply(ranked("pays concernés", *ranking), sector).context.entry == "apercu.pays"
    assert reply(ranked("et leurs secteurs", *ranking), sector).context.entry == "secteurs.maroc"


def test_a_few_words_that_are_not_clear_are_not_given_another_meaning_by_the_last_answer() -> None:
    ranking = (("info/apercu.pays", -0.44), ("hors_sujet/actualite", -0.6), ("info/apercu.etat-civil", -0.66))
    asked_back = reply(ranked("quels pays participent ?", *ranking), Context("secteurs.maroc", "secteur"))
    assert asked_back.messages[0].text == TEXTS("reponse.demander")
