"""What reviewers say of messages: written, said otherwise, taken back, many at once; and what may become an example."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, insert, select, update
from support.databases import KINDS, new_one
from support.played_site import BASE, CONTENT, Clock
from support.reviewer import NOW, store_conversation

from bot.errors import RequestError
from bot.privacy.erasing import erase_conversation
from bot.review.judging import Judging, Opinion
from bot.review.labels import FOUND, ORDINARY_STRAYS, Labels, title_of
from bot.review.model import FORM, IGNORE, NEW_FACT, OTHER, RIGHT, ROUTED, STRAY, UNKNOWN
from bot.review.nlu_files import read_files
from bot.review.worklist import PAGE, Wanted, Worklist
from bot.storage import Database, changes, exchanges, judgements

LABELS = Labels(
    BASE,
    {
        "info/combien.total": ["Quel est le budget total ?"],
        "info/combien.bruxelles": ["Et l'échevin bruxellois, combien ?", "bruxelles combien"],
        "hors_sujet/actualite": ["Il fait beau ?"],
        "hors_sujet/service": ["Mon passeport est périmé"],
        "hors_sujet/detresse": ["Je n'en peux plus"],
        "demande": ["Je veux être rappelé"],
    },
)
EVERYTHING = Wanted()
BRUSSELS = Opinion(OTHER, "info/combien.bruxelles")


@pytest.fixture(params=KINDS)
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database of each kind."""
    with new_one(request, request.param, tmp_path) as database:
        yield database


def judging(database: Database) -> Judging:
    return Judging(database, Clock(), lambda: LABELS)


def stored(database: Database, *said: dict[str, Any], name: str = "c1") -> list[int]:
    """Store the exchanges of a conversation; return their ids in order."""
    store_conversation(database, name, said)
    with database.read() as connection:
        in_order = select(exchanges.c.id).where(exchanges.c.conversation == name).order_by(exchanges.c.number)
        return list(connection.execute(in_order).scalars())


def verdicts(database: Database, name: str = "c1") -> dict[str, tuple[str, str | None]]:
    return {message: (row["verdict"], row["label"]) for message, row in judging(database).active(name).items()}


# --- judging and undoing ---


def test_a_judgement_is_written_with_what_was_said_and_understood(database: Database) -> None:
    (one,) = stored(database, {"said": "Et à Bruxelles ?"})
    judging(database).judge([one], BRUSSELS, "Ines")
    row = judging(database).active("c1")["c1-1"]
    assert (row["said"], row["understood"], row["label"]) == ("Et à Bruxelles ?", "info/combien.total", "info/combien.bruxelles")
    assert (row["author"], row["at"], row["size"], row["change_id"]) == ("Ines", Clock()(), 1, None)


def test_who_judges_again_replaces_and_undoing_brings_the_earlier_judgement_back(either: Database) -> None:
    (one,) = stored(either, {})
    judging(either).judge([one], Opinion(RIGHT), "Ines")
    second = judging(either).judge([one], BRUSSELS, "Ahmed")
    assert verdicts(either) == {"c1-1": (OTHER, "info/combien.bruxelles")}
    assert judging(either).undo(second.batch, "Ahmed") == 1
    assert verdicts(either) == {"c1-1": (RIGHT, None)}


def test_one_gesture_judges_many_and_is_undone_as_one(either: Database) -> None:
    ids = stored(either, {}, {}, {})
    judging(either).judge(ids[:1], Opinion(NEW_FACT), "Ines")
    batch = judging(either).judge(ids, Opinion(IGNORE), "Ines").batch
    assert set(verdicts(either).values()) == {(IGNORE, None)}
    assert judging(either).active("c1")["c1-2"]["size"] == 3
    assert judging(either).undo(batch, "Ines") == 3
    assert verdicts(either) == {"c1-1": (NEW_FACT, None)}


def test_undoing_goes_back_step_by_step(database: Database) -> None:
    (one,) = stored(database, {})
    batches = [judging(database).judge([one], Opinion(verdict), "Ines").batch for verdict in (RIGHT, NEW_FACT, IGNORE)]
    for batch, left in zip(reversed(batches), (NEW_FACT, RIGHT, None), strict=True):
        judging(database).undo(batch, "Ines")
        assert verdicts(database) == ({"c1-1": (left, None)} if left else {})


