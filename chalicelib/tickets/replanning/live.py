"""Keeping a plan true while the network changes: the told way is kept while it works, another has to be worth a text.

Where a chance can be told of the way (the feed has live data, and the way's vehicles are in the timetable), the
chance decides: `by_chance`. Else, and where a vehicle does not run at all, what is known now counts as certain:
`by_timetable`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from chalicelib.tickets.plan import Travel, planned
from chalicelib.tickets.promised import carried_on, following, trips
from chalicelib.tickets.replanning.by_chance import SHAKY, WORSE, ByChance, judged
from chalicelib.tickets.replanning.by_timetable import ByTimetable
from chalicelib.tickets.replanning.recheck import GONE
from chalicelib.tickets.ticket import TicketStatus
from chalicelib.transit.itinerary import Request

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.bookings.business import Business
    from chalicelib.tickets.plan import Plan
    from chalicelib.tickets.replanning.forecasts import Outlook
    from chalicelib.tickets.replanning.recheck import Standing
    from chalicelib.tickets.ticket import Ticket, Underway
    from chalicelib.transit.itinerary import Leg, Option, Place
    from chalicelib.transit.reliability.chances import Chance

OPTIONS_MAX = 4  # on a ticket's page


class LiveTravel(Travel, Protocol):
    """`Travel` that can also say how a told way stands."""

    def soonest(self, feed_id: str, request: Request, change_s: int, now: datetime, /) -> datetime | None:
        """The earliest arrival for somebody who sets out at `request.depart_at`; None: no way. Raises `Unavailable`."""
        ...

    def expect(self, feed_id: str, conditions_at: int, /) -> None:
        """There are conditions published at this time (POSIX s); older ones are not good enough from now on."""
        ...

    def likeliest(
        self, feed_id: str, request: Request, business: Business, ready: datetime, now: datetime, /
    ) -> tuple[Chance, ...]:
        """Ways that are worth most to reach `request.arrive_by` as surely as this business wants, best first.

        Nobody sets out before `ready`. () where there is none, or no chance can be told. Raises `Unavailable`.
        """
        ...

    def outlook(
        self, feed_id: str, way: Option, underway: Underway | None, deadline: datetime, change_s: int, now: datetime, /
    ) -> Outlook | None:
        """What comes of following this way, from where she was known to be; None: it cannot be said.

        Raises `Unavailable`.
        """
        ...

    def as_it_comes(
        self, feed_id: str, way: Option, underway: Underway | None, venue: Place, change_s: int, now: datetime, /
    ) -> Option | None:
        """What is left of this way by the vehicles that will take her: where one is missed, the next of its line.

        None where nothing is left to ride, or nothing comes any more. Raises `Unavailable`.
        """
        ...

    def better_onward(
        self,
        feed_id: str,
        way: Option,
        underway: Underway | None,
        venue: Place,
        deadline: datetime,
        change_s: int,
        now: datetime,
        /,
    ) -> tuple[Option, Outlook] | None:
        """A way on that is worth leaving this one for; None: there is none. Raises `Unavailable`."""
        ...

    def onward(self, feed_id: str, ride: Leg, destination: Place, change_s: int, now: datetime, /) -> Plan:
        """Ways on for somebody aboard, who can leave at any stop ahead; what is left of the ride is their first leg.

        Raises `Unavailable`.
        """
        ...

    def recheck(
        self, feed_id: str, option: Option, set_out: datetime, change_s: int, now: datetime, /
    ) -> tuple[Standing, datetime | None] | None:
        """The told way under what is known now, and when that was observed; None: nothing can be known.

        Raises `Unavailable`.
        """
        ...


def newly_planned(ticket: Ticket, business: Business, travel: LiveTravel, now: datetime) -> Ticket:
    """The ticket of somebody who still waits for our word, with the best plan there is. Raises `Unavailable`.

    The ways worth most by their chance come first; then those that the timetable prefers.
    """
    return _surest_first(planned(ticket, business, travel, now), business, travel, now)


def planned_again(ticket: Ticket, business: Business, travel: LiveTravel, now: datetime) -> Ticket | None:
    """The same before it is time to tell: the surest ways as they are by now, beside what else was found before.

    None: its plan does not work any more, or no chance can be told; it has to be planned anew. Raises `Unavailable`.
    """
    kept = still_good(ticket, business, travel, now)
    return _surest_first(kept, business, travel, now) if kept and kept.on_time_probability is not None else None


def _surest_first(ticket: Ticket, business: Business, travel: LiveTravel, now: datetime) -> Ticket:
    if not ticket.options or ticket.origin is None:
        return judged(ticket, None)
    request = Request(ticket.origin, ticket.venue, arrive_by=ticket.start)
    likely = tuple(chance.option for chance in travel.likeliest(ticket.feed, request, business, now, now))
    if likely and now < ticket.start:
        known = {trips(option) for option in likely}
        rest = (option for option in ticket.options if trips(option) not in known)
        ticket = following(ticket, (*likely, *rest)[:OPTIONS_MAX], ticket.observed_at)
    return with_outlook(ticket, business, travel, now)


def still_good(ticket: Ticket, business: Business, travel: LiveTravel, now: datetime) -> Ticket | None:
    """The ticket with its untold plan as it is now, if that still works; None: it has to be planned anew.

    Looking up a known way is a hundred times cheaper than searching one, and most updates break no way. Whether there
    is a better one by now is asked when the time to tell comes.
    """
    if not ticket.options or ticket.leave_by is None or ticket.status is not TicketStatus.PLANNED:
        return None
    way = ticket.options[0]
    found = travel.recheck(ticket.feed, way, way.leave_at, business.change_s, now)
    if found is None or found[0].broken in GONE:
        return None
    standing, observed_at = found
    kept = following(ticket, (standing.option, *ticket.options[1:]), observed_at)
    kept = with_outlook(kept, business, travel, now)
    works = standing.holds and standing.option.arrive_at <= ticket.start
    if kept.on_time_probability is not None:
        works = kept.on_time_probability >= min(SHAKY, (ticket.on_time_probability or 0.0) - WORSE)
    return kept if works else None


def replanned(ticket: Ticket, business: Business, travel: LiveTravel, now: datetime) -> Ticket:
    """The ticket of somebody who follows a told way, with the way to follow from now on as its first option.

    Raises `Unavailable`.
    """
    told, change_s = ticket.promise.option, business.change_s
    assert told is not None
    found = travel.recheck(ticket.feed, told, told.leave_at, change_s, now)
    if found is None:
        return ticket
    standing, observed_at = found
    outlook = None
    if standing.broken not in GONE:
        outlook = travel.outlook(ticket.feed, told, ticket.underway, ticket.start, change_s, now)
    if outlook is None or outlook.arrive_at is None:  # no chance can be told, or more likely no vehicle comes any more
        followed = ByTimetable(judged(ticket, None), business, travel, standing, observed_at, now).followed()
        return _as_sure_as_can_be(followed, outlook, business, travel, now)
    return ByChance(ticket, business, travel, standing, outlook, observed_at, now).followed()


def _as_sure_as_can_be(
    ticket: Ticket, stranded: Outlook | None, business: Business, travel: LiveTravel, now: datetime
) -> Ticket:
    """The ticket with what comes of the way to follow, for somebody who is where the told one has brought her."""
    if not ticket.options:
        return judged(ticket, stranded)
    told, way = ticket.promise.option, ticket.options[0]
    assert told is not None
    here = carried_on(ticket.underway, told, way)
    outlook = travel.outlook(ticket.feed, way, here, ticket.start, business.change_s, now)
    return replace(judged(ticket, outlook), underway=ticket.underway)


def with_outlook(ticket: Ticket, business: Business, travel: LiveTravel, now: datetime) -> Ticket:
    """The ticket with what comes of its first option by now. Raises `Unavailable`."""
    if not ticket.options:
        return judged(ticket, None)
    way = ticket.options[0]
    return judged(ticket, travel.outlook(ticket.feed, way, None, ticket.start, business.change_s, now))
