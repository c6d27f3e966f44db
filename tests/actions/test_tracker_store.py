"""The stored conversation: masked in place, erased for good, and found again whatever the clock did."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sample_conversation import DOMAIN, Played
from sqlalchemy import delete, func, insert, select, text

from bot.intake.model import Dossier
from bot.privacy import MASKED, keep_promises, promise
from bot.storage import ERASE, MASK, Database, decisions, events, feedback, leads, trackers, turns, utc_now
from bot.web.turns import Turns
from bot.wiring import Services

# Behind sample_conversation, which imports Rasa without its warnings
from rasa.shared.core.events import ActionExecuted, SessionStarted, SlotSet, UserUttered  # isort: skip

from bot.rasa.tracker_store import CicTrackerStore  # isort: skip

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("served")]

NAME, ADDRESS, NUMBER = "Hélène Kwizera-Ngoma", "h.kwizera@commune-test.example", "+32 2 411 22 33"
SUBJECT = "nous voudrions des nouvelles de la maison du citoyen"
OPENING = "Bonjour, Kwizera ici (02 411 22 33), je suis échevine à Huy et je veux participer"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def store(served: Services) -> Iterator[CicTrackerStore]:
    opened = CicTrackerStore(DOMAIN)
    yield opened
    opened.database.close()


@pytest.fixture
def hers(store: CicTrackerStore, database: Database) -> Played:
    return Played(store, Turns(database, utc_now), "hers")


async def fill_in(played: Played) -> None:
    """A request up to its recap, and a change of the subject there."""
    typed = {"nom": NAME, "email": f"mon adresse, c'est {ADDRESS}", "telephone": NUMBER, "objet": "participer"}
    asks = await played.say(OPENING, "demande")
    while asks in typed:
        asks = await played.say(typed.pop(asks))
    assert asks == "confirmation"
    assert await played.say(f"l'objet est : {SUBJECT}") == "confirmation"


def rows(database: Database, conversation: str = "hers") -> list[Any]:
    columns = "id, type_name, timestamp, intent_name, action_name, data"
    with database.read() as connection:
        return connection.execute(text(f"SELECT {columns} FROM events WHERE sender_id = :c ORDER BY id"), {"c": conversation}).all()


def found_in_files(folder: Path, *words: str) -> list[str]:
    """Those of the words that stand in any file of the database, as text or as JSON writes it."""
    raw = b"".join(path.read_bytes() for path in folder.glob("cic.sqlite*")).lower()
    written = {word: (word.lower().encode(), json.dumps(word.lower())[1:-1].encode()) for word in words}
    return [word for word, forms in written.items() if any(form in raw for form in forms)]


def due(database: Database, kind: str, conversation: str = "hers") -> None:
    promise(database, conversation, kind, utc_now() - timedelta(seconds=1))


async def test_nothing_of_the_person_is_left_in_the_files_after_masking(hers: Played, database: Database, tmp_path: Path) -> None:
    await fill_in(hers)
    secrets = (NAME, "Hélène", "Kwizera", "Ngoma", ADDRESS, NUMBER, "02 411 22 33", "411 22", SUBJECT)
    assert found_in_files(tmp_path, *secrets) == list(secrets), "otherwise the test proves nothing"
    due(database, MASK)
    (kept,) = keep_promises(database, utc_now())
    assert kept.counts["events"] > 10
    assert kept.counts["turns"] == hers.number
    assert found_in_files(tmp_path, *secrets) == []
    assert found_in_files(tmp_path, "échevine à huy et je veux participer") != [], "what reviewers need stays"


async def test_masking_leaves_number_order_and_times_of_events_as_they_are(hers: Played, database: Database) -> None:
    await fill_in(hers)
    before = rows(database)
    due(database, MASK)
    keep_promises(database, utc_now())
    assert [row[:5] for row in rows(database)] == [row[:5] for row in before]


async def test_the_masked_conversation_is_loaded_and_goes_on(hers: Played, store: CicTrackerStore, database: Database) -> None:
    await fill_in(hers)
    due(database, MASK)
    keep_promises(database, utc_now())
    tracker = await store.retrieve("hers")
    assert tracker is not None
    left = Dossier.from_json(tracker.get_slot("dossier"))
    assert (left.number, left.asks, left.nom, left.email, left.telephone, left.objet) == (1, "confirmation", None, None, None, None)
    assert left.profile.function is not None
    assert left.profile.commune == "Huy"
    assert tracker.get_slot("nom") == MASKED
    stored = len(rows(database))
    await hers.say("mon nom est Awa Exemple")
    assert len(rows(database)) > stored
    assert (await store.retrieve("hers")).latest_message.text == "mon nom est Awa Exemple"


async def test_masking_twice_changes_nothing_the_second_time(hers: Played, database: Database) -> None:
    await fill_in(hers)
    for expected in (True, False):
        due(database, MASK)
        (kept,) = keep_promises(database, utc_now())
        assert any(kept.counts.values()) is expected


async def test_a_message_beginning_with_a_slash_leaves_no_copy(hers: Played, database: Database, tmp_path: Path) -> None:
    assert await hers.say(OPENING, "demande") == "nom"
    await hers.say("/Kwizera-Introuvable", original="/Kwizera-Introuvable")
    due(database, MASK)
    keep_promises(database, utc_now())
    assert found_in_files(tmp_path, "Introuvable") == []


async def test_comments_and_recorded_profiles_are_masked_too_and_leads_stay(hers: Played, database: Database, served: Services) -> None:
    await fill_in(hers)
    tracker = await hers.store.retrieve("hers")
    dossier = Dossier.from_json(tracker.get_slot("dossier"))
    served.desk.routing.submit(served.desk.request("hers", dossier))
    common = {"conversation": "hers", "created_at": utc_now()}
    with database.begin() as connection:
        connection.execute(insert(feedback).values(**common, message_id="a1", useful=True, comment="Merci, Hélène Kwizera, 0470 12 34 56"))
        row = {"request_key": "k", "verdict": "v", "rule": "r", "rule_version": "1", "reason": "r"}
        connection.execute(insert(decisions).values(**common, **row, profile={"function": f"échevine, {NAME}"}))
    due(database, MASK)
    keep_promises(database, utc_now())
    with database.read() as connection:
        assert connection.execute(select(feedback.c.comment)).scalar() == f"Merci, {MASKED} {MASKED}, {MASKED}"
        assert {"function": f"échevine, {MASKED}"} in connection.execute(select(decisions.c.profile)).scalars().all()
        assert connection.execute(select(leads.c.nom, leads.c.email)).all() == [(dossier.nom, ADDRESS)]


async def test_other_conversations_are_left_alone(hers: Played, database: Database) -> None:
    other = Played(hers.store, hers.turns, "other")
    await fill_in(hers)
    await fill_in(other)
    before = rows(database, "other")
    due(database, MASK)
    keep_promises(database, utc_now())
    assert rows(database, "other") == before
    due(database, ERASE)
    keep_promises(database, utc_now())
    assert rows(database, "other") == before
    assert rows(database) == []


async def test_nothing_of_an_erased_conversation_is_left_in_the_files(hers: Played, database: Database, tmp_path: Path) -> None:
    await fill_in(hers)
    due(database, ERASE)
    keep_promises(database, utc_now())
    assert found_in_files(tmp_path, "Hélène", "Kwizera", ADDRESS, "411 22 33", SUBJECT, "échevine à huy", "je veux participer") == []


async def test_a_turn_that_is_under_way_during_an_erasure_writes_nothing_back(hers: Played, database: Database, tmp_path: Path) -> None:
    await fill_in(hers)
    tracker = await hers.begin("oui, Kwizera")
    due(database, ERASE)
    keep_promises(database, utc_now())
    hers.end(tracker, [], [])
    await hers.store.save(tracker)
    assert rows(database) == []
    assert found_in_files(tmp_path, "Kwizera") == []


async def test_after_an_erasure_the_next_message_starts_afresh(hers: Played, store: CicTrackerStore, database: Database) -> None:
    await fill_in(hers)
    due(database, ERASE)
    keep_promises(database, utc_now())
    assert await store.retrieve("hers") is None
    assert await hers.say("je suis bourgmestre de Huy et je veux participer", "demande") == "nom"
    tracker = await store.retrieve("hers")
    assert tracker is not None
    assert tracker.get_slot("dossier")["number"] == 1


async def test_an_erasure_that_is_not_yet_committed_is_waited_for(hers: Played, database: Database) -> None:
    await fill_in(hers)
    tracker = await hers.begin("oui")
    hers.end(tracker, [], [])
    begun, saving = threading.Event(), threading.Event()

    def erase_slowly() -> None:
        with database.begin() as connection:
            connection.execute(delete(trackers))
            connection.execute(delete(events))
            begun.set()
            saving.wait(5)
            time.sleep(0.3)

    eraser = threading.Thread(target=erase_slowly)
    eraser.start()
    begun.wait(5)
    saving.set()
    await hers.store.save(tracker)
    eraser.join()
    assert rows(database) == []


async def test_a_turn_that_is_under_way_during_a_masking_is_kept(hers: Played, database: Database) -> None:
    await fill_in(hers)
    tracker = await hers.begin("oui")
    stored = len(rows(database))
    due(database, MASK)
    keep_promises(database, utc_now())
    hers.end(tracker, [], [])
    await hers.store.save(tracker)
    assert len(rows(database)) == stored + 4


def session(at: float, word: str) -> list[Any]:
    return [
        ActionExecuted("action_session_start", timestamp=at),
        SessionStarted(timestamp=at + 0.1),
        ActionExecuted("action_listen", timestamp=at + 0.2),
        UserUttered(word, timestamp=at + 0.3),
        SlotSet("nom", word, timestamp=at + 0.4),
    ]


async def keep_sessions(store: CicTrackerStore, *starts: float) -> None:
    """Sessions of one conversation, each begun by a message as Rasa does it."""
    for place, at in enumerate(starts):
        tracker = await store.get_or_create_tracker("c", append_action_listen=False)
        tracker.update_with_events(session(at, f"message {place}"), DOMAIN, override_timestamp=False)
        await store.save(tracker)


async def test_a_clock_set_back_hides_neither_the_latest_session_nor_what_follows(store: CicTrackerStore, database: Database) -> None:
    await keep_sessions(store, 5000.0, 1000.0)
    tracker = await store.retrieve("c")
    assert [event.text for event in tracker.events if isinstance(event, UserUttered)] == ["message 1"]
    tracker.update_with_events([UserUttered("encore", timestamp=900.0)], DOMAIN, override_timestamp=False)
    await store.save(tracker)
    again = await store.retrieve("c")
    assert [event.text for event in again.events if isinstance(event, UserUttered)] == ["message 1", "encore"]
    assert again.get_slot("nom") == "message 1"
    assert len(rows(database, "c")) == 11


async def test_the_whole_conversation_is_still_found(store: CicTrackerStore) -> None:
    await keep_sessions(store, 5000.0, 1000.0)
    whole = await store.retrieve_full_tracker("c")
    assert len(whole.events) == 10


async def test_masking_four_hundred_events_takes_less_than_a_tenth_of_a_second(hers: Played, database: Database) -> None:
    await fill_in(hers)
    while len(rows(database)) < 400:
        await hers.say("mon nom est Hélène Kwizera-Ngoma")
    taken = []
    for _ in range(3):
        copies = [dict(row) for row in rows(database)]
        due(database, MASK)
        begun = time.perf_counter()
        keep_promises(database, utc_now())
        taken.append(time.perf_counter() - begun)
        with database.begin() as connection:
            for row in copies:
                connection.execute(events.update().where(events.c.id == row["id"]).values(data=row["data"]))
    assert min(taken) < 0.1
    with database.read() as connection:
        assert connection.execute(select(func.count()).select_from(turns)).scalar() > 20
