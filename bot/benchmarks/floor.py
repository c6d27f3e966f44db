"""The floor: what spaCy and the classifier alone cost for a message, and scikit-learn alone for a training, in a process of their own.

As a process (`python -m bot.benchmarks.floor`) it reads a JSON object from its input, `model` and `texts`, or `examples`, and prints
its figures as JSON.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil

from bot.benchmarks.asking import ask
from bot.benchmarks.figures import Spread
from bot.processes import ONE_THREAD


@dataclass(frozen=True)
class Floor:
    """Milliseconds for a message: `whole` is the classifier, and spaCy where a message introduces somebody.

    `spacy`: spaCy on every message, which the assistant asks for a share of them only (`spacy_share`, 0 to 1).
    """

    whole: Spread
    classifier: Spread
    spacy: Spread
    spacy_share: float
    cpu_ms: float
    megabytes: float

    def as_dict(self) -> dict[str, Any]:
        """All figures."""
        return asdict(self)


@dataclass(frozen=True)
class TrainingFloor:
    """Seconds of a training without Rasa: features and lexicon of all examples, scikit-learn's machine alone; peak memory in megabytes."""

    seconds: float
    machine_seconds: float
    megabytes: float


def floor_of(model: Path, texts: Sequence[str]) -> Floor:
    """Understand these messages with nothing around it. Raises UnavailableError when the process fails."""
    found = _ask({"model": str(model), "texts": list(texts)}, ONE_THREAD)
    whole, classifier, spacy = (Spread.of(found.pop(name)) for name in ("whole", "classifier", "spacy"))
    return Floor(whole, classifier, spacy, **found)


def training_floor(examples: Sequence[tuple[str, str]]) -> TrainingFloor:
    """Train the classifier with nothing around it, on all cores. Raises UnavailableError when the process fails."""
    return TrainingFloor(**_ask({"examples": [list(pair) for pair in examples]}, {}))


def _ask(asked: dict[str, Any], environment: dict[str, str]) -> dict[str, Any]:
    return ask("bot.benchmarks.floor", asked, environment | {"PYTHONWARNINGS": "ignore"})


def _understand(model: Path, texts: Sequence[str]) -> dict[str, Any]:
    from bot.understanding.parts import load_language, persons
    from bot.understanding.reading import read
    from bot.understanding.requests import introduces
    from bot.understanding.trained import classifier_of

    classifier, language = classifier_of(model), load_language()
    for text in texts[:10]:
        persons(text, language)
        read(text, classifier.rank)
    reading, naming, asked, cpu = [], [], [], 0.0
    for text in texts:
        read_for, cpu_read, parts = _timed(lambda text=text: read(text, classifier.rank))  # type: ignore[misc]
        named_for, cpu_named, _ = _timed(lambda text=text: persons(text, language))  # type: ignore[misc]
        is_asked = bool(introduces([ranking for _, ranking in parts]))
        reading.append(read_for)
        naming.append(named_for)
        asked.append(is_asked)
        cpu += cpu_read + cpu_named * is_asked
    return {
        "whole": [read + name * is_asked for read, name, is_asked in zip(reading, naming, asked, strict=True)],
        "classifier": reading,
        "spacy": naming,
        "spacy_share": sum(asked) / max(1, len(asked)),
        "cpu_ms": 1000 * cpu / max(1, len(texts)),
        "megabytes": psutil.Process().memory_info().rss / 1e6,
    }


def _learn(examples: Sequence[tuple[str, str]]) -> dict[str, Any]:
    from sklearn.svm import LinearSVC

    from bot.understanding.classifier import REGULARISATION, SEED, Classifier

    taken: list[float] = []

    class Timed(LinearSVC):  # type: ignore[misc]  # scikit-learn is untyped here
        def fit(self, features: Any, labels: Any) -> Any:
            seconds, _, fitted = _timed(lambda: super(Timed, self).fit(features, labels))
            taken.append(seconds)
            return fitted

    seconds, *_ = _timed(lambda: Classifier.train(examples, machine=Timed(C=REGULARISATION, random_state=SEED)))
    return {"seconds": seconds, "machine_seconds": sum(taken), "megabytes": _peak_megabytes()}


def _timed(work: Callable[[], Any]) -> tuple[float, float, Any]:
    """Seconds by the clock, seconds of processors, and what came of it."""
    began, used = time.perf_counter(), time.process_time()
    found = work()
    return time.perf_counter() - began, time.process_time() - used, found


def _peak_megabytes() -> float:
    """The most that this process ever held in memory."""
    status = Path("/proc/self/status").read_text("utf-8").splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) * 1024 / 1e6


def main() -> None:
    """Do what the input asks for."""
    asked = json.load(sys.stdin)
    found = (
        _learn([tuple(pair) for pair in asked["examples"]]) if "examples" in asked else _understand(Path(asked["model"]), asked["texts"])
    )
    print(json.dumps(found))  # noqa: T201 - its answer


if __name__ == "__main__":
    main()
