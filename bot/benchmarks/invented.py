"""Invents conversations as reviewers read them (bot.review.reading), for a database that looks lived in. Nobody in them is real.

Questions are our own examples, answers those of the knowledge; what a conversation comes to is worked out as in operation
(bot.review.summary).
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any, TypeVar

from bot.answers.compose import say, say_phrase
from bot.checking import read_examples
from bot.config import PROJECT
from bot.knowledge import Base
from bot.review.model import ANSWERED, CANCELLED, CHOICE, DECLINED, FORM, NEAR, OFF_TOPIC, ROUTED, SITE, SMALL_TALK, UNKNOWN
from bot.review.reading import Exchange, Row
from bot.review.summary import Around, conversation_row, exchange_rows
from bot.storage import (
    CONTACT,
    LEAD_FAILED,
    LEAD_FORWARDED,
    LEAD_WAITING,
    MAIL_FAILED,
    MAIL_SENT,
    MAIL_WAITING,
    conversations,
    decisions,
    exchanges,
    feedback,
    leads,
    outbox,
    trackers,
)
from bot.text import typeset
from bot.wiring import build_base
from bot.words import words

DAYS = 350
"""How far back they go: within the retention, or the housekeeper would delete some while they are looked at."""
Rows = Mapping[Any, list[Row]]
"""Rows by their table."""
T = TypeVar("T")
_CHANNELS = {SITE: 70, "whatsapp": 12, "telegram": 6, "messenger": 6, "courriel": 4, "slack": 2}
_ENDS = {"": 86, ROUTED: 5, DECLINED: 4, CANCELLED: 2, FORM: 3}
"""How the request of a conversation ends (FORM: it is left open); most make none."""
_FIELDS = ("profil", "fonction", "commune", "nom", "email", "objet", "confirmation", "consentement")
_ANSWERS = ("échevine", "Lasne", "[effacé]", "non", "oui", "je suis bourgmestre", "pourquoi cette question ?")
_PLACES = ("Lasne", "Namur", "Ixelles", "Dori", "Ouahigouya", "Mons", "Huy", "Za-Kpota", "Taza")
_STATES = {LEAD_FORWARDED: 85, LEAD_WAITING: 10, LEAD_FAILED: 5}
_MAILS = {LEAD_FORWARDED: MAIL_SENT, LEAD_WAITING: MAIL_WAITING, LEAD_FAILED: MAIL_FAILED}
_RELEASES = ("0c1d2e3f4a5b", "1b2c3d4e5f60", "2a3b4c5d6e7f")
_MODEL = "00c0ffee00c0ffee00c0ffee00c0ffee"
_KINDS = {"info": ANSWERED, "voisin": NEAR, "hors_sujet": OFF_TOPIC}
_DOUBTFUL = 0.45
"""Confidence below which nothing is answered."""
_REPLIES = {
    NEAR: "La page du Programme ne donne pas ce détail.",
    OFF_TOPIC: "Je n'ai pas de réponse à cela. Je ne connais que le Programme et sa page officielle.",
    SMALL_TALK: "Avec plaisir. Je reste à votre disposition pour toute autre question sur le Programme.",
    UNKNOWN: "Je n'ai pas trouvé de réponse à cette question dans la page du Programme. Pouvez-vous la formuler autrement ?",
    CHOICE: "Je ne suis pas certain d'avoir compris. S'agit-il de l'une de ces questions ?",
    FORM: "Pour transmettre votre demande, j'ai besoin de quelques informations.",
    ROUTED: "Merci. Votre demande est enregistrée.",
    DECLINED: "La rubrique « Attention » réserve les demandes aux autorités locales et à leurs partenaires directs.",
    CANCELLED: "C'est entendu, rien ne sera transmis.",
}


class Invention:
    """Invents one conversation after the other, all from one dice. `now` is when the last one may have been held."""

    def __init__(self, dice: random.Random, now: datetime) -> None:
        self._dice, self._now = dice, now
        self._examples = [(example.text, example.label) for example in read_examples(PROJECT / "data" / "nlu")[0]]
        self._labels = sorted({label for _, label in self._examples})
        self._requests = 0

    def conversation(self, length: int) -> Rows:
        """The rows of a conversation of so many exchanges."""
        name, began = f"{self._dice.getrandbits(128):032x}", self._now - timedelta(days=DAYS * self._dice.random(), hours=4)
        channel = self._pick(_CHANNELS)
        told = [self._exchange(name, number, began, channel) for number in range(1, length + 1)]
        end = self._pick(_ENDS) if length > len(_FIELDS) else ""
        if end:
            told = [*told[: -len(_FIELDS)], *self._request(told[-len(_FIELDS) :], end)]
        found: dict[Any, list[Row]] = defaultdict(list)
        around = Around(self._judged(told), self._settled(told[-1].row, end, found))
        found[conversations] = [conversation_row(told, around)]
        found[exchanges] = exchange_rows(told, around)
        found[feedback] = [_opinion(told[-1].row, message, useful) for message, (useful,) in around.judged.items()]
        found[trackers] = [_tracker(told[-1].row)]
        return found

    def _pick(self, weights: Mapping[T, int]) -> T:
        return self._dice.choices(list(weights), list(weights.values()))[0]

    def _exchange(self, name: str, number: int, began: datetime, channel: str) -> Exchange:
        said, label = self._dice.choice(self._examples)
        confidence = round(min(0.9999, self._dice.betavariate(4, 1.1)), 4)
        age = (self._now - began) / timedelta(days=DAYS + 1)
        row = {
            "conversation": name,
            "number": number,
            "message_id": f"{name}-{number}",
            "at": began + timedelta(seconds=25 * number + self._dice.randrange(20)),
            "channel": channel,
            "said": said,
            "intent": label.split("/")[0],
            "label": label,
            "confidence": confidence,
            "ranking": self._ranking(label, confidence),
            "entities": [],
            "actions": ["action_repondre"],
            "slots": {},
            "asks": None,
            "release": _RELEASES[int((1 - age) * len(_RELEASES))],
            "model": _MODEL,
            "seconds": round(self._dice.lognormvariate(-4, 0.6), 4),
            "first_event": 14 * number,
            "last_event": 14 * number + 13,
        }
        return Exchange(row | self._answered(said, label, confidence), in_form=False)

    def _ranking(self, label: str, confidence: float) -> list[list[Any]]:
        others = self._dice.sample(self._labels, 4)
        return [[label, confidence], *([other, round(confidence / (3 + place), 4)] for place, other in enumerate(others))]

    def _answered(self, said: str, label: str, confidence: float) -> Row:
        if confidence < _DOUBTFUL:
            return _told(said, UNKNOWN if self._dice.random() < 0.6 else CHOICE)
        outcome = _KINDS.get(label.split("/")[0], SMALL_TALK)
        return _told(said, outcome, label)

    def _request(self, told: Sequence[Exchange], end: str) -> list[Exchange]:
        """The last exchanges as those of a request: each answers the field that the one before asked for."""
        asked = [*_FIELDS[1:], None if end != FORM else _FIELDS[-1]]
        made = []
        for place, (each, asks) in enumerate(zip(told, asked, strict=True)):
            said = "Je souhaite transmettre une demande" if place == 0 else self._dice.choice(_ANSWERS)
            outcome = FORM if asks else end
            row = each.row | {"label": "demande", "intent": "demande", "actions": ["formulaire_demande"], "said": said, "asks": asks}
            made.append(Exchange(row | _told(said, outcome), in_form=place > 0))
        return made

    def _judged(self, told: Sequence[Exchange]) -> dict[str, list[bool]]:
        """Opinions on a few answers, mostly good ones."""
        return {each.row["message_id"]: [self._dice.random() < 0.7] for each in told if self._dice.random() < 0.03}

    def _settled(self, last: Row, end: str, found: dict[Any, list[Row]]) -> list[str]:
        """Add what a request leaves elsewhere; return the statuses of those that are open."""
        if end not in (ROUTED, DECLINED):
            return []
        found[decisions] = [_decision(last, end)]
        if end == DECLINED:
            return []
        self._requests += 1
        status = self._pick(_STATES)
        is_open = status == LEAD_FAILED or self._now - last["at"] < timedelta(days=20)
        found[leads] = [_lead(last, self._requests, status, is_open, self._dice.choice(_PLACES))]
        found[outbox] = [_mail(last, self._requests, status)]
        return [status] if is_open else []


@cache
def _base() -> Base:
    return build_base()


@cache
def _reply(outcome: str, label: str) -> tuple[str, tuple[str, ...], tuple[tuple[str, str], ...]]:
    """What is said, with the facts and the source: those of a label, or the nearest ones behind a refusal."""
    base, text = _base(), typeset(_REPLIES.get(outcome, ""))
    nearest = base.nearest.get(label.partition("/")[2], "") if outcome == NEAR else ""
    if outcome == ANSWERED:
        message = say(base, label.removeprefix("info/"))
    elif nearest:
        message = say_phrase(base, nearest, text)
    else:
        return text, (), ()
    source = message.source.as_dict() if message.source else {}
    return message.text, tuple(source.pop("fact", ())), tuple(source.items())


def _told(said: str, outcome: str, label: str = "") -> Row:
    reply, facts, source = _reply(outcome, label)
    told = {"outcome": outcome, "reply": reply, "words": " ".join(words(f"{said}\n{reply}"))}
    return told | {"facts": list(facts), "source": dict(source) or None}


def _opinion(last: Row, message: str, useful: bool) -> Row:
    return {"conversation": last["conversation"], "message_id": f"{message}-a", "useful": useful, "comment": None, "created_at": last["at"]}


def _tracker(last: Row) -> Row:
    name = last["conversation"]
    return {"conversation": name, "born": name, "tail": 0, "pointers": {}, "updated_at": last["at"], "to_index": False}


def _decision(last: Row, end: str) -> Row:
    verdict = "admissible" if end == ROUTED else "non_admissible"
    known = {"conversation": last["conversation"], "request_key": f"{last['conversation']}-1", "message_id": last["message_id"]}
    rule = {"verdict": verdict, "rule": "inventée", "rule_version": "1", "reason": "Une décision inventée."}
    return known | rule | {"profile": {}, "created_at": last["at"]}


def _lead(last: Row, number: int, status: str, is_open: bool, place: str) -> Row:
    who = {"nom": f"Personne Inventée {number}", "fonction": "échevine", "commune": place, "pays": "Belgique", "telephone": None}
    who |= {"email": f"personne{number}@commune.example", "objet": "Participer au Programme", "partenaire_de": None}
    why = {"decision": "admissible", "reason": "Une décision inventée.", "rule": "inventée", "remarques": []}
    closed = {} if is_open else {"closed_at": last["at"] + timedelta(days=3), "closed_by": "Ines"}
    return {
        "id": number,
        "reference": f"CIC-{last['at'].year}-{number:06d}",
        "request_key": f"{last['conversation']}-1",
        "created_at": last["at"],
        "status": status,
        "consent_at": last["at"],
        "conversation": last["conversation"],
        "message_id": last["message_id"],
        **who,
        **why,
        **{"closed_at": None, "closed_by": None, **closed},
    }


def _mail(last: Row, number: int, status: str) -> Row:
    sent = status == LEAD_FORWARDED
    return {
        "lead_id": number,
        "kind": CONTACT,
        "recipient": "contact@association.example",
        "message_id": f"<{number}@invented.example>",
        "body": b"Subject: Une demande\r\n\r\nTexte.\r\n",
        "status": _MAILS[status],
        "attempts": 1,
        "due_since": last["at"],
        "next_attempt_at": last["at"] + timedelta(days=36500),
        "sent_at": last["at"] if sent else None,
        "last_error": None if sent else "550 boîte inconnue",
    }
