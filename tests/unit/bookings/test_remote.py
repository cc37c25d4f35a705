"""Who meets by telephone or screen is told of no journey, and reminded."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.bookings.booking import Status
from chalicelib.bookings.business import Connection
from chalicelib.bookings.providers.anyjson import reports as read_json
from chalicelib.bookings.providers.contract import Context, Raw
from chalicelib.bookings.providers.hubspot import reports as read_hubspot
from chalicelib.bookings.providers.remote import is_remote, is_remote_kind
from chalicelib.bookings.providers.savvycal import reports as read_savvycal
from chalicelib.bookings.providers.square import reports as read_square
from chalicelib.bookings.providers.standard import reports as read_standard
from chalicelib.workflows.booking_changed import follow_booking
from chalicelib.workflows.services import Services, readers_of
from tests.fakes.calcom import calcom_payload
from tests.fakes.hub import deliver, only
from tests.fakes.salon import SALON, URL, Town, at

if TYPE_CHECKING:
    from datetime import datetime

    from tests.fakes.hub import BookingsRoom

REMOTE = ["integrations:daily", "integrations:google:meet", "https://zoom.us/j/1", "+44 20 7946 0000", "phone"]
REMOTE += ["Microsoft Teams Meeting", "Zoom", "userPhone"]
PLACES = ["inPerson", "attendeeInPerson", "Example Street 5", "5 Example Street, Vilnius", "Zoomgasse 7", "Studio 2"]


def test_links_numbers_and_services_are_no_places() -> None:
    assert [is_remote(place) for place in REMOTE] == [True] * len(REMOTE)
    assert [is_remote(place) for place in PLACES] == [False] * len(PLACES)
    assert is_remote(None) is None


@pytest.mark.parametrize(
    ("kind", "place", "expected"),
    [
        ("zoom", None, True),
        ("outbound_call", "+44 20 7946 0000", True),
        ("google_conference", None, True),
        ("physical", "Example Street 5", False),
        ("custom", "https://meet.example.com/x", True),
        ("custom", "By the river", False),
        (None, None, None),
    ],
)
def test_kinds_of_places(kind: str | None, place: str | None, *, expected: bool | None) -> None:
    assert is_remote_kind(kind, place) is expected


class Answering:
    """A tool's interface that answers by the beginning of the path."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = answers

    def get(self, path: str, _query: Any = None) -> Any:
        return next(answer for begin, answer in self.answers.items() if path.startswith(begin))


def read(reports: Any, body: Any, answers: dict[str, Any] | None = None, **settings: Any) -> bool | None:
    """What the one report of a call says."""
    connection = Connection("c", "salon", "any", ("s",), settings)
    api: Any = Answering(answers or {})
    context = Context(connection, SALON, at("1 10:00"), at("1 10:00"), api)
    found = reports(Raw(json.dumps(body).encode(), {}, {}, URL), context)
    (report,) = getattr(found, "reports", found)
    remote: bool | None = report.remote
    return remote


