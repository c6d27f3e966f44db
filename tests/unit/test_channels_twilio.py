"""Twilio: whose deliveries are believed, what is read of them, how an answer is dressed for SMS and WhatsApp, what its errors mean."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any, TypeVar
from urllib.parse import parse_qs, parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.platforms.platform import SITE, Platform, Raw, Reply
from support.platforms.twilio import ACCOUNT, NUMBER, TOKEN, PlayedSms, PlayedTwilio, PlayedWhatsAppTwilio, error, segments, signature

from bot.channel_settings import Twilio
from bot.channels.model import (
    AccessError,
    Bubble,
    BusyError,
    Delivery,
    Failure,
    ForgedError,
    Health,
    Incoming,
    Kind,
    Receipt,
    UnreachableError,
    UnreadableError,
)
from bot.channels.rendering import render
from bot.channels.sms_text import plain
from bot.channels.twilio import SmsConnector, WhatsAppTwilioConnector, sign
from bot.errors import DeliveryError, PermanentDeliveryError, TemporaryDeliveryError

T = TypeVar("T")
Connector = SmsConnector | WhatsAppTwilioConnector
AWA = "+32455550142"
SERVICE = "MG0123456789abcdef0123456789abcdef"
SID = f"SM{5:032x}"
DOCUMENTED = {"CallSid": "CA1234567890ABCDE", "Digits": "1234", "From": "+14158675309", "To": "+18005551212", "Caller": "+14158675309"}
"""The fields of Twilio's own example."""


@pytest.fixture
def sms() -> Iterator[PlayedSms]:
    yield from started(PlayedSms())


@pytest.fixture
def whatsapp() -> Iterator[PlayedWhatsAppTwilio]:
    yield from started(PlayedWhatsAppTwilio())


def started(platform: Any) -> Iterator[Any]:
    platform.start()
    yield platform
    platform.stop()


def settings(platform: Platform, **changes: Any) -> Twilio:
    return replace(Twilio(ACCOUNT, TOKEN, NUMBER, SITE, platform.address), **changes)


def use(platform: PlayedTwilio, what: Callable[[Connector], Awaitable[T]], **changes: Any) -> T:
    """Use the connector of a platform on one event loop, as the web process does."""
    made = SmsConnector if platform.name == "sms" else WhatsAppTwilioConnector

    async def run() -> T:
        connector = made(settings(platform, **changes))
        try:
            return await what(connector)
        finally:
            await connector.close()

    return asyncio.run(run())


def receive(platform: PlayedTwilio, raw: Raw, method: str = "POST", **changes: Any) -> Receipt:
    headers = {name.lower(): value for name, value in raw.headers.items()} | {"host": "127.0.0.1:8000"}
    delivery = Delivery(method, f"/webhooks/{platform.name}", raw.query, headers, raw.body)
    return use(platform, lambda connector: connector.receive(delivery), **changes)


def read(platform: PlayedTwilio, **fields: str) -> Incoming | None:
    """What is read of a message with these fields."""
    messages = receive(platform, platform.incoming("awa", 5, **fields)).messages
    return messages[0] if messages else None


def send(platform: PlayedTwilio, text: str = "Bonjour.", to: str = "", **changes: Any) -> str | None:
    address = {"to": to or platform.address_of("awa")}
    return use(platform, lambda connector: connector.send(address, {}, connector.dress(Bubble(text)), "key"), **changes)


def check(platform: PlayedTwilio, **changes: Any) -> Health:
    return use(platform, lambda connector: connector.check(), **changes)


# --- whose deliveries are believed ---


