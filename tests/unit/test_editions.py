"""Two editions: the years of a question lead to one of them, a follow-up stays in it, all else is asked of the current one.

The second edition is invented (tests/unit/data/editions): it ends later than the real one, and so is the current one.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sample_assistant import heard, part, ranked, the_base, the_texts, the_wordings

from bot.answers.editions import Editions
from bot.answers.model import NOTHING, Button, Context, Heard, Message, Part
from bot.knowledge import Base, Value, load_base

REAL, TEXTS = the_base(), the_texts()
TRIAL = load_base(Path(__file__).parent / "data" / "editions" / "cic-2018-2020.yml")
EDITIONS = Editions([REAL, TRIAL], TEXTS, the_wordings())
REAL_ALONE = Editions([REAL], TEXTS, the_wordings())
OF_REAL = TEXTS("reponse.edition", edition="2014-2016")
BUDGET, COUNTRIES, LAUNCH = "info/combien.total", "info/apercu.pays", "info/quand.lancement"


def only(editions: Editions, asked: Heard, context: Context = NOTHING) -> Message:
    (message,) = editions.reply(asked, context).messages
    return message


def rests_on(message: Message, base: Base) -> bool:
    """Whether the source of a message is the page of an edition, as it was on its date."""
    assert message.source is not None
    return (message.source.page, message.source.updated) == (base.edition.page, base.edition.updated.isoformat())


def kept(context: Context) -> Context:
    """A context after its stay in Rasa's slot."""
    return Context.from_dict(context.as_dict())


# --- which edition -----------------------------------------------------------------------------------


def test_the_two_editions_differ_in_page_date_countries_and_figures() -> None:
    assert "édition d’essai" in TRIAL.edition.page
    assert REAL.edition.updated != TRIAL.edition.updated
    assert not {thing.id for thing in REAL.things_of("pays")} & {thing.id for thing in TRIAL.things_of("pays")}
    told = ({value.say() for fact in base.facts.values() for value in fact.values.values()} for base in (REAL, TRIAL))
    assert not set.intersection(*told)


@pytest.mark.parametrize("bases", [(REAL, TRIAL), (TRIAL, REAL)], ids=["oldest first", "newest first"])
def test_the_edition_that_ends_last_is_the_current_one(bases: tuple[Base, ...]) -> None:
    assert Editions(bases, TEXTS, the_wordings()).current.base is TRIAL


def test_the_only_edition_is_the_current_one() -> None:
    assert REAL_ALONE.current.base is REAL


@pytest.mark.parametrize(
    "text",
    [
        "quel était le budget 2014-2016 ?",
        "quel était le budget de 2014 à 2016 ?",
        "quel était le budget en 2015 ?",
        "quel budget en 2014, en 2015, en 2016 ?",
        "quel budget avant 2015 ?",
    ],
)
def test_the_years_of_an_earlier_edition_are_answered_from_it_and_it_is_named_first(text: str) -> None:
    message = only(EDITIONS, heard(text, BUDGET))
    assert message.text.startswith(f"{OF_REAL} {REAL.phrases['combien.total'].text}")
    assert rests_on(message, REAL)


@pytest.mark.parametrize(
    "text",
    ["quel est le budget du Programme ?", "quel est le budget 2018-2020 ?", "quel est le budget de 2019 ?", "quel budget après 2017 ?"],
    ids=["no years", "its years", "one of its years", "after a year"],
)
def test_the_current_edition_answers_without_years_and_with_its_own_and_is_not_named(text: str) -> None:
    message = only(EDITIONS, heard(text, BUDGET))
    assert message.text.startswith(TRIAL.phrases["combien.total"].text)
    assert rests_on(message, TRIAL)


def test_of_two_editions_that_share_a_year_the_later_one_answers() -> None:
    between = replace(REAL, edition=replace(REAL.edition, id="2015-2017", start=2015, end=2017))
    editions = Editions([between, REAL, TRIAL], TEXTS, the_wordings())
    years = {year: editions.reply(heard(f"le budget de {year} ?", BUDGET), NOTHING).context.edition for year in (2014, 2016, 2017)}
    assert years == {2014: "2014-2016", 2016: "2015-2017", 2017: "2015-2017"}


