"""Each state of the assistant: what is said in it, that nothing is sent twice or lost, that axe finds nothing."""

from __future__ import annotations

import re
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Route, expect
from support.browser import DESKTOP, PHONE, Visit
from support.served_site import BUDGET, ServedSite

from bot.web.fields import FIELDS

from .conftest import Begin

SIZES = {"desktop": DESKTOP, "phone": PHONE}
GONE = ["net::ERR", "Failed to load resource"]
"""What the browser says of a server that is away, or refuses."""


@pytest.mark.parametrize("size", SIZES)
def test_closed_open_answered_form_recap_and_refusal(begin: Begin, site: ServedSite, size: str) -> None:
    visit = begin(site.address, **SIZES[size]).go("/demonstration")
    visit.check(f"{size}-ferme")
    visit.launcher.click()
    visit.page.get_by_role("group", name="Réponses proposées").wait_for()
    visit.check(f"{size}-ouvert")
    assert visit.ask("Quel est le budget ?") == BUDGET
    visit.source.click()
    visit.check(f"{size}-reponse")
    visit.ask("Je voudrais participer")
    visit.check(f"{size}-formulaire")
    visit.ask("awa.ndiaye@commune.example")
    visit.check(f"{size}-recapitulatif")
    visit.ask("Je suis un particulier")
    visit.check(f"{size}-refus")
    visit.page.get_by_role("button", name="Options").click()
    visit.check(f"{size}-options")


def test_it_says_what_it_is_and_how_long_messages_are_kept_before_the_first_one(begin: Begin, site: ServedSite) -> None:
    visit = begin(site.address).open()
    notice = visit.page.locator("cic-assistant .notice")
    expect(notice).to_contain_text("programme informatique")
    expect(notice).to_contain_text("365 jours")
    expect(notice.get_by_role("link", name="Vie privée")).to_have_attribute("href", f"{site.address}/vie-privee")
    assert site.rasa.asked == []


def test_the_field_becomes_what_is_asked_for_and_keeps_the_focus(begin: Begin, site: ServedSite) -> None:
    visit = begin(site.address).open()
    kinds = []
    for message in ("bonjour", "participer", "téléphone ?", "merci"):
        visit.ask(message)
        kinds.append((visit.focus, *(visit.field.get_attribute(name) for name in ("type", "autocomplete"))))
    assert kinds == [
        ("Votre message", None, "off"),
        ("Votre adresse e-mail", "email", "email"),
        ("Votre numéro de téléphone", "tel", "tel"),
        ("Votre message", None, "off"),
    ]


@pytest.mark.parametrize("asks", FIELDS)
def test_it_asks_as_the_form_without_javascript_does(begin: Begin, site: ServedSite, asks: str) -> None:
    visit = begin(site.address)
    answer = {"session": "s", "messages": [_plain("Et ensuite ?")], "asks": asks}
    visit.page.route("**/api/chat", lambda route: route.fulfill(json=answer))
    visit.open()
    visit.ask("participer")
    assert (visit.focus, visit.field.get_attribute("autocomplete")) == (FIELDS[asks].label, FIELDS[asks].autocomplete)


def test_what_is_typed_while_the_answer_comes_is_kept_and_waits(begin: Begin, site: ServedSite) -> None:
    site.rasa.delay = 2
    visit = begin(site.address).open()
    visit.say("premier")
    visit.say("second")
    visit.wait_for_status("n’a pas encore de réponse")
    expect(visit.field).to_have_value("second")
    visit.answer_after(1)
    assert [message for message, _ in site.rasa.asked] == ["premier"]


def test_a_slow_answer_is_told_after_a_while(begin: Begin, site: ServedSite) -> None:
    site.rasa.delay = 10
    visit = begin(site.address).open()
    visit.say("Quel est le budget ?")
    visit.wait_for_status("L’assistant répond")
    visit.check("etat-attente")
    visit.wait_for_status("plus de temps que d’habitude")
    visit.check("etat-lent")
    assert visit.answer_after(1) == BUDGET
    assert visit.status.inner_text() == ""


