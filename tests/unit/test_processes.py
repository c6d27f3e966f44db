"""What must be true before the processes start, and that none of ours loads Rasa."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.config import Settings
from bot.errors import SettingError
from bot.models import newest_model
from bot.processes import check_ports, check_spread, programs, web_address

HEAVY = ("rasa", "rasa_sdk", "tensorflow", "sklearn", "spacy", "numpy", "sanic")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path, f"sqlite:///{tmp_path / 'cic.sqlite'}", contact_email="contact@programme.example")


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.mark.parametrize(("field", "name"), [("port", "CIC_PORT"), ("rasa_port", "CIC_RASA_PORT"), ("actions_port", "CIC_ACTIONS_PORT")])
def test_a_port_that_is_taken_is_one_sentence_with_port_and_setting(settings: Settings, taken: int, field: str, name: str) -> None:
    free = {"port": free_port(), "rasa_port": free_port(), "actions_port": free_port()}
    with pytest.raises(SettingError) as raised:
        check_ports(replace(settings, **(free | {field: taken})))
    assert str(raised.value) == (f"Le port {taken} est déjà pris : arrêtez le programme qui l'occupe, ou donnez un autre port à {name}.")


def test_free_ports_are_not_complained_about(settings: Settings) -> None:
    check_ports(replace(settings, port=free_port(), rasa_port=free_port(), actions_port=free_port()))


@pytest.mark.parametrize("host", ["203.0.113.7", "not a host"])
def test_an_address_of_another_machine_is_one_sentence(settings: Settings, host: str) -> None:
    with pytest.raises(SettingError, match=f"CIC_HOST : « {host} »"):
        check_ports(replace(settings, host=host))


def test_without_a_model_the_sentence_says_how_to_train_one(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="make train"):
        newest_model(tmp_path)


def test_the_newest_model_is_taken(tmp_path: Path) -> None:
    for age, name in ((2, "z.tar.gz"), (1, "a.tar.gz"), (0, "b.txt")):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (1000 - age, 1000 - age))
    assert newest_model(tmp_path).name == "a.tar.gz"


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000/"),
        ("0.0.0.0", "http://127.0.0.1:8000/"),
        ("::", "http://[::1]:8000/"),
        ("::1", "http://[::1]:8000/"),
    ],
)
def test_the_address_that_is_printed_can_be_opened(settings: Settings, host: str, address: str) -> None:
    assert web_address(replace(settings, host=host)) == address


def test_rasa_and_the_action_server_listen_on_loopback_only(settings: Settings) -> None:
    rasa, actions, web = programs(replace(settings, host="0.0.0.0"), Path("model.tar.gz"))
    assert rasa.command[rasa.command.index("-i") + 1] == "127.0.0.1"
    assert actions.environment["SANIC_HOST"] == "127.0.0.1"
    assert "--enable-api" not in rasa.command
    assert web.command[-1] == "bot.web"


def test_on_a_private_network_they_listen_where_the_settings_say(settings: Settings) -> None:
    rasa, actions, web = programs(replace(settings, internal_host="10.0.0.5"), Path("model.tar.gz"))
    assert rasa.command[rasa.command.index("-i") + 1] == "10.0.0.5"
    assert actions.environment["SANIC_HOST"] == "10.0.0.5"
    assert {program.environment["CIC_ACTIONS_URL"] for program in (rasa, actions, web)} == {"http://10.0.0.5:5055"}


def test_a_process_alone_is_complained_about_for_its_own_port_only(settings: Settings, taken: int) -> None:
    check_ports(replace(settings, port=free_port(), rasa_port=taken), ["web"])
    with pytest.raises(SettingError, match="CIC_RASA_PORT"):
        check_ports(replace(settings, port=taken, rasa_port=taken), ["rasa"])


@pytest.mark.parametrize("process", ["rasa", "actions"])
def test_an_internal_address_of_another_machine_is_one_sentence(settings: Settings, process: str) -> None:
    with pytest.raises(SettingError, match=r"CIC_INTERNAL_HOST : « 203.0.113.7 »"):
        check_ports(replace(settings, internal_host="203.0.113.7"), [process])


@pytest.mark.parametrize("url", [None, "http://127.0.0.1:15005", "http://localhost:15005", "http://[::1]:15005"])
def test_on_one_machine_key_and_database_are_our_own_affair(settings: Settings, url: str | None) -> None:
    check_spread(replace(settings, rasa_url=url, actions_url=url))


def test_every_process_gets_the_same_database_and_rasa_the_address_of_the_actions(settings: Settings) -> None:
    started = programs(settings, Path("model.tar.gz"))
    assert {program.environment["CIC_DATABASE_URL"] for program in started} == {settings.database_url}
    assert started[0].environment["CIC_ACTIONS_URL"] == "http://127.0.0.1:5055"
    assert started[0].environment["RASA_TELEMETRY_ENABLED"] == "false"


LIGHT = ("bot.cli", "bot.cli.run", "bot.cli.startup", "bot.cli.ask", "bot.web.__main__", "bot.wiring", "bot.supervisor")


@pytest.mark.parametrize("module", LIGHT)
def test_what_needs_no_model_loads_no_heavy_library(module: str) -> None:
    code = f"import sys, {module}; print([name for name in {HEAVY!r} if name in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    assert loaded == "[]"
