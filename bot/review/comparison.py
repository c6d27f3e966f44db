"""What the report of a change says to people: a verdict in a sentence, figures side by side, differences answer by answer. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.text import typeset

PARTS = {
    "questions": "Questions",
    "followups": "Suites de questions",
    "off_topic": "Messages hors sujet",
    "out_of_scope": "Hors du programme",
    "public_off_topic": "Hors sujet, du public",
    "personas": "Demandes de contact",
    "dialogues": "Dialogues",
    "recorded": "Tests enregistrés",
}
ADDED, REMOVED, CONTEXT = "ajout", "retrait", "contexte"
_SIGNS = {"+": ADDED, "-": REMOVED, " ": CONTEXT}
_PLACE = re.compile(r"@@ -(\d+)\S* \+(\d+)\S* @@.*")
_NAMED = 3
"""Cases that the verdict names."""
_FEW = 5
"""Cases that a training moves by itself, at most."""
_BY_ITSELF = "Entraîner de nouveau fait toujours bouger quelques cas, dans les deux sens : lisez ceux qui sont perdus."


@dataclass(frozen=True)
class DiffLine:
    """A line of a diff: what happened to it (`ajout`, `retrait`, `contexte`), its number in the file that has it, its text."""

    what: str
    number: int
    text: str


@dataclass(frozen=True)
class FileDiff:
    """The changes of one file, hunk by hunk."""

    path: str
    hunks: tuple[tuple[DiffLine, ...], ...]

    @property
    def added(self) -> int:
        """How many lines come."""
        return sum(line.what == ADDED for hunk in self.hunks for line in hunk)

    @property
    def removed(self) -> int:
        """How many lines go."""
        return sum(line.what == REMOVED for hunk in self.hunks for line in hunk)


@dataclass(frozen=True)
class Verdict:
    """The comparison in sentences. `is_better`: examples are gained and no case is lost; `remark` says how to read it when few are."""

    sentence: str
    details: tuple[str, ...]
    is_better: bool
    remark: str = ""


def verdict_of(report: Mapping[str, Any]) -> Verdict:
    """What a person has to know before adopting."""
    examples, evaluation = report["examples"], report["evaluation"]
    gained = sum(bool(each["is_right"]) and each["was_right"] is False for each in examples)
    missed = [each["text"] for each in examples if each["is_right"] is False]
    lost, won = (sum(part[name] for part in evaluation) for name in ("lost", "gained"))
    told = [case["text"] for part in evaluation for case in part["worse"]][:_NAMED]
    named = f" : {' ; '.join(f'« {text} »' for text in told)}{' ; …' if lost > len(told) else ''}" if told else ""
    better = _examples(gained, len(examples))
    worse = (
        f"{_many(lost, 'cas d’évaluation est perdu', 'cas d’évaluation sont perdus')}{named}"
        if lost
        else "aucun cas d’évaluation n’est perdu"
    )
    details = [_many(won, "cas d’évaluation est gagné", "cas d’évaluation sont gagnés") + "."] if won else []
    if missed:
        details.append(f"{_many(len(missed), 'exemple jugé reste', 'exemples jugés restent')} sans la bonne réponse.")
    differ = sum(each["differs"] for each in report["questions"])
    details.append(_asked(differ, len(report["questions"]), report["days"]))
    sentences = (typeset(sentence) for sentence in (f"{better}, et {worse}{'' if named.endswith('…') else '.'}", *details))
    remark = typeset(_BY_ITSELF) if 0 < lost <= _FEW and won <= _FEW else ""
    return Verdict(next(sentences), tuple(sentences), gained > 0 and not lost, remark)


def read_patch(patch: str) -> list[FileDiff]:
    """A unified diff as files, hunks and lines."""
    return [_file(part) for part in re.split(r"^(?=--- a/)", patch, flags=re.MULTILINE) if part]


def _file(part: str) -> FileDiff:
    head, *hunks = re.split(r"^(?=@@ )", part, flags=re.MULTILINE)
    path = head.split("\n")[1].removeprefix("+++ b/")
    return FileDiff(path, tuple(_hunk(hunk) for hunk in hunks))


def _hunk(hunk: str) -> tuple[DiffLine, ...]:
    head, *lines = hunk.removesuffix("\n").split("\n")
    place = _PLACE.fullmatch(head)
    old, new = (int(place[1]), int(place[2])) if place else (1, 1)
    found = []
    for line in lines:
        what = _SIGNS.get(line[:1])
        if what is not None:
            found.append(DiffLine(what, old if what == REMOVED else new, line[1:].rstrip("\r")))
            old, new = old + (what != ADDED), new + (what != REMOVED)
    return tuple(found)


def _examples(gained: int, all_of: int) -> str:
    if not gained:
        return f"La candidate ne répond juste à aucun exemple de plus, sur {_many(all_of, 'exemple jugé', 'exemples jugés')}"
    return f"La candidate répond juste à {_many(gained, 'exemple', 'exemples')} de plus, sur {all_of}"


def _asked(differ: int, all_of: int, days: int) -> str:
    if not all_of:
        return f"Aucune question n'a été posée ces {days} derniers jours."
    if not differ:
        return f"Les {all_of} questions posées ces {days} derniers jours reçoivent la même réponse qu'avant."
    changed = _many(differ, "reçoit", "reçoivent")
    return f"Sur {_many(all_of, 'question posée', 'questions posées')} ces {days} derniers jours, {changed} une autre réponse."


def _many(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def differing(cases: Sequence[Mapping[str, Any]], only: bool) -> list[Mapping[str, Any]]:
    """The cases to show: all, or those whose answers differ; these come first."""
    return [case for case in sorted(cases, key=lambda case: not case["differs"]) if case["differs"] or not only]
