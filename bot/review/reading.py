"""Reads a conversation for those who review it: Rasa's events become its exchanges, without personal data. Pure.

An exchange is a message of the person and all that was done and said until the next one. What a new session begins with belongs to the
message that began it. Masked is more than in the events: also what somebody consented to have sent, and whom they name.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import Any

from bot.privacy import MASKED, Event, Traces, mask_events, values_of
from bot.review.discretion import is_public, titled
from bot.review.model import (
    ANSWERED,
    CANCELLED,
    CHOICE,
    DECLINED,
    FORM,
    NEAR,
    OFF_TOPIC,
    ROUTED,
    SITE,
    SMALL_TALK,
    UNKNOWN,
)
from bot.text import WORD_JOINER
from bot.words import words

Row = dict[str, Any]
Told = Sequence[tuple[int, Event]]
"""Events with their ids, oldest first."""

LABELS = 5
"""Labels that are kept of a ranking."""
_STEEPNESS, _MIDDLE = 4.0, -0.35
"""How a margin becomes a confidence, as in Rasa's intents (bot.rasa.understanding)."""
_ENDS = {"qualified": ROUTED, "declined": DECLINED, "cancelled": CANCELLED}
_NEAR, _OFF_TOPIC, _GIBBERISH = "voisin/", "hors_sujet/", "hors_sujet/charabia"
_SMALL = ("bavardage/", "affirmer", "nier", "hesiter", "annuler", "se_presenter")
_METADATA, _CONTEXT, _DOSSIER = "session_started_metadata", "contexte", "dossier"
_INTERNAL = frozenset({_METADATA, _CONTEXT, _DOSSIER, "requested_slot"})
"""Slots that say nothing to a reader, or the same as something else."""
_FREE = frozenset({"fonction"})
"""Slots in the person's own words."""


@dataclass(frozen=True)
class Exchange:
    """A row of `exchanges`, but for its feedback, and whether it answered a question of the form: its confidence then says nothing."""

    row: Row
    in_form: bool


def read_exchanges(conversation: str, told: Told) -> list[Exchange]:
    """The exchanges of a conversation, oldest first; none when nobody wrote."""
    events = [event for _, event in told]
    traces = traces_of(events)
    memory, found = _Memory(), []
    for number, part in enumerate(_split(list(zip((row for row, _ in told), mask_events(events, traces), strict=True))), 1):
        reader = _Reader([event for _, event in part], memory, traces)
        row = {"conversation": conversation, "number": number, "first_event": part[0][0], "last_event": part[-1][0]}
        found.append(Exchange(row | reader.row(), reader.was_asked))
        memory = reader.after
    return found


def traces_of(events: Sequence[Event]) -> Traces:
    """What is hidden of a conversation from those who review it: also other persons whom somebody names with a title, and nobody who
    stands on the page.
    """
    values = values_of(events)
    others = (name for event in events if event.get("event") == "user" for name in titled(str(event.get("text") or "")))
    return Traces(replace(values, names=frozenset(name for name in (*values.names, *others) if not is_public(name))))


def confidence_of(margin: float) -> float:
    """A margin of the classifier (about -1 to 1) between 0 and 1."""
    return round(1 / (1 + math.exp(-_STEEPNESS * (margin - _MIDDLE))), 4)


def _split(told: Told) -> list[list[tuple[int, Event]]]:
    """The events of each exchange. What stands before the first message and begins no session is of one that was purged."""
    parts: list[list[tuple[int, Event]]] = []
    opening: list[tuple[int, Event]] = []
    for item in told:
        if item[1].get("event") == "user":
            parts.append([*opening, item])
            opening = []
        elif opening or _opens_session(item[1]):
            opening.append(item)
        elif parts:
            parts[-1].append(item)
    return parts


def _opens_session(event: Event) -> bool:
    return event.get("name") in (_METADATA, "action_session_start")


@dataclass(frozen=True)
class _Memory:
    """What goes on from one exchange to the next: misses in a row, the field that is asked for, the dossier."""

    misses: int = 0
    asks: str | None = None
    dossier: Mapping[str, Any] = field(default_factory=dict)


