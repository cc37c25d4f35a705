"""Booking tools in miniature: each keeps its own truth, and says what happens the way the real one does.

`happened` does one thing to one appointment and gives the calls that the tool would make; `truth` is what must be known
in the end: (status, start) of every appointment. Tools that have to be asked are asked through `get`, which answers
from the truth of that moment.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from chalicelib.bookings.providers.contract import Gone
from tests.fakes import signers
from tests.fakes.calcom import calcom_no_show, calcom_payload, calcom_signed, z
from tests.fakes.hub import NOW, SECRET

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

URL = "https://hub.example.com/hooks/tool"
MORNING = datetime(2026, 1, 5, 7, 0, tzinfo=UTC)
LENGTH = timedelta(minutes=30)


@dataclass
class Appointment:
    """What a tool knows of one appointment. `uids` are all that it ever had, the present one last."""

    uids: list[str]
    slot: int
    slots: list[int] = field(default_factory=list)
    status: str = "booked"
    version: int = 0

    @property
    def uid(self) -> str:
        return self.uids[-1]

    @property
    def start(self) -> datetime:
        return MORNING + timedelta(minutes=30 * self.slot)

    @property
    def end(self) -> datetime:
        return self.start + LENGTH


@dataclass(frozen=True)
class Call:
    """One call of a tool."""

    signed: signers.Signed
    query: Mapping[str, str] = field(default_factory=dict)


class Tool:
    """What all tools have in common: appointments, and a clock that moves with everything that happens."""

    provider = ""
    settings: ClassVar[Mapping[str, Any]] = {}
    new_uid_on_move = False
    marks_no_shows = True

    def __init__(self) -> None:
        self.appointments: list[Appointment] = []
        self.ticks = 0

    @property
    def when(self) -> datetime:
        return NOW - timedelta(hours=10) + timedelta(seconds=self.ticks)

    def truth(self) -> list[tuple[str, str]]:
        return sorted((one.status, one.start.isoformat()) for one in self.appointments)

    def happened(self, kind: str, which: int, slot: int) -> list[Call]:
        """Carries an action out if it makes sense now."""
        self.ticks += 1
        if kind == "book" or not self.appointments:
            self.appointments.append(Appointment([f"u{len(self.appointments)}x0"], slot))
            return list(self.booked(self.appointments[-1]))
        one = self.appointments[which % len(self.appointments)]
        one.version += 1
        if kind == "move" and one.status == "booked":
            return self._moved(one, slot)
        if kind == "back" and one.status == "booked" and one.slots:
            return self._moved(one, one.slots[-1])
        return self._ended(kind, one)

    def _ended(self, kind: str, one: Appointment) -> list[Call]:
        if kind == "cancel" and one.status == "booked":
            one.status = "cancelled"
            return list(self.cancelled(one))
        if kind == "no_show" and one.status == "booked" and self.marks_no_shows:
            one.status = "no_show"
            return list(self.missed(one, came=False))
        if kind == "came" and one.status == "no_show":
            one.status = "booked"
            return list(self.missed(one, came=True))
        return []

    def _moved(self, one: Appointment, slot: int) -> list[Call]:
        before = one.uid
        one.slots.append(one.slot)
        one.slot = slot
        if self.new_uid_on_move:
            one.uids.append(f"{before.split('x')[0]}x{len(one.uids)}")
        return list(self.moved(one, before))

    def named(self, uid: str) -> Appointment:
        """The appointment of that uid. Raises `Gone`."""
        found = next((one for one in self.appointments if one.uid == uid), None)
        if found is None:
            raise Gone(404)
        return found

    def booked(self, one: Appointment) -> Iterator[Call]:
        raise NotImplementedError

    def moved(self, one: Appointment, before: str) -> Iterator[Call]:
        raise NotImplementedError

    def cancelled(self, one: Appointment) -> Iterator[Call]:
        raise NotImplementedError

    def missed(self, one: Appointment, *, came: bool) -> Iterator[Call]:
        raise NotImplementedError


class CalCom(Tool):
    provider = "calcom"
    new_uid_on_move = True

    def _call(self, trigger: str, one: Appointment, **extra: Any) -> Iterator[Call]:
        payload = calcom_payload(
            trigger, uid=one.uid, created_at=z(self.when), start=z(one.start), end=z(one.end), **extra
        )
        yield Call(calcom_signed(payload, SECRET))

    def booked(self, one: Appointment) -> Iterator[Call]:
        return self._call("BOOKING_CREATED", one)

    def moved(self, one: Appointment, before: str) -> Iterator[Call]:
        return self._call("BOOKING_RESCHEDULED", one, moved_from=before)

    def cancelled(self, one: Appointment) -> Iterator[Call]:
        return self._call("BOOKING_CANCELLED", one)

    def missed(self, one: Appointment, *, came: bool) -> Iterator[Call]:
        yield Call(calcom_signed(calcom_no_show(one.uid, z(self.when), ada=not came, guest=came), SECRET))


class Calendly(Tool):
    provider = "calendly"
    new_uid_on_move = True

    def _call(self, event: str, uid: str, one: Appointment, **extra: Any) -> Call:
        scheduled = {"name": "Cut", "start_time": z(one.start), "end_time": z(one.end)}
        payload = {"uri": uid, "email": "ada@example.com", "name": "Ada", "updated_at": z(self.when)}
        body = {"event": event, "created_at": z(self.when), "payload": payload | {"scheduled_event": scheduled} | extra}
        return Call(signers.calendly(body, SECRET, NOW))

    def booked(self, one: Appointment) -> Iterator[Call]:
        yield self._call("invitee.created", one.uid, one)

    def moved(self, one: Appointment, before: str) -> Iterator[Call]:
        yield self._call("invitee.canceled", before, one, rescheduled=True, new_invitee=one.uid)
        yield self._call("invitee.created", one.uid, one, old_invitee=before)

    def cancelled(self, one: Appointment) -> Iterator[Call]:
        yield self._call("invitee.canceled", one.uid, one, rescheduled=False)

    def missed(self, one: Appointment, *, came: bool) -> Iterator[Call]:
        event = "invitee_no_show.deleted" if came else "invitee_no_show.created"
        yield Call(
            signers.calendly({"event": event, "created_at": z(self.when), "payload": {"uri": one.uid}}, SECRET, NOW)
        )


class Whole(Tool):
    """Tools whose every call holds the whole appointment under one lasting id."""

    def call(self, one: Appointment) -> Call:
        raise NotImplementedError

    def booked(self, one: Appointment) -> Iterator[Call]:
        yield self.call(one)

    def moved(self, one: Appointment, before: str) -> Iterator[Call]:
        assert before
        yield self.call(one)

    def cancelled(self, one: Appointment) -> Iterator[Call]:
        yield self.call(one)

    def missed(self, one: Appointment, *, came: bool) -> Iterator[Call]:
        assert came in {True, False}
        yield self.call(one)


class Standard(Whole):
    provider = "standard"

    def call(self, one: Appointment) -> Call:
        data = {"uid": one.uid, "status": one.status, "start": z(one.start), "end": z(one.end), "version": one.version}
        body = {"type": "booking.updated", "timestamp": z(self.when), "data": data | {"customers": [{"name": "Ada"}]}}
        return Call(signers.standard(body, SECRET, NOW, f"m{self.ticks}"))


class AnyJson(Whole):
    provider = "json"
    settings: ClassVar[Mapping[str, Any]] = {
        "mapping": {"uid": "id", "status": "s", "start": "a", "end": "b", "name": "n", "order": "v"},
    }

    def call(self, one: Appointment) -> Call:
        body = {"id": one.uid, "s": one.status, "a": z(one.start), "b": z(one.end), "n": "Ada", "v": one.version}
        return Call((json.dumps(body).encode(), {}), {"key": SECRET})


class Nylas(Whole):
    provider = "nylas"
    marks_no_shows = False

    def call(self, one: Appointment) -> Call:
        kind = "cancelled" if one.status == "cancelled" else "rescheduled" if one.slots else "created"
        times = {"start_time": int(one.start.timestamp()), "end_time": int(one.end.timestamp())}
        made = {
            "booking_id": one.uid,
            "booking_info": times | {"participants": [{"name": "Ada", "email": "a@b.example"}]},
        }
        body = {"id": f"n{self.ticks}", "type": f"booking.{kind}", "time": int(self.when.timestamp())}
        return Call(signers.nylas(body | {"data": {"object": made}}, SECRET))


class Itip(Whole):
    provider = "itip"
    marks_no_shows = False

    def call(self, one: Appointment) -> Call:
        method = "CANCEL" if one.status == "cancelled" else "REQUEST"
        lines = [
            "BEGIN:VCALENDAR",
            f"METHOD:{method}",
            "BEGIN:VEVENT",
            f"UID:{one.uid}",
            f"SEQUENCE:{one.version}",
            f"DTSTAMP:{self.when:%Y%m%dT%H%M%SZ}",
            f"DTSTART:{one.start:%Y%m%dT%H%M%SZ}",
            "DURATION:PT30M",
            "ATTENDEE;CN=Ada:mailto:ada@example.com",
            "END:VEVENT",
            "END:VCALENDAR",
        ]
        return Call(("\r\n".join(lines).encode(), {}), {"key": SECRET})
