"""Two of each process behind the proxy on PostgreSQL, as on two machines: whatever dies or is restarted, both sides of the ledger agree."""

from __future__ import annotations

import random
import re
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from support.mailbox import wait_until_mails_have_left
from support.waiting import wait_for

from bot.benchmarks.cluster import Cluster, Plan, start
from bot.benchmarks.endurance import mail_settings, strike
from bot.benchmarks.ledger import Balance
from bot.benchmarks.mailbox import Mailbox, open_mailbox
from bot.benchmarks.people import FIELDS, OPENING, Crowd
from bot.benchmarks.postgresql import FAST, IMMEDIATE, Server, new_database, running_server
from bot.processes import ACTIONS, RASA, WEB
from bot.rasa_client import channel_token
from bot.storage import Database, events
from bot.training import model_to_run

PEOPLE = 6
QUESTIONS = ("Quel est le budget ?", "Quels pays participent ?", "C'est quoi le Programme ?", "Qui peut participer ?", "Et au Bénin ?")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running_server(durable=True) as running:
        yield running


@pytest.fixture(scope="module")
def arrivals() -> Iterator[Mailbox]:
    with open_mailbox() as mailbox:
        yield mailbox


@pytest.fixture(scope="module")
def cluster(server: Server, arrivals: Mailbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    plan = Plan(model_to_run().path, sets=2, database=new_database(server), settings=mail_settings(arrivals))
    with start(plan, tmp_path_factory.mktemp("cluster")) as running:
        yield running


@pytest.fixture
def mailbox(arrivals: Mailbox) -> Mailbox:
    """Empty at first."""
    arrivals.arrived.clear()
    return arrivals


@pytest.fixture
def database(cluster: Cluster) -> Iterator[Database]:
    opened = Database(cluster.settings.database_url)
    yield opened
    opened.close()


def struck(cluster: Cluster, crowd: Crowd, mailbox: Mailbox) -> Balance:
    database = Database(cluster.settings.database_url)
    wait_until_mails_have_left(database)
    database.close()
    return strike(cluster.settings, crowd, lambda: mailbox.arrived)


def deaths(cluster: Cluster) -> list[Callable[[], object]]:
    return [lambda kind=kind, number=number: cluster.kill(kind, number) for kind in (RASA, ACTIONS, WEB) for number in (0, 1)]


def test_each_process_dies_in_turn_and_nothing_is_lost_or_doubled(cluster: Cluster, mailbox: Mailbox) -> None:
    chance = random.Random(6)
    with Crowd(cluster.chat, PEOPLE, QUESTIONS, seed=1) as crowd:
        for die in deaths(cluster):
            time.sleep(chance.uniform(0.5, 2))
            die()
        cluster.wait_until_ready()
    found = struck(cluster, crowd, mailbox)
    print(found)
    assert found.faults == {}
    assert found.mails_again <= 2, "one for each web process that died"
    assert found.messages > 50
    assert found.requests > 5


@pytest.mark.parametrize("mode", [FAST, IMMEDIATE])
def test_postgresql_is_restarted_and_nothing_is_lost_or_doubled(cluster: Cluster, server: Server, mailbox: Mailbox, mode: str) -> None:
    with Crowd(cluster.chat, PEOPLE, QUESTIONS, seed=2) as crowd:
        time.sleep(2)
        server.stop(mode)
        wait_for("the assistant says that the database is away", lambda: "database" in missing(cluster), 20)
        server.start()
        cluster.wait_until_ready()
        time.sleep(2)
    found = struck(cluster, crowd, mailbox)
    print(found)
    assert (found.faults, found.mails_again) == ({}, 0)
    assert found.messages > 20


def test_the_proxy_dies_and_comes_back_and_nothing_is_lost_or_doubled(cluster: Cluster, mailbox: Mailbox) -> None:
    assert cluster.proxy is not None
    with Crowd(cluster.chat, PEOPLE, QUESTIONS, seed=3) as crowd:
        for _ in range(2):
            time.sleep(1.5)
            cluster.proxy.kill()
            time.sleep(1)
            cluster.proxy.start()
        cluster.wait_until_ready()
        time.sleep(1)
    found = struck(cluster, crowd, mailbox)
    print(found)
    assert (found.faults, found.mails_again) == ({}, 0)
    assert found.messages > 20


def missing(cluster: Cluster) -> list[str]:
    return list(httpx.get(f"{cluster.url(WEB)}/readyz", trust_env=False, timeout=30).json()["missing"])


def ask_rasa(cluster: Cluster, number: int, conversation: str, message_id: str, text: str = "Quel est le budget ?") -> dict[str, Any]:
    """Everything that one Rasa answers."""
    token = {"Authorization": f"Bearer {channel_token(cluster.settings.secret())}"}
    body = {"sender": conversation, "message": text, "id": message_id}
    response = httpx.post(f"{cluster.url(RASA, number)}/webhooks/cic/webhook", json=body, headers=token, trust_env=False, timeout=60)
    assert response.status_code == 200, response.text
    return dict(response.json())


def test_messages_that_come_again_through_another_rasa_get_their_first_answers_whole(cluster: Cluster, database: Database) -> None:
    """Buttons, sources, the field that is asked for, and how the request ended."""
    conversation = uuid.uuid4().hex
    texts = ("Quel est le budget ?", OPENING, "Claire Dumont", "claire@lasne.example", "non", "oui", "oui")
    answers = []
    for number, text in enumerate(texts):
        first = ask_rasa(cluster, number % 2, conversation, f"m{number}", text)
        assert ask_rasa(cluster, (number + 1) % 2, conversation, f"m{number}", text) == first
        answers.append(first)
    assert answers[0]["messages"][0]["source"]["fact"]
    assert [answer["asks"] for answer in answers[1:-1]] == ["nom", "email", "telephone", "confirmation", "consentement"]
    assert answers[-1]["outcome"] == "qualified"
    assert times_heard(database, conversation) == len(texts)


def test_a_message_that_comes_through_two_rasas_at_the_same_time_is_handled_once(cluster: Cluster, database: Database) -> None:
    for _ in range(10):
        conversation, message = uuid.uuid4().hex, uuid.uuid4().hex
        with ThreadPoolExecutor(2) as threads:
            first, second = threads.map(lambda number: ask_rasa(cluster, number, conversation, message), (0, 1))  # noqa: B023
        assert first == second
        assert times_heard(database, conversation) == 1


def times_heard(database: Database, conversation: str) -> int:
    with database.read() as connection:
        heard = select(events.c.id).where(events.c.sender_id == conversation, events.c.type_name == "user")
        return len(connection.execute(heard).all())


def test_the_logs_of_all_this_name_messages_by_their_ids_and_hold_no_text(cluster: Cluster) -> None:
    logs = "".join(path.read_text("utf-8", "replace") for path in Path(cluster.settings.data_dir / "logs").glob("*.log"))
    assert re.search(r"message [0-9a-f]{32} (of conversation [0-9a-f]{32} )?(waits for|goes to rasa again)", logs)
    for text in (OPENING, *QUESTIONS, *FIELDS.values(), "lasne.example"):
        assert len(text) < 4 or text not in logs
