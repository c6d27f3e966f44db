"""Talks with the assistant in this process, without Rasa and its tracker store: seconds for a thousand questions.

DirectTalk knows the understanding and the answers, and only recognises a request. DirectCounter plays requests as well.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from uuid import uuid4

from bot.answers.editions import Editions
from bot.answers.model import NOTHING, Heard, Message
from bot.evaluation.model import Reply, Turn, normalise
from bot.intake.counter import Counter
from bot.intake.model import Dossier
from bot.intake.model import Turn as Step
from bot.text import WORD_JOINER, clean
from bot.understanding.reading import Rank, read
from bot.understanding.requests import REQUESTS, introduces

LONGEST_MESSAGE = 2000
"""Characters of a message, as docs of the chat API say (bot.web.bodies)."""


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
            reply = _reply(said.messages, time.perf_counter() - started)
        self.turns.append(Turn(message, reply))
        return reply


class DirectCounter:
    """One conversation with the counter, which keeps what it registers in its own database. `persons` finds the persons named."""

    def __init__(self, rank: Rank, counter: Counter, persons: Callable[[str], tuple[str, ...]]) -> None:
        self.rank, self.counter, self.persons = rank, counter, persons
        self.conversation = uuid4().hex
        self.dossier, self.context = Dossier(), NOTHING
        self.turns: list[Turn] = []

    def say(self, message: str) -> Reply:
        """Understand a message and do what the actions would; what is too long is refused as the chat API does."""
        started = time.perf_counter()
        if len(message) > LONGEST_MESSAGE:
            reply = Reply("", asks=self.dossier.asks, refused=413)
        else:
            turn = self._take(clean(message))
            # As through a slot of Rasa: what JSON does not keep is lost here too
            self.dossier = Dossier.from_json(json.loads(json.dumps(turn.dossier.as_json())))
            self.context = turn.context
            reply = replace(_reply(turn.messages, time.perf_counter() - started), asks=self.dossier.asks, outcome=turn.outcome)
        self.turns.append(Turn(message, reply))
        return reply

    def _take(self, text: str) -> Step:
        asked = f"{WORD_JOINER}{text}" if text.startswith("/") else text
        read_parts = read(asked, self.rank)
        parts = [{"text": part, "ranking": ranking} for part, ranking in read_parts]
        named = self.persons(asked) if introduces([ranking for _, ranking in read_parts]) else ()
        heard = Heard.from_parse(clean(asked), {"parts": parts, "persons": named})
        return self.counter.take(self.conversation, heard, self.dossier, self.context, requests=heard.intent in REQUESTS)


def _reply(messages: Sequence[Message], seconds: float) -> Reply:
    sources = [message.source for message in messages if message.source]
    return Reply(
        prose=normalise("\n".join(message.text for message in messages)),
        buttons=tuple((button.title, button.value) for message in messages for button in message.buttons),
        facts=frozenset(fact for source in sources for fact in source.facts),
        sourced=bool(sources),
        seconds=seconds,
    )
