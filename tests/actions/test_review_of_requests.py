"""What reviewers see of a request that was made through the real form and kept by the real store."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sample_conversation import DOMAIN, CicTrackerStore, Played
from sqlalchemy import select

from bot.config import load_settings
from bot.review import model
from bot.review.indexing import QUIET, Indexer
from bot.storage import Database, conversations, events, exchanges, utc_now
from bot.web.turns import Turns

pytestmark = pytest.mark.anyio
OPENING = ("Je suis échevine à Lasne et je veux participer au Programme", "demande")
GIVEN = ("Awa Exempleton", "awa.exempleton@lasne.example", "+32 2 000 11 22")


async def play(*messages: tuple[str, str]) -> Database:
    store = CicTrackerStore(DOMAIN, host=load_settings().database_url)
    played = Played(store, Turns(store.database, utc_now), "conversation-1")
    for text, label in messages:
        await played.say(text, label, release="123456789012")
    Indexer(store.database).index_due(utc_now() + QUIET)
    return store.database


def shown(database: Database) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    with database.read() as connection:
        row = connection.execute(select(conversations)).mappings().one()
        said = connection.execute(select(exchanges).order_by(exchanges.c.number)).mappings()
        return dict(row), [dict(each) for each in said]


async def test_a_request_that_was_sent_shows_how_it_went_and_not_who_made_it(database: Database) -> None:
    opened = await play(OPENING, *((text, "") for text in GIVEN), ("oui", "affirmer"), ("oui", "affirmer"))
    row, said = shown(opened)
    assert (row["outcome"], row["priority"], row["exchanges"]) == (model.ROUTED, model.WAITING_REQUEST, 6)
    assert [each["asks"] for each in said] == ["nom", "email", "telephone", "confirmation", "consentement", None]
    assert [each["outcome"] for each in said] == [*[model.FORM] * 5, model.ROUTED]
    assert said[0]["slots"]["commune"] == "Lasne"
    assert {each["release"] for each in said} == {"123456789012"}
    with opened.read() as connection:
        kept = "".join(connection.execute(select(events.c.data)).scalars())
    assert "awa.exempleton@lasne.example" in kept
    text = json.dumps([row, said], ensure_ascii=False, default=str).lower()
    assert [secret for secret in ("awa", "exempleton", "lasne.example", "000 11 22", "0001122") if secret in text] == []
    opened.close()


async def test_a_request_that_is_left_is_abandoned_and_says_at_which_field(database: Database) -> None:
    opened = await play(OPENING, (GIVEN[0], ""))
    row, said = shown(opened)
    assert (row["outcome"], said[-1]["asks"]) == (model.ABANDONED, "email")
    opened.close()


async def test_a_citizen_is_declined(database: Database) -> None:
    opened = await play(("Je suis un simple citoyen de Mons et je veux participer", "demande"))
    row, said = shown(opened)
    assert (row["outcome"], said[0]["outcome"], said[0]["slots"]["dossier"]["profil"]) == (model.DECLINED, model.DECLINED, "autre")
    opened.close()
