"""Extremes in what transit sources say: each cell of each GTFS table, each field of GTFS-Realtime, each value of GBFS.

Of each input is asked: it is read, or refused with a sentence; what is made of it is within bounds; and what stands
beside it (the other trips, the other message, the other station) is read as if it were alone.
"""

from __future__ import annotations

import datetime as dt
import json
import struct
import tempfile
import zlib
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from google.transit import gtfs_realtime_pb2

from chalicelib.transit.bikes.file import dump_bikes, parse_bikes, plain_bikes
from chalicelib.transit.data.conditions_file import (
    CONDITIONS_MAGIC,
    dump_conditions,
    parse_conditions,
    publication_order,
)
from chalicelib.transit.data.timetable import TIMETABLE_MAGIC, load_timetable, save_timetable
from chalicelib.transit.search.running import OtherTimetable, apply
from feeds.gbfs.fleets import fleets_of
from feeds.gbfs.part import SystemPart, take_answer
from feeds.gbfs.reading import OLDER_NAMES, files_of
from feeds.realtime.decode import Rejected, decode
from feeds.realtime.fetch import FeedAnswer
from feeds.realtime.matching.index import index_of
from feeds.realtime.reading import read_messages
from feeds.realtime.source import Source
from tests.fakes import dirty_feed
from tests.fakes.extremes import EXTREMES, as_bytes, cells, spoilers, spoilings
from tests.fakes.gbfs_city import BikeCity, Dock
from tests.fakes.realtime_text import message
from tests.fakes.transit_inputs import LINES, NOW, TABLE, harmless

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.fakes.extremes import Place

Case = tuple[str, "Callable[[], object]"]
Tables = dict[str, list[list[str]]]
DAY = dt.date(2024, 5, 15)

# --- GTFS ---

ODD: Tables = {
    "stops": [["Z", "Zed", "50.2", "10.2", "0", ""]],
    "routes": [["W", "T", "9", "3"]],
    "trips": [["w", "W", "odd", "", "0", "odd"], ["o", "W", "odd", "", "0", "often"]],
    "stop_times": [
        ["w", "A", "1", "10:00:00", "10:00:00", "0", "0"], ["w", "B", "2", "", "", "", "1"],
        ["w", "Z", "3", "10:20:00", "10:20:00", "0", "2"],
        ["o", "A", "1", "10:00:00", "10:00:00", "0", ""], ["o", "Z", "2", "10:09:00", "10:09:00", "0", ""],
    ],
    "calendar": [["odd", "1", "1", "1", "1", "1", "1", "1", "20240501", "20240531"]],
    "calendar_dates": [["odd", "20240516", "2"]],
    "frequencies": [["o", "06:00:00", "07:00:00", "600", "0"]],
    "transfers": [["A", "Z", "2", "60", "", ""], ["Z", "A", "1", "", "R", "w"]],
    "pathways": [["3", "Z", "N", "1", "1", "30", ""]],
    "shapes": [["y", "1", "0"], ["y", "2", "2"]],
}  # a table, read by rows # fmt: skip


def clocks(files: dict[str, bytes]) -> dict[str, list[int]] | None:
    """When the trips of the small feed's own rows run on a Wednesday; None where the feed is refused."""
    network = dirty_feed.compile_or_refuse(files)
    if network is None:
        return None
    first, last = network.span
    timetable = network.day(min(max(DAY, first), last))
    runs = index_of(timetable).runs_of_trip
    found = {}
    for trip in ("t", "u", "v"):
        starts = [int(timetable.st_departs[timetable.run_first[run]]) for run in runs.get(trip, ())]
        ends = [int(timetable.st_arrives[timetable.run_first[run + 1] - 1]) for run in runs.get(trip, ())]
        found[trip] = [*starts, *ends]
    return found


def gtfs_cells() -> Iterator[Case]:
    """The small feed with each cell of its own rows spoiled: it is read or refused."""
    for name, rows in dirty_feed.GOOD.items():
        for row, line in enumerate(rows):
            for column in range(len(line)):
                for what, value in cells():
                    changed = {**dirty_feed.GOOD, name: [*rows[:row], _with(line, column, value), *rows[row + 1 :]]}
                    yield f"{name} {row}.{column} is {what}", partial(clocks, dirty_feed.files_of(changed))


