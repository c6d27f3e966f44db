"""What Twilio's error codes mean for the message that was sent (https://www.twilio.com/docs/api/errors). Pure."""

from __future__ import annotations

from bot.channels.model import AccessError, BusyError, UnreachableError
from bot.channels.reading import code_at
from bot.channels.wire import Answer, refuse

_BUSY = frozenset({"14107", "20429", "21611", "21730", "30001", "63018"})
"""Too many requests, or messages, of this account or number; the queue is full; maintenance."""
_ACCESS = frozenset(
    {
        "10001", "20003", "20005", "20404", "21212", "21603", "21606", "21609", "21659", "21660", "21701", "21703",
        "21704", "21705", "21910", "30002", "63007",
    }
)  # fmt: skip
"""The account, its rights, our number or our address: for the operator to put right."""
_UNREACHABLE = frozenset(
    {
        "21211", "21214", "21217", "21265", "21266", "21268", "21408", "21608", "21610", "21612", "21614", "21635", "63003", "63014",
        "63015", "63016", "63024", "63032",
    }
)  # fmt: skip
"""The person has stopped us, has no number that takes messages or one that our account may not write to (a country that is not
opened, a trial), or (WhatsApp) has not written for 24 hours. Anybody may write from such a number: it is no reason to try for a day."""


def refuse_twilio(answer: Answer) -> None:
    """Raise the error that Twilio's answer means; return when it has the message. Raises a DeliveryError."""
    if 200 <= answer.status < 300:
        return
    code = code_at(answer.json(), "code")
    told = f"{answer.status} {code}".strip()
    if code in _BUSY or answer.status == 429:
        raise BusyError(f"Twilio demande d'attendre : {told}.", answer.retry_after, everybody=True)
    if code in _UNREACHABLE:
        raise UnreachableError(f"Twilio ne remet plus rien à cette personne : {told}.")
    if code in _ACCESS or answer.status in (401, 403, 404):
        raise AccessError(f"Twilio refuse le compte, ses droits ou le numéro d'envoi : {told}.")
    refuse(answer, code)
