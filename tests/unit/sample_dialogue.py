"""A request told as a script: what is said, one message after the other, to the intake without Rasa and without a database."""

from __future__ import annotations

from collections.abc import Iterable

from sample_assistant import SURE, heard, the_intake

from bot.answers.model import Context, Part
from bot.intake.model import Dossier, Turn

OFFICER = "Je suis échevine à Lasne et je veux participer au Programme"
NAME, EMAIL = "Claire Dumont", "claire@lasne.example"
CONTACTS = (NAME, EMAIL, "non")
"""What is asked of OFFICER, who said the rest at once."""


class Dialogue:
    """Goes on with a request, or opens one when none is open."""

    def __init__(self, *texts: str) -> None:
        self.intake = the_intake()
        self.dossier, self.context = Dossier(), Context()
        self.turn = Turn((), self.dossier, self.context)
        self.turns: list[Turn] = []
        self.all(*texts)

    def say(self, text: str, label: str = "", score: float = SURE, parts: Iterable[Part] = (), persons: Iterable[str] = ()) -> Turn:
        message = heard(text, label, score, parts, persons)
        take = self.intake.step if self.dossier.asks else self.intake.open
        self.turn = take(message, self.dossier, self.context)
        self.dossier, self.context = self.turn.dossier, self.turn.context
        self.turns.append(self.turn)
        return self.turn

    def all(self, *texts: str) -> Turn:
        for text in texts:
            self.say(text)
        return self.turn

    @property
    def asks(self) -> str | None:
        return self.dossier.asks

    @property
    def text(self) -> str:
        """All that the last turn said."""
        return "\n\n".join(message.text for message in self.turn.messages)

    @property
    def buttons(self) -> list[str]:
        return [button.title for button in self.turn.messages[-1].buttons]


def at(field: str) -> Dialogue:
    """An officer's request at the point where a field is asked for."""
    answers = {
        "profil": "Mandataire (élu ou élue)",
        "fonction": "échevine",
        "commune": "Lasne",
        "nom": NAME,
        "email": EMAIL,
        "telephone": "non",
        "objet": "participer au Programme",
        "confirmation": "oui",
    }
    dialogue = Dialogue("je souhaite transmettre une demande")
    while dialogue.asks != field:
        dialogue.say(answers[str(dialogue.asks)])
    return dialogue
