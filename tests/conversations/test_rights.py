"""What a person may expect about their own data, of the whole assistant: nothing kept without consent, all told, all erased on demand.

What is left is looked for in the raw rows of every table, in the bytes of the database's files, and in the logs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage

import pytest
from sqlalchemy import select, update
from support.assistant import CONTACT, Assistant
from support.chat import Chat, Reply
from support.mailbox import expected_ids, ids_of, text_of
from support.person import Person, stranger
from support.traces import FILE, kept_of, traces
from support.waiting import wait_for

from bot.mails import Mail, notice_mail
from bot.privacy import MASKED, TURN_PATIENCE, keep_promises
from bot.records import MOST_TRIES
from bot.silence import SILENCE
from bot.storage import forgetting, utc_now
from bot.text import typeset
from bot.texts import Texts
from conversations.test_sessions import let_hours_pass

BUDGET = "quel est le budget total ?"
OPENING = "Je suis échevine à Lasne et je veux participer au Programme"
WHAT = "que savez-vous de moi ?"
ERASE = "effacez mes données"
UNKNOWN = "CIC-2026-222222"
"""A reference that nobody has."""
MINUTE = 60.0
"""Seconds between the housekeeper's looks (bot.housekeeping)."""

Sent = Callable[[], list[EmailMessage]]


@dataclass(frozen=True)
class Promised:
    """What the housekeeper has to do within a minute: mask one conversation that fell silent, erase another one."""

    silent: Chat
    silent_person: Person
    erased: Chat
    erased_person: Person
    reference: str


@pytest.fixture
def person() -> Person:
    return stranger()


@pytest.fixture(scope="session")
def promised(assistant: Assistant) -> Promised:
    """Made before the other tests, and looked at when all are done, so that the minutes pass meanwhile."""
    silent, erased, elsewhere = (assistant.chat() for _ in range(3))
    silent_person, erased_person = stranger(), stranger()
    silent.say(BUDGET)
    up_to(silent, silent_person, "telephone")
    put_into_the_past(assistant, silent)
    erased.fill(OPENING, erased_person.answers())
    assistant.wait_until_mail_has_left()
    (reference,) = references(assistant, erased)
    elsewhere.say(f"effacez les données de {reference}")
    elsewhere.say(code_of(assistant, reference))
    return Promised(silent, silent_person, erased, erased_person, reference)


@pytest.fixture(scope="module", autouse=True)
def begun(promised: Promised) -> None:
    """Have the promises made before the first test."""


@pytest.fixture
def sent(assistant: Assistant, promised: Promised) -> Iterator[Sent]:
    """The mails of one test, once all have left; those of `promised` may come at any time."""
    assistant.wait_until_mail_has_left()
    before = len(assistant.mailbox.all())

    def since() -> list[EmailMessage]:
        assistant.wait_until_mail_has_left()
        return [mail for mail in assistant.mailbox.all()[before:] if promised.reference not in str(mail["Subject"])]

    yield since
    assistant.mailbox.behave()


def up_to(chat: Chat, person: Person, field: str) -> Reply:
    """Make a request until a field is asked for."""
    reply = chat.fill(OPENING, {name: answer for name, answer in person.answers().items() if name != field})
    assert reply.asks == field
    return reply


def register(chat: Chat, person: Person) -> None:
    assert chat.fill(OPENING, person.answers()).outcome == "qualified"


def references(assistant: Assistant, chat: Chat) -> list[str]:
    return [lead["reference"] for lead in assistant.leads(chat)]


def put_into_the_past(assistant: Assistant, chat: Chat) -> None:
    """Let the time come to do what was promised of a conversation."""
    of_it = forgetting.c.conversation == assistant.conversation(chat)
    with assistant.database.begin() as connection:
        assert connection.execute(update(forgetting).where(of_it).values(due_at=utc_now() - TURN_PATIENCE)).rowcount == 1


