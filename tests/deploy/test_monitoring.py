"""The files for Prometheus and Grafana: they name what the assistant really measures, and each alert fires for what it is about."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import generate_latest

from bot.config import PROJECT
from bot.storage import Database
from bot.web.metrics import CHANNEL_EVENTS, KINDS, Metrics

MONITORING = PROJECT / "deploy" / "monitoring"
ALERTS = MONITORING / "alerts.yml"
RULES: list[dict[str, Any]] = yaml.safe_load(ALERTS.read_text("utf-8"))["groups"][0]["rules"]
DASHBOARD: dict[str, Any] = json.loads((MONITORING / "grafana-dashboard.json").read_text("utf-8"))
GUIDE = PROJECT / "docs" / "exploitation.md"
PROMETHEUS_OWN = {"up"}


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Every name under which the web process gives a figure."""
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('metrics') / 'cic.sqlite'}")
    database.create_all()
    metrics = Metrics(database)
    metrics.requests.labels("/", "200").inc()
    metrics.watch_channels(["telegram"])
    names = {sample.name for family in metrics.registry.collect() for sample in family.samples}
    database.close()
    return {name for name in names if not name.endswith("_created")}


def names_of(expression: str) -> set[str]:
    """The figures that an expression reads."""
    return set(re.findall(r"\b(?:cic_|process_|up\b)\w*", re.sub(r'"[^"]*"', '""', expression)))


def queries() -> list[str]:
    return [target["expr"] for panel in DASHBOARD["panels"] for target in panel.get("targets", ())]


def test_rules_and_dashboard_read_nothing_that_is_not_measured(measured: set[str]) -> None:
    for expression in [*queries(), *(rule["expr"] for rule in RULES)]:
        assert names_of(expression), expression
        assert names_of(expression) <= measured | PROMETHEUS_OWN, expression


def test_the_dashboard_shows_every_figure(measured: set[str]) -> None:
    shown = set().union(*map(names_of, queries()))
    assert measured - shown - {"cic_message_seconds_sum"} == set()


def test_labels_of_rules_and_dashboard_have_values_that_exist() -> None:
    text = "\n".join([*queries(), *(rule["expr"] for rule in RULES)])
    kinds = set(re.findall(r'kind="(\w+)"', text))
    assert kinds == set(KINDS)
    events = {event for events in re.findall(r'what=~?"([\w|]+)"', text) for event in events.split("|")}
    assert events <= set(CHANNEL_EVENTS)


def test_each_kind_of_error_is_there_from_the_start(measured: set[str], tmp_path: Path) -> None:
    """Prometheus sees no increase in a figure that begins with one."""
    metrics = Metrics(Database(f"sqlite:///{tmp_path / 'cic.sqlite'}"))
    assert {kind: metrics.registry.get_sample_value("cic_errors_total", {"kind": kind}) for kind in KINDS} == dict.fromkeys(KINDS, 0.0)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_a_rule_says_in_french_what_is_wrong_what_to_do_and_where_it_is_written(rule: dict[str, Any]) -> None:
    said = rule["annotations"]
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert said["summary"].endswith(".")
    assert said["action"].endswith(".")
    assert said["guide"].split("#")[0] == "docs/exploitation.md"
    assert said["guide"].split("#")[1] in headings()


