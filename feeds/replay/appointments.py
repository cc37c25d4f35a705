"""tickets.csv: ticket_id, origin_lat, origin_lon, dest_lat, dest_lon, arrive_by (ISO 8601 with offset)."""

from __future__ import annotations

import csv
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from chalicelib.transit.itinerary import Place

if TYPE_CHECKING:
    from pathlib import Path

CSV_COLUMNS = ("ticket_id", "origin_lat", "origin_lon", "dest_lat", "dest_lon", "arrive_by")


class BadTickets(ValueError):
    """The file cannot be used; the sentence says which row and why."""


class Appointment(NamedTuple):
    """One appointment to be reached."""

    ticket_id: str
    origin: Place
    destination: Place
    arrive_by: datetime


def read_appointments(path: Path) -> list[Appointment]:
    """All rows. Raises `BadTickets`, `OSError`."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        missing = [name for name in CSV_COLUMNS if name not in (reader.fieldnames or ())]
        if missing:
            raise BadTickets(f"{path.name} lacks the columns {', '.join(missing)}")
        found = [_appointment(row, number, path.name) for number, row in enumerate(reader, start=2)]
    if len({one.ticket_id for one in found}) < len(found):
        raise BadTickets(f"{path.name} names a ticket_id twice")
    return found


def _appointment(row: dict[str, str], number: int, name: str) -> Appointment:
    try:
        arrive_by = datetime.fromisoformat(row["arrive_by"])
        origin = Place("start", float(row["origin_lat"]), float(row["origin_lon"]))
        destination = Place("appointment", float(row["dest_lat"]), float(row["dest_lon"]))
    except (TypeError, ValueError) as reason:
        raise BadTickets(f"{name}, row {number}: {reason}") from reason
    if arrive_by.tzinfo is None:
        raise BadTickets(f"{name}, row {number}: arrive_by needs an offset, as in 2016-05-19T09:30:00+12:00")
    if not row["ticket_id"]:
        raise BadTickets(f"{name}, row {number}: no ticket_id")
    return Appointment(row["ticket_id"], origin, destination, arrive_by)
