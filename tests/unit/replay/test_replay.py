"""A small recorded morning through `python -m feeds replay`, and what scores it."""

from __future__ import annotations

import io
import json
import tarfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from chalicelib.transit.data.lines import Lines
from chalicelib.transit.reliability.arrival import Journey
from feeds.__main__ import main
from feeds.replay.appointments import BadTickets, read_appointments
from feeds.replay.recording import NoRecording, read_snapshots
from feeds.replay.scoring.follow import Advice, JourneyOutcome, World, follow_advice
from feeds.replay.scoring.score import Outcome, calibration, minutes_late, summarise
from feeds.replay.scoring.truth import NEVER_HAPPENED_S, Truth
from tests.fakes.gtfs_text import feed_zip
from tests.fakes.realtime_text import message, seconds, timetable

if TYPE_CHECKING:
    from pathlib import Path

DAY = "2024-06-10"
STOPS = """
    stop_id, stop_name, stop_lat, stop_lon
    A,       Alder St,  50.000,   10.000
    B,       Birch St,  50.020,   10.000
    C,       Cedar St,  50.040,   10.000
    E,       Elm St,    50.040,   10.040
"""
RIDES = "\n".join(
    [f"r{n}: A {7 + n // 6}:{n % 6}0, B {7 + n // 6}:{n % 6}5, C {7 + (n + 1) // 6}:{(n + 1) % 6}0" for n in range(18)]
    + [f"s{n}: C {7 + n // 4}:{15 * (n % 4) + 3:02}, E {7 + n // 4}:{15 * (n % 4) + 11:02}" for n in range(12)]
)
TICKETS = """ticket_id,origin_lat,origin_lon,dest_lat,dest_lon,arrive_by
a,50.0003,10.0,50.0403,10.04,2024-06-10T08:45:00+00:00
b,50.0003,10.0,50.0403,10.0,2024-06-10T09:00:00+00:00
"""


def passages(minute: int, late_min: int) -> str:
    """The last passed stop of every run under way, all of them so late."""
    rows = []
    for n in range(18):
        for stop, at in (("C", 10 * n + 10), ("B", 10 * n + 5), ("A", 10 * n)):
            when = at + late_min
            if when <= minute < when + 15:
                event = "arr" if stop == "C" else "dep"
                rows.append(f"r{n} | {'ABC'.index(stop) + 1}@{stop} {event}={7 + when // 60}:{when % 60:02}:00")
                break
    return "\n".join(rows)


def recorded(path: Path, late_min: int) -> Path:
    """A tar of one snapshot a minute from 7:00 to 10:00."""
    with tarfile.open(path, "w:xz") as packed:
        for minute in range(180):
            data = message(passages(minute, late_min), at=f"{7 + minute // 60}:{minute % 60:02}:30").SerializeToString()
            member = tarfile.TarInfo(f"pb/{minute:04}.pb")
            member.size = len(data)
            packed.addfile(member, io.BytesIO(data))
    return path


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("replay")
    feed_zip(folder / "town.zip", rides=RIDES, stops=STOPS, timezone="UTC")
    (folder / "tickets.csv").write_text(TICKETS)
    recorded(folder / "late.tar.xz", 6)
    return folder


def replay(town: Path, *more: str, out: str = "advice.jsonl", realtime: str = "late.tar.xz") -> int:
    given = ["--gtfs", "town.zip", "--realtime", realtime, "--tickets", "tickets.csv", "--out", out]
    paths = [part if part.startswith("--") else str(town / part) for part in (*given, *more)]
    return main(["replay", *paths])


def told(town: Path, out: str = "advice.jsonl") -> list[dict[str, Any]]:
    return [json.loads(line) for line in (town / out).read_text().splitlines()]


