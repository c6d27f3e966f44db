"""Ten dialogues, told through the chat API or through a messaging channel, and what the person could read and choose each time."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.channels.sentences import CHOOSE, source_line
from support.chat import Chat, Reply
from support.platforms.platform import Platform, Shown
from support.waiting import wait_for

SECONDS = 20.0
"""How long an answer may take."""
_NUMBERED = re.compile(r"(\d+)\. (.+)")
_QUOTES = re.compile(r"«\s*|\s*»")
_AGAIN = re.compile(r"(Source : \"[^\"]+\", page mise à jour le \d\d\.\d\d\.\d{4}) (?=.*\1)")
"""A source that stands under a later message of the same answer too."""
_OWN = re.compile(r"CIC-\d{4}-[0-9A-Z]{6}|depuis le \d+ \w+ \d{4} à \d+ h \d\d")
"""What differs from one person to the next: her reference, the time when she began."""


@dataclass(frozen=True)
class Pick:
    """To choose one of the answers that were shown last, by its title."""

    title: str


Step = str | Pick

WHOLE, ERASURE = "a whole request", "an erasure"
DIALOGUES: Mapping[str, Sequence[Step]] = {
    "facts with their source": (
        "Combien d'argent le Programme a-t-il reçu pour la Wallonie et Bruxelles ?",
        "En quelle année tout cela a-t-il commencé ?",
    ),
    "an overview with choices": ("Que pouvez-vous m'apprendre ?", Pick("Le budget"), "Et qui paie ?", Pick("Les résultats")),
    "a question that follows another": ("Quel secteur les communes du Bénin ont-elles choisi ?", "Et celles du Maroc ?", "et au Rwanda ?"),
    "out of scope": ("Quel temps fera-t-il demain à Namur ?", "Écrivez-moi un poème sur la mer", "Merci quand même"),
    "a private person": ("Je suis retraité, simple habitant de Liège, et je voudrais que quelqu'un me rappelle", "C'est injuste"),
    WHOLE: (
        "Bonsoir, je suis bourgmestre de Dinant et nous aimerions rejoindre le Programme",
        *("Élise Fontaine", "{email}", "0483 21 45 67", Pick("Oui"), Pick("Oui")),
    ),
    "a request that is given up": (
        "J'aimerais être mise en contact avec une personne du Programme",
        *(Pick("Mandataire (élu ou élue)"), "conseillère communale", "Namur", "annuler", "oui"),
    ),
    "a correction at the recap": (
        "je suis secrétaire communale à Huy et j'aimerais être recontactée pour un échange d'agents",
        *("Marc Fontaine, {email}", Pick("Pas de téléphone"), "Envoyer deux agents au Bénin"),
        *("non, mon nom est Marc Lafontaine", Pick("Oui")),
    ),
    ERASURE: ("Quel est le secteur au Sénégal ?", "Que savez-vous de moi ?", Pick("Oui, effacez mes données"), "Et le budget ?"),
    "another language": ("What is the total budget of the programme?", Pick("Le budget")),
}


@dataclass(frozen=True)
class Read:
    """What a person could read and choose after one message: with plain signs, on one line."""

    text: str
    choices: tuple[str, ...] = ()


@dataclass
class Told:
    """A dialogue as one person had it. `email` is her own; `messages` is how many of ours she has seen, on a channel."""

    email: str
    read: list[Read] = field(default_factory=list)
    messages: int = 0

    def words(self, text: str) -> str:
        return text.format(email=self.email)

    def note(self, read: Read) -> None:
        """Keep what was read, without what differs from one person to the next."""
        text = _OWN.sub("…", read.text.replace(self.email, "<adresse>"))
        self.read.append(Read(text, read.choices))


def tell_the_api(chat: Chat, dialogue: Sequence[Step], email: str) -> Told:
    """Have a dialogue through the chat API; choosing says the value of what was chosen."""
    told, values = Told(email), {}
    for step in dialogue:
        reply = chat.say(values[step.title] if isinstance(step, Pick) else told.words(step))
        assert reply.status == 200, reply
        values = {button["title"]: button["value"] for message in reply.messages for button in message["buttons"]}
        told.note(_read_of(reply))
    return told


def tell_a_channel(platform: Platform, person: str, dialogue: Sequence[Step], like: Told, beside: Sequence[str]) -> Told:
    """Have a dialogue through a channel, until an answer differs from that of the API; choosing presses, or types a number.

    `beside` is what is said on channels only, and is left out.
    """
    told = Told(f"{person}@dinant.example")
    shown: list[Shown] = []
    for step, wanted in zip(dialogue, like.read, strict=True):
        _say(platform, person, told.words(step) if isinstance(step, str) else _chosen(shown, step.title))
        deadline = time.monotonic() + SECONDS
        while True:
            shown = platform.seen(person)[told.messages :]
            attempt = Told(told.email)
            attempt.note(_read_from(shown, beside))
            if attempt.read == [wanted] or time.monotonic() > deadline:
                break
            time.sleep(0.02)
        told.read += attempt.read
        told.messages += len(shown)
        if attempt.read != [wanted]:
            break
    return told


def plain(text: str) -> str:
    """A text on one line, with the signs of any keyboard: not all channels have those of typography."""
    return " ".join(_QUOTES.sub('"', text).replace("’", "'").replace("…", "...").split())


@dataclass(frozen=True)
class _Pressed:
    title: str


def _say(platform: Platform, person: str, what: str | _Pressed) -> None:
    if isinstance(what, _Pressed):
        raw = platform.press(person, what.title)
        wait_for("the choice is taken", lambda: platform.deliver(raw) == 200, 10)
    else:
        platform.write(person, what)


def _chosen(shown: Sequence[Shown], title: str) -> str | _Pressed:
    """How a person chooses what she sees under a title."""
    if pressable := [choice for one in shown for choice in one.choices]:
        return _Pressed(next(choice for choice in pressable if plain(choice) == plain(title)))
    _, numbered = _without_numbers(shown)
    return next(number for number, each in numbered if plain(each) == plain(title))


def _read_of(reply: Reply) -> Read:
    lines = []
    for message in reply.messages:
        lines.append(message["text"])
        if source := message["source"]:
            lines.append(source_line(source["section"], source["updated"]))
    titles = tuple(plain(button["title"]) for message in reply.messages for button in message["buttons"])
    return Read(_once(plain("\n".join(lines))), titles)


def _read_from(shown: Sequence[Shown], beside: Sequence[str]) -> Read:
    text, numbered = _without_numbers(shown)
    text = plain(text)
    for said in beside:
        text = plain(text.replace(plain(said), ""))
    pressable = [plain(choice) for one in shown for choice in one.choices]
    titles = [plain(title) for _, title in numbered]
    # What can be pressed may have its number too, where only numbers fit on buttons
    return Read(_once(text), tuple(pressable if pressable == titles else pressable + titles))


def _once(text: str) -> str:
    return _AGAIN.sub("", text)


def _without_numbers(shown: Sequence[Shown]) -> tuple[str, list[tuple[str, str]]]:
    """What was said, without the numbers to type; and these with their titles."""
    kept: list[str] = []
    numbered: list[tuple[str, str]] = []
    listing = False
    for line in "\n".join(one.text for one in shown).splitlines():
        listing = plain(line) == plain(CHOOSE) or (listing and _NUMBERED.fullmatch(line) is not None)
        if not listing:
            kept.append(line)
        elif found := _NUMBERED.fullmatch(line):
            numbered.append((found[1], found[2]))
    assert [number for number, _ in numbered] == [str(place) for place in range(1, len(numbered) + 1)]
    return "\n".join(kept), numbered
