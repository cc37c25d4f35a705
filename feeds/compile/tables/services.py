"""Which services run on which dates: calendar.txt, its exceptions in calendar_dates.txt, or either alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from feeds.compile.tables.table import rows_where
from feeds.compile.tables.times import NOT_READABLE, one_of, ordinal

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from feeds.compile.findings import Findings
    from feeds.compile.tables.table import Table

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SERVICE_ADDED, SERVICE_REMOVED = 1, 2
SPAN_MAX_DAYS = 4000  # days; dates further from the first one are taken for a mistake when looking for the last


@dataclass(frozen=True, slots=True)
class Services:
    """Rows of both files as arrays; dates are proleptic ordinals, services indices below `n`."""

    n: int
    zone: NDArray[np.int32]  # [n] which of the network's time zones
    row_service: NDArray[np.int32]
    row_first: NDArray[np.int32]
    row_last: NDArray[np.int32]
    row_days: NDArray[np.bool_]  # [rows, 7]
    exc_service: NDArray[np.int32]
    exc_date: NDArray[np.int32]
    exc_type: NDArray[np.int8]

    def active(self, day: int) -> NDArray[np.bool_]:
        """A mask of the services that run on a date (ordinal)."""
        runs = np.zeros(self.n, bool)
        rows = (self.row_first <= day) & (day <= self.row_last) & self.row_days[:, (day - 1) % 7]
        runs[self.row_service[rows]] = True
        today = self.exc_date == day
        runs[self.exc_service[today & (self.exc_type == SERVICE_ADDED)]] = True
        runs[self.exc_service[today & (self.exc_type == SERVICE_REMOVED)]] = False
        return runs

    def span(self, used: NDArray[np.bool_]) -> tuple[int, int] | None:
        """First and last date (ordinals) on which one of the services `used` runs, or None."""
        rows = used[self.row_service] & self.row_days.any(1) & (self.row_first <= self.row_last)
        added = used[self.exc_service] & (self.exc_type == SERVICE_ADDED)
        firsts = np.concatenate([self.row_first[rows], self.exc_date[added]])
        lasts = np.concatenate([self.row_last[rows], self.exc_date[added]])
        if not len(firsts):
            return None
        first = self._search(int(firsts.min()), 1, used)
        last = self._search(int(lasts.max()), -1, used)
        return None if first is None or last is None or last < first else (first, last)

    def _search(self, day: int, step: int, used: NDArray[np.bool_]) -> int | None:
        for at in range(day, day + step * SPAN_MAX_DAYS, step):
            if (self.active(at) & used).any():
                return at
        return None


def split_by_zone(services: Services, service: NDArray[Any], zone: NDArray[Any]) -> tuple[Services, NDArray[Any]]:
    """A service for each zone that trips of it are in, and the service of each trip. Arrays by trip."""
    for number in range(1, int(zone.max(initial=0)) + 1):
        apart = zone == number
        own = np.unique(service[apart])
        of = np.full(services.n, -1, np.int32)
        of[own] = services.n + np.arange(len(own))
        rows, exceptions = np.isin(services.row_service, own), np.isin(services.exc_service, own)
        services = Services(
            services.n + len(own),
            np.concatenate([services.zone, np.full(len(own), number, np.int32)]),
            np.concatenate([services.row_service, of[services.row_service[rows]]]),
            np.concatenate([services.row_first, services.row_first[rows]]),
            np.concatenate([services.row_last, services.row_last[rows]]),
            np.concatenate([services.row_days, services.row_days[rows]]),
            np.concatenate([services.exc_service, of[services.exc_service[exceptions]]]),
            np.concatenate([services.exc_date, services.exc_date[exceptions]]),
            np.concatenate([services.exc_type, services.exc_type[exceptions]]),
        )
        service = np.where(apart, np.append(of, -1)[np.minimum(service, len(of))], service).astype(np.int32)
    return services, service


def read_services(calendar: Table | None, dates: Table | None, findings: Findings) -> tuple[Services, dict[str, int]]:
    """The services of one feed and the number of each service_id."""
    of: dict[str, int] = {}
    services = _exceptions(dates, of, findings, _rows(calendar, of, findings))
    return replace(services, n=len(of), zone=np.zeros(len(of), np.int32)), of


def _empty() -> Services:
    none = np.empty(0, np.int32)
    return Services(0, none, none, none, none, np.empty((0, 7), bool), none, none, np.empty(0, np.int8))


def _service_numbers(table: Table, rows: NDArray[np.bool_], of: dict[str, int]) -> NDArray[np.int32]:
    texts = table["service_id"].texts()[rows]
    return np.array([of.setdefault(text, len(of)) for text in texts], dtype=np.int32)


def _rows(table: Table | None, of: dict[str, int], findings: Findings) -> Services:
    if table is None:
        return _empty()
    for day in WEEKDAYS:
        if day not in table:
            findings.add(table.file, 1, f"has no column {day}", f"nothing of this file runs on a {day}")
    first, last = table["start_date"].numbers(ordinal), table["end_date"].numbers(ordinal)
    good = np.isfinite(first) & np.isfinite(last) & _has_service_id(table)
    for row in rows_where(~good):
        what = ", ".join(f"{name} {table[name].at(row)!r}" for name in ("service_id", "start_date", "end_date"))
        findings.add(table.file, row + 2, what, "not readable (YYYYMMDD): this service line is left out")
    days = np.stack([_flags(table, day, findings) for day in WEEKDAYS], axis=1)
    service = _service_numbers(table, good, of)
    rows = np.flatnonzero(good)
    for at in rows_where(~np.isin(np.arange(len(service)), np.unique(service, return_index=True)[1])):
        what = f"service_id {table['service_id'].at(int(rows[at]))!r} is there a second time"
        findings.add(table.file, int(rows[at]) + 2, what, "it runs on the days of all its lines")
    return replace(
        _empty(),
        row_service=service,
        row_first=first[good].astype(np.int32),
        row_last=last[good].astype(np.int32),
        row_days=days[good],
    )


def _flags(table: Table, day: str, findings: Findings) -> NDArray[np.bool_]:
    value = table[day].numbers(one_of(range(2)))
    for row in rows_where(value == NOT_READABLE):
        findings.add(table.file, row + 2, f"{day} is {table[day].at(row)!r}", "neither 0 nor 1: taken as 0")
    return np.asarray(value == 1)


def _has_service_id(table: Table) -> NDArray[np.bool_]:
    return np.array([bool(text) for text in table["service_id"].values], dtype=bool)[table["service_id"].codes]


def _exceptions(table: Table | None, of: dict[str, int], findings: Findings, services: Services) -> Services:
    if table is None:
        return services
    dates, kinds = table["date"].numbers(ordinal), table["exception_type"].numbers(one_of(range(1, 3)))
    good = np.isfinite(dates) & np.isfinite(kinds) & _has_service_id(table)
    for row in rows_where(~good):
        what = f"date {table['date'].at(row)!r}, exception_type {table['exception_type'].at(row)!r}"
        findings.add(table.file, row + 2, what, "not readable (YYYYMMDD; 1 or 2): this exception is left out")
    service = _service_numbers(table, good, of)
    day = dates[good].astype(np.int32)
    _note_duplicates(table, service, day, np.flatnonzero(good), findings)
    return replace(services, exc_service=service, exc_date=day, exc_type=kinds[good].astype(np.int8))


def _note_duplicates(
    table: Table, service: NDArray[np.int32], day: NDArray[np.int32], rows: NDArray[np.int64], findings: Findings
) -> None:
    key = service.astype(np.int64) << 32 | day
    order = np.argsort(key, kind="stable")
    again = order[1:][key[order][1:] == key[order][:-1]]
    for row in sorted(rows[again]):
        what = f"service {table['service_id'].at(row)!r} has a second line for {table['date'].at(row)}"
        findings.add(table.file, int(row) + 2, what, "a removal among them wins")
