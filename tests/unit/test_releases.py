"""Releases: what makes their id, how they are published and fetched, and what is refused. The database is SQLite and PostgreSQL."""

from __future__ import annotations

import logging
import stat
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select, update
from support.releases import KNOWLEDGE, add_model, copy_project, reword

from bot.benchmarks.postgresql import Server, new_database
from bot.config import PROJECT
from bot.errors import ReleaseError, RequestError, StorageError
from bot.models import model_path
from bot.releases import Follower, Release, Releases, code_of, release_of, sha256
from bot.releases import follower as following
from bot.releases.folders import Folders
from bot.releases.model import id_of
from bot.storage import Database, release_files, releases

OLD, NEW = "C'était d'abord un projet pilote", "C'était au début un projet pilote"


@dataclass
class Clock:
    now: datetime = datetime(2026, 3, 2, 9, 0, tzinfo=timezone.utc)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)  # so that releases made one after the other have an order
        return self.now


@dataclass
class Site:
    """Machines that share a database. Each has a folder of its own; the first one publishes from `project`."""

    database: Database
    folder: Path
    project: Path
    clock: Clock = field(default_factory=Clock)

    def machine(self, name: str = "first", project: Path | None = None, follows: bool = True) -> Releases:
        """A process on a machine, as if just started: the working copy is read anew."""
        return Releases(self.database, self.folder / name, self.clock, project or self.project, follows)

    def publish(self, change: str, note: str = "") -> Release:
        """Write something else in the knowledge, and publish it on the first machine."""
        with (self.project / KNOWLEDGE).open("a", encoding="utf-8") as file:
            file.write(f"# {change}\n")
        return self.machine().publish(note, "operator@first")


@pytest.fixture
def server(postgresql: Server) -> Server:
    return postgresql


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return copy_project(tmp_path / "project", b"a model")


@pytest.fixture
def site(tmp_path: Path, project: Path, database: Database) -> Site:
    return Site(database, tmp_path / "machines", project)


@pytest.fixture
def shared_site(tmp_path: Path, project: Path, server: Server) -> Iterator[Site]:
    database = Database(new_database(server))
    database.create_all()
    yield Site(database, tmp_path / "machines", project)
    database.close()


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """The working copy of another machine, where nothing was ever changed."""
    return copy_project(tmp_path / "bare", b"another model")


# --- What a release is ---


def test_the_same_content_has_the_same_id_wherever_it_is(tmp_path: Path, project: Path) -> None:
    other = copy_project(tmp_path / "other", b"a model")
    assert release_of(project, "code", Clock()()).id == release_of(other, "another", Clock()()).id


@pytest.mark.parametrize(
    "name",
    ["config.yml", "domain.yml", *(f"data/{part}" for part in ("knowledge", "textes", "relances", "lieux", "tri", "nlu", "stories"))],
)
def test_every_part_of_the_content_counts(project: Path, name: str) -> None:
    before = release_of(project, "code", Clock()())
    path = project / name if name.endswith(".yml") else min((project / name).glob("*.yml"))
    path.write_text(path.read_text("utf-8") + "\n# changed\n", "utf-8")
    add_model(project, b"a model")
    assert release_of(project, "code", Clock()()).id != before.id


def test_the_model_counts(project: Path) -> None:
    before = release_of(project, "code", Clock()())
    add_model(project, b"trained anew")
    after = release_of(project, "code", Clock()())
    assert after.id != before.id
    assert after.model == f"models/{model_path(project).name}"


def test_the_id_does_not_hang_on_the_order_of_the_files() -> None:
    assert id_of({"a": "1", "b": "2"}) == id_of({"b": "2", "a": "1"}) != id_of({"a": "2", "b": "1"})


def test_a_copy_without_any_model_is_a_release_without_one(project: Path) -> None:
    model_path(project).unlink()
    assert release_of(project, "code", Clock()()).model is None


def test_the_code_is_that_of_the_program_and_changes_with_what_reads_a_release(tmp_path: Path, project: Path) -> None:
    assert code_of(project) == code_of(PROJECT)
    (project / "bot").unlink()
    for name in ("knowledge", "places", "understanding"):
        (project / "bot" / name).mkdir(parents=True)
    made = {code_of(project)}
    for name in ("bot/knowledge/loader.py", "bot/places/index.py", "bot/understanding/parts.py", "bot/texts.py"):
        (project / name).write_text("changed", "utf-8")
        made.add(code_of(project))
    reword(project, OLD, NEW)
    assert len(made) == 5
    assert code_of(project) in made, "facts are content"