@pytest.mark.parametrize(
    ("url", "fields", "wanted"),
    [
        (
            "https://mycompany.com/myapp.php?foo=1&bar=2",
            {
                "CallSid": "CA1234567890ABCDE",
                "Digits": "1234",
                "From": "+14158675309",
                "To": "+18005551212",
                "Caller": "+14158675309",
            }.items(),
            "RSOYDt4T1cUTdK1PDd93/VVr8B8=",
        ),
        ("https://u.example/h", [("b", "é ç"), ("a", "2"), ("a", "1"), ("a", "2")], "t1zYrMRodSBa7bPWYC8oNO/aqtM="),
        ("https://u.example/h", [("a", "2"), ("B", "1"), ("Ab", "3")], "MH32nyfMEKR3pIsWRDPt1rp4djM="),
    ],
    ids=["of Twilio's documentation", "a field several times", "capitals first"],
)
def test_a_signature_is_that_of_twilios_own_library(url: str, fields: Any, wanted: str) -> None:
    assert sign("12345", url, fields) == wanted


def test_a_delivery_is_signed_over_our_public_address_whatever_host_it_names(sms: PlayedSms) -> None:
    raw = sms.message("awa", "Bonjour")
    assert receive(sms, raw).messages
    for_the_host = signature(TOKEN, "http://127.0.0.1:8000/webhooks/sms", {name: v[0] for name, v in parse_qs(raw.body.decode()).items()})
    with pytest.raises(ForgedError):
        receive(sms, replace(raw, headers={**raw.headers, "X-Twilio-Signature": for_the_host}))


@pytest.mark.parametrize(
    ("site", "signed"),
    [
        (SITE, f"{SITE}:443/webhooks/sms"),
        (SITE, f"{SITE}/webhooks/sms"),
        (f"{SITE}:8443", f"{SITE}:8443/webhooks/sms"),
        (f"{SITE}:8443", f"{SITE}/webhooks/sms"),
    ],
)
def test_an_address_is_signed_with_its_port_or_without(sms: PlayedSms, site: str, signed: str) -> None:
    fields = {"AccountSid": ACCOUNT, "MessageSid": SID, "From": AWA, "To": NUMBER, "Body": "Bonjour"}
    raw = sms.signed(fields)
    raw = replace(raw, headers={**raw.headers, "X-Twilio-Signature": signature(TOKEN, signed, fields | {"ApiVersion": "2010-04-01"})})
    assert receive(sms, raw, site=site).messages


def test_the_query_is_signed_too(sms: PlayedSms) -> None:
    raw = sms.message("awa", "Bonjour")
    fields = {name: values[0] for name, values in parse_qs(raw.body.decode()).items()}
    signed = {**raw.headers, "X-Twilio-Signature": signature(TOKEN, f"{sms.hook}?bureau=1", fields)}
    assert receive(sms, replace(raw, query="bureau=1", headers=signed)).messages
    with pytest.raises(ForgedError):
        receive(sms, replace(raw, query="bureau=1"))


def test_what_was_changed_on_its_way_is_refused(sms: PlayedSms) -> None:
    sms.assistant = "http://127.0.0.1:8000"
    for forged in sms.forged(sms.message("awa", "Bonjour")):
        with pytest.raises(ForgedError):
            receive(sms, forged)


@pytest.mark.parametrize("body", [b"\xff\xfe", b"Body=%FF", b"&".join(b"a=1" for _ in range(600))], ids=["bytes", "escapes", "endless"])
def test_a_form_that_nobody_can_have_signed_is_refused(sms: PlayedSms, body: bytes) -> None:
    with pytest.raises(ForgedError):
        receive(sms, replace(sms.message("awa", "Bonjour"), body=body))


