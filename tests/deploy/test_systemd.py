"""The units of systemd, read and held to what we want of them. They are not started here."""

from __future__ import annotations

import inspect
import re

import pytest
from support.deployed import unit

from bot.config import PROJECT, load_settings
from bot.supervisor import Patience
from bot.web.__main__ import DRAIN_SECONDS

UNITS = ("cic.service", "cic@.service")
CONFINED = {
    "NoNewPrivileges": "true",
    "PrivateDevices": "true",
    "PrivateTmp": "true",
    "ProtectHome": "true",
    "ProtectKernelModules": "true",
    "ProtectKernelTunables": "true",
    "ProtectSystem": "strict",
    "RestrictNamespaces": "true",
    "RestrictSUIDSGID": "true",
    "UMask": "0077",
    "CapabilityBoundingSet": "",
    "StateDirectory": "cic",
    "StateDirectoryMode": "0700",
    "User": "cic",
}


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_is_confined(name: str) -> None:
    service = unit(name)["Service"]
    assert {key: service[key] for key in CONFINED} == CONFINED


@pytest.mark.parametrize("name", UNITS)
def test_what_is_written_goes_to_the_folder_that_systemd_makes(name: str) -> None:
    environment = unit(name)["Service"]["Environment"].split()
    assert {"CIC_DATA_DIR=/var/lib/cic", "HOME=/var/lib/cic"} <= set(environment)


@pytest.mark.parametrize("name", UNITS)
def test_every_other_setting_comes_from_the_file_in_the_projects_folder(name: str) -> None:
    service = unit(name)["Service"]
    assert re.findall(r"\bCIC_\w+", service["Environment"]) == ["CIC_DATA_DIR"]
    assert inspect.signature(load_settings).parameters["dotenv"].default == PROJECT / ".env"
    assert service["ExecStart"].startswith(f"{service['WorkingDirectory']}/.venv/bin/")


def test_both_units_start_what_the_project_installs() -> None:
    started = [unit(name)["Service"]["ExecStart"] for name in UNITS]
    assert started == ["/opt/cic/.venv/bin/cic run", "/opt/cic/.venv/bin/cic serve $PROCESS"]
    assert "PROCESS=%i" in unit("cic@.service")["Service"]["Environment"]
    assert unit("cic@.service")["Service"]["EnvironmentFile"] == "-/etc/cic/%i.env"


def test_the_small_one_has_time_to_end_its_processes_in_order() -> None:
    service = unit("cic.service")["Service"]
    assert service["KillMode"] == "mixed"  # `cic run` alone is told, what it leaves behind is killed
    assert float(service["TimeoutStopSec"]) > 2 * Patience().grace
    assert Patience().grace > DRAIN_SECONDS