def test_an_assistant_that_starts_says_so_and_takes_the_message_when_it_is_ready(begin: Begin, site: ServedSite) -> None:
    site.rasa.away = ("rasa",)
    visit = begin(site.address).open()
    visit.expected = GONE
    visit.wait_for_status("L’assistant démarre. Vous pouvez déjà écrire")
    visit.check("etat-demarrage")
    visit.say("Quel est le budget ?")
    visit.wait_for_status("Votre message partira dès qu’il sera prêt")
    site.rasa.away = ()
    assert visit.answer_after(1) == BUDGET
    assert len(site.rasa.asked) == 1


def test_who_only_waits_is_told_when_it_is_ready(begin: Begin, site: ServedSite) -> None:
    site.rasa.away = ("rasa",)
    visit = begin(site.address).open()
    visit.expected = GONE
    visit.wait_for_status("L’assistant démarre")
    site.rasa.away = ()
    visit.wait_for_status("L’assistant est prêt.")


def test_a_message_written_offline_leaves_when_the_connection_is_back_and_once(begin: Begin, site: ServedSite) -> None:
    visit = begin(site.address)
    visit.page.clock.install()  # it stands still: only the connection that comes back wakes the message
    visit.open()
    visit.expected = GONE
    visit.page.context.set_offline(True)
    visit.say("Quel est le budget ?")
    visit.wait_for_status("Vous êtes hors connexion")
    visit.check("etat-hors-connexion")
    visit.page.clock.pause_at(visit.page.evaluate("Date.now() + 60_000"))
    visit.wait_for_status("Vous êtes hors connexion")
    visit.page.context.set_offline(False)
    assert visit.answer_after(1) == BUDGET
    assert [message for message, _ in site.rasa.asked] == ["Quel est le budget ?"]
    assert visit.mine == ["Quel est le budget ?"]


def test_an_answer_that_is_lost_on_the_way_is_asked_for_again_and_given_once(begin: Begin, site: ServedSite) -> None:
    visit = begin(site.address).open()
    visit.expected = GONE
    lost: list[str] = []

    def lose_the_first(route: Route) -> None:
        answer = route.fetch()
        if lost:
            route.fulfill(response=answer)
        else:
            lost.append(answer.text())
            route.abort()

    visit.page.route("**/api/chat", lose_the_first)
    assert visit.ask("Quel est le budget ?") == BUDGET
    assert len(site.rasa.asked) == 1
    assert BUDGET in lost[0]
    assert len(visit.said) == 3


def fail(begin: Begin, site: ServedSite) -> Visit:
    """A visit in which a message was given up."""
    visit = begin(site.address)
    visit.page.clock.install()
    visit.open()
    visit.expected = GONE
    visit.page.route("**/api/chat", lambda route: route.abort())
    visit.say("Quel est le budget ?")
    for _ in range(8):
        visit.page.wait_for_timeout(50)
        visit.page.clock.run_for(31_000)
    visit.wait_for_status("Votre message est resté sans réponse")
    return visit


def test_when_nothing_helps_the_person_may_try_again_and_the_message_is_handled_once(begin: Begin, site: ServedSite) -> None:
    visit = fail(begin, site)
    expect(visit.turns.last).to_have_class(re.compile("unsent"))
    visit.check("etat-echec")
    visit.page.unroute("**/api/chat")
    visit.page.get_by_role("button", name="Réessayer").click()
    assert visit.answer_after(1) == BUDGET
    expect(visit.turns.nth(1)).not_to_have_class(re.compile("unsent"))
    assert len(site.rasa.asked) == 1


def test_a_refused_message_comes_back_to_be_corrected(begin: Begin, site: ServedSite) -> None:
    visit = begin(site.address).open()
    visit.expected = GONE
    answer = {"status": 422, "json": {"error": "Votre message ne peut pas être lu."}}
    visit.page.route("**/api/chat", lambda route: route.fulfill(**answer))
    visit.say("message étrange")
    visit.wait_for_status("Votre message ne peut pas être lu.")
    expect(visit.field).to_have_value("message étrange")
    expect(visit.field).to_have_attribute("aria-invalid", "true")
    assert visit.mine == []
    visit.check("etat-message-refuse")
    visit.page.unroute("**/api/chat")
    assert visit.ask("bonjour") == "Vous dites : bonjour"
    expect(visit.field).not_to_have_attribute("aria-invalid", "true")


