"""What drafts, reports, examples and tests quote of messages: it goes with who wrote it, and what somebody else wrote too stays."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update
from support.leads import ADDRESS, store_lead
from support.reviewer import NOW, store_conversation

from bot.privacy import erase, keep_promises, promise, purge, rehearse
from bot.privacy.examples import is_ordinary, masks_in_examples
from bot.privacy.values import Values
from bot.storage import ERASE, Database, changes, drafts, exchanges, judgements, recorded_tests, tags

NAME = "Claire Exemple"
"""Two words of our own texts; « Awa Kwizera » are none."""
HERS = "Claire Exemple demande si le budget couvre le Rwanda"
SENTENCE = "Ma tante habite à Butare et voudrait planter des arbres, est-ce possible ?"
COMMON = "Quel est le budget ?"


def add(store: Database, table: Any, **row: Any) -> None:
    with store.begin() as connection:
        connection.execute(insert(table).values(**row))


def quote(store: Database, *texts: str) -> None:
    """A draft and a change that quote messages in every place where they can."""
    report = {
        "patch": "".join(f"+    - {text}\n" for text in texts) + "     - une ligne autour\n",
        "steps": [{"text": text, "label": "info/x", "what": "ajout", "since": None} for text in texts],
        "questions": [{"text": text, "count": 1, "before": {"text": "Le budget…"}} for text in texts],
        "examples": [{"text": text, "label": "info/x"} for text in texts],
        "evaluation": [{"part": "budget", "better": [{"id": "x", "text": text, "faults": []} for text in texts]}],
    }
    add(store, drafts, title=texts[0], text="À vérifier.", questions=list(texts), owner="Ines", author="Ines", at=NOW)
    add(store, changes, title="Mai", author="Ines", created_at=NOW, state="adoptee", base="b", progress="", report=report)


def quoted(store: Database) -> str:
    """All that drafts and changes hold."""
    with store.read() as connection:
        rows = [dict(row) for table in (drafts, changes) for row in connection.execute(select(table)).mappings()]
    return json.dumps(rows, ensure_ascii=False, default=str)


def judge(store: Database, text: str, name: str = NAME) -> None:
    """A judgement, a test and a tag that somebody else's conversation has."""
    store_conversation(store, "other", [{"said": text}])
    judged = {"conversation": "other", "message_id": "other-1", "said": text, "verdict": "autre", "label": "info/x", "batch": "b"}
    add(store, judgements, **judged, author="Ines", at=NOW)
    add(store, recorded_tests, title=text, author="Ines", at=NOW, conversation=None, steps=[{"user": text}])
    add(store, tags, conversation="other", tag=name)


def left(store: Database) -> list[int]:
    with store.read() as connection:
        return [len(connection.execute(select(table)).all()) for table in (judgements, recorded_tests, tags)]


# --- Names ---


@pytest.mark.parametrize("name", [NAME, "Awa Kwizera"])
@pytest.mark.parametrize("by", ["address", "reference", "promise"])
def test_a_name_is_taken_out_of_all_that_quotes_messages_and_examples_with_it_go(store: Database, name: str, by: str) -> None:
    text = HERS.replace(NAME, name)
    judge(store, text, name)
    quote(store, text)
    with store.begin() as connection:
        connection.execute(changes.update().values(title=f"Pour {name}", error=f"faute : {text}"))
    store_lead(store, conversation="hers", nom=name)
    if by == "promise":
        promise(store, "hers", ERASE, NOW)
        counts = keep_promises(store, NOW)[0].counts
    else:
        counts = erase(store, ADDRESS if by == "address" else "CIC-2026-AAAAAA", NOW)
    assert name not in quoted(store)
    assert left(store) == [0, 0, 0]
    assert {table: counts[table] for table in ("drafts", "changes", "judgements", "recorded_tests", "tags")} == {
        **dict.fromkeys(("drafts", "changes", "judgements", "recorded_tests", "tags"), 1)
    }


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Quel est le budget", COMMON),
        ("budget Kigali", "quel budget kigali reçoit-elle ?"),
        ("Le Programme", "le programme est fini ?"),
        ("Claire", "Claire et nette, la réponse"),
        ("Claire Exemple", "une réponse claire, exemple à l'appui : claire exemple"),
    ],
)
def test_what_others_asked_stays_whatever_somebody_calls_themselves(store: Database, name: str, text: str) -> None:
    judge(store, text, "budget")
    quote(store, text)
    store_lead(store, conversation="theirs", nom=name)
    before = quoted(store)
    erase(store, ADDRESS, NOW)
    assert (quoted(store), left(store)) == (before, [1, 1, 1])


@pytest.mark.parametrize("text", ["awa kwizera", "AWA KWIZERA", "Kwizera Awa"])
def test_a_name_that_is_no_word_of_ours_is_found_in_any_writing(text: str) -> None:
    masked = masks_in_examples(Values(names=frozenset({"Awa Kwizera"})))
    assert masked is not None
    assert masked(f"je suis {text}, bonjour") == "je suis [effacé], bonjour"


def test_words_of_ours_are_those_of_questions_and_places() -> None:
    assert is_ordinary("Quel est le budget")
    assert is_ordinary("Namur")
    assert not is_ordinary("Awa Kwizera")


