"""The machine's clock jumps in the middle of a request: it goes on, is registered once, and its mails leave once."""

from __future__ import annotations

from collections.abc import Iterator
from glob import glob
from pathlib import Path

import pytest
from support.assistant import Assistant
from support.chat import PatientChat
from support.mailbox import Mailbox, expected_ids

ANSWERS = {"nom": "Claire Dumont", "email": "claire@lasne.example", "telephone": "non", "confirmation": "oui"}


class Clock:
    """The clock of the processes of one assistant; the time that passes between two readings stays the machine's."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.set("+0")

    def set(self, offset: str) -> None:
        """Set it, as `+3h` or `-2d`, from the true time."""
        fresh = self._path.with_suffix(".new")
        fresh.write_text(offset, "ascii")
        fresh.replace(self._path)

    @property
    def environment(self) -> dict[str, str]:
        libraries = glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
        assert libraries, "faketime is not installed: scripts/test-programs, which make test calls, sees to it"
        settings = {"FAKETIME_TIMESTAMP_FILE": str(self._path), "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        return settings | {"LD_PRELOAD": libraries[0]}


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    return Clock(tmp_path / "clock")


@pytest.fixture
def displaced(tmp_path: Path, mailbox: Mailbox, clock: Clock) -> Iterator[Assistant]:
    started = Assistant.start(tmp_path / "data", mailbox, **clock.environment)
    yield started
    started.stop()


def test_a_request_goes_on_whatever_the_clock_does(displaced: Assistant, mailbox: Mailbox, clock: Clock) -> None:
    chat = PatientChat(displaced.client)
    assert chat.say("Je suis échevine à Lasne et je veux participer au Programme").asks == "nom"
    session = chat.session
    clock.set("+20h")
    assert chat.say(ANSWERS["nom"]).asks == "email"
    clock.set("-3h")
    assert chat.say(ANSWERS["email"]).asks == "telephone"
    assert chat.session == session, "a session signed before the clock was set back goes on"
    clock.set("-30d")
    assert chat.fill(ANSWERS["telephone"], ANSWERS).asks == "consentement"
    assert chat.say("oui").outcome == "qualified"
    clock.set("+1h")
    (lead,) = displaced.leads(chat)
    displaced.wait_until_mail_has_left(60)
    assert mailbox.ids() == expected_ids(lead["reference"])
    assert displaced.missing() == []
    texts = [message["text"] for message in chat.history()["messages"] if message["from"] == "user"]
    assert texts[1:3] == [ANSWERS["nom"], ANSWERS["email"]]
