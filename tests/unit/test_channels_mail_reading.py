"""One mail: what is asked, or why it is left to the people who read the mailbox too."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channel_settings import NAMELESS, Mailbox
from bot.channels.mail_reading import REFERENCES, Left, Why, read_mail
from bot.channels.model import Failure, Incoming, Kind

ADDRESS = "cic@association.example"
BOX = Mailbox(ADDRESS, "imap.association.example", ADDRESS, "secret")
GUARDED = Mailbox(ADDRESS, "imap.association.example", ADDRESS, "secret", authserv="mx.association.example")
AT_EXCHANGE = replace(GUARDED, authserv=NAMELESS)
"""Where the mailbox's server judges senders without a name of its own."""
OURS = frozenset({ADDRESS, "assistant@association.example"})
ARRIVED = datetime(2026, 3, 2, 9, 0, tzinfo=timezone.utc)
PERSON = "Awa Ndiaye <Awa.Ndiaye@Commune.example>"


def mail(text: str = "Quel est le budget ?\n", **fields: str | None) -> EmailMessage:
    """A mail to the assistant; a field that is None is left out. Names with _ for -."""
    message = EmailMessage(SMTP)
    given_fields: dict[str, str | None] = {"From": PERSON, "To": f"CIC <{ADDRESS}>", "Message_ID": "<1@commune.example>"}
    for name, value in (given_fields | fields).items():
        if value is not None:
            message[name.replace("_", "-")] = value
    message.set_content(text)
    return message


def read(message: EmailMessage | bytes, box: Mailbox = BOX) -> Incoming | Failure | Left:
    return read_mail(message if isinstance(message, bytes) else message.as_bytes(), ARRIVED, box, OURS)


def asked(message: EmailMessage) -> Incoming:
    found = read(message)
    assert isinstance(found, Incoming), found
    return found


# --- what is asked ---


def test_a_mail_is_a_message_of_the_address_that_a_reply_goes_to() -> None:
    found = asked(mail(Subject="Programme CIC"))
    assert (found.kind, found.text) == (Kind.TEXT, "Programme CIC.\nQuel est le budget ?")
    assert (found.sender, found.address) == ("awa.ndiaye@commune.example", {"email": "awa.ndiaye@commune.example"})
    assert found.context == {"subject": "Programme CIC", "id": "<1@commune.example>", "references": []}


@pytest.mark.parametrize(
    ("subject", "text", "heard"),
    [
        ("Quel est le budget ?", "\n", "Quel est le budget ?"),
        ("Quel est le budget ?", "Bonjour,\n\nMerci d'avance\n\nAwa", "Quel est le budget ?"),
        ("Fiche Burkina Faso", "Voir objet.\n", "Fiche Burkina Faso"),
        ("Le budget ?", "Combien par commune ?", "Le budget ?\nCombien par commune ?"),
        ("Re: Programme CIC", "Combien par commune ?", "Combien par commune ?"),
        ("RE : Programme CIC", "Oui", "Oui"),
        ("TR: Programme CIC", "Oui", "Oui"),
        ("Ma réponse", "2\n", "2"),
        ("", "Bonjour", "Bonjour"),
        ("Réunion du comité", "Qui y prend part ?", "Réunion du comité.\nQui y prend part ?"),
    ],
)
def test_the_subject_of_a_first_mail_counts_and_that_of_a_reply_does_not(subject: str, text: str, heard: str) -> None:
    assert asked(mail(text, Subject=subject)).text == heard


def test_the_subject_of_a_mail_within_a_thread_does_not_count() -> None:
    assert asked(mail("Oui\n", Subject="Programme CIC", In_Reply_To="<cic.1@association.example>")).text == "Oui"


@pytest.mark.parametrize(("subject", "kind"), [("IMG_2031", Kind.MEDIA), (None, Kind.MEDIA), ("Est-ce le bon formulaire ?", Kind.TEXT)])
def test_an_attachment_without_a_text_is_a_picture_to_us(subject: str | None, kind: Kind) -> None:
    message = mail("\n", Subject=subject)
    message.add_attachment(b"%PDF", "application", "pdf", filename="formulaire.pdf")
    assert asked(message).kind is kind


