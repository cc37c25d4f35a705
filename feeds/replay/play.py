"""A recorded day through the hub's own code on a virtual clock: what would have been sent to whom, and when.

Real tickets take the hub's own step (`workflows/checking/step`) as often as in the hub: when they are due, and, while
their customer follows a promised itinerary, at each update of the live data. What is said is put into words and held or
sent by the hub's rules. Each check knows only what had been published by its time. The clock goes from snapshot to
snapshot; where the recording has a gap it goes in steps of a minute, so that live data grows old as it would have.

Two things differ from a running hub: what is learned of delays counts at once, not ten minutes later, and no phone,
booking tool or opt-out gets in the way.
"""

from __future__ import annotations

import heapq
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from chalicelib.foundation.keys import latest_due_key
from chalicelib.notices.notice import NoticeState
from chalicelib.notices.receipts import reconcile, taken_back
from chalicelib.notices.verdict import verdict
from chalicelib.tickets.replanning.public_transport import PublicTransport
from chalicelib.tickets.schedule import watch_keys
from chalicelib.tickets.states import advance_by_clock
from chalicelib.transit.reliability.delays import Delays
from chalicelib.workflows.checking.step import StepContext, run_step
from feeds.realtime.decode import decode
from feeds.realtime.matching.index import index_of
from feeds.realtime.reading import Reader
from feeds.replay.guests import guest_of, replay_business
from feeds.replay.scoring.truth import Truth
from feeds.replay.sources import RecordedSources

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from chalicelib.notices.notice import Notice
    from chalicelib.tickets.ticket import Ticket
    from chalicelib.transit.data.timetable import Timetable
    from feeds.replay.appointments import Appointment
    from feeds.replay.guests import Guest
    from feeds.replay.recording import Snapshot

GAP_STEP_S = 60  # of the clock where the recording has a gap: the hub checks once a minute
FIRST_CHECK = timedelta(hours=3)  # before their appointment customers say where they come from
PUBLIC_URL = "https://hub.example.com"


class SentNotice(NamedTuple):
    """A notice that went out, and its ticket as it was when that was decided."""

    at: datetime
    guest: Guest
    notice: Notice
    ticket: Ticket


