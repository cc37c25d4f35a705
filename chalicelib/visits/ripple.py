"""Who is told what, when, as a day leaves its plan. Pure.

- A page shows the newest forecast; that interrupts nobody.
- Who has an appointment is told once to come later, while they can still be reached, if that gains at least
  `GAIN_MIN`. The time to come at is the latest at which the chair stays empty for more than `IDLE_S` in at most
  `Venue.idle_share` of cases: nobody sits idle because somebody was told to wait at home.
- With it goes a promise: to be seen by then. Shortly before it would be too late to change it, a promise that will
  probably not be kept is replaced, once for each promise.
- A walk-in is quoted the time by which nine of ten are seen, and, if not at the door, when to be there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from chalicelib.visits.day import IDLE_S
from chalicelib.visits.promises import CHANGE_BEFORE_S, Promise
from chalicelib.visits.punctuality import MIN_S
from chalicelib.visits.rest_of_day import foretell_day, shares_of
from chalicelib.visits.visit import State, Told
from chalicelib.visits.waits.calibration import Wait

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chalicelib.visits.day import Day
    from chalicelib.visits.spread import Foretold
    from chalicelib.visits.visit import Visit

    Floats = NDArray[np.float64]

EVERY_S = 300.0  # forecasts are made anew, and it is decided who is told what
SHOW_AHEAD_S = 4 * 3600.0  # what begins later is not worth a range yet
TELL_FROM_MIN, TELL_UNTIL_MIN = 75.0, 25.0  # before the slot: most have not set out, and it is not mere guessing
GAIN_MIN = 10.0  # a text is not worth less
STEP_S = 300.0  # times to come at are whole steps after the slot
PROMISE_SHARE = 0.97  # of promises are expected to be kept when they are given,
DOUBT_SHARE = 0.10  # and one is replaced if it fails with this probability when it can still be changed
PROMISE_LEAST_S = 600.0  # a promise ends at least so long after the time to come at
COME_SHARE = 0.75  # a walk-in from afar comes when, with this probability, it is their turn
TRAVEL_MIN = (8.0, 25.0)  # walk-ins from afar need so long, evenly distributed
KEEPS_WITHIN_MIN = 3.0  # and keep to the time so closely


@dataclass(frozen=True, slots=True)
class Say:
    """What one person is shown (`forecast`) or told (any other kind). Instants in seconds since 1970."""

    visit: str
    kind: str
    come_at: float | None
    seen_from: float
    seen_until: float


def ripple(day: Day, now: float) -> list[Say]:
    """All that a look at the day at this instant leads to; changes what stands as told."""
    say = []
    for visit, foretold in foretell_day(day, now).items():
        one = day.visits[visit]
        if foretold.middle - now < SHOW_AHEAD_S:
            day.foretold.setdefault(visit, []).append(foretold)
            low, high = (day.venue.spread.quantile(foretold, share) for share in (0.1, 0.9))
            say.append(Say(visit, "forecast", None, low, max(low, high)))
        come_at = _new_time(day, now, one, foretold)
        if come_at is not None:
            say.append(_tell(day, now, one, foretold, come_at))
    return say


def quote(day: Day, now: float, one: Visit) -> list[Say]:
    """What somebody who has just joined without an appointment is told: by when they are seen, when to come."""
    one.state, one.arrived = State.HERE, now
    foretold = foretell_day(day, now, until=one).get(one.visit)
    one.state, one.arrived = State.EXPECTED, None
    if foretold is None:
        return []
    come_at = max(now, day.venue.spread.quantile(foretold, COME_SHARE))
    waits = _from_afar(day, now, one, foretold.draws, come_at) - now
    raw = Wait(*(max(0.0, float(one)) for one in np.quantile(waits, (0.1, 0.5, 0.9))))
    told = day.venue.quotes.stretch(raw)
    day.quoted[one.visit] = raw, told
    one.told.append(Told(now, come_at))
    one.quote = now + told.high_s
    day.ledger.give(Promise(one.visit, now, one.quote, "quote"))
    comes = come_at if come_at > now + MIN_S else None
    return [Say(one.visit, "forecast", comes, now + told.low_s, one.quote)]


def _from_afar(day: Day, now: float, one: Visit, starts: Floats, come_at: float) -> Floats:
    """The draws of a beginning, where some are not at the door yet."""
    _, when, whether = (shares[: len(starts)] for shares in shares_of(day.day, one.visit))
    there = np.maximum(
        come_at + MIN_S * KEEPS_WITHIN_MIN * (2 * when - 1),
        now + MIN_S * (TRAVEL_MIN[0] + (TRAVEL_MIN[1] - TRAVEL_MIN[0]) * when),
    )
    return np.where(whether < day.venue.afar, np.maximum(starts, there), starts)


def _new_time(day: Day, now: float, one: Visit, foretold: Foretold) -> float | None:
    """The time to come at that they should be told now; None: nothing to say."""
    if one.slot is None:
        return None
    if one.state == State.EXPECTED and not one.told:
        ahead_min = (one.slot - now) / MIN_S
        if not TELL_UNTIL_MIN <= ahead_min <= TELL_FROM_MIN:
            return None
        later_s = (latest_time(day, foretold) - one.slot) // STEP_S * STEP_S
        return one.slot + later_s if later_s >= GAIN_MIN * MIN_S else None
    last = day.ledger.last(one.visit)
    if last is None or not CHANGE_BEFORE_S <= last.until - now < CHANGE_BEFORE_S + EVERY_S:
        return None
    return one.due if day.venue.spread.quantile(foretold, 1 - DOUBT_SHARE) > last.until else None


def latest_time(day: Day, foretold: Foretold) -> float:
    """The latest time to come at that leaves the chair empty over `IDLE_S` in at most the venue's share of cases."""
    shares = (np.arange(25) + 0.5) / 25
    starts = np.array([day.venue.spread.quantile(foretold, float(share)) for share in shares])
    empty_s = np.sort((day.venue.people.noise[4::8][None, :] - starts[:, None]).ravel())
    return IDLE_S - float(empty_s[int((1 - day.venue.idle_share) * (len(empty_s) - 1))])


def _tell(day: Day, now: float, one: Visit, foretold: Foretold, come_at: float) -> Say:
    low, high = (day.venue.spread.quantile(foretold, share) for share in (0.1, PROMISE_SHARE))
    until = max(high, come_at + PROMISE_LEAST_S)
    if not one.told or one.told[-1].come_at != come_at:
        one.told.append(Told(now, come_at))
    day.ledger.give(Promise(one.visit, now, until, "later"))
    return Say(one.visit, "later", come_at, max(low, min(come_at, until)), until)
