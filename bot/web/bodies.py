"""What comes in over HTTP, read within bounds and turned into values, or refused with one French sentence."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request

from bot.errors import AssistantError
from bot.text import clean

BODY_BYTES = 64 * 1024
BODY_SECONDS = 15.0
"""A client on a slow line has this long to send its few hundred bytes."""
MESSAGE_CHARACTERS = 2000
ID_CHARACTERS = 100
FORM = "application/x-www-form-urlencoded"
FORM_FIELDS = 20
"""More than any of our forms has."""


class RefusedError(AssistantError):
    """The request is refused with a 4xx, or a 502 or 503 when it is not its fault; the message is the French sentence that is read."""

    def __init__(self, status: int, sentence: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(sentence)
        self.status = status
        self.headers = dict(headers or {})


@dataclass(frozen=True)
class ChatRequest:
    """A message to the assistant; `id` is the client's own, for sending again."""

    message: str
    session: str | None
    id: str | None


@dataclass(frozen=True)
class FeedbackRequest:
    """A judgement on one message of the assistant."""

    session: str
    id: str
    useful: bool
    comment: str | None


async def read_object(request: Request) -> dict[str, Any]:
    """Return the JSON object in the body, at most BODY_BYTES long."""
    try:
        body = json.loads(await _read(request), parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise RefusedError(400, "La requête n'est pas du JSON valable.") from error
    if not isinstance(body, dict):
        raise RefusedError(422, "La requête doit être un objet JSON.")
    return body


async def read_form(request: Request) -> dict[str, Any]:
    """Return the fields of a form sent as browsers do without a file, at most BODY_BYTES long; of a name given twice, the last."""
    return dict(await read_pairs(request))


async def read_pairs(request: Request, most: int = FORM_FIELDS) -> list[tuple[str, str]]:
    """Return all the fields of such a form, at most so many, in their order."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise RefusedError(415, "Ce formulaire n'est pas arrivé sous une forme que l'assistant peut lire.")
    raw = await _read(request)
    try:
        return parse_qsl(raw.decode(), keep_blank_values=True, errors="strict", max_num_fields=most)
    except ValueError as error:
        raise RefusedError(400, "Ce formulaire n'est pas lisible.") from error


def _no_number(name: str) -> float:
    """NaN and the infinities are none in JSON (RFC 8259, 6), whatever Python reads."""
    raise ValueError(f"{name} is not JSON")


async def read_bytes(request: Request, most: int) -> bytes:
    """Return the body as it came, at most so many bytes long."""
    return await _read(request, most)


async def _read(request: Request, most: int = BODY_BYTES) -> bytes:
    try:
        return await asyncio.wait_for(_collect(request, most), BODY_SECONDS)
    except asyncio.TimeoutError as error:
        raise RefusedError(408, "Votre message n'est pas arrivé en entier. Pouvez-vous l'envoyer à nouveau ?") from error


async def _collect(request: Request, most: int) -> bytes:
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > most:
            raise RefusedError(413, "La requête est trop longue.")
    return bytes(raw)


def chat_request(body: dict[str, Any]) -> ChatRequest:
    """Return the message in `body`, cleaned of control and invisible characters."""
    message = body.get("message")
    if message is not None and not isinstance(message, str):
        raise RefusedError(422, "Le champ « message » doit être un texte.")
    if message and len(message) > MESSAGE_CHARACTERS:
        raise RefusedError(413, "Votre message dépasse 2 000 caractères. Pouvez-vous le raccourcir ?")
    message = clean(message or "")
    if not message:
        raise RefusedError(422, "Votre message est vide. Écrivez votre question, puis envoyez-la.")
    return ChatRequest(message, _optional_text(body, "session"), _optional_id(body))


def feedback_request(body: dict[str, Any]) -> FeedbackRequest:
    """Return the judgement in `body`."""
    session, message_id, useful = _optional_text(body, "session"), _optional_id(body), body.get("useful")
    if session is None or message_id is None:
        raise RefusedError(422, "Les champs « session » et « id » disent de quelle réponse il s'agit : ils sont nécessaires.")
    if not isinstance(useful, bool):
        raise RefusedError(422, "Le champ « useful » doit valoir true ou false.")
    comment = _optional_text(body, "comment")
    if comment and len(comment) > MESSAGE_CHARACTERS:
        raise RefusedError(413, "Votre commentaire dépasse 2 000 caractères. Pouvez-vous le raccourcir ?")
    return FeedbackRequest(session, message_id, useful, clean(comment or "") or None)


def _optional_text(body: dict[str, Any], name: str) -> str | None:
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise RefusedError(422, f"Le champ « {name} » doit être un texte.")
    return value


def _optional_id(body: dict[str, Any]) -> str | None:
    value = _optional_text(body, "id")
    if value is None:
        return None
    if not 1 <= len(clean(value)) <= ID_CHARACTERS:
        raise RefusedError(422, f"Le champ « id » doit être un texte de 1 à {ID_CHARACTERS} caractères.")
    return clean(value)
