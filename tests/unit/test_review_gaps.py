"""Gaps: questions that ask the same come together, those that do not stay apart; and the drafts that are made of them."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import delete, select, update
from support.databases import KINDS, new_one
from support.reviewer import NOW, add_account, store_conversation

from bot.errors import RequestError, UnavailableError
from bot.knowledge import load_base
from bot.review import clustering
from bot.review.clustering import Groups, group
from bot.review.drafts import MOST_QUESTIONS, TITLE_CHARACTERS, TO_COMPLETE, Drafts, as_yaml, distinct
from bot.review.gaps import IN_VAIN, MOST, GapFinder, Gaps
from bot.review.judging import Judging, Opinion
from bot.review.labels import Labels
from bot.review.model import ANSWERED, CHOICE, IGNORE, NEAR, NEW_FACT, OFF_TOPIC, OTHER, RIGHT, STRAY, UNKNOWN, Role
from bot.review.periods import Period
from bot.storage import Database, exchanges
from bot.wiring import build_base

FLANDERS = (
    "Quelles communes de Flandre participent ?",
    "quelles communes flamandes de Flandre participent",
    "kelles comunes de flandre particip",
    "La Flandre a-t-elle des communes qui participent ?",
    "QUELLES COMMUNES DE FLANDRE PARTICIPENT",
)
TELEPHONE = ("Quel est le numéro de téléphone du bourgmestre ?", "numero de telephone du bourgmestre svp", "téléphone du bourgmestre")
ALONE = ("Quelle heure est-il ?", "Peut-on payer en francs CFA ?", "ma poubelle n'est pas passée")
PERIOD = Period.until(date(2026, 11, 26), 30)


def named(texts: Sequence[str], groups: Groups) -> set[frozenset[str]]:
    return {frozenset(texts[place] for place in places) for places in groups}


# --- grouping ---


def test_variants_come_together_in_any_spelling_and_what_asks_something_else_stays_apart() -> None:
    texts = [*FLANDERS, *TELEPHONE, *ALONE]
    assert named(texts, group(texts)) == {
        frozenset(FLANDERS),
        frozenset(TELEPHONE),
        *(frozenset([text]) for text in ALONE),
    }


def test_grouping_is_the_same_in_any_order() -> None:
    texts = [*FLANDERS, *TELEPHONE, *ALONE, *FLANDERS[:2]]
    shuffled = random.Random(7).sample(texts, len(texts))
    first, other = group(texts), group(shuffled)
    assert named(texts, first) == named(shuffled, other)
    assert [texts[places[0]] for places in first] == [shuffled[places[0]] for places in other]


def test_every_text_is_in_one_group() -> None:
    texts = [*FLANDERS, *FLANDERS, "?", "!", "", " ", "😀", "é", "e"]
    assert sorted(place for places in group(texts) for place in places) == list(range(len(texts)))


def test_few_texts_need_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("a process was started"))
    assert [group(texts) for texts in ([], ["a"], ["A ?", "a", "à"])] == [[], [[0]], [[0, 1, 2]]]


def test_a_process_that_fails_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(UnavailableError, match="réessayez"):
        group(["a", "b"])


def test_what_asks_for_gaps_does_not_load_the_libraries_of_learning() -> None:
    code = (
        "import sys, bot.web.review.app, json; print(json.dumps([name for name in ('numpy', 'scipy', 'sklearn') if name in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert json.loads(done.stdout) == []
    assert clustering.__name__ in sys.modules


# --- gaps ---


@pytest.fixture(scope="module", params=KINDS)
def kept(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A database of each kind, made once: the tables take longer than the tests."""
    with new_one(request, request.param, tmp_path_factory.mktemp("gaps")) as database:
        add_account(database, "Ines", Role.ANNOTATEUR)
        add_account(database, "Ahmed", Role.LECTEUR)
        yield database


@pytest.fixture
def database(kept: Database) -> Iterator[Database]:
    yield kept
    with kept.begin() as connection:
        for name in ("exchanges", "conversations", "judgements", "drafts"):
            connection.exec_driver_sql(f"DELETE FROM {name}")


