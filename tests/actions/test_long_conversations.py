"""What the store reads of a conversation does for the next turn what all of it would do, however long it is and whatever happened in it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_conversation import DOMAIN
from sqlalchemy import event as sql_event
from sqlalchemy import select

from bot.storage import events

# Behind sample_conversation, which imports Rasa without its warnings
from rasa.shared.core.events import (  # isort: skip
    ActionExecuted, ActionExecutionRejected, ActiveLoop, AllSlotsReset, BotUttered, Event, FollowupAction, SessionStarted, SlotSet,
    UserUttered, UserUtteranceReverted,
)  # fmt: skip
from rasa.shared.core.trackers import DialogueStateTracker  # isort: skip

from bot.rasa.reading_points import ReadingPoint, reading_point, with_turn  # isort: skip
from bot.rasa.tracker_store import CicTrackerStore, OvertakenError  # isort: skip

pytestmark = pytest.mark.anyio

FORM = "formulaire_demande"
SLOTS = ("nom", "commune", "dossier", "requested_slot")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[CicTrackerStore]:
    opened = CicTrackerStore(DOMAIN, host=f"sqlite:///{tmp_path / 'cic.sqlite'}")
    yield opened
    opened.database.close()


def turn(number: int, *more: Event) -> list[Event]:
    return [
        UserUttered(f"message {number}", {"name": "info", "confidence": 0.9}, message_id=f"m{number}"),
        ActionExecuted("action_repondre"),
        BotUttered(f"réponse {number}", {"custom": {"asks": None}}),
        *more,
        ActionExecuted("action_listen"),
    ]


def session() -> list[Event]:
    return [ActionExecuted("action_session_start"), SessionStarted(), ActionExecuted("action_listen")]


async def add(store: CicTrackerStore, told: list[Event], conversation: str = "c") -> None:
    tracker = await store.get_or_create_tracker(conversation, append_action_listen=False)
    tracker.update_with_events(told, DOMAIN)
    await store.save(tracker)


def state(tracker: DialogueStateTracker) -> dict[str, Any]:
    """All that a tracker tells policies, actions and the session, but for the message that opened the form: no slot is filled from it."""
    loop = tracker.active_loop
    form = (loop.name, loop.is_interrupted, loop.rejected) if loop else None
    said = tracker.latest_bot_utterance
    return tracker.current_state() | {"active_loop": form, "bot": said, "states": tracker.past_states(DOMAIN)[-1:]}


async def test_after_a_thousand_turns_no_more_is_read_than_after_three(store: CicTrackerStore) -> None:
    await add(store, session())
    read = []
    for number in range(1000):
        await add(store, turn(number, SlotSet("nom", f"nom {number}")))
        tracker = await store.retrieve("c")
        read.append(len(tracker.events))
        assert (tracker.latest_message.text, tracker.get_slot("nom")) == (f"message {number}", f"nom {number}")
    assert len(set(read[3:])) == 1
    assert read[-1] <= 10
    with store.database.read() as connection:
        kept = connection.execute(select(events.c.id)).all()
    assert len(kept) == 3 + 1000 * len(turn(0, SlotSet("nom", "")))
    assert len((await store.retrieve_full_tracker("c")).events) == len(kept)


VALUES = st.sampled_from(["a", "b", None])
CHANGES = st.one_of(
    st.builds(SlotSet, st.sampled_from(SLOTS), VALUES),
    st.builds(ActiveLoop, st.sampled_from([FORM, None])),
    st.just(FollowupAction(FORM)),
    st.builds(ActionExecuted, st.sampled_from([FORM, "action_repondre"])),
    st.just(ActionExecutionRejected(FORM)),
    st.just(BotUttered("encore")),
)
UNDONE = st.sampled_from([AllSlotsReset(), UserUtteranceReverted()])
TURNS = st.lists(
    st.one_of(
        st.lists(CHANGES, max_size=4),
        st.lists(st.one_of(CHANGES, UNDONE), max_size=4),
        st.just("a session begins"),
    ),
    max_size=8,
)


@settings(max_examples=200, deadline=None)
@given(TURNS)
def test_what_is_read_says_what_the_whole_session_says(steps: list[Any]) -> None:
    whole: list[Event] = session()
    rows: list[tuple[int, Event]] = list(enumerate(whole, 1))
    point: ReadingPoint | None = None
    recent: Any = ()
    read = list(rows)
    for number, step in enumerate(steps):
        fresh = [*session(), *turn(number)] if step == "a session begins" else turn(number, *step)
        added = list(enumerate(fresh, rows[-1][0] + 1))
        rows += added
        ids, told = zip(*(read + added), strict=True)
        begin = max(place for place, event in rows if isinstance(event, SessionStarted))
        recent = with_turn(recent, [place for place, _ in added], fresh)
        point = reading_point(ids, told, recent)
        tail, state_of = (point.tail, point.state) if point else (begin, ())
        read = [(place, event) for place, event in rows if place >= tail or place in state_of]
        tracker = DialogueStateTracker.from_events("c", [event for _, event in read], DOMAIN.slots)
        full = DialogueStateTracker.from_events("c", [event for place, event in rows if place >= begin], DOMAIN.slots)
        assert state(tracker) == state(full)
        assert recent[-1] == (f"m{number}", added[0][0], added[-1][0])


async def test_a_message_that_was_answered_finds_its_answer_and_only_that(store: CicTrackerStore) -> None:
    await add(store, session())
    for number in range(8):
        await add(store, turn(number, BotUttered(f"suite {number}", {"buttons": [{"title": "Oui", "payload": "oui"}]})))
    tracker = await store.retrieve("c")
    said = await store.answer_to(tracker, "m6")
    assert [message["text"] for message in said or ()] == ["réponse 6", "suite 6"]
    assert said is not None
    assert said[0]["custom"] == {"asks": None}
    assert said[1]["buttons"] == [{"title": "Oui", "payload": "oui"}]
    assert [await store.answer_to(tracker, unknown) for unknown in ("m8", "", "m0")] == [None, None, None]
    assert await store.answer_to(DialogueStateTracker("c", DOMAIN.slots), "m6") is None


async def test_of_two_turns_that_were_read_at_the_same_time_the_second_is_refused_and_done_again_sees_the_first(
    store: CicTrackerStore,
) -> None:
    await add(store, [*session(), *turn(0)])
    one, other = await store.retrieve("c"), await store.retrieve("c")
    one.update_with_events(turn(1, SlotSet("nom", "de l'un")), DOMAIN)
    other.update_with_events(turn(2, SlotSet("commune", "de l'autre")), DOMAIN)
    await store.save(one)
    with pytest.raises(OvertakenError):
        await store.save(other)
    await add(store, turn(2, SlotSet("commune", "de l'autre")))
    seen = await store.retrieve("c")
    assert (seen.get_slot("nom"), seen.get_slot("commune")) == ("de l'un", "de l'autre")
    whole = await store.retrieve_full_tracker("c")
    assert [event.text for event in whole.events if isinstance(event, UserUttered)] == ["message 0", "message 1", "message 2"]


async def test_of_two_first_turns_at_the_same_time_the_second_is_refused(store: CicTrackerStore) -> None:
    one, other = [await store.get_or_create_tracker("c", append_action_listen=False) for _ in range(2)]
    for tracker in (one, other):
        tracker.update_with_events([*session(), *turn(1)], DOMAIN)
    await store.save(one)
    with pytest.raises(OvertakenError):
        await store.save(other)
    assert await store.answer_to(await store.retrieve("c"), "m1") is not None


async def test_a_turn_that_is_cancelled_while_it_is_written_is_written_first(store: CicTrackerStore) -> None:
    tracker = await store.get_or_create_tracker("c", append_action_listen=False)
    tracker.update_with_events([*session(), *turn(0)], DOMAIN)
    with store.database.begin():
        saving = asyncio.create_task(store.save(tracker))
        await asyncio.sleep(0.05)
        saving.cancel()
        await asyncio.sleep(0.05)
        assert not saving.done()
    await saving
    assert (await store.retrieve("c")).latest_message.text == "message 0"


async def test_what_was_said_when_the_session_began_is_part_of_the_answer(store: CicTrackerStore) -> None:
    resumed = [ActionExecuted("action_session_start"), SessionStarted(), BotUttered("Nous reprenons."), ActionExecuted("action_listen")]
    await add(store, [*session(), *turn(0)])
    await add(store, [*resumed, *turn(1)])
    await add(store, turn(2))
    tracker = await store.retrieve("c")
    for number, texts in enumerate((["réponse 0"], ["Nous reprenons.", "réponse 1"], ["réponse 2"])):
        assert [message["text"] for message in await store.answer_to(tracker, f"m{number}") or ()] == texts


async def test_a_turn_saved_twice_is_kept_once(store: CicTrackerStore) -> None:
    tracker = await store.get_or_create_tracker("c", append_action_listen=False)
    tracker.update_with_events([*session(), *turn(0)], DOMAIN)
    await store.save(tracker)
    await store.save(tracker)
    tracker.update_with_events(turn(1), DOMAIN)
    await store.save(tracker)
    assert len((await store.retrieve_full_tracker("c")).events) == 3 + 2 * len(turn(0))


async def test_a_conversation_that_nobody_wrote_in_leaves_no_row(store: CicTrackerStore) -> None:
    await store.get_or_create_tracker("c")
    assert list(await store.keys()) == []
    assert await store.retrieve("c") is None
    assert not await store.exists("c")


async def test_a_deleted_conversation_is_gone_and_begins_anew(store: CicTrackerStore) -> None:
    for name in ("c", "d"):
        await add(store, [*session(), *turn(0)], name)
    await store.delete("c")
    assert list(await store.keys()) == ["d"]
    assert await store.retrieve_full_tracker("c") is None
    await add(store, [*session(), *turn(1)], "c")
    assert (await store.retrieve("c")).latest_message.text == "message 1"


async def test_a_turn_of_a_conversation_that_was_erased_and_begun_again_leaves_nothing(store: CicTrackerStore) -> None:
    await add(store, [*session(), *turn(0)])
    late = await store.retrieve("c")
    await store.delete("c")
    await add(store, [*session(), *turn(1)])
    late.update_with_events(turn(2), DOMAIN)
    await store.save(late)
    whole = await store.retrieve_full_tracker("c")
    assert [event.text for event in whole.events if isinstance(event, UserUttered)] == ["message 1"]


async def test_statements_for_a_message_are_few_and_none_reads_a_whole_conversation(store: CicTrackerStore) -> None:
    await add(store, [*session(), *turn(0)])
    seen: list[str] = []
    engine = store.database._engine
    sql_event.listen(engine, "before_cursor_execute", lambda _c, _cur, statement, *_: seen.append(statement))
    await add(store, turn(1, SlotSet("nom", "Awa")))
    assert len(seen) <= 8, seen
    with store.database.read() as connection:
        plans = [
            str(connection.exec_driver_sql("EXPLAIN QUERY PLAN " + text, ("c", *[1] * (text.count("?") - 1))).all())
            for text in seen
            if text.startswith("SELECT")
        ]
    assert plans
    assert not [plan for plan in plans if "SCAN" in plan], plans
