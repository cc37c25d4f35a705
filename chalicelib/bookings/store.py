"""Bookings in table "bookings": one document per uid, named by the uid's digest.

The root uid's document holds the thread and the booking; every other uid's document that exists only points on
(`merged_into`). So a uid finds its booking with one read, most appointments are one document, and when two threads
turn out to be one, the losers become pointers in the same transaction in which the winner takes their facts.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from chalicelib.bookings import fold
from chalicelib.bookings.booking import Booking, Customer, Status, Venue
from chalicelib.bookings.providers.contract import ComingBooking, Parked
from chalicelib.bookings.providers.signing import digest_of
from chalicelib.foundation.ports import Conflict, Write
from chalicelib.foundation.retry import retry

if TYPE_CHECKING:
    from chalicelib.bookings.booking import Report
    from chalicelib.bookings.business import Business, Connection
    from chalicelib.foundation.ports import Document, Documents

KEEP_BOOKING_DAYS = 30  # a booking, with its customers, is forgotten this long after its end
POINTERS_MAX = 100


def booking_id_of(connection_id: str, uid: str) -> str:
    """The id of the booking whose root is `uid`."""
    return f"b{digest_of(connection_id, uid)[:24]}"


def booking_to_json(booking: Booking) -> dict[str, Any]:
    """A booking as JSON; times ISO 8601 with the venue's offset."""
    return asdict(booking) | {
        "status": booking.status.value,
        "start": booking.start.isoformat(),
        "end": booking.end.isoformat(),
        "customers": [asdict(one) for one in booking.customers],
        "aliases": list(booking.aliases),
    }


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


class Bookings:
    """Bookings by id and by the tool's uid."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def booking(self, booking_id: str) -> Booking | None:
        """The booking of that id, or the one it became; None if there is none (yet). Raises `Unavailable`."""
        document = _ReadDocuments(self._documents).root(booking_id)
        return booking_from_json(document["booking"]) if document and document["booking"] else None

    def of_business(self, business_id: str, first: datetime, last: datetime) -> tuple[Booking, ...]:
        """Bookings of a business that start in [first, last], by start."""
        return tuple(booking_from_json(found["booking"]) for found in self._starting(business_id, first, last))

    def coming_bookings(self, connection: Connection, first: datetime, last: datetime) -> tuple[ComingBooking, ...]:
        """A connection's bookings that are not over for good and start in [first, last]."""
        return tuple(
            ComingBooking(
                document["uid"],
                datetime.fromisoformat(document["booking"]["start"]),
                _order_of(document),
                Status(document["booking"]["status"]),
            )
            for document in self._starting(connection.business_id, first, last)
            if document["booking"]["connection_id"] == connection.connection_id
            and document["booking"]["status"] in {Status.BOOKED.value, Status.REQUESTED.value, Status.NO_SHOW.value}
        )

    def _starting(self, business_id: str, first: datetime, last: datetime) -> list[Document]:
        return self._documents.query(
            "bookings", "by_business", business_id, first=utc_text(first), last=utc_text(last), limit=10_000
        )

    def apply(
        self, report: Report, connection: Connection, business: Business, now: datetime, *, snapshot: bool = False
    ) -> tuple[Booking | fold.Incomplete, bool, datetime | None]:
        """Folds a report in: what the booking is now, whether that is new, and when it has to be looked at again.

        A `snapshot` is read again and again: where it only repeats what is known, nothing is written. That is right as
        long as snapshots are applied in the order they were read.
        Raises `Parked`, `Unavailable`.
        """
        once = partial(self._apply_once, report, connection, business, now, snapshot=snapshot)
        return retry(once, f"booking of {connection.connection_id}")

    def _apply_once(
        self, report: Report, connection: Connection, business: Business, now: datetime, *, snapshot: bool
    ) -> tuple[Booking | fold.Incomplete, bool, datetime | None]:
        seen = _ReadDocuments(self._documents)
        ids = [booking_id_of(connection.connection_id, uid) for uid in fold.uids_of(report)]
        stored = {document["booking_id"]: document for document in map(seen.root, ids) if document}
        threads = [fold.Thread.from_json(document["thread"]) for document in stored.values()]
        repeats = snapshot and len(threads) == 1 and fold.is_repetition(report, threads[0])
        thread = threads[0] if repeats else fold.join([*threads, fold.thread_of(report)])
        if len(thread.links) > fold.LINKS_MAX:
            raise Parked(f"moved more than {fold.LINKS_MAX} times")
        root = booking_id_of(connection.connection_id, thread.root)
        outcome = _outcome_of(thread, root, connection, business, stored, now)
        document = _document(root, thread, outcome, _lasting_facts(outcome, root, stored), connection, now)
        writes = _writes(document, stored, ids, seen)
        if writes:
            self._documents.write(*writes)
        return outcome, bool(writes), fold.settles_at(thread, now)