@pytest.mark.parametrize(("typed", "told"), [("   ", "Écrivez votre message"), ("x" * 2001, "dépasse 2")], ids=["empty", "too long"])
def test_what_cannot_be_sent_is_told_before_it_is(begin: Begin, site: ServedSite, typed: str, told: str) -> None:
    visit = begin(site.address).open()
    visit.say(typed)
    visit.wait_for_status(told)
    expect(visit.field).to_have_value(typed)
    assert site.rasa.asked == []


def test_too_many_messages_are_told_and_the_last_leaves_by_itself(begin: Begin, tmp_path: Path) -> None:
    with closing(ServedSite(tmp_path, rate_limit=2)) as site:
        visit = begin(site.address)
        visit.page.clock.install()
        visit.open()
        visit.expected = GONE
        visit.ask("un")
        visit.ask("deux")
        visit.say("trois")
        told = visit.wait_for_status("Vous avez envoyé beaucoup de messages")
        assert int(re.findall(r"dans (\d+) s", told)[0]) > 50
        visit.check("etat-trop-de-messages")
        assert visit.page.get_by_role("button", name="Réessayer").count() == 0
        visit.page.clock.run_for(40_000)
        assert visit.status.inner_text() == told
        site.ahead = timedelta(seconds=61)
        visit.page.clock.run_for(21_000)
        assert visit.answer_after(3) == "Vous dites : trois"
        assert [message for message, _ in site.rasa.asked] == ["un", "deux", "trois"]


def _plain(text: str) -> dict[str, object]:
    return {"id": "m", "text": text, "buttons": [], "source": None}


def test_after_a_failure_another_message_takes_nothing_away(begin: Begin, site: ServedSite) -> None:
    visit = fail(begin, site)
    visit.say("Autre chose")
    visit.page.clock.run_for(100)
    visit.wait_for_status("n’a pas encore de réponse")
    assert "resté sans réponse" in visit.status.inner_text()
    visit.page.unroute("**/api/chat")
    visit.page.get_by_role("button", name="Réessayer").click()
    assert visit.answer_after(1) == BUDGET
    expect(visit.field).to_have_value("Autre chose")
    assert len(site.rasa.asked) == 1


@pytest.mark.parametrize("body", [{}, {"messages": None}, {"messages": [{}], "session": "s"}, {"messages": "x"}, []], ids=str)
def test_an_answer_that_is_none_is_asked_for_again(begin: Begin, site: ServedSite, body: object) -> None:
    visit = begin(site.address).open()
    answers = [body]
    visit.page.route("**/api/chat", lambda route: route.fulfill(json=answers.pop()) if answers else route.continue_())
    assert visit.ask("Quel est le budget ?") == BUDGET
    assert visit.mine == ["Quel est le budget ?"]


def test_a_first_contact_that_is_refused_may_be_tried_again_by_writing(begin: Begin, site: ServedSite) -> None:
    visit = begin(site.address)
    visit.expected = GONE
    visit.page.route("**/api/session", lambda route: route.fulfill(status=403, json={"error": "Pas maintenant."}))
    visit.open()
    visit.wait_for_status("Pas maintenant.")
    visit.page.get_by_role("button", name="Réessayer").wait_for()
    visit.page.unroute("**/api/session")
    assert visit.ask("Quel est le budget ?") == BUDGET


def test_who_is_about_to_try_again_keeps_the_focus_while_it_tries_by_itself(begin: Begin, site: ServedSite) -> None:
    visit = begin(site.address).open()
    visit.expected = GONE
    visit.page.route("**/api/chat", lambda route: route.abort())
    visit.say("Quel est le budget ?")
    visit.page.get_by_role("button", name="Réessayer").focus()
    visit.page.wait_for_timeout(4_000)
    assert visit.focus == "Réessayer"
    visit.page.unroute("**/api/chat")
    assert visit.answer_after(1) == BUDGET
    assert visit.focus == "Votre message"