# --- Whole messages ---


@pytest.mark.parametrize("by", ["address", "promise"])
def test_her_own_sentences_are_blanked_where_they_are_quoted_and_that_is_counted(store: Database, by: str) -> None:
    store_conversation(store, "hers", [{"said": SENTENCE}, {"said": COMMON}])
    store_conversation(store, "other", [{"said": "quel est le BUDGET"}])
    store_lead(store, conversation="hers")
    quote(store, SENTENCE.upper().replace(",", " –"), COMMON)
    told = rehearse(store, ADDRESS, NOW)
    if by == "promise":
        promise(store, "hers", ERASE, NOW)
        counts = keep_promises(store, NOW)[0].counts
    else:
        counts = erase(store, ADDRESS, NOW)
        assert counts == told
    assert (counts["drafts"], counts["changes"]) == (1, 1)
    with store.read() as connection:
        draft = connection.execute(select(drafts)).mappings().one()
        report = connection.execute(select(changes.c.report)).scalar_one()
    assert (draft["title"], draft["text"], draft["questions"]) == ("[effacé]", "À vérifier.", ["[effacé]", COMMON])
    assert report["patch"] == f"+    - [effacé]\n+    - {COMMON}\n     - une ligne autour\n"
    for part in ("steps", "questions", "examples"):
        assert [each["text"] for each in report[part]] == ["[effacé]", COMMON]
    assert [each["text"] for each in report["evaluation"][0]["better"]] == ["[effacé]", COMMON]
    assert (report["steps"][0]["label"], report["questions"][0]["before"]) == ("info/x", {"text": "Le budget…"})


def test_a_long_message_is_known_by_its_beginning(store: Database) -> None:
    long = " ".join(f"mot{number}" for number in range(150))
    store_conversation(store, "hers", [{"said": long}])
    store_lead(store, conversation="hers")
    quote(store, long[:300])
    erase(store, "CIC-2026-AAAAAA", NOW)
    assert "mot" not in quoted(store)


@pytest.mark.parametrize("said", ["info/x", "ajout", "budget", "Mai", "adoptee", "👍", "une ligne autour"])
def test_only_messages_are_blanked_and_nothing_that_the_page_needs(store: Database, said: str) -> None:
    store_conversation(store, "hers", [{"said": said}])
    store_lead(store, conversation="hers")
    quote(store, COMMON, "👍")
    before = quoted(store)
    erase(store, ADDRESS, NOW)
    assert quoted(store) == before


# --- The retention ---


def test_a_quote_goes_with_the_last_message_that_said_it(store: Database) -> None:
    old = NOW - timedelta(days=31)
    store_conversation(store, "old", [{"said": SENTENCE}, {"said": COMMON}], at=old)
    store_conversation(store, "new", [{"said": COMMON}])
    quote(store, SENTENCE, COMMON, "Écrite par une réviseuse")
    counts = purge(store, NOW, 30)
    with store.read() as connection:
        assert connection.execute(select(drafts.c.questions)).scalar_one() == ["[effacé]", COMMON, "Écrite par une réviseuse"]
    assert SENTENCE not in quoted(store)
    assert (counts["drafts"], counts["changes"]) == (1, 1)


def test_a_quote_of_the_beginning_of_a_conversation_that_goes_on_goes_too(store: Database) -> None:
    store_conversation(store, "long", [{"said": SENTENCE}, {"said": COMMON}])
    with store.begin() as connection:
        connection.execute(update(exchanges).where(exchanges.c.number == 1).values(at=NOW - timedelta(days=31)))
    quote(store, SENTENCE, COMMON)
    purge(store, NOW, 30)
    assert SENTENCE not in quoted(store)
    assert COMMON in quoted(store)


def test_of_what_a_reviewer_keeps_the_quotes_stay(store: Database) -> None:
    kept = {"kept_reason": "plainte", "kept_by": "Ines", "kept_at": NOW, "kept_until": NOW + timedelta(days=9)}
    store_conversation(store, "old", [{"said": SENTENCE}], at=NOW - timedelta(days=31), **kept)
    quote(store, SENTENCE)
    before = quoted(store)
    purge(store, NOW, 30)
    assert quoted(store) == before
    purge(store, NOW + timedelta(days=10), 365)
    assert quoted(store) == before, "its day has passed, its time has not"
    purge(store, NOW + timedelta(days=10), 30)
    assert SENTENCE not in quoted(store)


def test_nothing_of_a_quote_is_left_in_the_files(tmp_path: Path) -> None:
    store = Database(f"sqlite:///{tmp_path / 'cic.sqlite'}")
    store.create_all()
    for number in range(40):
        quote(store, f"introuvable {number} {'x' * number * 9}", COMMON)
        store_conversation(store, f"c{number}", [{"said": f"introuvable {number} {'x' * number * 9}"}], at=NOW - timedelta(days=31))
    purge(store, NOW, 30)
    store.close()
    assert not [path.name for path in tmp_path.iterdir() if b"introuvable" in path.read_bytes()]
    with store.read() as connection:
        assert connection.execute(select(exchanges)).first() is None