def test_a_verdict_stands_behind_the_edition() -> None:
    assert only(EDITIONS, heard("Le Maroc en faisait partie en 2015 ?", "info/ou.maroc")).text.startswith(f"{OF_REAL} Oui. ")


def test_a_country_is_foreign_to_an_edition_that_does_not_work_there() -> None:
    now = only(EDITIONS, heard("Le Maroc en fait partie ?", "voisin/pays"))
    then = only(EDITIONS, heard("Le Togo faisait-il partie des pays de 2015 ?", "voisin/pays"))
    assert now.text == f"{TEXTS('voisin.pays_nomme', pays='le Maroc')} {TRIAL.phrases['ou.pays'].text}"
    assert then.text == f"{OF_REAL} {TEXTS('voisin.pays_nomme', pays='le Togo')} {REAL.phrases['ou.pays'].text}"


def test_each_of_two_answers_names_the_edition() -> None:
    parts = [part("quel budget en 2015 ?", (BUDGET, 0.5)), part("dans quels pays ?", (COUNTRIES, 0.5))]
    messages = EDITIONS.reply(heard("quel budget en 2015 ? dans quels pays ?", BUDGET, 0.3, parts), NOTHING).messages
    assert [message.text.startswith(OF_REAL) for message in messages] == [True, True]
    assert all(rests_on(message, REAL) for message in messages)


@pytest.mark.parametrize(
    ("text", "label", "phrase"),
    [
        ("depuis quand, en 2014-2016 et en 2018-2020 ?", LAUNCH, "quand.debut"),
        ("les phases, en 2015, puis en 2019 ?", "info/apercu.phases", "quand.phases"),
        ("le budget de 2014-2016 et de 2018-2020 ?", BUDGET, "combien.total"),
        ("quels pays en 2015, puis en 2019 ?", COUNTRIES, "ou.pays"),
    ],
    ids=["a fact with years of its own", "an overview with years", "an amount", "an overview"],
)
def test_a_question_about_two_editions_is_answered_from_both_in_its_order(text: str, label: str, phrase: str) -> None:
    then, now = EDITIONS.reply(heard(text, label), NOTHING).messages
    assert then.text.startswith(f"{OF_REAL} {REAL.phrases[phrase].text}")
    assert now.text.startswith(TRIAL.phrases[phrase].text)
    assert (rests_on(then, REAL), rests_on(now, TRIAL)) == (True, True)
    assert (then.buttons, now.buttons) == ((), ())


@pytest.mark.parametrize(
    ("text", "edition"),
    [("depuis quand, en 2015 et en 2019 ?", ""), ("depuis quand, en 2019 et en 2015 ?", "2014-2016")],
    ids=["the current one", "the earlier one"],
)
def test_of_two_editions_the_last_one_is_spoken_of(text: str, edition: str) -> None:
    assert EDITIONS.reply(heard(text, LAUNCH), NOTHING).context.edition == edition


def test_of_three_editions_the_first_two_are_answered() -> None:
    before = replace(REAL, edition=replace(REAL.edition, id="2011-2013", start=2011, end=2013))
    editions = Editions([before, REAL, TRIAL], TEXTS, the_wordings())
    messages = editions.reply(heard("depuis quand, en 2012, en 2015 et en 2019 ?", LAUNCH), NOTHING).messages
    names = [TEXTS("reponse.edition", edition=edition) for edition in ("2011-2013", "2014-2016")]
    assert [message.text.startswith(name) for message, name in zip(messages, names, strict=True)] == [True, True]


def test_two_years_of_one_edition_are_answered_once() -> None:
    assert rests_on(only(EDITIONS, heard("le budget de 2014 et de 2016 ?", BUDGET)), REAL)


def test_a_message_without_a_fact_names_no_edition() -> None:
    message = only(EDITIONS, heard("un tout autre sujet de 2015", "hors_sujet/service"))
    assert message == Message(TEXTS("hors_sujet.service"))


