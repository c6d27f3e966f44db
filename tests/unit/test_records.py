"""What is kept of a person, told and forgotten, on a real database: leads with the state of their mail, one-time codes, promises."""

from __future__ import annotations

import email
import email.policy
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sample_request import NOW, Clock, sample_request, sample_settings
from sqlalchemy import func, insert, select, update

from bot.privacy import keep_promises
from bot.records import CODE_LIFE, MOST_CODES, MOST_TRIES, TO_ERASE, TO_KNOW, Records
from bot.routing import Routing
from bot.silence import SILENCE, silence
from bot.storage import (
    CODE,
    CONTACT,
    COPY,
    ERASE,
    LEAD_FORWARDED,
    LEAD_WAITING,
    MAIL_SENT,
    MASK,
    Database,
    codes,
    forgetting,
    leads,
    outbox,
    turns,
)

HERE, ELSEWHERE = "conversation-here", "conversation-elsewhere"
INSTANT = timedelta(seconds=1)
CODE_LINE = re.compile(r"^(\d{6})\s*$", re.MULTILINE)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def records(database: Database, tmp_path: Path, clock: Clock) -> Records:
    return Records(database, sample_settings(tmp_path), clock)


@pytest.fixture
def reference(database: Database, tmp_path: Path, clock: Clock) -> str:
    """The reference of a lead that was made elsewhere."""
    return made(database, tmp_path, clock)


def made(database: Database, folder: Path, clock: Clock, conversation: str = ELSEWHERE, key: str = "elsewhere:1", **changes: Any) -> str:
    request = sample_request(conversation=conversation, request_key=key, **changes)
    return Routing(database, sample_settings(folder), clock).submit(request).reference


def said(database: Database, conversation: str, at: datetime, number: int = 1) -> None:
    with database.begin() as connection:
        row = {"conversation": conversation, "number": number, "user_text": "bonjour", "answer": {}, "created_at": at}
        connection.execute(insert(turns).values(**row))


def mail(database: Database, **values: Any) -> None:
    """What became of the mail to the contact person."""
    if values:
        with database.begin() as connection:
            connection.execute(update(outbox).where(outbox.c.kind == CONTACT).values(**values))


def written(database: Database, kind: str) -> list[str]:
    """The texts of the mails of a kind that wait to leave."""
    with database.read() as connection:
        bodies = connection.execute(select(outbox.c.body).where(outbox.c.kind == kind).order_by(outbox.c.id)).scalars().all()
    parts = (email.message_from_bytes(body, policy=email.policy.default).get_body(("plain",)) for body in bodies)
    return [str(part.get_content()) for part in parts if part]


def code_in(database: Database) -> str:
    """The code of the latest mail."""
    return CODE_LINE.findall(written(database, CODE)[-1])[0]


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def count(database: Database, table: Any) -> int:
    with database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar())


def promised(database: Database) -> list[tuple[str, str, datetime]]:
    with database.read() as connection:
        return [tuple(row) for row in connection.execute(select(forgetting.c.conversation, forgetting.c.kind, forgetting.c.due_at))]


# --- this conversation -------------------------------------------------------------------------------


def test_nothing_is_kept_of_a_conversation_that_never_was(records: Records, reference: str) -> None:
    kept = records.of(HERE)
    assert (kept.messages, kept.since, kept.leads) == (0, None, ())
    assert records.leads_of(HERE) == ()


def test_messages_are_counted_from_the_first_one_and_only_of_this_conversation(records: Records, database: Database) -> None:
    said(database, HERE, NOW + INSTANT, 2)
    said(database, HERE, NOW)
    said(database, ELSEWHERE, NOW - INSTANT)
    kept = records.of(HERE)
    assert (kept.messages, kept.since) == (2, NOW)