# --- Publishing and going back ---


def test_without_anything_published_everybody_runs_the_working_copy_where_it_is(site: Site) -> None:
    machine = site.machine()
    assert machine.active() == machine.own()
    assert machine.folder(machine.own().id) == site.project
    assert not (site.folder / "first").exists(), "nothing is copied"


def test_what_is_published_is_active_for_every_process_of_the_machine(site: Site, bare: Path) -> None:
    running = site.machine(project=bare)
    published = site.publish("one", "Une phrase")
    assert running.active() == published
    assert published.note == "Une phrase"
    folder = running.folder(published.id)
    assert folder == site.folder / "first" / published.id
    assert (folder / KNOWLEDGE).read_bytes() == (site.project / KNOWLEDGE).read_bytes()
    assert (folder / str(published.model)).read_bytes() == b"a model"


def test_a_published_release_does_not_change_with_the_working_copy(site: Site) -> None:
    published = site.publish("one")
    with (site.project / KNOWLEDGE).open("a", encoding="utf-8") as file:
        file.write("# work in progress\n")
    running = site.machine()
    assert running.active() == published
    assert b"in progress" not in (running.folder(published.id) / KNOWLEDGE).read_bytes()


def test_only_the_user_of_the_assistant_reads_what_is_kept(site: Site) -> None:
    site.publish("one")
    paths = list((site.folder / "first").rglob("*"))
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths if path.is_dir()} == {0o700}
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths if path.is_file()} == {0o600}


def test_what_is_only_kept_is_run_by_nobody_until_it_is_activated(site: Site) -> None:
    published = site.publish("first")
    reword(site.project, OLD, NEW)
    kept = site.machine().keep("in waiting")
    assert site.machine().active().id == published.id
    assert site.machine().activate(kept.id, "operator", instead_of=published.id).id == site.machine().active().id == kept.id


def test_a_release_is_not_activated_instead_of_one_that_is_not_active_any_more(site: Site, shared_site: Site) -> None:
    for each in (site, shared_site):
        first, second = each.publish("first"), each.publish("second")
        with pytest.raises(RequestError, match="n'est plus la version active"):
            each.machine().activate(first.id, instead_of=first.id)
        assert each.machine().active().id == second.id


def test_only_what_never_was_active_is_forgotten(site: Site) -> None:
    published = site.publish("first")
    reword(site.project, OLD, NEW)
    kept = site.machine().keep()
    for release in (published, kept):
        site.machine().forget(release.id)
    assert list(site.machine().known()) == [published.id]


def test_publishing_the_same_again_changes_nothing_but_makes_it_active(site: Site) -> None:
    first, second = site.publish("one"), site.publish("two")
    path = site.project / KNOWLEDGE
    path.write_text(path.read_text("utf-8").removesuffix("# two\n"), "utf-8")
    assert site.machine().publish().id == first.id
    assert site.machine().active() == first
    assert list(site.machine().known()) == [second.id, first.id]


def test_an_older_release_comes_back(site: Site) -> None:
    first, second = site.publish("one"), site.publish("two")
    assert site.machine().active() == second
    assert site.machine().activate(first.id, "operator@first") == first
    assert site.machine().active() == first


def test_the_working_copy_can_be_gone_back_to_though_it_was_never_published(site: Site, bare: Path) -> None:
    published, image = site.publish("one"), site.machine(project=bare)
    assert image.active() == published
    image.activate(image.own().id)
    assert image.active().id == image.own().id
    assert site.machine().active().id == image.own().id, "the other processes have it too"


def test_a_release_that_is_not_known_is_one_sentence(site: Site) -> None:
    with pytest.raises(RequestError, match="Aucune version 0123456789ab"):
        site.machine().activate("0123456789ab")


def test_data_without_their_model_are_not_published(site: Site) -> None:
    (site.project / "data" / "nlu" / "encore.yml").write_text("nlu: []\n", "utf-8")
    with pytest.raises(RequestError, match="make train"):
        site.machine().publish()
    assert site.machine().known() == {}


