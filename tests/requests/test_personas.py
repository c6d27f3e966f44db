"""People whom others invented make their requests, in this process and with the real understanding: who gets through, and who does not.

The cases were written by people who did not write the rules; tests/evaluation/personas.jsonl and dialogues.jsonl.
"""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from statistics import median

import pytest

from bot.config import PROJECT, Settings
from bot.evaluation import Result, evaluate, read_set
from bot.evaluation.cases import CaseSet
from bot.evaluation.direct import DirectCounter
from bot.training import model_to_run
from bot.understanding.parts import load_language, persons
from bot.understanding.trained import classifier_of
from bot.wiring import build_base, build_services

CASES: CaseSet = read_set(PROJECT / "tests" / "evaluation", build_base())
PERSONAS_RIGHT, DIALOGUES_RIGHT = 0.95, 0.87
"""The shares that have to be right; what is said in docs/adr/0007 was seen."""
MESSAGES = 9
"""The most messages that the median person may need."""
TRAPS = {case.id: case for case in CASES.personas if not case.expected.lead and not case.expected.either}

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def played(cases: CaseSet, folder: Path) -> dict[str, list[Result]]:
    """The results of some of the people; runs in a process of its own."""
    url = f"sqlite:///{folder / 'cic.sqlite'}"
    services = build_services(Settings(data_dir=folder, database_url=url, contact_email="contact@association.example"))
    rank, language = classifier_of(model_to_run().path).rank, load_language()

    def chat() -> DirectCounter:
        return DirectCounter(rank, services.counter, lambda text: persons(text, language))

    return evaluate(cases, chat, services.desk.routing.leads, ("personas", "dialogues"))


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Result]]:
    """Half of the people each in two processes, for there are many of them."""
    halves = [CaseSet(personas=CASES.personas[first::2], dialogues=CASES.dialogues[first::2]) for first in (0, 1)]
    folders = [tmp_path_factory.mktemp("personas") for _ in halves]
    with ProcessPoolExecutor(len(halves), multiprocessing.get_context("spawn")) as pool:
        some, others = pool.map(played, halves, folders)
    return {part: [*some[part], *others[part]] for part in some}


def test_nobody_is_let_through_wrongly(results: dict[str, list[Result]]) -> None:
    admitted = [result.id for result in results["personas"] if result.id in TRAPS and result.turns[-1].reply.outcome == "qualified"]
    assert admitted == []


def test_there_are_enough_people_and_traps_among_them() -> None:
    assert len(CASES.personas) >= 60
    assert len(TRAPS) >= 25


def test_nearly_all_are_judged_right(results: dict[str, list[Result]]) -> None:
    failed = {result.id: result.faults for result in results["personas"] if not result.passes}
    assert len(failed) <= (1 - PERSONAS_RIGHT) * len(CASES.personas), failed


def test_nearly_all_dialogues_go_as_a_good_clerk_would_lead_them(results: dict[str, list[Result]]) -> None:
    played = [result for result in results["dialogues"] if result.counts]
    failed = {result.id: result.faults for result in played if not result.passes}
    assert len(failed) <= (1 - DIALOGUES_RIGHT) * len(played), failed


def test_a_request_takes_few_messages(results: dict[str, list[Result]]) -> None:
    lengths = [len(result.turns) for result in results["personas"] if result.turns[-1].reply.outcome == "qualified"]
    assert median(lengths) <= MESSAGES
