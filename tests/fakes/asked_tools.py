"""Booking tools in miniature that have to be asked: what they say is little, what they answer is the moment's truth."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from chalicelib.bookings.providers.contract import Gone
from tests.fakes import signers
from tests.fakes.booking_tools import URL, AnyJson, CalCom, Calendly, Call, Itip, Nylas, Standard, Whole
from tests.fakes.calcom import z
from tests.fakes.hinting_tools import HINTS
from tests.fakes.hub import NOW, SECRET

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.fakes.booking_tools import Appointment, Tool


class Square(Whole):
    """Says what happened, but not who comes."""

    provider = "square"
    SAID: ClassVar[Mapping[str, str]] = {"booked": "ACCEPTED", "cancelled": "CANCELLED_BY_SELLER", "no_show": "NO_SHOW"}

    def booking(self, one: Appointment) -> dict[str, Any]:
        segments = [{"duration_minutes": 30}]
        said = {"id": one.uid, "version": one.version, "status": self.SAID[one.status], "start_at": z(one.start)}
        return said | {"customer_id": "C", "appointment_segments": segments}

    def call(self, one: Appointment) -> Call:
        data = {"object": {"booking": self.booking(one)}}
        body = {"type": "booking.updated", "event_id": f"e{self.ticks}", "data": data}
        return Call(signers.square(body, SECRET, URL))

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        if path == "v2/bookings":
            assert query is not None
            return {"bookings": [self.booking(one) for one in self.appointments]}
        return {"customer": {"given_name": "Ada"}}


class Acuity(Whole):
    """Says only that something happened."""

    provider = "acuity"

    def appointment(self, one: Appointment) -> dict[str, Any]:
        said = {"id": one.uid, "firstName": "Ada", "datetime": z(one.start), "duration": "30"}
        return said | {"canceled": one.status == "cancelled", "noShow": one.status == "no_show"}

    def call(self, one: Appointment) -> Call:
        return Call(signers.acuity(f"action=changed&id={one.uid}".encode(), SECRET))

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        if path == "appointments":
            assert query is not None
            return [self.appointment(one) for one in self.appointments if one.status != "cancelled"]
        for one in self.appointments:
            if path == f"appointments/{one.uid}":
                return self.appointment(one)
        raise Gone(404)


REACHED = {"description": "Phone: +447700900123"}


class Google(Whole):
    """Says that something happened somewhere; changes are read from a token on."""

    provider = "google"
    settings: ClassVar[Mapping[str, Any]] = {"account": "a"}
    marks_no_shows = False

    def __init__(self) -> None:
        super().__init__()
        self.changes: list[str] = []

    def call(self, one: Appointment) -> Call:
        self.changes.append(one.uid)
        headers = {"X-Goog-Channel-ID": "c", "X-Goog-Message-Number": str(self.ticks), "X-Goog-Channel-Token": SECRET}
        return Call((b"", headers))

    def item(self, one: Appointment) -> dict[str, Any]:
        if one.status == "cancelled":
            return {"id": one.uid, "status": "cancelled"}
        times = {"start": {"dateTime": z(one.start)}, "end": {"dateTime": z(one.end)}}
        return {"id": one.uid, "status": "confirmed", "summary": "Ada"} | REACHED | times

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        assert path == "calendars/a/events"
        token = (query or {}).get("syncToken")
        if token is not None and self.ticks % 5 == 0:
            raise Gone(410)
        recent = set(self.changes[int(token) :]) if token else None
        items = [
            self.item(one)
            for one in self.appointments
            if (one.uid in recent if recent is not None else one.status != "cancelled")
        ]
        return {"items": items, "nextSyncToken": str(len(self.changes))}


class Cronofy(Whole):
    """Says that something changed since some time; all of it is read with the time of its last change."""

    provider = "cronofy"
    marks_no_shows = False

    def __init__(self) -> None:
        super().__init__()
        self.changed: dict[str, str] = {}

    def call(self, one: Appointment) -> Call:
        self.changed[one.uid] = z(self.when)
        told = {"type": "change", "changes_since": z(NOW - timedelta(hours=11)), "number": self.ticks}
        return Call(signers.cronofy({"notification": told}, SECRET))

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        assert path == "v1/events"
        assert query is not None
        return {"events": [self.event(one) for one in self.appointments]}

    def event(self, one: Appointment) -> dict[str, Any]:
        said = {"event_uid": one.uid, "updated": self.changed[one.uid], "summary": "Ada"} | REACHED
        times = {"start": z(one.start), "end": z(one.end)}
        return said | times | {"deleted": one.status == "cancelled"}


class Graph(Whole):
    """Says that something changed; changes are read by a link that ends, then all is read."""

    provider = "graph"
    settings: ClassVar[Mapping[str, Any]] = {"account": "a"}
    marks_no_shows = False

    def __init__(self) -> None:
        super().__init__()
        self.changes: list[tuple[str, str]] = []

    def call(self, one: Appointment) -> Call:
        self.changes.append((one.uid, z(self.when)))
        return Call((json.dumps({"value": [{"clientState": SECRET, "n": self.ticks}]}).encode(), {}))

    def item(self, one: Appointment) -> dict[str, Any]:
        changed = {"id": one.uid, "lastModifiedDateTime": dict(self.changes)[one.uid]}
        if one.status == "cancelled":
            return changed | {"@removed": {"reason": "deleted"}}
        start, end = ({"dateTime": f"{at:%Y-%m-%dT%H:%M:%S.0000000}", "timeZone": "UTC"} for at in (one.start, one.end))
        return changed | {
            "subject": "Ada",
            "categories": ["Cut"],
            "bodyPreview": REACHED["description"],
            "start": start,
            "end": end,
        }

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        assert (query is None) is path.startswith("delta")
        since = int(path.removeprefix("delta")) if query is None else None
        if since is not None and self.ticks % 5 == 0:
            raise Gone(410)
        recent = {uid for uid, _ in self.changes[since:]} if since is not None else None
        there = [
            one for one in self.appointments if (one.uid in recent if recent is not None else one.status != "cancelled")
        ]
        return {"value": [self.item(one) for one in there], "@odata.deltaLink": f"delta{len(self.changes)}"}


PUSHING: tuple[type[Tool], ...] = (CalCom, Calendly, Standard, AnyJson, Nylas, Itip, Square, *HINTS)
ASKED: tuple[type[Tool], ...] = (Acuity, Google, Square, Cronofy, Graph, *HINTS)
