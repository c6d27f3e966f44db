"""The public pages: all that we know is there to read, every link leads somewhere, and the policy of the site holds."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from dataclasses import replace
from itertools import pairwise
from urllib.parse import urldefrag

import httpx
import pytest
from reading import Element, read, unlabelled
from support.played_site import BASE, OpenSite, Site

from bot.channel_settings import ChannelSettings, Mailbox, Telegram, Twilio
from bot.knowledge import Value
from bot.text import typeset
from bot.web.assets import STATIC, WIDGET
from bot.web.knowledge_view import sections_of

pytestmark = pytest.mark.anyio

PAGES = ["/", "/vie-privee", "/accessibilite", "/integrer", "/demonstration"]
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
JSON = {"Accept": "application/json"}
HOSTILE = ['evil.example"><script>', "evil.example/x", "evil example", "évil.example", "user@evil.example", ""]


async def page(site: Site, path: str) -> Element:
    response = await site.client.get(path)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    return read(response.text)


def ids(tree: Element) -> list[str]:
    return [element.attributes["id"] for element in tree.all() if "id" in element.attributes]


def plain(text: str) -> str:
    """On one line, its no-break spaces kept."""
    return re.sub(r"[ \n]+", " ", text).strip()


# --- What every page has ---


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_is_well_formed_and_can_be_found_through(site: Site, path: str) -> None:
    tree = await page(site, path)
    assert tree.one("html").attributes["lang"] == "fr"
    assert len(tree.all("h1")) == len(tree.all("main")) == len(tree.all("title")) == 1
    assert len(set(ids(tree))) == len(ids(tree))
    assert unlabelled(tree) == []
    skip = tree.one("a", class_="skip")
    assert skip.attributes["href"] == "#" + tree.one("main").attributes["id"]
    levels = [int(heading.tag[1]) for heading in tree.all("h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels)), "no level is left out"


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_needs_nothing_that_the_policy_forbids(site: Site, path: str) -> None:
    tree = await page(site, path)
    assert tree.all("style", "iframe", "object", "embed", "base") == []
    for element in tree.all():
        assert not [name for name in element.attributes if name.startswith("on") or name == "style"]
    for script in tree.all("script"):
        assert (script.attributes["src"], script.text) == (WIDGET, "")
    loaded = [link.attributes["href"] for link in tree.all("link")] + [image.attributes["src"] for image in tree.all("img")]
    assert loaded
    assert all(address.startswith("/static/") for address in loaded)


@pytest.mark.parametrize("path", [*PAGES, "/question", "/rien"])
async def test_links_and_anchors_lead_somewhere(site: Site, path: str) -> None:
    sent = {"data": {"message": "bonjour"}} if path == "/question" else {}
    response = await site.client.request("POST" if sent else "GET", path, headers=BROWSER, **sent)
    tree = read(response.text)
    links = [each.attributes["href"] for each in tree.all("a", "link")] + [each.attributes["src"] for each in tree.all("script")]
    assert links
    for link in links:
        address, anchor = urldefrag(link)
        if re.match(r"(https|mailto|tel):", address):
            continue
        target = await site.client.get(address) if address else response
        assert target.status_code in {200, response.status_code if not address else 200}, link
        assert not anchor or anchor in ids(read(target.text)), link


@pytest.mark.parametrize("path", ["/", "/vie-privee", "/accessibilite", "/integrer"])
async def test_the_page_where_one_is_is_marked(site: Site, path: str) -> None:
    tree = await page(site, path)
    assert [link.attributes["href"] for link in tree.all("a") if link.attributes.get("aria-current") == "page"] == [path]


@pytest.mark.parametrize("path", PAGES)
async def test_pages_are_set_in_french_typography(site: Site, path: str) -> None:
    tree = await page(site, path)
    for code in tree.all("pre", "code"):
        code.children = ["x"]
    told = [plain(text) for text in tree.text.splitlines()]
    assert [text for text in told if typeset(text) != text or "!" in text] == []


# --- What we know ---


async def test_every_phrase_of_the_base_is_read_once(site: Site) -> None:
    text = plain((await page(site, "/")).one("main").text)
    assert [phrase.id for phrase in BASE.phrases.values() if text.count(plain(phrase.text)) != 1] == []


async def test_every_fact_is_an_anchor_on_the_phrase_that_says_it(site: Site) -> None:
    tree = await page(site, "/")
    assert BASE.facts
    for phrase in BASE.phrases.values():
        for fact in phrase.facts:
            assert tree.one(id=fact.id).text == phrase.text


async def test_every_heading_is_in_the_contents_and_ends_with_its_source_and_date(site: Site) -> None:
    tree = await page(site, "/")
    sections = tree.all("section", class_="topic")
    assert [section.one("h3").text for section in sections] == list(BASE.sections.values())
    contents = tree.one("nav", class_="contents").all("a")
    assert [link.attributes["href"] for link in contents] == ["#" + section.one("h3").attributes["id"] for section in sections]
    for section in sections:
        last = [child for child in section.children if isinstance(child, Element)][-1]
        assert last.attributes["class"] == "source"
        assert section.one("h3").text in last.text
        assert BASE.edition.page in last.text
        assert last.one("time").attributes["datetime"] == BASE.edition.updated.isoformat()
        assert last.one("time").text == Value(date=BASE.edition.updated).say()
        assert [link.attributes["href"] for link in last.all("a")] == ([BASE.edition.url] if BASE.edition.url else [])


async def test_a_phrase_stands_under_the_heading_that_it_comes_from(site: Site) -> None:
    for section in (await page(site, "/")).all("section", class_="topic"):
        found = {each.attributes["id"] for each in section.all("span")}
        heading = section.one("h3").text
        assert found == {fact.id for fact in BASE.facts.values() if BASE.sections[fact.section] == heading}


def test_phrases_of_no_passage_are_shown_too() -> None:
    sections = sections_of(replace(BASE, passages=()))
    shown = [phrase.id for section in sections for paragraph in section.paragraphs for phrase in paragraph]
    assert sorted(shown) == sorted(BASE.phrases)


def test_a_heading_under_which_nothing_is_said_is_left_out() -> None:
    assert "vide" not in {section.id for section in sections_of(replace(BASE, sections={**BASE.sections, "vide": "Vide"}))}


# --- The start page ---


async def test_without_javascript_the_assistant_is_a_form(site: Site) -> None:
    tree = await page(site, "/")
    assistant = tree.one("cic-assistant")
    form = assistant.one("form")
    assert (form.attributes["method"], form.attributes["action"]) == ("post", "/question#derniere")
    fields = {each.attributes["name"]: each.attributes.get("value", "") for each in form.all("input", "textarea")}
    assert fields.keys() == {"message", "session", "id"}
    assert re.fullmatch(r"[0-9a-f]{32}", fields["id"])
    assert "maxlength" not in form.one(id="message").attributes
    history = await site.client.get("/api/chat/history", headers={"Authorization": f"Bearer {fields['session']}"})
    assert history.status_code == 200, "the session of the form is one of ours"


async def test_each_visitor_has_a_session_of_their_own(site: Site) -> None:
    sessions = {(await page(site, "/")).all("input", name="session")[0].attributes["value"] for _ in range(3)}
    assert len(sessions) == 3


@pytest.mark.parametrize("path", ["/", "/vie-privee"])
async def test_a_page_says_how_long_conversations_are_kept(open_site: OpenSite, path: str) -> None:
    async with open_site(retention_days=42) as site:
        text = (await page(site, path)).one("main").text
        assert "42 jours" in text
        assert "365" not in text


async def test_the_start_page_says_who_may_make_a_request(site: Site) -> None:
    text = plain((await page(site, "/")).one("main").text)
    for told in ("mandataire", "responsable administratif", "partenaire direct", "ouvert à tous", "votre accord", "particulier"):
        assert told in text


# --- Privacy and accessibility ---


@pytest.mark.parametrize("path", ["/vie-privee", "/accessibilite"])
async def test_who_answers_for_the_site_is_named_and_escaped(open_site: OpenSite, path: str) -> None:
    async with open_site(publisher="Union <b>fictive</b> & Cie", publisher_email="info@union.example") as site:
        tree = await page(site, path)
        assert "Union <b>fictive</b> & Cie" in tree.text
        assert tree.all("a", href="mailto:info@union.example")
        assert "n’a pas encore indiqué" not in tree.text


async def test_when_nobody_is_named_the_pages_say_so(site: Site) -> None:
    privacy = plain((await page(site, "/vie-privee")).text)
    assert "Le responsable de ce site n’a pas encore indiqué son nom" in privacy
    for path in ("/vie-privee", "/accessibilite"):
        assert "Le responsable de ce site n’a pas encore indiqué son adresse" in plain((await page(site, path)).text)


async def test_the_privacy_page_tells_rights_and_where_to_complain(open_site: OpenSite) -> None:
    async with open_site(contact_name="Awa Ndiaye") as site:
        tree = await page(site, "/vie-privee")
    told = plain(tree.one("main").text)
    for words in (
        "Awa Ndiaye",
        "que savez-vous de moi",
        "effacez mes données",
        "vingt-quatre heures",
        "[effacé]",
        "aucun cookie",
        "consentement",
    ):
        assert words in told
    assert tree.one(id="mes-donnees").tag == "h2"
    assert tree.all("a", href="https://www.autoriteprotectiondonnees.be")


async def test_the_privacy_page_names_the_messaging_channels_that_are_on(open_site: OpenSite) -> None:
    async with open_site() as site:
        alone = await page(site, "/vie-privee")
        assert not alone.all(id="messageries")
        assert not alone.all("a", href="#messageries")
    account = Twilio("AC123456789", "t", "+32455550100", "https://assistant.example")
    channels = ChannelSettings(telegram=Telegram("1:a", "secret"), whatsapp_twilio=account)
    async with open_site(channels=channels, retention_days=90) as site:
        tree = await page(site, "/vie-privee")
    told = plain(tree.one("main").text)
    assert "répond aussi par Telegram, WhatsApp (Meta, par Twilio)." in told
    assert "jusqu’à 90 jours après votre dernier message" in told
    assert "Slack" not in told
    assert tree.one("a", href="#messageries")


async def test_the_privacy_page_says_how_long_a_request_waits_for_the_person(open_site: OpenSite) -> None:
    async with open_site() as site:
        alone = plain((await page(site, "/vie-privee")).text)
    assert "ne répondez plus pendant vingt-quatre heures, rien" in alone
    mailbox = Mailbox("cic@commune.example", "imap.commune.example", "cic", "un mot de passe")
    async with open_site(channels=ChannelSettings(mailbox=mailbox)) as site:
        by_mail = plain((await page(site, "/vie-privee")).text)
    assert "pendant vingt-quatre heures (cinq jours si vous écrivez par courriel), rien" in by_mail


@pytest.mark.parametrize(
    ("days", "told"),
    [
        (1, "heures, rien"),
        (2, "heures (deux jours si vous écrivez par courriel), rien"),
        (3, "heures (trois jours si vous écrivez par courriel), rien"),
        (4, "heures (quatre jours si vous écrivez par courriel), rien"),
        (5, "heures (cinq jours si vous écrivez par courriel), rien"),
        (6, "heures (cinq jours si vous écrivez par courriel), rien"),
    ],
)
async def test_the_privacy_page_promises_no_longer_wait_than_messages_are_kept(open_site: OpenSite, days: int, told: str) -> None:
    mailbox = Mailbox("cic@commune.example", "imap.commune.example", "cic", "un mot de passe")
    async with open_site(channels=ChannelSettings(mailbox=mailbox), retention_days=days) as site:
        assert f"pendant vingt-quatre {told}" in plain((await page(site, "/vie-privee")).text)


# --- Embedding ---


async def test_the_hash_for_webmasters_is_that_of_the_bytes_that_they_get(site: Site) -> None:
    served = (await site.client.get(WIDGET)).content
    expected = base64.b64encode(hashlib.sha384(served).digest()).decode()
    assert f'integrity="sha384-{expected}"' in (await page(site, "/integrer")).text


async def test_the_snippet_names_the_public_address(open_site: OpenSite) -> None:
    async with open_site(public_url="https://assistant.commune.example") as site:
        text = (await page(site, "/integrer")).one("main").text
    assert 'src="https://assistant.commune.example/static/widget.js"' in text
    assert "script-src https://assistant.commune.example; connect-src https://assistant.commune.example" in text
    assert "http://assistant.example" not in text


@pytest.mark.parametrize("host", ["assistant.example", "localhost:8000"])
async def test_without_a_public_address_it_is_the_one_that_was_asked(site: Site, host: str) -> None:
    response = await site.client.get("/integrer", headers={"Host": host})
    assert f'src="http://{host}/static/widget.js"' in read(response.text).text


@pytest.mark.parametrize("host", HOSTILE, ids=repr)
async def test_a_hostile_host_is_not_repeated(site: Site, host: str) -> None:
    response = await site.client.get("/integrer", headers={"Host": host.encode("latin-1")})
    assert response.status_code == 200
    assert "evil" not in response.text
    assert "vil.example" not in response.text
    assert "adresse-de-l-assistant.example/static/widget.js" in response.text


async def test_every_attribute_of_the_widget_is_explained(site: Site) -> None:
    names = re.search(r"const names = (\[.*?\]);", (STATIC / "widget.js").read_text("utf-8"))
    assert names
    rows = (await page(site, "/integrer")).one("table").all("th", scope="row")
    assert {row.text for row in rows} == {f"data-{name}" for name in re.findall(r'"(\w+)"', names[1])}


async def test_the_demonstration_embeds_the_assistant_as_a_municipality_would(site: Site) -> None:
    tree = await page(site, "/demonstration")
    attributes = tree.one("script").attributes
    assert {"data-title", "data-colour", "data-position", "data-greeting", "defer"} <= attributes.keys()
    assert attributes["data-colour"] != "#1d5b79"
    assert [link.attributes["href"] for link in tree.all("link", rel="stylesheet")] == ["/static/demo.css"]
    assert "cette commune n’existe pas" in tree.text


# --- Over the wire ---


@pytest.mark.parametrize(
    ("path", "rule"), [(path, "no-store" if path in {"/", "/integrer"} else "no-cache") for path in [*PAGES, "/static/base.css"]]
)
async def test_what_holds_a_session_is_not_stored(site: Site, path: str, rule: str) -> None:
    assert (await site.client.get(path)).headers["Cache-Control"] == rule


@pytest.mark.parametrize("path", [WIDGET, "/static/base.css", "/static/icon.svg"])
async def test_a_file_that_has_not_changed_is_not_sent_again(site: Site, path: str) -> None:
    first = await site.client.get(path)
    again = await site.client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    other = await site.client.get(path, headers={"If-None-Match": '"another"'})
    assert (first.status_code, again.status_code, other.status_code) == (200, 304, 200)
    assert again.content == b""
    assert again.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("path", [*PAGES, WIDGET, "/static/base.css"])
async def test_what_is_long_is_sent_packed_to_those_who_can_unpack(site: Site, path: str) -> None:
    packed = await site.client.get(path, headers={"Accept-Encoding": "gzip"})
    unpacked = await site.client.get(path, headers={"Accept-Encoding": "identity"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert "Content-Encoding" not in unpacked.headers
    assert len(packed.text) == len(unpacked.text)


@pytest.mark.parametrize(("path", "most"), [("/", 12_000), (WIDGET, 12_000), ("/static/base.css", 4_000), ("/static/demo.css", 4_000)])
async def test_what_is_sent_is_small(site: Site, path: str, most: int) -> None:
    assert len(gzip.compress((await site.client.get(path)).content)) < most


async def test_the_widget_alone_is_readable_from_any_site(site: Site) -> None:
    asked = {"Origin": "https://www.commune.example"}
    widget = await site.client.get(WIDGET, headers=asked)
    again = await site.client.get(WIDGET, headers={**asked, "If-None-Match": widget.headers["ETag"]})
    assert (again.status_code, again.headers["Access-Control-Allow-Origin"]) == (304, "*")
    assert widget.headers["Access-Control-Allow-Origin"] == "*"
    for path in [*PAGES, "/question", "/api/chat/history", "/static/base.css", "/static/nothing.js"]:
        assert "Access-Control-Allow-Origin" not in (await site.client.get(path, headers=asked)).headers


@pytest.mark.parametrize("path", [*PAGES, "/question", WIDGET])
async def test_head_is_answered_as_get_and_other_methods_are_not(site: Site, path: str) -> None:
    assert (await site.client.head(path)).status_code == (await site.client.get(path)).status_code
    assert (await site.client.put(path)).status_code == 405
    assert (await site.client.delete(path)).status_code == 405


# --- Errors ---


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/rien", 404), ("GET", "/static/rien.css", 404), ("POST", "/vie-privee", 405)]
)
async def test_a_browser_gets_an_error_as_a_page(site: Site, method: str, path: str, status: int) -> None:
    response = await site.client.request(method, path, headers=BROWSER)
    assert response.status_code == status
    tree = read(response.text)
    assert tree.one("main").one("a").attributes["href"] == "/"
    assert tree.one("p", class_="lead").text.startswith("Cette adresse")
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/rien", JSON),
        ("/rien", {"Accept": "*/*"}),
        ("/rien", {"Accept": "application/json, text/html;q=0.5"}),
        ("/rien", {"Accept": "text/html;q=0"}),
        ("/rien", {"Accept": "text/html;q=x"}),
        ("/api/rien", BROWSER),
        ("/api", BROWSER),
    ],
    ids=str,
)
async def test_a_program_gets_an_error_as_json(site: Site, path: str, headers: dict[str, str]) -> None:
    response = await site.client.get(path, headers=headers)
    assert response.status_code == 404
    assert set(response.json()) == {"error"}


async def test_a_fault_of_ours_is_a_page_too(site: Site) -> None:
    site.rasa.replies = [RuntimeError("internal detail")]
    response = await site.client.post("/question", data={"message": "bonjour"}, headers=BROWSER)
    assert response.status_code == 500
    assert read(response.text).one("main").one("a").attributes["href"] == "/"
    assert "detail" not in response.text
    assert 'cic_errors_total{kind="internal"} 1.0' in (await site.client.get("/metrics")).text


async def test_pages_are_counted_by_their_name(site: Site) -> None:
    for path in PAGES:
        await site.client.get(path)
    lines = (await site.client.get("/metrics")).text.splitlines()
    for path in PAGES:
        assert f'cic_requests_total{{route="{path}",status="200"}} 1.0' in lines


def test_the_client_of_the_tests_unpacks_by_itself() -> None:
    assert "gzip" in httpx.Client().headers["Accept-Encoding"]
