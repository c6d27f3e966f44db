"""The parts of the time of a message, by the clocks of the processes: each is named, and so is what is left."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.benchmarks.cluster import Cluster
from bot.storage import Database, utc_now
from bot.web.turns import Answer, Turns

PARTS: Mapping[str, str] = {
    "understanding": "compréhension",
    "policies": "règles",
    "action_server": "serveur d'actions (processeur)",
    "way_to_actions": "trajet vers lui et reste des actions",
    "stores": "conservation",
    "rest_of_rasa": "reste de Rasa et trajet vers lui",
    "web": "serveur web (réponse déjà donnée)",
    "keeping": "le tour gardé par lui (mesuré à part)",
    "remainder": "reste",
}
"""The parts of the time of a message; their sum is the mean time of a message, seen from outside."""
_ANSWER: Answer = {"messages": [{"id": "x" * 32, "text": "x" * 450, "buttons": [], "source": None}], "asks": None, "outcome": None}
"""An answer of a usual length."""


@dataclass(frozen=True)
class Clocks:
    """Seconds that a running assistant has counted since it began: phases of Rasa, and what the web process waited for Rasa."""

    phases: Mapping[str, float]
    waited: float

    @classmethod
    def of(cls, cluster: Cluster) -> Clocks:
        """Read them."""
        return cls(cluster.phases()["seconds"], cluster.waited_for_rasa())

    def since(self, before: Clocks) -> Clocks:
        """What was counted between two readings."""
        return Clocks({name: seconds - before.phases[name] for name, seconds in self.phases.items()}, self.waited - before.waited)


def parts(whole: float, replay: float, kept_in: float, action_server: float, counted: Clocks, messages: int) -> dict[str, float]:
    """Milliseconds of each part of a message.

    Seconds of a mean message seen from outside (`whole`), of one that is answered from the store of the web process (`replay`), of what
    that process writes of a new one (`kept_in`), of the action server's processor; and what the processes counted for so many messages.
    """
    phases = {name: seconds / messages for name, seconds in counted.phases.items()}
    waited = counted.waited / messages
    found = {
        "understanding": phases["understanding"],
        "policies": phases["policies"],
        "action_server": action_server,
        "way_to_actions": phases["actions"] - action_server,
        "stores": phases["stores"],
        "rest_of_rasa": waited - sum(phases.values()),
        "web": replay,
        "keeping": kept_in,
        "remainder": whole - waited - replay - kept_in,
    }
    return {name: 1000 * seconds for name, seconds in found.items()}


def keeping(file: Path, messages: Sequence[str]) -> float:
    """Seconds in which a turn is written as the web process does it, in this process and on a database of its own."""
    database = Database(f"sqlite:///{file}")
    database.create_all()
    turns = Turns(database, utc_now)
    began = time.perf_counter()
    for place, message in enumerate(messages):
        turns.add("one", f"bench-{place}", message, _ANSWER, place)
        turns.forget("one")
    seconds = time.perf_counter() - began
    database.close()
    return seconds / len(messages)
