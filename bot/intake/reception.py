"""The reception: somebody who only says who they are, or who tells another story after a refusal. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.answers.model import Button, Context, Heard, Message
from bot.intake.model import DECLINED, Dossier, Turn
from bot.intake.screening import Screening
from bot.screening import NOT_ADMISSIBLE
from bot.texts import Texts


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
        """Keep who somebody says to be, and ask what they want; None when the message does not say who."""
        if not self.screening.says_who(heard.text):
            return None
        kept = dossier if dossier.ended == DECLINED else Dossier(number=dossier.number)
        introduced = replace(kept, profile=self.screening.hear(kept.profile, heard.text))
        button = Button(self.texts("demande.bouton"), self.texts("demande.bouton"))
        return Turn((Message(self.texts("demande.presentation"), (button,)),), introduced, Context())
