"""How a process writes its log: lines for people, or one JSON object a line for a collector (`CIC_LOG_FORMAT`).

Called once in each process. Rasa and its SDK set up logging of their own before they load anything of ours: for people their
lines stay as they are but for what Rasa tells too much of, for a collector they are replaced.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import time
from collections.abc import Callable
from datetime import datetime, timezone
from types import TracebackType
from typing import Any

JSON = "json"
_LINE = "%(asctime)s %(levelname)s %(name)s %(message)s"
_ARGUMENT = re.compile(r"%%|(?:\b(message|conversation|mail|reference)\s+)?%[srd]")
"""An argument of a line, with the word before it where that says which id it is."""
_FIELDS = {"message": "message_id"}
"""Ids whose word is the name of another field."""
SELDOM_SECONDS = 60.0
log = logging.getLogger(__name__)


class Seldom:
    """What strangers can cause as often as they like is said once a minute. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._said_at = float("-inf")
        self._unsaid = 0

    def count(self) -> int | None:
        """Count that it happened: how often it did since it was last said, when it is to be said again; else None."""
        if self._clock() - self._said_at < SELDOM_SECONDS:
            self._unsaid += 1
            return None
        unsaid, self._unsaid, self._said_at = self._unsaid, 0, self._clock()
        return unsaid


def set_up_logs(log_format: str, process: str) -> None:
    """Make all that is logged in this process a line of its log; `process` is the name that a collector finds it by."""
    root = logging.getLogger()
    if log_format == JSON:
        _hand_over(root, process)
    else:
        logging.basicConfig(level=logging.INFO, format=_LINE)
    for handler in root.handlers:
        handler.addFilter(shorten)


class JsonFormatter(logging.Formatter):
    """One record as one JSON object on one line: time in UTC, level, process, logger, message, and the ids that it names."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; a traceback is one field of it."""
        fields = {
            "time": datetime.fromtimestamp(record.created, timezone.utc).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "process": self._process,
            "logger": record.name,
            "message": record.getMessage(),
            **ids(record),
        }
        if record.exc_info:
            fields["exception"] = self.formatException(record.exc_info)
        return json.dumps(fields)


def ids(record: logging.LogRecord) -> dict[str, str]:
    """Return the ids that a line of ours names, by the words before them: "message %s of conversation %s"."""
    if not isinstance(record.args, tuple):
        return {}
    named = [found[1] for found in _ARGUMENT.finditer(str(record.msg)) if found[0] != "%%"]
    return {_FIELDS.get(name, name): str(value) for name, value in zip(named, record.args, strict=False) if name}


def shorten(record: logging.LogRecord) -> bool:
    """Keep of an event of Rasa's own its name and the place of the fault; the record goes on to be written.

    Rasa writes such events as JSON with all that was at hand: texts of messages, the local variables of a traceback.
    """
    said = record.getMessage()
    if record.name.startswith("rasa.") and said.startswith("{"):
        record.msg, record.args = _name_of(said), ()
    return True


def _name_of(said: str) -> str:
    try:
        event = json.loads(said)
        return ": ".join([str(event["event"]), *(_place(fault) for fault in event.get("exception", ()))])
    except (ValueError, LookupError, TypeError):
        return "an event of Rasa that cannot be read"


def _place(fault: dict[str, Any]) -> str:
    frame = fault["frames"][-1]
    return f"{fault['exc_type']} in {frame['filename']}:{frame['lineno']} ({frame['name']})"


def _hand_over(root: logging.Logger, process: str) -> None:
    """Make one handler of ours the only one, also for libraries that print by themselves, for warnings and for a last exception."""
    if not root.handlers:
        root.setLevel(logging.INFO)
    for logger in [found for found in logging.root.manager.loggerDict.values() if isinstance(found, logging.Logger)]:
        logger.handlers.clear()
        logger.propagate = True
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter(process))
    root.handlers[:] = [handler]
    logging.captureWarnings(True)
    sys.excepthook = _log_uncaught


def _log_uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """What Python does with an exception that ends the process, as a line."""
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
    else:
        log.critical("the process ends", exc_info=(kind, error, trace))