def keep_now(assistant: Assistant, chat: Chat) -> None:
    """Do what the housekeeper would do within a minute."""

    def notice(reference: str) -> Mail | None:
        return notice_mail(reference, assistant.settings, utc_now())

    keep_promises(assistant.database, utc_now(), assistant.conversation(chat), notice)


def code_of(assistant: Assistant, reference: str) -> str:
    """The code in the latest mail about a reference."""
    assistant.wait_until_mail_has_left()
    mail = assistant.mailbox.about(reference)[-1]
    found = re.search(r"^\d{6}\b", text_of(mail), re.MULTILINE)
    assert found, text_of(mail)
    return found[0]


def said_by_the_person(chat: Chat) -> list[str]:
    return [message["text"] for message in chat.history()["messages"] if message["from"] == "user"]


def plain(text: str) -> str:
    """With plain spaces and apostrophes."""
    return text.replace("\u00a0", " ").replace("\u202f", " ").replace("’", "'")


# --- Nothing of the person without consent -----------------------------------------------------------

NOT_SENT = {
    "given up at the address": ("email", ("annuler",), "cancelled"),
    "given up at the recap": ("confirmation", ("annuler",), "cancelled"),
    "given up with words": ("telephone", ("laissez tomber, {name} ne veut plus",), "cancelled"),
    "given up after corrections": ("telephone", ("pardon, mon nom est {other}", "0483 99 88 77", "annuler"), "cancelled"),
    "silent about the address": ("email", ("je préfère ne pas le dire",) * 2, "cancelled"),
    "nothing usable": ("email", ("{last}@",) * 7, "cancelled"),
    "refused at the recap": ("confirmation", ("en fait je suis étudiante",), "declined"),
    "no consent": ("consentement", ("non",), "cancelled"),
    "no consent, in more words": ("consentement", ("non, ne transmettez rien, {name}",), "cancelled"),
}


@pytest.mark.parametrize(("field", "messages", "outcome"), NOT_SENT.values(), ids=NOT_SENT)
def test_a_request_that_is_not_sent_leaves_nothing_of_the_person_and_the_conversation_goes_on(
    assistant: Assistant, chat: Chat, person: Person, sent: Sent, field: str, messages: tuple[str, ...], outcome: str
) -> None:
    other = stranger()
    words = (*person.words, *other.words)
    chat.say(BUDGET)
    up_to(chat, person, field)
    comment_on_the_last_message(assistant, chat, f"{person.name} n'aime pas cela")
    before = traces(assistant, words)
    assert {"turns", "events", "feedback", FILE} <= set(before), "what is looked for can be found"

    told = {"name": person.name, "last": person.last_name, "other": other.name, "phone": person.phone}
    assert [chat.say(message.format(**told)) for message in messages][-1].outcome == outcome
    assert traces(assistant, words) == {}
    assert traces(assistant, ("échevine", "Lasne", BUDGET)).keys() >= {"turns", "events", "decisions"}
    assert said_by_the_person(chat)[:3] == [BUDGET, OPENING, MASKED]
    assert (sent(), assistant.leads(chat)) == ([], [])
    assert assistant.decisions(chat)[0]["profile"]["function"] == "échevine"

    assert chat.say(BUDGET).facts[0] == "combien.total"
    another = stranger()
    register(chat, another)
    (lead,) = assistant.leads(chat)
    assert (lead["nom"], lead["email"]) == (another.name, another.email)
    assert ids_of(sent()) == expected_ids(lead["reference"])
    assert traces(assistant, words) == {}, "what came after brought nothing back"


def comment_on_the_last_message(assistant: Assistant, chat: Chat, comment: str) -> None:
    judged = {"session": chat.session, "id": chat.history()["messages"][-1]["id"], "useful": False, "comment": comment}
    assert assistant.client.post("/api/feedback", json=judged).status_code == 200


