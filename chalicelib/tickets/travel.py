"""The real `Travel`: the feed's timetable of the day, under what is live now, asked through the planner. Thin."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import replace
from datetime import UTC, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from chalicelib.tickets.plan import NO_WAY, OUTSIDE_AREA, UNKNOWN_FEED, VENUE_OUTSIDE_AREA, Plan
from chalicelib.tickets.recheck import Calls, recheck
from chalicelib.transit import access
from chalicelib.transit.network import Network
from chalicelib.transit.planner import plan
from chalicelib.transit.shelf import NoTimetable

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.tickets.recheck import Standing
    from chalicelib.transit.conditions import Conditions
    from chalicelib.transit.live import Live
    from chalicelib.transit.shelf import Shelf
    from chalicelib.transit.values import Option, Place, Request

NETWORKS_MAX = 4  # prepared and kept: a feed's today and tomorrow, for two change times


class PublicTransport:
    """Plans by public transport and on foot. Safe to share between threads; they take turns in searching."""

    def __init__(self, shelf: Shelf, live: Live | None = None, walking: access.Walking = access.DEFAULT) -> None:
        self._shelf, self._live, self._walking = shelf, live, walking
        self._prepared: OrderedDict[tuple[str, str, int], Network] = OrderedDict()
        self._changed: dict[int, tuple[Network, Conditions, Network]] = {}
        self._calls: dict[int, Calls] = {}
        self._at_least: dict[str, int] = {}
        self._turn = threading.Lock()

    def plan(self, feed_id: str, request: Request, change_s: int, now: datetime) -> Plan:
        """Answers one question, with the reason where there is no answer. Raises `Unavailable`."""
        feed = self._shelf.feed(feed_id)
        if feed is None:
            return Plan(note=UNKNOWN_FEED)
        instant = request.arrive_by or request.depart_at or now
        date = instant.astimezone(ZoneInfo(feed.timezone or "UTC")).date().isoformat()
        with self._turn:
            try:
                network, observed_at = self._network(feed_id, date, change_s, now)
                walking = self._shelf.walking(feed_id, network.timetable) or self._walking
            except NoTimetable as missing:
                return Plan(note=missing.reason)
            return self._answer(request, network, walking, observed_at)

    def recheck(
        self, feed_id: str, option: Option, set_out: datetime, change_s: int, now: datetime
    ) -> tuple[Standing, datetime | None] | None:
        """How a told way stands now, and when that was observed; None: there is no timetable to say so.

        Raises `Unavailable`.
        """
        feed = self._shelf.feed(feed_id)
        if feed is None:
            return None
        date = option.arrive_at.astimezone(ZoneInfo(feed.timezone or "UTC")).date().isoformat()
        with self._turn:
            try:
                network, observed_at = self._network(feed_id, date, change_s, now)
            except NoTimetable:
                return None
            calls = self._calls.get(id(network.timetable))
            if calls is None or calls.timetable is not network.timetable:
                kept = {id(one.timetable) for one in self._prepared.values()}
                self._calls = {key: value for key, value in self._calls.items() if key in kept}
                calls = self._calls[id(network.timetable)] = Calls(network.timetable)
            return recheck(option, network, calls, set_out, change_s), observed_at

    def expect(self, feed_id: str, conditions_at: int) -> None:
        """There are conditions published at this time (POSIX s): older ones held in memory are not good enough."""
        self._at_least[feed_id] = max(conditions_at, self._at_least.get(feed_id, 0))

    def _answer(
        self, request: Request, network: Network, walking: access.Walking, observed_at: datetime | None
    ) -> Plan:
        known = replace(
            request, origin=_known(network, request.origin), destination=_known(network, request.destination)
        )
        options = plan(known, network, walking=walking)
        note = "" if options else _why_not(known, network, walking)
        return Plan(options, str(network.timetable.meta["feed_version"]), observed_at, note)

    def _network(self, feed_id: str, date: str, change_s: int, now: datetime) -> tuple[Network, datetime | None]:
        """The day's network as it is now, and when the live data in use was observed."""
        timetable = self._shelf.day(feed_id, date)
        key = (feed_id, date, change_s)
        network = self._prepared.get(key)
        if network is None or network.timetable is not timetable:
            network = self._prepared[key] = Network(timetable, change_s)
        self._prepared.move_to_end(key)
        while len(self._prepared) > NETWORKS_MAX:
            self._prepared.popitem(last=False)
        if self._live is None:
            return network, None
        version, at_least = timetable.meta["feed_version"], self._at_least.get(feed_id, 0)
        conditions, age_s = self._live.conditions(feed_id, date, now, feed_version=version, at_least=at_least)
        observed_at = None if age_s is None else now.astimezone(UTC) - timedelta(seconds=age_s)
        return (self._under(network, conditions) if conditions else network), observed_at

    def _under(self, network: Network, conditions: Conditions) -> Network:
        held = self._changed.get(id(network))
        if held is None or held[0] is not network or held[1] is not conditions:
            self._changed = {key: kept for key, kept in self._changed.items() if kept[0] in self._prepared.values()}
            held = self._changed[id(network)] = (network, conditions, network.under(conditions))
        return held[2]


def _why_not(request: Request, network: Network, walking: access.Walking) -> str:
    """Whether stops are near at all at both ends."""
    if not len(access.reach(network, request.destination, walking, outward=False).stops):
        return VENUE_OUTSIDE_AREA
    if not len(access.reach(network, request.origin, walking, outward=True).stops):
        return OUTSIDE_AREA
    return NO_WAY


def _known(network: Network, place: Place) -> Place:
    """The place without a stop id that this timetable does not know: ids change from version to version."""
    if place.stop_id is not None and place.stop_id not in network.stop_of:
        return replace(place, stop_id=None, stop_sequence=None)
    return place
