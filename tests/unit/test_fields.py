"""The contact fields out of what people type: names, addresses, telephone numbers, subjects. Nothing typed is trusted."""

from __future__ import annotations

import time

import pytest

from bot.intake.addresses import find_email, read_email, without_email
from bot.intake.fields import NAME_LONGEST, SUBJECT_LONGEST, read, read_name, read_subject
from bot.intake.reading import Reading
from bot.mails.providers import is_free

NAMES = [
    ("Claire Dumont", "Claire Dumont"),
    ("claire dumont", "Claire Dumont"),
    ("CLAIRE DUMONT", "Claire Dumont"),
    ("Claire DUMONT", "Claire DUMONT"),
    ("je m'appelle Claire Dumont", "Claire Dumont"),
    ("Je m’appelle claire dumont.", "Claire Dumont"),
    ("Mon nom est Awa Exemple", "Awa Exemple"),
    ("mon nom complet c'est Awa Exemple", "Awa Exemple"),
    ("moi c'est Awa", "Awa"),
    ("Bonjour, je suis Mme Claire Dumont", "Claire Dumont"),
    ("Madame Dumont", "Dumont"),
    ("Nom : Dumont", "Dumont"),
    ("jean de la fontaine", "Jean de la Fontaine"),
    ("piet van den berg", "Piet van den Berg"),
    ("PIET VAN DEN BERG", "Piet van den Berg"),
    ("De Smet", "De Smet"),
    ("ahmed ben salah", "Ahmed ben Salah"),
    ("jean-pierre n'diaye", "Jean-Pierre N'Diaye"),
    ("Aïssata Ouédraogo-Traoré", "Aïssata Ouédraogo-Traoré"),
    ("J. P. Dumont", "J. P. Dumont"),
    ("Dumont J.", "Dumont J."),
    ("Maria del Carmen de los Angeles", "Maria del Carmen de los Angeles"),
    ("O’Neill", "O’Neill"),
    ("Nguyễn Văn An", "Nguyễn Văn An"),
    ("Ly", "Ly"),
    ("Claire Dumont, échevine à Huy", "Claire Dumont"),
    ("Claire Dumont (échevine)", "Claire Dumont"),
    ("Dumont, Claire", "Dumont, Claire"),
    ("  Claire \t Dumont \n", "Claire Dumont"),
    ("Claire\u200b Dumont\u202e", "Claire Dumont"),
]
NOT_NAMES = [
    ("merci", "nom"),
    ("bonjour", "nom"),
    ("oui", "nom"),
    ("non", "nom"),
    ("je ne sais pas", "nom"),
    ("je préfère rester anonyme et ne pas vous le dire", "nom"),
    ("pourquoi", "nom"),
    ("recommencer", "nom"),
    ("idem", "nom"),
    ("peu importe", "nom"),
    ("Claire et j'habite à Huy", "nom"),
    ("c'est quoi le budget ?", "nom"),
    ("test", "nom"),
    ("0477 12 34 56", "nom"),
    ("claire@commune.example", "nom"),
    ("<script>alert(1)</script>", "nom"),
    ("{{ 7*7 }}", "nom"),
    ("{nom}", "nom"),
    ("Robert'); DROP TABLE leads;--", "nom"),
    ('=HYPERLINK("http://pirate.example")', "nom"),
    ("/restart", "nom"),
    ("Claire Dumont\r\nBcc: victime@autre.example", "nom"),
    ("Claire\nSubject: gagné", "nom"),
    ("un deux trois quatre cinq six sept", "nom"),
    ("x" * 41, "nom"),
    ("x" * 5000, "nom_long"),
    ("Claire " * 30, "nom_long"),
    ("👍", "nom"),
    ("...", "nom"),
    ("", "nom"),
]


@pytest.mark.parametrize(("text", "name"), NAMES, ids=[repr(text) for text, _ in NAMES])
def test_a_name_is_read(text: str, name: str) -> None:
    assert read_name(text) == Reading(name)


@pytest.mark.parametrize(("text", "fault"), NOT_NAMES, ids=[repr(text[:40]) for text, _ in NOT_NAMES])
def test_what_is_no_name_is_refused_with_its_reason(text: str, fault: str) -> None:
    assert read_name(text) == Reading(fault=fault)


@pytest.mark.parametrize("text", ["=Claire Dumont", "+Claire", "-Claire", "@Claire", "= =Claire", "Claire\x00\x1b Dumont"])
def test_a_name_is_no_formula_and_holds_no_control_character(text: str) -> None:
    name = read_name(text).value
    assert name is None or (name[0].isalpha() and name.isprintable())


