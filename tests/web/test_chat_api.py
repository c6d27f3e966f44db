"""POST /api/chat: one message, one answer, handled once."""

from __future__ import annotations

import asyncio
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from sqlalchemy.engine import Connection
from support.played_site import SOURCE, OpenSite, Site, say

from bot.errors import StorageError
from bot.rasa_client import InterruptedHandlingError, NotReadyError, Reply
from bot.storage import Database
from bot.text import typeset

pytestmark = pytest.mark.anyio


class FailingDatabase(Database):
    """A database that refuses to write, or to do anything, when told to."""

    writes = True
    reads = True

    def begin(self) -> AbstractContextManager[Connection]:
        if not self.writes:
            raise StorageError("away")
        return super().begin()

    def read(self) -> AbstractContextManager[Connection]:
        if not self.reads:
            raise StorageError("away")
        return super().read()


@pytest.fixture
def failing(tmp_path: Path) -> FailingDatabase:
    database = FailingDatabase(f"sqlite:///{tmp_path / 'failing.sqlite'}")
    database.create_all()
    return database


async def test_an_answer_has_the_shape_of_the_contract(site: Site) -> None:
    buttons = [{"title": "Par pays", "value": "le budget par pays"}]
    site.rasa.replies = [say("Le budget est de …", asks="nom", outcome="declined", buttons=buttons, source=SOURCE)]
    response = await site.chat("c'est combien ?")
    body = response.json()
    assert response.status_code == 200
    assert set(body) == {"session", "messages", "asks", "outcome"}
    message = body["messages"][0]
    assert message == {"id": message["id"], "text": "Le budget est de …", "buttons": buttons, "source": SOURCE}
    assert (body["asks"], body["outcome"]) == ("nom", "declined")


async def test_every_message_has_an_id_of_its_own(site: Site) -> None:
    site.rasa.replies = [say("un", "deux"), say("trois")]
    first = (await site.chat("a")).json()
    second = (await site.chat("b", first["session"])).json()
    ids = [message["id"] for body in (first, second) for message in body["messages"]]
    assert len(set(ids)) == 3


async def test_a_session_continues_its_conversation_and_keeps_its_token(site: Site) -> None:
    session = await site.session()
    again = (await site.chat("et au Maroc ?", session)).json()["session"]
    assert again == session
    assert site.rasa.asked[0][0] == site.rasa.asked[1][0]


async def test_two_clients_have_two_conversations(site: Site) -> None:
    assert await site.session() != await site.session()
    assert site.rasa.asked[0][0] != site.rasa.asked[1][0]


FORGED = {"empty": "", "text": "forged", "signed by nobody": "WyJhIiwxXQ.abc", "accents": "é.é.é", "long": "x" * 5000}


@pytest.mark.parametrize("token", FORGED.values(), ids=FORGED)
async def test_a_forged_session_starts_a_new_conversation(site: Site, token: str) -> None:
    response = await site.chat("bonjour", token)
    assert response.status_code == 200
    assert response.json()["session"] != token


async def test_a_session_of_another_key_starts_a_new_conversation(site: Site, open_site: OpenSite) -> None:
    session = await site.session()
    async with open_site(secret_key="another key for tests") as other:
        assert (await other.chat("bonjour", session)).json()["session"] != session


async def test_a_session_expires_after_thirty_days_of_silence(site: Site) -> None:
    session = await site.session()
    site.clock.advance(days=30, seconds=1)
    await site.chat("bonjour", session)
    assert site.rasa.asked[1][0] != site.rasa.asked[0][0]


async def test_a_session_in_use_is_renewed_and_does_not_expire(site: Site) -> None:
    session = await site.session()
    for _ in range(3):
        site.clock.advance(days=20)
        session = (await site.chat("bonjour", session)).json()["session"]
    assert len({conversation for conversation, _, _ in site.rasa.asked}) == 1


async def test_the_same_id_gets_the_stored_answer_and_is_not_handled_twice(site: Site) -> None:
    session = await site.session()
    first = await site.chat("oui", session, id="m1")
    again = await site.chat("oui", session, id="m1")
    assert again.json() == first.json()
    assert [message for _, message, _ in site.rasa.asked] == ["bonjour", "oui"]


async def test_the_stored_answer_survives_the_web_process(site: Site, open_site: OpenSite) -> None:
    session = await site.session()
    first = await site.chat("oui", session, id="m1")
    async with open_site() as restarted:
        assert (await restarted.chat("oui", session, id="m1")).json() == first.json()
        assert restarted.rasa.asked == []


async def test_the_same_id_in_another_session_is_another_message(site: Site) -> None:
    for session in (await site.session(), await site.session()):
        await site.chat("oui", session, id="m1")
    assert [message for _, message, _ in site.rasa.asked].count("oui") == 2


