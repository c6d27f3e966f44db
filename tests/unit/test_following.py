"""Bare follow-ups: « pourquoi ? », « le deuxième ? », « c'est tout ? » ask something only after the last answer."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sample_assistant import heard, part, ranked, the_wordings
from sample_reply import BASE, NOTHING, TEXTS, facts, only, reply

from bot.answers.following import ALL, SURE, Following, Lead
from bot.answers.model import Context, Heard, Message, Part
from bot.knowledge import Listing

FOLLOWING = Following(BASE, the_wordings())


def lead(text: str, after: str) -> Lead | None:
    return FOLLOWING.lead(text, Context(after))


def entry(text: str, after: str) -> str:
    found = lead(text, after)
    assert found is not None, f"« {text} » leads nowhere after {after}"
    assert not found.refusal
    return found.entry


def named(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


# --- what is asked -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "after", "to"),
    [
        ("pourquoi ?", "ou.nombre", "ou.raison"),
        ("Pourquoi ?", "apercu.pays", "ou.raison"),
        ("pk ?", "ou.benin", "ou.raison"),
        ("pour quelle raison ?", "secteurs.benin", "secteurs.priorite"),
        ("mais pourquoi donc ?", "piliers.premier", "piliers.indissociables"),
        ("dans quel but ?", "quoi.sigle", "pourquoi.but"),
        ("à quoi ça sert ?", "changer.actes", "changer.base"),
        ("quand ?", "quoi.sigle", "quand.lancement"),
        ("depuis quand ?", "quoi.instrument", "quand.lancement"),
        ("à quelle date ?", "page.soutien", "page.date"),
        ("quelle phase ?", "changer.foncier", "changer.benin"),
        ("jusqu'à quand ?", "quand.lancement", "quand.phase-actuelle"),
        ("jusqu'a kan ?", "quand.lancement", "quand.phase-actuelle"),
        ("jusqu'à quand ?", "combien.total", "combien.duree"),
        ("et qui paie ?", "combien.total", "apercu.budget"),
        ("qui finance ?", "secteurs.maroc", "apercu.budget"),
        ("c'est par an ?", "combien.total", "combien.duree"),
        ("et c par an ?", "apercu.budget", "combien.duree"),
        ("et avant ?", "quand.phase-actuelle", "quand.phase-precedente"),
        ("et avant ?", "quand.phase-precedente", "quand.lancement"),
        ("et avant ?", "quand.evolution", "quand.pilote"),
        ("et après ?", "quand.phase-precedente", "quand.phase-actuelle"),
        ("et ensuite ?", "quand.lancement", "quand.evolution"),
        ("combien ?", "apercu.pays", "ou.nombre"),
        ("combien en tout ?", "changer.actes", "changer.nombre-actes"),
        ("cb ?", "qui.elus", "qui.partenariats"),
        ("par qui ?", "secteurs.maroc", "secteurs.priorite"),
        ("qui ça ?", "attention.particuliers", "attention.autorites"),
        ("où ça ?", "changer.foncier", "changer.benin"),
        ("et où exactement ?", "ou.nombre", "ou.afrique"),
        ("comment ça se passe ?", "volet2.autonomie", "apercu.volet2"),
        ("par quel moyen ?", "pourquoi.capacites", "pourquoi.commune-a-commune"),
        ("lesquels ?", "ou.nombre", "apercu.pays"),
        ("lesquelles ?", "changer.nombre", "apercu.resultats"),
        ("quels sont-ils ?", "piliers.nombre", "apercu.piliers"),
        ("par exemple ?", "volet2.reseau", "volet2.foyers"),
        ("un exemple svp ?", "attention.autorites", "attention.definition"),
        ("c'est-à-dire ?", "changer.foncier", "changer.hausse"),
        ("dites-m'en plus", "volet1.capacites", "apercu.volet1"),
        ("avec quel résultat ?", "secteurs.rdc", "apercu.resultats"),
        ("ça a donné quoi ?", "changer.actes", "changer.base"),
        ("c'est quoi ?", "quand.pilote", "quand.microprojets"),
        ("ils font quoi ?", "ou.nombre", "apercu.secteurs"),
    ],
    ids=named,
)
def test_a_bare_question_leads_from_the_last_answer_to_what_it_asks(text: str, after: str, to: str) -> None:
    assert lead(text, after) == Lead(to)


def test_an_entry_of_its_own_wins_over_its_passage() -> None:
    assert BASE.passage_id("volet1.secteur") == BASE.passage_id("volet1.appui")
    assert (entry("lesquels ?", "volet1.secteur"), entry("lesquels ?", "volet1.appui")) == ("apercu.secteurs", "apercu.volet1")


@pytest.mark.parametrize("text", ["POURQUOI ?", "pourquoi", "Pourquoi !!!", "et pourquoi donc, svp ?", "ok merci, mais pourquoi ?", "Pk…"])
def test_case_signs_and_words_that_ask_nothing_do_not_count(text: str) -> None:
    assert entry(text, "ou.nombre") == "ou.raison"


@pytest.mark.parametrize(
    ("text", "after", "kind"),
    [
        ("lesquels ?", "qui.partenariats", "liste"),
        ("avec qui ?", "qui.partenariats", "liste"),
        ("par exemple ?", "qui.partenariats", "liste"),
        ("et après ?", "quand.phase-actuelle", "periode"),
        ("et après ?", "apercu.phases", "periode"),
        ("comment ?", "contact.personne", "procedure"),
        ("où ça ?", "documents.folder", "procedure"),
    ],
    ids=named,
)
def test_what_the_page_does_not_say_leads_to_a_refusal(text: str, after: str, kind: str) -> None:
    assert lead(text, after) == Lead(refusal=kind)


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("pourquoi le Bénin ?", "ou.nombre"),
        ("pourquoi un programme de coopération ?", "ou.nombre"),
        ("quand commence le prochain appel ?", "quand.lancement"),
        ("combien de communes participent ?", "qui.partenariats"),
        ("qui est le bourgmestre ?", "contact.personne"),
        ("le deuxième budget voté ?", "piliers.premier"),
        ("c'est tout ce que vous savez faire ?", "ou.nombre"),
        ("vous êtes sûr que le Maroc participe ?", "ou.nombre"),
        ("bonjour", "ou.nombre"),
        ("et en 2030 ?", "quand.phase-actuelle"),
        ("merci", "ou.nombre"),
        ("?", "ou.nombre"),
        ("", "ou.nombre"),
    ],
    ids=lambda value: value if isinstance(value, str) and value else "nothing",
)
def test_a_message_with_words_of_its_own_is_none(text: str, after: str) -> None:
    assert lead(text, after) is None


@pytest.mark.parametrize("text", ["pourquoi ?", "le deuxième ?", "les autres ?", "celui d'avant ?", "c'est tout ?", "vous êtes sûr ?"])
@pytest.mark.parametrize("after", ["", "un.fait.supprime"], ids=["nothing before", "an entry that is gone"])
def test_without_an_answer_before_it_nothing_is_followed_up(text: str, after: str) -> None:
    assert lead(text, after) is None


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("jusqu'à quand ?", "secteurs.benin"),
        ("où ça ?", "volet1.capacites"),
        ("le deuxième ?", "quoi.loi"),
        ("les autres ?", "contact.personne"),
    ],
    ids=["no end", "no place", "no list", "no others"],
)
def test_what_the_knowledge_does_not_tie_to_the_last_answer_leads_nowhere(text: str, after: str) -> None:
    assert lead(text, after) is None


# --- lists -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "after", "to"),
    [
        ("le premier ?", "apercu.piliers", "piliers.premier"),
        ("le deuxième ?", "piliers.premier", "piliers.deuxieme"),
        ("Et le deuxième ?", "piliers.nombre", "piliers.deuxieme"),
        ("et le 2e pilier ?", "piliers.premier", "piliers.deuxieme"),
        ("la troisième ?", "experts.plateformes", "experts.missions"),
        ("le quatrième pays ?", "apercu.pays", "ou.rdc"),
        ("et le 5e ?", "ou.benin", "ou.senegal"),
        ("le second", "volet1.capacites", "volet2.autonomie"),
        ("et du dernier ?", "secteurs.benin", "secteurs.senegal"),
        ("la dernière ?", "apercu.fiches-pays", "fiche.senegal"),
        ("celui du milieu", "piliers.premier", "piliers.deuxieme"),
        ("celui du milieu ?", "ou.senegal", "ou.maroc"),
        ("et le premier montant ?", "combien.direct", "combien.total"),
        ("le deuxième ?", "changer.nombre", "changer.foncier"),
    ],
    ids=named,
)
def test_a_rank_leads_along_the_list_spoken_of(text: str, after: str, to: str) -> None:
    assert lead(text, after) == Lead(to, ranked=True)


@pytest.mark.parametrize(
    ("text", "after", "whole"),
    [
        ("le quatrième ?", "piliers.premier", "apercu.piliers"),
        ("le troisième ?", "volet1.capacites", "apercu.comment"),
        ("le cinquième ?", "changer.actes", "apercu.resultats"),
    ],
    ids=named,
)
def test_a_rank_past_the_end_of_a_list_leads_to_the_whole_of_it(text: str, after: str, whole: str) -> None:
    assert lead(text, after) == Lead(whole, ranked=True)


@pytest.mark.parametrize(
    ("text", "after", "to"),
    [
        ("l'autre ?", "volet1.capacites", "volet2.autonomie"),
        ("l'autre ?", "volet2.autonomie", "volet1.capacites"),
        ("et l'autre association ?", "quoi.porteur-wallonie", "quoi.porteur-bruxelles"),
        ("les autres ?", "changer.foncier", "changer.actes"),
        ("les autres ?", "ou.maroc", "apercu.pays"),
        ("et les autres secteurs ?", "secteurs.maroc", "apercu.secteurs"),
        ("le reste ?", "piliers.deuxieme", "apercu.piliers"),
        ("l'autre ?", "piliers.deuxieme", "apercu.piliers"),
        ("l'autre ?", "apercu.comment", "apercu.comment"),
    ],
    ids=[
        "second of two",
        "first of two",
        "with its noun",
        "several of two",
        "of five",
        "with their noun",
        "the rest",
        "one of three",
        "of none",
    ],
)
def test_the_other_of_two_is_one_and_the_others_of_more_are_the_whole_list(text: str, after: str, to: str) -> None:
    assert lead(text, after) == Lead(to, ranked=True)


@pytest.mark.parametrize(
    ("text", "after", "to"),
    [
        ("celui d'avant", "piliers.troisieme", "piliers.deuxieme"),
        ("et le précédent ?", "secteurs.rdc", "secteurs.maroc"),
        ("celle d'avant", "fiche.maroc", "fiche.burkina"),
        ("celui d'après", "piliers.premier", "piliers.deuxieme"),
        ("le suivant ?", "ou.benin", "ou.burkina"),
        ("la suivante", "fiche.rdc", "fiche.senegal"),
        ("le suivant", "quand.phase-precedente", "quand.phase-actuelle"),
        ("la suivante ?", "quand.phase-precedente", "quand.phase-actuelle"),
        ("celui d'avant", "quand.phase-actuelle", "quand.phase-precedente"),
        ("la précédente ?", "quand.phase-actuelle", "quand.phase-precedente"),
        ("le précédent", "changer.foncier", "changer.actes"),
        ("celui d'après", "changer.actes", "changer.foncier"),
    ],
    ids=named,
)
def test_one_goes_back_and_on_in_a_list(text: str, after: str, to: str) -> None:
    assert lead(text, after) == Lead(to, ranked=True)


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("celui d'avant", "piliers.premier"),
        ("celui d'après", "piliers.troisieme"),
        ("le suivant ?", "ou.senegal"),
        ("le suivant ?", "apercu.pays"),
    ],
    ids=["before the first", "after the last", "after the last country", "from the whole list"],
)
def test_there_is_nothing_before_the_first_or_after_the_last(text: str, after: str) -> None:
    assert lead(text, after) is None


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("et le premier pilier ?", "apercu.pays"),
        ("le deuxième secteur ?", "ou.benin"),
        ("la troisième fiche ?", "ou.benin"),
        ("le dernier budget ?", "secteurs.maroc"),
        ("et l'autre association ?", "volet1.capacites"),
        ("les autres secteurs ?", "piliers.premier"),
    ],
    ids=["a pillar of countries", "a sector of countries", "a sheet of countries", "a budget of sectors", "the other", "the others"],
)
def test_a_noun_of_another_list_makes_it_another_question(text: str, after: str) -> None:
    assert lead(text, after) is None


@pytest.mark.parametrize(
    ("text", "listing"),
    [
        (f"et le deuxième {noun} ?", listing)
        for listing in BASE.listings
        for noun in listing.nouns
        if not the_wordings().aspect(noun)  # « exemple » asks for one as well
    ],
    ids=lambda value: value.id if isinstance(value, Listing) else value,
)
def test_each_noun_of_a_list_may_stand_beside_a_rank(text: str, listing: Listing) -> None:
    assert lead(text, listing.whole) == lead(text, listing.entries[0]) == Lead(listing.entries[1], ranked=True)


def test_a_list_without_nouns_is_gone_through_by_rank_alone() -> None:
    bare = Following(replace(BASE, listings=tuple(replace(listing, nouns=()) for listing in BASE.listings)), the_wordings())
    assert bare.lead("et le deuxième ?", Context("piliers.premier")) == Lead("piliers.deuxieme", ranked=True)
    assert bare.lead("et le deuxième pilier ?", Context("piliers.premier")) is None


@pytest.mark.parametrize(
    ("text", "after", "to"),
    [
        ("le deuxième, pourquoi ?", "piliers.premier", "piliers.indissociables"),
        ("où ça, le dernier ?", "changer.actes", "changer.benin"),
        ("et le deuxième, combien ?", "changer.actes", "changer.hausse"),
        ("comment, le second ?", "volet1.capacites", "apercu.volet2"),
        ("jusqu'à quand, le deuxième ?", "piliers.premier", "piliers.deuxieme"),
    ],
    ids=["of its passage", "of its own", "another of its own", "an overview", "what is not said of it"],
)
def test_what_is_asked_beside_a_rank_is_asked_of_the_entry_of_that_rank(text: str, after: str, to: str) -> None:
    assert lead(text, after) == Lead(to, ranked=True)


@pytest.mark.parametrize(
    ("after", "listing"),
    [
        ("piliers.deuxieme", "piliers"),
        ("apercu.piliers", "piliers"),
        ("piliers.nombre", "piliers"),
        ("ou.maroc", "membres"),
        ("secteurs.rdc", "secteurs"),
        ("fiche.benin", "fiches"),
        ("documents.base", None),
        ("quoi.loi", None),
        ("un.fait.supprime", None),
        ("", None),
    ],
    ids=[
        "in it",
        "the whole",
        "said beside it",
        "members",
        "sectors",
        "sheets",
        "in none",
        "a law",
        "an entry that is gone",
        "nothing before",
    ],
)
def test_the_list_that_the_last_answer_belongs_to(after: str, listing: str | None) -> None:
    found = FOLLOWING.listing(Context(after))
    assert (found.id if found else None) == listing


def test_the_list_that_holds_the_last_answer_wins_over_one_beside_it() -> None:
    beside = Listing("beside", ("ou.nombre", "ou.afrique"), "apercu.pays")
    following = Following(replace(BASE, listings=(beside, *BASE.listings)), the_wordings())
    assert [listing.id for listing in map(following.listing, (Context("ou.maroc"), Context("ou.raison"))) if listing] == [
        "membres",
        "beside",
    ]


# --- is that all, are you sure -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "after", "whole"),
    [
        ("c'est tout ?", "ou.maroc", "apercu.pays"),
        ("rien d'autre ?", "changer.actes", "apercu.resultats"),
        ("c'est tout ?", "quoi.porteur-wallonie", "apercu.porteurs"),
        ("juste ça ?", "quoi.sigle", "apercu.quoi"),
        ("seulement ça ?", "attention.particuliers", "apercu.admissible"),
        ("c'est tout ?", "apercu.admissible", "apercu.admissible"),
        ("c'est tout ?", "apercu.secteurs", "apercu.secteurs"),
        ("rien d'autre ?", "apercu.histoire", "apercu.histoire"),
        ("c'est tout ?", "contact.personne", "contact.personne"),
    ],
    ids=[
        "the list",
        "of two",
        "the list before the passage",
        "the overview of the passage",
        "another passage",
        "an overview",
        "an overview that is a whole",
        "an overview beside a whole",
        "no overview",
    ],
)
def test_whether_that_is_all_is_answered_with_all_there_is(text: str, after: str, whole: str) -> None:
    assert lead(text, after) == Lead(whole, confirms=ALL)


@pytest.mark.parametrize("text", ["vous êtes sûr ?", "Vous en êtes certain ?", "t'es sûr ?", "c'est vrai ça ?", "ah bon ?"])
def test_whether_one_is_sure_is_answered_with_the_same_entry(text: str) -> None:
    assert lead(text, "ou.nombre") == Lead("ou.nombre", confirms=SURE)


# --- what is pointed at ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "to", "thing", "moved"),
    [
        ("ils font quoi là-bas ?", "apercu.secteurs", "benin", "secteurs.benin"),
        ("et chez eux, le secteur ?", "secteurs.maroc", "rdc", "secteurs.rdc"),
        ("la fiche de ce pays", "apercu.fiches-pays", "senegal", "fiche.senegal"),
        ("on reçoit combien chez nous ?", "apercu.budget", "bruxelles", "combien.bruxelles"),
        ("ils font quoi ?", "apercu.secteurs", "", "apercu.secteurs"),
        ("quel secteur ?", "apercu.secteurs", "benin", "apercu.secteurs"),
        ("ils font quoi au Maroc ?", "secteurs.maroc", "benin", "secteurs.maroc"),
        ("pourquoi eux ?", "ou.raison", "benin", "ou.raison"),
        ("ils reçoivent combien ?", "apercu.budget", "benin", "apercu.budget"),
        ("ils font quoi ?", "", "benin", ""),
        ("ils font quoi ?", "apercu.secteurs", "atlantide", "apercu.secteurs"),
    ],
    ids=[
        "there",
        "another country's label",
        "this country",
        "a region",
        "no object before",
        "nothing points back",
        "another object named",
        "no attribute of an object",
        "not given for it",
        "no entry",
        "an object that is gone",
    ],
)
def test_an_entry_moves_to_the_object_spoken_of_when_the_message_points_back(text: str, to: str, thing: str, moved: str) -> None:
    assert FOLLOWING.points_at(text, to, Context("ou.benin", "membre", thing=thing)) == moved


@pytest.mark.parametrize(
    ("text", "back"),
    [("là-bas", True), ("LA BAS ?", True), ("et eux ?", True), ("chez nous", True), ("au Bénin", False), ("un neveu", False), ("", False)],
    ids=lambda value: value if isinstance(value, str) and value else None,
)
def test_words_that_point_back(text: str, back: bool) -> None:
    assert FOLLOWING.points_back(text) is back


@pytest.mark.parametrize(
    ("text", "nothing"),
    [("et en", True), ("oui mais alors, et ?", True), ("", True), ("et le budget", False), ("et en 2020", False)],
    ids=["a preposition", "several", "nothing", "a noun", "a year"],
)
def test_words_that_ask_nothing(text: str, nothing: bool) -> None:
    assert FOLLOWING.says_nothing(text) is nothing


# --- what is replied ---------------------------------------------------------------------------------


def test_what_they_do_there_is_told_of_the_country_spoken_of() -> None:
    first = reply(heard("le Bénin en fait partie ?", "info/ou.benin"))
    second = reply(heard("ils font quoi là-bas ?"), first.context)
    assert facts(second.messages[0])[0] == "secteurs.benin"
    assert second.context == Context("secteurs.benin", "secteur", thing="benin")


def test_the_object_spoken_of_stays_until_another_is_named() -> None:
    context = Context("ou.benin", "membre", thing="benin")
    between = reply(heard("quel est le budget du Programme ?", "info/combien.total"), context)
    other = reply(heard("quel est donc le secteur au Maroc ?", "info/secteurs.maroc"), between.context)
    assert (between.context.thing, other.context.thing) == ("benin", "maroc")


def test_a_bare_follow_up_counts_whatever_the_classifier_makes_of_it() -> None:
    said = reply(heard("pourquoi ?", "hors_sujet/service", 0.9), Context("ou.nombre", "membre"))
    assert said.context.entry == "ou.raison"


@pytest.mark.parametrize(
    ("asked", "after", "entry"),
    [
        (ranked("quel montant ?", ("info/combien.total", 0.5)), "ou.nombre", "combien.total"),
        (ranked("avec quels résultats ?", ("info/changer.nombre", 0.5)), "secteurs.rdc", "changer.nombre"),
        (ranked("dans quel domaine ?", ("info/secteurs.un-par-pays", 0.5)), "ou.nombre", "secteurs.un-par-pays"),
        (heard("quel montant ?"), "ou.nombre", "ou.nombre"),
        (heard("avec quels résultats ?"), "secteurs.rdc", "apercu.resultats"),
        (heard("dans quel domaine ?"), "ou.nombre", "apercu.secteurs"),
        (ranked("quel montant ?", ("info/combien.total", -0.6)), "ou.nombre", "ou.nombre"),
        (ranked("combien ?", ("info/combien.total", 0.5)), "ou.nombre", "ou.nombre"),
        (ranked("pourquoi ?", ("info/secteurs.priorite", 0.5)), "ou.nombre", "ou.raison"),
        (ranked("le deuxième montant ?", ("info/combien.total", 0.5)), "combien.total", "combien.bruxelles"),
    ],
    ids=[
        "an amount",
        "results",
        "a field",
        "an amount not understood",
        "results not understood",
        "a field not understood",
        "not clear",
        "no noun",
        "no noun either",
        "a noun beside a rank",
    ],
)
def test_an_aspect_with_a_noun_of_its_own_is_left_to_a_classifier_that_is_sure(asked: Heard, after: str, entry: str) -> None:
    assert reply(asked, Context(after)).context.entry == entry


def test_a_bare_follow_up_without_an_answer_before_it_states_no_fact() -> None:
    assert only(heard("pourquoi ?"), NOTHING).source is None


def test_a_bare_follow_up_behind_thanks_is_read() -> None:
    parts = [part("Voilà une réponse claire."), part("Et pourquoi ceux-là ?")]
    said = reply(heard("Voilà une réponse claire. Et pourquoi ceux-là ?", parts=parts), Context("ou.nombre", "membre"))
    assert said.context.entry == "ou.raison"


BUDGET = ("info/combien.total", 0.6)


@pytest.mark.parametrize(
    ("whole", "first"),
    [((), (BUDGET,)), ((BUDGET,), ())],
    ids=["another part", "the whole"],
)
def test_the_last_part_is_no_follow_up_when_something_else_is_clear(
    whole: tuple[tuple[str, float]], first: tuple[tuple[str, float]]
) -> None:
    text = "Quel est donc le budget du Programme ? Et pourquoi ceux-là ?"
    parts = (Part("Quel est donc le budget du Programme ?", first), part("Et pourquoi ceux-là ?"))
    assert reply(Heard(text, Part(text, whole), parts), Context("ou.nombre", "membre")).context.entry == "combien.total"


@pytest.mark.parametrize(
    ("text", "label", "after"),
    [
        ("non merci, c'est tout", "bavardage/remercier", "ou.maroc"),
        ("ah bon", "affirmer", "ou.maroc"),
        ("c'est tout", "bavardage/au_revoir", "apercu.pays"),
    ],
    ids=["thanks", "a yes", "a goodbye"],
)
def test_small_talk_in_the_words_of_a_follow_up_stays_small_talk(text: str, label: str, after: str) -> None:
    message = only(heard(text, label), Context(after, "membre"))
    assert message == Message(TEXTS(label.replace("/", ".") if "/" in label else f"bavardage.{label}"))


@pytest.mark.parametrize(
    ("text", "score"), [("c'est tout ?", 0.6), ("non merci, c'est tout", -0.5)], ids=["it asks", "the classifier is not sure"]
)
def test_what_is_hardly_small_talk_is_a_follow_up(text: str, score: float) -> None:
    message = only(heard(text, "bavardage/remercier", score), Context("ou.maroc", "membre"))
    assert message.text.startswith(TEXTS("reponse.tout"))


@pytest.mark.parametrize("text", ["et en Wallonie ?", "et au Maroc ?", "et le deuxième ?", "pourquoi ?", "et en 2020 ?", "pareil là-bas ?"])
def test_after_an_entry_that_is_gone_no_fact_is_stated(text: str) -> None:
    gone = Context("combien.parti", "montant", thing="bruxelles")
    assert only(heard(text), gone).source is None


@pytest.mark.parametrize(
    ("text", "after", "key", "fact"),
    [
        ("lesquels ?", "qui.partenariats", "voisin.liste", "qui.partenariats"),
        ("et après ?", "quand.phase-actuelle", "voisin.periode", "quand.deuxieme-phase"),
        ("comment ?", "contact.personne", "voisin.procedure", "attention.particuliers"),
    ],
    ids=named,
)
def test_a_refusal_of_a_follow_up_comes_with_the_nearest_fact(text: str, after: str, key: str, fact: str) -> None:
    message = only(heard(text), Context(after))
    assert message.text.startswith(TEXTS(key, edition="2014-2016", date="15 mars 2016"))
    assert facts(message)[0] == fact


def test_whether_that_is_all_is_said_before_all_there_is() -> None:
    message = only(heard("c'est tout ?"), Context("ou.maroc", "membre"))
    assert message.text.startswith(f"{TEXTS('reponse.tout')} {BASE.phrases['ou.pays'].text}")
    assert message.source is not None


def test_that_one_is_sure_is_said_before_the_same_fact() -> None:
    said = reply(heard("vous êtes sûr ?"), Context("combien.total", "montant"))
    assert said.messages[0].text.startswith(f"{TEXTS('reponse.sur')} {BASE.phrases['combien.total'].text}")
    assert said.context.entry == "combien.total"
