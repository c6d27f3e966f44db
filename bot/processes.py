"""The three processes of the assistant on this machine: their commands, and what must be true before they start."""

from __future__ import annotations

import errno
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

from bot.config import PROJECT, Settings, child_environment
from bot.errors import SettingError
from bot.supervisor import Program

_LOOPBACK = "127.0.0.1"
_ONE_THREAD = dict.fromkeys(("TF_INTRA_OP_PARALLELISM_THREADS", "TF_INTER_OP_PARALLELISM_THREADS", "OMP_NUM_THREADS"), "1")
"""Messages are short: more threads cost more than they bring, and take the machine from the other processes."""
_QUIET = {
    "RASA_TELEMETRY_ENABLED": "false",
    "TF_CPP_MIN_LOG_LEVEL": "2",
    "CUDA_VISIBLE_DEVICES": "-1",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "PYTHONWARNINGS": "ignore::DeprecationWarning",
}


def newest_model(folder: Path = PROJECT / "models") -> Path:
    """Return the model that was trained last. Raises SettingError when there is none."""
    models = sorted(folder.glob("*.tar.gz"), key=lambda path: path.stat().st_mtime)
    if not models:
        raise SettingError("Aucun modèle n'est entraîné : lancez « make train », puis recommencez.")
    return models[-1]


def check_ports(settings: Settings) -> None:
    """Raise SettingError with one sentence for the first port that cannot be had."""
    for name, host, port in (
        ("CIC_PORT", settings.host, settings.port),
        ("CIC_RASA_PORT", _LOOPBACK, settings.rasa_port),
        ("CIC_ACTIONS_PORT", _LOOPBACK, settings.actions_port),
    ):
        _check_port(name, host, port)


def _check_port(name: str, host: str, port: int) -> None:
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except PermissionError as error:
        raise SettingError(f"Le port {port} est réservé au système : donnez à {name} un port au-dessus de 1023.") from error
    except socket.gaierror as error:
        raise SettingError(f"CIC_HOST : « {host} » n'est pas une adresse de cette machine.") from error
    except OSError as error:
        if error.errno == errno.EADDRNOTAVAIL:
            raise SettingError(f"CIC_HOST : « {host} » n'est pas une adresse de cette machine.") from error
        raise SettingError(
            f"Le port {port} est déjà pris : arrêtez le programme qui l'occupe, ou donnez un autre port à {name}."
        ) from error


def programs(settings: Settings, model: Path) -> list[Program]:
    """Return the three processes, the web process last."""
    endpoints, credentials = str(PROJECT / "endpoints.yml"), str(PROJECT / "credentials.yml")
    rasa = ("rasa", "run", "-m", str(model), "-i", _LOOPBACK, "-p", str(settings.rasa_port), "--quiet")
    actions = ("rasa_sdk", "--actions", "actions", "-p", str(settings.actions_port), "--quiet")
    return [
        _program("Rasa", "rasa", settings, (*rasa, "--endpoints", endpoints, "--credentials", credentials), _QUIET | _ONE_THREAD),
        _program("Le serveur d'actions", "actions", settings, actions, {"SANIC_HOST": _LOOPBACK, "SANIC_ACCESS_LOG": "false"}),
        _program("Le serveur web", "web", settings, ("bot.web",), {}),
    ]


def _program(name: str, short: str, settings: Settings, module: tuple[str, ...], extra: Mapping[str, str]) -> Program:
    """Return one process. Settings reach it by the environment; what was resolved here is not resolved again elsewhere."""
    shared = {
        "CIC_DATA_DIR": str(settings.data_dir),
        "CIC_DATABASE_URL": settings.database_url,
        "CIC_ACTIONS_URL": settings.actions_url,
        "PYTHONUNBUFFERED": "1",
    }
    environment = child_environment(shared | dict(extra))
    return Program(name, (sys.executable, "-m", *module), environment, PROJECT, settings.data_dir / "logs" / f"{short}.log")


def web_address(settings: Settings) -> str:
    """Return the address at which this machine reaches the web process."""
    host = {"0.0.0.0": _LOOPBACK, "::": "::1"}.get(settings.host, settings.host)
    return f"http://[{host}]:{settings.port}/" if ":" in host else f"http://{host}:{settings.port}/"
