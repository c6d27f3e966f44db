"""The web process: `python -m bot.web`, started by `cic run`."""

from __future__ import annotations

import gc
import logging
import sys

import uvicorn

from bot.alerts import MailAlerts
from bot.channels.building import build_connectors
from bot.config import PROJECT, Settings, load_settings
from bot.errors import AssistantError
from bot.housekeeping import Housekeeper
from bot.logs import set_up_logs
from bot.mails import notice_mail
from bot.rasa_client import build_client
from bot.review.indexing import Indexer, IndexWorker
from bot.storage import utc_now
from bot.web.app import create_app
from bot.web.connections import Connection, raise_file_limit
from bot.web.showing import Content, Refresher, Showing
from bot.wiring import build_database, build_outbox, build_releases, build_routing

DRAIN_SECONDS = 4
"""How long running requests may take to end after a SIGTERM; `cic run` waits a little longer."""
IDLE_SECONDS = 30
log = logging.getLogger(__name__)


def main() -> int:
    """Serve until a signal; 1 when a setting or the database forbids it."""
    try:
        settings = load_settings()
        set_up_logs(settings.log_format, "web")
        serve(settings)
    except AssistantError as error:
        log.critical("%s", error)
        return 1
    return 0


def serve(settings: Settings) -> None:
    """Build the application and serve it."""
    raise_file_limit()
    database = build_database(settings)
    outbox = build_outbox(settings, database)
    housekeeper = Housekeeper(
        database,
        build_routing(settings, database),
        settings.retention_days,
        utc_now,
        outbox.notify,
        lambda reference: notice_mail(reference, settings, utc_now()),
        settings.data_dir / "corrections",
    )
    showing = Showing(Content.read(PROJECT))
    refresher = Refresher(build_releases(settings, database), showing)
    refresher.look()
    workers = (housekeeper, MailAlerts(outbox.unsent, utc_now), refresher, IndexWorker(Indexer(database), utc_now))
    app = create_app(settings, database, build_client(settings), outbox, utc_now, showing, workers, connectors=build_connectors(settings))
    gc.freeze()  # what is loaded stays: the collector need not look at it again and again
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_config=None,
        http=Connection,
        ws="none",
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )


if __name__ == "__main__":
    sys.exit(main())
