"""What reviewers ask for keeps nobody waiting who chats; and each file that leaves is written down."""

from __future__ import annotations

import threading

import anyio
import pytest
from support.played_site import Site
from support.reviewer import reviewer

from bot.review.gaps import GapFinder
from bot.review.journal import EXPORTED, Journal
from bot.review.model import Role
from bot.web.review.threads import HEAVY, MOST_WAITING

pytestmark = pytest.mark.anyio
CROWD = 30


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Grouping waits until it is told to go on."""
    told, find = threading.Event(), GapFinder.find

    def waiting(finder: GapFinder, *arguments: object) -> object:
        assert told.wait(20)
        return find(finder, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(GapFinder, "find", waiting)
    return told


async def test_a_crowd_of_readers_keeps_no_visitor_waiting_and_is_told_to_come_later(site: Site, slow: threading.Event) -> None:
    me = reviewer(site, Role.LECTEUR)
    statuses: list[int] = []

    async def ask(day: int) -> None:
        statuses.append((await me.get(f"/revue/lacunes?du=2026-01-{day:02}")).status_code)

    async with anyio.create_task_group() as crowd:
        for day in range(1, CROWD + 1):
            crowd.start_soon(ask, day)
        with anyio.fail_after(15):
            while len(statuses) < CROWD - HEAVY - MOST_WAITING:
                await anyio.sleep(0.01)
        assert (await site.chat("bonjour")).status_code == 200
        assert (await me.get("/revue")).status_code == 200
        slow.set()
    assert sorted(statuses) == [200] * (HEAVY + MOST_WAITING) + [503] * (CROWD - HEAVY - MOST_WAITING)


async def test_recorded_tests_that_leave_are_written_down(site: Site) -> None:
    assert (await reviewer(site).get("/revue/corrections/tests.jsonl")).status_code == 200
    (deed,) = Journal(site.database, site.clock).latest(5)
    assert (deed["who"], deed["what"], deed["target"]) == ("Ines", EXPORTED, "tests")
