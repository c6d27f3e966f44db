"""Talks with the understanding and the answers alone, without Rasa, its actions or its stores: seconds for a thousand questions.

Requests are only recognised here: the form needs the whole assistant, and so do the parts of a set that play it.
"""

from __future__ import annotations

import time

from bot.answers.editions import Editions
from bot.answers.model import NOTHING, Heard, Said
from bot.evaluation.model import Reply, Turn, normalise
from bot.text import clean
from bot.understanding.reading import Rank, read
from bot.understanding.requests import REQUESTS


class DirectTalk:
    """One conversation with a ranking of labels and the answers that follow from it."""

    def __init__(self, rank: Rank, answers: Editions) -> None:
        self.rank, self.answers, self.context = rank, answers, NOTHING
        self.turns: list[Turn] = []

    def say(self, message: str) -> Reply:
        """Understand a message and say what the assistant would; a request gets an empty reply that asks for the profile."""
        started = time.perf_counter()
        text = clean(message)
        parts = [{"text": part, "ranking": ranking} for part, ranking in read(text, self.rank)]
        heard = Heard.from_parse(text, {"parts": parts})
        if heard.intent in REQUESTS:
            reply = Reply("", asks="profil", seconds=time.perf_counter() - started)
        else:
            said = self.answers.reply(heard, self.context)
            self.context = said.context
            reply = _reply(said, time.perf_counter() - started)
        self.turns.append(Turn(message, reply))
        return reply


def _reply(said: Said, seconds: float) -> Reply:
    sources = [message.source for message in said.messages if message.source]
    return Reply(
        prose=normalise("\n".join(message.text for message in said.messages)),
        buttons=tuple((button.title, button.value) for message in said.messages for button in message.buttons),
        facts=frozenset(fact for source in sources for fact in source.facts),
        sourced=bool(sources),
        seconds=seconds,
    )
