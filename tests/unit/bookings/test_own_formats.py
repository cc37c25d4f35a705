"""Our own format by Standard Webhooks, and any JSON by a mapping."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.bookings.booking import Status
from chalicelib.bookings.inbox.accept import BadSignature
from chalicelib.bookings.providers.contract import Raw
from chalicelib.bookings.providers.standard import schema
from chalicelib.foundation.invalid import Invalid
from tests.fakes import signers
from tests.fakes.hub import SECRET, only

if TYPE_CHECKING:
    from tests.fakes.hub import BookingsRoom

DATA = {
    "uid": "42",
    "status": "booked",
    "start": "2026-01-05T10:00:00+02:00",
    "end": "2026-01-05T10:30:00+02:00",
    "customers": [{"name": "Ada"}, {"phone": "+447700900123"}],
}


def message(**data: Any) -> dict[str, Any]:
    return {"type": "booking.updated", "timestamp": "2026-01-01T08:00:00Z", "data": DATA | data}


def send(room: BookingsRoom, body: Any, message_id: str = "m1") -> str:
    room.connect("own", "standard")
    room.call("own", signers.standard(body, SECRET, room.clock.now(), message_id))
    (outcome,) = room.drain()
    return f"{outcome.state}: {outcome.note}"


def test_the_whole_appointment_is_read_with_each_customer(room: BookingsRoom) -> None:
    assert send(room, message()) == "done: "
    assert [customer.key for customer in only(room).customers] == ["ada", "+447700900123"]


def test_each_customer_comes_from_where_they_say_and_the_only_one_from_where_the_booking_says(
    room: BookingsRoom,
) -> None:
    both = [{"name": "Ada", "address": "Old Mill"}, {"name": "Ben"}]
    send(room, message(customers=both, address="Long Bridge"))
    assert [one.address for one in only(room).customers] == ["Old Mill", None]
    send(room, message(customers=[{"name": "Ben"}], address="Long Bridge", version=2), "m2")
    assert [one.address for one in only(room).customers] == ["Long Bridge"]


def test_versions_decide(room: BookingsRoom) -> None:
    send(room, message(version=3, status="cancelled"), "m1")
    send(room, message(version=2), "m2")
    assert only(room).status is Status.CANCELLED


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (message(uid=None), "parked: data.uid: Input should be a valid string"),
        (message(status="gone"), "parked: data.status: Input should be"),
        (message(start="2026-01-05T10:00:00"), "parked: data.start: Input should have timezone info"),
        (message(customers=[]), "parked: data.customers is empty"),
        (message(customers=[{}]), "parked: the customer has neither name"),
        (message(end="2026-01-04T10:00:00Z"), "parked: data.end is before the start"),
        ({"type": "invoice.paid"}, "done: a message that is not about a booking"),
        ([], "parked: the body is JSON but not an object"),
    ],
)
def test_mistakes_are_named(room: BookingsRoom, body: Any, reason: str) -> None:
    assert send(room, body).startswith(reason)


def test_the_schema_documents_what_is_read() -> None:
    described = schema()
    assert set(described["$defs"]["Data"]["required"]) == {"uid", "status"}
    assert json.dumps(described)


MAPPING = {
    "items": "appointments",
    "uid": "id",
    "status": "state",
    "statuses": {"confirmed": "booked", "off": "cancelled", "draft": None},
    "start": "at",
    "name": "client.name",
    "phone": "client.tel",
    "order": "rev",
    "service": "what",
}
SETTINGS: dict[str, Any] = {
    "mapping": MAPPING,
    "timezone": "Europe/Vilnius",
    "length_min": {"cut": 30},
    "signature": {"scheme": "hex", "header": "X-Signature", "prefix": "sha256="},
}


def item(**change: Any) -> dict[str, Any]:
    client = {"name": "Ada", "tel": "+447700900123"}
    return {"id": 7, "state": "Confirmed", "at": "2026-01-05T10:00", "rev": 1, "what": "cut", "client": client} | change


def post(room: BookingsRoom, body: Any) -> str:
    data, headers = signers.savvycal(body, SECRET)  # the same scheme: sha256= and hex
    room.call("any", (data, {"X-Signature": headers["x-savvycal-signature"].lower()}))
    (outcome,) = room.drain()
    return f"{outcome.state}: {outcome.note}"


def test_a_mapping_reads_local_times_in_the_configured_zone(room: BookingsRoom) -> None:
    room.connect("any", "json", **SETTINGS)
    assert post(room, {"appointments": [item(), item(id=8, state="draft"), item(id=9, rev=2)]}) == "done: "
    assert [booking.start.isoformat() for booking in room.all_bookings()] == ["2026-01-05T10:00:00+02:00"] * 2
    post(room, {"appointments": [item(state="off", rev=3)]})
    assert sorted(booking.status for booking in room.all_bookings()) == ["booked", "cancelled"]


def test_good_items_of_a_bad_body_are_kept_and_the_others_said(room: BookingsRoom) -> None:
    room.connect("any", "json", **SETTINGS)
    assert post(room, {"appointments": [item(), item(id=8, at="noon"), item(id=9, state="odd")]}) == (
        "parked: 2 of 3 not understood: start is not a time: noon; "
        "status is unknown: odd (add it to the mapping's statuses)"
    )
    assert len(room.all_bookings()) == 1


ZONE_REMEDY = "set the connection's timezone, or the mapping's, such as Europe/Vilnius"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"timezone": None}, f"start has no UTC offset: 2026-01-05T10:00 ({ZONE_REMEDY})"),
        ({"length_min": {}}, "end is missing (and no length_min says how long it takes)"),
        ({"mapping": MAPPING | {"uid": "nothing"}}, "uid is missing"),
        ({"mapping": MAPPING | {"uid": "abs(state)"}}, "the mapping's uid does not work: JMESPathTypeError"),
        ({"mapping": None}, "the connection's mapping lacks uid, start"),
    ],
)
def test_what_a_mapping_does_not_find_is_named(room: BookingsRoom, change: dict[str, Any], reason: str) -> None:
    settings = {name: value for name, value in (SETTINGS | change).items() if value is not None}
    room.connect("any", "json", **settings)
    assert post(room, {"appointments": [item()]}) == f"parked: {reason}"


def test_a_mapping_that_is_none_is_refused_at_once(room: BookingsRoom) -> None:
    with pytest.raises(Invalid, match=r"mapping\.uid: is not a JMESPath expression"):
        room.connect("any", "json", mapping=MAPPING | {"uid": "[["})
    with pytest.raises(Invalid, match=r"mapping\.uids"):
        room.connect("any", "json", mapping=MAPPING | {"uids": "a"})


def test_without_a_signature_scheme_the_address_holds_the_secret(room: BookingsRoom) -> None:
    room.connect("any", "json", mapping=MAPPING)
    for query, genuine in (({"key": SECRET}, True), ({"key": "wrong"}, False), ({}, False)):
        try:
            room.inbox.accept("any", Raw(b"{}", {}, query, ""), room.clock.now())
        except BadSignature:
            assert not genuine
        else:
            assert genuine
