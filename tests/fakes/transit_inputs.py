"""Damaged and extreme inputs of transit sources by number, and what must be true of whatever comes of them."""

from __future__ import annotations

import json
import random
import re
import zipfile
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from chalicelib.transit.bikes.file import dump_bikes, parse_bikes
from chalicelib.transit.data.conditions_file import dump_conditions, parse_conditions
from chalicelib.transit.search.network import Network
from chalicelib.transit.search.running import FARTHEST_S
from feeds.gbfs.fleets import fleets_of
from feeds.gbfs.part import SystemPart, take_answer
from feeds.realtime.decode import Rejected, decode
from feeds.realtime.fetch import FeedAnswer
from feeds.realtime.matching.alerts import read_alerts
from feeds.realtime.matching.index import index_of
from feeds.realtime.reading import read_messages
from feeds.realtime.source import Source
from tests.fakes.gtfs_text import feed_zip
from tests.fakes.realtime_text import ORIGIN, message, timetable

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = ORIGIN + 8 * 3600
TABLE = timetable("""
    one:  A 8:00, B 8:10, C 8:20 8:22, D 8:30
    loop: A 8:00, B 8:10, A 8:20, C 8:30
    freq starts=7:00,8:00: A 0:00, B 0:05
    good: A 9:00, B 9:10
    owl day=-1: A 24:05, B 24:15
""")
GOOD_CALL = 3600 * 9 + 660
NEIGHBOUR = message("good | 2 arr+60", "8:00:00")
NUMBERS = sorted(
    {sign * value + off for value in (0, 1, 7200, 86_400, 2**31, 2**32, 2**53, 2**62, 2**63 - 2) for sign in (1, -1)
     for off in (-1, 0, 1)} | {NOW, NOW + 60, NOW - 600, NOW * 1000, ORIGIN + 8 * 3600 + 660}
)  # a table, read by rows # fmt: skip
WORDS = [
    "",
    "A",
    "B",
    "C",
    "D",
    "Z",
    " A ",
    "one",
    "loop",
    "freq",
    "owl",
    "good",
    "new",
    "x" * 5000,
    "20240610",
    "20240611",
    "00010101",
    "99991231",
    "07:00:00",
    "07:20:00",
    "25:00:00",
    "999:00:00",
    "\u00e9",
]
LINES = [
    "one | 2 arr+60; 4 arr=8:31:00", "one | A dep=8:01:00; B SKIPPED; D NO_DATA", "one relation=CANCELED | A; B",
    "loop | A arr=8:25:00; C arr=8:35:00", "freq time=07:20:00 | 2 arr+60", "new relation=NEW | A dep=9:00; B arr=9:05",
    "new relation=CANCELED", "one relation=REPLACEMENT | A dep=8:05:00; D arr=8:40:00", "owl | 2 arr-86340",
    "one relation=DUPLICATED new_id=new new_date=20240610 new_time=10:00:00 | 2 arr+60", "new | 2 arr+60",
    "one stamp=7:59:00 | 2 arr+8000; 3 arr+8000",
]  # a table, read by rows # fmt: skip
ODD: list[Any] = [1e308, -1e308, 1e-308, float("inf"), float("-inf"), float("nan"), 10**400, None, True, "", [], {}]


def extreme(chance: random.Random, made: Any, depth: int = 0) -> None:
    """Sets a field somewhere in a protobuf message to something that no sane feed says."""
    fields = list(made.DESCRIPTOR.fields)
    field = chance.choice(fields)
    inner = [one for one in fields if one.message_type is not None and made.ListFields()]
    if inner and depth < 6 and chance.random() < 0.8:
        held = [one for one, _ in made.ListFields() if one.message_type is not None]
        field = chance.choice(held or inner)
        value = getattr(made, field.name)
        if field.is_repeated:
            extreme(chance, chance.choice(value) if len(value) and chance.random() < 0.8 else value.add(), depth + 1)
        else:
            value.SetInParent()
            extreme(chance, value, depth + 1)
        return
    if field.message_type is not None or field.is_repeated:
        return
    value = chance.choice(WORDS) if field.type == field.TYPE_STRING else chance.choice(NUMBERS)
    if field.enum_type is not None:
        value = chance.choice(list(field.enum_type.values_by_number))
    if field.type in {field.TYPE_FLOAT, field.TYPE_DOUBLE}:
        value = chance.choice([1e38, float("nan"), float("inf"), -91.0, 0.0])
    try:
        setattr(made, field.name, value)
    except (ValueError, TypeError):  # the wire could not hold it
        made.ClearField(field.name)


def realtime(chance: random.Random) -> str:
    """A message of a few updates, spoiled in its numbers and words or in its bytes."""
    made = message("\n".join(chance.choices(LINES, k=chance.randrange(1, 6))), "8:00:00")
    alert = made.entity.add(id="alert").alert
    alert.informed_entity.add(stop_id="A")
    alert.active_period.add(start=1, end=NOW * 2)
    made.entity.add(id="bus").vehicle.trip.trip_id = "one"
    for _ in range(chance.randrange(1, 8)):
        extreme(chance, made)
    data = bytearray(made.SerializePartialToString())
    for _ in range(chance.choice([0, 0, 1, 3])):
        data[chance.randrange(len(data))] = chance.randrange(256)
    if chance.random() < 0.1:
        del data[chance.randrange(len(data)) :]
    try:
        bad = decode(bytes(data))
    except Rejected as reason:
        return f"realtime {reason.reason}"
    harmless(bad)
    return "realtime read"


