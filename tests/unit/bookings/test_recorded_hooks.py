"""Payloads as the tools' own documentation prints them: each is understood, or parked naming what is missing."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.bookings.booking import Status
from chalicelib.bookings.inbox.accept import BadSignature
from tests.fakes import signers
from tests.fakes.hub import SECRET, deliver, only
from tests.fakes.tools_http import Reply

if TYPE_CHECKING:
    from tests.fakes.hub import BookingsRoom
    from tests.fakes.tools_http import ToolServer

HOOKS = Path(__file__).resolve().parents[4] / "shared" / "data" / "hooks"
URL = "https://hub.example.com/hooks/x"

pytestmark = [
    pytest.mark.recordings,
    pytest.mark.skipif(not HOOKS.exists(), reason="../shared/data/hooks is missing: recorded payloads are not read"),
]


def sample(name: str) -> bytes:
    return (HOOKS / name).read_bytes()


def send(room: BookingsRoom, provider: str, signed: signers.Signed, **settings: Any) -> str:
    room.connect("x", provider, **settings)
    room.call("x", signed, URL)
    (outcome,) = room.drain()
    return f"{outcome.state}: {outcome.note}"


def test_calcom_created_and_rescheduled(room: BookingsRoom) -> None:
    room.clock.set(datetime(2023, 12, 31, tzinfo=UTC))
    created = json.loads(sample("calcom/BOOKING_CREATED.json"))
    moved = json.loads(sample("calcom/BOOKING_RESCHEDULED.json"))
    moved["payload"]["rescheduleUid"] = created["payload"]["uid"]
    assert deliver(room, created, moved) == ["done: ", "done: "]
    booking = only(room)
    assert booking.status is Status.BOOKED
    assert booking.start == datetime(2024, 1, 10, 14, 30, tzinfo=UTC)
    assert [customer.email for customer in booking.customers] == ["guest@example.com"]
    assert booking.title == "Strategy Session"


def test_calendly_created(room: BookingsRoom) -> None:
    room.clock.set(datetime(2019, 8, 1, tzinfo=UTC))
    body = sample("calendly/invitee.created.calendlyr.json")
    assert send(room, "calendly", signers.calendly(body, SECRET, room.clock.now())) == "done: "
    assert (only(room).title, only(room).customers[0].name) == ("15 Minute Meeting", "John Doe")


def test_square_without_and_with_credentials(room: BookingsRoom, tool: ToolServer) -> None:
    room.clock.set(datetime(2020, 12, 1, tzinfo=UTC))
    signed = signers.square(sample("square/booking.created.json"), SECRET, URL)
    assert send(room, "square", signed).startswith("parked: credentials are missing")
    room.connect("x", "square", credentials="tool", api_url=tool.url)
    tool.answers["/v2/customers/SSKBT02ECWZXK6W3VWYC78E52R"] = Reply({"customer": {"given_name": "Ada"}})
    assert room.parking.replay_all("salon") == 1
    assert [outcome.state for outcome in room.drain()] == ["done"]
    assert only(room).start == datetime(2020, 12, 17, 16, 0, tzinfo=UTC)


def test_acuity_without_and_with_credentials(room: BookingsRoom, tool: ToolServer) -> None:
    signed = signers.acuity(sample("acuity/webhook_body.scheduled.form"), SECRET)
    assert send(room, "acuity", signed).startswith("parked: credentials are missing")
    room.connect("x", "acuity", credentials="tool", api_url=tool.url)
    tool.answers["/appointments/123456789"] = Reply(sample("acuity/get_appointment_canceled.pipedream.json"))
    room.parking.replay_all("salon")
    assert [outcome.note for outcome in room.drain()] == ["in the past"]
    assert (only(room).status, only(room).title) == (Status.CANCELLED, "Regular Visit")


def test_the_others_are_parked_naming_what_is_missing(room: BookingsRoom) -> None:
    savvycal = sample("savvycal/webhook_request.http").partition(b"\n\n")[2]
    assert send(room, "savvycal", signers.savvycal(savvycal, SECRET)).startswith("parked: the body is not JSON")
    cronofy = json.loads(sample("cronofy/signature_vectors.json"))["body"].encode()
    assert send(room, "cronofy", signers.cronofy(cronofy, SECRET)) == "parked: notification.type is missing"
    graph: signers.Signed = (sample("msgraph/change_notification.json"), {})
    assert send(room, "graph", graph, secret="secretClientValue", account="a@example.com").startswith(
        "parked: credentials are missing"
    )
    vector = json.loads(sample("standardwebhooks/signature_vector.json"))
    room.clock.set(datetime.fromtimestamp(int(vector["webhook-timestamp"]), UTC))
    headers = {name: vector[name] for name in ("webhook-id", "webhook-timestamp", "webhook-signature")}
    signed = (vector["payload"].encode(), headers)
    assert send(room, "standard", signed, secret=vector["secret"]) == "parked: type is missing"


def test_google_pushes_need_the_channels_token(room: BookingsRoom) -> None:
    pushes = json.loads(sample("google/push_headers.json"))
    for headers in pushes.values():
        with pytest.raises(BadSignature):
            send(room, "google", (b"", headers))
    signed = (b"", pushes["full_mock"] | {"X-Goog-Channel-Token": SECRET})
    assert send(room, "google", signed, account="a").startswith("parked: credentials are missing")
