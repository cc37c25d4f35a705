"""From reports to a booking, so that their order and repetition do not matter. Pure.

What is known about one appointment is a *thread*: facts by uid, and links from a uid to the one it was moved to.

1. A fact is one field of one uid, stamped with its report's order; the greatest stamp stays. Ties are broken by the
   content, so every order of reports leaves the same facts. (A last-writer-wins map; joins commute and repeat.)
2. Links only ever grow. All uids that are linked are one thread, and one booking.
3. The uid that nothing was moved to it from, the *root*, names the booking; the uid that was not moved away, the
   *head*, says what is true. So a cancel of a uid that was moved away says nothing about the booking.
4. Where a head is named but not known yet, the last known uid stands in for it, until `settle_at`: a tool that sends
   a move as a cancel and a new booking must not make anyone believe in a cancel, nor for ever in the old time.
5. That somebody left is a fact of its own by the customer's key, too: a list of customers that is older does not bring
   them back. An appointment that all have left is cancelled.
6. Where a customer comes from is a fact of its own, by the customer's key: whoever gave it once need not do so again
   when others join the booking or the tool forgets it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from chalicelib.bookings.booking import Booking, Customer, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from chalicelib.bookings.booking import Report
    from chalicelib.bookings.business import Connection

Facts = dict[str, dict[str, list[Any]]]
"""uid → field → [stamp, value]; values are JSON."""

# which status wins where two reports carry the same order
_RANK = {
    Status.REQUESTED: 0,
    Status.BOOKED: 1,
    Status.NO_SHOW: 2,
    Status.REJECTED: 3,
    Status.CANCELLED: 4,
    Status.BLOCKED: 5,
}
_PLAIN = ("timezone", "title", "service", "calendar", "address", "remote", "cancel_url", "move_url")
LEFT = "left: "  # before a customer's key: the fact that they left
LINKS_MAX = 200  # moves of one appointment; beyond, it is parked
_NO_STATUS_RANK = 9  # of a report without a status: of an absence, say


@dataclass(frozen=True, slots=True)
class Thread:
    """All that is known about one appointment through all its moves."""

    facts: Facts
    links: tuple[tuple[str, str], ...] = ()

    @property
    def uids(self) -> tuple[str, ...]:
        """Every uid that was named, sorted."""
        return tuple(sorted(set(self.facts) | {uid for link in self.links for uid in link}))

    @property
    def root(self) -> str:
        """The uid that names the booking."""
        moved_to = {after for _, after in self.links}
        return min((uid for uid in self.uids if uid not in moved_to), default=self.uids[0])

    def to_json(self) -> dict[str, Any]:
        """As it is stored."""
        return {"facts": self.facts, "links": [list(link) for link in self.links]}

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Thread:
        """Inverse of `to_json`."""
        return cls(raw["facts"], tuple((before, after) for before, after in raw["links"]))


@dataclass(frozen=True, slots=True)
class Incomplete:
    """Not a booking yet; `missing` names the field that no report has had so far."""

    missing: str


def uids_of(report: Report) -> tuple[str, ...]:
    """The uids that a report names as one appointment."""
    return tuple(dict.fromkeys(uid for uid in (report.uid, report.moved_from, report.moved_to) if uid))


def join(threads: Iterable[Thread]) -> Thread:
    """The one thread of several that turned out to be about the same appointment."""
    facts: Facts = {}
    links: set[tuple[str, str]] = set()
    for thread in threads:
        links |= set(thread.links)
        for uid, fields in thread.facts.items():
            kept = facts.setdefault(uid, {})
            for name, (stamp, value) in fields.items():
                _keep(kept, name, stamp, value)
    return Thread(facts, tuple(sorted(links)))


def thread_of(report: Report) -> Thread:
    """A report as a thread of its own."""
    links = {(report.moved_from, report.uid), (report.uid, report.moved_to)}
    kept = tuple(sorted((before, after) for before, after in links if before and after and before != after))
    return Thread({report.uid: _fields(report)}, kept)


def is_repetition(report: Report, thread: Thread) -> bool:
    """Whether a report holds only what is known already, under a later order."""
    known, new = thread.facts.get(report.uid, {}), thread_of(report)
    same = all(name in known and known[name][1] == value for name, (_, value) in new.facts[report.uid].items())
    return same and set(new.links) <= set(thread.links)


def _fields(report: Report) -> dict[str, list[Any]]:
    rank = _NO_STATUS_RANK if report.status is None else _RANK[report.status]
    stamp = f"{report.order}#{rank}"
    values: dict[str, Any] = {name: getattr(report, name) for name in _PLAIN}
    values |= {
        "status": report.status and report.status.value,
        "start": report.start and report.start.isoformat(),
        "end": report.end and report.end.isoformat(),
        "customers": None
        if report.customers is None
        else [{name: value for name, value in asdict(one).items() if name != "address"} for one in report.customers],
        "absent": None if report.absent is None else list(report.absent),
        "settle_at": report.settle_at and report.settle_at.isoformat(),
    }
    values |= {f"address of {one.key}": one.address for one in report.customers or ()}  # rule 6
    values |= {f"{LEFT}{key}": True for key in report.left}
    return {name: [stamp, value] for name, value in values.items() if value is not None}


def _keep(fields: dict[str, list[Any]], name: str, stamp: str, value: Any) -> None:
    """Keeps the fact with the greater stamp; between equal stamps the greater content, whichever came first."""
    known = fields.get(name)
    if known is None or (stamp, json.dumps(value, sort_keys=True)) > (known[0], json.dumps(known[1], sort_keys=True)):
        fields[name] = [stamp, value]


def _heads_first(thread: Thread) -> list[str]:
    """Known uids: heads first, then the others; the latest reported first."""
    moved_away = {before for before, _ in thread.links}
    by_time = sorted(thread.facts, key=lambda uid: (_latest_stamp(thread.facts[uid]), uid), reverse=True)
    return sorted(by_time, key=lambda uid: uid in moved_away)


def _latest_stamp(fields: dict[str, list[Any]]) -> str:
    return str(max((fields[name][0] for name in ("status", "settle_at") if name in fields), default=""))


def _first(thread: Thread, line: list[str], name: str) -> Any:
    return next((thread.facts[uid][name][1] for uid in line if name in thread.facts[uid]), None)


def _has_left(thread: Thread, line: list[str], key: str) -> bool:
    """Whether a customer left after the list was made that holds them."""
    facts = [thread.facts[uid] for uid in line]
    listed = next(str(fields["customers"][0]) for fields in facts if "customers" in fields)
    left = max((str(fields[LEFT + key][0]) for fields in facts if LEFT + key in fields), default="")
    return left > listed


def _status(fields: dict[str, list[Any]], now: datetime) -> tuple[Status | None, datetime | None]:
    """A uid's status by its own facts, and when that settles; None: it is settled."""
    status = Status(fields["status"][1]) if "status" in fields else None
    if "settle_at" not in fields or (status and fields["settle_at"][0] < fields["status"][0]):
        return status, None
    settle_at = datetime.fromisoformat(fields["settle_at"][1])
    return (Status.CANCELLED, None) if now >= settle_at else (status, settle_at)


