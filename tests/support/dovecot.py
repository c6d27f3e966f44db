"""A real IMAP server (Dovecot), in a folder of its own, without root's rights, on a free port of loopback."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from grp import getgrgid
from imaplib import IMAP4
from pathlib import Path
from pwd import getpwnam

import psutil

from bot.benchmarks.ports import free_ports
from support.waiting import wait_for

PASSWORD = "mot-de-passe-d’essai"
_PATHS = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/local/sbin"


class Dovecot:
    """Anybody may log in with PASSWORD; mails are kept while it is away. `tls` is a key with its certificate.

    `more` is added to its configuration, with {folder} for where its `files` are.
    """

    def __init__(self, tls: bytes = b"", more: str = "", files: Mapping[str, bytes] | None = None) -> None:
        self.port, self.tls_port = free_ports(2)
        self._tls, self._more = tls, more
        self._files = {"certificate.pem": tls, **(files or {})}
        # As root Dovecot would want users of its own for its parts
        self._user = "nobody" if os.geteuid() == 0 else getpass.getuser()
        self._folder: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Dovecot:
        program = shutil.which("dovecot", path=_PATHS)
        assert program, "Dovecot is not there: scripts/test-programs, which make test calls, sees to it"
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="cic-imap-"))
            shutil.chown(self._folder, self._user)
        for name, content in {**self._files, "dovecot.conf": self._configuration(self._folder).encode()}.items():
            (self._folder / name).write_bytes(content)
        user = self._user if os.geteuid() == 0 else None
        command = [program, "-F", "-c", str(self._folder / "dovecot.conf")]
        self._process = subprocess.Popen(command, user=user, group=getpwnam(self._user).pw_gid if user else None, cwd=self._folder)
        wait_for("Dovecot answers", self._answers, 20, every=0.02)
        return self

    def stop(self) -> None:
        """Stop with all its parts; those that serve somebody would go on without the first process."""
        if self._process:
            parts = psutil.Process(self._process.pid).children(recursive=True)
            self._process.terminate()
            self._process.wait(10)
            self._process = None
            for part in parts:
                with suppress(psutil.NoSuchProcess):
                    part.kill()

    def remove(self) -> None:
        self.stop()
        if self._folder is not None:
            shutil.rmtree(self._folder)
            self._folder = None

    def client(self, user: str) -> IMAP4:
        """Somebody who reads the same mailbox."""
        client = IMAP4("127.0.0.1", self.port, timeout=10)
        client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else each mail waits for an acknowledgement
        client.authenticate("PLAIN", lambda _: f"\0{user}\0{PASSWORD}".encode())
        client.select("INBOX")
        return client

    def _answers(self) -> bool:
        assert self._process
        assert self._process.poll() is None, "Dovecot has ended"
        with suppress(OSError), IMAP4("127.0.0.1", self.port, timeout=1):
            return True
        return False

    def _configuration(self, folder: Path) -> str:
        entry = getpwnam(self._user)
        return f"""
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
default_internal_user = {self._user}
default_internal_group = {getgrgid(entry.pw_gid).gr_name}
default_login_user = {self._user}
first_valid_uid = 1
first_valid_gid = 1
{f"ssl = yes{chr(10)}ssl_cert = <{folder}/certificate.pem{chr(10)}ssl_key = <{folder}/certificate.pem" if self._tls else "ssl = no"}
disable_plaintext_auth = no
mail_location = maildir:{folder}/mail/%u
mail_fsync = never
auth_failure_delay = 0
mail_max_userip_connections = 50
passdb {{
  driver = static
  args = password={PASSWORD}
}}
userdb {{
  driver = static
  args = uid={entry.pw_uid} gid={entry.pw_gid} home={folder}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {self.port}
  }}
  inet_listener imaps {{
    port = {self.tls_port if self._tls else 0}
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
{self._more.replace("{folder}", str(folder))}
"""
