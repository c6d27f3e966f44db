"""An assistant with a past: copies of a recorded conversation stand as if each had been held, and go on."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sample_conversation import DOMAIN
from sqlalchemy import func, select
from sqlalchemy.exc import NoResultFound

from bot.benchmarks import stored
from bot.benchmarks.postgresql import new_database
from bot.benchmarks.stored import copy_conversation, shifted, tidy
from bot.storage import Database, events, trackers, turns, utc_now
from bot.web.turns import Turns

# Behind sample_conversation, which imports Rasa without its warnings
from rasa.shared.core.events import ActionExecuted, BotUttered, Event, SessionStarted, SlotSet, UserUttered  # isort: skip

from bot.rasa.tracker_store import CicTrackerStore  # isort: skip

SOURCE = "recorded"


def turn(number: int) -> list[Event]:
    return [
        UserUttered(f"message {number}", {"name": "info", "confidence": 0.9}, message_id=f"m{number}"),
        ActionExecuted("action_repondre"),
        SlotSet("nom", f"nom {number}"),
        BotUttered(f"réponse {number}"),
        ActionExecuted("action_listen"),
    ]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path_factory.mktemp('stored') / 'cic.sqlite'}"
    return new_database(request.getfixturevalue("postgresql"))


@pytest.fixture(scope="module")
def store(url: str) -> Iterator[CicTrackerStore]:
    """Two turns of one conversation, another one between them, and 2,345 copies of the first."""
    opened = CicTrackerStore(DOMAIN, host=url)
    answered = Turns(opened.database, utc_now)
    add(opened, SOURCE, [ActionExecuted("action_session_start"), SessionStarted(), ActionExecuted("action_listen"), *turn(1)])
    add(opened, "somebody else", [ActionExecuted("action_session_start"), SessionStarted(), ActionExecuted("action_listen"), *turn(7)])
    add(opened, SOURCE, turn(2))
    for number in (1, 2):
        answered.add(SOURCE, f"m{number}", f"message {number}", {"messages": [], "asks": None, "outcome": None}, number - 1)
    assert copy_conversation(opened.database, SOURCE, "copy-", 2345)[2344] == "copy-2344"
    tidy(opened.database)
    yield opened
    opened.database.close()


def add(store: CicTrackerStore, conversation: str, told: list[Event]) -> None:
    async def added() -> None:
        tracker = await store.get_or_create_tracker(conversation, append_action_listen=False)
        tracker.update_with_events(told, DOMAIN)
        await store.save(tracker)

    asyncio.run(added())


def read(store: CicTrackerStore, conversation: str) -> tuple[list[dict[str, Any]], Any, tuple[int, ...], Any]:
    """What the next turn gets to see, the slot, and the full conversation."""

    async def found() -> Any:
        tracker = await store.retrieve(conversation)
        assert tracker is not None
        full = await store.retrieve_full_tracker(conversation)
        assert full is not None
        said = [await store.answer_to(tracker, f"m{number}") for number in (1, 2, 3)]
        return [event.as_dict() for event in tracker.events], tracker.get_slot("nom"), [e.as_dict() for e in full.events], said

    return asyncio.run(found())


def count(database: Database, table: Any) -> int:
    with database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


@pytest.mark.parametrize("number", [0, 1, stored.CHUNK - 1, stored.CHUNK, 2344])
def test_a_copy_is_read_as_the_conversation_that_it_is_a_copy_of(store: CicTrackerStore, number: int) -> None:
    assert read(store, f"copy-{number}") == read(store, SOURCE)


def test_nothing_is_lost_or_doubled(store: CicTrackerStore) -> None:
    with store.database.read() as connection:
        of_source = connection.execute(select(func.count()).where(events.c.sender_id == SOURCE)).scalar_one()
        each = connection.execute(
            select(events.c.sender_id, func.count()).where(events.c.sender_id.like("copy-%")).group_by(events.c.sender_id)
        )
        assert {total for _, total in each} == {of_source}
    assert count(store.database, trackers) == 2345 + 2
    assert count(store.database, turns) == 2 * (2345 + 1)


@pytest.mark.parametrize("conversation", ["copy-2000", SOURCE, "a new one"])
def test_a_copy_goes_on_and_so_does_everybody_else(store: CicTrackerStore, conversation: str) -> None:
    others = read(store, "copy-2001"), read(store, "somebody else")
    add(store, conversation, turn(3))
    events_seen, slot, full, said = read(store, conversation)
    assert slot == "nom 3"
    assert [event["text"] for event in events_seen if event["event"] == "user"] == ["message 3"]
    assert [event["text"] for event in full if event["event"] == "user"][-1] == "message 3"
    assert said[2] is not None
    assert (read(store, "copy-2001"), read(store, "somebody else")) == others


def test_the_turns_of_a_copy_are_counted_on(store: CicTrackerStore) -> None:
    answered = Turns(store.database, utc_now)
    assert answered.before("copy-5", "m2")[0] == {"messages": [], "asks": None, "outcome": None}
    answered.add("copy-5", "m3", "message 3", {"messages": [], "asks": None, "outcome": None}, 2)
    assert answered.before("copy-5", None)[1].number == 3
    assert [each.text for each in answered.history("copy-6")] == ["message 1", "message 2"]


def test_pointers_are_shifted_and_nothing_else() -> None:
    pointers = {"state": [3, 7], "recent": [["m1", 4, 6], ["m2", 9, 9]]}
    assert shifted(pointers, 100) == {"state": [103, 107], "recent": [["m1", 104, 106], ["m2", 109, 109]]}
    assert shifted({}, 5) == {"state": [], "recent": []}


def test_a_conversation_that_is_not_there_cannot_be_copied(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'cic.sqlite'}")
    database.create_all()
    with pytest.raises(NoResultFound, match="No row was found"):
        copy_conversation(database, SOURCE, "copy-", 1)
    database.close()
