"""Calendar feeds (RFC 5545) for made-up appointments."""

from __future__ import annotations


def event(uid: str, start: str = "20260105T100000Z", *more: str) -> str:
    lines = [f"UID:{uid}", f"DTSTART:{start}", "DURATION:PT30M", "SUMMARY:Ada", "DESCRIPTION:Phone: +447700900123"]
    return "\r\n".join([*lines, *more])


def feed(*events: str) -> bytes:
    blocks = [f"BEGIN:VEVENT\r\n{event}\r\nEND:VEVENT\r\n" for event in events]
    return ("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n" + "".join(blocks) + "END:VCALENDAR\r\n").encode()
