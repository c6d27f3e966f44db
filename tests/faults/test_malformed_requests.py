"""What docs/api.yml promises, held by a real web process against requests drawn from it: those that it allows, and those that break it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode, Response
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks
from support.web_process import web_process

from bot.config import PROJECT
from bot.text import clean, fold

REFUSED = {"checks": {"negative_data_rejection": {"expected-statuses": [400, 401, 413, 422]}}}
SCHEMA = schemathesis.openapi.from_path(PROJECT / "docs" / "api.yml", config=schemathesis.Config.from_dict(REFUSED))
OPERATIONS = {operation.label: operation for result in SCHEMA.get_all_operations() for operation in [result.ok()]}
MESSAGE, JUDGEMENT, HISTORY = (OPERATIONS[label] for label in ("POST /api/chat", "POST /api/feedback", "GET /api/chat/history"))
PROMISES = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
FRENCH = re.compile(r"\b(le|la|les|un|une|de|du|est|doit|sont|pas|vous|votre|cette)\b")
ENGLISH = re.compile(r"\b(the|is|are|not|must|should|error|invalid|internal|your|request)\b")
SIMPLE = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
VALUES = st.recursive(
    SIMPLE, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4), max_leaves=8
)
OBJECTS = st.fixed_dictionaries({"message": VALUES}, optional=dict.fromkeys(("session", "id", "useful", "comment"), VALUES))
TEXTS = (OBJECTS | VALUES).map(lambda value: json.dumps(value).encode())
BODIES = st.one_of(
    st.binary(max_size=300),
    TEXTS,
    st.tuples(TEXTS, st.integers(0, 40)).map(lambda cut: cut[0][: -cut[1] or None]),
    st.tuples(TEXTS, st.sampled_from(("utf-16", "utf-32", "latin-1"))).map(lambda made: made[0].decode().encode(made[1])),
)
"""What no schema would let through: bytes, values of any type in place of our fields, halves of JSON, other encodings."""
SAID, IDS = st.text(min_size=1, max_size=2000).filter(clean), st.text("abc-é👍", min_size=1, max_size=100)
drawn = settings(
    max_examples=50,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with web_process(tmp_path_factory.mktemp("web")) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def client() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


@dataclass(frozen=True)
class Service:
    """Sends requests, and looks whether what comes back was promised."""

    address: str
    client: requests.Session

    def __repr__(self) -> str:
        return "the service"

    def ask(self, case: Case, *more: Any) -> Response:
        response = case.call(base_url=self.address, session=self.client)
        case.validate_response(response, checks=[*PROMISES, *more])
        if response.status_code >= 400:
            assert_in_french(response.content)
        return response


@pytest.fixture
def service(address: str, client: requests.Session) -> Service:
    return Service(address, client)


def assert_in_french(content: bytes) -> None:
    body = json.loads(content)
    assert set(body) <= {"error", "missing"}
    sentence = fold(body["error"])
    assert sentence.endswith((".", "?"))
    assert FRENCH.search(sentence), sentence
    assert not ENGLISH.search(sentence), sentence


@pytest.mark.parametrize("label", OPERATIONS)
def test_what_the_document_allows_gets_an_answer_that_it_names(label: str, service: Service) -> None:
    @drawn
    @given(case=OPERATIONS[label].as_strategy(generation_mode=GenerationMode.POSITIVE))
    def hold(case: Case) -> None:
        service.ask(case)

    hold()


@pytest.mark.parametrize("operation", [MESSAGE, JUDGEMENT, HISTORY], ids=lambda operation: operation.label)
def test_what_the_document_does_not_allow_is_refused_as_it_says(operation: Any, service: Service) -> None:
    @drawn
    @given(case=operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
    def hold(case: Case) -> None:
        service.ask(case, checks.negative_data_rejection)

    hold()


@pytest.mark.parametrize("operation", [MESSAGE, JUDGEMENT], ids=lambda operation: operation.label)
def test_bodies_of_any_kind_get_an_answer_that_is_documented(operation: Any, service: Service) -> None:
    @drawn
    @given(body=BODIES)
    def hold(body: bytes) -> None:
        service.ask(operation.Case(body=body, media_type="application/json"))

    hold()


def test_a_whole_conversation_is_as_documented(service: Service) -> None:
    """What is said is drawn; the session and the ids are those that the server gave, which no one can draw."""

    @drawn
    @given(said=SAID, client_id=IDS, useful=st.booleans())
    def hold(said: str, client_id: str, useful: bool) -> None:
        session = service.ask(OPERATIONS["POST /api/session"].Case()).json()["session"]
        body = {"message": said, "session": session, "id": client_id}
        answer = service.ask(MESSAGE.Case(body=body, media_type="application/json"))
        assert answer.status_code == 200
        assert service.ask(MESSAGE.Case(body=body, media_type="application/json")).json() == answer.json()
        judged = {"session": session, "id": answer.json()["messages"][0]["id"], "useful": useful, "comment": said}
        assert service.ask(JUDGEMENT.Case(body=judged, media_type="application/json")).status_code == 200
        history = service.ask(HISTORY.Case(headers={"Authorization": f"Bearer {session}"}))
        assert [message["from"] for message in history.json()["messages"]] == ["user", "assistant"]
        assert history.json()["judged"] == {judged["id"]: useful}

    hold()


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "TRACE", "QUERY"])
@pytest.mark.parametrize("path", ["/api/session", "/api/chat", "/api/feedback"])
def test_other_methods_are_refused_and_the_right_one_named(path: str, method: str, service: Service) -> None:
    response = service.client.request(method, service.address + path)
    assert (response.status_code, response.headers["Allow"]) == (405, "POST")
    assert_in_french(response.content)
