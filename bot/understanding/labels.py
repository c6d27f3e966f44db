"""Our labels as names of Rasa's intents, and back: a slash would make a retrieval intent of `hors_sujet/service`."""

from __future__ import annotations

_SLASH = "__"


def to_rasa(label: str, retrieval: bool = False) -> str:
    """The intent for a label; with `retrieval`, entries stay retrieval intents for a response selector."""
    return label if retrieval and label.startswith("info/") else label.replace("/", _SLASH)


def from_rasa(intent: str) -> str:
    """The label of an intent."""
    return intent.replace(_SLASH, "/")
