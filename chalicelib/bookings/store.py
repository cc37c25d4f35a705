"""Bookings in table "bookings": one document per uid, named by the uid's digest.

The document of the root uid holds the thread and the booking; the document of every other uid, where there is one, only
points on. So a uid finds its booking with one read, most bookings are one document, and when two threads turn out to be
one, the others become pointers in the same transaction in which the root takes their facts.

    root     {booking_id, connection_id, uid, thread, booking or null, told: {version, aliases}, business_id?,
              start_utc?, expires_at, version}
    pointer  {booking_id, merged_into, expires_at, version}

`told` is kept also while too little is known for a booking: versions only grow, and links of merged bookings stay.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from chalicelib.bookings import fold
from chalicelib.bookings.booking import Booking, Customer, Status, Venue
from chalicelib.bookings.providers import provider
from chalicelib.bookings.providers.contract import ComingBooking, Parked
from chalicelib.bookings.providers.signing import digest_of
from chalicelib.foundation.instants import seconds_text
from chalicelib.foundation.invalid import each_readable
from chalicelib.foundation.ports import Conflict, Write
from chalicelib.foundation.retry import retry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chalicelib.bookings.booking import Report
    from chalicelib.bookings.business import Business, Connection
    from chalicelib.foundation.ports import Document, Documents

KEEP_BOOKING_DAYS = 30  # a booking, with its customers, is deleted this long after its end
POINTERS_MAX = 100  # pointers that are followed; a thread holds no more links than `fold.LINKS_MAX`
BOOKINGS_MAX = 10_000  # bookings that one query reads


def booking_id_of(connection_id: str, uid: str) -> str:
    """The id of the booking whose root is `uid`."""
    return f"b{digest_of(connection_id, uid)[:24]}"


def booking_to_json(booking: Booking) -> dict[str, Any]:
    """A booking as it is stored; times are ISO 8601 with the venue's offset."""
    plain = asdict(booking) | {
        "status": booking.status.value,
        "start": booking.start.isoformat(),
        "end": booking.end.isoformat(),
        "customers": [asdict(one) for one in booking.customers],
        "aliases": list(booking.aliases),
    }
    if booking.tool_tells_cancel:
        del plain["tool_tells_cancel"]  # as it was stored before anybody could say otherwise
    if not booking.remote:
        del plain["remote"]  # as it was stored before anybody could meet by telephone
    for page in ("cancel_url", "move_url"):
        if plain[page] is None:
            del plain[page]  # as it was stored before tools' pages were read
    return plain


def booking_from_json(raw: dict[str, Any]) -> Booking:
    """Inverse of `booking_to_json`."""
    zone = ZoneInfo(raw["timezone"])
    known = raw | {
        "status": Status(raw["status"]),
        "start": datetime.fromisoformat(raw["start"]).astimezone(zone),
        "end": datetime.fromisoformat(raw["end"]).astimezone(zone),
        "customers": tuple(Customer(**one) for one in raw["customers"]),
        "aliases": tuple(raw["aliases"]),
        "venue": Venue(**raw["venue"]) if raw.get("venue") else None,
    }
    return Booking(**known)


@dataclass(frozen=True, slots=True)
class Applied:
    """What folding a report in came to: the booking now, whether it is different from before, and when to check again.

    `settle_at` is set while the other half of a move is awaited: by then it has come, or the booking is cancelled.
    """

    outcome: Booking | fold.Incomplete
    is_changed: bool
    settle_at: datetime | None