class FirstWords:
    """Groups by the first word, and counts how often it was asked to."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, texts: Sequence[str]) -> Groups:
        self.asked += 1
        first = [text.split()[0] for text in texts]
        return [[place for place, word in enumerate(first) if word == wanted] for wanted in sorted(set(first))]


def find(database: Database, **options: Any) -> Gaps:
    return GapFinder(database, FirstWords()).find(PERIOD, **options)


def said(gaps: Gaps) -> list[str]:
    return sorted(message.said for gap in (*gaps.groups, *gaps.alone) for message in gap.messages)


def test_what_was_not_answered_is_a_gap_and_what_was_is_none(database: Database) -> None:
    rows = [{"said": outcome, "outcome": outcome} for outcome in (*IN_VAIN, ANSWERED, OFF_TOPIC)]
    store_conversation(database, "c", [*rows, {"said": "", "outcome": UNKNOWN}])
    assert said(find(database)) == sorted([UNKNOWN, CHOICE, NEAR])
    assert said(find(database, off_topic=True)) == sorted([UNKNOWN, CHOICE, NEAR, OFF_TOPIC])


@pytest.mark.parametrize(
    ("outcome", "verdict", "is_gap"),
    [
        (UNKNOWN, RIGHT, True),
        (UNKNOWN, NEW_FACT, True),
        (UNKNOWN, OTHER, False),
        (NEAR, IGNORE, False),
        (CHOICE, STRAY, False),
        (ANSWERED, NEW_FACT, True),
        (ANSWERED, RIGHT, False),
    ],
)
def test_reviewers_have_the_last_word(database: Database, outcome: str, verdict: str, is_gap: bool) -> None:
    store_conversation(database, "c", [{"said": "Et la Flandre ?", "outcome": outcome}])
    with database.read() as connection:
        ids = connection.execute(select(exchanges.c.id)).scalars().all()
    judging = Judging(database, lambda: NOW, lambda: Labels(build_base(), {"info/combien.total": ["x"], "hors_sujet/actualite": ["y"]}))
    batch = judging.judge(ids, Opinion(verdict, "info/combien.total" if verdict == OTHER else None), "Ines").batch
    assert bool(said(find(database))) is is_gap
    judging.undo(batch, "Ines")
    assert bool(said(find(database))) is (outcome in IN_VAIN)


def test_only_the_days_of_the_period_count(database: Database) -> None:
    store_conversation(database, "c", [{"said": "before", "outcome": UNKNOWN}], at=PERIOD.start - timedelta(minutes=2))
    store_conversation(database, "d", [{"said": "first", "outcome": UNKNOWN}], at=PERIOD.start - timedelta(minutes=1))
    store_conversation(database, "e", [{"said": "after", "outcome": UNKNOWN}], at=PERIOD.end - timedelta(minutes=1))
    assert said(find(database)) == ["first"]


def test_a_gap_tells_how_often_where_when_and_in_which_words(database: Database) -> None:
    unknown = {"outcome": UNKNOWN}
    store_conversation(database, "a", [{"said": "Flandre", **unknown}, {"said": "flandre !", **unknown}], at=NOW - timedelta(days=20))
    store_conversation(database, "b", [{"said": "Flandre et communes ?", "outcome": NEAR}, {"said": "Heure", **unknown}])
    store_conversation(database, "c", [{"said": "Prix a", **unknown}, {"said": "Prix b", **unknown}])
    gaps = GapFinder(database, lambda texts: FirstWords()([text.capitalize() for text in texts])).find(PERIOD)
    assert [(gap.title, len(gap.messages), gap.conversations) for gap in gaps.groups] == [
        ("Flandre et communes ?", 3, 2),
        ("Prix b", 2, 1),
    ]
    (flanders, _), (alone,) = gaps.groups, gaps.alone
    assert [message.said for message in flanders.examples] == ["flandre !"]
    assert (flanders.first, flanders.last) == (NOW - timedelta(days=20) + timedelta(minutes=1), NOW + timedelta(minutes=1))
    assert (sum(flanders.course(PERIOD)), flanders.course(PERIOD)[-1], dict(flanders.outcomes)) == (3, 1, {UNKNOWN: 2, NEAR: 1})
    assert (alone.title, gaps.messages, gaps.is_cut) == ("Heure", 6, False)
    assert gaps.with_message(flanders.messages[2].id) == flanders
    assert gaps.with_message(0) is None


def test_of_too_many_messages_the_newest_are_looked_at_and_that_is_told(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.review.gaps.MOST", 3)
    store_conversation(database, "c", [{"said": f"m{number}", "outcome": UNKNOWN} for number in range(5)])
    gaps = find(database)
    assert (said(gaps), gaps.is_cut) == (["m2", "m3", "m4"], True)
    assert MOST == 3000


def test_a_grouping_is_remembered_until_a_message_comes_changes_or_goes(database: Database) -> None:
    counting = FirstWords()
    finder = GapFinder(database, counting)
    store_conversation(database, "c", [{"said": "m1", "outcome": UNKNOWN}, {"said": "m2 de Claire", "outcome": UNKNOWN}])
    assert finder.find(PERIOD) == finder.find(PERIOD)
    assert counting.asked == 1
    with database.begin() as connection:
        connection.execute(update(exchanges).where(exchanges.c.number == 2).values(said="m2 de [masqué]"))
    assert said(finder.find(PERIOD)) == ["m1", "m2 de [masqué]"]
    with database.begin() as connection:
        connection.execute(delete(exchanges).where(exchanges.c.number == 1))
    assert said(finder.find(PERIOD)) == ["m2 de [masqué]"]
    assert counting.asked == 3


def test_nothing_asked_in_vain_is_no_gap(database: Database) -> None:
    assert GapFinder(database).find(PERIOD) == Gaps((), (), False)


# --- drafts ---

HOSTILE = 'x"]\n- intent: info/autre # <b>{a}[b](c) \u2028 : \x00'


def drafts(database: Database) -> Drafts:
    return Drafts(database, lambda: NOW)


def add(database: Database, **changes: Any) -> int:
    values = {"title": "La Flandre", "text": "Non.", "questions": FLANDERS, "owner": "Ines"} | changes
    return drafts(database).add("Ahmed", **values)


def test_a_draft_is_kept_changed_settled_and_removed(database: Database) -> None:
    number, service = add(database), drafts(database)
    draft = service.find(number)
    assert (draft.title, draft.owner, draft.author, draft.at, draft.done_at) == ("La Flandre", "Ines", "Ahmed", NOW, None)
    assert draft.questions == tuple(distinct(FLANDERS))
    service.change(number, "Autre titre", "", ["Une question ?"], "Ahmed")
    service.settle(number, done=True)
    changed = service.find(number)
    assert (changed.title, changed.text, changed.questions, changed.owner) == ("Autre titre", "", ("Une question ?",), "Ahmed")
    assert (changed.author, changed.done_at) == ("Ahmed", NOW)
    service.settle(number, done=False)
    assert service.find(number).done_at is None
    service.remove(number)
    service.remove(number)
    for use in (service.find, lambda gone: service.settle(gone, done=True), lambda gone: service.change(gone, "t", "", ["q"], "Ines")):
        with pytest.raises(RequestError, match="n'existe plus"):
            use(number)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [({"title": " \u200b"}, "titre"), ({"questions": ["", " "]}, "question"), ({"owner": "personne"}, "liste"), ({"owner": ""}, "liste")],
    ids=["title", "questions", "stranger", "nobody"],
)
def test_a_draft_that_lacks_something_is_refused(database: Database, changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(RequestError, match=sentence):
        add(database, **changes)
    assert drafts(database).page(1) == ([], False)


def test_what_is_to_be_written_comes_first_then_the_newest(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.review.drafts.PAGE", 2)
    first, second, third = (add(database, title=title) for title in "abc")
    drafts(database).settle(third, done=True)
    pages = [drafts(database).page(number) for number in (1, 2, 3)]
    assert [([draft.id for draft in found], more) for found, more in pages] == [([second, first], True), ([third], False), ([], False)]


def test_a_draft_holds_no_more_than_it_may(database: Database) -> None:
    draft = drafts(database).find(add(database, title="t" * 500, text="x" * 5000, questions=[f"q{number}" for number in range(200)]))
    assert (len(draft.title), len(draft.text), len(draft.questions)) == (TITLE_CHARACTERS, 2000, MOST_QUESTIONS)


def test_the_file_of_a_draft_has_the_shape_of_the_knowledge_and_of_the_examples(database: Database) -> None:
    draft = drafts(database).find(add(database, title="Les communes de Flandre participent-elles ?"))
    knowledge, nlu = yaml.safe_load_all(as_yaml(draft))
    (phrase,) = knowledge["phrases"]
    (fact,) = phrase["faits"]
    assert (phrase["texte"], fact["titre"], phrase["section"]) == ("Non.", draft.title, TO_COMPLETE)
    (block,) = nlu["nlu"]
    assert block["intent"] == f"info/{fact['id']}"
    assert block["examples"].splitlines() == [f"- {question}" for question in draft.questions]
    assert "examples: |\n" in as_yaml(draft)


def test_a_draft_whose_gaps_are_filled_is_knowledge(database: Database, tmp_path: Path) -> None:
    draft = drafts(database).find(add(database, text="Non : la Flandre n'y participe pas."))
    written = as_yaml(draft).partition("\n---\n")[0].replace(f"section: {TO_COMPLETE}", "section: ou")
    (phrase,) = yaml.safe_load(written)["phrases"]
    before, _, behind = Path("data/knowledge/cic-2014-2016.yml").read_text("utf-8").partition("\nphrases:\n")
    (tmp_path / "base.yml").write_text(f"{before}\n{written.rstrip()}\n{behind}", "utf-8")
    assert phrase["faits"][0]["id"] in load_base(tmp_path / "base.yml").facts


def test_nothing_in_a_draft_becomes_more_than_a_text(database: Database) -> None:
    draft = drafts(database).find(add(database, title=HOSTILE, text=HOSTILE, questions=[HOSTILE, "/annuler", "[effacé] va bien"]))
    written = as_yaml(draft)
    knowledge, nlu = yaml.safe_load_all(written)
    assert list(knowledge) == ["phrases"]
    assert [list(block) for block in nlu["nlu"]] == [["intent", "examples"]]
    assert not set("[]{}") & set(nlu["nlu"][0]["examples"])
    assert all(line.startswith("- ") and not line.startswith("- /") for line in nlu["nlu"][0]["examples"].splitlines())


def test_questions_that_repeat_another_are_kept_once_in_their_order() -> None:
    assert distinct(["Où ?", "", "ou", "Quand ?", "OÙ !"]) == ["Où ?", "Quand ?"]