def test_an_attachment_beside_a_text_is_ignored() -> None:
    message = mail()
    message.add_attachment(b"%PDF", "application", "pdf", filename="formulaire.pdf")
    assert asked(message).text == "Quel est le budget ?"


def test_a_mail_that_was_fetched_in_part_is_read_as_far_as_it_goes() -> None:
    message = mail()
    message.add_attachment(b"\xff" * 300_000, "image", "jpeg", filename="photo.jpg")
    found = read(message.as_bytes()[:4000])
    assert isinstance(found, Incoming)
    assert found.text == "Quel est le budget ?"


def test_a_thread_is_kept_with_its_beginning_and_its_end() -> None:
    thread = [f"<{number}@commune.example>" for number in range(40)]
    kept = asked(mail(References=" ".join(thread))).context["references"]
    assert (kept[0], kept[-1], len(kept)) == (thread[0], thread[-1], REFERENCES)


@pytest.mark.parametrize("subject", ["Re: Re : RE: Programme", "Rép : Programme", "Fwd: Programme", "Programme"])
def test_what_replies_put_before_a_subject_is_taken_away(subject: str) -> None:
    assert asked(mail(Subject=subject)).context["subject"] == "Programme"


def test_the_same_mail_has_the_same_id_and_another_one_another() -> None:
    first = asked(mail()).platform_id
    assert first == asked(mail()).platform_id
    assert first != asked(mail(Message_ID="<2@commune.example>")).platform_id
    assert first != asked(mail(From="moussa@commune.example")).platform_id


def test_a_mail_without_a_message_id_has_one_of_its_content() -> None:
    first = asked(mail(Message_ID=None)).platform_id
    assert first == asked(mail(Message_ID=None)).platform_id
    assert first != asked(mail("Un autre texte.", Message_ID=None)).platform_id


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("Mon, 02 Mar 2026 09:50:00 +0100", ARRIVED - timedelta(minutes=10)),
        ("Mon, 02 Mar 2036 09:50:00 +0100", ARRIVED),
        ("Mon, 02 Mar 2026 09:50:00 -0000", ARRIVED),
        ("hier", ARRIVED),
        (None, ARRIVED),
    ],
    ids=["believed", "far-ahead", "no-zone", "no-date", "none"],
)
def test_the_senders_clock_is_believed_within_a_day(date: str | None, expected: datetime) -> None:
    assert asked(mail(Date=date)).sent_at == expected


# --- who asks ---


def test_a_reply_goes_where_the_person_wants_it_and_holds_a_conversation_of_its_own() -> None:
    found = asked(mail(Reply_To="Secretariat@Commune.example"))
    assert found.address == {"email": "secretariat@commune.example"}
    alone = asked(mail(From="secretariat@commune.example"))
    assert found.sender != alone.sender


def test_a_reply_to_that_is_the_sender_changes_nothing() -> None:
    assert asked(mail(Reply_To="AWA.NDIAYE@commune.example")).sender == "awa.ndiaye@commune.example"


@pytest.mark.parametrize(
    "fields",
    [
        {"From": "a@commune.example, b@commune.example"},
        {"From": "personne"},
        {"From": "Awa <awa@localhost>"},
        {"From": ""},
        {"Reply_To": "a@commune.example, b@commune.example"},
        {"From": "awa@commune.example\r\n b@ailleurs.example"},
    ],
    ids=["two", "no-address", "no-domain", "empty", "two-to-reply", "folded"],
)
def test_a_mail_of_several_or_of_nobody_is_left(fields: dict[str, str]) -> None:
    raw = mail().as_bytes()
    for name, value in fields.items():
        field = f"{name.replace('_', '-')}: {value}\r\n".encode()
        raw = field + raw.replace(f"From: {PERSON}\r\n".encode(), b"") if name == "From" else field + raw
    assert read(raw) == Left(Why.SENDER)