class Bookings:
    """Bookings by id and by the tool's uid."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def booking(self, booking_id: str) -> Booking | None:
        """The booking of that id, or the one that it became; None if there is none (yet). Raises `Unavailable`."""
        document = _ReadDocuments(self._documents).root(booking_id)
        return booking_from_json(document["booking"]) if document and document["booking"] else None

    def of_business(self, business_id: str, first: datetime, last: datetime) -> tuple[Booking, ...]:
        """Bookings of a business that start in [first, last], by start. Raises `Unavailable`."""
        found = self._starting(business_id, first, last)
        return tuple(each_readable(found, lambda one: booking_from_json(one["booking"])))

    def coming_bookings(self, connection: Connection, first: datetime, last: datetime) -> tuple[ComingBooking, ...]:
        """A connection's bookings that start in [first, last] and are neither cancelled nor rejected."""
        return tuple(
            _coming_booking(document)
            for document in self._starting(connection.business_id, first, last)
            if document["booking"]["connection_id"] == connection.connection_id
            and document["booking"]["status"] not in {Status.CANCELLED.value, Status.REJECTED.value}
        )

    def _starting(self, business_id: str, first: datetime, last: datetime) -> list[Document]:
        return self._documents.query(
            "bookings",
            "by_business_keys",
            business_id,
            first=seconds_text(first),
            last=seconds_text(last),
            limit=BOOKINGS_MAX,
        )

    def apply(
        self, report: Report, connection: Connection, business: Business, now: datetime, *, snapshot: bool = False
    ) -> Applied:
        """Folds a report into its booking.

        A `snapshot` is read again and again: where it only repeats what is known, nothing is written. That is right as
        long as snapshots are applied in the order in which they were read. Raises `Parked`, `Unavailable`.
        """
        once = partial(self._apply_once, report, connection, business, now, snapshot=snapshot)
        return retry(once, f"booking of {connection.connection_id}")

    def _apply_once(
        self, report: Report, connection: Connection, business: Business, now: datetime, *, snapshot: bool
    ) -> Applied:
        read = _ReadDocuments(self._documents)
        ids = [booking_id_of(connection.connection_id, uid) for uid in fold.uids_of(report)]
        merge = _Merge(connection, business, now, {one["booking_id"]: one for one in map(read.root, ids) if one})
        thread = merge.thread_with(report, snapshot=snapshot)
        outcome = merge.outcome(thread)
        writes = _writes(merge.document(thread, outcome), merge.stored, ids, read)
        if writes:
            self._documents.write(*writes)
        return Applied(outcome, bool(writes), fold.settles_at(thread, now))


