"""Answers from the edition that a question names: its years lead to the edition's file, none leads to the current one. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.answers import periods
from bot.answers.answerer import Answerer
from bot.answers.model import Context, Heard, Said
from bot.answers.wordings import Wordings
from bot.knowledge import Base
from bot.texts import Texts


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
        answerer = self._asked_of(heard, context)
        if answerer is self.current:
            return answerer.reply(heard, replace(context, edition=""))
        edition = answerer.base.edition.id
        said = answerer.reply(heard, context)
        before = self.texts("reponse.edition", edition=edition)
        messages = tuple(replace(message, text=f"{before} {message.text}") if message.source else message for message in said.messages)
        return Said(messages, replace(said.context, edition=edition))

    def knows(self, heard: Heard, context: Context) -> bool:
        """Whether the message is a question about the programme that would be answered at once."""
        return self._asked_of(heard, context).knows(heard, context)

    def asked_beside(self, heard: Heard) -> Said | None:
        """The answer to a question that stands beside a request."""
        return self.current.asked_beside(heard)

    def _asked_of(self, heard: Heard, context: Context) -> Answerer:
        """The Answerer of the years named; without any, a follow-up stays where the last answer was, all else is current."""
        asked = periods.named(heard.text)
        if not asked:
            stays = (answerer for answerer in self.answerers if answerer.base.edition.id == context.edition and answerer.leans(heard))
            return next(stays, self.current)
        fits = (each for each in reversed(self.answerers) if all(period.within(periods.period_of(each.base)) for period in asked))
        return next(fits, self.current)
