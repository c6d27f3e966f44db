"""The thresholds, on rankings made by hand: what is answered, asked back, leaned on the last answer, or left alone."""

from __future__ import annotations

import pytest
from sample_assistant import heard, part, ranked, the_base, the_wordings

from bot.answers.following import Following
from bot.answers.judgement import (
    AHEAD,
    ANSWER,
    ASK,
    BESIDE,
    LEAST,
    LOWEST,
    LOWEST_AHEAD,
    NEAR,
    NEARER,
    NEAREST,
    ON_TOPIC,
    PART,
    POINTED,
    WINDOW,
    Judgement,
    asking,
)
from bot.answers.model import NOTHING, Context, Part

BASE = the_base()
JUDGEMENT = Judgement(BASE, Following(BASE, the_wordings()))
A_HAIR = 0.001
BUDGET, BRUSSELS, DIRECT = "info/combien.total", "info/combien.bruxelles", "info/combien.direct"
FAR = "info/quoi.sigle"


UNRIVALLED = (ON_TOPIC + LEAST) / 2
"""The margin at which an entry without rivals is far enough ahead: its lead over them counts as much as itself."""
ALONE = max(UNRIVALLED, LOWEST_AHEAD)
"""The margin at which an entry without rivals is just answered."""
DIRECT_OF_IT = ALONE - NEAR
"""A margin that is only clear with the bonus of the last answer."""
APART = max(UNRIVALLED + PART / 2, LOWEST_AHEAD + PART)
"""The same for a part of a message."""


@pytest.mark.parametrize(
    ("asked", "entry"),
    [
        (part("le budget", (BUDGET, ALONE + A_HAIR)), "combien.total"),
        (part("le budget", (BUDGET, ALONE - A_HAIR)), ""),
        (part("le budget", (BUDGET, LOWEST), (FAR, LOWEST - AHEAD + A_HAIR), ("hors_sujet/service", -0.9)), "combien.total"),
        (part("le budget", (BUDGET, LOWEST - A_HAIR), (FAR, LOWEST - AHEAD), ("hors_sujet/service", -0.9)), ""),
        (part("le budget", (BUDGET, LOWEST - A_HAIR), (FAR, LOWEST - AHEAD - 2 * A_HAIR), ("hors_sujet/service", -0.9)), "combien.total"),
        (part("le budget", (BUDGET, ANSWER + A_HAIR), (FAR, ANSWER)), "combien.total"),
        (part("le budget", (BUDGET, ANSWER - A_HAIR), (FAR, ANSWER - A_HAIR)), ""),
        (part("le budget", (BUDGET, ANSWER - A_HAIR), (BRUSSELS, ANSWER - 2 * A_HAIR), (FAR, -0.6)), "combien.total"),
        (part("le budget", (BUDGET, ON_TOPIC + A_HAIR), ("hors_sujet/service", ON_TOPIC)), "combien.total"),
        (part("le budget", (BUDGET, ON_TOPIC - A_HAIR), ("hors_sujet/service", ON_TOPIC - A_HAIR)), ""),
        (part("le budget", ("voisin/chiffre", 0.9), (BUDGET, 0.8)), ""),
        (part("le budget", ("demande", 0.9)), ""),
        (part("le budget"), ""),
        (part("le secteur au Sénégal", ("info/secteurs.maroc", 0.0)), "secteurs.senegal"),
    ],
    ids=[
        "at the threshold",
        "below it",
        "at the least, not far ahead",
        "below it, not far ahead",
        "below it, far ahead of other passages",
        "a rival of another passage, just sure",
        "a rival of another passage, not sure",
        "one of its own passage is no rival",
        "another subject close behind, just clear",
        "another subject close behind, not clear",
        "a neighbour",
        "a request",
        "nothing understood",
        "moved to the object named",
    ],
)
def test_an_entry_is_answered_only_when_it_is_clear_enough(asked: Part, entry: str) -> None:
    assert JUDGEMENT.confident(asked) == entry


@pytest.mark.parametrize(
    ("ranking", "beside"),
    [
        (((BUDGET, 0.3), (BRUSSELS, 0.3 - WINDOW)), ("combien.bruxelles",)),
        (((BUDGET, 0.3), (BRUSSELS, 0.3 - WINDOW - A_HAIR)), ()),
        (((BUDGET, 0.3), (FAR, 0.2), (DIRECT, 0.1)), ("combien.direct",)),
        (((BUDGET, 0.3), ("demande", 0.2)), ()),
        (
            (
                (BUDGET, 0.3),
                *((f"info/{entry}", 0.2) for entry in ("combien.bruxelles", "combien.direct", "combien.duree", "apercu.budget")),
            ),
            3,
        ),
    ],
    ids=["in the window", "outside it", "another heading is left out", "no entry", "three at most"],
)
def test_what_else_may_have_been_meant_is_said_beside(ranking: tuple[tuple[str, float], ...], beside: tuple[str, ...] | int) -> None:
    found = JUDGEMENT.beside(part("le budget", *ranking), "combien.total")
    assert (len(found) if isinstance(beside, int) else found) == beside
    assert len(found) <= BESIDE


