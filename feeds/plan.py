"""`python -m feeds plan DIR --from PLACE --to PLACE (--arrive-by T | --depart-at T) …`: one question, answered.

Which day's timetable answers: that of the date asked about; if it has no itinerary, its neighbour on the side
where the search would have gone on: the day after for depart-at; the day before for arrive-by, where the small hours
are asked about, which are still the night of that day. Then all of that day is an answer; else nothing that is there
hours too early is one (`prices.EARLY_MAX_S`).
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from chalicelib.transit.data import service_days, walking
from chalicelib.transit.data.timetable import UPTO_S
from chalicelib.transit.itinerary import Place, Request
from chalicelib.transit.search.network import Network
from chalicelib.transit.search.planner import plan
from chalicelib.transit.search.prices import CHANGE_S, EARLY_MAX_S, ITINERARIES_MAX
from feeds import EXIT_UNUSABLE

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from chalicelib.transit.data.conditions import Conditions
    from chalicelib.transit.data.timetable import Timetable
    from chalicelib.transit.itinerary import Itinerary

TAIL_UNTIL_H = (UPTO_S - 24 * 3600) // 3600  # so far into the next morning a day's timetable goes
NIGHT_UNTIL_H = 4  # until then people speak of the night before, and so do timetables
NIGHT_EARLY_MAX_S = 24 * 3600  # how early an answer to a question about the night may be: all of that day
ITINERARIES_ASKED_MAX = 20  # what nobody reads any more; each of them costs a search


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("folder", type=Path, metavar="DIR", help="what `feeds compile --out` wrote")
    parser.add_argument("--from", dest="origin", required=True, metavar="PLACE", help="LAT,LON or stop:STOP_ID")
    parser.add_argument("--to", dest="destination", required=True, metavar="PLACE", help="LAT,LON or stop:STOP_ID")
    when = parser.add_mutually_exclusive_group(required=True)
    when.add_argument("--arrive-by", metavar="T", help="ISO 8601; without an offset in the feed's zone")
    when.add_argument("--depart-at", metavar="T", help="the same")
    parser.add_argument("--realtime", type=Path, action="append", default=[], metavar="FILE.pb", help="TripUpdates")
    parser.add_argument(
        "--options", type=int, default=ITINERARIES_MAX, help="at most so many itineraries (default %(default)s)"
    )
    parser.add_argument(
        "--change-s", type=int, default=CHANGE_S, help="least time to change where the feed says nothing"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    """Answers; 0 (also when there is no itinerary), or 2 with one line on standard error that says what to do."""
    try:
        answer = _answer(args)
    except (ValueError, LookupError, OSError) as error:
        print(f"plan: {error}", file=sys.stderr)
        return EXIT_UNUSABLE
    print(json.dumps(answer, ensure_ascii=False) if args.json else _text_for(answer))
    return 0


def _answer(args: argparse.Namespace) -> dict[str, Any]:
    if not 1 <= args.options <= ITINERARIES_ASKED_MAX or args.change_s < 0:
        raise ValueError(f"--options is 1 to {ITINERARIES_ASKED_MAX}, --change-s 0 or more")
    zone = ZoneInfo(_zone(args.folder))
    how = service_days.open_streets(args.folder) or walking.CROW_FLY
    instant = _instant(args.arrive_by or args.depart_at, zone)
    options: tuple[Itinerary, ...] = ()
    feed: dict[str, Any] = {}
    local = instant.astimezone(zone)
    for timetable in _days(args.folder, local, -1 if args.arrive_by else 1):
        is_own_day = timetable.meta["service_date"] == local.date().isoformat()
        early_max_s = NIGHT_EARLY_MAX_S if not is_own_day and local.hour < NIGHT_UNTIL_H else EARLY_MAX_S
        conditions = _conditions(args.realtime, timetable)
        network = Network(timetable, args.change_s).under(conditions)
        origin, destination = (_place(word, network) for word in (args.origin, args.destination))
        when = (instant, None) if args.arrive_by else (None, instant)
        request = Request(origin, destination, *when)
        options = plan(request, network, itineraries_max=args.options, walking=how, early_max_s=early_max_s)
        feed = feed or _feed(timetable, conditions)
        if options:
            break
        if timetable.meta["calendar"][1] < local.date().isoformat() and local.hour >= TAIL_UNTIL_H:
            service_days.refuse_day(local.date().isoformat(), timetable.meta["calendar"])
    return {"options": [itinerary.to_json() for itinerary in options], "feed": feed}


def _zone(folder: Path) -> str:
    """The zone of any day there: questions without an offset are in it."""
    try:
        days = json.loads((folder / "current.json").read_bytes())["days"]
    except (OSError, ValueError, KeyError, TypeError):
        days = {}
    if not days:
        raise LookupError(f"{folder} holds no compiled feed; run `python -m feeds compile` first")
    return str(service_days.open_day(folder, min(days)).meta["timezone"])


def _days(folder: Path, asked: dt.datetime, step: int) -> Iterator[Timetable]:
    """The day's timetable; then its neighbour's, if that is there. Raises `NoTimetable` if neither is.

    Without the day's own, its small hours are in the timetable of the day before.
    """
    date, neighbour = asked.date(), asked.date() + dt.timedelta(days=step)
    try:
        yield service_days.open_day(folder, date.isoformat())
    except service_days.NoTimetable as missing:
        night = [date - dt.timedelta(days=1)] if asked.hour < TAIL_UNTIL_H else []
        found = list(_there(folder, *dict.fromkeys((*night, neighbour))))
        if not found:
            raise missing from None
        yield from found
        return
    yield from _there(folder, neighbour)


def _there(folder: Path, *dates: dt.date) -> Iterator[Timetable]:
    """Those of the days' timetables that are there."""
    for date in dates:
        with suppress(service_days.NoTimetable):
            yield service_days.open_day(folder, date.isoformat())


