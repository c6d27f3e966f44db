"""Everybody can use it: with the keyboard alone, by ear, at any zoom, in any colours."""

from __future__ import annotations

import pytest
from playwright.sync_api import Playwright, expect
from support.browser import NARROW, PHONE, ZOOMED, Visit, launched
from support.served_site import BUDGET, ServedSite

from .conftest import Begin

APPEARANCES = {
    "narrow": NARROW,
    "zoomed": ZOOMED,
    "dark": {"color_scheme": "dark"},
    "forced-colours": {"forced_colors": "active"},
    "forced-colours-narrow": NARROW | {"forced_colors": "active", "color_scheme": "dark"},
    "calm": {"reduced_motion": "reduce"},
}
LEAST_PX = 24
SPACING = "* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }"
"""The spacing of WCAG 1.4.12."""


def press(visit: Visit, *keys: str) -> str:
    """Press keys one after the other; return what has the focus then."""
    for key in keys:
        visit.page.keyboard.press(key)
    return visit.focus


# --- by keyboard ----------------------------------------------------------------------------------------------------------


def test_a_question_and_everything_around_it_by_keyboard_alone(begin: Begin, site: ServedSite) -> None:
    visit = begin(site.address).go("/demonstration")
    while press(visit, "Tab") != visit.launcher.inner_text():
        assert visit.focus != "BODY", "the button was never reached"
    assert press(visit, "Enter") == "Votre message"
    visit.page.keyboard.type("Quel est le budget ?")
    visit.page.keyboard.press("Enter")
    assert visit.answer_after(1) == BUDGET
    assert visit.focus == "Votre message"
    back = [press(visit, "Shift+Tab") for _ in range(9)]
    assert back[:4] == ["Les résultats", "Les secteurs par pays", "Copier la réponse et sa source", "Réponse inutile"]
    assert back[4] == "Réponse utile"
    assert back[5].startswith("Source")
    assert back[6:] == ["Mes données", "Vie privée (nouvel onglet)", "Conversation"]
    assert [press(visit, "Tab") for _ in range(8)][-1] == "Les résultats"
    assert press(visit, "Enter") == "Votre message"
    assert visit.answer_after(2) == "Vous dites : Les résultats"


def test_escape_closes_what_is_open_one_after_the_other_and_the_focus_returns(begin: Begin, site: ServedSite) -> None:
    visit = begin(site.address).open()
    visit.page.get_by_role("button", name="Options").focus()
    assert press(visit, "Enter") == "Nouvelle conversation"
    assert press(visit, "Escape") == "Options"
    expect(visit.panel).to_be_visible()
    assert press(visit, "Escape") == visit.launcher.inner_text()
    expect(visit.panel).to_be_hidden()


def test_escape_closes_the_word_of_a_judgement_before_the_panel(begin: Begin, site: ServedSite) -> None:
    visit = begin(site.address).open()
    visit.ask("Quel est le budget ?")
    visit.page.get_by_role("button", name="Réponse utile").click()
    word = visit.page.get_by_label("Un mot d’explication")
    word.focus()
    assert press(visit, "Escape") == "Réponse utile"
    expect(word).to_have_count(0)
    expect(visit.panel).to_be_visible()


def test_escape_is_first_for_a_dialog_of_the_page(begin: Begin, site: ServedSite) -> None:
    visit = begin(site.address).open()
    visit.page.evaluate("document.body.append(Object.assign(document.createElement('dialog'), { id: 'own', innerHTML: '<input>' }))")
    visit.page.evaluate("document.querySelector('#own').showModal()")
    press(visit, "Escape")
    expect(visit.page.locator("#own")).to_be_hidden()
    expect(visit.panel).to_be_visible()
    press(visit, "Escape")
    expect(visit.panel).to_be_hidden()


def test_escape_takes_the_question_of_a_new_conversation_back(begin: Begin, site: ServedSite) -> None:
    visit = begin(site.address).open()
    visit.ask("bonjour")
    visit.page.get_by_role("button", name="Options").click()
    visit.page.get_by_role("button", name="Nouvelle conversation").click()
    assert press(visit, "Escape") == "Votre message"
    assert visit.page.get_by_role("button", name="Commencer").count() == 0
    expect(visit.panel).to_be_visible()


def test_the_options_close_when_one_goes_on(begin: Begin, site: ServedSite) -> None:
    visit = begin(site.address).open()
    for leave in (lambda: visit.field.click(), lambda: visit.page.locator("cic-assistant .head h2").click()):
        visit.page.get_by_role("button", name="Options").click()
        expect(visit.page.locator("cic-assistant .options")).to_be_visible()
        leave()
        expect(visit.page.locator("cic-assistant .options")).to_be_hidden()


