"""Each turn is answered from the release whose model understood it; what cannot be had is replaced, and said."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from rasa_sdk import Tracker
from sample_turn import run
from support.releases import copy_project, reword
from support.waiting import wait_for

from actions import session
from actions.answering import ActionRepondre
from actions.opening import ActionSessionStart
from bot.config import Settings, load_settings
from bot.errors import StorageError
from bot.intake.model import Dossier
from bot.releases import Release, Releases
from bot.serving import KEPT, Serving, build_serving
from bot.storage import Database, utc_now
from bot.wiring import Services

OLD = "C'était d'abord un projet pilote"
QUESTION, LABEL = "Depuis quand le Programme existe-t-il ?", "info/quand.lancement"


@pytest.fixture
def settings(served: Services) -> Settings:
    return load_settings()


@pytest.fixture
def publisher(settings: Settings, database: Database, tmp_path: Path) -> Releases:
    return Releases(database, settings.data_dir / "releases", utc_now, copy_project(tmp_path / "project", b"a model"))


@pytest.fixture
def serving(settings: Settings, database: Database) -> Serving:
    return build_serving(settings, database)


def publish(publisher: Releases, old: str, new: str) -> Release:
    """Change a sentence and publish: in one step, as the command does with the working copy of its time."""
    project = publisher._project
    reword(project, old, new)
    return Releases(publisher._database, publisher._folders.root, utc_now, project).publish()


@pytest.fixture
def still(served: Services) -> None:
    """Let the process take up nothing by itself: what a turn is answered from is what it names."""
    session.serving().follower.stop()


def said(release: str | None) -> str:
    return run(ActionRepondre(), QUESTION, LABEL, release=release).text.replace("’", "'")


@pytest.mark.usefixtures("still")
def test_a_turn_is_answered_from_the_release_that_it_names(publisher: Releases) -> None:
    first = publish(publisher, OLD, "Au premier jour c'était un projet pilote")
    second = publish(publisher, "Au premier jour c'était", "Au second jour c'était")
    own = session.serving().releases.own().id
    texts = {release: said(release) for release in (first.id, second.id, own, first.id)}
    assert "Au premier jour c'était" in texts[first.id]
    assert "Au second jour c'était" in texts[second.id]
    assert OLD in texts[own]


@pytest.mark.usefixtures("still")
@pytest.mark.parametrize("named", [None, "0123456789ab"])
def test_a_turn_that_names_none_or_an_unknown_one_is_answered_from_the_active_one(publisher: Releases, named: str | None) -> None:
    publish(publisher, OLD, "Au premier jour c'était un projet pilote")
    assert "Au premier jour" in said(named)


def test_an_unknown_release_is_said_once(serving: Serving, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        first, second = (serving.of("0123456789ab") for _ in range(2))
    assert first is second is serving.of(None)
    assert [record.getMessage() for record in caplog.records] == ["release 0123456789ab cannot be served: another one answers"]


def test_without_a_database_no_other_content_answers_in_place_of_what_was_asked_for(
    serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> Release:
        raise StorageError("away")

    monkeypatch.setattr(serving.releases, "active", away)
    monkeypatch.setattr(serving.releases, "known", away)
    for asked in ("0123456789ab", None):
        with pytest.raises(StorageError):
            serving.of(asked)


def test_a_published_release_that_cannot_be_read_is_replaced_by_the_working_copy(publisher: Releases, serving: Serving) -> None:
    published = publish(publisher, "\nphrases:", "\nphrase:")
    assert serving.of(published.id) is serving.of(serving.releases.own().id)


def test_services_are_built_once_and_those_of_two_releases_are_kept(publisher: Releases, serving: Serving) -> None:
    built: list[Path] = []
    counted = Serving(serving.releases, lambda folder: built.append(folder) or serving._build(folder))  # type: ignore[func-returns-value]
    made = [publish(publisher, old, new) for old, new in ((OLD, "Un"), ("Un,", "Deux,"), ("Deux,", "Trois,"))]
    for release in (made[0], made[1], made[0], made[1]):
        counted.of(release.id)
    assert len(built) == KEPT
    counted.of(made[2].id)
    counted.of(made[1].id)
    assert len(built) == KEPT + 1
    counted.of(made[0].id)
    assert len(built) == KEPT + 2


def test_services_of_all_releases_share_one_database(publisher: Releases, serving: Serving) -> None:
    published = publish(publisher, OLD, "Au premier jour c'était un projet pilote")
    own, other = serving.of(None), serving.of(serving.releases.own().id)
    assert own is not other
    assert own.desk.records._database is other.desk.records._database
    assert serving.of(published.id) is own


def test_the_action_server_prepares_what_is_published_before_it_is_asked_for(publisher: Releases, served: Services) -> None:
    published = publish(publisher, OLD, "Au premier jour c'était un projet pilote")
    follower = session.serving().follower

    def told() -> list[tuple[str, str | None]]:
        return [(row.release, row.error) for row in publisher.running() if row.process.endswith(":actions")]

    wait_for("the release is prepared, and that is told", lambda: told() == [(published.id, None)], 30)
    assert follower.running == published.id


@pytest.mark.usefixtures("still")
def test_a_session_starts_with_the_release_of_its_first_message(publisher: Releases, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str | None] = []
    serving = session.serving()
    of = serving.of
    monkeypatch.setattr(serving, "of", lambda release: asked.append(release) or of(None))  # type: ignore[func-returns-value]
    left_open = Dossier(asks="email", nom="Claire Dumont").as_json()
    run(ActionSessionStart(), "bonjour", slots={"dossier": left_open, "session_started_metadata": {"release": "0123456789ab"}})
    assert asked == ["0123456789ab"]


def test_a_message_of_which_nothing_is_known_names_no_release(served: Services) -> None:
    nothing = Tracker("c", {}, None, [], False, None, {}, None)
    assert session.services(nothing) is session.serving().of(None)
    assert session.services_at_start(nothing) is session.serving().of(None)