FROM, TO = "2026-09-03T10:00:00Z", "2026-09-03T10:30:00Z"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("PHONE", True), ("CUSTOMER_LOCATION", True), ("BUSINESS_LOCATION", False), (None, None)],
)
def test_square_says_the_kind_of_place(kind: str | None, *, expected: bool | None) -> None:
    booking = {"id": "b", "version": 1, "status": "ACCEPTED", "start_at": FROM, "customer_id": "c"}
    booking |= {"appointment_segments": [{"duration_minutes": 30}], "location_type": kind}
    body = {"type": "booking.created", "data": {"object": {"booking": booking}}}
    assert read(read_square, body, {"v2/customers": {"customer": {"given_name": "Ada"}}}) is expected


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ({"hs_meeting_location": "https://zoom.us/j/1"}, True),
        ({"hs_meeting_location": "+44 20 7946 0000"}, True),
        ({"hs_meeting_location": "the usual", "hs_meeting_location_type": "Phone"}, True),
        ({"hs_meeting_location": "5 Example Street", "hs_meeting_location_type": "Address"}, False),
        ({}, None),
    ],
)
def test_hubspot_names_a_place_a_number_or_a_link(place: dict[str, str], *, expected: bool | None) -> None:
    meeting = {"properties": {"hs_meeting_start_time": FROM, "hs_meeting_end_time": TO} | place}
    answers = {
        "crm/v3/objects/meetings": meeting | {"associations": {"contacts": {"results": [{"id": "5"}]}}},
        "crm/v3/objects/contacts": {"properties": {"firstname": "Ada"}},
    }
    assert read(read_hubspot, [{"objectTypeId": "0-47", "objectId": 7}], answers) is expected


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ({"conferencing": {"type": "zoom", "join_url": "https://zoom.us/j/1"}}, True),
        ({"conferencing": {"type": "google_meet"}, "location": None}, True),
        ({"location": "https://meet.example.com/x"}, True),
        ({"location": "5 Example Street", "conferencing": {"join_url": "https://zoom.us/j/1"}}, False),
        ({}, None),
    ],
)
def test_savvycal_names_a_place_or_how_to_join(place: dict[str, Any], *, expected: bool | None) -> None:
    event = {"id": "e", "state": "confirmed", "start_at": FROM, "end_at": TO, "attendees": [{"display_name": "Ada"}]}
    body = {"type": "event.created", "payload": {"id": "e"}}
    assert read(read_savvycal, body, {"v1/events": event | place}) is expected


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ({"remote": True}, True),
        ({"remote": False, "location": "https://meet.example.com/x"}, False),
        ({"location": "https://meet.example.com/x"}, True),
        ({"location": "5 Example Street"}, False),
        ({}, None),
    ],
)
def test_our_own_format_and_a_mapping_say_it(place: dict[str, Any], *, expected: bool | None) -> None:
    data = {"uid": "7", "status": "booked", "start": FROM, "end": TO, "customers": [{"name": "Ada"}]}
    body = {"type": "booking.created", "timestamp": FROM, "data": data | place}
    assert read(read_standard, body) is expected
    mapping = {"uid": "uid", "start": "start", "end": "end", "name": "name", "remote": "remote", "location": "location"}
    assert read(read_json, data | {"name": "Ada"} | place, mapping=mapping) is expected
    words = {True: "yes", False: "no"}
    worded = {name: words.get(value, value) for name, value in place.items()}
    assert read(read_json, data | {"name": "Ada"} | worded, mapping=mapping) is expected


@pytest.mark.parametrize("location", REMOTE)
def test_a_remote_booking_has_a_ticket_that_tells_nothing_until_somebody_has_to_come(
    room: BookingsRoom, location: str
) -> None:
    services = Services(room.documents, room.queues, readers_of, Town, URL)

    def follow(booking: Any, now: datetime) -> object:
        return follow_booking(services, booking, now)

    room.worker = room.new_worker(follow=follow)
    deliver(room, calcom_payload(location=location))
    assert (only(room).status, only(room).remote) == (Status.BOOKED, True)
    (silent,) = room.documents.tables["tickets"].values()
    assert silent["ticket"]["remote"] is True
    assert not room.documents.tables["notices"]
    later = calcom_payload("BOOKING_RESCHEDULED", created_at="2026-01-01T09:30:00Z", location="inPerson")
    deliver(room, later)
    (ticket,) = room.documents.tables["tickets"].values()
    assert ticket["ticket"]["status"] == "waiting_for_origin"
    deliver(room, calcom_payload("BOOKING_RESCHEDULED", created_at="2026-01-01T09:40:00Z", location=location))
    (ticket,) = room.documents.tables["tickets"].values()
    assert ticket["ticket"]["status"] == "waiting_for_origin"  # not cancelled, and nothing more of a journey is told
    assert ticket["ticket"]["remote"] is True