def test_a_replay_writes_every_message_as_the_contract_says(town: Path) -> None:
    assert replay(town, "--report", "report.html") == 0
    lines = told(town)
    assert {line["ticket_id"] for line in lines} == {"a", "b"}
    for line in lines:
        assert line.keys() == {"at", "ticket_id", "kind", "leave_by", "arrive_at", "probability", "legs", "text"}
        assert 0 <= line["probability"] <= 1
        assert line["text"]
    first = next(line for line in lines if line["ticket_id"] == "a")
    assert first["kind"] == "leave_by"
    assert first["at"] < first["leave_by"] < first["legs"][1]["departs"]
    assert [leg["mode"] for leg in first["legs"] if "trip_id" in leg] == ["bus", "bus"]
    assert [line["at"] for line in lines] == sorted(line["at"] for line in lines)
    page = (town / "report.html").read_text()
    assert "timetable only" in page
    assert "naive live" in page


def test_the_same_replay_gives_the_same_bytes(town: Path) -> None:
    replay(town, out="first.jsonl")
    replay(town, out="second.jsonl")
    assert (town / "first.jsonl").read_bytes() == (town / "second.jsonl").read_bytes()


def test_only_what_was_published_by_then_is_seen(town: Path) -> None:
    """The same morning, cut off at eight: what was said before eight is the same."""
    replay(town, out="whole.jsonl")
    with tarfile.open(town / "late.tar.xz") as packed:
        (town / "cut").mkdir(exist_ok=True)
        for member in packed.getmembers()[:60]:
            file = packed.extractfile(member)
            assert file
            (town / "cut" / member.name.rsplit("/", 1)[-1]).write_bytes(file.read())
    replay(town, out="cut.jsonl", realtime="cut")
    early = [line for line in told(town, "whole.jsonl") if line["at"] < "2024-06-10T08:00"]
    assert early
    assert early == [line for line in told(town, "cut.jsonl") if line["at"] < "2024-06-10T08:00"]


