"""Booking tools in miniature of which we know little: a call names an appointment, all else is asked for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar
from zoneinfo import ZoneInfo

from tests.fakes import signers
from tests.fakes.booking_tools import URL, Call, Whole
from tests.fakes.calcom import z
from tests.fakes.hub import NOW, SECRET

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.fakes.booking_tools import Appointment, Tool

VILNIUS = ZoneInfo("Europe/Vilnius")


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


HINTS: tuple[type[Tool], ...] = (SavvyCal, Mindbody, HubSpot, SimplyBook)
