"""Several processes write into the same conversations: nothing is lost, nothing doubled, and behind locks nothing is counted wrongly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bot.benchmarks.postgresql import Server, new_database
from bot.benchmarks.writers import write

WRITERS, MESSAGES, CONVERSATIONS = 8, 800, 20


def written(url: str) -> dict[str, Any]:
    return write(url, WRITERS, MESSAGES, CONVERSATIONS)


def test_eight_processes_on_postgresql_lose_nothing_double_nothing_and_count_every_turn(postgresql: Server) -> None:
    found = written(new_database(postgresql))
    assert (found["lost"], found["doubled"], found["misplaced"], found["uncounted"], found["failed_writers"]) == (0, 0, 0, 0, 0)


def test_eight_processes_on_one_file_lose_and_double_nothing_though_nobody_keeps_them_apart(tmp_path: Path) -> None:
    found = written(f"sqlite:///{tmp_path / 'cic.sqlite'}")
    assert (found["lost"], found["doubled"], found["misplaced"], found["uncounted"], found["failed_writers"]) == (0, 0, 0, 0, 0)
    assert found["overtaken"] > 0, "otherwise they were never in one conversation at once, and the test shows nothing"