SAYS_WHO = {
    "refused, with address and number": ("je suis étudiante et je voudrais un contact, {email}, {phone}", (), "declined"),
    "refused, after an introduction": ("je m'appelle {name}, je suis étudiante, je voudrais un contact pour mon mémoire", (), "declined"),
    "refused, signed": ("je suis étudiante et je voudrais un contact pour mon mémoire. Cordialement, {name}", (), "declined"),
    "refused, named beside the capacity": ("je souhaite transmettre une demande", ("{name}, particulier",), "declined"),
    "given up, after an introduction": ("Bonjour, {name}, échevine à Lasne, je veux participer au Programme", ("annuler",), "cancelled"),
    "given up, signed": ("je suis échevine à Lasne et je veux participer au Programme. Cordialement, {name}", ("annuler",), "cancelled"),
    "given up, named beside the capacity": (
        "je souhaite transmettre une demande",
        ("je suis {name}, échevine à Lasne", "annuler"),
        "cancelled",
    ),
}


@pytest.mark.parametrize(("opening", "messages", "outcome"), SAYS_WHO.values(), ids=SAYS_WHO)
def test_a_name_that_nobody_asked_for_does_not_stay_either(
    assistant: Assistant, chat: Chat, person: Person, opening: str, messages: tuple[str, ...], outcome: str
) -> None:
    told = {"name": person.name, "email": person.email, "phone": person.phone}
    assert [chat.say(message.format(**told)) for message in (opening, *messages)][-1].outcome == outcome
    assert traces(assistant, person.words) == {}


def test_a_question_in_the_middle_keeps_its_answer_when_the_request_is_given_up(chat: Chat, person: Person) -> None:
    up_to(chat, person, "email")
    answered = chat.say("quel est le secteur au Maroc ?")
    chat.say("annuler")
    kept = [message for message in chat.history()["messages"] if message.get("source")]
    assert [(message["text"], message["source"]) for message in kept] == [(answered.messages[0]["text"], answered.sources[0])]


# --- An open request that falls silent -----------------------------------------------------------------


def masking_due(assistant: Assistant, chat: Chat) -> timedelta | None:
    """In how much time a conversation is to be masked; None when that is not promised."""
    of_it = forgetting.c.conversation == assistant.conversation(chat)
    with assistant.database.read() as connection:
        due_at = connection.execute(select(forgetting.c.due_at).where(of_it)).scalar()
    return due_at - utc_now() if due_at else None


def test_a_silence_is_waited_for_from_the_latest_message_on_and_consent_ends_it(assistant: Assistant, chat: Chat, person: Person) -> None:
    up_to(chat, person, "telephone")
    first = masking_due(assistant, chat)
    assert first is not None
    assert timedelta(0) <= SILENCE - first < timedelta(minutes=1)
    put_into_the_past(assistant, chat)
    chat.say(person.phone)
    again = masking_due(assistant, chat)
    assert again is not None
    assert timedelta(0) <= SILENCE - again < timedelta(minutes=1)
    assert chat.fill("oui", person.answers()).outcome == "qualified"
    assert masking_due(assistant, chat) is None
    assert assistant.leads(chat)[0]["nom"] == person.name


def test_who_comes_back_after_the_silence_is_told_and_can_make_one_new_request(
    assistant: Assistant, chat: Chat, person: Person, texts: Texts, sent: Sent
) -> None:
    up_to(chat, person, "consentement")
    put_into_the_past(assistant, chat)
    keep_now(assistant, chat)
    let_hours_pass(assistant, chat, 25)
    assert traces(assistant, person.words) == {}
    reply = chat.say("oui")
    assert (reply.messages[0]["text"], reply.asks, reply.outcome) == (texts("demande.reprise"), None, None)
    another = stranger()
    register(chat, another)
    (lead,) = assistant.leads(chat)
    assert (lead["nom"], lead["email"], lead["telephone"]) == (another.name, another.email, f"+32 {another.words[2]}")
    assert ids_of(sent()) == expected_ids(lead["reference"])
    assert traces(assistant, person.words) == {}


