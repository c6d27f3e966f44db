"""The composition root: builds the services of the assistant from its settings. Processes and commands take them from here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from random import SystemRandom
from typing import TYPE_CHECKING

from bot.config import PROJECT, Settings
from bot.mailer import Mailer
from bot.outbox import Outbox
from bot.releases import Releases
from bot.routing import Routing
from bot.storage import Database, utc_now

# What the actions alone need is imported when it is built: commands and the web process start without it.
if TYPE_CHECKING:
    from bot.answers.editions import Editions
    from bot.intake.counter import Counter
    from bot.intake.desk import Desk
    from bot.knowledge import Base
    from bot.texts import Texts

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


def build_releases(settings: Settings, database: Database) -> Releases:
    """Return the releases that were published, kept in the data folder."""
    return Releases(database, settings.data_dir / "releases", utc_now, follows=settings.follow_releases)


def build_base(project: Path = PROJECT) -> Base:
    """Return the knowledge of the current edition: the file of the project, or of a release, whose edition ends last."""
    return build_answers(project).current.base


def build_texts(project: Path = PROJECT) -> Texts:
    """Return the sentences of the assistant."""
    from bot.texts import Texts

    return Texts.load(project / TEXTS.relative_to(PROJECT))


def build_answers(project: Path = PROJECT) -> Editions:
    """Return the answers from every edition, one file each."""
    from bot.answers.editions import Editions
    from bot.answers.wordings import Wordings
    from bot.knowledge import load_base

    bases = [load_base(path) for path in sorted((project / "data" / "knowledge").glob("*.yml"))]
    return Editions(bases, build_texts(project), Wordings.load(project / WORDINGS.relative_to(PROJECT)))


def build_services(settings: Settings, project: Path = PROJECT, database: Database | None = None) -> Services:
    """Return what the action server needs for the content of a project, or of a release, on the database of the settings."""
    from bot.intake.counter import Counter
    from bot.intake.desk import Desk, promised
    from bot.intake.flow import Intake
    from bot.intake.follow_up import FollowUp
    from bot.intake.reception import Reception
    from bot.intake.rights import Rights
    from bot.intake.screening import Screening
    from bot.places import COMMUNES, Gazetteer
    from bot.records import Records
    from bot.screening import FONCTIONS, Lexicon

    texts = build_texts(project)
    answers = build_answers(project)
    screening = Screening(Lexicon.load(project / FONCTIONS.relative_to(PROJECT)), Gazetteer.load(project / COMMUNES.relative_to(PROJECT)))
    intake = Intake(screening, answers, texts, settings.retention_days, lambda: promised(settings, utc_now(), texts))
    database = database or build_database(settings)
    records = Records(database, settings, utc_now)
    desk = Desk(intake, build_routing(settings, database), records, texts, settings, utc_now)
    rights = Rights(records, texts, settings.retention_days)
    return Services(texts, desk, Counter(rights, desk, Reception(screening, texts), FollowUp(texts), answers))
