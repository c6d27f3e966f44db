"""A mail worker in a process of its own: `python -m support.mail_worker CLOCK`, with the settings in the environment.

Says that it is ready, begins when it is told to, by a line, and says how many mails it has delivered when none is due any more.
Its clock goes ahead of the machine's by the seconds that stand in the file CLOCK, and so does that of every other worker.
"""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from bot.config import load_settings
from bot.mailer import Mailer
from bot.outbox import Outbox
from bot.storage import Database, utc_now


def main(clock: Path) -> None:
    settings = load_settings(os.environ, dotenv=None)
    database = Database(settings.database_url)

    def now() -> datetime:
        return utc_now() + timedelta(seconds=float(clock.read_text("ascii")))

    worker = Outbox(database, Mailer(settings).send, now, Random())
    print("ready", flush=True)
    sys.stdin.readline()
    print(asyncio.run(worker.deliver_due()), flush=True)
    database.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
