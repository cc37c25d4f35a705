"""Whatever a booking tool does to a booking, in whatever order its news arrive: one ticket, and it ends the same."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.bookings.booking import Status
from chalicelib.notices.policy import decide
from chalicelib.notices.policy.situation import Situation
from chalicelib.tickets.documents import from_document, to_document
from chalicelib.tickets.follow import follow, new_ticket
from chalicelib.tickets.links import Link
from chalicelib.tickets.schedule import next_check
from chalicelib.tickets.states import advance
from tests.fakes.salon import ADA, HOME, SALON, START, Salon, Town, at, booking, plan_ticket

if TYPE_CHECKING:
    from chalicelib.bookings.booking import Booking
    from chalicelib.tickets.ticket import Ticket
    from chalicelib.transit.itinerary import Place

LONG = settings(max_examples=int(os.environ.get("TICKETS_EXAMPLES", "60")), deadline=None)

ZONES = ("Europe/Vienna", "Australia/Lord_Howe", "America/St_Johns", "Asia/Kathmandu")
hours = st.integers(10, 17)
statuses = st.sampled_from([Status.BOOKED, Status.BOOKED, Status.CANCELLED, Status.REQUESTED, Status.NO_SHOW])
lives = st.lists(st.tuples(statuses, hours), min_size=1, max_size=6)


def versions(life: list[tuple[Status, int]]) -> list[Booking]:
    """The booking's versions; the first is booked, so that there is a ticket."""
    steps = [(Status.BOOKED, 14), *life]
    return [
        booking(START.replace(hour=hour, minute=30), version=number + 1, status=status)
        for number, (status, hour) in enumerate(steps)
    ]


@LONG
@given(lives, st.randoms(use_true_random=False))
def test_any_order_and_any_repetition_end_in_the_same_ticket(life: list[tuple[Status, int]], rand: object) -> None:
    told = versions(life)
    mixed = [*told[1:], *told[1:], told[-1]]
    rand.shuffle(mixed)  # type: ignore[attr-defined] # hypothesis hands out a random.Random
    ends = []
    for order in ([told[0], told[-1]], [told[0], *mixed, told[-1]]):
        salon = Salon()
        for one in order:
            salon.book(one)
        salon.work()
        (key,) = salon.documents.tables["tickets"]
        ends.append(salon.ticket(key))
    straight, winding = ends
    assert (winding.token[:12], winding.booking_version) == (straight.token[:12], straight.booking_version)
    assert (winding.status, winding.start, winding.confirmed) == (straight.status, straight.start, straight.confirmed)


@LONG
@given(lives)
def test_following_twice_is_following_once(life: list[tuple[Status, int]]) -> None:
    now = at("1 10:00")
    ticket: Ticket | None = new_ticket(versions([])[0], ADA, SALON, now, Link("t", "s"))
    for one in versions(life):
        ticket = follow(ticket, one, ADA, SALON, now)
        assert follow(ticket, one, ADA, SALON, now) == ticket


@LONG
@given(lives, st.lists(st.integers(0, 60 * 72), max_size=12), st.sampled_from([HOME, None]))
def test_at_any_moment_a_ticket_can_be_stored_checked_and_decided_about(
    life: list[tuple[Status, int]], minutes: list[int], origin: Place | None
) -> None:
    ticket = new_ticket(versions([])[0], ADA, SALON, at("1 10:00"), Link("t", "s"))
    assert ticket
    ticket = replace(ticket, origin=origin)
    news = versions(life)
    for step, minute in enumerate(sorted(minutes)):
        now = at("1 10:00") + timedelta(minutes=minute)
        ticket = follow(ticket, news[min(step, len(news) - 1)], ADA, SALON, now) or ticket
        ticket = advance(plan_ticket(ticket, SALON, Town(), now), SALON, now)
        before = ticket.decision
        ticket, says = decide(Situation.of(ticket, SALON, now))
        assert ticket.decision >= before + len(says)
        assert decide(Situation.of(ticket, SALON, now)) == (ticket, ())
        check = next_check(ticket, SALON, now)
        assert check is None or check > now
        assert from_document(to_document(ticket)) == replace(ticket, next_check_at=ticket.next_check_at)


@LONG
@given(st.integers(0, 2 * 366 * 24 * 4), st.sampled_from(ZONES))
def test_every_local_time_of_every_zone_makes_a_ticket_that_ends(quarter: int, zone: str) -> None:
    aware = (datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=15 * quarter)).astimezone(ZoneInfo(zone))
    now = aware - timedelta(days=2)
    made = new_ticket(booking(aware, timezone=zone), ADA, SALON, now, Link("t", "s"))
    assert made
    assert from_document(to_document(made)).start == made.start
    assert advance(made, SALON, made.end).status.value == "done"
    assert next_check(made, SALON, now)
