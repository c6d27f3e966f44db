"""Sentence embeddings: cut to the main directions of the training messages, blind to shouting, stored without their package's weights."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from bot.understanding.embeddings import DIMENSIONS, Embedding

LEARNT = [
    "quel est le budget du programme",
    "combien de pays y participent",
    "je cherche la personne de contact",
    "mon passeport est perdu",
]


@pytest.fixture(scope="module")
def embedding() -> Embedding:
    fitted = Embedding("use")
    fitted.fit(LEARNT)
    return fitted


def cosine(embedding: Embedding, one: str, other: str) -> float:
    rows = embedding.transform([one, other])
    return float(rows[0] @ rows[1] / np.linalg.norm(rows[0]) / np.linalg.norm(rows[1]))


def test_what_was_learnt_has_the_same_rows_later() -> None:
    embedding = Embedding("use")
    rows = embedding.fit(LEARNT)
    assert rows.shape == (len(LEARNT), DIMENSIONS)
    np.testing.assert_allclose(embedding.transform(LEARNT), rows, atol=1e-5)


def test_the_learnt_messages_lie_around_the_middle(embedding: Embedding) -> None:
    np.testing.assert_allclose(embedding.transform(LEARNT).mean(axis=0), np.zeros(DIMENSIONS), atol=1e-5)


def test_the_first_directions_tell_most(embedding: Embedding) -> None:
    spread = embedding.transform(LEARNT).std(axis=0)
    assert list(spread[:3]) == sorted(spread[:3], reverse=True)
    assert spread[:3].min() > 10 * spread[3:].max()


def test_a_question_is_nearer_to_one_of_the_same_meaning(embedding: Embedding) -> None:
    asked = "quelle somme est prévue"
    assert cosine(embedding, asked, LEARNT[0]) > max(cosine(embedding, asked, other) for other in LEARNT[1:])


def test_shouting_is_no_difference_and_a_proper_noun_is(embedding: Embedding) -> None:
    shouted, said, named = embedding.transform(["LE BUDGET DE NAMUR", "le budget de namur", "le budget de Namur"])
    np.testing.assert_allclose(shouted, said, atol=1e-5)
    assert np.abs(named - said).max() > 1e-3


def test_a_long_list_is_read_in_batches_to_the_same_end(embedding: Embedding) -> None:
    texts = [f"question numéro {number}" for number in range(300)]
    rows = embedding.transform(texts)
    assert rows.shape == (300, DIMENSIONS)
    np.testing.assert_allclose(rows[[0, 255, 256, 299]], embedding.transform([texts[at] for at in (0, 255, 256, 299)]), atol=1e-4)


def test_the_weights_of_the_package_are_not_stored(embedding: Embedding) -> None:
    stored = pickle.dumps(embedding)
    assert len(stored) < 1_000_000
    np.testing.assert_allclose(pickle.loads(stored).transform(LEARNT), embedding.transform(LEARNT), atol=1e-5)


def test_an_unknown_embedding_is_an_error() -> None:
    with pytest.raises(KeyError, match="rien"):
        Embedding("rien")
