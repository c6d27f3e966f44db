"""What a message may be understood as, and the examples that teach it: titles for people, and search.

Made from the knowledge and the training data of one release. Reads data/nlu when it is made, nothing afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.knowledge import Base
from bot.review.nlu_files import key_of, read_files
from bot.text import fold, typeset

ENTRY = "info/"
"""Before the id of an entry of the knowledge, in a label."""
OFF_TOPIC = "hors_sujet/"
"""Before the kind of a message that is off topic, in a label."""
ORDINARY_STRAYS = ("hors_sujet/actualite", "hors_sujet/service", "hors_sujet/avis")
"""Kinds that a message off topic may be taken for unseen; the first is the widest. The others, such as distress, a person chooses."""
FOUND = 12
"""Results of a search at most."""

_FAMILIES = {"hors_sujet": "Hors sujet", "voisin": "Absent de la page", "bavardage": "Conversation", "formulaire": "Pendant la demande"}
_TITLES = {
    "affirmer": "Oui",
    "annuler": "Abandonner",
    "demande": "Demande de contact ou de participation",
    "donnees": "Question sur ses données",
    "hesiter": "Ne sait pas",
    "humain": "Veut parler à quelqu'un",
    "nier": "Non",
    "se_presenter": "Dit qui l'on est",
    "bavardage/aide": "que puis-je demander",
    "bavardage/au_revoir": "au revoir",
    "bavardage/blague": "plaisanterie",
    "bavardage/compliment": "compliment",
    "bavardage/insulte": "insulte ou reproche",
    "bavardage/recommencer": "recommencer",
    "bavardage/remercier": "merci",
    "bavardage/repeter": "répéter",
    "bavardage/robot": "qui êtes-vous",
    "bavardage/saluer": "bonjour",
    "formulaire/correction": "correction d'une réponse",
    "formulaire/pourquoi": "pourquoi cette question",
    "formulaire/refus": "ne veut pas répondre",
    "formulaire/sans_telephone": "pas de téléphone",
    "hors_sujet/actualite": "culture, actualité, vie quotidienne",
    "hors_sujet/avis": "demande d'opinion",
    "hors_sujet/charabia": "rien de lisible",
    "hors_sujet/detresse": "personne en détresse",
    "hors_sujet/langue": "autre langue",
    "hors_sujet/manipulation": "essai de détourner l'assistant",
    "hors_sujet/menace": "menace ou dénonciation",
    "hors_sujet/service": "démarche ou service public",
    "voisin/chiffre": "chiffre que la page ne donne pas",
    "voisin/liste": "liste que la page ne donne pas",
    "voisin/pays": "autre pays",
    "voisin/periode": "autre période",
    "voisin/procedure": "procédure ou délai",
    "voisin/programme": "autre programme",
}
"""What labels that are no entry mean, to a person; those of a family stand behind its name."""


@dataclass(frozen=True)
class Found:
    """A label that a search has found, and an example of it: the first that holds the words, else the first of all."""

    label: str
    title: str
    example: str


@dataclass(frozen=True)
class _Shelf:
    """One label with all that is searched of it, folded."""

    label: str
    title: str
    name: str
    examples: Sequence[str]
    folded: Sequence[str]


class Labels:
    """The labels of one release. `examples` are those of each label. Safe to share between threads."""

    def __init__(self, base: Base, examples: Mapping[str, Sequence[str]]) -> None:
        taught = {**{ENTRY + entry: () for entry in base.entries}, **examples}
        self._holders = {key_of(text): label for label, texts in taught.items() for text in texts}
        self._titles = {label: title_of(label, base) for label in taught}
        self._shelves = [_shelf(label, self._titles[label], taught[label]) for label in sorted(taught)]

    @classmethod
    def read(cls, base: Base, project: Path) -> Labels:
        """Return the labels of a project, or of the folder of a release."""
        paths = (project / "data" / "nlu").glob("*.yml")
        return cls(base, read_files({path.name: path.read_text("utf-8") for path in paths}))

    def __contains__(self, label: str) -> bool:
        return label in self._titles

    def title(self, label: str) -> str:
        """What a label means; one that is not known (any more) is shown as it is."""
        return self._titles.get(label, label)

    def holder(self, text: str) -> str | None:
        """The label under which a text is an example already."""
        return self._holders.get(key_of(text))

    def choices(self) -> list[tuple[str, str]]:
        """All labels with what they mean, in the order of the alphabet."""
        return sorted(self._titles.items(), key=lambda pair: fold(pair[1]))

    def strays(self) -> list[str]:
        """The kinds of messages off topic."""
        return [label for label in self._titles if label.startswith(OFF_TOPIC)]

    def search(self, text: str) -> list[Found]:
        """The labels whose id, title or one example hold all words of a text, without regard to accents.

        First those that are named so, then those with the most examples that say so.
        """
        words = fold(text).split()
        if not words:
            return []
        named = [shelf for shelf in self._shelves if _holds(shelf.name, words)]
        fitting = {shelf.label: sum(_holds(each, words) for each in shelf.folded) for shelf in self._shelves if shelf not in named}
        told = sorted((shelf for shelf in self._shelves if fitting.get(shelf.label)), key=lambda shelf: -fitting[shelf.label])
        return [_found(shelf, words) for shelf in (*named, *told)[:FOUND]]


def stray_label(ranking: Iterable[Sequence[object]]) -> str:
    """The kind that a message off topic most likely is: the first ordinary one of its ranking, else the widest."""
    return next((str(label) for label, *_ in ranking if label in ORDINARY_STRAYS), ORDINARY_STRAYS[0])


def title_of(label: str, base: Base) -> str:
    """What a label means, to a person: the title of an entry, « Hors sujet : demande d'opinion »."""
    if label.startswith(ENTRY) and label.removeprefix(ENTRY) in base.entries:
        return base.entries[label.removeprefix(ENTRY)].title
    family, _, kind = label.partition("/")
    told = _TITLES.get(label, kind.replace("_", " "))
    return typeset(f"{_FAMILIES.get(family, family)} : {told}" if kind else _TITLES.get(label, label))


def _shelf(label: str, title: str, examples: Sequence[str]) -> _Shelf:
    return _Shelf(label, title, fold(f"{label} {title}"), examples, [fold(each) for each in examples])


def _holds(text: str, words: Iterable[str]) -> bool:
    return all(word in text for word in words)


def _found(shelf: _Shelf, words: Sequence[str]) -> Found:
    fitting = (example for example, folded in zip(shelf.examples, shelf.folded, strict=True) if _holds(folded, words))
    return Found(shelf.label, shelf.title, next(fitting, next(iter(shelf.examples), "")))