def refused(database: Database, batch: str, author: str = "Ines") -> str:
    before = verdicts(database)
    with pytest.raises(RequestError) as raised:
        judging(database).undo(batch, author)
    assert verdicts(database) == before
    return str(raised.value)


def test_nobody_undoes_what_somebody_else_said(database: Database) -> None:
    (one,) = stored(database, {})
    batch = judging(database).judge([one], Opinion(RIGHT), "Ines").batch
    assert "Seule la personne" in refused(database, batch, "Ahmed")
    assert "Seule la personne" in refused(database, "unknown")


def test_what_was_judged_otherwise_since_is_not_undone(database: Database) -> None:
    ids = stored(database, {}, {})
    batch = judging(database).judge(ids, Opinion(RIGHT), "Ines").batch
    judging(database).judge(ids[1:], Opinion(IGNORE), "Ahmed")
    assert "autrement depuis" in refused(database, batch)


def test_nothing_is_undone_twice(database: Database) -> None:
    (one,) = stored(database, {})
    batch = judging(database).judge([one], Opinion(RIGHT), "Ines").batch
    judging(database).undo(batch, "Ines")
    assert "déjà annulé" in refused(database, batch)


def test_what_is_part_of_a_change_is_not_undone(database: Database) -> None:
    (one,) = stored(database, {})
    batch = judging(database).judge([one], BRUSSELS, "Ines").batch
    with database.begin() as connection:
        change = {"id": 7, "title": "t", "author": "Ines", "created_at": NOW, "state": "s", "base": "b", "progress": ""}
        connection.execute(insert(changes).values(**change))
        connection.execute(update(judgements).values(change_id=7))
    assert "correction" in refused(database, batch)


def test_an_erased_conversation_takes_its_judgements_along(either: Database) -> None:
    (one,) = stored(either, {})
    (other,) = stored(either, {}, name="c2")
    batch = judging(either).judge([one, other], BRUSSELS, "Ines").batch
    with either.begin() as connection:
        erase_conversation(connection, "c1", NOW, None, NOW)
    assert (verdicts(either), len(verdicts(either, "c2"))) == ({}, 1)
    with pytest.raises(RequestError, match="n'est plus là"):
        judging(either).judge([one], Opinion(RIGHT), "Ines")
    assert judging(either).undo(batch, "Ines") == 1


def test_of_two_who_judge_one_message_at_once_one_counts(either: Database) -> None:
    (one,) = stored(either, {})
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: judging(either).judge([one], Opinion(RIGHT), f"p{number}"), range(16)))
    with either.read() as connection:
        everything = connection.execute(select(func.count()).select_from(judgements)).scalar_one()
        counting = connection.execute(select(func.count()).where(judgements.c.replaced_by.is_(None))).scalar_one()
    assert (everything, counting) == (16, 1)


# --- what may be said ---


@pytest.mark.parametrize(
    ("opinion", "told"),
    [
        (Opinion("parfait"), "n'existe pas"),
        (Opinion(""), "n'existe pas"),
        (Opinion(OTHER), "Choisissez l'entrée"),
        (Opinion(OTHER, "info/nulle.part"), "n'existe pas"),
        (Opinion(OTHER, "' OR 1=1 --"), "n'existe pas"),
        (Opinion(STRAY, "info/combien.total"), "genre"),
        (Opinion(STRAY, "hors_sujet/rien"), "n'existe pas"),
    ],
    ids=str,
)
def test_what_cannot_be_said_is_refused(database: Database, opinion: Opinion, told: str) -> None:
    (one,) = stored(database, {})
    with pytest.raises(RequestError, match=told):
        judging(database).judge([one], opinion, "Ines")
    assert verdicts(database) == {}


@pytest.mark.parametrize(
    ("ranking", "kind"),
    [
        ([["info/combien.total", 0.4], ["hors_sujet/service", 0.2], ["hors_sujet/actualite", 0.1]], "hors_sujet/service"),
        ([["info/combien.total", 0.4], ["hors_sujet/detresse", 0.3]], ORDINARY_STRAYS[0]),
        ([], ORDINARY_STRAYS[0]),
    ],
    ids=["the first of its ranking", "never distress unseen", "the widest"],
)
def test_a_stray_gets_the_kind_that_is_likely(database: Database, ranking: list[list[Any]], kind: str) -> None:
    (one,) = stored(database, {"ranking": ranking})
    judging(database).judge([one], Opinion(STRAY), "Ines")
    assert verdicts(database) == {"c1-1": (STRAY, kind)}