# --- other periods -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("editions", "base", "text"),
    [
        (EDITIONS, TRIAL, "le budget de 2030 ?"),
        (EDITIONS, TRIAL, "le budget de 2017 ?"),
        (EDITIONS, TRIAL, "le budget de 2016 à 2018 ?"),
        (EDITIONS, TRIAL, "le budget après 2020 ?"),
        (EDITIONS, TRIAL, "le budget de 2015 et celui de 2030 ?"),
        (REAL_ALONE, REAL, "le budget de 2030 ?"),
        (REAL_ALONE, REAL, "le budget de 2008-2013 ?"),
        (REAL_ALONE, REAL, "le budget avant 2014 ?"),
        (REAL_ALONE, REAL, "le budget de 2015 à 2017 ?"),
    ],
    ids=[
        "later",
        "between two",
        "across two",
        "after all",
        "one of an edition, one of none",
        "later than the only one",
        "earlier",
        "before it",
        "longer than it",
    ],
)
def test_years_of_no_edition_are_refused_with_the_nearest_fact(editions: Editions, base: Base, text: str) -> None:
    message = only(editions, heard(text, BUDGET))
    refusal = TEXTS("voisin.periode", edition=base.edition.id, date=Value(date=base.edition.updated).say())
    assert message.text == f"{refusal} {base.phrases['combien.total'].text}"
    assert rests_on(message, base)


def test_years_of_no_edition_in_a_part_of_a_message_are_refused_too() -> None:
    asked = heard("Bonjour à vous. le budget de 2030 ?", "bavardage/saluer", -0.5, [part("le budget de 2030 ?", (BUDGET, 0.5))])
    assert only(REAL_ALONE, asked).text.startswith(TEXTS("voisin.periode", edition="2014-2016", date="15 mars 2016"))


def test_years_of_no_edition_without_a_fact_are_refused_with_the_phases() -> None:
    message = only(REAL_ALONE, heard("et que se passera-t-il en 2030 ?", "voisin/periode"))
    assert message.text.endswith(REAL.phrases["quand.phases"].text)


@pytest.mark.parametrize(
    ("text", "label", "phrase"),
    [
        ("le Programme existe depuis 2000 ?", LAUNCH, "quand.debut"),
        ("la phase 2008-2013, c'était la première ?", "info/quand.phase-precedente", "quand.phases"),
        ("les actes de 1947 ont été informatisés ?", "info/changer.actes", "changer.naissances"),
        ("quelle est donc la loi de 2013 ?", "info/quoi.loi", "quoi.loi"),
        ("la page date-t-elle de 2018 ?", "info/page.date", "page.date"),
    ],
    ids=["the beginning", "the phase before", "the oldest record", "the law", "the page"],
)
def test_years_that_can_be_held_against_those_of_the_fact_are_answered(text: str, label: str, phrase: str) -> None:
    assert only(REAL_ALONE, heard(text, label)).text.startswith(REAL.phrases[phrase].text)


def test_a_wrong_year_is_denied_by_the_fact_that_tells_it() -> None:
    assert only(REAL_ALONE, heard("lancé en 2005, non ?", LAUNCH)).text.startswith(
        f"{TEXTS('reponse.non')} Le Programme existe depuis 2000."
    )
    assert only(EDITIONS, heard("lancé en 2000, non ?", LAUNCH)).text.startswith(
        f"{TEXTS('reponse.non')} Le Programme d’essai existe depuis"
    )


@pytest.mark.parametrize("text", ["le budget 2014-2016 ?", "le budget de 2015 ?"], ids=["the edition", "a year of it"])
def test_the_years_of_the_only_edition_are_no_other_period_whatever_the_classifier_says(text: str) -> None:
    message = only(REAL_ALONE, ranked(text, ("voisin/periode", 0.9), (BUDGET, 0.4)))
    assert message.text.startswith(REAL.phrases["combien.total"].text)


