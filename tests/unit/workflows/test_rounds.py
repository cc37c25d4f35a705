"""Rounds through a city: one at a time, the newest next, none lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.bookings.config import Config
from chalicelib.bookings.connections.silence import Silences
from chalicelib.foundation.commands import FinishRound, StartRound
from chalicelib.workflows.checking.rounds import ROUND_S, begin_round, end_round
from tests.fakes.memory import ManualClock, MemoryDocuments

NOW = datetime(2026, 3, 18, 8, 0, tzinfo=UTC)


class Feed:
    """A feed's rounds, and what their ends put into the queue."""

    def __init__(self) -> None:
        self.documents = MemoryDocuments(ManualClock(NOW))
        self.sent: list[StartRound] = []

    def begins(self, at: int, after_s: float = 0) -> bool:
        return begin_round(self.documents, StartRound("town", at), NOW + timedelta(seconds=after_s))

    def ends(self, at: int) -> None:
        end_round(self.documents, FinishRound("town", at), NOW, self.sent.append)


def test_the_first_conditions_begin_a_round_and_the_next_begin_one_after_its_end() -> None:
    feed = Feed()
    assert feed.begins(1)
    feed.ends(1)
    assert feed.begins(2)
    assert feed.sent == []


def test_what_is_published_during_a_round_waits_and_only_the_newest_is_taken() -> None:
    feed = Feed()
    assert feed.begins(1)
    assert [feed.begins(2), feed.begins(4), feed.begins(3)] == [False, False, False]
    feed.ends(1)
    assert feed.sent == [StartRound("town", 4)]
    assert feed.begins(4)


def test_a_message_that_comes_twice_is_cut_twice_and_an_end_that_comes_twice_ends_nothing_else() -> None:
    feed = Feed()
    assert [feed.begins(1), feed.begins(1)] == [True, True]
    feed.ends(1)
    assert feed.begins(2)
    feed.ends(1)
    assert feed.begins(3) is False, "the second round goes on"


def test_a_round_whose_end_was_lost_is_given_up() -> None:
    feed = Feed()
    assert feed.begins(1)
    assert feed.begins(2, after_s=ROUND_S - 1) is False
    assert feed.begins(3, after_s=ROUND_S + 1) is True


@given(st.lists(st.sampled_from(("publish", "end", "twice")), max_size=40))
def test_whatever_the_order_the_newest_conditions_have_their_round(steps: list[str]) -> None:
    feed, at, begun = Feed(), 0, [0]
    for step in [*steps, "end", "end"]:
        if step == "publish":
            at += 1
            feed.sent.append(StartRound("town", at))
        elif begun[-1]:
            feed.ends(begun[-1])
        waiting, feed.sent = feed.sent, []
        waiting *= 2 if step == "twice" else 1
        begun += [one.conditions_at for one in waiting if feed.begins(one.conditions_at)]
    assert begun[-1] == at


def test_a_feed_may_have_any_name_beside_the_hourly_look_for_silences() -> None:
    documents = MemoryDocuments(ManualClock(NOW))
    silences = Silences(documents, Config(documents), print)
    assert silences.report_new(NOW) == []
    assert begin_round(documents, StartRound("quiet", 1), NOW)
    assert silences.report_new(NOW + timedelta(hours=2)) == []
    end_round(documents, FinishRound("quiet", 1), NOW, print)
    assert begin_round(documents, StartRound("quiet", 2), NOW)


@given(st.lists(st.tuples(st.integers(1, 30), st.integers(1, 4), st.booleans()), max_size=40))
def test_the_queue_feeds_itself_no_more_often_than_something_was_published(steps: list[tuple[int, int, bool]]) -> None:
    """Lambda does not stop this loop (`RecursiveLoop: Allow`), so it is bounded here: each turn uses up a message.

    Conditions come in any order, each message up to four times, and ends come late or twice.
    """
    feed, from_outside, turns, begun = Feed(), 0, 0, set[int]()
    for at, deliveries, late in steps:
        from_outside += deliveries
        begun |= {at for _ in range(deliveries) if feed.begins(at)}
        while not late and begun:
            ended = begun.pop()
            feed.ends(ended)
            feed.ends(ended)
            turns += len(feed.sent)
            assert all(one.conditions_at > ended for one in feed.sent), "a round is followed by a newer one only"
            begun |= {one.conditions_at for one in feed.sent if feed.begins(one.conditions_at)}
            feed.sent.clear()
    assert turns <= from_outside


@given(st.integers(1, 200))
def test_without_news_the_rounds_end(turns: int) -> None:
    """However long a day's chain was, it stops with the round of what was published last."""
    feed = Feed()
    assert feed.begins(1)
    for at in range(2, turns + 2):
        assert feed.begins(at) is False
        feed.ends(at - 1)
        assert feed.sent.pop() == StartRound("town", at)
        assert feed.begins(at)
    feed.ends(turns + 1)
    assert feed.sent == []
