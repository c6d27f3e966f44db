"""What the operator is told of mails that do not leave: when, how often, and nothing of a person."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timedelta, timezone
from pathlib import Path
from random import Random
from typing import Any

import pytest
from smtp_server import Postmaster, settings_for, smtp_server

from bot.alerts import AGAIN_AFTER, MailAlerts, cause_of
from bot.errors import StorageError
from bot.mailer import Mailer
from bot.outbox import LATE_AFTER, Outbox
from bot.routing import Request, Routing
from bot.storage import Database

NOW = datetime(2026, 3, 5, 8, 7, tzinfo=timezone.utc)
ENQUIRER = "awa@commune.example"
MINUTE = timedelta(minutes=1)


class Watch:
    """The alerts on a database of their own, with a mail server that is told how to behave and a clock that a test moves."""

    def __init__(self, folder: Path) -> None:
        self.now = NOW
        self.folder = folder
        self.database = Database(f"sqlite:///{folder / 'cic.sqlite'}")
        self.database.create_all()
        self.postmaster = Postmaster(rcpt_reply=f"450 <{ENQUIRER}> Awa Exemple is busy")
        self.outbox = self.outbox_for(1)
        self.alerts = MailAlerts(self.outbox.unsent, lambda: self.now)

    def outbox_for(self, port: int) -> Outbox:
        sender = Mailer(settings_for(port, self.folder), step_timeout=0.3, total_timeout=1).send
        return Outbox(self.database, sender, lambda: self.now, Random(1))

    def submit(self) -> str:
        request = Request(
            *("Awa Exemple", "échevine", "Ixelles", "Belgique", ENQUIRER, None, "Un expert.", None),
            *("admissible", "Mandataire.", "La règle.", "1", (), "c", "c/1", self.now),
        )
        return Routing(self.database, settings_for(1, self.folder, contact_email=None), lambda: self.now).submit(request).reference

    def try_to_send(self) -> None:
        async def scene() -> None:
            async with smtp_server(self.postmaster) as port:
                await self.outbox_for(port).deliver_due()

        asyncio.run(scene())


@pytest.fixture
def watch(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Watch:
    caplog.set_level(logging.WARNING)
    caplog.set_level(logging.INFO, logger="bot")
    return Watch(tmp_path)


def alerts(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The lines at level ERROR since the last look."""
    found = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    caplog.clear()
    return found


def test_a_mail_is_told_once_it_is_late_and_not_before(watch: Watch, caplog: pytest.LogCaptureFixture) -> None:
    reference = watch.submit()
    watch.try_to_send()
    watch.now = NOW + LATE_AFTER - timedelta(seconds=1)
    watch.alerts.round()
    assert alerts(caplog) == []
    watch.now = NOW + LATE_AFTER
    watch.alerts.round()
    facts = f"reference {reference}, kind confirmation, attempts 1, due since 2026-03-05T08:07:00+00:00, last error 450"
    assert alerts(caplog) == [f"mail 1 is late: {facts}"]


def test_a_late_mail_is_told_again_every_six_hours_for_as_long_as_it_waits(watch: Watch, caplog: pytest.LogCaptureFixture) -> None:
    watch.submit()
    told = []
    while watch.now < NOW + timedelta(hours=14):
        watch.alerts.round()
        told += [watch.now - NOW for _ in alerts(caplog)]
        watch.now += MINUTE
    assert told == [LATE_AFTER, LATE_AFTER + AGAIN_AFTER, LATE_AFTER + 2 * AGAIN_AFTER]


def test_a_mail_that_is_just_being_tried_again_is_no_new_case(watch: Watch, caplog: pytest.LogCaptureFixture) -> None:
    watch.submit()
    watch.now = NOW + LATE_AFTER
    watch.alerts.round()
    watch.outbox._lease()
    watch.alerts.round()
    watch.now += timedelta(hours=1)
    watch.alerts.round()
    assert len(alerts(caplog)) == 1


def test_a_mail_that_left_is_not_told_any_more(watch: Watch, caplog: pytest.LogCaptureFixture) -> None:
    watch.submit()
    watch.now = NOW + LATE_AFTER
    watch.alerts.round()
    watch.postmaster.rcpt_reply = "250 OK"
    watch.try_to_send()
    alerts(caplog)
    watch.now += AGAIN_AFTER
    watch.alerts.round()
    assert alerts(caplog) == []


def test_a_mail_that_was_given_up_is_told_at_once_and_once(watch: Watch, caplog: pytest.LogCaptureFixture) -> None:
    reference = watch.submit()
    watch.postmaster.rcpt_reply = f"550 <{ENQUIRER}> unknown"
    watch.try_to_send()
    for _ in range(3):
        watch.alerts.round()
        watch.now += AGAIN_AFTER
    facts = f"reference {reference}, kind confirmation, attempts 1, due since 2026-03-05T08:07:00+00:00, last error 550"
    assert alerts(caplog) == [f"mail 1 has failed for good: {facts}"]


