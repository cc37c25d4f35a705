"""Whole days on which a salon closes, or its booking tool fails: who is told what, when, and how often."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from chalicelib.bookings.booking import Customer, Status
from chalicelib.bookings.outages.outage import Outage, What
from chalicelib.notices.notice import NoticeState
from chalicelib.tickets.ticket import TicketStatus
from tests.fakes.closings import ClosingSalon, business_body
from tests.fakes.salon import HOME, SALON, ZONE, at, booking

if TYPE_CHECKING:
    from chalicelib.bookings.booking import Booking
    from chalicelib.tickets.ticket import Ticket

NAMES = ("early", "first", "middle", "late")
STARTS = {"early": "09:00", "first": "09:30", "middle": "10:30", "late": "11:30"}  # a way takes 35 minutes


def customer(name: str) -> Customer:
    return Customer(name, name.title(), phone=f"+1202555011{NAMES.index(name)}")


def booked_at(name: str) -> Booking:
    return booking(at(STARTS[name]), customer(name), booking_id=name)


def a_day(*names: str, origin: bool = True) -> tuple[ClosingSalon, dict[str, Ticket]]:
    """Customers who booked days before, and the morning of the day, at 08:00."""
    place = ClosingSalon()
    tickets = {name: place.salon.book(booked_at(name))[0] for name in names}
    for ticket in tickets.values():
        if origin:
            place.salon.desk.set_origin(ticket.ticket_id, HOME, place.salon.now)
    place.salon.until(at("08:00"))
    return place, tickets


def told(place: ClosingSalon, since: str = "3 08:00") -> list[tuple[str, str, str]]:
    """(local time, whom, kind) of what was sent on the day."""
    sent = sorted((one for one in place.salon.notices() if one.sent_at), key=lambda one: one.sent_at or one.created_at)
    names = {customer(name).phone: name for name in NAMES}
    return [
        (f"{one.sent_at.astimezone(ZONE):%H:%M}", names.get(one.to, one.to), one.kind)
        for one in sent
        if one.sent_at and one.sent_at >= at(since)
    ]


def outage_texts(place: ClosingSalon, name: str) -> list[str]:
    """What this customer was told of outages, without the link."""
    mine = [one for one in place.salon.notices() if one.kind == "outage" and one.to == customer(name).phone]
    return [one.text.split(" https://")[0] for one in mine if one.sent_at]


BACK = "back between 10:05 and 10:40"
CLOSED = "Salon Lind is closed until between 10:05 and 10:40."


def test_a_power_cut_tells_each_what_it_means_for_theirs() -> None:
    place, _ = a_day(*NAMES)
    place.salon.until(at("09:10"))
    place.closes("10:05", "10:40", since=at("09:10").isoformat())
    place.salon.until(at("13:00"))
    assert told(place) == [
        ("08:10", "early", "leave_by"),
        ("08:40", "first", "leave_by"),
        ("09:10", "first", "outage"),
        ("09:10", "middle", "outage"),
        ("10:40", "middle", "outage"),  # the word that was promised
        ("10:40", "late", "leave_by"),
    ]
    assert outage_texts(place, "first") == [f"{CLOSED} Your Thu 09:30 cannot take place, you need not come."]
    assert outage_texts(place, "middle") == [
        f"Salon Lind closed, {BACK}. Thu 10:30 may begin late: please wait for our next text.",
        "Salon Lind should be open again. Your Thu 10:30 could not begin on time: please ask them before you set out.",
    ]


def test_it_ends_early_and_those_who_were_told_otherwise_hear_that_theirs_takes_place() -> None:
    place, tickets = a_day("middle", "late")
    place.salon.until(at("09:10"))
    place.closes("10:05", "10:40")
    assert place.salon.ticket(tickets["middle"].ticket_id).leave_by is None
    place.salon.until(at("09:30"))
    place.opens()
    place.opens()
    place.salon.until(at("13:00"))
    assert told(place) == [
        ("09:10", "middle", "outage"), ("09:30", "middle", "outage"),
        ("09:40", "middle", "leave_by"), ("10:40", "late", "leave_by"),
    ]  # fmt: skip
    assert outage_texts(place, "middle")[1] == "Salon Lind: your Thu 10:30 takes place after all. Leave by 09:55."
    assert place.salon.ticket(tickets["middle"].ticket_id).status is TicketStatus.DONE


def test_when_it_ends_at_the_time_to_leave_one_text_says_both() -> None:
    place, _ = a_day("middle")
    place.salon.until(at("09:10"))
    place.closes("10:05", "10:40")
    place.salon.until(at("09:50"))
    place.opens()
    place.salon.until(at("13:00"))
    assert told(place) == [("09:10", "middle", "outage"), ("09:50", "middle", "outage")]
    assert outage_texts(place, "middle")[1] == (
        "Salon Lind: your Thu 10:30 takes place after all. Leave by 09:55, Bus 12 10:00 at Old Mill, there 10:25."
    )


def test_when_it_ends_too_late_to_be_on_time_the_honest_arrival_is_said_to_both() -> None:
    place, _ = a_day("middle")
    place.salon.until(at("09:10"))
    place.closes("10:05", "10:40")
    place.salon.until(at("10:11"))
    place.opens()
    place.salon.until(at("13:00"))
    assert outage_texts(place, "middle")[1].startswith(
        "Salon Lind: your Thu 10:30 takes place after all; the next way gets there 10:55. Leave by 10:25"
    )
    assert ("10:11", SALON.phone, "customer_late") in told(place)
    assert [kind for _, who, kind in told(place) if who == "middle"] == ["outage", "outage"]


def test_another_range_is_told_only_when_the_told_one_is_left() -> None:
    place, _ = a_day("middle")
    place.salon.until(at("09:10"))
    place.closes("10:05", "10:40")
    for back_from, back_until in (("10:05", "10:40"), ("10:10", "10:35"), ("10:20", "10:40")):
        place.salon.until(place.salon.now.replace(second=0))
        place.closes(back_from, back_until)
    assert len(outage_texts(place, "middle")) == 1
    place.closes("11:00", "11:30")
    place.closes("11:05", "11:25")
    assert outage_texts(place, "middle")[1:] == [
        "Salon Lind is closed until between 11:00 and 11:30. Your Thu 10:30 cannot take place. Please do not set out."
    ]
    place.closes("09:50", "10:20")
    assert len(outage_texts(place, "middle")) == 3
    assert outage_texts(place, "middle")[2] == "Salon Lind: your Thu 10:30 takes place after all. Leave by 09:55."


def test_who_is_told_to_leave_hears_at_once_and_is_not_sent_out_again_until_it_is_over() -> None:
    place, tickets = a_day("middle")
    place.salon.until(at("09:45"))
    assert told(place)[-1] == ("09:40", "middle", "leave_by")
    place.closes("12:00", "12:30")
    assert place.salon.ticket(tickets["middle"].ticket_id).status is TicketStatus.PLANNED
    place.salon.until(at("13:00"))
    assert told(place)[-1] == ("09:45", "middle", "outage")
    assert outage_texts(place, "middle") == [
        "Salon Lind is closed until between 12:00 and 12:30. Your Thu 10:30 cannot take place. Please do not set out."
    ]


def test_who_is_under_way_to_a_visit_that_may_begin_late_goes_on() -> None:
    place, tickets = a_day("middle")
    place.salon.until(at("10:00"))
    place.closes("10:20", "10:50")
    place.salon.until(at("10:10"))
    assert place.salon.ticket(tickets["middle"].ticket_id).status is TicketStatus.UNDER_WAY
    assert outage_texts(place, "middle") == [
        "Salon Lind is closed until between 10:20 and 10:50. Your Thu 10:30 may begin late, you may have to wait."
    ]


def test_a_booking_made_meanwhile_is_answered_by_the_one_text_that_matters() -> None:
    place, _ = a_day()
    place.closes("10:05", "10:40")
    place.salon.book(booked_at("middle"))
    place.salon.book(booked_at("late"))
    place.salon.until(at("10:00"))
    assert told(place) == [("08:00", "middle", "outage"), ("08:00", "late", "booked")]
    assert "Reply STOP" not in outage_texts(place, "middle")[0], "what it means comes first; the link says the rest"


def the_night_before(name: str) -> ClosingSalon:
    """At 22:00 the operator says that tomorrow they open late."""
    place = ClosingSalon()
    place.salon.book(booked_at(name))
    place.salon.until(at("2 22:00"))
    place.closes("10:55", "11:20", since=at("3 08:30").isoformat())
    return place


def test_a_closing_of_tomorrow_is_told_with_its_day_and_not_in_the_night() -> None:
    place = the_night_before("middle")
    place.salon.until(at("3 09:00"))
    assert told(place) == [("08:00", "middle", "outage")]
    assert outage_texts(place, "middle") == [
        "Salon Lind is closed from Thu 08:30 until between Thu 10:55 and Thu 11:20. Your Thu 10:30 cannot take place."
    ]


def test_what_was_taken_back_before_anybody_heard_of_it_is_never_heard_of() -> None:
    place = the_night_before("middle")
    place.salon.until(at("2 23:00"))
    place.opens()
    place.salon.until(at("3 09:25"))
    assert told(place) == []
    held = [one for one in place.salon.notices() if one.kind == "outage"]
    assert [(one.state, one.reason) for one in held] == [(NoticeState.SUPPRESSED, "outage_over")]


def test_an_unplanned_visit_hears_the_same_without_any_way() -> None:
    place, _ = a_day("middle", origin=False)
    place.closes("10:05", "10:40")
    place.salon.until(at("09:00"))
    place.opens()
    assert outage_texts(place, "middle")[1] == "Salon Lind: your Thu 10:30 takes place after all."


def test_moved_out_of_the_closing_the_move_says_all_and_moved_into_it_both_are_said() -> None:
    place, _ = a_day("middle")
    place.closes("10:05", "10:40")
    place.salon.book(replace(booked_at("middle"), start=at("14:00"), end=at("15:00"), version=2))
    assert [kind for _, _, kind in told(place)] == ["outage", "moved"]
    place.opens()
    assert [kind for _, _, kind in told(place)] == ["outage", "moved"], "nothing was told that is different now"
    place.closes("10:05", "10:40")
    place.salon.book(replace(booked_at("middle"), start=at("09:00"), end=at("10:00"), version=3))
    assert [kind for _, _, kind in told(place)] == ["outage", "moved", "moved", "outage"]


def test_nobody_else_hears_of_it() -> None:
    empty = ClosingSalon()
    empty.closes("1 12:05", "1 12:40")
    assert empty.salon.notices() == []
    place, _ = a_day("first", "late")
    place.salon.book(replace(booked_at("first"), status=Status.CANCELLED, version=2))
    place.closes("10:05", "10:40")
    assert [one for one in told(place) if one[2] == "outage"] == []
    other = ClosingSalon(business_id="other")
    other.config.put_business("salon", business_body(), other.salon.now)
    other.know()
    other.salon.book(booked_at("first"))
    other.salon.until(at("08:00"))
    other.closes("10:05", "10:40")
    assert outage_texts(other, "first") == []


def test_a_business_that_wants_no_such_notices_still_sends_nobody_out() -> None:
    place, tickets = a_day("middle")
    place.config.put_business("salon", business_body(notices={"outage": False}), place.salon.now)
    place.closes("10:05", "10:40")
    place.salon.until(at("10:00"))
    assert told(place) == []
    assert place.salon.ticket(tickets["middle"].ticket_id).plan_note == "business_closed"


def test_configuring_the_business_anew_keeps_its_outages() -> None:
    place, _ = a_day("middle")
    place.closes("10:05", "10:40")
    place.config.put_business("salon", business_body(name="Salon Lind & Co"), place.salon.now)
    place.know()
    assert place.salon.business
    assert [one.outage_id for one in place.salon.business.outages] == ["o1"]


def test_a_crash_between_storing_and_telling_loses_nothing() -> None:
    """The first message is sent before the outage is stored; it alone is enough."""
    place, _ = a_day("middle")
    place.closes("10:05", "10:40", outage_id="gone")  # whatever was before
    place.opens("gone")
    place.salon.queues.messages["tickets"].clear()
    calm = len(outage_texts(place, "middle"))
    body = {"back_from": at("11:05").isoformat(), "back_until": at("11:40").isoformat()}
    from chalicelib.bookings.outages.reported import checked, reported  # noqa: PLC0415 - only this test acts so raw

    form, now = checked("o2", body), place.salon.now
    place.outages.change("salon", "o2", lambda known: reported(known, "salon", "o2", form, now), now)
    place.know()
    messages = place.salon.queues.take("tickets")
    place.salon.desk.on_message(messages[0], now)
    place.salon.work()
    assert len(outage_texts(place, "middle")) == calm + 1
    place.salon.desk.on_message(messages[0], now)
    place.salon.work()
    assert len(outage_texts(place, "middle")) == calm + 1


# --- the booking tool ---


def tool_fails(place: ClosingSalon, back_from: str = "10:05", back_until: str = "10:40", spell: int = 1) -> None:
    now = place.salon.now
    found = Outage(
        "c1-1", "salon", What.BOOKING_TOOL, at("08:45"), at(back_from), at(back_until), "no_answer", "c1",
        detected=True, opened_at=now, spell=spell,
    )  # fmt: skip
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
    ]  # fmt: skip
    assert outage_texts(place, "late") == [
        "Online booking of Salon Lind is out of order, expected back between 10:05 and 10:40. Your Thu 11:30 stands."
    ]
    reports = [text for to, text in place.salon.texts.sent if to == SALON.phone]
    assert reports == [
        f"The booking tool c1 has not answered since 08:45, expected {BACK}. Customers who come soon are told.",
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
    )  # fmt: skip
    place.outages.change("salon", "c1-1", lambda _: found, now)
    place.know()
    while messages := place.salon.queues.take("tickets"):
        for message in messages:
            place.salon.desk.on_message(message, now)