def test_a_lead_is_told_with_all_that_was_given_and_nothing_empty(records: Records, reference: str) -> None:
    (lead,) = records.leads_of(ELSEWHERE)
    assert (lead.reference, lead.conversation, lead.created_at, lead.status) == (reference, ELSEWHERE, NOW, LEAD_WAITING)
    assert dict(lead.fields)["E-mail"] == "awa@commune.example"
    assert "Partenaire de" not in dict(lead.fields)
    assert all(value for _, value in lead.fields)


def test_leads_are_told_oldest_first(records: Records, database: Database, tmp_path: Path, clock: Clock) -> None:
    first = made(database, tmp_path, clock, HERE, "here:1")
    clock.advance(INSTANT)
    second = made(database, tmp_path, clock, HERE, "here:2")
    assert [lead.reference for lead in records.leads_of(HERE)] == [first, second]


@pytest.mark.parametrize(
    ("values", "mailed_at", "has_left"),
    [
        ({}, None, False),
        ({"attempts": 3, "last_error": "421"}, None, False),
        ({"lease_until": NOW + INSTANT, "lease_owner": "w"}, None, True),
        ({"uncertain": 1}, None, True),
        ({"lease_until": NOW - INSTANT, "lease_owner": "w"}, None, True),
        ({"status": MAIL_SENT, "sent_at": NOW}, NOW, True),
        ({"status": MAIL_SENT, "sent_at": NOW, "uncertain": 2}, NOW, True),
    ],
    ids=["waits", "failed", "is being sent", "nobody knows", "its worker died", "sent", "sent after a doubt"],
)
def test_whether_a_mail_has_left_is_told_in_the_truth(
    records: Records, database: Database, reference: str, values: dict[str, Any], mailed_at: datetime | None, has_left: bool
) -> None:
    mail(database, **values)
    (lead,) = records.leads_of(ELSEWHERE)
    assert (lead.mailed_at, lead.has_left) == (mailed_at, has_left)


def test_only_the_mail_to_the_contact_person_counts_as_leaving(records: Records, database: Database, reference: str) -> None:
    with database.begin() as connection:
        connection.execute(update(outbox).where(outbox.c.kind != CONTACT).values(status=MAIL_SENT, sent_at=NOW))
    assert not records.leads_of(ELSEWHERE)[0].has_left


# --- promises ----------------------------------------------------------------------------------------


def test_silence_masks_and_each_message_puts_it_off(records: Records, database: Database, clock: Clock) -> None:
    records.keep_silent_later(HERE)
    clock.advance(timedelta(hours=1))
    records.keep_silent_later(HERE)
    assert promised(database) == [(HERE, MASK, clock() + SILENCE)]


@pytest.mark.parametrize("channel", [None, "telegram", "courriel"])
def test_silence_masks_when_it_has_lasted_as_long_as_on_its_channel(records: Records, database: Database, channel: str | None) -> None:
    records.keep_silent_later(HERE, channel)
    assert promised(database) == [(HERE, MASK, NOW + silence(channel))]
    assert keep_promises(database, NOW + silence(channel) - INSTANT) == []
    assert [kept.kind for kept in keep_promises(database, NOW + silence(channel))] == [MASK]


def test_who_gives_up_is_masked_at_once(records: Records, database: Database) -> None:
    records.keep_silent_later(HERE)
    records.mask(HERE)
    assert promised(database) == [(HERE, MASK, NOW)]


def test_a_consent_takes_the_promise_to_mask_back(records: Records, database: Database) -> None:
    records.keep_silent_later(HERE)
    records.keep_silent_later(ELSEWHERE)
    records.consented(HERE)
    assert [conversation for conversation, _, _ in promised(database)] == [ELSEWHERE]


@pytest.mark.parametrize("after", ["keep_silent_later", "mask", "consented"])
def test_a_promise_to_erase_is_never_taken_back(records: Records, database: Database, after: str) -> None:
    records.erase(HERE)
    getattr(records, after)(HERE)
    assert promised(database) == [(HERE, ERASE, NOW)]


