"""Starting where something stands in the way, and stopping: no process is left, whenever it comes."""

from __future__ import annotations

import signal
import socket
import subprocess
from pathlib import Path

import psutil
import pytest
from support.assistant import CIC, Assistant, environment
from support.mailbox import Mailbox
from support.waiting import wait_for


@pytest.mark.parametrize("name", ["CIC_PORT", "CIC_RASA_PORT", "CIC_ACTIONS_PORT"])
def test_a_port_that_is_taken_gives_one_clear_sentence_and_starts_nothing(tmp_path: Path, name: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        shown = subprocess.run([CIC, "run"], env=environment(tmp_path, 25, **{name: port}), capture_output=True, text=True, timeout=60)
    assert (shown.returncode, shown.stdout) == (1, "")
    assert shown.stderr.splitlines() == [
        f"Le port {port} est déjà pris : arrêtez le programme qui l'occupe, ou donnez un autre port à {name}."
    ]
    assert not (tmp_path / "logs").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_stopped_while_the_model_loads_it_leaves_no_process(tmp_path: Path, mailbox: Mailbox, number: signal.Signals) -> None:
    assistant = Assistant.launch(tmp_path, mailbox)
    wait_for("three processes run", lambda: len(assistant.processes()) == 3)
    family = psutil.Process(assistant.process.pid).children(recursive=True)
    assert assistant.stop(number) == 0
    assert [process for process in family if process.is_running()] == []
    assert assistant.shown.splitlines()[-1] == "L’assistant est arrêté."


def test_without_a_contact_person_the_start_warns_that_nobody_receives_the_requests(tmp_path: Path, mailbox: Mailbox) -> None:
    assistant = Assistant.launch(tmp_path, mailbox, CIC_CONTACT_EMAIL="")
    wait_for("the warning is shown", lambda: "CIC_CONTACT_EMAIL" in assistant.shown)
    assistant.stop()
    assert "personne ne les reçoit" in assistant.shown


def test_stopped_in_the_middle_of_a_conversation_it_leaves_no_process(assistant: Assistant) -> None:
    assert assistant.chat().say("je souhaite transmettre une demande").asks == "profil"
    family = psutil.Process(assistant.process.pid).children(recursive=True)
    assert len(family) >= 3
    assert assistant.stop() == 0
    assert [process for process in family if process.is_running()] == []


def test_killed_itself_it_leaves_no_process(tmp_path: Path, mailbox: Mailbox) -> None:
    assistant = Assistant.launch(tmp_path, mailbox)
    wait_for("three processes run", lambda: len(assistant.processes()) == 3)
    family = psutil.Process(assistant.process.pid).children(recursive=True)
    assistant.process.kill()
    wait_for("the processes have ended", lambda: not any(process.is_running() for process in family))
    assistant.stop()
