"""What a turn promises to forget is forgotten right behind it, and what is erased does not come back."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select
from support.played_site import Clock, FakeMailWorker, FakeRasa, Site, say

from bot.privacy import MASKED, promise
from bot.storage import ERASE, MASK, Database, erasures, forgetting, turns
from bot.web.conversations import Conversations
from bot.web.metrics import Metrics
from bot.web.turns import Turns

pytestmark = pytest.mark.anyio


def kept(site: Site) -> list[tuple[int, str]]:
    with site.database.read() as connection:
        return [tuple(row) for row in connection.execute(select(turns.c.number, turns.c.user_text).order_by(turns.c.id))]


@asynccontextmanager
async def under_way(site: Site, message: str, session: str, **more: object) -> AsyncIterator[str]:
    """While Rasa handles the message; gives the conversation's id. The answer has to be what Rasa says."""
    asked = len(site.rasa.asked)
    site.rasa.gate = asyncio.Event()
    site.rasa.replies = [say("Entendu.", asks=None)]
    answered = asyncio.create_task(site.chat(message, session, **more))
    while len(site.rasa.asked) == asked:
        await asyncio.sleep(0.01)
    yield site.rasa.asked[-1][0]
    site.rasa.gate.set()
    response = await answered
    assert [said["text"] for said in response.json()["messages"]] == ["Entendu."]


async def promising(site: Site, kind: str, due_at: datetime, message: str, session: str, **more: object) -> None:
    """A message in whose turn the action server promises to forget."""
    async with under_way(site, message, session, **more) as conversation:
        promise(site.database, conversation, kind, due_at)


async def test_after_an_erasure_its_own_turn_is_gone_too_and_the_person_has_the_answer(site: Site) -> None:
    session = await site.session()
    other = await site.session()
    await promising(site, ERASE, site.clock.now, "effacez mes données", session)
    assert kept(site) == [(1, "bonjour")], "the other conversation"
    history = await site.client.get("/api/chat/history", headers={"Authorization": f"Bearer {session}"})
    assert history.json()["messages"] == []
    assert (await site.client.get("/api/chat/history", headers={"Authorization": f"Bearer {other}"})).json()["messages"] != []


async def test_an_erasure_sent_again_under_its_id_is_handled_as_a_new_message(site: Site) -> None:
    session = await site.session()
    await promising(site, ERASE, site.clock.now, "effacez mes données", session, id="m1")
    site.rasa.replies = [say("Je n'ai rien de vous.")]
    again = await site.chat("effacez mes données", session, id="m1")
    assert again.json()["messages"][0]["text"] == "Je n'ai rien de vous."
    assert kept(site) == [(1, "effacez mes données")]


async def test_a_request_that_ends_without_consent_is_masked_with_its_last_turn(site: Site) -> None:
    session = await site.session()
    site.rasa.replies = [say("Quel est votre nom ?", asks="nom"), say("Votre adresse ?", asks="email")]
    await site.chat("je suis échevine", session)
    await site.chat("Claire Dumont", session)
    await promising(site, MASK, site.clock.now, "laissez tomber, Claire", session)
    assert [text for _, text in kept(site)] == ["bonjour", "je suis échevine", MASKED, MASKED]
    with site.database.read() as connection:
        assert connection.execute(select(erasures.c.kind)).scalars().all() == [MASK]


async def test_what_is_due_later_stays_until_then(site: Site) -> None:
    session = await site.session()
    await promising(site, MASK, site.clock.now + timedelta(hours=4), "0470 12 34 56", session)
    assert kept(site)[-1] == (2, "0470 12 34 56")
    site.clock.advance(hours=5)
    await site.chat("bonjour", session)
    assert kept(site)[1:] == [(2, MASKED), (3, "bonjour")]


async def test_a_turn_that_is_under_way_while_the_conversation_is_erased_elsewhere_is_not_kept(site: Site) -> None:
    session = await site.session()
    async with under_way(site, "Claire Dumont", session) as conversation:
        with site.database.begin() as connection:
            connection.execute(turns.delete().where(turns.c.conversation == conversation))
    assert kept(site) == []
    await site.chat("bonjour", session)
    assert kept(site) == [(1, "bonjour")]


async def test_the_first_turn_of_a_conversation_is_kept(site: Site) -> None:
    await site.chat("bonjour")
    assert kept(site) == [(1, "bonjour")]


class BrokenTurns(Turns):
    def forget(self, conversation: str) -> None:
        raise RuntimeError("Claire Dumont")


async def test_a_failure_to_forget_costs_nobody_the_answer_and_is_counted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    database = Database(f"sqlite:///{tmp_path / 'cic.sqlite'}")
    database.create_all()
    metrics = Metrics(database)
    conversations = Conversations(BrokenTurns(database, Clock()), FakeRasa(), FakeMailWorker(), metrics)
    with caplog.at_level(logging.INFO):
        answer = await conversations.answer("c1", "bonjour", None)
    assert answer["messages"][0]["text"] == "Vous dites : bonjour"
    assert metrics.registry.get_sample_value("cic_errors_total", {"kind": "forgetting"}) == 1
    assert "c1" in caplog.text
    assert "Claire" not in caplog.text
    database.close()


async def test_looking_for_a_promise_takes_less_than_a_millisecond(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'cic.sqlite'}")
    database.create_all()
    clock = Clock()
    rows = [{"conversation": f"c{number}", "kind": MASK, "due_at": clock.now + timedelta(hours=1)} for number in range(20_000)]
    with database.begin() as connection:
        connection.execute(insert(forgetting), rows)
    found, taken = Turns(database, clock), []
    for _ in range(20):
        begun = time.perf_counter()
        found.forget("c7")
        taken.append(time.perf_counter() - begun)
    assert min(taken) < 0.001
    database.close()