def harmless(bad: Any) -> None:
    """Fails if a message does harm: what comes of it is out of bounds, or the good one beside it is not live."""
    index = index_of(TABLE)
    for messages in ([bad, NEIGHBOUR], [NEIGHBOUR, bad]):
        conditions, report, _ = read_messages(messages, TABLE, NOW)
        json.dumps(report.to_json())
    json.dumps([one.to_json() for one in read_alerts(bad, index, Counter())])
    conditions, _ = parse_conditions(dump_conditions(conditions, {}))
    running = Network(TABLE).under(conditions).running
    times = np.concatenate([running.arrives, running.departs]).astype(np.int64)
    assert abs(times).max(initial=0) <= FARTHEST_S + 86_400
    assert (running.arrives <= running.departs).all()
    spoken_of = any("good" in str(entity.trip_update.trip.trip_id) for entity in bad.entity)
    run = index.runs_of_trip["good"][0]
    at = int(TABLE.run_first[run + 1]) - 1
    assert spoken_of or (running.gone[run] == 0 and running.arrives[at] == GOOD_CALL), "the neighbour is not live"
    assert not report.rejected["unreadable"], "an entity met a fault of ours"


STATION = {"station_id": "m", "name": "Markt", "lat": 48.2, "lon": 14.8, "capacity": 9}
STATUS = {"station_id": "m", "num_bikes_available": 5, "num_docks_available": 5, "is_installed": 1, "is_renting": 1,
          "is_returning": 1, "last_reported": NOW}  # a table, read by rows # fmt: skip
BIKE = {"bike_id": "b", "lat": 48.2, "lon": 14.8, "is_reserved": 0, "is_disabled": 0, "current_range_meters": 2000}
FILES: dict[str, dict[str, Any]] = {
    "station_information": {"stations": [STATION, STATION | {"station_id": "n"}]},
    "station_status": {"stations": [STATUS, STATUS | {"station_id": "n"}]},
    "vehicle_status": {"bikes": [BIKE, BIKE | {"bike_id": "c"}]},
    "system_information": {"name": "Velo", "url": "https://velo.example.org"},
}


def gbfs(chance: random.Random) -> str:
    """The files of a system, one of them spoiled."""
    name = chance.choice(list(FILES))
    read, ended = {}, "gbfs read"
    for each, data in FILES.items():
        content: dict[str, Any] = json.loads(
            json.dumps({"last_updated": NOW, "ttl": 60, "version": "2.3", "data": data})
        )
        for _ in range(chance.randrange(1, 4) if each == name else 0):
            place: Any = content
            while isinstance(place, dict | list) and place:
                key = chance.choice(list(place) if isinstance(place, dict) else range(len(place)))
                if not isinstance(place[key], dict | list) or not place[key] or chance.random() < 0.2:
                    place[key] = chance.choice([*ODD, *NUMBERS, *WORDS])
                    break
                place = place[key]
        body = bytearray(json.dumps(content).encode())
        if each == name and chance.random() < 0.2:
            body[chance.randrange(len(body))] = chance.randrange(256)
        part = take_answer(SystemPart(each, Source("https://velo.example.org/x")), FeedAnswer(bytes(body)), NOW)
        assert NOW < part.ask_at <= NOW + 86_400
        if part.file is None:
            ended = "gbfs refused"
            assert "the hub failed" not in part.source.trouble, part.source.trouble
        elif part.usable(NOW):
            read[each] = part.file
    fleets, _ = fleets_of(read, {"station_status": NOW, "vehicle_status": NOW}, "velo")
    assert parse_bikes(dump_bikes(fleets, {}))[0] == tuple(fleets)
    return ended


ODD_CELLS = ["", "0", "-1", "1e9", "99999999999", "nan", "25:00:00", "999:59:59", "99991231", "\x00", '"', "x" * 300]


def feed(chance: random.Random) -> str:
    """A GTFS feed with odd cells and bytes: compiled, or refused with a sentence."""
    from feeds.compile.findings import Unusable  # noqa: PLC0415 - pandas is slow to import
    from feeds.compile.network import read_network  # noqa: PLC0415 - the same

    with TemporaryDirectory() as folder:
        good = feed_zip(Path(folder) / "good.zip", rides="t: A 08:00, B 08:10 08:11, C 08:20\nu: A 09:00, C 09:10")
        with zipfile.ZipFile(good) as zipped:
            files = {name: zipped.read(name).decode() for name in zipped.namelist()}
        for _ in range(chance.randrange(1, 6)):
            name = chance.choice(sorted(files))
            cells = re.split(r"([,\n])", files[name])
            cells[2 * chance.randrange((len(cells) + 1) // 2)] = chance.choice(ODD_CELLS)
            files[name] = "".join(cells)
        path = feed_zip(Path(folder) / "bad.zip", rides="t: A 08:00, B 08:10", raw={
            name: text.encode() for name, text in files.items()
        })  # a table, read by rows # fmt: skip
        try:
            network = read_network([path])
        except Unusable as reason:
            assert str(reason)  # noqa: PT017 - either is fine
            return "feed refused"
        table = network.day(network.span[0])
        assert (table.st_departs >= table.st_arrives).all()
        return "feed read"


def source(seed: int) -> str:
    """Tries the input of that number; answers what it was and how it ended."""
    chance = random.Random(seed)
    kind: Callable[[random.Random], str] = feed if seed % 100 == 99 else gbfs if seed % 2 else realtime
    try:
        return kind(chance)
    except Exception as error:
        raise AssertionError(f"input {seed} ({kind.__name__}) does harm: {error!r}") from error
