"""The reception: somebody who only says who they are, or who tells another story after a refusal. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from bot.answers.model import Button, Context, Heard, Message
from bot.intake import signs
from bot.intake.model import DECLINED, OFFER_REQUEST, Dossier, Turn
from bot.intake.screening import Screening
from bot.screening import NOT_ADMISSIBLE
from bot.screening.claims import LOCAL
from bot.text import fold
from bot.texts import Texts

_PRIVATE = re.compile(r"(?:simple )?particuli(?:er|ere)\b")
"""Somebody who is nothing else, folded."""


@dataclass(frozen=True)
class Reception:
    """Listens to presentations outside a request."""

    screening: Screening
    texts: Texts

    def reopens(self, heard: Heard, dossier: Dossier) -> bool:
        """Whether the message changes the story of somebody who was refused, so that they are screened again."""
        if dossier.ended != DECLINED or not self.screening.says_who(heard.text):
            return False
        return self.screening.decide(self.screening.hear(dossier.profile, heard.text)).verdict != NOT_ADMISSIBLE

    def introduce(self, heard: Heard, dossier: Dossier) -> Turn | None:
        """Keep who somebody says to be, and ask what they want; None when the message does not say who.

        Who says outright that they write for themselves alone is not asked again when they make a request. Who names a trade or a town
        is: a mandatary has one too.
        """
        if not self.screening.says_who(heard.text):
            return None
        introduced = replace(self.overhears(heard, dossier), offered=OFFER_REQUEST)
        heard_out = self.screening.hear(_kept(dossier).profile, heard.text)
        if self.screening.decide(heard_out).verdict == NOT_ADMISSIBLE:
            outright = heard_out.private or _PRIVATE.match(fold(heard_out.function or ""))
            if outright and not signs.hands_over(heard):
                introduced = replace(introduced, profile=heard_out)
            return Turn((Message(self.texts("demande.presentation_autre")),), replace(introduced, offered=""), Context())
        button = Button.saying(self.texts("demande.bouton"))
        return Turn((Message(self.texts("demande.presentation"), (button,)),), introduced, Context())

    def welcomes(self, heard: Heard, dossier: Dossier) -> Turn | None:
        """The same for a message that was not understood otherwise, when it says that a local authority speaks."""
        claims = self.screening.claims(heard.text)
        return self.introduce(heard, dossier) if claims.kind in LOCAL and claims.function else None

    def overhears(self, heard: Heard, dossier: Dossier) -> Dossier:
        """The dossier with what a message outside a request says of its author, so that a request need not ask it again."""
        if signs.hands_over(heard):
            dossier = Dossier(number=dossier.number, reference=dossier.reference, profile=dossier.of_another())
        if not self.screening.says_who(heard.text):
            return dossier
        kept = _kept(dossier)
        return replace(kept, profile=self.screening.overhear(kept.profile, heard.text))


def _kept(dossier: Dossier) -> Dossier:
    """What is still known of a person after a request that ended: all after a refusal, else nothing."""
    return dossier if dossier.ended in {DECLINED, ""} else Dossier(number=dossier.number, reference=dossier.reference)