def test_history_makes_chances_surer(town: Path) -> None:
    replay(town, out="without.jsonl")
    assert replay(town, "--history", "late.tar.xz", "--history", "late.tar.xz", out="with.jsonl") == 0
    assert told(town, "with.jsonl") != told(town, "without.jsonl")


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"tickets.csv": "ticket_id,arrive_by\n"}, "lacks the columns"),
        ({"tickets.csv": TICKETS + "c,x,10,50,10,2024-06-10T09:00:00+00:00\n"}, "row 4"),
        ({"tickets.csv": TICKETS + "c,50,10,50,10,2024-06-10T09:00:00\n"}, "offset"),
        ({"tickets.csv": TICKETS + "a,50,10,50,10,2024-06-10T09:00:00+00:00\n"}, "twice"),
        ({"late.tar.xz": "nothing"}, "neither a folder nor a tar"),
        ({"tickets.csv": TICKETS.replace("2024-06", "2034-06")}, "calendar"),
    ],
)
def test_unusable_input_is_one_line_and_exit_2(
    town: Path, tmp_path: Path, files: dict[str, str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("town.zip", "tickets.csv", "late.tar.xz"):
        (tmp_path / name).write_bytes((town / name).read_bytes())
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert replay(tmp_path) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_an_empty_folder_is_no_recording(tmp_path: Path) -> None:
    with pytest.raises(NoRecording):
        read_snapshots(tmp_path)


def test_orders_are_read_with_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("\ufeff" + TICKETS)
    assert [order.ticket_id for order in read_appointments(tmp_path / "t.csv")] == ["a", "b"]
    (tmp_path / "t.csv").write_text(TICKETS.replace("\na,", "\n,"))
    with pytest.raises(BadTickets, match="no ticket_id"):
        read_appointments(tmp_path / "t.csv")


# two lines: R every ten minutes from A to C, S from C to E; what really happened is written beside
TABLE = timetable("""
    r0 route=R: A 8:00, C 8:10
    r1 route=R: A 8:10, C 8:20
    s0 route=S: C 8:15, E 8:25
    s1 route=S: C 8:30, E 8:40
""")


def world(**late_min: float) -> World:
    """The timetable with so many minutes of delay by trip; below 0: the trip never came."""
    departs, arrives = TABLE.st_departs.astype(np.int64), TABLE.st_arrives.astype(np.int64)
    for run, trip in enumerate(("r0", "r1", "s0", "s1")):
        calls, late = slice(2 * run, 2 * run + 2), late_min.get(trip, 0)
        for array in (departs, arrives):
            array[calls] = array[calls] + int(60 * late) if late >= 0 else NEVER_HAPPENED_S
    return World(Lines(TABLE), departs, arrives)


R0_S0 = Journey((60, 0, 120), ((0, 1), (4, 5)))
OUT = Advice(0, seconds("7:58"), R0_S0)


@pytest.mark.parametrize(
    ("what", "late", "arrives"),
    [
        ("everything on time", {}, "8:27"),
        ("the first ride is so late that the change breaks: the next of that route", {"r0": 6}, "8:42"),
        ("the second waits as long", {"r0": 6, "s0": 5}, "8:32"),
        ("the first never comes: the next of that route, then the next", {"r0": -1}, "8:42"),
    ],
)
def test_a_customer_does_as_told_in_the_world_as_it_was(what: str, late: dict[str, float], arrives: str) -> None:
    assert follow_advice([OUT], world(**late)) == JourneyOutcome(seconds("7:58"), seconds(arrives)), what


def test_a_customer_for_whom_nothing_comes_is_stranded() -> None:
    assert follow_advice([OUT], world(r0=-1, r1=-1)).arrived_s == NEVER_HAPPENED_S


def test_advice_before_setting_out_replaces_the_first() -> None:
    later = Advice(seconds("7:50"), seconds("8:05"), Journey((60, 0, 120), ((2, 3), (6, 7))))
    assert follow_advice([OUT, later], world()) == JourneyOutcome(seconds("8:05"), seconds("8:42"))


def test_advice_that_comes_too_late_to_change_the_start_changes_nothing() -> None:
    later = Advice(seconds("7:59"), seconds("8:05"), Journey((60, 0, 120), ((2, 3), (6, 7))))
    assert follow_advice([OUT, later], world()).left_s == seconds("7:58")


def test_advice_reaches_who_waits_where_she_waits() -> None:
    walk = Advice(seconds("8:12"), None, Journey((600, 120), ((6, 7),)))
    assert follow_advice([OUT, walk], world(r0=1, s0=10)) == JourneyOutcome(seconds("7:58"), seconds("8:42"))


def test_advice_on_board_counts_only_when_it_names_that_ride() -> None:
    same = Advice(seconds("8:05"), None, Journey((0, 300, 120), ((0, 1), (6, 7)), aboard=True))
    other = Advice(seconds("8:05"), None, Journey((0, 300, 120), ((2, 3), (6, 7)), aboard=True))
    assert follow_advice([OUT, same], world()).arrived_s == seconds("8:42")
    assert follow_advice([OUT, other], world()).arrived_s == seconds("8:27")


def test_truth_fills_what_was_not_seen_between_what_was() -> None:
    from chalicelib.transit.data.sightings import Sighting  # noqa: PLC0415 - used here only

    table = timetable("one: A 8:00, B 8:10, C 8:20, D 8:30\nghost: A 9:00, B 9:10")
    truth = Truth(table)
    truth.take(
        [Sighting("one", "R", stop, True, late, 0, 8, 0, call) for call, stop, late in ((0, "A", 0), (2, "C", 120))]
    )
    departs, arrives = truth.times()
    assert (departs[:4] - table.st_departs[:4]).tolist() == [0, 60, 120, 120]
    assert arrives[3] == seconds("8:32")
    assert (departs[4:] == NEVER_HAPPENED_S).all()


def test_the_summary_counts_what_it_says() -> None:
    good = Outcome(3600, 0, 3000, 0.9, 0, None)
    late = Outcome(3600, 600, 4000, 0.9, 1, 2900)
    stranded = Outcome(3600, 0, NEVER_HAPPENED_S, 0.4, 2, None)
    row = summarise("x", [good, late, stranded])
    assert row.on_time == pytest.approx(1 / 3)
    assert row.much_late == pytest.approx(1 / 3)
    assert row.texts_after == 1.0
    assert row.warned == 0.5
    assert row.false_warnings == 0.0
    assert row.waited_min == 10
    assert calibration([good, late, stranded]) == [(0.4, 0.0, 1), (0.9, 0.5, 2)]
    assert minutes_late([good, stranded])[30] == 1
