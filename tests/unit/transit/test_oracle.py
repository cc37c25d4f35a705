"""118 answers that other planners' test suites assert, through the command line that an operator uses."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from feeds.__main__ import main
from feeds.compile.findings import OutsideCalendar
from feeds.compile.network import read_network
from feeds.compile.output import publish, write_day

ROOT = Path(__file__).resolve().parents[3]
ORACLE = ROOT.parent / "shared" / "data" / "oracle"
CASES = [
    (folder, case)
    for folder in (sorted(ORACLE.iterdir()) if ORACLE.is_dir() else [])
    if folder.is_dir()
    for case in json.loads((folder / "cases.json").read_text())["cases"]
]

pytestmark = [
    pytest.mark.recordings,
    pytest.mark.skipif(not CASES, reason="../shared/data/oracle is not there: the answers of other planners"),
]


@cache
def compiled(folder: Path, out: Path) -> Path:
    """The days that the set asks about and their neighbours."""
    asked = [case["query"] for at, case in CASES if at == folder]
    dates = {dt.date.fromisoformat((query.get("arrive_by") or query["depart_at"])[:10]) for query in asked}
    network = read_network([folder / "gtfs.zip"])
    days = {}
    for date in sorted({date + dt.timedelta(days=step) for date in dates for step in (-1, 0, 1)}):
        with contextlib.suppress(OutsideCalendar):
            days[date.isoformat()] = write_day(out, network, date)
    publish(out, network, days)
    return out


@pytest.fixture(scope="session")
def service_days(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("oracle")


def arguments(folder: Path, case: dict[str, Any], out: Path) -> list[str]:
    query = case["query"]
    by = "arrive_by" in query
    realtime = ["--realtime", str(folder / "realtime.pb")] if (folder / "realtime.pb").exists() else []
    return [
        "plan", str(compiled(folder, out / folder.name)), "--json", *realtime,
        "--from", f"stop:{query['from_stop_id']}", "--to", f"stop:{query['to_stop_id']}",
        "--arrive-by" if by else "--depart-at", query["arrive_by"] if by else query["depart_at"],
    ]  # a table, read by rows # fmt: skip


def fits(itinerary: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """Whether an option obeys what a case asks for beyond the plain question; options are there to choose from."""
    modes = {leg["mode"] for leg in itinerary["legs"] if leg["mode"] != "walk"}
    return (
        modes <= set(wanted.get("modes", modes))
        and not modes & set(wanted.get("exclude_modes", ()))
        and itinerary["changes"] <= wanted.get("max_transfers", 99)
    )


def chosen(options: list[dict[str, Any]], wanted: dict[str, Any], trips: list[str]) -> dict[str, Any] | None:
    """The first that fits. Who needs a wheelchair's place needs the trips that have one; they must be offered."""
    fitting = [itinerary for itinerary in options if fits(itinerary, wanted)]
    if wanted.get("wheelchair"):
        fitting = [itinerary for itinerary in fitting if [leg.get("trip_id") for leg in itinerary["legs"]] == trips]
    if wanted.get("objective") == "fewest_transfers":
        fitting.sort(key=lambda itinerary: itinerary["changes"])
    return next(iter(fitting), None)


def said_of(itinerary: dict[str, Any], expected: dict[str, Any]) -> dict[str, Any]:
    """The option in the oracle's words, as far as the case speaks of it."""
    rides = [leg for leg in itinerary["legs"] if "trip_id" in leg]
    words = {
        "trip_id": lambda leg: leg["trip_id"],
        "route_id": lambda leg: leg["route_id"],
        "from_stop_id": lambda leg: leg["from"]["stop_id"],
        "to_stop_id": lambda leg: leg["to"]["stop_id"],
        "departs": lambda leg: leg["departs"],
        "arrives": lambda leg: leg["arrives"],
    }
    wanted = expected["rides"] or []
    return {
        "departs": itinerary["leave_at"],
        "arrives": itinerary["arrive_at"],
        "transfers": itinerary["changes"],
        "rides": [
            {word: words[word](leg) if ride.get(word) is not None else None for word in ride}
            for leg, ride in zip(rides, wanted, strict=False)
        ] + [{}] * abs(len(rides) - len(wanted)),
    }  # a table, read by rows # fmt: skip


def near(got: str, wanted: str, tolerance_s: int) -> bool:
    apart = dt.datetime.fromisoformat(got) - dt.datetime.fromisoformat(wanted)
    return abs(apart.total_seconds()) <= tolerance_s


@pytest.mark.parametrize(("folder", "case"), CASES, ids=[case["id"] for _, case in CASES])
def test_the_answer_is_that_of_the_oracle(folder: Path, case: dict[str, Any], service_days: Path) -> None:
    if "doubtful" in case:
        pytest.skip(f"doubtful: {case['doubtful']}")
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        assert main(arguments(folder, case, service_days)) == 0
    expected = case["expect"]
    trips = [ride["trip_id"] for ride in expected["rides"] or ()] if expected != "none" else []
    itinerary = chosen(json.loads(out.getvalue())["options"], case["query"].get("options", {}), trips)
    if expected == "none":
        assert itinerary is None
        return
    assert itinerary is not None
    got = said_of(itinerary, expected)
    for field in case["strict"]:
        if field in ("departs", "arrives"):
            assert near(got[field], expected[field], case.get("tolerance_s", 0)), (field, got[field], expected[field])
        else:
            assert got[field] == expected[field]


def test_the_command_answers_as_a_process_of_its_own(service_days: Path) -> None:
    folder, case = next((at, case) for at, case in CASES if case["id"] == "rrrr_1a/unittest")
    command = [sys.executable, "-m", "feeds", *arguments(folder, case, service_days)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["options"][0]["arrive_at"] == "2014-01-01T00:06:00+01:00"
    assert done.stderr == ""
