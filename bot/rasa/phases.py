"""Counts where the time of a message goes inside Rasa: understanding, policies, actions, stores. Always on: a clock read twice."""

from __future__ import annotations

import inspect
import time
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

_METHODS: Mapping[str, tuple[str, ...]] = {
    "understanding": ("parse_message",),
    "policies": ("predict_next_with_tracker_if_should",),
    "actions": ("_run_action", "run_action_extract_slots"),
    "stores": ("get_tracker", "save_tracker"),
}
"""Methods of Rasa's MessageProcessor by phase. The action server's own work and the way to it count as actions."""


@dataclass
class Phases:
    """Seconds by phase since the process began, and the messages handled."""

    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(_METHODS, 0.0))
    messages: int = 0
    now: Callable[[], float] = time.perf_counter
    _watched: Callable[[], Any] = lambda: None

    def watch(self, processor: Any) -> None:
        """Count what `processor` does from now on; the same one is watched once."""
        if processor is None or processor is self._watched():
            return
        self._watched = weakref.ref(processor)
        for phase, names in _METHODS.items():
            for name in names:
                setattr(processor, name, self._timed(phase, getattr(processor, name)))

    def as_dict(self) -> dict[str, Any]:
        """For the channel's address /phases."""
        return {"messages": self.messages, "seconds": dict(self.seconds)}

    def _timed(self, phase: str, method: Callable[..., Any]) -> Callable[..., Any]:
        if inspect.iscoroutinefunction(method):

            @wraps(method)
            async def timed(*args: Any, **kwargs: Any) -> Any:
                began = self.now()
                try:
                    return await method(*args, **kwargs)
                finally:
                    self.seconds[phase] += self.now() - began

            return timed

        @wraps(method)
        def timed_now(*args: Any, **kwargs: Any) -> Any:
            began = self.now()
            try:
                return method(*args, **kwargs)
            finally:
                self.seconds[phase] += self.now() - began

        return timed_now
