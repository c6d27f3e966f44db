"""What is made of measured times: percentiles, ratios, parts of a message whose sum is the whole, sizes and copies."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path

import pytest
import typer

from bot.benchmarks import scaling
from bot.benchmarks.figures import Spread, cores, machine, number, ratio
from bot.benchmarks.floor import Floor
from bot.benchmarks.growth import DRIFT, Growth, Point, Stop, copies_for, ratios
from bot.benchmarks.growth import lines as growth_lines
from bot.benchmarks.latency import TURNS_PER_CONVERSATION
from bot.benchmarks.load import Load, Loaded, conversations, together
from bot.benchmarks.parts import PARTS, Clocks, keeping, parts
from bot.benchmarks.scaling import Step
from bot.benchmarks.sides import RATIOS, Side, _halves
from bot.benchmarks.starting import ANSWER, Start, Starts, _files
from bot.benchmarks.training import copy_of_project
from bot.cli.figures import keep
from bot.cli.performance import _sizes
from bot.config import PROJECT
from bot.errors import UnavailableError
from bot.evaluation.chat import Chat
from bot.evaluation.model import Reply
from bot.models import fingerprint
from bot.processes import ACTIONS, RASA, WEB
from bot.storage import Database, utc_now
from bot.web.turns import Turns

# --- times and ratios --------------------------------------------------------------------------------


def test_a_spread_is_in_milliseconds_and_names_the_slow_ones() -> None:
    found = Spread.of([n / 1000 for n in range(200)])
    assert (found.count, found.p50, found.p95, found.p99, found.longest) == (200, 100, 190, 198, 199)
    assert found.mean == pytest.approx(99.5)


def test_without_any_time_all_is_nothing() -> None:
    assert Spread.of([]) == Spread(0, 0, 0, 0, 0, 0)


def test_a_ratio_to_nothing_is_not_a_number_and_is_shown_as_a_dash() -> None:
    assert ratio(3, 2) == 1.5
    assert math.isnan(ratio(3, 0))
    assert number(ratio(3, 0)) == "—"


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.3333, "0,33"), (9.999, "10,00"), (12.34, "12,3"), (123.4, "123"), (12345.6, "12\u202f346"), (-0.004, "-0,00"), (0.0, "0,00")],
)
def test_a_figure_has_about_three_digits(value: float, shown: str) -> None:
    assert number(value) == shown


def test_figures_are_kept_with_the_machine_and_the_state_of_the_code() -> None:
    found = machine()
    assert found["cores"] >= 1
    assert found["memory_gb"] > 0
    assert str(found["cores"]) in cores()


def test_figures_are_written_beside_those_of_earlier_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CIC_DATA_DIR", str(tmp_path))
    keep("chat", {"turns": 3})
    (path,) = (tmp_path / "bench").glob("chat-*.json")
    written = json.loads(path.read_text("utf-8"))
    assert written["turns"] == 3
    assert written.keys() == {"at", "machine", "turns"}
    assert {"cores", "commit", "load_before"} <= written["machine"].keys()


# --- loads -------------------------------------------------------------------------------------------


def loaded(times: Sequence[float], wall: float, **cpu: float) -> Loaded:
    return Loaded(Load(8, wall, tuple(times)), cpu)


def test_messages_are_cut_into_conversations_and_none_is_left_out() -> None:
    messages = [str(n) for n in range(2 * TURNS_PER_CONVERSATION + 3)]
    told = conversations(messages)
    assert [len(each) for each in told] == [TURNS_PER_CONVERSATION, TURNS_PER_CONVERSATION, 3]
    assert [message for each in told for message in each] == messages


def test_throughput_is_by_the_clock_and_cost_by_the_processors() -> None:
    found = loaded([0.1] * 20, 0.5, **{RASA: 0.4, ACTIONS: 0.1, WEB: 0.3})
    assert found.load.per_second == 40
    assert found.cpu_ms == {RASA: 20, ACTIONS: 5, WEB: pytest.approx(15)}
    assert (found.per_cpu_second, found.per_rasa_cpu_second) == (pytest.approx(25), 50)


def test_two_loads_count_as_one() -> None:
    found = loaded([0.1, 0.2], 1, **{RASA: 0.1}) + loaded([0.3, 0.4], 3, **{RASA: 0.5})
    assert (found.load.times, found.load.wall_seconds, found.load.per_second) == ((0.1, 0.2, 0.3, 0.4), 4, 1)
    assert found.cpu_seconds == {RASA: pytest.approx(0.6)}


def test_when_a_message_is_not_answered_nobody_else_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[str] = []

    def say(chat: Chat, message: str) -> Reply:
        begun.append(message)
        raise UnavailableError("Personne ne répond.")

    monkeypatch.setattr(Chat, "say", say)
    with pytest.raises(UnavailableError):
        together("http://127.0.0.1:9/api/chat", [[str(n)] for n in range(1000)], 2)
    assert len(begun) < 1000


@pytest.mark.parametrize(("count", "sizes"), [(4, (2, 2)), (5, (3, 2)), (1, (1, 1))], ids=["even", "odd", "one, twice"])
def test_each_side_takes_its_turn_twice(count: int, sizes: tuple[int, int]) -> None:
    first, second = _halves([[str(n)] for n in range(count)])
    assert (len(first), len(second)) == sizes
    assert {each[0] for each in (*first, *second)} == {str(n) for n in range(count)}


# --- the parts of a message --------------------------------------------------------------------------

COUNTED = Clocks({"understanding": 0.8, "policies": 0.2, "actions": 0.5, "stores": 0.3}, 2.1)
"""Seconds for a hundred messages."""


def test_the_parts_of_a_message_are_named_and_their_sum_is_the_message() -> None:
    found = parts(0.030, 0.002, 0.003, 0.004, COUNTED, 100)
    assert found == {
        "understanding": pytest.approx(8),
        "policies": pytest.approx(2),
        "action_server": pytest.approx(4),
        "way_to_actions": pytest.approx(1),
        "stores": pytest.approx(3),
        "rest_of_rasa": pytest.approx(3),
        "web": pytest.approx(2),
        "keeping": pytest.approx(3),
        "remainder": pytest.approx(4),
    }
    assert sum(found.values()) == pytest.approx(30)
    assert found.keys() == PARTS.keys()


def test_only_what_was_counted_between_two_readings_counts() -> None:
    later = Clocks({name: seconds + 1 for name, seconds in COUNTED.phases.items()}, COUNTED.waited + 5)
    assert later.since(COUNTED) == Clocks(dict.fromkeys(COUNTED.phases, pytest.approx(1)), pytest.approx(5))  # type: ignore[arg-type]


def test_what_the_web_process_writes_of_a_turn_is_measured_on_a_database_of_its_own(tmp_path: Path) -> None:
    assert keeping(tmp_path / "keeping.sqlite", ["bonjour"] * 20) > 0
    database = Database(f"sqlite:///{tmp_path / 'keeping.sqlite'}")
    assert [turn.text for turn in Turns(database, utc_now).history("one")] == ["bonjour"] * 20
    database.close()


def side(factor: float) -> Side:
    figures = loaded([0.1 * factor] * 10, factor, **{RASA: 0.1 * factor, ACTIONS: 0.1 * factor, WEB: 0.2 * factor})
    return Side("…", Spread.of([0.05 * factor] * 10), dict.fromkeys(PARTS, 1.0), figures, {RASA: 900 * factor, WEB: 100 * factor})


def test_a_side_twice_as_fast_has_half_the_times_and_twice_the_rates() -> None:
    found = side(1).ratios(side(2))
    assert found.keys() == RATIOS.keys()
    rates = {"per_second", "per_cpu_second", "per_rasa_cpu_second"}
    assert found == {name: pytest.approx(2 if name in rates else 0.5) for name in RATIOS}
    assert side(1).ratios(side(1)) == {name: pytest.approx(1) for name in RATIOS}


# --- growth ------------------------------------------------------------------------------------------


def point(size: int, ms: float, cpu: float) -> Point:
    return Point(size, Spread.of([ms / 1000] * 3), cpu, 2 * cpu)


def test_growth_compares_the_largest_with_the_smallest() -> None:
    found = Growth((point(10, 20, 10), point(100, 1, 1), point(1000, 30, 12)), (point(10, 20, 10), point(10, 22, 10)))
    assert ratios(found.points) == {"p50": pytest.approx(1.5), "cpu_ms": pytest.approx(1.2)}
    assert found.as_dict()["twin_ratios"] == {"p50": pytest.approx(1.1), "cpu_ms": pytest.approx(1)}
    assert "× 1,50, processeur × 1,20" in "\n".join(growth_lines({"turns": found}))


def test_growth_without_twins_says_nothing_of_them() -> None:
    found = Growth((point(10, 20, 10), point(100, 20, 10)))
    assert found.as_dict().keys() == {"points", "ratios"}
    assert "avant" not in "\n".join(growth_lines({"turns": found}))


def test_what_happens_now_and_then_stands_in_the_mean_and_not_in_the_median(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = iter([0.0, 0.2, 1.0, 1.2, 2.0, 2.9])
    monkeypatch.setattr("bot.benchmarks.growth._cpu_seconds", lambda _: next(seconds))
    stop = Stop(10, None, lambda _: 0.03)  # type: ignore[arg-type]
    for _ in range(3):
        stop.visit(["bonjour"] * 10)
    found = stop.point()
    assert (found.times.count, found.times.p50) == (30, 30)
    assert (found.cpu_ms, found.cpu_mean_ms) == (pytest.approx(20), pytest.approx(130 / 3))


@pytest.mark.parametrize(("size", "samples"), [(1, 10), (10, 200), (100, 200), (1000, 200), (7, 3)])
def test_no_conversation_grows_by_much_while_it_is_measured(size: int, samples: int) -> None:
    assert samples / copies_for(size, samples) <= max(1, size * DRIFT)


@pytest.mark.parametrize(("raw", "sizes"), [("10", [10]), ("10,100", [10, 100]), (" 1, 2 ,4", [1, 2, 4])])
def test_sizes_are_typed_with_commas(raw: str, sizes: list[int]) -> None:
    assert _sizes(raw) == sizes


@pytest.mark.parametrize("raw", ["", "a", "0,1", "2,1", "1,1", "1,,2", "-1,2"])
def test_sizes_that_do_not_grow_are_refused(raw: str) -> None:
    with pytest.raises(typer.BadParameter):
        _sizes(raw)


def test_two_sizes_are_two() -> None:
    with pytest.raises(typer.BadParameter, match="donnez 2 nombres"):
        _sizes("1,2,3", 2)


# --- more processes, starts, trainings ---------------------------------------------------------------


def test_a_step_is_compared_with_the_first() -> None:
    one, two = Step(1, loaded([0.1] * 10, 1, **{RASA: 0.1}), 1000), Step(2, loaded([0.05] * 10, 0.8, **{RASA: 0.125}), 2000)
    assert two.ratios(one) == {
        "per_rasa_cpu_second": pytest.approx(0.8),
        "per_second": pytest.approx(1.25),
        "p50": pytest.approx(0.5),
        "p99": pytest.approx(0.5),
    }
    assert two.as_dict()["sets"] == 2
    assert "autant de fois à la fois : × 0,90" in "\n".join(scaling.lines([one, two], {1: 1.0, 2: 0.9}))


def test_what_the_machine_loses_is_measured_with_processes_that_share_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    at_once: list[int] = []

    def floor_of(model: Path, texts: Sequence[str]) -> Floor:
        at_once.append(1)
        return Floor(Spread.of([]), Spread.of([]), Spread.of([]), 0.0, 5.0 if len(at_once) <= 2 else 6.25, 0.0)

    monkeypatch.setattr(scaling, "floor_of", floor_of)
    assert scaling.machine_ratios(Path("x"), [1, 2], ["bonjour"]) == {1: 1, 2: pytest.approx(0.8)}
    assert len(at_once) == 1 + 1 + 2


def test_starts_are_summed_up_by_their_medians() -> None:
    runs = tuple(Start({RASA: n, ANSWER: 2 * n}, {RASA: 0.0}, {RASA: 1.0}, {RASA: 1.0}) for n in (1.0, 9.0, 3.0))
    assert Starts(runs).median("seconds") == {RASA: 3, ANSWER: 6}
    assert Starts(runs).as_dict()["read_mb"] == {RASA: 0}
    assert len(Starts(runs).as_dict()["runs"]) == 3


def test_files_of_folders_and_files_alone_are_forgotten(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    for name in ("one", "a/two", "a/b/three"):
        (tmp_path / name).write_text("x")
    assert sorted(path.name for path in _files([tmp_path / "a", tmp_path / "one"])) == ["one", "three", "two"]


def test_a_training_to_measure_is_one_of_the_present_data_and_touches_no_model(tmp_path: Path) -> None:
    copy = copy_of_project(tmp_path / "project")
    assert fingerprint(copy) == fingerprint(PROJECT)
    assert not (copy / "models").exists()
