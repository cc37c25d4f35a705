"""How long outages of a kind last, from those that are over or go on; and whether what is said holds."""

from __future__ import annotations

import random
from math import exp, log

import pytest

from chalicelib.outages.learned import AGES_MIN, SHARE_IN_RANGE, TAIL, Learned, from_json, to_json
from chalicelib.outages.lengths import LATEST, PRIOR_MIDDLE_S, Length, prior_of, quantiles_s

T0 = 1_780_000_000.0
HOUR_S = 3600.0


def over(*lasted_min: float) -> list[Length]:
    return [Length(60 * one, True, 1.0) for one in lasted_min]


def test_the_middle_of_what_is_over() -> None:
    assert quantiles_s(over(10, 20, 30, 40), 0, (0.5, 1.0)) == [20 * 60, 40 * 60]


def test_what_goes_on_counts_as_at_least_so_long() -> None:
    """Two ended after 10 and 20 minutes; two go on after 15: by Kaplan and Meier a quarter ends at 10, all at 20."""
    known = over(10, 20) + [Length(15 * 60, False, 1.0)] * 2
    assert quantiles_s(known, 0, (0.25, 1.0)) == [10 * 60, 20 * 60]
    assert quantiles_s(known, 0, (0.5,))[0] > quantiles_s(over(10, 20, 15, 15), 0, (0.5,))[0]


@pytest.mark.parametrize("age_s", [0.0, 59.0, 3600.0, 1e6, 1e9])
@pytest.mark.parametrize("kind", [*PRIOR_MIDDLE_S, "of no known kind"])
def test_quantiles_ascend_and_are_never_in_the_past(kind: str, age_s: float) -> None:
    found = quantiles_s(prior_of(kind), age_s, (0.02, 0.1, 0.5, 0.9, 0.98))
    assert found == sorted(found)
    assert found[0] >= age_s
    assert found[-1] > age_s


@pytest.mark.parametrize("kind", PRIOR_MIDDLE_S)
def test_without_any_history_the_prior_speaks(kind: str) -> None:
    (middle,) = quantiles_s(prior_of(kind), 0, (0.5,))
    assert middle == pytest.approx(PRIOR_MIDDLE_S[kind], rel=0.3)


def taught(kind: str, lengths_min: list[float], component: str = "a") -> Learned:
    learned = Learned(kind)
    for number, one in enumerate(lengths_min):
        learned.begin(str(number), component, T0 + number * HOUR_S)
        learned.end(str(number), T0 + number * HOUR_S + 60 * one)
    return learned


def test_what_a_component_lived_through_counts_more_than_its_kind_and_that_more_than_the_prior() -> None:
    def last(learned: Learned, component: str) -> float:
        return learned.expect(component, 0, 0).back_until

    short = taught("site", [3.0] * 40)
    assert last(short, "a") < last(short, "b") < last(Learned("site"), "b")


def test_the_longer_it_lasts_the_later_it_ends() -> None:
    learned = taught("provider", [10.0, 20, 30, 60, 120, 240])
    ends = [learned.expect("a", 0, 60.0 * age) for age in AGES_MIN]
    assert ends == sorted(ends)
    assert all(end.back_from >= 60 * age < end.back_until for end, age in zip(ends, AGES_MIN, strict=True))


def test_the_stated_share_of_outages_ends_inside_the_range() -> None:
    """Seeded outages whose lengths drift by a half: what is said of the later ones holds as often as it claims."""
    rand, learned, now = random.Random(5), Learned("site"), T0
    early = inside = tried = 0
    for number in range(1500):
        now += 12 * HOUR_S
        lasted_s = exp(rand.gauss(log(20 * 60 * (1 + number / 1500)), 1.2))
        learned.begin(str(number), f"c{number % 20}", now)
        for age in AGES_MIN[:4]:
            if lasted_s > 60 * age:
                expected = learned.expect(f"c{number % 20}", now, now + 60 * age)
                learned.say(str(number), expected, now + 60 * age)
                if number >= 200:
                    tried += 1
                    early += now + lasted_s < expected.back_from
                    inside += expected.back_from <= now + lasted_s <= expected.back_until
        learned.end(str(number), now + lasted_s)
    assert inside / tried == pytest.approx(SHARE_IN_RANGE, abs=0.02)
    assert early / tried == pytest.approx(TAIL, abs=0.02)


def test_an_end_outside_of_what_was_said_widens_the_next_ranges_of_that_age() -> None:
    learned = Learned("power")
    learned.begin("long", "a", T0)
    learned.say("long", learned.expect("a", T0, T0 + 300), T0 + 300)
    learned.end("long", T0 + 90 * HOUR_S)
    before, after = learned.tails[5]
    assert before > TAIL > after, "cut off less at the late end, a little more at the early one"
    learned.end("long", T0 + 91 * HOUR_S)
    assert learned.tails[5] == (before, after), "an end counts once"


def test_it_comes_back_from_its_document() -> None:
    learned = taught("site", [5.0, 50])
    learned.begin("open", "b", T0)
    learned.say("open", learned.expect("b", T0, T0 + 120), T0 + 120)
    assert from_json(to_json(learned)) == learned


def test_it_is_bounded_and_forgets_the_oldest_that_is_over_first() -> None:
    learned = Learned("power")
    learned.begin("goes on", "a", T0)
    for number in range(2 * LATEST):
        learned.begin(str(number), "a", T0 + number)
        learned.end(str(number), T0 + number + 60)
    assert len(learned.outages) == LATEST + 1
    assert "goes on" in learned.outages
    assert "0" not in learned.outages
    learned.forget("goes on")
    learned.end("of nobody", T0)
    assert len(learned.outages) == LATEST
