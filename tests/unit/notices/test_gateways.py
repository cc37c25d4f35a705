"""Each gateway against a server that behaves as its vendor's documentation says: sent, refused, reported, answered."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.foundation.invalid import Invalid
from chalicelib.foundation.ports import Doubtful, OptedOut, Refused, Throttled, Unavailable
from chalicelib.notices.delivery.gateways.gateway import Call
from chalicelib.notices.delivery.gateways.inbound import CallTooLarge, NotGenuine, UnknownGateway
from chalicelib.notices.delivery.gateways.kinds import KINDS
from chalicelib.notices.delivery.gateways.signing import key_of
from tests.fakes import text_gateways as vendors
from tests.fakes.text_gateways import ACCEPTED, HUB, SECRETS, TEXT, Wired, basic, form_of
from tests.fakes.tools_http import Reply, running_tool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.fakes.tools_http import ToolServer

REPORT = f"{HUB}/texts/{{}}-1?ref=t1-1-booked-sms"


@pytest.fixture
def server() -> Iterator[ToolServer]:
    yield from running_tool()


def sent_by(provider: str, server: ToolServer, answer: Reply | None = None, **settings: Any) -> tuple[Wired, Any]:
    wired, path = Wired(), ACCEPTED[provider][0]
    server.answers[path or "/"] = answer or ACCEPTED[provider][1]
    server.answers[path] = server.answers[path or "/"]
    wired.use(provider, server.url, **settings)
    return wired, wired.texts.send(TEXT)


def test_every_kind_is_tried_here() -> None:
    assert set(ACCEPTED) == set(KINDS) == set(SECRETS)


@pytest.mark.parametrize("provider", list(ACCEPTED))
def test_a_text_is_taken(server: ToolServer, provider: str) -> None:
    _, handed = sent_by(provider, server, account="hub" if provider == "ntfy" else "")
    assert (handed.message_id, handed.carrier) == (ACCEPTED[provider][2], f"gateway:{provider}-1")
    assert handed.will_report is (provider != "ntfy")
    assert len(server.asked) == 1


def test_what_twilio_is_asked(server: ToolServer) -> None:
    sent_by("twilio", server)
    (asked,) = server.asked
    assert asked.headers["authorization"] == basic("AC1", "12345")
    assert form_of(asked) == {
        "To": "+12025550123", "From": "SALON", "Body": "Leave by 9:12 & go", "ValidityPeriod": "7200",
        "StatusCallback": REPORT.format("twilio"),
    }  # a table, read by rows # fmt: skip


def test_a_messaging_service_of_twilio_chooses_the_number(server: ToolServer) -> None:
    sent_by("twilio", server, account="MG1")
    assert form_of(server.asked[0])["MessagingServiceSid"] == "MG1"
    assert "From" not in form_of(server.asked[0])


def test_what_vonage_is_asked(server: ToolServer) -> None:
    wired, _ = sent_by("vonage", server)
    assert form_of(server.asked[0]) == {
        "api_key": "abcd", "api_secret": "s3cret", "to": "12025550123", "from": "SALON", "text": "Leave by 9:12 & go",
        "type": "text", "client-ref": "t1-1-booked-sms", "callback": REPORT.format("vonage"), "ttl": "7200000",
    }  # a table, read by rows # fmt: skip
    wired.texts.send(replace(TEXT, text="Приходите"))
    assert form_of(server.asked[1])["type"] == "unicode"


def test_what_the_messages_api_of_vonage_is_asked(server: ToolServer) -> None:
    sent_by("vonage_messages", server)
    assert server.asked[0].headers["authorization"] == basic("abcd", "s3cret")
    said = json.loads(server.asked[0].body)
    assert (said["to"], said["channel"], said["ttl"], said["client_ref"]) == (
        "12025550123",
        "sms",
        7200,
        TEXT.reference,
    )


def test_what_46elks_is_asked(server: ToolServer) -> None:
    sent_by("46elks", server)
    (asked,) = server.asked
    form = form_of(asked)
    assert asked.headers["authorization"] == basic("u1", "p1")
    assert (form["from"], form["to"], form["message"]) == ("SALON", "+12025550123", "Leave by 9:12 & go")
    key, _, reference = form["whendelivered"].removeprefix(f"{HUB}/texts/46elks-1/").partition("?ref=")
    assert (len(key), reference) == (32, "t1-1-booked-sms")


def test_what_a_phone_is_asked(server: ToolServer) -> None:
    _, handed = sent_by("smsgate", server)
    assert handed.by_id
    assert json.loads(server.asked[0].body) == {
        "textMessage": {"text": "Leave by 9:12 & go"}, "phoneNumbers": ["+12025550123"], "ttl": 7200,
        "withDeliveryReport": True,
    }  # a table, read by rows # fmt: skip


def test_what_ntfy_is_asked(server: ToolServer) -> None:
    sent_by("ntfy", server, account="hub")
    assert server.asked[0].headers["authorization"] == "Bearer tk_1"
    assert json.loads(server.asked[0].body) == {
        "topic": "hub",
        "title": "+12025550123",
        "message": "Leave by 9:12 & go",
    }


def test_what_a_template_asks(server: ToolServer) -> None:
    sent_by("http", server)
    (asked,) = server.asked
    assert asked.query == {"apikey": "T", "n": "12025550123"}
    said = json.loads(asked.body)
    assert said["msg"] == {"body": "Leave by 9:12 & go", "ttl": 7200}
    assert said["cb"].startswith(f"{HUB}/texts/http-1/")
    assert said["from"] == "SALON"


def vonage_says(status: str, words: str) -> Reply:
    return Reply({"message-count": "1", "messages": [{"to": "12025550123", "status": status, "error-text": words}]})


@pytest.mark.parametrize(
    ("provider", "answer", "raised", "words"),
    [
        ("twilio", Reply({"code": 21211, "message": "Invalid 'To' number: +12025550123", "status": 400}, 400), Refused,
         "twilio-1 said 400: 21211: Invalid 'To' number"),
        ("twilio", Reply({"code": 20003, "message": "Authenticate", "status": 401}, 401), Unavailable,
         "20003: Authenticate (it refuses the credentials: check the gateway and its secret)"),
        ("twilio", Reply({"code": 21610, "message": "unsubscribed recipient", "status": 400}, 400), OptedOut, "21610"),
        ("twilio", Reply({"code": 20429, "message": "Too Many Requests", "status": 429}, 429), Throttled, "20429"),
        ("vonage", vonage_says("6", "Unroutable message"), Refused, "vonage-1 said 200: 6: Unroutable message"),
        ("vonage", vonage_says("4", "Bad Credentials"), Unavailable, "said 200: 4: Bad Credentials"),
        ("vonage", vonage_says("1", "Throughput Rate Exceeded"), Throttled, "1: Throughput"),
        ("vonage_messages", Reply({"title": "Low balance", "detail": "Top up"}, 402), Unavailable, "Top up"),
        ("vonage_messages", Reply({"title": "Invalid params", "detail": "to"}, 422), Refused, "said 422: to"),
        ("46elks", Reply(b"Not enough credits", 403), Unavailable, "46elks-1 said 403: Not enough credits"),
        ("46elks", Reply(b"Invalid to number", 400), Refused, "Invalid to number"),
        ("46elks", Reply({"status": "failed", "id": "s1"}), Refused, "said 200: failed"),
        ("smsgate", Reply({"message": "invalid phone number"}, 400), Refused, "invalid phone number"),
        ("ntfy", Reply({"code": 40301, "http": 403, "error": "forbidden"}, 403), Unavailable, "forbidden"),
        ("http", Reply({"result": {"code": 3, "error": "no such number"}}), Refused, "3: no such number"),
        ("http", Reply({"result": {"code": 0, "error": "but not really"}}), Refused, "but not really"),
        ("http", Reply({"result": {"code": 7}}), Throttled, "said 200: 7"),
        ("http", Reply(b"<html>busy</html>", 503), Unavailable, "503"),
        ("http", Reply(b"oops", 500), Doubtful, "500: oops"),
        ("http", Reply(b"", 302, {"Location": "http://169.254.169.254/"}), Refused, "said 302"),
        ("twilio", Reply(b"", 302, {"Location": "http://169.254.169.254/"}), Unavailable, "leads elsewhere"),
        ("twilio", Reply(b"x" * 100_000, 200), Doubtful, "gave no answer"),
    ],
)  # a table, read by rows # fmt: skip
def test_what_a_gateway_refuses_is_told_in_its_words(
    server: ToolServer, provider: str, answer: Reply, raised: type[Exception], words: str
) -> None:
    with pytest.raises(raised) as caught:
        sent_by(provider, server, answer)
    assert words in str(caught.value)
    assert type(caught.value) is raised


def test_a_host_that_is_not_public_is_not_called() -> None:
    wired = Wired()
    wired.use("twilio", "http://10.0.0.7")
    with pytest.raises(Unavailable, match=r"twilio-1 cannot be called: 10\.0\.0\.7 is a private address"):
        wired.texts.send(TEXT)


def test_a_gateway_that_is_not_there_is_left_alone_for_a_while(server: ToolServer) -> None:
    wired = Wired()
    server.close()
    wired.use("46elks", server.url)
    with pytest.raises(Unavailable, match="cannot be reached"):
        wired.texts.send(TEXT)
    with pytest.raises(Unavailable, match="a moment ago"):
        wired.texts.send(TEXT)


def test_a_secret_that_is_gone_makes_the_text_wait() -> None:
    wired = Wired()
    wired.use("twilio", "https://example.org")
    del wired.secrets.secrets["gateways/twilio"]
    with pytest.raises(Unavailable, match="no secret gateways/twilio"):
        wired.texts.send(TEXT)


# --- which gateway ---


def test_a_business_s_own_comes_before_the_operator_s_and_the_hub_s_own_last(server: ToolServer) -> None:
    wired = Wired()
    assert wired.texts.send(TEXT).carrier == "memory"
    wired.use("46elks", server.url)
    assert wired.access.gateways.in_use("salon", "text") == wired.access.gateways.get("46elks-1")
    wired.use("ntfy", server.url, owner="salon")
    assert wired.texts.line_of("salon").name == "gateway:ntfy-1"
    assert wired.texts.line_of("other").name == "gateway:46elks-1"
    assert wired.access.gateways.in_use("salon", "mail") is None
    wired.access.gateways.remove("ntfy-1")
    assert wired.texts.line_of("salon").name == "gateway:46elks-1"


def test_a_business_reaches_no_secret_but_its_own() -> None:
    wired = Wired()
    gateway = wired.use("twilio", "https://example.org", owner="salon")
    stolen = replace(gateway, credentials="twilio")
    with pytest.raises(Unavailable, match="gateways/salon/twilio"):
        wired.access.fields_to_send(stolen)


def test_an_id_belongs_to_who_had_it_first() -> None:
    wired = Wired()
    gateway = wired.use("twilio", "https://example.org", owner="salon")
    with pytest.raises(Invalid, match="belongs to another"):
        wired.access.gateways.put(replace(gateway, owner="other"))


# --- what comes back ---


def elks_key(wired: Wired) -> str:
    gateway = wired.access.gateways.get("46elks-1")
    assert gateway
    return key_of(gateway, SECRETS["46elks"])


def elks_call(wired: Wired, body: bytes, key: str | None = None) -> Call:
    return Call(body, {}, {"ref": TEXT.reference}, f"{HUB}/texts/46elks-1", elks_key(wired) if key is None else key)


CALLS: dict[str, tuple[str, Callable[[Wired], Call], dict[str, Any]]] = {
    "twilio delivered": (
        "twilio",
        lambda _: vendors.twilio_call(REPORT.format("twilio"), MessageSid="SM1", MessageStatus="delivered", To=TEXT.to),
        {"state": "delivered", "notice_id": TEXT.reference, "message_id": "SM1"},
    ),
    "twilio failed": (
        "twilio",
        lambda _: vendors.twilio_call(
            REPORT.format("twilio"), MessageSid="SM1", MessageStatus="undelivered", ErrorCode="30006"
        ),
        {"state": "failed", "why": "twilio 30006", "for_good": True},
    ),
    "twilio inbound": (
        "twilio",
        lambda _: vendors.twilio_call(
            f"{HUB}/texts/twilio-1", MessageSid="SM2", SmsStatus="received", From=TEXT.to, To="+1202", Body="Stop"
        ),
        {"originationNumber": TEXT.to, "messageBody": "Stop"},
    ),
    "vonage delivered": (
        "vonage",
        lambda _: vendors.vonage_call(
            **{"msisdn": "12025550123", "messageId": "0A01", "status": "delivered", "client-ref": TEXT.reference}
        ),
        {"state": "delivered", "notice_id": TEXT.reference, "message_id": "0A01"},
    ),
    "vonage expired": (
        "vonage",
        lambda _: vendors.vonage_call(**{"messageId": "0A01", "status": "expired", "err-code": "1"}),
        {"state": "failed", "why": "vonage: expired, error 1", "for_good": False},
    ),
    "vonage inbound": (
        "vonage",
        lambda _: vendors.vonage_call(msisdn="12025550123", to="447700", messageId="1", text="a=b&c stop", type="text"),
        {"originationNumber": TEXT.to, "messageBody": "a=b&c stop"},
    ),
    "vonage messages status": (
        "vonage_messages",
        lambda _: vendors.vonage_messages_call(
            {
                "message_uuid": "aaaa-1",
                "to": "1",
                "from": "2",
                "status": "undeliverable",
                "client_ref": TEXT.reference,
                "error": {"type": "https://…#1260", "title": "1260", "detail": "Destination unreachable"},
            }
        ),
        {"state": "failed", "notice_id": TEXT.reference, "why": "1260: Destination unreachable"},
    ),
    "vonage messages inbound": (
        "vonage_messages",
        lambda _: vendors.vonage_messages_call(
            {"message_uuid": "b", "to": "1", "from": "12025550123", "channel": "sms", "text": "START"}
        ),
        {"originationNumber": TEXT.to, "messageBody": "START"},
    ),
    "46elks delivered": (
        "46elks",
        lambda wired: elks_call(wired, b"id=s70d&status=delivered&delivered=2026-03-02T10%3A00"),
        {"state": "delivered", "notice_id": TEXT.reference, "message_id": "s70d"},
    ),
    "46elks inbound": (
        "46elks",
        lambda wired: elks_call(wired, b"direction=incoming&id=s1&from=%2B12025550123&to=%2B46&message=STOPP"),
        {"originationNumber": TEXT.to, "messageBody": "STOPP"},
    ),
    "phone delivered": (
        "smsgate",
        lambda _: vendors.smsgate_call("sms:delivered", messageId="PyDm", phoneNumber=TEXT.to),
        {"state": "delivered", "message_id": "PyDm"},
    ),
    "phone failed": (
        "smsgate",
        lambda _: vendors.smsgate_call("sms:failed", messageId="PyDm", reason="RESULT_ERROR_NO_SERVICE"),
        {"state": "failed", "why": "RESULT_ERROR_NO_SERVICE"},
    ),
    "phone inbound": (
        "smsgate",
        lambda _: vendors.smsgate_call("sms:received", messageId="x", phoneNumber=TEXT.to, message="stop"),
        {"originationNumber": TEXT.to, "messageBody": "stop"},
    ),
}


@pytest.mark.parametrize("name", list(CALLS))
def test_what_a_gateway_says_becomes_a_command(name: str) -> None:
    provider, call, said = CALLS[name]
    wired = Wired()
    wired.use(provider)
    assert wired.calls.receive(f"{provider}-1", call(wired), vendors.NOW) == 1
    (message,) = wired.queues.take("notices")
    assert message.items() >= said.items()
    assert message.get("carrier") in {f"gateway:{provider}-1", None}


@pytest.mark.parametrize("name", list(CALLS))
def test_a_call_that_was_changed_or_signed_by_another_is_refused(name: str) -> None:
    provider, call, _ = CALLS[name]
    wired = Wired()
    wired.use(provider)
    good = call(wired)
    bad_headers = {one: "x" + value[1:] for one, value in good.headers.items() if one != "content-type"}
    forged = [replace(good, headers={}, key=""), replace(good, headers=bad_headers, key="x" * 32)]
    if provider != "46elks":
        forged.append(replace(good, body=good.body.replace(b"d", b"e", 1)))
    if provider == "vonage":
        forged = [replace(good, body=good.body.replace(b'"sig": "', b'"sig": "0', 1)), forged[2], Call(b"", {}, {}, "")]
    for one in forged:
        with pytest.raises(NotGenuine, match="is checked by"):
            wired.calls.receive(f"{provider}-1", one, vendors.NOW)
    wired.secrets.secrets[f"gateways/{provider}"] = {}
    with pytest.raises(NotGenuine):
        wired.calls.receive(f"{provider}-1", good, vendors.NOW)
    del wired.secrets.secrets[f"gateways/{provider}"]
    with pytest.raises(NotGenuine):
        wired.calls.receive(f"{provider}-1", good, vendors.NOW)
    assert not wired.queues.take("notices")


@pytest.mark.parametrize(
    ("caller", "signature"),
    [("+12349013030", "0/KCTR6DLpKmkAf8muzZqo1nDgQ="), ("+14158675309", "RSOYDt4T1cUTdK1PDd93/VVr8B8=")],
)
def test_twilio_s_own_examples_are_genuine(caller: str, signature: str) -> None:
    """The examples of its documentation and its libraries, with the token 12345."""
    wired = Wired()
    wired.use("twilio")
    body = f"CallSid=CA1234567890ABCDE&Caller=%2B{caller[1:]}&Digits=1234&From=%2B{caller[1:]}&To=%2B18005551212"
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    call = Call(body.encode(), {"x-twilio-signature": signature}, {"foo": "1", "bar": "2"}, url)
    assert wired.calls.receive("twilio-1", call, vendors.NOW) == 0


def test_a_token_of_another_method_or_without_one_is_no_proof() -> None:
    wired = Wired()
    wired.use("vonage_messages")
    for alg in ("none", "RS256", "hs256"):
        with pytest.raises(NotGenuine):
            wired.calls.receive(
                "vonage_messages-1", vendors.vonage_messages_call({"status": "delivered"}, alg=alg), vendors.NOW
            )


def test_vonage_s_older_method_is_taken_where_the_operator_says_so() -> None:
    wired = Wired()
    wired.use("vonage", signature="md5hash")
    sig = hashlib.md5(b"&messageId=1&status=deliveredsign-me").hexdigest()  # noqa: S324 - the method is Vonage's
    call = Call(b"", {}, {"messageId": "1", "status": "delivered", "sig": sig}, "")
    assert wired.calls.receive("vonage-1", call, vendors.NOW) == 1


def test_a_gateway_of_an_operator_s_own_reports_many_things_at_once() -> None:
    wired = Wired()
    gateway = wired.use("http", "https://gateway.example.org")
    key = key_of(gateway, SECRETS["http"])
    events = [
        {"id": 77, "status": "ok"}, {"id": 78, "status": "dead", "cause": "blocked"}, {"id": 79, "status": "?"},
        {"sender": "12025550123", "body": "stop"}, {"sender": "ACME", "body": "ad"}, 5, None,
    ]  # a table, read by rows # fmt: skip
    call = Call(json.dumps({"events": events}).encode(), {"x-hub-key": key}, {}, "")
    assert wired.calls.receive("http-1", call, vendors.NOW) == 3
    said = [(m.get("state"), m.get("message_id"), m.get("messageBody")) for m in wired.queues.take("notices")]
    assert said == [("delivered", "77", None), ("failed", "78", None), (None, None, "stop")]


@pytest.mark.parametrize("provider", list(KINDS))
@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe", b"[]", b"5", b'{"payload": 5}', b"a=b", b"{" * 9000, b"status=&text"]
)
def test_odd_bodies_say_nothing_and_break_nothing(provider: str, body: bytes) -> None:
    wired = Wired()
    gateway = wired.use(provider, "https://example.org")
    KINDS[provider].read(Call(body, {}, {}, ""), gateway)
    with pytest.raises(NotGenuine):
        wired.calls.receive(f"{provider}-1", Call(body, {}, {}, ""), vendors.NOW)


def test_unknown_gateways_and_floods_are_refused() -> None:
    wired = Wired()
    with pytest.raises(UnknownGateway):
        wired.calls.receive("nothing", Call(b"", {}, {}, ""), vendors.NOW)
    with pytest.raises(CallTooLarge):
        wired.calls.receive("nothing", Call(b"x" * 300_000, {}, {}, ""), vendors.NOW)
