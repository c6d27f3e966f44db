"""Answers from the edition that a question names: its years lead to the edition's file, none leads to the current one. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.answers import periods
from bot.answers.answerer import Answerer
from bot.answers.model import NOTHING, Context, Heard, Said
from bot.answers.wordings import Wordings
from bot.knowledge import Base
from bot.texts import Texts

_MOST = 2
"""Editions from which one reply is made."""


class Editions:
    """The editions of the programme, one Answerer each. The one that ends last is the current one."""

    def __init__(self, bases: Sequence[Base], texts: Texts, wordings: Wordings) -> None:
        ordered = sorted(bases, key=lambda base: (base.edition.end, base.edition.start))
        self.texts = texts
        self.answerers = tuple(Answerer(base, texts, wordings) for base in ordered)

    @property
    def current(self) -> Answerer:
        """The Answerer of the current edition."""
        return self.answerers[-1]

    def reply(self, heard: Heard, context: Context) -> Said:
        """What is said to `heard`; an answer from another edition than the current one says which."""
        asked = self._asked_of(heard, context)
        said = [
            self._say(each, each.reply(_for(each, heard) if len(asked) > 1 else heard, replace(context, edition="")))
            for each in asked[:_MOST]
        ]
        if len(said) == 1 or not all(each.messages[0].source for each in said):
            return said[0]
        messages = tuple(replace(message, buttons=()) for each in said for message in each.messages[:1])
        return Said(messages, said[-1].context)

    def knows(self, heard: Heard, context: Context) -> bool:
        """Whether the message is a question about the programme that would be answered at once."""
        return self._asked_of(heard, context)[0].knows(heard, context)

    def asked_beside(self, heard: Heard) -> Said | None:
        """The answer to a question that stands beside a request."""
        answerer = self._asked_of(heard, NOTHING)[0]
        said = answerer.asked_beside(heard)
        return self._say(answerer, said) if said else None

    def _say(self, answerer: Answerer, said: Said) -> Said:
        """What an edition says; another one than the current says its years first, and stays in mind."""
        if answerer is self.current:
            return said
        edition = answerer.base.edition.id
        before = self.texts("reponse.edition", edition=edition)
        messages = tuple(replace(message, text=f"{before} {message.text}") if message.source else message for message in said.messages)
        return Said(messages, replace(said.context, edition=edition))

    def _asked_of(self, heard: Heard, context: Context) -> tuple[Answerer, ...]:
        """The Answerers of the years named; without any, a follow-up stays where the last answer was, all else is current."""
        asked = periods.named(heard.text)
        if not asked:
            last = (answerer for answerer in self.answerers if answerer.base.edition.id == context.edition)
            return tuple(answerer for answerer in last if answerer.leans(heard, context)) or (self.current,)
        found = dict.fromkeys(self._edition_of(period) for period in asked)
        fits = tuple(answerer for answerer in found if answerer is not None)
        return fits if len(fits) == len(found) else (self.current,)

    def _edition_of(self, period: periods.Period) -> Answerer | None:
        """The latest edition that has all the years of a period."""
        return next((each for each in reversed(self.answerers) if period.within(periods.period_of(each.base))), None)


def _for(answerer: Answerer, heard: Heard) -> Heard:
    """What was heard, without the years of other editions that the message names as well."""
    return replace(heard, text=periods.within(heard.text, periods.period_of(answerer.base)))