@pytest.mark.parametrize("given", ["x", "x" * 28, "=" * 28, "A" * 26 + "==", "A" * 27 + "=\n", "é" * 27 + "="])
def test_what_cannot_be_a_signature_is_refused_before_there_is_a_body(sms: PlayedSms, given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.channels.twilio.parse_qsl", lambda *_, **__: pytest.fail("the form was read"))
    raw = sms.message("awa", "Bonjour")
    delivery = Delivery("POST", "/webhooks/sms", "", {"x-twilio-signature": given}, b"")
    with pytest.raises(ForgedError):
        use(sms, lambda connector: connector.admit(delivery))
    with pytest.raises(ForgedError):
        receive(sms, replace(raw, headers={**raw.headers, "X-Twilio-Signature": given}))
    use(sms, lambda connector: connector.admit(replace(delivery, headers={"x-twilio-signature": raw.headers["X-Twilio-Signature"]})))


# --- one signature, other fields: Twilio puts nothing between names and values ---


def pairs_of(raw: Raw) -> list[tuple[str, str]]:
    return sorted(parse_qsl(raw.body.decode(), keep_blank_values=True))


def recut(raw: Raw, fields: list[tuple[str, str]]) -> Raw:
    """Other fields under the signature of a delivery, which holds for them, too."""
    assert "".join(map("".join, sorted(fields))) == "".join(map("".join, pairs_of(raw)))
    return replace(raw, body=urlencode(fields).encode())


def test_no_field_that_decides_may_hold_its_neighbours(sms: PlayedSms, whatsapp: PlayedWhatsAppTwilio) -> None:
    for platform in (sms, whatsapp):
        raw = platform.message("awa", "Bonjour", 5)
        fields = pairs_of(raw)
        for start, (name, value) in enumerate(fields):
            for end in range(start + 2, len(fields) + 1):
                glued = value + "".join(map("".join, fields[start + 1 : end]))
                try:
                    found = receive(platform, recut(raw, [*fields[:start], (name, glued), *fields[end:]])).messages
                except (ForgedError, UnreadableError):
                    continue
                assert {(one.platform_id, one.sender) for one in found} <= {(SID, platform.address_of("awa"))}


def test_no_name_may_hold_its_neighbours(sms: PlayedSms) -> None:
    raw = sms.message("awa", "Bonjour", 5)
    fields = dict(pairs_of(raw))
    sender = fields.pop("From")
    fields[f"From{sender[:8]}"] = sender[8:]
    with pytest.raises(ForgedError):
        receive(sms, recut(raw, list(fields.items())))


def test_a_field_is_given_once(sms: PlayedSms) -> None:
    raw = sms.incoming("awa", 5, From=AWA, Body="OuiFrom+32455550101")
    fields = [(name, "Oui" if name == "Body" else value) for name, value in pairs_of(raw)]
    with pytest.raises(ForgedError, match="none of Twilio's"):
        receive(sms, recut(raw, [*fields, ("From", "+32455550101")]))


OTHER_SID = f"SM{6:032x}"
HIDDEN = f"From+32455550199MessageSid{OTHER_SID}NumMedia0ProfileName"
"""What somebody writes whose message is to become one of another person, under another id; the rest is to be a name of a profile."""


def test_who_captures_a_delivery_of_theirs_cannot_make_one_of_another_person_of_it(whatsapp: PlayedWhatsAppTwilio) -> None:
    hidden = HIDDEN.replace("From+", "Fromwhatsapp:+")
    raw = whatsapp.incoming("awa", 5, Body=f"Bonjour{hidden}")
    fields = pairs_of(raw)
    rest = {name: value for name, value in fields if name < "Body" or name > "ProfileName"}
    swallowed = "".join(name + value for name, value in fields if "Body" < name <= "ProfileName")
    made = rest | {"Body": "Bonjour", "From": "whatsapp:+32455550199", "MessageSid": OTHER_SID, "NumMedia": "0", "ProfileName": swallowed}
    with pytest.raises(ForgedError, match="cut in another way"):
        receive(whatsapp, recut(raw, list(made.items())))
    with pytest.raises(ForgedError, match="cut in another way"):
        receive(whatsapp, raw)


def test_the_query_takes_no_fields_away(sms: PlayedSms) -> None:
    fields = {"AccountSid": ACCOUNT, "From": AWA, "To": NUMBER, "MessageSid": SID, "Body": f"AccountSid{ACCOUNT}BodyOui{HIDDEN}"}
    raw = sms.signed(fields)
    signed = {**raw.headers, "X-Twilio-Signature": signature(TOKEN, f"{sms.hook}?bureau=1", dict(pairs_of(raw)))}
    moved = f"bureau=1AccountSid{ACCOUNT}ApiVersion2010-04-01Body"
    rest = [("AccountSid", ACCOUNT), ("Body", "Oui"), ("From", "+32455550199"), ("MessageSid", OTHER_SID), ("NumMedia", "0")]
    rest += [("ProfileName", f"From{AWA}MessageSid{SID}"), ("To", NUMBER)]
    with pytest.raises(ForgedError, match="cut in another way"):
        receive(sms, replace(raw, body=urlencode(rest).encode(), query=moved, headers=signed))


def test_a_message_that_answers_another_one_names_it(whatsapp: PlayedWhatsAppTwilio) -> None:
    found = read(whatsapp, Body="Oui", OriginalRepliedMessageSid=OTHER_SID, OriginalRepliedMessageSender="whatsapp:+32455550100")
    assert found
    assert found.platform_id == SID


def test_a_field_that_twilio_adds_is_no_obstacle(sms: PlayedSms) -> None:
    assert read(sms, Body="Oui", SomethingNew="x", something_else7="From the sea, MessageSid")


@pytest.mark.parametrize(
    ("sender", "read_of"),
    [
        ("whatsapp:+32455550142", True),
        ("whatsapp:BE.1502576394655843", True),
        ("whatsapp:US.ENT.11815799212886844830", True),
        ("whatsapp:awa", False),
        ("+32455550142", False),
    ],
)
def test_a_person_on_whatsapp_has_a_number_or_an_id(whatsapp: PlayedWhatsAppTwilio, sender: str, read_of: bool) -> None:
    assert (read(whatsapp, From=sender, Body="Oui") is not None) is read_of


@pytest.mark.parametrize("ident", ["SM1", f"SM{5:031x}", f"SM{5:033x}", f"SX{5:032x}", f"{SID}NumMedia0", f" {SID}"])
def test_an_id_that_is_none_of_twilios_is_refused(sms: PlayedSms, ident: str) -> None:
    with pytest.raises(ForgedError):
        receive(sms, sms.incoming("awa", MessageSid=ident, Body="Oui"))


def test_another_account_is_refused_even_with_our_signature(sms: PlayedSms) -> None:
    with pytest.raises(ForgedError, match="another account"):
        receive(sms, sms.incoming("awa", AccountSid="AC99999999999999999999999999999999", Body="Bonjour"))


def test_what_is_no_form_is_unreadable(sms: PlayedSms) -> None:
    with pytest.raises(UnreadableError) as found:
        receive(sms, sms.mistyped(sms.message("awa", "Bonjour")))
    assert found.value.status == 415


def test_a_hook_that_was_set_to_get_is_unreadable_once_its_signature_is_right(sms: PlayedSms) -> None:
    query = urlencode({"AccountSid": ACCOUNT, "MessageSid": SID, "Body": "Bonjour"})
    raw = Raw(b"", {"X-Twilio-Signature": signature(TOKEN, f"{sms.hook}?{query}", {})}, query)
    with pytest.raises(UnreadableError) as found:
        receive(sms, raw, "GET")
    assert found.value.status == 415


def test_a_message_for_another_number_of_the_account_is_told_to_twilio(sms: PlayedSms, whatsapp: PlayedWhatsAppTwilio) -> None:
    for platform, to in [(sms, "+32455550177"), (sms, f"whatsapp:{NUMBER}"), (whatsapp, NUMBER)]:
        with pytest.raises(UnreadableError, match="CIC_"):
            receive(platform, platform.incoming("awa", To=to, Body="Bonjour"))


def test_a_messaging_service_receives_on_all_of_its_numbers(sms: PlayedSms) -> None:
    raw = sms.incoming("awa", To="+32455550177", MessagingServiceSid=SERVICE, Body="Bonjour")
    assert receive(sms, raw, sender=SERVICE).messages
    with pytest.raises(UnreadableError, match="CIC_SMS_FROM"):
        receive(sms, sms.message("awa", "Bonjour"), sender=SERVICE)


def test_a_delivery_without_an_id_is_unreadable(sms: PlayedSms) -> None:
    with pytest.raises(UnreadableError):
        receive(sms, sms.signed({"From": AWA, "To": NUMBER, "Body": "Bonjour"}))


# --- what is read ---


def test_a_message_is_read_and_acknowledged_without_a_word(sms: PlayedSms) -> None:
    receipt = receive(sms, sms.incoming("awa", 5, From=AWA, Body="Quel est le budget ?"))
    assert receipt.messages == [Incoming(SID, AWA, {"to": AWA}, Kind.TEXT, "Quel est le budget ?")]
    assert receipt.body.endswith(b"<Response/>")
    assert receipt.content_type.startswith("text/xml")


def test_the_same_message_has_the_same_id_when_it_comes_again(sms: PlayedSms) -> None:
    first, again, other = sms.message("awa", "Oui", 5), sms.message("awa", "Oui", 5), sms.message("awa", "Oui", 6)
    ids = [receive(sms, raw).messages[0].platform_id for raw in (first, again, other)]
    assert ids[0] == ids[1] != ids[2]


def test_a_message_that_twilio_presents_again_at_the_fallback_address_is_the_same(sms: PlayedSms) -> None:
    again = sms.incoming("awa", 5, From=AWA, Body="Oui", ErrorCode="11200", ErrorUrl=sms.hook)
    assert receive(sms, again).messages == receive(sms, sms.incoming("awa", 5, From=AWA, Body="Oui")).messages
    assert receive(sms, again).failures == ()


def test_a_person_on_whatsapp_keeps_the_address_of_whatsapp(whatsapp: PlayedWhatsAppTwilio) -> None:
    found = read(whatsapp, From=f"whatsapp:{AWA}", Body="Bonjour")
    assert found
    assert (found.sender, found.address) == (f"whatsapp:{AWA}", {"to": f"whatsapp:{AWA}"})


@pytest.mark.parametrize(
    "fields",
    [
        {"Body": "STOP", "OptOutType": "STOP"},
        {"Body": "ARRET", "OptOutType": "STOP"},
        {"Body": "AIDE", "OptOutType": "HELP"},
        {"Body": "START", "OptOutType": "START"},
        {"Body": "Stop"},
        {"Body": " STOP. "},
        {"Body": "Unsubscribe"},
        {"Body": "Arrêt"},
        {"Body": "ARRETE"},
        {"From": "8686", "Body": "Votre code est 123."},
        {"From": "Operateur", "Body": "Votre solde est bas."},
        {"From": "", "Body": "Bonjour"},
    ],
    ids=str,
)
def test_an_sms_that_twilio_answers_itself_or_that_a_machine_wrote_is_nothing(sms: PlayedSms, fields: dict[str, str]) -> None:
    assert read(sms, **fields) is None


@pytest.mark.parametrize("text", ["Arrêtez de me répondre", "INFO", "HELP", "aide", "oui", "annuler", "stop ou encore"])
def test_an_sms_that_only_holds_such_a_word_or_that_twilio_leaves_to_us_is_text(sms: PlayedSms, text: str) -> None:
    found = read(sms, Body=text)
    assert found
    assert (found.kind, found.text) == (Kind.TEXT, text)


@pytest.mark.parametrize("text", ["START", "Unstop"])
def test_who_starts_again_is_told_who_we_are(sms: PlayedSms, text: str) -> None:
    found = read(sms, Body=text)
    assert found
    assert (found.kind, found.text) == (Kind.START, "")


@pytest.mark.parametrize(
    ("fields", "kind", "text"),
    [
        ({"Body": "", "NumMedia": "1", "MediaUrl0": "https://api.twilio.com/x", "MediaContentType0": "audio/ogg"}, Kind.MEDIA, ""),
        ({"Body": "Est-ce la bonne page ?", "NumMedia": "1"}, Kind.TEXT, "Est-ce la bonne page ?"),
        ({"Body": "", "Latitude": "50.46", "Longitude": "4.86", "MessageType": "location"}, Kind.MEDIA, ""),
        ({"Body": " \n", "MessageType": "unsupported"}, Kind.MEDIA, ""),
        ({"Body": "Oui", "ButtonText": "Oui", "ButtonPayload": "yes_1", "MessageType": "button"}, Kind.TEXT, "Oui"),
        ({"Body": "", "ButtonText": "Non", "ButtonPayload": "no_1"}, Kind.TEXT, "Non"),
        ({"Body": "", "ListId": "row_3", "ListTitle": "Les résultats", "MessageType": "interactive"}, Kind.TEXT, "Les résultats"),
        ({"Body": "stop", "MessageType": "text"}, Kind.TEXT, "stop"),
    ],
    ids=["voice", "picture with words", "place", "nothing that is known", "button", "button without a body", "row", "stop is no word here"],
)
def test_a_message_of_whatsapp_is_read_by_what_it_holds(
    whatsapp: PlayedWhatsAppTwilio, fields: dict[str, str], kind: Kind, text: str
) -> None:
    found = read(whatsapp, **fields)
    assert found
    assert (found.kind, found.text) == (kind, text)


def test_reactions_and_what_people_are_told_by_twilio_are_nothing(whatsapp: PlayedWhatsAppTwilio) -> None:
    assert not any(receive(whatsapp, raw).messages for raw in whatsapp.noise("awa"))


@pytest.mark.parametrize(
    ("status", "more", "failures"),
    [
        ("queued", {}, []),
        ("sent", {}, []),
        ("delivered", {}, []),
        ("read", {}, []),
        ("undelivered", {"ErrorCode": "30003"}, [Failure(SID, "30003")]),
        ("failed", {"ErrorCode": "63016", "ErrorMessage": "outside"}, [Failure(SID, "63016")]),
        ("failed", {}, [Failure(SID, "failed")]),
        ("failed", {"ErrorCode": "Awa Ndiaye"}, [Failure(SID, "failed")]),
    ],
)
def test_what_becomes_of_a_message_of_ours_counts_when_it_failed(
    sms: PlayedSms, status: str, more: dict[str, str], failures: list[Failure]
) -> None:
    receipt = receive(sms, sms.status(SID, status, **more))
    assert (list(receipt.messages), list(receipt.failures)) == ([], failures)


FIELDS = ["MessageSid", "SmsStatus", "MessageStatus", "From", "To", "Body", "NumMedia", "OptOutType", "MessageType", "ListTitle"]


@given(st.dictionaries(st.sampled_from(FIELDS), st.text(st.characters(codec="utf-8"), max_size=8)))
def test_no_signed_form_makes_the_connector_stumble(fields: dict[str, str]) -> None:
    played = PlayedSms()
    with suppress(UnreadableError, ForgedError):
        receive(played, played.signed({"To": NUMBER, "From": AWA, "MessageSid": SID, **fields}))


# --- what is sent ---


def test_a_message_is_sent_with_what_twilio_wants(sms: PlayedSms, whatsapp: PlayedWhatsAppTwilio) -> None:
    for platform in (sms, whatsapp):
        assert (send(platform) or "").startswith("SM")
        assert [shown.text for shown in platform.seen("awa")] == ["Bonjour."]
        assert platform.violations == []


def test_a_messaging_service_sends_in_place_of_a_number(sms: PlayedSms) -> None:
    with pytest.raises(AccessError):  # the played account has no such service
        send(sms, sender=SERVICE)
    form = parse_qs(sms.calls[0].body.decode())
    assert (form["MessagingServiceSid"], "From" in form) == ([SERVICE], False)


@pytest.mark.parametrize(
    ("reply", "wanted", "seconds"),
    [
        (error(429, 20429, "Too Many Requests", [("Retry-After", "7")]), BusyError, 7),
        (error(400, 21611, "This 'From' number has exceeded the maximum number of queued messages"), BusyError, 0),
        (error(429, 63018, "Rate limit exceeded for Channel"), BusyError, 0),
        (error(503, 20503, "Service Unavailable", [("Retry-After", "3")]), BusyError, 3),
        (error(401, 20003, "Authenticate"), AccessError, None),
        (error(403, 20005, "Account not active"), AccessError, None),
        (error(400, 21408, "Permission to send an SMS has not been enabled for the region"), UnreachableError, None),
        (error(400, 21608, "The number is unverified. Trial accounts cannot send messages to it"), UnreachableError, None),
        (error(400, 21268, "Sending to Premium rate numbers is not allowed"), UnreachableError, None),
        (error(400, 21606, "The 'From' phone number is not valid"), AccessError, None),
        (error(400, 63007, "Twilio could not find a Channel with the specified From address"), AccessError, None),
        (error(400, 21610, "Attempt to send to unsubscribed recipient"), UnreachableError, None),
        (error(400, 21211, f"The 'To' number {AWA} is not a valid phone number."), UnreachableError, None),
        (error(400, 21614, f"'To' number {AWA} is not a valid mobile number"), UnreachableError, None),
        (error(400, 63016, "Failed to send freeform message because you are outside the allowed window."), UnreachableError, None),
        (error(400, 21617, "The concatenated message body exceeds the 1600 character limit"), PermanentDeliveryError, None),
        (Reply(400, b"<html>Bad Request</html>"), PermanentDeliveryError, None),
    ],
    ids=lambda value: f"{value.status}-{value.body[:14].decode()}" if isinstance(value, Reply) else None,
)
def test_an_error_means_what_twilio_documents(sms: PlayedSms, reply: Reply, wanted: type[DeliveryError], seconds: float | None) -> None:
    sms.trouble.append(reply)
    with pytest.raises(DeliveryError) as found:
        send(sms)
    assert type(found.value) is wanted
    assert AWA not in str(found.value)
    if isinstance(found.value, BusyError):
        assert found.value.seconds == seconds
        assert found.value.everybody is (reply.status < 500)


def test_only_digits_of_an_error_are_told(sms: PlayedSms) -> None:
    for told in (b'{"code": "Awa Ndiaye"}', b'{"code": "21211 Awa"}', '{"code": "\u0661"}'.encode()):
        sms.trouble.append(Reply(400, told))
        with pytest.raises(PermanentDeliveryError) as found:
            send(sms)
        assert str(found.value).endswith(": 400.")


def test_a_wrong_token_is_the_operators_and_no_answer_may_be_tried_again(sms: PlayedSms) -> None:
    with pytest.raises(AccessError):
        send(sms, token="another-token")
    sms.down()
    with pytest.raises(TemporaryDeliveryError):
        send(sms)


# --- how an answer looks ---


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Jusqu’à 8\u202f100\u202f000\u202f€", "Jusqu'à 8 100 000 €"),
        ("la page «\u00a0Attention\u00a0»\u00a0: lisez-la", 'la page "Attention" : lisez-la'),
        ("“oui” – ou non… • peut\u2011être — là", '"oui" - ou non... - peut-être - là'),
        (
            "« Où » ? Où ça ? À côté, là-bas, chez l’échevine, dès Noël, en août",
            '"Où" ? Où ça ? À côté, là-bas, chez l\'échevine, dès Noël, en août',
        ),
    ],
)
def test_an_sms_has_plain_signs_and_keeps_its_letters(text: str, wanted: str) -> None:
    assert plain(text) == wanted


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"])))
def test_plain_signs_change_no_letter_and_are_plain_already(text: str) -> None:
    def letters(value: str) -> str:
        return "".join(c for c in value if c.isalnum())

    assert letters(plain(text)) == letters(text)
    assert plain(plain(text)) == plain(text)


