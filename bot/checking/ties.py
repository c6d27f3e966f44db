"""Checks data/nlu, and that it and data/knowledge lead to each other: examples for every entry, an entry for every label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from bot.checking.examples import Example
from bot.checking.fault import Fault
from bot.checking.knowledge import entry_line
from bot.knowledge import Base

LEAST_EXAMPLES = 24
"""Examples of an entry: with four hands of six each, a question by a fifth is recognised (docs/adr/0003-understanding.md)."""
_ENTRY = "info/"


def check_examples(examples: Sequence[Example]) -> list[Fault]:
    """What is wrong with the examples by themselves."""
    return [*_unreadable(examples), *_contradictions(examples)]


def check_ties(bases: Mapping[Path, Base], examples: Sequence[Example]) -> list[Fault]:
    """Labels that name no entry, entries that too few examples lead to."""
    return [*_unknown_labels(bases, examples), *_too_few(bases, examples)]


def _unreadable(examples: Iterable[Example]) -> Iterable[Fault]:
    for example in examples:
        if example.text.startswith("/"):
            yield Fault(example.path, example.line, "un exemple ne peut pas commencer par « / » ; ôtez la barre")
        if any(bracket in example.text for bracket in "[]{}"):
            yield Fault(example.path, example.line, "les crochets et les accolades ont un autre sens ici ; écrivez des parenthèses")


def _contradictions(examples: Iterable[Example]) -> Iterable[Fault]:
    seen: dict[str, Example] = {}
    for example in examples:
        first = seen.setdefault(example.key, example)
        if first.label != example.label:
            where = f"{first.path.name}, ligne {first.line}"
            what = f"« {example.text} » est déjà un exemple de « {first.label} » ({where}) ; n'en gardez qu'un"
            yield Fault(example.path, example.line, what)


def _unknown_labels(bases: Mapping[Path, Base], examples: Iterable[Example]) -> Iterable[Fault]:
    known = {f"{_ENTRY}{entry}" for base in bases.values() for entry in base.entries}
    firsts = {example.label: example for example in reversed(list(examples))}
    for label, example in firsts.items():
        if example.intent == "info" and label not in known:
            what = f"« {label.removeprefix(_ENTRY)} » n'est pas dans data/knowledge ; corrigez « - intent: » ou ajoutez le fait"
            yield Fault(example.path, example.line, what)


def _too_few(bases: Mapping[Path, Base], examples: Iterable[Example]) -> Iterable[Fault]:
    counts = Counter(label for label, _ in {(example.label, example.key) for example in examples})
    for path, base in bases.items():
        for entry in base.entries:
            if (count := counts[f"{_ENTRY}{entry}"]) < LEAST_EXAMPLES:
                what = f"« {entry} » a {count} exemples différents dans data/nlu ; écrivez-en au moins {LEAST_EXAMPLES}"
                yield Fault(path, entry_line(path, entry), what)
