"""The whole way with the whole assistant: a question, a request that qualifies, a refusal; with the plug pulled in the middle."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import expect
from support.assistant import WEB, Assistant
from support.browser import DESKTOP, PHONE, Visit

from .conftest import Begin

SIZES = {"desktop": DESKTOP, "phone": PHONE}
ANSWERS = {
    "Votre nom": "Awa Ndiaye",
    "Votre adresse e-mail": "awa.ndiaye@commune.example",
    "Votre numéro de téléphone": "non",
    "Votre fonction": "échevine",
    "Votre commune": "Gembloux",
    "L’objet de votre demande": "participer au Programme",
}
MOST_TURNS = 12


def fill(visit: Visit) -> str:
    """Answer whatever is asked for until consent is; return the recap."""
    for _ in range(MOST_TURNS):
        label = visit.page.locator("cic-assistant label[for=field]").inner_text()
        if label not in ANSWERS:
            break
        visit.ask(ANSWERS[label])
    return "\n".join(visit.said)


def send(visit: Visit) -> str:
    """Say yes to the recap and to the sending; return the reference of the request."""
    visit.choose("Oui")
    found = re.search(r"CIC-\d{4}-\w+", visit.choose("Oui"))
    assert found, visit.said
    return found[0]


@pytest.mark.parametrize("size", SIZES)
def test_a_question_is_answered_with_its_source(begin: Begin, assistant: Assistant, size: str) -> None:
    visit = begin(_address(assistant), **SIZES[size]).go("/")
    answer = visit.ask("Quel est le budget total du Programme ?")
    assert "8\u202f100\u202f000\u202f€" in answer
    expect(visit.turns.last.get_by_text("Source : « C’est combien ? », mise à jour le 15 mars 2016")).to_be_visible()
    visit.check(f"parcours-question-{size}")
    assert "Maroc" in visit.ask("Dans quels pays ?")


@pytest.mark.parametrize("size", SIZES)
def test_a_request_that_qualifies_is_sent_once(begin: Begin, assistant: Assistant, size: str) -> None:
    visit = begin(_address(assistant), **SIZES[size]).open()
    visit.ask("Je suis échevine à Gembloux et je voudrais que ma commune participe au Programme")
    recap = fill(visit)
    assert "Nom\u00a0: Awa Ndiaye" in recap
    visit.check(f"parcours-recapitulatif-{size}")
    reference = send(visit)
    visit.check(f"parcours-envoi-{size}")
    assert assistant.cic("leads", "--json").stdout.count(reference) == 1


@pytest.mark.parametrize("size", SIZES)
def test_a_private_person_is_declined_politely_and_still_informed(begin: Begin, assistant: Assistant, size: str) -> None:
    visit = begin(_address(assistant), **SIZES[size]).open()
    visit.ask("Je suis un simple citoyen et je voudrais participer au Programme")
    assert "autorités locales" in visit.said[-1]
    visit.check(f"parcours-refus-{size}")
    assert "Maroc" in visit.ask("Dans quels pays ?")


def test_a_reload_in_the_middle_of_a_request_goes_on_where_it_was(begin: Begin, assistant: Assistant) -> None:
    visit = begin(_address(assistant)).open()
    visit.ask("Je suis le bourgmestre de Namur et je souhaite être contacté")
    before, asked = visit.said, visit.page.locator("cic-assistant label[for=field]").inner_text()
    visit.page.reload()
    expect(visit.turns).to_have_count(len(before))
    assert visit.said == before
    assert visit.page.locator("cic-assistant label[for=field]").inner_text() == asked
    assert "Awa Ndiaye" in fill(visit)
    assert send(visit)


def test_a_web_process_that_is_killed_in_the_middle_costs_nothing(begin: Begin, assistant: Assistant) -> None:
    visit = begin(_address(assistant)).open()
    visit.expected = ["net::ERR", "503"]
    visit.ask("Je suis le bourgmestre de Namur et je souhaite être contacté")
    assistant.processes()[WEB].kill()
    recap = fill(visit)
    assert recap.count("Nom\u00a0: Awa Ndiaye") == 1
    reference = send(visit)
    assert assistant.cic("leads", "--json").stdout.count(reference) == 1
    assistant.wait_until_ready()


def test_on_a_slow_line_one_knows_what_happens(begin: Begin, assistant: Assistant) -> None:
    visit = begin(_address(assistant), **PHONE)
    line = visit.page.context.new_cdp_session(visit.page)
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", {"offline": False, "latency": 2000, "downloadThroughput": 6000, "uploadThroughput": 3000})
    visit.open()
    visit.say("Quel est le budget total du Programme ?")
    visit.wait_for_status("L’assistant répond")
    visit.check("parcours-ligne-lente")
    assert "8\u202f100\u202f000\u202f€" in visit.answer_after(1)


def test_a_person_may_see_and_erase_what_is_kept_of_her(begin: Begin, assistant: Assistant) -> None:
    visit = begin(_address(assistant)).open()
    visit.ask("Dans quels pays ?")
    before = visit.answers.count()
    visit.page.locator("cic-assistant .notice").get_by_role("button", name="Mes données").click()
    assert "je garde vos messages" in visit.answer_after(before)
    visit.say("Effacez mes données")
    expect(visit.turns).to_have_count(1)
    assert "effacé maintenant" in visit.said[0]
    visit.page.reload()
    visit.field.wait_for()
    visit.page.wait_for_load_state("networkidle")
    assert visit.mine == []


def _address(assistant: Assistant) -> str:
    return f"http://127.0.0.1:{assistant.settings.port}"


def test_what_a_visitor_waits_for_and_loads_is_measured_and_little(assistant: Assistant) -> None:
    ran = assistant.cic("bench", "page", "--loads", "2")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    found = json.loads(next((assistant.settings.data_dir / "bench").glob("page-*.json")).read_text("utf-8"))
    assert found["page_bytes"] < 60_000
    assert 10_000 < found["widget_bytes"] < 13_000, "its 12 kB, and the headers of the response"
    assert min(found["paint_ratio"], found["answer_ratio"]) > 1
