"""Messages are leased, come back, die, and are taken up again after the machine started anew."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from chalicelib.embedded.blobs import KEEP_DAYS
from chalicelib.embedded.environment import Embedded
from chalicelib.embedded.queues import (
    HIDDEN_MAX_S,
    KEEP_WAITING_S,
    PAUSE_ELSE_S,
    PAUSE_S,
    TRIES,
    TRIES_ELSE,
    SqliteQueues,
)
from infra.template import HUB, load

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fakes.memory import ManualClock


class Ticks:
    """A clock that goes forward when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


@pytest.fixture
def queues(parts: Embedded, ticks: Ticks) -> SqliteQueues:
    return SqliteQueues(parts.database, ticks)


def bodies(queues: SqliteQueues, queue: str = "inbox", lease_s: float = 10) -> list[str]:
    return [one.body for one in queues.receive(queue, 10, lease_s)]


def test_a_leased_message_is_hidden_until_its_lease_ends(queues: SqliteQueues, ticks: Ticks) -> None:
    queues.send("inbox", {"n": 1})
    (mine,) = queues.receive("inbox", 10, 10)
    assert bodies(queues) == []
    ticks.now += 9
    queues.hide([mine], 10)
    ticks.now += 9
    assert bodies(queues) == []
    ticks.now += 1
    assert bodies(queues) == ['{"n":1}']


def test_who_lost_a_lease_cannot_renew_it_but_may_be_done(queues: SqliteQueues, ticks: Ticks) -> None:
    queues.send("inbox", {"n": 1})
    (first,) = queues.receive("inbox", 10, 10)
    ticks.now += 10
    (second,) = queues.receive("inbox", 10, 10)
    queues.hide([first], 500)
    ticks.now += 10
    (third,) = queues.receive("inbox", 10, 10)
    assert (first.receives, second.receives, third.receives) == (1, 2, 3)
    queues.delete([first])
    ticks.now += 10
    assert bodies(queues) == []


def test_what_is_delayed_waits(queues: SqliteQueues, ticks: Ticks) -> None:
    queues.send("inbox", {"n": 1}, delay_s=60)
    ticks.now += 59
    assert bodies(queues) == []
    ticks.now += 1
    assert bodies(queues) == ['{"n":1}']
    with pytest.raises(ValueError, match="900"):
        queues.send("inbox", {"n": 1}, delay_s=901)


def test_what_fails_too_often_is_dead_is_shown_and_can_be_tried_again(queues: SqliteQueues, ticks: Ticks) -> None:
    queues.send("inbox", {"n": "bad"}, {"n": "good"})
    for _ in range(TRIES_ELSE):
        messages = queues.receive("inbox", 10, 10)
        queues.put_off("inbox", [one for one in messages if "bad" in one.body])
        queues.delete([one for one in messages if "good" in one.body])
        assert bodies(queues) == []
        ticks.now += PAUSE_S["inbox"]
    assert bodies(queues) == []
    (dead,) = queues.dead()
    assert (dead["queue"], dead["body"]) == ("inbox", '{"n":"bad"}')
    assert queues.lengths()["inbox"].dead == 1
    assert queues.revive([dead["id"], 77]) == 1
    assert bodies(queues) == ['{"n":"bad"}']
    assert queues.dead() == []


def test_lengths_and_ages_are_told(queues: SqliteQueues, ticks: Ticks) -> None:
    queues.send("inbox", {"n": 1}, {"n": 2})
    queues.send("notices", {"n": 3}, delay_s=30)
    queues.receive("inbox", 1, 10)
    lengths = queues.lengths()
    assert (lengths["inbox"].waiting, lengths["inbox"].hidden) == (1, 1)
    assert (lengths["notices"].waiting, lengths["notices"].hidden) == (0, 1)
    assert lengths["inbox"].oldest_s >= 0
    assert ticks.now == 1000


