"""Texts by End User Messaging, against a server that checks requests and answers by botocore's own model of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any, Self

import botocore.session
import pytest
from botocore.validate import ParamValidator

from chalicelib.aws.calls import Clients
from chalicelib.aws.texts import SERVICE, EndUserTexts, SenderIdentity
from chalicelib.foundation.ports import Doubtful, OptedOut, Refused, Text, Throttled, Unavailable
from tests.fakes.memory import ManualClock

if TYPE_CHECKING:
    from collections.abc import Mapping

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
NUMBER = "arn:aws:sms-voice:eu-central-1:000000000000:phone-number/phone-1"
TEXT = Text("+12025550123", "Leave by 9:12", "SALON", "salon", "t1-1-booked-sms", NOW + timedelta(hours=2))
MODEL = botocore.session.get_session().get_service_model(SERVICE)


class ModelledService:
    """Answers `says` (status, body), where both sides are as the model has them; `asked`: operation and parameters."""

    def __init__(self, status: int = 200, error: str = "", **body: Any) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                operation = self.headers["X-Amz-Target"].partition(".")[2]
                model = MODEL.operation_model(operation)
                params = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                check(params, model.input_shape)
                check(body, MODEL.shape_for(error) if error else model.output_shape)
                service.asked.append((operation, params))
                data = json.dumps(body | ({"__type": error} if error else {})).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/x-amz-json-1.0")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def check(value: Mapping[str, Any], shape: Any) -> None:
    """As botocore checks what it sends: names, types, lengths."""
    report = ParamValidator().validate(value, shape)
    assert not report.has_errors(), report.generate_report()
    assert set(value) <= set(shape.members)


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")


def texts(service: ModelledService, events: str = "hub-events") -> EndUserTexts:
    clients = Clients(service.url, "eu-central-1")
    return EndUserTexts(clients, SenderIdentity(NUMBER, events), ManualClock(NOW))


def test_a_text_is_handed_over_with_its_reference_and_its_time_to_live() -> None:
    with ModelledService(MessageId="m-1") as service:
        handed = texts(service).send(TEXT)
    ((operation, params),) = service.asked
    assert operation == "SendTextMessage"
    assert params == {
        "DestinationPhoneNumber": "+12025550123", "OriginationIdentity": NUMBER, "MessageBody": "Leave by 9:12",
        "MessageType": "TRANSACTIONAL", "ConfigurationSetName": "hub-events", "TimeToLive": 7200,
        "Context": {"notice": "t1-1-booked-sms"},
    }  # a table, read by rows # fmt: skip
    assert (handed.message_id, handed.carrier, handed.will_report) == ("m-1", "sms-voice", True)


def test_without_a_configuration_set_nothing_will_be_reported() -> None:
    with ModelledService(MessageId="m-1") as service:
        assert not texts(service, "").send(TEXT).will_report
    assert not {"ConfigurationSetName", "Context"} & set(service.asked[0][1])


@pytest.mark.parametrize(("left_s", "lives_s"), [(-5, 5), (1, 5), (90, 90), (10**6, 259_200)])
def test_late_news_expires_at_the_carrier(left_s: int, lives_s: int) -> None:
    with ModelledService(MessageId="m-1") as service:
        texts(service).send(Text("+12025550123", "x", expires_at=NOW + timedelta(seconds=left_s)))
    assert service.asked[0][1]["TimeToLive"] == lives_s


@pytest.mark.parametrize(
    ("status", "error", "reason", "raised"),
    [
        (400, "ConflictException", "DESTINATION_PHONE_NUMBER_OPTED_OUT", OptedOut),
        (400, "ConflictException", "DESTINATION_COUNTRY_BLOCKED_BY_PROTECT_CONFIGURATION", Refused),
        (400, "ConflictException", "DESTINATION_PHONE_NUMBER_NOT_VERIFIED", Unavailable),  # the sandbox
        (400, "ConflictException", "NO_ORIGINATION_IDENTITIES_FOUND", Unavailable),
        (400, "ValidationException", "INVALID_PARAMETER", Refused),
        (400, "ValidationException", "COUNTRY_NOT_ENABLED", Unavailable),
        (400, "ServiceQuotaExceededException", "MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT", Unavailable),
        (400, "AccessDeniedException", "ACCOUNT_DISABLED", Unavailable),
        (400, "ThrottlingException", "", Throttled),
        (500, "InternalServerException", "", Doubtful),
    ],
)
def test_what_it_refuses_is_told_by_its_own_word(status: int, error: str, reason: str, raised: type[Exception]) -> None:
    more = {"Reason": reason} if reason else {}
    with ModelledService(status, error, Message="m +12025550123", **more) as service, pytest.raises(raised) as caught:
        texts(service).send(TEXT)
    assert type(caught.value) is raised
    assert "+1202" not in str(caught.value)
    assert reason in str(caught.value)
    assert len(service.asked) == 1, "never repeated by itself"