# --- « Que savez-vous de moi ? » -----------------------------------------------------------------------


def test_what_is_kept_is_told_before_during_and_after_a_request(
    assistant: Assistant, chat: Chat, person: Person, texts: Texts, sent: Sent
) -> None:
    nothing = chat.say(WHAT)
    assert nothing.text.startswith(texts("droits.garde_rien", jours=365))
    assert (nothing.asks, nothing.outcome, nothing.buttons) == (None, None, [texts("droits.boutons.effacer_tout")])

    up_to(chat, person, "telephone")
    for number in (4, 5):
        during = chat.say(WHAT)
        assert (during.asks, f"vos messages ({number})" in during.text) == ("telephone", True)
        for value in (person.name, person.email, "échevine", "Lasne", "Je veux participer au Programme"):
            assert value in during.text
        assert person.words[2] not in during.text

    assert chat.fill(person.phone, person.answers()).outcome == "qualified"
    sent()
    after = plain(chat.say(WHAT).text)
    (lead,) = assistant.leads(chat)
    for name in ("reference", "nom", "fonction", "commune", "pays", "email", "telephone", "objet"):
        assert lead[name] in after
    assert plain(texts("droits.etats.transmise")) in after
    assert ids_of(sent()) == expected_ids(lead["reference"]), "to ask sends nothing"


def test_what_is_told_of_one_conversation_holds_nothing_of_another(assistant: Assistant, chat: Chat, person: Person) -> None:
    register(assistant.chat(), person)
    register(chat, stranger())
    told = chat.say(WHAT).text
    assert [word for word in person.words if word in told] == []


def test_after_a_request_that_was_given_up_nothing_of_the_person_is_told(chat: Chat, person: Person, texts: Texts) -> None:
    up_to(chat, person, "confirmation")
    chat.say("annuler")
    told = chat.say(WHAT).text
    assert [word for word in person.words if word in told] == []
    assert texts("droits.comment_effacer") in told


# --- « Effacez mes données » ---------------------------------------------------------------------------


@pytest.mark.parametrize("field", ["nom", "telephone", "confirmation", "consentement"])
def test_erased_during_a_request_it_ends_and_nothing_is_kept_not_even_the_last_turn(
    assistant: Assistant, chat: Chat, person: Person, texts: Texts, sent: Sent, field: str
) -> None:
    chat.say(BUDGET)
    up_to(chat, person, field)
    reply = chat.say(ERASE)
    assert (reply.text, reply.asks, reply.outcome) == (texts("droits.efface"), None, "cancelled")
    assert kept_of(assistant, assistant.conversation(chat)) == {}
    assert traces(assistant, person.words) == {}
    history = chat.history()
    assert (history["messages"], history["asks"], history["outcome"]) == ([], None, None)
    assert sent() == []

    assert chat.say("oui").outcome is None, "there is nothing left to agree to"
    another = stranger()
    register(chat, another)
    (reference,) = references(assistant, chat)
    assert ids_of(sent()) == expected_ids(reference)


