"""Somebody of whom nobody else in the tests has heard: what she gives in a request, and the words by which a trace of her shows."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from string import ascii_lowercase

_numbers = count()


@dataclass(frozen=True)
class Person:
    """What a person gives. `phone` is as she types it."""

    last_name: str
    phone: str

    @property
    def name(self) -> str:
        return f"Zoé {self.last_name}"

    @property
    def email(self) -> str:
        return f"zoe@{self.last_name.lower()}.example"

    def answers(self, **changes: str) -> dict[str, str]:
        """What she answers to each contact field; she agrees to everything."""
        given = {"nom": self.name, "email": self.email, "telephone": self.phone, "confirmation": "oui", "consentement": "oui"}
        return given | changes

    @property
    def words(self) -> tuple[str, ...]:
        """What nothing but she is called by: her name, which stands in her address too, and her number as typed and as it is kept."""
        digits = self.phone.replace(" ", "")
        kept = f"{digits[1:4]} {digits[4:6]} {digits[6:8]} {digits[8:]}"
        return (self.last_name, self.phone, kept, digits[1:])


def stranger() -> Person:
    """A new person."""
    number = next(_numbers)
    letters = ascii_lowercase[number // 26 % 26] + ascii_lowercase[number % 26]
    return Person(f"Montrivel{letters}on", f"0483 21 {number // 90 % 90 + 10} {number % 90 + 10}")
