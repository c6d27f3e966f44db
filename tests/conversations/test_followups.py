"""Questions that lean on the one before."""

from __future__ import annotations

import pytest
from support.chat import Chat

from bot.texts import Texts

FOLLOWED = {
    "another country": (("quel est le secteur au Maroc ?", "et au Sénégal ?"), "secteurs.senegal"),
    "a third country": (("quel est le secteur au Maroc ?", "et au Sénégal ?", "et au Bénin ?"), "secteurs.benin"),
    "another sheet": (("où trouver la fiche du Bénin ?", "et celle du Maroc ?"), "fiche.maroc"),
    "along the list": (("combien de piliers ?", "le premier ?", "et le troisième ?"), "piliers.troisieme"),
    "from Brussels to all": (("c'est quoi le budget pour Bruxelles ?", "et au total ?"), "combien.total"),
    "from all to Brussels": (("quel est le budget total ?", "et pour Bruxelles ?"), "combien.bruxelles"),
    "after thanks": (("quel est le secteur au Maroc ?", "merci !", "et au Bénin ?"), "secteurs.benin"),
    "after a refusal": (("le Mali en fait partie ?", "et le Maroc ?"), "ou.maroc"),
    "why only those": (("dans quels pays ?", "pourquoi ?"), "ou.raison"),
    "why, after an interruption": (("dans quels pays ?", "quand passe le camion poubelle ?", "et pourquoi ceux-là ?"), "ou.raison"),
    "over there": (("le Bénin en fait partie ?", "on fait quoi là-bas ?"), "secteurs.benin"),
    "the one before": (("c'est quoi le troisième pilier ?", "et celui d'avant ?"), "piliers.deuxieme"),
    "the other of two": (("quel est le premier volet ?", "et l'autre ?"), "volet2.autonomie"),
    "the second result, by how much": (("quels résultats au Bénin ?", "le deuxième ?", "de combien ?"), "changer.hausse"),
    "narrowed, then over how long": (("le budget ?", "et pour Bruxelles seulement ?", "sur combien d'années ?"), "combien.duree"),
    "the phase before": (("à quelle phase en est-on ?", "et avant ?"), "quand.phase-precedente"),
    "are you sure": (("combien de partenariats ?", "vous êtes sûr ?"), "qui.partenariats"),
    "a false premise": (("combien de pays ?", "donc c'est bien six ?"), "ou.nombre"),
}
UNANSWERED = {
    "which partnerships": (("combien de partenariats ?", "lesquels ?"), "voisin.liste", {}),
    "another region": (("le budget pour Bruxelles ?", "et pour la Wallonie ?"), "voisin.chiffre", {}),
    "another year": (("le budget ?", "et en 2020 ?"), "voisin.periode", {"edition": "2014-2016", "date": "15 mars 2016"}),
}


@pytest.mark.parametrize(("messages", "fact"), FOLLOWED.values(), ids=FOLLOWED)
def test_a_question_may_lean_on_the_one_before(chat: Chat, messages: tuple[str, ...], fact: str) -> None:
    assert chat.all(*messages).facts[0] == fact


@pytest.mark.parametrize(("messages", "key", "values"), UNANSWERED.values(), ids=UNANSWERED)
def test_a_follow_up_that_the_page_does_not_answer_is_refused(
    chat: Chat, texts: Texts, messages: tuple[str, ...], key: str, values: dict[str, str]
) -> None:
    reply = chat.all(*messages)
    assert reply.text.startswith(texts(key, **values))
    assert reply.facts


def test_a_wrong_figure_is_denied_first(chat: Chat) -> None:
    assert chat.all("combien de pays ?", "donc c'est bien six ?").text.startswith("Non.")


def test_a_letter_is_answered_in_the_question_of_its_last_line(chat: Chat) -> None:
    letter = (
        "Madame, Monsieur, je suis secrétaire communale et notre collège souhaite mieux connaître les programmes de coopération. "
        "Nous avons entendu parler de la CIC lors d'une journée d'étude à Namur et plusieurs échevins s'interrogent. "
        "Nous préparons une note pour le prochain conseil. Pourriez-vous nous indiquer quels sont les groupes cibles du Programme ?"
    )
    reply = chat.say(letter)
    assert reply.facts[0] == "qui.elus"
    assert len(reply.sources) == 1


def test_another_person_s_question_is_not_leant_on(chat: Chat) -> None:
    other = Chat(chat.client)
    assert other.all("où trouver la fiche du Bénin ?", "et au Sénégal ?").facts[0] == "fiche.senegal"
    assert "fiche.senegal" not in chat.say("et au Sénégal ?").facts[:1]
