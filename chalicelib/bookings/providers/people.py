"""Who comes, where a calendar is all that the tool has: attendees, or what title and description say."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.bookings.limits import ATTENDEES_MAX
from chalicelib.bookings.providers import reading
from chalicelib.bookings.providers.contract import Parked

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chalicelib.bookings.booking import Customer
    from chalicelib.bookings.providers.contract import Context

DESCRIPTION_MAX = 5000
PHONE_LABELS = ("phone", "phone number", "mobile", "tel", "telephone", "telefon", "cell", "téléphone")
MAIL_LABELS = ("email", "e-mail", "mail")
_LINE = re.compile(r"^[ \t]*([^:\n]{1,60}):[ \t]*(\S[^\n]*)$", re.MULTILINE)
_TAG = re.compile(r"<[^<>]{0,200}>")


@dataclass(frozen=True, slots=True)
class Attendee:
    """Somebody on a calendar's event. `comes` is false for rooms, hosts, and those who declined."""

    name: str | None
    email: str | None
    phone: str | None = None
    comes: bool = True
    locale: str | None = None


def lines_by_label(description: object) -> dict[str, str]:
    """Lines "Label: value" of a description (plain text or simple HTML), labels in lower case."""
    text = description[:DESCRIPTION_MAX] if isinstance(description, str) else ""
    pairs = {label.strip().casefold(): reading.clean(value) for label, value in _LINE.findall(_TAG.sub("\n", text))}
    return {label: value for label, value in pairs.items() if value}


def first_of(lines: dict[str, str], *labels: str | None) -> str | None:
    """The value of the first of the labels that is there."""
    return next((lines[label.casefold()] for label in labels if label and label.casefold() in lines), None)


def customers_of(
    attendees: Iterable[Attendee], own: Iterable[str | None], title: str | None, lines: dict[str, str], context: Context
) -> tuple[Customer, ...]:
    """Attendees that come and are not the business's `own` addresses; else whom title and description name."""
    mine = {address.casefold() for address in (*own, context.setting("account")) if address}
    comers = [one for one in attendees if one.comes and (one.email or "").casefold() not in mine]
    if len(comers) > ATTENDEES_MAX:
        raise Parked(f"more than {ATTENDEES_MAX} attendees")
    phone = first_of(lines, context.setting("phone_field"), *PHONE_LABELS)
    if not comers:
        return (reading.customer(title, first_of(lines, *MAIL_LABELS), phone),)
    alone = phone if len(comers) == 1 else None
    return tuple(reading.customer(one.name, one.email, one.phone or alone, one.locale) for one in comers)
