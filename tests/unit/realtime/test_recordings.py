"""Recorded messages of others: each treated as its `must` says. They lie beside the project, not in it."""

from __future__ import annotations

import json
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from feeds.realtime.decode import Rejected, decode
from feeds.realtime.reading import conditions_of

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"
pytestmark = [
    pytest.mark.recordings,
    pytest.mark.skipif(not DATA.exists(), reason="needs the recordings in ../shared/data beside the project"),
]
BADRT = json.loads((DATA / "badrt" / "badrt.json").read_text()) if DATA.exists() else []
# a service day of each feed on which the trips of its messages run
DAYS = {
    "bullrunner-15": "2016-01-01",
    "bullrunner": "2016-01-04",
    "timepoints": "2016-01-04",
    "tl_": "2023-11-07",
    "tls_": "2018-05-30",
}


@cache
def timetable(gtfs: str, day: str) -> Any:
    from feeds.compile.network import read_network  # noqa: PLC0415 - pandas is slow to import

    return read_network([DATA / gtfs]).day(date.fromisoformat(day))


def day_of(case: dict[str, Any]) -> str:
    name = Path(case["file"]).name
    return next(day for start, day in DAYS.items() if name.startswith(start))


def case_id(case: dict[str, Any]) -> str:
    return Path(case["file"]).stem


def message_of(case: dict[str, Any]) -> Any:
    """The message; those that name 2016-01-01, a Friday on which their trips do not run, are moved to their day."""
    made = decode((DATA / case["file"]).read_bytes())
    for entity in made.entity:
        if entity.trip_update.trip.start_date == "20160101":
            entity.trip_update.trip.start_date = day_of(case).replace("-", "")
    return made


def touched(conditions: Any) -> int:
    return len(conditions.at) + len(conditions.cancelled) + len(conditions.added)


@pytest.mark.parametrize("case", [c for c in BADRT if "reject the message" in c["must"]], ids=case_id)
def test_what_is_to_be_rejected_is_rejected(case: dict[str, Any]) -> None:
    if "header-went-back" in case["file"]:
        pytest.skip("is about two messages in a row: test_poll has it")
    with pytest.raises(Rejected):
        decode((DATA / case["file"]).read_bytes())


@pytest.mark.parametrize("case", [c for c in BADRT if "must apply" in c["must"]], ids=case_id)
def test_what_is_to_be_applied_is_applied_and_never_runs_backwards(case: dict[str, Any]) -> None:
    table = timetable(case["gtfs"], day_of(case))
    conditions, report = conditions_of([message_of(case)], table)
    assert report.matched + report.vehicles >= 1, report
    arrives, departs = table.st_arrives.copy(), table.st_departs.copy()
    arrives[conditions.at], departs[conditions.at] = conditions.arrives, conditions.departs
    for run in conditions.live.tolist():
        calls = slice(table.run_first[run], table.run_first[run + 1])
        assert (np.diff(np.stack([arrives[calls], departs[calls]], axis=1).ravel()) >= 0).all()


@pytest.mark.parametrize("case", [c for c in BADRT if "ignore the entity" in c["must"] and c["gtfs"]], ids=case_id)
def test_what_is_to_be_ignored_touches_no_journey(case: dict[str, Any]) -> None:
    if "jar-03" in case["file"]:
        table = timetable("badrt/gtfs-bullrunner-gtfs.zip", DAYS["bullrunner"])
    else:
        table = timetable(case["gtfs"], day_of(case))
    conditions, report = conditions_of([message_of(case)], table)
    assert touched(conditions) == 0
    assert report.rejected or report.ignored


@pytest.mark.parametrize("case", [c for c in BADRT if "no effect" in c["must"] and "12" not in c["file"]], ids=case_id)
def test_what_is_odd_but_harmless_touches_no_journey(case: dict[str, Any]) -> None:
    table = timetable(case["gtfs"], day_of(case))
    assert touched(conditions_of([message_of(case)], table)[0]) == 0


def test_a_byte_identical_message_changes_nothing_more() -> None:
    (case,) = (c for c in BADRT if "duplicate-of-11" in c["file"])
    made = message_of(case)
    table = timetable(case["gtfs"], "2016-01-04")
    once, twice = conditions_of([made], table)[0], conditions_of([made, made], table)[0]
    assert once.at.tolist() == twice.at.tolist()
    assert once.departs.tolist() == twice.departs.tolist()


def test_every_trip_of_a_whole_railways_message_is_matched() -> None:
    table = timetable("sncb/gtfs.zip", "2019-03-16")
    _, report = conditions_of([decode((DATA / "sncb" / "tripupdates.pb").read_bytes())], table)
    assert (report.trip_updates, report.matched) == (209, 209)
    assert not report.rejected


def test_recorded_alerts_are_read() -> None:
    made = decode((DATA / "alerts" / "mbta-2017.pb").read_bytes())
    assert len(made.entity) == 51
    assert max(len(entity.alert.active_period) for entity in made.entity) > 200
