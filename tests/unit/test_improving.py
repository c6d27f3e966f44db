"""The process that trains and compares a change, its slow parts played: what it reports, and what is left when it stops or dies."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, update
from support.leads import store_lead
from support.releases import add_model, copy_project
from support.reviewer import store_conversation
from support.waiting import wait_for

from bot.config import PROJECT, Settings
from bot.errors import TrainingError
from bot.evaluation.cases import PARTS
from bot.evaluation.wanted import Cited
from bot.improving.__main__ import UNEXPECTED, improve
from bot.improving.asking import is_right, logged_questions
from bot.improving.assistants import Assistant
from bot.improving.comparing import compare_results
from bot.improving.copies import copy_release
from bot.improving.evaluating import Kept, choose_cases, recorded_cases
from bot.improving.work import NOTHING_NEW, Tools
from bot.models import model_to_run
from bot.privacy import erase
from bot.releases import Release, Releases
from bot.review.change import ABANDONED, DRAFT, FAILED, INTERRUPTED, READY, Change, Options
from bot.review.changes import Changes
from bot.review.journal import Journal
from bot.review.recorded import Recordings
from bot.storage import Database, changes, judgements, utc_now
from bot.wiring import build_base, build_releases

NEW = "Zorglub, ça pèse combien en tout ?"
BASE = build_base()
TOTAL, NOTHING = ("combien.total", "Huit millions."), ("", "Je ne sais pas.")
Answers = Mapping[str, tuple[str, str]]


class Chat(BaseHTTPRequestHandler):
    """The chat API, which knows some messages by heart."""

    answers: Answers

    def do_POST(self) -> None:
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["message"]
        fact, text = self.answers.get(message, NOTHING)
        source = {"fact": [fact], "section": "s", "page": "p", "updated": "2016-03-15"} if fact else None
        body = json.dumps(
            {"session": "s", "messages": [{"id": "1", "text": text, "buttons": [], "source": source}], "asks": None, "outcome": None}
        )
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: Any) -> None:
        """It says nothing."""


@contextmanager
def chat(answers: Answers) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Known", (Chat,), {"answers": answers}))
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01))
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/api/chat"
    server.shutdown()
    thread.join()
    server.server_close()


@dataclass
class Bench:
    """A change that was started, and the slow parts as they are played. `before` and `after` are what the two releases say."""

    settings: Settings
    database: Database
    before: dict[str, tuple[str, str]] = field(default_factory=dict)
    after: dict[str, tuple[str, str]] = field(default_factory=lambda: {NEW: TOTAL})
    ran: list[str] = field(default_factory=list)
    train: Callable[[], None] = lambda: None
    launched: list[tuple[int, str]] = field(default_factory=list)
    beat: float = 0.05

    def __post_init__(self) -> None:
        self.releases = build_releases(self.settings, self.database)
        self.changes = Changes(
            self.database, self.releases, Journal(self.database, utc_now), lambda *run: self.launched.append(run), utc_now
        )

    def start(self, said: str = NEW, label: str = "info/combien.total", quick: bool = True) -> int:
        row = {"conversation": "c", "message_id": said, "said": said, "verdict": "autre", "label": label, "author": "Ines"}
        with self.database.begin() as connection:
            connection.execute(insert(judgements).values(**row, at=utc_now(), batch="b"))
        change_id = self.changes.prepare("Le budget", "Ines")
        self.changes.start(change_id, Options(quick))
        return change_id

    def improve(self, change_id: int) -> int:
        _, name = self.launched[-1]
        return improve(self.settings, self.database, change_id, name, Tools(self._train, self._run, self.cases, self.beat))

    def found(self, change_id: int) -> Change:
        change = self.changes.find(change_id)
        assert change is not None
        return change

    @property
    def cases(self) -> Path:
        """The folder of the cases of the evaluation."""
        return self.settings.data_dir / "evaluation"

    @property
    def left(self) -> list[str]:
        """What is left of runs in the data folder."""
        return sorted(path.name for path in (self.settings.data_dir / "corrections").glob("[0-9]*"))

    def _train(self, project: Path, cache: Path, log: Path, tell: Callable[[str], None]) -> None:
        tell("Apprentissage des exemples…")
        self.train()
        add_model(project, project.name.encode())

    @contextmanager
    def _run(self, project: Path, folder: Path) -> Iterator[Assistant]:
        assert model_to_run(project).fits
        self.ran.append(project.name)
        with chat(self.after if project.name == "candidate" else self.before) as url:
            yield Assistant(url, list)


@pytest.fixture
def bench(tmp_path: Path, database: Database) -> Bench:
    return Bench(Settings(tmp_path / "data", f"sqlite:///{tmp_path / 'cic.sqlite'}"), database)


def write_set(folder: Path, **parts: list[dict[str, Any]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for part, cases in parts.items():
        (folder / f"{part}.jsonl").write_text("".join(f"{json.dumps(case)}\n" for case in cases), "utf-8")


def test_a_change_is_trained_compared_and_kept_without_becoming_active(bench: Bench) -> None:
    store_conversation(bench.database, "c1", [{"said": "Quel budget ?"}, {"said": "et le pays ?"}], at=utc_now() - timedelta(hours=1))
    bench.before, bench.after = {"Quel budget ?": TOTAL}, {"Quel budget ?": TOTAL, "et le pays ?": ("ou.nombre", "Cinq."), NEW: TOTAL}
    change_id, active = bench.start(), bench.releases.active().id
    assert bench.improve(change_id) == 0
    change = bench.found(change_id)
    assert (change.state, change.progress, change.error) == (READY, "", None)
    assert bench.ran == ["actuelle", "candidate"]
    report = change.report or {}
    assert {each["text"]: each["differs"] for each in report["questions"]} == {"Quel budget ?": False, "et le pays ?": True}
    (example,) = report["examples"]
    assert (example["text"], example["was_right"], example["is_right"]) == (NEW, False, True)
    assert f"+    - {NEW}\n" in report["patch"]
    assert set(report["seconds"]) == {"training", "current", "candidate"}
    assert bench.releases.active().id == active
    assert bench.left == []


def test_a_question_that_is_erased_during_the_comparison_is_not_in_the_report(bench: Bench) -> None:
    for name, said in (("hers", "Ma tante vit à Butare"), ("other", "Quel budget ?")):
        store_conversation(bench.database, name, [{"said": said}], at=utc_now() - timedelta(hours=1))
    store_lead(bench.database, conversation="hers")
    change_id = bench.start()
    run = bench._run

    @contextmanager
    def erased_meanwhile(project: Path, folder: Path) -> Iterator[Assistant]:
        with run(project, folder) as assistant:
            yield assistant
        if project.name == "candidate":
            erase(bench.database, "CIC-2026-AAAAAA")

    bench._run = erased_meanwhile  # type: ignore[method-assign]
    assert bench.improve(change_id) == 0
    report = bench.found(change_id).report or {}
    assert [each["text"] for each in report["questions"]] == ["Quel budget ?"]
    assert "Butare" not in json.dumps(report)


def test_the_release_that_was_kept_can_be_adopted_by_the_running_program(bench: Bench) -> None:
    change_id = bench.start()
    bench.improve(change_id)
    bench.changes.adopt(change_id, "Omar")
    process = build_releases(bench.settings, bench.database)
    release = process.active()
    assert (release.id, release.code, release.note) == (bench.found(change_id).release, process.code, "Le budget")
    folder = process.folder(release.id)
    assert f"    - {NEW}\n" in (folder / "data/nlu/combien.yml").read_text("utf-8")
    assert (folder / str(release.model)).read_bytes() == b"candidate"


def test_the_evaluation_of_both_names_what_got_better_and_worse(bench: Bench) -> None:
    questions = [{"id": f"q{number}", "text": f"question {number}", "entry": "combien.total"} for number in range(3)]
    stray = [{"id": "h1", "text": "ma poubelle", "category": "service"}]
    write_set(bench.cases, questions=questions, off_topic=stray)
    bench.before = {"question 0": TOTAL, "question 1": TOTAL}
    bench.after = {"question 1": TOTAL, "question 2": TOTAL, "ma poubelle": TOTAL}
    change_id = bench.start()
    bench.improve(change_id)
    parts = {part["part"]: part for part in (bench.found(change_id).report or {})["evaluation"]}
    assert {name: (part["before"], part["after"], part["total"]) for name, part in parts.items()} == {
        "questions": (2, 2, 3),
        "off_topic": (1, 0, 1),
    }
    assert [case["text"] for case in parts["questions"]["better"]] == ["question 2"]
    assert [(case["text"], case["faults"]) for case in parts["questions"]["worse"]] == [("question 0", ["manque combien.total"])]
    assert [case["text"] for case in parts["off_topic"]["worse"]] == ["ma poubelle"]


def test_the_evaluation_of_a_release_is_made_once(bench: Bench) -> None:
    write_set(bench.cases, questions=[{"id": "q", "text": "question", "entry": "combien.total"}])
    bench.before = {"question": TOTAL}
    change_id = bench.start()
    bench.improve(change_id)
    bench.before, bench.after = {}, {"question": TOTAL, NEW: TOTAL}  # asked again, both would answer otherwise
    bench.changes.start(change_id, Options(quick=True))
    bench.improve(change_id)
    (part,) = (bench.found(change_id).report or {})["evaluation"]
    assert (part["before"], part["after"]) == (1, 0)


def test_recorded_tests_are_played_in_every_comparison(bench: Bench) -> None:
    store_conversation(bench.database, "c1", [{"said": "Quel budget ?"}, {"said": "merci", "facts": []}])
    Recordings(bench.database, utc_now).record("c1", "Ines")
    bench.before, bench.after = {"Quel budget ?": TOTAL}, {NEW: TOTAL}
    change_id = bench.start()
    bench.improve(change_id)
    (part,) = (bench.found(change_id).report or {})["evaluation"]
    assert (part["part"], part["before"], part["after"], part["lost"]) == ("recorded", 1, 0, 1)
    assert part["worse"][0]["faults"] == ["tour 1 : manque combien.total"]


def test_data_with_a_fault_go_back_to_the_draft_in_french(bench: Bench) -> None:
    stray = "ma poubelle"
    change_id = bench.start(stray, "info/combien.nulle-part")
    assert bench.improve(change_id) == 1
    change = bench.found(change_id)
    assert (change.state, bench.ran) == (DRAFT, [])
    assert "info/combien.nulle-part" in (change.error or "")


def test_a_fault_that_the_check_finds_names_the_file(bench: Bench) -> None:
    examples = (PROJECT / "data/nlu/combien.yml").read_text("utf-8").split("- intent: ")[1].splitlines()[2:]
    change_id = bench.start(examples[0].removeprefix("    - "), "hors_sujet/service")
    with bench.database.begin() as connection:
        row = {"conversation": "c", "verdict": "hors_sujet", "label": "hors_sujet/service", "author": "Ines", "at": utc_now(), "batch": "b"}
        rows = [
            {**row, "message_id": text, "said": text.removeprefix("    - "), "change_id": change_id}
            for text in examples[1:]
            if text.strip()
        ]
        connection.execute(insert(judgements), rows[:-3])  # so few are left that the entry is not found any more
    bench.improve(change_id)
    assert bench.found(change_id).state == DRAFT
    assert "écrivez-en au moins" in (bench.found(change_id).error or "")


def test_a_change_that_changes_nothing_is_not_trained(bench: Bench) -> None:
    change_id = bench.start("le montant global svp")
    bench.improve(change_id)
    assert (bench.found(change_id).state, bench.found(change_id).error) == (DRAFT, NOTHING_NEW)


@pytest.mark.parametrize(
    ("error", "said"), [(TrainingError("L'entraînement a échoué."), "L'entraînement a échoué."), (ValueError("secret"), UNEXPECTED)]
)
def test_what_goes_wrong_fails_the_change_and_leaves_nothing(bench: Bench, error: Exception, said: str) -> None:
    def fail() -> None:
        raise error

    bench.train = fail
    change_id = bench.start()
    assert bench.improve(change_id) == 1
    assert (bench.found(change_id).state, bench.found(change_id).error) == (FAILED, said)
    assert bench.left == []
    bench.train = lambda: None
    bench.changes.start(change_id, Options(quick=True))
    assert bench.improve(change_id) == 0
    assert bench.found(change_id).state == READY


def test_a_change_that_is_abandoned_stops_in_the_middle(bench: Bench) -> None:
    def abandon() -> None:
        bench.changes.abandon(bench.launched[-1][0], "Omar")
        threading.Event().wait(30)
        pytest.fail("it went on")

    bench.train = abandon
    change_id, before = bench.start(), signal.getsignal(signal.SIGTERM)
    assert bench.improve(change_id) == 1
    assert bench.found(change_id).state == ABANDONED
    assert (bench.left, bench.ran) == ([], [])
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_change_that_was_abandoned_at_the_last_moment_leaves_no_release(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    keep = Releases.keep

    def kept(releases: Releases, note: str = "") -> Release:
        release = keep(releases, note)
        with bench.database.begin() as connection:
            connection.execute(update(changes).values(state=ABANDONED))
        return release

    monkeypatch.setattr(Releases, "keep", kept)
    bench.beat = 60
    assert bench.improve(bench.start()) == 1
    assert bench.releases.known() == {}


def test_a_run_that_is_not_wanted_any_more_does_nothing(bench: Bench) -> None:
    change_id = bench.start()
    bench.launched.append((change_id, "another run"))
    assert bench.improve(change_id) == 1
    assert bench.found(change_id).works
    assert bench.ran == []


def test_what_a_killed_run_has_left_is_removed_by_the_next(bench: Bench) -> None:
    left = bench.settings.data_dir / "corrections" / "77"
    left.mkdir(parents=True)
    bench.improve(bench.start())
    assert bench.left == []


TRAINING = """
import os, pathlib, sys, time
sys.path.insert(0, {tests!r})
from bot import training
from bot.config import load_settings
from bot.improving.__main__ import improve
from bot.improving.work import Tools
from bot.wiring import build_database
slow = (sys.executable, "-c", "import os, time; open('../pid', 'w').write(str(os.getpid())); time.sleep(60)")
train = lambda project, cache, log, tell: training.train(log, tell, project, cache, slow)
settings = load_settings(dotenv=None)
sys.exit(improve(settings, build_database(settings), int(sys.argv[1]), sys.argv[2], Tools(train, beat=0.05)))
"""


@contextmanager
def training(bench: Bench) -> Iterator[tuple[int, subprocess.Popen[bytes], int]]:
    """A process that trains, for ever: its change, the process, and the pid of what it started."""
    change_id = bench.start()
    environment = {**os.environ, "CIC_DATA_DIR": str(bench.settings.data_dir), "CIC_DATABASE_URL": bench.settings.database_url}
    command = (sys.executable, "-c", TRAINING.format(tests=str(PROJECT / "tests")), str(change_id), bench.launched[-1][1])
    with subprocess.Popen(command, env=environment, cwd=PROJECT) as process:
        try:
            path = bench.settings.data_dir / "corrections" / str(change_id) / "pid"
            pid = wait_for("it trains", lambda: path.exists() and path.read_text("utf-8"), 60)
            yield change_id, process, int(pid)
        finally:
            process.kill()


def is_gone(pid: int) -> bool:
    """Whether a process has ended; one that nobody has buried yet has."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_a_process_that_is_killed_takes_its_training_with_it(bench: Bench) -> None:
    with training(bench) as (change_id, process, pid):
        process.send_signal(signal.SIGKILL)
        process.wait()
        wait_for("the training has died", lambda: is_gone(pid))
        with bench.database.begin() as connection:  # time passes
            connection.execute(update(changes).values(alive_at=utc_now() - timedelta(minutes=5)))
        assert (bench.found(change_id).state, bench.found(change_id).error) == (FAILED, INTERRUPTED)
    bench.changes.start(change_id, Options(quick=True))
    assert bench.improve(change_id) == 0
    assert (bench.found(change_id).state, bench.left) == (READY, [])


