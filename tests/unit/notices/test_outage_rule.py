"""The rule about outages: what is true, what was told, what is said."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from chalicelib.notices.compose import compose_notice
from chalicelib.notices.policy import decide
from chalicelib.notices.policy.situation import Situation
from chalicelib.notices.verdict import verdict
from chalicelib.outages.outage import Outage, What
from chalicelib.tickets.outage_impact import hold, is_held
from chalicelib.tickets.ticket import TicketStatus
from tests.fakes.salon import SALON, URL, at, booking
from tests.fakes.tickets import SAID_BEFORE, ticket_at

if TYPE_CHECKING:
    from chalicelib.bookings.business import Business
    from chalicelib.notices.policy.situation import Say
    from chalicelib.tickets.ticket import Ticket

IMPOSSIBLE, UNCERTAIN = ("14:45", "15:10"), ("14:15", "15:10")  # the visit starts at 14:30, leave by 13:55


def closed(back: tuple[str, str] = IMPOSSIBLE, since: str = "12:00", **changes: object) -> Business:
    outage = Outage("o1", "salon", What.BUSINESS, at(since), at(back[0]), at(back[1]))
    return replace(SALON, outages=(replace(outage, **changes),))  # type: ignore[arg-type] # a test names the fields


def turned(given: Ticket, business: Business, now: str) -> tuple[Ticket, list[Say]]:
    """As a turn does it, planning apart; deciding a second time says nothing more."""
    held = hold(given) if is_held(given, business, at(now)) else given
    after, said = decide(Situation.of(held, business, at(now)))
    assert decide(Situation.of(after, business, at(now))) == (after, ())
    return after, list(said)


def variants(said: list[Say]) -> list[str]:
    return [f"{say.kind} {say.variant}" for say in said]


@pytest.mark.parametrize(
    ("back", "since", "now", "told", "said"),
    [
        (IMPOSSIBLE, "12:00", "12:30", SAID_BEFORE, ["outage closed"]),
        (UNCERTAIN, "12:00", "12:30", SAID_BEFORE, ["outage delayed"]),
        (IMPOSSIBLE, "13:00", "12:30", SAID_BEFORE, ["outage closed_ahead"]),
        (UNCERTAIN, "13:00", "12:30", SAID_BEFORE, ["outage delayed_ahead"]),
        (IMPOSSIBLE, "12:00", "12:30", (), ["outage closed"]),  # one text for a new booking
        (("13:00", "14:30"), "12:00", "12:30", SAID_BEFORE, []),  # back before the visit starts
        (IMPOSSIBLE, "14:31", "12:30", SAID_BEFORE, []),  # begins after it
    ],
)
def test_a_closing_is_told_by_what_it_means(
    back: tuple[str, str], since: str, now: str, told: tuple[str, ...], said: list[str]
) -> None:
    assert variants(turned(ticket_at(at(now), *told), closed(back, since), now)[1]) == said


@pytest.mark.parametrize(("back", "said"), [(IMPOSSIBLE, "closed_gone"), (UNCERTAIN, "delayed_gone")])
def test_who_is_on_the_way_is_told_at_once_and_goes_on_only_if_there_is_something_to_go_to(
    back: tuple[str, str], said: str
) -> None:
    given = ticket_at(at("13:40"), *SAID_BEFORE)
    given, _ = decide(Situation.of(given, SALON, at("13:40")))  # told to leave by 13:55
    given = replace(given, status=TicketStatus.UNDER_WAY)
    after, says = turned(given, closed(back), "14:00")
    assert variants(says) == [f"outage {said}"]
    assert says[0].act_by == at("14:00")
    goes_on = after.promise.itinerary is not None and "leave_by" in after.promise.told_kinds
    assert goes_on is (back == UNCERTAIN)


@pytest.mark.parametrize(
    ("first", "then", "said"),
    [
        (IMPOSSIBLE, IMPOSSIBLE, []),
        (IMPOSSIBLE, ("14:50", "15:05"), []),  # inside
        (IMPOSSIBLE, ("14:40", "15:10"), []),  # back a little earlier, and theirs is off all the same
        (IMPOSSIBLE, ("14:50", "15:11"), []),  # beyond, by so little that nobody does anything else
        (IMPOSSIBLE, ("14:50", "15:25"), ["outage closed"]),  # beyond
        (IMPOSSIBLE, ("14:20", "15:05"), ["outage delayed"]),  # it may take place
        (IMPOSSIBLE, ("14:00", "14:30"), ["outage over"]),
        (UNCERTAIN, ("14:40", "15:00"), []),  # inside: they wait for a word, and are not to set out
        (UNCERTAIN, ("14:40", "15:20"), ["outage closed"]),
        (UNCERTAIN, ("14:10", "14:25"), ["outage over"]),
    ],
)
def test_another_range_is_told_only_when_the_told_one_is_left(
    first: tuple[str, str], then: tuple[str, str], said: list[str]
) -> None:
    given, _ = turned(ticket_at(at("12:30"), *SAID_BEFORE), closed(first), "12:30")
    business = closed(then)
    if not is_held(given, business, at("12:40")):
        given = ticket_at(at("12:40"), *SAID_BEFORE, promise=given.promise)
    assert variants(turned(given, business, "12:40")[1]) == said


def test_while_it_is_closed_nothing_asks_to_leave_and_nothing_reminds() -> None:
    given, _ = turned(ticket_at(at("12:30"), "booked"), closed(), "12:30")
    for now in ("13:40", "13:55", "14:20"):
        given, said = turned(given, closed(), now)
        assert said == []


def test_a_move_is_told_before_what_the_closing_means_for_the_new_time() -> None:
    given, _ = turned(ticket_at(at("12:30"), *SAID_BEFORE), closed(), "12:30")
    moved = replace(given, start=at("14:40"), end=at("15:40"))
    assert variants(turned(moved, closed(), "12:45")[1]) == ["moved plain", "outage closed"]


def test_a_cancelled_one_hears_of_the_cancelling_alone() -> None:
    given, _ = turned(ticket_at(at("12:30"), *SAID_BEFORE), closed(), "12:30")
    cancelled = replace(given, status=TicketStatus.CANCELLED)
    assert variants(turned(cancelled, closed(), "12:45")[1]) == ["cancelled plain"]
    assert turned(cancelled, closed(("16:00", "17:00")), "12:45")[1][0].kind == "cancelled"


def test_an_outage_counts_neither_for_nor_against_the_three_texts() -> None:
    full = ticket_at(at("12:30"), *SAID_BEFORE)
    full = replace(full, promise=replace(full.promise, texts=3))
    after, said = turned(full, closed(), "12:30")
    assert variants(said) == ["outage closed"]
    assert after.promise.texts == 3


@pytest.mark.parametrize(
    ("business", "reason"),
    [
        (closed(), None),
        (closed(("14:50", "15:05")), None),  # another range within the told one
        (SALON, "outage_over"),
        (closed(ended_at=at("12:31")), "outage_over"),
    ],
)
def test_at_the_moment_of_sending_it_must_still_be_so(business: Business, reason: str | None) -> None:
    given, (say,) = turned(ticket_at(at("12:30"), *SAID_BEFORE), closed(), "12:30")
    notice = compose_notice(say, given, closed(), at("12:30"), URL)
    assert verdict(notice, given, booking(), at("12:32"), opted_out=False, business=business).reason == reason


def test_the_word_that_it_takes_place_is_not_sent_when_it_is_closed_again() -> None:
    given, _ = turned(ticket_at(at("12:30"), *SAID_BEFORE), closed(), "12:30")
    given, (say,) = turned(ticket_at(at("12:40"), *SAID_BEFORE, promise=given.promise), SALON, "12:40")
    notice = compose_notice(say, given, SALON, at("12:40"), URL)
    assert verdict(notice, given, booking(), at("12:41"), opted_out=False, business=SALON).reason is None
    assert verdict(notice, given, booking(), at("12:41"), opted_out=False, business=closed()).reason == "closed_again"


def test_a_time_to_leave_decided_before_the_door_closed_is_not_sent_after_it() -> None:
    given, (say,) = decide(Situation.of(ticket_at(at("13:40"), *SAID_BEFORE), SALON, at("13:40")))
    notice = compose_notice(say, given, SALON, at("13:40"), URL)
    assert (
        verdict(notice, given, booking(), at("13:41"), opted_out=False, business=closed()).reason == "business_closed"
    )
