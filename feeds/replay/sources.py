"""The day as it was known at each moment: what the hub's own `PublicTransport` asks for, from a recording.

It stands for the service days, the reader of live data and the forecasts at once. It answers from what had been
published by `now`, never from what came later.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chalicelib.transit.data.feed import Feed
from chalicelib.transit.data.lines import Lines
from chalicelib.transit.data.live import STALE_AFTER_S
from chalicelib.transit.data.service_days import OUTSIDE_CALENDAR, NoTimetable
from chalicelib.transit.reliability.feed_forecasts import forecast_of
from feeds.realtime.decode import decode
from feeds.realtime.learning import Memory
from feeds.realtime.reading import read_messages

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.transit.data.conditions import Conditions
    from chalicelib.transit.data.sightings import Sighting
    from chalicelib.transit.data.timetable import Timetable
    from chalicelib.transit.reliability.delays import Delays
    from chalicelib.transit.reliability.forecast import Forecast
    from feeds.replay.recording import Snapshot

FEED = "replay"


class RecordedSources:
    """One service day. `delays` goes on learning; nothing is known before the first `publish`."""

    def __init__(self, timetable: Timetable, delays: Delays) -> None:
        self.timetable = timetable
        self.lines = Lines(timetable)
        self.date = str(timetable.meta["service_date"])
        self._delays = delays
        self._memory = Memory()
        self._conditions: Conditions | None = None
        self._published_at = 0
        self._forecast: Forecast | None = None

    def publish(self, snapshot: Snapshot) -> list[Sighting]:
        """Makes a snapshot the newest live data; returns the passages of vehicles that it shows."""
        found, _, passages = read_messages([decode(snapshot.data)], self.timetable)
        self._delays.learn(passages)
        version = str(self.timetable.meta["feed_version"])
        passed = self._memory.passages_to_publish(FEED, self.date, version, passages, snapshot.at)
        self._conditions, self._published_at = replace(found, passed=passed), snapshot.at
        return passages

    # --- as service days ---

    def feed(self, feed_id: str) -> Feed | None:
        """The feed of the day."""
        zone = str(self.timetable.meta["timezone"])
        return Feed(feed_id, (), ("the recording",), timezone=zone) if feed_id == FEED else None

    def day(self, feed_id: str, date: str) -> Timetable:
        """The timetable of the day. Raises `NoTimetable` for others."""
        if date != self.date:
            raise NoTimetable(OUTSIDE_CALENDAR, f"{feed_id} is played on {self.date} only")
        return self.timetable

    def walking(self, *_: Any) -> None:
        """As the crow flies."""

    # --- as live data ---

    def conditions(self, _feed_id: str, _date: str, now: datetime, **_: Any) -> tuple[Conditions | None, int | None]:
        """(conditions, age in s), as `transit.data.live.LiveConditions` says it."""
        if self._conditions is None:
            return None, None
        age_s = max(0, int(now.timestamp()) - self._published_at)
        return (self._conditions if age_s <= STALE_AFTER_S else None), age_s

    # --- as forecasts ---

    def at(self, _feed_id: str, _timetable: Timetable, conditions: Conditions | None, now: datetime) -> Forecast:
        """The forecast of this moment, from what was learned by now."""
        now_s = int(now.timestamp()) - int(self.timetable.meta["origin_epoch"])
        held = self._forecast
        if held is None or held.now_s != now_s:
            held = self._forecast = forecast_of(self.lines, self._delays, conditions, now_s)
        return held
