"""The contract with the outside, line by line, on the real assistant; what tests/web holds already is not repeated."""

from __future__ import annotations

import json
import subprocess
import sys

import psutil
import pytest
from support.assistant import ACTIONS, CIC, RASA, WEB, Assistant, environment
from support.chat import Chat

from bot.knowledge import Base
from bot.storage import feedback

OPENING = "Je suis bourgmestre de Gembloux et je souhaite que ma commune participe au Programme"
ANSWERS = {"nom": "Claire Dumont", "email": "claire@gembloux.example", "telephone": "non", "confirmation": "oui", "consentement": "oui"}
COMMANDS = ("run", "ask", "check", "train", "evaluate", "bench", "leads", "outbox", "purge", "erase")
LEAD_KEYS = [
    *("id", "reference", "created_at", "status", "nom", "fonction", "commune", "pays", "email", "telephone", "objet"),
    *("partenaire_de", "decision", "remarques", "consent_at", "conversation"),
]
FIELDS = {"profil", "fonction", "commune", "pays", "partenaire_de", "nom", "email", "telephone", "objet", "consentement", "confirmation"}


# --- Commands -----------------------------------------------------------------------------------


def test_help_lists_the_commands(assistant: Assistant) -> None:
    shown = assistant.cic("--help")
    assert shown.returncode == 0
    assert [command for command in COMMANDS if f"  {command} " not in shown.stdout] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_answers_help(assistant: Assistant, command: str) -> None:
    shown = assistant.cic(command, "--help")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert f"cic {command}" in shown.stdout


@pytest.mark.parametrize("arguments", [("--help",), ("leads", "--json"), ("outbox",), ("check",)], ids=" ".join)
def test_what_needs_no_model_loads_nothing_of_it(assistant: Assistant, arguments: tuple[str, ...]) -> None:
    """What makes a command slow is what it imports; seconds are measured by hand, these machines are noisy."""
    code = (
        "import sys\n"
        "from bot.cli import app\n"
        "try:\n    app(sys.argv[1:])\nexcept SystemExit:\n    pass\n"
        "print('LOADED', *sorted({'rasa', 'tensorflow', 'sklearn', 'scipy', 'spacy'} & set(sys.modules)))\n"
    )
    shown = subprocess.run([sys.executable, "-c", code, *arguments], env=assistant.environment, capture_output=True, text=True)
    assert shown.stdout.splitlines()[-1:] == ["LOADED"], shown.stderr


def test_ask_puts_a_question_to_the_running_assistant(assistant: Assistant, base: Base) -> None:
    shown = assistant.cic("ask", "quel est le budget total ?")
    assert shown.returncode == 0
    assert base.phrases["combien.total"].text in shown.stdout
    assert "15.03.2016" in shown.stdout


def test_leads_are_one_json_object_a_line_with_these_keys(assistant: Assistant, chat: Chat) -> None:
    chat.fill(OPENING, ANSWERS)
    lines = assistant.cic("leads", "--json").stdout.splitlines()
    every = [json.loads(line) for line in lines]
    assert all(list(lead) == LEAD_KEYS for lead in every)
    (ours,) = (lead for lead in every if lead["conversation"] == assistant.conversation(chat))
    assert (ours["nom"], ours["telephone"], ours["decision"], ours["remarques"]) == ("Claire Dumont", None, "admissible", [])


def test_erase_takes_a_request_with_its_conversation_and_a_second_time_finds_nothing(assistant: Assistant, chat: Chat) -> None:
    chat.fill(OPENING, ANSWERS)
    reference = assistant.leads(chat)[0]["reference"]
    assert assistant.cic("erase", reference).returncode == 0
    assert assistant.leads(chat) == []
    assert chat.history()["messages"] == []
    again = assistant.cic("erase", reference)
    assert (again.returncode, len(again.stderr.splitlines())) == (1, 1)
    assert chat.say("quel est le budget total ?").facts[0] == "combien.total"


def test_purge_leaves_what_is_young(assistant: Assistant, chat: Chat) -> None:
    chat.fill(OPENING, ANSWERS)
    assert assistant.cic("purge").returncode == 0
    assert len(assistant.leads(chat)) == 1


# --- Processes, ports, settings -----------------------------------------------------------------


def test_three_processes_listen_on_loopback_on_their_ports_and_on_no_other(assistant: Assistant) -> None:
    processes, settings = assistant.processes(), assistant.settings
    listening = {
        name: {(c.laddr.ip, c.laddr.port) for c in process.net_connections("inet") if c.status == psutil.CONN_LISTEN}
        for name, process in processes.items()
    }
    ports = {RASA: settings.rasa_port, ACTIONS: settings.actions_port, WEB: settings.port}
    assert listening == {name: {("127.0.0.1", port)} for name, port in ports.items()}


def test_the_start_says_how_far_it_is_and_then_the_address(assistant: Assistant) -> None:
    shown = assistant.shown.splitlines()
    assert any(line.startswith("Rasa charge le modèle") for line in shown)
    assert f"L’assistant est prêt : http://127.0.0.1:{assistant.settings.port}/" in " ".join(shown[-1].split())


