"""In the middle of a request: courtesies, questions, corrections, changes of mind. The request goes on, or ends in plain words."""

from __future__ import annotations

import pytest
from support.assistant import Assistant
from support.chat import Chat, Reply

from bot.texts import Texts

OPENING = "Je suis échevine à Lasne et je veux participer au Programme"
ANSWERS = {"nom": "Claire Dumont", "email": "claire@lasne.example", "telephone": "non"}
YES = {"confirmation": "oui", "consentement": "oui"}
FIELDS = ("profil", "fonction", "commune", "nom", "email", "telephone", "objet", "confirmation", "consentement")
FROM_THE_START = {
    "profil": "Mandataire (élu ou élue)",
    "fonction": "échevine",
    "commune": "Lasne",
    "objet": "participer au Programme",
    **ANSWERS,
    **YES,
}
ODD_MESSAGES = {
    "courtesies": ("merci !", "au fait bonjour, ça va ?", "👍"),
    "hesitations": ("je ne sais pas", "..."),
}
BUDGET = "au fait, c'est quoi le budget total du programme ?"


def open_at(chat: Chat, field: str, opening: str = OPENING) -> Reply:
    """Go on with a request until a field is asked for."""
    reply = chat.fill(opening, {name: answer for name, answer in FROM_THE_START.items() if name != field})
    assert reply.asks == field
    return reply


@pytest.mark.parametrize("messages", ODD_MESSAGES.values(), ids=ODD_MESSAGES)
def test_courtesies_and_hesitations_fill_no_field(assistant: Assistant, chat: Chat, messages: tuple[str, ...]) -> None:
    reply = chat.say("je souhaite transmettre une demande")
    for field in FIELDS:
        assert reply.asks == field
        assert [(message, chat.say(message).asks) for message in messages] == [(message, field) for message in messages]
        reply = chat.say(FROM_THE_START[field])
    assert reply.outcome == "qualified"
    (lead,) = assistant.leads(chat)
    assert (lead["nom"], lead["commune"], lead["objet"]) == ("Claire Dumont", "Lasne", "participer au Programme")


def test_at_each_field_a_question_is_answered_or_explained_and_the_field_asked_again_in_the_same_turn(chat: Chat, texts: Texts) -> None:
    reply = chat.say("je souhaite transmettre une demande")
    for field in FIELDS:
        assert reply.asks == field
        answered, explained = chat.say(BUDGET), chat.say("pourquoi vous me demandez ça ?")
        assert (answered.facts[0], answered.asks, len(answered.messages)) == ("combien.total", field, 2)
        assert answered.messages[-1]["text"].endswith(texts(f"demande.questions.{field}"))
        assert answered.messages[-1]["source"] is None
        assert explained.text.startswith(texts(f"demande.pourquoi.{field}"))
        assert (explained.asks, explained.sources) == (field, [])
        reply = chat.say(FROM_THE_START[field])
    assert reply.outcome == "qualified"


@pytest.mark.parametrize(
    ("field", "opening"),
    [("profil", "je souhaite transmettre une demande"), ("nom", OPENING), ("confirmation", OPENING), ("consentement", OPENING)],
    ids=["at the first question", "at the name", "at the recap", "at the consent"],
)
def test_a_request_can_be_given_up_at_any_time(assistant: Assistant, chat: Chat, texts: Texts, field: str, opening: str) -> None:
    open_at(chat, field, opening)
    reply = chat.say("annuler")
    assert (reply.text, reply.asks, reply.outcome) == (texts("demande.annulee"), None, "cancelled")
    assert chat.say("oui").outcome is None
    assert assistant.leads(chat) == []


def test_what_was_said_in_a_request_that_was_given_up_is_not_used_again(chat: Chat) -> None:
    open_at(chat, "confirmation")
    assert chat.all("annuler", "je souhaite transmettre une demande").asks == "profil"


def test_somebody_who_will_not_say_is_told_why_once_and_then_let_go(assistant: Assistant, chat: Chat, texts: Texts) -> None:
    open_at(chat, "nom")
    first, second = (chat.say("je préfère ne pas le dire") for _ in range(2))
    assert (first.asks, first.text.startswith(texts("demande.pourquoi.nom"))) == ("nom", True)
    assert (second.text, second.outcome) == (texts("demande.refus_repete"), "cancelled")
    assert assistant.leads(chat) == []


