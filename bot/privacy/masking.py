"""Masks in one conversation what was typed into contact fields: in Rasa's events, and in the turns of the web process.

Pure: lists in, new lists out, as long and in the same order; ids and times are not touched. Two ways together. By place:
what was typed while a contact field, the recap or the consent was waited for goes as a whole, whatever it was. By value:
what the fields ever held goes wherever it stands. Masking again changes nothing.

Staff still read the questions, the function, the municipality, and where a request was left: the number, the field that was
asked, how it ended.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from bot.privacy.traces import Traces
from bot.privacy.values import CONTACT, DOSSIER, MASKED
from bot.text import fold

Event = dict[str, Any]
"""An event as Rasa stores it (`Event.as_dict`)."""
Answer = dict[str, Any]
"""An answer as the web process stores it: `messages`, `asks`, `outcome`."""
Write = Callable[[str], str]

PLACES = frozenset({*CONTACT, "confirmation", "consentement"})
"""Fields that are waited for when the person may tell who they are."""
_PLAIN = frozenset("oui non ok okay d'accord annuler annulez stop merci bonjour bonsoir exact correct parfait j'accepte pourquoi".split())
_PLAIN_PHRASES = frozenset({"pas de telephone"})
"""What names nobody, and tells reviewers how the request went on; the second is a button."""
_STRUCTURE = frozenset(
    "intent intent_ranking ranking response_selector entity extractor role group message_id model_id assistant_id "
    "source asks outcome kind release channel".split()
)
"""Keys of Rasa's and of ours under which no text of a person stands."""
_UNTOUCHED_SLOTS = frozenset({"requested_slot", "contexte", "profil", "confirmation", "consentement"})
_UNTOUCHED_KEYS = frozenset({"number", "asks", "ended", "reference"})
_METADATA_SLOT = "session_started_metadata"
"""Where Rasa keeps the metadata of the message that began a session: the message once more."""


def mask_events(events: Sequence[Event], traces: Traces) -> list[Event]:
    """The events of one conversation, oldest first, without what was typed into contact fields."""
    waiting = _Waiting()
    return [_mask_event(event, traces, waiting.sees(event)) for event in events]


def mask_turns(turns: Iterable[tuple[str, Answer]], traces: Traces) -> list[tuple[str, Answer]]:
    """The same for what the person and the assistant said in turn, oldest first."""
    masked, asks = [], None
    for text, answer in turns:
        write = _blank if asks in PLACES and not is_plain(text) else traces.typed
        messages = [_mask_message(message, traces) for message in answer.get("messages", [])]
        masked.append((_everywhere(text, write), {**answer, "messages": messages} if messages else answer))
        asks = answer.get("asks")
    return masked


def mask_values(value: Any, write: Write) -> Any:
    """Any JSON value with `write` done to its texts."""
    return _everywhere(value, write)


def is_plain(text: str) -> bool:
    """Whether a message is nothing but a word like « oui »."""
    words = re.findall(r"[\w']+", fold(text))
    return bool(words) and (_PLAIN.issuperset(words) or " ".join(words) in _PLAIN_PHRASES)


class _Waiting:
    """Follows which field is waited for. A new session forgets it; the message that begins the session may still answer it."""

    def __init__(self) -> None:
        self._asked: dict[str, Any] = {}
        self._left_open = False

    def sees(self, event: Event) -> bool:
        """Take the next event in, and say whether it is a message that was typed at one of PLACES."""
        kind, name, value = event.get("event"), event.get("name"), event.get("value")
        waits = self._left_open or not PLACES.isdisjoint(self._asked.values())
        if kind == "session_started":
            self._left_open, self._asked = waits, {}
        elif kind == "user":
            self._left_open = False
        elif kind == "slot" and name == "requested_slot":
            self._asked[name] = value
        elif kind == "slot" and name == DOSSIER:
            self._asked[name] = value.get("asks") if isinstance(value, Mapping) else None
        return kind == "user" and waits


def _mask_event(event: Event, traces: Traces, at_place: bool) -> Event:
    kind = event.get("event")
    if kind == "user":
        write = _blank if at_place and not is_plain(event.get("text") or "") else traces.typed
        return {**event, **{key: _everywhere(event[key], write) for key in ("text", "parse_data", "metadata") if key in event}}
    if kind == "bot":
        return {**event, **{key: _everywhere(event[key], traces.said) for key in ("text", "data") if key in event}}
    if kind == "slot" and event.get("name") not in _UNTOUCHED_SLOTS:
        return {**event, "value": _mask_slot(event.get("name"), event.get("value"), traces)}
    return event


def _mask_slot(name: Any, value: Any, traces: Traces) -> Any:
    if name in CONTACT or name == _METADATA_SLOT:
        return _everywhere(value, _blank)
    if name == DOSSIER and isinstance(value, Mapping):
        return {key: _mask_field(key, item, value.get("asks"), traces) for key, item in value.items()}
    return _everywhere(value, traces.kept)


def _mask_field(key: str, value: Any, asks: Any, traces: Traces) -> Any:
    """A field of the dossier. Contact fields are unknown again, so that they are asked again; "" says that none is wanted."""
    if key in CONTACT:
        return None if value else value
    if key == "former_name" or (key == "doubt" and asks in CONTACT):
        return ""
    return value if key in _UNTOUCHED_KEYS else _everywhere(value, traces.kept)


def _mask_message(message: dict[str, Any], traces: Traces) -> dict[str, Any]:
    return {**message, **{key: _everywhere(message[key], traces.said) for key in ("text", "buttons") if key in message}}


def _blank(_: str) -> str:
    return MASKED


def _everywhere(value: Any, write: Write) -> Any:
    if isinstance(value, str):
        return write(value) if value else value
    if isinstance(value, Mapping):
        return {key: item if key in _STRUCTURE else _everywhere(item, write) for key, item in value.items()}
    return [_everywhere(item, write) for item in value] if isinstance(value, list) else value
