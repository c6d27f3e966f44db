"""Changes of the training data: what waits becomes a draft, one at a time is worked on, and only what was compared is adopted."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update
from support.releases import KNOWLEDGE, add_model, copy_project
from support.reviewer import store_conversation
from support.waiting import wait_for

from bot.benchmarks.postgresql import Server, new_database
from bot.config import Settings
from bot.errors import RequestError
from bot.models import model_to_run
from bot.privacy import purge
from bot.privacy.reviewing import erase_mentions, erase_review
from bot.privacy.values import Values
from bot.releases import KEPT, Releases
from bot.review.change import (
    ABANDONED,
    ADOPTED,
    COMPARING,
    DRAFT,
    FAILED,
    INTERRUPTED,
    READY,
    SILENT,
    TRAINING,
    Change,
    Options,
)
from bot.review.changes import Changes
from bot.review.comparison import read_patch, verdict_of
from bot.review.journal import Journal
from bot.review.launching import NEEDED_BYTES, Launcher, free_memory
from bot.review.model import IGNORE, NEW_FACT, OTHER, RIGHT, STRAY
from bot.review.recorded import Recordings
from bot.review.working import Run
from bot.storage import Database, activations, changes, judgements, recorded_tests, release_files, releases

NOW = datetime(2026, 11, 26, 9, 30, tzinfo=timezone.utc)
REPORT: dict[str, Any] = {"patch": "", "steps": [], "questions": [], "examples": [], "evaluation": [], "days": 30}


@dataclass
class Clock:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Desk:
    """Changes on a database, with a working copy of the tests' own as the program's."""

    database: Database
    folder: Path
    project: Path
    clock: Clock = field(default_factory=Clock)
    launched: list[tuple[int, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.releases = Releases(self.database, self.folder / "releases", self.clock, self.project)
        self.journal = Journal(self.database, self.clock)
        self.changes = Changes(self.database, self.releases, self.journal, lambda *run: self.launched.append(run), self.clock)

    def judge(self, said: str = "Zorglub, combien en tout ?", label: str | None = "info/combien.total", verdict: str = OTHER) -> None:
        row = {"conversation": "c", "message_id": said, "said": said, "understood": "voisin/chiffre", "verdict": verdict, "label": label}
        with self.database.begin() as connection:
            connection.execute(insert(judgements).values(**row, author="Ines", at=NOW, batch="b"))

    def draft(self, *said: str) -> int:
        for each in said or ("Zorglub, combien en tout ?",):
            self.judge(each)
        return self.changes.prepare("Le budget", "Ines")

    def found(self, change_id: int) -> Change:
        change = self.changes.find(change_id)
        assert change is not None
        return change

    def start(self, change_id: int) -> Run:
        self.changes.start(change_id, Options())
        return Run(self.database, change_id, self.launched[-1][1], self.clock)

    def candidate(self, name: str = "candidate") -> str:
        """Keep a release as the process does: a working copy with another example and its model."""
        project = copy_project(self.folder / name, b"a model")
        path = project / "data" / "nlu" / "combien.yml"
        path.write_text(path.read_text("utf-8").replace("    - en tout ca fait", f"    - zorglub {name}\n    - en tout ca fait"), "utf-8")
        add_model(project, name.encode())
        return Releases(self.database, self.folder / "releases", self.clock, project).keep(name).id

    def ready(self) -> tuple[int, str]:
        """A change that was trained and compared, and its release."""
        change_id, release = self.draft(), self.candidate()
        self.finish(change_id, release)
        return change_id, release

    def finish(self, change_id: int, release: str) -> None:
        """Train and compare a change as the process does."""
        run = self.start(change_id)
        steps = [{"text": each.said, "label": each.label, "what": "ajout", "since": None} for each in self.changes.examples(change_id)]
        assert run.finish(release, REPORT | {"steps": steps})

    def newer(self, count: int) -> None:
        """So many releases that were kept after all others."""
        rows = [{"id": f"newer{number}", "created_at": NOW + timedelta(hours=number + 1)} for number in range(count)]
        with self.database.begin() as connection:
            connection.execute(insert(releases), [row | {"code": "another", "note": "", "files": {}} for row in rows])


@pytest.fixture
def desk(tmp_path: Path, database: Database) -> Desk:
    return Desk(database, tmp_path, copy_project(tmp_path / "project", b"a model"))


@pytest.fixture
def shared_desk(tmp_path: Path, postgresql: Server) -> Iterator[Desk]:
    database = Database(new_database(postgresql))
    database.create_all()
    yield Desk(database, tmp_path, copy_project(tmp_path / "project", b"a model"))
    database.close()


def test_only_other_and_off_topic_wait_to_be_learnt(desk: Desk) -> None:
    for verdict in (RIGHT, NEW_FACT, IGNORE):
        desk.judge(f"un message {verdict}", None, verdict)
    desk.judge("une autre", verdict=OTHER)
    desk.judge("hors sujet", "hors_sujet/service", STRAY)
    assert [each.said for each in desk.changes.pending()] == ["hors sujet", "une autre"]


def test_what_waits_becomes_a_draft_and_waits_no_more(desk: Desk) -> None:
    change_id = desk.draft("zorglub un", "zorglub deux")
    assert desk.changes.pending() == []
    assert [each.said for each in desk.changes.examples(change_id)] == ["zorglub un", "zorglub deux"]
    assert desk.found(change_id).state == DRAFT
    assert desk.changes.listed()[0].examples == 2


@pytest.mark.parametrize("title", ["", "  "])
def test_a_draft_needs_a_title(desk: Desk, title: str) -> None:
    desk.judge()
    with pytest.raises(RequestError, match="titre"):
        desk.changes.prepare(title, "Ines")


def test_without_anything_that_waits_no_draft_is_made(desk: Desk) -> None:
    with pytest.raises(RequestError, match="Aucun exemple"):
        desk.changes.prepare("Rien", "Ines")
    assert desk.changes.listed() == []


def test_the_draft_shows_what_it_does_to_the_files(desk: Desk) -> None:
    draft = desk.changes.draft(desk.found(desk.draft("Zorglub, combien ?")))
    (file,) = read_patch(draft.patch)
    assert (file.path, file.added, file.removed) == ("data/nlu/combien.yml", 1, 0)
    line = next(line for line in file.hunks[0] if line.what == "ajout")
    assert line.text == "    - Zorglub, combien ?"
    assert (desk.project / file.path).read_text("utf-8").splitlines()[line.number - 2].startswith("    - ")


def test_a_draft_that_cannot_be_made_says_why(desk: Desk) -> None:
    desk.judge("zorglub", "info/nulle.part")
    draft = desk.changes.draft(desk.found(desk.changes.prepare("Ailleurs", "Ines")))
    assert draft.fault
    assert "info/nulle.part" in draft.fault


@pytest.mark.parametrize("values", [{"undone": True}, {"replaced_by": "other"}])
def test_a_judgement_that_was_taken_back_leaves_the_draft(desk: Desk, values: dict[str, Any]) -> None:
    change_id = desk.draft()
    with desk.database.begin() as connection:
        connection.execute(update(judgements).values(**values))
    assert desk.changes.examples(change_id) == []
    with pytest.raises(RequestError, match="plus aucun exemple"):
        desk.start(change_id)


def test_an_example_that_is_taken_out_waits_again(desk: Desk) -> None:
    change_id = desk.draft("zorglub un", "zorglub deux")
    desk.changes.take_out(change_id, desk.changes.examples(change_id)[0].id)
    assert [each.said for each in desk.changes.pending()] == ["zorglub un"]
    assert [each.said for each in desk.changes.examples(change_id)] == ["zorglub deux"]


def test_an_example_of_another_change_cannot_be_taken_out(desk: Desk) -> None:
    first, second = desk.draft("zorglub un"), desk.draft("zorglub deux")
    with pytest.raises(RequestError, match="pas dans cette correction"):
        desk.changes.take_out(second, desk.changes.examples(first)[0].id)
    assert len(desk.changes.examples(first)) == 1


def test_taking_an_example_out_of_what_was_compared_makes_it_a_draft_again(desk: Desk) -> None:
    change_id, release = desk.ready()
    desk.changes.take_out(change_id, desk.changes.examples(change_id)[0].id)
    found = desk.found(change_id)
    assert (found.state, found.report, found.release) == (DRAFT, None, None)
    assert release not in desk.releases.known()


def test_a_start_names_the_active_release_as_base_and_launches_one_process(desk: Desk) -> None:
    change_id = desk.draft()
    desk.changes.start(change_id, Options(quick=True))
    found = desk.found(change_id)
    assert (found.state, found.base, found.options) == (TRAINING, desk.releases.active().id, Options(quick=True))
    assert desk.launched == [(change_id, found.run)]


def test_only_one_change_is_worked_on_at_a_time(desk: Desk) -> None:
    first, second = desk.draft("zorglub un"), desk.draft("zorglub deux")
    run = desk.start(first)
    for state in (TRAINING, COMPARING):
        with pytest.raises(RequestError, match="déjà au travail"):
            desk.start(second)
        assert desk.found(first).state == state
        run.compare()
    assert len(desk.launched) == 1


@pytest.mark.parametrize("kind", ["desk", "shared_desk"])
def test_of_starts_at_the_same_time_one_wins(request: pytest.FixtureRequest, kind: str) -> None:
    desk: Desk = request.getfixturevalue(kind)
    ids = [desk.draft(f"zorglub {number}") for number in range(4)]
    barrier = threading.Barrier(len(ids))

    def start(change_id: int) -> str:
        barrier.wait()
        try:
            desk.changes.start(change_id, Options())
        except RequestError as error:
            return str(error)
        return ""

    with ThreadPoolExecutor(len(ids)) as pool:
        said = list(pool.map(start, ids))
    assert said.count("") == 1
    assert len(desk.launched) == 1


@pytest.mark.parametrize("kind", ["desk", "shared_desk"])
def test_of_drafts_made_at_the_same_time_one_gets_the_examples(request: pytest.FixtureRequest, kind: str) -> None:
    desk: Desk = request.getfixturevalue(kind)
    for number in range(5):
        desk.judge(f"zorglub {number}")
    barrier = threading.Barrier(3)

    def prepare(title: str) -> int | None:
        barrier.wait()
        try:
            return desk.changes.prepare(title, "Ines")
        except RequestError:
            return None

    with ThreadPoolExecutor(3) as pool:
        made = [each for each in pool.map(prepare, "abc") if each]
    assert len(made) == len(desk.changes.listed()) == 1
    assert len(desk.changes.examples(made[0])) == 5


def test_a_process_that_went_silent_is_failed_and_its_last_words_change_nothing(desk: Desk) -> None:
    change_id = desk.draft()
    run = desk.start(change_id)
    desk.clock.now += SILENT + timedelta(seconds=1)
    assert (desk.found(change_id).state, desk.found(change_id).error) == (FAILED, INTERRUPTED)
    assert not run.beat("encore là")
    assert not run.finish("0123456789ab", REPORT)
    assert desk.found(change_id).state == FAILED


def test_a_failed_change_starts_again_and_the_first_process_is_not_heard(desk: Desk) -> None:
    change_id = desk.draft()
    first = desk.start(change_id)
    assert first.fail("Plus de place.")
    second = desk.start(change_id)
    assert not first.beat("moi aussi")
    assert second.beat("Entraînement")
    assert (desk.found(change_id).progress, desk.found(change_id).error) == ("Entraînement", None)


def test_a_beat_keeps_a_change_alive(desk: Desk) -> None:
    run = desk.start(change_id := desk.draft())
    for _ in range(3):
        desk.clock.now += SILENT * 0.7
        assert run.beat("Entraînement")
        assert desk.found(change_id).works


def test_faults_of_the_data_bring_the_draft_back(desk: Desk) -> None:
    run = desk.start(change_id := desk.draft())
    assert run.refuse(["data/nlu/combien.yml:7 : un défaut.", "un autre."])
    assert desk.found(change_id).state == DRAFT
    assert desk.found(change_id).error == "data/nlu/combien.yml:7 : un défaut.\nun autre."


def test_a_machine_that_starts_nothing_leaves_a_failed_change(desk: Desk) -> None:
    def refuse(change_id: int, run: str) -> None:
        raise RequestError("Pas de place ici.")

    change_id = desk.draft()
    refused = Changes(desk.database, desk.releases, desk.journal, refuse, desk.clock)
    with pytest.raises(RequestError, match="Pas de place"):
        refused.start(change_id, Options())
    assert (desk.found(change_id).state, desk.found(change_id).error) == (FAILED, "Pas de place ici.")


@pytest.mark.parametrize("state", [DRAFT, TRAINING, COMPARING, READY, FAILED])
def test_what_is_abandoned_gives_its_examples_back(desk: Desk, state: str) -> None:
    change_id = desk.draft()
    with desk.database.begin() as connection:
        connection.execute(update(changes).values(state=state, alive_at=NOW, run="r"))
    desk.changes.abandon(change_id, "Ines")
    found = desk.found(change_id)
    assert (found.state, found.ended_by, found.ended_at) == (ABANDONED, "Ines", NOW)
    assert len(desk.changes.pending()) == 1
    assert not Run(desk.database, change_id, "r", desk.clock).beat("encore")


def test_the_release_of_an_abandoned_change_is_forgotten(desk: Desk) -> None:
    change_id, release = desk.ready()
    assert release in desk.releases.known()
    desk.changes.abandon(change_id, "Ines")
    assert release not in desk.releases.known()


@pytest.mark.parametrize("kind", ["desk", "shared_desk"])
def test_adopting_makes_what_was_compared_the_active_release(request: pytest.FixtureRequest, kind: str) -> None:
    desk: Desk = request.getfixturevalue(kind)
    change_id, release = desk.ready()
    assert desk.releases.active().id != release
    desk.changes.adopt(change_id, "Omar")
    running = Releases(desk.database, desk.folder / "releases", desk.clock, desk.project)  # a process, as if just started
    active = running.active()
    assert (active.id, active.note) == (release, "candidate")
    assert "zorglub candidate" in (running.folder(release) / "data" / "nlu" / "combien.yml").read_text("utf-8")
    assert desk.found(change_id).state == ADOPTED
    (deed,) = desk.journal.latest(5)
    assert (deed["who"], deed["what"], deed["target"]) == ("Omar", "adoption", release)
    with desk.database.read() as connection:
        assert connection.execute(select(activations.c.by)).scalars().all() == ["Omar (revue)"]


def test_the_model_of_an_adopted_release_fits_its_data(desk: Desk) -> None:
    change_id, release = desk.ready()
    desk.changes.adopt(change_id, "Omar")
    folder = desk.releases.folder(release)
    (folder / "bot").symlink_to(desk.project / "bot")
    (folder / "uv.lock").write_bytes((desk.project / "uv.lock").read_bytes())
    assert model_to_run(folder).fits


@pytest.mark.parametrize("state", [DRAFT, TRAINING, COMPARING, ABANDONED, FAILED])
def test_only_what_was_compared_is_adopted(desk: Desk, state: str) -> None:
    change_id, release = desk.ready()
    with desk.database.begin() as connection:
        connection.execute(update(changes).values(state=state, alive_at=NOW))
    with pytest.raises(RequestError, match="entraînée et comparée"):
        desk.changes.adopt(change_id, "Omar")
    assert desk.releases.active().id != release


def test_a_change_is_not_adopted_over_another_release_than_its_base(desk: Desk) -> None:
    change_id, release = desk.ready()
    other = copy_project(desk.folder / "other", b"another")
    with (other / KNOWLEDGE).open("a", encoding="utf-8") as file:
        file.write("# another\n")
    published = Releases(desk.database, desk.folder / "releases", desk.clock, other).publish()
    with pytest.raises(RequestError, match="refaites-la sur la version active"):
        desk.changes.adopt(change_id, "Omar")
    assert (desk.releases.active().id, desk.found(change_id).state) == (published.id, READY)
    desk.start(change_id)
    assert desk.found(change_id).base == published.id
    assert release not in desk.releases.known()


def test_of_two_changes_of_one_base_only_one_is_adopted(desk: Desk) -> None:
    first, release = desk.ready()
    second = desk.draft("zorglub deux")
    assert desk.start(second).finish(desk.candidate("second"), REPORT)
    desk.changes.adopt(first, "Omar")
    with pytest.raises(RequestError):
        desk.changes.adopt(second, "Omar")
    assert (desk.releases.active().id, desk.found(second).state) == (release, READY)


def test_an_activation_that_comes_too_late_leaves_the_change_as_it_was(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    change_id, _ = desk.ready()

    def late(*_: Any, **__: Any) -> None:
        raise RequestError("plus la version active")

    monkeypatch.setattr(desk.releases, "activate", late)
    with pytest.raises(RequestError, match="plus la version active"):
        desk.changes.adopt(change_id, "Omar")
    assert (desk.found(change_id).state, desk.found(change_id).ended_by) == (READY, None)
    assert desk.journal.latest(5) == []


def test_a_program_that_follows_no_release_adopts_none(desk: Desk) -> None:
    change_id, _ = desk.ready()
    desk.releases.follows = False
    with pytest.raises(RequestError, match="CIC_FOLLOW_RELEASES"):
        desk.changes.adopt(change_id, "Omar")


def test_the_way_back_leads_to_the_base_and_forth_again(desk: Desk) -> None:
    change_id, release = desk.ready()
    base = desk.releases.active().id
    desk.changes.adopt(change_id, "Omar")
    desk.changes.go_back(change_id, "Omar")
    found = desk.found(change_id)
    assert (desk.releases.active().id, found.state, found.ended_at, found.ended_by) == (base, READY, None, None)
    assert "rétablie" in found.progress
    with pytest.raises(RequestError):
        desk.changes.go_back(change_id, "Omar")
    desk.changes.adopt(change_id, "Omar")
    assert desk.releases.active().id == release
    assert (desk.found(change_id).state, desk.found(change_id).progress) == (ADOPTED, "")
    assert [deed["target"] for deed in desk.journal.latest(5)] == [release, base, release]


def test_after_the_way_back_the_examples_can_be_taken_out_tried_again_or_given_back(desk: Desk) -> None:
    change_id = desk.draft("zorglub un", "zorglub deux")
    desk.finish(change_id, desk.candidate())
    desk.changes.adopt(change_id, "Omar")
    desk.changes.go_back(change_id, "Omar")
    desk.changes.take_out(change_id, desk.changes.examples(change_id)[0].id)
    assert desk.start(change_id).fail("Plus de place.")
    desk.changes.abandon(change_id, "Omar")
    assert sorted(each.said for each in desk.changes.pending()) == ["zorglub deux", "zorglub un"]


def test_a_change_whose_base_was_made_active_elsewhere_is_reopened(desk: Desk) -> None:
    change_id, _ = desk.ready()
    base = desk.releases.active().id
    desk.changes.adopt(change_id, "Omar")
    desk.releases.activate(base, "operator@machine")
    desk.changes.go_back(change_id, "Omar")
    assert (desk.releases.active().id, desk.found(change_id).state) == (base, READY)
    assert len(desk.journal.latest(5)) == 1


def test_a_program_that_follows_no_release_takes_none_back(desk: Desk) -> None:
    change_id, release = desk.ready()
    desk.changes.adopt(change_id, "Omar")
    desk.releases.follows = False
    with pytest.raises(RequestError, match="CIC_FOLLOW_RELEASES"):
        desk.changes.go_back(change_id, "Omar")
    desk.releases.follows = True
    assert (desk.releases.active().id, desk.found(change_id).state) == (release, ADOPTED)


@pytest.mark.parametrize("kind", ["desk", "shared_desk"])
def test_what_a_change_waits_with_and_what_leads_back_outlive_newer_releases(request: pytest.FixtureRequest, kind: str) -> None:
    desk: Desk = request.getfixturevalue(kind)
    base = desk.releases.publish().id
    reworded = desk.project / "data" / "nlu" / "combien.yml"  # so that the base is no more what this machine starts with
    reworded.write_text(reworded.read_text("utf-8") + "    - zorglub plus tard\n", "utf-8")
    add_model(desk.project, b"later")
    desk.releases = desk.changes.releases = Releases(desk.database, desk.folder / "releases", desk.clock, desk.project)
    (adopted, release), waiting = desk.ready(), desk.draft("zorglub deux")
    candidate = desk.candidate("second")
    desk.finish(waiting, candidate)
    desk.newer(KEPT)
    desk.releases.forget_old()
    assert {base, release, candidate} <= set(desk.releases.known())
    desk.changes.adopt(adopted, "Omar")
    assert {base, release, candidate} <= set(desk.releases.known())
    desk.changes.go_back(adopted, "Omar")
    assert desk.releases.active().id == base


def test_what_no_change_needs_any_more_is_forgotten(desk: Desk) -> None:
    _, release = desk.ready()
    with desk.database.begin() as connection:
        connection.execute(update(changes).values(state=ABANDONED))
    desk.newer(KEPT)
    desk.releases.forget_old()
    assert release not in desk.releases.known()


def test_a_release_that_two_changes_have_stays_when_one_is_abandoned(desk: Desk) -> None:
    first, release = desk.ready()
    second = desk.draft("zorglub encore")
    desk.finish(second, release)
    desk.changes.abandon(first, "Ines")
    assert release in desk.releases.known()
    desk.changes.abandon(second, "Ines")
    assert release not in desk.releases.known()


@pytest.mark.parametrize("values", [{"undone": True}, {"replaced_by": "other"}, {"label": "info/combien.bruxelles"}, {"said": "autre"}])
def test_what_was_judged_otherwise_since_is_not_adopted(desk: Desk, values: dict[str, Any]) -> None:
    change_id = desk.draft("zorglub un", "zorglub deux")
    desk.finish(change_id, desk.candidate())
    active, judged = desk.releases.active().id, judgements.c.said == "zorglub un"
    with desk.database.begin() as connection:
        before = connection.execute(select(judgements).where(judged)).mappings().one()
        connection.execute(update(judgements).where(judged).values(**values))
    with pytest.raises(RequestError, match=r"jugé autrement ou effacé depuis : refaites la comparaison"):
        desk.changes.adopt(change_id, "Omar")
    assert (desk.releases.active().id, desk.found(change_id).state, desk.journal.latest(5)) == (active, READY, [])
    with desk.database.begin() as connection:
        connection.execute(update(judgements).where(judgements.c.id == before["id"]).values(**before))
    desk.changes.adopt(change_id, "Omar")
    assert desk.found(change_id).state == ADOPTED


def test_what_nobody_can_read_any_more_is_not_adopted(desk: Desk) -> None:
    change_id, release = desk.ready()
    with desk.database.begin() as connection:
        connection.execute(update(changes).values(report=None))
    with pytest.raises(RequestError, match="n'est plus conservée"):
        desk.changes.adopt(change_id, "Omar")
    assert desk.releases.active().id != release


@pytest.mark.parametrize("kind", ["desk", "shared_desk"])
def test_erasing_a_conversation_takes_what_was_trained_with_it(request: pytest.FixtureRequest, kind: str) -> None:
    desk: Desk = request.getfixturevalue(kind)
    change_id, release = desk.ready()
    with desk.database.begin() as connection:
        assert erase_review(connection, ["c"])["judgements"] == 1
    found = desk.found(change_id)
    assert (found.state, found.report, found.release) == (DRAFT, None, None)
    assert "effacé" in found.progress
    with desk.database.read() as connection:
        for table in (releases.c.id, release_files.c.release):
            assert release not in connection.execute(select(table)).scalars().all()


def test_erasing_another_conversation_leaves_a_change_alone(desk: Desk) -> None:
    change_id, release = desk.ready()
    with desk.database.begin() as connection:
        erase_review(connection, ["another"])
    assert (desk.found(change_id).state, release in desk.releases.known()) == (READY, True)


def test_erasing_stops_a_process_that_learns_from_it(desk: Desk) -> None:
    run = desk.start(change_id := desk.draft())
    with desk.database.begin() as connection:
        erase_review(connection, ["c"])
    assert desk.found(change_id).state == DRAFT
    assert not run.beat("Entraînement")
    assert not run.finish(desk.candidate(), REPORT)


def test_erasing_leaves_what_was_adopted_and_what_another_change_waits_with(desk: Desk) -> None:
    adopted, release = desk.ready()
    desk.changes.adopt(adopted, "Omar")
    desk.judge("zorglub deux")
    with desk.database.begin() as connection:
        connection.execute(update(judgements).where(judgements.c.said == "zorglub deux").values(conversation="another"))
    other, erased = desk.changes.prepare("Autre", "Ines"), desk.draft("zorglub trois")
    candidate = desk.candidate("second")
    for change_id in (other, erased):
        desk.finish(change_id, candidate)
    with desk.database.begin() as connection:
        erase_review(connection, ["c"])
    assert [desk.found(each).state for each in (adopted, other, erased)] == [ADOPTED, READY, DRAFT]
    assert {release, candidate} <= set(desk.releases.known())


def test_an_example_that_goes_with_an_address_or_with_time_takes_what_was_trained(desk: Desk) -> None:
    first, _ = desk.ready()
    with desk.database.begin() as connection:
        connection.execute(update(judgements).values(said="écrire à ada@exemple.be"))
        erase_mentions(connection, Values(addresses=frozenset({"ada@exemple.be"})))
    second = desk.draft("zorglub deux")
    desk.finish(second, desk.candidate("second"))
    assert [desk.found(each).state for each in (first, second)] == [DRAFT, READY]
    purge(desk.database, NOW + timedelta(days=31), 30)
    assert desk.found(second).state == DRAFT


def launcher(desk: Desk, code: str) -> Callable[[int, str], None]:
    settings = Settings(desk.folder, "sqlite:///nowhere")
    return Launcher(settings, desk.database, lambda: datetime.now(timezone.utc), (sys.executable, "-c", code), lambda: NEEDED_BYTES)


def launched(desk: Desk, code: str) -> tuple[int, Changes]:
    """A change whose process runs this code."""
    change_id = desk.draft()
    clock = lambda: datetime.now(timezone.utc)  # noqa: E731
    real = Changes(desk.database, desk.releases, desk.journal, launcher(desk, code), clock)
    real.start(change_id, Options())
    return change_id, real


def test_a_process_is_told_its_change_and_the_settings_and_leads_a_session_of_its_own(desk: Desk) -> None:
    told = desk.folder / "told.json"
    wanted = ("CIC_DATA_DIR", "CIC_DATABASE_URL", "CIC_FOLLOW_RELEASES")
    said = f"[sys.argv[1:], [os.environ[n] for n in {wanted}], os.getsid(0) == os.getpid()]"
    code = f"import json, os, sys; json.dump({said}, open({str(told)!r}, 'w'))"
    change_id, real = launched(desk, code)
    wait_for("the process has written", lambda: told.exists() and told.read_text("utf-8").endswith("]"))
    change = real.find(change_id)
    assert change is not None
    assert json.loads(told.read_text("utf-8")) == [[str(change_id), change.run], [str(desk.folder), "sqlite:///nowhere", "oui"], True]


def test_a_process_that_is_killed_is_noticed_at_once(desk: Desk) -> None:
    pid = desk.folder / "pid"
    change_id, real = launched(desk, f"import os, time; open({str(pid)!r}, 'w').write(str(os.getpid())); time.sleep(60)")
    wait_for("the process runs", lambda: pid.exists() and bool(pid.read_text("utf-8")))
    os.kill(int(pid.read_text("utf-8")), signal.SIGKILL)

    def failed() -> bool:
        change = real.find(change_id)
        return change is not None and change.state == FAILED

    wait_for("the change has failed", failed)


def test_without_enough_memory_nothing_is_started(desk: Desk) -> None:
    told = desk.folder / "told"
    command = (sys.executable, "-c", f"open({str(told)!r}, 'w')")
    small = Launcher(Settings(desk.folder, "sqlite:///nowhere"), desk.database, desk.clock, command, lambda: 384_000_000)
    with pytest.raises(RequestError, match="il en faut 2 Go, elle en a 0,4 Go"):
        small(1, "run")
    assert not (desk.folder / "logs").exists()


def test_a_program_that_is_not_there_is_said(desk: Desk) -> None:
    absent = Launcher(Settings(desk.folder, "sqlite:///nowhere"), desk.database, desk.clock, ("/nowhere/python",), lambda: NEEDED_BYTES)
    with pytest.raises(RequestError, match="n'a pas pu démarrer"):
        absent(1, "run")


@pytest.mark.parametrize(
    ("groups", "free"),
    [
        ({}, None),
        ({"pod/web": ("max", 5)}, None),
        ({"pod/web": ("400000000", 150_000_000)}, 250_000_000),
        ({"pod/web": ("400000000", 100_000_000), "pod": ("500000000", 450_000_000)}, 50_000_000),
        ({"pod/web": ("1000", 5000)}, 0),
    ],
    ids=["no groups", "no limit", "a limit", "a tighter one above", "over the limit"],
)
def test_the_free_memory_is_that_of_the_container(tmp_path: Path, groups: dict[str, tuple[str, int]], free: int | None) -> None:
    for name, (limit, used) in groups.items():
        (tmp_path / name).mkdir(parents=True, exist_ok=True)
        (tmp_path / name / "memory.max").write_text(f"{limit}\n", "utf-8")
        (tmp_path / name / "memory.stat").write_text(f"anon {used}\nfile 7000000000\n", "utf-8")
    own = tmp_path / "own"
    own.write_text("0::/pod/web\n", "utf-8")
    found = free_memory(tmp_path, own)
    assert found == free if free is not None else found > 300_000_000


def test_a_conversation_is_recorded_with_what_each_reply_has_to_hold(desk: Desk) -> None:
    said = [
        {"said": "Quel est le budget ?", "facts": ["combien.total", "combien.bruxelles"]},
        {"said": "je veux participer", "facts": [], "asks": "profil", "outcome": "formulaire", "label": "demande"},
        {"said": "simple citoyen", "facts": [], "outcome": "declinee", "label": "se_presenter"},
        {"said": "merci", "facts": [], "outcome": "bavardage", "label": "bavardage/remercier"},
    ]
    store_conversation(desk.database, "c1", said)
    recordings = Recordings(desk.database, desk.clock)
    test_id = recordings.record("c1", "Ines")
    (row,) = recordings.listed()
    assert (row.title, row.author) == ("Quel est le budget ?", "Ines")
    turns = [
        {"user": "Quel est le budget ?", "entry": "combien.total+combien.bruxelles"},
        {"user": "je veux participer", "asks": "profil"},
        {"user": "simple citoyen", "outcome": "declined"},
        {"user": "merci"},
    ]
    assert json.loads(recordings.as_lines()) == {"id": f"revue-{test_id}", "turns": turns}


def test_the_same_conversation_is_recorded_once_and_removed(desk: Desk) -> None:
    store_conversation(desk.database, "c1", [{}])
    recordings = Recordings(desk.database, desk.clock)
    recordings.record("c1", "Ines")
    test_id = recordings.record("c1", "Omar")
    assert [row.author for row in recordings.listed()] == ["Omar"]
    recordings.remove(test_id)
    assert recordings.listed() == []


@pytest.mark.parametrize(
    ("said", "why"),
    [([], "aucun message"), ([{}, {"said": "je suis [effacé]"}], "masquées"), ([{}] * 41, "trop longue")],
    ids=["empty", "masked", "long"],
)
def test_what_cannot_be_played_again_is_not_recorded(desk: Desk, said: list[dict[str, str]], why: str) -> None:
    store_conversation(desk.database, "c1", said)
    with pytest.raises(RequestError, match=why):
        Recordings(desk.database, desk.clock).record("c1", "Ines")
    with desk.database.read() as connection:
        assert connection.execute(select(recorded_tests)).all() == []


def example(was: bool | None, is_now: bool | None) -> dict[str, Any]:
    return {"text": "zorglub", "label": "x", "was_right": was, "is_right": is_now, "differs": was != is_now}


def part(lost: int, gained: int = 0) -> dict[str, Any]:
    worse = [{"id": str(number), "text": f"cas {number}", "faults": []} for number in range(lost)]
    return {
        "part": "questions",
        "before": 9,
        "after": 9 - lost + gained,
        "total": 10,
        "worse": worse,
        "better": [],
        "lost": lost,
        "gained": gained,
    }


@pytest.mark.parametrize(
    ("examples", "lost", "sentence", "better"),
    [
        (
            [example(False, True)] * 4,
            0,
            "La candidate répond juste à 4 exemples de plus, sur 4, et aucun cas d’évaluation n’est perdu.",
            True,
        ),
        ([example(False, True)], 1, "… 1 exemple de plus, sur 1, et 1 cas d’évaluation est perdu : « cas 0 ».", False),
        ([example(True, True)], 0, "La candidate ne répond juste à aucun exemple de plus, sur 1 exemple jugé, et aucun cas …", False),
        ([example(False, True)], 5, "… et 5 cas d’évaluation sont perdus : « cas 0 » ; « cas 1 » ; « cas 2 » ; …", False),
        ([example(None, None)], 0, "… aucun exemple de plus, sur 1 exemple jugé, …", False),
    ],
    ids=["better", "one lost", "nothing gained", "many lost", "cannot be told"],
)
def test_the_verdict_says_what_is_won_and_lost(examples: list[dict[str, Any]], lost: int, sentence: str, better: bool) -> None:
    verdict = verdict_of(REPORT | {"examples": examples, "evaluation": [part(lost)]})
    plain = verdict.sentence.replace("\u202f", " ").replace("\u00a0", " ")
    assert all(piece.strip() in plain for piece in sentence.split("…"))
    assert verdict.is_better is better


@pytest.mark.parametrize(
    ("lost", "gained", "quiet"), [(0, 0, False), (0, 3, False), (1, 0, True), (5, 5, True), (6, 0, False), (1, 6, False)]
)
def test_a_few_lost_cases_are_said_to_be_what_any_training_moves(lost: int, gained: int, quiet: bool) -> None:
    verdict = verdict_of(REPORT | {"examples": [example(False, True)], "evaluation": [part(lost, gained)]})
    assert ("fait toujours bouger quelques cas" in verdict.remark) is quiet


def test_the_verdict_says_what_stays_wrong_and_what_people_will_read_otherwise() -> None:
    questions = [{"differs": True}, {"differs": False}]
    verdict = verdict_of(REPORT | {"examples": [example(False, False)], "evaluation": [part(0, gained=2)], "questions": questions})
    assert verdict.details == (
        "2 cas d’évaluation sont gagnés.",
        "1 exemple jugé reste sans la bonne réponse.",
        "Sur 2 questions posées ces 30 derniers jours, 1 reçoit une autre réponse.",
    )
