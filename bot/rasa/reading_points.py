"""From where a conversation has to be read so that its next turn goes on as if all of it had been. Pure.

Only the latest turn is needed in full, and what it can look back on: the latest value of each slot and the form that is open. A
message of a conversation of a thousand turns then costs what one of ten costs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoop,
    BotUttered,
    Event,
    FollowupAction,
    LoopInterrupted,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.events import DefinePrevUserUtteredFeaturization as Featurization

RECENT = 5
"""Messages of the person whose ids are remembered, so that one sent again gets its answer again."""
Recent = tuple[tuple[str, int, int], ...]
_LASTING = (SlotSet, ActiveLoop, SessionStarted)
_PASSING = (ActionExecuted, UserUttered, BotUttered, Featurization, FollowupAction)
"""Events that matter in the latest turn only."""
_OF_A_FORM = (ActionExecutionRejected, LoopInterrupted)
"""Events that may matter until the form goes on."""


@dataclass(frozen=True)
class ReadingPoint:
    """Ids of events: everything from `tail` on, and before it those of `state`.

    `recent` has the ids of the latest messages, each with the first and the last event of its turn.
    """

    tail: int
    state: tuple[int, ...] = ()
    recent: tuple[tuple[str, int, int], ...] = ()


def reading_point(ids: Sequence[int], events: Sequence[Event], recent: Recent = ()) -> ReadingPoint | None:
    """Where to read from after `events`, which have these ids. `recent` are the latest messages.

    None when something was taken back or a form was disturbed: then all of the session is needed. No action of ours does that.
    """
    begin = max((place for place, event in enumerate(events) if isinstance(event, SessionStarted)), default=0)
    turn = _latest_turn(events, begin)
    if not _is_plain(events[begin:turn], events[turn:]):
        return None
    return ReadingPoint(ids[turn], _state(ids[begin:turn], events[begin:turn]), recent)


def _is_plain(earlier: Sequence[Event], latest: Sequence[Event]) -> bool:
    """Whether the state follows from the latest turn and from what was set before it: nothing was taken back, no form is disturbed."""
    known = (*_LASTING, *_PASSING)
    return all(isinstance(event, known) for event in earlier) and all(isinstance(event, (*known, *_OF_A_FORM)) for event in latest)


def _latest_turn(events: Sequence[Event], begin: int) -> int:
    """The place of the latest message, or of what the assistant did right before it: it listened."""
    said = max((place for place in range(begin, len(events)) if isinstance(events[place], UserUttered)), default=begin)
    listened = (place for place in range(said, begin - 1, -1) if _is_listening(events[place]))
    return next(listened, begin)


def _is_listening(event: Event) -> bool:
    return isinstance(event, ActionExecuted) and event.action_name == ACTION_LISTEN_NAME


def _state(ids: Sequence[int], events: Sequence[Event]) -> tuple[int, ...]:
    """The ids of the latest event of each slot, of the form and of the session, in their order."""
    latest: dict[object, int] = {}
    for number, event in zip(ids, events, strict=True):
        if isinstance(event, _LASTING):
            latest[event.key if isinstance(event, SlotSet) else type(event)] = number
    return tuple(sorted(latest.values()))


def with_turn(recent: Recent, ids: Sequence[int], events: Sequence[Event]) -> Recent:
    """The latest messages once a turn was added: its events, which have these ids."""
    fresh = tuple((event.message_id, ids[0], ids[-1]) for event in events if isinstance(event, UserUttered) and event.message_id)
    return (*recent, *fresh)[-RECENT:]