def test_the_longest_name_is_accepted() -> None:
    words = [*["Abcdefghijklmnopqrs"] * 5, "Abcdefghijklmnopqrst"]
    assert len(" ".join(words)) == NAME_LONGEST
    assert read_name(" ".join(words)).value == " ".join(words)


EMAILS = [
    ("claire@commune.example", "claire@commune.example"),
    ("Claire.Dumont+cic@ville-de.namur.example", "Claire.Dumont+cic@ville-de.namur.example"),
    ("mon mail c'est claire@commune.example.", "claire@commune.example"),
    ("<claire@commune.example>", "claire@commune.example"),
    ("claire@commune.example, merci !", "claire@commune.example"),
    ("écrivez à 'claire@commune.example'", "claire@commune.example"),
    ("a@un.example ou b@deux.example", "a@un.example"),
    ("mailto:claire@commune.example?subject=x", "claire@commune.example"),
    ("claire@commune.example\r\nBcc: victime@autre.example", "claire@commune.example"),
    ("claire@\u200bcommune.example", "claire@commune.example"),
]
NOT_EMAILS = [
    "claire",
    "claire@",
    "@commune.example",
    "claire@commune",
    "  a@commune.example@autre.example",
    "claire@-commune.example",
    "claire@commune_de_huy.example",
    "a@b.1",
    "est arobase x point be",
    "je n'en ai pas",
    "non",
    "0477 12 34 56",
    "merci",
    "👍",
    "",
    "x" * 5000,
    "x" * 300 + "@commune.example",
]


@pytest.mark.parametrize(("text", "email"), EMAILS, ids=[repr(text) for text, _ in EMAILS])
def test_an_address_is_found_in_a_sentence(text: str, email: str) -> None:
    assert read_email(text) == Reading(email)
    assert find_email(text) == email


@pytest.mark.parametrize("text", NOT_EMAILS, ids=[repr(text[:40]) for text in NOT_EMAILS])
def test_what_is_no_address_is_refused(text: str) -> None:
    assert read_email(text) == Reading(fault="email")


SPELT = [
    ("claire point dumont arobase commune point example", "claire.dumont@commune.example"),
    ("claire.dumont arobas commune.example", "claire.dumont@commune.example"),
    ("claire (at) commune (dot) example", "claire@commune.example"),
    ("claire[at]commune.example", "claire@commune.example"),
    ("c'est claire chez commune point example", "claire@commune.example"),
    ("Claire tiret Dumont arobase commune point example", "claire-dumont@commune.example"),
    ("claire tiret bas dumont arobase commune point example", "claire_dumont@commune.example"),
    ("claire@@commune.example", "claire@commune.example"),
    ("cl..aire@commune.example", "cl.aire@commune.example"),
    ("claire@commune..example", "claire@commune.example"),
    ("claire@commune,be", "claire@commune.be"),
    ("claire @ commune.example", "claire@commune.example"),
    ("échevine@commune.example", "echevine@commune.example"),
]


@pytest.mark.parametrize(("text", "email"), SPELT, ids=[text for text, _ in SPELT])
def test_an_address_that_was_spelt_out_or_put_right_is_in_doubt(text: str, email: str) -> None:
    assert read_email(text) == Reading(email, doubt=True)


@pytest.mark.parametrize(
    ("text", "email", "rest"),
    [
        ("Claire Dumont, claire@commune.example", "claire@commune.example", "Claire Dumont"),
        ("Claire Dumont, mon mail c'est claire@commune.example", "claire@commune.example", "Claire Dumont"),
        ("Claire Dumont <claire@commune.example>", "claire@commune.example", "Claire Dumont"),
        ("Claire Dumont (e-mail : claire@commune.example)", "claire@commune.example", "Claire Dumont"),
        ("claire@commune.example Claire Dumont", "claire@commune.example", "Claire Dumont"),
        ("claire@commune.example", "claire@commune.example", ""),
    ],
)
def test_what_stands_beside_an_address_is_left(text: str, email: str, rest: str) -> None:
    assert without_email(text, email) == rest


SUBJECTS = [
    ("participer au Programme", "participer au Programme"),
    ("Une formation\nà l'état civil", "Une formation à l'état civil"),
    ("=1+1 formation", "1+1 formation"),
    ("@expert", "expert"),
    ("un expert\x00\x07 de l'état civil", "un expert de l'état civil"),
    ("<b>un projet</b>", "un projet"),
    ("un projet <script>alert(1)</script> <img src=x onerror=alert(1)>", "un projet"),
    ("budget < 5000 € et délai > 2 ans", "budget < 5000 € et délai > 2 ans"),
    ("{{ 7*7 }} un projet", "{{ 7*7 }} un projet"),
    ("Objet\r\nBcc: victime@autre.example", "Objet Bcc: victime@autre.example"),
]


