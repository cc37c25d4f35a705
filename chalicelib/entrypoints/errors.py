"""Which HTTP status and code each refusal of a room becomes. Loaded only when something was refused."""

from __future__ import annotations

from chalicelib.bookings.inbox.accept import BadSignature, TooLarge, UnknownConnection
from chalicelib.bookings.inbox.parking import UnknownEvent
from chalicelib.foundation.invalid import Invalid
from chalicelib.foundation.ports import Conflict, Unavailable
from chalicelib.notices.delivery.gateways.inbound import CallTooLarge, NotGenuine, UnknownGateway
from chalicelib.pages.page import NotFound, StillUsed
from chalicelib.transit.data.feed import BadFeed

REFUSALS: dict[type[Exception], tuple[int, str]] = {
    Invalid: (400, "invalid"),
    BadFeed: (400, "invalid_feed"),
    BadSignature: (401, "bad_signature"),
    UnknownConnection: (404, "unknown_connection"),
    NotGenuine: (401, "not_genuine"),
    UnknownGateway: (404, "unknown_gateway"),
    CallTooLarge: (413, "too_large"),
    NotFound: (404, "not_found"),
    UnknownEvent: (404, "unknown_event"),
    StillUsed: (409, "still_used"),
    Conflict: (409, "conflict"),
    TooLarge: (413, "too_large"),
    Unavailable: (503, "unavailable"),
}
