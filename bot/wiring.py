"""The composition root: builds the services of the assistant from its settings. Processes and commands take them from here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from random import SystemRandom
from typing import TYPE_CHECKING

from bot.config import PROJECT, Settings
from bot.mailer import Mailer
from bot.outbox import Outbox
from bot.routing import Routing
from bot.storage import Database, utc_now

# What the actions alone need is imported when it is built: commands and the web process start without it.
if TYPE_CHECKING:
    from bot.answers.editions import Editions
    from bot.intake.counter import Counter
    from bot.intake.desk import Desk
    from bot.knowledge import Base
    from bot.texts import Texts

KNOWLEDGE = PROJECT / "data" / "knowledge"
TEXTS = PROJECT / "data" / "textes" / "assistant.yml"
WORDINGS = PROJECT / "data" / "relances" / "mots.yml"


@dataclass(frozen=True)
class Services:
    """What the actions call."""

    texts: Texts
    desk: Desk
    counter: Counter


def build_database(settings: Settings) -> Database:
    """Return the database of the settings, its tables made."""
    database = Database(settings.database_url)
    database.create_all()
    return database


def build_routing(settings: Settings, database: Database) -> Routing:
    """Return the service that registers requests."""
    return Routing(database, settings, utc_now)


def build_outbox(settings: Settings, database: Database) -> Outbox:
    """Return the worker that sends the mails that wait."""
    return Outbox(database, Mailer(settings).send, utc_now, SystemRandom())


def build_base(folder: Path = KNOWLEDGE) -> Base:
    """Return the knowledge of the current edition: the file of `folder` whose edition ends last."""
    return build_answers(folder).current.base


def build_texts() -> Texts:
    """Return the sentences of the assistant."""
    from bot.texts import Texts

    return Texts.load(TEXTS)


def build_answers(folder: Path = KNOWLEDGE) -> Editions:
    """Return the answers from every edition of `folder`, one file each."""
    from bot.answers.editions import Editions
    from bot.answers.wordings import Wordings
    from bot.knowledge import load_base

    bases = [load_base(path) for path in sorted(folder.glob("*.yml"))]
    return Editions(bases, build_texts(), Wordings.load(WORDINGS))


def build_services(settings: Settings) -> Services:
    """Return what the action server needs."""
    from bot.intake.counter import Counter
    from bot.intake.desk import Desk, promised
    from bot.intake.flow import Intake
    from bot.intake.follow_up import FollowUp
    from bot.intake.reception import Reception
    from bot.intake.rights import Rights
    from bot.intake.screening import Screening
    from bot.places import Gazetteer
    from bot.records import Records
    from bot.screening import Lexicon

    texts = build_texts()
    answers = build_answers()
    screening = Screening(Lexicon.load(), Gazetteer.load())
    intake = Intake(screening, answers, texts, settings.retention_days, lambda: promised(settings, utc_now(), texts))
    database = build_database(settings)
    records = Records(database, settings, utc_now)
    desk = Desk(intake, build_routing(settings, database), records, texts, settings, utc_now)
    rights = Rights(records, texts, settings.retention_days)
    return Services(texts, desk, Counter(rights, desk, Reception(screening, texts), FollowUp(texts), answers))
