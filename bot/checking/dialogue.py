"""Checks that domain.yml, data/stories and data/nlu name the same intents and actions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from bot.checking.examples import Example
from bot.checking.fault import Fault, line_of

_STEP = re.compile(r"\s*(?:- )?(?P<kind>intent|action|active_loop): (?P<name>[^\s#]+)")
_RASA_ACTIONS = frozenset({"action_listen", "action_restart", "action_default_fallback"})
_NOTHING = "null"


def check_dialogue(domain: Path, stories: Path, examples: Iterable[Example]) -> list[Fault]:
    """Names that one of the three uses and another does not know."""
    try:
        tree = yaml.load(domain.read_text("utf-8"), Loader=yaml.CSafeLoader)
        intents, actions, forms = (_names(tree.get(key, ())) for key in ("intents", "actions", "forms"))
    except (OSError, yaml.YAMLError, AttributeError, TypeError) as error:
        return [Fault(domain, 1, f"le fichier ne se lit pas ({type(error).__name__}) ; vérifiez l'alignement et les guillemets")]
    firsts = {example.intent: example for example in reversed(list(examples))}
    faults = [*_untrained(domain, intents, firsts), *_undeclared(intents, firsts)]
    known = {"intent": intents & set(firsts), "action": actions | forms | _RASA_ACTIONS, "active_loop": forms | {_NOTHING}}
    for path in sorted(stories.glob("*.yml")):
        faults += _unknown_steps(path, known)
    return faults


def _names(items: Iterable[Any]) -> set[str]:
    """The names in a list of the domain, where an item is a name or a mapping from a name to its options."""
    return {str(next(iter(item))) if isinstance(item, Mapping) else str(item) for item in items}


def _untrained(domain: Path, intents: set[str], firsts: Mapping[str, Example]) -> Iterable[Fault]:
    lines = domain.read_text("utf-8").splitlines()
    for intent in sorted(intents - set(firsts)):
        line = line_of(lines, rf"^\s*- {re.escape(intent)}\b")
        yield Fault(domain, line, f"l'intention « {intent} » n'a pas d'exemple ; ajoutez-en dans data/nlu ou ôtez-la")


def _undeclared(intents: set[str], firsts: Mapping[str, Example]) -> Iterable[Fault]:
    for intent, example in sorted(firsts.items()):
        if intent not in intents:
            yield Fault(example.path, example.line, f"l'intention « {intent} » n'est pas dans domain.yml ; ajoutez-la sous « intents: »")


def _unknown_steps(path: Path, known: Mapping[str, set[str]]) -> Iterable[Fault]:
    remedies = {
        "intent": "l'intention « {} » n'existe pas ; elle doit être dans domain.yml et avoir des exemples dans data/nlu",
        "action": "l'action « {} » n'existe pas ; elle doit être dans domain.yml, sous « actions: » ou « forms: »",
        "active_loop": "le formulaire « {} » n'existe pas ; il doit être dans domain.yml, sous « forms: »",
    }
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if (match := _STEP.match(line)) and match["name"] not in known[match["kind"]]:
            yield Fault(path, number, remedies[match["kind"]].format(match["name"]))
