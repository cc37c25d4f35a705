"""A plan never arrives hours before it has to: where nothing comes nearer, there is no way."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pytest

from chalicelib.transit.data.conditions import Conditions
from chalicelib.transit.itinerary import Request
from chalicelib.transit.search.batch import plan_many
from chalicelib.transit.search.network import Network
from chalicelib.transit.search.planner import plan
from feeds.__main__ import main
from tests.fakes.gtfs_text import feed_zip
from tests.fakes.networks import DATE, ORIGIN, clock, network

if TYPE_CHECKING:
    from pathlib import Path

TOWN = "night: A -01:00, B -00:30\nearly: A 06:40, B 07:10\nmorning: A 09:10, B 09:40"


def at(time: str) -> datetime:
    return datetime.fromtimestamp(ORIGIN + clock(time), UTC)


def without(*runs: int) -> Conditions:
    none = np.empty(0, np.int32)
    return Conditions("test", DATE, 1, none, none, none, none.astype(bool), np.array(runs, np.int32), none, ())


@pytest.mark.parametrize(
    ("cancelled", "leaves"),
    [((), "09:10"), ((2,), "06:40"), ((1, 2), None), ((0, 1, 2), None)],
    ids=["all run", "the last is cancelled", "two are cancelled", "a strike"],
)
def test_a_plan_arrives_at_most_three_hours_early(cancelled: tuple[int, ...], leaves: str | None) -> None:
    prepared = Network(network(TOWN)).under(without(*cancelled))
    request = Request(prepared.place("A"), prepared.place("B"), at("10:00"))
    for most in (1, 4):
        found = plan(request, prepared, itineraries_max=most)
        assert [one.leave_at for one in found][:1] == ([at(leaves)] if leaves else [])
        assert all((at("10:00") - one.arrive_at).total_seconds() <= 3 * 3600 for one in found)
    (alone,) = plan(request, prepared, itineraries_max=1) or (None,)
    assert plan_many([request], prepared).itinerary(0) == alone


def test_a_trip_on_mondays_is_no_way_to_an_appointment_on_tuesday(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monday = "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\n"
    monday += "daily,1,0,0,0,0,0,0,20250101,20251231\n"
    feed = feed_zip(tmp_path / "f.zip", rides="bus: A 23:00, B 23:30", calendar=monday)
    out = str(tmp_path / "out")
    assert main(["compile", str(feed), "--date", "2025-03-10", "--days", "3", "--out", out]) == 0
    capsys.readouterr()
    for asked, found in (("2025-03-11T10:00", 0), ("2025-03-11T00:10", 1), ("2025-03-10T23:40", 1)):
        assert main(["plan", out, "--from", "stop:A", "--to", "stop:B", "--arrive-by", asked, "--json"]) == 0
        assert len(json.loads(capsys.readouterr().out)["options"]) == found
