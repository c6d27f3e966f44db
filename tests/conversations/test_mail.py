"""The mails of a request: exactly one to the contact person and one to the enquirer, complete, and nothing else."""

from __future__ import annotations

from email.message import EmailMessage

import pytest
from support.assistant import CONTACT, Assistant
from support.chat import Chat
from support.mailbox import text_of

ENQUIRER = "claire.dumont@gembloux.example"
OPENING = "Je suis bourgmestre de Gembloux et je voudrais un contact"
ANSWERS = {
    "nom": "Claire Dumont",
    "email": ENQUIRER,
    "telephone": "0470 12 34 56",
    "objet": "=Participer, 100 % sûre <b>oui</b> {nom}\r\nBcc: tous@exemple.example",
    "confirmation": "oui",
    "consentement": "oui",
}
SUBJECT = "Participer, 100 % sûre oui {nom} Bcc: tous@exemple.example"


@pytest.fixture(scope="module")
def request_made(assistant: Assistant) -> Chat:
    chat = assistant.chat()
    assert chat.fill(OPENING, ANSWERS).outcome == "qualified"
    assistant.wait_until_mail_has_left()
    return chat


@pytest.fixture
def mails(assistant: Assistant, request_made: Chat) -> dict[str, EmailMessage]:
    """The two mails of the request, by recipient."""
    (lead,) = assistant.leads(request_made)
    found = assistant.mailbox.about(lead["reference"])
    assert sorted(mail["To"].addresses[0].addr_spec for mail in found) == [ENQUIRER, CONTACT]
    return {mail["To"].addresses[0].addr_spec: mail for mail in found}


def test_the_contact_person_reads_everything(assistant: Assistant, request_made: Chat, mails: dict[str, EmailMessage]) -> None:
    (lead,) = assistant.leads(request_made)
    for kind in ("plain", "html"):
        text = text_of(mails[CONTACT], kind).replace("&lt;", "<").replace("&gt;", ">").replace("&#39;", "'")
        for value in ("Claire Dumont", "bourgmestre", "Gembloux", "Belgique", ENQUIRER, "+32 470 12 34 56", SUBJECT, lead["reference"]):
            assert value in text, (kind, value)
        assert "« Attention »" in text.replace("\u00a0", " ")


def test_answering_the_contact_mail_writes_to_the_enquirer(mails: dict[str, EmailMessage]) -> None:
    assert str(mails[CONTACT]["Reply-To"]) == f"Claire Dumont <{ENQUIRER}>"
    assert mails[ENQUIRER]["Reply-To"] is None


def test_the_enquirer_gets_the_reference_and_a_copy_but_no_address_of_the_contact(
    assistant: Assistant, request_made: Chat, mails: dict[str, EmailMessage]
) -> None:
    text = text_of(mails[ENQUIRER])
    assert assistant.leads(request_made)[0]["reference"] in text
    assert SUBJECT in text
    assert CONTACT not in mails[ENQUIRER].as_string()


def test_nothing_that_was_typed_becomes_a_header_or_html(mails: dict[str, EmailMessage]) -> None:
    for mail in mails.values():
        assert mail["Bcc"] is None
        assert len(mail.get_all("To")) == 1
        assert "<b>oui</b>" not in text_of(mail, "html")


def test_the_mails_go_to_nobody_else(assistant: Assistant, mails: dict[str, EmailMessage]) -> None:
    assert "tous@exemple.example" not in assistant.mailbox.postmaster.recipients


def test_the_lead_keeps_the_subject_on_one_line_and_without_formula(assistant: Assistant, request_made: Chat) -> None:
    assert assistant.leads(request_made)[0]["objet"] == SUBJECT


def test_no_log_names_the_person_or_repeats_a_message(assistant: Assistant, request_made: Chat) -> None:
    logs = assistant.logs()
    assert logs
    for secret in ("Claire Dumont", "Dumont", ENQUIRER, "470 12 34 56", "Participer, 100", "bourgmestre"):
        assert secret not in logs
