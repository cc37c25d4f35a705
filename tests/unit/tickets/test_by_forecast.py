"""A promised itinerary, kept true by its forecast, to the door: what is said, and above all what is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from chalicelib.bookings.business import Business
from chalicelib.notices.policy import decide
from chalicelib.notices.policy.situation import Situation
from chalicelib.tickets.documents import ticket_or_forward, to_document
from chalicelib.tickets.follow import new_ticket
from chalicelib.tickets.links import Link
from chalicelib.tickets.origin import with_origin
from chalicelib.tickets.plan import Plan
from chalicelib.tickets.promised_itinerary import boardings_of, same_in_substance
from chalicelib.tickets.replanning.by_forecast import ByForecast
from chalicelib.tickets.replanning.followed_itinerary import ArrivalForecast
from chalicelib.tickets.replanning.recheck import CheckedItinerary
from chalicelib.tickets.replanning.replan import plan_anew
from chalicelib.tickets.ticket import Ticket, TicketStatus
from chalicelib.transit.data.sightings import Sighting
from chalicelib.transit.itinerary import Itinerary, Leg, Place
from chalicelib.transit.reliability.delays import Delays
from chalicelib.transit.reliability.feed_forecasts import delays_key
from chalicelib.transit.reliability.itinerary_rating import RatedItinerary
from chalicelib.workflows.checking.step import StepContext, take_step
from tests.fakes.networks import network
from tests.fakes.one_day import DAY, Traffic, clock, conditions, town_at
from tests.fakes.salon import ADA, booking

if TYPE_CHECKING:
    from chalicelib.transit.data.timetable import Timetable

# r and, a little later, q from A to C; s goes on from C to E, t from B; u all the way, but slowly
LINES = """
    r: A 08:00, B 08:10, C 08:20
    q: A 08:06, C 08:28
    s: C 08:27, E 08:37
    t: B 08:22, E 08:46
    u: A 07:30, E 08:30
    late: A 08:12, E 09:05
    s2: C 08:57, E 09:07
"""
TABLE = network(LINES)
TABLE.arrays["run_route"][-1] = TABLE.arrays["run_route"][2]  # s2 is the next of s's line
TRIPS = [line.split(":")[0].strip() for line in LINES.strip().splitlines()]
HOME, SHOP = Place("Home", 50.0, 10.0), Place("Shop", 50.3, 10.0)
SALON = Business("salon", "Salon", "UTC", 50.3, 10.0, "town", phone="+12025550199", early_min=0)


def punctual(table: Timetable) -> bytes:
    """Every line on time, give or take half a minute, for twenty days."""
    delays = Delays()
    for day in range(20):
        for run, trip in enumerate(TRIPS):
            first, end = int(table.run_first[run]), int(table.run_first[run + 1])
            for call in range(first, end):
                late_s, planned_s = (day * 7 + run) % 60 - 30, int(table.st_departs[call])
                at = int(DAY.timestamp()) - (20 - day) * 86_400 + planned_s + late_s
                stop_id = table.text("stop_id", int(table.st_stop[call]))
                delays.learn(
                    [
                        Sighting(
                            f"{trip}|{day}",
                            f"route {trip[0] if trip == 's2' else trip}",
                            stop_id,
                            call < end - 1,
                            late_s,
                            at,
                            planned_s // 3600,
                        )
                    ]
                )
    return delays.dump()


PUNCTUAL = punctual(TABLE)


def one_truth(ticket: Ticket) -> None:
    """The ticket and its first itinerary speak of the same arrival, and no leg is drawn over another."""
    if not ticket.itineraries:
        return
    first = ticket.itineraries[0]
    assert ticket.arrive_at == first.arrive_at == first.legs[-1].arrives
    assert first.leave_at <= first.legs[0].departs
    assert all(before.arrives <= after.departs for before, after in pairwise(first.legs))
    assert all(leg.departs <= leg.arrives for leg in first.legs)
    if ticket.status in {TicketStatus.PLANNED, TicketStatus.TIME_TO_LEAVE}:
        assert ticket.leave_by == first.leave_at


class Morning:
    """Ada's appointment at E at 08:55; the clock has gone on to 07:52, so that they were told to leave."""

    def __init__(self, by: str = "08:55", business: Business = SALON, *, told: bool = True) -> None:
        self.town, self.business = Traffic(TABLE, seen=True), business
        self.town.bucket.put(delays_key("town"), PUNCTUAL)
        self.passed: dict[str, tuple[int, int]] = {}
        eve = DAY - timedelta(days=3)
        made = new_ticket(booking(clock(by), timezone="UTC"), ADA, business, eve, Link("t", "s"))
        assert made
        self.ticket: Ticket = with_origin(replace(decide(Situation.of(made, business, eve))[0], venue=SHOP), HOME)
        self.ticket = replace(self.ticket, promise=replace(self.ticket.promise, venue=SHOP))
        self.ended = False
        self.see()
        if told:
            assert self.minutes("07:00", "07:56") == ["leave_by"]
            self.passes("u", 0, 0)  # most vehicles are seen

    def see(self, cancelled: tuple[str, ...] = ()) -> None:
        """The live data are out: what was seen to pass (call, minutes late), and what does not run."""
        late = {trip: minutes for trip, (_, minutes) in self.passed.items()}
        found = conditions(TABLE, late, cancelled)
        rows = [
            (TRIPS.index(trip), int(TABLE.run_first[TRIPS.index(trip)]) + call, 1, 60 * minutes)
            for trip, (call, minutes) in sorted(self.passed.items())
        ]
        self.town.live.found = replace(found, passed=np.array(rows, np.int32).reshape(-1, 4))
        self.town.live.age_s = 20

    def passes(self, trip: str, call: int, late_min: int) -> None:
        self.passed[trip] = (call, late_min)
        self.see()

    def at(self, now: str) -> list[str]:
        """The kinds said to the customer by a check at this time. A second check says nothing and changes nothing.

        Between two checks the ticket is stored and read again, by whichever worker comes first.
        """
        moment = clock(now)
        stored = ticket_or_forward(to_document(self.ticket), moment)
        assert isinstance(stored, Ticket)
        self.ticket, says = take_step(stored, StepContext(self.business, lambda: self.town.travel, moment))
        again, more = take_step(self.ticket, StepContext(self.business, lambda: self.town.travel, moment))
        assert not more
        assert same_in_substance(self.ticket, again)
        one_truth(self.ticket)
        return [say.kind for say in says if say.audience == "customer"]

    def minutes(self, first: str, last: str) -> list[str]:
        """All that is said from then to then, checked each minute."""
        said: list[str] = []
        for second in range(int(clock(first).timestamp()), int(clock(last).timestamp()) + 1, 60):
            at = DAY + timedelta(seconds=second - int(DAY.timestamp()))
            said += self.at(f"{at:%H:%M}")
        return said

    @property
    def trips(self) -> list[str]:
        return [trip for trip, _ in boardings_of(self.ticket.itineraries[0])]


