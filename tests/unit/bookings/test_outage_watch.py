"""When failed calls are an outage: not a hiccup, not our own fault, and over with the first answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.outages.watch import (
    NO_CONNECTION,
    Watch,
    after_answer,
    after_failure,
    from_json,
    is_hub_cut_off,
    to_json,
)

T0 = datetime(2026, 9, 3, 9, 0, tzinfo=UTC)


def minute(number: float) -> datetime:
    return T0 + timedelta(minutes=number)


def after(*what: str) -> Watch:
    """Reads "9" as a failure in minute 9, "9+" as an answer."""
    watch = Watch()
    for one in what:
        at = minute(float(one.rstrip("+")))
        watch = after_answer(watch, at) if one.endswith("+") else after_failure(watch, at, "HTTP 503")
    return watch


@pytest.mark.parametrize(
    ("what", "now", "certain"),
    [
        ((), 20, False),
        (("0", "1", "4"), 10, False),  # a blip, as far as anybody knows
        (("0", "1", "5"), 5, True),
        (("0", "5", "10"), 10, True),
        (("0", "10"), 20, False),  # too few
        (("0", "5", "10", "11+"), 20, False),  # one answer ends it
        (("0", "5", "6+", "7", "8", "11"), 11, False),  # and counting begins anew
        (("0", "5", "6+", "7", "8", "12"), 12, True),
        (("0", "40", "41"), 42, False),  # what was in between, nobody knows
        (("0", "5", "10"), 131, False),  # nobody asked since
    ],
)
def test_an_outage_is_certain_after_five_minutes_and_three_failures(
    what: tuple[str, ...], now: float, *, certain: bool
) -> None:
    assert after(*what).is_certain(minute(now)) is certain


def test_a_watch_comes_back_from_its_document() -> None:
    for watch in (Watch(), after("0", "5", "6+"), after("0")):
        assert from_json(to_json(watch)) == watch


def test_a_reason_is_short() -> None:
    assert len(after_failure(Watch(), T0, "x" * 1000).reason) == 80


def silent(since: float, reason: str = NO_CONNECTION) -> Watch:
    return after_failure(Watch(), minute(since), reason)


@pytest.mark.parametrize(
    ("watches", "ours"),
    [
        ([], False),
        ([("calcom", silent(0))], False),
        ([("calcom", silent(0)), ("calcom", silent(1))], False),  # one provider's trouble
        ([("calcom", silent(0)), ("square", silent(5))], True),
        ([("calcom", silent(0)), ("square", silent(11))], False),  # one after the other
        ([("calcom", silent(0)), ("square", silent(1, "HTTP 503"))], False),  # it answers, so it was reached
    ],
)
def test_tools_of_several_kinds_beyond_reach_at_once_are_our_own_trouble(
    watches: list[tuple[str, Watch]], *, ours: bool
) -> None:
    assert is_hub_cut_off(watches) is ours
