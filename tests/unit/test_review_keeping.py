"""What goes and when, what is kept on, and what is erased because somebody asked: in both databases."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sample_request import Clock, sample_settings
from sqlalchemy import delete, func, insert, select
from support.leads import ADDRESS, NAME, TELEPHONE, store_lead, store_mail
from support.reviewer import NOW, store_conversation

from bot.errors import RequestError
from bot.privacy import FORWARDED, NOTICES, keep_promises, promise, purge
from bot.review.journal import Journal
from bot.review.keeping import WEEKS, Keeping
from bot.storage import (
    ERASE,
    MAIL_SENT,
    MASK,
    NOTICE,
    Database,
    changes,
    codes,
    comments,
    conversations,
    drafts,
    erasures,
    events,
    exchanges,
    forgetting,
    journal,
    judgements,
    lead_notes,
    leads,
    metadata,
    outbox,
    recorded_tests,
    saved_filters,
    tags,
    turns,
)

REVIEWED = (exchanges, judgements, comments, recorded_tests, tags, conversations)


@pytest.fixture
def keeping(store: Database, tmp_path: Path) -> Keeping:
    clock = Clock(NOW)
    return Keeping(store, sample_settings(tmp_path, retention_days=30, secret_key="a key for tests only"), Journal(store, clock), clock)


def add(store: Database, table: Any, **row: Any) -> None:
    with store.begin() as connection:
        connection.execute(insert(table).values(**row))


def left(store: Database, *tables: Any) -> list[int]:
    with store.read() as connection:
        return [connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables]


def written(store: Database) -> list[tuple[str, str, str]]:
    with store.read() as connection:
        return [tuple(row) for row in connection.execute(select(journal.c.what, journal.c.target, journal.c.reason))]


def review(store: Database, name: str, **changes: Any) -> None:
    """A conversation that a reviewer judged, tagged, spoke of and recorded."""
    at = changes.get("at", NOW)
    store_conversation(store, name, [{}], **changes)
    judged = {"conversation": name, "message_id": f"{name}-1", "said": "Quel est le budget ?", "verdict": "juste", "batch": "b"}
    add(store, judgements, **judged, author="Ines", at=at)
    add(store, comments, conversation=name, author="Ines", at=at, text="à revoir")
    add(store, tags, conversation=name, tag="budget")
    add(store, recorded_tests, title="Budget", author="Ines", at=at, conversation=name, steps=[{"message": "Quel est le budget ?"}])
    add(store, turns, conversation=name, number=1, user_text="Quel est le budget ?", answer={"messages": []}, created_at=at)
    add(store, events, sender_id=name, type_name="user", timestamp=at.timestamp(), data=json.dumps({"event": "user", "text": "x"}))


# --- what goes next ---


def test_what_goes_is_told_week_by_week(store: Database, keeping: Keeping) -> None:
    for age, name in ((29, "first"), (31, "overdue"), (20, "second"), (0, "fifth")):
        store_conversation(store, name, at=NOW - timedelta(days=age))
    kept = {"kept_reason": "plainte", "kept_by": "Ines", "kept_at": NOW, "kept_until": NOW + timedelta(days=60)}
    store_conversation(store, "kept", at=NOW - timedelta(days=29), **kept)
    lead_id = store_lead(store, created_at=NOW - timedelta(days=12))
    store_lead(store, "CIC-2026-BBBBBB", created_at=NOW - timedelta(days=29), conversation="kept")
    code = {"lead_id": lead_id, "conversation": "x", "purpose": "p", "digest": "d", "created_at": NOW}
    add(store, codes, **code, expires_at=NOW + timedelta(minutes=30))
    promise(store, "a", MASK, NOW + timedelta(hours=24))
    promise(store, "b", ERASE, NOW - timedelta(hours=1))
    outlook = keeping.outlook()
    told = [tuple(week.counts.values()) for week in outlook.weeks]
    assert told == [(2, 1, 1, 1, 1), (1, 0, 0, 0, 0), (0, 1, 0, 0, 0), (0, 0, 0, 0, 0), (1, 0, 0, 0, 0), *[(0,) * 5] * (WEEKS - 4)]
    assert (outlook.weeks[0].first, outlook.weeks[0].last) == (date(2026, 11, 26), date(2026, 12, 2))
    assert (outlook.weeks[-1].first, outlook.weeks[-1].last) == (None, None)


def test_what_goes_later_is_told_together(store: Database, tmp_path: Path) -> None:
    clock = Clock(NOW)
    keeping = Keeping(store, sample_settings(tmp_path, retention_days=365), Journal(store, clock), clock)
    for age in (0, 100, 364):
        store_conversation(store, f"c{age}", at=NOW - timedelta(days=age))
    weeks = keeping.outlook().weeks
    assert (weeks[0].counts["conversations"], weeks[-1].counts["conversations"]) == (1, 2)


def test_the_last_purge_is_the_last_that_deleted_something(store: Database, keeping: Keeping) -> None:
    assert keeping.outlook().purged_at is None
    store_conversation(store, "old", [{}], at=NOW - timedelta(days=31))
    purge(store, NOW - timedelta(hours=1), 30)
    purge(store, NOW, 30)
    outlook = keeping.outlook()
    assert outlook.purged_at == NOW - timedelta(hours=1)
    assert [(proof["kind"], proof["counts"]["conversations"]) for proof in outlook.proofs] == [("purge", 1)]


# --- keeping ---


def test_what_is_kept_outlives_the_retention_without_its_requests(store: Database, keeping: Keeping) -> None:
    old = NOW - timedelta(days=31)
    for name in ("kept", "other"):
        review(store, name, at=old)
        store_mail(store, store_lead(store, f"CIC-2026-{name:A<6.6}".upper(), conversation=name, created_at=old))
    keeping.keep("kept", "Ines", "Une plainte est en cours.")
    purge(store, NOW, 30)
    assert left(store, *REVIEWED, turns, events) == [1] * 8
    assert left(store, leads, outbox) == [0] * 2
    with store.read() as connection:
        assert connection.execute(select(conversations.c.conversation)).scalar_one() == "kept"
    assert [(kept["kept_by"], kept["kept_reason"]) for kept in keeping.outlook().kept] == [("Ines", "Une plainte est en cours.")]
    keeping.release("kept", "Omar")
    purge(store, NOW, 30)
    assert left(store, *REVIEWED, turns, events, leads, outbox) == [0] * 10
    assert written(store) == [("conservation", "kept", "Une plainte est en cours."), ("liberation", "kept", "")]


def test_of_what_is_kept_the_contact_details_go_when_they_were_promised_to_go(store: Database, keeping: Keeping) -> None:
    old = NOW - timedelta(days=31)
    review(store, "kept", at=old)
    keeping.keep("kept", "Ines", "Une plainte est en cours.")
    told = {"event": "slot", "name": "nom", "value": "Claire Exemple"}
    add(store, events, sender_id="kept", type_name="slot", timestamp=old.timestamp(), data=json.dumps(told))
    add(store, turns, conversation="kept", number=7, user_text="Claire Exemple", answer={"messages": []}, created_at=old)
    purge(store, NOW - timedelta(days=2), 30)
    assert "Claire" in all_of(store, events) + all_of(store, turns), "it is not old enough yet"
    purge(store, NOW, 30)
    assert "Claire" not in all_of(store, events) + all_of(store, turns)
    assert left(store, conversations) == [1]


def all_of(store: Database, table: Any) -> str:
    with store.read() as connection:
        return str(connection.execute(select(table)).all())


def test_what_is_kept_is_kept_for_a_year_when_no_day_is_given_and_then_the_retention_holds_again(store: Database, keeping: Keeping) -> None:
    review(store, "kept", at=NOW - timedelta(days=31))
    keeping.keep("kept", "Ines", "Une plainte est en cours.")
    purge(store, NOW + timedelta(days=365), 30)
    assert left(store, *REVIEWED, turns, events) == [1] * 8
    purge(store, NOW + timedelta(days=366), 30)
    assert left(store, *REVIEWED, turns, events) == [0] * 8


def test_a_day_may_be_given_and_put_off_again(store: Database, keeping: Keeping) -> None:
    review(store, "kept", at=NOW - timedelta(days=31))
    keeping.keep("kept", "Ines", "Une plainte est en cours.", date(2026, 12, 5))
    keeping.keep("kept", "Omar", "La plainte dure.", date(2026, 12, 10))
    purge(store, NOW + timedelta(days=12), 30)
    assert left(store, *REVIEWED) == [1] * 6
    purge(store, NOW + timedelta(days=15), 30)
    assert left(store, *REVIEWED) == [0] * 6


def test_once_its_day_has_passed_nobody_is_told_that_a_conversation_is_kept(store: Database, keeping: Keeping) -> None:
    store_conversation(store, "young", [{}])
    keeping.keep("young", "Ines", "Une plainte est en cours.", date(2026, 11, 27))
    purge(store, NOW + timedelta(days=2), 30)
    columns = [conversations.c[name] for name in ("kept_reason", "kept_by", "kept_at", "kept_until")]
    with store.read() as connection:
        assert connection.execute(select(*columns)).all() == [(None,) * 4]


@pytest.mark.parametrize("until", [date(2026, 11, 25), date(2026, 11, 26), date(2027, 11, 27), date.max, date.min])
def test_nothing_is_kept_until_a_day_that_has_come_or_is_more_than_a_year_away(store: Database, keeping: Keeping, until: date) -> None:
    store_conversation(store, "kept")
    with pytest.raises(RequestError):
        keeping.keep("kept", "Ines", "Une plainte est en cours.", until)
    assert (keeping.outlook().kept, written(store)) == ([], [])


def test_what_waits_for_the_purge_after_its_day_is_kept_no_longer(store: Database, keeping: Keeping) -> None:
    over = {"kept_reason": "plainte", "kept_by": "Ines", "kept_at": NOW, "kept_until": NOW - timedelta(minutes=1)}
    store_conversation(store, "over", at=NOW - timedelta(days=31), **over)
    outlook = keeping.outlook()
    assert (outlook.kept, outlook.kept_in_all, outlook.weeks[0].counts["conversations"]) == ([], 0, 1)


def test_what_is_kept_no_longer_soon_comes_first_and_is_counted(store: Database, keeping: Keeping) -> None:
    for name, until in (("later", date(2027, 11, 26)), ("soon", date(2026, 12, 25)), ("sooner", date(2026, 11, 27))):
        store_conversation(store, name)
        keeping.keep(name, "Ines", "Une plainte est en cours.", until)
    outlook = keeping.outlook()
    assert [kept["conversation"] for kept in outlook.kept] == ["sooner", "soon", "later"]
    assert [kept["kept_until"] <= outlook.soon for kept in outlook.kept] == [True, True, False]
    assert (outlook.kept_in_all, outlook.ends_soon) == (3, 2)


def test_what_there_is_not_can_neither_be_kept_nor_released(store: Database, keeping: Keeping) -> None:
    for attempt in (lambda: keeping.keep("nobody", "Ines", "Une plainte"), lambda: keeping.release("nobody", "Ines")):
        with pytest.raises(RequestError, match="n'existe pas"):
            attempt()
    assert written(store) == []


def test_who_asks_to_be_erased_is_erased_whatever_a_reviewer_keeps(store: Database, keeping: Keeping) -> None:
    review(store, "kept")
    store_lead(store, conversation="kept")
    keeping.keep("kept", "Ines", "Une plainte est en cours.")
    promise(store, "kept", ERASE, NOW)
    keep_promises(store, NOW)
    assert left(store, *REVIEWED, turns, events, leads) == [0] * 9


def test_who_does_not_consent_is_masked_whatever_a_reviewer_keeps(store: Database, keeping: Keeping) -> None:
    store_conversation(store, "kept")
    add(store, turns, conversation="kept", number=1, user_text="0470 12 34 56", answer={"messages": []}, created_at=NOW)
    keeping.keep("kept", "Ines", "Une plainte est en cours.")
    promise(store, "kept", MASK, NOW)
    keep_promises(store, NOW)
    with store.read() as connection:
        assert connection.execute(select(turns.c.user_text)).scalar_one() == "[effacé]"
        assert connection.execute(select(conversations.c.kept_reason)).scalar_one() is not None


def test_a_purge_keeps_due_promises_of_what_is_kept_on(store: Database, keeping: Keeping) -> None:
    review(store, "kept", at=NOW - timedelta(days=40))
    keeping.keep("kept", "Ines", "Une plainte est en cours.")
    promise(store, "kept", ERASE, NOW - timedelta(hours=1))
    purge(store, NOW, 30)
    assert left(store, *REVIEWED, turns, events, forgetting) == [0] * 9


# --- the purge of what reviewers wrote ---


def test_old_quotes_go_and_what_staff_wrote_of_them_stays(store: Database) -> None:
    old = NOW - timedelta(days=31)
    for at in (old, NOW):
        add(store, drafts, title="Budget", text="Le budget…", questions=["quel budget ?"], owner="Ines", author="Ines", at=at)
        add(store, changes, title="Budget", author="Ines", created_at=at, state="adoptee", base="x", report={"said": "quel budget ?"})
        add(store, journal, at=at, who="Ines", what="consultation", target="c", reason="")
    add(store, recorded_tests, title="Écrit à la main", author="Ines", at=old, conversation=None, steps=[])
    counts = purge(store, NOW, 30)
    with store.read() as connection:
        assert connection.execute(select(drafts.c.text, drafts.c.questions).order_by(drafts.c.at)).all() == [
            ("Le budget…", []),
            ("Le budget…", ["quel budget ?"]),
        ]
        assert connection.execute(select(changes.c.report).order_by(changes.c.created_at)).scalars().all() == [
            None,
            {"said": "quel budget ?"},
        ]
    assert (counts["journal"], left(store, journal, recorded_tests)) == (1, [1, 1])


def test_what_was_said_of_a_conversation_that_is_gone_goes_with_time(store: Database) -> None:
    review(store, "gone", at=NOW - timedelta(days=31))
    with store.begin() as connection:
        connection.execute(delete(conversations))
    purge(store, NOW, 30)
    assert left(store, judgements, comments, recorded_tests, exchanges) == [0] * 4


# --- erasing ---


def test_what_erasing_would_delete_is_what_it_deletes_and_only_then(store: Database, keeping: Keeping) -> None:
    review(store, "hers")
    store_mail(store, store_lead(store, conversation="hers"), status=MAIL_SENT, sent_at=NOW)
    add(store, lead_notes, lead_id=lead_of(store), author="Ines", at=NOW, text="rappelée")
    tables = (*REVIEWED, turns, events, leads, lead_notes, outbox, erasures, journal)
    before = left(store, *tables)
    told = keeping.would_erase(f" {ADDRESS.upper()} ")
    assert left(store, *tables) == before
    assert keeping.erase(f" {ADDRESS.upper()} ", "Ines") == told
    assert {name: count for name, count in told.items() if count} == {
        **dict.fromkeys(("outbox", FORWARDED, NOTICES, "lead_notes", "leads", "turns", "decisions", "events"), 1),
        **{table.name: 1 for table in REVIEWED},
    }
    with store.read() as connection:
        assert connection.execute(select(outbox.c.kind)).scalars().all() == [NOTICE]


def lead_of(store: Database) -> int:
    with store.read() as connection:
        return int(connection.execute(select(leads.c.id)).scalar_one())


def test_the_journal_names_a_reference_and_of_an_address_only_what_proves_it(store: Database, keeping: Keeping) -> None:
    for letter in "ABC":
        store_lead(store, f"CIC-2026-{letter * 6}", email=ADDRESS if letter != "A" else "x@autre.example")
    keeping.erase("cic-2026-aaaaaa", "Ines")
    keeping.erase(ADDRESS, "Ines")
    (reference, address) = (target for _, target, _ in written(store))
    assert reference == "CIC-2026-AAAAAA"
    assert address.startswith("adresse ")
    assert not any(part in address for part in ("awa", "kwizera", "commune", "@"))
    store_lead(store)
    keeping.erase(ADDRESS.upper(), "Ines")
    assert written(store)[-1][1] == address


def test_nothing_to_erase_is_no_line_of_the_journal(store: Database, keeping: Keeping) -> None:
    assert not any(keeping.erase("personne@nulle-part.example", "Ines").values())
    assert written(store) == []


@pytest.mark.parametrize("key", ["", "awa", "@commune.example", "CIC-2026", "%"])
def test_half_an_address_is_refused_before_anything_is_looked_for(keeping: Keeping, key: str) -> None:
    with pytest.raises(RequestError, match="référence"):
        keeping.would_erase(key)
    with pytest.raises(RequestError, match="référence"):
        keeping.erase(key, "Ines")


def mentions(store: Database) -> None:
    """What reviewers wrote of her, everywhere that is not her conversation."""
    review(store, "other", kept_reason=f"{NAME} se plaint", kept_by="Ines", kept_at=NOW)
    told = f"Voir aussi {NAME}, {ADDRESS}, {TELEPHONE}"
    add(store, comments, conversation="other", author="Ines", at=NOW, text=told)
    kevin = store_lead(store, "CIC-2026-CCCCCC", nom="Kevin Autre", email="k@autre.example", telephone=None)
    add(store, lead_notes, lead_id=kevin, author="Ines", at=NOW, text=told)
    judged = {"conversation": "other", "message_id": "m", "verdict": "autre", "batch": "b", "author": "Ines", "at": NOW}
    add(store, judgements, **judged, said=f"écrivez à {ADDRESS}")
    add(store, tags, conversation="other", tag=ADDRESS)
    add(store, recorded_tests, title="x", author="I", at=NOW, conversation=None, steps=[{"message": f"mon adresse est {ADDRESS}"}])
    add(
        store,
        drafts,
        title=ADDRESS,
        text=f"Écrire à {ADDRESS}.",
        questions=[f"et {ADDRESS} ?", "quel budget ?"],
        owner="I",
        author="I",
        at=NOW,
    )
    add(
        store,
        changes,
        title=ADDRESS,
        author="I",
        created_at=NOW,
        state="x",
        base="x",
        report={"rows": [["à", ADDRESS]], "n": 1},
        error=ADDRESS,
    )
    add(store, saved_filters, owner="Ines", name="elle", query="q=kwizera&etat=tout")
    add(store, saved_filters, owner="Ines", name="adresse", query="q=awa.kwizera%40commune.example")
    add(store, saved_filters, owner="Ines", name="autre", query="q=budget&assigne=kwizera")
    add(store, journal, at=NOW, who="Ines", what="demasquage", target="CIC-2026-AAAAAA", reason=f"appel de {NAME} ({TELEPHONE})")


def all_rows(store: Database) -> str:
    with store.read() as connection:
        rows = [dict(row) for table in metadata.sorted_tables for row in connection.execute(select(table)).mappings()]
    return json.dumps(rows, ensure_ascii=False, default=str)


@pytest.mark.parametrize("by", ["reference", "address", "promise"])
def test_what_reviewers_wrote_of_somebody_elsewhere_is_taken_out_however_she_is_erased(store: Database, keeping: Keeping, by: str) -> None:
    mentions(store)
    store_lead(store, conversation="hers")
    if by == "promise":
        promise(store, "hers", ERASE, NOW)
        keep_promises(store, NOW)
    else:
        keeping.erase(ADDRESS if by == "address" else "CIC-2026-AAAAAA", "Ines")
    rows = all_rows(store)
    assert [part for part in (NAME, ADDRESS, TELEPHONE) if part in rows] == []
    with store.read() as connection:
        assert connection.execute(select(drafts.c.text, drafts.c.questions)).all() == [
            ("Écrire à [effacé].", ["et [effacé] ?", "quel budget ?"])
        ]
        assert connection.execute(select(saved_filters.c.name)).scalars().all() == ["autre"]
        assert connection.execute(select(comments.c.text).order_by(comments.c.id)).scalars().all() == [
            "à revoir",
            "Voir aussi [effacé], [effacé], [effacé]",
        ]
        assert connection.execute(select(conversations.c.kept_reason)).scalar_one() == "[effacé] se plaint"
        assert connection.execute(select(changes.c.report)).scalar_one() == {"rows": [["à", "[effacé]"]], "n": 1}
    assert left(store, judgements, recorded_tests, tags, leads) == [1, 1, 1, 1], "those of others"


def test_an_address_without_a_request_is_taken_out_of_what_reviewers_wrote(store: Database, keeping: Keeping) -> None:
    mentions(store)
    counts = keeping.erase(ADDRESS, "Ines")
    assert ADDRESS not in all_rows(store)
    assert counts["comments"] == counts["lead_notes"] == counts["judgements"] == counts["tags"] == 1


def test_a_longer_address_is_somebody_else(store: Database, keeping: Keeping) -> None:
    review(store, "other")
    add(store, comments, conversation="other", author="Ines", at=NOW, text=f"jo.{ADDRESS} et {ADDRESS}.org")
    keeping.erase(ADDRESS, "Ines")
    assert f"jo.{ADDRESS} et {ADDRESS}.org" in all_rows(store)


@pytest.mark.parametrize("name", ["Quel est le budget", "budget", "Le Programme", "x", "Quel  Budget", "%", "a b"])
def test_who_calls_themselves_like_a_question_takes_no_example_with_them(store: Database, keeping: Keeping, name: str) -> None:
    review(store, "other")
    add(store, drafts, title="Quel est le budget", text="Le budget…", questions=["quel est le budget"], owner="I", author="I", at=NOW)
    store_lead(store, nom=name, conversation="theirs")
    promise(store, "theirs", ERASE, NOW)
    keep_promises(store, NOW)
    assert left(store, judgements, recorded_tests, tags, exchanges) == [1] * 4
    rows = all_rows(store)
    assert "[effacé]" not in rows
    assert "quel est le budget" in rows
