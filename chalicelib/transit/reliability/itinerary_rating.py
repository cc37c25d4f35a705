"""Itineraries with the probability to be on time, best first: what the hub asks for a ticket.

Where a probability comes from: delays learned from this feed's own passages (`delays`), what is live now, and without
either the documented prior. A target (0.9: nine customers of ten on time) decides how much a minute of margin is worth
against being late.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from chalicelib.transit.data import walking
from chalicelib.transit.reliability.judgements import TARGET
from chalicelib.transit.reliability.path_rating import Window, candidates, journey_of, rate_path, rate_walk
from chalicelib.transit.search.itinerary_builder import ItineraryBuilder
from chalicelib.transit.search.network import NEVER
from chalicelib.transit.search.planner import end_walks
from chalicelib.transit.search.prices import EARLY_MAX_S, ITINERARIES_MAX, ORDER_MIN

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.transit.itinerary import Itinerary, Request
    from chalicelib.transit.reliability.forecast import Forecast
    from chalicelib.transit.reliability.path_rating import RatedPath
    from chalicelib.transit.search.network import Network
    from chalicelib.transit.search.paths import EndWalks, Path


class RatedItinerary(NamedTuple):
    """An itinerary that is set out for early enough to meet the target, its probability, and its median arrival."""

    itinerary: Itinerary
    probability: float
    expected: datetime


class Question(NamedTuple):
    """A request on a network as timetabled, its deadline (s from the day's origin), and all paths worth rating.

    It does not depend on the moment, and making it is most of the work: keep it for whoever asks again.
    """

    request: Request
    network: Network
    ends: EndWalks
    deadline_s: int
    paths: tuple[Path, ...]


class Aim(NamedTuple):
    """What a business wants: the share that is on time, and by how much (s) before the deadline people should be there.

    Itineraries that are expected `early_s` before come first, however sure the others are to be in time.
    """

    target: float = TARGET
    early_s: int = 0


USUAL_AIM = Aim()
LIKELY = 0.5  # what is more likely late than in time comes after all that is not, whatever it is worth


def question_for(request: Request, network: Network, walking: walking.Walking = walking.CROW_FLY) -> Question:
    """The question with the paths that an itinerary is chosen from. `network` is as timetabled.

    Raises `walking.UnknownStop`, `ValueError` for a request without arrive_by.
    """
    if request.arrive_by is None:
        raise ValueError("a probability is about being on time: give arrive_by")
    ends, deadline_s = end_walks(network, request, walking), ItineraryBuilder(network).seconds(request.arrive_by)
    return Question(request, network, ends, deadline_s, tuple(candidates(network, ends, Window(-NEVER, deadline_s))))


def rate_itineraries(
    question: Question,
    forecast: Forecast,
    now: datetime,
    aim: Aim = USUAL_AIM,
    *,
    itineraries_max: int = ITINERARIES_MAX,
) -> tuple[RatedItinerary, ...]:
    """At most so many itineraries that arrive by the deadline, best first, with different first rides; () if none.

    None of them is set out for before `now`. The legs' times are as timetabled: `tickets/replanning/recheck` says how
    an itinerary stands now.
    """
    network, ends, deadline_s = question.network, question.ends, question.deadline_s
    builder, by_s = ItineraryBuilder(network), deadline_s - aim.early_s
    riding = Window(builder.seconds(now), deadline_s, aim.target)
    best: dict[tuple[int, ...], RatedPath] = {}
    for path in question.paths:
        if path.rides and (path.leave < riding.earliest_s or deadline_s - path.arrive > EARLY_MAX_S):
            continue
        journey = journey_of(network, ends, path)
        if path.rides:
            several = rate_path(forecast, journey, path, riding)
        else:
            several = rate_walk(journey, path, riding, aim.early_s)
        ordering_min = ORDER_MIN * sum(network.is_ordered(*ride) for ride in path.rides)
        for rated in (one._replace(worth=one.worth - ordering_min) for one in several):
            first = path.rides[0][:1] if path.rides else ()
            if first not in best or _rank(rated, by_s) < _rank(best[first], by_s):
                best[first] = rated
    ordered = sorted(best.values(), key=lambda rated: _rank(rated, by_s))[:itineraries_max]
    return tuple(_rated_itinerary(builder, rated, question.request) for rated in ordered)


def _rated_itinerary(builder: ItineraryBuilder, rated: RatedPath, request: Request) -> RatedItinerary:
    first_walk_s = rated.journey.walks_s[0] if rated.path.rides else None
    itinerary = builder.itinerary(rated.path._replace(leave=rated.leave_s), request, first_walk_s)
    return RatedItinerary(itinerary, rated.probability, builder.instant(rated.arrive_s))


def _rank(rated: RatedPath, by_s: int) -> tuple[bool, bool, float, int]:
    """The least is the best: more likely in time than late, expected by then, worth most, the first to leave."""
    return rated.probability < LIKELY, rated.arrive_s > by_s, -rated.worth, rated.leave_s