def test_erased_after_the_mail_has_left_it_is_asked_once_more_told_and_the_contact_person_is_asked_to_delete(
    assistant: Assistant, chat: Chat, person: Person, texts: Texts, sent: Sent
) -> None:
    register(chat, person)
    (lead,) = assistant.leads(chat)
    reference = lead["reference"]
    sent()
    asked = chat.say(ERASE)
    assert asked.text == texts("droits.confirmer_demande", references=reference)
    assert (asked.asks, asked.outcome) == (None, None)
    assert references(assistant, chat) == [reference], "nothing is erased before the answer"

    told = plain(chat.say("oui").text)
    assert told.startswith(plain(texts("droits.efface")))
    for name in ("reference", "nom", "fonction", "commune", "pays", "email", "telephone", "objet"):
        assert lead[name] in told
    assert "partie par courriel vers la personne de contact le " in told

    assert kept_of(assistant, assistant.conversation(chat)) == {}
    assert chat.history()["messages"] == []
    mails = sent()
    assert ids_of(mails) == expected_ids(reference, kinds=("contact", "confirmation", "effacement"))
    notice = next(mail for mail in mails if ".effacement@" in str(mail["Message-ID"]))
    assert notice["To"].addresses[0].addr_spec == CONTACT
    read = f"{notice.as_string()} {text_of(notice)} {text_of(notice, 'html')}".lower()
    assert reference in text_of(notice)
    assert [word for word in (*person.words, "échevine", "lasne", "participer") if word.lower() in read] == []
    assert traces(assistant, person.words) == {}


def test_erasure_that_is_not_confirmed_erases_nothing(assistant: Assistant, chat: Chat, person: Person, sent: Sent) -> None:
    register(chat, person)
    chat.all(ERASE, "non")
    assert chat.say(BUDGET).facts[0] == "combien.total"
    chat.say("oui")
    (reference,) = references(assistant, chat)
    assert said_by_the_person(chat)[0] == OPENING
    assert ids_of(sent()) == expected_ids(reference)


def test_erased_before_the_mail_has_left_it_never_leaves(
    assistant: Assistant, chat: Chat, person: Person, texts: Texts, sent: Sent
) -> None:
    assistant.mailbox.close()
    register(chat, person)
    (reference,) = references(assistant, chat)
    wait_for("its mails were tried in vain", lambda: tried(assistant, reference))
    chat.say(ERASE)
    told = chat.say("oui").text
    assert told == "\n".join([texts("droits.efface"), texts("droits.pas_partie", reference=reference)])
    assert assistant.waiting_mails() == 0
    assert kept_of(assistant, assistant.conversation(chat)) == {}
    assert traces(assistant, person.words) == {}

    assistant.mailbox.open()
    other = assistant.chat()
    register(other, stranger())
    assert ids_of(sent()) == expected_ids(*references(assistant, other)), "mail leaves again, and this one is not among it"
    assert "Aucun" in assistant.cic("outbox", "--retry-all").stdout


def tried(assistant: Assistant, reference: str) -> bool:
    """Whether each mail about a lead has failed once."""
    lines = [line for line in assistant.cic("outbox", "--json").stdout.splitlines() if reference in line]
    return len(lines) == 2 and all('"last_error": null' not in line for line in lines)


def test_two_requests_of_a_conversation_are_erased_together(assistant: Assistant, chat: Chat, person: Person, sent: Sent) -> None:
    other = stranger()
    register(chat, person)
    register(chat, other)
    first, second = references(assistant, chat)
    sent()
    asked = chat.say(ERASE).text
    assert first in asked
    assert second in asked
    chat.say("oui")
    assert ids_of(sent()) == expected_ids(first, second, kinds=("contact", "confirmation", "effacement"))
    assert traces(assistant, (*person.words, *other.words)) == {}


# --- From elsewhere, with the reference ----------------------------------------------------------------


