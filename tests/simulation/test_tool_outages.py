"""Whole days on which a salon's booking tool is out of order: who is told what, when, and how often."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.notices.notice import NoticeState
from chalicelib.outages.outage import Outage, What
from tests.fakes.closings import NAMES, ClosingSalon, a_day, booked_at, outage_texts, told
from tests.fakes.salon import SALON, at, handle


def tool_fails(place: ClosingSalon, back_from: str = "10:05", back_until: str = "10:40", spell: int = 1) -> None:
    now = place.salon.now
    found = Outage(
        "c1-1", "salon", What.BOOKING_TOOL, at("08:45"), at(back_from), at(back_until), "no_answer", "c1",
        detected=True, opened_at=now, spell=spell,
    )  # a table, read by rows # fmt: skip
    place.outages.change("salon", "c1-1", lambda known: replace(found, version=known.version if known else 0), now)
    place.know()
    place.salon.work()


def tool_answers(place: ClosingSalon) -> None:
    now = place.salon.now
    place.outages.change("salon", "c1-1", lambda known: replace(known, ended_at=now) if known else None, now)
    place.know()
    place.salon.work()


def test_a_tool_out_of_order_is_told_to_those_who_come_soon_and_to_the_business() -> None:
    place, _ = a_day(*NAMES)
    place.salon.until(at("09:00"))
    tool_fails(place)
    place.salon.until(at("09:20"))
    tool_answers(place)
    place.salon.until(at("09:30"))
    assert [one for one in told(place) if one[2] != "leave_by"] == [
        ("09:00", SALON.phone, "outage_report"), ("09:00", "middle", "outage"), ("09:00", "late", "outage"),
        ("09:20", SALON.phone, "outage_report"),
    ]  # a table, read by rows # fmt: skip
    assert outage_texts(place, "late") == [
        "Salon Lind: online booking down, likely back between 10:05 and 10:40. Thu 11:30 stands. Changes: +12025550199"
    ]
    reports = [text for to, text in place.salon.texts.sent if to == SALON.phone]
    begun = "The booking tool c1 has not answered since 08:45, expected back between 10:05 and 10:40."
    assert reports == [
        f"{begun} Customers who come soon are told.",
        "The booking tool c1 answers again since 09:20; it did not since 08:45.",
    ]


def test_the_visit_goes_on_as_planned_while_its_tool_is_out_of_order() -> None:
    place, _ = a_day("middle")
    place.salon.until(at("09:00"))
    tool_fails(place)
    place.salon.until(at("10:00"))
    assert [kind for _, _, kind in told(place)] == ["outage_report", "outage", "leave_by"]


def test_it_is_told_again_only_when_it_has_lasted_longer_than_was_told() -> None:
    place, _ = a_day("late")
    place.salon.until(at("09:00"))
    tool_fails(place, "09:30", "10:35")
    tool_fails(place, "09:35", "10:40")
    place.salon.until(at("10:34"))
    assert len(outage_texts(place, "late")) == 1
    place.salon.until(at("10:36"))
    tool_fails(place, "11:00", "12:00")
    assert len(outage_texts(place, "late")) == 2
    place.salon.until(at("10:38"))
    tool_answers(place)
    assert len(outage_texts(place, "late")) == 2


@pytest.mark.parametrize("connection_id", ["c2", "c1"])
def test_only_the_bookings_of_that_tool_are_concerned(connection_id: str) -> None:
    place = ClosingSalon()
    place.salon.book(replace(booked_at("middle"), connection_id=connection_id))
    place.salon.until(at("09:00"))
    tool_fails(place)
    assert len(outage_texts(place, "middle")) == (connection_id == "c1")


def test_who_has_just_booked_with_it_is_told_nothing() -> None:
    place, _ = a_day()
    place.salon.until(at("09:00"))
    tool_fails(place)
    place.salon.book(booked_at("middle"))
    assert outage_texts(place, "middle") == []


def test_a_notice_whose_outage_is_over_when_it_would_be_sent_is_not_sent() -> None:
    place, _ = a_day("middle")
    place.salon.until(at("09:00"))
    tool_fails_unsent(place)
    tool_answers(place)
    assert [(one.kind, one.state, one.reason) for one in place.salon.notices() if one.created_at >= at("09:00")] == [
        ("outage_report", NoticeState.SUPPRESSED, "outage_over"),
        ("outage", NoticeState.SUPPRESSED, "outage_over"),
    ], "nor is the business told that something is over of which it never heard"


def tool_fails_unsent(place: ClosingSalon) -> None:
    """The outage is decided upon, and the sender is asleep."""
    now = place.salon.now
    found = Outage(
        "c1-1", "salon", What.BOOKING_TOOL, at("08:45"), at("10:05"), at("10:40"), "no_answer", "c1", detected=True,
        opened_at=now,
    )  # a table, read by rows # fmt: skip
    place.outages.change("salon", "c1-1", lambda _: found, now)
    place.know()
    while messages := place.salon.queues.take("tickets"):
        for message in messages:
            handle(place.salon.services, message, now)
