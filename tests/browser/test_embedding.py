"""On the site of a municipality: another origin, the strictest policy, styles of other people."""

from __future__ import annotations

import re
from contextlib import closing

import pytest
from playwright.sync_api import expect
from support.browser import DESKTOP, PHONE
from support.served_site import BUDGET, MunicipalSite, ServedSite

from .conftest import Begin

COLOURS = ["#ffff00", "#000000", "#ff69b4", "#7a2e5d", "not a colour"]


def embed(municipality: MunicipalSite, site: ServedSite, attributes: str = "", head: str = "", more: str = "") -> str:
    """Put a page with the assistant on the site of the municipality; return its path."""
    path = f"/{len(municipality.pages)}"
    script = f'<script src="{site.address}/static/widget.js" {attributes} defer></script>'
    html = (
        f'<!doctype html><html lang="nl"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f'<title>Gemeente</title><link rel="icon" href="data:,">{head}{script}</head><body><main><h1>Gemeente</h1>'
        f'<p><a href="/elders">Elders</a></p>{more}</main></body></html>'
    )
    policy = f"default-src 'none'; script-src {site.address}; connect-src {site.address}; img-src data:"
    municipality.pages[path] = (html, policy + "; style-src 'unsafe-inline'" if "<style" in head else policy)
    return path


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_one_tag_is_enough_under_the_strictest_policy(
    begin: Begin, site: ServedSite, municipality: MunicipalSite, size: dict[str, object]
) -> None:
    path = embed(municipality, site, 'data-title="Vraag het ons" data-label="Een vraag" data-greeting="Goedendag." data-colour="#7a2e5d"')
    visit = begin(municipality.origin, **size).open(path)
    assert visit.ask("Quel est le budget ?") == BUDGET
    expect(visit.page.get_by_role("dialog", name="Vraag het ons")).to_be_visible()
    assert visit.said[0] == "Goedendag."
    visit.page.get_by_role("button", name="Réponse utile").click()
    visit.wait_for_status("Merci")
    visit.page.reload()
    if size == DESKTOP:
        expect(visit.turns).to_have_count(3)
    assert municipality.reports == []


def test_nothing_is_asked_of_any_other_address(begin: Begin, site: ServedSite, municipality: MunicipalSite) -> None:
    visit = begin(municipality.origin)
    asked: set[str] = set()
    visit.page.on("request", lambda request: asked.add("/".join(request.url.split("/")[:3])))
    visit.open(embed(municipality, site))
    visit.ask("Quel est le budget ?")
    assert asked == {municipality.origin, site.address}
    assert visit.page.context.cookies() == []
    assert visit.page.evaluate("localStorage.length") == 0


def test_until_it_is_opened_the_assistant_is_asked_for_nothing_but_its_script(
    begin: Begin, site: ServedSite, municipality: MunicipalSite
) -> None:
    visit = begin(municipality.origin)
    asked: list[str] = []
    visit.page.on("request", lambda request: asked.append(request.url))
    visit.go(embed(municipality, site))
    visit.launcher.wait_for()
    assert [url for url in asked if url.startswith(site.address)] == [f"{site.address}/static/widget.js"]


def test_with_the_hash_of_the_documentation_it_is_loaded_and_with_another_it_is_not(
    begin: Begin, site: ServedSite, municipality: MunicipalSite
) -> None:
    documentation = begin(site.address).go("/integrer")
    (right,) = set(re.findall(r"sha384-[A-Za-z0-9+/=]+", documentation.page.locator("main").inner_text()))
    visit = begin(municipality.origin).open(embed(municipality, site, f'integrity="{right}" crossorigin="anonymous"'))
    assert visit.ask("Quel est le budget ?") == BUDGET
    wrong = begin(municipality.origin)
    wrong.expected = ["integrity"]
    wrong.go(embed(municipality, site, 'integrity="sha384-AAAA" crossorigin="anonymous"'))
    wrong.page.wait_for_load_state("networkidle")
    assert wrong.launcher.count() == 0


def test_a_site_that_is_not_named_is_told_so_and_led_to_the_page_of_the_assistant(begin: Begin, site: ServedSite) -> None:
    with closing(MunicipalSite()) as other:
        visit = begin(other.origin).go(embed(other, site))
        visit.expected = ["CORS", "net::ERR_FAILED"]
        visit.launcher.click()
        visit.wait_for_status("n’est pas autorisé sur ce site")
        expect(visit.page.locator("cic-assistant .foot").get_by_role("link")).to_have_attribute("href", f"{site.address}/")
        visit.check("etat-non-autorise")
        assert site.rasa.asked == []