def test_rasa_s_own_doors_are_shut(assistant: Assistant) -> None:
    from httpx import post

    forged = {"sender": "somebody", "message": "/restart"}
    rest = post(f"{assistant.settings.rasa_address}/webhooks/rest/webhook", json=forged, trust_env=False)
    ours = post(f"{assistant.settings.rasa_address}/webhooks/cic/webhook", json=forged, trust_env=False)
    assert (rest.status_code, ours.status_code) == (404, 401)


def test_a_wrong_setting_stops_the_start_with_one_sentence(assistant: Assistant) -> None:
    variables = environment(assistant.settings.data_dir, 25, CIC_SMTP_TLS="maybe")
    shown = subprocess.run([CIC, "run"], env=variables, capture_output=True, text=True, timeout=60)
    assert (shown.returncode, shown.stdout) == (1, "")
    assert shown.stderr.startswith("CIC_SMTP_TLS")
    assert len(shown.stderr.splitlines()) == 1


# --- Chat API -----------------------------------------------------------------------------------


def test_an_answer_has_exactly_the_keys_of_the_contract(chat: Chat) -> None:
    reply = chat.say("quel est le budget total ?")
    assert set(reply.body) == {"session", "messages", "asks", "outcome"}
    for message in reply.messages:
        assert set(message) == {"id", "text", "buttons", "source"}
        assert set(message["source"]) - {"url"} == {"fact", "section", "page", "updated"}


def test_asks_is_one_of_the_fields_of_the_contract_and_confirmation_is_the_recap_and_nothing_else(chat: Chat) -> None:
    chat.fill("je souhaite transmettre une demande", ANSWERS | {"profil": "mandataire", "fonction": "échevine", "objet": "un expert"})
    chat.fill("Lasne", ANSWERS)
    assert set(chat.asked[:-1]) <= FIELDS
    said = [message["text"] for message in chat.history()["messages"] if message["from"] == "assistant"]
    recaps = [number for number, text in enumerate(said) if "Voici votre demande" in text]
    assert recaps == [number for number, asked in enumerate(chat.asked) if asked == "confirmation"]


def test_a_field_in_doubt_keeps_its_name_and_a_yes_confirms_it(chat: Chat) -> None:
    assert chat.say("Je suis bourgmestre de Trifouillis et je veux participer au Programme").asks == "commune"
    assert chat.say("oui").asks == "pays"


def test_a_field_in_doubt_keeps_its_name_and_the_value_again_confirms_it(chat: Chat) -> None:
    assert chat.say("Je suis bourgmestre de Trifouillis et je veux participer au Programme").asks == "commune"
    assert chat.say("Trifouillis").asks == "pays"


def test_the_value_of_every_button_is_plain_text_that_can_be_typed(chat: Chat) -> None:
    for title in chat.say("bonjour").buttons:
        reply = chat.say(title)
        assert not title.startswith("/")
        assert reply.sources, title


def test_outcome_stands_on_the_one_reply_that_ends_the_request(chat: Chat) -> None:
    assert chat.fill(OPENING, ANSWERS).outcome == "qualified"
    assert chat.say("merci").outcome is None


def test_a_message_that_is_sent_again_is_not_handled_twice(chat: Chat) -> None:
    chat.say(OPENING)
    first, again = (chat.say("Claire Dumont", id="m-1") for _ in range(2))
    assert first.body == again.body
    assert chat.say("claire@gembloux.example").asks == "telephone"
    assert [message["text"] for message in chat.history()["messages"] if message["from"] == "user"].count("Claire Dumont") == 1


def test_history_gives_back_what_was_said_for_a_reload(chat: Chat) -> None:
    first, second = chat.say("quel est le budget total ?"), chat.say(OPENING)
    history = chat.history()
    assert [message["from"] for message in history["messages"]] == ["user", "assistant", "user", "assistant"]
    said = [{name: value for name, value in message.items() if name != "from"} for message in history["messages"]]
    assert [said[1], said[3]] == [*first.messages, *second.messages]
    assert (history["asks"], history["outcome"]) == ("nom", None)


def test_feedback_on_a_message_is_kept(assistant: Assistant, chat: Chat) -> None:
    answered = chat.say("quel est le budget total ?").messages[0]
    judged = {"session": chat.session, "id": answered["id"], "useful": False, "comment": "Et par an ?"}
    assert assistant.client.post("/api/feedback", json=judged).status_code == 200
    with assistant.database.read() as connection:
        (row,) = connection.execute(feedback.select().where(feedback.c.message_id == answered["id"])).all()
    assert (row.useful, row.comment, row.conversation) == (False, "Et par an ?", assistant.conversation(chat))


# --- Health -------------------------------------------------------------------------------------


def test_health_readiness_and_figures(assistant: Assistant, chat: Chat) -> None:
    chat.fill(OPENING, ANSWERS)
    assistant.wait_until_mail_has_left()
    assert assistant.client.get("/healthz").status_code == 200
    assert assistant.client.get("/readyz").json() == {"status": "ready", "missing": []}
    figures = dict(line.rsplit(" ", 1) for line in assistant.client.get("/metrics").text.splitlines() if not line.startswith("#"))
    assert float(figures['cic_leads{status="transmise"}']) >= 1
    assert float(figures["cic_outbox_waiting"]) == 0
    assert float(figures["cic_message_seconds_count"]) >= len(chat.asked)
    assert 'cic_requests_total{route="/api/chat",status="200"}' in figures
