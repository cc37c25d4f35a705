"""Turns on a line: never more than its rate, nobody twice, urgent ones first, and no turn is lost for nothing."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.notices.delivery.pace import HEADROOM, URGENT_FOR_S, Row, take_turn

ASKED = st.lists(st.tuples(st.floats(0, 3), st.booleans()), min_size=1, max_size=120)


@given(ASKED, st.sampled_from([0.2, 1.0, 20.0, 200.0]))
def test_turns_are_apart_and_never_before_they_were_asked_for(asked: list[tuple[float, bool]], per_s: float) -> None:
    row, now, mine = Row(), 1000.0, []
    for pause, can_wait in asked:
        now += pause
        row, turn = take_turn(row, per_s, now, can_wait=can_wait, has_waited=False)
        assert turn.at >= now
        if turn.is_mine:
            mine.append(turn.at)
    gaps = [b - a for a, b in pairwise(mine)]
    assert all(gap >= 1 / per_s for gap in gaps), "more than the line takes"


@given(ASKED)
def test_urgent_texts_always_get_a_turn_and_wait_only_for_one_another(asked: list[tuple[float, bool]]) -> None:
    row, now, urgent = Row(), 1000.0, 0.0
    gap = 1 / (20.0 * HEADROOM)
    for pause, can_wait in asked:
        now += pause
        calm = row.free_at
        row, turn = take_turn(row, 20.0, now, can_wait=can_wait, has_waited=False)
        if not can_wait:
            assert turn.is_mine
            assert turn.at <= max(now, calm) + 1e-9
            urgent = max(urgent, now) + gap
            assert turn.at <= urgent + 2 * gap, "at most two others are before it"
        elif now < row.urgent_until:
            assert not turn.is_mine


@given(st.integers(1, 300), st.floats(1, 50))
def test_who_waited_for_the_instant_it_was_given_gets_a_turn(count: int, per_s: float) -> None:
    row, again = Row(), [1000.0] * count
    sent = 0
    for _ in range(3):
        asked, again = sorted(again), []
        for at in asked:
            row, turn = take_turn(row, per_s, at, can_wait=True, has_waited=at > 1000.0)
            sent += turn.is_mine
            again += [] if turn.is_mine else [turn.at]
    assert sent == count


def test_after_urgent_texts_the_others_get_their_turns_again() -> None:
    row = Row()
    for _ in range(40):
        row, _ = take_turn(row, 20.0, 1000.0, can_wait=False, has_waited=False)
    row, turn = take_turn(row, 20.0, 1001.0, can_wait=True, has_waited=False)
    assert not turn.is_mine
    later = 1000.0 + URGENT_FOR_S + 0.1
    row, turn = take_turn(row, 20.0, max(later, turn.at), can_wait=True, has_waited=True)
    assert turn.is_mine
