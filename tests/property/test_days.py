"""Properties of a business's day, over generated days; `python -m tests.property.days_long_run` plays many more."""

from __future__ import annotations

import pytest

from chalicelib.visits.promises import Outcome
from infra.play.day import Player
from tests.fakes.business_day import World, hold


@pytest.fixture(scope="module")
def player() -> Player:
    return Player()


@pytest.mark.parametrize("seed", range(40))
def test_small_days(player: Player, seed: int) -> None:
    hold(World(player, seed, people_max=6).play())


def test_full_days_keep_their_promises() -> None:
    player = Player()
    counts = dict.fromkeys(Outcome, 0)
    for seed in range(6):
        hold(World(player, seed, people_max=30).play())
        assert player.day is not None
        for outcome, count in player.day.ledger.counts.get("later", {}).items():
            counts[outcome] += count
    assert not counts[Outcome.OPEN]
    assert counts[Outcome.KEPT] > 5 * counts[Outcome.BROKEN]


def test_the_same_day_is_answered_in_the_same_way() -> None:
    first, second = (World(Player(), 5, people_max=20).play().answers for _ in range(2))
    assert first == second
