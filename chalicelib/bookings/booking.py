"""A booking: an appointment as the booking tool knows it; and a report: what one webhook says about one.

Every provider module turns webhooks into reports. A booking is folded from reports (`bookings/fold.py`), whose order
and repetition do not matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class Status(StrEnum):
    """What the booking tool says about the appointment."""

    REQUESTED = "requested"  # waits for the business to confirm
    BOOKED = "booked"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    NO_SHOW = "no_show"
    BLOCKED = "blocked"  # no visit, but the staff's time all the same: it makes no ticket


@dataclass(frozen=True, slots=True)
class Customer:
    """Who comes. `key` distinguishes the customers of one booking: mail address, else phone, else name, lower case."""

    key: str
    name: str
    email: str | None = None
    phone: str | None = None  # as the tool gave it; the notices room decides whether it is a number
    locale: str | None = None
    timezone: str | None = None
    address: str | None = None  # where they come from, in their own words


@dataclass(frozen=True, slots=True)
class Venue:
    """A point that a booking names: where it takes place, or where the customer comes from. WGS 84 degrees."""

    name: str
    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class Report:
    """What one webhook (or one read-back) says about one appointment.

    `uid` is the tool's own id. `moved_from`/`moved_to` are set where a tool gives a moved appointment a new uid.
    `order` sorts reports about the same uid: the greatest wins ("2024-01-01T10:00:00.000Z", "0007", …).
    Fields that the tool leaves out are None and leave what is known as it is.
    """

    uid: str
    order: str
    status: Status | None
    start: datetime | None = None
    end: datetime | None = None
    timezone: str | None = None
    customers: tuple[Customer, ...] | None = None
    title: str | None = None
    service: str | None = None  # event type, as the tool names it
    moved_from: str | None = None
    moved_to: str | None = None
    services: tuple[str, ...] = ()  # every name of the event type (id, slug, title) that a setting may use for it
    calendar: str | None = None  # calendar, location or staff member, as the tool names it
    absent: tuple[str, ...] | None = None  # keys of customers marked as not having come; "*": all of them
    settle_at: datetime | None = None  # cancelled then, unless a report about `moved_to` has come
    remote: bool | None = None  # by telephone or screen: nobody sets out for it
    left: tuple[str, ...] = ()  # keys of customers who are no longer part of it
    address: str | None = None  # where the one customer comes from, in words; of several, see `Customer.address`
    cancel_url: str | None = None  # the tool's own page where the customer cancels it
    move_url: str | None = None  # the same to choose another time


@dataclass(frozen=True, slots=True)
class Booking:
    """An appointment now. `version` grows by one with every change; times are aware, in `timezone`."""

    booking_id: str
    business_id: str
    connection_id: str
    status: Status
    start: datetime
    end: datetime
    timezone: str
    customers: tuple[Customer, ...]
    title: str
    version: int
    aliases: tuple[str, ...] = ()  # ids of bookings that were merged into this one; their tickets' links stay valid
    venue: Venue | None = None  # where it takes place, if not at the business's own place
    address: str | None = None  # where the customer comes from, in words, as the tool's form holds it
    tool_reminds: bool = False  # the booking tool sends reminders itself: the hub sends none
    tool_tells_cancel: bool = True  # the booking tool tells its customers itself that it is cancelled
    service: str | None = None
    remote: bool = False  # by telephone or screen: nobody sets out for it, and there is no journey to tell
    cancel_url: str | None = None  # the tool's own page where the customer cancels it
    move_url: str | None = None  # the same to choose another time
