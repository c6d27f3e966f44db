"""Whole requests for contact: who is let through, who is declined, and what is written down about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from support.assistant import Assistant
from support.chat import Chat

from bot.intake.model import CONTACT
from bot.text import typeset
from bot.texts import Texts

YES = {"confirmation": "oui", "consentement": "oui"}


@dataclass(frozen=True)
class Enquirer:
    """What somebody says first, what she answers, the fields that she is asked for in order, and what the lead must hold."""

    opening: str
    answers: Mapping[str, str]
    asked: tuple[str, ...]
    lead: Mapping[str, Any]


TO_THE_END = ("confirmation", "consentement")
QUALIFIED = {
    "a mayor": Enquirer(
        "Bonjour, je suis bourgmestre de Gembloux et je souhaite que ma commune participe au Programme",
        {"nom": "Claire Dumont", "email": "claire.dumont@gembloux.example", "telephone": "0470 12 34 56"},
        ("nom", "email", "telephone", *TO_THE_END),
        {
            "nom": "Claire Dumont",
            "fonction": "bourgmestre",
            "commune": "Gembloux",
            "pays": "Belgique",
            "email": "claire.dumont@gembloux.example",
            "telephone": "+32 470 12 34 56",
            "objet": "Je souhaite que ma commune participe au Programme",
            "partenaire_de": None,
            "decision": "admissible",
            "remarques": [],
        },
    ),
    "an échevine in SMS": Enquirer(
        "slt g sui echevine a ixel, jvoudrai participé o program svp",
        {"commune": "oui", "nom": "fatima bensalah", "email": "mon mail c fatima@ixelles.example", "telephone": "non"},
        ("commune", "nom", "email", "telephone", *TO_THE_END),
        {
            "nom": "Fatima Bensalah",
            "commune": "Ixelles",
            "pays": "Belgique",
            "email": "fatima@ixelles.example",
            "telephone": None,
            "decision": "admissible",
        },
    ),
    "the president of a CPAS": Enquirer(
        "Je suis la présidente du CPAS de Charleroi, j'aimerais être mise en contact",
        {
            "nom": "Madame Annie Van den Exemple",
            "email": "annie@cpas-charleroi.example",
            "telephone": "par mail de préférence",
            "objet": "en savoir plus sur l'action sociale au Maroc",
        },
        ("nom", "email", "telephone", "objet", *TO_THE_END),
        {
            "nom": "Annie Van den Exemple",
            "fonction": "présidente du CPAS",
            "commune": "Charleroi",
            "objet": "en savoir plus sur l'action sociale au Maroc",
            "telephone": None,
            "decision": "admissible",
        },
    ),
    "an adjointe au maire in Senegal": Enquirer(
        "Je suis adjointe au maire de Pikine, nous voulons rejoindre le programme",
        {"nom": "Awa Exemple", "email": "awa@pikine.example", "telephone": "77 123 45 67"},
        ("nom", "email", "telephone", *TO_THE_END),
        {"fonction": "adjointe au maire", "commune": "Pikine", "pays": "Sénégal", "telephone": "+221 77 123 45 67"},
    ),
    "a direct partner": Enquirer(
        "Notre ASBL est partenaire directe de la commune de Schaerbeek, nous souhaitons être recontactés",
        {
            "fonction": "directeur de l'ASBL Exemple",
            "nom": "Paul Exemple",
            "email": "paul@asbl.example",
            "telephone": "non",
            "objet": "un projet de formation au Bénin",
        },
        ("fonction", "nom", "email", "telephone", "objet", *TO_THE_END),
        {"fonction": "directeur de l'ASBL Exemple", "commune": "Schaerbeek", "partenaire_de": "Schaerbeek", "decision": "admissible"},
    ),
    "somebody who says nothing of herself": Enquirer(
        "je souhaite transmettre une demande",
        {
            "profil": "Responsable administratif",
            "fonction": "directrice générale",
            "commune": "Huy",
            "nom": "Jeanne Exemple",
            "email": "jeanne@huy.example",
            "telephone": "+32 85 12 34 56",
            "objet": "mettre un expert à disposition",
        },
        ("profil", "fonction", "commune", "nom", "email", "telephone", "objet", *TO_THE_END),
        {"fonction": "directrice générale", "commune": "Huy", "pays": "Belgique", "decision": "admissible"},
    ),
    "an employee whom the college sends": Enquirer(
        "Je travaille à la commune d'Uccle et je voudrais un contact",
        {
            "fonction": "employée administrative",
            "profil": "oui, c'est le bourgmestre qui m'a chargée d'écrire",
            "nom": "Rosa Exemple",
            "email": "rosa@uccle.example",
            "telephone": "non",
            "objet": "participer au Programme",
        },
        ("fonction", "profil", "nom", "email", "telephone", "objet", *TO_THE_END),
        {"fonction": "employée administrative", "commune": "Uccle", "decision": "admissible"},
    ),
    "a mayor of a municipality that we do not know": Enquirer(
        "Je suis bourgmestre de Trifouillis et je veux participer au Programme",
        {"commune": "oui", "pays": "Belgique", "nom": "Luc Exemple", "email": "luc@trifouillis.example", "telephone": "non"},
        ("commune", "pays", "nom", "email", "telephone", *TO_THE_END),
        {"commune": "Trifouillis", "remarques": [typeset("Commune absente de notre liste : « Trifouillis », à vérifier.")]},
    ),
    "a partner of a municipality that we do not know": Enquirer(
        "Notre ASBL est partenaire directe de la commune de Trifouillis, nous souhaitons participer au Programme",
        {
            "partenaire_de": "oui",
            "pays": "Belgique",
            "fonction": "présidente de l'ASBL",
            "nom": "Luc Exemple",
            "email": "luc@asbl.example",
            "telephone": "non",
        },
        ("partenaire_de", "pays", "fonction", "nom", "email", "telephone", *TO_THE_END),
        {"partenaire_de": "Trifouillis", "pays": "Belgique"},
    ),
}
DECLINED = {
    "a student": ("je suis étudiante en master, je voudrais un contact pour mon mémoire", {}),
    "an NGO without a municipality": ("Nous sommes une ONG, pouvez-vous transmettre notre demande ?", {"partenaire_de": "aucune"}),
    "a neighbourhood committee": ("président du comité de quartier, je veux participer au programme", {}),
    "a private person": ("je souhaite transmettre une demande", {"profil": "Particulier"}),
    "a former échevin": ("ancien échevin de Dour, je veux participer au Programme", {}),
    "the spouse of a mayor": ("j'aimerais être contactée, je suis l'épouse du bourgmestre de Namur", {}),
    "a mayor in private": ("je suis bourgmestre de Huy mais j'écris à titre privé, je voudrais un contact", {}),
    "an employee on her own": (
        "Je travaille à la commune d'Uccle et je voudrais un contact",
        {"fonction": "employée administrative", "profil": "non, c'est mon idée"},
    ),
}


@pytest.mark.parametrize("enquirer", QUALIFIED.values(), ids=QUALIFIED)
def test_a_local_authority_is_led_to_a_request_that_is_forwarded(assistant: Assistant, chat: Chat, enquirer: Enquirer) -> None:
    reply = chat.fill(enquirer.opening, enquirer.answers | YES)
    assert tuple(chat.asked[:-1]) == enquirer.asked
    assert (reply.asks, reply.outcome) == (None, "qualified")
    (lead,) = assistant.leads(chat)
    assert {name: lead[name] for name in enquirer.lead} == enquirer.lead
    assert lead["reference"] in reply.text
    (decision,) = assistant.decisions(chat)
    assert (decision["verdict"], bool(decision["rule"]), bool(decision["rule_version"])) == ("admissible", True, True)
    assert "« Attention »" in decision["reason"].replace("\u00a0", " ")
    assistant.wait_until_mail_has_left()
    assert sorted(str(mail["To"].addresses[0].addr_spec) for mail in assistant.mailbox.about(lead["reference"])) == sorted(
        [assistant.settings.contact_email, lead["email"]]
    )
    assert assistant.leads(chat)[0]["status"] == "transmise"


@pytest.mark.parametrize(("opening", "answers"), DECLINED.values(), ids=DECLINED)
def test_others_are_declined_politely_and_nothing_is_asked_kept_or_sent(
    assistant: Assistant, chat: Chat, texts: Texts, opening: str, answers: dict[str, str]
) -> None:
    mails = len(assistant.mailbox.all())
    reply = chat.fill(opening, answers)
    assert (reply.asks, reply.outcome) == (None, "declined")
    assert "« Attention »" in reply.text.replace("\u00a0", " ")
    assert reply.text.endswith(texts("demande.refusee", raison="").strip())
    assert not set(chat.asked) & set(CONTACT)
    assert assistant.leads(chat) == []
    (decision,) = assistant.decisions(chat)
    assert decision["verdict"] == "non_admissible"
    assert chat.say("quel est le budget total ?").facts[0] == "combien.total"
    assert (assistant.waiting_mails(), len(assistant.mailbox.all())) == (0, mails)


def test_the_notice_stands_before_the_first_contact_field_and_not_again(chat: Chat, texts: Texts) -> None:
    notice = texts("demande.avis", jours=365)
    said = [chat.say("je souhaite transmettre une demande"), chat.say("je suis bourgmestre de Huy")]
    said.append(chat.say("Claire Exemple"))
    assert [notice in reply.text for reply in said] == [False, True, False]
    assert [reply.asks for reply in said] == ["profil", "nom", "email"]


def test_somebody_who_changes_their_story_is_screened_again_and_the_lead_says_so(assistant: Assistant, chat: Chat) -> None:
    assert chat.say("je suis étudiante et je voudrais un contact pour mon mémoire").outcome == "declined"
    answers = {"nom": "Paula Exemple", "email": "paula@namur.example", "telephone": "non", "objet": "participer au Programme"} | YES
    assert chat.fill("en fait je suis échevine à Namur et je veux participer", answers).outcome == "qualified"
    (lead,) = assistant.leads(chat)
    assert any("étudiante" in remark for remark in lead["remarques"])
    assert [decision["verdict"] for decision in assistant.decisions(chat)] == ["non_admissible", "admissible"]


def test_somebody_who_insists_without_a_new_story_stays_declined(assistant: Assistant, chat: Chat, texts: Texts) -> None:
    chat.say("je suis étudiante et je voudrais un contact pour mon mémoire")
    reply = chat.say("je souhaite transmettre une demande")
    assert (reply.text, reply.outcome) == (texts("demande.refusee_encore"), "declined")
    assert assistant.leads(chat) == []


def test_a_second_request_is_screened_anew_and_makes_a_second_lead(assistant: Assistant, chat: Chat) -> None:
    mayor = QUALIFIED["a mayor"]
    assert chat.fill(mayor.opening, mayor.answers | YES).outcome == "qualified"
    assert chat.say("je souhaite transmettre une demande").asks == "profil", "who asks is not inherited"
    answers = {"nom": "Paul Exemple", "email": "paul@ixelles.example", "telephone": "non", "objet": "un expert"} | YES
    assert chat.fill("je suis échevin à Ixelles", answers).outcome == "qualified"
    first, second = assistant.leads(chat)
    assert (first["commune"], second["commune"]) == ("Gembloux", "Ixelles")
    assert first["reference"] != second["reference"]


def test_a_second_request_of_somebody_else_in_the_session_is_declined(assistant: Assistant, chat: Chat) -> None:
    mayor = QUALIFIED["a mayor"]
    chat.fill(mayor.opening, mayor.answers | YES)
    assert chat.fill("je souhaite transmettre une demande", {"profil": "Particulier"}).outcome == "declined"
    assert len(assistant.leads(chat)) == 1


def test_a_yes_that_is_repeated_makes_one_lead(assistant: Assistant, chat: Chat) -> None:
    mayor = QUALIFIED["a mayor"]
    chat.fill(mayor.opening, mayor.answers | YES)
    assert chat.all("oui", "oui", "oui").outcome is None
    assert len(assistant.leads(chat)) == 1


def test_a_last_yes_that_is_sent_again_gets_the_same_answer_and_makes_one_lead(assistant: Assistant, chat: Chat) -> None:
    mayor = QUALIFIED["a mayor"]
    chat.fill(mayor.opening, mayor.answers | {"confirmation": "oui"})
    first, again = chat.say("oui", id="the-yes"), chat.say("oui", id="the-yes")
    assert first.outcome == "qualified"
    assert again.body == first.body
    assert len(assistant.leads(chat)) == 1
