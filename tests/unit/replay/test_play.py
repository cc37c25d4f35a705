"""The replay takes the hub's own turns: its tickets, its rhythm, its decisions about what is sent."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from chalicelib.notices.compose import compose_notice
from chalicelib.notices.policy.situation import Say
from chalicelib.tickets.ticket import Aboard, TicketStatus, Underway
from chalicelib.transit.data.service_days import NoTimetable
from chalicelib.transit.itinerary import Place
from chalicelib.transit.reliability.delays import Delays
from feeds.replay.advice import Messages
from feeds.replay.appointments import Appointment
from feeds.replay.guests import guest_of, replay_business
from feeds.replay.play import PUBLIC_URL, ReplayDay, SentNotice
from feeds.replay.recording import Snapshot
from feeds.replay.sources import FEED, RecordedSources
from tests.fakes.realtime_text import ORIGIN, message, timetable

if TYPE_CHECKING:
    from chalicelib.tickets.plan import TripContext
    from chalicelib.tickets.replanning.recheck import CheckedItinerary
    from chalicelib.tickets.ticket import Ticket
    from chalicelib.transit.itinerary import Itinerary

TABLE = timetable("\n".join(f"r{n} route=R: A {7 + n // 6}:{n % 6}0, C {7 + n // 6}:{n % 6}8" for n in range(24)))
A, C = (Place("somewhere", float(TABLE.stop_lat[at]), float(TABLE.stop_lon[at])) for at in (0, 1))


def at(clock: str) -> datetime:
    hour, minute = clock.split(":")
    return datetime.fromtimestamp(ORIGIN + 3600 * int(hour) + 60 * int(minute), UTC)


def order(by: str = "9:15", name: str = "one") -> Appointment:
    return Appointment(name, A, C, at(by))


def snapshot(clock: str, late_min: int) -> Snapshot:
    """The run that was due at A when this is published, so late."""
    hour, minute = (int(part) for part in clock.split(":"))
    n = (60 * (hour - 7) + minute - late_min) // 10
    due = 60 * 7 + 10 * n + late_min
    text = f"r{n} | 1@A dep={due // 60}:{due % 60:02}:00"
    made = message(text, at=f"{clock}:30")
    return Snapshot(ORIGIN + 3600 * hour + 60 * minute + 30, clock, made.SerializeToString())


def day(*orders: Appointment) -> ReplayDay:
    return ReplayDay(TABLE, list(orders or (order(),)), Delays())


MORNING = [snapshot(f"{minute // 60}:{minute % 60:02}", 2) for minute in range(6 * 60 + 30, 9 * 60 + 30)]


def test_a_customer_is_a_ticket_that_waits_for_its_plan_and_was_told_nothing() -> None:
    guest = guest_of(order(), 0, replay_business("UTC"))
    assert guest.ticket.status is TicketStatus.PLANNED
    assert guest.ticket.origin == A
    assert guest.ticket.promise.texts == 0
    assert "leave_by" not in guest.ticket.promise.told_kinds


def test_everybody_is_told_once_by_the_rules_of_the_house() -> None:
    played = day(order(name="one"), order("9:05", name="two"))
    sent = list(played.play(MORNING))
    assert [one.notice.kind for one in sent] == ["leave_by", "leave_by"]
    assert played.spoke == Counter(leave_by=2)
    assert all(one.notice.channel == "sms" for one in sent)
    assert [one.at for one in sent] == sorted(one.at for one in sent)


def test_what_was_sent_counts_as_told_for_the_checks_that_follow() -> None:
    played = day()
    (sent,) = played.play(MORNING)
    promise = played.tickets[0].promise
    assert promise.pending == ()
    assert promise.itinerary is not None
    assert promise.leave_by == sent.ticket.leave_by


def test_tickets_are_checked_as_in_the_hub_when_due_and_at_each_update_once_promised() -> None:
    played, checks = day(), list[datetime]()

    travel, recheck = played.travel, played.travel.recheck

    class Noting:
        def __getattr__(self, name: str) -> object:
            return getattr(travel, name)

        def recheck(self, itinerary: Itinerary, set_out: datetime, context: TripContext) -> CheckedItinerary | None:
            checks.append(context.now)
            return recheck(itinerary, set_out, context)

    played.travel = Noting()  # type: ignore[assignment] # it passes everything on
    (sent,) = played.play(MORNING)
    before = [one for one in checks if one < sent.at]
    after = [one for one in checks if one > sent.at]
    assert len(before) < 20, "the more often the nearer it comes"
    assert len(after) >= 10, "each minute on the way"


@pytest.mark.parametrize(
    ("state", "reason"), [("expired", "too_late_to_act_on"), ("overtaken", "overtaken_by_later_news")]
)
def test_what_the_hub_would_not_send_is_not_sent_and_counted(state: str, reason: str) -> None:
    played = day()
    guest = played.guests[0]
    say = Say("leave_by", "plain", at("9:00"), at("9:00"), decision=1)
    ticket = _planned(guest.ticket)
    notice = compose_notice(say, ticket, played.business, at("8:40"), PUBLIC_URL)
    now = at("9:01") if state == "expired" else at("8:41")
    if state == "overtaken":
        played.tickets[0] = replace(ticket, promise=replace(ticket.promise, void_before_decision=2))
    assert list(played._send(guest, notice, ticket, now)) == []  # noqa: SLF001 - the step itself
    assert played.held_back == Counter({reason: 1})


def _planned(ticket: Ticket) -> Ticket:
    return replace(ticket, leave_by=at("8:55"), arrive_at=at("9:10"))


def test_what_the_business_is_told_is_no_line_for_the_customer() -> None:
    played = day()
    guest, business = played.guests[0], played.business
    late = Say("customer_late", "plain", at("9:00"), at("9:40"), audience="business", decision=3)
    notice = compose_notice(late, _planned(guest.ticket), business, at("9:00"), PUBLIC_URL)
    assert Messages(played).line(SentNotice(at("9:00"), guest, notice, guest.ticket)) is None


def test_a_message_that_leaves_the_itinerary_as_it_is_has_no_legs() -> None:
    played = day()
    (sent,) = played.play(MORNING)
    messages = Messages(played)
    first, again = messages.line(sent), messages.line(sent)
    assert first
    assert again
    assert first["legs"]
    assert again["legs"] == []
    assert len(messages.advices[0]) == 1


@pytest.mark.parametrize("aboard", [False, True])
def test_an_itinerary_told_under_way_begins_where_the_customer_waits_or_in_the_ride(aboard: bool) -> None:  # noqa: FBT001 - a table
    played = day()
    (sent,) = played.play(MORNING)
    told = sent.ticket.promise.itinerary
    assert told
    ride = next(leg for leg in told.legs if leg.ride)
    assert ride.ride
    seat = Aboard(
        ride.ride.trip_id, ride.origin.stop_id or "", ride.departs, ride.destination.stop_id or "", ride.arrives
    )
    onward = replace(told, legs=told.legs[told.legs.index(ride) :])
    ticket = replace(
        sent.ticket,
        status=TicketStatus.UNDER_WAY,
        promise=replace(sent.ticket.promise, itinerary=onward),
        underway=Underway(0, ride.departs, seat if aboard else None),
    )
    messages = Messages(played)
    messages.line(sent._replace(ticket=ticket))
    assert [advice.journey.aboard for advice in messages.advices[0]] == [aboard]


def test_nothing_is_known_before_it_was_published_and_old_news_grow_old() -> None:
    sources = RecordedSources(TABLE, Delays())
    assert sources.conditions(FEED, sources.date, at("8:00")) == (None, None)
    sources.publish(snapshot("8:00", 2))
    found, age_s = sources.conditions(FEED, sources.date, at("8:05"))
    assert found is not None
    assert len(found.passed)
    assert age_s == 270
    assert sources.conditions(FEED, sources.date, at("8:05") + timedelta(hours=1))[0] is None
    with pytest.raises(NoTimetable):
        sources.day(FEED, "2031-01-01")
    assert sources.feed("another") is None
