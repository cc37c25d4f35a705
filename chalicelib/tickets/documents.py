"""Tickets as documents: what is stored, under which index keys, and for how long.

Rules
- Where the customer comes from, and every plan that shows it, is one part of the document: `location`. From a day
  after the visit on that part is not read any more; a check of the ticket deletes it before then (`forget`).
- The whole ticket expires thirty days after the visit.
- Stored names are older than the code's (`told`, `options`, `next_look_at`, `void_before`): they stay as they are, and
  what was added later may be absent, so that a document of any version before can be read.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from chalicelib.bookings.booking import Customer
from chalicelib.foundation.instants import optional_instant, optional_text
from chalicelib.foundation.keys import day_key, due_keys, feed_part_key, feed_part_of, person_key, utc_key
from chalicelib.foundation.ports import Write
from chalicelib.tickets.origin import at_stop
from chalicelib.tickets.outage_impact import outage_promise_from_json, outage_promise_to_json
from chalicelib.tickets.said.said import NOTHING_SAID, Said
from chalicelib.tickets.schedule import watch_keys
from chalicelib.tickets.states import advance_by_clock
from chalicelib.tickets.ticket import Aboard, PendingNotice, Promise, Ticket, TicketStatus, ToldElsewhere, Underway
from chalicelib.transit.itinerary import Itinerary, Place

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.foundation.ports import Document

KEEP_TICKET = timedelta(days=30)  # after the end of the visit
KEEP_LOCATION = timedelta(hours=24)  # after the end of the visit: what the product promises


@dataclass(frozen=True, slots=True)
class Forward:
    """The document under a ticket id whose ticket has another id: the link with this id stays valid."""

    ticket_id: str
    to: str  # the other id
    secret: str  # empty: there never was a link with this id
    expires_at: int
    version: int = 0


def ticket_write(ticket: Ticket, expects: int | None) -> Write:
    """The write that stores the ticket, `ticket.version` being its new version."""
    return Write("tickets", to_document(ticket), expects)


def forward_write(forward: Forward, expects: int | None) -> Write:
    """The write that makes an id lead to another ticket."""
    return Write(
        "tickets",
        {
            "ticket_id": forward.ticket_id,
            "forward_to": forward.to,
            "secret": forward.secret,
            "version": forward.version,
            "expires_at": forward.expires_at,
        },
        expects,
    )


def ticket_or_forward(document: Document, now: datetime) -> Ticket | Forward:
    """A document of the table "tickets" as a value, with the moves that the clock alone has made by `now`.

    A location reads as absent once it should have been deleted (`KEEP_LOCATION`).
    """
    if "forward_to" in document:
        return Forward(
            document["ticket_id"],
            document["forward_to"],
            document["secret"],
            document["expires_at"],
            document["version"],
        )
    ticket = from_document(document)
    is_due = now >= ticket.end + KEEP_LOCATION and not ticket.forgotten
    return advance_by_clock(forget(ticket) if is_due else ticket, now)


def expires_at(ticket: Ticket) -> int:
    """POSIX seconds after which the ticket is gone."""
    return int((ticket.end + KEEP_TICKET).timestamp())


def forget(ticket: Ticket) -> Ticket:
    """The ticket without anything that tells where the customer was."""
    return replace(
        ticket,
        origin=None,
        itineraries=(),
        leave_by=None,
        arrive_at=None,
        underway=None,
        promise=replace(ticket.promise, itinerary=None, pending=()),
        forgotten=True,
        address="",
        address_open=False,
        origin_assumed=False,
        said=replace(ticket.said, chosen=(), by="", by_min=0),
    )


def to_document(ticket: Ticket) -> Document:
    """The ticket as JSON with its index keys."""
    local_date = ticket.start.astimezone(ZoneInfo(ticket.timezone)).date().isoformat()
    watch_shard, watch_until = watch_keys(ticket)
    due_shard, next_check_at = due_keys(ticket.ticket_id, ticket.next_check_at)
    elsewhere = [{"address": one.address, "promise": _promise_to_json(one.promise)} for one in ticket.told_elsewhere]
    return {
        "ticket_id": ticket.ticket_id,
        "version": ticket.version,
        "expires_at": expires_at(ticket),
        "booking_id": ticket.booking_id,
        "due_shard": due_shard,
        "next_look_at": next_check_at,
        "business_day": day_key(ticket.business_id, local_date),
        "feed_part": feed_part_key(ticket.feed, local_date, feed_part_of(ticket.ticket_id)),
        "watch_shard": watch_shard,
        "watch_until": watch_until,
        "start_utc": utc_key(ticket.start),
        **({"person_key": person_key(ticket.business_id, ticket.person)} if ticket.person else {}),
        "ticket": _facts(ticket),
        "location": None if ticket.forgotten else _location(ticket),
        "promise": _promise_to_json(ticket.promise),
        **({} if ticket.said == NOTHING_SAID else {"said": ticket.said.to_json()}),
        **({"told_elsewhere": elsewhere} if elsewhere else {}),
    }


def _facts(ticket: Ticket) -> dict[str, Any]:
    return {
        "secret": ticket.secret,
        "booking_version": ticket.booking_version,
        "business_id": ticket.business_id,
        "feed": ticket.feed,
        "status": ticket.status.value,
        "start": ticket.start.isoformat(),
        "end": ticket.end.isoformat(),
        "timezone": ticket.timezone,
        "venue": ticket.venue.to_json(),
        "customer": asdict(ticket.customer),
        "plan_note": ticket.plan_note,
        "planned_with": ticket.planned_with,
        "observed_at": optional_text(ticket.observed_at),
        "on_time_probability": ticket.on_time_probability,
        "late_probability": ticket.late_probability,
        "decision": ticket.decision,
        "updated_at": optional_text(ticket.updated_at),
        "created_at": optional_text(ticket.created_at),
        "confirmed": ticket.confirmed,
        "forgotten": ticket.forgotten,
        "tool_reminds": ticket.tool_reminds,
        "connection_id": ticket.connection_id,
        **({"cancel_url": ticket.cancel_url} if ticket.cancel_url else {}),
        **({"move_url": ticket.move_url} if ticket.move_url else {}),
        **({} if ticket.tool_tells_cancel else {"tool_tells_cancel": False}),
        **({"remote": True} if ticket.remote else {}),
        **({"person": ticket.person} if ticket.person else {}),
    }


def _location(ticket: Ticket) -> dict[str, Any]:
    itinerary = ticket.promise.itinerary
    before = _itineraries_before(ticket.promise.pending)
    sent_before = _itineraries_before(ticket.promise.unconfirmed)
    return {
        "origin": ticket.origin.to_json() if ticket.origin else None,
        "options": [itinerary.to_json() for itinerary in ticket.itineraries],
        "leave_by": optional_text(ticket.leave_by),
        "arrive_at": optional_text(ticket.arrive_at),
        "told": itinerary.to_json() if itinerary else None,
        "underway": _underway_to_json(ticket.underway),
        "address": ticket.address,
        "address_open": ticket.address_open,
        "origin_assumed": ticket.origin_assumed,
        # as they were before each pending notice
        **({"told_before": before} if any(before) else {}),
        **({"sent_before": sent_before} if any(sent_before) else {}),
    }


def _itineraries_before(notices: tuple[PendingNotice, ...]) -> list[dict[str, Any] | None]:
    return [one.before.itinerary.to_json() if one.before.itinerary else None for one in notices]


def _promise_to_json(promise: Promise) -> dict[str, Any]:
    lists = {
        name: [
            {
                "notice_id": one.notice_id,
                "kind": one.kind,
                "decision": one.decision,
                "before": _promise_to_json(one.before),
                "digest": one.digest,
            }
            for one in notices
        ]
        for name, notices in (("pending", promise.pending), ("unconfirmed", promise.unconfirmed))
        if notices
    }
    return {
        "start": optional_text(promise.start),
        "leave_by": optional_text(promise.leave_by),
        "arrive_at": optional_text(promise.arrive_at),
        "told": list(promise.told_kinds),
        "told_at": optional_text(promise.told_at),
        "texts": promise.texts,
        "void_before": promise.void_before_decision,
        "venue": promise.venue.to_json() if promise.venue else None,
        "probability": promise.probability,
        **({"outages": [outage_promise_to_json(one) for one in promise.outages]} if promise.outages else {}),
        **lists,
        **({} if promise.business_late_min is None else {"business_late_min": promise.business_late_min}),
        **({"clear_at": promise.clear_at.isoformat()} if promise.clear_at else {}),
        **({"refused": list(promise.refused)} if promise.refused else {}),
    }


def _underway_to_json(underway: Underway | None) -> dict[str, Any] | None:
    if underway is None:
        return None
    ride = underway.aboard
    aboard = ride and [
        ride.trip_id,
        ride.board_stop,
        ride.departs.isoformat(),
        ride.alight_stop,
        ride.arrives.isoformat(),
    ]
    return {"stage": underway.stage, "since": underway.since.isoformat(), "aboard": aboard}


def _underway_from_json(document: dict[str, Any] | None) -> Underway | None:
    if document is None:
        return None
    ride = document["aboard"]
    aboard = Aboard(ride[0], ride[1], optional_instant(ride[2]), ride[3], optional_instant(ride[4])) if ride else None
    return Underway(document["stage"], optional_instant(document["since"]), aboard)


def from_document(document: Document) -> Ticket:
    """Inverse of `to_document`."""
    facts, location = document["ticket"], document["location"] or {}
    promise, promised = document["promise"], location.get("told")
    return Ticket(
        ticket_id=document["ticket_id"],
        booking_id=document["booking_id"],
        version=document["version"],
        next_check_at=optional_instant(document["next_look_at"]),
        **{key: facts[key] for key in _PLAIN},
        **{key: optional_instant(facts[key]) for key in ("start", "end", "observed_at", "updated_at", "created_at")},
        status=TicketStatus(facts["status"]),
        venue=Place.from_json(facts["venue"]),
        connection_id=facts.get("connection_id", ""),
        said=Said.from_json(document.get("said", {})),
        cancel_url=facts.get("cancel_url", ""),
        move_url=facts.get("move_url", ""),
        tool_reminds=facts.get("tool_reminds", False),  # absent in what was stored before this was known
        tool_tells_cancel=facts.get("tool_tells_cancel", True),
        remote=facts.get("remote", False),
        person=facts.get("person", ""),
        customer=Customer(**facts["customer"]),
        origin=_origin_from_json(location["origin"]) if location.get("origin") else None,
        itineraries=tuple(Itinerary.from_json(itinerary) for itinerary in location.get("options", ())),
        address=location.get("address", ""),  # absent in what was stored before these three were known
        address_open=location.get("address_open", False),
        origin_assumed=location.get("origin_assumed", False),
        leave_by=optional_instant(location.get("leave_by")),
        arrive_at=optional_instant(location.get("arrive_at")),
        late_probability=facts.get("late_probability"),  # absent in older documents, as is what follows
        underway=_underway_from_json(location.get("underway")),
        promise=replace(
            _promise_from_json(promise, promised),
            pending=_pending_from_json(promise.get("pending", []), location.get("told_before")),
            unconfirmed=_pending_from_json(promise.get("unconfirmed", []), location.get("sent_before")),
        ),
        told_elsewhere=tuple(
            ToldElsewhere(one["address"], _promise_from_json(one["promise"], None))
            for one in document.get("told_elsewhere", ())
        ),
    )


def _promise_from_json(promise: dict[str, Any], itinerary: dict[str, Any] | None) -> Promise:
    """The promise without what is pending of it."""
    return Promise(
        **{key: optional_instant(promise[key]) for key in ("start", "leave_by", "arrive_at", "told_at")},
        told_kinds=tuple(promise["told"]),
        itinerary=Itinerary.from_json(itinerary) if itinerary else None,
        texts=promise["texts"],
        void_before_decision=promise["void_before"],
        venue=Place.from_json(promise["venue"]) if promise.get("venue") else None,
        probability=promise.get("probability"),
        outages=tuple(map(outage_promise_from_json, promise.get("outages", ()))),
        business_late_min=promise.get("business_late_min"),
        clear_at=optional_instant(promise.get("clear_at")),
        refused=tuple(promise.get("refused", ())),
    )


def _pending_from_json(known: list[dict[str, Any]], before: list[Any] | None) -> tuple[PendingNotice, ...]:
    """`before`: the itineraries that were promised before each; None: none was, or they are erased."""
    before = before or [None] * len(known)
    return tuple(
        PendingNotice(
            one["notice_id"],
            one["kind"],
            one["decision"],
            _promise_from_json(one["before"], itinerary),
            one.get("digest", ""),  # absent in what was stored before this was known
        )
        for one, itinerary in zip(known, before, strict=True)
    )


def _origin_from_json(document: dict[str, Any]) -> Place:
    """A stop without minutes was stored before they were asked for."""
    origin = Place.from_json(document)
    return at_stop(origin) if origin.stop_id is not None and origin.walk_min is None else origin


_PLAIN = (
    "secret",
    "booking_version",
    "business_id",
    "feed",
    "timezone",
    "plan_note",
    "planned_with",
    "on_time_probability",
    "decision",
    "confirmed",
    "forgotten",
)
