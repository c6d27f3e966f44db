"""GET /api/chat/history and POST /api/feedback."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from support.played_site import SOURCE, Site, say

from bot.storage import feedback

pytestmark = pytest.mark.anyio


async def history(site: Site, token: str) -> Any:
    return await site.client.get("/api/chat/history", headers={"Authorization": f"Bearer {token}"})


async def judge(site: Site, **body: object) -> Any:
    return await site.client.post("/api/feedback", json=body)


async def test_history_gives_the_conversation_back_in_order(site: Site) -> None:
    site.rasa.replies = [say("Bonjour.", source=SOURCE), say("Votre nom ?", "Merci.", asks="nom")]
    session = await site.session()
    await site.chat("je veux participer", session)
    body = (await history(site, session)).json()
    said = [(message["from"], message["text"]) for message in body["messages"]]
    assert said == [
        ("user", "bonjour"),
        ("assistant", "Bonjour."),
        ("user", "je veux participer"),
        ("assistant", "Votre nom ?"),
        ("assistant", "Merci."),
    ]
    assert body["messages"][1]["source"] == SOURCE
    assert (body["session"], body["asks"], body["outcome"]) == (session, "nom", None)


async def test_history_has_the_same_messages_as_the_answers_had(site: Site) -> None:
    answered = (await site.chat("bonjour")).json()
    body = (await history(site, answered["session"])).json()
    assert [{k: v for k, v in message.items() if k != "from"} for message in body["messages"][1:]] == answered["messages"]


async def test_history_names_a_message_as_its_client_did_and_says_what_was_judged_and_asked(site: Site) -> None:
    site.rasa.replies = [say("Bonjour."), say("Merci.", "Votre nom ?", asks="nom")]
    answered = (await site.chat("bonjour", id="m1")).json()
    session = answered["session"]
    await site.chat("je veux participer", session)
    await judge(site, session=session, id=answered["messages"][0]["id"], useful=False)
    body = (await history(site, session)).json()
    mine, first, _, *asked = body["messages"]
    assert (mine["id"], body["judged"]) == ("m1", {first["id"]: False})
    assert body["asked"] == [message["id"] for message in asked]


async def test_a_session_may_begin_before_the_first_message(site: Site) -> None:
    body = (await site.client.post("/api/session")).json()
    assert (body["retention_days"], body["missing"]) == (site.settings.retention_days, [])
    assert {"title", "value"} == set(body["suggestions"][0])
    answered = (await site.chat("bonjour", body["session"], id="m1")).json()
    again = (await site.chat("bonjour", body["session"], id="m1")).json()
    assert answered == again
    assert answered["session"] == body["session"]
    assert len(site.rasa.asked) == 1


async def test_a_session_says_what_is_not_ready(site: Site) -> None:
    site.rasa.away = ("rasa",)
    assert (await site.client.post("/api/session")).json()["missing"] == ["rasa"]


async def test_history_never_shows_another_conversation(site: Site) -> None:
    first, second = await site.session(), await site.session()
    await site.chat("secret", first)
    assert "secret" not in (await history(site, second)).text


@pytest.mark.parametrize("header", [None, "Bearer", "Bearer forged", "Basic abc", "forged"])
async def test_history_without_a_known_session_is_refused(site: Site, header: str | None) -> None:
    response = await site.client.get("/api/chat/history", headers={"Authorization": header} if header else {})
    assert response.status_code == 401
    assert response.json()["error"]


async def test_a_judgement_is_kept_and_a_later_one_replaces_it(site: Site) -> None:
    answered = (await site.chat("bonjour")).json()
    known = {"session": answered["session"], "id": answered["messages"][0]["id"]}
    assert (await judge(site, **known, useful=True)).status_code == 200
    assert (await judge(site, **known, useful=False, comment="Pas \x00clair\u202e.")).status_code == 200
    with site.database.read() as connection:
        rows = connection.execute(select(feedback.c.message_id, feedback.c.useful, feedback.c.comment)).all()
    assert rows == [(known["id"], False, "Pas clair.")]


async def test_a_message_of_another_conversation_cannot_be_judged(site: Site) -> None:
    mine, other = (await site.chat("bonjour")).json(), await site.session()
    assert (await judge(site, session=other, id=mine["messages"][0]["id"], useful=True)).status_code == 404


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"session": "forged"}, 401),
        ({"session": None}, 422),
        ({"session": 5}, 422),
        ({"id": None}, 422),
        ({"id": ["x"]}, 422),
        ({"id": "unknown"}, 404),
        ({"useful": None}, 422),
        ({"useful": "true"}, 422),
        ({"useful": 1}, 422),
        ({"comment": 3}, 422),
        ({"comment": "x" * 2001}, 413),
    ],
    ids=str,
)
async def test_a_wrong_judgement_is_refused_with_a_sentence(site: Site, changes: dict[str, object], status: int) -> None:
    answered = (await site.chat("bonjour")).json()
    good = {"session": answered["session"], "id": answered["messages"][0]["id"], "useful": True}
    response = await judge(site, **(good | changes))
    assert response.status_code == status
    assert response.json()["error"]