def test_the_code_goes_to_the_address_of_the_lead_only_and_erases(
    assistant: Assistant, chat: Chat, person: Person, texts: Texts, sent: Sent
) -> None:
    hers, uninvolved = assistant.chat(), stranger()
    register(hers, person)
    register(assistant.chat(), uninvolved)
    (reference,) = references(assistant, hers)
    before = len(sent())
    reply = chat.say(f"effacez les données de {reference}")
    assert (reply.text, reply.asks, reply.outcome) == (texts("droits.code_envoye", reference=reference), None, None)
    (mail,) = sent()[before:]
    assert mail["To"].addresses[0].addr_spec == person.email
    assert assistant.mailbox.postmaster.recipients[-1] == person.email
    code = code_of(assistant, reference)
    assert code not in reply.text

    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    assert chat.say(wrong).text == texts("droits.code_faux")
    assert assistant.chat().say(code).outcome is None, "it is good only where it was asked for"
    assert references(assistant, hers) == [reference]

    told = chat.say(code).text
    assert texts("droits.efface_ailleurs", reference=reference) in told
    assert texts("droits.partie_ailleurs", reference=reference) in told
    keep_now(assistant, hers)
    assert kept_of(assistant, assistant.conversation(hers)) == {}
    assert hers.history()["messages"] == []
    assert ids_of(sent()[before + 1 :]) == expected_ids(reference, kinds=("effacement",))
    assert traces(assistant, person.words) == {}
    assert "leads" in traces(assistant, uninvolved.words), "nobody else is concerned"
    assert chat.say(BUDGET).facts[0] == "combien.total"


def test_the_code_sends_a_copy_of_all_that_is_kept_to_the_same_address(
    assistant: Assistant, chat: Chat, person: Person, texts: Texts, sent: Sent
) -> None:
    hers = assistant.chat()
    register(hers, person)
    (lead,) = assistant.leads(hers)
    reference = lead["reference"]
    before = len(sent())
    assert chat.say(reference).buttons == [texts(f"droits.boutons.{name}", reference=reference) for name in ("savoir", "effacer")]
    chat.say(chat.say(reference).buttons[0])
    reply = chat.say(f"le code est {code_of(assistant, reference)}")
    assert reply.text == texts("droits.copie", reference=reference)
    code, copy = sent()[before:]
    assert [mail["To"].addresses[0].addr_spec for mail in (code, copy)] == [person.email] * 2
    for kind in ("plain", "html"):
        assert [lead[name] for name in ("nom", "fonction", "commune", "email", "telephone") if lead[name] not in text_of(copy, kind)] == []
    assert [word for word in person.words if word in str(chat.history())] == [], "nothing of it stands in this conversation"
    assert references(assistant, hers) == [reference]


@pytest.mark.parametrize("wanted", ["effacez les données de {}", "Montrez-moi les données de {}", "{}"])
def test_a_reference_that_does_not_exist_is_answered_word_for_word_like_one_that_does(
    assistant: Assistant, person: Person, sent: Sent, wanted: str
) -> None:
    hers = assistant.chat()
    register(hers, person)
    (reference,) = references(assistant, hers)
    before = len(sent())
    told, told_of_none = (answers_to(assistant.chat(), name, wanted.format(name)) for name in (reference, UNKNOWN))
    assert told == told_of_none
    assert {mail["To"].addresses[0].addr_spec for mail in sent()[before:]} <= {person.email}


def test_a_wrong_code_says_nothing_about_whether_the_reference_exists(assistant: Assistant, person: Person) -> None:
    hers = assistant.chat()
    register(hers, person)
    (reference,) = references(assistant, hers)
    told, told_of_none = (answers_to(assistant.chat(), name, f"effacez les données de {name}", "000000") for name in (reference, UNKNOWN))
    assert told == told_of_none


def answers_to(chat: Chat, reference: str, *messages: str) -> list[object]:
    """All that is answered, with X for the reference."""
    replies = [chat.say(message) for message in messages]
    return [(r.text.replace(reference, "X"), [b.replace(reference, "X") for b in r.buttons], r.asks, r.outcome) for r in replies]


def test_a_code_is_void_after_a_few_wrong_ones(assistant: Assistant, chat: Chat, person: Person) -> None:
    hers = assistant.chat()
    register(hers, person)
    (reference,) = references(assistant, hers)
    chat.say(f"effacez les données de {reference}")
    code = code_of(assistant, reference)
    for number in range(MOST_TRIES):
        chat.say(f"{(int(code) + 1 + number) % 1_000_000:06d}")
    chat.say(code)
    assert masking_due(assistant, hers) is None
    assert references(assistant, hers) == [reference]


