"""Several processes write into the same conversations through the real stores (bot/rasa/writers.py)."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from bot.config import PROJECT, child_environment
from bot.errors import UnavailableError

FAULTS = ("lost", "doubled", "misplaced", "uncounted", "failed_writers")
"""What must be zero. Turns that were `overtaken` were held again: on PostgreSQL locks keep that from happening."""


def write(url: str, writers: int, messages: int, conversations: int) -> dict[str, Any]:
    """Let them write and return what came of it. Raises UnavailableError when they cannot."""
    asked = {"url": url, "writers": writers, "messages": messages, "conversations": conversations}
    quiet = {"PYTHONWARNINGS": "ignore", "TF_CPP_MIN_LOG_LEVEL": "3", "SQLALCHEMY_SILENCE_UBER_WARNING": "1", "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(
        [sys.executable, "-m", "bot.rasa.writers"],
        cwd=PROJECT,
        env=child_environment(quiet),
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise UnavailableError(f"Les écritures ont échoué : {done.stderr[-1000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found