def test_the_kind_of_a_stray_may_be_chosen_in_either_way(database: Database) -> None:
    ids = stored(database, {}, {})
    judging(database).judge(ids[:1], Opinion(STRAY, "hors_sujet/detresse"), "Ines")
    judging(database).judge(ids[1:], Opinion(OTHER, "hors_sujet/service"), "Ines")
    assert verdicts(database) == {"c1-1": (STRAY, "hors_sujet/detresse"), "c1-2": (STRAY, "hors_sujet/service")}


# --- what may become an example ---

ASKED = {"asks": "nom", "outcome": FORM, "said": "Je veux participer"}
ANSWER = {"said": "Je suis bourgmestre de Wavre", "outcome": FORM}


def test_what_was_masked_does_not_become_an_example_until_it_is_rewritten(database: Database) -> None:
    (one,) = stored(database, {"said": "Écrivez à [effacé] pour le budget"})
    for example in ("", "Écrivez à [effacé]"):
        with pytest.raises(RequestError, match="effacé"):
            judging(database).judge([one], Opinion(OTHER, "info/combien.total", example), "Ines")
    judging(database).judge([one], Opinion(OTHER, "info/combien.total", "Le budget par écrit"), "Ines")
    assert judging(database).active("c1")["c1-1"]["said"] == "Le budget par écrit"


def test_the_answer_to_a_question_of_the_form_does_not_either(database: Database) -> None:
    _, answer = stored(database, ASKED, ANSWER)
    for example in ("", "je suis BOURGMESTRE de Wavre !"):
        with pytest.raises(RequestError, match="question de la demande"):
            judging(database).judge([answer], Opinion(OTHER, "demande", example), "Ines")
    judging(database).judge([answer], Opinion(OTHER, "demande", "Un bourgmestre peut-il demander ?"), "Ines")


def test_a_form_answer_is_judged_in_every_way_that_teaches_nothing(database: Database) -> None:
    _, answer = stored(database, ASKED, ANSWER)
    for verdict in (RIGHT, NEW_FACT, IGNORE):
        judging(database).judge([answer], Opinion(verdict), "Ines")
        assert verdicts(database) == {"c1-2": (verdict, None)}


def test_an_example_is_at_most_300_characters_of_words(database: Database) -> None:
    long, bare = stored(database, {"said": "mot " * 100}, {"said": "?!"})
    with pytest.raises(RequestError, match="300"):
        judging(database).judge([long], BRUSSELS, "Ines")
    with pytest.raises(RequestError, match="aucun mot"):
        judging(database).judge([bare], BRUSSELS, "Ines")
    judging(database).judge([long], Opinion(RIGHT), "Ines")


def test_of_many_those_that_need_a_look_are_left(database: Database) -> None:
    ids = stored(database, {}, {"said": "chez [effacé]"}, {})
    judged = judging(database).judge(ids, Opinion(STRAY), "Ines")
    assert (judged.count, judged.left, set(verdicts(database))) == (2, 1, {"c1-1", "c1-3"})


@pytest.mark.parametrize(
    ("said", "label", "told"),
    [
        ("quel est le BUDGET total", "info/combien.total", "sous « Le budget total »."),
        ("Quel est le budget total ?", "info/combien.bruxelles", "sous « Le budget total » : il sera déplacé."),
        ("Combien de sous en tout ?", "info/combien.total", ""),
    ],
)
def test_an_example_that_is_there_already_is_told(database: Database, said: str, label: str, told: str) -> None:
    (one,) = stored(database, {"said": said})
    warning = judging(database).judge([one], Opinion(OTHER, label), "Ines").warning
    assert warning.replace("\u00a0", " ").endswith(told)
    assert bool(warning) == bool(told)


