"""While people write, another release is published and taken up, and the former one comes back: no message is lost or answered twice."""

from __future__ import annotations

import gzip
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import select
from support.assistant import Assistant
from support.releases import copy_project, reword
from support.waiting import wait_for

from bot.config import PROJECT
from bot.models import model_to_run
from bot.releases import Releases
from bot.storage import turns, utc_now

QUESTION = "Depuis quand le Programme existe-t-il ?"
OLD, NEW = "C'était d'abord un projet pilote", "Ce fut au premier jour un projet pilote"
KINDS = {"rasa", "actions", "web"}


@dataclass
class Person:
    """Goes on asking the same; `sent` are the ids of the messages, `answers` what came back to each."""

    assistant: Assistant
    stop: threading.Event
    sent: list[str] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    conversation: str = ""

    def ask(self) -> None:
        chat = self.assistant.chat()
        while not self.stop.is_set():
            self.sent.append(uuid.uuid4().hex)
            reply = chat.say(QUESTION, id=self.sent[-1])
            assert reply.status == 200, reply
            self.answers.append(reply.text.replace("’", "'"))
        self.conversation = self.assistant.conversation(chat)

    def says(self, sentence: str) -> bool:
        """Whether the last answers are all from a release that says so."""
        return len(self.answers) > 3 and all(sentence in answer for answer in self.answers[-3:])


@contextmanager
def writing(assistant: Assistant, number: int = 2) -> Iterator[list[Person]]:
    """Let so many people write; none of their messages may fail."""
    stop = threading.Event()
    people = [Person(assistant, stop) for _ in range(number)]
    with ThreadPoolExecutor(number) as pool:
        asking: list[Future[None]] = [pool.submit(person.ask) for person in people]
        try:
            yield people
        finally:
            stop.set()
    for future in asking:
        future.result()


@pytest.fixture
def releases(assistant: Assistant) -> Callable[[Path], Releases]:
    """What an operator publishes with, from a working copy."""
    return lambda project: Releases(assistant.database, assistant.settings.data_dir / "releases", utc_now, project)


def test_a_release_is_taken_up_and_taken_back_under_load(
    assistant: Assistant, releases: Callable[[Path], Releases], tmp_path: Path
) -> None:
    project, ours = copy_project(tmp_path / "project", repacked(model_to_run().path)), releases(PROJECT)
    reword(project, OLD, NEW)
    with writing(assistant) as people:
        wait_for("both are answered", lambda: all(person.says(OLD) for person in people), 60)
        published = releases(project).publish("Une autre phrase")
        wait_for("the new sentence is said", lambda: all(person.says(NEW) for person in people), 90)
        wait_for("every process runs it", lambda: runs(ours, published.id), 90)
        assert NEW in page(assistant)
        shown = assistant.cic("releases").stdout
        assert published.id in shown
        assert "à jour" in shown
        went_back = assistant.cic("activate", ours.own().id)
        assert went_back.returncode == 0, went_back.stderr
        wait_for("the former sentence is said again", lambda: all(person.says(OLD) for person in people), 90)
        wait_for("every process runs it", lambda: runs(ours, ours.own().id), 90)
        assert NEW not in page(assistant)
    for person in people:
        assert person.sent == stored(assistant, person.conversation)
        assert len(person.answers) == len(person.sent)
        assert set(Counter((OLD in answer) + (NEW in answer) for answer in person.answers)) == {1}


def repacked(model: Path) -> bytes:
    """The same model in another file, so that Rasa loads it."""
    return gzip.compress(gzip.decompress(model.read_bytes()), compresslevel=1)


def runs(releases: Releases, release_id: str) -> bool:
    """Whether the processes have all said that they run a release."""
    said = [(row.process.rsplit(":", 1)[1], row.release, row.error) for row in releases.running()]
    return set(said) == {(kind, release_id, None) for kind in KINDS}


def page(assistant: Assistant) -> str:
    return assistant.client.get("/").text.replace("’", "'").replace("&#39;", "'")


def stored(assistant: Assistant, conversation: str) -> list[str]:
    """The ids of the messages of a conversation that were answered, in order."""
    with assistant.database.read() as connection:
        rows = select(turns.c.client_id).where(turns.c.conversation == conversation).order_by(turns.c.id)
        return list(connection.execute(rows).scalars())