# --- A reply that was lost, sent again under its id ----------------------------------------------------


def test_an_erasure_that_is_sent_again_brings_nothing_back(assistant: Assistant, chat: Chat, person: Person, sent: Sent) -> None:
    register(chat, person)
    (reference,) = references(assistant, chat)
    sent()
    chat.say(ERASE)
    first = chat.say("oui", id="the-yes")
    again = chat.say("oui", id="the-yes")
    assert reference in first.text
    assert again.status == 200
    assert traces(assistant, person.words) == {}
    assert [word for word in person.words if word in str(chat.history())] == []
    assert ids_of(sent()) == expected_ids(reference, kinds=("contact", "confirmation", "effacement"))


def test_a_refusal_and_an_answer_that_are_sent_again_bring_nothing_back(assistant: Assistant, chat: Chat, person: Person) -> None:
    up_to(chat, person, "nom")
    named, again = (chat.say(person.name, id="the-name") for _ in range(2))
    assert named.body == again.body
    assert chat.fill(person.email, {name: person.answers()[name] for name in ("telephone", "confirmation")}).asks == "consentement"
    ended, repeated = (chat.say("non", id="the-no") for _ in range(2))
    assert (ended.body, ended.outcome) == (repeated.body, "cancelled")
    chat.say(person.name, id="the-name")
    assert traces(assistant, person.words) == {}
    assert assistant.leads(chat) == []


def test_an_erasure_during_a_request_that_is_sent_again_is_done(assistant: Assistant, chat: Chat, person: Person, texts: Texts) -> None:
    up_to(chat, person, "confirmation")
    first, again = (chat.say(ERASE, id="erase") for _ in range(2))
    assert first.text == again.text == texts("droits.efface")
    assert traces(assistant, person.words) == {}
    assert person.last_name not in str(chat.history())


# --- Each reply says each thing once -------------------------------------------------------------------

CHANGES_NOTHING = (WHAT, WHAT, "merci", "on en était où ?", "pourquoi vous me demandez ça ?", "je veux mourir", "👍", BUDGET, BUDGET)


@pytest.mark.parametrize("field", ["nom", "email", "telephone", "confirmation", "consentement"])
def test_a_turn_of_the_form_that_changes_nothing_says_each_thing_once(chat: Chat, person: Person, field: str) -> None:
    """Chat.say holds that no reply has a bubble twice; here, that the form does not speak twice behind an answer."""
    up_to(chat, person, field)
    for message in CHANGES_NOTHING:
        reply = chat.say(message)
        paragraphs = [paragraph for bubble in reply.messages for paragraph in bubble["text"].split("\n") if paragraph]
        assert len(paragraphs) == len(set(paragraphs)), (message, reply.text)
        assert (message, reply.asks) == (message, field)
        assert len(reply.messages) == (2 if message in (BUDGET, WHAT) else 1), (message, reply.text)
    said = [message["text"] for message in chat.history()["messages"] if message["from"] == "user"]
    assert tuple(said[-len(CHANGES_NOTHING) :]) == CHANGES_NOTHING


# --- More than one person, more than one request -------------------------------------------------------


def test_who_takes_over_the_keyboard_inherits_nothing_and_the_first_person_leaves_no_trace(
    assistant: Assistant, chat: Chat, person: Person, sent: Sent
) -> None:
    up_to(chat, person, "confirmation")
    reply = chat.say("je passe le clavier à ma collègue")
    assert (reply.asks, reply.outcome) == ("profil", None)
    assert traces(assistant, person.words) == {}
    other = stranger()
    where = {"profil": "Responsable administratif", "fonction": "directrice générale", "commune": "Huy", "objet": "un expert"}
    assert chat.fill("Responsable administratif", other.answers(**where)).outcome == "qualified"
    (lead,) = assistant.leads(chat)
    assert (lead["nom"], lead["email"], lead["commune"]) == (other.name, other.email, "Huy")
    mails = sent()
    assert ids_of(mails) == expected_ids(lead["reference"])
    assert [word for word in person.words if any(word in text_of(mail) for mail in mails)] == []
    assert traces(assistant, person.words) == {}
    assert "Lasne" not in chat.say(WHAT).text


