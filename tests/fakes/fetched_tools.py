"""Calendar feeds in miniature: nobody is called; what stands is shown to whoever fetches it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.fakes.booking_tools import Call, Whole

if TYPE_CHECKING:
    from tests.fakes.booking_tools import Appointment


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
                lines += ["DURATION:PT30M", "SUMMARY:Ada", "DESCRIPTION:Phone: +447700900123", "END:VEVENT"]
        return "\r\n".join([*lines, "END:VCALENDAR"]).encode()


class SeriesFeed(Feed):
    """The same where all appointments are one series that is written anew with every change."""

    def calendar(self) -> bytes:
        starts = sorted({one.start for one in self.appointments if one.status != "cancelled"})
        if not starts:
            return b"BEGIN:VCALENDAR\r\nEND:VCALENDAR"
        lines = ["BEGIN:VEVENT", "UID:s", f"DTSTART:{starts[0]:%Y%m%dT%H%M%SZ}", "DURATION:PT30M", "SUMMARY:Ada"]
        lines += ["DESCRIPTION:Phone: +447700900123"]
        lines += [
            f"RDATE:{','.join(f'{one:%Y%m%dT%H%M%SZ}' for one in starts)}",
            f"SEQUENCE:{self.ticks}",
            "END:VEVENT",
        ]
        return "\r\n".join(["BEGIN:VCALENDAR", *lines, "END:VCALENDAR"]).encode()

    def truth(self) -> list[tuple[str, str]]:
        """Of a series, two appointments at one time are one."""
        return sorted({(one.status, one.start.isoformat()) for one in self.appointments if one.status == "booked"})


FETCHED: tuple[type[Feed], ...] = (Feed, SeriesFeed)
