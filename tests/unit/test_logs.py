"""The log for a collector: every line one JSON object, the ids it names as fields, no text of a message, no secret."""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from sample_request import sample_settings
from support.assistant import environment
from support.waiting import wait_for

from bot.benchmarks.ports import free_ports
from bot.config import PROJECT, load_settings
from bot.errors import SettingError
from bot.logs import JsonFormatter, shorten
from bot.processes import actions, programs

FIELDS = {"time", "level", "process", "logger", "message"}
PASSWORD = "motdepasse-de-test"


def line_of(message: str, *arguments: object, name: str = "bot.outbox", error: BaseException | None = None) -> dict[str, Any]:
    """What the formatter makes of a record, read again."""
    trace = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord(name, logging.ERROR, __file__, 1, message, arguments, trace)
    assert shorten(record)
    line = JsonFormatter("web").format(record)
    assert "\n" not in line
    return dict(json.loads(line))


def test_a_line_says_when_in_utc_how_bad_where_and_what() -> None:
    line = line_of("the database is away")
    assert line.keys() == FIELDS
    assert (line["level"], line["process"], line["logger"], line["message"]) == ("ERROR", "web", "bot.outbox", "the database is away")
    assert datetime.fromisoformat(line["time"]).utcoffset().total_seconds() == 0


@pytest.mark.parametrize(
    ("message", "arguments", "ids"),
    [
        ("message %s of conversation %s took more than %s s", ("m-1", "c-1", 45), {"message_id": "m-1", "conversation": "c-1"}),
        ("mail %s left at attempt %s", (12, 1), {"mail": "12"}),
        ("mail %s %s: reference %s, kind %s", (12, "is late", "CIC-2026-AAAAAA", "code"), {"mail": "12", "reference": "CIC-2026-AAAAAA"}),
        ("100 %% of conversation %s", ("c-1",), {"conversation": "c-1"}),
        ("purged: %s", ({"turns": 1},), {}),
        ("the history of conversation 12 is long", (), {}),
    ],
)
def test_the_ids_that_a_line_names_are_fields(message: str, arguments: tuple[object, ...], ids: dict[str, str]) -> None:
    line = line_of(message, *arguments)
    assert {name: line[name] for name in line.keys() - FIELDS} == ids


def test_an_exception_is_one_field() -> None:
    try:
        raise ValueError("deux\nlignes")
    except ValueError as error:
        line = line_of("failed", error=error)
    assert line["exception"].endswith("ValueError: deux\nlignes")
    assert "Traceback" in line["exception"]


def rasas(**fields: Any) -> str:
    """An event as Rasa hands it to the log."""
    return json.dumps({"level": "error", **fields})


def test_of_an_event_of_rasa_only_its_name_and_the_place_of_the_fault_are_told() -> None:
    frame = {"filename": "rasa/core/x.py", "lineno": 7, "name": "run", "locals": {"text": "Je m'appelle Awa"}}
    said = rasas(event="x.failed", text="Je m'appelle Awa", exception=[{"exc_type": "KeyError", "exc_value": "Awa", "frames": [frame]}])
    line = line_of(said, name="rasa.core.x")
    assert line["message"] == "x.failed: KeyError in rasa/core/x.py:7 (run)"
    assert "Awa" not in json.dumps(line)


@pytest.mark.parametrize("said", ["{Awa", '{"text": "Awa"}', '{"event": "x", "exception": ["Awa"]}', '{"event": "x", "exception": 3}'])
def test_an_event_of_rasa_that_cannot_be_read_shows_nothing(said: str) -> None:
    assert "Awa" not in json.dumps(line_of(said, name="rasa.core.x"))


