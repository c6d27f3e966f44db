"""What strangers send: refused with a French sentence, or taken as plain text. Nothing reaches Rasa that should not."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from support.played_site import Site

pytestmark = pytest.mark.anyio

REFUSED = {
    "no body": (b"", 400),
    "not JSON": (b"bonjour", 400),
    "half JSON": (b'{"message": "bon', 400),
    "not UTF-8": (b'{"message": "\xff\xfe"}', 400),
    "form data": (b"message=bonjour&session=", 400),
    "nested too deep": (b"[" * 60_000, 400),
    "a list": (b'["bonjour"]', 422),
    "a text": (b'"bonjour"', 422),
    "null": (b"null", 422),
    "no message": (b"{}", 422),
    "null message": (b'{"message": null}', 422),
    "empty message": (b'{"message": ""}', 422),
    "spaces only": (b'{"message": " \\n\\t\\u00a0 "}', 422),
    "control characters only": (b'{"message": "\\u0000\\u0007\\u200b\\u2060"}', 422),
    "lone surrogate only": (b'{"message": "\\ud800"}', 422),
    "a number": (b'{"message": 5}', 422),
    "an object": (b'{"message": {"text": "bonjour"}}', 422),
    "a huge number": (b'{"message": ' + b"9" * 5000 + b"}", 400),
    "session of a wrong type": (b'{"message": "bonjour", "session": 5}', 422),
    "id of a wrong type": (b'{"message": "bonjour", "id": 5}', 422),
    "id that is empty": (b'{"message": "bonjour", "id": " "}', 422),
    "id that is too long": (b'{"message": "bonjour", "id": "' + b"x" * 101 + b'"}', 422),
    "2,001 characters": (b'{"message": "' + b"a" * 2001 + b'"}', 413),
    "5,000 characters": (b'{"message": "' + b"a" * 5000 + b'"}', 413),
    "more than 64 kB": (b'{"message": "bonjour", "x": "' + b"a" * 70_000 + b'"}', 413),
}

TAKEN_AS_TEXT = {
    "an intent": ("/restart", "/restart"),
    "an intent with entities": ('/inform{"fonction":"bourgmestre"}', '/inform{"fonction":"bourgmestre"}'),
    "an intent behind invisible characters": (" \u200b\u2060 /session_start", "/session_start"),
    "SQL": ("'; DROP TABLE turns; --", "'; DROP TABLE turns; --"),
    "HTML": ("<script>alert(1)</script>", "<script>alert(1)</script>"),
    "template braces": ("{{ 7*7 }} {x} ${y}", "{{ 7*7 }} {x} ${y}"),
    "header injection": ("Awa\r\nBcc: tous@exemple.example", "Awa Bcc: tous@exemple.example"),
    "control characters": ("bon\x00jour\x1b[31m\x85", "bon jour [31m"),
    "a lone surrogate": ("bon\ud800jour", "bonjour"),
    "direction marks": ("\u202ebonjour\u2066", "bonjour"),
    "2,000 characters": ("é" * 2000, "é" * 2000),
    "an emoji": ("👩🏽‍💼 merci", "👩🏽💼 merci"),
}


@pytest.mark.parametrize(("body", "status"), REFUSED.values(), ids=REFUSED)
async def test_bad_input_gets_a_sentence_and_is_not_handled(site: Site, body: bytes, status: int) -> None:
    response = await site.client.post("/api/chat", content=body)
    assert response.status_code == status
    assert response.json()["error"].endswith((".", "?"))
    assert site.rasa.asked == []


@pytest.mark.parametrize(("sent", "received"), TAKEN_AS_TEXT.values(), ids=TAKEN_AS_TEXT)
async def test_odd_messages_are_only_text(site: Site, sent: str, received: str) -> None:
    response = await site.chat(sent)
    assert response.status_code == 200
    assert [message for _, message, _ in site.rasa.asked] == [received]
    history = await site.client.get("/api/chat/history", headers={"Authorization": f"Bearer {response.json()['session']}"})
    assert history.json()["messages"][0]["text"] == received


async def test_a_body_without_length_is_bounded_too(site: Site) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b" " * 1000

    assert (await site.client.post("/api/chat", content=endless())).status_code == 413


async def test_unknown_fields_are_ignored(site: Site) -> None:
    response = await site.chat("bonjour", sender="admin", input_channel="cic", metadata={"slot": 1})
    assert response.status_code == 200
    assert site.rasa.asked[0][0] != "admin"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/chat", 405),
        ("PUT", "/api/chat", 405),
        ("POST", "/api/chat/history", 405),
        ("GET", "/api/feedback", 405),
        ("GET", "/api/nothing", 404),
        ("GET", "/webhooks/rest/webhook", 404),
        ("GET", "/static/../app.py", 404),
        ("GET", "/static/%2e%2e/app.py", 404),
    ],
)
async def test_other_addresses_and_methods_are_refused_in_french(site: Site, method: str, path: str, status: int) -> None:
    response = await site.client.request(method, path)
    assert response.status_code == status
    assert "Cette adresse" in response.json()["error"]