@pytest.mark.parametrize(
    ("whole", "score", "parts", "entry"),
    [
        ("hors_sujet/service", ANSWER, [(BUDGET, APART + A_HAIR)], "combien.total"),
        ("hors_sujet/service", ANSWER + A_HAIR, [(BUDGET, 0.9)], ""),
        ("demande", 0.9, [(BUDGET, APART - A_HAIR)], ""),
        ("demande", 0.9, [("info/quoi.sigle", 0.2), (BUDGET, 0.3)], "combien.total"),
        ("demande", 0.9, [("demande", 0.9)], ""),
        ("demande", 0.9, [], ""),
    ],
    ids=["clear part", "the whole is about something else", "part not clear enough", "the clearest part", "no question", "no parts"],
)
def test_a_part_is_answered_inside_a_message_that_is_none(whole: str, score: float, parts: list[tuple[str, float]], entry: str) -> None:
    assert JUDGEMENT.asked_inside(heard("une lettre", whole, score, [part("sa question", ranking) for ranking in parts])) == entry


@pytest.mark.parametrize(
    ("parts", "entries"),
    [
        ([(BUDGET, 0.3), ("info/secteurs.benin", 0.3)], ["combien.total", "secteurs.benin"]),
        ([(BUDGET, 0.3), (BRUSSELS, 0.9)], ["combien.total"]),
        ([(BUDGET, 0.3), ("info/secteurs.benin", APART - A_HAIR)], ["combien.total"]),
        ([(BUDGET, 0.3), ("info/secteurs.benin", 0.3), ("info/quand.lancement", 0.9)], ["combien.total", "secteurs.benin"]),
        ([], []),
    ],
    ids=["two headings", "one heading", "one not clear", "three headings", "no parts"],
)
def test_parts_of_different_headings_are_asked_apart(parts: list[tuple[str, float]], entries: list[str]) -> None:
    asked = heard("deux questions", BUDGET, 0.2, [part("sa question", ranking) for ranking in parts])
    assert JUDGEMENT.asked_apart(asked) == entries


def test_nothing_is_asked_apart_in_a_message_about_something_else() -> None:
    parts = [part("sa question", (BUDGET, 0.3)), part("l'autre", ("info/secteurs.benin", 0.3))]
    assert JUDGEMENT.asked_apart(heard("deux questions", "hors_sujet/service", -0.5, parts)) == []


def test_near_misses_are_entries_above_the_lower_threshold_best_first() -> None:
    asked = part("le budget", ("demande", 0.1), (BUDGET, -0.4), (BRUSSELS, ASK), (DIRECT, ASK - A_HAIR))
    assert JUDGEMENT.near_misses(asked) == ["combien.total", "combien.bruxelles"]


def test_an_entry_that_the_knowledge_no_longer_holds_is_not_heard() -> None:
    gone = part("un ancien fait", ("info/un.fait.supprime", 0.9), (BUDGET, 0.1), ("demande", 0.0))
    kept = JUDGEMENT.known(heard("un ancien fait", "info/un.fait.supprime", 0.9, [gone]))
    assert kept.whole.ranking == ()
    assert kept.parts[0].ranking == ((BUDGET, 0.1), ("demande", 0.0))


@pytest.mark.parametrize(
    ("text", "leans"),
    [
        ("et au Maroc ?", True),
        ("lesquels ?", True),
        ("le troisième ?", True),
        ("pourquoi ceux-là et pas d'autres pays du monde", True),
        ("pourquoi ceux-là et pas d'autres pays du monde entier", False),
        ("pourquoi ceux-là ?", True),
        ("Combien cela coûte-t-il par an ?", True),
        ("quel est le budget du programme ?", False),
        ("le montant total du budget", False),
        ("et", True),
        ("", True),
    ],
)
def test_a_short_message_that_opens_like_a_follow_up_leans_on_the_one_before(text: str, leans: bool) -> None:
    assert JUDGEMENT.is_elliptic(text) is leans


