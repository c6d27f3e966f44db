"""Who reviews and is refused reads why in the review application, and comes back to where they were."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from support.played_site import Site
from support.reviewer import reviewer, store_conversation

pytestmark = pytest.mark.anyio
HTML = {"accept": "text/html"}


async def test_a_refusal_leads_back_to_the_page_it_came_from(site: Site) -> None:
    store_conversation(site.database, "c1", [{}])
    ines = reviewer(site)
    came_from = "http://assistant.example/revue/conversations/c1?etat=tout"
    response = await ines.post("/revue/conversations/c1/demasquer", {"raison": "x"}, referer=came_from, **HTML)
    assert response.status_code == 422
    assert "Revue des conversations</title>" in response.text
    assert 'href="/revue/conversations/c1?etat=tout">Revenir' in response.text


ELSEWHERE = ["https://evil.example/x", "javascript:alert(1)", "http://assistant.example//evil.example", "http://[", ""]


@pytest.mark.parametrize("elsewhere", ELSEWHERE)
async def test_it_leads_nowhere_else(site: Site, elsewhere: str) -> None:
    ines = reviewer(site)
    response = await ines.get("/revue/conversations/inconnue", referer=elsewhere, **HTML)
    assert (response.status_code, 'href="/revue">Revenir' in response.text) == (404, True)


async def test_what_breaks_is_told_without_asking_for_a_message(site: Site) -> None:
    ines = reviewer(site)
    with site.database.begin() as connection:
        connection.execute(text("DROP TABLE saved_filters"))
    response = await ines.get("/revue", **HTML)
    assert response.status_code >= 500
    assert "message à nouveau" not in response.text
    assert 'href="/revue">Revenir' in response.text


async def test_visitors_keep_their_own_page(site: Site) -> None:
    response = await site.client.get("/revues", headers=HTML)
    assert (response.status_code, "Aller à l’accueil" in response.text) == (404, True)