def test_a_server_that_names_the_seconds_is_given_them(begin: Begin, site: ServedSite) -> None:
    visit = begin(site.address)
    visit.page.clock.install()
    visit.open()
    visit.expected = GONE
    attempts: list[str] = []

    def refuse(route: Route) -> None:
        attempts.append(route.request.url)
        route.fulfill(status=503, json={"error": "Pas prêt."}, headers={"Retry-After": "20"})

    visit.page.route("**/api/chat", refuse)
    visit.say("Quel est le budget ?")
    visit.wait_for_status("L’assistant démarre")
    visit.page.clock.run_for(19_000)
    assert len(attempts) == 1
    visit.page.clock.run_for(2_000)
    visit.page.wait_for_timeout(200)
    assert len(attempts) == 2


def test_a_new_conversation_ends_what_is_under_way_and_keeps_nothing(begin: Begin, site: ServedSite) -> None:
    site.rasa.delay = 2
    visit = begin(site.address).open()
    visit.say("premier")
    visit.field.fill("à moitié écrit")
    visit.page.get_by_role("button", name="Options").click()
    visit.page.get_by_role("button", name="Nouvelle conversation").click()
    visit.page.get_by_role("button", name="Commencer").click()
    visit.page.wait_for_timeout(3_000)
    assert len(visit.said) == 1
    expect(visit.field).to_have_value("")
    site.rasa.delay = 0
    assert visit.ask("second") == "Vous dites : second"


def test_a_page_that_the_browser_kept_takes_up_what_happened_meanwhile(begin: Begin, site: ServedSite) -> None:
    visit = begin(site.address).open()
    visit.ask("Je suis Awa Ndiaye")
    visit.page.evaluate("Object.keys(sessionStorage).forEach((key) => sessionStorage.setItem(key, JSON.stringify({ open: true })))")
    visit.page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    expect(visit.turns).to_have_count(1)
    assert visit.ask("bonjour") == "Vous dites : bonjour"


def test_a_conversation_that_expired_in_the_middle_is_told_and_begun_anew(begin: Begin, site: ServedSite) -> None:
    visit = begin(site.address).open()
    visit.ask("Je voudrais participer")
    visit.page.evaluate(_FORGE)
    visit.say("bonjour")
    visit.wait_for_status("La conversation précédente avait expiré")
    assert visit.mine == ["bonjour"]
    assert visit.said[-1] == "Vous dites : bonjour"


_FORGE = """() => Object.entries(sessionStorage).forEach(([key, kept]) => {
  sessionStorage.setItem(key, JSON.stringify({ ...JSON.parse(kept), session: "forged" }));
})"""


def test_an_answer_that_comes_while_it_is_closed_is_told_at_the_button(begin: Begin, site: ServedSite) -> None:
    site.rasa.delay = 2
    visit = begin(site.address).open()
    visit.say("Quel est le budget ?")
    visit.page.get_by_role("button", name="Fermer l’assistant").click()
    expect(visit.launcher).to_have_text("Une réponse vous attend")
    assert any("enveloppe totale" in said for said in visit.spoken)
    visit.launcher.click()
    assert visit.said[-1] == BUDGET
    visit.page.get_by_role("button", name="Fermer l’assistant").click()
    expect(visit.launcher).to_have_text("Poser une question")


def test_closed_it_stays_closed_on_the_next_page(begin: Begin, site: ServedSite) -> None:
    visit = begin(site.address).open()
    visit.page.get_by_role("button", name="Fermer l’assistant").click()
    visit.page.reload()
    visit.launcher.wait_for()
    expect(visit.panel).to_be_hidden()


def test_while_a_word_is_composed_enter_sends_nothing(begin: Begin, site: ServedSite) -> None:
    visit = begin(site.address).open()
    visit.field.fill("ni hao")
    visit.field.evaluate("(node) => node.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', isComposing: true, bubbles: true }))")
    assert visit.mine == []


def test_what_is_typed_stays_when_the_field_becomes_another(begin: Begin, site: ServedSite) -> None:
    site.rasa.delay = 1
    visit = begin(site.address).open()
    visit.say("Je voudrais participer")
    visit.field.fill("awa@")
    visit.answer_after(1)
    assert (visit.focus, visit.field.input_value()) == ("Votre adresse e-mail", "awa@")