@dataclass
class ReplayDay:
    """One service day and its customers; `spoke` counts by rule what was said, `held_back` why some was not sent."""

    timetable: Timetable
    appointments: list[Appointment]
    delays: Delays
    spoke: Counter[str] = field(default_factory=Counter)
    held_back: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.sources, self.truth = RecordedSources(self.timetable, self.delays), Truth(self.timetable)
        self.travel = PublicTransport(self.sources, self.sources, self.sources)
        self.business = replay_business(str(self.timetable.meta["timezone"]))
        self.guests = [guest_of(one, number, self.business) for number, one in enumerate(self.appointments)]
        self.tickets = [guest.ticket for guest in self.guests]
        self._due = [(guest.appointment.arrive_by - FIRST_CHECK, number) for number, guest in enumerate(self.guests)]
        heapq.heapify(self._due)
        self._watched: set[int] = set()
        self._held: list[tuple[datetime, int, int, Notice, Ticket]] = []
        self._notices: list[dict[str, Notice]] = [{} for _ in self.guests]  # of each guest, as they are now

    @property
    def origin(self) -> int:
        """The day's origin, POSIX s."""
        return int(self.timetable.meta["origin_epoch"])

    def play(self, recording: Sequence[Snapshot]) -> Iterator[SentNotice]:
        """Everything sent to this day's customers, in order of time."""
        for at, snapshot in _moments(recording):
            now = datetime.fromtimestamp(at, UTC)
            if snapshot is not None:
                self.truth.take(self.sources.publish(snapshot))
            while self._held and self._held[0][0] <= now:
                _, number, _, notice, ticket = heapq.heappop(self._held)
                yield from self._send(self.guests[number], notice, ticket, now)
            checked = set()
            while self._due and self._due[0][0] <= now:
                number = heapq.heappop(self._due)[1]
                due_at = self.tickets[number].next_check_at
                if number not in checked and (due_at is None or due_at <= now):  # it may have been put off meanwhile
                    checked.add(number)
                    yield from self._check(number, now, lean=False)
            for number in sorted(self._watched - checked) if snapshot is not None else ():
                yield from self._check(number, now, lean=True)

    def _check(self, number: int, now: datetime, *, lean: bool) -> Iterator[SentNotice]:
        """Checks one ticket as the hub does, but for storing it."""
        guest, stored, known = self.guests[number], self.tickets[number], self._notices[number]
        pending = {one.notice_id: known[one.notice_id] for one in stored.promise.pending}
        before = reconcile(advance_by_clock(stored, now), pending, self.business, now)
        context = StepContext(self.business, lambda: self.travel, now, lean)
        ticket, notices = run_step(before, stored, context, PUBLIC_URL)
        self.tickets[number] = ticket
        known.update((one.notice_id, one) for one in (*taken_back(pending, ticket, self.business, now), *notices))
        self._schedule_next(number, now)
        for order, notice in enumerate(notices):
            self.spoke[notice.kind] += 1
            if notice.state is NoticeState.HELD:
                heapq.heappush(self._held, (notice.send_at, number, order, notice, ticket))
            else:
                yield from self._send(guest, notice, ticket, now)

    def _schedule_next(self, number: int, now: datetime) -> None:
        ticket = self.tickets[number]
        until = watch_keys(ticket)[1]
        (self._watched.add if until and until >= latest_due_key(now) else self._watched.discard)(number)
        if ticket.next_check_at and ticket.next_check_at < ticket.end:
            heapq.heappush(self._due, (max(ticket.next_check_at, now + timedelta(seconds=1)), number))

    def _send(self, guest: Guest, notice: Notice, decided: Ticket, now: datetime) -> Iterator[SentNotice]:
        """Sends, unless the hub would not any more. `decided`: the ticket as it was when the notice was decided."""
        ticket, known = self.tickets[guest.number], self._notices[guest.number]
        notice = known.get(notice.notice_id, notice)  # it may have been taken back since
        if notice.state is not NoticeState.SUPPRESSED:
            end = verdict(notice, ticket, guest.booking, now, opted_out=False, business=self.business)
            notice = replace(notice, state=end.state or NoticeState.SENT, reason=end.reason)
            known[notice.notice_id] = notice
        if notice.state is not NoticeState.SENT:
            self.held_back[notice.reason or ""] += 1
            return
        yield SentNotice(now, guest, notice, decided)


def by_day(appointments: Iterable[Appointment], timezone: str) -> dict[str, list[Appointment]]:
    """Appointments by their local date."""
    found: dict[str, list[Appointment]] = {}
    for one in appointments:
        day = one.arrive_by.astimezone(ZoneInfo(timezone)).date().isoformat()
        found.setdefault(day, []).append(one)
    return dict(sorted(found.items()))


def learn_from(history: Iterable[Sequence[Snapshot]], timetable: Timetable) -> Delays:
    """What earlier recordings teach. Their trips need not be in this timetable: lines and stops are what counts."""
    delays = Delays()
    for recording in history:
        for snapshot in recording:
            reader = Reader(index_of(timetable), decode(snapshot.data), None)
            reader.read()
            delays.learn(reader.content.passages)
        delays.forget_runs(float("inf"))
    return delays


def _moments(recording: Sequence[Snapshot]) -> Iterator[tuple[int, Snapshot | None]]:
    """Snapshots at their times, and the minutes of gaps between them."""
    last = recording[0].at if recording else 0
    for snapshot in recording:
        while snapshot.at - last > GAP_STEP_S + GAP_STEP_S // 2:
            last += GAP_STEP_S
            yield last, None
        last = max(last, snapshot.at)
        yield last, snapshot