def test_what_is_promised_is_done(records: Records, database: Database, reference: str) -> None:
    said(database, ELSEWHERE, NOW)
    records.erase(ELSEWHERE)
    assert records.of(ELSEWHERE).messages == 1
    keep_promises(database, NOW)
    kept = records.of(ELSEWHERE)
    assert (kept.messages, kept.leads) == (0, ())


# --- codes -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("purpose", [TO_ERASE, TO_KNOW])
def test_a_code_goes_to_the_address_of_the_lead_and_opens_it_once(
    records: Records, database: Database, reference: str, purpose: str
) -> None:
    records.send_code(reference.lower(), HERE, purpose)
    code = code_in(database)
    found = records.redeem(HERE, code)
    assert found is not None
    assert (found.purpose, found.lead.reference) == (purpose, reference)
    assert records.redeem(HERE, code) is None
    with database.read() as connection:
        recipients = connection.execute(select(outbox.c.recipient).where(outbox.c.kind == CODE)).scalars().all()
    assert recipients == ["awa@commune.example"]


def test_the_mail_with_the_code_holds_nothing_else_of_the_lead(records: Records, database: Database, reference: str) -> None:
    records.send_code(reference, HERE, TO_ERASE)
    (text,) = written(database, CODE)
    lead = sample_request()
    assert not any(value in text for value in (lead.fonction, lead.commune, lead.objet, str(lead.telephone)))


def test_the_code_itself_is_not_kept(records: Records, database: Database, reference: str) -> None:
    records.send_code(reference, HERE, TO_ERASE)
    with database.read() as connection:
        row = connection.execute(select(codes)).mappings().one()
    assert code_in(database) not in str(row["digest"])


def test_a_code_is_good_only_where_it_was_asked_for(records: Records, database: Database, reference: str) -> None:
    records.send_code(reference, HERE, TO_ERASE)
    assert records.redeem("a third one", code_in(database)) is None
    assert records.redeem(HERE, code_in(database)) is not None


@pytest.mark.parametrize(("tries", "opens"), [(MOST_TRIES - 1, True), (MOST_TRIES, False)], ids=["four wrong ones", "five wrong ones"])
def test_a_code_is_void_after_five_wrong_ones(records: Records, database: Database, reference: str, tries: int, opens: bool) -> None:
    records.send_code(reference, HERE, TO_ERASE)
    code = code_in(database)
    assert [records.redeem(HERE, wrong(code)) for _ in range(tries)] == [None] * tries
    assert (records.redeem(HERE, code) is not None) is opens


@pytest.mark.parametrize(("waited", "opens"), [(CODE_LIFE - INSTANT, True), (CODE_LIFE, False)], ids=["in time", "too late"])
def test_a_code_lives_for_half_an_hour(
    records: Records, database: Database, reference: str, clock: Clock, waited: timedelta, opens: bool
) -> None:
    assert timedelta(minutes=30) == CODE_LIFE
    records.send_code(reference, HERE, TO_ERASE)
    clock.advance(waited)
    assert (records.redeem(HERE, code_in(database)) is not None) is opens


def test_three_codes_a_day_go_to_one_lead_whoever_asks(records: Records, database: Database, reference: str, clock: Clock) -> None:
    for number in range(MOST_CODES + 2):
        records.send_code(reference, f"conversation-{number}", TO_ERASE)
    assert len(written(database, CODE)) == MOST_CODES == 3
    clock.advance(timedelta(days=1))
    records.send_code(reference, HERE, TO_ERASE)
    assert len(written(database, CODE)) == MOST_CODES + 1


def test_one_conversation_gets_three_codes_a_day_for_all_leads(records: Records, database: Database, tmp_path: Path, clock: Clock) -> None:
    references = [made(database, tmp_path, clock, f"other-{number}", f"other-{number}:1") for number in range(MOST_CODES + 1)]
    for reference in references:
        records.send_code(reference, HERE, TO_KNOW)
    assert len(written(database, CODE)) == MOST_CODES


