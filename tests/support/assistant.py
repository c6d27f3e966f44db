"""The whole assistant as `cic run` starts it: Rasa, action server and web process on free ports, in a folder of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
from sqlalchemy import func, select

from bot.benchmarks.ports import free_ports
from bot.config import PROJECT, Settings, load_settings
from bot.errors import SettingError
from bot.routing import Routing
from bot.storage import MAIL_WAITING, Database, decisions, outbox, utc_now
from bot.training import model_to_run
from bot.web.sessions import Sessions
from support.chat import Chat
from support.mailbox import Mailbox
from support.waiting import wait_for

CIC = Path(sys.executable).with_name("cic")
CONTACT = "contact@association.example"
RASA, ACTIONS, WEB = "rasa", "rasa_sdk", "bot.web"
"""The processes, as they stand behind `python -m`."""
START_SECONDS = 240.0
"""Rasa takes about forty seconds to load its model, more on a machine that is busy."""


def environment(folder: Path, smtp_port: int, **changes: str) -> dict[str, str]:
    """An environment for `cic` in which nothing is left to a `.env` file or to the person who runs the tests."""
    web, rasa, actions = map(str, free_ports(3))
    settings = {
        "CIC_DATA_DIR": str(folder),
        "CIC_DATABASE_URL": f"sqlite:///{folder / 'cic.sqlite'}",
        "CIC_HOST": "127.0.0.1",
        "CIC_PORT": web,
        "CIC_RASA_PORT": rasa,
        "CIC_ACTIONS_PORT": actions,
        "CIC_CONTACT_EMAIL": CONTACT,
        "CIC_CONTACT_NAME": "Personne de contact",
        "CIC_MAIL_FROM": "assistant@association.example",
        "CIC_SMTP_HOST": "127.0.0.1",
        "CIC_SMTP_PORT": str(smtp_port),
        "CIC_SMTP_USER": "",
        "CIC_SMTP_PASSWORD": "",
        "CIC_SMTP_TLS": "none",
        "CIC_SECRET_KEY": "a key for tests only",
        "CIC_RETENTION_DAYS": "365",
        "CIC_RATE_LIMIT": "100000",
        "CIC_ORIGINS": "",
        "CIC_TRUSTED_PROXIES": "",
        "CIC_REDIS_URL": "",
        "CIC_FOLLOW_RELEASES": "oui",
        "NO_COLOR": "1",
        "COLUMNS": "300",
    }
    outside = {name: value for name, value in os.environ.items() if not name.startswith("CIC_")}
    return outside | settings | changes


@dataclass
class Assistant:
    """A running assistant. Stop it with `stop`, which returns the code that `cic run` ended with."""

    environment: dict[str, str]
    mailbox: Mailbox
    process: subprocess.Popen[bytes]
    settings: Settings
    database: Database
    client: httpx.Client

    @classmethod
    def launch(cls, folder: Path, mailbox: Mailbox, **changes: str) -> Assistant:
        """Start `cic run` and return at once. Raises AssertionError when no model was ever trained."""
        try:
            model_to_run()
        except SettingError as error:
            raise AssertionError(f"{error} (cic train --if-needed)") from error
        folder.mkdir(parents=True, exist_ok=True)
        variables = environment(folder, mailbox.port, **changes)
        settings = load_settings(variables, dotenv=None)
        with (folder / "run.log").open("ab") as log:
            process = subprocess.Popen([CIC, "run"], cwd=PROJECT, env=variables, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        client = httpx.Client(base_url=f"http://127.0.0.1:{settings.port}", trust_env=False, timeout=90)
        return cls(variables, mailbox, process, settings, Database(settings.database_url), client)

    @classmethod
    def start(cls, folder: Path, mailbox: Mailbox, **changes: str) -> Assistant:
        """Start `cic run` and return when it can answer."""
        started = cls.launch(folder, mailbox, **changes)
        try:
            started.wait_until_ready()
        except BaseException:
            started.stop()
            raise
        return started

    def wait_until_ready(self) -> None:
        wait_for("the assistant is ready", self._is_ready, START_SECONDS, every=0.25)

    def _is_ready(self) -> bool:
        assert self.process.poll() is None, f"`cic run` ended with {self.process.returncode}:\n{self.shown}"
        return not self.missing()

    def missing(self) -> list[str]:
        """What /readyz names; the web process when it does not answer."""
        try:
            return list(self.client.get("/readyz", timeout=15).json()["missing"])
        except httpx.TransportError:
            return ["web"]

    def stop(self, number: signal.Signals = signal.SIGTERM, seconds: float = 30.0) -> int:
        """Ask `cic run` to end; return its code."""
        self.client.close()
        self.database.close()
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(seconds)
        finally:
            self.process.kill()
            self.process.wait()

    def cic(self, *arguments: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run another command with the same settings; `given` is what it reads."""
        return subprocess.run([CIC, *arguments], cwd=PROJECT, env=self.environment, input=given, capture_output=True, text=True, timeout=60)

    def processes(self) -> dict[str, psutil.Process]:
        """The processes that the supervisor keeps, by name."""
        children = psutil.Process(self.process.pid).children()
        named = [(child.cmdline(), child) for child in children if child.status() != psutil.STATUS_ZOMBIE]
        return {words[2]: child for words, child in named if len(words) > 2}  # one that was only just forked is still named as its parent

    @property
    def shown(self) -> str:
        """What `cic run` has printed."""
        return (self.settings.data_dir / "run.log").read_text("utf-8")

    def logs(self) -> str:
        """All application logs."""
        return "\n".join(path.read_text("utf-8", "replace") for path in sorted((self.settings.data_dir / "logs").glob("*.log")))

    def chat(self) -> Chat:
        """A new person."""
        return Chat(self.client)

    def conversation(self, chat: Chat) -> str:
        """The name under which a chat is stored."""
        session = Sessions(self.settings.secret(), utc_now).resume(chat.session)
        assert session is not None
        return session.conversation

    def leads(self, chat: Chat) -> list[dict[str, Any]]:
        """The leads of one person, oldest first."""
        every = Routing(self.database, self.settings, utc_now).leads()
        return [lead for lead in every if lead["conversation"] == self.conversation(chat)]

    def decisions(self, chat: Chat) -> list[dict[str, Any]]:
        """The decisions of the screening on one person, oldest first."""
        with self.database.read() as connection:
            rows = connection.execute(select(decisions).where(decisions.c.conversation == self.conversation(chat)).order_by(decisions.c.id))
            return [dict(row) for row in rows.mappings()]

    def waiting_mails(self) -> int:
        with self.database.read() as connection:
            count = select(func.count()).select_from(outbox).where(outbox.c.status == MAIL_WAITING)
            return int(connection.execute(count).scalar_one())

    def wait_until_mail_has_left(self, seconds: float = 15.0) -> None:
        wait_for("every mail has left", lambda: self.waiting_mails() == 0, seconds)
