"""The web process: `python -m bot.web`, started by `cic run`."""

from __future__ import annotations

import logging
import sys

import httpx
import uvicorn

from bot.alerts import MailAlerts
from bot.config import Settings, load_settings
from bot.errors import AssistantError
from bot.housekeeping import Housekeeper
from bot.mails import notice_mail
from bot.rasa_client import build_client
from bot.storage import utc_now
from bot.web.app import create_app
from bot.wiring import build_base, build_database, build_outbox, build_routing, build_texts

DRAIN_SECONDS = 4
"""How long running requests may take to end after a SIGTERM; `cic run` waits a little longer."""
IDLE_SECONDS = 30


def main() -> int:
    """Serve until a signal; 1 when a setting or the database forbids it."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        serve(load_settings())
    except AssistantError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the last word of a process
        return 1
    return 0


def serve(settings: Settings) -> None:
    """Build the application and serve it."""
    database = build_database(settings)
    http = httpx.AsyncClient(trust_env=False, limits=httpx.Limits(max_connections=None, max_keepalive_connections=50))
    outbox = build_outbox(settings, database)
    housekeeper = Housekeeper(
        database,
        build_routing(settings, database),
        settings.retention_days,
        utc_now,
        outbox.notify,
        lambda reference: notice_mail(reference, settings, utc_now()),
    )
    workers = (housekeeper, MailAlerts(outbox.unsent, utc_now))
    app = create_app(settings, database, build_client(settings, http), outbox, utc_now, build_base(), build_texts(), workers)
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_config=None,
        ws="none",
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )


if __name__ == "__main__":
    sys.exit(main())