class _ReadDocuments:
    """What was read for one change. Each document is read once: a write expects the very version that was folded."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._found: dict[str, Document | None] = {}

    def get(self, booking_id: str) -> Document | None:
        """The document as it was when it was first asked for."""
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


def _writes(document: Document, stored: dict[str, Document], ids: list[str], seen: _ReadDocuments) -> list[Write]:
    """The documents that change: the root's, those of threads that lost theirs, and pointers of new uids."""
    root = document["booking_id"]
    known = stored.get(root)
    if known and len(stored) == 1 and all(known.get(name) == document[name] for name in ("thread", "booking")):
        return []
    writes = [_write_over(document, seen.replaceable(root, stored))]
    for loser in dict.fromkeys([*stored, *ids]):
        before = seen.replaceable(loser, stored)
        if loser != root and (before is None or "merged_into" not in before):
            pointer = {"booking_id": loser, "merged_into": root, "expires_at": document["expires_at"]}
            writes.append(_write_over(pointer, before))
    return writes


def _write_over(document: Document, before: Document | None) -> Write:
    expects = before["version"] if before else None
    return Write("bookings", document | {"version": (expects or 0) + 1}, expects)


def utc_text(when: datetime) -> str:
    """An instant as index "by_business" sorts it: "2024-01-10T14:30:00Z"."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _order_of(document: Document) -> str:
    """The order of the report that said the present start."""
    facts = document["thread"]["facts"].get(document["uid"], {})
    return str(facts["start"][0]).rsplit("#", 1)[0] if "start" in facts else ""


def _outcome_of(
    thread: fold.Thread,
    root: str,
    connection: Connection,
    business: Business,
    stored: dict[str, Document],
    now: datetime,
) -> Booking | fold.Incomplete:
    """The booking, with what only the store and the settings know: version, aliases, venue."""
    outcome = fold.booking_of(thread, root, business.business_id, connection.connection_id, business.timezone, now)
    if isinstance(outcome, fold.Incomplete):
        return outcome
    own_json = stored[root]["booking"] if root in stored else None
    own = booking_from_json(own_json) if own_json else None
    version, aliases = _version_and_aliases(root, stored)
    booking = replace(
        outcome,
        aliases=aliases,
        venue=calendar_venue(thread, connection),
        tool_reminds=bool(connection.settings.get("tool_reminds")),
        version=own.version if own else 0,
    )
    if fold.is_same_booking(own, booking):
        return booking
    return replace(booking, version=version + 1)


def _version_and_aliases(root: str, stored: dict[str, Document]) -> tuple[int, tuple[str, ...]]:
    """The greatest version that anybody was told, and the other ids under which."""
    told = [(name, document["told"]) for name, document in stored.items()]
    ids = {name for name, one in told if one["version"]} | {name for _, one in told for name in one["aliases"]}
    return max((one["version"] for _, one in told), default=0), tuple(sorted(ids - {root}))


def _lasting_facts(outcome: Booking | fold.Incomplete, root: str, stored: dict[str, Document]) -> dict[str, Any]:
    """What must not be forgotten, also while too little is known for a booking: versions only grow, links stay."""
    if isinstance(outcome, Booking):
        return {"version": outcome.version, "aliases": list(outcome.aliases)}
    version, aliases = _version_and_aliases(root, stored)
    return {"version": version, "aliases": list(aliases)}


def calendar_venue(thread: fold.Thread, connection: Connection) -> Venue | None:
    """Where the appointment's calendar takes place, if the operator gave it a place of its own."""
    place = connection.settings.get("calendars", {}).get(fold.calendar_of(thread) or "")
    return Venue(place["name"], place["lat"], place["lon"]) if place else None


def _document(
    root: str,
    thread: fold.Thread,
    outcome: Booking | fold.Incomplete,
    told: dict[str, Any],
    connection: Connection,
    now: datetime,
) -> Document:
    document: Document = {
        "told": told,
        "booking_id": root,
        "connection_id": connection.connection_id,
        "uid": thread.root,
        "thread": thread.to_json(),
        "booking": None,
    }
    end = now
    if isinstance(outcome, Booking):
        end = max(now, outcome.end)
        document |= {"booking": booking_to_json(outcome), "business_id": outcome.business_id}
        document |= {"start_utc": utc_text(outcome.start)}
    return document | {"expires_at": int((end + timedelta(days=KEEP_BOOKING_DAYS)).timestamp())}
