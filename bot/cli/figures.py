"""What the commands that measure share: the messages that are said, and where figures are kept."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import typer

_LOAD_BEFORE = round(os.getloadavg()[0], 2)
"""How busy the machine was when the command began: later it is our own load."""


def messages_to_say(turns: int) -> list[str]:
    """So many messages out of our cases, always the same ones."""
    from bot.benchmarks.latency import script
    from bot.config import PROJECT
    from bot.evaluation import read_set
    from bot.wiring import build_base

    return script(read_set(PROJECT / "tests" / "evaluation", build_base()), turns)


def questions_to_say() -> list[str]:
    """The questions of our cases, which open no request."""
    from bot.config import PROJECT
    from bot.evaluation import read_set
    from bot.wiring import build_base

    return [case.text for case in read_set(PROJECT / "tests" / "evaluation", build_base()).questions]


def learnt_pairs() -> list[tuple[str, str]]:
    """The examples with their labels, as they are learnt."""
    from bot.checking import read_examples
    from bot.config import PROJECT

    return [(example.text, example.label) for example in read_examples(PROJECT / "data" / "nlu")[0]]


def bench_folder() -> Path:
    """The folder of the figures and of what is kept to take them."""
    from bot.config import load_settings

    return load_settings().data_dir / "bench"


def keep(name: str, figures: Mapping[str, Any]) -> None:
    """Write the figures beside those of earlier runs, with the machine and the state of the code."""
    from bot.benchmarks.figures import machine
    from bot.storage import utc_now

    now = utc_now()
    path = bench_folder() / f"{name}-{now:%Y%m%d-%H%M%S}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    found = machine() | {"load_before": _LOAD_BEFORE}
    kept = {"at": now.isoformat(timespec="seconds"), "machine": found} | dict(figures)
    path.write_text(json.dumps(kept, ensure_ascii=False, indent=1), "utf-8")
    typer.echo(f"Les chiffres : {path}")


def show(lines: Sequence[str]) -> None:
    """Print French sentences."""
    from bot.text import typeset

    typer.echo(typeset("\n".join(lines)))