def test_shortcuts_of_the_page_take_no_letter_that_is_typed_here(begin: Begin, site: ServedSite) -> None:
    visit = begin(site.address).open()
    visit.page.evaluate("document.addEventListener('keydown', (event) => { if (!event.target.matches('input')) event.preventDefault(); })")
    visit.page.keyboard.type("les secteurs / s")
    expect(visit.field).to_have_value("les secteurs / s")


def test_over_the_page_the_wheel_moves_the_page(begin: Begin, site: ServedSite) -> None:
    visit = begin(site.address).go("/")
    visit.page.get_by_role("group", name="Réponses proposées").wait_for()
    visit.page.locator("cic-assistant .log").hover()
    visit.page.mouse.wheel(0, 900)
    visit.page.wait_for_function("() => scrollY > 200")


def test_escape_uncovers_the_page_when_the_focus_is_under_the_panel(begin: Begin, site: ServedSite) -> None:
    visit = begin(site.address).open()
    visit.page.get_by_role("link").first.focus()
    where = visit.focus
    assert press(visit, "Escape") == where
    expect(visit.panel).to_be_hidden()


def test_beside_the_page_the_panel_is_no_trap_and_before_it_nothing_behind_is_reached(begin: Begin, site: ServedSite) -> None:
    wide = begin(site.address).open()
    reached = {press(wide, "Tab") for _ in range(40)}
    assert "BODY" in reached or wide.page.get_by_role("link").first.inner_text() in reached
    phone = begin(site.address, **PHONE).open()
    behind = set(phone.page.evaluate("[...document.querySelectorAll('a')].map((link) => link.textContent)"))
    assert len(behind) > 3
    assert not behind & {press(phone, "Tab") for _ in range(40)}


def test_a_narrower_window_keeps_the_conversation_and_the_focus(begin: Begin, site: ServedSite) -> None:
    visit = begin(site.address).open()
    visit.ask("Quel est le budget ?")
    visit.page.set_viewport_size({"width": 390, "height": 700})
    visit.page.wait_for_function("() => document.querySelector('cic-assistant').shadowRoot.querySelector('.panel').offsetHeight === 700")
    assert visit.panel.bounding_box() == {"x": 0, "y": 0, "width": 390, "height": 700}
    assert visit.focus == "Votre message"


def test_enter_sends_and_shift_enter_makes_a_line(begin: Begin, site: ServedSite) -> None:
    visit = begin(site.address).open()
    visit.field.fill("Bonjour,")
    press(visit, "Shift+Enter")
    visit.page.keyboard.type("merci")
    expect(visit.field).to_have_value("Bonjour,\nmerci")
    press(visit, "Enter")
    assert visit.answer_after(1) == "Vous dites : Bonjour, merci"


def test_a_reload_takes_no_focus_and_on_a_phone_keeps_the_panel_open(begin: Begin, site: ServedSite) -> None:
    visit = begin(site.address).open()
    visit.ask("bonjour")
    visit.page.reload()
    expect(visit.turns).to_have_count(3)
    assert visit.page.evaluate("document.activeElement === document.body")
    phone = begin(site.address, **PHONE).open()
    phone.page.reload()
    expect(phone.panel).to_be_visible()


def test_on_a_phone_the_next_page_is_not_covered(begin: Begin, site: ServedSite) -> None:
    phone = begin(site.address, **PHONE).open()
    phone.go("/demonstration?suite")
    phone.launcher.wait_for()
    expect(phone.panel).to_be_hidden()


# --- by ear ---------------------------------------------------------------------------------------------------------------


def test_an_answer_is_spoken_once_with_its_source_and_choices_and_ones_own_words_are_not(begin: Begin, site: ServedSite) -> None:
    visit = begin(site.address).open()
    visit.ask("Quel est le budget ?")
    visit.page.wait_for_timeout(600)
    spoken = [said for said in visit.spoken if said not in {"L’assistant répond…"}]
    assert spoken == [
        BUDGET.replace("\u202f", " "),
        "Source : « C’est combien ? », mise à jour le 15 mars 2016.",
        "Réponses proposées : Les secteurs par pays, Les résultats.",
    ]


def test_nothing_is_spoken_again_after_a_reload(begin: Begin, site: ServedSite) -> None:
    visit = begin(site.address).open()
    visit.ask("Quel est le budget ?")
    visit.page.reload()
    expect(visit.turns).to_have_count(3)
    visit.page.wait_for_timeout(500)
    assert visit.spoken == []


def test_what_was_spoken_does_not_stand_twice_for_who_reads_on(begin: Begin, site: ServedSite) -> None:
    visit = begin(site.address)
    visit.page.clock.install()
    visit.open()
    visit.ask("Quel est le budget ?")
    visit.page.clock.run_for(20_000)
    assert visit.page.locator("cic-assistant").aria_snapshot().count("enveloppe totale") == 1