def secret_settings(folder: Path) -> dict[str, str]:
    """Every setting that is a secret or holds one."""
    return {
        "CIC_DATA_DIR": str(folder),
        "CIC_DATABASE_URL": f"postgresql://cic:{PASSWORD}@127.0.0.1:1/cic",
        "CIC_REDIS_URL": f"redis://:{PASSWORD}@127.0.0.1:1/0",
        "CIC_SMTP_PASSWORD": PASSWORD,
        "CIC_SECRET_KEY": f"{PASSWORD} the key",
    }


def test_settings_that_are_logged_or_raised_show_no_secret(tmp_path: Path) -> None:
    settings = load_settings(secret_settings(tmp_path), dotenv=None)
    try:
        raise ValueError(settings)
    except ValueError as error:
        line = line_of("settings: %s %r", settings, replace(settings, port=1), error=error)
    assert "port=1" in line["message"]
    assert PASSWORD not in json.dumps(line)


def test_no_secret_stands_in_a_command_line(tmp_path: Path) -> None:
    settings = load_settings(secret_settings(tmp_path), dotenv=None)
    for program in programs(settings, Path("model.tar.gz")):
        assert PASSWORD not in " ".join(program.command)
        assert program.environment["CIC_DATABASE_URL"] == settings.database_url


@pytest.mark.parametrize("address", ["cic:p@ss:word@hote/cic", "cic:word@hote:54x2/cic"])
def test_an_address_of_a_database_that_cannot_be_read_is_refused_without_showing_it(address: str) -> None:
    with pytest.raises(SettingError, match="%40") as raised:
        load_settings({"CIC_DATABASE_URL": f"postgresql://{address}"}, dotenv=None)
    assert "word" not in str(raised.value)
    assert "54x2" not in str(raised.value)


@pytest.mark.parametrize(
    "address", ["cic@/cic?host=/run/postgresql", "cic:p%40ss%3A@hote:5432/cic?sslmode=require", "[::1]:5432/cic", "u:p#w@h/db", "hote"]
)
def test_an_address_of_a_database_that_can_be_read_is_taken(address: str) -> None:
    assert load_settings({"CIC_DATABASE_URL": f"postgresql://{address}"}, dotenv=None).database_url == f"postgresql://{address}"


def lines(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text("utf-8").splitlines()]


def run(module: tuple[str, ...], log: Path, variables: dict[str, str]) -> subprocess.Popen[bytes]:
    with log.open("wb") as stream:
        return subprocess.Popen([sys.executable, "-m", *module], cwd=PROJECT, env=variables, stdout=stream, stderr=stream)


def test_every_line_of_the_web_process_is_json(tmp_path: Path) -> None:
    variables, log = environment(tmp_path, free_ports(1)[0], CIC_LOG_FORMAT="json"), tmp_path / "web.log"
    process = run(("bot.web",), log, variables)
    try:
        wait_for("the web process serves", lambda: process.poll() is not None or "Uvicorn running" in log.read_text("utf-8"), 60)
    finally:
        process.terminate()
        process.wait(30)
    assert {line["process"] for line in lines(log)} == {"web"}
    assert {"bot.housekeeping", "uvicorn.error"} <= {line["logger"] for line in lines(log)}


