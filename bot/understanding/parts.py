"""Cuts a message into the questions that it asks, with spaCy's sentences, and finds the persons it names.

« Quel secteur au Bénin, et c'est quoi le budget ? » is two questions. A long letter asks in one of its sentences.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

MODEL = "fr_core_news_sm"
MOST = 6
"""Parts of a message that are looked at; of a longer letter the last ones, where the question stands."""

_ASKS = r"(?:c'?est|qui|que|quoi|quel(?:le)?s?|combien|comment|où|ou est|quand|pourquoi|dans quel|pour quel|à quel|de quel|est-ce|y a|il y a|depuis|une commune|peut-on|faut)"  # noqa: E501
_JOINTS = re.compile(rf"(?:,\s*|\s+)(?:et|puis|mais aussi|ainsi que)\s+(?={_ASKS}\b)|(?<=[?])\s+|[;\n]+", re.IGNORECASE)
_POLITE = re.compile(
    r"^(?:(?:bonjour|bonsoir|bjr|salut|hello|merci|mrc|svp|s'il vous pla[iî]t|d'accord|ok|madame|monsieur|cher[es]*|cordialement"
    r"|bien [àa] vous|d'avance|bcp|beaucoup)[\s,.;:!]*)+",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Parts:
    """The questions of a message and the persons that it names."""

    questions: tuple[str, ...]
    persons: tuple[str, ...]


def load_language() -> Any:
    """spaCy's French pipeline, with the parser and the entities only: what the parts need."""
    import spacy

    return spacy.load(MODEL, exclude=["lemmatizer", "attribute_ruler", "morphologizer"])


def bare(text: str) -> str:
    """`text` without its opening courtesies; the text itself when nothing else is in it."""
    rest = _POLITE.sub("", text.replace("’", "'"), count=1).strip(" ,.;:!")
    return rest or text


def split(text: str, language: Any) -> Parts:
    """The parts of `text`; none when it is one question, which then stands for itself."""
    document = language(text)
    pieces = [piece for sentence in document.sents for piece in _JOINTS.split(sentence.text) if piece]
    questions = [question for piece in pieces if len((question := bare(piece.strip())).split()) >= 2]
    persons = tuple(entity.text for entity in document.ents if entity.label_ == "PER")
    different = len(questions) > 1 or (bool(questions) and questions[0] != text.strip())
    return Parts(tuple(questions[-MOST:]) if different else (), persons)
