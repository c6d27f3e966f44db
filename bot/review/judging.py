"""What reviewers say of messages: judged one by one or many at once, judged again, undone. Nothing here changes the assistant:
what is to be learnt waits until somebody makes a change of it (`change_id`).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import false, func, insert, select, tuple_, update
from sqlalchemy.engine import Connection
from sqlalchemy.sql import Select
from sqlalchemy.sql.expression import ColumnElement

from bot.errors import RequestError
from bot.privacy.values import MASKED
from bot.review.labels import OFF_TOPIC, Labels, stray_label
from bot.review.model import OTHER, STRAY, VERDICTS
from bot.review.nlu_files import LONGEST, as_example, key_of
from bot.storage import Database, exchanges, judgements
from bot.text import typeset

TEACHING = frozenset({OTHER, STRAY})
"""Verdicts out of which the assistant learns an example."""
PENDING = 2000
"""Judgements that wait to be learnt, at most, among which the same example is looked for."""
_GONE = "Ce message n'est plus là : rechargez la page. La conversation a été effacée, ou elle vient de changer."
_ANY: Mapping[int, str] = {}
Row = Mapping[str, Any]
Message = tuple[str, str]
"""The name of a conversation and the id of a message in it."""


@dataclass(frozen=True)
class Opinion:
    """What somebody says of one message or of several. `label` is what OTHER needs, and STRAY may have; `example` is the text to be
    learnt when it is not what was said.
    """

    verdict: str
    label: str = ""
    example: str = ""


@dataclass(frozen=True)
class Judged:
    """What became of a gesture: its batch, how many messages it judged, and how many have to be judged one by one."""

    batch: str
    count: int
    left: int = 0
    warning: str = ""


class Judging:
    """Judgements in the database. `clock` gives the time with its zone, `labels` those of the active release."""

    def __init__(self, database: Database, clock: Callable[[], datetime], labels: Callable[[], Labels]) -> None:
        self._database = database
        self._clock = clock
        self._labels = labels

    def judge(self, ids: Sequence[int], opinion: Opinion, author: str, seen: Mapping[int, str] = _ANY) -> Judged:
        """Write what is said of these exchanges, over what was said of them before; all of it can be undone at once.

        `seen` are the ids of the messages that the reviewer saw under them: one that is another by now is left alone. Raises
        RequestError when nothing could be judged: an unknown verdict or label, a text that may not become an example.
        """
        self._check(opinion)
        batch = secrets.token_hex(8)
        with self._database.begin() as connection:
            rows_now = connection.execute(_asked(ids).with_for_update(of=exchanges)).mappings()
            found = [row for row in rows_now if seen.get(row["id"], row["message_id"]) == row["message_id"]]
            if not found:
                raise RequestError(_GONE)
            rows, faults = self._rows(found, opinion)
            if not rows:
                raise RequestError(faults[0])
            warning = self._warning(connection, rows[0], rows[0]["label"]) if len(found) == 1 else ""
            _replace(connection, [(row["conversation"], row["message_id"]) for row in rows], batch)
            common = {"author": author, "at": self._clock(), "batch": batch}
            connection.execute(insert(judgements), [row | common for row in rows])
        return Judged(batch, len(rows), len(faults), warning)

    def undo(self, batch: str, author: str) -> int:
        """Take a gesture of one's own back, so that what was said before counts again; return how many messages it concerned.

        Raises RequestError when it is somebody else's, was undone, was judged again since, or is part of a change.
        """
        of_batch = judgements.c.batch == batch
        with self._database.begin() as connection:
            messages = connection.execute(select(judgements.c.conversation, judgements.c.message_id).where(of_batch)).all()
            _lock(connection, messages)
            rows = connection.execute(select(judgements).where(of_batch).with_for_update()).all()
            if fault := _undoing_fault(rows, author):
                raise RequestError(fault)
            connection.execute(update(judgements).where(of_batch).values(undone=True))
            connection.execute(update(judgements).where(judgements.c.replaced_by == batch).values(replaced_by=None))
        return len(rows)

    def size(self, batch: str, author: str) -> int:
        """How many messages a gesture of somebody's judged that still counts; 0 for any other."""
        of_batch = (judgements.c.batch == batch) & (judgements.c.author == author)
        with self._database.read() as connection:
            return int(connection.execute(select(func.count()).where(of_batch & is_active())).scalar_one())

    def active(self, conversation: str) -> dict[str, Row]:
        """What is said of the messages of a conversation now, by message id; `size` is how many messages the gesture judged."""
        return {row["message_id"]: row for row in self._active(judgements.c.conversation == conversation)}

    def active_of(self, exchange: Row) -> Row | None:
        """What is said of one exchange now."""
        same = (judgements.c.conversation == exchange["conversation"]) & (judgements.c.message_id == exchange["message_id"])
        return next(iter(self._active(same)), None)

    def find(self, ids: Sequence[int]) -> list[Row]:
        """These exchanges, as far as they are still there, with `asked`: the field of the form that they answer, if any."""
        with self._database.read() as connection:
            return list(connection.execute(_asked(ids)).mappings())

    def warning(self, exchange: Row) -> str:
        """A sentence when what was said is known as an example, or about to be; else empty."""
        with self._database.read() as connection:
            return self._warning(connection, exchange)

    def _check(self, opinion: Opinion) -> None:
        if opinion.verdict not in VERDICTS:
            raise RequestError("Ce jugement n'existe pas.")
        if opinion.verdict == OTHER and not opinion.label:
            raise RequestError("Choisissez l'entrée que le message aurait dû donner.")
        if opinion.verdict in TEACHING and opinion.label and opinion.label not in self._labels():
            raise RequestError("Cette entrée n'existe pas, ou n'existe plus.")
        if opinion.verdict == STRAY and opinion.label and not opinion.label.startswith(OFF_TOPIC):
            raise RequestError("Ce genre de hors sujet n'existe pas.")

    def _rows(self, found: Sequence[Row], opinion: Opinion) -> tuple[list[dict[str, Any]], list[str]]:
        """The rows to write, and why the others cannot be written."""
        faults = [example_fault(each, opinion.example) if opinion.verdict in TEACHING else "" for each in found]
        rows = [_row(each, opinion) for each, fault in zip(found, faults, strict=True) if not fault]
        return rows, [fault for fault in faults if fault]

    def _active(self, condition: ColumnElement) -> list[Row]:
        mates = judgements.alias()
        size = select(func.count()).where(mates.c.batch == judgements.c.batch).scalar_subquery().label("size")
        with self._database.read() as connection:
            return list(connection.execute(select(judgements, size).where(condition & is_active())).mappings())

    def _warning(self, connection: Connection, row: Row, label: str | None = "") -> str:
        """As `warning`; `label` is what the example is to be learnt as, empty while nobody has chosen, None when it is not to be."""
        if label is None:
            return ""
        holder = self._labels().holder(row["said"])
        if not holder:
            return self._twin(connection, row)
        said = f"Cet exemple est déjà dans les données, sous « {self._labels().title(holder)} »"
        return typeset(f"{said} : il sera déplacé." if label and holder != label else f"{said}.")

    def _twin(self, connection: Connection, row: Row) -> str:
        """A sentence when another message that waits to be learnt says the same."""
        key, message = key_of(row["said"]), (row["conversation"], row["message_id"])
        for other in connection.execute(select(judgements).where(is_pending()).limit(PENDING)):
            if key_of(other.said) == key and (other.conversation, other.message_id) != message:
                title = self._labels().title(other.label)
                return typeset(f"Le même exemple attend déjà d'être appris, sous « {title} » (jugé par {other.author}).")
        return ""