class _Reader:
    """Reads one exchange: its masked events, and the memory before them. `after` is the memory after them."""

    def __init__(self, events: Sequence[Event], before: _Memory, traces: Traces) -> None:
        self._traces = traces
        place = next(i for i, event in enumerate(events) if event.get("event") == "user")
        self._user, self._events = events[place], events
        self._bots = [event for event in events if event.get("event") == "bot" and event.get("text")]
        self._customs = [_custom(event) for event in events if event.get("event") == "bot"]
        self._before = _remembered(before, events[:place])
        self.after = _remembered(self._before, events[place:])
        self._parse: Mapping[str, Any] = self._user.get("parse_data") or {}
        self._known: Mapping[str, Any] = self._user.get("metadata") or {}
        self._ranking = _ranking(self._parse)
        self._label: str | None = self._ranking[0][0] if self._ranking else None

    @property
    def was_asked(self) -> bool:
        """Whether the message may answer a question of the form."""
        return self._before.asks is not None

    def row(self) -> Row:
        """The columns that the exchange itself gives."""
        said, reply, facts = self._said(), self._reply(), self._facts()
        return {
            "message_id": str(self._user.get("message_id") or ""),
            "at": _moment(self._user),
            "channel": str(self._known.get("channel") or SITE),
            "said": said,
            "reply": reply,
            "words": " ".join(words(f"{said}\n{reply}")),
            "intent": (self._parse.get("intent") or {}).get("name"),
            "label": self._label,
            "confidence": self._ranking[0][1] if self._ranking else None,
            "ranking": self._ranking,
            "entities": [{key: each.get(key) for key in ("entity", "value")} for each in self._parse.get("entities") or ()],
            "actions": [each["name"] for each in self._events if each.get("event") == "action" and each.get("name") != "action_listen"],
            "slots": self._slots(),
            "facts": facts,
            "source": self._source(),
            "outcome": self._outcome(facts),
            "asks": self.after.asks,
            "release": _whole(self._known.get("release")),
            "model": _whole(self._known.get("model_id")),
            "seconds": self._seconds(),
        }

    def _said(self) -> str:
        text = str(self._user.get("text") or "")
        return text.removeprefix(WORD_JOINER) if "original" in self._known else text

    def _reply(self) -> str:
        """All that was said; where entries were offered, these too: the question says nothing without them."""
        return "\n\n".join("\n".join([each["text"], *_offered(each)]) for each in self._bots)

    def _facts(self) -> list[str]:
        return list(dict.fromkeys(fact for custom in self._customs for fact in (custom.get("source") or {}).get("fact") or ()))

    def _source(self) -> Row | None:
        """The first source, without its facts."""
        first = next((custom["source"] for custom in self._customs if custom.get("source")), None)
        return {key: value for key, value in first.items() if key != "fact"} if first else None

    def _seconds(self) -> float | None:
        last = max((each.get("timestamp") or 0.0 for each in self._bots), default=0.0)
        return round(last - float(self._user["timestamp"]), 4) if last >= self._user["timestamp"] else None

    def _slots(self) -> Row:
        """Slots that changed, in the end; of the dossier what a person can read."""
        set_ = {each["name"]: each.get("value") for each in self._events if each.get("event") == "slot"}
        shown = {name: value for name, value in set_.items() if name not in _INTERNAL}
        for name in _FREE.intersection(shown):
            shown[name] = shown[name] and self._traces.typed(str(shown[name]))
        changed = dict(self._of_dossier(self.after.dossier).items() - self._of_dossier(self._before.dossier).items())
        return shown | ({_DOSSIER: changed} if changed else {})

    def _of_dossier(self, dossier: Mapping[str, Any]) -> dict[str, str]:
        profile = dossier.get("profile") or {}
        place, partner = (profile.get(name) or {} for name in ("place", "partner_of"))
        known = {
            "profil": profile.get("kind"),
            "fonction": self._traces.typed(str(profile.get("function") or "")),
            "lieu": place.get("name"),
            "pays": place.get("country") or profile.get("country"),
            "partenaire de": partner.get("name"),
            "demandé": dossier.get("asks"),
            "essais": str(dossier.get("tries") or ""),
            "fin": dossier.get("ended"),
            "référence": dossier.get("reference"),
        }
        return {name: str(value) for name, value in known.items() if value}

    def _outcome(self, facts: Sequence[str]) -> str:
        ended = next((custom["outcome"] for custom in reversed(self._customs) if custom.get("outcome")), None)
        label, kinds = self._label or "", [custom.get("kind") for custom in self._customs]
        if ended in _ENDS:
            return _ENDS[ended]
        if facts:
            return _answered(label, kinds)
        if self.after.misses > self._before.misses:
            return CHOICE if CHOICE in kinds else UNKNOWN
        if self.after.asks:
            return FORM
        return _without_fact(label, any(custom.get("lang") for custom in self._customs))


def _answered(label: str, kinds: Sequence[str | None]) -> str:
    """How an exchange ended in which facts were given: asked for, or said behind a refusal. Old messages do not say which (None)."""
    refused = label.startswith((_NEAR, _OFF_TOPIC)) if set(kinds) == {None} else NEAR in kinds
    if not refused:
        return ANSWERED
    return OFF_TOPIC if label.startswith(_OFF_TOPIC) else NEAR


def _without_fact(label: str, in_other_language: bool) -> str:
    """How an exchange ended that gave no fact, missed nothing and asks for nothing. Rights and earlier requests are answered."""
    if label == _GIBBERISH or not label:
        return UNKNOWN
    if in_other_language or label.startswith(_OFF_TOPIC):
        return OFF_TOPIC
    if label.startswith(_NEAR):
        return NEAR
    return SMALL_TALK if label.startswith(_SMALL) else ANSWERED


def _remembered(memory: _Memory, events: Iterable[Event]) -> _Memory:
    """The memory after these events; a new session forgets."""
    for event in events:
        kind, name, value = event.get("event"), event.get("name"), event.get("value")
        if kind == "session_started":
            memory = _Memory()
        elif kind == "bot" and "asks" in (custom := _custom(event)):
            memory = replace(memory, asks=custom["asks"])
        elif kind == "slot" and name == _CONTEXT:
            memory = replace(memory, misses=int((value or {}).get("misses") or 0))
        elif kind == "slot" and name == _DOSSIER:
            memory = replace(memory, dossier=value or {})
    return memory


def _custom(event: Event) -> Mapping[str, Any]:
    return (event.get("data") or {}).get("custom") or {}


def _offered(event: Event) -> Iterator[str]:
    """The entries to choose from, where that is what a message is for."""
    if _custom(event).get("kind") == CHOICE:
        yield from (f"– {button.get('title')}" for button in event["data"].get("buttons") or ())


def _ranking(parse: Mapping[str, Any]) -> list[list[Any]]:
    whole: Mapping[str, Any] = next(iter(parse.get("parts") or ()), {})
    return [[str(label), confidence_of(float(margin))] for label, margin in (whole.get("ranking") or ())[:LABELS]]


def _moment(event: Event) -> datetime:
    return datetime.fromtimestamp(float(event["timestamp"]), timezone.utc)


def _whole(name: Any) -> str | None:
    """The id of a release or of a model; None where it was masked by an earlier version, which took it for a number."""
    return str(name) if name and MASKED not in str(name) else None
