"""A PostgreSQL server of one's own, in a folder of its own that is thrown away; on a socket, so that it is in nobody's way."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from glob import glob
from itertools import count
from pathlib import Path

from sqlalchemy import create_engine

from bot.config import child_environment
from bot.errors import UnavailableError

FAST, IMMEDIATE = "fast", "immediate"
"""Ways to stop: connections are cut and all is written, or as in a power cut, to be repaired at the next start."""
_CONNECTIONS = 300
_numbers = count()


@dataclass(frozen=True)
class Server:
    """A server in `folder`. `durable`: a commit waits for the disk, as in operation; else the disk is left out."""

    folder: Path
    durable: bool = False
    _programs: tuple[str, ...] = field(default_factory=lambda: _find("initdb", "pg_ctl"), repr=False)

    @property
    def url(self) -> str:
        """The URL of the server, with {} for the name of a database."""
        return f"postgresql://cic@/{{}}?host={self.folder}"

    @property
    def pid(self) -> int:
        """The first process of the server; the others are its children."""
        return int((self._data / "postmaster.pid").read_text("utf-8").split("\n", 1)[0])

    def make(self) -> None:
        """Make the files of an empty server."""
        if user := _user():
            shutil.chown(self.folder, user)
        options = ("--username=cic", "--auth=trust", "--encoding=UTF8", "--no-sync")
        self._run(self._programs[0], "--pgdata", str(self._data), *options)

    def start(self) -> None:
        """Start; returns when it answers."""
        options = f"{'' if self.durable else '-F '}-k {self.folder} -c listen_addresses= -c max_connections={_CONNECTIONS}"
        self._control("start", "--log", str(self.folder / "log"), "--options", options)

    def stop(self, mode: str = FAST) -> None:
        """Stop; returns when it is gone."""
        self._control("stop", f"--mode={mode}")

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _control(self, what: str, *arguments: str) -> None:
        self._run(self._programs[1], what, "--wait", "--pgdata", str(self._data), *arguments)

    def _run(self, *command: str) -> None:
        try:
            subprocess.run(command, user=_user(), cwd=self.folder, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
        except subprocess.CalledProcessError as error:
            log = self.folder / "log"
            told = log.read_text("utf-8", "replace")[-1000:] if log.exists() else ""
            raise UnavailableError(f"PostgreSQL n'a pas obéi ({Path(command[0]).name} : code {error.returncode}). {told}") from error


@contextmanager
def running_server(durable: bool = False) -> Iterator[Server]:
    """Run a server until the block ends. Raises UnavailableError when PostgreSQL is not installed or does not start."""
    with tempfile.TemporaryDirectory(prefix="cic-pg-") as folder:
        server = Server(Path(folder), durable)
        server.make()
        server.start()
        try:
            yield server
        finally:
            if (server.folder / "data" / "postmaster.pid").exists():
                server.stop(IMMEDIATE)


def is_installed() -> bool:
    """Whether a server can be run here."""
    try:
        return bool(_find("initdb", "pg_ctl"))
    except UnavailableError:
        return False


def new_database(server: Server) -> str:
    """Return the URL of a database on `server` that nobody has used yet."""
    name = f"cic_new{next(_numbers)}"
    engine = create_engine(server.url.format("postgres"), isolation_level="AUTOCOMMIT", future=True)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return server.url.format(name)


def _user() -> str | None:
    """As root PostgreSQL refuses to run."""
    return "postgres" if os.geteuid() == 0 else None


def _find(*names: str) -> tuple[str, ...]:
    folders = (child_environment({}).get("PATH", os.defpath), *glob("/usr/lib/postgresql/*/bin"))
    found = [shutil.which(name, path=os.pathsep.join(folders)) for name in names]
    if not all(found):
        raise UnavailableError("PostgreSQL manque : installez le paquet « postgresql », puis recommencez.")
    return tuple(map(str, found))
