"""A message with all that was found in it: functions and organisations with their roles, services, municipalities."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.places import Gazetteer, Mention
from bot.places.words import Reading, read
from bot.screening.context import role
from bot.screening.lexicon import SERVICE, Hit, Lexicon

_ADDRESS = re.compile(r"\S{1,64}@\S+|https?:\S+|www\.\S+")
"""Addresses name no function and no municipality: « mairie-dogbo.example » is where a mail goes."""
_CANDIDACY = re.compile(
    r"\b(?:me |nous |se )?porter candidate?s?\b(?! (?:aux? |à la |à l['’]|sur la )?(?:élections?|liste|mairie|scrutin"
    r"|conseil))",
    re.IGNORECASE,
)
"""« nous porter candidats », for the programme or a mission, makes nobody a candidate at an election."""
_DOTTED = tuple(
    (re.compile(rf"\b{letters}\b\.?", re.IGNORECASE), short)
    for letters, short in (
        (r"f\.\s?f", "ff"),
        (r"c\.p\.a\.s", "CPAS"),
        (r"d\.g", "DG"),
        (r"s\.g", "SG"),
        (r"a\.s\.b\.l", "ASBL"),
        (r"o\.n\.g", "ONG"),
    )
)


@dataclass(frozen=True)
class Found:
    """`hits` come with their roles (bot.screening.patterns), in the order of the message."""

    reading: Reading
    hits: tuple[tuple[Hit, str], ...]
    services: tuple[Hit, ...]
    mentions: tuple[Mention, ...]


def find(text: str, lexicon: Lexicon, gazetteer: Gazetteer) -> Found:
    """Return what a message names, with the role of each function."""
    reading = read(plain(text))
    mentions = gazetteer.find(reading.text)
    hits: list[tuple[Hit, str]] = []
    every = [hit for hit in lexicon.hits(reading) if not any(m.start <= reading.words[hit.first].start < m.end for m in mentions)]
    for hit in every:
        if hit.entry.kind != SERVICE:
            hits.append((hit, role(reading, hit, hits)))
    return Found(reading, tuple(hits), tuple(hit for hit in every if hit.entry.kind == SERVICE), mentions)


def plain(text: str) -> str:
    """Return a message with line ends as sentence ends and without inclusive endings (échevin·e, échevin(e))."""
    text = _ADDRESS.sub(" ", re.sub(r"\s*[\r\n]+\s*", " ; ", text))
    text = _CANDIDACY.sub("postuler", text)
    for dotted, short in _DOTTED:
        text = dotted.sub(short, text)
    text = re.sub(r"(?<=\w)(?:\([a-zèéê]{1,6}\)|·[a-zèéê]{1,6}(?:·s)?)", "", text)
    return re.sub(r"(?<=\w\w)[./-](?:e|ne|re|ère|trice|fe|ve)(?=$|[\s,;:!?])", "", text)
