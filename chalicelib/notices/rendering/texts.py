"""From what is to be said to the text that is sent: one GSM-7 segment where the language allows, never more than two.

The first wording of the template that fits is taken: first the fullest with names as they are, then with shorter
names, then the next wording. What cannot fit in one segment (a long link, another script) gets two.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from string import Formatter
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from chalicelib.foundation.locales import language_of
from chalicelib.notices.rendering import gsm7
from chalicelib.notices.rendering.phrases import pairs, sections, word, words
from chalicelib.notices.rendering.shorten import shorten

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from chalicelib.bookings.business import Business
    from chalicelib.notices.policy.situation import Say
    from chalicelib.tickets.ticket import Ticket
    from chalicelib.transit.itinerary import Leg

SHORTENABLE = ("business", "stop", "customer", "place", "origin")  # what may be shortened
COMFORTABLE_LENGTHS, TIGHT_LENGTHS = (
    (60, 32, 24, 18),
    (14, 10, 6),
)  # lengths of a name: tried before and after shorter wordings
SEGMENTS_MAX = 2
NEAR_DAYS = 6  # further away, a weekday alone would be ambiguous


@dataclass(frozen=True, slots=True)
class Text:
    """What is sent. `subject` is for mail; `locale` the language it is in."""

    text: str
    subject: str
    locale: str


def text_for(say: Say, ticket: Ticket, business: Business, now: datetime, *, public_url: str, first: bool) -> Text:
    """The text for one decision. `first`: it is the ticket's first text, which says how to stop them."""
    if say.audience == "business":  # the link is the customer's own
        locale = language_of(business.locale)
        facts = _facts(say, ticket, business, now, locale) | {"customer": gsm7.plain(ticket.customer.name)}
    else:
        locale = language_of(ticket.customer.locale, business.locale)
        facts = _facts(say, ticket, business, now, locale)
        facts["link"] = f"{public_url.rstrip('/')}/t/{ticket.token}"
    # nobody can answer a text that comes from a name instead of a number
    facts["how_to_stop"] = word(locale, "how_to_stop") if first and not business.sender else ""
    text = fit_text(sections(locale, say.kind)[say.variant], facts)
    return Text(text, _fill(word(locale, "subject"), facts), locale)


def fit_text(wordings: tuple[str, ...], facts: dict[str, str]) -> str:
    """The fullest of the wordings that fits in one segment; else in two; names get shorter on the way."""
    for most in range(1, SEGMENTS_MAX + 1):
        for text in _attempts(wordings, facts):
            if gsm7.segments(text) <= most:
                return text
    raise ValueError(f"the link is too long for a text message: {len(facts.get('link', ''))} characters")


def _attempts(wordings: tuple[str, ...], facts: dict[str, str]) -> Iterator[str]:
    usable = [wording for wording in wordings if _fields(wording) <= facts.keys()]
    for limits in (COMFORTABLE_LENGTHS, TIGHT_LENGTHS):
        for wording in usable:
            for limit in limits:
                yield _fill(wording, facts, limit)


def _fields(wording: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(wording) if name}


def _fill(wording: str, facts: dict[str, str], limit: int = 60) -> str:
    short = {name: shorten(facts[name], limit) for name in SHORTENABLE if name in facts}
    return gsm7.plain(wording.format_map(facts | short))


def _facts(say: Say, ticket: Ticket, business: Business, now: datetime, locale: str) -> dict[str, str]:
    zone = ZoneInfo(ticket.timezone)

    def near(instant: datetime) -> str:
        same_day = instant.astimezone(zone).date() == ticket.start.astimezone(zone).date()
        return f"{instant.astimezone(zone):%H:%M}" if same_day else when(instant, now, zone, locale)

    facts = {"business": gsm7.plain(business.name), "when": when(ticket.start, now, zone, locale)}
    facts["place"] = gsm7.plain(ticket.venue.name)
    if ticket.origin:
        facts["origin"] = gsm7.plain(ticket.origin.name)
    if say.was:
        facts["was"] = near(say.was) if say.kind == "replan" else when(say.was, now, zone, locale)
    if say.outage:
        instants = {"since": say.outage.since, "back_from": say.outage.back_from, "back_until": say.outage.back_until}
        facts |= {name: on_the_clock(instant, now, zone, locale) for name, instant in instants.items()}
    if business.phone:
        facts["phone"] = business.phone
    if ticket.leave_by and ticket.arrive_at:
        facts |= {"leave_by": near(ticket.leave_by), "arrive": near(_next_minute(ticket.arrive_at))}
        facts["late_min"] = str(max(0, ceil((ticket.arrive_at - ticket.start).total_seconds() / 60)))
    return facts | _next_ride(ticket, now, zone, locale)


def on_the_clock(instant: datetime, now: datetime, zone: ZoneInfo, locale: str) -> str:
    """An instant of today as "14:30", of another day as `when` says it."""
    local = instant.astimezone(zone)
    return f"{local:%H:%M}" if local.date() == now.astimezone(zone).date() else when(instant, now, zone, locale)


def _next_minute(instant: datetime) -> datetime:
    """An arrival at 09:30:34 is not one at 09:30; what one has to leave by or catch is cut to the minute before."""
    whole = instant.replace(second=0, microsecond=0)
    return whole if whole == instant else whole + timedelta(minutes=1)


def _next_ride(ticket: Ticket, now: datetime, zone: ZoneInfo, locale: str) -> dict[str, str]:
    """The next vehicle to board: who is on the way sits in the ones before."""
    legs = ticket.itineraries[0].legs if ticket.itineraries else ()
    ride = next((leg for leg in legs if (leg.ride or leg.rental) and leg.departs > now), None)
    if ride is None or not ride.origin.name:  # what stands by itself has no name to be found by
        return {"on_foot": _without_name(legs, now, locale)} if legs else {}
    departs = f"{ride.departs.astimezone(zone):%H:%M}"
    return {"ride": ride_name(ride, locale), "stop": gsm7.plain(ride.origin.name), "departs": departs}


def _without_name(legs: Sequence[Leg], now: datetime, locale: str) -> str:
    """How one goes where no vehicle can be named: on foot, or by a shared bike."""
    rental = next((leg for leg in legs if leg.rental and leg.arrives > now), None)
    return pairs(locale, "by_rental")[rental.mode] if rental else word(locale, "on_foot")


def ride_name(leg: Leg, locale: str) -> str:
    """What stands on the vehicle: "Bus 12"; of a shared one, whose it is."""
    modes = pairs(locale, "modes")
    named = leg.rental.system if leg.rental else ""
    if leg.ride:
        named = leg.ride.route_name or leg.ride.headsign or leg.ride.route_id
    name = shorten(gsm7.plain(named), 16)
    mode = modes.get(leg.mode, modes["other"])
    return name if mode.lower() in name.lower() else f"{mode} {name}"


def when(instant: datetime, now: datetime, zone: ZoneInfo, locale: str) -> str:
    """An instant as people say it in the venue's zone: "Thu 14:30", further away "Thu 12 Mar 14:30"."""
    local = instant.astimezone(zone)
    distance = local.date() - now.astimezone(zone).date()
    is_near = timedelta(0) <= distance <= timedelta(days=NEAR_DAYS)
    parts = {
        "weekday": words(locale, "weekdays")[local.weekday()],
        "day": str(local.day),
        "month": words(locale, "months")[local.month - 1],
        "time": f"{local:%H:%M}",
    }
    return gsm7.plain(word(locale, "near" if is_near else "far").format_map(parts))
