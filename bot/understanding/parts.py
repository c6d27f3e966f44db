"""Cuts a message into the questions that it asks, and finds the persons it names with spaCy.

« Quel secteur au Bénin, et c'est quoi le budget ? » is two questions. A long letter asks in one of its sentences.
Cut by signs and joints rather than by the parser: on SMS and dictation, signs are right more often (docs/adr/0003).
"""

from __future__ import annotations

import re
from typing import Any

MODEL = "fr_core_news_sm"
MOST = 6
"""Parts of a message that are looked at; of a longer letter the last ones, where the question stands."""
SHORTEST = 2
"""Words of a part."""

_ENDS = re.compile(r"(?<=[?!;])\s*|(?<=\w\w\.)\s+|(?<=\w)\s*:\s+|\n+")
_JOINTS = re.compile(r"(?:\s*,)?\s+(?:et|puis|mais aussi|ainsi que)\s+(?!/)", re.IGNORECASE)
_ASKS = re.compile(
    r",\s+(?=(?:(?:et|mais|donc|alors|dites|dis)\s+)?"
    r"(?:c'est quoi|c quoi|c koi|quels?|quelles?|kel|combien|cb|comment|pourquoi|pk|qui|ki|quand|kan|o[uù]|dans quels?|depuis quand"
    r"|jusqu'[aà]|[aà] quoi|de quoi|sur quoi|est-ce|est ce|esk|qu'est-ce|que signifie|y a-t-il|ya|il y a|c'est bien|avez-vous|peut-on)\b)",
    re.IGNORECASE,
)
"""A comma behind which a question begins: « J'ai un collège ce soir, c'est quoi le budget ? »."""
_POLITE = re.compile(
    r"^(?:(?:bonjour|bonsoir|bjr|salut|hello|merci|mrc|svp|s'il vous pla[iî]t|d'accord|ok|madame|monsieur|cher[es]*|cordialement"
    r"|bien [àa] vous|d'avance|bcp|beaucoup)[\s,.;:!]*)+",
    re.IGNORECASE,
)
_THANKS = re.compile(
    r"(?:[\s,.;:!]+(?:merci|mrc|svp|stp|s'il (?:vous|te) pla[iî]t|d'avance|beaucoup|bcp|cordialement|bien [àa] vous"
    r"|bonne (?:journ[ée]e|soir[ée]e)))+[\s.!]*$",
    re.IGNORECASE,
)
_EMPTY = re.compile(
    r"(?:(?:lesquel(?:le)?s|laquelle|lequel|pourquoi|comment|combien|où|ou|quand|qui|quoi|aussi|alors|svp|stp|merci|s'il vous pla[iî]t"
    r"|ensuite|puis|et|en|à|de|dans|avec|la|le|les)\W*)+",
    re.IGNORECASE,
)
"""Words that ask nothing by themselves: « lesquels svp » belongs to the question before it."""


def load_language() -> Any:
    """spaCy's French pipeline, with its entities only."""
    import spacy

    return spacy.load(MODEL, exclude=["lemmatizer", "attribute_ruler", "morphologizer", "parser"])


def bare(text: str) -> str:
    """`text` without its opening and closing courtesies; the text itself when nothing else is in it."""
    rest = _POLITE.sub("", text.replace("’", "'"), count=1).strip(" ,.;:!")
    rest = _THANKS.sub("", rest).rstrip(" ,.;:!")
    return rest or text


def questions(text: str) -> tuple[str, ...]:
    """The parts of `text`, its sentences first, then what a joint cuts them into; none when it is one bare question."""
    found: dict[str, None] = {}
    for sentence in filter(None, (sentence.strip() for sentence in _ENDS.split(text))):
        pieces = [piece for clause in _ASKS.split(sentence) for piece in _JOINTS.split(clause)]
        for piece in [sentence, *(pieces if len(pieces) > 1 else [])]:
            question = bare(piece.strip())
            if len(question.split()) >= SHORTEST and not _EMPTY.fullmatch(question):
                found.setdefault(question)
    parts = tuple(part for part in found if part != text.strip())
    return parts[-MOST:]


def persons(text: str, language: Any) -> tuple[str, ...]:
    """The persons that `text` names."""
    return tuple(entity.text for entity in language(text).ents if entity.label_ == "PER")