def test_a_process_whose_change_is_abandoned_ends_its_training_and_itself(bench: Bench) -> None:
    with training(bench) as (change_id, process, pid):
        bench.changes.abandon(change_id, "Omar")
        assert process.wait(30) == 1
        assert is_gone(pid)
    assert bench.left == []


def test_logged_questions_are_those_of_these_days_without_form_answers_and_masks(database: Database) -> None:
    now = utc_now()
    store_conversation(database, "old", [{"said": "ancien"}], at=now - timedelta(days=40))
    said = [
        {"said": "je veux participer", "asks": "profil"},
        {"said": "Claire", "asks": "commune"},
        {"said": "Lasne"},
        {"said": "[effacé] ?"},
    ]
    store_conversation(database, "form", said, at=now - timedelta(days=1))
    for number, text in enumerate(("Quel budget ?", "quel budget", "Quel budget ?", "Le pays ?")):
        store_conversation(database, f"c{number}", [{"said": text}], at=now - timedelta(days=2))
    questions = logged_questions(database, now - timedelta(days=30))
    assert questions == [("Quel budget ?", 3), ("Le pays ?", 1), ("je veux participer", 1)]
    assert logged_questions(database, now - timedelta(days=30), most=1) == [("Quel budget ?", 3)]


@pytest.mark.parametrize(
    ("label", "facts", "asks", "right"),
    [
        ("info/combien.total", ["combien.total", "combien.direct"], None, True),
        ("info/combien.total", ["combien.direct"], None, False),
        ("hors_sujet/service", [], None, True),
        ("hors_sujet/service", ["combien.total"], None, False),
        ("demande", [], "profil", True),
        ("demande", ["combien.total"], None, False),
        ("bavardage/saluer", [], None, None),
    ],
)
def test_an_answer_is_right_by_what_the_label_asks_for(label: str, facts: list[str], asks: str | None, right: bool | None) -> None:
    assert is_right({"facts": facts, "asks": asks, "text": ""}, label, BASE) is right


