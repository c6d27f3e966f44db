"""Questions about the programme: the fact asked for, with its source, as the knowledge has it."""

from __future__ import annotations

import re

import pytest
from support.chat import Chat, Reply

from bot.knowledge import Base

ASKED = {
    "quoi: the abbreviation": ("que veut dire CIC ?", "quoi.sigle"),
    "quoi: the law": ("sur quelle loi belge repose le programme ?", "quoi.loi"),
    "pourquoi: the pillars": ("combien y a-t-il de piliers ?", "piliers.nombre"),
    "pourquoi: one pillar": ("c'est quoi le deuxième pilier ?", "piliers.deuxieme"),
    "comment: the first part": ("en quoi consiste le premier volet de l'objectif stratégique ?", "volet1.capacites"),
    "comment: advocacy": ("est-ce que le plaidoyer des communes partenaires est soutenu ?", "volet2.plaidoyer"),
    "quand: the beginning": ("depuis quand le programme existe-t-il ?", "quand.lancement"),
    "quand: the previous phase": ("quelles sont les dates de la phase précédente ?", "quand.phase-precedente"),
    "ou: how many countries": ("dans combien de pays travaillez-vous ?", "ou.nombre"),
    "ou: one country": ("le Maroc fait-il partie du programme ?", "ou.maroc"),
    "qui: how many partnerships": ("combien y a-t-il de partenariats ?", "qui.partenariats"),
    "pour quoi: one country": ("quel est le secteur choisi au Sénégal ?", "secteurs.senegal"),
    "combien: the total": ("quel est le budget total du programme ?", "combien.total"),
    "combien: Brussels": ("c'est quoi le budget pour Bruxelles ?", "combien.bruxelles"),
    "changer: the register": ("quels résultats pour le registre foncier au Bénin ?", "changer.foncier"),
    "changer: birth certificates": ("combien d'actes de naissance ont été informatisés ?", "changer.nombre-actes"),
    "participer: experts": ("peut-on mettre un expert communal à disposition ?", "participer.experts"),
    "documents: one country": ("où trouver la fiche du Bénin ?", "fiche.benin"),
    "documents: management": ("quels sont les documents de gestion ?", "gestion.documents"),
    "attention: who may ask": ("qui peut introduire une demande ?", "attention.autorites"),
    "attention: private persons": ("un particulier peut-il faire une demande ?", "attention.particuliers"),
    "contact: the person": ("qui est la personne de contact du programme ?", "contact.personne"),
    "page: its date": ("de quand date la dernière mise à jour de la page ?", "page.date"),
}
IN_OTHER_WORDS = {
    "SMS": ("kel é le budjet total", "combien.total"),
    "no accents": ("le secteur choisi au senegal", "secteurs.senegal"),
    "shouting": ("QUEL EST LE BUDGET TOTAL ?", "combien.total"),
    "typing errors": ("depuis quan le programe existe-t-il ?", "quand.lancement"),
    "typographic apostrophe": ("c’est quoi le budget pour Bruxelles ?", "combien.bruxelles"),
    "keywords": ("budget bruxelles", "combien.bruxelles"),
    "a polite letter": (
        "Bonjour Madame, Monsieur, je prépare une note pour notre collège de ce soir et je parcours votre site depuis un moment. "
        "Quel est le budget total du programme ? D'avance merci, bien à vous.",
        "combien.total",
    ),
}


def assert_sourced(reply: Reply, base: Base) -> None:
    """Each message that states facts names them, their heading, the page and its date; and it says what it names."""
    assert reply.sources
    for message in reply.messages:
        source = message["source"]
        section = base.facts[source["fact"][0]].section
        expected = {"section": base.sections[section], "page": base.edition.page, "updated": "2016-03-15"}
        assert source == {"fact": source["fact"], **expected} | ({"url": base.edition.url} if base.edition.url else {})
        for phrase in (base.phrases[base.facts[fact].phrase] for fact in source["fact"]):
            assert phrase.text in message["text"] or phrase.short in message["text"], phrase.id


@pytest.mark.parametrize(("question", "fact"), (ASKED | IN_OTHER_WORDS).values(), ids=ASKED | IN_OTHER_WORDS)
def test_a_question_gets_its_fact_first_and_its_source(chat: Chat, base: Base, question: str, fact: str) -> None:
    reply = chat.say(question)
    assert reply.facts[0] == fact or base.facts[reply.facts[0]].phrase == base.facts[fact].phrase
    assert reply.text.removeprefix("Oui. ").startswith(base.phrases[base.facts[fact].phrase].text)
    assert_sourced(reply, base)
    assert len(reply.text) <= 500
    assert (reply.asks, reply.outcome) == (None, None)


def test_every_heading_of_the_page_is_asked_about(base: Base) -> None:
    assert {base.facts[fact].section for _, fact in ASKED.values()} == set(base.sections)


def test_two_questions_in_one_message_are_both_answered(chat: Chat, base: Base) -> None:
    reply = chat.say("Quel secteur au Bénin, et c'est quoi le budget total ?")
    assert [source["fact"][0] for source in reply.sources] == ["secteurs.benin", "combien.total"]
    assert_sourced(reply, base)


def test_a_general_question_gets_an_overview_with_ways_on(chat: Chat, base: Base) -> None:
    reply = chat.say("le programme c'est quoi ?")
    assert reply.sources
    assert len(reply.buttons) >= 2
    for title in reply.buttons:
        assert chat.say(title).sources, title


def test_a_request_is_proposed_where_a_local_authority_may_want_one(chat: Chat) -> None:
    button = chat.say("qui peut introduire une demande ?").buttons[-1]
    assert chat.say(button).asks == "profil"


def test_the_address_of_the_contact_person_is_never_given(chat: Chat) -> None:
    for question in ("quelle est l'adresse e-mail de la personne de contact ?", "donnez-moi le téléphone de la personne de contact"):
        assert re.search(r"@|\d[ ./]?\d{2}[ ./]?\d{2}", chat.say(question).text) is None
