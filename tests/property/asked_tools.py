"""Booking tools in miniature that have to be asked: what they say is little, what they answer is the moment's truth."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar
from zoneinfo import ZoneInfo

from chalicelib.bookings.providers.shape import Gone
from tests.fakes import signers
from tests.fakes.calcom import z
from tests.fakes.hub import NOW, SECRET
from tests.property.booking_tools import (
    URL,
    AnyJson,
    CalCom,
    Calendly,
    Call,
    Itip,
    Nylas,
    Standard,
    Whole,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.property.booking_tools import (
        Appointment,
        Tool,
    )

VILNIUS = ZoneInfo("Europe/Vilnius")


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
        return {"id": one.uid, "status": "confirmed", "summary": "Ada"} | times

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


class SavvyCal(Whole):
    """Names an event; its list holds ended ones too, two a page."""

    provider = "savvycal"
    marks_no_shows = False
    PAGE = 2

    def call(self, one: Appointment) -> Call:
        kind = "canceled" if one.status == "cancelled" else "changed"
        body = {
            "type": f"event.{kind}",
            "id": f"p{self.ticks}",
            "occurred_at": z(self.when),
            "payload": {"id": one.uid},
        }
        return Call(signers.savvycal(body, SECRET))

    def event(self, one: Appointment) -> dict[str, Any]:
        state = "canceled" if one.status == "cancelled" else "confirmed"
        people = [{"display_name": "Host", "is_organizer": True}, {"display_name": "Ada"}]
        return {"id": one.uid, "state": state, "start_at": z(one.start), "end_at": z(one.end), "attendees": people}

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        if path == "v1/events":
            first = int((query or {}).get("after", "0"))
            rest = self.appointments[first : first + self.PAGE]
            more = first + self.PAGE < len(self.appointments)
            after = {"after": str(first + self.PAGE) if more else None}
            return {"entries": [self.event(one) for one in rest], "metadata": after}
        return self.event(self.named(path.removeprefix("v1/events/")))


class Mindbody(Whole):
    """Names an appointment; times are the site's own."""

    provider = "mindbody"
    settings: ClassVar[Mapping[str, Any]] = {"timezone": "Europe/Vilnius"}
    SAID: ClassVar[Mapping[str, str]] = {"booked": "Booked", "cancelled": "Late Cancelled", "no_show": "No-Show"}

    def call(self, one: Appointment) -> Call:
        kind = "cancelled" if one.status == "cancelled" else "updated"
        about = {"eventId": f"appointmentBooking.{kind}", "eventData": {"appointmentId": one.uid}}
        return Call(signers.mindbody({"messageId": f"m{self.ticks}"} | about, SECRET))

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        assert query is not None
        if path == "client/clients":
            return {"Clients": [{"FirstName": "Ada"}]}
        wanted = query.get("request.appointmentIds")
        found = [self.appointment(one) for one in self.appointments if wanted in {None, one.uid}]
        return {"Appointments": found, "PaginationResponse": {"TotalResults": len(found)}}

    def appointment(self, one: Appointment) -> dict[str, Any]:
        local = (at.astimezone(VILNIUS).replace(tzinfo=None).isoformat() for at in (one.start, one.end))
        times = dict(zip(("StartDateTime", "EndDateTime"), local, strict=True))
        return {"Id": one.uid, "ClientId": "C", "Status": self.SAID[one.status]} | times


class HubSpot(Whole):
    """Names an object; a search finds others, without saying who comes."""

    provider = "hubspot"
    SAID: ClassVar[Mapping[str, str]] = {"booked": "SCHEDULED", "cancelled": "CANCELED", "no_show": "NO_SHOW"}

    def call(self, one: Appointment) -> Call:
        event = {"eventId": self.ticks, "objectTypeId": "0-47", "objectId": one.uid, "attemptNumber": 0}
        return Call(signers.hubspot([event], SECRET, URL, NOW))

    def meeting(self, one: Appointment) -> dict[str, Any]:
        times = {"hs_meeting_start_time": z(one.start), "hs_meeting_end_time": z(one.end)}
        return {"id": one.uid, "properties": times | {"hs_meeting_outcome": self.SAID[one.status]}}

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        assert query is not None
        if "/contacts/" in path:
            return {"properties": {"firstname": "Ada"}}
        found = self.meeting(self.named(path.removeprefix("crm/v3/objects/meetings/")))
        return found | {"associations": {"contacts": {"results": [{"id": "501"}]}}}

    def send(self, method: str, path: str, body: Mapping[str, Any]) -> Any:
        assert (method, path) == ("POST", "crm/v3/objects/meetings/search")
        (span,) = body["filterGroups"][0]["filters"]
        there = [
            self.meeting(one)
            for one in self.appointments
            if int(span["value"]) <= one.start.timestamp() * 1000 <= int(span["highValue"])
        ]
        first = int(body.get("after", "0"))
        more = {"paging": {"next": {"after": str(first + 3)}}} if first + 3 < len(there) else {}
        return {"results": there[first : first + 3]} | more


