"""Rasa changes its model between two turns, and never for one that cannot be loaded. The agent is played, its loop is real."""

from __future__ import annotations

import asyncio
import threading
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from support.releases import add_model, copy_project, reword
from support.waiting import wait_for

from bot.benchmarks.postgresql import Server, new_database
from bot.models import model_path
from bot.releases import Release, Releases
from bot.storage import Database, utc_now

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Rasa and what it loads warn a great deal on being imported
    import rasa.core.agent
    from rasa.core.nlg import TemplatedNaturalLanguageGenerator

    from bot.rasa.uptake import Uptake

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@dataclass
class Processor:
    """Stands for Rasa's: knows what it was made of, and answers with the content of its model."""

    model_path: Path
    release: str | None = None
    gate: asyncio.Event | None = None
    made_of: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.model = self.model_path.read_text("utf-8")
        self.domain = SimpleNamespace(responses={"utter": self.model})

    async def handle(self) -> tuple[str, str | None]:
        began = self.release
        if self.gate:
            await self.gate.wait()
        return self.model, began


@dataclass
class Agent:
    """The parts of Rasa's agent that a processor is made of and that know the domain."""

    processor: Processor | None
    domain: Any = None
    tracker_store: Any = field(default_factory=lambda: SimpleNamespace(domain=None))
    lock_store: Any = "locks"
    action_endpoint: Any = "actions"
    nlg: Any = field(default_factory=lambda: TemplatedNaturalLanguageGenerator({}))
    http_interpreter: Any = None

    async def handle(self) -> tuple[str, str | None]:
        assert self.processor
        return await self.processor.handle()


@dataclass
class Machine:
    """A running Rasa and its data folder; `project` is what is published from."""

    database: Database
    folder: Path
    project: Path
    own: Path

    def releases(self, project: Path | None = None, follows: bool = True) -> Releases:
        return Releases(self.database, self.folder, utc_now, project or self.own, follows)

    def publish(self, model: bytes) -> Release:
        add_model(self.project, model)
        return self.releases(self.project).publish()

    def agent(self) -> Agent:
        """As Rasa starts on the model of the working copy."""
        return Agent(Processor(model_path(self.own)))


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    database = Database(f"sqlite:///{tmp_path / 'cic.sqlite'}")
    database.create_all()
    projects = [copy_project(tmp_path / name, b"first model") for name in ("project", "own")]
    yield Machine(database, tmp_path / "releases", *projects)
    database.close()


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[Processor]:
    """Put our processor in the place of Rasa's; a model that holds « broken » cannot be loaded."""
    made: list[Processor] = []

    def load(model_path: Path, **parts: Any) -> Processor:
        if "broken" in model_path.read_text("utf-8"):
            raise ValueError("this is no model")
        made.append(Processor(model_path, made_of=parts | {"thread": threading.current_thread()}))
        return made[-1]

    monkeypatch.setattr(rasa.core.agent, "MessageProcessor", load)
    return made


async def look(uptake: Uptake) -> None:
    await asyncio.to_thread(uptake.look)


async def test_it_knows_the_release_of_the_model_that_rasa_started_with(machine: Machine) -> None:
    agent = machine.agent()
    uptake = Uptake(agent, machine.releases())
    assert uptake.running == machine.releases().own().id
    assert agent.processor
    assert agent.processor.release == uptake.running
    published = machine.publish(b"second model")
    kept = Agent(Processor(machine.folder / published.id / str(published.model)))
    assert Uptake(kept, machine.releases()).running == published.id


async def test_a_published_model_is_loaded_in_a_thread_and_takes_the_place_of_the_old_one(
    machine: Machine, loaded: list[Processor]
) -> None:
    agent, published = machine.agent(), machine.publish(b"second model")
    uptake = Uptake(agent, machine.releases())
    await look(uptake)
    assert agent.processor is loaded[0]
    assert (uptake.running, loaded[0].release, loaded[0].model) == (published.id, published.id, "second model")
    assert loaded[0].made_of.pop("thread") is not threading.main_thread()
    assert loaded[0].made_of == {
        "tracker_store": agent.tracker_store,
        "lock_store": "locks",
        "action_endpoint": "actions",
        "generator": agent.nlg,
        "http_interpreter": None,
    }
    assert agent.domain is agent.tracker_store.domain is loaded[0].domain
    assert agent.nlg.responses == loaded[0].domain.responses
    await look(uptake)
    assert len(loaded) == 1


async def test_a_turn_ends_on_the_model_on_which_it_began(machine: Machine, loaded: list[Processor]) -> None:
    agent = machine.agent()
    assert agent.processor
    agent.processor.gate = asyncio.Event()
    old, published = agent.processor, machine.publish(b"second model")
    uptake = Uptake(agent, machine.releases())
    before = uptake.running
    turn = asyncio.create_task(agent.handle())
    await asyncio.sleep(0)
    await look(uptake)
    assert await agent.handle() == ("second model", published.id)
    assert not turn.done()
    assert old.gate
    old.gate.set()
    assert await turn == ("first model", before)