def test_many_workers_get_each_message_once(queues: SqliteQueues) -> None:
    queues.send("inbox", *({"n": n} for n in range(100)))

    def work(_: int) -> list[str]:
        got: list[str] = []
        while found := queues.receive("inbox", 7, 600):
            got += [one.body for one in found]
            queues.delete(found)
        return got

    with ThreadPoolExecutor(6) as threads:
        all_bodies = [body for got in threads.map(work, range(6)) for body in got]
    assert len(all_bodies) == len(set(all_bodies)) == 100


def test_who_waits_is_given_what_comes(parts: Embedded) -> None:
    found: list[str] = []
    waiting = threading.Thread(
        target=lambda: found.extend(one.body for one in parts.queues.receive("inbox", 1, 10, 30))
    )
    waiting.start()
    parts.queues.send("inbox", {"n": 1})
    waiting.join(30)
    assert found == ['{"n":1}']


@pytest.mark.parametrize("boot", ["another", None])
def test_after_a_new_start_of_the_machine_nobody_holds_anything(
    parts: Embedded, folder: Path, clock: ManualClock, boot: str | None
) -> None:
    parts.queues.send("inbox", {"n": 1})
    parts.queues.send("inbox", {"n": 2}, delay_s=600)
    assert len(parts.queues.receive("inbox", 10, 7000)) == 1
    with parts.database.writing() as connection:
        if boot:
            connection.execute("UPDATE facts SET value = ? WHERE name = 'boot'", [boot])
        else:
            connection.execute("DELETE FROM facts WHERE name = 'boot'")
        connection.execute("UPDATE messages SET visible_at = visible_at + 1e9")
    again = Embedded(folder, clock, {})
    assert bodies(again.queues) == ['{"n":1}'], "and what was put off still waits"
    assert again.queues.lengths()["inbox"].hidden == 2
    again.close()


def test_no_clock_hides_a_message_for_ever(queues: SqliteQueues, ticks: Ticks) -> None:
    queues.send("inbox", {"n": 1})
    ticks.now -= HIDDEN_MAX_S + 100
    assert bodies(queues) == []
    queues.tidy()
    assert bodies(queues) == ['{"n":1}']


def test_old_messages_are_deleted(parts: Embedded, ticks: Ticks) -> None:
    wall = Ticks()
    queues = SqliteQueues(parts.database, ticks, wall)
    queues.send("inbox", {"n": 1})
    wall.now += KEEP_WAITING_S
    queues.tidy()
    assert queues.lengths()["inbox"].waiting == 1
    wall.now += 1
    queues.tidy()
    assert queues.lengths() == {}


def test_what_is_sent_where_no_document_remembers_it_waits_for_the_disk(parts: Embedded) -> None:
    flushes: list[int] = []
    parts.database._sync = flushes.append  # noqa: SLF001 - counts
    for queue, expected in (("inbox", 0), ("notices", 0), ("feeds", 1), ("something new", 1)):
        flushes.clear()
        parts.queues.send(queue, {"n": 1})
        assert len(flushes) == expected, queue


def test_tries_pauses_and_lifetimes_are_those_of_the_template() -> None:
    resources = load(HUB)["Resources"]
    for name, one in resources.items():
        if one["Type"] == "AWS::SQS::Queue" and "RedrivePolicy" in one["Properties"]:
            queue = name.removesuffix("Queue").lower()
            assert one["Properties"]["RedrivePolicy"]["maxReceiveCount"] == TRIES.get(queue, TRIES_ELSE), queue
            assert one["Properties"]["VisibilityTimeout"] == PAUSE_S.get(queue, PAUSE_ELSE_S), queue
            assert one["Properties"]["VisibilityTimeout"] <= HIDDEN_MAX_S, queue
    rules = resources["Bucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    assert {one["Prefix"]: one["ExpirationInDays"] for one in rules if "Prefix" in one} == KEEP_DAYS