@pytest.mark.parametrize(
    ("text", "score", "alone"),
    [
        ("pays concernés", ALONE + A_HAIR, True),
        ("pays concernés", ALONE - A_HAIR, False),
        ("et les pays concernés", 0.5, False),
        ("les pays aussi", 0.5, False),
        ("leurs secteurs", 0.5, False),
    ],
    ids=["clear", "unclear", "opens like a follow-up", "asks the same of something else", "points back"],
)
def test_a_few_words_that_are_clear_and_lean_on_nothing_stand_alone(text: str, score: float, alone: bool) -> None:
    assert JUDGEMENT.stands_alone(heard(text, BUDGET, score, [])) is alone


@pytest.mark.parametrize(
    ("text", "context", "entry"),
    [
        ("et au Maroc ?", Context("secteurs.benin", "secteur"), "secteurs.maroc"),
        ("et au Maroc ?", Context("quoi.sigle", ""), ""),
        ("et au Maroc ?", Context("combien.total", "montant"), ""),
        ("et au Maroc et au Sénégal ?", Context("secteurs.benin", "secteur"), "secteurs.maroc secteurs.senegal"),
        ("et au Mali ?", Context("secteurs.benin", "secteur"), ""),
        ("et qui paie tout cela au Maroc, finalement, chaque année ?", Context("secteurs.benin", "secteur"), ""),
        ("le troisième ?", Context("piliers.premier", "contenu"), "piliers.troisieme"),
        ("le deuxième ?", Context("volet1.capacites", "contenu"), "volet2.autonomie"),
        ("le troisième ?", Context("volet1.capacites", "contenu"), ""),
        ("le troisième ?", Context("secteurs.benin", "secteur"), "secteurs.maroc"),
        ("le troisième ?", Context("quoi.loi", "contenu"), ""),
        ("le troisième ?", Context("un.fait.supprime", "contenu"), ""),
    ],
    ids=[
        "another country",
        "no attribute",
        "no such fact",
        "two countries",
        "no country of ours",
        "a question of its own",
        "along the list",
        "along the other list",
        "past its end",
        "along the countries",
        "not on a list",
        "an entry that is gone",
    ],
)
def test_a_follow_up_keeps_the_attribute_and_changes_the_object(text: str, context: Context, entry: str) -> None:
    assert JUDGEMENT.moved(heard(text), context) == tuple(entry.split())


@pytest.mark.parametrize(
    ("text", "label", "context", "entry"),
    [
        ("la part wallonne ?", BRUSSELS, Context(), "combien.bruxelles"),
        ("la part bruxelloise ?", BRUSSELS, Context(), ""),
        ("et en Wallonie ?", "", Context("combien.bruxelles", "montant"), "combien.bruxelles"),
        ("et à Bruxelles ?", "", Context("combien.bruxelles", "montant"), ""),
        ("et au Maroc ?", "", Context("combien.bruxelles", "montant"), ""),
        ("et en Wallonie ?", "", Context("secteurs.benin", "secteur"), ""),
        ("et en Wallonie ?", "", Context(), ""),
        ("qui porte donc tout ce beau programme en Wallonie au juste ?", "", Context("combien.bruxelles", "montant"), ""),
    ],
    ids=[
        "asked at once",
        "given",
        "asked next",
        "given next",
        "another kind of object",
        "another attribute",
        "nothing before",
        "a question of its own",
    ],
)
def test_a_figure_that_is_not_given_for_this_object_is_known_as_such(text: str, label: str, context: Context, entry: str) -> None:
    assert JUDGEMENT.not_given(heard(text, label), context) == entry


@pytest.mark.parametrize(
    ("asked", "last", "entry"),
    [
        (part("et dis donc le direct alors", (DIRECT, ALONE - NEAR + A_HAIR)), "combien.total", "combien.direct"),
        (part("et dis donc le direct alors", (DIRECT, ALONE - NEAR - A_HAIR)), "combien.total", ""),
        (part("et le direct", (DIRECT, ALONE - POINTED + A_HAIR)), "combien.total", "combien.direct"),
        (
            part("et pour quelle raison ceux-là, dites-moi donc un peu", (DIRECT, ALONE - POINTED + A_HAIR)),
            "combien.total",
            "combien.direct",
        ),
        (part("et ceux-là", (DIRECT, ALONE - POINTED - A_HAIR)), "combien.total", ""),
        (part("le direct, dans une question un peu longue", (DIRECT, ALONE - NEAR / 2 + A_HAIR)), "combien.total", "combien.direct"),
        (part("et alors", (FAR, 0.3), (DIRECT, 0.1)), "combien.total", "combien.direct"),
        (part("et alors", (FAR, 0.9), (DIRECT, 0.1)), "combien.total", "quoi.sigle"),
        (part("et alors", ("hors_sujet/service", A_HAIR), (DIRECT, 0.0)), "combien.total", ""),
        (part("et alors", ("hors_sujet/service", -A_HAIR), (DIRECT, -0.1)), "combien.total", "combien.direct"),
        (part("et alors"), "combien.total", ""),
        (part("le sigle", (FAR, DIRECT_OF_IT + NEARER), (DIRECT, DIRECT_OF_IT)), "combien.total", ""),
        (part("le sigle", (FAR, DIRECT_OF_IT + NEARER - A_HAIR), (DIRECT, DIRECT_OF_IT)), "combien.total", "combien.direct"),
        (part("et le sigle", (FAR, DIRECT_OF_IT + NEARER), (DIRECT, DIRECT_OF_IT)), "combien.total", "combien.direct"),
    ],
    ids=[
        "near enough",
        "too far",
        "hardly a word",
        "pointed at in many words",
        "hardly a word, too far",
        "longer, half the bonus",
        "better than a weak rival",
        "weaker than its rival",
        "plainly another subject",
        "not so plainly another subject",
        "nothing understood",
        "leans on nothing, nearer to another",
        "leans on nothing, not much nearer",
        "opens like a follow-up",
    ],
)
def test_a_leaning_message_means_a_neighbour_of_the_last_answer(asked: Part, last: str, entry: str) -> None:
    assert JUDGEMENT.leaning(asked, Context(last)) == entry


