"""The process that works on a change: `python -m bot.improving CHANGE RUN`, started by the web process (bot.review.launching).

It may be killed at any time: the change is shown as failed then, and can be started again.
"""

from __future__ import annotations

import logging
import os
import shutil
import sys
from pathlib import Path

from bot.config import Settings, load_settings
from bot.errors import AssistantError, StorageError
from bot.improving.pulse import Pulse, StoppedError
from bot.improving.work import RefusedError, Tools, Work
from bot.logs import set_up_logs
from bot.releases import Releases
from bot.review.change import INTERRUPTED
from bot.review.changes import Changes
from bot.review.journal import Journal
from bot.review.working import Run
from bot.storage import Database, utc_now
from bot.wiring import build_database, build_releases

NICENESS = 10
"""People who chat come first."""
UNEXPECTED = "Une erreur inattendue a arrêté le travail : le journal « corrections.log » du dossier de données en dit plus."
log = logging.getLogger(__name__)


def main() -> int:
    """Work on the change of the command line; 1 when it did not come to its end."""
    os.umask(0o077)
    os.nice(NICENESS)
    try:
        settings = load_settings()
        set_up_logs(settings.log_format, "corrections")
        return improve(settings, build_database(settings), int(sys.argv[1]), sys.argv[2])
    except AssistantError as error:
        log.critical("%s", error)
        return 1


def improve(settings: Settings, database: Database, change_id: int, name: str, tools: Tools = Tools()) -> int:  # noqa: B008 - frozen
    """Work on a change under the name of a run, and write down how it ended; 1 when it did not come to its end."""
    run, releases = Run(database, change_id, name, utc_now), build_releases(settings, database)
    try:
        return _improve(settings, database, releases, run, tools)
    except StoppedError:
        log.info("change %d is stopped", change_id)
        _tell(run, INTERRUPTED)
    except RefusedError as error:
        run.refuse(error.faults)
    except AssistantError as error:
        log.error("change %d: %s", change_id, type(error).__name__)
        _tell(run, str(error))
    except Exception:
        log.exception("change %d", change_id)
        _tell(run, UNEXPECTED)
    return 1


def _improve(settings: Settings, database: Database, releases: Releases, run: Run, tools: Tools) -> int:
    changes, pulse = Changes(database, releases, Journal(database, utc_now), _launch_nothing, utc_now), Pulse(run, tools.beat)
    with pulse.beating():
        change = changes.find(run.change_id)
        if change is None or not change.works or change.run != run.name:
            raise StoppedError
        _sweep(settings.data_dir / "corrections")
        examples = [each.example for each in changes.examples(change.id)]
        release_id, report = Work(settings, database, releases, change, examples, pulse, tools).do(run)
    if run.finish(release_id, report):
        return 0
    releases.forget(release_id)
    return 1


def _launch_nothing(change_id: int, run: str) -> None:
    """This process starts no other."""


def _sweep(folder: Path) -> None:
    """Remove what runs that were killed have left: only one run works at a time."""
    for left in folder.glob("[0-9]*"):
        shutil.rmtree(left, ignore_errors=True)


def _tell(run: Run, reason: str) -> None:
    try:
        run.fail(reason)
    except StorageError:
        log.warning("the database is away: the end of change %d is not written down", run.change_id)


if __name__ == "__main__":
    sys.exit(main())