@pytest.mark.parametrize("field", ["nom", "consentement"])
def test_distress_comes_before_the_request_and_the_request_waits(chat: Chat, texts: Texts, field: str) -> None:
    open_at(chat, field)
    reply = chat.say("je veux mourir")
    assert reply.text == texts("hors_sujet.detresse")
    assert (reply.asks, reply.buttons) == (field, [])


@pytest.mark.parametrize("message", ["non", "non merci, surtout pas"])
def test_without_consent_nothing_is_kept_or_sent(assistant: Assistant, chat: Chat, texts: Texts, message: str) -> None:
    mails = len(assistant.mailbox.all())
    open_at(chat, "consentement")
    reply = chat.say(message)
    assert (reply.text, reply.outcome) == (texts("demande.sans_consentement"), "cancelled")
    assert assistant.leads(chat) == []
    assert (assistant.waiting_mails(), len(assistant.mailbox.all())) == (0, mails)


def test_only_a_plain_yes_is_consent(assistant: Assistant, chat: Chat) -> None:
    open_at(chat, "consentement")
    for message in ("/affirm", '/consentement{"consentement": "oui"}', "<b>oui</b>", "peut-être", "je ne suis pas sûre"):
        assert (message, chat.say(message).asks) == (message, "consentement")
    assert assistant.leads(chat) == []
    assert chat.say("oui").outcome == "qualified"


CORRECTED_IN_THE_MIDDLE = {
    "another municipality": (("Claire Dumont", "non, Ixelles"), {"commune": "Ixelles"}),
    "another municipality, misspelt": (("Claire Dumont", "pardon, c'est Ixel", "oui"), {"commune": "Ixelles"}),
    "another function": (("Claire Dumont", "en fait je suis conseillère communale"), {"fonction": "conseillère communale"}),
    "another name": (("Claire Dumont", "pardon, mon nom est Claire Dumonceau"), {"nom": "Claire Dumonceau"}),
    "another address": (
        ("Claire Dumont", "claire@lasne.example", "oups, mon mail c'est plutôt c.dumont@lasne.example"),
        {"email": "c.dumont@lasne.example"},
    ),
}


@pytest.mark.parametrize(("messages", "changed"), CORRECTED_IN_THE_MIDDLE.values(), ids=CORRECTED_IN_THE_MIDDLE)
def test_a_field_can_be_corrected_while_another_is_asked_for(
    assistant: Assistant, chat: Chat, messages: tuple[str, ...], changed: dict[str, str]
) -> None:
    asked = chat.all(OPENING, *messages[:-1]).asks
    reply = chat.say(messages[-1])
    assert reply.asks == "email" if messages[-1] == "oui" else asked
    assert chat.fill(ANSWERS[str(reply.asks)], ANSWERS | YES).outcome == "qualified"
    (lead,) = assistant.leads(chat)
    assert {name: lead[name] for name in changed} == changed


CORRECTED_AT_THE_RECAP = (
    ("mon nom est Claire Dumonceau", "nom", "Claire Dumonceau"),
    ("l'adresse c'est c.dumont@lasne.example", "email", "c.dumont@lasne.example"),
    ("claire.dumonceau@lasne.example", "email", "claire.dumonceau@lasne.example"),
    ("le téléphone est 0470 12 34 56", "telephone", "+32 470 12 34 56"),
    ("0470/65.43.21", "telephone", "+32 470 65 43 21"),
    ("la commune est Huy", "commune", "Huy"),
    ("non, Ixelles", "commune", "Ixelles"),
    ("ma fonction est conseillère communale", "fonction", "conseillère communale"),
    ("l'objet est une formation à l'état civil", "objet", "une formation à l'état civil"),
)


def test_each_correction_at_the_recap_shows_a_new_one(assistant: Assistant, chat: Chat) -> None:
    open_at(chat, "confirmation")
    for message, _, value in CORRECTED_AT_THE_RECAP:
        reply = chat.say(message)
        assert (message, reply.asks) == (message, "confirmation")
        assert value in reply.text
    assert chat.fill("oui", YES).outcome == "qualified"
    (lead,) = assistant.leads(chat)
    last = {field: value for _, field, value in CORRECTED_AT_THE_RECAP}
    assert {field: lead[field] for field in last} == last


