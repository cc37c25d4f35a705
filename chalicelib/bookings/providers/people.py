"""Who is on a calendar's event: its attendees, and what the lines of its description say."""

from __future__ import annotations

import re
from dataclasses import dataclass

from chalicelib.bookings.providers import reading

DESCRIPTION_MAX = 5000
PHONE_LABELS = ("phone", "phone number", "mobile", "tel", "telephone", "telefon", "cell", "téléphone")
MAIL_LABELS = ("email", "e-mail", "mail")
_LINE = re.compile(r"^[ \t]*([^:\n]{1,60}):[ \t]*(\S[^\n]*)$", re.MULTILINE)
_TAG = re.compile(r"<[^<>]{0,200}>")


@dataclass(frozen=True, slots=True)
class Attendee:
    """Somebody on a calendar's event. `is_guest` is false for rooms and hosts."""

    name: str | None
    email: str | None
    phone: str | None = None
    is_guest: bool = True
    declined: bool = False
    locale: str | None = None


def lines_by_label(description: object) -> dict[str, str]:
    """Lines "Label: value" of a description (plain text or simple HTML), labels in lower case."""
    text = description[:DESCRIPTION_MAX] if isinstance(description, str) else ""
    pairs = {label.strip().casefold(): reading.clean(value) for label, value in _LINE.findall(_TAG.sub("\n", text))}
    return {label: value for label, value in pairs.items() if value}


def first_of(lines: dict[str, str], *labels: str | None) -> str | None:
    """The value of the first of the labels that is there."""
    return next((lines[label.casefold()] for label in labels if label and label.casefold() in lines), None)