def test_moved_in_the_page_it_stays_whole_and_removed_it_lets_go(begin: Begin, site: ServedSite) -> None:
    visit = begin(site.address, **PHONE).open()
    visit.ask("Quel est le budget ?")
    visit.page.evaluate("document.body.prepend(document.querySelector('cic-assistant'))")
    expect(visit.answers).to_have_count(2)
    assert visit.page.evaluate("document.querySelector('cic-assistant').shadowRoot.querySelector('dialog').matches(':modal')")
    visit.page.evaluate("document.querySelector('cic-assistant').remove()")
    assert visit.page.evaluate("dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', cancelable: true }))")


def test_a_server_that_goes_and_comes_back_loses_nothing(begin: Begin, site: ServedSite) -> None:
    visit = begin(site.address).open()
    visit.expected = GONE
    visit.ask("bonjour")
    site.stop()
    visit.say("Quel est le budget ?")
    visit.wait_for_status("n’est pas joignable pour l’instant")
    visit.check("etat-injoignable")
    site.start()
    assert visit.answer_after(2) == BUDGET
    assert [message for message, _ in site.rasa.asked] == ["bonjour", "Quel est le budget ?"]


def test_a_page_that_is_opened_while_the_server_is_away_begins_when_it_is_back(begin: Begin, site: ServedSite) -> None:
    visit = begin(site.address).go("/demonstration")
    visit.expected = GONE
    site.stop()
    visit.launcher.click()
    visit.wait_for_status("n’est pas joignable pour l’instant. Nouvel essai")
    visit.say("Quel est le budget ?")
    site.start()
    assert visit.answer_after(1) == BUDGET
    assert len(site.rasa.asked) == 1


def test_a_reload_gives_the_conversation_back_and_a_message_under_way_is_handled_once(begin: Begin, site: ServedSite) -> None:
    visit = begin(site.address).open()
    visit.ask("Je voudrais participer")
    site.rasa.delay = 2
    visit.say("awa.ndiaye@commune.example")
    visit.wait_for_status("L’assistant répond")
    visit.page.reload()
    visit.field.wait_for()
    expect(visit.turns).to_have_count(6)
    assert visit.mine == ["Je voudrais participer", "awa.ndiaye@commune.example"]
    assert [message for message, _ in site.rasa.asked] == ["Je voudrais participer", "awa.ndiaye@commune.example"]
    visit.page.get_by_role("button", name="Oui", exact=True).wait_for()


def test_a_message_whose_answer_was_lost_stands_once_after_a_reload_and_asks_what_it_asked(begin: Begin, site: ServedSite) -> None:
    visit = begin(site.address).open()
    visit.expected = GONE

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    visit.page.route("**/api/chat", lose)
    visit.say("Je voudrais participer")
    visit.wait_for_status("n’est pas joignable")
    visit.page.unroute("**/api/chat")
    visit.page.reload()
    expect(visit.turns).to_have_count(3)
    visit.page.wait_for_timeout(300)
    assert visit.mine == ["Je voudrais participer"]
    assert visit.page.locator("cic-assistant label[for=field]").inner_text() == "Votre adresse e-mail"
    assert len(site.rasa.asked) == 1


def test_a_message_that_never_left_before_a_reload_leaves_after_it(begin: Begin, site: ServedSite) -> None:
    visit = begin(site.address).open()
    visit.expected = GONE
    visit.ask("bonjour")
    visit.page.route("**/api/chat", lambda route: route.abort())
    visit.say("Quel est le budget ?")
    visit.wait_for_status("n’est pas joignable")
    visit.page.unroute("**/api/chat")
    visit.page.reload()
    visit.field.wait_for()
    expect(visit.answers).to_have_count(3)
    assert visit.said[-1] == BUDGET
    assert visit.mine == ["bonjour", "Quel est le budget ?"]


def test_a_session_that_is_no_longer_known_begins_anew(begin: Begin, site: ServedSite) -> None:
    visit = begin(site.address).open()
    visit.expected = GONE
    visit.ask("bonjour")
    visit.page.evaluate(
        "Object.keys(sessionStorage).forEach((key) => sessionStorage.setItem(key, JSON.stringify({ session: 'forged', open: true })))"
    )
    visit.page.reload()
    visit.page.get_by_role("group", name="Réponses proposées").wait_for()
    assert visit.mine == []
    assert visit.ask("Quel est le budget ?") == BUDGET