def test_a_mail_that_fails_again_after_it_was_sent_again_by_hand_is_a_new_case(watch: Watch, caplog: pytest.LogCaptureFixture) -> None:
    watch.submit()
    watch.postmaster.rcpt_reply = "550 unknown"
    for _ in range(2):
        watch.try_to_send()
        watch.alerts.round()
        watch.now += MINUTE
        watch.outbox.retry(1)
    assert len(alerts(caplog)) == 2


def test_no_line_of_the_log_holds_an_address_or_a_name(watch: Watch, caplog: pytest.LogCaptureFixture) -> None:
    watch.submit()
    watch.try_to_send()
    (waiting,) = watch.outbox.unsent()
    assert ENQUIRER in waiting["last_error"], "the server named the person: that must not reach the log"
    watch.now = NOW + LATE_AFTER
    watch.alerts.round()
    watch.postmaster.rcpt_reply = f"550 <{ENQUIRER}> Awa Exemple is unknown"
    watch.try_to_send()
    watch.alerts.round()
    assert "has failed for good" in caplog.text
    for private in (ENQUIRER, "@", "Awa", "Exemple"):
        assert private not in caplog.text


def waiting_mail(**values: Any) -> dict[str, Any]:
    mail = {"id": 1, "reference": None, "kind": "effacement", "status": "en_attente", "state": "en_retard", "late": True}
    return mail | {"attempts": 0, "due_since": NOW, "last_error": None} | values


def test_an_expired_mail_is_never_told(caplog: pytest.LogCaptureFixture) -> None:
    mails = [waiting_mail(late=False, state="expire", status=status) for status in ("en_attente", "echec")]
    MailAlerts(lambda: mails, lambda: NOW + timedelta(days=1)).round()
    assert alerts(caplog) == []


def test_a_mail_without_reference_or_error_is_told_all_the_same(caplog: pytest.LogCaptureFixture) -> None:
    MailAlerts(lambda: [waiting_mail()], lambda: NOW).round()
    facts = "reference None, kind effacement, attempts 0, due since 2026-03-05T08:07:00+00:00, last error none"
    assert alerts(caplog) == [f"mail 1 is late: {facts}"]


def test_a_clock_that_was_set_back_does_not_silence_the_alerts(caplog: pytest.LogCaptureFixture) -> None:
    times = iter([NOW + timedelta(days=365), NOW, NOW + MINUTE])
    speaker = MailAlerts(lambda: [waiting_mail()], lambda: next(times))
    for _ in range(3):
        speaker.round()
    assert len(alerts(caplog)) == 2


def test_a_database_that_is_away_is_no_error_of_a_mail_and_the_next_round_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    answers: list[list[dict[str, Any]] | None] = [[waiting_mail()], None, [waiting_mail()]]

    def unsent() -> list[dict[str, Any]]:
        answer = answers.pop(0)
        if answer is None:
            raise StorageError("away")
        return answer

    speaker = MailAlerts(unsent, lambda: NOW)
    for _ in range(3):
        speaker.round()
    assert len(alerts(caplog)) == 1


def test_the_rounds_go_on_until_they_are_told_to_stop() -> None:
    async def scene() -> int:
        rounds, stop = 0, asyncio.Event()

        def unsent() -> list[dict[str, Any]]:
            nonlocal rounds
            rounds += 1
            return []

        running = asyncio.create_task(MailAlerts(unsent, lambda: NOW).run(stop, every=0.01))
        while rounds < 3:
            await asyncio.sleep(0.005)
        stop.set()
        await asyncio.wait_for(running, 5)
        return rounds

    assert asyncio.run(scene()) >= 3


@pytest.mark.parametrize(
    ("last_error", "cause"),
    [
        (None, "none"),
        ("Le serveur de courrier refuse ce message : 550 5.1.1 <awa@commune.example>", "550"),
        ("Le serveur de courrier n'accepte pas le message pour le moment : SMTPConnectError awa", "SMTPConnectError"),
        ("Le serveur de courrier ne peut pas être joint (gaierror).", "gaierror"),
        ("450 <awa@commune.example>", "450"),
        ("Awa Exemple", "unknown"),
        ("Phrase : Awa 550", "unknown"),
        ("5501 Awa", "unknown"),
    ],
)
def test_of_an_error_only_its_code_or_name_is_told(last_error: str | None, cause: str) -> None:
    assert cause_of(last_error) == cause
