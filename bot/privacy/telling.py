"""Says in French what was erased, and what is left to do."""

from __future__ import annotations

from collections.abc import Mapping

ROWS = {
    "turns": "tours de conversation",
    "events": "événements du dialogue",
    "feedback": "avis",
    "decisions": "décisions",
    "codes": "codes à usage unique",
    "leads": "demandes",
    "outbox": "courriels",
    "channel_people": "adresses de messagerie",
    "channel_messages": "messages de messagerie",
    "channel_replies": "réponses par messagerie",
    "conversations": "conversations de la revue",
    "exchanges": "échanges de la revue",
    "judgements": "jugements",
    "comments": "commentaires",
    "lead_notes": "notes de suivi",
    "tags": "étiquettes",
    "recorded_tests": "tests enregistrés",
    "saved_filters": "filtres enregistrés",
    "drafts": "brouillons",
    "changes": "corrections",
    "journal": "lignes du journal",
}
"""What rows of the tables are, as the counts of bot.privacy name them."""


def say_counts(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """What there was of each, in the order of ROWS; nothing of what there was none."""
    return [(label, counts[name]) for name, label in ROWS.items() if counts.get(name)]


def say_forwarded(forwarded: int, asked: int) -> list[str]:
    """What is left to do about the requests whose mail had left: `asked` of them are taken care of by a mail."""
    sentences = []
    if asked:
        sentences.append(f"Demandes déjà transmises ({asked}) : un courriel prie la personne de contact de les effacer aussi.")
    if forwarded > asked:
        left = forwarded - asked
        sentences.append(f"Demandes déjà transmises ({left}) : demandez vous-même à la personne de contact de les effacer aussi.")
    return sentences