def _conditions(files: list[Path], timetable: Timetable) -> Conditions | None:
    if not files:
        return None
    from feeds.realtime import read_conditions  # noqa: PLC0415 - most questions need no protobuf

    return read_conditions(files, timetable)


def _instant(text: str, zone: ZoneInfo) -> dt.datetime:
    try:
        instant = dt.datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no time; write 2025-03-11T09:00 or 2025-03-11T09:00:00+01:00") from None
    return instant if instant.tzinfo else instant.replace(tzinfo=zone)


def _place(word: str, network: Network) -> Place:
    if word.startswith("stop:"):
        return network.place(word.removeprefix("stop:"))
    try:
        lat, lon = (float(part) for part in word.split(","))
    except ValueError:
        raise ValueError(f"{word!r} is no place; write LAT,LON or stop:STOP_ID") from None
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):  # noqa: PLR2004 - degrees
        raise ValueError(f"{word!r} is not on this planet; write LAT,LON in degrees")
    return Place(word, lat, lon)


def _feed(timetable: Timetable, conditions: Conditions | None) -> dict[str, Any]:
    meta = timetable.meta
    return {
        "feed_version": meta["feed_version"],
        "service_date": meta["service_date"],
        "timezone": meta["timezone"],
        "live_data_at": conditions.observed_at if conditions and conditions.observed_at else None,
    }


def _text_for(answer: dict[str, Any]) -> str:
    """The options as lines for a person."""
    lines = []
    for itinerary in answer["options"]:
        lines.append(f"{itinerary['leave_at']} → {itinerary['arrive_at']}, changes: {itinerary['changes']}")
        for leg in itinerary["legs"]:
            what = f"{leg['mode']} {leg.get('route_name', '')}".strip()
            if "order" in leg:
                what += f" (on demand only: phone {leg['order'] or 'the operator'} before)"
            lines.append(f"  {leg['departs']} {what}: {leg['from']['name']} → {leg['to']['name']} {leg['arrives']}")
    return "\n".join(lines) or "no way to come"