def is_active() -> ColumnElement:
    """Judgements that count: neither undone nor replaced."""
    return judgements.c.replaced_by.is_(None) & (judgements.c.undone == false())


def is_pending() -> ColumnElement:
    """Judgements that hold an example and are part of no change yet."""
    return is_active() & judgements.c.change_id.is_(None) & judgements.c.verdict.in_(TEACHING)


def example_fault(exchange: Row, example: str = "") -> str:
    """Why a text may not become an example, in a sentence; empty when it may. `exchange` has `asked`."""
    text = example or exchange["said"]
    if MASKED in text:
        return f"Ce message contient « {MASKED} » : réécrivez l'exemple sans rien de personnel, ou ignorez le message."
    if exchange["asked"] and key_of(text) == key_of(exchange["said"]):
        return "Ce message répond à une question de la demande : réécrivez l'exemple sans rien de personnel, ou ignorez le message."
    if len(text) > LONGEST:
        return f"L'exemple dépasse {LONGEST} caractères : gardez-en l'essentiel."
    return "" if as_example(text) else "Ce message ne contient aucun mot qui puisse s'apprendre : ignorez-le."


def _asked(ids: Sequence[int]) -> Select:
    """The exchanges of these ids with the field of the form that each answers, in an order that is always the same."""
    before = exchanges.alias()
    earlier = (before.c.conversation == exchanges.c.conversation) & (before.c.number == exchanges.c.number - 1)
    asked = select(before.c.asks).where(earlier).scalar_subquery().label("asked")
    return select(exchanges, asked).where(exchanges.c.id.in_(ids)).order_by(exchanges.c.id)


def _row(exchange: Row, opinion: Opinion) -> dict[str, Any]:
    verdict, label, said = opinion.verdict, opinion.label, exchange["said"]
    if verdict in TEACHING:
        label = label or stray_label(exchange["ranking"])
        verdict = STRAY if label.startswith(OFF_TOPIC) else OTHER
        said = as_example(opinion.example or said)
    judged = {"verdict": verdict, "label": label if verdict in TEACHING else None, "said": said, "understood": exchange["label"]}
    return {"conversation": exchange["conversation"], "message_id": exchange["message_id"], **judged}


def _replace(connection: Connection, messages: Collection[Message], batch: str) -> None:
    same = tuple_(judgements.c.conversation, judgements.c.message_id).in_(messages)
    connection.execute(update(judgements).where(same & is_active()).values(replaced_by=batch))


def _lock(connection: Connection, messages: Collection[Message]) -> None:
    """Wait for whoever judges the same messages (PostgreSQL)."""
    same = tuple_(exchanges.c.conversation, exchanges.c.message_id).in_(messages)
    connection.execute(select(exchanges.c.id).where(same).order_by(exchanges.c.id).with_for_update()).all()


def _undoing_fault(rows: Sequence[Any], author: str) -> str:
    if not rows or any(row.author != author for row in rows):
        return "Seule la personne qui a jugé peut annuler son jugement."
    if any(row.undone for row in rows):
        return "Ce jugement est déjà annulé."
    if any(row.replaced_by for row in rows):
        return "Un de ces messages a été jugé autrement depuis : ce jugement ne peut plus être annulé."
    if any(row.change_id for row in rows):
        return "Ce jugement fait partie d'une correction : il ne peut plus être annulé ici."
    return ""
