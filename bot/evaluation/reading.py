"""Reads the cases of a folder. A line that cannot be used is told with its file and number."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from bot.errors import KnowledgeError
from bot.evaluation.cases import PARTS, CaseSet, Dialogue, Expected, FollowUp, Persona, Question, Step, Stray
from bot.evaluation.wanted import Cited, Pattern, Wanted
from bot.knowledge import Base, Overview

T = TypeVar("T")


def read_set(folder: Path, base: Base) -> CaseSet:
    """Read every part that is in `folder`. Raises KnowledgeError for a line that cannot be used, and when there is no part."""
    if not any((folder / f"{part}.jsonl").exists() for part in PARTS):
        raise KnowledgeError(f"{folder} ne contient aucun jeu d'essai : il faut au moins l'un des fichiers {', '.join(PARTS)} (.jsonl).")
    facts = {raw["id"]: Pattern(raw["id"], tuple(raw["check"])) for raw in _read(folder, "facts", dict)}
    return CaseSet(
        questions=_read(folder, "questions", lambda raw: _question(raw, raw["id"], facts, base)),
        followups=_read(folder, "followups", lambda raw: FollowUp(raw["id"], _follow_ups(raw, facts, base))),
        out_of_scope=_read(folder, "out_of_scope", _stray),
        public_off_topic=_read(folder, "public_off_topic", _stray),
        off_topic=_read(folder, "off_topic", _stray),
        personas=_read(folder, "personas", _persona),
        dialogues=_read(folder, "dialogues", _dialogue),
    )


def _read(folder: Path, part: str, build: Callable[[dict[str, Any]], T]) -> tuple[T, ...]:
    path = folder / f"{part}.jsonl"
    if not path.exists():
        return ()
    return tuple(_build(path, number, line, build) for number, line in enumerate(path.read_text("utf-8").splitlines(), 1) if line.strip())


def _build(path: Path, number: int, line: str, build: Callable[[dict[str, Any]], T]) -> T:
    try:
        return build(json.loads(line))
    except KeyError as error:
        raise KnowledgeError(f"{path}:{number} : {error} manque ou n'est pas connu.") from error
    except (ValueError, TypeError, AttributeError) as error:
        raise KnowledgeError(f"{path}:{number} : la ligne n'est pas un objet JSON de la bonne forme ({error}).") from error


def _question(raw: Mapping[str, Any], ident: str, facts: Mapping[str, Wanted], base: Base) -> Question:
    """A question names facts of the set's own inventory, or entries of our knowledge: « combien.total+ou.pays » asks two things."""
    entry = raw.get("entry", "")
    own = (fact for each in entry.split("+") for fact in cited(base, each)) if entry else ()
    wanted: Iterable[Wanted] = (*own, *(facts[fact] for fact in raw.get("facts", ())))
    text, group = raw.get("text") or raw["user"], raw.get("topic") or entry.split(".")[0]
    return Question(ident, text, group, tuple(wanted), _texts(raw, "must_not"), raw.get("asks"), raw.get("outcome"))


def _follow_ups(raw: Mapping[str, Any], facts: Mapping[str, Wanted], base: Base) -> tuple[Question, ...]:
    return tuple(_question(turn, f"{raw['id']}.{number}", facts, base) for number, turn in enumerate(raw["turns"], 1))


def cited(base: Base, entry: str) -> tuple[Cited, ...]:
    """The facts that a question about `entry` asks for: itself, or those of the first two phrases of an overview."""
    found = base.entries[entry]
    if not isinstance(found, Overview):
        return (Cited(entry),)
    return tuple(Cited(fact.id) for phrase in found.phrases[:2] for fact in base.phrases[phrase].facts)


def _stray(raw: Mapping[str, Any]) -> Stray:
    return Stray(raw["id"], raw["text"], raw["category"], _texts(raw, "must_not"))


def _persona(raw: Mapping[str, Any]) -> Persona:
    expect = raw["expect"]
    return Persona(
        id=raw["id"],
        group=raw["kind"],
        opening=raw["opening"],
        answers=raw["answers"],
        expected=_expected(expect),
        before=_texts(raw, "before_opening"),
        declined=None if expect.get("decline_alternative_ok") else expect["decline"],
        never=_texts(expect, "never"),
        after_decline=raw.get("after_decline"),
        answers_after=raw.get("answers_after_decline", {}),
        after_any=_texts(raw, "after_decline_expect_any"),
        after_not=_texts(raw, "after_decline_expect_not"),
    )


def _dialogue(raw: Mapping[str, Any]) -> Dialogue:
    return Dialogue(raw["id"], raw["title"], tuple(map(_step, raw["turns"])), raw.get("answers", {}), _expected(raw["final"]))


def _step(raw: Mapping[str, Any]) -> Step:
    return Step(
        user=raw["user"] if "auto_until" not in raw else "",
        if_slot=raw.get("if_slot"),
        auto_until=raw.get("auto_until"),
        optional=raw.get("optional", False),
        expect_any=_texts(raw, "expect_any"),
        expect_all=_texts(raw, "expect_all"),
        expect_not=_texts(raw, "expect_not"),
        may_be_empty=raw.get("allow_empty_reply", False),
    )


def _expected(raw: Mapping[str, Any]) -> Expected:
    exact = raw.get("lead_count")
    return Expected(
        lead=raw["lead"],
        either=raw.get("lead_alternative_ok", False),
        contains={**raw.get("lead_contains", {}), **({"*": raw["lead_flag"]} if raw.get("lead_flag") else {})},
        lacks=raw.get("lead_not_contains", {}),
        least=raw.get("lead_count_min", exact),
        most=raw.get("lead_count_max", exact),
    )


def _texts(raw: Mapping[str, Any], key: str) -> tuple[str, ...]:
    return tuple(raw.get(key) or ())