async def test_the_same_id_at_the_same_time_is_handled_once(site: Site) -> None:
    session = await site.session()
    site.rasa.gate = asyncio.Event()
    both = [asyncio.create_task(site.chat("oui", session, id="m1")) for _ in range(2)]
    while len(site.rasa.asked) < 2:
        await asyncio.sleep(0.01)
    site.rasa.gate.set()
    first, second = await asyncio.gather(*both)
    assert first.json() == second.json()
    assert len(site.rasa.asked) == 2


async def test_the_same_id_in_two_web_processes_gets_one_answer(site: Site, open_site: OpenSite) -> None:
    session = await site.session()
    async with open_site() as other:
        site.rasa.gate = other.rasa.gate = asyncio.Event()
        both = [asyncio.create_task(one.chat("oui", session, id="m1")) for one in (site, other)]
        while len(site.rasa.asked) + len(other.rasa.asked) < 3:
            await asyncio.sleep(0.01)
        site.rasa.gate.set()
        first, second = await asyncio.gather(*both)
    assert first.json() == second.json()


async def test_messages_of_one_conversation_are_handled_one_after_the_other(site: Site) -> None:
    session = await site.session()
    site.rasa.gate = asyncio.Event()
    both = [asyncio.create_task(site.chat(text, session)) for text in ("un", "deux")]
    await asyncio.sleep(0.2)
    assert len(site.rasa.asked) == 2
    site.rasa.gate.set()
    await asyncio.gather(*both)
    assert len(site.rasa.asked) == 3


async def test_the_client_s_id_goes_to_rasa_so_that_rasa_knows_it_again(site: Site) -> None:
    await site.chat("bonjour", id="m1")
    assert site.rasa.asked[0][2] == "m1"


async def test_a_qualified_request_wakes_the_mail_worker(site: Site) -> None:
    site.rasa.replies = [say("Transmise.", outcome="qualified"), say("Bonjour.")]
    await site.chat("oui")
    await site.chat("bonjour")
    assert site.mail_worker.notified == 1


async def test_the_turn_that_erases_a_conversation_is_not_kept_and_says_the_same_when_it_is_sent_again(site: Site) -> None:
    erased = Reply(({"text": "Tout est effacé.", "buttons": [], "source": None},), erased=True)
    site.rasa.replies = [say("Bonjour."), erased, erased]
    session = await site.session()
    said = [(await site.chat("effacez tout", session, id="m1")).json()["messages"][0]["text"] for _ in range(2)]
    assert said == ["Tout est effacé.", "Tout est effacé."]
    assert [asked[2] for asked in site.rasa.asked[1:]] == ["m1", "m1"], "Rasa knows it by its id"
    history = (await site.client.get("/api/chat/history", headers={"Authorization": f"Bearer {session}"})).json()
    assert "effacez tout" not in str(history)
    assert [message["text"] for message in history["messages"]][-1] == "Bonjour."


@pytest.mark.parametrize(
    "reply",
    [Reply(failed=True), Reply(), Reply(({"text": "à moitié"},), failed=True), InterruptedHandlingError("cut")],
    ids=["failed", "nothing said", "half said", "interrupted"],
)
async def test_a_message_that_was_not_handled_gets_an_honest_answer_and_the_field_stays(site: Site, reply: Reply | Exception) -> None:
    site.rasa.replies = [say("Votre nom ?", asks="nom"), reply]
    session = await site.session()
    body = (await site.chat("Awa", session)).json()
    (message,) = body["messages"]
    assert message["text"].startswith(typeset("Je n'ai pas pu traiter votre dernier message. Pouvez-vous l'envoyer à nouveau ?"))
    assert (body["asks"], body["outcome"], message["source"]) == ("nom", None, None)


async def test_an_assistant_that_is_not_ready_is_a_503_that_names_what_is_missing(site: Site) -> None:
    site.rasa.replies = [NotReadyError(("rasa",))]
    response = await site.chat("bonjour", id="m1")
    assert response.status_code == 503
    assert response.json()["missing"] == ["rasa"]
    assert response.json()["error"]
    assert response.headers["Retry-After"]


async def test_a_message_refused_by_a_503_is_handled_when_it_is_sent_again(site: Site) -> None:
    session = await site.session()
    site.rasa.replies = [NotReadyError(("rasa",)), say("Me revoilà.")]
    await site.chat("oui", session, id="m1")
    assert (await site.chat("oui", session, id="m1")).json()["messages"][0]["text"] == "Me revoilà."


async def test_a_database_that_is_away_is_a_503_and_nothing_is_handled(open_site: OpenSite, failing: FailingDatabase) -> None:
    async with open_site(database=failing) as site:
        failing.reads = False
        response = await site.chat("bonjour")
        assert (response.status_code, response.json()["missing"]) == (503, ["database"])
        assert site.rasa.asked == []


async def test_an_answer_that_cannot_be_kept_is_given_all_the_same(open_site: OpenSite, failing: FailingDatabase) -> None:
    async with open_site(database=failing) as site:
        failing.writes = False
        response = await site.chat("bonjour", id="m1")
        assert (response.status_code, response.json()["messages"][0]["text"]) == (200, "Vous dites : bonjour")