def test_the_years_of_an_earlier_edition_are_no_other_period_whatever_the_classifier_says() -> None:
    message = only(EDITIONS, ranked("le budget 2014-2016 ?", ("voisin/periode", 0.9), (BUDGET, 0.4)))
    assert message.text.startswith(f"{OF_REAL} {REAL.phrases['combien.total'].text}")


@pytest.mark.parametrize("text", ["le budget d'une autre période ?", "le budget de 2030 ?", "le budget de 2014-2016 et celui de 2030 ?"])
def test_another_period_is_refused_when_no_years_or_others_are_named(text: str) -> None:
    message = only(REAL_ALONE, ranked(text, ("voisin/periode", 0.9), (BUDGET, 0.4)))
    assert message.text.startswith(TEXTS("voisin.periode", edition="2014-2016", date="15 mars 2016"))


def test_the_menu_leaves_out_what_the_edition_lacks() -> None:
    lacking = replace(TRIAL, overviews={ident: each for ident, each in TRIAL.overviews.items() if ident != "apercu.documents"})
    whole, less = (only(Editions([base], TEXTS, the_wordings()), heard("Bonjour", "bavardage/saluer")) for base in (TRIAL, lacking))
    assert [button for button in whole.buttons if button not in less.buttons] == [Button("Les documents", "Les documents")]
    assert less.buttons == tuple(button for button in whole.buttons if button.title != "Les documents")


# --- from one message to the next --------------------------------------------------------------------


def test_an_earlier_edition_is_remembered_and_the_current_one_is_not() -> None:
    then = EDITIONS.reply(heard("quels pays en 2014-2016 ?", COUNTRIES), NOTHING)
    now = EDITIONS.reply(heard("dans quels pays travaille-t-on ?", COUNTRIES), NOTHING)
    assert (then.context.edition, now.context.edition) == ("2014-2016", "")


@pytest.mark.parametrize(
    ("asked", "entry"),
    [
        (heard("pourquoi ?"), "ou.raison"),
        (heard("le deuxième ?"), "ou.burkina"),
        (heard("et le Maroc ?"), "ou.maroc"),
        (heard("c'est tout ?"), "apercu.pays"),
        (heard("il n'y a rien d'autre ?"), "apercu.pays"),
        (heard("ils font quoi là-bas ?"), "apercu.secteurs"),
        (ranked("et les gens de là-bas, que font-ils donc au quotidien ?", ("info/apercu.secteurs", 0.5)), "apercu.secteurs"),
        (ranked("et les secteurs ?", ("info/apercu.secteurs", 0.5)), "apercu.secteurs"),
        (heard(REAL.entries["apercu.secteurs"].title), "apercu.secteurs"),
        (heard(REAL.entries["combien.bruxelles"].title), "combien.bruxelles"),
    ],
    ids=[
        "an aspect",
        "a rank",
        "an object",
        "all of it",
        "nothing else",
        "what they do there",
        "a longer question that points back",
        "a few words",
        "a button",
        "another button",
    ],
)
def test_a_follow_up_without_years_stays_in_the_edition_spoken_of(asked: Heard, entry: str) -> None:
    before = EDITIONS.reply(heard("quels pays en 2014-2016 ?", COUNTRIES), NOTHING)
    said = EDITIONS.reply(asked, kept(before.context))
    assert (said.context.entry, said.context.edition) == (entry, "2014-2016")
    assert said.messages[0].text.startswith(OF_REAL)
    assert rests_on(said.messages[0], REAL)


def test_follow_ups_stay_in_the_edition_one_after_the_other() -> None:
    context = EDITIONS.reply(heard("quel secteur au Bénin en 2015 ?", "info/secteurs.benin"), NOTHING).context
    for text, entry in (("et au Maroc ?", "secteurs.maroc"), ("le suivant ?", "secteurs.rdc"), ("pourquoi ?", "secteurs.priorite")):
        said = EDITIONS.reply(heard(text), kept(context))
        assert (said.context.entry, rests_on(said.messages[0], REAL)) == (entry, True)
        context = said.context


