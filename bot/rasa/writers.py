"""Several processes that hold turns of the same conversations through the real stores, for `cic bench writers` and the tests.

`python -m bot.rasa.writers` reads from its input, as JSON, `url`, `writers`, `messages` and `conversations`, and prints what came of it.
Each turn counts its conversation's turns in a slot: it reads the number and writes the next one.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import random
import sys
import time
from collections import Counter
from typing import Any

from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, BotUttered, SlotSet, UserUttered
from sqlalchemy import select

from bot.rasa.lock_store import CicLockStore
from bot.rasa.tracker_store import CicTrackerStore, OvertakenError
from bot.storage import Database, events

COUNT = "dossier"
"""A slot of any type."""
_AT_ONCE = 4
"""Turns that a writer has under way."""
_DOMAIN = {"slots": {COUNT: {"type": "any", "influence_conversation": False, "mappings": [{"type": "custom"}]}}}


def write(url: str, writer: int, numbers: range, conversations: int, overtaken: Any) -> None:
    """Be one process: hold a turn for each number, in a conversation drawn by it; `overtaken` counts those that were held again."""
    asyncio.run(_write(url, writer, numbers, conversations, overtaken))


async def _write(url: str, writer: int, numbers: range, conversations: int, overtaken: Any) -> None:
    store = CicTrackerStore(Domain.from_dict(_DOMAIN), host=url)
    locks = CicLockStore(database=store.database)
    waiting = iter(numbers)

    async def work() -> None:
        for number in waiting:
            conversation = f"c{random.Random(number).randrange(conversations)}"  # noqa: S311 - nothing secret
            while True:
                async with locks.lock(conversation):
                    if await _turn(store, conversation, f"{writer}-{number}"):
                        break
                with overtaken.get_lock():
                    overtaken.value += 1

    await asyncio.gather(*(work() for _ in range(_AT_ONCE)))
    store.database.close()


async def _turn(store: CicTrackerStore, conversation: str, message: str) -> bool:
    """Hold a turn; whether it was kept. One that was overtaken is to be held again."""
    tracker = await store.get_or_create_tracker(conversation, append_action_listen=False)
    before = tracker.get_slot(COUNT) or 0
    told = [UserUttered(message, {"name": "info"}, message_id=message), ActionExecuted("action_repondre"), BotUttered(f"Reçu : {message}")]
    tracker.update_with_events([*told, SlotSet(COUNT, before + 1), ActionExecuted("action_listen")], store.domain)
    try:
        await store.save(tracker)
    except OvertakenError:
        return False
    return True


def outcome(database: Database, writers: int, messages: int) -> dict[str, int]:
    """What the database holds of it: messages lost and doubled, answers without or beside their message, turns that were not counted."""
    query = select(events.c.sender_id, events.c.type_name, events.c.data).order_by(events.c.sender_id, events.c.id)
    said: Counter[str] = Counter()
    misplaced = uncounted = expected = 0
    conversation, latest = "", ""
    with database.read() as connection:
        for row in connection.execution_options(stream_results=True).execute(query.where(events.c.type_name != "action")):
            if row.sender_id != conversation:
                conversation, expected = row.sender_id, 0
            data: dict[str, Any] = json.loads(row.data)
            if row.type_name == "user":
                latest = data["text"]
                said[latest] += 1
            elif row.type_name == "bot":
                misplaced += data["text"] != f"Reçu : {latest}"
            else:
                expected += 1
                uncounted += data["value"] != expected
    sent = {f"{writer}-{number}" for writer in range(writers) for number in _share(writer, writers, messages)}
    lost, doubled = len(sent - set(said)), sum(count - 1 for count in said.values())
    return {"messages": messages, "lost": lost, "doubled": doubled, "misplaced": misplaced, "uncounted": uncounted}


def _share(writer: int, writers: int, messages: int) -> range:
    return range(writer, messages, writers)


def run(url: str, writers: int, messages: int, conversations: int) -> dict[str, Any]:
    """Let the writers write, each a process of its own, and look at what came of it; `seconds` are those of the writing."""
    database = Database(url)
    database.create_all()
    database.close()
    began = time.perf_counter()
    context = multiprocessing.get_context("fork")  # Rasa is loaded once, and no connection is open yet
    overtaken = context.Value("i", 0)
    shares = (_share(number, writers, messages) for number in range(writers))
    processes = [context.Process(target=write, args=(url, number, share, conversations, overtaken)) for number, share in enumerate(shares)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    seconds = time.perf_counter() - began
    failed = sum(process.exitcode != 0 for process in processes)
    return outcome(database, writers, messages) | {"overtaken": overtaken.value, "failed_writers": failed, "seconds": round(seconds, 1)}


if __name__ == "__main__":
    print(json.dumps(run(**json.load(sys.stdin))))  # noqa: T201 - its answer
