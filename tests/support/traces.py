"""What is left of a person on the disk: in the rows of every table, in the bytes of the database's files, in the logs.

Looks without the code that it judges: with SQLite's own driver, and at the files.
"""

from __future__ import annotations

import json
import quopri
import sqlite3
from collections.abc import Collection
from contextlib import closing
from pathlib import Path

from sqlalchemy.engine import make_url

from support.assistant import Assistant
from support.waiting import wait_for

FILE, LOG = "(file)", "(log)"


def traces(assistant: Assistant, words: Collection[str]) -> dict[str, list[str]]:
    """Which of the words are left, by table, and in FILE and LOG."""
    path = Path(make_url(assistant.settings.database_url).database)
    places = {table: " ".join(map(" ".join, rows)) for table, rows in rows_of(path).items()}
    places[FILE] = _files(path)
    places[LOG] = assistant.logs()
    folded = {place: text.lower() for place, text in places.items()}
    found = {place: [word for word in words if _is_in(word, text)] for place, text in folded.items()}
    return {place: left for place, left in found.items() if left}


def rows_of(path: Path, having: str = "") -> dict[str, list[list[str]]]:
    """The rows of every table of a SQLite file, each cell as a text; of rows with a cell `having`, when one is given."""
    with closing(sqlite3.connect(path)) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        every = {name: [list(map(_text, row)) for row in connection.execute(f'SELECT * FROM "{name}"')] for name in names}
    return {name: [row for row in rows if not having or having in row] for name, rows in every.items()}


def kept_of(assistant: Assistant, conversation: str) -> dict[str, int]:
    """How many rows each table has of a conversation."""
    rows = rows_of(Path(make_url(assistant.settings.database_url).database), conversation)
    return {name: len(found) for name, found in rows.items() if found}


def _text(cell: object) -> str:
    """A cell as a text; of a mail, both as it is carried and as it is read."""
    if not isinstance(cell, bytes):
        return str(cell)
    return f"{cell.decode('utf-8', 'replace')}\n{quopri.decodestring(cell).decode('utf-8', 'replace')}"


def _files(path: Path) -> str:
    """The files of the database, once its log is folded into it; what quoted-printable splits is joined."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        wait_for("the log is folded into the file", lambda: connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0)
    files = sorted(path.parent.glob(f"{path.name}*"))
    return b"\n".join(file.read_bytes() for file in files).replace(b"=\r\n", b"").decode("utf-8", "replace")


def _is_in(word: str, text: str) -> bool:
    """Whether a word is in a text in lower case, as it is, as JSON escapes it, or as a mail carries it."""
    forms = {word, json.dumps(word)[1:-1], quopri.encodestring(word.encode()).decode()}
    return any(form.lower() in text for form in forms)