def test_a_program_that_does_not_follow_runs_its_own(site: Site, bare: Path) -> None:
    site.publish("one")
    machine = site.machine(project=bare, follows=False)
    assert machine.active() == machine.own()


def test_what_was_published_for_another_program_is_not_run_and_said_once(site: Site, bare: Path, caplog: pytest.LogCaptureFixture) -> None:
    published, newer = site.publish("one"), site.machine(project=bare)
    vars(newer)["code"] = "of a newer program"
    with caplog.at_level(logging.WARNING):
        assert [newer.active(), newer.active()] == [newer.own()] * 2
    assert [published.id in record.getMessage() for record in caplog.records] == [True]
    with pytest.raises(RequestError, match="autre état du programme"):
        newer.activate(published.id)


def test_the_same_content_published_by_a_newer_program_is_run_by_it(site: Site) -> None:
    site.publish("one")
    newer = site.machine()
    vars(newer)["code"] = "of a newer program"
    assert newer.publish().code == newer.active().code == "of a newer program"


def test_the_newest_the_active_and_those_that_run_are_kept(site: Site) -> None:
    made = [site.publish(str(number)) for number in range(4)]
    machine = site.machine()
    machine.activate(made[1].id)
    machine.tell("host:1:rasa", made[0].id)
    machine.forget_old(keep=1)
    assert set(machine.known()) == {made[0].id, made[1].id, made[3].id}


