"""How replies are judged, how cases are read, and that our own cases measure what was never learnt."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.checking import Example, read_examples
from bot.config import PROJECT
from bot.errors import KnowledgeError, UnavailableError
from bot.evaluation import Chat, Reply, Result, evaluate, open_chats, read_set
from bot.evaluation.cases import NOT_OFF_TOPIC, CaseSet, Dialogue, Expected, FollowUp, Persona, Question, Step, Stray
from bot.evaluation.model import Turn
from bot.evaluation.questions import FALSE_ANSWER, ask_followups, ask_question, ask_stray
from bot.evaluation.report import Figure, as_json, percentile, rows, summary
from bot.evaluation.requests import MOST_TURNS, check_leads, play_dialogue, play_persona
from bot.evaluation.wanted import Cited, Pattern, found_forbidden, judge
from bot.knowledge import Base, load_base

OURS = PROJECT / "tests" / "evaluation"
BUDGET = Pattern("F076", (r"8[\s.]?100[\s.]?000",))
SENT = "(?:demande|message|coordonnées)[^.]*(?:a|sont|est) (?:été )?transmis"
SAID = Reply("Le budget est de 8 100 000 €.", facts=frozenset({"combien.total"}), sourced=True)


@pytest.fixture(scope="module")
def base() -> Base:
    return load_base(PROJECT / "data" / "knowledge" / "cic-2014-2016.yml")


class Script:
    """A conversation in which a function replies."""

    def __init__(self, answer: Callable[[str], Reply]) -> None:
        self.answer = answer
        self.turns: list[Turn] = []

    def say(self, message: str) -> Reply:
        reply = self.answer(message)
        self.turns.append(Turn(message, reply))
        return reply


def chat_of(*replies: Reply) -> Callable[[], Script]:
    """A chat that replies in this order, in each conversation anew."""

    def open_chat() -> Script:
        waiting = iter(replies)
        return Script(lambda _: next(waiting))

    return open_chat


# --- judging one reply ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reply", "wanted", "must_not", "fault"),
    [
        (SAID, [BUDGET], [], ""),
        (SAID, [Cited("combien.total")], [], ""),
        (SAID, [], ["Bénin"], ""),
        (Reply("Je ne sais pas."), [BUDGET], [], "manque F076"),
        (SAID, [Cited("combien.direct")], [], "manque combien.direct"),
        (SAID, [BUDGET], ["BUDGET"], "interdit : BUDGET"),
        (Reply("8 100 000 €"), [BUDGET], [], "sans source"),
        (Reply("8 100 000 € " + "x" * 500, sourced=True), [BUDGET], [], "trop long : 512 caractères, 500 au plus"),
        (Reply("8 100 000 € " + "x" * 500, facts=frozenset("a"), sourced=True), [BUDGET, Cited("a")], [], ""),
        (Reply("Voici.", buttons=(("Le Bénin", "Le Bénin"),)), [], ["Bénin"], "interdit : Bénin"),
    ],
    ids=[
        "pattern",
        "cited",
        "only forbidden",
        "missing",
        "other fact",
        "forbidden",
        "no source",
        "long",
        "room for two",
        "forbidden button",
    ],
)
def test_a_reply_is_judged(reply: Reply, wanted: Sequence[Pattern | Cited], must_not: list[str], fault: str) -> None:
    assert "".join(judge(reply, wanted, must_not)) == fault


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("Votre demande a été transmise.", True),
        ("Votre demande n'a pas été transmise.", False),
        ("Rien n'est parti. Votre demande a été transmise.", True),
        ("Aucune demande ne sera transmise.", False),
        ("Voulez-vous que la demande soit transmise ?", False),
    ],
)
def test_a_sentence_that_denies_or_asks_claims_no_sending(text: str, claims: bool) -> None:
    assert bool(found_forbidden([SENT], text)) is claims


def test_a_reply_is_read_from_the_contract() -> None:
    source = {"fact": ["ou.nombre"], "section": "C'est où ?", "page": "…", "updated": "2016-03-15"}
    body = {
        "messages": [
            {"text": "Cinq\u202fpays.", "buttons": [{"title": "Lesquels ?"}], "source": source},
            {"text": "C’est tout.", "source": None},
        ],
        "asks": "nom",
        "outcome": None,
    }
    reply = Reply.from_body(body, 0.5)
    assert reply.prose == "Cinq pays.\nC'est tout."
    assert reply.buttons == (("Lesquels ?", "Lesquels ?"),)
    assert reply.facts == {"ou.nombre"}
    assert (reply.sourced, reply.asks, reply.outcome, reply.seconds) == (True, "nom", None, 0.5)


# --- how questions end ---------------------------------------------------------------------------

QUESTION = Question("q1", "le budget ?", "combien", (BUDGET,), ("Rwanda",))
CHOICES = Reply("S'agit-il de ceci ?", buttons=(("Autre", "Autre"), ("Le budget", "Le budget")))


@pytest.mark.parametrize(
    ("replies", "end"),
    [
        ([SAID], "juste"),
        ([Reply("8 100 000 €")], "sans source"),
        ([Reply("8 100 000 €" + "x" * 600, sourced=True)], "long"),
        ([Reply("Deux volets.", sourced=True)], "faux"),
        ([Reply("Au Rwanda.")], "faux"),
        ([Reply("Je ne sais pas.")], "sans réponse"),
        ([CHOICES, SAID], "un choix"),
        ([CHOICES, Reply("Je ne sais pas.")], "sans réponse"),
    ],
)
def test_a_question_ends_in_one_of_six_ways(replies: list[Reply], end: str) -> None:
    result = ask_question(QUESTION, chat_of(*replies))
    assert result.end == end
    assert result.passes is (end == "juste")


def test_every_turn_of_a_dialogue_has_to_be_answered() -> None:
    case = FollowUp("d1", (QUESTION, QUESTION))
    assert ask_followups(case, chat_of(SAID, SAID)).passes
    assert ask_followups(case, chat_of(SAID, Reply("Hein ?"))).faults == ("tour 2 : manque F076",)


@pytest.mark.parametrize(
    ("reply", "faults"),
    [
        (Reply("Quel est votre profil ?", asks="profil"), ()),
        (Reply("Quel est votre nom ?", asks="nom"), ("tour 1 : champ demandé : nom, attendu : profil",)),
        (Reply("Huit millions."), ("tour 1 : champ demandé : rien, attendu : profil",)),
    ],
)
def test_a_turn_of_a_dialogue_may_have_to_ask_for_a_field(reply: Reply, faults: tuple[str, ...]) -> None:
    turn = Question("d1.1", "je veux participer", "", (), asks="profil")
    assert ask_followups(FollowUp("d1", (turn,)), chat_of(reply)).faults == faults


def test_a_turn_of_a_dialogue_may_have_to_end_a_request() -> None:
    turn = Question("d1.1", "simple citoyen", "", (), outcome="declined")
    said = [ask_followups(FollowUp("d1", (turn,)), chat_of(Reply("Non.", outcome=outcome))).passes for outcome in ("declined", None)]
    assert said == [True, False]


@pytest.mark.parametrize(
    ("category", "reply", "end"),
    [("service", SAID, FALSE_ANSWER), ("service", Reply("Non."), ""), *((category, SAID, "") for category in sorted(NOT_OFF_TOPIC))],
)
def test_a_fact_in_reply_to_an_off_topic_message_is_a_false_answer(category: str, reply: Reply, end: str) -> None:
    assert ask_stray(Stray("h1", "…", category), chat_of(reply)).end == end


# --- requests ------------------------------------------------------------------------------------

LEAD = {"id": 7, "nom": "Claire Dumont", "commune": "Namur", "remarques": ["à vérifier"]}
ANSWERS = {"nom": "Claire Dumont", "objet": "participer"}
PERSONA = Persona("p1", "mandataire", "bonjour", ANSWERS, Expected(True, contains={"nom": "dumont"}), declined=False)
ASKS_NAME, QUALIFIED = Reply("Votre nom ?", asks="nom"), Reply("Merci.", outcome="qualified")
DECLINED = Reply("Les demandes sont réservées aux communes.", outcome="declined")


def leads_after(*leads: dict[str, Any]) -> Callable[[], Sequence[dict[str, Any]]]:
    """The leads before the conversation, then after it."""
    states: Iterator[list[dict[str, Any]]] = iter([[{"id": 1}], [{"id": 1}, *leads]])
    return lambda: next(states)


def test_a_person_answers_what_is_asked_and_leaves_a_lead() -> None:
    result = play_persona(PERSONA, chat_of(ASKS_NAME, QUALIFIED), leads_after(LEAD))
    assert result.passes
    assert [turn.message for turn in result.turns] == ["bonjour", "Claire Dumont"]


def test_a_person_who_is_asked_nothing_says_once_why_they_came() -> None:
    result = play_persona(PERSONA, chat_of(Reply("Bonjour."), Reply("Oui ?")), leads_after(LEAD))
    assert [turn.message for turn in result.turns] == ["bonjour", "je souhaite être mis en relation : participer"]


def test_a_person_gives_up_at_last() -> None:
    result = play_persona(PERSONA, lambda: Script(lambda _: ASKS_NAME), leads_after(LEAD))
    assert len(result.turns) == MOST_TURNS + 1


@pytest.mark.parametrize(
    ("replies", "leads", "fault"),
    [
        ([Reply("Quel âge ?", asks="age")], [LEAD], "demande un champ inconnu : age"),
        ([ASKS_NAME, QUALIFIED], [], "demandes enregistrées : 0, attendu : une"),
        ([ASKS_NAME, QUALIFIED], [LEAD | {"nom": "bonjour"}], "demande : nom n'est pas dumont"),
        ([ASKS_NAME, DECLINED], [LEAD], "refusé"),
    ],
    ids=["unknown field", "no lead", "wrong name", "declined"],
)
def test_what_goes_wrong_for_a_person_is_told(replies: list[Reply], leads: list[dict[str, Any]], fault: str) -> None:
    assert play_persona(PERSONA, chat_of(*replies), leads_after(*leads)).faults == (fault,)


def test_a_person_who_was_declined_may_insist_with_other_answers() -> None:
    case = Persona(
        "p2",
        "ambigu",
        "bonjour",
        ANSWERS,
        Expected(True),
        declined=True,
        after_decline="pardon, échevine",
        answers_after={"nom": "Autre Nom"},
    )
    result = play_persona(case, chat_of(DECLINED, ASKS_NAME, QUALIFIED), leads_after(LEAD))
    assert result.passes
    assert [turn.message for turn in result.turns] == ["bonjour", "pardon, échevine", "Autre Nom"]


def test_a_refusal_that_does_not_say_why_is_none() -> None:
    case = Persona("p3", "particulier", "bonjour", ANSWERS, Expected(False), declined=True)
    result = play_persona(case, chat_of(Reply("Non.", outcome="declined"), Reply("Non.", outcome="declined")), leads_after())
    assert result.faults == ("n'a pas été refusé",)


@pytest.mark.parametrize(
    ("expected", "leads", "faults"),
    [
        (Expected(False), [], 0),
        (Expected(False), [LEAD], 1),
        (Expected(True, either=True), [], 0),
        (Expected(True, least=1, most=1), [LEAD, LEAD], 1),
        (Expected(True, contains={"*": "vérifi"}), [LEAD], 0),
        (Expected(True, lacks={"nom": "dumont"}), [LEAD], 1),
    ],
)
def test_leads_are_compared_with_what_is_expected(expected: Expected, leads: list[dict[str, Any]], faults: int) -> None:
    assert len(check_leads(expected, leads)) == faults


def test_a_dialogue_answers_up_to_the_field_then_follows_its_script() -> None:
    steps = (Step("bonjour", expect_any=("nom",)), Step(auto_until="objet"), Step("merci", if_slot="nom"), Step("oui", expect_not=("non",)))
    case = Dialogue("s1", "…", steps, ANSWERS, Expected(False))
    result = play_dialogue(case, chat_of(ASKS_NAME, Reply("Votre objet ?", asks="objet"), Reply("Non.")), leads_after())
    assert [turn.message for turn in result.turns] == ["bonjour", "Claire Dumont", "oui"]
    assert result.faults == ("tour 4 : interdit : non",)


def test_a_dialogue_whose_field_is_never_asked_for_does_not_count() -> None:
    case = Dialogue("s2", "…", (Step("bonjour"), Step(auto_until="email")), ANSWERS, Expected(False))
    assert not play_dialogue(case, chat_of(Reply("Bonjour.")), leads_after()).counts


# --- reading cases -------------------------------------------------------------------------------


def write(folder: Path, name: str, *lines: dict[str, Any] | str) -> Path:
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    (folder / f"{name}.jsonl").write_text(text, "utf-8")
    return folder


def test_a_folder_of_the_common_format_is_read(tmp_path: Path, base: Base) -> None:
    write(tmp_path, "facts", {"id": "F1", "check": ["cinq"]})
    write(tmp_path, "questions", {"id": "Q1", "text": "combien ?", "topic": "ou", "facts": ["F1"], "must_not": ["six"]})
    write(tmp_path, "followups", {"id": "D1", "turns": [{"user": "combien ?", "facts": ["F1"]}, {"user": "merci"}]})
    write(tmp_path, "out_of_scope", {"id": "O1", "text": "un passeport", "category": "service", "must_not": []})
    expect = {"lead": True, "decline": True, "decline_alternative_ok": True, "lead_flag": "vérifi", "lead_contains": {"nom": "x"}}
    write(tmp_path, "personas", {"id": "P1", "kind": "ambigu", "opening": "bonjour", "answers": {}, "expect": expect})
    turns = [{"user": "bonjour", "expect_any": ["a"], "expect_not": []}, {"auto_until": "nom"}]
    write(tmp_path, "dialogues", {"id": "S1", "title": "…", "turns": turns, "final": {"lead": False, "lead_count": 0}})
    cases = read_set(tmp_path, base)
    assert cases.questions == (Question("Q1", "combien ?", "ou", (Pattern("F1", ("cinq",)),), ("six",)),)
    assert [turn.id for turn in cases.followups[0].turns] == ["D1.1", "D1.2"]
    assert cases.out_of_scope[0].category == "service"
    assert cases.personas[0].declined is None
    assert cases.personas[0].expected.contains == {"nom": "x", "*": "vérifi"}
    assert cases.dialogues[0].steps == (Step("bonjour", expect_any=("a",)), Step(auto_until="nom"))
    assert cases.dialogues[0].expected == Expected(False, least=0, most=0)


def test_a_question_of_ours_asks_for_its_entry_and_an_overview_for_its_first_two_phrases(tmp_path: Path, base: Base) -> None:
    write(tmp_path, "questions", {"id": "q1", "text": "…", "entry": "ou.benin"}, {"id": "q2", "text": "…", "entry": "apercu.budget"})
    fact, overview = read_set(tmp_path, base).questions
    assert fact.wanted == (Cited("ou.benin"),)
    assert {wanted.id for wanted in overview.wanted} == {"combien.total", "combien.bruxelles", "combien.duree"}


def test_a_question_of_ours_may_ask_for_two_entries(tmp_path: Path, base: Base) -> None:
    write(tmp_path, "questions", {"id": "q1", "text": "…", "entry": "ou.benin+combien.total"})
    (question,) = read_set(tmp_path, base).questions
    assert question == Question("q1", "…", "ou", (Cited("ou.benin"), Cited("combien.total")))


def test_a_dialogue_of_ours_names_entries_and_a_turn_without_one_wants_nothing(tmp_path: Path, base: Base) -> None:
    turns = [{"user": "quels sigles ?", "entry": "quoi.avcb+quoi.uvcw"}, {"user": "ok merci"}, {"user": "participer", "asks": "profil"}]
    write(tmp_path, "followups", {"id": "f1", "turns": turns})
    first, second, third = read_set(tmp_path, base).followups[0].turns
    assert third.asks == "profil"
    assert first.wanted == (Cited("quoi.avcb"), Cited("quoi.uvcw"))
    assert second == Question("f1.2", "ok merci", "", ())


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("{", "la ligne n'est pas un objet JSON"),
        ({"id": "q1"}, "'text|'user"),
        ({"id": "q1", "text": "…", "entry": "rien"}, "'rien'"),
        ({"id": "q1", "text": "…", "entry": "ou.benin+rien"}, "'rien'"),
        ("[]", "JSON"),
    ],
)
def test_a_line_that_cannot_be_used_is_told_with_its_number(tmp_path: Path, base: Base, line: dict[str, Any] | str, what: str) -> None:
    write(tmp_path, "questions", {"id": "q0", "text": "…", "entry": "ou.benin"}, line)
    with pytest.raises(KnowledgeError, match=rf"questions\.jsonl:2 : .*({what})"):
        read_set(tmp_path, base)


def test_a_folder_without_cases_is_refused(tmp_path: Path, base: Base) -> None:
    with pytest.raises(KnowledgeError, match="ne contient aucun jeu d'essai"):
        read_set(tmp_path, base)


# --- our own cases -------------------------------------------------------------------------------


def key(text: str) -> str:
    """What the classifier sees of a text."""
    return Example(text, "", OURS, 0).key


def reachability() -> list[tuple[str, str]]:
    """Entries with questions about them."""
    lines = (PROJECT / "tests" / "reachability" / "questions.tsv").read_text("utf-8").splitlines()
    return [(entry, text) for entry, text in (line.split("\t") for line in lines)]


def raw(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (OURS / f"{name}.jsonl").read_text("utf-8").splitlines()]


MEASURING = {
    "questions": [case["text"] for case in raw("questions")],
    "off_topic": [case["text"] for case in raw("off_topic")],
    "reachability": [text for _, text in reachability()],
}
"""Messages that measure what was never learnt. Turns of dialogues are not among them: « où ça ? » has to be learnt."""


@pytest.mark.parametrize("name", MEASURING)
def test_none_of_our_cases_was_learnt(name: str) -> None:
    learnt = {example.key for example in read_examples(PROJECT / "data" / "nlu")[0]}
    assert [text for text in MEASURING[name] if key(text) in learnt] == []


def test_none_of_our_cases_stands_twice() -> None:
    counts = Counter(key(text) for texts in MEASURING.values() for text in texts)
    assert [text for text, count in counts.items() if count > 1] == []


@pytest.mark.parametrize("name", ["questions", "off_topic", "followups"])
def test_our_cases_have_ids_of_their_own(name: str) -> None:
    idents = Counter(case["id"] for case in raw(name))
    assert [ident for ident, count in idents.items() if count > 1] == []


def test_our_own_cases_can_be_read(base: Base) -> None:
    cases = read_set(OURS, base)
    assert all(case.wanted for case in cases.questions)
    assert all(len(case.turns) > 1 and any(turn.wanted for turn in case.turns) for case in cases.followups)
    assert {case.category for case in cases.off_topic} > {"service", "actualite", "langue", "charabia"}


def test_every_entry_has_a_question_of_ours_and_some_questions_ask_for_two(base: Base) -> None:
    asked = [case["entry"].split("+") for case in raw("questions")]
    assert {entry for entries in asked for entry in entries} == set(base.entries)
    assert {len(set(entries)) for entries in asked} == {1, 2}


def test_every_fact_has_five_questions_of_its_own(base: Base) -> None:
    assert Counter(entry for entry, _ in reachability()) == dict.fromkeys(base.facts, 5)


# --- running and reporting -----------------------------------------------------------------------

CASES = CaseSet(questions=(QUESTION, QUESTION), off_topic=(Stray("h1", "…", "service"), Stray("h2", "…", "voisin")))


def results() -> dict[str, list[Result]]:
    return evaluate(CASES, chat_of(SAID), lambda: [])


def test_only_the_parts_with_cases_are_run_and_only_those_asked_for() -> None:
    assert list(results()) == ["questions", "off_topic"]
    told: list[str] = []
    assert list(evaluate(CASES, chat_of(SAID), lambda: [], ("off_topic",), told.append)) == ["off_topic"]
    assert told == ["off_topic : 1 sur 2", "off_topic : 2 sur 2"]


def test_the_summary_is_one_line_of_figures() -> None:
    assert summary(results()) == "questions=2/2 one_choice=0 wrong=0 off_topic=1/2 false_answers_off_topic=1/1"


def test_the_table_counts_how_questions_ended() -> None:
    table = rows(results())
    assert ("", "juste", Figure(2, 2)) in table
    assert ("", "réponses à tort (hors sujet seulement)", Figure(1, 1)) in table
    assert Figure(1, 4).percent == 25.0
    assert Figure(0, 0).percent == 0.0


def test_all_results_can_be_written_as_json() -> None:
    kept = json.loads(json.dumps(as_json(results())))
    assert kept["questions"][0]["turns"][0]["facts"] == ["combien.total"]


@pytest.mark.parametrize(
    ("values", "share", "expected"), [([], 0.5, 0.0), ([3.0], 0.95, 3.0), ([1.0, 2.0, 3.0, 4.0], 0.5, 3.0), (list(range(100)), 0.95, 95)]
)
def test_a_percentile_is_a_value_that_was_measured(values: list[float], share: float, expected: float) -> None:
    assert percentile(values, share) == expected


# --- the wire ------------------------------------------------------------------------------------


class Api(BaseHTTPRequestHandler):
    """A chat API that says what it was sent; a message that is a status gets that status."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        status = int(body["message"]) if body["message"].isdigit() else 200
        error = {"error": "Ce message est trop long."}
        answer = {"session": "s1", "messages": [{"text": f"{body['session']} {body.get('id')}"}], "asks": "nom"} if status == 200 else error
        raw = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def api() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Api) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/api/chat"
        server.shutdown()


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    with open_chats() as client:
        yield client


def test_a_conversation_keeps_its_session(api: str, http: httpx.Client) -> None:
    chat = Chat(http, api)
    assert chat.say("bonjour").prose == "None None"
    assert chat.say("et encore", "id-1").prose == "s1 id-1"
    assert len(chat.turns) == 2


def test_a_refusal_of_the_input_is_a_reply_and_the_field_stays_asked_for(api: str, http: httpx.Client) -> None:
    chat = Chat(http, api)
    chat.say("bonjour")
    reply = chat.say("413")
    assert (reply.refused, reply.asks) == (413, "nom")
    assert "trop long" in reply.prose


@pytest.mark.parametrize(("status", "what"), [("429", "CIC_RATE_LIMIT"), ("503", "503"), ("500", "500")])
def test_an_assistant_that_cannot_be_measured_stops_the_evaluation(api: str, http: httpx.Client, status: str, what: str) -> None:
    with pytest.raises(UnavailableError, match=what):
        Chat(http, api).say(status)


def test_without_an_assistant_the_sentence_says_what_to_do(http: httpx.Client) -> None:
    with pytest.raises(UnavailableError, match="make run"):
        Chat(http, "http://127.0.0.1:9/api/chat").say("bonjour")
