"""Questions that lean on the one before."""

from __future__ import annotations

import pytest
from support.chat import Chat

FOLLOWED = {
    "another country": (("quel est le secteur au Maroc ?", "et au Sénégal ?"), "secteurs.senegal"),
    "a third country": (("quel est le secteur au Maroc ?", "et au Sénégal ?", "et au Bénin ?"), "secteurs.benin"),
    "another sheet": (("où trouver la fiche du Bénin ?", "et celle du Maroc ?"), "fiche.maroc"),
    "along the list": (("combien de piliers ?", "le premier ?", "et le troisième ?"), "piliers.troisieme"),
    "from Brussels to all": (("c'est quoi le budget pour Bruxelles ?", "et au total ?"), "combien.total"),
    "from all to Brussels": (("quel est le budget total ?", "et pour Bruxelles ?"), "combien.bruxelles"),
    "after thanks": (("quel est le secteur au Maroc ?", "merci !", "et au Bénin ?"), "secteurs.benin"),
    "after a refusal": (("le Mali en fait partie ?", "et le Maroc ?"), "ou.maroc"),
}


@pytest.mark.parametrize(("messages", "fact"), FOLLOWED.values(), ids=FOLLOWED)
def test_a_question_may_lean_on_the_one_before(chat: Chat, messages: tuple[str, ...], fact: str) -> None:
    assert chat.all(*messages).facts[0] == fact


def test_another_person_s_question_is_not_leant_on(chat: Chat) -> None:
    other = Chat(chat.client)
    assert other.all("où trouver la fiche du Bénin ?", "et au Sénégal ?").facts[0] == "fiche.senegal"
    assert "fiche.senegal" not in chat.say("et au Sénégal ?").facts[:1]
