"""How long an outage will last: a range that holds what it says, and grows with what is not over."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from math import exp, log

import pytest

from chalicelib.outages.forecast import (
    CONNECTIONS_DIFFER,
    FROM_QUANTILE,
    PRIOR_MIDDLE_S,
    PRIOR_SPREAD,
    PROVIDERS_DIFFER,
    SHARE_IN_RANGE,
    UNTIL_QUANTILE,
    PastOutage,
    back_range,
    belief,
    remaining_s,
)
from chalicelib.workflows.tool_failing import past_of

T0 = datetime(2026, 9, 3, 9, 2, 30, tzinfo=UTC)
MANY = 4000


def minutes(pair: tuple[datetime, datetime], now: datetime = T0) -> tuple[float, float]:
    return tuple((one - now).total_seconds() / 60 for one in pair)  # type: ignore[return-value] # a pair stays one


def past(*lasted_min: float, own: bool = True) -> list[PastOutage]:
    return [PastOutage(60 * one, own=own) for one in lasted_min]


@pytest.mark.parametrize("known", [[], past(20, 30), past(600, own=False)], ids=["nothing", "own", "others"])
@pytest.mark.parametrize("elapsed_min", [0, 3, 45, 600, 10_000])
def test_a_range_lies_ahead_in_whole_five_minutes_and_is_never_a_point(
    elapsed_min: int, known: list[PastOutage]
) -> None:
    now = T0 + timedelta(minutes=elapsed_min)
    back_from, back_until = back_range(T0, now, known)
    assert now < back_from < back_until
    assert back_until - back_from >= timedelta(minutes=10)
    assert all(one.minute % 5 == one.second == one.microsecond == 0 for one in (back_from, back_until))


def test_without_any_history_the_prior_speaks() -> None:
    known = belief([])
    assert exp(known.middle) == pytest.approx(PRIOR_MIDDLE_S)
    assert remaining_s(known, 0, 0.5) == pytest.approx(45 * 60)
    assert remaining_s(known, 0, 0.9) / 3600 == pytest.approx(5, abs=0.1)


def test_the_longer_it_lasts_the_later_and_the_wider_the_range() -> None:
    ranges = [
        minutes(back_range(T0, now, past(30, 60)), now) for now in (T0 + timedelta(minutes=m) for m in (0, 60, 240))
    ]
    assert ranges == sorted(ranges)
    widths = [last - first for first, last in ranges]
    assert widths == sorted(widths)


def test_what_a_connection_lived_through_counts_more_than_its_provider_and_that_more_than_the_prior() -> None:
    def middle(known: list[PastOutage]) -> float:
        return exp(belief(known).middle) / 60

    assert middle(past(10, 10, 10, own=False)) < 45
    assert middle(past(10, 10, 10)) < middle(past(10, 10, 10, own=False))
    assert middle(past(*[10] * 50)) == pytest.approx(10, abs=1)
    assert middle([*past(*[10] * 20), *past(*[600] * 20, own=False)]) == pytest.approx(12, abs=3)
    assert 10 < middle(past(10)) < 45, "one outage is not believed whole"


def test_the_spread_is_learned_too() -> None:
    assert belief(past(*[30] * 40)).spread < belief([]).spread < belief(past(*([1, 900] * 20))).spread


def test_an_outage_beyond_all_experience_still_has_a_finite_range() -> None:
    first, last = minutes(back_range(T0, T0 + timedelta(days=90), past(5, 5, 5)), T0 + timedelta(days=90))
    assert 0 < first < last < 90 * 24 * 60


@pytest.mark.parametrize("elapsed_s", [0, 900, 5400])
@pytest.mark.parametrize(("own", "others"), [(0, 0), (2, 8), (12, 30)])
def test_the_stated_share_of_outages_ends_inside_the_range(own: int, others: int, elapsed_s: int) -> None:
    """Providers and connections drawn as the model says; before rounding, within four points of what is stated."""
    rand = random.Random(f"{own} {others} {elapsed_s}")
    inside = too_early = tried = 0
    while tried < MANY:
        provider = rand.gauss(log(PRIOR_MIDDLE_S), PROVIDERS_DIFFER)
        middle = rand.gauss(provider, CONNECTIONS_DIFFER)
        lasted = exp(rand.gauss(middle, PRIOR_SPREAD))
        if lasted <= elapsed_s:
            continue
        tried += 1
        known = [PastOutage(exp(rand.gauss(middle, PRIOR_SPREAD)), own=True) for _ in range(own)]
        for _ in range(others):
            elsewhere = rand.gauss(provider, CONNECTIONS_DIFFER)
            known.append(PastOutage(exp(rand.gauss(elsewhere, PRIOR_SPREAD)), own=False))
        first, last = (remaining_s(belief(known), elapsed_s, share) for share in (FROM_QUANTILE, UNTIL_QUANTILE))
        too_early += lasted - elapsed_s < first
        inside += first <= lasted - elapsed_s <= last
    assert inside / MANY == pytest.approx(SHARE_IN_RANGE, abs=0.04)
    assert too_early / MANY == pytest.approx(FROM_QUANTILE, abs=0.03)


def test_rounding_outward_only_adds_to_the_share() -> None:
    rand, inside = random.Random(7), 0
    for _ in range(MANY):
        lasted = exp(rand.gauss(log(PRIOR_MIDDLE_S), belief([]).spread))
        first, last = minutes(back_range(T0, T0, []))
        inside += first <= lasted / 60 <= last
    assert SHARE_IN_RANGE - 0.02 <= inside / MANY <= SHARE_IN_RANGE + 0.08


def entry(connection: str, minute: int, lasted_s: int) -> dict[str, object]:
    return {
        "connection_id": connection,
        "certain_at": (T0 + timedelta(minutes=minute)).isoformat(),
        "lasted_s": lasted_s,
    }


def test_one_failure_of_a_provider_that_hit_many_connections_counts_once() -> None:
    lasted = [entry("a", 0, 600), entry("b", 1, 500), entry("c", 5, 900), entry("b", 60, 60), entry("mine", 2, 700)]
    assert sorted((one.lasted_s, one.own) for one in past_of(lasted, "mine")) == [
        (60, False),
        (600, False),
        (700, True),
    ]
