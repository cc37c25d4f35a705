"""The JSON that endpoints take and give, as pydantic models; their names are those of the served description.

The rooms make their JSON themselves and never load this module: it describes, and tests hold every answer against it.
A reader has to allow for more members than are named here, except where a model is `Closed`.
"""

from __future__ import annotations

import typing
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, RootModel

from chalicelib.notices.notice import NoticeState
from chalicelib.outages.outage import What
from chalicelib.tickets.outage_impact import Effect
from chalicelib.tickets.ticket import TicketStatus

Instant = Annotated[AwareDatetime, Field(description="ISO 8601 with an offset")]
Latitude = Annotated[float, Field(ge=-90, le=90, description="degrees, WGS 84")]
Longitude = Annotated[float, Field(ge=-180, le=180, description="degrees, WGS 84")]
Sources = str | list[str]


def may_be_absent(description: str | None = None) -> typing.Any:
    """Of a member that may be left out; null only where its type says so."""
    return Field(default_factory=lambda: None, description=description)


class Closed(BaseModel):
    """Has no other members than those that are named."""

    model_config = ConfigDict(extra="forbid")


class Any(RootModel[typing.Any]):
    """Whatever is sent."""


# --- every endpoint ---


class ErrorDetail(BaseModel):
    """What went wrong: a code for programs, a sentence for people."""

    code: str
    message: str


class Error(BaseModel):
    """The answer to whatever cannot be done."""

    error: ErrorDetail


class Remarks(BaseModel):
    """What an answer says beside what was stored."""

    ignored: list[str] = may_be_absent("names of fields that mean nothing here; only where there are some")
    notes: list[str] = may_be_absent("what was not taken as written, a sentence each; only where there is some")


# --- the customer's link ---


class Place(BaseModel):
    """A point; with `stop_id` it is that GTFS stop, with `stop_sequence` a call of a trip."""

    name: str
    lat: Latitude
    lon: Longitude
    stop_id: str = may_be_absent()
    stop_sequence: int = may_be_absent()
    minutes: int = may_be_absent("of an origin: minutes on foot to the stop that the customer named")


class Places(BaseModel):
    """Stops by name, best first."""

    places: list[Place]


class Rental(BaseModel):
    """Whose shared bike it is, and what was free at both ends of the leg when that was last counted."""

    system: str
    vehicles: int
    docks: int | None
    observed_at: Instant
    from_station_id: str | None
    to_station_id: str | None
    url: str


class Leg(BaseModel):
    """One ride or walk; times are what is expected now."""

    mode: str
    from_: Place = Field(alias="from")
    to: Place
    departs: Instant
    arrives: Instant
    trip_id: str = may_be_absent("of a ride, as all members down to realtime")
    route_id: str = may_be_absent()
    route_name: str = may_be_absent()
    headsign: str = may_be_absent()
    planned_departs: Instant = may_be_absent("ISO 8601 with an offset, by the timetable")
    planned_arrives: Instant = may_be_absent("ISO 8601 with an offset, by the timetable")
    realtime: bool = may_be_absent()
    order: str = may_be_absent('of a ride that runs only for those who phone before: the number, "" if it is not known')
    rental: Rental = may_be_absent("of a leg by a shared bike")


class Option(BaseModel):
    """An itinerary: one way to come, door to door."""

    leave_at: Instant
    arrive_at: Instant
    changes: int
    legs: list[Leg]


class TicketCustomer(Closed):
    """Nothing personal beyond the name, which the customer gave."""

    name: str


class TicketOutage(BaseModel):
    """The outage that concerns the visit, and what it means for it."""

    outage_id: str
    what: What
    effect: Effect
    since: Instant
    back_from: Instant
    back_until: Instant


