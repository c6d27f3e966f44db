"""Reads a short message that only makes sense after an answer: « pourquoi ? », « et le deuxième ? », « c'est tout ? ». Pure.

What such a message leads to stands in the knowledge (`relances:`, `listes:`), how people word it in data/relances/.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from bot.answers import things
from bot.answers.model import Context
from bot.answers.wordings import Wordings
from bot.knowledge import REFUSAL, Base, Listing
from bot.text import fold

ALL, SURE = "tout", "sur"
"""What a message asks that wants the last answer confirmed: is that all, are you sure."""


@dataclass(frozen=True)
class Lead:
    """Where a short message leads: an entry, or a kind of refusal; `confirms` when it asks whether the last answer holds.

    `ranked` when it names a place in a list.
    """

    entry: str = ""
    refusal: str = ""
    confirms: str = ""
    ranked: bool = False


@dataclass(frozen=True)
class Following:
    """Follow-ups on the answers of one Base."""

    base: Base
    wordings: Wordings

    def lead(self, text: str, context: Context) -> Lead | None:
        """What `text` asks after the last answer; None when it says more than a bare follow-up does."""
        if context.entry not in self.base.entries:
            return None
        folded, words = fold(text), self.wordings
        if words.says_only(folded, words.all):
            return Lead(self._whole(context), confirms=ALL)
        if words.says_only(folded, words.sure):
            return Lead(context.entry, confirms=SURE)
        entry, rest = self._by_rank(folded, context)
        if entry:
            return replace(self._by_aspect(words.aspect(rest), entry) or Lead(entry), ranked=True)
        return self._by_aspect(words.only_aspect(folded), context.entry)

    def says_nothing(self, folded: str) -> bool:
        """Whether a folded text holds only words that ask nothing by themselves."""
        return re.search(r"\w", self.wordings.filler.sub(" ", folded)) is None

    def names_its_subject(self, text: str) -> bool:
        """Whether a bare follow-up has a noun that could as well make it a question of its own: « quel montant ? »."""
        return self.wordings.nouns.search(fold(text)) is not None

    def listing(self, context: Context) -> Listing | None:
        """The list that the last answer belongs to, or that it told whole or in part."""
        found = self.base.entries.get(context.entry)
        if found is None:
            return None
        held = (each for each in self.base.listings if context.entry in each.entries or context.entry == each.whole)
        said = set(found.phrases)
        near = (each for each in self.base.listings if said & set(self.base.overviews[each.whole].phrases))
        return next(held, None) or next(near, None)

    def points_back(self, text: str) -> bool:
        """Whether a message means the country or region spoken of before."""
        return self.wordings.points_back.search(fold(text)) is not None

    def points_at(self, text: str, entry: str, context: Context) -> str:
        """`entry` moved to the object spoken of before, when the message points back: « ils font quoi là-bas ? » after the Bénin."""
        if not entry or not context.thing or things.named(self.base, text) or not self.points_back(text):
            return entry
        attribute = things.attribute_of(self.base, entry)
        return self.base.grid.get((context.thing, attribute), entry) if attribute else entry

    def _by_aspect(self, asked: str, entry: str) -> Lead | None:
        """Where an aspect leads from an entry: by its own table, else by that of its passage."""
        targets = (self.base.asides.get(start, {}).get(asked, "") for start in (entry, self.base.passage_id(entry)))
        target = next(filter(None, targets), "")
        if target.startswith(REFUSAL):
            return Lead(refusal=target.removeprefix(REFUSAL))
        return Lead(target) if target else None

    def _by_rank(self, folded: str, context: Context) -> tuple[str, str]:
        """« Le deuxième ? », « le dernier », « l'autre », « les autres » in the list that was spoken of, and the words beside it."""
        listing, words = self.listing(context), self.wordings
        if listing is None:
            return "", ""
        entries, at = listing.entries, listing.entries.index(context.entry) if context.entry in listing.entries else -1
        if words.says_only(folded, words.before) and at > 0:
            return entries[at - 1], ""
        if words.says_only(folded, words.after) and 0 <= at < len(entries) - 1:
            return entries[at + 1], ""
        nouns = _nouns(listing)
        also = (nouns, words.beside_rank, *(pattern for _, pattern in words.aspects))
        if words.says_only(folded, words.others, *also):
            return entries[1 - at] if len(entries) == 2 and at >= 0 else listing.whole, ""
        found = (
            (rank, nouns.sub(" ", pattern.sub(" ", folded))) for pattern, rank in words.ranks if words.says_only(folded, pattern, *also)
        )
        rank, rest = next(found, (None, ""))
        return ("", "") if rank is None else (_ranked(listing, rank), rest)

    def _whole(self, context: Context) -> str:
        """The entry that says all that stands around the last answer."""
        if context.entry in self.base.overviews:
            return context.entry
        listing, passage = self.listing(context), self.base.passage_id(context.entry)
        if listing is not None:
            return listing.whole
        return next((entry for entry in self.base.overviews if self.base.passage_id(entry) == passage), context.entry)


def _nouns(listing: Listing) -> re.Pattern[str]:
    """The words that may stand beside a rank of this list; none when it names none."""
    return re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, listing.nouns)) + r")(?!\w)" if listing.nouns else r"(?!)")


def _ranked(listing: Listing, rank: int) -> str:
    """The entry of a rank: 0 is the middle, -1 the last; the whole list when it is not so long."""
    place = len(listing.entries) // 2 if rank == 0 else rank - 1 if rank > 0 else len(listing.entries) - 1
    return listing.entries[place] if place < len(listing.entries) else listing.whole
