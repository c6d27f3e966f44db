"""Reads data/knowledge/*.yml into a Base. Every fault is told with file, line and what to do."""

from __future__ import annotations

import datetime
import string
from collections.abc import Callable, Container, Iterable, Mapping
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import yaml

from bot.errors import KnowledgeError
from bot.knowledge.model import ASPECTS, REFUSAL, Base, Edition, Fact, Listing, Overview, Passage, Phrase, Thing, Value
from bot.text import fold, typeset

_SHORTEST_LIST = 2
_LINE = "\0line"
"""Key under which a mapping keeps the line of the file where it starts."""

T = TypeVar("T")


class _Loader(yaml.CSafeLoader):
    """PyYAML's safe loader that remembers lines and refuses a key given twice."""


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[str, Any]:
    loader.flatten_mapping(node)
    result: dict[str, Any] = {_LINE: node.start_mark.line + 1}
    for key_node, value_node in node.value:
        key = str(loader.construct_object(key_node))
        if key in result:
            raise KnowledgeError(f"{node.start_mark.name}:{key_node.start_mark.line + 1} : « {key} » est donné deux fois ; gardez-en un.")
        result[key] = loader.construct_object(value_node, deep=True)
    return result


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def yaml_fault(error: yaml.YAMLError) -> tuple[int, str]:
    """The line of a file that is no YAML, and what to say of it."""
    line = error.problem_mark.line + 1 if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark else 1
    return line, f"le YAML ne se lit pas ({getattr(error, 'problem', error)}) ; vérifiez l'alignement et les guillemets"


def load_base(path: Path) -> Base:
    """Read one edition. Raises KnowledgeError that names file, line and remedy of every fault, a line each."""
    return _Reader(path).base()