def test_an_error_is_spoken(begin: Begin, site: ServedSite) -> None:
    visit = begin(site.address).open()
    for _ in range(2):
        visit.say("  ")
        visit.wait_for_status("Écrivez votre message")
    assert visit.spoken == 2 * ["Écrivez votre message, puis envoyez-le."]


def test_another_language_is_marked_where_it_is_shown_and_where_it_is_spoken(begin: Begin, site: ServedSite) -> None:
    visit = begin(site.address).open()
    visit.ask("what is it")
    assert visit.page.locator("cic-assistant [lang=en]").all_inner_texts() == ["I only answer in French.", "I only answer in French."]


def test_read_as_text_a_conversation_has_names_roles_and_order(begin: Begin, site: ServedSite) -> None:
    visit = begin(site.address).open()
    visit.ask("Quel est le budget ?")
    expect(visit.page.get_by_role("dialog", name="La coopération à Val-aux-Tilleuls")).to_match_aria_snapshot("""
      - dialog:
        - heading [level=2]
        - button "Options"
        - button "Fermer l’assistant"
        - log "Conversation":
          - paragraph:
            - text: /programme informatique/
            - link /Vie privée/
            - button "Mes données"
          - list:
            - listitem:
              - paragraph: Assistant
              - paragraph: /Bonjour/
            - listitem:
              - paragraph: Vous
              - paragraph: Quel est le budget ?
            - listitem:
              - paragraph: Assistant
              - paragraph: /enveloppe totale/
              - group: /Source/
              - group "Cette réponse vous est-elle utile ?":
                - button "Réponse utile"
                - button "Réponse inutile"
              - button "Copier la réponse et sa source"
              - group "Réponses proposées":
                - button "Les secteurs par pays"
                - button "Les résultats"
        - status
        - text: Votre message
        - textbox "Votre message"
        - button "Envoyer"
    """)


# --- by eye ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("appearance", APPEARANCES)
def test_it_is_whole_in_every_appearance(begin: Begin, site: ServedSite, appearance: str) -> None:
    visit = begin(site.address, **APPEARANCES[appearance]).open()
    visit.ask("Quel est le budget ?")
    visit.source.click()
    visit.check(f"{appearance}-reponse")
    visit.ask("Je voudrais participer")
    visit.ask("awa.ndiaye@commune.example")
    visit.check(f"{appearance}-recapitulatif")
    inline = begin(site.address, **APPEARANCES[appearance]).go("/")
    inline.ask("Quel est le budget ?")
    inline.check(f"{appearance}-page")


def test_at_400_percent_the_field_and_the_answer_can_be_reached(begin: Begin, site: ServedSite) -> None:
    visit = begin(site.address, **ZOOMED).open()
    visit.ask("Quel est le budget ?")
    for part in (visit.turns.last.locator(".text"), visit.field):
        part.scroll_into_view_if_needed()
        expect(part).to_be_in_viewport(ratio=0.3)


def test_magnified_with_two_fingers_the_panel_keeps_its_size(begin: Begin, site: ServedSite) -> None:
    visit = begin(site.address, **PHONE).open()
    before = visit.panel.evaluate("(node) => node.offsetHeight")
    visit.page.context.new_cdp_session(visit.page).send("Emulation.setPageScaleFactor", {"pageScaleFactor": 2})
    visit.page.wait_for_function("() => visualViewport.scale > 1.9")
    visit.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")  # the page has heard of it
    assert visit.panel.evaluate("(node) => node.offsetHeight") == before


def test_with_a_touch_keyboard_over_the_window_the_field_can_be_reached(begin: Begin, site: ServedSite) -> None:
    visit = begin(site.address, **PHONE).open()
    visit.ask("Quel est le budget ?")
    visit.page.evaluate("Object.defineProperty(visualViewport, 'height', { get: () => 260 })")
    visit.page.evaluate("visualViewport.dispatchEvent(new Event('resize'))")
    visit.field.scroll_into_view_if_needed()
    box = visit.field.bounding_box()
    assert box
    assert box["y"] + box["height"] <= 260


@pytest.mark.parametrize("options", [{}, NARROW], ids=["wide", "narrow"])
def test_with_more_space_between_letters_words_and_lines_nothing_is_cut(begin: Begin, site: ServedSite, options: dict[str, object]) -> None:
    visit = begin(site.address, **options).open()
    visit.page.evaluate(_SPACE_OUT, SPACING)
    visit.ask("Quel est le budget ?")
    visit.check(f"espacement-{'etroit' if options else 'large'}")
    assert visit.page.evaluate(_CUT) == []