def test_a_proxy_that_answers_for_the_server_for_a_while_forbids_nothing(
    begin: Begin, site: ServedSite, municipality: MunicipalSite
) -> None:
    visit = begin(municipality.origin).go(embed(municipality, site))
    visit.expected = ["CORS", "net::ERR", "404"]
    site.stop()
    with closing(MunicipalSite(port=site.port)):
        visit.launcher.click()
        visit.wait_for_status("n’est pas autorisé sur ce site, ou ne répond pas")
    site.start()
    assert visit.ask("Quel est le budget ?") == BUDGET


@pytest.mark.parametrize("address", ["javascript:alert(1)", "nowhere:8000", "http://", ""])
def test_an_address_that_is_none_is_not_used(begin: Begin, site: ServedSite, municipality: MunicipalSite, address: str) -> None:
    visit = begin(municipality.origin).open(embed(municipality, site, f'data-address="{address}"'))
    assert visit.ask("Quel est le budget ?") == BUDGET
    assert visit.page.locator("cic-assistant a[href^='javascript:']").count() == 0


def test_words_of_the_site_are_in_the_language_of_the_site(begin: Begin, site: ServedSite, municipality: MunicipalSite) -> None:
    visit = begin(municipality.origin).open(embed(municipality, site, 'data-title="Vraag het ons" data-greeting="Goedendag."'))
    texts = ("Vraag het ons", "Goedendag.", "Votre message")
    assert [visit.page.get_by_text(text).evaluate("(node) => node.closest('[lang]').lang") for text in texts] == ["nl", "nl", "fr"]


def test_it_changes_its_colours_with_those_of_the_system(begin: Begin, site: ServedSite, municipality: MunicipalSite) -> None:
    visit = begin(municipality.origin).open(embed(municipality, site))
    visit.page.emulate_media(color_scheme="dark")
    expect(visit.panel).to_have_css("background-color", "rgb(27, 36, 41)")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("colour", COLOURS)
def test_whatever_colour_a_site_chooses_text_keeps_its_contrast(
    begin: Begin, site: ServedSite, municipality: MunicipalSite, colour: str, scheme: str
) -> None:
    visit = begin(municipality.origin, color_scheme=scheme).go(embed(municipality, site, f'data-colour="{colour}"'))
    visit.check(f"couleur-{COLOURS.index(colour)}-{scheme}-ferme", without=["landmark-complementary-is-top-level"])
    visit.launcher.click()
    visit.ask("Quel est le budget ?")
    visit.check(f"couleur-{COLOURS.index(colour)}-{scheme}")


def test_the_styles_of_the_site_change_nothing_in_the_assistant(begin: Begin, site: ServedSite, municipality: MunicipalSite) -> None:
    hostile = (
        "<style>html { font-size: 62.5% } * { color: red; text-transform: uppercase; font-family: serif; text-align: right }"
        " button, p, li { display: none; position: absolute; font-size: 3px } body { line-height: 3 }</style>"
    )
    plain = begin(municipality.origin).open(embed(municipality, site))
    styled = begin(municipality.origin).open(embed(municipality, site, head=hostile))
    for visit in (plain, styled):
        visit.ask("Quel est le budget ?")
    assert plain.panel.bounding_box() == styled.panel.bounding_box()
    styles = [visit.turns.last.locator(".text").evaluate(_LOOK) for visit in (plain, styled)]
    assert styles[0] == styles[1]


_LOOK = """(node) => Object.fromEntries(["color", "fontSize", "fontFamily", "textTransform", "textAlign", "lineHeight", "display"]
  .map((name) => [name, getComputedStyle(node)[name]]))"""


def test_a_site_may_choose_the_corner_the_theme_and_the_place(begin: Begin, site: ServedSite, municipality: MunicipalSite) -> None:
    left = begin(municipality.origin).go(embed(municipality, site, 'data-position="left" data-theme="dark"'))
    box = left.launcher.bounding_box()
    assert box
    assert box["x"] < 100
    left.launcher.click()
    assert left.panel.evaluate("(node) => getComputedStyle(node).colorScheme") == "dark"
    placed = begin(municipality.origin).go(embed(municipality, site, more='<cic-assistant mode="inline"></cic-assistant>'))
    assert placed.ask("Quel est le budget ?") == BUDGET
    assert placed.launcher.count() == 0
    assert placed.page.locator("cic-assistant").count() == 1


def test_a_browser_that_is_too_old_gets_a_link(begin: Begin, site: ServedSite, municipality: MunicipalSite) -> None:
    visit = begin(municipality.origin)
    visit.page.add_init_script("delete Document.prototype.adoptedStyleSheets")
    visit.go(embed(municipality, site))
    expect(visit.page.get_by_role("link", name="Poser une question")).to_have_attribute("href", f"{site.address}/")
