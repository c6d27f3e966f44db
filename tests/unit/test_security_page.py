"""docs/securite.md says what is: the versions of uv.lock, the limits of the code, the headers that are sent."""

from __future__ import annotations

import re
import sys

import pytest

from bot.channels.model import DELIVERY_BYTES
from bot.channels.slack import SlackConnector
from bot.channels.teams import TeamsConnector
from bot.channels.telegram import TelegramConnector
from bot.channels.twilio import SmsConnector
from bot.config import PROJECT
from bot.rasa_client import HANDLING_SECONDS
from bot.text import NBSP, NNBSP, typeset
from bot.web.__main__ import IDLE_SECONDS
from bot.web.bodies import BODY_BYTES, BODY_SECONDS, MESSAGE_CHARACTERS
from bot.web.connections import CONNECTIONS, HEAD_BYTES, REQUEST_BYTES, REQUEST_SECONDS, SPARE_FILES
from bot.web.edge import HEADERS
from bot.web.webhooks import IN_FLIGHT_BYTES

PAGE = (PROJECT / "docs" / "securite.md").read_text("utf-8")
LOCK = (PROJECT / "uv.lock").read_text("utf-8")
LOCKED = dict(re.findall(r'^name = "([^"]+)"\nversion = "([^"]+)"', LOCK, re.MULTILINE))
PROSE = re.sub(r"`[^`\n]*`", "x", PAGE)
PLAIN = PAGE.replace(NBSP, " ").replace(NNBSP, " ")


def table(title: str) -> list[list[str]]:
    """The rows of the table under a title, without its head."""
    part = re.split(r"^## ", PAGE.split(f"\n## {title}\n")[1], flags=re.MULTILINE)[0]
    rows = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in part.splitlines() if line.startswith("|")]
    return rows[2:]


HELD_BACK = {row[0]: row for row in table("Bibliothèques retenues")}


def test_the_table_is_found_and_names_no_package_twice() -> None:
    assert len(HELD_BACK) == len(table("Bibliothèques retenues")) > 30


@pytest.mark.parametrize("name", HELD_BACK)
def test_each_package_stands_there_in_the_version_of_the_lock(name: str) -> None:
    assert HELD_BACK[name][1] == LOCKED[name]


@pytest.mark.parametrize("name", HELD_BACK)
def test_each_package_has_an_answer_to_every_question(name: str) -> None:
    assert len(HELD_BACK[name]) == 7
    assert all(HELD_BACK[name])


OF_CHANNELS = {row[0]: row for row in table("Bibliothèques des canaux")}


@pytest.mark.parametrize("name", OF_CHANNELS)
def test_the_libraries_of_the_channels_stand_there_in_the_version_of_the_lock(name: str) -> None:
    assert OF_CHANNELS[name][1] == LOCKED[name]


def test_every_library_that_the_channels_import_stands_there() -> None:
    ours = {path.read_text("utf-8") for path in (PROJECT / "bot").rglob("*.py") if path.parent.name == "channels"}
    imported = {name for text in ours for name in re.findall(r"^ *(?:from|import) (\w+)", text, re.MULTILINE)}
    known = {"aiohttp", "aiosmtplib", "anyio", "bot", "sqlalchemy"} | set(sys.stdlib_module_names)
    assert imported - known == OF_CHANNELS.keys()


def test_what_the_public_reaches_is_locked() -> None:
    named = re.search(r"ce que le public atteint \(([^)]*)\)", PAGE)
    assert named
    assert set(named[1].split(", ")) <= LOCKED.keys()


def test_the_lock_knows_one_index_and_a_hash_for_each_file() -> None:
    assert set(re.findall(r'registry = "([^"]+)"', LOCK)) == {"https://pypi.org/simple"}
    files = re.findall(r"^ *(?:sdist = )?\{ url = .*$", LOCK, re.MULTILINE)
    assert files
    assert [line for line in files if 'hash = "sha256:' not in line] == []


@pytest.mark.parametrize("name", HEADERS)
def test_every_header_that_is_sent_stands_there(name: str) -> None:
    assert f"| `{name}` |" in PAGE


(OTHERS,) = {one.delivery_bytes // 1024 for one in (TelegramConnector, SlackConnector, TeamsConnector)}
LIMITS = {
    "a message": f"| {MESSAGE_CHARACTERS:,} caractères |".replace(",", " "),
    "a body": f"| {BODY_BYTES // 1024} Kio ;",
    "a request": "un Mio" if REQUEST_BYTES == 1024 * 1024 else "",
    "a delivery of Meta": f"| livraison d’une plateforme de messagerie | {DELIVERY_BYTES // 1024**2} Mio (Meta), ",
    "another delivery": f", {OTHERS} Kio (Telegram, Slack, Teams), {SmsConnector.delivery_bytes // 1024} Kio (Twilio) | 413 |",
    "deliveries": f"| livraisons d’un canal à la fois | {IN_FLIGHT_BYTES // 1024**2} Mio | 503, `Retry-After` |",
    "a head": f"| {HEAD_BYTES // 1024} Kio |",
    "a slow body": f"| arrivée du corps | {BODY_SECONDS:g} secondes |",
    "a slow request": f"| {REQUEST_SECONDS:g} secondes | 408 ou coupure |",
    "an idle connection": f"| {IDLE_SECONDS} secondes | coupure |",
    "connections": f"| {CONNECTIONS:,}, ou ce que".replace(",", " ", 1),
    "files": f"moins {SPARE_FILES} |",
    "a turn": f"| {HANDLING_SECONDS:g} secondes |",
}


@pytest.mark.parametrize("said", LIMITS.values(), ids=LIMITS)
def test_the_limits_are_those_of_the_code(said: str) -> None:
    assert said
    assert said in PLAIN


def test_the_page_is_set_in_french_typography() -> None:
    assert [line for line in PROSE.splitlines() if typeset(line) != line] == []