class TicketSaid(BaseModel):
    """What the customer said of this visit, and when."""

    late_min: int | None = Field(description="minutes after the start; null although late_at is set: not by how much")
    late_at: Instant | None
    on_way_at: Instant | None
    here_at: Instant | None
    coming_at: Instant | None
    cannot_come_at: Instant | None
    another_time_at: Instant | None
    by: Literal["car", "foot", "bike"] | None = Field(description="they come by themselves")
    by_min: int | None


class Ticket(BaseModel):
    """A live ticket; instants in the venue's zone."""

    ticket_id: str
    token: str
    booking_id: str
    business_id: str
    status: TicketStatus
    start: Instant
    end: Instant
    timezone: str
    leave_by: Instant | None
    arrive_at: Instant | None
    on_time_probability: Annotated[float, Field(ge=0, le=1)] | None
    options: list[Option]
    live_data_age_s: Annotated[int, Field(ge=0)] | None
    updated_at: Instant | None
    customer: TicketCustomer
    plan_note: str
    origin: Place | None
    origin_assumed: bool
    said: TicketSaid
    outage: TicketOutage | None


class Tickets(BaseModel):
    """By start."""

    tickets: list[Ticket]


# --- notices, outages ---


class Delivery(BaseModel):
    """What the carrier says of a message."""

    state: Literal["waiting", "accepted", "on_the_way", "unknown", "failed", "delivered"]
    at: Instant
    why: str | None = Field(description="in the carrier's words")


class Notice(BaseModel):
    """A message, what became of it and why."""

    notice_id: str
    ticket_id: str | None
    kind: str
    channel: str
    to: str
    text: str
    state: NoticeState
    reason: str | None
    created_at: Instant
    sent_at: Instant | None
    send_at: Instant
    business_id: str
    audience: str
    locale: str
    subject: str = Field(description="of a mail")
    carrier: str = Field(description="who took it, or is taking it")
    sender: str = Field(description="as whom it was sent; empty: as the carrier chose")
    delivery: Delivery | None = Field(description="null: the carrier does not report")


class Notices(BaseModel):
    """Oldest first; with `limit` the newest first."""

    notices: list[Notice]
    next: str | None = may_be_absent("with `limit`: the `before` of the next page; null: this is the last one")


class Outage(Remarks):
    """Something out of service; `back_from` to `back_until` is always a range. Instants in the business's zone."""

    outage_id: str
    business_id: str
    what: What
    connection_id: str | None
    reason: str
    detected: bool
    open: bool
    since: Instant
    back_from: Instant
    back_until: Instant
    ended_at: Instant | None
    version: int


class Outages(BaseModel):
    """The latest first."""

    outages: list[Outage]


# --- feeds and businesses ---


class LiveSource(BaseModel):
    """A live URL of a feed: how old what it says is, what was wrong last, how its message fits the timetable."""

    url: str
    age_s: int | None
    trouble: str
    failures: int
    went_back: int
    report: dict[str, typing.Any]


class Fleet(BaseModel):
    """Vehicles of one kind: how many can be taken at stations and where they stand, and how many docks are free."""

    mode: str
    stations: int
    may_be_left: bool
    at_stations: int
    standing: int
    docks: int


class SharedBikes(BaseModel):
    """A GBFS system near a feed: how old its numbers are, what was wrong last, how much there is to take."""

    url: str
    age_s: int | None
    system: str
    gbfs_version: str
    failures: int
    trouble: str
    fleets: list[Fleet]
    report: dict[str, typing.Any]


class Feed(BaseModel):
    """A configured network and how far it is compiled."""

    feed_id: str
    gtfs: list[str]
    realtime: list[str]
    gbfs: list[str]
    streets: str
    state: str
    message: str
    feed_version: str
    timezone: str
    days: list[str] = Field(description="service dates that are compiled, YYYY-MM-DD")
    bounds: tuple[float, float, float, float] | None = Field(description="south, west, north, east of all stops")
    calendar: tuple[str, str] | None = Field(description="first and last service date of the feed")
    findings: list[dict[str, str]]
    checked_at: str
    version: int
    live: list[LiveSource] = may_be_absent("in answers to GET")
    bikes: list[SharedBikes] = may_be_absent("in answers to GET")


