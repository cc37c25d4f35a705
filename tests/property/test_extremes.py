"""Every parser meets a sample of the extremes of `extremes_long_run`, and no parser is forgotten."""

from __future__ import annotations

from itertools import islice

import pytest

from chalicelib.bookings.providers import MODULES, provider
from chalicelib.foundation.keys import TABLES
from tests.fakes.extreme_parsers import PARSERS
from tests.fakes.extremes import picked

CASES_A_PARSER, CASES_OF_SLOW = 60, 12  # a feed is compiled in a fifth of a second
EVERY = 31  # no divisor of the number of extremes, so that all of them and all places are met


@pytest.mark.parametrize("name", PARSERS)
def test_extremes_do_no_harm(name: str) -> None:
    most = CASES_OF_SLOW if name.startswith("GTFS ") else CASES_A_PARSER
    for case, run in islice(picked(PARSERS[name](), EVERY, len(name)), most):
        try:
            run()
        except Exception as error:
            raise AssertionError(f"{name}: {case[:200]} does harm: {error!r:.300}") from error


def test_no_parser_is_forgotten() -> None:
    known = {name for name in MODULES if provider(name).name == name}
    assert {f"payloads of {name}" for name in known} <= PARSERS.keys(), "a booking tool"
    asked = {name for name in known if provider(name).upcoming and name not in {"calcom", "calendly", "nylas"}}
    assert {f"answers of {name}" for name in asked} <= PARSERS.keys(), "a tool that is read back"
    assert {f"documents of {table}" for table in TABLES} <= PARSERS.keys(), "a table"
    assert {"queue messages", "paths of endpoints", "queries and headers", "calendars"} <= PARSERS.keys()
    assert {"GTFS cells", "GTFS rows", "GTFS sizes", "GTFS-Realtime fields", "GBFS 2.3", "GBFS 3.0"} <= PARSERS.keys()