def gtfs_rows() -> Iterator[Case]:
    """The small feed with rows beside its own ones, each cell of which is spoiled: its own trips run as ever."""
    alone = clocks(dirty_feed.files_of(dirty_feed.GOOD))

    def beside(tables: Tables) -> None:
        found = clocks(dirty_feed.files_of(tables))
        assert found is not None, "a feed is refused for one row that nothing else needs"
        assert found == alone, "one row changes what others mean"

    both = {name: [*rows, *ODD.get(name, [])] for name, rows in dirty_feed.GOOD.items()}
    yield "odd rows as they are", partial(beside, both)
    for name, number in ((name, number) for name, odd in ODD.items() for number in range(len(odd))):
        line, odd = ODD[name][number], ODD[name]
        for what, value in cells():
            rows = [_with(line, column, value) for column in range(len(line))]
            for column, row in enumerate([*rows, [value] * len(line)]):
                lines = [*dirty_feed.GOOD[name], *odd[:number], row, *odd[number + 1 :]]
                yield f"odd {name} {number}.{column} is {what}", partial(beside, {**both, name: lines})


def _with(line: list[str], column: int, value: str) -> list[str]:
    return [*line[:column], value, *line[column + 1 :]]


def gtfs_sizes() -> Iterator[Case]:
    """Tables that are empty, of one row, of very many, and cells and headers of any size."""
    for name, rows in dirty_feed.GOOD.items():
        sizes: dict[str, list[list[str]] | None] = {
            "no file": None, "nothing": [], "a header": rows[:1], "one row": rows[:2],
            "200,000 rows": [*rows, *rows[-1:] * 200_000], "2,000 columns": [line + ["x"] * 2_000 for line in rows],
            "a header twice": [rows[0], *rows], "two columns of a name": [line + line[:1] for line in rows],
        }  # a table, read by rows # fmt: skip
        for what, table in sizes.items():
            tables = {one: lines for one, lines in dirty_feed.GOOD.items() if one != name}
            yield (
                f"{name}: {what}",
                partial(clocks, dirty_feed.files_of(tables if table is None else {**tables, name: table})),
            )
        data = dirty_feed.files_of(dirty_feed.GOOD)
        for what, raw in {
            "NUL": b"\0" * 1000,
            "an open quote": b'"',
            "UTF-16": b"\xff\xfea\0",
            "CR": b"\r\r\r",
        }.items():
            yield f"{name} begins with {what}", partial(clocks, {**data, f"{name}.txt": raw + data[f"{name}.txt"]})


# --- GTFS-Realtime ---


def full_message() -> Any:
    """A message that says everything that GTFS-Realtime can say, about trips that the timetable has."""
    made = message("\n".join(LINES), "8:00:00")
    for number, name in enumerate(("trip_update", "vehicle", "alert", "shape", "stop", "trip_modifications")):
        _fill(getattr(made.entity.add(id=f"full {number}"), name), 5)
    made.entity[-6].trip_update.trip.trip_id = "one"
    made.entity[-5].vehicle.trip.trip_id = "loop"
    made.entity[-4].alert.informed_entity[0].stop_id = "A"
    made.entity[-1].trip_modifications.selected_trips[0].trip_ids[:] = ["loop"]
    return made


def _fill(made: Any, depth: int) -> None:
    for field in made.DESCRIPTOR.fields:
        if field.message_type is not None and depth and not field.message_type.GetOptions().map_entry:
            value = getattr(made, field.name)
            _fill(value.add() if field.is_repeated else value, depth - 1)
        elif field.message_type is None:
            default: Any = "A" if field.type == field.TYPE_STRING else 1
            if field.enum_type is not None:
                default = field.enum_type.values[0].number
            if field.is_repeated:
                getattr(made, field.name).append(default)
            else:
                setattr(made, field.name, default)