async def test_a_model_that_cannot_be_loaded_leaves_the_old_one_and_is_said(
    machine: Machine, loaded: list[Processor], caplog: pytest.LogCaptureFixture
) -> None:
    agent, published = machine.agent(), machine.publish(b"broken")
    before, uptake = agent.processor, Uptake(agent, machine.releases())
    await look(uptake)
    assert agent.processor is before
    assert await agent.handle() == ("first model", machine.releases().own().id)
    (row,) = machine.releases().running()
    assert (row.release, row.error) == (uptake.running, f"{published.id} : ValueError")
    assert published.id in caplog.text
    mended = machine.publish(b"mended model")
    await look(uptake)
    assert (uptake.running, loaded[-1].model) == (mended.id, "mended model")


async def test_a_model_with_a_wrong_checksum_is_never_loaded(machine: Machine, loaded: list[Processor]) -> None:
    agent, published = machine.agent(), machine.publish(b"second model")
    (machine.folder / published.id / str(published.model)).write_bytes(b"evil model")
    uptake = Uptake(agent, machine.releases())
    await look(uptake)
    assert (loaded, uptake.running) == ([], machine.releases().own().id)
    assert published.id in str(machine.releases().running()[0].error)


async def test_a_release_with_the_same_model_loads_nothing(machine: Machine, loaded: list[Processor]) -> None:
    agent = machine.agent()
    before, uptake = agent.processor, Uptake(agent, machine.releases())
    reword(machine.project, "C'était d'abord un projet pilote", "Ce fut un projet pilote")
    published = machine.publish(b"first model")
    await look(uptake)
    assert (agent.processor, loaded) == (before, [])
    assert await agent.handle() == ("first model", published.id)


async def test_going_back_loads_the_former_model(machine: Machine, loaded: list[Processor]) -> None:
    agent, uptake = machine.agent(), None
    uptake = Uptake(agent, machine.releases())
    first = uptake.running
    machine.publish(b"second model")
    await look(uptake)
    machine.releases().activate(first)
    await look(uptake)
    assert await agent.handle() == ("first model", first)
    assert len(loaded) == 2


async def test_rasa_that_found_no_model_gets_the_active_one(machine: Machine, loaded: list[Processor]) -> None:
    agent, published = Agent(None), machine.publish(b"second model")
    uptake = Uptake(agent, machine.releases())
    assert uptake.running == ""
    await look(uptake)
    assert await agent.handle() == ("second model", published.id)


async def test_rasa_that_took_some_other_model_gets_the_active_one(machine: Machine, loaded: list[Processor], tmp_path: Path) -> None:
    (tmp_path / "essai.tar.gz").write_bytes(b"some model")
    agent = Agent(Processor(tmp_path / "essai.tar.gz"))
    await look(Uptake(agent, machine.releases()))
    assert await agent.handle() == ("first model", machine.releases().own().id)


async def test_a_model_that_was_asked_for_on_the_command_line_stays(machine: Machine, loaded: list[Processor], tmp_path: Path) -> None:
    (tmp_path / "essai.tar.gz").write_bytes(b"some model")
    agent, releases = Agent(Processor(tmp_path / "essai.tar.gz")), machine.releases(follows=False)
    machine.publish(b"second model")
    await look(Uptake(agent, releases))
    assert await agent.handle() == ("some model", releases.own().id)


async def test_it_looks_by_itself_and_the_loop_goes_on(machine: Machine, loaded: list[Processor]) -> None:
    agent = machine.agent()
    uptake = Uptake(agent, machine.releases())
    uptake.start(every=0.02)
    published = await asyncio.to_thread(machine.publish, b"second model")
    await asyncio.to_thread(wait_for, "it is taken up", lambda: uptake.running == published.id)
    assert await agent.handle() == ("second model", published.id)
    uptake.stop()


async def test_processes_of_a_cluster_load_one_after_the_other(
    tmp_path: Path, machine: Machine, postgresql: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside, most = [], []

    def load(model_path: Path, **_: Any) -> Processor:
        inside.append(model_path)
        most.append(len(inside))
        threading.Event().wait(0.1)
        inside.pop()
        return Processor(model_path)

    monkeypatch.setattr(rasa.core.agent, "MessageProcessor", load)
    database = Database(new_database(postgresql))
    database.create_all()
    first, second = (Machine(database, tmp_path / name, machine.project, machine.own) for name in ("a", "b"))
    agents = [first.agent(), second.agent()]
    uptakes = [Uptake(agent, each.releases()) for agent, each in zip(agents, (first, second), strict=True)]
    published = first.publish(b"second model")
    await asyncio.gather(*(look(uptake) for uptake in uptakes))
    assert [await agent.handle() for agent in agents] == [("second model", published.id)] * 2
    assert most == [1, 1]
    database.close()