@pytest.mark.parametrize(("text", "subject"), SUBJECTS, ids=[repr(text) for text, _ in SUBJECTS])
def test_a_subject_is_kept_in_the_persons_words_on_one_line(text: str, subject: str) -> None:
    assert read_subject(text) == Reading(subject)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "objet"),
        ("?", "objet"),
        ("ok", "objet"),
        ("👍", "objet"),
        ("12345", "objet"),
        ("non merci", "objet"),
        ("rien", "objet"),
        ("je ne comprends pas", "objet"),
        ("x" * 5000, "objet_long"),
    ],
    ids=["nothing", "a sign", "two letters", "an emoji", "digits", "a no", "nothing meant", "not understood", "5,000 characters"],
)
def test_what_is_no_subject_is_refused(text: str, fault: str) -> None:
    assert read_subject(text) == Reading(fault=fault)


def test_a_subject_of_the_longest_length_is_accepted() -> None:
    assert read_subject("x" * SUBJECT_LONGEST).value is not None
    assert read_subject("x" * (SUBJECT_LONGEST + 1)).fault == "objet_long"


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("nom", "claire dumont", "Claire Dumont"),
        ("email", "claire@commune.example", "claire@commune.example"),
        ("telephone", "0477123456", "+32 477 12 34 56"),
        ("objet", "un projet", "un projet"),
    ],
)
def test_each_field_is_read_its_own_way(field: str, text: str, value: str) -> None:
    assert read(field, text, "Belgique").value == value


def test_another_field_is_a_fault_of_the_program() -> None:
    with pytest.raises(KeyError):
        read("pointure", "42", None)


LONG = {
    "addresses begun": "a@" * 2500,
    "digits": "1 " * 2500,
    "points": ". " * 2500,
    "an address without end": "a." * 2500 + "@",
    "spelt out": "x arobase " * 500,
    "announced": "c'est " * 830,
    "plus signs": "+" * 5000,
    "spaces": " " * 5000,
    "one word": "x" * 5000,
}


@pytest.mark.parametrize("field", ["nom", "email", "telephone", "objet"])
@pytest.mark.parametrize("text", LONG.values(), ids=LONG)
def test_five_thousand_characters_of_anything_are_read_at_once(field: str, text: str) -> None:
    """The expressions must not blow up on repetition."""
    start = time.process_time()
    reading = read(field, text, "Belgique")
    assert time.process_time() - start < 2
    assert len(reading.value or "") <= SUBJECT_LONGEST


@pytest.mark.parametrize(
    "text", ["claire@gmial.example", "claire@hotmial.com", "claire@commune.con", "claire@skynt.be", "claire@outlok.com"]
)
def test_an_address_that_looks_like_a_slip_is_in_doubt(text: str) -> None:
    assert read_email(text) == Reading(text, doubt=True)


@pytest.mark.parametrize(
    "text", ["claire@gmail.example", "claire@mairie.example", "claire@huy.be", "claire@voo.be", "claire@email.example"]
)
def test_an_address_that_looks_right_is_not_asked_about_again(text: str) -> None:
    assert read_email(text) == Reading(text)


@pytest.mark.parametrize(
    ("text", "email"),
    [
        ("pas le gmail c.d@gmail.example je le regarde plus, plutôt claire@commune.example svp", "claire@commune.example"),
        ("claire@commune.example, surtout pas mon ancienne c.d@gmail.example", "claire@commune.example"),
        ("non pas a@un.example mais b@deux.example", "b@deux.example"),
        ("a@un.example (b@deux.example est mort)", "a@un.example"),
        ("a@un.example ou b@deux.example", "a@un.example"),
    ],
)
def test_of_two_addresses_the_one_that_is_meant_is_taken(text: str, email: str) -> None:
    assert read_email(text).value == email


@pytest.mark.parametrize(
    ("address", "free"), [("a@gmail.com", True), ("a@skynet.be", True), ("a@huy.be", False), ("a@gmail-huy.be", False)]
)
def test_a_free_provider_is_known(address: str, free: bool) -> None:
    assert is_free(address) is free


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Léchevin, prénom Hugues", "Hugues Léchevin"),
        ("mon nom de famille est Merci, prénom Jean : Jean Merci", "Jean Merci"),
        ("mon prénom est Hugues, mon nom Léchevin", "Hugues Léchevin"),
        ("Sawadogo / Kaboré Aïssata", "Sawadogo / Kaboré Aïssata"),
        ("Ghislain Morlighem. Euh, soyons honnêtes : je ne suis plus échevin depuis décembre", "Ghislain Morlighem"),
        ("J. P. Dumont", "J. P. Dumont"),
    ],
)
def test_a_name_is_read_out_of_what_stands_around_it(text: str, name: str) -> None:
    assert read_name(text) == Reading(name)
