"""Who meets by telephone or screen is told of no journey."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.bookings.booking import Status
from chalicelib.bookings.providers.remote import is_remote, is_remote_kind
from chalicelib.workflows.booking_changed import follow_booking
from chalicelib.workflows.services import Services, readers_of
from tests.fakes.calcom import calcom_payload
from tests.fakes.hub import deliver, only
from tests.fakes.salon import URL, Town

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
    assert silent["ticket"]["confirmed"] is False
    assert not room.documents.tables["notices"]
    later = calcom_payload("BOOKING_RESCHEDULED", created_at="2026-01-01T09:30:00Z", location="inPerson")
    deliver(room, later)
    (ticket,) = room.documents.tables["tickets"].values()
    assert ticket["ticket"]["status"] == "waiting_for_origin"
    deliver(room, calcom_payload("BOOKING_RESCHEDULED", created_at="2026-01-01T09:40:00Z", location=location))
    (ticket,) = room.documents.tables["tickets"].values()
    assert ticket["ticket"]["status"] == "waiting_for_origin"  # not cancelled, and nothing more of a journey is told
    assert ticket["ticket"]["confirmed"] is False