class FeedForm(Closed):
    """URLs of GTFS zips, GTFS Realtime and GBFS; `streets` is one OpenStreetMap extract."""

    gtfs: Sources
    realtime: Sources | None = may_be_absent()
    gbfs: Sources | None = may_be_absent()
    streets: Sources | None = may_be_absent()


class Location(BaseModel):
    """A point."""

    lat: Latitude
    lon: Longitude


class StreetAddress(Closed):
    """Where the door of a business is; parts that were not said are empty."""

    street: str
    floor: str
    door: str
    postcode: str
    city: str


class Business(Remarks):
    """A business as its operator wrote it; `outages` are the ids of those that are open or to come."""

    business_id: str
    name: str
    timezone: str
    location: Location
    feed: str | None
    locale: str
    phone: str | None
    address: StreetAddress | None
    sender: str | None
    country: str | None
    operator_mail: str | None
    notices: dict[str, bool]
    lead_min: int
    early_min: int
    change_s: int
    on_time_target: float
    paused: bool
    hours: dict[str, list[str]]
    quiet_from: str
    quiet_until: str
    privacy: str
    imprint: str
    feed_lost: str = Field(description='why its feed cannot be planned with; "": it can, or there is none')
    outages: list[str]
    version: int


# --- connections and what they bring ---


class Connection(Remarks):
    """A link to a booking tool, and where the tool has to send."""

    connection_id: str
    provider: str
    webhook_url: str


class Deleted(BaseModel):
    """What deleting something did, or would do."""

    id: str
    deleted: bool
    coming_bookings: int = Field(description="that it brought; they and their tickets stay")
    says: str = Field(description="what it means for tickets and customers")


class Refused(BaseModel):
    """Calls that were not genuine."""

    count: int
    last_at: Instant | None
    why: str | None = Field(description="of the last one, and what would do")


class RecentEvent(BaseModel):
    """An event and what became of it."""

    event_id: str
    received_at: Instant
    state: str
    note: str
    changed: list[str]
    at: Instant
    kind: str


class ConnectionHealth(BaseModel):
    """A connection: what came last, what became of it, how it does."""

    connection_id: str
    business_id: str
    provider: str
    quality: str
    settings: dict[str, typing.Any]
    secrets_active: int
    previous_secret_until: Instant | None
    last_event: RecentEvent | None
    recent: list[RecentEvent]
    events: int
    refused: Refused
    parked: int
    outages: list[Outage]
    quiet_for_s: int | None
    polled_at: Instant | None
    reconciled_at: Instant | None
    failure: str | None
    health: Literal["new", "ok", "quiet", "parked", "failing"]


class Connections(BaseModel):
    """A business's."""

    connections: list[ConnectionHealth]


class TriedMapping(BaseModel):
    """What a mapping would make of the last payload, or why nothing."""

    reports: list[dict[str, typing.Any]] = may_be_absent()
    unread: list[str] = may_be_absent()
    note: str = may_be_absent()
    error: str = may_be_absent()


class Queued(BaseModel):
    """The event that was queued."""

    event_id: str


class Accepted(BaseModel):
    """A webhook that is stored."""

    event_id: str
    duplicate: bool


class Parked(BaseModel):
    """An event that could not be understood."""

    event_id: str
    connection_id: str
    reason: str
    remedy: str
    received_at: Instant


class ParkedEvents(BaseModel):
    """The oldest first."""

    parked: list[Parked]


class Replayed(BaseModel):
    """An event that is processed again."""

    event_id: str
    replayed: bool


class ZonesTaken(BaseModel):
    """What the names of time zones stand for at a connection, and how many parked events are processed again."""

    connection_id: str
    zones: dict[str, str]
    replayed: int


class ReplayedAll(BaseModel):
    """How many events are processed again."""

    replayed: int
