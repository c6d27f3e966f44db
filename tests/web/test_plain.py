"""The conversation without JavaScript: what a browser alone sends, and the page that it gets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
from reading import Element, read, unlabelled
from sqlalchemy import text
from support.played_site import SOURCE, OpenSite, Site, say

from bot.privacy import promise
from bot.rasa_client import NotReadyError, Reply
from bot.storage import ERASE, MASK, Database
from bot.web import bodies

pytestmark = pytest.mark.anyio

BUTTONS = [{"title": "Et au Bénin ?", "value": "le secteur du Bénin"}, {"title": "Le budget", "value": "budget"}]
ASKED = {
    "nom": ("text", "name"),
    "email": ("email", "email"),
    "telephone": ("tel", "tel"),
    "fonction": ("text", "organization-title"),
    "commune": ("text", "address-level2"),
    "pays": ("text", "country-name"),
    "profil": ("text", "off"),
    "partenaire_de": ("text", "off"),
    "confirmation": ("text", "off"),
    "consentement": ("text", "off"),
}
"""By what is asked: type and autocomplete of the input."""


async def send(site: Site, message: str, **more: str) -> httpx.Response:
    return await site.client.post("/question", data={"message": message, **more})


async def sent(site: Site, message: str, **more: str) -> Element:
    response = await send(site, message, **more)
    assert response.status_code == 200
    return read(response.text)


def fields(form: Element) -> dict[str, str]:
    """What a browser would send of it, but for the buttons."""
    return {each.attributes["name"]: each.attributes.get("value", each.text) for each in form.all("input", "textarea")}


def said(page: Element) -> list[tuple[str, str]]:
    """Who said what, in order."""
    told: list[tuple[str, str]] = []
    for block in page.all("div", class_="said"):
        told += [(block.one("p", class_="who").text, words.text) for words in block.all("p", class_="text")]
    return told


async def answer_next(site: Site, page: Element, message: str) -> Element:
    """Write into the form of the page and send it."""
    return await sent(site, **{**fields(page.one("form", class_="message")), "message": message})


def errors(metrics: str) -> list[str]:
    return [line for line in metrics.splitlines() if line.startswith("cic_errors_total{") and not line.endswith(" 0.0")]


# --- A conversation ---


async def test_a_question_is_answered_with_its_source_and_a_link_to_the_fact(site: Site) -> None:
    site.rasa.replies = [say("Le Programme dispose de 8 100 000 €.\nSur trois ans.", source=SOURCE)]
    start = read((await site.client.get("/")).text)
    page = await answer_next(site, start, "quel budget ?")
    assert said(page) == [("Vous", "quel budget ?"), ("Assistant", "Le Programme dispose de 8 100 000 €.\nSur trois ans.")]
    source = page.one("p", class_="source")
    assert "C'est combien ?" in source.text
    assert "15 mars 2016" in source.text
    assert [link.attributes["href"] for link in source.all("a")] == ["/#combien.total"]
    assert page.one(id="derniere").one("p", class_="text").text.startswith("Le Programme")


async def test_the_page_is_well_formed(site: Site) -> None:
    site.rasa.replies = [say("Bonjour.", buttons=BUTTONS), say("Votre nom ?", asks="nom")]
    page = await sent(site, "bonjour")
    for shown in (page, await answer_next(site, page, "je suis échevine")):
        found = [element.attributes["id"] for element in shown.all() if "id" in element.attributes]
        assert len(set(found)) == len(found)
        assert len(shown.all("h1")) == 1
        assert unlabelled(shown) == []
        assert {form.attributes["action"] for form in shown.all("form")} == {"/question#derniere"}
        assert shown.all("script", "style") == []


async def test_the_conversation_goes_on_in_the_same_session(site: Site) -> None:
    page = await sent(site, "bonjour")
    page = await answer_next(site, page, "et ensuite ?")
    assert [text for who, text in said(page) if who == "Vous"] == ["bonjour", "et ensuite ?"]
    assert len({conversation for conversation, _, _ in site.rasa.asked}) == 1
    assert len(page.one("ol", class_="turns").all("li")) == 2


async def test_the_last_answer_alone_is_where_the_browser_goes(site: Site) -> None:
    page = await answer_next(site, await sent(site, "un"), "deux")
    assert page.one(id="derniere").one("p", class_="text").text == "Vous dites : deux"


async def test_a_proposed_answer_is_sent_by_its_button(site: Site) -> None:
    site.rasa.replies = [say("Bonjour.", buttons=BUTTONS)]
    page = await sent(site, "bonjour")
    choices = page.one("form", class_="choices")
    buttons = choices.all("button", type="submit", name="message")
    assert [(button.text, button.attributes["value"]) for button in buttons] == [(each["title"], each["value"]) for each in BUTTONS]
    page = await sent(site, **{**fields(choices), "message": buttons[0].attributes["value"]})
    assert said(page)[2:] == [("Vous", "le secteur du Bénin"), ("Assistant", "Vous dites : le secteur du Bénin")]
    assert page.all("form", class_="choices") == [], "only the latest turn proposes answers"


async def test_a_reload_sends_the_same_message_and_it_is_handled_once(site: Site) -> None:
    form = {**fields(read((await site.client.get("/")).text).one("form")), "message": "bonjour"}
    first, again = await sent(site, **form), await sent(site, **form)
    assert said(first) == said(again) == [("Vous", "bonjour"), ("Assistant", "Vous dites : bonjour")]
    assert len(site.rasa.asked) == 1


async def test_a_form_that_is_sent_again_with_another_text_says_something_else(site: Site) -> None:
    form = fields(read((await site.client.get("/")).text).one("form"))
    await sent(site, **{**form, "message": "un"})
    page = await sent(site, **{**form, "message": "un peu mieux"})
    assert [text for who, text in said(page) if who == "Vous"] == ["un", "un peu mieux"]


@pytest.mark.parametrize(("where", "heeded"), [("same-origin", True), ("none", True), ("cross-site", False), ("same-site", False)])
async def test_a_form_of_another_site_puts_nobody_into_a_conversation_of_its_choice(site: Site, where: str, heeded: bool) -> None:
    session = await site.session()
    form = {"message": "secret", "session": session, "id": "1"}
    response = await site.client.post("/question", data=form, headers={"Sec-Fetch-Site": where})
    assert response.status_code == 200
    history = await site.client.get("/api/chat/history", headers={"Authorization": f"Bearer {session}"})
    assert ("secret" in history.text) == heeded


async def test_every_form_has_an_id_of_its_own(site: Site) -> None:
    site.rasa.replies = [say("Bonjour.", buttons=BUTTONS)] * 2
    forms = [form for _ in range(2) for form in (await sent(site, "bonjour")).all("form")]
    assert len({fields(form)["id"] for form in forms}) == len(forms) == 4


async def test_a_message_sent_again_from_an_older_page_shows_all_that_was_said_since(site: Site) -> None:
    form = {**fields(read((await site.client.get("/")).text).one("form")), "message": "un"}
    await answer_next(site, await sent(site, **form), "deux")
    assert [text for who, text in said(await sent(site, **form)) if who == "Vous"] == ["un", "deux"]


async def test_a_request_is_made_from_the_first_word_to_the_reference(site: Site) -> None:
    steps: list[tuple[str, Reply, str]] = [
        ("je veux participer", say("Quelle est votre fonction ?", asks="fonction"), "organization-title"),
        ("échevine", say("Quelle commune ?", asks="commune"), "address-level2"),
        ("Namur", say("Votre nom ?", asks="nom"), "name"),
        ("Claire Dumont", say("Votre adresse ?", asks="email"), "email"),
        ("claire@commune.example", say("Un numéro ?", asks="telephone", buttons=[{"title": "Non", "value": "non"}]), "tel"),
        ("non", say("L'objet ?", asks="objet"), "off"),
        ("un partenariat", say("Est-ce exact ?", asks="confirmation"), "off"),
        ("oui", say("Acceptez-vous ?", asks="consentement"), "off"),
        ("j'accepte", say("Merci. Référence CIC-2026-7K4M9Q.", outcome="qualified"), "off"),
    ]
    site.rasa.replies = [reply for _, reply, _ in steps]
    page = read((await site.client.get("/")).text)
    for message, _, autocomplete in steps:
        page = await answer_next(site, page, message)
        assert page.one(id="message").attributes["autocomplete"] == autocomplete
    assert [message for _, message, _ in site.rasa.asked] == [message for message, _, _ in steps]
    assert said(page)[-1] == ("Assistant", "Merci. Référence CIC-2026-7K4M9Q.")
    assert site.mail_worker.notified == 1


@pytest.mark.parametrize(("asks", "expected"), ASKED.items(), ids=ASKED)
async def test_the_field_is_of_the_kind_that_is_asked_for(site: Site, asks: str, expected: tuple[str, str]) -> None:
    site.rasa.replies = [say("Votre réponse ?", asks=asks)]
    page = await sent(site, "bonjour")
    message = page.one(id="message")
    assert (message.tag, message.attributes["type"], message.attributes["autocomplete"]) == ("input", *expected)
    assert "novalidate" in page.one("form", class_="message").attributes, "« annuler » is no address, and may be sent"


@pytest.mark.parametrize("asks", [None, "objet", "something new"])
async def test_a_free_text_has_several_lines(site: Site, asks: str | None) -> None:
    site.rasa.replies = [say("Je vous écoute.", asks=asks)]
    assert (await sent(site, "bonjour")).one(id="message").tag == "textarea"


async def test_what_was_said_with_javascript_is_shown_too(site: Site) -> None:
    session = await site.session()
    assert [text for who, text in said(await sent(site, "et ici ?", session=session)) if who == "Vous"] == ["bonjour", "et ici ?"]


async def test_a_source_of_another_edition_is_named_without_a_dead_link(site: Site) -> None:
    site.rasa.replies = [say("Autrefois.", source={**SOURCE, "fact": ["ancien.fait"], "updated": "2012-01-01"})]
    source = (await sent(site, "en 2012 ?")).one("p", class_="source")
    assert "1er janvier 2012" in source.text
    assert source.all("a") == []


async def test_whoever_comes_by_the_address_begins_at_the_start(site: Site) -> None:
    response = await site.client.get("/question")
    assert (response.status_code, response.headers["Location"]) == (303, "/")


# --- What comes from outside ---

HTML = "<script>alert(1)</script> & \"moi\" 'toi' </textarea>"


async def test_everything_from_outside_is_only_text(site: Site) -> None:
    site.rasa.replies = [say(HTML, buttons=[{"title": HTML, "value": HTML}], source={**SOURCE, "section": HTML, "page": HTML})]
    response = await send(site, HTML)
    page = read(response.text)
    assert "<script" not in response.text
    assert said(page) == [("Vous", HTML), ("Assistant", HTML)]
    assert page.one("form", class_="choices").one("button").attributes["value"] == HTML
    assert HTML in page.one("p", class_="source").text


@pytest.mark.parametrize("asks", [None, "nom"], ids=["several lines", "one line"])
async def test_what_was_refused_is_given_back_as_it_was_typed(site: Site, asks: str | None) -> None:
    site.rasa.replies = [say("Oui ?", asks=asks)]
    page = await sent(site, "bonjour")
    typed = "\n" + HTML + "a" * 2000
    response = await send(site, **{**fields(page.one("form", class_="message")), "message": typed})
    assert response.status_code == 413
    assert "<script" not in response.text
    field = read(response.text).one(id="message")
    assert field.attributes.get("value", field.text.removeprefix("\n")) == typed


@pytest.mark.parametrize("session", ["", "forged", "WyJ4IiwxXQ.forged"])
async def test_without_a_session_of_ours_the_conversation_begins_anew(site: Site, session: str) -> None:
    await sent(site, "bonjour")
    page = await sent(site, "encore", session=session)
    assert said(page) == [("Vous", "encore"), ("Assistant", "Vous dites : encore")]
    assert fields(page.one("form"))["session"] != session
    assert len({conversation for conversation, _, _ in site.rasa.asked}) == 2


REFUSED = {
    "empty": ({"message": " \n"}, 422),
    "no message": ({"x": "y"}, 422),
    "too long": ({"message": "a" * 2001}, 413),
    "id too long": ({"message": "bonjour", "id": "x" * 101}, 422),
    "body too long": ({"message": "bonjour", "x": "a" * 70_000}, 413),
    "too many fields": ({f"x{number}": "y" for number in range(30)}, 400),
}


@pytest.mark.parametrize(("form", "status"), REFUSED.values(), ids=REFUSED)
async def test_a_refusal_is_the_same_page_with_a_sentence(site: Site, form: dict[str, str], status: int) -> None:
    session = await site.session()
    response = await site.client.post("/question", data={**form, "session": session})
    assert response.status_code == status
    page = read(response.text)
    alert = page.one("p", role="alert")
    assert alert.text.strip().endswith((".", "?"))
    assert alert == page.one(id="derniere"), "the browser goes to the sentence"
    assert page.one(id="message").attributes["aria-describedby"] == alert.one("span").attributes["id"]
    assert len(site.rasa.asked) == 1, "only what began the conversation was handled"
    if "x" not in form and "x0" not in form:
        assert said(page)[0] == ("Vous", "bonjour")
        assert fields(page.one("form"))["session"] == session
        assert fields(page.one("form"))["message"].strip() == form["message"].strip()
    assert errors((await site.client.get("/metrics")).text) == ['cic_errors_total{kind="bad_input"} 1.0']


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data; boundary=x", "text/plain", ""])
async def test_only_a_plain_form_is_read(site: Site, kind: str) -> None:
    response = await site.client.post("/question", content=b"message=bonjour", headers={"Content-Type": kind})
    assert response.status_code == 415
    assert read(response.text).one("p", role="alert").text
    assert site.rasa.asked == []


async def test_a_form_with_its_alphabet_named_is_read(site: Site) -> None:
    body = urlencode({"message": "où et à qui ?"})
    kind = {"Content-Type": "Application/X-WWW-Form-URLencoded; charset=UTF-8"}
    assert (await site.client.post("/question", content=body, headers=kind)).status_code == 200
    assert site.rasa.asked[0][1] == "où et à qui ?"


async def test_bytes_that_are_no_text_are_refused(site: Site) -> None:
    kind = {"Content-Type": bodies.FORM}
    for body in (b"message=%FF%FE", b"message=\xff\xfe"):
        assert (await site.client.post("/question", content=body, headers=kind)).status_code == 400


async def test_a_form_that_never_ends_is_not_waited_for(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "BODY_SECONDS", 0.05)

    async def slow() -> AsyncIterator[bytes]:
        yield b"message="
        await asyncio.sleep(5)
        yield b"bonjour"

    response = await site.client.post("/question", content=slow(), headers={"Content-Type": bodies.FORM})
    assert response.status_code == 408


# --- When it cannot be answered ---


async def test_pages_and_api_share_the_limit_of_messages(open_site: OpenSite) -> None:
    async with open_site(rate_limit=2) as site:
        page = await sent(site, "un")
        await site.chat("deux")
        response = await send(site, **{**fields(page.one("form")), "message": "trois"})
        assert (response.status_code, response.headers["Retry-After"]) == (429, "60")
        refused = read(response.text)
        assert "60 secondes" in refused.one("p", role="alert").text
        assert refused.one(id="message").text.strip() == "trois"
        assert said(refused)[0] == ("Vous", "un")
        site.clock.advance(seconds=60)
        assert said(await answer_next(site, refused, "trois"))[-1] == ("Assistant", "Vous dites : trois")


async def test_while_rasa_is_away_the_message_stays_in_the_field(site: Site) -> None:
    site.rasa.replies = [NotReadyError(("rasa",))]
    response = await send(site, "quel budget ?")
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
    page = read(response.text)
    assert "pas disponible" in page.one("p", role="alert").text
    assert page.one(id="message").text.strip() == "quel budget ?"
    assert said(await answer_next(site, page, "quel budget ?"))[-1] == ("Assistant", "Vous dites : quel budget ?")


async def test_while_the_database_is_away_too(open_site: OpenSite, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    async with open_site(database=Database(f"sqlite:///{tmp_path / 'folder'}")) as site:
        response = await send(site, "quel budget ?")
        page = read(response.text)
        assert response.status_code == 503
        assert page.one(id="message").text.strip() == "quel budget ?"
        assert errors((await site.client.get("/metrics")).text) == ['cic_errors_total{kind="storage"} 1.0']


async def test_an_answer_that_could_not_be_kept_is_shown_all_the_same(site: Site) -> None:
    site.rasa.gate = asyncio.Event()
    answered = asyncio.create_task(sent(site, "quel budget ?"))
    while not site.rasa.asked:
        await asyncio.sleep(0.01)
    with site.database.begin() as connection:
        connection.execute(text("DROP TABLE turns"))
    site.rasa.gate.set()
    assert said(await answered) == [("Vous", "quel budget ?"), ("Assistant", "Vous dites : quel budget ?")]


async def promising(site: Site, page: Element, kind: str, message: str) -> Element:
    """Send a message in whose turn the action server promises to forget the conversation."""
    site.rasa.gate = asyncio.Event()
    asked = len(site.rasa.asked)
    site.rasa.replies = [say("C'est entendu.")]
    answered = asyncio.create_task(answer_next(site, page, message))
    while len(site.rasa.asked) == asked:
        await asyncio.sleep(0.01)
    promise(site.database, site.rasa.asked[-1][0], kind, site.clock.now)
    site.rasa.gate.set()
    return await answered


async def test_the_answer_to_an_erasure_is_shown_alone(site: Site) -> None:
    page = await promising(site, await sent(site, "bonjour"), ERASE, "effacez mes données")
    assert said(page) == [("Vous", "effacez mes données"), ("Assistant", "C'est entendu.")]
    assert page.one(id="derniere")
    assert [text for who, text in said(await answer_next(site, page, "bonjour")) if who == "Vous"] == ["bonjour"]


async def test_what_was_masked_is_shown_masked_and_once(site: Site) -> None:
    site.rasa.replies = [say("Votre nom ?", asks="nom"), say("Votre adresse ?", asks="email")]
    page = await answer_next(site, await sent(site, "je suis échevine"), "Claire Dumont")
    page = await promising(site, page, MASK, "laissez tomber")
    assert [text for who, text in said(page) if who == "Assistant"] == ["Votre nom ?", "Votre adresse ?", "C'est entendu."]
    assert "Claire" not in page.text