def _scalars(made: Any, at: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Each scalar field that is set: its path (field names and places in lists), and its descriptor."""
    for field, value in made.ListFields():
        each = list(enumerate(value)) if field.is_repeated else [(None, value)]
        for number, one in each:
            place = (*at, field.name) if number is None else (*at, field.name, number)
            if field.message_type is None:
                yield place, field
            else:
                yield from _scalars(one, place)


def _fits(field: Any) -> Iterator[tuple[str, Any]]:
    """The extremes that a field can hold on the wire."""
    if field.enum_type is not None:
        yield from ((one.name, one.number) for one in field.enum_type.values)
        return
    for name, value in EXTREMES.items():
        if field.type in {field.TYPE_STRING, field.TYPE_BYTES}:
            if isinstance(value, str) and "surrogate" not in name and "half" not in name:
                yield name, value
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield name, value


def _read_changed(good: Any, place: Place, change: Callable[[Any, Any], None]) -> None:
    """The message does no harm with one place changed. `change` is given what holds the place, and its name."""
    made = gtfs_realtime_pb2.FeedMessage()
    made.CopyFrom(good)
    held: Any = made
    for step in place[:-1]:
        held = held[step] if isinstance(step, int) else getattr(held, step)
    try:
        change(held, place[-1])
    except (ValueError, TypeError, OverflowError):
        return  # the wire cannot hold it
    try:
        harmless(decode(made.SerializePartialToString()))
    except Rejected as reason:
        assert str(reason)  # noqa: PT017 - either is fine


def _put(value: Any, held: Any, last: Any) -> None:
    if isinstance(last, int):
        held[last] = value
    else:
        setattr(held, last, value)


def realtime_fields() -> Iterator[Case]:
    """A full message with each field in turn an extreme, or gone, or there very often."""
    good = full_message()
    for place, field in _scalars(good):
        where = ".".join(map(str, place))
        for what, value in _fits(field):
            yield f"{where} is {what}", partial(_read_changed, good, place, partial(_put, value))
        if not isinstance(place[-1], int):
            yield f"{where} is gone", partial(_read_changed, good, place, lambda held, last: held.ClearField(last))
    for number, entity in enumerate(good.entity):
        yield f"entity {number} 500 times", partial(_read_changed, good, ("entity", number), _repeated)
        for field, _ in entity.ListFields():
            if field.message_type is not None:
                place = ("entity", number, field.name)
                yield f"entity {number} holds nothing", partial(_read_changed, good, place, _emptied)


def _repeated(held: Any, last: Any) -> None:
    held.extend([held[last]] * 500)


def _emptied(held: Any, last: Any) -> None:
    held.ClearField(last)
    getattr(held, last).SetInParent()


# --- GBFS ---


def gbfs_values(version: str) -> Iterator[Case]:
    """A system of two stations and two bikes; everything about the first of each, and around them, is spoiled."""
    at = dt.datetime.fromtimestamp(NOW, dt.UTC)
    docks = [Dock("Markt", 48.27, 14.86), Dock("Rathaus", 48.28, 14.87)]
    kinds = [{"vehicle_type_id": "b", "form_factor": "bicycle", "propulsion_type": "human", "max_range_meters": 9000}]
    city = BikeCity(lambda: at, version, docks, [(48.271, 14.861), (48.272, 14.862)], kinds)
    good: dict[str, Any] = {"gbfs": json.loads(city.body("gbfs") or b"")}
    good |= {name: json.loads(city.body(name) or b"") for name in city.files()}

    def take(name: str, place: Place, spoil: Callable[[Any], Any]) -> None:
        read, known = {}, {}
        for each, content in good.items():
            body = as_bytes(spoil(content) if each == name else content)
            common = OLDER_NAMES.get(each, each)
            part = take_answer(SystemPart(common, Source("https://velo.example.org/x")), FeedAnswer(body), NOW)
            assert NOW < part.ask_at <= NOW + 86_400
            assert "the hub failed" not in part.source.trouble, part.source.trouble
            if part.usable(NOW) and part.file is not None:
                read[common] = part.file
            known[common] = part
        if "gbfs" in read:
            try:
                assert files_of(read["gbfs"], "https://velo.example.org/gbfs.json")
            except Rejected as reason:
                assert str(reason)  # noqa: PT017 - either is fine
        fleets, _ = fleets_of(read, {"station_status": NOW, "vehicle_status": NOW}, "velo")
        assert parse_bikes(dump_bikes(fleets, {}))[0] == tuple(fleets)
        shared = name == "gbfs" or "vehicle_types" in place or known[OLDER_NAMES.get(name, name)].file is None
        if 0 in place and not shared:  # one station or bike of two, in a file that could be read
            seen = {station.station_id for fleet in fleets for station in fleet.stations}
            standing = {tuple(np.round(bike[:2], 3)) for fleet in fleets for bike in fleet.standing}
            assert "rathaus" in seen, "the other station is gone"
            assert (48.272, 14.862) in standing, "the other bike is gone"
        odd = known[OLDER_NAMES.get(name, name)]
        body = as_bytes({**good[name], "last_updated": _later(good[name]["last_updated"])})
        again = take_answer(odd, FeedAnswer(body), NOW + 90)
        assert again.file is not None, "the next good answer is not taken"
        assert again.usable(NOW + 90), "the next good answer is not taken"

    for name, content in good.items():
        for what, place, spoil in spoilers(content):
            yield f"{name}: {what}", partial(take, name, place, spoil)


def _later(said: Any) -> Any:
    later = dt.datetime.fromtimestamp(NOW + 60, dt.UTC)
    return later.isoformat() if isinstance(said, str) else NOW + 60


# --- what is compiled, and what is published ---


def own_files() -> Iterator[Case]:
    """Our own files, cut short, with a byte of their head changed, and with each value of their head spoiled."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "day.tt"
        save_timetable(path, dict(TABLE.meta), TABLE.arrays)
        days = path.read_bytes()
    conditions, _, _ = read_messages([full_message()], TABLE, NOW)
    published = dump_conditions(conditions, {"published_at": NOW, "sequence": 1, "alerts": []})
    bikes = plain_bikes([], {"published_at": NOW})

    def read_days(data: bytes) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "day.tt"
            path.write_bytes(data)
            load_timetable(path)

    def read_published(data: bytes) -> None:
        found, meta = parse_conditions(data)
        publication_order(meta)
        try:
            apply(TABLE, found)
        except OtherTimetable:
            return

    kinds: tuple[tuple[str, bytes, Callable[[bytes], object], int], ...] = (
        ("timetable", days, read_days, len(TIMETABLE_MAGIC)),
        ("conditions", published, read_published, len(CONDITIONS_MAGIC)),
        ("bikes", bikes, lambda data: parse_bikes(zlib.compress(data)), -1),
    )
    for name, data, read, magic in kinds:
        for short in range(0, len(data), max(1, len(data) // 97)):
            yield f"{name} cut to {short}", partial(_or_refused, read, data[:short])
        for place in range(0, min(len(data), 2_000), 7):
            flipped = data[:place] + bytes([data[place] ^ 0x15]) + data[place + 1 :]
            yield f"{name} with byte {place} changed", partial(_or_refused, read, flipped)
        length = struct.unpack_from("<I", data, magic)[0] if magic >= 0 else len(data)
        start = magic + 4 if magic >= 0 else 0
        for what, spoiled in spoilings(json.loads(data[start : start + length])):
            head = as_bytes(spoiled)
            size = struct.pack("<I", len(head)) if magic >= 0 else b""
            whole = data[: max(magic, 0)] + size + head
            yield (
                f"{name}: {what}",
                partial(_or_refused, read, whole + bytes(-len(whole) % 64) + data[start + length :]),
            )


def _or_refused(read: Callable[[bytes], object], data: bytes) -> None:
    try:
        read(data)
    except ValueError as reason:  # what all readers of our files raise
        assert str(reason)  # noqa: PT017 - either is fine


TRANSIT: dict[str, Callable[[], Iterator[Case]]] = {
    "GTFS cells": gtfs_cells,
    "GTFS rows": gtfs_rows,
    "GTFS sizes": gtfs_sizes,
    "GTFS-Realtime fields": realtime_fields,
    "own files": own_files,
    **{f"GBFS {version}": partial(gbfs_values, version) for version in ("1.1", "2.3", "3.0")},
}
