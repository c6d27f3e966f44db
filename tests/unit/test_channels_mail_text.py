"""What a person wrote in a mail: replies as Outlook, Gmail, Thunderbird, Apple Mail and telephones make them."""

from __future__ import annotations

import re
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from pathlib import Path

import pytest

from bot.channels.mail_text import said, text_of, written

REPLIES = {
    found[1]: (found[2], found[3])
    for found in re.finditer(
        r"^=== (.+)\n((?:.*\n)*?)--- écrit\n((?:.*\n)*?)(?====|\Z)",
        (Path(__file__).parent / "data" / "reponses-par-courriel.txt").read_text("utf-8"),
        re.MULTILINE,
    )
}
"""By program: the text of a reply, and what its author wrote."""
QUOTED = "> Pour choisir, répondez par un numéro :\n> 1. Oui\n> 2. Non"


def test_every_reply_of_the_file_is_read() -> None:
    assert len(REPLIES) == 42


@pytest.mark.parametrize("program", REPLIES)
def test_of_a_reply_what_its_author_wrote_is_read(program: str) -> None:
    text, wanted = REPLIES[program]
    assert said(text).split() == wanted.split()


@pytest.mark.parametrize(
    "text", ["Bonjour,\n\nMerci d'avance\n\nAwa Ndiaye", "Madame, Monsieur,\n\n-- \nAwa", "\n\n", "Envoyé de mon iPhone", QUOTED]
)
def test_courtesy_alone_asks_nothing(text: str) -> None:
    assert written(text) == ""


@pytest.mark.parametrize(
    ("text", "wanted"), [("Bonjour", "Bonjour"), ("Merci, bonne journée", "Merci, bonne journée"), ("Cordialement", "Cordialement")]
)
def test_a_greeting_or_thanks_alone_are_what_is_said(text: str, wanted: str) -> None:
    assert said(text) == wanted


def test_a_number_before_a_signature_that_nothing_announces_is_the_choice() -> None:
    assert said("2\n\nMoussa Traoré\n1er adjoint au maire") == "2"


@pytest.mark.parametrize(
    "text",
    [
        "Bonjour budget",
        "Envoyé de Dakar, ce dossier est-il complet ?",
        "De : quoi s'agit-il ?",
        "Merci de préciser le calendrier.",
        "Le 3 mars, le maire a écrit à la CIC.",
    ],
)
def test_what_only_looks_like_an_end_stays(text: str) -> None:
    assert said(text) == text


def test_a_page_is_read_as_text_without_its_quotation() -> None:
    page = (
        "<html><head><style>p{color:red}</style></head><body><p>Quel est le budget&nbsp;?</p><p>Et le calendrier&nbsp;?</p>"
        '<div class="gmail_quote">Le lun. 2 mars 2026 à 09:14, Assistant CIC &lt;<a href="mailto:x">cic@commune.example</a>&gt;'
        " a écrit&nbsp;:<br><blockquote>1. Oui</blockquote></div></body></html>"
    )
    assert said(text_of(_mail("text/html; charset=utf-8", page.encode()))).split("\n\n") == ["Quel est le budget ?", "Et le calendrier ?"]


def test_an_empty_plain_part_gives_way_to_the_page() -> None:
    mail = EmailMessage()
    mail.set_content("\n")
    mail.add_alternative("<p>Quel est le budget ?</p>", subtype="html")
    assert said(text_of(mail)) == "Quel est le budget ?"


@pytest.mark.parametrize(
    ("charset", "raw"),
    [
        ("utf-8", "L’échéance".encode()),
        ("iso-8859-1", "L’échéance".encode("cp1252")),
        ("us-ascii", "L’échéance".encode()),
        ("us-ascii", "L’échéance".encode("cp1252")),
        ("x-inconnu", "L’échéance".encode("cp1252")),
        ("base64", "L’échéance".encode("cp1252")),
    ],
)
def test_a_wrong_character_set_costs_single_signs_at_most(charset: str, raw: bytes) -> None:
    assert text_of(_mail(f"text/plain; charset={charset}", raw)).strip() == "L’échéance"


def test_signs_that_cannot_be_read_do_not_cost_the_others() -> None:
    assert text_of(_mail("text/plain; charset=utf-8", "L’échéance".encode("cp1252"))) == "L\ufffd\ufffdch\ufffdance"


@pytest.mark.parametrize(
    "hostile",
    [
        "On 1 " + "a " * 60_000,
        "De : x\n" * 20_000,
        "\n" * 120_000,
        "- a\n" * 30_000,
        "bonjour\n" * 20_000,
        "Le 1 a écrit " * 10_000,
        "-" * 120_000,
    ],
    ids=["wrote", "fields", "empty-lines", "lists", "greetings", "quotations", "dashes"],
)
@pytest.mark.timeout(30)
def test_a_text_that_is_meant_to_hurt_is_read_in_a_moment(hostile: str) -> None:
    assert isinstance(said(hostile), str)


@pytest.mark.parametrize("hostile", ["<a " * 40_000, "<a b='<" * 20_000, "<div>" * 40_000, "<table><tr><td>" * 12_000, "<!--" * 40_000])
@pytest.mark.timeout(30)
def test_a_page_that_is_meant_to_hurt_is_read_in_a_moment(hostile: str) -> None:
    assert "a" not in text_of(_mail("text/html", hostile.encode()))


def _mail(kind: str, body: bytes) -> EmailMessage:
    return BytesParser(EmailMessage, policy=default).parsebytes(
        f"Content-Type: {kind}\nContent-Transfer-Encoding: 8bit\n\n".encode() + body
    )
