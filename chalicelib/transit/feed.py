"""A configured feed: where its data come from and which compiled service days are ready."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Feed:
    """One operator-configured network. `days` maps service dates (YYYY-MM-DD) to bucket keys of their timetables."""

    feed_id: str
    gtfs: tuple[str, ...]  # http(s) URLs or, on one machine only, paths
    realtime: tuple[str, ...] = ()
    gbfs: tuple[str, ...] = ()
    state: str = "configured"  # configured, compiling, ready, failed
    message: str = ""  # for an operator: what went wrong, whose fault, what to do
    feed_version: str = ""
    timezone: str = ""
    days: dict[str, str] = field(default_factory=dict)
    bounds: tuple[float, float, float, float] | None = None  # south, west, north, east of all stops
    calendar: tuple[str, str] | None = None  # first and last service date of the feed
    findings: tuple[dict[str, str], ...] = ()  # file, row, what, why (the first hundred)
    checked_at: str = ""
    etag: dict[str, str] = field(default_factory=dict)  # url → ETag or Last-Modified of what is compiled
    version: int = 0