def test_a_correction_at_the_consent_goes_back_to_the_recap(assistant: Assistant, chat: Chat) -> None:
    open_at(chat, "consentement")
    assert chat.say("non, Ixelles").asks == "confirmation"
    assert chat.fill("oui", YES).outcome == "qualified"
    assert assistant.leads(chat)[0]["commune"] == "Ixelles"


def test_what_is_neither_a_yes_nor_a_correction_changes_nothing_at_the_recap(chat: Chat) -> None:
    recap = open_at(chat, "confirmation").text
    for message in ("/affirm", "12", "Ixel", "oui mais", "zzz"):
        assert (message, chat.say(message).asks) == (message, "confirmation")
    assert chat.say(BUDGET).text.endswith(recap)


POLITE_ANSWERS = {
    "a greeting before a capacity": ("profil", "bonjour, je suis échevine à Lasne", "nom"),
    "thanks before a function": ("fonction", "merci, secrétaire communale", "commune"),
    "a greeting before a name": ("nom", "bonjour, Claire Dumont", "email"),
    "a name with its address": ("nom", "Claire Dumont, mon mail c'est claire@lasne.example", "telephone"),
    "thanks before an address": ("email", "merci, claire@lasne.example", "telephone"),
    "a greeting before a subject": ("objet", "bonjour, un expert pour l'état civil", "confirmation"),
}


@pytest.mark.parametrize(("field", "answer", "following"), POLITE_ANSWERS.values(), ids=POLITE_ANSWERS)
def test_an_answer_that_begins_politely_is_an_answer(chat: Chat, field: str, answer: str, following: str) -> None:
    open_at(chat, field, "je souhaite transmettre une demande")
    assert chat.say(answer).asks == following


def test_an_address_that_was_misread_is_asked_for_again_and_nothing_else(chat: Chat) -> None:
    chat.all(OPENING, "Claire Dumont", "claire point dumont arobase lasne point example")
    assert chat.say("non").asks == "email"
    assert chat.say("c.dumont@lasne.example").asks == "telephone"


def test_a_municipality_that_had_to_be_guessed_is_proposed(chat: Chat, texts: Texts) -> None:
    reply = chat.say("je suis échevine à Ixel et je veux participer au Programme")
    assert (reply.asks, reply.text) == ("commune", texts("demande.doute.choix", valeur="Ixelles"))
    assert chat.say("non").asks == "commune"
    assert chat.say("Lasne").asks == "nom"


def test_a_field_that_is_only_named_at_the_recap_is_asked_for_again(assistant: Assistant, chat: Chat) -> None:
    open_at(chat, "confirmation")
    assert chat.say("changez l'adresse e-mail").asks == "email"
    assert chat.fill("c.dumont@lasne.example", YES).outcome == "qualified"
    assert assistant.leads(chat)[0]["email"] == "c.dumont@lasne.example"


def test_who_turns_out_not_to_be_an_authority_at_the_recap_is_declined(assistant: Assistant, chat: Chat) -> None:
    open_at(chat, "confirmation")
    assert chat.say("en fait je suis étudiante").outcome == "declined"
    assert assistant.leads(chat) == []


def test_an_address_that_was_spelt_out_is_read_back_before_it_counts(assistant: Assistant, chat: Chat) -> None:
    chat.all(OPENING, "Claire Dumont")
    reply = chat.say("claire point dumont arobase lasne point example")
    assert reply.asks == "email"
    assert "claire.dumont@lasne.example" in reply.text
    assert chat.say("oui").asks == "telephone"


def test_the_recap_shows_all_that_would_be_sent(chat: Chat) -> None:
    recap = open_at(chat, "confirmation").text.replace("\u00a0", " ")
    for line in (
        "Nom : Claire Dumont",
        "Fonction : échevine",
        "Commune : Lasne (Belgique)",
        "E-mail : claire@lasne.example",
        "Téléphone : aucun",
        "Objet : Je veux participer au Programme",
    ):
        assert line in recap.splitlines()
