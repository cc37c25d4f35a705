"""Questions about real cities, as tickets ask them, and what must be true of every answer.

- A named stop is never planned worse than its own coordinates, at either end; minutes to it are left for it.
- Nothing arrives later than asked, nor more than `EARLY_MAX_S` before it; also when much is cancelled, and at night.
- A ticket, its first itinerary and the list on its page speak of one leaving, one arrival, and all time between.
"""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from chalicelib.bookings.business import Business
from chalicelib.pages.customer.steps import steps_of
from chalicelib.tickets.follow import new_ticket
from chalicelib.tickets.links import Link
from chalicelib.tickets.origin import at_stop, with_origin
from chalicelib.tickets.plan import TripContext
from chalicelib.tickets.replanning.public_transport import PublicTransport
from chalicelib.tickets.replanning.replan import plan_anew
from chalicelib.transit.data.conditions import Conditions
from chalicelib.transit.data.feed import Feed
from chalicelib.transit.itinerary import Place, Request
from chalicelib.transit.reliability.feed_forecasts import Forecasts
from chalicelib.transit.search.network import Network
from chalicelib.transit.search.planner import plan
from chalicelib.transit.search.prices import EARLY_MAX_S
from feeds.compile.network import read_network
from tests.fakes.memory import MemoryBucket
from tests.fakes.salon import ADA, booking

if TYPE_CHECKING:
    from chalicelib.tickets.ticket import Ticket
    from chalicelib.transit.data.timetable import Timetable
    from chalicelib.transit.itinerary import Itinerary

GTFS = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "gtfs"
CITIES = {"vilnius": "2015-09-03", "octa": "2017-02-14"}
FEED = "city"
NEAR_DEG = 0.01  # destinations that are no stop are so near to one
STRIKES = (0.0, 0.0, 0.5, 0.97, 1.0)  # shares of runs that are cancelled


@dataclass(frozen=True)
class OneTimetable:
    """One day of one feed, as `PublicTransport` asks for it; its vehicles are seen, so that forecasts are made."""

    timetable: Timetable

    def feed(self, feed_id: str) -> Feed:
        return Feed(feed_id, (), ("https://example.com/tu.pb",), timezone=self.timetable.meta["timezone"])

    def day(self, *_: Any) -> Timetable:
        return self.timetable

    def walking(self, *_: Any) -> None:
        """As the crow flies."""


