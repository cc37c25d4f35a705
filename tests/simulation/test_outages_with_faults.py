"""Two days at a salon that closes now and then, where every call to the outside may fail or kill the worker.

The same things happen on a quiet machine; in the end the same people were told the same things, each once.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from datetime import timedelta
from functools import cache, partial
from typing import TYPE_CHECKING

import pytest

from chalicelib.bookings.config import Config
from chalicelib.notices.notice import NoticeState
from chalicelib.outages.outage import Outage, What
from chalicelib.outages.reported import end_outage
from chalicelib.outages.store import Outages
from tests.fakes.closings import business_body
from tests.fakes.faults import Dice, Faulty
from tests.fakes.salon import Salon, at
from tests.fakes.salon_days import BEGIN, Failing, end_state, lived_through, sendings, story, told

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from tests.fakes.salon_days import Action

SEEDS = int(os.environ.get("SALON_SEEDS", "2"))


def changed(outage_id: str, how: Callable[[Outage | None], Outage | None], failing: Failing) -> None:
    """The operator insists until the hub has taken it in; whoever reads the business next, knows."""
    salon, now = failing.salon, failing.salon.now
    outages = Outages(Faulty(salon.documents, failing.dice), Faulty(salon.queues, failing.dice))
    failing.insist(lambda: outages.change("salon", outage_id, how, now))
    salon.business = Config(salon.documents).business("salon")


def closing(outage_id: str, since: datetime, back_from: datetime, length_min: int) -> Callable[..., Outage]:
    def how(_: Outage | None) -> Outage:
        last = back_from + timedelta(minutes=length_min)
        return Outage(outage_id, "salon", What.BUSINESS, since, back_from, last, opened_at=since)

    return how


def over(now: datetime, known: Outage | None) -> Outage | None:
    return end_outage(known, now) if known else None


def closings(seed: int) -> list[Action]:
    """Closings that are reported, given another range, and ended, or not."""
    rand, actions = random.Random(seed + 5000), list[tuple["datetime", "Callable[[Failing], None]"]]()
    for number in range(4):
        name = f"o{number}"
        moment = at("3 08:00") + timedelta(minutes=rand.randrange(0, 500))
        since = moment
        for _ in range(rand.randrange(1, 4)):
            how = closing(name, since, moment + timedelta(minutes=rand.randrange(20, 120)), rand.randrange(10, 60))
            actions += [(moment, partial(changed, name, how))] * rand.choice((1, 1, 2))
            moment += timedelta(minutes=rand.randrange(5, 40))
        if rand.random() < 0.6:
            actions.append((moment, partial(changed, name, partial(over, moment))))
    return actions


def lived(seed: int, share: float, meddled: float = 0.0) -> Failing:
    failing = Failing(Salon(), Dice(seed, share), Dice(seed, meddled))
    failing.salon.clock.set(BEGIN)
    Config(failing.salon.documents).put_business("salon", business_body(), BEGIN)
    failing.salon.business = Config(failing.salon.documents).business("salon")
    return lived_through(failing, story(seed) + closings(seed))


@cache
def calm(seed: int) -> Failing:
    """The same days on a quiet machine; only looked at."""
    return lived(seed, 0.0)


def said_again(failing: Failing) -> list[str]:
    """Texts about outages that say what the same person's last one said."""
    last, again = dict[str, str](), list[str]()
    for one in sorted(failing.salon.notices(), key=lambda n: (n.created_at, n.decision)):
        if one.kind == "outage" and one.sent_at and one.ticket_id:
            again += [one.text] * (last.get(one.ticket_id) == one.text)
            last[one.ticket_id] = one.text
    return again


@pytest.mark.parametrize("seed", range(SEEDS))
def test_faults_change_neither_the_end_nor_what_people_are_told(seed: int) -> None:
    quiet, troubled = calm(seed), lived(seed, 0.15)
    assert troubled.dice.faults > 100
    assert end_state(troubled) == end_state(quiet)
    assert told(troubled) == told(quiet)
    for each in (quiet, troubled):
        assert not said_again(each)
    assert sum(sendings(troubled).values()) <= sum(sendings(quiet).values()), "nobody is told a thing twice"
    unfinished = {NoticeState.DUE, NoticeState.HELD, NoticeState.SENDING}
    assert not [notice for notice in troubled.salon.notices() if notice.state in unfinished]


@pytest.mark.parametrize("seed", range(SEEDS))
def test_workers_in_each_others_way_change_nothing(seed: int) -> None:
    quiet, crowded = calm(seed), lived(seed, 0.0, meddled=0.5)
    assert crowded.meddling.faults > 20
    assert end_state(crowded) == end_state(quiet)
    assert told(crowded) == told(quiet)


def test_these_days_have_closings_that_are_talked_about() -> None:
    said = Counter(n.text.split(":")[0][:24] for seed in range(2) for n in calm(seed).salon.notices()
                   if n.kind == "outage" and n.sent_at)  # a table, read by rows # fmt: skip
    assert sum(said.values()) >= 4
    assert len(said) >= 2, "both that it is closed and that it takes place"


@pytest.mark.parametrize("seed", range(SEEDS))
def test_nobody_is_sent_out_for_a_visit_that_was_said_not_to_take_place(seed: int) -> None:
    """Between "cannot take place" and the word that it does, no text asks to leave for the same start."""
    salon = calm(seed).salon
    sent = sorted((n for n in salon.notices() if n.sent_at), key=lambda n: (n.created_at, n.decision))
    closed_for: dict[str, bool] = {}
    for one in sent:
        ticket = one.ticket_id or ""
        if one.kind == "outage":
            closed_for[ticket] = one.about != "over"
        elif one.kind in {"moved", "cancelled", "booked"}:
            closed_for.pop(ticket, None)
        elif one.kind in {"leave_by", "reminder"}:
            assert not closed_for.get(ticket), one.text