def test_folders_of_forgotten_releases_go_unless_they_are_just_being_made(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    made = [site.publish(str(number)) for number in range(2)]
    machine = site.machine()
    machine.forget_old(keep=1)
    assert (site.folder / "first" / made[0].id).exists()
    later = time.time() + 4000
    monkeypatch.setattr("time.time", lambda: later)
    machine.sweep()
    assert [path.name for path in (site.folder / "first").iterdir()] == [made[1].id]


# --- What is refused ---


def damage(folder: Path, how: str) -> None:
    {
        "changed": lambda: (folder / KNOWLEDGE).write_text("faits: []", "utf-8"),
        "missing": (folder / KNOWLEDGE).unlink,
        "too much": lambda: (folder / KNOWLEDGE).with_name("autre.yml").write_text("faits: []", "utf-8"),
        "a model": lambda: next((folder / "models").iterdir()).write_bytes(b"something else"),
        "a link": lambda: (folder / "data" / "knowledge" / "lien.yml").symlink_to("/etc/hostname"),
    }[how]()


HOW = ["changed", "missing", "too much", "a model", "a link"]


@pytest.mark.parametrize("how", HOW)
def test_a_damaged_release_is_refused_and_removed(site: Site, bare: Path, how: str) -> None:
    published = site.publish("one")
    damage(site.folder / "first" / published.id, how)
    machine = site.machine(project=bare)
    with pytest.raises(ReleaseError, match=published.id):
        machine.folder(published.id)
    assert list((site.folder / "first").iterdir()) == []


def test_publishing_again_mends_a_damaged_release(site: Site) -> None:
    published = site.publish("one")
    damage(site.folder / "first" / published.id, "a model")
    assert site.machine().publish().id == published.id
    assert (site.machine().folder(published.id) / str(published.model)).read_bytes() == b"a model"


@pytest.mark.parametrize(
    "path",
    [
        "../elsewhere.yml",
        "data/knowledge/../../../elsewhere.yml",
        "/tmp/elsewhere.yml",
        "data/knowledge/./a.yml",
        "data//knowledge/a.yml",
        "data\\knowledge\\a.yml",
        "data/knowledge/a.yml\0",
        "bot/text.py",
        "data/knowledge/deeper/a.yml",
        "models/../a.tar.gz",
        "",
        ".",
    ],
)
def test_a_path_that_leads_elsewhere_is_refused_and_leaves_nothing(tmp_path: Path, path: str) -> None:
    folders = Folders(tmp_path / "releases")
    release = Release("0123456789ab", Clock()(), "code", "", {path: sha256(b"evil")})
    with pytest.raises(ReleaseError, match="chemin"):
        folders.fill(release, [(path, b"evil")])
    assert [found for found in tmp_path.rglob("*") if found != folders.root] == []


@pytest.mark.parametrize(("contents", "why"), [([("config.yml", b"evil")], "somme de contrôle"), ([], "il manque config.yml")])
def test_what_is_not_as_announced_is_refused_and_leaves_nothing(tmp_path: Path, contents: list[tuple[str, bytes]], why: str) -> None:
    folders = Folders(tmp_path / "releases")
    release = Release("0123456789ab", Clock()(), "code", "", {"config.yml": sha256(b"good")})
    with pytest.raises(ReleaseError, match=why):
        folders.fill(release, contents)
    assert list(folders.root.iterdir()) == []


def test_a_disk_that_refuses_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    release = Release("0123456789ab", Clock()(), "code", "", {"config.yml": sha256(b"good")})
    with pytest.raises(ReleaseError, match="ne peut pas être écrite"):
        Folders(tmp_path / "file" / "releases").fill(release, [("config.yml", b"good")])


# --- Several machines, on PostgreSQL ---


def test_another_machine_gets_what_was_published_from_the_database(shared_site: Site, bare: Path) -> None:
    published = shared_site.publish("one")
    second = shared_site.machine("second", bare)
    folder = second.folder(second.active().id)
    assert folder == shared_site.folder / "second" / published.id
    found = {path.relative_to(folder).as_posix(): sha256(path.read_bytes()) for path in folder.rglob("*") if path.is_file()}
    assert found == published.files


@pytest.mark.parametrize("how", HOW)
def test_a_machine_replaces_what_it_has_damaged(shared_site: Site, bare: Path, how: str) -> None:
    published, second = shared_site.publish("one"), shared_site.machine("second", bare)
    damage(second.folder(published.id), how)
    folder = second.folder(published.id)
    assert Folders(folder.parent).fault(published) is None


def test_a_file_that_was_changed_in_the_database_is_refused(shared_site: Site, bare: Path) -> None:
    published, second = shared_site.publish("one"), shared_site.machine("second", bare)
    with shared_site.database.begin() as connection:
        connection.execute(update(release_files).where(release_files.c.path == published.model).values(bytes=b"evil"))
    with pytest.raises(ReleaseError, match="somme de contrôle"):
        second.folder(published.id)
    assert list((shared_site.folder / "second").iterdir()) == []


def test_processes_of_a_machine_may_fetch_at_once(shared_site: Site, bare: Path) -> None:
    published = shared_site.publish("one")
    with ThreadPoolExecutor(4) as pool:
        folders = set(pool.map(lambda _: shared_site.machine("second", bare).folder(published.id), range(4)))
    assert folders == {shared_site.folder / "second" / published.id}
    assert [path.name for path in (shared_site.folder / "second").iterdir()] == [published.id]


def test_sqlite_keeps_no_second_copy_and_postgresql_forgets_that_of_a_forgotten_release(site: Site, shared_site: Site) -> None:
    site.publish("one")
    made = [shared_site.publish(str(number)) for number in range(2)]
    shared_site.machine().forget_old(keep=1)
    counts = []
    for database in (site.database, shared_site.database):
        with database.read() as connection:
            counts.append(connection.execute(select(func.count()).select_from(release_files)).scalar_one())
    assert counts == [0, len(made[1].files)]


def test_one_process_of_the_cluster_takes_up_at_a_time(shared_site: Site) -> None:
    inside: list[str] = []

    def take(name: str) -> None:
        with shared_site.machine(name).turn():
            inside.append(f"{name} begins")
            time.sleep(0.05)
            inside.append(f"{name} ends")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(take, "abcd"))
    assert [began[0] for began in inside[::2]] == [ended[0] for ended in inside[1::2]]


def test_the_turn_of_a_process_that_fails_is_over(shared_site: Site) -> None:
    with pytest.raises(ReleaseError), shared_site.machine().turn():
        raise ReleaseError("no")
    with shared_site.machine().turn():
        pass


# --- Following ---


@dataclass
class Taker:
    """Keeps what it takes up; fails when it is told to."""

    taken: list[str] = field(default_factory=list)
    error: Exception | None = None

    def __call__(self, release: Release, folder: Path) -> None:
        if self.error:
            raise self.error
        assert (folder / KNOWLEDGE).exists()
        self.taken.append(release.id)