def test_a_new_conversation_is_asked_for_twice_and_the_old_one_is_gone(begin: Begin, site: ServedSite) -> None:
    visit = begin(site.address).open()
    visit.ask("Je voudrais participer")
    visit.page.get_by_role("button", name="Options").click()
    visit.page.get_by_role("button", name="Nouvelle conversation").click()
    visit.check("etat-nouvelle-conversation")
    visit.page.get_by_role("button", name="Annuler").click()
    assert visit.mine == ["Je voudrais participer"]
    visit.page.get_by_role("button", name="Options").click()
    visit.page.get_by_role("button", name="Nouvelle conversation").click()
    visit.page.get_by_role("button", name="Commencer").click()
    expect(visit.turns).to_have_count(1)
    assert visit.focus == "Votre message"
    visit.page.reload()
    visit.field.wait_for()
    assert visit.mine == []


def test_a_judgement_and_its_word_are_kept_and_come_back_after_a_reload(begin: Begin, site: ServedSite) -> None:
    visit = begin(site.address).open()
    visit.ask("Quel est le budget ?")
    visit.page.get_by_role("button", name="Réponse inutile").click()
    visit.page.get_by_label("Un mot d’explication").fill("Il manque l’année.")
    visit.check("etat-avis")
    with visit.page.expect_request("**/api/feedback") as sent:
        visit.page.get_by_label("Un mot d’explication").press("Enter")
    assert {"useful": False, "comment": "Il manque l’année."}.items() <= sent.value.post_data_json.items()
    visit.wait_for_status("Merci, votre mot est noté.")
    assert visit.focus == "Réponse inutile"
    visit.page.reload()
    expect(visit.page.get_by_role("button", name="Réponse inutile")).to_have_attribute("aria-pressed", "true")
    expect(visit.page.get_by_role("button", name="Réponse utile")).to_have_attribute("aria-pressed", "false")


def test_a_judgement_that_could_not_be_kept_is_told(begin: Begin, site: ServedSite) -> None:
    visit = begin(site.address).open()
    visit.expected = GONE
    visit.ask("Quel est le budget ?")
    visit.page.route("**/api/feedback", lambda route: route.abort())
    visit.page.get_by_role("button", name="Réponse utile").click()
    visit.wait_for_status("n’a pas pu être enregistré")
    expect(visit.page.get_by_role("button", name="Réponse utile")).to_have_attribute("aria-pressed", "false")


def test_a_judgement_that_could_not_be_changed_is_shown_as_it_is_kept(begin: Begin, site: ServedSite) -> None:
    visit = begin(site.address).open()
    visit.expected = GONE
    visit.ask("Quel est le budget ?")
    visit.page.get_by_role("button", name="Réponse utile").click()
    visit.wait_for_status("Merci")
    visit.page.route("**/api/feedback", lambda route: route.abort())
    visit.page.get_by_role("button", name="Réponse inutile").click()
    visit.wait_for_status("n’a pas pu être enregistré")
    expect(visit.page.get_by_role("button", name="Réponse utile")).to_have_attribute("aria-pressed", "true")


def test_what_is_asked_for_in_a_form_is_not_judged(begin: Begin, site: ServedSite) -> None:
    visit = begin(site.address).open()
    visit.ask("Je voudrais participer")
    assert visit.page.get_by_role("button", name="Réponse utile").count() == 0


def test_a_conversation_may_be_taken_away_as_text(begin: Begin, site: ServedSite) -> None:
    visit = begin(site.address, permissions=["clipboard-read", "clipboard-write"]).open()
    visit.ask("Quel est le budget ?")
    visit.page.get_by_role("button", name="Options").click()
    visit.page.get_by_role("button", name="Copier la conversation").click()
    visit.wait_for_status("C’est copié.")
    copied = visit.page.evaluate("navigator.clipboard.readText()")
    visit.page.get_by_role("button", name="Options").click()
    with visit.page.expect_download() as downloaded:
        visit.page.get_by_role("button", name="Télécharger la conversation").click()
    text = Path(downloaded.value.path()).read_text("utf-8-sig")
    assert text == copied
    assert downloaded.value.suggested_filename == "conversation-cic.txt"
    for part in ("Vous\u00a0: Quel est le budget ?", f"Assistant\u00a0: {BUDGET}", "mise à jour le 15 mars 2016"):
        assert part in text


