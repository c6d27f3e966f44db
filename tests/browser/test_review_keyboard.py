"""The review by keyboard alone: going through lists, judging, undoing, choosing an entry; and when keys do nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Locator, expect
from support.browser import NARROW, Visit
from support.played_site import CONTENT
from support.reviewer import add_account, session_of, store_conversation
from support.served_site import ServedSite

from bot.review.accounts import Accounts
from bot.review.judging import Judging
from bot.review.model import UNKNOWN, Role
from bot.review.worklist import PAGE
from bot.storage import accounts, conversations, exchanges, judgements, utc_now
from bot.web.review.sessions import COOKIE, Sessions

from .conftest import Begin

Arrive = Callable[..., Visit]
"""Store a conversation of these exchanges and open a page as a reviewer: `arrive([{…}], path)`."""
LOOKS: dict[str, dict[str, Any]] = {"light": {}, "dark": {"color_scheme": "dark"}, "narrow": NARROW}
AZERTY_THREE = {"key": '"', "code": "Digit3"}


@pytest.fixture
def arrive(begin: Begin, site: ServedSite) -> Arrive:
    def arrived(said: list[dict[str, Any]], path: str = "/revue/messages", **options: Any) -> Visit:
        with site.database.begin() as connection:
            for table in (judgements, exchanges, conversations, accounts):
                connection.execute(table.delete())
        store_conversation(site.database, "c1", said, utc_now())
        add_account(site.database, "Ines", Role.ANNOTATEUR, utc_now())
        cookie = session_of(Sessions(site.settings.secret(), utc_now), Accounts(site.database, utc_now), "Ines")
        visit = begin(site.address, **options)
        visit.page.context.add_cookies([{"name": COOKIE, "value": cookie, "url": f"{site.address}/revue"}])
        return visit.go(path)

    return arrived


@pytest.fixture
def judged(site: ServedSite) -> Callable[[], dict[str, str]]:
    """What is said of the messages now: verdicts by the number of the message."""
    judging = Judging(site.database, utc_now, lambda: CONTENT.labels)
    return lambda: {message.removeprefix("c1-"): row["verdict"] for message, row in judging.active("c1").items()}


def press(visit: Visit, *keys: str) -> None:
    for key in keys:
        visit.page.keyboard.press(key)


def current(visit: Visit) -> Locator:
    """The item that has the focus, and that is marked."""
    return visit.page.locator("[data-item][data-current]:focus-within, [data-item][data-current]:focus")


def three() -> list[dict[str, Any]]:
    return [{"said": f"question {number}", "confidence": number / 10, "outcome": UNKNOWN} for number in (1, 2, 3)]


Judged = Callable[[], dict[str, str]]


def test_one_goes_up_and_down_a_list_and_opens_what_is_there(arrive: Arrive) -> None:
    visit = arrive(three())
    for key, text in [("j", "question 1"), ("j", "question 2"), ("J", "question 3"), ("j", "question 3"), ("k", "question 2")]:
        press(visit, key)
        expect(current(visit)).to_contain_text(text)
    press(visit, "Enter")
    visit.page.wait_for_url("**/revue/conversations/c1#m-2")
    expect(current(visit)).to_contain_text("question 2")


def test_a_number_judges_and_the_next_message_is_looked_at(arrive: Arrive, judged: Judged) -> None:
    visit = arrive(three())
    press(visit, "j", "1")
    expect(current(visit)).to_contain_text("question 2")
    press(visit, "5")
    expect(current(visit)).to_contain_text("question 3")
    assert judged() == {"1": "juste", "2": "ignorer"}
    assert [said for said in visit.spoken if "jugé" in said] == ["Message jugé : Juste.", "Message jugé : Ignorer."]
    visit.check("review-judged")


def test_u_takes_back_the_latest_judgement_first(arrive: Arrive, judged: Judged) -> None:
    visit = arrive(three())
    press(visit, "j", "1")
    expect(current(visit)).to_contain_text("question 2")
    press(visit, "3")
    expect(current(visit)).to_contain_text("question 3")
    press(visit, "u")
    expect(current(visit)).to_contain_text("question 2")
    assert judged() == {"1": "juste"}
    press(visit, "u")
    expect(current(visit)).to_contain_text("question 1")
    assert judged() == {}


def test_the_digits_of_an_azerty_keyboard_need_no_shift(arrive: Arrive, judged: Judged) -> None:
    visit = arrive(three())
    press(visit, "j")
    visit.page.evaluate(
        "(init) => document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { ...init, bubbles: true }))", AZERTY_THREE
    )
    expect(current(visit)).to_contain_text("question 2")
    assert judged() == {"1": "nouveau_fait"}


@pytest.mark.parametrize("name", LOOKS)
def test_another_entry_is_searched_and_chosen(arrive: Arrive, judged: Judged, name: str) -> None:
    visit = arrive(three(), **LOOKS[name])
    press(visit, "j", "2")
    expect(visit.page.locator(".choose")).to_be_focused()
    press(visit, "/")
    visit.page.keyboard.type("MAROC secteur")
    found = visit.page.get_by_role("list", name="Entrées trouvées").get_by_role("button")
    expect(found.first).to_contain_text("Le secteur au Maroc")
    visit.check(f"review-choice-{name}")
    press(visit, "Tab", "Tab", "Enter")
    expect(visit.page.locator(".judged")).to_contain_text("Autre entrée : Le secteur au Maroc")
    expect(current(visit)).to_contain_text("question 2")
    assert judged() == {"1": "autre"}


def test_a_candidate_is_chosen_by_its_number_and_the_choice_closes_with_escape(arrive: Arrive, judged: Judged) -> None:
    visit = arrive(three())
    choice = visit.page.locator(".choose")
    press(visit, "j", "6", "2")
    expect(choice).to_be_focused()
    press(visit, "/", "Escape")
    expect(choice).to_be_focused()
    press(visit, "Escape")
    expect(choice).to_have_count(0)
    expect(current(visit)).to_contain_text("question 1")
    press(visit, "2")
    expect(choice).to_be_focused()
    press(visit, "7")
    expect(visit.page.locator(".judged")).to_contain_text("Le budget des communes bruxelloises")
    assert judged() == {"1": "autre"}


def test_ticked_messages_are_judged_together_and_taken_back_together(arrive: Arrive, judged: Judged) -> None:
    visit = arrive(three())
    press(visit, "j", "x", "j", "j", "x")
    visit.check("review-bulk")
    press(visit, "5")
    expect(visit.page.locator(".notice")).to_contain_text("2 messages jugés.")
    visit.page.wait_for_load_state()
    assert judged() == {"1": "ignorer", "3": "ignorer"}
    press(visit, "u")
    expect(visit.page.locator(".notice")).to_have_count(0)
    assert judged() == {}


def test_a_box_that_is_unticked_unticks_the_one_of_the_page(arrive: Arrive) -> None:
    visit = arrive([{}], "/revue")
    whole, one = visit.page.get_by_label("Cocher toute la page"), visit.page.locator("[data-check]")
    whole.check()
    expect(one).to_be_checked()
    one.uncheck()
    expect(whole).not_to_be_checked()


@pytest.mark.parametrize("path", ["/revue", "/revue/messages"])
def test_enter_in_a_box_leaves_it_ticked_and_sends_nothing(arrive: Arrive, judged: Judged, path: str) -> None:
    visit = arrive(three(), path)
    box = visit.page.locator("[data-check]").first
    box.check()
    sent: list[str] = []
    visit.page.on("request", lambda request: sent.append(request.method))
    box.press("Enter")
    visit.page.locator("[data-check-all]").press("Enter")
    expect(box).to_be_checked()
    assert "POST" not in sent
    assert judged() == {}


def test_one_comes_back_to_the_conversation_from_which_one_went(arrive: Arrive, site: ServedSite) -> None:
    visit = arrive(three())
    store_conversation(site.database, "sms:+32 1 é", [{"said": "another"}], utc_now() - timedelta(hours=1))
    visit.go("/revue")
    press(visit, "j", "j")
    expect(current(visit)).to_contain_text("another")
    press(visit, "Enter")
    visit.page.wait_for_url("**/revue/conversations/**")
    press(visit, "r")
    visit.page.wait_for_url("**/revue#c-*")
    expect(current(visit)).to_contain_text("another")


@pytest.mark.parametrize("width", [820, 1000])
def test_the_header_has_two_lines_on_a_small_screen(arrive: Arrive, width: int) -> None:
    visit = arrive(three(), viewport={"width": width, "height": 800})
    name, account, nav = (visit.page.locator(f"header.desk {part}").bounding_box() for part in (".name", ".who", "nav"))
    assert name is not None
    assert account is not None
    assert nav is not None
    assert nav["y"] >= max(name["y"] + name["height"], account["y"] + account["height"]) - 1
    assert account["y"] < name["y"] + name["height"]
    tops = {round(link.bounding_box()["y"]) for link in visit.page.locator("header.desk nav a").all()}  # type: ignore[index]
    assert len(tops) == 1
    visit.check(f"review-header-{width}")


def test_the_list_goes_on_with_its_next_page(arrive: Arrive) -> None:
    visit = arrive([{"said": f"question {number}", "confidence": number / 1000} for number in range(1, PAGE + 3)])
    visit.page.locator("[data-item]").last.focus()
    press(visit, "j")
    expect(current(visit)).to_contain_text(f"question {PAGE + 1}")
    expect(visit.page.locator("[data-item]")).to_have_count(2)


def test_a_transcript_is_judged_by_the_same_keys(arrive: Arrive, judged: Judged) -> None:
    visit = arrive(three(), "/revue/conversations/c1#m-2")
    expect(current(visit)).to_contain_text("question 2")
    press(visit, "4")
    expect(current(visit)).to_contain_text("question 3")
    expect(visit.page.locator("#m-2 .judged")).to_contain_text("Hors sujet")
    assert judged() == {"2": "hors_sujet"}
    press(visit, "u")
    expect(visit.page.locator("#m-2 .judged")).to_have_count(0)
    press(visit, "r")
    visit.page.wait_for_url("**/revue#c-c1")


def test_what_is_refused_is_told_where_it_was_asked(arrive: Arrive, judged: Judged) -> None:
    visit = arrive([{"said": "écrivez à [effacé]"}])
    visit.expected.append("422")
    press(visit, "j", "4")
    expect(visit.page.locator("[data-item] .fault")).to_contain_text("réécrivez l’exemple")
    assert judged() == {}
    assert "réécrivez" in visit.spoken[-1]


def test_keys_do_nothing_in_a_field_nor_with_another_key_held(arrive: Arrive, judged: Judged) -> None:
    visit = arrive(three())
    press(visit, "j", "2")
    expect(visit.page.locator(".choose")).to_be_focused()
    example = visit.page.get_by_label("Exemple à apprendre")
    example.fill("")
    visit.page.keyboard.type("j1u?x5")
    expect(example).to_have_value("j1u?x5")
    press(visit, "Escape", "Escape", "Alt+1", "Control+5", "Meta+3")
    expect(current(visit)).to_contain_text("question 1")
    assert judged() == {}


def test_the_keys_are_explained_and_can_be_switched_off_for_good(arrive: Arrive, judged: Judged) -> None:
    visit = arrive(three())
    press(visit, "?")
    dialog = visit.page.get_by_role("dialog", name="Raccourcis du clavier")
    expect(dialog).to_be_visible()
    visit.check("review-help")
    press(visit, "j", "Escape")
    expect(dialog).to_be_hidden()
    expect(current(visit)).to_have_count(0)
    visit.page.get_by_role("button", name="Raccourcis du clavier").click()
    dialog.get_by_label("Raccourcis d’une seule touche").uncheck()
    dialog.get_by_role("button", name="Fermer").click()
    for _ in range(2):
        press(visit, "j", "1", "?")
        expect(visit.page.locator("[data-current]")).to_have_count(0)
        expect(dialog).to_be_hidden()
        visit.page.reload()
    assert judged() == {}
    visit.page.get_by_role("button", name="Raccourcis du clavier").click()
    dialog.get_by_label("Raccourcis d’une seule touche").check()
    dialog.get_by_role("button", name="Fermer").click()
    press(visit, "j")
    expect(current(visit)).to_contain_text("question 1")


def test_all_of_it_works_without_javascript(arrive: Arrive, judged: Judged) -> None:
    visit = arrive(three(), java_script_enabled=False)
    first = visit.page.locator("[data-item]").first
    first.get_by_role("link", name="Autre entrée").click()
    visit.page.get_by_label("Chercher une autre entrée").fill("secteur maroc")
    visit.page.get_by_role("button", name="Chercher", exact=True).click()
    visit.page.get_by_role("button", name="Le secteur au Maroc").click()
    visit.page.wait_for_url("**/revue/messages")
    expect(visit.page.locator(".asked")).to_have_text(["question 2", "question 3"])
    assert judged() == {"1": "autre"}
