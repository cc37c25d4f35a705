"""The desk when the network changes: batches, and who is told what."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from chalicelib.foundation.commands import CheckBatch, CutRound, to_message
from chalicelib.foundation.ports import Unavailable
from chalicelib.workflows.conditions_changed import check_batch, send_round
from chalicelib.workflows.origin_set import set_origin
from tests.fakes.memory import MemoryDocuments
from tests.fakes.salon import ADA, BEN, HOME, START, Salon, Town, at, booking

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chalicelib.foundation.ports import Document, Write


def conditions(salon: Salon, at_s: int = 1) -> None:
    """The live feed says that something is different."""
    salon.queues.send("updates", {"feed_id": "town", "conditions_at": at_s})
    salon.work()


def batch(ids: Sequence[str], at_s: int) -> CheckBatch:
    """The command of tickets that are to be looked at under these conditions."""
    return CheckBatch("town", at_s, tuple(ids), ("salon",))


def leaving() -> tuple[Salon, str]:
    """Ada was told at 13:40 to take the bus at 14:00."""
    salon = Salon()
    (ticket,) = salon.book(booking())
    set_origin(salon.services, ticket.ticket_id, HOME, salon.now)
    salon.until(at("3 13:41"))
    return salon, ticket.ticket_id


def test_a_cancelled_bus_is_replaced_and_the_business_hears_of_the_lateness() -> None:
    salon, key = leaving()
    salon.town.cancelled = {"14:00"}
    conditions(salon)
    assert salon.said()[-2:] == [("3 13:41", "late"), ("3 13:41", "customer_late")]
    assert salon.texts.sent[-1] == (
        "+12025550199", "Ada Example, Thu 14:30: will be there 14:40, 10 min late."
    )  # a table, read by rows # fmt: skip
    assert salon.ticket(key).arrive_at == at("14:40")
    salon.town.cancelled = set()
    conditions(salon, 2)
    assert [kind for _, kind in salon.said()[-2:]] != ["late", "customer_late"]


def test_an_untold_plan_that_breaks_is_told_in_time_for_the_way_that_is_left() -> None:
    salon = Salon(town=Town(live=True))
    (ticket,) = salon.book(booking())
    set_origin(salon.services, ticket.ticket_id, HOME, salon.now)
    salon.until(at("3 13:00"))
    salon.town.cancelled = {"14:00"}
    salon.until(at("3 13:41"))
    assert [kind for _, kind in salon.said()][-1:] == ["leave_by"]
    assert salon.ticket(ticket.ticket_id).promise.leave_by == at("13:40")
    assert salon.said()[-1][0] < "3 13:40"


def test_who_has_to_leave_at_once_is_told_so() -> None:
    salon = Salon()
    (ticket,) = salon.book(booking())
    set_origin(salon.services, ticket.ticket_id, HOME, salon.now)
    salon.until(at("3 13:38"))
    salon.town.cancelled = {"14:00"}  # nobody sees it before it is time to tell; the bus of 13:45 is the one to take
    salon.until(at("3 13:42"))
    assert salon.said()[-1] == ("3 13:40", "leave_by")


def test_conditions_that_change_nothing_for_a_ticket_write_nothing() -> None:
    salon, key = leaving()
    version = salon.ticket(key).version
    for second in range(5):
        conditions(salon, second)
    assert salon.ticket(key).version <= version + 1, "once, for the age of the live data"
    assert salon.town.expected[-1] == 4


def test_an_update_is_about_those_who_follow_a_told_way() -> None:
    salon = Salon()
    (far,) = salon.book(booking())
    set_origin(salon.services, far.ticket_id, HOME, salon.now)
    (near,) = salon.book(booking(START - timedelta(hours=3), BEN, booking_id="b2"))
    set_origin(salon.services, near.ticket_id, HOME, salon.now)
    salon.until(at("3 10:41"))
    assert send_round(salon.services, CutRound("town", 1, "0"), salon.now) is None
    (message,) = salon.queues.take("updates")
    assert message == to_message(CheckBatch("town", 1, (near.ticket_id,), (near.business_id,)))
    salon.clock.set(at("3 11:31"))
    assert send_round(salon.services, CutRound("town", 2, "0"), salon.now) is None
    assert salon.queues.take("updates") == [], "who should be there is not followed any more"


def test_a_city_is_cut_into_batches_that_hold_every_ticket_once() -> None:
    salon = Salon()
    for n in range(110):
        (ticket,) = salon.book(booking(START, replace(ADA, key=f"c{n}", phone=f"+1202555{n:04}"), booking_id=f"b{n}"))
        set_origin(salon.services, ticket.ticket_id, HOME, salon.now)
    salon.until(at("3 13:41"))
    assert send_round(salon.services, CutRound("town", 1, "0"), salon.now) is None
    cut_up = [message["ticket_ids"] for message in salon.queues.take("updates")]
    assert [len(ids) for ids in cut_up] == [50, 50, 10]
    assert len({key for ids in cut_up for key in ids}) == 110


def test_one_ticket_that_fails_keeps_no_other_of_its_batch_from_its_turn() -> None:
    salon, key = leaving()

    (other,) = salon.book(booking(START, BEN, booking_id="b2"))
    set_origin(salon.services, other.ticket_id, HOME, salon.now)

    class Flaky(MemoryDocuments):
        def get_all(self, wanted: Mapping[str, Sequence[str]], *, may_lag: bool = False) -> dict[str, list[Document]]:  # noqa: ARG002 - nothing lags here
            return salon.documents.get_all(wanted)

        def write(self, *writes: Write) -> None:
            if writes[0].document.get("ticket_id") == other.ticket_id:
                raise Unavailable("no")
            salon.documents.write(*writes)

    salon.town.cancelled = {"14:00"}
    services = salon.services_with(Flaky(salon.clock), salon.queues, salon.town)
    with pytest.raises(Unavailable, match="1 of 2"):
        check_batch(services, batch([other.ticket_id, key], 1), salon.now)
    assert salon.ticket(key).arrive_at == at("14:40")


def test_a_batch_reads_a_business_once_and_a_good_plan_is_not_searched_again() -> None:
    salon = Salon()
    ids = []
    for n in range(10):
        (ticket,) = salon.book(booking(START, replace(ADA, key=f"c{n}", phone=f"+1202555{n:04}"), booking_id=f"b{n}"))
        set_origin(salon.services, ticket.ticket_id, HOME, salon.now)
        ids.append(ticket.ticket_id)
    salon.clock.set(at("3 13:00"))
    salon.town.asked.clear()
    check_batch(salon.services, batch(ids, 1), salon.now)
    assert salon.town.asked == []
    salon.town.cancelled = {"14:00"}
    check_batch(salon.services, batch(ids, 2), salon.now)
    assert len(salon.town.asked) == 10
    assert {salon.ticket(key).leave_by for key in ids} == {at("13:40")}


def test_a_batch_whose_business_vanished_waits_for_it() -> None:
    salon, key = leaving()
    salon.business = None
    check_batch(salon.services, batch([key, "nothing"], 1), salon.now)
    assert salon.ticket(key).next_check_at == at("14:41")
