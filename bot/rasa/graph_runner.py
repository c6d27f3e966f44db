"""Runs Rasa's graph node after node. Rasa's own runner lets dask plan the same few calls anew for each message."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from rasa.engine.runner.dask import DaskGraphRunner


class StraightGraphRunner(DaskGraphRunner):  # type: ignore[misc]
    """The runner of a loaded model; made like Rasa's own."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._order = lru_cache(self._order_for)

    def run(self, inputs: dict[str, Any] | None = None, targets: list[str] | None = None) -> dict[str, Any]:
        """Run what `targets` need and return their results by name. `inputs` stand for nodes that are not of the graph."""
        wanted = targets or self._graph_schema.target_names
        results: dict[str, tuple[str, Any]] = {name: (name, value) for name, value in (inputs or {}).items()}
        for name, needs in self._order(tuple(wanted)):
            results[name] = self._instantiated_nodes[name](*(results.get(need, need) for need in needs))
        return {name: results[name][1] for name in wanted}

    def _order_for(self, targets: tuple[str, ...]) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The nodes that the targets need, each behind those that it needs itself, with the names of those."""
        nodes = self._graph_schema.minimal_graph_schema(list(targets)).nodes
        order: dict[str, tuple[str, ...]] = {}

        def place(name: str) -> None:
            if name in nodes and name not in order:
                for need in nodes[name].needs.values():
                    place(need)
                order[name] = tuple(nodes[name].needs.values())

        for target in targets:
            place(target)
        return tuple(order.items())