def test_an_entry_of_the_same_heading_has_half_the_bonus() -> None:
    asked = part("et dis donc la loi alors", ("info/quoi.loi", ALONE - NEAR / 2 + A_HAIR))
    other = part("et dis donc la loi alors", ("info/quoi.loi", ALONE - NEAR / 2 - A_HAIR))
    assert (JUDGEMENT.leaning(asked, Context("quoi.sigle")), JUDGEMENT.leaning(other, Context("quoi.sigle"))) == ("quoi.loi", "")


def test_the_nearest_phrase_is_that_of_the_best_entry_or_of_the_last_answer() -> None:
    chiffre = ("voisin/chiffre", 0.2)
    far = part("et pour un autre ?", chiffre, (DIRECT, NEAREST - A_HAIR))
    assert JUDGEMENT.nearest_phrase(part("…", chiffre, (DIRECT, NEAREST)), NOTHING) == "combien.direct"
    assert JUDGEMENT.nearest_phrase(part("…", ("info/apercu.pays", NEAREST)), NOTHING) == "ou.pays"
    assert JUDGEMENT.nearest_phrase(far, NOTHING) == ""
    assert JUDGEMENT.nearest_phrase(far, Context("contact.personne")) == "contact.personne"
    wide = part("son numéro ?", chiffre, ("info/quand.deuxieme-phase", NEAREST))
    assert JUDGEMENT.nearest_phrase(wide, Context("contact.personne")) == "contact.personne"
    assert JUDGEMENT.nearest_phrase(part("une question qui ne s'appuie sur rien d'autre", chiffre), Context("contact.personne")) == ""


@pytest.mark.parametrize(
    ("text", "parts", "asks"),
    [
        ("On parle de la CIC. Quel est le budget ?", ("On parle de la CIC.", "Quel est le budget ?"), ("Quel est le budget ?",)),
        ("Qui paie et combien ?", ("Qui paie", "combien ?"), ("Qui paie", "combien ?")),
        ("le budget et les pays", ("le budget", "les pays"), ("le budget", "les pays")),
        ("L’échevin demande. Où ?", ("L'échevin demande.", "Où ?"), ("Où ?",)),
    ],
    ids=["a letter", "two in one sentence", "no question mark", "apostrophes"],
)
def test_in_a_letter_only_the_sentences_with_a_question_mark_ask(text: str, parts: tuple[str, ...], asks: tuple[str, ...]) -> None:
    told = heard(text, BUDGET, 0.2, [part(each, (BUDGET, 0.2)) for each in parts])
    assert tuple(each.text for each in asking(told)) == asks


@pytest.mark.parametrize(
    ("entry", "attribute"), [("secteurs.maroc", "secteur"), ("apercu.pays", "membre"), ("combien.total", ""), ("quoi.sigle", ""), ("", "")]
)
def test_the_attribute_of_a_country_is_known(entry: str, attribute: str) -> None:
    assert JUDGEMENT.country_attribute(entry) == attribute


def test_a_ranking_tells_its_best_label_and_the_score_of_any() -> None:
    asked = ranked("le budget", (BUDGET, 0.4), (BRUSSELS, 0.1)).whole
    assert (asked.best, asked.score, asked.score_of(BRUSSELS), asked.score_of(FAR)) == (BUDGET, 0.4, 0.1, -9.0)
    assert (part("").best, part("").score) == ("", -9.0)