@pytest.mark.parametrize("name", ['"Ndiaye, Awa"', "awa@commune.example", '"cic@ailleurs.example"', "=?utf-8?q?Awa_N=C3=A9?=", "Awa Né"])
def test_a_name_may_be_anything_but_another_address(name: str) -> None:
    raw = f"From: {name} <awa@commune.example>\r\n".encode() + mail(From=None).as_bytes()
    found = read(raw)
    assert isinstance(found, Incoming)
    assert found.sender == "awa@commune.example"


def test_two_fields_that_name_the_sender_are_left() -> None:
    assert read(b"From: moussa@commune.example\r\n" + mail().as_bytes()) == Left(Why.SENDER)


# --- what is never answered ---

MACHINES: dict[str, dict[str, str | None]] = {
    "auto-replied": {"Auto_Submitted": "auto-replied"},
    "auto-generated with a parameter": {"Auto_Submitted": "auto-generated; owner-email=x@y.example"},
    "bulk": {"Precedence": "bulk"},
    "list": {"Precedence": "List"},
    "auto_reply": {"Precedence": "auto_reply"},
    "a list's id": {"List_Id": "<lettre.commune.example>"},
    "a list to leave": {"List_Unsubscribe": "<mailto:non@commune.example>"},
    "Exchange": {"X_Auto_Response_Suppress": "All"},
    "X-Autoreply": {"X_Autoreply": "yes"},
    "empty return path": {"Return_Path": "<>"},
    "mailer-daemon": {"From": "Mail Delivery System <MAILER-DAEMON@commune.example>"},
    "postmaster": {"From": "postmaster@commune.example"},
    "no-reply": {"From": "no-reply@commune.example"},
    "noreply with a word": {"From": "noreply-notifications@commune.example"},
    "ne pas répondre": {"From": "ne-pas-repondre@commune.example"},
    "reply to nobody": {"Reply_To": "noreply@commune.example"},
    "bounces": {"From": "liste-bounces@commune.example"},
    "spam": {"X_Spam_Flag": "YES"},
    "réponse automatique": {"Subject": "Réponse automatique : Programme"},
    "automatic reply": {"Subject": "Automatic reply: Programme"},
}


@pytest.mark.parametrize("fields", MACHINES.values(), ids=MACHINES)
def test_what_no_person_wrote_to_us_is_left(fields: dict[str, str | None]) -> None:
    assert read(mail(**fields)) == Left(Why.MACHINE)


@pytest.mark.parametrize(
    "fields",
    [
        {"Auto_Submitted": "no"},
        {"Precedence": "first-class"},
        {"X_Auto_Response_Suppress": "None"},
        {"Return_Path": "<awa@commune.example>"},
        {"X_Spam_Flag": "NO"},
        {"From": "noreen@commune.example"},
        {"From": "nora.plyson@commune.example"},
        {"Subject": "Automatique ou non ?"},
    ],
    ids=str,
)
def test_what_only_looks_like_a_machine_is_answered(fields: dict[str, str | None]) -> None:
    assert isinstance(read(mail(**fields)), Incoming)


def test_an_invitation_is_left() -> None:
    message = mail()
    message.add_alternative("BEGIN:VCALENDAR", subtype="calendar", params={"method": "REQUEST"})
    assert read(message) == Left(Why.MACHINE)


@pytest.mark.parametrize(
    "fields", [{"From": f"CIC <{ADDRESS.upper()}>"}, {"From": "assistant@association.example"}, {"Reply_To": ADDRESS}], ids=str
)
def test_our_own_mails_are_left(fields: dict[str, str | None]) -> None:
    assert read(mail(**fields)) == Left(Why.OURS)


@pytest.mark.parametrize(
    "fields", [{"To": "maire@commune.example", "Cc": ADDRESS}, {"To": None}, {"To": "undisclosed-recipients:;"}], ids=str
)
def test_a_copy_is_left(fields: dict[str, str | None]) -> None:
    assert read(mail(**fields)) == Left(Why.ASIDE)


