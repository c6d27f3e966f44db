"""A release as a whole assistant on free ports of this machine, apart from the one that people talk to: a database and a data folder of
its own, no mail.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.benchmarks.cluster import Plan, start
from bot.evaluation.requests import ReadLeads
from bot.releases import Releases
from bot.storage import Database, utc_now
from bot.wiring import build_routing


@dataclass(frozen=True)
class Assistant:
    """A running assistant: the address of its chat API, and what it registers."""

    chat: str
    read_leads: ReadLeads


@contextmanager
def run_release(project: Path, folder: Path) -> Iterator[Assistant]:
    """Run the content of a working copy, with all that it keeps in `folder`.

    Raises RequestError when its model is not trained, UnavailableError when the assistant does not start.
    """
    url = f"sqlite:///{folder / 'cic.sqlite'}"
    with closing(Database(url)) as database, _deaf_port() as port:
        database.create_all()
        releases = Releases(database, folder / "releases", utc_now, project)
        release = releases.publish()
        settings = {"CIC_DATABASE_URL": url, "CIC_FOLLOW_RELEASES": "oui", "CIC_SMTP_PORT": str(port)}
        plan = Plan(releases.folder(release.id) / str(release.model), settings=settings)
        with start(plan, folder) as cluster:
            yield Assistant(cluster.chat, build_routing(cluster.settings, database).leads)


@contextmanager
def _deaf_port() -> Iterator[int]:
    """A port that refuses whoever calls: the place of the mail server."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield int(held.getsockname()[1])
