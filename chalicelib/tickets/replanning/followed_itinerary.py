"""An itinerary as a customer follows it, and when that will bring them there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.tickets.ticket import Ticket, Underway
    from chalicelib.transit.itinerary import Itinerary, Place


@dataclass(frozen=True, slots=True)
class FollowedItinerary:
    """An itinerary that a customer follows: how far they are on it, where they go, and by when they want to be there.

    `underway` None: they have not set out.
    """

    itinerary: Itinerary
    underway: Underway | None
    venue: Place
    deadline: datetime

    @classmethod
    def of(cls, ticket: Ticket, itinerary: Itinerary, underway: Underway | None) -> FollowedItinerary:
        """This itinerary as it would be followed to the ticket's appointment."""
        return cls(itinerary, underway, ticket.venue, ticket.start)


@dataclass(frozen=True, slots=True)
class ArrivalForecast:
    """When somebody who follows an itinerary from now on will arrive.

    `probability` of being there by the deadline, `late_probability` of being there more than `TOLERATED_LATENESS_S`
    after it; `arrive_at` is the median arrival, None: more likely no vehicle comes any more; `underway` is where they
    are by now, None: at home.
    """

    probability: float
    late_probability: float
    arrive_at: datetime | None
    underway: Underway | None