@pytest.mark.parametrize(
    "to", [f"maire@commune.example, CIC <{ADDRESS.upper()}>", f'"Ndiaye, Awa" <a@b.example>,\r\n "CIC" <{ADDRESS}>', ADDRESS], ids=str
)
def test_a_mail_that_is_addressed_to_us_among_others_is_answered(to: str) -> None:
    raw = f"To: {to}\r\n".encode() + mail(To=None).as_bytes()
    assert isinstance(read(raw), Incoming)


# --- mails of ours that did not arrive ---


def bounce(action: str = "failed", status: str = "5.1.1") -> bytes:
    return f"""Return-Path: <>
From: Mail Delivery System <mailer-daemon@commune.example>
To: {ADDRESS}
Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

Your mail could not be delivered.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.commune.example

Final-Recipient: rfc822; awa@commune.example
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 5.1.1 <awa@commune.example>: Recipient address rejected
--b
Content-Type: text/rfc822-headers

From: {ADDRESS}
To: awa@commune.example
Message-ID: <cic.0123456789abcdef@association.example>
--b--
""".encode()


def test_a_bounce_is_a_failure_of_the_mail_that_it_names() -> None:
    assert read(bounce()) == Failure("<cic.0123456789abcdef@association.example>", "5.1.1")


def test_a_whole_mail_in_a_bounce_names_it_too() -> None:
    raw = bounce().replace(b"text/rfc822-headers", b"message/rfc822")
    assert read(raw) == Failure("<cic.0123456789abcdef@association.example>", "5.1.1")


@pytest.mark.parametrize("ident", ["<17@association.example>", "<cic.0123456789abcdef@ailleurs.example>"])
def test_a_bounce_of_somebody_elses_mail_is_left_to_people(ident: str) -> None:
    raw = bounce().replace(b"<cic.0123456789abcdef@association.example>", ident.encode())
    assert read(raw) == Left(Why.MACHINE)


def test_a_mail_that_is_late_or_arrived_has_not_failed() -> None:
    assert read(bounce("delayed", "4.4.1")) == Left(Why.MACHINE)
    assert read(bounce("delivered", "2.0.0")) == Left(Why.MACHINE)


# --- whether it is from whom it says ---

PROOFS = {
    "dmarc": "mx.association.example; dmarc=pass (p=reject dis=none) header.from=commune.example",
    "dmarc among others": "mx.association.example;\r\n spf=fail smtp.mailfrom=liste.example;\r\n dmarc=pass header.from=Commune.example",
    "dkim of the domain": "MX.association.example 1; dkim=pass (2048-bit key) header.d=commune.example header.s=s1",
    "dkim by its identity": "mx.association.example; dkim=pass header.i=@commune.example",
    "spf of the domain": "mx.association.example; spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=awa@commune.example; dmarc=none",
    "a guess and spf": "mx.association.example; spf=pass smtp.mailfrom=commune.example; dmarc=bestguesspass header.from=commune.example",
}
FORGERIES = {
    "nothing": None,
    "of another server": "mx.ailleurs.example; dmarc=pass header.from=commune.example",
    "fails": "mx.association.example; dmarc=fail header.from=commune.example; spf=pass smtp.mailfrom=commune.example",
    "passes for another": "mx.association.example; dmarc=pass header.from=ailleurs.example",
    "passes for nobody": "mx.association.example; dmarc=pass",
    "dkim of another": "mx.association.example; dkim=pass header.d=ailleurs.example",
    "dkim of a name that ends alike": "mx.association.example; dkim=pass header.d=mune.example",
    "dkim of all": "mx.association.example; dkim=pass header.d=example",
    "dkim of one below": "mx.association.example; dkim=pass header.d=x.commune.example",
    "a guess alone": "mx.association.example; spf=pass smtp.mailfrom=ailleurs.example; dmarc=bestguesspass header.from=commune.example",
    "spf of another": "mx.association.example; spf=pass smtp.mailfrom=ailleurs.example; dkim=none",
    "said in a name": 'mx.association.example; spf=pass smtp.mailfrom="a; dmarc=pass header.from=commune.example"@ailleurs.example',
    "said in a comment": "mx.association.example; spf=fail (ailleurs; dmarc=pass header.from=commune.example) smtp.mailfrom=a.example",
    "said behind a broken comment": "mx.association.example; spf=fail (a) b; dmarc=pass header.from=commune.example) x=y.example",
    "none": "mx.association.example; none",
    "empty": "",
}


