"""What was deleted leaves the index of words too, step by step, and what stays is still found (SQLite)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from sqlalchemy import insert, text
from support.reviewer import NOW, exchange

from bot.privacy import rows
from bot.privacy.rows import delete_rows, tidy
from bot.storage import Database, exchanges

COUNT = 600


@pytest.fixture
def full(database: Database) -> Database:
    """Conversations, each with a word of its own; the first has one that is like no other."""
    said = [f"{'' if number else 'xylophage '}une question inoubliable{number:04d}" for number in range(COUNT)]
    with database.begin() as connection:
        connection.execute(insert(exchanges), [exchange(f"c{number}", 1, NOW, said=text) for number, text in enumerate(said)])
    return database


def file_of(tmp_path: Path) -> bytes:
    return (tmp_path / "cic.sqlite").read_bytes() + (tmp_path / "cic.sqlite-wal").read_bytes()


def remove(database: Database, numbers: Iterable[int]) -> None:
    with database.begin() as connection:
        delete_rows(connection, exchanges, exchanges.c.conversation.in_([f"c{number}" for number in numbers]))


def found(database: Database, word: str) -> int:
    with database.read() as connection:
        matches = text("SELECT count(*) FROM exchanges_words WHERE exchanges_words MATCH :word")
        return int(connection.execute(matches, {"word": word}).scalar_one())


def test_a_word_that_was_deleted_is_left_in_the_file_until_it_is_tidied(full: Database, tmp_path: Path) -> None:
    remove(full, [0])
    full.flush_log()
    assert b"xylophage" in file_of(tmp_path)
    tidy(full)
    assert b"xylophage" not in file_of(tmp_path)


def test_what_stays_is_still_found(full: Database) -> None:
    remove(full, range(0, COUNT, 2))
    tidy(full)
    assert [found(full, f"inoubliable{number:04d}") for number in (1, 2, 3, COUNT - 2, COUNT - 1)] == [1, 0, 1, 0, 1]
    with full.begin() as connection:  # raises when the index does not say what the rows say
        connection.execute(text("INSERT INTO exchanges_words (exchanges_words) VALUES ('integrity-check')"))


def test_it_takes_small_steps_and_one_when_there_is_nothing_to_do(full: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[int] = []
    real = rows._merges

    def counted(database: Database, pages: int) -> bool:
        steps.append(pages)
        return real(database, pages)

    monkeypatch.setattr(rows, "_PAGES", 1)
    monkeypatch.setattr(rows, "_merges", counted)
    remove(full, [0])
    tidy(full)
    assert len(steps) > 2
    steps.clear()
    tidy(full)
    assert len(steps) == 1
