"""Rasa's default pipeline, trained on our examples in a folder of its own: DIET and TED as `rasa init` gives them.

One intent for each label, or retrieval intents and a response selector. Everything runs in processes of their own.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from bot.benchmarks.variants import Ranked
from bot.config import PROJECT, child_environment
from bot.errors import TrainingError
from bot.understanding.labels import to_rasa

EPOCHS = 100
"""Rasa's default."""
_LEARNT = ("domain.yml", "data/stories/regles.yml", "bot/benchmarks/peers.py")
"""What else the assistant's model on the default pipeline is made from."""
Pairs = Sequence[tuple[str, str]]
"""Messages with their labels."""


def ask_peer(pairs: Pairs, texts: Sequence[str], selector: bool, epochs: int) -> Ranked:
    """Train the default pipeline's understanding and rank the labels for each text. Raises TrainingError when Rasa fails."""
    with tempfile.TemporaryDirectory(prefix="cic-peer-") as folder:
        began = time.perf_counter()
        model = _train(Path(folder), pairs, _pipeline(epochs, selector), (), selector, "nlu")
        seconds = time.perf_counter() - began
        asked = json.dumps({"model": str(model), "texts": list(texts)})
        done = subprocess.run(
            [sys.executable, "-m", "bot.rasa.peer"],
            cwd=PROJECT,
            env=_environment(),
            input=asked,
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode != 0:
        raise TrainingError(f"Rasa n'a pas répondu (code {done.returncode}) : {done.stderr[-2000:]}")
    found = json.loads(done.stdout.splitlines()[-1])
    times = sorted(found["times_ms"])
    rankings = [[(str(label), float(score)) for label, score in ranking] for ranking in found["rankings"]]
    return Ranked(rankings, seconds, times[len(times) // 2], found["megabytes"])


def train_assistant(pairs: Pairs, folder: Path, epochs: int) -> Path:
    """Train a whole model on the default pipeline and policies; the assistant runs on it with `cic run --model`."""
    policies = (
        {"name": "MemoizationPolicy"},
        {"name": "RulePolicy", "core_fallback_threshold": 0.3, "core_fallback_action_name": "action_listen"},
        {"name": "UnexpecTEDIntentPolicy", "max_history": 5, "epochs": epochs},
        {"name": "TEDPolicy", "max_history": 5, "epochs": epochs, "constrain_similarities": True},
    )
    return _train(folder, pairs, [*_pipeline(epochs, selector=False), {"name": "bot.rasa.peer.PeerParts"}], policies, False, "")


def assistant_model(pairs: Pairs, epochs: int, kept: Path, tell: Callable[[str], None] = lambda _: None) -> Path:
    """The model of `train_assistant` on these examples: trained once and kept in a folder. Raises TrainingError when Rasa fails."""
    made_from = json.dumps([list(pairs), epochs, *((PROJECT / path).read_text("utf-8") for path in _LEARNT)])
    path = kept / f"peer-{hashlib.sha256(made_from.encode()).hexdigest()[:12]}.tar.gz"
    if not path.exists():
        tell("Entraînement du pipeline par défaut de Rasa (plusieurs minutes par époque, une seule fois)…")
        kept.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".peer-", dir=kept) as folder:
            shutil.move(train_assistant(pairs, Path(folder), epochs), path)
    return path


def plain_wiring(folder: Path) -> Path:
    """Write how Rasa is wired when nothing is changed in it: its SQL store on a file of its own, locks in memory. Return `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    endpoints = {
        "action_endpoint": {"url": "${CIC_ACTIONS_URL}/webhook"},
        "tracker_store": {"type": "SQL", "dialect": "sqlite", "db": str(folder / "rasa.sqlite")},
        "lock_store": {"type": "in_memory"},
    }
    _write(folder / "endpoints.yml", endpoints)
    _write(folder / "credentials.yml", {"bot.rasa.peer.UnmendedInput": None})
    return folder


def _pipeline(epochs: int, selector: bool) -> list[dict[str, Any]]:
    """What `rasa init` writes."""
    return [
        {"name": "WhitespaceTokenizer"},
        {"name": "RegexFeaturizer"},
        {"name": "LexicalSyntacticFeaturizer"},
        {"name": "CountVectorsFeaturizer"},
        {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
        {"name": "DIETClassifier", "epochs": epochs, "constrain_similarities": True},
        {"name": "EntitySynonymMapper"},
        *([{"name": "ResponseSelector", "epochs": epochs, "constrain_similarities": True, "retrieval_intent": "info"}] if selector else []),
        {"name": "FallbackClassifier", "threshold": 0.3, "ambiguity_threshold": 0.1},
    ]


def _train(
    folder: Path, pairs: Pairs, pipeline: Sequence[Mapping[str, Any]], policies: Sequence[Mapping[str, Any]], selector: bool, kind: str
) -> Path:
    (folder / "data").mkdir(parents=True, exist_ok=True)
    (folder / "out").mkdir(exist_ok=True)
    intents = sorted({to_rasa(label, selector) for _, label in pairs})
    config = {"recipe": "default.v1", "assistant_id": "cic-peer", "language": "fr", "pipeline": list(pipeline), "policies": list(policies)}
    _write(folder / "config.yml", config)
    _write(folder / "data" / "nlu.yml", _examples(pairs, selector))
    _write(folder / "domain.yml", _domain(intents))
    if policies:
        _write(folder / "data" / "stories.yml", _stories())
    only = (kind, "--nlu", str(folder / "data" / "nlu.yml")) if kind else ("--data", str(folder / "data"), "--skip-validation", "--force")
    command = [sys.executable, "-m", "rasa", "train", *only, "--config", str(folder / "config.yml"), "--domain", str(folder / "domain.yml")]
    done = subprocess.run(  # noqa: S603
        [*command, "--out", str(folder / "out")], cwd=PROJECT, env=_environment(), capture_output=True, text=True, check=False
    )
    models = sorted((folder / "out").glob("*.tar.gz"))
    if done.returncode != 0 or not models:
        raise TrainingError(f"L'entraînement de Rasa a échoué (code {done.returncode}) : {(done.stdout + done.stderr)[-2000:]}")
    return models[-1]


def _examples(pairs: Pairs, selector: bool) -> dict[str, Any]:
    by_intent: dict[str, list[str]] = {}
    for text, label in pairs:
        by_intent.setdefault(to_rasa(label, selector), []).append(text)
    nlu = [{"intent": intent, "examples": "".join(f"- {text}\n" for text in texts)} for intent, texts in by_intent.items()]
    return {"version": "3.1", "nlu": nlu}


def _domain(intents: Iterable[str]) -> dict[str, Any]:
    """The assistant's own domain, with the intents of the examples beside its own, and a response for each retrieval intent."""
    domain: dict[str, Any] = yaml.safe_load((PROJECT / "domain.yml").read_text("utf-8"))
    known = [next(iter(intent)) for intent in domain["intents"]]
    mine = {intent.split("/")[0] for intent in intents} - set(known)
    domain["intents"] = [*domain["intents"], *({intent: {"use_entities": []}} for intent in sorted(mine))]
    domain["responses"] = {f"utter_{intent}": [{"text": intent}] for intent in intents if "/" in intent}
    return domain


def _stories() -> dict[str, Any]:
    """The assistant's rules, and each of them as a story too: TED learns from stories only."""
    rules: dict[str, Any] = yaml.safe_load((PROJECT / "data" / "stories" / "regles.yml").read_text("utf-8"))
    stories = [{"story": rule["rule"], "steps": rule["steps"]} for rule in rules["rules"] if "condition" not in rule]
    return {"version": "3.1", "rules": rules["rules"], "stories": stories}


def _write(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(yaml.safe_dump(dict(content), allow_unicode=True, sort_keys=False, width=10_000), "utf-8")


def _environment() -> dict[str, str]:
    return child_environment(
        {
            "RASA_TELEMETRY_ENABLED": "false",
            "CUDA_VISIBLE_DEVICES": "",
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
            "PYTHONWARNINGS": "ignore",
            "LOG_LEVEL": "ERROR",
        }
    )
