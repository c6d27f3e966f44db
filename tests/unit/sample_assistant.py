"""The assistant's pure half, built once from the project's data, and messages as Rasa might have understood them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from bot.answers.answerer import Answerer
from bot.answers.model import Heard, Part
from bot.answers.wordings import Wordings
from bot.intake.flow import Intake
from bot.intake.screening import Screening
from bot.knowledge import Base
from bot.places import Gazetteer
from bot.screening import Lexicon
from bot.texts import Texts
from bot.wiring import TEXTS, WORDINGS, build_base

RETENTION_DAYS = 365
SURE = 0.6
"""A margin at which nobody doubts what was meant."""


@lru_cache(maxsize=1)
def the_base() -> Base:
    return build_base()


@lru_cache(maxsize=1)
def the_texts() -> Texts:
    return Texts.load(TEXTS)


@lru_cache(maxsize=1)
def the_wordings() -> Wordings:
    return Wordings.load(WORDINGS)


@lru_cache(maxsize=1)
def the_answerer() -> Answerer:
    return Answerer(the_base(), the_texts(), the_wordings())


@lru_cache(maxsize=1)
def the_screening() -> Screening:
    return Screening(Lexicon.load(), Gazetteer.load())


@lru_cache(maxsize=1)
def the_intake() -> Intake:
    return Intake(the_screening(), the_answerer(), the_texts(), RETENTION_DAYS)


def part(text: str, *ranking: tuple[str, float]) -> Part:
    return Part(text, ranking)


def heard(text: str, label: str = "", score: float = SURE, parts: Iterable[Part] = (), persons: Iterable[str] = ()) -> Heard:
    """A message with one label; without one, a message that the classifier makes nothing of."""
    ranking = ((label, score),) if label else ()
    return Heard(text, Part(text, ranking), tuple(parts), tuple(persons))


def ranked(text: str, *ranking: tuple[str, float]) -> Heard:
    """A message with several labels, best first."""
    return Heard(text, Part(text, ranking))
