"""Keeping a told plan true, and what is said about it, on real timetables with real delays."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.bookings.business import Business
from chalicelib.notices.policy import decide
from chalicelib.notices.policy.situation import Situation
from chalicelib.tickets.follow import new_ticket
from chalicelib.tickets.links import Link
from chalicelib.tickets.promised_itinerary import boardings_of, same_in_substance
from chalicelib.tickets.ticket import TicketStatus
from chalicelib.transit.itinerary import Place
from chalicelib.workflows.checking.step import StepContext, take_step
from tests.fakes.networks import network
from tests.fakes.one_day import DAY, Traffic, clock
from tests.fakes.salon import ADA, booking

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.tickets.replanning.public_transport import PublicTransport
    from chalicelib.tickets.ticket import Ticket

# by bus and tram, there at 08:40; half an hour earlier by coach; from B also on the slow tram
LINES = """
    bus:   A 08:00, B 08:20
    tram:  B 08:25, C 08:40
    coach: A 07:30, C 08:10
    slow:  B 08:30, C 08:50
    last:  A 08:10, C 08:58
"""
HOME = Place("Home", 50.0, 10.0)
SALON = Business("salon", "Salon", "UTC", 50.2, 10.0, "town", phone="+12025550199", early_min=5, lead_min=15)


class Visit:
    """Ada's visit at 08:45; they were told at 07:40 to leave at 08:00 by bus and tram."""

    def __init__(self, lines: str = LINES, now: str = "07:00") -> None:
        self.town = Traffic(network(lines))
        made = new_ticket(booking(clock("08:45"), timezone="UTC"), ADA, SALON, DAY - timedelta(days=3), Link("t", "s"))
        assert made
        self.ticket: Ticket = replace(made, origin=HOME, status=TicketStatus.PLANNED)
        self.ticket, _ = decide(Situation.of(self.ticket, SALON, DAY - timedelta(days=3)))
        self.at(now)

    def at(self, now: str) -> list[tuple[str, str]]:
        """A check at this time: (kind, variant) of what is said. A second check says nothing and changes nothing."""
        moment = clock(now)
        self.ticket, says = take_step(self.ticket, StepContext(SALON, lambda: self.town.travel, moment))
        again, more = take_step(self.ticket, StepContext(SALON, lambda: self.town.travel, moment))
        assert not more
        assert same_in_substance(self.ticket, again)
        return [(say.kind, say.variant) for say in says]

    @property
    def trips(self) -> list[str]:
        return [trip for trip, _ in boardings_of(self.ticket.itineraries[0])] if self.ticket.itineraries else []


def told() -> Visit:
    visit = Visit()
    assert visit.at("07:46") == [("leave_by", "plain")]
    assert visit.trips == ["bus", "tram"]
    return visit


def test_before_anything_is_told_plans_change_in_silence() -> None:
    visit = Visit()
    visit.town.now_is(cancelled=("tram",))
    assert visit.at("07:05") == []
    assert visit.trips == ["coach"]


def test_small_delays_are_not_worth_a_word() -> None:
    visit = told()
    for minutes in (1, 2, 3, 4, 2, 0):
        visit.town.now_is(bus=minutes, tram=minutes)
        assert visit.at("07:50") == []
        assert visit.ticket.arrive_at == clock("08:40") + timedelta(minutes=minutes)


def test_nobody_is_told_that_they_could_leave_later() -> None:
    visit = told()
    visit.town.now_is(bus=4, tram=3)
    assert visit.at("07:50") == []
    assert visit.ticket.leave_by == clock("08:00")


def test_when_the_told_bus_is_cancelled_another_itinerary_is_told_in_time() -> None:
    visit = Visit(LINES + "    early: A 07:55, C 08:35\n")
    assert visit.at("07:46") == [("leave_by", "plain")]
    visit.town.now_is(cancelled=("bus",))
    assert visit.at("07:50") == [("replan", "plain")]
    assert (visit.trips, visit.ticket.leave_by) == (["early"], clock("07:55"))
    assert visit.ticket.promise.itinerary == visit.ticket.itineraries[0]


