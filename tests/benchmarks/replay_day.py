"""A recorded day of Auckland replayed for seeded customers: the figures of the README, and a report to look at.

    python -m tests.benchmarks.replay_day [--tickets 2000] [--seed 11] [--history FOLDER_OR_TAR]... [--report FILE]

Customers live and go near stops, busier ones more often, 1.5 to 12 km apart; appointments are on the five minutes from
07:30 to 20:00. By the timetable each has a way of at most 80 minutes; two thirds of them have to change.
"""

from __future__ import annotations

import argparse
import csv
import random
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np

from chalicelib.transit.data.walking import CROW_FLY
from chalicelib.transit.itinerary import Place, Request
from chalicelib.transit.search.network import Network
from chalicelib.transit.search.paths import paths_arriving_by
from chalicelib.transit.search.planner import end_walks
from feeds.__main__ import main as feeds
from feeds.compile.network import read_network
from tests.benchmarks.accept import machine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalicelib.transit.data.timetable import Timetable

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "auckland-2016-05-19"
DAY = date(2016, 5, 19)
APART_M = (1500, 12_000)
STARTS = (90, 240)  # in steps of five minutes
WAY_MAX_S = 80 * 60
SPREAD = (0.0015, 0.002)  # degrees round a stop, a standard deviation
HEADS = ("ticket_id", "origin_lat", "origin_lon", "dest_lat", "dest_lon", "arrive_by")

Row = tuple[str, float, float, float, float, str]
Spot = tuple[float, float]


def customers(timetable: Timetable, count: int, seed: int) -> Iterator[Row]:
    """Rows of a tickets.csv."""
    dice, network = random.Random(seed), Network(timetable)
    stops = np.unique(timetable.st_stop)
    busy = np.bincount(timetable.st_stop, minlength=timetable.n_stops)[stops].astype(float).cumsum()

    def spot() -> Spot:
        stop = stops[np.searchsorted(busy, dice.random() * busy[-1])]
        north, east = dice.gauss(0, SPREAD[0]), dice.gauss(0, SPREAD[1])
        return float(timetable.stop_lat[stop] + north), float(timetable.stop_lon[stop] + east)

    wanted = {False: -(-count // 3), True: -(-2 * count // 3)}  # by whether they change
    zone, origin = ZoneInfo(timetable.meta["timezone"]), int(timetable.meta["origin_epoch"])
    number = 0
    while number < count:
        home, venue = spot(), spot()
        if not APART_M[0] < _apart_m(home, venue) < APART_M[1]:
            continue
        start_s = dice.randrange(*STARTS) * 300
        start = datetime.fromtimestamp(origin + start_s, UTC).astimezone(zone)
        changes = _changes(network, home, venue, start, start_s)
        if changes is not None and wanted[changes]:
            wanted[changes] -= 1
            yield f"t{number}", *_rounded(home), *_rounded(venue), start.isoformat()
            number += 1


def _rounded(spot: Spot) -> Spot:
    return round(spot[0], 6), round(spot[1], 6)


def _apart_m(one: Spot, other: Spot) -> float:
    north, east = one[0] - other[0], (one[1] - other[1]) * np.cos(np.radians(one[0]))
    return float(np.hypot(north, east)) * 111e3


def _changes(network: Network, home: Spot, venue: Spot, start: datetime, start_s: int) -> bool | None:
    """Whether the best way by the timetable has a change; None: there is no way, or it is too long, or on foot."""
    request = Request(Place("home", *home), Place("venue", *venue), arrive_by=start)
    ways = paths_arriving_by(network, end_walks(network, request, CROW_FLY), start_s)
    if not ways or not ways[-1].rides or start_s - ways[-1].leave > WAY_MAX_S:
        return None
    return len(ways[-1].rides) > 1


def main() -> None:
    """Seeds the customers and replays their day."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.replay_day")
    parser.add_argument("--tickets", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--history", action="append", default=[])
    parser.add_argument("--report")
    given = parser.parse_args()
    print(machine(), flush=True)
    timetable = read_network([DATA / "gtfs.zip"]).day(DAY)
    with tempfile.TemporaryDirectory() as folder:
        tickets = Path(folder) / "tickets.csv"
        with tickets.open("w", newline="") as out:
            csv.writer(out).writerows([HEADS, *customers(timetable, given.tickets, given.seed)])
        more = [word for path in given.history for word in ("--history", path)]
        more += ["--report", given.report] if given.report else []
        feeds(
            [
                "replay",
                "--gtfs",
                str(DATA / "gtfs.zip"),
                "--realtime",
                str(DATA / "tripupdates.tar.xz"),
                "--tickets",
                str(tickets),
                "--out",
                str(Path(folder) / "advice.jsonl"),
                *more,
            ]
        )


if __name__ == "__main__":
    main()