def follow(releases: Releases, take: Callable[[Release, Path], None]) -> Follower:
    return Follower(releases, "rasa", releases.own().id, take)


def test_a_process_takes_up_what_is_published_once_and_says_so(site: Site, bare: Path) -> None:
    machine, take = site.machine(project=bare), Taker()
    follower = follow(machine, take)
    follower.look()
    assert [(said.release, said.error) for said in machine.running()] == [(machine.own().id, None)]
    published = site.publish("one")
    follower.look()
    follower.look()
    assert (take.taken, follower.running) == ([published.id], published.id)
    (said,) = machine.running()
    assert (said.release, said.error) == (published.id, None)
    assert said.process.endswith(":rasa")


def test_what_cannot_be_taken_up_leaves_what_runs_and_is_said(site: Site, bare: Path, caplog: pytest.LogCaptureFixture) -> None:
    machine, take = site.machine(project=bare), Taker(error=ReleaseError("Le modèle ne se charge pas."))
    follower, published = follow(machine, take), site.publish("one")
    follower.look()
    (said,) = machine.running()
    assert (follower.running, said.release) == (machine.own().id, machine.own().id)
    assert said.error == f"{published.id} : Le modèle ne se charge pas."
    assert published.id in caplog.text


def test_what_failed_is_not_tried_at_each_look_but_again_later_and_another_at_once(
    site: Site, bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine, take = site.machine(project=bare), Taker(error=ReleaseError("no"))
    follower, first = follow(machine, take), site.publish("one")
    follower.look()
    take.error = None
    follower.look()
    assert take.taken == []
    second = site.publish("two")
    follower.look()
    assert take.taken == [second.id]
    take.error = ReleaseError("no")
    machine.activate(first.id)
    follower.look()
    take.error = None
    monkeypatch.setattr(following, "AGAIN_SECONDS", 0.0)
    follower.look()
    assert take.taken == [second.id, first.id]
    assert [said.error for said in machine.running()] == [None]


def test_going_back_to_what_runs_takes_the_error_away(site: Site, bare: Path) -> None:
    machine, take = site.machine(project=bare), Taker(error=ReleaseError("no"))
    follower = follow(machine, take)
    site.publish("one")
    follower.look()
    machine.activate(machine.own().id)
    follower.look()
    assert [(said.release, said.error) for said in machine.running()] == [(machine.own().id, None)]


def test_a_process_sweeps_away_what_was_forgotten_elsewhere(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = site.publish("one")
    reword(site.project, OLD, NEW)
    forgotten, machine = site.machine().keep(), site.machine()
    follower = follow(machine, Taker())
    follower.look()
    with site.database.begin() as connection:
        connection.execute(delete(releases).where(releases.c.id == forgotten.id))
    later = time.time() + 4000
    monkeypatch.setattr("time.time", lambda: later)
    follower.look()
    assert (site.folder / "first" / forgotten.id).exists()
    monkeypatch.setattr(following, "TELL_SECONDS", 0.0)
    follower.look()
    assert [path.name for path in (site.folder / "first").iterdir()] == [kept.id]


def test_a_database_that_is_away_changes_nothing(site: Site, bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine, take = site.machine(project=bare), Taker()
    follower, published = follow(machine, take), site.publish("one")

    def away() -> Release:
        raise StorageError("away")

    with monkeypatch.context() as patched:
        patched.setattr(machine, "active", away)
        follower.look()
    assert (take.taken, follower.running) == ([], machine.own().id)
    follower.look()
    assert take.taken == [published.id]


def test_a_process_that_says_nothing_for_a_day_is_not_listed(site: Site) -> None:
    machine = site.machine()
    machine.tell("host:1:web", "a")
    site.clock.now += timedelta(hours=25)
    assert machine.running() == []
    machine.tell("host:2:web", "b")
    site.clock.now -= timedelta(hours=25)
    assert [said.process for said in machine.running()] == ["host:2:web"]


def test_a_file_tells_its_release(site: Site) -> None:
    published = site.publish("one")
    machine = site.machine()
    assert machine.id_at(machine.folder(published.id) / str(published.model)) == published.id
    other = replace(machine.own(), id="x")
    assert machine.id_at(site.project / str(other.model)) == machine.own().id
    assert machine.id_at(site.project / "models" / "essai.tar.gz") is None
