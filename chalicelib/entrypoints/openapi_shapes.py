"""The JSON shapes of the HTTP contract as JSON Schema (2020-12), by name."""

from __future__ import annotations

from typing import Any

from chalicelib.notices.notice import NoticeState
from chalicelib.outages.outage import What
from chalicelib.tickets.outages import Effect
from chalicelib.tickets.ticket import TicketStatus

Shape = dict[str, Any]

INSTANT: Shape = {"type": "string", "format": "date-time", "description": "ISO 8601 with an offset"}
TEXT: Shape = {"type": "string"}
NUMBER: Shape = {"type": "integer"}
FLAG: Shape = {"type": "boolean"}
DEGREES: Shape = {
    "lat": {"type": "number", "minimum": -90, "maximum": 90},
    "lon": {"type": "number", "minimum": -180, "maximum": 180},
}
STOP_ID: Shape = {"type": "string", "minLength": 1, "maxLength": 256}


def ref(name: str) -> Shape:
    """A reference to one of the shapes."""
    return {"$ref": f"#/components/schemas/{name}"}


def or_null(shape: Shape) -> Shape:
    """The shape, or null."""
    return {"anyOf": [shape, {"type": "null"}]}


def many(shape: Shape) -> Shape:
    """An array of the shape."""
    return {"type": "array", "items": shape}


def record(required: Shape, optional: Shape | None = None, *, closed: bool = False) -> Shape:
    """An object; readers allow for more members than are named, unless it is `closed`."""
    shape: Shape = {"type": "object", "properties": {**required, **(optional or {})}, "required": sorted(required)}
    return {**shape, "additionalProperties": False} if closed else shape


def listed(name: str, shape: Shape) -> Shape:
    """{name: [shape…]}."""
    return record({name: many(shape)})


REMARKS: Shape = {
    "ignored": {**many(TEXT), "description": "names of fields that mean nothing here; only where there are some"},
    "notes": {**many(TEXT), "description": "what was not taken as written, a sentence each; only where there is some"},
}
TOUCH: Shape = record(
    {
        "outage_id": TEXT,
        "what": {"enum": [one.value for one in What]},
        "effect": {"enum": [one.value for one in Effect]},
        "since": INSTANT,
        "back_from": INSTANT,
        "back_until": INSTANT,
    }
)
SHAPES: dict[str, Shape] = {
    "Error": record({"error": record({"code": TEXT, "message": TEXT})}),
    "Place": record({"name": TEXT, **DEGREES}, {"stop_id": TEXT, "stop_sequence": NUMBER}),
    "Leg": record(
        {"mode": TEXT, "from": ref("Place"), "to": ref("Place"), "departs": INSTANT, "arrives": INSTANT},
        {
            "trip_id": TEXT,
            "route_id": TEXT,
            "route_name": TEXT,
            "headsign": TEXT,
            "planned_departs": INSTANT,
            "planned_arrives": INSTANT,
            "realtime": FLAG,
            "rental": {**ref("Rental"), "description": "of a leg by a shared bike"},
        },
    ),
    "Rental": record(
        {
            "system": TEXT,
            "vehicles": NUMBER,
            "docks": or_null(NUMBER),
            "observed_at": INSTANT,
            "from_station_id": or_null(TEXT),
            "to_station_id": or_null(TEXT),
            "url": TEXT,
        }
    ),
    "Option": record({"leave_at": INSTANT, "arrive_at": INSTANT, "changes": NUMBER, "legs": many(ref("Leg"))}),
    "Ticket": record(
        {
            "ticket_id": TEXT,
            "token": TEXT,
            "booking_id": TEXT,
            "business_id": TEXT,
            "status": {"enum": [status.value for status in TicketStatus]},
            "start": INSTANT,
            "end": INSTANT,
            "timezone": TEXT,
            "leave_by": or_null(INSTANT),
            "arrive_at": or_null(INSTANT),
            "on_time_probability": or_null({"type": "number", "minimum": 0, "maximum": 1}),
            "options": many(ref("Option")),
            "live_data_age_s": or_null({"type": "integer", "minimum": 0}),
            "updated_at": or_null(INSTANT),
            "customer": record({"name": TEXT}, closed=True),
        },
        {"plan_note": TEXT, "origin": or_null(ref("Place")), "origin_assumed": FLAG, "outage": or_null(TOUCH)},
    ),
    "Notice": record(
        {
            "notice_id": TEXT,
            "ticket_id": or_null(TEXT),
            "kind": TEXT,
            "channel": TEXT,
            "to": TEXT,
            "text": TEXT,
            "state": {"enum": [state.value for state in NoticeState]},
            "reason": or_null(TEXT),
            "created_at": INSTANT,
            "sent_at": or_null(INSTANT),
        }
    ),
    "Outage": record(
        {
            "outage_id": TEXT,
            "business_id": TEXT,
            "what": {"enum": [one.value for one in What]},
            "connection_id": or_null(TEXT),
            "reason": TEXT,
            "detected": FLAG,
            "open": FLAG,
            "since": INSTANT,
            "back_from": INSTANT,
            "back_until": INSTANT,
            "ended_at": or_null(INSTANT),
        },
        REMARKS,
    ),
    "Outages": listed("outages", ref("Outage")),
    "Parked": record({"event_id": TEXT, "connection_id": TEXT, "reason": TEXT, "received_at": INSTANT}),
    "Accepted": record({"event_id": TEXT, "duplicate": FLAG}),
    "Origin": {
        "oneOf": [
            record(DEGREES, closed=True),
            record({"stop_id": STOP_ID}, closed=True),
            record({"forget": {"const": True}}, closed=True),
        ]
    },
    "Feed": record({"feed_id": TEXT, "state": TEXT, "message": TEXT, "days": many(TEXT)}),
    "FeedForm": record(
        {"gtfs": {"anyOf": [TEXT, many(TEXT)]}},
        {"realtime": {"anyOf": [TEXT, many(TEXT)]}, "gbfs": {"anyOf": [TEXT, many(TEXT)]}},
        closed=True,
    ),
    "Business": record(
        {"business_id": TEXT, "name": TEXT, "timezone": TEXT, "location": record(DEGREES), "feed": TEXT}, REMARKS
    ),
    "Connection": record({"connection_id": TEXT, "provider": TEXT, "webhook_url": TEXT}, REMARKS),
    "Tickets": listed("tickets", ref("Ticket")),
    "Notices": listed("notices", ref("Notice")),
    "ParkedEvents": listed("parked", ref("Parked")),
    "Places": listed("places", ref("Place")),
    "ConnectionHealth": record(
        {
            "connection_id": TEXT,
            "business_id": TEXT,
            "provider": TEXT,
            "quality": TEXT,
            "health": {"enum": ["new", "ok", "quiet", "parked", "failing"]},
            "events": NUMBER,
            "parked": NUMBER,
            "outages": many(ref("Outage")),
        }
    ),
    "Connections": listed("connections", ref("ConnectionHealth")),
    "Queued": record({"event_id": TEXT}),
    "TriedMapping": record({}, {"reports": many({"type": "object"}), "error": TEXT, "note": TEXT}),
    "ReplayedAll": record({"replayed": NUMBER}),
    "Replayed": record({"event_id": TEXT, "replayed": FLAG}),
    "Health": record({"ok": FLAG}),
    "Any": {},
}
