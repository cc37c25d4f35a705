"""One message after another → what is different now. The order of work: match, place, keep the youngest, expand.

Each entity stands alone, and so does each message: what cannot be used is counted by its reason and harms no other.
Numbers are as large as their sender likes; a time that cannot be is never taken for one.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from chalicelib.transit.data.conditions import Conditions
from chalicelib.transit.data.live import STALE_AFTER_S
from feeds.compile.tables.times import DAY_S
from feeds.realtime.decode import LATEST_POSIX_S, MILLISECONDS_FROM, posix_of
from feeds.realtime.matching import match
from feeds.realtime.matching.added import copy_run, new_run, shifted_run
from feeds.realtime.matching.calls import (
    SILENT,
    UNSET,
    day_off,
    day_off_by_time,
    first_time,
    is_believed,
    read_stop_time_updates,
    read_stops,
)
from feeds.realtime.matching.content import MessageContent, RunUpdate
from feeds.realtime.matching.expand import KnownDelays, expand
from feeds.realtime.matching.index import index_of
from feeds.realtime.matching.match import OtherDay, RejectedEntity
from feeds.realtime.matching.modifications import delay_behind, detoured_run, detours_of
from feeds.realtime.matching.passages import AHEAD_S, passage, stray_passage
from feeds.realtime.matching.placing import Placed, Placement, believable, place_calls
from feeds.realtime.matching.vehicles import sighting
from feeds.realtime.report import MatchReport
from feeds.realtime.source import SKEW_MAX_S

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from chalicelib.transit.data.sightings import Sighting
    from chalicelib.transit.data.timetable import Timetable
    from feeds.realtime.matching.calls import Call, PlannedCalls
    from feeds.realtime.matching.index import TimetableIndex
    from feeds.realtime.matching.modifications import Detour

log = logging.getLogger("hub.realtime")

# TripDescriptor.ScheduleRelationship
ADDED, UNSCHEDULED, CANCELED, REPLACEMENT, DUPLICATED, DELETED, NEW = 1, 2, 3, 5, 6, 7, 8
KNOWN_VERSIONS = ("1.0", "2.0")
VERSION_MAX = 20  # characters
# A trip's own stamp: long-distance trains are measured as seldom as this; what is older says nothing about now
STAMP_MAX_S = 30 * 60
ENTITIES_MAX = 200_000  # of one message: twice the largest network that we know of
ANOTHER_TRIP_S = 1800  # an added trip that is so far from a timetabled one of its id runs beside it
NO_DELAY = frozenset({SILENT, UNSET})


def conditions_of(
    messages: Sequence[Any], timetable: Timetable, now: int | None = None
) -> tuple[Conditions, MatchReport]:
    """What decoded messages (several feeds, or one) say about this timetable; see `read_messages`."""
    conditions, report, _ = read_messages(messages, timetable, now)
    return conditions, report


def read_messages(
    messages: Sequence[Any], timetable: Timetable, now: int | None = None
) -> tuple[Conditions, MatchReport, list[Sighting]]:
    """What decoded messages (several feeds, or one) say about this timetable, how they fit it, and their passages.

    `now` (POSIX s) only stands in for a header without a time. A message that hardly knows any trip is another
    network's: it is left out whole and counted in `messages_rejected`.
    """
    index, content, total = index_of(timetable), MessageContent(), MatchReport()
    observed_at = 0
    for message in messages:
        try:
            reader = Reader(index, message, now)
            reader.read()
        except Exception:  # whatever one message holds, the others are read
            log.exception("a message could not be read")
            total.messages_rejected["unreadable"] += 1
            continue
        _count(total, reader.report)
        if reader.report.wrong_feed:
            total.messages_rejected["wrong_feed"] += 1
            continue
        content.take(reader.content)
        observed_at = max(observed_at, reader.at)
    content.refine()
    return _conditions(timetable, content, observed_at), total, content.passages


def _count(total: MatchReport, one: MatchReport) -> None:
    for name in ("entities", "trip_updates", "matched", "other_day", "unknown", "vehicles", "alerts"):
        setattr(total, name, getattr(total, name) + getattr(one, name))
    for name in ("rejected", "ignored", "warnings", "messages_rejected"):
        getattr(total, name).update(getattr(one, name))
    if one.header_at >= total.header_at:
        total.header_at, total.version = one.header_at, one.version


def _conditions(timetable: Timetable, content: MessageContent, observed_at: int) -> Conditions:
    known = KnownDelays()
    runs = sorted(run for run, update in content.updates.items() if update.calls and not update.cancelled)
    for run in runs:
        for call in content.updates[run].calls:
            known.add(*call)
    cancelled = {run for run, update in content.updates.items() if update.cancelled}
    detours = _detours(content, cancelled, known, timetable)
    expected = expand(timetable, sorted({*runs, *detours}), known)
    detoured = {}
    for run, of_run in detours.items():
        if any(one.instead for one in of_run):
            of_platforms = content.updates[run].moved if run in content.updates else {}
            if (made := detoured_run(of_run, timetable, expected, of_platforms)) is not None:
                detoured[run] = made
    moved: dict[int, int] = {}
    for update in content.updates.values():
        moved |= {} if update.cancelled else update.moved
    return Conditions(
        feed_version=timetable.meta["feed_version"],
        service_date=timetable.meta["service_date"],
        observed_at=observed_at,
        at=expected.at,
        arrives=expected.arrives,
        departs=expected.departs,
        skipped=expected.skipped,
        moved=np.array(sorted(moved.items()), "i4").reshape(-1, 2),
        cancelled=np.array(sorted({*cancelled, *detoured}), "i4"),
        live=np.array(runs, "i4"),
        predicted=_runs_ahead(timetable, runs, content, observed_at),
        added=(*content.added_runs(), *detoured.values()),
    )


def _detours(
    content: MessageContent, cancelled: set[int], known: KnownDelays, timetable: Timetable
) -> dict[int, list[Detour]]:
    """The detours by run, in order; what they leave out, and how late they make the rest, is added to what is known."""
    found: dict[int, list[Detour]] = {}
    carried: dict[int, int] = {}
    for _, one in sorted(content.detours.items()):
        if one.run in cancelled:
            continue
        found.setdefault(one.run, []).append(one)
        for at in range(one.first, one.last + 1):
            known.add(at, UNSET, UNSET, skipped=True)
        calls = content.updates[one.run].calls if one.run in content.updates else ()
        behind_s = delay_behind(one, calls, carried.get(one.run))
        if behind_s is not None and one.last + 1 < timetable.run_first[one.run + 1]:
            known.add(one.last + 1, behind_s, behind_s, skipped=False)
            carried[one.run] = behind_s
    return found


def _runs_ahead(timetable: Timetable, runs: Sequence[int], content: MessageContent, observed_at: int) -> NDArray[Any]:
    """The runs whose last named call lies ahead of the message: the operator predicts."""
    last = [content.updates[run].calls[-1] for run in runs]
    calls = np.array([call for call, *_ in last], np.int64)
    late = [depart if depart not in NO_DELAY else arrive for _, arrive, depart, _ in last]
    known = np.array([delay not in NO_DELAY for delay in late], bool)
    due = timetable.st_departs[calls] + np.where(known, np.array(late, np.int64), 0)
    ahead = known & (due > observed_at - timetable.meta["origin_epoch"] + AHEAD_S)
    predicted: NDArray[Any] = np.array(runs, "i4")[ahead]
    return predicted


class TripNews(NamedTuple):
    """A TripUpdate read and checked: `at` is when it was said, POSIX s."""

    update: Any
    want: match.WantedRun
    calls: list[Call]
    at: int

    @property
    def relation(self) -> int:
        """TripDescriptor.ScheduleRelationship."""
        return int(self.update.trip.schedule_relationship)


class Reader:
    """Reads one message. `at` is its time (POSIX s), 0 where nobody says."""

    def __init__(self, index: TimetableIndex, message: Any, now: int | None) -> None:
        self.index = index
        self.message = message
        self.content = MessageContent()
        self.report = MatchReport()
        self.starts: dict[int, int] = {}  # of runs of frequency trips: which start, s, they stand for
        self.at = self._time(now)
        noon_s = DAY_S // 2
        self.now_s = (self.at - index.origin_epoch) if self.at else noon_s

    def _time(self, now: int | None) -> int:
        header = self.message.header
        version = header.gtfs_realtime_version
        self.report.version = version[:VERSION_MAX] if isinstance(version, str) else ""
        if self.report.version not in KNOWN_VERSIONS:
            self.report.warnings["unknown_version"] += 1
        if header.timestamp:
            self.report.header_at = self._posix(header.timestamp)
            return self._not_ahead(self.report.header_at, now)
        self.report.warnings["header_without_time"] += 1
        youngest = max((self._posix(entity.trip_update.timestamp) for entity in self.message.entity), default=0)
        return self._not_ahead(youngest, now) or now or 0

    def _not_ahead(self, at: int, now: int | None) -> int:
        """A time of the feed's clock; what is further ahead than clocks go wrong is no time: 0, or now if known."""
        if at <= (now + SKEW_MAX_S if now else LATEST_POSIX_S):
            return at
        self.report.warnings["header_in_the_future"] += 1
        return now or 0

    def _posix(self, stamp: int) -> int:
        self.report.warnings["time_in_milliseconds"] += stamp >= MILLISECONDS_FROM
        return posix_of(stamp)

    def read(self) -> None:
        """Takes every entity once; what it says is in `content`, how it went in `report`."""
        report, ids = self.report, set()
        beyond = len(self.message.entity) - ENTITIES_MAX
        if beyond > 0:
            report.rejected["too_many_entities"] += beyond
        entities = list(islice(self.message.entity, ENTITIES_MAX))
        added = {ADDED, NEW, DUPLICATED, REPLACEMENT}  # are read first: others may speak of them by their new ids
        entities.sort(key=lambda entity: entity.trip_update.trip.schedule_relationship not in added)
        for entity in entities:
            report.entities += 1
            report.warnings["duplicate_entity_id"] += entity.id in ids
            ids.add(entity.id)
            try:
                self._entity(entity)
            except RejectedEntity as problem:
                report.unknown += problem.reason in {"unknown_trip", "unknown_route"}
                report.rejected[problem.reason] += 1
            except OtherDay:
                report.other_day += 1
            except Exception:  # a fault of ours stays with the entity that showed it
                if not report.rejected["unreadable"]:
                    log.exception("an entity could not be read")
                report.rejected["unreadable"] += 1
        report.warnings, report.rejected = +report.warnings, +report.rejected

    def _entity(self, entity: Any) -> None:
        report = self.report
        if entity.is_deleted:
            report.ignored["deleted"] += 1
        elif entity.HasField("trip_update"):
            report.trip_updates += 1
            self._trip_update(entity.trip_update)
        elif entity.HasField("trip_modifications"):
            detours = detours_of(entity.trip_modifications, self.index, self.report.ignored)
            self.content.detours |= {(one.run, one.first): one for one in detours}
        elif entity.HasField("vehicle"):
            report.vehicles += 1
            self._vehicle(entity.vehicle)
        report.alerts += entity.HasField("alert")

    def _trip_update(self, update: Any) -> None:
        want = match.read_descriptor(update.trip, self.index)
        at = min(self._posix(update.timestamp), self.at) if update.timestamp else self.at
        if update.trip.schedule_relationship in {CANCELED, DELETED}:
            self._cancel(want, read_stops(update), at)
        else:
            self._running(TripNews(update, want, read_stop_time_updates(update, self.report.ignored), at))
        self.report.matched += 1

    def _running(self, news: TripNews) -> None:
        """What is said of a trip that runs: one of the timetable, or one that is or was added."""
        want, index = news.want, self.index
        if news.relation in {ADDED, NEW, UNSCHEDULED} and not self._is_planned(news):
            self._add(news)
        elif want.trip_id in self.content.added and want.trip_id not in index.runs_of_trip:
            self._change_added(news)
        elif match.runs_by_itself(want, index):
            self._add_frequent(news)
        else:
            try:
                run, shift_s = self._run(want, news.calls, news.at)
            except (RejectedEntity, OtherDay):
                self._pass(stray_passage(news.update, news.calls, index, self.at))
                raise
            if self._is_taken(run, want):
                self._add_frequent(news)
            else:
                self._planned(news, run, shift_s)

    def _planned(self, news: TripNews, run: int, shift_s: int) -> None:
        """What is said of a run of the timetable."""
        update, at = news.update, news.at
        self._check_route(news.want, run)
        if news.relation == REPLACEMENT:
            self._add(news)
            self.content.keep(run, RunUpdate(at, cancelled=True))
        elif news.relation == DUPLICATED:
            copied = replace(copy_run(update, run, self.index), at=at)
            self.content.add(copied.expected(at, self._place(news, copied)))
        else:
            placed = self._place(news, self.index, run, shift_s)
            self._pass(passage(run, placed.calls, self.index, self.at))
            if self.at - at > STAMP_MAX_S:
                self.report.ignored["stale_update"] += 1
                skipped = [Placed(one.at, UNSET, UNSET, True) for one in placed.calls if one.skipped]
                placed = placed._replace(calls=skipped)
            elif not news.calls and update.HasField("delay") and is_believed(update.delay):
                placed = Placement([Placed(self.index.first[run], update.delay, update.delay, False)], {})
            self.content.keep(run, RunUpdate(at, calls=placed.calls, moved=placed.moved))

    def _check_route(self, want: match.WantedRun, run: int) -> None:
        if want.route_id and self.index.route_of.get(want.route_id) != self.index.route[run]:
            self.report.warnings["route_disagrees"] += 1

    def _cancel(self, want: match.WantedRun, stops: Sequence[Call], at: int) -> None:
        """A trip of the timetable does not run, or one that was added does not any more."""
        key = want.trip_id
        if match.runs_by_itself(want, self.index):
            key = f"{want.trip_id}@{self._start_s(want, stops, at)}"
        elif not want.trip_id or want.trip_id in self.index.runs_of_trip:
            run, _ = self._run(want, stops, at)
            self._check_route(want, run)
            self.content.keep(run, RunUpdate(at, cancelled=True))
            return
        self.content.withdrawn[key] = max(at, self.content.withdrawn.get(key, at))
        if key not in self.content.added and key == want.trip_id:
            raise match.unknown_trip(want)

    def _is_planned(self, news: TripNews) -> bool:
        """Whether a trip that is called added is one of the timetable: its id, its stops, and about its times."""
        index, want, calls = self.index, news.want, news.calls
        stops = [call.stop_id for call in calls if call.stop_id in index.stop_of]
        events = [(call.stop_id, event) for call in calls for event in (call.arrival, call.departure)]
        times = [(stop_id, event.time) for stop_id, event in events if event.time is not None]
        for run in index.runs_of_trip.get(want.trip_id, ()):
            if not index.is_calling_at(run, stops):
                continue
            if index.start_s[run] >= 0 or not times:
                return True
            calls_at = range(index.first[run], index.first[run + 1])
            planned = [index.departs[at] for at in calls_at if index.stop_id[index.stop[at]] == times[0][0]]
            said = times[0][1] - index.origin_epoch
            if not planned or min(abs(said - time) for time in planned) < ANOTHER_TRIP_S:
                return True
        return False

    def _add(self, news: TripNews) -> None:
        headsign = match.clean_text(news.update.trip_properties.trip_headsign)
        self.content.add(replace(new_run(news.want, headsign, news.calls, self.index, self.report.ignored), at=news.at))

    def _change_added(self, news: TripNews) -> None:
        """An update to a trip that was added, under the id that it was given."""
        added = self.content.added[news.want.trip_id]
        if news.at >= added.at:
            self.content.add(added.expected(news.at, self._place(news, added)))

    def _is_taken(self, run: int, want: match.WantedRun) -> bool:
        """Whether a run of a frequency trip is already another bus: of two bunched starts each is one."""
        if want.start_s is None or self.index.start_s[run] < 0 or not match.is_inexact(want, self.index):
            return False
        return self.starts.setdefault(run, want.start_s) != want.start_s

    def _add_frequent(self, news: TripNews) -> None:
        """A bus of a frequency trip that none of its grid's departures stands for."""
        index, want = self.index, news.want
        original = index.runs_of_trip[want.trip_id][0]
        start_s = self._start_s(want, news.calls, news.at)
        added = shifted_run(original, start_s, index, want.trip_id, index.timetable.text("run_headsign", original))
        added = replace(added, key=f"{want.trip_id}@{start_s}", at=news.at)
        self.content.add(added.expected(news.at, self._place(news, added)))

    def _start_s(self, want: match.WantedRun, calls: Sequence[Call], at: int) -> int:
        """The start of a frequency trip's bus, s from origin: of the day said, else the nearest to the time at hand."""
        time = first_time(calls)
        now_s = (time if time is not None else at) - self.index.origin_epoch
        days = (0, -1, 1) if want.day is None else (want.day,)
        return min(((want.start_s or 0) + day * DAY_S for day in days), key=lambda start: abs(start - now_s))

    def _place(self, news: TripNews, index: PlannedCalls, run: int = 0, shift_s: int = 0) -> Placement:
        """What an update says of a run, as far as it is to be believed. Raises `RejectedEntity`."""
        placed = place_calls(news.calls, index, run, shift_s, self.report.ignored)
        stamp = news.update.timestamp
        fresh = bool(stamp and self.at - self._posix(stamp) <= STALE_AFTER_S)
        return placed._replace(calls=believable(placed.calls, self.report.ignored, fresh=fresh))

    def _vehicle(self, vehicle: Any) -> None:
        at = min(self._posix(vehicle.timestamp), self.at) if vehicle.timestamp else self.at
        try:
            run, here, late_s, standing = sighting(vehicle, self.index, at)
        except RejectedEntity as problem:
            self.report.ignored["vehicle_" + problem.reason] += 1
            return
        self.content.sightings[run] = (at, here, late_s, standing)

    def _run(self, want: match.WantedRun, calls: Sequence[Call], at: int) -> tuple[int, int]:
        """The run meant, and what to take from delays that count from a wrong service day."""
        time = first_time(calls)
        instant_s = (time if time is not None else at) - self.index.origin_epoch if time or at else self.now_s
        off = day_off_by_time(calls) if want.day is not None else 0
        stops = [call.stop_id for call in calls]
        run = match.find_run(want, self.index, instant_s, stops, off)
        if off or day_off(calls):
            self.report.warnings["delay_off_by_a_day"] += 1
        return run, day_off(calls) * DAY_S

    def _pass(self, one: Sighting | None) -> None:
        if one:
            self.content.passages.append(one)