def test_told_once_by_a_robust_itinerary_with_its_chance() -> None:
    morning = Morning()
    promise = morning.ticket.promise
    assert morning.trips == ["r", "s"]
    assert promise.probability is not None
    assert promise.probability > 0.8
    assert promise.leave_by is not None
    assert clock("07:50") <= promise.leave_by <= clock("08:00")


def test_a_good_day_stays_silent_to_the_door() -> None:
    morning = Morning()
    morning.passes("r", 0, 0)
    assert morning.minutes("08:00", "08:12") == []
    assert morning.ticket.underway
    assert morning.ticket.underway.aboard
    assert morning.ticket.underway.aboard.trip_id == "r"
    morning.passes("r", 2, 0)
    assert morning.minutes("08:21", "08:28") == []
    assert morning.ticket.underway.stage == 1
    morning.passes("s", 0, 0)
    assert morning.minutes("08:31", "08:50") == []
    assert morning.ticket.status is TicketStatus.ARRIVED


def test_a_change_that_breaks_on_the_way_gets_another_itinerary_from_where_they_sit() -> None:
    """The ride r is so late at B that s is lost at C; t from B still comes in time."""
    morning = Morning()
    morning.passes("r", 0, 11)
    assert morning.minutes("08:12", "08:14") == ["replan"]
    assert morning.trips == ["r", "t"]
    first = morning.ticket.itineraries[0].legs[0]
    assert first.ride
    assert (first.origin.stop_id, first.destination.stop_id) == ("A", "B")
    assert morning.ticket.underway
    assert morning.ticket.underway.aboard
    assert morning.ticket.underway.aboard.alight_stop == "B", "they go on by the itinerary that they were told"
    morning.passes("r", 1, 11)
    morning.passes("t", 0, 0)
    assert morning.minutes("08:22", "08:40") == []
    assert morning.ticket.underway
    assert morning.ticket.underway.stage == 1


def test_late_is_said_once_when_nothing_helps_and_cleared_once_when_it_does() -> None:
    morning = Morning(by="08:50")
    morning.passes("r", 0, 18)
    for punctual_one in "qt":
        morning.passes(punctual_one, 0, 0)
    assert morning.minutes("08:19", "08:24") == ["late"]
    assert morning.trips == ["r", "s2"], "the text names the vehicle that they will take"
    assert morning.ticket.arrive_at
    assert morning.ticket.arrive_at > clock("08:55")
    assert morning.ticket.late_probability
    assert morning.ticket.late_probability > 0.95
    morning.passes("r", 2, 4)
    morning.passes("s", 0, 1)
    assert morning.minutes("08:32", "08:38") == ["on_time_again"]


def test_a_cancelled_first_ride_is_replaced_while_there_is_time_to_act() -> None:
    morning = Morning(by="09:20")
    assert morning.trips == ["late"]
    morning.see(cancelled=("late",))
    assert morning.at("07:57") == ["replan"]
    assert "late" not in morning.trips


def test_who_has_had_their_texts_is_not_sent_another_itinerary_in_silence() -> None:
    morning = Morning()
    morning.ticket = replace(morning.ticket, promise=replace(morning.ticket.promise, texts=2))
    morning.passes("r", 0, 11)
    assert morning.minutes("08:12", "08:14") == []
    assert morning.trips == ["r", "s2"], "what they will take unasked: the next of the line"