def told(field: str | None) -> bytes:
    return (b"" if field is None else f"Authentication-Results: {field}\r\n".encode()) + mail().as_bytes()


@pytest.mark.parametrize("field", PROOFS.values(), ids=PROOFS)
def test_a_sender_for_whom_the_mailboxs_server_vouches_is_answered(field: str) -> None:
    assert isinstance(read(told(field), GUARDED), Incoming)


@pytest.mark.parametrize("field", FORGERIES.values(), ids=FORGERIES)
def test_a_sender_for_whom_it_does_not_is_left(field: str | None) -> None:
    assert read(told(field), GUARDED) == Left(Why.FORGED)


def test_only_the_topmost_word_of_that_server_counts() -> None:
    below = told(PROOFS["dmarc"])
    assert read(f"Authentication-Results: {FORGERIES['fails']}\r\n".encode() + below, GUARDED) == Left(Why.FORGED)
    assert isinstance(read(f"Authentication-Results: {FORGERIES['of another server']}\r\n".encode() + below, GUARDED), Incoming)


NAMELESS_PASS = (
    "spf=pass (sender IP is 192.0.2.1)\r\n smtp.mailfrom=commune.example; dkim=pass (signature was verified)\r\n"
    " header.d=commune.example;dmarc=pass action=none\r\n header.from=commune.example;compauth=pass reason=100"
)
"""As Exchange Online writes it."""
NAMELESS_PROOFS = {
    "dmarc": NAMELESS_PASS,
    "folded at once": f"\r\n {NAMELESS_PASS}",
    "folded with tabs": NAMELESS_PASS.replace("\r\n ", "\r\n\t"),
    "over IPv6": NAMELESS_PASS.replace("192.0.2.1", "2001:db8::1"),
    "forwarded, with its signature": NAMELESS_PASS.replace("spf=pass", "spf=softfail").replace("mailfrom=commune", "mailfrom=ailleurs"),
    "a semicolon at the end": "dkim=pass (signature was verified)\r\n header.d=commune.example;dmarc=pass action=none\r\n"
    " header.from=commune.example;",
    "a guess and spf": "spf=pass (sender IP is 192.0.2.1)\r\n smtp.mailfrom=commune.example; dkim=none (message not signed)\r\n"
    " header.d=none;dmarc=bestguesspass action=none\r\n header.from=commune.example;compauth=pass reason=109",
}
NAMELESS_FORGERIES = {
    "nothing": None,
    "fails": "spf=fail (sender IP is 192.0.2.1)\r\n smtp.mailfrom=commune.example; dkim=none (message not signed)\r\n header.d=none;"
    "dmarc=fail action=quarantine\r\n header.from=commune.example;compauth=fail reason=000",
    "fails and compauth passes": "spf=pass (sender IP is 192.0.2.1)\r\n smtp.mailfrom=commune.example; dkim=none\r\n header.d=none;"
    "dmarc=fail action=none\r\n header.from=commune.example;compauth=pass reason=130",
    "compauth alone": "spf=none (sender IP is 192.0.2.1)\r\n smtp.mailfrom=commune.example; dkim=none (message not signed)\r\n"
    " header.d=none;dmarc=none action=none\r\n header.from=commune.example;compauth=pass reason=703",
    "passes for another": NAMELESS_PASS.replace("commune.example", "ailleurs.example"),
    "of a colleague": "dkim=none (message not signed)\r\n header.d=none;dmarc=none action=none\r\n header.from=commune.example;",
    "by a name": f"mx.association.example; {NAMELESS_PASS}",
    "by the name that stands for none": f"{NAMELESS}; {NAMELESS_PASS}",
    "behind a comment": f"(x) {NAMELESS_PASS}",
    "said in a comment": "spf=fail (ailleurs; dmarc=pass header.from=commune.example) smtp.mailfrom=a.example",
    "none": "none",
    "empty": "",
    "semicolons": ";;",
}