@pytest.mark.parametrize(
    ("after_s", "kind", "trip"),
    [(0, "replan", "soon"), (0.5, "late", "last"), (20, "late", "last"), (59.5, "late", "last")],
)
def test_an_itinerary_that_cannot_be_told_in_time_is_not_followed_in_silence(
    after_s: float, kind: str, trip: str
) -> None:
    visit = Visit(LINES + "    soon:  A 07:51, C 08:33\n")
    assert visit.at("07:46") == [("leave_by", "plain")]
    visit.town.now_is(cancelled=("bus",))
    now = clock("07:50") + timedelta(seconds=after_s)
    visit.ticket, says = take_step(visit.ticket, StepContext(SALON, lambda: visit.town.travel, now))
    assert (says[0].kind, visit.trips) == (kind, [trip])


def test_when_only_a_later_arrival_is_left_the_customer_and_the_business_are_told() -> None:
    visit = told()
    visit.town.now_is(cancelled=("bus",))
    assert visit.at("07:50") == [("late", "plain"), ("customer_late", "plain")]
    assert (visit.trips, visit.ticket.arrive_at) == (["last"], clock("08:58"))


def test_when_nothing_is_left_it_is_said_so() -> None:
    visit = told()
    visit.town.now_is(cancelled=("bus", "last"))
    assert visit.at("07:50") == [("late", "no_way"), ("customer_late", "no_way")]
    assert visit.ticket.plan_note == "no_way"


def test_on_the_way_a_broken_change_is_replaced_from_where_one_can_change() -> None:
    visit = told()
    visit.at("08:00")
    assert visit.ticket.status is TicketStatus.UNDER_WAY
    visit.town.now_is(bus=6)  # 08:26 at B, the tram is gone; the slow one arrives at 08:50
    assert visit.at("08:10") == [("replan", "late_on_the_way")]  # by five minutes: it says so
    assert visit.trips == ["bus", "slow"]
    first = visit.ticket.itineraries[0].legs[0]
    assert first.ride
    assert first.ride.trip_id == "bus", "the ride that the customer is on comes first"
    visit.town.now_is(bus=7)
    assert visit.at("08:11") == []


def test_aboard_one_can_leave_at_any_stop_ahead_but_not_at_one_behind() -> None:
    lines = """
        dawn:  A 05:00, B 05:10, C 05:20
        bus:   A 08:00, X 08:05, Y 08:12, B 08:20
        tram:  B 08:25, C 08:40
        local: X 08:05, C 08:30
        cross: Y 08:15, C 08:43
    """
    visit = Visit(lines)
    assert visit.at("07:46") == [("leave_by", "plain")]
    assert visit.trips == ["bus", "tram"]
    visit.at("08:00")
    visit.town.now_is(cancelled=("tram",), bus=0, local=6)
    assert visit.at("08:08") == [("replan", "on_the_way")]
    assert visit.trips == ["bus", "cross"]
    ride = visit.ticket.itineraries[0].legs[0]
    assert (ride.origin.stop_id, ride.destination.stop_id) == ("X", "Y")


def test_on_the_way_late_by_much_is_told_and_good_news_too_each_once() -> None:
    visit = told()
    visit.at("08:00")
    visit.town.now_is(tram=12)
    assert visit.at("08:05") == [("late", "on_the_way"), ("customer_late", "plain")]
    visit.town.now_is(tram=14)
    assert visit.at("08:07") == []
    visit.town.now_is(tram=2)
    assert visit.at("08:10") == [("on_time_again", "on_the_way"), ("customer_on_time", "plain")]
    visit.town.now_is(tram=12)
    assert visit.at("08:12") == []


def test_too_late_to_act_on_is_not_said() -> None:
    visit = told()
    visit.at("08:00")
    visit.town.now_is(tram=11)
    assert visit.at("08:47") == []


