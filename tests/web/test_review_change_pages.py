"""The pages of corrections: who may do what, what they show of each state, and that nothing in an example is more than text."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, insert, select, update
from support.played_site import OpenSite, Site
from support.releases import add_model, copy_project
from support.reviewer import NOW, Reviewer, reviewer, store_conversation

from bot.config import PROJECT
from bot.privacy.reviewing import erase_review
from bot.releases import Releases
from bot.review.change import ABANDONED, ADOPTED, COMPARING, DRAFT, FAILED, READY, STATES, TRAINING
from bot.review.model import Role
from bot.storage import Database, changes, judgements, recorded_tests
from bot.web.review import app as review_app
from bot.wiring import build_releases

pytestmark = pytest.mark.anyio

LIST = "/revue/corrections"
HOSTILE = "<script>alert(1)</script> zorglub <b>combien</b> ?"
ESCAPED = "&lt;script&gt;alert(1)&lt;/script&gt; zorglub &lt;b&gt;combien&lt;/b&gt; ?"


@dataclass
class Launched:
    """Stands for the launcher: writes down what was to be started."""

    runs: list[tuple[int, str]] = field(default_factory=list)

    def __call__(self, change_id: int, run: str) -> None:
        self.runs.append((change_id, run))


@pytest.fixture
def launched(monkeypatch: pytest.MonkeyPatch) -> Launched:
    played = Launched()
    monkeypatch.setattr(review_app, "Launcher", lambda *_: played)
    return played


@pytest.fixture
async def site(open_site: OpenSite, launched: Launched) -> AsyncIterator[Site]:
    async with open_site() as opened:
        yield opened


def judge(database: Database, said: str = "Zorglub, combien ?", label: str = "info/combien.total", change: int | None = None) -> int:
    row = {"conversation": "c1", "message_id": said, "said": said, "understood": "voisin/chiffre", "verdict": "autre", "label": label}
    with database.begin() as connection:
        values = {**row, "author": "Ines", "at": NOW, "batch": "b", "change_id": change}
        return int(connection.execute(insert(judgements).values(**values)).inserted_primary_key[0])


def answer(text: str, *facts: str) -> dict[str, Any]:
    return {"text": text, "facts": list(facts), "asks": None}


def report(text: str = "Zorglub, combien ?") -> dict[str, Any]:
    before, after = answer("Je ne sais pas."), answer("Huit millions.", "combien.total")
    lost = {"id": "q7", "text": "Où agissez-vous ?", "faults": ["manque ou.nombre"]}
    part = {"part": "questions", "before": 9, "after": 8, "total": 10, "better": [], "worse": [lost], "gained": 0, "lost": 1}
    same, other = answer("Cinq pays.", "ou.nombre"), answer("Six pays.", "ou.nombre")
    return {
        "patch": f"--- a/data/nlu/combien.yml\n+++ b/data/nlu/combien.yml\n@@ -7,1 +7,2 @@\n     - avant\n+    - {text}\n",
        "steps": [{"text": text, "label": "info/combien.total", "what": "ajout", "since": None}],
        "questions": [
            {"text": "combien de pays", "count": 3, "before": same, "after": same, "differs": False},
            {"text": "et les pays ?", "count": 1, "before": same, "after": other, "differs": True},
        ],
        "examples": [
            {
                "text": text,
                "label": "info/combien.total",
                "before": before,
                "after": after,
                "differs": True,
                "was_right": False,
                "is_right": True,
            }
        ],
        "evaluation": [part],
        "quick": True,
        "days": 30,
        "remarks": [],
        "seconds": {},
    }


def store(site: Site, state: str, **values: Any) -> int:
    """A change in a state, with one example."""
    base = build_releases(site.settings, site.database).active().id
    row = {"title": "Le budget", "author": "Ines", "created_at": site.clock(), "state": state, "base": base, "progress": ""}
    if state in (READY, ADOPTED):
        row |= {"report": report(), "release": "0123456789ab"}
    if state in (TRAINING, COMPARING):
        row |= {"progress": "Apprentissage des exemples…", "alive_at": site.clock(), "run": "r"}
    with site.database.begin() as connection:
        change_id = int(connection.execute(insert(changes).values(**row | values)).inserted_primary_key[0])
    judge(site.database, change=change_id)
    return change_id


def keep_candidate(site: Site, folder: Path) -> str:
    """A release in waiting, as the process leaves it."""
    project = copy_project(folder / "candidate", b"a model")
    nlu = project / "data" / "nlu" / "combien.yml"
    nlu.write_text(nlu.read_text("utf-8") + "    - zorglub\n", "utf-8")
    add_model(project, b"another model")
    return Releases(site.database, site.settings.data_dir / "releases", site.clock, project).keep("Le budget").id


def state_of(site: Site, change_id: int) -> str:
    with site.database.read() as connection:
        return str(connection.execute(select(changes.c.state).where(changes.c.id == change_id)).scalar_one())


def active(site: Site) -> str:
    return build_releases(site.settings, site.database).active().id


async def test_what_waits_is_listed_and_becomes_a_draft(site: Site) -> None:
    judge(site.database)
    ines = reviewer(site)
    page = await ines.get(LIST)
    assert "Zorglub, combien ?" in page.text
    answered = await ines.post(LIST, {"titre": "Le budget"})
    assert answered.status_code == 303
    draft = await ines.get(answered.headers["location"])
    assert "<h1>Le budget</h1>" in draft.text
    assert "Entraîner et comparer" in draft.text
    assert "ajouté\u00a0: </span>" in draft.text
    assert "data/nlu/combien.yml" in draft.text


async def test_without_a_title_or_an_example_nothing_is_prepared(site: Site) -> None:
    ines = reviewer(site)
    assert (await ines.post(LIST, {"titre": "Le budget"})).status_code == 409
    judge(site.database)
    assert (await ines.post(LIST, {"titre": " \u200b "})).status_code == 409
    with site.database.read() as connection:
        assert connection.execute(select(func.count()).select_from(changes)).scalar() == 0


@pytest.mark.parametrize("state", STATES)
async def test_every_state_has_a_page(site: Site, state: str) -> None:
    change_id = store(site, state)
    page = await reviewer(site, Role.ADMINISTRATEUR).get(f"{LIST}/{change_id}")
    assert page.status_code == 200
    assert STATES[state] in page.text


@pytest.mark.parametrize("state", STATES)
async def test_every_state_has_a_page_when_its_comparison_is_not_kept_any_more(site: Site, state: str) -> None:
    change_id = store(site, state, report=None)
    omar = reviewer(site, Role.ADMINISTRATEUR)
    page = await omar.get(f"{LIST}/{change_id}")
    assert page.status_code == 200
    assert ("La comparaison n'est plus conservée" in page.text.replace("’", "'")) is (state in (READY, ADOPTED))
    assert f"{change_id}/adopter" not in page.text
    assert (await omar.get(f"{LIST}/{change_id}/patch")).status_code == 200
    if state == READY:
        assert all(f'action="{LIST}/{change_id}/{deed}"' in page.text for deed in ("lancer", "abandonner"))


async def test_a_version_whose_comparison_is_not_kept_leads_back_all_the_same(site: Site, tmp_path: Path) -> None:
    base, release = active(site), keep_candidate(site, tmp_path)
    build_releases(site.settings, site.database).activate(release)
    change_id = store(site, ADOPTED, release=release, base=base, report=None)
    omar = reviewer(site, Role.ADMINISTRATEUR)
    assert f'action="{LIST}/{change_id}/revenir"' in (await omar.get(f"{LIST}/{change_id}")).text
    assert (await omar.post(f"{LIST}/{change_id}/revenir")).status_code == 303
    assert (active(site), state_of(site, change_id)) == (base, READY)


@pytest.mark.parametrize("found", [None, report()])
async def test_where_nothing_can_be_adopted_a_comparison_is_made_again_or_given_up(
    open_site: OpenSite, found: dict[str, Any] | None
) -> None:
    async with open_site(follow_releases=False) as site:
        change_id = store(site, READY, report=found)
        page = (await reviewer(site, Role.ADMINISTRATEUR).get(f"{LIST}/{change_id}")).text
        assert "CIC_FOLLOW_RELEASES" in page
        assert [f'action="{LIST}/{change_id}/{deed}"' in page for deed in ("adopter", "lancer", "abandonner")] == [False, True, True]


async def test_an_example_that_was_judged_otherwise_is_named_and_the_change_is_not_offered(site: Site) -> None:
    change_id = store(site, READY)
    with site.database.begin() as connection:
        connection.execute(update(judgements).values(replaced_by="other"))
    omar = reviewer(site, Role.ADMINISTRATEUR)
    page = (await omar.get(f"{LIST}/{change_id}")).text
    assert "jugé autrement ou effacé depuis" in page
    assert "Zorglub, combien ?" in page.replace("\u202f", " ").partition("Il s’agit de")[2].partition("</p>")[0]
    assert f"{change_id}/adopter" not in page
    assert f'action="{LIST}/{change_id}/lancer"' in page
    assert (await omar.post(f"{LIST}/{change_id}/adopter")).status_code == 409
    assert state_of(site, change_id) == READY


async def test_a_draft_says_that_an_example_was_erased(site: Site) -> None:
    change_id = store(site, READY)
    with site.database.begin() as connection:
        erase_review(connection, ["c1"])
    page = (await reviewer(site).get(f"{LIST}/{change_id}")).text
    assert STATES[DRAFT] in page
    assert "Un exemple a été effacé" in page


async def test_the_page_says_the_same_of_how_long_it_takes_as_the_guide(site: Site) -> None:
    page = await reviewer(site).get(f"{LIST}/{store(site, TRAINING)}")
    said = "cinq minutes environ en évaluation rapide, une dizaine en évaluation complète"
    assert said in page.text
    assert said in (PROJECT / "docs" / "guide" / "revue.md").read_text("utf-8")


@pytest.mark.parametrize(("state", "offered"), [(DRAFT, "lancer"), (TRAINING, "abandonner"), (FAILED, "lancer"), (READY, "adopter")])
async def test_a_state_offers_what_comes_next(site: Site, state: str, offered: str) -> None:
    change_id = store(site, state)
    page = await reviewer(site, Role.ADMINISTRATEUR).get(f"{LIST}/{change_id}")
    assert f'action="{LIST}/{change_id}/{offered}"' in page.text


@pytest.mark.parametrize("state", [TRAINING, COMPARING, ADOPTED, ABANDONED])
async def test_what_works_or_has_ended_is_not_started_nor_changed(site: Site, launched: Launched, state: str) -> None:
    change_id = store(site, state)
    with site.database.read() as connection:
        judgement = connection.execute(select(judgements.c.id)).scalar_one()
    ines = reviewer(site)
    assert (await ines.post(f"{LIST}/{change_id}/lancer")).status_code == 409
    assert (await ines.post(f"{LIST}/{change_id}/retirer", {"exemple": str(judgement)})).status_code == 409
    assert (launched.runs, state_of(site, change_id)) == ([], state)


async def test_html_in_an_example_is_only_text(site: Site) -> None:
    judge(site.database, HOSTILE)
    ines = reviewer(site)
    waiting = await ines.get(LIST)
    draft = await ines.get((await ines.post(LIST, {"titre": HOSTILE})).headers["location"])
    store(site, READY, report=report(HOSTILE) | {"remarks": [HOSTILE]}, title=HOSTILE)
    ready = await ines.get(f"{LIST}/2")
    for page in (waiting, draft, ready):
        assert page.status_code == 200
        assert ESCAPED in page.text
        assert "<script>alert" not in page.text


async def test_a_lecteur_sees_nothing_of_corrections_and_does_nothing(site: Site) -> None:
    change_id = store(site, READY)
    olga = reviewer(site, Role.LECTEUR)
    for path in (LIST, f"{LIST}/{change_id}", f"{LIST}/{change_id}/etat", f"{LIST}/{change_id}/patch", f"{LIST}/tests.jsonl"):
        assert (await olga.get(path)).status_code == 403
    for deed in (
        "",
        "/tests",
        "/tests/1/supprimer",
        *(f"/{change_id}/{deed}" for deed in ("retirer", "lancer", "abandonner", "adopter", "revenir")),
    ):
        assert (await olga.post(LIST + deed)).status_code == 403
    assert state_of(site, change_id) == READY


async def test_an_annotateur_neither_adopts_nor_goes_back(site: Site, tmp_path: Path) -> None:
    release = keep_candidate(site, tmp_path)
    change_id = store(site, READY, release=release)
    ines = reviewer(site)
    page = await ines.get(f"{LIST}/{change_id}")
    assert f"{change_id}/adopter" not in page.text
    for deed in ("adopter", "revenir"):
        assert (await ines.post(f"{LIST}/{change_id}/{deed}")).status_code == 403
    assert (state_of(site, change_id), active(site) == release) == (READY, False)


async def test_without_the_token_of_the_session_nothing_happens(site: Site, launched: Launched) -> None:
    change_id = store(site, READY)
    forger = Reviewer(reviewer(site, Role.ADMINISTRATEUR).client, "forged")
    for deed in ("lancer", "abandonner", "adopter", "revenir", "retirer"):
        assert (await forger.post(f"{LIST}/{change_id}/{deed}")).status_code == 403
    assert (state_of(site, change_id), launched.runs) == (READY, [])


async def test_a_launch_starts_the_process_with_the_evaluation_that_was_chosen(site: Site, launched: Launched) -> None:
    change_id = store(site, DRAFT)
    ines = reviewer(site)
    assert (await ines.post(f"{LIST}/{change_id}/lancer", {"evaluation": "rapide"})).status_code == 303
    with site.database.read() as connection:
        row = connection.execute(select(changes)).one()
    assert (row.state, row.options) == (TRAINING, {"quick": True, "days": 30})
    assert launched.runs == [(change_id, row.run)]
    second = await ines.post(f"{LIST}/{change_id}/lancer")
    assert second.status_code == 409
    assert len(launched.runs) == 1


async def test_progress_is_fetched_by_htmx_until_the_work_has_ended(site: Site) -> None:
    change_id = store(site, TRAINING)
    ines = reviewer(site)
    part = await ines.get(f"{LIST}/{change_id}/etat", **{"hx-request": "true"})
    assert "Apprentissage des exemples…" in part.text
    assert "<html" not in part.text
    with site.database.begin() as connection:
        connection.execute(update(changes).values(state=FAILED))
    assert (await ines.get(f"{LIST}/{change_id}/etat")).headers["hx-refresh"] == "true"


async def test_a_process_that_went_silent_is_shown_as_failed(site: Site) -> None:
    change_id = store(site, TRAINING)
    site.clock.advance(minutes=5)
    page = await reviewer(site).get(f"{LIST}/{change_id}")
    assert "n'est pas allé jusqu'au bout" in page.text.replace("’", "'")
    assert "Recommencer" in page.text


async def test_faults_of_the_data_are_read_on_the_draft(site: Site) -> None:
    change_id = store(site, DRAFT, error="data/nlu/combien.yml:7 : un <b>défaut</b>.")
    page = await reviewer(site).get(f"{LIST}/{change_id}")
    assert "combien.yml:7 : un &lt;b&gt;défaut&lt;/b&gt;." in page.text


async def test_the_comparison_shows_differences_first_and_all_when_asked(site: Site) -> None:
    change_id = store(site, READY)
    ines = reviewer(site)
    page = (await ines.get(f"{LIST}/{change_id}")).text
    assert "La candidate répond juste à 1 exemple de plus" in page
    assert "Huit millions." in page
    assert "Où agissez-vous ?" in page
    assert "et les pays ?" in page
    assert "combien de pays" not in page
    assert "combien de pays" in (await ines.get(f"{LIST}/{change_id}?tout=1")).text


async def test_an_example_is_taken_out(site: Site) -> None:
    change_id = store(site, READY)
    with site.database.read() as connection:
        judgement = connection.execute(select(judgements.c.id)).scalar_one()
    ines = reviewer(site)
    for wrong in ("", "x", "-1", "9" * 30):
        assert (await ines.post(f"{LIST}/{change_id}/retirer", {"exemple": wrong})).status_code in (400, 409)
    assert state_of(site, change_id) == READY
    assert (await ines.post(f"{LIST}/{change_id}/retirer", {"exemple": str(judgement)})).status_code == 303
    assert state_of(site, change_id) == DRAFT
    assert "Zorglub, combien ?" in (await ines.get(LIST)).text


async def test_an_administrator_adopts_sees_who_runs_it_and_goes_back(site: Site, tmp_path: Path) -> None:
    base, release = active(site), keep_candidate(site, tmp_path)
    change_id = store(site, READY, release=release)
    build_releases(site.settings, site.database).tell("machine:1:rasa", base)
    omar = reviewer(site, Role.ADMINISTRATEUR, "Omar")
    assert (await omar.post(f"{LIST}/{change_id}/adopter")).status_code == 303
    assert (active(site), state_of(site, change_id)) == (release, ADOPTED)
    page = (await omar.get(f"{LIST}/{change_id}")).text
    assert "machine:1:rasa" in page
    assert "pas encore reprise" in page
    assert (await omar.post(f"{LIST}/{change_id}/revenir")).status_code == 303
    assert active(site) == base
    page = (await omar.get(f"{LIST}/{change_id}")).text
    assert "la version précédente a été rétablie" in page
    assert all(f'action="{LIST}/{change_id}/{deed}"' in page for deed in ("adopter", "abandonner", "lancer", "retirer"))


async def test_a_change_whose_base_was_made_active_elsewhere_is_offered_to_be_reopened(site: Site) -> None:
    change_id = store(site, ADOPTED)
    omar = reviewer(site, Role.ADMINISTRATEUR)
    assert "Rouvrir la correction" in (await omar.get(f"{LIST}/{change_id}")).text
    assert (await omar.post(f"{LIST}/{change_id}/revenir")).status_code == 303
    assert state_of(site, change_id) == READY


async def test_a_change_of_another_base_is_not_adopted_and_the_page_says_so(site: Site, tmp_path: Path) -> None:
    change_id = store(site, READY, base="ba9876543210", release=keep_candidate(site, tmp_path))
    omar = reviewer(site, Role.ADMINISTRATEUR)
    page = await omar.get(f"{LIST}/{change_id}")
    assert "Refaire sur la version active" in page.text
    assert f"{change_id}/adopter" not in page.text
    before = active(site)
    assert (await omar.post(f"{LIST}/{change_id}/adopter")).status_code == 409
    assert (active(site), state_of(site, change_id)) == (before, READY)


async def test_the_difference_is_taken_along_as_a_patch(site: Site) -> None:
    drafted, compared = store(site, DRAFT), store(site, READY)
    ines = reviewer(site)
    for change_id in (drafted, compared):
        patch = await ines.get(f"{LIST}/{change_id}/patch")
        assert patch.headers["content-type"].startswith("text/x-diff")
        assert f"correction-{change_id}.patch" in patch.headers["content-disposition"]
        assert patch.text.startswith("--- a/data/nlu/combien.yml\n+++ b/data/nlu/combien.yml\n")
        assert "\n+    - Zorglub, combien ?\n" in patch.text


@pytest.mark.parametrize("path", ["99", "99/etat", "99/patch"])
async def test_an_unknown_change_is_said_not_to_exist(site: Site, path: str) -> None:
    assert (await reviewer(site).get(f"{LIST}/{path}")).status_code == 404


async def test_a_conversation_becomes_a_test_that_is_listed_taken_along_and_deleted(site: Site) -> None:
    store_conversation(site.database, "c1", [{"said": HOSTILE}])
    ines = reviewer(site)
    answered = await ines.post(f"{LIST}/tests", {"conversation": "c1"})
    assert (answered.status_code, answered.headers["location"]) == (303, "/revue/conversations/c1?fait=test")
    transcript = (await ines.get(answered.headers["location"])).text
    assert "enregistrée comme test" in transcript
    assert f'href="{LIST}#tests"' in transcript
    assert ESCAPED in (await ines.get(LIST)).text
    lines = await ines.get(f"{LIST}/tests.jsonl")
    assert json.loads(lines.text)["turns"] == [{"user": HOSTILE, "entry": "combien.total"}]
    assert (await ines.post(f"{LIST}/tests/1/supprimer")).status_code == 303
    with site.database.read() as connection:
        assert connection.execute(select(recorded_tests)).all() == []


@pytest.mark.parametrize(
    ("back", "leads_to"),
    [
        ("/revue/conversations/c1?q=budget&page=2", "/revue/conversations/c1?q=budget&page=2&fait=test"),
        ("https://ailleurs.example/", "/revue/conversations/c1?fait=test"),
        ("//ailleurs.example/", "/revue/conversations/c1?fait=test"),
    ],
)
async def test_who_records_a_conversation_stays_where_they_were(site: Site, back: str, leads_to: str) -> None:
    store_conversation(site.database, "c1", [{}])
    answered = await reviewer(site).post(f"{LIST}/tests", {"conversation": "c1", "retour": back})
    assert answered.headers["location"] == leads_to


@pytest.mark.parametrize("conversation", ["", "unknown", "c1' OR '1'='1"])
async def test_a_conversation_that_is_not_there_becomes_no_test(site: Site, conversation: str) -> None:
    store_conversation(site.database, "c1", [{}])
    assert (await reviewer(site).post(f"{LIST}/tests", {"conversation": conversation})).status_code == 409


async def test_a_masked_conversation_is_refused_with_a_sentence(site: Site) -> None:
    store_conversation(site.database, "c1", [{"said": "je suis [effacé]"}])
    answered = await reviewer(site).post(f"{LIST}/tests", {"conversation": "c1"})
    assert answered.status_code == 409
    assert "masquées" in answered.text
