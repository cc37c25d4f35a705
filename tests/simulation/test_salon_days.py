"""Two days at a salon, on a quiet machine and on one where every call to the outside may fail or kill the worker.

The same things happen in both; in the end the same tickets are in the same state, and the same people were told the
same things, each once.
"""

from __future__ import annotations

import logging
import os
import random
from collections import Counter
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest

from chalicelib.notices.notice import NoticeState
from chalicelib.notices.why import why
from tests.fakes.faults import Dice
from tests.fakes.log_lines import log_lines
from tests.fakes.salon import Salon, at, handle
from tests.fakes.salon_days import BEGIN, Failing, end_state, lived_through, sendings, story, told

if TYPE_CHECKING:
    from chalicelib.tickets.ticket import Ticket
    from tests.fakes.salon_days import Action

SEEDS = int(os.environ.get("SALON_SEEDS", "4"))
INTERRUPTING = {"leave_by", "replan", "late", "on_time_again"}


def traffic(seed: int) -> list[Action]:
    """Buses are cancelled, come back, and run late; after each change the live feed says so."""
    rand = random.Random(seed + 1000)
    actions: list[Action] = []
    moment = at("3 08:00")
    while moment < at("3 18:00"):
        moment += timedelta(minutes=rand.randrange(1, 12))
        buses = [f"{moment.hour + rand.randrange(0, 3):02d}:{15 * rand.randrange(4):02d}" for _ in range(6)]
        actions.append((moment, partial(conditions, set(buses[:3]), dict.fromkeys(buses[3:], rand.randrange(-3, 20)))))
    return actions


def conditions(cancelled: set[str], late_min: dict[str, int], failing: Failing) -> None:
    failing.salon.town.cancelled, failing.salon.town.late_min = cancelled, late_min
    now = int(failing.salon.now.timestamp())
    message = {"feed_id": "town", "conditions_at": now}
    failing.insist(lambda: handle(failing.services, message, failing.salon.now))


def lived(seed: int, share: float, *, meddled: float = 0.0, live: bool = False) -> Failing:
    failing = Failing(Salon(), Dice(seed, share), Dice(seed, meddled))
    failing.salon.clock.set(BEGIN)
    return lived_through(failing, story(seed) + (traffic(seed) if live else []))


@pytest.mark.parametrize("seed", range(SEEDS))
def test_faults_change_neither_the_end_nor_what_people_are_told(seed: int) -> None:
    quiet, troubled = lived(seed, 0.0), lived(seed, 0.15)
    assert troubled.dice.faults > 100
    assert end_state(troubled) == end_state(quiet)
    assert told(troubled) == told(quiet)
    assert all(times == 1 for times in sendings(quiet).values())
    ids = Counter(n.notice_id for n in troubled.salon.notices())
    assert all(times == 1 for times in ids.values())
    assert sum(sendings(troubled).values()) <= sum(sendings(quiet).values()), "nobody is told a thing twice"


@pytest.mark.parametrize("seed", range(SEEDS))
def test_nothing_is_left_half_done(seed: int) -> None:
    troubled = lived(seed, 0.15)
    unfinished = {NoticeState.DUE, NoticeState.HELD, NoticeState.SENDING}
    assert not [notice for notice in troubled.salon.notices() if notice.state in unfinished]
    assert all(n.published for n in troubled.salon.notices() if n.state is NoticeState.SENT)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_workers_in_each_others_way_change_nothing(seed: int) -> None:
    quiet, crowded = lived(seed, 0.0), lived(seed, 0.0, meddled=0.5)
    assert crowded.meddling.faults > 20
    assert end_state(crowded) == end_state(quiet)
    assert told(crowded) == told(quiet)
    assert sendings(crowded) == sendings(quiet)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_on_a_day_of_bad_traffic_nobody_is_pestered_and_nothing_is_lost(seed: int) -> None:
    troubled = lived(seed, 0.05, meddled=0.2, live=True)
    unfinished = {NoticeState.DUE, NoticeState.HELD, NoticeState.SENDING}
    notices = troubled.salon.notices()
    assert not [notice for notice in notices if notice.state in unfinished]
    to_business = troubled.salon.business.phone if troubled.salon.business else None  # a lateness comes, goes and comes
    told = {text: times for (to, text), times in sendings(troubled).items() if to != to_business}
    assert all(times == 1 for times in told.values()), "nobody is told a thing twice"
    interrupting = Counter(n.ticket_id for n in notices if n.kind in INTERRUPTING)
    assert all(times <= 3 for times in interrupting.values())


def test_bad_traffic_is_talked_about() -> None:
    kinds = Counter(n.kind for seed in range(4) for n in lived(seed, 0.0, live=True).salon.notices() if n.sent_at)
    assert kinds.keys() >= {"booked", "moved", "reminder", "leave_by", "replan", "late", "customer_late"}


def test_no_line_of_two_days_says_who_somebody_is() -> None:
    with log_lines(logging.DEBUG) as lines:
        days = lived(1, 0.15, live=True)
    assert days.dice.faults > 100
    assert {"a notice was decided", "a notice was sent"} <= {line["event"] for line in lines.parsed()}
    people = {customer for one in days.salon.bookings.values() for customer in one.customers}
    private = {word for one in people for word in (one.name, one.email, one.phone, one.phone and one.phone[1:]) if word}
    private |= {ticket.secret for ticket in tickets_of(days)} | {notice.text for notice in days.salon.notices()} - {""}
    assert len(people) > 1
    assert [word for word in private if word in lines.text] == []


def tickets_of(days: Failing) -> list[Ticket]:
    found = (days.salon.services.tickets.load(key, days.salon.now) for key in days.salon.documents.tables["tickets"])
    return [ticket for ticket in found if ticket]


@pytest.mark.parametrize("seed", range(2))
def test_every_notice_of_two_days_says_why(seed: int) -> None:
    days = lived(seed, 0.0, live=True)
    notices = days.salon.notices()
    assert len(notices) > 10
    for notice in notices:
        assert notice.facts, notice.kind
        assert notice.facts.because, notice.kind
        said = why(notice, notices)
        assert said.startswith(f"The rule {notice.kind} ({notice.facts.variant}) spoke at "), said
        assert "None" not in said
