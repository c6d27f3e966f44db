"""One turn of a conversation at a time: within a process, between processes, in order, and given back whatever ends the holder."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import warnings
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import create_engine, text
from support.waiting import wait_for

from bot.benchmarks.postgresql import Server, new_database
from bot.errors import StorageError
from bot.storage import Database

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Rasa and what it loads warn a great deal on being imported
    from rasa.core.lock_store import LockError

    from bot.rasa.lock_store import AdvisoryLocks, CicLockStore, key_of

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def url(postgresql: Server) -> str:
    return new_database(postgresql)


@pytest.fixture
async def locks(url: str) -> AsyncIterator[tuple[AdvisoryLocks, AdvisoryLocks]]:
    """Those of two processes."""
    databases = [Database(url), Database(url)]
    yield AdvisoryLocks(databases[0]), AdvisoryLocks(databases[1])
    for database in databases:
        database.close()


def held(url: str) -> int:
    engine = create_engine(url, future=True)
    with engine.connect() as connection:
        count: int = connection.execute(text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted")).scalar_one()
    engine.dispose()
    return count


async def test_turns_of_one_process_wait_in_the_order_of_their_arrival(tmp_path_factory: pytest.TempPathFactory) -> None:
    store = CicLockStore(database=Database(f"sqlite:///{tmp_path_factory.mktemp('locks') / 'cic.sqlite'}"))
    inside, order = [], []

    async def turn(number: int) -> None:
        async with store.lock("c1"):
            inside.append(number)
            await asyncio.sleep(0.001)
            assert inside == [number]
            inside.clear()
            order.append(number)

    await asyncio.gather(*(turn(number) for number in range(50)))
    assert order == list(range(50))


async def test_conversations_do_not_wait_for_each_other(url: str) -> None:
    store = CicLockStore(database=Database(url))
    async with store.lock("c1"), store.lock("c2"), store.lock("c3"):
        assert held(url) == 3
    assert held(url) == 0


async def test_two_processes_are_never_in_one_conversation_at_once(locks: tuple[AdvisoryLocks, AdvisoryLocks]) -> None:
    inside: list[int] = []
    turns = 0

    async def work(process: int) -> None:
        nonlocal turns
        for _ in range(40):
            async with locks[process].hold("c1"):
                inside.append(process)
                await asyncio.sleep(0.001)
                assert inside == [process]
                inside.clear()
                turns += 1

    await asyncio.gather(work(0), work(1))
    assert turns == 80


async def test_between_processes_the_first_to_wait_is_the_first_to_go(url: str) -> None:
    processes = [AdvisoryLocks(Database(url)) for _ in range(5)]
    order: list[int] = []

    async def wait(number: int) -> None:
        async with processes[number].hold("c1"):
            order.append(number)

    async with processes[0].hold("c1"):
        waiting = []
        for number in range(1, 5):
            waiting.append(asyncio.create_task(wait(number)))
            await asyncio.sleep(0.2)
        assert order == []
    await asyncio.gather(*waiting)
    assert order == [1, 2, 3, 4]


async def test_who_waits_for_too_long_gets_an_error_and_holds_nothing(url: str) -> None:
    holder, waiter = AdvisoryLocks(Database(url)), AdvisoryLocks(Database(url), patience=0.2)
    async with holder.hold("c1"):
        with pytest.raises(LockError):
            async with waiter.hold("c1"):
                raise AssertionError("held by two")
    assert held(url) == 0
    async with waiter.hold("c1"):
        assert held(url) == 1


@pytest.mark.parametrize("held_before", [False, True], ids=["free", "held elsewhere"])
async def test_a_turn_that_is_cancelled_while_it_takes_the_lock_leaves_none_behind(url: str, held_before: bool) -> None:
    holder, other = AdvisoryLocks(Database(url)), AdvisoryLocks(Database(url))

    async def wait() -> None:
        async with other.hold("c1"):
            await asyncio.sleep(60)

    async def cancel_early() -> None:
        task = asyncio.create_task(wait())
        await asyncio.sleep(0.1 if held_before else 0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    if held_before:
        async with holder.hold("c1"):
            await cancel_early()
    else:
        await cancel_early()
    await asyncio.to_thread(wait_for, "no lock is left", lambda: held(url) == 0, 10)


HOLDER = """
import asyncio, sys
from bot.rasa.lock_store import AdvisoryLocks
from bot.storage import Database
async def hold():
    async with AdvisoryLocks(Database(sys.argv[1])).hold("c1"):
        print("held", flush=True)
        await asyncio.sleep(60)
asyncio.run(hold())
"""


async def test_a_process_that_is_killed_gives_its_lock_back(url: str, locks: tuple[AdvisoryLocks, AdvisoryLocks]) -> None:
    environment = os.environ | {"PYTHONWARNINGS": "ignore", "TF_CPP_MIN_LOG_LEVEL": "3"}
    with subprocess.Popen([sys.executable, "-c", HOLDER, url], stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        assert (await asyncio.to_thread(process.stdout.readline)).strip() == "held"
        waiting = asyncio.create_task(locks[0].hold("c1").__aenter__())
        await asyncio.sleep(0.3)
        assert not waiting.done()
        process.send_signal(signal.SIGKILL)
        await asyncio.wait_for(waiting, 20)


async def test_after_the_connection_was_lost_locks_are_taken_on_a_new_one(url: str, locks: tuple[AdvisoryLocks, AdvisoryLocks]) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT", future=True)
    async with locks[0].hold("c1"):
        with engine.connect() as connection:
            ended = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
            assert connection.execute(text(ended)).scalar() is True
    async with locks[0].hold("c1"):
        assert held(url) == 1
    assert held(url) == 0
    engine.dispose()


async def test_without_its_database_a_turn_does_not_begin() -> None:
    store = CicLockStore(database=Database("postgresql://cic@127.0.0.1:1/nowhere"))
    with pytest.raises(StorageError):
        async with store.lock("c1"):
            raise AssertionError("begun")


def test_keys_are_numbers_of_64_bits_that_differ() -> None:
    keys = {key_of(f"conversation {number}") for number in range(10_000)}
    assert len(keys) == 10_000
    assert all(-(2**63) <= key < 2**63 for key in keys)
