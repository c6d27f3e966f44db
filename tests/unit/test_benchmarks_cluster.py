"""What a benchmark starts: settings of its own only, processes that are found, killed and started again, a PostgreSQL of its own."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from sqlalchemy import text

from bot.benchmarks import postgresql
from bot.benchmarks.cluster import KINDS, Cluster, Plan, _environment, _program, _supervised
from bot.benchmarks.peers import assistant_model, plain_wiring
from bot.benchmarks.ports import free_ports
from bot.benchmarks.postgresql import FAST, IMMEDIATE, new_database, running_server
from bot.benchmarks.proxy import Proxy
from bot.config import PROJECT, load_settings
from bot.errors import StorageError, UnavailableError
from bot.processes import ACTIONS, RASA, WEB
from bot.storage import Database
from bot.supervisor import Patience, Program, Supervisor

MODEL = Path("/models/x.tar.gz")


def until(condition: Callable[[], object], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.02)


# --- settings and commands ---------------------------------------------------------------------------


def test_nothing_comes_from_who_starts_a_benchmark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CIC_CONTACT_EMAIL", "somebody@association.example")
    monkeypatch.setenv("CIC_SMTP_PASSWORD", "a password")
    environment = _environment(Plan(MODEL), tmp_path, [1001, 1002, 1003], None)
    for kind in KINDS:
        seen = load_settings(_program(kind, 0, Plan(MODEL), environment).environment, dotenv=None)
        assert (seen.contact_email, seen.smtp_password, seen.data_dir) == (None, None, tmp_path)
        assert (seen.port, seen.rasa_port, seen.actions_port) == (1001, 1002, 1003)
        assert (seen.rasa_address, seen.actions_address) == ("http://127.0.0.1:1002", "http://127.0.0.1:1003")


def test_rasa_reads_the_address_of_the_actions_and_its_wiring(tmp_path: Path) -> None:
    plan = Plan(MODEL, wiring=tmp_path / "wiring")
    program = _program(RASA, 0, plan, _environment(plan, tmp_path, [1001, 1002, 1003], None))
    assert program.environment["CIC_ACTIONS_URL"] == "http://127.0.0.1:1003"
    assert {str(tmp_path / "wiring" / "endpoints.yml"), str(tmp_path / "wiring" / "credentials.yml"), str(MODEL)} <= set(program.command)
    assert str(PROJECT / "endpoints.yml") not in program.command


def test_behind_a_proxy_processes_find_each_other_through_it(tmp_path: Path) -> None:
    proxy = Proxy("http://127.0.0.1:1", "http://127.0.0.1:2", "http://127.0.0.1:3", "http://127.0.0.1:4", tmp_path / "log", (), {})
    plan = Plan(MODEL, sets=2, settings={"CIC_RATE_LIMIT": "7"})
    seen = load_settings(_environment(plan, tmp_path, [1001, 1002, 1003], proxy), dotenv=None)
    assert (seen.rasa_address, seen.actions_address, seen.trusted_proxies) == (proxy.rasa, proxy.actions, ("127.0.0.1",))
    assert seen.rate_limit == 7


def test_each_process_has_a_name_and_a_log_of_its_own(tmp_path: Path) -> None:
    environment = _environment(Plan(MODEL), tmp_path, [1001, 1002, 1003], None)
    made = [_program(kind, number, Plan(MODEL), environment) for kind in KINDS for number in range(2)]
    assert [program.name for program in made] == ["rasa-0", "rasa-1", "actions-0", "actions-1", "web-0", "web-1"]
    assert len({program.log for program in made}) == 6


def test_rasa_as_it_comes_has_its_own_store_and_our_channel_without_repairs(tmp_path: Path) -> None:
    folder = plain_wiring(tmp_path / "wiring")
    endpoints, credentials = ((folder / name).read_text("utf-8") for name in ("endpoints.yml", "credentials.yml"))
    assert "type: SQL" in endpoints
    assert "in_memory" in endpoints
    assert "bot.rasa.tracker_store" not in endpoints
    assert credentials == "bot.rasa.peer.UnmendedInput: null\n"


def test_the_other_model_is_trained_once_for_the_same_examples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trained = []

    def train(pairs: list[tuple[str, str]], folder: Path, epochs: int) -> Path:
        trained.append((pairs, epochs))
        (folder / "made.tar.gz").write_text("x")
        return folder / "made.tar.gz"

    monkeypatch.setattr("bot.benchmarks.peers.train_assistant", train)
    pairs = [("bonjour", "bavardage/saluer")]
    first = assistant_model(pairs, 1, tmp_path)
    assert assistant_model(pairs, 1, tmp_path) == first
    assert len({first, assistant_model(pairs, 2, tmp_path), assistant_model([*pairs, ("oui", "affirmer")], 1, tmp_path)}) == 3
    assert len(trained) == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(f"{path.name}" for path in tmp_path.glob("peer-*.tar.gz"))


# --- processes ---------------------------------------------------------------------------------------


def program(name: str, tmp_path: Path, code: str = "import time; time.sleep(60)") -> Program:
    return Program(name, (sys.executable, "-c", code), dict(os.environ), tmp_path, tmp_path / f"{name}.log")


def test_a_process_is_found_by_kind_and_number_killed_and_started_again(tmp_path: Path) -> None:
    said: list[str] = []
    names = [f"{kind}-{number}" for kind in KINDS for number in range(2)]
    supervisor = Supervisor([program(name, tmp_path) for name in names], said.append, Patience(first_wait=0.05, longest_wait=0.1))
    settings = load_settings(_environment(Plan(MODEL), tmp_path, [1001, 1002, 1003], None), dotenv=None)
    with _supervised(supervisor):
        cluster = Cluster((settings, settings), "http://127.0.0.1:1001", supervisor)
        others = [cluster.process(RASA, 0).pid, cluster.process(WEB, 1).pid]
        killed = cluster.kill(RASA, 1)
        until(lambda: cluster.supervisor.pids["rasa-1"] != killed)
        assert cluster.process(RASA, 1).is_running()
        assert [cluster.process(RASA, 0).pid, cluster.process(WEB, 1).pid] == others
        usage = cluster.usage()
        assert usage.keys() == set(KINDS)
        assert usage[RASA].megabytes > 1
        left = dict(supervisor.pids)
    assert not any(psutil.pid_exists(pid) for pid in left.values())
    assert [f"signal {signal.SIGKILL:d}" in line for line in said] == [True]


def test_no_process_is_left_when_a_benchmark_fails(tmp_path: Path) -> None:
    supervisor = Supervisor([program("web-0", tmp_path)], lambda _: None)
    with pytest.raises(ZeroDivisionError), _supervised(supervisor):
        raise ZeroDivisionError
    assert not psutil.pid_exists(supervisor.pids["web-0"])


def test_an_assistant_of_which_nobody_answers_is_not_ready(tmp_path: Path) -> None:
    settings = load_settings(_environment(Plan(MODEL), tmp_path, free_ports(3), None), dotenv=None)
    cluster = Cluster((settings,), f"http://127.0.0.1:{settings.port}", Supervisor([], lambda _: None))
    assert not cluster.is_ready()
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "rasa-0.log").write_text("no model")
    with pytest.raises(UnavailableError, match="no model"):
        cluster.wait_until_ready(0.1)
    assert cluster.url(ACTIONS) == f"http://127.0.0.1:{settings.actions_port}"


# --- PostgreSQL --------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", [FAST, IMMEDIATE])
@pytest.mark.parametrize("durable", [True, False], ids=["durable", "without the disk"])
def test_a_server_stops_and_starts_again_with_what_was_committed(durable: bool, mode: str) -> None:
    with running_server(durable) as server:
        database = Database(new_database(server))
        with database.begin() as connection:
            connection.execute(text("CREATE TABLE kept (n INTEGER)"))
            assert connection.execute(text("SHOW fsync")).scalar_one() == ("on" if durable else "off")
        pid = server.pid
        server.stop(mode)
        with pytest.raises(StorageError):
            database.ping()
        server.start()
        assert server.pid != pid
        with database.read() as connection:
            connection.execute(text("SELECT * FROM kept")).all()
        database.close()


def test_a_server_that_was_stopped_is_not_stopped_again_and_its_folder_is_gone() -> None:
    with running_server() as server:
        server.stop()
    assert not server.folder.exists()


def test_without_postgresql_one_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgresql, "glob", lambda _: [])
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(UnavailableError, match="installez le paquet « postgresql »"), running_server():
        pass
