"""Where a ticket's customer comes from: what they say themselves, else what the booking's form says for sure.

Rules
- What the customer says on the page always wins; that they took it back is such a word, too.
- An answer in the booking's form is looked for once, when a timetable is there; a new answer is looked for anew.
- An answer that names no place for sure changes nothing, but that an older answer does not hold any more.
- Another origin makes another plan: what was told of the old one is not told of the new one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from chalicelib.tickets.states import Trigger, is_to_come, status_after

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.tickets.ticket import Ticket
    from chalicelib.transit.itinerary import Place


class NoTimetableYet(LookupError):
    """There is no timetable to look in; later there may be."""


class Places(Protocol):
    """Places by the words that people use for them."""

    def find_origin(self, ticket: Ticket) -> Place | None:
        """The place that `ticket.address` names for sure, or None. Raises `NoTimetableYet`, `Unavailable`."""
        ...


class NoPlaces:
    """Where no network is known by name."""

    def find_origin(self, _ticket: Ticket) -> Place | None:
        """Nothing."""
        return None


def with_address(ticket: Ticket, words: str | None) -> Ticket:
    """The ticket as the booking's form has it: new words are to be looked for, unless the customer said it better."""
    if not words or words == ticket.address or ticket.forgotten:
        return ticket
    own = ticket.origin is not None and not ticket.origin_assumed
    return replace(ticket, address=words, address_open=not own)


def assume_origin(ticket: Ticket, places: Places, now: datetime) -> Ticket:
    """The ticket with the origin that its booking's form names; as it is, where that cannot be said (yet).

    Raises `Unavailable`.
    """
    if not ticket.address_open or not is_to_come(ticket) or not ticket.confirmed or now >= ticket.start:
        return ticket
    try:
        place = places.find_origin(ticket)
    except NoTimetableYet:
        return ticket
    if place == ticket.origin:
        return replace(ticket, address_open=False)
    return with_origin(ticket, place, assumed=place is not None)


def without_plan(ticket: Ticket) -> Ticket:
    """The ticket with nothing planned; its origin stays."""
    return replace(
        ticket,
        itineraries=(),
        leave_by=None,
        arrive_at=None,
        on_time_probability=None,
        late_probability=None,
        underway=None,
        plan_note="",
        planned_with="",
        observed_at=None,
    )


def with_origin(ticket: Ticket, origin: Place | None, *, assumed: bool = False) -> Ticket:
    """The ticket of a customer who comes from there (None: nobody knows from where), not planned yet."""
    promise = ticket.promise
    told = tuple(kind for kind in promise.told_kinds if kind not in {"leave_by", "late"})
    let_down = promise.itinerary is None and "late" in promise.told_kinds  # and was told so
    return replace(
        without_plan(ticket),
        origin=origin,
        origin_assumed=assumed,
        address_open=False,
        status=status_after(ticket.status, Trigger.ORIGIN_SET if origin else Trigger.ORIGIN_REMOVED),
        promise=replace(
            promise, told_kinds=told, leave_by=None if let_down else promise.leave_by, arrive_at=None, itinerary=None
        ),
    )
