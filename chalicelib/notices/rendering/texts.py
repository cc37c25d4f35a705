"""From what is to be said to the text that is sent: the fields of a template, and the wording that fits.

Times are in the venue's zone. What one has to leave by or catch is cut to the minute before, an arrival to the minute
after: nobody is late because of a text.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from chalicelib.foundation.locales import language_of
from chalicelib.notices.policy.situation import Say
from chalicelib.notices.rendering import gsm7
from chalicelib.notices.rendering.fitting import fill, fit_text
from chalicelib.notices.rendering.phrases import pairs, sections, word
from chalicelib.notices.rendering.shorten import shorten
from chalicelib.notices.rendering.street_address import address_lines
from chalicelib.notices.rendering.times import clock, in_a_row, on_the_clock, up_to_the_minute, when

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.bookings.business import Business
    from chalicelib.notices.facts import OutageFacts
    from chalicelib.tickets.ticket import Ticket
    from chalicelib.transit.itinerary import Leg

SOON_MIN = 45  # before the start: with nothing planned there is no time for questions, whoever comes sets out now
WORDS_LENGTH = 90  # characters of what a customer wrote: with name and time it fits into a text
SAID_BY_CUSTOMER = frozenset({"answer", "customer_says"})  # kinds of notices that follow from what a customer said
RIDE_NAME_LENGTH = 16  # characters: what stands on a vehicle is short, a feed's longer name is not what people look for


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
        fields = _fields_of(say, ticket, business, now, locale) | {"customer": gsm7.plain(ticket.customer.name)}
    else:
        locale = language_of(ticket.said.language, ticket.customer.locale, business.locale)
        fields = _fields_of(say, ticket, business, now, locale)
        fields["link"] = f"{public_url.rstrip('/')}/t/{ticket.token}"
    # nobody can answer a text that comes from a name instead of a number
    fields["how_to_stop"] = word(locale, "how_to_stop") if first and not business.sender else ""
    text = fit_text(sections(locale, say.kind)[say.variant], fields)
    return Text(text, fill(word(locale, "subject"), fields), locale)


@dataclass(frozen=True, slots=True)
class Several:
    """What one text says of several visits: their starts, those that stand beside them, those that were before."""

    kind: str
    variant: str
    starts: tuple[datetime, ...]
    stands: tuple[datetime, ...] = ()
    was: tuple[datetime, ...] = ()
    outage: OutageFacts | None = None


def several_text(
    several: Several, lead: Ticket, business: Business, now: datetime, *, public_url: str, first: bool
) -> Text:
    """One text for several visits of one person; what it says of the way, and its link, are the `lead`'s: the first."""
    locale, zone = language_of(lead.customer.locale, business.locale), ZoneInfo(lead.timezone)
    say = Say(several.kind, several.variant, lead.start, lead.start)
    fields = _fields_of(say, lead, business, now, locale)
    fields["when"] = in_a_row(several.starts, now, zone, locale)
    if several.stands:
        fields["stands"] = in_a_row(several.stands, now, zone, locale)
    if several.was:
        fields["was"] = in_a_row(several.was, now, zone, locale)
    if outage := several.outage:
        instants = {"since": outage.since, "back_from": outage.back_from, "back_until": outage.back_until}
        fields |= {name: on_the_clock(instant, now, zone, locale) for name, instant in instants.items()}
    fields["link"] = f"{public_url.rstrip('/')}/t/{lead.token}"
    fields["how_to_stop"] = word(locale, "how_to_stop") if first and not business.sender else ""
    text = fit_text(sections(locale, several.kind)[several.variant], fields)
    return Text(text, fill(word(locale, "subject"), fields), locale)


def _fields_of(say: Say, ticket: Ticket, business: Business, now: datetime, locale: str) -> dict[str, str]:
    """What templates may name, as far as it is known."""
    zone = ZoneInfo(ticket.timezone)

    def on_the_day(instant: datetime, form: str) -> str:
        """The time alone, in the form of words.txt, where it is on the day of the appointment."""
        is_same_day = instant.astimezone(zone).date() == ticket.start.astimezone(zone).date()
        return clock(instant, zone, locale, form) if is_same_day else when(instant, now, zone, locale)

    fields = {"business": gsm7.plain(business.name), "when": when(say.start or ticket.start, now, zone, locale)}
    fields["place"] = gsm7.plain(ticket.venue.name)
    street = next(iter(address_lines(ticket, business, locale)), "")
    if where := street or (ticket.venue.name if ticket.venue.name != business.name else ""):
        fields["where"] = gsm7.plain(where)
    if ticket.origin:
        fields["origin"] = gsm7.plain(ticket.origin.name)
    if say.was:
        fields["was"] = on_the_day(say.was, "by") if say.kind == "replan" else when(say.was, now, zone, locale)
    if say.outage:
        instants = {"since": say.outage.since, "back_from": say.outage.back_from, "back_until": say.outage.back_until}
        fields |= {name: on_the_clock(instant, now, zone, locale) for name, instant in instants.items()}
    if say.kind == "booked" and now >= ticket.start - timedelta(minutes=SOON_MIN):
        fields["soon"] = word(locale, "soon")
    if business.phone:
        fields["phone"] = business.phone
    if say.kind in SAID_BY_CUSTOMER:
        fields |= {"said": shorten(gsm7.plain(say.words), WORDS_LENGTH)} if say.words else {}
        fields |= {} if say.late_min is None else {"minutes": str(say.late_min)}
    if ticket.leave_by and ticket.arrive_at:
        fields["leave_by"] = on_the_day(ticket.leave_by, "by")
        fields["arrive"] = on_the_day(up_to_the_minute(ticket.arrive_at), "at")
        fields["late_min"] = str(max(0, ceil((ticket.arrive_at - ticket.start).total_seconds() / 60)))
    return fields | _next_ride(ticket, now, zone, locale)


def _next_ride(ticket: Ticket, now: datetime, zone: ZoneInfo, locale: str) -> dict[str, str]:
    """The next vehicle to board, where and when; who is on the way sits in the ones before.

    How one goes instead (`on_foot`, also by a shared bike) where none can be named.
    """
    legs = ticket.itineraries[0].legs if ticket.itineraries else ()
    ride = next((leg for leg in legs if (leg.ride or leg.rental) and leg.departs > now), None)
    if ride and ride.origin.name:  # a bike that stands by itself has no name to be found by
        departs = f"{ride.departs.astimezone(zone):%H:%M}"
        return {"ride": ride_name(ride, locale), "stop": gsm7.plain(ride.origin.name), "departs": departs}
    if not legs:
        return {}
    rental = next((leg for leg in legs if leg.rental and leg.arrives > now), None)
    if rental:
        return {"on_foot": pairs(locale, "by_rental")[rental.mode]}
    return {"on_foot": pairs(locale, "by_own").get(legs[0].mode) or word(locale, "on_foot")}


def ride_name(leg: Leg, locale: str) -> str:
    """What stands on the vehicle: "Bus 12"; of a shared one, whose it is."""
    named = leg.rental.system if leg.rental else ""
    if leg.ride:
        named = leg.ride.route_name or leg.ride.headsign or leg.ride.route_id
    name = shorten(gsm7.plain(named), RIDE_NAME_LENGTH)
    modes = pairs(locale, "modes")
    mode = modes.get(leg.mode, modes["other"])
    return name if mode.lower() in name.lower() else f"{mode} {name}"