class _ReadDocuments:
    """What was read for one change. Each document is read once: a write expects the very version that was folded."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._found: dict[str, Document | None] = {}

    def get(self, booking_id: str) -> Document | None:
        """The document as it was when it was first read."""
        if booking_id not in self._found:
            self._found[booking_id] = self._documents.get("bookings", booking_id)
        return self._found[booking_id]

    def root(self, booking_id: str) -> Document | None:
        """The document that holds the thread, pointers followed."""
        for _ in range(POINTERS_MAX):
            document = self.get(booking_id)
            if document is None or "merged_into" not in document:
                return document
            booking_id = document["merged_into"]
        raise Conflict("pointers between bookings are being changed")

    def replaceable(self, booking_id: str, stored: dict[str, Document]) -> Document | None:
        """A document that may be written over: its thread was folded in, it only points, or there is none."""
        document = self.get(booking_id)
        if document is not None and booking_id not in stored and "merged_into" not in document:
            raise Conflict("another thread has just taken this place")
        return document


@dataclass(frozen=True, slots=True)
class _Merge:
    """A report and the threads that it belongs to become one; `stored` are the documents of those threads, by id."""

    connection: Connection
    business: Business
    now: datetime
    stored: dict[str, Document] = field(default_factory=dict)

    def thread_with(self, report: Report, *, snapshot: bool) -> fold.Thread:
        """The one thread. Raises `Parked` where it has grown beyond reason."""
        threads = [fold.Thread.from_json(document["thread"]) for document in self.stored.values()]
        if snapshot and len(threads) == 1 and fold.is_repetition(report, threads[0]):
            thread = threads[0]
        else:
            thread = fold.join([*threads, fold.thread_of(report)])
        if len(thread.links) > fold.LINKS_MAX:
            raise Parked(f"moved more than {fold.LINKS_MAX} times")
        return thread

    def outcome(self, thread: fold.Thread) -> Booking | fold.Incomplete:
        """The booking, with what only the store and the settings know: version, aliases, venue."""
        root = self._root_of(thread)
        outcome = fold.booking_of(thread, root, self.connection, self.business.timezone, self.now)
        if isinstance(outcome, fold.Incomplete):
            return outcome
        before_json = self.stored[root]["booking"] if root in self.stored else None
        before = booking_from_json(before_json) if before_json else None
        version, aliases = self._version_and_aliases(root)
        tells_cancel: bool | None = self.connection.settings.get("tool_tells_cancel")
        booking = replace(
            outcome,
            aliases=aliases,
            venue=calendar_venue(thread, self.connection),
            tool_reminds=bool(self.connection.settings.get("tool_reminds")),
            tool_tells_cancel=provider(self.connection.provider).tells_cancel if tells_cancel is None else tells_cancel,
            version=before.version if before else 0,
        )
        return booking if fold.is_same_booking(before, booking) else replace(booking, version=version + 1)

    def document(self, thread: fold.Thread, outcome: Booking | fold.Incomplete) -> Document:
        """The root's document, without its version."""
        root = self._root_of(thread)
        version, aliases = self._version_and_aliases(root)
        if isinstance(outcome, Booking):
            version, aliases = outcome.version, outcome.aliases
        document: Document = {
            "told": {"version": version, "aliases": list(aliases)},
            "booking_id": root,
            "connection_id": self.connection.connection_id,
            "uid": thread.root,
            "thread": thread.to_json(),
            "booking": None,
        }
        end = self.now
        if isinstance(outcome, Booking):
            end = max(self.now, outcome.end)
            document |= {"booking": booking_to_json(outcome), "business_id": outcome.business_id}
            document |= {"start_utc": seconds_text(outcome.start)}
        return document | {"expires_at": int((end + timedelta(days=KEEP_BOOKING_DAYS)).timestamp())}

    def _root_of(self, thread: fold.Thread) -> str:
        return booking_id_of(self.connection.connection_id, thread.root)

    def _version_and_aliases(self, root: str) -> tuple[int, tuple[str, ...]]:
        """The greatest version that a booking of these threads has had, and the other ids under which there was one."""
        told = [(name, document["told"]) for name, document in self.stored.items()]
        ids = {name for name, one in told if one["version"]} | {name for _, one in told for name in one["aliases"]}
        return max((one["version"] for _, one in told), default=0), tuple(sorted(ids - {root}))


def _writes(document: Document, stored: dict[str, Document], ids: Iterable[str], read: _ReadDocuments) -> list[Write]:
    """The documents that change: the root's, those of threads that lost theirs, and pointers of new uids."""
    root = document["booking_id"]
    known = stored.get(root)
    if known and len(stored) == 1 and all(known.get(name) == document[name] for name in ("thread", "booking")):
        return []
    writes = [_write_over(document, read.replaceable(root, stored))]
    for loser in dict.fromkeys([*stored, *ids]):
        before = read.replaceable(loser, stored)
        if loser != root and (before is None or "merged_into" not in before):
            pointer = {"booking_id": loser, "merged_into": root, "expires_at": document["expires_at"]}
            writes.append(_write_over(pointer, before))
    return writes


def _write_over(document: Document, before: Document | None) -> Write:
    expects = before["version"] if before else None
    return Write("bookings", document | {"version": (expects or 0) + 1}, expects)


def _coming_booking(document: Document) -> ComingBooking:
    """A root's document as providers see it, with the order of the report that gave the root's uid its start."""
    uid, booking = document["uid"], document["booking"]
    facts = document["thread"]["facts"].get(uid, {})
    order = str(facts["start"][0]).rsplit("#", 1)[0] if "start" in facts else ""
    return ComingBooking(uid, datetime.fromisoformat(booking["start"]), order, Status(booking["status"]))


def calendar_venue(thread: fold.Thread, connection: Connection) -> Venue | None:
    """Where the appointment's calendar takes place, if the operator gave it a place of its own."""
    place = connection.settings.get("calendars", {}).get(fold.calendar_of(thread) or "")
    return Venue(place["name"], place["lat"], place["lon"]) if place else None