def test_a_second_person_who_is_refused_takes_nothing_from_the_request_of_the_first(
    assistant: Assistant, chat: Chat, person: Person, sent: Sent
) -> None:
    register(chat, person)
    before = assistant.leads(chat)
    chat.say("je passe le clavier à ma collègue")
    assert chat.fill("je souhaite transmettre une demande", {"profil": "Particulier"}).outcome == "declined"
    sent()
    (lead,) = assistant.leads(chat)
    assert lead == before[0] | {"status": "transmise"}
    assert ids_of(sent()) == expected_ids(lead["reference"])


def test_a_second_request_makes_a_second_lead_and_a_repeated_yes_none(assistant: Assistant, chat: Chat, person: Person, sent: Sent) -> None:
    other = stranger()
    register(chat, person)
    assert [chat.say(message).outcome for message in ("oui", "oui", "j'accepte")] == [None] * 3
    register(chat, other)
    assert [chat.say(message).outcome for message in ("oui", "oui", "j'accepte")] == [None] * 3
    first, second = assistant.leads(chat)
    assert (first["nom"], second["nom"]) == (person.name, other.name)
    assert ids_of(sent()) == expected_ids(first["reference"], second["reference"])


def test_a_story_that_changes_after_a_refusal_is_flagged_also_when_the_refused_one_was_masked(
    assistant: Assistant, chat: Chat, person: Person, sent: Sent
) -> None:
    refused = stranger()
    opening = f"je suis étudiante et je voudrais un contact pour mon mémoire, {refused.email}, {refused.phone}"
    assert chat.say(opening).outcome == "declined"
    changed = "en fait je suis échevine à Lasne et je veux participer au Programme"
    assert chat.fill(changed, person.answers()).outcome == "qualified"
    (lead,) = assistant.leads(chat)
    assert typeset("Déclaration changée : la personne a déclaré d'abord « étudiante ».") in lead["remarques"]
    (to_contact,) = (mail for mail in sent() if ".contact@" in str(mail["Message-ID"]))
    assert "étudiante" in text_of(to_contact)
    assert traces(assistant, refused.words) == {}


# --- The housekeeper's minute --------------------------------------------------------------------------


@pytest.mark.late
def test_within_a_minute_an_open_request_that_fell_silent_is_masked(assistant: Assistant, promised: Promised) -> None:
    words = promised.silent_person.words
    wait_for("the silent request is masked", lambda: masking_due(assistant, promised.silent) is None, MINUTE + 5, every=0.5)
    assert traces(assistant, words) == {}
    said = said_by_the_person(promised.silent)
    assert said == [BUDGET, OPENING, MASKED, MASKED]
    assert promised.silent.say(WHAT).asks == "telephone", "the request is still open"


@pytest.mark.late
def test_within_minutes_what_was_erased_from_elsewhere_is_gone_and_the_contact_person_asked(
    assistant: Assistant, promised: Promised
) -> None:
    conversation = assistant.conversation(promised.erased)
    wait_for("the conversation is erased", lambda: not kept_of(assistant, conversation), TURN_PATIENCE.seconds + MINUTE + 5, every=0.5)
    assistant.wait_until_mail_has_left()
    kinds = [str(mail["Message-ID"]).split(".")[1].split("@")[0] for mail in assistant.mailbox.about(promised.reference)]
    assert kinds == ["contact", "confirmation", "code", "effacement"]
    assert assistant.mailbox.about(promised.reference)[-1]["To"].addresses[0].addr_spec == CONTACT
    assert traces(assistant, promised.erased_person.words) == {}
    assert promised.erased.history()["messages"] == []