class SimplyBook(Whole):
    """Names a booking, unsigned; its calls all look the same."""

    provider = "simplybook"
    settings: ClassVar[Mapping[str, Any]] = {"timezone": "Europe/Vilnius"}
    marks_no_shows = False

    def call(self, one: Appointment) -> Call:
        body = {"booking_id": one.uid, "notification_type": "cancel" if one.status == "cancelled" else "change"}
        return Call((json.dumps(body).encode(), {}), {"key": SECRET})

    def booking(self, one: Appointment) -> dict[str, Any]:
        start, end = (f"{at.astimezone(VILNIUS):%Y-%m-%d %H:%M:%S}" for at in (one.start, one.end))
        status = "canceled" if one.status == "cancelled" else "confirmed"
        return {
            "id": one.uid,
            "status": status,
            "start_datetime": start,
            "end_datetime": end,
            "client": {"name": "Ada"},
        }

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        if path != "admin/bookings":
            return self.booking(self.named(path.removeprefix("admin/bookings/")))
        page = int((query or {})["page"])
        count = -(-len(self.appointments) // 2)
        found = self.appointments[2 * page - 2 : 2 * page]
        return {"data": [self.booking(one) for one in found], "metadata": {"pages_count": count}}


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
        said = {"event_uid": one.uid, "updated": self.changed[one.uid], "summary": "Ada"}
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
        return changed | {"subject": "Ada", "start": start, "end": end}

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


class Feed(Whole):
    """A calendar feed: it calls nobody, and shows what stands when it is fetched."""

    provider = "ical"
    marks_no_shows = False

    def call(self, one: Appointment) -> Call:
        assert one.uid
        return Call((self.calendar(), {}))

    def calendar(self) -> bytes:
        lines = ["BEGIN:VCALENDAR"]
        for one in self.appointments:
            if one.status != "cancelled":
                lines += ["BEGIN:VEVENT", f"UID:{one.uid}", f"DTSTART:{one.start:%Y%m%dT%H%M%SZ}"]
                lines += ["DURATION:PT30M", "SUMMARY:Ada", "END:VEVENT"]
        return "\r\n".join([*lines, "END:VCALENDAR"]).encode()


class SeriesFeed(Feed):
    """The same where all appointments are one series that is written anew with every change."""

    def calendar(self) -> bytes:
        starts = sorted({one.start for one in self.appointments if one.status != "cancelled"})
        if not starts:
            return b"BEGIN:VCALENDAR\r\nEND:VCALENDAR"
        lines = ["BEGIN:VEVENT", "UID:s", f"DTSTART:{starts[0]:%Y%m%dT%H%M%SZ}", "DURATION:PT30M", "SUMMARY:Ada"]
        lines += [
            f"RDATE:{','.join(f'{one:%Y%m%dT%H%M%SZ}' for one in starts)}",
            f"SEQUENCE:{self.ticks}",
            "END:VEVENT",
        ]
        return "\r\n".join(["BEGIN:VCALENDAR", *lines, "END:VCALENDAR"]).encode()

    def truth(self) -> list[tuple[str, str]]:
        """Of a series, two appointments at one time are one."""
        return sorted({(one.status, one.start.isoformat()) for one in self.appointments if one.status == "booked"})


HINTS: tuple[type[Tool], ...] = (SavvyCal, Mindbody, HubSpot, SimplyBook)
PUSHING: tuple[type[Tool], ...] = (CalCom, Calendly, Standard, AnyJson, Nylas, Itip, Square, *HINTS)
ASKED: tuple[type[Tool], ...] = (Acuity, Google, Square, Cronofy, Graph, *HINTS)
FETCHED: tuple[type[Feed], ...] = (Feed, SeriesFeed)
