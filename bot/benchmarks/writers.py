"""Several processes write into the same conversations through the real stores (bot/rasa/writers.py)."""

from __future__ import annotations

from typing import Any

from bot.benchmarks.asking import ask

FAULTS = ("lost", "doubled", "misplaced", "uncounted", "failed_writers")
"""What must be zero. Turns that were `overtaken` were held again: on PostgreSQL locks keep that from happening."""


def write(url: str, writers: int, messages: int, conversations: int) -> dict[str, Any]:
    """Let them write and return what came of it. Raises UnavailableError when they cannot."""
    asked = {"url": url, "writers": writers, "messages": messages, "conversations": conversations}
    quiet = {"PYTHONWARNINGS": "ignore", "TF_CPP_MIN_LOG_LEVEL": "3", "SQLALCHEMY_SILENCE_UBER_WARNING": "1", "CUDA_VISIBLE_DEVICES": ""}
    return ask("bot.rasa.writers", asked, quiet)
