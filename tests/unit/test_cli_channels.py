"""`cic channels`: what it prints of the channels, whether their platforms know us, and what it sends again."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sample_channels import ME, Book, answer, lease_one, ledger_of, next_message, rows, send, written
from sample_request import Clock, sample_settings
from sqlalchemy import select, update
from support.platforms.platform import SITE
from support.platforms.telegram import PlayedTelegram
from typer.testing import CliRunner, Result

from bot.channels import building
from bot.channels.model import MAIL, SLACK, TELEGRAM, Health
from bot.channels.overview import LATELY, Latest, Reason, Standing, latest, reasons, retry, standing
from bot.channels.seal import Seal
from bot.cli import app
from bot.cli import channels as command
from bot.privacy import purge
from bot.storage import (
    MESSAGE_FAILED,
    REPLY_FAILED,
    REPLY_SENT,
    REPLY_UNCERTAIN,
    REPLY_WAITING,
    Database,
    channel_messages,
    channel_people,
    channel_replies,
    utc_now,
)
from bot.text import fold

Cic = Callable[..., Result]
KEYS = ["name", "on", "valid", "detail", "last_received", "last_sent", "waiting", "failed", "uncertain", "reasons"]


@pytest.fixture
def clock() -> Clock:
    return Clock(utc_now())


@pytest.fixture
def ledger(database: Database, clock: Clock) -> Book:
    return ledger_of(database, clock)


@pytest.fixture
def telegram() -> Iterator[PlayedTelegram]:
    platform = PlayedTelegram()
    platform.start()
    yield platform
    platform.stop()


@pytest.fixture
def cic(tmp_path: Path) -> Cic:
    """The command, on a database of this test's own, with these settings."""
    environ = {"CIC_DATA_DIR": str(tmp_path), "CIC_DATABASE_URL": "", "CIC_PUBLIC_URL": SITE, "COLUMNS": "250"}

    def run(*arguments: str, on: Mapping[str, str] | None = None) -> Result:
        return CliRunner().invoke(app, ["channels", *arguments], env=environ | dict(on or {}))

    return run


def told(result: Result) -> dict[str, dict[str, Any]]:
    return {line["name"]: line for line in map(json.loads, result.stdout.splitlines())}


def shown(result: Result) -> str:
    """What a table says, whatever its columns: without frames, in small letters without accents."""
    return fold(" ".join(result.stdout.replace("│", " ").split()))


# --- which are on, and whether they are valid ------------------------------------------------------


def test_without_any_channel_it_is_said_that_none_is_set(cic: Cic) -> None:
    result = cic()
    assert result.exit_code == 0
    assert "canaux non regles : telegram, whatsapp, whatsapp-twilio, messenger, slack, teams, sms, courriel." in shown(result)


def test_as_json_each_channel_is_one_object_a_line_with_the_promised_keys(cic: Cic) -> None:
    lines = [json.loads(line) for line in cic("--json").stdout.splitlines()]
    assert [list(line) for line in lines] == [KEYS] * 8
    assert {(line["on"], line["valid"], line["last_sent"], line["waiting"]) for line in lines} == {(False, None, None, 0)}


def test_a_channel_whose_platform_knows_us_is_valid_and_its_address_is_told(cic: Cic, telegram: PlayedTelegram) -> None:
    result = cic(on=telegram.environ)
    assert result.exit_code == 0
    for said in ("identifiants valables", "assistantcicbot", f"adresse a declarer : {SITE}/webhooks/telegram", "jamais", "en attente : 0"):
        assert said in shown(result), result.stdout
    line = told(cic("--json", on=telegram.environ))["telegram"]
    assert (line["on"], line["valid"]) == (True, True)


def test_without_a_public_address_the_place_for_it_is_told(cic: Cic, telegram: PlayedTelegram) -> None:
    assert "<cic_public_url>/webhooks/telegram" in shown(cic(on=telegram.environ | {"CIC_PUBLIC_URL": ""}))


@pytest.mark.parametrize("form", [(), ("--json",)], ids=["table", "json"])
def test_credentials_that_are_refused_fail_the_command(cic: Cic, telegram: PlayedTelegram, form: tuple[str, ...]) -> None:
    result = cic(*form, on=telegram.environ | {"CIC_TELEGRAM_TOKEN": "42:wrong"})
    assert result.exit_code == 1
    assert told(result)["telegram"]["valid"] is False if form else "identifiants refuses" in shown(result)


def test_a_platform_that_is_away_says_nothing_of_our_credentials(cic: Cic, telegram: PlayedTelegram) -> None:
    telegram.down()
    result = cic("--json", on=telegram.environ)
    assert (result.exit_code, told(result)["telegram"]["valid"]) == (0, None)