def test_a_code_that_was_used_still_counts_for_the_day(records: Records, database: Database, reference: str) -> None:
    for _ in range(MOST_CODES + 1):
        records.send_code(reference, HERE, TO_KNOW)
        records.redeem(HERE, code_in(database))
    assert len(written(database, CODE)) == MOST_CODES


def test_the_latest_of_several_codes_and_the_earlier_ones_are_good(records: Records, database: Database, reference: str) -> None:
    records.send_code(reference, HERE, TO_KNOW)
    first = code_in(database)
    records.send_code(reference, HERE, TO_ERASE)
    second = code_in(database)
    by_second, by_first = records.redeem(HERE, second), records.redeem(HERE, first)
    assert by_second is not None
    assert by_first is not None
    assert (by_second.purpose, by_first.purpose) == (TO_ERASE, TO_KNOW)


@pytest.mark.parametrize("unknown", ["CIC-2026-ZZZZZZ", "", "'; DROP TABLE leads;--"])
def test_no_code_is_made_for_a_reference_that_does_not_exist(records: Records, database: Database, reference: str, unknown: str) -> None:
    records.send_code(unknown, HERE, TO_ERASE)
    assert (count(database, codes), written(database, CODE)) == (0, [])


def test_a_code_of_a_lead_that_is_gone_opens_nothing(records: Records, database: Database, reference: str) -> None:
    records.send_code(reference, HERE, TO_KNOW)
    code = code_in(database)
    records.erase(ELSEWHERE)
    keep_promises(database, NOW)
    assert records.redeem(HERE, code) is None
    assert count(database, codes) == 0


def test_codes_are_numbers_of_six_figures_and_not_always_the_same(
    records: Records, database: Database, tmp_path: Path, clock: Clock
) -> None:
    for number in range(5):
        records.send_code(made(database, tmp_path, clock, f"other-{number}", f"other-{number}:1"), f"asks-{number}", TO_KNOW)
    found = [CODE_LINE.findall(text) for text in written(database, CODE)]
    assert all(len(code) == 1 for code in found)
    assert len({code[0] for code in found}) > 1


# --- the same message again: its turn was lost after it had been here --------------------------------


def test_a_message_that_asks_again_gets_no_second_code(records: Records, database: Database, reference: str) -> None:
    for _ in range(MOST_CODES + 1):
        records.send_code(reference, HERE, TO_KNOW, "m1")
    assert (count(database, codes), len(written(database, CODE))) == (1, 1)
    assert records.redeem(HERE, code_in(database), "m2") is not None


def test_another_message_gets_another_code_and_so_does_the_same_id_elsewhere(records: Records, database: Database, reference: str) -> None:
    for conversation, message_id in ((HERE, "m1"), (HERE, "m2"), ("a third one", "m1")):
        records.send_code(reference, conversation, TO_KNOW, message_id)
    assert len(written(database, CODE)) == 3


@pytest.mark.parametrize("waited", [INSTANT, CODE_LIFE], ids=["at once", "when the code has expired"])
def test_a_code_opens_again_for_the_message_that_opened_it(
    records: Records, database: Database, reference: str, clock: Clock, waited: timedelta
) -> None:
    records.send_code(reference, HERE, TO_KNOW, "m1")
    first = records.redeem(HERE, code_in(database), "m2")
    clock.advance(waited)
    assert first is not None
    assert records.redeem(HERE, code_in(database), "m2") == first
    assert records.redeem(HERE, code_in(database), "m3") is None


def test_a_later_try_of_another_message_does_not_close_a_code_for_the_one_that_opened_it(
    records: Records, database: Database, reference: str
) -> None:
    records.send_code(reference, HERE, TO_KNOW, "m1")
    first = records.redeem(HERE, code_in(database), "m2")
    records.redeem(HERE, wrong(code_in(database)), "m3")
    assert records.redeem(HERE, code_in(database), "m2") == first


