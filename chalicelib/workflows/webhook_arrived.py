"""A webhook was stored: it is read by its provider, folded into bookings, followed by tickets, then closed.

Every step may be repeated: an event stays open until all of it happened, and each step leaves what it finds done.
What cannot be understood is parked with the reason. A crash is tried once more; the second crash parks the event.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from chalicelib.bookings.connections.activity import Activity, count_call
from chalicelib.bookings.connections.chores import ask_again
from chalicelib.bookings.connections.cursors import Cursors
from chalicelib.bookings.fold import Incomplete
from chalicelib.bookings.inbox import events
from chalicelib.bookings.inbox.parked_parts import PARKED_PARTS, ParkedParts
from chalicelib.bookings.limits import HORIZON
from chalicelib.bookings.providers import MODULES, provider
from chalicelib.bookings.providers.contract import Context, Doubted, Gone, Ignored, Parked, Reading
from chalicelib.bookings.report_rules import came_too_late, is_wanted, with_length
from chalicelib.bookings.store import Bookings
from chalicelib.foundation.instants import find_zone, microseconds_text
from chalicelib.foundation.logs import EVENTS, about, measure
from chalicelib.foundation.ports import Conflict, Refused, Unavailable, Write
from chalicelib.foundation.public_hosts.deadline import deadline

log = logging.getLogger("hub.bookings")

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.bookings.booking import Booking, Report
    from chalicelib.bookings.business import Business, Connection
    from chalicelib.bookings.config import Config
    from chalicelib.bookings.providers.contract import Api, ComingBooking, Provider, Unread
    from chalicelib.foundation.ports import Bucket, Document, Documents

FOLLOW_ALL_MAX = 20  # reports of one event: beyond, only what changed is followed
REASONS_MAX = 5  # why parts of one event were not understood: named in its note
DOUBTED_EVENTS, DOUBTED_EVENTS_MAX = "doubted_events", 50  # events parked because in doubt, in a connection's cursor
REPORTS_MAX = 10_000  # of one event: far above any calendar of a small business
EVENT_S = 15.0  # all that one event's reading may wait for its tool, all pages and repetitions together
CRASHES_MAX = 2  # once may be the machine, twice is the event
TOO_LATE = "the appointment was over before it was announced: no ticket is made"
CHANGED_MAX = 50  # bookings that an event's own record names


@dataclass(frozen=True, slots=True)
class EventOutcome:
    """What became of an event: done, parked, waiting, or gone (there is none, or it was done before)."""

    state: str
    note: str = ""
    changed: tuple[str, ...] = ()  # ids of bookings that are different now


@dataclass
class _Job:
    """One event while it is processed. `lean`: what did not change need not be followed."""

    event: Document
    lean: bool = False


@dataclass
class _Tally:
    """What the reports of one event came to. `settle_at`: when the other half of a move has to have come."""

    notes: dict[str, None] = field(default_factory=dict)  # each once, in order
    changed: list[str] = field(default_factory=list)
    settle_at: datetime | None = None

    def note(self, words: str) -> None:
        self.notes[words] = None

    def outcome(self) -> EventOutcome:
        """Parked where a report came too late, waiting where a half is lacking, else done."""
        note, changed = "; ".join(self.notes), tuple(self.changed)
        if TOO_LATE in self.notes:
            return EventOutcome("parked", note, changed)
        if self.settle_at is not None:
            return EventOutcome("waiting", self.settle_at.isoformat(), changed)
        return EventOutcome("done", note, changed)


def asks_nobody(_connection: Connection, _tool: Provider) -> Api | None:
    """For hubs without credentials: tools that have to be asked are parked, saying so."""
    return None


class Worker:
    """Processes events. `follow` gets every booking that an event is about, changed or not; it is idempotent.

    `api` gives a connection's interface to its tool (`ToolAccess.api`).
    """

    def __init__(
        self,
        documents: Documents,
        bucket: Bucket,
        config: Config,
        follow: Callable[[Booking, datetime], object],
        api: Callable[[Connection, Provider], Api | None] = asks_nobody,
    ) -> None:
        self._documents = documents
        self._bucket = bucket
        self._config = config
        self._follow = follow
        self._api = api
        self._seen = Activity(documents)
        self._bookings = Bookings(documents)
        self._cursors = Cursors(documents)
        self._parked_parts = ParkedParts(documents)

    def process(self, event_id: str, now: datetime) -> EventOutcome:
        """Processes one event. Raises `Unavailable`, `Conflict`, or a first crash: then it is to be called again."""
        event = self._documents.get("inbox", event_id)
        if event is None or event["state"] != "open":
            return EventOutcome("gone")
        job = _Job(event)
        try:
            return self._finish(job.event, self._understand(job, now), now)
        except (Parked, Refused) as reason:
            return self._finish(job.event, EventOutcome("parked", str(reason)), now)
        except Gone as gone:
            return self._finish(
                job.event, EventOutcome("parked", f"the tool does not know it (HTTP {gone.status})"), now
            )
        except events.BodyGone:
            return self._finish(job.event, EventOutcome("parked", "its body has expired"), now)
        except Unavailable as trouble:
            self._seen.remember_trouble(job.event, str(trouble), now)
            raise
        except Conflict:
            raise
        except Exception as error:
            crashes = job.event.get("crashes", 0) + 1
            if crashes < CRASHES_MAX:
                self._save(job.event, events.reopen(job.event, crashes=crashes))
                raise
            crash = f"crashed twice: {type(error).__name__} in {_module_of(error)}"
            return self._finish(job.event, EventOutcome("parked", crash), now)

    def _understand(self, job: _Job, now: datetime) -> EventOutcome:
        event = job.event
        connection = self._config.connection(event["connection_id"])
        if connection is None or connection.provider not in MODULES:
            raise Parked(f"connection {event['connection_id']} is not configured any more")
        business = self._config.business(connection.business_id)
        if business is None:
            raise Parked(f"business {connection.business_id} is not configured")
        if find_zone(business.timezone) is None:
            raise Parked(f"the business has an unknown time zone: {business.timezone}")
        tool = provider(connection.provider)
        context = self._context(event, connection, business, tool, now)
        try:
            with deadline(EVENT_S):
                found = self._read(event, tool, context)
        except Doubted as doubt:
            doubted = {*context.cursor.get(DOUBTED_EVENTS, ()), event["event_id"]}
            self._cursors.put(connection, {**doubt.cursor, DOUBTED_EVENTS: sorted(doubted)[:DOUBTED_EVENTS_MAX]}, now)
            ask_again(self._documents, connection.connection_id, now)
            raise
        if isinstance(found, Ignored):
            return EventOutcome("done", found.reason)
        if len(found.reports) > REPORTS_MAX:
            raise Parked(f"says something about {len(found.reports)} appointments; {REPORTS_MAX} at most")
        if len(found.reports) > FOLLOW_ALL_MAX:
            self._begin(job)
        outcome = self._carry_out(found.reports, context, snapshot=tool.snapshots, lean=job.lean)
        news, remembered = self._parked_parts.split(found, event["event_id"], context.cursor)
        changes = {**(found.cursor or {}), PARKED_PARTS: remembered} | self._close_doubted(found, context, event, now)
        if found.cursor is not None or remembered != context.cursor.get(PARKED_PARTS):
            self._cursors.put(connection, changes, now)
        if news:
            return EventOutcome("parked", _unread_note(found, news), outcome.changed)
        return outcome

    def _close_doubted(self, found: Reading, context: Context, current: Document, now: datetime) -> dict[str, Any]:
        """Closes the readings that were doubted before a whole one counted; answers what changes of the cursor."""
        if not found.is_whole or DOUBTED_EVENTS not in context.cursor:
            return {}
        for event_id in context.cursor[DOUBTED_EVENTS]:
            event = self._documents.get("inbox", event_id)
            if event is not None and event["state"] == "parked" and event_id != current["event_id"]:
                self._save(event, events.close(event, "done", now, note="a later reading counts"))
        return {DOUBTED_EVENTS: None}

    def _begin(self, job: _Job) -> None:
        """Of an event about many appointments only what changed is followed; all, if it was begun before.

        Then the last try may have ended between changing and following.
        """
        if not job.event.get("begun"):
            marked = job.event | {"begun": True, "version": job.event["version"] + 1}
            self._documents.write(Write("inbox", marked, job.event["version"]))
            job.event, job.lean = marked, True

    def _context(
        self, event: Document, connection: Connection, business: Business, tool: Provider, now: datetime
    ) -> Context:
        def standing() -> tuple[ComingBooking, ...]:
            return self._bookings.coming_bookings(connection, now, now + HORIZON)

        return Context(
            connection,
            business,
            now,
            datetime.fromisoformat(event["received_at"]),
            self._api(connection, tool),
            self._cursors.get(connection.connection_id),
            standing,
        )

    def _read(self, event: Document, tool: Provider, context: Context) -> Reading | Ignored:
        """What the event says, or (for the hub's own "reconcile" events) what the tool has."""
        if event.get("kind") == events.RECONCILE:
            found = tool.upcoming(context) if tool.upcoming else Ignored("the tool cannot be asked for its bookings")
        else:
            found = tool.reports(events.raw_of(event, self._bucket), context)
        return Reading(found) if isinstance(found, tuple) else found

    def _carry_out(self, reports: tuple[Report, ...], context: Context, *, snapshot: bool, lean: bool) -> EventOutcome:
        """Folds each report into its booking and has the booking followed. A `lean` event follows only what changed."""
        tally = _Tally()
        for report in (with_length(one, context.setting("length_min", {})) for one in reports):
            if not is_wanted(report, context.setting("event_types", ())):
                tally.note("an event type that does not count")
                continue
            applied = self._bookings.apply(report, context.connection, context.business, context.now, snapshot=snapshot)
            booking = applied.outcome
            tally.settle_at = min(filter(None, (tally.settle_at, applied.settle_at)), default=None)
            if isinstance(booking, Incomplete):
                tally.note(f"kept until it is known: {booking.missing}")
                continue
            if booking.end <= context.now:
                is_too_late = not snapshot and came_too_late(report, booking, context.received_at)
                tally.note(TOO_LATE if is_too_late else "in the past")
            if applied.is_changed or not lean:
                self._follow(booking, context.now)
            if applied.is_changed:
                tally.changed.append(booking.booking_id)
        return tally.outcome()

    def _finish(self, event: Document, outcome: EventOutcome, now: datetime) -> EventOutcome:
        """Closes the event, or leaves it open until the other half of a move is due."""
        what: dict[str, Any] = {"changed": list(outcome.changed)[:CHANGED_MAX] or event.get("changed", [])}
        what["counted"] = True
        if outcome.state == "waiting":
            due = datetime.fromisoformat(outcome.note)
            changed = events.reopen(event, waits=True, look_after=microseconds_text(due), **what)
        else:
            kept = events.with_body_kept(event, outcome.state, self._bucket)
            what |= {"reason": outcome.note, "crashes": 0} if outcome.state == "parked" else {"note": outcome.note}
            changed = events.close(kept, "parked" if outcome.state == "parked" else "done", now, **what)
        if self._save(event, changed) and not event.get("counted") and event.get("kind") != events.RECONCILE:
            count_call(self._documents, event["connection_id"], event["event_id"])
        self._seen.remember_event(event, outcome.state, outcome.note, outcome.changed, now)
        ids = about(event_id=event["event_id"], connection_id=event["connection_id"], state=outcome.state)
        log.info("an event was processed", extra=ids)  # the note may quote the call
        measure(EVENTS, 1, now, state=outcome.state)
        return outcome

    def _save(self, event: Document, changed: Document) -> bool:
        """Whether this worker was the one: another may have had the same event and come first; both did the same."""
        try:
            self._documents.write(Write("inbox", changed, event["version"]))
        except Conflict:
            return False
        events.forget_body(event, changed, self._bucket)
        return True


def _unread_note(found: Reading, news: tuple[Unread, ...]) -> str:
    """How much of an event was not understood, and why; the rest of it was carried out."""
    bad = [one for one in news if not one.is_finding]
    reasons = "; ".join(dict.fromkeys(one.reason for one in news[:REASONS_MAX]))
    return f"{len(bad)} of {len(bad) + len(found.reports)} not understood: {reasons}" if bad else reasons


def _module_of(error: BaseException) -> str:
    """The module in which an error arose: enough to find it, and nothing of what it was about."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return str(trace.tb_frame.f_globals.get("__name__", "?")) if trace else "?"
