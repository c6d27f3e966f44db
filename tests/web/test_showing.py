"""What the pages show follows the active release while the site is open."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from support.played_site import CONTENT, Clock, FakeMailWorker, FakeRasa, OpenSite
from support.releases import copy_project, reword
from support.waiting import wait_for

from bot.config import PROJECT, Settings
from bot.releases import Release, Releases
from bot.storage import Database, utc_now
from bot.web.app import create_app
from bot.web.showing import Content, Refresher, Showing

pytestmark = pytest.mark.anyio
HTML = {"Accept": "text/html"}
OLD, NEW = "C'était d'abord un projet pilote", "Au premier jour, un projet pilote"


@pytest.fixture
def database(tmp_path: Path) -> Database:
    opened = Database(f"sqlite:///{tmp_path / 'cic.sqlite'}")
    opened.create_all()
    return opened


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return copy_project(tmp_path / "project", b"a model")


@pytest.fixture
def machine(database: Database, tmp_path: Path) -> Callable[..., Releases]:
    return lambda project=PROJECT: Releases(database, tmp_path / "releases", utc_now, project)


def publish(machine: Callable[..., Releases], project: Path) -> Release:
    reword(project, OLD, NEW)
    published: Release = machine(project).publish()
    return published


def test_what_is_published_is_shown_and_what_was_before_comes_back(machine: Callable[..., Releases], project: Path) -> None:
    showing, running = Showing(CONTENT), machine()
    refresher = Refresher(running, showing)
    refresher.look()
    assert showing.content is CONTENT, "the working copy is shown already"
    publish(machine, project)
    refresher.look()
    assert NEW in said(showing.content)
    machine().activate(running.own().id)
    refresher.look()
    assert OLD in said(showing.content)


def test_a_release_that_cannot_be_read_leaves_what_is_shown(machine: Callable[..., Releases], project: Path) -> None:
    showing = Showing(CONTENT)
    reword(project, "\nphrases:", "\nphrase:")
    published, running = machine(project).publish(), machine()
    Refresher(running, showing).look()
    assert showing.content is CONTENT
    (row,) = running.running()
    assert (row.release, str(row.error).startswith(published.id)) == (running.own().id, True)
    assert row.process.endswith(":web")


def said(content: Content) -> str:
    return "\n".join(phrase.text for phrase in content.base.phrases.values()).replace("’", "'")


async def test_every_page_and_the_first_questions_follow(open_site: OpenSite, tmp_path: Path, project: Path) -> None:
    reword(project, "page: Le Programme de coopération internationale communale (CIC)", "page: La Page nouvelle")
    reword(project, OLD, NEW)
    new = Content.read(project)
    new = replace(new, suggestions=new.suggestions[1:])
    async with open_site() as site:
        pages = ("/", "/vie-privee", "/accessibilite", "/integrer", "/nulle-part")
        before = [(await site.client.get(page, headers=HTML)).text for page in pages]
        assert "La Page nouvelle" not in "".join(before)
        assert (await site.client.post("/api/session")).json()["suggestions"] == list(CONTENT.suggestions)
        site.showing.content = new
        after = [(await site.client.get(page, headers=HTML)).text for page in pages]
        asked = await site.client.post("/question", data={"message": "bonjour"})
        assert [page for page, text in zip(pages, after, strict=True) if "La Page nouvelle" not in text] == []
        assert NEW in after[0].replace("’", "'")
        assert "La Page nouvelle" in asked.text
        assert (await site.client.post("/api/session")).json()["suggestions"] == list(new.suggestions)


async def test_the_site_looks_by_itself_until_it_is_closed(
    machine: Callable[..., Releases], project: Path, database: Database, tmp_path: Path
) -> None:
    settings = Settings(tmp_path, f"sqlite:///{tmp_path / 'cic.sqlite'}", secret_key="a key for tests only")
    showing = Showing(CONTENT)
    app = create_app(settings, database, FakeRasa(), FakeMailWorker(), Clock(), showing, (Refresher(machine(), showing),))
    async with app.router.lifespan_context(app):
        await asyncio.to_thread(publish, machine, project)
        await asyncio.to_thread(wait_for, "the release is shown", lambda: NEW in said(showing.content), 20)