def test_one_of_several_codes_opens_again_and_counts_no_second_try_on_the_others(
    records: Records, database: Database, reference: str
) -> None:
    records.send_code(reference, HERE, TO_KNOW, "m1")
    code = code_in(database)
    records.send_code(reference, HERE, TO_ERASE, "m2")
    assert records.redeem(HERE, code, "m3") == records.redeem(HERE, code, "m3")
    with database.read() as connection:
        assert connection.execute(select(codes.c.tries).order_by(codes.c.id)).scalars().all() == [MOST_TRIES, 1]


def test_a_wrong_try_counts_once_for_a_message(records: Records, database: Database, reference: str) -> None:
    records.send_code(reference, HERE, TO_KNOW, "m1")
    code = code_in(database)
    assert [records.redeem(HERE, wrong(code), "m2") for _ in range(MOST_TRIES)] == [None] * MOST_TRIES
    assert records.redeem(HERE, code, "m3") is not None


def test_what_another_text_tries_under_the_same_id_counts_and_does_not_open_a_void_code(
    records: Records, database: Database, reference: str
) -> None:
    records.send_code(reference, HERE, TO_KNOW, "m1")
    code = code_in(database)
    for number in range(1, MOST_TRIES + 1):
        records.redeem(HERE, f"{(int(code) + number) % 1_000_000:06d}", "m2")
    assert records.redeem(HERE, code, "m2") is None


def test_the_tries_that_are_kept_do_not_tell_the_code(records: Records, database: Database, reference: str) -> None:
    records.send_code(reference, HERE, TO_KNOW, "m1")
    records.redeem(HERE, code_in(database), "m2")
    with database.read() as connection:
        assert code_in(database) not in str(connection.execute(select(codes.c.last_try)).scalar())


# --- the copy ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("idents", "copies"), [(("1", "1"), 1), (("1", "2"), 2)], ids=["one code", "two codes"])
def test_a_copy_is_mailed_once_for_a_code(
    records: Records, database: Database, reference: str, idents: tuple[str, str], copies: int
) -> None:
    for ident in idents:
        records.send_copy(reference, ident)
    assert len(written(database, COPY)) == copies


def test_a_copy_holds_all_that_was_given_and_goes_to_the_address_of_the_lead(records: Records, database: Database, reference: str) -> None:
    records.send_copy(reference, "1")
    (text,) = written(database, COPY)
    lead = sample_request()
    wanted = (lead.nom, lead.fonction, lead.commune, lead.pays, lead.email, str(lead.telephone), reference)
    assert [value for value in wanted if value not in text] == []
    with database.read() as connection:
        assert connection.execute(select(outbox.c.recipient).where(outbox.c.kind == COPY)).scalar() == lead.email


def test_no_copy_is_made_of_a_lead_that_does_not_exist(records: Records, database: Database, reference: str) -> None:
    records.send_copy("CIC-2026-ZZZZZZ", "1")
    assert written(database, COPY) == []


@pytest.mark.parametrize(
    ("values", "left", "not_left"),
    [
        ({"status": MAIL_SENT, "sent_at": NOW}, True, False),
        ({}, False, True),
        ({"uncertain": 1}, False, False),
    ],
    ids=["sent", "waits", "nobody knows"],
)
def test_a_copy_says_in_the_truth_whether_the_data_have_left(
    records: Records, database: Database, reference: str, values: dict[str, Any], left: bool, not_left: bool
) -> None:
    mail(database, **values)
    records.send_copy(reference, "1")
    (text,) = written(database, COPY)
    assert ("sont parties par courriel" in text, "ne sont pas encore parties" in text) == (left, not_left)


def test_the_status_of_a_lead_is_told_as_it_is_kept(records: Records, database: Database, reference: str) -> None:
    with database.begin() as connection:
        connection.execute(update(leads).values(status=LEAD_FORWARDED))
    assert records.leads_of(ELSEWHERE)[0].status == LEAD_FORWARDED
