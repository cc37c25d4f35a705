"""The night of a feed's last day, and zones: whose clock a time is on."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from feeds.__main__ import main
from feeds.compile.findings import OutsideCalendar
from feeds.compile.network import read_network
from feeds.handler import days_to_compile
from tests.fakes.gtfs_text import feed_zip, timetable_of

if TYPE_CHECKING:
    from pathlib import Path

RIDES = "late: A 24:30, B 24:50\nday: A 08:00, B 08:20"  # the feed's last day is 2026-12-31
NEW_YEAR = dt.date(2027, 1, 1)


def ask(out: Path, asked: str, by: str, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]] | str:
    """Options, or the sentence of a refusal."""
    capsys.readouterr()
    code = main(["plan", str(out), "--from", "stop:A", "--to", "stop:B", by, asked, "--json"])
    said = capsys.readouterr()
    return json.loads(said.out)["options"] if code == 0 else said.err


@pytest.mark.parametrize("days", [1, 2])
def test_after_midnight_the_last_nights_trips_can_be_asked_for(
    tmp_path: Path, days: int, capsys: pytest.CaptureFixture[str]
) -> None:
    feed, out = feed_zip(tmp_path / "f.zip", rides=RIDES), tmp_path / "out"
    assert main(["compile", str(feed), "--date", "2026-12-31", "--days", str(days), "--out", str(out)]) == 0
    for asked, by in (("2027-01-01T00:15", "--depart-at"), ("2027-01-01T01:00", "--arrive-by")):
        found = ask(out, asked, by, capsys)
        assert isinstance(found, list)
        assert found[0]["leave_at"] == "2027-01-01T00:30:00+01:00"
    for by in ("--depart-at", "--arrive-by"):
        refused = ask(out, "2027-01-01T14:00", by, capsys)
        assert "2027-01-01 is outside the feed's calendar" in str(refused)


def test_only_where_something_runs_on_into_it_the_morning_after_is_compiled(tmp_path: Path) -> None:
    night = read_network([feed_zip(tmp_path / "f.zip", rides=RIDES)])
    assert night.day(NEW_YEAR).meta["service_date"] == "2027-01-01"
    assert night.last_day == NEW_YEAR
    with pytest.raises(OutsideCalendar):
        night.day(NEW_YEAR + dt.timedelta(days=1))
    evening = read_network([feed_zip(tmp_path / "g.zip", rides="day: A 08:00, B 08:20")])
    with pytest.raises(OutsideCalendar):
        evening.day(NEW_YEAR)
    often = feed_zip(
        tmp_path / "h.zip",
        rides="t: A 08:00, B 08:20",
        frequencies="trip_id, start_time, end_time, headway_secs\nt, 23:00:00, 24:10:00, 600",
    )
    assert read_network([often]).last_day == NEW_YEAR
    assert NEW_YEAR in days_to_compile((night.span[0], night.last_day), dt.date(2026, 12, 30), [])


def test_each_agencys_times_are_on_its_own_clock(tmp_path: Path) -> None:
    feed = feed_zip(
        tmp_path / "f.zip",
        rides="west: A 08:00, B 08:20\neast: A 11:00, B 11:20\nnone: A 12:00, B 12:20",
        agency="""
            agency_id, agency_name, agency_url, agency_timezone
            W,         West,        https://w,  Europe/Lisbon
            E,         East,        https://e,  Europe/Kyiv
        """,
        routes="route_id, agency_id, route_short_name, route_type\nRW, W, 1, 3\nRE, E, 2, 3\nRN, , 3, 3",
        trips="trip_id, route_id, service_id\nwest, RW, daily\neast, RE, daily\nnone, RN, daily",
    )
    table = timetable_of(feed, "2025-06-10")
    own = [run for run in range(table.n_runs) if table.run_day[run] == 0]
    departs = {
        table.text("run_trip_id", run): dt.datetime.fromtimestamp(
            int(table.meta["origin_epoch"]) + int(table.st_departs[table.run_first[run]]), dt.UTC
        )
        for run in own
    }
    assert departs == {
        "west": dt.datetime(2025, 6, 10, 8, tzinfo=ZoneInfo("Europe/Lisbon")),
        "east": dt.datetime(2025, 6, 10, 11, tzinfo=ZoneInfo("Europe/Kyiv")),
        "none": dt.datetime(2025, 6, 10, 12, tzinfo=ZoneInfo("Europe/Lisbon")),
    }