def _current_status(thread: Thread, line: list[str], now: datetime) -> tuple[Status | None, datetime | None]:
    """The status of the first uid of the line; where that only was moved on, the status before the move holds."""
    status, settle_at = _status(thread.facts[line[0]], now)
    if status is None and settle_at is not None:
        earlier = (_status(thread.facts[uid], now)[0] for uid in line[1:])
        status = next((one for one in earlier if one in {Status.BOOKED, Status.REQUESTED}), None)
    return status, settle_at


def settles_at(thread: Thread, now: datetime) -> datetime | None:
    """When the thread has to be checked again because a move's other half may never come; None: never."""
    line = [uid for uid in _heads_first(thread) if _latest_stamp(thread.facts[uid])]
    return _current_status(thread, line, now)[1] if line else None


def booking_of(
    thread: Thread, booking_id: str, connection: Connection, timezone: str, now: datetime
) -> Booking | Incomplete:
    """The booking that a thread amounts to, its times in `timezone`; version 0 and no aliases: the store adds them."""
    line = [uid for uid in _heads_first(thread) if _latest_stamp(thread.facts[uid])]
    if not line:
        return Incomplete("the booking itself")
    fields = thread.facts[line[0]]
    status, _ = _current_status(thread, line, now)
    missing = [name for name in ("start", "end") if name not in fields]
    customers = _first(thread, line, "customers")
    if status is None or missing or customers is None or not (customers or status is Status.BLOCKED):
        return Incomplete(missing[0] if missing else "customers" if not customers else "status")
    staying = [one for one in customers if not _has_left(thread, line, one["key"])]
    if customers and not staying and status in {Status.BOOKED, Status.REQUESTED}:
        status = Status.CANCELLED
    customers = staying or customers
    absent = set(fields["absent"][1]) if "absent" in fields else set()
    # a no-show is a booking from which all its customers are absent: a guest's absence changes nothing
    everyone_is_absent = "*" in absent or {one["key"] for one in customers} <= absent
    address = _first(thread, line, "address")
    shared = address if len(customers) == 1 else None  # of several customers nobody knows whose answer it is
    zone = ZoneInfo(timezone)
    return Booking(
        booking_id=booking_id,
        business_id=connection.business_id,
        connection_id=connection.connection_id,
        status=Status.NO_SHOW if status is Status.BOOKED and everyone_is_absent else status,
        start=datetime.fromisoformat(fields["start"][1]).astimezone(zone),
        end=datetime.fromisoformat(fields["end"][1]).astimezone(zone),
        timezone=timezone,
        customers=tuple(
            Customer(**one, address=_first(thread, line, f"address of {one['key']}") or shared) for one in customers
        ),
        title=_first(thread, line, "title") or "",
        version=0,
        service=_first(thread, line, "service"),
        remote=bool(_first(thread, line, "remote")),
        cancel_url=_first(thread, line, "cancel_url"),
        move_url=_first(thread, line, "move_url"),
        address=address,
    )


def calendar_of(thread: Thread) -> str | None:
    """The calendar, place or staff member that the appointment is with now."""
    calendar: str | None = _first(thread, _heads_first(thread), "calendar")
    return calendar


def is_same_booking(one: Booking | None, other: Booking) -> bool:
    """Whether nothing but the version differs."""
    return one is not None and replace(one, version=0) == replace(other, version=0)
