"""Conversations as Rasa keeps them, written by hand: for what reads their events."""

from __future__ import annotations

import itertools
import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from sqlalchemy import func, insert, select, update

from bot.storage import Database, events, trackers, turns

BEGUN = datetime(2026, 11, 26, 9, 0, tzinfo=timezone.utc)
RELEASE, MODEL = "0123456789ab", "00c0ffee00c0ffee00c0ffee00c0ffee"
SOURCE = {"fact": ["combien.total", "combien.bruxelles"], "section": "C’est combien ?", "page": "Le Programme", "updated": "2016-03-15"}


def bubble(text: str, facts: Sequence[str] = (), buttons: Iterable[str] = (), **custom: Any) -> dict[str, Any]:
    """A bot event as the actions make it."""
    source = {**SOURCE, "fact": list(facts)} if facts else None
    known = {"source": source, "asks": None, "outcome": None, "kind": ""} | custom
    shown = [{"title": title, "payload": title} for title in buttons] or None
    return {"event": "bot", "text": text, "data": {"buttons": shown, "custom": known}}


@dataclass
class Log:
    """The events of one conversation. Each exchange is a minute later than the one before."""

    name: str = "conversation-1"
    at: datetime = BEGUN
    events: list[dict[str, Any]] = field(default_factory=list)
    misses: int = 0

    def session(self, *said: str) -> Log:
        """A session begins; `said` is said in it before the message that begins it."""
        self._add({"event": "slot", "name": "session_started_metadata", "value": {"release": RELEASE}})
        self._add({"event": "action", "name": "action_session_start"})
        for text in said:
            self._add(bubble(text))
        self._add({"event": "session_started"})
        self._add({"event": "action", "name": "action_listen"})
        self.misses = 0
        return self

    def say(
        self,
        text: str,
        *replies: Mapping[str, Any] | str,
        ranking: Sequence[tuple[str, float]] = (("info/combien.total", 0.4),),
        missed: bool = False,
        slots: Mapping[str, Any] | None = None,
        entities: Sequence[Mapping[str, Any]] = (),
        **metadata: str,
    ) -> Log:
        """A message, what was understood, what was said and set. `missed`: the answers count a miss."""
        self.at += timedelta(minutes=1)
        number = sum(event["event"] == "user" for event in self.events) + 1
        known = {"release": RELEASE, **metadata}
        parse = {
            "text": text,
            "intent": {"name": ranking[0][0].split("/")[0] if ranking else None, "confidence": 0.9},
            "entities": list(entities),
            "message_id": f"m{number}",
            "metadata": known,
            "parts": [{"text": text, "ranking": [list(each) for each in ranking]}],
            "persons": [],
        }
        ours = {"model_id": MODEL, "assistant_id": "cic", **known}
        self._add(
            {"event": "user", "text": text, "parse_data": parse, "metadata": ours, "message_id": f"m{number}", "input_channel": "cic"}
        )
        self._add({"event": "action", "name": "action_repondre"})
        self.at += timedelta(milliseconds=20)
        for reply in replies:
            self._add(dict(bubble(reply) if isinstance(reply, str) else reply))
        self.misses = self.misses + 1 if missed else 0
        for name, value in {"contexte": {"entry": "", "misses": self.misses}, **(slots or {})}.items():
            self._add({"event": "slot", "name": name, "value": value})
        self._add({"event": "action", "name": "action_listen"})
        return self

    @property
    def told(self) -> list[tuple[int, dict[str, Any]]]:
        """The events with ids."""
        return list(enumerate(self.events, 1))

    def store(self, database: Database, updated: datetime | None = None) -> Log:
        """Write what is not stored yet, as the tracker store does, and what the web process keeps of it."""
        with database.begin() as connection:
            known = connection.execute(select(func.count()).select_from(events).where(events.c.sender_id == self.name)).scalar_one()
            for event in self.events[known:]:
                row = {"sender_id": self.name, "type_name": event["event"], "timestamp": event["timestamp"], "data": json.dumps(event)}
                connection.execute(insert(events).values(**row))
            moved = {"updated_at": updated or self.at, "to_index": True}
            if connection.execute(update(trackers).where(trackers.c.conversation == self.name).values(**moved)).rowcount == 0:
                begun = {"conversation": self.name, "born": uuid.uuid4().hex, "tail": 0, "pointers": {}}
                connection.execute(insert(trackers).values(**begun, **moved))
            stored = connection.execute(select(func.count()).select_from(turns).where(turns.c.conversation == self.name)).scalar_one()
            for number, turn in itertools.islice(enumerate(self._turns(), 1), stored, None):
                connection.execute(insert(turns).values(conversation=self.name, number=number, created_at=self.at, **turn))
        return self

    def _turns(self) -> Iterable[dict[str, Any]]:
        """The turns as the client got them; the messages of the first answer are a1-0, a1-1."""
        number = 0
        for place, event in enumerate(self.events):
            if event["event"] == "user":
                number += 1
                following = itertools.takewhile(lambda each: each["event"] != "user", self.events[place + 1 :])
                said = [each["text"] for each in following if each["event"] == "bot"]
                messages = [{"id": f"a{number}-{which}", "text": text} for which, text in enumerate(said)]
                answer = {"messages": messages, "asks": None, "outcome": None}
                yield {"client_id": event["message_id"], "user_text": event["text"], "answer": answer}

    def _add(self, event: dict[str, Any]) -> None:
        self.events.append({"timestamp": self.at.timestamp(), **event})
