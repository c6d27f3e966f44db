"""What every connector does with a delivery: its kind of content, its signature, and values out of JSON that may be anything. Pure."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from datetime import datetime, timezone
from typing import Any
from urllib.parse import parse_qsl

from bot.channels.model import Delivery, ForgedError, UnreadableError

JSON_TYPE = "application/json"
FORM_TYPE = "application/x-www-form-urlencoded"
_SHA256 = re.compile(r"[0-9a-f]{64}")
_CODE = re.compile(r"[0-9]{1,10}")
_FIELDS = 500
"""More than any platform's form has."""


def kind_of(delivery: Delivery) -> str:
    """The content type without its parameters, in small letters."""
    return delivery.headers.get("content-type", "").partition(";")[0].strip().lower()


def read_json(delivery: Delivery) -> dict[str, Any]:
    """The JSON object that was delivered. Raises UnreadableError."""
    if kind_of(delivery) != JSON_TYPE:
        raise UnreadableError("Cette livraison n'est pas du JSON.", 415)
    try:
        value = json.loads(delivery.body)
    except (ValueError, RecursionError) as error:
        raise UnreadableError("Cette livraison n'est pas du JSON valable.") from error
    if not isinstance(value, dict):
        raise UnreadableError("Cette livraison doit être un objet JSON.")
    return value


def read_form(delivery: Delivery) -> dict[str, str]:
    """The fields of the form that was delivered; of a name given twice, the last. Raises UnreadableError."""
    if kind_of(delivery) != FORM_TYPE:
        raise UnreadableError("Cette livraison n'est pas un formulaire.", 415)
    try:
        return dict(parse_qsl(delivery.body.decode(), keep_blank_values=True, errors="strict", max_num_fields=_FIELDS))
    except ValueError as error:
        raise UnreadableError("Ce formulaire n'est pas lisible.") from error


def read_query(delivery: Delivery) -> dict[str, str]:
    """The fields of the query. Raises UnreadableError."""
    try:
        return dict(parse_qsl(delivery.query, keep_blank_values=True, errors="strict", max_num_fields=_FIELDS))
    except ValueError as error:
        raise UnreadableError("Cette adresse n'est pas lisible.") from error


def same(given: str, expected: str) -> bool:
    """Whether two texts are the same, in a time that does not tell how much of them is."""
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), expected.encode())


def expect_sha256(given: str, prefix: str = "sha256=") -> None:
    """Raise ForgedError unless `given` looks like what `check_sha256` compares: that is known before there is a body."""
    if not given.startswith(prefix) or not _SHA256.fullmatch(given.removeprefix(prefix)):
        raise ForgedError("no signature" if not given else "nothing that can be a signature")


def check_sha256(secret: str, signed: bytes, given: str, prefix: str = "sha256=") -> None:
    """Raise ForgedError unless `given` is the HMAC-SHA256 of what was signed, in hexadecimal behind a prefix."""
    expected = prefix + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    if not same(given, expected):
        raise ForgedError("wrong signature" if given else "no signature")


def at(value: Any, *path: str | int) -> Any:
    """What stands at a place of a JSON value; None when nothing does, or something of another kind is on the way."""
    for step in path:
        if isinstance(step, str):
            value = value.get(step) if isinstance(value, dict) else None
        else:
            value = value[step] if isinstance(value, list) and -len(value) <= step < len(value) else None
    return value


def text_at(value: Any, *path: str | int) -> str:
    """The text or whole number at a place, as text; "" when there is none."""
    found = at(value, *path)
    if isinstance(found, bool):
        return ""
    return str(found) if isinstance(found, (str, int)) else ""


def code_at(value: Any, *path: str | int) -> str:
    """The error code at a place, digits only; "" when there is none: what else may stand there does not belong into a log."""
    found = text_at(value, *path)
    return found if _CODE.fullmatch(found) else ""


def list_at(value: Any, *path: str | int) -> list[Any]:
    """The list at a place; an empty one when there is none."""
    found = at(value, *path)
    return found if isinstance(found, list) else []


def moment(seconds: Any) -> datetime | None:
    """A moment given in seconds since 1970, as a number or as text; None when it is none."""
    try:
        return datetime.fromtimestamp(float(seconds), timezone.utc)
    except (TypeError, ValueError, OverflowError, OSError):
        return None