def test_plain_signs_make_an_answer_cheaper() -> None:
    text = "L’enveloppe totale est de 8\u202f100\u202f000\u202f€ pour l’espace Wallonie-Bruxelles. " * 3
    assert (segments(text), segments(plain(text))) == (4, 2)


ANSWER: list[dict[str, Any]] = [
    {"text": "Bonjour.", "source": None, "buttons": []},
    {
        "text": "Voici les secteurs\u00a0: «\u00a0tous\u00a0».",
        "source": {"section": "Secteurs", "page": "La page", "updated": "2016-03-15"},
        "buttons": [{"title": "Au Bénin", "value": "Les secteurs au Bénin"}, {"title": "Au Sénégal", "value": "Les secteurs au Sénégal"}],
    },
]


def bodies(connector: type[Connector]) -> list[str]:
    made = connector(Twilio(ACCOUNT, TOKEN, NUMBER, SITE))
    return [made.dress(bubble)["Body"] for bubble in render(ANSWER, connector.abilities).bubbles]


def test_an_answer_is_one_sms_with_its_source_and_numbers_to_type() -> None:
    assert bodies(SmsConnector) == [
        'Bonjour.\n\nVoici les secteurs : "tous".\nSource : "Secteurs", page mise à jour le 15.03.2016\n\n'
        "Pour choisir, répondez par un numéro :\n1. Au Bénin\n2. Au Sénégal"
    ]


