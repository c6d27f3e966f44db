"""Where the time of a message goes inside Rasa, counted on the very methods that Rasa calls."""

from __future__ import annotations

import asyncio
import time
import warnings

import pytest

from bot.rasa.phases import _METHODS, Phases

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Rasa and what it loads warn a great deal on being imported
    from rasa.core.processor import MessageProcessor

A_WHILE = 0.02


class Processor:
    """Stands for Rasa's: two phases that take a while, one that fails."""

    async def parse_message(self, text: str) -> str:
        await asyncio.sleep(A_WHILE)
        return text.upper()

    def predict_next_with_tracker_if_should(self) -> int:
        time.sleep(A_WHILE)
        return 1

    async def _run_action(self) -> bool:
        await asyncio.sleep(A_WHILE)
        raise RuntimeError("broken")

    async def run_action_extract_slots(self) -> None:
        await asyncio.sleep(0)

    async def get_tracker(self) -> None:
        await asyncio.sleep(0)

    async def save_tracker(self) -> None:
        await asyncio.sleep(0)


@pytest.mark.parametrize("name", [name for names in _METHODS.values() for name in names])
def test_rasa_still_has_each_method_that_is_counted(name: str) -> None:
    assert callable(getattr(MessageProcessor, name))


def test_each_phase_is_counted_and_its_result_comes_back() -> None:
    phases, processor = Phases(), Processor()
    phases.watch(processor)
    assert asyncio.run(processor.parse_message("oui")) == "OUI"
    assert processor.predict_next_with_tracker_if_should() == 1
    assert phases.seconds["understanding"] >= A_WHILE
    assert phases.seconds["policies"] >= A_WHILE
    assert phases.seconds["stores"] == 0


def test_a_phase_that_fails_is_counted_and_still_fails() -> None:
    phases, processor = Phases(), Processor()
    phases.watch(processor)
    with pytest.raises(RuntimeError, match="broken"):
        asyncio.run(processor._run_action())
    assert phases.seconds["actions"] >= A_WHILE


def test_a_processor_is_watched_once_and_another_one_anew() -> None:
    phases, first, second = Phases(), Processor(), Processor()
    for processor in (first, first, second, None):
        phases.watch(processor)
    asyncio.run(first.parse_message("x"))
    counted = phases.seconds["understanding"]
    asyncio.run(second.parse_message("x"))
    assert counted < 2 * phases.seconds["understanding"]
    assert phases.seconds["understanding"] > counted >= A_WHILE
