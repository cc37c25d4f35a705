"""Kills and power cuts while webhooks come, in small; `python -m tests.benchmarks.durability` plays 10,000 of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.fakes.stormy_hub import StormyHub, Weather

if TYPE_CHECKING:
    from pathlib import Path


def test_nothing_acknowledged_is_lost_and_nothing_comes_twice(tmp_path: Path) -> None:
    found = StormyHub(tmp_path, seed=7).play(40, Weather(kills=2, kills_of_all=1, cuts=1))
    assert found.webhooks == 40
    assert (found.without_ticket, found.several_tickets) == ([], [])
    assert (found.several_texts, found.without_text) == ([], [])
    assert found.texts + found.doubtful >= 40