class OneBetter:
    """A `LiveTravel` that knows one likeliest itinerary, and no chance of anything else."""

    def __init__(self, best: Itinerary) -> None:
        self.best = best

    def likeliest(self, *_: object) -> tuple[RatedItinerary, ...]:
        return (RatedItinerary(self.best, 1.0, self.best.arrive_at),)

    def arrival_forecast(self, *_: object) -> None:
        """None can be told."""


def by_other_vehicles(itinerary: Itinerary, trip_id: str) -> Itinerary:
    legs = (replace(leg, ride=replace(leg.ride, trip_id=trip_id) if leg.ride else None) for leg in itinerary.legs)
    return replace(itinerary, legs=tuple(legs))


def test_the_alternatives_stay_on_the_page_when_another_itinerary_is_told() -> None:
    morning = Morning()
    promised = morning.ticket.itineraries[0]
    others = [by_other_vehicles(promised, trip) for trip in ("x", "y")]
    ticket = replace(morning.ticket, itineraries=(promised, *others))
    travel: Any = OneBetter(others[0])
    lost = ArrivalForecast(0.1, 0.5, None, None)
    chosen = ByForecast(ticket, travel, town_at(clock("07:52")), CheckedItinerary(promised), lost).choose_itinerary()
    assert chosen.itineraries == (others[0], others[1])


def test_of_an_operator_that_tells_only_what_is_late_not_seen_is_not_late() -> None:
    morning = Morning()
    morning.passed.clear()
    morning.see()
    assert morning.minutes("08:00", "08:36") == []
    assert morning.ticket.late_probability is None


@pytest.mark.parametrize("broken", ["another timetable", "no live data"])
def test_where_no_forecast_can_be_made_any_more_the_itinerary_is_kept_by_the_timetable(broken: str) -> None:
    morning = Morning()
    morning.passes("r", 0, 0)
    morning.minutes("08:00", "08:05")
    if broken == "no live data":
        morning.town.live.found, morning.town.live.age_s = None, 4000
    else:
        lost = morning.ticket.underway
        assert lost
        assert lost.aboard
        gone = replace(lost.aboard, trip_id="renumbered")
        morning.ticket = replace(morning.ticket, underway=replace(lost, aboard=gone))
    assert morning.at("08:06") == []
    assert morning.trips == ["r", "s"]


def test_a_business_that_wants_more_customers_on_time_has_them_leave_earlier() -> None:
    leaves = {}
    for target in (0.5, 0.99):
        morning = Morning(business=replace(SALON, on_time_target=target), told=False)
        morning.at("07:00")
        leaves[target] = morning.ticket.leave_by
    assert leaves[0.99] is not None
    assert leaves[0.5] is not None
    assert leaves[0.99] <= leaves[0.5]


def test_early_minutes_are_kept_by_what_is_expected_and_not_paid_on_top_of_the_chance() -> None:
    plain, early = Morning(told=False), Morning(business=replace(SALON, early_min=12), told=False)
    assert plain.at("07:00") == early.at("07:00") == []
    assert plain.ticket.leave_by == early.ticket.leave_by, "expected at 08:40, that is early enough"
    earlier = Morning(business=replace(SALON, early_min=20), told=False)
    earlier.at("07:00")
    assert earlier.ticket.arrive_at
    assert earlier.ticket.arrive_at <= clock("08:35")


def test_where_the_customer_must_be_is_forgotten_with_the_rest() -> None:
    morning = Morning()
    morning.passes("r", 0, 0)
    morning.minutes("08:00", "08:05")
    assert morning.ticket.underway
    late = ticket_or_forward(to_document(morning.ticket), morning.ticket.end + timedelta(hours=24))
    assert isinstance(late, Ticket)
    assert late.underway is None
    assert with_origin(morning.ticket, HOME).underway is None


def test_where_nothing_is_in_time_if_all_goes_on_so_the_likeliest_itinerary_is_told_all_the_same() -> None:
    """Delays recover: who is not told to leave because of one that may shrink hears nothing at all."""
    begin, end = clock("08:00"), clock("08:30")
    likely = Itinerary(begin, end, 0, (Leg("walk", HOME, SHOP, begin, end),))

    class NothingInTime:
        def plan(self, *_: object) -> Plan:
            return Plan()

        def likeliest(self, *_: object) -> tuple[RatedItinerary, ...]:
            return (RatedItinerary(likely, 0.6, clock("08:30")),)

        def arrival_forecast(self, *_: object) -> None:
            return None

    made = new_ticket(booking(clock("08:40"), timezone="UTC"), ADA, SALON, clock("07:00"), Link("t", "s"))
    assert made
    asked = with_origin(made, HOME)
    told = plan_anew(asked, NothingInTime(), town_at(clock("07:30"), SALON))  # type: ignore[arg-type] # what is asked of it
    assert told.itineraries[0] is likely
    assert (told.leave_by, told.plan_note) == (clock("08:00"), "")
