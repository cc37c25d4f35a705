"""A recorded morning of a whole city: the hub's advice against the timetable's, scored with what really happened."""

from __future__ import annotations

import csv
import json
import random
import tarfile
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from feeds.__main__ import main

if TYPE_CHECKING:
    from collections.abc import Iterator

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "auckland-2016-05-19"
pytestmark = [
    pytest.mark.recordings,
    pytest.mark.skipif(not DATA.exists(), reason="needs the recordings in ../shared/data beside the project"),
]
TICKETS, FIRST, LAST = 40, "201605190600", "201605190945"
# where people start and go: the middle of the city and its inner suburbs, some kilometres apart
SOUTH, NORTH, WEST, EAST = -36.905, -36.850, 174.720, 174.790


def orders(rng: random.Random) -> Iterator[list[str]]:
    zone = timezone(timedelta(hours=12))
    for number in range(TICKETS):
        places = [f"{rng.uniform(*span):.5f}" for span in ((SOUTH, NORTH), (WEST, EAST)) * 2]
        arrive_by = datetime(2016, 5, 19, 8, 0, tzinfo=zone) + timedelta(minutes=5 * rng.randrange(15))
        yield [f"t{number}", *places, arrive_by.isoformat()]


@pytest.fixture(scope="module")
def morning(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The snapshots of a few hours, and tickets that fall into them."""
    folder = tmp_path_factory.mktemp("morning")
    (folder / "pb").mkdir()
    with tarfile.open(DATA / "tripupdates.tar.xz") as packed:
        for member in packed:
            name = member.name.rsplit("/", 1)[-1]
            file = packed.extractfile(member) if FIRST <= name[:12] <= LAST else None
            if file is not None:
                (folder / "pb" / name).write_bytes(file.read())
    with (folder / "tickets.csv").open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["ticket_id", "origin_lat", "origin_lon", "dest_lat", "dest_lon", "arrive_by"])
        writer.writerows(orders(random.Random(3)))
    return folder


def test_on_a_recorded_morning_advice_beats_the_timetable_with_hardly_a_text(
    morning: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = {"gtfs": DATA / "gtfs.zip", "realtime": morning / "pb", "tickets": morning / "tickets.csv"}
    given = [part for name, path in paths.items() for part in (f"--{name}", str(path))]
    assert main(["replay", *given, "--out", str(morning / "advice.jsonl")]) == 0
    lines = [json.loads(line) for line in (morning / "advice.jsonl").read_text().splitlines()]
    told = {line["ticket_id"] for line in lines}
    assert len(told) >= 0.9 * TICKETS
    assert len(lines) - len(told) <= len(told), "at most one text after the first"
    row = capsys.readouterr().out.splitlines()[-1].split()
    on_time = float(row[row.index("%") - 1])
    assert on_time >= 80, "the timetable alone brings three of ten in time on this day"