def test_offline_no_platform_is_asked(cic: Cic, telegram: PlayedTelegram) -> None:
    result = cic("--offline", on=telegram.environ)
    assert result.exit_code == 0
    assert "identifiants non verifies" in shown(result)
    assert told(cic("--offline", "--json", on=telegram.environ))["telegram"]["detail"] == "non vérifié"
    assert telegram.calls == []


class Asked:
    """A connector that only knows its name and how it checks."""

    def __init__(self, name: str, check: Callable[[], Any]) -> None:
        self.name, self.label, self.check = name, name, check
        self.closed = False

    async def close(self) -> None:
        self.closed = True


class Fetching(Asked):
    async def fetch(self, accept: Any, stop: asyncio.Event) -> None:
        """Fetch nothing."""


def use(monkeypatch: pytest.MonkeyPatch, *connectors: Asked) -> None:
    monkeypatch.setattr(building, "build_connectors", lambda _: {connector.name: connector for connector in connectors})


def test_all_platforms_are_asked_at_once_and_all_are_left(cic: Cic, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each answers only when the other is asked."""
    met = {TELEGRAM: False, SLACK: False}

    def check_of(name: str) -> Callable[[], Any]:
        async def check() -> Health:
            met[name] = True
            while not all(met.values()):
                await asyncio.sleep(0)
            return Health(True, "")

        return check

    asked = [Asked(name, check_of(name)) for name in met]
    use(monkeypatch, *asked)
    lines = told(cic("--json"))
    assert [lines[name]["valid"] for name in met] == [True, True]
    assert all(connector.closed for connector in asked)


def test_a_platform_that_never_answers_is_not_waited_for(cic: Cic, monkeypatch: pytest.MonkeyPatch) -> None:
    async def never() -> Health:
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(command, "CHECK_SECONDS", 0.05)
    use(monkeypatch, Asked(TELEGRAM, never))
    line = told(cic("--json"))[TELEGRAM]
    assert line["valid"] is None
    assert "pas répondu" in line["detail"]


def test_of_a_channel_that_fetches_the_mailbox_is_told(cic: Cic, monkeypatch: pytest.MonkeyPatch) -> None:
    async def check() -> Health:
        return Health(True, "boîte ouverte")

    use(monkeypatch, Fetching(MAIL, check))
    mailbox = {"CIC_MAILBOX": "assistant@commune.example", "CIC_IMAP_HOST": "imap.commune.example"}
    mailbox |= {"CIC_IMAP_USER": "assistant", "CIC_IMAP_PASSWORD": "secret"}
    said = shown(cic(on=mailbox))
    assert "boite relevee : assistant@commune.example" in said
    assert "/webhooks/" not in said


def test_without_channels_nothing_slow_is_loaded(tmp_path: Path) -> None:
    code = "import sys; from bot.cli import app; app(['channels'], standalone_mode=False); print('aiohttp' in sys.modules)"
    environ = {name: value for name, value in os.environ.items() if not name.startswith("CIC_")} | {"CIC_DATA_DIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, timeout=30)
    assert done.stdout.splitlines()[-1] == "False", done.stderr


# --- what waits, and what has failed ---------------------------------------------------------------


def fail(database: Database, number: int, status: str, age: timedelta = timedelta(), clock: Clock | None = None) -> None:
    """Give the reply of this number another status, and another age."""
    values: dict[str, Any] = {"status": status}
    if clock:
        values["created_at"] = clock() - age
    with database.begin() as connection:
        ident = connection.execute(select(channel_replies.c.id).order_by(channel_replies.c.id).offset(number).limit(1)).scalar()
        connection.execute(update(channel_replies).where(channel_replies.c.id == ident).values(**values))


def four_replies(ledger: Book) -> None:
    """Somebody is answered in four parts, of which the first has left."""
    ledger.accept(TELEGRAM, [written("1")])
    person = lease_one(ledger)
    answer(ledger, person, "un", "deux", "trois", "quatre")
    send(ledger, person)
    ledger.release(person, ME)


def test_what_came_what_left_and_what_did_not_is_told(cic: Cic, database: Database, ledger: Book, clock: Clock) -> None:
    received = clock()
    four_replies(ledger)
    fail(database, 1, REPLY_FAILED)
    fail(database, 2, REPLY_UNCERTAIN)
    clock.advance(timedelta(seconds=5))
    ledger.accept(MAIL, [written("m"), written("n")])
    lines = told(cic("--json"))
    assert lines[TELEGRAM] | {"name": "", "detail": ""} == {
        "name": "",
        "on": False,
        "valid": None,
        "detail": "",
        "last_received": received.isoformat(),
        "last_sent": received.isoformat(),
        "waiting": 1,
        "failed": 1,
        "uncertain": 1,
        "reasons": [{"reason": "Sans raison notée.", "count": 2, "can_be_sent_again": True}],
    }
    assert (lines[MAIL]["waiting"], lines[MAIL]["last_received"]) == (2, clock().isoformat())
    assert "echecs : 1" in shown(cic()), "also of a channel that is off by now"


def note(database: Database, number: int, status: str, reason: str, **values: Any) -> None:
    """Give the reply of this number a status and a reason."""
    with database.begin() as connection:
        ident = connection.execute(select(channel_replies.c.id).order_by(channel_replies.c.id).offset(number).limit(1)).scalar()
        connection.execute(update(channel_replies).where(channel_replies.c.id == ident).values(status=status, last_error=reason, **values))


def test_why_it_failed_is_told_with_how_many_and_how_many_cannot_be_sent_again(cic: Cic, database: Database, ledger: Book) -> None:
    four_replies(ledger)
    note(database, 0, REPLY_FAILED, "La plateforme refuse ce message : 400 E7.", body=None)
    note(database, 1, REPLY_FAILED, "La plateforme refuse ce message : 400 E7.")
    note(database, 2, REPLY_FAILED, "La plateforme refuse ce message : 400 E7.")
    note(database, 3, REPLY_UNCERTAIN, "La plateforme n'a pas répondu : TimeoutError.")
    ledger.accept(MAIL, [written("m")])
    (person,) = ledger.lease(ME, 1, [MAIL])
    ledger.give_up_message(person, next_message(ledger, person))
    refused, silent = "La plateforme refuse ce message : 400 E7.", "La plateforme n'a pas répondu : TimeoutError."
    lines = told(cic("--json"))
    assert lines[TELEGRAM]["reasons"] == [
        {"reason": refused, "count": 2, "can_be_sent_again": True},
        {"reason": silent, "count": 1, "can_be_sent_again": True},
        {"reason": refused, "count": 1, "can_be_sent_again": False},
    ]
    ((never, count, can),) = (one.values() for one in lines[MAIL]["reasons"])
    assert ("sans réponse" in never, count, can, lines[MAIL]["failed"]) == (True, 1, False, 1)
    said = shown(cic())
    assert "telegram : echecs et incertitudes des sept derniers jours 3 × la plateforme refuse ce message : 400 e7. 1 ×" in said
    assert "ne peuvent plus etre renvoyes : 1." in said


def test_only_reasons_of_the_last_week_are_told_and_none_where_nothing_failed(store: Database, clock: Clock) -> None:
    ledger = ledger_of(store, clock)
    four_replies(ledger)
    note(store, 1, REPLY_FAILED, "ancienne", created_at=clock() - LATELY)
    note(store, 2, REPLY_FAILED, "récente", created_at=clock() - LATELY + timedelta(seconds=1))
    with store.read() as connection:
        assert reasons(connection, clock() - LATELY) == {TELEGRAM: [Reason("récente", 1, True)]}


def test_a_reason_is_one_short_line_whatever_it_holds(cic: Cic, database: Database, ledger: Book) -> None:
    four_replies(ledger)
    note(database, 1, REPLY_FAILED, "400\x1b[31m\r\n[red]\u202e " + "x" * 5000)
    reason = told(cic("--json"))[TELEGRAM]["reasons"][0]["reason"]
    assert (reason.startswith("400 [31m [red] xxx"), len(reason)) == (True, 200)
    said = cic().stdout
    assert "[red]" in said
    assert not [sign for sign in said if sign in "\x1b\r\u202e"]


def test_what_failed_is_counted_for_a_week_and_what_waits_for_as_long_as_it_does(store: Database, clock: Clock) -> None:
    ledger = ledger_of(store, clock)
    four_replies(ledger)
    ledger.accept(TELEGRAM, [written("2"), written("3")])
    with store.begin() as connection:
        of_it = channel_messages.c.id == select(channel_messages.c.id).order_by(channel_messages.c.id.desc()).limit(1).scalar_subquery()
        connection.execute(update(channel_messages).where(of_it).values(status=MESSAGE_FAILED))
    fail(store, 1, REPLY_FAILED, LATELY - timedelta(minutes=1), clock)
    fail(store, 2, REPLY_FAILED, LATELY, clock)
    fail(store, 3, REPLY_WAITING, LATELY * 2, clock)
    with store.read() as connection:
        lately, ever = standing(connection, clock() - LATELY), standing(connection)
        last = latest(connection)
    assert lately == {TELEGRAM: Standing(waiting=2, failed=2, uncertain=0, oldest=clock() - LATELY * 2)}
    assert ever[TELEGRAM].failed == 3
    assert last == {TELEGRAM: Latest(clock(), clock())}


# --- sending again ---------------------------------------------------------------------------------


def test_what_failed_or_is_uncertain_is_sent_again_in_its_order(
    cic: Cic, database: Database, telegram: PlayedTelegram, clock: Clock
) -> None:
    ledger = ledger_of(database, clock, seal=Seal(sample_settings(Path("/nowhere"), secret_key="k").secret()))
    four_replies(ledger)
    for number, status in enumerate((REPLY_SENT, REPLY_UNCERTAIN, REPLY_FAILED, REPLY_FAILED)):
        fail(database, number, status)
    person = lease_one(ledger)
    ledger.release(person, ME)
    result = cic("--retry", "telegram", on=telegram.environ)
    assert result.exit_code == 0
    assert "3 reponses sont remises en route" in shown(result)
    assert "deux fois" in shown(result)
    clock.now = utc_now() + timedelta(seconds=1)
    person = lease_one(ledger)
    assert [send(ledger, person) for _ in range(3)] == ["deux", "trois", "quatre"]
    assert cic("--retry", "all", on=telegram.environ).stdout.startswith("Aucune réponse")


def test_what_was_erased_masked_or_is_old_is_not_sent_again_nor_what_others_channels_hold(store: Database, clock: Clock) -> None:
    ledger = ledger_of(store, clock)
    four_replies(ledger)
    for number in range(4):
        fail(store, number, REPLY_FAILED, LATELY if number == 1 else timedelta(), clock)
    with store.begin() as connection:
        masked = select(channel_replies.c.id).order_by(channel_replies.c.id.desc()).limit(1).scalar_subquery()
        connection.execute(update(channel_replies).where(channel_replies.c.id == masked).values(body=None))
        connection.execute(update(channel_people).values(due_at=None))
    assert retry(store, [MAIL], clock()) == 0
    assert retry(store, [TELEGRAM, MAIL], clock()) == 1
    assert [row.status for row in rows(store, channel_replies)] == [REPLY_FAILED, REPLY_FAILED, REPLY_WAITING, REPLY_FAILED]
    purge(store, clock() + timedelta(days=31), 30)
    assert retry(store, [TELEGRAM], clock()) == 0


def test_of_whom_is_due_later_anyway_nothing_is_hastened(store: Database, clock: Clock) -> None:
    ledger = ledger_of(store, clock)
    ledger.accept(TELEGRAM, [written("1")])
    person = lease_one(ledger)
    answer(ledger, person, "un")
    fail(store, 0, REPLY_FAILED)
    ledger.postpone(person, ME, timedelta(hours=1))
    clock.advance(timedelta(seconds=1))
    assert retry(store, [TELEGRAM], clock()) == 1
    assert [row.created_at for row in rows(store, channel_replies)] == [clock()]
    assert ledger.lease(ME, 1, [TELEGRAM]) == []


@pytest.mark.parametrize("name", ["telegramme", "whatsapp"], ids=["no channel", "not set"])
def test_a_channel_that_cannot_send_is_refused(cic: Cic, telegram: PlayedTelegram, name: str) -> None:
    result = cic("--retry", name, on=telegram.environ)
    assert result.exit_code == 1
    assert name in result.stderr


@pytest.mark.parametrize("other", ["--json", "--offline"])
def test_sending_again_stands_alone(cic: Cic, other: str) -> None:
    assert cic("--retry", "all", other).exit_code == 2


# --- erasing ---------------------------------------------------------------------------------------


def test_an_address_is_erased_with_what_the_mail_channel_holds_of_it(tmp_path: Path, database: Database, clock: Clock) -> None:
    ledger = ledger_of(database, clock, seal=Seal(sample_settings(tmp_path).secret()))
    ledger.accept(MAIL, [written("1", sender="awa@commune.example"), written("2", sender="ben@commune.example")])
    environ = {"CIC_DATA_DIR": str(tmp_path), "CIC_DATABASE_URL": ""}
    result = CliRunner().invoke(app, ["erase", "Awa@commune.example"], env=environ)
    assert result.exit_code == 0
    assert "adresses de messagerie (1), messages de messagerie (1)" in result.stdout
    assert [row.text for row in rows(database, channel_messages)].count(None) == 1
    assert len(rows(database, channel_people)) == 1


def test_an_address_is_erased_also_where_it_stands_in_what_waits(tmp_path: Path, database: Database, ledger: Book) -> None:
    ledger.accept(TELEGRAM, [written("1", "écrivez à awa@commune.example"), written("2", "bonjour", sender="ben")])
    result = CliRunner().invoke(app, ["erase", "awa@commune.example"], env={"CIC_DATA_DIR": str(tmp_path), "CIC_DATABASE_URL": ""})
    assert result.exit_code == 0
    assert [row.text for row in rows(database, channel_messages)] == [None, "bonjour"]