def test_one_answer_may_be_taken_away_with_its_source_to_be_quoted(begin: Begin, site: ServedSite) -> None:
    visit = begin(site.address, permissions=["clipboard-read", "clipboard-write"]).open()
    visit.ask("Quel est le budget ?")
    visit.page.get_by_role("button", name="Copier la réponse et sa source").click()
    visit.wait_for_status("C’est copié.")
    answer, source = visit.page.evaluate("navigator.clipboard.readText()").split("\n")
    assert answer == BUDGET
    assert source.startswith(
        "Source\u00a0: page «\u00a0Le Programme\u00a0», rubrique «\u00a0C’est combien\u202f?\u00a0», mise à jour le 15 mars 2016."
    )
    assert source.endswith(" https://www.association.example/cic")


def test_what_is_said_of_a_connection_stays_until_it_changes(begin: Begin, site: ServedSite) -> None:
    visit = begin(site.address)
    visit.page.clock.install()
    visit.open()
    visit.expected = GONE
    visit.page.route("**/api/chat", lambda route: route.fulfill(status=429, json={"error": "Trop."}, headers={"Retry-After": "40"}))
    visit.say("Quel est le budget ?")
    told = visit.wait_for_status("Nouvel essai dans 40")
    visit.page.clock.run_for(20_000)
    assert visit.status.inner_text() == told


def test_what_is_erased_leaves_the_page_too(begin: Begin, site: ServedSite) -> None:
    visit = begin(site.address).open()
    visit.ask("Je suis Awa Ndiaye")
    answer = {"session": "s", "messages": [_plain("Tout est effacé.")], "asks": None, "erased": True}
    visit.page.route("**/api/chat", lambda route: route.fulfill(json=answer))
    visit.say("effacez mes données")
    expect(visit.turns).to_have_count(1)
    assert visit.said == ["Tout est effacé."]
    assert "Awa Ndiaye" not in visit.page.locator("cic-assistant").inner_text()
    assert visit.page.get_by_role("button", name="Réponse utile").count() == 0


def test_a_draft_comes_back_after_a_reload_and_is_gone_once_it_is_sent(begin: Begin, site: ServedSite) -> None:
    visit = begin(site.address).open()
    visit.field.type("Je voudrais sav")
    visit.page.reload()
    expect(visit.field).to_have_value("Je voudrais sav")
    visit.ask("Je voudrais savoir")
    visit.page.reload()
    visit.field.wait_for()
    expect(visit.field).to_have_value("")


def test_only_the_conversation_is_printed_and_the_page_is_as_before(begin: Begin, site: ServedSite) -> None:
    visit = begin(site.address).open()
    visit.ask("Quel est le budget ?")
    before = visit.page.evaluate("document.adoptedStyleSheets.length")
    visit.page.evaluate("window.print = () => { window.printed = true }")
    visit.page.get_by_role("button", name="Options").click()
    visit.page.get_by_role("button", name="Imprimer la conversation").click()
    assert visit.page.evaluate("window.printed")
    visit.page.emulate_media(media="print")
    assert BUDGET in visit.page.locator("body").inner_text()
    assert "Val-aux-Tilleuls" not in visit.page.locator("body").inner_text()
    visit.picture("imprime", whole=True)
    visit.page.emulate_media(media="screen")
    visit.page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert visit.page.locator("cic-transcript").count() == 0
    assert visit.page.evaluate("document.adoptedStyleSheets.length") == before


def test_text_from_anywhere_stays_text_and_only_web_addresses_are_links(begin: Begin, site: ServedSite) -> None:
    visit = begin(site.address).open()
    visit.ask('<img src=x onerror="alert(1)"> javascript:alert(1) https://www.commune.example/a?b=1.')
    assert '<img src=x onerror="alert(1)"> javascript:alert(1) https://www.commune.example/a?b=1' in visit.turns.last.inner_text()
    assert visit.turns.last.locator("img").count() == 0
    links = visit.turns.last.locator(".text a")
    assert [link.get_attribute("href") for link in links.all()] == ["https://www.commune.example/a?b=1"]
    assert links.first.get_attribute("rel") == "noopener noreferrer"
