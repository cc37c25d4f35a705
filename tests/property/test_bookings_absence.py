"""A reading never cancels what it named: feeds of any appointments, damaged in any way that leaves their UIDs.

`BOOKINGS_ABSENCE=2000 pytest tests/property/test_bookings_absence.py` is the long run.
"""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.bookings.booking import Status
from chalicelib.bookings.business import Connection
from chalicelib.bookings.providers import provider
from chalicelib.bookings.providers.contract import ComingBooking, Context, Doubted, Parked, Raw, Reading
from tests.fakes.damaged_bookings import BUSINESS, SETTINGS, Answers
from tests.fakes.hub import NOW
from tests.fakes.ical_text import event, feed

if TYPE_CHECKING:
    from chalicelib.bookings.booking import Report

rounds = settings(
    max_examples=int(os.environ.get("BOOKINGS_ABSENCE", "60")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
DAMAGE = [
    "DTEND:20200101T000000Z",
    "DTSTART:banana",
    "DTSTART;TZID=Nowhere/Here:20260105T100000",
    "DTSTART:20260105T100000",
    "DURATION:banana",
    "DURATION:P9999D",
    "RRULE:FREQ=SECONDLY",
    "RRULE:FREQ=NEVER",
    "RRULE:FREQ=DAILY\r\nEXDATE:banana",
    "RECURRENCE-ID:banana",
    "DTEND;VALUE=DATE:20260106",
    "DTSTART:00010101T000000Z",
    "DTSTART:99991231T235959Z",
    "no property line ;;;\r\nDTSTART:x",
    "ATTENDEE;CN=;;=:x\r\nDTSTART:",
    "BEGIN:VALARM\r\nDTSTART:x",
]
UIDS = [f"u{number}" for number in range(8)]


def read(body: bytes, coming: tuple[ComingBooking, ...]) -> tuple[Report, ...]:
    """The reports of a reading; none of one that is parked whole."""
    own = SETTINGS | {"timezone": None}
    context = Context(Connection("c", "salon", "ical", (), own), BUSINESS, NOW, NOW, Answers([]), {}, lambda: coming)
    try:
        found = provider("ical").reports(Raw(body), context)
    except (Parked, Doubted):
        return ()
    assert isinstance(found, Reading)
    return found.reports


def damaged(uid: str, damage: str) -> str:
    """An event with a bad line in place of the good ones of that name."""
    names = {line.partition(":")[0].partition(";")[0] for line in damage.split("\r\n")}
    kept = [line for line in event(uid).split("\r\n") if line.partition(":")[0].partition(";")[0] not in names]
    return "\r\n".join([*kept, damage])


@given(
    shown=st.lists(st.tuples(st.sampled_from(UIDS), st.sampled_from([None, *DAMAGE])), unique_by=lambda one: one[0]),
    cut=st.integers(0, 400),
)
@rounds
def test_what_a_feed_names_is_never_cancelled(shown: list[tuple[str, str | None]], cut: int) -> None:
    coming = tuple(
        ComingBooking(uid, NOW + timedelta(days=4, hours=number), "", Status.BOOKED) for number, uid in enumerate(UIDS)
    )
    body = feed(*(event(uid) if damage is None else damaged(uid, damage) for uid, damage in shown))
    for data in (body, body[: len(body) - cut]):
        gone = {one.uid for one in read(data, coming) if one.status is Status.CANCELLED}
        named = {uid for uid, _ in shown if f"UID:{uid}\r\n".encode() in data}
        assert not gone & named
