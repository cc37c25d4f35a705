"""Whatever a ticket holds, its page is well formed, says no nonsense, and gives away nothing once all is over."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.foundation.locales import LANGUAGES
from chalicelib.pages.customer.steps import steps_of
from chalicelib.pages.customer.ticket_ics import ticket_ics
from chalicelib.pages.customer.view import CLOSED_SCENES, scene_of, view_of
from chalicelib.tickets.ticket import TicketStatus
from chalicelib.transit.itinerary import Itinerary, Leg, Place, Ride
from tests.fakes.reading import Reading, page_of, request_for
from tests.fakes.visits import CUSTOMER, NOTES, SALON, START, WAITING

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.tickets.ticket import Ticket

EXAMPLES = int(os.environ.get("PAGES_EXAMPLES", "150"))
SECRET_STOP = "Zzyzx Road"  # a name that can be in a page only because an itinerary is shown

ODD = st.sampled_from("a;,\\\n\r\x00\x0b\x85\u2028\u2029\ud800\udfff\u200f\u0635")
names = st.text(max_size=40) | st.text(ODD, max_size=9) | st.just(SECRET_STOP)
places = st.builds(
    Place, names, st.floats(-90, 90), st.floats(-180, 180), st.none() | st.text(min_size=1, max_size=8)
)  # a table, read by rows # fmt: skip
seconds = st.integers(0, 3 * 3600)


@st.composite
def itineraries(draw: st.DrawFn) -> Itinerary:
    """Any chain of legs; zero-length ones, waits, early and late rides included."""
    at = START + timedelta(seconds=draw(st.integers(-7 * 3600, 3600)))
    legs: list[Leg] = []
    for _ in range(draw(st.integers(1, 5))):
        departs = at + timedelta(seconds=draw(seconds))
        arrives = departs + timedelta(seconds=draw(st.just(0) | seconds))
        late = timedelta(seconds=draw(st.integers(-3600, 3600)))
        ride = draw(
            st.none()
            | st.builds(
                Ride, names, names, names, names,
                st.just(departs - late), st.just(arrives - late), realtime=st.booleans(),
            )
        )  # a table, read by rows # fmt: skip
        mode = draw(st.sampled_from(["bus", "tram", "rail", "hovercraft"])) if ride else "walk"
        legs.append(Leg(mode, draw(places), draw(places), departs, arrives, ride))
        at = arrives
    changes = max(0, sum(leg.ride is not None for leg in legs) - 1)
    return Itinerary(legs[0].departs, legs[-1].arrives, changes, tuple(legs))


@st.composite
def tickets(draw: st.DrawFn) -> Ticket:
    found = tuple(draw(st.lists(itineraries(), max_size=6)))
    return replace(
        WAITING,
        status=draw(st.sampled_from(TicketStatus)),
        customer=replace(
            CUSTOMER, locale=draw(st.sampled_from([*LANGUAGES, None, "xx"])), timezone=draw(st.none() | names)
        ),
        venue=draw(places),
        origin=draw(st.none() | places),
        itineraries=found,
        leave_by=found[0].leave_at if found else None,
        arrive_at=found[0].arrive_at if found else None,
        plan_note=draw(st.sampled_from(["", *NOTES])),
        observed_at=draw(st.none() | st.just(START - timedelta(hours=1))),
        on_time_probability=draw(st.none() | st.floats(0, 1)),
    )  # a table, read by rows # fmt: skip


moments = st.integers(-40 * 24 * 60, 3 * 24 * 60).map(lambda minutes: START + timedelta(minutes=minutes))


@settings(max_examples=EXAMPLES, deadline=None)
@given(tickets(), moments, names)
def test_any_ticket_at_any_moment_has_a_page(ticket: Ticket, now: datetime, name: str) -> None:
    business = replace(SALON, name=name)
    page = page_of(ticket, now, business=business)
    reading = Reading.of(page.body)
    assert len(reading.all("h1")) == 1
    if scene_of(ticket, now) in CLOSED_SCENES:
        assert SECRET_STOP not in reading.text or SECRET_STOP in name
        assert not reading.all("form")
    ids = [element["id"] for element in reading.elements if "id" in element.attributes]
    assert len(ids) == len(set(ids))


@settings(max_examples=EXAMPLES, deadline=None)
@given(tickets(), moments, st.text(max_size=90) | st.text(ODD, max_size=9))
def test_any_ticket_has_a_calendar_entry(ticket: Ticket, now: datetime, name: str) -> None:
    page = ticket_ics(request_for(ticket, now, replace(SALON, name=name)))
    assert page.body.startswith(b"BEGIN:VCALENDAR\r\n")
    assert page.body.count(b"BEGIN:VEVENT\r\n") == page.body.count(b"END:VEVENT\r\n") == 1
    assert page.body.count(b"\r\nUID:") == page.body.count(b"\r\nSUMMARY:") == 1


@given(itineraries())
def test_steps_keep_every_ride_in_order_and_time_never_runs_back(itinerary: Itinerary) -> None:
    steps = steps_of(itinerary)
    assert [step.line for step in steps if not step.walking] == [
        leg.ride.route_name for leg in itinerary.legs if leg.ride
    ]
    assert all(step.minutes >= 0 and step.walk_m >= 0 for step in steps)
    assert all(a.arrives <= b.departs for a, b in pairwise(steps))
    assert not any(a.walking and b.walking for a, b in pairwise(steps))


@given(tickets(), moments)
def test_a_page_never_counts_below_zero(ticket: Ticket, now: datetime) -> None:
    view = view_of(ticket, SALON, now)
    assert view.late_min >= 0
    assert view.refresh_s >= 0
    assert view.live_age_min is None or view.live_age_min >= 0
    assert view.chance_of_ten is None or 0 <= view.chance_of_ten <= 9