def headings() -> set[str]:
    """The places in the guide, as GitHub and GitLab name them."""
    found = re.findall(r"^#+ (.*)$", GUIDE.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


def test_the_names_of_the_rules_are_all_different() -> None:
    assert len({rule["alert"] for rule in RULES}) == len(RULES)


def test_every_panel_has_a_title_a_place_of_its_own_and_the_source_that_was_chosen() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
        assert panel["title"]
        assert place["x"] + place["w"] <= 24
        assert not cells & taken, panel["title"]
        taken |= cells
        assert panel["type"] == "row" or panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
    assert [variable["name"] for variable in DASHBOARD["templating"]["list"]] == ["datasource", "instance"]


def promtool(*arguments: str | Path, given: str = "") -> subprocess.CompletedProcess[str]:
    program = shutil.which("promtool") or str(PROJECT / "var" / "tools" / "promtool")
    assert Path(program).exists(), "promtool is not there: scripts/test-programs, which make test calls, sees to it"
    return subprocess.run([program, *map(str, arguments)], input=given, capture_output=True, text=True)


def test_prometheus_accepts_the_rules_and_the_example() -> None:
    for arguments in (("check", "rules", ALERTS), ("check", "config", MONITORING / "prometheus.yml")):
        done = promtool(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr


def test_prometheus_accepts_every_query_of_the_dashboard(tmp_path: Path) -> None:
    """As rules of their own: that is how promtool reads an expression."""
    plain = [query.replace("$__rate_interval", "5m").replace("$instance", ".*") for query in queries()]
    rules = [{"record": f"panel:{number}", "expr": query} for number, query in enumerate(plain)]
    file = tmp_path / "panels.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}), "utf-8")
    done = promtool("check", "rules", file)
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_prometheus_reads_is_in_its_format(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'cic.sqlite'}")
    database.create_all()
    done = promtool("check", "metrics", given=generate_latest(Metrics(database).registry).decode())
    assert done.returncode == 0, done.stdout + done.stderr


def series(name: str, **labels: str) -> str:
    return name + "{" + ",".join(f'{label}="{value}"' for label, value in {"job": "cic", "instance": "a", **labels}.items()) + "}"


def errors(kind: str) -> str:
    return series("cic_errors_total", kind=kind)


def on_channel(what: str) -> str:
    return series("cic_channel_total", channel="telegram", what=what)


WAITED = series("cic_channel_oldest_seconds", channel="telegram")
ERRORS_500 = series("cic_requests_total", route="/api/chat", status="500")
IN_ORDER = {
    series("up"): "1+0x300",
    series("cic_outbox_waiting"): "0+0x300",
    series("cic_outbox_late"): "0+0x300",
    series("cic_outbox_failed"): "0+0x300",
    series("cic_outbox_oldest_seconds"): "0+0x300",
    **{errors(kind): "0+0x300" for kind in KINDS},
    **{on_channel(what): "0+5x300" if what in {"received", "answered", "sent", "retried"} else "0+0x300" for what in CHANNEL_EVENTS},
    WAITED: "2+0x300",
    series("cic_requests_total", route="/api/chat", status="200"): "0+10x300",
    ERRORS_500: "0+0x300",
    **{series("cic_message_seconds_bucket", le=le): "0+10x300" for le in ("1.6", "3.2", "+Inf")},
    series("cic_messages_in_flight"): "3+0x300",
    series("cic_leads", status="conservee"): "0+0x300",
    series("cic_leads", status="echec"): "0+0x300",
    series("process_start_time_seconds"): "100+0x300",
    series("process_resident_memory_bytes"): "200e6+0x300",
    series("process_open_fds"): "50+0x300",
    series("process_max_fds"): "1024+0x300",
    series("cic_build_info", version="0.1.0", tables="0003"): "1+0x300",
}
"""An assistant that nobody has to look after, a value each 30 seconds."""
ONE_LATER = "0x20 1+0x280"
CASES: dict[str, tuple[dict[str, str | None], str, set[str]]] = {
    "an assistant in order": ({}, "140m", set()),
    "a web process that is away": ({series("up"): "0+0x300"}, "10m", {"AssistantInjoignable"}),
    "no web process at all": ({series("up"): None}, "10m", {"AssistantInjoignable"}),
    "a database that is away": ({series("cic_outbox_waiting"): None}, "10m", {"BaseDeDonneesAbsente"}),
    "one turn that was not kept": ({errors("storage"): ONE_LATER}, "12m", {"BaseDeDonneesEnErreur"}),
    "a process that was away for a minute": ({errors("not_ready"): "0x20 5+0x280"}, "12m", set()),
    "a process that stays away": ({errors("not_ready"): "0+5x300"}, "20m", {"AssistantPasPret"}),
    "one message that was not handled": ({errors("not_handled"): ONE_LATER}, "12m", {"MessagesNonTraites"}),
    "one fault of ours": ({errors("internal"): ONE_LATER}, "12m", {"ErreurInterne"}),
    "a promise that waits": ({errors("forgetting"): "0+1x300"}, "60m", {"EffacementPromisEnRetard"}),
    "a promise that waited once": ({errors("forgetting"): ONE_LATER}, "60m", set()),
    "a client that writes too fast": ({errors("limited"): "0+20x300"}, "20m", {"TropDeMessagesDUnClient"}),
    "many malformed requests": ({errors("bad_input"): "0+20x300"}, "40m", {"RequetesMalFormees"}),
    "answers that take three seconds": ({series("cic_message_seconds_bucket", le="1.6"): "0+0x300"}, "40m", {"ReponsesLentes"}),
    "one request in eleven that fails": ({ERRORS_500: "0+1x300"}, "20m", {"ErreursDuServeur"}),
    "many messages at once": ({series("cic_messages_in_flight"): "150+0x300"}, "20m", {"MessagesEnAttente"}),
    "a mail that waits for ten minutes": (
        {series("cic_outbox_waiting"): "1+0x300", series("cic_outbox_oldest_seconds"): "0+30x300"},
        "10m",
        set(),
    ),
    "a mail that waits for more than an hour": (
        {series("cic_outbox_waiting"): "1+0x300", series("cic_outbox_late"): "1+0x300"},
        "70m",
        {"CourrielsEnAttente", "CourrielsEnRetard"},
    ),
    "a mail that was refused": ({series("cic_outbox_failed"): "1+0x300"}, "10m", {"CourrielsRefuses"}),
    "a request that was not handed over": ({series("cic_leads", status="echec"): "1+0x300"}, "10m", {"DemandeNonTransmise"}),
    "a request that nobody gets": ({series("cic_leads", status="conservee"): "1+0x300"}, "20m", {"DemandeSansDestinataire"}),
    "a reply that waits for ten minutes": ({WAITED: "0+30x300"}, "10m", {"CanalEnRetard"}),
    "a reply that waited for four minutes": ({WAITED: "0+30x8 2+0x290"}, "10m", set()),
    "a reply that was given up": ({on_channel("failed"): ONE_LATER}, "12m", {"CanalReponsesNonRemises"}),
    "a reply that may have arrived": ({on_channel("uncertain"): ONE_LATER}, "12m", {"CanalReponsesNonRemises"}),
    "a few forged deliveries": ({on_channel("forged"): "0x20 10+0x280"}, "12m", set()),
    "a scanner that tries for ten minutes": ({on_channel("forged"): "0+50x20 1000+0x280"}, "18m", set()),
    "a scanner that comes back within the hour": ({on_channel("forged"): "0+50x20 1000x60 1000+50x20 2000+0x200"}, "55m", set()),
    "forged deliveries for twenty minutes": ({on_channel("forged"): "0+5x300"}, "20m", set()),
    "forged deliveries for most of an hour": ({on_channel("forged"): "0+5x300"}, "50m", {"CanalLivraisonsRefusees"}),
    "a web process that dies again and again": ({series("process_start_time_seconds"): "100+10x300"}, "40m", {"RedemarragesRepetes"}),
    "a web process that grows": ({series("process_resident_memory_bytes"): "1.5e9+0x300"}, "60m", {"MemoireDuServeurWeb"}),
    "nearly no file left to open": ({series("process_open_fds"): "900+0x300"}, "20m", {"FichiersOuverts"}),
    "two versions at once": (
        {series("cic_build_info", instance="b", version="0.2.0", tables="0004"): "1+0x300"},
        "60m",
        {"VersionsDifferentes"},
    ),
}


def counted(hours: Iterable[int], kept_from: int = 0) -> str:
    """A counter that rises by one in each of these hours, a value each hour; without those that are not kept any more."""
    written = set(hours)
    values = accumulate(int(hour in written) for hour in range(600))
    return " ".join("_" if hour < kept_from else str(value) for hour, value in enumerate(values))


EVERY_DAY = [24 * day + hour for day in range(14) for hour in range(8, 18)]
OFFICE = [24 * day + hour for day in (*range(5), *range(7, 12), *range(14, 19), *range(21, 26)) for hour in range(9, 18)]
"""Each hour from nine to six on working days, from a Monday on; the last of these days is a Friday."""
FRIDAY, MONDAY = 24 * 18 + 18, 24 * 14 + 18
"""The ends of two of these days."""
SILENT: dict[str, tuple[str, int, set[str]]] = {
    "a channel on which some write every day": (counted(range(600)), 400, set()),
    "a channel that was silent for a long weekend": (counted(EVERY_DAY), 24 * 17, set()),
    "a channel that has been silent for five days": (counted(EVERY_DAY), 24 * 19, {"CanalMuet"}),
    "a channel that has been silent for eight days": (counted(EVERY_DAY), 24 * 22, {"CanalMuet"}),
    "a channel that has been silent for so long that it has become one of the quiet ones": (counted(EVERY_DAY), 24 * 24, set()),
    "a channel that speaks again": (counted([*EVERY_DAY, 24 * 19]), 24 * 19 + 9, set()),
    "a channel on which hardly anybody writes": (counted([101, 201]), 400, set()),
    "a channel on which one person wrote sixteen times within two hours": ("0x300 8 16x300", 302 + 24 * 4 + 4, set()),
    "a channel of working days over a weekend": (counted(OFFICE), 24 * 21 + 8, set()),
    "a channel of working days over a weekend with a Monday off": (
        counted(hour for hour in OFFICE if hour // 24 != 21),
        24 * 22 + 8,
        set(),
    ),
    "a channel of working days that has been silent since a Friday, for five days": (
        counted(hour for hour in OFFICE if hour < FRIDAY),
        FRIDAY + 24 * 5,
        {"CanalMuet"},
    ),
    "a channel of working days that has been silent since a Monday, for five days": (
        counted(hour for hour in OFFICE if hour < MONDAY),
        MONDAY + 24 * 5,
        {"CanalMuet"},
    ),
    "the same where only fifteen days are kept": (
        counted((hour for hour in OFFICE if hour < MONDAY), MONDAY + 24 * (5 - 15)),
        MONDAY + 24 * 5,
        {"CanalMuet"},
    ),
}
"""What was received on a channel, a value each hour, and the alerts about it at an hour."""


def test_every_rule_has_a_case_in_which_it_fires() -> None:
    assert {name for _, _, fired in (*CASES.values(), *SILENT.values()) for name in fired} == {rule["alert"] for rule in RULES}


def play(changes: Mapping[str, str | None], at: str, fired: set[str], interval: str = "30s") -> dict[str, Any]:
    """What promtool is told of one case; None takes a series away."""
    played = {name: values for name, values in (IN_ORDER | changes).items() if values is not None}
    samples = [{"labels": f'{{alertname="{name}"}}', "value": 1} for name in sorted(fired)]
    return {
        "interval": interval,
        "input_series": [{"series": name, "values": values} for name, values in played.items()],
        "promql_expr_test": [{"expr": 'count by (alertname) (ALERTS{alertstate="firing"})', "eval_time": at, "exp_samples": samples}],
    }


@pytest.mark.parametrize(("changes", "at", "fired"), CASES.values(), ids=CASES)
def test_the_alerts_that_fire_are_those_of_the_case(tmp_path: Path, changes: dict[str, str | None], at: str, fired: set[str]) -> None:
    told = {"rule_files": [str(ALERTS)], "evaluation_interval": "30s", "tests": [play(changes, at, fired)]}
    unit_test = tmp_path / "alerts.test.yml"
    unit_test.write_text(yaml.safe_dump(told, allow_unicode=True), "utf-8")
    done = promtool("test", "rules", unit_test)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("received", "at", "fired"), SILENT.values(), ids=SILENT)
def test_a_channel_that_falls_silent_is_told_after_days(tmp_path: Path, received: str, at: int, fired: set[str]) -> None:
    case = play({on_channel("received"): received}, f"{at}h", fired, "1h")
    case["promql_expr_test"][0]["expr"] = 'count by (alertname) (ALERTS{alertstate="firing",alertname="CanalMuet"})'
    unit_test = tmp_path / "silence.test.yml"
    unit_test.write_text(
        yaml.safe_dump({"rule_files": [str(ALERTS)], "evaluation_interval": "1h", "tests": [case]}, allow_unicode=True), "utf-8"
    )
    done = promtool("test", "rules", unit_test)
    assert done.returncode == 0, done.stdout + done.stderr
