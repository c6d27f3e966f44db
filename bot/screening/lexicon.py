"""The words that name functions and organisations, read from `data/tri/fonctions.yml` and found in a text.

Says what words mean, not whether the person speaks of herself (see bot.screening.context).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from bot.config import PROJECT
from bot.errors import KnowledgeError
from bot.places.words import Reading, keys

FONCTIONS = PROJECT / "data" / "tri" / "fonctions.yml"

MANDATAIRE, RESPONSABLE, AGENT, PARTENAIRE, AUTRE = "mandataire", "responsable", "agent", "partenaire_direct", "autre"
GENERAL, TITRE, COMMUNE, SERVICE = "general", "titre", "commune", "service"
PERSONNE, ORGANISATION, PHRASE = "personne", "organisation", "phrase"

_LINKS = frozenset("de du des d la le les l un une au aux a à en".split())
_ENDINGS = (
    (re.compile(r"(?<=[^s])s$"), ""),
    (re.compile(r"(?<=\w)aux$"), "al"),
    (re.compile(r"trice$"), "teur"),
    (re.compile(r"euse$"), "eur"),
    (re.compile(r"(?<=..)(?:iere|ere)$"), "ier"),
    (re.compile(r"(?<=..)ier$"), "er"),
    (re.compile(r"ffe$"), "f"),
    (re.compile(r"ive$"), "if"),
    (re.compile(r"elle$"), "el"),
    (re.compile(r"enne$"), "en"),
    (re.compile(r"(?<=\w\w)ee$"), "e"),
    (re.compile(r"(?<=\w\w)ue$"), "u"),
    (re.compile(r"(?<=\w\w[^aeiouy])e$"), ""),
)
_BECOMES = {"direction": RESPONSABLE, "responsable": RESPONSABLE, "agent": AGENT, "vague": None}
_TYPO = 6
"""A misspelling is looked for only in words of at least this many letters: shorter ones resemble too much."""


@dataclass(frozen=True)
class Entry:
    """What a variant names. `becomes` is, for a title, the kind that it has in a municipality (None when even then unclear).

    `leading` marks the titles of direction, which the municipality's name alone completes.
    """

    kind: str
    label: str
    form: str = PERSONNE
    becomes: str | None = None
    leading: bool = False


@dataclass(frozen=True)
class Hit:
    """An entry found in a text: words `first` to `last` (included)."""

    entry: Entry
    first: int
    last: int


@dataclass(frozen=True)
class Lexicon:
    """All variants by their first stem, longest first; `spelt` are the stems whose misspellings are recognised."""

    variants: Mapping[str, tuple[tuple[tuple[str, ...], Entry], ...]]
    vocabulary: frozenset[str]
    neighbours: frozenset[str]
    spelt: frozenset[str]

    @classmethod
    def load(cls, path: Path = FONCTIONS) -> Lexicon:
        """Return the lexicon of a data file, read once for each path. Raises KnowledgeError."""
        return _load(path)

    def hits(self, reading: Reading) -> tuple[Hit, ...]:
        """Return what the text names, in order, the longest variant at each place."""
        stems = [_stem_in(self, word.key) for word in reading.words]
        found: list[Hit] = []
        at = 0
        while at < len(stems):
            hit = self._longest(reading, stems, at)
            if hit:
                found.append(hit)
            at = hit.last + 1 if hit else at + 1
        return tuple(found)

    def _longest(self, reading: Reading, stems: list[str], at: int) -> Hit | None:
        for variant, entry in self.variants.get(stems[at], ()):
            last = _matches(reading, stems, at, variant)
            if last is not None:
                return Hit(entry, at, last)
        return None


def stem(key: str) -> str:
    """Return a folded word without plural and feminine: échevines and échevin, directrice and directeur are the same."""
    if len(key) > 3:
        for ending, shorter in _ENDINGS:
            key = ending.sub(shorter, key)
    return key


def _stem_in(lexicon: Lexicon, key: str) -> str:
    """Return the stem of a word, or the stem that it misspells."""
    own = stem(key)
    if own in lexicon.vocabulary or own in lexicon.neighbours or len(own) < _TYPO:
        return own
    return _nearest(lexicon.spelt, own) or own


@lru_cache(maxsize=4096)
def _nearest(spelt: frozenset[str], own: str) -> str | None:
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    near = process.extractOne(own, spelt, scorer=OSA.distance, score_cutoff=1 if len(own) < 9 else 2)
    return near[0] if near else None


def _matches(reading: Reading, stems: list[str], at: int, variant: tuple[str, ...]) -> int | None:
    """Return the last word of `variant` when it begins at word `at`; links may stand between, punctuation may not."""
    last = at
    for wanted in variant[1:]:
        here = last + 1
        while here < len(stems) and stems[here] != wanted and stems[here] in _LINKS:
            here += 1
        if here >= len(stems) or stems[here] != wanted or here - last > 4:
            return None
        if re.search(r"[,;:!?()]|\.\s", reading.flat[reading.words[last].end : reading.words[here].start]):
            return None
        last = here
    return last


@lru_cache(maxsize=4)
def _load(path: Path) -> Lexicon:
    import yaml

    try:
        content = yaml.load(path.read_text("utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 (safe loader)
        neighbours, spelt = (frozenset(stem(keys(word)[0]) for word in content.pop(name)) for name in ("voisins", "fautes"))
        pairs = [(_stems(variant), entry) for variant, entry in _entries(content)]
    except (OSError, yaml.YAMLError, AttributeError, KeyError, TypeError) as error:
        raise KnowledgeError(f"{path} : liste de fonctions illisible ({error}). Rétablissez la dernière version correcte.") from error
    variants: dict[str, list[tuple[tuple[str, ...], Entry]]] = {}
    for stems, entry in sorted(pairs, key=lambda pair: -len(pair[0])):
        variants.setdefault(stems[0], []).append((stems, entry))
    vocabulary = frozenset(one for stems, _ in pairs for one in stems)
    return Lexicon({first: tuple(listed) for first, listed in variants.items()}, vocabulary, neighbours - vocabulary, spelt)


def _stems(variant: str) -> tuple[str, ...]:
    stems = tuple(stem(key) for key in keys(variant))
    return tuple(one for one in stems if one not in _LINKS) or stems


def _entries(content: Mapping[str, Any]) -> Iterator[tuple[str, Entry]]:
    """Give every variant of the data file with what it names."""
    for kind in (MANDATAIRE, RESPONSABLE, AGENT):
        for label, variants in content[kind].items():
            yield from ((variant, Entry(kind, label)) for variant in variants)
    for kind, variants in content[GENERAL].items():
        becomes = PARTENAIRE if kind == "partenaire" else kind
        yield from ((variant, Entry(GENERAL, kind, becomes=becomes)) for variant in variants)
    for group, variants in content[TITRE].items():
        yield from ((variant, Entry(TITRE, variant, becomes=_BECOMES[group], leading=group == "direction")) for variant in variants)
    for kind in (COMMUNE, SERVICE):
        yield from ((variant, Entry(kind, variant, ORGANISATION)) for variant in content[kind])
    for label, forms in content[AUTRE].items():
        for form, variants in forms.items():
            yield from ((variant, Entry(AUTRE, label, form)) for variant in variants)