@dataclass(frozen=True)
class AskedCity:
    """A compiled day and its questions; each number is a question of its own, always the same."""

    timetable: Timetable

    @classmethod
    def read(cls, feed: Path, date: str) -> AskedCity:
        return cls(read_network([feed]).day(dt.date.fromisoformat(date)))

    @cached_property
    def network(self) -> Network:
        return Network(self.timetable)

    @cached_property
    def travel(self) -> PublicTransport:
        return PublicTransport(OneTimetable(self.timetable), None, Forecasts(MemoryBucket()))

    def check(self, number: int) -> Ticket:
        """Asks all that question `number` is about. Raises `AssertionError` that names it."""
        chance = random.Random(number)
        origin, destination = self._stop(chance), self._stop(chance)
        point = replace(
            self._stop(chance), stop_id=None, name="near", lat=destination.lat + chance.uniform(-NEAR_DEG, NEAR_DEG)
        )
        instant = self._instant(chance.randrange(4 * 60, 26 * 60))
        try:
            self._never_worse(origin, destination, instant)
            self._never_worse(origin, point, instant)
            self._not_too_early(origin, point, instant, chance)
            return self._one_truth(at_stop(origin, chance.choice((0, 3, 5, 10))), destination, instant)
        except AssertionError as wrong:
            raise AssertionError(f"question {number}: {origin} to {destination} or {point}, {instant}") from wrong

    def _instant(self, minutes: int) -> dt.datetime:
        return dt.datetime.fromtimestamp(int(self.timetable.meta["origin_epoch"]) + 60 * minutes, dt.UTC)

    def _stop(self, chance: random.Random) -> Place:
        stop = int(chance.choice(self.network.served.stops))
        return self.network.place(self.timetable.text("stop_id", stop))

    def _best(self, origin: Place, destination: Place, *when: dt.datetime | None) -> Itinerary | None:
        return next(iter(plan(Request(origin, destination, *when), self.network, itineraries_max=1)), None)

    def _never_worse(self, stop: Place, destination: Place, instant: dt.datetime) -> None:
        bare = replace(stop, stop_id=None)
        there = replace(destination, stop_id=None)
        named, point = (self._best(origin, there, instant) for origin in (stop, bare))
        assert point is None or (named is not None and named.leave_at >= point.leave_at), "from a stop, arriving by"
        for ends, plain in (((stop, there), (bare, there)), ((bare, destination), (bare, there))):
            named, point = (self._best(*each, None, instant) for each in (ends, plain))
            assert point is None or (named is not None and named.arrive_at <= point.arrive_at), "departing at"
        for minutes in (3, 10):
            far = self._best(replace(stop, walk_min=minutes), there, instant)
            if far:
                first = next((leg for leg in far.legs if leg.ride), None)
                assert first is None or far.leave_at + dt.timedelta(minutes=minutes) <= first.departs, (
                    "time to the stop"
                )

    def _not_too_early(self, origin: Place, destination: Place, instant: dt.datetime, chance: random.Random) -> None:
        share, runs = chance.choice(STRIKES), self.timetable.n_runs
        cancelled = np.flatnonzero(np.random.default_rng(chance.randrange(1000)).random(runs) < share).astype(np.int32)
        meta = self.timetable.meta
        network = self.network.under(Conditions(meta["feed_version"], meta["service_date"], 1, cancelled=cancelled))
        for most in (1, 4):
            for one in plan(Request(origin, destination, instant), network, itineraries_max=most):
                assert 0 <= (instant - one.arrive_at).total_seconds() <= EARLY_MAX_S, "not too early"

    def _one_truth(self, origin: Place, venue: Place, start: dt.datetime) -> Ticket:
        """The ticket of somebody who is asked about in the morning."""
        business = Business("salon", "Salon", self.timetable.meta["timezone"], venue.lat, venue.lon, FEED)
        now = self._instant(4 * 60)
        made = new_ticket(booking(start, timezone=business.timezone), ADA, business, now, Link("t", "s"))
        assert made is not None
        at_venue = replace(made, venue=Place("Salon", venue.lat, venue.lon))
        ticket = plan_anew(with_origin(at_venue, origin), self.travel, TripContext(FEED, business, now))
        one_truth(ticket)
        for one in ticket.itineraries:
            early_s = (start - one.arrive_at).total_seconds()
            assert early_s <= EARLY_MAX_S + 60 * business.early_min, "not too early"
            first = next((leg for leg in one.legs if leg.ride), None)
            to_stop = dt.timedelta(minutes=origin.walk_min or 0)
            assert first is None or one.leave_at + to_stop <= first.departs, "time to the stop"
        return ticket


def one_truth(ticket: Ticket) -> None:
    """The ticket, its first itinerary and its list on the page agree, and no leg is drawn over another."""
    if not ticket.itineraries:
        assert ticket.plan_note, "a reason"
        return
    assert (ticket.leave_by, ticket.arrive_at) == (ticket.itineraries[0].leave_at, ticket.itineraries[0].arrive_at)
    for one in ticket.itineraries:
        assert one.arrive_at == one.legs[-1].arrives, "one arrival"
        assert one.leave_at <= one.legs[0].departs, "one leaving"
        assert all(before.arrives <= after.departs for before, after in pairwise(one.legs)), "in order"
        steps = steps_of(one)
        spoken_min = sum(step.minutes + step.spare_min + (step.change_min or 0) for step in steps)
        assert abs((one.arrive_at - one.leave_at).total_seconds() / 60 - spoken_min) <= 2 * len(steps), (
            "all time is said"
        )
