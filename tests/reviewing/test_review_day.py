"""A reviewer's day by the keyboard alone, with everything real: from an inbox of thirty to an assistant that answers better."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from browser.conftest import Begin
from playwright.sync_api import expect
from sqlalchemy import func, select
from support.assistant import Assistant
from support.browser import Visit
from support.mailbox import Mailbox
from support.person import stranger
from support.waiting import wait_for

from bot.storage import changes, conversations, trackers

NAME, PASSWORD = "ines", "une phrase assez longue pour entrer"
CORRECTIONS: Mapping[str, tuple[str, str]] = {
    "La tirelire bruxelloise pèse lourd ?": ("budget communes bruxelloises", "info/combien.bruxelles"),
    "Le bas de laine des Bruxellois ?": ("budget communes bruxelloises", "info/combien.bruxelles"),
    "Le gâteau bruxellois fait quelle taille ?": ("budget communes bruxelloises", "info/combien.bruxelles"),
    "Kinshasa dans la boucle ?": ("congo", "info/ou.rdc"),
    "On part sur quel millésime ?": ("depuis quand", "info/quand.lancement"),
}
"""What was asked, what the reviewer looks for, and what it should have been understood as."""
QUESTION = next(iter(CORRECTIONS))
UNDERSTOOD = (
    *("Quel est le budget du programme ?", "Dans quels pays ?", "Depuis quand le Programme existe-t-il ?", "Qui participe ?"),
    *("Quel secteur au Bénin ?", "Et au Maroc ?", "Quels sont les résultats ?", "Bonjour", "Quels documents peut-on lire ?"),
    *("Une commune peut-elle participer ?", "C'est quoi, la CIC ?", "Qui est la personne de contact ?"),
)
AGAIN = 24
"""More conversations, about what is understood."""
TRAINED_MS = 420_000
"""How long training and comparing may take on a machine that is busy."""
LABELLED = re.compile(r"<code>([^<]+)</code>")


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    """An assistant of its own, for it is changed: thirty conversations, one of them a request, and somebody to read them."""
    mailbox = Mailbox()
    mailbox.open()
    running = Assistant.start(tmp_path_factory.mktemp("office") / "data", mailbox)
    try:
        added = running.cic("user", "add", NAME, "--role", "administrateur", given=f"{PASSWORD}\n")
        assert added.returncode == 0, added.stderr
        for question in CORRECTIONS:
            running.chat().say(question)
        for number in range(AGAIN):
            running.chat().say(UNDERSTOOD[number % len(UNDERSTOOD)])
        person = stranger()
        assert running.chat().fill("Je suis échevine à Lasne et je veux participer", person.answers()).outcome == "qualified"
        wait_for("all are indexed", lambda: indexed(running) == len(CORRECTIONS) + AGAIN + 1, 30)
        yield running
    finally:
        running.stop()
        mailbox.close()


def indexed(assistant: Assistant) -> int:
    with assistant.database.read() as connection:
        waiting = connection.execute(select(func.count()).select_from(trackers).where(trackers.c.to_index)).scalar_one()
        found = connection.execute(select(func.count()).select_from(conversations)).scalar_one()
    return 0 if waiting else int(found)


def press(visit: Visit, *keys: str) -> None:
    for key in keys:
        visit.page.keyboard.press(key)


def tab_to(visit: Visit, name: str, most: int = 60) -> None:
    """Go to what has this name by the tab key."""
    for _ in range(most):
        press(visit, "Tab")
        if visit.focus.startswith(name):
            return
    raise AssertionError(f"the tab key does not reach {name!r}, but {visit.focus!r}")


def sign_in(visit: Visit) -> None:
    visit.go("/revue")
    tab_to(visit, "Nom ou adresse")
    visit.page.keyboard.type(NAME)
    press(visit, "Tab")
    visit.page.keyboard.type(PASSWORD)
    press(visit, "Enter")
    visit.page.get_by_role("heading", name="Boîte de réception").wait_for()


def correct(visit: Visit, said: str) -> None:
    """Say that a message should have been another entry, which is searched for."""
    words, label = CORRECTIONS[said]
    press(visit, "2")
    expect(visit.page.locator(".choose")).to_be_focused()
    press(visit, "/")
    visit.page.keyboard.type(words)
    visit.page.locator("[id^=trouve-]").get_by_text(label, exact=True).wait_for()
    for _ in range(15):
        press(visit, "Tab")
        if label in LABELLED.findall(visit.page.evaluate("document.activeElement.innerHTML")):
            break
    press(visit, "Enter")
    visit.page.locator(".judged").filter(has_text="Autre entrée").wait_for()


def read_all(visit: Visit) -> Sequence[str]:
    """Open the first conversation and go through all of them; return what was read, in the order of the inbox."""
    read = []
    press(visit, "j")
    with visit.page.expect_navigation():
        press(visit, "Enter")
    while True:
        if "/conversations/" not in visit.page.url:
            return read
        said = visit.page.locator(".said.mine .text").first.inner_text().strip()
        read.append(said)
        press(visit, "j")
        if said in CORRECTIONS:
            correct(visit, said)
        else:
            press(visit, "1")
            visit.page.locator(".judged").filter(has_text="Juste").first.wait_for()
        if len(read) == 1:
            visit.check("revue-conversation")
        with visit.page.expect_navigation():
            press(visit, "e")


def test_by_the_keyboard_alone_an_inbox_of_thirty_is_emptied_and_a_correction_is_started(office: Assistant, begin: Begin) -> None:
    visit = begin(address_of(office))
    sign_in(visit)
    visit.check("revue-boite")
    read = read_all(visit)
    assert len(read) == len(CORRECTIONS) + AGAIN + 1
    assert read[0].startswith("Je suis échevine à Lasne"), "who waits for an answer comes first"
    expect(visit.page.get_by_text("Tout est lu.")).to_be_visible()
    visit.check("revue-vide")

    tab_to(visit, "Corrections")
    press(visit, "Enter")
    visit.page.get_by_role("heading", name=f"Exemples en attente ({len(CORRECTIONS)})").wait_for()
    visit.check("revue-corrections")
    tab_to(visit, "Titre de la correction")
    visit.page.keyboard.type("Bruxelles, en mots de tous les jours")
    press(visit, "Enter")
    difference = visit.page.get_by_role("region", name="Différence de data/nlu/combien.yml")
    expect(difference.locator("li.ajout")).to_have_count(3)
    visit.check("revue-difference")

    tab_to(visit, "complète")
    press(visit, "ArrowDown")
    tab_to(visit, "Entraîner et comparer")
    press(visit, "Enter")
    visit.page.get_by_role("button", name="Abandonner").wait_for()
    visit.check("revue-entrainement")


@pytest.mark.late
@pytest.mark.timeout(900)
def test_what_was_corrected_is_compared_adopted_and_answered_rightly(office: Assistant, begin: Begin) -> None:
    assert stored_change(office)["state"] != "brouillon", "the correction was not started"
    visit = begin(address_of(office))
    sign_in(visit)
    tab_to(visit, "Corrections")
    press(visit, "Enter")
    visit.page.get_by_role("heading", name="Corrections préparées").wait_for()
    press(visit, "j", "Enter")
    visit.page.wait_for_url("**/revue/corrections/1")
    visit.page.get_by_role("heading", name="Verdict").wait_for(timeout=TRAINED_MS)
    visit.check("revue-comparaison")
    expect(visit.page.get_by_role("heading", name="Exemples jugés : avant et après")).to_be_visible()
    assert "combien.bruxelles" not in facts(office, QUESTION), "nothing changes for visitors before somebody adopts it"
    tab_to(visit, "Adopter")
    press(visit, "Enter")
    expect(visit.page.get_by_text("est active.")).to_be_visible()

    wait_for("the assistant answers as it was told", lambda: "combien.bruxelles" in facts(office, QUESTION), 60, every=1)
    change = stored_change(office)
    assert change["state"] == "adoptee"
    assert {each["text"]: each["is_right"] for each in change["report"]["examples"]}[QUESTION]
    assert {"questions", "followups"} <= {each["part"] for each in change["report"]["evaluation"]}


def address_of(assistant: Assistant) -> str:
    return f"http://127.0.0.1:{assistant.settings.port}"


def stored_change(assistant: Assistant) -> Mapping[str, Any]:
    with assistant.database.read() as connection:
        (row,) = connection.execute(select(changes)).mappings().all()
    return dict(row)


def facts(assistant: Assistant, question: str) -> list[str]:
    return assistant.chat().say(question).facts
