"""What Messenger and WhatsApp share: Meta's webhooks and its Graph API (https://developers.facebook.com/docs/graph-api).

Of errors only the codes count: nearly every one is an "OAuthException", and statuses differ from one page of the documentation to another.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

from bot.channel_settings import Messenger, WhatsApp
from bot.channels.model import AccessError, Body, BusyError, Delivery, ForgedError, Health, Receipt, UnreachableError
from bot.channels.reading import at, check_sha256, code_at, expect_sha256, read_json, read_query, same
from bot.channels.wire import LONGEST_WAIT, Answer, Wire
from bot.errors import DeliveryError, PermanentDeliveryError

_SIGNATURE = "x-hub-signature-256"
_USAGE = "x-business-use-case-usage"
_PAIR_SECONDS = 6.0
"""How often WhatsApp lets one number write to one person, once it has written much."""

_CLOSED = {"470", "131047", "10/2018065", "10/2018278"}
"""More than 24 hours since the person wrote."""
_GONE = {"551", "130497", "131026", "10/2018108", "100/2018001", "200/1545041", "200/2018108"}
"""The person blocked us, left, or cannot be written to from here."""
_PAIR = {"131056"}
_LIMITS = {"4", "17", "32", "613", "80006", "80007", "130429", "131048"}
_PASSING = {"1", "2", "1200", "131000", "131016", "131057", "133004"}
_ACCESS = {"0", "3", "10", "102", "190", "368", "100/33", "131005", "131031", "131042", "131045", "133010"}
_PERMISSIONS = range(200, 300)


class Graph:
    """The Graph API with the token of one page or number. Calls prove that we know the app's secret, so that the app may require it."""

    def __init__(self, settings: Messenger | WhatsApp, wire: Wire | None = None) -> None:
        self._api = settings.api
        self._token = settings.token
        self._proof = hmac.new(settings.app_secret.encode(), settings.token.encode(), hashlib.sha256).hexdigest()
        self._wire = wire or Wire()

    async def post(self, path: str, body: Body) -> dict[str, Any]:
        """Post; return what is answered. Raises a DeliveryError."""
        return await self._call("POST", path, {}, json=body)

    async def check(self, path: str, fields: str, describe: Callable[[dict[str, Any]], Health]) -> Health:
        """Read `fields` of an object, and describe it; or say that our token does not give it."""
        try:
            return describe(await self._call("GET", path, {"fields": fields}))
        except AccessError as error:
            return Health(False, str(error))
        except DeliveryError as error:
            return Health(None, str(error))

    async def close(self) -> None:
        """Give back the connections."""
        await self._wire.close()

    async def _call(self, method: str, path: str, query: dict[str, str], **options: Any) -> dict[str, Any]:
        headers, params = {"Authorization": f"Bearer {self._token}"}, {**query, "appsecret_proof": self._proof}
        answer = await self._wire.call(method, f"{self._api}/{path}", headers=headers, params=params, **options)
        _refuse(answer)
        return answer.json()


def admit(delivery: Delivery, verify_token: str) -> None:
    """Raise ForgedError for a question of who does not know our word, and for a delivery that cannot be signed."""
    if delivery.method == "GET":
        confirm(delivery, verify_token)
    else:
        expect_sha256(delivery.headers.get(_SIGNATURE, ""))


def confirm(delivery: Delivery, verify_token: str) -> Receipt:
    """Answer Meta, which asks whether this address is ours. Raises ForgedError for who does not know the word that we chose."""
    query = read_query(delivery)
    if not same(query.get("hub.verify_token", ""), verify_token) or query.get("hub.mode") != "subscribe":
        raise ForgedError("wrong verify token")
    return Receipt(body=query.get("hub.challenge", "").encode())


def read_signed(delivery: Delivery, app_secret: str) -> dict[str, Any]:
    """What Meta delivers. Raises ForgedError unless it is signed with the app's secret, and UnreadableError."""
    check_sha256(app_secret, delivery.body, delivery.headers.get(_SIGNATURE, ""))
    return read_json(delivery)


def _refuse(answer: Answer) -> None:
    """Raise the error that an answer means; return when it is a success."""
    if 200 <= answer.status < 300:
        return
    error = at(answer.json(), "error")
    code, subcode = code_at(error, "code"), code_at(error, "error_subcode")
    codes, told = {code, f"{code}/{subcode}"}, f"{answer.status} {code}/{subcode}".rstrip("/ ")
    if codes & _CLOSED:
        raise UnreachableError(f"Plus de 24 heures depuis le dernier message de cette personne : {told}.")
    if codes & _GONE:
        raise UnreachableError(f"Meta ne remet plus rien à cette personne : {told}.")
    if codes & _PAIR:
        raise BusyError(f"Trop de messages à cette personne en peu de temps : {told}.", _PAIR_SECONDS)
    if codes & _LIMITS or answer.status == 429:
        raise BusyError(f"Meta demande d'attendre : {told}.", _wait(answer), everybody=True)
    if codes & _PASSING or answer.status >= 500 or at(error, "is_transient") is True:
        raise BusyError(f"Meta est en panne : {told}.", answer.retry_after)
    if codes & _ACCESS or answer.status in (401, 403) or (code and int(code) in _PERMISSIONS):
        raise AccessError(f"Meta refuse notre jeton ou nos autorisations : {told}.")
    raise PermanentDeliveryError(f"Meta refuse ce message : {told}.")


def _wait(answer: Answer) -> float:
    """Seconds until we may call again: Meta gives minutes, in the header of its limits."""
    try:
        usage = json.loads(answer.headers.get(_USAGE, "{}"))
    except (ValueError, RecursionError):
        usage = None
    limits = [limit for ours in usage.values() if isinstance(ours, list) for limit in ours] if isinstance(usage, dict) else []
    minutes = [at(limit, "estimated_time_to_regain_access") for limit in limits]
    told = max((60.0 * number for number in minutes if isinstance(number, int)), default=0.0)
    return min(max(told, 0.0), LONGEST_WAIT) or answer.retry_after