def test_everything_to_press_is_large_enough(begin: Begin, site: ServedSite) -> None:
    visit = begin(site.address, **PHONE).open()
    visit.ask("Quel est le budget ?")
    targets = visit.page.locator("cic-assistant").locator("button, summary, input, textarea").locator("visible=true").all()
    assert len(targets) > 8
    for target in targets:
        box = target.bounding_box()
        inline = target.evaluate("(node) => node.classList.contains('plain')")
        assert box
        assert inline or min(box["width"], box["height"]) >= LEAST_PX, target.inner_text()


@pytest.mark.parametrize("path", ["/", "/demonstration"])
def test_lying_on_its_side_a_phone_shows_it_whole(begin: Begin, site: ServedSite, path: str) -> None:
    visit = begin(site.address, **(PHONE | {"viewport": {"width": 760, "height": 360}})).go(path)
    if path != "/":
        visit.launcher.click()
    visit.ask("Quel est le budget ?")
    visit.check(f"couche-{'page' if path == '/' else 'panneau'}")
    visit.field.scroll_into_view_if_needed()
    expect(visit.field).to_be_in_viewport(ratio=1)


def test_letters_twice_as_large_by_the_setting_of_the_browser_cut_nothing(site: ServedSite, playwright: Playwright) -> None:
    with launched(playwright, "--blink-settings=defaultFontSize=32") as browser:
        visit = Visit.begin(browser, site.address).open()
        visit.ask("Quel est le budget ?")
        assert visit.turns.last.locator(".text").evaluate("(node) => getComputedStyle(node).fontSize") == "32px"
        visit.check("lettres-200-pour-cent")
        assert visit.page.evaluate(_CUT) == []
        visit.end()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_borders_of_what_one_uses_stand_out(begin: Begin, site: ServedSite, scheme: str) -> None:
    visit = begin(site.address, color_scheme=scheme).open()
    visit.ask("Quel est le budget ?")
    for part in ("#field", ".choices button", ".panel"):
        assert visit.page.locator(f"cic-assistant {part}").first.evaluate(_BORDER) >= 3, part
    plain = begin(site.address, color_scheme=scheme, java_script_enabled=False).go("/")
    for part in ("textarea", "form button"):
        assert plain.page.locator(part).first.evaluate(_BORDER) >= 3, part


def test_the_button_at_the_corner_gives_way_to_what_has_the_focus_under_it(begin: Begin, site: ServedSite) -> None:
    visit = begin(site.address).go("/demonstration")
    visit.page.evaluate(_UNDER_THE_BUTTON)
    visit.page.get_by_role("button", name="x", exact=True).focus()
    assert visit.launcher.evaluate("(node) => getComputedStyle(node).opacity") == "0"
    visit.launcher.focus()
    assert visit.launcher.evaluate("(node) => getComputedStyle(node).opacity") == "1"


def test_with_reduced_motion_nothing_moves(begin: Begin, site: ServedSite) -> None:
    site.rasa.delay = 3
    visit = begin(site.address, reduced_motion="reduce").open()
    visit.say("bonjour")
    visit.wait_for_status("L’assistant répond")
    assert (
        visit.page.evaluate("document.getAnimations().length + document.querySelector('cic-assistant').shadowRoot.getAnimations().length")
        == 0
    )
    visit.answer_after(1)


_SPACE_OUT = """(css) => {
  const root = document.querySelector("cic-assistant").shadowRoot;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
  document.adoptedStyleSheets = [sheet];
}"""
_BORDER = """(node) => {
  const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const luminance = (colour) => {
    const linear = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    const [r, g, b] = channels(colour).slice(0, 3).map((v) => linear(v / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (at) => {
    for (; at; at = at.parentElement || at.getRootNode().host) {
      const colour = getComputedStyle(at).backgroundColor;
      if (channels(colour)[3] !== 0) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const around = ground(node.parentElement || node.getRootNode().host);
  const [high, low] = [luminance(getComputedStyle(node).borderTopColor), luminance(around)].sort((a, b) => b - a);
  return (high + 0.05) / (low + 0.05);
}"""
_UNDER_THE_BUTTON = """() => {
  const box = document.querySelector("cic-assistant").shadowRoot.querySelector(".launcher").getBoundingClientRect();
  const small = document.createElement("button");
  small.textContent = "x";
  Object.assign(small.style, { position: "fixed", left: `${box.left + 20}px`, top: `${box.top + 10}px`, width: "20px", height: "20px" });
  document.body.append(small);
}"""
_CUT = """() => [...document.querySelector("cic-assistant").shadowRoot.querySelectorAll("button, .text, .status p, h2")]
  .filter((node) => node.getClientRects().length && (node.scrollWidth > node.clientWidth + 1 || node.scrollHeight > node.clientHeight + 1))
  .map((node) => node.outerHTML.slice(0, 120))"""
