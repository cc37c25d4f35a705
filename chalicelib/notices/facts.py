"""What a notice rested on when it was decided, kept with it so that it can say why it was sent. Pure.

What says where somebody was (times to set out and arrive, itineraries) is erased by the same step that erases the texts
after the visit; that there was a forecast, and how sure it was, remains.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from chalicelib.foundation.ports import Document
    from chalicelib.outages.outage import Outage
    from chalicelib.transit.itinerary import Itinerary, Leg


@dataclass(frozen=True, slots=True)
class PlanFacts:
    """A plan in what matters of it; instants are aware, chances from 0 to 1, None: not known."""

    leave_by: datetime | None = None
    arrive_at: datetime | None = None  # the middle of what was expected
    itinerary: str = ""  # in one line, times in the venue's zone
    on_time_probability: float | None = None
    late_probability: float | None = None  # of more than five minutes


@dataclass(frozen=True, slots=True)
class OutageFacts:
    """The outage of which the notice tells, as it was known then."""

    outage_id: str
    effect: str  # what it meant for the visit (`tickets.outage_impact.Effect`), or "" for the business
    since: datetime
    back_from: datetime
    back_until: datetime


@dataclass(frozen=True, slots=True)
class Facts:
    """What one notice rested on. A notice about no ticket has no status, start, forecast or promise."""

    rule: str
    variant: str
    because: str  # the end of a sentence, in English
    timezone: str  # the venue's
    status: str = ""  # of the ticket
    start: datetime | None = None  # of the appointment
    booking_version: int | None = None
    forecast: PlanFacts | None = None  # the plan as it was then
    no_plan_because: str = ""  # `Ticket.plan_note`
    timetable: str = ""  # version of the timetable of the plan
    observed_at: datetime | None = None  # of the youngest live data of the plan; None: it used none
    promised: PlanFacts | None = None  # what had been told before, if anything
    promised_start: datetime | None = None
    promised_at: datetime | None = None
    outage: OutageFacts | None = None
    is_erased: bool = False  # what said where somebody was is gone


def outage_facts(outage: Outage, effect: str = "") -> OutageFacts:
    """An outage as a notice tells of it."""
    return OutageFacts(outage.outage_id, effect, outage.since, outage.back_from, outage.back_until)


def without_location(facts: Facts) -> Facts:
    """The facts without anything that says where somebody was."""
    forecast, promised = (
        plan and replace(plan, leave_by=None, arrive_at=None, itinerary="") for plan in (facts.forecast, facts.promised)
    )
    return replace(facts, forecast=forecast, promised=promised, is_erased=True)


def in_one_line(itinerary: Itinerary, zone: ZoneInfo) -> str:
    """As in "13:35 walk, 13:40 bus 12 Old Mill - Long Bridge 14:00, 14:00 walk, there at 14:05"."""
    legs = ", ".join(_leg(leg, zone) for leg in itinerary.legs)
    return f"{legs}, there at {itinerary.arrive_at.astimezone(zone):%H:%M}"


def _leg(leg: Leg, zone: ZoneInfo) -> str:
    begins = f"{leg.departs.astimezone(zone):%H:%M} {leg.mode}"
    if leg.ride is None and leg.rental is None:
        return begins
    named = leg.ride.route_name or leg.ride.route_id if leg.ride else ""
    return f"{begins} {named} {leg.origin.name} - {leg.destination.name} {leg.arrives.astimezone(zone):%H:%M}"


# --- as a document holds them ---


def facts_to_json(facts: Facts) -> dict[str, Any]:
    """The facts as JSON: instants in ISO 8601, what is as by default left out."""
    return _to_json(facts)


def facts_from_json(known: Document) -> Facts:
    """Inverse of `facts_to_json`; fields of a later version are left out."""
    plain = _known(Facts, known)
    for name, kind in (("forecast", PlanFacts), ("promised", PlanFacts), ("outage", OutageFacts)):
        if plain.get(name) is not None:
            plain[name] = kind(**_known(kind, plain[name]))
    return Facts(**plain)


_INSTANTS = frozenset(
    {
        *("start", "observed_at", "promised_start", "promised_at"),
        *("leave_by", "arrive_at", "since", "back_from", "back_until"),
    }
)


def _to_json(value: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field in fields(value):
        one = getattr(value, field.name)
        if isinstance(one, datetime):
            found[field.name] = one.isoformat()
        elif isinstance(one, PlanFacts | OutageFacts):
            found[field.name] = _to_json(one)
        elif one != field.default:
            found[field.name] = one
    return found


def _known(kind: type, known: Document) -> dict[str, Any]:
    """The fields that this version knows, instants as such."""
    return {
        field.name: datetime.fromisoformat(known[field.name]) if field.name in _INSTANTS else known[field.name]
        for field in fields(kind)
        if field.name in known
    }