class _Reader:
    """Walks the raw YAML of one file and builds typed values; a fault in one item does not hide those of the next."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.faults: list[str] = []
        try:
            with path.open(encoding="utf-8") as stream:
                self.raw = yaml.load(stream, Loader=_Loader)  # noqa: S506 - a subclass of the safe loader
        except yaml.YAMLError as error:
            self.fail(*yaml_fault(error))
        except OSError as error:
            raise KnowledgeError(f"{path} ne peut pas être lu : {error.strerror}.") from error
        if not isinstance(self.raw, dict):
            self.fail(1, "le fichier doit commencer par « edition: »")

    def fail(self, line: int, what: str) -> NoReturn:
        raise KnowledgeError(f"{self.path}:{line} : {what}.")

    def attempt(self, build: Callable[..., T], *args: Any) -> T | None:
        """What `build` gives; None when it fails, the fault being kept until all are told."""
        try:
            return build(*args)
        except KnowledgeError as error:
            self.faults.append(str(error))
            return None

    def take(self, node: Mapping[str, Any], key: str, kind: type[T]) -> T:
        """A required value of a mapping, of the right type."""
        value = node.get(key)
        if value is None or not isinstance(value, kind):
            self.fail(node[_LINE], f"« {key} » manque ou n'est pas du bon type ({kind.__name__} attendu)")
        return value

    def mappings(self, node: Mapping[str, Any], key: str, items: list[Any]) -> list[dict[str, Any]]:
        """`items`, which stand under `key` of `node`, when each of them has names of its own."""
        if not all(isinstance(item, dict) for item in items):
            self.fail(node[_LINE], f"chaque élément de « {key} » doit être écrit « nom: valeur »")
        return items

    def texts(self, node: Mapping[str, Any], key: str) -> tuple[str, ...]:
        values = node.get(key, [])
        if not isinstance(values, list) or not all(isinstance(v, str | int) for v in values):
            self.fail(node[_LINE], f"« {key} » doit être une liste de textes")
        return tuple(str(value) for value in values)

    def unique(self, items: Iterable[tuple[int, str, T]]) -> dict[str, T]:
        result: dict[str, T] = {}
        for line, key, item in items:
            if key in result:
                self.attempt(self.fail, line, f"l'identifiant « {key} » sert deux fois ; donnez-en un autre")
            result[key] = item
        return result

    def base(self) -> Base:
        sections = {k: typeset(str(v)) for k, v in self.top("sections")}
        things = {k: thing for k, v in self.top("objets") if (thing := self.attempt(self.thing, k, v))}
        phrases = self.unique(self.each("phrases", lambda node: self.phrase(node, sections)))
        passages = self.unique(self.each("passages", self.passage))
        overviews = self.unique(self.each("apercus", self.overview))
        edition = self.attempt(self.edition)
        nearest = {kind: str(phrase) for kind, phrase in self.optional("refus")}
        asides = {k: aside for k, v in self.optional("relances") if (aside := self.attempt(self.aside, v))}
        listings = self.unique(self.each("listes", self.listing)) if "listes" in self.raw else {}
        self.ties()
        if self.faults or edition is None:
            raise KnowledgeError("\n".join(self.faults))
        return Base(edition, sections, things, phrases, tuple(passages.values()), overviews, nearest, asides, tuple(listings.values()))

    def optional(self, key: str) -> list[tuple[str, Any]]:
        """What stands under a name that may be left out."""
        return self.top(key) if key in self.raw else []

    def top(self, key: str) -> list[tuple[str, Any]]:
        """What stands under a name at the top of the file, name by name."""
        return [(k, v) for k, v in (self.attempt(self.take, self.raw, key, dict) or {}).items() if k != _LINE]

    def each(self, key: str, build: Callable[[Mapping[str, Any]], T]) -> Iterable[tuple[int, str, T]]:
        for node in self.attempt(self.take, self.raw, key, list) or ():
            if found := self.attempt(self.item, key, node, build):
                yield found

    def item(self, key: str, node: Any, build: Callable[[Mapping[str, Any]], T]) -> tuple[int, str, T]:
        self.mappings(self.raw, key, [node])
        return node[_LINE], self.take(node, "id", str), build(node)

    def edition(self) -> Edition:
        node: Mapping[str, Any] = self.take(self.raw, "edition", dict)
        return Edition(
            id=self.take(node, "id", str),
            start=self.take(node, "debut", int),
            end=self.take(node, "fin", int),
            page=typeset(self.take(node, "page", str)),
            updated=self.take(node, "mise_a_jour", datetime.date),
            url=node.get("url"),
        )

    def thing(self, key: str, node: Any) -> Thing:
        self.mappings(self.raw, "objets", [node])
        aliases = sorted((fold(alias) for alias in self.texts(node, "aussi")), key=len, reverse=True)
        name = typeset(self.take(node, "nom", str))
        return Thing(key, name, typeset(node.get("au", name)), node.get("genre", ""), node.get("rang"), tuple(aliases))

    def phrase(self, node: Mapping[str, Any], sections: Mapping[str, str]) -> Phrase:
        ident, section = self.take(node, "id", str), self.take(node, "section", str)
        if section not in sections:
            self.fail(node[_LINE], f"la section « {section} » n'existe pas ; voyez « sections: »")
        facts = tuple(self.fact(f, ident, section) for f in self.mappings(node, "faits", self.take(node, "faits", list)))
        values = {name: value.say() for fact in facts for name, value in fact.values.items()}
        text = self.fill(node, self.take(node, "texte", str), values)
        short = self.fill(node, self.take(node, "bref", str), values) if "bref" in node else text
        return Phrase(ident, section, text, short, facts)

    def fact(self, node: Mapping[str, Any], phrase: str, section: str) -> Fact:
        given: Mapping[str, Any] = self.take(node, "valeurs", dict) if "valeurs" in node else {}
        values = {k: self.value(v) for k, v in given.items() if k != _LINE and self.mappings(node, "valeurs", [v])}
        ident, title, thing, attribute = (self.take(node, key, str) for key in ("id", "titre", "objet", "attribut"))
        return Fact(ident, typeset(title), thing, attribute, phrase, section, values, str(node.get("suite", "")))

    def value(self, node: Mapping[str, Any]) -> Value:
        value = Value(node.get("nombre"), node.get("unite", ""), node.get("annee"), node.get("date"))
        if sum(part is not None for part in (value.number, value.year, value.date)) != 1:
            self.fail(node[_LINE], "une valeur a un « nombre: » (avec « unite: »), une « annee: » ou une « date: »")
        return value

    def fill(self, node: Mapping[str, Any], template: str, values: Mapping[str, str]) -> str:
        """Put the values into a text. A digit written in the text itself would be a fact written twice."""
        try:
            text = template.format_map(dict(values))
        except (KeyError, ValueError, IndexError) as error:
            self.fail(node[_LINE], f"le texte appelle une valeur qui n'existe pas ({error}) ; voyez « valeurs: »")
        if any(c.isdigit() for literal, *_ in string.Formatter().parse(template) for c in literal or ""):
            self.fail(node[_LINE], "le texte contient un chiffre ; mettez-le dans « valeurs: » et appelez-le par {nom}")
        return typeset(text)

    def passage(self, node: Mapping[str, Any]) -> Passage:
        phrases = self.texts(node, "phrases")
        if not phrases:
            self.fail(node[_LINE], f"« {node['id']} » n'a pas de « phrases: »")
        return Passage(node["id"], phrases)

    def overview(self, node: Mapping[str, Any]) -> Overview:
        text = self.fill(node, self.take(node, "texte", str), {}) if "texte" in node else None
        title, phrases, following = typeset(self.take(node, "titre", str)), self.texts(node, "phrases"), self.texts(node, "suite")
        return Overview(node["id"], title, text, phrases, following, str(node.get("attribut", "")), str(node.get("objet", "")))

    def aside(self, node: Any) -> Mapping[str, str]:
        self.mappings(self.raw, "relances", [node])
        given = {aspect: entry for aspect, entry in node.items() if aspect != _LINE}
        if not all(isinstance(entry, str) for entry in given.values()):
            self.fail(node[_LINE], "une relance mène à une seule entrée, écrite « combien: combien.total »")
        if unknown := sorted(given.keys() - ASPECTS):
            self.fail(node[_LINE], f"« {unknown[0]} » n'est pas une relance connue ; choisissez parmi : {', '.join(sorted(ASPECTS))}")
        return given

    def listing(self, node: Mapping[str, Any]) -> Listing:
        ident, entries = self.take(node, "id", str), self.texts(node, "entrees")
        if len(entries) < _SHORTEST_LIST:
            self.fail(node[_LINE], f"« {ident} » a moins de deux « entrees: » ; une liste se parcourt")
        return Listing(ident, entries, self.take(node, "ensemble", str), tuple(fold(noun) for noun in self.texts(node, "noms")))

    def ties(self) -> None:
        """Every id that one part names must exist in the other, be it in an item with faults of its own."""
        phrases, overviews = self.nodes(self.raw, "phrases"), self.nodes(self.raw, "apercus")
        facts: set[Any] = set()
        for fact in (fact for phrase in phrases for fact in self.nodes(phrase, "faits")):
            if not isinstance(fact.get("id"), str):
                continue  # told already
            if fact["id"] in facts:
                self.attempt(self.fail, fact[_LINE], f"le fait « {fact['id']} » est écrit deux fois ; un fait n'est écrit qu'une fois")
            facts.add(fact["id"])
        known = _ids(phrases)
        for kind, phrase in self.optional("refus"):
            if not isinstance(phrase, str) or phrase not in known:
                self.attempt(self.fail, self.raw["refus"][_LINE], f"« {phrase} » n'existe pas ; corrigez « {kind}: » de « refus: »")
        self.links("passages", "phrases", known)
        self.links("apercus", "phrases", known)
        entries = facts | _ids(overviews)
        self.links("apercus", "suite", entries)
        self.links("listes", "entrees", entries)
        wholes = _ids(overviews)
        for node in self.nodes(self.raw, "listes"):
            if isinstance(whole := node.get("ensemble"), str) and whole not in wholes:
                self.attempt(self.fail, node[_LINE], f"« {whole} » n'est pas un aperçu ; corrigez « ensemble: » de « {node.get('id')} »")
        self.asides_lead_somewhere(entries | {f"{REFUSAL}{kind}" for kind, _ in self.optional("refus")}, entries)

    def asides_lead_somewhere(self, targets: Container[Any], entries: set[Any]) -> None:
        """What a follow-up starts from and leads to is there: a passage or an entry, an entry or a refusal."""
        starts = entries | _ids(self.nodes(self.raw, "passages"))
        for start, node in self.optional("relances"):
            if not isinstance(node, dict):
                continue  # told already
            if start not in starts:
                self.attempt(self.fail, node[_LINE], f"« {start} » n'est ni un passage ni un fait ; corrigez « relances: »")
            for aspect, target in node.items():
                if aspect != _LINE and isinstance(target, str) and target not in targets:
                    self.attempt(self.fail, node[_LINE], f"« {target} » n'existe pas ; corrigez « {aspect}: » de « {start} »")

    def links(self, key: str, ids: str, known: Container[Any]) -> None:
        for node in self.nodes(self.raw, key):
            for ident in self.attempt(self.texts, node, ids) or ():
                if ident not in known:
                    self.attempt(self.fail, node[_LINE], f"« {ident} » n'existe pas ; corrigez « {ids}: » de « {node.get('id')} »")

    @staticmethod
    def nodes(parent: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
        """The mappings in a list that may be missing or wrong: what is wrong with it was told already."""
        items = parent.get(key)
        return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _ids(nodes: Iterable[Mapping[str, Any]]) -> set[str]:
    """The ids of some mappings that are texts: what is wrong with others is told elsewhere."""
    return {ident for node in nodes if isinstance(ident := node.get("id"), str)}