def test_a_bus_that_leaves_early_is_told_while_one_can_still_leave_earlier() -> None:
    visit = told()
    visit.town.now_is(bus=-4)
    assert visit.at("07:48") == [("replan", "plain")]
    assert (visit.trips, visit.ticket.leave_by) == (["bus", "tram"], clock("07:56"))


def test_at_most_three_texts_interrupt_whatever_happens() -> None:
    visit = told()
    said: list[str] = []
    for minute, troubles in enumerate(((), ("bus",), (), ("last",), ("bus",), ("bus", "last"), ("tram",), ())):
        visit.town.now_is(cancelled=troubles)
        said += [kind for kind, _ in visit.at(f"07:{47 + minute}")]
    assert len([kind for kind in said if not kind.startswith("customer_")]) + 1 <= 3
    assert visit.ticket.promise.texts <= 3


def test_without_live_data_a_told_plan_stays() -> None:
    visit = told()
    assert visit.at("07:50") == []
    visit.town.live.age_s = 5000
    assert visit.at("07:51") == []
    assert visit.ticket.observed_at == clock("07:51") - timedelta(seconds=5000)


@pytest.mark.parametrize("kind", ["replan", "late", "on_time_again", "customer_late", "customer_on_time"])
def test_a_kind_that_is_switched_off_is_silent_and_does_not_repeat_itself(kind: str) -> None:
    silent = replace(SALON, notices={kind: False})
    visit = Visit(LINES + "    early: A 07:55, C 08:35\n")
    visit.at("07:46")
    for now, troubles, tram in (
        ("07:48", ("bus",), 0),
        ("07:49", ("bus", "early"), 0),
        ("07:50", (), 0),
        ("07:51", ("bus",), 9),
    ):
        visit.town.now_is(cancelled=troubles, tram=tram)
        visit.ticket, says = take_step(visit.ticket, StepContext(silent, lambda: visit.town.travel, clock(now)))
        assert kind not in [say.kind for say in says]
        again, more = take_step(visit.ticket, StepContext(silent, lambda: visit.town.travel, clock(now)))
        assert not more
        assert again.decision == visit.ticket.decision


def test_seconds_and_the_age_of_data_are_no_change_worth_writing() -> None:
    visit = told()
    visit.town.now_is(bus=1)
    visit.at("07:50")
    before = visit.ticket
    assert same_in_substance(before, replace(before, observed_at=_later(before, 200)))
    assert same_in_substance(before, replace(before, observed_at=_later(before, 400))), "ages are told by the feed"
    assert not same_in_substance(before, replace(before, observed_at=None))
    assert not same_in_substance(before, replace(before, arrive_at=clock("08:59")))
    assert not same_in_substance(before, replace(before, itineraries=()))
    assert not same_in_substance(before, replace(before, decision=99))


def _later(ticket: Ticket, seconds: int) -> datetime:
    assert ticket.observed_at
    return ticket.observed_at + timedelta(seconds=seconds)


def test_who_is_late_and_has_no_better_itinerary_is_not_searched_for_again_and_again() -> None:
    visit = told()
    visit.town.now_is(bus=9, tram=12)
    visit.at("07:50")
    plans = Counted(visit.town.travel)
    take_step(visit.ticket, StepContext(SALON, lambda: plans, clock("07:52")))
    assert plans.asked == {"recheck": 1, "soonest": 1, "arrival_forecast": 2}
    visit.town.now_is(bus=9, tram=12, last=-15)
    plans.asked.clear()
    take_step(visit.ticket, StepContext(SALON, lambda: plans, clock("07:52")))
    assert plans.asked["plan"] >= 1, "now there is one"


class Counted:
    """A `LiveTravel` that counts what it is asked."""

    def __init__(self, travel: PublicTransport) -> None:
        self._travel = travel
        self.asked: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        self.asked[name] += 1
        return getattr(self._travel, name)
