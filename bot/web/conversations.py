"""One message, one answer: handled once, kept, and never met with silence. Knows nothing of HTTP towards the client."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable
from typing import Protocol, TypeVar
from weakref import WeakValueDictionary

from anyio import Semaphore, fail_after
from anyio.to_thread import run_sync

from bot.errors import StorageError
from bot.rasa_client import RASA, InterruptedHandlingError, NotReadyError, Reply
from bot.text import typeset
from bot.web.metrics import Metrics
from bot.web.turns import Answer, Turns

NOT_HANDLED = typeset(
    "Je n'ai pas pu traiter votre dernier message. Pouvez-vous l'envoyer à nouveau ? Ce que vous aviez écrit avant est conservé."
)
AT_ONCE = 16
"""Messages of this process that Rasa works on at once; the others wait their turn here. Rasa would work on all of them, all late."""
TURN_SECONDS = 15.0
"""How long a message waits for its turn before the client is asked to send it again later."""
DATABASE_SECONDS = 10.0
"""How long a message waits for a database that is being restarted."""
_POLL_SECONDS = 0.25
T = TypeVar("T")
log = logging.getLogger(__name__)


class Rasa(Protocol):
    """What the web process needs of Rasa (bot.rasa_client.RasaClient)."""

    async def ask(self, conversation: str, message: str, message_id: str, channel: str | None = None) -> Reply:
        """Put one message to Rasa."""

    async def missing(self) -> tuple[str, ...]:
        """Name the processes that cannot handle a message now."""

    async def close(self) -> None:
        """Give back the connections."""


class MailWorker(Protocol):
    """What the web process needs of the outbox (bot.outbox.Outbox)."""

    async def run(self, stop: asyncio.Event) -> None:
        """Send what waits, until `stop` is set."""

    def notify(self) -> None:
        """Say that a mail may be waiting."""


class Conversations:
    """Handles messages; those of one conversation one after the other, those of many in the order of their arrival."""

    def __init__(
        self,
        turns: Turns,
        rasa: Rasa,
        mail_worker: MailWorker,
        metrics: Metrics,
        new_id: Callable[[], str] = lambda: uuid.uuid4().hex,
        patience: float = DATABASE_SECONDS,
    ) -> None:
        """`patience`: seconds that a message waits for the database."""
        self._turns = turns
        self._rasa = rasa
        self._mail_worker = mail_worker
        self._metrics = metrics
        self._new_id = new_id
        self._patience = patience
        self._room = Semaphore(AT_ONCE)
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def answer(self, conversation: str, message: str, client_id: str | None, channel: str | None = None) -> Answer:
        """Return the answer to a message, the stored one when this `client_id` was answered before.

        `channel` is where it was written, None for the site.
        Raises NotReadyError or StorageError when the message was not handled: the client may send it again under its id.
        """
        lock = self._locks.setdefault(conversation, asyncio.Lock())
        with self._metrics.in_flight.track_inprogress():
            async with lock:
                await self._wait_for_room()
                try:
                    return await self._answer(conversation, message, client_id, channel)
                finally:
                    self._room.release()

    async def _wait_for_room(self) -> None:
        try:
            with fail_after(TURN_SECONDS):
                await self._room.acquire()
        except TimeoutError as error:
            raise NotReadyError((RASA,)) from error

    async def _answer(self, conversation: str, message: str, client_id: str | None, channel: str | None) -> Answer:
        stored, latest = await self._patiently(lambda: self._turns.before(conversation, client_id))
        if stored:
            return stored
        ident = client_id or self._new_id()
        with self._metrics.message_seconds.time():
            reply = await self._handle(conversation, message, ident, latest.asks, channel)
        answer = self._answer_of(reply)
        if reply.erased:  # Sent again, the message would write what it erased: Rasa remembers its answer, and nobody else
            answer["erased"] = True
            await run_sync(self._forget, conversation)
            return answer
        return await self._keep(conversation, ident, message, answer, latest.number)

    async def missing(self) -> tuple[str, ...]:
        """Name what keeps a message from being answered now."""
        return await self._rasa.missing()

    async def _handle(self, conversation: str, message: str, message_id: str, asked: str | None, channel: str | None) -> Reply:
        try:
            reply = await self._rasa.ask(conversation, message, message_id, channel)
        except InterruptedHandlingError as error:
            log.error("message %s of conversation %s: %s", message_id, conversation, error)
            reply = Reply(failed=True)
        if reply.failed or not reply.messages:
            self._metrics.errors.labels("not_handled").inc()
            reply = Reply(({"text": NOT_HANDLED, "buttons": [], "source": None},), asked)
        if reply.outcome == "qualified":
            self._mail_worker.notify()
        return reply

    def _answer_of(self, reply: Reply) -> Answer:
        return {
            "messages": [{"id": self._new_id(), **message} for message in reply.messages],
            "asks": reply.asks,
            "outcome": reply.outcome,
        }

    async def _keep(self, conversation: str, client_id: str, message: str, answer: Answer, after: int) -> Answer:
        """Store the turn and do what it promised; when that fails, the person still gets the answer that Rasa and its tracker know of."""

        def keep() -> Answer:
            kept = self._turns.add(conversation, client_id, message, answer, after)
            self._forget(conversation)
            return kept

        try:
            return await self._patiently(keep)
        except StorageError:
            log.exception("a turn of conversation %s could not be kept", conversation)
            self._metrics.errors.labels("storage").inc()
            return answer

    async def _patiently(self, work: Callable[[], T]) -> T:
        """Work on the database in a thread, again while it does not answer, as long as patience lasts."""
        now = asyncio.get_running_loop().time
        deadline = now() + self._patience
        while True:
            try:
                return await run_sync(work)
            except StorageError:
                if now() > deadline:
                    raise
                await asyncio.sleep(_POLL_SECONDS)

    def _forget(self, conversation: str) -> None:
        """Do what the turn promised to forget, this turn included. A failure costs nobody the answer: the housekeeper does it later."""
        try:
            self._turns.forget(conversation)
        except Exception as error:  # noqa: BLE001 - whatever it is, the answer counts more; a traceback might hold what is to be forgotten
            log.error("a promise to forget conversation %s waits: %s", conversation, type(error).__name__)
            self._metrics.errors.labels("forgetting").inc()
