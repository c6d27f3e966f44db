"""Drafts of facts that people asked for: who writes which, and the file for whoever keeps the knowledge."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import yaml
from sqlalchemy import delete, insert, select, update

from bot.errors import RequestError, UnknownError
from bot.review.nlu_files import LONGEST, as_example, key_of
from bot.storage import Database, accounts, drafts
from bot.text import clean, fold

TITLE_CHARACTERS = 120
TEXT_CHARACTERS = 2000
MOST_QUESTIONS = 60
PAGE = 50
TO_COMPLETE = "a-completer"
"""What stands in the file where only a person who has the source can write."""
_HEADER = """\
# Brouillon n° {number} : {title}
# Écrit le {at} par {author}, confié à {owner}.
#
# Ce fichier est à compléter, il ne peut pas être repris tel quel.
#  - Remplacez chaque « {missing} » : la section de la page, l'objet et l'attribut du fait.
#  - Vérifiez le texte dans la source. Rien ne peut être affirmé que la page ne dit pas.
#  - Chiffres, dates et années se mettent dans « valeurs » et s'appellent par {{nom}} dans le texte.
#  - Relisez les questions : au moins vingt-quatre formulations différentes sont nécessaires.
# Ensuite : make check, puis make train.
"""


@dataclass(frozen=True)
class Draft:
    """A fact to be written. `done_at` is None while it is to be."""

    id: int
    title: str
    text: str
    questions: tuple[str, ...]
    owner: str
    author: str
    at: datetime
    done_at: datetime | None


class Drafts:
    """Drafts in the database. `clock` gives the time with its zone."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def owners(self) -> list[str]:
        """The accounts that a draft may be given to."""
        with self._database.read() as connection:
            return list(connection.execute(select(accounts.c.name).order_by(accounts.c.name)).scalars())

    def page(self, number: int) -> tuple[list[Draft], bool]:
        """A page of drafts from 1 on, what is to be written first, then the newest; and whether others follow."""
        order = (drafts.c.done_at.is_not(None), drafts.c.id.desc())
        query = select(drafts).order_by(*order).limit(PAGE + 1).offset(PAGE * (number - 1))
        with self._database.read() as connection:
            found = [_draft(row) for row in connection.execute(query).mappings()]
        return found[:PAGE], len(found) > PAGE

    def find(self, number: int) -> Draft:
        """One draft. Raises RequestError when it is gone."""
        with self._database.read() as connection:
            row = connection.execute(select(drafts).where(drafts.c.id == number)).mappings().first()
        if row is None:
            raise UnknownError("Ce brouillon n'existe pas ou n'existe plus.")
        return _draft(row)

    def add(self, author: str, title: str, text: str, questions: Iterable[str], owner: str) -> int:
        """Write a new draft; return its number. Raises RequestError when something is missing."""
        values = self._checked(title, text, questions, owner)
        with self._database.begin() as connection:
            row = connection.execute(insert(drafts).values(author=author, at=self._clock(), **values))
            return int(row.inserted_primary_key[0])

    def change(self, number: int, title: str, text: str, questions: Iterable[str], owner: str) -> None:
        """Write a draft anew. Raises RequestError when something is missing or the draft is gone."""
        self._update(number, self._checked(title, text, questions, owner))

    def settle(self, number: int, done: bool) -> None:
        """Say that a draft is done, or is to be written after all. Raises RequestError when it is gone."""
        self._update(number, {"done_at": self._clock() if done else None})

    def remove(self, number: int) -> None:
        """Delete a draft; one that is gone already is no error."""
        with self._database.begin() as connection:
            connection.execute(delete(drafts).where(drafts.c.id == number))

    def _update(self, number: int, values: dict[str, Any]) -> None:
        with self._database.begin() as connection:
            if not connection.execute(update(drafts).where(drafts.c.id == number).values(**values)).rowcount:
                raise UnknownError("Ce brouillon n'existe pas ou n'existe plus.")

    def _checked(self, title: str, text: str, questions: Iterable[str], owner: str) -> dict[str, Any]:
        title = clean(title, TITLE_CHARACTERS)
        asked = distinct(clean(question, LONGEST) for question in questions)[:MOST_QUESTIONS]
        if not title:
            raise RequestError("Donnez un titre au brouillon : la question à laquelle le fait répondra.")
        if not asked:
            raise RequestError("Gardez au moins une question : c'est elle qui mène au fait.")
        if owner not in self.owners():
            raise RequestError("Choisissez dans la liste la personne qui écrira le fait.")
        return {"title": title, "text": "\n".join(map(clean, text[:TEXT_CHARACTERS].splitlines())), "questions": asked, "owner": owner}


def distinct(questions: Iterable[str]) -> list[str]:
    """Questions without those that are empty or only repeat another."""
    found: dict[str, str] = {}
    for question in questions:
        if question:
            found.setdefault(key_of(question), question)
    return list(found.values())


class _Examples(str):
    """Examples of the training data, written as a block of lines."""


class _Dumper(yaml.SafeDumper):
    """Writes as data/nlu is written."""


class _Indenting(_Dumper):
    """Writes as data/knowledge is written: lists stand further in than their names."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Never leave lists where their names stand."""
        super().increase_indent(flow, False)


_Dumper.add_representer(_Examples, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", str(text), style="|"))


def as_yaml(draft: Draft) -> str:
    """A draft in the shape of data/knowledge and data/nlu, two YAML documents with what is missing marked."""
    ident = f"{TO_COMPLETE}.{_slug(draft.title)}"
    fact = {"id": ident, "titre": draft.title, "objet": TO_COMPLETE, "attribut": TO_COMPLETE}
    text = " ".join(draft.text.split()) or TO_COMPLETE
    knowledge = {"phrases": [{"id": ident, "section": TO_COMPLETE, "texte": text, "faits": [fact]}]}
    lines = [line for line in map(as_example, draft.questions) if line] or [TO_COMPLETE]
    examples = _Examples("".join(f"- {line}\n" for line in lines))
    nlu = {"version": "3.1", "nlu": [{"intent": f"info/{ident}", "examples": examples}]}
    told = {"number": draft.id, "at": draft.at.date().isoformat(), "missing": TO_COMPLETE}
    header = _HEADER.format(title=clean(draft.title), author=clean(draft.author), owner=clean(draft.owner), **told)
    wholes = (_dump(knowledge, _Indenting), _dump(nlu, _Dumper))
    parts = ("# À ajouter dans data/knowledge, sous « phrases: »", wholes[0], "---", "# À ajouter dans data/nlu", wholes[1])
    return "\n".join((header, *parts))


def _dump(value: object, dumper: type[_Dumper]) -> str:
    return str(yaml.dump(value, Dumper=dumper, allow_unicode=True, sort_keys=False, width=10_000))


def _slug(title: str) -> str:
    words: Sequence[str] = re.findall(r"[a-z0-9]+", fold(title))
    return "-".join(words[:6]) or "fait"


def _draft(row: Any) -> Draft:
    return Draft(**{**row, "questions": tuple(row["questions"])})
