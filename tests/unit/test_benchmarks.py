"""What a bench measures: always the same script, times from outside, classifiers judged on what they never learnt."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest

from bot.benchmarks.latency import TURNS_PER_CONVERSATION, measure, script
from bot.benchmarks.understanding import FOLDS, Score, Variant, folds, judge, tells
from bot.checking import Example
from bot.config import PROJECT
from bot.evaluation.cases import CaseSet, Question, Stray
from bot.evaluation.model import Reply
from bot.knowledge import Base, load_base

CASES = CaseSet(
    questions=tuple(Question(f"q{n}", f"question {n}", "ou", ()) for n in range(40)),
    off_topic=tuple(Stray(f"h{n}", f"autre {n}", "service") for n in range(20)),
)


@pytest.fixture(scope="module")
def base() -> Base:
    return load_base(PROJECT / "data" / "knowledge" / "cic-2014-2016.yml")


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


def examples(label: str, texts: list[str]) -> list[Example]:
    return [Example(text, label, Path("x.yml"), line) for line, text in enumerate(texts)]


def test_each_fold_keeps_back_one_stretch_of_every_label() -> None:
    found = folds(examples("demande", [str(n) for n in range(8)]) + examples("nier", ["a", "b", "c", "d"]))
    assert len(found) == FOLDS
    learnt, kept = found[0]
    assert [example.text for example in kept] == ["0", "1", "a"]
    assert len(learnt) == 9
    assert sorted(example.text for _, kept in found for example in kept) == sorted([*"01234567", *"abcd"])


@pytest.mark.parametrize(
    ("label", "wanted", "right"),
    [
        ("info/secteurs.maroc", "info/secteurs.maroc", True),
        ("info/combien.bruxelles", "info/combien.duree", True),
        ("info/secteurs.maroc", "info/contact.personne", False),
        ("hors_sujet/service", "info/secteurs.maroc", False),
        ("info/apercu.budget", "info/apercu.budget", True),
    ],
    ids=["the fact", "its neighbour in the phrase", "elsewhere", "no entry", "overview"],
)
def test_a_paragraph_is_right_when_it_holds_the_fact(base: Base, label: str, wanted: str, right: bool) -> None:
    assert tells(base, label, wanted) is right


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # spaCy is imported here, and reaches an older pyparsing style in packaging
def test_a_variant_is_judged_on_what_it_did_not_learn(base: Base) -> None:
    learnt = [
        *examples("info/ou.nombre", ["combien de pays", "nombre de pays", "combien de pays en tout"]),
        *examples("info/contact.personne", ["qui est la personne de contact", "nom du contact", "personne de contact"]),
        *examples("hors_sujet/service", ["renouveler mon passeport", "passeport perdu", "mon passeport"]),
    ]
    kept = [
        *examples("info/ou.nombre", ["combien de pays au total"]),
        *examples("info/contact.personne", ["le nom de la personne de contact"]),
        *examples("hors_sujet/service", ["passeport"]),
        *examples("hors_sujet/avis", ["combien de pays selon vous"]),
    ]
    score = judge(Variant("mots", pieces=False, sentences=False, noise=False), learnt, kept, base)
    assert (score.questions, score.label, score.paragraph, score.answered, score.answered_right) == (2, 2, 2, 2, 2)
    assert (score.off_topic, score.false_answers) == (1, 0)
    assert score.train_seconds > 0
    assert score.message_ms > 0


def test_counts_of_folds_are_summed_and_times_are_not() -> None:
    total = Score("x", questions=3, train_seconds=2.0, message_ms=5.0) + Score("x", questions=4, train_seconds=4.0, message_ms=1.0)
    assert (total.questions, total.train_seconds, total.message_ms) == (7, 4.0, 5.0)
