"""The JSON shapes of the HTTP contract as JSON Schema (2020-12), by name."""

from __future__ import annotations

from typing import Any

from chalicelib.notices.notice import NoticeState
from chalicelib.outages.outage import What
from chalicelib.tickets.outage_impact import Effect
from chalicelib.tickets.ticket import TicketStatus

Shape = dict[str, Any]

INSTANT: Shape = {"type": "string", "format": "date-time", "description": "ISO 8601 with an offset"}
TEXT: Shape = {"type": "string"}
INTEGER: Shape = {"type": "integer"}
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


def array_shape(shape: Shape) -> Shape:
    """An array of the shape."""
    return {"type": "array", "items": shape}


def object_shape(required: Shape, optional: Shape | None = None, *, closed: bool = False) -> Shape:
    """An object; readers allow for more members than are named, unless it is `closed`."""
    shape: Shape = {"type": "object", "properties": {**required, **(optional or {})}, "required": sorted(required)}
    return {**shape, "additionalProperties": False} if closed else shape


def list_shape(name: str, shape: Shape) -> Shape:
    """{name: [shape…]}."""
    return object_shape({name: array_shape(shape)})


REMARKS: Shape = {
    "ignored": {
        **array_shape(TEXT),
        "description": "names of fields that mean nothing here; only where there are some",
    },
    "notes": {
        **array_shape(TEXT),
        "description": "what was not taken as written, a sentence each; only where there is some",
    },
}
TOUCH: Shape = object_shape(
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
    "Error": object_shape({"error": object_shape({"code": TEXT, "message": TEXT})}),
    "Place": object_shape({"name": TEXT, **DEGREES}, {"stop_id": TEXT, "stop_sequence": INTEGER}),
    "Leg": object_shape(
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
    "Rental": object_shape(
        {
            "system": TEXT,
            "vehicles": INTEGER,
            "docks": or_null(INTEGER),
            "observed_at": INSTANT,
            "from_station_id": or_null(TEXT),
            "to_station_id": or_null(TEXT),
            "url": TEXT,
        }
    ),
    "Option": object_shape(
        {"leave_at": INSTANT, "arrive_at": INSTANT, "changes": INTEGER, "legs": array_shape(ref("Leg"))}
    ),
    "Ticket": object_shape(
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
            "options": array_shape(ref("Option")),
            "live_data_age_s": or_null({"type": "integer", "minimum": 0}),
            "updated_at": or_null(INSTANT),
            "customer": object_shape({"name": TEXT}, closed=True),
        },
        {"plan_note": TEXT, "origin": or_null(ref("Place")), "origin_assumed": FLAG, "outage": or_null(TOUCH)},
    ),
    "Notice": object_shape(
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
    "Outage": object_shape(
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
    "Outages": list_shape("outages", ref("Outage")),
    "Parked": object_shape({"event_id": TEXT, "connection_id": TEXT, "reason": TEXT, "received_at": INSTANT}),
    "Accepted": object_shape({"event_id": TEXT, "duplicate": FLAG}),
    "Origin": {
        "oneOf": [
            object_shape(DEGREES, closed=True),
            object_shape({"stop_id": STOP_ID}, closed=True),
            object_shape({"forget": {"const": True}}, closed=True),
        ]
    },
    "Feed": object_shape({"feed_id": TEXT, "state": TEXT, "message": TEXT, "days": array_shape(TEXT)}),
    "FeedForm": object_shape(
        {"gtfs": {"anyOf": [TEXT, array_shape(TEXT)]}},
        {"realtime": {"anyOf": [TEXT, array_shape(TEXT)]}, "gbfs": {"anyOf": [TEXT, array_shape(TEXT)]}},
        closed=True,
    ),
    "Business": object_shape(
        {"business_id": TEXT, "name": TEXT, "timezone": TEXT, "location": object_shape(DEGREES), "feed": TEXT}, REMARKS
    ),
    "Connection": object_shape({"connection_id": TEXT, "provider": TEXT, "webhook_url": TEXT}, REMARKS),
    "Tickets": list_shape("tickets", ref("Ticket")),
    "Notices": list_shape("notices", ref("Notice")),
    "ParkedEvents": list_shape("parked", ref("Parked")),
    "Places": list_shape("places", ref("Place")),
    "ConnectionHealth": object_shape(
        {
            "connection_id": TEXT,
            "business_id": TEXT,
            "provider": TEXT,
            "quality": TEXT,
            "health": {"enum": ["new", "ok", "quiet", "parked", "failing"]},
            "events": INTEGER,
            "parked": INTEGER,
            "outages": array_shape(ref("Outage")),
        }
    ),
    "Connections": list_shape("connections", ref("ConnectionHealth")),
    "Queued": object_shape({"event_id": TEXT}),
    "TriedMapping": object_shape({}, {"reports": array_shape({"type": "object"}), "error": TEXT, "note": TEXT}),
    "ReplayedAll": object_shape({"replayed": INTEGER}),
    "Replayed": object_shape({"event_id": TEXT, "replayed": FLAG}),
    "Health": object_shape({"ok": FLAG}),
    "Any": {},
}
