"""The processes of the assistant: their commands, and what must be true before they start on this machine."""

from __future__ import annotations

import errno
import ipaddress
import socket
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from bot.config import PROJECT, Settings, address_of, child_environment
from bot.errors import SettingError
from bot.supervisor import Program

RASA, ACTIONS, WEB = "rasa", "actions", "web"
"""Short names of the processes."""
_ALL = (WEB, RASA, ACTIONS)
ONE_THREAD = dict.fromkeys(("TF_INTRA_OP_PARALLELISM_THREADS", "TF_INTER_OP_PARALLELISM_THREADS", "OMP_NUM_THREADS"), "1")
"""Messages are short: more threads cost more than they bring, and take the machine from the other processes."""
_QUIET = {
    "RASA_TELEMETRY_ENABLED": "false",
    "TF_CPP_MIN_LOG_LEVEL": "2",
    "CUDA_VISIBLE_DEVICES": "-1",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "PYTHONWARNINGS": "ignore::DeprecationWarning",
}


def check_ports(settings: Settings, processes: Iterable[str] = _ALL) -> None:
    """Raise SettingError with one sentence for the first port that cannot be had on this machine by these processes."""
    wanted = {
        WEB: ("CIC_PORT", settings.port, "CIC_HOST", settings.host),
        RASA: ("CIC_RASA_PORT", settings.rasa_port, "CIC_INTERNAL_HOST", settings.internal_host),
        ACTIONS: ("CIC_ACTIONS_PORT", settings.actions_port, "CIC_INTERNAL_HOST", settings.internal_host),
    }
    for process in processes:
        _check_port(*wanted[process])


def check_spread(settings: Settings) -> None:
    """Raise SettingError when processes on more than one machine would not share what they must: the key and the database."""
    addresses = (settings.internal_host, *(urlsplit(url).hostname or "" for url in (settings.rasa_address, settings.actions_address)))
    if all(_is_here(address) for address in addresses):
        return
    if settings.secret_key is None:
        raise SettingError("CIC_SECRET_KEY doit être réglé, le même partout, quand les processus sont sur plusieurs machines.")
    if settings.database_url.startswith("sqlite"):
        raise SettingError("CIC_DATABASE_URL doit nommer un serveur PostgreSQL quand les processus sont sur plusieurs machines.")


def _is_here(address: str) -> bool:
    """Whether only this machine has such an address."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"


def _check_port(name: str, port: int, host_name: str, host: str) -> None:
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except PermissionError as error:
        raise SettingError(f"Le port {port} est réservé au système : donnez à {name} un port au-dessus de 1023.") from error
    except socket.gaierror as error:
        raise SettingError(f"{host_name} : « {host} » n'est pas une adresse de cette machine.") from error
    except OSError as error:
        if error.errno == errno.EADDRNOTAVAIL:
            raise SettingError(f"{host_name} : « {host} » n'est pas une adresse de cette machine.") from error
        raise SettingError(
            f"Le port {port} est déjà pris : arrêtez le programme qui l'occupe, ou donnez un autre port à {name}."
        ) from error


def programs(settings: Settings, model: Path) -> list[Program]:
    """Return the three processes, the web process last."""
    return [rasa(settings, model), actions(settings), web(settings)]


def rasa(settings: Settings, model: Path, wiring: Path = PROJECT) -> Program:
    """Return the process that understands messages, with its first model; `wiring` holds endpoints.yml and credentials.yml."""
    endpoints, credentials = str(wiring / "endpoints.yml"), str(wiring / "credentials.yml")
    command = ("rasa", "run", "-m", str(model), "-i", settings.internal_host, "-p", str(settings.rasa_port), "--quiet")
    return _program("Rasa", RASA, settings, (*command, "--endpoints", endpoints, "--credentials", credentials), _QUIET | ONE_THREAD)


def actions(settings: Settings) -> Program:
    """Return the action server."""
    command = ("rasa_sdk", "--actions", "actions", "-p", str(settings.actions_port), "--quiet")
    return _program("Le serveur d'actions", ACTIONS, settings, command, {"SANIC_HOST": settings.internal_host, "SANIC_ACCESS_LOG": "false"})


def web(settings: Settings) -> Program:
    """Return the web process."""
    return _program("Le serveur web", WEB, settings, ("bot.web",), {"CIC_PORT": str(settings.port)})


def _program(name: str, short: str, settings: Settings, module: tuple[str, ...], extra: Mapping[str, str]) -> Program:
    """Return one process. Settings reach it by the environment; what was resolved here is not resolved again elsewhere."""
    shared = {
        "CIC_DATA_DIR": str(settings.data_dir),
        "CIC_DATABASE_URL": settings.database_url,
        "CIC_FOLLOW_RELEASES": "oui" if settings.follow_releases else "non",
        "CIC_ACTIONS_URL": settings.actions_address,
        "PYTHONUNBUFFERED": "1",
    }
    environment = child_environment(shared | dict(extra))
    return Program(name, (sys.executable, "-m", *module), environment, PROJECT, settings.data_dir / "logs" / f"{short}.log")


def web_address(settings: Settings) -> str:
    """Return the address at which this machine reaches the web process."""
    return f"{address_of(settings.host, settings.port)}/"
