"""Broken feeds that other projects collected: each is treated as its `must` says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from feeds.compile.findings import Unusable
from feeds.compile.network import read_network

if TYPE_CHECKING:
    from feeds.compile.network import FeedNetwork

DATA = Path(__file__).resolve().parents[3].parent / "shared" / "data"
LIST = DATA / "badfeeds" / "badfeeds.json"
CASES: list[dict[str, Any]] = json.loads(LIST.read_text()) if LIST.exists() else []
HARMLESS = {"valid: no warning needed", "valid for routing", "no influence on routing; at most a warning"}

pytestmark = pytest.mark.recordings


def outcome(case: dict[str, Any]) -> FeedNetwork | Unusable:
    try:
        return read_network([DATA / case["path"]])
    except Unusable as refusal:
        return refusal


def test_the_broken_feeds_are_there() -> None:
    if not CASES:
        pytest.skip("../shared/data/badfeeds is missing: broken feeds of other projects were not tried")
    assert len(CASES) >= 45


@pytest.mark.parametrize("case", CASES, ids=lambda case: Path(case["path"]).stem)
def test_a_broken_feed_is_treated_as_a_sane_reader_would(case: dict[str, Any]) -> None:
    result = outcome(case)
    verdict = "reject with a clear error" if isinstance(result, Unusable) else "accept with a warning"
    assert verdict in {case["must"], case.get("also_acceptable")}, result
    if isinstance(result, Unusable):
        assert "publisher" in str(result)
        return
    timetable = result.day(result.span[0])
    assert timetable.n_stops > 0
    if case.get("detail") not in HARMLESS:
        assert result.findings, "accepted, but the flaw is not reported"


@pytest.mark.parametrize(
    ("stem", "sign"),
    [
        ("tf_missing_weekday_column", "has no column thursday"),
        ("tl_errors_trips-no-stop-times", "'no_stop_times' has no stop_times"),
        ("tl_errors_stops-invalid-parent_station", "'LAKE_platform_platform' has the parent_station"),
        ("tl_errors_trips-backwards-distance", "goes back in shape_dist_traveled"),
        ("tl_best-practices_frequency-duration", "ends before a second departure"),
        ("tf_bad_date_format", "calendar.txt:2: service_id 'FULLW', start_date '2007.01.01'"),
        ("tf_missing_endpoint_times", "'BFC2' has no time at its first or last stop"),
        ("tl_best-practices_stop-zero-coordinates", "stop 'ZERO' is at '0', '0'"),
        ("tl_errors_calendar_dates-duplicate", "has a second line for 20190101"),
        ("tl_best-practices_stop-time-fast-travel", "in 0 s"),
        ("tl_best-practices_transfers-min-transfer-time", "min_transfer_time '' with transfer_type 2"),
        ("tl_best-practices_agency-agency_id-recommended", "has no agency_id"),
        ("tl_best-practices_calendar-all-days-empty", "has no weekday"),
        ("tl_best-practices_calendar-too-short", "covers a single day"),
        ("tl_errors_shapes-sequence", "has a shape_pt_sequence twice"),
        ("tl_errors_shapes-backwards-distance", "goes back in shape_dist_traveled"),
        ("tl_errors_transfer-unknown-to_trip_id", "to_trip_id 'xyz'"),
        ("tf_unused_stop", "nothing calls at stop"),
        ("tf_unrecognized_columns", "unknown columns"),
        ("tf_bad_utf8", "not UTF-8"),
        ("tlx_example-errors", "stop 'NADAV' is at '-100', '-200'"),
        ("ng_grt_shifted", "route_type 'https://"),
    ],
)
def test_the_flaw_itself_is_named(stem: str, sign: str) -> None:
    path = DATA / "badfeeds" / f"{stem}.zip"
    if not path.exists():
        pytest.skip("../shared/data/badfeeds is missing: broken feeds of other projects were not tried")
    assert any(sign in str(finding) for finding in read_network([path]).findings)
