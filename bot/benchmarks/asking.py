"""Lets a process of its own do what must not share ours: it reads JSON from its input and prints JSON as its last line."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from bot.config import PROJECT, child_environment
from bot.errors import UnavailableError


def ask(module: str, asked: Mapping[str, Any], environment: Mapping[str, str]) -> dict[str, Any]:
    """Run `python -m module` to its end and return what it prints. Raises UnavailableError with the end of its errors."""
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", module],
        cwd=PROJECT,
        env=child_environment(environment),
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise UnavailableError(f"La mesure a échoué ({module}, code {done.returncode}) : {done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found