def test_an_answer_on_whatsapp_is_several_messages_with_numbers_to_type() -> None:
    hello, answer = bodies(WhatsAppTwilioConnector)
    assert hello == "Bonjour."
    assert answer.startswith("Voici les secteurs\u00a0: «\u00a0tous\u00a0».\nSource")
    assert answer.endswith("1. Au Bénin\n2. Au Sénégal")


@pytest.mark.parametrize("connector", [SmsConnector, WhatsAppTwilioConnector])
def test_the_longest_message_is_one_that_twilio_takes(sms: PlayedSms, connector: type[Connector]) -> None:
    made = connector(Twilio(ACCOUNT, TOKEN, NUMBER, SITE))
    texts = [{"text": ("et ainsi de suite, sans jamais finir une phrase" + "…d’où ") * 200, "source": ANSWER[1]["source"]}]
    sizes = [len(made.dress(bubble)["Body"]) for bubble in render(texts, connector.abilities).bubbles]
    assert len(sizes) > 4
    assert max(sizes) <= 1600


# --- whether the credentials are good ---


def test_good_credentials_are_told_with_where_the_number_delivers(sms: PlayedSms, whatsapp: PlayedWhatsAppTwilio) -> None:
    assert check(sms) == Health(True, f"Le compte est actif, et le numéro livre à {sms.hook}.")
    assert check(whatsapp) == Health(True, "Le compte est actif.")
    assert check(sms, sender=SERVICE).valid


@pytest.mark.parametrize(
    ("changes", "valid", "told"),
    [
        ({"token": "another"}, False, "CIC_TWILIO_AUTH_TOKEN"),
        ({"sender": "+32455550177"}, False, "CIC_SMS_FROM"),
        ({"site": "https://ailleurs.example"}, True, "livre ailleurs"),
        ({"api": "http://127.0.0.1:9"}, None, "jointe"),
    ],
)
def test_what_is_wrong_with_the_settings_is_told(sms: PlayedSms, changes: dict[str, str], valid: bool | None, told: str) -> None:
    found = check(sms, **changes)
    assert found.valid is valid
    assert told in found.detail


@pytest.mark.parametrize(("reply", "valid"), [(Reply(200, b'{"status": "suspended"}'), False), (Reply(503), None)])
def test_an_account_that_is_not_active_or_not_told_is_no_good_one(
    sms: PlayedSms, monkeypatch: pytest.MonkeyPatch, reply: Reply, valid: bool | None
) -> None:
    monkeypatch.setattr(sms, "serve", lambda _: reply)
    assert check(sms).valid is valid