def test_every_button_of_an_answer_is_answered_from_the_edition_of_that_answer() -> None:
    before = EDITIONS.reply(heard("quel budget en 2014-2016 ?", "info/apercu.budget"), NOTHING)
    assert before.messages[0].buttons
    for button in before.messages[0].buttons:
        said = EDITIONS.reply(heard(button.value), kept(before.context))
        assert (said.context.edition, rests_on(said.messages[0], REAL)) == ("2014-2016", True), button


def test_years_alone_ask_the_same_of_another_edition() -> None:
    context = EDITIONS.reply(heard("quel est le budget du Programme ?", BUDGET), NOTHING).context
    then = EDITIONS.reply(heard("et en 2014-2016 ?", "voisin/periode"), kept(context))
    now = EDITIONS.reply(heard("et pour 2019 ?"), kept(then.context))
    assert then.messages[0].text.startswith(f"{OF_REAL} {REAL.phrases['combien.total'].text}")
    assert now.messages[0].text.startswith(TRIAL.phrases["combien.total"].text)
    assert (then.context.edition, now.context.edition) == ("2014-2016", "")


@pytest.mark.parametrize("label", ["", "voisin/periode"], ids=["not understood", "another period"])
def test_years_alone_that_are_of_no_edition_are_refused_with_the_fact_spoken_of(label: str) -> None:
    message = only(REAL_ALONE, heard("et en 2020 ?", label), Context("combien.total", "montant"))
    refusal = TEXTS("voisin.periode", edition="2014-2016", date="15 mars 2016")
    assert message.text == f"{refusal} {REAL.phrases['combien.total'].text}"
    assert rests_on(message, REAL)


def test_years_alone_after_nothing_state_no_fact() -> None:
    assert only(REAL_ALONE, heard("et en 2015 ?")).source is None


def test_years_alone_after_an_entry_that_the_edition_lacks_state_no_fact() -> None:
    assert only(EDITIONS, heard("et en 2014-2016 ?"), Context("combien.reserve", "réserve")).source is None


@pytest.mark.parametrize(
    ("asked", "entry"),
    [
        (heard("Quel est le budget total du Programme ?", BUDGET), "combien.total"),
        (heard("et quel budget pour 2018-2020 ?", BUDGET), "combien.total"),
    ],
    ids=["a question of its own", "its years"],
)
def test_the_current_edition_comes_back(asked: Heard, entry: str) -> None:
    before = EDITIONS.reply(heard("quels pays en 2014-2016 ?", COUNTRIES), NOTHING)
    said = EDITIONS.reply(asked, kept(before.context))
    assert (said.context.entry, said.context.edition) == (entry, "")
    assert rests_on(said.messages[0], TRIAL)


def test_small_talk_in_between_does_not_leave_the_edition() -> None:
    before = EDITIONS.reply(heard("quels pays en 2014-2016 ?", COUNTRIES), NOTHING)
    between = EDITIONS.reply(heard("merci bien", "bavardage/remercier"), kept(before.context))
    assert between.messages[0] == Message(TEXTS("bavardage.remercier"))
    assert rests_on(only(EDITIONS, heard("pourquoi ?"), kept(between.context)), REAL)


def test_a_follow_up_in_the_current_edition_stays_there() -> None:
    before = EDITIONS.reply(heard("dans quels pays travaille-t-on ?", COUNTRIES), NOTHING)
    said = EDITIONS.reply(heard("et au Togo ?"), kept(before.context))
    assert (said.context.entry, said.context.edition) == ("ou.togo", "")
    assert rests_on(said.messages[0], TRIAL)


def test_an_edition_that_is_gone_counts_as_the_current_one() -> None:
    said = EDITIONS.reply(heard("pourquoi ?"), Context("ou.nombre", "membre", edition="1990-1992"))
    assert (said.context.entry, said.context.edition) == ("ou.raison", "")
    assert rests_on(said.messages[0], TRIAL)


def test_an_entry_that_the_current_edition_lacks_is_followed_up_by_no_fact() -> None:
    assert only(EDITIONS, heard("pourquoi ?"), Context("piliers.premier", "contenu")).source is None


