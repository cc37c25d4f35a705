"""What an event of a calendar is: a customer's visit, a block of the staff's own time, or neither.

Rules
- Who declined does not come. An event that all guests (or the business itself) declined was cancelled; its title never
  stands in for a guest.
- A title such as "Canceled: Haircut" is how some calendars cancel what they go on showing as confirmed.
- What takes nobody's time (free, a place of work, an event that lasts all day) is no visit: it makes nothing, and ends
  a visit that it was before.
- What takes the staff's time without a customer who can be reached (lunch, focus time, absence) is a block: known by
  its times alone, and nobody is told anything about it.
- `visit_needs` of the connection says what else a visit must be: "reachable" (a customer with a mail address or a
  phone), "busy" (an event that takes time). Both are asked for where it says nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from functools import cached_property
from typing import TYPE_CHECKING

from chalicelib.bookings.booking import Report, Status
from chalicelib.bookings.limits import ATTENDEES_MAX
from chalicelib.bookings.providers import reading
from chalicelib.bookings.providers.contract import Parked
from chalicelib.bookings.providers.people import MAIL_LABELS, PHONE_LABELS, first_of

if TYPE_CHECKING:
    from chalicelib.bookings.booking import Customer
    from chalicelib.bookings.providers.contract import Context
    from chalicelib.bookings.providers.people import Attendee

REACHABLE, BUSY = "reachable", "busy"
_CANCELLED = re.compile(
    r"\s*(cancell?ed|abgesagt|storniert|annul[eé]e?|cancelad[oa]|anulad[oa]|geannuleerd|annullat[oa]|avlyst|aflyst"
    r"|inställd|avbokad|peruutettu|odwołane|anulowane|zrušeno|atšaukta)\s*:",
    re.IGNORECASE,
)


class Time(Enum):
    """Whose time an event takes."""

    TAKEN = auto()
    FREE = auto()  # nobody's, as the calendar shows it
    OWN = auto()  # the staff's own: focus time, absence
    NONE = auto()  # it says where somebody works, or whose birthday it is


@dataclass(frozen=True, slots=True)
class Event:
    """An event in words that all calendars share. `core` holds its uid, order, status and times, and its title."""

    core: Report
    attendees: tuple[Attendee, ...] = ()
    own: tuple[str | None, ...] = ()  # the business's addresses, besides the connection's account
    lines: dict[str, str] = field(default_factory=dict)  # "Label: value" of the description
    time: Time = Time.TAKEN
    declined: bool = False  # by the business itself
    is_partial: bool = False  # some of it could not be read: then it is a visit, or nothing is sure


@dataclass
class Visits:
    """Tells visits from what else stands in a connection's calendar."""

    context: Context

    def report(self, event: Event) -> Report | None:
        """The event as a report; None where it is nothing to us.

        Parks more attendees than can be a visit, and what may be a visit if all of it could be read.
        """
        found = self._report(event)
        if event.is_partial and (found is None or found.status in {Status.CANCELLED, Status.BLOCKED}):
            raise Parked("some of the event cannot be read, and the rest does not say who comes")
        return found

    def _report(self, event: Event) -> Report | None:
        core = event.core
        mine = {address.casefold() for address in (*event.own, self.context.setting("account")) if address}
        guests = [one for one in event.attendees if one.is_guest and (one.email or "").casefold() not in mine]
        coming = [one for one in guests if not one.declined]
        if len(coming) > ATTENDEES_MAX:
            raise Parked(f"more than {ATTENDEES_MAX} attendees")
        if _CANCELLED.match(core.title or "") or event.declined or (guests and not coming):
            return Report(core.uid, core.order, Status.CANCELLED)
        if event.time is Time.NONE or (event.time is Time.FREE and BUSY in self._needs):
            return self.no_visit(core.uid, core.order)
        customers = self._customers(event, coming)
        reachable = REACHABLE not in self._needs or any(one.email or one.phone for one in customers)
        if event.time is Time.OWN or not customers or (not reachable and core.status is not Status.CANCELLED):
            block = Report(core.uid, core.order, Status.BLOCKED, core.start, core.end, calendar=core.calendar)
            return replace(block, customers=())
        origin = first_of(event.lines, self.context.setting("origin_field"))
        return replace(core, customers=customers, address=origin)

    def no_visit(self, uid: str, order: str) -> Report | None:
        """What was understood to be no visit: the end of one that is known under that uid, else nothing."""
        return Report(uid, order, Status.CANCELLED) if uid in self._known else None

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self.context.coming_uids())

    @cached_property
    def _needs(self) -> frozenset[str]:
        return frozenset(self.context.setting("visit_needs", (REACHABLE, BUSY)))

    def _customers(self, event: Event, coming: list[Attendee]) -> tuple[Customer, ...]:
        """Guests who come; without any, whom title and description name."""
        phone = first_of(event.lines, self.context.setting("phone_field"), *PHONE_LABELS)
        if not coming:
            mail = first_of(event.lines, *MAIL_LABELS)
            named = event.core.title or mail or phone
            return (reading.customer(event.core.title, mail, phone),) if named else ()
        alone = phone if len(coming) == 1 else None
        return tuple(reading.customer(one.name, one.email, one.phone or alone, one.locale) for one in coming)
