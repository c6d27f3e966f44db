"""All checks of a project folder, one after the other."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from bot.answers.wordings import Wordings
from bot.checking.dialogue import check_dialogue
from bot.checking.examples import read_examples
from bot.checking.fault import Fault, from_error, line_of
from bot.checking.knowledge import check_knowledge
from bot.checking.ties import check_examples, check_ties
from bot.checking.wording import check_wording
from bot.config import PROJECT, load_settings
from bot.errors import KnowledgeError, SettingError


def check_project(project: Path = PROJECT, environ: Mapping[str, str] | None = None) -> list[Fault]:
    """Every fault of knowledge, training data, texts and settings, file by file and line by line.

    `environ` stands for the environment; the process's own by default.
    """
    data = project / "data"
    bases, faults = check_knowledge(data / "knowledge")
    examples, unread = read_examples(data / "nlu")
    faults += [*unread, *check_examples(examples)]
    if bases:
        faults += check_ties(bases, examples)
    faults += check_dialogue(project / "domain.yml", data / "stories", examples)
    faults += check_wording(data / "textes" / "assistant.yml", (project / "bot", project / "actions"), examples, bases.values())
    faults += check_followups(data / "relances" / "mots.yml")
    faults += check_settings(project / ".env", environ)
    return sorted(faults, key=lambda fault: (fault.path, fault.line))


def check_followups(path: Path) -> list[Fault]:
    """What keeps the words of the follow-ups from being read."""
    try:
        Wordings.load(path)
    except KnowledgeError as error:
        return from_error(error, path)
    return []


def check_settings(dotenv: Path, environ: Mapping[str, str] | None) -> list[Fault]:
    """The setting that cannot be used, if there is one."""
    try:
        load_settings(environ, dotenv)
    except SettingError as error:
        name = re.match(r"CIC_\w+", str(error))
        lines = dotenv.read_text("utf-8").splitlines() if dotenv.exists() else []
        what = str(error).rstrip(".") + " ; corrigez-le dans ce fichier ou dans l'environnement"
        return [Fault(dotenv, line_of(lines, rf"^\s*(?:export )?{name[0]}\b") if name else 1, what)]
    return []