@pytest.mark.parametrize("field", NAMELESS_PROOFS.values(), ids=NAMELESS_PROOFS)
def test_a_server_without_a_name_vouches_where_it_is_trusted(field: str) -> None:
    assert isinstance(read(told(field), AT_EXCHANGE), Incoming)


@pytest.mark.parametrize("field", NAMELESS_FORGERIES.values(), ids=NAMELESS_FORGERIES)
def test_a_sender_for_whom_a_server_without_a_name_does_not_vouch_is_left(field: str | None) -> None:
    assert read(told(field), AT_EXCHANGE) == Left(Why.FORGED)


@pytest.mark.parametrize(
    "above", [FORGERIES["of another server"], PROOFS["dmarc"], NAMELESS_FORGERIES["of a colleague"], ""], ids=["other", "ours", "none", ""]
)
def test_where_servers_have_no_name_only_the_topmost_word_of_all_counts(above: str) -> None:
    field = f"Authentication-Results: {above}\r\n".encode()
    assert read(field + told(NAMELESS_PASS), AT_EXCHANGE) == Left(Why.FORGED)


def test_what_a_sender_wrote_below_the_word_of_a_server_without_a_name_does_not_count() -> None:
    word = f"Authentication-Results: {NAMELESS_PASS}\r\n".encode()
    assert isinstance(read(word + told(NAMELESS_FORGERIES["fails"]), AT_EXCHANGE), Incoming)
    assert read(word.replace(b"Results:", b"Results-Original:") + told(None), AT_EXCHANGE) == Left(Why.FORGED)


@pytest.mark.parametrize("field", NAMELESS_PROOFS.values(), ids=NAMELESS_PROOFS)
def test_where_a_server_has_a_name_a_word_without_one_counts_for_nothing(field: str) -> None:
    assert read(told(field), GUARDED) == Left(Why.FORGED)


def test_the_setting_for_no_name_may_be_written_in_capitals() -> None:
    assert isinstance(read(told(NAMELESS_PASS), replace(GUARDED, authserv="Sans-Nom")), Incoming)


def test_without_a_server_to_ask_every_sender_is_believed() -> None:
    assert isinstance(read(told(None)), Incoming)


# --- what is no mail ---

BOXES = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (place, place) for place in range(150))
"""Parts within parts, more than any thread has."""


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\r\nQuel est le budget ?",
        b"\xff\xfe\x00\x01" * 50,
        b"Subject: sans auteur\r\n\r\nQuel est le budget ?",
        b"From: " + b"(" * 5000 + b"\r\n\r\nx",
        mail().as_bytes().partition(b"Content-Type")[0] + BOXES,
    ],
    ids=["empty", "no-header", "noise", "nobody", "depth", "boxes"],
)
def test_what_is_no_mail_is_left(raw: bytes) -> None:
    assert read(raw) == Left(Why.UNREADABLE)


def test_a_field_that_the_library_cannot_read_does_not_cost_the_mail() -> None:
    assert asked(mail(Message_ID=None)).platform_id
    raw = b"Message-ID: <<<<\r\nReferences: <\r\nIn-Reply-To: <>\r\nDate: (\r\n" + mail(Message_ID=None).as_bytes()
    assert isinstance(read(raw), Incoming)


@pytest.mark.parametrize("box", [GUARDED, AT_EXCHANGE], ids=["named", "nameless"])
@given(st.binary(max_size=300), st.integers(0, 200))
def test_nothing_that_comes_raises(box: Mailbox, noise: bytes, place: int) -> None:
    whole = told(NAMELESS_PASS)
    found: Any = read(whole[:place] + noise + whole[place:], box)
    assert isinstance(found, (Incoming, Failure, Left))
