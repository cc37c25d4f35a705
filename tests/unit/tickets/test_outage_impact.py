"""What an outage means for a ticket, as tables."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from chalicelib.outages.outage import Outage, What
from chalicelib.tickets.documents import from_document, to_document
from chalicelib.tickets.follow import new_ticket
from chalicelib.tickets.links import Link
from chalicelib.tickets.outage_impact import (
    BUSINESS_CLOSED,
    Effect,
    closing,
    closing_promise,
    has_set_out,
    hold,
    is_held,
    release,
    tool_outage,
    without_stale_outages,
)
from chalicelib.tickets.schedule import next_check
from chalicelib.tickets.ticket import OutagePromise, Promise, TicketStatus
from chalicelib.tickets.ticket_json import to_json
from tests.fakes.salon import ADA, HOME, SALON, START, at, booking

if TYPE_CHECKING:
    from chalicelib.tickets.ticket import Ticket

S = TicketStatus
BACK = (at("14:45"), at("15:30"))


def ticket(start: str = "14:30", **changes: object) -> Ticket:
    made = new_ticket(booking(at(start)), ADA, SALON, at("1 10:00"), Link("t", "s"))
    assert made
    return replace(made, **changes)  # type: ignore[arg-type] # a test names the fields it changes


def closed(since: str = "12:00", back_from: str = "14:45", back_until: str = "15:30", outage_id: str = "o1") -> Outage:
    return Outage(outage_id, "salon", What.BUSINESS, at(since), at(back_from), at(back_until))


def tool(since: str = "12:00", connection_id: str | None = "c1", back_until: str = "15:30") -> Outage:
    return Outage(
        "o2",
        "salon",
        What.BOOKING_TOOL,
        at(since),
        at("14:45"),
        at(back_until),
        "no_answer",
        connection_id,
        detected=True,
    )


@pytest.mark.parametrize(
    ("start", "now", "status", "effect"),
    [
        ("14:30", "12:30", S.PLANNED, Effect.IMPOSSIBLE),
        ("14:44", "12:30", S.WAITING_FOR_ORIGIN, Effect.IMPOSSIBLE),
        ("14:45", "12:30", S.PLANNED, Effect.UNCERTAIN),
        ("15:29", "12:30", S.PLANNED, Effect.UNCERTAIN),
        ("15:30", "12:30", S.PLANNED, None),
        ("14:30", "12:30", S.CANCELLED, None),
        ("14:30", "15:30", S.PLANNED, None),  # the visit's time is over
        ("11:30", "11:00", S.PLANNED, None),  # begins before the closing
        ("11:30", "12:05", S.UNDER_WAY, Effect.IMPOSSIBLE),  # late: before a closed door
        ("11:30", "12:05", S.IN_SERVICE, None),
    ],
)
def test_what_a_closing_means(start: str, now: str, status: TicketStatus, effect: Effect | None) -> None:
    touch = closing(ticket(start, status=status), replace(SALON, outages=(closed(),)), at(now))
    assert (touch.effect if touch else None) is effect


def test_a_closing_that_ended_or_whose_time_is_over_means_nothing() -> None:
    ended = replace(closed(), ended_at=at("12:15"))
    assert closing(ticket(), replace(SALON, outages=(ended,)), at("12:30")) is None
    assert closing(ticket("15:00"), replace(SALON, outages=(closed(),)), at("15:30")) is None


def test_of_several_closings_the_worst_counts() -> None:
    several = (closed(back_from="14:00", back_until="14:35", outage_id="a"), closed(outage_id="b"), tool())
    touch = closing(ticket(), replace(SALON, outages=several), at("12:30"))
    assert touch
    assert touch.outage.outage_id == "b"


@pytest.mark.parametrize(
    ("start", "made", "connection", "status", "known"),
    [
        ("14:30", "1 10:00", "c1", S.PLANNED, True),
        ("16:29", "1 10:00", "c1", S.PLANNED, True),  # shortly after it is back
        ("16:30", "1 10:00", "c1", S.PLANNED, False),
        ("14:30", "12:30", "c1", S.PLANNED, False),  # booked with it since
        ("14:30", "1 10:00", "c2", S.PLANNED, False),
        ("14:30", "1 10:00", "", S.PLANNED, True),  # stored before it was known which
        ("14:30", "1 10:00", "c1", S.UNDER_WAY, False),
        ("12:40", "1 10:00", "c1", S.PLANNED, False),  # it has begun
    ],
)
def test_whom_a_tool_out_of_order_concerns(
    start: str, made: str, connection: str, status: TicketStatus, *, known: bool
) -> None:
    given = ticket(start, created_at=at(made), connection_id=connection, status=status)
    assert (tool_outage(given, replace(SALON, outages=(tool(),)), at("12:45")) is not None) is known
    assert not is_held(given, replace(SALON, outages=(tool(),)), at("12:45"))


def test_a_tool_that_is_longer_out_of_order_than_anybody_said_is_not_spoken_of() -> None:
    assert tool_outage(ticket("16:00"), replace(SALON, outages=(tool(),)), at("15:30")) is None


def test_a_held_ticket_rests_and_rises_as_if_it_had_never_been_planned() -> None:
    on_the_way = ticket(status=S.UNDER_WAY, origin=HOME, leave_by=at("13:55"), arrive_at=at("14:25"))
    resting = hold(on_the_way)
    assert (resting.status, resting.leave_by, resting.plan_note) == (S.PLANNED, None, BUSINESS_CLOSED)
    assert hold(resting) == resting
    assert release(resting).plan_note == ""
    assert hold(ticket(status=S.TIME_TO_LEAVE)).status is S.WAITING_FOR_ORIGIN
    assert hold(ticket(status=S.ARRIVED)).status is S.ARRIVED


@pytest.mark.parametrize(
    ("told", "now", "out"),
    [((), "14:00", False), (("leave_by",), "13:55", False), (("leave_by",), "13:56", True), (("late",), "14:00", True)],
)
def test_who_has_set_out_is_known_by_what_was_told(told: tuple[str, ...], now: str, *, out: bool) -> None:
    promise = Promise(start=START, leave_by=at("13:55"), told_kinds=told)
    assert has_set_out(ticket(promise=promise), at(now)) is out
    uncertain = replace(SALON, outages=(closed(back_from="14:00", back_until="15:00"),))
    assert is_held(ticket(promise=promise), uncertain, at(now)) is not out


def word(effect: Effect, start: str = "14:30", sent: str = "12:30") -> OutagePromise:
    return OutagePromise("o1", effect.value, *BACK, at(start), decision=2, goes_out_at=at(sent))


@pytest.mark.parametrize(
    ("told", "now", "kept"),
    [
        (word(Effect.IMPOSSIBLE), "13:00", True),  # over early: to be told
        (word(Effect.IMPOSSIBLE), "14:30", False),  # true whatever happens
        (word(Effect.UNCERTAIN), "15:10", True),  # the word that was promised
        (word(Effect.UNCERTAIN, start="14:00"), "13:00", False),  # about another start
        (word(Effect.UNCERTAIN, sent="13:30"), "13:00", False),  # nobody heard of it
        (word(Effect.TOOL, start="14:00"), "13:00", True),
    ],
)
def test_what_needs_no_further_word_is_forgotten(told: OutagePromise, now: str, *, kept: bool) -> None:
    given = ticket(promise=Promise(start=START, outages=(told,)))
    assert bool(without_stale_outages(given, closing(given, SALON, at(now)), at(now)).promise.outages) is kept


def test_while_it_lasts_everything_told_for_this_start_is_kept() -> None:
    given = ticket(promise=Promise(start=START, outages=(word(Effect.IMPOSSIBLE, sent="13:30"),)))
    assert closing_promise(
        without_stale_outages(given, closing(given, replace(SALON, outages=(closed(),)), at("13:00")), at("13:00"))
    )


def test_a_ticket_comes_back_from_its_document_with_what_was_told_of_outages() -> None:
    given = ticket(promise=Promise(start=START, outages=(word(Effect.UNCERTAIN), word(Effect.TOOL))), version=1)
    document = to_document(given)
    assert from_document(document).promise.outages == given.promise.outages
    del document["promise"]["outages"]
    del document["ticket"]["connection_id"]
    older = from_document(document)
    assert (older.promise.outages, older.connection_id) == ((), "")


def test_the_end_of_a_closing_is_checked_by_itself() -> None:
    business = replace(SALON, outages=(closed(),))
    given = hold(ticket("15:00", status=S.PLANNED))
    assert next_check(given, business, at("15:10")) == at("15:30")
    assert next_check(given, business, at("11:00")) == at("12:00")


def test_its_json_says_what_concerns_the_visit_and_shows_no_itinerary_to_a_closed_door() -> None:
    given = ticket(origin=HOME, leave_by=at("13:55"), arrive_at=at("14:25"), status=S.PLANNED)
    shown = to_json(given, at("12:30"), replace(SALON, outages=(closed(), tool())))
    assert (shown["leave_by"], shown["plan_note"]) == (None, BUSINESS_CLOSED)
    assert shown["outage"] == {
        "outage_id": "o1",
        "what": "business",
        "effect": "impossible",
        "since": at("12:00").isoformat(),
        "back_from": at("14:45").isoformat(),
        "back_until": at("15:30").isoformat(),
    }
    by_tool = to_json(given, at("12:30"), replace(SALON, outages=(tool(),)))
    assert by_tool["leave_by"] == at("13:55").isoformat()
    assert by_tool["outage"]["what"] == "booking_tool"
    for business in (None, SALON):
        assert to_json(given, at("12:30"), business)["outage"] is None


def test_looking_at_a_ticket_without_outages_costs_next_to_nothing() -> None:
    given = ticket()
    assert without_stale_outages(given, None, START - timedelta(hours=1)) is given
