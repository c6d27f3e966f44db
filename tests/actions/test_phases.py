"""Where the time of a message goes inside Rasa, counted on the very methods that Rasa calls."""

from __future__ import annotations

import asyncio
import warnings

import pytest

from bot.rasa.phases import _METHODS, Phases

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Rasa and what it loads warn a great deal on being imported
    from rasa.core.processor import MessageProcessor


class Processor:
    """Stands for Rasa's: some phases take a while on a clock of its own, one fails."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> float:
        return self.seconds

    async def parse_message(self, text: str) -> str:
        self.seconds += 2
        return text.upper()

    def predict_next_with_tracker_if_should(self) -> int:
        self.seconds += 3
        return 1

    async def _run_action(self) -> bool:
        self.seconds += 5
        raise RuntimeError("broken")

    async def run_action_extract_slots(self) -> None:
        self.seconds += 7

    async def get_tracker(self) -> None:
        self.seconds += 11

    async def save_tracker(self) -> None:
        self.seconds += 13


def watched() -> tuple[Phases, Processor]:
    processor = Processor()
    phases = Phases(now=processor.now)
    phases.watch(processor)
    return phases, processor


@pytest.mark.parametrize("name", [name for names in _METHODS.values() for name in names])
def test_rasa_still_has_each_method_that_is_counted(name: str) -> None:
    assert callable(getattr(MessageProcessor, name))


def test_each_phase_is_counted_and_its_result_comes_back() -> None:
    phases, processor = watched()
    assert asyncio.run(processor.parse_message("oui")) == "OUI"
    assert processor.predict_next_with_tracker_if_should() == 1
    asyncio.run(processor.get_tracker())
    asyncio.run(processor.save_tracker())
    assert phases.as_dict()["seconds"] == {"understanding": 2, "policies": 3, "actions": 0, "stores": 24}


def test_a_phase_that_fails_is_counted_and_still_fails() -> None:
    phases, processor = watched()
    with pytest.raises(RuntimeError, match="broken"):
        asyncio.run(processor._run_action())
    assert phases.seconds["actions"] == 5


def test_a_processor_is_watched_once_and_another_one_anew() -> None:
    phases, first = watched()
    phases.watch(first)
    asyncio.run(first.parse_message("x"))
    assert phases.seconds["understanding"] == 2
    second = Processor()
    phases.now = second.now
    phases.watch(None)
    phases.watch(second)
    asyncio.run(second.parse_message("x"))
    assert phases.seconds["understanding"] == 4