def test_edition_and_object_survive_the_slot() -> None:
    said = EDITIONS.reply(heard("le Bénin en faisait partie en 2015 ?", "info/ou.benin"), NOTHING)
    assert kept(said.context) == said.context == Context("ou.benin", "membre", 0, "benin", "2014-2016")
    there = EDITIONS.reply(heard("quoi là-bas ?"), kept(said.context))
    assert there.context == Context("secteurs.benin", "secteur", 0, "benin", "2014-2016")


@pytest.mark.parametrize(
    "raw", [None, {}, {"entry": "ou.benin", "attribute": "membre", "misses": 0}], ids=["none", "empty", "without them"]
)
def test_a_slot_of_before_the_editions_is_read(raw: dict[str, object] | None) -> None:
    assert (Context.from_dict(raw).thing, Context.from_dict(raw).edition) == ("", "")


# --- in the middle of a request ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "context", "known"),
    [
        (heard("quel était le budget en 2015 ?", BUDGET), NOTHING, True),
        (heard("le secteur au Bénin en 2015 ?", "info/secteurs.benin"), NOTHING, True),
        (heard("le secteur au Bénin ?", "info/secteurs.benin"), NOTHING, False),
        (heard("et leur secteur ?", "info/secteurs.benin"), Context("ou.benin", "membre", edition="2014-2016"), True),
        (heard("la réserve dont vous parlez ?", "info/combien.reserve"), NOTHING, True),
        (heard("la réserve dont vous parlez en 2015 ?", "info/combien.reserve"), NOTHING, False),
        (heard("Claire Dumont, née en 2015", "hors_sujet/charabia"), NOTHING, False),
    ],
    ids=[
        "a fact of both",
        "a fact of the edition named",
        "no fact of the current one",
        "a fact of the edition spoken of",
        "a fact of the current one",
        "no fact of the edition named",
        "no question",
    ],
)
def test_what_the_edition_asked_of_would_answer_at_once_is_known(asked: Heard, context: Context, known: bool) -> None:
    assert EDITIONS.knows(asked, context) is known


def test_a_question_beside_a_request_is_answered_from_the_current_edition() -> None:
    beside = part("quel est le budget du Programme ?", (BUDGET, 0.6))
    said = EDITIONS.asked_beside(heard("un rendez-vous. quel est le budget du Programme ?", "demande", 0.6, [beside]))
    assert said is not None
    assert rests_on(said.messages[0], TRIAL)


@pytest.mark.parametrize(
    ("years", "base", "beginning"),
    [
        ("de 2015", REAL, f"{OF_REAL} {REAL.phrases['combien.total'].text}"),
        ("de 2014-2016", REAL, f"{OF_REAL} {REAL.phrases['combien.total'].text}"),
        ("de 2019", TRIAL, TRIAL.phrases["combien.total"].text),
        ("de 2030", TRIAL, TEXTS("voisin.periode", edition="2018-2020", date="29 février 2020")),
    ],
    ids=["a year of an earlier edition", "an earlier edition", "a year of the current edition", "a year of no edition"],
)
def test_a_question_beside_a_request_minds_its_years(years: str, base: Base, beginning: str) -> None:
    beside = part(f"quel est le budget {years} ?", (BUDGET, 0.6))
    said = EDITIONS.asked_beside(heard(f"un rendez-vous. quel est le budget {years} ?", "demande", 0.6, [beside]))
    assert said is not None
    assert said.messages[0].text.startswith(beginning)
    assert rests_on(said.messages[0], base)


@pytest.mark.parametrize(
    "parts",
    [[], [part("un rendez-vous avec vous", (BUDGET, 0.6))], [Part("pourquoi cela ?")]],
    ids=["no parts", "no question", "not understood"],
)
def test_beside_a_request_without_a_clear_question_nothing_is_said(parts: list[Part]) -> None:
    assert EDITIONS.asked_beside(heard("un rendez-vous", "demande", 0.6, parts)) is None