def test_an_example_that_another_message_is_about_to_teach_is_told(database: Database) -> None:
    one, two = stored(database, {"said": "Et à Bruxelles ?"}, {"said": "et a bruxelles"})
    assert judging(database).judge([one], BRUSSELS, "Ahmed").warning == ""
    assert judging(database).judge([one], BRUSSELS, "Ines").warning == ""
    (row,) = judging(database).find([two])
    assert "jugé par Ines" in judging(database).warning(row)
    assert "jugé par Ines" in judging(database).judge([two], BRUSSELS, "Ahmed").warning


def test_what_teaches_nothing_warns_of_nothing(database: Database) -> None:
    (one,) = stored(database, {"said": "Quel est le budget total ?"})
    assert judging(database).judge([one], Opinion(RIGHT), "Ines").warning == ""


# --- labels ---


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("echevin BRUXELLOIS", "info/combien.bruxelles"),
        ("combien.total", "info/combien.total"),
        ("budget total", "info/combien.total"),
        ("rappele", "demande"),
        ("periode", "voisin/periode"),
        ("hors sujet opinion", "hors_sujet/avis"),
    ],
)
def test_a_label_is_found_by_id_title_or_example(words: str, first: str) -> None:
    assert ((LABELS if first in LABELS else CONTENT.labels).search(words)[0].label) == first


@pytest.mark.parametrize("words", ["", "   ", "%", "zzz qqq"])
def test_what_nothing_holds_finds_nothing(words: str) -> None:
    assert LABELS.search(words) == []


def test_a_search_shows_a_dozen_at_most_and_the_example_that_was_meant() -> None:
    assert len(CONTENT.labels.search("e")) == FOUND
    assert LABELS.search("périmé")[0].example == "Mon passeport est périmé"


def test_every_label_of_the_training_data_has_a_title_in_french() -> None:
    labels = read_files({path.name: path.read_text("utf-8") for path in Path("data/nlu").glob("*.yml")})
    assert [label for label in labels if title_of(label, BASE) in (label, "") or "/" in title_of(label, BASE)] == []
    assert len({title_of(label, BASE) for label in labels if not label.startswith("info/")}) == len(
        [label for label in labels if not label.startswith("info/")]
    )
    assert LABELS.title("info/oubliee") == "info/oubliee"


# --- the list ---


def listed(database: Database, wanted: Wanted = EVERYTHING) -> list[str]:
    return [row["message_id"] for row in Worklist(database, lambda: NOW + timedelta(days=1)).page(wanted).messages]


def test_what_was_understood_least_comes_first_and_what_is_judged_goes(database: Database) -> None:
    ids = stored(database, {"confidence": 0.5}, {"confidence": 0.1}, {"confidence": None}, {"confidence": 0.3})
    assert listed(database) == ["c1-2", "c1-4", "c1-1"]
    batch = judging(database).judge(ids[1:2], Opinion(IGNORE), "Ines").batch
    assert listed(database) == ["c1-4", "c1-1"]
    judging(database).undo(batch, "Ines")
    assert listed(database)[0] == "c1-2"


def test_answers_to_the_form_are_not_in_the_list(database: Database) -> None:
    stored(database, {"outcome": FORM}, {"outcome": ROUTED}, {"outcome": UNKNOWN})
    assert listed(database) == ["c1-3"]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Wanted(label="demande"), ["c1-1"]),
        (Wanted(outcome=UNKNOWN), ["c1-2"]),
        (Wanted(disliked=True), ["c1-3"]),
        (Wanted(days=2), ["c1-1", "c1-2", "c1-3"]),
    ],
    ids=str,
)
def test_the_list_is_filtered(database: Database, wanted: Wanted, found: list[str]) -> None:
    stored(database, {"label": "demande"}, {"outcome": UNKNOWN}, {"useful": False})
    store_conversation(database, "old", [{"useful": True}], NOW - timedelta(days=5))
    assert listed(database, wanted) == found


def test_pages_follow_each_other_though_messages_are_judged_meanwhile(either: Database) -> None:
    ids = stored(either, *[{"confidence": 0.25} for _ in range(PAGE + 7)])
    work = Worklist(either, Clock())
    first = work.page(Wanted())
    judging(either).judge(ids[:20], Opinion(IGNORE), "Ines")
    second = work.page(Wanted(), first.end)
    assert [row["id"] for row in (*first.messages, *second.messages)] == ids
    assert second.end is None
