"""The public pages in a browser: readable by everybody, whole at 320 px, and working without JavaScript."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from support.browser import NARROW, PHONE, ZOOMED
from support.served_site import BUDGET, ServedSite

from .conftest import Begin

PAGES = {
    "accueil": "/",
    "vie-privee": "/vie-privee",
    "accessibilite": "/accessibilite",
    "integrer": "/integrer",
    "demonstration": "/demonstration",
}
APPEARANCES = {
    "clair": {},
    "sombre": {"color_scheme": "dark"},
    "320": NARROW,
    "400-pour-cent": ZOOMED,
    "couleurs-forcees": {"forced_colors": "active"},
}


@pytest.mark.parametrize("appearance", APPEARANCES)
@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_whole_and_axe_finds_nothing(begin: Begin, site: ServedSite, name: str, appearance: str) -> None:
    visit = begin(site.address, **APPEARANCES[appearance]).go(PAGES[name])
    visit.page.wait_for_load_state("networkidle")
    visit.check(f"page-{name}-{appearance}")


def test_the_page_of_an_address_that_does_not_exist_is_one_of_ours(begin: Begin, site: ServedSite) -> None:
    visit = begin(site.address).go("/nulle-part")
    visit.expected = ["404"]
    visit.check("page-404")
    visit.page.get_by_role("link", name="accueil").first.click()
    expect(visit.page).to_have_url(f"{site.address}/")


def test_nothing_jumps_when_the_assistant_starts(begin: Begin, site: ServedSite) -> None:
    visit = begin(site.address)
    visit.page.add_init_script(_SHIFTS)
    visit.go("/")
    visit.page.get_by_role("group", name="Réponses proposées").wait_for()
    assert visit.page.evaluate("window.shifted") < 0.1


_SHIFTS = """
window.shifted = 0;
new PerformanceObserver((list) => { for (const entry of list.getEntries()) window.shifted += entry.value; })
  .observe({ type: "layout-shift", buffered: true });
"""


def test_the_source_of_an_answer_leads_to_the_fact_on_the_page(begin: Begin, site: ServedSite) -> None:
    visit = begin(site.address).go("/")
    visit.ask("Quel est le budget ?")
    visit.source.click()
    visit.page.get_by_role("link", name="Lire ce point").click()
    expect(visit.page).to_have_url(f"{site.address}/#combien.total")
    expect(visit.page.locator("[id='combien.total']")).to_be_in_viewport()
    assert visit.said[-1] == BUDGET


def test_the_first_link_skips_to_the_content(begin: Begin, site: ServedSite) -> None:
    visit = begin(site.address).go("/vie-privee")
    visit.page.keyboard.press("Tab")
    visit.page.keyboard.press("Enter")
    assert visit.page.evaluate("document.activeElement.matches('main')")


@pytest.mark.parametrize("options", [{}, PHONE], ids=["desktop", "phone"])
def test_without_javascript_one_reads_asks_and_makes_a_request(begin: Begin, site: ServedSite, options: dict[str, object]) -> None:
    visit = begin(site.address, java_script_enabled=False, **options).go("/")
    visit.page.get_by_label("Votre message").fill("Quel est le budget ?")
    visit.page.get_by_role("button", name="Envoyer").click()
    expect(visit.page.locator("main")).to_contain_text(BUDGET)
    visit.picture(f"sans-javascript-{'telephone' if options else 'bureau'}", whole=True)
    visit.page.get_by_role("button", name="Les résultats").click()
    expect(visit.page.locator("main")).to_contain_text("Vous dites : Les résultats")
    visit.page.get_by_label("Votre message").fill("Je voudrais participer")
    visit.page.get_by_role("button", name="Envoyer").click()
    expect(visit.page.get_by_label("Votre adresse e-mail")).to_have_attribute("type", "email")
    visit.page.reload()
    assert [message for message, _ in site.rasa.asked] == ["Quel est le budget ?", "Les résultats", "Je voudrais participer"]