def test_the_last_word_of_a_web_process_without_its_database_is_json_and_shows_no_password(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    process = run(("bot.web",), log, environment(tmp_path, 25, CIC_LOG_FORMAT="json") | secret_settings(tmp_path))
    assert process.wait(60) == 1
    assert [line["level"] for line in lines(log)] == ["CRITICAL"]
    assert "CIC_DATABASE_URL" in lines(log)[0]["message"]
    assert PASSWORD not in log.read_text("utf-8")


def test_a_wrong_setting_is_the_only_line_of_the_web_process_whatever_the_format(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    process = run(("bot.web",), log, environment(tmp_path, 25, CIC_LOG_FORMAT="xml"))
    assert process.wait(60) == 1
    assert log.read_text("utf-8") == "CIC_LOG_FORMAT doit être « texte » ou « json » (reçu : 'xml').\n"


def test_every_line_of_the_action_server_is_json(tmp_path: Path) -> None:
    """Once it has loaded our actions. It is asked for what it does not have, and for what it cannot read."""
    variables, log = environment(tmp_path, 25, CIC_LOG_FORMAT="json"), tmp_path / "actions.log"
    program = actions(load_settings(variables, dotenv=None))
    process = run(program.command[2:], log, variables | dict(program.environment))
    address = f"http://127.0.0.1:{variables['CIC_ACTIONS_PORT']}"
    try:
        wait_for("the action server serves", lambda: answers(address, process), 60)
        asked = {"next_action": "action_inconnue", "domain": {}, "tracker": {"sender_id": "c", "slots": {}, "events": []}}
        assert httpx.post(f"{address}/webhook", json=asked, trust_env=False).status_code == 404
        assert httpx.post(f"{address}/webhook", content="Je m'appelle Awa", trust_env=False).status_code in {400, 500}
    finally:
        process.terminate()
        process.wait(30)
    plain = [line for line in log.read_text("utf-8").splitlines() if not line.startswith("{")]
    assert [line for line in plain if "sanic_cors" not in line and "SANIC_VERSION" not in line] == []  # said before ours is loaded
    told = [json.loads(line) for line in log.read_text("utf-8").splitlines()[len(plain) :]]
    assert {line["process"] for line in told} == {"actions"}
    assert "action_inconnue" in told[-2]["message"] + told[-1]["message"]
    assert "Awa" not in log.read_text("utf-8")


AS_RASA = """
import logging, structlog
from rasa.utils.io import configure_colored_logging
from rasa.utils.log_utils import configure_structlog
from bot.logs import set_up_logs
configure_colored_logging(logging.WARNING)
configure_structlog(logging.WARNING)
set_up_logs({log_format!r}, "rasa")
logging.getLogger("bot.rasa.channel").error("message %s of conversation %s failed", "m-1", "c-1")
try:
    {{}}["Awa"]
except KeyError:
    structlog.getLogger("rasa.core.x").exception("x.failed", text="Awa")
"""


def say_as_rasa(log_format: str) -> list[str]:
    """What a process says that was set up as Rasa sets itself up."""
    code = AS_RASA.format(log_format=log_format)
    return subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True).stderr.splitlines()


def test_every_line_of_a_process_that_rasa_has_set_up_is_json_and_comes_once() -> None:
    ours, rasas = map(json.loads, say_as_rasa("json"))
    assert (ours["process"], ours["message_id"], ours["conversation"]) == ("rasa", "m-1", "c-1")
    assert rasas["message"].startswith("x.failed: KeyError in ")
    assert "Awa" not in json.dumps(rasas)


def test_for_people_the_lines_of_rasa_are_left_as_they_are_but_for_what_tells_too_much() -> None:
    ours, rasas = say_as_rasa("texte")
    assert re.search(r"ERROR +bot\.rasa\.channel  - message m-1 of conversation c-1 failed$", ours)
    assert re.search(r"ERROR +rasa\.core\.x  - x\.failed: KeyError in ", rasas)
    assert "Awa" not in rasas


def answers(address: str, process: subprocess.Popen[bytes]) -> bool:
    assert process.poll() is None, f"the action server ended with {process.returncode}"
    try:
        return httpx.get(f"{address}/health", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def test_the_formatter_is_reached_from_a_setting_alone(tmp_path: Path) -> None:
    code = "from bot.logs import set_up_logs; import sys, warnings; set_up_logs('json', 'x'); warnings.warn('old'); 1/0"
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, env=dict(os.environ))
    warned, died = [json.loads(line) for line in done.stderr.splitlines()]
    assert (warned["logger"], died["level"]) == ("py.warnings", "CRITICAL")
    assert died["exception"].endswith("ZeroDivisionError: division by zero")
    assert sample_settings(tmp_path).log_format == "texte"