def test_a_quick_evaluation_spreads_over_some_parts() -> None:
    everything, quick = choose_cases(False, BASE, PROJECT / "tests/evaluation"), choose_cases(True, BASE, PROJECT / "tests/evaluation")
    assert {part: len(getattr(quick, part)) for part in PARTS if getattr(quick, part)} == {
        "questions": 200,
        "followups": 50,
        "off_topic": 50,
    }
    assert set(quick.questions) < set(everything.questions)
    assert quick.questions[-1] in everything.questions[-7:]


def test_a_program_without_cases_evaluates_none(tmp_path: Path) -> None:
    assert choose_cases(False, BASE, tmp_path / "none").questions == ()


def test_a_recorded_test_wants_what_was_recorded(database: Database) -> None:
    said = [{"said": "Quel budget ?"}, {"said": "je veux participer", "facts": [], "asks": "profil"}]
    store_conversation(database, "c1", said)
    Recordings(database, utc_now).record("c1", "Ines")
    (case,) = recorded_cases(database)
    assert [(turn.text, turn.wanted, turn.asks) for turn in case.turns] == [
        ("Quel budget ?", (Cited("combien.total"),), None),
        ("je veux participer", (), "profil"),
    ]


def test_a_kept_evaluation_belongs_to_its_release_and_to_its_cases(tmp_path: Path) -> None:
    kept = Kept(tmp_path, quick=True)
    kept.write("a", {"questions": []})
    assert kept.read("a") == {"questions": []}
    assert kept.read("b") is None
    assert Kept(tmp_path, quick=False).read("a") is None


def test_only_cases_that_both_have_played_are_compared() -> None:
    def case(ident: str, ok: bool) -> dict[str, Any]:
        return {"id": ident, "text": ident, "ok": ok, "faults": [] if ok else ["manque x"]}

    (part,) = compare_results({"questions": [case("a", True), case("b", False)]}, {"questions": [case("a", True), case("c", False)]})
    assert (part["before"], part["after"], part["total"], part["lost"]) == (1, 1, 1, 0)


def test_a_working_copy_has_the_code_of_the_running_program(tmp_path: Path, database: Database) -> None:
    project = copy_project(tmp_path / "project", b"a model")
    releases = Releases(database, tmp_path / "releases", utc_now, project)
    copy = copy_release(releases.own(), project, tmp_path / "copy")
    assert model_to_run(copy).fits
    made = Releases(database, tmp_path / "releases", utc_now, copy).keep()
    assert (made.id, made.code) == (releases.own().id, releases.code)
